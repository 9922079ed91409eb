"""What theory says of chains: that of independent solutions where it is exact, nothing where it would lie."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import serviceflow as sf
from known_answers import ANSWERS, Answer, Figure
from serviceflow.theory.estimates.closed import gordon_newell
from serviceflow.theory.queues import mm1_breakdowns

MODELS = Path(__file__).parent / "models"
NOT_BY_THEORY = {
    "day_shift": {"flow_time", "waiting_time"},
    "flexible_worker": {"waiting_time", "utilization"},
    "saturated_line": {"utilization"},
    "fork_join_2": {"attainment"},
    "rework_loop": {"attainment"},
}
"""Figures of these models that no formula gives."""
APPROXIMATE = {"e2e21": 0.04, "h2e21": 0.05, "fork_join_3": 0.03, "fork_join_5": 0.03, "fork_join_10": 0.03}
"""How far off figures of these models may be."""
NOT_ESTIMATED = {"clarifications", "first_time_right"}
MIXED = "mixture(shares=[50%, 50%], of=[constant(value=30 min), uniform(low=1 h, high=2 h)])"
NO_RATE = {("saturated_line", "throughput"), ("mm2_5", "work_in_progress")}


@lru_cache
def estimated(model: str, scenario: str = "") -> Any:
    chain = sf.load(MODELS / f"{model}.yaml")
    return (chain.scenario(scenario) if scenario else chain).estimate()


def figure(estimate: Any, scope: str, name: str, measure: str) -> Any:
    found = [
        one
        for one in estimate.figures
        if (one.scope, one.measure) == (scope, measure) and (scope == "chain" or one.name == name)
    ]
    assert len(found) == 1, f"{len(found)} figures {measure} of {scope} {name}"
    return found[0]


FIGURES = [
    (answer, one)
    for answer in ANSWERS
    for one in answer.figures
    if one.measure not in NOT_ESTIMATED and (answer.model, one.measure) not in NO_RATE
]


@pytest.mark.parametrize(("answer", "known"), FIGURES, ids=[f"{a.model}: {f}" for a, f in FIGURES])
def test_figure_is_that_of_an_independent_solution(answer: Answer, known: Figure) -> None:
    measure = f"{known.measure}_share" if known.per else known.measure
    found = figure(estimated(answer.model, known.scenario), known.scope, known.name, measure)
    if answer.model in APPROXIMATE:
        assert found.kind == "approximate"
        assert found.value == pytest.approx(known.expected, rel=APPROXIMATE[answer.model])
    elif measure in NOT_BY_THEORY.get(answer.model, ()) and not _still_told(answer.model, known):
        assert found.kind == "simulation only"
        assert math.isnan(found.value)
        assert found.violated
    else:
        assert found.kind == "exact"
        assert found.value == pytest.approx(known.expected, rel=1e-6)


def _still_told(model: str, known: Figure) -> bool:
    """What is before the shift is known; so are the loads of both stations."""
    return model == "day_shift" and known.name == "Step 1"


def office(**changes: Any) -> sf.ServiceChain:
    """One clerk, an M/M/1 of load 0.8, and what is changed about it."""
    chain = sf.ServiceChain("Office", time_unit="h", run={"duration": "100 h", "replications": 5, "seed": 7})
    chain.add_provider("Clerk", **{"staff": 1, **changes.get("provider", {})})
    service = {"provider": "Clerk", "duration": "exponential(mean=1 h)", **changes.get("service", {})}
    chain.add_service("Talk", **service)
    chain.add_consumer("Clients", arrivals=changes.get("arrivals", {"rate": "0.8 per h"}), enters="Talk")
    return chain


def wait_of(chain: sf.ServiceChain, name: str = "Talk") -> Any:
    return figure(chain.estimate(), "service", name, "waiting_time")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"arrivals": {"profile": {"mon-sun": {"08:00-16:00": "1 per h"}}}}, "arrivals vary over the week"),
        ({"arrivals": {"at": ["1 h", "2 h"]}}, "arrivals are listed one by one"),
        ({"provider": {"discipline": "shortest service"}}, "the shortest work goes first"),
        ({"service": {"batch": {"size": 3}}}, "work is done in batches"),
        ({"service": {"setup": "1 min"}}, "setups depend on what was done before"),
        ({"service": {"learning": "90%"}}, "staff learn"),
        ({"service": {"patience": "2 h"}}, "patience that is not one exponential time"),
        ({"provider": {"staff": {"mon-sun": {"00:00-12:00": 1}}}}, "staff on duty change over the week"),
    ],
)
def test_says_only_a_simulation_tells_and_why(changes: dict[str, Any], why: str) -> None:
    found = wait_of(office(**changes))
    assert found.kind == "simulation only"
    assert math.isnan(found.value)
    assert any(why in one for one in found.violated)


def test_what_comes_after_a_shift_is_left_to_the_simulation() -> None:
    chain = office(provider={"staff": {"mon-sun": {"00:00-20:00": 1}}})
    chain.add_provider("Filing", staff=1)
    chain.add_service("File", provider="Filing", duration="exponential(mean=30 min)")
    chain.add_handoff("Talk -> File")
    found = wait_of(chain, "File")
    assert found.kind == "simulation only"
    assert "what comes from Clerk is only known by simulation" in found.violated


def test_overloaded_station_has_no_steady_state() -> None:
    found = wait_of(office(arrivals={"rate": "1.2 per h"}))
    assert found.value == math.inf
    assert "overloaded" in found.method


def test_service_after_regular_work_is_approximate_and_near_the_simulation() -> None:
    chain = office(service={"duration": "1 h"})
    chain.add_provider("Filing", staff=1)
    chain.add_service("File", provider="Filing", duration="exponential(mean=1 h)")
    chain.add_handoff("Talk -> File")
    found = wait_of(chain, "File")
    results = chain.simulate("2000 h", "200 h", 10, 7)
    row = results.kpis.query("scope == 'service' and name == 'File' and measure == 'waiting_time'").iloc[0]
    assert found.kind == "approximate"
    assert "arrivals are not Poisson" in found.violated
    assert found.value == pytest.approx(row["mean"], rel=0.25)
    assert wait_of(chain).kind == "exact"


@pytest.mark.parametrize(
    "changes",
    [
        {"service": {"duration": "gamma(mean=1 h, cv=0.5)"}},
        {"provider": {"discipline": "random"}},
        {"service": {"duration": MIXED}, "arrivals": {"rate": "0.6 per h"}},
        {"provider": {"staff": 2}, "arrivals": {"rate": "1.5 per h"}},
        {"arrivals": {"every": "hyperexponential(mean=2 h, cv=2)"}},
        {"arrivals": {"every": "uniform(low=30 min, high=2 h)"}},
        {"provider": {"queue_limit": 2}},
        {"service": {"patience": "exponential(mean=1 h)"}},
    ],
    ids=str,
)
def test_exact_figures_hold_in_simulation(changes: dict[str, Any]) -> None:
    chain = office(**changes)
    found = wait_of(chain)
    results = chain.simulate("3000 h", "200 h", 20, 7)
    values = results.by_replication.query(
        "scope == 'service' and name == 'Talk' and measure == 'waiting_time'"
    )["value"].to_numpy()
    assert found.kind == "exact"
    assert abs(values.mean() - found.value) <= 4 * values.std(ddof=1) / math.sqrt(len(values))


def test_attributes_that_are_drawn_make_it_approximate() -> None:
    chain = office(service={"duration": "size * 10 min"})
    chain = chain.change({"consumers": {"Clients": {"attributes": {"size": "gamma(mean=3, cv=1)"}}}})
    found = wait_of(chain)
    assert found.kind == "approximate"
    assert "attributes that are drawn are taken at a few values" in found.violated


def test_run_that_ends_by_the_clock_is_never_exact() -> None:
    chain = office().change({"run": {"horizon": "terminating"}})
    kinds = {one.kind for one in chain.estimate().figures}
    assert kinds == {"approximate"}


def test_branches_that_differ_have_an_upper_bound() -> None:
    chain = sf.load(MODELS / "fork_join_2.yaml")
    chain = chain.change({"services": {"Branch 2": {"duration": "exponential(mean=30 min)"}}})
    found = figure(chain.estimate(), "consumer", "Customers", "flow_time")
    single = 1 / (1 - 0.5), 1 / (2 - 0.5)
    assert found.kind == "upper bound"
    assert max(single) < found.value < sum(single)


def test_table_names_figures_as_results_do() -> None:
    chain = office()
    table = chain.estimate().table
    kpis = chain.simulate("10 h", 0, 2, 7, engine="simpy").kpis
    keys = set(zip(kpis["scope"], kpis["name"], kpis["measure"], kpis["unit"], strict=True))
    assert set(zip(table["scope"], table["name"], table["measure"], table["unit"], strict=True)) <= keys


def test_text_tells_both_what_is_known_and_what_is_not() -> None:
    text = str(sf.example("hotel_checkin").estimate())
    assert "Housekeeping: utilization" in text
    assert "Only a simulation tells:" in text
    assert "staff on duty change over the week" in text
    assert repr(sf.example("hotel_checkin").estimate()).startswith("Estimate('Hotel check-in': ")


def test_names_are_escaped_in_a_notebook() -> None:
    chain = sf.loads(
        "serviceflow: 1\nname: <b>Office</b>\nservices: {Talk: {duration: 1 h}}\n"
        "consumers: {<i>: {arrivals: {rate: 1 per h}, enters: Talk}}\nrun: {duration: 10 h}\n"
    )
    html = chain.estimate()._repr_html_()
    assert "<b>" not in html
    assert "&lt;i&gt;" in html


def test_every_example_is_estimated() -> None:
    for name in ("hotel_checkin", "customer_data", "manufacturing_supply", "project_delivery"):
        kinds = {one.kind for one in sf.example(name).estimate().figures}
        assert "simulation only" in kinds


def test_closed_network_agrees_with_the_sum_over_its_states() -> None:
    people, loads = 3, (2.0, 0.5, 1.5)
    shapes = [np.array([loads[0] ** n / math.factorial(n) for n in range(people + 1)])]
    shapes += [np.array([load**n for n in range(people + 1)]) for load in loads[1:]]
    states = [(a, b, people - a - b) for a in range(people + 1) for b in range(people + 1 - a)]
    weights = {state: math.prod(shape[n] for shape, n in zip(shapes, state, strict=True)) for state in states}
    whole = sum(weights.values())
    _, present = gordon_newell(shapes)
    for place in range(3):
        for number in range(people + 1):
            expected = sum(weight for state, weight in weights.items() if state[place] == number) / whole
            assert present[place][number] == pytest.approx(expected, rel=1e-12)


def test_breakdowns_agree_with_a_markov_chain() -> None:
    arrive, serve, fail, mend, most = 0.5, 1.0, 0.2, 0.7, 120
    size = 2 * (most + 1)
    rates = np.zeros((size, size))
    for n in range(most + 1):
        up, down = 2 * n, 2 * n + 1
        rates[up, down], rates[down, up] = fail, mend
        if n < most:
            rates[up, up + 2] = rates[down, down + 2] = arrive
            rates[up + 2, up] = serve
    generator = rates - np.diag(rates.sum(axis=1))
    generator[:, 0] = 1.0
    chances = np.linalg.solve(generator.T, np.eye(size)[0])
    there = float(np.repeat(np.arange(most + 1), 2) @ chances)
    found = mm1_breakdowns(arrive, serve, fail, mend)
    assert found.in_system == pytest.approx(there, rel=1e-8)
    assert found.flow_time == pytest.approx(there / arrive, rel=1e-8)
    assert mm1_breakdowns(0.9, serve, fail, mend).waiting_time == math.inf
