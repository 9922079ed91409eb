"""Complaints: how likely one is, by what happened to the request."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from serviceflow.model.fields import Element, Share, shown

OUTCOMES = {
    "wait": "duration",
    "time": "duration",
    "late": "flag",
    "wrong": "number",
    "refused": "flag",
    "gave_up": "flag",
}
"""What happened to a request, or on a link to a delivery, and of what kind that is: all its waiting; its time
from creation, or leaving, to the end; whether a promise to its consumer, or on the link, was broken; how
often information was incomplete; and whether it was lost."""


def _read_cost(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e12:
        return float(value)
    raise ValueError(f"{shown(value)} is no cost; write an amount from 0 on")


class Complaints(Element):
    """How often somebody complains, worked out after a run: complaints change nothing in it."""

    probability: Share
    """How likely a complaint is, by what happened: ``40% if late else 2%``."""
    cost: Annotated[float, PlainValidator(_read_cost), WithJsonSchema({"type": "number", "minimum": 0})] = 0.0
    """What each complaint costs."""
