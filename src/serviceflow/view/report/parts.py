"""The page put together: templates, style, scripts, the block of data, and the policy that allows no more."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from serviceflow.view.report.flame import css
from serviceflow.view.report.texts import Text, name, say, text

STYLES = ("base.css", "dark.css", "map.css", "print.css")
SCRIPTS = (
    *("core.js", "unpack.js", "controls.js", "tables.js", "map.js", "heat.js", "tokens.js", "replay.js"),
    *("scatter.js", "waterfall.js"),
)
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""Nothing is loaded from anywhere, nothing runs but the page's own script."""


@cache
def read(file: str) -> str:
    """A part of the page as it lies beside this module."""
    return resources.files("serviceflow.view.report").joinpath("page", file).read_text(encoding="utf-8")


@cache
def style() -> str:
    """The style sheet; the dark theme is for screens, and also holds where the reader's system is dark."""
    dark = read("dark.css")
    assumed = dark.replace("html[data-theme=dark]", "html:not([data-theme=light])")
    sheets = {one: read(one) for one in STYLES}
    sheets["dark.css"] = (
        f"@media screen{{\n{dark}}}\n@media screen and (prefers-color-scheme:dark){{\n{assumed}}}"
    )
    return "\n".join(sheets.values())


@cache
def script(scripts: tuple[str, ...] = SCRIPTS) -> str:
    """The scripts, one after another, in a scope of their own."""
    return '(() => {\n"use strict";\n' + "\n".join(read(one) for one in scripts) + "\n})();\n"


def digest(content: str) -> str:
    """How a policy names what may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


def data_block(data: Any) -> Markup:
    """Data as JSON that no parser of HTML or of scripts can take for anything else."""
    told = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for harmful in "<>&\u2028\u2029":
        told = told.replace(harmful, f"\\u{ord(harmful):04x}")
    return Markup(told)


def _aria(language: str, key: str | Text) -> Markup:
    """A label for those who do not see the page, in both languages for the switch."""
    told = key if isinstance(key, Text) else say(key)
    return Markup('aria-label="{}" data-label-en="{}" data-label-zh="{}"').format(
        told.of(language), told.en, told.zh
    )


def page(context: dict[str, Any], data: Any, language: str, scripts: tuple[str, ...] = SCRIPTS) -> str:
    """The whole file.

    Parameters
    ----------
    context : dict
        What the templates show.
    data : object
        What the scripts read.
    language : str
        The language that is shown first.
    scripts : tuple of str
        What runs in it.
    """
    names = [one["template"] for one in context["parts"]]
    loader = DictLoader({one: read(one) for one in ("page.html", *names)})
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(say=say, name=name, text=text, css=css)
    environment.globals["aria"] = lambda key: _aria(language, key)
    return environment.get_template("page.html").render(
        **context,
        language=language,
        style=Markup(style()),
        script=Markup(script(scripts)),
        policy=POLICY.format(script=digest(script(scripts)), style=digest(style())),
        data=data_block(data),
    )
