"""Scylla's two files: a global one with resources and timetables, and one of the simulation."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from serviceflow.formats.bpmn import distributions as d
from serviceflow.formats.bpmn.diagram import Diagram, clean
from serviceflow.formats.bpmn.durations import number_text, read_instant, read_number, seconds_text
from serviceflow.formats.bpmn.names import Names
from serviceflow.formats.bpmn.parameters import Parameters, Staffing, Work, cost_of_work
from serviceflow.formats.bpmn.report import APPROXIMATED, DIFFERS, LEFT_OUT, Decisions
from serviceflow.formats.bpmn.weekly import from_rules
from serviceflow.formats.xml_text import XmlElement

SOURCE = "Scylla"
UNITS = {"SECONDS": 1.0, "MINUTES": 60.0, "HOURS": 3600.0, "DAYS": 86_400.0, "MILLISECONDS": 0.001}
RULE = ("from", "to", "beginTime", "endTime")
NOT_READ = ("batchActivity", "dataObject", "dmn")


def is_scylla(root: XmlElement) -> bool:
    """Whether a file is one of Scylla's."""
    return "bsim" in root.space or any("bsim" in one.space for one in root.children)


def read_scylla(roots: Iterable[XmlElement], diagram: Diagram, decisions: Decisions) -> Parameters:
    """Parameters from files of Scylla, in whatever order."""
    reader = _Reader(diagram, decisions)
    files = list(roots)
    for root in files:
        if root.name == "globalConfiguration":
            reader.shared(root)
    for root in files:
        for one in root.walk():
            if one.name == "simulationConfiguration":
                reader.simulation(one)
    return reader.found


class _Reader:
    def __init__(self, diagram: Diagram, decisions: Decisions) -> None:
        self.diagram = diagram
        self.decisions = decisions
        self.found = Parameters(source=SOURCE, time_unit="min")
        self.calendars: dict[str, str] = {}

    def shared(self, root: XmlElement) -> None:
        names = Names()
        for table in (one for one in root.walk() if one.name == "timetable"):
            key = table.get("id") or ""
            hours = from_rules([item.attributes for item in table.all("timetableItem")], RULE)
            if not hours.is_always and hours.spans:
                self.calendars[key] = names.give(clean(key), "Calendar")
                self.found.calendars[self.calendars[key]] = hours.days()
        for one in (one for one in root.walk() if one.name == "dynamicResource"):
            self.resource(one)

    def resource(self, xml: XmlElement) -> None:
        name = clean(xml.get("id")) or "Staff"
        table = self.calendars.get(xml.get("defaultTimetableId") or "")
        cost = _cost(xml.get("defaultCost"), xml.get("defaultTimeUnit"))
        instances = xml.all("instance")
        fields: dict[str, object] = {}
        if instances:
            names, members = Names(), {}
            for one in instances:
                own: dict[str, object] = {}
                calendar = self.calendars.get(one.get("timetableId") or "", table)
                if calendar is not None:
                    own["calendar"] = calendar
                if price := _cost(one.get("cost"), one.get("timeUnit")) or cost:
                    own["cost"] = price
                members[names.give(clean(one.get("name")), name)] = own
            fields["members"] = members
        else:
            amount = read_number(xml.get("defaultQuantity")) or Fraction(1)
            fields["staff"] = max(1, min(int(amount), 1_000_000))
            fields |= {"calendar": table} if table is not None else {}
            fields |= {"cost": cost} if cost else {}
        if (message := cost_of_work(fields)) is not None:
            self.decisions.note(DIFFERS, name, "", "cost per hour", message, matters=False)
        self.found.staffing[name] = Staffing(fields)

    def simulation(self, xml: XmlElement) -> None:
        self.run(xml)
        for one in xml.children:
            if one.name == "startEvent":
                drawn = self.timed(one.first("arrivalRate"), one.get("id") or "")
                if drawn is not None:
                    self.found.arrivals[one.get("id") or ""] = [{"every": drawn.text}]
                    self.length(xml, drawn)
            elif one.name in ("exclusiveGateway", "inclusiveGateway", "eventBasedGateway"):
                self.gateway(one)
            elif one.name == "intermediateCatchEvent":
                drawn = self.timed(one.first("arrivalRate"), one.get("id") or "")
                if drawn is not None:
                    self.found.durations[one.get("id") or ""] = drawn.text
            elif one.name in NOT_READ:
                self.decisions.note(
                    LEFT_OUT, one.get("name") or "", one.get("id") or "", one.name, "it is not read"
                )
            elif one.get("id"):
                self.task(one)

    def run(self, xml: XmlElement) -> None:
        start, end = read_instant(xml.get("startDateTime")), read_instant(xml.get("endDateTime"))
        if start is not None:
            self.found.begin(start)
        if start is not None and end is not None and end > start:
            length = Fraction(int((end - start).total_seconds()))
            self.found.run = {"duration": seconds_text(length), "horizon": "terminating"}
        seed = read_number(xml.get("randomSeed"))
        if seed is not None and 0 <= seed < 2**62:
            self.found.run["seed"] = int(seed)

    def length(self, xml: XmlElement, drawn: d.Drawn) -> None:
        instances = read_number(xml.get("processInstances"))
        if not instances or not drawn.mean or "duration" in self.found.run:
            return
        seconds = Fraction(max(60, round(float(instances) * drawn.mean / 60) * 60))
        self.found.run |= {"duration": seconds_text(seconds)}
        message = f"about {int(instances):,} requests come in the run; Scylla ends after just as many"
        self.decisions.note(APPROXIMATED, "", "", "number of instances", message)

    def gateway(self, xml: XmlElement) -> None:
        for flow in xml.all("outgoingSequenceFlow"):
            share = flow.first("branchingProbability")
            number = read_number(share.text) if share is not None else None
            if number is not None and number >= 0:
                self.found.weights[flow.get("id") or ""] = number

    def task(self, xml: XmlElement) -> None:
        key = xml.get("id") or ""
        drawn = self.timed(xml.first("duration"), key)
        if drawn is not None:
            self.found.durations[key] = drawn.text
        resources = xml.first("resources")
        needed = [
            (clean(one.get("id")), max(1, int(read_number(one.get("amount")) or 1)))
            for one in (resources.all("resource") if resources is not None else [])
            if clean(one.get("id"))
        ]
        if needed:
            self.found.work[key] = Work(tuple(needed))
        for event in (one for one in xml.walk() if one.name == "boundaryEvent"):
            share = event.first("eventProbability")
            number = read_number(share.text) if share is not None else None
            if number is not None and 0 <= number <= 1:
                self.found.shares[event.get("id") or ""] = number
            limit = self.timed(event.first("arrivalRate"), event.get("id") or "")
            if limit is not None and number != 0:
                self.found.limits[event.get("id") or ""] = limit.text

    def timed(self, xml: XmlElement | None, key: str) -> d.Drawn | None:
        if xml is None or not xml.children:
            return None
        unit = UNITS.get((xml.get("timeUnit") or "").upper(), 60.0)
        node = self.diagram.nodes.get(key)
        name = node.name if node is not None else ""
        try:
            return distribution(xml.children[0], unit)
        except (d.Unreadable, OverflowError, ValueError) as error:
            self.decisions.note(LEFT_OUT, name, key, xml.children[0].name, f"it cannot be read: {error}")
            return None


