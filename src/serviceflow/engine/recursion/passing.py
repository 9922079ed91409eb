"""All requests through all services of a chain, one service after another (see ``serving``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.engine.kernel.memory import leaf
from serviceflow.engine.program.codes import JOINED, NOBODY
from serviceflow.engine.recursion.calling import draw_by
from serviceflow.engine.recursion.drawing import BUFFER
from serviceflow.engine.recursion.serving import serve_at_once, serve_few, serve_many, serve_one, sort_stream

REFUSED = -np.inf
"""What a duration that cannot be makes of the sum of all."""
FEW = 12
"""Up to so many units are kept in order one by one; more, in a heap."""

INDEX, UNITS, WORK, LINK, FIRST_EXIT, EXITS, SPLITS, STRANDS = range(8)
SERVICE_FIELDS = 8
HANDOFF, NODE, DELAY, AHEAD, WAY = range(5)
EXIT_FIELDS = 5
ENTERS, DOORS, FIRST_DOOR = range(3)


def pass_all(
    draw: int, run: Any, codes: Any, plan: Any, who: Any, asked: Any, slots: Any, columns: Any, inboxes: Any
) -> Any:
    """Let everything happen; gives more ticks than all durations together; ``REFUSED`` if one cannot be.

    Parameters
    ----------
    draw : int
        The address of ``drawing.draw_ticks``.
    run, codes, who : tuple
        As in ``drawing.draw_ticks``.
    plan : tuple of arrays
        Per service, in an order in which requests can come to them: its index, units (0: it needs none), the
        code of its duration, what its visits have in common (``drawing.VARIOUS``), the first of its exits,
        how many, whether it splits, and how many branches join there. Per exit: the handoff, the node (-1:
        the end; nodes after services are ways home), the code of the delay (-1: none), how many slots
        further than the next one the visit lies, and what the visits on it have in common. Per source: the
        service it enters (-1: by handoffs), how many exits it has, and the first of them. And how many
        services there are.
    asked : tuple of arrays
        The instant of each request, the requests source by source (empty: there is one source), and where
        those of each source begin.
    slots : tuple of arrays
        The first slot of each request; per slot the handoff that brought the visit and the one taken from it,
        the branch, the slot that sent it, and the slot behind which its next visit lies. Empty where all
        requests go the same way, nothing splits or nothing joins.
    columns : tuple of arrays
        Receive, by slot, when visits arrived, started and finished, how long they waited and were worked on;
        when they were asked and how long they were on their way (both empty without delays), how long they
        waited for branches and how they ended (both empty without joins, else zeros); and by request when it
        ended (empty if each makes one visit).
    inboxes : tuple of arrays
        Room for who comes to each node: instants and slots, where the room of each node begins, how many
        there are, in how many parts, and how many parts are not in order. Room for a stream, twice, for
        ticks, and for another stream.
    """
    services, _, sources, _ = plan
    buffers = (
        np.zeros(BUFFER, dtype=np.int64),
        np.zeros(BUFFER, dtype=np.uint64),
        np.empty(BUFFER, dtype=np.float64),
    )
    together = (draw, run, codes, plan, who, slots, columns, inboxes, buffers)
    total = 0.0
    for source in range(len(sources)):
        total += _enter(source, asked, together)
    for place in range(len(services)):
        total += _pass(place, together)
        if total < 0.0:
            return total
    _come_home(together)
    return total


@leaf
def _enter(source: int, asked: Any, together: Any) -> Any:
    """Requests of a source enter at its service, or by its handoffs."""
    _, _, _, plan, _, slots, columns, inboxes, _ = together
    times, rows, starts = asked
    _, exits, sources, _ = plan
    out_times, out_slots = inboxes[6], inboxes[7]
    firsts, handoffs = slots[0], slots[1]
    total = 0.0
    begin, end = (starts[source], starts[source + 1]) if len(rows) else (0, len(times))
    doors = max(sources[source, DOORS], 1)
    for door in range(doors):
        place = sources[source, FIRST_DOOR] + door
        count = 0
        for i in range(begin, end):
            row = rows[i] if len(rows) else i
            if doors == 1 or handoffs[firsts[row]] == exits[place, HANDOFF]:
                out_times[count] = times[row]
                out_slots[count] = firsts[row]
                count += 1
        if sources[source, ENTERS] != NOBODY:
            _append(sources[source, ENTERS], out_times[:count], out_slots[:count], 0, True, columns, inboxes)
        else:
            total += _send(place, out_times[:count], out_slots[:count], True, together)
    return total


@leaf
def _append(node: int, times: Any, slots: Any, ahead: int, ordered: Any, columns: Any, inboxes: Any) -> int:
    """Put a stream into a node's inbox; gives where it begins there."""
    all_times, all_slots, starts, filled, parts, mixed = inboxes[:6]
    asked = columns[5]
    start = starts[node] + filled[node]
    for i in range(len(times)):
        all_times[start + i] = times[i]
        all_slots[start + i] = slots[i] + ahead
    if len(asked):
        for i in range(len(times)):
            asked[slots[i] + ahead] = times[i]
    filled[node] += len(times)
    parts[node] += 1
    if not ordered:
        mixed[node] += 1
    return start  # type: ignore[no-any-return]


