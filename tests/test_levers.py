"""Levers: which there are, what they gain, and when two of them cannot be told apart."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import serviceflow as sf
from serviceflow.analysis.levers import KINDS, LeverError, levers_of
from serviceflow.analysis.levers.looks import interval, look, reach, share_of
from serviceflow.analysis.levers.objective import ObjectiveError, objective_of
from serviceflow.analysis.levers.race import side_by_side
from serviceflow.analysis.levers.samples import QuantileSample, RatioSample, error_of
from serviceflow.analysis.levers.shifts import longer
from serviceflow.model.timetables import read_calendar, read_values
from serviceflow.results.quantile_intervals import quantile_interval

SHORT = {"duration": "2000 h", "warm_up": "200 h", "seed": 1, "engine": "compiled", "progress": False}


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
        assert calendar.to_dict() == {"mon-fri": "08:00-12:00, 13:00-18:00", "sat": "23:30-01:00"}
        assert chain.providers["One"].calendar == "office"

    def test_members_work_longer_by_their_own_calendars(self):
        chain = tandem()
        chain.add_calendar("early", {"mon-fri": "06:00-14:00"})
        chain.add_calendar("late", {"mon-fri": "14:00-22:00"})
        members = {"Ann": {"calendar": "early"}, "Bob": {"calendar": "late"}, "Cy": {}}
        chain = chain.change({"providers": {"One": {"members": members}}})
        changed = named(chain)["One: an hour more of each shift"].apply(chain)
        found = {
            who: one.calendar and changed.calendars[one.calendar].to_dict()["mon-fri"]
            for who, one in changed.providers["One"].members.items()
        }
        assert found == {"Ann": "06:00-15:00", "Bob": "14:00-23:00", "Cy": None}

    def test_who_is_new_has_a_name_of_its_own_and_no_experience(self):
        members = {"One more": {"experience": 50}}
        chain = tandem().change({"providers": {"One": {"members": members}}})
        found = named(chain)["One: one more"].apply(chain).providers["One"].members
        assert {who: str(one.experience) for who, one in found.items()} == {
            "One more": "50",
            "One more again": "None",
        }

    def test_blocks_of_a_calendar_are_levers_where_the_staff_are_a_number(self):
        chain = tandem()
        chain.add_calendar("office", {"mon-fri": "08:00-12:00, 13:00-17:00"})
        chain = chain.change({"providers": {"One": {"staff": 2, "calendar": "office"}}})
        changed = named(chain, blocks=True)["One: one more 13:00-17:00"].apply(chain).providers["One"]
        assert changed.staff.to_dict() == {"mon-fri": {"08:00-12:00": 2, "13:00-17:00": 3}}

    def test_what_changes_nothing_is_no_lever_whatever_scenarios_there_are(self):
        chain = tandem()
        chain.add_calendar("always", {"mon-sun": "00:00-24:00"})
        chain = chain.change({"providers": {"One": {"calendar": "always"}}})
        chain.add_scenario("Two", changes={"providers": {"One": {"staff": 2}}})
        assert "One: an hour more of each shift" not in named(chain)

    def test_priorities_of_a_stock_are_made_equal(self):
        chain = tandem()
        chain.add_stock("Beds", initial=15, discipline="priority")
        assert named(chain)["Beds: priorities equal"].apply(chain).stocks["Beds"].discipline == "fifo"

    def test_the_way_there_is_no_way_back(self):
        chain = sf.ServiceChain("There and back")
        for name in ("Look", "Expert"):
            chain.add_service(name, duration="5 min")
        chain.add_handoff("Look", "Expert", probability="30%")
        chain.add_handoff("Look", "end")
        chain.add_handoff("Expert", "Look", probability="20%")
        chain.add_handoff("Expert", "end")
        chain.add_consumer("People", arrivals={"rate": "1 per hour"}, enters="Look")
        assert [lever.name for lever in levers_of(chain) if lever.kind == "rework"] == [
            "Expert -> Look: nothing goes back"
        ]

    def test_a_condition_sends_nothing_back(self):
        chain = tandem()
        chain.add_attribute("faulty", {"yes": 0.3, "no": 0.7})
        chain.add_handoff("End up", "Begin", when="faulty == 'yes' and visit == 1")
        chain.add_handoff("End up", "end", when="faulty == 'no' or visit > 1")
        changed = named(chain)["End up -> Begin: nothing goes back"].apply(chain)
        done = changed.simulate(duration="100 h", replications=1, seed=1, engine="compiled").visits
        assert done["visit"].max() == 1

    def test_a_circle_with_two_entries_has_a_way_back(self):
        chain = tandem()
        chain.add_handoff("End up", "Begin", probability="20%")
        chain.add_handoff("End up", "end")
        chain.add_consumer("Others", arrivals={"rate": "1 per day"}, enters="End up")
        assert [lever.name for lever in levers_of(chain) if lever.kind == "rework"] == [
            "End up -> Begin: nothing goes back"
        ]

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
        done = changed.simulate(duration="100 h", replications=1, seed=1, engine="compiled").visits
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

    @pytest.mark.parametrize("name", sf.examples())
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
        assert list(found.table["verdict"]) == ["changed nothing"]
        assert found.best == ()
        assert "no lever is known to help (1 tried)" in found.sentence()

    @pytest.mark.long
    def test_what_is_behind_stops_early(self):
        found = tandem(0.9, 0.3).levers(levers=["staff"], budget=60, **SHORT)
        counts = dict(zip(found.table["lever"], found.table["replications"], strict=True))
        assert counts["Two: one more"] <= counts["One: one more"]
        assert found.race.spent <= 60

    def test_the_one_that_is_left_goes_on_until_it_is_known_to_help(self):
        found = tandem(0.9, 0.3).levers(levers=["One: one more"], budget=60, **SHORT)
        assert 2 < found.race.spent < 60
        assert found.best == ("One: one more",)
        assert found.table["simultaneous_low"].iloc[0] > 0

    def test_the_one_that_is_left_does_not_go_on_where_it_changes_nothing(self):
        idle = tandem(0.5, 0.5)
        idle.add_provider("Nobody asks", staff=1)
        found = idle.levers(levers=["Nobody asks: one more"], budget=60, **SHORT)
        assert found.race.spent < 20
        assert found.best == ()

    @pytest.mark.long
    def test_it_goes_on_where_ranks_are_open(self):
        found = tandem(0.8, 0.8).levers(levers=["staff"], budget=4, **SHORT)
        before = found.table
        assert list(before["replications"]) == [2, 2]
        after = found.more(8).table  # Looks at 3 and 5; the next is at 7.
        assert list(after["replications"]) == [5, 5]
        again = tandem(0.8, 0.8).levers(levers=["staff"], budget=12, **SHORT).table
        pd.testing.assert_frame_equal(after, again)
        assert list(found.more().table["replications"]) == [7, 7]

    def test_what_is_too_little_for_another_look_is_told(self):
        found = tandem(0.8, 0.8).levers(levers=["staff"], budget=10, **SHORT)
        with pytest.raises(
            LeverError, match="the next look at 2 levers takes 4 replications; give 4 or more"
        ):
            found.more(3)

    @pytest.mark.long
    def test_ranks_below_the_first_are_shared_where_nothing_is_known(self):
        chain = tandem(0.9, 0.2)
        own = {
            "less": {"services": {"Begin": {"duration": "exponential(mean=0.85 h)"}}},
            "as much": {"services": {"Begin": {"duration": "exponential(mean=0.85 h) * 1"}}},
        }
        found = chain.levers(levers=["One: one more", own], budget=60, **SHORT)
        assert dict(zip(found.table["lever"], found.table["rank"], strict=True)) == {
            "One: one more": 1,
            "less": 2,
            "as much": 2,
        }

    @pytest.mark.long
    def test_a_lever_with_which_the_chain_does_not_run_is_told(self):
        chain = tandem().change({"providers": {"Two": {"queue_limit": 5, "when_full": "block"}}})
        chain.add_handoff("End up", "Begin", probability=0.5)
        chain.add_handoff("End up", "end")
        shut = {
            "shut": {
                "providers": {"One": {"queue_limit": 0, "when_full": "block"}, "Two": {"queue_limit": 0}}
            }
        }
        found = chain.levers(levers=["staff", shut], budget=12, **SHORT)
        assert "shut" in found.failed
        assert found.table.iloc[-1][["lever", "verdict"]].tolist() == ["shut", "does not run"]
        assert "shut does not run: " in str(found)

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

    def test_lost_requests_are_those_who_gave_up_or_were_refused(self):
        chain = tandem(0.9, 0.6).change(
            {"services": {"Begin": {"patience": "1 h"}}, "providers": {"Two": {"queue_limit": 1}}}
        )
        results = self.results(chain)
        found = objective_of("lost", results)
        outcomes = results.requests["outcome"].isin(("gave up", "refused"))
        counted = results.requests["asked"].between(200, 2200, inclusive="left")
        assert found.take(results).value() == pytest.approx((outcomes & counted).sum() / 3)
        assert (found.name, found.unit) == ("lost requests", "requests")
        assert objective_of(("lost", "People"), results).name == "lost requests of People"

    def test_the_flow_time_says_that_it_does_not_count_who_was_lost(self):
        chain = tandem(0.9, 0.6).change({"services": {"Begin": {"patience": "1 h"}}})
        found = chain.levers(levers=["staff"], budget=4, **SHORT)
        assert "% who gave up or were refused: objective='lost' counts them)" in found.sentence()

    def test_what_is_cut_off_counts_with_its_time_so_far(self):
        results = self.results(tandem(3, 0.1))
        assert results.unfinished_share() > 0.2
        value = objective_of("flow_time", results).take(results).value()
        assert value > results.mean("chain", "flow_time")[0]
        assert objective_of("flow_time_p90", results).take(results).value() > value

    def test_what_cannot_be_told_of_the_chain_is_told(self):
        results = tandem().simulate(
            duration="1 min", replications=2, seed=1, engine="compiled", progress=False
        )
        with pytest.raises(ObjectiveError, match="flow_time cannot be told of Tandem: .* run for longer"):
            objective_of(None, results)

    def test_a_function_that_returns_no_number_is_told(self):
        def nothing(table):
            return None

        with pytest.raises(ObjectiveError, match="nothing returned None; return one number"):
            objective_of(nothing, self.results(tandem()))

    def test_a_function_of_figures(self):
        def longest(table):
            return table[(table["scope"] == "service") & (table["measure"] == "waiting_time")]["mean"].max()

        results = self.results(tandem())
        found = objective_of(longest, results)
        assert found.name == "longest"
        assert len(found.take(results).deviations()) == 3

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ("flow_tim", "objective: there is no measure 'flow_tim' of chain; did you mean 'flow_time'?"),
            (
                ("flow_time", "Peple"),
                r"objective \('flow_time', 'Peple'\): nothing is called 'Peple'",
            ),
            (
                ("consumer", "Peple", "flow_time"),
                "there is no consumer 'Peple'; did you mean 'People'",
            ),
            (7, "objective 7 is no figure: .* or give a function"),
        ],
    )
    def test_what_is_no_figure_is_told(self, given, message):
        results = self.results(tandem())
        with pytest.raises(ObjectiveError, match=message):
            objective_of(given, results)


class TestSamples:
    def test_the_error_of_means_is_the_usual_one(self):
        values = np.array([1.0, 4.0, 2.0, 9.0])
        sample = RatioSample(values, np.ones(4))
        base = RatioSample(np.zeros(4), np.ones(4))
        found = objective_of("flow_time", TestObjectives().results(tandem()))
        gain, deviations = found.gain(sample, base)
        assert gain == -4.0
        assert error_of(deviations) == pytest.approx(values.std(ddof=1) / 2)

    def test_the_error_of_ratios_is_that_of_the_tables(self):
        results = TestObjectives().results(tandem())
        sample = objective_of("flow_time", results).take(results)
        table = results.kpis
        row = table[(table["scope"] == "chain") & (table["measure"] == "flow_time")].iloc[0]
        half = stats.t.ppf(0.975, 2) * error_of(sample.deviations())
        assert (row["ci_high"] - row["ci_low"]) / 2 == pytest.approx(half)

    def test_quantiles_are_pooled_and_have_woodruffs_error(self):
        times = [np.sort(rng.exponential(size=400)) for rng in map(np.random.default_rng, range(12))]
        sample = QuantileSample(tuple(times), 0.9)
        value, low, high = quantile_interval(times, 0.9)
        assert sample.value() == value
        half = stats.t.ppf(0.975, 11) * error_of(sample.deviations())
        # The ends of the tables' interval are looked for; here they follow from the slope in between.
        assert half == pytest.approx((high - low) / 2, rel=0.1)
        assert math.isnan(QuantileSample((np.empty(0),), 0.9).value())

    def test_a_quantile_too_near_the_end_has_no_error(self):
        times = tuple(np.sort(rng.exponential(size=8)) for rng in map(np.random.default_rng, range(3)))
        assert math.isnan(error_of(QuantileSample(times, 0.95).deviations()))

    def test_pairs_go_together(self):
        draw = np.random.default_rng(1)
        times = [np.sort(draw.exponential(size=300) * draw.uniform(1, 2)) for _ in range(10)]
        ours = QuantileSample(tuple(0.9 * one for one in times), 0.9)
        base = QuantileSample(tuple(times), 0.9)
        assert error_of(ours.deviations() - base.deviations()) < 0.2 * error_of(base.deviations())


class TestLooks:
    def test_they_spend_all_of_the_error_and_no_more(self):
        shares = [share_of(look(place)) for place in range(25)]
        assert [look(place) for place in range(11)] == [2, 3, 5, 7, 10, 14, 20, 28, 40, 57, 80]
        assert sum(shares) == pytest.approx(1 - 5 / 30)

    def test_what_lies_between_two_looks_is_seen_at_the_first_of_them(self):
        assert share_of(39) == share_of(28) != share_of(40)

    def test_an_interval_is_wider_for_more_levers_and_as_long_as_it_says(self):
        # 5% x 5/(10 x 11) of the error at 20 replications, two-sided, for four levers.
        level = 0.05 * 5 / (11 * 12) / 4
        assert reach(20, 0.95, 4) == pytest.approx(stats.t.ppf(1 - level / 2, 19))

    def test_whoever_stops_when_it_suits_them_is_seldom_wrong(self):
        """Differences of mean 0: the looks up to 80 miss it in at most 5% of races, up to chance (3 s.e.)."""
        draws = np.random.default_rng(7).normal(size=(400, 80, 10))
        missed = np.zeros(400, dtype=bool)
        for count in map(look, range(11)):
            part = draws[:, :count]
            error = part.std(axis=1, ddof=1) / np.sqrt(count)
            missed |= (np.abs(part.mean(axis=1)) > reach(count, 0.95, 10) * error).any(axis=1)
        assert 0 < missed.mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)

    def test_skewed_differences_reach_farther_on_the_side_of_their_tail(self):
        skewed = np.array([0.1, 0.2, 0.1, 0.3, 0.2, 0.1, 0.2, 0.3, 0.1, 2.0])
        low, high = interval(skewed.mean(), skewed - skewed.mean(), 0.95, 1)
        student = reach(10, 0.95, 1) * error_of(skewed - skewed.mean())
        assert skewed.mean() - low == pytest.approx(student)
        assert high - skewed.mean() > 1.5 * student

    def test_a_few_equal_differences_prove_nothing_unless_nothing_varies(self):
        assert all(map(math.isnan, interval(1.0, np.zeros(5), 0.95, 3)))
        assert interval(1.0, np.zeros(20), 0.95, 3) == (1.0, 1.0)
        assert interval(1.0, np.zeros(5), 0.95, 3, exact=True) == (1.0, 1.0)


class TestShifts:
    @pytest.mark.parametrize(
        ("hours", "expected"),
        [
            ({"mon-sun": "22:00-06:00"}, {"mon-sun": "22:00-07:00"}),
            ({"mon-sun": "07:00-11:00, 15:00-19:00"}, {"mon-sun": "07:00-12:00, 15:00-20:00"}),
            ({"mon-fri": "08:00-10:30, 12:30-17:00"}, {"mon-fri": "08:00-10:30, 12:30-18:00"}),
            ({"sun": "23:00-24:00", "mon": "00:00-02:00"}, {"sun": "23:00-24:00", "mon": "00:00-03:00"}),
            ({"mon-sun": "00:00-24:00"}, {"mon-sun": "00:00-24:00"}),
            (
                {"fri": "08:00-17:00", "2026-12-24": "08:00-23:30"},
                {"fri": "08:00-18:00", "2026-12-24": "08:00-24:00"},
            ),
        ],
    )
    def test_a_calendar(self, hours, expected):
        assert longer(read_calendar(hours)).to_dict() == read_calendar(expected).to_dict()

    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            (
                {"00:00-08:00": 1, "08:00-16:00": 3, "16:00-24:00": 2},
                {"01:00-08:00": 1, "08:00-17:00": 3, "17:00-01:00": 2},
            ),
            (
                {"08:00-12:00": 2, "12:00-13:00": 1, "13:00-17:00": 2},
                {"08:00-12:00": 2, "12:00-13:00": 1, "13:00-18:00": 2},
            ),
            ({"06:00-06:30": 5, "06:30-08:00": 1}, {"06:00-07:30": 5, "07:30-09:00": 1}),
            ({"08:00-12:00": 2, "12:00-16:00": 0}, {"08:00-13:00": 2, "13:00-16:00": 0}),
        ],
    )
    def test_staff_by_blocks(self, day, expected):
        table = read_values({"mon-sun": day}, int, "3")
        assert longer(table).to_dict() == {"mon-sun": expected}


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        (["sttaff"], "there is no lever 'sttaff'; did you mean 'staff'?; name levers, scenarios or kinds"),
        ("sttaff", "there is no lever 'sttaff'; did you mean 'staff'?"),
        (["outages"], "Tandem has no lever of this kind; name changes of your own, as in a scenario"),
        ([], "Tandem has no lever of this kind"),
        (7, "levers=7: give names of levers or kinds, or changes by name"),
        ([7], "levers: 7 is no name; give names of levers or kinds, or changes by name"),
        ({"mine": 5}, "levers: 'mine': 5 is no change; write it as in a scenario"),
        ({"mine": {"providers": {"Onee": {"staff": 3}}}}, "lever 'mine': providers.Onee: "),
        (
            {"mine": {"services": {"Begin": {"provider": "Nobody"}}}},
            "lever 'mine': services.Begin.provider: ",
        ),
        (["staff", {"One: one more": {"providers": {"One": {"staff": 3}}}}], "two levers are called"),
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


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"budget": 0}, "budget=0: give a whole number of replications, at least 1"),
        ({"budget": "many"}, "budget='many': give a whole number"),
        ({"confidence": 95}, "confidence=95: give a level between 0 and 1, such as 0.95"),
        (
            {"replications": 5},
            "levers have no setting 'replications'; the budget says how many; there are: duration",
        ),
        ({"durration": "1 h"}, "levers have no setting 'durration'; did you mean 'duration'?; there are"),
    ],
)
def test_settings_that_cannot_be_used_are_told(settings, message):
    with pytest.raises(LeverError) as told:
        tandem().levers(**SHORT, **settings)
    assert message in str(told.value)


def test_an_interrupt_within_a_run_stops_the_race(monkeypatch):
    from dataclasses import replace

    from serviceflow.analysis import levers

    replicate = levers.replicate

    def interrupted(chain, first=0, **settings):
        runs = replicate(chain, first=first, **settings)
        return replace(runs, interrupted=first > 0)

    monkeypatch.setattr(levers, "replicate", interrupted)
    found = tandem(0.8, 0.8).levers(levers=["staff"], budget=40, **SHORT)
    assert found.race.interrupted
    assert found.race.base.count == 7
    assert set(found.table["replications"]) == {5}


@pytest.mark.parametrize("threads", [1, 3])
def test_levers_side_by_side_make_the_same(threads):
    seen = []

    def work(number):
        seen.append(number)
        return 2 * number

    assert list(side_by_side(work, range(5), threads)) == [0, 2, 4, 6, 8]
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_gains_without_an_interval_are_not_said_to_be_losses():
    """So few differences that are equal tell nothing yet."""
    chain = sf.ServiceChain("Outside", time_unit="h", run={"duration": "100 h"})
    chain.add_provider("Clerk", staff=1)
    chain.add_service("Order", provider="Clerk", duration="exponential(mean=0.3 h)")
    chain.add_service("Supplier", duration="20 h")
    chain.add_handoff("Order", "Supplier")
    chain.add_consumer("People", arrivals={"rate": "1 per h"}, enters="Order")
    table = chain.levers(budget=9, seed=1, engine="compiled", progress=False).table
    first = table.iloc[0]
    assert (first["lever"], first["gain"]) == ("Supplier: work 10% faster", pytest.approx(2))
    assert first["verdict"] == "cannot be told"


def test_where_nothing_helps_a_promise_the_flow_time_is_tried():
    """Nobody can be served within a second, whatever one does."""
    chain = tandem()
    name = next(iter(chain.consumers))
    chain = chain.change({"consumers": {name: {"sla": {"resolution": "90% within 1 s"}}}})
    found = chain.levers(
        levers=["staff"], duration="2 days", budget=20, seed=1, engine="simpy", progress=False
    )
    assert found.in_vain is not None
    assert found.objective == "flow_time"
    assert found.best
    first, second = found.sentence().split("tried). ")
    assert "no lever is known to help" in first
    assert "What would help most is" in second


def test_what_was_asked_for_is_what_is_improved():
    chain = tandem()
    name = next(iter(chain.consumers))
    chain = chain.change({"consumers": {name: {"sla": {"resolution": "90% within 1 s"}}}})
    options = {"duration": "1 day", "budget": 8, "seed": 1, "engine": "simpy", "progress": False}
    found = chain.levers(f"{name}: resolution", levers=["staff"], **options)
    assert found.in_vain is None
    assert not found.best
