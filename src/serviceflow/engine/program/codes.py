"""Every enumeration of a run, once: what is known by a number in programs, engines, records and results.

Names stand with their numbers; where people read or write the names (in a model file, in a table), a tuple or
a mapping beside them has the spelling. Nothing else may list them again.
"""

from __future__ import annotations

from serviceflow.model.schedules import NEVER as NEVER

NONE = -1
"""No element, no row, no visit."""
NOBODY = -1
END = -1
"""The target of a handoff by which a request ends."""
ALL = -1
"""A join that waits for every branch."""
ANY = -1
"""A skill that everybody has."""
NEVER_REACHED = -1
"""An instant that did not come."""

# Requests and how they end

CONSUMER, ORDER, OUTAGE, CALLED = range(4)
REQUEST_KINDS = ("consumer", "order", "outage", "called")
"""Asked by a consumer, by a stock that reorders, by a provider that broke down, or by a call."""

COMPLETED, GAVE_UP, REFUSED, UNFINISHED, JOINED, TIMED_OUT = range(6)
OUTCOMES = ("completed", "gave up", "refused", "unfinished", "joined", "timed out")
"""How requests and visits end; *joined* are visits of branches that ended in a join."""
LEFT_EARLY = (GAVE_UP, TIMED_OUT)
"""Outcomes of those who left before they were served to the end, because it took too long: figures count
both as *gave up*."""

AFTER = {"finished": COMPLETED, "gave up": GAVE_UP, "refused": REFUSED, "timed out": TIMED_OUT}
"""After which outcome of a visit a handoff is taken."""
EXITS = tuple(AFTER.values())
"""The outcomes in the order in which a service lists what follows them."""

BEFORE, AT_START, AT_END = range(3)
ASK = {"before": BEFORE, "start": AT_START, "end": AT_END}
"""When a call is made."""

# Where the time goes

HANDOFF_PARTS = ("handoff_dispatch", "handoff_delay", "handoff_clarification")
WAITS = (
    "join",
    "call",
    "stock",
    "batch",
    "off_shift",
    "carried_over",
    "outage",
    "held",
    "partner",
    "prioritization",
    "contention",
)
"""Causes of waiting, from arrival to the start of work, in the order in which they are sought."""
QUEUE_WAITS = WAITS[WAITS.index("off_shift") :]
"""Those that take turns in a queue for staff."""
PAUSE_OFF_SHIFT, PAUSE_OUTAGE, PAUSE_PREEMPTED, PAUSE_CALL = range(4)
PAUSES = ("off_shift", "outage", "preempted", "call")
"""Why work stands still between its start and its finish."""

WAIT_PARTS = tuple(f"wait_{cause}" for cause in WAITS)
QUEUE_PARTS = tuple(f"wait_{cause}" for cause in QUEUE_WAITS)
WORK_PARTS = ("setup", "work", *(f"pause_{cause}" for cause in PAUSES))
PARTS = (*HANDOFF_PARTS, *WAIT_PARTS, *WORK_PARTS, "blocked")
"""The parts of a visit: handoff, waiting, work with its pauses (setup apart), blocked."""

INSTANTS = ("asked", "arrived", "queued", "started", "finished", "left")

CAUSE_OFF_SHIFT, CAUSE_AWAY, CAUSE_OUTAGE, CAUSE_HELD, CAUSE_PARTNER, CAUSE_CONTENTION = range(6)
"""The clocks of a queue; that of prioritization is each visit's own. While nobody is on duty (away) a visit
waits off shift until somebody comes, and is carried over in later nights; where those on duty begin nothing
more, it waits off shift."""

# Providers

FIFO, LIFO, PRIORITY, EARLIEST, SHORTEST, RANDOM = range(6)
DISCIPLINES = ("fifo", "lifo", "priority", "earliest due date", "shortest service", "random")
PAUSE, FINISH_WORK, FIT = range(3)
OFF_SHIFT = ("pause", "finish", "fit")

# Where requests are when a run starts from a state

IN_WORK, STANDING, QUEUED, WAITING, ON_THE_WAY = range(5)
PLACES = ("in work", "paused", "queued", "waiting", "on the way")
"""What requests do that are there when a run starts, in the order in which they are put into the chain."""
TRIES = 100
"""Draws of what has lasted for some time already, until one is longer; then it is over at once."""

# Events

FINISH, FAILURE, STAFF, ARRIVAL, ASKING, BATCH, STARTS, PATIENCE, TIMEOUT = range(1, 10)
"""Kinds of events, in their order at one instant (SimPy keeps 0 for itself)."""

WAY_THERE, WAY_BACK, SERVICE_BATCH = 1 << 20, 2 << 20, 3 << 20
"""Trays are numbered by their handoff; those of calls and of services stand apart."""

STANDSTILL = 100_000
"""Things that happen at one instant, beyond those ALLOWED, after which time is held to have stopped."""
ALLOWED = 100
"""Things that may happen at one instant to each visit that is there already, or that is to come then."""
MOST_ROUNDS = 100_000
"""Rounds of clarification after which the information is held never to be complete."""
MOST_AT_ONCE = 1_000_000
"""Requests that one arrival may bring."""
ROUNDING = 1e-9
"""How far a sum of probabilities may be from one, and quantities of a stock that are equal may differ (as a
share of the largest that it has seen)."""
