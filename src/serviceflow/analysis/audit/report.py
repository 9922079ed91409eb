"""What an audit found, and how it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from serviceflow.display import markup
from serviceflow.units import format_duration

SHOWN = 50
"""Breaches that a text lists; the report holds all of them."""

KINDS = {
    "order of instants": "what happens to a visit happens in order, and within the run",
    "parts": "the parts of each stage of a visit come to its length",
    "path": "one visit leads to the next by a handoff that exists, and a request ends with its last",
    "outcome": "how a visit or request ended agrees with its instants and the service's fields",
    "duration": "work takes what the model says, where that is not drawn",
    "dispatch": "what is sent leaves with the next dispatch in open time",
    "delay": "a way takes its delay, in its open time",
    "calendar": "steps end in the open time of their calendar, those without length too",
    "tray": "a tray leaves when it is full, or when its first has waited long enough",
    "clarification": "what is incomplete is clarified, or goes back, as the way says",
    "join": "a request goes on from a join once, when the branches that it waits for have come or ended",
    "call": "what must be asked is asked, and who asks goes on at the last answer",
    "patience": "who waits for longer than its patience gives up, and nobody before",
    "timeout": "who is at a service for longer than its timeout leaves as it is, and nobody before",
    "batch": "a batch starts full, or when its first has waited long enough, with all who are there",
    "stock": "levels change by what is taken and made; nobody waits for what is there",
    "order of taking": "who is ahead takes first",
    "reorder": "orders go out below the reorder point, for the right quantity, and are on order until made",
    "work conservation": "nobody who could start or go on waits while all that it needs is free",
    "urgency": "no less urgent work is in hand where more urgent work could have its staff",
    "capacity": "no more are at work than on duty and up, except in overtime",
    "member": "a member is there, is up, and does one thing at a time",
    "skill": "who works has the skill",
    "discipline": "nobody starts or goes on before one who is ahead of it",
    "reservation": "staff that are kept are not taken",
    "places": "nobody waits in a queue without a place",
    "refusal": "nobody is refused where a place or staff are free",
    "blocking": "nobody is blocked where there is room; first blocked, first served",
    "deadlock": "held units that wait for one another stop the run",
    "cause": "each cause of waiting is true as long as it lasts",
    "pause": "pauses lie within the work, come to their parts, and have their cause",
    "opening": "what the state says is there when the run starts is there, and goes on from there",
    "figure": "figures over the window are what plain sums come to",
}
"""What must hold, by the kind of breach."""


@dataclass(frozen=True)
class Breach:
    """A rule that a record breaks.

    Attributes
    ----------
    instant : int or None
        When, in ticks (microseconds) from time 0; None for a figure over the whole window.
    kind : str
        Which rule, one of ``KINDS``.
    where : str
        The element concerned, such as ``providers.Desk``.
    requests : tuple of int
        Rows of the requests concerned.
    message : str
        What is wrong, in a sentence.
    replication : int
        In which replication, counted from 0.
    """

    instant: int | None
    kind: str
    where: str
    requests: tuple[int, ...]
    message: str
    replication: int = 0

    def __str__(self) -> str:
        when = "over the window" if self.instant is None else f"after {format_duration(self.instant)}"
        return f"{self.kind}: {self.where}: {when}{self._who()}: {self.message}"

    def _who(self) -> str:
        if not self.requests:
            return ""
        listed = ", ".join(map(str, self.requests[:5])) + (", ..." if len(self.requests) > 5 else "")
        return f", request {listed}" if len(self.requests) == 1 else f", requests {listed}"


@dataclass(frozen=True)
class AuditReport:
    """Every rule that some records break, in order of replication and time.

    It is iterable over its breaches and has a length.

    Attributes
    ----------
    name : str
        The chain's name.
    replications : int
        How many records were read.
    breaches : tuple of Breach
        What was found.
    """

    name: str
    replications: int
    breaches: tuple[Breach, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.breaches

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many breaches there are of each kind, most first."""
        return dict(Counter(breach.kind for breach in self.breaches).most_common())

    def __iter__(self) -> Iterator[Breach]:
        return iter(self.breaches)

    def __len__(self) -> int:
        return len(self.breaches)

    def __str__(self) -> str:
        if self.ok:
            return self.sentence
        lines = [self._line(breach) for breach in self.breaches[:SHOWN]]
        more = len(self.breaches) - SHOWN
        return "\n".join([self.sentence, *lines, *([f"and {more} more"] if more > 0 else [])])

    @property
    def sentence(self) -> str:
        """What was found, in a sentence."""
        many = "replication" if self.replications == 1 else "replications"
        about = f"{self.name}: {self.replications} {many} audited"
        if self.ok:
            return f"{about}; no rule is broken"
        listed = ", ".join(f"{count} of {kind}" for kind, count in self.kinds.items())
        return f"{about}; rules are broken: {listed}"

    def _line(self, breach: Breach) -> str:
        return f"replication {breach.replication}: {breach}" if self.replications > 1 else str(breach)

    def _repr_html_(self) -> str:
        first, *rest = str(self).splitlines()
        return markup.shown(markup.say(first), markup.bullets(rest))
