"""Evaluating what a model says of a request: durations, probabilities, conditions, priorities.

Every draw is keyed by what it is for, by the request's number within its source, and by its earlier
entries to the service; see :mod:`.draws`.
"""

from __future__ import annotations

from math import floor, inf
from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import CALLED, CONSUMER, NEVER, ORDER, ROUNDING
from serviceflow.engine.program.compile_expression import Code, Context, draw_purpose, evaluate
from serviceflow.engine.program.plans import ConsumerPlan, Drawn, DuePlan, Program, ServicePlan
from serviceflow.engine.random.elementary import exp, log
from serviceflow.engine.random.samplers import Sampler
from serviceflow.engine.reference.entities import Branch, Visit
from serviceflow.errors import RunError
from serviceflow.model.schedules import DAY
from serviceflow.units import UNITS, rounded_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from serviceflow.engine.reference.behaviours import RequestView
    from serviceflow.engine.reference.engine import Engine
    from serviceflow.engine.reference.providers import Unit

HOUR = UNITS["hour"]
LONGEST = float(NEVER)
NO_NUMBER = float("nan")
DURATIONS = "a duration is 0 or more, and less than 100,000 years"


def in_ticks(value: float) -> int:
    """A duration in whole ticks; half a tick rounds up."""
    return int(value + 0.5)


