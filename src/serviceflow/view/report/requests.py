"""Single requests: a scatter of when they were asked and how long they took, and what happened to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from serviceflow.analysis.story import story
from serviceflow.engine.program.codes import CALLED, PARTS
from serviceflow.results.critical_path import CAUSES, CriticalPath, Scenery
from serviceflow.results.derived import Reading
from serviceflow.results.promises import promises
from serviceflow.units import UNITS
from serviceflow.view.report import svg
from serviceflow.view.report.packing import pack
from serviceflow.view.report.replay import link_names
from serviceflow.view.report.source import Source
from serviceflow.view.report.texts import Text, name, say

Ints = NDArray[np.int64]
MOST, VISITS, SLOWEST = 600, 9000, 40
"""Requests of the sample, visits of theirs, and how many of the slowest are in it."""
FINE = 20_000
"""Steps of time in a flow time of middling length."""
WIDE, HIGH, LEFT, BASE = 860.0, 260.0, 64.0, 220.0


@dataclass(frozen=True)
class Sample:
    """Some requests of one replication.

    Attributes
    ----------
    reading : Reading
    path : CriticalPath
    rows : array of int
        Requests, the quickest first.
    """

    reading: Reading
    path: CriticalPath
    rows: Ints

    @property
    def flow(self) -> Ints:
        """How long each took, in ticks."""
        requests = self.reading.requests
        return requests["ended"][self.rows] - requests["asked"][self.rows]


def requests(source: Source) -> dict[str, Any] | None:
    """What the section on single requests shows; None without records or completed requests."""
    if not source.full:
        return None
    sample = _sample(source)
    if not len(sample.rows):
        return None
    slowest = int(sample.rows[-1])
    return {
        "told": _told(sample),
        "svg": _scatter(source, sample),
        "story": name_lines(str(story(source.main, slowest, 0))),
        "data": _data(source, sample),
    }


def name_lines(told: str) -> str:
    """A text of several lines, each harmless."""
    kept = [(len(line) - len(line.lstrip()), name(line).en) for line in told.splitlines()]
    return "\n".join(" " * margin + line for margin, line in kept)


def _told(sample: Sample) -> Text:
    everyone = int((sample.reading.completed & (sample.reading.requests["kind"] == 0)).sum())
    key = "request.told" if len(sample.rows) < everyone else "request.told.all"
    return say(key, shown=f"{len(sample.rows):,}", all=f"{everyone:,}")


def _sample(source: Source) -> Sample:
    """Completed requests of the first replication: the slowest, and others evenly by their flow time."""
    reading = Reading(source.main.records[0])
    mine = np.flatnonzero(reading.completed & (reading.requests["kind"] == 0))
    flow = reading.requests["ended"][mine] - reading.requests["asked"][mine]
    ranked = mine[np.argsort(flow, kind="stable")]
    per = max(len(reading.visits) / max(len(reading.requests), 1), 1.0)
    room = int(min(MOST, VISITS / per))
    if len(ranked) > room:
        even = np.linspace(0, len(ranked) - 1, max(room - SLOWEST, 1)).astype(int)
        chosen = np.unique(np.concatenate([even, np.arange(len(ranked) - min(SLOWEST, room), len(ranked))]))
        ranked = ranked[chosen]
    return Sample(reading, CriticalPath(Scenery(reading)), ranked)


def _step(sample: Sample) -> int:
    return max(int(np.median(sample.flow)) // FINE, 1)


def _data(source: Source, sample: Sample) -> dict[str, Any]:
    reading, program, step = sample.reading, sample.reading.program, _step(sample)
    requests = reading.requests
    rows, owner, depth = _visits(sample)
    parts = [part for part in PARTS if part in reading.visits and reading.visits[part][rows].any()]
    asked = requests["asked"][sample.rows]
    return {
        "step": step / UNITS["s"],
        "start": f"{source.chain.start:%Y-%m-%d}",
        "consumers": [name(plan.name).en for plan in program.consumers],
        "services": [name(plan.name).en for plan in program.services],
        "providers": [name(plan.name).en for plan in program.providers],
        "links": link_names(program),
        "members": _member_names(program),
        "causes": [CAUSES.get(part, "work") for part in parts],
        "limits": _limits(source),
        "weekday": program.weekday,
        "requests": pack(
            {
                "row": sample.rows,
                "consumer": requests["consumer"][sample.rows],
                "at": asked // step,
                "flow": sample.flow // step,
            }
        ),
        "visits": pack(_visit_columns(sample, rows, owner, depth, parts, step)),
    }


def _limits(source: Source) -> list[list[Any]]:
    """Promised times of consumers from asking to the end, in seconds."""
    found = []
    for promise in promises(source.main.runs.program):
        target = promise.target
        whole = promise.kind == "resolution" and promise.sla.until is None
        if promise.scope == "consumer" and whole and target is not None:
            within = target.within
            if within.is_constant and not within.has_distribution:
                found.append([name(promise.of).en, within.constant(source.unit) / UNITS["s"]])
    return found


def _member_names(program: Any) -> list[list[str]]:
    return [[name(member.name).en for member in plan.members] for plan in program.providers]


def _visits(sample: Sample) -> tuple[Ints, Ints, Ints]:
    """Rows of the visits of the sample's requests and of what they called, whose they are, and how deep."""
    reading, table = sample.reading, sample.reading.requests
    owner = np.full(len(table), -1, dtype=np.int64)
    depth = np.zeros(len(table), dtype=np.int64)
    owner[sample.rows] = np.arange(len(sample.rows))
    if "parent" in table:
        parent, called = table["parent"], np.flatnonzero(table["kind"] == CALLED)
        for row in called.tolist():  # a called request comes after its caller
            if owner[parent[row]] >= 0:
                owner[row], depth[row] = owner[parent[row]], depth[parent[row]] + 1
    whose = owner[reading.visits["request"]]
    rows = np.flatnonzero(whose >= 0)
    order = np.lexsort((reading.visits["asked"][rows], whose[rows]))
    rows = rows[order]
    return rows, whose[rows], depth[reading.visits["request"][rows]]


