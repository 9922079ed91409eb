"""A BPMN file as what it says: processes, their elements and flows, lanes, pools and messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from serviceflow.formats.bpmn.errors import BpmnError
from serviceflow.formats.bpmn.report import ASSUMED, LEFT_OUT, Decisions
from serviceflow.formats.xml_text import XmlElement, XmlFault, read_tree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
LONGEST_NAME = 160
"""Characters of a name that are kept; it leaves room for what makes names distinct."""

TASKS = {
    "task": "task",
    "userTask": "user task",
    "manualTask": "manual task",
    "serviceTask": "service task",
    "scriptTask": "script task",
    "businessRuleTask": "rule task",
    "sendTask": "send task",
    "receiveTask": "receive task",
}
GLOBAL_TASKS = {
    "globalTask": "global task",
    "globalUserTask": "global user task",
    "globalManualTask": "global manual task",
    "globalScriptTask": "global script task",
    "globalBusinessRuleTask": "global rule task",
}
SUB_PROCESSES = {
    "subProcess": "sub-process",
    "transaction": "transaction",
    "adHocSubProcess": "ad hoc sub-process",
}
GATEWAYS = {
    "exclusiveGateway": "exclusive gateway",
    "parallelGateway": "parallel gateway",
    "inclusiveGateway": "inclusive gateway",
    "eventBasedGateway": "event-based gateway",
    "complexGateway": "complex gateway",
}
EVENTS = {
    "startEvent": "start event",
    "endEvent": "end event",
    "intermediateCatchEvent": "intermediate catch event",
    "intermediateThrowEvent": "intermediate throw event",
    "boundaryEvent": "boundary event",
}
CHOREOGRAPHY = ("choreographyTask", "subChoreography", "callChoreography")
CONSTRUCTS = {**TASKS, **SUB_PROCESSES, **GATEWAYS, **EVENTS, "callActivity": "call activity"}
ACTIVITIES = {*TASKS, *SUB_PROCESSES, "callActivity"}
TRIGGERS = {
    "timerEventDefinition": "timer",
    "messageEventDefinition": "message",
    "signalEventDefinition": "signal",
    "conditionalEventDefinition": "conditional",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "compensateEventDefinition": "compensation",
    "cancelEventDefinition": "cancel",
    "terminateEventDefinition": "terminate",
    "linkEventDefinition": "link",
}
SILENT = {
    "dataObject": "data object",
    "dataObjectReference": "data object",
    "dataStoreReference": "data store",
    "dataStore": "data store",
    "textAnnotation": "annotation",
    "association": "association",
    "group": "group",
    "dataInputAssociation": "data association",
    "dataOutputAssociation": "data association",
}
"""What says something to people and nothing to a simulation."""


@dataclass
class FlowNode:
    """An element that flows join: a task, event, gateway or sub-process."""

    id: str
    kind: str
    name: str
    xml: XmlElement
    scope: str
    """Id of the process or sub-process that it is in."""
    triggers: list[tuple[str, XmlElement]] = field(default_factory=list)
    attached_to: str | None = None
    interrupting: bool = True
    default: str | None = None
    called: str | None = None
    marker: str | None = None
    """``loop``, ``sequential`` or ``parallel``."""
    marker_xml: XmlElement | None = None
    documentation: str = ""
    key: str = ""
    """Its id in the file, where it is a copy."""

    @property
    def construct(self) -> str:
        """What it is in words."""
        trigger = self.trigger
        word = CONSTRUCTS.get(self.kind, GLOBAL_TASKS.get(self.kind, self.kind))
        return f"{trigger} {word}" if trigger and self.kind in EVENTS else word

    @property
    def trigger(self) -> str:
        """What triggers an event: the first of its definitions; empty for none."""
        return self.triggers[0][0] if self.triggers else ""

    @property
    def original(self) -> str:
        """The id in the file."""
        return self.key or self.id


@dataclass
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str | None = None
    scope: str = ""


@dataclass
class Lane:
    """A lane with those it holds itself."""

    id: str
    name: str
    parent: str | None
    nodes: list[str]


@dataclass
class Pool:
    """A participant; without process it is a black box."""

    id: str
    name: str
    process: str | None


@dataclass
class MessageFlow:
    """A message from one pool, or an element of it, to another."""

    id: str
    source: str
    target: str
    name: str = ""


@dataclass
class Scope:
    """A process or sub-process."""

    id: str
    name: str
    kind: str
    parent: str | None
    """The scope around a sub-process."""
    by_event: bool = False


@dataclass
class Diagram:
    """All of a BPMN file that means something here."""

    name: str
    root: XmlElement
    scopes: dict[str, Scope] = field(default_factory=dict)
    nodes: dict[str, FlowNode] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    lanes: dict[str, Lane] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    messages: dict[str, MessageFlow] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    performers: dict[str, list[str]] = field(default_factory=dict)
    """Names of the resources of a task, as the diagram itself says."""
    global_tasks: dict[str, FlowNode] = field(default_factory=dict)
    silent: Counter[str] = field(default_factory=Counter)
    foreign: dict[str, int] = field(default_factory=dict)
    """Namespaces of extension elements, with how many there are."""
    lanes_of: dict[str, list[Lane]] | None = None
    """Lanes by what is in them, once that was asked."""

    def lane_of(self, node: str) -> Lane | None:
        """The innermost lane that holds an element."""
        if self.lanes_of is None:
            self.lanes_of = {}
            for lane in self.lanes.values():
                for one in lane.nodes:
                    self.lanes_of.setdefault(one, []).append(lane)
        found = self.lanes_of.get(node, [])
        parents = {lane.parent for lane in found}
        return next((lane for lane in found if lane.id not in parents), found[0] if found else None)

    def process_of(self, scope: str) -> str:
        """The process that a scope belongs to."""
        seen: set[str] = set()
        while scope not in seen and (parent := self.scopes[scope].parent) is not None:
            seen.add(scope)
            scope = parent
        return scope

    def pool_of(self, process: str) -> Pool | None:
        """The pool of a process."""
        return next((pool for pool in self.pools.values() if pool.process == process), None)


def read_diagram(data: bytes, name: str, decisions: Decisions) -> Diagram:
    """Read a BPMN file.

    Raises
    ------
    BpmnError
        If it is no BPMN, or is beyond the limits.
    """
    try:
        root = read_tree(data)
    except XmlFault as fault:
        raise BpmnError(name, fault.message, fault.line) from None
    if root.name != "definitions":
        raise BpmnError(
            name, f"this is no BPMN file: it begins with <{root.name[:40]}>, not with <definitions>"
        )
    return _Reader(name, root, decisions).read()


class _Reader:
    """Walks the tree once, with the scope and the lane that it is in."""

    def __init__(self, name: str, root: XmlElement, decisions: Decisions) -> None:
        self.diagram = Diagram(name, root)
        self.decisions = decisions
        self.unnamed = 0

    def read(self) -> Diagram:
        for element in self.diagram.root.children:
            self.top(element)
        self.drop_dangling()
        self.count_foreign()
        return self.diagram

    def top(self, element: XmlElement) -> None:
        if element.name == "process":
            self.scope(element, "process", None)
        elif element.name == "collaboration":
            self.collaboration(element)
        elif element.name == "resource":
            self.diagram.resources[self.id_of(element)] = clean(element.get("name"))
        elif element.name in GLOBAL_TASKS:
            node = self.node(element, "")
            self.diagram.global_tasks[node.id] = node
        elif element.name in ("choreography", "conversation", "globalConversation"):
            self.decisions.note(
                LEFT_OUT,
                clean(element.get("name")),
                self.id_of(element),
                element.name,
                "choreographies and conversations say what is exchanged, not who works",
            )
        elif element.name == "dataStore":
            self.diagram.silent["data store"] += 1

    def collaboration(self, element: XmlElement) -> None:
        for child in element.children:
            if child.name == "participant":
                key = self.id_of(child)
                process = child.get("processRef")
                self.diagram.pools[key] = Pool(key, clean(child.get("name")), _local(process))
            elif child.name == "messageFlow":
                key = self.id_of(child)
                ends = _local(child.get("sourceRef")) or "", _local(child.get("targetRef")) or ""
                self.diagram.messages[key] = MessageFlow(key, *ends, clean(child.get("name")))
            elif child.name in SILENT:
                self.diagram.silent[SILENT[child.name]] += 1

    # Scopes, without recursion

    def scope(self, element: XmlElement, kind: str, parent: str | None) -> None:
        pending = [(element, kind, parent)]
        while pending:
            current, kind, around = pending.pop()
            key = self.id_of(current)
            if key in self.diagram.scopes:
                continue
            by_event = current.get("triggeredByEvent") == "true"
            self.diagram.scopes[key] = Scope(key, clean(current.get("name")), kind, around, by_event)
            for child in current.children:
                if child.name in SUB_PROCESSES:
                    self.add(child, key)
                    pending.append((child, child.name, key))
                else:
                    self.member(child, key)

    def member(self, element: XmlElement, scope: str) -> None:
        if element.name in CONSTRUCTS:
            self.add(element, scope)
        elif element.name == "sequenceFlow":
            self.flow(element, scope)
        elif element.name == "laneSet":
            self.lane_set(element)
        elif element.name in SILENT:
            self.diagram.silent[SILENT[element.name]] += 1
        elif element.name in CHOREOGRAPHY:
            name = clean(element.get("name"))
            message = "choreographies say what is exchanged, not who works"
            self.decisions.note(LEFT_OUT, name, self.id_of(element), "choreography", message)

    def add(self, element: XmlElement, scope: str) -> None:
        node = self.node(element, scope)
        if node.id in self.diagram.nodes:
            self.decisions.note(
                ASSUMED,
                node.name,
                node.id,
                node.construct,
                "its id is used twice: flows lead to the first of this id",
            )
            self.unnamed += 1
            node.key, node.id = node.id, f"{node.id} ({self.unnamed})"
        self.diagram.nodes[node.id] = node
        for child in element.children:
            if child.name in SILENT:
                self.diagram.silent[SILENT[child.name]] += 1

    def node(self, element: XmlElement, scope: str) -> FlowNode:
        node = FlowNode(self.id_of(element), element.name, clean(element.get("name")), element, scope)
        node.attached_to = _local(element.get("attachedToRef"))
        node.interrupting = element.get("cancelActivity") != "false"
        node.default = _local(element.get("default"))
        node.called = _local(element.get("calledElement"))
        for child in element.children:
            if child.name in TRIGGERS:
                node.triggers.append((TRIGGERS[child.name], child))
            elif child.name == "standardLoopCharacteristics":
                node.marker, node.marker_xml = "loop", child
            elif child.name == "multiInstanceLoopCharacteristics":
                sequential = child.get("isSequential") == "true"
                node.marker, node.marker_xml = ("sequential" if sequential else "parallel"), child
            elif child.name == "documentation" and not node.documentation:
                node.documentation = clean(child.text)
            elif child.name in ("performer", "humanPerformer", "potentialOwner", "resourceRole"):
                self.performer(node.id, child)
        return node

    def performer(self, node: str, element: XmlElement) -> None:
        reference = element.first("resourceRef")
        name = clean(element.get("name"))
        if reference is not None and reference.text.strip():
            self.diagram.performers.setdefault(node, []).append(_local(reference.text.strip()) or "")
        elif name:
            self.diagram.performers.setdefault(node, []).append(name)

    def flow(self, element: XmlElement, scope: str) -> None:
        key = self.id_of(element)
        ends = _local(element.get("sourceRef")) or "", _local(element.get("targetRef")) or ""
        condition = element.first("conditionExpression")
        text = None if condition is None else " ".join(condition.text.split())
        if key in self.diagram.flows:
            self.unnamed += 1
            key = f"{key} ({self.unnamed})"
        self.diagram.flows[key] = Flow(key, *ends, clean(element.get("name")), text or None, scope)

    def lane_set(self, element: XmlElement) -> None:
        pending: list[tuple[XmlElement, str | None]] = [(lane, None) for lane in element.all("lane")]
        while pending:
            lane, parent = pending.pop(0)
            key = self.id_of(lane)
            nodes = [_local(child.text.strip()) or "" for child in lane.all("flowNodeRef")]
            self.diagram.lanes[key] = Lane(key, clean(lane.get("name")), parent, nodes)
            for inner in lane.all("childLaneSet", "laneSet"):
                pending.extend((child, key) for child in inner.all("lane"))

    def id_of(self, element: XmlElement) -> str:
        given = element.get("id")
        if given:
            return given
        self.unnamed += 1
        return f"{element.name} without id ({self.unnamed})"

    # What is left over

    def drop_dangling(self) -> None:
        """Flows that begin or end at nothing."""
        for key, flow in list(self.diagram.flows.items()):
            missing = [end for end in (flow.source, flow.target) if end not in self.diagram.nodes]
            if missing:
                del self.diagram.flows[key]
                message = "it begins or ends at an element that is not in the file"
                self.decisions.note(LEFT_OUT, flow.name, key, "sequence flow", message)

    def count_foreign(self) -> None:
        for element in _extensions(self.diagram.root):
            self.diagram.foreign[element.space] = self.diagram.foreign.get(element.space, 0) + 1


def _extensions(root: XmlElement) -> Iterator[XmlElement]:
    for element in root.walk():
        if element.name == "extensionElements":
            yield from element.children


def _local(reference: str | None) -> str | None:
    """A reference without the prefix of a namespace."""
    if reference is None:
        return None
    return reference.rpartition(":")[2] if reference.count(":") == 1 else reference


def clean(text: str | None) -> str:
    """A name as a chain may have it: white space joined, nothing that cannot be seen, no arrow."""
    joined = " ".join((text or "").split())
    seen = "".join(one for one in joined if one.isprintable())
    seen = seen.replace("->", "→").replace(" via ", " by way of ").strip()
    return seen if len(seen) <= LONGEST_NAME else seen[: LONGEST_NAME - 1].rstrip() + "…"


def names_of(diagram: Diagram) -> Mapping[str, str]:
    """What each element of the file is called, by its id."""
    found = {key: node.name for key, node in diagram.nodes.items()}
    return found | {key: flow.name for key, flow in diagram.flows.items()}
