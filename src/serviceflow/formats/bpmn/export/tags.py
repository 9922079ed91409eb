"""Elements of XML on their way out: names with prefixes, attributes, text, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class Tag:
    """An element: its name with prefix, its attributes, its text or what is in it."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Tag] = field(default_factory=list)
    text: str = ""

    def add(self, name: str, text: str = "", /, **attributes: str) -> Tag:
        """Put an element into this one, and give it; two underscores in an attribute are a colon."""
        child = Tag(name, {key.replace("__", ":"): one for key, one in attributes.items()}, [], text)
        self.children.append(child)
        return child

    def write(self) -> str:
        """The whole as a document."""
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(_lines(self))

    def count(self) -> int:
        """How many elements there are, this one included."""
        pending, found = [self], 0
        while pending:
            found += 1
            pending.extend(pending.pop().children)
        return found


def clean(text: str) -> str:
    """A text without what XML cannot hold: it is replaced by the sign for that."""
    return _FORBIDDEN.sub("\ufffd", text)


def _lines(root: Tag) -> Iterator[str]:
    pending: list[tuple[Tag, int, bool]] = [(root, 0, False)]
    while pending:
        tag, depth, closes = pending.pop()
        space = "  " * depth
        if closes:
            yield f"{space}</{tag.name}>\n"
            continue
        head = "".join(f" {key}={quoteattr(clean(value))}" for key, value in tag.attributes.items())
        if tag.children:
            yield f"{space}<{tag.name}{head}>\n"
            pending.append((tag, depth, True))
            pending.extend((child, depth + 1, False) for child in reversed(tag.children))
        elif tag.text:
            yield f"{space}<{tag.name}{head}>{escape(clean(tag.text))}</{tag.name}>\n"
        else:
            yield f"{space}<{tag.name}{head} />\n"
