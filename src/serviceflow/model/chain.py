"""The chain: elements by name, built up in Python or read from the notation of a model file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any, Self

from serviceflow.errors import ModelError, Problem, UnknownNameError, few_hints, nearest
from serviceflow.model.additions import Additions
from serviceflow.model.attributes import Attribute, read_attribute, read_attribute_name
from serviceflow.model.elements import Consumer, Provider, RunSettings, Scenario, Service, Stock
from serviceflow.model.fields import Element, read_name, read_text, shown
from serviceflow.model.holidays import Place
from serviceflow.model.inputs import AttributeLike, CalendarLike
from serviceflow.model.links import Call, Handoff, Link
from serviceflow.model.mistakes import Collector, Mistake
from serviceflow.model.observed import resolve, with_state
from serviceflow.model.problems import find_problems
from serviceflow.model.reading import as_problem, read_element
from serviceflow.model.sources import Sources
from serviceflow.model.timetables import Timetable, read_calendar, read_date, read_start
from serviceflow.model.trainings import Training
from serviceflow.model.writing import element_dict, plain
from serviceflow.renamed import renamed_attributes
from serviceflow.units import parse_time_unit

FORMAT = 1
"""The version of the format of model files."""
FIRST_DAY = "2026-01-05"
"""What the calendar reads at time 0 where nothing is said: a Monday."""
SECTIONS: dict[str, type[Element] | None] = {
    "calendars": None,
    "providers": Provider,
    "stocks": Stock,
    "services": Service,
    "attributes": None,
    "consumers": Consumer,
    "handoffs": Handoff,
    "calls": Call,
    "trainings": Training,
    "scenarios": Scenario,
}
"""The sections of a chain and the kind of element that each holds, in the order of a model file."""
LINKS = ("handoffs", "calls")
HEAD = ("serviceflow", "name", "time_unit", "start", "description", "run")
MOST_ELEMENTS = 100_000

Key = str | Link
Sections = dict[str, dict[Key, Any]]


@renamed_attributes(
    contents=("_contents", "to_dict"),
    problems=("_problems", "check or validate"),
    mistakes=("_mistakes", "check or validate"),
)
class Chain(Additions):
    """A service chain: who asks whom for what, and how work gets from one to the next.

    Fields of elements are checked as they are added, names by :meth:`validate`, for a name may be used
    before it is added. :meth:`change` and :meth:`scenario` return new chains.

    Parameters
    ----------
    name : str
        What the chain is called.
    time_unit : str
        The unit of bare numbers and of every reported time.
    start : str or date, optional
        What the calendar reads at time 0; 2026-01-05, a Monday, if not given.
    run : mapping or RunSettings, optional
        How it is run when nothing else is said.
    description : str, optional
        What it stands for.
    folder : path, optional
        Where CSV files that it names are; the current folder if not given.

    Raises
    ------
    ModelError
        With every problem of what was given.
    """

    def __init__(
        self,
        name: str,
        *,
        time_unit: str = "min",
        start: str | dt.date | None = None,
        run: Mapping[str, Any] | RunSettings | None = None,
        description: str | None = None,
        folder: str | FilePath | None = None,
    ) -> None:
        head = {"name": name, "time_unit": time_unit, "start": start, "description": description, "run": run}
        collector = Collector()
        self._read_head(head, collector, folder)
        _raise(collector.items)

    _written: Chain | None = None
    """The chain as it was written, of one that stands for it in a run (see ``model.trainings``)."""
    _sources: Sources = MappingProxyType({})
    """Where parameters come from, as far as a log or a file says so (see ``model.sources``)."""

    def _read_head(
        self, head: Mapping[str, Any], collector: Collector, folder: str | FilePath | None = None
    ) -> None:
        self.name: str = collector.attempt(read_name, head.get("name"), "name") or "?"
        unit, first = head.get("time_unit"), head.get("start")
        self.time_unit: str = (
            collector.attempt(_read_unit, "min" if unit is None else unit, "time_unit") or "min"
        )
        self.start: dt.date = collector.attempt(
            read_start, FIRST_DAY if first is None else first, "start"
        ) or read_date(FIRST_DAY)
        self._start_said = first is not None
        text = head.get("description")
        self.description: str | None = (
            None if text is None else collector.attempt(read_text, text, "description")
        )
        settings = head.get("run")
        self.run: RunSettings = (
            collector.attempt(
                lambda given: read_element(RunSettings, given), {} if settings is None else settings, "run"
            )
            or RunSettings()
        )
        self.folder: FilePath | None = FilePath(folder) if folder is not None else None
        with collector.within("run", "start_from"):
            self.run = with_state(self.run, self.folder)
        self._sections: Sections = {section: {} for section in SECTIONS}

    # What is in it

    @property
    def calendars(self) -> Mapping[str, Timetable[bool]]:
        """Calendars by name."""
        return self._view("calendars")

    @property
    def providers(self) -> Mapping[str, Provider]:
        """Providers by name."""
        return self._view("providers")

    @property
    def stocks(self) -> Mapping[str, Stock]:
        """Stocks by name."""
        return self._view("stocks")

    @property
    def services(self) -> Mapping[str, Service]:
        """Services by name."""
        return self._view("services")

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """Attributes of every consumer's requests, by name."""
        return self._view("attributes")

    @property
    def consumers(self) -> Mapping[str, Consumer]:
        """Consumers by name."""
        return self._view("consumers")

    @property
    def handoffs(self) -> Mapping[Link, Handoff]:
        """Handoffs by link."""
        return self._view("handoffs")

    @property
    def calls(self) -> Mapping[Link, Call]:
        """Calls by link."""
        return self._view("calls")

    @property
    def trainings(self) -> Mapping[str, Training]:
        """Trainings by name."""
        return self._view("trainings")

    @property
    def scenarios(self) -> Mapping[str, Scenario]:
        """Scenarios by name."""
        return self._view("scenarios")

    def _view(self, section: str) -> Mapping[Any, Any]:
        return MappingProxyType(self._sections[section])

    # Building it

    def add_calendar(self, name: str, days: CalendarLike, /) -> None:
        """Add a calendar: when somebody is there.

        Parameters
        ----------
        name : str
            What it is called.
        days : mapping
            Days to their hours. ``holidays`` closes it on the holidays of a region (``"DE-BY"``, of the
            package `holidays`), on dates, or on the all-day events of an iCalendar file. In place of days,
            ``file`` names an iCalendar file whose timed events say when it is open.

        Raises
        ------
        ModelError
            With every problem of the days, or if the name is taken.

        See Also
        --------
        add_provider : staff who are on duty by a calendar.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.ServiceChain("Office")
        >>> chain.add_calendar("office hours", {"mon-fri": "08:00-17:00", "2026-12-25": "closed"})
        """
        self._add("calendars", name, days)

    def add_attribute(self, name: str, value: AttributeLike, /) -> None:
        """Add an attribute of every consumer's requests.

        Parameters
        ----------
        name : str
            What it is called in expressions.
        value : number, distribution or choice
            What each request gets when it is created; a choice is a mapping of words or numbers to shares.

        Raises
        ------
        ModelError
            If the value cannot be read, or the name is taken.

        See Also
        --------
        add_consumer : with attributes of its own requests only.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.ServiceChain("Office")
        >>> chain.add_attribute("severity", {"P1": "30%", "P2": "70%"})
        >>> chain.add_attribute("pages", sf.poisson(mean=4))
        """
        self._add("attributes", name, value)

    def _place(self) -> Place:
        return Place(self.folder, self.time_unit, self.start, self._start_said)

    def _add(self, section: str, name: object, value: Any) -> None:
        collector = Collector()
        self._put(section, name, value, collector)
        _raise(collector.items)

    def _put(self, section: str, name: object, value: Any, collector: Collector) -> Key | None:
        """Add an element, or note what is wrong with it."""
        place = (section, str(name))
        key: Key | None = None
        with collector.within(*place, at_key=True):
            key = read_key(section, name)
            if key in self._sections[section]:
                raise ValueError("there is one of this name already; change it, or choose another name")
        with collector.within(*place):
            element = read_part(section, value)
            element = resolve(element, self._place())
            if key is not None and key not in self._sections[section]:
                self._sections[section][key] = element
        return key

    # Other chains from it

    def copy(self) -> Self:
        """A chain with the same content, which may go its own way.

        Returns
        -------
        ServiceChain
            Equal to this one.

        See Also
        --------
        change : a copy with changes.

        Examples
        --------
        >>> chain.copy() == chain
        True
        """
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._sections = {section: dict(found) for section, found in self._sections.items()}
        return other

    def change(self, changes: Mapping[str, Any] | None = None, adds: Mapping[str, Any] | None = None) -> Self:
        """Return a new chain with changes to named elements.

        Any legal field may be set; None removes; setting one of several alternatives unsets the others. Names
        are checked by :meth:`validate` of the new chain.

        Parameters
        ----------
        changes : mapping, optional
            Sections to elements to fields, such as ``{"providers": {"Desk": {"staff": 4}}}``.
        adds : mapping, optional
            Elements to add, in the shape of a model.

        Returns
        -------
        ServiceChain
            The changed chain; this one stays as it is.

        Raises
        ------
        ModelError
            If something that is changed does not exist, or a field cannot be set so.

        See Also
        --------
        scenario : changes that have a name.
        add_scenario : gives changes a name.

        Examples
        --------
        >>> chain.change({"providers": {"Clerks": {"staff": 4}}}).providers["Clerks"].staff
        4
        """
        from serviceflow.model.scenarios import changed

        collector = Collector()
        chain = changed(self, plain_changes(changes), plain_changes(adds), collector)
        _raise(collector.items)
        chain._sources = self._sources
        return chain

    def scenario(self, name: str) -> Self:
        """Return the chain as a scenario changes it, without scenarios of its own.

        Parameters
        ----------
        name : str
            Of the scenario.

        Returns
        -------
        ServiceChain
            The changed chain; this one stays as it is.

        Raises
        ------
        UnknownNameError
            If there is no such scenario.
        ModelError
            If its changes do not fit.

        See Also
        --------
        change : changes without a name.
        add_scenario : adds a scenario.
        scenarios : all of them, by name.

        Examples
        --------
        >>> chain.scenario("Two clerks").providers["Clerks"].staff
        2
        """
        from serviceflow.model.scenarios import placed, with_scenario

        if name not in self.scenarios:
            raise UnknownNameError("scenario", name, self.scenarios)
        collector = Collector()
        chain = with_scenario(self, name, collector)
        _raise([placed(self, name, item) for item in collector.items])
        chain._sources = self._sources
        return chain

    # As data

    def to_dict(self) -> dict[str, Any]:
        """Return the chain in the notation of a model file.

        Returns
        -------
        dict
            Nested mappings, lists, texts and numbers.

        See Also
        --------
        from_dict : reads it.
        save : writes a file.

        Examples
        --------
        >>> chain.to_dict()["providers"]
        {'Clerks': {'staff': 1}}
        """
        head: dict[str, Any] = {"serviceflow": FORMAT, "name": self.name, "time_unit": self.time_unit}
        head["start"] = self.start.isoformat()
        if self.description is not None:
            head["description"] = self.description
        if run := element_dict(self.run):
            head["run"] = run
        sections = {
            section: {str(key): plain(element) for key, element in found.items()}
            for section, found in self._sections.items()
        }
        return head | {section: found for section, found in sections.items() if found}

    @classmethod
    @few_hints()
    def from_dict(cls, data: Mapping[str, Any], folder: str | FilePath | None = None) -> Self:
        """Make a chain from the notation of a model file.

        Parameters
        ----------
        data : mapping
            What a model file holds.
        folder : path, optional
            Where CSV files that it names are; the current folder if not given.

        Returns
        -------
        ServiceChain
            The chain; its names are not checked yet.

        Raises
        ------
        ModelError
            With every problem of its fields; names are checked by :meth:`validate`.

        See Also
        --------
        to_dict : the notation of a chain.
        validate : checks the names.

        Examples
        --------
        >>> sf.ServiceChain.from_dict(chain.to_dict()) == chain
        True
        """
        chain, found = read_chain(cls, data, folder)
        _raise(found.items)
        made: Self = chain
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Chain):
            return NotImplemented
        return self._head() == other._head() and self._sections == other._sections

    __hash__ = None  # type: ignore[assignment]

    def _head(self) -> tuple[object, ...]:
        return (self.name, self.time_unit, self.start, self.description, self.run)

    def _contents(self) -> tuple[object, ...]:
        """All that it is made of. None of it can change: while it is the same, so is the chain."""
        elements = [part for found in self._sections.values() for item in found.items() for part in item]
        return (*self._head(), *elements)

    def __repr__(self) -> str:
        counts = [
            f"{len(found)} {section if len(found) != 1 else section[:-1]}"
            for section, found in self._sections.items()
            if found
        ]
        return f"{type(self).__name__}({self.name!r}: {', '.join(counts) or 'empty'})"

    # Checking it

    def _problems(self, scenarios: Iterable[str] | None = None) -> list[Problem]:
        """Everything that is wrong with the chain as a whole and these scenarios, or all of them.

        Undefined names come first.
        """
        return [as_problem(item) for item in self._mistakes(scenarios)]

    @few_hints()
    def _mistakes(self, scenarios: Iterable[str] | None = None) -> list[Mistake]:
        """The same, with each place as a path of keys."""
        from serviceflow.model.scenarios import scenario_mistakes

        own = find_problems(self)
        names = self.scenarios if scenarios is None else scenarios
        return [*own, *(item for name in names for item in scenario_mistakes(self, own, name))]

    def validate(self) -> None:
        """Raise an error if the chain cannot be run.

        A scenario that does not fit the chain is an error where it is used; :meth:`check` tells of it before.

        Raises
        ------
        ModelError
            With every problem, beginning with undefined names.

        See Also
        --------
        check : problems, warnings, notes and loads, as a report.

        Examples
        --------
        >>> chain.validate()
        """
        found = self._problems(scenarios=())
        if found:
            raise ModelError(found)


