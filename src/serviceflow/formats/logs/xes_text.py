"""Writing logs as XES."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from xml.sax.saxutils import quoteattr

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">
 <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
 <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
 <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
 <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
"""
NAMES = {"activity": "concept:name", "resource": "org:resource", "instance": "concept:instance"}
STATES = {"enabled": "schedule", "start": "start", "end": "complete"}
UNSEEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot have."""

Row = Mapping[str, Any]


def xes_text(rows: Sequence[Row], of_case: Sequence[str]) -> Iterator[str]:
    """A log as XES, piece by piece.

    Each instance is three events, which schedule, start and complete it; its other columns are with the last.

    Parameters
    ----------
    rows : sequence of mapping
        Instances with ``case``, ``activity``, ``resource``, ``enabled``, ``start``, ``end``, ``instance``,
        and others.
    of_case : sequence of str
        The columns that belong to the case.
    """
    yield HEAD
    for case, instances in groupby(
        sorted(rows, key=lambda row: str(row["case"])), key=lambda row: row["case"]
    ):
        mine = list(instances)
        yield " <trace>\n" + _attribute("concept:name", case)
        yield from (_attribute(name, mine[0].get(name)) for name in of_case)
        events = [(row[column], order, column, row) for row in mine for order, column in enumerate(STATES)]
        for when, _, column, row in sorted(events, key=lambda one: one[:2]):
            yield from _event(row, column, when, of_case)
        yield " </trace>\n"
    yield "</log>\n"


def _event(row: Row, column: str, when: Any, of_case: Sequence[str]) -> Iterator[str]:
    yield "  <event>\n"
    yield from (_attribute(name, row.get(key)) for key, name in NAMES.items())
    yield _attribute("lifecycle:transition", STATES[column]) + _attribute("time:timestamp", when)
    if column == "end":
        known = {"case", *NAMES, *STATES, *of_case}
        yield from (_attribute(key, value) for key, value in row.items() if key not in known)
    yield "  </event>\n"


def _attribute(key: str, value: Any) -> str:
    """An attribute; nothing for what is missing."""
    if value is None or value != value:
        return ""
    kind, text = "string", str(value)
    if isinstance(value, dt.datetime):
        kind, text = "date", value.isoformat(timespec="microseconds")
    elif isinstance(value, bool):
        kind, text = "boolean", str(value).lower()
    elif isinstance(value, int | float):
        kind, text = ("int" if isinstance(value, int) else "float"), repr(value)
    return f"   <{kind} key={_quoted(key)} value={_quoted(text)}/>\n"


def _quoted(text: str) -> str:
    return quoteattr(UNSEEN.sub("\ufffd", text))
