"""Precision: what is asked for, whether it is reached, what it would take, and going on from there."""

import numpy as np
import pytest

import serviceflow as sf
from serviceflow.results import precision as pr
from serviceflow.results import statistics as st
from serviceflow.results.precision import Goal, add_until, budget_of, judge, replications_for

DESK = """
serviceflow: 1
name: Desk
time_unit: min
run: {duration: 6 h, replications: 4, seed: 1}
providers: {Clerk: {staff: 1}}
services: {Talk: {provider: Clerk, duration: exponential(mean=5 min)}}
consumers: {Clients: {arrivals: {rate: 6 per hour}, enters: Talk, sla: {resolution: 80% within 9 min}}}
scenarios: {Two: {changes: {providers: {Clerk: {staff: 2}}}}}
"""
FLOW = ("chain", "", "flow_time")
KEPT = ("sla", "Clients: resolution", "attainment")
BUSY = ("provider", "Clerk", "utilization")
LAW = [1.53, 1.66, 1.24, 2.34, 2.0, 1.69, 2.69, 2.86, 1.7, 2.6]


@pytest.fixture(scope="module")
def chain():
    return sf.loads(DESK)


@pytest.fixture(scope="module")
def results(chain):
    return chain.simulate(engine="compiled")


class TestWhatIsAskedFor:
    @pytest.mark.parametrize(
        ("name", "given", "figure", "kind", "target"),
        [
            ("flow_time", 0.02, FLOW, "relative", 0.02),
            ("flow_time", "2%", FLOW, "relative", 0.02),
            ("flow_time", "30 s", FLOW, "absolute", 0.5),
            ("flow_time", {"absolute": 3}, FLOW, "absolute", 3.0),
            ("flow_time", {"absolute": "1 min 30 s"}, FLOW, "absolute", 1.5),
            ("completed", {"relative": "5%"}, ("chain", "", "completed"), "relative", 0.05),
            ("completed", "5", ("chain", "", "completed"), "absolute", 5.0),
            (("sla", "Clients: resolution"), "1%", KEPT, "absolute", 0.01),
            ("Clients: resolution", 0.01, KEPT, "relative", 0.01),
            (("flow_time_p90", "Clients"), 0.1, ("consumer", "Clients", "flow_time_p90"), "relative", 0.1),
            ("waiting_time: Talk", 0.1, ("service", "Talk", "waiting_time"), "relative", 0.1),
            (BUSY, "2%", BUSY, "absolute", 0.02),
        ],
    )
    def test_it_is_relative_or_absolute(self, results, name, given, figure, kind, target):
        (found,) = pr.read_goals({name: given}, results)
        assert (found.figure, found.kind, found.target) == (figure, kind, pytest.approx(target))

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({}, r"precision={}: give figures with their precision, as in precision="),
            (0.02, r"precision=0.02: give figures with their precision"),
            ({"flow_time": 2}, r"precision of flow_time: 2 is not above 0 and below 1 \(100%\)"),
            ({"flow_time": "-3 min"}, "precision of flow_time: '-3 min' is no precision"),
            ({"flow_time": {"absolute": 0}}, "precision of flow_time: .* is not above 0$"),
            ({"flow_time": "soon"}, r"'soon' is no precision: give a share .*, a duration \('30 s'\), or {"),
            ({"flow_time": True}, "True is no precision"),
        ],
    )
    def test_what_is_no_precision_is_told(self, results, given, message):
        with pytest.raises(sf.PrecisionError, match=message):
            pr.read_goals(given, results)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            (
                "flow",
                r"'flow': there is no measure 'flow' of the chain; did you mean 'flow_time'\?",
            ),
            (("flow_time", "Client"), r"nothing is called 'Client'; did you mean 'Clients'\?"),
            (("consumers", "A", "flow_time"), r"there is no scope 'consumers'; did you mean 'consumer'\?"),
            (("sla", "Clients: response"), "there is no sla 'Clients: response'"),
            (("provider", "Clerks", "x"), r"there is no provider 'Clerks'; did you mean 'Clerk'\?"),
            (3, "precision 3 is no figure: give a measure such as 'flow_time'"),
        ],
    )
    def test_what_is_no_figure_is_told(self, results, name, message):
        with pytest.raises(sf.FigureNameError, match=message):
            pr.read_goals({name: 0.1}, results)

    @pytest.mark.parametrize("given", [1, 0, True, 2.5, "ten", -3])
    def test_what_is_no_budget_is_told(self, given):
        message = r"at_most=.*: give a number of replications of at least 2, or"
        with pytest.raises(sf.PrecisionError, match=message):
            budget_of(given, lambda: 0.0)

    def test_a_budget_without_precision_is_an_error(self, chain):
        with pytest.raises(sf.PrecisionError, match="at_most=5 limits the replications that precision= asks"):
            chain.simulate(at_most=5, engine="compiled")


