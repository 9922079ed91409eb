"""How cases come is found from when they begin: at random, on the dot, or at distances within open time."""

import numpy as np
import pytest

import serviceflow as sf
from serviceflow.mining.discovery.demand import demand

MINUTE = 60_000_000
MONDAY = 4 * 24 * 60 * MINUTE
"""1970-01-05 in microseconds."""


def office(gaps, begin=9.0, end=17.0, days=5, weeks=6, factor=lambda hour: 1.0):
    """Instants whose distances, in minutes, pass from `begin` to `end` o'clock of working days."""
    gaps = iter(gaps)
    found, left = [], next(gaps)
    for day in range(7 * weeks):
        clock = begin * 60
        if day % 7 >= days:
            continue
        while clock + left * factor(clock / 60) < end * 60:
            clock += left * factor(clock / 60)
            found.append(MONDAY + int((day * 24 * 60 + clock) * MINUTE))
            left = next(gaps)
        left -= (end * 60 - clock) / factor(clock / 60)
    return np.array(found, dtype=np.int64)


def found(instants, free=None):
    free = np.ones(len(instants), dtype=bool) if free is None else free
    return demand(instants, (int(instants.min()), int(instants.max()) + 1), free)


def drawn(family, *parameters):
    source = np.random.default_rng(3)
    return (getattr(source, family)(*parameters) for _ in range(10**6))


@pytest.mark.parametrize(("begin", "end", "open_"), [(9, 17, "09:00-17:00"), (8.5, 16.25, "08:30-16:15")])
def test_on_the_dot_in_office_hours(begin, end, open_):
    one = found(office((4 for _ in range(10**6)), begin, end))
    assert one.arrivals == {"every": "4 min"}
    assert one.calendar == {"mon-fri": open_}
    assert one.how == "distances in open time, constant: 95% within 5 s"


def test_who_begins_late_came_on_the_dot_all_the_same():
    instants = office(4 for _ in range(10**6))
    late = np.arange(len(instants)) % 5 == 0
    instants[late] += 2 * MINUTE
    assert found(instants, ~late).arrivals == {"every": "4 min"}
    assert "profile" in found(instants, np.zeros(len(instants), dtype=bool)).arrivals


def test_a_family_in_office_hours():
    one = found(office(drawn("gamma", 4, 1.5)))
    assert one.arrivals["every"].startswith("gamma(mean=") or "lognormal" in one.arrivals["every"]
    assert one.calendar == {"mon-fri": "09:00-17:00"}
    assert one.spread == pytest.approx(0.5, abs=0.1)


def test_a_family_whose_rate_changes_with_the_hour():
    slower = office(drawn("gamma", 9, 0.5), factor=lambda hour: 1.0 if hour < 13 else 3.0)
    one = found(slower)
    text = one.arrivals["every"]
    assert "hour >= 13 and hour < 17" in text
    assert one.spread < 0.6
    chain = sf.ServiceChain(
        "Learned", start="1970-01-05", run={"duration": "6 weeks", "horizon": "terminating"}
    )
    chain.add_calendar("open", one.calendar)
    chain.add_service("Talk", duration="0 min")
    chain.add_consumer("Cases", arrivals={"every": text, "calendar": "open"}, enters="Talk")
    again = chain.simulate(replications=1, seed=4, engine="simpy").to_log()
    assert len(again) == pytest.approx(len(slower), rel=0.05)
    hours = [np.mean(stamps < 13) for stamps in (again["start"].dt.hour, (slower // (60 * MINUTE)) % 24)]
    assert hours[0] == pytest.approx(hours[1], abs=0.03)


def test_at_random_in_office_hours_is_a_profile():
    one = found(office(drawn("exponential", 6)))
    assert list(one.arrivals) == ["profile"]
    assert one.approximated == ""


def test_a_family_at_all_hours_needs_no_calendar():
    one = found(office(drawn("gamma", 4, 1.5), 0, 24, 7))
    assert one.calendar == {}
    assert "every" in one.arrivals


def test_distances_of_those_who_had_to_wait_are_not_those_of_who_comes():
    instants = office(drawn("gamma", 9, 0.5))
    one = found(instants, np.arange(len(instants)) % 2 == 0)
    assert "profile" in one.arrivals


def test_groups_come_at_distances_too():
    instants = np.repeat(office(10 for _ in range(10**6)), 3)
    one = found(instants)
    assert one.arrivals == {"every": "10 min", "batch": "discrete(values=[3], shares=[1.000000])"}
    assert one.how.endswith("several at one instant")
