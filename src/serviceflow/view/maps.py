"""A map: a drawing of a chain that shows itself in notebooks and saves itself to files."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from serviceflow.display import markup
from serviceflow.errors import ServiceflowError, nearest
from serviceflow.view.fonts import warn_of_missing_glyphs
from serviceflow.view.palette import THEMES, drawing_in_dark
from serviceflow.view.render import draw
from serviceflow.view.svg_parts import with_whole_lines

PIXELS_PER_INCH = 144


class MapFormatError(ServiceflowError, ValueError):
    """The suffix of a map's file is none that a map can be saved as."""


@dataclass(frozen=True)
class Map:
    """A drawing of a chain.

    In a notebook it shows itself. It is drawn when first looked at, by the Graphviz that comes
    with pygraphviz.

    Attributes
    ----------
    title : str
        What it is a map of.
    summary : str
        An inventory in a few words.
    dot : str
        The graph in Graphviz's language.
    theme : {"light", "dark"}
        What it is to be read on.

    See Also
    --------
    ServiceChain.map : how work flows.
    ServiceChain.service_map : who serves whom.

    Examples
    --------
    >>> import serviceflow as sf
    >>> map = sf.example("hotel_checkin").map()
    >>> map
    <map of Hotel check-in: ...>
    """

    title: str
    summary: str
    dot: str = field(repr=False)
    theme: str = "light"

    def __repr__(self) -> str:
        return f"<map of {self.title}: {self.summary}>"

    @cached_property
    def svg(self) -> str:
        """The drawing as a complete SVG file; its texts stay texts, in any script."""
        return with_whole_lines(draw(self.dot, "svg").decode("utf-8"))

    def _repr_svg_(self) -> str:
        return self.svg

    @property
    def inline(self) -> str:
        """The drawing as a part of a page: as wide as there is room for, and no wider than it is."""
        drawing = self.svg[self.svg.index("<svg") :]
        return re.sub(r'<svg width="([^"]+)" height="[^"]+"', r'<svg style="max-width:\1"', drawing, count=1)

    def themed(self, theme: str) -> Map:
        """Return the map in the colors of a theme.

        Parameters
        ----------
        theme : {"light", "dark"}
            What it is to be read on.

        Returns
        -------
        Map
            In a notebook a map has the notebook's theme by itself.

        Raises
        ------
        MapFormatError
            If there is no such theme.

        See Also
        --------
        save : writes it to a file.

        Examples
        --------
        >>> map.themed("dark").save("hotel.dot").name
        'hotel.dot'
        """
        if theme not in THEMES:
            options = " or ".join(map(repr, THEMES))
            raise MapFormatError(f"theme={theme!r}: use {options}{nearest(theme, THEMES)}")
        if theme == self.theme:
            return self
        if self.theme != "light":
            raise MapFormatError(f"this map is {self.theme}; make a {theme} one of the map that it came from")
        return replace(self, dot=drawing_in_dark(self.dot), theme=theme)

    def _repr_html_(self) -> str:
        if self.theme == "dark":
            return f'<div role="img" aria-label="{html.escape(repr(self)[1:-1])}">{self.inline}</div>'
        return markup.shown(markup.drawing(self.inline, repr(self)[1:-1]))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the map to a file, whose suffix says as what: .svg, .png, .pdf or .dot.

        The file is written beside its place and then moved there, so that it is never half done.

        Parameters
        ----------
        path : path
            The file to write.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        MapFormatError
            For any other suffix.
        DrawingError
            When Graphviz cannot draw it.

        See Also
        --------
        svg : the drawing as text.

        Examples
        --------
        >>> map.save("hotel.dot").name
        'hotel.dot'
        """
        place = Path(path)
        write = self._writers().get(place.suffix.lower())
        if write is None:
            wrong = f"as {place.suffix}" if place.suffix else "without a suffix"
            raise MapFormatError(f"{place}: a map is saved as .svg, .png, .pdf or .dot, not {wrong}")
        _replace(place, write())
        return place

    def _writers(self) -> dict[str, Callable[[], bytes]]:
        return {
            ".svg": lambda: self.svg.encode("utf-8"),
            ".dot": lambda: self.dot.encode("utf-8"),
            ".png": lambda: self._raster("png", f"dpi={PIXELS_PER_INCH}"),
            ".pdf": lambda: self._raster("pdf"),
        }

    def _raster(self, kind: str, *attributes: str) -> bytes:
        warn_of_missing_glyphs(self.dot)
        return draw(self.dot, kind, *attributes)


def _replace(place: Path, content: bytes) -> None:
    beside = place.with_name(f".{place.name[-40:]}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
