"""The best staff: the same as a full enumeration finds, within a budget, as scenarios, and what is said."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

import serviceflow as sf
from serviceflow.analysis.search import trials as running
from serviceflow.analysis.search.box import Box
from serviceflow.analysis.search.slots import Staffing

HEAD = "serviceflow: 1\nname: Desk\ntime_unit: min\nrun: {duration: 6 h, replications: 4, seed: 3}\n"
DESK = (
    HEAD
    + """
providers: {Clerk: {staff: 2, cost: 20 per hour}}
services: {Talk: {provider: Clerk, duration: exponential(mean=10 min)}}
consumers: {Clients: {arrivals: {rate: 9 per hour}, enters: Talk, sla: {resolution: 80% within 25 min}}}
"""
)
TWO = (
    HEAD
    + """
providers: {Clerk: {staff: 1, cost: 20 per hour}, Office: {staff: 1, cost: 33 per hour}}
services:
  Talk: {provider: Clerk, duration: exponential(mean=8 min)}
  File: {provider: Office, duration: exponential(mean=9 min)}
handoffs: {Talk -> File: {}}
consumers: {Clients: {arrivals: {rate: 8 per hour}, enters: Talk, sla: {resolution: 85% within 45 min}}}
"""
)
SHIFTS = (
    HEAD
    + """
providers:
  Clerk:
    staff: {mon-sun: {"00:00-04:00": 1, "04:00-24:00": 2}}
    cost: {mon-sun: {"00:00-04:00": 30 per hour, "04:00-24:00": 20 per hour}}
services: {Talk: {provider: Clerk, duration: exponential(mean=10 min)}}
consumers: {Clients: {arrivals: {rate: 8 per hour}, enters: Talk, sla: {resolution: 80% within 25 min}}}
"""
)
URGENT = (
    HEAD
    + """
providers: {Nurse: {staff: 1, discipline: priority}, Doctor: {staff: 1}}
services:
  Ask: {provider: Nurse, duration: exponential(mean=6 min), priority: 1}
  See: {provider: Doctor, duration: "lognormal(mean=8 min, cv=1)"}
  Dress: {provider: Nurse, duration: exponential(mean=5 min)}
handoffs: {Ask -> See: {}, See -> Dress: {probability: 50%}, See -> end: {}}
consumers: {Patients: {arrivals: {rate: 7 per hour}, enters: Ask, sla: {resolution: 80% within 40 min}}}
"""
)
THREE = (
    HEAD
    + """
providers:
  A: {staff: 1, cost: 10 per hour}
  B: {staff: 1, cost: 14 per hour}
  C: {staff: 1, cost: 25 per hour}
services:
  One: {provider: A, duration: exponential(mean=9 min)}
  Two: {provider: B, duration: exponential(mean=7 min)}
  Three: {provider: C, duration: exponential(mean=8 min)}
