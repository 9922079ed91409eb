"""The program: a chain lowered to plans that refer to one another by index.

Both engines run the program and nothing else. Elements stand in the order of their names, for those who
read a record; engines run its twin in which they stand in the order in which ties are decided
(:func:`~serviceflow.engine.program.lowering.ranked`). The order of a file changes nothing, and an added
element leaves the order of the others as it was. Times are whole ticks; every text of a model (a duration,
a probability, a condition) has become a :class:`~serviceflow.engine.program.compile_expression.Code`; every
draw has its purpose, a hash of what it is for.
"""

from __future__ import annotations

from dataclasses import dataclass

from serviceflow.engine.program.compile_expression import Code
from serviceflow.model.chain import Chain
from serviceflow.model.schedules import Schedule
from serviceflow.model.trainings import Trained
from serviceflow.units import Rate

Needs = tuple[tuple[int, int], ...]
"""Pairs of a provider and how many of its units a visit takes."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A value to be evaluated, and the purpose under which it is drawn."""

    code: Code
    purpose: int


@dataclass(frozen=True, slots=True)
class BatchPlan:
    size: int
    max_wait: int
    """Ticks after its first member at which an unfilled batch goes all the same; NEVER if it does not."""


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """One way from a sender to a receiver: tray, dispatch, delay, clarification."""

    every: int
    """Ticks between dispatches, counted from time 0; 0 if there are no rounds."""
    instants: Schedule | None
    batch: BatchPlan | None
    delay: Drawn | None
    incomplete: Drawn | None
    """The probability that the information is incomplete."""
    clarification: Drawn | None
    returns_to: int
    calendar: Schedule | None

    @property
    def is_direct(self) -> bool:
        """Whether it takes neither time nor chance, nor waits for a calendar."""
        takes = self.every or self.instants or self.batch or self.delay or self.incomplete or self.calendar
        return not takes


@dataclass(frozen=True, slots=True)
class HandoffPlan:
    name: str
    index: int
    origin: tuple[str, int]
    """What it starts at: "service", "consumer" or "stock", and its index."""
    target: int
    transfer: TransferPlan
    probability: Code | None
    when: Code | None
    after: int
    purpose: int
    """Of the branch that takes it, and of the choice to take it in an inclusive split."""
    due: tuple[DuePlan, ...]


@dataclass(frozen=True, slots=True)
class CallPlan:
    name: str
    index: int
    origin: int
    target: int
    ask: int
    wait: bool
    way_there: TransferPlan
    way_back: TransferPlan
    probability: Drawn | None
    when: Code | None
    purpose: int


@dataclass(frozen=True, slots=True)
class DuePlan:
    """A promised time on a clock, by which work can be ordered."""

    within: Code
    clock: Schedule | None
    until_start: bool
    """Whether the promise is kept by the start of work (a response) rather than by its end."""


@dataclass(frozen=True, slots=True)
class OutagePlan:
    after: Drawn
    repair: Drawn | None
    repair_service: int
    purpose: int


@dataclass(frozen=True, slots=True)
class MemberPlan:
    name: str
    schedule: Schedule
    speed: float
    skills: frozenset[int]
    """Codes of the words that name the skills."""
    experience: float
    cost: Rate | None
    listed: int
    """Its place in the list of members: who is alike in all else is taken in this order."""


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    name: str
    index: int
    staff: Schedule
    units: int
    """The most units that are ever on duty."""
    members: tuple[MemberPlan, ...]
    named: bool
    """Whether units have an identity: members, or units that keep a setup or gain experience."""
    discipline: str
    preemptive: bool
    off_shift: str
    queue_limit: int
    """Places in the queue; NONE if it is unlimited."""
    blocks: bool
    outage: OutagePlan | None
    cost: object
    selection: int
    """The purpose of the selections of the random discipline."""


@dataclass(frozen=True, slots=True)
class ServicePlan:
    name: str
    index: int
    provider: int
    """The first provider, whose queue a visit joins; NONE if it takes time only."""
    needs: Needs
    any_of: tuple[int, ...]
    alternatives: tuple[Needs, ...]
    """What a visit may take, in the order of preference."""
    skill: Code | None
    skills: tuple[int, ...]
    """Codes of the skills that may be asked for."""
    duration: Drawn
    setup: Drawn | None
    batch: BatchPlan | None
    consumes: tuple[tuple[int, Code], ...]
    produces: tuple[tuple[int, Code], ...]
    cost: Code | None
    calendar: Schedule | None
    patience: Drawn | None
    timeout: Drawn | None
    """How long a visit may take in all, from its arrival to the end of work."""
    learning: float
    """Exponent of experience in the duration, log2 of the learning rate; 0 without learning."""
    priority: Code | None
    reserve: bool
    split: bool
    join: int
    """How many branches it waits for: 0 none, ALL, or a number."""
    exits: tuple[tuple[int, ...], ...]
    """Handoffs after a visit that finished, gave up, was refused, timed out."""
    calls: tuple[tuple[int, ...], ...]
    """Calls before, at the start and at the end of work."""
    routing: int
    """The purpose of the choice among the exits."""


