"""Whether work surely ends within the shift, where only such work is started."""

from __future__ import annotations

from collections.abc import Mapping

from serviceflow.analysis.audit.floor import Floor, Place
from serviceflow.analysis.audit.visits import Visit


def fits(floor: Floor, time: int, visit: Visit, needs: Mapping[str, int]) -> bool:
    """Whether work that would start now surely ends within the shift, where only such work starts."""
    for name in needs:
        place = floor.places[name]
        if place.off_shift != "fit":
            continue
        ticks = _length(floor, time, visit, place)
        if ticks is None or _drops(place, time, time + ticks):
            return False
    return True


def _length(floor: Floor, time: int, visit: Visit, place: Place) -> int | None:
    """How long the work would take; None where that is not known."""
    calls = any(
        link.origin == visit.service and call.ask != "before"
        for link, call in floor.history.chain.calls.items()
    )
    if visit.finished < 0 or calls:
        return None
    if place.keeps or place.members:
        others = [work for work in floor.works if place.name in work.needs]
        between = any(
            time <= work.started < visit.started or time < work.first.finished < visit.started
            for work in others
            if work.first is not visit
        )
        if place.units > 1 or between:
            return None
    return visit.part("setup") + visit.part("work")


def _drops(place: Place, start: int, end: int) -> bool:
    """Whether there are fewer staff at any time of a stretch than at its start."""
    if place.members and any(duty.next_change(start) < end for duty in place.members.values()):
        return True
    now = place.duty.at(start)
    return any(value < now for _, _, value in place.duty.pieces(start, end))
