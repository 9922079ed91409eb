"""A warm-up that is to be found: in pilot runs, once for an experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from serviceflow.experiment.replicate import ExperimentError, replicate
from serviceflow.results.warm_up import WarmUp, warm_up_of
from serviceflow.theory.load import offered_load
from serviceflow.units import format_duration, parse_duration

if TYPE_CHECKING:
    from serviceflow.engine.record.record import Record
    from serviceflow.model.chain import Chain

AUTO = "auto"
"""A warm-up that is to be found."""
PILOT = ("seed", "engine", "workers", "behaviours")
PILOT_RUNS = 10
"""Replications from which a warm-up is found."""


def warm_up_needed(chain: Chain, records: Sequence[Record]) -> WarmUp:
    """How long runs of a chain take to forget how they started."""
    loads = offered_load(chain).providers
    return warm_up_of(records, [load.provider for load in loads if load.overloaded])


def settled(chains: Sequence[Chain], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The warm-up that is long enough for several chains, where it is to be found: that of the slowest.

    Parameters
    ----------
    chains : sequence of Chain
        Of experiments that change one chain again and again, that chain alone.
    settings : mapping
        As for :func:`~serviceflow.experiment.replicate.replicate`.

    Returns
    -------
    dict
        ``warm_up``, or nothing where it is given.

    Raises
    ------
    ExperimentError
        If the pilot runs do not tell.
    """
    if settings.get("warm_up") != AUTO:
        return {}
    if any(chain.run.start_from is not None for chain in chains):
        raise ExperimentError("warm_up='auto': what starts from a state has no warm-up; leave it out")
    found = [_needed(chain, settings) for chain in chains]
    return {"warm_up": format_duration(max(found)) if max(found) else 0}


def told(settings: Mapping[str, Any]) -> str:
    """What is said of a warm-up that was found; of one that was given, nothing.

    Parameters
    ----------
    settings : mapping
        What :func:`settled` has found.
    """
    if "warm_up" not in settings:
        return ""
    found = settings["warm_up"]
    return (
        f"Warm-up: {found}, found in pilot runs." if found else "Pilot runs show that no warm-up is needed."
    )


def _needed(chain: Chain, settings: Mapping[str, Any]) -> int:
    """Found in pilot runs from time 0; as long as the window first, then twice and four times."""
    pilot = {name: value for name, value in settings.items() if name in PILOT}
    window = _window(chain, settings)
    for times in (1, 2, 4):
        length = format_duration(window * times)
        runs = replicate(
            chain, length, 0, PILOT_RUNS, progress=False, **{**pilot, "horizon": settings.get("horizon")}
        )
        warm_up = warm_up_needed(chain, runs.records)
        if warm_up.ticks is not None:
            return warm_up.ticks
        if warm_up.overloaded:
            break
    raise ExperimentError(
        f"warm_up='auto': {warm_up.verdict} (pilot runs of {length}) Give a longer duration, or a warm_up"
    )


def _window(chain: Chain, settings: Mapping[str, Any]) -> int:
    given = settings.get("duration")
    if given is not None:
        return parse_duration(given, chain.time_unit)
    if chain.run.duration is None:
        raise ExperimentError("warm_up='auto' needs a duration: give one, such as '8 weeks'")
    return round(chain.run.duration.constant(chain.time_unit))


__all__ = ["AUTO", "settled", "told", "warm_up_needed"]