@dataclass(frozen=True, slots=True)
class AttributePlan:
    index: int
    value: Drawn


@dataclass(frozen=True, slots=True)
class ArrivalPlan:
    """How a consumer's requests come; exactly one of the first six is set."""

    every: Drawn | None
    rate: float
    """Requests (or batches) per tick of a Poisson process."""
    profile: Schedule | None
    """Arrivals per tick, over time."""
    instants: Schedule | None
    trace: tuple[tuple[int, tuple[tuple[int, float], ...]], ...]
    """Instants, each with the attributes that it sets."""
    population: int
    think: Drawn | None
    batch: Drawn | None
    purpose: int
    first: int
    """The instant of the first arrival; NONE where its gap is drawn like the others."""
    until: int
    """Nobody comes from this instant on."""
    count: int
    """How many arrivals there are at most."""


@dataclass(frozen=True, slots=True)
class ConsumerPlan:
    name: str
    index: int
    word: int
    who: int
    """The key of its requests' draws."""
    arrivals: ArrivalPlan | None
    enters: int
    exits: tuple[int, ...]
    routing: int
    priority: Code
    attributes: tuple[AttributePlan, ...]
    """In the order in which they must be drawn."""
    initial: tuple[tuple[int, int, int], ...]
    """Service, requests there at time 0, and the key of their draws."""
    due: tuple[DuePlan, ...]


@dataclass(frozen=True, slots=True)
class StockPlan:
    name: str
    index: int
    initial: float
    by_priority: bool
    below: float
    quantity: float
    """How much an order is for; 0 if it fills up to `up_to`."""
    up_to: float
    reorders: bool
    enters: int
    exits: tuple[int, ...]
    routing: int
    who: int
    priority: Code | None


@dataclass(frozen=True, slots=True)
class PlacePlan:
    """Where a request, or a branch of one, is when a run starts."""

    kind: int
    source: int
    number: int
    """Of its draws, among those that are there at the start."""
    who: int
    asked: int
    given: tuple[tuple[int, float], ...]
    """Attributes that are known."""
    quantity: float
    """What an order is for."""
    of: int
    """The place of the first branch of the same request; its own if there is no other."""
    branches: int
    """How many branches the request has, at the first of them; 0 at the others."""
    state: int
    service: int
    handoff: int
    entries: int
    """Earlier visits to the service."""
    elapsed: int
    remaining: int
    """Ticks; NONE if it is drawn."""
    way: int
    """Which of the service's alternatives is at work."""
    units: tuple[tuple[int, ...], ...]
    """Which units of each provider are at work, where they have an identity."""
    leader: int
    """The place of who leads its batch; its own where it is worked on alone."""


@dataclass(frozen=True, slots=True)
class OpeningPlan:
    """What is in the chain when a run starts."""

    places: tuple[PlacePlan, ...]
    deliveries: tuple[tuple[int, int, float], ...]
    """Stock, instant and quantity of what is on order and comes by itself."""


@dataclass(frozen=True)
class Program:
    """A chain lowered for a run of given length.

    Attributes
    ----------
    chain : Chain
        What is run: as it was written, but with what trainings do in place of them.
    time_unit : int
        Ticks per unit of time.
    unit : str
        The name of that unit.
    window : tuple of int
        Start and end of the window of statistics, in ticks.
    stop : int
        The latest instant that a run may reach.
    terminating : bool
        Whether the run ends with the window.
    words, attributes : tuple of str
        What word codes and attribute numbers stand for.
    """

    chain: Chain
    time_unit: int
    unit: str
    window: tuple[int, int]
    stop: int
    terminating: bool
    weekday: int
    """Weekday of time 0, Monday being 0."""
    words: tuple[str, ...]
    attributes: tuple[str, ...]
    providers: tuple[ProviderPlan, ...]
    services: tuple[ServicePlan, ...]
    consumers: tuple[ConsumerPlan, ...]
    handoffs: tuple[HandoffPlan, ...]
    calls: tuple[CallPlan, ...]
    stocks: tuple[StockPlan, ...]
    features: frozenset[str] = frozenset()
    """What the chain uses (see :mod:`~serviceflow.engine.program.features`)."""
    visit_columns: tuple[str, ...] = ()
    """The columns of visits that this chain can fill, in their order in the record."""
    request_columns: tuple[str, ...] = ()
    begin: int = 0
    """The instant at which a run starts, in ticks from time 0."""
    opening: OpeningPlan | None = None
    """What is there then; None if the chain starts empty but for backlogs and stocks."""
    wordy: frozenset[str] = frozenset()
    """The attributes whose values are codes of words."""
    lengths: tuple[str | float | None, str | float | None, str | None] = (None, None, None)
    """Duration, warm-up and horizon, as they were given."""
    is_ranked: bool = False
    """Whether elements are numbered as engines number them, not in the order of their names."""
    trainings: tuple[Trained, ...] = ()
    """The trainings, in the order in which they begin; `chain` says what they do."""

    @property
    def written(self) -> Chain:
        """The chain as it was written, with its trainings."""
        return self.chain._written or self.chain

    def is_word(self, attribute: str) -> bool:
        return attribute in self.wordy
