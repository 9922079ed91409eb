"""Sound diagrams drawn at random, of which is known how often each task is done, and how long requests take."""

from dataclasses import dataclass, field
from random import Random

from drawing import definitions, flow, node, process

MOST_TIMES = 400
GATES = ("parallelGateway", "inclusiveGateway")


@dataclass
class Part:
    """A part of a diagram.

    Attributes
    ----------
    first : str
        The id of the element at which it begins.
    exits : list
        Ids of the elements at which it ends, with the names of the flows that lead on from there.
    visits : dict
        How often each task is done, on average.
    times : dict
        Minutes that it takes, with their chances; None where they are too many.
    """

    first: str
    exits: list
    visits: dict[str, float]
    times: dict[int, float] | None = field(default_factory=dict)


class Sound:
    """Draws one diagram: blocks in blocks, in the shapes in which they are found."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.scopes = [[]]
        self.kinds = {}
        self.entered = set()
        self.minutes = {}
        self.count = 0

    def draw(self):
        """The file, and the part that it is made of."""
        body = self.block(3)
        self.connect([(self.element("startEvent", "Clients"), "")], body.first)
        if self.random.random() < 0.7:
            self.connect(body.exits, self.element("endEvent"))
        else:
            for one in body.exits:
                self.connect([one], self.element("endEvent"))
        return definitions(process(*self.scopes[0])), body

    def element(self, kind, name="", content=""):
        self.count += 1
        key = f"n{self.count}"
        self.kinds[key] = kind
        self.scopes[-1].append(node(kind, key, name, content))
        return key

    def connect(self, exits, target):
        """Flows to an element; who comes by one of several does not wait at a gateway for the others."""
        if len(exits) > 1 and self.kinds[target] in GATES:
            merge = self.element("exclusiveGateway")
            self.connect(exits, merge)
            exits = [(merge, "")]
        self.entered.add(target)
        for source, name in exits:
            self.count += 1
            self.scopes[-1].append(flow(source, target, name, id=f"f{self.count}"))

    def block(self, depth):
        some = [self.task, self.line, self.line, self.choice, self.both, self.both, self.loop, self.nested]
        return self.random.choice(some if depth else [self.task])(depth - 1)

    def task(self, depth):
        name = f"T{len(self.minutes)}"
        self.minutes[name] = self.random.choice([1, 3, 10, 31, 100])
        times, content = 1, ""
        if self.random.random() < 0.1:
            times = self.random.choice([2, 3])
            content = f'<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>{times}</loopCardinality></multiInstanceLoopCharacteristics>'
        key = self.element("userTask", name, content)
        return Part(key, [(key, "")], {name: float(times)}, {times * self.minutes[name]: 1.0})

    def line(self, depth):
        parts = [self.block(depth) for _ in range(self.random.choice([2, 2, 3]))]
        for one, other in zip(parts, parts[1:], strict=False):
            self.connect(one.exits, other.first)
        return self.all_of(parts, parts[0].first, parts[-1].exits, lambda a, b: a + b)

    def all_of(self, parts, first, exits, add):
        visits, times = {}, {0: 1.0}
        for part in parts:
            visits |= part.visits
            times = _together(times, part.times, add)
        return Part(first, exits, visits, times)

    def branches(self, depth, first, name):
        """Two or three branches behind an element; one of them may be empty."""
        shares = self.random.choice([(0.4, 0.6), (0.2, 0.3, 0.5)])
        empty = self.random.random() < 0.25
        parts = []
        for number, share in enumerate(shares):
            if empty and number == 0:
                parts.append(Part(first, [(first, name(share))], {}, {0: 1.0}))
                continue
            parts.append(part := self.block(depth))
            self.connect([(first, name(share))], part.first)
        return shares, parts

    def choice(self, depth):
        first = self.element("exclusiveGateway")
        shares, parts = self.branches(depth, first, lambda share: f"{share:.0%}")
        exits = [one for part in parts for one in part.exits]
        if self.random.random() < 0.6:
            last = self.element("exclusiveGateway")
            self.connect(exits, last)
            exits = [(last, "")]
        visits, times = {}, {}
        for share, part in zip(shares, parts, strict=True):
            visits |= {key: share * value for key, value in part.visits.items()}
            times = None if times is None or part.times is None else _mixed(times, share, part.times)
        return Part(first, exits, visits, times)

    def both(self, depth):
        """Branches at once, behind a gateway or a task, that meet or end by themselves."""
        before = self.task(0) if self.random.random() < 0.2 else None
        first = (
            before.first if before is not None and not self.is_repeated(before) else self.element(GATES[0])
        )
        _, parts = self.branches(depth, first, lambda share: "")
        last = self.element(GATES[0])
        for part in parts:
            self.connect(part.exits, last)
        found = self.all_of(parts, first, [(last, "")], max)
        if before is None:
            return found
        if first is not before.first:
            self.connect(before.exits, first)
        return self.all_of([before, found], before.first, found.exits, lambda a, b: a + b)

    def is_repeated(self, part):
        return any(value > 1 for value in part.visits.values())

    def loop(self, depth):
        """A part that is done again with some chance."""
        again = self.random.choice((0.25, 0.5))
        part = self.block(depth)
        first = part.first
        if self.kinds[first] in GATES or self.random.random() < 0.6:
            first = self.element("exclusiveGateway")
            self.connect([(first, "")], part.first)
        last = self.element("exclusiveGateway")
        self.connect(part.exits, last)
        self.connect([(last, f"{again:.0%}")], first)
        visits = {key: value / (1 - again) for key, value in part.visits.items()}
        return Part(first, [(last, f"{1 - again:.0%}")], visits, None)

    def nested(self, depth):
        """A part within a sub-process."""
        self.scopes.append([])
        part = self.block(depth)
        if self.random.random() < 0.5 or part.first in self.entered:
            self.connect([(self.element("startEvent"), "")], part.first)
            self.connect(part.exits, self.element("endEvent"))
        elif self.random.random() < 0.3:
            for one in part.exits:
                self.connect([one], self.element("endEvent"))
        else:
            self.connect(part.exits, self.element("intermediateThrowEvent"))
        key = self.element_of("subProcess", "".join(self.scopes.pop()))
        return Part(key, [(key, "")], part.visits, part.times)

    def element_of(self, kind, content):
        return self.element(kind, "", content)


def _together(one, other, add):
    """What two independent times come to."""
    if one is None or other is None or len(one) * len(other) > MOST_TIMES:
        return None
    found = {}
    for a, p in one.items():
        for b, q in other.items():
            found[add(a, b)] = found.get(add(a, b), 0.0) + p * q
    return found


def _mixed(times, share, more):
    return {key: times.get(key, 0.0) + share * more.get(key, 0.0) for key in {**times, **more}}
