"""Hidden delays by simulation: as long as gives, by their bounds, the same in a simulated log as in this one.

The bounds of single instances say which handoffs have a hidden delay and how it is distributed, but somewhat
too little of how long it is, as they say little of what passes while the resource is busy or away. How much
too little depends on the chain, its hours and its loads; so the chain is simulated with the delays that were
found, they are estimated from its log in the same way, and each is made longer or shorter by the ratio
(indirect inference, after Gourieroux, Monfort and Renault 1993).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.mining.discovery.delays import Delay, bounds_of, delay_of, masks
from serviceflow.mining.discovery.history import history

if TYPE_CHECKING:
    from serviceflow.mining.discovery.chain import Discovery

Pair = tuple[int, int]
Runs = Callable[[Any, int], list[pd.DataFrame]]
"""Simulates a chain so many times, and gives the log of each replication."""
ROUNDS = 2
INSTANCES = 10_000
"""Instances of work that are simulated in a round, or once those of the log where these are more."""
MOST_RUNS = 10
LONGEST = 5.0
"""How many times as long as by its bounds a delay may become."""
COLUMNS = ["case", "activity", "resource", "start", "end", "provider"]


def tuned(found: Discovery[Any], chain: Any, runs: Runs) -> dict[Pair, Delay]:
    """The delays of a discovery, such that simulated logs show the same.

    Parameters
    ----------
    found : Discovery
        With its delays.
    chain : chain
        Made of it.
    runs : callable
        Simulates a chain.
    """
    delays = dict(found.delays)
    count = max(1, min(MOST_RUNS, INSTANCES // len(found.history.start)))
    for _ in range(ROUNDS):
        links = {found.link(*pair): {"delay": delay.text} for pair, delay in delays.items()}
        shown = _shown(runs(chain.change({"handoffs": links}), count), found)
        for pair, delay in delays.items():
            if shown.get(pair, 0.0) > 0:
                mean = delay.mean * found.delays[pair].mean / shown[pair]
                high = LONGEST * found.delays[pair].mean
                delays[pair] = delay.of_mean(min(max(mean, found.least[pair]), high))
    return delays


def _shown(logs: list[pd.DataFrame], found: Discovery[Any]) -> Mapping[Pair, float]:
    """Mean delays in seconds, by bounds, in simulated logs."""
    from serviceflow.mining.event_log import read_log

    estimates: dict[Pair, list[float]] = {pair: [] for pair in found.delays}
    for log in logs:
        if len(log) >= 2:
            for pair, mean in _of_one(read_log(log[COLUMNS]), found).items():
                estimates[pair].append(mean)
    return {pair: float(np.mean(means)) for pair, means in estimates.items() if means}


def _of_one(log: Any, found: Discovery[Any]) -> dict[Pair, float]:
    own = history(log, [], found.parallel)
    staff: dict[Any, list[Any]] = {}
    for resource, provider in {*zip(own.resources, log.table["provider"], strict=True)}:
        if resource is not None:
            staff.setdefault(provider, []).append(resource)
    low, high = bounds_of(own, masks(own, staff))
    place = {name: number for number, name in enumerate(own.names)}
    rows = np.flatnonzero(own.by >= 0)
    origins, targets = own.activities[own.by[rows]], own.activities[rows]
    result = {}
    for origin, target in found.delays:
        mine = targets == place.get(found.names[target], -1)
        if (origin, target) not in found.few:
            mine &= origins == place.get(found.names[origin], -1)
        delay = delay_of(low[rows[mine]], high[rows[mine]])
        if delay is not None:
            result[origin, target] = delay.mean
    return result
