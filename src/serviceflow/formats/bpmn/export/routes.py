"""How lines run: in channels between rows and columns, each on a track of its own, never through a shape.

Every line leaves a shape on its right and comes to one on its left. What leaves and what comes does so at
heights of its own, so that lines of different shapes meet only where they cross.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass, field

from serviceflow.display.text import width
from serviceflow.formats.bpmn.export.grid import Grid
from serviceflow.formats.bpmn.export.picture import DATA, MESSAGE, SEQUENCE, Line, Picture, Shape

LEFT, TOP = 160, 80
HEAD = 30
"""Width of the name of a pool, and of a lane."""
TRACK = 10
"""Between two lines in a channel."""
BEFORE, BEHIND = 24, 20
"""Free space at the sides of a channel between columns."""
ABOVE, HALF, BELOW = 24, 40, 40
"""Of a row: free space above, half of the tallest shape, and space for names below."""
BETWEEN = 40
"""Between two pools."""
LETTER, LINE = 6, 14
"""Width of a letter, and height of a line of text."""
WIDEST_LABEL = 110

Span = tuple[float, float]


def text_width(text: str) -> int:
    """How wide a name is in pixels, at most."""
    return min(WIDEST_LABEL, LETTER * width(text) + 4)


@dataclass
class _Channel:
    """Tracks side by side; on each lie stretches that do not touch."""

    ends: list[list[Span]] = field(default_factory=list)

    def take(self, start: float, end: float) -> int:
        """The first track that is free from one place to another."""
        span = (min(start, end), max(start, end))
        for number, spans in enumerate(self.ends):
            place = bisect(spans, span)
            before, after = spans[max(0, place - 1) : place], spans[place : place + 1]
            if all(other < span[0] for _, other in before) and all(span[1] < one for one, _ in after):
                spans.insert(place, span)
                return number
        self.ends.append([span])
        return len(self.ends) - 1


@dataclass
class _Run:
    """A line in terms of tracks: through which channels it goes, and on which track of each."""

    line: Line
    out: float
    into: float
    first: tuple[int, int] | None = None
    across: tuple[int, int] | None = None
    last: tuple[int, int] | None = None


def leaving(kind: str, shape: Shape) -> float:
    """How far below the middle of its row a line leaves a shape."""
    if shape.host is not None:
        return -HALF if shape.name == "refused" else HALF
    if not shape.tag.endswith("Task"):
        return 0.0
    return {SEQUENCE: 0.0, MESSAGE: 20.0, DATA: -25.0}[kind]


def coming(kind: str, shape: Shape) -> float:
    """How far below the middle of its row a line comes to a shape."""
    if shape.tag.endswith("Task"):
        return {SEQUENCE: -10.0, MESSAGE: 30.0, DATA: -33.0}[kind]
    return {SEQUENCE: -10.0, MESSAGE: 8.0, DATA: 10.0}[kind]


class Router:
    """Finds tracks for all lines, then the places of everything."""

    def __init__(self, picture: Picture, grid: Grid) -> None:
        self.picture, self.grid = picture, grid
        self.upright: dict[int, _Channel] = defaultdict(_Channel)
        self.level: dict[int, _Channel] = defaultdict(_Channel)
        self.cells = {
            (grid.row[key], grid.column[key]) for key, one in picture.shapes.items() if one.host is None
        }
        self.straight: set[tuple[str, str]] = set()

    def lay_out(self) -> None:
        runs = [self.run(line) for line in self.picture.lines.values()]
        self.place_columns()
        self.place_rows()
        self.place_shapes()
        self.place_pools()
        for run in runs:
            run.line.points = self.points(run)
        Labels(self.picture).place()

    # Tracks

    def run(self, line: Line) -> _Run:
        source, target = self.picture.shapes[line.source], self.picture.shapes[line.target]
        if self.is_straight(line, source, target):
            self.straight.add((line.source, line.target))
            return _Run(line, 0.0, 0.0)
        run = _Run(line, leaving(line.kind, source), coming(line.kind, target))
        grid = self.grid
        right, left = grid.column[source.id] + 1, grid.column[target.id]
        start = self.height(grid.row[source.id], run.out)
        end = self.height(grid.row[target.id], run.into)
        if right == left:
            run.first = (left, self.upright[left].take(start, end))
            return run
        row = self.between(grid.row[source.id], grid.row[target.id])
        track = self.level[row].take(right, left)
        middle = 1000.0 * row + 500 + track
        run.across = (row, track)
        run.first = (right, self.upright[right].take(start, middle))
        run.last = (left, self.upright[left].take(middle, end))
        return run

    @staticmethod
    def height(row: int, offset: float) -> float:
        return 1000.0 * row + offset

    @staticmethod
    def between(source: int, target: int) -> int:
        """The row under which a line goes across."""
        return target - 1 if target > source else target

    def is_straight(self, line: Line, source: Shape, target: Shape) -> bool:
        """Whether nothing lies between two shapes of one row."""
        row, column = self.grid.row, self.grid.column
        if line.kind != SEQUENCE or source.host is not None or row[source.id] != row[target.id]:
            return False
        between = range(column[source.id] + 1, column[target.id])
        return (
            column[target.id] > column[source.id]
            and (source.id, target.id) not in self.straight
            and not any((row[source.id], one) in self.cells for one in between)
        )

    # Places

    def place_columns(self) -> None:
        """The middle of each column, and the left edge of the tracks before it."""
        shapes = self.picture.shapes.values()
        wide = [50] * self.grid.columns
        for shape in shapes:
            named = shape.name and not shape.tag.endswith("Task")
            need = max(shape.size[0], text_width(shape.name) if named else 0)
            wide[self.grid.column[shape.id]] = max(wide[self.grid.column[shape.id]], need)
        room = [0] * (self.grid.columns + 1)
        for line in self.picture.lines.values():
            if line.name:
                column = self.grid.column[line.target]
                room[column] = max(room[column], text_width(line.name))
        self.middle: list[float] = []
        self.tracks: list[float] = []
        x = LEFT + 2 * HEAD
        for column in range(self.grid.columns + 1):
            self.tracks.append(x + BEFORE)
            x += BEFORE + TRACK * len(self.upright[column].ends) + room[column] + BEHIND
            if column < self.grid.columns:
                self.middle.append(x + wide[column] / 2)
                x += wide[column]
        self.right = x

    def place_rows(self) -> None:
        """The middle of each row, and the first track below it."""
        self.center: list[float] = []
        self.under: list[float] = []
        self.top: list[float] = []
        y, last = float(TOP), None
        for number, (pool, _) in enumerate(self.grid.rows):
            if last is not None and pool != last:
                y += BETWEEN
            last = pool
            self.top.append(y)
            self.center.append(y + ABOVE + HALF)
            self.under.append(y + ABOVE + 2 * HALF + BELOW)
            y = self.under[-1] + TRACK * len(self.level[number].ends) + TRACK
        self.bottom = y

    def place_shapes(self) -> None:
        for key, shape in self.picture.shapes.items():
            shape.x = self.middle[self.grid.column[key]]
            shape.y = self.center[self.grid.row[key]]
            if shape.host is not None:
                shape.x += 38
                shape.y += leaving(SEQUENCE, shape)

    def place_pools(self) -> None:
        spans: dict[tuple[int, int], list[int]] = defaultdict(list)
        for number, key in enumerate(self.grid.rows):
            spans[key].append(number)
        for number, pool in enumerate(self.picture.pools):
            for lane in range(len(pool.lanes)):
                rows = spans[number, lane]
                top, bottom = self.top[rows[0]], self.foot(rows[-1])
                pool.lane_boxes.append((LEFT + HEAD, top, self.right, bottom))
            pool.box = (LEFT, pool.lane_boxes[0][1], self.right, pool.lane_boxes[-1][3])

    def foot(self, row: int) -> float:
        """Where a row ends."""
        return self.under[row] + TRACK * len(self.level[row].ends) + TRACK

    def points(self, run: _Run) -> list[tuple[float, float]]:
        source, target = self.picture.shapes[run.line.source], self.picture.shapes[run.line.target]
        out = self.center[self.grid.row[source.id]] + run.out
        into = self.center[self.grid.row[target.id]] + run.into
        start, end = (edge(source, out, 1), out), (edge(target, into, -1), into)
        if run.first is None:
            return [start, end]
        x = self.upright_at(run.first)
        if run.across is None or run.last is None:
            return [start, (x, out), (x, into), end]
        row, track = run.across
        y, other = self.under[row] + TRACK * track, self.upright_at(run.last)
        return [start, (x, out), (x, y), (other, y), (other, into), end]

    def upright_at(self, place: tuple[int, int]) -> float:
        column, track = place
        return self.tracks[column] + TRACK * track


def edge(shape: Shape, y: float, side: int) -> float:
    """Where the edge of a shape is at a height, on its left (-1) or right (1)."""
    half, away = shape.size[0] / 2, abs(y - shape.y)
    if shape.tag.endswith("Gateway"):
        return shape.x + side * (half - away)
    if shape.tag.endswith("Event"):
        return shape.x + side * math.sqrt(half * half - away * away)
    return shape.x + side * half


class Labels:
    """Finds a place for the name of each line, beside it, where nothing else is."""

    CELL = 200

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.taken: dict[tuple[int, int], list[tuple[float, float, float, float]]] = defaultdict(list)

    def place(self) -> None:
        for shape in self.picture.shapes.values():
            self.take(shape.box)
            if (name := name_box(shape)) is not None:
                left, top, wide, high = name
                self.take((left, top, left + wide, top + high))
        for line in self.picture.lines.values():
            if line.name:
                line.label = self.find(line)

    def find(self, line: Line) -> tuple[float, float, float, float]:
        wide, high = text_width(line.name), LINE
        x = line.points[-2][0] if len(line.points) > 2 else line.points[0][0]
        y = line.points[-1][1]
        places = [(x + 3, y - high - 1 - step * LINE) for step in range(4)]
        places += [(x + 3, y + 2 + step * LINE) for step in range(4)]
        left, top = next((one for one in places if self.is_free(*one, wide, high)), places[0])
        self.take((left, top, left + wide, top + high))
        return left, top, wide, high

    def cells(self, box: tuple[float, float, float, float]) -> list[tuple[int, int]]:
        left, top, right, bottom = (int(one // self.CELL) for one in box)
        return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]

    def take(self, box: tuple[float, float, float, float]) -> None:
        for cell in self.cells(box):
            self.taken[cell].append(box)

    def is_free(self, left: float, top: float, wide: float, high: float) -> bool:
        box = (left, top, left + wide, top + high)
        return not any(overlap(box, other) for cell in self.cells(box) for other in self.taken[cell])


def overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether two boxes (left, top, right, bottom) have anything in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def name_box(shape: Shape) -> tuple[float, float, float, float] | None:
    """Where a name stands that is not inside its shape: left, top, width, height."""
    if not shape.name or shape.tag.endswith("Task"):
        return None
    wide = text_width(shape.name)
    lines = min(2, -(-LETTER * width(shape.name) // WIDEST_LABEL))
    top = shape.y + shape.size[1] / 2 + 3
    if shape.host is not None:
        above = shape.name == "refused"
        top = shape.y - shape.size[1] / 2 - LINE - 2 if above else top
        return shape.x - wide, top, wide, LINE
    return shape.x - wide / 2, top, wide, LINE * max(1, lines)
