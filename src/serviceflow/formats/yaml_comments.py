"""Comments of a model file that say where parameters come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from serviceflow.formats.yaml_text import Document, Node
from serviceflow.model.sources import SECTIONS, Key, Source, read_note

MOST_LETTERS = 2_000


def sources_of(text: str, document: Document, content: Mapping[str, Any]) -> dict[Key, Source]:
    """What comments say of parameters: behind a field, above it, or behind or above its element.

    Parameters
    ----------
    text : str
        Of the file.
    document : Document
        What was read from it.
    content : mapping
        The chain in the notation of a model file.
    """
    lines = text.splitlines()
    found: dict[Key, Source] = {}
    for section in SECTIONS:
        there = document.root.children.get(section)
        for element, fields in content.get(section, {}).items():
            node = None if there is None else there.children.get(element)
            if node is not None and node.key is not None:
                for name, source in _of_element(lines, node, fields or {}):
                    found[section, element, name] = source
    return found


def _of_element(lines: list[str], node: Node, fields: Mapping[str, Any]) -> Iterator[tuple[str, Source]]:
    line = node.key[0] if node.key is not None else 0
    plain, named = _told(_above(lines, line), fields)
    plain = _behind(lines, line) or plain
    for name in fields:
        child = node.children.get(name)
        own = ""
        if child is not None and child.key is not None and child.key[0] != line:
            own = _behind(lines, child.key[0]) or " ".join(_above(lines, child.key[0]))
        said = own or named.get(name, "") or plain
        if said:
            yield name, read_note(said[:MOST_LETTERS])


def _told(comments: list[str], fields: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Comments above an element: of all of it, and of the fields that they name."""
    plain: list[str] = []
    named: dict[str, list[str]] = {}
    now = plain
    for comment in comments:
        name, colon, rest = comment.partition(": ")
        if colon and name in fields:
            now = named.setdefault(name, [])
            now.append(rest)
        else:
            now.append(comment)
    return " ".join(plain), {name: " ".join(parts) for name, parts in named.items()}


def _above(lines: list[str], line: int) -> list[str]:
    """The comments that stand directly above a line, counted from 1."""
    found: list[str] = []
    for text in reversed(lines[: max(line - 1, 0)]):
        if not text.strip().startswith("#"):
            break
        found.append(text.strip().lstrip("#").strip())
    return found[::-1]


def _behind(lines: list[str], line: int) -> str:
    """The comment behind what stands in a line."""
    quote = ""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'" and text[:place].rstrip()[-1:] in ("", ":", ",", "{", "["):
            quote = letter
        elif letter == "#" and place and text[place - 1].isspace():
            return text[place:].lstrip("#").strip()
    return ""
