"""Random chains in which waiting and work have one limit together at some services.

They are those of :mod:`random_chains` and :mod:`meeting_chains`, changed by numbers of their own, so that
those stay as they are; every fourth starts from a state.
``python tests/limited_chains.py 0 300`` runs many with both engines and audits them;
``--without-kernel`` leaves out the compiled engine.
"""

from __future__ import annotations

import random
from collections import Counter

import serviceflow as sf
from meeting_chains import meeting_chain
from random_chains import random_chain
from serviceflow.analysis.audit import audit_record
from serviceflow.engine.program.codes import OUTCOMES
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from started_chains import started_chain
from sweeping import sweep_command

SEEN: Counter[str] = Counter()
"""How visits ended."""


def limited_chain(number: int) -> sf.ServiceChain | None:
    """The chain of a number, in which some services have a timeout; None where its base cannot start."""
    make = (random_chain, meeting_chain)[number % 2]
    base = started_chain(number // 2, make) if number % 4 > 1 else make(number // 2)
    return None if base is None else with_limits(base, random.Random(f"limits {number}"))


def with_limits(chain: sf.ServiceChain, drawn: random.Random) -> sf.ServiceChain:
    names = list(chain.services)
    limited = [name for name in names if drawn.random() < 0.6]
    chain = chain.change({"services": {name: {"timeout": limit(drawn)} for name in limited}})
    plain = [name for name in names if name.startswith("S") and chain.services[name].join is None]
    for name in limited:
        if name in plain[:-1] and drawn.random() < 0.5:
            chain.add_handoff(name, plain[-1], via="timed out", after="timed out")
    return chain


def limit(drawn: random.Random) -> str:
    whole = drawn.randint(1, 30)
    return drawn.choice([f"{whole} min"] * 3 + [f"exponential(mean={whole} min)"])


def fault(number: int, kernel: bool) -> str:
    """What is wrong with the run of a chain; empty if nothing."""
    from engine_sweep import difference_of

    chain = limited_chain(number)
    if chain is None:
        return ""
    try:
        program = lower(chain)
    except sf.ModelError:
        return ""
    try:
        record = reference.run(program, number)
    except sf.ServiceflowError:
        SEEN["stopped"] += 1
    else:
        SEEN.update(OUTCOMES[code] for code in record.visits["outcome"].tolist())
        if found := audit_record(record):
            return f"{len(found)} breaches, {found[0]}"
    return difference_of(program, number) if kernel else ""


def sweep(first: int, end: int, kernel: bool) -> bool:
    """Whether nothing is wrong with any of the chains."""
    faults = {number: text for number in range(first, end) if (text := fault(number, kernel))}
    for number, text in faults.items():
        print(f"limited_chain({number}): {text}", flush=True)
    print(f"chains from {first} to {end}: {len(faults)} wrong; visits: {dict(SEEN)}")
    return not faults


if __name__ == "__main__":
    sweep_command(str(__doc__), sweep)
