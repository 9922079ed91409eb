"""Scores of a survey: expectations, perceptions and gaps, with intervals, by item, dimension and link.

* A gap is perception minus expectation, of an item and a sheet that have both.
* A sheet's score of a dimension is its mean over the items answered, if these are half of them or more.
* A dimension's score is the mean over the sheets; the whole, unweighted, is the mean of the dimensions'
  scores.
* Weighted, each sheet's gaps of the dimensions are weighted by its own points (of 100), and the mean is taken
  over the sheets, as Parasuraman, Zeithaml and Berry (1991) have it: mean points times mean gaps come to
  something else.
* Figures of fewer than five respondents are not told, nor such as would give one away by subtraction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from serviceflow.errors import UnknownNameError
from serviceflow.quality.answers import Answers, Floats, Ints
from serviceflow.quality.resampling import Sums, interval, sums_of

BY = ("link", "provider", "receiver", "period")
ALL = "all dimensions"
WEIGHTED = "all dimensions, weighted"
FEWEST = 5
"""Respondents below which a figure is not told: they were promised that nobody could tell their answers."""
FEW = 20
"""Respondents of a link below which its own mean says little beside the provider's."""
HIDDEN = "fewer than {} respondents"
PROTECTS = "hidden, as it would give away one of fewer than {} respondents"
_MEASURES = ("expectation", "perception", "gap")


@dataclass(frozen=True)
class Manner:
    """How figures are made.

    Attributes
    ----------
    confidence : float
        Level of the intervals.
    resamples, seed : int
        Of the bootstrap.
    fewest : int
        Respondents below which nothing is told.
    """

    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 20260105
    fewest: int = FEWEST


@dataclass(frozen=True)
class Group:
    """Sheets that are scored together."""

    keys: tuple[str, ...]
    answers: Answers
    respondent: Ints

    @property
    def size(self) -> int:
        """How many respondents there are."""
        return int(self.respondent.max()) + 1 if len(self.respondent) else 0

    def sums(self, values: Floats) -> Sums:
        """Sums by respondent of figures of sheets."""
        return sums_of(values, self.respondent, self.size)


def read_by(by: str | Iterable[str] | None) -> tuple[str, ...]:
    """The keys of a grouping.

    Raises
    ------
    UnknownNameError
        If there is no such key.
    """
    keys = () if by is None else (by,) if isinstance(by, str) else tuple(by)
    for key in keys:
        if key not in BY:
            raise UnknownNameError("grouping", key, BY)
    return keys


def groups_of(answers: Answers, by: Sequence[str]) -> Iterator[Group]:
    """The sheets of the receivers, by keys; all of them without any."""
    if not by:
        yield group_of(answers, ())
        return
    for keys, rows in answers.sheets.groupby(list(by), sort=True).indices.items():
        yield group_of(
            answers.chosen(np.asarray(rows)), tuple(map(str, keys if isinstance(keys, tuple) else (keys,)))
        )


def group_of(answers: Answers, keys: tuple[str, ...]) -> Group:
    """Sheets with their respondents numbered in the order of their names."""
    codes = np.unique(answers.sheets["respondent"].to_numpy(dtype=str), return_inverse=True)[1]
    return Group(keys, answers, codes.astype(np.int64))


# Figures of one group


@dataclass(frozen=True)
class Figures:
    """Means of several figures of a group, with their resamples."""

    mean: Floats
    samples: Floats
    respondents: Ints

    def interval(self, confidence: float) -> tuple[Floats, Floats]:
        """The ends of each interval."""
        return interval(self.mean, self.samples, self.respondents, confidence)

    def part(self, which: slice) -> Figures:
        """Some of the figures."""
        return Figures(self.mean[which], self.samples[:, which], self.respondents[which])

    def averaged(self) -> Figures:
        """The plain mean of the figures, known if all of them are."""
        return Figures(
            self.mean.mean(keepdims=True),
            self.samples.mean(axis=1, keepdims=True),
            self.respondents.min(keepdims=True, initial=np.iinfo(np.int64).max),
        )


def figures_of(group: Group, values: Floats, manner: Manner) -> Figures:
    """Means over sheets of an array of shape (sheets, figures)."""
    sums = group.sums(values)
    return Figures(sums.mean(), sums.resampled(manner.resamples, manner.seed), sums.respondents)


def joined(parts: Sequence[Figures]) -> Figures:
    """Figures side by side."""
    return Figures(
        np.concatenate([part.mean for part in parts]),
        np.concatenate([part.samples for part in parts], axis=1),
        np.concatenate([part.respondents for part in parts]),
    )


