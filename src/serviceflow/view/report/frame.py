"""A report in a notebook: in a frame of its own, cut off from the notebook's scripts and styles."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from serviceflow.view.report.report import report_html

if TYPE_CHECKING:
    from serviceflow.results.comparison import Comparison
    from serviceflow.results.results import Results


@dataclass(frozen=True)
class Frame:
    """A report that shows itself in a notebook.

    Attributes
    ----------
    title : str
        What it is a report of.
    html : str
        The page.
    height : int
        Of the frame, in pixels.
    """

    title: str
    html: str = field(repr=False)
    height: int = 900

    def __repr__(self) -> str:
        return f"<report of {self.title}>"

    def _repr_html_(self) -> str:
        allowed = "allow-scripts allow-downloads allow-modals"
        return (
            f'<iframe title="{escape(self.title)}" sandbox="{allowed}" width="100%" height="{self.height}"'
            f' style="border:0" srcdoc="{escape(self.html)}"></iframe>'
        )


def frame(shown: Results | Comparison, *, language: str, height: int) -> Frame:
    """The report of results, or of a comparison, in a frame."""
    from serviceflow.view.report.source import Source

    return Frame(Source.of(shown).chain.name, report_html(shown, language=language), height)
