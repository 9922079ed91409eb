"""The levers that a chain has by itself, found from its elements."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.levers.lever import Lever
from serviceflow.analysis.levers.loops import ways_back
from serviceflow.analysis.levers.shifts import longer
from serviceflow.errors import ModelError
from serviceflow.model.problems import find_problems
from serviceflow.model.routing import constant
from serviceflow.model.timetables import Block, Timetable
from serviceflow.model.writing import element_tree

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.model.elements import Member, Provider, Service, Stock
    from serviceflow.model.expressions import Expression
    from serviceflow.model.links import Batch, Handoff, Link, Routed, Transfer

FASTER, SHORTER, SELDOMER, MORE = 0.9, 0.5, 2.0, 1.1
"""Factors: of work, of a delay, of the time between outages, of a stock."""


def levers_of(chain: Chain, blocks: bool = False) -> Iterator[Lever]:
    """Every lever that fits a chain, in a fixed order.

    Parameters
    ----------
    chain : Chain
        Whose elements are looked through.
    blocks : bool
        Whether one more unit in each block of a shift is a lever of its own, besides one more all the time.
    """
    plain = chain.copy()
    plain._sections["scenarios"] = {}
    for lever in _all(chain, blocks):
        try:
            changed = lever.apply(chain)
        except ModelError:  # It does not fit: half of a day's hours, say, beyond what a date leaves open.
            continue
        if changed != plain and not find_problems(changed):
            yield lever


def _all(chain: Chain, blocks: bool) -> Iterator[Lever]:
    for name, provider in chain.providers.items():
        yield from _more_staff(chain, name, provider, blocks)
        yield from _more_hours(chain, name, provider)
        yield from _fewer_troubles(name, provider)
    for name, service in chain.services.items():
        yield from _service_levers(name, service)
    for section, scope in (("handoffs", "handoff"), ("calls", "call")):
        for link, way in getattr(chain, section).items():
            yield from _way_levers(section, scope, link, way)
    yield from _no_rework(chain)
    for name, stock in chain.stocks.items():
        yield from _stock_levers(name, stock)


# Staff


def _more_staff(chain: Chain, name: str, provider: Provider, blocks: bool) -> Iterator[Lever]:
    if provider.members is not None:
        yield from _more_members(name, provider.members)
        return
    staff = provider.staff
    if isinstance(staff, Timetable):
        yield _of_provider(f"{name}: one more", "staff", name, staff=_raised(staff).to_dict())
    elif staff is not None:
        yield _of_provider(f"{name}: one more", "staff", name, staff=int(staff) + 1)
    table = by_blocks(chain, provider) if blocks else None
    if table is not None:
        yield from _more_in_blocks(name, table)


def by_blocks(chain: Chain, provider: Provider) -> Timetable[int] | None:
    """The staff by the blocks of their shifts, which the calendar has where the staff are a number."""
    staff, calendar = provider.staff, chain.calendars.get(provider.calendar or "")
    if isinstance(staff, Timetable) or staff is None or calendar is None:
        return staff if isinstance(staff, Timetable) else None
    weekly = tuple(_valued(day, staff) for day in calendar.weekly)
    return Timetable(weekly, tuple((date, _valued(day, staff)) for date, day in calendar.dated), valued=True)


def _valued(day: tuple[Block[bool], ...], value: int) -> tuple[Block[int], ...]:
    return tuple(Block(block.start, block.end, value) for block in day)


def _raised(staff: Timetable[int], only: str = "") -> Timetable[int]:
    """One more in every block in which somebody is on duty, or in those that are written as `only`."""

    def raised(block: Block[int]) -> Block[int]:
        chosen = block.value > 0 and (not only or str(block) == only)
        return replace(block, value=block.value + 1) if chosen else block

    weekly = tuple(tuple(map(raised, day)) for day in staff.weekly)
    dated = tuple((date, tuple(map(raised, day))) for date, day in staff.dated)
    return replace(staff, weekly=weekly, dated=dated, asked=None)


def _more_in_blocks(name: str, staff: Timetable[int]) -> Iterator[Lever]:
    written = dict.fromkeys(str(block) for day in staff.weekly for block in day if block.value > 0)
    for text in written if len(written) > 1 else ():
        table = _raised(staff, text).to_dict()
        yield _of_provider(f"{name}: one more {text}", "staff", name, staff=table)


def _more_members(name: str, members: Mapping[str, Member]) -> Iterator[Lever]:
    """One more like each member, of those who can do different things at different hours.

    Who is new begins without the experience of the other.
    """
    alike: dict[object, str] = {}
    for who, member in members.items():
        alike.setdefault((member.skills, member.calendar), who)
    for who in alike.values():
        like = f"like {who}" if len(alike) > 1 else "more"
        fresh = members[who].model_copy(update={"experience": None})
        table = {**members, _unused(f"One {like}", members): fresh}
        written = {key: element_tree(member) for key, member in table.items()}
        yield _of_provider(f"{name}: one {like}", "staff", name, members=written)


def _unused(name: str, taken: Container[str]) -> str:
    return name if name not in taken else _unused(f"{name} again", taken)


def _of_provider(name: str, kind: str, provider: str, **changes: Any) -> Lever:
    return Lever(name, kind, "provider", provider, {"providers": {provider: changes}})


# Hours


def _more_hours(chain: Chain, name: str, provider: Provider) -> Iterator[Lever]:
    """All shifts of a provider, those of its members too."""
    members = provider.members or {}
    used = [provider.calendar, *(member.calendar for member in members.values())]
    tables = {one: longer(chain.calendars[one]) for one in used if one is not None and one in chain.calendars}
    new = {one: _unused(f"{one}, an hour more", chain.calendars) for one in tables}
    changes: dict[str, Any] = {}
    if isinstance(provider.staff, Timetable):
        changes["staff"] = longer(provider.staff).to_dict()
    if provider.calendar in new:
        changes["calendar"] = new[provider.calendar]
    if moved := {who: {"calendar": new[one.calendar]} for who, one in members.items() if one.calendar in new}:
        changes["members"] = moved
    if "staff" in changes or any(table != chain.calendars[one] for one, table in tables.items()):
        added = {"calendars": {new[one]: table.to_dict() for one, table in tables.items()}}
        lever = _of_provider(f"{name}: an hour more of each shift", "hours", name, **changes)
        yield replace(lever, adds=added if tables else {})


# Other troubles of a provider


def _fewer_troubles(name: str, provider: Provider) -> Iterator[Lever]:
    if provider.outages is not None:
        after = _times(SELDOMER, provider.outages.after)
        yield _of_provider(f"{name}: outages half as often", "outages", name, outages={"after": after})
    if provider.queue_limit is not None:
        yield _of_provider(
            f"{name}: one more place in the queue", "places", name, queue_limit=provider.queue_limit + 1
        )
    if provider.discipline == "priority":
        changes: dict[str, Any] = {"discipline": "fifo"}
        if provider.preemptive:
            changes["preemptive"] = False
        yield _of_provider(f"{name}: priorities equal", "priorities", name, **changes)


# Services


def _service_levers(name: str, service: Service) -> Iterator[Lever]:
    if constant(service.duration) != 0:
        yield _of_service(
            f"{name}: work 10% faster", "speed", name, duration=_times(FASTER, service.duration)
        )
    if service.setup is not None:
        yield _of_service(f"{name}: no setup", "setup", name, setup=None)
    if service.batch is not None and service.batch.size > 1:
        yield _of_service(
            f"{name}: batches half as large", "batch", name, batch={"size": _half(service.batch)}
        )


def _of_service(name: str, kind: str, service: str, **changes: Any) -> Lever:
    return Lever(name, kind, "service", service, {"services": {service: changes}})


def _times(factor: float, value: Expression) -> str:
    return f"{factor:g} * ({value})"


def _half(batch: Batch) -> int:
    return ceil(batch.size / 2)


# Ways


def _way_levers(section: str, scope: str, link: Link, way: Routed) -> Iterator[Lever]:
    for changes, title, kind in _of_transfer(way):
        yield Lever(f"{link}: {title}", kind, scope, str(link), {section: {str(link): changes}})
    answer: Transfer | None = getattr(way, "answer", None)
    for changes, title, kind in _of_transfer(answer) if answer is not None else ():
        yield Lever(
            f"{link}, its answer: {title}",
            kind,
            scope,
            str(link),
            {section: {str(link): {"answer": changes}}},
        )


def _of_transfer(way: Transfer) -> Iterator[tuple[dict[str, Any], str, str]]:
    for name in ("every", "at", "batch"):
        if getattr(way, name) is not None:
            yield {name: None}, "leaves at once", "dispatch"
    if way.batch is not None and way.batch.size > 1:
        yield {"batch": {"size": _half(way.batch)}}, "batches half as large", "batch"
    if way.delay is not None:
        yield {"delay": _times(SHORTER, way.delay)}, "the way takes half as long", "delay"
    if way.clarification is not None:
        yield {"clarification": None}, "always complete", "information"


# Rework


def _no_rework(chain: Chain) -> Iterator[Lever]:
    """Each way back: nothing takes it, and what would have taken it goes on with the others."""
    for link in ways_back(chain):
        changes = _closed(chain, link)
        if changes is not None:
            title = f"{link}: nothing goes back"
            yield Lever(title, "rework", "handoff", str(link), {"handoffs": changes})


def _closed(chain: Chain, link: Link) -> dict[str, Any] | None:
    """Changes that close a way; None where what took it would have nowhere to go."""
    closed = {str(link): {"probability": 0.0}}
    beside = {
        str(other): way
        for other, way in chain.handoffs.items()
        if other.origin == link.origin and other != link and way.after == "finished"
    }
    if chain.services[link.origin].split or any(
        way.probability is None and way.when is None for way in beside.values()
    ):
        return closed
    shared = [name for name, way in beside.items() if way.probability is not None]
    share = chain.handoffs[link].probability
    if share is not None and shared:
        return closed | {name: {"probability": _grown(beside[name], share, len(shared))} for name in shared}
    only = [name for name in beside if name not in shared]
    return closed | {only[0]: {"when": None}} if len(only) == 1 and not shared else None


def _grown(way: Handoff, share: Expression, many: int) -> str:
    """A share as it grows in proportion where another falls to nothing."""
    grown = f"({way.probability}) / (1 - ({share}))"
    return grown if constant(share) is not None else f"({grown}) if ({share}) < 1 else 1 / {many}"


# Stocks


def _stock_levers(name: str, stock: Stock) -> Iterator[Lever]:
    if stock.discipline == "priority":
        yield Lever(
            f"{name}: priorities equal", "priorities", "stock", name, _of(name, {"discipline": "fifo"})
        )
    if stock.reorder is None:
        more = _more(stock.initial)
        changes: dict[str, Any] = {"initial": more}
        yield Lever(
            f"{name}: {more:g} in place of {stock.initial:g}", "stock", "stock", name, _of(name, changes)
        )
        return
    below = stock.reorder.below.constant("min")
    more = _more(below)
    changes = {"below": more}
    if stock.reorder.up_to is not None:
        changes["up_to"] = stock.reorder.up_to.constant("min") + more - below
    title = f"{name}: orders below {more:g} in place of {below:g}"
    yield Lever(title, "reorder", "stock", name, _of(name, {"reorder": changes}))


def _more(amount: float) -> float:
    """A tenth more, and at least one; whole numbers stay whole."""
    more = max(amount * MORE, amount + 1)
    return float(ceil(round(more, 6))) if amount == int(amount) else more


def _of(stock: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {"stocks": {stock: changes}}