def _visit_columns(
    sample: Sample, rows: Ints, owner: Ints, depth: Ints, parts: list[str], step: int
) -> dict[str, Ints]:
    reading, visits = sample.reading, sample.reading.visits
    begun = reading.requests["asked"][sample.rows][owner]
    handoff, call = visits.get("handoff", -1)[rows], visits.get("call", -1)[rows]
    columns = {
        "request": owner,
        "depth": depth,
        "service": reading.service[rows],
        "provider": reading.provider[rows],
        "member": visits.get("member", -1)[rows],
        "link": np.where(call >= 0, len(reading.program.handoffs) + call, handoff),
        "path": (sample.path.owner[rows] >= 0).astype(np.int64),
        "start": (visits["asked"][rows] - begun) // step,
        "before": _freed_by(reading, rows),
    }
    return columns | {f"part{place}": visits[part][rows] // step for place, part in enumerate(parts)}


def _freed_by(reading: Reading, rows: Ints) -> Ints:
    """The request whose work ended where that of each visit began, at its provider; -1 for none."""
    visits = reading.visits
    begun, waited = visits["started"][rows], reading.stages["waiting"][rows] > 0
    done = np.flatnonzero((visits["finished"] >= 0) & (reading.provider >= 0))
    order = done[np.lexsort((visits["finished"][done], reading.provider[done]))]
    keys = reading.provider[order] * (reading.record.stopped + 1) + visits["finished"][order]
    wanted = reading.provider[rows] * (reading.record.stopped + 1) + begun
    place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    if not len(keys):
        return np.full(len(rows), -1, dtype=np.int64)
    found = (keys[place] == wanted) & waited & (begun >= 0) & (reading.provider[rows] >= 0)
    return np.where(found, visits["request"][order[place]], -1)


# Without scripts


def _scatter(source: Source, sample: Sample) -> Markup:
    """Asked time against flow time, one dot for each request."""
    asked, flow = sample.reading.requests["asked"][sample.rows], sample.flow
    start, end = source.window
    most = float(flow.max()) * 1.05 or 1.0
    xs = LEFT + (WIDE - LEFT - 12) * (asked - start) / max(end - start, 1)
    ys = BASE - (BASE - 10) * flow / most
    inner = [svg.line(LEFT, BASE, WIDE - 12, BASE, "axis-line"), *_axes(source, most)]
    inner.append(svg.marks(zip(xs.tolist(), ys.tolist(), strict=True), "mark"))
    return svg.chart(WIDE, HIGH, *inner, label="scatter-label", kind="scatter")


def _axes(source: Source, most: float) -> list[Markup]:
    start, end = source.window
    inner = []
    for tick, told in svg.time_ticks(most / UNITS["h"], "h", 4)[1:]:
        y = BASE - (BASE - 10) * tick * UNITS["h"] / most
        inner += [svg.line(LEFT, y, WIDE - 12, y, "grid")]
        inner.append(svg.words(LEFT - 6, y + 4, told, "axis", "end"))
    instants, days = svg.clock_ticks(start / UNITS["s"], end / UNITS["s"])
    for tick in instants:
        x = LEFT + (WIDE - LEFT - 12) * (tick * UNITS["s"] - start) / max(end - start, 1)
        when = format(source.clock(tick * UNITS["s"]), "%Y-%m-%d" if days else "%Y-%m-%d %H:%M")
        anchor = "start" if x < LEFT + 60 else "end" if x > WIDE - 80 else "middle"
        inner += [svg.line(x, 10, x, BASE, "grid"), svg.words(x, BASE + 18, when, "axis", anchor)]
    return inner
