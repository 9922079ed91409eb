"""What a simulation writes as a log is read back with the same waits."""

import json

import pandas as pd
import pytest

import serviceflow as sf
from random_chains import random_chain

NAMES = ("hotel_checkin", "manufacturing_supply", "project_delivery", "customer_data")
KEYS = ["provider", "cause", "service"]
DESK = """
serviceflow: 1
name: Desk
run: {duration: 8 h, replications: 2, seed: 1}
providers:
  Clerks: {staff: 2}
  Bosses: {members: {Ann: {}, Ben: {}}}
services:
  Talk: {provider: Clerks, duration: "uniform(low=5 min, high=15 min)"}
  Decide: {provider: Bosses, duration: 10 min}
  File: {duration: 1 min}
consumers: {Clients: {arrivals: {rate: 10 per hour}, enters: Talk}}
handoffs: {Talk -> Decide: {}, Decide -> File: {}}
attributes: {kind: {new: 50%, old: 50%}}
"""


@pytest.fixture(scope="module")
def desk():
    return sf.loads(DESK).simulate(engine="simpy")


@pytest.fixture(scope="module", params=NAMES)
def shipped(request):
    return sf.example(request.param).simulate(replications=1, seed=3, engine="simpy")


def write(results, kind, folder, **options):
    path = folder / f"log.{'json' if kind == 'ocel' else kind}"
    return getattr(results, f"to_{kind}")(path, **options)


def totals(table, keys):
    return table.set_index(keys)["total"].sort_index()


@pytest.mark.parametrize("kind", ["csv", "xes", "ocel"])
def test_waits_of_shipped_chains_are_the_same(shipped, kind, tmp_path):
    wanted = shipped.waits(by=KEYS)
    log = sf.read_log(write(shipped, kind, tmp_path, unfinished=True))
    found = log.waits(by=KEYS, time_unit=shipped.time_unit)
    wanted, found = totals(wanted, KEYS), totals(found, KEYS)
    pd.testing.assert_series_equal(found, wanted, check_dtype=False, check_index_type=False, rtol=1e-9)
    assert len(wanted) > 5


MIXED = """
serviceflow: 1
name: Everything at once
run: {duration: 3 days, replications: 1, seed: 1}
calendars: {office: {mon-sun: "09:00-17:00"}}
providers:
  Clerk: {staff: 1, discipline: priority, preemptive: true, calendar: office}
  Experts: {staff: 2}
  Oven: {staff: 1}
services:
  Take: {provider: Clerk, duration: "exponential(mean=8 min)", split: all}
  Bake: {provider: Oven, duration: 20 min, batch: {size: 4, max_wait: 30 min}}
  Look: {provider: Experts, duration: "exponential(mean=15 min)"}
  Give: {provider: Clerk, duration: 2 min, join: all, priority: 0}
  Advise: {provider: Experts, duration: "exponential(mean=10 min)"}
consumers:
  Pressing: {arrivals: {rate: 1 per hour}, enters: Take, priority: 0}
  Usual: {arrivals: {rate: 2 per hour}, enters: Take, priority: 5}
handoffs: {Take -> Bake: {every: 20 min}, Take -> Look: {delay: 5 min}, Bake -> Give: {}, Look -> Give: {}}
calls: {Look -> Advise: {}}
"""


def test_waits_of_preemption_batches_joins_and_calls_are_the_same(tmp_path):
    results = sf.loads(MIXED).simulate(engine="simpy", progress=False)
    log = sf.read_log(write(results, "csv", tmp_path, unfinished=True))
    wanted = totals(results.waits(by=KEYS), KEYS)
    found = totals(log.waits(by=KEYS, time_unit=results.time_unit), KEYS)
    pd.testing.assert_series_equal(found, wanted, check_dtype=False, check_index_type=False, rtol=1e-9)
    assert {"batch", "call", "contention", "off_shift", "prioritization"} <= set(
        wanted.reset_index()["cause"]
    )


def test_an_instance_is_a_visit(desk):
    log = desk.to_log(1)
    visits = desk.visits.merge(desk.requests[["replication", "request", "in_window"]])
    mine = visits[(visits["replication"] == 1) & visits["in_window"]]
    assert len(log) == len(mine)
    minutes = (log["end"] - log["start"]).dt.total_seconds() / 60
    assert minutes.sum() == pytest.approx(
        mine["service"].notna().sum() and mine["service_time"].sum(), rel=1e-6
    )


