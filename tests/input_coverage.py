"""How often intervals with the uncertainty of inputs hold: ``python tests/input_coverage.py 200``.

A queue whose truth is known writes a log; a chain is learned from the log, and its flow time is simulated.
The plain interval of the results takes what was learned for the truth. Both should hold in 95 of 100 logs.
"""

from __future__ import annotations

import sys

import numpy as np

import serviceflow as sf

QUEUES = {"load 0.5": (10.0, 3.0), "load 0.7": (14.0, 3.0)}
"""Minutes of work, and arrivals per hour, of M/M/1 queues."""
WEEKS = 3
QUIET = {"progress": False, "engine": "simpy"}


def queue(work: float, rate: float) -> sf.ServiceChain:
    chain = sf.ServiceChain("Desk", run={"duration": f"{WEEKS} weeks", "replications": 1})
    chain.add_provider("Clerk", staff=1)
    chain.add_service("Ask", provider="Clerk", duration=f"exponential(mean={work} min)")
    chain.add_consumer("Clients", arrivals={"rate": f"{rate} per hour"}, enters="Ask")
    return chain


def held(work: float, rate: float, seed: int, resamples: int = 24) -> dict[str, tuple[bool, float]]:
    """Whether each interval holds the truth, and its half-width as a share of it."""
    truth = work / (1 - rate * work / 60)
    log = sf.read_log(queue(work, rate).simulate(seed=seed, engine="simpy", progress=False).to_log())
    found = sf.input_uncertainty(
        log, resamples=resamples, hidden_delays=False, replications=3, seed=seed, **QUIET
    )
    row = found.table.iloc[0]
    pairs = {"simulation alone": ("simulation_low", "simulation_high"), "with the inputs": ("low", "high")}
    return {
        name: (row[low] <= truth <= row[high], (row[high] - row[low]) / 2 / truth)
        for name, (low, high) in pairs.items()
    }


def main(count: int) -> None:
    for name, (work, rate) in QUEUES.items():
        found = [held(work, rate, seed) for seed in range(count)]
        for kind in found[0]:
            hits, widths = zip(*(one[kind] for one in found), strict=True)
            print(f"{name}, {kind}: holds in {np.mean(hits):.1%}, ± {np.mean(widths):.0%}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
