"""Scenarios: changes to named elements, stacked and applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from serviceflow.errors import nearest
from serviceflow.model.fields import Element, Frozen, shown
from serviceflow.model.links import Link
from serviceflow.model.mistakes import Collector, Mistake, Path
from serviceflow.model.observed import resolve
from serviceflow.model.problems import find_problems
from serviceflow.model.writing import element_tree

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

C = TypeVar("C", bound="Chain")


@dataclass(frozen=True)
class Shape:
    """How changes reach into a mapping: which entries are mappings to be changed in their turn.

    What is not named is a value that is set as a whole, such as a timetable.

    Attributes
    ----------
    parts : mapping
        Shapes of entries by key.
    each : Shape or None
        The shape of every entry, where the keys are names.
    alternatives : tuple
        Groups of keys of which setting one unsets the others.
    """

    parts: Mapping[str, Shape] = field(default_factory=dict)
    each: Shape | None = None
    alternatives: tuple[tuple[str, ...], ...] = ()

    def part(self, key: str) -> Shape | None:
        return self.parts.get(key, self.each)

    def group(self, key: str) -> str:
        """The name under which alternatives count as one."""
        return next(("|".join(group) for group in self.alternatives if key in group), key)


_FIELDS = Shape()
_TRANSFER_PARTS = {"batch": _FIELDS, "clarification": _FIELDS}
_DISPATCH = (("every", "at", "batch"),)
_LINK_PARTS = {**_TRANSFER_PARTS, "sla": _FIELDS, "needs": _FIELDS, "complaints": _FIELDS, "labels": _FIELDS}
_COUNTED = {"consumes": _FIELDS, "produces": _FIELDS, "labels": _FIELDS, "batch": _FIELDS}
_TREE = Shape(each=Shape(each=Shape(each=_FIELDS)))
SHAPES: dict[str, Shape] = {
    "run": _FIELDS,
    "providers": Shape(
        {
            "members": Shape(each=Shape({"labels": _FIELDS})),
            "outages": Shape(alternatives=(("repair", "repair_service"),)),
            "labels": _FIELDS,
        },
        alternatives=(("staff", "members"),),
    ),
    "services": Shape(
        {**_COUNTED, "providers": _FIELDS}, alternatives=(("provider", "providers", "any_of"),)
    ),
    "consumers": Shape(
        {
            "arrivals": Shape(alternatives=(("every", "rate", "profile", "at", "file", "population"),)),
            "sla": _FIELDS,
            "needs": _FIELDS,
            "complaints": _FIELDS,
            "attributes": _FIELDS,
            "initial": _FIELDS,
            "labels": _FIELDS,
        }
    ),
    "stocks": Shape({"reorder": Shape(alternatives=(("quantity", "up_to"),)), "labels": _FIELDS}),
    "handoffs": Shape(_LINK_PARTS, alternatives=_DISPATCH),
    "trainings": Shape({"changes": _TREE}, alternatives=(("time_constant", "ramp"), ("staff", "members"))),
    "calls": Shape(
        {**_LINK_PARTS, "answer": Shape(_TRANSFER_PARTS, alternatives=_DISPATCH)}, alternatives=_DISPATCH
    ),
}
"""How changes reach into the elements of each section."""
_COMPANIONS = {"population": ("think",), "file": ("trace",)}
"""What goes with one of several alternatives."""
CHANGEABLE_HEAD = ("name", "description", "start", "run")


def changed(chain: C, changes: Mapping[str, Any], adds: Mapping[str, Any], collector: Collector) -> C:
    """A new chain with changes and additions; what does not fit is noted."""
    result = chain.copy()
    for section, entries in changes.items():
        _change_section(result, str(section), entries, collector)
    for section, entries in adds.items():
        _add_section(result, str(section), entries, collector)
    return result


def _change_section(chain: Chain, section: str, entries: Any, collector: Collector) -> None:
    if section in CHANGEABLE_HEAD:
        _change_head(chain, section, entries, collector)
        return
    if not _is_section(chain, section, entries, collector, (*CHANGEABLE_HEAD,)):
        return
    for name, change in entries.items():
        with collector.within(section, str(name)):
            _change_element(chain, section, name, change)


def _is_section(
    chain: Chain, section: str, entries: Any, collector: Collector, more: tuple[str, ...]
) -> bool:
    known = [name for name in chain._sections if name != "scenarios"]
    if section not in known:
        options = [*known, *more]
        hint = nearest(section, options) or f"; there are {', '.join(options)}"
        collector.add(f"a scenario cannot touch this{hint}", section, at_key=True)
        return False
    if not isinstance(entries, Mapping):
        collector.add(f"{shown(entries)} is no mapping; write each by its name, as {{name: ...}}", section)
        return False
    return True


def _change_head(chain: Chain, key: str, value: Any, collector: Collector) -> None:
    head: dict[str, Any] = {
        name: getattr(chain, name) for name in ("name", "time_unit", "start", "description")
    }
    head["run"] = element_tree(chain.run)
    inner = Collector()
    if key == "run" and isinstance(value, Mapping):
        with inner.within("run"):
            head["run"] = merge(head["run"], value, SHAPES["run"])
    else:
        head[key] = value
    sections, said = chain._sections, chain._start_said
    chain._read_head(head, inner, chain.folder)
    chain._sections, chain._start_said = sections, said or key == "start"
    if key == "start":
        _move_holidays(chain, inner)
    collector.items.extend(inner.items)


def _move_holidays(chain: Chain, collector: Collector) -> None:
    """Tell the dates of holidays anew, from another start on."""
    for section, elements in chain._sections.items():
        for name, element in elements.items():
            with collector.within(section, str(name)):
                elements[name] = resolve(element, chain._place())


def _change_element(chain: Chain, section: str, name: object, change: Any) -> None:
    from serviceflow.model.chain import read_key, read_part

    key = read_key(section, name)
    found = chain._sections[section]
    if key not in found:
        hint = nearest(str(key), map(str, found)) or "; put what is new under adds"
        raise ValueError(f"there is nothing of this name to change{hint}")
    if change is None:
        del found[key]
        return
    current = found[key]
    if isinstance(current, Element) and isinstance(change, Mapping):
        change = merge(element_tree(current), change, SHAPES[section])
    element = read_part(section, change)
    found[key] = resolve(element, chain._place())


def _add_section(chain: Chain, section: str, entries: Any, collector: Collector) -> None:
    if _is_section(chain, section, entries, collector, ()):
        for name, value in entries.items():
            chain._put(section, name, value, collector)


def merge(current: Mapping[str, Any], change: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """A mapping with changes: None removes, alternatives exclude each other, mappings merge where shaped."""
    collector = Collector()
    result = dict(current)
    for name, value in change.items():
        key = str(name)
        if value is None:
            if result.pop(key, None) is None:
                collector.add("this is not set, so there is nothing to remove", key, at_key=True)
            _drop(result, _COMPANIONS.get(key, ()))
            continue
        _drop_alternatives(result, key, change, shape)
        inner = shape.part(key)
        if inner is not None and isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            with collector.within(key):
                result[key] = merge(result[key], value, inner)
        else:
            result[key] = value
    collector.close()
    return result


def _drop_alternatives(result: dict[str, Any], key: str, change: Mapping[str, Any], shape: Shape) -> None:
    """Unset what the change replaces: the other alternatives, unless the change sets them as well."""
    for group in shape.alternatives:
        if key in group:
            for other in group:
                if other != key and change.get(other) is None:
                    _drop(result, (other,))
                    _drop(result, [name for name in _COMPANIONS.get(other, ()) if name not in change])
    if key == "file":
        _drop(result, ("trace",))


def _drop(result: dict[str, Any], names: Sequence[str]) -> None:
    for name in names:
        result.pop(name, None)


# Stacks


def with_scenario(chain: C, name: str, collector: Collector) -> C:
    """The chain with a scenario and all that it extends applied, and without scenarios."""
    stack = stacked(chain, name, collector)
    _note_conflicts(chain, name, stack, collector)
    result = chain.copy()
    added: dict[tuple[str, str], Any] = {}
    for part in stack:
        scenario = chain.scenarios[part]
        result = changed(result, scenario.changes, _new_only(scenario.adds, added), collector)
    result._sections["scenarios"] = {}
    return result


def _new_only(adds: Mapping[str, Any], added: dict[tuple[str, str], Any]) -> dict[str, Any]:
    """What no scenario of the stack has added before in just the same way."""
    result: dict[str, Any] = {}
    for section, entries in adds.items():
        if not isinstance(entries, Mapping):
            result[section] = entries
            continue
        fresh = {}
        for name, value in entries.items():
            if (section, name) not in added or added[section, name] != value:
                fresh[name] = added[section, name] = value
        result[section] = fresh
    return result


def stacked(chain: Chain, name: str, collector: Collector) -> list[str]:
    """The scenarios that a scenario extends, directly or not, each before those that extend it."""
    order: list[str] = []
    pending: list[tuple[str, bool, tuple[str, ...]]] = [(name, False, ())]
    while pending:
        current, done, path = pending.pop()
        if done:
            if current not in order:
                order.append(current)
            continue
        if current in path:
            collector.add(
                f"it extends itself: {' -> '.join((*path[path.index(current) :], current))}", "extends"
            )
            continue
        if current in order:
            continue
        pending.append((current, True, path))
        bases = [base for base in chain.scenarios[current].extends if base in chain.scenarios]
        pending.extend((base, False, (*path, current)) for base in reversed(bases))
    return order


def _note_conflicts(chain: Chain, name: str, stack: list[str], collector: Collector) -> None:
    """Two scenarios of a stack that set one key differently."""
    seen: dict[Path, tuple[str, Any, str]] = {}
    for part in stack:
        for path, value, text in settings(chain.scenarios[part].changes):
            for other, theirs, place in _clashing(seen, path, value):
                collector.add(
                    f"scenarios {other!r} and {part!r} both set {place},"
                    f" to {shown(theirs)} and {shown(value)}"
                )
            seen.setdefault(path, (part, value, text))


def _clashing(
    seen: Mapping[Path, tuple[str, Any, str]], path: Path, value: Any
) -> list[tuple[str, Any, str]]:
    exact = seen.get(path)
    if exact is not None:
        return [exact] if exact[1] != value else []
    above = [seen[path[:length]] for length in range(1, len(path)) if path[:length] in seen]
    below = [found for other, found in seen.items() if len(other) > len(path) and other[: len(path)] == path]
    return [*above, *below[:1]]


def settings(changes: Mapping[str, Any]) -> list[tuple[Path, Any, str]]:
    """Every key that changes set: its path (alternatives as one), the value, and the path as text."""
    found: list[tuple[Path, Any, str]] = []
    for section, entries in changes.items():
        if not isinstance(entries, Mapping):
            found.append(((section,), entries, section))
            continue
        shape = SHAPES.get(section, _FIELDS)
        outer = shape if section == "run" else Shape(each=shape) if section in SHAPES else _FIELDS
        _collect(found, (section,), section, _with_links(section, entries), outer)
    return found


def _with_links(section: str, entries: Mapping[str, Any]) -> Mapping[str, Any]:
    """Entries under the canonical text of their links."""
    if section not in ("handoffs", "calls"):
        return entries
    result = {}
    for key, entry in entries.items():
        try:
            result[str(Link.parse(key))] = entry
        except ValueError:
            result[key] = entry
    return result


def _collect(
    found: list[tuple[Path, Any, str]], path: Path, text: str, entries: Mapping[str, Any], shape: Shape
) -> None:
    for key, value in entries.items():
        inner = shape.part(key)
        here, label = (*path, shape.group(key)), f"{text}.{key}"
        if inner is not None and isinstance(value, Mapping):
            _collect(found, here, label, value, inner)
        elif shape.group(key) != key and value is not None:
            found.append((here, Frozen({key: value}), label))
        else:
            found.append(((*path, key), value, label))


# Problems


def scenario_mistakes(chain: Chain, own: Sequence[Mistake], name: str) -> list[Mistake]:
    """What is wrong with a scenario, and with the chain that it makes, beyond what is wrong anyway."""
    found: list[Mistake] = []
    for place, base in enumerate(chain.scenarios[name].extends):
        if base not in chain.scenarios:
            message = f"there is no scenario {base!r}{nearest(base, chain.scenarios)}"
            found.append(Mistake(message, ("scenarios", name, "extends", place)))
    collector = Collector()
    result = with_scenario(chain, name, collector)
    if not collector.items:
        known = {(item.path, item.message) for item in own}
        collector.items = [item for item in find_problems(result) if (item.path, item.message) not in known]
    return [*found, *(placed(chain, name, item) for item in collector.items)]


def placed(chain: Chain, name: str, item: Mistake) -> Mistake:
    """A mistake of the changed chain, placed where the scenario caused it."""
    changes, adds = chain.scenarios[name].changes, chain.scenarios[name].adds
    if item.path[:1] == ("extends",) or not item.path:
        path: Path = ("scenarios", name, *item.path)
    else:
        part = "adds" if _reaches(adds, item.path) > _reaches(changes, item.path) else "changes"
        path = ("scenarios", name, part, *item.path)
    return Mistake(item.message, path, item.offset, item.at_key)


def _reaches(tree: Any, path: Path) -> int:
    """How far a path leads into nested mappings."""
    for depth, step in enumerate(path):
        if not isinstance(tree, Mapping) or step not in tree:
            return depth
        tree = tree[step]
    return len(path)
