"""A chain from a log, with every parameter's source, sample and interval."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from serviceflow.errors import ServiceflowError, one_line
from serviceflow.formats.logs.raw import many
from serviceflow.mining.calls import apart
from serviceflow.mining.discovery.batches import Batches, batches_of
from serviceflow.mining.discovery.censored import fit, rounding
from serviceflow.mining.discovery.delays import SECOND, Delay, bounds_of, delay_of, masks
from serviceflow.mining.discovery.demand import demand, rate_interval
from serviceflow.mining.discovery.history import History, history
from serviceflow.mining.discovery.learned import Notes, clean_name, wilson
from serviceflow.mining.discovery.priorities import Rule
from serviceflow.mining.discovery.ranking import Ranking
from serviceflow.mining.discovery.routing import END, Routes, routes_of
from serviceflow.mining.discovery.staffing import Pool, pools_of, staff
from serviceflow.mining.discovery.tuning import Runs, tuned
from serviceflow.mining.discovery.week import DAY
from serviceflow.mining.discovery.work import open_seconds, work_seconds

if TYPE_CHECKING:
    from serviceflow.mining.event_log import EventLog

C = TypeVar("C")
SHOWN = 60
"""Letters of a parameter's value that are shown in notes."""
GROUPS = ("provider", "org:group", "group", "role", "org:role", "department", "team")
WEEK_DAYS = 7
LEAST_FOR_HANDOFF = 30


@dataclass
class Discovered(Generic[C]):
    """A chain and what was learned for it."""

    chain: C
    notes: Notes


