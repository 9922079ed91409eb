"""Ways between services: the next dispatch, trays, delays, clarifications, and the calendars of all these."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from serviceflow.analysis.audit.history import WHEN, History
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.timeline import NEVER, Steps, instants_of
from serviceflow.analysis.audit.visits import Visit
from serviceflow.model.links import Batch, Link, Transfer

FRUITLESS = 10_000


class Way:
    """One way, and who took it."""

    def __init__(self, history: History, name: str, transfer: Transfer, visits: list[Visit]) -> None:
        self.history = history
        self.name = name
        self.transfer = transfer
        self.visits = visits
        self.calendar: Steps | None = None
        if transfer.calendar is not None:
            self.calendar = history.calendars[transfer.calendar]
        self.every = history.fixed(transfer.every) or 0
        self.instants: list[int] | None = None
        if transfer.at is not None:
            self.instants = instants_of(transfer.at, history.chain.start, history.horizon)

    def next_dispatch(self, time: int) -> int:
        """The next dispatch at an instant or later, in open time."""
        for _ in range(FRUITLESS):
            if self.every:
                time = -(-time // self.every) * self.every
            elif self.instants is not None:
                place = bisect_left(self.instants, time)
                if place == len(self.instants):
                    return NEVER
                time = self.instants[place]
            if self.calendar is None or not (self.every or self.instants) or self.calendar.at(time) > 0:
                return time
            time += 1
        return NEVER

    def later(self, time: int, ticks: int) -> int:
        """The instant after some ticks of the way's working time."""
        return time + ticks if self.calendar is None else self.calendar.advance(time, ticks)

    def is_open(self, time: int) -> bool:
        """Whether something of the way may end at an instant."""
        return self.calendar is None or self.calendar.touches(time)


def check_ways(history: History) -> Iterator[Breach]:
    """Every handoff, every call and every answer."""
    for way in _ways(history):
        for visit in way.visits:
            yield from _one(way, visit)
        if way.transfer.batch is not None:
            yield from _tray(way, way.transfer.batch)


def _ways(history: History) -> Iterator[Way]:
    taken: dict[tuple[str, Link, bool], list[Visit]] = defaultdict(list)
    for visit in history.visits:
        if visit.handoff is not None:
            taken["handoffs", visit.handoff, False].append(visit)
        elif visit.call is not None:
            taken["calls", visit.call, visit.service is None].append(visit)
    for (section, link, back), visits in sorted(taken.items(), key=lambda item: str(item[0])):
        if section == "handoffs":
            yield Way(history, f"handoffs.{link}", history.chain.handoffs[link], visits)
        else:
            call = history.chain.calls[link]
            yield Way(history, f"calls.{link}", (call.answer or Transfer()) if back else call, visits)


def _one(way: Way, visit: Visit) -> Iterator[Breach]:
    """The dispatch, the delay and the clarifications of one visit."""
    if visit.arrived < 0 or _turned_away(way.history, visit):
        return
    if visit.opening is not None and visit.opening.remaining is not None:
        return  # It had set out before the run started.
    leaving = visit.asked + visit.part("handoff_dispatch")
    arriving = leaving + visit.part("handoff_delay")
    at_once = way.every == 0 and way.instants is None and way.calendar is not None
    if way.transfer.batch is None and not at_once and way.next_dispatch(visit.asked) != leaving:
        message = "it did not leave with the next dispatch"
        yield Breach(leaving, "dispatch", way.name, visit.rows, message)
    if not way.is_open(visit.arrived):
        message = f"it arrived while the calendar {way.transfer.calendar!r} is closed"
        yield Breach(visit.arrived, "calendar", way.name, visit.rows, message)
    elif (due := _due(way, visit, leaving)) is not None and not (
        due == arriving or (way.calendar is not None and visit.clarifications == 0 and due == visit.arrived)
    ):
        message = "its delay is not that of the way in its open time"
        yield Breach(arriving, "delay", way.name, visit.rows, message)
    yield from _clarified(way, visit)


