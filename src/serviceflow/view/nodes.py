"""The nodes and frames of a process map: what they say and how they look."""

from __future__ import annotations

from serviceflow.view import labels, palette
from serviceflow.view.format import clip, count, number, share, time, wrap
from serviceflow.view.ids import element_id
from serviceflow.view.map_model import Scene
from serviceflow.view.render import SMALL, font, markup, quoted, stacked, to_the_left

Looks = dict[str, str]

END: Looks = {
    "label": "end",
    "shape": "circle",
    "fontsize": "8",
    "width": "0.34",
    "fixedsize": "true",
    "color": palette.INK,
    "penwidth": "1.6",
    "tooltip": "end of the request",
}
SHARED: Looks = {
    "label": "no service of its own",
    "shape": "plain",
    "fontsize": "8.5",
    "fontcolor": palette.FAINT,
    "style": "",
    "tooltip": "no service has this provider as its first",
}


def gone(kind: str) -> Looks:
    """Where those go who gave up, were refused or timed out."""
    text = font(markup(kind), SMALL, palette.MISSED, bold=True)
    return {"label": stacked([text]), "shape": "plain", "style": "", "tooltip": quoted(kind)}


def frame(scene: Scene, provider: str) -> Looks:
    """The frame around a provider's services."""
    badge, changed = scene.badge("provider", provider), scene.outlined("providers", provider)
    lines = [font(markup(line), 10.5, bold=True) for line in wrap(provider, 30, 2)]
    lines.append(font(markup(_provider_line(scene, provider)), SMALL, palette.FAINT))
    return {
        "id": element_id("provider", provider),
        "label": to_the_left(lines, badge, palette.ALARM),
        "tooltip": quoted(provider),
        "labeljust": "l",
        "margin": "10",
        "style": "rounded,filled",
        "fillcolor": palette.CLUSTER,
        "color": palette.ALARM if badge else palette.INK if changed else palette.RULE,
        "penwidth": "4" if badge else "3" if changed else "1",
    }


def _provider_line(scene: Scene, provider: str) -> str:
    used = scene.told("provider", provider, "utilization", share)
    return labels.together(
        labels.staffing(scene.chain.providers[provider]), f"utilization {used}" if used else ""
    )


def service(scene: Scene, name: str) -> Looks:
    """A service, colored by its share of all lost time."""
    fill = scene.fill(name)
    ink = palette.ink_on(fill)
    lines = [font(markup(line), 10, ink, bold=True) for line in wrap(name, 20)]
    lines += [font(markup(line), SMALL, ink) for line in _service_lines(scene, name) if line]
    badge = scene.badge("outside", name)
    lines += [font(markup(badge), SMALL, ink, bold=True)] if badge else []
    return {
        **({"color": palette.ALARM, "penwidth": "4"} if badge else {}),
        **({"color": palette.INK, "penwidth": "3"} if scene.outlined("services", name) else {}),
        "id": element_id("service", name),
        "label": stacked(lines),
        "tooltip": quoted(labels.together(name, *_service_facts(scene, name), by="; ")),
        "style": "filled" if scene.chain.services[name].provider_names else "filled,dashed",
        "fillcolor": fill,
    }


def _service_lines(scene: Scene, name: str) -> list[str]:
    told = scene.chain.services[name]
    if not scene.figures:
        return [labels.duration(told.duration, scene.unit), labels.with_whom(told)]
    waited = scene.figures.get("service", name, "waiting_time")
    if scene.before is not None:
        wait = scene.told("service", name, "waiting_time", lambda value: time(value, scene.unit))
        return [f"wait {wait}" if waited and wait else "", labels.with_whom(told)]
    part = scene.waiting_share(name)
    never = waited == 0 and scene.place(name) is None
    wait = "" if waited is None or never else f"wait {time(waited, scene.unit)}"
    what = "waiting" if scene.lost is None else "lost time"
    of_all = f"{share(part)} of {what}" if part >= scene.share_bounds[0] else ""
    whom = labels.with_whom(told)
    return [labels.together(wait, of_all), whom] if scene.terse else [wait, of_all, whom]


def _service_facts(scene: Scene, name: str) -> list[str]:
    """What the tooltip of a service adds to its name."""
    told = scene.chain.services[name]
    facts = [f"takes {clip(told.duration, 80)}", labels.with_whom(told)]
    for measure in ("waiting_time", "service_time"):
        value = scene.figures.get("service", name, measure)
        facts.append("" if value is None else f"{measure.replace('_', ' ')} {time(value, scene.unit)}")
    return facts


def consumer(scene: Scene, name: str) -> Looks:
    """A consumer, with how its requests come, or how many came and how long they took."""
    about = _consumer_line(scene, name)
    lines = [font(markup(line), 10, palette.PAPER, bold=True) for line in wrap(name)]
    lines += [font(markup(about), SMALL, palette.PAPER)] if about else []
    return {
        "id": element_id("consumer", name),
        "label": stacked(lines),
        "tooltip": quoted(labels.together(name, about, by="; ")),
        "style": "filled,rounded",
        "fillcolor": palette.INK,
        "color": palette.INK,
    }


def _consumer_line(scene: Scene, name: str) -> str:
    asked = scene.figures.volume("consumer", name)
    if asked is None:
        return labels.arrivals(scene.chain, name)
    flow = scene.told("consumer", name, "flow_time", lambda value: time(value, scene.unit))
    return labels.together(count(asked), f"flow {flow}" if flow else "")


def stock(scene: Scene, name: str) -> Looks:
    """A stock, with its level."""
    level = scene.told("stock", name, "mean_level", number)
    empty = scene.figures.get("stock", name, "stockout_share")
    first = f"at first {labels.amount(scene.chain.stocks[name].initial)}"
    about = f"level {level}" if level else first
    short = f"short {scene.told('stock', name, 'stockout_share', share)} of the time" if empty else ""
    lines = [font(markup(line), 10, bold=True) for line in wrap(name)]
    lines += [font(markup(line), SMALL, palette.FAINT) for line in (about, short) if line]
    badge = scene.badge("stock", name)
    lines += [font(markup(badge), SMALL, palette.ALARM, bold=True)] if badge else []
    return {
        **({"color": palette.ALARM, "penwidth": "4"} if badge else {}),
        "id": element_id("stock", name),
        "label": stacked(lines),
        "tooltip": quoted(labels.together(name, about, short, by="; ")),
        "shape": "cylinder",
        "margin": "0.1,0.08",
    }
