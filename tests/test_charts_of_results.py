"""Charts of results: what is drawn is what the tables say, in the units that stand on the axes."""

import datetime as dt
import re

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

import serviceflow as sf
from serviceflow.view import palette
from serviceflow.view.charts.chinese import text_in_chinese
from serviceflow.view.charts.style import texts_of

matplotlib.use("Agg")

SHOP = """
serviceflow: 1
name: Repair shop
start: 2026-01-05
run: {duration: 2 weeks, replications: 4, seed: 5}
providers:
  Desk: {staff: {mon-fri: {"08:00-16:00": 1}}}
  Bench: {staff: {mon-fri: {"07:00-17:00": 2}}, off_shift: finish}
  Store: {staff: 1}
services:
  Accept: {provider: Desk, duration: exponential(mean=9 min)}
  Repair: {provider: Bench, duration: exponential(mean=50 min), setup: 3 min}
  Find part: {provider: Store, duration: exponential(mean=20 min)}
consumers:
  Owners:
    arrivals: {profile: {mon-fri: {"08:00-16:00": 2 per hour}}}
    enters: Accept
    sla: {resolution: 80% within 1 day, response: 90% within 2 h}
handoffs:
  Accept -> Repair: {every: 1 h, delay: 10 min, sla: {resolution: 50% within 8 h, first_time_right: 90%}}
calls:
  Repair -> Find part: {probability: 50%}
scenarios:
  Third hand: {changes: {providers: {Bench: {staff: 3}}}}
"""
WEEKS = 2


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def chain():
    return sf.loads(SHOP)


@pytest.fixture(scope="module")
def results(chain):
    return chain.simulate(engine="simpy", progress=False)


@pytest.fixture(scope="module")
def comparison(chain):
    return chain.compare(engine="simpy", progress=False)


def kpi(results, scope, name, measure):
    rows = results.kpis.query("scope == @scope and name == @name and measure == @measure")
    return rows.iloc[0]


def minutes(axes, label=None):
    """How many minutes the unit on an axis has."""
    (unit,) = re.findall(r"\((s|min|h|days)\b", axes.get_xlabel() if label is None else label)
    return {"s": 1 / 60, "min": 1, "h": 60, "days": 1440}[unit]


def rows_of(axes):
    return dict(zip(axes.get_yticks(), [label.get_text() for label in axes.get_yticklabels()], strict=True))


def widths(axes):
    """Sum of the bars by row and label."""
    names, found = rows_of(axes), {}
    for group in axes.containers:
        for bar in group:
            row = names[round(bar.get_y() + bar.get_height() / 2)]
            found[row, group.get_label()] = found.get((row, group.get_label()), 0.0) + bar.get_width()
    return found


def steps(axes):
    return {patch.get_label(): patch.get_data() for patch in axes.patches if hasattr(patch, "get_data")}


def dots(axes):
    """Values by row and label of everything that is drawn with marks."""
    names = rows_of(axes)
    return {
        (names[round(y)], line.get_label()): x
        for line in axes.lines
        if line.get_marker() not in ("None", "", None)
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    }


def whiskers(axes):
    """Ends of all horizontal lines by the row nearest to them."""
    names, found = rows_of(axes), {}
    for collection in axes.collections:
        for (x0, y0), (x1, y1) in collection.get_segments():
            if y0 == y1:
                found.setdefault(names[round(y0)], []).append((x0, x1))
    return found


class TestLostTime:
    def test_bars_and_work_sum_to_the_flow_time(self, results):
        axes = results.plot_lost_time()
        total = sum(widths(axes).values()) * minutes(axes)
        flow = kpi(results, "consumer", "Owners", "flow_time")["mean"]
        work = 9 + 53 + 20 / 2
        assert total == pytest.approx(results.critical_path()["mean"].sum())
        assert flow - total == pytest.approx(work, rel=0.15)

    def test_each_bar_is_the_time_lost_at_a_place_with_a_cause(self, results):
        axes = results.plot_lost_time()
        drawn = widths(axes)
        table = results.critical_path().groupby(["place", "cause"])["mean"].sum() / minutes(axes)
        for (place, cause), mean in table.items():
            assert drawn[place, cause.replace("_", " ")] == pytest.approx(mean), (place, cause)
        assert len(drawn) >= len(table)

    def test_the_interval_is_that_of_all_causes_together(self, results):
        axes = results.plot_lost_time()
        drawn, ends = widths(axes), whiskers(axes)
        assert re.match(r"lost time \((min|h|days) per request\)", axes.get_xlabel())
        for row, ((low, high),) in ends.items():
            total = sum(width for (name, _), width in drawn.items() if name == row)
            assert low <= total <= high
            if low > 0:
                assert (low + high) / 2 == pytest.approx(total)
        one = results.critical_path().query("place == 'Desk' and cause == 'contention'").iloc[0]
        assert len(ends["Desk"]) == 1
        assert one["ci_high"] > 0


