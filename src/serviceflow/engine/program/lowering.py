"""From a chain to its program: names become indices, texts become code, timetables become schedules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from math import log2
from operator import is_
from typing import Any

from serviceflow.engine.program import plans
from serviceflow.engine.program.codes import AFTER, ALL, ASK, END, NEVER, NONE
from serviceflow.engine.program.compile_expression import Code, compile_expression
from serviceflow.engine.program.features import find_features, request_columns, visit_columns
from serviceflow.engine.program.opening import Names, lower_opening
from serviceflow.engine.program.plans import Drawn, Program
from serviceflow.engine.program.ranks import RANKED, Ranks
from serviceflow.engine.random.draws import purpose
from serviceflow.engine.reference.behaviours import Behaviours
from serviceflow.errors import ModelError, Problem
from serviceflow.model.attributes import Attribute, Choice
from serviceflow.model.chain import Chain
from serviceflow.model.distributions import discrete, exponential
from serviceflow.model.elements import Arrivals, Consumer, Outages, Provider, Service, wrong_length
from serviceflow.model.expressions import Expression, expression
from serviceflow.model.holidays import beyond
from serviceflow.model.links import Batch, Call, Handoff, Link, Transfer
from serviceflow.model.opening import Opening, read_opening
from serviceflow.model.reading import as_problem
from serviceflow.model.requests import attribute_kinds, drawing_order
from serviceflow.model.schedules import Schedule, constant_schedule
from serviceflow.model.sla import SLA
from serviceflow.model.timetables import Instants, Timetable
from serviceflow.model.trainings import trained
from serviceflow.theory.capacity import cycle
from serviceflow.units import UNITS, Rate

ALWAYS = constant_schedule(1)


def lower(
    chain: Chain,
    duration: str | float | None = None,
    warm_up: str | float | None = None,
    horizon: str | None = None,
    behaviours: Behaviours | None = None,
) -> Program:
    """Lower a chain for runs of given length.

    Parameters
    ----------
    chain : Chain
        The chain; it is not changed.
    duration, warm_up : duration, optional
        Length of the window and of the time before it; the chain's run settings if not given.
    horizon : {"steady", "terminating"}, optional
        Whether the run goes on until what was asked in the window has finished.
    behaviours : Behaviours, optional
        Rules in Python; they decide what the record must be able to hold.

    Raises
    ------
    ModelError
        If the chain has problems, or no duration is given anywhere.
    """
    length = (duration, warm_up, horizon)
    if behaviours:
        return _lowered(chain, behaviours, *length)
    made_of = (chain, *chain._contents())
    for known, known_length, program in _KEPT[::-1]:
        if known_length == length and _same(known, made_of):
            return program
    program = _lowered(chain, Behaviours(), *length)
    _KEPT[:] = [*_KEPT[1 - PROGRAMS :], (made_of, length, program)]
    return program


PROGRAMS = 4
"""How many of the last programs are kept: a chain is run again and again."""
_KEPT: list[tuple[tuple[object, ...], tuple[object, ...], Program]] = []


def _same(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))


def _lowered(
    chain: Chain,
    behaviours: Behaviours,
    duration: str | float | None,
    warm_up: str | float | None,
    horizon: str | None,
) -> Program:
    chain.validate()
    run, trainings = trained(chain)
    program = replace(_Lowering(run, ranked=False).program(duration, warm_up, horizon), trainings=trainings)
    features = find_features(program, behaviours)
    return replace(
        program,
        features=features,
        visit_columns=visit_columns(features),
        request_columns=request_columns(features, program.attributes),
    )


def ranked(program: Program) -> Program:
    """The same program with its elements numbered in the order in which ties are decided.

    Engines run it, so that where two elements act at one instant neither their names nor the order of a
    file say who is first (see :mod:`~serviceflow.engine.program.ranks`). It is kept with the program.
    """
    if program.is_ranked:
        return program
    found: Program | None = program.__dict__.get("_ranked")
    if found is None:
        found = replace(
            _Lowering(program.chain, ranked=True).program(*program.lengths),
            features=program.features,
            visit_columns=program.visit_columns,
            request_columns=program.request_columns,
            trainings=program.trainings,
            is_ranked=True,
        )
        program.__dict__["_ranked"] = found
    return found


class _Lowering:
    """One chain on its way to a program.

    Parameters
    ----------
    chain : Chain
        The chain.
    ranked : bool
        Whether its elements are numbered in the order in which ties are decided, not by their names.
    """

    def __init__(self, chain: Chain, ranked: bool) -> None:
        self.chain = chain
        self.ranked = ranked
        self.unit: int = UNITS[chain.time_unit]
        self.attributes = _numbered(self.all_attributes)
        self.words = _numbered(set(_words(chain, self.all_attributes)))
        number = self.ranks.of if ranked else self.by_name
        self.providers, self.services, self.consumers, self.stocks, self.handoffs, self.calls = map(
            number, RANKED
        )

    def by_name(self, kind: str) -> dict[str, int]:
        return _numbered(map(str, getattr(self.chain, kind)))

    @cached_property
    def ranks(self) -> Ranks:
        return Ranks(self.chain, self.attributes, self.words)

    def in_order(self, kind: str, names: Iterable[str]) -> list[str]:
        """Elements that one element names, in the order in which ties are decided."""
        listed = list(names)
        return sorted(listed, key=self.ranks.of(kind).__getitem__) if len(listed) > 1 else listed

    @cached_property
    def all_attributes(self) -> dict[str, list[Attribute]]:
        """Every attribute by name, with what each consumer draws it from."""
        found: dict[str, list[Attribute]] = {}
        mappings: list[Mapping[str, Attribute]] = [self.chain.attributes]
        mappings += [consumer.attributes for consumer in self.chain.consumers.values()]
        for mapping in mappings:
            for name, attribute in mapping.items():
                found.setdefault(name, []).append(attribute)
        for name in self.trace_attributes:
            found.setdefault(name, [])
        return found

    @cached_property
    def trace_attributes(self) -> dict[str, list[float | str]]:
        found: dict[str, list[float | str]] = {}
        for consumer in self.chain.consumers.values():
            rows = (consumer.arrivals.trace or ()) if consumer.arrivals else ()
            for row in rows:
                for name, value in row.attributes:
                    found.setdefault(name, []).append(value)
        return found

    def program(
        self, duration: str | float | None, warm_up: str | float | None, horizon: str | None
    ) -> Program:
        run = self.chain.run
        length = self.length(duration, run.duration, "duration")
        before = self.length(warm_up, run.warm_up if self.opening is None else None, "warm_up")
        if length <= 0:
            raise ModelError([Problem("run.duration", _NO_DURATION)])
        terminating = (horizon or run.horizon) == "terminating"
        if self.opening is not None:
            before += self.begin
        elif not terminating:
            before = self.whole_cycles(before)
        end = before + length
        stop = end if terminating else end + length
        unknown = [as_problem(item) for item in beyond(self.chain, stop)]
        if unknown:
            raise ModelError(unknown)
        providers = tuple(self.provider(name) for name in self.providers)
        services = tuple(self.service(name) for name in self.services)
        return Program(
            chain=self.chain,
            time_unit=self.unit,
            unit=self.chain.time_unit,
            window=(before, end),
            stop=stop,
            terminating=terminating,
            weekday=self.chain.start.weekday(),
            words=tuple(self.words),
            attributes=tuple(self.attributes),
            providers=providers,
            services=services,
            consumers=tuple(self.consumer(name) for name in self.consumers),
            handoffs=tuple(map(self.handoff, _links(self.chain.handoffs, self.handoffs))),
            calls=tuple(map(self.call, _links(self.chain.calls, self.calls))),
            stocks=tuple(self.stock(name) for name in self.stocks),
            wordy=frozenset(name for name, kind in self.kinds.items() if kind == "word"),
            begin=self.begin,
            opening=self.opened(services, providers),
            lengths=(duration, warm_up, horizon),
        )

    # What is there at the start

    @cached_property
    def opening(self) -> Opening | None:
        """The state from which runs start, if they do not start empty."""
        return read_opening(self.chain)[0]

    @property
    def begin(self) -> int:
        return 0 if self.opening is None else self.opening.at

    def opened(
        self, services: tuple[plans.ServicePlan, ...], providers: tuple[plans.ProviderPlan, ...]
    ) -> plans.OpeningPlan | None:
        if self.opening is None or self.chain.run.start_from is None:
            return None
        indices = (self.services, self.providers, self.consumers, self.stocks, self.handoffs, self.attributes)
        names = Names(*indices, self.number, services, providers)
        return lower_opening(self.opening, self.chain.run.start_from, names)

    def length(self, given: str | float | None, default: Expression | None, field: str) -> int:
        if given is not None:
            try:
                default = expression(given, "duration")
                wrong = wrong_length(default)
            except ValueError as mistake:
                wrong = str(mistake)
            if wrong is not None:
                raise ModelError([Problem(f"run.{field}", wrong)])
        return 0 if default is None else self.ticks(default)

    def whole_cycles(self, before: int) -> int:
        """A warm-up rounded up to whole weeks, or days, where a chain follows a calendar."""
        length = cycle(self.chain)
        return -(-before // length) * length if length else before

    # Values

    def ticks(self, duration: Expression) -> int:
        return int(duration.constant(self.chain.time_unit) + 0.5)

    def code(self, value: Expression, want: str) -> Code:
        return compile_expression(value, want, self.chain.time_unit, self.words, self.attributes, self.kinds)

    def maybe(self, value: Expression | None, want: str) -> Code | None:
        return None if value is None else self.code(value, want)

    def drawn(self, value: Expression, want: str, what: str) -> Drawn:
        return Drawn(self.code(value, want), purpose(what))

    def maybe_drawn(self, value: Expression | None, want: str, what: str) -> Drawn | None:
        return None if value is None else self.drawn(value, want, what)

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Whether each attribute is a number, a duration or a word."""
        return attribute_kinds(self.chain)

    def per_tick(self, rate: Rate) -> float:
        return rate.per_tick(self.chain.time_unit)

    def calendar(self, name: str | None) -> Schedule | None:
        return None if name is None else self.chain.calendars[name].schedule(self.chain.start)

    # Providers

    def staff(self, name: str) -> Schedule:
        """How many are on duty, over time."""
        provider = self.chain.providers[name]
        if provider.members is not None:
            total = constant_schedule(0)
            for member in self.members(name):
                total = total.combine(member.schedule, lambda mine, yours: mine + (1 if yours > 0 else 0))
            return total
        staff = provider.staff
        if isinstance(staff, Timetable):
            schedule = staff.schedule(self.chain.start)
        else:
            schedule = constant_schedule(staff or 0)
        calendar = self.calendar(provider.calendar)
        return schedule if calendar is None else schedule.within(calendar)

    def members(self, name: str) -> tuple[plans.MemberPlan, ...]:
        """Those of a provider; engines number them as they are listed."""
        provider = self.chain.providers[name]
        listed = {member_name: place for place, member_name in enumerate(provider.members or ())}
        members = (provider.members or {}).items()
        return tuple(
            plans.MemberPlan(
                member_name,
                self.calendar(member.calendar or provider.calendar) or ALWAYS,
                member.speed,
                frozenset(self.words[skill] for skill in member.skills),
                0.0 if member.experience is None else member.experience.constant(self.chain.time_unit),
                member.cost,
                listed[member_name],
            )
            for member_name, member in (members if self.ranked else sorted(members))
        )

    def provider(self, name: str) -> plans.ProviderPlan:
        provider = self.chain.providers[name]
        staff = self.staff(name)
        members = self.members(name)
        return plans.ProviderPlan(
            name=name,
            index=self.providers[name],
            staff=staff,
            units=len(members) or int(max(staff.values(), default=0)),
            members=members,
            named=bool(members) or self.keeps_state(name),
            discipline=provider.discipline,
            preemptive=provider.preemptive,
            off_shift=provider.off_shift,
            queue_limit=NONE if provider.queue_limit is None else provider.queue_limit,
            blocks=provider.when_full == "block",
            outage=self.outage(name, provider),
            cost=provider.cost,
            selection=purpose(f"provider/{name}/selection"),
        )

    def keeps_state(self, name: str) -> bool:
        """Whether units differ by what they did before: a setup, or experience."""
        return name in self.keeping

    @cached_property
    def keeping(self) -> set[str]:
        """Providers of services that have a setup, or are learned."""
        services = self.chain.services.values()
        apart = [one for one in services if one.setup is not None or one.learning is not None]
        return {name for service in apart for name in service.provider_names}

    def outage(self, name: str, provider: Provider) -> plans.OutagePlan | None:
        outages: Outages | None = provider.outages
        if outages is None:
            return None
        what = f"provider/{name}/outage"
        return plans.OutagePlan(
            self.drawn(outages.after, "duration", f"{what}/after"),
            self.maybe_drawn(outages.repair, "duration", f"{what}/repair"),
            NONE if outages.repair_service is None else self.services[outages.repair_service],
            purpose(what),
        )

    # Services

    def service(self, name: str) -> plans.ServicePlan:
        service = self.chain.services[name]
        what = f"service/{name}"
        needs = self.needs(service)
        any_of = tuple(self.providers[provider] for provider in service.any_of or ())
        return plans.ServicePlan(
            name=name,
            index=self.services[name],
            provider=needs[0][0] if needs else NONE,
            needs=needs,
            any_of=any_of,
            alternatives=tuple(((provider, 1),) for provider in any_of) or (needs,),
            skill=self.maybe(service.skill, "word"),
            skills=self.skills(service),
            duration=self.drawn(service.duration, "duration", f"{what}/duration"),
            setup=self.maybe_drawn(service.setup, "duration", f"{what}/setup"),
            batch=self.batch(service.batch),
            consumes=self.amounts(service.consumes),
            produces=self.amounts(service.produces),
            cost=self.maybe(service.cost, "number"),
            calendar=self.calendar(service.calendar),
            patience=self.maybe_drawn(service.patience, "duration", f"{what}/patience"),
            timeout=self.maybe_drawn(service.timeout, "duration", f"{what}/timeout"),
            learning=0.0 if service.learning is None else log2(service.learning),
            priority=self.maybe(service.priority, "number"),
            reserve=service.reserve,
            split=service.split is not None,
            join={None: 0, "all": ALL}.get(service.join, service.join),  # type: ignore[arg-type]
            exits=tuple(self.exits(name, after) for after in AFTER),
            calls=tuple(self.calls_of(name, ask) for ask in ASK),
            routing=purpose(f"{what}/routing"),
        )

    def needs(self, service: Service) -> plans.Needs:
        """The providers that are needed at once, in the order in which ties are decided.

        The first keeps the queue: one whose queue is limited, else one that has members.
        """
        if service.providers is None:
            return tuple((self.providers[name], 1) for name in service.provider_names[:1])
        names = self.in_order("providers", service.providers)
        names.sort(key=lambda name: self.chain.providers[name].members is None)
        names.sort(key=lambda name: self.chain.providers[name].queue_limit is None)
        return tuple((self.providers[name], service.providers[name]) for name in names)

    def skills(self, service: Service) -> tuple[int, ...]:
        """Every skill that may be asked for: the one that is named, or all that members have."""
        if service.skill is None:
            return ()
        if service.skill.is_constant:
            return (self.words[service.skill.word()],)
        return tuple(range(len(self.words)))

    def batch(self, batch: Batch | None) -> plans.BatchPlan | None:
        if batch is None:
            return None
        return plans.BatchPlan(batch.size, NEVER if batch.max_wait is None else self.ticks(batch.max_wait))

    def amounts(self, amounts: Mapping[str, Expression]) -> tuple[tuple[int, Code], ...]:
        names = self.in_order("stocks", amounts)
        return tuple((self.stocks[name], self.code(amounts[name], "number")) for name in names)

    def exits(self, origin: str, after: str = "finished") -> tuple[int, ...]:
        """Handoffs by name, as they share what is drawn; the branches of a split in their own order."""
        service = self.chain.services.get(origin)
        links = [str(link) for link in self.leaving.get((origin, after), ())]
        if service is not None and service.split is not None and after == "finished":
            links = self.in_order("handoffs", links)
        return tuple(self.handoffs[link] for link in links)

    @cached_property
    def leaving(self) -> dict[tuple[str, str], list[Link]]:
        """The handoffs by what they start at and after what, in the order of their names."""
        found: dict[tuple[str, str], list[Link]] = {}
        for link in sorted(self.chain.handoffs, key=by_name):
            found.setdefault((link.origin, self.chain.handoffs[link].after), []).append(link)
        return found

    def calls_of(self, origin: str, ask: str) -> tuple[int, ...]:
        return tuple(self.asking.get((origin, ask), ()))

    @cached_property
    def asking(self) -> dict[tuple[str, str], list[int]]:
        """The calls by who asks and when."""
        found: dict[tuple[str, str], list[str]] = {}
        for link in self.chain.calls:
            found.setdefault((link.origin, self.chain.calls[link].ask), []).append(str(link))
        return {
            asker: [self.calls[link] for link in self.in_order("calls", links)]
            for asker, links in found.items()
        }

    # Links

    def transfer(self, way: Transfer | None, what: str) -> plans.TransferPlan:
        way = way or Transfer()
        asking = way.clarification
        incomplete = None if asking is None else self.drawn(asking.probability, "share", f"{what}/incomplete")
        slow = None if asking is None else asking.delay
        clarifying = self.maybe_drawn(slow, "duration", f"{what}/clarification")
        return plans.TransferPlan(
            every=0 if way.every is None else self.ticks(way.every),
            instants=None if way.at is None else way.at.schedule(self.chain.start),
            batch=self.batch(way.batch),
            delay=self.maybe_drawn(way.delay, "duration", f"{what}/delay"),
            incomplete=incomplete,
            clarification=clarifying,
            returns_to=self.services[asking.returns_to] if asking and asking.returns_to else NONE,
            calendar=self.calendar(way.calendar),
        )

    def target(self, link: Link) -> int:
        return END if link.ends else self.services[link.target]

    def origin(self, link: Link) -> tuple[str, int]:
        for kind, found in (("service", self.services), ("consumer", self.consumers), ("stock", self.stocks)):
            if link.origin in found:
                return kind, found[link.origin]
        raise KeyError(link.origin)

    def handoff(self, link: Link) -> plans.HandoffPlan:
        handoff: Handoff = self.chain.handoffs[link]
        what = f"handoff/{link}"
        return plans.HandoffPlan(
            name=str(link),
            index=self.handoffs[str(link)],
            origin=self.origin(link),
            target=self.target(link),
            transfer=self.transfer(handoff, what),
            probability=self.maybe(handoff.probability, "share"),
            when=self.maybe(handoff.when, "flag"),
            after=AFTER[handoff.after],
            purpose=purpose(what),
            due=self.due(handoff.sla),
        )

    def call(self, link: Link) -> plans.CallPlan:
        call: Call = self.chain.calls[link]
        what = f"call/{link}"
        return plans.CallPlan(
            name=str(link),
            index=self.calls[str(link)],
            origin=self.services[link.origin],
            target=self.services[link.target],
            ask=ASK[call.ask],
            wait=call.wait,
            way_there=self.transfer(call, what),
            way_back=self.transfer(call.answer, f"{what}/answer"),
            probability=self.maybe_drawn(call.probability, "share", f"{what}/probability"),
            when=self.maybe(call.when, "flag"),
            purpose=purpose(what),
        )

    def due(self, sla: SLA | None) -> tuple[plans.DuePlan, ...]:
        if sla is None:
            return ()
        clock = None if sla.clock == "elapsed" else self.calendar(sla.clock)
        targets = [(sla.response, True), (sla.resolution, False)]
        return tuple(
            plans.DuePlan(self.code(target.within, "duration"), clock, until_start)
            for target, until_start in targets
            if target is not None
        )

    # Demand

    def consumer(self, name: str) -> plans.ConsumerPlan:
        consumer = self.chain.consumers[name]
        what = f"consumer/{name}"
        return plans.ConsumerPlan(
            name=name,
            index=self.consumers[name],
            word=self.words[name],
            who=purpose(what),
            arrivals=None if consumer.arrivals is None else self.arrivals(consumer.arrivals, what),
            enters=NONE if consumer.enters is None else self.services[consumer.enters],
            exits=self.exits(name),
            routing=purpose(f"{what}/routing"),
            priority=self.code(consumer.priority, "number"),
            attributes=self.consumer_attributes(consumer),
            initial=tuple(
                (self.services[service], consumer.initial[service], purpose(f"{what}/initial/{service}"))
                for service in self.in_order("services", consumer.initial)
                if consumer.initial[service] and self.opening is None
            ),
            due=self.due(consumer.sla),
        )

    def arrivals(self, arrivals: Arrivals, what: str) -> plans.ArrivalPlan:
        every = arrivals.every
        if arrivals.rate is not None:
            every = _exponential(1 / self.per_tick(arrivals.rate)) if arrivals.rate.amount else None
        profile = None
        if arrivals.profile is not None:
            profile = arrivals.profile.schedule(self.chain.start, self.per_tick)
        if arrivals.calendar is not None:
            every, profile = _above_zero(every), self.calendar(arrivals.calendar)
        gap = self.drawn(every, "duration", "arrivals") if every is not None else None
        if arrivals.profile is not None:
            gap = self.drawn(expression(exponential(mean=1), "number"), "number", "arrivals")
        return plans.ArrivalPlan(
            every=gap,
            rate=0.0 if arrivals.rate is None else self.per_tick(arrivals.rate),
            profile=profile,
            instants=arrivals.at.schedule(self.chain.start) if isinstance(arrivals.at, Instants) else None,
            trace=self.trace(arrivals),
            population=arrivals.population or 0,
            think=self.maybe_drawn(arrivals.think, "duration", "think"),
            batch=self.maybe_drawn(arrivals.batch, "number", "batch"),
            purpose=purpose(f"{what}/arrivals"),
            first=self.first(arrivals),
            until=NEVER if arrivals.until is None else self.ticks(arrivals.until),
            count=arrivals.count or NEVER,
        )

    def trace(self, arrivals: Arrivals) -> tuple[tuple[int, tuple[tuple[int, float], ...]], ...]:
        if isinstance(arrivals.at, tuple):
            times = sorted(self.ticks(moment) for moment in arrivals.at)
            return tuple((time, ()) for time in times if self.is_to_come(time))
        rows = [
            (row.time, tuple((self.attributes[name], self.number(value)) for name, value in row.attributes))
            for row in arrivals.trace or ()
        ]
        return tuple(row for row in sorted(rows, key=lambda row: row[0]) if self.is_to_come(row[0]))

    def is_to_come(self, instant: int) -> bool:
        """Whether an instant comes in a run: what starts from a state starts after all at its instant."""
        return self.opening is None or instant > self.begin

    def first(self, arrivals: Arrivals) -> int:
        first = NONE if arrivals.first is None else self.ticks(arrivals.first)
        return first if self.is_to_come(first) else NONE

    def number(self, value: float | str) -> float:
        return float(self.words[value]) if isinstance(value, str) else float(value)

    def consumer_attributes(self, consumer: Consumer) -> tuple[plans.AttributePlan, ...]:
        """What a consumer's requests carry, each after those on which it depends."""
        values = {**self.chain.attributes, **consumer.attributes}
        return tuple(
            plans.AttributePlan(self.attributes[name], self.attribute(name, values[name]))
            for name in drawing_order(values)
        )

    def attribute(self, name: str, value: Attribute) -> Drawn:
        if isinstance(value, Choice):
            options = {self.number(option): share for option, share in value.options}
            return self.drawn(expression(discrete(options), "number"), "number", f"attribute/{name}")
        want = {"duration": "duration", "word": "word"}.get(self.kinds.get(name, "number"), "number")
        return self.drawn(value, want, f"attribute/{name}")

    # Stocks

    def stock(self, name: str) -> plans.StockPlan:
        stock = self.chain.stocks[name]
        reorder = stock.reorder
        unit = self.chain.time_unit
        return plans.StockPlan(
            name=name,
            index=self.stocks[name],
            initial=stock.initial if self.opening is None else self.opening.levels.get(name, stock.initial),
            by_priority=stock.discipline == "priority",
            below=0.0 if reorder is None else reorder.below.constant(unit),
            quantity=0.0 if reorder is None or reorder.quantity is None else reorder.quantity.constant(unit),
            up_to=0.0 if reorder is None or reorder.up_to is None else reorder.up_to.constant(unit),
            reorders=reorder is not None,
            enters=NONE if reorder is None or reorder.enters is None else self.services[reorder.enters],
            exits=self.exits(name),
            routing=purpose(f"stock/{name}/routing"),
            who=purpose(f"stock/{name}"),
            priority=None if reorder is None else self.maybe(reorder.priority, "number"),
        )


