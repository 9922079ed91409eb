"""A program laid out in the kernel's memory: plans become rows, lists and codes become numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.kernel import layout
from serviceflow.engine.kernel.expressions import pack_code
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.schedules import pack_schedule
from serviceflow.engine.program import plans
from serviceflow.engine.program.codes import CONSUMER, NEVER, NONE
from serviceflow.engine.program.compile_expression import Code
from serviceflow.engine.program.features import Feature
from serviceflow.engine.program.plans import Drawn, Program
from serviceflow.engine.program.queue_plan import plan_lines
from serviceflow.engine.program.revisits import on_cycles
from serviceflow.engine.program.shares import constant_shares
from serviceflow.model.schedules import Schedule

WORD = 1 << 64
SIGN = 1 << 63

MOST_SLOTS = 1024
"""Of draws made ahead: they should stay near the processor."""

FIELD_OF_COLUMN = {
    "arrived_by_return": V_RETURNED,
    "handoff_dispatch": V_DISPATCH,
    "handoff_delay": V_DELAY,
    "handoff_clarification": V_CLARIFICATION,
}
"""The fields of visits that the record calls by another name."""
HOLDING = {Feature.CALLS_AT_WORK, Feature.LIMIT_BLOCKS}
"""Where units can be kept without work."""
REST = {Feature.MEMBERS, Feature.CALLS, Feature.SPLITS, Feature.STOCKS, Feature.BATCHES}
"""Where a visit may fill what begins as -1 beside what every visit fills."""


def signed(number: int) -> int:
    """The same 64 bits as a signed integer."""
    return number - WORD if number >= SIGN else number


def laid_out(pool: str, rows: Sequence[Any]) -> NDArray[np.int64]:
    """The rows of a pool, one at least; a real number among the values keeps its bits."""
    table = np.zeros((max(len(rows), 1), POOL_FIELDS[pool]), dtype=np.int64)
    reals = table.view(np.float64)
    for place, row in enumerate(rows):
        for field, value in row.items():
            if isinstance(value, float):
                reals[place, field] = value
            else:
                table[place, field] = value
    return table


class Packer:
    """Collects the whole and real numbers of a program; equal things are kept once."""

    def __init__(self) -> None:
        self.ints: list[int] = []
        self.reals: list[float] = []
        self.known: dict[Any, int] = {}
        self.families: set[int] = set()
        self.programs = False
        self.computes = False
        self.stack = 1

    def numbers(self, numbers: Iterable[int]) -> int:
        """Keep some whole numbers, and say where."""
        kept = tuple(signed(number) for number in numbers)
        place = self.known.get(kept)
        if place is None:
            place = len(self.ints)
            self.known[kept] = place
            self.ints += kept
        return place

    def listed(self, rows: Iterable[Sequence[int]]) -> int:
        """Keep a list, led by its length."""
        found = [tuple(row) for row in rows]
        return self.numbers((len(found), *(number for row in found for number in row)))

    def maybe_listed(self, numbers: Sequence[int]) -> int:
        return self.listed([(number,) for number in numbers]) if numbers else -1

    def real(self, number: float) -> int:
        self.reals.append(number)
        return len(self.reals) - 1

    def schedule(self, schedule: Schedule | None) -> int:
        return -1 if schedule is None else pack_schedule(schedule, self)

    def code(self, code: Code | None) -> int:
        if code is None:
            return -1
        key = ("code", code)
        if key not in self.known:
            self.known[key] = pack_code(code, self)
        return self.known[key]

    def drawn(self, drawn: Drawn | None) -> tuple[int, int]:
        """Where the code is, and its purpose."""
        return (-1, 0) if drawn is None else (self.code(drawn.code), signed(drawn.purpose))


class Packed:
    """A program in the kernel's memory.

    Attributes
    ----------
    pools : dict of array
        The rows of every pool that the program fills, as they are at the start of a run.
    scalars : dict
        Words of the state that the program decides.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.packer = Packer()
        self.lines = plan_lines(program)
        self.pools: dict[str, NDArray[np.int64]] = {}
        self.scalars: dict[int, int] = {}
        self.learning = [plan.index for plan in program.services if plan.learning]
        self.transfers: list[plans.TransferPlan] = [plan.transfer for plan in program.handoffs]
        self.transfers += [plan.way_there for plan in program.calls]
        self.transfers += [plan.way_back for plan in program.calls]
        self.units: list[list[float]] = []
        self.clocks = 0
        self.members = 0
        self._pack_all()

    def _pack_all(self) -> None:
        program = self.program
        self._rows("teams", [self.team(plan) for plan in program.providers])
        self._rows("units", self.units)
        self._rows("clocks", [{C_BROKEN: -1, C_UNIT: -1}] * self.clocks)
        self._rows("lines", [self.line(plan) for plan in self.lines.lines])
        self._rows("services", [self.service(plan) for plan in program.services])
        self._rows("handoffs", [self.handoff(plan) for plan in program.handoffs])
        self._rows("calls", [self.call(plan) for plan in program.calls])
        self._rows("transfers", [self.transfer(plan) for plan in self.transfers])
        self._rows("consumers", [self.consumer(plan) for plan in program.consumers])
        self._rows("stocks", [self.stock(plan) for plan in program.stocks])
        self._rows("asks", [{}] * self.members)
        self.pools["experience"] = self._experience()
        self._set_scalars()
        self.pools["stack"] = np.zeros((self.packer.stack, 1), dtype=np.int64)
        self.pools["chunks"] = self._chunks()
        self.pools["ints"] = np.array(self.packer.ints or [0], dtype=np.int64).reshape(-1, 1)
        self.pools["reals"] = (
            np.array(self.packer.reals or [0.0], dtype=np.float64).view(np.int64).reshape(-1, 1)
        )

    def _chunks(self) -> NDArray[np.int64]:
        """Slots for draws made ahead, two for each purpose at least; not where there are too many purposes.

        A chain of many services and consumers needs few draws of each kind before it needs others.
        """
        purposes = (2 * len(self.program.services) + 1) * max(len(self.program.consumers), 1)
        slots = 1 << (4 * min(purposes, MOST_SLOTS // 4)).bit_length()
        self.scalars[AHEAD_PAYS] = int(purposes <= MOST_SLOTS // 2)
        self.scalars[CHUNK_MASK] = slots - 1
        table = np.zeros((slots + 1, POOL_FIELDS["chunks"]), dtype=np.int64)  # The last one is for notes.
        table[:, M_BLOCK] = -1
        return table

    def _set_scalars(self) -> None:
        program = self.program
        columns = [
            FIELD_OF_COLUMN.get(name, getattr(layout, f"V_{name.upper()}", -1))
            for name in program.visit_columns
        ]
        self.scalars = {
            WINDOW_START: program.window[0],
            WINDOW_END: program.window[1],
            STOP: program.stop,
            TERMINATING: int(program.terminating),
            NOW: program.begin,
            BEGIN: program.begin,
            OPENING: self.opening(),
            WEEKDAY: program.weekday,
            TEAMS_TOUCHED: -1,
            RESET_FROM: min(
                (field for field in columns if field < V_WAIT_CONTENTION), default=V_WAIT_CONTENTION
            ),
            RESET_REST: int(bool(program.features & REST)),
            MAY_HOLD: int(bool(program.features & HOLDING)),
            ARRIVING: -1,
            DEAD_VISITS: -1,
            DEAD_REQUESTS: -1,
            FOLLOWING: -1,
            TEAMS: len(program.providers),
            SERVICES: len(program.services),
            CONSUMERS: len(program.consumers),
            STOCKS: len(program.stocks),
            ATTRIBUTES: len(program.attributes),
            VISIT_COLUMNS: len(columns),
            VISIT_COLUMN_LIST: self.packer.numbers(columns),
            COUNTERS: len(self.repeating),
            NUMBERS: int(bool(program.features & {Feature.ATTRIBUTES, Feature.REORDERS})),
        }

    def _rows(self, pool: str, rows: Sequence[Any]) -> None:
        self.pools[pool] = laid_out(pool, rows)

    def _experience(self) -> NDArray[np.int64]:
        """What each unit has done before, by service that is learned."""
        table = np.zeros((max(len(self.units), 1), max(len(self.learning), 1)), dtype=np.float64)
        place = 0
        for plan in self.program.providers:
            if plan.named:
                for member in plan.members or [None] * plan.units:
                    table[place] = 0.0 if member is None else member.experience
                    place += 1
        return table.view(np.int64)

    # -- providers

    def team(self, plan: plans.ProviderPlan) -> dict[int, Any]:
        listed = self.lines.of_provider[plan.index]
        tracked = [line for line in listed if self.lines.lines[line].tracked]
        outage = plan.outage
        after, after_what = self.packer.drawn(outage.after if outage else None)
        repair, repair_what = self.packer.drawn(outage.repair if outage else None)
        first_unit, first_clock = len(self.units), self.clocks
        if plan.named:
            self.units += self.team_units(plan)
        if outage or plan.members:
            self.clocks += plan.units
        return {
            T_UNITS: plan.units,
            T_NAMED: int(plan.named),
            T_MEMBERS: int(bool(plan.members)),
            T_DISCIPLINE: DISCIPLINES.index(plan.discipline),
            T_PREEMPTIVE: int(plan.preemptive),
            T_OFF_SHIFT: OFF_SHIFT.index(plan.off_shift),
            T_LIMIT: plan.queue_limit,
            T_BLOCKS: int(plan.blocks),
            T_FAILS: int(outage is not None),
            T_AFTER: after,
            T_AFTER_WHAT: after_what,
            T_REPAIR: repair,
            T_REPAIR_WHAT: repair_what,
            T_REPAIR_SERVICE: outage.repair_service if outage else NONE,
            T_OUTAGE_WHO: signed(outage.purpose) if outage else 0,
            T_SELECTION: signed(plan.selection),
            T_STAFF: self.packer.schedule(plan.staff),
            T_UNIT: first_unit,
            T_CLOCK: first_clock,
            T_LINES: self.packer.listed((line,) for line in listed),
            T_TRACKED: self.packer.listed((line,) for line in tracked),
            T_PLAIN: int(self.lines.is_plain(plan)),
            T_LINE: listed[0] if len(listed) == 1 else NONE,
            T_ACTIVE: -1,
            T_HOLDING: -1,
            T_PAUSED: -1,
            T_BLOCKED: -1,
            T_FRESH: -1,
            T_NEXT_TOUCHED: -1,
            T_GROUP: self.packer.listed((other,) for other in self.lines.groups[plan.index]),
            T_GROUP_PREEMPTS: int(
                any(self.program.providers[other].preemptive for other in self.lines.groups[plan.index])
            ),
        }

    def team_units(self, plan: plans.ProviderPlan) -> list[Any]:
        rows: list[Any] = []
        for place in range(plan.units):
            member = plan.members[place] if plan.members else None
            skills = sorted(member.skills) if member else []
            rows.append(
                {
                    U_TEAM: plan.index,
                    U_INDEX: place,
                    U_VISIT: -1,
                    U_SET_TO: -1,
                    U_SPEED: member.speed if member else 1.0,
                    U_SKILLS: self.packer.listed((skill,) for skill in skills),
                    U_SCHEDULE: self.packer.schedule(member.schedule if member else None),
                    U_LISTED: member.listed if member else place,
                }
            )
        return rows

    def needs(self, needs: plans.Needs) -> int:
        return self.packer.listed(needs)

    def line(self, plan: Any) -> dict[int, Any]:
        simple = (
            not plan.tracked
            and len(plan.alternatives) == 1
            and len(plan.alternatives[0]) == 1
            and plan.alternatives[0][0][1] == 1
        )
        team = self.program.providers[plan.mains[0]]
        simple = simple and not team.named and not team.preemptive
        simple = simple and not any(
            self.lines.lines[line].tracked for line in self.lines.of_provider[team.index]
        )
        return {
            L_ALTERNATIVES: self.packer.listed((self.needs(needs),) for needs in plan.alternatives),
            L_SKILL: plan.skill,
            L_RESERVE: int(plan.reserve),
            L_MAINS: self.packer.listed((team,) for team in plan.mains),
            L_PARTNERS: self.packer.listed(plan.partners),
            L_INVOLVED: self.packer.listed((team,) for team in plan.involved),
            L_FITS: int(plan.fits),
            L_MIXED: int(plan.mixed),
            L_TRACKED: int(plan.tracked),
            L_OVERTAKEN: int(plan.overtaken),
            L_TEAM: team.index if simple else NONE,
            L_NEEDS: self.needs(plan.alternatives[0]),
            L_HEAD: -1,
            L_TAIL: -1,
            L_EARLIEST: -1,
            L_LATEST: -1,
        }

    # -- services and links

    def service(self, plan: plans.ServicePlan) -> dict[int, Any]:
        duration, duration_what = self.packer.drawn(plan.duration)
        setup, setup_what = self.packer.drawn(plan.setup)
        patience, patience_what = self.packer.drawn(plan.patience)
        timeout, timeout_what = self.packer.drawn(plan.timeout)
        limited = plan.provider != NONE and self.program.providers[plan.provider].queue_limit != NONE
        lines = [
            self.lines.of_service[plan.index, skill]
            for skill in plan.skills or (-1,)
            if (plan.index, skill) in self.lines.of_service
        ]
        possible = {provider for needs in plan.alternatives for provider, _ in needs}
        return {
            X_PROVIDER: plan.provider,
            X_SKILL: self.packer.code(plan.skill),
            X_DURATION: duration,
            X_DURATION_WHAT: duration_what,
            X_SETUP: setup,
            X_SETUP_WHAT: setup_what,
            X_SIZE: plan.batch.size if plan.batch else 0,
            X_MAX_WAIT: plan.batch.max_wait if plan.batch else 0,
            X_CONSUMES: self.amounts(plan.consumes),
            X_PRODUCES: self.amounts(plan.produces),
            X_CALENDAR: self.packer.schedule(plan.calendar),
            X_PATIENCE: patience,
            X_PATIENCE_WHAT: patience_what,
            X_LEARNING: float(plan.learning),
            X_LEARNED: self.learning.index(plan.index) if plan.learning else -1,
            X_PRIORITY: self.packer.code(plan.priority),
            X_SPLIT: int(plan.split),
            X_JOIN: plan.join,
            X_EXITS: self.exits(plan.exits[0]),
            X_EXITS_GAVE_UP: self.exits(plan.exits[1]),
            X_EXITS_REFUSED: self.exits(plan.exits[2]),
            X_EXITS_TIMED_OUT: self.exits(plan.exits[3]),
            X_CALLS: self.packer.maybe_listed(plan.calls[0]),
            X_CALLS_START: self.packer.maybe_listed(plan.calls[1]),
            X_CALLS_END: self.packer.maybe_listed(plan.calls[2]),
            X_ROUTING: signed(plan.routing),
            X_LINES: self.packer.maybe_listed(lines),
            X_LINE: lines[0] if plan.skill is None and lines else NONE,
            X_STRAIGHT: int(self.is_straight(plan, limited)),
            X_LIMITED: plan.provider if limited else NONE,
            X_REPEATS: self.repeating.get(plan.index, 0),
            X_SET_UP: int(any(self.program.providers[provider].named for provider in possible)),
            X_FILLING: -1,
            X_QUEUED: -1,
            X_TIMEOUT: timeout,
            X_TIMEOUT_WHAT: timeout_what,
        }

    def is_straight(self, plan: plans.ServicePlan, limited: bool) -> bool:
        """Whether nothing comes between the arrival at a service and the queue for its staff."""
        between = plan.calls[0] or plan.consumes or plan.batch or plan.join or plan.patience or plan.timeout
        return not (between or limited or plan.index in self.repeating)

    @cached_property
    def repeating(self) -> dict[int, int]:
        """Services that a strand may enter more than once, numbered from 1."""
        found = set(on_cycles(self.program))
        opening = self.program.opening
        found |= {place.service for place in opening.places if place.entries} if opening else set()
        return {index: place for place, index in enumerate(sorted(found), 1)}

    def amounts(self, amounts: Sequence[tuple[int, Code]]) -> int:
        return (
            self.packer.listed((stock, self.packer.code(code)) for stock, code in amounts) if amounts else -1
        )

    def exits(self, exits: Sequence[int]) -> int:
        """A list of handoffs, then the place of their shares: -1 where these are not the same for all."""
        if not exits:
            return -1
        return self.packer.numbers((len(exits), *exits, self.shares(exits)))

    def shares(self, exits: Sequence[int]) -> int:
        """The place of the shares of some handoffs, the rest a share of -1; -1 if they are not constant."""
        known = constant_shares(self.program, exits)
        if known is None:
            return NONE
        place = len(self.packer.reals)
        self.packer.reals += known
        return place

    def handoff(self, plan: plans.HandoffPlan) -> dict[int, Any]:
        return {
            H_TARGET: plan.target,
            H_TRANSFER: plan.index,
            H_AT_ONCE: int(plan.transfer.is_direct),
            H_BLOCKS: self.blocks(plan.target),
            **self.nearby(plan.target),
            H_PROBABILITY: self.packer.code(plan.probability),
            H_WHEN: self.packer.code(plan.when),
            H_PURPOSE: signed(plan.purpose),
            H_DUE: self.due(plan.due),
            H_PLAIN: int(plan.probability is None and plan.when is None),
        }

    def nearby(self, target: int) -> dict[int, int]:
        """The first line and provider of a service, which are asked for before they are needed."""
        if target == NONE or self.program.services[target].provider == NONE:
            return {H_LINE: 0, H_TEAM: 0}
        plan = self.program.services[target]
        return {H_LINE: self.lines.of_service[target, (plan.skills or (-1,))[0]], H_TEAM: plan.provider}

    def blocks(self, target: int) -> int:
        """The provider of a service where a full queue blocks its senders; -1 if there is none."""
        provider = NONE if target == NONE else self.program.services[target].provider
        if provider == NONE:
            return NONE
        plan = self.program.providers[provider]
        return provider if plan.blocks and plan.queue_limit != NONE else NONE

    def call(self, plan: plans.CallPlan) -> dict[int, Any]:
        probability, what = self.packer.drawn(plan.probability)
        there = len(self.program.handoffs) + plan.index
        return {
            Q_TARGET: plan.target,
            Q_WAIT: int(plan.wait),
            Q_THERE: there,
            Q_BACK: there + len(self.program.calls),
            Q_PROBABILITY: probability,
            Q_PROBABILITY_WHAT: what,
            Q_WHEN: self.packer.code(plan.when),
            Q_PURPOSE: signed(plan.purpose),
        }

    def transfer(self, plan: plans.TransferPlan) -> dict[int, Any]:
        delay, delay_what = self.packer.drawn(plan.delay)
        incomplete, incomplete_what = self.packer.drawn(plan.incomplete)
        clarification, clarification_what = self.packer.drawn(plan.clarification)
        return {
            D_EVERY: plan.every,
            D_INSTANTS: self.packer.schedule(plan.instants),
            D_SIZE: plan.batch.size if plan.batch else 0,
            D_MAX_WAIT: plan.batch.max_wait if plan.batch else 0,
            D_DELAY: delay,
            D_DELAY_WHAT: delay_what,
            D_INCOMPLETE: incomplete,
            D_INCOMPLETE_WHAT: incomplete_what,
            D_CLARIFICATION: clarification,
            D_CLARIFICATION_WHAT: clarification_what,
            D_RETURNS_TO: plan.returns_to,
            D_CALENDAR: self.packer.schedule(plan.calendar),
            D_DIRECT: int(plan.is_direct),
            D_TRAY: -1,
        }

    def due(self, due: Sequence[plans.DuePlan]) -> int:
        return self.packer.listed(
            (self.packer.code(plan.within), self.packer.schedule(plan.clock), int(plan.until_start))
            for plan in due
        )

    # -- what is there when a run starts

    @cached_property
    def busy(self) -> dict[int, int]:
        """How many members of each closed population have a request in the chain."""
        found: dict[int, int] = {}
        places = self.program.opening.places if self.program.opening else ()
        for index, place in enumerate(places):
            if place.of == index and self.members_of(place) > found.get(place.source, 0):
                found[place.source] = found.get(place.source, 0) + 1
        return found

    def members_of(self, place: plans.PlacePlan) -> int:
        """How many members the closed population has whose request is at a place; 0 if there is none."""
        arrivals = self.program.consumers[place.source].arrivals if place.kind == CONSUMER else None
        return 0 if arrivals is None else arrivals.population

    def opening(self) -> int:
        """Where requests are, and what is on order, one after another."""
        opening = self.program.opening
        if opening is None:
            return NONE
        words = [len(opening.places), len(opening.deliveries)]
        members: dict[int, int] = {}
        strands: dict[int, int] = {}
        for index, place in enumerate(opening.places):
            member = NONE
            if place.of == index and self.members_of(place) > members.get(place.source, 0):
                member = members.get(place.source, 0)
                members[place.source] = member + 1
            strand = strands.get(place.of, 0)
            strands[place.of] = strand + 1
            alone = opening.places[place.of].branches == 1
            words += self.place(place, member, NONE if alone else strand)
        for stock, time, quantity in opening.deliveries:
            words += (stock, time, self.packer.real(quantity))
        return self.packer.numbers(words)

    def place(self, place: plans.PlacePlan, member: int, strand: int) -> list[int]:
        """The words of a place, in the order of their fields."""
        given = NONE
        if place.given:
            given = self.packer.listed((index, self.packer.real(value)) for index, value in place.given)
        needs = NONE
        if place.units:
            needs = self.needs(self.program.services[place.service].alternatives[place.way])
        units = [unit for one in place.units for unit in one]
        return [
            *(place.kind, place.source, place.number, place.who, place.asked, given),
            *(self.packer.real(place.quantity), place.of, place.branches, strand, member, place.state),
            *(place.service, place.handoff, place.entries, place.elapsed, place.remaining, needs),
            *(self.packer.numbers(units or [0]), place.leader),
        ]

    # -- demand

    def consumer(self, plan: plans.ConsumerPlan) -> dict[int, Any]:
        arrivals = plan.arrivals
        every, every_what = self.packer.drawn(arrivals.every if arrivals else None)
        think, think_what = self.packer.drawn(arrivals.think if arrivals else None)
        size, size_what = self.packer.drawn(arrivals.batch if arrivals else None)
        trace = self.trace(arrivals.trace) if arrivals and arrivals.trace else -1
        instants = self.packer.schedule(arrivals.instants if arrivals else None)
        population = arrivals.population if arrivals else 0
        first_member = self.members
        self.members += population
        return {
            A_WORD: plan.word,
            A_WHO: signed(plan.who),
            A_ENTERS: plan.enters,
            A_EXITS: self.exits(plan.exits),
            A_ROUTING: signed(plan.routing),
            A_URGENCY: self.packer.code(plan.priority),
            A_EVERY: every,
            A_EVERY_WHAT: every_what,
            A_PROFILE: self.packer.schedule(arrivals.profile if arrivals else None),
            A_INSTANTS: instants,
            A_TRACE: trace,
            A_POPULATION: population,
            A_MEMBER: first_member,
            A_THINK: think,
            A_THINK_WHAT: think_what,
            A_SIZE: size,
            A_SIZE_WHAT: size_what,
            A_ATTRIBUTES: self.packer.listed(
                (attribute.index, *self.packer.drawn(attribute.value)) for attribute in plan.attributes
            ),
            A_DUE: self.due(plan.due),
            A_INITIAL: self.packer.listed(plan.initial),
            A_LAST: -1,
            A_FIRST: arrivals.first if arrivals else -1,
            A_UNTIL: arrivals.until if arrivals else NEVER,
            A_MOST: arrivals.count if arrivals else NEVER,
            A_BUSY: self.busy.get(plan.index, 0),
            A_ASKS: int(every != -1 or instants != -1 or trace != -1),
        }

    def trace(self, trace: Sequence[tuple[int, tuple[tuple[int, float], ...]]]) -> int:
        rows = []
        for time, given in trace:
            place = -1
            if given:
                place = self.packer.listed((index, self.packer.real(value)) for index, value in given)
            rows.append((time, place))
        return self.packer.listed(rows)

    def stock(self, plan: plans.StockPlan) -> dict[int, Any]:
        return {
            K_BY_PRIORITY: int(plan.by_priority),
            K_BELOW: float(plan.below),
            K_QUANTITY: float(plan.quantity),
            K_UP_TO: float(plan.up_to),
            K_REORDERS: int(plan.reorders),
            K_ENTERS: plan.enters,
            K_EXITS: self.exits(plan.exits),
            K_ROUTING: signed(plan.routing),
            K_WHO: signed(plan.who),
            K_PRIORITY: self.packer.code(plan.priority),
            K_LEVEL: float(plan.initial),
            K_LARGEST: float(max(plan.initial, plan.below, plan.up_to, plan.quantity)),
            K_MAKERS: self.packer.listed(
                (service.index,)
                for service in self.program.services
                if any(made == plan.index for made, _ in service.produces)
            ),
            K_HEAD: -1,
            K_TAIL: -1,
        }
