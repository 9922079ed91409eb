"""Several chains run with common random numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from serviceflow.experiment.replicate import ExperimentError, Runs, replicate

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain


def replicate_all(chains: Mapping[str, Chain], seed: int | None = None, **settings: Any) -> dict[str, Runs]:
    """Run every chain with the same seed, so that equal purposes get equal random numbers.

    Parameters
    ----------
    chains : mapping
        Scenario name to chain.
    seed : int, optional
        None takes the first chain's own, or else draws one.
    **settings
        As for :func:`~serviceflow.experiment.replicate.replicate`.

    Returns
    -------
    dict
        Scenario name to runs, in the order of `chains`. After an interrupt the scenarios that have no
        replication are left out.
    """
    if not chains:
        raise ExperimentError("there is no chain to run: give at least one")
    first = next(iter(chains.values()))
    common = first.run.seed if seed is None and first.run else seed
    found: dict[str, Runs] = {}
    for name, chain in chains.items():
        try:
            found[name] = replicate(chain, seed=common, **settings)
            common = found[name].seed
        except KeyboardInterrupt:
            if not found:
                raise
            break
        if found[name].interrupted:
            break
    return found
