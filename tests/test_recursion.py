"""The recursion makes the record of the SimPy engine, to the last bit, wherever it says that it applies."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import serviceflow as sf
from explore import blocks
from recursion_chains import covered_chain
from serviceflow.engine import recursion
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.program.plans import Program
from serviceflow.engine.recursion import asking, running
from serviceflow.engine.reference import engine as reference
from serviceflow.errors import NotSupportedError, ServiceflowError

HERE = Path(__file__).parent
MODELS = (
    "and_join",
    "batch_arrivals",
    "county_hospital_mm1",
    "county_hospital_mm2",
    "dm1",
    "e2e21",
    "e2m1",
    "fork_join_10",
    "fork_join_2",
    "fork_join_3",
    "fork_join_5",
    "h2e21",
    "hotel_front_desk",
    "md1",
    "mg1_gamma",
    "mm1_rho_05",
    "mm1_rho_09",
    "mm1_transient",
    "pool_and_single_server",
    "tandem_sla",
)
"""The test models that the recursion covers."""


def check_equal(program: Program, seed: int = 1, replication: int = 0) -> None:
    assert recursion.applies(program)
    record = recursion.run(program, seed, replication)
    assert record.differences(reference.run(program, seed, replication)) == []


def base(**run: Any) -> sf.ServiceChain:
    chain = sf.ServiceChain("Covered", time_unit="min", run={"duration": "1 day", **run})
    chain.add_provider("Desk", staff=1)
    chain.add_provider("Clinic", staff=2)
    chain.add_service("Ask", provider="Desk", duration="exponential(mean=5 min)")
    chain.add_service("Treat", provider="Clinic", duration="exponential(mean=10 min)")
    chain.add_handoff("Ask", "Treat")
    chain.add_consumer("Patients", arrivals={"rate": "8 per hour"}, enters="Ask")
    return chain


class TestEquality:
    @pytest.mark.parametrize("name", ["a", "b", "d"])
    def test_on_the_workloads(self, name: str) -> None:
        chain = sf.load(HERE.parent / "benchmarks" / f"workload_{name}.yaml")
        check_equal(lower(chain, duration="200 h", warm_up="20 h"))

    @pytest.mark.parametrize("name", MODELS)
    def test_on_the_test_models(self, name: str) -> None:
        chain = sf.load(HERE / "models" / f"{name}.yaml")
        check_equal(lower(chain, duration="60 h", warm_up="10 h"))
        check_equal(lower(chain, duration="30 h", horizon="terminating"), 7, 3)

    @pytest.mark.parametrize("numbers", blocks(20, fixed=2, fresh=2, long=102))
    def test_on_random_chains(self, numbers: Iterable[int]) -> None:
        compared = 0
        for number in numbers:
            print("covered chain", number)  # Shown where something is wrong with it.
            try:
                program = lower(covered_chain(number))
            except sf.ModelError:
                continue
            if recursion.applies(program):
                check_equal(program, number)
                compared += 1
        assert compared > 10

    @pytest.mark.parametrize("horizon", ["steady", "terminating"])
    @pytest.mark.parametrize("every", ["10 min", "exponential(mean=10 min)"])
    def test_at_the_end_of_a_run(self, horizon: str, every: str) -> None:
        """Requests end before, at and after the end of the window, which may fall on an arrival."""
        for duration in ("60 min", "61 min", "65 min", "66 min", "125 min"):
            chain = base(duration=duration, horizon=horizon)
            chain = chain.change(
                {
                    "services": {"Ask": {"duration": "5 min"}, "Treat": {"duration": "1 min"}},
                    "consumers": {"Patients": {"arrivals": {"every": every}}},
                }
            )
            check_equal(lower(chain))

    def test_where_work_never_ends(self) -> None:
        chain = base().change({"services": {"Treat": {"duration": "3 days"}}})
        check_equal(lower(chain))

    def test_where_arrivals_must_be_known_for_long(self) -> None:
        chain = base(duration="100 min").change({"services": {"Treat": {"duration": "37 min"}}})
        check_equal(lower(chain))
        check_equal(lower(chain), 2)

    def test_many_units(self) -> None:
        chain = base(duration="4 days").change(
            {
                "providers": {"Clinic": {"staff": 40}},
                "services": {"Treat": {"duration": "lognormal(mean=4 h, cv=1)"}},
            }
        )
        check_equal(lower(chain))

    def test_nobody_asks(self) -> None:
        chain = base().change({"consumers": {"Patients": {"arrivals": {"rate": None, "at": ["2 days"]}}}})
        check_equal(lower(chain))

    def test_somebody_only_asks_at_the_start(self) -> None:
        chain = base().change({"consumers": {"Patients": {"arrivals": None, "initial": {"Treat": 5}}}})
        check_equal(lower(chain))

    def test_a_great_crowd_at_one_instant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Left to the SimPy engine, which notices when time stands still."""
        monkeypatch.setattr(asking, "MOST_AT_ONCE", 20)
        chain = base(duration="5 h")
        chain = chain.change(
            {"consumers": {"Patients": {"arrivals": {"rate": None, "every": "1 h", "batch": 21}}}}
        )
        program = lower(chain)
        with pytest.raises(asking.OutOfReach):
            running._run(running.graph_of(program), 1, 0)
        check_equal(program)

    def test_runs_of_different_programs_in_turn(self) -> None:
        short, long = lower(base()), lower(base(duration="3 days"))
        for seed in (1, 2):
            check_equal(short, seed)
            check_equal(long, seed)


