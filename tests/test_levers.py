"""Levers: which there are, what they gain, and when two of them cannot be told apart."""

import math

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.analysis.levers import KINDS, LeverError, levers_of
from serviceflow.analysis.levers.objective import ObjectiveError, QuantileSample, RatioSample, objective_of

SHORT = {"duration": "2000 h", "warm_up": "200 h", "seed": 1, "engine": "simpy", "progress": False}


def tandem(first=0.9, second=0.6):
    """Two single servers in a row with these loads."""
    made = sf.ServiceChain("Tandem", time_unit="h")
    made.add_provider("One", staff=1)
    made.add_provider("Two", staff=1)
    made.add_service("Begin", provider="One", duration=f"exponential(mean={first} h)")
    made.add_service("End up", provider="Two", duration=f"exponential(mean={second} h)")
    made.add_handoff("Begin", "End up")
    made.add_consumer("People", arrivals={"rate": "1 per hour"}, enters="Begin")
    return made


def named(chain, **options):
    return {lever.name: lever for lever in levers_of(chain, **options)}


class TestWhichThereAre:
    def test_a_provider_has_one_more_of_its_staff(self):
        lever = named(tandem())["One: one more"]
        assert lever.apply(tandem()).providers["One"].staff == 2

    def test_staff_by_blocks_grow_where_somebody_is_on_duty(self):
        chain = tandem().change(
            {"providers": {"One": {"staff": {"mon-fri": {"08:00-12:00": 2, "12:00-16:00": 0}}}}}
        )
        levers = named(chain, blocks=True)
        changed = levers["One: one more"].apply(chain).providers["One"].staff.to_dict()
        assert changed == {"mon-fri": {"08:00-12:00": 3, "12:00-16:00": 0}}

    def test_each_block_of_a_shift_is_a_lever_if_asked(self):
        staff = {"mon-sun": {"08:00-12:00": 2, "12:00-20:00": 1}}
        chain = tandem().change({"providers": {"One": {"staff": staff}}})
        assert "One: one more 12:00-20:00" not in named(chain)
        lever = named(chain, blocks=True)["One: one more 12:00-20:00"]
        assert lever.apply(chain).providers["One"].staff.to_dict() == {
            "mon-sun": {"08:00-12:00": 2, "12:00-20:00": 2}
        }

    def test_members_get_one_like_those_who_can_do_the_same(self):
        members = {"Ann": {"skills": ["French"]}, "Bob": {}, "Cy": {}}
        chain = tandem().change({"providers": {"One": {"members": members}}})
        assert {"One: one like Ann", "One: one like Bob"} <= named(chain).keys()
        assert "One: one like Cy" not in named(chain)
        changed = named(chain)["One: one like Ann"].apply(chain).providers["One"].members
        assert changed["One like Ann"].skills == ("French",)

    def test_a_shift_lasts_an_hour_longer_and_no_longer_than_the_next_begins(self):
        chain = tandem()
        chain.add_calendar("office", {"mon-fri": "08:00-12:00, 13:00-17:00", "sat": "23:30-24:00"})
        chain = chain.change({"providers": {"One": {"calendar": "office"}}})
        changed = named(chain)["One: an hour more of each shift"].apply(chain)
        calendar = changed.calendars[changed.providers["One"].calendar]
        assert calendar.to_dict() == {"mon-fri": "08:00-12:00, 13:00-18:00", "sat": "23:30-24:00"}
        assert chain.providers["One"].calendar == "office"

    def test_ways_leave_at_once_take_half_as_long_and_are_complete(self):
        chain = tandem().change(
            {
                "handoffs": {
                    "Begin -> End up": {
                        "every": "1 h",
                        "delay": "20 min",
                        "clarification": {"probability": "10%", "delay": "1 h"},
                    }
                }
            }
        )
        levers = named(chain)
        link = "Begin -> End up"
        ways = {
            title: next(iter(levers[f"{link}: {title}"].apply(chain).handoffs.values()))
            for title in (
                "leaves at once",
                "the way takes half as long",
                "always complete",
            )
        }
        assert ways["leaves at once"].every is None
        assert str(ways["the way takes half as long"].delay) == "0.5 * 20 min"
        assert ways["always complete"].clarification is None

    def test_a_batch_has_two_levers(self):
        chain = tandem().change({"handoffs": {"Begin -> End up": {"batch": {"size": 5, "max_wait": "1 h"}}}})
        levers = named(chain)
        halved = levers["Begin -> End up: batches half as large"].apply(chain)
        assert next(iter(halved.handoffs.values())).batch.size == 3
        assert "Begin -> End up: leaves at once" in levers

    @pytest.mark.parametrize("rest", [{}, {"probability": "80%"}])
    def test_nothing_goes_back_and_the_others_share_what_did(self, rest):
        chain = tandem()
        chain.add_service("Check", duration="5 min")
        chain.add_handoff("End up", "Check")
        chain.add_handoff("Check", "Begin", probability="20%")
        chain.add_handoff("Check", "end", **rest)
        changed = named(chain)["Check -> Begin: nothing goes back"].apply(chain)
        assert changed.check().ok
        done = changed.simulate(duration="100 h", replications=1, seed=1, engine="simpy").visits
        assert done["visit"].max() == 1

    def test_stocks_grow_or_order_earlier(self):
        chain = tandem()
        chain.add_stock("Beds", initial=15)
        chain.add_stock("Steel", initial=40, reorder={"below": 4, "up_to": 40, "enters": "Begin"})
        levers = named(chain)
        assert levers["Beds: 17 in place of 15"].apply(chain).stocks["Beds"].initial == 17
        reorder = levers["Steel: orders below 5 in place of 4"].apply(chain).stocks["Steel"].reorder
        assert (str(reorder.below), str(reorder.up_to)) == ("5", "41")

    def test_troubles_of_a_provider(self):
        chain = tandem().change(
            {
                "providers": {
                    "One": {
                        "discipline": "priority",
                        "preemptive": True,
                        "queue_limit": 3,
                        "outages": {"after": "exponential(mean=50 h)", "repair": "2 h"},
                    }
                },
                "services": {"Begin": {"setup": "5 min", "batch": {"size": 4}}},
            }
        )
        levers = named(chain)
        assert levers["One: priorities equal"].apply(chain).providers["One"].discipline == "fifo"
        assert levers["One: one more place in the queue"].apply(chain).providers["One"].queue_limit == 4
        outages = levers["One: outages half as often"].apply(chain).providers["One"].outages
        assert str(outages.after) == "2 * exponential(mean=50 h)"
        assert levers["Begin: no setup"].apply(chain).services["Begin"].setup is None
        assert levers["Begin: batches half as large"].apply(chain).services["Begin"].batch.size == 2

    @pytest.mark.parametrize(
        "name", ["hotel_checkin", "manufacturing_supply", "project_delivery", "customer_data"]
    )
    def test_every_lever_of_a_shipped_chain_gives_a_chain_that_runs(self, name):
        chain = sf.example(name)
        levers = list(levers_of(chain, blocks=True))
        assert len(levers) >= 20
        assert {lever.kind for lever in levers} <= KINDS.keys()
        assert len({lever.name for lever in levers}) == len(levers)
        for lever in levers:
            lever.apply(chain).validate()


