"""The record of a run from what is known of every slot: cut off at the end, in the order of the record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serviceflow.engine.program.codes import END, JOINED, NONE, UNFINISHED
from serviceflow.engine.program.plans import Program
from serviceflow.engine.record.buffers import constant, first_numbers, lent, take, zeros
from serviceflow.engine.record.record import Column, Record, Table
from serviceflow.engine.recursion.asking import Asked, Ints
from serviceflow.engine.recursion.compiling import LOOPS
from serviceflow.engine.recursion.flow import Flow


@dataclass(frozen=True)
class End:
    """When a run ends, and the last instant at which things still happen."""

    stopped: int
    last: int


def end_of(program: Program, asked: Ints, ended: Ints) -> End:
    """The end of a run; what ends after the latest instant that it may reach is yet to be cut off."""
    start, end = program.window
    first, behind = np.searchsorted(asked, (start, end))
    over = int(ended[first:behind].max(initial=-1))
    if over < end:
        return End(end, end - 1)
    if over > program.stop or program.terminating:
        return End(program.stop, program.stop)
    return End(over, over)


def record_of(flow: Flow, sources: Ints, end: End, seed: int, replication: int) -> Record:
    program = flow.program
    rows = int(np.searchsorted(flow.requests.times, end.last, side="right"))
    visits = _Visits(flow, rows, end).table()
    requests = request_table(flow, sources, rows, end, visits)
    for table in (requests, visits):
        for column in table.columns.values():
            column.flags.writeable = False  # Columns, and runs, may share what is the same.
    return Record(program, seed, replication, end.stopped, requests, visits)


def request_table(flow: Flow, consumers: Ints, rows: int, end: End, visits: Table) -> Table:
    asked: Asked = flow.requests
    if flow.alone:
        ended, outcome = visits["left"], visits["outcome"]
    else:
        ended, outcome = flow.ended[:rows], zeros(rows)
        late = np.flatnonzero(ended > end.last)
        outcome[late] = UNFINISHED
        ended[late] = -1
    if len(asked.sources):
        source = consumers[asked.sources[:rows]]
        number = asked.numbers[:rows]
    else:
        source = constant(int(consumers[0]), rows)
        number = first_numbers(rows)
    columns: dict[str, Column] = {
        "kind": constant(0, rows),
        "source": source,
        "number": number,
        "consumer": source,
        "parent": constant(-1, rows),
        "asked": asked.times[:rows],
        "ended": ended,
        "outcome": outcome,
    }
    return Table({name: columns[name] for name in flow.program.request_columns}, rows)


class _Visits:
    """The table of visits of one run."""

    def __init__(self, flow: Flow, rows: int, end: End) -> None:
        self.flow = flow
        self.end = end
        self.rows = rows
        slots = flow.slots
        self.total = int(slots.firsts[rows])
        late = np.flatnonzero(flow.ended[:rows] > end.last)
        self.tail = int(slots.firsts[late[0]]) if len(late) else self.total
        """The first slot of requests that may be unfinished."""

    def table(self) -> Table:
        names = self.flow.program.visit_columns
        columns = self.columns()
        if self.flow.graph.reorders:
            self.reorder(columns)
        if self.tail < self.total:
            self.cut_off(columns)
        return Table({name: columns[name] for name in names}, len(columns["request"]))

    def columns(self) -> dict[str, Ints]:
        """What is known by slot, as if nothing were cut off."""
        flow, slots, total = self.flow, self.flow.slots, self.total
        names = flow.program.visit_columns
        columns = {
            "request": lent(slots.requests[:total]),
            "branch": lent(slots.branches[:total]),
            "previous": lent(flow.senders[:total]),
            "service": lent(slots.services[:total]),
            "visit": constant(1, total),
            "handoff": lent(slots.handoffs[:total]),
            "asked": flow.asked[:total],
            "arrived": flow.arrived[:total],
            "started": flow.started[:total],
            "finished": flow.finished[:total],
            "left": flow.finished[:total],
            "outcome": zeros(total),
            "handoff_delay": flow.delayed[:total],
            "wait_prioritization": constant(0, total),
            "wait_contention": flow.waited[:total],
            "work": flow.worked[:total],
        }
        if flow.routes.homes:
            self.add_homes(columns)
        if "queued" in names:
            self.add_joins(columns)
        return {name: columns[name] for name in names}

    def add_homes(self, columns: dict[str, Ints]) -> None:
        home = np.flatnonzero(columns["service"] == END)
        columns["left"] = columns["finished"].copy()
        columns["left"][home] = columns["arrived"][home]

    def add_joins(self, columns: dict[str, Ints]) -> None:
        """What ended in a join did so when the last branch came; neither that nor the way home queued."""
        joined = columns["wait_join"] = self.flow.joined[: self.total]
        outcome = columns["outcome"] = self.flow.outcomes[: self.total]
        absorbed = np.flatnonzero(outcome == JOINED)
        columns["left"] = columns["left"].copy()
        columns["left"][absorbed] = columns["arrived"][absorbed] + joined[absorbed]
        columns["queued"] = columns["arrived"] + joined
        columns["queued"][absorbed] = -1
        columns["queued"][columns["service"] == END] = -1

    # The order of visits

    def reorder(self, columns: dict[str, Ints]) -> None:
        """Within a request, visits come in the order in which they were asked."""
        flow = self.flow
        order = take(self.total)
        widest = 2 + max(block.strands for block in flow.routes.blocks.values())
        firsts = flow.slots.firsts[: self.rows + 1]
        LOOPS.order_visits(firsts, flow.senders, flow.arrived, flow.finished, widest, order)
        places = take(self.total)
        places[order] = np.arange(self.total, dtype=np.int64)
        for name, column in columns.items():
            columns[name] = np.take(column, order, out=take(self.total))
        known = columns["previous"] != NONE
        columns["previous"][known] = places[columns["previous"][known]]

    # The end

    def cut_off(self, columns: dict[str, Ints]) -> None:
        """Leave out visits that were not asked, and give unfinished ones what has passed."""
        tail, last = self.tail, self.end.last
        kept = columns["asked"][tail:] <= last
        ends = {name: column[tail:][kept] for name, column in columns.items()}
        self.shorten(ends)
        total = tail + int(kept.sum())
        if "previous" in ends:
            places = np.cumsum(kept) - 1 + tail
            moved = ends["previous"] >= tail
            ends["previous"][moved] = places[ends["previous"][moved] - tail]
        for name, column in columns.items():
            columns[name] = with_end(column, tail, ends[name], total, bool(kept.all()))

    def shorten(self, ends: dict[str, Ints]) -> None:
        stopped, last = self.end.stopped, self.end.last
        asked, arrived, left = ends["asked"], ends["arrived"], ends["left"]
        queued = ends.get("queued", arrived)
        unfinished = left > last
        coming = unfinished & (arrived > last)
        here = unfinished & ~coming
        started = ends["started"]
        in_join = here & ((queued > last) | ((queued < 0) & (ends["service"] >= 0)))
        in_queue = here & ~in_join & (started > last)
        at_work = here & ~in_join & ~in_queue
        ends["work"][coming | in_join | in_queue] = 0
        ends["work"][at_work] = stopped - started[at_work]
        if "wait_contention" in ends:
            ends["wait_contention"][coming | in_join] = 0
            ends["wait_contention"][in_queue] = stopped - queued[in_queue]
        if "wait_join" in ends:
            ends["wait_join"][coming] = 0
            ends["wait_join"][in_join] = stopped - arrived[in_join]
            ends["queued"][coming | in_join] = -1
        if "handoff_delay" in ends:
            ends["handoff_delay"][coming] = np.minimum(ends["handoff_delay"][coming], stopped - asked[coming])
            ends["visit"][coming] = 0
        ends["outcome"][unfinished] = UNFINISHED
        ends["finished"][unfinished] = -1
        ends["left"][unfinished] = -1
        ends["started"][coming | in_join | in_queue] = -1
        ends["arrived"][coming] = -1


def with_end(column: Ints, tail: int, end: Ints, total: int, same: bool) -> Ints:
    """A column with another end; what others look at, too, is copied unless it stays as it is."""
    if column.flags.writeable:
        column[tail:total] = end
        return column[:total]
    if same and np.array_equal(column[tail:total], end):
        return column[:total]
    whole = take(total)
    whole[:tail], whole[tail:] = column[:tail], end
    return whole
