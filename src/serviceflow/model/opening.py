"""What a state says of a chain: where its requests are when a run starts, and what there is of its stocks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

from serviceflow.errors import listed, nearest
from serviceflow.model.fields import shown
from serviceflow.model.mistakes import Mistake, Path
from serviceflow.model.requests import attribute_kinds, attribute_words, attributes_of
from serviceflow.model.state import (
    ATTRIBUTE,
    COLUMNS,
    IN_STOCK,
    IN_WORK,
    MOST_ROWS,
    ON_ORDER,
    ON_THE_WAY,
    PAUSED,
    QUEUED,
    STATES,
    WAITING,
    Cell,
    State,
    row_name,
)
from serviceflow.units import LONGEST, parse_duration

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain
    from serviceflow.model.elements import Service

T = TypeVar("T")
WHERE: Path = ("run", "start_from")
ORDER = (IN_WORK, PAUSED, QUEUED, WAITING, ON_THE_WAY)
"""In which order requests are put into a chain; those of a kind as they are listed."""
_UNUSED = {
    IN_STOCK: ("asked", "age", "elapsed", "remaining", "visit", "provider", "member", "batch", "consumer"),
    ON_ORDER: ("asked", "age", "elapsed", "visit", "provider", "member", "batch", "consumer"),
    WAITING: ("remaining", "provider", "member", "batch"),
    QUEUED: ("remaining", "provider", "member", "batch"),
    ON_THE_WAY: ("elapsed", "visit", "provider", "member", "batch"),
}
"""Columns that say nothing where a row is in a state."""


@dataclass(frozen=True)
class Place:
    """Where one request, or a branch of one, is when a run starts; times in ticks.

    Attributes
    ----------
    row : int
        Of the table.
    request : str
        What its rows have in common that are branches of one request; empty for a request of one row.
    service : str or None
        Where it is, or comes to; None where it goes to the end.
    asked : int
        When it was asked, counted from time 0: before the run starts.
    elapsed : int
        How long it has been there.
    remaining : int or None
        How long it will still be there, where that is said.
    """

    row: int
    state: str
    service: str | None
    asked: int
    request: str = ""
    handoff: str | None = None
    consumer: str | None = None
    stock: str | None = None
    quantity: float = 0.0
    elapsed: int = 0
    remaining: int | None = None
    visit: int = 1
    provider: str | None = None
    members: tuple[str, ...] = ()
    batch: str = ""
    attributes: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivery:
    """What comes into a stock without a request: how much, and when, in ticks from the start of the run."""

    row: int
    stock: str
    quantity: float
    after: int


@dataclass(frozen=True)
class Opening:
    """What is in a chain when a run starts.

    Attributes
    ----------
    at : int
        When it starts, in ticks from time 0.
    places : tuple of Place
        Requests in the order in which they are put into the chain.
    levels : mapping
        What there is of stocks.
    deliveries : tuple of Delivery
        What is on order, and comes by itself.
    """

    at: int
    places: tuple[Place, ...]
    levels: Mapping[str, float]
    deliveries: tuple[Delivery, ...]


def read_opening(chain: Chain) -> tuple[Opening | None, list[Mistake]]:
    """What the state says of which a chain's run starts, and everything that is wrong with it."""
    state = chain.run.start_from
    if state is None:
        return None, []
    if not state.is_read:
        return None, [Mistake(f"the file {shown(state.file)} has not been read", WHERE)]
    reader = _Reader(chain, state)
    return reader.read(), reader.mistakes


def opening_mistakes(chain: Chain) -> list[Mistake]:
    """Everything that is wrong with the state from which a chain's run starts."""
    return read_opening(chain)[1]


def instant_of(cell: Cell, chain: Chain) -> int:
    """An instant in ticks from time 0: a date and time, or a duration."""
    moment = _moment(cell)
    if moment is None:
        return parse_duration(cell, chain.time_unit)  # type: ignore[arg-type]
    ticks = (moment - dt.datetime.combine(chain.start, dt.time())) // dt.timedelta(microseconds=1)
    if not 0 <= ticks < LONGEST:
        raise ValueError(f"{shown(cell)} lies before the start of the chain, {chain.start}")
    return ticks


