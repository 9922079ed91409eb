"""Whether there is anybody to do the work: calendars, staff and skills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from serviceflow.errors import ExpressionError, listed, nearest
from serviceflow.model.elements import Provider, Service
from serviceflow.model.mistakes import Mistake
from serviceflow.model.schedules import Schedule, constant_schedule
from serviceflow.model.timetables import Timetable

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain


def staff_schedule(chain: Chain, provider: Provider) -> Schedule:
    """How many units of a provider are scheduled over time; members are added up."""
    if provider.members is None:
        staff = provider.staff
        found = staff.schedule(chain.start) if isinstance(staff, Timetable) else constant_schedule(staff or 0)
        return found if provider.calendar is None else found.within(_calendar(chain, provider.calendar))
    total = constant_schedule(0)
    for member in provider.members.values():
        calendar = member.calendar or provider.calendar
        on_duty = constant_schedule(1) if calendar is None else _calendar(chain, calendar)
        total = total.combine(on_duty, lambda sofar, one: sofar + (1.0 if one > 0 else 0.0))
    return total


def _calendar(chain: Chain, name: str) -> Schedule:
    return chain.calendars[name].schedule(chain.start)


def staffing_mistakes(chain: Chain) -> Iterator[Mistake]:
    """Calendars that are never open, providers that are never there, skills and supplies that do not fit."""
    for name, calendar in chain.calendars.items():
        if calendar.is_empty:
            yield Mistake("this calendar is never open; give a day its hours", ("calendars", name))
    attributes = {*chain.attributes, *(name for one in chain.consumers.values() for name in one.attributes)}
    skills = {
        name: {skill for member in (one.members or {}).values() for skill in member.skills}
        for name, one in chain.providers.items()
    }
    most: dict[str, float] = {}
    for name, provider in chain.providers.items():
        most[name] = max(staff_schedule(chain, provider).values())
        if not most[name] and provider.staff != 0 and not _calendar_is_empty(chain, provider):
            yield Mistake("nobody is ever on duty; check staff and calendar", ("providers", name))
    for name, service in chain.services.items():
        yield from _too_few(name, service, most)
        yield from _unskilled(chain, name, service, skills, attributes)
        yield from _mixed_stocks(chain, name, service)


def _mixed_stocks(chain: Chain, name: str, service: Service) -> Iterator[Mistake]:
    """Who is first at one stock must be first at the other, or both wait for ever."""
    rules = {stock: chain.stocks[stock].discipline for stock in service.consumes}
    if len(set(rules.values())) > 1:
        told = listed(f"{stock!r} by {rule}" for stock, rule in rules.items())
        message = f"what it takes is handed out by different rules ({told}); give them the same discipline"
        yield Mistake(message, ("services", name, "consumes"))


def _calendar_is_empty(chain: Chain, provider: Provider) -> bool:
    return provider.calendar is not None and chain.calendars[provider.calendar].is_empty


def _too_few(name: str, service: Service, most: dict[str, float]) -> Iterator[Mistake]:
    for provider, needed in (service.providers or {}).items():
        if most[provider] and needed > most[provider]:
            message = (
                f"{needed} of {provider!r} are asked for at once, but at most {most[provider]:g} are on duty"
            )
            yield Mistake(message, ("services", name, "providers", provider))


def _unskilled(
    chain: Chain, name: str, service: Service, having: dict[str, set[str]], attributes: set[str]
) -> Iterator[Mistake]:
    """A skill by name that no member of the providers has; one by attribute cannot be known."""
    if service.skill is None:
        return
    path = ("services", name, "skill")
    providers = [chain.providers[provider] for provider in service.provider_names]
    if not any(provider.members for provider in providers):
        names = listed(map(repr, service.provider_names))
        yield Mistake(f"{names} has no members who could have a skill; name its members", path)
        return
    word = _plain_word(service, attributes)
    if word is not None and not any(word in having[provider] for provider in service.provider_names):
        known = {skill for provider in service.provider_names for skill in having[provider]}
        yield Mistake(f"no member of its providers has the skill {word!r}{nearest(word, known)}", path)


def _plain_word(service: Service, attributes: set[str]) -> str | None:
    assert service.skill is not None
    if service.skill.names() & attributes:
        return None
    try:
        return service.skill.word()
    except ExpressionError:
        return None
