"""What a provider had in hand at an instant, and which orders of a stock were on their way: in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from serviceflow.analysis.wording import listed
from serviceflow.engine.program.codes import ORDER, PAUSES
from serviceflow.results.derived import Ints, Reading

NAMED = 3
"""Requests that are named; of more only the number is told."""
STOOD = {
    "off_shift": "paused, as the shift was over",
    "outage": "paused in an outage",
    "preempted": "interrupted",
    "call": "awaiting an answer",
}
Clock = Callable[[int], str]


class InHand:
    """Whom somebody who waited waited behind.

    Parameters
    ----------
    reading : Reading
        One record.
    clock : callable
        Makes an instant in ticks a time of the day.
    """

    def __init__(self, reading: Reading, clock: Clock) -> None:
        self.reading = reading
        self.program = reading.program
        self.clock = clock

    def behind(self, row: int) -> str:
        """Whom a visit waited behind when it joined the queue: those in hand, and those before it."""
        service = self.program.services[int(self.reading.service[row])]
        time = int(max(self.reading.visits.get("queued", -1)[row], self.reading.visits["arrived"][row]))
        mains = service.any_of or tuple(index for index, _ in service.needs) or (service.provider,)
        said = [self._busy(provider, time, row) for provider in mains if provider >= 0]
        ahead = self._ahead(mains, row, time)
        if ahead:
            said.append(f"{_requests(ahead)} waited there already")
        return "; ".join(one for one in said if one)

    def orders(self, stocks: Sequence[int], time: int) -> str:
        """Which orders of some stocks were on their way."""
        requests = self.reading.requests
        mine = (requests["kind"] == ORDER) & np.isin(requests["source"], stocks)
        rows = np.flatnonzero(mine & (requests["asked"] <= time) & (self.reading.ends > time))
        told = [
            f"request {row} for {self.program.stocks[int(requests['source'][row])].name}"
            f" (ordered {self.clock(int(requests['asked'][row]))}, {self._came(row)})"
            for row in rows[:NAMED].tolist()
        ]
        return f"on order: {listed(told + _more(len(rows)))}" if told else "nothing was on order"

    def _came(self, order: int) -> str:
        ended = int(self.reading.requests["ended"][order])
        return f"done {self.clock(ended)}" if ended >= 0 else "not done when the run ended"

    def _busy(self, provider: int, time: int, row: int) -> str:
        name = self.program.providers[provider].name
        rows = self._in_hand(provider, time)
        rows = rows[rows != row]
        if not len(rows):
            return f"{name} had nothing in hand"
        told = [self._work(one, time) for one in rows[:NAMED].tolist()]
        return f"{name} had in hand {listed(told + _more(len(rows)))}"

    def _in_hand(self, provider: int, time: int) -> Ints:
        """Visits whose work a provider had begun and not let go, the first begun first."""
        visits = self.reading.visits
        needed = [dict(plan.needs).get(provider, 0) > 0 for plan in self.program.services]
        joint = np.array([*needed, False])[self.reading.service] & ~self._is_chosen
        mine = (joint | (self.reading.provider == provider)) & (visits["started"] >= 0)
        rows = np.flatnonzero(mine & (visits["started"] <= time) & (self.reading.left > time))
        return rows[np.argsort(visits["started"][rows], kind="stable")]

    @property
    def _is_chosen(self) -> np.ndarray:
        """Visits at services of which one of several providers does the work."""
        chosen = np.array([*(bool(plan.any_of) for plan in self.program.services), False])
        return chosen[self.reading.service]

    def _work(self, row: int, time: int) -> str:
        reading = self.reading
        service = self.program.services[int(reading.service[row])].name
        ended = int(reading.visits["finished"][row])
        until = self.clock(int(reading.left[row]))
        state = self._state(row, time, ended)
        about = ", ".join(part for part in (service, state, f"until {until}") if part)
        return f"request {int(reading.visits['request'][row])} ({about})"

    def _state(self, row: int, time: int, ended: int) -> str:
        if 0 <= ended <= time:
            return "done, but held until there was room ahead"
        pauses = self.reading.pauses
        if not len(pauses):
            return ""
        own = (pauses["visit"] == row) & (pauses["start"] <= time) & (self.reading.pause_ends > time)
        found = pauses["cause"][own].tolist()
        return STOOD[PAUSES[found[0]]] if found else ""

    def _ahead(self, mains: Sequence[int], row: int, time: int) -> int:
        """How many waited for the same providers already."""
        visits = self.reading.visits
        queued = visits["queued"] if "queued" in visits else visits["arrived"]
        there = (queued >= 0) & (queued < time) & (self.reading.queue_end > time)
        there &= np.isin(self.reading.owners[self.reading.service], list(mains))
        there[row] = False
        return int(np.count_nonzero(there))


def _more(count: int) -> list[str]:
    return [f"{count - NAMED} more"] if count > NAMED else []


def _requests(count: int) -> str:
    return f"{count} request{'' if count == 1 else 's'}"
