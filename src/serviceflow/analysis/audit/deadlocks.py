"""Held units that wait for one another at the end of a run that should have stopped for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from serviceflow.analysis.audit.floor import HELD, Floor
from serviceflow.analysis.audit.history import History
from serviceflow.analysis.audit.report import Breach
from serviceflow.analysis.audit.visits import Visit
from serviceflow.analysis.audit.works import Work, alternatives_of


class Knot:
    """The open visits of a record, less those that may still go on."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.history: History = floor.history
        self.stuck = {visit for visit in self.history.visits if visit.left < 0 and visit.service is not None}

    def untie(self) -> None:
        """Strike out who may go on, until nobody else may for that."""
        while moving := {visit for visit in self.stuck if not self._cannot_go_on(visit)}:
            self.stuck -= moving

    def _cannot_go_on(self, visit: Visit) -> bool:
        service = self.history.element(visit)
        if visit.arrived < 0 or (visit.started < 0 and service.limits_time):
            return False
        if service.timeout is not None and not visit.together and visit.finished < 0:
            return False
        if visit.started >= 0:
            return self._is_held_for_ever(visit)
        if visit.queued >= 0:
            return not any(self._may_be_free(needs) for needs in alternatives_of(self.history.element(visit)))
        if visit.part("wait_stock") or self._wants_stock(visit):
            return any(not self._may_come(stock) for stock in self.history.element(visit).consumes)
        return self._awaits_answers(visit)

    def _is_held_for_ever(self, visit: Visit) -> bool:
        work = self.floor.of_visit.get(visit)
        if work is None or not work.stretches or work.stretches[-1][2] != HELD:
            return False
        return visit.finished < 0 and self._awaits_answers(visit)

    def _awaits_answers(self, visit: Visit) -> bool:
        """Whether a request that was asked for can never end."""
        for link, call in self.history.chain.calls.items():
            if link.origin != visit.service or not call.wait:
                continue
            for asked in self.history.called[visit.request.row, str(link)]:
                open_ = [one for one in self.history.by_request[asked.row] if one.left < 0]
                if asked.ended < 0 and open_ and all(one in self.stuck for one in open_):
                    return True
        return False

    def _wants_stock(self, visit: Visit) -> bool:
        return bool(self.history.element(visit).consumes) and not self._awaits_answers(visit)

    def _may_be_free(self, needs: Mapping[str, int]) -> bool:
        return all(self._has_others(name) for name in needs)

    def _has_others(self, name: str) -> bool:
        """Whether a provider has units that are not held for ever."""
        works = {self.floor.of_visit[visit]: None for visit in self.stuck if visit in self.floor.of_visit}
        held = [work for work in works if work.stretches and work.stretches[-1][2] == HELD]
        taken = sum(work.needs.get(name, 0) for work in held if all(one in self.stuck for one in work.visits))
        return taken < self.floor.places[name].units

    def _may_come(self, stock: str) -> bool:
        """Whether anything can still be put into a stock."""
        for service in self.history.chain.services.values():
            if stock in service.produces:
                options = alternatives_of(service)
                if not options or any(self._may_be_free(needs) for needs in options):
                    return True
        return False


def check_deadlocks(floor: Floor) -> Iterator[Breach]:
    """No units are held for ever by visits that wait for one another."""
    knot = Knot(floor)
    knot.untie()
    works: dict[Work, None] = {}
    for visit in knot.stuck:
        work = floor.of_visit.get(visit)
        if work is not None and work.stretches and work.stretches[-1][2] == HELD:
            works[work] = None
    since = max((work.stretches[-1][0] for work in works), default=floor.history.stopped)
    if works and since < floor.history.stopped:
        rows = tuple(sorted(row for work in works for row in work.rows))
        names = sorted({name for work in works for name in work.needs})
        message = "held units wait for one another, and the run did not stop"
        yield Breach(since, "deadlock", f"providers.{names[0]}", rows, message)