class Values:
    """Evaluates code for the requests of one run."""

    def __init__(self, program: Program, engine: Engine) -> None:
        self.program = program
        self.engine = engine
        self.draws = engine.draws
        self.blank = [NO_NUMBER] * len(program.attributes)

    # Evaluating

    def time(self, drawn: Drawn, who: int, number: int, occurrence: int = 0) -> float:
        """A duration that does not depend on a request: a gap between arrivals, the life of a unit."""
        value = self.drawn(drawn, who, number, occurrence)
        if drawn.code.sampler is None and not 0.0 <= value < LONGEST:
            raise RunError(f"'{drawn.code.text}' gives {duration_text(value)}; {DURATIONS}")
        return value

    def count(self, drawn: Drawn, who: int, number: int) -> float:
        """A number that does not depend on a request: how many arrive at once."""
        value = self.drawn(drawn, who, number)
        if drawn.code.sampler is None and not 0.0 <= value < LONGEST:
            raise RunError(f"'{drawn.code.text}' gives {value:g}; a count is 0 or more")
        return value

    def drawn(self, drawn: Drawn, who: int, number: int, occurrence: int = 0) -> float:
        code = drawn.code
        if code.sampler is not None:
            return self.draws.sample(code.sampler, drawn.purpose ^ who, number, occurrence)
        if code.constant is not None:
            return code.constant

        def draw(k: int, sampler: Sampler) -> float:
            return self.draws.sample_once(sampler, draw_purpose(drawn.purpose, k) ^ who, number, occurrence)

        now = self.engine.now
        clock = Context(self.blank, -1.0, 0.0, now % DAY / HOUR, float(self.weekday(now)), 0.0, float(now))
        return evaluate(code, clock, draw)

    def weekday(self, now: int) -> int:
        return (now // DAY + self.program.weekday) % 7

    def context(self, visit: Visit) -> Context:
        request, now = visit.owner, self.engine.now
        consumer = float(self.program.consumers[request.consumer].word) if request.consumer >= 0 else -1.0
        return Context(
            request.attributes,
            consumer,
            float(visit.visit),
            now % DAY / HOUR,
            float(self.weekday(now)),
            request.quantity,
            float(now),
        )

    def number(self, code: Code, visit: Visit) -> float:
        """A number that is not drawn."""
        if code.constant is not None:
            return code.constant
        return evaluate(code, self.context(visit), self._refuse)

    @staticmethod
    def _refuse(k: int, sampler: Sampler) -> float:
        raise RunError("a distribution stands where only numbers and attributes may stand")

    def sampled(self, drawn: Drawn, visit: Visit) -> float:
        code, branch = drawn.code, visit.strand
        if code.constant is not None:
            return code.constant
        if code.sampler is not None:
            take = self.draws.sample if branch.common else self.draws.sample_once
            return take(code.sampler, drawn.purpose ^ branch.who, branch.number, visit.occurrence)

        def draw(k: int, sampler: Sampler) -> float:
            key = draw_purpose(drawn.purpose, k) ^ branch.who
            return self.draws.sample_once(sampler, key, branch.number, visit.occurrence)

        return evaluate(code, self.context(visit), draw)

    def ticks(self, drawn: Drawn, visit: Visit, where: str) -> int:
        """A duration in whole ticks."""
        value = self.sampled(drawn, visit)
        if not 0.0 <= value < LONGEST:
            raise RunError(_wrong(where, duration_text(value), visit, DURATIONS))
        return int(value + 0.5)

    def behaved_ticks(
        self, behave: Callable[[RequestView], float], view: RequestView, service: ServicePlan
    ) -> int:
        """A duration that a function gives, in the chain's time unit."""
        value = float(behave(view)) * self.program.time_unit
        if not 0.0 <= value < LONGEST:
            raise RunError(f"the duration at {service.name} came to {duration_text(value)}; {DURATIONS}")
        return in_ticks(value)

    def amount(self, code: Code, visit: Visit, where: str) -> float:
        value = self.number(code, visit)
        if not 0.0 <= value < LONGEST:
            raise RunError(_wrong(where, f"{value:g}", visit, "an amount is 0 or more"))
        return value

    def uniform(self, what: int, visit: Visit) -> float:
        branch = visit.strand
        take = self.draws.uniform if branch.common else self.draws.uniform_once
        return take(what ^ branch.who, branch.number, visit.occurrence)

    def happens(self, drawn: Drawn, visit: Visit) -> bool:
        """Whether something of this probability happens."""
        return self.uniform(drawn.purpose, visit) < self.number(drawn.code, visit)

    # Order in queues

    def priority(self, service: ServicePlan, visit: Visit) -> float:
        """Evaluated on arrival: the service's own, else that of the consumer or of the stock that orders."""
        if service.priority is not None:
            return self.number(service.priority, visit)
        request = visit.owner
        if request.consumer >= 0:
            code: Code | None = self.program.consumers[request.consumer].priority
        else:
            code = self.program.stocks[request.source].priority if request.kind == ORDER else None
        return 0.0 if code is None else self.number(code, visit)

    def queue_key(self, discipline: str, service: ServicePlan, visit: Visit) -> float:
        """What orders a queue before arrival and identity do; the least goes first."""
        if discipline == "fifo" or discipline == "random":
            return 0.0
        if discipline == "priority":
            return visit.priority
        if discipline == "lifo":
            return float(-visit.arrived)
        if discipline == "shortest service":
            return float(self.engine.flow.drawn_ticks(visit, service))
        return float(self.due(visit))

    def due(self, visit: Visit) -> int:
        """The earliest promised time that concerns a visit: of its request, or of the link to it."""
        request = visit.owner
        while request.asker is not None:
            request = request.asker
        promises: list[tuple[DuePlan, int]] = []
        if request.kind == CONSUMER:
            plans = self.program.consumers[request.consumer].due
            promises += [(plan, request.asked) for plan in plans if not (plan.until_start and request.served)]
        if visit.handoff >= 0:
            promises += [(plan, visit.asked) for plan in self.program.handoffs[visit.handoff].due]
        return min((self.due_at(plan, since, visit) for plan, since in promises), default=NEVER)

    def due_at(self, plan: DuePlan, since: int, visit: Visit) -> int:
        within = in_ticks(self.number(plan.within, visit))
        return since + within if plan.clock is None else plan.clock.advance(since, within)

    def skill(self, service: ServicePlan, visit: Visit) -> int:
        """The code of the skill that a visit asks for."""
        assert service.skill is not None
        return int(self.number(service.skill, visit))

    def learned(self, unit: Unit, service: ServicePlan) -> float:
        """The share of the first duration that experience leaves: n to the power log2(rate).

        T. P. Wright, Factors affecting the cost of airplanes, J. Aeronautical Sciences 3 (1936).
        """
        if not service.learning:
            return 1.0
        before = unit.experience.get(service.index, unit.initial)
        return exp(service.learning * log(before + 1.0)) if before else 1.0

    # Attributes

    def no_attributes(self) -> list[float]:
        return list(self.blank)

    def attributes(self, plan: ConsumerPlan, who: int, number: int, given: dict[int, float]) -> list[float]:
        """What a request carries, drawn when it arrives, or as its trace says."""
        if not self.blank:
            return self.blank
        values = list(self.blank)
        now = self.engine.now
        for index, value in given.items():
            values[index] = value
        for attribute in plan.attributes:
            if attribute.index not in given:
                values[attribute.index] = self.attribute(attribute.value, plan, who, number, values, now)
        return values

    def attribute(
        self, drawn: Drawn, plan: ConsumerPlan, who: int, number: int, values: list[float], now: int
    ) -> float:
        code = drawn.code
        if code.constant is not None:
            return code.constant
        if code.sampler is not None:
            return self.draws.sample(code.sampler, drawn.purpose ^ who, number)

        def draw(k: int, sampler: Sampler) -> float:
            return self.draws.sample_once(sampler, draw_purpose(drawn.purpose, k) ^ who, number)

        weekday = float(self.weekday(now))
        context = Context(values, float(plan.word), 0.0, now % DAY / HOUR, weekday, 0.0, float(now))
        return evaluate(code, context, draw)

    # Choosing a way

    def choose(self, exits: tuple[int, ...], routing: int, branch: Branch, visit: Visit | None) -> int | None:
        """One of several handoffs: each that is open takes its probability, and one of them the rest."""
        about = visit or _asking(branch)
        shares: list[tuple[int, float]] = []
        conditional: list[int] = []
        rest: list[int] = []
        for index in exits:
            plan = self.engine.program.handoffs[index]
            if plan.when is not None and not self.number(plan.when, about):
                continue
            if plan.probability is not None:
                shares.append((index, self.number(plan.probability, about)))
            else:
                (rest if plan.when is None else conditional).append(index)
        remainder = self.remainder(conditional or rest, about)
        total = sum(share for _, share in shares)
        self.check_total(shares, total, remainder, about)
        if shares:
            uniform = self.uniform(routing, about)
            for index, share in shares:
                if uniform < share:
                    return index
                uniform -= share
        return remainder if remainder is not None else (shares[-1][0] if shares else None)

    def remainder(self, found: list[int], visit: Visit) -> int | None:
        if len(found) > 1:
            names = " and ".join(self.engine.program.handoffs[index].name for index in found)
            raise RunError(
                f"{names}: both are open to request {visit.request}, and neither has a probability"
            )
        return found[0] if found else None

    def check_total(
        self, shares: list[tuple[int, float]], total: float, remainder: int | None, visit: Visit
    ) -> None:
        short = remainder is None and total < 1.0 - ROUNDING
        if total > 1.0 + ROUNDING or short or any(not 0.0 <= share <= 1.0 for _, share in shares):
            if not shares and remainder is None:
                where = self.engine.services[visit.service].name if visit.service >= 0 else "the start"
                raise RunError(
                    f"no handoff from {where} is open to request {visit.request}; give one neither"
                    " probability nor condition, which makes it the rest, or write one to end"
                )
            names = ", ".join(self.engine.program.handoffs[index].name for index, _ in shares)
            raise RunError(
                f"the probabilities of {names} come to {total:.4%} for request {visit.request};"
                " they must reach 100%, or leave the rest to a handoff without one"
            )


def _asking(branch: Branch) -> Visit:
    """Who chooses among the handoffs from a consumer or stock: the request before its first visit."""
    visit = Visit(-1, branch, -1, branch.request.asked)
    visit.visit = 0
    return visit


def duration_text(ticks: float) -> str:
    """A duration that cannot be, as it is told, to the second: below 0, endless, or no number at all."""
    if ticks != ticks:
        return "no number"
    if abs(ticks) == inf:
        return "an endless time" if ticks > 0 else "less than any time"
    second = UNITS["s"]
    return rounded_duration(floor(ticks) if abs(ticks) < second else round(ticks / second) * second)


def _wrong(where: str, value: str, visit: Visit, allowed: str) -> str:
    return f"{where}: gives {value} for request {visit.request}; {allowed}"


__all__ = ["CALLED", "Values", "duration_text", "in_ticks"]
