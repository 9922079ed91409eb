"""BPSim 1.0 and 2.0, inside a diagram or in a file of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from itertools import pairwise
from statistics import NormalDist
from typing import Any

from serviceflow.errors import ServiceflowError
from serviceflow.formats.bpmn import distributions as d
from serviceflow.formats.bpmn.diagram import Diagram, clean
from serviceflow.formats.bpmn.durations import (
    has_months,
    iso_seconds,
    number_text,
    read_instant,
    read_number,
    seconds_text,
)
from serviceflow.formats.bpmn.parameters import Parameters, Staffing, Work
from serviceflow.formats.bpmn.report import APPROXIMATED, ASSUMED, EXACT, LEFT_OUT, Decisions
from serviceflow.formats.bpmn.weekly import Hours, condition, from_ical, staff_days
from serviceflow.formats.xml_text import XmlElement
from serviceflow.model.parser import parse as parse_expression

SOURCE = "BPSim"
UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "hour": 3600.0, "day": 86_400.0, "year": 365 * 86_400.0}
MODEL_UNITS = {"s": "s", "min": "min", "hour": "h", "day": "day"}
WORKING = ("SetUpTime", "SetupTime", "ProcessingTime", "ValidationTime", "ReworkTime")
BEFORE = ("TransferTime", "QueueTime", "WaitTime", "LagTime", "TransferTimeParameter")
CONTROL = ("Probability", "Condition", "InterTriggerTimer", "TriggerCount", "Interruptible", "EventCount")
MOST_SCENARIOS = 200
MOST_NUMBERS = 200
WHOLE = ("int", "integer", "long", "short")
_RESOURCE = re.compile(r"getResource\s*\(\s*['\"]([^'\"]{1,200})['\"]\s*(?:,\s*(\d{1,6})\s*)?\)")
_ROLES = re.compile(r"getResourceByRoles\s*\(\s*['\"]([^'\"]{1,200})['\"]")
_PROPERTY = re.compile(r"(?:bpsim:)?getProperty\s*\(\s*['\"]([^'\"]{1,100})['\"]\s*\)")
_CHANGE = re.compile(
    r"(?:bpsim:)?getProperty\s*\(\s*['\"]([^'\"]{1,100})['\"]\s*\)\s*([-+])\s*(\d{1,9}(?:\.\d{1,9})?)"
)


@dataclass
class _Scenario:
    """A scenario as it is read."""

    xml: XmlElement
    unit: float
    found: Parameters
    calendars: dict[str, Hours] = field(default_factory=dict)
    requests: int = 0
    whole: Fraction | None = None
    before: Fraction | None = None
    timers: dict[str, str] = field(default_factory=dict)
    """What triggers intermediate events, where no time of theirs is given."""


def find_data(root: XmlElement) -> list[XmlElement]:
    """Every block of BPSim in a file."""
    return [element for element in root.walk() if element.name == "BPSimData"]


def read_bpsim(blocks: Iterable[XmlElement], diagram: Diagram, decisions: Decisions) -> list[Parameters]:
    """The scenarios of BPSim blocks, each with what it inherits; the first is what the others change."""
    scenarios = [one for block in blocks for one in block.all("Scenario")][:MOST_SCENARIOS]
    used = [one for one in scenarios if one.get("result") is None]
    if len(used) < len(scenarios):
        message = f"{len(scenarios) - len(used)} of them hold results of a run: left out"
        decisions.note(LEFT_OUT, "", "", "scenarios", message, matters=False)
    if used and all(_is_empty(one) for one in used):
        message = "its numbers are all 0: read as no parameters"
        decisions.note(LEFT_OUT, "", "", "BPSim", message, matters=False)
        return []
    return _Reader(diagram, decisions).read(used)


def _is_empty(scenario: XmlElement) -> bool:
    """Whether all numbers of a scenario are 0, as some editors write it before anybody has set one."""
    values = [
        number
        for element in scenario.walk()
        if element.name.endswith(("Parameter", "Distribution"))
        for key, value in element.attributes.items()
        if key not in ("validFor", "timeUnit", "currencyUnit", "instance")
        if (number := read_number(value)) is not None
    ]
    texts = any(element.name in ("DurationParameter", "ExpressionParameter") for element in scenario.walk())
    return not any(values) and not texts


class _Reader:
    def __init__(self, diagram: Diagram, decisions: Decisions) -> None:
        self.diagram = diagram
        self.decisions = decisions
        self.by_id: dict[str, _Scenario] = {}
        self.requests = 0

    def read(self, scenarios: list[XmlElement]) -> list[Parameters]:
        pending, done = list(scenarios), []
        for _ in range(len(scenarios) + 1):
            waiting = []
            for xml in pending:
                parent = xml.get("inherits")
                if parent and parent not in self.by_id and any(one.get("id") == parent for one in scenarios):
                    waiting.append(xml)
                    continue
                done.append(self.scenario(xml, self.by_id.get(parent or "")))
            pending = waiting
        if self.requests:
            message = f"{self.requests} of them: every figure is there anyway"
            self.decisions.note(LEFT_OUT, "", "", "result requests", message, matters=False)
        for xml in pending:
            message = "it inherits from itself: left out"
            self.decisions.note(LEFT_OUT, xml.get("name") or "", xml.get("id") or "", "scenario", message)
        return done

    def scenario(self, xml: XmlElement, parent: _Scenario | None) -> Parameters:
        name = clean(xml.get("name")) or clean(xml.get("id")) or "Scenario"
        self.decisions.scenario = name if self.by_id else ""
        found = Parameters(source=SOURCE, name=name, states_staff=False)
        found.description = clean(xml.get("description")) or None
        own = _Scenario(xml, parent.unit if parent is not None else 60.0, found)
        if parent is not None:
            own.calendars |= parent.calendars
            own.whole, own.before = parent.whole, parent.before
            found.parent = parent.found.name
        for element in xml.all("Calendar"):
            own.calendars[element.get("id") or ""] = self.calendar(element)
        settings = xml.first("ScenarioParameters")
        if settings is not None:
            self.settings(settings, own, parent)
        for element in xml.all("ElementParameters"):
            self.element(element.get("elementRef") or "", element, own)
        for key, drawn in own.timers.items():
            found.durations.setdefault(key, drawn)
        self.requests += own.requests
        if parent is not None:
            own.found = found = found.over(parent.found)
            found.name, found.parent = name, parent.found.name
        self.by_id[xml.get("id") or name] = own
        self.decisions.scenario = ""
        return found

    def calendar(self, element: XmlElement) -> Hours:
        hours = from_ical(element.text)
        for said in dict.fromkeys(hours.said):
            self.decisions.note(
                APPROXIMATED, clean(element.get("name")), element.get("id") or "", "calendar", said
            )
        return hours

    # Settings

    def settings(self, xml: XmlElement, own: _Scenario, parent: _Scenario | None) -> None:
        unit = xml.get("baseTimeUnit")
        if unit in UNITS:
            own.unit = UNITS[unit]
            own.found.time_unit = MODEL_UNITS.get(unit, "min")
        run = dict(parent.found.run) if parent is not None else {}
        duration = self.length(xml.first("Duration"), own)
        warm_up = self.length(xml.first("Warmup", "WarmUp"), own)
        own.whole = duration if duration is not None else own.whole
        own.before = warm_up if warm_up is not None else own.before
        run |= _window(own.whole, own.before)
        replications, seed = read_number(xml.get("replication")), read_number(xml.get("seed"))
        if replications is not None and 1 <= replications <= 100_000:
            run["replications"] = max(2, int(replications))
        if seed is not None and 0 <= seed < 2**62:
            run["seed"] = int(seed)
        own.found.run = run
        start = xml.first("Start")
        if start is not None:
            self.start(start, own)

    def start(self, xml: XmlElement, own: _Scenario) -> None:
        value = next((child.get("value") for child in xml.children if child.get("value")), xml.text)
        moment = read_instant(value)
        if moment is None:
            return
        own.found.begin(moment)

    def length(self, xml: XmlElement | None, own: _Scenario) -> Fraction | None:
        if xml is None:
            return None
        for child in xml.children:
            value = child.get("value")
            if child.name == "DurationParameter":
                if has_months(value):
                    message = f"{value}: a month has 30 days, a year 365"
                    self.decisions.note(ASSUMED, "", "", "duration", message, matters=False)
                return iso_seconds(value)
            if (number := read_number(value)) is not None and number >= 0:
                return number * Fraction(str(own.unit))
        return None

    # Elements

    def element(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        own.requests += sum(one.name == "ResultRequest" for one in xml.walk())
        for group in xml.children:
            for child in group.children:
                if any(one.name != "ResultRequest" for one in child.children) or child.name in ("Property",):
                    self.parameter(key, group, child, own)

    def parameter(self, key: str, group: XmlElement, xml: XmlElement, own: _Scenario) -> None:
        name, found = xml.name, own.found
        if name in WORKING:
            self.working(key, xml, own)
        elif name in BEFORE:
            self.before(key, xml, own)
        elif name == "InterTriggerTimer":
            self.timer(key, xml, own)
        elif name == "TriggerCount":
            self.count(key, xml, own)
        elif name == "Probability":
            if (number := self.number(xml)) is not None and number >= 0:
                (found.shares if self.is_boundary(key) else found.weights)[key] = number
        elif name == "Condition":
            self.condition(key, xml, own)
        elif name in ("Selection", "Quantity", "Availability", "Role"):
            self.resource(key, xml, own)
        elif name in ("UnitCost", "FixedCost"):
            self.cost(key, xml, own)
        elif name == "Priority":
            self.priority(key, xml, own)
        elif name == "Interruptible":
            if any(child.get("value") == "true" for child in xml.children):
                found.preemptive.add(key)
                self.decisions.note(
                    LEFT_OUT, self.name_of(key), key, "Interruptible", "work is not interrupted"
                )
        elif name == "Property":
            self.property(key, xml, own)
        else:
            self.decisions.note(LEFT_OUT, self.name_of(key), key, name, "this parameter is not read")

    def name_of(self, key: str) -> str:
        node = self.diagram.nodes.get(key)
        flow = self.diagram.flows.get(key)
        return node.name if node else flow.name if flow else self.diagram.resources.get(key, "")

    def is_boundary(self, key: str) -> bool:
        node = self.diagram.nodes.get(key)
        return node is not None and node.kind == "boundaryEvent"

    # Times

    def working(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        drawn = self.drawn(key, xml, own)
        if drawn is None:
            return
        earlier = own.found.durations.get(key)
        own.found.durations[key] = drawn if earlier is None else f"{earlier} + {drawn}"

    def before(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        drawn = self.drawn(key, xml, own)
        if drawn is None or drawn.startswith("0 "):
            return
        earlier = own.found.delays.get(key)
        own.found.delays[key] = drawn if earlier is None else f"{earlier} + {drawn}"
        message = f"{xml.name} is a delay on the way there"
        self.decisions.note(EXACT, self.name_of(key), key, xml.name, message)

    def timer(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        node = self.diagram.nodes.get(key)
        if node is not None and node.kind == "startEvent":
            every = self.every(key, xml, own)
            if every is not None:
                own.found.arrivals[key] = [{"every": every}]
        elif self.is_boundary(key):
            drawn = self.drawn(key, xml, own)
            if drawn is not None:
                own.found.limits[key] = drawn
        elif node is not None:
            drawn = self.drawn(key, xml, own)
            if drawn is not None:
                own.timers[key] = drawn

    def every(self, key: str, xml: XmlElement, own: _Scenario) -> str | None:
        """Time between arrivals, which may depend on the hour."""
        plain, valid = None, []
        for child in _values(xml):
            drawn = self.one(key, child, own)
            hours = own.calendars.get(child.get("validFor") or "")
            if drawn is None:
                continue
            if child.get("validFor") and hours is not None:
                valid.append((condition(hours), drawn.text))
            elif plain is None:
                plain = drawn.text
        if not valid:
            return plain
        text = plain or valid[-1][1]
        if plain is None:
            message = "outside its calendars the last interval holds"
            self.decisions.note(ASSUMED, self.name_of(key), key, "InterTriggerTimer", message)
        for when, one in reversed(valid):
            text = f"{one} if {when} else {text}"
        return text

    def count(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        number = self.number(xml)
        if number is None or key not in self.diagram.nodes:
            return
        own.found.counts[key] = int(number)
        message = f"nobody comes after {int(number):,} arrivals"
        self.decisions.note(EXACT, self.name_of(key), key, "TriggerCount", message)

    def drawn(self, key: str, xml: XmlElement, own: _Scenario) -> str | None:
        """The first value of a time, as a distribution or an expression over the hour."""
        return self.every(key, xml, own)

    def one(self, key: str, xml: XmlElement, own: _Scenario) -> d.Drawn | None:
        unit = UNITS.get(xml.get("timeUnit") or "", own.unit)
        try:
            drawn = distribution(xml, unit)
        except (d.Unreadable, OverflowError, ValueError) as error:
            self.decisions.note(LEFT_OUT, self.name_of(key), key, xml.name, f"it cannot be read: {error}")
            return None
        if drawn is None:
            self.decisions.note(LEFT_OUT, self.name_of(key), key, xml.name, "this kind of value is not read")
        elif drawn.said:
            status = EXACT if drawn.is_exact else APPROXIMATED
            self.decisions.note(status, self.name_of(key), key, xml.name, drawn.said)
        return drawn

    def number(self, xml: XmlElement) -> Fraction | None:
        return next(
            (number for child in _values(xml) if (number := read_number(child.get("value"))) is not None),
            None,
        )

    # Conditions and properties

    def condition(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        for child in _values(xml):
            text = child.get("value") or ""
            if child.name == "BooleanParameter":
                own.found.conditions[key] = "true" if text == "true" else "false"
            elif (read := _condition(text)) is not None:
                own.found.conditions[key] = read
            else:
                message = f"the condition {text[:80]} cannot be read"
                self.decisions.note(APPROXIMATED, self.name_of(key), key, "Condition", message)

    def property(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        name = clean(xml.get("name")).replace("`", "'")
        node = self.diagram.nodes.get(key)
        values = list(_values(xml))
        if not name or not values:
            return
        if node is None or node.kind != "startEvent":
            own.found.changes[key] = (name, _change(values[0], name))
            return
        value = _property_value(values[0])
        if xml.get("type") in WHOLE and (whole := _rounded(values[0])) is not None:
            value = whole
            message = f"'{name}' is a whole number: what is drawn is rounded"
            self.decisions.note(ASSUMED, node.name, key, "Property", message)
        if value is None:
            message = f"the value of '{name}' is not read"
            self.decisions.note(LEFT_OUT, node.name, key, "Property", message)
            return
        own.found.own_attributes[key] = {**own.found.own_attributes.get(key, {}), name: value}

    # Resources, costs and priorities

    def resource(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        if xml.name == "Selection":
            self.selection(key, xml, own)
        elif xml.name == "Quantity":
            self.quantity(key, xml, own)
        elif xml.name == "Availability":
            message = "availability other than by quantity is not read: always there"
            self.decisions.note(APPROXIMATED, self.name_of(key), key, "Availability", message)
        else:
            self.decisions.note(
                LEFT_OUT, self.name_of(key), key, "Role", "roles are read where tasks ask for them"
            )

    def selection(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        for child in _values(xml):
            text = child.get("value") or ""
            names = [
                (self.diagram.resources.get(name, clean(name)), max(1, int(count or 1)))
                for name, count in _RESOURCE.findall(text)
            ]
            roles = [clean(role) for role in _ROLES.findall(text)]
            either = " or " in text.lower() or "orresource" in text.lower()
            if names:
                own.found.work[key] = Work(tuple(names), any_of=either and len(names) > 1)
            elif roles:
                own.found.work[key] = Work(tuple((role, 1) for role in roles))
                message = f"whoever has the role {', '.join(roles)} is one provider"
                self.decisions.note(APPROXIMATED, self.name_of(key), key, "Selection", message)
            else:
                self.decisions.note(LEFT_OUT, self.name_of(key), key, "Selection", f"{text[:80]} is not read")

    def quantity(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        default, valued = None, []
        for child in _values(xml):
            number = read_number(child.get("value"))
            hours = own.calendars.get(child.get("validFor") or "")
            if number is None or not 0 <= number <= 1_000_000:
                continue
            if child.get("validFor") and hours is not None:
                valued.append((hours, int(number)))
            elif default is None:
                default = int(number)
        if default is None and not valued:
            return
        staff, said = staff_days(default or 0, valued)
        name = self.diagram.resources.get(key) or self.name_of(key) or clean(key)
        for text in dict.fromkeys(said):
            self.decisions.note(APPROXIMATED, name, key, "Quantity", text)
        own.found.states_staff = True
        self.staff(name, key, own, staff=staff)

    def staff(self, name: str, key: str, own: _Scenario, **fields: Any) -> None:
        earlier = own.found.staffing.get(name)
        known = dict(earlier.fields) if earlier is not None else {}
        own.found.staffing[name] = Staffing({**known, **fields}, key)

    def cost(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        number = self.number(xml)
        if not number or number < 0:
            return
        if key in self.diagram.resources:
            if xml.name == "FixedCost":
                self.decisions.note(
                    LEFT_OUT, self.name_of(key), key, "FixedCost", "staff cost by the hour only"
                )
                return
            unit = next((child.get("timeUnit") for child in _values(xml)), None)
            per = number * Fraction(3600) / Fraction(str(UNITS.get(unit or "hour", 3600.0)))
            known = self.diagram.resources[key]
            if known in own.found.staffing:
                self.staff(known, key, own, work_cost=f"{number_text(per)} per hour")
        elif xml.name == "FixedCost":
            own.found.costs[key] = number_text(number)
        else:
            self.decisions.note(LEFT_OUT, self.name_of(key), key, "UnitCost", "tasks cost by the visit only")

    def priority(self, key: str, xml: XmlElement, own: _Scenario) -> None:
        number = self.number(xml)
        if number is None:
            return
        own.found.priorities[key] = number_text(-number)
        message = "the larger number is taken to go first"
        self.decisions.note(ASSUMED, self.name_of(key), key, "Priority", message)


def _window(whole: Fraction | None, before: Fraction | None) -> dict[str, Any]:
    """The window of a run: BPSim's duration includes the time before it."""
    found: dict[str, Any] = {}
    if whole is None:
        return found
    before = before or Fraction(0)
    length = whole - before if whole > before else whole
    found["duration"] = seconds_text(length)
    if before:
        found["warm_up"] = seconds_text(before)
    found["horizon"] = "terminating"
    return found