class TestTheWeek:
    @pytest.mark.parametrize("provider", ["Desk", "Bench", "Store"])
    def test_the_queue_over_the_week_is_that_of_the_table_on_average(self, results, provider):
        drawn = steps(results.plot_queue(provider))
        mean = drawn["mean of 4 replications"].values
        assert mean.mean() == pytest.approx(kpi(results, "provider", provider, "queue_length")["mean"])

    def test_the_band_goes_from_the_lowest_to_the_highest_replication(self, results):
        axes = results.plot_queue("Bench")
        band, mean = (
            steps(axes)["lowest to highest replication"],
            steps(axes)["mean of 4 replications"].values,
        )
        assert (band.baseline <= mean + 1e-12).all()
        assert (mean <= band.values + 1e-12).all()
        assert (band.baseline < band.values).sum() > 50
        rows = results.by_replication.query("name == 'Bench' and measure == 'queue_length'")["value"]
        assert band.baseline.mean() <= rows.min()
        assert band.values.mean() >= rows.max()

    def test_staff_on_duty_stand_beside_the_queue(self, results):
        staff = steps(results.plot_queue("Bench"))["staff on duty"].values
        assert staff[:24].tolist() == [0] * 7 + [2] * 10 + [0] * 7
        assert not staff[120:].any()

    def test_work_in_progress_is_that_of_the_table_on_average(self, results):
        for axes in (results.plot_work_in_progress(), results.plot_work_in_progress("Owners")):
            mean = steps(axes)["mean of 4 replications"].values
            assert mean.mean() == pytest.approx(
                kpi(results, "chain", "Repair shop", "work_in_progress")["mean"]
            )
            assert axes.get_ylabel() == "requests in progress (mean number)"

    def test_hours_that_the_window_does_not_touch_are_empty(self, chain):
        short = chain.simulate(duration="10 h", replications=1, engine="simpy", progress=False)
        drawn = steps(short.plot_work_in_progress())["one replication"].values
        assert drawn[8:10].any()
        assert not drawn[10:].any()


class TestTheHeatMap:
    def cells(self, axes):
        return np.asarray(axes.collections[0].get_array()).reshape(7, 24)

    @pytest.mark.parametrize("of", ["waiting", "all"])
    def test_fields_sum_to_the_time_lost_in_a_week(self, results, of):
        axes = results.plot_heatmap(of=of)
        total = results.waits(by=["weekday", "hour"], of=of)["total"].sum()
        label = axes.figure.axes[-1].get_ylabel()
        unit = minutes(axes, label)
        assert self.cells(axes).sum() * unit == pytest.approx(total / WEEKS)

    def test_each_field_is_an_hour_of_a_day(self, results):
        table = results.waits(by=["provider", "weekday", "hour"]).query("provider == 'Bench'")
        axes = results.plot_heatmap("Bench")
        cells, unit = self.cells(axes), minutes(axes, axes.figure.axes[-1].get_ylabel())
        for one in table.itertuples():
            assert cells[one.weekday, one.hour] * unit * WEEKS == pytest.approx(one.total)
        assert (cells > 0).sum() == len(table)

    def test_hours_on_duty_are_outlined(self, results):
        axes = results.plot_heatmap("Desk")
        upright = [
            segment[0][0]
            for lines in axes.collections[1:]
            for segment in lines.get_segments()
            if segment[0][0] == segment[1][0]
        ]
        assert sorted(set(upright)) == [8, 16]


