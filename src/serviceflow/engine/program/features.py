"""What a chain uses: every rule that a program may need, found once, when the program is made.

An engine states which features it supports, and a program that uses any other never gets to it: a new rule
is run by the SimPy engine until the faster ones say that they know it. The columns of a record follow from
the features too.

``RULES`` has every field of every plan: the feature that it stands for where it is set, how to tell, or
PLAIN, which is what every engine knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Any

from serviceflow.engine.program.codes import (
    BEFORE,
    HANDOFF_PARTS,
    INSTANTS,
    NEVER,
    NONE,
    WAIT_PARTS,
    WORK_PARTS,
)
from serviceflow.engine.program.compile_expression import Code
from serviceflow.engine.program.plans import (
    ArrivalPlan,
    AttributePlan,
    BatchPlan,
    CallPlan,
    ConsumerPlan,
    Drawn,
    HandoffPlan,
    MemberPlan,
    OpeningPlan,
    OutagePlan,
    Program,
    ProviderPlan,
    ServicePlan,
    StockPlan,
    TransferPlan,
)
from serviceflow.engine.program.shares import is_simple

if TYPE_CHECKING:
    from serviceflow.engine.reference.behaviours import Behaviours

Features = frozenset[str]


class Feature(StrEnum):
    """What a program may use beside queues in order of arrival and constant staff."""

    HANDOFFS = auto()
    SHARES = auto()
    CONDITIONS = auto()
    DISPATCHES = auto()
    TRAYS = auto()
    """Handoffs that wait until there are enough of them."""
    DELAYS = auto()
    CLARIFICATIONS = auto()
    RETURNS = auto()
    HANDOFF_HOURS = auto()
    CALLS = auto()
    CALLS_BEFORE = auto()
    """Calls that are answered before a visit queues."""
    CALLS_AT_WORK = auto()
    CALLS_HOLD = auto()
    """Calls that keep staff until they are answered."""
    STAFFED = auto()
    ANY_OF = auto()
    PARTNERS = auto()
    """Several providers, or several units, at once."""
    SKILLS = auto()
    RESERVE = auto()
    SETUPS = auto()
    LEARNING = auto()
    BATCHES = auto()
    CONSUMES = auto()
    PRODUCES = auto()
    SERVICE_HOURS = auto()
    PATIENCE = auto()
    TIMEOUTS = auto()
    """One limit over waiting and work together."""
    AFTER_GIVING_UP = auto()
    AFTER_REFUSAL = auto()
    AFTER_TIMEOUT = auto()
    SERVICE_PRIORITY = auto()
    SPLITS = auto()
    JOINS = auto()
    NO_STAFF = auto()
    SHIFTS = auto()
    SHIFTS_PAUSE = auto()
    SHIFTS_FINISH = auto()
    SHIFTS_FIT = auto()
    MEMBERS = auto()
    MEMBER_SHIFTS = auto()
    NAMED_UNITS = auto()
    LIFO = auto()
    PRIORITY = auto()
    EARLIEST = auto()
    SHORTEST = auto()
    RANDOM = auto()
    PREEMPTION = auto()
    LIMIT_REFUSES = auto()
    LIMIT_BLOCKS = auto()
    OUTAGES = auto()
    REPAIR_SERVICE = auto()
    PROFILES = auto()
    ARRIVAL_INSTANTS = auto()
    TRACES = auto()
    TRACE_ATTRIBUTES = auto()
    POPULATIONS = auto()
    ARRIVAL_BATCHES = auto()
    ARRIVAL_LIMITS = auto()
    """Arrivals that begin at a given instant, or come to an end."""
    ENTRY_CHOICE = auto()
    INITIAL = auto()
    OPENING = auto()
    """Runs that start from a state: from requests in work, queued and on the way."""
    ATTRIBUTES = auto()
    STOCKS = auto()
    REORDERS = auto()
    EXPRESSIONS = auto()
    """Values that depend on the request, other than costs and promises."""
    OVERTAKING = auto()
    """A later arrival may be at work while an earlier one waits."""
    BEHAVIOURS = auto()
    ORDERS = auto()
    """Queues that a behaviour in Python orders."""
    POLICIES = auto()
    """Behaviours in Python that move staff."""


F = Feature
Rule = Callable[[Any], Iterable[Feature | None]]


def PLAIN(plan: Any) -> Iterable[Feature]:
    """What every engine knows."""
    return ()


DISCIPLINES = {
    "fifo": None,
    "lifo": F.LIFO,
    "priority": F.PRIORITY,
    "earliest due date": F.EARLIEST,
    "shortest service": F.SHORTEST,
    "random": F.RANDOM,
}
SHIFTS = {"pause": F.SHIFTS_PAUSE, "finish": F.SHIFTS_FINISH, "fit": F.SHIFTS_FIT}


def _shifts(plan: ProviderPlan) -> Iterator[Feature]:
    if not plan.staff.is_constant:
        yield F.SHIFTS
        yield SHIFTS[plan.off_shift]
    elif plan.off_shift == "fit":
        yield F.SHIFTS_FIT


def _limit(plan: ProviderPlan) -> Iterator[Feature]:
    if plan.queue_limit != NONE:
        yield F.LIMIT_BLOCKS if plan.blocks else F.LIMIT_REFUSES


def _exits(plan: ServicePlan) -> Iterable[Feature]:
    ways = zip((F.AFTER_GIVING_UP, F.AFTER_REFUSAL, F.AFTER_TIMEOUT), plan.exits[1:], strict=True)
    return [feature for feature, exits in ways if exits]


def _call(plan: CallPlan) -> Iterator[Feature]:
    if plan.ask != BEFORE:
        yield F.CALLS_AT_WORK
    if plan.wait:
        yield F.CALLS_BEFORE if plan.ask == BEFORE else F.CALLS_HOLD


def _trace(plan: ArrivalPlan) -> Iterator[Feature]:
    if plan.trace:
        yield F.TRACES
    if any(given for _, given in plan.trace):
        yield F.TRACE_ATTRIBUTES


def _when(feature: Feature, holds: Callable[[Any], object]) -> Rule:
    return lambda plan: (feature,) if holds(plan) else ()


def _rules(plain: str, **fields: Feature | Rule) -> Mapping[str, Feature | Rule]:
    return fields | dict.fromkeys(plain.split(), PLAIN)


RULES: Mapping[type, Mapping[str, Feature | Rule]] = {
    ServicePlan: _rules(
        "name index alternatives skills duration cost calls routing",
        provider=_when(F.STAFFED, lambda plan: plan.provider != NONE),
        needs=_when(
            F.PARTNERS, lambda plan: len(plan.needs) > 1 or any(units > 1 for _, units in plan.needs)
        ),
        any_of=F.ANY_OF,
        skill=F.SKILLS,
        setup=F.SETUPS,
        batch=F.BATCHES,
        consumes=F.CONSUMES,
        produces=F.PRODUCES,
        calendar=F.SERVICE_HOURS,
        patience=F.PATIENCE,
        timeout=F.TIMEOUTS,
        learning=F.LEARNING,
        priority=F.SERVICE_PRIORITY,
        reserve=F.RESERVE,
        split=F.SPLITS,
        join=_when(F.JOINS, lambda plan: plan.join),
        exits=_exits,
    ),
    ProviderPlan: _rules(
        "name index off_shift blocks cost selection",
        staff=_shifts,
        units=_when(F.NO_STAFF, lambda plan: plan.units == 0),
        members=F.MEMBERS,
        named=F.NAMED_UNITS,
        discipline=lambda plan: (DISCIPLINES[plan.discipline],),
        preemptive=F.PREEMPTION,
        queue_limit=_limit,
        outage=F.OUTAGES,
    ),
    MemberPlan: _rules(
        "name speed skills experience cost listed",
        schedule=_when(F.MEMBER_SHIFTS, lambda plan: not plan.schedule.is_constant),
    ),
    OutagePlan: _rules(
        "after repair purpose",
        repair_service=_when(F.REPAIR_SERVICE, lambda plan: plan.repair_service != NONE),
    ),
    HandoffPlan: _rules(
        "name origin target transfer after purpose due",
        index=_when(F.HANDOFFS, bool),
        probability=F.SHARES,
        when=F.CONDITIONS,
    ),
    TransferPlan: _rules(
        "",
        every=F.DISPATCHES,
        instants=F.DISPATCHES,
        batch=F.TRAYS,
        delay=F.DELAYS,
        incomplete=F.CLARIFICATIONS,
        clarification=F.CLARIFICATIONS,
        returns_to=_when(F.RETURNS, lambda plan: plan.returns_to != NONE),
        calendar=F.HANDOFF_HOURS,
    ),
    CallPlan: _rules(
        "name origin target wait way_there way_back purpose",
        index=_when(F.CALLS, bool),
        ask=_call,
        probability=F.SHARES,
        when=F.CONDITIONS,
    ),
    BatchPlan: _rules("size max_wait"),
    ConsumerPlan: _rules(
        "name index word who arrivals enters routing priority due",
        exits=F.ENTRY_CHOICE,
        attributes=F.ATTRIBUTES,
        initial=F.INITIAL,
    ),
    AttributePlan: _rules("value", index=_when(F.ATTRIBUTES, bool)),
    ArrivalPlan: _rules(
        "every rate think purpose",
        profile=F.PROFILES,
        instants=F.ARRIVAL_INSTANTS,
        trace=_trace,
        population=F.POPULATIONS,
        batch=F.ARRIVAL_BATCHES,
        first=_when(F.ARRIVAL_LIMITS, lambda plan: plan.first != NONE),
        until=_when(F.ARRIVAL_LIMITS, lambda plan: plan.until < NEVER),
        count=_when(F.ARRIVAL_LIMITS, lambda plan: plan.count < NEVER),
    ),
    StockPlan: _rules(
        "name initial by_priority below quantity up_to enters exits routing who priority",
        index=_when(F.STOCKS, bool),
        reorders=F.REORDERS,
    ),
}
_NOT_ASKED_OF_ENGINES = ("cost", "due")


def find_features(program: Program, behaviours: Behaviours) -> Features:
    """Every feature that a program uses, run with some behaviours."""
    listed = (program.providers, program.services, program.consumers)
    linked = (program.handoffs, program.calls, program.stocks)
    found = {feature for plans in (*listed, *linked) for plan in plans for feature in _features_of(plan)}
    if program.attributes:
        found.add(F.ATTRIBUTES)
    if program.opening is not None:
        found.update(_opened(program.opening))
    written = {F.BEHAVIOURS: behaviours, F.ORDERS: behaviours.orders, F.POLICIES: behaviours.policies}
    found |= {feature for feature, some in written.items() if some}
    if F.STAFFED in found and found & _OVERTAKING:
        found.add(F.OVERTAKING)
    return frozenset(found)


def _features_of(plan: Any) -> Iterator[Feature]:
    for name, rule in RULES[type(plan)].items():
        value = getattr(plan, name)
        if isinstance(rule, Feature):
            if _is_set(value):
                yield rule
        else:
            yield from filter(None, rule(plan))
        if name not in _NOT_ASKED_OF_ENGINES:
            yield from _within(value)


def _opened(plan: OpeningPlan) -> Iterator[Feature]:
    """What the requests that are there at the start bring along."""
    yield F.OPENING
    if any(place.branches > 1 for place in plan.places):
        yield F.SPLITS


def _is_set(value: Any) -> bool:
    if isinstance(value, int | float | tuple):
        return bool(value) and not (isinstance(value, int) and value == NONE)
    return value is not None


def _within(value: Any) -> Iterator[Feature]:
    """The features of what a field holds: of plans within a plan, and of values."""
    if isinstance(value, Code | Drawn):
        if not is_simple(value.code if isinstance(value, Drawn) else value):
            yield F.EXPRESSIONS
    elif type(value) in RULES:
        yield from _features_of(value)
    elif isinstance(value, tuple) and value and type(value[0]) in RULES:
        for one in value:
            yield from _features_of(one)


# -- the columns of a record

_STAGES = {F.CONSUMES, F.BATCHES, F.JOINS, F.CALLS_BEFORE}
"""What a visit waits for before it queues."""
_OVERTAKING = {*_STAGES, *filter(None, DISCIPLINES.values()), F.SHIFTS_FIT, F.NAMED_UNITS, F.PARTNERS}
_OVERTAKING |= {F.ANY_OF, F.RESERVE, F.SKILLS, F.ORDERS}
_AWAY = {F.SHIFTS, F.NO_STAFF, F.MEMBER_SHIFTS, F.POLICIES}

FILLED_BY: Mapping[str, set[Feature]] = {
    "branch": {F.SPLITS},
    "previous": {F.SPLITS},
    "handoff": {F.HANDOFFS},
    "call": {F.CALLS},
    "provider": {F.ANY_OF},
    "member": {F.MEMBERS},
    "together": {F.BATCHES},
    "arrived_by_return": {F.RETURNS},
    "queued": _STAGES,
    "clarifications": {F.CLARIFICATIONS},
    "handoff_dispatch": {F.DISPATCHES, F.TRAYS},
    "handoff_delay": {F.DELAYS, F.HANDOFF_HOURS, F.OPENING},
    "handoff_clarification": {F.CLARIFICATIONS},
    "wait_join": {F.JOINS},
    "wait_call": {F.CALLS_BEFORE},
    "wait_stock": {F.CONSUMES},
    "wait_batch": {F.BATCHES},
    "wait_off_shift": {*_AWAY, F.SHIFTS_FIT},
    "wait_carried_over": _AWAY,
    "wait_outage": {F.OUTAGES},
    "wait_held": {F.LIMIT_BLOCKS, F.CALLS_HOLD},
    "wait_partner": {F.PARTNERS},
    "wait_prioritization": {F.OVERTAKING},
    "wait_contention": {F.STAFFED},
    "setup": {F.SETUPS},
    "pause_off_shift": {*_AWAY, F.SERVICE_HOURS, F.OPENING},
    "pause_outage": {F.OUTAGES},
    "pause_preempted": {F.PREEMPTION},
    "pause_call": {F.CALLS_HOLD},
    "blocked": {F.LIMIT_BLOCKS},
}
"""Which features fill a column of visits; every chain fills the others."""

VISIT_COLUMNS = (
    *("request", "branch", "previous", "service", "visit", "handoff", "call", "provider", "member"),
    *("together", "arrived_by_return", *INSTANTS, "outcome", "clarifications"),
    *(*HANDOFF_PARTS, *WAIT_PARTS, *WORK_PARTS, "blocked"),
)
"""Every column of visits, in the order of the record."""


def visit_columns(features: Features) -> tuple[str, ...]:
    """The columns of visits that a chain can fill."""
    return tuple(name for name in VISIT_COLUMNS if name not in FILLED_BY or FILLED_BY[name] & features)


def request_columns(features: Features, attributes: Iterable[str]) -> tuple[str, ...]:
    """The columns of requests that a chain can fill."""
    names = ["kind", "source", "number", "consumer", "parent", "asked", "ended", "outcome"]
    names += [f"attribute:{name}" for name in attributes]
    return (*names, "quantity") if F.REORDERS in features else tuple(names)


__all__ = ["Feature", "Features", "find_features", "request_columns", "visit_columns"]
