"""What a process map shows, worked out before anything is drawn: nodes, scales, where time is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from serviceflow.units import unit_ticks
from serviceflow.view import legend, palette
from serviceflow.view.kpi_lookup import Figures

if TYPE_CHECKING:
    from serviceflow.analysis.bottlenecks import Bottlenecks
    from serviceflow.model.chain import Chain
    from serviceflow.model.links import Link

MANY = 24
"""Of chains of more services than this, less is said about each."""
THIN, THICK = 0.9, 6.0


@dataclass(frozen=True)
class Lost:
    """Where the time of requests is lost.

    Attributes
    ----------
    most : tuple of (str, str)
        Scope ("provider", "link", "stock", "outside") and name of the place that loses most; several where
        they cannot be told apart.
    services : mapping
        The share of all lost time that is lost at each service.
    """

    most: tuple[tuple[str, str], ...] = ()
    services: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Bottlenecks) -> Lost:
        """What a verdict says."""
        return cls(found.verdict_places, found.at_services)


@dataclass(frozen=True)
class Before:
    """What a chain was before a change, and what is known of the differences.

    Attributes
    ----------
    figures : Figures
    verdicts : mapping
        Scope, name and measure to what the runs tell of the difference: "better", "worse" and others.
    changed : frozenset of (str, str)
        Section and name of what the change alters or adds in the model.
    """

    figures: Figures
    verdicts: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    changed: frozenset[tuple[str, str]] = frozenset()

    def verdict(self, scope: str, name: object, measure: str) -> str:
        """Say "better" or "worse"; nothing where the runs cannot tell, or it does not matter."""
        found = self.verdicts.get((scope, str(name), measure), "")
        return found if found in palette.CHANGES else ""


@dataclass(frozen=True)
class Scene:
    """A chain, its figures, and the scales by which they are drawn.

    Attributes
    ----------
    chain : Chain
    figures : Figures
    lost : Lost or None
        Where time is lost, if it is known.
    before : Before or None
        What it was before a change, if that is to be shown.
    """

    chain: Chain
    figures: Figures
    lost: Lost | None = None
    before: Before | None = None

    @property
    def unit(self) -> str:
        """The unit of times."""
        return self.chain.time_unit

    @property
    def terse(self) -> bool:
        """Whether there is too much to say everything."""
        return len(self.chain.services) > MANY

    def badge(self, scope: str, name: object) -> str:
        """What marks the places that lose most time; nothing for others."""
        if self.lost is None or (scope, str(name)) not in self.lost.most:
            return ""
        return "▲ MOST TIME LOST" if len(self.lost.most) == 1 else "▲ MOST TIME LOST, TIED"

    def place(self, service: str) -> str | None:
        """The provider in whose frame a service stands: its only one, or the first it names."""
        named = self.chain.services[service].provider_names
        return next((name for name in named if name in self.chain.providers), None)

    @cached_property
    def _nodes(self) -> dict[tuple[str, str], str]:
        names = [("service", name) for name in self.chain.services]
        names += [("consumer", name) for name in self.chain.consumers]
        names += [("stock", name) for name in self.chain.stocks]
        return {(kind, name): f"{kind}{index}" for index, (kind, name) in enumerate(names)}

    def node(self, kind: str, name: str | None) -> str | None:
        """The node of an element, None if there is none of that name."""
        return None if name is None else self._nodes.get((kind, name))

    def origin(self, link: Link) -> str | None:
        """The node at which a link starts: a service, a consumer or a stock."""
        found = (self.node(kind, link.origin) for kind in ("service", "consumer", "stock"))
        return next((node for node in found if node is not None), None)

    # Scales.

    def waiting_share(self, service: str) -> float:
        """A service's share of all lost time, or of all waiting where no more is known."""
        if self.lost is not None:
            return self.lost.services.get(service, 0.0)
        return self.figures.waiting_shares.get(service, 0.0)

    @cached_property
    def share_bounds(self) -> list[float]:
        """The bounds of the scale of lost time."""
        return legend.share_bounds(max(map(self.waiting_share, self.chain.services), default=0.0))

    def fill(self, service: str) -> str:
        """The color of a service, by its share of all lost time."""
        if not self.figures:
            return palette.PAPER
        if self.before is not None:
            return palette.CHANGES[self.before.verdict("service", service, "waiting_time")]
        return palette.WAITING[palette.step(self.waiting_share(service), self.share_bounds)]

    def delay(self, link: Link) -> float | None:
        """The mean time that requests take over a link."""
        return self.figures.get("handoff", link, "handoff_time")

    @cached_property
    def delay_bounds(self) -> list[float]:
        """The bounds of the scale of times between services; none where no time passes."""
        delays = [delay for delay in map(self.delay, self.chain.handoffs) if delay is not None]
        return legend.delay_bounds(delays, unit_ticks(self.unit) / unit_ticks("s"))

    def line_color(self, link: Link) -> str:
        """The color of a link, by the time that requests take over it."""
        delay = self.delay(link)
        if self.before is not None:
            verdict = self.before.verdict("handoff", link, "handoff_time")
            return {"better": palette.MET, "worse": palette.MISSED}.get(verdict, palette.FAINT)
        if delay is None or not self.delay_bounds:
            return palette.FAINT
        return palette.DELAY[palette.step(delay, self.delay_bounds)]

    def told(self, scope: str, name: object, measure: str, form: Callable[[float], str]) -> str:
        """A figure as text, after a change from what to what; nothing where it is not known."""
        now = self.figures.get(scope, name, measure)
        if now is None:
            return ""
        was = None if self.before is None else self.before.figures.get(scope, name, measure)
        if was is None or form(was) == form(now):
            return form(now)
        return f"{form(was)} → {form(now)}"

    def outlined(self, section: str, name: object) -> bool:
        """Whether a change alters it, or brings it."""
        return self.before is not None and (section, str(name)) in self.before.changed

    def _volumes(self) -> Iterator[float | None]:
        for link in self.chain.handoffs:
            yield self.figures.volume("handoff", link)
        for name in self.chain.consumers:
            yield self.figures.volume("consumer", name)

    @cached_property
    def most(self) -> float:
        """The largest number of requests that pass over a link."""
        return max((volume for volume in self._volumes() if volume is not None), default=0.0)

    def line_width(self, volume: float | None) -> str:
        """The width of a line, in points, by how many requests pass."""
        if volume is None or not self.most:
            return "1.2"
        return f"{THIN + (THICK - THIN) * min(volume / self.most, 1.0):.2f}"
