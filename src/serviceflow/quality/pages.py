"""Pages to read and to print: one HTML file that needs nothing else, with every name escaped."""

from __future__ import annotations

import base64
import hashlib
import html
import math
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from serviceflow.display.text import straight

STYLE = """
body{font:15px/1.45 system-ui,"Noto Sans SC","Microsoft YaHei",sans-serif;color:#1d2733;background:#fff}
body{margin:0}
section{max-width:62em;margin:0 auto;padding:1.6em 1.2em;page-break-after:always}
section:last-child{page-break-after:auto}
h1{font-size:1.6em;margin:.2em 0}h2{font-size:1.3em;margin:1em 0 .3em}h3{font-size:1.05em;margin:1em 0 .2em}
p,ul{margin:.4em 0}.faint{color:#66727f}.bad{color:#a33c1a}.good{color:#1b5e8c}
table{border-collapse:collapse;margin:.5em 0 1em;width:100%}
th,td{border:1px solid #c8d0d8;padding:.3em .5em;text-align:left;vertical-align:top}
th{background:#eef2f6;font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td.fill{height:2.2em;min-width:7em}nav a{margin-right:1em}svg{max-width:100%;height:auto}
.scale{white-space:nowrap;letter-spacing:.1em}
@media print{nav{display:none}body{font-size:11pt}section{padding:0}a{color:inherit;text-decoration:none}}
"""


def escape(text: str) -> str:
    """A text as it may stand in a page: no markup, and nothing that turns the direction of what follows."""
    return html.escape(straight(text))


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"


def document(title: str, sections: Iterable[str], language: str = "en", more: str = "") -> str:
    """A whole file of some sections, each of which is a page in print; `more` goes after the usual style."""
    style = STYLE + more
    body = "".join(f"<section>{section}</section>" for section in sections)
    return (
        f'<!DOCTYPE html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_policy(style))}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body>{body}</body></html>"
    )


def heading(text: str, level: int = 2, anchor: str = "") -> str:
    """A heading."""
    place = f' id="{escape(anchor)}"' if anchor else ""
    return f"<h{level}{place}>{escape(text)}</h{level}>"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f'<p class="{escape(kind)}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def bullets(lines: Iterable[str]) -> str:
    """A list of plain texts."""
    found = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{found}</ul>" if found else ""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; numbers stand to the right, None is a place to fill in."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    if value is None:
        return '<td class="fill"></td>'
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f'<td class="n">{"" if math.isnan(value) else number(value)}</td>'
    return f"<td>{escape(str(value))}</td>"


def number(value: float) -> str:
    """A number as a table shows it."""
    if value == round(value) and abs(value) < 1e6:
        return f"{value:,.0f}"
    return f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"


def percent(value: float) -> str:
    """A share as a table shows it; nothing where it is not known."""
    return "" if math.isnan(value) else f"{100 * value:.0f}%"


def between(low: float, high: float, form: str = "{:.2f}") -> str:
    """An interval as a table shows it."""
    return "" if math.isnan(low) or math.isnan(high) else f"{form.format(low)} to {form.format(high)}"


def save(path: str | PathLike[str], text: str) -> None:
    """Write a file in UTF-8."""
    Path(path).write_text(text, encoding="utf-8")
