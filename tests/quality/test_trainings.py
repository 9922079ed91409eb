"""Trainings: who is away when, how what is learned comes, what it costs, and when it has paid for itself."""

import datetime as dt
from math import exp

import numpy as np
import pytest

import serviceflow as sf
from serviceflow.engine.program.lowering import lower
from serviceflow.model.schedules import DAY
from serviceflow.model.timetables import read_calendar, read_count, read_values
from serviceflow.model.trainings import without

HOUR, WEEK = DAY // 24, 7 * DAY
START = dt.date(2026, 1, 5)


def office(**training):
    chain = sf.ServiceChain(
        "Office", time_unit="h", run={"duration": "4 weeks", "replications": 2, "seed": 7}
    )
    chain.add_calendar("open", {"mon-fri": "08:00-16:00"})
    chain.add_provider(
        "Clerks", members={"Ann": {"cost": "30 per hour"}, "Ben": {}}, calendar="open", cost="20 per hour"
    )
    chain.add_provider("Desk", staff=2, cost="10 per hour")
    chain.add_service("Talk", provider="Desk", duration="gamma(mean=30 min, cv=0.5)")
    chain.add_service("Decide", provider="Clerks", duration="1 h")
    sla = {"resolution": "90% within 12 h", "penalty": "100 per breach"}
    chain.add_consumer("Clients", arrivals={"rate": "1 per hour"}, enters="Talk", sla=sla)
    chain.add_handoff("Talk -> Decide", probability="30%")
    chain.add_handoff("Talk -> end")
    told = {"provider": "Desk", "begins": "2026-01-13", "lasts": "2 days", "price": 100}
    chain.add_training("Manners", **{**told, **training})
    return chain


def of(chain):
    [found] = lower(chain).trainings
    return found


# The curve


def share_at(days, **curve):
    return of(office(**curve)).share("h", 10 * DAY + round(days * DAY))


def test_all_of_it_is_there_at_the_end_where_nothing_else_is_said():
    assert [share_at(days) for days in (-3, -0.001, 0, 30)] == [0, 0, 1, 1]


def test_a_ramp_is_a_straight_line():
    assert [share_at(days, ramp="20 days") for days in (-3, 0, 5, 20, 90)] == [0, 0, 0.25, 1, 1]


def test_a_time_constant_is_an_exponential_curve():
    days, training = np.linspace(-5, 80, 171), of(office(time_constant="10 days"))
    found = np.array([training.share("h", 10 * DAY + round(day * DAY)) for day in days])
    assert np.abs(found - (1 - np.exp(-np.maximum(days, 0) / 10))).max() < 0.007
    assert share_at(10, time_constant="10 days") == pytest.approx(1 - exp(-1), abs=0.007)
    assert (np.diff(found) >= 0).all()


def test_what_is_changed_moves_from_before_to_after():
    moved = {
        "services": {"Talk": {"duration": "gamma(mean=20 min, cv=0.5)"}},
        "handoffs": {"Talk -> Decide": {"probability": "10%"}},
    }
    run = lower(office(ramp="20 days", changes=moved)).chain
    [link] = [one for one in run.handoffs if str(one) == "Talk -> Decide"]

    def at(day):
        values = {"elapsed": float(10 * DAY + day * DAY)}
        mean = run.services["Talk"].duration.mean("h", values=values)
        return mean / HOUR * 60, run.handoffs[link].probability.mean("h", values=values)

    assert at(-5) == pytest.approx((30, 0.3))
    assert at(10) == pytest.approx((25, 0.2))
    assert at(40) == pytest.approx((20, 0.1))


def test_a_later_training_moves_what_an_earlier_one_left():
    chain = office(changes={"handoffs": {"Talk -> Decide": {"probability": "10%"}}})
    later = {"provider": "Desk", "begins": "3 weeks", "lasts": "1 day", "ramp": "2 weeks"}
    chain.add_training("Again", **later, changes={"handoffs": {"Talk -> Decide": {"probability": "4%"}}})
    run = lower(chain).chain
    [link] = [one for one in run.handoffs if str(one) == "Talk -> Decide"]
    found = [
        run.handoffs[link].probability.mean("h", values={"elapsed": day * float(DAY)})
        for day in (1, 15, 29, 60)
    ]
    assert found == pytest.approx([0.3, 0.1, 0.07, 0.04])


