"""A picture as the elements of a BPMN file: processes with lanes, the collaboration, and the diagram."""

from __future__ import annotations

from collections import defaultdict

from serviceflow.formats.bpmn.export.figures import resource_id
from serviceflow.formats.bpmn.export.picture import DATA, MESSAGE, SEQUENCE, Line, Picture, Pool, Shape, id_of
from serviceflow.formats.bpmn.export.routes import name_box
from serviceflow.formats.bpmn.export.tags import Tag

SPACES = {
    "xmlns:bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "xmlns:bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "xmlns:dc": "http://www.omg.org/spec/DD/20100524/DC",
    "xmlns:di": "http://www.omg.org/spec/DD/20100524/DI",
    "xmlns:bpsim": "http://www.bpsim.org/schemas/2.0",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
FORMAL = {"xsi__type": "bpmn:tFormalExpression"}
ROOT = "Definitions"


class Elements:
    """Writes a picture."""

    def __init__(self, name: str, picture: Picture, providers: list[str]) -> None:
        self.name, self.picture, self.providers = name, picture, providers
        self.into: dict[str, list[str]] = defaultdict(list)
        self.out: dict[str, list[str]] = defaultdict(list)
        self.taken: dict[str, list[Line]] = defaultdict(list)
        for line in picture.lines.values():
            if line.kind == SEQUENCE:
                self.out[line.source].append(line.id)
                self.into[line.target].append(line.id)
            elif line.kind == DATA:
                task = line.source if picture.shapes[line.target].pool < 0 else line.target
                self.taken[task].append(line)

    def write(self) -> Tag:
        """All but the figures."""
        root = Tag("bpmn:definitions", {**SPACES, "id": ROOT, "name": self.name})
        for name in self.providers:
            root.add("bpmn:resource", id=resource_id(name), name=name)
        for shape in self.picture.shapes.values():
            if shape.pool < 0:
                root.add("bpmn:dataStore", id=self.store(shape), name=shape.name)
        self.collaboration(root)
        for number, pool in enumerate(self.picture.pools):
            self.process(root, number, pool)
        return root

    @staticmethod
    def store(shape: Shape) -> str:
        return f"Data{shape.id}"

    def collaboration(self, root: Tag) -> None:
        tag = root.add("bpmn:collaboration", id="Collaboration")
        for pool in self.picture.pools:
            tag.add("bpmn:participant", id=f"Pool_{pool.id}", name=pool.name, processRef=pool.id)
        for line in self.picture.lines.values():
            if line.kind == MESSAGE:
                ends = {"sourceRef": line.source, "targetRef": line.target}
                tag.add("bpmn:messageFlow", id=line.id, name=line.name, **ends)

    def process(self, root: Tag, number: int, pool: Pool) -> None:
        tag = root.add("bpmn:process", id=pool.id, name=pool.name, isExecutable="false")
        shapes = [shape for shape in self.picture.shapes.values() if shape.pool == number]
        lanes = tag.add("bpmn:laneSet", id=f"Lanes_{pool.id}")
        for lane in pool.lanes:
            own = lanes.add("bpmn:lane", id=lane_id(pool, lane), name=lane or "")
            for shape in shapes:
                if shape.lane == lane:
                    own.add("bpmn:flowNodeRef", shape.id)
        ids = {shape.id for shape in shapes}
        for shape in shapes:
            self.node(tag, shape)
        for line in self.picture.lines.values():
            if line.kind == SEQUENCE and line.source in ids:
                self.flow(tag, line)
        if number == 0:
            for shape in self.picture.shapes.values():
                if shape.pool < 0:
                    self.reference(tag, shape)

    def reference(self, process: Tag, shape: Shape) -> None:
        tag = process.add(
            "bpmn:dataStoreReference", id=shape.id, name=shape.name, dataStoreRef=self.store(shape)
        )
        _document(tag, shape)

    def node(self, process: Tag, shape: Shape) -> None:
        tag = process.add(f"bpmn:{shape.tag}", id=shape.id, name=shape.name)
        if not shape.name:
            del tag.attributes["name"]
        if shape.host is not None:
            tag.attributes |= {"attachedToRef": shape.host, "cancelActivity": "true"}
        if shape.default is not None:
            tag.attributes["default"] = shape.default
        if shape.tag.endswith("Gateway"):
            many, some = len(self.out[shape.id]) > 1, len(self.into[shape.id]) > 1
            direction = "Mixed" if many and some else "Diverging" if many else "Converging" if some else None
            if direction is not None:
                tag.attributes["gatewayDirection"] = direction
        _document(tag, shape)
        for key in self.into[shape.id]:
            tag.add("bpmn:incoming", key)
        for key in self.out[shape.id]:
            tag.add("bpmn:outgoing", key)
        self.stores(tag, shape)
        for name in shape.performers:
            performer = tag.add("bpmn:performer", name=name)
            performer.add("bpmn:resourceRef", resource_id(name))
        _trigger(tag, shape)

    def stores(self, tag: Tag, shape: Shape) -> None:
        lines = self.taken.get(shape.id, [])
        if not lines:
            return
        place = f"Property_{shape.id}"
        brought = [line for line in lines if line.source == shape.id]
        took = [line for line in lines if line.target == shape.id]
        tag.add("bpmn:property", id=place, name="__targetRef_placeholder")
        for line in took:
            own = tag.add("bpmn:dataInputAssociation", id=line.id)
            own.add("bpmn:sourceRef", line.source)
            own.add("bpmn:targetRef", place)
        for line in brought:
            own = tag.add("bpmn:dataOutputAssociation", id=line.id)
            own.add("bpmn:targetRef", line.target)

    def flow(self, process: Tag, line: Line) -> None:
        tag = process.add("bpmn:sequenceFlow", id=line.id, sourceRef=line.source, targetRef=line.target)
        if line.name:
            tag.attributes["name"] = line.name
        if line.condition is not None:
            tag.add("bpmn:conditionExpression", line.condition, **FORMAL)


def lane_id(pool: Pool, lane: str | None) -> str:
    """The id of the lane of a provider in a pool."""
    return id_of("Lane", pool.id, lane or "")


def _document(tag: Tag, shape: Shape) -> None:
    if shape.notes:
        tag.add("bpmn:documentation", "\n".join(shape.notes))


def _trigger(tag: Tag, shape: Shape) -> None:
    if shape.tag == "complexGateway":
        tag.add("bpmn:activationCondition", shape.says, **FORMAL)
    if not shape.trigger:
        return
    own = tag.add(f"bpmn:{shape.trigger}EventDefinition", id=f"Trigger_{shape.id}")
    if shape.trigger == "conditional":
        own.add("bpmn:condition", shape.says, **FORMAL)
    elif shape.trigger == "timer" and shape.says.startswith("P"):
        own.add("bpmn:timeDuration", shape.says, **FORMAL)
    elif shape.trigger == "timer" and shape.says.startswith("R/"):
        own.add("bpmn:timeCycle", shape.says, **FORMAL)


# The diagram


def diagram(picture: Picture) -> Tag:
    """Where everything lies."""
    root = Tag("bpmndi:BPMNDiagram", {"id": "Diagram"})
    plane = root.add("bpmndi:BPMNPlane", id="Plane", bpmnElement="Collaboration")
    for pool in picture.pools:
        _box(plane, f"Pool_{pool.id}", pool.box, isHorizontal="true")
        for lane, box in zip(pool.lanes, pool.lane_boxes, strict=True):
            _box(plane, lane_id(pool, lane), box, isHorizontal="true")
    for shape in picture.shapes.values():
        more = {"isMarkerVisible": "true"} if shape.tag == "exclusiveGateway" else {}
        tag = _box(plane, shape.id, shape.box, **more)
        if (name := name_box(shape)) is not None:
            _bounds(tag.add("bpmndi:BPMNLabel"), *name)
    for line in picture.lines.values():
        tag = plane.add("bpmndi:BPMNEdge", id=f"DI_{line.id}", bpmnElement=line.id)
        for x, y in line.points:
            tag.add("di:waypoint", x=_pixels(x), y=_pixels(y))
        if line.label is not None:
            _bounds(tag.add("bpmndi:BPMNLabel"), *line.label)
    return root


def _box(plane: Tag, key: str, box: tuple[float, float, float, float], **more: str) -> Tag:
    tag = plane.add("bpmndi:BPMNShape", id=f"DI_{key}", bpmnElement=key, **more)
    left, top, right, bottom = box
    _bounds(tag, left, top, right - left, bottom - top)
    return tag


def _bounds(tag: Tag, left: float, top: float, wide: float, high: float) -> None:
    tag.add("dc:Bounds", x=_pixels(left), y=_pixels(top), width=_pixels(wide), height=_pixels(high))


def _pixels(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
