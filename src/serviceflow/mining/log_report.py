"""The report of a log: how long cases take, where they wait and why, when, and what had to be assumed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import PurePath
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from serviceflow.display.text import straight
from serviceflow.errors import ServiceflowError
from serviceflow.mining.discovery.chain import discover_chain
from serviceflow.model.chain import Chain
from serviceflow.view.report import svg
from serviceflow.view.report.drawings import map_of
from serviceflow.view.report.flame import css
from serviceflow.view.report.parts import page
from serviceflow.view.report.report import check_language, installed_version
from serviceflow.view.report.texts import Text, count, duration, known, name, say, share, text
from serviceflow.view.report.when import heat, legend, most_waited
from serviceflow.view.report.words import WORDS

if TYPE_CHECKING:
    from serviceflow.mining.event_log import EventLog

Floats = npt.NDArray[np.float64]
SCRIPTS = ("core.js", "controls.js")
BARS, ROWS, BINS = 12, 60, 24
"""Resources in the chart, rows of the table, columns of the chart of times."""
WIDE, LEFT, BAR = 760.0, 180.0, 22.0


def log_report(log: EventLog, calendars: Any, language: str) -> str:
    """The text of one HTML file; see :meth:`EventLog.report`."""
    check_language(language)
    return page(_Told(log, calendars).context(), _data(log, language), language, SCRIPTS)


def _data(log: EventLog, language: str) -> dict[str, Any]:
    words = {key: list(pair) for key, pair in WORDS.items() if key.startswith(("js.", "cause."))}
    return {"format": 1, "language": language, "chain": name(log.name).en, "words": words}


class _Told:
    """What the sections say of a log."""

    def __init__(self, log: EventLog, calendars: Any) -> None:
        self.log = log
        self.file = PurePath(log.name).name
        keys = ["service", "provider", "cause"]
        self.waits = log.waits(keys, calendars=calendars, time_unit="h")
        self.hours = log.waits(["weekday", "hour"], calendars=calendars, time_unit="h")
        self.cycles, way = _cycles(log.table)
        self.way = float(way.sum()) / log.cases
        """Hours of a case between activities, before the next of them could begin."""
        self.work = float(_hours(log.table["end"] - log.table["start"]).sum()) / log.cases
        self.waited = float(self.waits["total"].sum()) / log.cases

    def context(self) -> dict[str, Any]:
        """What the templates show."""
        parts = ("answer", "map", "lost", "when", "trust")
        return {
            "source": SimpleNamespace(chain=SimpleNamespace(name=self.file)),
            "title": f"{name(self.file)} – serviceflow",
            "facts": self._facts(),
            "version": installed_version(),
            "lead": self._lead(),
            "cards": self._cards(),
            "times": self._times(),
            "times_title": say("log.times", median=_time(np.median(self.cycles)), high=_time(self._most())),
            "map": self._map(),
            "bars": self._bars(),
            "legend": [(css(cause), known(f"cause.{cause}")) for cause in self._causes()],
            "spent": self._spent(),
            "rows": self._rows(),
            "left_out": max(0, len(self.waits) - ROWS),
            "when": self._when(),
            "sentences": [_harmless(sentence) for sentence in self.log.report],
            "parts": [
                {"id": part, "title": say(f"part.{part}"), "template": f"log_{part}.html"} for part in parts
            ],
        }

    def _facts(self) -> list[Text]:
        table = self.log.table
        return [
            say("log.fact.cases", cases=f"{self.log.cases:,}", instances=f"{len(table):,}"),
            say(
                "log.fact.span",
                start=f"{table['start'].min():%Y-%m-%d}",
                end=f"{table['end'].max():%Y-%m-%d}",
            ),
            say("log.fact.zone", zone=name(self.log.timezone or say("log.no zone"))),
            say("fact.made", day=f"{dt.date.today():%Y-%m-%d}"),
        ]

    # The answer

    def _lead(self) -> list[Text]:
        cycle, total = float(self.cycles.mean()), float(self.waits["total"].sum())
        way = [say("log.lead.way", time=_time(self.way))] if self.way else []
        if not total:
            return [say("log.lead.none", cycle=_time(cycle)), *way]
        busy = self.waited / (self.waited + self.work)
        found = [say("log.lead", cycle=_time(cycle), wait=_time(self.waited), share=share(busy))]
        by_place = self.waits.groupby(["provider", "cause"], sort=False)["total"].sum()
        provider, cause = by_place.index[int(by_place.to_numpy().argmax())]
        most = float(by_place.max())
        place = {"provider": name(provider), "cause": known(f"cause.{cause}"), "share": share(most / total)}
        return [*found, *way, say("log.lead.most", **place)]

    def _cards(self) -> list[dict[str, Any]]:
        total = float(self.waits["total"].sum())
        unexplained = self._of_cause("unexplained")
        quantiles = {"median": _time(np.median(self.cycles)), "high": _time(self._most())}
        return [
            _card("log.card.cycle", _time(self.cycles.mean()), say("log.card.cycle.remark", **quantiles)),
            _card("log.card.wait", _time(self.waited), say("log.card.wait.remark", work=_time(self.work))),
            _card(
                "log.card.unexplained",
                share(unexplained / total if total else 0.0),
                say("log.card.unexplained.remark", time=_time(unexplained / self.log.cases)),
            ),
        ]

    def _most(self) -> float:
        return float(np.quantile(self.cycles, 0.9))

    def _of_cause(self, cause: str) -> float:
        return float(self.waits.loc[self.waits["cause"] == cause, "total"].sum())

    def _times(self) -> Markup:
        """How many cases take how long; the longest tenth in the last column."""
        high = max(self._most(), 1e-9)
        counts = np.bincount(np.minimum(self.cycles / high * BINS, BINS).astype(int), minlength=BINS + 1)
        step = (WIDE - 20) / len(counts)
        parts = []
        for place, number in enumerate(counts.tolist()):
            tall = 110 * number / counts.max()
            key = "log.times.bin" if place < BINS else "log.times.last"
            ends = {"low": _time(high * place / BINS), "high": _time(high * (place + 1) / BINS)}
            told = say(key, count=count(number), **ends)
            attributes = {"x": 10 + place * step, "y": 120 - tall, "width": step - 2, "height": tall}
            parts.append(svg.tag("rect", svg.hint(told), class_="cause-work", **attributes))
        parts += [
            svg.words(10, 136, "0", "axis"),
            svg.words(WIDE - 10 - step, 136, _time(high), "axis", "end"),
        ]
        return svg.chart(WIDE, 142, *parts, label="times-label")

    # The map, and where and when

    def _map(self) -> Markup | None:
        try:
            chain = discover_chain(self.log, Chain).chain
        except ServiceflowError:
            return None
        drawn = map_of(chain)
        return None if drawn is None else drawn.svg

    def _causes(self) -> list[str]:
        sums = self.waits.groupby("cause")["total"].sum().sort_values(ascending=False)
        return [str(cause) for cause in sums.index]

    def _bars(self) -> Markup | None:
        """Waiting per case by resource, in the colors of the causes."""
        wide = self.waits.pivot_table(index="provider", columns="cause", values="total", aggfunc="sum")
        wide = wide.fillna(0.0).reindex(columns=self._causes())
        wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False).index].head(BARS) / self.log.cases
        if wide.empty:
            return None
        scale = (WIDE - LEFT - 80) / max(float(wide.sum(axis=1).max()), 1e-12)
        inner = Markup("").join(part for place in range(len(wide)) for part in self._bar(wide, place, scale))
        return svg.chart(WIDE, BAR * len(wide) + 4, inner, label="bars-label")

    def _bar(self, wide: pd.DataFrame, place: int, scale: float) -> Iterator[Markup]:
        top, x = place * BAR, LEFT
        provider = name(wide.index[place])
        yield svg.words(LEFT - 8, top + 15, svg.fitting(provider, LEFT - 12), "axis", "end")
        for cause, hours in wide.iloc[place].items():
            if hours > 0:
                told = say("log.bar", provider=provider, cause=known(f"cause.{cause}"), time=_time(hours))
                size = {"x": x, "y": top + 2, "width": hours * scale, "height": BAR - 5}
                yield svg.tag("rect", svg.hint(told), class_=f"cause-{css(str(cause))}", **size)
                x += hours * scale
        yield svg.words(x + 6, top + 15, _time(float(wide.iloc[place].sum())), "axis")

    def _spent(self) -> list[dict[str, Any]]:
        """Work and waits of a case, in all its branches, and what passes between them."""
        sums = [("work", known("cause.work"), self.work)]
        sums += [("delay", say("log.way"), self.way)] if self.way else []
        sums += [(one, known(f"cause.{one}"), self._of_cause(one) / self.log.cases) for one in self._causes()]
        total = max(sum(hours for *_, hours in sums), 1e-12)
        return [
            {"css": css(cause), "cause": told, "time": _time(hours), "share": share(hours / total)}
            for cause, told, hours in sums
        ]

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {
                "service": name(row["service"]),
                "provider": name(row["provider"]),
                "css": css(str(row["cause"])),
                "cause": known(f"cause.{row['cause']}"),
                "time": _time(row["total"] / self.log.cases),
                "share": share(row["share"]),
                "visits": count(row["visits"]),
                "each": _time(row["per_visit"]),
            }
            for row in self.waits.head(ROWS).to_dict("records")
        ]

    def _when(self) -> dict[str, Any]:
        week = np.zeros(168)
        weeks = max(
            (self.log.table["end"].max() - self.log.table["start"].min()).total_seconds() / 604_800, 1.0
        )
        for row in self.hours.to_dict("records"):
            week[24 * int(row["weekday"]) + int(row["hour"])] += row["total"] / weeks
        drawn = heat(week, None, "heat-label") if week.any() else None
        return {"svg": drawn, "told": most_waited(week), "legend": legend(week)}


def _cycles(table: pd.DataFrame) -> tuple[Floats, Floats]:
    """How long each case takes, in hours, and how much of that nothing of it is open.

    A case begins when its first activity can, or starts where the log does not say when that is. What lies
    between the end of all that had begun and the instant at which the next could begin is on the way.
    """
    begin = table["start"]
    if "enabled" in table:
        begin = table["enabled"].fillna(begin).where(table["enabled"] <= begin, begin)
    spans = pd.DataFrame({"case": table["case"], "begin": begin, "end": table["end"]})
    spans = spans.sort_values(["case", "begin"], kind="stable")
    before = spans.groupby("case", sort=False)["end"].cummax().groupby(spans["case"], sort=False).shift()
    gaps = _hours((spans["begin"] - before).fillna(pd.Timedelta(0))).clip(min=0.0)
    by_case = spans.groupby("case", sort=False)
    told = table["enabled"].notna().any() if "enabled" in table else False
    way = gaps if told else np.zeros_like(gaps)
    return _hours(by_case["end"].max() - by_case["begin"].min()), way


def _hours(times: Any) -> Floats:
    return np.asarray(times.dt.total_seconds(), dtype=np.float64) / 3600


def _time(hours: Any) -> Text:
    return duration(float(hours), "h")


def _card(title: str, value: Text, remark: Text) -> dict[str, Any]:
    return {"title": say(title), "value": value, "remark": remark}


def _harmless(sentence: str) -> Text:
    return text(straight(sentence))