class TestTimes:
    def test_bars_are_shares_of_all_completed_requests(self, results):
        axes = results.plot_flow_times("Owners")
        shares = sum(bar.get_height() for bar in axes.patches)
        requests = results.requests.query("in_window and kind == 'consumer' and outcome == 'completed'")
        edge = max(bar.get_x() + bar.get_width() for bar in axes.patches) * minutes(axes)
        assert shares == pytest.approx(100 * (requests["flow_time"] <= edge).mean())
        assert axes.get_legend().get_title().get_text() == f"{len(requests):,} requests"

    def test_quantiles_are_those_of_the_table(self, results):
        axes = results.plot_flow_times("Owners")
        drawn = [line.get_xdata()[0] * minutes(axes) for line in axes.lines]
        for place, measure in ((0, "flow_time_p50"), (1, "flow_time_p90")):
            assert drawn[place] == pytest.approx(kpi(results, "consumer", "Owners", measure)["mean"])

    def test_the_promise_is_marked_where_it_lies(self, results):
        axes = results.plot_flow_times("Owners")
        line = axes.lines[-1]
        assert line.get_xdata()[0] * minutes(axes) == pytest.approx(24 * 60)
        kept = results.slas.loc["Owners: resolution", "attainment"]
        assert (
            line.get_label()
            == f"promised: 80% within\n24 h; {'missed' if kept < 0.8 else 'kept'}: {kept:.0%}"
        )
        late = [bar for bar in axes.patches if bar.get_hatch()]
        assert late
        assert all(bar.get_x() * minutes(axes) >= 24 * 60 - 1e-6 for bar in late)

    @pytest.mark.parametrize(
        ("promise", "within"), [("Owners: response", 120), ("Accept -> Repair: resolution", 480)]
    )
    def test_a_promise_is_of_its_own_times(self, results, promise, within):
        axes = results.plot_promise(promise)
        unit = minutes(axes)
        assert axes.lines[-1].get_xdata()[0] * unit == pytest.approx(within)
        kept = sum(bar.get_height() for bar in axes.patches if (bar.get_x() + 1e-9) * unit < within)
        attained = results.slas.loc[promise, "attainment"]
        assert kept == pytest.approx(100 * attained, abs=6)

    def test_what_has_no_time_has_no_such_chart(self, results):
        with pytest.raises(
            sf.ServiceflowError, match=r"first time right: no time is promised; plot_attainment"
        ):
            results.plot_promise("Accept -> Repair: first time right")
        with pytest.raises(sf.UnknownNameError, match=r"there is no promise 'x'"):
            results.plot_promise("x")

    def test_a_promise_that_differs_from_request_to_request_is_drawn_as_what_is_beyond(self, chain):
        changed = chain.change(
            {"consumers": {"Owners": {"sla": {"resolution": "80% within (1 h if weekday < 3 else 4 h)"}}}}
        )
        axes = changed.simulate(engine="simpy", progress=False).plot_promise("Owners: resolution")
        assert axes.get_xlabel().startswith("resolution time beyond what was promised (")
        assert len(axes.lines) == 2


class TestAttainment:
    def test_dots_and_intervals_are_those_of_the_table(self, results):
        axes = results.plot_attainment()
        drawn, ends = dots(axes), whiskers(axes)
        assert len(drawn) == len(results.slas) == 4
        for (name, verdict), value in drawn.items():
            row = kpi(results, "sla", name, "attainment")
            assert value == pytest.approx(100 * row["mean"])
            promised = 100 * results.slas.loc[name, "share"]
            if np.isnan(row["ci_low"]):  # It is the same in nearly all replications.
                assert name not in ends
                assert verdict == ("kept" if value >= promised else "missed")
                continue
            low, high = (min(max(100 * row[end], 0), 100) for end in ("ci_low", "ci_high"))
            assert ends[name] == [pytest.approx((low, high))]
            told = "missed" if high < promised else "kept" if low >= promised else "cannot be told"
            assert verdict == told

    def test_what_was_promised_has_a_mark(self, results):
        axes = results.plot_attainment()
        upright = [s for lines in axes.collections for s in lines.get_segments() if s[0][1] != s[1][1]]
        assert sorted(s[0][0] for s in upright) == [50, 80, 90, 90]

    def test_without_promises_the_chart_says_so(self, chain):
        bare = chain.change(
            {"consumers": {"Owners": {"sla": None}}, "handoffs": {"Accept -> Repair": {"sla": None}}}
        )
        axes = bare.simulate(
            duration="1 day", replications=2, engine="simpy", progress=False
        ).plot_attainment()
        assert [text.get_text() for text in axes.texts] == ["nothing is promised"]


