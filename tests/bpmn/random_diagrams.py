"""Diagrams drawn at random: with every construct, sound or broken, and files that are damaged."""

import json
import re
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
                    "<standardLoopCharacteristics><loopCondition>${again}</loopCondition></standardLoopCharacteristics>",
                    "<multiInstanceLoopCharacteristics><loopCardinality>${n}</loopCardinality>"
                    "</multiInstanceLoopCharacteristics>",
                    "<multiInstanceLoopCharacteristics/>",
                    '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>3</loopCardinality>'
                    "</multiInstanceLoopCharacteristics>",
                    "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
                    "</multiInstanceLoopCharacteristics>",
                )
            )
        kind = chance.choice((*TASKS, "callActivity")) if chance.random() < 0.9 else "subProcess"
        more = {"calledElement": chance.choice(("p", "nowhere", "q", "gt"))} if kind == "callActivity" else {}
        if chance.random() < 0.1:
            inner += '<performer id="{}"><resourceRef>r1</resourceRef></performer>'.format(self.id("r"))
        if chance.random() < 0.1:
            inner += '<potentialOwner id="{}" name="Clerk"/>'.format(self.id("r"))
        self.parts.append(node(kind, key, self.name(), inner, **more))
        if chance.random() < 0.05:
            self.compensate(key)
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

    def compensate(self, task):
        """What undoes a task: an event at its edge, an association and a task."""
        edge, undo = self.id("b"), self.id("t")
        self.parts.append(node("boundaryEvent", edge, "", "<compensateEventDefinition/>", attachedToRef=task))
        self.parts.append(node("userTask", undo, "Undo", isForCompensation="true"))
        self.parts.append(f'<association id="{self.id("a")}" sourceRef="{edge}" targetRef="{undo}"/>')

    def silent(self):
        """What says something to people only, and what is no process at all."""
        chance, found = self.random, []
        for kind in ("dataObject", "dataObjectReference", "dataStoreReference", "textAnnotation", "group"):
            if chance.random() < 0.2:
                found.append(node(kind, self.id("d"), self.name()))
        if chance.random() < 0.05:
            found.append(node("choreographyTask", self.id("c"), self.name()))
        return found

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
        inner, place = "", len(self.parts)
        if other == "complexGateway" and chance.random() < 0.7:
            inner = f"<activationCondition>{chance.choice((1, 2, 'many'))}</activationCondition>"
        self.parts.append(node(other, join, self.name(), inner))
        for _ in range(chance.randrange(1, 4)):
            inner = self.block(depth - 1)
            self.flow(split, inner[0])
            self.flow(inner[1], join)
        more = {"default": self.flows[-1]} if chance.random() < 0.2 else {}
        self.parts.insert(place, node(gateway, split, self.name(), **more))
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
        name = self.random.choice(("Clerk", "Nurse (10)", ""))
        inner = "".join(f"<flowNodeRef>{one}</flowNodeRef>" for one in ids if self.random.random() < 0.2)
        nested = f'<childLaneSet id="{key}l2"><lane id="{key}l3" name="Inner">{inner}</lane></childLaneSet>'
        nested = nested if self.random.random() < 0.3 else ""
        lane = f'<laneSet id="{key}l"><lane id="{key}l1" name="{name}">{lanes}{nested}</lane></laneSet>'
        self.parts += self.silent()
        parts, self.parts = self.parts, []
        return process(lane, *parts, id=key, name=self.name())

    def pools(self):
        chance = self.random
        ends = [*self.nodes, "pp", "pq", "box"]
        messages = "".join(
            f'<messageFlow id="m{number}" sourceRef="{chance.choice(ends)}" targetRef="{chance.choice(ends)}"/>'
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


OTHERS = (
    '<globalUserTask id="gt" name="Everywhere"/>',
    '<resource id="r1" name="Lawyer"/>',
    '<choreography id="ch"><choreographyTask id="cht" name="Talk"/></choreography>',
    '<conversation id="co"/>',
    '<dataStore id="ds" name="Archive"/>',
)


def random_diagram(seed):
    """A BPMN file with one or two pools, with or without parameters, in one of the ways in which tools write."""
    return drawn(seed)[0]


def drawn(seed):
    """The text of a diagram, and what it was drawn with."""
    drawing = Drawing(seed)
    chance = drawing.random
    content = "".join(one for one in OTHERS if chance.random() < 0.2)
    content += drawing.process("p")
    if chance.random() < 0.5:
        content += drawing.process("q") + drawing.pools()
    dialect = chance.random()
    if dialect < 0.5:
        content += drawing.parameters()
    elif dialect < 0.65:
        content += qbp(drawing)
    text = definitions(content)
    return (prefixed(text) if chance.random() < 0.3 else text), drawing


def prefixed(text):
    """The same with prefixes, as most tools write it."""
    text = re.sub(r"<(/?)(\w+)(?=[ />])", r"<\1bpmn:\2", text)
    return text.replace(" xmlns=", " xmlns:bpmn=", 1)


JUNK = (0, 5, -3, "NaN", "", "12.5", 1e300, None, "x")


def qbp(drawing):
    """Parameters of BIMP, some of them junk."""
    chance = drawing.random
    kinds = ("FIXED", "EXPONENTIAL", "NORMAL", "UNIFORM", "TRIANGULAR", "LOGNORMAL", "GAMMA", "HISTOGRAM")

    def time(name):
        given = " ".join(f'{key}="{chance.choice(JUNK)}"' for key in ("mean", "arg1", "arg2"))
        return f'<qbp:{name} type="{chance.choice(kinds)}" {given}><qbp:timeUnit>minutes</qbp:timeUnit></qbp:{name}>'

    elements = "".join(
        f'<qbp:element elementId="{key}">{time("durationDistribution")}<qbp:resourceIds><qbp:resourceId>R</qbp:resourceId>'
        "</qbp:resourceIds></qbp:element>"
        for key in drawing.nodes
        if chance.random() < 0.5
    )
    flows = "".join(
        f'<qbp:sequenceFlow elementId="{key}" executionProbability="{chance.choice(JUNK)}"/>'
        for key in drawing.flows
        if chance.random() < 0.5
    )
    return (
        f'<extensionElements><qbp:processSimulationInfo processInstances="{chance.choice(JUNK)}" currency="EUR">'
        f'{time("arrivalRateDistribution")}<qbp:resources><qbp:resource id="R" name="Clerk" totalAmount="{chance.choice(JUNK)}"'
        f' costPerHour="{chance.choice(JUNK)}"/></qbp:resources><qbp:elements>{elements}</qbp:elements>'
        f"<qbp:sequenceFlows>{flows}</qbp:sequenceFlows></qbp:processSimulationInfo></extensionElements>"
    )


def prosimos(drawing):
    """Parameters of Prosimos, some of them junk."""
    chance = drawing.random
    kinds = ("fix", "expon", "norm", "uniform", "lognorm", "gamma", "triang", "unknown")

    def drawn_time():
        values = [{"value": chance.choice((*JUNK, 60, 120, 600))} for _ in range(chance.randrange(0, 6))]
        return {"distribution_name": chance.choice(kinds), "distribution_params": values}

    day = {
        "from": "MONDAY",
        "to": "FRIDAY",
        "beginTime": "08:00:00",
        "endTime": chance.choice(("17:00:00", "25:99", "")),
    }
    tasks = [key for key in drawing.nodes if chance.random() < 0.7]
    resource = {
        "id": "r",
        "name": "Clerk",
        "cost_per_hour": chance.choice(JUNK),
        "amount": chance.choice(JUNK),
        "calendar": "c",
    }
    given = {
        "resource_profiles": [
            {"id": "g", "name": "Clerks", "resource_list": [{**resource, "assignedTasks": tasks}]}
        ],
        "arrival_time_distribution": drawn_time(),
        "arrival_time_calendar": [day],
        "gateway_branching_probabilities": [
            {
                "gateway_id": key,
                "probabilities": [
                    {"path_id": one, "value": chance.choice(JUNK)} for one in drawing.flows[:3]
                ],
            }
            for key in drawing.nodes
            if key.startswith("g")
        ],
        "task_resource_distribution": [
            {"task_id": key, "resources": [{"resource_id": "r", **drawn_time()}]} for key in tasks
        ],
        "resource_calendars": [{"id": "c", "name": "Days", "time_periods": [day]}],
    }
    return json.dumps({key: one for key, one in given.items() if chance.random() < 0.9})


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


__all__ = ["damaged", "drawn", "line", "prosimos", "random_diagram"]