def _due(way: Way, visit: Visit, leaving: int) -> int | None:
    """When the delay is over; None where it is drawn, or depends on when it is asked."""
    delay = way.transfer.delay
    if delay is not None and delay.names() & WHEN:
        return None
    ticks = way.history.ticks(delay, visit, leaving)
    if ticks is None:
        return None
    if way.calendar is not None and ticks == 0:
        return None  # that it is open then is looked at by itself
    return way.later(leaving, ticks)


def _clarified(way: Way, visit: Visit) -> Iterator[Breach]:
    asking = way.transfer.clarification
    ticks = visit.part("handoff_clarification")
    if visit.clarifications == 0:
        if ticks or visit.returned:
            message = "it took time to clarify, or came back, though nothing was incomplete"
            yield Breach(visit.arrived, "clarification", way.name, visit.rows, message)
    elif asking is None:
        message = "it was clarified on a way that asks for nothing"
        yield Breach(visit.arrived, "clarification", way.name, visit.rows, message)
    elif visit.returned != (asking.returns_to is not None):
        message = "what is incomplete goes back to be reworked if the way says so, and only then"
        yield Breach(visit.arrived, "clarification", way.name, visit.rows, message)
    elif way.calendar is None and asking.delay is not None and asking.delay.is_constant:
        wanted = visit.clarifications * (way.history.fixed(asking.delay) or 0)
        if ticks != wanted:
            message = f"its clarifications took {ticks} ticks; {wanted} were needed"
            yield Breach(visit.arrived, "clarification", way.name, visit.rows, message)


# Trays


def _tray(way: Way, batch: Batch) -> Iterator[Breach]:
    """Who waits for each other leaves together: the tray is full, or its first has waited long enough."""
    known = [visit for visit in way.visits if not _turned_away(way.history, visit)]
    known = [visit for visit in known if visit.opening is None or visit.opening.remaining is None]
    gone = [visit for visit in known if visit.arrived >= 0]
    patience = way.history.fixed(batch.max_wait)
    together: dict[int, list[Visit]] = defaultdict(list)
    for visit in gone:
        together[visit.asked + visit.part("handoff_dispatch")].append(visit)
    for leaving, visits in together.items():
        rest = len(visits) % batch.size
        full = rest == 0 or way.calendar is not None or _may_have_left(way, known, leaving)
        first = min(visit.asked for visit in visits)
        if not full and (patience is None or way.later(first, patience) > leaving):
            rows = tuple(visit.request.row for visit in visits)
            message = f"{len(visits)} left together; a tray takes {batch.size}"
            yield Breach(leaving, "tray", way.name, rows, message)
    yield from _overdue(way, batch, known, patience)


def _turned_away(history: History, visit: Visit) -> bool:
    """Whether a visit was refused at the door, before it went any way: where a full queue blocks."""
    if visit.outcome != "refused" or visit.service is None:
        return False
    names = history.element(visit).provider_names
    return any(history.chain.providers[name].when_full == "block" for name in names)


def _may_have_left(way: Way, known: list[Visit], leaving: int) -> bool:
    """Whether somebody who has not arrived may have left at that instant, too."""
    return any(
        visit.arrived < 0 and visit.asked + visit.part("handoff_dispatch") >= leaving >= visit.asked
        for visit in known
    )


def _overdue(way: Way, batch: Batch, known: list[Visit], patience: int | None) -> Iterator[Breach]:
    """Nobody stays in a full tray, or longer than it may wait."""
    if way.calendar is not None:
        return
    changes = []
    for visit in known:
        leaving = visit.asked + visit.part("handoff_dispatch")
        if patience is not None and leaving - visit.asked > patience:
            message = "it waited in the tray for longer than a tray waits"
            yield Breach(leaving, "tray", way.name, visit.rows, message)
        if leaving > visit.asked:
            changes += [(visit.asked, 1, visit), (leaving, -1, visit)]
    inside = 0
    changes.sort(key=lambda change: (change[0], change[1]))
    for place, (time, change, visit) in enumerate(changes):
        inside += change
        later = changes[place + 1][0] if place + 1 < len(changes) else time
        if inside >= batch.size and later > time:
            message = f"the tray is full with {batch.size}, and does not leave"
            yield Breach(time, "tray", way.name, visit.rows, message)
            return
