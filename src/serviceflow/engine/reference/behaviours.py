"""Behaviours written in Python: durations, choices, orders of queues, and policies that move staff.

They see requests and staff through small views that cannot change anything but what they are for. A
behaviour that wants chance asks its view for it, so that runs stay reproducible: :meth:`RequestView.uniform`
is keyed like every other draw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import STAFF
from serviceflow.engine.random.philox import mix, purpose
from serviceflow.errors import ModelError, Problem, RunError, nearest
from serviceflow.units import parse_duration

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.engine.reference.engine import Engine, Event
    from serviceflow.engine.reference.entities import Visit
    from serviceflow.engine.reference.providers import Provider

CHANCE = purpose("behaviour")


@dataclass(frozen=True)
class Policy:
    """Something done every so often, such as lending a clerk to the longer queue.

    Attributes
    ----------
    every : str
        How often, counted from time 0 (where it does not act yet): ``"1 h"``.
    act : callable
        Takes a :class:`Floor`, looks at queues and staff, and may move staff.
    """

    every: str
    act: Callable[[Floor], None]


@dataclass(frozen=True)
class Behaviours:
    """Rules of a run that are written in Python; only the SimPy engine runs them.

    Attributes
    ----------
    durations : mapping
        Service to a function that takes a :class:`RequestView` and gives the time that the work takes, in the
        chain's time unit.
    choices : mapping
        Service to a function that takes a :class:`RequestView` and the names of the targets of its handoffs,
        and gives the one that the request takes.
    orders : mapping
        Provider to a function that takes a :class:`RequestView` and gives a number; the least goes first.
    policies : tuple of Policy
        What is done every so often.
    """

    durations: Mapping[str, Callable[[RequestView], float]] = field(default_factory=dict)
    choices: Mapping[str, Callable[[RequestView, tuple[str, ...]], str]] = field(default_factory=dict)
    orders: Mapping[str, Callable[[RequestView], float]] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.durations or self.choices or self.orders or self.policies)

    def check(self, program: Program) -> None:
        """Say which names are not in the chain.

        Raises
        ------
        ModelError
            With every name that is not.
        """
        services = [plan.name for plan in program.services]
        providers = [plan.name for plan in program.providers]
        named = [("durations", self.durations, services), ("choices", self.choices, services)]
        problems = [
            Problem(f"behaviours.{what}.{name}", f"there is no such name{nearest(name, known)}")
            for what, found, known in [*named, ("orders", self.orders, providers)]
            for name in found
            if name not in known
        ]
        if problems:
            raise ModelError(problems)


class RequestView:
    """What a behaviour may know of a request at a service."""

    def __init__(self, engine: Engine, visit: Visit) -> None:
        self._engine = engine
        self._visit = visit

    @property
    def now(self) -> float:
        """The present instant, in the chain's time unit."""
        return self._engine.now / self._engine.program.time_unit

    @property
    def asked(self) -> float:
        """When the request was asked, in the chain's time unit."""
        return self._visit.owner.asked / self._engine.program.time_unit

    @property
    def consumer(self) -> str:
        """In whose name it runs; empty for orders and outages."""
        index = self._visit.owner.consumer
        return self._engine.program.consumers[index].name if index >= 0 else ""

    @property
    def service(self) -> str:
        return self._engine.services[self._visit.service].name

    @property
    def visit(self) -> int:
        """Which visit to this service it is: 1, 2, ..."""
        return self._visit.visit

    @property
    def priority(self) -> float:
        return self._visit.priority

    @property
    def attributes(self) -> dict[str, float | str]:
        """Its attributes by name; words as words."""
        program = self._engine.program
        return {
            name: program.words[int(value)] if program.is_word(name) and value == value else value
            for name, value in zip(program.attributes, self._visit.owner.attributes, strict=True)
        }

    def uniform(self, number: int = 0) -> float:
        """A random number between 0 and 1, the same in every scenario; `number` tells several apart."""
        service = self._visit.service
        return self._engine.values.uniform(mix(CHANCE, service, number), self._visit)

    def __repr__(self) -> str:
        return f"RequestView({self.consumer!r}, {self.service!r}, now={self.now:g})"


class Floor:
    """What a policy sees, and what it may do: move staff from one provider to another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def now(self) -> float:
        """The present instant, in the chain's time unit."""
        return self._engine.now / self._engine.program.time_unit

    @property
    def providers(self) -> tuple[str, ...]:
        return tuple(sorted(plan.name for plan in self._engine.program.providers))

    def queue(self, provider: str) -> int:
        """How many wait for a provider's staff."""
        return sum(len(line.entries) for line in self._team(provider).lines)

    def staff(self, provider: str) -> int:
        """How many are on duty, those lent or borrowed counted."""
        return self._team(provider).on_duty

    def busy(self, provider: str) -> int:
        """How many have a request in hand."""
        return self._team(provider).occupied

    def move(self, origin: str, target: str, count: int = 1) -> None:
        """Lend staff of one provider to another, until they are moved back; idle staff go first.

        Raises
        ------
        RunError
            If there are not as many on duty, or staff have names.
        """
        giver, taker = self._team(origin), self._team(target)
        for team in (giver, taker):
            if team.plan.named:
                raise RunError(
                    f"{team.plan.name}: its staff are told apart by name or setup and cannot be lent"
                )
        if not 0 <= count <= giver.on_duty:
            raise RunError(f"{origin} has {giver.on_duty} on duty; {count} cannot be moved")
        giver.lend(-count)
        taker.lend(count)

    def _team(self, provider: str) -> Provider:
        for team in self._engine.providers:
            if team.plan.name == provider:
                return team
        raise RunError(f"there is no provider {provider!r}{nearest(provider, self.providers)}")


class Policies:
    """The policies of a run, which act every so often."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def plan_policy(self, number: int, policy: Policy) -> None:
        """A policy acts with the staff changes of its instant, after those of the schedules."""
        every = parse_duration(policy.every, self.engine.program.unit)
        if every <= 0:
            raise RunError(f"a policy acts every {policy.every!r}; it must be longer than 0")
        about = (number, policy)
        self.engine.plan(
            (self.engine.now // every + 1) * every, STAFF, (1 << 40) | number, self.on_policy, about
        )

    def on_policy(self, event: Event) -> None:
        number, policy = event.about
        policy.act(Floor(self.engine))
        self.plan_policy(number, policy)
