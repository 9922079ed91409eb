"""The pages and files of a workshop, filled in from a chain and its results as far as is known."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.errors import UnknownNameError
from serviceflow.quality import pages
from serviceflow.quality.agreements import agreement_form
from serviceflow.quality.errors import SurveyError
from serviceflow.quality.forms import survey_form
from serviceflow.quality.instruments import Instrument, instrument
from serviceflow.quality.orders import order_form, write_table
from serviceflow.quality.pages import escape
from serviceflow.quality.scorecards import PERIODS, PROFILE, profile_table, promise_table
from serviceflow.quality.service_links import Clause, ServiceLink, links_of
from serviceflow.view import labels
from serviceflow.view.process_map import process_map
from serviceflow.view.report.drawings import names_of
from serviceflow.view.report.maps_zh import drawing_in_chinese
from serviceflow.view.service_map import service_map
from serviceflow.view.workshop.words import LANGUAGES, Words

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.model.links import Transfer
    from serviceflow.quality.survey import Survey
    from serviceflow.results.results import Results
    from serviceflow.view.maps import Map

PAGES, ORDERS, AGREEMENTS, SURVEY = "workshop.html", "orders.csv", "agreements.csv", "survey.csv"
STYLE = """
@page{size:A4 landscape;margin:12mm}
section{max-width:70em}
.of{color:#66727f;font-size:.9em;margin:0;text-transform:none}
.map{text-align:center}.map img{max-width:100%;max-height:78vh}
td.wide{min-width:16em}td:first-child{min-width:5em}
.boxes{display:flex;gap:1em}
.boxes div{flex:1;border:1px solid #c8d0d8;border-radius:6px;padding:.2em .9em;min-height:15em}
.contents li{margin:.15em 0}
@media print{.map img{max-height:150mm}.boxes div{min-height:95mm}tr,section{page-break-inside:avoid}}
"""
BLANK, SOME = 6, 3
"""Empty rows to write into, and how many known things are named."""
SPACE, MOST = 2 * "\N{NO-BREAK SPACE}", 10
SCALE = SPACE.join("1234567")
MEASURED = ("waiting_time", "utilization", "cost", "promises kept")


class Kit:
    """What the pages of one workshop are filled in from.

    Parameters
    ----------
    chain : Chain
        Whose departments meet.
    results : Results, optional
        What is known of promises and waits.
    survey : Survey, optional
        What was said before.
    language : str
        ``en`` or ``zh``.
    asked : Instrument
        The questionnaire.
    """

    def __init__(
        self, chain: Chain, results: Results | None, survey: Survey | None, language: str, asked: Instrument
    ) -> None:
        self.chain, self.results, self.survey, self.asked = chain, results, survey, asked
        self.say = Words(language)
        self.links = [link for link in links_of(chain) if _is_between(chain, link)]
        self.kept: dict[tuple[str, str], tuple[float, str]] = {}
        if results is not None:
            halves = [promise_table(results, list(self.links), own_half) for own_half in (False, True)]
            self.kept = {
                (str(row["link"]), str(row["promise"])): (float(row["simulated"]), str(row["state"]))
                for half in halves
                for row in half.to_dict("records")
            }

    @property
    def providers(self) -> list[str]:
        """Departments that serve others."""
        return list(dict.fromkeys(link.provider for link in self.links))

    @property
    def receivers(self) -> list[str]:
        """Departments that are served."""
        return list(dict.fromkeys(link.receiver for link in self.links))

    def sections(self) -> list[str]:
        """Every page."""
        return [one for _, found in self.chapters() for one in found]

    def chapters(self) -> Iterator[tuple[str, list[str]]]:
        """The pages of each kind, with what the kind is called."""
        departments = list(dict.fromkeys([*self.providers, *self.receivers]))
        yield (
            "map",
            [self._map("map", process_map(self.chain)), self._map("service map", service_map(self.chain))],
        )
        yield "catalogue", [self._catalogue(name) for name in departments]
        yield "order", [self._order(name) for name in self.receivers]
        yield "agreement", [self._agreement(link) for link in self.links]
        yield "handoff", [page for name in self.providers if (page := self._handoffs(name))]
        yield "points", [self._points(name) for name in self.receivers]
        yield "profile", [self._profile(name) for name in self.providers]
        yield "plan", [self._plan()]
        yield "survey", [self._questionnaire()]

    def document(self) -> str:
        """The whole file."""
        chapters = list(self.chapters())
        title = f"{self.chain.name}: {self.say('title')}"
        lines = "".join(f"<li>{escape(self.say(name))} ({len(found)})</li>" for name, found in chapters)
        cover = pages.heading(title, 1) + pages.paragraph(self.chain.description or "", "faint")
        cover += pages.paragraph(self.say("how"))
        cover += pages.heading(self.say("contents"), 3) + f'<ul class="contents">{lines}</ul>'
        everything = [cover, *(page for _, found in chapters for page in found)]
        return pages.document(title, everything, self.say.language, STYLE)

    # Pages

    def _head(self, kind: str, name: str) -> str:
        return f'<p class="of">{escape(self.chain.name)} · {escape(self.say(kind))}</p>' + pages.heading(name)

    def _map(self, kind: str, drawn: Map) -> str:
        svg = drawn.svg
        if self.say.language == "zh":
            svg = drawing_in_chinese(svg, names_of(self.chain))
        picture = base64.b64encode(svg.encode()).decode()
        image = f'<img alt="{escape(self.say(kind))}" src="data:image/svg+xml;base64,{picture}">'
        return self._head(kind, self.say(kind)) + f'<div class="map">{image}</div>'

    def _catalogue(self, department: str) -> str:
        offered = [link for link in self.links if link.provider == department]
        asked = [link for link in self.links if link.receiver == department]
        parts = [self._head("catalogue", department)]
        for title, word, found in (("offers", "for", offered), ("asks", "from", asked)):
            parts.append(pages.heading(self.say(title), 3))
            head = [self.say(name) for name in ("service", word, "content", "promise", "need")]
            rows = [
                self._catalogue_row(link, link.receiver if word == "for" else link.provider) for link in found
            ]
            parts.append(pages.table(head, rows) if rows else pages.paragraph(self.say("nothing"), "faint"))
        return "".join(parts)

    def _catalogue_row(self, link: ServiceLink, partner: str) -> list[str]:
        told = [self._clauses(link.promises) or self.say("none agreed"), self._clauses(link.needs)]
        return [", ".join(link.services), partner, ", ".join(link.content), *told]

    def _clauses(self, found: tuple[Clause, ...]) -> str:
        return "; ".join(dict.fromkeys(self.say.clause(one.kind, one.text) for one in found))

    def _order(self, receiver: str) -> str:
        form = order_form(self.chain)
        mine = form[form["link"].str.startswith(f"{receiver} -> ")]
        columns = ("how often", "start within", "done within", "share", "complete")
        head = [self.say(name) for name in ("what", "of", "agreed", *columns)]
        rows: list[list[object]] = [
            [
                row["what"],
                str(row["link"]).partition(" -> ")[2],
                self._agreed_on(str(row["element"])),
                *(self.say.times(row[name]) or None for name in columns),
            ]
            for _, row in mine.iterrows()
        ]
        rows += [[None] * len(head)] * 2
        return self._head("order", receiver) + pages.table(head, rows)

    def _agreed_on(self, element: str) -> str:
        found = [one for link in self.links for one in link.promises if one.of == element]
        return self._clauses(tuple(found))

    def _agreement(self, link: ServiceLink) -> str:
        say = self.say
        facts = [
            (say("receiver"), link.receiver),
            (say("provider"), link.provider),
            (say("services"), ", ".join([*link.services, *link.content])),
            (say("need"), self._clauses(link.needs) or None),
        ]
        head = [say("standard"), say("kept"), say("agreed anew")]
        rows: list[list[object]] = [
            [say.clause(one.kind, one.text), self._kept_to(link, one), None] for one in link.promises
        ]
        rows += [[None, "", None]] * max(1, SOME - len(rows))
        signed = pages.table([say("signed")] * 1, [[None]])
        parts = [self._head("agreement", link.name), _facts(facts), pages.table(head, rows)]
        return "".join([*parts, pages.paragraph(say("gives") + "\u2026" * 40), signed])

    def _kept_to(self, link: ServiceLink, promise: Clause) -> str:
        if self.results is None:
            return self.say("no results")
        share, _ = self.kept.get((link.name, f"{promise.of}: {promise}"), (float("nan"), ""))
        return pages.percent(share)

    def _handoffs(self, provider: str) -> str:
        """What must be there on each way on which something is incomplete today; nothing where nothing is."""
        ways = [
            (scope, name) for link in self.links if link.provider == provider for scope, name in link.ways
        ]
        rows = [
            self._handoff_row(scope, name)
            for scope, name in dict.fromkeys(ways)
            if scope in ("handoff", "call")
        ]
        if not rows:
            return ""
        head = [self.say(name) for name in ("way", "known", "incomplete", "costs", "must be there")]
        return self._head("handoff", provider) + pages.table(head, rows)

    def _handoff_row(self, scope: str, name: str) -> list[object]:
        section = self.chain.handoffs if scope == "handoff" else self.chain.calls
        way: Transfer = next(one for key, one in section.items() if str(key) == name)
        asked = way.clarification
        if asked is None:
            return [name, self._carried(), "", "", None]
        cost = f"-> {asked.returns_to}" if asked.returns_to else ""
        if asked.delay is not None:
            cost = labels.duration(asked.delay, self.chain.time_unit)
        return [name, self._carried(), labels.probability(asked.probability), cost, None]

    def _carried(self) -> str:
        names = dict.fromkeys(
            [
                *self.chain.attributes,
                *(key for one in self.chain.consumers.values() for key in one.attributes),
            ]
        )
        return ", ".join(names)

    def _points(self, receiver: str) -> str:
        boxes = []
        for kind, lines in zip(("pain", "delight", "itch"), self._known_points(receiver), strict=True):
            text = pages.heading(self.say(kind), 3) + pages.paragraph(self.say(f"{kind} is"), "faint")
            boxes.append(f"<div>{text}{pages.bullets(lines)}</div>")
        return self._head("points", receiver) + f'<div class="boxes">{"".join(boxes)}</div>'

    def _known_points(self, receiver: str) -> tuple[list[str], list[str], list[str]]:
        pains, delights, itches = [], [], []
        for link in (one for one in self.links if one.receiver == receiver):
            for promise in link.promises:
                share, state = self.kept.get((link.name, f"{promise.of}: {promise}"), (float("nan"), ""))
                told = (
                    f"{link.provider}: {self.say.clause(promise.kind, promise.text)} ({pages.percent(share)})"
                )
                if promise.kind != "first_time_right" and state == "broken":
                    pains.append(told)
                elif promise.kind != "first_time_right" and state == "kept" and share > promise.share:
                    delights.append(told)
            agreed = {(one.kind, one.of) for one in link.promises}
            open_ = [one for one in link.needs if (one.kind, one.of) not in agreed]
            stricter = [
                one
                for one in link.needs
                if one not in open_ and one.text not in {p.text for p in link.promises}
            ]
            itches += [
                f"{link.provider}: {self.say.clause(one.kind, one.text)}" for one in [*open_, *stricter]
            ]
        found = [list(dict.fromkeys(one))[: 2 * SOME] for one in (pains, delights, itches)]
        return found[0], found[1], found[2]

    def _profile(self, provider: str) -> str:
        known: dict[str, tuple[str, float]] = {}
        if self.results is not None and provider in self.chain.providers:
            table = profile_table(provider, {"today": self.results}, {"today": self.survey})
            rows_of = table.to_dict("records")
            known = {str(row["dimension"]): (str(row["measure"]), float(row["value"])) for row in rows_of}
        head = [self.say(name) for name in ("dimension", "measure", *PERIODS)] + [self.say("tick")]
        rows: list[list[object]] = []
        for dimension in PROFILE:
            measure, value = known.get(dimension, ("", float("nan")))
            today = None if pd.isna(value) else self._shown(dimension, value)
            rows.append([self.say(dimension), self._measure(dimension, measure), None, today, None, SCALE])
        return self._head("profile", provider) + pages.table(head, rows)

    def _measure(self, dimension: str, measure: str) -> str:
        """What a dimension is measured by, in words."""
        name, _, of = measure.partition(": ")
        if name == "perception":
            known = of in self.asked.dimensions
            label = self.asked.label(of, self.say.language) if known else self.say("all")
            return f"{self.say('found')}: {label}"
        if dimension == "reliability" and of:
            return self.say("keep") + self.say.times(of)
        if dimension == "completeness" and of:
            return f"{self.say('first time')}: {of}"
        return self.say(measure) if measure in MEASURED else ""

    def _shown(self, dimension: str, value: float) -> str:
        """The value of a dimension with its unit."""
        if dimension in ("reliability", "completeness", "workload"):
            return pages.percent(value)
        if dimension == "response" and self.results is not None:
            return self.say.times(f"{value:.3g} {self.results.time_unit}")
        return pages.number(value) if dimension == "cost" else f"{value:.1f} / {self.asked.high:g}"

    def _plan(self) -> str:
        head = [self.say(name) for name in ("goal", "partners", "strategy", "date", "by what")]
        blank: list[list[object]] = [[None] * len(head) for _ in range(BLANK)]
        rows = [*self._goals(), *blank]
        return self._head("plan", self.say("plan")) + pages.table(head, rows)

    def _goals(self) -> list[list[object]]:
        """The promises that are furthest from being kept."""
        found = []
        for link in self.links:
            for one in link.promises:
                share, state = self.kept.get((link.name, f"{one.of}: {one}"), (float("nan"), ""))
                if state == "broken" and one.kind != "first_time_right":
                    found.append((share - one.share, link, one, share))
        found.sort(key=lambda row: row[0])
        seen = {one.name: (link, one, share) for _, link, one, share in reversed(found)}
        worst = sorted(seen.values(), key=lambda row: row[2] - row[1].share)[:SOME]
        return [
            [
                self.say("keep") + self.say.clause(one.kind, one.text),
                f"{link.provider}, {link.receiver}",
                None,
                None,
                f"{pages.percent(share)} → {pages.percent(one.share)}",
            ]
            for link, one, share in worst
        ]

    def _questionnaire(self) -> str:
        language, scale = self.say.language, f"{self.asked.low:g} … {self.asked.high:g}"
        if self.asked.high - self.asked.low <= MOST:
            scale = SPACE.join(f"{one:g}" for one in range(int(self.asked.low), int(self.asked.high) + 1))
        head = ["", "", self.say("expected"), self.say("found")]
        rows: list[list[object]] = [[one.key, one.text(language), scale, scale] for one in self.asked.items]
        points = [f"{self.asked.label(name, language)} ____" for name in self.asked.dimensions]
        texts = [f"{self.say('link')}: {'_' * 40}", self.say("scale")]
        parts = [
            self._head("survey", self.say("survey")),
            *map(pages.paragraph, texts),
            pages.table(head, rows),
        ]
        parts.append(pages.paragraph(f"{self.say('points of 100')}: {'  '.join(points)}"))
        return "".join([*parts, pages.paragraph(f"{self.say('comment')}: {'_' * 60}")])


def _facts(rows: list[tuple[str, str | None]]) -> str:
    cells = "".join(
        f"<tr><th>{escape(name)}</th>"
        + ('<td class="fill wide"></td>' if text is None else f'<td class="wide">{escape(text)}</td>')
        + "</tr>"
        for name, text in rows
    )
    return f"<table>{cells}</table>"


def _is_between(chain: Chain, link: ServiceLink) -> bool:
    """Whether two departments meet: no service that stands for itself, and no stock."""
    known = {*chain.providers, *chain.consumers}
    return link.receiver in known and link.provider in chain.providers


def check_folder(folder: str | PathLike[str], language: str) -> None:
    """Say before the work, not after it, what cannot be written.

    Raises
    ------
    UnknownNameError
        If there is no such language.
    SurveyError
        If the folder is a file.
    """
    if language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    if Path(folder).exists() and not Path(folder).is_dir():
        raise SurveyError(f"{folder}: this is a file; name a folder, which is made if it is not there")


def write_kit(
    chain: Chain,
    folder: str | PathLike[str],
    results: Results | None = None,
    survey: Survey | None = None,
    language: str = "en",
    asked: str | Instrument = "internal",
) -> tuple[Path, ...]:
    """Write the pages and the files to fill in.

    Raises
    ------
    UnknownNameError
        If there is no such language, or no such instrument.
    """
    check_folder(folder, language)
    items = instrument(asked) if not isinstance(asked, Instrument) else asked
    kit = Kit(chain, results, survey, language, items)
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    pages.save(place / PAGES, kit.document())
    write_table(order_form(chain), place / ORDERS)
    write_table(agreement_form(chain), place / AGREEMENTS)
    write_table(survey_form([link.name for link in kit.links], items), place / SURVEY)
    return tuple(place / name for name in (PAGES, ORDERS, AGREEMENTS, SURVEY))
