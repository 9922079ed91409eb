"""Splits and joins: whether every join gets what a split sends, and no branch leaves sideways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from serviceflow.model.known import kinds_of_requests
from serviceflow.model.mistakes import Mistake
from serviceflow.model.routing import Graph, entries, exits, flow_graph

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

DEEPEST = 20
"""Splits within splits."""
MOST_STATES = 64

State = tuple[str, ...]
"""The splits whose branches are open, outermost first."""


def branch_mistakes(chain: Chain) -> Iterator[Mistake]:
    """What is wrong with the splits and joins of a chain."""
    splits = {name for name, service in chain.services.items() if service.split is not None}
    joins = {name for name, service in chain.services.items() if service.join is not None}
    if not splits and not joins:
        return
    leading = exits(chain, "finished")
    branches = {name: len(leading.get(name, ())) for name in splits}
    for name in sorted(splits):
        if branches[name] < 2:
            yield Mistake("a split needs two handoffs or more that start here", ("services", name, "split"))
    told: set[tuple[str, str]] = set()
    for starts, graph in _sources(chain):
        for item in _Walk(chain, graph, branches, joins).mistakes(starts):
            if (str(item.path), item.message) not in told:
                told.add((str(item.path), item.message))
                yield item


def _sources(chain: Chain) -> Iterator[tuple[list[str], Graph]]:
    """Where requests begin and may go: those of each source, of each kind, and those that are called."""
    asked = {name for way in chain.handoffs.values() if way.when is not None for name in way.when.names()}
    every = flow_graph(chain, calls=False)
    for (section, name), starts in sorted(entries(chain).items()):
        if section == "consumers" and asked:
            for known in kinds_of_requests(chain, name, asked):
                yield starts, flow_graph(chain, calls=False, known=known)
        else:
            yield starts, every
    yield from (([name], every) for name in sorted({link.target for link in chain.calls}))


class _Walk:
    """Follows requests of one kind with the splits that are open at each service."""

    def __init__(self, chain: Chain, graph: Graph, branches: dict[str, int], joins: set[str]) -> None:
        self.chain = chain
        self.graph = graph
        self.branches = branches
        self.joins = joins
        self.states: dict[str, set[State]] = {}
        self.joined: set[str] = set()
        self.by: dict[tuple[str, State], str] = {}
        """By which handoff requests first came to a service with these splits open."""

    def mistakes(self, starts: list[str]) -> Iterator[Mistake]:
        pending: list[tuple[str, State, str]] = [(name, (), "") for name in starts]
        while pending:
            name, state, origin = pending.pop()
            known = self.states.setdefault(name, set())
            if state in known or len(known) >= MOST_STATES:
                continue
            known.add(state)
            by = self.by[name, state] = f" by {f'{origin} -> {name}'!r}" if origin else ""
            after, wrong = self.passed(name, state, by)
            if wrong is not None:
                yield wrong
            elif after is not None:
                pending += [(target, after, name) for target in self.graph[name]]
        yield from self.mixed()
        yield from self.sideways()

    def passed(self, name: str, state: State, by: str) -> tuple[State | None, Mistake | None]:
        """The splits that are open on leaving a service, or what is wrong with coming there."""
        service = self.chain.services[name]
        if name in self.joins:
            if not state:
                message = f"requests come here{by} that no split has sent, so there is nothing to join"
                return None, Mistake(
                    f"{message}; lead them to a service behind it", ("services", name, "join")
                )
            branches = self.branches.get(state[-1], 0)
            if isinstance(service.join, int) and service.join > branches:
                message = f"{service.join} branches are waited for, but {state[-1]!r} sends {branches}"
                return None, Mistake(message, ("services", name, "join"))
            self.joined.add(state[-1])
            state = state[:-1]
        if name in self.branches:
            if name in state:
                message = (
                    f"a branch of this split comes back to it{by} before it was joined;"
                    " leave the split by its join"
                )
                return None, Mistake(message, ("services", name, "split"))
            state = (*state, name)
        return (state if len(state) <= DEEPEST else None), None

    def mixed(self) -> Iterator[Mistake]:
        """Joins to which both a split and one within it send their branches."""
        for name in sorted(self.joins & set(self.states)):
            states = sorted(self.states[name], key=len)
            for outer in states:
                inner = next(
                    (one for one in states if len(one) > len(outer) and one[: len(outer)] == outer), ()
                )
                if inner and outer:
                    first = repr(inner[-1])
                    message = f"branches of {outer[-1]!r} and of {first}, a split within it, are joined here"
                    message += f" together; join those of {first} first, at a service that leads here"
                    yield Mistake(message, ("services", name, "join"))
                    return

    def sideways(self) -> Iterator[Mistake]:
        """Services that requests reach both within a split that is joined, and beyond its join."""
        for name, states in sorted(self.states.items()):
            for state in sorted(states):
                if state and state[-1] in self.joined and state[:-1] in states and name not in self.joins:
                    by = self.by[name, state]
                    message = f"a branch of the split at {state[-1]!r} comes here{by} around its join;"
                    message += " send it to the join"
                    yield Mistake(message, ("services", name))
                    return
