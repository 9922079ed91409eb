"""Small chains with exact answers, from their model files through the public API.

A figure holds when it lies within 3.5 standard errors of what theory says, over replications. The runs
are long enough for a wrong rule to show and short enough for every day. ``SERVICEFLOW_LONG=1`` makes them
eight times longer with twice the replications.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import serviceflow as sf
from known_answers import ANSWERS, BLOCKED, HOURLY, PLUS_ONE, SINUSOID, TRANSIENT, Answer, Figure
from serviceflow.units import UNITS

MODELS = Path(__file__).parent / "models"
LONG = bool(os.environ.get("SERVICEFLOW_LONG"))
LIMIT = 3.5


@lru_cache(maxsize=2 if LONG else None)
def simulated(model: str, scenario: str = "") -> Any:
    """Results of a model file, or of one of its scenarios; skips what the engine does not know yet."""
    chain = sf.load(MODELS / f"{model}.yaml")
    chain = chain.scenario(scenario) if scenario else chain
    try:
        return chain.simulate(**length(chain))
    except sf.NotSupportedError as error:
        pytest.skip(str(error))


def length(chain: Any) -> dict[str, Any]:
    """How long to run: as the model says, or longer."""
    if not LONG:
        return {}
    replications = 2 * chain.run.replications
    if chain.run.horizon == "terminating":
        return {"replications": 8 * replications}
    hours = chain.run.duration.constant(chain.time_unit) / UNITS["h"]
    return {"duration": f"{8 * hours} h", "replications": replications}


def per_replication(results: Any, scope: str, name: str, measure: str) -> np.ndarray:
    """One value per replication of a measure."""
    table = results.by_replication
    rows = (table["scope"] == scope) & (table["measure"] == measure)
    if scope != "chain":
        rows &= table["name"] == name
    assert rows.any(), f"no {measure} of {scope} {name}"
    return table[rows].sort_values("replication")["value"].to_numpy()


def estimate(results: Any, figure: Figure) -> tuple[float, float]:
    """A figure and its standard error."""
    if figure.per:
        return share(results, figure)
    table = results.kpis
    rows = (table["scope"] == figure.scope) & (table["measure"] == figure.measure)
    if figure.scope != "chain":
        rows &= table["name"] == figure.name
    assert rows.sum() == 1, f"{rows.sum()} rows of {figure}"
    row = table[rows].iloc[0]
    half_width = (row["ci_high"] - row["ci_low"]) / 2
    return row["mean"], half_width / stats.t.ppf(0.975, row["replications"] - 1)


def share(results: Any, figure: Figure) -> tuple[float, float]:
    """One count per another, with the standard error of a ratio."""
    part = per_replication(results, figure.scope, figure.name, figure.measure)
    whole = per_replication(results, figure.scope, figure.name, figure.per)
    return ratio(part, whole)


def ratio(part: np.ndarray, whole: np.ndarray) -> tuple[float, float]:
    value = part.sum() / whole.sum()
    deviations = (part - value * whole) / whole.mean()
    return value, deviations.std(ddof=1) / np.sqrt(len(part))


def window(results: Any) -> tuple[float, float]:
    """Start and end of the window of statistics, in the chain's time unit."""
    start, end = results.runs.program.window
    return start / results.runs.program.time_unit, end / results.runs.program.time_unit


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


def hold(found: float, error: float, expected: float, what: object = "", own_error: float = 0.0) -> None:
    """Fail unless `found` lies within the limit of what is expected."""
    distance = (found - expected) / np.hypot(error, own_error)
    assert abs(distance) <= LIMIT, f"{what}: {found:.5g}, expected {expected:.5g}, {distance:+.1f} s.e."


FIGURES = [(answer, figure) for answer in ANSWERS for figure in answer.figures if LONG or not figure.costly]


@pytest.mark.parametrize(("answer", "figure"), FIGURES, ids=[f"{a.model}: {f}" for a, f in FIGURES])
def test_figure_is_what_theory_says(answer: Answer, figure: Figure) -> None:
    found, error = estimate(simulated(answer.model, figure.scenario), figure)
    assert error > 0
    hold(found, error, figure.expected, figure, figure.error)


def test_every_model_is_used() -> None:
    used = {answer.model for answer in ANSWERS} | {
        "mm1_transient",
        "sinusoid_infinite_servers",
        "hourly_arrivals",
    }
    assert used == {path.stem for path in MODELS.glob("*.yaml")}


# Figures over time, from the raw tables


def number_there(table: Any, start: str, end: str, instants: np.ndarray) -> np.ndarray:
    """How many are between two instants of their life at each of the instants given."""
    starts, ends = np.sort(table[start].dropna()), np.sort(table[end].dropna())
    return np.searchsorted(starts, instants, "right") - np.searchsorted(ends, instants, "right")