# Who is away


def test_all_are_away_while_it_lasts():
    desk = lower(office()).providers[1].staff
    assert [desk.at(day * DAY + 9 * HOUR) for day in (7, 8, 9, 10)] == [2, 0, 0, 2]


def test_some_are_away_and_half_days_count():
    desk = lower(office(staff=1, begins="2026-01-13 13:00", lasts="20 h")).providers[1].staff
    assert [desk.at(8 * DAY + hour * HOUR) for hour in (12, 13, 32, 33)] == [2, 1, 1, 2]


def test_a_member_is_away_and_the_others_are_not():
    clerks = lower(office(provider="Clerks", members="Ann")).providers[0]
    ann, ben = (member.schedule for member in clerks.members)
    assert [one.at(8 * DAY + 9 * HOUR) for one in (ann, ben)] == [0, 1]
    assert ann.total(0, 4 * WEEK) == (20 - 2) * 8 * HOUR
    assert ben.total(0, 4 * WEEK) == 20 * 8 * HOUR


def random_timetable(draw):
    """Shifts on some weekdays and dates, some of them over midnight; what touches says the same."""
    table = {}
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "2026-01-14", "2026-01-17"):
        start, end = sorted(draw.choice(24, 2, replace=False))
        if draw.random() < 0.3:
            start, end = 22, draw.integers(1, 7)
        table[day] = "closed" if draw.random() < 0.2 else f"{start:02}:00-{end:02}:00"
    return table


