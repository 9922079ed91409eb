"""The reference engine: the rules of a run, stated as plainly as we can, on SimPy.

A run is a loop over events in the order (time, kind, number): finishes, outages and repairs, staff changes,
arrivals, requests that are created, batches that are due, then starts, then those whose patience ends. The
number is that of the visit, consumer or provider concerned, so that the order at one instant never
depends on which event was planned first. What happens to a visit, in order::

    send -> arrive -> (join) -> (calls) -> (stock) -> (batch) -> queue -> start -> work -> finish -> leave

Each step is a method of :mod:`.flow`, and each goes on to the next when what it waits for is there. Beside it
stand the rules by subject, in modules whose twins in ``kernel`` have the same name: :mod:`.requests`,
:mod:`.arrivals`, :mod:`.opening`, :mod:`.handoffs`, :mod:`.calls`, :mod:`.splits`, :mod:`.batches`,
:mod:`.stocks`,
:mod:`.queues`, :mod:`.places`, :mod:`.patience`, :mod:`.dispatching`, :mod:`.providers`, :mod:`.pauses`,
:mod:`.evaluation`, :mod:`.deadlock`, :mod:`.standstill`. :mod:`.loop` is the loop over events,
:mod:`.follow_ups` what follows within the instant,
:mod:`.behaviours` what users write in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import simpy

from serviceflow.engine.program.lowering import ranked
from serviceflow.engine.program.plans import Program
from serviceflow.engine.random.draws import Draws
from serviceflow.engine.record.numbering import read
from serviceflow.engine.record.record import Record
from serviceflow.engine.record.recorder import Recorder
from serviceflow.engine.reference.arrivals import Arrivals
from serviceflow.engine.reference.batches import Batches
from serviceflow.engine.reference.behaviours import Behaviours, Policies
from serviceflow.engine.reference.calls import Calls
from serviceflow.engine.reference.dispatching import Dispatching, Lines
from serviceflow.engine.reference.entities import Request, Visit
from serviceflow.engine.reference.evaluation import Values
from serviceflow.engine.reference.flow import Flow
from serviceflow.engine.reference.follow_ups import FollowUps
from serviceflow.engine.reference.handoffs import Handoffs
from serviceflow.engine.reference.loop import Loop
from serviceflow.engine.reference.opening import Openings
from serviceflow.engine.reference.patience import Patience
from serviceflow.engine.reference.pauses import Pauses
from serviceflow.engine.reference.places import Places
from serviceflow.engine.reference.providers import Crew, Members, Provider, Staff
from serviceflow.engine.reference.requests import Requests
from serviceflow.engine.reference.splits import Splits
from serviceflow.engine.reference.standstill import Standstill
from serviceflow.engine.reference.stocks import Stocks
from serviceflow.engine.runner import Runner
from serviceflow.errors import ServiceflowError


class Event(simpy.Event):
    """Something that will happen at an instant: an action, and what it is about."""

    _ok = True

    def __init__(self, action: Callable[[Any], None], about: Any) -> None:
        self.callbacks = (action,)  # type: ignore[assignment]
        self.about = about


def run(
    program: Program,
    seed: int,
    replication: int = 0,
    behaviours: Behaviours | None = None,
    watch: Callable[[Engine], None] | None = None,
) -> Record:
    """Run a program once.

    Parameters
    ----------
    program : Program
        A lowered chain.
    seed, replication : int
        The key of every random number.
    behaviours : Behaviours, optional
        Rules that are written in Python; the program must have been lowered with them.
    watch : callable, optional
        Called with the engine now and then; what it raises ends the run.

    Raises
    ------
    DeadlockError
        If held units wait for one another in a circle; it names them.
    RunError
        If an expression gives what cannot be (a negative duration), or time stands still.
    """
    return Engine(program, seed, replication, behaviours or Behaviours(), watch).run()


@dataclass(frozen=True)
class Simpy(Runner):
    """The SimPy engine, which runs every program."""

    behaviours: Behaviours | None = None
    watch: Callable[[Engine], None] | None = None
    name: ClassVar[str] = "simpy"

    def run(self, seed: int, replication: int) -> Record:
        return run(self.program, seed, replication, self.behaviours, self.watch)


class TooLong(Exception):
    """A trial that made more visits than it was to."""


def is_short(program: Program, seed: int, visits: int) -> bool:
    """Whether a run makes no more than so many visits; what is wrong with it is for the run to say."""

    def look(engine: Engine) -> None:
        if engine.next_visit > visits:
            raise TooLong

    try:
        record = run(program, seed, watch=look)
    except TooLong:
        return False
    except ServiceflowError:
        return True
    return len(record.visits) <= visits


class Engine:
    """One replication under way."""

    def __init__(
        self,
        program: Program,
        seed: int,
        replication: int,
        behaviours: Behaviours,
        watch: Callable[[Engine], None] | None = None,
    ) -> None:
        self.reader = program
        self.program = program = ranked(program)
        self.watch = watch
        self.behaviours = behaviours
        self.seed = seed
        self.replication = replication
        self.env = simpy.Environment(initial_time=program.begin)
        self.now = program.begin
        self.recorder = Recorder(program)
        self.draws = Draws(seed, replication)
        self.values = Values(program, self)
        self.services = program.services
        self.live: dict[int, Visit] = {}
        """Visits that are not yet in the record, by number."""
        self.open_requests: dict[int, Request] = {}
        """Requests that have not ended, by row."""
        self.next_visit = 0
        self.next_row = 0
        self.unfinished_in_window = 0
        self.providers: list[Provider] = [
            (Members if plan.members else Crew if plan.named else Provider)(self, plan)
            for plan in program.providers
        ]
        self.standstill = Standstill(self)
        self.follow_ups = FollowUps()
        self.lines = Lines(self)
        self.arrivals = Arrivals(self)
        self.openings = Openings(self)
        self.requests = Requests(self)
        self.flow = Flow(self)
        self.handoffs = Handoffs(self)
        self.calls = Calls(self)
        self.splits = Splits(self)
        self.batches = Batches(self)
        self.stocks = Stocks(self)
        self.places = Places(self)
        self.patience = Patience(self)
        self.dispatching = Dispatching(self)
        self.staff = Staff(self)
        self.pauses = Pauses(self)
        self.policies = Policies(self)

    def run(self) -> Record:
        self.open()
        loop = Loop(self)
        stopped = loop.run()
        loop.close(stopped)
        return read(self.recorder.finish(self.seed, self.replication, stopped), self.reader)

    @property
    def share(self) -> float:
        """Which share of the time to the end of the window has gone by."""
        return min(self.now / self.program.window[1], 1.0)

    def open(self) -> None:
        for team in self.providers:
            self.staff.open_provider(team)
        self.openings.open()
        self.arrivals.open()
        self.stocks.open()
        self.standstill.next_instant()
        for number, policy in enumerate(self.behaviours.policies):
            self.policies.plan_policy(number, policy)

    def plan(self, time: int, kind: int, number: int, action: Callable[[Any], None], about: Any) -> Event:
        """Let `action` happen at `time`; among its kind it comes in the order of `number`."""
        event = Event(action, about)
        self.env.schedule(event, (kind << 48) | number, time - self.now)  # type: ignore[arg-type]
        return event
