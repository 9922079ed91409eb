"""The parameters of Prosimos: a JSON file beside the diagram, in either generation of its lists of
numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from serviceflow.formats.bpmn import distributions as d
from serviceflow.formats.bpmn.arriving import arrivals
from serviceflow.formats.bpmn.diagram import Diagram, clean
from serviceflow.formats.bpmn.durations import number_text, read_number, seconds_text
from serviceflow.formats.bpmn.errors import BpmnError
from serviceflow.formats.bpmn.names import Names
from serviceflow.formats.bpmn.parameters import Parameters, Staffing, Work, cost_of_work
from serviceflow.formats.bpmn.report import APPROXIMATED, ASSUMED, DIFFERS, EXACT, LEFT_OUT, Decisions
from serviceflow.formats.bpmn.weekly import Hours, from_rules

SOURCE = "Prosimos"
DEEPEST = 60
RULE = ("from", "to", "beginTime", "endTime")
COMPARISONS = {"=": "==", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass
class _Unit:
    """A resource: one or more of staff that are alike."""

    id: str
    name: str
    amount: int
    calendar: str | None
    cost: float
    profile: str
    tasks: dict[str, d.Drawn] = field(default_factory=dict)


def parse_json(data: bytes, name: str) -> Any:
    """Read JSON whose nesting is bounded.

    Raises
    ------
    BpmnError
        If it is none.
    """
    deepest = depth = 0
    for byte in data:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    if deepest > DEEPEST:
        raise BpmnError(name, f"more than {DEEPEST} brackets stand within one another; this is no such file")
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise BpmnError(name, f"this is no JSON that can be read ({error})") from None


def is_prosimos(content: object) -> bool:
    """Whether a JSON file has the parameters of Prosimos."""
    return isinstance(content, Mapping) and bool(
        {"task_resource_distribution", "resource_profiles"} & set(content)
    )


def read_prosimos(content: Mapping[str, Any], diagram: Diagram, decisions: Decisions) -> Parameters:
    """Parameters of a file of Prosimos."""
    return _Reader(content, diagram, decisions).read()


class _Reader:
    def __init__(self, content: Mapping[str, Any], diagram: Diagram, decisions: Decisions) -> None:
        self.content = content
        self.diagram = diagram
        self.decisions = decisions
        self.found = Parameters(source=SOURCE, states_staff=True, time_unit="min")
        self.hours: dict[str, Hours] = {}
        self.calendar_names: dict[str, str] = {}
        self.units: dict[str, _Unit] = {}

    def read(self) -> Parameters:
        self.calendars()
        self.resources()
        self.durations()
        self.make_providers()
        self.arrive()
        self.gateways()
        self.events()
        self.batches()
        self.attributes()
        self.priorities()
        for key in ("global_attributes", "event_attributes", "branch_rules", "multitask"):
            if self.content.get(key):
                message = "not read: attributes of a chain do not change on the way"
                self.decisions.note(APPROXIMATED, "", "", key, message)
        if self.content.get("model_type") == "FUZZY":
            message = "fuzzy calendars are read as open whenever somebody may be there"
            self.decisions.note(APPROXIMATED, "", "", "calendars", message)
        return self.found

    # Calendars and resources

    def calendars(self) -> None:
        given = self.content.get("resource_calendars")
        names = Names()
        for key, name, periods in _calendars(given):
            hours = from_rules(periods, RULE)
            self.hours[key] = hours
            for said in dict.fromkeys(hours.said):
                self.decisions.note(APPROXIMATED, name, key, "calendar", said)
            if not hours.is_always:
                self.calendar_names[key] = names.give(name, "Calendar")
                self.found.calendars[self.calendar_names[key]] = hours.days()

    def resources(self) -> None:
        for profile, name, entries in _profiles(self.content.get("resource_profiles")):
            for entry in entries:
                key = str(entry.get("id") or entry.get("name") or "")
                if not key or key in self.units:
                    continue
                amount = read_number(entry.get("amount")) or Fraction(1)
                cost = read_number(entry.get("cost_per_hour")) or Fraction(0)
                self.units[key] = _Unit(
                    key,
                    clean(str(entry.get("name") or key)),
                    max(1, min(int(amount), 100_000)),
                    _text(entry.get("calendar")),
                    float(max(cost, Fraction(0))),
                    clean(name) or profile,
                )

    def durations(self) -> None:
        for task, resource, name, parameters in _distributions(
            self.content.get("task_resource_distribution")
        ):
            drawn = self.drawn(name, parameters, task, "duration")
            if drawn is None:
                continue
            if resource not in self.units:
                message = f"the resource {resource} is not among the profiles: one of it"
                self.decisions.note(ASSUMED, self.name_of(task), task, "resource", message)
                self.units[resource] = _Unit(resource, clean(resource), 1, None, 0.0, clean(resource))
            self.units[resource].tasks[task] = drawn

    def drawn(self, name: str, parameters: Sequence[object], id: str, what: str) -> d.Drawn | None:
        try:
            drawn = distribution(name, parameters)
        except (d.Unreadable, OverflowError, ValueError, ZeroDivisionError) as error:
            self.decisions.note(LEFT_OUT, self.name_of(id), id, what, f"{name[:40]} cannot be read: {error}")
            return None
        if drawn.said:
            status = EXACT if drawn.is_exact else APPROXIMATED
            self.decisions.note(status, self.name_of(id), id, what, drawn.said)
        return drawn

    def name_of(self, id: str) -> str:
        node = self.diagram.nodes.get(id)
        return node.name if node is not None else ""

    # Providers: resources that do the same tasks, or share some

    def make_providers(self) -> None:
        names = Names()
        for group in _groups(self.units.values()):
            profiles = list(dict.fromkeys(unit.profile for unit in group))
            wanted = (
                profiles[0]
                if len(profiles) == 1
                else " and ".join(profiles[:2])
                if len(profiles) == 2
                else ""
            )
            name = names.give(wanted, f"{profiles[0]} and others")
            self.provider(name, group)

    def provider(self, name: str, group: list[_Unit]) -> None:
        tasks = list(dict.fromkeys(task for unit in group for task in unit.tasks))
        same_tasks = all(set(unit.tasks) == set(tasks) for unit in group)
        alike = len({(unit.calendar, unit.cost) for unit in group}) == 1
        if same_tasks and alike:
            fields: dict[str, Any] = {"staff": sum(unit.amount for unit in group)}
            self.terms(group[0], fields)
        else:
            fields = {"members": self.members(group, {} if same_tasks else self.skills(tasks))}
        if (message := cost_of_work(fields)) is not None:
            self.decisions.note(DIFFERS, name, group[0].id, "cost per hour", message, matters=False)
        self.found.staffing[name] = Staffing(fields, group[0].id)
        for task in tasks:
            own = [(unit.tasks[task], unit.amount) for unit in group if task in unit.tasks]
            drawn = d.mixture(own)
            if len({one.text for one, _ in own}) > 1:
                message = f"how long it takes depends on who does it: drawn from all {len(own)} of them"
                self.decisions.note(APPROXIMATED, self.name_of(task), task, "durations by resource", message)
            self.found.durations[task] = drawn.text
            skill = None if same_tasks else self.skill(task)
            self.found.work[task] = Work(((name, 1),), skill=f"'{skill}'" if skill else None)

    def terms(self, unit: _Unit, fields: dict[str, Any]) -> None:
        calendar = self.calendar_names.get(unit.calendar or "")
        if calendar is not None:
            fields["calendar"] = calendar
        if unit.cost:
            fields["cost"] = f"{number_text(unit.cost)} per hour"

    def skills(self, tasks: list[str]) -> dict[str, str]:
        return {task: self.skill(task) for task in tasks}

    def skill(self, task: str) -> str:
        return (self.name_of(task) or task).replace("'", "").replace('"', "")

    def members(self, group: list[_Unit], skills: Mapping[str, str]) -> dict[str, Any]:
        names, found = Names(), {}
        for unit in group:
            for _ in range(min(unit.amount, 1_000)):
                fields: dict[str, Any] = {}
                self.terms(unit, fields)
                if skills:
                    fields["skills"] = list(dict.fromkeys(skills[task] for task in unit.tasks))
                found[names.give(unit.name)] = fields
        return found

    # Arrivals, gateways and events

    def arrive(self) -> None:
        given = self.content.get("arrival_time_distribution")
        starts = [
            node
            for node in self.diagram.nodes.values()
            if node.kind == "startEvent" and not self.is_inner(node.scope)
        ]
        if not isinstance(given, Mapping) or not starts:
            return
        start = starts[0]
        drawn = self.drawn(str(given.get("distribution_name")), _numbers(given), start.id, "arrivals")
        if drawn is None:
            return
        rules = given.get("time_periods") or self.content.get("arrival_time_calendar")
        hours = from_rules(_rules(rules), RULE) if rules else None
        self.found.arrivals[start.id] = arrivals(
            drawn, hours, start.name, start.id, self.found, self.decisions
        )

    def is_inner(self, scope: str) -> bool:
        found = self.diagram.scopes.get(scope)
        return found is not None and found.parent is not None

    def gateways(self) -> None:
        for _, flow, value in _branching(self.content.get("gateway_branching_probabilities")):
            number = read_number(value)
            if number is not None and number >= 0:
                self.found.weights[flow] = number

    def events(self) -> None:
        for key, name, parameters in _events(self.content.get("event_distribution")):
            drawn = self.drawn(name, parameters, key, "time of an event")
            if drawn is not None:
                self.found.durations[key] = drawn.text

    def batches(self) -> None:
        for entry in _mappings(self.content.get("batch_processing")):
            task = str(entry.get("task_id") or "")
            size, wait = _firing(entry.get("firing_rules"))
            if size is None:
                sizes = [read_number(key) for key in _mapping(entry.get("size_distrib"))]
                size = max((int(one) for one in sizes if one is not None), default=None)
            if size is None or size < 2:
                continue
            batch: dict[str, Any] = {"size": size}
            if wait is not None:
                batch["max_wait"] = seconds_text(wait)
            self.found.batches[task] = batch
            message = f"batches of {size}" + (
                f" after at most {batch['max_wait']}" if wait is not None else ""
            )
            self.decisions.note(
                APPROXIMATED, self.name_of(task), task, "batch processing", f"{message}, one duration each"
            )

    # Attributes and priorities

    def attributes(self) -> None:
        for entry in _mappings(self.content.get("case_attributes")):
            name = clean(str(entry.get("name") or "")).replace("`", "'")
            values = entry.get("values")
            value = (
                self.discrete(values) if entry.get("type") == "discrete" else self.continuous(values, name)
            )
            if name and value is not None:
                self.found.attributes[name] = value
                self.decisions.note(EXACT, name, "", "case attribute", "an attribute of every request")

    def discrete(self, values: object) -> dict[str, str] | None:
        pairs = [(str(one.get("key")), read_number(one.get("value"))) for one in _mappings(values)]
        total = sum((weight for _, weight in pairs if weight), Fraction(0))
        used = [(key, weight / total) for key, weight in pairs if weight and total]
        return {clean(key) or "(none)": f"{float(share * 100):.10g}%" for key, share in used} or None

    def continuous(self, values: object, name: str) -> str | None:
        if not isinstance(values, Mapping):
            return None
        drawn = self.drawn(str(values.get("distribution_name")), _numbers(values), "", f"attribute '{name}'")
        return None if drawn is None else d.as_numbers(drawn.text)

    def priorities(self) -> None:
        levels = []
        for entry in _mappings(self.content.get("prioritisation_rules")):
            level = read_number(entry.get("priority_level"))
            condition = self.condition(entry.get("rules"))
            if level is not None and condition is not None:
                levels.append((level, condition))
        if not levels:
            return
        text = number_text(max(level for level, _ in levels) + 1)
        for level, condition in sorted(levels, reverse=True):
            text = f"{number_text(level)} if {condition} else {text}"
        self.found.consumer_priority = text
        message = f"{len(levels)} rules are the priority of requests, the smaller first"
        self.decisions.note(EXACT, "", "", "prioritisation rules", message)

    def condition(self, rules: object) -> str | None:
        """Any of several groups of comparisons, all of which hold."""
        groups = []
        for group in rules if isinstance(rules, list) else []:
            parts = [self.comparison(one) for one in _mappings(group if isinstance(group, list) else [group])]
            if not parts or None in parts:
                self.decisions.note(
                    APPROXIMATED, "", "", "prioritisation rules", "a rule cannot be read: left out"
                )
                return None
            groups.append(" and ".join(part for part in parts if part))
        return " or ".join(f"({group})" for group in groups) if groups else None

    def comparison(self, rule: Mapping[str, Any]) -> str | None:
        name = clean(str(rule.get("attribute") or "")).replace("`", "'")
        sign, value = str(rule.get("comparison") or "="), rule.get("value")
        if name not in self.found.attributes:
            return None
        if sign == "in" and isinstance(value, list) and len(value) == 2:
            low, high = (read_number(one) for one in value)
            parts = [f"`{name}` >= {number_text(low)}"] if low is not None else []
            parts += [f"`{name}` <= {number_text(high)}"] if high is not None else []
            return " and ".join(parts) or None
        if sign not in COMPARISONS:
            return None
        number = read_number(value)
        words = isinstance(self.found.attributes[name], Mapping) and not all(
            read_number(key) is not None for key in self.found.attributes[name]
        )
        text = (
            f"'{clean(str(value)).replace(chr(39), '')}'" if words or number is None else number_text(number)
        )
        return f"`{name}` {COMPARISONS[sign]} {text}"


def _groups(units: Iterable[_Unit]) -> list[list[_Unit]]:
    """Resources that share tasks, directly or through others; those without tasks do nothing."""
    groups: list[tuple[set[str], list[_Unit]]] = []
    for unit in units:
        if not unit.tasks:
            continue
        tasks, members = set(unit.tasks), [unit]
        apart = []
        for own, theirs in groups:
            if own & tasks:
                tasks |= own
                members = theirs + members
            else:
                apart.append((own, theirs))
        groups = [*apart, (tasks, members)]
    return [members for _, members in groups]


def distribution(name: str, given: Sequence[object]) -> d.Drawn:
    """A distribution from its name and list of numbers, whose meaning depends on how many there are.

    Raises
    ------
    Unreadable
        If they make none.
    """
    found = [read_number(one) for one in given]
    numbers = [float(one) for one in found if one is not None]
    if len(numbers) < len(found) or not numbers:
        raise d.Unreadable("numbers are missing")
    kind = name.lower()
    makers = {
        "fix": _fixed,
        "fixed": _fixed,
        "default": _uniform,
        "uniform": _uniform,
        "norm": _normal,
        "normal": _normal,
        "expon": _exponential,
        "exponential": _exponential,
        "triang": _triangular,
        "triangular": _triangular,
        "lognorm": _lognormal,
        "gamma": _gamma,
    }
    if kind not in makers:
        raise d.Unreadable("an unknown family")
    try:
        return makers[kind](numbers)
    except IndexError:
        raise d.Unreadable(f"{len(numbers)} numbers are too few") from None


def _fixed(numbers: list[float]) -> d.Drawn:
    return d.constant(numbers[0])


def _uniform(numbers: list[float]) -> d.Drawn:
    """Two numbers are the bounds; four are scipy's begin and width, and the bounds."""
    if len(numbers) >= 4:
        return d.uniform(max(numbers[0], numbers[2]), min(numbers[0] + numbers[1], numbers[3]))
    return d.uniform(numbers[0], numbers[1])


