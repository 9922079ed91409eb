"""What neither the drawing nor BPSim can say of a chain, so that only the model in the file has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from serviceflow.formats.bpmn.export.values import constant_ticks, plain, time, xpath
from serviceflow.model.attributes import Attribute, Choice
from serviceflow.model.elements import Arrivals, Consumer, Provider, Service
from serviceflow.model.expressions import Expression
from serviceflow.model.fields import Element
from serviceflow.model.links import Handoff, Link
from serviceflow.model.timetables import Timetable
from serviceflow.model.writing import element_dict, set_fields

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

SILENT = frozenset(("labels", "enters"))
"""Fields that no figure depends on, or that are drawn always."""
DRAWN = {
    "services": frozenset(("provider", "providers", "any_of", "split", "join")),
    "handoffs": frozenset(("after",)),
    "calls": frozenset(("wait",)),
}


class Unsaid(NamedTuple):
    """A field that a diagram cannot express.

    Attributes
    ----------
    section, name : str
        Of the element.
    field : str
        What it says.
    """

    section: str
    name: str
    field: str


def unsaid(chain: Chain) -> list[Unsaid]:
    """Everything that a diagram of the chain cannot express."""
    found = []
    for section in ("providers", "stocks", "services", "consumers", "handoffs", "calls"):
        for key, element in getattr(chain, section).items():
            found += [Unsaid(section, str(key), one) for one in fields_unsaid(chain, section, element)]
    for name, value in chain.attributes.items():
        if not is_property(chain, value):
            found.append(Unsaid("attributes", name, "value"))
    found += [Unsaid("trainings", name, "begins") for name in chain.trainings]
    return found


def scenarios_unsaid(chain: Chain) -> list[Unsaid]:
    """Scenarios that change more than the figures of what is drawn."""
    before = _drawn(chain), _values(chain)
    return [
        Unsaid("scenarios", name, "changes")
        for name in chain.scenarios
        if (_drawn(other := chain.scenario(name)), _values(other)) != before
    ]


def _drawn(chain: Chain) -> object:
    """What decides what is drawn."""
    services = {
        name: (one.provider_names, one.split, one.join, *_limits(one), *one.consumes, *one.produces)
        for name, one in chain.services.items()
    }
    sections = ("providers", "stocks", "consumers", "handoffs", "calls")
    return services, *([*map(str, getattr(chain, section))] for section in sections)


def _limits(service: Service) -> tuple[bool, bool]:
    """Which limits of time are drawn as events at the edge of a task."""
    return service.patience is None, service.timeout is None


def _values(chain: Chain) -> object:
    """What a diagram cannot express, with its values."""
    return {
        one: set_fields(getattr(chain, one.section)[_key(one)]).get(one.field)
        for one in unsaid(chain)
        if one.section != "attributes"
    }


def _key(one: Unsaid) -> str | Link:
    return Link.parse(one.name) if one.section in ("handoffs", "calls") else one.name


def fields_unsaid(chain: Chain, section: str, element: Element) -> Iterator[str]:
    """The fields of an element that a diagram cannot express."""
    said = SILENT | DRAWN.get(section, frozenset())
    for name, value in set_fields(element).items():
        if name not in said and not _is_said(chain, section, element, name, value):
            yield name


def notes_on(chain: Chain, section: str, name: str) -> list[str]:
    """The same in words, for whoever looks at the diagram."""
    element = getattr(chain, section)[name]
    written = element_dict(element)
    return [f"{one}: {_text(written.get(one))}" for one in fields_unsaid(chain, section, element)]


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(entry)}" for key, entry in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _is_said(chain: Chain, section: str, element: Element, name: str, value: object) -> bool:
    unit = chain.time_unit
    if isinstance(element, Service):
        if name == "duration":
            return isinstance(value, Expression) and time(value, unit) is not None
        return name in ("cost", "priority") and _is_constant(value, unit)
    if isinstance(element, Provider):
        return name == "work_cost" or (name in ("staff", "calendar") and is_weekly(chain, element))
    if isinstance(element, Consumer):
        return _is_said_of_consumer(chain, name, value)
    if isinstance(element, Handoff):
        return _is_said_on_way(chain, name, value)
    return False


def _is_said_of_consumer(chain: Chain, name: str, value: object) -> bool:
    if name == "arrivals":
        return isinstance(value, Arrivals) and says_arrivals(chain, value)
    if name == "attributes":
        return all(is_property(chain, one) for one in value.values())  # type: ignore[attr-defined]
    return name == "priority" and _is_constant(value, chain.time_unit)


def _is_said_on_way(chain: Chain, name: str, value: object) -> bool:
    unit = chain.time_unit
    if name == "delay":
        return isinstance(value, Expression) and time(value, unit) is not None
    if name in ("every", "probability"):
        return _is_constant(value, unit)
    if name == "when":
        return isinstance(value, Expression) and xpath(value.root, attribute_names(chain)) is not None
    if name == "clarification":
        asking = getattr(value, "delay", None)
        return _is_constant(getattr(value, "probability", None), unit) and (
            asking is None or time(asking, unit) is not None
        )
    return False


def _is_constant(value: object, unit: str) -> bool:
    return isinstance(value, Expression) and constant_ticks(value, unit) is not None


def says_arrivals(chain: Chain, arrivals: Arrivals) -> bool:
    """Whether BPSim can say how requests come."""
    told = set(set_fields(arrivals)) - {"count"}
    if told == {"every"} and arrivals.every is not None:
        return time(arrivals.every, chain.time_unit) is not None
    if told == {"profile"} and arrivals.profile is not None:
        return not arrivals.profile.dated
    return told == {"rate"} and arrivals.rate is not None and arrivals.rate.amount > 0


def is_weekly(chain: Chain, provider: Provider) -> bool:
    """Whether staff are on duty in the same way every week, so that BPSim can say it."""
    hours = None if provider.calendar is None else chain.calendars[provider.calendar]
    if isinstance(provider.staff, Timetable):
        return hours is None and not provider.staff.dated
    return provider.staff is not None and (hours is None or not hours.dated)


def is_property(chain: Chain, value: Attribute) -> bool:
    """Whether BPSim can say how an attribute is drawn."""
    return isinstance(value, Choice) or plain(value, chain.time_unit) is not None


def attribute_names(chain: Chain) -> frozenset[str]:
    """The names of all attributes."""
    own = (name for consumer in chain.consumers.values() for name in consumer.attributes)
    return frozenset((*chain.attributes, *own))


def in_words(found: list[Unsaid], most: int = 8) -> list[str]:
    """Sentences of what a diagram cannot express, one for each kind of field."""
    together: dict[tuple[str, str], list[str]] = {}
    for one in found:
        together.setdefault((one.section, one.field), []).append(f"'{one.name}'")
    return [
        f"{field.replace('_', ' ')} of {section}: {', '.join(names[:most])}"
        + (f" and {len(names) - most} more" if len(names) > most else "")
        for (section, field), names in together.items()
    ]
