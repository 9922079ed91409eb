"""What an audit found, and how it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from serviceflow.units import format_duration

SHOWN = 50
"""Breaches that a text lists; the report holds all of them."""


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
        listed = "".join(f"<li>{escape(line)}</li>" for line in rest)
        return f"<p>{escape(first)}</p>" + (f"<ul>{listed}</ul>" if listed else "")
