"""The auditor: reads a chain and a record, knows no engine, and lists every rule that the record breaks.

It is the second mind beside the engines: slow and plain, with a reading of calendars, queues and sums of its
own. It starts from what must hold, not from how it comes about:

* nobody who could start or go on waits while all that it needs is free;
* no less urgent work is in hand where more urgent work could have its staff;
* no more are at work than on duty and up, except in overtime, which is counted;
* nobody waits in a queue without places, or is refused or blocked where there is one;
* queues keep their order, kept staff are kept, members have the skill and are there;
* handoffs, and steps without length, keep to dispatches, trays and calendars;
* joins, calls, batches, stocks and patience do what they say;
* parts sum, and each cause of waiting is true at its instant;
* figures over the window are what plain sums come to.

What a record does not tell is left out, so that what is found is wrong indeed: draws (a duration, a patience
or a priority that is random, and who is next where the discipline is), the order of two that are equal by all
that the rules name, which of several idle units works, queues ordered by rules in Python, whether a room
stays taken while its nurse is away, and what units with a setup or experience may take over from each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from serviceflow.analysis.audit.causes import Causes, check_pauses
from serviceflow.analysis.audit.deadlocks import check_deadlocks
from serviceflow.analysis.audit.figures import check_figures, told_by_record, told_by_results
from serviceflow.analysis.audit.floor import Floor
from serviceflow.analysis.audit.history import History
from serviceflow.analysis.audit.lives import check_lives, check_requests
from serviceflow.analysis.audit.meetings import (
    check_batches,
    check_calls,
    check_joins,
    check_nested_joins,
    check_patience,
    check_timeouts,
)
from serviceflow.analysis.audit.openings import check_openings
from serviceflow.analysis.audit.order import Order
from serviceflow.analysis.audit.places import Queues, check_blocking
from serviceflow.analysis.audit.report import KINDS, AuditReport, Breach
from serviceflow.analysis.audit.staff import Staff
from serviceflow.analysis.audit.supplies import check_stocks
from serviceflow.analysis.audit.ways import check_ways

if TYPE_CHECKING:
    from serviceflow.engine.record.record import Record
    from serviceflow.results.results import Results

CHECKS = (
    check_lives,
    check_requests,
    check_ways,
    check_patience,
    check_timeouts,
    check_calls,
    check_joins,
    check_nested_joins,
    check_batches,
    check_stocks,
    check_openings,
)


def audit(results: Results) -> AuditReport:
    """Read every record of some results, and their figures.

    Raises
    ------
    NotKeptError
        If the results keep a summary: it has no visits to read.
    """
    records = results._records_for("results.audit", "there are no records to read")
    found: list[Breach] = []
    for record in records:
        history = History(record)
        told = told_by_results(results, record.replication)
        breaches = [*breaches_of(history), *check_figures(history, told)]
        found += [replace(breach, replication=record.replication) for breach in breaches]
    return AuditReport(results.chain.name, len(records), tuple(found))


def audit_record(record: Record) -> tuple[Breach, ...]:
    """Every rule that one record breaks, and what is wrong in its figures, in order of time."""
    history = History(record)
    return (*breaches_of(history), *check_figures(history, told_by_record(record)))


def breaches_of(history: History) -> list[Breach]:
    """Every breach in order of time."""
    found = [breach for check in CHECKS for breach in check(history)]
    found += _on_the_floor(history)
    return sorted(found, key=lambda breach: (breach.instant or 0, breach.kind, breach.where, breach.requests))


def _on_the_floor(history: History) -> Iterator[Breach]:
    """What is seen by looking at all providers after each instant."""
    floor = Floor(history)
    staff, order, queues, causes = Staff(floor), Order(floor), Queues(floor), Causes(floor)
    for moment in floor.moments():
        causes.look(moment)
        yield from queues.look(moment)
        yield from staff.look(moment)
        yield from order.look(moment)
    yield from causes.compare()
    yield from check_pauses(floor)
    yield from check_blocking(floor)
    yield from check_deadlocks(floor)


__all__ = ["KINDS", "AuditReport", "Breach", "audit", "audit_record"]