COVERED: list[dict[str, Any]] = [
    {"services": {"Treat": {"duration": "gamma(mean=10 min, cv=0.5)"}}},
    {"services": {"Treat": {"provider": None}}},
    {"services": {"Treat": {"priority": 2}}},
    {"handoffs": {"Ask -> Treat": {"delay": "uniform(low=1 min, high=5 min)"}}},
    {"handoffs": {"Ask -> Treat": {"probability": "40%"}}, "adds": {"handoffs": {"Ask -> end": {}}}},
    {"adds": {"handoffs": {"Treat -> end": {"delay": "5 min"}}}},
    {"consumers": {"Patients": {"arrivals": {"batch": "geometric(mean=2)"}}}},
    {"consumers": {"Patients": {"initial": {"Treat": 3}}}},
    {"consumers": {"Patients": {"sla": {"resolution": "90% within 1 h"}}}},
]

LEFT_ALONE: list[dict[str, Any]] = [
    {"providers": {"Desk": {"staff": {"mon-sun": {"08:00-16:00": 2}}}}},
    {"providers": {"Desk": {"calendar": "day"}}},
    {"providers": {"Desk": {"staff": 0}}},
    {"providers": {"Desk": {"staff": None, "members": {"Ann": {}, "Bob": {}}}}},
    {"providers": {"Desk": {"discipline": "lifo"}}},
    {"providers": {"Desk": {"discipline": "priority"}}},
    {"providers": {"Desk": {"discipline": "random"}}},
    {"providers": {"Desk": {"discipline": "shortest service"}}},
    {"providers": {"Desk": {"discipline": "earliest due date"}}},
    {"providers": {"Desk": {"off_shift": "fit"}}},
    {"providers": {"Clinic": {"queue_limit": 3, "when_full": "refuse"}}},
    {"providers": {"Clinic": {"queue_limit": 3, "when_full": "block"}}},
    {"providers": {"Desk": {"outages": {"after": "exponential(mean=6 h)", "repair": "10 min"}}}},
    {"services": {"Treat": {"provider": "Desk"}}},
    {"services": {"Treat": {"provider": None, "providers": {"Desk": 1, "Clinic": 1}}}},
    {"services": {"Treat": {"provider": None, "providers": {"Clinic": 2}}}},
    {"services": {"Treat": {"provider": None, "any_of": ["Clinic", "Desk"]}}},
    {"services": {"Treat": {"setup": "5 min"}}},
    {"services": {"Treat": {"learning": "90%"}}},
    {"services": {"Treat": {"batch": {"size": 2}}}},
    {"services": {"Treat": {"patience": "30 min"}}},
    {"services": {"Treat": {"consumes": {"Beds": 1}}}},
    {"services": {"Treat": {"produces": {"Beds": 1}}}},
    {"services": {"Treat": {"provider": None, "calendar": "day"}}},
    {"services": {"Treat": {"priority": "1 if hour > 12 else 2"}}},
    {"consumers": {"Patients": {"priority": "1 if hour > 12 else 2"}}},
    {"services": {"Treat": {"duration": "5 min if hour > 12 else 10 min"}}},
    {"services": {"Treat": {"duration": "exponential(mean=5 min) + 1 min"}}},
    {"services": {"Treat": {"duration": "5 min * visit"}}},
    {"handoffs": {"Ask -> Treat": {"every": "30 min"}}},
    {"handoffs": {"Ask -> Treat": {"at": {"mon-sun": "08:00"}}}},
    {"handoffs": {"Ask -> Treat": {"batch": {"size": 2}}}},
    {"handoffs": {"Ask -> Treat": {"calendar": "day", "delay": "5 min"}}},
    {"handoffs": {"Ask -> Treat": {"clarification": {"probability": "10%", "delay": "5 min"}}}},
    {"handoffs": {"Ask -> Treat": {"delay": "5 min if hour > 12 else 10 min"}}},
    {"handoffs": {"Ask -> Treat": {"when": "hour > 12"}}, "adds": {"handoffs": {"Ask -> end": {}}}},
    {"adds": {"handoffs": {"Treat -> Ask": {"probability": "10%"}, "Treat -> end": {}}}},
    {"adds": {"calls": {"Ask -> Look up": {}}, "services": {"Look up": {"duration": "1 min"}}}},
    {"consumers": {"Patients": {"attributes": {"age": "uniform(low=1, high=90)"}}}},
    {"consumers": {"Patients": {"arrivals": {"rate": None, "population": 5, "think": "1 h"}}}},
    {
        "consumers": {
            "Patients": {"arrivals": {"rate": None, "profile": {"mon-sun": {"08:00-12:00": "6 per hour"}}}}
        }
    },
    {"consumers": {"Patients": {"arrivals": {"rate": None, "at": {"mon-sun": "08:00, 09:00"}}}}},
    {"consumers": {"Patients": {"arrivals": {"rate": None, "every": "5 min if hour > 12 else 10 min"}}}},
    {"consumers": {"Patients": {"arrivals": {"batch": "2 if hour > 12 else 1"}}}},
]


