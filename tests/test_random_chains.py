"""Random small chains over all rules keep what must hold in every run, and end."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

import serviceflow as sf
from explore import blocks
from random_chains import random_chain
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.program.codes import PARTS
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Record
from serviceflow.engine.reference import engine as reference
from serviceflow.engine.reference.behaviours import Behaviours
from tracing import parts_sum, run_both

UNFINISHED = 3
BLOCKS = blocks(8, fixed=4, fresh=2, long=100)
FEW = blocks(4, fixed=2, fresh=1, long=50)


def run(chain: sf.ServiceChain, seed: int) -> Record | None:
    """The record of both engines; None where held units came to a deadlock, which is said, not hidden."""
    program = lower(chain)
    try:
        return run_both(program, seed)
    except sf.DeadlockError as error:
        told = str(error)
        assert told.startswith("deadlock after ")
    with pytest.raises(sf.DeadlockError) as found:
        compiled.run(program, seed)
    assert str(found.value) == told
    return None


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, Record | None]]:
    for number in numbers:
        print("chain", number)  # Shown where something is wrong with it.
        yield number, run(random_chain(number), number)


@pytest.mark.parametrize("numbers", BLOCKS)
def test_nothing_is_lost_and_every_tick_accounted_for(numbers: Iterable[int]) -> None:
    for _, record in runs(numbers):
        if record is not None:
            check_accounts(record)


def check_accounts(record: Record) -> None:
    requests, visits = record.requests, record.visits
    assert not parts_sum(record).any()
    assert all((visits.get(name) >= 0).all() for name in PARTS)
    ended = requests["ended"] >= 0
    assert ((requests["outcome"] != UNFINISHED) == ended).all()
    open_visits = np.bincount(visits["request"][visits["left"] < 0], minlength=len(requests))
    assert not open_visits[ended].any()
    assert (open_visits[~ended] > 0).all()
    for early, late in (
        ("asked", "arrived"),
        ("arrived", "started"),
        ("started", "finished"),
        ("finished", "left"),
    ):
        both = (visits[early] >= 0) & (visits[late] >= 0)
        assert (visits[early][both] <= visits[late][both]).all()
    if len(record.stocks):
        assert (record.stocks["level"] >= 0).all()
        assert (record.stocks["on_order"] >= -1e-9).all()


@pytest.mark.parametrize("numbers", FEW)
def test_what_happens_at_one_instant_may_be_planned_in_any_order(numbers: Iterable[int]) -> None:
    """Ties are broken by what they are about: with the order of planning shuffled the record is the same."""
    for number, before in runs(numbers):
        check_equal(before, shuffled_run(number))


def shuffled_run(number: int) -> Record | None:
    engine = reference.Engine(lower(random_chain(number)), number, 0, Behaviours())
    shuffled = random.Random(number)
    engine.env._eid = (shuffled.getrandbits(40) for _ in itertools.count())
    try:
        return engine.run()
    except sf.DeadlockError:
        return None


@pytest.mark.parametrize("numbers", FEW)
def test_file_and_python_and_order_and_unit_give_the_same(numbers: Iterable[int]) -> None:
    for number, before in runs(numbers):
        check_equal(before, run(turned(random_chain(number)), number))


def turned(chain: sf.ServiceChain) -> sf.ServiceChain:
    """The chain in another unit, with all that has names in the opposite order."""
    data = {
        key: dict(reversed(value.items())) if isinstance(value, dict) and key != "run" else value
        for key, value in chain.to_dict().items()
    }
    return sf.ServiceChain.from_dict({**data, "time_unit": "h"})


def check_equal(before: Record | None, after: Record | None) -> None:
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert before.differences(after) == []
