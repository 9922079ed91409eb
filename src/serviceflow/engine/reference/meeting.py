"""Who comes first where providers meet in queues."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serviceflow.engine.reference.entities import Visit


def shown_of(group: list[Visit]) -> list[Visit]:
    """Of paused work or a line its first, or all where they are in different orders."""
    line = group[0].line
    return group if line is not None and line.mixed else group[:1]


def foremost(queues: list[list[Visit]]) -> Visit:
    """The one whom nobody is ahead of in any queue; where queues contradict one another, see `of_circle`."""
    behind = {visit for queue in queues for visit in queue[1:]}
    first = [queue[0] for queue in queues if queue and queue[0] not in behind]
    return min(first, key=lambda visit: (visit.arrived, visit.identity)) if first else of_circle(queues)


def of_circle(queues: list[list[Visit]]) -> Visit:
    """The most urgent one of a circle, in which each is behind the others by way of some queue.

    It is the circle that the most urgent one of all stands in, or a circle ahead of that one. The least
    priority goes first, so that nobody takes back at once what more urgent work has interrupted; among
    equals not one whom another of them is ahead of wherever they meet, if that is not so of all.
    """
    ahead: dict[Visit, list[Visit]] = {visit: [] for queue in queues for visit in queue}
    behind: dict[Visit, list[Visit]] = {visit: [] for visit in ahead}
    for queue in queues:
        for visit, following in pairwise(queue):
            ahead[following].append(visit)
            behind[visit].append(following)
    circle: Iterable[Visit] = ahead
    upstream = set(ahead)
    while upstream:
        found = min(upstream, key=urgency_of)
        circle = reached(ahead, found)
        upstream = circle - reached(behind, found)
    places = [{visit: place for place, visit in enumerate(queue)} for queue in queues]
    ordered = sorted(circle, key=urgency_of)
    equals = [visit for visit in ordered if visit.priority == ordered[0].priority]
    for visit in equals:
        if not any(is_ahead_everywhere(other, visit, places) for other in equals):
            return visit
    return ordered[0]


def is_ahead_everywhere(visit: Visit, other: Visit, places: list[dict[Visit, int]]) -> bool:
    """Whether a visit is ahead of another in every queue in which they meet."""
    met = [place for place in places if visit in place and other in place]
    return bool(met) and all(place[visit] < place[other] for place in met)


def reached(following: dict[Visit, list[Visit]], start: Visit) -> set[Visit]:
    """A visit, and all that follow from it, directly or by way of others."""
    found = {start}
    open_ends = [start]
    while open_ends:
        new = [visit for visit in following[open_ends.pop()] if visit not in found]
        found.update(new)
        open_ends.extend(new)
    return found


def urgency_of(visit: Visit) -> tuple[Any, ...]:
    return visit.priority, visit.arrived, visit.identity
