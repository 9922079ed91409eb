"""Logs beside a model, week by week: what leaves it and why, and what a change brought."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.mining.before_after import step_of
from serviceflow.mining.weekly import WEEK, LogWeeks, Weeks

DESK = """
serviceflow: 1
name: Desk
time_unit: min
run: {duration: 10 weeks, replications: 3, seed: 1}
calendars: {open: {mon-fri: "08:00-16:00"}}
providers: {Clerk: {staff: 1}, Back: {staff: 1}}
services:
  Talk: {provider: Clerk, duration: exponential(mean=20 min)}
  Solve: {provider: Back, duration: exponential(mean=30 min)}
consumers:
  Clients:
    arrivals: {rate: 40 per day}
    enters: Talk
    sla: {resolution: 80% within (2 h if big else 1 h)}
    attributes: {big: {1: 50%, 0: 50%}}
handoffs:
  Talk -> Solve: {probability: 40%, sla: {response: 90% within 1 h, first_time_right: 90%}}
  Talk -> end: {}
"""
MONDAY = pd.Timestamp("2026-01-05")


@pytest.fixture(scope="module")
def chain():
    return sf.loads(DESK)


@pytest.fixture(scope="module")
def expected(chain):
    return chain.simulate(engine="simpy")


def log_of(chain, seed=5, **changes):
    changed = chain.change(changes) if changes else chain
    return changed.simulate("6 weeks", replications=1, seed=seed, engine="simpy").to_log()


class TestMonitor:
    def test_a_log_of_the_model_itself_is_quiet(self, chain, expected):
        found = sf.monitor(expected, sf.read_log(log_of(chain)))
        names = {"kept: Clients: resolution", "kept: Talk -> Solve: response", "wait: Clerk", "wait: Back"}
        assert set(found.table["figure"]) == names
        assert (found.table["state"] != "").mean() < 0.1
        assert found.explanations.empty

    def test_what_has_changed_is_found_and_explained(self, chain, expected):
        slower = log_of(chain, services={"Solve": {"duration": "exponential(mean=55 min)"}})
        found = sf.monitor(expected, slower)
        assert {"wait: Back", "kept: Talk -> Solve: response"} <= set(found.left)
        first = found.explanations.iloc[0]
        assert first["parameter"] == "duration of Solve"
        assert first["ratio"] == pytest.approx(55 / 30, rel=0.15)
        assert "of the change in wait: Back" in first["explains"]
        assert "duration of Solve: " in str(found)

    def test_more_who_come_and_another_share(self, chain, expected):
        changes = {
            "consumers": {"Clients": {"arrivals": {"rate": "52 per day"}}},
            "handoffs": {"Talk -> Solve": {"probability": "20%"}},
        }
        found = sf.monitor(expected, log_of(chain, **changes)).explanations
        told = found.set_index("parameter")["observed"]
        assert told["arrivals of Clients"] == pytest.approx(7 * 52, rel=0.1)
        assert told["share of Talk -> Solve"] == pytest.approx(0.2, abs=0.03)

    def test_a_log_without_more_than_starts_and_ends(self, chain, expected):
        table = log_of(chain)[["case", "activity", "resource", "start", "end"]]
        found = sf.monitor(expected, table)
        assert found.notes == ("Clients: resolution: a log does not show whether it was kept",)
        assert (found.table["state"] != "").mean() < 0.1

    def test_a_chain_is_simulated(self, chain):
        found = sf.monitor(chain, log_of(chain), replications=2, duration="12 weeks", seed=3, engine="simpy")
        assert set(found.table["week"]) == {1, 2, 3, 4, 5}

    def test_its_chart(self, chain, expected):
        matplotlib.use("Agg")
        found = sf.monitor(expected, log_of(chain, services={"Solve": {"duration": "2 h"}}), explain=False)
        axes = found.plot("wait: Back")
        assert axes.get_title(loc="left") == "wait: Back"
        assert "outside" in axes.get_legend_handles_labels()[1]
        with pytest.raises(
            sf.SurveyError, match="there is no figure 'wait: Bank'; did you mean 'wait: Back'"
        ):
            found.plot("wait: Bank")

    def test_errors(self, chain, expected):
        other = log_of(chain).assign(activity="Something")
        with pytest.raises(
            sf.SurveyError, match="the log shows nothing of 'Desk': no activity is called as one"
        ):
            sf.monitor(expected, other)
        short = log_of(chain).head(20)
        with pytest.raises(sf.SurveyError, match="the log has no whole week; give a longer one"):
            sf.monitor(expected, short)


def test_weeks_by_hand(chain):
    """Two cases in week 1, one in week 2; on an office clock the night does not count."""
    office = chain.change(
        {
            "consumers": {
                "Clients": {"sla": {"resolution": "80% within 2 h", "clock": "open"}, "attributes": None}
            }
        }
    )
    rows = [
        ("a", "Talk", MONDAY + pd.Timedelta("9h"), MONDAY + pd.Timedelta("9h30min")),
        ("a", "Solve", MONDAY + pd.Timedelta("10h"), MONDAY + pd.Timedelta("10h30min")),
        ("b", "Talk", MONDAY + pd.Timedelta("15h"), MONDAY + pd.Timedelta("32h30min")),
        ("c", "Talk", MONDAY + pd.Timedelta("7D8h"), MONDAY + pd.Timedelta("7D9h")),
    ]
    table = pd.DataFrame(rows, columns=["case", "activity", "start", "end"])
    begins = int(MONDAY.as_unit("us").asm8.astype(np.int64))
    weeks = LogWeeks(table, office, Weeks(begins, 2))
    found = {
        (row.figure, row.week): (row.value, row.count) for row in weeks.figures().itertuples(index=False)
    }
    assert found["kept: Clients: resolution", 1] == (
        1.0,
        2,
    )  # b took an hour on Monday and half of one on Tuesday.
    assert found["kept: Talk -> Solve: response", 1] == (1.0, 1)
    assert found["wait: Back", 1] == (30.0, 1)
    asked = {(row.figure, row.week): row.value for row in weeks.parameters().itertuples(index=False)}
    assert asked["arrivals of Clients", 1] == 2
    assert asked["arrivals of Clients", 2] == 1
    assert asked["duration of Solve", 1] == 30.0
    assert asked["share of Talk -> Solve", 1] == 0.5
    assert Weeks.of(table, begins + WEEK // 2) == Weeks(begins + WEEK // 2, 0)


class TestBeforeAfter:
    def test_a_step_in_a_trend(self):
        weeks = np.arange(1.0, 31)
        values = 50 + 0.5 * weeks - 8 * (weeks > 15)
        found = sf.before_after(pd.DataFrame({"week": weeks, "figure": "wait: A", "value": values}), 16)
        row = found.table.iloc[0]
        assert row["effect"] == pytest.approx(-8)
        assert (row["weeks_before"], row["weeks_after"], row["verdict"]) == (15, 15, "better")
        assert found.weeks["without"].to_numpy() == pytest.approx(50 + 0.5 * weeks)

    def test_what_happened_to_both_is_no_effect(self):
        rng, weeks = np.random.default_rng(1), np.arange(1.0, 41)
        shock = -6.0 * (weeks > 20)
        tables = [
            pd.DataFrame(
                {
                    "week": weeks,
                    "figure": name,
                    "value": 50 + shock + own * (weeks > 20) + rng.normal(size=40),
                }
            )
            for name, own in (("wait: A", -4.0), ("wait: B", 0.0))
        ]
        both = pd.concat(tables)
        alone = sf.before_after(both, 21, "wait: A", trend=False).table.iloc[0]
        beside = sf.before_after(both, 21, "wait: A", comparison="wait: B", trend=False)
        assert alone["ci_high"] < -8
        assert beside.table.iloc[0]["ci_low"] < -4 < beside.table.iloc[0]["ci_high"] < 0
        assert "since the change, beside wait: B: better" in str(beside)

    def test_weeks_in_which_it_settles_are_left_out(self):
        weeks = np.arange(1.0, 25)
        values = 10.0 * (weeks > 12) + 90 * ((weeks > 12) & (weeks < 15))
        table = pd.DataFrame({"week": weeks, "figure": "kept: A", "value": values})
        found = sf.before_after(table, 13, settling=2, trend=False).table.iloc[0]
        assert (found["effect"], found["verdict"]) == (pytest.approx(10), "better")

    def test_of_a_log_by_its_date(self, chain):
        run = {"duration": "20 weeks", "replications": 1, "engine": "simpy"}
        late = chain.change(
            {
                "services": {
                    "Solve": {"duration": "exponential(mean=70 min) if elapsed < 10 weeks else 20 min"}
                }
            }
        )
        log = late.simulate(seed=3, **run).to_log()
        found = sf.before_after(
            log, "2026-03-16", ["wait: Back"], chain=chain, comparison="wait: Clerk", trend=False
        )
        row = found.table.iloc[0]
        assert (row["weeks_before"], row["weeks_after"]) in ((10, 9), (9, 9), (10, 10), (9, 10))
        assert row["verdict"] == "better"

    @pytest.mark.parametrize("alike", [0.0, 0.3])
    def test_intervals_hold_the_truth(self, alike):
        rng, held = np.random.default_rng(2), 0
        weeks = np.arange(1.0, 41)
        for _ in range(400):
            errors = rng.normal(size=41)
            for place in range(1, 41):
                errors[place] = alike * errors[place - 1] + errors[place] * np.sqrt(1 - alike**2)
            step = step_of(0.05 * weeks + 2.0 * (weeks > 20) + errors[1:], weeks, weeks > 20, True, 0.95)
            held += step.low <= 2 <= step.high
        assert 0.91 <= held / 400 <= 0.99

    @pytest.mark.parametrize(
        ("weeks", "at", "more", "message"),
        [
            (10, 6, {}, "there are 5 weeks before the change, of which no effect can be told; 8 are needed"),
            (30, "2026", {}, "at='2026' is no number of a week; give the first week after the change"),
            (30, 15, {"figures": "wait: B"}, "there is no figure 'wait: B'; did you mean 'wait: A'"),
            (30, 15, {"comparison": "wait: B"}, "there is no figure 'wait: B'"),
        ],
    )
    def test_errors(self, weeks, at, more, message):
        table = pd.DataFrame({"week": range(1, weeks + 1), "figure": "wait: A", "value": 1.0})
        with pytest.raises(sf.SurveyError, match=message):
            sf.before_after(table, at, **more)

    def test_a_log_needs_a_chain_and_a_date(self, chain):
        with pytest.raises(sf.SurveyError, match="give chain="):
            sf.before_after(log_of(chain), "2026-03-16")
        with pytest.raises(sf.SurveyError, match="is no date of a log"):
            sf.before_after(log_of(chain), "soon", chain=chain)
