"""Which column of a log is what, guessed from its name and its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from serviceflow.errors import nearest
from serviceflow.formats.logs.raw import LogError

ROLES = ("case", "activity", "resource", "start", "end", "time", "lifecycle", "instance", "enabled")
NAMES: dict[str, tuple[str, ...]] = {
    "case": (
        "caseid", "case", "caseconceptname", "caseidentifier", "casenumber", "traceid", "patient",
        "patientid", "processinstance", "processinstanceid", "orderid", "ticketid", "incidentid",
        "requestid", "request", "trace",
    ),
    "activity": (
        "activity", "activityname", "task", "taskname", "conceptname", "handling", "event",
        "eventname", "action", "step", "activityid", "operation", "service", "activitylabel",
        "eventtype",
    ),
    "resource": (
        "resource", "orgresource", "resourcename", "employee", "user", "originator", "performer",
        "worker", "agent", "resourceid", "staff", "userid", "operator", "owner", "orggroup",
        "group", "role", "orgrole",
    ),
    "start": (
        "starttime", "starttimestamp", "start", "startdate", "starteventtime", "started", "begin",
        "begintime", "timestart", "starttimes", "activitystart", "startdatetime", "datestart",
        "startevent",
    ),
    "end": (
        "endtime", "endtimestamp", "end", "completetimestamp", "completetime", "finishtime",
        "finish", "completed", "complete", "enddate", "timeend", "endevent", "activityend",
        "enddatetime", "dateend", "completiontime", "finished",
    ),
    "time": (
        "timetimestamp", "timestamp", "time", "datetime", "date", "eventtime", "eventdate",
        "eventtimestamp",
    ),
    "lifecycle": (
        "lifecycletransition", "lifecycle", "transition", "registrationtype", "lifecyclestatus",
        "status", "lifecyclestate", "eventstatus",
    ),
    "instance": (
        "conceptinstance", "instance", "activityinstance", "activityinstanceid", "handlingid",
        "instanceid", "lifecycleid",
    ),
    "enabled": ("enabledtime", "enabled", "enabledtimestamp", "enablementtime", "arrived"),
}  # fmt: skip
"""What columns are called, letters and digits only, likeliest first."""


@dataclass(frozen=True)
class Columns:
    """The name of the column for each role; None where there is none."""

    case: str | None = None
    activity: str | None = None
    resource: str | None = None
    start: str | None = None
    end: str | None = None
    time: str | None = None
    lifecycle: str | None = None
    instance: str | None = None
    enabled: str | None = None

    def items(self) -> Iterable[tuple[str, str]]:
        """Roles that have a column."""
        for one in fields(self):
            name = getattr(self, one.name)
            if name is not None:
                yield one.name, name


def guess(columns: Mapping[str, Sequence[Any]], given: Mapping[str, str] | None, name: str) -> Columns:
    """The columns of a log.

    Parameters
    ----------
    columns : mapping
        Names to values.
    given : mapping, optional
        Roles to names that are known.
    name : str
        The file, for messages.

    Raises
    ------
    LogError
        If a named column does not exist, or the case, the activity or the times cannot be told.
    """
    found: dict[str, str] = {}
    for role, column in (given or {}).items():
        if role not in ROLES:
            raise LogError(
                name, f"there is no role {role!r}{nearest(role, ROLES)}; there are: {', '.join(ROLES)}"
            )
        if column not in columns:
            listed = ", ".join(columns)
            raise LogError(
                name, f"there is no column {column!r}{nearest(column, columns)}; there are: {listed}"
            )
        if column in found.values():
            raise LogError(
                name, f"the column {column!r} stands for two roles; each needs a column of its own"
            )
        found[role] = column
    plain = {column: re.sub(r"[^a-z0-9]", "", column.casefold()) for column in columns}
    for role in ("case", "start", "end", "enabled", "time", "instance", "lifecycle", "activity", "resource"):
        if role not in found:
            taken = set(found.values())
            wanted = NAMES[role]
            ranked = [
                (wanted.index(text), column)
                for column, text in plain.items()
                if text in wanted and column not in taken
            ]
            if ranked:
                found[role] = min(ranked)[1]
    _check(found, columns, name)
    return Columns(**found)


def _check(found: Mapping[str, str], columns: Mapping[str, Sequence[Any]], name: str) -> None:
    listed = ", ".join(list(columns)[:30])
    for role, example in (("case", "case"), ("activity", "activity")):
        if role not in found:
            message = (
                f"which column is the {role} cannot be told; say columns={{'{example}': ...}};"
                f" there are: {listed}"
            )
            raise LogError(name, message)
    if not {"start", "end", "time"} & set(found):
        message = (
            "which column has the times cannot be told; say columns={'start': ..., 'end': ...};"
            f" there are: {listed}"
        )
        raise LogError(name, message)
