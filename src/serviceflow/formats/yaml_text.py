"""Reading YAML 1.2 into plain data, with the place of everything in the text, at bounded cost.

Only what a model needs is read: mappings with scalar keys, lists and scalars of the core schema. Keys are
text, whatever they look like. Tags are refused; aliases are followed as long as what they stand for stays
small. Nothing is constructed but dict, list, str, int, float, bool and None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from serviceflow.model.mistakes import Path, Step

LARGEST_TEXT = 2_000_000
"""Characters that a model may have."""
MOST_NODES = 200_000
"""Keys and values that a model may have, aliases written out."""
DEEPEST = 40

_INT = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_HINTS = (
    ("'\\t' that cannot start", "lines are indented with spaces, not with tabs"),
    ("mapping values are not allowed", "check the indentation, and put text that has ': ' in it in quotes"),
    ("but found '<block mapping start>'", "check the indentation"),
    ("could not find expected ':'", "write each entry as 'key: value'"),
    ("expected ',' or", "a brace or bracket is not closed, or a comma is missing"),
    ("while scanning a quoted scalar", "the quotes are not closed"),
    ("cannot start any token", "put the text in quotes"),
)


@dataclass
class Fault:
    """A mistake in the text itself."""

    message: str
    line: int
    column: int
    path: Path = ()


@dataclass
class Node:
    """A part of the text: its place, and what is in it."""

    line: int
    column: int
    value: Any = None
    children: dict[Step, Node] = field(default_factory=dict)
    key: tuple[int, int] | None = None
    size: int = 1
    anchor: str | None = None
    kind: str = "scalar"
    flow: bool = False
    verbatim: int | None = None
    """How far into the text of a scalar its first character is, where the rest stands as it is."""
    pending: Node | None = None
    """The key of a mapping whose value comes next."""
    cut: tuple[Step, str] | None = None
    """An entry of a flow mapping that ends within a call, and what has been found of the call."""


@dataclass
class Document:
    """What a text holds: data, a tree of places, and what is wrong with the text itself."""

    data: Any
    root: Node
    faults: list[Fault]


def read_text(text: str) -> Document:
    """Read YAML; what can be read is given beside what is wrong."""
    builder = _Builder(text)
    if len(text) > LARGEST_TEXT:
        builder.faults.append(
            Fault(f"the text has {len(text):,} characters; at most {LARGEST_TEXT:,} are read", 1, 1)
        )
        return builder.document()
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            if not builder.take(event):
                break
    except ReaderError as error:
        builder.faults.append(_unprintable(text, error))
    except MarkedYAMLError as error:
        builder.faults.append(_syntax(error))
    except (YAMLError, ValueError, IndexError, AttributeError, TypeError, AssertionError) as error:
        builder.faults.append(Fault(f"this is no YAML: {error}", *builder.last))
    return builder.document()


def _unprintable(text: str, error: ReaderError) -> Fault:
    place = max(
        text.find(chr(error.character)) if isinstance(error.character, int) else error.position or 0, 0
    )
    line = text.count("\n", 0, place) + 1
    column = place - (text.rfind("\n", 0, place) + 1) + 1
    return Fault(f"the character {text[place : place + 1]!r} may not stand in YAML", line, column)


def _syntax(error: MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    problem = " ".join(str(error.problem or error.context or "it cannot be read").split())
    told = f"{error.context or ''} {problem}"
    hint = next((f"; {text}" for sign, text in _HINTS if sign in told), "")
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Fault(f"this is no YAML: {problem}{hint}", line, column)


class _Builder:
    """Puts together what the events of a parser tell, without recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Node | None = None
        self.stack: list[Node] = []
        self.path: list[Step] = []
        self.anchors: dict[str, Node] = {}
        self.faults: list[Fault] = []
        self.last = (1, 1)
        self.nodes = 0
        self.documents = 0

    def document(self) -> Document:
        root = self.root or Node(1, 1)
        return Document(root.value, root, self.faults)

    def fail(self, message: str, node: Node | None = None) -> None:
        line, column = (node.line, node.column) if node else self.last
        self.faults.append(Fault(message, line, column, tuple(self.path)))

    def take(self, event: Event) -> bool:
        """Take an event in; False when reading must end."""
        if event.start_mark is not None:
            self.last = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self.fail("there is a second document; a model is one, without '---' in it")
            return self.documents == 1
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            return self.open(event)
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.close()
            return True
        if isinstance(event, ScalarEvent):
            return self.count(1) and self.place(self.scalar(event))
        return self.alias(event) if isinstance(event, AliasEvent) else True

    def count(self, nodes: int) -> bool:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            self.fail(f"there are more than {MOST_NODES:,} keys and values")
        return self.nodes <= MOST_NODES

    def open(self, event: Any) -> bool:
        self.refuse_tag(event)
        mapping = isinstance(event, MappingStartEvent)
        node = Node(*self.last, value={} if mapping else [], kind="mapping" if mapping else "list")
        node.anchor, node.flow = event.anchor, bool(event.flow_style)
        if len(self.stack) >= DEEPEST:
            self.fail(f"this is nested more than {DEEPEST} deep")
            return False
        if self.stack and self.stack[-1].kind == "mapping" and self.stack[-1].pending is None:
            self.fail("a key must be text, not a list or a mapping")
            return False
        self.stack.append(node)
        if len(self.stack) > 1:
            self.path.append(self.next_step())
        return self.count(1)

    def next_step(self) -> Step:
        parent = self.stack[-2]
        return parent.pending.value if parent.pending is not None else len(parent.value)

    def close(self) -> None:
        node = self.stack.pop()
        if node.cut is not None:
            self.end_cut(node)
        if self.stack:
            self.path.pop()
        self.place(node)

    def place(self, node: Node) -> bool:
        """Put a complete node where it belongs."""
        if node.anchor is not None:
            self.anchors[node.anchor] = node
        if not self.stack:
            self.root = node
            return True
        parent = self.stack[-1]
        parent.size += node.size
        if parent.kind == "list":
            self.put(parent, len(parent.value), node)
        elif parent.pending is None:
            parent.pending = self.as_key(node)
        else:
            self.entry(parent, parent.pending, node)
            parent.pending = None
        return True

    def as_key(self, node: Node) -> Node:
        text = node.value if isinstance(node.value, str) else self.raw
        key = Node(node.line, node.column, text)
        if text == "<<" and node.verbatim == 0:
            self.fail("YAML 1.2 has no merge keys (<<); write the fields out", key)
        return key

    def entry(self, parent: Node, key: Node, node: Node) -> None:
        step = key.value
        if parent.cut is not None and node.value is None and node.kind == "scalar":
            place, found = parent.cut
            parent.cut = (place, f"{found}, {step}")
            if _balanced(parent.cut[1]):
                self.end_cut(parent)
            return
        if step in parent.children:
            first = parent.children[step].key or (0, 0)
            self.path.append(step)
            self.fail(f"this is set twice; the first is on line {first[0]}: keep one of them", key)
            self.path.pop()
            return
        node.key = (key.line, key.column)
        self.put(parent, step, node)
        if parent.flow and node.verbatim == 0 and isinstance(node.value, str) and not _balanced(node.value):
            parent.cut = (step, node.value)

    def end_cut(self, parent: Node) -> None:
        """Say that a call was cut at its comma, and go on as if it had been in quotes."""
        assert parent.cut is not None
        step, found = parent.cut
        parent.cut = None
        node = parent.children[step]
        if found != node.value and _balanced(found):
            self.path.append(step)
            self.fail(f'YAML cut this call at its comma: put it in quotes, "{found}"', node)
            self.path.pop()
            parent.value[step] = node.value = found

    @staticmethod
    def put(parent: Node, step: Step, node: Node) -> None:
        parent.children[step] = node
        if isinstance(step, int):
            parent.value.append(node.value)
        else:
            parent.value[step] = node.value

    def scalar(self, event: Any) -> Node:
        self.refuse_tag(event)
        plain = event.style is None or event.style == ""
        self.raw = event.value
        node = Node(*self.last, value=resolve(event.value) if plain else event.value, anchor=event.anchor)
        start, end = event.start_mark.index, event.end_mark.index
        written = self.text[start:end]
        if plain and written.startswith(event.value):
            node.verbatim = 0
        elif written[1:-1] == event.value:
            node.verbatim = 1
        return node

    def alias(self, event: Any) -> bool:
        known = self.anchors.get(event.anchor)
        if known is None:
            self.fail(f"there is no anchor &{event.anchor} before this")
            return False
        if not self.count(known.size):
            return False
        self.raw = str(known.value)
        return self.place(Node(*self.last, known.value, known.children, size=known.size, kind=known.kind))

    def refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            self.fail(f"tags such as {str(event.tag)[:40]} are not read; leave it out")


def resolve(text: str) -> Any:
    """The value of a plain scalar by YAML 1.2's core schema; dates stay text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if len(text) <= 400 and _FLOAT.fullmatch(text):
        return float(text)
    return text


def _balanced(text: str) -> bool:
    return text.count("(") == text.count(")")


def find(
    root: Node, path: Path, alike: Callable[[Node, Step], Node | None] | None = None
) -> tuple[Node, bool]:
    """The node to which a path leads, or the deepest on the way; and whether all of the path was found.

    `alike` seeks the child for a step that is written otherwise in the text.
    """
    node = root
    for step in path:
        child = node.children.get(step) or node.children.get(str(step))
        if child is None and alike is not None:
            child = alike(node, step)
        if child is None:
            return node, False
        node = child
    return node, True


def walk_nulls(node: Node) -> Iterator[Path]:
    """The paths of entries of mappings for which nothing is written."""
    pending: list[tuple[Node, Path]] = [(node, ())]
    while pending:
        current, path = pending.pop()
        for step, child in current.children.items():
            if child.kind == "scalar" and child.value is None:
                yield (*path, step)
            elif child.children:
                pending.append((child, (*path, step)))
