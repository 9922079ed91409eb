"""Small chains whose best lever is known, and how it is known.

Each case says which levers are the best (several: they are equal), what one would think who looks at a single
indicator (the trap), and why it is so. The gains of all its levers, by brute force, are beside it in
`proven.json`; `prove.py` makes that file again and checks it against the theory where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import factorial
from typing import Any

import serviceflow as sf


@dataclass(frozen=True)
class Case:
    """A chain and the truth about it.

    Attributes
    ----------
    name : str
    trap : str
        What misleads, and to what.
    sections : mapping
        The chain, in the shape of a model file; times in hours.
    best : tuple of str
        The levers that are the best: several where they are equal.
    kind : str
        Of the best lever.
    objective : optional
        As :meth:`ServiceChain.levers` takes it.
    levers : optional
        Which levers are tried; all by default.
    theory : mapping
        Exact gains by lever, where they are known.
    source : str
        Where these come from, or why it is so.
    duration, warm_up : str
        Of a run in the tests.
    budget : int
        Replications of levers in the tests, for each.
    """

    name: str
    trap: str
    sections: Mapping[str, Any]
    best: tuple[str, ...]
    kind: str
    objective: Any = "flow_time"
    levers: Any = None
    theory: Mapping[str, float] = field(default_factory=dict)
    source: str = "brute force"
    duration: str = "300 h"
    warm_up: str = "50 h"
    budget: int = 10

    @property
    def chain(self) -> sf.ServiceChain:
        """The chain as it stands."""
        sections = dict(self.sections)
        scenarios = sections.pop("scenarios", {})
        made = sf.ServiceChain(self.name, time_unit="h").change(adds=sections)
        for name, fields in scenarios.items():
            made.add_scenario(name, **fields)
        return made

    @property
    def settings(self) -> dict[str, Any]:
        """How it is run."""
        return {"duration": self.duration, "warm_up": self.warm_up}


CASES: list[Case] = []


def case(
    name: str, trap: str, best: str | tuple[str, ...], kind: str, sections: Mapping[str, Any], **more: Any
):
    names = (best,) if isinstance(best, str) else best
    CASES.append(Case(name, trap, sections, names, kind, **more))


# Theory


def erlang_c(servers: int, load: float) -> float:
    """The probability of waiting in an M/M/c queue that is offered so much work."""
    last = load**servers / factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / factorial(k) for k in range(servers)) + last)


def time_in(servers: int, rate: float, work: float) -> float:
    """The mean time in an M/M/c queue."""
    load = rate * work
    return work + erlang_c(servers, load) * work / (servers - load)


def gain_of_staff(servers: int, rate: float, work: float) -> float:
    return time_in(servers, rate, work) - time_in(servers + 1, rate, work)


def gain_of_speed(servers: int, rate: float, work: float) -> float:
    return time_in(servers, rate, work) - time_in(servers, rate, 0.9 * work)


def lost_of(rate: float, work: float, room: int) -> float:
    """The share that an M/M/1 queue loses that has room for so many, at work and waiting."""
    load = rate * work
    return load**room * (1 - load) / (1 - load ** (room + 1))


# Parts


def exponential(mean: float) -> str:
    return f"exponential(mean={mean} h)"


def poisson(rate: float, enters: str, **more: Any) -> dict[str, Any]:
    return {"arrivals": {"rate": f"{rate} per hour"}, "enters": enters, **more}


def line(
    rate: float, *stations: tuple[str, int, float], ways: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Stations in a row, each a provider with so many staff and a service with so much work."""
    names = [f"{name} work" for name, _, _ in stations]
    links = {f"{a} -> {b}": {} for a, b in pairwise(names)}
    return {
        "providers": {name: {"staff": staff} for name, staff, _ in stations},
        "services": {
            f"{name} work": {"provider": name, "duration": exponential(work)} for name, _, work in stations
        },
        "handoffs": {**links, **(ways or {})},
        "consumers": {"People": poisson(rate, names[0])},
    }


def merged(base: Mapping[str, Any], **more: Mapping[str, Any]) -> dict[str, Any]:
    """Sections with elements added, or fields of elements."""
    found = {section: {name: dict(one) for name, one in entries.items()} for section, entries in base.items()}
    for section, entries in more.items():
        for name, fields in entries.items():
            found.setdefault(section, {}).setdefault(name, {}).update(fields)
    return found


