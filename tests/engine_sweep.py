"""Many random chains, each run by both engines: ``python tests/engine_sweep.py 0 100000``.

Prints the numbers of the chains whose records differ, or on which the engines do not agree that a rule is
broken, and exits with 1 if there are any. An interrupt says how far it came.
"""

from __future__ import annotations

import argparse
import sys

import serviceflow as sf
from random_chains import random_chain
from serviceflow.engine import compiled, simpy_engine
from serviceflow.engine.lowering import lower


def difference(number: int) -> str:
    """What the engines make different of a chain; empty if nothing."""
    program = lower(random_chain(number))
    told = ""
    try:
        record = simpy_engine.run(program, number)
    except sf.ServiceflowError as error:
        record, told = None, str(error).splitlines()[0]
    memory = compiled.memory_for(program)
    memory.told_by_reference = lambda *_: None  # type: ignore[method-assign,assignment,return-value]
    found = memory.run(number, 0)
    if record is None or found is None:
        return "" if record is found else f"only one engine stopped: {told or 'the compiled one'}"
    return ", ".join(found.differences(record))


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
    given = parser.parse_args()
    sys.exit(1 if sweep(given.first, given.end) else 0)
