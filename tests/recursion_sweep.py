"""Many random chains by the recursion and by the SimPy engine: ``python -m tests.recursion_sweep``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import serviceflow as sf
from recursion_chains import covered_chain
from serviceflow.engine import recursion
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference


def compare(number: int) -> str:
    """How the two records of one chain compare."""
    try:
        program = lower(covered_chain(number))
    except sf.ModelError:
        return "no model"
    if not recursion.applies(program):
        return "not covered"
    differences = recursion.run(program, number).differences(reference.run(program, number))
    if differences:
        print(number, *differences, sep="\n  ", flush=True)
        return "different"
    return "equal"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.recursion_sweep", description=(__doc__ or "").strip()
    )
    parser.add_argument("--chains", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    counts: dict[str, int] = {}
    for number in range(given.first, given.first + given.chains):
        found = compare(number)
        counts[found] = counts.get(found, 0) + 1
    print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    sys.exit("different" in counts)


if __name__ == "__main__":
    main()
