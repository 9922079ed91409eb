"""What a survey found beside what the model kept: two columns that are never merged into one figure.

Of the five dimensions only responsiveness and reliability have a counterpart in a run; the others stay as
they were surveyed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.analysis import kept as model
from serviceflow.errors import nearest
from serviceflow.quality.answers import Floats, Ints
from serviceflow.quality.errors import SurveyError
from serviceflow.quality.scoring import (
    HIDDEN,
    Figures,
    Group,
    dimension_figures,
    groups_of,
    protected,
)
from serviceflow.quality.service_links import Clause, ServiceLink, ServiceLinks, links_of

if TYPE_CHECKING:
    from serviceflow.quality.survey import Survey
    from serviceflow.results.results import Results

SIMULATED = ("reliability", "responsiveness")
"""Dimensions that a run says something about."""
TOLERANCE = 0.5
"""How far below the expectation a perception may lie, in points of the scale, before it counts as a gap."""
KEPT, BROKEN, GAP, NO_GAP, UNDECIDED = model.KEPT, model.BROKEN, "gap", "no gap", "undecided"
VERDICTS = {
    (BROKEN, GAP): "both bad: mend the flow",
    (KEPT, GAP): "kept but a gap: expectations or communication",
    (BROKEN, NO_GAP): "broken without a gap: the promise is stricter than needed",
    (KEPT, NO_GAP): "both good: leave it",
}
COLUMNS = (
    "link",
    "promise",
    "promised",
    "simulated",
    "simulated_low",
    "simulated_high",
    "in the model",
    "measured",
    "measured_low",
    "measured_high",
    "perceived",
    "respondents",
    "verdict",
    "note",
)


@dataclass(frozen=True)
class Heard:
    """What a survey says of one link.

    Attributes
    ----------
    value, low, high : float
        The gap, or the perception if nothing else was asked; NaN where it is not told.
    respondents : int
        How many there are.
    note : str
        Why nothing is told, or of whom it is.
    """

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    respondents: int = 0
    note: str = "not surveyed"


def promises_and_gaps(results: Results, survey: Survey, tolerance: float = TOLERANCE) -> pd.DataFrame:
    """One row per link that has a promise or was surveyed."""
    links = links_of(results.chain)
    heard = heard_of(survey, links)
    limit = -tolerance if survey.has_pairs else content_from(survey)
    kept, states = _attainments(results), promise_states(results)
    rows = [
        _row(link, kept, states, heard[link.name], limit)
        for link in links
        if link.promises or heard[link.name].respondents
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def content_from(survey: Survey) -> float:
    """The perception from which people count as content where expectations were not asked."""
    low, high = survey.instrument.low, survey.instrument.high
    return low + 2 / 3 * (high - low)


# What was said


def heard_of(survey: Survey, links: ServiceLinks) -> dict[str, Heard]:
    """What a survey says of each link: its own answers, or those about the provider as a whole.

    Raises
    ------
    SurveyError
        If the survey and the chain have no link or department in common.
    """
    own = _said(survey, "link")
    whole = _said(survey, "provider")
    by_name = {name.casefold(): heard for name, heard in own.items()}
    bare = {name.casefold() for name in own if " -> " not in name}
    found = {}
    for link in links:
        provider = link.provider.casefold()
        if link.name.casefold() in by_name:
            found[link.name] = by_name[link.name.casefold()]
        elif provider in bare:
            one = next(heard for name, heard in whole.items() if name.casefold() == provider)
            found[link.name] = Heard(
                one.value, one.low, one.high, one.respondents, one.note or "of the provider"
            )
        else:
            found[link.name] = Heard()
    if not any(heard.respondents for heard in found.values()):
        first = next(iter(own))
        raise SurveyError(
            f"the survey and the chain have no link in common: {first!r} is none of the chain's"
            f"{nearest(first, links.names)}; its links are {', '.join(links.names[:8])}"
        )
    return found


def _said(survey: Survey, by: str) -> dict[str, Heard]:
    manner, answers = survey._manner, survey._answers
    rows = []
    for group in groups_of(answers, (by,)):
        figures = service_figures(group, "gap" if survey.has_pairs else "perception", survey)
        low, high = figures.interval(manner.confidence)
        told = figures.respondents[0] >= manner.fewest
        values = (figures.mean[0], low[0], high[0]) if told else (np.nan,) * 3
        note = "" if told else HIDDEN.format(manner.fewest)
        rows.append((group.keys[0], *values, group.size, note))
    table = pd.DataFrame(rows, columns=[by, "gap", "gap_low", "gap_high", "respondents", "note"])
    table = protected(table, (by,), manner.fewest)
    return {row[0]: Heard(*row[1:]) for row in table.itertuples(index=False)}


def service_figures(group: Group, measure: str, survey: Survey) -> Figures:
    """The mean of the dimensions that a run says something about, or of all where there are none of them."""
    found = dimension_figures(group, (measure,), survey._manner)[measure]
    names = survey.instrument.dimensions
    chosen = [place for place, name in enumerate(names) if name in SIMULATED] or list(range(len(names)))
    places: Ints = np.array(chosen, dtype=np.int64)
    some = Figures(found.mean[places], found.samples[:, places], found.respondents[places])
    return some.averaged()


# What was kept


def _attainments(results: Results) -> dict[str, tuple[float, float, float]]:
    kpis = results.kpis
    rows = kpis[(kpis["scope"] == "sla") & (kpis["measure"] == "attainment")]
    columns = zip(rows["name"], rows["mean"], rows["ci_low"], rows["ci_high"], strict=True)
    return {name: (mean, low, high) for name, mean, low, high in columns}


def _row(
    link: ServiceLink, kept: Attainments, states: Mapping[str, str], heard: Heard, limit: float
) -> tuple[object, ...]:
    """The provider's promise that is furthest from being kept stands for the link.

    That requests come complete is the receiver's own half: the provider's promise is not judged by it.
    """
    theirs, own = (_worst(link, kept, own_half) for own_half in (False, True))
    mean, low, high = kept[theirs.name] if theirs is not None else (np.nan,) * 3
    state = "no promise" if theirs is None else states[theirs.name]
    perceived = gap_or_none(heard, limit)
    promise = (f"{theirs.of}: {theirs}", theirs.share) if theirs is not None else ("", np.nan)
    verdict = VERDICTS.get((state, perceived), _open(state, perceived))
    said = (heard.value, heard.low, heard.high, perceived, heard.respondents)
    half = "" if own is None or states[own.name] != BROKEN else _own_half(own, kept[own.name][0])
    notes = "; ".join(filter(None, (heard.note, half)))
    return (link.name, *promise, mean, low, high, state, *said, verdict, notes)


Attainments = dict[str, tuple[float, float, float]]
"""The share for which each promise was kept, and its interval."""


def _worst(link: ServiceLink, kept: Attainments, own_half: bool) -> Clause | None:
    """The promise that is furthest from being kept, of the provider's or of the receiver's own half."""
    held = [one for one in link.promises if one.name in kept and one.is_own_half == own_half]
    return min(held, key=lambda one: kept[one.name][0] - one.share, default=None)


def _own_half(own: Clause, kept: float) -> str:
    return f"the receiver's own half is broken: {kept:.0%} right first time, of {own.share:.0%}"


def promise_states(results: Results) -> dict[str, str]:
    """Whether each promise is kept, by its name, as far as the replications tell."""
    found = model.promise_states(results)
    return {name: state if state in (KEPT, BROKEN) else UNDECIDED for name, state in found.items()}


def gap_or_none(heard: Heard, limit: float) -> str:
    """Whether there is a gap of more than what is tolerated, as far as the respondents tell."""
    if not np.isfinite(heard.value):
        return "" if heard.respondents else "not surveyed"
    return GAP if heard.high < limit else NO_GAP if heard.low >= limit else UNDECIDED


def _open(state: str, perceived: str) -> str:
    if UNDECIDED in (state, perceived):
        return UNDECIDED
    if state == "no promise":
        return "a gap, and no promise: agree on one" if perceived == GAP else ""
    return ""


# What would be said


def predicted_ratings(today: Results, later: Results, survey: Survey, fewest: int = 8) -> pd.DataFrame:
    """Perceptions by link and dimension: measured, simulated before and after, and predicted.

    A monotone curve of the rating on the share of promises kept, over the links of today, read at the share
    of the scenario: an association, not an effect. Its interval draws respondents and replications again
    together.
    """
    links = [link for link in links_of(today.chain) if _operational(link) is not None]
    tables = [_predicted(name, links, today, later, survey, fewest) for name in survey.instrument.dimensions]
    return pd.concat(tables, ignore_index=True)


_CURVES = 500
_OUTSIDE = "outside of what was observed"
_HELD = "held as surveyed: nothing in a run stands for it"


def _predicted(
    dimension: str, links: list[ServiceLink], today: Results, later: Results, survey: Survey, fewest: int
) -> pd.DataFrame:
    surveyed = {group.keys[0]: group for group in groups_of(survey._answers, ("link",))}
    place = survey.instrument.dimensions.index(dimension)
    known = [link for link in links if link.name in surveyed]
    told = {
        link.name: dimension_figures(surveyed[link.name], ("perception",), survey._manner)["perception"]
        for link in known
    }
    known = [link for link in known if told[link.name].respondents[place] >= survey._manner.fewest]
    table = pd.DataFrame({"link": [link.name for link in known], "dimension": dimension})
    table["measured"] = [told[link.name].mean[place] for link in known]
    for column in ("simulated_today", "simulated", "predicted", "predicted_low", "predicted_high"):
        table[column] = np.nan
    if dimension not in SIMULATED or not known:
        return table.assign(note=_HELD)
    rng = np.random.Generator(np.random.Philox(key=[survey._manner.seed, 7]))
    before, after = (_shares(one, known, rng) for one in (today, later))
    table["simulated_today"], table["simulated"] = before[0], after[0]
    figures = len({_operational(link) for link in known})
    if figures < fewest:
        note = f"only {len(known)} links with a promise and answers; {fewest} are needed"
        if figures < len(known):
            promises = "one promise" if figures == 1 else f"{figures} different promises"
            note = f"only {promises} on {len(known)} links with answers; {fewest} are needed"
        return table.assign(note=note)
    ratings = np.stack([told[link.name].samples[:_CURVES, place] for link in known], axis=1)
    return _read_off(table, before, after, ratings)


def _operational(link: ServiceLink) -> str | None:
    """The promise that a link's ratings are set against: the provider's own, of this link alone if it can be.

    A consumer's promise is of whole requests, and so one figure for all links that serve these. That requests
    come complete is the receiver's half, and no reliability or responsiveness of the provider.
    """
    held = [one for one in link.promises if not one.is_own_half]
    return next((one.name for one in sorted(held, key=lambda one: one.scope == "consumer")), None)


def _shares(results: Results, links: list[ServiceLink], rng: np.random.Generator) -> Floats:
    """Share for which each link's promise was kept: over all replications, then in draws of them."""
    series = results._series["sla", "attainment"]
    names = results.kpis.query("scope == 'sla' and measure == 'attainment'")["name"].tolist()
    chosen = [names.index(_operational(link) or "") for link in links]
    totals, bases = series.totals[:, chosen], np.asarray(series.bases)[:, chosen]
    count = len(totals)
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=_CURVES)
    weights = np.concatenate([np.ones((1, count)), drawn])
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (weights @ totals) / (weights @ bases)
    return found


