"""Complaints: how likely one is, by what happened to the request."""

from __future__ import annotations

from serviceflow.model.fields import Amount, Element, Share

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


class Complaints(Element):
    """How often somebody complains, worked out after a run: complaints change nothing in it."""

    probability: Share
    """How likely a complaint is, by what happened: ``40% if late else 2%``."""
    cost: Amount = 0.0
    """What each complaint costs."""
