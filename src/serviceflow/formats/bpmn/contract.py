"""The graph made smaller until only what becomes a service is left: merges vanish, gateways join their
neighbors.

A gateway needs a service of its own, of no time and without provider, only where neither the work before it
nor that
behind it can stand for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from serviceflow.formats.bpmn.graph import (
    AND,
    END,
    OR,
    RACE,
    START,
    WORK,
    XOR,
    Place,
    Way,
    connect,
    retarget,
)

SPLITS = (AND, OR)


def reachable(starts: Iterable[Place]) -> set[Place]:
    """Every place to which ways lead from some."""
    found: set[Place] = set()
    pending = list(starts)
    while pending:
        place = pending.pop()
        if place not in found:
            found.add(place)
            pending.extend(way.target for way in place.out)
    return found


def prune(places: list[Place], starts: Iterable[Place]) -> list[Place]:
    """Take out what no request comes to; what was taken out is returned."""
    kept = reachable(starts)
    gone = [place for place in places if place not in kept]
    places[:] = [place for place in places if place in kept]
    for place in places:
        place.into = [way for way in place.into if way.source in kept]
    return gone


def contract(places: list[Place]) -> None:
    """Take out gateways that decide nothing, until there are none."""
    changed = True
    while changed:
        changed = False
        for place in list(places):
            if place.kind in (WORK, START, END):
                continue
            if not place.out or _leads_to_itself_only(place):
                _close(place)
            elif _passes(place):
                _pass(place)
                places.remove(place)
            elif place.kind != AND or not _drop_ended(place):
                continue
            changed = True


def _leads_to_itself_only(place: Place) -> bool:
    return all(way.target is place for way in place.out)


def _close(place: Place) -> None:
    """Make an end of a place from which nothing leads on."""
    for way in place.out:
        place.into.remove(way)
    place.out.clear()
    place.kind = END


def _passes(place: Place) -> bool:
    """Whether a place has one way on and waits for nobody."""
    if len(place.out) != 1:
        return False
    target = place.out[0].target
    if place.kind in (XOR, RACE) or target.kind == END:
        return len(place.into) <= 1 or not is_split(target)  # a split of several ways in would be a join
    return len(place.into) <= 1 and not place.waits


def _pass(place: Place) -> None:
    target = place.out[0].target
    target.into.remove(place.out[0])
    for way in list(place.into):
        retarget(way, target)


def _drop_ended(place: Place) -> bool:
    """Take out branches that end at once, as long as one is left; whether there were any."""
    ended = [way for way in place.out if way.target.kind == END]
    if not ended or len(place.out) < 2:
        return False
    for way in ended[: len(place.out) - 1]:
        place.out.remove(way)
        way.target.into.remove(way)
    if len(place.out) == 1:
        place.kind = XOR  # nothing is left to split
    return True


@dataclass
class Anchors:
    """Which places are services, and what they take over.

    Attributes
    ----------
    services : list of Place
        Work, and gateways that need a service of their own.
    leads : dict
        The place whose ways leave a service or start, if not its own.
    joins : dict
        The join that a service takes over.
    """

    services: list[Place] = field(default_factory=list)
    leads: dict[Place, Place] = field(default_factory=dict)
    joins: dict[Place, Place] = field(default_factory=dict)
    home: dict[Place, Place] = field(default_factory=dict)
    """The service at which those arrive who are sent to a gateway."""

    def exits(self, place: Place) -> list[Way]:
        """The ways that leave a service or start."""
        return self.leads.get(place, place).out

    def gate(self, place: Place) -> Place:
        """The place that decides on the ways that leave a service or start."""
        return self.leads.get(place, place)


def is_join(place: Place) -> bool:
    """Whether branches wait for each other here."""
    return place.kind in SPLITS and (len(place.into) > 1 or place.waits)


def is_split(place: Place) -> bool:
    """Whether several ways may be taken here."""
    return place.kind in SPLITS and len(place.out) > 1


def find_anchors(places: list[Place], conditional: Callable[[Place], bool], entries: set[Place]) -> Anchors:
    """Decide which gateways become services.

    Parameters
    ----------
    places : list of Place
        Contracted.
    conditional : callable
        Whether an exclusive gateway decides by more than shares.
    entries : set of Place
        Starts that others call: a service must stand behind them.
    """
    found = Anchors()
    owned: set[Place] = set()
    for place in places:
        if is_join(place):
            behind = place.out[0].target
            if behind.kind == WORK and len(behind.into) == 1 and behind not in found.joins:
                found.joins[behind] = place
                found.home[place] = behind
                owned.add(place)
    anchored = {place for place in places if place.kind == WORK or (is_join(place) and place not in owned)}
    _adopt(places, found, anchored, owned, conditional, entries)
    for place in places:
        free = place.kind in (AND, OR, RACE, XOR) and place not in owned
        if free and (place.kind != XOR or conditional(place) or _is_branch(place, conditional)):
            anchored.add(place)
    anchored |= _in_circles(places, anchored, owned)
    found.services = [place for place in places if place in anchored]
    found.home |= {place: place for place in anchored}
    return found


def _adopt(
    places: list[Place],
    found: Anchors,
    anchored: set[Place],
    owned: set[Place],
    conditional: Callable[[Place], bool],
    entries: set[Place],
) -> None:
    """Let work, joins and starts decide for the gateway that alone follows them."""
    for place in places:
        decides = is_split(place) or place.kind == RACE or (place.kind == XOR and conditional(place))
        if not decides or len(place.into) != 1 or place in anchored:
            continue
        before = place.into[0].source
        if before.kind == START and (is_split(place) or before in entries):
            continue
        if len(before.out) == 1 and (before in anchored or before.kind == START):
            found.leads[before] = place
            owned.add(place)


def _is_branch(place: Place, conditional: Callable[[Place], bool]) -> bool:
    """Whether a choice follows at once on a split or a condition."""
    return any(
        way.source.kind in (AND, OR, RACE) or (way.source.kind == XOR and conditional(way.source))
        for way in place.into
        if way.source.kind not in (WORK, START) and len(way.source.out) > 1
    )


def _in_circles(places: list[Place], anchored: set[Place], owned: set[Place]) -> set[Place]:
    """Choices that lead straight back to themselves: one of each circle."""
    free = {place for place in places if place.kind == XOR and place not in anchored and place not in owned}
    degree = {place: sum(way.target in free for way in place.out) for place in free}
    ready = [place for place in free if degree[place] == 0]
    kept: set[Place] = set()
    left = set(free)
    order = [place for place in places if place in free]
    while left:
        while ready:
            place = ready.pop()
            if place not in left:
                continue
            left.discard(place)
            for way in place.into:
                if way.source in left:
                    degree[way.source] -= 1
                    if degree[way.source] == 0:
                        ready.append(way.source)
        if left:
            first = next(place for place in order if place in left)
            kept.add(first)
            ready.append(first)
            degree[first] = 0
    return kept


__all__ = ["Anchors", "connect", "contract", "find_anchors", "is_join", "is_split", "prune", "reachable"]