def pair(limit: int | None = None, number: str = "") -> dict[str, Any]:
    """A worker and a tool, of which one more alone is of no use."""
    first = {"staff": 1} if limit is None else {"staff": 1, "queue_limit": limit}
    return {f"Operator{number}": first, f"Tool{number}": {"staff": 1}}


def both(number: str = "", **more: Any) -> dict[str, Any]:
    return {"providers": {f"Operator{number}": 1, f"Tool{number}": 1}, **more}


def longest_wait(table: Any) -> float:
    """Of figures, the longest waiting time of a service."""
    return float(table[(table["scope"] == "service") & (table["measure"] == "waiting_time")]["mean"].max())


# Staff

POOLS = line(9.2, ("Pool", 20, 2.0), ("Single", 1, 0.9 / 9.2), ("Five", 5, 3 / 9.2))
case(
    "Big pool and single server",
    "the pool is the busiest (92% against 90%)",
    "Single: one more",
    "staff",
    POOLS,
    levers=["staff"],
    theory={
        "Pool: one more": gain_of_staff(20, 9.2, 2.0),
        "Single: one more": gain_of_staff(1, 9.2, 0.9 / 9.2),
        "Five: one more": gain_of_staff(5, 9.2, 3 / 9.2),
    },
    source="Jackson network, Erlang's formula",
    duration="2000 h",
    warm_up="200 h",
    budget=14,
)
case(
    "Big pool and single server, faster work",
    "the single server has the longest queue (8.1 against 7.2)",
    "Pool work: work 10% faster",
    "speed",
    POOLS,
    levers=["speed"],
    theory={
        "Pool work: work 10% faster": gain_of_speed(20, 9.2, 2.0),
        "Single work: work 10% faster": gain_of_speed(1, 9.2, 0.9 / 9.2),
        "Five work: work 10% faster": gain_of_speed(5, 9.2, 3 / 9.2),
    },
    source="Jackson network, Erlang's formula",
    duration="2000 h",
    warm_up="200 h",
    budget=14,
)
case(
    "Two pools",
    "the first is the busiest (90% against 82%)",
    "Second: one more",
    "staff",
    line(9.0, ("First", 20, 2.0), ("Second", 2, 1.64 / 9.0)),
    levers=["staff"],
    theory={
        "First: one more": gain_of_staff(20, 9.0, 2.0),
        "Second: one more": gain_of_staff(2, 9.0, 1.64 / 9.0),
    },
    source="Jackson network, Erlang's formula",
    duration="4000 h",
    warm_up="200 h",
    budget=40,
)
case(
    "Rare slow approval",
    "the approver is busy for the longest stretches (10 h against 1.8 h)",
    "Desk: one more",
    "staff",
    merged(
        line(1.0, ("Desk", 1, 0.85), ("Boss", 1, 25.0)),
        handoffs={"Desk work -> Boss work": {"probability": 0.02}, "Desk work -> end": {}},
    ),
    levers=["staff"],
    budget=20,
    theory={
        "Desk: one more": gain_of_staff(1, 1.0, 0.85),
        "Boss: one more": 0.02 * gain_of_staff(1, 0.02, 25.0),
    },
    source="Jackson network, Erlang's formula",
    duration="2000 h",
    warm_up="200 h",
)
case(
    "An expert called by two services",
    "most of the waiting shows at the two who call",
    "Expert: one more",
    "staff",
    {
        "providers": {"Sales": {"staff": 3}, "Plant": {"staff": 3}, "Expert": {"staff": 1}},
        "services": {
            "Sell": {"provider": "Sales", "duration": exponential(1)},
            "Build": {"provider": "Plant", "duration": exponential(1)},
            "Advise": {"provider": "Expert", "duration": exponential(0.45)},
        },
        "calls": {"Sell -> Advise": {}, "Build -> Advise": {}},
        "consumers": {"Buyers": poisson(1.0, "Sell"), "Builders": poisson(1.0, "Build")},
    },
    duration="1500 h",
    warm_up="100 h",
)
case(
    "A nurse is held for the doctor",
    "the nurse is the busier (held while she waits)",
    "Doctor: one more",
    "staff",
    {
        "providers": {"Nurse": {"staff": 3}, "Doctor": {"staff": 1}},
        "services": {
            "Care": {"provider": "Nurse", "duration": exponential(0.5)},
            "Examine": {"provider": "Doctor", "duration": exponential(0.42)},
        },
        "calls": {"Care -> Examine": {"ask": "start"}},
        "consumers": {"Patients": poisson(2.0, "Care")},
    },
    duration="1500 h",
    warm_up="100 h",
)
OFFICE = {"mon-sun": "08:00-16:00"}
case(
    "Left over when the shift ends",
    "70% of the waiting is in closed hours: longer hours",
    "Experts: one more",
    "staff",
    {
        "calendars": {"office": OFFICE},
        "providers": {"Experts": {"staff": 2, "calendar": "office"}},
        "services": {"Check": {"provider": "Experts", "duration": exponential(1)}},
        "consumers": {
            "People": {
                "arrivals": {"profile": {"mon-sun": {"08:00-16:00": "1.9 per hour"}}},
                "enters": "Check",
            }
        },
    },
    duration="40 days",
    warm_up="10 days",
    budget=20,
)
case(
    "Busy with what can wait",
    "the machine is 95% busy, with work that anybody interrupts",
    "Desk: one more",
    "staff",
    {
        "providers": {
            "Machine": {"staff": 1, "discipline": "priority", "preemptive": True},
            "Desk": {"staff": 1},
        },
        "services": {
            "Order": {"provider": "Desk", "duration": exponential(0.8)},
            "Make": {"provider": "Machine", "duration": exponential(0.2)},
            "Fill up": {"provider": "Machine", "duration": exponential(3)},
        },
        "handoffs": {"Order -> Make": {}},
        "consumers": {
            "Customers": poisson(1.0, "Order"),
            "Background": poisson(0.25, "Fill up", priority=5),
        },
    },
    objective=("flow_time", "Customers"),
    duration="1500 h",
    warm_up="100 h",
)
case(
    "One worker, two stages",
    "the queue stands before the second stage, which has tools enough",
    "Operator: one more",
    "staff",
    {
        "providers": {"Operator": {"staff": 1}, "Bench": {"staff": 4}},
        "services": {
            "Prepare": {"provider": "Operator", "duration": exponential(0.4)},
            "Rest": {"provider": "Bench", "duration": exponential(1)},
            "Finish": {"provider": "Operator", "duration": exponential(0.45)},
        },
        "handoffs": {"Prepare -> Rest": {}, "Rest -> Finish": {}},
        "consumers": {"People": poisson(1.0, "Prepare")},
    },
    duration="1500 h",
    warm_up="100 h",
)
case(
    "Office hours behind a day-and-night station",
    "the station that is open day and night is the busier (78% against 75% of scheduled time)",
    "Office: one more",
    "staff",
    {
        "calendars": {"office": OFFICE},
        "providers": {"Always": {"staff": 1}, "Office": {"staff": 1, "calendar": "office"}},
        "services": {
            "First": {"provider": "Always", "duration": exponential(3.12)},
            "Second": {"provider": "Office", "duration": exponential(1)},
        },
        "handoffs": {"First -> Second": {}},
        "consumers": {"People": poisson(0.25, "First")},
    },
    levers=["hours", "speed", "Office: one more"],
    source="brute force; the office has the longer sojourn (15.5 against 14.2 h, periodic M/M/1)",
    duration="100 days",
    warm_up="10 days",
    budget=14,
)

