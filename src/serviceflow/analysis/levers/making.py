"""The levers that a chain has by itself, found from its elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.levers.lever import Lever
from serviceflow.errors import ModelError
from serviceflow.model.routing import flow_graph
from serviceflow.model.schedules import DAY
from serviceflow.model.timetables import Block, Timetable
from serviceflow.model.writing import element_tree

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.model.elements import Member, Provider, Stock
    from serviceflow.model.expressions import Expression
    from serviceflow.model.links import Batch, Link, Routed, Transfer

HOUR = DAY // 24
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
    for lever in _all(chain, blocks):
        try:
            if lever.apply(chain) != chain:
                yield lever
        except ModelError:
            continue


def _all(chain: Chain, blocks: bool) -> Iterator[Lever]:
    for name, provider in chain.providers.items():
        yield from _more_staff(name, provider, blocks)
        yield from _more_hours(chain, name, provider)
        yield from _fewer_troubles(name, provider)
    for name in chain.services:
        yield from _service_levers(chain, name)
    for section, scope in (("handoffs", "handoff"), ("calls", "call")):
        for link, way in getattr(chain, section).items():
            yield from _way_levers(section, scope, link, way)
    yield from _no_rework(chain)
    for name, stock in chain.stocks.items():
        yield from _stock_levers(name, stock)


# Staff


def _more_staff(name: str, provider: Provider, blocks: bool) -> Iterator[Lever]:
    if provider.members is not None:
        yield from _more_members(name, provider.members)
        return
    staff = provider.staff
    if isinstance(staff, Timetable):
        yield _of_provider(f"{name}: one more", "staff", name, staff=_raised(staff).to_dict())
        if blocks:
            yield from _more_in_blocks(name, staff)
    elif staff is not None:
        yield _of_provider(f"{name}: one more", "staff", name, staff=int(staff) + 1)


def _raised(staff: Timetable[int], only: str = "") -> Timetable[int]:
    """One more in every block in which somebody is on duty, or in those that are written as `only`."""

    def raised(block: Block[int]) -> Block[int]:
        chosen = block.value > 0 and (not only or str(block) == only)
        return replace(block, value=block.value + 1) if chosen else block

    weekly = tuple(tuple(map(raised, day)) for day in staff.weekly)
    return replace(staff, weekly=weekly, dated=tuple((d, tuple(map(raised, day))) for d, day in staff.dated))


def _more_in_blocks(name: str, staff: Timetable[int]) -> Iterator[Lever]:
    written = dict.fromkeys(str(block) for day in staff.weekly for block in day if block.value > 0)
    for text in written if len(written) > 1 else ():
        table = _raised(staff, text).to_dict()
        yield _of_provider(f"{name}: one more {text}", "staff", name, staff=table)


def _more_members(name: str, members: Mapping[str, Member]) -> Iterator[Lever]:
    """One more like each member, of those who can do different things at different hours."""
    alike: dict[object, str] = {}
    for who, member in members.items():
        alike.setdefault((member.skills, member.calendar), who)
    for who in alike.values():
        like = f"like {who}" if len(alike) > 1 else "more"
        table = {**members, f"One {like}": members[who]}
        written = {key: element_tree(member) for key, member in table.items()}
        yield _of_provider(f"{name}: one {like}", "staff", name, members=written)


def _of_provider(name: str, kind: str, provider: str, **changes: Any) -> Lever:
    return Lever(name, kind, "provider", provider, {"providers": {provider: changes}})


# Hours


def _more_hours(chain: Chain, name: str, provider: Provider) -> Iterator[Lever]:
    title = f"{name}: an hour more of each shift"
    if isinstance(provider.staff, Timetable):
        if not _is_always(provider.staff):
            yield _of_provider(title, "hours", name, staff=_longer(provider.staff).to_dict())
    elif provider.calendar is not None and provider.calendar in chain.calendars:
        longer = f"{provider.calendar}, an hour more"
        table = _longer(chain.calendars[provider.calendar]).to_dict()
        lever = _of_provider(title, "hours", name, calendar=longer)
        yield replace(lever, adds={"calendars": {longer: table}})


def _is_always(table: Timetable[int]) -> bool:
    return all(sum(block.end - block.start for block in day if block.value) >= DAY for day in table.weekly)


def _longer(table: Timetable[Any]) -> Timetable[Any]:
    """Every shift ends an hour later: blocks that follow one another are one shift, a break ends none.

    Where the next shift begins within the hour, or the day ends, it lasts until then.
    """
    weekly = tuple(_lengthened(day) for day in table.weekly)
    return replace(table, weekly=weekly, dated=tuple((d, _lengthened(day)) for d, day in table.dated))


def _lengthened(day: tuple[Block[Any], ...]) -> tuple[Block[Any], ...]:
    on_duty = [block for block in day if block.value]
    if not on_duty or on_duty[-1].end >= DAY:
        return day
    last = on_duty[-1]
    following = [block.start for block in day if block.start >= last.end and block is not last]
    end = min([last.end + HOUR, DAY, *following[:1]])
    return tuple(replace(block, end=end) if block is last else block for block in day)


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


def _service_levers(chain: Chain, name: str) -> Iterator[Lever]:
    service = chain.services[name]
    if not (service.duration.is_constant and not service.duration.has_distribution) or _takes_time(
        service.duration, chain.time_unit
    ):
        yield _of_service(
            f"{name}: work 10% faster", "speed", name, duration=_times(FASTER, service.duration)
        )
    if service.setup is not None:
        yield _of_service(f"{name}: no setup", "setup", name, setup=None)
    if service.batch is not None and service.batch.size > 1:
        yield _of_service(
            f"{name}: batches half as large", "batch", name, batch={"size": _half(service.batch)}
        )


def _takes_time(duration: Expression, unit: str) -> bool:
    return duration.constant(unit) > 0


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
    """Each way back that is taken with a probability: nothing takes it, and the others share what it had."""
    graph = flow_graph(chain, calls=False)
    for link, handoff in chain.handoffs.items():
        if handoff.probability is None or link.target not in graph or link.origin not in graph:
            continue
        if _leads_to(graph, link.target, link.origin):
            changes = {str(link): {"probability": 0.0}} | _others(chain, link, handoff.probability)
            name = f"{link}: nothing goes back"
            yield Lever(name, "rework", "handoff", str(link), {"handoffs": changes})


def _leads_to(graph: Mapping[str, list[str]], start: str, goal: str) -> bool:
    found, ahead = {start}, [start]
    while ahead:
        name = ahead.pop()
        if name == goal:
            return True
        fresh = [other for other in graph.get(name, ()) if other not in found]
        found.update(fresh)
        ahead += fresh
    return False


def _others(chain: Chain, link: Link, share: Expression) -> dict[str, Any]:
    """Where nothing is the rest, the other probabilities grow in proportion."""
    beside = {
        other: way
        for other, way in chain.handoffs.items()
        if other.origin == link.origin and other != link and way.after == "finished"
    }
    if any(way.probability is None for way in beside.values()):
        return {}
    return {
        str(other): {"probability": f"({way.probability}) / (1 - ({share}))"} for other, way in beside.items()
    }


# Stocks


def _stock_levers(name: str, stock: Stock) -> Iterator[Lever]:
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
    return float(ceil(more)) if amount == int(amount) else more


def _of(stock: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {"stocks": {stock: changes}}
