"""Parameters that are written into the diagram itself: in names, conditions, properties and attributes of
tools.

Nothing of it is evaluated: numbers and a few known calls are recognized, everything else stays text.
"""

from __future__ import annotations

import re
from fractions import Fraction

from serviceflow.formats.bpmn import distributions as d
from serviceflow.formats.bpmn.diagram import Diagram, FlowNode
from serviceflow.formats.bpmn.durations import iso_seconds, read_number, seconds_text
from serviceflow.formats.bpmn.parameters import Parameters
from serviceflow.formats.bpmn.report import APPROXIMATED, ASSUMED, EXACT, Decisions
from serviceflow.formats.xml_text import XmlElement

_PERCENT = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,6})?)\s*%")
_ONLY_NUMBER = re.compile(r"\s*[$#]?\{?\s*(\d{1,3}(?:\.\d{1,12})?|\.\d{1,12})\s*%?\s*\}?\s*")
MINUTE = 60.0
ARRIVING = ("interarrival_time", "interarrivaltime", "arrival_time")
WORKING = ("processing_time", "processingtime", "duration")
ADONIS = {
    "EXECUTION_TIME": "work",
    "WAITING_TIME": "before",
    "RESTING_TIME": "before",
    "TRANSPORT_TIME": "before",
}
_ADONIS_TIME = re.compile(r"(\d{1,4}):(\d{1,3}):(\d{1,2}):(\d{1,2}):(\d{1,2})")


def read_drawn_in(diagram: Diagram, decisions: Decisions) -> Parameters:
    """What the diagram itself says of shares and times."""
    found = Parameters()
    for node in diagram.nodes.values():
        _properties(node, found, decisions)
        _adonis(node, found, decisions)
    _shares(diagram, found, decisions)
    return found


# Shares in conditions and names


def _shares(diagram: Diagram, found: Parameters, decisions: Decisions) -> None:
    by_source: dict[str, list[str]] = {}
    for key, flow in diagram.flows.items():
        by_source.setdefault(flow.source, []).append(key)
    for source, keys in by_source.items():
        if len(keys) < 2:
            continue
        numbers = {key: _share(diagram, key) for key in keys}
        known = {key: one for key, one in numbers.items() if one is not None}
        node = diagram.nodes[source]
        over = node.kind == "exclusiveGateway" and sum(known.values()) > Fraction(101, 100)
        if known and (not over or len(known) == len(keys)):
            found.weights |= known
            _tell_shares(diagram, source, known, decisions)
        _tell_conditions(diagram, keys, known, node, decisions)


def _share(diagram: Diagram, key: str) -> Fraction | None:
    """A share from a condition that is nothing but a number, or from a percentage in the name."""
    flow = diagram.flows[key]
    if flow.condition is not None and (written := _ONLY_NUMBER.fullmatch(flow.condition)):
        share = Fraction(written[1])
        return share / 100 if share > 1 or "%" in flow.condition else share
    percentages = _PERCENT.findall(flow.name)
    if len(percentages) == 1 and not re.search(r"[<>≤≥=]", flow.name):
        number = read_number(percentages[0])
        return number / 100 if number is not None and number <= 100 else None
    return None


def _tell_shares(diagram: Diagram, source: str, known: dict[str, Fraction], decisions: Decisions) -> None:
    node = diagram.nodes[source]
    listed = " / ".join(f"{float(share) * 100:g}%" for share in known.values())
    decisions.note(EXACT, node.name, node.original, node.construct, f"shares {listed} by what its flows say")


def _tell_conditions(
    diagram: Diagram, keys: list[str], known: dict[str, Fraction], node: FlowNode, decisions: Decisions
) -> None:
    written = [key for key in keys if diagram.flows[key].condition and key not in known]
    if written:
        message = "its conditions are not evaluated: they stay as labels"
        decisions.note(APPROXIMATED, node.name, node.original, f"conditions of {node.construct}", message)


# Properties, as SimPN's diagrams have them


def _properties(node: FlowNode, found: Parameters, decisions: Decisions) -> None:
    for child in node.xml.all("property"):
        name = (child.get("name") or "").strip().casefold()
        state = child.first("dataState")
        text = (state.get("name") if state is not None else None) or ""
        if name not in (*ARRIVING, *WORKING) or not text:
            continue
        drawn = d.from_python(text, MINUTE)
        if drawn is None:
            message = f"'{text[:60]}' is not among the calls that are read: it is not evaluated"
            decisions.note(APPROXIMATED, node.name, node.original, name, message)
            continue
        message = "its numbers have no unit: minutes"
        decisions.note(ASSUMED, node.name, node.original, name, message)
        found.source = found.source or "SimPN"
        if name in ARRIVING and node.kind == "startEvent":
            found.arrivals[node.id] = [{"every": drawn.text}]
        elif name in WORKING:
            found.durations[node.original] = drawn.text


# ADONIS


def _adonis(node: FlowNode, found: Parameters, decisions: Decisions) -> None:
    extensions = node.xml.first("extensionElements")
    if extensions is None:
        return
    for name, text in _named_values(extensions):
        part = ADONIS.get(name.upper().replace(" ", "_").replace("-", "_"))
        seconds = _adonis_seconds(text) if part is not None else None
        if part is None or not seconds:
            continue
        found.source = found.source or "ADONIS"
        if part == "work":
            found.durations[node.original] = seconds_text(seconds)
        else:
            earlier = found.delays.get(node.original)
            found.delays[node.original] = (
                seconds_text(seconds) if earlier is None else f"{earlier} + {seconds_text(seconds)}"
            )
            decisions.note(EXACT, node.name, node.original, name, "a delay on the way there")


def _named_values(extensions: XmlElement) -> list[tuple[str, str]]:
    """Names and values, as elements, as pairs of attributes, or as an element with its text."""
    found = []
    for one in extensions.walk():
        value = one.get("value") or one.text.strip()
        for key in ("name", "key", "metaKey"):
            if one.get(key):
                found.append((str(one.get(key)), one.get("metaValue") or value))
        found.append((one.name, value))
        found.extend(one.attributes.items())
    return found


def _adonis_seconds(text: str) -> Fraction | None:
    """A time as ADONIS writes it, years:days:hours:minutes:seconds, or as ISO has it."""
    written = _ADONIS_TIME.fullmatch(text.strip())
    if written is None:
        return iso_seconds(text)
    years, days, hours, minutes, seconds = (int(part) for part in written.groups())
    return Fraction(((years * 365 + days) * 24 + hours) * 3600 + minutes * 60 + seconds)
