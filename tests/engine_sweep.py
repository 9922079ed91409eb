"""Many random chains, each run by both engines: ``python tests/engine_sweep.py 0 100000``.

With ``--plain``, chains of plain queues, for which the compiled engine has an express loop.

Prints the numbers of the chains whose records differ, or on which the engines do not agree that a rule is
broken, and exits with 1 if there are any. An interrupt says how far it came.
"""

from __future__ import annotations

import argparse
import sys

import serviceflow as sf
from plain_chains import PLAIN_CHAINS, plain_chain
from random_chains import random_chain
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.kernel.arena import Memory
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.program.plans import Program
from serviceflow.engine.reference import engine as reference


def difference(number: int) -> str:
    """What the engines make different of a chain; empty if nothing."""
    if number < PLAIN_CHAINS:
        return difference_of(lower(random_chain(number)), number)
    try:
        program = lower(plain_chain(number - PLAIN_CHAINS))
    except sf.ModelError:
        return ""
    return difference_of(program, number)


def difference_of(program: Program, seed: int) -> str:
    """What the SimPy engine and each loop of the compiled one make different of a program."""
    told = ""
    try:
        record = reference.run(program, seed)
    except sf.ServiceflowError as error:
        record, told = None, str(error).splitlines()[0]
    for kind in {compiled.loop_for(program), Memory}:
        memory = kind(program)
        memory.told_by_reference = lambda *_: None  # type: ignore[method-assign,assignment,return-value]
        found = memory.run(seed, 0)
        if record is None or found is None:
            if record is not found:
                return f"only one engine stopped: {told or kind.__name__}"
        elif differences := found.differences(record):
            return f"{kind.__name__}: {', '.join(differences)}"
    return ""


def sweep(first: int, end: int) -> list[int]:
    """The numbers of the chains on which the engines differ."""
    found = []
    try:
        for number in range(first, end):
            if text := difference(number):
                found.append(number)
                print(f"chain {number}: {text}", flush=True)
            if (number + 1) % 1000 == 0:
                print(f"{number + 1 - first} chains, {len(found)} differ", flush=True)
    except KeyboardInterrupt:
        end = number
    print(f"{end - first} chains from {first} on: {len(found)} differ {found[:20] or ''}")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int)
    parser.add_argument("--plain", action="store_true", help="chains of plain queues")
    given = parser.parse_args()
    start = PLAIN_CHAINS if given.plain else 0
    sys.exit(1 if sweep(start + given.first, start + given.end) else 0)