def _values(xml: XmlElement) -> Iterator[XmlElement]:
    """The values of a parameter, without requests for results and results themselves."""
    for child in xml.children:
        if child.name != "ResultRequest" and child.get("result") is None:
            yield child


def distribution(xml: XmlElement, unit: float) -> d.Drawn | None:
    """A value of BPSim as a distribution.

    Raises
    ------
    Unreadable
        If its numbers make none.
    """
    name = xml.name.removesuffix("Distribution").removesuffix("Parameter")
    if name == "Duration":
        seconds = iso_seconds(xml.get("value"))
        return d.constant(float(seconds)) if seconds is not None else None
    if name in ("Numeric", "Floating"):
        number = read_number(xml.get("value"))
        return d.constant(float(number * Fraction(str(unit)))) if number is not None else None
    if name == "User":
        return _user(xml, unit)
    return _family(name, xml, unit)


def _family(name: str, xml: XmlElement, unit: float) -> d.Drawn | None:
    def get(key: str, scale: float = unit, default: float | None = None) -> float:
        number = read_number(xml.get(key))
        if number is None:
            if default is None:
                raise d.Unreadable(f"no {key}")
            return default
        return float(number) * scale

    if name == "NegativeExponential":
        return d.exponential(get("mean"))
    if name == "Normal":
        return d.normal(get("mean"), get("standardDeviation"))
    if name == "TruncatedNormal":
        return d.normal(
            get("mean"), get("standardDeviation"), get("min", default=0.0), get("max", default=math.inf)
        )
    if name == "LogNormal":
        return d.lognormal(get("mean"), get("standardDeviation"))
    if name == "Triangular":
        return d.triangular(get("min"), get("mode"), get("max"))
    if name == "Uniform":
        return d.uniform(get("min"), get("max"))
    if name == "Erlang":
        return d.erlang(get("mean"), get("k", 1.0))
    if name == "Gamma":
        shape, scale = get("shape", 1.0), get("scale")
        return d.gamma(shape * scale, math.sqrt(max(shape, 0.0)) * scale)
    if name == "Weibull":
        return d.weibull(get("scale"), get("shape", 1.0))
    if name == "Beta":
        low, high = get("min", default=0.0), get("max", default=unit)
        return d.beta(get("shape", 1.0), get("scale", 1.0), low, high)
    if name == "Poisson":
        return counted(name, get("mean", 1.0), 0, unit)
    if name == "Binomial":
        return counted(name, get("probability", 1.0), int(get("trials", 1.0)), unit)
    return None