def _raise(items: list[Mistake]) -> None:
    if items:
        raise ModelError(as_problem(item) for item in items)


def _read_unit(value: object) -> str:
    return parse_time_unit(value)  # type: ignore[arg-type]


def read_key(section: str, name: object) -> Key:
    """The key of an element: a link, the name of an attribute, or a name."""
    if section in LINKS:
        return Link.parse(name)  # type: ignore[arg-type]
    return read_attribute_name(name) if section == "attributes" else read_name(name)


def read_part(section: str, value: Any) -> Any:
    """An element of a section from its notation."""
    if section == "calendars":
        return read_calendar(value)
    if section == "attributes":
        return read_attribute(value)
    kind = SECTIONS[section]
    assert kind is not None
    return read_element(kind, {} if value is None else value)


def plain_changes(changes: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if changes is not None and not isinstance(changes, Mapping):
        raise TypeError(f"changes are a mapping of sections to elements, not {shown(changes)}")
    return changes or {}


def read_chain(
    cls: type[Any], data: Mapping[str, Any], folder: str | FilePath | None = None
) -> tuple[Any, Collector]:
    """A chain from the notation of a model file as far as it can be read, and what is wrong with it."""
    collector = Collector()
    if not isinstance(data, Mapping):
        collector.add(f"{shown(data)} is no model; write name, providers, services and consumers")
        data = {"name": "?"}
    chain: Any = object.__new__(cls)
    _check_head(data, collector)
    chain._read_head(data, collector, folder)
    for section, name, value in _entries(data, collector):
        chain._put(section, name, value, collector)
    return chain, collector


def _check_head(data: Mapping[str, Any], collector: Collector) -> None:
    version = data.get("serviceflow", FORMAT)
    if not isinstance(version, int) or isinstance(version, bool) or version != FORMAT:
        collector.add(
            f"the format {shown(version)} is not known; this version reads format {FORMAT}", "serviceflow"
        )
    known = (*HEAD, *SECTIONS)
    for key in data:
        if key not in known:
            collector.add(
                f"unknown field{nearest(str(key), known) or '; there are ' + ', '.join(known)}",
                str(key),
                at_key=True,
            )
    if "name" not in data:
        collector.add("the field 'name' is missing; say what the chain is called")


def _entries(data: Mapping[str, Any], collector: Collector) -> Iterator[tuple[str, object, Any]]:
    budget = MOST_ELEMENTS
    for section in SECTIONS:
        found = data.get(section)
        if found is None:
            continue
        if not isinstance(found, Mapping):
            collector.add(f"{shown(found)} is no mapping; write each by its name, as {{name: ...}}", section)
            continue
        budget -= len(found)
        if budget < 0:
            collector.add(f"the chain has more than {MOST_ELEMENTS} elements", section)
            return
        for name, value in found.items():
            yield section, name, value
