"""What requests carry where, and whether the expressions of a chain can be worked out with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from serviceflow.errors import listed
from serviceflow.model.attributes import Attribute, Choice
from serviceflow.model.complaints import OUTCOMES
from serviceflow.model.elements import TraceRow
from serviceflow.model.expressions import VARIABLES, Expression, check_types
from serviceflow.model.fields import Element
from serviceflow.model.links import Link
from serviceflow.model.mistakes import Mistake, Path
from serviceflow.model.routing import sources_of

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

Kinds = dict[str, str]
KINDS = ("number", "duration", "flag", "word")
QUANTITY = "quantity"
_BEFORE_ARRIVAL = ("hour", "weekday", "elapsed", "consumer")
"""What can be asked before there is a request."""


def attributes_of(chain: Chain, consumer: str) -> dict[str, Attribute]:
    """The attributes of a consumer's requests: its own, and those of every consumer."""
    return {**chain.attributes, **chain.consumers[consumer].attributes}


def attribute_kinds(chain: Chain) -> Kinds:
    """The kind of every attribute: ``number``, ``duration``, ``flag`` or ``word``."""
    kinds: Kinds = {}
    for consumer in chain.consumers:
        found = attributes_of(chain, consumer)
        for name in drawing_order(found):
            kinds.setdefault(name, attribute_kind(found[name], kinds))
    for name in drawing_order(dict(chain.attributes)):
        kinds.setdefault(name, attribute_kind(chain.attributes[name], kinds))
    return kinds


def attribute_kind(attribute: Attribute, kinds: Mapping[str, str]) -> str:
    """The kind of an attribute, given the kinds of those that it depends on."""
    if isinstance(attribute, Choice):
        return "word" if attribute.is_words else "number"
    return next((kind for kind in KINDS if not check_types(attribute, kind, kinds)), "number")


def drawing_order(attributes: Mapping[str, Attribute]) -> list[str]:
    """Attributes by name, each after those that it depends on; those of a circle are left out."""
    needs = {name: depends_on(attributes, name) for name in sorted(attributes)}
    left = {name: len(found) for name, found in needs.items()}
    needed_by: dict[str, list[str]] = {}
    for name, found in needs.items():
        for other in found:
            needed_by.setdefault(other, []).append(name)
    order: list[str] = []
    ready = [name for name, count in left.items() if not count]
    while ready:
        order += ready
        freed = [other for name in ready for other in needed_by.get(name, ())]
        for name in freed:
            left[name] -= 1
        ready = sorted({name for name in freed if not left[name]})
    return order


def depends_on(attributes: Mapping[str, Attribute], name: str) -> set[str]:
    """The attributes that an attribute is worked out from."""
    found = attributes[name]
    return found.names() & set(attributes) if isinstance(found, Expression) else set()


def attribute_words(chain: Chain) -> dict[str, set[str]]:
    """The words that an attribute can be, where that is known, and the names of consumers."""
    words: dict[str, set[str]] = {"consumer": set(chain.consumers)}
    open_ended: set[str] = set()
    for name, attribute in _all_attributes(chain):
        if isinstance(attribute, Choice):
            words.setdefault(name, set()).update(str(option) for option, _ in attribute.options)
        else:
            open_ended.add(name)
    for row in _rows(chain):
        for name, value in row.attributes:
            words.setdefault(name, set()).add(str(value))
    return {name: found for name, found in words.items() if name not in open_ended}


def _all_attributes(chain: Chain) -> Iterator[tuple[str, Attribute]]:
    yield from chain.attributes.items()
    for consumer in chain.consumers.values():
        yield from consumer.attributes.items()


def _rows(chain: Chain) -> Iterator[TraceRow]:
    for consumer in chain.consumers.values():
        if consumer.arrivals is not None:
            yield from consumer.arrivals.trace or ()


# Mistakes


def request_mistakes(chain: Chain) -> list[Mistake]:
    """What is wrong with attributes, and with expressions now that the attributes are known."""
    kinds = attribute_kinds(chain)
    found = [*_attribute_mistakes(chain, kinds), *_trace_mistakes(chain, kinds)]
    return [*found, *_expression_mistakes(chain, kinds)]


def _attribute_mistakes(chain: Chain, kinds: Kinds) -> Iterator[Mistake]:
    for path, attributes, own in _attribute_groups(chain):
        ordered = set(drawing_order(attributes))
        for name in own:
            attribute = attributes[name]
            if name not in ordered:
                yield Mistake("this depends on itself; draw one of the circle first", (*path, name))
            elif attribute_kind(attribute, kinds) != kinds[name]:
                message = (
                    f"this is a {attribute_kind(attribute, kinds)}, but elsewhere {name!r} is a {kinds[name]}"
                )
                yield Mistake(f"{message}; use another name", (*path, name))
            elif isinstance(attribute, Expression):
                yield from _asked_too_early(attribute, (*path, name), (*attributes, *_BEFORE_ARRIVAL))