class _Reader:
    """A state being read, and what is wrong with it."""

    def __init__(self, chain: Chain, state: State) -> None:
        self.chain = chain
        self.state = state
        self.mistakes: list[Mistake] = []
        self.kinds = attribute_kinds(chain)
        self.words = attribute_words(chain)
        self.links = {str(link): link for link in chain.handoffs}
        self.at = self.instant()
        self.levels: dict[str, float] = {}
        self.deliveries: list[Delivery] = []

    def wrong(self, row: int, message: str) -> None:
        self.mistakes.append(Mistake(f"{row_name(self.state, row)}: {message}", WHERE))

    def attempt(self, row: int, column: str, read: Callable[[], T], otherwise: T) -> T:
        """What a reader gives; where it cannot read, that is noted."""
        try:
            return read()
        except ValueError as error:
            self.wrong(row, f"{column}: {error}")
            return otherwise

    def read(self) -> Opening:
        self.check_columns()
        places = [place for row in range(len(self.state.rows)) if (place := self.row(row)) is not None]
        places.sort(key=lambda place: ORDER.index(place.state))
        self.check_branches(places)
        self.check_batches(places)
        self.check_population(places)
        return Opening(self.at, tuple(places), self.levels, tuple(self.deliveries))

    def check_columns(self) -> None:
        attributes = {name for consumer in self.chain.consumers for name in self.attributes_of(consumer)}
        for name in self.state.columns:
            known = name in COLUMNS or name.removeprefix(ATTRIBUTE) in attributes
            if not known:
                options = [*COLUMNS, *sorted(attributes)]
                hint = nearest(name, options) or f"; there are {listed(options)}"
                message = f"the column {shown(name)} is neither known nor an attribute{hint}"
                self.mistakes.append(Mistake(message, WHERE))

    def attributes_of(self, consumer: str) -> set[str]:
        arrivals = self.chain.consumers[consumer].arrivals
        rows = (arrivals.trace or ()) if arrivals is not None else ()
        return {*attributes_of(self.chain, consumer), *(name for row in rows for name, _ in row.attributes)}

    # Instants

    def instant(self) -> int:
        """When the table was taken, which all rows say alike."""
        cells = {row["as_of"]: place for place, row in reversed([*enumerate(self.state)]) if "as_of" in row}
        found = {self.attempt(row, "as_of", lambda c=cell: self.time(c), 0) for cell, row in cells.items()}  # type: ignore[misc]
        if len(found) > 1:
            place = max(cells.values())
            self.wrong(place, "as_of: the rows are of different instants; write the same in all, or in one")
        return max(found, default=0)

    def time(self, cell: Cell) -> int:
        return instant_of(cell, self.chain)

    def ticks(self, row: int, column: str) -> int | None:
        cell = self.state.rows[row].get(column)
        if cell is None:
            return None
        return self.attempt(row, column, lambda: parse_duration(cell, self.chain.time_unit), 0)  # type: ignore[arg-type]

    def asked(self, row: int) -> int:
        """When a request was asked: some time before the run starts."""
        cells = self.state.rows[row]
        if "asked" in cells and "age" in cells:
            self.wrong(row, "asked and age say the same; leave out one of them")
        if "asked" in cells:
            return min(self.attempt(row, "asked", lambda: self.before(cells["asked"]), 0), self.at - 1)
        return self.at - max(self.ticks(row, "age") or 0, 1)

    def before(self, cell: Cell) -> int:
        moment = _moment(cell)
        if moment is None:
            ticks = parse_duration(cell, self.chain.time_unit)  # type: ignore[arg-type]
        else:
            start = dt.datetime.combine(self.chain.start, dt.time())
            ticks = (moment - start) // dt.timedelta(microseconds=1)
        if ticks > self.at:
            raise ValueError(f"{shown(cell)} lies after the instant of the table; say that in as_of")
        return ticks

    # Rows

    def row(self, row: int) -> Place | None:
        cells = self.state.rows[row]
        state = str(cells.get("state", "")).replace("_", " ").lower()
        if state not in STATES:
            given = f"{shown(cells['state'])} is" if "state" in cells else "it says"
            self.wrong(row, f"state: {given} none of {listed(STATES)}{nearest(state, STATES)}")
            return None
        for column in _UNUSED.get(state, ()):
            if column in cells:
                self.wrong(row, f"{column}: it means nothing for what is {state}; leave it empty")
        if state in (IN_STOCK, ON_ORDER):
            self.stock_row(row, state)
            return None
        return self.request_row(row, state)

    def name(self, row: int, column: str, known: Mapping[Any, object]) -> str | None:
        cell = self.state.rows[row].get(column)
        if cell is None:
            return None
        name = cell if isinstance(cell, str) else f"{cell:g}"
        if name in known:
            return name
        options = [str(key) for key in known]
        hint = nearest(name, options) or f"; there are {listed(options) or 'none'}"
        self.wrong(row, f"{column}: there is no {shown(name)}{hint}")
        return None

    def quantity(self, row: int, least: float = 0.0) -> float:
        cell = self.state.rows[row].get("quantity")
        found = _number(cell)
        if found is None or found < 0 or (least and found <= 0):
            allowed = "above 0" if least else "from 0 on"
            self.wrong(row, f"quantity: {shown(cell)} is no number {allowed}; write how much there is")
            return 0.0
        return found

    def stock_row(self, row: int, state: str) -> None:
        cells = self.state.rows[row]
        if "stock" not in cells and "at" not in cells:
            self.wrong(row, "stock: it is missing; write the name of the stock")
            return
        stock = self.name(row, "stock" if "stock" in cells else "at", self.chain.stocks)
        quantity = self.quantity(row, least=float(state == ON_ORDER))
        if state == IN_STOCK and stock is not None:
            if stock in self.levels:
                self.wrong(row, f"there is a row for what is in stock of {stock} already")
            self.levels[stock] = quantity
            return
        after = self.ticks(row, "remaining")
        if after is None and "remaining" not in cells:
            self.wrong(
                row, "remaining: it is missing; write when it comes, or where its order is: waiting, ..."
            )
        if stock is not None and after is not None:
            self.deliveries.append(Delivery(row, stock, quantity, after))

    def request_row(self, row: int, state: str) -> Place | None:
        cells = self.state.rows[row]
        stock = self.name(row, "stock", self.chain.stocks) if "stock" in cells else None
        consumer = None if "stock" in cells else self.consumer(row)
        where = self.whereabouts(row, state)
        service, handoff = where or (None, None)
        place = Place(
            row=row,
            request=_label(cells.get("request", "")),
            state=state,
            service=service,
            handoff=handoff,
            consumer=consumer,
            stock=stock,
            quantity=self.quantity(row, least=1.0) if stock is not None else 0.0,
            asked=self.asked(row),
            elapsed=self.ticks(row, "elapsed") or 0,
            remaining=self.ticks(row, "remaining"),
            visit=self.visit(row),
            provider=self.provider(row, service),
            members=self.members(row, service),
            batch=_label(cells.get("batch", "")),
            attributes=self.attributes(row, consumer),
        )
        if stock is not None and self.chain.stocks[stock].reorder is None:
            self.wrong(row, f"stock: {stock} orders nothing; write on order, with the time that remains")
            return None
        if where is None or (consumer is None and stock is None):
            return None
        for message in () if service is None else _misfits(place, self.chain.services[service]):
            self.wrong(row, message)
        return place

    def consumer(self, row: int) -> str | None:
        consumers = self.chain.consumers
        if "consumer" in self.state.rows[row]:
            return self.name(row, "consumer", consumers)
        if len(consumers) == 1:
            return next(iter(consumers))
        self.wrong(row, f"consumer: it is missing; write who asks: {listed(consumers)}")
        return None

    def whereabouts(self, row: int, state: str) -> tuple[str | None, str | None] | None:
        """The service at which, or to which, and the handoff on which a request is."""
        cells = self.state.rows[row]
        at = str(cells.get("at", ""))
        if not at:
            self.wrong(row, "at: it is missing; write the name of a service, or of a handoff")
            return None
        if "->" not in at:
            service = self.name(row, "at", self.chain.services)
            return None if service is None else (service, None)
        link = self.links.get(at)
        if link is None:
            self.name(row, "at", self.links)
        elif state != ON_THE_WAY:
            self.wrong(row, f"at: what is {state} is at a service, not on {shown(at)}")
        else:
            return (None if link.ends else link.target), at
        return None

    def visit(self, row: int) -> int:
        cell = self.state.rows[row].get("visit", 1.0)
        found = _number(cell)
        if found is None or not found.is_integer() or not 1 <= found < MOST_ROWS:
            self.wrong(row, f"visit: {shown(cell)} is no whole number from 1 on; write which visit it is")
            return 1
        return int(found)

    def provider(self, row: int, service: str | None) -> str | None:
        if "provider" not in self.state.rows[row] or service is None:
            return None
        found = self.name(row, "provider", self.chain.providers)
        works = self.chain.services[service].provider_names
        if found is not None and found not in works:
            self.wrong(row, f"provider: {found} does not work at {service}, but {listed(works) or 'nobody'}")
            return None
        return found

    def members(self, row: int, service: str | None) -> tuple[str, ...]:
        cell = self.state.rows[row].get("member")
        if cell is None or service is None:
            return ()
        names = [name.strip() for name in str(cell).split(";")]
        works = self.chain.services[service].provider_names
        known = {name for team in works for name in self.chain.providers[team].members or ()}
        for name in names:
            if name not in known:
                hint = nearest(name, known) or f"; there are {listed(sorted(known)) or 'none'}"
                self.wrong(row, f"member: nobody of the name {shown(name)} works at {service}{hint}")
        return tuple(name for name in names if name in known)

    def attributes(self, row: int, consumer: str | None) -> dict[str, Cell]:
        """What a request carries, as the program holds it: words, numbers, ticks."""
        cells = self.state.rows[row]
        found: dict[str, Cell] = {}
        own = set() if consumer is None else self.attributes_of(consumer)
        for column, cell in cells.items():
            name = column.removeprefix(ATTRIBUTE)
            if column in COLUMNS or (name not in own and name not in self.kinds):
                continue
            if name not in own:
                self.wrong(row, f"{column}: requests of {consumer or 'a stock'} carry no {shown(name)}")
                continue
            value = self.attempt(row, column, lambda n=name, c=cell: self.value(n, c), None)  # type: ignore[misc]
            if value is not None:
                found[name] = value
        return found

    def value(self, name: str, cell: Cell) -> Cell:
        kind = self.kinds.get(name, "number")
        if kind == "word":
            word = cell if isinstance(cell, str) else f"{cell:g}"
            known = self.words.get(name)
            if known is not None and word not in known:
                raise ValueError(f"{shown(word)} is none of {listed(sorted(known))}{nearest(word, known)}")
            return word
        if kind == "duration":
            return float(parse_duration(cell, self.chain.time_unit))  # type: ignore[arg-type]
        found = {"true": 1.0, "false": 0.0}.get(str(cell).lower(), _number(cell))
        if found is None and name in self.kinds:
            raise ValueError(f"{shown(cell)} is no number")
        return cell if found is None else found

    # What fits together

    def check_branches(self, places: list[Place]) -> None:
        """Rows of one request are branches of one: of the same asker, and asked at the same time."""
        for group in _grouped(places, lambda place: place.request):
            first = group[0]
            for place in group[1:]:
                same = (place.consumer, place.stock) == (first.consumer, first.stock)
                if not same or place.asked != first.asked:
                    told = row_name(self.state, first.row)
                    self.wrong(
                        place.row,
                        f"request {shown(place.request)} stands in {told} too, asked by another or at another"
                        " time; rows of one request are its branches, those of others need other names",
                    )

    def check_batches(self, places: list[Place]) -> None:
        for group in _grouped(places, lambda place: place.batch):
            services = {place.service for place in group}
            size = self.chain.services[group[0].service or ""].batch
            alike = {(place.state, place.remaining, place.elapsed) for place in group}
            if len(services) > 1 or len(alike) > 1:
                message = "batch: those of one batch are at one service, with the same state and times"
                self.wrong(group[-1].row, message)
            elif size is not None and len(group) > size.size:
                self.wrong(group[-1].row, f"batch: {len(group)} are worked on as one, of {size.size} at most")

    def check_population(self, places: list[Place]) -> None:
        for name, consumer in self.chain.consumers.items():
            population = consumer.arrivals.population if consumer.arrivals is not None else None
            mine = [place for place in places if place.consumer == name]
            count = len({place.request or place.row for place in mine})
            if population is not None and count > population and not consumer.initial:
                self.wrong(mine[-1].row, f"{count} requests of {name} are open; it has {population} members")


