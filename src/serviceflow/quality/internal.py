"""Gaps that need a third answer, or one of the provider: the zone of tolerance, and what providers believe.

V. A. Zeithaml, L. L. Berry and A. Parasuraman (1993), "The nature and determinants of customer expectations
of service", *Journal of the Academy of Marketing Science* 21, 1-12. F. A. Frost and M. Kumar (2000),
"INTSERVQUAL: an internal adaptation of the GAP model", *Journal of Services Marketing* 14, 358-377.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from serviceflow.quality.answers import Answers, Floats
from serviceflow.quality.scoring import (
    ALL,
    HIDDEN,
    Figures,
    Group,
    Manner,
    figures_of,
    groups_of,
    joined,
    protected,
)

BELOW, WITHIN, ABOVE, UNDECIDED = "below tolerance", "tolerated", "better than desired", "undecided"


def zone_table(answers: Answers, by: tuple[str, ...], manner: Manner) -> pd.DataFrame:
    """Adequacy and superiority of each dimension, and the zone that they put it in."""
    rows = []
    for group in groups_of(answers, by):
        values = group.answers.values
        parts = {
            "adequacy": values["perception"] - values["adequate"],
            "superiority": values["perception"] - values["expectation"],
        }
        found = {name: _by_dimension(group, part, manner) for name, part in parts.items()}
        table = _table(group, by, found, manner)
        table["zone"] = [_zone(row) for _, row in table.iterrows()]
        rows.append(table)
    return protected(pd.concat(rows, ignore_index=True), by, manner.fewest)


def _by_dimension(group: Group, values: Floats, manner: Manner) -> Figures:
    each = figures_of(group, group.answers.by_dimension(values), manner)
    return joined([each, each.averaged()])


def _table(group: Group, by: tuple[str, ...], found: dict[str, Figures], manner: Manner) -> pd.DataFrame:
    names = [*group.answers.instrument.dimensions, ALL]
    head = dict(zip(by, group.keys, strict=True)) | {"dimension": names, "respondents": group.size}
    table = pd.DataFrame(head)
    few = np.zeros(len(table), dtype=bool)
    for name, figures in found.items():
        hidden = figures.respondents < manner.fewest
        few |= hidden & (figures.respondents > 0)
        ends = figures.interval(manner.confidence)
        for column, part in zip((name, f"{name}_low", f"{name}_high"), (figures.mean, *ends), strict=True):
            table[column] = np.where(hidden, np.nan, part)
    return table.assign(note=np.where(few, HIDDEN.format(manner.fewest), ""))


def _zone(row: pd.Series) -> str:
    if not np.isfinite(row["adequacy"]):
        return ""
    if row["adequacy_high"] < 0:
        return BELOW
    if row["superiority_low"] > 0:
        return ABOVE
    if row["adequacy_low"] > 0 and row["superiority_high"] < 0:
        return WITHIN
    return UNDECIDED


def internal_table(
    receivers: Answers, providers: Answers, by: tuple[str, ...], manner: Manner
) -> pd.DataFrame:
    """What providers believe minus what receivers say, and the receivers' own gap."""
    theirs = {group.keys: group for group in groups_of(providers, by)}
    other = Manner(manner.confidence, manner.resamples, manner.seed + 1, manner.fewest)
    rows = []
    for group in groups_of(receivers, by):
        if group.keys not in theirs:
            continue
        believed = theirs[group.keys]
        found = {
            "understanding": _difference(believed, group, "expectation", other, manner),
            "self_image": _difference(believed, group, "perception", other, manner),
            "gap": _by_dimension(group, group.answers.gap, manner),
        }
        table = _table(group, by, found, manner)
        table.insert(len(by) + 2, "providers", believed.size)
        rows.append(table)
    if not rows:
        return pd.DataFrame(columns=[*by, "dimension", "respondents", "providers", "note"])
    return protected(pd.concat(rows, ignore_index=True), by, manner.fewest)


def _difference(believed: Group, said: Group, field: str, first: Manner, second: Manner) -> Figures:
    """Two groups of different people, resampled apart."""
    one = _by_dimension(believed, believed.answers.values[field], first)
    two = _by_dimension(said, said.answers.values[field], second)
    people = np.minimum(one.respondents, two.respondents)
    return Figures(one.mean - two.mean, one.samples - two.samples, people)
