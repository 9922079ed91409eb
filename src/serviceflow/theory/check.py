"""What a careful modeller would want to know of a chain before simulating it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from serviceflow.errors import Problem
from serviceflow.model.chain import Chain
from serviceflow.model.expressions import Expression
from serviceflow.model.links import Transfer
from serviceflow.model.problems import find_oddities
from serviceflow.model.schedules import NEVER, Schedule
from serviceflow.model.sla import SLA, Target
from serviceflow.theory.arrivals import instants, profile
from serviceflow.theory.capacity import calendar, cycle, duty
from serviceflow.theory.load import Load, Loads, StockFlow, offered_load
from serviceflow.units import UNITS, format_duration

ERROR, WARNING, NOTE = "error", "warning", "note"
BUSY = 0.95
"""Utilization from which queues are long and runs must be."""
FEW = 10
"""Replications under which intervals are rough: Student's t on few, skewed means covers too little."""
BALANCED = 0.005
"""Relative difference of flows up to which a stock is taken to be in balance."""
TRIES = 1_000


@dataclass(frozen=True)
class Finding:
    """One thing to know.

    Attributes
    ----------
    severity : {"error", "warning", "note"}
        An error keeps the chain from running; with a warning its figures may mean something else than they
        seem to.
    path : str
        Where in the model.
    message : str
        What it is, and what to do.
    """

    severity: str
    path: str
    message: str

    def __str__(self) -> str:
        return (
            f"{self.severity}: {self.path}: {self.message}"
            if self.path
            else f"{self.severity}: {self.message}"
        )


@dataclass(frozen=True)
class CheckReport:
    """What a check found.

    Attributes
    ----------
    name : str
        The chain's name.
    findings : tuple of Finding
        Errors first, then warnings, then notes.
    loads : Loads or None
        Offered load of every provider and flows of every stock; None where errors forbid reckoning them.
    """

    name: str
    findings: tuple[Finding, ...]
    loads: Loads | None

    @property
    def ok(self) -> bool:
        """Whether the chain can be run."""
        return not any(finding.severity == ERROR for finding in self.findings)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == WARNING)

    def __str__(self) -> str:
        lines = [str(finding) for finding in self.findings]
        if self.loads is not None and self.loads.providers:
            lines += ["", *_load_lines(self.loads.providers)]
        return "\n".join(lines or ["nothing to remark"]).strip("\n")

    def _repr_html_(self) -> str:
        found = "".join(f"<li>{escape(str(finding))}</li>" for finding in self.findings)
        rows = "".join(
            f"<tr><td>{escape(load.provider)}</td><td>{load.work:.3g}</td><td>{load.staff:.3g}</td>"
            f"<td>{load.utilization:.0%}</td></tr>"
            for load in (self.loads.providers if self.loads else ())
        )
        head = "<tr><th>provider</th><th>work</th><th>staff on duty</th><th>load</th></tr>"
        return f"<h4>{escape(self.name)}</h4><ul>{found}</ul><table>{head}{rows}</table>"


def check(chain: Chain) -> CheckReport:
    """Look a chain over without running it.

    Gives every problem that keeps it from running, the offered load of every provider against the staff on
    duty (calendars, speeds and outages counted), the balance of every stock, and what else is likely to be
    other than was meant.
    """
    errors = [Finding(ERROR, problem.path, problem.message) for problem in chain.problems()]
    if errors:
        return CheckReport(chain.name, tuple(errors), None)
    loads = offered_load(chain)
    found = [*_load_findings(loads), *_stock_findings(chain, loads), *_oddities(chain)]
    found += [*_priorities(chain), *_dispatches(chain), *_promises(chain), *_hours(chain)]
    found += [*_unused(chain), *_run_settings(chain)]
    rank = {ERROR: 0, WARNING: 1, NOTE: 2}
    return CheckReport(chain.name, tuple(sorted(found, key=lambda one: rank[one.severity])), loads)


# Loads and balances


def _load_findings(loads: Loads) -> Iterator[Finding]:
    for load in loads.providers:
        path = f"providers.{load.provider}"
        if load.overloaded:
            yield Finding(
                WARNING,
                path,
                f"overloaded: it is asked for {_share(load.open_utilization)} of what it can do, so its queue"
                " and every wait grow with the length of the run; give it more staff or time, or less work",
            )
        elif load.open_utilization >= BUSY:
            yield Finding(
                WARNING,
                path,
                f"it is asked for {_share(load.open_utilization)} of what it can do: waits will be long, and"
                " only long runs measure them",
            )
    for place in loads.unknown:
        yield Finding(NOTE, place, "its mean cannot be reckoned, so it is left out of the offered load")