class TestWhatIsBest:
    def test_the_busier_of_two_servers(self):
        found = tandem(0.9, 0.6).levers(levers=["One: one more", "Two: one more"], budget=20, **SHORT)
        assert found.best == ("One: one more",)
        row = found.table.iloc[0]
        # M/M/1 at 0.9 against M/M/2 at 0.45 each: 9 h against 1.1285 h in the system.
        assert row["simultaneous_low"] < 9 - 1.12853 < row["simultaneous_high"]
        assert list(found.table["verdict"]) == ["best", "helps"]
        assert "What would help most is One: one more" in found.sentence()

    def test_two_that_are_alike_are_a_tie(self):
        found = tandem(0.8, 0.8).levers(levers=["One: one more", "Two: one more"], budget=20, **SHORT)
        assert set(found.best) == {"One: one more", "Two: one more"}
        assert set(found.table["verdict"]) == {"tied with the best"}
        assert list(found.table["rank"]) == [1, 1]
        assert "cannot tell apart" in found.sentence()

    def test_what_changes_nothing_is_said_to(self):
        idle = tandem(0.5, 0.5)
        idle.add_provider("Nobody asks", staff=1)
        own = {"idle": {"providers": {"Nobody asks": {"staff": 2}}}}
        found = idle.levers(levers=own, budget=4, **SHORT)
        assert list(found.table["verdict"]) == ["changes nothing"]
        assert found.best == ()
        assert "no lever is known to help (1 tried)" in found.sentence()

    def test_what_is_behind_stops_early(self):
        found = tandem(0.9, 0.3).levers(levers=["staff"], budget=60, **SHORT)
        counts = dict(zip(found.table["lever"], found.table["replications"], strict=True))
        assert counts["Two: one more"] <= counts["One: one more"]
        assert found.race.spent <= 60

    def test_it_goes_on_where_ranks_are_open(self):
        found = tandem(0.8, 0.8).levers(levers=["staff"], budget=4, **SHORT)
        before = found.table
        assert list(before["replications"]) == [2, 2]
        after = found.more(8).table
        assert list(after["replications"]) == [6, 6]
        again = tandem(0.8, 0.8).levers(levers=["staff"], budget=12, **SHORT).table
        pd.testing.assert_frame_equal(after, again)

    def test_a_scenario_is_a_lever_even_where_others_no_longer_fit(self):
        chain = tandem(0.9, 0.6).change({"handoffs": {"Begin -> End up": {"every": "2 h"}}})
        chain.add_scenario("No rounds", changes={"handoffs": {"Begin -> End up": {"every": None}}})
        found = chain.levers(levers=["No rounds", "dispatch"], budget=4, **SHORT)
        gains = dict(zip(found.table["lever"], found.table["gain"], strict=True))
        assert gains["No rounds"] == gains["Begin -> End up: leaves at once"] > 0.9