# Hours

case(
    "Open eight hours, asked day and night",
    "nobody ever waits for a colleague: staff are idle",
    "Office: an hour more of each shift",
    "hours",
    {
        "calendars": {"office": OFFICE},
        "providers": {"Office": {"staff": 5, "calendar": "office"}},
        "services": {"Answer": {"provider": "Office", "duration": "5 min"}},
        "consumers": {"People": poisson(1.0, "Answer")},
    },
    source="brute force; who comes in 16 closed hours waits for 8 h on average, in 15 for 7.5 h: 0.65 h less",
    duration="20 days",
    warm_up="1 day",
    budget=20,
)
case(
    "The night shift ends an hour too early",
    "the day shift works at 80%, the night shift at 20%",
    "Night: an hour more of each shift",
    "hours",
    {
        "calendars": {"night": {"mon-sun": "22:00-05:00"}},
        "providers": {"Night": {"staff": 3, "calendar": "night"}, "Day": {"staff": 1}},
        "services": {
            "Receive": {"provider": "Night", "duration": "15 min"},
            "Sort": {"provider": "Day", "duration": exponential(0.5)},
        },
        "handoffs": {"Receive -> Sort": {}},
        "consumers": {
            "Lorries": {
                "arrivals": {
                    "profile": {"mon-sun": {"23:00-24:00": "2 per hour", "00:00-06:00": "2 per hour"}}
                },
                "enters": "Receive",
            }
        },
    },
    duration="20 days",
    warm_up="1 day",
    budget=20,
)