@pytest.mark.parametrize("seed", range(40))
def test_outside_of_it_a_timetable_stays_as_it_is(seed):
    draw = np.random.default_rng(seed)
    days = random_timetable(draw)
    first, length = (int(number) * HOUR // 2 for number in draw.integers(1, 500, 2))
    span = (first, first + length)
    calendar = read_calendar(days)
    staff = read_values(
        {day: blocks if blocks == "closed" else {blocks: 3} for day, blocks in days.items()}, read_count, "3"
    )
    closed, fewer = (
        without(calendar, START, span, lambda _: False),
        without(staff, START, span, lambda n: n - 2),
    )
    for table, left, inside in ((calendar, closed, 0), (staff, fewer, 1)):
        before, after = table.schedule(START), left.schedule(START)
        for time in range(0, 20 * DAY, HOUR // 2):
            stays = before.at(time) if not span[0] <= time < span[1] else inside * (before.at(time) > 0)
            assert after.at(time) == stays, time
    assert read_calendar(closed.to_dict()) == closed  # It can be written.


# What it costs


def cost_of(results):
    return results.kpis.query("measure == 'cost'").set_index("name")["mean"]


def test_staff_are_paid_while_they_learn_and_the_price_counts_once():
    chain = office(provider="Clerks", members="Ann")
    settings = {"duration": "2 weeks", "replications": 1, "engine": "simpy"}
    trained = cost_of(chain.simulate(**settings))
    without_it = cost_of(chain.change({"trainings": {"Manners": None}}).simulate(**settings))
    assert trained["Clerks"] - without_it["Clerks"] == pytest.approx(100)
    assert without_it["Clerks"] == pytest.approx(10 * 8 * (30 + 20), rel=0.05)


def test_when_it_has_paid_for_itself():
    cheaper = {
        "services": {"Talk": {"duration": "gamma(mean=10 min, cv=0.5)"}},
        "handoffs": {"Talk -> Decide": {"probability": "1%"}},
    }
    chain = office(changes=cheaper, lasts="1 h", staff=1)
    results = chain.simulate(replications=5, engine="simpy")
    table = results.measures()
    assert table["spent"].tolist() == [0, 100, 0, 0]
    assert table["staff_time"].tolist() == [0, 10, 0, 0]
    assert table["verdict"].tolist()[0] == ""
    assert table["verdict"].tolist()[-1] == "paid"
    whole = [results.kpis, results._without_trainings().kpis]
    total = [
        one[(one["scope"] == "chain") & one["measure"].isin(["cost", "penalty"])]["mean"].sum()
        for one in whole
    ]
    assert table["balance"].iloc[-1] == pytest.approx(total[1] - total[0])
    assert "spent, so far" in [line.get_label() for line in results.plot_measures().lines]


def test_it_is_in_nothing_but_the_chain_as_written(tmp_path):
    chain = office(ramp="2 weeks", changes={"services": {"Decide": {"duration": "30 min"}}})
    assert sf.ServiceChain.from_dict(chain.to_dict()) == chain
    results = chain.simulate("2 weeks", replications=1, engine="simpy")
    assert results.chain == chain
    assert str(results.audit()).endswith("no rule is broken")
    results.save(tmp_path / "a.results")
    assert sf.load_results(tmp_path / "a.results").chain == chain


# What is refused


REFUSED = {
    "begins": (
        {"begins": "2025-12-24"},
        "it begins before time 0, which is 2026-01-05, or in over 100 years",
    ),
    "lasts": ({"lasts": "0 h"}, "0 h is no length of a training; write a duration up to 1000 days"),
    "staff": ({"staff": 3}, "'Desk' has at most 2 on duty; train no more"),
    "members": ({"members": "Ann"}, "'Desk' has no members; write staff"),
    "provider": ({"provider": "Desc"}, "there is no provider 'Desc'; did you mean 'Desk'?"),
    "changes.services.Talk.duration": (
        {"changes": {"services": {"Talk": {"duration": "lognormal(mean=20 min, cv=0.5)"}}}, "ramp": "1 week"},
        "gamma(mean=30 min, cv=0.5) cannot be moved to lognormal(mean=20 min, cv=0.5); write gamma with mean, cv",  # noqa: E501
    ),
    "changes.services.Talk.patience": (
        {"changes": {"services": {"Talk": {"patience": "1 h"}}}},
        "a training moves durations, probabilities and numbers that are there before; nothing cannot be moved to 1 h",  # noqa: E501
    ),
    "changes.services.Tolk": (
        {"changes": {"services": {"Tolk": {"duration": "1 h"}}}},
        "there is nothing of this name to change; did you mean 'Talk'?",
    ),
}


@pytest.mark.parametrize("place", REFUSED)
def test_what_does_not_fit_is_told_in_its_place(place):
    fields, message = REFUSED[place]
    with pytest.raises(sf.ModelError) as caught:
        office(**fields).validate()
    assert [(one.path, one.message) for one in caught.value.problems] == [
        (f"trainings.Manners.{place}", message)
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"begins": "soon"}, "write a date"),
        ({"ramp": "1 week", "time_constant": "1 week"}, "time_constant and ramp exclude each other"),
        ({"members": "Ann", "staff": 1}, "staff and members exclude each other"),
        ({"lasts": "exponential(mean=1 day)"}, "must be constant; write a duration, such as 3 days"),
        ({"price": -1}, "-1 is no cost; write an amount from 0 on"),
    ],
)
def test_what_cannot_be_read_is_refused(fields, message):
    with pytest.raises(sf.ModelError, match=message):
        office(**fields)


def test_results_without_a_training_in_their_window_say_so():
    chain = office(begins="5 weeks")
    assert "it begins after the window has ended" in str(chain.check())
    with pytest.raises(sf.SurveyError, match="no training begins in the window"):
        chain.simulate(replications=1, engine="simpy").measures()
    with pytest.raises(sf.SurveyError, match="the chain has no training"):
        chain.change({"trainings": {"Manners": None}}).simulate(replications=1, engine="simpy").measures()


def test_both_engines_run_it_alike():
    chain = office(ramp="2 weeks", changes={"services": {"Talk": {"duration": "gamma(mean=20 min, cv=0.5)"}}})
    late = chain.change(
        {"handoffs": {"Talk -> Decide": {"probability": "60% if elapsed < 12 days else 10%"}}}
    )
    both = [late.simulate("2 weeks", replications=1, engine=engine) for engine in ("simpy", "compiled")]
    for table in ("requests", "visits"):
        assert getattr(both[0], table).equals(getattr(both[1], table))