_NO_DURATION = "is not set; write run: {duration: 8 weeks}, or give a duration to the run"


def by_name(link: Link) -> str:
    """In this order handoffs take their shares of what is drawn: adding another one changes nothing else."""
    return str(link)


def _links(links: Iterable[Link], numbers: Mapping[str, int]) -> list[Link]:
    return sorted(links, key=lambda link: numbers[str(link)])


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: index for index, name in enumerate(sorted(names))}


def _exponential(mean_ticks: float) -> Expression:
    return expression(exponential(mean=f"{mean_ticks!r} us"), "duration")


def _above_zero(every: Expression | None) -> Expression:
    """At least a tick: time that passes in the open time of a calendar has to pass."""
    return expression(f"max({every}, 1 us)", "duration")


def _words(chain: Chain, attributes: Mapping[str, list[Attribute]]) -> Iterable[str]:
    """Every word that an attribute, a consumer or a skill can be."""
    yield from chain.consumers
    for provider in chain.providers.values():
        for member in (provider.members or {}).values():
            yield from member.skills
    for found in attributes.values():
        for attribute in found:
            if isinstance(attribute, Choice):
                yield from (option for option, _ in attribute.options if isinstance(option, str))
            else:
                yield from attribute.words() - set(attributes)
    yield from _written_words(chain)


def _written_words(chain: Chain) -> Iterable[str]:
    """Words that stand in expressions, in traces and in the state from which runs start."""
    opening, _ = read_opening(chain)
    for place in () if opening is None else opening.places:
        yield from (value for value in place.attributes.values() if isinstance(value, str))
    for consumer in chain.consumers.values():
        for row in (consumer.arrivals.trace or ()) if consumer.arrivals else ():
            yield from (value for _, value in row.attributes if isinstance(value, str))
    for service in chain.services.values():
        if service.skill is not None and service.skill.is_constant:
            yield service.skill.word()


__all__ = ["Any", "lower"]
