"""What flows in a run of the SimPy engine: requests, their branches, and visits.

The attributes of :class:`Request` and :class:`Visit` that are columns of the record carry their names.
Defaults stand in the class, so that a visit holds only what happened to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serviceflow.engine.program.codes import COMPLETED, CONSUMER, NEVER_REACHED, UNFINISHED

if TYPE_CHECKING:
    from serviceflow.engine.reference.providers import Provider, Unit
    from serviceflow.engine.reference.queues import Line

BRANCHES = 1 << 20
"""Identities of visits leave room for this many branches of a request."""


class Request:
    """A unit of work, from its asking to its end."""

    kind = CONSUMER
    consumer = -1
    parent = -1
    ended = NEVER_REACHED
    outcome = UNFINISHED
    verdict = UNFINISHED
    """How its last branch ended; the outcome, once the answer of a call has come back."""
    quantity = 0.0
    priority = 0.0

    asker: Request | None = None
    """The request in whose course this one was called."""
    caller: Visit | None = None
    """The visit that waits for this request's answer."""
    order: Any = None
    """The stock whose order this is."""
    outstanding = 0.0
    """What the order has still to produce."""
    on_end: Any = None
    """Called at the end: a closed population thinks again, an outage is over."""
    served = False
    """Whether any work on it has started."""

    def __init__(
        self, row: int, source: int, number: int, asked: int, who: int, attributes: list[float]
    ) -> None:
        self.row = row
        self.source = source
        self.number = number
        self.asked = asked
        self.who = who
        self.attributes = attributes
        self.branches = 1
        self.open = 1
        self.root = Branch(self, 0, who, number, None)


class Branch:
    """One strand of a request: the request itself (number 0), or a branch of a split.

    `who` and `number` key its draws; `entries` counts its visits to each service. `common` tells that
    many requests share its `who`, so that draws for them are worth preparing together.
    """

    __slots__ = ("common", "entries", "index", "number", "request", "split", "who")

    def __init__(self, request: Request, index: int, who: int, number: int, split: Split | None) -> None:
        self.request = request
        self.index = index
        self.who = who
        self.number = number
        self.split = split
        self.common = split is None
        self.entries: dict[int, int] = {}


class Split:
    """Branches that left a service together, until a join has what it waits for."""

    __slots__ = ("branches", "ended", "outcome", "parent", "passed", "waiting")

    def __init__(self, parent: Branch, branches: int) -> None:
        self.parent = parent
        self.branches = branches
        self.ended = 0
        self.waiting: list[Visit] = []
        self.passed = False
        self.outcome = COMPLETED


class Visit:
    """One request at one service, once."""

    handoff = -1
    call = -1
    previous = -1
    member = -1
    provider = -1
    together = 0
    arrived_by_return = 0
    visit = 1
    arrived = queued = started = finished = left = NEVER_REACHED
    outcome = UNFINISHED
    clarifications = 0

    handoff_dispatch = handoff_delay = handoff_clarification = 0
    wait_join = wait_call = wait_stock = wait_batch = 0
    wait_off_shift = wait_carried_over = wait_outage = wait_held = wait_partner = 0
    wait_prioritization = wait_contention = 0
    setup = work = 0
    pause_off_shift = pause_outage = pause_preempted = pause_call = 0
    blocked = 0

    occurrence = 0
    """Earlier entries of this branch to this service."""
    stage: str = "handoff"
    since = 0
    """Start of the present stage."""
    batch: list[Visit] | None = None
    """The members of the batch that this visit leads, itself among them."""
    leader: Visit | None = None
    """The visit that leads the batch of this one."""
    done = False
    """Whether the work itself is over."""
    line: Line | None = None
    marks: tuple[int, ...] = ()
    came = 0
    """How long nobody had been on duty for its line, when somebody was for the first time after it joined."""
    met = False
    """Whether somebody was on duty while it stood in the line before: batches join again as they change."""
    credit = 0
    key: Any = 0.0
    priority = 0.0
    drawn: int | None = None
    """Ticks of work, once drawn."""
    remaining = 0
    resumed = 0
    finish: Any = None
    """The event of its finish, while work is going on."""
    awaiting = 0
    """Answers that it waits for."""
    suspended = False
    """Whether its work stands still, its staff free for others."""
    pause_cause = ""
    pause_reason = ""
    paused_at = 0
    claims: Provider | None = None
    """The provider in whose queue it holds a place."""
    chosen: tuple[int, ...] = ()
    """The handoffs by which it will leave, and has not yet."""
    branches: dict[int, Branch] | None = None
    """The branch that goes by each of them, where it splits."""
    wanted: tuple[tuple[int, float], ...] = ()
    """Stocks that it waits for, and how much of each."""
    taken: tuple[tuple[int, float], ...] = ()
    """What it has taken of stocks, until work begins."""

    def __init__(self, number: int, branch: Branch, service: int, asked: int) -> None:
        self.id = number
        self.strand = branch
        self.owner = branch.request
        self.request = branch.request.row
        self.branch = branch.index
        self.identity = self.request * BRANCHES + branch.index
        self.service = service
        self.asked = asked
        self.grants: list[tuple[Provider, int, list[Unit]]] = []
        """Staff that it holds: provider, how many, and which where they have names."""
