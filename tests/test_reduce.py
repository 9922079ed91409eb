"""A condensed record has the figures and losses of one that is added up visit by visit."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.workloads import HERE

import serviceflow as sf
from explore import blocks
from hand_made import ANSWER, CHECK, desk, results, visit
from random_chains import random_chain
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Record, Table
from serviceflow.engine.reference import engine as reference
from serviceflow.errors import DeadlockError, ModelError, NotSupportedError, RunError
from serviceflow.results import reduce
from serviceflow.results.accumulators import sums_of
from serviceflow.results.alike import distinct
from serviceflow.results.derived import Reading
from serviceflow.results.lost_time import COLUMNS, CondensedLosses, VisitLosses
from serviceflow.results.overtime import overtime_rules
from serviceflow.results.path_sums import PathSums
from serviceflow.results.rows import COUNTED_COLUMNS, DERIVED, EveryVisit
from serviceflow.results.staffing import is_joint

SHIPPED = {
    "hotel_checkin": "10 days",
    "manufacturing_supply": "3 weeks",
    "customer_data": "4 days",
    "project_delivery": "8 weeks",
    "office_services": "3 weeks",
}
assert sorted(SHIPPED) == list(sf.examples())


def record_of(chain, **settings):
    return reference.run(lower(chain, **settings), 1, 0)


def figures(record, rows):
    """Every figure part by scope, measure and place."""
    found = sums_of(record, rows).whole()
    return {
        (*key, place): part
        for key, figure in found.items()
        for place, part in enumerate(figure.parts)
        if part is not None
    }


def is_close(mine, other):
    return mine.keys() == other.keys() and all(
        np.allclose(mine[key], part, rtol=1e-12, atol=1e-3, equal_nan=True) for key, part in other.items()
    )


def assert_the_same_paths(reading, condensed):
    quick, found = PathSums.of_rows(condensed), PathSums(reading.program)
    found.include(reading, breaches=False)
    if quick is not None:
        assert quick.codes.tolist() == found.codes.tolist()
        assert quick.ticks.tolist() == found.ticks.tolist()


def assert_the_same(record):
    reading = Reading(record)
    plain, condensed = EveryVisit(reading), reduce.condensed(reading)
    assert_the_same_paths(reading, condensed)
    exact, found = figures(record, plain), figures(record, condensed)
    assert found.keys() == exact.keys()
    for key, part in exact.items():
        # staff time is a difference of sums in ticks: what remains of it may be small beside them
        np.testing.assert_allclose(found[key], part, rtol=1e-12, atol=1e-3, err_msg=str(key))
    assert condensed.count.sum() == len(record.visits)
    assert_the_same_losses(VisitLosses(reading), CondensedLosses(condensed))


def assert_the_same_losses(exact, found):
    for part in COLUMNS:
        for name in CondensedLosses.KEYS:
            sums = [added(losses, name, part) for losses in (found, exact)]
            np.testing.assert_array_equal(*sums, err_msg=f"{part} by {name}")


def added(losses, name, part):
    rows, ticks, visits = losses.lost(part)
    keys, size = losses.key(name)[rows] + 1, len(getattr(losses.program, f"{name}s")) + 1
    return [np.bincount(keys, weights, size) for weights in (ticks, visits)]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_chains_are_condensed_without_loss(name):
    assert_the_same(record_of(sf.example(name), duration=SHIPPED[name]))


@pytest.mark.parametrize("numbers", blocks(10, fixed=3, fresh=2, long=106))
def test_random_chains_are_condensed_without_loss(numbers):
    for number in numbers:
        print("chain", number)  # Shown where something is wrong with it.
        try:
            record = record_of(random_chain(number), duration="2 days", warm_up="5 h")
        except (ModelError, DeadlockError, RunError, NotSupportedError):
            continue
        assert_the_same(record)


@pytest.mark.parametrize(
    "window",
    [
        {"duration": "1 s", "warm_up": 0},
        {"duration": "1 day", "warm_up": "2 days"},
        {"duration": "1 day", "warm_up": 0, "horizon": "terminating"},
    ],
)
def test_windows_are_kept(window):
    assert_the_same(record_of(sf.example("hotel_checkin"), **window))


def test_one_visit_is_a_row():
    requests = [{"asked": 20, "ended": 41, "outcome": "completed"}]
    found = results(desk(), (requests, [visit(0, ANSWER, 20, 20, 25, 41)], 120, {}))
    (record,) = found.records
    rows = reduce.condensed(Reading(record))
    assert rows.count.tolist() == [1]
    assert rows.ticks("waiting").tolist() == [5 * 60_000_000]
    assert_the_same(record)


def test_unfinished_requests_last_to_the_end_of_the_run():
    requests = [{"asked": 20}, {"asked": 30}]
    visits = [
        visit(0, ANSWER, 20, 20, None, None, None, "unfinished"),
        visit(1, ANSWER, 30, 30, 40, 50),
        visit(1, CHECK, 50, None, None, None, None, "unfinished", handoff=0),
    ]
    (record,) = results(desk(), (requests, visits, 120, {})).records
    rows = reduce.condensed(Reading(record))
    assert rows.ticks("waiting").sum() == (100 + 10) * 60_000_000
    assert rows.ticks("handoff").sum() == 70 * 60_000_000
    assert_the_same(record)


def test_more_cells_than_there_was_room_for(monkeypatch):
    monkeypatch.setattr(reduce, "ROOM", 2)
    assert_the_same(record_of(sf.example("hotel_checkin"), duration="3 days"))


def test_sums_that_would_not_fit_are_made_in_steps(monkeypatch):
    record = record_of(sf.example("hotel_checkin"), duration="3 days")
    monkeypatch.setattr(reduce, "EXACT", 100 * record.stopped)
    assert_the_same(record)


# Overtime


def late_of(record):
    """Work of each provider that may be overtime: found in one compiled pass, and by searching."""
    reading = Reading(record)
    rules = {rule.plan.index: rule for rule in filter(None, overtime_rules(record.program)) if rule.by_staff}
    late = reduce.late_visits(reading, {place: rule.plan.staff for place, rule in rules.items()})
    return [
        [rule.late(reading, None, rows)[0].tolist() for rows in (late, None)]
        for rule in rules.values()
        if not is_joint(record.program, rule.plan.index)
    ]


@pytest.mark.parametrize("warm_up", ["0 h", "30 h", "130 h"])
def test_late_work_is_found_in_one_pass(warm_up):
    chain = sf.load(HERE / "workload_c.yaml")
    found = late_of(record_of(chain, duration="200 h", warm_up=warm_up))
    assert len(found) == 10
    for once, searched in found:
        assert once == searched
        assert once


@pytest.mark.parametrize("numbers", blocks(10, fixed=2, fresh=2, long=52))
def test_late_work_of_random_chains_is_found_in_one_pass(numbers):
    for number in numbers:
        print("chain", number)  # Shown where something is wrong with it.
        try:
            record = record_of(random_chain(number), duration="2 days", warm_up="5 h")
        except (ModelError, DeadlockError, RunError, NotSupportedError):
            continue
        for once, searched in late_of(record):
            assert once == searched


# What the comparison would not overlook


def changed(record: Record, table: str, column: str) -> Record:
    """The record with one value that is larger by a second."""
    known = getattr(record, table)
    values = known[column].copy()
    rows = np.flatnonzero(values > 0)
    values[rows[len(rows) // 2]] += 1_000_000
    return replace(record, **{table: Table({**known.columns, column: values}, len(known))})


@pytest.fixture(scope="module")
def factory():
    return record_of(sf.example("manufacturing_supply"), duration="3 weeks", warm_up=0)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("visits", "arrived"),
        ("visits", "started"),
        ("visits", "finished"),
        ("visits", "left"),
        ("visits", "work"),
        ("visits", "wait_contention"),
        ("visits", "handoff_delay"),
        ("pauses", "start"),
        ("pauses", "end"),
    ],
)
def test_a_wrong_value_shows_in_the_figures(factory, table, column):
    wrong = changed(factory, table, column)
    exact = figures(factory, EveryVisit(Reading(factory)))
    assert is_close(figures(factory, reduce.condensed(Reading(factory))), exact)
    assert not is_close(figures(wrong, reduce.condensed(Reading(wrong))), exact)


def test_a_wrong_path_shows_in_the_figures():
    chain = sf.load(HERE / "workload_d.yaml")
    record = record_of(chain, duration="100 h")
    reading = Reading(record)
    assert (reduce.path_of(reading) == reading.on_path).all()
    previous = np.full(len(record.visits), -1, dtype=np.int64)
    wrong = replace(record, visits=Table({**record.visits.columns, "previous": previous}, len(record.visits)))
    assert reduce.path_of(Reading(wrong)).sum() < reading.on_path.sum()
    assert_the_same(record)
    assert_the_same(wrong)


def test_columns_have_one_name():
    assert set(DERIVED) & set(COUNTED_COLUMNS) == {"blocked"}


@pytest.mark.parametrize(
    "columns",
    [
        ([3, 1, 3, 1, 2], [0, 0, 0, 5, 0]),
        ([0.5, np.nan, 0.5, np.nan, -1.0], [7, 7, 7, 7, 7]),
        ([2**60, 2**60 + 1, 2**60, 0, 5], [1e300, -1e300, 1e300, 0.0, np.inf]),
        (list(range(0, 500_000, 100_000)), [2.0, 1.0, 2.0, 1.0, 2.0]),
    ],
)
def test_alike_rows_are_found_without_sorting_them(columns):
    arrays = [np.array(column) for column in columns]
    first, place = distinct(arrays, 5)
    ranks = np.stack([np.unique(one, return_inverse=True)[1] for one in arrays], axis=1)
    _, expected, inverse = np.unique(ranks, axis=0, return_index=True, return_inverse=True)
    assert first.tolist() == expected.tolist()
    assert place.tolist() == inverse.ravel().tolist()


def test_rows_without_columns_are_all_alike():
    assert [part.tolist() for part in distinct([], 3)] == [[0], [0, 0, 0]]
    assert [part.tolist() for part in distinct([np.empty(0)], 0)] == [[], []]
