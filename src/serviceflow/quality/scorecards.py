"""A card for each department: what its receivers say, what it keeps and waits for, pains and delights."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from serviceflow.display import markup
from serviceflow.errors import RunError, UnknownNameError
from serviceflow.quality import pages
from serviceflow.quality.hands import NOT_TRIED, levers_by_hand
from serviceflow.quality.joined import GAP, NO_GAP, promise_states, promises_and_gaps
from serviceflow.quality.service_links import ServiceLink, links_of
from serviceflow.results.derived import Floats
from serviceflow.results.statistics import around, jackknife_error, left_out, ratio_interval

if TYPE_CHECKING:
    from serviceflow.analysis.levers import Levers
    from serviceflow.quality.survey import Survey
    from serviceflow.results.results import Results

MOST = 3
"""Pains and delights that a card names of each kind."""
PROMISE_COLUMNS = ("link", "promise", "promised", "simulated", "simulated_low", "simulated_high", "state")
MIX = "its promises ask for other shares than the best one's: compare with care"


class Scorecard:
    """What is to be known of one department, as provider and as receiver.

    Parameters
    ----------
    results : Results
        Of the chain.
    department : str
        Whose card it is.
    survey : Survey, optional
        What its receivers say.
    levers : Levers, optional
        What ``chain.levers()`` found.

    Attributes
    ----------
    says : DataFrame
        What was promised and kept in the model beside what is perceived, by link that it serves.
    keeps : DataFrame
        Each promise of its own.
    gets : DataFrame
        Each promise that others made to it.
    owes : DataFrame
        The receiver's own half of what it gets: how often what it asks for comes complete.
    waits : DataFrame
        Why requests wait at it, most time first: its own staff and hours, or what others bring about.
    levers : DataFrame
        What would help the chain most: up to three levers in its own hands (its staff, shifts, services and
        what it sends) and three in others', with gains and intervals that hold for all levers together.

    See Also
    --------
    Results.scorecard : makes one.
    """

    def __init__(
        self,
        results: Results,
        department: str,
        survey: Survey | None = None,
        levers: Levers | None = None,
    ) -> None:
        links = links_of(results.chain)
        if department not in links.departments:
            raise UnknownNameError("department", department, links.departments)
        self.department = department
        self.name = results.chain.name
        self.time_unit = results.time_unit
        served = [link for link in links if link.provider == department]
        self.keeps = promise_table(results, served)
        asked = [link for link in links if link.receiver == department]
        self.gets = promise_table(results, asked)
        self.owes = promise_table(results, asked, own_half=True)
        self.waits = _waits(results, department)
        self.levers = levers_by_hand(levers, department)
        self._tried = levers is not None
        names = [link.name for link in served]
        said = promises_and_gaps(results, survey) if survey is not None else pd.DataFrame({"link": []})
        self.says: pd.DataFrame = said[said["link"].isin(names)].reset_index(drop=True)

    @property
    def pains(self) -> tuple[str, ...]:
        """Largest lost times, largest gaps, and promises that are broken."""
        lost = [
            f"{row['cause'].replace('_', ' ')}: {row['mean']:.3g} {self.time_unit} per visit"
            for _, row in self.waits.head(MOST).iterrows()
            if row["mean"] > 0
        ]
        broken = self.keeps[self.keeps["state"] == "broken"]
        lost += [
            f"{row['promise']} is kept to {row['simulated']:.0%}" for _, row in broken.head(MOST).iterrows()
        ]
        return (*lost, *self._heard(GAP, "gap"))

    @property
    def delights(self) -> tuple[str, ...]:
        """Promises that are more than kept, and links without a gap."""
        # Without a single breach there is no interval; whether it counts as kept has been decided already.
        least = self.keeps["simulated_low"].fillna(self.keeps["simulated"])
        better = self.keeps[(self.keeps["state"] == "kept") & (least > self.keeps["promised"])]
        found = [
            f"{row['promise']} is kept to {row['simulated']:.0%}" for _, row in better.head(MOST).iterrows()
        ]
        return (*found, *self._heard(NO_GAP, "no gap"))

    def _heard(self, state: str, word: str) -> list[str]:
        if "perceived" not in self.says:
            return []
        rows = self.says[self.says["perceived"] == state].sort_values("measured").head(MOST)
        return [f"{row['link']}: {word} ({row['measured']:.1f})" for _, row in rows.iterrows()]

    def html(self) -> str:
        """The card as a part of an HTML file.

        Returns
        -------
        str
            Escaped markup.

        See Also
        --------
        save : a whole file.
        """
        parts = [pages.heading(self.department)]
        for title, table in (
            ("What its receivers say", self.says),
            ("Promises that it keeps", self.keeps),
            ("Promises that others keep to it", self.gets),
            ("Its own half: what it asks for comes complete", self.owes),
            ("Why requests wait here", self.waits),
        ):
            parts.append(pages.heading(title, 3))
            rows = table.itertuples(index=False)
            parts.append(
                pages.table(list(table.columns), rows) if len(table) else pages.paragraph("nothing", "faint")
            )
        parts += [pages.heading("Pains", 3), pages.bullets(self.pains)]
        parts += [pages.heading("Delights", 3), pages.bullets(self.delights)]
        parts += [pages.heading("What would help most", 3), self._levers_html()]
        return "".join(parts)

    def _levers_html(self) -> str:
        if not self._tried:
            return pages.paragraph(NOT_TRIED, "faint")
        if not len(self.levers):
            return pages.paragraph("nothing", "faint")
        return pages.table(list(self.levers.columns), self.levers.itertuples(index=False))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the card as an HTML file.

        Parameters
        ----------
        path : path
            The file to write.

        See Also
        --------
        Results.save_scorecards : the cards of all departments.
        """
        pages.save(path, pages.document(f"{self.name}: {self.department}", [self.html()]))

    def __repr__(self) -> str:
        broken = int((self.keeps["state"] == "broken").sum())
        return f"Scorecard({self.department!r}: {len(self.keeps)} promises, {broken} broken)"

    def _repr_html_(self) -> str:
        return markup.shown(self.html())