def test_units_have_names_and_never_do_two_things_at_once(desk):
    log = desk.to_log()
    assert set(log["resource"].dropna()) == {"Clerks 1", "Clerks 2", "Ann", "Ben"}
    assert log.loc[log["activity"] == "File", "resource"].isna().all()
    for _, work in log.dropna(subset="resource").groupby("resource"):
        work = work.sort_values("start")
        assert (work["start"].iloc[1:].to_numpy() >= work["end"].iloc[:-1].to_numpy()).all()


STANDING = """
serviceflow: 1
name: Standing
run: {duration: 4 h, seed: 1, horizon: terminating}
providers:
  Desk: {staff: 3, preemptive: true, discipline: priority}
  Vault: {staff: 1, queue_limit: 1, when_full: block}
services:
  Pair: {providers: {Desk: 2}, duration: 60 min, priority: 2}
  Urgent: {provider: Desk, duration: 30 min, priority: 1}
  Batch: {provider: Desk, duration: 20 min, batch: {size: 2}, priority: 3}
  Store: {provider: Vault, duration: 90 min}
consumers:
  Pairs: {arrivals: {at: [0 h]}, enters: Pair}
  Pressing: {arrivals: {at: [10 min, 15 min]}, enters: Urgent}
  Lots: {arrivals: {at: [2 h], batch: 4}, enters: Batch}
handoffs: {Urgent -> Store: {}}
"""


def test_units_are_the_lowest_that_are_free_also_when_work_stands_still():
    """By hand: the pair has desks 1 and 2 until minute 15, when the second urgent one finds only desk 3 in
    hand of the first and takes desk 1; the pair goes on at minute 45. At 40 the first urgent one goes
    on to the vault, the second at 45 takes the place there. Of two lots of two each has one desk."""
    log = sf.loads(STANDING).simulate(engine="simpy", replications=1).to_log(unfinished=True)
    found = log.sort_values(["start", "case"]).groupby("activity")["resource"].agg(list)
    assert found["Pair"] == ["Desk 1"]
    assert found["Urgent"] == ["Desk 3", "Desk 1"]
    assert found["Batch"] == ["Desk 1", "Desk 1", "Desk 2", "Desk 2"]
    assert found["Store"] == ["Vault 1", "Vault 1"]


def test_a_unit_that_is_blocked_is_not_free():
    """The vault has the first urgent one until hour 2, and its queue the second; so the third keeps desk 3
    till then, and the fourth, who comes at minute 50, desk 1 for longer: the lots have the others."""
    text = STANDING.replace("at: [10 min, 15 min]", "at: [0 h, 1 min, 2 min, 50 min]").replace(
        "at: [0 h]}, enters: Pair", "at: [3 h]}, enters: Pair"
    )
    log = sf.loads(text).simulate(engine="simpy", replications=1).to_log(unfinished=True)
    urgent = log[log["activity"] == "Urgent"].sort_values("start")
    assert urgent["resource"].tolist() == ["Desk 1", "Desk 2", "Desk 3", "Desk 1"]
    lots = log[log["activity"] == "Batch"]
    assert set(lots["resource"]) == {"Desk 2", "Desk 3"}


@pytest.mark.parametrize("seed", [10, 11, 12, 13, 14])
def test_numbers_never_exceed_the_staff(seed):
    results = random_chain(seed).simulate(engine="simpy", replications=1)
    log = results.to_log(unfinished=True)
    for plan in results.records[0].program.providers:
        if not plan.members:
            own = log.loc[log["provider"] == plan.name, "resource"].dropna()
            assert set(own) <= {f"{plan.name} {number + 1}" for number in range(plan.units)}


def test_who_works_on_a_batch_is_one():
    chain = sf.loads(
        DESK.replace("duration: 10 min}", "duration: 10 min, batch: {size: 3}}").replace(
            "{members: {Ann: {}, Ben: {}}}", "{staff: 2}"
        )
    )
    log = chain.simulate(engine="simpy", replications=1).to_log()
    work = log[log["activity"] == "Decide"]
    assert set(work["resource"]) <= {"Bosses 1", "Bosses 2"}
    assert (work.groupby("start")["resource"].nunique() == 1).all()


