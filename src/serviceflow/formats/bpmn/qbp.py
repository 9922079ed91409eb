"""The parameters of BIMP, QBP and Apromore, inside the diagram; their times are always in seconds."""

from __future__ import annotations

import math
from fractions import Fraction

from serviceflow.formats.bpmn import distributions as d
from serviceflow.formats.bpmn.arriving import arrivals
from serviceflow.formats.bpmn.diagram import Diagram, clean
from serviceflow.formats.bpmn.durations import number_text, read_instant, read_number, seconds_text
from serviceflow.formats.bpmn.names import Names
from serviceflow.formats.bpmn.parameters import Parameters, Staffing, Work
from serviceflow.formats.bpmn.report import APPROXIMATED, ASSUMED, LEFT_OUT, Decisions
from serviceflow.formats.bpmn.weekly import Hours, from_rules
from serviceflow.formats.xml_text import XmlElement

SOURCE = "BIMP"
NAMESPACES = ("http://www.qbp-simulator.com/",)
RULE = ("fromWeekDay", "toWeekDay", "fromTime", "toTime")


def find_qbp(root: XmlElement) -> XmlElement | None:
    """The parameters in a file, if there are some."""
    return next((one for one in root.walk() if one.name == "processSimulationInfo"), None)


def read_qbp(xml: XmlElement, diagram: Diagram, decisions: Decisions) -> Parameters:
    """Parameters of BIMP or Apromore."""
    return _Reader(xml, diagram, decisions).read()


class _Reader:
    def __init__(self, xml: XmlElement, diagram: Diagram, decisions: Decisions) -> None:
        self.xml = xml
        self.diagram = diagram
        self.decisions = decisions
        self.found = Parameters(source=SOURCE, time_unit="min")
        self.hours: dict[str, Hours] = {}
        self.default: Hours | None = None
        self.calendars: dict[str, str] = {}
        self.resources: dict[str, str] = {}

    def read(self) -> Parameters:
        moment = read_instant(self.xml.get("startDateTime"))
        if moment is not None:
            self.found.begin(moment)
        self.timetables()
        self.staff()
        self.elements()
        self.flows()
        self.arrive()
        return self.found

    def timetables(self) -> None:
        names = Names()
        tables = self.xml.first("timetables")
        for table in tables.all("timetable") if tables is not None else []:
            key = table.get("id") or ""
            rules = [rule.attributes for rule in table.walk() if rule.name == "rule"]
            hours = self.hours[key] = from_rules(rules, RULE)
            if table.get("default") == "true":
                self.default = hours
            if not hours.is_always and hours.spans:
                self.calendars[key] = names.give(clean(table.get("name")) or key, "Calendar")
                self.found.calendars[self.calendars[key]] = hours.days()

    def staff(self) -> None:
        names = Names()
        resources = self.xml.first("resources")
        for one in resources.all("resource") if resources is not None else []:
            key = one.get("id") or one.get("name") or ""
            name = self.resources[key] = names.give(clean(one.get("name")), "Staff")
            amount = read_number(one.get("totalAmount"))
            fields: dict[str, object] = {"staff": int(amount) if amount and 0 < amount <= 1_000_000 else 1}
            if not amount or amount <= 0:
                self.decisions.note(ASSUMED, name, key, "resource", "no amount of it: one")
            if (calendar := self.calendars.get(one.get("timetableId") or "")) is not None:
                fields["calendar"] = calendar
            if (cost := read_number(one.get("costPerHour"))) and cost > 0:
                fields["work_cost"] = f"{number_text(cost)} per hour"
            self.found.staffing[name] = Staffing(fields, key)

    def elements(self) -> None:
        elements = self.xml.first("elements")
        for one in elements.all("element") if elements is not None else []:
            key = one.get("elementId") or ""
            drawn = self.drawn(one.first("durationDistribution"), key, "duration")
            if drawn is not None:
                self.found.durations[key] = drawn.text
            names = [self.resources[text] for text in _ids(one) if text in self.resources]
            if names:
                self.found.work[key] = Work(tuple((name, 1) for name in names))
            cost = read_number(one.get("fixedCost"))
            if cost and cost > 0:
                self.found.costs[key] = number_text(cost)
            if (threshold := read_number(one.get("durationThreshold"))) and threshold > 0:
                self.decisions.note(
                    LEFT_OUT,
                    self.name_of(key),
                    key,
                    "duration threshold",
                    "thresholds are not read",
                    matters=False,
                )

    def name_of(self, key: str) -> str:
        node = self.diagram.nodes.get(key)
        return node.name if node is not None else ""

    def drawn(self, xml: XmlElement | None, key: str, what: str) -> d.Drawn | None:
        if xml is None:
            return None
        try:
            return distribution(xml)
        except (d.Unreadable, OverflowError, ValueError, ZeroDivisionError) as error:
            self.decisions.note(LEFT_OUT, self.name_of(key), key, what, f"it cannot be read: {error}")
            return None

    def flows(self) -> None:
        flows = self.xml.first("sequenceFlows")
        for one in flows.all("sequenceFlow") if flows is not None else []:
            number = read_number(one.get("executionProbability"))
            if number is not None and number >= 0:
                self.found.weights[one.get("elementId") or ""] = number

    def arrive(self) -> None:
        drawn = self.drawn(self.xml.first("arrivalRateDistribution"), "", "arrivals")
        starts = [one for one in self.diagram.nodes.values() if one.kind == "startEvent"]
        outer = [one for one in starts if self.diagram.scopes[one.scope].parent is None]
        if drawn is None or not outer or not drawn.mean:
            return
        hours = self.default
        for start in outer[:1]:
            self.found.arrivals[start.id] = arrivals(
                drawn, hours, start.name, start.id, self.found, self.decisions
            )
        instances = read_number(self.xml.get("processInstances"))
        if instances and 1 <= instances <= 10**9:
            open_share = hours.share() if hours is not None and hours.spans else 1.0
            seconds = float(instances) * drawn.mean / max(open_share, 1e-3)
            self.found.run = {
                "duration": seconds_text(Fraction(max(60, round(seconds / 60) * 60))),
                "warm_up": "0 min",
            }
            message = f"about {int(instances):,} requests come in the run; other tools end after just as many"
            self.decisions.note(APPROXIMATED, "", "", "number of instances", message)


def _ids(xml: XmlElement) -> list[str]:
    return [one.text.strip() for one in xml.walk() if one.name == "resourceId"]


def distribution(xml: XmlElement) -> d.Drawn:
    """A distribution from its type, ``mean``, ``arg1`` and ``arg2``, of which some mean nothing for a type.

    Raises
    ------
    Unreadable
        If they make none.
    """
    mean, first, second = (float(read_number(xml.get(name)) or 0) for name in ("mean", "arg1", "arg2"))
    kind = (xml.get("type") or "").upper()
    if kind == "FIXED":
        return d.constant(mean)
    if kind == "EXPONENTIAL":
        return d.exponential(first if first > 0 else mean)
    if kind == "NORMAL":
        return d.normal(mean, first)
    if kind == "UNIFORM":
        return d.uniform(first, second)
    if kind == "TRIANGULAR":
        return d.triangular(first, mean, second)
    if kind == "LOGNORMAL":
        return d.lognormal(mean, math.sqrt(max(first, 0.0)))
    if kind == "GAMMA":
        return d.gamma(mean, math.sqrt(max(first, 0.0)))
    raise d.Unreadable(f"the unknown type {kind[:40]}")
