"""The workloads as programs for Cimba, which reads the annotations of their classes."""

import cimba as cb
from cimba import inputs


class Desk(cb.Model):
    """Workload a."""

    gap: cb.Input[float] = inputs.dist.exponential(mean=1 / 0.8)
    work: cb.Input[float] = inputs.dist.exponential(mean=1.0)
    queue: cb.Container
    mean: cb.Output[float]

    @cb.process
    def arrivals(self) -> None:
        while True:
            cb.hold(self.gap.next())
            self.queue.put(1)

    @cb.process
    def server(self) -> None:
        while True:
            self.queue.get(1)
            cb.hold(self.work.next())

    @cb.on_end
    def measure(self) -> None:
        self.mean = self.queue.mean_level() / 0.8


class Tandem(cb.Model):
    """Workload b: the mean wait over its five stations."""

    gap: cb.Input[float] = inputs.dist.exponential(mean=1 / 2.4)
    work: cb.Input[float] = inputs.dist.exponential(mean=1.0)
    first: cb.Container
    second: cb.Container
    third: cb.Container
    fourth: cb.Container
    fifth: cb.Container
    mean: cb.Output[float]

    @cb.process
    def arrivals(self) -> None:
        while True:
            cb.hold(self.gap.next())
            self.first.put(1)

    @cb.process(copies=3)
    def serve_first(self) -> None:
        while True:
            self.first.get(1)
            cb.hold(self.work.next())
            self.second.put(1)

    @cb.process(copies=3)
    def serve_second(self) -> None:
        while True:
            self.second.get(1)
            cb.hold(self.work.next())
            self.third.put(1)

    @cb.process(copies=3)
    def serve_third(self) -> None:
        while True:
            self.third.get(1)
            cb.hold(self.work.next())
            self.fourth.put(1)

    @cb.process(copies=3)
    def serve_fourth(self) -> None:
        while True:
            self.fourth.get(1)
            cb.hold(self.work.next())
            self.fifth.put(1)

    @cb.process(copies=3)
    def serve_fifth(self) -> None:
        while True:
            self.fifth.get(1)
            cb.hold(self.work.next())

    @cb.on_end
    def measure(self) -> None:
        waiting = self.first.mean_level() + self.second.mean_level() + self.third.mean_level()
        self.mean = (waiting + self.fourth.mean_level() + self.fifth.mean_level()) / (5 * 2.4)


class ForkJoin(cb.Model):
    """Workload d: whoever of the two is done later lets the customer go; both lines keep their order."""

    gap: cb.Input[float] = inputs.dist.exponential(mean=1 / 0.8)
    work: cb.Input[float] = inputs.dist.exponential(mean=1.0)
    inside: cb.Container
    left: cb.Container
    right: cb.Container
    done: cb.Array[int] = cb.Array(2)
    mean: cb.Output[float]

    @cb.process
    def arrivals(self) -> None:
        while True:
            cb.hold(self.gap.next())
            self.inside.put(1)
            self.left.put(1)
            self.right.put(1)

    @cb.process
    def serve_left(self) -> None:
        while True:
            self.left.get(1)
            cb.hold(self.work.next())
            self.done[0] += 1
            if self.done[0] <= self.done[1]:
                self.inside.get(1)

    @cb.process
    def serve_right(self) -> None:
        while True:
            self.right.get(1)
            cb.hold(self.work.next())
            self.done[1] += 1
            if self.done[1] <= self.done[0]:
                self.inside.get(1)

    @cb.on_end
    def measure(self) -> None:
        self.mean = self.inside.mean_level() / 0.8
