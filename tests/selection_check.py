"""How often the best is chosen: ``python tests/selection_check.py 2000``.

Kim and Nelson's procedure on normal data in the slippage configuration, the least favorable: one of five
systems is better than the others by just what is relevant. Prints the table of ``docs/experiments.md``, and
exits with 1 if the best is chosen less often than is promised, beyond what chance explains.
"""

from __future__ import annotations

import sys

import numpy as np

from serviceflow.experiment.ranking import kim_nelson, ocba

PROMISED = 0.95
CASES = (
    ("independent", [0, 0, 1, 0, 0], 3, 0.0),
    ("common random numbers, correlation 0.7", [0, 0, 1, 0, 0], 3, 0.7),
    ("common random numbers, correlation 0.95", [0, 0, 1, 0, 0], 3, 0.95),
    ("ten systems, correlation 0.7", [1] + [0] * 9, 3, 0.7),
    ("means that differ, correlation 0.7", [0, 1, 2, 3, 4], 3, 0.7),
)


def normal(means, deviation, alike, seed):
    """Normal values of every replication; `alike` is the correlation between systems."""
    generator = np.random.default_rng(seed)
    own = generator.normal(size=(len(means), 4000)) * np.sqrt(1 - alike)
    values = deviation * (own + np.sqrt(alike) * generator.normal(size=4000)) + np.array(means)[:, None]
    return lambda system, first, count: values[system, first : first + count]


def chosen_rightly(means, deviation, alike, trials, first_seed=0):
    """How often the best is chosen, and how many replications it takes on average."""
    best = int(np.argmax(means))
    found = [
        kim_nelson(len(means), normal(means, deviation, alike, first_seed + trial), relevant=1.0)
        for trial in range(trials)
    ]
    return float(np.mean([one.best == best for one in found])), float(np.mean([one.spent for one in found]))


def chosen_within(budget, means, deviation, trials):
    """How often the best is chosen within a budget that goes where the choice is open."""
    best = int(np.argmax(means))
    found = [ocba(len(means), normal(means, deviation, 0.0, trial), budget) for trial in range(trials)]
    return float(np.mean([one.best == best for one in found]))


def main() -> int:
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    worst = 1.0
    print("| five systems, deviation 3, relevant 1 | best chosen | replications |\n|---|---|---|")
    for name, *case in CASES:
        share, spent = chosen_rightly(*case, trials)
        print(f"| {name} | {100 * share:.1f}% | {spent:.0f} |")
        worst = min(worst, share)
    share = chosen_within(250, *CASES[0][1:3], trials)
    print(f"| OCBA, independent, budget of 250 | {100 * share:.1f}% | 250 |")
    return int(worst < PROMISED - 3 * np.sqrt(PROMISED * (1 - PROMISED) / trials))


if __name__ == "__main__":
    sys.exit(main())