def _cost(amount: str | None, unit: str | None) -> str | None:
    number = read_number(amount)
    if not number or number < 0:
        return None
    per_hour = number * 3600 / Fraction(str(UNITS.get((unit or "HOURS").upper(), 3600.0)))
    return f"{number_text(per_hour)} per hour"


def distribution(xml: XmlElement, unit: float) -> d.Drawn:
    """A distribution of Scylla.

    Raises
    ------
    Unreadable
        If it is unknown, or its numbers make none.
    """

    def get(name: str, scale: float = unit) -> float:
        child = xml.first(name)
        number = read_number(child.text) if child is not None else None
        if number is None:
            raise d.Unreadable(f"no {name}")
        return float(number) * scale

    name = xml.name.removesuffix("Distribution")
    if name == "constant":
        return d.constant(get("constantValue"))
    if name == "exponential":
        return d.exponential(get("mean"))
    if name == "normal":
        return d.normal(get("mean"), get("standardDeviation"))
    if name == "uniform":
        return d.uniform(get("lower"), get("upper"))
    if name == "triangular":
        return d.triangular(get("lower"), get("peak"), get("upper"))
    if name == "erlang":
        return d.erlang(get("mean"), get("order", 1.0))
    if name == "arbitraryFiniteProbability":
        pairs = [
            (read_number(one.get("value")), read_number(one.get("frequency"))) for one in xml.all("entry")
        ]
        return d.discrete(
            [(float(value) * unit, float(count)) for value, count in pairs if value is not None and count]
        )
    if name in ("binomial", "poisson"):
        return _counted(name, get, unit)
    raise d.Unreadable(f"the unknown distribution {xml.name[:40]}")


def _counted(name: str, get: object, unit: float) -> d.Drawn:
    from serviceflow.formats.bpmn.bpsim import counted

    assert callable(get)
    if name == "poisson":
        return counted("Poisson", get("mean", 1.0), 0, unit)
    return counted("Binomial", get("probability", 1.0), int(get("amount", 1.0)), unit)
