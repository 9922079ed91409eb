"""Lines of a map: how they are told to Graphviz, so that nothing lies upon them or what they say.

What a line says is a node in its middle, so the layout leaves room for it. The layout is that of an order
without circles: lines that lead back against the flow are laid out the other way round, with their
arrowhead where it belongs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import graphviz

from serviceflow.view import labels, palette
from serviceflow.view.format import clip
from serviceflow.view.render import chip, quoted

WAYPOINT = {"shape": "point", "style": "invis", "width": "0.02", "height": "0.02", "label": ""}
PLAIN = {"shape": "plain", "style": "", "margin": "0", "width": "0", "height": "0"}
LOOPS = {"LR": (("ne", "nw"), ("se", "sw")), "TB": (("sw", "nw"), ("se", "ne"))}
"""Where a line that leads back to where it came from leaves and comes, and where on its label."""
WHOLE, FIRST, SECOND = ":0", ":1", ":2"
"""Endings of the ids of a line that is drawn at once, and of the halves before and behind its label."""
BACK, LABEL = "-", ":label"
"""Endings of what is drawn against its own direction, and of the label."""


@dataclass(frozen=True)
class Line:
    """A line from node to node, with its texts and its looks.

    Attributes
    ----------
    tail, head : str
        Nodes.
    facts : tuple of str
        What stands on it.
    tooltip : str
    looks : mapping
        Graphviz attributes; ``arrowhead`` and ``arrowtail`` are its marks at either end.
    id : str
        See :mod:`serviceflow.view.ids`.
    written : str
        Its label where `facts` are not enough, as Graphviz takes it.
    """

    tail: str
    head: str
    facts: tuple[str, ...]
    tooltip: str
    looks: Mapping[str, str]
    id: str
    written: str = ""

    @property
    def ends(self) -> bool:
        """Whether it leads to an end."""
        return self.head.startswith("end")

    @property
    def loses(self) -> bool:
        """Whether it leads to those that are lost."""
        return self.head.startswith("lost")

    @cached_property
    def label(self) -> str:
        """What stands on it, as Graphviz takes it; "" for nothing."""
        told = [clip(fact, 30) for fact in self.facts]
        rows = [labels.together(*told[at : at + 2]) for at in range(0, len(told), 2)]
        return self.written or chip((row, palette.INK) for row in rows)

    @cached_property
    def _told(self) -> dict[str, str]:
        marks = ("arrowhead", "arrowtail")
        looks = {name: value for name, value in self.looks.items() if name not in marks}
        return {**looks, "tooltip": quoted(self.tooltip)}

    @property
    def _marks(self) -> tuple[str, str]:
        """Those at its tail and at its head."""
        return self.looks.get("arrowtail", "none"), self.looks.get("arrowhead", "normal")

    def draw(self, drawing: graphviz.Digraph, middle: str, *, back: bool, apart: bool, rankdir: str) -> None:
        """Add it to a drawing.

        Parameters
        ----------
        drawing : Digraph
            What it is added to.
        middle : str
            The name of a node for its label.
        back : bool
            Whether it leads back against the flow.
        apart : bool
            Whether another line joins the same two nodes: they are led through different points.
        rankdir : str
            In which direction the map is drawn.
        """
        at_tail, at_head = self._marks
        if self.tail == self.head:
            self._loop(drawing, middle, rankdir)
        elif not self.label and not apart:
            self._segment(drawing, (self.tail, self.head), (at_tail, at_head), WHOLE, back)
        else:
            self._put_label(drawing, middle)
            halves = (
                ((self.tail, middle), (at_tail, "none"), FIRST),
                ((middle, self.head), ("none", at_head), SECOND),
            )
            for nodes, marks, ending in halves:
                self._segment(drawing, nodes, marks, ending, back)

    def _loop(self, drawing: graphviz.Digraph, middle: str, rankdir: str) -> None:
        """From a node to its label beside it, and back."""
        self._put_label(drawing, middle)
        (leave, first), (come, last) = LOOPS[rankdir]
        at_tail, at_head = self._marks
        self._segment(drawing, (f"{self.tail}:{leave}", f"{middle}:{first}"), (at_tail, "none"), FIRST, False)
        self._segment(drawing, (f"{middle}:{last}", f"{self.head}:{come}"), ("none", at_head), SECOND, True)

    def _put_label(self, drawing: graphviz.Digraph, middle: str) -> None:
        about = {"label": self.label, "tooltip": quoted(self.tooltip), **PLAIN} if self.label else WAYPOINT
        drawing.node(middle, id=f"{self.id}{LABEL}", **about)

    def _segment(
        self,
        drawing: graphviz.Digraph,
        nodes: tuple[str, str],
        marks: tuple[str, str],
        ending: str,
        back: bool,
    ) -> None:
        """One piece of it from node to node, with the marks at its ends."""
        (start, goal), (at_start, at_goal) = (nodes[::-1], marks[::-1]) if back else (nodes, marks)
        told = {"dir": "both", "arrowtail": at_start, "arrowhead": at_goal, **self._told}
        drawing.edge(start, goal, id=f"{self.id}{ending}{BACK if back else ''}", **told)


def draw_lines(drawing: graphviz.Digraph, drawn: Sequence[Line], rankdir: str) -> None:
    """Add lines to a drawing, each with its label in its middle."""
    joined = Counter(frozenset((line.tail, line.head)) for line in drawn if not line.label)
    against = leading_back([(line.tail, line.head) for line in drawn])
    for number, line in enumerate(drawn):
        apart = joined[frozenset((line.tail, line.head))] > 1
        line.draw(drawing, f"label{number}", back=number in against, apart=apart, rankdir=rankdir)


def leading_back(pairs: Sequence[tuple[str, str]]) -> set[int]:
    """Which of some lines close a circle, walking along them from the first one on."""
    following: dict[str, list[int]] = {}
    for number, (tail, _) in enumerate(pairs):
        following.setdefault(tail, []).append(number)
    found: set[int] = set()
    done: set[str] = set()
    for root in _roots(pairs):
        if root not in done:
            found |= _walked(root, pairs, following, done)
    return found


def _roots(pairs: Sequence[tuple[str, str]]) -> Iterable[str]:
    """Nodes to which nothing leads, then all."""
    reached = {head for tail, head in pairs if tail != head}
    tails = dict.fromkeys(tail for tail, _ in pairs)
    return [*(tail for tail in tails if tail not in reached), *tails]


def _walked(
    root: str, pairs: Sequence[tuple[str, str]], following: Mapping[str, list[int]], done: set[str]
) -> set[int]:
    """Lines that lead from below a node to one that is being walked through."""
    found: set[int] = set()
    way, open_ = [(root, iter(following.get(root, ())))], {root}
    while way:
        node, rest = way[-1]
        number = next(rest, None)
        if number is None:
            way.pop()
            open_.discard(node)
            done.add(node)
            continue
        head = pairs[number][1]
        if head in open_:
            found |= {number} if head != node else set()
        elif head not in done:
            open_.add(head)
            way.append((head, iter(following.get(head, ()))))
    return found
