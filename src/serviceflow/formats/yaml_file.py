"""Chains in YAML files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path as FilePath
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from serviceflow.errors import ModelError, Problem, few_hints
from serviceflow.formats.yaml_comments import sources_of
from serviceflow.formats.yaml_text import Document, Fault, Node, find, read_text, walk_nulls
from serviceflow.model.chain import SECTIONS, Chain, read_chain
from serviceflow.model.links import Link
from serviceflow.model.mistakes import Mistake, Step
from serviceflow.model.problems import find_broken_names
from serviceflow.model.reading import path_text

C = TypeVar("C", bound=Chain)
LARGEST_FILE = 4 * 2_000_000
"""Bytes that a model file may have: those of the largest text."""
WIDEST_LINE = 100


def load(path: str | os.PathLike[str], cls: type[C] = Chain) -> C:  # type: ignore[assignment]
    """Read a chain from a YAML file.

    Parameters
    ----------
    path : path
        The file, in UTF-8. CSV files that it names are sought in its folder.
    cls : type, optional
        The kind of chain to make.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ModelError
        If it is no valid model: every problem, each with its line and column.
    """
    place = FilePath(path)
    with place.open("rb") as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ModelError([Problem("", f"the file has more than {LARGEST_FILE:,} bytes", str(path))])
    return loads(_decoded(content, str(path)), cls, name=str(path), folder=place.parent)


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        message = "the text is not in UTF-8; save it with this encoding"
        raise ModelError([Problem("", message, name, line, column)]) from None


@few_hints()
def loads(
    text: str,
    cls: type[C] = Chain,  # type: ignore[assignment]
    *,
    name: str = "model.yaml",
    folder: str | os.PathLike[str] | None = None,
) -> C:
    """Read a chain from the text of a YAML file.

    Parameters
    ----------
    text : str
        The model.
    cls : type, optional
        The kind of chain to make.
    name : str, optional
        What messages call the file.
    folder : path, optional
        Where CSV files are sought that it names; the current folder if not given.

    Raises
    ------
    ModelError
        If it is no valid model: every problem, each with its line and column.
    """
    document = read_text(text)
    placer = _Placer(document, name)
    if document.data is None and not document.faults:
        document.faults.append(
            Fault("there is nothing in it; write name, providers, services and consumers", 1, 1)
        )
    if not isinstance(document.data, dict) or _unreadable(document):
        raise ModelError(placer.problems([] if document.faults else [_no_model(document.data)]))
    chain, found = read_chain(cls, document.data, FilePath(folder) if folder is not None else None)
    mistakes = [*found.items, *_nulls(document)]
    if mistakes or document.faults:
        mistakes += find_broken_names(chain, document.data)
    else:
        mistakes = chain._mistakes()
    if mistakes or document.faults:
        raise ModelError(placer.problems(mistakes))
    if "#" in text:
        content = chain.to_dict()
        chain._sources = {
            key: replace(source, value=content[key[0]][key[1]][key[2]])
            for key, source in sources_of(text, document, content).items()
        }
    return chain  # type: ignore[no-any-return]


def _no_model(data: object) -> Mistake:
    kind = "a list" if isinstance(data, list) else "a single value"
    return Mistake(f"this is {kind}, no model; write name, providers, services and consumers")


def _unreadable(document: Document) -> bool:
    """Whether reading ended early, so that what is missing says nothing."""
    return any(
        not fault.path and fault.message.startswith("this is no YAML") for fault in document.faults
    ) or any(
        fault.message.startswith(
            ("there are more than", "this is nested", "there is no anchor", "a key must")
        )
        for fault in document.faults
    )


def _nulls(document: Document) -> list[Mistake]:
    """Fields for which nothing is written: as a rule their content is not indented."""
    found = []
    for path in walk_nulls(document.root):
        if path[0] in SECTIONS and path[0] != "scenarios" and len(path) > 2:
            message = "nothing is written for this; indent what belongs to it, or leave it out"
            found.append(Mistake(message, path, at_key=True))
    return found


@dataclass
class _Placer:
    """Gives mistakes their places in the text."""

    document: Document
    name: str
    links: dict[int, dict[Link, Node]] = field(default_factory=dict)

    def problems(self, mistakes: list[Mistake]) -> list[Problem]:
        found = [self.fault(fault) for fault in self.document.faults]
        told = {problem.path for problem in found if problem.path}
        nulls = {item.path for item in mistakes if item.message.startswith("nothing is written for this")}
        known = set(found)
        for item in mistakes:
            if item.path in nulls and not item.message.startswith("nothing is written for this"):
                continue
            problem = self.problem(item)
            if problem not in known and not (problem.path in told and item.offset is not None):
                known.add(problem)
                found.append(problem)
        return sorted(found, key=lambda problem: (problem.line or 0, problem.column or 0, problem.message))

    def fault(self, fault: Fault) -> Problem:
        return Problem(path_text(fault.path), fault.message, self.name, fault.line, fault.column)

    def problem(self, item: Mistake) -> Problem:
        node, complete = find(self.document.root, item.path, self.same_link)
        line, column = _place(node, item, complete)
        return Problem(path_text(item.path), item.message, self.name, line, column)

    def same_link(self, node: Node, step: Step) -> Node | None:
        """The child whose key names the same link, with other spaces."""
        link = _as_link(step)
        if link is None:
            return None
        if id(node) not in self.links:
            named = ((_as_link(key), child) for key, child in node.children.items())
            self.links[id(node)] = {found: child for found, child in named if found is not None}
        return self.links[id(node)].get(link)


def _place(node: Node, item: Mistake, complete: bool) -> tuple[int, int]:
    if complete and node.kind == "scalar" and not item.at_key:
        if item.offset is not None and node.verbatim is not None:
            return node.line, node.column + node.verbatim + item.offset
        return (node.line, node.column) if node.value is not None or node.key is None else node.key
    return node.key or (node.line, node.column)


def _as_link(step: Step) -> Link | None:
    if "->" not in str(step):
        return None
    try:
        return Link.parse(str(step))
    except ValueError:
        return None


# Writing


def dumps(chain: Chain, head: str = "", notes: Mapping[tuple[str, str], str] | None = None) -> str:
    """Write a chain as the text of a YAML file, which :func:`loads` reads back to an equal chain.

    Parameters
    ----------
    chain : Chain
        The chain.
    head : str, optional
        A comment before everything.
    notes : mapping, optional
        Comments before elements, by section and name.
    """
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 10_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    stream = StringIO()
    yaml.dump(_laid_out(chain.to_dict(), notes or {}), stream)
    return "".join(f"# {line}\n" if line else "#\n" for line in head.splitlines()) + stream.getvalue()


def save(
    chain: Chain,
    path: str | os.PathLike[str],
    head: str = "",
    notes: Mapping[tuple[str, str], str] | None = None,
) -> None:
    """Write a chain to a YAML file; an existing file is replaced as a whole or not at all.

    CSV files that the chain names are not copied. `head` and `notes` are comments, as for :func:`dumps`.
    """
    replace_file(FilePath(path), dumps(chain, head, notes))


def replace_file(place: FilePath, text: str) -> None:
    """Write a text to a file, as a whole or not at all."""
    handle, beside = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        _keep_mode(place, beside)
        os.replace(beside, place)
    except BaseException:
        os.unlink(beside)
        raise


def _keep_mode(place: FilePath, beside: str) -> None:
    """Give the new file the mode of the old one, or that of any new file."""
    umask = os.umask(0)
    os.umask(umask)
    os.chmod(beside, place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~umask)


def _laid_out(data: dict[str, Any], notes: Mapping[tuple[str, str], str]) -> CommentedMap:
    """The model with a blank line before each section and short elements on one line."""
    result = CommentedMap()
    for key, value in data.items():
        own = {name: note for (section, name), note in notes.items() if section == key}
        result[key] = section(value, own) if key in SECTIONS else _styled(value, len(key))
        if key in SECTIONS or key == "run":
            result.yaml_set_comment_before_after_key(key, before="\n" if key in SECTIONS else None)
    return result


def section(elements: dict[str, Any], notes: Mapping[str, str]) -> CommentedMap:
    result = CommentedMap()
    for key, value in elements.items():
        result[key] = _styled(value, len(key) + 2)
        if note := notes.get(key):
            result.yaml_set_comment_before_after_key(key, before=note, indent=2)
    return result


def _styled(value: Any, before: int) -> Any:
    """A value in flow style if it fits on the line after `before` characters, else in block style."""
    if isinstance(value, str):
        return LiteralScalarString(value) if _is_literal(value) else value
    if isinstance(value, dict):
        flow = not value or before + _width(value) <= WIDEST_LINE
        mapping = CommentedMap(
            {key: entry if flow else _styled(entry, before + 2) for key, entry in value.items()}
        )
        if flow:
            mapping = _flow(value)
        return mapping
    if isinstance(value, list):
        return _flow(value)
    return value


def _is_literal(text: str) -> bool:
    """Whether a text of several lines can stand as such."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and all(line == line.strip() and line for line in lines)
        and text.isprintable() is False
        and (all(line.isprintable() for line in lines))
    )


def _width(value: Any) -> int:
    return len(str(value)) - 2


def _flow(value: Any) -> Any:
    if isinstance(value, dict):
        mapping = CommentedMap({key: _flow(entry) for key, entry in value.items()})
        mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list):
        sequence = CommentedSeq(_flow(entry) for entry in value)
        sequence.fa.set_flow_style()
        return sequence
    return value


__all__ = ["dumps", "load", "loads", "save"]
