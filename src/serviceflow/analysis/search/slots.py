"""Where staff can be more or fewer: a provider, or a block of its shifts, with bounds and a price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.levers.making import by_blocks
from serviceflow.engine.program.lowering import lower
from serviceflow.errors import ServiceflowError, nearest
from serviceflow.model.timetables import WEEKDAYS, Block, Timetable
from serviceflow.results.costs import staff_cost
from serviceflow.units import UNITS

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.model.chain import Chain

Design = tuple[int, ...]
"""How many there are in each slot."""
MONEY, HOURS = "money", "staff hours"


class SearchError(ServiceflowError, ValueError):
    """A search that cannot be made as asked."""


@dataclass(frozen=True)
class Slot:
    """A place where there can be more or fewer staff.

    Attributes
    ----------
    name : str
        The provider's, with days and hours where it has several: ``"Desk 08:00-12:00"``.
    provider : str
    today : int
    least, most : int
        Between which numbers is sought.
    block : str
        The hours, as the model writes them; empty where the staff are a number.
    """

    name: str
    provider: str
    today: int
    least: int
    most: int
    block: str = ""


class Staffing:
    """The slots of a chain: which staff a design has, and what they cost.

    Parameters
    ----------
    chain : Chain
        As it stands.
    wanted : optional
        See :func:`serviceflow.search`.
    blocks : bool
        Whether a number of staff with a calendar is taken apart by its blocks.
    length : mapping
        Duration, warm-up and horizon of the runs, for which staff are paid.
    """

    def __init__(self, chain: Chain, wanted: Any, blocks: bool, length: Mapping[str, Any]) -> None:
        self.chain = chain
        self._length = length
        self._tables: dict[str, Timetable[int]] = {}
        self._groups: dict[tuple[str, str, int], str] = {}
        found = _ranges(chain, wanted)
        self.slots = tuple(
            slot for name, given in found.items() for slot in self._of_provider(name, given, blocks)
        )
        if not any(slot.least < slot.most for slot in self.slots):
            raise SearchError(
                f"{chain.name} has no staff to search for: name providers whose staff are numbers, or numbers"
                " by block, with ranges such as {'Desk': (1, 6)}"
            )

    # Which slots there are

    def _of_provider(self, name: str, given: Any, blocks: bool) -> Iterator[Slot]:
        provider = self.chain.providers[name]
        if provider.members is not None or provider.staff is None:
            raise SearchError(
                f"{name} has members by name: a search counts staff that are alike, and does not say who is"
                " to come or go; write the staffs in question as scenarios, and compare with select_best()"
            )
        table = provider.staff if isinstance(provider.staff, Timetable) else None
        if table is None and (blocks or isinstance(given, Mapping)):
            table = by_blocks(self.chain, provider)
        if table is None:
            if isinstance(given, Mapping):
                raise SearchError(f"{name} has no blocks: give one range for it, such as (1, 6)")
            yield self._slot(name, name, int(provider.staff), given)  # type: ignore[arg-type]
            return
        self._tables[name] = table
        yield from self._of_table(name, table, given)

    def _of_table(self, name: str, table: Timetable[int], given: Any) -> Iterator[Slot]:
        groups = [(text, value) for text, value, _ in _blocks(table)]
        groups = list(dict.fromkeys(groups))
        known = {text for text, _ in groups}
        for text in given if isinstance(given, Mapping) else ():
            if text not in known:
                raise SearchError(
                    f"{name} has no block {text!r}; there are {', '.join(sorted(known))}"
                    + nearest(str(text), known)
                )
        for text, value in groups:
            own = given.get(text) if isinstance(given, Mapping) else given
            left_out = isinstance(given, Mapping) and text not in given
            if left_out or (not value and not isinstance(given, Mapping)):
                continue
            alike = [one for one in groups if one[0] == text]
            days = "" if len(alike) == 1 else f" {_days(table, text, value)}"
            called = name if len(groups) == 1 else f"{name}{days} {text}"
            self._groups[name, text, value] = called
            yield self._slot(called, name, value, own, text)

    def _slot(self, called: str, provider: str, today: int, given: Any, block: str = "") -> Slot:
        needed = max((service.providers or {}).get(provider, 1) for service in self.chain.services.values())
        low, high = _range(called, given, today, min(needed, max(today, 1)))
        return Slot(called, provider, today, low, high, block)

    # Designs

    @property
    def today(self) -> Design:
        return tuple(slot.today for slot in self.slots)

    @property
    def least(self) -> Design:
        return tuple(slot.least for slot in self.slots)

    @property
    def most(self) -> Design:
        return tuple(slot.most for slot in self.slots)

    def changes(self, design: Design) -> dict[str, Any]:
        """The changes that make a design of the chain, as a scenario has them."""
        found: dict[str, Any] = {}
        for provider in dict.fromkeys(slot.provider for slot in self.slots):
            mine = {
                slot.name: count
                for slot, count in zip(self.slots, design, strict=True)
                if slot.provider == provider
            }
            if all(slot.today == mine[slot.name] for slot in self.slots if slot.name in mine):
                continue
            table = self._tables.get(provider)
            found[provider] = {"staff": self._staff(provider, table, mine)}
        return {"providers": found} if found else {}

    def _staff(self, provider: str, table: Timetable[int] | None, mine: Mapping[str, int]) -> Any:
        if table is None:
            return next(iter(mine.values()))
        if len(self._named(provider)) == len(mine) == 1 and not isinstance(
            self.chain.providers[provider].staff, Timetable
        ):
            return next(iter(mine.values()))

        def counted(block: Block[int]) -> Block[int]:
            called = self._groups.get((provider, str(block), block.value), "")
            return replace(block, value=mine.get(called, block.value))

        weekly = tuple(tuple(map(counted, day)) for day in table.weekly)
        dated = tuple((date, tuple(map(counted, day))) for date, day in table.dated)
        return replace(table, weekly=weekly, dated=dated).to_dict()

    def _named(self, provider: str) -> list[tuple[str, int]]:
        return list(dict.fromkeys((text, value) for text, value, _ in _blocks(self._tables[provider])))

    def apply(self, design: Design) -> Chain:
        """The chain with a design, without scenarios, which may not fit it any more."""
        changed = self.chain.change(self.changes(design))
        changed._sections["scenarios"] = {}
        return changed

    # What they cost

    @cached_property
    def unit(self) -> str:
        """What staff are counted in: money, or hours where nothing has a price."""
        priced = {slot.provider: self._has_price(slot.provider) for slot in self.slots}
        if not any(priced.values()):
            return HOURS
        if missing := [name for name, has in priced.items() if not has]:
            raise SearchError(
                f"{', '.join(missing)}: no cost, though others have one; give every provider that is searched"
                " a cost, or none of them"
            )
        return MONEY

    def _has_price(self, provider: str) -> bool:
        return self.chain.providers[provider].cost is not None

    @cached_property
    def prices(self) -> tuple[float, ...]:
        """What one more in each slot costs in the window."""
        base = self._price_of(self.today)
        return tuple(self._price_of(_moved(self.today, place, 1)) - base for place in range(len(self.slots)))

    @cached_property
    def _rest(self) -> float:
        """What all other staff cost."""
        return self._price_of(self.today) - sum(
            price * count for price, count in zip(self.prices, self.today, strict=True)
        )

    def price(self, design: Design) -> float:
        """What all staff of the chain cost in the window with a design, without overtime."""
        return self._rest + sum(price * count for price, count in zip(self.prices, design, strict=True))

    def _price_of(self, design: Design) -> float:
        program = lower(self.apply(design), **self._length)
        if self.unit == HOURS:
            return sum(_hours(program, place) for place in range(len(program.providers)))
        return sum(staff_cost(program, plan, 0.0) or 0.0 for plan in program.providers)


def _hours(program: Program, place: int) -> float:
    plan = program.providers[place]
    duties = [member.schedule for member in plan.members] or [plan.staff]
    return sum(duty.total(*program.window) for duty in duties) / UNITS["h"]


def _moved(design: Design, place: int, by: int) -> Design:
    return (*design[:place], design[place] + by, *design[place + 1 :])


def _blocks(table: Timetable[int]) -> Iterator[tuple[str, int, int]]:
    """Hours, number and day of every block of a week, and of dates with -1 as their day."""
    for day, blocks in enumerate(table.weekly):
        yield from ((str(block), block.value, day) for block in blocks)
    for _, blocks in table.dated:
        yield from ((str(block), block.value, -1) for block in blocks)


def _days(table: Timetable[int], text: str, value: int) -> str:
    days = [day for found, number, day in _blocks(table) if (found, number) == (text, value) and day >= 0]
    days = list(dict.fromkeys(days))
    if not days:
        return "on dates"
    if len(days) > 1 and days == list(range(days[0], days[-1] + 1)):
        return f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}"
    return ", ".join(WEEKDAYS[day] for day in days)


# What is asked for


def _ranges(chain: Chain, wanted: Any) -> dict[str, Any]:
    """The providers that are searched, with what is said of each."""
    if wanted is None:
        own = [name for name, one in chain.providers.items() if one.members is None and one.staff]
        return dict.fromkeys(own)
    if isinstance(wanted, str):
        wanted = [wanted]
    if not isinstance(wanted, Mapping) and not isinstance(wanted, Iterable):
        raise SearchError(
            f"levers={wanted!r}: give names of providers, or ranges by name: {{'Desk': (1, 6)}}"
        )
    found = dict(wanted) if isinstance(wanted, Mapping) else dict.fromkeys(wanted)
    for name in found:
        if name not in chain.providers:
            known = list(chain.providers)
            raise SearchError(
                f"levers: there is no provider {name!r}; there are {', '.join(known)}"
                + nearest(str(name), known)
            )
    return found


def _range(called: str, given: Any, today: int, needed: int) -> tuple[int, int]:
    if given is None:
        return min(needed, today), max(2 * today, today + 3)
    ends = [given, given] if _is_whole(given) else given
    if (
        isinstance(ends, Sequence)
        and not isinstance(ends, str)
        and len(ends) == 2
        and all(map(_is_whole, ends))
        and 0 <= ends[0] <= ends[1]
    ):
        return int(ends[0]), int(ends[1])
    raise SearchError(f"{called}: {given!r} is no range of staff: give the least and the most, as in (1, 6)")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


Priced = Callable[[Design], float]

__all__ = ["HOURS", "MONEY", "Design", "SearchError", "Slot", "Staffing"]
