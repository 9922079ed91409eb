"""A scenario put into a model file whose text stays as it is: its comments, its order, its layout."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from serviceflow.errors import ServiceflowError
from serviceflow.formats.yaml_file import load, loads, replace_file, section
from serviceflow.model.chain import Chain

HEAD = re.compile(r"^scenarios:[ \t]*(#.*)?$", re.MULTILINE)
NEXT = re.compile(r"^(?![ \t#\r\n])", re.MULTILINE)
"""Where the next section begins: a line that is not indented, empty or a comment."""


class InsertError(ServiceflowError, ValueError):
    """A scenario that cannot be put into a file."""


def scenario_text(name: str, scenario: Mapping[str, Any]) -> str:
    """A scenario as it stands in a model file, under its section.

    Parameters
    ----------
    name : str
        What it is called.
    scenario : mapping
        Its description and changes.
    """
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 10_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump({"scenarios": section({name: dict(scenario)}, {})}, stream)
    return stream.getvalue()


def insert_scenario(path: str | os.PathLike[str], name: str, scenario: Mapping[str, Any]) -> str:
    """Put a scenario into a model file; nothing else of the file changes.

    Parameters
    ----------
    path : path
        The model file.
    name : str
        What the scenario is called there.
    scenario : mapping
        Its description and changes.

    Returns
    -------
    str
        What was put in.

    Raises
    ------
    InsertError
        If the file has such a scenario, or its section is written so that nothing can be put in.
    ModelError
        If the file is no model, or the scenario does not fit it.
    """
    place, own = Path(path), scenario_text(name, scenario)
    before: Chain = load(path)
    if name in before.scenarios:
        raise InsertError(f"{path} has a scenario {name!r}: give another name")
    text = place.read_text("utf-8-sig")
    new = _inserted(text, own)
    _check(new, before, place, name, scenario, own)
    replace_file(place, new)
    return own


def _inserted(text: str, own: str) -> str:
    """The text with a scenario at the end of its section, or with a section at its own end."""
    found = HEAD.search(text)
    if found is None:
        return f"{text.rstrip()}\n\n{own}"
    after = NEXT.search(text, found.end() + 1)
    end = after.start() if after else len(text)
    section, body = text[:end].rstrip(), own.split("\n", 1)[1]
    indent = re.search(r"^( +)\S", text[found.end() : end], re.MULTILINE)
    wide = len(indent[1]) if indent else 2
    body = "".join(f"{' ' * (wide - 2)}{line}\n" if wide > 2 else f"{line}\n" for line in body.splitlines())
    rest = text[end:]
    return f"{section}\n{body}" + (f"\n{rest}" if rest.strip() else "")


def _check(new: str, before: Chain, place: Path, name: str, scenario: Mapping[str, Any], own: str) -> None:
    """Refuse what does not come out as the same model with one scenario more."""
    wanted = before.copy()
    wanted.add_scenario(name, **scenario)
    try:
        found: Chain = loads(new, name=str(place), folder=place.parent)
        fits = found == wanted
    except ServiceflowError:
        fits = False
    if not fits:
        raise InsertError(
            f"{place}: its scenarios are written so that none can be put in by itself;"
            f" put this in by hand:\n{own}"
        )


__all__ = ["InsertError", "insert_scenario", "scenario_text"]
