"""Promises: a share of requests within a time, on a clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import PlainValidator, WithJsonSchema, model_validator

from serviceflow.model.expressions import Expression, expression
from serviceflow.model.fields import Element, PlainShare, Reference, References, read_mapping, shown
from serviceflow.model.mistakes import Collector, Mistake, Mistakes
from serviceflow.model.nodes import Distribution, Name, Number, Quantity
from serviceflow.units import decimal_text, parse_share

ELAPSED = "elapsed"
CAUSES = (
    "handoff",
    "dispatch",
    "delay",
    "clarification",
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
    "preempted",
    "blocked",
)
"""Why time passes without work, as ``excluding`` may name it; ``handoff`` is the first three of its parts,
and ``off_shift`` is all time with nobody on duty, ``carried_over`` too."""
_TARGET = re.compile(r"\s*(\S+|\d\S*\s*%)\s+within\s+(\S.*?)\s*", re.DOTALL)
_PENALTY = re.compile(r"\s*([0-9.]+(?:[eE][0-9]+)?)\s*(?:per\s+breach)?\s*")
_EXAMPLE = "such as 95% within 15 min"


def cause(text: str) -> str | None:
    """The cause that a text names, if it names one; spaces count as underscores."""
    name = text.strip().replace(" ", "_")
    return name if name in CAUSES else None


class Target(Element):
    """A share of requests, and the time within which they are served."""

    share: float
    within: Expression

    def __str__(self) -> str:
        simple = isinstance(self.within.root, Quantity | Number | Name | Distribution)
        within = str(self.within)
        return f"{share_text(self.share)} within {within if simple else f'({within})'}"


def share_text(share: float) -> str:
    """A share as a percentage where that reads back to the same number."""
    text = f"{decimal_text(round(share * 100, 10))}%"
    return text if parse_share(text) == share else repr(share)


def read_target(value: object) -> Target:
    """A target from ``95% within 15 min``."""
    if isinstance(value, Target):
        return value
    if isinstance(value, Mapping) and set(value) == {"share", "within"}:
        return Target(share=parse_share(value["share"]), within=expression(value["within"], "duration"))
    found = _TARGET.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"{shown(value)} is no target; write a share within a time, {_EXAMPLE}")
    collector = Collector()
    share = collector.attempt(lambda text: parse_share(text), found[1])  # type: ignore[arg-type]
    within = collector.attempt(lambda text: expression(text, "duration"), found[2])
    if collector.items:
        raise Mistakes(tuple(_shifted(item, found.start(2)) for item in collector.items))
    assert share is not None
    assert within is not None
    return Target(share=share, within=within)


def _shifted(item: Mistake, by: int) -> Mistake:
    return item if item.offset is None else Mistake(item.message, item.path, item.offset + by)


def read_penalty(value: object) -> float:
    """A penalty from ``50 per breach`` or a bare number."""
    found = _PENALTY.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    try:
        if found and not isinstance(value, bool):
            return float(found[1])
    except ValueError:
        pass
    raise ValueError(f"{shown(value)} is no penalty; write an amount, such as 50 per breach")


TargetField = Annotated[
    Target,
    PlainValidator(read_target),
    WithJsonSchema({"type": "string", "description": f"A share within a time, {_EXAMPLE}"}),
]
Penalty = Annotated[
    float,
    PlainValidator(read_penalty),
    WithJsonSchema({"type": ["string", "number"], "description": "An amount, such as 50 per breach"}),
]


class SLA(Element):
    """What is promised to a consumer, or on a link."""

    response: TargetField | None = None
    """The share of requests whose work starts within a time: 95% within 15 min."""
    resolution: TargetField | None = None
    """The share of requests that are finished within a time: 90% within (1 h if vip else 4 h)."""
    until: Reference | None = None
    """The service whose first end stops the clock, in place of the end of the request."""
    clock: Reference = ELAPSED
    """``elapsed``, or the calendar whose open time is counted."""
    excluding: References = ()
    """Services, handoffs or causes of waiting during which the clock stands."""
    penalty: Penalty | None = None
    """What each breach costs: 50 per breach."""
    first_time_right: PlainShare | None = None
    """The share of requests that arrive without clarification or return: 95%."""

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, value: Any) -> Any:
        return value if isinstance(value, SLA) else read_mapping(value)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        collector = Collector()
        if not (self.response or self.resolution or self.first_time_right is not None):
            collector.add(f"promises nothing; set response or resolution, {_EXAMPLE}, or first_time_right")
        for name in ("response", "resolution"):
            if self.clock != ELAPSED and _in_days(getattr(self, name)):
                collector.add(
                    f"days have no fixed length on the clock {shown(self.clock)}; say hours of it", name
                )
        collector.close()
        return self


def _in_days(target: Target | None) -> bool:
    return target is not None and any(
        isinstance(node, Quantity) and node.unit in ("day", "week") for node in target.within.root.walk()
    )
