"""How often intervals of twenty replications hold: ``python tests/interval_coverage.py 2000``.

Waits of M/M/1 queues in their steady state, of which every truth is known: the mean, the share within a time,
the quantiles, and the differences from a queue that is served 10% faster with the same random numbers. Each
row is one figure; an end that is not estimable holds, since it claims nothing. Prints the table of
``docs/experiments.md``, and exits with 1 if an interval of the nominal 95% holds in less than 90.5% of the
experiments.
"""

from __future__ import annotations

import sys

import numpy as np

from serviceflow.results import statistics as st
from serviceflow.results.quantile_intervals import quantile_intervals, shares_below

REPLICATIONS = 20
QUEUES = ((0.5, 200), (0.8, 500), (0.9, 2000))
"""Utilization, and customers of a replication on average."""
FASTER = 0.9
QUANTILES = (0.5, 0.9, 0.95, 0.99)


def waits(generator, load, customers, experiments):
    """Waits of every customer (last axis), and of the same customers served faster.

    How many customers a replication has is random: those beyond are NaN.
    """
    shape = (experiments, REPLICATIONS)
    numbers = generator.poisson(customers, shape)
    both = []
    uniform = generator.random(shape)  # The same for both: the faster queue is never longer.
    wait = [quantile_of(1 - uniform, load, work) for work in (1, FASTER)]
    for number in range(numbers.max()):
        both.append([np.where(number < numbers, one, np.nan).astype(np.float32) for one in wait])
        work, gap = generator.exponential(1, shape), generator.exponential(1 / load, shape)
        wait = [np.maximum(one + work * speed - gap, 0) for one, speed in zip(wait, (1, FASTER), strict=True)]
    return [np.stack([one[side] for one in both], axis=-1) for side in (0, 1)]


def share_within(time, load, work=1.0):
    return 1 - load * work * np.exp(-(1 / work - load) * time)


def quantile_of(share, load, work=1.0):
    busy = load * work
    return np.maximum(np.log(busy / (1 - share)) / (1 / work - load), 0)


def mean_of(load, work=1.0):
    return load * work * work / (1 - load * work)


def rows(load, customers, experiments, generator):
    """Name, how often the interval holds, and how often each end is estimable."""
    first, second = waits(generator, load, customers, experiments)
    sums, faster = ([np.nansum(one, axis=2).T, np.isfinite(one).sum(axis=2).T] for one in (first, second))
    found = st.mean_interval(sums[1])
    yield "mean: customers of a replication", held(found, customers)
    yield "ratio: mean wait", held(st.mean_ratio_interval(*sums), mean_of(load))
    change = mean_of(load, FASTER) - mean_of(load)
    yield "paired difference: mean wait", held(st.ratio_difference(*faster, *sums), change)
    for share in (0.5, 0.8, 0.9, 0.95, 0.99):
        yield from attainment(share, load, first, second, sums[1])
    yield from quantile_rows(load, first, second)


def attainment(share, load, first, second, counts):
    time = quantile_of(share, load)
    met, met_faster = ((one <= time).sum(axis=2).T for one in (first, second))
    truth = share_within(time, load)
    name = f"attainment of {100 * truth:.0f}%"
    known, other = (st.share_interval(one, counts, counted=True) for one in (met, met_faster))
    yield name, held(known, truth)
    found = st.share_difference(st.ratio_difference(met_faster, counts, met, counts), other, known)
    yield f"paired difference: {name}", held(found, share_within(time, load, FASTER) - truth)


def quantile_rows(load, first, second):
    samples, faster = (ordered(one) for one in (first, second))
    pairs = zip(*(quantile_intervals(one, QUANTILES) for one in (samples, faster)), strict=True)
    for share, (found, other) in zip(QUANTILES, pairs, strict=True):
        truth = quantile_of(share, load)
        yield f"quantile p{100 * share:.0f}", held(found, truth)
        below, counts = shares_below(samples, found.mean)
        below_faster, counts_faster = shares_below(faster, other.mean)
        together = st.correlation(below / counts, below_faster / counts_faster)
        change = st.quantile_difference(other, found, together, REPLICATIONS)
        yield f"paired difference: p{100 * share:.0f}", held(change, quantile_of(share, load, FASTER) - truth)


def ordered(values):
    """The values of each replication and experiment in order, for :func:`quantile_intervals`."""
    return [
        [st.Ordered(np.sort(one[np.isfinite(one)]).astype(np.float64)) for one in values[:, place]]
        for place in range(REPLICATIONS)
    ]


def held(found, truth):
    low, high = np.asarray(found.low), np.asarray(found.high)
    close = 1e-6 * abs(truth)
    covers = ~(low > truth + close) & ~(high < truth - close)
    return covers.mean(), (~np.isnan(low)).mean(), (~np.isnan(high)).mean()


AT_ONCE = 100


def average(load, customers, experiments, generator):
    """The rows of many experiments, so many at once as memory holds."""
    parts = [dict(rows(load, customers, AT_ONCE, generator)) for _ in range(-(-experiments // AT_ONCE))]
    return {name: tuple(np.mean([one[name] for one in parts], axis=0)) for name in parts[0]}


def table(experiments, seed=7):
    generator = np.random.default_rng(seed)
    found = [average(load, customers, experiments, generator) for load, customers in QUEUES]
    names = list(dict.fromkeys(name for one in found for name in one))
    return {name: [one.get(name) for one in found] for name in names}


def shown(cell):
    if cell is None:
        return ""
    covers, low, high = cell
    both = min(low, high)
    return f"{100 * covers:.1f}%" + (f" ({100 * both:.0f}%)" if both < 0.995 else "")


def main():
    experiments = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    found = table(experiments)
    heads = (f"load {load}, {customers} customers" for load, customers in QUEUES)
    print("| figure | " + " | ".join(heads) + " |\n|---|" + "---|" * len(QUEUES))
    for name, cells in found.items():
        print(f"| {name} | " + " | ".join(map(shown, cells)) + " |")
    covered = [cell[0] for cells in found.values() for cell in cells if cell]
    return int(min(covered) < 0.92 or max(covered) > 0.985)


if __name__ == "__main__":
    sys.exit(main())
