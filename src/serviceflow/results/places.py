"""Places at which time is lost: providers, links, stocks, and outside parties, each with a number."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from serviceflow.engine.program.codes import NONE
from serviceflow.results.derived import Ints

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

PROVIDER, LINK, STOCK, OUTSIDE = "provider", "link", "stock", "outside"
"""Scopes of places: a link is a handoff or a call; outside parties are services without provider."""
SCOPES = (PROVIDER, LINK, STOCK, OUTSIDE)
NOWHERE = "(none)"


class Places:
    """The places of a chain, counted through its providers, handoffs, calls, stocks and services.

    Parameters
    ----------
    program : Program
        The chain as it was run.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        groups = (
            (PROVIDER, program.providers),
            (LINK, program.handoffs),
            (LINK, program.calls),
            (STOCK, program.stocks),
            (OUTSIDE, program.services),
        )
        self.all = [(scope, plan.name) for scope, plans in groups for plan in plans]
        sizes = [len(plans) for _, plans in groups]
        _, self.handoffs, self.calls, self.stocks, self.outside = np.cumsum([0, *sizes[:-1]]).tolist()

    def __len__(self) -> int:
        return len(self.all)

    def scope(self, place: int) -> str:
        """What kind of place it is."""
        return self.all[place][0] if place >= 0 else OUTSIDE

    def name(self, place: int) -> str:
        """What it is called."""
        return self.all[place][1] if place >= 0 else NOWHERE

    @cached_property
    def of_service(self) -> Ints:
        """For each service its first provider, or itself if it has none; -1 behind them, for no service."""
        plans = self.program.services
        own = [plan.provider if plan.provider >= 0 else self.outside + plan.index for plan in plans]
        return np.array([*own, NONE], dtype=np.int64)
