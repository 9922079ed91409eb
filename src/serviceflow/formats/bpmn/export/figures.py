"""The figures of a chain as scenarios of BPSim 2.0: as it stands, and what its own scenarios change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from serviceflow.formats.bpmn.export.picture import Picture, id_of
from serviceflow.formats.bpmn.export.tags import Tag
from serviceflow.formats.bpmn.export.unsaid import attribute_names, is_weekly, says_arrivals
from serviceflow.formats.bpmn.export.values import (
    constant_ticks,
    exponential,
    floating,
    iso,
    number,
    plain,
    time,
    xpath,
)
from serviceflow.formats.bpmn.export.weeks import valued
from serviceflow.model.attributes import Attribute, Choice
from serviceflow.model.elements import Arrivals, Consumer, Provider, Service
from serviceflow.model.timetables import Timetable
from serviceflow.units import UNITS, Rate

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

GROUPS = {
    "TimeParameters": ("ProcessingTime",),
    "ControlParameters": ("Probability", "Condition", "InterTriggerTimer", "TriggerCount"),
    "ResourceParameters": ("Selection", "Quantity"),
    "PriorityParameters": ("Priority",),
    "CostParameters": ("FixedCost", "UnitCost"),
    "PropertyParameters": ("Property",),
}
"""The parameters that are written, by group, in the order of the schema."""
TIME_UNITS = {"s": "s", "min": "min", "h": "hour", "day": "day"}
LARGEST_SEED = 2**63 - 1

Parameters = dict[str, list[Tag]]
"""Values by the name of the parameter."""


@dataclass
class Figures:
    """What BPSim says of a chain: parameters by element, and the calendars that they name."""

    elements: dict[str, Parameters] = field(default_factory=dict)
    calendars: dict[str, str] = field(default_factory=dict)


def resource_id(name: str) -> str:
    """The id of the resource that stands for a provider."""
    return id_of("Resource", name)


def figures_of(chain: Chain, picture: Picture) -> Figures:
    """The figures of a chain for the elements of its picture."""
    return _Writer(chain, picture).write()


class _Writer:
    def __init__(self, chain: Chain, picture: Picture) -> None:
        self.chain, self.picture, self.found = chain, picture, Figures()
        self.unit = chain.time_unit

    def write(self) -> Figures:
        for name, service in self.chain.services.items():
            self.service(self.picture.tasks[name], service)
        for key, (name, arrivals) in self.picture.arrivals.items():
            self.start(key, arrivals)
            self.consumer(key, self.chain.consumers[name])
        for key, found in self.picture.times.items():
            self.put(key, "InterTriggerTimer", time(found, self.unit))
        for key, share in self.picture.shares.items():
            self.put(key, "Probability", floating(share))
        names = attribute_names(self.chain)
        for key, found in self.picture.conditions.items():
            text = xpath(found.root, names)
            self.put(key, "Condition", None if text is None else _expression(text))
        for name, provider in self.chain.providers.items():
            self.provider(name, provider)
        return self.found

    def put(self, key: str, name: str, *values: Tag | None) -> None:
        kept = [one for one in values if one is not None]
        if kept:
            self.found.elements.setdefault(key, {}).setdefault(name, []).extend(kept)

    def service(self, key: str, service: Service) -> None:
        ticks = constant_ticks(service.duration, self.unit)
        if ticks != 0:
            self.put(key, "ProcessingTime", time(service.duration, self.unit))
        if service.provider_names:
            self.put(key, "Selection", _expression(_selection(service)))
        if service.priority is not None:
            self.priority(key, constant_ticks(service.priority, self.unit))
        if service.cost is not None and (cost := constant_ticks(service.cost, self.unit)) is not None:
            self.put(key, "FixedCost", floating(cost))

    def priority(self, key: str, value: float | None) -> None:
        """In BPSim the larger number goes first."""
        if value is not None:
            self.put(key, "Priority", floating(-value if value else 0.0))

    def consumer(self, key: str, consumer: Consumer) -> None:
        if (value := constant_ticks(consumer.priority, self.unit)) not in (None, 0.0):
            self.priority(key, value)
        for name, attribute in {**self.chain.attributes, **consumer.attributes}.items():
            if (value_of := self.property(attribute)) is not None:
                self.put(key, "Property", Tag("bpsim:Property", {"name": name}, [value_of]))

    def property(self, attribute: Attribute) -> Tag | None:
        if not isinstance(attribute, Choice):
            return plain(attribute, self.unit)
        found = Tag("bpsim:UserDistribution", {"discrete": "true"})
        for option, share in attribute.options:
            value = _word(option) if isinstance(option, str) else floating(option)
            found.children.append(
                Tag("bpsim:UserDistributionDataPoint", {"probability": number(share)}, [value])
            )
        return found

    def start(self, key: str, arrivals: Arrivals) -> None:
        if arrivals.every is not None:
            self.put(key, "InterTriggerTimer", time(arrivals.every, self.unit))
        elif arrivals.rate is not None and arrivals.rate.amount > 0:
            self.put(key, "InterTriggerTimer", exponential(self.interval(arrivals.rate)))
        elif arrivals.profile is not None and says_arrivals(self.chain, arrivals):
            for name, text, rate in valued(arrivals.profile, self.chain.start):
                if rate.amount > 0:
                    self.found.calendars[name] = text
                    self.put(key, "InterTriggerTimer", _when(exponential(self.interval(rate)), name))
        if arrivals.count is not None:
            self.put(key, "TriggerCount", _whole(arrivals.count))

    def interval(self, rate: Rate) -> float:
        return 1 / (rate.per_tick(self.unit) * 1e6)

    def provider(self, name: str, provider: Provider) -> None:
        key = resource_id(name)
        if provider.work_cost is not None:
            per_hour = provider.work_cost.per_tick(self.unit) * UNITS["h"]
            tag = floating(float(f"{per_hour:.12g}"))
            tag.attributes["timeUnit"] = "hour"
            self.put(key, "UnitCost", tag)
        if provider.members is not None:
            self.put(key, "Quantity", _whole(len(provider.members)))
        elif is_weekly(self.chain, provider):
            self.staff(key, provider)

    def staff(self, key: str, provider: Provider) -> None:
        hours = provider.staff
        if not isinstance(hours, Timetable):
            count = hours or 0
            if provider.calendar is None:
                self.put(key, "Quantity", _whole(count))
                return
            opened = valued(self.chain.calendars[provider.calendar], self.chain.start)
            blocks = [(name, text, count) for name, text, _ in opened]
        else:
            blocks = list(valued(hours, self.chain.start))
        self.put(key, "Quantity", _whole(0))
        for name, text, value in blocks:
            self.found.calendars[name] = text
            self.put(key, "Quantity", _when(_whole(value), name))


def _expression(text: str) -> Tag:
    return Tag("bpsim:ExpressionParameter", {"value": text})


def _word(value: str) -> Tag:
    return Tag("bpsim:StringParameter", {"value": value})


def _whole(value: int) -> Tag:
    return Tag("bpsim:NumericParameter", {"value": str(value)})


def _when(value: Tag, calendar: str) -> Tag:
    value.attributes["validFor"] = calendar
    return value


def _selection(service: Service) -> str:
    """Who does a task: one, several at once, or the first free of several."""
    if service.any_of is not None:
        return " or ".join(f"bpsim:getResource('{resource_id(name)}',1)" for name in service.any_of)
    wanted = service.providers or dict.fromkeys(service.provider_names, 1)
    return " and ".join(f"bpsim:getResource('{resource_id(name)}',{count})" for name, count in wanted.items())


# Scenarios


def settings(chain: Chain) -> Tag:
    """How the chain is run."""
    run = chain.run
    tag = Tag("bpsim:ScenarioParameters", {"replication": str(run.replications)})
    if run.seed is not None and run.seed <= LARGEST_SEED:
        tag.attributes["seed"] = str(run.seed)
    tag.attributes["baseTimeUnit"] = TIME_UNITS.get(chain.time_unit, "min")
    midnight = dt.datetime.combine(chain.start, dt.time())
    tag.add("bpsim:Start").add("bpsim:DateTimeParameter", value=midnight.isoformat())
    warm_up = run.warm_up.constant(chain.time_unit)
    if run.duration is not None:
        whole = run.duration.constant(chain.time_unit) + warm_up
        tag.add("bpsim:Duration").add("bpsim:DurationParameter", value=iso(whole))
    if warm_up:
        tag.add("bpsim:Warmup").add("bpsim:DurationParameter", value=iso(warm_up))
    return tag


def scenario(
    key: str,
    name: str,
    found: Mapping[str, Parameters],
    calendars: Mapping[str, str],
    *,
    head: Tag | None = None,
    inherits: str | None = None,
    description: str | None = None,
) -> Tag:
    """A scenario of BPSim."""
    tag = Tag("bpsim:Scenario", {"id": key, "name": name})
    if description:
        tag.attributes["description"] = description
    if inherits is not None:
        tag.attributes["inherits"] = inherits
    if head is not None:
        tag.children.append(head)
    for element, parameters in found.items():
        own = tag.add("bpsim:ElementParameters", elementRef=element)
        for group, names in GROUPS.items():
            _group(own, group, {one: parameters[one] for one in names if one in parameters})
    for calendar, text in calendars.items():
        tag.add("bpsim:Calendar", text, id=calendar, name=calendar)
    return tag


def _group(own: Tag, name: str, parameters: Mapping[str, list[Tag]]) -> None:
    if not parameters:
        return
    tag = own.add(f"bpsim:{name}")
    for key, values in parameters.items():
        if key == "Property":
            tag.children.extend(values)
        else:
            tag.add(f"bpsim:{key}").children.extend(values)


def changed(base: Figures, other: Figures) -> tuple[dict[str, Parameters], dict[str, str]]:
    """What a scenario changes in the figures, and its own calendars."""
    found: dict[str, Parameters] = {}
    for key, parameters in other.elements.items():
        known = base.elements.get(key, {})
        own = {name: values for name, values in parameters.items() if known.get(name) != values}
        if own:
            found[key] = own
    calendars = {key: text for key, text in other.calendars.items() if key not in base.calendars}
    return found, calendars
