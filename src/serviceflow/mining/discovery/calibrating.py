"""The parameters of a chain that is given, learned from a log; what it is made of stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from serviceflow.mining.discovery.learned import Parameter

END = " -> end"


def calibrated(
    content: Mapping[str, Any], learned: Mapping[str, Any], parameters: list[Parameter]
) -> tuple[dict[str, Any], list[Parameter], list[str]]:
    """A chain's content with what was learned of elements of the same names.

    Parameters
    ----------
    content, learned : mapping
        The chain, and one that was learned from a log, as model files have them.
    parameters : list of Parameter
        Of the one that was learned.

    Returns
    -------
    tuple
        The content, the parameters that were taken, and what was not, in sentences.
    """
    result = {key: dict(part) if isinstance(part, Mapping) else part for key, part in content.items()}
    taken: set[tuple[str, str, str]] = set()
    _elements(result, learned, "services", ("duration",), taken)
    _staff(result, learned, taken)
    named = _arrivals(result, learned, taken)
    said = _handoffs(result, learned, taken)
    missing = [name for name in result.get("services", {}) if name not in learned.get("services", {})]
    if missing:
        said.append(f"The log has nothing of {', '.join(map(repr, missing))}: their durations stay.")
    kept = [
        replace(one, element=named.get(one.element, one.element)) if one.section == "consumers" else one
        for one in parameters
        if (one.section, one.element, one.name) in taken
    ]
    return result, kept, said


def _elements(
    result: dict[str, Any],
    learned: Mapping[str, Any],
    section: str,
    names: tuple[str, ...],
    taken: set[tuple[str, str, str]],
) -> None:
    for element, fields in learned.get(section, {}).items():
        if element in result.get(section, {}):
            for name in names:
                if name in fields:
                    result[section][element] = {**result[section][element], name: fields[name]}
                    taken.add((section, element, name))


def _staff(result: dict[str, Any], learned: Mapping[str, Any], taken: set[tuple[str, str, str]]) -> None:
    """Staff of providers that are a number in both; its hours take the place of a calendar."""
    for name, fields in learned.get("providers", {}).items():
        own = result.get("providers", {}).get(name)
        if own is not None and "members" not in own and "staff" in fields:
            without = {key: value for key, value in own.items() if key != "calendar"}
            result["providers"][name] = {**without, "staff": fields["staff"]}
            taken.add(("providers", name, "staff"))


def _arrivals(
    result: dict[str, Any], learned: Mapping[str, Any], taken: set[tuple[str, str, str]]
) -> dict[str, str]:
    """Arrivals of consumers that enter at the same service, where there is one of each; whose they became."""
    named = {}
    entering: dict[str, list[str]] = defaultdict(list)
    for name, fields in result.get("consumers", {}).items():
        entering[str(fields.get("enters"))].append(name)
    for name, fields in learned.get("consumers", {}).items():
        mine = entering.get(str(fields.get("enters")), [])
        if len(mine) == 1:
            result["consumers"][mine[0]] = {**result["consumers"][mine[0]], "arrivals": fields["arrivals"]}
            if "calendar" in fields["arrivals"]:
                calendar = fields["arrivals"]["calendar"]
                result.setdefault("calendars", {})[calendar] = learned["calendars"][calendar]
            named[name] = mine[0]
            taken.add(("consumers", name, "arrivals"))
    return named


def _handoffs(
    result: dict[str, Any], learned: Mapping[str, Any], taken: set[tuple[str, str, str]]
) -> list[str]:
    """Shares where a service has the same ways on in both, and delays of links that are in both."""
    own, found = (_by_origin(part) for part in (result, learned))
    said = []
    for origin, links in own.items():
        theirs = found.get(origin, {})
        plain = all(not {"when", "after"} & set(fields or {}) for fields in links.values())
        if plain and set(links) - {origin + END} == set(theirs) - {origin + END} and len(theirs) > 1:
            for link, fields in theirs.items():
                old = result["handoffs"].get(link) or {}
                result["handoffs"][link] = {**old, "probability": fields["probability"]}
                taken.add(("handoffs", link, "probability"))
        elif set(links) != set(theirs) and len(links) > 1:
            said.append(f"The ways on from '{origin}' are not those of the log: their shares stay.")
        for link in links:
            delay = (theirs.get(link) or {}).get("delay")
            if delay is not None:
                result["handoffs"][link] = {**(result["handoffs"][link] or {}), "delay": delay}
                taken.add(("handoffs", link, "delay"))
    return said


def _by_origin(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for link, fields in content.get("handoffs", {}).items():
        found[str(link).split(" -> ")[0]][str(link)] = fields
    return found
