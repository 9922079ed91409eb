"""The whole model inside a diagram that was written from it, and whether the diagram is still the same."""

from __future__ import annotations

import hashlib
import json
from typing import TypeVar

from serviceflow.errors import ServiceflowError
from serviceflow.formats.xml_text import XmlElement
from serviceflow.model.chain import Chain

C = TypeVar("C", bound=Chain)
SPACE = "https://serviceflow.dev/schema/bpmn/1"
SILENT_SPACES = ("/DI", "/DD/")
LONGEST = 1_000_000


def fingerprint(root: XmlElement) -> str:
    """What a diagram says beyond its layout: names, ends and parameters of all elements, as a hash."""
    digest = hashlib.sha256()
    for element in root.walk():
        if element.space == SPACE or any(part in element.space for part in SILENT_SPACES):
            continue
        if element is root:
            continue
        fields = sorted(element.attributes.items())
        digest.update(json.dumps([element.name, fields, " ".join(element.text.split())]).encode())
    return digest.hexdigest()


def kept_chain(root: XmlElement, cls: type[C]) -> C | None:
    """The chain that a diagram holds, or None where there is none or the diagram was changed."""
    for element in root.walk():
        if element.space == SPACE and element.name == "model":
            if element.get("fingerprint") != fingerprint(root):
                return None
            try:
                return cls.from_dict(json.loads(element.text))
            except (ValueError, RecursionError, ServiceflowError, TypeError, AttributeError):
                return None
    return None


def is_edited(root: XmlElement) -> bool:
    """Whether a diagram holds a chain but was changed since."""
    return any(
        element.space == SPACE and element.name == "model" and element.get("fingerprint") != fingerprint(root)
        for element in root.walk()
    )