class TestWhetherItIsReached:
    @pytest.mark.parametrize("mean", [10.0, -10.0])
    def test_relative_precision_is_of_the_size_of_a_figure(self, mean):
        goal = Goal(FLOW, "relative", 0.05)
        assert goal.allowed(mean) == pytest.approx(0.05 / 1.05 * 10)
        assert judge(goal, (mean, mean - 0.4, mean + 0.4), 20, 0.95, "min").reached
        assert not judge(goal, (mean, mean - 0.5, mean + 0.5), 20, 0.95, "min").reached

    def test_a_figure_near_zero_asks_for_an_absolute_precision(self):
        found = judge(Goal(FLOW, "relative", 0.05), (0.0, -1.0, 1.0), 20, 0.95, "min")
        assert (found.reached, found.would_take) == (False, None)
        assert found.sentence() == (
            "flow_time: 0 min ± 1 min: it is too close to 0 for 5% of it; ask for an absolute precision."
        )
        assert judge(Goal(FLOW, "absolute", 1.0), (0.0, -1.0, 1.0), 20, 0.95, "min").reached

    def test_an_interval_that_is_not_estimable_is_never_reached(self):
        found = judge(Goal(FLOW, "absolute", 100.0), (5.0, np.nan, np.nan), 20, 0.95, "min")
        assert not found.reached
        assert found.sentence() == (
            "flow_time: its interval cannot be estimated from 20 replications (100 min wanted)."
        )

    def test_law_s_example_takes_92_replications(self):
        first = st.t_interval(LAW, 0.9)
        allowed = Goal(FLOW, "relative", 0.05).allowed(float(first.mean))
        assert replications_for(float(first.half_width), 10, allowed, 0.9) == 92

    @pytest.mark.parametrize("allowed", [0.5, 0.1, 0.02])
    def test_what_it_would_take_is_the_least_number(self, allowed):
        count = replications_for(1.0, 10, allowed)
        spread = np.sqrt(10) / st.t_quantile(0.975, 9)
        below, at = (float(st.t_quantile(0.975, n - 1) * spread / np.sqrt(n)) for n in (count - 1, count))
        assert at <= allowed < below


class Counted:
    """Results whose interval narrows as it should."""

    def __init__(self, count, stop_at=10**9):
        self.count, self.stop_at = min(count, stop_at), stop_at
        self.interrupted = count >= stop_at


def judged(found):
    half = 4 / np.sqrt(found.count)
    goal = Goal(FLOW, "absolute", 0.5)
    return pr.Precision((judge(goal, (9, 9 - half, 9 + half), found.count, 0.95, "min"),))


def more(found, count):
    return Counted(found.count + count, found.stop_at)


