"""The four levels of experience: basic, satisfied, delighted, unexpected.

A link has the highest level all of whose attributes are met, and those of all levels below: nothing
delightful makes up for something basic that is missing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from serviceflow.quality.answers import Answers, Flags, Ints
from serviceflow.quality.instruments import LEVELS
from serviceflow.quality.scoring import HIDDEN, Manner, figures_of, groups_of, protected, values_of

NONE = "none"
SURE = 0.95


def level_table(
    answers: Answers, by: tuple[str, ...], met_from: float | None, manner: Manner
) -> pd.DataFrame:
    """The level of each group, how often resamples agree, and what is missing for the next one."""
    measure = "gap" if answers.has_pairs and met_from is None else "perception"
    low, high = answers.instrument.low, answers.instrument.high
    limit = 0.0 if measure == "gap" else low + 2 / 3 * (high - low) if met_from is None else met_from
    rank = np.array([LEVELS.index(item.level) for item in answers.instrument.items])
    rows = []
    for group in groups_of(answers, by):
        found = figures_of(group, values_of(group.answers, measure), manner)
        row = dict(zip(by, group.keys, strict=True)) | {"respondents": group.size}
        if group.size < manner.fewest or (found.respondents < manner.fewest).any():
            rows.append(row | _hidden(manner))
            continue
        reached = levels_reached(found.mean[None] >= limit - 1e-9, rank)[0]
        share = float((levels_reached(found.samples >= limit - 1e-9, rank) == reached).mean())
        rows.append(row | _told(answers, reached, share, found.mean < limit - 1e-9, rank))
    return protected(pd.DataFrame(rows), by, manner.fewest)


def _hidden(manner: Manner) -> dict[str, object]:
    return {"level": "", "agreement": np.nan, "missing": "", "note": HIDDEN.format(manner.fewest)}


def _told(answers: Answers, reached: int, share: float, unmet: Flags, rank: Ints) -> dict[str, object]:
    later = rank[unmet & (rank > reached)]
    step = later.min() if len(later) else -1
    missing = np.flatnonzero(unmet & (rank == step))
    names = [answers.instrument.items[place].key for place in missing]
    return {
        "level": LEVELS[reached] if reached >= 0 else NONE,
        "agreement": share,
        "missing": ", ".join(names),
        "note": "" if share >= SURE else "undecided",
    }


def levels_reached(met: Flags, rank: Ints) -> Ints:
    """The highest level all of whose attributes, and of those below, are met; -1 for none.

    Parameters
    ----------
    met : array of bool of shape (cases, attributes)
        Which attributes are met.
    rank : array of shape (attributes,)
        The level of each, from 0. A level without attributes is passed over.
    """
    found = np.full(len(met), -1)
    still = np.ones(len(met), dtype=bool)
    for level in range(len(LEVELS)):
        own = rank == level
        if own.any():
            still &= met[:, own].all(axis=1)
            found = np.where(still, level, found)
    return found
