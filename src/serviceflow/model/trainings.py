"""Training: it begins at a date, takes staff away while it lasts, and moves parameters along a curve.

A chain with trainings is run as one without: staff are off duty by dates in their timetables, and what is
moved asks for the time ``elapsed``. No engine knows of trainings.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import exp
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import PlainValidator, WithJsonSchema, model_validator

from serviceflow.errors import listed, nearest
from serviceflow.model.elements import NOTHING, Member, Provider, freeze_changes
from serviceflow.model.expressions import Expression, expression
from serviceflow.model.fields import (
    Amount,
    Duration,
    Element,
    Frozen,
    Positive,
    Reference,
    References,
    Text,
    shown,
)
from serviceflow.model.links import at_most_one, must_be_constant
from serviceflow.model.mistakes import Collector, Mistake, Mistakes, mistakes_of
from serviceflow.model.nodes import (
    Binary,
    Compare,
    Distribution,
    Extremum,
    IfElse,
    Listing,
    Name,
    Node,
    Number,
    Quantity,
)
from serviceflow.model.schedules import DAY, Schedule
from serviceflow.model.timetables import Block, Timetable, is_timestamp, read_date, read_timestamp
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

T = TypeVar("T")
LONGEST_TRAINING, LATEST = 1_000 * DAY, 36_500 * DAY
_BEGINS = "a date (2026-02-03), a date with a time (2026-02-03 09:00) or a duration from time 0 (4 weeks)"


def _read_begin(value: object) -> str | Expression:
    if isinstance(value, Expression):
        return value
    if is_timestamp(value):
        date, time = read_timestamp(value)
        return _stamp(dt.datetime.combine(date, dt.time()) + dt.timedelta(microseconds=time))
    if isinstance(value, dt.date) or (isinstance(value, str) and value.count("-") == 2):
        return read_date(value).isoformat()
    try:
        return expression(value, "duration")
    except ValueError as error:
        raise ValueError(f"{error}; write {_BEGINS}") from None


def _stamp(moment: dt.datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds").removesuffix(":00")


Begin = Annotated[
    str | Expression,
    PlainValidator(_read_begin),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}], "description": _BEGINS}),
]


class Training(Element):
    """What staff learn at one time, together."""

    provider: Reference
    """Whose staff are trained."""
    begins: Begin
    """When it begins: a date, a date with a time, or a duration from time 0."""
    lasts: Duration
    """How long staff are away for it, nights included: 3 days."""
    staff: Positive | None = None
    """How many units are away; all of them if nothing is said."""
    members: References = ()
    """Which members are away; all of them if nothing is said."""
    price: Amount = 0.0
    """What it costs beside the time of staff, which is paid on."""
    time_constant: Duration | None = None
    """How long it takes from its end until 63% of the change is there; the same again for 63% of the rest."""
    ramp: Duration | None = None
    """How long it takes from its end until the whole change is there, in a straight line."""
    changes: Annotated[Mapping[str, Any], PlainValidator(freeze_changes)] = NOTHING
    """What durations, probabilities and numbers come to in the end, in the shape of a scenario's changes."""
    description: Text | None = None
    """What is learned."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        collector = Collector()
        at_most_one(self, collector, "time_constant", "ramp")
        must_be_constant(self, collector, "a duration, such as 3 days", "lasts", "time_constant", "ramp")
        if isinstance(self.begins, Expression):
            must_be_constant(self, collector, _BEGINS, "begins")
        if self.members and self.staff is not None:
            collector.add("staff and members exclude each other; keep one of them", "members", at_key=True)
        collector.close()
        return self


@dataclass(frozen=True)
class Trained:
    """A training as it takes place in a run.

    Attributes
    ----------
    name, provider : str
        What it is called, and whose staff are away.
    begins, ends : int
        In ticks.
    price : float
        What it costs beside staff time.
    away : tuple
        Schedules of how many units are away that would be on duty, each with the member, or None.
    training : Training
        What is said of it.
    """

    name: str
    provider: str
    begins: int
    ends: int
    price: float
    away: tuple[tuple[Schedule, str | None], ...]
    training: Training

    def share(self, time_unit: str, ticks: int) -> float:
        """How much of the change is there at an instant."""
        share = _share_of(self.training, self.ends, time_unit)
        if isinstance(share, Compare):
            return float(ticks >= self.ends)
        value = Expression(share).mean(time_unit, values={"elapsed": float(ticks)})
        assert value is not None
        return value


def trained(chain: Chain) -> tuple[Chain, tuple[Trained, ...]]:
    """The chain as it is run, without trainings, and what they are in it.

    Raises
    ------
    ValueError
        If a training does not fit the chain; see :func:`training_mistakes`.
    """
    if not chain.trainings:
        return chain, ()
    result, found = chain.copy(), []
    for name, *span in training_times(chain):
        result, one = _applied(result, name, chain.trainings[name], (span[0], span[1]))
        found.append(one)
    result._sections["trainings"] = {}
    result._written = chain
    return result, tuple(found)


def training_times(chain: Chain) -> list[tuple[str, int, int]]:
    """Name, begin and end of each training, in ticks, in the order in which they begin."""
    found = []
    for name, training in chain.trainings.items():
        begins = _begin(chain, training)
        found.append((name, begins, begins + int(training.lasts.constant(chain.time_unit) + 0.5)))
    return sorted(found, key=lambda one: (one[1], one[0]))


def training_mistakes(chain: Chain) -> Iterator[Mistake]:
    """Trainings that do not fit the chain."""
    before = chain.copy()
    before._sections["trainings"] = {}
    for name, *span in training_times(chain):
        path = ("trainings", name)
        try:
            after, _ = _applied(before, name, chain.trainings[name], (span[0], span[1]))
        except ValueError as error:
            for item in mistakes_of(error):
                yield Mistake(item.message, (*path, *item.path), item.offset, item.at_key)
        else:
            for item in _made(before, after):
                yield Mistake(item.message, (*path, "changes", *item.path))
            before = after


def _made(before: Chain, after: Chain) -> Iterator[Mistake]:
    """What is wrong with a chain that was not wrong before."""
    from serviceflow.model.problems import find_problems

    known = {(item.path, item.message) for item in find_problems(before)}
    yield from (item for item in find_problems(after) if (item.path, item.message) not in known)


def _mistake(message: str, *path: str | int) -> Mistakes:
    return Mistakes((Mistake(message, path),))


def _begin(chain: Chain, training: Training) -> int:
    if isinstance(training.begins, Expression):
        return int(training.begins.constant(chain.time_unit) + 0.5)
    moment = dt.datetime.fromisoformat(training.begins)
    return (moment - dt.datetime.combine(chain.start, dt.time())) // dt.timedelta(microseconds=1)


def _applied(chain: Chain, name: str, training: Training, span: tuple[int, int]) -> tuple[Chain, Trained]:
    begins, ends = span
    collector = Collector()
    if not 0 <= begins <= LATEST:
        collector.add(f"it begins before time 0, which is {chain.start}, or in over 100 years", "begins")
    if not 0 < ends - begins <= LONGEST_TRAINING:
        collector.add(
            f"{training.lasts} is no length of a training; write a duration up to 1000 days", "lasts"
        )
    collector.close()
    result = _moved(chain, training, ends)
    away = _sent(result, name, training, (begins, ends))
    return result, Trained(name, training.provider, begins, ends, training.price, away, training)


# Staff who are away


def _sent(
    chain: Chain, name: str, training: Training, span: tuple[int, int]
) -> tuple[tuple[Schedule, str | None], ...]:
    """Take staff off duty; gives how many of those who would be there are away."""
    provider = chain.providers[training.provider]
    if provider.members is not None:
        return tuple(
            _member_sent(chain, name, training.provider, who, span) for who in _who(training, provider)
        )
    if training.members:
        raise _mistake(f"{training.provider!r} has no members; write staff", "members")
    staff = provider.staff or 0
    table = staff if isinstance(staff, Timetable) else _always(staff)
    before = _within(chain, table.schedule(chain.start), provider.calendar)
    most = int(max(before.values(), default=0))
    fewer = most if training.staff is None else training.staff
    if fewer > most:
        raise _mistake(f"{training.provider!r} has at most {most} on duty; train no more", "staff")
    left = without(table, chain.start, span, lambda value: max(value - fewer, 0))
    chain._sections["providers"][training.provider] = provider.model_copy(update={"staff": left})
    after = _within(chain, left.schedule(chain.start), provider.calendar)
    return ((before.combine(after, lambda mine, yours: mine - yours), None),)


def _who(training: Training, provider: Provider) -> tuple[str, ...]:
    members: Mapping[str, Member] = provider.members or {}
    for place, one in enumerate(training.members):
        if one not in members:
            hint = nearest(one, members) or f"; there are {listed(map(repr, members))}"
            raise _mistake(f"{training.provider!r} has no member {one!r}{hint}", "members", place)
    if training.staff is not None:
        raise _mistake(f"the staff of {training.provider!r} have names; write members", "staff")
    return training.members or tuple(members)


def _member_sent(
    chain: Chain, name: str, provider: str, who: str, span: tuple[int, int]
) -> tuple[Schedule, str]:
    element = chain.providers[provider]
    member = (element.members or {})[who]
    calendar = member.calendar or element.calendar
    table = _always(True) if calendar is None else chain.calendars[calendar]
    left = without(table, chain.start, span, lambda _: False)
    own = f"{calendar or 'always'} of {who} without {name}"
    chain._sections["calendars"][own] = left
    members = {**(element.members or {}), who: member.model_copy(update={"calendar": own})}
    chain._sections["providers"][provider] = element.model_copy(update={"members": Frozen(members)})
    before, after = (one.schedule(chain.start) for one in (table, left))
    return before.combine(after, lambda mine, yours: float(mine > 0) - float(yours > 0)), who


def _always(value: T) -> Timetable[T]:
    return Timetable(((Block(0, DAY, value),),) * 7, valued=value is not True)


def _within(chain: Chain, schedule: Schedule, calendar: str | None) -> Schedule:
    return schedule if calendar is None else schedule.within(chain.calendars[calendar].schedule(chain.start))


def without(
    table: Timetable[T], start: dt.date, span: tuple[int, int], less: Callable[[T], T]
) -> Timetable[T]:
    """A timetable with other values in a stretch of time; what comes to nothing there is closed.

    Parameters
    ----------
    table : Timetable
        The timetable.
    start : date
        The day of time 0.
    span : tuple of int
        Start and end of the stretch, in ticks from time 0.
    less : callable
        What a value comes to.
    """
    dated = dict(table.dated)
    spilled: tuple[Block[T], ...] = ()
    first, last = span[0] // DAY - 1, (span[1] - 1) // DAY
    for day in range(first, last + 1):
        date = start + dt.timedelta(day)
        blocks = dict(table.dated).get(date, table.weekly[date.weekday()])
        here, after = (blocks, ()) if day == last else _at_midnight(blocks)
        ends = (span[0] - day * DAY, span[1] - day * DAY)
        found = tuple(_cut(_merged((*spilled, *here)), ends, less))
        spilled = after
        if found != blocks:
            dated[date] = found
    return Timetable(table.weekly, tuple(sorted(dated.items())), table.valued, table.asked)


def _at_midnight(blocks: tuple[Block[T], ...]) -> tuple[tuple[Block[T], ...], tuple[Block[T], ...]]:
    """What lies on the day itself, and what runs on into the next."""
    here = tuple(Block(one.start, min(one.end, DAY), one.value) for one in blocks)
    return here, tuple(Block(0, one.end - DAY, one.value) for one in blocks if one.end > DAY)


def _merged(blocks: tuple[Block[T], ...]) -> list[Block[T]]:
    """Blocks in order, those that overlap (and so say the same) made one."""
    found: list[Block[T]] = []
    for one in sorted(blocks, key=lambda block: (block.start, block.end)):
        if found and one.start < found[-1].end:
            found[-1] = Block(found[-1].start, max(found[-1].end, one.end), one.value)
        else:
            found.append(one)
    return found


def _cut(blocks: list[Block[T]], span: tuple[int, int], less: Callable[[T], T]) -> Iterator[Block[T]]:
    for one in blocks:
        low, high = (min(max(end, one.start), one.end) for end in span)
        parts = ((one.start, low, one.value), (low, high, less(one.value)), (high, one.end, one.value))
        yield from (Block(start, end, value) for start, end, value in parts if start < end and value)


# What is moved


def _moved(chain: Chain, training: Training, ends: int) -> Chain:
    """The chain with each field that is changed on its way from what it was to what it will be."""
    from serviceflow.model.scenarios import changed

    collector = Collector()
    with collector.within("changes"):
        inner = Collector()
        after = changed(chain, training.changes, {}, inner)
        inner.close()
    collector.close()
    share = _share_of(training, ends, chain.time_unit)
    for section, found in chain._sections.items():
        for key, element in found.items():
            with collector.within("changes", section, str(key)):
                after._sections[section][key] = _between(element, after._sections[section].get(key), share)
    collector.close()
    return after


def _between(before: Any, after: Any, share: Node) -> Any:
    """A field on its way from one value to the other."""
    if before == after:
        return before
    if isinstance(before, Expression) and isinstance(after, Expression):
        return Expression(_blend(before.root, after.root, share), before.want)
    if isinstance(before, Element) and type(before) is type(after):
        return _element_between(before, after, share)
    if isinstance(before, Mapping) and isinstance(after, Mapping) and before.keys() == after.keys():
        return Frozen({key: _between(before[key], after[key], share) for key in before})
    raise ValueError(
        f"a training moves durations, probabilities and numbers that are there before; {shown(before)}"
        f" cannot be moved to {shown(after)}"
    )


def _element_between(before: Element, after: Element, share: Node) -> Element:
    collector, updates = Collector(), {}
    for name in type(before).model_fields:
        with collector.within(name):
            updates[name] = _between(getattr(before, name), getattr(after, name), share)
    collector.close()
    return before.model_copy(update=updates)


def _blend(before: Node, after: Node, share: Node) -> Node:
    if before == after:
        return before
    if isinstance(share, Compare):
        return IfElse(share, after, before)
    if isinstance(before, Distribution) and isinstance(after, Distribution):
        return _distribution_between(before, after, share)
    if isinstance(before, Listing) and isinstance(after, Listing) and len(before.items) == len(after.items):
        return Listing(tuple(_blend(*pair, share) for pair in zip(before.items, after.items, strict=True)))
    if any(isinstance(part, Distribution | Listing) for one in (before, after) for part in one.walk()):
        raise ValueError(
            f"{before} and {after} are of different shape; write {after} in the shape of {before}"
        )
    return Binary("+", before, Binary("*", Binary("-", after, before), share))


def _distribution_between(before: Distribution, after: Distribution, share: Node) -> Distribution:
    mine, yours = dict(before.arguments), dict(after.arguments)
    if before.family != after.family or mine.keys() != yours.keys() or before.data or after.data:
        names = ", ".join(mine)
        raise ValueError(f"{before} cannot be moved to {after}; write {before.family} with {names}")
    pairs = tuple((name, _blend(mine[name], yours[name], share)) for name in mine)
    return Distribution(before.family, pairs)


# The curve


_KNOTS = (0.0, 0.25, 0.5, 0.8, 1.15, 1.55, 2.1, 2.8, 3.9, 6.5)
"""Where the exponential curve is met, in time constants; chords between follow it to 0.7% of the whole."""


def _share_of(training: Training, ends: int, time_unit: str) -> Node:
    """How much of the change is there, as an expression of the time since 0; at once, as a condition."""
    length = training.time_constant if training.time_constant is not None else training.ramp
    ticks = 0 if length is None else int(length.constant(time_unit) + 0.5)
    now, end = Name("elapsed"), _quantity(ends)
    if not ticks:
        return Compare((">=",), (now, end))
    since = Extremum("max", (_quantity(0), Binary("-", now, end)))
    past = Binary("/", since, _quantity(ticks))
    if training.ramp is not None:
        return Extremum("min", (Number(1.0), past))
    chords = [_chord(past, *pair) for pair in pairwise(_KNOTS)]
    return Extremum("min", (Number(1.0), *chords))


def _chord(past: Node, low: float, high: float) -> Node:
    """A straight line that meets the curve at two places; of a curve that bends down the least is nearest."""
    bottom, top = (1 - exp(-place) if place < _KNOTS[-1] else 1.0 for place in (low, high))
    slope = (top - bottom) / (high - low)
    base = round(bottom - slope * low, 12)
    line = Binary("*", past, Number(slope))
    return Binary("+", line, Number(base)) if base else line


def _quantity(ticks: int) -> Quantity:
    unit = next(name for name in ("week", "day", "h", "min", "s", "ms", "us") if ticks % UNITS[name] == 0)
    return Quantity(ticks / UNITS[unit], unit)
