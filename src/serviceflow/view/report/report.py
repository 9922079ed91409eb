"""What a report says, section by section, and what its scripts are given."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from serviceflow.analysis.designs import DesignedSensitivity
from serviceflow.analysis.search.finding import Search
from serviceflow.analysis.sensitivity import Sensitivity
from serviceflow.display.text import straight
from serviceflow.engine.program.codes import WAITS
from serviceflow.errors import ServiceflowError, nearest
from serviceflow.formats.yaml_file import dumps
from serviceflow.results.comparison import Comparison
from serviceflow.results.results import Results
from serviceflow.view.report.answer import answer
from serviceflow.view.report.drawings import Drawing, maps
from serviceflow.view.report.flame import flames, lost_rows
from serviceflow.view.report.kept import promises_kept
from serviceflow.view.report.parts import page
from serviceflow.view.report.quality import quality
from serviceflow.view.report.replay import replay
from serviceflow.view.report.requests import requests
from serviceflow.view.report.scenarios import scenarios
from serviceflow.view.report.search import staff_found
from serviceflow.view.report.sensitivity import inputs_moved
from serviceflow.view.report.source import Source
from serviceflow.view.report.tables import COLUMNS, measure_words, packed, scope_words, tables
from serviceflow.view.report.texts import LANGUAGES, Text, duration, joined, name, say, text
from serviceflow.view.report.trust import trust
from serviceflow.view.report.when import when
from serviceflow.view.report.words import WORDS

if TYPE_CHECKING:
    from serviceflow.analysis.levers.table import Levers
    from serviceflow.quality.survey import Survey

DIFFERENCES = (
    *("scenario", "scope", "name", "measure", "unit", "baseline", "mean", "difference", "ci_low", "ci_high"),
    *("simultaneous_low", "simultaneous_high", "correlation", "replications"),
)
LOST = ("consumer", "scope", "place", "service", "cause", "mean", "ci_low", "ci_high", "share")


class ReportError(ServiceflowError, ValueError):
    """A report that cannot be made as it was asked for."""


def report_html(
    shown: Results | Comparison,
    *,
    language: str = "en",
    levers: Levers | None = None,
    survey: Survey | None = None,
    sensitivity: Sensitivity | DesignedSensitivity | None = None,
    search: Search | None = None,
) -> str:
    """The report as the text of one HTML file.

    Parameters
    ----------
    shown : Results or Comparison
        What it is about; of a comparison, its baseline, with the scenarios against it.
    language : {"en", "zh"}
        What is shown first; a reader may switch.
    levers : Levers, optional
        What was tried, for the answer.
    survey : Survey, optional
        What receivers say, for the section on service quality.
    sensitivity : Sensitivity or DesignedSensitivity, optional
        What was found of the inputs, for a section of its own.
    search : Search, optional
        What was found of the staff, for a section of its own.

    Raises
    ------
    ReportError
        If there is no such language, or something else was given as a sensitivity or a search.
    """
    check_language(language)
    check_given(sensitivity, search)
    source = Source.of(shown, levers, survey, sensitivity, search)
    drawn = maps(source)
    context = _context(source, drawn)
    return page(context, _data(source, context, drawn, language), language)


def check_language(language: str) -> None:
    """Raise ReportError unless there are words in this language."""
    if language not in LANGUAGES:
        options = " or ".join(map(repr, LANGUAGES))
        raise ReportError(f"language={language!r}: use {options}{nearest(language, LANGUAGES)}")


def check_given(sensitivity: object, search: object) -> None:
    """Raise ReportError unless there is nothing, or what a sensitivity or a search found."""
    if sensitivity is not None and not isinstance(sensitivity, Sensitivity | DesignedSensitivity):
        raise ReportError(f"sensitivity={sensitivity!r}: give what chain.sensitivity() found")
    if search is not None and not isinstance(search, Search):
        raise ReportError(f"search={search!r}: give what serviceflow.search() found")


def check_place(path: str | os.PathLike[str]) -> Path:
    """Raise ReportError unless a file's name ends as those of HTML files do."""
    place = Path(path)
    if place.suffix.lower() not in (".html", ".htm"):
        raise ReportError(f"{place}: a report is an HTML file; name it {place.with_suffix('.html').name}")
    return place


def write_report(path: str | os.PathLike[str], made: Callable[[], str]) -> Path:
    """Write the file whole or not at all; a wrong name is told before the report is made.

    Raises
    ------
    ReportError
        If the name does not end as those of HTML files do.
    """
    place = check_place(path)
    html = made()
    beside = place.with_name(f".{place.name[-40:]}.{os.getpid()}.part")
    try:
        beside.write_text(html, encoding="utf-8", newline="\n")
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
    return place


