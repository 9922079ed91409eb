"""Several chains run with common random numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from serviceflow.experiment.replicate import ExperimentError, Job, Runs, collect, prepared

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain


def replicate_all(chains: Mapping[str, Chain], seed: int | None = None, **settings: Any) -> dict[str, Runs]:
    """Run every chain with the same seed, so that equal purposes get equal random numbers.

    All replications of all chains are one pool of work.

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
    first, keys = next(iter(chains.values())), {key: settings[key] for key in settings if key != "workers"}
    common = first.run.seed if seed is None and first.run else seed
    jobs: dict[str, Job] = {}
    for name, chain in chains.items():
        jobs[name] = prepared(chain, seed=common, **keys)
        common = jobs[name].seed
    collect([*jobs.values()], settings.get("workers", 1), settings.get("progress"))
    return {name: job.runs() for name, job in jobs.items() if job.made}
