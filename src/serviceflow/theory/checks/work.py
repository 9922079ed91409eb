"""Findings about work and supplies: overload, stocks out of balance, skills that nobody has, knots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf

from serviceflow.model.elements import Reorder, Service
from serviceflow.model.links import Handoff, Link
from serviceflow.model.routing import Graph, circle_text, exits, find_circle, flow_graph
from serviceflow.theory.checks.finding import NOTE, WARNING, Finding, Look, percent, roughly
from serviceflow.theory.flows import Source, order_size
from serviceflow.theory.load import Load, StockFlow
from serviceflow.theory.sparse import Rows, components
from serviceflow.units import UNITS

BUSY = 0.95
"""Utilization from which queues are long and runs must be."""
BALANCED = 0.005
"""Relative difference of flows up to which a stock is taken to be in balance."""
SELDOM = 10
"""A batch that fills less often than this in a run is remarked."""


def work_findings(look: Look) -> Iterator[Finding]:
    """Loads, stocks, skills, batches, and knots of held staff."""
    for load in look.loads.providers:
        yield from _load_findings(look, load)
    for place in look.loads.unknown:
        yield Finding(NOTE, place, "its mean cannot be reckoned, so it is left out of the offered load")
    for flow in look.loads.stocks:
        yield from _stock_findings(look, flow)
    yield from _lost_for_good(look)
    yield from _held_up_by_another(look)
    yield from _skills(look)
    yield from _batches(look)
    yield from _held_by_themselves(look)
    yield from _blocking_circles(look)


# Loads


def _load_findings(look: Look, load: Load) -> Iterator[Finding]:
    path = f"providers.{load.provider}"
    if load.overloaded and load.open_utilization == inf:
        message = "overloaded: it is asked for work without end, or has no staff"
        yield Finding(WARNING, path, f"{message}; look for circles, and for orders that bring nothing")
    elif load.overloaded:
        yield Finding(WARNING, path, _overload(look, load))
    elif load.open_utilization >= BUSY and not look.sheds(load.provider):
        asked = percent(load.open_utilization)
        message = (
            f"it is asked for {asked} of what it can do: waits will be long, and only long runs measure them"
        )
        yield Finding(WARNING, path, message)
    elif load.utilization >= 1 - 1e-9:
        message = "a closed population may keep it busy all the time; the more they are, the longer they wait"
        yield Finding(NOTE, path, message)


def _overload(look: Look, load: Load) -> str:
    much = percent(load.open_utilization)
    asked = f"overloaded: it is asked for {much} of what it can do"
    if load.work < load.capacity * (1 - 1e-9):
        asked = f"overloaded: those with the skill are asked for {much} of what they can do"
    if look.sheds(load.provider):
        return (
            f"{asked}, and what is too much gives up or is refused; look at those who leave beside the waits"
        )
    return (
        f"{asked}, so its queue and every wait grow with the length of the run;"
        " give it more staff or time, or less work"
    )


# Stocks


def _stock_findings(look: Look, flow: StockFlow) -> Iterator[Finding]:
    path = f"stocks.{flow.stock}"
    stock = look.chain.stocks[flow.stock]
    if flow.taken == 0 and flow.brought == 0:
        yield Finding(WARNING, path, "nothing is taken from it and nothing brought; remove it, or use it")
    elif stock.reorder is not None:
        yield from _order_findings(look, flow, stock.reorder)
    elif flow.brought < flow.taken * (1 - BALANCED):
        yield Finding(WARNING, path, _imbalance(look, flow, _runs_dry(look, flow, stock.initial)))
    elif flow.brought > flow.taken * (1 + BALANCED):
        yield Finding(WARNING, path, _imbalance(look, flow, "it grows without end; consume more of it"))


def _runs_dry(look: Look, flow: StockFlow, initial: float) -> str:
    after = initial / (flow.taken - flow.brought) * UNITS[look.chain.time_unit] if flow.taken < inf else 0.0
    when = f" after about {roughly(after)}" if after > 0 else ""
    return f"it runs dry{when}; produce more, or reorder"


def _imbalance(look: Look, flow: StockFlow, what: str) -> str:
    unit = look.chain.time_unit
    return f"{flow.taken:.4g} per {unit} are taken and {flow.brought:.4g} brought: {what}"


def _order_findings(look: Look, flow: StockFlow, reorder: Reorder) -> Iterator[Finding]:
    path = f"stocks.{flow.stock}.reorder"
    size = order_size(reorder, look.chain.time_unit)
    if flow.order <= 0:
        message = "its orders bring nothing in; let a service that they pass produce it, as in"
        yield Finding(WARNING, path, f"{message} produces: {{{flow.stock}: quantity}}")
    elif abs(flow.order - size) > BALANCED * size:
        message = f"an order of {'' if reorder.quantity is not None else 'about '}{size:g}"
        message += f" brings {flow.order:.4g} in the end; is it to be produces: {{{flow.stock}: quantity}}?"
        yield Finding(WARNING, path, message)
    elif flow.orders == inf:
        message = "its orders use up more than they bring, with what they make others order; it never fills"
        yield Finding(WARNING, path, message)
    else:
        yield from _too_late(look, flow, reorder)


def _too_late(look: Look, flow: StockFlow, reorder: Reorder) -> Iterator[Finding]:
    """Reorder points that demand passes even while an order is only worked on."""
    below = reorder.below.constant(look.chain.time_unit)
    ticks = look.demand.brought[Source("stock", flow.stock)].time
    gone = flow.taken * ticks / UNITS[look.chain.time_unit]
    if ticks and gone > below:
        yield Finding(
            NOTE,
            f"stocks.{flow.stock}.reorder.below",
            f"an order takes {roughly(ticks)} of work alone, in which {gone:.3g} are taken; order earlier",
        )


def _held_up_by_another(look: Look) -> Iterator[Finding]:
    """Stocks of which there may be enough, and yet somebody waits behind who waits for another one, too."""
    takers = {name: set(one.consumes) for name, one in look.chain.services.items() if one.consumes}
    for stock in look.chain.stocks:
        mine = {name: taken for name, taken in takers.items() if stock in taken}
        found = next(
            (
                (first, sorted(mine[first] - taken)[0], behind)
                for first in mine
                for behind, taken in mine.items()
                if mine[first] - taken
            ),
            None,
        )
        if found is not None:
            yield Finding(NOTE, f"stocks.{stock}", _queues_behind(*found))


def _queues_behind(first: str, other: str, behind: str) -> str:
    return f"while {first!r} waits for {other!r}, {behind!r} waits behind it though there may be enough"


# Stocks that are borrowed


def _lost_for_good(look: Look) -> Iterator[Finding]:
    """What some bring back to a stock that others, who give up or are refused on the way, do not."""
    borrowed = [name for name, stock in look.chain.stocks.items() if stock.reorder is None]
    ways = {outcome: exits(look.chain, outcome) for outcome in ("finished", *_WHO)} if borrowed else {}
    leads = {outcome: {one: _targets(found) for one, found in by.items()} for outcome, by in ways.items()}
    for name in borrowed:
        back = _bringing(look, name, leads["finished"])
        takers = [one for one, service in look.chain.services.items() if name in service.consumes]
        for taker in takers if back else ():
            lost = _loses(look, taker, back, leads) if taker not in back else None
            if lost is not None:
                place, outcome = lost
                message = f"what {taker!r} takes never comes back from those who {_WHO[outcome]} at {place!r}"
                remedy = f"'{place} -> ...' with after: {outcome}, to a service that produces it"
                yield Finding(WARNING, f"stocks.{name}", f"{message}; send them on by {remedy}")
                break


_WHO = {"gave up": "give up", "refused": "are refused", "timed out": "time out"}


def _targets(leading: Sequence[tuple[Link, Handoff]]) -> list[str]:
    return [link.target for link, _ in leading if not link.ends]


def _bringing(look: Look, stock: str, leads: Graph) -> set[str]:
    """Services that bring something to a stock, by themselves or by what they call."""
    found = {one for one, service in look.chain.services.items() if stock in service.produces}
    callers = {link.origin for link in look.chain.calls if _behind(leads, [link.target]) & found}
    return found | callers


def _loses(look: Look, taker: str, back: set[str], leads: Mapping[str, Graph]) -> tuple[str, str] | None:
    """Where requests are lost between taking and bringing back, and how they are; None if nowhere."""
    onward = leads["finished"]
    if not _behind(onward, onward.get(taker, ())) & back:
        return None
    before = {name: targets for name, targets in onward.items() if name not in back}
    for place in sorted(_behind(before, onward.get(taker, ()))):
        for outcome in _outcomes(look, place):
            if not _behind(onward, leads[outcome].get(place, ())) & back:
                return place, outcome
    return None


def _behind(leads: Graph, start: Sequence[str]) -> set[str]:
    """All that may come, the start included."""
    seen, waiting = set(start), list(start)
    while waiting:
        fresh = set(leads.get(waiting.pop(), ())) - seen
        seen |= fresh
        waiting += fresh
    return seen


def _outcomes(look: Look, name: str) -> Iterator[str]:
    """How a request may be lost at a service that another has sent it to."""
    service = look.chain.services[name]
    if service.patience is not None:
        yield "gave up"
    if service.timeout is not None:
        yield "timed out"
    providers = [look.chain.providers[one] for one in service.provider_names]
    if any(one.queue_limit is not None and one.when_full == "refuse" for one in providers):
        yield "refused"


# Skills, batches, knots


def _skills(look: Look) -> Iterator[Finding]:
    for name, skill in look.demand.unskilled.items():
        if skill:
            message = (
                f"no member of its providers has the skill {skill!r}, so those who need it wait for ever"
            )
            yield Finding(WARNING, f"services.{name}.skill", f"{message}; give it to a member")


def _batches(look: Look) -> Iterator[Finding]:
    length = look.chain.run.duration
    for name, service in look.chain.services.items():
        if service.batch is None or service.batch.max_wait is not None or length is None:
            continue
        visits = look.loads.visits[name]
        run = length.constant(look.chain.time_unit) / UNITS[look.chain.time_unit]
        if 0 < visits * run < service.batch.size * SELDOM:
            every = service.batch.size / visits * UNITS[look.chain.time_unit]
            message = f"a batch of {service.batch.size} fills only every {roughly(every)}; set max_wait"
            yield Finding(NOTE, f"services.{name}.batch", message)


def _held_by_themselves(look: Look) -> Iterator[Finding]:
    """Calls whose answer needs the staff that are held until it comes."""
    graph = flow_graph(look.chain)
    needed_behind = _needed_behind(look, graph)
    for link, call in look.chain.calls.items():
        if call.ask == "before" or not call.wait:
            continue
        held = set(_certain(look.chain.services[link.origin]))
        if any(needed_behind[link.target] >> look.provider_number[name] & 1 for name in held):
            name, needed = _first_needing(look, graph, link.target, held)
            message = f"staff of {needed!r} are held until the answer is there, but {name!r} needs them too"
            remedy = "ask: before, or leave it to others, or they may all wait for each other"
            yield Finding(WARNING, f"calls.{link}.ask", f"{message}; {remedy}")


def _needed_behind(look: Look, graph: Graph) -> dict[str, int]:
    """The providers without whom a request that enters a service may not go on: a bit for each."""
    index = look.flows.index
    rows: Rows = [{index[target]: 1.0 for target in graph[name]} for name in look.flows.services]
    found = [0] * len(rows)
    for group in components(rows):
        bits = 0
        for place in group:
            own = _certain(look.chain.services[look.flows.services[place]])
            bits |= sum(1 << look.provider_number[name] for name in set(own))
            for target in rows[place]:
                bits |= found[target]
        for place in group:
            found[place] = bits
    return {name: found[place] for place, name in enumerate(look.flows.services)}


def _first_needing(look: Look, graph: Graph, start: str, held: set[str]) -> tuple[str, str]:
    """The nearest service behind a call that needs some of the held staff, and which."""
    seen, front = {start}, [start]
    for name in front:
        needed = sorted(held & set(_certain(look.chain.services[name])))
        if needed:
            return name, needed[0]
        fresh = sorted(set(graph[name]) - seen)
        seen.update(fresh)
        front += fresh
    return start, min(held)


def _certain(service: Service) -> tuple[str, ...]:
    """Providers without whom a visit cannot go on."""
    return service.provider_names if service.any_of is None or len(service.any_of) == 1 else ()


def _blocking_circles(look: Look) -> Iterator[Finding]:
    blocking = {name for name, provider in look.chain.providers.items() if provider.when_full == "block"}
    full = {name for name, service in look.chain.services.items() if set(service.provider_names) & blocking}
    graph = flow_graph(look.chain, calls=False)
    circle = find_circle({name: [one for one in graph[name] if one in full] for name in full})
    if circle is not None:
        message = (
            f"{circle_text(circle)} may all be full and block each other for ever; leave one of them room"
        )
        yield Finding(NOTE, f"services.{circle[0]}", message)