def _normal(numbers: list[float]) -> d.Drawn:
    low, high = numbers[2:4] if len(numbers) >= 4 else (0.0, math.inf)
    return d.normal(numbers[0], numbers[1], low, high)


def _exponential(numbers: list[float]) -> d.Drawn:
    """Three numbers are mean, least and most; four scipy's begin and scale, least and most."""
    if len(numbers) == 1:
        return d.exponential(numbers[0])
    if len(numbers) == 2:
        return d.shifted_exponential(numbers[0], numbers[1])
    if len(numbers) == 3:
        mean, low, high = numbers
        return d.shifted_exponential(low, mean - low if mean > low else mean, high)
    begin, scale, _, high = numbers[:4]
    return d.shifted_exponential(begin, scale, high)


def _triangular(numbers: list[float]) -> d.Drawn:
    """Three numbers are least, likeliest and most; five scipy's shape, begin, width, and the bounds."""
    if len(numbers) >= 5:
        shape, begin, width = numbers[:3]
        return d.triangular(begin, begin + shape * width, begin + width)
    low, mode, high = sorted(numbers[:3])
    return d.triangular(low, mode, high)


def _lognormal(numbers: list[float]) -> d.Drawn:
    """Four numbers are mean, variance and bounds; five scipy's sigma, begin, scale and bounds."""
    if len(numbers) >= 5:
        sigma, begin, scale, low, high = numbers[:5]
        mean = scale * math.exp(sigma**2 / 2)
        sd = mean * math.sqrt(math.expm1(sigma**2))
        rest = d.lognormal(mean, sd, max(low - begin, 0.0), high - begin)
        return d.shifted(begin, rest) if begin > 0 else rest
    bounds = numbers[2:4] if len(numbers) == 4 else (0.0, math.inf)
    return d.lognormal(numbers[0], math.sqrt(max(numbers[1], 0.0)), *bounds)