def promise_table(results: Results, links: list[ServiceLink], own_half: bool = False) -> pd.DataFrame:
    """One row per promise of these links, with the share for which it was kept.

    Those of the provider; or what the receivers promise, that what they ask for comes complete.
    """
    kpis = results.kpis
    rows = kpis[(kpis["scope"] == "sla") & (kpis["measure"] == "attainment")]
    columns = zip(rows["name"], rows["mean"], rows["ci_low"], rows["ci_high"], strict=True)
    kept = {name: tuple(map(float, ends)) for name, *ends in columns}
    states, found = promise_states(results), []
    for link in links:
        for promise in link.promises:
            if promise.name in kept and promise.is_own_half == own_half:
                mean, low, high = kept[promise.name]
                state = states[promise.name]
                found.append((link.name, f"{promise.of}: {promise}", promise.share, mean, low, high, state))
    return pd.DataFrame(found, columns=list(PROMISE_COLUMNS))


def _waits(results: Results, department: str) -> pd.DataFrame:
    """Waiting at a provider by cause, per visit."""
    kpis = results.kpis
    mine = kpis[(kpis["scope"] == "provider") & (kpis["name"] == department)]
    rows = mine[mine["measure"].str.startswith("waiting_") & (mine["measure"] != "waiting_time")]
    rows = rows[(rows["mean"] > 0) & ~rows["measure"].str.contains("^waiting_time")]
    table = rows[["measure", "mean", "ci_low", "ci_high"]].rename(columns={"measure": "cause"})
    table["cause"] = table["cause"].str.removeprefix("waiting_")
    return table.sort_values("mean", ascending=False).reset_index(drop=True)


