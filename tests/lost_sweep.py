"""Lost time and work sum to the flow time of every request: ``python tests/lost_sweep.py 0 10000``.

Random chains over all rules, and chains in which rules meet, by one engine or the other (``--engine
compiled``). Prints the numbers of the chains whose sums are not exact, in ticks, and exits with 1 if there
are any.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

import serviceflow as sf
from meeting_chains import meeting_chain
from random_chains import random_chain
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Record
from serviceflow.engine.reference import engine as reference
from serviceflow.results.critical_path import CriticalPath, Scenery
from serviceflow.results.derived import Ints, Reading
from serviceflow.results.path_sums import PathSums
from tracing import parts_sum

ENGINES = {"simpy": reference.run, "compiled": compiled.run}
MAKERS = {"all": random_chain, "meeting": meeting_chain}


def record_of(chain: sf.ServiceChain, seed: int, engine: str = "simpy") -> Record | None:
    """What a chain leaves behind; None if it is refused or stops, or where the parts of visits do not sum.

    Whether they do is for other tests.
    """
    try:
        record = ENGINES[engine](lower(chain), seed)
    except sf.ServiceflowError:
        return None
    return None if parts_sum(record).any() else record


def differences(record: Record) -> tuple[Ints, int]:
    """Flow time less work and losses of each completed request, in ticks; and what has no place."""
    reading = Reading(record)
    path = CriticalPath(Scenery(reading))
    spent, unplaced = np.zeros(len(reading.requests), dtype=np.int64), 0
    for loss in [*path.losses(), *path.works()]:
        np.add.at(spent, path.owner[loss.visits], loss.ticks)
        unplaced += int(loss.ticks.sum()) - sum(int(one.ticks.sum()) for one in path.scenery.placed(loss))
    done = np.flatnonzero(reading.completed & (reading.requests["kind"] == 0))
    flow = (reading.requests["ended"] - reading.requests["asked"])[done]
    return flow - spent[done], unplaced


def total_difference(record: Record) -> int:
    """The sums that results are made of, less the flow times that they stand for."""
    reading, sums = Reading(record), PathSums(record.program)
    sums.include(reading, breaches=False)
    done = reading.completed & (reading.requests["kind"] == 0)
    flow = int((reading.requests["ended"] - reading.requests["asked"])[done].sum())
    return int(sums.ticks.sum()) - flow


def is_exact(record: Record) -> bool:
    """Whether every sum is."""
    left, unplaced = differences(record)
    return not left.any() and unplaced == 0 and total_difference(record) == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("first", type=int)
    parser.add_argument("beyond", type=int)
    parser.add_argument("--engine", default="simpy", choices=tuple(ENGINES))
    given = parser.parse_args()
    counted, wrong = 0, []
    for number in range(given.first, given.beyond):
        for kind, maker in MAKERS.items():
            record = record_of(maker(number), number, given.engine)
            if record is not None:
                counted += 1
                if not is_exact(record):
                    wrong.append(f"{kind} {number}")
                    print(wrong[-1], flush=True)
    print(f"{counted} records, {len(wrong)} of them not exact")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
