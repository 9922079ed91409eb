"""Parts of the report by themselves: packing, the choice of days, texts, maps in Chinese."""

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import serviceflow as sf
from serviceflow.results.derived import Reading
from serviceflow.units import UNITS
from serviceflow.view.report.answer import answer
from serviceflow.view.report.drawings import maps
from serviceflow.view.report.maps_zh import heading_in_chinese, label_in_chinese
from serviceflow.view.report.packing import pack
from serviceflow.view.report.source import Source
from serviceflow.view.report.spans import MOST, choose
from serviceflow.view.report.svg import clock_ticks, fitting, ticks, time_ticks
from serviceflow.view.report.texts import duration, interval, listed, say, share, span, text

DESK = {"duration": "5 days", "replications": 2, "seed": 3}


def desk(rate="12 per hour", **run):
    chain = sf.ServiceChain("Desk", run={**DESK, **run})
    chain.add_provider("Clerks", staff={"mon-sun": {"08:00-18:00": 2}})
    chain.add_service("Talk", provider="Clerks", duration="exponential(mean=8 min)")
    chain.add_consumer("Clients", arrivals={"rate": rate}, enters="Talk")
    return chain.simulate(engine="simpy", progress=False)


def unpacked(packed):
    """What scripts make of packed columns."""
    data, at = zlib.decompress(base64.b64decode(packed["bytes"])), 0
    columns = {}
    for name in packed["columns"]:
        values = []
        for _ in range(packed["rows"]):
            value = shift = 0
            while True:
                byte = data[at]
                at += 1
                value |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            values.append((value >> 1) ^ -(value & 1))
        columns[name] = np.cumsum(values) if name in packed["sorted"] else np.array(values)
    assert at == len(data)
    return columns


class TestPacking:
    @given(st.lists(st.integers(-(2**52), 2**52), min_size=1, max_size=40))
    def test_whole_numbers_come_back_as_they_were(self, values):
        found = unpacked(pack({"asked": np.array(values), "wait": np.array(values)}))
        np.testing.assert_array_equal(found["asked"], values)
        np.testing.assert_array_equal(found["wait"], values)

    def test_small_numbers_take_a_byte(self):
        packed = pack({"wait": np.arange(-64, 64)})
        assert len(zlib.decompress(base64.b64decode(packed["bytes"]))) == 128