def _stock_findings(chain: Chain, loads: Loads) -> Iterator[Finding]:
    for flow in loads.stocks:
        path = f"stocks.{flow.stock}"
        if flow.taken == 0 and flow.brought == 0:
            yield Finding(WARNING, path, "nothing is taken from it and nothing brought; remove it, or use it")
        elif chain.stocks[flow.stock].reorder is not None:
            yield from _order_findings(path, flow)
        elif flow.brought < flow.taken * (1 - BALANCED):
            yield Finding(WARNING, path, _imbalance(chain, flow, "it runs dry; produce more, or reorder"))
        elif flow.brought > flow.taken * (1 + BALANCED):
            yield Finding(WARNING, path, _imbalance(chain, flow, "it grows without end; consume more of it"))


def _order_findings(path: str, flow: StockFlow) -> Iterator[Finding]:
    if flow.order <= 0 < flow.taken:
        yield Finding(
            WARNING,
            path,
            "its orders bring nothing in; let a service that they pass produce it, as in"
            f" produces: {{{flow.stock}: quantity}}",
        )


def _imbalance(chain: Chain, flow: StockFlow, what: str) -> str:
    unit = chain.time_unit
    return f"{flow.taken:.4g} per {unit} are taken and {flow.brought:.4g} brought: {what}"


# What may not be meant


def _oddities(chain: Chain) -> Iterator[Finding]:
    for mistake in find_oddities(chain):
        yield Finding(WARNING, ".".join(map(str, mistake.path)), mistake.message)


def _priorities(chain: Chain) -> Iterator[Finding]:
    served = {name for name, provider in chain.providers.items() if provider.discipline == "priority"}
    stocked = any(stock.discipline == "priority" for stock in chain.stocks.values())
    if served or stocked:
        return
    places = [f"consumers.{name}" for name, c in chain.consumers.items() if _is_set(c.priority)]
    places += [f"services.{name}" for name, s in chain.services.items() if s.priority is not None]
    for place in places:
        yield Finding(
            WARNING, f"{place}.priority", "nobody goes by it; set discipline: priority on a provider"
        )


def _is_set(priority: Expression) -> bool:
    return not (priority.is_constant and priority.constant("min") == 0)


def _dispatches(chain: Chain) -> Iterator[Finding]:
    """Dispatches that never fall into the open time of their calendar."""
    for path, way in _ways(chain):
        if way.calendar is None:
            continue
        opened = calendar(chain, way.calendar)
        if not _ever_leaves(chain, way, opened):
            yield Finding(
                WARNING,
                path,
                f"no dispatch falls into the open time of {way.calendar!r}, so nothing ever leaves;"
                " move the dispatches, or open the calendar",
            )


def _ways(chain: Chain) -> Iterator[tuple[str, Transfer]]:
    for link, handoff in chain.handoffs.items():
        yield f"handoffs.{link}", handoff
    for link, call in chain.calls.items():
        yield f"calls.{link}", call
        if call.answer is not None:
            yield f"calls.{link}.answer", call.answer