def test_work_that_has_not_ended_is_left_out_unless_it_is_wanted():
    results = sf.loads(DESK.replace("seed: 1", "seed: 1, horizon: terminating")).simulate(engine="simpy")
    open_ = (results.visits["replication"] == 0) & (results.visits["outcome"] == "unfinished")
    whole = results.to_log(unfinished=True)
    assert len(whole) - len(results.to_log()) == open_.sum() > 0
    assert (whole.loc[whole["outcome"] == "unfinished", "end"] == pd.Timestamp("2026-01-05 08:00")).all()


def test_the_same_instances_in_every_format(desk, tmp_path):
    tables = [sf.read_log(write(desk, kind, tmp_path)).table for kind in ("csv", "xes", "ocel")]
    columns = ["case", "activity", "resource", "enabled", "start", "end"]
    first, *others = (table[columns].sort_values(columns).reset_index(drop=True) for table in tables)
    for other in others:
        pd.testing.assert_frame_equal(first, other, check_dtype=False)


@pytest.mark.parametrize("kind", ["csv", "xes", "ocel"])
def test_attributes_of_a_case_are_read_back(desk, kind, tmp_path):
    waits = sf.read_log(write(desk, kind, tmp_path)).waits(by="kind")
    assert set(waits["kind"]) == {"new", "old"}


def test_ocel_is_complete(desk, tmp_path):
    content = json.loads(write(desk, "ocel", tmp_path).read_text("utf-8"))
    known = {one["id"] for one in content["objects"]}
    assert {one["objectId"] for event in content["events"] for one in event["relationships"]} == known
    declared = {kind["name"]: {one["name"] for one in kind["attributes"]} for kind in content["eventTypes"]}
    for event in content["events"]:
        assert {one["name"] for one in event["attributes"]} <= declared[event["type"]]
    assert {kind["name"] for kind in content["objectTypes"]} == {"request", "resource"}


def test_names_are_escaped(tmp_path):
    chain = sf.loads(DESK.replace("Talk", "<b>&Talk"))
    results = chain.simulate(engine="simpy", replications=1)
    text = write(results, "xes", tmp_path).read_text("utf-8")
    assert "<b>" not in text
    assert "<b>&Talk" in set(sf.read_log(tmp_path / "log.xes").table["activity"])


def test_there_is_no_such_replication(desk):
    with pytest.raises(sf.LogError, match="replication=2: there are 2, numbered from 0"):
        desk.to_log(2)


def test_a_summary_has_no_log():
    with pytest.raises(sf.NotKeptError, match="a log"):
        sf.loads(DESK).simulate(keep="summary", engine="simpy").to_log()


CALLS = """
serviceflow: 1
name: Desk
run: {duration: 2 days, replications: 1, seed: 1}
providers: {Clerks: {staff: 3}, Experts: {staff: 1}}
services:
  Talk: {provider: Clerks, duration: 10 min}
  Advise: {provider: Experts, duration: 2 min}
consumers: {Clients: {arrivals: {rate: 5 per hour}, enters: Talk}}
calls: {Talk -> Advise: {}}
"""


class TestOfCalledRequests:
    @pytest.fixture(scope="class")
    def table(self):
        return sf.loads(CALLS).simulate(engine="simpy").to_log()

    def test_they_share_the_case_of_who_called_and_are_told_from_it(self, table):
        called = table["activity"] == "Advise"
        assert set(table.loc[called, "case"]) <= set(table.loc[~called, "case"])
        assert (table.loc[~called, "request"] == table.loc[~called, "case"]).all()
        assert not set(table.loc[called, "request"]) & set(table["case"])

    def test_they_are_learned_as_cases_of_their_own(self, table):
        found = sf.discover(sf.read_log(table))
        count = (table["activity"] == "Advise").sum()
        assert f"{count} requests that other requests called have cases of their own here" in str(found)
        assert found.chain.services["Talk"].split is None
        assert {one.enters for one in found.chain.consumers.values()} == {"Talk", "Advise"}

    def test_without_calls_there_is_no_such_column(self, desk):
        assert "request" not in desk.to_log()
