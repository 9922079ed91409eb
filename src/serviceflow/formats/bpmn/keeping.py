"""The whole model inside a diagram that was written from it, and whether the diagram is still the same."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TypeVar

from serviceflow.errors import ServiceflowError
from serviceflow.formats.bpmn.errors import BpmnError
from serviceflow.formats.xml_text import XmlElement
from serviceflow.model.chain import Chain

C = TypeVar("C", bound=Chain)
SPACE = "https://serviceflow.dev/schema/bpmn/1"
SILENT_SPACES = ("/DI", "/DD/")
BY_DEFAULT = {"isExecutable": "false", "isInterrupting": "true", "cancelActivity": "true"}
"""Attributes that say nothing when they have these values, and which editors put in or leave out."""


def fingerprint(root: XmlElement) -> str:
    """What a diagram says beyond its layout: names, ends and parameters of all elements, as a hash.

    The order of elements does not matter, nor what is the default anyway: editors change both.
    """
    found: list[str] = []
    pending: list[tuple[XmlElement, str]] = [(child, "") for child in root.children]
    while pending:
        element, around = pending.pop()
        if element.space == SPACE or any(part in element.space for part in SILENT_SPACES):
            continue
        fields = sorted(item for item in element.attributes.items() if BY_DEFAULT.get(item[0]) != item[1])
        text = " ".join(element.text.split())
        own = hashlib.sha256(json.dumps([around, element.name, fields, text]).encode()).hexdigest()
        found.append(own)
        pending.extend((child, own) for child in element.children)
    return hashlib.sha256("".join(sorted(found)).encode()).hexdigest()


def kept_model(root: XmlElement) -> XmlElement | None:
    """What holds the model of a chain in a diagram that was written from it."""
    return next((one for one in root.walk() if one.space == SPACE and one.name == "model"), None)


def is_edited(root: XmlElement, model: XmlElement) -> bool:
    """Whether a diagram that holds a model was changed since it was written, more than in its layout."""
    return model.get("fingerprint") != fingerprint(root)


def kept_chain(model: XmlElement, cls: type[C], name: str) -> C:
    """The chain that a diagram holds.

    Raises
    ------
    BpmnError
        If it cannot be read, as where a file that it names is missing.
    """
    text = "\n".join(part.text for part in model.all("part"))
    try:
        return cls.from_dict(json.loads(text), Path(os.path.dirname(name) or "."))
    except ServiceflowError as error:
        raise BpmnError(name, f"the model in it cannot be read: {error}") from None
    except (ValueError, RecursionError, TypeError, AttributeError):
        message = "the model in it is damaged; take out the extension 'serviceflow' to read the diagram alone"
        raise BpmnError(name, message) from None