@leaf
def _send(place: int, times: Any, slots: Any, ordered: Any, together: Any) -> Any:
    """Put visits on their way by an exit; gives more ticks than all delays together."""
    draw, run, codes, plan, who, _, columns, inboxes, buffers = together
    way = plan[1][place]
    constant = way[DELAY] == NOBODY or codes[0][way[DELAY], 0] == 0
    start = _append(way[NODE], times, slots, way[AHEAD], ordered and constant, columns, inboxes)
    if way[DELAY] == NOBODY:
        return 0.0
    here = inboxes[1][start : start + len(times)]
    ticks = inboxes[8][: len(times)]
    longest = draw_by(draw, run, codes, way[DELAY], here, way[WAY], 0, who, buffers, ticks)
    if longest < 0:
        return REFUSED
    delayed = columns[6]
    for i in range(len(times)):
        inboxes[0][start + i] += ticks[i]
        delayed[here[i]] = ticks[i]
    return float(longest) * len(times)


@leaf
def _pass(place: int, together: Any) -> Any:
    """Let visits be served, and go on; gives more ticks than all durations together."""
    draw, run, codes, plan, who, slots, columns, inboxes, buffers = together
    service = plan[0][place]
    node = service[INDEX]
    start = inboxes[2][node]
    count = inboxes[3][node]
    ordered = inboxes[4][node] <= 1 and inboxes[5][node] == 0
    if service[STRANDS]:
        count = _join(start, count, service[STRANDS], together)
        ordered = False
    if count == 0:
        return 0.0
    times, these = inboxes[0][start : start + count], inboxes[1][start : start + count]
    out_times, out_slots = inboxes[6][:count], inboxes[7][:count]
    if not ordered and sort_stream(times, these, out_times, out_slots):
        for i in range(count):
            times[i] = out_times[i]
            these[i] = out_slots[i]
    work = inboxes[8][:count]
    least = 1 if service[UNITS] else 0
    longest = draw_by(draw, run, codes, service[WORK], these, service[LINK], least, who, buffers, work)
    if longest < 0:
        return REFUSED
    step = 0 if service[STRANDS] else 1
    units = min(service[UNITS], count)
    first = columns[:5]
    if units == 0:
        serve_at_once(times, these, work, first, step, out_times, out_slots)
    elif units == 1:
        serve_one(times, these, work, first, step, out_times, out_slots)
    elif units <= FEW:
        serve_few(times, these, work, units, first, step, out_times, out_slots)
    else:
        serve_many(times, these, work, units, first, step, out_times, out_slots)
    if service[STRANDS]:
        stand_in = slots[5]
        for i in range(count):
            out_slots[i] = stand_in[out_slots[i]] + 1
    ordered = units > 0 or codes[0][service[WORK], 0] == 0
    return float(longest) * count + _leave(service, out_times, out_slots, ordered, together)