class TestRequests:
    def longest(self, results):
        done = results.requests.query("replication == 0 and kind == 'consumer' and outcome == 'completed'")
        return done.sort_values("flow_time").iloc[-1]

    def test_bars_of_a_request_are_its_visits(self, results):
        request = self.longest(results)
        drawn = widths(results.plot_requests(int(request["request"])))
        visits = results.visits.query("replication == 0 and request == @request.request")
        for number, visit in enumerate(visits.itertuples()):
            row = f"{number + 1}. {visit.service}"
            wait = sum(
                width
                for (name, part), width in drawn.items()
                if name == row and part in ("contention", "off shift", "carried over", "prioritization")
            )
            assert wait / 60 == pytest.approx(visit.waiting_time, abs=1e-3)
            assert drawn.get((row, "work"), 0.0) / 60 == pytest.approx(visit.work_time, abs=1e-3)
            assert drawn.get((row, "dispatch"), 0.0) / 60 == pytest.approx(visit.handoff_dispatch, abs=1e-3)

    def test_what_called_requests_did_stands_under_who_called(self, results):
        called = results.requests.query("replication == 0 and kind == 'called'").iloc[0]
        rows = [*rows_of(results.plot_requests(int(called["parent"]))).values()]
        assert any("asked: 1. Find part" in row for row in rows)

    def test_bars_of_several_requests_sum_to_their_flow_times(self, results):
        done = results.requests.query("replication == 1 and kind == 'consumer' and outcome == 'completed'")
        chosen = done.iloc[[3, 9]]
        drawn = widths(results.plot_requests(chosen["request"].tolist(), replication=1))
        for one in chosen.itertuples():
            mine = sum(width for (row, _), width in drawn.items() if row == f"{one.request} of Owners")
            assert mine / 60 == pytest.approx(one.flow_time, abs=1e-3)

    def test_causes_have_their_colors_and_work_that_of_the_ink(self, results):
        axes = results.plot_requests(int(self.longest(results)["request"]))
        for group in axes.containers:
            color = group[0].get_facecolor()[:3]
            name = group.get_label().replace(" ", "_")
            wanted = palette.LOST.get(name, (axes.xaxis.label.get_color(),))[0]
            assert color == pytest.approx(matplotlib.colors.to_rgb(wanted))

    def test_the_axis_is_the_clock(self, results):
        request = self.longest(results)
        axes = results.plot_requests(int(request["request"]))
        low, high = axes.get_xlim()
        assert low < request["asked"] * 60 < high
        start = results.chain.clock(request["asked"])
        assert axes.get_xlabel() == f"clock, from {start:%d %b %Y %H:%M}"

    @pytest.mark.parametrize(("request_", "replication"), [(10**6, 0), (-1, 0), (0, 9)])
    def test_what_is_not_there_is_refused(self, results, request_, replication):
        with pytest.raises(sf.StoryError, match=r"^(request|replication) -?\d+: "):
            results.plot_requests(request_, replication)


class TestOneProvider:
    def test_steps_are_what_the_table_says_on_average(self, chain):
        one = chain.simulate(duration="1 week", replications=1, engine="simpy", progress=False)
        drawn = steps(one.plot_provider("Bench"))

        def area(name):
            return float((drawn[name].values * np.diff(drawn[name].edges)).sum()) / 60

        week = 7 * 24 * 60
        assert area("staff working") == pytest.approx(kpi(one, "provider", "Bench", "busy_time")["mean"])
        assert area("staff on duty") == pytest.approx(kpi(one, "provider", "Bench", "scheduled_time")["mean"])
        queue = kpi(one, "provider", "Bench", "queue_length")["mean"]
        assert area("requests waiting") / week == pytest.approx(queue)

    def test_a_part_of_the_window_begins_with_what_is_there(self, results):
        whole = steps(results.plot_provider("Bench"))["requests waiting"]
        part = steps(results.plot_provider("Bench", start="33 h", duration="5 h"))["requests waiting"]
        place = np.searchsorted(whole.edges, 33 * 3600, side="right") - 1
        assert part.values[0] == whole.values[place]
        assert part.edges[0] == 0
        assert part.edges[-1] == 5 * 3600

    def test_the_clock_says_when(self, results):
        axes = results.plot_provider("Bench", start="1 day", duration="12 h")
        assert axes.get_xlabel() == "clock, from 06 Jan 2026 00:00"
        assert axes.get_xticklabels()[0].get_text() == "Tue\n00:00"

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"replication": 4}, "replication 4: there are 4, counted from 0"),
            ({"start": "3 weeks"}, "start '3 weeks', duration '1 week': nothing of the window lies there"),
        ],
    )
    def test_what_is_not_there_is_refused(self, results, given, message):
        with pytest.raises(sf.ServiceflowError) as error:
            results.plot_provider("Bench", **given)
        assert str(error.value) == message


