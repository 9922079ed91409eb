"""What a promise says, in both languages."""

from __future__ import annotations

from serviceflow.analysis.kept import BROKEN, KEPT
from serviceflow.results.promises import Promise
from serviceflow.units import UNITS
from serviceflow.view.report.source import Source
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


def state_of(source: Source, promise: Promise) -> str:
    """Whether it was kept or broken, as the verdict has it; "unsure" where the runs cannot tell."""
    table = source.bottlenecks.promises
    (verdict,) = table.loc[table["promise"] == promise.name, "verdict"]
    return str(verdict) if verdict in (KEPT, BROKEN) else "unsure"


def time_of(promise: Promise, unit: str) -> Text:
    """The promised time, as the model has it where it is no constant."""
    assert promise.target is not None
    within = promise.target.within
    if within.is_constant and not within.has_distribution:
        return duration(within.constant(unit) / UNITS[unit], unit)
    return name(within)