def test_queue_that_starts_empty_grows_as_the_transient_solution_says() -> None:
    results = simulated("mm1_transient")
    hours = np.array([*TRANSIENT]) - 1e-9
    counts = [
        number_there(rows, "asked", "ended", hours) for _, rows in results.requests.groupby("replication")
    ]
    for hour, found, expected in zip(TRANSIENT, np.transpose(counts), TRANSIENT.values(), strict=True):
        hold(*mean_and_error(found), expected, f"number there after {hour} h")


def test_infinite_servers_follow_the_hour_of_the_day() -> None:
    results = simulated("sinusoid_infinite_servers")
    mornings = np.arange(*window(results), 24)
    for hour, expected in SINUSOID.items():
        found = [
            number_there(rows, "started", "finished", mornings + hour).mean()
            for _, rows in results.visits.groupby("replication")
        ]
        hold(*mean_and_error(np.array(found)), expected, f"number in service at {hour} h")


def test_arrivals_follow_the_profile_hour_by_hour() -> None:
    results = simulated("hourly_arrivals")
    _, end = window(results)
    asked = results.requests["asked"]
    asked = asked[asked < end]
    days = results.requests["replication"].nunique() * end / 24
    counts = np.bincount((asked % 24).astype(int), minlength=24)
    assert not counts[:6].any()
    for hour, found, expected in zip(range(6, 24), counts[6:] / days, HOURLY, strict=True):
        hold(found, np.sqrt(expected / days), expected, f"arrivals from {hour}:00")


def test_number_of_arrivals_in_an_hour_varies_as_poisson_counts_do() -> None:
    results = simulated("hourly_arrivals")
    _, end = window(results)
    table = results.requests[results.requests["asked"] < end]
    groups = table.groupby(["replication", table["asked"] // 24, table["asked"] % 24 // 1]).size()
    days = table["replication"].nunique() * end / 24
    dispersion = 0.0
    for hour, rate in zip(range(6, 24), HOURLY, strict=True):
        counts = groups.xs(float(hour), level=2).to_numpy()
        zeros = days - len(counts)
        dispersion += (((counts - rate) ** 2).sum() + zeros * rate**2) / rate
    freedom = 18 * days
    spread = np.sqrt(2 * freedom + days * sum(1 / rate for rate in HOURLY))
    hold(dispersion, spread, freedom, "sum of squared deviations over rates")


@pytest.mark.parametrize("service", BLOCKED)
def test_stations_of_the_line_are_blocked_as_the_markov_chain_says(service: str) -> None:
    results = simulated("saturated_line")
    start, end = window(results)
    table = results.visits[results.visits["service"] == service]
    left = table["left"].fillna(np.inf).clip(start, end)
    blocked = (left - table["finished"].clip(start, end)).fillna(0)
    found = blocked.groupby(table["replication"]).sum().to_numpy() / (end - start)
    if BLOCKED[service] == 0:
        assert not found.any()
    else:
        hold(*mean_and_error(found), BLOCKED[service], f"share of time blocked at {service}")


@pytest.mark.parametrize("scenario", PLUS_ONE if LONG else ["A second single"])
def test_one_more_server_takes_off_what_product_form_says(scenario: str) -> None:
    before = per_replication(simulated("pool_and_single_server"), "chain", "", "flow_time")
    after = per_replication(simulated("pool_and_single_server", scenario), "chain", "", "flow_time")
    hold(*mean_and_error(before - after), PLUS_ONE[scenario], scenario)


def test_six_clerks_cost_least_when_waiting_is_paid_for() -> None:
    """Staff at 10 an hour and waiting at 3 a minute: the textbook's answer is six clerks, 68.04 an hour."""
    scenarios = {3: "", 4: "Four clerks", 5: "Five clerks", 6: "Six clerks"}
    costs = {}
    for clerks, scenario in scenarios.items():
        results = simulated("hotel_front_desk", scenario)
        start, end = window(results)
        staff = per_replication(results, "provider", "Server", "cost") / ((end - start) / 60)
        assert staff == pytest.approx(10 * clerks)
        costs[clerks] = staff + 180 * per_replication(results, "provider", "Server", "queue_length")
    assert min(costs, key=lambda clerks: costs[clerks].mean()) == 6
    hold(*mean_and_error(costs[6]), 68.03997684, "cost of an hour with six clerks")


def test_the_day_shift_holds_requests_longer_than_the_busier_station() -> None:
    """Utilization points at station 1 (0.78 against 0.75); requests wait for station 2 to open."""
    results = simulated("day_shift")
    stay = {
        name: per_replication(results, "service", name, "waiting_time")
        + per_replication(results, "service", name, "service_time")
        for name in ("Step 1", "Step 2")
    }
    assert stay["Step 2"].mean() > stay["Step 1"].mean()
    assert not per_replication(results, "service", "Step 1", "waiting_off_shift").any()
    nights = ("waiting_off_shift", "waiting_carried_over")
    closed = sum(per_replication(results, "service", "Step 2", measure) for measure in nights)
    assert (closed > per_replication(results, "service", "Step 2", "waiting_contention")).all()
