"""DOT text, and from it SVG, PNG and PDF by the Graphviz inside pygraphviz: no system ``dot``."""

from __future__ import annotations

import html
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import quoteattr

import graphviz

from serviceflow.errors import ServiceflowError
from serviceflow.view.format import clean
from serviceflow.view.palette import FAINT, INK, PAPER

FONT = "DejaVu Sans,Verdana,Segoe UI,Helvetica,Arial,sans-serif"
"""The first is the widest and is always there to measure with: texts fit in whatever a reader has."""

SMALL = 8.5
"""The size of all but names, in points."""

PATIENCE = 60.0
"""Seconds after which a layout is tried again in a simpler way, and then given up."""

PLAIN = ("lines=plain", "splines=line", "nslimit=2", "nslimit1=2", "mclimit=0.2", "searchsize=10")


class DrawingError(ServiceflowError, RuntimeError):
    """Graphviz could not draw the map."""


def markup(text: object) -> str:
    r"""`text` for an HTML-like label: shown as it is, whatever it contains.

    Graphviz replaces ``\N`` and the like in the text of a label, with no way to write them; so a
    backslash becomes a text of its own.
    """
    return html.escape(clean(text), quote=True).replace("\\", "<FONT>\\</FONT>")


def quoted(text: object) -> str:
    """`text` for a tooltip or a title: no escapes, no entities.

    Graphviz resolves escapes once in some tooltips and twice in others: a backslash is written as the
    operator that looks like it.
    """
    entities = clean(text).replace("&", "&amp;").replace("<", "&lt;")
    return entities.replace("\\", "\N{REVERSE SOLIDUS OPERATOR}")


def font(text: str, size: float = 10, color: str = INK, bold: bool = False) -> str:
    """Marked-up `text` (escaped already) in a size and color."""
    inner = f"<B>{text}</B>" if bold else text
    return f'<FONT POINT-SIZE="{size:g}" COLOR="{color}">{inner}</FONT>'


def stacked(lines: Iterable[str]) -> str:
    """Marked-up lines, one below the other, as an HTML-like label."""
    return f"<{table(f'<TR><TD>{line}</TD></TR>' for line in lines)}>"


def to_the_left(lines: Iterable[str], badge: str = "", color: str = INK) -> str:
    """Marked-up lines to the left, one below the other, under a badge if that says anything."""
    rows = [f'<TR><TD ALIGN="LEFT">{line}</TD></TR>' for line in lines]
    if badge:
        text = font(markup(badge), 10, PAPER, bold=True)
        rows.insert(0, f'<TR><TD ALIGN="LEFT" CELLPADDING="6" BGCOLOR="{color}">{text}</TD></TR>')
    return f"<{table(rows)}>"


def table(rows: Iterable[str]) -> str:
    """Rows of marked-up cells as an HTML-like table without lines."""
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{"".join(rows)}</TABLE>'


def chip(lines: Iterable[tuple[str, str]]) -> str:
    """A label for a link: terse lines, each with its color, on paper so as to be read across links."""
    told = "<BR/>".join(font(markup(line), SMALL, color) for line, color in lines if line)
    if not told:
        return ""
    cell = f'<TR><TD BGCOLOR="{PAPER}">{told}</TD></TR>'
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="3" CELLPADDING="1">{cell}</TABLE>>'


def digraph(name: str, label: str, rankdir: str) -> graphviz.Digraph:
    """An empty drawing in the house's style, with its heading and legend as its label."""
    drawing = graphviz.Digraph(quoted(name))
    drawing.attr("graph", label=label, labelloc="t", labeljust="l", rankdir=rankdir, bgcolor=PAPER)
    drawing.attr("graph", fontname=FONT, fontsize="10", fontcolor=INK, pad="0.2", charset="UTF-8")
    drawing.attr(
        "graph", nodesep="0.3", ranksep="0.3", newrank="true", outputorder="edgesfirst", lines="around"
    )
    drawing.attr("node", fontname=FONT, fontsize="10", fontcolor=INK, color=FAINT, style="filled")
    drawing.attr("node", fillcolor=PAPER, shape="box", margin="0.12,0.06", height="0.3", width="0.5")
    drawing.attr("edge", fontname=FONT, fontsize="9", fontcolor=INK, color=FAINT, arrowsize="0.7")
    return drawing


def draw(dot: str, kind: str, *attributes: str, patience: float = PATIENCE) -> bytes:
    """The drawing of `dot` as ``svg``, ``png`` or ``pdf``.

    Parameters
    ----------
    dot : str
        A graph in Graphviz's language.
    kind : str
        The name of a Graphviz output format.
    *attributes : str
        ``name=value`` graph attributes that hold for this drawing only, such as ``dpi=120``.
    patience : float
        Seconds to wait for a layout, once for the best and once for a plain one.

    Raises
    ------
    DrawingError
        When Graphviz is absent, fails, or does not finish.
    """
    for extra in ((), PLAIN):
        try:
            return _run(dot, [kind, *attributes, *extra], patience)
        except subprocess.TimeoutExpired:
            continue
    raise DrawingError(
        f"Graphviz did not finish this map within {2 * patience:g} s; save it as .dot and draw it elsewhere, "
        "or map a part of the chain"
    )


def _run(dot: str, arguments: list[str], patience: float) -> bytes:
    if importlib.util.find_spec("pygraphviz") is None:
        raise DrawingError(
            "maps are drawn by pygraphviz, which is not installed here: pip install 'pygraphviz>=2.0'; "
            "without it there is the map's text (.dot), which can be saved and drawn elsewhere"
        )
    child = Path(__file__).with_name("graphviz_child.py")
    with _fonts_known() as environment:
        done = subprocess.run(
            [sys.executable, "-P", str(child), *arguments],
            input=dot.encode("utf-8"),
            capture_output=True,
            timeout=patience,
            env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    if done.returncode or not done.stdout:
        raise DrawingError(_reason(done.returncode, done.stderr.decode("utf-8", "replace")))
    return done.stdout


def _reason(status: int, remarks: str) -> str:
    lines = [line for line in remarks.splitlines() if line.strip() and not line.startswith("Fontconfig")]
    return f"Graphviz failed (exit status {status}): {lines[-1] if lines else 'it said nothing'}"


@contextmanager
def _fonts_known() -> Iterator[dict[str, str]]:
    """An environment in which Graphviz also knows Matplotlib's fonts: some machines have no others."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    folder = _matplotlib_fonts()
    if folder is None or sys.platform == "win32":
        yield environment
        return
    with tempfile.TemporaryDirectory(prefix="serviceflow-") as own:
        settings = Path(own, "fonts.conf")
        settings.write_text(_font_settings(folder, environment.get("FONTCONFIG_FILE")), encoding="utf-8")
        yield {**environment, "FONTCONFIG_FILE": str(settings)}


def _matplotlib_fonts() -> Path | None:
    found = importlib.util.find_spec("matplotlib")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" if found and found.origin else None


def _font_settings(folder: Path, system: str | None) -> str:
    """Fontconfig settings: the system's own, and one more folder of fonts."""
    includes = [system] if system else ["/etc/fonts/fonts.conf", "/opt/homebrew/etc/fonts/fonts.conf"]
    included = "".join(f'<include ignore_missing="yes">{html.escape(path)}</include>' for path in includes)
    last_resort = quoteattr(f"{folder}/LastResort*")
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"{included}<dir>{html.escape(str(folder))}</dir>"
        f"<selectfont><rejectfont><glob>{html.escape(last_resort[1:-1])}</glob></rejectfont></selectfont>"
        "</fontconfig>"
    )
