"""Ids of the parts of a map: made of names, so that they stay when other elements come or go."""

from __future__ import annotations

from hashlib import sha1
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from serviceflow.model.links import Link

KINDS = {
    "service": "svc",
    "provider": "prov",
    "consumer": "cons",
    "stock": "stock",
    "handoff": "link",
    "call": "call",
    "enters": "enters",
    "reorders": "reorders",
    "takes": "takes",
    "adds": "adds",
    "last": "last",
    "gave up": "gave-up",
    "refused": "refused",
    "timed out": "timed-out",
    "asks": "asks",
    "department": "dept",
}
"""What a part stands for, and how its id begins."""
LONGEST = 100
_KEPT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def element_id(kind: str, *names: str) -> str:
    """The id of a part: letters and digits of its names as they are, the rest by its code.

    Spaces become hyphens, any other character its hexadecimal code between underscores, and several
    names are parted by dots: ``svc-Check-in``, ``link-Check-out.Clean-room``. What would be longer than
    :data:`LONGEST` is cut, and has a digest at its end.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    *names : str
        Of an element, or of both ends of a link and its way.
    """
    whole = f"{KINDS[kind]}-{'.'.join(map(_written, names))}"
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[:LONGEST]}.{sha1(whole.encode()).hexdigest()[:12]}"


def link_id(kind: str, link: Link) -> str:
    """The id of a handoff or a call."""
    return element_id(kind, link.origin, link.target, *([link.via] if link.via else []))


def _written(name: str) -> str:
    return "".join(_character(one) for one in name)


def _character(one: str) -> str:
    if one in _KEPT:
        return one
    return "-" if one == " " else f"_{ord(one):x}_"