class Discovery(Generic[C]):
    """Makes a chain of a log.

    Parameters
    ----------
    log : EventLog
    build : callable
        Makes an empty chain of a name and settings.
    hidden : bool
        Whether hidden delays are sought.
    parallel : bool
        Whether activities may run in parallel.
    """

    def __init__(self, log: EventLog, build: Callable[..., C], hidden: bool, parallel: bool) -> None:
        self.notes = Notes()
        self.log = log = apart(log, self.notes.said)
        self.history: History = history(log, self.notes.said, parallel)
        self.routes: Routes = routes_of(self.history)
        self.names = [clean_name(name) for name in self.history.names]
        self.batches: dict[int, Batches] = batches_of(self.history)
        self.step = rounding(np.concatenate([self.history.start, self.history.end]))
        self.pools: list[Pool] = pools_of(self.history, self._groups())
        for pool in self.pools:
            staff(self.history, pool)
        self.parallel = parallel
        self.build = build
        self.few: set[tuple[int, int]] = set()
        """Handoffs of so few instances that delays are those of all that leads to the same."""
        self.least: dict[tuple[int, int], float] = {}
        """Seconds that hidden delays last at least, on average."""
        self.delays: dict[tuple[int, int], Delay] = self._delays() if hidden else {}
        held = {target for _, target in self.delays} | set(self.batches)
        self.ranking = Ranking(log.table, self.history, self.pools, held, self.notes.said)
        self._said = list(self.notes.said)

    def run(self) -> Discovered[C]:
        """Build the chain."""
        self.notes = Notes([], list(self._said))
        chain: Any = self.build(self._name(), **self._head())
        used = self._used()
        for pool in self.pools:
            self._add_provider(chain, pool)
        for activity in used:
            self._add_service(chain, activity)
        self._add_consumers(chain)
        for (origin, target), count in sorted(self.routes.handoffs.items()):
            self._add_handoff(chain, origin, target, count, self.delays.get((origin, target)))
        if self.routes.rare:
            self.notes.said.append(f"{many(self.routes.rare, 'rare handoff')} left out of the shares.")
        return Discovered(chain, self.notes)

    def say(self, sentence: str) -> None:
        """Add to what is said of every chain that is built."""
        self._said.append(sentence)

    def tune(self, chain: C, runs: Runs) -> Discovered[C]:
        """Build the chain once more, with delays such that simulated waits are those of the log."""
        self.delays = tuned(self, chain, runs)
        return self.run()

    def link(self, origin: int, target: int) -> str:
        """What a handoff is called."""
        return f"{self.names[origin]} -> {'end' if target == END else self.names[target]}"

    # The head

    def _name(self) -> str:
        return clean_name(self.log.name.replace("\\", "/").rsplit("/", 1)[-1].split(".")[0] or "log")

    def _head(self) -> dict[str, Any]:
        first = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(self.history.start.min()))
        monday = first.date() - dt.timedelta(days=first.weekday())
        days = max(1, int((self.history.end.max() - self.history.start.min()) // DAY) + 1)
        weeks = max(1, round(days / WEEK_DAYS))
        warm_up = min(weeks // 4, 4)
        run: dict[str, Any] = {"duration": f"{weeks} weeks", "replications": 5, "seed": 1}
        if warm_up:
            run["warm_up"] = f"{warm_up} weeks" if warm_up > 1 else "1 week"
        return {
            "time_unit": "min",
            "start": monday,
            "run": run,
            "description": f"Learned from {self._name()}",
        }

    def _used(self) -> list[int]:
        """Activities that the chain has."""
        found = set(self.routes.entries) | {
            one for pair in self.routes.handoffs for one in pair if one != END
        }
        return sorted(found)

    def _groups(self) -> Any:
        """What the log calls the group of each instance's resource."""
        table = self.log.table
        for name in GROUPS:
            if name in table and table[name].notna().any():
                values = table[name].astype(object)
                return values.where(values.notna(), None).to_numpy()
        return None

    # Elements

    def _add_provider(self, chain: Any, pool: Pool) -> None:
        settings: dict[str, Any] = {"off_shift": "finish"} if pool.finishes else {}
        if pool.name in self.ranking.rules:
            settings["discipline"] = "priority"
        name = clean_name(pool.name)
        how = "mean number present by hour of the week, first to last stamp of each day"
        if pool.skills:
            chain.add_provider(name, members=self._members(chain, pool, name), **settings)
            self.notes.add(
                "providers", name, "members", f"{len(pool.resources)}", "who does what", len(pool.resources)
            )
            return
        chain.add_provider(name, staff=pool.staff, **settings)
        value = str(pool.staff) if isinstance(pool.staff, int) else "by hour of the week"
        self.notes.add("providers", name, "staff", value, f"{how}; {many(pool.days, 'day')}", pool.days)

    def _members(self, chain: Any, pool: Pool, name: str) -> dict[str, Any]:
        calendar = {}
        if isinstance(pool.staff, dict):
            hours = {day: ", ".join(blocks) for day, blocks in pool.staff.items()}
            chain.add_calendar(f"{name} hours", hours)
            calendar = {"calendar": f"{name} hours"}
        return {
            clean_name(str(resource)): {"skills": [self.names[one] for one in able], **calendar}
            for resource, able in pool.skills.items()
        }

    def _pool(self, activity: int) -> Pool | None:
        """Whose work an activity is, mostly."""
        rows = self.history.activities == activity
        best, most = None, 0
        for pool in self.pools:
            if activity in pool.activities:
                count = int(np.isin(self.history.resources[rows], pool.resources).sum())
                if count > most:
                    best, most = pool, count
        return best if 2 * most >= int(rows.sum()) else None

    def _add_service(self, chain: Any, activity: int) -> None:
        name, pool = self.names[activity], self._pool(activity)
        seconds = work_seconds(self.history, activity, pool)
        going_on = open_seconds(self.history, self.log.open, self.history.names[activity], pool)
        found = fit(seconds, going_on, self.step)
        settings: dict[str, Any] = {"duration": found.text}
        if pool is not None:
            settings["provider"] = clean_name(pool.name)
            if pool.skills:
                settings["skill"] = name
        if activity in self.routes.splits:
            settings["split"] = "all"
        if activity in self.routes.joins:
            settings["join"] = "all"
        self._add_batch(activity, settings)
        rule = self.ranking.rules.get(pool.name) if pool is not None else None
        if rule is not None:
            settings["priority"] = self.ranking.priority(rule, activity)
        chain.add_service(name, **settings)
        mean, low, high = (value / 60 for value in (found.mean, found.low, found.high))
        self.notes.add("services", name, "duration", found.text, found.how, found.count, mean, low, high)
        if rule is not None:
            self._note_rule(name, str(settings["priority"]), rule)

    def _add_batch(self, activity: int, settings: dict[str, Any]) -> None:
        batch = self.batches.get(activity)
        if batch is not None:
            settings["batch"] = batch.fields
            value = ", ".join(f"{key}: {one}" for key, one in batch.fields.items())
            how = "instances of several cases that begin and end together; mean size of batches"
            sizes = (batch.groups, batch.mean, batch.low, batch.high)
            self.notes.add("services", self.names[activity], "batch", value, how, *sizes)

    def _note_rule(self, name: str, value: str, rule: Rule) -> None:
        what = f"'{rule.column}'" if rule.column else "the activity"
        how = f"who was chosen where several waited: {what} explains this share of the choices"
        self.notes.add("services", name, "priority", value, how, rule.count, rule.share, rule.low, rule.high)

    def _add_consumers(self, chain: Any) -> None:
        found = self.history
        first = found.first
        came = found.start if found.given is None else found.given
        span = (int(came[first].min()), int(came[first].max()) + 1)
        for activity in sorted(self.routes.entries):
            rows = first[found.activities[first] == activity]
            name = (
                "Cases" if len(self.routes.entries) == 1 else f"Cases that begin with {self.names[activity]}"
            )
            how = demand(came[rows], span, found.at_once[rows])
            arrivals = dict(how.arrivals)
            if how.calendar:
                arrivals["calendar"] = f"Hours of {name}"
                chain.add_calendar(arrivals["calendar"], how.calendar)
            attributes = self.ranking.attributes(rows)
            more = {"attributes": attributes} if attributes else {}
            chain.add_consumer(name, arrivals=arrivals, enters=self.names[activity], **more)
            value = _arrivals_text(arrivals)
            hours = (span[1] - span[0]) / (DAY / 24)
            rates = rate_interval(len(rows), hours, how.spread)
            self.notes.add("consumers", name, "arrivals", value, how.how, len(rows), *rates)
            if how.approximated:
                self.notes.said.append(f"{name}: {how.approximated}.")

    def _add_handoff(self, chain: Any, origin: int, target: int, count: int, delay: Delay | None) -> None:
        of = self._of(origin)
        settings: dict[str, Any] = {}
        link = self.link(origin, target)
        share = count / of
        if share < 1:
            settings["probability"] = self._share(origin, target)
            low, high = wilson(min(count, of), of)
            self.notes.add(
                "handoffs", link, "probability", str(settings["probability"]), "share", of, share, low, high
            )
        if delay is not None:
            settings["delay"] = delay.text
            self.notes.add(
                "handoffs",
                link,
                "delay",
                delay.text,
                f"hidden: {many(delay.seen, 'instance')} waited while who did them was free; {delay.how}",
                delay.count,
                delay.mean / 60,
                (delay.mean - 1.96 * delay.error) / 60,
                (delay.mean + 1.96 * delay.error) / 60,
            )
            self.notes.said.append(
                f"{link}: {delay.share:.0%} wait {delay.mean / 60:.3g} min on average for something that the"
                " log does not have."
            )
        if target != END or settings:
            chain.add_handoff(link, **settings)

    def _of(self, origin: int) -> int:
        """Of how many a share is one: occurrences of a split, else handoffs that are left."""
        if origin in self.routes.splits:
            return self.routes.occurrences[origin]
        return sum(count for (one, _), count in self.routes.handoffs.items() if one == origin)

    def _share(self, origin: int, target: int) -> float:
        """A share to six digits; those of one origin add up to 1."""
        if origin in self.routes.splits:
            return round(self.routes.handoffs[origin, target] / self._of(origin), 6)
        mine = sorted(pair for pair in self.routes.handoffs if pair[0] == origin)
        shares = {pair: round(self.routes.handoffs[pair] / self._of(origin), 6) for pair in mine}
        largest = max(mine, key=lambda pair: shares[pair])
        shares[largest] = round(1 - sum(value for pair, value in shares.items() if pair != largest), 6)
        return shares[origin, target]

    # Hidden delays

    def _delays(self) -> dict[tuple[int, int], Delay]:
        """Hidden delays by handoff; of few instances by what they lead to."""
        found = self.history
        hours = masks(found, {pool.name: pool.resources for pool in self.pools})
        low, high = bounds_of(found, hours)
        rows = np.flatnonzero(found.by >= 0)
        origins, targets = found.activities[found.by[rows]], found.activities[rows]
        result = {}
        for origin, target in self.routes.handoffs:
            if target == END or target in self.routes.joins or target in self.batches:
                continue
            mine = rows[(origins == origin) & (targets == target)]
            if len(mine) < LEAST_FOR_HANDOFF:
                self.few.add((origin, target))
                mine = rows[targets == target]
            delay = delay_of(low[mine], high[mine])
            if delay is not None:
                self.least[origin, target] = float(low[mine].mean()) / SECOND
                result[origin, target] = delay
        return result


def discover_chain(
    log: EventLog, build: Callable[..., C], hidden_delays: bool = True, runs: Runs | None = None
) -> Discovered[C]:
    """Make a chain of a log; where branches in parallel cannot be said in a model, one after another.

    Parameters
    ----------
    log : EventLog
        What is learned from.
    build : callable
        Makes an empty chain of a name and settings.
    hidden_delays : bool
        Whether hidden delays are sought.
    runs : callable, optional
        Simulates a chain, for delays to be such that simulated waits are those of the log.
    """
    discovery, found = _fitting(log, build, hidden_delays)
    if runs is None or not discovery.delays:
        return found
    try:
        return discovery.tune(found.chain, runs)
    except ServiceflowError as error:
        sentence = "Hidden delays are by their bounds only, which are too short, as the chain cannot be run: "
        found.notes.said.append(sentence + one_line(str(error)))
        return found


def _fitting(log: EventLog, build: Callable[..., C], hidden: bool) -> tuple[Discovery[C], Discovered[C]]:
    found = Discovery(log, build, hidden, True)
    if not found.routes.splits:
        return found, found.run()
    try:
        result = found.run()
        chain: Any = result.chain
        chain.validate()
        return found, result
    except ServiceflowError:
        pass
    found = Discovery(log, build, hidden, False)
    plain = found.run()
    said = (
        "Activities overlap within cases in a way that branches cannot say:"
        " they follow one upon another here."
    )
    found.say(said)
    plain.notes.said.append(said)
    return found, plain


def _arrivals_text(arrivals: dict[str, Any]) -> str:
    """Arrivals in short: words and numbers as they are, and else the name of the field."""
    return ", ".join(
        f"{name}: {value}" if isinstance(value, str) and len(value) <= SHOWN else name
        for name, value in arrivals.items()
    )
