"""Findings about settings: what has no effect, what nothing uses, how long and how often a run is."""

from __future__ import annotations

from collections.abc import Iterator

from serviceflow.model.expressions import Expression
from serviceflow.model.problems import find_oddities
from serviceflow.model.requests import expressions
from serviceflow.model.sla import share_text
from serviceflow.model.trainings import training_times
from serviceflow.theory.capacity import cycle
from serviceflow.theory.checks.finding import NOTE, WARNING, Finding, Look, roughly
from serviceflow.theory.checks.hours import ways
from serviceflow.theory.flows import promises
from serviceflow.theory.load import Load
from serviceflow.units import UNITS, format_duration

FEW = 10
"""Replications under which intervals are rough: Student's t on few, skewed means covers too little."""
SHORT = 1.3
"""How much longer than the warm-up the time to settle must be to be remarked: it is only known about."""
SETTLED = 2.0
"""Relaxation times after which an empty start is forgotten except for a few percent."""


def setting_findings(look: Look) -> Iterator[Finding]:
    """What is unreachable or unused, priorities without effect, the settings of runs."""
    for mistake in find_oddities(look.chain):
        if not look.in_scenarios(str(mistake.path[-1])):
            yield Finding(WARNING, ".".join(map(str, mistake.path)), mistake.message)
    yield from _priorities(look)
    yield from _disciplines(look)
    yield from _unused(look)
    yield from _shares(look)
    yield from _run_settings(look)


# Priorities


def _priorities(look: Look) -> Iterator[Finding]:
    """Priorities that no queue looks at."""
    chain = look.chain
    minded = {name for name, service in chain.services.items() if _minds(look, name)}
    for name, service in chain.services.items():
        if service.priority is not None and name not in minded:
            yield Finding(WARNING, f"services.{name}.priority", _NOBODY)
    if not minded:
        for name, consumer in chain.consumers.items():
            if _is_set(consumer.priority):
                yield Finding(WARNING, f"consumers.{name}.priority", _NOBODY)
        for name, stock in chain.stocks.items():
            if stock.reorder is not None and stock.reorder.priority is not None:
                yield Finding(WARNING, f"stocks.{name}.reorder.priority", _NOBODY)


_NOBODY = "nobody goes by it; set discipline: priority on a provider"


def _minds(look: Look, name: str) -> bool:
    """Whether a priority makes a difference at a service."""
    service = look.chain.services[name]
    queues = [look.chain.providers[one].discipline for one in service.provider_names]
    return "priority" in [*queues, *(look.chain.stocks[one].discipline for one in service.consumes)]


def _is_set(priority: Expression) -> bool:
    return not (priority.is_constant and priority.constant("min") == 0)


def _disciplines(look: Look) -> Iterator[Finding]:
    """Rules of queues that have nothing to go by."""
    chain = look.chain
    given = any(_is_set(consumer.priority) for consumer in chain.consumers.values())
    given = given or any(stock.reorder and stock.reorder.priority for stock in chain.stocks.values())
    due = any(sla.response or sla.resolution for sla in promises(chain))
    for name, provider in chain.providers.items():
        own = any(chain.services[one].priority for one in look.flows.services_of.get(name, ()))
        if provider.discipline == "priority" and not given and not own:
            message = (
                "everybody has the same priority, so it is first come first served; set priority on consumers"
            )
            yield Finding(NOTE, f"providers.{name}.discipline", message)
        if provider.discipline == "earliest due date" and not due:
            message = "nothing is ever due, so it is first come first served; set an sla somewhere"
            yield Finding(NOTE, f"providers.{name}.discipline", message)


# Unused


def _unused(look: Look) -> Iterator[Finding]:
    asked = _names_used(look)
    for section, names, used, what in (
        (
            "calendars",
            look.chain.calendars,
            _calendars_used(look),
            "nothing goes by it; name it where it holds",
        ),
        ("attributes", look.chain.attributes, asked, "no expression asks for it; use it"),
    ):
        for name in names:
            if name not in used and not look.in_scenarios(name):
                yield Finding(NOTE, f"{section}.{name}", f"{what}, or remove it")
    for consumer, found in look.chain.consumers.items():
        for name in found.attributes:
            if name not in asked and not look.in_scenarios(name):
                path = f"consumers.{consumer}.attributes.{name}"
                yield Finding(NOTE, path, "no expression asks for it; use it, or remove it")
    yield from _skills(look)


def _shares(look: Look) -> Iterator[Finding]:
    """Attributes that are a share, which everybody carries: most likely so many were to have them."""
    places = {f"attributes.{name}": value for name, value in look.chain.attributes.items()}
    for consumer, found in look.chain.consumers.items():
        places |= {f"consumers.{consumer}.attributes.{name}": one for name, one in found.attributes.items()}
    for path, value in places.items():
        if isinstance(value, Expression) and value.is_constant and str(value).endswith("%"):
            share = value.constant(look.chain.time_unit)
            if 0 < share < 1:
                some, others = share_text(share), share_text(1 - share)
                told = (
                    f"every request carries the number {share:g}; for {some} of them to have it, write a"
                    f" choice: true: {some}, false: {others}"
                )
                yield Finding(WARNING, path, told)