class TestObjectives:
    def results(self, chain):
        return chain.simulate(replications=3, **SHORT)

    def test_by_default_a_broken_promise_to_a_consumer(self):
        chain = tandem().change({"consumers": {"People": {"sla": {"resolution": "90% within 5 h"}}}})
        found = objective_of(None, self.results(chain))
        assert (found.name, found.higher) == ("attainment of People: resolution", True)

    def test_by_default_the_flow_time_where_promises_are_kept(self):
        chain = tandem(0.2, 0.2).change({"consumers": {"People": {"sla": {"resolution": "90% within 50 h"}}}})
        assert objective_of(None, self.results(chain)).name == "flow_time"

    def test_several_broken_promises_are_one_count_of_breaches(self):
        sla = {"response": "99% within 1 min", "resolution": "99% within 1 h"}
        results = self.results(tandem().change({"consumers": {"People": {"sla": sla}}}))
        found = objective_of(None, results)
        breaches = results.slas["breaches"].sum()
        assert found.take(results).value() == pytest.approx(breaches)

    @pytest.mark.parametrize("given", [("flow_time_p90", "People"), "flow_time_p90: People"])
    def test_a_quantile_is_that_of_the_tables(self, given):
        results = self.results(tandem())
        value = objective_of(given, results).take(results).value()
        assert value == pytest.approx(results.consumers.loc["People", "flow_time_p90"])

    @pytest.mark.parametrize(
        "given", ["flow_time", "throughput", ("utilization", "One"), ("chain", "", "cost")]
    )
    def test_a_figure_is_that_of_the_tables(self, given):
        results = self.results(tandem().change({"providers": {"One": {"cost": "20 per hour"}}}))
        found = objective_of(given, results)
        key = given if isinstance(given, str) else given[-1] if len(given) == 3 else given[0]
        scope = "provider" if "One" in given else "chain"
        table = results.kpis
        row = table[(table["measure"] == key) & (table["scope"] == scope)]
        row = row[row["name"] == "One"] if scope == "provider" else row
        assert found.take(results).value() == pytest.approx(row["mean"].iloc[0])

    def test_a_function_of_figures(self):
        def longest(table):
            return table[(table["scope"] == "service") & (table["measure"] == "waiting_time")]["mean"].max()

        results = self.results(tandem())
        found = objective_of(longest, results)
        assert found.name == "longest"
        assert len(found.take(results).left_out()) == 3

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ("flow_tim", "objective: there is no measure 'flow_tim' of chain; did you mean 'flow_time'?"),
            (("flow_time", "Peple"), r"objective=\('flow_time', 'Peple'\) is no figure: give a measure"),
            (
                ("consumer", "Peple", "flow_time"),
                "objective: there is no consumer 'Peple'; did you mean 'People'",
            ),
            (7, "objective=7 is no figure"),
        ],
    )
    def test_what_is_no_figure_is_told(self, given, message):
        results = self.results(tandem())
        with pytest.raises(ObjectiveError, match=message):
            objective_of(given, results)


class TestSamples:
    def test_the_error_of_means_is_the_usual_one(self):
        values = np.array([[1.0], [4.0], [2.0], [9.0]])
        sample = RatioSample(values, np.ones_like(values))
        base = RatioSample(np.zeros_like(values), np.ones_like(values))
        found = objective_of("flow_time", TestObjectives().results(tandem()))
        gain, error, count = found.gain(sample, base)
        assert (gain, count) == (-4.0, 4)
        assert error == pytest.approx(values.std(ddof=1) / 2)

    def test_quantiles_are_pooled(self):
        sample = QuantileSample((np.arange(1.0, 8.0), np.arange(8.0, 11.0)), 0.9)
        assert sample.value() == 9.0
        assert list(sample.left_out()) == [10.0, 7.0]
        assert math.isnan(QuantileSample((np.empty(0),), 0.9).value())


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        (["sttaff"], "there is no lever 'sttaff'; did you mean 'staff'?; name levers, scenarios or kinds"),
        (["outages"], "Tandem has no lever of this kind; name changes of your own, as in a scenario"),
    ],
)
def test_what_is_no_lever_is_told(levers, message):
    with pytest.raises(LeverError) as told:
        tandem().levers(levers=levers, **SHORT)
    assert message in str(told.value)


def test_an_interrupt_keeps_what_has_been_run(monkeypatch):
    from serviceflow.analysis.levers.race import Race

    stage = Race._stage

    def stop(race, run, count, tick):
        if race.spent:
            raise KeyboardInterrupt
        stage(race, run, count, tick)

    monkeypatch.setattr(Race, "_stage", stop)
    found = tandem(0.8, 0.8).levers(levers=["staff"], budget=40, **SHORT)
    assert found.race.interrupted
    assert list(found.table["replications"]) == [5, 5]
