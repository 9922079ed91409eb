"""Which features the kernel knows, and which of its modules each of them needs."""

from __future__ import annotations

from serviceflow.engine.program.features import Feature as F
from serviceflow.engine.program.plans import Program
from serviceflow.errors import NotSupportedError

SUPPORTED = frozenset(
    (
        *(F.HANDOFFS, F.SHARES, F.CONDITIONS, F.DISPATCHES, F.TRAYS, F.DELAYS, F.CLARIFICATIONS, F.RETURNS),
        *(F.HANDOFF_HOURS, F.CALLS, F.CALLS_BEFORE, F.CALLS_AT_WORK, F.CALLS_HOLD),
        *(F.STAFFED, F.ANY_OF, F.PARTNERS, F.SKILLS, F.RESERVE, F.SETUPS, F.LEARNING, F.BATCHES),
        *(F.CONSUMES, F.PRODUCES, F.SERVICE_HOURS, F.PATIENCE, F.AFTER_GIVING_UP, F.AFTER_REFUSAL),
        *(F.TIMEOUTS, F.AFTER_TIMEOUT),
        *(F.SERVICE_PRIORITY, F.SPLITS, F.JOINS, F.NO_STAFF, F.SHIFTS, F.SHIFTS_PAUSE, F.SHIFTS_FINISH),
        *(F.SHIFTS_FIT, F.MEMBERS, F.MEMBER_SHIFTS, F.NAMED_UNITS, F.LIFO, F.PRIORITY, F.EARLIEST),
        *(F.SHORTEST, F.RANDOM, F.PREEMPTION, F.LIMIT_REFUSES, F.LIMIT_BLOCKS, F.OUTAGES, F.REPAIR_SERVICE),
        *(F.PROFILES, F.ARRIVAL_INSTANTS, F.TRACES, F.TRACE_ATTRIBUTES, F.POPULATIONS, F.ARRIVAL_BATCHES),
        *(
            F.ARRIVAL_LIMITS,
            F.ENTRY_CHOICE,
            F.INITIAL,
            F.OPENING,
            F.ATTRIBUTES,
            F.STOCKS,
            F.REORDERS,
            F.EXPRESSIONS,
            F.OVERTAKING,
        ),
    )
)

MODULES = {
    F.BATCHES: "batches",
    F.CALLS: "calls",
    F.CALLS_AT_WORK: "deadlock",
    F.LIMIT_BLOCKS: "deadlock",
    F.NAMED_UNITS: "named_units",
    F.SHIFTS_FIT: "fitting",
    F.LEARNING: "learning",
    F.OPENING: "opening",
    F.SPLITS: "splits",
    F.STOCKS: "stocks",
}
"""Modules that only programs with a feature need; those for expressions depend on what these are made of."""


def covers(program: Program) -> bool:
    """Whether the kernel knows all that a program uses."""
    return program.features <= SUPPORTED


def check(program: Program) -> None:
    """Refuse a program that the kernel does not know all of.

    Raises
    ------
    NotSupportedError
        With what it does not know.
    """
    if unknown := sorted(program.features - SUPPORTED):
        raise NotSupportedError(
            f"engine='compiled' does not know {', '.join(unknown)}: use 'auto' or 'simpy'"
        )
