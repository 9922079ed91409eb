"""Many random chains in which rules meet, each audited: ``python tests/audit_sweep.py 0 100000``.

Prints the numbers of the chains whose records break a rule, by kind, and exits with 1 if there are any. Runs
are made in child processes with a time limit, so that one that hangs or kills its process is told like any
other fault. ``--engine compiled`` audits that engine, ``--calm`` takes rules that have met without fault,
``--all`` chains over all rules at once (``random_chains``).
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

import serviceflow as sf
from meeting_chains import calm_chain, meeting_chain
from random_chains import random_chain
from serviceflow.analysis.audit import audit_record
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference

BLOCK = 200
"""Chains that one child process tries."""
LIMIT = 30.0
"""Seconds that a chain may take."""
SHOWN = 12

MAKERS: dict[str, Callable[[int], sf.ServiceChain]] = {
    "meeting": meeting_chain,
    "calm": calm_chain,
    "all": random_chain,
}
ENGINES = {"simpy": reference.run, "compiled": compiled.run}


def kinds_of(number: int, maker: str, engine: str) -> list[str]:
    """The kinds of breach in the record of a chain; none if it is refused, or stops in a deadlock."""
    try:
        record = ENGINES[engine](lower(MAKERS[maker](number)), number)
    except (sf.ModelError, sf.DeadlockError):
        return []
    except sf.ServiceflowError as error:
        return [f"error: {type(error).__name__}"]
    except RecursionError:
        return ["error: RecursionError"]
    return sorted({breach.kind for breach in audit_record(record)})


def work(numbers: range, maker: str, engine: str, pipe: Connection) -> None:
    for number in numbers:
        pipe.send((number, kinds_of(number, maker, engine)))
    pipe.close()


def audited(numbers: range, maker: str, engine: str) -> Iterator[tuple[int, list[str]]]:
    """Each number with its kinds of breach; a child that dies or takes too long is replaced."""
    context = multiprocessing.get_context("spawn")
    ahead = numbers
    while ahead:
        mine, yours = context.Pipe(duplex=False)
        child = context.Process(target=work, args=(ahead, maker, engine, yours))
        child.start()
        yours.close()
        done, what = yield from listen(mine, ahead[0])
        child.kill()
        child.join()
        if done < ahead[-1] + 1:
            yield done, [what]
            done += 1
        ahead = range(done, ahead[-1] + 1)


def listen(pipe: Connection, first: int) -> Iterator[tuple[int, list[str]]]:  # type: ignore[misc]
    """What a child says until it has done; gives the number that it had come to, and what stopped it."""
    number = first
    try:
        while pipe.poll(LIMIT):
            number, kinds = pipe.recv()
            yield number, kinds
            number += 1
    except EOFError:
        return number, "crash"
    return number, "hang"


def sweep(first: int, end: int, maker: str, engine: str) -> dict[str, list[int]]:
    """The numbers of the chains with breaches, by kind."""
    found: dict[str, list[int]] = defaultdict(list)
    for start in range(first, end, BLOCK):
        for number, kinds in audited(range(start, min(start + BLOCK, end)), maker, engine):
            for kind in kinds:
                found[kind].append(number)
        if (start - first) // BLOCK % 10 == 9:
            print(f"{start + BLOCK - first} chains: {counted(found)}", flush=True)
    return found


def counted(found: dict[str, list[int]]) -> str:
    return ", ".join(f"{len(numbers)} of {kind}" for kind, numbers in sorted(found.items())) or "no breach"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int)
    parser.add_argument("--engine", choices=sorted(ENGINES), default="simpy")
    parser.add_argument("--calm", action="store_const", dest="maker", const="calm", default="meeting")
    parser.add_argument("--all", action="store_const", dest="maker", const="all")
    given = parser.parse_args()
    breaches = sweep(given.first, given.end, given.maker, given.engine)
    for kind, numbers in sorted(breaches.items(), key=lambda item: -len(item[1])):
        print(f"{kind}: {len(numbers)} chains: {', '.join(map(str, numbers[:SHOWN]))}")
    print(f"{given.end - given.first} chains from {given.first} on: {counted(breaches)}")
    sys.exit(1 if breaches else 0)