def measures_of(answers: Answers) -> tuple[str, ...]:
    """What a survey measures: gaps beside perceptions if it asks for both."""
    return _MEASURES if answers.has_pairs else ("perception",)


def values_of(answers: Answers, measure: str) -> Floats:
    """Answers to items, or their gaps."""
    return answers.gap if measure == "gap" else answers.values[measure]


def figures_at_once(group: Group, parts: Mapping[str, Floats], manner: Manner) -> dict[str, Figures]:
    """Means of several arrays of figures, resampled together: much quicker than one after the other."""
    whole = figures_of(group, np.concatenate(list(parts.values()), axis=1), manner)
    ends = np.cumsum([part.shape[1] for part in parts.values()])
    return {
        name: whole.part(slice(end - part.shape[1], end))
        for (name, part), end in zip(parts.items(), ends, strict=True)
    }


def dimension_figures(group: Group, measures: Sequence[str], manner: Manner) -> dict[str, Figures]:
    """Scores of each dimension, of all of them, and of all of them weighted."""
    size, parts = len(group.answers.instrument.dimensions), {}
    for measure in measures:
        values = group.answers.by_dimension(values_of(group.answers, measure))
        weighted = (values * group.answers.points / 100).sum(axis=1, keepdims=True)
        parts[measure] = np.concatenate([values, weighted], axis=1)
    found = figures_at_once(group, parts, manner)
    return {
        name: joined([one.part(slice(size)), one.part(slice(size)).averaged(), one.part(slice(size, None))])
        for name, one in found.items()
    }


# Tables


def gap_table(answers: Answers, by: tuple[str, ...], manner: Manner) -> pd.DataFrame:
    """One row per group and dimension, with what is perceived beside the gap."""
    names = [*answers.instrument.dimensions, ALL, WEIGHTED]
    rows = []
    for group in groups_of(answers, by):
        found = dimension_figures(group, measures_of(answers), manner)
        head = {"dimension": names, "respondents": group.size, "sheets": len(group.answers)}
        rows.append(_rows(group, by, head, found, manner))
    table = pd.concat(rows, ignore_index=True)
    if not np.isfinite(answers.points).any():
        table = table[table["dimension"] != WEIGHTED].reset_index(drop=True)
    return protected(table, by, manner.fewest)


def item_table(answers: Answers, by: tuple[str, ...], manner: Manner) -> pd.DataFrame:
    """One row per group and item, with probabilities adjusted for the number of items (Holm 1979)."""
    items = answers.instrument.items
    head: dict[str, Any] = {
        "item": [item.key for item in items],
        "dimension": [item.dimension for item in items],
        "title": [item.title for item in items],
    }
    rows = []
    for group in groups_of(answers, by):
        parts = {name: values_of(group.answers, name) for name in measures_of(answers)}
        found = figures_at_once(group, parts, manner)
        missing = np.isnan(values_of(group.answers, measures_of(answers)[-1])).sum(axis=0)
        more = {"respondents": found[measures_of(answers)[-1]].respondents, "missing": missing}
        table = _rows(group, by, head | more, found, manner)
        if answers.has_pairs:
            table["p"] = probabilities(group.sums(group.answers.gap))
            table["p_holm"] = holm(table["p"].where(table["note"] == "").to_numpy())
            table.loc[table["note"] != "", "p"] = np.nan
        rows.append(table)
    return protected(pd.concat(rows, ignore_index=True), by, manner.fewest)


def _rows(
    group: Group, by: tuple[str, ...], head: dict[str, Any], found: dict[str, Figures], manner: Manner
) -> pd.DataFrame:
    table = pd.DataFrame(dict(zip(by, group.keys, strict=True)) | head)
    few = np.zeros(len(table), dtype=bool)
    for name, figures in found.items():
        low, high = figures.interval(manner.confidence)
        hidden = figures.respondents < manner.fewest
        few |= (figures.respondents > 0) & hidden
        columns = {name: figures.mean}
        if name != "expectation":
            columns |= {f"{name}_low": low, f"{name}_high": high}
        for column, values in columns.items():
            table[column] = np.where(hidden, np.nan, values)
    table["note"] = np.where(few, HIDDEN.format(manner.fewest), "")
    return table


def probabilities(sums: Sums) -> Floats:
    """Two-sided probability of each mean if there were none: t tests over respondents."""
    from scipy.special import stdtr

    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = 2 * stdtr(np.maximum(sums.respondents - 1, 1), -np.abs(sums.mean() / sums.error()))
    return np.where(sums.error() == 0, np.where(sums.mean() == 0, 1.0, 0.0), found)


