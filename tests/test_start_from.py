"""Runs that start from a state: what is there goes on from there, in every engine, and is forecast."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import serviceflow as sf
from meeting_chains import meeting_chain
from random_chains import random_chain
from serviceflow.analysis.audit import audit_record
from serviceflow.cli import app
from serviceflow.engine.program.codes import CONSUMER, ORDER
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Table
from serviceflow.engine.reference import engine as reference
from started_chains import started_chain

MINUTE = 60_000_000


def office(**changes) -> sf.ServiceChain:
    chain = sf.ServiceChain("Office", run={"duration": "8 h", "replications": 3, "seed": 7})
    chain.add_provider("Clerks", staff=1)
    chain.add_provider("Boss", staff=1)
    chain.add_stock("Forms", initial=3)
    chain.add_service("Counter", provider="Clerks", duration="10 min")
    chain.add_service("Sign", provider="Boss", duration="exponential(mean=4 min)")
    chain.add_handoff("Counter -> Sign", delay="3 min")
    chain.add_handoff("Sign -> end", delay="1 min")
    chain.add_consumer(
        "Clients",
        arrivals={"at": ["7 h"]},
        enters="Counter",
        sla={"resolution": "90% within 45 min"},
        attributes={"kind": {"new": "50%", "old": "50%"}, "pages": 3},
    )
    return chain.change(changes) if changes else chain


def started(rows, chain=None, **settings) -> sf.Results:
    settings = {"replications": 1, "engine": "simpy", **settings}
    return (chain or office()).simulate(start_from=rows, **settings)


def visits(results, **having):
    table = results.visits
    for column, value in having.items():
        table = table[table[column] == value]
    return table


# What goes on


def test_work_takes_what_remains_and_who_waits_comes_in_the_order_of_the_rows() -> None:
    results = started(
        [
            {"state": "waiting", "at": "Counter", "age": "9 min"},
            {"state": "waiting", "at": "Counter", "age": "30 min"},
            {"state": "in work", "at": "Counter", "age": "12 min", "remaining": "4 min"},
        ]
    )
    counter = visits(results, service="Counter").sort_values("started").head(3)
    assert counter["started"].tolist() == [0, 4, 14]
    assert counter["finished"].tolist() == [4, 14, 24]
    assert results.requests["asked"].tolist()[:3] == [-12, -9, -30]
    assert results.audit().ok


def test_what_is_on_the_way_arrives_when_it_is_said_or_sets_out_anew() -> None:
    results = started(
        [
            {"state": "on the way", "at": "Counter -> Sign", "remaining": "17 min"},
            {"state": "on the way", "at": "Counter -> Sign"},
            {"state": "on the way", "at": "Counter", "remaining": "2 min"},
            {"state": "on the way", "at": "Sign -> end", "remaining": "30 s"},
        ]
    )
    first = results.visits.groupby("request").first()
    assert first["arrived"].tolist()[:4] == [17, 3, 2, 0.5]
    assert results.requests["ended"].iloc[3] == 0.5
    assert results.audit().ok


def test_paused_work_goes_on_before_those_who_queue() -> None:
    results = started(
        [
            {"state": "waiting", "at": "Counter"},
            {"state": "paused", "at": "Counter", "remaining": "6 min"},
            {"state": "in work", "at": "Counter", "remaining": "5 min"},
        ]
    )
    assert visits(results, service="Counter").sort_values("finished")["finished"].tolist()[:3] == [5, 11, 21]
    assert results.audit().ok


def test_work_that_is_done_leaves_at_once_and_makes_nothing_again() -> None:
    chain = office()
    chain = chain.change({"services": {"Counter": {"produces": {"Forms": 1}}}})
    results = started([{"state": "in work", "at": "Counter", "remaining": 0, "age": "1 h"}], chain)
    assert visits(results, service="Sign")["arrived"].iloc[0] == 3
    assert results.records[0].stocks["level"].tolist()[:1] == [3]
    assert results.audit().ok


def test_durations_that_are_drawn_are_longer_than_what_has_passed() -> None:
    rows = [{"state": "in work", "at": "Sign", "elapsed": "8 min"}]
    results = started(rows, replications=200)
    left = [record.visits["work"][0] for record in results.records]
    assert min(left) > 0
    mean = np.mean(left) / MINUTE  # As long as ever: it is exponential.
    assert abs(mean - 4) < 4 * 4 / np.sqrt(200)
    constant = started([{"state": "in work", "at": "Counter", "elapsed": "11 min"}])
    assert visits(constant, service="Counter")["finished"].iloc[0] == pytest.approx(1 / MINUTE)


def test_patience_goes_on_from_what_has_passed() -> None:
    chain = office(services={"Counter": {"patience": "20 min"}})
    rows = [
        {"state": "in work", "at": "Counter", "remaining": "30 min"},
        {"state": "waiting", "at": "Counter", "elapsed": "15 min", "age": "15 min"},
        {"state": "waiting", "at": "Counter", "elapsed": "25 min", "age": "25 min"},
    ]
    results = started(rows, chain)
    assert results.requests["ended"].tolist()[1:3] == [5, 0]
    assert results.audit().ok


def test_the_run_starts_at_the_instant_of_the_state_by_the_calendar() -> None:
    chain = office(providers={"Clerks": {"staff": {"mon-fri": {"08:00-12:00": 2}}}})
    row = {"state": "waiting", "at": "Counter", "as_of": "2026-01-06 11:55", "asked": "2026-01-06 09:00"}
    rows = [row, row | {"state": "in work", "remaining": "10 min"}]
    results = started(rows, chain, duration="2 days")
    work = visits(results, service="Counter").sort_values("started")
    noon = 36 * 60
    assert work["started"].tolist()[0] == noon - 5
    assert work["finished"].tolist()[0] == noon + 20 * 60 + 5  # Noon to eight, then what was left.
    assert results.requests["asked"].iloc[0] == 33 * 60
    assert results.audit().ok


def test_stocks_and_orders_are_as_they_are_said() -> None:
    chain = office(services={"Counter": {"consumes": {"Forms": 2}}})
    rows = [
        {"state": "in stock", "stock": "Forms", "quantity": 1},
        {"state": "on order", "stock": "Forms", "quantity": 5, "remaining": "25 min"},
        {"state": "waiting", "at": "Counter"},
        {"state": "queued", "at": "Counter"},
    ]
    results = started(rows, chain)
    counter = visits(results, service="Counter").sort_values("started")
    assert counter["started"].tolist()[:2] == [0, 25]
    stocks = results.records[0].stocks
    assert stocks["on_order"].tolist()[0] == 5
    assert stocks["level"].tolist()[-1] == 2  # 1 + 5, less 2 for the one who waited and 2 for the one at 7 h.
    assert results.audit().ok


def test_an_order_that_is_on_its_way_brings_what_it_is_for() -> None:
    chain = office()
    chain.add_service("Bring", duration="10 min", produces={"Forms": "quantity"})
    chain = chain.change({"stocks": {"Forms": {"reorder": {"below": 2, "quantity": 4, "enters": "Bring"}}}})
    rows = [
        {"state": "in stock", "stock": "Forms", "quantity": 1},
        {"state": "in work", "at": "Bring", "stock": "Forms", "quantity": 4, "remaining": "6 min"},
    ]
    results = started(rows, chain)
    assert results.records[0].stocks["level"].tolist()[:2] == [1, 5]
    assert results.records[0].requests["kind"].tolist() == [ORDER, CONSUMER]
    assert results.audit().ok


def test_rows_of_one_request_are_branches_that_meet() -> None:
    chain = sf.ServiceChain("Split", run={"duration": "4 h", "seed": 1})
    chain.add_provider("Clerks", staff=9)
    chain.add_service("A", provider="Clerks", duration="1 min", split="all")
    chain.add_service("B", provider="Clerks", duration="5 min")
    chain.add_service("C", provider="Clerks", duration="8 min")
    chain.add_service("D", provider="Clerks", duration="2 min", join="all")
    for way in ("A -> B", "A -> C", "B -> D", "C -> D"):
        chain.add_handoff(way)
    chain.add_consumer("X", arrivals={"at": ["1 h"]}, enters="A")
    rows = [
        {"request": "one", "state": "in work", "at": "B", "remaining": "3 min"},
        {"request": "one", "state": "in work", "at": "C", "remaining": "7 min"},
        {"request": "two", "state": "waiting", "at": "D"},
    ]
    results = started(rows, chain)
    assert sorted(visits(results, service="D", outcome="completed")["started"]) == [0, 7, 69]
    assert results.requests["ended"].tolist()[:2] == [9, 2]
    assert results.audit().ok
    again = results.state("5 min")
    assert [row["at"] for row in again if row["request"] == "0"] == ["C", "D"]
    assert started(again, chain).requests["ended"].iloc[0] == 9


def test_those_of_a_batch_are_worked_on_as_one() -> None:
    chain = office(services={"Counter": {"batch": {"size": 3, "max_wait": "1 h"}}})
    rows = [{"state": "in work", "at": "Counter", "remaining": "4 min", "batch": "a"}] * 2
    rows += [{"state": "waiting", "at": "Counter"}] * 3
    results = started(rows, chain)
    assert visits(results, service="Counter")["finished"].tolist()[:5] == [4, 4, 14, 14, 14]
    assert results.audit().ok


def test_members_of_a_population_who_have_a_request_do_not_think() -> None:
    chain = office(consumers={"Clients": {"arrivals": {"population": 2, "think": "1 h"}}})
    rows = [{"state": "in work", "at": "Sign", "remaining": "2 min"}]
    results = started(rows, chain)
    assert results.requests["asked"].tolist()[1:3] == [
        60,
        63,
    ]  # 2 min of work, 1 min home, an hour of thought.
    assert results.audit().ok


# What figures say


def test_those_who_were_there_are_marked_and_not_counted() -> None:
    rows = [{"state": "in work", "at": "Counter", "remaining": "5 min", "age": "1 day"}]
    results = started(rows, warm_up=None)
    assert results.requests["at_start"].tolist() == [True, False]
    assert results.requests["in_window"].tolist() == [False, True]
    arrived = results.kpis.query("measure == 'arrived' and scope == 'chain'")["mean"].iloc[0]
    assert arrived == 1
    busy = results.kpis.query("measure == 'utilization' and name == 'Clerks'")["mean"].iloc[0]
    assert busy == pytest.approx(15 / 480)


def test_there_is_no_warm_up_unless_it_is_asked_for() -> None:
    chain = office(run={"warm_up": "1 day"})
    row = {"state": "waiting", "at": "Counter", "as_of": "2 h"}
    assert lower(started([row], chain).chain).window == (120 * MINUTE, 600 * MINUTE)
    with pytest.raises(sf.ExperimentError, match="has no warm-up; leave it out"):
        started([row], chain, warm_up="auto")


def test_nobody_asks_for_a_warm_up_of_what_starts_from_a_state() -> None:
    results = started([{"state": "waiting", "at": "Counter"}], replications=2)
    assert results.check().warm_up is None
    assert not any(finding.path == "run.warm_up" for finding in results.chain.check().findings)


def test_the_forecast_has_intervals_and_what_becomes_of_promises() -> None:
    rows = [
        {"request": "A 17", "state": "waiting", "at": "Sign", "age": "38 min"},
        {"request": "客户", "state": "waiting", "at": "Sign", "age": "1 h"},
        {"request": "C", "state": "on the way", "at": "Sign -> end", "remaining": "1 min", "age": "5 min"},
    ]
    found = started(rows, replications=200).forecast().set_index("request")
    assert found["kept"].loc["客户"] == 0
    assert found["kept"].loc["C"] == 1
    exact = 1 - np.exp(-6 / 4)  # One exponential service of 4 min, a minute home, 7 min left.
    assert abs(found["kept"].loc["A 17"] - exact) < 4 * np.sqrt(exact * (1 - exact) / 200)
    assert abs(found["median"].loc["A 17"] - (1 + 4 * np.log(2))) < 1.2
    order = ["low_90", "low_50", "median", "high_50", "high_90"]
    assert (np.diff(found[order].to_numpy(), axis=1) >= 0).all()
    assert found["done"].loc["C"].isoformat() == "2026-01-05T00:01:00"
    assert (found["completed"] == 1).all()


def test_who_is_not_done_when_the_run_ends_has_no_interval() -> None:
    rows = [{"state": "in work", "at": "Counter", "remaining": "20 h"}]
    found = started(rows, duration="2 h").forecast()
    assert np.isnan(found["median"].iloc[0])
    assert found["completed"].iloc[0] == 0


def test_only_runs_from_a_state_have_a_forecast() -> None:
    with pytest.raises(sf.ForecastError, match=re.escape("simulate(start_from=...)")):
        office().simulate(replications=1, engine="simpy").forecast()


# There and back


def test_a_state_goes_to_a_file_and_back(tmp_path: Path) -> None:
    results = sf.example("hotel_checkin").simulate("3 days", 0, 1, 7, engine="simpy")
    state = results.state("2 days 14 h")
    state.to_csv(tmp_path / "today.csv")
    assert sf.read_state(tmp_path / "today.csv") == state
    assert len(state) > 50
    again = results.chain.simulate(
        "1 day", replications=1, seed=3, engine="simpy", start_from=tmp_path / "today.csv"
    )
    assert again.audit().ok
    assert again.state("2 days 14 h").rows[:20] == tuple(
        {**row, "request": str(number)} if "request" in row else row
        for number, row in enumerate(state.rows[:20], -1)
    )


def test_what_is_known_exactly_goes_on_exactly() -> None:
    """Where nothing is drawn, a run that goes on from a state ends as the run from which it was taken."""
    chain = office(
        services={"Sign": {"duration": "7 min"}}, consumers={"Clients": {"arrivals": {"every": "8 min"}}}
    )
    whole = chain.simulate("4 h", 0, 1, 1, engine="simpy")
    state = whole.state("1 h 33 min")
    rest = started(state, chain, duration="4 h")
    ends = whole.requests.set_index("request")["ended"]
    open_then = [int(row["request"]) for row in state if "request" in row]
    assert len(open_then) >= 2
    assert rest.requests["ended"].tolist()[: len(open_then)] == ends.loc[open_then].tolist()


def test_a_model_names_a_file_and_keeps_its_rows(tmp_path: Path) -> None:
    (tmp_path / "today.csv").write_text("state,at,remaining\nin work,Counter,5 min\n", "utf-8")
    data = office().to_dict()
    data["run"]["start_from"] = "today.csv"
    chain = sf.ServiceChain.from_dict(data, tmp_path)
    assert len(chain.run.start_from) == 1
    assert sf.ServiceChain.from_dict(chain.to_dict()) == chain
    results = chain.simulate(replications=1, engine="simpy")
    results.save(tmp_path / "saved.zip")
    assert sf.load_results(tmp_path / "saved.zip").records[0].equals(results.records[0])


# What cannot be


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"state": "wating"}, "state: 'wating' is none of waiting, queued, .*did you mean 'waiting'"),
        ({}, "state: it says none of"),
        ({"at": "Cuonter"}, "at: there is no 'Cuonter'; did you mean 'Counter'"),
        ({"at": "Counter -> Sign"}, "at: what is waiting is at a service, not on 'Counter -> Sign'"),
        ({"age": "-5 min"}, "age: .*-5 min"),
        ({"elapsed": "soon"}, "elapsed: 'soon'"),
        ({"remaining": "5 min"}, "remaining: it means nothing for what is waiting"),
        ({"age": "5 min", "asked": "2026-01-01"}, "asked and age say the same"),
        ({"asked": "2026-02-01 10:00"}, "asked: .* lies after the instant of the table"),
        ({"consumer": "Guests"}, "consumer: there is no 'Guests'; there are Clients"),
        ({"kind": "used"}, "kind: 'used' is none of new, old"),
        ({"pages": "many"}, "pages: 'many' is no number"),
        ({"colour": "red"}, "the column 'colour' is neither known nor an attribute"),
        ({"visit": 0}, "visit: .* is no whole number from 1 on"),
        ({"state": "in work", "provider": "Boss"}, "provider: Boss does not work at Counter, but Clerks"),
        ({"state": "in work", "member": "Anna"}, "member: nobody of the name 'Anna' works at Counter"),
        ({"state": "in work", "batch": "x"}, "batch: Counter works on one request at a time"),
        ({"state": "in stock", "at": "Forms"}, "quantity: nothing is no number from 0 on"),
        ({"state": "on order", "at": "Forms", "quantity": 3}, "remaining: it is missing"),
        ({"stock": "Forms", "quantity": 2}, "stock: Forms orders nothing; write on order"),
        ({"as_of": "2025-01-01 10:00"}, "as_of: .* lies before the start of the chain"),
    ],
)
def test_what_a_row_cannot_say_is_told(row: dict, message: str) -> None:
    filled = {} if not row else {"state": "waiting", "at": "Counter"} | row
    with pytest.raises(sf.ModelError, match=message):
        started([filled])


def test_all_that_is_wrong_is_told_at_once_by_the_rows_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "today.csv"
    path.write_text(
        "state,at,age\nwaiting,Nowhere,-1 h\n\nin wrk,Counter,5 min\nwaiting,Counter,x\n", "utf-8"
    )
    with pytest.raises(sf.ModelError) as caught:
        started(path)
    told = [re.match(r"(row \d+ of today.csv): (\w+)", problem.message) for problem in caught.value.problems]
    found = [(match[1], match[2]) for match in told if match]
    assert found == [
        ("row 2 of today.csv", "at"),
        ("row 2 of today.csv", "age"),
        ("row 3 of today.csv", "state"),
        ("row 4 of today.csv", "age"),
    ]


def test_no_more_are_at_work_than_are_there() -> None:
    row = {"state": "in work", "at": "Counter", "remaining": "5 min"}
    with pytest.raises(sf.ModelError, match="row 2: 2 of Clerks are at work, and 1 are on duty"):
        started([row, row])
    limited = office(providers={"Clerks": {"queue_limit": 1}})
    with pytest.raises(sf.ModelError, match="2 wait for Clerks, whose queue has 1 places"):
        started([row, {"state": "waiting", "at": "Counter"}, {"state": "waiting", "at": "Counter"}], limited)
    late = office(providers={"Clerks": {"staff": {"mon-sun": {"00:00-01:00": 1}}, "off_shift": "finish"}})
    overtime = started([row | {"as_of": "1 h 30 min"}], late)
    assert visits(overtime, service="Counter")["finished"].iloc[0] == 95


@pytest.mark.parametrize("start", [5, "no such file.csv", [7], [{"state": ["waiting"]}]])
def test_what_is_no_state_is_told(start: object) -> None:
    with pytest.raises(sf.ModelError, match="start_from"):
        started(start)


def test_a_state_is_taken_within_the_run_only() -> None:
    results = office().simulate(replications=1, engine="simpy")
    with pytest.raises(sf.StateError, match="is not within the run, which goes from 0 s to"):
        results.state("3 weeks")
    with pytest.raises(sf.StateError, match="there is no replication 4"):
        results.state("1 h", replication=4)
    with pytest.raises(sf.StateError, match="unknown unit"):
        results.state("3 fortnights")
    with pytest.raises(sf.NotKeptError):
        office().simulate(replications=1, engine="simpy", keep="summary").state("1 h")


# Every rule


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("make", [random_chain, meeting_chain])
def test_random_chains_start_from_what_was_there(number: int, make) -> None:
    chain = started_chain(number, make)
    if chain is None:
        pytest.skip("no state can say what is there, or the run stops")
    record = reference.run(lower(chain), number)
    assert audit_record(record) == ()


@pytest.mark.parametrize(
    ("column", "message"),
    [("work", "does not take what the state says"), ("arrived", "is not there when the run starts")],
)
def test_the_auditor_finds_what_is_not_as_the_state_says(column: str, message: str) -> None:
    rows = [{"state": "in work", "at": "Counter", "remaining": "4 min"}]
    record = started(rows).records[0]
    changed = dict(record.visits.columns)
    changed[column] = changed[column].copy()
    changed[column][0] += MINUTE
    wrong = replace(record, visits=Table(changed, len(record.visits)))
    assert any(breach.kind == "opening" and message in breach.message for breach in audit_record(wrong))


# The command line


def command(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_line_starts_from_a_file_and_writes_forecasts_and_states(tmp_path: Path) -> None:
    model, today = tmp_path / "office.yaml", tmp_path / "today.csv"
    office().save(model)
    today.write_text("request,state,at,age\nA 17,waiting,Counter,5 min\n", "utf-8")
    forecast, state = tmp_path / "forecast.csv", tmp_path / "state.csv"
    done = command(
        *("run", model, "--start-from", today, "--forecast", forecast, "--engine", "simpy"),
        *("--format", "csv", "-o", tmp_path / "figures.csv"),
    )
    assert done.exit_code == 0, done.output
    assert "A 17,Clients,waiting,Counter,5" in forecast.read_text("utf-8")
    done = command("state", model, "--at", "4 min", "--start-from", today, "--engine", "simpy", "-o", state)
    assert done.exit_code == 0, done.output
    assert [row["state"] for row in sf.read_state(state)] == ["in stock", "in work"]
    assert sf.read_state(state).rows[1]["remaining"] == "6 min"


def test_the_command_line_says_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    model, today = tmp_path / "office.yaml", tmp_path / "today.csv"
    office().save(model)
    today.write_text("state,at\nwaiting,Conter\n", "utf-8")
    done = command("run", model, "--start-from", today)
    assert done.exit_code == 2
    assert "row 2 of today.csv: at: there is no 'Conter'; did you mean 'Counter'?" in done.output
    done = command("run", model, "--forecast", tmp_path / "forecast.csv")
    assert done.exit_code == 2
    assert "--start-from today.csv" in done.output
    done = command("run", model, "--start-from", tmp_path / "none.csv")
    assert done.exit_code == 2
    assert "there is no file" in done.output
