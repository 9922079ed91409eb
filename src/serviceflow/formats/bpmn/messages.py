"""Messages between pools: who starts whom, and who waits for an answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from serviceflow.formats.bpmn.contract import reachable
from serviceflow.formats.bpmn.diagram import Diagram, FlowNode
from serviceflow.formats.bpmn.graph import START, Place
from serviceflow.formats.bpmn.report import APPROXIMATED, ASSUMED, EXACT, LEFT_OUT, Decisions


@dataclass(frozen=True, eq=False)
class Asking:
    """An element that starts another pool's process.

    Attributes
    ----------
    origin : FlowNode
        What asks: the element that sends, or the event that waits for the answer.
    start : FlowNode
        The start event of what is asked.
    waits : bool
        Whether it waits for the answer.
    is_end : bool
        Whether its own process ends with asking.
    """

    origin: FlowNode
    start: FlowNode
    waits: bool
    is_end: bool = False


@dataclass
class Messages:
    """What the messages of a diagram mean."""

    askings: list[Asking] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    """Catching elements that wait for the answer of something they ask."""
    asked: set[str] = field(default_factory=set)
    """Start events that other pools trigger."""
    outside: dict[str, str] = field(default_factory=dict)
    """Names of the black-box pools whose messages trigger a start event."""


def read_messages(diagram: Diagram, by_id: dict[str, Place], decisions: Decisions) -> Messages:
    """Tell what each message is: a request, its answer, or something from or to the outside."""
    found = Messages()
    used: set[str] = set()
    starts = _starts(diagram)
    for key, message in diagram.messages.items():
        target = diagram.nodes.get(message.target)
        source = diagram.nodes.get(message.source)
        if target is None and message.target in starts and source is not None:
            target = starts[message.target]
        if target is not None and target.kind == "startEvent":
            used.add(key)
            _started(diagram, by_id, found, used, source, target, message.source, decisions)
    for key, message in diagram.messages.items():
        if key not in used:
            _other(diagram, message.name, key, message.source, message.target, decisions)
    return found


def _starts(diagram: Diagram) -> dict[str, FlowNode]:
    """The only start event of a pool's process, by the pool: a message to the pool starts it."""
    found = {}
    for pool in diagram.pools.values():
        nodes = [
            one for one in diagram.nodes.values() if one.kind == "startEvent" and one.scope == pool.process
        ]
        if len(nodes) == 1:
            found[pool.id] = nodes[0]
    return found


def _started(
    diagram: Diagram,
    by_id: dict[str, Place],
    found: Messages,
    used: set[str],
    source: FlowNode | None,
    target: FlowNode,
    sender: str,
    decisions: Decisions,
) -> None:
    if source is None or source.id not in by_id:
        pool = diagram.pools.get(sender)
        if pool is not None and pool.name:
            found.outside.setdefault(target.id, pool.name)
        return
    found.asked.add(target.id)
    answers = _answers(diagram, by_id, source, target)
    if not answers:
        found.askings.append(Asking(source, target, waits=False, is_end=source.kind == "endEvent"))
        done = f"it asks '{target.name or target.id}' of another pool and does not wait"
        decisions.note(EXACT, source.name, source.original, f"{source.construct} with a message", done)
        return
    for key, catching in answers:
        used.add(key)
        found.answered.add(catching.id)
        found.askings.append(Asking(catching, target, waits=True))
        direct = catching is source or _follows(by_id, source, catching)
        done = f"it asks '{target.name or target.id}' and waits for the answer: a call"
        if len(answers) > 1:
            done += "; of several answers any may come"
        status = EXACT if direct and len(answers) == 1 else APPROXIMATED
        if not direct:
            done += ", asked where the answer is awaited rather than where the message is sent"
        decisions.note(status, catching.name, catching.original, f"{catching.construct} with a message", done)


def _answers(
    diagram: Diagram, by_id: dict[str, Place], source: FlowNode, target: FlowNode
) -> list[tuple[str, FlowNode]]:
    """Messages from the process that is started to what follows on the sender in its own."""
    answering, asking = diagram.process_of(target.scope), diagram.process_of(source.scope)
    behind = reachable([by_id[source.id]])
    found = []
    for key, message in diagram.messages.items():
        sender, catching = diagram.nodes.get(message.source), diagram.nodes.get(message.target)
        if catching is None or catching.kind == "startEvent" or catching.id not in by_id:
            continue
        pool = diagram.pools.get(message.source)
        process = diagram.process_of(sender.scope) if sender is not None else pool.process if pool else None
        if (
            process == answering != asking == diagram.process_of(catching.scope)
            and by_id[catching.id] in behind
        ):
            found.append((key, catching))
    return found


def _follows(by_id: dict[str, Place], source: FlowNode, catching: FlowNode) -> bool:
    """Whether a catching event comes right after the sender, gateways apart."""
    pending, seen = [by_id[source.id]], set()
    while pending:
        place = pending.pop()
        for way in place.out:
            if way.target is by_id[catching.id]:
                return True
            if way.target.kind not in ("work", "end") and way.target not in seen:
                seen.add(way.target)
                pending.append(way.target)
    return False


def _other(diagram: Diagram, name: str, key: str, source: str, target: str, decisions: Decisions) -> None:
    """A message that starts nothing and answers nothing that was asked."""
    sender, receiver = diagram.nodes.get(source), diagram.nodes.get(target)
    black = [
        pool.name
        for end in (source, target)
        if (pool := diagram.pools.get(end)) is not None and pool.process is None
    ]
    if black:
        message = f"it comes from or goes to '{black[0]}', of which nothing is drawn"
        decisions.note(LEFT_OUT, name, key, "message", message, matters=False)
    elif receiver is not None and sender is not None:
        message = "it goes to a request that is on its way already: neither waits for the other"
        decisions.note(APPROXIMATED, name or sender.name, key, "message", message)
    else:
        message = "it goes between pools as such: left to the reader"
        decisions.note(LEFT_OUT, name, key, "message", message, matters=False)


def callers(messages: Messages, places: list[Place]) -> set[Place]:
    """The starts that elements of other pools ask."""
    return {
        place
        for place in places
        if place.kind == START and place.node is not None and place.node.id in messages.asked
    }


__all__ = ["ASSUMED", "Asking", "Messages", "callers", "read_messages"]
