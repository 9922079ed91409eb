"""Where shapes lie: in a column by the longest way to them, in a row beside what comes before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from serviceflow.formats.bpmn.export.picture import DATA, SEQUENCE, Picture, Shape


@dataclass
class Grid:
    """Columns and rows of a picture, numbered through all of its pools."""

    column: dict[str, int] = field(default_factory=dict)
    row: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, int]] = field(default_factory=list)
    """Of each row: the number of its pool, and of its lane in it; -1 for those of stores."""

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return 1 + max(self.column.values(), default=0)


def place(picture: Picture) -> Grid:
    """Give every shape a column and a row that it has for itself; events at an edge lie with their task."""
    grid = Grid(column=_columns(picture))
    before = _before(picture)
    for number, pool in enumerate(picture.pools):
        of_lane: dict[str | None, list[Shape]] = defaultdict(list)
        for shape in picture.shapes.values():
            if shape.pool == number and shape.host is None:
                of_lane[shape.lane].append(shape)
        lanes = {lane: place_ for place_, lane in enumerate(pool.lanes)}
        local = _rows(of_lane, lanes, grid.column, before)
        for lane, order in lanes.items():
            first = len(grid.rows)
            used = {local[shape.id] for shape in of_lane[lane]}
            ranks = {row: first + rank for rank, row in enumerate(sorted(used))}
            grid.rows += [(number, order)] * max(1, len(used))
            grid.row |= {shape.id: ranks[local[shape.id]] for shape in of_lane[lane]}
    _place_stores(picture, grid)
    for shape in picture.shapes.values():
        if shape.host is not None:
            grid.column[shape.id], grid.row[shape.id] = grid.column[shape.host], grid.row[shape.host]
    return grid


def _before(picture: Picture) -> dict[str, list[str]]:
    """What leads to each shape by flows; what leaves by an event at an edge leaves its task."""
    found: dict[str, list[str]] = defaultdict(list)
    for source, target in _steps(picture):
        found[target].append(source)
    return found


def _steps(picture: Picture) -> Iterable[tuple[str, str]]:
    for line in picture.lines.values():
        if line.kind == SEQUENCE:
            yield picture.shapes[line.source].host or line.source, line.target


def _columns(picture: Picture) -> dict[str, int]:
    """The longest way to each shape, without the flows that close circles."""
    after: dict[str, list[str]] = {key: [] for key, shape in picture.shapes.items() if shape.host is None}
    for source, target in _steps(picture):
        after[source].append(target)
    order = _ordered(after)
    place = {key: number for number, key in enumerate(order)}
    found = dict.fromkeys(order, 0)
    for key in order:
        for target in after[key]:
            if place[target] > place[key]:
                found[target] = max(found[target], found[key] + 1)
    _move_starts(picture, after, found)
    return found


def _ordered(after: Mapping[str, list[str]]) -> list[str]:
    """The shapes such that all flows lead on but those that close circles: by depth first, reversed."""
    entered = {target for targets in after.values() for target in targets}
    seen: set[str] = set()
    done: list[str] = []
    for root in [*(key for key in after if key not in entered), *after]:
        if root in seen:
            continue
        seen.add(root)
        pending = [(root, iter(reversed(after[root])))]
        while pending:
            key, targets = pending[-1]
            target = next((one for one in targets if one not in seen), None)
            if target is None:
                done.append(key)
                pending.pop()
            else:
                seen.add(target)
                pending.append((target, iter(reversed(after[target]))))
    return done[::-1]


def _move_starts(picture: Picture, after: Mapping[str, list[str]], found: dict[str, int]) -> None:
    """Bring what starts a process to just before what it leads to."""
    for key, targets in after.items():
        if picture.shapes[key].tag == "startEvent" and targets:
            found[key] = max(0, min(found[target] for target in targets) - 1)


def _rows(
    of_lane: Mapping[str | None, list[Shape]],
    lanes: Mapping[str | None, int],
    column: Mapping[str, int],
    before: Mapping[str, list[str]],
) -> dict[str, int]:
    """A row within its lane for each shape: as near as can be to that of what comes before it."""
    lane_of = {shape.id: lanes[lane] for lane, shapes in of_lane.items() for shape in shapes}
    shapes = sorted(
        (shape for found in of_lane.values() for shape in found), key=lambda shape: column[shape.id]
    )
    found: dict[str, int] = {}
    taken: dict[tuple[int, int], set[int]] = defaultdict(set)
    by_column: dict[int, list[Shape]] = defaultdict(list)
    for shape in shapes:
        by_column[column[shape.id]].append(shape)
    for number in sorted(by_column):
        wanted = {shape.id: _wanted(shape.id, found, lane_of, before) for shape in by_column[number]}
        for shape in sorted(by_column[number], key=lambda shape: wanted[shape.id]):
            used = taken[lane_of[shape.id], number]
            found[shape.id] = _nearest(round(wanted[shape.id]), used)
            used.add(found[shape.id])
    return found


def _wanted(
    key: str, found: Mapping[str, int], lane_of: Mapping[str, int], before: Mapping[str, list[str]]
) -> float:
    rows = [found[one] for one in before[key] if one in found and lane_of[one] == lane_of[key]]
    return sum(rows) / len(rows) if rows else 0.0


def _nearest(wanted: int, used: set[int]) -> int:
    """The free row that is nearest, below where two are."""
    for distance in range(len(used) + wanted + 1):
        for row in (wanted + distance, wanted - distance):
            if row >= 0 and row not in used:
                return row
    return len(used)


def _place_stores(picture: Picture, grid: Grid) -> None:
    """Stores lie in rows of their own below the pools, near the tasks that use them."""
    uses: dict[str, list[int]] = defaultdict(list)
    for line in picture.lines.values():
        if line.kind == DATA:
            for store, task in ((line.source, line.target), (line.target, line.source)):
                if picture.shapes[store].pool < 0:
                    uses[store].append(grid.column[task])
    taken: set[tuple[int, int]] = set()
    first = len(grid.rows)
    for key, shape in picture.shapes.items():
        if shape.pool < 0:
            columns = uses[key]
            column = round(sum(columns) / len(columns)) if columns else 0
            row = next(row for row in range(len(taken) + 1) if (row, column) not in taken)
            taken.add((row, column))
            grid.column[key], grid.row[key] = column, first + row
    grid.rows += [(-1, -1)] * (1 + max((row for row, _ in taken), default=-1))
