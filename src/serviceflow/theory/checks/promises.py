"""Findings about SLAs: promises that are broken even where nobody ever waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from math import inf

from serviceflow.errors import listed
from serviceflow.model.constants import Value
from serviceflow.model.departments import askings
from serviceflow.model.expressions import Expression
from serviceflow.model.links import Link, Transfer
from serviceflow.model.sla import ELAPSED, SLA, Target
from serviceflow.theory.bounds import least, least_of_share
from serviceflow.theory.checks.finding import NOTE, WARNING, Finding, Look, percent
from serviceflow.theory.flows import Source, Step
from serviceflow.units import LONGEST, rounded_duration

Values = Mapping[str, Value]
Part = tuple[Expression | None, float]
"""A duration, and the share of it that it takes at least."""


def promise_findings(look: Look) -> Iterator[Finding]:
    """Promises to consumers and on links."""
    for name, consumer in look.chain.consumers.items():
        if consumer.sla is not None:
            yield from _to_consumer(look, name, consumer.sla)
    for section, links in (("handoffs", look.chain.handoffs), ("calls", look.chain.calls)):
        for link, way in links.items():
            if way.sla is not None:
                yield from _on_link(look, f"{section}.{link}", link, way, way.sla)
                yield from _first_time_right(look, f"{section}.{link}", way, way.sla)


def unpromised(look: Look) -> Iterator[Finding]:
    """Links between providers on which nothing is agreed, in a chain where something is agreed on others."""
    asked: dict[tuple[str, str], bool] = {}
    for asking in askings(look.chain):
        pair = (asking.receiver, asking.provider)
        if pair[0] != pair[1] and all(name in look.chain.providers for name in pair):
            asked[pair] = asked.get(pair, False) or asking.sla is not None
    bare = [" -> ".join(pair) for pair, agreed in asked.items() if not agreed]
    if bare and any(asked.values()):
        message = f"nothing is agreed on {len(bare)} of {len(asked)} links between departments"
        yield Finding(NOTE, "", f"{message}: {listed(bare, 5)}; agree on an sla, or leave it on purpose")


# On a link


def _on_link(look: Look, path: str, link: Link, way: Transfer, sla: SLA) -> Iterator[Finding]:
    """A link's clock starts at each leaving; on a calendar's clock less time may pass."""
    if sla.clock != ELAPSED or sla.excluding:
        return
    way_there: Part = (way.delay, 1.0)
    work: Part = (
        (None, 1.0) if link.ends else (look.chain.services[link.target].duration, look.pace(link.target))
    )
    for kind, target, parts in (
        ("response", sla.response, [way_there]),
        ("resolution", sla.resolution, [way_there, work]),
    ):
        within = _constant(look, target)
        if target is None or within is None:
            continue
        certain, mean = _bound(look, parts, target.share), _mean(look, parts)
        if certain > within:
            yield _broken(path, kind, target, f"the way and the work alone take {_shown(certain)} or more")
        elif mean > within:
            yield _broken(path, kind, target, f"the way and the work alone take {_shown(mean)} on average")


def _constant(look: Look, target: Target | None) -> float | None:
    if target is None or not target.within.is_constant:
        return None
    return target.within.constant(look.chain.time_unit)


def _bound(look: Look, parts: list[Part], share: float) -> float:
    """What a sum of independent parts comes to, or more, in more cases than the promise leaves."""
    unit, kinds = look.chain.time_unit, look.flows.kinds
    lowest = [least(part, unit, {}, kinds) * factor for part, factor in parts]
    likely = [least_of_share(part, share, unit, {}, kinds) * factor for part, factor in parts]
    return sum(lowest) + max(high - low for high, low in zip(likely, lowest, strict=True))


def _mean(look: Look, parts: list[Part]) -> float:
    means = [(part.mean(look.chain.time_unit) or 0.0) * factor for part, factor in parts if part is not None]
    return sum(means)


def _first_time_right(look: Look, path: str, way: Transfer, sla: SLA) -> Iterator[Finding]:
    chance = way.clarification.probability if way.clarification is not None else None
    if chance is None or sla.first_time_right is None or not chance.is_constant:
        return
    wrong = chance.constant(look.chain.time_unit)
    if 1 - wrong < sla.first_time_right - 1e-9:
        message = f"{percent(sla.first_time_right)} are to arrive complete, but {percent(wrong)} do not"
        yield Finding(NOTE, f"{path}.sla.first_time_right", message)


# To a consumer


def _to_consumer(look: Look, name: str, sla: SLA) -> Iterator[Finding]:
    """Promises that too many requests cannot be kept to, by the quickest way that is open to them."""
    source = Source("consumer", name)
    if sla.clock != ELAPSED or source not in look.flows.sources:
        return
    for kind, target in (("response", sla.response), ("resolution", sla.resolution)):
        if target is None:
            continue
        broken, quickest = 0.0, inf
        for situation in look.flows.situations(source):
            within = target.within.mean(look.chain.time_unit, values=situation.values, kinds=look.flows.kinds)
            time = _quickest(look, source, situation.values, sla, kind, target.share)
            if within is not None and within < time < inf:
                broken += situation.share
                quickest = min(quickest, time)
        if broken > 1 - target.share + 1e-9:
            who = "" if broken > 1 - 1e-9 else f" for {broken:.0%} of the requests"
            what = f"even the quickest way takes {_shown(quickest)} or more{who}"
            yield _broken(f"consumers.{name}", kind, target, what)


def _quickest(look: Look, source: Source, values: Values, sla: SLA, kind: str, share: float) -> float:
    """A bound below the time from asking to the promised event, waiting left out."""
    entries = look.flows.steps(source, values)
    if kind == "response":
        return min((_way(look, entry, values, sla) for entry in entries), default=0.0)
    distance = _distances(look, source, values, sla)
    if sla.until is not None:
        found = distance.get(sla.until, inf)
    else:
        found = min(
            (time for name, time in distance.items() if look.flows.may_end(name, values)), default=0.0
        )
    return found + _entry_bonus(look, entries, values, sla, share)


def _distances(look: Look, source: Source, values: Values, sla: SLA) -> dict[str, float]:
    """The least time until the end of work at each service (Dijkstra 1959)."""
    found: dict[str, float] = {}
    waiting = [
        (_way(look, step, values, sla) + _work(look, step[0], values, sla), step[0])
        for step in look.flows.steps(source, values)
    ]
    waiting.sort()
    while waiting:
        time, name = heappop(waiting)
        if name in found:
            continue
        found[name] = time
        for step in look.flows.steps_from(name, values):
            if step[0] not in found:
                heappush(
                    waiting,
                    (time + _way(look, step, values, sla) + _work(look, step[0], values, sla), step[0]),
                )
    return found


def _way(look: Look, step: Step, values: Values, sla: SLA) -> float:
    _, link, way = step
    if way is None or str(link) in sla.excluding:
        return 0.0
    return least(way.delay, look.chain.time_unit, values, look.flows.kinds)


def _work(look: Look, name: str, values: Values, sla: SLA) -> float:
    if name in sla.excluding:
        return 0.0
    work = look.chain.services[name].duration
    return least(work, look.chain.time_unit, values, look.flows.kinds) * look.pace(name)


def _entry_bonus(look: Look, entries: list[Step], values: Values, sla: SLA, share: float) -> float:
    """What the work at the only entry takes more than its least, in more cases than the promise leaves."""
    names = {name for name, _, _ in entries}
    if len(names) != 1 or names & set(sla.excluding):
        return 0.0
    name = names.pop()
    work, unit, kinds = look.chain.services[name].duration, look.chain.time_unit, look.flows.kinds
    more = least_of_share(work, share, unit, values, kinds) - least(work, unit, values, kinds)
    return max(0.0, more) * look.pace(name)


def _broken(path: str, kind: str, target: Target, why: str) -> Finding:
    return Finding(
        WARNING, f"{path}.sla.{kind}", f"{target} is promised, but {why}; promise more time, or take less"
    )


def _shown(ticks: float) -> str:
    return rounded_duration(ticks if ticks < 1_000_000 or ticks >= LONGEST else round(ticks / 1_000) * 1_000)