def changed(changes: dict[str, Any]) -> sf.ServiceChain:
    chain = base()
    chain.add_calendar("day", {"mon-sun": "08:00-18:00"})
    chain.add_stock("Beds", initial=10)
    if not any("Beds" in str(value) for value in changes.values()):
        chain = base()
        chain.add_calendar("day", {"mon-sun": "08:00-18:00"})
    more = changes.get("adds", {})
    for name, fields in more.get("services", {}).items():
        chain.add_service(name, **fields)
    for name, fields in more.get("handoffs", {}).items():
        chain.add_handoff(name, **fields)
    for name, fields in more.get("calls", {}).items():
        chain.add_call(name, **fields)
    return chain.change({key: value for key, value in changes.items() if key != "adds"})


class TestWhatIsCovered:
    @pytest.mark.parametrize("changes", COVERED, ids=str)
    def test_these_are(self, changes: dict[str, Any]) -> None:
        check_equal(lower(changed(changes)))

    @pytest.mark.parametrize("changes", LEFT_ALONE, ids=str)
    def test_these_are_not(self, changes: dict[str, Any]) -> None:
        assert not recursion.applies(lower(changed(changes)))

    def test_a_chain_that_is_not_covered_says_so(self) -> None:
        program = lower(changed({"services": {"Treat": {"provider": "Desk"}}}))
        with pytest.raises(
            NotSupportedError, match="the recursion does not cover this chain: use engine='auto'"
        ):
            recursion.run(program, 1)

    def test_a_seed_out_of_range_is_refused_as_always(self) -> None:
        with pytest.raises(ServiceflowError, match="seed is -1; it must be from 0"):
            recursion.run(lower(base()), -1)


