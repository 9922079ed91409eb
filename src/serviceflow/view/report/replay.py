"""The replay: what every request did in two stretches of the run, packed for scripts; and three stills."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from serviceflow.engine.program.codes import REFUSED, WAIT_PARTS
from serviceflow.results.derived import Reading, left_early
from serviceflow.results.promises import NEVER, promises, verdict
from serviceflow.results.results import Results
from serviceflow.results.staffing import duty_steps
from serviceflow.units import UNITS
from serviceflow.view.report import svg
from serviceflow.view.report.drawings import Drawing
from serviceflow.view.report.packing import pack
from serviceflow.view.report.source import Source
from serviceflow.view.report.spans import Span, choose
from serviceflow.view.report.texts import Text, duration, name, say, text

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

Ints = NDArray[np.int64]
STEPS = 43_200
"""Steps of the clock in a stretch: two seconds of a day."""
INCIDENTS, LONGEST = 60, 5
STILLS = 3
PANELS = 2
"""Scenarios side by side: what is reported on, and one other."""


def replay(source: Source, drawn: list[Drawing]) -> dict[str, Any] | None:
    """What the replay shows; None without records or maps."""
    if not source.full or not drawn:
        return None
    readings = [Reading(record) for record in source.main.records]
    spans = choose(readings)
    if not spans:
        return None
    shown = _panels(source, drawn)
    program = source.main.runs.program
    return {
        "told": _told(source, spans),
        "stills": _stills(source, readings[spans[-1].replication], spans[-1], drawn[0]),
        "data": {
            "start": f"{source.chain.start:%Y-%m-%d}",
            "weekday": program.weekday,
            "consumers": [name(plan.name).en for plan in program.consumers],
            "spans": [_span(source, span, shown) for span in spans],
            "maps": [drawing.id for drawing, _ in shown],
            "titles": [drawing.scenario.en for drawing, _ in shown],
        },
    }


def _panels(source: Source, drawn: list[Drawing]) -> list[tuple[Drawing, Results]]:
    """Maps with their results: what is reported on, and the last scenario, which has most changes."""
    results = list(source.results.values())
    found = [(one, results[int(one.id[1:])]) for one in drawn if one.kind == "process"]
    return found if len(found) <= PANELS else [found[0], found[-1]]


def title_of(source: Source, span: Span) -> Text:
    """Which stretch it is: its kind, its length, when, and of which replication."""
    begin = source.clock(span.start)
    day = span.end - span.start == UNITS["day"]
    return say(
        f"replay.{span.key}.day" if day else f"replay.{span.key}",
        length=duration((span.end - span.start) / UNITS["h"], "h"),
        when=f"{begin:%Y-%m-%d}" if day else f"{begin:%Y-%m-%d %H:%M}",
        replication=span.replication + 1,
    )


def _told(source: Source, spans: list[Span]) -> Text:
    key = "replay.cut.day" if spans[0].end - spans[0].start == UNITS["day"] else "replay.cut"
    return say(key, shown=len(spans), all=f"{spans[0].number:,}")


def _span(source: Source, span: Span, shown: list[tuple[Drawing, Results]]) -> dict[str, Any]:
    step = max((span.end - span.start) // STEPS, 1)
    title = title_of(source, span)
    panels = []
    for _, results in shown:
        if span.replication < len(results.records):
            panels.append(_panel(Reading(results.records[span.replication]), span, step))
    return {
        "key": span.key,
        "title": [title.en, title.zh],
        "start": span.start / UNITS["s"],
        "step": step / UNITS["s"],
        "steps": -(-(span.end - span.start) // step),
        "panels": panels,
    }


def _panel(reading: Reading, span: Span, step: int) -> dict[str, Any]:
    program = reading.program
    return {
        "visits": pack(_visits(reading, span, step)),
        "services": [name(plan.name).en for plan in program.services],
        "links": link_names(program),
        "providers": [name(plan.name).en for plan in program.providers],
        "owner": [plan.provider for plan in program.services],
        "duty": [_duty(reading, plan, span, step) for plan in program.providers],
        "incidents": _incidents(reading, span, step),
    }


def link_names(program: Program) -> list[str]:
    """Handoffs, then calls: the order in which visits name the link that brought them."""
    return [name(one).en for one in (*(p.name for p in program.handoffs), *(p.name for p in program.calls))]


def _visits(reading: Reading, span: Span, step: int) -> dict[str, Ints]:
    """The visits that were there in a stretch, in the order of asking, in steps from its start."""
    visits = reading.visits
    rows = np.flatnonzero((visits["asked"] < span.end) & (reading.left > span.start))
    rows = rows[np.argsort(visits["asked"][rows], kind="stable")]
    beyond = span.end + (span.end - span.start)

    def at(column: str) -> Ints:
        instants = visits[column][rows]
        return (np.where(instants >= 0, np.minimum(instants, beyond), beyond) - span.start) // step

    asked, arrived, started, finished, left = map(at, ("asked", "arrived", "started", "finished", "left"))
    started, finished = np.minimum(started, left), np.minimum(finished, left)
    finished = np.maximum(finished, started)
    handoff, call = visits.get("handoff", -1)[rows], visits.get("call", -1)[rows]
    return {
        "request": visits["request"][rows],
        "consumer": reading.requests["consumer"][visits["request"][rows]],
        "service": reading.service[rows],
        "link": np.where(call >= 0, len(reading.program.handoffs) + call, handoff),
        "asked": asked,
        "way": np.maximum(arrived - asked, 0),
        "wait": started - arrived,
        "work": finished - started,
        "held": left - finished,
        "cause": _causes(reading, rows),
    }


def _causes(reading: Reading, rows: Ints) -> Ints:
    """The main cause of each visit's waiting, by its place among all causes."""
    parts = np.stack([reading.visits.get(part)[rows] for part in WAIT_PARTS])
    return np.asarray(parts.argmax(axis=0), dtype=np.int64)