def _ever_leaves(chain: Chain, way: Transfer, opened: Schedule) -> bool:
    if way.every is None and way.at is None:
        return True
    every = 0 if way.every is None else int(way.every.constant(chain.time_unit))
    named = None if way.at is None else way.at.schedule(chain.start)
    time = 0
    for _ in range(TRIES):
        time = opened.next_open(time)
        if time >= NEVER:
            return False
        leaving = -(-time // every) * every if every else named.next_instant(time) if named else time
        if leaving >= NEVER:
            return False
        if opened.at(leaving) > 0:
            return True
        time = leaving + 1
    return False


def _promises(chain: Chain) -> Iterator[Finding]:
    """Promises of a link that its own way and work break without any waiting."""
    for link, handoff in chain.handoffs.items():
        if handoff.sla is not None and not link.ends:
            work = _mean(chain, chain.services[link.target].duration)
            yield from _too_tight(chain, f"handoffs.{link}", handoff.sla, _mean(chain, handoff.delay), work)
    for name, consumer in chain.consumers.items():
        enters = consumer.enters
        if consumer.sla is not None and enters is not None:
            work = _mean(chain, chain.services[enters].duration)
            yield from _too_tight(chain, f"consumers.{name}", consumer.sla, 0.0, work)


def _mean(chain: Chain, expr: Expression | None) -> float:
    return 0.0 if expr is None else expr.mean(chain.time_unit) or 0.0


def _too_tight(chain: Chain, path: str, sla: SLA, way: float, work: float) -> Iterator[Finding]:
    """On a calendar's clock less time may pass, so only elapsed time is compared."""
    if sla.clock != "elapsed":
        return
    needs = {"response": (sla.response, way), "resolution": (sla.resolution, way + work)}
    for kind, (target, least) in needs.items():
        if isinstance(target, Target) and target.within.is_constant:
            within = target.within.constant(chain.time_unit)
            if least > within:
                yield Finding(
                    WARNING,
                    f"{path}.sla.{kind}",
                    f"{target} is promised, but the way and the work alone take"
                    f" {format_duration(round(least))} on average; promise more time, or take less",
                )


def _hours(chain: Chain) -> Iterator[Finding]:
    """Who never meets, and who comes when nobody is there."""
    for name, service in chain.services.items():
        if service.providers is not None and len(service.providers) > 1:
            together = [duty(chain, provider) for provider in service.providers]
            common = together[0]
            for other in together[1:]:
                common = common.within(other)
            if common.week_open == 0:
                yield Finding(
                    WARNING,
                    f"services.{name}.providers",
                    "they are never on duty together, so no visit ever starts; let their hours overlap",
                )
    for name, consumer in chain.consumers.items():
        if consumer.arrivals is None or consumer.enters is None:
            continue
        comes = profile(chain, consumer.arrivals) or instants(chain, consumer.arrivals)
        staffed = chain.services[consumer.enters].provider
        if comes is not None and staffed is not None and comes.within(duty(chain, staffed)).week_open == 0:
            yield Finding(
                NOTE,
                f"consumers.{name}.arrivals",
                f"every request comes while nobody of {staffed} is on duty, and waits for the next shift",
            )


def _unused(chain: Chain) -> Iterator[Finding]:
    named = {provider.calendar for provider in chain.providers.values()}
    for provider in chain.providers.values():
        named |= {member.calendar for member in (provider.members or {}).values()}
    named |= {service.calendar for service in chain.services.values()}
    named |= {way.calendar for _, way in _ways(chain)}
    slas = [consumer.sla for consumer in chain.consumers.values()]
    slas += [handoff.sla for handoff in chain.handoffs.values()]
    slas += [call.sla for call in chain.calls.values()]
    named |= {sla.clock for sla in slas if sla is not None}
    for name in chain.calendars:
        if name not in named and not _in_scenarios(chain, name):
            yield Finding(
                NOTE, f"calendars.{name}", "nothing goes by it; remove it, or name it where it holds"
            )


def _in_scenarios(chain: Chain, name: str) -> bool:
    return any(repr(name) in repr((one.changes, one.adds)) for one in chain.scenarios.values())


def _run_settings(chain: Chain) -> Iterator[Finding]:
    run = chain.run
    if run.replications < FEW:
        yield Finding(
            NOTE,
            "run.replications",
            f"{run.replications} replications give rough intervals; 20 or more are better",
        )
    before = run.warm_up.constant(chain.time_unit)
    length = cycle(chain, *(duty(chain, name) for name in chain.providers))
    if run.horizon == "steady" and length and before % length:
        yield Finding(
            NOTE,
            "run.warm_up",
            f"{format_duration(int(before))} are rounded up to whole cycles of {format_duration(length)}",
        )
    elif run.horizon == "steady" and run.duration is not None and before == 0:
        yield Finding(
            NOTE,
            "run.warm_up",
            "without a warm-up the empty start counts too; set one, or horizon: terminating",
        )


# Showing


def _share(value: float) -> str:
    return "more than it will ever have" if value == float("inf") else f"{value:.0%}"


def _load_lines(loads: tuple[Load, ...]) -> Iterator[str]:
    wide = max(8, *(len(load.provider) for load in loads))
    yield f"{'provider':{wide}}  {'work':>8}  {'on duty':>8}  {'load':>6}"
    for load in loads:
        notes = f"  ({', '.join(load.notes)})" if load.notes else ""
        yield f"{load.provider:{wide}}  {load.work:8.3g}  {load.staff:8.3g}  {load.utilization:6.0%}{notes}"


__all__ = ["UNITS", "CheckReport", "Finding", "Problem", "check"]
