"""What the rules will do with a request at a service, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from serviceflow.display import markup
from serviceflow.errors import UnknownNameError
from serviceflow.model.chain import Chain
from serviceflow.model.elements import Provider, Service
from serviceflow.model.links import Link, Routed, Transfer
from serviceflow.model.sla import SLA
from serviceflow.view.labels import amount, duration, probability, staffing

RULES = {
    "fifo": "first come, first served",
    "lifo": "last come, first served",
    "priority": "the smallest priority number goes first",
    "earliest due date": "the earliest due by its SLA goes first",
    "shortest service": "the shortest work goes first",
    "random": "any of those who wait, each as likely",
}
SHIFT_ENDS = {
    "pause": "at the end of a shift work pauses and goes on at the next",
    "finish": "at the end of a shift work in hand is finished in overtime, and nothing new starts",
    "fit": "what cannot be finished before the end of the shift is not started",
}


@dataclass(frozen=True)
class Explanation:
    """What happens at a service, step by step.

    Attributes
    ----------
    title : str
        The service.
    steps : tuple of (str, tuple of str)
        What each step is about, and what the rules do there.
    """

    title: str
    steps: tuple[tuple[str, tuple[str, ...]], ...]

    def __str__(self) -> str:
        lines = [self.title]
        for head, sentences in self.steps:
            lines += [f"  {head}", *(f"    - {sentence}" for sentence in sentences)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return markup.shown(markup.title(self.title), markup.terms(self.steps))


def explain(chain: Chain, name: str) -> Explanation:
    """Say in words what the rules will do with a request at a service.

    Raises
    ------
    UnknownNameError
        If there is no such service.
    """
    if name not in chain.services:
        raise UnknownNameError("service", name, chain.services)
    teller = _Teller(chain, name)
    steps = [
        ("Who comes", teller.arrivals()),
        ("Before the queue", teller.before()),
        ("In the queue", teller.queue()),
        ("The work", teller.work()),
        ("Afterwards", teller.afterwards()),
        ("What is promised", teller.promises()),
    ]
    found = [(head, tuple(sentences)) for head, sentences in steps]
    return Explanation(name, tuple((head, texts) for head, texts in found if texts))


class _Teller:
    def __init__(self, chain: Chain, name: str) -> None:
        self.chain = chain
        self.name = name
        self.service: Service = chain.services[name]
        self.unit = chain.time_unit

    @property
    def providers(self) -> list[tuple[str, Provider]]:
        return [(name, self.chain.providers[name]) for name in self.service.provider_names]

    def duration(self, value: object) -> str:
        return duration(value, self.unit)  # type: ignore[arg-type]

    # Who comes

    def arrivals(self) -> Iterator[str]:
        for name, consumer in self.chain.consumers.items():
            if consumer.enters == self.name:
                yield f"requests of {name}, as soon as they are created"
        for name, stock in self.chain.stocks.items():
            if stock.reorder is not None and stock.reorder.enters == self.name:
                yield f"orders for {name}"
        for link, handoff in self.chain.handoffs.items():
            if link.target == self.name:
                yield f"from {_origin(link)}{self.share(handoff)}: {self.way(handoff)}"
            if handoff.clarification is not None and handoff.clarification.returns_to == self.name:
                yield f"back from {link}, when information is missing"
        for link, call in self.chain.calls.items():
            if link.target == self.name:
                yield f"called by {_origin(link)}{self.share(call)}: {self.way(call)}"

    def share(self, link: Routed) -> str:
        found = ""
        after = getattr(link, "after", "finished")
        if after != "finished":
            found += f", those that {'were refused' if after == 'refused' else after}"
        if link.when is not None:
            found += f", if {link.when}"
        if link.probability is not None:
            found += f", {probability(link.probability)} of them"
        return found

    def way(self, way: Transfer) -> str:
        found = [*self.dispatch(way)]
        if way.delay is not None:
            found.append(f"{self.duration(way.delay)} on the way")
        asking = way.clarification
        if asking is not None:
            back = f"it goes back to {asking.returns_to}" if asking.returns_to else "asking back takes"
            takes = f" {self.duration(asking.delay)}" if asking.delay is not None else ""
            found.append(f"{probability(asking.probability)} arrive incomplete, and {back}{takes}")
        if way.calendar is not None:
            found.append(f"all in the open time of {way.calendar}")
        return "; ".join(found) or "at once"

    def dispatch(self, way: Transfer) -> Iterator[str]:
        if way.every is not None:
            yield f"waits for the next round, every {self.duration(way.every)} counted from time 0"
        if way.at is not None:
            yield "waits for the next set time"
        if way.batch is not None:
            longest = (
                "" if way.batch.max_wait is None else f", or {self.duration(way.batch.max_wait)} are over"
            )
            yield f"waits until {way.batch.size} are together{longest}"

    # Before the queue

    def before(self) -> Iterator[str]:
        service = self.service
        for name, provider in self.providers[:1]:
            if provider.queue_limit is not None:
                yield self.limit(name, provider)
        if service.patience is not None:
            yield f"gives up if work has not started after {self.duration(service.patience)}"
        if service.timeout is not None:
            yield f"leaves as it is if the work is not done after {self.duration(service.timeout)}"
        if service.join is not None:
            branches = "all branches" if service.join == "all" else f"{service.join} branches"
            yield f"waits for {branches} of its split"
        yield from self.calls("before", "asks {target} and waits for the answer before it queues")
        if service.consumes:
            taken = " and ".join(f"{amount(much)} of {stock}" for stock, much in service.consumes.items())
            yield f"waits for {taken}, taken all at once, in order of arrival"
        if service.batch is not None:
            longest = service.batch.max_wait
            over = "" if longest is None else f", or the first has waited {self.duration(longest)}"
            yield f"waits until a batch of {service.batch.size} is together{over}"

    def limit(self, name: str, provider: Provider) -> str:
        places = f"the queue of {name} has {provider.queue_limit} places"
        if provider.when_full == "block":
            return f"{places}; when they are taken, the sender holds its staff until there is room"
        return f"{places}; who finds them taken is refused"

    def calls(self, ask: str, sentence: str) -> Iterator[str]:
        for link, call in self.chain.calls.items():
            if link.origin == self.name and call.ask == ask:
                text = sentence if call.wait else "asks {target} and goes on"
                yield text.format(target=link.target) + self.share(call)

    # Queue and work

    def queue(self) -> Iterator[str]:
        service = self.service
        if not self.providers:
            yield "never queues: nobody's staff are needed"
            return
        names = [f"{name} ({staffing(provider)})" for name, provider in self.providers]
        if service.any_of:
            yield f"starts with the first that is free of {', '.join(names)}, in this order"
        elif service.providers and (len(names) > 1 or max(service.providers.values()) > 1):
            needs = " and ".join(f"{units} of {name}" for name, units in service.providers.items())
            kept = (
                "freed staff are kept for it" if service.reserve else "work behind it may go first meanwhile"
            )
            yield f"starts when {needs} are free together; {kept}"
        else:
            yield f"waits for {names[0]}"
        name, provider = self.providers[0]
        yield f"at {name} {RULES[provider.discipline]}"
        if provider.preemptive:
            yield "it interrupts work of a larger priority number, which goes on later"
        if service.skill is not None:
            yield f"only who can {service.skill} may start it"
        yield from self.shifts()

    def shifts(self) -> Iterator[str]:
        for name, provider in self.providers:
            if provider.calendar is not None:
                yield f"{name} is on duty by the calendar {provider.calendar}"
            changing = provider.calendar is not None or not isinstance(provider.staff, int)
            if changing:
                yield f"{name}: {SHIFT_ENDS[provider.off_shift]}"
            if provider.outages is not None:
                mends = (
                    provider.outages.repair_service or f"{self.duration(provider.outages.repair)} of repair"
                )
                after = self.duration(provider.outages.after)
                yield f"{name} breaks down after {after}, until {mends} is done"

    def work(self) -> Iterator[str]:
        service = self.service
        if service.setup is not None:
            yield f"a unit that did other work before is set up first: {self.duration(service.setup)}"
        yield from self.calls("start", "with staff in hand it asks {target}; they are held until the answer")
        each = " for the whole batch" if service.batch is not None else ""
        yield f"takes {service.duration}{each}"
        if service.calendar is not None:
            yield f"only the open time of {service.calendar} counts"
        if service.learning is not None:
            yield f"each doubling of a unit's experience takes {service.learning:.0%} of the time"
        yield from self.calls("end", "when done it asks {target}; staff are held until the answer")
        if service.produces:
            made = " and ".join(f"{amount(much)} of {stock}" for stock, much in service.produces.items())
            yield f"then there are {made} more"
        if service.cost is not None:
            yield f"each visit costs {amount(service.cost)}"

    # Afterwards

    def afterwards(self) -> Iterator[str]:
        links = [(link, one) for link, one in self.chain.handoffs.items() if link.origin == self.name]
        going = [(link, one) for link, one in links if one.after == "finished"]
        if not going:
            yield "the request ends"
        if self.service.split is not None:
            yield "it goes on by every way that holds, in branches"
        for link, handoff in links:
            share = self.share(handoff)
            rest = len(going) > 1 and not self.service.split and (link, handoff) in going and not share
            target = "the end" if link.ends else link.target
            yield f"to {target}{', the rest' if rest else share}: {self.way(handoff)}"

    def promises(self) -> Iterator[str]:
        for name, consumer in self.chain.consumers.items():
            if consumer.sla is not None and self.name in (consumer.enters, consumer.sla.until):
                yield from self.promised(f"to {name}", consumer.sla)
        for link, handoff in self.chain.handoffs.items():
            if link.target == self.name and handoff.sla is not None:
                yield from self.promised(f"to {link.origin}", handoff.sla)

    def promised(self, whom: str, sla: SLA) -> Iterator[str]:
        clock = "" if sla.clock == "elapsed" else f", by the hours of {sla.clock}"
        if sla.response is not None:
            yield f"{whom}: {sla.response} until the start of work{clock}"
        if sla.resolution is not None:
            until = f"the end of {sla.until}" if sla.until else "the end"
            yield f"{whom}: {sla.resolution} until {until}{clock}"
        if sla.first_time_right is not None:
            yield f"in return {sla.first_time_right:.0%} arrive complete"


def _origin(link: Link) -> str:
    return f"{link.origin} via {link.via}" if link.via else link.origin
