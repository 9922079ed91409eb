"""From the rows of a log to instances of work: paired, completed and cleaned, with every step counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from serviceflow.formats.logs.raw import LogError, has_or_have, is_or_are, many

STARTING = ("start", "started", "begin", "starting", "in progress", "resume", "running")
ENDING = ("complete", "completed", "end", "ended", "finish", "finished", "done", "closed")
OFFERING = ("schedule", "scheduled", "enable", "enabled", "assign", "offer", "create")
ARTIFICIAL = (
    "start",
    "end",
    "begin",
    "artificial start",
    "artificial end",
    "start event",
    "end event",
    "process start",
    "process end",
)
CUSTOMER_SHARE, CUSTOMER_ROWS = 0.9, 20


def drop_incomplete(frame: Any, said: list[str]) -> Any:
    """Without rows that have no case, no activity or no time at all."""
    timed = frame[["start", "end"]].notna().any(axis=1) if "start" in frame else frame["time"].notna()
    good = frame["case"].notna() & frame["activity"].notna() & timed
    lost = int((~good).sum())
    if lost:
        said.append(f"{many(lost, 'row')} without case, activity or time {is_or_are(lost)} left out.")
    return frame[good].reset_index(drop=True)


def pair(frame: Any, said: list[str], name: str) -> Any:
    """Instances from rows of single events, whose transitions say whether work begins or ends.

    Events are joined by their instance, else first in, first out, within case, activity and resource.
    """
    kinds = frame["lifecycle"].astype("string").str.strip().str.casefold()
    starts, ends, offers = (kinds.isin(list(words)) for words in (STARTING, ENDING, OFFERING))
    others = ~(starts | ends | offers)
    if not ends.any() and not starts.any():
        shown = ", ".join(map(str, kinds.dropna().unique()[:6]))
        said.append(
            f"The states of the log ({shown}) are no begins and ends: each row is taken as the end of work."
        )
        return single(frame)
    if others.any():
        shown = ", ".join(map(str, kinds[others].dropna().unique()[:6]))
        said.append(
            f"{many(int(others.sum()), 'row')} with other states ({shown})"
            f" {is_or_are(int(others.sum()))} left out."
        )
    keys = ["case", "activity"]
    if "instance" in frame and frame["instance"].notna().all():
        keys = [*keys, "instance"]
    elif "resource" in frame and frame["resource"].notna().all():
        keys = [*keys, "resource"]
    begun, ended = _numbered(frame[starts], keys), _numbered(frame[ends], keys)
    joined = _join(begun, ended, _numbered(frame[offers], keys), keys)
    joined = _finished(joined, said)
    if joined.empty:
        raise LogError(name, "no work begins or ends in it")
    return joined


def _numbered(rows: Any, keys: list[str]) -> Any:
    rows = rows.sort_values("time", kind="stable")
    return rows.assign(turn=rows.groupby(keys, sort=False, dropna=False).cumcount())


def _join(begun: Any, ended: Any, offered: Any, keys: list[str]) -> Any:
    """Begins with the ends of the same turn; other columns are those of the end, else of the begin."""
    index = [*keys, "turn"]
    left, right = begun.set_index(index), ended.set_index(index)
    both = left.index.union(right.index)
    left, right = left.reindex(both), right.reindex(both)
    result = right.where(right.notna(), left).drop(columns=["time", "lifecycle"])
    result["start"], result["end"] = left["time"], right["time"]
    if len(offered):
        result["enabled"] = offered.set_index(index)["time"].reindex(both)
    return result.reset_index().drop(columns="turn")


def _finished(joined: Any, said: list[str]) -> Any:
    """Instances, what has no begin told."""
    paired = int((joined["start"].notna() & joined["end"].notna()).sum())
    said.append(f"{many(paired, 'pair')} of begin and end {is_or_are(paired)} joined to instances of work.")
    alone = int(joined["start"].isna().sum())
    if alone:
        said.append(f"{many(alone, 'end')} {has_or_have(alone)} no begin.")
    return joined


def take_open(frame: Any, paired: bool, said: list[str]) -> tuple[Any, Any]:
    """Instances without those that begin and do not end, and those of them that were open when the log ended.

    Of activities that never have an end, the begin is all that there is to know, unless the log has events of
    both kinds (`paired`). Where a case goes on after such work, its end was lost.
    """
    lacking = frame["end"].isna() & frame["start"].notna()
    if not paired:
        lacking &= frame["end"].notna().groupby(frame["activity"], sort=False).transform("any")
    if not lacking.any():
        return frame, frame[:0]
    known = frame[["start", "end"]].max(axis=1)
    open_ = lacking & (frame["start"] >= known.groupby(frame["case"], sort=False).transform("max"))
    count = int(lacking.sum())
    said.append(
        f"{many(count, 'begin')} {has_or_have(count)} no end:"
        " this work was not finished in the log, and is left out."
    )
    return frame[~lacking].reset_index(drop=True), frame[open_].reset_index(drop=True)


def single(frame: Any) -> Any:
    """Instances of which only the end is known."""
    return (
        frame.rename(columns={"time": "end"})
        .assign(start=np.datetime64("NaT", "us"))
        .drop(columns=["lifecycle"], errors="ignore")
    )


def drop_duplicates(frame: Any, said: list[str]) -> Any:
    """Without rows that are the same in everything."""
    again = frame.duplicated()
    count = int(again.sum())
    if count:
        said.append(f"{many(count, 'exact duplicate')} {is_or_are(count)} left out.")
        frame = frame[~again].reset_index(drop=True)
    return frame


def drop_artificial(frame: Any, said: list[str]) -> Any:
    """Without rows that only mark the begin or the end of a case."""
    plain = frame["activity"].astype("string").str.strip().str.casefold()
    resource = frame["resource"].astype("string").str.strip().str.casefold() if "resource" in frame else plain
    instant = frame["start"].isna() | (frame["start"] == frame["end"])
    marks = (
        plain.isin(ARTIFICIAL)
        & instant
        & (resource.isna() | (resource == plain) | resource.isin(["empty", "system"]))
    )
    count = int(marks.sum())
    if count and count < len(frame):
        marks_or_mark = "marks" if count == 1 else "mark"
        said.append(
            f"{many(count, 'row')} that only {marks_or_mark} the begin or the end of a case"
            f" {is_or_are(count)} left out."
        )
        frame = frame[~marks].reset_index(drop=True)
    return frame


def turn_round(frame: Any, said: list[str]) -> Any:
    """With the begin before the end."""
    wrong = frame["start"].notna() & (frame["start"] > frame["end"])
    count = int(wrong.sum())
    if count:
        said.append(
            "1 instance that ends before it begins has its stamps exchanged."
            if count == 1
            else f"{many(count, 'instance')} that end before they begin have their stamps exchanged."
        )
        frame.loc[wrong, ["start", "end"]] = frame.loc[wrong, ["end", "start"]].to_numpy()
    return frame


def drop_customers(frame: Any, said: list[str]) -> Any:
    """Without the resources of activities that nearly always somebody does who is in no other case."""
    if "resource" not in frame or frame["resource"].isna().all():
        return frame
    cases = frame.groupby("resource", observed=True)["case"].transform("nunique")
    busy = frame.groupby("resource", observed=True)["case"].transform("size")
    alone = (cases == 1) & (busy <= 50)
    shares = alone.groupby(frame["activity"]).agg(["mean", "size"])
    rich = frame["case"].nunique() >= CUSTOMER_ROWS
    customers = (
        shares.index[(shares["mean"] >= CUSTOMER_SHARE) & (shares["size"] >= CUSTOMER_ROWS)] if rich else []
    )
    if len(customers):
        rows = frame["activity"].isin(customers) & alone
        listed = ", ".join(map(repr, list(customers)[:5]))
        said.append(
            f"{many(int(frame.loc[rows, 'resource'].nunique()), 'resource')} of {listed} are in one case"
            " each: customers, not staff; these activities are taken as done by nobody."
        )
        frame.loc[rows, "resource"] = None
    return frame


def fill_starts(frame: Any, said: list[str]) -> Any:
    """Starts where there are none: when it was enabled, or when its resource had finished other work."""
    missing = frame["start"].isna()
    count = int(missing.sum())
    if not count:
        return frame
    order = frame.sort_values(["case", "end"], kind="stable").index
    before = frame.loc[order].groupby("case", sort=False)["end"].shift().reindex(frame.index)
    start = before
    if "resource" in frame:
        sequence = frame.sort_values("end", kind="stable").index
        own = (
            frame.loc[sequence]
            .groupby("resource", sort=False, observed=True)["end"]
            .shift()
            .reindex(frame.index)
        )
        start = pd.concat([before, own], axis=1).max(axis=1)
    start = start.fillna(frame["end"]).clip(upper=frame["end"])
    frame["start"] = frame["start"].astype("datetime64[us]").where(~missing, start.astype("datetime64[us]"))
    said.append(
        f"{many(count, 'instance')} {has_or_have(count)} no start in the log: the later of the"
        " case's and the resource's last end is taken, so that this time at work is an upper bound."
    )
    return frame


def tell_multitasking(frame: Any, said: list[str]) -> None:
    """How often somebody begins while other work of theirs is open."""
    known = frame[frame["resource"].notna()] if "resource" in frame else frame[:0]
    if known.empty:
        return
    rows = known.sort_values(["resource", "start", "end"], kind="stable")
    latest = rows.groupby("resource", sort=False, observed=True)["end"].cummax()
    before = latest.groupby(rows["resource"], sort=False, observed=True).shift()
    count = int((before > rows["start"]).sum())
    if count:
        share = 100 * count / len(rows)
        said.append(
            f"{share:.0f}% of the instances begin while their resource has other work open (multitasking)."
        )