def save_pack(results: Results, path: str | PathLike[str], survey: Survey | None = None) -> None:
    """All cards in one HTML file: the ranking first, then a page for everybody who serves or is served."""
    departments = links_of(results.chain).departments
    title = f"{results.chain.name}: scorecards"
    stars = ranking(results)
    head = pages.heading(title, 1) + pages.heading("Promises kept", 3)
    head += pages.table(list(stars.columns), stars.itertuples(index=False))
    cards = [Scorecard(results, name, survey).html() for name in departments]
    pages.save(path, pages.document(title, [head, *cards]))


# The star of the service


def star_table(results: Results) -> pd.DataFrame:
    """The ranking, if there is one.

    Raises
    ------
    RunError
        If no request has shown whether a promise is kept.
    """
    table = ranking(results)
    if len(table) and table["kept"].isna().all():
        raise RunError(
            "nothing says which promises were kept: no request that has one came in the window, or none was"
            " over; run for longer, or look at results.check()"
        )
    return table


def ranking(results: Results) -> pd.DataFrame:
    """Departments by the share of promises kept; those that cannot be told apart share a rank.

    A department's rank is one more than the number of those that are surely better: whose difference, paired
    over replications, has an interval above 0 that holds for all pairs together (Bonferroni).
    """
    owners = _owners(results)
    if not owners:
        return pd.DataFrame(
            columns=["rank", "department", "kept", "kept_low", "kept_high", "promises", "note"]
        )
    series = results._series["sla", "attainment"]
    met, known = series.totals, np.asarray(series.bases)
    tops = np.stack([met[:, places].sum(axis=1) for places, _ in owners.values()], axis=1)
    bases = np.stack([known[:, places].sum(axis=1) for places, _ in owners.values()], axis=1)
    found = ratio_interval(tops, bases, results.confidence)
    ranks = ranks_of(tops, bases, results.confidence)
    table = pd.DataFrame({"rank": ranks, "department": list(owners)})
    table["kept"] = found.mean
    table["kept_low"], table["kept_high"] = (np.clip(end, 0, 1) for end in (found.low, found.high))
    table["promises"] = [len(places) for places, _ in owners.values()]
    best = list(owners.values())[int(np.argmax(np.nan_to_num(found.mean, nan=-1.0)))][1]
    table["note"] = [MIX if shares != best else "" for _, shares in owners.values()]
    return table.sort_values(["rank", "kept"], ascending=[True, False]).reset_index(drop=True)


def _owners(results: Results) -> dict[str, tuple[list[int], tuple[float, ...]]]:
    """The promises of each provider and their shares; first time right is the receiver's own half."""
    kpis = results.kpis
    names = kpis[(kpis["scope"] == "sla") & (kpis["measure"] == "attainment")]["name"].tolist()
    found: dict[str, dict[int, float]] = {}
    for link in links_of(results.chain):
        for promise in link.promises:
            if not promise.is_own_half and promise.name in names:
                found.setdefault(link.provider, {})[names.index(promise.name)] = promise.share
    return {name: (list(places), tuple(sorted(set(places.values())))) for name, places in found.items()}


