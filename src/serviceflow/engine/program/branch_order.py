"""The order of the branches of a split: by what they lead to, so that no name decides who goes first.

Branches that come to one queue at one instant are served in the order of their numbers. Two ways are compared
by their own fields, names left out, then by those of the services that they lead to, then of the services
after these; only ways that are alike in all of that stand in the order of their names, where it makes no
difference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from serviceflow.model.chain import Chain
from serviceflow.model.links import Link

RINGS = 4
"""How many services ahead two ways are compared."""
PLACES = ("provider", "providers", "any_of", "consumes", "produces")
"""Fields of services that name other elements."""


class BranchOrder:
    """What is compared of the handoffs of one chain."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.known: dict[tuple[str, int], str] = {}

    def key(self, link: Link) -> tuple[tuple[str, ...], str]:
        """Where a handoff stands among those of a split; the least is the first branch."""
        rings = tuple(self.way(str(link), link.target, ring) for ring in range(RINGS))
        return rings, str(link)

    def way(self, link: str, target: str, rings: int) -> str:
        """A handoff and what it leads to, without names."""
        fields = {**self.data["handoffs"].get(link, {})}
        clarification = fields.get("clarification")
        if isinstance(clarification, Mapping) and "returns_to" in clarification:
            fields["clarification"] = {**clarification, "returns_to": ""}
        return _text([fields, self.ahead(target, rings)])

    def ahead(self, service: str, rings: int) -> str:
        """A service and what comes after it, so many services far."""
        if (service, rings) not in self.known:
            ways = []
            if rings:
                ways = sorted(self.way(*way, rings - 1) for way in self.leaving.get(service, ()))
            self.known[service, rings] = _text([self.element(service), ways])
        return self.known[service, rings]

    def element(self, name: str) -> Any:
        """The fields of a service, with those of the elements that it names in the place of their names."""
        fields = dict(self.data["services"].get(name) or {"end": True})
        for place in PLACES:
            if place in fields:
                fields[place] = self.unnamed(fields[place])
        return fields

    def unnamed(self, named: Any) -> Any:
        if isinstance(named, str):
            return self.other(named)
        if isinstance(named, Mapping):
            return sorted(_text([self.other(name), amount]) for name, amount in named.items())
        return [self.other(name) for name in named]

    def other(self, name: str) -> str:
        """A provider or a stock without the names in it."""
        fields = {**self.data["providers"].get(name, {}), **self.data["stocks"].get(name, {})}
        if "members" in fields:
            fields["members"] = sorted(map(_text, fields["members"].values()))
        return _text(fields)

    @cached_property
    def data(self) -> dict[str, Any]:
        data = self.chain.to_dict()
        kinds = ("services", "providers", "stocks", "handoffs")
        return {kind: {name: fields or {} for name, fields in data.get(kind, {}).items()} for kind in kinds}

    @cached_property
    def leaving(self) -> dict[str, list[tuple[str, str]]]:
        """By service its handoffs and where they lead."""
        found: dict[str, list[tuple[str, str]]] = {}
        for link in self.chain.handoffs:
            found.setdefault(link.origin, []).append((str(link), link.target))
        return found


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
