"""What a simulation needs beyond the diagram, whichever dialect said it.

Distributions, conditions and durations are texts in the notation of a model file, so that dialects share
nothing but this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Work:
    """Who does a task: several providers at once, or the first free of several, and what they must be able
    to do.
    """

    providers: tuple[tuple[str, int], ...]
    any_of: bool = False
    skill: str | None = None


@dataclass(frozen=True)
class Staffing:
    """How a provider is staffed: the fields of the provider in a model file."""

    fields: Mapping[str, Any]
    id: str = ""
    said: str = ""
    """What was assumed about it."""


@dataclass
class Parameters:
    """Parameters of one scenario, by the ids of the diagram.

    Attributes
    ----------
    source : str
        What said so: ``BPSim``, ``Prosimos``, ...; empty if nothing did.
    states_staff : bool
        Whether providers that are not named have one of staff; otherwise they are not limited.
    durations, delays : mapping of str to str
        Of work, and of what comes before it, by element.
    arrivals : mapping of str to list
        The fields ``arrivals`` of one or more consumers, by start event.
    counts : mapping of str to int
        How many requests there are in all.
    weights : mapping of str to Fraction
        Of flows, not normalized.
    conditions : mapping of str to str
        Of flows, in the notation of a model file.
    staffing, work : mapping
        Providers by name; who does a task.
    limits, shares : mapping
        Of boundary events: after how long, and how often, they happen.
    """

    source: str = ""
    name: str = ""
    parent: str | None = None
    description: str | None = None
    states_staff: bool = True
    start: dt.date | None = None
    begins: Fraction | None = None
    """Seconds from midnight to the begin of the run."""
    time_unit: str | None = None
    run: dict[str, Any] = field(default_factory=dict)
    durations: dict[str, str] = field(default_factory=dict)
    delays: dict[str, str] = field(default_factory=dict)
    arrivals: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    weights: dict[str, Fraction] = field(default_factory=dict)
    conditions: dict[str, str] = field(default_factory=dict)
    staffing: dict[str, Staffing] = field(default_factory=dict)
    work: dict[str, Work] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    shares: dict[str, Fraction] = field(default_factory=dict)
    priorities: dict[str, str] = field(default_factory=dict)
    preemptive: set[str] = field(default_factory=set)
    costs: dict[str, str] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    calendars: dict[str, dict[str, Any]] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    own_attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Attributes of the requests of one start event."""
    consumer_priority: str | None = None
    changes: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """The attribute that a task changes, and by how much; None where that cannot be read."""

    def begin(self, moment: dt.datetime) -> None:
        """Begin the run at an instant."""
        self.start = moment.date()
        midnight = dt.datetime.combine(moment.date(), dt.time())
        self.begins = Fraction(int((moment - midnight).total_seconds()))

    def over(self, parent: Parameters) -> Parameters:
        """These parameters with what they inherit."""
        found: dict[str, Any] = {}
        for one in fields(self):
            own, theirs = getattr(self, one.name), getattr(parent, one.name)
            if isinstance(own, dict):
                found[one.name] = {**theirs, **own}
            elif isinstance(own, set):
                found[one.name] = theirs | own
            else:
                found[one.name] = theirs if own is None else own
        found["states_staff"] = self.states_staff or parent.states_staff
        return Parameters(**found)

    def fill(self, other: Parameters) -> None:
        """Take from others what is not set here."""
        for one in fields(self):
            own, theirs = getattr(self, one.name), getattr(other, one.name)
            if isinstance(own, dict):
                for key, value in theirs.items():
                    own.setdefault(key, value)
            elif isinstance(own, set):
                own |= theirs
            elif own in (None, "") and theirs is not None:
                setattr(self, one.name, theirs)


def cost_of_work(fields: dict[str, Any]) -> str | None:
    """Turn what staff cost per hour into the cost of hours worked, which simulators of processes count.

    Where members cost differently it stays that of hours on duty, and a message is given that says so.
    """
    members = fields.get("members")
    if not members:
        if "cost" in fields:
            fields["work_cost"] = fields.pop("cost")
        return None
    costs = {own.get("cost") for own in members.values()}
    if costs == {None}:
        return None
    if len(costs) > 1:
        return "its members' costs are per hour that they work; a chain's are for the hours they are on duty"
    fields["work_cost"] = costs.pop()
    for own in members.values():
        del own["cost"]
    return None