def counted(name: str, number: float, trials: int, unit: float) -> d.Drawn:
    """A Poisson or binomial count of units of time.

    Raises
    ------
    Unreadable
        If there are too many, or no probability.
    """
    if name == "Poisson":
        if not 0 < number <= 500:
            raise d.Unreadable("a mean that is not above 0 and up to 500")
        most = int(number + 10 * math.sqrt(number)) + 12
        return d.discrete([(k * unit, _poisson(k, number)) for k in range(most)])
    if not 0 <= number <= 1 or not 0 <= trials <= 900:
        raise d.Unreadable("more than 900 trials, or no probability")
    pairs = [(k * unit, _binomial(k, trials, number)) for k in range(trials + 1)]
    return d.discrete(pairs)


def _binomial(k: int, trials: int, p: float) -> float:
    return float(f"{math.comb(trials, k) * p**k * (1 - p) ** (trials - k):.9f}")


def _poisson(k: int, mean: float) -> float:
    return (
        float(f"{math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)):.9f}")
        if mean > 0
        else float(k == 0)
    )


def _user(xml: XmlElement, unit: float) -> d.Drawn:
    """Data points, each with its probability and its value: a number, a duration or a distribution."""
    points = []
    for point in xml.all("UserDistributionDataPoint", "DataPoint"):
        probability = read_number(point.get("probability"))
        inner = next((drawn for child in point.children if (drawn := distribution(child, unit))), None)
        if inner is None and (number := read_number(point.get("value"))) is not None:
            inner = d.constant(float(number) * unit)
        if probability is None or probability < 0 or inner is None:
            raise d.Unreadable("a data point without probability or value")
        points.append((inner, float(probability)))
    if not points or len(points) > 1_000:
        raise d.Unreadable("no data points")
    if all(one.mean is not None and "(" not in one.text for one, _ in points):
        return d.discrete([(one.mean or 0.0, share) for one, share in points])
    return d.mixture([(one, max(1, round(share * 10_000))) for one, share in points])


