"""Random chains whose runs start from a state: what was there at some instant of a run of the same chain.

Some of what a record tells exactly is left out of the state, so that it is drawn anew. A number always makes
the same chain. ``python tests/started_chains.py 0 1000`` runs many with both engines and audits them;
``--without-kernel`` leaves out the compiled engine.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import serviceflow as sf
from meeting_chains import meeting_chain
from random_chains import random_chain
from serviceflow.analysis.audit import audit_record
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from serviceflow.results.opened import state_of
from sweeping import sweep_command

SHARE_LEFT_OUT = 0.3


def started_chain(
    number: int, make: Callable[[int], sf.ServiceChain] = random_chain
) -> sf.ServiceChain | None:
    """A chain that starts from a state; None where the run stops, or no state can say what is there."""
    chain = make(number)
    drawn = random.Random(number)
    try:
        record = reference.run(lower(chain), number)
        if audit_record(record):
            return None  # What is found then is not about the start.
        state = state_of(record, int(drawn.uniform(0.02, 0.6) * record.stopped))
    except sf.ServiceflowError:
        return None
    started = chain.copy()
    started.run = chain.run.model_copy(update={"start_from": with_gaps(state, drawn)})
    return started


def with_gaps(state: sf.State, drawn: random.Random) -> sf.State:
    """The state with some of the times left out that are left."""
    rows = []
    for row in state:
        leave = row.get("state") in ("in work", "paused", "on the way") and "batch" not in row
        leave = leave and drawn.random() < SHARE_LEFT_OUT
        rows.append({name: cell for name, cell in row.items() if not (leave and name == "remaining")})
    return sf.State(rows)


def fault(number: int, make: Callable[[int], sf.ServiceChain], kernel: bool) -> str:
    """What is wrong with a run of one of the chains; empty if nothing."""
    from engine_sweep import difference_of

    chain = started_chain(number, make)
    if chain is None:
        return ""
    program = lower(chain)
    try:
        record = reference.run(program, number)
    except sf.ServiceflowError:
        record = None
    if record is not None and (found := audit_record(record)):
        return f"{len(found)} breaches, {found[0]}"
    return difference_of(program, number) if kernel else ""


def sweep(first: int, end: int, kernel: bool) -> bool:
    """Whether nothing is wrong with any of the chains."""
    fine = True
    for number in range(first, end):
        for make in (random_chain, meeting_chain):
            if text := fault(number, make, kernel):
                fine = False
                print(f"{make.__name__}({number}): {text}", flush=True)
        if (number + 1) % 500 == 0:
            print(f"{number + 1 - first} of {end - first} numbers tried", flush=True)
    print(f"chains from {first} to {end}: {'nothing is wrong' if fine else 'see above'}")
    return fine


if __name__ == "__main__":
    sweep_command(str(__doc__), sweep)