def _read_off(table: pd.DataFrame, before: Floats, after: Floats, ratings: Floats) -> pd.DataFrame:
    """The curves' values at the shares of the scenario; nothing where that was never observed."""
    inside = (after[0] >= before[0].min()) & (after[0] <= before[0].max())
    best = at_curve(before[0], table["measured"].to_numpy(), after[0])
    draws = np.stack([at_curve(x, y, z) for x, y, z in zip(before[1:], ratings, after[1:], strict=True)])
    low, high = np.nanquantile(draws, (0.025, 0.975), axis=0)
    for column, values in (("predicted", best), ("predicted_low", low), ("predicted_high", high)):
        table[column] = np.where(inside, values, np.nan)
    return table.assign(note=np.where(inside, "an association over links, not an effect", _OUTSIDE))


def at_curve(shares: Floats, ratings: Floats, at: Floats) -> Floats:
    """The least-squares curve of ratings that never falls with the share, read at other shares.

    Pool adjacent violators (Ayer and others 1955), straight between the points, level beyond them.
    """
    order = np.lexsort((ratings, shares))
    found = pooled(ratings[order])
    return np.asarray(np.interp(at, shares[order], found), dtype=np.float64)


def pooled(values: Floats) -> Floats:
    """The nearest sequence that never falls."""
    blocks: list[list[float]] = []
    for value in values:
        blocks.append([float(value), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, size = blocks.pop()
            blocks[-1][0] = (blocks[-1][0] * blocks[-1][1] + mean * size) / (blocks[-1][1] + size)
            blocks[-1][1] += size
    return np.concatenate([np.full(int(size), mean) for mean, size in blocks])