# Work

case(
    "A long step outside",
    "the only staff there are wait for nobody",
    "Supplier: work 10% faster",
    "speed",
    {
        "providers": {"Clerk": {"staff": 1}},
        "services": {
            "Order": {"provider": "Clerk", "duration": exponential(0.3)},
            "Supplier": {"duration": "20 h"},
        },
        "handoffs": {"Order -> Supplier": {}},
        "consumers": {"People": poisson(1.0, "Order")},
    },
    theory={
        "Supplier: work 10% faster": 2.0,
        "Clerk: one more": gain_of_staff(1, 1.0, 0.3),
        "Order: work 10% faster": gain_of_speed(1, 1.0, 0.3),
    },
    source="M/M/1, and a step that takes its time",
)

# Ways

ROUND = line(1.0, ("First", 1, 0.6), ("Second", 2, 0.6))
case(
    "A round every eight hours",
    "the first desk is the only one with a queue",
    "First work -> Second work: leaves at once",
    "dispatch",
    merged(ROUND, handoffs={"First work -> Second work": {"every": "8 h"}}),
    duration="600 h",
)
case(
    "A meeting once a week",
    "the planners work at 70%",
    "Ask -> Decide: leaves at once",
    "dispatch",
    {
        "providers": {"Planners": {"staff": 1}, "Board": {"staff": 2}},
        "services": {
            "Ask": {"provider": "Planners", "duration": exponential(7)},
            "Decide": {"provider": "Board", "duration": "30 min"},
        },
        "handoffs": {"Ask -> Decide": {"at": {"mon": "09:00"}}},
        "consumers": {"People": poisson(0.1, "Ask")},
    },
    duration="20 weeks",
    warm_up="1 week",
)
case(
    "A tray that has to fill",
    "half as many in the tray, or one more at the first desk",
    "First work -> Second work: leaves at once",
    "dispatch",
    merged(ROUND, handoffs={"First work -> Second work": {"batch": {"size": 20}}}),
    duration="600 h",
)
case(
    "A long way",
    "the first desk has a queue",
    "First work -> Second work: the way takes half as long",
    "delay",
    merged(ROUND, handoffs={"First work -> Second work": {"delay": "uniform(low=6 h, high=10 h)"}}),
    source="brute force; the way takes 8 h on average, so 4 h are saved, and queues stay as they are",
    duration="600 h",
)
case(
    "A slow answer",
    "who calls shows all the waiting",
    "Care -> Examine, its answer: the way takes half as long",
    "delay",
    {
        "providers": {"Nurses": {"staff": 3}, "Laboratory": {"staff": 2}},
        "services": {
            "Care": {"provider": "Nurses", "duration": exponential(1)},
            "Examine": {"provider": "Laboratory", "duration": exponential(0.9)},
        },
        "calls": {"Care -> Examine": {"delay": "1 h", "answer": {"delay": "6 h"}}},
        "consumers": {"Patients": poisson(1.0, "Care")},
    },
    duration="600 h",
)
TAIL = merged(
    line(1.0, ("First", 2, 0.6), ("Second", 2, 0.6)),
    handoffs={
        "First work -> Second work": {"delay": "8 h", "clarification": {"probability": 0.08, "delay": "30 h"}}
    },
)
case(
    "Rarely very late, by the mean",
    "those that are very late are remembered",
    "First work -> Second work: the way takes half as long",
    "delay",
    TAIL,
    source="brute force; 4 h on average, against 0.08/0.92 x 30 = 2.6 h",
    duration="600 h",
)
case(
    "Rarely very late, by the 95% quantile",
    "the mean ranks the way first",
    "First work -> Second work: always complete",
    "information",
    TAIL,
    objective=("flow_time_p95", "People"),
    source="brute force; more than 5% are 30 h late",
    duration="600 h",
    budget=14,
)
case(
    "Incomplete orders",
    "the second desk is at 80%",
    "First work -> Second work: always complete",
    "information",
    merged(
        line(1.0, ("First", 2, 0.6), ("Second", 1, 0.7)),
        handoffs={"First work -> Second work": {"clarification": {"probability": 0.4, "delay": "12 h"}}},
    ),
    source="brute force; 0.4/0.6 x 12 = 8 h of clarification, against 1.6 h of queue",
    duration="600 h",
)
case(
    "Incomplete questions to the laboratory",
    "the laboratory is the busiest",
    "Care -> Examine: always complete",
    "information",
    {
        "providers": {"Nurses": {"staff": 3}, "Laboratory": {"staff": 1}},
        "services": {
            "Care": {"provider": "Nurses", "duration": exponential(1)},
            "Examine": {"provider": "Laboratory", "duration": exponential(0.7)},
        },
        "calls": {"Care -> Examine": {"clarification": {"probability": 0.5, "delay": "6 h"}}},
        "consumers": {"Patients": poisson(1.0, "Care")},
    },
    duration="600 h",
)

