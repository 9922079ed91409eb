"""Who gains and who pays: differences of scenarios by department, as receiver and as provider."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.errors import ModelError
from serviceflow.quality.errors import SurveyError
from serviceflow.quality.service_links import ServiceLinks, links_of

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.results.comparison import Comparison

GAINS, PAYS, SAME = "gains", "pays", ""
RECEIVER, PROVIDER = "receiver", "provider"
GOOD: dict[tuple[str, str], tuple[str, int]] = {
    ("consumer", "flow_time"): (RECEIVER, -1),
    ("consumer", "gave_up"): (RECEIVER, -1),
    ("consumer", "refused"): (RECEIVER, -1),
    ("consumer", "complaints"): (RECEIVER, -1),
    ("provider", "utilization"): (PROVIDER, -1),
    ("provider", "overtime"): (PROVIDER, -1),
    ("provider", "cost"): (PROVIDER, -1),
}
"""Scope and measure to whose it is, and whether more of it is good (1) or bad (-1)."""
COLUMNS = ("scenario", "department", "role", "of", "measure", "unit", "baseline", "difference")
_ENDS = ("simultaneous_low", "simultaneous_high")


def who_pays_table(comparison: Comparison) -> pd.DataFrame:
    """One row per scenario, department and figure, and whether the department gains or pays."""
    links = links_of(comparison[comparison.baseline].chain)
    rows = [row for _, found in comparison.differences.iterrows() for row in _rows(links, found)]
    table = pd.DataFrame(rows, columns=[*COLUMNS, "ci_low", "ci_high", "effect"])
    table = table.dropna(subset=["baseline"])
    # A promise to a consumer who asks several departments is one to it, whichever of them it asks.
    table = table.drop_duplicates(["scenario", "department", "role", "of", "measure"])
    harmed = set(table.loc[table["effect"] == PAYS, "scenario"])
    table["nobody pays"] = ~table["scenario"].isin(harmed)
    return table.sort_values(["scenario", "department", "role"], kind="stable").reset_index(drop=True)


def _rows(links: ServiceLinks, found: pd.Series) -> Iterator[tuple[object, ...]]:
    key = (str(found["scope"]), str(found["measure"]))
    if key == ("sla", "attainment"):
        for link in links:
            if str(found["name"]) in {promise.name for promise in link.promises}:
                yield _row(found, link.receiver, RECEIVER, 1)
                yield _row(found, link.provider, PROVIDER, 1)
    elif key in GOOD:
        role, good = GOOD[key]
        yield _row(found, str(found["name"]), role, good)


def _row(found: pd.Series, department: str, role: str, good: int) -> tuple[object, ...]:
    low, high = (float(found[end]) for end in _ENDS)
    sign = 1 if low > 0 else -1 if high < 0 else 0
    small = abs(found["difference"]) <= 1e-9 * max(1.0, abs(found["baseline"]))
    effect = SAME if not sign or small else GAINS if sign * good > 0 else PAYS
    head = (found["scenario"], department, role, found["name"], found["measure"], found["unit"])
    return (*head, found["baseline"], found["difference"], low, high, effect)


# Two together

JOINT = " + "
"""What stands between the names of two scenarios that are made together."""
SUMMED = ("scenario", "gains", "pays", "nobody pays", "only together")


def nobody_pays_table(comparison: Comparison) -> pd.DataFrame:
    """One row per scenario: how many departments gain and pay, those first in which nobody pays.

    ``only together`` marks two scenarios in which nobody pays though somebody does in either of them.
    """
    table, rows = who_pays_table(comparison), []
    counts = {
        str(name): [own[own["effect"] == effect]["department"].nunique() for effect in (GAINS, PAYS)]
        for name, own in table.groupby("scenario", sort=False)
    }
    for name, (gains, pays) in counts.items():
        parts = _parts(name, counts)
        together = not pays and bool(parts) and all(counts[part][1] for part in parts)
        rows.append((name, gains, pays, not pays, together))
    found = pd.DataFrame(rows, columns=list(SUMMED))
    return found.sort_values(["pays", "gains"], ascending=[True, False], kind="stable").reset_index(drop=True)


def _parts(name: str, known: Container[str]) -> tuple[str, ...]:
    """The two scenarios of which one is made; empty if it is none of these."""
    pieces = name.split(JOINT)
    pairs = [(JOINT.join(pieces[:cut]), JOINT.join(pieces[cut:])) for cut in range(1, len(pieces))]
    return next((pair for pair in pairs if all(part in known for part in pair)), ())


def with_pairs(comparison: Comparison, most: int) -> tuple[Chain, list[str]]:
    """The chain with pairs of its scenarios as scenarios, the most promising first, at most so many.

    Promising is a pair in which, if effects added up, departments would lose least and gain most. Pairs that
    set one field differently are left out.

    Raises
    ------
    SurveyError
        If the baseline is no chain with these scenarios.
    """
    chain = comparison[comparison.baseline].chain.copy()
    unknown = [name for name in comparison.scenarios if name not in chain.scenarios]
    if unknown or len(comparison.scenarios) < 2:
        raise SurveyError(
            "pairs are made of two or more scenarios of the chain as it stands, which is the baseline;"
            f" {', '.join(map(repr, unknown)) or 'fewer'} cannot be put together:"
            " compare with chain.compare()"
        )
    names: list[str] = []
    for pair in sorted(combinations(comparison.scenarios, 2), key=_prospects(comparison)):
        name = JOINT.join(pair)
        if len(names) < most and name not in chain.scenarios and _fit(chain, name, pair):
            names.append(name)
    return chain, names


def _fit(chain: Chain, name: str, pair: tuple[str, str]) -> bool:
    """Add two scenarios as one, if they can be made together."""
    trial = chain.copy()
    try:
        trial.add_scenario(name, extends=pair)
        trial.scenario(name).validate()
    except ModelError:
        return False
    chain.add_scenario(name, extends=pair)
    return True


def _prospects(comparison: Comparison) -> Callable[[tuple[str, str]], tuple[float, float]]:
    """What a pair would lose, and gain, in shares of the baseline, if effects added up."""
    table = who_pays_table(comparison)
    good = {measure: sign for (_, measure), (_, sign) in GOOD.items()} | {"attainment": 1}
    signs = table["measure"].map(good).astype(float)
    table["gain"] = table["difference"] * signs / table["baseline"].abs().clip(lower=1e-9)
    keys = ["department", "role", "of", "measure"]
    gains = table.pivot_table(index=keys, columns="scenario", values="gain", aggfunc="sum").fillna(0.0)

    def prospects(pair: tuple[str, str]) -> tuple[float, float]:
        both = gains.reindex(columns=list(pair), fill_value=0.0).sum(axis=1)
        return -float(both.clip(upper=0).sum()), -float(both.clip(lower=0).sum())

    return prospects