def _gamma(numbers: list[float]) -> d.Drawn:
    """Four numbers are mean, variance and bounds; five scipy's shape, begin, scale and bounds."""
    if len(numbers) >= 5:
        shape, begin, scale, low, high = numbers[:5]
        rest = d.gamma(shape * scale, math.sqrt(max(shape, 0.0)) * scale, max(low - begin, 0.0), high - begin)
        return d.shifted(begin, rest) if begin > 0 else rest
    bounds = numbers[2:4] if len(numbers) == 4 else (0.0, math.inf)
    return d.gamma(numbers[0], math.sqrt(max(numbers[1], 0.0)), *bounds)


# The shapes in which the generations write the same


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _rules(value: object) -> list[Mapping[str, Any]]:
    return _mappings(_mapping(value).get("time_periods") if isinstance(value, Mapping) else value)


def _numbers(value: Mapping[str, Any]) -> list[object]:
    given = value.get("distribution_params")
    listed = given if isinstance(given, list) else []
    return [one.get("value") if isinstance(one, Mapping) else one for one in listed]


def _calendars(value: object) -> Iterable[tuple[str, str, list[Mapping[str, Any]]]]:
    if isinstance(value, Mapping):
        for key, rules in value.items():
            yield str(key), clean(str(key)), _rules(rules)
    for entry in _mappings(value):
        key = str(entry.get("id") or entry.get("name") or "")
        rules = entry.get("time_periods") or entry.get("workRhythm") or []
        yield key, clean(str(entry.get("name") or key)), _mappings(rules)