# Rework

case(
    "A third goes back",
    "the tester has the longest queue",
    "Test work -> Build work: nothing goes back",
    "rework",
    merged(
        line(1.0, ("Build", 1, 0.55), ("Test", 1, 0.58)),
        handoffs={"Test work -> Build work": {"probability": 0.34}, "Test work -> end": {}},
    ),
    theory={
        "Test work -> Build work: nothing goes back": (
            (time_in(1, 1 / 0.66, 0.55) + time_in(1, 1 / 0.66, 0.58)) / 0.66
            - time_in(1, 1.0, 0.55)
            - time_in(1, 1.0, 0.58)
        ),
        "Test: one more": gain_of_staff(1, 1 / 0.66, 0.58) / 0.66,
        "Build: one more": gain_of_staff(1, 1 / 0.66, 0.55) / 0.66,
        "Test work: work 10% faster": gain_of_speed(1, 1 / 0.66, 0.58) / 0.66,
        "Build work: work 10% faster": gain_of_speed(1, 1 / 0.66, 0.55) / 0.66,
    },
    source="Jackson network with 1/0.66 visits for each request",
    duration="1500 h",
    warm_up="200 h",
)
case(
    "What is faulty goes back once, by a condition",
    "the tester has the longest queue",
    "Test work -> Build work: nothing goes back",
    "rework",
    merged(
        line(1.0, ("Build", 2, 1.0), ("Test", 2, 1.1)),
        attributes={"faulty": {"yes": 0.6, "no": 0.4}},
        handoffs={
            "Test work -> Build work": {"when": "faulty == 'yes' and visit == 1", "delay": "3 h"},
            "Test work -> end": {},
        },
    ),
    duration="1500 h",
    warm_up="200 h",
)
case(
    "What rework costs",
    "faster work costs less",
    "Test work -> Build work: nothing goes back",
    "rework",
    merged(
        line(1.0, ("Build", 2, 0.5), ("Test", 2, 0.5)),
        services={"Build work": {"cost": 100}, "Test work": {"cost": 20}},
        handoffs={"Test work -> Build work": {"probability": 0.25}, "Test work -> end": {}},
    ),
    objective="cost",
    theory={"Test work -> Build work: nothing goes back": 300 * 120 / 3},
    source="a round costs 120, and each of 300 requests is spared a third of one",
)

# Queues with places

