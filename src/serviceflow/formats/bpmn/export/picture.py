"""What a diagram of a chain consists of: pools with lanes, shapes, lines, and the values of these."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from serviceflow.model.elements import Arrivals
from serviceflow.model.expressions import Expression

SEQUENCE, MESSAGE, DATA = "sequence", "message", "data"
SIZES = {"Task": (100, 80), "Gateway": (50, 50), "Event": (36, 36), "Reference": (50, 50)}
"""Width and height by how the name of an element ends, in pixels."""
_PLAIN = re.compile(r"[A-Za-z0-9]+( [A-Za-z0-9]+)*")
LONGEST_ID = 40


@dataclass
class Shape:
    """A task, event, gateway or store."""

    id: str
    tag: str
    """The name of the element in BPMN."""
    name: str
    pool: int
    """The number of the pool; -1 where it lies in none."""
    lane: str | None = None
    """The provider whose lane it lies in; None is the lane of what nobody does."""
    trigger: str = ""
    """What triggers an event: ``timer``, ``message``, ``conditional`` or ``error``; empty for none."""
    says: str = ""
    """The text of the trigger, or of the condition of a gateway."""
    host: str | None = None
    """The task at whose edge an event sits."""
    default: str | None = None
    """The flow that is taken where no other is."""
    performers: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    """What BPMN has no element for, in words."""
    x: float = 0.0
    y: float = 0.0
    """The middle."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return next(size for ending, size in SIZES.items() if self.tag.endswith(ending))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        width, height = self.size
        return self.x - width / 2, self.y - height / 2, self.x + width / 2, self.y + height / 2


@dataclass
class Line:
    """A sequence flow, a message, or what is taken from a store or brought there."""

    id: str
    kind: str
    source: str
    target: str
    name: str = ""
    condition: str | None = None
    points: list[tuple[float, float]] = field(default_factory=list)
    label: tuple[float, float, float, float] | None = None
    """Where its name stands: left, top, width, height."""


@dataclass
class Pool:
    """A process with its lanes, by provider; None is the lane of what nobody does."""

    id: str
    name: str
    lanes: list[str | None] = field(default_factory=list)
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    lane_boxes: list[tuple[float, float, float, float]] = field(default_factory=list)


@dataclass
class Picture:
    """A diagram, with the values that belong to its elements, by id."""

    pools: list[Pool] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    """The task of each service."""
    arrivals: dict[str, tuple[str, Arrivals]] = field(default_factory=dict)
    """Start events: the consumer, and how its requests come."""
    times: dict[str, Expression] = field(default_factory=dict)
    """How long an event waits."""
    shares: dict[str, float] = field(default_factory=dict)
    """How likely a flow is taken."""
    conditions: dict[str, Expression] = field(default_factory=dict)


class Ids:
    """Ids of elements: made of names, the same for the same name, each used once."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def give(self, kind: str, *names: str) -> str:
        """An id for what has these names, such as ``Task_Check_in``."""
        found = id_of(kind, *names)
        number = 1
        while found in self.used:
            number += 1
            found = f"{id_of(kind, *names)}_{number}"
        self.used.add(found)
        return found


def id_of(kind: str, *names: str) -> str:
    """An id of Latin letters and digits, as editors want it; other names are told apart by a hash."""
    text = "__".join(names)
    if len(names) == 1 and len(text) <= LONGEST_ID and _PLAIN.fullmatch(text):
        return f"{kind}_{text.replace(' ', '_')}"
    letters = re.sub(r"[^A-Za-z0-9]+", "_", text)[:LONGEST_ID].strip("_")
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{kind}_{letters}_{mark}" if letters else f"{kind}_{mark}"
