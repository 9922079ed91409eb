"""The elements of a chain, each with the fields that a model file gives it.

The text under a field is its documentation and its description in the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from serviceflow.model.attributes import AttributeField
from serviceflow.model.complaints import Complaints
from serviceflow.model.expressions import Expression, expression
from serviceflow.model.fields import (
    NO_LABELS,
    Count,
    Duration,
    Element,
    Factor,
    Freeze,
    Frozen,
    Labels,
    Moments,
    Number,
    PlainRate,
    PlainShare,
    Positive,
    Price,
    Profile,
    Reference,
    References,
    Seed,
    Staff,
    Text,
    WordExpression,
    YesNo,
    choice,
    read_name,
    read_reference,
    read_share,
    shown,
)
from serviceflow.model.links import Batch, at_most_one, exactly_one, must_be_constant
from serviceflow.model.mistakes import Collector
from serviceflow.model.sla import SLA
from serviceflow.model.state import State, read_start

DISCIPLINES = ("fifo", "lifo", "priority", "earliest due date", "shortest service", "random")
NOTHING: Any = Frozen({})


def _words(*options: str, **others: str) -> tuple[PlainValidator, WithJsonSchema]:
    spellings = {key.replace("_", " "): option for key, option in others.items()}
    return PlainValidator(choice(*options, others=spellings)), WithJsonSchema({"enum": list(options)})


def _constant(value: float, want: str) -> Any:
    return Field(default_factory=lambda: expression(value, want))


def wrong_length(length: Expression) -> str | None:
    """What is wrong with how long a run is to last, if anything is."""
    if length.is_constant and not length.has_distribution:
        return None
    return f"{shown(str(length))} must be constant; write a duration, such as 8 weeks"


class RunSettings(Element):
    """How a chain is run when nothing else is said."""

    duration: Duration | None = None
    """Length of the window of statistics."""
    warm_up: Duration = _constant(0, "duration")
    """Time before the window opens."""
    replications: Positive = 20
    """How many independent runs."""
    seed: Seed | None = None
    """Seed of the random numbers; without it one is drawn and kept with the results."""
    horizon: Annotated[str, *_words("steady", "terminating")] = "steady"
    """``steady``: a run goes on until what was asked in the window is finished; ``terminating``: it stops."""
    confidence: PlainShare = 0.95
    """Level of the intervals."""
    start_from: (
        Annotated[
            State,
            PlainValidator(read_start),
            WithJsonSchema({"type": ["string", "array"], "items": {"type": "object"}}),
        ]
        | None
    ) = None
    """What is in the chain when a run starts: a CSV file beside the model, or its rows; no warm-up then."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        collector = Collector()
        if not 0 < self.confidence < 1:
            collector.add(
                f"{self.confidence:g} is no level of confidence; write one such as 95%", "confidence"
            )
        for name in ("duration", "warm_up"):
            length = getattr(self, name)
            wrong = None if length is None else wrong_length(length)
            if wrong is not None:
                collector.add(wrong, name)
        collector.close()
        return self


class Member(Element):
    """One of a provider's staff, by name."""

    calendar: Reference | None = None
    """When this member is on duty; without it, the provider's calendar holds."""
    speed: Factor = 1.0
    """How fast, where 1 is the usual pace: a duration of 10 min takes 5 min at speed 2."""
    skills: References = ()
    """What this member can do, as asked for by ``skill`` of a service."""
    cost: PlainRate | None = None
    """Cost of scheduled time and overtime: 22 per hour."""
    experience: Number | None = None
    """How many visits this member has behind it at the start, where a service has a ``learning`` curve."""
    labels: Labels = NO_LABELS
    """Labels, which become columns of the tables."""

    @model_validator(mode="after")
    def _steady(self) -> Self:
        collector = Collector()
        must_be_constant(self, collector, "a number", "experience")
        collector.close()
        return self