@leaf
def _leave(service: Any, times: Any, slots: Any, ordered: Any, together: Any) -> Any:
    """On to where requests go next; the slots are those behind the ones that they leave."""
    _, _, _, plan, who, info, columns, inboxes, _ = together
    exits = plan[1]
    taken = info[2]
    first, count = service[FIRST_EXIT], service[EXITS]
    if count == 0:
        _end(times, slots, who[0], columns[9])
        return 0.0
    total = 0.0
    for place in range(first, first + count):
        some_times, some_slots = times, slots
        if count > 1 and not service[SPLITS]:
            some_times, some_slots = inboxes[9], inboxes[10]
            found = 0
            for i in range(len(times)):
                if taken[slots[i] - 1] == exits[place, HANDOFF]:
                    some_times[found] = times[i]
                    some_slots[found] = slots[i]
                    found += 1
            some_times, some_slots = some_times[:found], some_slots[:found]
        if exits[place, NODE] == NOBODY:
            _end(some_times, some_slots, who[0], columns[9])
        else:
            total += _send(place, some_times, some_slots, ordered, together)
    return total


@leaf
def _end(times: Any, slots: Any, requests: Any, ended: Any) -> None:
    """A request ends with its last branch; the slots are those behind its last ones."""
    if len(ended):
        for i in range(len(times)):
            request = requests[slots[i] - 1]
            ended[request] = max(ended[request], times[i])


@leaf
def _come_home(together: Any) -> None:
    """Those whose way home takes time are over when they arrive."""
    _, _, _, plan, who, _, columns, inboxes, _ = together
    arrived, started, finished, waited, worked = columns[:5]
    ended, nodes = columns[9], inboxes[2]
    for place in range(nodes[plan[3]], nodes[-1]):
        time, slot = inboxes[0][place], inboxes[1][place]
        arrived[slot] = time
        started[slot] = finished[slot] = -1
        worked[slot] = 0
        if len(waited):
            waited[slot] = 0
        request = who[0][slot]
        ended[request] = max(ended[request], time)


@leaf
def _join(start: int, count: int, strands: int, together: Any) -> Any:
    """With the branch that comes last, its visit goes on as the request; gives how many go on."""
    _, _, _, _, who, slots, columns, inboxes, _ = together
    requests, branches, senders, stand_in = who[0], slots[3], slots[4], slots[5]
    arrived, started, finished, waited, worked = columns[:5]
    joined, outcomes = columns[7], columns[8]
    times, these = inboxes[0][start : start + count], inboxes[1][start : start + count]
    branch_slots = inboxes[7][:count]
    going_on = found = 0
    for i in range(count):
        slot = these[i]
        arrived[slot] = times[i]
        if branches[slot]:
            branch_slots[found] = slot
            found += 1
        else:
            stand_in[slot] = slot
            times[going_on], these[going_on] = times[i], slot
            going_on += 1
    branch_slots[:found].sort()
    for first in range(0, found, strands):
        going = branch_slots[first]
        for i in range(first, first + strands):
            if arrived[branch_slots[i]] >= arrived[going]:
                going = branch_slots[i]
        now = arrived[going]
        for i in range(first, first + strands):
            slot = branch_slots[i]
            joined[slot] = now - arrived[slot]
            if slot != going:
                outcomes[slot] = JOINED
                started[slot] = finished[slot] = -1
                worked[slot] = 0
                if len(waited):
                    waited[slot] = 0
        last = branch_slots[first + strands - 1]
        stand_in[going] = last
        if last + 1 < len(senders) and requests[last + 1] == requests[last] and senders[last + 1] == last:
            senders[last + 1] = going
        times[going_on], these[going_on] = now, going
        going_on += 1
    return going_on