class TestComparisons:
    def test_changes_are_differences_in_percent_of_the_baseline(self, comparison):
        axes = comparison.plot(["waiting_time"])
        drawn, ends = dots(axes), whiskers(axes)
        table = comparison.differences.query("measure == 'waiting_time' and scope == 'provider'")
        for row in table.itertuples():
            value = drawn[f"{row.name}: waiting time", "Third hand"]
            assert value == pytest.approx(100 * row.difference / row.baseline)
            low, high = ends[f"{row.name}: waiting time"][0]
            assert (low, high) == pytest.approx(
                (100 * row.ci_low / row.baseline, 100 * row.ci_high / row.baseline)
            )

    def test_at_first_it_shows_what_most_people_want(self, comparison):
        rows = list(rows_of(comparison.plot()).values())
        assert "Owners: flow time" in rows
        assert "Owners: resolution kept" in rows
        assert "Repair shop: flow time, 90th percentile" in rows
        assert "Repair shop: flow time" not in rows

    def test_an_unknown_measure_is_refused(self, comparison):
        with pytest.raises(
            sf.UnknownNameError, match=r"there is no measure 'waitin_time'; did you mean 'waiting_time'"
        ):
            comparison.plot(["waitin_time"])

    def test_before_and_after_are_the_figures_of_both(self, comparison):
        axes = comparison.plot_before_after()
        unit = minutes(axes)
        drawn = dots(axes)
        for name, label in (("baseline", "baseline"), ("Third hand", "Third hand")):
            for provider in ("Desk", "Bench", "Store"):
                value = kpi(comparison[name], "provider", provider, "waiting_time")["mean"]
                assert drawn[provider, label] * unit == pytest.approx(value)

    def test_shares_are_told_in_points(self, comparison):
        axes = comparison.plot_before_after("attainment", "sla")
        assert axes.get_xlabel() == "attainment by promise (%)"
        assert all(text.get_text().endswith("points") for text in axes.texts if text.get_text())

    def test_an_unknown_figure_is_refused(self, comparison):
        with pytest.raises(
            sf.ServiceflowError, match=r"there is no 'nothing' of a provider; comparison\.kpis"
        ):
            comparison.plot_before_after("nothing")


def test_levers_are_drawn_with_both_intervals(chain):
    levers = chain.levers(levers=["staff"], budget=12, engine="simpy", progress=False)
    axes = levers.plot()
    drawn, ends = dots(axes), whiskers(axes)
    factor = 100 if levers.table["unit"].iloc[0] == "share" else 1
    assert len(drawn) == len(levers.table) == 3
    for row in levers.table.itertuples():
        ((value, verdict),) = [(x, told) for (name, told), x in drawn.items() if name == row.lever]
        assert value == pytest.approx(factor * row.gain)
        both = [(row.simultaneous_low, row.simultaneous_high), (row.ci_low, row.ci_high)]
        assert ends[row.lever] == [pytest.approx((factor * low, factor * high)) for low, high in both]
        assert (verdict == "helps") == (row.simultaneous_low > 0)
    assert list(rows_of(axes).values()) == list(levers.table["lever"])


SUMMARY_LACKS = {
    "plot_queue": ("Bench",),
    "plot_work_in_progress": (),
    "plot_flow_times": (),
    "plot_promise": ("Owners: response",),
    "plot_requests": (0,),
    "plot_provider": ("Bench",),
}


@pytest.fixture(scope="module")
def summary(chain):
    return chain.simulate(keep="summary", engine="simpy", progress=False)


@pytest.mark.parametrize("name", SUMMARY_LACKS)
def test_what_needs_records_says_so(summary, name):
    with pytest.raises(sf.NotKeptError, match=rf"results\.{name}"):
        getattr(summary, name)(*SUMMARY_LACKS[name])


def test_the_rest_is_drawn_from_a_summary(summary, results):
    assert widths(summary.plot_lost_time()) == pytest.approx(widths(results.plot_lost_time()))
    cells = [one.plot_heatmap("Bench").collections[0].get_array() for one in (summary, results)]
    np.testing.assert_allclose(*cells)
    assert dots(summary.plot_attainment()) == pytest.approx(dots(results.plot_attainment()))


@pytest.mark.parametrize(
    "draw",
    [
        lambda results: results.plot_queue("Nobody"),
        lambda results: results.plot_provider("Nobody"),
        lambda results: results.plot_heatmap("Nobody"),
        lambda results: results.plot_utilization("Nobody"),
    ],
)
def test_an_unknown_provider_is_refused(results, draw):
    with pytest.raises(
        sf.UnknownNameError, match="there is no provider 'Nobody'; there are: Bench, Desk, Store"
    ):
        draw(results)


