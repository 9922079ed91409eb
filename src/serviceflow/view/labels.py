"""What a model says of its elements, in a few characters: for maps of chains that have not been run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serviceflow.errors import ServiceflowError
from serviceflow.theory.arrivals import arrival_rate
from serviceflow.units import UNITS, unit_ticks
from serviceflow.view.format import clip, number, share, time

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.model.elements import Provider, Service
    from serviceflow.model.expressions import Expression
    from serviceflow.model.links import Routed
    from serviceflow.model.sla import Target


def together(*facts: str, by: str = " · ") -> str:
    """The facts that say anything, in a row."""
    return by.join(fact for fact in facts if fact)


def duration(expression: Expression, unit: str) -> str:
    """A constant as it is, a distribution by its mean (``~9 min``), the rest as it is written."""
    if expression.is_constant and not expression.has_distribution:
        return time(expression.constant(unit) / unit_ticks(unit), unit)
    mean = expression.mean(unit, {})
    if mean is None:
        return clip(expression, 24)
    return f"~{time(mean / unit_ticks(unit), unit)}"


def amount(value: Expression | float) -> str:
    """A constant number as it is, any other as it is written."""
    if isinstance(value, int | float):
        return number(value)
    return number(value.constant("s")) if value.is_constant else clip(value, 20)


def probability(expression: Expression) -> str:
    """A constant probability as a percentage, any other as it is written."""
    return share(expression.constant("s")) if expression.is_constant else clip(expression, 24)


def transfer(link: Routed, unit: str) -> list[str]:
    """How requests get over a link: who goes, when, how long it takes, what goes wrong."""
    found = [*_who_goes(link), *_dispatch(link, unit)]
    if link.delay is not None:
        found.append(duration(link.delay, unit))
    if link.clarification is not None:
        found.append(f"{probability(link.clarification.probability)} incomplete")
    return found


def _who_goes(link: Routed) -> list[str]:
    found = []
    after = getattr(link, "after", "finished")
    if after != "finished":
        found.append(str(after))
    if link.probability is not None:
        found.append(probability(link.probability))
    if link.when is not None:
        found.append(f"if {clip(link.when, 26)}")
    return found


def _dispatch(link: Routed, unit: str) -> list[str]:
    found = []
    if link.every is not None:
        found.append(f"every {duration(link.every, unit)}")
    if link.at is not None:
        found.append("at set times")
    if link.batch is not None:
        found.append(f"batches of {link.batch.size}")
    return found


def arrivals(chain: Chain, name: str) -> str:
    """How a consumer's requests come: ``6 per hour``, ``every ~10 min``, ``~31 per week``, ``12 people``."""
    consumer, unit = chain.consumers[name], chain.time_unit
    came = consumer.arrivals
    if came is None:
        return "from the start" if consumer.initial else ""
    if came.rate is not None:
        return str(came.rate)
    if came.every is not None:
        within = f" in {came.calendar}" if came.calendar is not None else ""
        return f"every {duration(came.every, unit)}{within}"
    if came.population is not None:
        return f"a group of {number(came.population)}"
    return _mean_rate(chain, name) or ("weekly profile" if came.profile is not None else "as listed")


def _mean_rate(chain: Chain, name: str) -> str:
    """The mean rate of arrivals whose rate changes, by the unit of time in which some come; "" if unknown."""
    came = chain.consumers[name].arrivals
    assert came is not None
    try:
        rate = arrival_rate(chain, came, name)
    except ServiceflowError:
        return ""
    if not rate:
        return ""
    units = ("h", "day", "week")
    unit = next((one for one in units if rate * UNITS[one] >= 1), units[-1])
    return f"~{number(rate * UNITS[unit])} per {'hour' if unit == 'h' else unit}"


def staffing(provider: Provider) -> str:
    """How many there are: ``3 staff``, ``1 – 3 staff``, ``4 members``."""
    if provider.members:
        return f"{len(provider.members)} members"
    if provider.staff is None:
        return ""
    low, high = _least_and_most(provider.staff)
    return f"{number(high)} staff" if low == high else f"{number(low)} – {number(high)} staff"


def _least_and_most(staff: Any) -> tuple[float, float]:
    """The least and the most on duty while anybody is."""
    values = [staff] if isinstance(staff, int) else [value for value in staff.values() if value]
    return (float(min(values)), float(max(values))) if values else (0.0, 0.0)


def with_whom(service: Service) -> str:
    """Which providers a service has beside the first, or instead of it."""
    others = [clip(name, 18) for name in service.provider_names[1:]]
    if not others:
        return ""
    return f"{'or' if service.any_of else 'with'} {', '.join(others)}"


def promise(target: Target, unit: str) -> str:
    """An SLA as people say it: ``85% within 90 min``."""
    return f"{share(float(target.share))} within {duration(target.within, unit)}"
