"""What holds in every run of every chain: nothing is lost, and every tick is accounted for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import serviceflow as sf
from serviceflow.engine.program.codes import PARTS
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Record
from serviceflow.engine.reference import engine as reference
from tracing import parts_sum, record_of

HERE = Path(__file__).parent
SHIPPED = sorted((HERE.parent / "models").glob("*.yaml"))
SMALL = sorted((HERE / "models").glob("*.yaml"))
CONSUMER, CALLED = 0, 3
UNFINISHED = 3

_records: dict[Path, Record] = {}


def shortened(path: Path) -> Record:
    """The record of a short run: about two weeks of a shipped chain, a tenth of a test model."""
    if path not in _records:
        chain = sf.load(path)
        duration = "3 weeks" if path in SHIPPED else None
        program = lower(chain, duration=duration, warm_up=0)
        if path in SMALL:
            length = max((program.window[1] - program.window[0]) // 10, 1)
            program = lower(chain, duration=length / program.time_unit, warm_up=0)
        _records[path] = reference.run(program, 5, 0)
    return _records[path]


@pytest.fixture(params=[*SHIPPED, *SMALL], ids=lambda path: path.stem)
def record(request: pytest.FixtureRequest) -> Record:
    return shortened(request.param)


def test_parts_sum_to_the_life_of_every_visit(record: Record) -> None:
    assert not parts_sum(record).any()


def test_no_part_is_negative(record: Record) -> None:
    for name in PARTS:
        assert (record.visits.get(name) >= 0).all(), name


def test_instants_are_in_order(record: Record) -> None:
    visits = record.visits
    for early, late in (
        ("asked", "arrived"),
        ("arrived", "started"),
        ("started", "finished"),
        ("finished", "left"),
    ):
        reached = visits[late] >= 0
        both = reached & (visits[early] >= 0)
        assert (visits[early][both] <= visits[late][both]).all(), (early, late)


def test_rows_are_sorted_by_request_and_asking(record: Record) -> None:
    requests = record.visits["request"]
    assert (np.diff(requests) >= 0).all()
    same = np.diff(requests) == 0
    assert (np.diff(record.visits["asked"])[same] >= 0).all()


def test_requests_are_conserved(record: Record) -> None:
    """Who has ended has an end and no open visit; who has not has one."""
    requests, visits = record.requests, record.visits
    ended = requests["ended"] >= 0
    assert ((requests["outcome"] != UNFINISHED) == ended).all()
    open_visits = np.bincount(visits["request"][visits["left"] < 0], minlength=len(requests))
    assert not open_visits[ended].any()
    assert (open_visits[~ended] > 0).all()


def test_flow_time_is_the_sum_of_parts_along_the_path(record: Record) -> None:
    """From the last visit back to the first, each was asked when the one before it left."""
    requests, visits = record.requests, record.visits
    if "previous" in visits:
        pytest.skip("branches run in parallel here")
    total = np.zeros(len(requests), dtype=np.int64)
    np.add.at(total, visits["request"], sum(visits.get(name) for name in PARTS))
    done = requests["ended"] >= 0
    assert (total[done] == (requests["ended"] - requests["asked"])[done]).all()


def test_flow_time_along_the_critical_path(record: Record) -> None:
    """Where branches run in parallel, the path leads back from the visit that ended the request."""
    requests, visits = record.requests, record.visits
    if "previous" not in visits:
        pytest.skip("there are no branches here")
    life = sum(visits.get(name) for name in PARTS)
    for row in np.flatnonzero((requests["ended"] >= 0) & (requests["kind"] == CONSUMER))[:200]:
        mine = np.flatnonzero((visits["request"] == row) & (visits["left"] == requests["ended"][row]))
        paths = []
        for last in mine:
            at, total = last, 0
            while at >= 0 and visits["request"][at] == row:
                total += life[at]
                at = visits["previous"][at]
            paths.append(total)
        assert requests["ended"][row] - requests["asked"][row] in paths


def test_littles_law_holds_on_the_sample_path(record: Record) -> None:
    """Time in the chain, summed over requests, is the area under their number, counted by steps."""
    requests, end = record.requests, record.stopped
    asked = requests["asked"]
    left = np.where(requests["ended"] >= 0, requests["ended"], end)
    times = np.concatenate([asked, left])
    steps = np.concatenate([np.ones(len(asked), dtype=np.int64), -np.ones(len(left), dtype=np.int64)])
    order = np.argsort(times, kind="stable")
    number = np.cumsum(steps[order])[:-1]
    area = int((number * np.diff(times[order])).sum())
    assert area == int((left - asked).sum())


def test_fifo_is_kept(record: Record) -> None:
    """At a provider of one service and plain rules, who arrived first starts first."""
    program, visits = record.program, record.visits
    for plan in program.providers:
        mine = [
            s for s in program.services if any(p == plan.index for need in s.alternatives for p, _ in need)
        ]
        if plan.discipline != "fifo" or len(mine) != 1 or plan.off_shift == "fit" or plan.named:
            continue
        service = mine[0]
        if (
            service.consumes
            or service.batch
            or service.calls[0]
            or service.join
            or len(service.alternatives[0]) > 1
        ):
            continue
        rows = np.flatnonzero((visits["service"] == service.index) & (visits["started"] >= 0))
        order = np.lexsort((visits["request"][rows], visits["arrived"][rows]))
        assert (np.diff(visits["started"][rows][order]) >= 0).all(), plan.name


def test_no_more_work_than_staff(record: Record) -> None:
    """Where shifts pause work, at no instant more are at work than are on duty."""
    program, _visits = record.program, record.visits
    for plan in program.providers:
        if plan.off_shift == "finish" or any(len(s.alternatives) > 1 for s in program.services):
            continue
        work = _stretches(record, plan.index)
        for time, change in _most(work):
            assert change <= plan.staff.at(time), (plan.name, time)


def _stretches(record: Record, provider: int) -> list[tuple[int, int, int]]:
    visits, services = record.visits, record.program.services
    paused: dict[int, list[tuple[int, int]]] = {}
    for row, start, end in zip(
        *(record.pauses[name].tolist() for name in ("visit", "start", "end"))
        if len(record.pauses)
        else ([], [], []),
        strict=True,
    ):
        paused.setdefault(row, []).append((start, end))
    found: list[tuple[int, int, int]] = []
    for row in range(len(visits)):
        service = int(visits["service"][row])
        started, finished = int(visits["started"][row]), int(visits["finished"][row])
        units = dict(services[service].needs).get(provider, 0) if service >= 0 else 0
        if started < 0 or not units or services[service].batch:
            continue
        at = started
        for start, end in [*paused.get(row, []), (finished if finished >= 0 else record.stopped, 0)]:
            found.append((at, start, units))
            at = end
    return found


def _most(stretches: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """How much work is in hand from each instant on, ends before starts."""
    changes = [(start, 1, units) for start, end, units in stretches if end > start]
    changes += [(end, 0, -units) for start, end, units in stretches if end > start]
    total, found = 0, {}
    for time, _, change in sorted(changes):
        total += change
        found[time] = total
    return list(found.items())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_same_run_twice_is_the_same(path: Path) -> None:
    assert shortened(path).equals(reference.run(shortened(path).program, 5, 0))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_order_of_the_file_changes_nothing(path: Path) -> None:
    data = sf.load(path).to_dict()
    turned = {
        key: dict(reversed(value.items())) if isinstance(value, dict) and key != "run" else value
        for key, value in data.items()
    }
    program = lower(sf.ServiceChain.from_dict(turned, path.parent), duration="3 weeks", warm_up=0)
    assert shortened(path).differences(reference.run(program, 5, 0)) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_an_unconnected_department_changes_nothing(path: Path) -> None:
    chain = sf.load(path)
    chain.add_provider("Another", staff=1)
    chain.add_service("Its own work", provider="Another", duration="exponential(mean=1 h)")
    chain.add_consumer("Strangers", arrivals={"rate": "1 per day"}, enters="Its own work")
    record = reference.run(lower(chain, duration="3 weeks", warm_up=0), 5, 0)
    before = shortened(path)
    own = [plan.index for plan in record.program.services if plan.name != "Its own work"]
    strangers = [c.index for c in record.program.consumers if c.name == "Strangers"]
    kept = np.isin(record.visits["service"], [-1, *own])
    kept &= ~np.isin(record.requests["consumer"][record.visits["request"]], strangers)
    until = min(record.stopped, before.stopped)
    for name in ("asked", "arrived", "started", "finished", "left"):
        theirs, ours = record.visits[name][kept], before.visits[name]
        assert sorted(theirs[theirs < until].tolist()) == sorted(ours[ours < until].tolist()), name


def test_another_time_unit_changes_nothing() -> None:
    path = next(path for path in SHIPPED if path.stem == "hotel_checkin")
    data = sf.load(path).to_dict()
    program = lower(sf.ServiceChain.from_dict({**data, "time_unit": "h"}), duration="3 weeks", warm_up=0)
    record = reference.run(program, 5, 0)
    assert shortened(path).differences(record) == []


def test_more_staff_never_lengthen_a_wait_at_one_fifo_service() -> None:
    def waits(staff: int) -> np.ndarray:
        chain = sf.ServiceChain("One", time_unit="min", run={"duration": "20 h"})
        chain.add_provider("Desk", staff=staff)
        chain.add_service("Serve", provider="Desk", duration="lognormal(mean=10 min, cv=1)")
        chain.add_consumer("Guests", arrivals={"rate": "10 per hour"}, enters="Serve")
        visits = record_of(chain).visits
        return (visits["started"] - visits["arrived"])[:150]

    for few in (2, 3, 4):
        assert (waits(few + 1) <= waits(few)).all()