def _attribute_groups(chain: Chain) -> Iterator[tuple[Path, dict[str, Attribute], list[str]]]:
    yield ("attributes",), dict(chain.attributes), list(chain.attributes)
    for name, consumer in chain.consumers.items():
        yield ("consumers", name, "attributes"), attributes_of(chain, name), list(consumer.attributes)


def _asked_too_early(found: Expression, path: Path, allowed: tuple[str, ...]) -> Iterator[Mistake]:
    for name in sorted(found.names() & set(VARIABLES)):
        if name not in allowed:
            yield Mistake(f"{name!r} is not known yet when this is worked out; use {listed(allowed)}", path)


def _trace_mistakes(chain: Chain, kinds: Kinds) -> Iterator[Mistake]:
    for name, consumer in chain.consumers.items():
        told: set[str] = set()
        attributes = attributes_of(chain, name)
        for row in (consumer.arrivals.trace or ()) if consumer.arrivals is not None else ():
            for column, value in row.attributes:
                is_word = isinstance(value, str)
                if column in attributes and column not in told and is_word != (kinds[column] == "word"):
                    told.add(column)
                    message = f"the column {column!r} has {value!r}, but the attribute is a {kinds[column]}"
                    yield Mistake(message, ("consumers", name, "arrivals", "file"))


def _expression_mistakes(chain: Chain, kinds: Kinds) -> Iterator[Mistake]:
    words = attribute_words(chain)
    sources = sources_of(chain)
    for path, found in expressions(chain):
        if found.has_distribution and _is_fixed(path):
            yield Mistake(_FIXED.format(found), path)
            continue
        known = OUTCOMES | kinds if path[2:3] == ("complaints",) else kinds
        complaints = check_types(found, None, known, words, chain.time_unit)
        for complaint in complaints:
            yield Mistake(complaint, path)
        if not complaints:
            yield from _missing(chain, path, found, kinds, sources)


_FIXED = (
    "'{0}' is drawn, but here nothing is; draw it as an attribute of the request, and write its name here"
)


def _is_fixed(path: Path) -> bool:
    """Whether a place takes what is known of a request, and no draws of its own."""
    section, last = path[0], path[2:]
    if last[0] == "complaints":
        return True
    if section == "services":
        return last[0] in ("priority", "skill", "cost", "consumes", "produces")
    if section in ("handoffs", "calls") and last in (("when",), ("probability",)):
        return section == "handoffs" or last == ("when",)
    return last[-1] in ("priority", "within")


def expressions(chain: Chain) -> Iterator[tuple[Path, Expression]]:
    """Every expression of a chain but attributes, each with its place."""
    for section in ("providers", "stocks", "services", "consumers", "handoffs", "calls"):
        for name, element in chain._sections[section].items():
            for path, found in _within(element):
                if path[0] != "attributes":
                    yield (section, str(name), *path), found


def _within(value: Any) -> Iterator[tuple[Path, Expression]]:
    if isinstance(value, Expression):
        yield (), value
    elif isinstance(value, Element):
        for name in type(value).model_fields:
            yield from (((name, *path), found) for path, found in _within(getattr(value, name)))
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from (((key, *path), found) for path, found in _within(entry))
    elif isinstance(value, tuple) and value and isinstance(value[0], Expression):
        for place, entry in enumerate(value):
            yield (place,), entry


def _missing(
    chain: Chain, path: Path, found: Expression, kinds: Kinds, sources: Mapping[str, set[tuple[str, str]]]
) -> Iterator[Mistake]:
    """Attributes that some of the requests here do not have, unless the expression tells consumers apart."""
    names = {name for name in found.names() if name in kinds or name == QUANTITY}
    if not names or "consumer" in found.names():
        return
    if _has_no_request(path):
        yield Mistake(f"there is no request yet whose {min(names)!r} could be asked", path)
        return
    for name in sorted(names):
        without = sorted(source for source in _sources(path, sources) if not _carries(chain, source, name))
        if without:
            kind, who = without[0]
            told = {
                "consumers": "requests of {0!r}",
                "stocks": "orders of {0!r}",
                "providers": "outages of {0!r}",
            }
            message = f"{told[kind].format(who)} come here without {name!r}"
            remedy = "" if name == QUANTITY else "; give it to them, or to all under attributes"
            yield Mistake(f"{message}{remedy or '; only orders of stocks have it'}", path)


def _has_no_request(path: Path) -> bool:
    return path[0] == "providers" or (path[0] == "consumers" and path[2] == "arrivals")


def _sources(path: Path, sources: Mapping[str, set[tuple[str, str]]]) -> set[tuple[str, str]]:
    name = str(path[1])
    if path[0] in ("consumers", "stocks"):
        return {(str(path[0]), name)}
    if path[0] in ("handoffs", "calls"):
        name = Link.parse(name).origin
    return sources.get(name, set())


def _carries(chain: Chain, source: tuple[str, str], name: str) -> bool:
    kind, who = source
    if name == QUANTITY:
        return kind == "stocks"
    return kind == "consumers" and name in attributes_of(chain, who)