class TestAddingReplications:
    def test_they_are_added_until_it_is_reached(self):
        found, ended = add_until(Counted(10), judged, more, budget_of(None, lambda: 0.0))
        assert (found.count, ended) == (64, "")

    def test_the_next_look_is_at_no_more_than_twice_as_many(self):
        counts = []
        add_until(Counted(10), judged, more, budget_of(None, lambda: 0.0), counts.append)
        assert counts[0] == 10
        assert sum(counts) == 54

    def test_they_end_with_the_budget(self):
        found, ended = add_until(Counted(10), judged, more, budget_of(30, lambda: 0.0))
        assert (found.count, ended) == (30, "No more were run: at_most=30 replications are spent.")

    def test_they_end_with_the_time(self):
        times = iter(range(0, 1000, 40))
        found, ended = add_until(Counted(10), judged, more, budget_of("1 min", lambda: next(times)))
        assert (found.count, ended) == (20, "No more were run: the time is spent after 20 replications.")

    def test_they_end_when_interrupted(self):
        found, ended = add_until(Counted(10, stop_at=15), judged, more, budget_of(None, lambda: 0.0))
        assert (found.count, ended) == (15, "No more were run: it was interrupted after 15 replications.")


class TestRuns:
    def test_more_replications_are_those_of_a_longer_run(self, chain, results):
        found = results.more(3, engine="compiled")
        whole = chain.simulate(replications=7, engine="compiled")
        assert found.kpis.equals(whole.kpis)
        assert [record.replication for record in found.records] == list(range(7))
        assert (results.count, found.runs.settings.replications) == (4, 7)

    def test_more_of_a_summary(self, chain):
        few = chain.simulate("1 day", replications=2, keep="summary", engine="compiled")
        found = few.more(1, engine="compiled")
        whole = chain.simulate("1 day", replications=3, keep="summary", engine="compiled")
        assert (found.kept, found.count) == ("summary", 3)
        assert found.kpis.equals(whole.kpis)

    def test_more_with_behaviours_asks_for_them(self, chain):
        slow = sf.Behaviours(durations={"Talk": lambda request: 1.0})
        found = chain.simulate("1 h", replications=1, behaviours=slow)
        with pytest.raises(sf.ExperimentError, match="were made with behaviours: give behaviours= as before"):
            found.more(1)
        assert found.more(1, behaviours=slow).count == 2

    def test_more_that_is_interrupted_keeps_what_there_is(self, results, monkeypatch):
        def stopped(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr("serviceflow.engine.reference.engine.Simpy.run", stopped)
        found = results.more(3, engine="simpy")
        assert (found.count, found.interrupted) == (4, True)
        assert "4 of 7 replications, interrupted" in repr(found)

    def test_until_several_are_precise(self, chain):
        wanted = {"flow_time": 0.15, "Clients: resolution": "8%", "queue_length: Clerk": {"absolute": 0.5}}
        found = chain.simulate(engine="compiled", precision=wanted, at_most=400)
        assert found.precision.reached
        assert 10 < found.count < 400
        row = found.kpis.query("scope == 'chain' and measure == 'flow_time'").iloc[0]
        assert (row["ci_high"] - row["ci_low"]) / 2 <= 0.15 / 1.15 * row["mean"]
        assert found.precision.table["reached"].all()
        assert found.kpis.equals(chain.simulate(replications=found.count, engine="compiled").kpis)

    def test_a_budget_that_is_too_small_says_what_it_would_take(self, chain):
        found = chain.simulate(engine="compiled", precision={"flow_time": 0.01}, at_most=12)
        assert found.count == 12
        lines = str(found.precision).splitlines()
        assert lines[0].startswith("flow_time: ")
        assert "not yet to 1%; that would take about " in lines[0]
        assert lines[1] == "No more were run: at_most=12 replications are spent."
        assert repr(found.precision) == "Precision(0 of 1 reached)"
        assert "<p>flow_time: " in found.precision._repr_html_()
        assert found.more(3, engine="compiled").precision.goals[0].count == 15

    def test_without_it_there_is_none(self, results):
        assert results.precision is None

    def test_of_a_comparison_it_is_of_the_difference(self, chain):
        found = chain.compare(engine="compiled", precision={"flow_time": 0.2}, at_most=300)
        assert found.precision.reached
        table = found.differences.query("scope == 'chain' and measure == 'flow_time'")
        half = (table["ci_high"] - table["ci_low"]) / 2
        assert (half <= 0.2 / 1.2 * table["baseline"]).all()
        assert str(found.precision).startswith("flow_time in 'Two': -")
        assert {one.count for _, one in found} == {found.count}
