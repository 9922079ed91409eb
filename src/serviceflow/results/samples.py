"""The single values behind a mean, in ascending order: what quantiles are taken from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from serviceflow.results.flows import REQUEST_SCOPES, STAGE_MEASURES
from serviceflow.results.reading import Flags, Ints, Reading

VISIT_MEASURES = {
    "service": ("waiting_time", "service_time"),
    "provider": ("waiting_time", "service_time"),
    "handoff": ("handoff_time",),
}
"""Scopes of visits, and what they have quantiles of."""


class Samples:
    """The values of one replication by scope and measure; what is asked for twice is worked out once.

    Parameters
    ----------
    reading : Reading
        The replication.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._found: dict[tuple[str, str], list[Ints]] = {}

    def get(self, scope: str, measure: str) -> list[Ints] | None:
        """Values in ticks, in ascending order, for each element of a scope; None if it has none."""
        if scope in VISIT_MEASURES and measure not in VISIT_MEASURES[scope]:
            return None
        if (scope, measure) not in self._found:
            self._found[scope, measure] = self._work_out(scope, measure)
        return self._found[scope, measure]

    def _work_out(self, scope: str, measure: str) -> list[Ints]:
        program = self.reading.program
        if scope == "chain":
            return [merged(self.get("consumer", measure) or [])]
        if scope in REQUEST_SCOPES:
            elements = self.reading.sources(REQUEST_SCOPES[scope])
            size = len(getattr(program, f"{scope}s"))
            return split(elements, self.reading.completed, self._request_time(measure), size)
        if scope == "provider" and not any(plan.any_of for plan in program.services):
            services = self.get("service", measure) or []
            mine = [
                [plan.index for plan in program.services if plan.provider == one.index]
                for one in program.providers
            ]
            return [merged([services[index] for index in places]) for places in mine]
        return self._of_visits(scope, measure)

    def _request_time(self, measure: str) -> Ints:
        reading = self.reading
        if measure == "flow_time":
            return reading.ends - reading.requests["asked"]
        return reading.along_path(reading.stages[STAGE_MEASURES[measure]])

    def _of_visits(self, scope: str, measure: str) -> list[Ints]:
        reading = self.reading
        elements = {"service": reading.service, "provider": reading.provider, "handoff": reading.handoff}[
            scope
        ]
        chosen = {"waiting_time": reading.waited, "service_time": reading.served}.get(measure)
        if chosen is None:
            chosen = reading.visit_counted & (reading.visits["arrived"] >= 0)
        size = len(getattr(reading.program, f"{scope}s"))
        return split(elements, chosen, reading.stages[STAGE_MEASURES[measure]], size)


def merged(ordered: Sequence[Ints]) -> Ints:
    """Several ordered arrays as one."""
    if len(ordered) == 1:
        return ordered[0]
    together = np.concatenate([*ordered, np.empty(0, dtype=np.int64)])
    return np.sort(together, kind="stable")


def split(elements: Ints, chosen: Flags, values: Ints, size: int) -> list[Ints]:
    """The chosen values of each element, in ascending order."""
    if not size:
        return []
    rows = np.flatnonzero(chosen & (elements >= 0))
    keys, kept = elements[rows], values[rows]
    if size > 1:
        # keys of 16 bits are sorted in linear time
        kept = kept[np.argsort(keys.astype(np.uint16 if size < 2**16 else np.int64), kind="stable")]
    ends = np.cumsum(np.bincount(keys, minlength=size))
    return [np.sort(part) for part in np.split(kept, ends[:-1])]