def _context(source: Source, drawn: list[Drawing]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "source": source,
        "title": f"{name(source.chain.name)} – serviceflow",
        "facts": _facts(source),
        "version": installed_version(),
        "answer": answer(source),
        "maps": [_shown(one, source) for one in drawn],
        "flames": flames(source),
        "lost_rows": lost_rows(source, source.names[0]),
        "when": when(source),
        "replay": replay(source, drawn),
        "requests": requests(source),
        "kept": promises_kept(source),
        "scenarios": scenarios(source),
        "search": staff_found(source),
        "quality": quality(source),
        "sensitivity": inputs_moved(source),
        "trust": trust(source),
        "tables": tables(source),
        "model": _model(source),
        "versions": _versions(source),
    }
    found["parts"] = [
        {"id": part, "title": say(f"part.{part}"), "template": f"{part}.html"} for part in _parts(found)
    ]
    return found


def _parts(found: dict[str, Any]) -> list[str]:
    """The sections that have something to say, in their order."""
    wanted = {
        "answer": True,
        "map": True,
        "lost": True,
        "when": True,
        "replay": found["replay"] is not None,
        "request": found["requests"] is not None,
        "promises": bool(found["kept"]["rows"]),
        "scenarios": found["scenarios"] is not None,
        "search": found["search"] is not None,
        "quality": found["quality"] is not None,
        "sensitivity": found["sensitivity"] is not None,
        "trust": True,
        "tables": True,
    }
    return [part for part, there in wanted.items() if there]


def _facts(source: Source) -> list[Text]:
    start, end = (source.clock(ticks) for ticks in source.window)
    scenario = source.main.scenario_name if source.comparison is None else source.names[0]
    facts = [say("fact.scenario", scenario=name(scenario))]
    if source.comparison is not None:
        facts.append(say("fact.against", scenarios=joined(map(name, source.names[1:]))))
    facts += [
        say(
            "fact.window",
            start=f"{start:%Y-%m-%d}",
            end=f"{end:%Y-%m-%d}",
            length=duration(source.weeks, "week"),
        ),
        say("fact.replications", count=source.main.count),
        say("fact.seed", seed=source.main.seed),
        say("fact.made", day=f"{dt.date.today():%Y-%m-%d}"),
    ]
    return facts


def _shown(drawing: Drawing, source: Source) -> dict[str, Any]:
    key = "map.service" if drawing.kind == "service" else "map.process"
    label = say(key) if source.comparison is None else say(f"{key}.of", scenario=drawing.scenario)
    return {"id": drawing.id, "svg": drawing.svg, "label": label, "base": drawing.id in ("m0", "s0")}


def _model(source: Source) -> str:
    try:
        return straight(dumps(source.chain))
    except ServiceflowError as error:
        return f"# {error}"


def installed_version() -> str:
    """The version of this library."""
    try:
        return version("serviceflow")
    except PackageNotFoundError:  # run from its source
        return "(source)"


def _versions(source: Source) -> list[tuple[Text, Text]]:
    return [
        (text("serviceflow"), text(installed_version())),
        (say("setting.engine"), text(source.main.engine)),
        (text("Python"), text(platform.python_version())),
        (text("NumPy"), text(np.__version__)),
        (text("pandas"), text(pd.__version__)),
    ]


def _owners(source: Source) -> dict[str, str]:
    """The provider of each service, or the first of several."""
    program = source.main.runs.program
    return {
        name(plan.name).en: name(program.providers[plan.provider].name).en
        for plan in program.services
        if plan.provider >= 0
    }


def _data(source: Source, context: dict[str, Any], drawn: list[Drawing], language: str) -> dict[str, Any]:
    return {
        "format": 1,
        "language": language,
        "chain": name(source.chain.name).en,
        "unit": source.unit,
        "scenarios": [name(one).en for one in source.names],
        "kpis": [packed(one.kpis, COLUMNS) for one in source.results.values()],
        "differences": None
        if source.comparison is None
        else packed(source.comparison.differences, DIFFERENCES),
        "lost": [packed(source.lost[one], LOST) for one in source.names],
        "heat": context["when"]["data"],
        "replay": context["replay"]["data"] if context["replay"] else None,
        "requests": context["requests"]["data"] if context["requests"] else None,
        "waits": list(WAITS),
        "measures": measure_words(),
        "scopes": dict(scope_words()),
        "words": {
            key: list(pair) for key, pair in WORDS.items() if key.startswith(("js.", "cause.", "weekday."))
        },
        "maps": [one.id for one in drawn],
        "owners": _owners(source),
    }
