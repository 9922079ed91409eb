"""Diagrams drawn at random: with every construct, sound or broken, and files that are damaged."""

from random import Random

from drawing import bpsim, definitions, flow, line, node, number, of, process, timer

TASKS = (
    "task", "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask",
)  # fmt: skip
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway")
TRIGGERS = (
    "timer", "message", "signal", "conditional", "error", "escalation", "compensate", "cancel", "terminate", "link",
)  # fmt: skip
TIMES = ("PT5M", "PT1H", "P1D", "R3/PT10M", "R/PT1H", "2026-02-03T10:00:00Z", "", "0 0 * * *", "${when}")
NAMES = ("", "Check", "Check", "Pay -> by card", "a\nb", "  much   space ", "end", "x" * 300, "客房部", "35%", "(15% of cases)", "a via b", "`tick`", "Nurse (10)")  # fmt: skip
CONDITIONS = (None, None, "0.3", "${amount > 5}", "35%", "1", "= amount", "<script>".replace("<", "&lt;"))


class Drawing:
    """One diagram in the making."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.count = 0
        self.parts = []
        self.flows = []
        self.nodes = []
        self.elements = []

    def id(self, stem="n"):
        self.count += 1
        return f"{stem}{self.count}"

    def name(self):
        return self.random.choice(NAMES).replace("<", "&lt;") or ""

    def flow(self, source, target):
        key = self.id("f")
        self.flows.append(key)
        self.parts.append(flow(source, target, self.name(), self.random.choice(CONDITIONS), key))

    def event(self, kind, **more):
        key = self.id("e")
        self.parts.append(node(kind, key, self.name(), self.trigger(), **more))
        return key

    def trigger(self):
        chance = self.random
        if chance.random() < 0.4:
            return ""
        name = chance.choice(TRIGGERS)
        if name == "timer":
            return timer(chance.choice(("timeDuration", "timeCycle", "timeDate")), chance.choice(TIMES))
        return f'<{name}EventDefinition name="L{chance.randrange(2)}"/>'

    def task(self):
        chance = self.random
        key = self.id("t")
        inner = ""
        if chance.random() < 0.15:
            inner += chance.choice(
                (
                    "<standardLoopCharacteristics/>",
                    '<standardLoopCharacteristics loopMaximum="3"/>',
                    "<multiInstanceLoopCharacteristics/>",
                    '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>3</loopCardinality>'
                    "</multiInstanceLoopCharacteristics>",
                    "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
                    "</multiInstanceLoopCharacteristics>",
                )
            )
        kind = chance.choice((*TASKS, "callActivity")) if chance.random() < 0.9 else "subProcess"
        more = {"calledElement": chance.choice(("p", "nowhere", "q"))} if kind == "callActivity" else {}
        self.parts.append(node(kind, key, self.name(), inner, **more))
        if chance.random() < 0.15:
            edge = self.id("b")
            inner = self.trigger()
            stops = chance.choice(("true", "false"))
            self.parts.append(
                node("boundaryEvent", edge, self.name(), inner, attachedToRef=key, cancelActivity=stops)
            )
            after, end = self.task(), self.event("endEvent")
            self.flow(edge, after)
            self.flow(after, chance.choice([end, key]))
        return key

    def block(self, depth):
        """A piece with one way in and one way out; sound unless luck has it otherwise."""
        chance = self.random
        kind = chance.random()
        if depth == 0 or kind < 0.35:
            key = (
                self.task()
                if chance.random() < 0.8
                else self.event(chance.choice(("intermediateCatchEvent", "intermediateThrowEvent")))
            )
            return key, key
        if kind < 0.6:
            first, second = self.block(depth - 1), self.block(depth - 1)
            self.flow(first[1], second[0])
            return first[0], second[1]
        if kind < 0.7:
            return self.sub_process(depth)
        split, join = self.id("g"), self.id("g")
        gateway = chance.choice(GATEWAYS)
        other = gateway if chance.random() < 0.8 else chance.choice(GATEWAYS)
        self.parts += [node(gateway, split, self.name()), node(other, join, self.name())]
        for _ in range(chance.randrange(1, 4)):
            inner = self.block(depth - 1)
            self.flow(split, inner[0])
            self.flow(inner[1], join)
        if chance.random() < 0.2:
            self.flow(split, join)
        if chance.random() < 0.15:
            self.flow(join, split)
        return split, join

    def sub_process(self, depth):
        key = self.id("u")
        outer, self.parts = self.parts, []
        inner = self.block(depth - 1)
        if self.random.random() < 0.7:
            begin, end = self.event("startEvent"), self.event("endEvent")
            self.flow(begin, inner[0])
            self.flow(inner[1], end)
        content = "".join(self.parts)
        self.parts = outer
        kind = self.random.choice(("subProcess", "transaction", "adHocSubProcess"))
        event = {"triggeredByEvent": "true"} if self.random.random() < 0.1 else {}
        self.parts.append(node(kind, key, self.name(), content, **event))
        return key, key

    def process(self, key):
        first = self.block(self.random.randrange(1, 5))
        begin, end = self.event("startEvent"), self.event("endEvent")
        if self.random.random() < 0.9:
            self.flow(begin, first[0])
        if self.random.random() < 0.9:
            self.flow(first[1], end)
        ids = [part.split('id="')[1].split('"')[0] for part in self.parts if "sequenceFlow" not in part[:14]]
        self.nodes += ids
        for _ in range(self.random.choice((0, 0, 0, 1, 2, 4))):
            self.flow(self.random.choice(ids), self.random.choice([*ids, "nowhere"]))
        lanes = "".join(f"<flowNodeRef>{one}</flowNodeRef>" for one in ids if self.random.random() < 0.5)
        lane = f'<laneSet id="{key}l"><lane id="{key}l1" name="{self.random.choice(("Clerk", "Nurse (10)", ""))}">{lanes}</lane></laneSet>'
        parts, self.parts = self.parts, []
        return process(lane, *parts, id=key, name=self.name())

    def pools(self):
        chance = self.random
        messages = "".join(
            f'<messageFlow id="m{number}" sourceRef="{chance.choice(self.nodes)}" targetRef="{chance.choice(self.nodes)}"/>'
            for number in range(chance.randrange(0, 5))
        )
        pools = (
            '<participant id="pp" name="Us" processRef="p"/><participant id="pq" name="Them" processRef="q"/>'
        )
        return f'<collaboration id="c">{pools}<participant id="box" name="World"/>{messages}</collaboration>'

    def parameters(self):
        chance = self.random
        parts = []
        for key in self.nodes:
            if chance.random() < 0.5:
                text = chance.choice(
                    (
                        number(chance.choice((0, 5, -3, "x", 1e300))),
                        '<bpsim:DurationParameter value="PT5M"/>',
                        '<bpsim:NormalDistribution mean="5" standardDeviation="2"/>',
                        '<bpsim:TriangularDistribution min="1" mode="5" max="3"/>',
                        '<bpsim:BetaDistribution shape="2" scale="3"/>',
                        '<bpsim:PoissonDistribution mean="3"/>',
                        '<bpsim:ErlangDistribution mean="3" k="2"/>',
                    )
                )
                parts.append(of(key, "TimeParameters", "ProcessingTime", text))
        for key in self.flows:
            if chance.random() < 0.5:
                parts.append(
                    of(key, "ControlParameters", "Probability", number(chance.choice((0, 0.3, 60, 1))))
                )
        return bpsim(*parts)


def random_diagram(seed):
    """A BPMN file with one or two pools, with or without parameters."""
    drawing = Drawing(seed)
    content = drawing.process("p")
    if drawing.random.random() < 0.5:
        content += drawing.process("q") + drawing.pools()
    if drawing.random.random() < 0.5:
        content += drawing.parameters()
    return definitions(content)


def damaged(text, seed):
    """A file that was cut, overwritten or doubled somewhere."""
    chance = Random(seed)
    data = bytearray(text.encode("utf-8"))
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data[place] = chance.randrange(256)
        elif kind == 1:
            del data[place : place + chance.randrange(1, 60)]
        elif kind == 2:
            data[place:place] = data[place : place + chance.randrange(1, 400)]
        else:
            data[place:place] = bytes(
                chance.choice(b"<>&\"'=/ \x00\xff-") for _ in range(chance.randrange(1, 5))
            )
    return bytes(data)


__all__ = ["damaged", "line", "random_diagram"]