case(
    "A waiting room for one",
    "the worker is the busiest",
    "Operator: one more place in the queue",
    "places",
    {
        "providers": pair(1),
        "services": {"Serve": both(duration=exponential(0.8))},
        "consumers": {"People": poisson(1.0, "Serve")},
    },
    objective="lost",
    theory={
        "Operator: one more place in the queue": 1000 * (lost_of(1.0, 0.8, 2) - lost_of(1.0, 0.8, 3)),
        "Serve: work 10% faster": 1000 * (lost_of(1.0, 0.8, 2) - lost_of(1.0, 0.72, 2)),
        "Operator: one more": 0.0,
        "Tool: one more": 0.0,
    },
    source="M/M/1/K, lost of 1,000 requests",
    duration="1000 h",
)
case(
    "Groups of four before a room for two",
    "the operator is the busiest, and one more of them would make room",
    "Operator: one more place in the queue",
    "places",
    {
        "providers": pair(2),
        "services": {"Serve": both(duration=exponential(0.8))},
        "consumers": {
            "People": {"arrivals": {"every": exponential(6), "batch": 4}, "enters": "Serve"},
        },
    },
    objective="throughput",
    duration="1500 h",
    warm_up="50 h",
)

# Stocks


def beds(initial: int, rate: float, stay: float) -> dict[str, Any]:
    return {
        "providers": {"Staff": {"staff": 4}},
        "services": {
            "Take": {"provider": "Staff", "duration": exponential(0.2), "consumes": {"Beds": 1}},
            "Stay": {"duration": exponential(stay), "produces": {"Beds": 1}},
            "Leave": {"provider": "Staff", "duration": exponential(0.3)},
        },
        "handoffs": {"Take -> Stay": {}, "Stay -> Leave": {}},
        "stocks": {"Beds": {"initial": initial}},
        "consumers": {"Guests": poisson(rate, "Take")},
    }


case(
    "Beds are short while staff are idle",
    "staff are the only provider",
    "Beds: 11 in place of 10",
    "stock",
    beds(10, 1.0, 9.0),
    levers=["staff", "stock", "Take: work 10% faster", "Leave: work 10% faster"],
    duration="1500 h",
    warm_up="200 h",
    budget=28,
)
case(
    "Two carts",
    "the packers are at 75%",
    "Carts: 3 in place of 2",
    "stock",
    {
        "providers": {"Packers": {"staff": 2}},
        "services": {
            "Pack": {"provider": "Packers", "duration": exponential(1.2), "consumes": {"Carts": 1}},
            "Drive": {"duration": exponential(0.5), "produces": {"Carts": 1}},
        },
        "handoffs": {"Pack -> Drive": {}},
        "stocks": {"Carts": {"initial": 2}},
        "consumers": {"Orders": poisson(1.0, "Pack")},
    },
    duration="1500 h",
    warm_up="200 h",
)


def supplied(below: float, quantity: int, lead: str, fitters: int = 2) -> dict[str, Any]:
    return {
        "providers": {"Fitters": {"staff": fitters}},
        "services": {
            "Fit": {
                "provider": "Fitters",
                "duration": exponential(1.2),
                "consumes": {"Parts": 1},
            },
            "Deliver": {"duration": lead, "produces": {"Parts": "quantity"}},
        },
        "stocks": {
            "Parts": {
                "initial": quantity,
                "reorder": {"below": below, "quantity": quantity, "enters": "Deliver"},
            }
        },
        "consumers": {"Orders": poisson(1.0, "Fit")},
    }


case(
    "Parts are ordered too late",
    "the fitters are the only staff",
    "Parts: orders below 22 in place of 20",
    "reorder",
    supplied(20, 30, "24 h", 5),
    levers=["staff", "reorder", "Fit: work 10% faster"],
    duration="2000 h",
    warm_up="200 h",
)
case(
    "Parts are ordered one by one, too late",
    "the fitters are the only staff",
    "Parts: orders below 9 in place of 8",
    "reorder",
    supplied(8, 1, "10 h", 3),
    levers=["staff", "reorder", "Fit: work 10% faster"],
    duration="1500 h",
    warm_up="200 h",
)

# Setup, batches


