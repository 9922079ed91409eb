"""Comments for a model file that was imported: what each element stands for, and what was assumed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from serviceflow.errors import one_line
from serviceflow.formats.bpmn.report import APPROXIMATED, ASSUMED, LEFT_OUT, Report

WIDTH = 96


def comments(
    origins: Mapping[tuple[str, str], str], report: Report
) -> tuple[str, dict[tuple[str, str], str]]:
    """The comment at the head of the file, and those of elements.

    Parameters
    ----------
    origins : mapping
        Section and name to the id in the diagram.
    report : Report
        What was done.
    """
    by_id: dict[str, list[str]] = {}
    by_name: dict[str, list[str]] = {}
    for row in report.of(ASSUMED, APPROXIMATED, LEFT_OUT):
        if row.matters and not row.scenario:
            sentence = f"{row.status}: {row.done}"
            if row.id:
                by_id.setdefault(row.id, []).append(sentence)
            elif row.element:
                by_name.setdefault(row.element, []).append(sentence)
    notes = {}
    for (section, name), id in origins.items():
        told = dict.fromkeys([*by_id.get(id, []), *by_name.get(name, [])])
        lines = [f"id {one_line(id)}"] if id else []
        for sentence in told:
            lines += textwrap.wrap(one_line(sentence), WIDTH, break_on_hyphens=False)
        if lines:
            notes[section, name] = "\n".join(lines)
    return _head(report), notes


def _head(report: Report) -> str:
    lines = textwrap.wrap(
        f"Imported from {one_line(report.name)}. {report.summary}", WIDTH, break_on_hyphens=False
    )
    counts = ", ".join(f"{number} {status}" for status, number in report.counts.items())
    return "\n".join([*lines, f"Decisions: {counts}." if counts else "No decision was needed.", ""])
