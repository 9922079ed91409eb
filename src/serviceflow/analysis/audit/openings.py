"""Runs that start from a state: what is said to be there is there, and goes on from there."""

from __future__ import annotations

from collections.abc import Iterator

from serviceflow.analysis.audit.history import History
from serviceflow.analysis.audit.lives import where_of
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.visits import Visit
from serviceflow.model.opening import Place
from serviceflow.model.state import IN_WORK, ON_THE_WAY, PAUSED, QUEUED


def check_openings(history: History) -> Iterator[Breach]:
    """Every request of the state, and that there are no others from before."""
    if history.opening is None:
        return
    for request in history.requests:
        if request.asked < history.begin and request.row >= history.opened:
            message = "it was asked before the run starts, and is not in the state"
            yield Breach(history.begin, "opening", "run.start_from", (request.row,), message)
    if len(history.opening_places) < len(history.opening.places):
        yield Breach(history.begin, "opening", "run.start_from", (), "not all that the state lists is there")
    for visit in history.visits:
        if visit.opening is not None:
            yield from _one(history, visit, visit.opening)


def _one(history: History, visit: Visit, place: Place) -> Iterator[Breach]:
    for right, message in _claims(history, visit, place):
        if not right:
            yield Breach(history.begin, "opening", where_of(visit), visit.rows, message)
            return


def _claims(history: History, visit: Visit, place: Place) -> Iterator[tuple[bool, str]]:
    request, begin = visit.request, history.begin
    yield request.asked == place.asked, "it was not asked when the state says"
    asker = request.source if request.kind == "order" else request.consumer
    yield asker == (place.stock or place.consumer), "another asked it than the state says"
    same = all(request.attributes.get(name) == value for name, value in place.attributes.items())
    yield same, "its attributes are not those of the state"
    link = None if visit.handoff is None else str(visit.handoff)
    there = visit.service == place.service or visit.returned
    yield there and link == place.handoff, f"it is not where the state says, at {place.service or 'the end'}"
    yield visit.asked == begin, "it is not there when the run starts"
    yield from (_on_the_way if place.state == ON_THE_WAY else _at_a_service)(history, visit, place)


def _on_the_way(history: History, visit: Visit, place: Place) -> Iterator[tuple[bool, str]]:
    if place.remaining is not None:
        due = history.begin + place.remaining
        right = visit.arrived == due if due <= history.stopped else visit.arrived < 0
        yield right or due == history.stopped, "it does not arrive when the state says"


def _at_a_service(history: History, visit: Visit, place: Place) -> Iterator[tuple[bool, str]]:
    begin = history.begin
    yield visit.arrived == begin, "it is not there when the run starts"
    yield visit.number == place.visit or bool(visit.branch), "it is another visit than the state says"
    if place.state == QUEUED:
        yield visit.queued == begin or visit.outcome == "refused", "it does not queue when the run starts"
    if place.state not in (IN_WORK, PAUSED):
        return
    yield visit.started == begin, "it is not in work when the run starts"
    if place.state == IN_WORK:
        later = all(pause.start > begin or pause.cause == "call" for pause in visit.pauses)
        yield later, "its work stands still when the run starts"
    if place.remaining is not None and visit.finished >= 0:
        yield visit.part("work") == place.remaining, "its work does not take what the state says is left"
    if place.members:
        yield visit.member is None or visit.member in place.members, "another does it than the state says"
    if place.provider is not None and history.element(visit).any_of:
        yield visit.provider == place.provider, "another provider does it than the state says"
