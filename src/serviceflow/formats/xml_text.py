"""XML from strangers: parsed by expat with bounds, without recursion, entities of its own or any access to
files.

Everything here takes bytes that may have been made to do harm. A document type declaration is refused, as
it is
what entities are declared in; depth, elements and lengths are bounded; nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MEGABYTE = 1_000_000
CHUNK = 1 << 16


@dataclass(frozen=True)
class Limits:
    """How much of each there may be."""

    size: int = 20 * MEGABYTE
    """Bytes."""
    depth: int = 200
    """Elements within one another."""
    elements: int = 200_000
    attributes: int = 1_000
    """Of one element."""
    text: int = MEGABYTE
    """Characters of one attribute, or of the text within one element."""


class XmlFault(Exception):
    """What is wrong with a text that should be XML, and on which line."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(slots=True)
class XmlElement:
    """An element: its name without prefix, its namespace, and what is in it."""

    name: str
    space: str
    attributes: dict[str, str]
    """By name without prefix; an attribute without prefix wins over one that has one."""
    line: int
    children: list[XmlElement] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    """The pieces of its own text."""

    @property
    def text(self) -> str:
        """Its own text, without that of its children."""
        return "".join(self.parts)

    def get(self, name: str) -> str | None:
        """An attribute, if it is there."""
        return self.attributes.get(name)

    def all(self, *names: str) -> list[XmlElement]:
        """The children of these names, in the order of the file."""
        return [child for child in self.children if child.name in names]

    def first(self, *names: str) -> XmlElement | None:
        """The first child of these names."""
        return next((child for child in self.children if child.name in names), None)

    def walk(self) -> Iterator[XmlElement]:
        """The element itself and all within it, in the order of the file."""
        pending = [self]
        while pending:
            element = pending.pop()
            yield element
            pending.extend(reversed(element.children))


def parse(
    chunks: Iterable[bytes],
    start: Callable[[str, str, dict[str, str], int], None],
    end: Callable[[], None],
    text: Callable[[str], None],
    limits: Limits,
) -> None:
    """Parse XML piece by piece.

    Parameters
    ----------
    chunks : iterable of bytes
        The file.
    start : callable
        Takes the name, the namespace, the attributes and the line of an element that begins.
    end, text : callable
        Take the end of an element, and a piece of text.
    limits : Limits
        How much there may be.

    Raises
    ------
    XmlFault
        If it is no XML, has a document type, or is larger than the limits.
    """
    _Parser(start, end, text, limits).run(chunks)


class _Parser:
    def __init__(
        self,
        start: Callable[[str, str, dict[str, str], int], None],
        end: Callable[[], None],
        text: Callable[[str], None],
        limits: Limits,
    ) -> None:
        self.on_start, self.on_end, self.on_text = start, end, text
        self.limits = limits
        self.depth = self.elements = self.size = self.length = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.doctype
        self.parser.ExternalEntityRefHandler = None

    def run(self, chunks: Iterable[bytes]) -> None:
        try:
            for chunk in chunks:
                self.size += len(chunk)
                if self.size > self.limits.size:
                    raise self.fault(f"it has more than {self.limits.size // MEGABYTE:,} MB")
                self.parser.Parse(chunk, False)
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code) or "broken"
            told = f"this is no well-formed XML ({what}); export the file again, or mend it at this line"
            raise XmlFault(told, error.lineno) from None
        except (LookupError, UnicodeError, ValueError) as error:
            raise self.fault(f"its encoding cannot be read ({error})") from None

    def fault(self, message: str) -> XmlFault:
        return XmlFault(message, self.parser.CurrentLineNumber)

    def doctype(self, *_: object) -> None:
        raise self.fault("it has a document type declaration (DOCTYPE), which is refused; take it out")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        self.length = 0
        if self.depth > self.limits.depth:
            raise self.fault(f"more than {self.limits.depth:,} elements stand within one another")
        if self.elements > self.limits.elements:
            raise self.fault(f"it has more than {self.limits.elements:,} elements")
        if len(attributes) > self.limits.attributes:
            raise self.fault(f"an element has more than {self.limits.attributes:,} attributes")
        for value in attributes.values():
            self.measure(len(value))
        space, _, local = name.rpartition(" ")
        self.on_start(local, space, _local(attributes), self.parser.CurrentLineNumber)

    def end(self, _: str) -> None:
        self.depth -= 1
        self.length = 0
        self.on_end()

    def text(self, piece: str) -> None:
        self.length += len(piece)
        self.measure(self.length)
        self.on_text(piece)

    def measure(self, length: int) -> None:
        if length > self.limits.text:
            raise self.fault(f"a text has more than {self.limits.text:,} characters")


def _local(attributes: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in attributes.items():
        space, _, local = name.rpartition(" ")
        if not space or local not in found:
            found[local] = value
    return found


def read_tree(data: bytes, limits: Limits | None = None) -> XmlElement:
    """Read a whole document.

    Raises
    ------
    XmlFault
        If it is no XML, has a document type, or is larger than the limits.
    """
    roots: list[XmlElement] = []
    path: list[XmlElement] = []

    def start(name: str, space: str, attributes: dict[str, str], line: int) -> None:
        element = XmlElement(name, space, attributes, line)
        (path[-1].children if path else roots).append(element)
        path.append(element)

    def end() -> None:
        path.pop()

    def text(piece: str) -> None:
        path[-1].parts.append(piece)

    parse(pieces(data), start, end, text, limits or Limits())
    return roots[0]


def pieces(data: bytes) -> Iterator[bytes]:
    """Bytes in chunks, so that limits are noticed early."""
    for place in range(0, len(data), CHUNK):
        yield data[place : place + CHUNK]