class Outages(Element):
    """How units of a provider break down."""

    after: Duration
    """Time from the start, or the end of a repair, to the next outage of a unit."""
    repair: Duration | None = None
    """How long a repair takes; or the name of the service that the outage enters as a request."""
    repair_service: Reference | None = None
    """The service that the outage enters as a request."""

    @model_validator(mode="before")
    @classmethod
    def _tell_repairs_apart(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and isinstance(value.get("repair"), str):
            text = value["repair"]
            if _names_a_service(text):
                return {**value, "repair": None, "repair_service": value.get("repair_service", text)}
        return value

    @model_validator(mode="after")
    def _one_repair(self) -> Self:
        collector = Collector()
        exactly_one(
            self, collector, "write repair: 2 h, or repair: the name of a service", "repair", "repair_service"
        )
        collector.close()
        return self


def _names_a_service(text: str) -> bool:
    """Whether a repair is a name rather than a duration: no expression, or nothing but one name."""
    try:
        names = expression(text, "duration").names()
    except ValueError:
        return not any(mark in text for mark in "()+*/<>=") and not text[:1].isdigit()
    return bool(names) and text.strip() in names


class Provider(Element):
    """Who serves: staff or machines, with a calendar and a rule for the queue."""

    staff: Staff | None = None
    """How many there are: a number, or numbers by days and blocks."""
    members: Annotated[Mapping[str, Member], Freeze] | None = None
    """The staff by name, each with calendar, speed and skills."""
    calendar: Reference | None = None
    """When they are on duty."""
    discipline: Annotated[
        str, *_words(*DISCIPLINES, shortest_drawn_service_first="shortest service", edd="earliest due date")
    ] = "fifo"
    """Who goes next."""
    preemptive: YesNo = False
    """Whether a request of smaller priority number interrupts work in hand."""
    off_shift: Annotated[str, *_words("pause", "finish", "fit")] = "pause"
    """At the end of a shift work pauses, is finished in overtime, or is only started if it fits."""
    queue_limit: Count | None = None
    """Places in the queue."""
    when_full: Annotated[str, *_words("refuse", "block")] = "refuse"
    """What happens to a request that finds the queue full."""
    outages: Outages | None = None
    """How units break down."""
    cost: Price | None = None
    """Cost of scheduled time and overtime of a unit: 22 per hour, or by days and blocks."""
    work_cost: PlainRate | None = None
    """Cost of the time that a unit works, in place of that on duty or beside it: 22 per hour."""
    labels: Labels = NO_LABELS
    """Labels, which become columns of the tables."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        collector = Collector()
        exactly_one(self, collector, "write staff: 3", "staff", "members")
        if self.members is not None and not self.members:
            collector.add("there are no members; name one, or write staff: 0", "members")
        _check_names(collector, self.members, "members")
        if self.when_full == "block" and self.queue_limit is None:
            collector.add("nothing is ever full; set queue_limit", "when_full")
        if self.preemptive and self.discipline != "priority":
            collector.add("only work of a priority can interrupt; set discipline: priority", "preemptive")
        collector.close()
        return self


def _check_names(collector: Collector, names: Mapping[str, Any] | None, *path: str) -> None:
    for name in names or ():
        with collector.within(*path, name, at_key=True):
            read_name(name)


def _read_join(value: object) -> int | str:
    if value == "all":
        return "all"
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000:
        return value
    raise ValueError(f"{shown(value)} is no number of branches; write all, or a whole number from 1")


def _read_provider(value: object) -> str:
    if isinstance(value, list | tuple | Mapping):
        raise ValueError(
            f"{shown(value)} is no single provider; write providers: {{A: 1, B: 1}} for all of them at once,"
            " or any_of: [A, B] for the first that is free"
        )
    return read_reference(value)


class Service(Element):
    """One kind of work."""

    provider: Annotated[Reference, PlainValidator(_read_provider)] | None = None
    """Who does it; without any the work takes its time and never queues."""
    providers: Annotated[Mapping[str, Positive], Freeze] | None = None
    """Several providers at once, each with how many of it: {Nurse: 1, Room: 1}."""
    any_of: References | None = None
    """The first free of several providers, in this order."""
    skill: WordExpression | None = None
    """What a member must be able to do."""
    duration: Duration = _constant(0, "duration")
    """How long the work takes."""
    setup: Duration | None = None
    """How long a unit takes to change over to this service from another."""
    batch: Batch | None = None
    """How many are worked on together, in one duration."""
    consumes: Annotated[Mapping[str, Number], Freeze] = NOTHING
    """What each visit takes from stocks, before it queues."""
    produces: Annotated[Mapping[str, Number], Freeze] = NOTHING
    """What each visit adds to stocks, when it finishes."""
    cost: Number | None = None
    """Cost of a visit."""
    calendar: Reference | None = None
    """When the work goes on, for a service without provider."""
    patience: Duration | None = None
    """How long a request waits for the start of work before it gives up."""
    timeout: Duration | None = None
    """How long a request may take here in all, from its arrival to the end of work; then it goes as it is."""
    learning: PlainShare | None = None
    """The share of the time that each doubling of experience leaves: 90%."""
    priority: Number | None = None
    """Lower goes first; in place of the consumer's."""
    reserve: YesNo = False
    """Whether freed staff are kept for a request that waits for several providers."""
    split: Annotated[str, *_words("all")] | None = None
    """``all``: a request goes on by every handoff that holds, in branches."""
    join: (
        Annotated[
            int | str,
            PlainValidator(_read_join),
            WithJsonSchema({"anyOf": [{"enum": ["all"]}, {"type": "integer", "minimum": 1}]}),
        ]
        | None
    ) = None
    """How many branches of a split it waits for: ``all`` or a number."""
    labels: Labels = NO_LABELS
    """Labels, which become columns of the tables."""

    @property
    def provider_names(self) -> tuple[str, ...]:
        """Every provider that may work here, in order."""
        if self.provider is not None:
            return (self.provider,)
        return tuple(self.providers or self.any_of or ())

    @property
    def limits_time(self) -> bool:
        """Whether requests may leave before the work here is done, because it takes too long."""
        return self.patience is not None or self.timeout is not None

    @property
    def has_both_limits(self) -> bool:
        """Whether some may leave for want of patience, and others as their whole time is over."""
        return self.patience is not None and self.timeout is not None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        collector = Collector()
        at_most_one(self, collector, "provider", "providers", "any_of")
        _check_lists(collector, self)
        if self.learning is not None and not 0 < self.learning <= 1:
            collector.add("a learning rate lies above 0; write one such as 90%", "learning")
        _check_needs_of_staff(collector, self)
        collector.close()
        return self


def _check_lists(collector: Collector, service: Service) -> None:
    for name in ("providers", "any_of"):
        found = getattr(service, name)
        if found is not None and not found:
            collector.add("names no provider; name one, or leave it out", name)


def _check_needs_of_staff(collector: Collector, service: Service) -> None:
    """What makes sense only with a provider, or only without one, or only with several."""
    if service.provider_names:
        if service.calendar is not None:
            collector.add(
                "a calendar is for services without provider; set it on the provider", "calendar", at_key=True
            )
    else:
        for name in ("skill", "setup", "learning"):
            if getattr(service, name) is not None:
                collector.add(f"{name} needs a provider; name one", name, at_key=True)
    if service.reserve and (service.providers is None or sum(service.providers.values()) < 2):
        collector.add("there is nothing to reserve; it is for several providers at once", "reserve")


class TraceRow(NamedTuple):
    """One arrival of a trace: its instant in ticks, and the attributes that it sets."""

    time: int
    attributes: tuple[tuple[str, float | str], ...] = ()


def _read_trace(value: object) -> tuple[TraceRow, ...]:
    if isinstance(value, tuple) and all(isinstance(row, TraceRow) for row in value):
        return value
    raise ValueError("a trace is read from a file; write file: arrivals.csv")


class Arrivals(Element):
    """How requests come, in one of several ways."""

    every: Duration | None = None
    """Time between arrivals."""
    rate: PlainRate | None = None
    """Rate of a Poisson process: 6 per hour."""
    profile: Profile | None = None
    """Rates of a Poisson process by days and blocks."""
    at: Moments | None = None
    """Instants by the day, or a list of durations from time 0."""
    file: Text | None = None
    """A CSV file beside the model with a column ``time``; columns named like attributes set them."""
    trace: Annotated[tuple[TraceRow, ...], PlainValidator(_read_trace)] | None = Field(
        default=None, json_schema_extra={"readOnly": True}
    )
    """What was read from ``file``."""
    population: Positive | None = None
    """A closed group of this many, each of which asks again after its request has ended."""
    think: Duration | None = None
    """Time that a member of the population thinks before it asks."""
    batch: Number | None = None
    """How many requests each arrival brings."""
    first: Duration | None = None
    """The instant of the first arrival, counted from time 0, where there is a time between arrivals."""
    until: Duration | None = None
    """Nobody comes from this instant on, counted from time 0."""
    count: Positive | None = None
    """Nobody comes after so many arrivals."""
    calendar: Reference | None = None
    """In whose open time the time between arrivals passes."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        collector = Collector()
        exactly_one(
            self, collector, "write rate: 6 per hour", "every", "rate", "profile", "at", "file", "population"
        )
        if self.population is not None and self.think is None:
            collector.add("a population thinks before it asks; set think", "population", at_key=True)
        if self.population is None and self.think is not None:
            collector.add("only a population thinks; set population, or every", "think", at_key=True)
        if self.population is not None and self.batch is not None:
            collector.add("members of a population ask one by one; leave out batch", "batch", at_key=True)
        _check_some_arrive(collector, self)
        _check_limits(collector, self)
        collector.close()
        return self

    @property
    def ends(self) -> bool:
        """Whether nobody comes any more from some time on, in however long a run."""
        listed = self.trace is not None or isinstance(self.at, tuple)
        return listed or self.until is not None or self.count is not None


def _check_some_arrive(collector: Collector, arrivals: Arrivals) -> None:
    if arrivals.profile is not None and not any(rate.amount for rate in arrivals.profile.values()):
        collector.add("nobody ever comes: every rate is 0", "profile")
    if arrivals.at is not None and not isinstance(arrivals.at, tuple) and arrivals.at.is_empty:
        collector.add("nobody ever comes: no instant is named", "at")
    for place, time in enumerate(arrivals.at if isinstance(arrivals.at, tuple) else ()):
        if time.has_distribution or not time.is_constant:
            collector.add(f"{shown(str(time))} must be constant; write a duration, such as 2 h", "at", place)


def _check_limits(collector: Collector, arrivals: Arrivals) -> None:
    """That the first and the last of arrivals are said where they have a meaning."""
    for name in ("first", "until"):
        time = getattr(arrivals, name)
        if time is not None and not time.is_constant:
            collector.add(f"{shown(str(time))} must be constant; write a duration, such as 2 h", name)
    if arrivals.first is not None and arrivals.every is None and arrivals.rate is None:
        collector.add("only every and rate have a first arrival that can be set", "first", at_key=True)
    if arrivals.calendar is not None and arrivals.every is None:
        message = "a calendar is for every; with rate, write a profile, with at the instants themselves"
        collector.add(message, "calendar", at_key=True)
    for name in ("until", "count"):
        if getattr(arrivals, name) is not None and arrivals.population is not None:
            collector.add(f"a closed group asks again and again; leave out {name}", name, at_key=True)


class Consumer(Element):
    """Who asks: a source of requests."""

    arrivals: Arrivals | None = None
    """How requests come; without it, only those of ``initial`` are there."""
    enters: Reference | None = None
    """The service that a request enters; short for a handoff from this consumer."""
    priority: Number = _constant(0, "number")
    """Lower goes first."""
    attributes: Annotated[Mapping[str, AttributeField], Freeze] = NOTHING
    """What each request carries, drawn when it arrives."""
    sla: SLA | None = None
    """What is promised to this consumer."""
    needs: SLA | None = None
    """What this consumer needs, in the words of a promise; nothing is held to it."""
    complaints: Complaints | None = None
    """How likely it complains, by what happened to its request; worked out after a run."""
    initial: Annotated[Mapping[str, Count], Freeze] = NOTHING
    """How many requests are at which service at time 0."""
    labels: Labels = NO_LABELS
    """Labels, which become columns of the tables."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        collector = Collector()
        if self.arrivals is None and not any(self.initial.values()):
            collector.add("nobody ever comes; set arrivals: {rate: 6 per hour}, or initial")
        collector.close()
        return self


class Reorder(Element):
    """When a stock orders, and how much."""

    below: Number
    """An order goes out whenever level + on order - unmet demand is below this."""
    quantity: Number | None = None
    """How much each order is for."""
    up_to: Number | None = None
    """The level up to which each order fills."""
    enters: Reference | None = None
    """The service that an order enters; short for a handoff from this stock."""
    priority: Number | None = None
    """Lower goes first."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        collector = Collector()
        exactly_one(self, collector, "write quantity: 100, or up_to: 140", "quantity", "up_to")
        for name in ("below", "quantity", "up_to"):
            amount: Expression | None = getattr(self, name)
            if amount is not None and (amount.has_distribution or not amount.is_constant):
                collector.add(f"{shown(str(amount))} must be constant; write a number", name)
        if not collector.items:
            self._check_amounts(collector)
        collector.close()
        return self

    def _check_amounts(self, collector: Collector) -> None:
        below = self.below.constant("min")
        if self.quantity is not None and self.quantity.constant("min") <= 0:
            collector.add("an order of nothing never fills the stock; write a number above 0", "quantity")
        if self.up_to is not None and self.up_to.constant("min") < below:
            collector.add(f"an order would end below the reorder point; write {below:g} or more", "up_to")


def _read_level(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e12:
        return float(value)
    raise ValueError(f"{shown(value)} is no level; write a number from 0 on")


class Stock(Element):
    """A counted supply."""

    initial: Annotated[
        float,
        PlainValidator(_read_level),
        WithJsonSchema({"type": "number", "minimum": 0}),
    ] = 0.0
    """Level at time 0."""
    discipline: Annotated[str, *_words("fifo", "priority")] = "fifo"
    """Whose demand is met first."""
    reorder: Reorder | None = None
    """When it orders, and how much."""
    cost: PlainRate | None = None
    """Cost of keeping one unit: 2 per day."""
    labels: Labels = NO_LABELS
    """Labels, which become columns of the tables."""


def freeze_changes(value: object) -> Mapping[str, Any]:
    from serviceflow.model.writing import plain

    if isinstance(value, Mapping):
        return Frozen({str(key): freeze_deep(plain(entry)) for key, entry in value.items()})
    raise ValueError(f"{shown(value)} is no set of changes; write it in the shape of a model")


def freeze_deep(value: Any) -> Any:
    """Nested mappings and lists as values that cannot be changed."""
    if isinstance(value, Mapping):
        return Frozen({str(key): freeze_deep(entry) for key, entry in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze_deep(entry) for entry in value)
    return value


class Scenario(Element):
    """A named set of changes to the chain."""

    description: Text | None = None
    """What it stands for."""
    extends: References = ()
    """Scenarios on which it builds."""
    changes: Annotated[Mapping[str, Any], PlainValidator(freeze_changes)] = NOTHING
    """Changes to named elements: the fields to set; null removes."""
    adds: Annotated[Mapping[str, Any], PlainValidator(freeze_changes)] = NOTHING
    """Elements to add, in the shape of a model."""


__all__ = [
    "Arrivals",
    "Consumer",
    "Element",
    "Member",
    "Outages",
    "Provider",
    "Reorder",
    "RunSettings",
    "Scenario",
    "Service",
    "Stock",
    "TraceRow",
    "read_share",
]
