"""Joins as a chain has them: each for the branches of one split.

In BPMN a join waits for a token on each of its flows, whoever sent them. In a chain it waits for the
branches of the
split within which they came. Where branches of a split and of one within it come together, those of the
inner one are
joined first; a join to which no split sends, or around which a branch goes, becomes a plain merge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

State = tuple[str, ...]
MOST_STATES = 64
DEEPEST = 20


@dataclass
class Step:
    """A handoff to be: where it begins and leads, and its fields."""

    origin: str
    target: str | None
    fields: dict[str, Any] = field(default_factory=dict)
    via: str = ""
    note: str = ""


@dataclass
class Model:
    """Services and handoffs in the making."""

    services: dict[str, dict[str, Any]]
    steps: list[Step]
    entries: list[str]

    def ways(self, name: str) -> list[Step]:
        """The handoffs that begin at a service."""
        return [step for step in self.steps if step.origin == name]


def states_of(model: Model) -> dict[str, set[State]]:
    """The splits that may be open when requests come to each service, outermost first."""
    leading: dict[str, list[Step]] = {}
    for step in model.steps:
        leading.setdefault(step.origin, []).append(step)
    states: dict[str, set[State]] = {}
    pending: list[tuple[str, State]] = [(name, ()) for name in model.entries]
    while pending:
        name, state = pending.pop()
        known = states.setdefault(name, set())
        if state in known or len(known) >= MOST_STATES or len(state) > DEEPEST:
            continue
        known.add(state)
        after = leaving(model, name, state)
        if after is not None:
            pending.extend((step.target, after) for step in leading.get(name, ()) if step.target is not None)
    return states


def leaving(model: Model, name: str, state: State) -> State | None:
    """The splits that are open behind a service, or None where a branch came back to its split."""
    service = model.services.get(name, {})
    if service.get("join") is not None and state:
        state = state[:-1]
    if service.get("split") is not None:
        if name in state:
            return None
        state = (*state, name)
    return state


def mend(model: Model, tell: Callable[[str, str], None], name_for: Callable[[str], str]) -> None:
    """Make every join one for the branches of one split.

    Parameters
    ----------
    model : Model
        Changed in place.
    tell : callable
        Takes a service and what was done there.
    name_for : callable
        Gives a name to a service that is put in.
    """
    for _ in range(len(model.services) + len(model.steps) + 10):
        states = states_of(model)
        if not (_join_inner(model, states, tell, name_for) or _drop_join(model, states, tell)):
            return


def _joins(model: Model) -> list[str]:
    return [name for name, service in model.services.items() if service.get("join") is not None]


def _join_inner(
    model: Model,
    states: Mapping[str, set[State]],
    tell: Callable[[str, str], None],
    name_for: Callable[[str], str],
) -> bool:
    """Put a join before one at which branches of a split and of one within it come together."""
    for name in _joins(model):
        coming: dict[int, set[State]] = {}
        for number, step in enumerate(model.steps):
            if step.target == name:
                after = (leaving(model, step.origin, state) for state in states.get(step.origin, ()))
                coming[number] = {state for state in after if state}
        depths = {len(state) for found in coming.values() for state in found}
        if len(depths) < 2:
            continue
        deepest = max((state for found in coming.values() for state in found), key=len)
        outer = [state for found in coming.values() for state in found if len(state) < len(deepest)]
        inner = [number for number, found in coming.items() if found and all(one == deepest for one in found)]
        if (
            len(inner) < 1
            or not all(deepest[: len(one)] == one for one in outer)
            or len(inner) == len(coming)
        ):
            continue
        joined = name_for(f"Join of {deepest[-1]}")
        model.services[joined] = {"join": "all"}
        for number in inner:
            model.steps[number].target = joined
        model.steps.append(Step(joined, name))
        tell(name, f"the branches of '{deepest[-1]}' are joined before it, at '{joined}'")
        return True
    return False


def _drop_join(model: Model, states: Mapping[str, set[State]], tell: Callable[[str, str], None]) -> bool:
    """Turn a join into a merge that gets what no split sends, or around which a branch goes."""
    for name in _joins(model):
        found = states.get(name, set())
        if () in found or not found:
            del model.services[name]["join"]
            tell(name, "no split sends the branches that come together here: each goes on by itself")
            return True
    closed: dict[str, list[str]] = {}
    for name in _joins(model):
        for state in states.get(name, ()):
            closed.setdefault(state[-1], []).append(name)
    for name, found in states.items():
        if name in closed.get("", ()) or model.services.get(name, {}).get("join") is not None:
            continue
        for state in found:
            if state and state[-1] in closed and state[:-1] in found:
                for join in set(closed[state[-1]]):
                    model.services[join].pop("join", None)
                    message = f"a branch of '{state[-1]}' goes around it: each branch goes on by itself"
                    tell(join, message)
                return True
    return False
