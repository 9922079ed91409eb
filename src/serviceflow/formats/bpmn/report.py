"""What an import did: one row for every element that needed a decision, and a summary in words."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from serviceflow.errors import one_line

EXACT, ASSUMED, APPROXIMATED, LEFT_OUT, DIFFERS = "exact", "assumed", "approximated", "left out", "differs"
STATUSES = (EXACT, ASSUMED, APPROXIMATED, LEFT_OUT, DIFFERS)
HEADS = {
    EXACT: "Converted",
    ASSUMED: "Assumed",
    APPROXIMATED: "Approximated",
    LEFT_OUT: "Left out",
    DIFFERS: "Differs",
}
INDENT = 13
WIDTH = 100


class Decision(NamedTuple):
    """What became of one element.

    Attributes
    ----------
    element, id : str
        Its name and its id in the file.
    construct : str
        What it is in BPMN or in the file of parameters.
    done : str
        What was done with it.
    status : str
        ``exact``, ``assumed``, ``approximated``, ``left out``, or ``differs``: what other tools measure
        otherwise.
    scenario : str
        In which scenario only, if not in all.
    matters : bool
        Whether figures may depend on it.
    """

    element: str
    id: str
    construct: str
    done: str
    status: str
    scenario: str = ""
    matters: bool = True


@dataclass
class Decisions:
    """The decisions of an import as they are made; each is noted once."""

    rows: list[Decision] = field(default_factory=list)
    known: set[Decision] = field(default_factory=set)
    scenario: str = ""

    def note(
        self, status: str, element: str, id: str, construct: str, done: str, *, matters: bool = True
    ) -> None:
        """Note a decision; one that all scenarios share is told without the scenario."""
        row = Decision(_short(element), _short(id), construct, one_line(done), status, "", matters)
        if row in self.known:
            return
        self.known.add(row)
        self.rows.append(row._replace(scenario=self.scenario))

    def about(self, id: str) -> list[Decision]:
        """What was decided about the element of this id."""
        return [row for row in self.rows if row.id == id]


def _short(text: str) -> str:
    return one_line(text if len(text) <= 200 else text[:197] + "...")


class Report:
    """What an import did.

    Attributes
    ----------
    name : str
        The file.
    summary : str
        The counts, in a sentence.
    decisions : tuple of Decision
        What became of what.
    """

    def __init__(self, name: str, summary: str, decisions: Iterable[Decision]) -> None:
        self.name = name
        self.summary = summary
        self.decisions = tuple(decisions)

    def of(self, *statuses: str) -> list[Decision]:
        """The decisions of these statuses."""
        return [row for row in self.decisions if row.status in statuses]

    @property
    def is_exact(self) -> bool:
        """Whether nothing on which figures depend was approximated or left out."""
        return not any(row.matters for row in self.of(APPROXIMATED, LEFT_OUT))

    @property
    def counts(self) -> dict[str, int]:
        """How many decisions there are of each status."""
        found = Counter(row.status for row in self.decisions)
        return {status: found[status] for status in STATUSES if found[status]}

    def __str__(self) -> str:
        lines = textwrap.wrap(f"{one_line(self.name)}: {self.summary}", WIDTH, break_on_hyphens=False)
        for status in STATUSES:
            lines.extend(self._block(status))
        lines.append("Nothing was approximated." if self.is_exact else "Some figures are approximations.")
        return "\n".join(lines)

    def _block(self, status: str) -> Iterator[str]:
        head = HEADS[status]
        for sentence in _sentences(self.of(status)):
            yield from textwrap.wrap(
                sentence,
                WIDTH,
                initial_indent=head.ljust(INDENT),
                subsequent_indent=" " * INDENT,
                break_on_hyphens=False,
            )
            head = ""

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {status}" for status, number in self.counts.items())
        return f"<import of {self.name}: {counts or 'nothing to tell'}>"


def _sentences(rows: list[Decision]) -> Iterator[str]:
    """Decisions in words; elements for which the same was done share a sentence."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        key = (row.construct, row.done, row.scenario)
        names = together.setdefault(key, [])
        name = f"'{row.element}'" if row.element else row.id
        if name and name not in names:
            names.append(name)
    for (construct, done, scenario), names in together.items():
        listed = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        where = f" (scenario '{scenario}')" if scenario else ""
        yield f"{construct} {listed}".strip() + f"{where}: {done}"