def _calendars_used(look: Look) -> set[str | None]:
    chain = look.chain
    used = {provider.calendar for provider in chain.providers.values()}
    for provider in chain.providers.values():
        used |= {member.calendar for member in (provider.members or {}).values()}
    used |= {service.calendar for service in chain.services.values()}
    used |= {way.calendar for _, way in ways(look)}
    came = (consumer.arrivals for consumer in chain.consumers.values())
    used |= {arrivals.calendar for arrivals in came if arrivals is not None}
    return used | {sla.clock for sla in promises(chain)}


def _names_used(look: Look) -> set[str]:
    asked = {name for _, expr in expressions(look.chain) for name in expr.names()}
    for attribute in look.flows.attributes.values():
        asked |= attribute.names() if isinstance(attribute, Expression) else set()
    return asked


def _skills(look: Look) -> Iterator[Finding]:
    """Skills that no service asks for, where every service asks for them by name."""
    asked = [service.skill for service in look.chain.services.values() if service.skill is not None]
    if any(skill.names() & set(look.flows.attributes) for skill in asked):
        return
    words = {skill.word() for skill in asked if skill.is_constant}
    for name, provider in look.chain.providers.items():
        for key, member in (provider.members or {}).items():
            for skill in member.skills:
                if skill not in words and not look.in_scenarios(skill):
                    path = f"providers.{name}.members.{key}.skills"
                    yield Finding(
                        NOTE, path, f"no service asks for the skill {skill!r}; ask for it, or remove it"
                    )


# Runs


def _run_settings(look: Look) -> Iterator[Finding]:
    run = look.chain.run
    yield from _trainings(look)
    if run.replications < FEW:
        message = f"{run.replications} replications give rough intervals; 20 or more are better"
        yield Finding(NOTE, "run.replications", message if run.replications > 1 else _ONE)
    if run.horizon == "terminating" or run.start_from is not None:
        return
    before = int(run.warm_up.constant(look.chain.time_unit))
    length = cycle(look.chain)
    if length and before % length:
        message = f"{format_duration(before)} are rounded up to whole cycles of {format_duration(length)}"
        yield Finding(NOTE, "run.warm_up", message)
        before += length - before % length
    yield from _warm_up(look, before)
    window = int(run.duration.constant(look.chain.time_unit)) if run.duration is not None else 0
    if length and window % length:
        message = f"{format_duration(window)} are no whole cycles of {format_duration(length)}, so"
        yield Finding(
            NOTE, "run.duration", f"{message} that some hours count more often than others; round it up"
        )


def _trainings(look: Look) -> Iterator[Finding]:
    """Loads know nothing of trainings, and a run may end before one begins."""
    chain, run = look.chain, look.chain.run
    if chain.trainings:
        yield Finding(NOTE, "trainings", "loads are those before any training")
    lengths = [one.constant(chain.time_unit) for one in (run.warm_up, run.duration) if one is not None]
    for name, begins, _ in training_times(chain):
        if run.duration is not None and begins >= sum(lengths):
            message = "it begins after the window has ended; let it begin earlier, or lengthen run.duration"
            yield Finding(WARNING, f"trainings.{name}.begins", message)


_ONE = "one replication gives no interval; 20 or more are better"


def _warm_up(look: Look, before: int) -> Iterator[Finding]:
    """A start that is not forgotten when the window opens."""
    if before == 0 and look.chain.run.duration is not None:
        message = "without a warm-up the empty start counts too; set one, or horizon: terminating"
        yield Finding(NOTE, "run.warm_up", message)
        return
    slow = [
        (_settling(look, load), load.provider)
        for load in look.loads.providers
        if not look.sheds(load.provider)
    ]
    longest, provider = max(slow, default=(0.0, ""))
    if before and longest > SHORT * before:
        message = f"{provider!r} takes about {roughly(longest)} to forget the empty start;"
        yield Finding(NOTE, "run.warm_up", f"{message} a warm-up of {format_duration(before)} is short")


def _settling(look: Look, load: Load) -> float:
    """Ticks until an M/M/c station of this load has settled: 2 times m / (c (1 - sqrt(rho))^2).

    Source: the relaxation time of Cohen, *The Single Server Queue* (1982), section III.7.
    """
    load_ = load.open_utilization
    if not 0 < load_ < 1 or not load.visits or not load.capacity:
        return 0.0
    mean = load.work / load.visits * UNITS[look.chain.time_unit]
    return float(SETTLED * mean / (load.capacity * (1 - load_**0.5) ** 2))
