"""The gains of all levers of the truth suite by brute force, with their errors::

    python tests/truth/prove.py                 # all cases, some six minutes of one core
    python tests/truth/prove.py "Two pools"     # these cases only

Every lever of a case is run 100 times beside the chain, with the same random numbers, as long as in the
tests; none is left out early. Gains and standard errors of the paired differences go to `proven.json`. A case
is proven if each of its best levers leads each other lever by an interval (99%) that holds for all of them
together, and if every gain that theory knows is within 4 standard errors of what was found.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from serviceflow.analysis.levers import chosen_levers
from serviceflow.analysis.levers.objective import Objective, objective_of
from serviceflow.analysis.levers.samples import Sample, error_of
from serviceflow.experiment.replicate import replicate
from serviceflow.results.results import Results
from serviceflow.results.statistics import around
from truth.cases import CASES, Case

REPLICATIONS, SEED = 100, 2026
FILE = Path(__file__).with_name("proven.json")


def measured(case: Case) -> tuple[Objective, dict[str, Sample]]:
    """What is improved, and a sample of it for each lever; that of the chain as it stands has no name."""
    chain = case.chain

    def run(changed: Any) -> Results:
        settings = {**case.settings, "replications": REPLICATIONS, "seed": SEED, "engine": "compiled"}
        return Results(replicate(changed, progress=False, **settings))

    base = run(chain)
    objective = objective_of(case.objective, base)
    samples = {"": objective.take(base)}
    for lever in chosen_levers(chain, case.levers):
        samples[lever.name] = objective.take(run(lever.apply(chain)))
    return objective, samples


def lead(objective: Objective, first: Sample, second: Sample, comparisons: int) -> tuple[float, float, float]:
    """By how much one is better, and between which ends, with so many others."""
    gain, deviations = objective.gain(first, second)
    found = around(gain, error_of(deviations), REPLICATIONS - 1, 0.99, comparisons)
    return gain, float(found.low), float(found.high)


def doubts(case: Case, objective: Objective, samples: dict[str, Sample]) -> list[str]:
    """What is not as the case says."""
    others = [name for name in samples if name not in case.best]
    comparisons = len(others) * len(case.best)
    found = []
    for best in case.best:
        for other in others:
            gain, low, high = lead(objective, samples[best], samples[other], comparisons)
            if not low > 0:
                found.append(f"{best!r} leads {other or 'nothing'!r} by {gain:.4g} [{low:.4g}, {high:.4g}]")
    for name, exact in case.theory.items():
        gain, deviations = objective.gain(samples[name], samples[""])
        if abs(gain - exact) > 4 * error_of(deviations) + 1e-9:
            found.append(f"{name!r} gains {gain:.4g} +- {error_of(deviations):.2g}, in theory {exact:.4g}")
    return found


def proven(case: Case) -> dict[str, Any]:
    """The gains of a case, in order; what is in doubt is printed."""
    objective, samples = measured(case)
    gains = {}
    for name in samples:
        if name:
            gain, deviations = objective.gain(samples[name], samples[""])
            gains[name] = [float(f"{gain:.5g}"), float(f"{error_of(deviations):.2g}")]
    ordered = dict(sorted(gains.items(), key=lambda item: -item[1][0]))
    for doubt in doubts(case, objective, samples):
        print(f"  DOUBT {doubt}")
    return {
        "objective": objective.name,
        "today": float(f"{samples[''].value():.5g}"),
        "replications": REPLICATIONS,
        "gains": ordered,
    }


def main(names: list[str]) -> None:
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    for case in CASES:
        if not names or case.name in names:
            print(case.name, flush=True)
            known[case.name] = proven(case)
            print("  ", list(known[case.name]["gains"].items())[:4], flush=True)
            wanted = {one.name: known[one.name] for one in CASES if one.name in known}
            FILE.write_text(json.dumps(wanted, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
