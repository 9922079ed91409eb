"""Who can do work so that it ends within the shift, where staff start nothing else (``off_shift: fit``).

How long work takes depends on who does it: the first of the first provider whose staff are told apart leads,
by speed and experience, and anybody who comes from another service has to be set up. So whoever is asked is
who will start.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import ServicePlan
    from serviceflow.engine.reference.engine import Engine
    from serviceflow.engine.reference.entities import Visit
    from serviceflow.engine.reference.providers import Provider, Unit

Pools = list[list["Unit"]]


def staff_that_fit(
    engine: Engine, visit: Visit, needs: Sequence[tuple[Provider, int]], aside: Collection[Visit] = ()
) -> Pools | None:
    """Who would start on a visit now, by provider, were the work `aside` put down; None if it does not fit.

    Each of those who could lead is asked in the order of choice, until the work fits.
    """
    assert visit.line is not None
    pools = [team.candidates(visit, visit.line.skill, aside) for team, _ in needs]
    asked = _Asked(engine, visit, needs, pools, aside)
    for lead in (None,) if asked.leading is None else pools[asked.leading]:
        found = asked.led_by(lead)
        if found is not None:
            return found
    return None


class _Asked:
    """Work that may start, and those who could do it in the order of choice."""

    def __init__(
        self,
        engine: Engine,
        visit: Visit,
        needs: Sequence[tuple[Provider, int]],
        pools: Pools,
        aside: Collection[Visit],
    ) -> None:
        self.engine = engine
        self.visit = visit
        self.service: ServicePlan = engine.services[visit.service]
        self.needs = needs
        self.pools = pools
        self.aside = aside
        self.leading = next((place for place, (team, _) in enumerate(needs) if team.plan.named), None)
        """The place of the provider whose first unit leads."""

    def led_by(self, lead: Unit | None) -> Pools | None:
        """Who would work, with a setup if those who are chosen as ever need one; else the other way round."""
        work = self.engine.flow.ticks_led_by(self.visit, self.service, lead)
        if self.service.setup is None:
            return self.until(work, lead, True)
        usual = self.pick(lead, self.pools)
        changing = any(self.changes(unit) for which in usual for unit in which)
        for with_setup in (changing, not changing):
            setup = self.engine.flow.drawn_setup(self.visit, self.service) if with_setup else 0
            found = self.until(work + setup, lead, with_setup)
            if found is not None:
                return found
        return None

    def until(self, ticks: int, lead: Unit | None, with_setup: bool) -> Pools | None:
        """Who would work for so long, all of them on duty until the end; without a setup only who is set."""
        end = self.engine.now + ticks
        able = [
            [unit for unit in pool if team.stays(unit, end) and (with_setup or not self.changes(unit))]
            for (team, _), pool in zip(self.needs, self.pools, strict=True)
        ]
        if self.leading is not None and lead not in able[self.leading]:
            return None
        for (team, units), left in zip(self.needs, able, strict=True):
            if (team.plan.named and len(left) < units) or not team.lasts(units, end, self.aside):
                return None
        return self.pick(lead, able)

    def pick(self, lead: Unit | None, pools: Pools) -> Pools:
        """The first of each provider, after the one who leads."""
        found = []
        for place, ((_, units), pool) in enumerate(zip(self.needs, pools, strict=True)):
            led = [] if lead is None or place != self.leading else [lead]
            found.append([*led, *(unit for unit in pool if unit not in led)][:units])
        return found

    def changes(self, unit: Unit) -> bool:
        return unit.changes(self.service.index)
