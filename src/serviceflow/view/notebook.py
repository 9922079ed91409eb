"""What results and comparisons show of themselves in a notebook: the answer first, then figures and map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.display import markup
from serviceflow.view.maps import Map
from serviceflow.view.render import DrawingError
from serviceflow.view.report.answer import Card, answer
from serviceflow.view.report.source import Source
from serviceflow.view.rounded import slide_table

if TYPE_CHECKING:
    from serviceflow.results.comparison import Comparison
    from serviceflow.results.results import Results

MORE = "All figures:"
KINDS = {"kept": "good", "broken": "bad"}
"""What has been found of a promise to how its figure looks."""


def results_html(results: Results, drawn: Map, about: str) -> str:
    """The answer, three figures and the map."""
    found = answer(Source.of(results))
    grey = found["grey"]
    return markup.shown(
        markup.title(f"{results.chain.name}, {results.scenario_name}"),
        markup.say(about, "faint"),
        markup.say(found["lead"]),
        markup.say(grey, "faint") if grey is not None else "",
        markup.cards(map(_card, found["cards"])),
        markup.bullets(found["promises"][0][1]),
        map_part(drawn),
        markup.say(f"{MORE} .summary(), .rounded(); to hand over: .show(), .report(...).", "faint"),
    )


def _card(card: Card) -> str:
    return markup.card(card.title, card.value, card.interval, card.remark, kind=KINDS.get(card.state, ""))


def map_part(drawn: Map) -> str:
    """A map within other parts; nothing where none can be drawn here."""
    try:
        return markup.drawing(drawn.inline, repr(drawn)[1:-1])
    except DrawingError as error:
        return markup.say(f"No map: {error}", "faint")


def comparison_html(comparison: Comparison) -> str:
    """What differs, with a verdict for each figure."""
    found = slide_table(comparison)
    return markup.shown(
        markup.title(found.title),
        markup.bullets(comparison.warnings),
        markup.table(found.heads, found.rows, found.numbers),
        markup.say(found.note, "faint"),
        markup.say(f"{MORE} .rounded(), .differences; to hand over: .show(), .report(...).", "faint"),
    )