def ranks_of(tops: Floats, bases: Floats, confidence: float) -> list[int]:
    """One more than how many are surely better, of ratios of sums over replications."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = tops.sum(axis=0) / bases.sum(axis=0)
    without = left_out(tops, bases)
    size = tops.shape[1]
    pairs = max(1, size * (size - 1) // 2)
    ranks = []
    for own in range(size):
        errors = jackknife_error(without - without[:, own : own + 1])
        low = around(ratios - ratios[own], errors, len(tops) - 1, confidence, pairs).low
        ranks.append(1 + int((low > 0).sum()))
    return ranks


# Profiles

PROFILE = (
    "response",
    "reliability",
    "completeness",
    "flexibility",
    "communication",
    "workload",
    "cost",
    "satisfaction",
)
_BY_SURVEY = {"flexibility": "empathy", "communication": "assurance", "satisfaction": "all dimensions"}
_BY_KPI = {"response": "waiting_time", "workload": "utilization", "cost": "cost"}
PERIODS = ("past", "today", "future")


def profile_table(
    department: str,
    runs: Mapping[str, Results | None],
    surveys: Mapping[str, Survey | None],
    names: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Eight dimensions of a department's service in the past, today and in the future, with intervals."""
    rows = []
    for dimension in PROFILE:
        for period in PERIODS:
            if runs.get(period) is None and surveys.get(period) is None:
                continue
            found = _profile_row(dimension, department, runs.get(period), surveys.get(period))
            unit = _unit(found[0], runs.get(period), surveys.get(period))
            rows.append(((names or {}).get(dimension, dimension), period, *found, unit))
    columns = ["dimension", "period", "measure", "better", "value", "low", "high", "unit"]
    return pd.DataFrame(rows, columns=columns)


def _unit(measure: str, results: Results | None, survey: Survey | None) -> str:
    """In what a measure is: the scale of the survey, the unit of the table of figures, or a share."""
    if measure.startswith("perception: "):
        return f"{survey.instrument.low:g} to {survey.instrument.high:g}" if survey is not None else ""
    if measure not in _BY_KPI.values():
        return "share"
    if results is None:
        return ""
    kpis = results.kpis
    rows = kpis[(kpis["scope"] == "provider") & (kpis["measure"] == measure)]
    return str(rows["unit"].iloc[0]) if len(rows) else ""


def _profile_row(
    dimension: str, department: str, results: Results | None, survey: Survey | None
) -> tuple[str, str, float, float, float]:
    nothing = (np.nan, np.nan, np.nan)
    if dimension in _BY_SURVEY:
        measure = f"perception: {_BY_SURVEY[dimension]}"
        return (
            measure,
            "higher",
            *(_surveyed(survey, department, dimension) if survey is not None else nothing),
        )
    if dimension in _BY_KPI:
        measure = _BY_KPI[dimension]
        return (
            measure,
            "lower",
            *(_kpi(results, "provider", department, measure) if results is not None else nothing),
        )
    if results is None:
        return ("promises kept", "higher", *nothing)
    served = [link for link in links_of(results.chain) if link.provider == department]
    if dimension == "reliability":
        table = promise_table(results, served)
        if not len(table):
            return ("promises kept", "higher", *nothing)
        worst = table.iloc[int((table["simulated"] - table["promised"]).argmin())]
        low, high = float(worst["simulated_low"]), float(worst["simulated_high"])
        return (f"kept: {worst['promise']}", "higher", float(worst["simulated"]), low, high)
    ways = [name for link in served for scope, name in link.ways if scope == "handoff"]
    found = [
        (f"first time right: {name}", *_kpi(results, "handoff", name, "first_time_right")) for name in ways
    ]
    known = [one for one in found if np.isfinite(one[1])]
    if not known:
        return ("first time right", "higher", *nothing)
    label, *ends3 = min(known, key=lambda one: one[1])
    return (label, "higher", ends3[0], ends3[1], ends3[2])


def _kpi(results: Results, scope: str, name: str, measure: str) -> tuple[float, float, float]:
    kpis = results.kpis
    rows = kpis[(kpis["scope"] == scope) & (kpis["name"] == name) & (kpis["measure"] == measure)]
    if not len(rows):
        return np.nan, np.nan, np.nan
    row = rows.iloc[0]
    return float(row["mean"]), float(row["ci_low"]), float(row["ci_high"])


def _surveyed(survey: Survey, department: str, dimension: str) -> tuple[float, float, float]:
    table = survey.gaps("provider")
    rows = table[(table["provider"] == department) & (table["dimension"] == _BY_SURVEY[dimension])]
    if not len(rows):
        return np.nan, np.nan, np.nan
    row = rows.iloc[0]
    return float(row["perception"]), float(row["perception_low"]), float(row["perception_high"])
