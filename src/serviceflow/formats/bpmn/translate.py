"""From the graph and the parameters to a chain in the notation of a model file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from serviceflow.formats.bpmn.contract import Anchors, contract, find_anchors, is_join, prune
from serviceflow.formats.bpmn.diagram import TASKS, Diagram, FlowNode
from serviceflow.formats.bpmn.durations import read_timer, seconds_text, share_text
from serviceflow.formats.bpmn.graph import (
    AND,
    END,
    OR,
    RACE,
    START,
    WORK,
    XOR,
    Builder,
    Place,
    Way,
    connect,
    read_limit,
)
from serviceflow.formats.bpmn.messages import Asking, Messages, callers, read_messages
from serviceflow.formats.bpmn.names import Names
from serviceflow.formats.bpmn.parameters import Parameters, Work
from serviceflow.formats.bpmn.report import APPROXIMATED, ASSUMED, EXACT, LEFT_OUT, Decisions
from serviceflow.formats.bpmn.shares import (
    Choice,
    conditional_choices,
    exclusive_shares,
    inclusive_choices,
    is_conditional,
)
from serviceflow.formats.bpmn.structure import Model, Step, mend
from serviceflow.formats.bpmn.weekly import clock

UNLIMITED = 1_000
"""Staff of a provider that is not limited."""
DEFAULT_DURATION = "10 min"
DEFAULT_ARRIVALS = {"rate": "1 per hour"}
DEFAULT_RUN = {"duration": "4 weeks", "warm_up": "1 week"}
UNSTAFFED = ("serviceTask", "scriptTask", "businessRuleTask", "receiveTask", "intermediateCatchEvent")
"""Kinds of work that are done by nobody unless somebody is named."""
_NUMBERED = re.compile(r"(.+?)\s*\(\s*(\d{1,6})\s*\)")

Spread = dict[str | None, Fraction]


@dataclass
class Translation:
    """A chain in the notation of a model file, and what each of its elements stands for.

    Attributes
    ----------
    model : dict
        As a model file has it.
    origins : dict
        Section and name to the id in the diagram.
    counts : dict
        How many of each construct became something.
    """

    model: dict[str, Any]
    origins: dict[tuple[str, str], str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


class Translator:
    """Translates a diagram with the parameters of one scenario."""

    def __init__(self, diagram: Diagram, parameters: Parameters, decisions: Decisions) -> None:
        self.diagram = diagram
        self.parameters = parameters
        self.decisions = decisions
        self.places: list[Place] = []
        self.by_id: dict[str, Place] = {}
        self.messages = Messages()
        self.anchors = Anchors()
        self.names = Names()
        self.named: dict[Place, str] = {}
        self.place_of: dict[str, Place] = {}
        """The service of a name."""
        self.services: dict[str, dict[str, Any]] = {}
        self.steps: list[Step] = []
        self.providers: dict[str, str] = {}
        self.attributes: dict[str, Any] = {}
        self.result = Translation({})
        self.spreads: dict[Place, Spread] = {}
        self.changed: dict[str, bool] = {}
        """Tasks that change an attribute by which requests choose, and whether visits tell it."""

    def translate(self) -> Translation:
        """The whole way."""
        self.make_graph()
        entries = callers(self.messages, self.places)
        self.anchors = find_anchors(self.places, self.conditional, entries)
        self.name_services()
        for place in self.anchors.services:
            self.service(place)
        consumers = self.consumers(entries)
        for place in self.anchors.services:
            self.exits(place, self.named[place])
        self.tell_changes()
        calls = self.calls()
        self.mend(consumers, calls)
        return self.put_together(consumers, calls)

    def conditional(self, place: Place) -> bool:
        return is_conditional(place, self.parameters)

    # The graph

    def make_graph(self) -> None:
        arriving = {
            self.diagram.nodes[key].scope for key in self.parameters.arrivals if key in self.diagram.nodes
        }
        builder = Builder(self.diagram, self.decisions, arriving)
        self.places, self.by_id = builder.build(), builder.by_id
        self.messages = read_messages(self.diagram, self.by_id, self.decisions)
        for asking in self.messages.askings:
            self.keep_sender(asking)
        roots = [place for place in self.places if place.kind == START]
        self.tell_unreached(prune(self.places, roots))
        contract(self.places)
        prune(self.places, roots)
        for start in callers(self.messages, self.places):
            behind = start.out[0].target if start.out else None
            if behind is None or behind.kind != WORK:
                start.kind = WORK

    def keep_sender(self, asking: Asking) -> None:
        """A place for what sends a message, which would vanish otherwise."""
        place, start = self.by_id.get(asking.origin.id), self.by_id.get(asking.start.id)
        if place is None or start is None:
            return
        if asking.is_end and start.out:
            place.kind = XOR
            connect(place, start.out[0].target)
        elif place.kind in (XOR, END):
            place.kind = WORK

    def tell_unreached(self, gone: list[Place]) -> None:
        for place in gone:
            if place.node is not None and place.kind == WORK:
                message = "no flow leads to it from a start: left out"
                self.decisions.note(LEFT_OUT, place.name, place.id, place.node.construct, message)

    # Names

    def name_services(self) -> None:
        starts = [place for place in self.places if place.kind == START]
        for place in self.anchors.services:
            if place.kind == WORK:
                self.name(place, place.name, self.kind_word(place))
        for place in self.anchors.services:
            if place.kind != WORK:
                self.name(place, place.name, self.gateway_word(place))
        for place in starts:
            outside = self.messages.outside.get(place.node.id if place.node else "", "")
            process = self.diagram.scopes.get(place.process)
            self.name(
                place,
                place.name,
                outside or f"Requests of {process.name if process else ''}".removesuffix(" of "),
            )

    def name(self, place: Place, wanted: str, otherwise: str) -> None:
        name = self.names.give(wanted, otherwise)
        self.named[place] = name
        if place.kind != START:
            self.place_of[name] = place
        section = "consumers" if place.kind == START else "services"
        if place.id:
            self.result.origins[section, name] = place.id
        if place.node is not None and wanted and name != wanted and place.kind == WORK:
            message = f"the name is used before: it is called '{name}'"
            self.decisions.note(ASSUMED, wanted, place.id, place.node.construct, message, matters=False)
        elif place.node is not None and not wanted and place.kind in (WORK, START):
            message = f"it has no name: it is called '{name}'"
            self.decisions.note(ASSUMED, "", place.id, place.node.construct, message, matters=False)

    def kind_word(self, place: Place) -> str:
        if place.node is None:
            return "Task"
        return (
            place.node.construct.removeprefix("intermediate ").replace(" intermediate catch", "").capitalize()
        )

    def gateway_word(self, place: Place) -> str:
        before = next(
            (self.named.get(way.source) or way.source.name for way in place.into if way.source.kind == WORK),
            "",
        )
        behind = next(
            (self.named.get(way.target) or way.target.name for way in place.out if way.target.kind == WORK),
            "",
        )
        if is_join(place):
            return f"Join before {behind}" if behind else f"Join after {before}" if before else "Join"
        word = "Split" if place.kind in (AND, OR) else "Choice"
        return f"{word} after {before}" if before else f"{word} before {behind}" if behind else word

    # Services

    def service(self, place: Place) -> None:
        fields: dict[str, Any] = {}
        if place.kind == WORK:
            self.work(place, fields)
        join = place if is_join(place) else self.anchors.joins.get(place)
        if join is not None:
            fields["join"] = self.count_of(join) or "all"
        gate = self.anchors.gate(place)
        if gate.kind in (AND, OR) and len(gate.out) > 1:
            fields["split"] = "all"
        if place.within:
            fields.setdefault("labels", {})["sub-process"] = " / ".join(place.within)
        self.services[self.named[place]] = fields

    def count_of(self, join: Place) -> int | None:
        """How many branches a complex gateway waits for."""
        if join.node is None or join.node.kind != "complexGateway":
            return None
        condition = join.node.xml.first("activationCondition")
        text = condition.text.strip() if condition is not None else ""
        return int(text) if text.isdigit() and 1 <= int(text) <= min(1_000, len(join.into)) else None

    def work(self, place: Place, fields: dict[str, Any]) -> None:
        node = place.node
        if node is None or node.kind == "startEvent":
            return
        self.assign(place, node, fields)
        self.time(place, node, fields)
        given = self.parameters
        if node.original in given.batches:
            fields["batch"] = given.batches[node.original]
        if node.original in given.priorities:
            fields["priority"] = given.priorities[node.original]
        if node.original in given.costs:
            fields["cost"] = given.costs[node.original]

    def time(self, place: Place, node: FlowNode, fields: dict[str, Any]) -> None:
        duration = self.duration(node)
        limits = [limit for event in place.limits if (limit := self.limit(event)) is not None]
        if limits and duration is not None:
            name = f"time of {self.named[place]}".replace("`", "'")
            self.attributes[name] = duration
            duration = f"min(`{name}`, {', '.join(limits)})"
        if duration is not None:
            fields["duration"] = duration

    def duration(self, node: FlowNode) -> str | None:
        given = self.parameters.durations.get(node.original)
        if given is not None:
            return given
        if node.kind == "intermediateCatchEvent":
            return self.catching(node)
        if node.kind not in TASKS and node.kind not in (
            "callActivity",
            "subProcess",
            "transaction",
            "adHocSubProcess",
        ):
            return None
        if node.id in self.messages.answered:
            return None
        if self.parameters.source:
            message = f"{self.parameters.source} gives it no time: it takes none"
            self.decisions.note(ASSUMED, node.name, node.original, node.construct, message)
            return None
        message = f"no time in the file: {DEFAULT_DURATION}"
        self.decisions.note(ASSUMED, node.name, node.original, node.construct, message)
        return DEFAULT_DURATION

    def catching(self, node: FlowNode) -> str | None:
        """How long an event takes to come."""
        if node.id in self.messages.answered:
            return None
        if node.trigger == "timer" and (timer := read_limit(node)) is not None:
            if timer[0] == "duration":
                self.decisions.note(EXACT, node.name, node.original, node.construct, f"it takes {timer[1]}")
                return timer[1]
            done = f"requests go on at the next instant ({timer[0]} {timer[1]})"
            self.decisions.note(EXACT, node.name, node.original, node.construct, done)
            return None
        what = (
            "until when it waits"
            if node.trigger == "timer"
            else f"how long {node.name or 'it'} takes to come"
        )
        self.decisions.note(
            ASSUMED, node.name, node.original, node.construct, f"{what} is not in the file: it takes no time"
        )
        return None

    def limit(self, event: FlowNode) -> str | None:
        given = self.parameters.limits.get(event.original)
        timer = read_limit(event)
        limit = given or (timer[1] if timer is not None and timer[0] == "duration" else None)
        if limit is None:
            message = "after how long is not in the file: never"
            self.decisions.note(ASSUMED, event.name, event.original, event.construct, message)
            return None
        done = f"work is cut off after {limit}; time in the queue does not count: set patience for that"
        self.decisions.note(EXACT, event.name, event.original, event.construct, done)
        return limit

    # Who does it

    def assign(self, place: Place, node: FlowNode, fields: dict[str, Any]) -> None:
        work = self.parameters.work.get(node.original) or self.performer(node)
        if work is None:
            name = self.provider_by_place(place, node)
            work = Work(((name, 1),)) if name else None
        if work is None:
            return
        found = [(self.provider(name), count) for name, count in work.providers]
        if work.skill is not None:
            fields["skill"] = work.skill
        if work.any_of and len(found) > 1:
            fields["any_of"] = list(dict.fromkeys(name for name, _ in found))
        elif len(found) == 1 and found[0][1] == 1:
            fields["provider"] = found[0][0]
        else:
            needed: dict[str, int] = {}
            for name, count in found:
                needed[name] = needed.get(name, 0) + count
            fields["providers"] = needed

    def performer(self, node: FlowNode) -> Work | None:
        names = [
            self.diagram.resources.get(one, one) for one in self.diagram.performers.get(node.original, [])
        ]
        return Work(tuple((name, 1) for name in dict.fromkeys(names) if name)) if any(names) else None

    def provider_by_place(self, place: Place, node: FlowNode) -> str | None:
        if node.kind in UNSTAFFED or node.kind not in (
            *TASKS,
            "callActivity",
            "subProcess",
            "transaction",
            "adHocSubProcess",
        ):
            return None
        if self.parameters.source == "Prosimos":
            return None
        pool = self.diagram.pool_of(place.process)
        process = self.diagram.scopes.get(place.process)
        return place.lane or (pool.name if pool else "") or (process.name if process else "") or "Staff"

    def provider(self, name: str) -> str:
        """The name of a provider as the chain has it; a lane 'Nurse (10)' is called 'Nurse'."""
        if name not in self.providers:
            found = None if name in self.parameters.staffing else _NUMBERED.fullmatch(name)
            self.providers[name] = Names().give(found[1] if found else name, "Staff")
        return self.providers[name]

    def provider_fields(self) -> dict[str, dict[str, Any]]:
        result: dict[str, dict[str, Any]] = {}
        for original, name in self.providers.items():
            if name in result:
                continue
            fields = self.staffing(original, name)
            if self.has_priorities and fields.get("discipline") is None:
                fields["discipline"] = "priority"
            result[name] = fields
        return result

    @property
    def has_priorities(self) -> bool:
        return bool(self.parameters.priorities or self.parameters.consumer_priority)

    def staffing(self, original: str, name: str) -> dict[str, Any]:
        given = self.parameters.staffing.get(original)
        if given is not None:
            if given.id:
                self.result.origins["providers", name] = given.id
            return dict(given.fields)
        lane = next((one for one in self.diagram.lanes.values() if one.name == original), None)
        if lane is not None:
            self.result.origins["providers", name] = lane.id
        numbered = _NUMBERED.fullmatch(original)
        if numbered and int(numbered[2]) <= 1_000_000:
            self.decisions.note(
                EXACT, original, lane.id if lane else "", "lane", f"{numbered[2]} of staff, by its name"
            )
            return {"staff": int(numbered[2])}
        if self.parameters.source and not self.parameters.states_staff:
            message = (
                f"{self.parameters.source} says nothing of its staff: {UNLIMITED:,}, as good as unlimited"
            )
            self.decisions.note(ASSUMED, name, lane.id if lane else "", "staffing", message)
            return {"staff": UNLIMITED}
        message = "not in the file: one each"
        self.decisions.note(ASSUMED, name, lane.id if lane else "", "staffing", message)
        return {"staff": 1}

    # Consumers

    def consumers(self, entries: set[Place]) -> dict[str, dict[str, Any]]:
        result: dict[str, dict[str, Any]] = {}
        for place in self.places:
            if place.kind != START and not (place in entries and place.kind == WORK):
                continue
            arrivals = self.arrivals(place, place in entries)
            if not arrivals:
                continue
            if not self.leads_anywhere(place):
                message = "nothing follows on it: there is nothing to simulate"
                self.decisions.note(LEFT_OUT, place.name, place.id, "start event", message)
                continue
            self.consumer(place, arrivals, result)
        return result

    def leads_anywhere(self, place: Place) -> bool:
        if place.kind == WORK:
            return True
        if not place.out:
            return False
        return any(target is not None for target in self.spread_all(place))

    def consumer(
        self, place: Place, arrivals: list[dict[str, Any]], result: dict[str, dict[str, Any]]
    ) -> None:
        for number, one in enumerate(arrivals):
            said = one.pop("called", None) if (one := dict(one)) else None
            base = self.named[place] if place.kind == START else f"{self.named[place]} from outside"
            name = base if number == 0 else self.names.give(f"{base} {said or ''}".strip())
            if place.kind == WORK:
                name = self.names.give(name)
            fields: dict[str, Any] = {"arrivals": one}
            own = self.parameters.own_attributes.get(place.id)
            if own:
                fields["attributes"] = own
            if self.parameters.consumer_priority:
                fields["priority"] = self.parameters.consumer_priority
            if place.kind == WORK:
                fields["enters"] = self.named[place]
            else:
                self.exits(place, name)
                self.shorten_entry(name, fields)
            self.result.origins["consumers", name] = place.id
            result[name] = fields

    def shorten_entry(self, name: str, fields: dict[str, Any]) -> None:
        own = [step for step in self.steps if step.origin == name]
        if len(own) == 1 and not own[0].fields and own[0].target is not None:
            fields["enters"] = own[0].target
            self.steps.remove(own[0])

    def arrivals(self, place: Place, is_asked: bool) -> list[dict[str, Any]]:
        """How requests come to a start, and how many of them."""
        most = self.parameters.counts.get(place.id)
        came = self.endless_arrivals(place, is_asked)
        return came if most is None else [{**one, "count": most} for one in came]

    def endless_arrivals(self, place: Place, is_asked: bool) -> list[dict[str, Any]]:
        """How requests come: as given, by a timer, not at all if others ask, or assumed."""
        given = self.parameters.arrivals.get(place.id)
        node = place.node
        if given is not None:
            return [from_the_start(one) for one in given]
        if is_asked:
            return []
        timer = read_limit(node) if node is not None and node.trigger == "timer" else None
        if timer is not None and timer[0] in ("every", "duration"):
            self.decisions.note(
                EXACT, place.name, place.id, "timer start event", f"a request comes every {timer[1]}"
            )
            return [{"every": timer[1]}]
        if timer is not None:
            self.decisions.note(
                EXACT, place.name, place.id, "timer start event", f"a request comes at {timer[1]}"
            )
            return [{"at": [timer[1]]}]
        message = "no arrivals in the file: 1 per hour"
        self.decisions.note(ASSUMED, place.name, place.id, node.construct if node else "start", message)
        return [dict(DEFAULT_ARRIVALS)]

    # Ways

    def spread(self, way: Way) -> Spread:
        """Where a way leads in the end, with shares, beyond gateways that are no services."""
        target = way.target
        if target.kind == END:
            return {None: Fraction(1)}
        if target in self.anchors.home:
            return {self.named[self.anchors.home[target]]: Fraction(1)}
        return self.beyond(target)

    def beyond(self, gateway: Place) -> Spread:
        """The same for a gateway, worked out from the ends on."""
        pending: list[Place] = [gateway]
        open_now: set[Place] = set()
        while pending:
            place = pending[-1]
            if place in self.spreads:
                pending.pop()
                continue
            open_ways = [
                way.target
                for way in place.out
                if way.target.kind != END
                and way.target not in self.anchors.home
                and way.target not in self.spreads
                and way.target not in open_now
            ]
            open_now.add(place)
            if open_ways:
                pending.extend(open_ways)
                continue
            pending.pop()
            for way in place.out:
                if way.target in open_now and way.target not in self.spreads:
                    self.spreads[way.target] = {None: Fraction(1)}  # a circle, which no sound anchors leave
            self.spreads[place] = self.combined(place)
        return self.spreads[gateway]

    def combined(self, place: Place) -> Spread:
        shares = exclusive_shares(place, self.parameters, self.decisions)
        found: Spread = {}
        for way, share in zip(place.out, shares, strict=True):
            inner = self.spread(way)
            for target, part in inner.items():
                found[target] = found.get(target, Fraction(0)) + share * part
        return found

    def spread_all(self, place: Place) -> Spread:
        found: Spread = {}
        for way in self.anchors.exits(place):
            found |= self.spread(way)
        return found

    def exits(self, place: Place, name: str) -> None:
        """The handoffs that leave a service or consumer."""
        gate = self.anchors.gate(place)
        if gate.kind in (WORK, START) or (gate.kind in (AND, OR) and len(gate.out) == 1):
            self.by_shares(name, self.spread(gate.out[0]) if gate.out else {None: Fraction(1)})
        elif gate.kind == XOR and not self.conditional(gate):
            self.by_shares(name, self.combined(gate))
        elif gate.kind == AND:
            self.by_choices(name, gate, [Choice()] * len(gate.out))
        elif gate.kind == OR:
            choices = inclusive_choices(gate, self.parameters, self.decisions)
            self.by_choices(
                name, gate, [self.resolved(one, way) for one, way in zip(choices, gate.out, strict=True)]
            )
        else:
            self.by_choices(name, gate, self.choose(gate, name))

    def by_shares(self, name: str, spread: Spread) -> None:
        if spread == {None: Fraction(1)}:
            return
        for target, share in spread.items():
            self.step(name, target, {} if share == 1 else {"probability": share_text(share)})
        if len(spread) > 1:
            self.make_rest(name, spread)

    def make_rest(self, name: str, spread: Spread) -> None:
        """Let the last way be the rest where shares cannot be written exactly."""
        if all(_is_exact(share) for share in spread.values()):
            return
        last = [step for step in self.steps if step.origin == name][-1]
        last.fields.pop("probability", None)

    def choose(self, gate: Place, name: str) -> list[Choice]:
        if gate.kind == RACE:
            return self.race(gate)
        if any(way.when in ("beyond", "again") for way in gate.out):
            return [self.resolved(Choice(when=way.when), way) if way.when else Choice() for way in gate.out]
        self.tell_conditions(gate)
        return self.counted(conditional_choices(gate, self.parameters), gate, name)

    def counted(self, choices: list[Choice], gate: Place, name: str) -> list[Choice]:
        """Choices by attributes that a task changes: by how often it was done, where that tells."""
        result = []
        for choice in choices:
            when = choice.when
            for attribute in dict.fromkeys(one for one, _ in self.parameters.changes.values()):
                if when is None or f"`{attribute}`" not in when:
                    continue
                change = self.change_by(attribute, name)
                if change is None:
                    return [Choice(share=Fraction(1, len(choices)))] * len(choices)
                when = when.replace(f"`{attribute}`", f"(`{attribute}` {change})")
            result.append(Choice(choice.share, when))
        return result

    def change_by(self, attribute: str, name: str) -> str | None:
        """How much an attribute has changed when requests leave a service, by its visits; else None."""
        changing = {key: by for key, (one, by) in self.parameters.changes.items() if one == attribute}
        key, by = next(iter(changing.items()))
        done = self.by_id.get(key)
        if len(changing) > 1 or by is None or done is None or not self.comes_from(name, done):
            self.changed.setdefault(key, False)
            return None
        self.changed[key] = True
        sign, number = by.split()
        return f"{sign} visit" if number == "1" else f"{sign} {number} * visit"

    def comes_from(self, name: str, done: Place) -> bool:
        """Whether a service is some work, or what every request comes to after it, and after nothing else."""
        place = self.place_of.get(name)
        owners = {lead: owner for owner, lead in self.anchors.leads.items()}
        for _ in range(len(self.named)):
            if place is done or place is None:
                break
            before = {owners.get(way.source, way.source) for way in place.into}
            last = before.pop() if len(before) == 1 else None
            ways = self.anchors.exits(last) if last is not None else []
            onward = [way.target for way in ways if way.target.kind != END]
            alone = all(self.anchors.home.get(target) is place for target in onward)
            place = last if alone and onward else None
        return place is done

    def tell_changes(self) -> None:
        """What became of attributes that tasks change."""
        for key, (attribute, _) in self.parameters.changes.items():
            node = self.diagram.nodes.get(key)
            name = node.name if node is not None else ""
            if self.changed.get(key):
                message = f"'{attribute}' is counted by visits where requests choose by it"
                self.decisions.note(EXACT, name, key, "Property", message)
            else:
                message = f"'{attribute}' changes on the way: attributes of a chain do not, it is left out"
                if key in self.changed:
                    message += ", and who chooses by it goes each way by the same share"
                self.decisions.note(APPROXIMATED, name, key, "Property", message)

    def tell_conditions(self, gate: Place) -> None:
        construct = gate.node.construct if gate.node is not None else "choice"
        self.decisions.note(
            EXACT, gate.name, gate.id, construct, "requests choose by conditions on their attributes"
        )

    def resolved(self, choice: Choice, way: Way) -> Choice:
        """A choice whose condition is about a limit or about rounds, in the notation of a model file."""
        if choice.when == "again":
            return Choice(when=f"visit < {way.rounds}")
        if choice.when != "beyond" or way.about is None:
            return choice
        host = next(
            (one for one in self.named if way.about.attached_to == (one.node.id if one.node else None)), None
        )
        limit = self.limit_text(way.about)
        if host is None or limit is None:
            return Choice(share=Fraction(0))
        attribute = f"time of {self.named[host]}".replace("`", "'")
        if attribute not in self.attributes:
            duration = self.parameters.durations.get(way.about.attached_to or "")
            duration = duration or self.services[self.named[host]].get("duration")
            if duration is None:
                return Choice(share=Fraction(0))
            self.attributes[attribute] = duration
            self.services[self.named[host]]["duration"] = f"`{attribute}`"
        return Choice(when=f"`{attribute}` > {limit}")

    def limit_text(self, event: FlowNode) -> str | None:
        timer = read_limit(event)
        return self.parameters.limits.get(event.original) or (
            timer[1] if timer is not None and timer[0] == "duration" else None
        )

    def race(self, gate: Place) -> list[Choice]:
        """The event that comes first: drawn times where all are known, else the shares of an exclusive
        gateway.
        """
        times = [self.time_to(way.target) for way in gate.out]
        weighted = any(way.flow is not None and way.flow.id in self.parameters.weights for way in gate.out)
        if weighted or None in times or len(times) < 2 or not any("(" in str(one) for one in times):
            if not weighted:
                message = "which event comes first is not in the file: equal shares"
                self.decisions.note(APPROXIMATED, gate.name, gate.id, "event-based gateway", message)
            return [Choice(share=share) for share in exclusive_shares(gate, self.parameters, self.decisions)]
        return self.drawn_race(gate, [str(one) for one in times])

    def time_to(self, place: Place) -> str | None:
        node = place.node
        if node is None or place.kind != WORK:
            return None
        timer = read_limit(node)
        given = self.parameters.durations.get(node.original)
        return given or (timer[1] if timer is not None and timer[0] == "duration" else None)

    def drawn_race(self, gate: Place, times: list[str]) -> list[Choice]:
        names = []
        for way, text in zip(gate.out, times, strict=True):
            service = self.named[self.anchors.home[way.target]]
            attribute = f"time to {service}".replace("`", "'")
            self.attributes[attribute] = text
            self.services[service]["duration"] = f"`{attribute}`"
            names.append(f"`{attribute}`")
        message = "the time to each event is drawn, and the first one comes"
        self.decisions.note(EXACT, gate.name, gate.id, "event-based gateway", message)
        choices = []
        for number, name in enumerate(names[:-1]):
            later = [f"{name} <= {other}" for other in names[number + 1 :]]
            earlier = [f"{name} < {other}" for other in names[:number]]
            choices.append(Choice(when=" and ".join([*earlier, *later])))
        return [*choices, Choice()]

    def by_choices(self, name: str, gate: Place, choices: list[Choice]) -> None:
        used: dict[str | None, int] = {}
        for way, choice in zip(gate.out, choices, strict=True):
            fields: dict[str, Any] = {}
            if choice.share is not None:
                fields["probability"] = share_text(choice.share)
            if choice.when is not None:
                fields["when"] = choice.when
            for target in self.spread(way):
                used[target] = used.get(target, 0) + 1
                via = "" if used[target] == 1 else self.way_name(way, used[target])
                self.step(name, target, fields, via, way)

    def way_name(self, way: Way, number: int) -> str:
        """What tells a way from others to the same place."""
        return way.name if way.name and way.name.casefold() != "end" else str(number)

    def step(
        self, origin: str, target: str | None, fields: dict[str, Any], via: str = "", way: Way | None = None
    ) -> None:
        fields = dict(fields)
        place = self.place_of.get(target or "")
        if place is not None and place.node is not None:
            self.way_there(place.node, fields)
        if way is not None and way.flow is not None and way.flow.condition and "when" not in fields:
            fields.setdefault("labels", {})["condition"] = way.flow.condition[:200]
        self.steps.append(Step(origin, target, fields, via, way.name if way is not None else ""))

    def way_there(self, node: FlowNode, fields: dict[str, Any]) -> None:
        """What requests wait for before they come to an element: a delay, or the instants of its timer."""
        if node.original in self.parameters.delays:
            fields["delay"] = self.parameters.delays[node.original]
        if node.kind == "intermediateCatchEvent" and node.trigger == "timer":
            timer = read_limit(node)
            if timer is not None and timer[0] == "every":
                fields["every"] = timer[1]
            elif timer is not None and timer[0] == "at":
                fields["at"] = [timer[1]]

    # Calls

    def calls(self) -> dict[str, dict[str, Any]]:
        result: dict[str, dict[str, Any]] = {}
        for asking in self.messages.askings:
            place, start = self.by_id.get(asking.origin.id), self.by_id.get(asking.start.id)
            if asking.is_end or place is None or start is None or place not in self.named:
                continue
            target = self.named[start] if start.kind == WORK else self.first_service(start)
            origin = self.named[place]
            if (
                target is None
                or origin == target
                or origin not in self.services
                or target not in self.services
            ):
                message = "what it asks is no service of its own: left out"
                self.decisions.note(
                    APPROXIMATED, asking.origin.name, asking.origin.original, "message", message
                )
                continue
            if f"{origin} -> {target}" in result:
                continue
            both = (
                asking.waits
                and asking.origin.kind != "intermediateCatchEvent"
                and self.services[origin].get("provider")
            )
            fields: dict[str, Any] = {} if asking.waits else {"ask": "end", "wait": False}
            result[f"{origin} -> {target}"] = fields if not both else {"ask": "start"}
        return result

    def first_service(self, start: Place) -> str | None:
        spread = self.spread(start.out[0]) if start.out else {}
        return next(iter(spread)) if len(spread) == 1 else None

    # Joins

    def mend(self, consumers: dict[str, dict[str, Any]], calls: dict[str, dict[str, Any]]) -> None:
        entries = [fields["enters"] for fields in consumers.values() if "enters" in fields]
        entries += [
            step.target for step in self.steps if step.origin in consumers and step.target is not None
        ]
        entries += [key.split(" -> ")[1] for key in calls]
        model = Model(self.services, self.steps, list(dict.fromkeys(entries)))
        mend(model, self.tell_join, lambda wanted: self.names.give(wanted))

    def tell_join(self, service: str, message: str) -> None:
        id = self.result.origins.get(("services", service), "")
        status = EXACT if "are joined before" in message else APPROXIMATED
        self.decisions.note(status, service, id, "join", message)

    # All together

    def put_together(
        self, consumers: dict[str, dict[str, Any]], calls: dict[str, dict[str, Any]]
    ) -> Translation:
        given = self.parameters
        model: dict[str, Any] = {
            "serviceflow": 1,
            "name": self.chain_name(),
            "time_unit": given.time_unit or "min",
        }
        if given.start is not None:
            model["start"] = given.start.isoformat()
        description = given.description or self.description()
        if description:
            model["description"] = description
        model["run"] = given.run or self.assumed_run()
        if given.begins:
            self.begin(given.begins, consumers, model)
        self.sort(consumers, calls)
        providers = self.provider_fields()
        sections: dict[str, Any] = {
            "calendars": self.used_calendars(providers, consumers),
            "providers": providers,
            "services": self.services,
            "attributes": {**given.attributes, **self.attributes},
            "consumers": consumers,
            "handoffs": self.handoffs(),
            "calls": calls,
        }
        model |= {section: found for section, found in sections.items() if found}
        self.result.model = model
        self.result.counts = {section: len(found) for section, found in sections.items()}
        return self.result

    def begin(self, seconds: Fraction, consumers: dict[str, dict[str, Any]], model: dict[str, Any]) -> None:
        """Begin in the course of a day: nobody comes before, and the window opens so much later."""
        before, clock_time = seconds_text(seconds), clock(int(seconds))
        told = True
        for fields in consumers.values():
            arrivals = fields.get("arrivals", {})
            if "calendar" in arrivals:
                continue
            if "every" in arrivals or "rate" in arrivals:
                fields["arrivals"] = {**arrivals, "first": before}
            elif arrivals:
                told = False
        warm_up = model["run"].get("warm_up")
        model["run"] = {**model["run"], "warm_up": f"{before} + {warm_up}" if warm_up else before}
        done = f"the run begins at {clock_time}: nobody comes before, and the time before is warm-up"
        if not told:
            done += "; but who comes by a calendar comes from midnight on"
        self.decisions.note(EXACT if told else APPROXIMATED, "", "", "start", done)

    def sort(self, consumers: dict[str, dict[str, Any]], calls: dict[str, dict[str, Any]]) -> None:
        """Put services and handoffs into the order in which requests come to them."""
        leading: dict[str, list[str]] = {}
        for origin, target in [
            *((step.origin, step.target) for step in self.steps),
            *((name, fields.get("enters")) for name, fields in consumers.items()),
            *((key.split(" -> ")[0], key.split(" -> ")[1]) for key in calls),
        ]:
            if target is not None:
                leading.setdefault(origin, []).append(target)
        order: dict[str, int] = {}
        pending = [*reversed(consumers)]
        while pending:
            name = pending.pop()
            if name not in order:
                order[name] = len(order)
                pending.extend(reversed(leading.get(name, [])))
        last = len(order)
        self.services = dict(sorted(self.services.items(), key=lambda entry: order.get(entry[0], last)))
        self.steps.sort(key=lambda step: order.get(step.origin, last))
        names = dict.fromkeys(
            name
            for fields in self.services.values()
            for name in [
                fields.get("provider"),
                *(fields.get("providers") or ()),
                *(fields.get("any_of") or ()),
            ]
        )
        ranks = {name: number for number, name in enumerate(names)}
        self.providers = dict(
            sorted(self.providers.items(), key=lambda entry: ranks.get(entry[1], len(ranks)))
        )

    def assumed_run(self) -> dict[str, Any]:
        message = (
            f"how long to run is not in the file: {DEFAULT_RUN['duration']} after {DEFAULT_RUN['warm_up']}"
        )
        self.decisions.note(ASSUMED, "", "", "run", message)
        return dict(DEFAULT_RUN)

    def chain_name(self) -> str:
        root = self.diagram.root.get("name")
        names = [root, *(scope.name for scope in self.diagram.scopes.values() if scope.kind == "process")]
        stem = re.split(r"[/\\]", self.diagram.name)[-1].rsplit(".", 1)[0]
        return Names().give(next((name for name in names if name), stem), "Process")

    def description(self) -> str | None:
        for element in self.diagram.root.children:
            if (
                element.name == "process"
                and (text := element.first("documentation")) is not None
                and text.text.strip()
            ):
                return " ".join(text.text.split())[:500]
        return None

    def used_calendars(
        self, providers: dict[str, dict[str, Any]], consumers: dict[str, dict[str, Any]]
    ) -> dict[str, Any]:
        used = {fields.get("calendar") for fields in providers.values()}
        used |= {fields["arrivals"].get("calendar") for fields in consumers.values()}
        for fields in providers.values():
            used |= {member.get("calendar") for member in (fields.get("members") or {}).values()}
        used |= {service.get("calendar") for service in self.services.values()}
        return {name: days for name, days in self.parameters.calendars.items() if name in used}

    def handoffs(self) -> dict[str, dict[str, Any]]:
        result: dict[str, dict[str, Any]] = {}
        for step in self.steps:
            key = f"{step.origin} -> {step.target or 'end'}"
            via, number = step.via, 1
            while (full := f"{key} via {via}" if via else key) in result:
                number += 1
                via = f"{step.via} ({number})" if step.via else str(number)
            result[full] = step.fields
        return result


def from_the_start(arrivals: dict[str, Any]) -> dict[str, Any]:
    """Arrivals whose first comes at the start, as in other tools; not where the clock says when."""
    if "calendar" in arrivals:
        return arrivals
    by_clock = any(word in str(arrivals.get("every", "hour")) for word in ("hour", "weekday"))
    return arrivals if by_clock else {**arrivals, "first": "0 min"}


def _is_exact(share: Fraction) -> bool:
    text = share_text(share)
    if text.endswith("%"):
        return Fraction(text[:-1]) / 100 == share
    return True


def nothing() -> Callable[[str, str], None]:
    """A listener that listens to nobody."""
    return lambda service, message: None


__all__ = ["Translation", "Translator", "read_timer"]