def test_an_unknown_consumer_is_refused(results):
    for draw in (results.plot_flow_times, results.plot_work_in_progress):
        with pytest.raises(sf.UnknownNameError, match="there is no consumer 'Nobody'"):
            draw("Nobody")


def test_the_clock_of_the_chain_is_where_time_begins(results):
    assert results.chain.clock(0) == dt.datetime(2026, 1, 5)


class TestChinese:
    """Charts in Chinese: every word but names."""

    DRAWN = {
        "waits": lambda one, _, zh: one.plot_waits(**zh),
        "lost": lambda one, _, zh: one.plot_lost_time(**zh),
        "utilization": lambda one, _, zh: one.plot_utilization("Bench", **zh),
        "queue": lambda one, _, zh: one.plot_queue("Bench", **zh),
        "in progress": lambda one, _, zh: one.plot_work_in_progress(**zh),
        "warm-up": lambda one, _, zh: one.plot_warm_up("Bench", **zh),
        "week": lambda one, _, zh: one.plot_heatmap("Bench", **zh),
        "lost by week": lambda one, _, zh: one.plot_heatmap(of="all", **zh),
        "times": lambda one, _, zh: one.plot_flow_times(**zh),
        "promise": lambda one, _, zh: one.plot_promise("Owners: response", **zh),
        "promises": lambda one, _, zh: one.plot_attainment(**zh),
        "request": lambda one, _, zh: one.plot_requests(one.slowest(1)["request"].tolist(), **zh),
        "provider": lambda one, _, zh: one.plot_provider("Bench", **zh),
        "changes": lambda _, two, zh: two.plot(**zh),
        "kept before": lambda _, two, zh: two.plot_before_after("attainment", scope="sla", **zh),
        "before": lambda _, two, zh: two.plot_before_after(**zh),
    }

    @pytest.mark.parametrize("which", DRAWN)
    def test_nothing_but_names_stays_english(self, results, comparison, which):
        axes = self.DRAWN[which](results, comparison, {"language": "zh"})
        bars = [drawn.colorbar.ax.yaxis.label for drawn in axes.collections if drawn.colorbar]
        texts = [text.get_text() for text in (*texts_of(axes), *bars)]
        assert any("\u4e00" <= letter <= "\u9fff" for text in texts for letter in text)
        names = (
            "Accept -> Repair",
            "Repair shop",
            "Third hand",
            "Find part",
            "Owners",
            "Bench",
            "Desk",
            "Store",
        )
        for name in (*names, "Accept", "Repair", "MSER"):
            texts = [text.replace(name, "") for text in texts]
        assert not [text for text in texts if re.search("[A-Za-z]", text)]

    def test_the_same_is_drawn(self, results):
        english, chinese = results.plot_waits(), results.plot_waits(language="zh")
        assert widths(english) == widths(chinese)
        assert rows_of(english) == rows_of(chinese)

    def test_a_name_that_is_a_word_of_a_chart_stays(self):
        assert text_in_chinese("stock", {"stock"}) == "stock"
        assert text_in_chinese("stock") == "缺少库存"
        assert text_in_chinese("waiting: utilization 60%") == "waiting：利用率 60%"

    def test_what_is_not_known_stays(self):
        assert text_in_chinese("something else (5 min)") == "something else (5 分钟)"

    def test_languages_that_are_not_there(self, results):
        with pytest.raises(sf.UnknownNameError, match="there is no language 'de'"):
            results.plot_waits(language="de")

    def test_levers_and_trainings(self):
        told = {
            "What would help: Owners: response": "什么有用：Owners: response",
            "gain (percentage points)\n3 more levers, not drawn": "改善（百分点）\n另有 3 项措施未画出",
            "lines: intervals, paired": "线：成对差异的区间",
            "makes it worse": "变差",
            "saved less spent, so far": "累计节省减去支出",
        }
        assert {text: text_in_chinese(text) for text in told} == told


def test_a_warm_up_is_headed_by_the_name_as_it_is(results):
    assert results.plot_warm_up("Bench").get_title("left").startswith("Those that wait for Bench from")


def test_no_change_has_no_sign(comparison):
    written = {text.get_text() for text in comparison.plot_before_after("utilization").texts}
    assert "0 points" in written
    assert not written & {"−0 points", "+0 points"}