def fork(**fields: Any) -> sf.ServiceChain:
    chain = sf.ServiceChain("Fork", time_unit="min", run={"duration": "10 h"})
    chain.add_service("Fork", split="all", duration="0 min")
    chain.add_service("Left", duration="exponential(mean=5 min)")
    chain.add_service("Right", duration="5 min")
    chain.add_service("Join", **{"join": "all", "duration": "1 min", **fields})
    chain.add_handoff("Fork", "Left")
    chain.add_handoff("Fork", "Right")
    chain.add_handoff("Left", "Join")
    chain.add_consumer("People", arrivals={"every": "5 min"}, enters="Fork")
    return chain


class TestSplits:
    def test_a_join_of_all(self) -> None:
        chain = fork()
        chain.add_handoff("Right", "Join")
        check_equal(lower(chain))

    def test_a_join_of_as_many_as_there_are(self) -> None:
        chain = fork(join=2)
        chain.add_handoff("Right", "Join")
        check_equal(lower(chain))

    def test_not_a_join_of_some(self) -> None:
        chain = fork(join=1)
        chain.add_handoff("Right", "Join")
        assert not recursion.applies(lower(chain))

    def test_not_where_a_branch_ends_and_another_joins(self) -> None:
        assert not recursion.applies(lower(fork()))

    def test_not_a_choice_within_a_branch(self) -> None:
        chain = fork()
        chain.add_handoff("Right", "Join", probability="50%")
        chain.add_handoff("Right", "end")
        assert not recursion.applies(lower(chain))

    def test_not_branches_that_are_taken_by_chance(self) -> None:
        chain = fork()
        chain.add_handoff("Right", "Join")
        assert not recursion.applies(
            lower(chain.change({"handoffs": {"Fork -> Left": {"probability": "50%"}}}))
        )

    def test_not_a_split_in_a_branch(self) -> None:
        chain = fork()
        chain.add_service("Further", split="all")
        chain.add_service("One", duration="1 min")
        chain.add_service("Two", duration="2 min")
        chain.add_handoff("Right", "Further")
        chain.add_handoff("Further", "One")
        chain.add_handoff("Further", "Two")
        chain.add_service("Both", join="all", duration="1 min")
        chain.add_handoff("One", "Both")
        chain.add_handoff("Two", "Both")
        chain.add_handoff("Both", "Join")
        assert not recursion.applies(lower(chain))


class TestTheRecord:
    def test_can_be_read_as_any_other(self) -> None:
        """Columns may be views that many share; whoever reads them sees no difference."""
        chain = base(replications=2)
        program = lower(chain)
        for record in (recursion.run(program, 1), recursion.run(program, 1, 1)):
            for table in (record.requests, record.visits):
                for name in table.columns:
                    assert table[name].shape == (len(table),)
                    assert (table[name] == np.ascontiguousarray(table[name])).all()

    def test_is_not_changed_by_a_later_run(self) -> None:
        program = lower(base())
        first = recursion.run(program, 1)
        before = {name: column.tobytes() for name, column in first.visits.columns.items()}
        for seed in range(2, 6):
            recursion.run(program, seed)
        assert before == {name: column.tobytes() for name, column in first.visits.columns.items()}
