"""The service map: which department serves which, with what it promises and what it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from serviceflow.view import labels, legend, palette
from serviceflow.view.format import clean, clip, count, listing, share, wrap
from serviceflow.view.ids import element_id
from serviceflow.view.kpi_lookup import Figures
from serviceflow.view.lines import Line, draw_lines
from serviceflow.view.map_model import THICK, THIN, Scene
from serviceflow.view.maps import Map
from serviceflow.view.nodes import Looks
from serviceflow.view.render import SMALL, chip, digraph, font, markup, quoted, stacked

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.model.chain import Chain
    from serviceflow.model.links import Link
    from serviceflow.model.sla import SLA

WIDE = 8
"""With more departments than this, the map is drawn from top to bottom."""
SHOWN = 3
"""How many services, and how many promises, are named on one line of the map."""


@dataclass(frozen=True)
class Promise:
    """What is promised, and the share for which it was kept."""

    text: str
    promised: float
    kept: float | None

    @property
    def missed(self) -> bool:
        """Whether less was kept than promised."""
        return self.kept is not None and self.kept < self.promised

    def __str__(self) -> str:
        text = clip(self.text, 32)
        if self.kept is None:
            return text
        return f"{text}: {'missed' if self.missed else 'met'}, {share(self.kept)}"


@dataclass(frozen=True)
class Asking:
    """One department asks another for a service.

    Attributes
    ----------
    asker, server : str
        The departments.
    service : str
        What is asked for.
    volume : float or None
        How often, where it is known.
    promises : tuple of Promise
    """

    asker: str
    server: str
    service: str
    volume: float | None
    promises: tuple[Promise, ...]


def service_map(chain: Chain, kpis: pd.DataFrame | None = None, *, caption: str = "") -> Map:
    """Map which department serves which.

    Departments are providers and consumers; a consumer and a provider of one name are one
    department. A service without provider and a stock that orders stand for themselves. An arrow
    leads from who asks to who serves, with what is asked for and what is promised; with results,
    also with the share for which the promise was kept.

    Parameters
    ----------
    chain : Chain
        The chain to map. It need not be valid: links to unknown names are left out.
    kpis : pandas.DataFrame, optional
        Results as a tidy table (columns scope, name, measure, mean).
    caption : str
        A line under the title, such as the run that the figures are from.

    Raises
    ------
    FiguresError
        When the table lacks a column or is of several scenarios.
    """
    scene = Scene(chain, Figures.of(kpis))
    asked = _together(_askings(scene))
    departments = _departments(scene, asked)
    title = clean(chain.name) or "Service chain"
    rankdir = "TB" if len(departments) > WIDE else "LR"
    heading = legend.heading(f"{title}: who serves whom", caption, _legend(scene, asked))
    drawing = digraph(f"{title}: service map", heading, rankdir)
    nodes = {name: f"department{number_}" for number_, name in enumerate(departments)}
    for name, node in nodes.items():
        drawing.node(node, **_department(scene, name))
    most = max((_volume(askings) or 0.0 for askings in asked.values()), default=0.0)
    relations = [_relation(asker, server, nodes, askings, most) for (asker, server), askings in asked.items()]
    draw_lines(drawing, relations, rankdir)
    return Map(f"{title}: service map", _inventory(departments, asked), str(drawing.source))


Asked = dict[tuple[str, str], list[Asking]]


def _together(askings: Iterator[Asking]) -> Asked:
    """Askings by pair of departments; what a department asks of itself only where it is promised."""
    found: Asked = {}
    for asking in askings:
        if asking.asker != asking.server or asking.promises:
            found.setdefault((asking.asker, asking.server), []).append(asking)
    return found


def _askings(scene: Scene) -> Iterator[Asking]:
    for name, consumer in scene.chain.consumers.items():
        if consumer.enters is not None and consumer.enters in scene.chain.services:
            promises = _promises(scene, name, consumer.sla)
            volume = scene.figures.volume("consumer", name)
            yield Asking(name, _server(scene, consumer.enters), consumer.enters, volume, promises)
    for name, stock in scene.chain.stocks.items():
        enters = stock.reorder.enters if stock.reorder is not None else None
        if enters is not None and enters in scene.chain.services:
            yield Asking(name, _server(scene, enters), enters, scene.figures.volume("stock", name), ())
    for scope, links in (("handoff", scene.chain.handoffs), ("call", scene.chain.calls)):
        for link, element in links.items():
            if link.target in scene.chain.services and scene.origin(link):
                promises = (*_own_promises(scene, link), *_promises(scene, link, element.sla))
                yield Asking(
                    _asker(scene, link),
                    _server(scene, link.target),
                    link.target,
                    scene.figures.volume(scope, link),
                    promises,
                )


def _own_promises(scene: Scene, link: Link) -> tuple[Promise, ...]:
    """Those to a consumer that enters by handoffs of its own: they stand on the first of these."""
    consumer = scene.chain.consumers.get(link.origin)
    if consumer is None or link.origin in scene.chain.services or consumer.enters is not None:
        return ()
    first = next(one for one in scene.chain.handoffs if one.origin == link.origin)
    return _promises(scene, link.origin, consumer.sla) if link == first else ()


def _server(scene: Scene, service: str) -> str:
    return scene.place(service) or service


def _asker(scene: Scene, link: Link) -> str:
    return _server(scene, link.origin) if link.origin in scene.chain.services else link.origin


def _promises(scene: Scene, promised_on: object, sla: SLA | None) -> tuple[Promise, ...]:
    """What an SLA promises, in the words of the tables of results."""
    return tuple(
        Promise(text, promised, scene.figures.attainment(promised_on, kind))
        for kind, text, promised in (_targets(scene, sla) if sla is not None else ())
    )


def _targets(scene: Scene, sla: SLA) -> Iterator[tuple[str, str, float]]:
    until = f" to {clip(sla.until, 20)}" if sla.until else ""
    for kind, target in (("response", sla.response), ("resolution", sla.resolution)):
        if target is not None:
            verb = "start " if kind == "response" else ""
            yield kind, f"{verb}{labels.promise(target, scene.unit)}{until}", float(target.share)
    if sla.first_time_right is not None:
        yield "first time right", f"{share(sla.first_time_right)} right first time", sla.first_time_right


def _departments(scene: Scene, asked: Asked) -> list[str]:
    """Consumers first, then providers, then services and stocks that stand for themselves."""
    involved = [name for pair in asked for name in pair]
    return list(dict.fromkeys([*scene.chain.consumers, *scene.chain.providers, *involved]))


def _department(scene: Scene, name: str) -> Looks:
    asks, serves = name in scene.chain.consumers, name in scene.chain.providers
    fill = palette.INK if asks else palette.CLUSTER if serves else palette.PAPER
    ink, faint = (palette.PAPER, palette.PAPER) if asks else (palette.INK, palette.FAINT)
    about = _about(scene, name)
    lines = [font(markup(line), 11, ink, bold=True) for line in wrap(name, 24)]
    lines += [font(markup(line), SMALL, faint) for line in about]
    return {
        "label": stacked(lines),
        "id": element_id("department", name),
        "tooltip": quoted(labels.together(name, *about, by="; ")),
        "style": "filled,rounded" if asks or serves else "filled,dashed",
        "fillcolor": fill,
        "margin": "0.18,0.12",
    }


def _about(scene: Scene, name: str) -> list[str]:
    """What a department does, and with how many."""
    if name in scene.chain.stocks and name not in scene.chain.providers:
        return ["stock"]
    own = [service for service in scene.chain.services if scene.place(service) == name]
    used = scene.figures.get("provider", name, "utilization")
    provider = scene.chain.providers.get(name)
    staff = "" if provider is None else labels.staffing(provider)
    lines = [labels.together(staff, "" if used is None else f"utilization {share(used)}")]
    lines += [clip(service, 28) for service in own[:SHOWN]]
    lines += [f"+ {len(own) - SHOWN} more"] if len(own) > SHOWN else []
    nothing = "consumer" if name in scene.chain.consumers else "no staff"
    return [line for line in lines if line] or [nothing]


def _relation(asker: str, server: str, nodes: Mapping[str, str], askings: list[Asking], most: float) -> Line:
    """The arrow from who asks to who serves."""
    promises = _all_promises(askings)
    volume = _volume(askings)
    often = "" if volume is None else count(volume)
    services = listing(dict.fromkeys(asking.service for asking in askings), 2)
    told = [f"{clip(asking.service, 40)}: {promise}" for asking in askings for promise in asking.promises]
    width = 1.4 if volume is None or not most else THIN + (THICK - THIN) * volume / most
    looks = {"color": _color(promises), "penwidth": f"{width:.2f}"}
    tooltip = labels.together(f"{asker} asks {server}", services, *told, by="; ")
    label = _label(labels.together(clip(services, 34), often), promises)
    name = element_id("asks", asker, server)
    return Line(nodes[asker], nodes[server], (), tooltip, looks, name, written=label)


def _label(first: str, promises: list[Promise]) -> str:
    """What is asked for, and under it each promise in the color of its keeping."""
    lines = [(first, palette.FAINT), *((str(promise), _color([promise])) for promise in promises[:SHOWN])]
    if len(promises) > SHOWN:
        lines.append((f"and {len(promises) - SHOWN} more promises", palette.FAINT))
    return chip(lines)


def _color(promises: list[Promise]) -> str:
    if any(promise.missed for promise in promises):
        return palette.MISSED
    if any(promise.kept is not None for promise in promises):
        return palette.MET
    return palette.INK if promises else palette.FAINT


def _all_promises(askings: list[Asking]) -> list[Promise]:
    return [promise for asking in askings for promise in asking.promises]


def _volume(askings: list[Asking]) -> float | None:
    known = [asking.volume for asking in askings if asking.volume is not None]
    return sum(known) if known else None


def _legend(scene: Scene, asked: Asked) -> list[str]:
    lines = ["An arrow leads from who asks to who serves. Inverted colors: consumer."]
    if any(name not in {**scene.chain.consumers, **scene.chain.providers} for pair in asked for name in pair):
        lines[0] += " Dashed box: service without staff, or stock."
    if scene.figures:
        lines.append("On arrows: services, requests; then each promise. Width: requests.")
        if any(promise.kept is not None for askings in asked.values() for promise in _all_promises(askings)):
            lines.append("Blue: promise met. Orange-red: promise missed. Gray: nothing promised.")
    return legend.remarks(*lines)


def _inventory(departments: list[str], asked: Asked) -> str:
    promises = sum(len(_all_promises(askings)) for askings in asked.values())
    return f"{len(departments)} departments, {len(asked)} relations, {promises} promises"
