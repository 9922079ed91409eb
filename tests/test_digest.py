"""The summary of a run has the figures of its record, however the record is cut into pieces."""

import gc
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

import serviceflow as sf
from cutting import cut, cut_at_random, later
from explore import blocks
from random_chains import random_chain
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Table
from serviceflow.engine.reference import engine as reference
from serviceflow.errors import DeadlockError, ModelError, NotSupportedError, RunError
from serviceflow.results.derived import Reading
from serviceflow.results.figures import record_figures
from serviceflow.results.overtime import Overtime, overtime_rule
from serviceflow.results.quantile_sketch import ACCURACY
from serviceflow.results.samples import all_moments, samples_of
from serviceflow.results.summary_record import Digest, digest
from serviceflow.results.week import busy_hours

HOUR = 3_600_000_000
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


@pytest.fixture(scope="module", params=SHIPPED)
def shipped(request):
    return record_of(sf.example(request.param), duration=SHIPPED[request.param])


def assert_same_figures(found, expected):
    assert set(found) == set(expected)
    for key, figure in expected.items():
        # staff time is a difference of sums: what remains of it may be small beside them
        slack = 1e-12 * expected["provider", "busy_time"].total.max() if key[0] == "provider" else 0
        for mine, own in zip(found[key].parts, figure.parts, strict=True):
            assert (mine is None) == (own is None), key
            if own is not None:
                np.testing.assert_allclose(mine, own, rtol=1e-12, atol=slack, err_msg=str(key))
        for name in ("requests", "unfinished"):
            if getattr(figure, name) is not None:
                assert (getattr(found[key], name) == getattr(figure, name)).all(), key


def assert_same(found, record):
    assert (found.requests, found.visits) == (len(record.requests), len(record.visits))
    assert found.stopped == record.stopped
    reading = Reading(record)
    assert_same_figures(found.figures(), record_figures(record))
    np.testing.assert_allclose(found.busy, busy_hours(reading), rtol=1e-9, atol=1)
    for key, exact in all_moments(reading).items():
        mine = found.moments[key]
        assert (mine.count == exact.count).all()
        np.testing.assert_allclose(mine.mean, exact.mean, rtol=1e-12)
        scale = 1e-12 * exact.count * np.square(exact.mean)
        assert (np.abs(mine.squares - exact.squares) <= 1e-12 * exact.squares + scale).all()
        assert (mine.least == exact.least).all()
        assert (mine.most == exact.most).all()
    assert_quantiles_within_the_bound(found, reading)


def assert_quantiles_within_the_bound(found, reading):
    sketched, exact = found.ordered(), samples_of(reading)
    assert set(sketched) == set(exact)
    for key, groups in exact.items():
        for mine, own in zip(sketched[key], groups, strict=True):
            assert len(mine) == len(own)
            for probability in (0.01, 0.5, 0.9, 0.99, 1.0) if len(own) else ():
                value = own.quantile(probability)
                assert abs(mine.quantile(probability) - value) <= ACCURACY * value


@pytest.mark.parametrize("pieces", [1, 2, 9])
def test_shipped_chains_have_the_same_figures(shipped, pieces):
    rng = np.random.default_rng(pieces)
    found = digest(shipped.program, 0, cut_at_random(shipped, rng, pieces))
    assert_same(found, shipped)


@pytest.mark.parametrize("numbers", blocks(10, fixed=3, fresh=2, long=50))
def test_random_chains_have_the_same_figures_in_any_cut(numbers):
    for number in numbers:
        print("chain", number)  # Shown where something is wrong with it.
        check_cut(number, 1 + number % 12)


def check_cut(seed, pieces):
    try:
        record = record_of(random_chain(seed), duration="2 days", warm_up="5 h")
        found = Digest(record.program)
    except (ModelError, DeadlockError, RunError, NotSupportedError):
        return
    for piece in cut_at_random(record, np.random.default_rng(seed), pieces):
        found.add(piece)
    assert_same(found, record)


@pytest.mark.parametrize("rows", [300, 2**14])
def test_the_compiled_engine_s_pieces_give_the_same_figures(shipped, rows):
    pieces = compiled.run_pieces(shipped.program, 1, 0, rows)
    assert_same(digest(shipped.program, 0, pieces), shipped)


@pytest.mark.parametrize("seed", range(12))
def test_the_compiled_engine_s_pieces_of_random_chains_do(seed):
    try:
        record = record_of(random_chain(seed), duration="2 days", warm_up="5 h")
        found = Digest(record.program)
    except (ModelError, DeadlockError, RunError, NotSupportedError):
        return
    for piece in compiled.run_pieces(record.program, 1, 0, 40):
        found.add(piece)
    assert_same(found, record)


def test_digests_of_following_parts_merge(shipped):
    rng = np.random.default_rng(4)
    pieces = cut_at_random(shipped, rng, 7)
    one, two, three = (digest(shipped.program, 0, part) for part in (pieces[:2], pieces[2:3], pieces[3:]))
    two.merge(three)
    one.merge(two)
    assert_same(one, shipped)


def test_a_digest_comes_back_from_its_arrays(shipped):
    found = digest(shipped.program, 0, [shipped])
    again = Digest.of_arrays(shipped.program, found.arrays())
    mine, other = found.arrays(), again.arrays()
    assert list(mine) == list(other)
    assert all(mine[name].tobytes() == other[name].tobytes() for name in mine)
    assert_same(again, shipped)


