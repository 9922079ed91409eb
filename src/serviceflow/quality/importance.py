"""Importance and performance: what matters and is done badly, with stated and with derived importance.

J. A. Martilla and J. C. James (1977), "Importance-performance analysis", *Journal of Marketing* 41, 77-79.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from serviceflow.quality.answers import Answers, Floats
from serviceflow.quality.instruments import OVERALL
from serviceflow.quality.resampling import times_drawn
from serviceflow.quality.scoring import HIDDEN, Group, Manner, figures_of, groups_of

UNDECIDED = "undecided"
QUADRANTS = {
    (True, False): "concentrate here",
    (True, True): "keep up the good work",
    (False, False): "low priority",
    (False, True): "possible overkill",
}
"""By whether importance and performance lie above their lines."""
STATED = ("weight", "expectation")
FEWEST_DERIVED = 20


def importance_table(answers: Answers, by: tuple[str, ...], manner: Manner) -> pd.DataFrame:
    """One row per group, kind of importance and item."""
    tables = [table for group in groups_of(answers, by) for table in _of_group(group, by, manner)]
    return pd.concat(tables, ignore_index=True)


def _of_group(group: Group, by: tuple[str, ...], manner: Manner) -> list[pd.DataFrame]:
    answers = group.answers
    field = next((name for name in STATED if answers.has(name)), None)
    performance = figures_of(group, answers.values["perception"], manner)
    few = bool((performance.respondents < manner.fewest).any()) or group.size < manner.fewest
    found = []
    if field is not None:
        stated = figures_of(group, answers.values[field], manner)
        few = few or bool((stated.respondents < manner.fewest).any())
        source = "stated weight" if field == "weight" else "stated expectation"
        found.append((source, stated.mean, stated.samples))
    if group.size >= FEWEST_DERIVED and answers.sheets[OVERALL].notna().sum() >= FEWEST_DERIVED:
        found.append(("derived", *derived(group, manner)))
    return [
        _table(group, by, source, few, (mean, performance.mean), (samples, performance.samples), manner)
        for source, mean, samples in found
    ]


def derived(group: Group, manner: Manner) -> tuple[Floats, Floats]:
    """Correlation of each item with the answer to the question for all, and its resamples."""
    overall = group.answers.sheets[OVERALL].to_numpy(dtype=np.float64)[:, None]
    drawn = times_drawn(group.size, manner.resamples, manner.seed)[:, group.respondent].astype(np.float64)
    values = group.answers.values["perception"]
    return correlations(np.ones((1, len(values))), values, overall)[0], correlations(drawn, values, overall)


def correlations(weights: Floats, values: Floats, other: Floats) -> Floats:
    """Correlation of each column with another one, under several weightings of the rows; NaN left out."""
    known = np.isfinite(values) & np.isfinite(other)
    centre = np.nanmean(np.where(known, values, np.nan), axis=0), np.nanmean(other)
    ours, theirs = (np.where(known, part, 0.0) for part in (values - centre[0], other - centre[1]))
    size = weights @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        means = [weights @ part / size for part in (ours, theirs)]
        joint = weights @ (ours * theirs) / size - means[0] * means[1]
        spread = [
            weights @ np.square(part) / size - mean**2
            for part, mean in zip((ours, theirs), means, strict=True)
        ]
        found: Floats = joint / np.sqrt(spread[0] * spread[1])
    return found


def _table(
    group: Group,
    by: tuple[str, ...],
    source: str,
    few: bool,
    means: tuple[Floats, Floats],
    samples: tuple[Floats, Floats],
    manner: Manner,
) -> pd.DataFrame:
    items = group.answers.instrument.items
    head = dict(zip(by, group.keys, strict=True)) | {"source": source, "respondents": group.size}
    head |= {"item": [item.key for item in items], "dimension": [item.dimension for item in items]}
    table = pd.DataFrame(head | {"title": [item.title for item in items]})
    if few:
        return table.assign(
            importance=np.nan, performance=np.nan, quadrant="", note=HIDDEN.format(manner.fewest)
        )
    sides = [_side(mean, sample, manner.confidence) for mean, sample in zip(means, samples, strict=True)]
    table["importance"], table["performance"] = means
    table["quadrant"] = [
        QUADRANTS[important > 0, well > 0] if important and well else UNDECIDED
        for important, well in zip(*sides, strict=True)
    ]
    return table.assign(note="")


def _side(mean: Floats, samples: Floats, confidence: float) -> Floats:
    """On which side of the line (the mean of the items) an ellipse lies: 1, -1, or 0 if it crosses it.

    An ellipse reaches as far along an axis as the square root of the chi-squared quantile, of two degrees of
    freedom, times the standard deviation along it. The line moves with the resamples.
    """
    off = mean - np.nanmean(mean)
    spread = (samples - np.nanmean(samples, axis=1, keepdims=True)).std(axis=0, ddof=1)
    reach = np.sqrt(-2 * np.log(1 - confidence)) * spread
    found: Floats = np.where(off > reach, 1, np.where(off < -reach, -1, 0))
    return found