def changing(first: float, second: float) -> dict[str, Any]:
    return {
        "providers": pair(),
        "services": {
            "Red": both(duration=exponential(0.3), setup=f"{first} h"),
            "Blue": both(duration=exponential(0.3), setup=f"{second} h"),
        },
        "consumers": {"Reds": poisson(0.5, "Red"), "Blues": poisson(0.5, "Blue")},
    }


case(
    "Changing over to red",
    "red and blue are worked on for as long",
    "Red: no setup",
    "setup",
    changing(1.0, 0.2),
    duration="1500 h",
    warm_up="200 h",
)
case(
    "Changing over often, for the throughput of a closed group",
    "the worker is always busy",
    "Blue: no setup",
    "setup",
    {
        "providers": pair(),
        "services": {
            "Red": both(duration=exponential(1), setup="0.5 h"),
            "Blue": both(duration=exponential(1), setup="3 h"),
        },
        "consumers": {
            "Reds": {"arrivals": {"population": 2, "think": exponential(1)}, "enters": "Red"},
            "Blues": {"arrivals": {"population": 2, "think": exponential(1)}, "enters": "Blue"},
        },
    },
    objective="throughput",
    duration="600 h",
)
case(
    "An oven for eight",
    "the oven works at 25%, the clerk at 70%",
    "Bake: batches half as large",
    "batch",
    {
        "providers": {"Clerk": {"staff": 1}, "Oven": {"staff": 2}},
        "services": {
            "Order": {"provider": "Clerk", "duration": exponential(0.6)},
            "Bake": {"provider": "Oven", "duration": "2 h", "batch": {"size": 8}},
        },
        "handoffs": {"Order -> Bake": {}},
        "consumers": {"Loaves": poisson(1.0, "Order")},
    },
    duration="1000 h",
    warm_up="100 h",
)
case(
    "A tour for twelve",
    "the guides are idle, so nothing seems to be wrong with the tour",
    "Tour: batches half as large",
    "batch",
    {
        "providers": {"Guides": {"staff": 3}, "Till": {"staff": 1}},
        "services": {
            "Pay": {"provider": "Till", "duration": exponential(0.25)},
            "Tour": {"provider": "Guides", "duration": "1 h", "batch": {"size": 12, "max_wait": "12 h"}},
        },
        "handoffs": {"Pay -> Tour": {}},
        "consumers": {"Visitors": poisson(2.0, "Pay")},
    },
    duration="600 h",
)

# Outages


def machines(staff: int, rate: float, up: float, down: float, **more: Any) -> dict[str, Any]:
    return {
        "providers": {
            "Machines": {
                "staff": staff,
                "outages": {"after": exponential(up), "repair": exponential(down)},
                **more,
            },
            "Packers": {"staff": 8},
        },
        "services": {
            "Make": {"provider": "Machines", "duration": exponential(1)},
            "Pack": {"provider": "Packers", "duration": exponential(0.4)},
        },
        "handoffs": {"Make -> Pack": {}},
        "consumers": {"Orders": poisson(rate, "Make")},
    }


case(
    "Machines that are down half of the time",
    "one more machine; those that are up are always busy",
    "Machines: outages half as often",
    "outages",
    machines(20, 9.3, 20.0, 20.0),
    duration="1500 h",
    warm_up="200 h",
    budget=20,
)
case(
    "Machines that are down half of the time, with promises",
    "one more machine",
    "Machines: outages half as often",
    "outages",
    merged(
        machines(24, 11.3, 10.0, 10.0),
        consumers={"Orders": {"sla": {"resolution": "95% within 3 h"}}},
    ),
    objective=None,
    duration="1500 h",
    warm_up="200 h",
)

# Priorities


def classes(staff: int, load: float, preemptive: bool, **low: Any) -> dict[str, Any]:
    rate = staff * load
    return {
        "providers": {"Staff": {"staff": staff, "discipline": "priority", "preemptive": preemptive}},
        "services": {
            f"Serve {name}": {"provider": "Staff", "duration": exponential(1)}
            for name in ("A", "B", "C", "D")
        },
        "consumers": {
            "High A": poisson(round(0.32 * rate, 3), "Serve A", priority=1),
            "High B": poisson(round(0.32 * rate, 3), "Serve B", priority=1),
            "High C": poisson(round(0.31 * rate, 3), "Serve C", priority=1),
            "Low": poisson(round(0.05 * rate, 3), "Serve D", priority=2, **low),
        },
    }


