"""What a promise says, in both languages."""

from __future__ import annotations

from serviceflow.results.promises import Promise
from serviceflow.units import UNITS
from serviceflow.view.report.texts import Text, duration, name, say, share


def promised(promise: Promise, unit: str) -> Text:
    """What is promised, in words."""
    if promise.target is None:
        return say("promise.right", share=share(promise.share))
    until = promise.sla.until
    return say(
        f"promise.{promise.kind}",
        share=share(promise.share),
        within=time_of(promise, unit),
        until=say("promise.until", service=name(until)) if until else "",
    )


def time_of(promise: Promise, unit: str) -> Text:
    """The promised time, as the model has it where it is no constant."""
    assert promise.target is not None
    within = promise.target.within
    if within.is_constant and not within.has_distribution:
        return duration(within.constant(unit) / UNITS[unit], unit)
    return name(within)