def test_a_run_in_which_nobody_asks_has_a_digest():
    chain = sf.example("hotel_checkin")
    record = record_of(chain, duration="1 s", warm_up=0)
    assert_same(digest(record.program, 0, [record]), record)


# Memory


def taken_by_weeks(program, week, weeks):
    """Bytes that a digest holds, and needs for a while at most, after so many weeks that are all alike."""
    tracemalloc.start()
    try:
        found = Digest(program)
        for number in range(weeks):
            found.add(later(week, number * 7 * 24 * HOUR))
            gc.collect()  # What only waits to be collected is not held.
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.visits == weeks * len(week.visits)
    return held, most


A_CHANGE = 200
"""Bytes that work in hand may take at each change of staff, where some of them stay on duty."""


@pytest.mark.long
@pytest.mark.parametrize(("name", "changes"), [("customer_data", 0), ("hotel_checkin", 14)])
def test_memory_does_not_grow_with_the_run(name, changes):
    week = record_of(sf.example(name), duration="1 week", warm_up=0, horizon="terminating")
    program = lower(sf.example(name), duration="200 weeks", warm_up=0)
    week = replace(week, program=program)
    taken_by_weeks(program, week, 1)  # whatever is made once
    few, many = taken_by_weeks(program, week, 10), taken_by_weeks(program, week, 100)
    for mine, other in zip(many, few, strict=True):
        assert mine < 1.05 * other + 30_000 + 90 * changes * A_CHANGE


# Overtime


def late_work(draw, staff):
    """Two services whose staff finish what they have in hand, while some of them stay."""
    chain = sf.ServiceChain("Late", time_unit="min")
    chain.add_provider("Desk", staff={"mon-sun": staff}, off_shift="finish", cost="20 per hour", **draw)
    chain.add_provider("Expert", staff=1)
    chain.add_service("Serve", provider="Desk", duration="exponential(mean=50 min)", priority="size")
    chain.add_service("Both", providers={"Desk": 1, "Expert": 1}, duration="exponential(mean=20 min)")
    chain.add_service("Ask", duration="exponential(mean=15 min)")
    chain.add_call("Serve", "Ask", ask="start", probability=0.5)
    chain.add_handoff("Serve", "Both", probability=0.3)
    chain.add_handoff("Serve", "end")
    chain.add_consumer(
        "Guests",
        arrivals={"rate": "3 per hour"},
        enters="Serve",
        attributes={"size": {1: "50%", 2: "30%", 3: "20%"}},
    )
    return chain


STAFF = {"00:00-06:00": 1, "06:00-09:00": 5, "09:00-12:00": 3, "12:00-17:00": 4, "17:00-20:00": 2}


@pytest.mark.parametrize("discipline", [{}, {"discipline": "priority", "preemptive": True}])
@pytest.mark.parametrize("seed", range(5))
def test_work_in_hand_when_staff_change_tells_all_overtime(discipline, seed):
    program = lower(late_work(discipline, STAFF), duration="3 weeks", warm_up="1 day")
    record = reference.run(program, seed, 0)
    plan = program.providers[0]
    rule = overtime_rule(program, plan)
    every = Overtime(replace(rule, whole=True, closed=((),)))
    own = Overtime(rule)
    for one in (every, own):
        one.include(Reading(record))
    exact, found = (one.beyond(program, record.staffing) for one in (every, own))
    assert every.ticks(exact) > 40 * HOUR
    assert own.ticks(found) == pytest.approx(every.ticks(exact), rel=1e-12)
    assert own.cost(found) == pytest.approx(every.cost(exact), rel=1e-12)
    assert len(own.kept()[0]) < len(every.kept()[0]) / 2
    assert_same(digest(program, 0, cut(record, np.arange(1, 20) * 24 * HOUR)), record)


def test_overtime_has_the_price_of_its_hour():
    chain = late_work({}, STAFF).change(
        {
            "providers": {
                "Desk": {"cost": {"mon-sun": {"00:00-18:00": "20 per hour", "18:00-24:00": "30 per hour"}}}
            }
        }
    )
    record = record_of(chain, duration="1 week", warm_up=0)
    assert_same(digest(record.program, 0, cut_at_random(record, np.random.default_rng(2), 5)), record)


@pytest.mark.parametrize("fields", [{"setup": "5 min"}, {"learning": "90%"}])
def test_overtime_of_staff_with_an_identity_is_refused(fields):
    chain = late_work({}, STAFF).change({"services": {"Serve": fields}})
    with pytest.raises(
        NotSupportedError, match=r"providers.Desk: keep='summary' cannot tell the overtime .*full"
    ):
        Digest(lower(chain, duration="1 week"))


def test_overtime_of_staff_who_break_down_is_refused():
    chain = late_work({"outages": {"after": "5 h", "repair": "1 h"}}, STAFF)
    with pytest.raises(NotSupportedError, match="or break down: use keep='full', or another off_shift"):
        Digest(lower(chain, duration="1 week"))


def test_policies_that_move_staff_are_refused(shipped):
    columns = {name: np.zeros(1, dtype=np.int64) for name in ("provider", "time", "staff")}
    moved = replace(shipped, staffing=Table(columns, 1))
    with pytest.raises(NotSupportedError, match="policies that move staff: use keep='full'"):
        Digest(shipped.program).add(moved)