def holm(probability: Floats) -> Floats:
    """Probabilities adjusted for how many there are, step by step from the smallest (Holm 1979)."""
    found = np.full(len(probability), np.nan)
    known = np.flatnonzero(np.isfinite(probability))
    order = known[np.argsort(probability[known], kind="stable")]
    raised = probability[order] * np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(raised), 1.0) if len(order) else raised
    return found


# Anonymity


def protected(table: pd.DataFrame, by: tuple[str, ...], fewest: int) -> pd.DataFrame:
    """The table without such links as would give another one away.

    Where the links of a provider that are hidden have fewer than five respondents together, they follow from
    the provider's figures and those of its other links; the smallest of these is hidden too.
    """
    if "link" not in by:
        return table
    told = [name for name in table.columns if _is_told(name)]
    sizes = table.groupby(list(by), sort=False)["respondents"].max().reset_index()
    sizes["provider"] = sizes["link"].str.rpartition(" -> ")[2]
    others = [key for key in by if key not in ("link", "receiver")]
    for _, links in sizes.groupby([*dict.fromkeys([*others, "provider"])], sort=False):
        hidden = links[links["respondents"] < fewest]
        rest = links[links["respondents"] >= fewest].sort_values("respondents", kind="stable")
        if len(hidden) and hidden["respondents"].sum() < fewest and len(rest):
            same = np.ones(len(table), dtype=bool)
            for key in by:
                same &= (table[key] == rest.iloc[0][key]).to_numpy()
            table.loc[same, told] = np.nan
            table.loc[same & (table["note"] == "").to_numpy(), "note"] = PROTECTS.format(fewest)
    return table


def _is_told(name: str) -> bool:
    return name.split("_")[0] in (*_MEASURES, "p", "adequacy", "superiority", "adequate", "shrunk", "own")


# Small links


def link_table(
    answers: Answers, manner: Manner, measure: str, by: tuple[str, ...] = ("link",)
) -> pd.DataFrame:
    """Each link's mean of all dimensions, and the same drawn to the provider's mean as far as it says little.

    A link's own mean counts the more, the smaller its error is beside the differences between the links of
    its provider (empirical Bayes, with the differences by DerSimonian and Laird 1986).
    """
    table = gap_table(answers, by, manner)
    table = table[table["dimension"] == ALL].drop(columns="dimension").reset_index(drop=True)
    error = {group.keys: _error(group, measure) for group in groups_of(answers, by)}
    keys = list(zip(*(table[key] for key in by), strict=True))
    table["error"] = [error[key] for key in keys]
    table["provider"] = table["link"].str.rpartition(" -> ")[2]
    table["shrunk"], table["own_share"] = np.nan, np.nan
    for _, part in table.groupby([*(key for key in by if key != "link"), "provider"]):
        rows = part.index
        means, errors = table.loc[rows, measure].to_numpy(), table.loc[rows, "error"].to_numpy()
        table.loc[rows, "own_share"], table.loc[rows, "shrunk"] = drawn_together(means, errors)
    few = (table["respondents"] < FEW) & (table["note"] == "")
    table.loc[few, "note"] = f"fewer than {FEW} respondents: drawn to the provider's mean"
    return table.drop(columns="error")


def _error(group: Group, measure: str) -> float:
    values = group.answers.by_dimension(values_of(group.answers, measure))
    return float(group.sums(values.mean(axis=1, keepdims=True)).error()[0])


def drawn_together(means: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """How much each mean counts for itself, and the means drawn to their common one."""
    known = np.isfinite(means) & np.isfinite(errors)
    share, shrunk = np.full(len(means), np.nan), np.full(len(means), np.nan)
    if known.sum() < 2:
        share[known], shrunk[known] = 1.0, means[known]
        return share, shrunk
    centre, between = _between(means[known], np.maximum(np.square(errors[known]), 1e-12))
    own = between / (between + np.square(errors[known])) if between > 0 else np.zeros(int(known.sum()))
    share[known] = own
    shrunk[known] = own * means[known] + (1 - own) * centre
    return share, shrunk


def _between(means: Floats, variances: Floats) -> tuple[float, float]:
    """The common mean, and the variance between."""
    weights = 1 / variances
    centre = (weights * means).sum() / weights.sum()
    excess = (weights * np.square(means - centre)).sum() - (len(means) - 1)
    scale = weights.sum() - np.square(weights).sum() / weights.sum()
    between = max(0.0, float(excess / scale)) if scale > 0 else 0.0
    weights = 1 / (variances + between)
    return float((weights * means).sum() / weights.sum()), between