def _misfits(place: Place, service: Service) -> Iterator[str]:
    """What a place says that its service cannot have."""
    batched = service.batch is not None
    if place.state == QUEUED and batched:
        yield f"state: {place.service} works on batches; write waiting, and who waits fills a batch"
    if place.state in (QUEUED, PAUSED) and not service.provider_names:
        yield f"state: {place.service} needs nobody, so that nothing is {place.state} there; write in work"
    if place.batch and not batched:
        yield f"batch: {place.service} works on one request at a time; leave it empty"
    if place.provider is not None and len(service.provider_names) == 1:
        return
    if place.state in (IN_WORK, PAUSED) and service.any_of and place.provider is None:
        yield f"provider: it is missing; write who works: {listed(service.any_of)}"


def _grouped(places: list[Place], key: Callable[[Place], str]) -> list[list[Place]]:
    """Places that have something in common, where that is not empty."""
    found: dict[str, list[Place]] = {}
    for place in places:
        if key(place):
            found.setdefault(key(place), []).append(place)
    return list(found.values())


def _number(cell: Cell | None) -> float | None:
    """The number that a cell is; None if it is none."""
    try:
        found = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return found if isfinite(found) else None


def _label(cell: Cell) -> str:
    return cell if isinstance(cell, str) else f"{cell:.15g}"


def _moment(cell: Cell) -> dt.datetime | None:
    """The date and time that a cell is; None if it is none."""
    if not isinstance(cell, str) or len(cell) < 8 or not cell[:4].isdigit() or cell[4] != "-":
        return None
    try:
        moment = dt.datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{shown(cell)} is no date and time; write it as 2026-01-05 09:30") from None
    if moment.tzinfo is not None:
        raise ValueError(f"{shown(cell)} has a time zone; write the local time, as 2026-01-05 09:30")
    return moment


__all__ = ["Delivery", "Opening", "Place", "opening_mistakes", "read_opening"]
