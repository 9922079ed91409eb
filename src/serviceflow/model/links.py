"""Directed links: handoffs and calls, and the way that both take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import PlainValidator, WithJsonSchema, model_validator

from serviceflow.model.complaints import Complaints
from serviceflow.model.expressions import Expression
from serviceflow.model.fields import (
    END,
    NO_LABELS,
    Condition,
    Dispatches,
    Duration,
    Element,
    Labels,
    Positive,
    Reference,
    Share,
    YesNo,
    choice,
    read_name,
    shown,
)
from serviceflow.model.mistakes import Collector
from serviceflow.model.sla import SLA

_ARROW = re.compile(r"\s*->\s*")


@dataclass(frozen=True, order=True)
class Link:
    """The key of a handoff or call: where it starts, where it leads, and by which way if there are several.

    ``str(link)`` is ``A -> B`` or ``A -> B via phone``; the target ``end`` ends the request.
    """

    origin: str
    target: str
    via: str | None = None

    @classmethod
    def parse(cls, text: str | Link) -> Link:
        """Read ``A -> B`` or ``A -> B via phone``.

        Parameters
        ----------
        text : str or Link
            As in a model file.

        Returns
        -------
        Link
            The same as parts.

        Raises
        ------
        ValueError
            If it is no link.

        See Also
        --------
        checked : from parts.
        """
        if isinstance(text, Link):
            return text
        ends = _ARROW.split(text.strip()) if isinstance(text, str) else []
        if len(ends) != 2:
            raise ValueError(f"{shown(text)} is no link; write it as 'A -> B', or 'A -> B via phone'")
        target, *ways = ends[1].split(" via ")
        if len(ways) > 1:
            raise ValueError(f"{shown(text)} names two ways; write one, as 'A -> B via phone'")
        return cls.checked(ends[0], target.strip(), ways[0].strip() if ways else None)

    @classmethod
    def checked(cls, origin: str, target: str, via: str | None = None) -> Link:
        """A link whose parts are names.

        Parameters
        ----------
        origin, target : str
            Names of its ends.
        via : str, optional
            The channel.

        Returns
        -------
        Link
            With names that may stand in a model file.

        See Also
        --------
        parse : from text.
        """
        target = END if isinstance(target, str) and target.casefold() == END else read_name(target)
        return cls(read_name(origin), target, None if via is None else read_name(via))

    @property
    def ends(self) -> bool:
        """Whether the request ends by it."""
        return self.target == END

    def __str__(self) -> str:
        return f"{self.origin} -> {self.target}" + (f" via {self.via}" if self.via else "")


class Batch(Element):
    """How many go together."""

    size: Positive
    """How many make a batch."""
    max_wait: Duration | None = None
    """How long the first of a batch waits before it goes unfilled."""

    @model_validator(mode="after")
    def _steady(self) -> Self:
        collector = Collector()
        must_be_constant(self, collector, "a duration, such as 2 h", "max_wait")
        collector.close()
        return self


class Clarification(Element):
    """What happens when the information that arrives is incomplete."""

    probability: Share
    """The share that arrives incomplete, each time anew."""
    delay: Duration | None = None
    """How long it takes to complete it."""
    returns_to: Reference | None = None
    """The service to which an incomplete request goes back, in place of a delay."""


class Transfer(Element):
    """A way from a sender to a receiver."""

    every: Duration | None = None
    """Time between dispatches, counted from time 0: the next one takes along what is waiting."""
    at: Dispatches | None = None
    """Instants of dispatch, by the day."""
    batch: Batch | None = None
    """How many wait for each other before they leave together."""
    delay: Duration | None = None
    """How long the way takes."""
    clarification: Clarification | None = None
    """How often what arrives is incomplete, and what that costs."""
    calendar: Reference | None = None
    """The calendar in whose open time all this happens."""

    @model_validator(mode="after")
    def _one_dispatch(self) -> Self:
        collector = Collector()
        at_most_one(self, collector, "every", "at", "batch")
        must_be_constant(self, collector, "a duration, such as 30 min", "every")
        collector.close()
        return self


class Routed(Transfer):
    """A way that a request takes or not."""

    probability: Share | None = None
    """The share that takes this way."""
    when: Condition | None = None
    """The condition under which this way is open."""
    sla: SLA | None = None
    """What is promised on this link."""
    needs: SLA | None = None
    """What the receiver needs on this link, in the words of a promise; nothing is held to it."""
    complaints: Complaints | None = None
    """How likely the receiver complains, by what happened on this link; worked out after a run."""
    labels: Labels = NO_LABELS
    """Labels, which become columns of the tables."""


class Handoff(Routed):
    """How a request gets from one service to the next."""

    after: Annotated[
        str,
        PlainValidator(choice("finished", "gave up", "refused", "timed out")),
        WithJsonSchema({"enum": ["finished", "gave up", "refused", "timed out"]}),
    ] = "finished"
    """Which requests go: those that finished, that gave up waiting, that were refused, or that timed out."""


class Call(Routed):
    """How a service asks another and waits for the answer."""

    answer: Transfer | None = None
    """The way of the answer."""
    ask: Annotated[
        str,
        PlainValidator(choice("before", "start", "end")),
        WithJsonSchema({"enum": ["before", "start", "end"]}),
    ] = "before"
    """When it asks: before the request queues for staff, at the start of work, or at its end."""
    wait: YesNo = True
    """Whether it waits for the answer."""


def at_most_one(element: Element, collector: Collector, *names: str) -> list[str]:
    """Note a mistake if several of some alternative fields are set; give those that are."""
    found = [name for name in names if getattr(element, name) is not None]
    if len(found) > 1:
        collector.add(f"{' and '.join(found)} exclude each other; keep one of them", found[1], at_key=True)
    return found


def must_be_constant(element: Element, collector: Collector, example: str, *names: str) -> None:
    """Note a mistake for each of some fields that is drawn, or depends on a request."""
    for name in names:
        found = getattr(element, name)
        if found is not None and (found.has_distribution or not found.is_constant):
            collector.add(f"{shown(str(found))} must be constant; write {example}", name)


def exactly_one(element: Element, collector: Collector, example: str, *names: str) -> None:
    """Note a mistake if not just one of some alternative fields is set."""
    if not at_most_one(element, collector, *names):
        collector.add(f"one of {', '.join(names)} is needed; {example}")


Expressions = Mapping[str, Expression]
