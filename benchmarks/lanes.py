"""A chain of any width: what does a visit cost where there are 1,000 services instead of 10?

Stages of lanes, each service with a provider of its own. Requests enter each lane of the first stage at
rate 0.5; from lane j they go on to lane j or j + 1 of the next stage, half of them each. So every visit does
the same work at every width, and every provider has a load of 0.5.
"""

from __future__ import annotations

from itertools import product
from typing import Any


def chain_of_lanes(lanes: int, stages: int) -> Any:
    import serviceflow as sf

    chain = sf.ServiceChain(name=f"{lanes * stages} services", time_unit="h")
    for stage, lane in product(range(stages), range(lanes)):
        chain.add_provider(f"Desk {place(stage, lane)}", staff=1)
        chain.add_service(
            f"Step {place(stage, lane)}",
            provider=f"Desk {place(stage, lane)}",
            duration=sf.exponential(mean="1 h"),
        )
    for lane in range(lanes):
        chain.add_consumer(
            f"Source {lane:03}", arrivals={"rate": "0.5 per h"}, enters=f"Step {place(0, lane)}"
        )
    for stage, lane, side in product(range(stages - 1), range(lanes), range(2)):
        target = place(stage + 1, (lane + side) % lanes)
        chain.add_handoff(f"Step {place(stage, lane)}", f"Step {target}", probability="50%")
    return chain


def place(stage: int, lane: int) -> str:
    return f"{stage}.{lane:03}"
