"""Runs on which an answer rests: all of them, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serviceflow.experiment.replicate import replicate
from serviceflow.results.results import Results

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain


def finished(chain: Chain, **settings: Any) -> Results:
    """The results of all replications that were asked for; an interrupt among them is passed on."""
    runs = replicate(chain, progress=False, **settings)
    if runs.interrupted:
        raise KeyboardInterrupt
    return Results(runs)
