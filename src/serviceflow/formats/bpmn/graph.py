"""The diagram as one graph of what happens: sub-processes inlined, boundary events and markers as ways.

Kinds of places:

``start``, ``end``
    Where requests come from, and where they end.
``work``
    What takes time: tasks and catching events.
``xor``
    One of its ways is taken; with one way it is passed through.
``and``, ``or``
    All of its ways are taken, or all that hold; coming together, they wait for each other.
``race``
    The way whose event comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from serviceflow.formats.bpmn.diagram import (
    ACTIVITIES,
    SUB_PROCESSES,
    Diagram,
    Flow,
    FlowNode,
)
from serviceflow.formats.bpmn.durations import read_number, read_timer
from serviceflow.formats.bpmn.report import APPROXIMATED, ASSUMED, EXACT, LEFT_OUT, Decisions

MOST_PLACES = 20_000
MOST_COPIES = 50
DEEPEST_CALLS = 10
DEEPEST_NESTING = 40
START, END, WORK, XOR, AND, OR, RACE = "start", "end", "work", "xor", "and", "or", "race"


@dataclass(eq=False)
class Way:
    """From one place to another.

    Attributes
    ----------
    flow : Flow or None
        The sequence flow that it stands for.
    when : str or None
        Under which condition: ``beyond`` (a limit was exceeded), ``again`` (another round of a loop),
        ``event`` (a
        boundary event happened).
    about : FlowNode or None
        The event or activity that the condition is about.
    """

    source: Place
    target: Place
    flow: Flow | None = None
    when: str | None = None
    about: FlowNode | None = None
    rounds: int = 0

    @property
    def name(self) -> str:
        """What it is called in the diagram."""
        return self.flow.name if self.flow is not None else ""


@dataclass(eq=False)
class Place:
    """Something that requests come to."""

    kind: str
    name: str
    node: FlowNode | None = None
    within: tuple[str, ...] = ()
    """The sub-processes that it is in, outermost first."""
    process: str = ""
    lane: str | None = None
    out: list[Way] = field(default_factory=list)
    into: list[Way] = field(default_factory=list)
    waits: bool = False
    """Whether it waits for branches even where they come by one way."""
    default: str | None = None
    limits: list[FlowNode] = field(default_factory=list)
    """Timers at its boundary that cut work off."""

    @property
    def id(self) -> str:
        """The id of its element in the file."""
        return self.node.original if self.node is not None else ""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name or self.id}>"


def connect(source: Place, target: Place, flow: Flow | None = None, **more: object) -> Way:
    """A new way between two places."""
    way = Way(source, target, flow, **more)  # type: ignore[arg-type]
    source.out.append(way)
    target.into.append(way)
    return way


def retarget(way: Way, target: Place) -> None:
    """Let a way lead elsewhere."""
    way.target.into.remove(way)
    way.target = target
    target.into.append(way)


def resource(way: Way, source: Place) -> None:
    """Let a way begin elsewhere."""
    way.source.out.remove(way)
    way.source = source
    source.out.append(way)


class Builder:
    """Makes the graph of a diagram."""

    def __init__(self, diagram: Diagram, decisions: Decisions, known: Iterable[str] = ()) -> None:
        self.diagram = diagram
        self.decisions = decisions
        self.known = set(known)
        """Processes that have arrivals of their own."""
        self.places: list[Place] = []
        self.by_id: dict[str, Place] = {}
        """The first place of each element of the file."""
        self.members: dict[str, list[FlowNode]] = {}
        self.flows: dict[str, list[Flow]] = {}
        self.copies = 0
        self.forks: dict[tuple[int, str], Place] = {}
        """Where those whom events take away leave an activity, by the place where it ends."""
        self.circles: dict[str, set[str]] = {}
        """Elements that requests may come to again, by their scope."""
        for node in diagram.nodes.values():
            self.members.setdefault(node.scope, []).append(node)
        for flow in diagram.flows.values():
            self.flows.setdefault(diagram.nodes[flow.source].scope, []).append(flow)

    def build(self) -> list[Place]:
        """The places of every process that is not only called by others."""
        called = {node.called for node in self.diagram.nodes.values() if node.called}
        processes = [scope for scope in self.diagram.scopes.values() if scope.kind == "process"]
        alone = [one for one in processes if one.id not in called or self.starts_itself(one.id)]
        for process in alone or processes:
            self.scope(process.id, (), process.id, (process.id,))
        normalize(self.places)
        return self.places

    def starts_itself(self, process: str) -> bool:
        return process in self.known or self.diagram.pool_of(process) is not None

    # One scope

    def scope(
        self,
        scope: str,
        within: tuple[str, ...],
        process: str,
        calls: tuple[str, ...],
        lane: str | None = None,
    ) -> tuple[Place, Place] | None:
        """The places of a scope; of one within another, its way in and its way out."""
        own: dict[str, tuple[Place, Place]] = {}
        events: list[FlowNode] = []
        inner = len(calls) > 1 or bool(within)
        members = [node for node in self.members.get(scope, []) if not self.is_aside(node)]
        for node in members:
            if len(self.places) > MOST_PLACES:
                break
            if node.kind == "boundaryEvent":
                events.append(node)
            own[node.id] = self.node(node, within, process, calls, lane, inner)
        for flow in self.flows.get(scope, []):
            if flow.source in own and flow.target in own:
                connect(own[flow.source][1], own[flow.target][0], flow)
        self.links(members, own)
        for node in events:
            self.boundary(node, own)
        if inner:
            return self.ends_of(members, own, scope, within, process)
        self.open(members, own, scope)
        return None

    def is_aside(self, node: FlowNode) -> bool:
        """Whether an element is started by events only, or undoes what was done."""
        scope = self.diagram.scopes.get(node.id)
        if scope is not None and scope.by_event:
            message = "an event sub-process starts by itself while others go on: not imported"
            self.decisions.note(LEFT_OUT, node.name, node.original, "event sub-process", message)
            return True
        if node.xml.get("isForCompensation") == "true":
            message = "compensation undoes what was done: not imported"
            self.decisions.note(LEFT_OUT, node.name, node.original, node.construct, message)
            return True
        return False

    def node(
        self,
        node: FlowNode,
        within: tuple[str, ...],
        process: str,
        calls: tuple[str, ...],
        lane: str | None,
        inner: bool,
    ) -> tuple[Place, Place]:
        """Where flows to an element lead, and where those from it begin."""
        found = self.diagram.lane_of(node.original)
        lane = found.name if found is not None and found.name else lane
        if node.kind in SUB_PROCESSES and (nested := self.sub_process(node, within, process, calls, lane)):
            return self.marked(node, *nested)
        if node.kind == "callActivity" and (nested := self.called(node, within, process, calls, lane)):
            return self.marked(node, *nested)
        place = self.place(self.kind_of(node, inner), node, within, process, lane)
        if node.kind in ACTIVITIES:
            return self.marked(node, place, place)
        return place, place

    def place(
        self,
        kind: str,
        node: FlowNode | None,
        within: tuple[str, ...],
        process: str,
        lane: str | None,
        name: str = "",
    ) -> Place:
        place = Place(kind, name or (node.name if node is not None else ""), node, within, process, lane)
        if node is not None:
            place.default = node.default
            self.by_id.setdefault(node.original, place)
        self.places.append(place)
        return place

    def kind_of(self, node: FlowNode, inner: bool) -> str:
        kind = node.kind
        if kind == "startEvent":
            return XOR if inner else START
        if kind == "endEvent":
            return self.end_kind(node)
        if kind == "intermediateCatchEvent":
            return XOR if node.trigger == "link" else WORK
        if kind == "complexGateway":
            return self.complex_kind(node)
        fixed = {
            "exclusiveGateway": XOR,
            "parallelGateway": AND,
            "inclusiveGateway": OR,
            "eventBasedGateway": RACE,
            "boundaryEvent": XOR,
            "intermediateThrowEvent": XOR,
        }
        return fixed.get(kind, WORK)

    def end_kind(self, node: FlowNode) -> str:
        if any(trigger == "terminate" for trigger, _ in node.triggers):
            parallel = any(
                one.kind in ("parallelGateway", "inclusiveGateway", "complexGateway")
                for one in self.members.get(node.scope, [])
            )
            status = APPROXIMATED if parallel else EXACT
            done = "it ends its branch"
            if parallel:
                done += "; other branches of the request go on, as a chain has nothing that stops them"
            self.decisions.note(status, node.name, node.original, node.construct, done)
        return END

    def complex_kind(self, node: FlowNode) -> str:
        condition = node.xml.first("activationCondition")
        number = read_number(condition.text) if condition is not None else None
        if number is not None and number.denominator == 1 and 1 <= number <= 1_000:
            self.decisions.note(
                EXACT, node.name, node.original, node.construct, f"it waits for {number} branches"
            )
            return AND
        message = "its condition cannot be read: it waits for every branch, and takes every way"
        self.decisions.note(APPROXIMATED, node.name, node.original, node.construct, message)
        return AND

    # Sub-processes and calls

    def sub_process(
        self, node: FlowNode, within: tuple[str, ...], process: str, calls: tuple[str, ...], lane: str | None
    ) -> tuple[Place, Place] | None:
        if not self.members.get(node.id):
            self.decisions.note(
                ASSUMED,
                node.name,
                node.original,
                node.construct,
                "nothing is drawn in it: it is read as one task",
            )
            return None
        if len(within) >= DEEPEST_NESTING:
            message = "it is too deep in others: it is read as one task"
            self.decisions.note(APPROXIMATED, node.name, node.original, node.construct, message)
            return None
        if node.kind == "adHocSubProcess":
            message = "its tasks are done in no given order: it is read as one task"
            self.decisions.note(APPROXIMATED, node.name, node.original, node.construct, message)
            return None
        label = (*within, node.name or node.original)
        self.decisions.note(
            EXACT, node.name, node.original, node.construct, "its elements stand in its place"
        )
        return self.scope(node.id, label, process, calls, lane)

    def called(
        self, node: FlowNode, within: tuple[str, ...], process: str, calls: tuple[str, ...], lane: str | None
    ) -> tuple[Place, Place] | None:
        target = node.called or ""
        if target in self.diagram.global_tasks:
            name = self.diagram.global_tasks[target].name
            node.name = node.name or name
            return None
        name = node.name
        if target not in self.diagram.scopes or not self.members.get(target):
            message = f"the called process {target or '(none)'} is not in the file: it is read as one task"
            self.decisions.note(ASSUMED, name, node.original, node.construct, message)
            return None
        if target in calls or len(calls) > DEEPEST_CALLS or self.copies >= MOST_COPIES:
            message = "it calls itself, or too much: it is read as one task"
            self.decisions.note(APPROXIMATED, name, node.original, node.construct, message)
            return None
        self.copies += 1
        message = "the elements of the called process stand in its place"
        self.decisions.note(EXACT, name, node.original, node.construct, message)
        return self.scope(target, (*within, name or target), process, (*calls, target), lane)

    def ends_of(
        self,
        members: list[FlowNode],
        own: dict[str, tuple[Place, Place]],
        scope: str,
        within: tuple[str, ...],
        process: str,
    ) -> tuple[Place, Place]:
        """The way into a sub-process and the way out of it."""
        starts = [own[node.id][0] for node in members if self.is_start(node, own)]
        splits = any(place.kind in (AND, OR) or len(place.out) > 1 for place in self._inside(own))
        many = splits or len(starts) > 1
        last = within[-1] if within else ""
        enter = self.place(AND if len(starts) > 1 else XOR, None, within, process, None, f"Begin of {last}")
        leave = self.place(AND if many else XOR, None, within, process, None, f"End of {last}")
        for start in starts or [own[node.id][0] for node in members[:1] if node.id in own]:
            connect(enter, start)
        for node in members:
            exit = own[node.id][1]
            if not exit.out and exit is not enter and node.kind != "boundaryEvent" and not _throws_link(node):
                if exit.kind == END:
                    if node.triggers and self._leads_to_boundary(node, exit):
                        continue
                    exit.kind = XOR
                connect(exit, leave)
        return enter, leave

    def _inside(self, own: dict[str, tuple[Place, Place]]) -> Iterable[Place]:
        for entry, exit in own.values():
            yield entry
            yield exit

    def _leads_to_boundary(self, node: FlowNode, exit: Place) -> bool:
        """Whether an error, escalation or cancel that ends a sub-process is caught at its boundary; noted
        for later.
        """
        if node.trigger not in ("error", "escalation", "cancel"):
            return False
        catching = [
            one
            for one in self.diagram.nodes.values()
            if one.kind == "boundaryEvent" and one.attached_to == node.scope and one.trigger == node.trigger
        ]
        wanted = node.triggers[0][1].get("errorRef") or node.triggers[0][1].get("escalationRef")
        for one in catching:
            theirs = one.triggers[0][1].get("errorRef") or one.triggers[0][1].get("escalationRef")
            if theirs is None or theirs == wanted or len(catching) == 1:
                self.thrown.setdefault(one.id, []).append(exit)
                exit.kind = XOR
                return True
        return False

    @property
    def thrown(self) -> dict[str, list[Place]]:
        """Ends of sub-processes that a boundary event catches, by that event."""
        found: dict[str, list[Place]] = self.__dict__.setdefault("_thrown", {})
        return found

    def is_start(self, node: FlowNode, own: dict[str, tuple[Place, Place]]) -> bool:
        if node.kind == "boundaryEvent" or node.id not in own:
            return False
        if node.kind == "startEvent":
            return True
        has_start = any(
            other in own and self.diagram.nodes[other].kind == "startEvent"
            for other in (one.id for one in self.members.get(node.scope, []))
        )
        catches_link = node.kind == "intermediateCatchEvent" and node.trigger == "link"
        return not has_start and not own[node.id][0].into and not catches_link

    def open(self, members: list[FlowNode], own: dict[str, tuple[Place, Place]], process: str) -> None:
        """Where a process begins that has no start event."""
        if any(node.kind == "startEvent" for node in members) or not members:
            return
        starts = [own[node.id][0] for node in members if self.is_start(node, own)]
        drawn = [node for node in members if node.id in own and node.kind != "boundaryEvent"]
        if not starts and drawn:
            starts = [own[drawn[0].id][0]]
        if not starts:
            return
        name = self.diagram.scopes[process].name
        pool = self.diagram.pool_of(process)
        name = name or (pool.name if pool is not None else "")
        start = self.place(START, None, (), process, None, f"Requests of {name}" if name else "Requests")
        first = self.place(AND if len(starts) > 1 else XOR, None, (), process, None, "Begin")
        connect(start, first)
        for one in starts:
            connect(first, one)
        message = "there is no start event: requests begin at what no flow leads to"
        self.decisions.note(ASSUMED, name, process, "process", message)

    # Links, boundaries and markers

    def links(self, members: list[FlowNode], own: dict[str, tuple[Place, Place]]) -> None:
        catching = {
            _link_name(node): own[node.id][0]
            for node in members
            if node.kind == "intermediateCatchEvent" and node.trigger == "link"
        }
        for node in members:
            if _throws_link(node):
                target = catching.get(_link_name(node))
                if target is not None:
                    connect(own[node.id][1], target)
                else:
                    message = "no event catches this link: requests end here"
                    self.decisions.note(ASSUMED, node.name, node.original, node.construct, message)

    def boundary(self, node: FlowNode, own: dict[str, tuple[Place, Place]]) -> None:
        """An event at the boundary of an activity as a way that leaves it."""
        event = own[node.id][1]
        if node.attached_to not in own or not event.out:
            return
        entry, exit = own[node.attached_to]
        if node.trigger == "compensation":
            event.out[0].target.into.remove(event.out[0])
            event.out.clear()
            message = "compensation undoes what was done: not imported"
            self.decisions.note(LEFT_OUT, node.name, node.original, node.construct, message)
            return
        if thrown := self.thrown.pop(node.id, []):
            for place in thrown:
                connect(place, event)
            message = "the way of those who end the sub-process with it"
            self.decisions.note(EXACT, node.name, node.original, node.construct, message)
            return
        is_task = entry is exit or entry.kind == WORK
        limit = node.trigger == "timer" and node.interrupting and is_task
        if limit:
            self._work_of(entry).limits.append(node)
        fork = self._fork(exit, node)
        when = "beyond" if limit or (node.trigger == "timer" and is_task) else "event"
        connect(fork, event, None, when=when, about=node)

    def _work_of(self, place: Place) -> Place:
        """The work that begins at a place, behind the merge that a marker puts before it."""
        while place.kind != WORK and len(place.out) >= 1:
            place = place.out[0].target
        return place

    def _fork(self, exit: Place, node: FlowNode) -> Place:
        """The place behind an activity at which those whom an event takes away leave."""
        kind = XOR if node.interrupting else OR
        if node.trigger != "timer" and (first := self.forks.get((id(exit), kind))) is not None:
            return first
        fork = self.place(kind, None, exit.within, exit.process, exit.lane, f"After {exit.name}")
        ways = list(exit.out)
        rest = fork
        if len(ways) > 1:
            rest = self.place(AND, None, exit.within, exit.process, exit.lane, f"Then of {exit.name}")
            connect(fork, rest)
        for way in ways:
            resource(way, rest)
        if not ways:
            connect(fork, self.place(END, None, exit.within, exit.process, exit.lane, ""))
        connect(exit, fork)
        if node.trigger != "timer":
            self.forks[id(exit), kind] = fork
        return fork

    def marked(self, node: FlowNode, enter: Place, leave: Place) -> tuple[Place, Place]:
        """An activity with its marker: done several times, one after another or at once."""
        if node.marker is None:
            return enter, leave
        rounds = self.rounds(node)
        if rounds is None or rounds == 1:
            return enter, leave
        if node.marker == "parallel":
            if enter is leave and rounds <= MOST_COPIES:
                return self.at_once(node, enter, rounds)
            message = f"{rounds} at once are done one after another"
            self.decisions.note(APPROXIMATED, node.name, node.original, node.construct, message)
        else:
            self.decisions.note(EXACT, node.name, node.original, node.construct, f"it is done {rounds} times")
        if self.goes_round(node):
            if enter is leave and rounds <= MOST_COPIES:
                return self.in_a_row(node, enter, rounds)
            message = f"who comes to it again does it once rather than {rounds} times"
            self.decisions.note(APPROXIMATED, node.name, node.original, node.construct, message)
        first = self.place(XOR, None, enter.within, enter.process, enter.lane, f"Again {node.name}")
        after = self.place(XOR, None, enter.within, enter.process, enter.lane, f"After all {node.name}")
        beyond = self.place(XOR, None, enter.within, enter.process, enter.lane, f"Done with {node.name}")
        connect(first, enter)
        connect(leave, after)
        connect(after, first, None, when="again", about=node, rounds=rounds)
        connect(after, beyond)
        return first, beyond

    def rounds(self, node: FlowNode) -> int | None:
        """How often a marked activity is done, or None if that is not known: it is done once then."""
        xml = node.marker_xml
        assert xml is not None
        texts = [xml.get("loopMaximum")] if node.marker == "loop" else []
        cardinality = xml.first("loopCardinality")
        texts.append(cardinality.text if cardinality is not None else None)
        for text in texts:
            number = read_number(text)
            if number is not None and number.denominator == 1 and 1 <= number <= 1_000:
                if node.marker == "loop" and xml.first("loopCondition") is not None:
                    message = (
                        f"its condition cannot be evaluated: it is done {number} times, the most there may be"
                    )
                    self.decisions.note(APPROXIMATED, node.name, node.original, "loop", message)
                return int(number)
        what = {
            "loop": "loop",
            "sequential": "sequential multi-instance",
            "parallel": "parallel multi-instance",
        }
        message = "how often it is done is not in the file: once (a chain draws no number of branches)"
        status = APPROXIMATED
        self.decisions.note(status, node.name, node.original, what[node.marker or "loop"], message)
        return None

    def goes_round(self, node: FlowNode) -> bool:
        """Whether requests may come to an element again, so that visits do not tell its rounds."""
        while True:
            if node.original in self.circling(node.scope):
                return True
            around = self.diagram.nodes.get(node.scope)
            if around is None:
                return False
            if around.marker is not None:
                return True
            node = around

    def circling(self, scope: str) -> set[str]:
        """Elements of a scope that lie in a circle, or between two of them."""
        if scope not in self.circles:
            pairs = [(flow.source, flow.target) for flow in self.flows.get(scope, [])]
            hosts = [(one.attached_to, one.id) for one in self.members.get(scope, []) if one.attached_to]
            self.circles[scope] = in_circles([*pairs, *hosts])
        return self.circles[scope]

    def in_a_row(self, node: FlowNode, work: Place, rounds: int) -> tuple[Place, Place]:
        """As many places of the same work, one behind another."""
        last = work
        for _ in range(rounds - 1):
            again = self.place(WORK, node, work.within, work.process, work.lane)
            connect(last, again)
            last = again
        return work, last

    def at_once(self, node: FlowNode, work: Place, count: int) -> tuple[Place, Place]:
        split = self.place(AND, None, work.within, work.process, work.lane, f"Split of {node.name}")
        join = self.place(AND, None, work.within, work.process, work.lane, f"Join of {node.name}")
        join.waits = True
        for _ in range(count):
            connect(split, work)
        connect(work, join)
        message = f"{count} of it go on at once and are waited for"
        self.decisions.note(EXACT, node.name, node.original, "parallel multi-instance", message)
        return split, join


def in_circles(ways: list[tuple[str, str]]) -> set[str]:
    """Ends of ways that are left when what nothing leads to is taken off, and what leads nowhere."""
    kept = _after_circles(set(ways))
    return {one for way in _after_circles({(target, origin) for origin, target in kept}) for one in way}


def _after_circles(ways: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Ways that begin in a circle or behind one."""
    leading: dict[str, list[str]] = {}
    into: dict[str, int] = {}
    for origin, target in ways:
        leading.setdefault(origin, []).append(target)
        into[target] = into.get(target, 0) + 1
    pending = [one for one in leading if one not in into]
    gone = set(pending)
    while pending:
        for target in leading.get(pending.pop(), ()):
            into[target] -= 1
            if not into[target]:
                gone.add(target)
                pending.append(target)
    return {way for way in ways if way[0] not in gone}


