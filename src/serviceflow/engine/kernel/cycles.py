"""Which services one strand of a request may enter more than once."""

from __future__ import annotations

from serviceflow.engine.program import NONE, Program


def on_cycles(program: Program) -> frozenset[int]:
    """Services from which handoffs, returns included, lead back to them."""
    onward: list[set[int]] = [set() for _ in program.services]
    for plan in program.handoffs:
        kind, origin = plan.origin
        if kind == "service":
            onward[origin] |= {plan.target, plan.transfer.returns_to} - {NONE}
    return frozenset(
        service
        for group in components([sorted(targets) for targets in onward])
        for service in group
        if len(group) > 1 or service in onward[service]
    )


def components(onward: list[list[int]]) -> list[list[int]]:
    """The strongly connected components of a graph; R. Tarjan, SIAM J. Computing 1 (1972), 146-160."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    found: list[list[int]] = []
    for root in range(len(onward)):
        ahead = [(root, 0)] if root not in index else []
        while ahead:
            node, place = ahead.pop()
            if place == 0:
                index[node] = low[node] = len(index)
                path.append(node)
                on_path.add(node)
            for following in range(place, len(onward[node])):
                target = onward[node][following]
                if target not in index:
                    ahead += [(node, following + 1), (target, 0)]
                    break
                if target in on_path:
                    low[node] = min(low[node], index[target])
            else:
                if low[node] == index[node]:
                    found.append(_taken(path, on_path, node))
                if ahead:
                    low[ahead[-1][0]] = min(low[ahead[-1][0]], low[node])
    return found


def _taken(path: list[int], on_path: set[int], node: int) -> list[int]:
    """A component, taken off the path down to the node at which it was entered."""
    group = []
    while True:
        member = path.pop()
        on_path.discard(member)
        group.append(member)
        if member == node:
            return group