def _duty(reading: Reading, plan: Any, span: Span, step: int) -> list[list[int]]:
    """Steps of the staff on duty within a stretch, each with its instant."""
    times, staff = duty_steps(reading.program, reading.record.staffing, plan)
    place = max(int(np.searchsorted(times, span.start, side="right")) - 1, 0)
    chosen = np.arange(place, int(np.searchsorted(times, span.end)))
    return [[max(int((times[one] - span.start) // step), 0), int(staff[one])] for one in chosen]


# Incidents


def _incidents(reading: Reading, span: Span, step: int) -> list[list[Any]]:
    """Instants worth looking at: kind, instant in steps, whose it is, and how long or how many."""
    kinds = (_longest_waits, _broken, _empty, _gone)
    found = sorted((one for kind in kinds for one in kind(reading, span)), key=lambda one: one[1])
    if not found:
        return []
    kept = np.unique(np.linspace(0, len(found) - 1, min(len(found), INCIDENTS)).astype(int))
    return [[found[one][0], int((found[one][1] - span.start) // step), *found[one][2:]] for one in kept]


def _inside(instants: Ints, span: Span) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (instants >= span.start) & (instants < span.end)
    return found


def _service(reading: Reading, row: int) -> str:
    return name(reading.program.services[int(reading.service[row])].name).en


def _longest_waits(reading: Reading, span: Span) -> list[list[Any]]:
    waited, arrived = reading.stages["waiting"], reading.visits["arrived"]
    rows = np.flatnonzero(_inside(arrived, span) & (reading.service >= 0) & (waited > 0))
    longest = rows[np.argsort(-waited[rows], kind="stable")[:LONGEST]].tolist()
    return [
        ["wait", int(arrived[row]), _service(reading, row), float(waited[row] / UNITS["s"])]
        for row in longest
    ]


def _broken(reading: Reading, span: Span) -> list[list[Any]]:
    """When promises to consumers came late."""
    found = []
    for promise in promises(reading.program):
        if promise.scope == "consumer" and promise.target is not None:
            course, told = verdict(reading, promise)
            late = told.breached & (course.until != NEVER) & _inside(course.until, span)
            for row in np.flatnonzero(late).tolist():
                taken = float((course.until[row] - course.since[row]) / UNITS["s"])
                found.append(["late", int(course.until[row]), name(promise.name).en, taken])
    return found


def _empty(reading: Reading, span: Span) -> list[list[Any]]:
    """When stocks ran out."""
    stocks = reading.record.stocks
    if not len(stocks):
        return []
    times = np.asarray(stocks["time"], dtype=np.int64)
    rows = np.flatnonzero(_inside(times, span) & (stocks["level"] <= 0)).tolist()
    names = [name(plan.name).en for plan in reading.program.stocks]
    return [
        ["empty", int(times[row]), names[int(stocks["stock"][row])], float(stocks["waiting"][row])]
        for row in rows
    ]


def _gone(reading: Reading, span: Span) -> list[list[Any]]:
    """Who gave up or was refused."""
    visits = reading.visits
    gone = left_early(visits["outcome"]) | (visits["outcome"] == REFUSED)
    rows = np.flatnonzero(gone & _inside(visits["left"], span) & (reading.service >= 0)).tolist()
    return [["gone", int(visits["left"][row]), _service(reading, row), 0.0] for row in rows]


# Stills


def _stills(source: Source, reading: Reading, span: Span, drawing: Drawing) -> list[dict[str, Any]]:
    """The map with those who wait and are at work at three instants of a stretch: for paper."""
    found = []
    for place, instant in enumerate(_instants(reading, span)):
        waiting, working = _counts(reading, instant)
        marks = [
            _bubbles(box, waiting.get(key[1], 0), working.get(key[1], 0))
            for key, box in drawing.nodes.items()
            if key[0] == "service"
        ]
        label = f"still-label-{place}"
        still = _still(drawing, marks, label)
        found.append({"label": label, "title": _still_title(source, instant), "svg": still})
    return found


def _still(drawing: Drawing, marks: list[Markup], label: str) -> Markup:
    """The map again, by reference, with marks on it."""
    shown = Markup('<use href="#{}"></use>').format(f"{drawing.id}-graph0")
    inner = svg.tag("g", *marks, transform=drawing.shift, class_="still-marks")
    return svg.tag("svg", shown, inner, viewbox=_below_heading(drawing), role="img", aria_labelledby=label)


def _below_heading(drawing: Drawing) -> str:
    """What of a map is shown without its title and its scales."""
    left, top, wide, high = (float(one) for one in drawing.view.split())
    shift = re.search(r"translate\([-\d.]+[ ,]+([-\d.]+)\)", drawing.shift)
    if shift is None or not drawing.nodes:
        return drawing.view
    first = min(y - half for _, y, _, half in drawing.nodes.values()) + float(shift[1]) - 16
    return f"{left:g} {max(first, top):g} {wide:g} {top + high - max(first, top):g}"


def _still_title(source: Source, instant: int) -> Text:
    return text(f"{source.clock(instant):%Y-%m-%d %H:%M}")


def _instants(reading: Reading, span: Span) -> list[int]:
    """The instant of the longest queues, and one before and one after it."""
    times = np.linspace(span.start, span.end, 97)[:-1].astype(np.int64)
    there = reading.at_service
    arrived, until = np.sort(reading.visits["arrived"][there]), np.sort(reading.queue_end[there])
    waiting = np.searchsorted(arrived, times, side="right") - np.searchsorted(until, times, side="right")
    peak = int(np.argmax(waiting))
    chosen = sorted({max(peak - 12, 0), peak, min(peak + 12, len(times) - 1)})
    return [int(times[one]) for one in chosen][:STILLS]


def _counts(reading: Reading, instant: int) -> tuple[dict[str, int], dict[str, int]]:
    """How many wait and are at work at each service at an instant."""
    there = reading.at_service & (reading.visits["arrived"] <= instant)
    waiting = there & (reading.queue_end > instant)
    working = there & (reading.queue_end <= instant) & (reading.work_end > instant)
    return _by_service(reading, waiting), _by_service(reading, working)


def _by_service(reading: Reading, chosen: NDArray[np.bool_]) -> dict[str, int]:
    services = reading.program.services
    counts = np.bincount(reading.service[chosen], minlength=len(services))
    return {plan.name: int(count) for plan, count in zip(services, counts, strict=True) if count}


def _bubbles(box: tuple[float, float, float, float], waiting: int, working: int) -> Markup:
    x, y, wide, high = box
    both = ((waiting, x - wide, "still-waiting"), (working, x + wide, "still-working"))
    marks = [
        part
        for count, middle, kind in both
        if count
        for part in (
            svg.dot(middle, y + high, 9, kind),
            svg.words(middle, y + high + 3.5, count, "still-count", "middle"),
        )
    ]
    return Markup("").join(marks)