case(
    "Who comes last waits for all",
    "one more of staff that are 96% busy",
    "Staff: priorities equal",
    "priorities",
    classes(30, 0.96, False),
    objective=("flow_time", "Low"),
    duration="1000 h",
    warm_up="100 h",
    budget=20,
)
case(
    "A promise to those who come last",
    "one more of staff that are 96% busy",
    "Staff: priorities equal",
    "priorities",
    classes(30, 0.96, True, sla={"resolution": "90% within 6 h"}),
    objective=None,
    duration="1000 h",
    warm_up="100 h",
)

# A line, a scenario, ties

case(
    "A saturated line",
    "the first machine is occupied all the time, the second 87%",
    "Second: work 10% faster",
    "speed",
    {
        "providers": {
            "One": {"staff": 1},
            "Two": {"staff": 1, "queue_limit": 1, "when_full": "block"},
            "Three": {"staff": 1, "queue_limit": 1, "when_full": "block"},
        },
        "services": {
            "First": {"provider": "One", "duration": exponential(1)},
            "Second": {"provider": "Two", "duration": exponential(1.25)},
            "Third": {"provider": "Three", "duration": exponential(1)},
        },
        "handoffs": {"First -> Second": {}, "Second -> Third": {}},
        "consumers": {"Parts": {"arrivals": {"population": 10, "think": "1 min"}, "enters": "First"}},
    },
    objective="throughput",
    levers=["speed"],
    source="Markov chain: 0.606 an hour, elasticities to the three rates 0.243, 0.515 and 0.243",
    duration="1500 h",
    warm_up="100 h",
)
case(
    "A scenario does what no single lever does",
    "one more of either does nothing",
    "Two of each",
    "scenario",
    {
        "providers": pair(),
        "services": {"Serve": both(duration=exponential(0.85))},
        "consumers": {"People": poisson(1.0, "Serve")},
        "scenarios": {
            "Two of each": {"changes": {"providers": {"Operator": {"staff": 2}, "Tool": {"staff": 2}}}}
        },
    },
    theory={
        "Two of each": gain_of_staff(1, 1.0, 0.85),
        "Serve: work 10% faster": gain_of_speed(1, 1.0, 0.85),
        "Operator: one more": 0.0,
        "Tool: one more": 0.0,
    },
    source="M/M/1 and M/M/2",
    duration="2000 h",
    warm_up="200 h",
)
case(
    "Two equal desks",
    "there is one bottleneck",
    ("First: one more", "Second: one more"),
    "staff",
    line(1.0, ("First", 1, 0.8), ("Second", 1, 0.8)),
    theory={
        "First: one more": gain_of_staff(1, 1.0, 0.8),
        "Second: one more": gain_of_staff(1, 1.0, 0.8),
        "First work: work 10% faster": gain_of_speed(1, 1.0, 0.8),
        "Second work: work 10% faster": gain_of_speed(1, 1.0, 0.8),
    },
    source="Jackson network",
    duration="1500 h",
    warm_up="100 h",
    budget=20,
)
case(
    "Two equal ways",
    "there is one bottleneck",
    (
        "First work -> Second work: the way takes half as long",
        "Second work -> Third work: the way takes half as long",
    ),
    "delay",
    merged(
        line(1.0, ("First", 2, 0.6), ("Second", 2, 0.6), ("Third", 2, 0.6)),
        handoffs={
            "First work -> Second work": {"delay": "8 h"},
            "Second work -> Third work": {"delay": "8 h"},
        },
    ),
    source="brute force; 4 h are saved on either, and queues stay as they are up to the ends of the run",
    duration="600 h",
)
case(
    "The longest wait of a service, by a function",
    "the flow time ranks the way first",
    "Second: one more",
    "staff",
    merged(
        line(1.0, ("First", 2, 0.6), ("Second", 1, 0.75)),
        handoffs={"First work -> Second work": {"delay": "12 h"}},
    ),
    objective=longest_wait,
    duration="1500 h",
    warm_up="100 h",
)