handoffs: {One -> Two: {}, Two -> Three: {}, Three -> One: {probability: 10%}, Three -> end: {}}
consumers: {Clients: {arrivals: {rate: 7 per hour}, enters: One, sla: {resolution: 80% within 60 min}}}
"""
)
QUICK = {"engine": "simpy", "progress": False, "replications": 4}


def enumerated(chain: sf.ServiceChain, wanted: dict[str, Any]) -> tuple[float, list[tuple[int, ...]]]:
    """The least price of all designs that keep the promise, each run by itself; and all that have it."""
    staffing = Staffing(chain, wanted, False, {})
    allowed = []
    for design in product(*(range(slot.least, slot.most + 1) for slot in staffing.slots)):
        results = staffing.apply(design).simulate(engine="simpy", progress=False)
        row = results.slas.iloc[0]
        if row["attainment"] >= row["share"]:
            allowed.append((round(staffing.price(design), 6), design))
    least = min(allowed)[0]
    return least, [design for price, design in allowed if price == least]


CASES = {
    "desk": (DESK, {"Clerk": (1, 5)}),
    "shifts": (SHIFTS, {"Clerk": (1, 3)}),
    "two": (TWO, {"Clerk": (1, 4), "Office": (1, 4)}),
    "urgent": (URGENT, {"Nurse": (1, 4), "Doctor": (1, 4)}),
    "three": (THREE, {"A": (1, 4), "B": (1, 4), "C": (1, 4)}),
}
SHORT = ("desk", "shifts")


@pytest.mark.parametrize(
    "case", [pytest.param(one, marks=() if one in SHORT else pytest.mark.long) for one in CASES]
)
def test_the_cheapest_is_that_of_a_full_enumeration(case: str) -> None:
    text, wanted = CASES[case]
    found = sf.search(sf.loads(text), wanted, **QUICK)
    price, designs = enumerated(sf.loads(text), wanted)
    assert found.proven
    assert found.best.price == pytest.approx(price)
    assert found.best.design in designs


@pytest.mark.long
@pytest.mark.parametrize("case", ["two", "shifts"])
def test_the_most_service_for_a_price_is_that_of_a_full_enumeration(case: str) -> None:
    text, wanted = CASES[case]
    chain = sf.loads(text)
    staffing = Staffing(chain, wanted, False, {})
    most = staffing.price(staffing.least) + 2 * max(staffing.prices)
    found = sf.search(chain, wanted, "waiting_time", {"staff": most}, **QUICK)
    ranges = product(*(range(slot.least, slot.most + 1) for slot in staffing.slots))
    waits = {
        design: float(
            staffing.apply(design).simulate(engine="simpy", progress=False).mean("chain", "waiting_time")[0]
        )
        for design in ranges
        if staffing.price(design) <= most
    }
    assert found.proven
    assert waits[found.best.design] == pytest.approx(min(waits.values()))


@pytest.fixture(scope="module")
def found() -> sf.Search:
    return sf.search(sf.loads(DESK), **QUICK)


def test_the_answer_is_a_sentence_with_its_price_and_what_is_sure(found: sf.Search) -> None:
    assert found.sentence().startswith(
        "The cheapest staff that keep attainment of Clients: resolution at least 80% cost 360 money in 6 h,"
        " 50.0% more than today: Clerk 3. With them, the attainment of Clients: resolution is 9"
    )
    assert found.sentence().endswith(
        "Within the ranges there is none better, given that more staff never do worse."
    )
    assert str(found).startswith(found.sentence())
    assert repr(found).startswith("Search('Desk': ")
    assert "The cheapest staff" in found._repr_html_()


def test_the_frontier_has_intervals_and_no_dominated_design_but_todays(found: sf.Search) -> None:
    table = found.frontier
    assert list(table["status"]).count("best") == 1
    assert "today" in set(table["status"])
    assert (table["service_low"] <= table["service"]).all()
    assert (table["service"] <= table["service_high"]).all()
    rest = table[table["status"] != "today"]
    assert rest["staff"].is_monotonic_increasing
    assert rest["service"].is_monotonic_increasing
    own = (
        sf.loads(DESK).change({"providers": {"Clerk": {"staff": 3}}}).simulate(engine="simpy", progress=False)
    )
    assert table.query("status == 'best'")["service"].iloc[0] == own.slas["attainment"].iloc[0]


def test_replications_are_counted_and_told(found: sf.Search) -> None:
    assert found.replications <= 4 * (found.designs + len(found.points))


def test_a_point_is_a_scenario_that_goes_into_the_model_file(found: sf.Search, tmp_path: Any) -> None:
    place = tmp_path / "desk.yaml"
    before = (
        DESK + "\nscenarios:  # thoughts\n  Four: {changes: {providers: {Clerk: {staff: 4}}}}\n# the end\n"
    )
    place.write_text(before, "utf-8")
    text = found.write_scenario(place, "Best: 最好")
    after = place.read_text("utf-8")
    assert text.startswith("scenarios:\n  'Best: 最好':\n    description: ")
    assert after.startswith(before.split("\n# the end")[0])
    assert "# the end" in after
    chain = sf.load(place)
    assert list(chain.scenarios) == ["Four", "Best: 最好"]
    assert chain.scenario("Best: 最好").providers["Clerk"].staff == 3
    with pytest.raises(sf.InsertError, match="has a scenario 'Four': give another name"):
        found.write_scenario(place, "Four")


def test_a_file_without_scenarios_gets_them(found: sf.Search, tmp_path: Any) -> None:
    place = tmp_path / "desk.yaml"
    place.write_text(DESK, "utf-8")
    found.write_scenario(place)
    assert place.read_text("utf-8").startswith(DESK.rstrip())
    assert sf.load(place).scenario("Staff by search").providers["Clerk"].staff == 3


def test_scenarios_in_one_line_are_put_in_by_hand(found: sf.Search, tmp_path: Any) -> None:
    place = tmp_path / "desk.yaml"
    before = DESK + "scenarios: {Four: {changes: {providers: {Clerk: {staff: 4}}}}}\n"
    place.write_text(before, "utf-8")
    with pytest.raises(sf.InsertError, match="put this in by hand:\nscenarios:\n  Staff by search:"):
        found.write_scenario(place)
    assert place.read_text("utf-8") == before


def test_blocks_change_by_themselves_and_are_written_by_days() -> None:
    text = SHIFTS.replace(
        'staff: {mon-sun: {"00:00-04:00": 1,',
        'staff: {mon-fri: {"00:00-24:00": 3}, sat-sun: {"00:00-04:00": 1,',
    )
    staffing = Staffing(sf.loads(text), None, False, {})
    assert [slot.name for slot in staffing.slots] == [
        "Clerk 00:00-24:00",
        "Clerk 00:00-04:00",
        "Clerk 04:00-24:00",
    ]
    assert staffing.changes((3, 1, 5))["providers"]["Clerk"]["staff"] == {
        "mon-fri": 3,
        "sat-sun": {"00:00-04:00": 1, "04:00-24:00": 5},
    }


def test_prices_are_those_of_the_results() -> None:
    chain = sf.loads(SHIFTS)
    staffing = Staffing(chain, None, False, {})
    design = (2, 3)
    results = staffing.apply(design).simulate(replications=1, engine="simpy", progress=False)
    assert staffing.price(design) == pytest.approx(results.mean("chain", "cost")[0])
    assert staffing.price(staffing.today) == pytest.approx(4 * 30 + 2 * 2 * 20)


def test_without_prices_hours_are_counted() -> None:
    staffing = Staffing(sf.loads(URGENT), None, False, {})
    assert (staffing.unit, staffing.prices) == ("staff hours", (6.0, 6.0))


def test_a_promise_that_no_staff_keep_is_told() -> None:
    chain = sf.loads(DESK.replace("within 25 min", "within 1 min"))
    told = sf.search(chain, {"Clerk": (1, 3)}, **QUICK)
    assert told.best is None
    assert told.sentence() == (
        "Even with the most staff, this is not kept: attainment of Clients: resolution at least 80%."
    )
    with pytest.raises(sf.SearchError, match="no design was found that is allowed: name one of the points"):
        told.scenario()
    assert told.scenario(len(told.points) - 1)["changes"] == {"providers": {"Clerk": {"staff": 3}}}


def test_a_budget_that_is_spent_is_told() -> None:
    found = sf.search(sf.loads(THREE), {"A": (1, 4), "B": (1, 4), "C": (1, 4)}, budget=24, **QUICK)
    assert (found.ended, found.proven) == ("budget", False)
    assert found.replications <= 24 + 4 * len(found.points)
    assert found.best is not None
    assert found.best.price == min(point.price for point in found.points if point.keeps)
    assert found.sentence().startswith("The cheapest staff found so far that keep")
    assert found.sentence().endswith("before all others were ruled out: this is the best so far.")


def test_a_budget_with_which_nothing_was_found_is_told() -> None:
    found = sf.search(sf.loads(THREE), {"A": (1, 4), "B": (1, 4), "C": (1, 4)}, budget=4, **QUICK)
    assert found.best is None
    assert found.sentence().endswith("before all others were ruled out: none was found so far.")


def test_an_interrupt_keeps_what_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Any, trial: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running.Trials, "_decide", interrupted)
    found = sf.search(sf.loads(DESK), **QUICK)
    assert found.ended == "interrupt"
    assert len(found.points) >= 1
    assert found.sentence().endswith("It was interrupted: this is the best so far.")


def test_the_best_for_a_price_is_told_apart_with_a_guarantee() -> None:
    found = sf.search(sf.loads(TWO), None, "waiting_time", {"staff": 660}, relevant="5 min", **QUICK)
    assert found.best.price <= 660
    assert found.choice is not None
    assert "this procedure chooses it with a probability of at least 95%" in found.sentence()


class TestTheBox:
    BOX = Box((0, 0, 0), (3, 3, 3), (1.0, 2.0, 3.5), 0.0)

    def test_the_largest_designs_cover_all_that_are_cheaper(self) -> None:
        excluded: list[tuple[int, ...]] = []
        for design in self.BOX.largest(9.0, excluded):
            excluded.append(design)
        for design in product(range(4), repeat=3):
            covered = any(all(a <= b for a, b in zip(design, one, strict=True)) for one in excluded)
            assert covered == (self.BOX.price(design) < 9.0)

    def test_what_is_excluded_is_not_found_again(self) -> None:
        assert list(self.BOX.largest(9.0, [(3, 3, 3)])) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"levers": {"Clerks": (1, 2)}},
            r"there is no provider 'Clerks'; there are Clerk; did you mean 'Clerk'\?",
        ),
        (
            {"levers": {"Clerk": "many"}},
            r"Clerk: 'many' is no range of staff: give the least and the most, as in \(1, 6\)",
        ),
        ({"levers": {"Clerk": (4, 2)}}, r"\(4, 2\) is no range of staff"),
        ({"levers": {"Clerk": (2, 2)}}, "has no staff to search for"),
        ({"levers": {"Clerk": {"08:00-12:00": (1, 2)}}}, "Clerk has no blocks: give one range for it"),
        ({"levers": 3}, "levers=3: give names of providers"),
        ({"objective": "flow_time"}, "say what staff may cost, as in constraints={'staff': 30000}"),
        ({"constraints": {"staff": 100}}, "the objective 'staff' needs no limit on 'staff'"),
        ({"constraints": []}, "Desk has no promises to keep: name figures with bounds"),
        (
            {"objective": "flow_time", "constraints": {"staff": "much"}},
            "'much' is no number; give what staff may cost",
        ),
        ({"budget": 0}, "budget=0: give a whole number of replications, at least 1"),
        ({"seeds": 1}, "a search has no setting 'seeds'"),
        ({"relevant": "5 min"}, "what staff cost is known without error: leave it out"),
    ],
)
def test_what_cannot_be_searched_is_told(options: dict[str, Any], message: str) -> None:
    with pytest.raises(sf.SearchError, match=message):
        sf.search(sf.loads(DESK), **{**QUICK, "replications": 2, **options})


def test_some_prices_alone_are_refused() -> None:
    chain = sf.loads(TWO.replace(", cost: 33 per hour", ""))
    with pytest.raises(sf.SearchError, match="Office: no cost, though others have one"):
        sf.search(chain, **QUICK)


def test_members_are_not_counted() -> None:
    chain = sf.loads(DESK.replace("staff: 2", "members: {Ann: {}}"))
    with pytest.raises(
        sf.SearchError,
        match=r"Clerk has members by name: .*; write the staffs in question as scenarios, and compare with",
    ):
        sf.search(chain, ["Clerk"], **QUICK)


def test_a_store_has_what_was_run_so_that_a_search_goes_on(tmp_path) -> None:
    quick = {"levers": {"Clerk": (1, 3), "Office": (1, 3)}, "replications": 2, "engine": "simpy"}
    quick["progress"], chain = False, sf.loads(TWO)
    begun = sf.search(chain, budget=5, store=tmp_path, **quick)
    assert begun.ended == "budget"
    before = files(tmp_path)
    found = sf.search(chain, store=tmp_path, **quick)
    plain = sf.search(chain, **quick)
    assert found.frontier.equals(plain.frontier)
    after = files(tmp_path)
    assert set(before) < set(after)
    assert all(after[name] == stamp for name, stamp in before.items())


def test_a_search_without_a_seed_goes_on_with_the_seed_it_was_begun_with(tmp_path) -> None:
    chain = sf.loads(DESK.replace(", seed: 3", ""))
    quick = {"replications": 3, "engine": "simpy", "progress": False, "store": tmp_path}
    first = sf.search(chain, **quick)
    made = files(tmp_path)
    assert sf.search(chain, **quick).frontier.equals(first.frontier)
    assert files(tmp_path) == made


def files(folder):
    """Every file of a store, and when it was written."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()
    }