class TestSpans:
    def test_a_median_day_and_the_worst(self):
        readings = [Reading(record) for record in desk().records]
        median, worst = choose(readings)
        assert (median.key, worst.key) == ("median", "worst")
        assert worst.end - worst.start == UNITS["day"]
        assert worst.number == 10
        waits = [one.stages["waiting"] for one in readings]
        inside = [
            (one.visits["arrived"] // UNITS["day"], wait) for one, wait in zip(readings, waits, strict=True)
        ]
        totals = {
            (rep, day): wait[days == day].sum() for rep, (days, wait) in enumerate(inside) for day in range(5)
        }
        assert max(totals, key=totals.get) == (worst.replication, worst.start // UNITS["day"])

    def test_longer_stretches_where_little_happens(self):
        readings = [Reading(record) for record in desk("1 per day", duration="8 weeks").records]
        assert choose(readings)[0].end - choose(readings)[0].start == 28 * UNITS["day"]

    def test_shorter_ones_where_too_much_does(self):
        readings = [Reading(record) for record in desk("600 per hour", duration="1 day").records]
        for one in choose(readings):
            arrived = readings[one.replication].visits["arrived"]
            assert one.end - one.start < UNITS["day"]
            assert np.count_nonzero((arrived >= one.start) & (arrived < one.end)) <= MOST


class TestTexts:
    @pytest.mark.parametrize(
        ("value", "unit", "english", "chinese"),
        [
            (90, "min", "1.5 h", "1.5 小时"),
            (0, "h", "0 s", "0 秒"),
            (48, "min", "48 min", "48 分钟"),
            (30, "day", "30 days", "30 天"),
            (float("nan"), "h", "–", "–"),
        ],
    )
    def test_durations(self, value, unit, english, chinese):
        assert (duration(value, unit).en, duration(value, unit).zh) == (english, chinese)

    def test_both_ends_of_an_interval_are_in_one_unit(self):
        assert span(17, 25, "min").en == "17 to 25 min"
        assert span(17, 25, "min").zh == "17 至 25 分钟"
        assert interval(0.123, 0.2, "share", "min").en == "12% to 20%"
        assert interval(float("nan"), 1.0, "min", "min").en == ""

    def test_a_row_of_names(self):
        assert listed(["a", "b", "c"]).en == "a, b and c"
        assert listed(["a", "b", "c"]).zh == "a、b和c"

    def test_markup_is_escaped_in_both_languages(self):
        told = say("part.answer")
        assert told.__html__() == (
            '<span class="en" lang="en">The answer</span><span class="zh" lang="zh">结论</span>'
        )
        assert "<b>" not in say("fact.scenario", scenario="<b>").__html__()

    def test_a_share_that_is_not_nothing_does_not_read_as_nothing(self):
        assert share(0.004).en == "0.4%"

    def test_texts_fit_their_room(self):
        assert fitting("a very long title", 60).en.endswith("…")
        assert fitting("a very long title", 10).en == ""

    def test_ticks_are_round(self):
        assert ticks(9.7) == (0.0, 2.0, 4.0, 6.0, 8.0)
        assert ticks(0.0) == (0.0,)


class TestTicksOfTheClock:
    @pytest.mark.parametrize(
        ("first", "last", "expected", "days"),
        [
            (172_800, 777_600, [172_800, 345_600, 518_400, 691_200], True),
            (30_000, 50_000, [36_000, 43_200], False),
            (0, 600, [0, 300, 600], False),
            (5, 5, [5], False),
        ],
    )
    def test_are_round(self, first, last, expected, days):
        found, whole = clock_ticks(first, last)
        assert list(found) == pytest.approx(expected)
        assert whole == days


class TestTheAnswer:
    def test_a_rate_is_told_per_the_unit_in_which_it_is_no_fraction(self):
        found = desk("6 per hour")
        card = answer(Source.of(found))["cards"][2]
        assert card.title.en == "Completed requests per hour"
        assert float(card.value.en) == pytest.approx(60 * found.mean("chain", "throughput")[0], rel=0.01)

    def test_one_replication_is_said_to_be_one(self):
        chain = sf.ServiceChain("Desk", run={**DESK, "replications": 1})
        chain.add_provider("Clerks", staff=1)
        chain.add_service("Talk", provider="Clerks", duration="8 min")
        promised = {"resolution": "90% within 3 h"}
        chain.add_consumer("Clients", arrivals={"rate": "1 per hour"}, enters="Talk", sla=promised)
        told = answer(Source.of(chain.simulate(engine="simpy", progress=False)))["promises"]
        assert told[0][1] == ["The promise is kept in the only replication."]
        assert told[1][1] == ["全部承诺均已兑现（仅一次重复）。"]

    def test_what_is_asked_too_much_is_told_in_both_languages(self):
        chain = sf.ServiceChain("Desk", run={"duration": "6 h", "replications": 2, "seed": 1})
        chain.add_provider("Clerks", staff=1)
        chain.add_service("Talk", provider="Clerks", duration="8 min")
        chain.add_consumer("Clients", arrivals={"rate": "15 per hour"}, enters="Talk")
        lead = answer(Source.of(chain.simulate(engine="simpy", progress=False)))["lead"]
        assert "Clerks is asked for 200% of what it can do" in lead.en
        assert "Clerks的负荷为其能力的 200%" in lead.zh


class TestMapsInChinese:
    @pytest.mark.parametrize(
        ("label", "chinese"),
        [
            ("wait 48 min", "等待 48 分钟"),
            ("1,362 · 48 min", "1,362 · 48 分钟"),
            ("1 – 4 staff · utilization 43%", "1 – 4 人 · 利用率 43%"),
            ("90% within 15 min: missed, 79%", "90% 在 15 分钟 内：未兑现，79%"),
            ("asks · 27.2", "请求 · 27.2"),
            ("wait 5 s", "wait 5 s"),
        ],
    )
    def test_labels(self, label, chinese):
        assert label_in_chinese(label, {"wait 5 s"}) == chinese

    def test_headings(self):
        heading = "Inverted colors: consumer. Frame: provider."
        assert heading_in_chinese(heading) == "反色：需求方。 框：提供者。"

    def test_every_part_of_a_map_is_named_and_has_an_id_of_its_own(self):
        drawn = maps(Source.of(desk()))
        assert [one.id for one in drawn] == ["m0", "s0"]
        svg = str(drawn[0].svg)
        for kind, name in (("service", "Talk"), ("provider", "Clerks"), ("consumer", "Clients")):
            assert f'data-kind="{kind}" data-name="{name}"' in svg
        assert 'data-kind="link" data-name="Clients enters"' in svg
        assert "font-family" not in svg
        assert ("service", "Talk") in drawn[0].nodes


class TestWords:
    def test_no_line_ends_within_an_arrow(self):
        shown = text("<a> -> b").__html__()
        assert shown == '&lt;a&gt; <span class="arrow">-&gt;</span> b'
        assert shown.count("-") == 1

    def test_times_on_an_axis_are_round_in_the_unit_in_which_they_are_told(self):
        assert [told.en for _, told in time_ticks(1000, "min")] == ["0", "5 h", "10 h", "15 h"]
        weeks = time_ticks(2, "week", 6)
        assert [told.en for _, told in weeks] == [
            "0",
            "2.5 days",
            "5 days",
            "7.5 days",
            "10 days",
            "12.5 days",
        ]
        assert [tick * 7 for tick, _ in weeks] == pytest.approx([0, 2.5, 5, 7.5, 10, 12.5])
