"""The life of each visit and request: instants in order, parts that sum, ways that exist, work as stated."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from serviceflow.analysis.audit.history import WHEN, History
from serviceflow.analysis.audit.places import blocks
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.visits import Request, Visit

INSTANTS = ("asked", "arrived", "queued", "started", "finished", "left")


def check_lives(history: History) -> Iterator[Breach]:
    """Every visit by itself."""
    for visit in history.visits:
        yield from _order(history, visit)
        yield from _parts(history, visit)
        if visit.service is not None:
            yield from _work(history, visit)
            yield from _end(history, visit)


def where_of(visit: Visit) -> str:
    """The element that a breach of a visit names."""
    return f"services.{visit.service}" if visit.service is not None else f"handoffs.{visit.handoff}"


def _order(history: History, visit: Visit) -> Iterator[Breach]:
    reached = [(name, getattr(visit, name)) for name in INSTANTS if getattr(visit, name) >= 0]
    for (early, before), (late, after) in itertools.pairwise(reached):
        if after < before:
            message = f"{late} comes before {early}"
            yield Breach(after, "order of instants", where_of(visit), visit.rows, message)
    if reached and max(time for _, time in reached) > history.stopped:
        yield Breach(history.stopped, "order of instants", where_of(visit), visit.rows, "after the run's end")


# Parts


def _parts(history: History, visit: Visit) -> Iterator[Breach]:
    for name, ticks in visit.parts.items():
        if ticks < 0:
            yield Breach(visit.asked, "parts", where_of(visit), visit.rows, f"the part {name} is negative")
    for stage, start, end, names in _stages(history, visit):
        total = sum(ticks for name, ticks in visit.parts.items() if name.startswith(names))
        if total != end - start:
            message = f"the parts of its {stage} come to {total} ticks; it took {end - start}"
            yield Breach(start, "parts", where_of(visit), visit.rows, message)
    if (
        visit.queued >= 0
        and visit.outcome != "joined"
        and visit.supplied + visit.part("wait_batch") != (visit.queued)
    ):
        message = "what it waited for before the queue does not end where it joined the queue"
        yield Breach(visit.queued, "parts", where_of(visit), visit.rows, message)
    yield from _pauses(history, visit)


def _stages(history: History, visit: Visit) -> Iterator[tuple[str, int, int, tuple[str, ...]]]:
    """Each stage of a life with its begin, its end, and how its parts are named."""
    end = history.until(visit.left)
    arrived = visit.arrived if visit.arrived >= 0 else end
    started = visit.started if visit.started >= 0 else end
    finished = visit.finished if visit.finished >= 0 else end
    if visit.service is None:
        arrived = started = finished = end
    yield "handoff", visit.asked, min(arrived, end), ("handoff_",)
    yield "waiting", min(arrived, end), min(started, end), ("wait_",)
    yield "work", min(started, end), min(finished, end), ("setup", "work", "pause_")
    yield "blocking", min(finished, end), end, ("blocked",)


def _pauses(history: History, visit: Visit) -> Iterator[Breach]:
    """Pauses lie within the work, do not overlap, and come to the parts."""
    end, last = history.until(visit.finished), visit.started
    for pause in visit.pauses:
        if visit.started < 0 or pause.start < last or pause.end < pause.start or pause.end > end:
            message = "a pause is not within its work, or overlaps another"
            yield Breach(pause.start, "pause", where_of(visit), visit.rows, message)
        last = pause.end
    if visit.service is None or not history.element(visit).provider_names:
        return
    for cause in ("off_shift", "outage", "preempted", "call"):
        total = sum(pause.end - pause.start for pause in visit.pauses if pause.cause == cause)
        if total != visit.part(f"pause_{cause}"):
            message = f"its pauses of cause {cause} come to {total} ticks; the part says otherwise"
            yield Breach(visit.started, "pause", where_of(visit), visit.rows, message)


# Work


def _work(history: History, visit: Visit) -> Iterator[Breach]:
    """Work takes what the model says, where that is not drawn, learned or made faster."""
    if visit.finished < 0 or visit.was_at_work:
        return
    service = history.element(visit)
    providers = [history.chain.providers[name] for name in service.provider_names]
    if service.learning not in (None, 1.0) or any(provider.members for provider in providers):
        yield from _work_of_member(history, visit)
        return
    wanted = _stated_ticks(history, visit)
    if wanted is not None and visit.part("work") != max(wanted, 1 if providers else 0):
        message = f"its work took {visit.part('work')} ticks; the duration says {wanted}"
        yield Breach(visit.started, "duration", where_of(visit), visit.rows, message)


def _stated_ticks(history: History, visit: Visit) -> int | None:
    """The duration of the service; None where it is drawn, or depends on who leads a batch or on the hour."""
    duration = history.element(visit).duration
    if visit.together > 1 and not duration.is_constant:
        return None
    if duration.names() & WHEN:
        return None
    return history.ticks(duration, visit, visit.started)


def _work_of_member(history: History, visit: Visit) -> Iterator[Breach]:
    """Where nothing is learned, a member takes the duration by their speed."""
    service = history.element(visit)
    owner = visit.provider or history.keepers[visit.service or ""]
    members = history.chain.providers[owner].members or {}
    wanted = _stated_ticks(history, visit)
    if service.learning not in (None, 1.0) or visit.member is None or wanted is None:
        return
    if visit.member not in members:
        return
    expected = max(int(wanted / members[visit.member].speed + 0.5), 1)
    if abs(visit.part("work") - expected) > 1:
        message = f"{visit.member} took {visit.part('work')} ticks for work of {expected}"
        yield Breach(visit.started, "duration", where_of(visit), visit.rows, message)


def _end(history: History, visit: Visit) -> Iterator[Breach]:
    """An outcome and the instants that it implies."""
    place = where_of(visit)
    service = history.element(visit)
    limited = [name for name in service.provider_names if _limit(history, name) is not None]
    before = sum(visit.part(f"wait_{cause}") for cause in ("join", "call", "stock", "batch"))
    wrong = {
        "completed": visit.finished < 0 or visit.left < 0,
        "gave up": visit.started >= 0 or visit.left < 0 or service.patience is None,
        "refused": visit.started >= 0 or visit.left != visit.arrived + before or not limited,
        "unfinished": visit.left >= 0,
        "timed out": visit.finished >= 0 or visit.left < 0 or service.timeout is None,
        "joined": visit.started >= 0 or visit.left < 0 or service.join is None,
    }
    if wrong[visit.outcome]:
        message = f"it cannot have ended as {visit.outcome!r} there, by its instants and the service's fields"
        yield Breach(history.until(visit.left), "outcome", place, visit.rows, message)


def _limit(history: History, provider: str) -> int | None:
    return history.chain.providers[provider].queue_limit


# Requests


def check_requests(history: History) -> Iterator[Breach]:
    """Every request as a whole: one visit leads to the next, and it ends with the last of them."""
    for request in history.requests:
        visits = history.by_request[request.row]
        yield from _request_end(history, request, visits)
        yield from _path(history, request, visits)


def _request_end(history: History, request: Request, visits: list[Visit]) -> Iterator[Breach]:
    place, who = _source(request), (request.row,)
    open_ = [visit for visit in visits if visit.left < 0]
    if (request.ended >= 0) == (request.outcome == "unfinished"):
        yield Breach(history.until(request.ended), "outcome", place, who, "its end and its outcome disagree")
    if request.ended >= 0 and open_:
        yield Breach(request.ended, "outcome", place, who, "it has ended, and a visit of it has not")
    elif request.ended < 0 and visits and not open_:
        yield Breach(history.stopped, "outcome", place, who, "no visit of it is open, and it has not ended")
    if request.ended >= 0 and visits and not open_:
        last = max(visit.left for visit in visits)
        if last != request.ended:
            yield Breach(request.ended, "path", place, who, "it ends at another instant than its last visit")
        outcomes = {visit.outcome for visit in visits if visit.left == last}
        if request.outcome != "completed" and request.outcome not in outcomes:
            if not any(visit.service is None for visit in visits):
                message = f"it {request.outcome}, and its last visit did not"
                yield Breach(request.ended, "outcome", place, who, message)
        elif request.outcome == "completed" and not outcomes & {"completed", "joined"}:
            yield Breach(request.ended, "outcome", place, who, "it completed, and its last visit did not")


def _source(request: Request) -> str:
    section = {"consumer": "consumers", "order": "stocks", "outage": "providers", "called": "calls"}
    return f"{section[request.kind]}.{request.source}"


def _path(history: History, request: Request, visits: list[Visit]) -> Iterator[Breach]:
    """Each visit was asked when the one before it left, by a handoff that leads from there."""
    for place, visit in enumerate(visits):
        if visit.opening is not None:
            continue
        before = _before(history, visits, place)
        yield from _brought(history, request, visit, before)
        if not _asked_in_time(history, request, visit, before):
            message = "it was not asked when the visit before it left, or the request came"
            yield Breach(visit.asked, "path", where_of(visit), visit.rows, message)


def _asked_in_time(history: History, request: Request, visit: Visit, before: Visit | None) -> bool:
    """Whether a visit was asked when the one before it left; branches before full queues leave one by one."""
    if before is None:
        return visit.asked == request.asked
    if not before.part("blocked") or history.element(before).split is None:
        return visit.asked == before.left
    if not blocks(history, visit):
        return visit.asked == before.finished
    return before.finished <= visit.asked <= history.until(before.left)


def _before(history: History, visits: list[Visit], place: int) -> Visit | None:
    """The visit of the same request that led to one; None for the first."""
    if "previous" not in history.record.visits:
        return visits[place - 1] if place else None
    row = visits[place].previous
    if row < 0 or history.visits[row].request is not visits[place].request:
        return None
    return history.visits[row]


def _brought(history: History, request: Request, visit: Visit, before: Visit | None) -> Iterator[Breach]:
    link = visit.handoff
    if link is None:
        if before is not None and visit.service is not None:
            message = "no handoff brought it there from the visit before"
            yield Breach(visit.asked, "path", where_of(visit), visit.rows, message)
        return
    handoff = history.chain.handoffs[link]
    asking = handoff.clarification
    target = asking.returns_to if visit.returned and asking else None if link.ends else link.target
    origin = before.service if before is not None else request.source
    if visit.service != target or link.origin != origin:
        message = f"the handoff {link} does not lead from {origin} to {visit.service or 'end'}"
        yield Breach(visit.asked, "path", where_of(visit), visit.rows, message)
    after = {"completed": "finished", "joined": "finished"}
    blocked = before is not None and before.outcome == "unfinished" and before.finished >= 0
    ended = "finished" if blocked or before is None else after.get(before.outcome, before.outcome)
    if before is not None and ended != handoff.after:
        message = f"the handoff {link} is for those that {handoff.after}; the visit before {before.outcome}"
        yield Breach(visit.asked, "path", where_of(visit), visit.rows, message)
    told = handoff.when is not None and "visit" not in handoff.when.names()
    if told and history.value(handoff.when, "flag", visit, visit.asked) == 0.0:  # type: ignore[arg-type]
        message = f"the condition of the handoff {link} does not hold"
        yield Breach(visit.asked, "path", where_of(visit), visit.rows, message)
