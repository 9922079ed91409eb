"""A place for every element that follows from what the chain says of it, so that no name decides a tie.

Where several elements of a kind act at one instant, and no rule says which of them is first, they come in
this order: by their own fields, names left out; of those that are alike in them, by the fields of the
elements that they name or that name them; and so on. So neither names nor the order of a file decide. Only
twins, which are alike in all of that, stand as they are listed.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import count
from typing import Any

from serviceflow.model.chain import Chain

Node = tuple[str, str]
"""Kind and name."""

NAMED = ("calendars", "providers", "services", "consumers", "stocks")
RANKED = ("providers", "services", "consumers", "stocks", "handoffs", "calls")
BY_NAME = ("/consumes", "/produces", "/providers", "/initial", "/attributes", "/attributes/")
"""Where the keys of a mapping are names."""
SPOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|[^\W\d]\w*")
"""What may be a name within an expression."""
MOST = 300_000
"""Comparisons of elements that are made, about: of very long lines of alike services the rest go by name."""


class Ranks:
    """The places of the elements of one chain.

    Parameters
    ----------
    chain : Chain
        The chain.
    attributes, words : collection of str
        Names that may stand in expressions.
    """

    def __init__(self, chain: Chain, attributes: Collection[str], words: Collection[str]) -> None:
        self.texts: dict[Node, str] = {}
        self.named: dict[str, list[Node]] = defaultdict(list)
        self.edges: list[tuple[Node, str, Node]] = []
        """Who names whom, and how."""
        data = chain.to_dict()
        self.spoken = {*attributes, *words}
        nodes = [(kind, name) for kind in NAMED for name in data.get(kind, {})]
        nodes += [("attributes", name) for name in attributes] + [("words", name) for name in words]
        links = {("handoffs", str(link)): link for link in chain.handoffs}
        links |= {("calls", str(link)): link for link in chain.calls}
        for node in (*nodes, *links):
            self.named[node[1]].append(node)
        for kind, name in (*nodes, *links):
            fields = data.get(kind, {}).get(name)
            self.texts[kind, name] = _text([kind, self.unnamed((kind, name), fields, "")])
        for node, link in links.items():
            self.mark(node, "from", link.origin)
            self.mark(node, "to", link.target)
        self.colors = self.refined()

    def of(self, kind: str) -> dict[str, int]:
        """The place of each element of a kind, by name."""
        names = [name for one, name in self.texts if one == kind]
        names.sort(key=lambda name: self.colors[kind, name])
        return {name: place for place, name in enumerate(names)}

    # Names

    def unnamed(self, node: Node, value: Any, path: str) -> Any:
        """A value with no names in it; whom it names is noted."""
        if isinstance(value, Mapping):
            return self.unnamed_mapping(node, value, path)
        if isinstance(value, list | tuple):
            return [self.unnamed(node, one, f"{path}/{place}") for place, one in enumerate(value)]
        if not isinstance(value, str):
            return value
        if value in self.named:
            return self.mark(node, path, value)
        places = count()
        return SPOKEN.sub(lambda found: self.spoken_name(node, found, f"{path}@{next(places)}"), value)

    def unnamed_mapping(self, node: Node, value: Mapping[str, Any], path: str) -> Any:
        if path == "/members":
            return [self.unnamed(node, one, path) for one in value.values()]  # As they are listed.
        entries = []
        by_name = path in BY_NAME or (node[0] == "attributes" and not path)
        for key, one in value.items():
            if by_name and key in self.named:
                told = _text(self.unnamed(node, one, f"{path}/"))
                entries.append([self.mark(node, f"{path}: {told}", key), told])
            else:
                entries.append([key, self.unnamed(node, one, f"{path}/{key}")])
        return sorted(entries, key=_text)

    def spoken_name(self, node: Node, found: re.Match[str], path: str) -> str:
        name = found[0].strip("'\"")
        return self.mark(node, path, name) if name in self.spoken else found[0]

    def mark(self, node: Node, path: str, name: str) -> str:
        self.edges += [(node, path, other) for other in self.named.get(name, ())]
        return "\0"

    # Order

    def refined(self) -> dict[Node, int]:
        """A color for each element: the same for those that are alike, in an order that no name decides."""
        colors = _dense(self.texts)
        near: dict[Node, list[tuple[str, Node]]] = {node: [] for node in self.texts}
        for node, role, other in self.edges:
            near[node].append((f">{role}", other))
            near[other].append((f"<{role}", node))
        rounds = MOST // (len(near) + 2 * len(self.edges) + 1)
        for _ in range(max(rounds, 1)):
            keys = {
                node: (colors[node], sorted((role, colors[other]) for role, other in ways))
                for node, ways in near.items()
            }
            finer = _dense(keys)
            if max(finer.values(), default=0) == max(colors.values(), default=0):
                break
            colors = finer
        return colors


def _dense(keys: Mapping[Node, Any]) -> dict[Node, int]:
    """The place of each key among the distinct ones."""
    ordered = sorted(keys, key=keys.__getitem__, reverse=True)
    found: dict[Node, int] = {}
    place = 0
    for before, node in zip([None, *ordered], ordered, strict=False):
        place += before is not None and keys[before] != keys[node]
        found[node] = place
    return found


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
