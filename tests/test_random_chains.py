"""Random small chains over all rules keep what must hold in every run, and end."""

from __future__ import annotations

import itertools
import os
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import serviceflow as sf
from random_chains import random_chain
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.program.codes import PARTS
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Record
from serviceflow.engine.reference import engine as reference
from serviceflow.engine.reference.behaviours import Behaviours
from tracing import parts_sum, run_both

CHAINS = int(os.environ.get("SERVICEFLOW_RANDOM_CHAINS", "80"))
UNFINISHED = 3
NUMBERS = st.integers(0, 2**32 - 1)
QUIET = settings(
    max_examples=CHAINS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


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


@QUIET
@given(NUMBERS)
def test_nothing_is_lost_and_every_tick_accounted_for(number: int) -> None:
    record = run(random_chain(number), number)
    if record is None:
        return
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


@settings(QUIET, max_examples=max(CHAINS // 5, 10))
@given(NUMBERS)
def test_what_happens_at_one_instant_may_be_planned_in_any_order(number: int) -> None:
    """Ties are broken by what they are about: with the order of planning shuffled the record is the same."""
    before = run(random_chain(number), number)
    engine = reference.Engine(lower(random_chain(number)), number, 0, Behaviours())
    shuffled = random.Random(number)
    engine.env._eid = (shuffled.getrandbits(40) for _ in itertools.count())
    try:
        after = engine.run()
    except sf.DeadlockError:
        after = None
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert before.differences(after) == []


@settings(QUIET, max_examples=max(CHAINS // 5, 10))
@given(NUMBERS)
def test_file_and_python_and_order_and_unit_give_the_same(number: int) -> None:
    chain = random_chain(number)
    before = run(chain, number)
    data = chain.to_dict()
    turned = {
        key: dict(reversed(value.items())) if isinstance(value, dict) and key != "run" else value
        for key, value in data.items()
    }
    after = run(sf.ServiceChain.from_dict({**turned, "time_unit": "h"}), number)
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert before.differences(after) == []