def _throws_link(node: FlowNode) -> bool:
    return node.kind in ("intermediateThrowEvent", "endEvent") and node.trigger == "link"


def _link_name(node: FlowNode) -> str:
    return " ".join((node.triggers[0][1].get("name") or node.name).split())


# In the form that ways are found in


def normalize(places: list[Place]) -> None:
    """Give every place but gateways one way out at most, and every gateway either one way in or one way
    out.
    """
    for place in list(places):
        if place.kind in (WORK, START) and len(place.out) > 1:
            _implicit_split(places, place)
        elif place.kind == END and place.out:
            place.kind = XOR
        if place.kind == START and place.into:
            _start_again(places, place)
    for place in list(places):
        if place.kind in (AND, OR, RACE) and len(place.out) <= 1 and len(place.into) <= 1 and not place.waits:
            place.kind = XOR
        elif place.kind in (AND, OR, RACE) and len(place.out) > 1 and len(place.into) > 1:
            _split_in_two(places, place)
        elif place.kind == RACE and len(place.out) <= 1:
            place.kind = XOR


def _start_again(places: list[Place], start: Place) -> None:
    """Flows that lead to a start event lead to what follows on it."""
    again = Place(XOR, f"Again {start.name}", None, start.within, start.process, start.lane)
    places.append(again)
    for way in list(start.into):
        retarget(way, again)
    for way in list(start.out):
        resource(way, again)
    connect(start, again)


def _implicit_split(places: list[Place], place: Place) -> None:
    """Several flows that leave a task are all taken, or those whose conditions hold."""
    conditional = any(way.flow is not None and way.flow.condition for way in place.out)
    split = Place(
        OR if conditional else AND, f"Split after {place.name}", None, place.within, place.process, place.lane
    )
    split.default = place.default
    places.append(split)
    for way in list(place.out):
        resource(way, split)
    connect(place, split)


def _split_in_two(places: list[Place], place: Place) -> None:
    """A gateway that both joins and splits, as one that joins before one that splits."""
    kind = XOR if place.kind == RACE else place.kind
    join = Place(
        kind,
        f"Join before {place.name}" if place.name else "",
        place.node,
        place.within,
        place.process,
        place.lane,
    )
    places.append(join)
    for way in list(place.into):
        retarget(way, join)
    connect(join, place)


def read_limit(node: FlowNode) -> tuple[str, str] | None:
    """The timer of an event as the diagram writes it."""
    for trigger, xml in node.triggers:
        if trigger == "timer":
            for name in ("timeDuration", "timeCycle", "timeDate"):
                child = xml.first(name)
                if child is not None and (found := read_timer(child.text)) is not None:
                    return found
    return None
