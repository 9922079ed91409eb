"""Where requests meet: joins, calls and their answers, patience, batches at a service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from serviceflow.analysis.audit.history import History
from serviceflow.analysis.audit.lives import where_of
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.timeline import NEVER
from serviceflow.analysis.audit.visits import Request, Visit
from serviceflow.model.links import Call, Link

LEFT = ("gave up", "refused", "timed out")
"""How a member may leave a batch that is full and waits in a queue: the others stay as they are."""

# Patience


def check_patience(history: History) -> Iterator[Breach]:
    """Who waits longer than its patience gives up, and nobody gives up before."""
    for name in history.services:
        patience = history.chain.services[name].patience
        if patience is None:
            continue
        for visit in history.by_service[name]:
            ticks = history.ticks(patience, visit, visit.arrived)
            if ticks is not None and "visit" not in patience.names() and visit.outcome != "refused":
                passed = visit.opening.elapsed if visit.opening is not None else 0
                if not visit.was_at_work:
                    yield from _patient(history, visit, max(ticks - passed, 0))


def _patient(history: History, visit: Visit, patience: int) -> Iterator[Breach]:
    end = visit.started if visit.started >= 0 else history.until(visit.left)
    waited, place = end - visit.arrived, where_of(visit)
    if waited > patience:
        message = f"it waited for {waited} ticks; its patience is {patience}"
        yield Breach(visit.arrived + patience, "patience", place, visit.rows, message)
    elif visit.outcome == "gave up" and waited < patience:
        message = f"it gave up after {waited} ticks; its patience is {patience}"
        yield Breach(visit.left, "patience", place, visit.rows, message)


def check_timeouts(history: History) -> Iterator[Breach]:
    """Who is at a service for longer than it may be leaves as it is, and nobody leaves so before."""
    for name in history.services:
        timeout = history.chain.services[name].timeout
        for visit in history.by_service[name] if timeout is not None else ():
            ticks = history.ticks(timeout, visit, visit.arrived)
            if ticks is not None and "visit" not in timeout.names() and not visit.was_done:  # type: ignore[union-attr]
                passed = visit.opening.elapsed if visit.opening is not None else 0
                yield from _in_time(history, visit, max(ticks - passed, 0))


def _in_time(history: History, visit: Visit, limit: int) -> Iterator[Breach]:
    """The work on a batch is done to its end; so is nothing else."""
    ends = (visit.started if visit.together else -1, visit.finished, history.until(visit.left))
    stayed, place = next(end for end in ends if end >= 0) - visit.arrived, where_of(visit)
    if stayed > limit:
        message = f"it was there for {stayed} ticks before it was done; its timeout is {limit}"
        yield Breach(visit.arrived + limit, "timeout", place, visit.rows, message)
    elif visit.outcome == "timed out" and stayed < limit:
        message = f"it timed out after {stayed} ticks; its timeout is {limit}"
        yield Breach(visit.left, "timeout", place, visit.rows, message)


# Calls


def check_calls(history: History) -> Iterator[Breach]:
    """Who asks waits for the answers, and just so long; what must be asked is asked."""
    asking: dict[str, list[tuple[Link, Call]]] = defaultdict(list)
    for link, call in history.chain.calls.items():
        asking[link.origin].append((link, call))
    for service, calls in asking.items():
        for visit in history.by_service[service]:
            if visit.outcome not in ("refused", "joined"):
                for ask in ("before", "start", "end"):
                    yield from _calls(history, visit, [pair for pair in calls if pair[1].ask == ask], ask)


def _calls(history: History, visit: Visit, calls: list[tuple[Link, Call]], ask: str) -> Iterator[Breach]:
    span = _asked_at(visit, ask)
    if span is None or not calls or visit.together > 1:
        return
    if (visit.had_stock and ask == "before") or (visit.was_at_work and (ask == "start" or visit.was_done)):
        return  # It had asked before the run started.
    since, until, over = span
    answers = []
    for link, call in calls:
        made = [one for one in history.called[visit.request.row, str(link)] if one.asked == since]
        always = call.when is None and (call.probability is None or _certain(history, call))
        if always and not made and not (ask == "end" and not over):
            message = f"it did not ask {link.target}, as it should"
            yield Breach(since, "call", f"calls.{link}", visit.rows, message)
        answers += [one.ended if one.ended >= 0 else NEVER for one in made if call.wait]
    expected = max(answers, default=since)
    if over and len(answers) <= len(calls) and until != min(expected, NEVER):
        message = "it did not go on at the instant of the last answer"
        yield Breach(until, "call", f"calls.{calls[0][0]}", visit.rows, message)


def _certain(history: History, call: Call) -> bool:
    return (
        call.probability is not None
        and call.probability.is_constant
        and call.probability.constant(history.chain.time_unit) == 1
    )


def _asked_at(visit: Visit, ask: str) -> tuple[int, int, bool] | None:
    """When a visit asks, when it goes on, and whether it has; None if it did not come to it."""
    pauses = [pause for pause in visit.pauses if pause.cause == "call"]
    if ask == "before":
        over = visit.started >= 0 or visit.queued >= 0 or visit.part("wait_stock") > 0
        over = over or visit.part("wait_batch") > 0
        return (visit.joined_until, visit.answered, over) if visit.arrived >= 0 else None
    if visit.started < 0:
        return None
    if ask == "start":
        first = next((pause for pause in pauses if pause.start == visit.started), None)
        over = visit.finished >= 0 or visit.part("work") > 0
        return visit.started, first.end if first else visit.started, over
    if visit.finished < 0:
        return None
    last = next((pause for pause in reversed(pauses) if pause.end == visit.finished), None)
    return last.start if last else visit.finished, visit.finished, True


# Joins


def check_joins(history: History) -> Iterator[Breach]:
    """A join lets a request go on once, when the branches it waits for have come or ended."""
    joins = {name for name in history.services if history.chain.services[name].join is not None}
    if not joins or "previous" not in history.record.visits:
        return
    for visit in history.visits:
        if visit.service is not None and history.element(visit).split is not None and visit.left >= 0:
            branches = history.children[visit.row]
            branches = [one for one in branches if one.request is visit.request]
            if len(branches) > 1:
                yield from _split(history, branches, joins)


def _split(history: History, branches: list[Visit], joins: set[str]) -> Iterator[Breach]:
    """The branches of one split at each join that they meet at."""
    request = branches[0].request
    numbers = {branch.branch for branch in branches}
    mine = [visit for visit in history.by_request[request.row] if visit.branch in numbers]
    nested = any(
        visit.service is not None
        and history.element(visit).split is not None
        and len(history.children[visit.row]) > 1
        for visit in mine
    )
    if len(numbers) < len(branches) or nested:
        return
    for name in sorted(joins):
        came = [visit for visit in mine if visit.service == name and visit.arrived >= 0]
        came = [visit for visit in came if visit.outcome != "refused"]
        if came and len({visit.branch for visit in came}) == len(came):
            yield from _join(history, name, mine, came, numbers)


def _join(
    history: History, name: str, mine: list[Visit], came: list[Visit], numbers: set[int]
) -> Iterator[Breach]:
    join = history.chain.services[name].join
    wanted = len(numbers) if join == "all" else min(int(join or 1), len(numbers))
    times = sorted(_there(mine, came, number) for number in numbers)
    ready = max(times[wanted - 1], min(visit.arrived for visit in came))
    on = [visit for visit in came if visit.outcome != "joined" and not visit.left_early]
    gone = [visit for visit in on if _went_on(visit)]
    rows, place = came[0].rows, f"services.{name}"
    if len(gone) > 1:
        yield Breach(ready, "join", place, rows, "the request goes on from the join more than once")
    for visit in gone:
        if visit.joined_until != ready:
            message = "it did not go on when the branches that the join waits for were there"
            yield Breach(visit.joined_until, "join", place, rows, message)
    if not gone and ready < history.stopped and on:
        yield Breach(ready, "join", place, rows, "the branches are there, and nobody goes on")
    for visit in came:
        if visit.outcome == "joined" and visit.left != max(ready, visit.arrived):
            message = "a branch ended in the join before the others were there, or after"
            yield Breach(visit.left, "join", place, rows, message)


def _there(mine: list[Visit], came: list[Visit], number: int) -> int:
    """When a branch came to the join, or ended elsewhere."""
    for visit in came:
        if visit.branch == number:
            gave_up = visit.left_early and visit.part("wait_join") == visit.left - visit.arrived
            return visit.left if gave_up else visit.arrived
    visits = [visit for visit in mine if visit.branch == number]
    if any(visit.left < 0 for visit in visits):
        return NEVER
    return max(visit.left for visit in visits)


def _went_on(visit: Visit) -> bool:
    """Whether anything came after the waiting for branches."""
    later = visit.part("wait_call") + visit.part("wait_stock") + visit.part("wait_batch")
    return visit.queued >= 0 or visit.started >= 0 or later > 0


def check_nested_joins(history: History) -> Iterator[Breach]:
    """Branches of a split within a split meet their own join before they meet that of the outer one."""
    if "previous" not in history.record.visits:
        return
    for request in history.requests:
        gone: dict[str, list[Visit]] = defaultdict(list)
        for visit in history.by_request[request.row]:
            if visit.service and history.element(visit).join is not None and visit.outcome == "completed":
                gone[visit.service].append(visit)
        for name, visits in gone.items():
            yield from _twice(history, request, name, visits)


def _twice(history: History, request: Request, name: str, visits: list[Visit]) -> Iterator[Breach]:
    splits = [
        visit
        for visit in history.by_request[request.row]
        if visit.service is not None and len(history.children[visit.row]) > 1
    ]
    outer = [visit for visit in splits if not _within_split(history, visit)]
    if len(splits) > len(outer) and len(visits) > len(outer):
        message = "the request goes on from the join more than once: splits within splits meet at one join"
        yield Breach(visits[-1].arrived, "join", f"services.{name}", (request.row,), message)


def _within_split(history: History, visit: Visit) -> bool:
    """Whether a visit is on a branch of a split that came before, and has met no join since."""
    while visit.previous >= 0:
        before = history.visits[visit.previous]
        if before.request is not visit.request:
            return False
        if len(history.children[before.row]) > 1:
            return True
        if before.service is not None and history.element(before).join is not None:
            return False
        visit = before
    return False


# Batches


def check_batches(history: History) -> Iterator[Breach]:
    """A batch starts with its size, or with those who are there when the first has waited long enough."""
    for name in history.services:
        batch = history.chain.services[name].batch
        if batch is not None:
            visits = [visit for visit in history.by_service[name] if not visit.was_at_work]
            yield from _sizes(history, name, visits, batch.size, history.fixed(batch.max_wait))
            yield from _left_out(history, name, visits, batch.size)


def _sizes(
    history: History, name: str, visits: list[Visit], size: int, patience: int | None
) -> Iterator[Breach]:
    place = f"services.{name}"
    together: dict[tuple[int, int], list[Visit]] = defaultdict(list)
    for visit in visits:
        if visit.started >= 0:
            together[visit.started, visit.together].append(visit)
    for (start, many), members in sorted(together.items()):
        rows = tuple(member.request.row for member in members)
        if not 1 <= many <= size or len(members) % max(many, 1):
            message = f"{len(members)} start together as {many}; a batch is of {size} at most"
            yield Breach(start, "batch", place, rows, message)
        elif many < size and len(members) == many:
            first = min(member.supplied for member in members)
            if patience is None or start - first < patience:
                yield from _gave_up_meanwhile(visits, start, place, rows, many, size)
        if len(members) == many and len({(m.finished, m.part("work")) for m in members}) > 1:
            yield Breach(start, "batch", place, rows, "the members of a batch do not finish together")
    if patience is not None and not history.chain.services[name].provider_names:
        for visit in visits:
            if visit.part("wait_batch") > patience:
                message = "it waited for a batch to fill for longer than a batch waits"
                yield Breach(visit.supplied + patience, "batch", place, visit.rows, message)


def _gave_up_meanwhile(
    visits: list[Visit], start: int, place: str, rows: tuple[int, ...], many: int, size: int
) -> Iterator[Breach]:
    """A batch may be smaller where members of it left before it started."""
    if any(visit.outcome in LEFT and visit.left <= start for visit in visits):
        return
    message = f"a batch of {many} starts before it is full with {size}, or its first has waited long enough"
    yield Breach(start, "batch", place, rows, message)


def _left_out(history: History, name: str, visits: list[Visit], size: int) -> Iterator[Breach]:
    """Who comes to a batch with room goes with it; nobody waits where a batch is full."""
    if history.chain.services[name].skill is not None:
        return
    begun = _begun_with_room(visits, size)
    for visit in visits:
        if visit.outcome in ("refused", "joined"):
            continue
        until = visit.started if visit.started >= 0 else history.until(visit.left)
        small = [start for first, start in begun if first < visit.supplied < start < until]
        if small and visit.queued >= 0:
            message = "a batch begins with room for it, and it is left waiting"
            yield Breach(small[0], "batch", f"services.{name}", visit.rows, message)
    yield from _crowded(history, name, visits, size)


def _begun_with_room(visits: list[Visit], size: int) -> list[tuple[int, int]]:
    """For each batch that begins with room in it, when it surely was there, and when it begins."""
    together: dict[tuple[int, int], list[Visit]] = defaultdict(list)
    for visit in visits:
        if visit.started >= 0 and visit.together < size:
            together[visit.started, visit.together].append(visit)
    gone = [one.left for one in visits if one.outcome in LEFT]
    found = []
    for (start, many), members in together.items():
        first = min(one.supplied for one in members)
        was_full = any(first <= left <= start for left in gone)  # perhaps, until one gave up
        if len(members) == many and not was_full:  # more are several batches, which are not told apart
            found.append((first, start))
    return sorted(found)


def _crowded(history: History, name: str, visits: list[Visit], size: int) -> Iterator[Breach]:
    """As many as make a batch do not go on filling it."""
    changes = []
    for visit in visits:
        if visit.part("wait_batch"):
            changes += [(visit.supplied, 1, visit), (visit.supplied + visit.part("wait_batch"), -1, visit)]
    filling = 0
    changes.sort(key=lambda change: change[:2])
    for place, (time, change, visit) in enumerate(changes):
        filling += change
        later = changes[place + 1][0] if place + 1 < len(changes) else time
        if filling >= size and later > time and not history.chain.services[name].provider_names:
            message = f"{size} are there to fill a batch, and it does not start"
            yield Breach(time, "batch", f"services.{name}", visit.rows, message)
            return