def _profiles(value: object) -> Iterable[tuple[str, str, list[Mapping[str, Any]]]]:
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield (
                str(key),
                str(_mapping(entry).get("name") or key),
                _mappings(_mapping(entry).get("resource_list")),
            )
    for entry in _mappings(value):
        key = str(entry.get("id") or entry.get("name") or "")
        yield key, str(entry.get("name") or key), _mappings(entry.get("resource_list"))


def _distributions(value: object) -> Iterable[tuple[str, str, str, list[object]]]:
    if isinstance(value, Mapping):
        for task, resources in value.items():
            for resource, entry in _mapping(resources).items():
                yield (
                    str(task),
                    str(resource),
                    str(_mapping(entry).get("distribution_name")),
                    _numbers(_mapping(entry)),
                )
    for one in _mappings(value):
        for entry in _mappings(one.get("resources")):
            yield (
                str(one.get("task_id")),
                str(entry.get("resource_id")),
                str(entry.get("distribution_name")),
                _numbers(entry),
            )


def _branching(value: object) -> Iterable[tuple[str, str, object]]:
    if isinstance(value, Mapping):
        for gateway, ways in value.items():
            for flow, share in _mapping(ways).items():
                yield str(gateway), str(flow), share
    for entry in _mappings(value):
        for way in _mappings(entry.get("probabilities")):
            yield str(entry.get("gateway_id")), str(way.get("path_id")), way.get("value")


def _events(value: object) -> Iterable[tuple[str, str, list[object]]]:
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield str(key), str(_mapping(entry).get("distribution_name")), _numbers(_mapping(entry))
    for entry in _mappings(value):
        yield str(entry.get("event_id")), str(entry.get("distribution_name")), _numbers(entry)


def _firing(rules: object) -> tuple[int | None, Fraction | None]:
    """The size, and the longest wait, at which a batch goes: the least of each that the rules name."""
    size: int | None = None
    wait: Fraction | None = None
    for group in rules if isinstance(rules, list) else []:
        for rule in _mappings(group):
            number = read_number(rule.get("value"))
            if number is None:
                continue
            if rule.get("attribute") == "size" and str(rule.get("comparison")) in (">", ">=", "="):
                one = int(number) + (rule.get("comparison") == ">")
                size = one if size is None else min(size, one)
            elif rule.get("attribute") in (
                "batch_ready_wt",
                "large_wt",
                "batch_wt",
                "ready_wt",
                "batch_first_wt",
            ):
                wait = number if wait is None else min(wait, number)
    return size, wait