def _condition(text: str) -> str | None:
    """A condition over properties, in the notation of a model file; None if it says more than that."""
    if len(text) > 500:
        return None
    read = _PROPERTY.sub(lambda found: f"`{found[1]}`", text)
    read = (
        re.sub(r"(?<![<>=!])=(?!=)", "==", read)
        .replace("<>", "!=")
        .replace("&&", " and ")
        .replace("||", " or ")
    )
    read = re.sub(r"\b(AND|OR|NOT)\b", lambda found: found[1].lower(), read)
    try:
        parse_expression(read.replace('"', "'"))
    except ServiceflowError:
        return None
    return read.replace('"', "'")


def _change(xml: XmlElement, name: str) -> str | None:
    """By how much a task changes a property: ``- 1``; None where it does otherwise."""
    found = _CHANGE.fullmatch((xml.get("value") or "").strip())
    return f"{found[2]} {found[3]}" if found is not None and clean(found[1]) == name else None


def _rounded(xml: XmlElement) -> str | None:
    """A normal or uniform distribution of whole numbers; None for others, and for too many numbers."""
    get = {key: float(read_number(value) or 0) for key, value in xml.attributes.items()}
    name = xml.name.removesuffix("Distribution")
    low, high = get.get("min", 0.0), get.get("max", math.inf)
    if name in ("Normal", "TruncatedNormal") and get.get("standardDeviation", 0) > 0:
        shape = NormalDist(get.get("mean", 0.0), get["standardDeviation"])
        share = shape.cdf
        high = min(high, shape.mean + 6 * shape.stdev)
    elif name == "Uniform" and high > low:
        share = partial(_uniform_share, low, high)
    else:
        return None
    first, last = max(0, math.floor(low + 0.5)), math.floor(high + 0.5)
    if not 0 <= last - first <= MOST_NUMBERS:
        return None
    edges = [min(max(low, one - 0.5), high) for one in range(first, last + 2)]
    weights = [round(share(after) - share(before), 9) for before, after in pairwise(edges)]
    if not any(weights):
        return None
    return d.as_numbers(d.discrete([(float(first + at), one) for at, one in enumerate(weights)]).text)


def _uniform_share(low: float, high: float, value: float) -> float:
    return (value - low) / (high - low)


def _property_value(xml: XmlElement) -> Any:
    """The value of a property at a start: a number, a word, or a distribution of numbers."""
    value = xml.get("value")
    if xml.name in ("StringParameter", "EnumParameter") and value:
        return f"'{clean(value).replace(chr(39), '')}'"
    if xml.name in ("NumericParameter", "FloatingParameter") and (number := read_number(value)) is not None:
        return number_text(number)
    if xml.name == "BooleanParameter":
        return "true" if value == "true" else "false"
    try:
        drawn = distribution(xml, 1.0)
    except (d.Unreadable, OverflowError, ValueError):
        return None
    return None if drawn is None else d.as_numbers(drawn.text)
