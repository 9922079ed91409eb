"""Charts: what they draw, on whose axes, in which colors, and that they touch nothing else."""

import datetime as dt
import re
import warnings
from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager, pyplot
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex, to_rgb

from programs import output_of
from serviceflow.analysis.critical_path import CAUSES as LOST_CAUSES
from serviceflow.engine.program.codes import WAITS
from serviceflow.errors import ServiceflowError
from serviceflow.view import fonts, palette
from serviceflow.view.charts import (
    ChartError,
    heatmap,
    plot_attainment,
    plot_before_after,
    plot_changes,
    plot_heatmap,
    plot_levers,
    plot_lost_time,
    plot_provider,
    plot_requests,
    plot_times,
    plot_tornado,
    plot_utilization,
    plot_waits,
    plot_warm_up,
    plot_week,
    style,
)
from serviceflow.view.charts.style import texts_of
from serviceflow.view.charts.times import Limit

matplotlib.use("Agg")

WAITING = pd.DataFrame(
    {"contention": [2.0, 30.0, 0.0], "off_shift": [1.0, 10.0, 0.5], "stock": [12.0, 0.0, 0.0], "held": 0.0},
    index=["Front desk", "Housekeeping", "Supervisors"],
)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


@pytest.fixture
def axes():
    return pyplot.subplots()[1]


def bars(axes):
    """Length by (provider, cause) as drawn."""
    names = dict(zip(axes.get_yticks(), [label.get_text() for label in axes.get_yticklabels()], strict=True))
    return {
        (names[round(bar.get_y() + bar.get_height() / 2)], group.get_label()): bar.get_width()
        for group in axes.containers
        for bar in group
    }


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def said_on(axes):
    return [text.get_text() for text in axes.texts]


# Waiting by provider and cause


def test_bars_are_as_long_as_the_waiting(axes):
    drawn = bars(plot_waits(WAITING, unit="min per request", ax=axes))
    assert drawn["Housekeeping", "contention"] == 30.0
    assert drawn["Housekeeping", "off shift"] == 10.0
    assert drawn["Front desk", "stock"] == 12.0
    assert sum(drawn.values()) == pytest.approx(WAITING.to_numpy().sum())


def test_causes_are_stacked_end_to_end(axes):
    plot_waits(WAITING, unit="min", ax=axes)
    top = [bar for group in axes.containers for bar in group if bar.get_y() > 1]
    row = sorted((bar.get_x(), bar.get_width()) for bar in top)
    ends = np.cumsum([width for _, width in row])
    assert [start for start, _ in row] == pytest.approx([0.0, *ends[:-1]])


def test_the_longest_waiting_is_on_top_and_its_causes_first(axes):
    plot_waits(WAITING, unit="min", ax=axes)
    ticks = sorted(zip(axes.get_yticks(), axes.get_yticklabels(), strict=True), key=lambda tick: -tick[0])
    assert [label.get_text() for _, label in ticks] == ["Housekeeping", "Front desk", "Supervisors"]
    assert legend_of(axes) == ["contention", "stock", "off shift"]


def test_totals_stand_beside_the_bars_and_units_on_the_axis(axes):
    plot_waits(WAITING, unit="min per request", ax=axes)
    assert said_on(axes) == ["40", "15", "0.5"]
    assert axes.get_xlabel() == "waiting time (min per request)"


def test_providers_and_causes_without_waiting_are_not_drawn(axes):
    plot_waits(pd.concat([WAITING, pd.DataFrame(0.0, ["Porter"], WAITING.columns)]), unit="min", ax=axes)
    assert "Porter" not in [label.get_text() for label in axes.get_yticklabels()]
    assert "held" not in legend_of(axes)


def test_of_many_providers_the_rest_is_told_in_words(axes):
    many = pd.DataFrame({"contention": np.arange(1.0, 41.0)}, index=[f"p{number}" for number in range(40)])
    plot_waits(many, unit="h", ax=axes)
    assert len(axes.get_yticks()) == 15
    assert axes.get_xlabel() == "waiting time (h)\n25 more providers, not drawn: 325 in all"


def test_where_nobody_waits_the_chart_says_so(axes):
    plot_waits(WAITING * 0, unit="min", ax=axes)
    assert said_on(axes) == ["no request waits"]
    plot_waits(pd.DataFrame(), unit="min")


@pytest.mark.parametrize("wrong", [-1.0, float("nan")])
def test_impossible_waiting_is_refused(wrong):
    with pytest.raises(ChartError) as error:
        plot_waits(WAITING.replace(30.0, wrong), unit="min")
    assert str(error.value) == "waits: a waiting time is missing or negative; give 0 where nobody waits"
    assert isinstance(error.value, ServiceflowError)


def test_names_are_no_formulas(axes):
    plot_waits(WAITING.rename(index={"Front desk": "$\\frac{", "Supervisors": "a" * 90}), unit="min", ax=axes)
    axes.figure.canvas.draw()
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert "$\\frac{" in shown
    assert max(map(len, shown)) == 32


def test_the_table_stays_as_it_was():
    before = WAITING.copy()
    plot_waits(WAITING, unit="min")
    pd.testing.assert_frame_equal(WAITING, before)


# Utilization over the week

DUTY = np.tile(np.repeat([0.0, 4.0, 0.0], [8, 8, 8]), 7)
DUTY[120:] /= 2
BUSY = DUTY * 0.5
BUSY[16] = 3.0


def stairs(axes):
    return {patch.get_label(): patch.get_data() for patch in axes.patches}


def test_busy_staff_stand_against_staff_on_duty(axes):
    plot_utilization(BUSY, DUTY, name="Housekeeping", ax=axes)
    drawn = stairs(axes)
    np.testing.assert_array_equal(drawn["on duty"].values, DUTY)
    np.testing.assert_array_equal(drawn["busy"].values, np.minimum(BUSY, DUTY))
    np.testing.assert_array_equal(drawn["on duty"].edges, np.arange(169))


def test_overtime_is_apart_from_utilization(axes):
    plot_utilization(BUSY, DUTY, ax=axes)
    over = stairs(axes)["overtime"]
    assert (over.values - over.baseline).sum() == 3.0
    assert axes.get_title(loc="left") == "Utilization 50%"
    assert legend_of(axes) == ["busy", "overtime", "on duty"]


def test_without_overtime_none_is_explained(axes):
    plot_utilization(DUTY * 0.9, DUTY, ax=axes)
    assert legend_of(axes) == ["busy", "on duty"]


def test_each_day_has_its_utilization(axes):
    duty, busy = DUTY.copy(), BUSY.copy()
    busy[24:48] = duty[24:48]
    duty[144:] = busy[144:] = 0
    plot_utilization(busy, duty, name="Housekeeping", ax=axes)
    days = [label.get_text() for label in axes.get_xticklabels()]
    assert days == ["Mon\n50%", "Tue\n100%", "Wed\n50%", "Thu\n50%", "Fri\n50%", "Sat\n50%", "Sun\noff duty"]
    assert axes.get_title(loc="left").startswith("Housekeeping: utilization ")


def test_the_week_has_units(axes):
    plot_utilization(BUSY, DUTY, ax=axes)
    assert axes.get_ylabel() == "staff (mean number)"
    assert axes.get_xlabel().startswith("hour of the week")
    assert axes.get_xlim() == (0, 168)


def test_a_provider_never_on_duty_can_be_drawn(axes):
    plot_utilization(np.zeros(168), np.zeros(168), name="Nobody", ax=axes)
    assert axes.get_title(loc="left") == "Nobody: utilization off duty"


@pytest.mark.parametrize("wrong", [np.zeros(24), np.full(168, np.nan), np.full(168, -1.0)])
def test_anything_but_a_week_is_refused(wrong):
    message = "give 168 numbers from 0, one for each hour of the week from Monday"
    with pytest.raises(ChartError, match=f"^busy: {message}$"):
        plot_utilization(wrong, DUTY)
    with pytest.raises(ChartError, match=f"^staff: {message}$"):
        plot_utilization(DUTY, wrong)


# Manners

NAMES = ["前台", "Back office $x_1$", "Legal department of the second district, first floor, left", "Desk"]
NUMBERS = np.arange(4.0)
ENDS = {"ci_low": NUMBERS - 1.0, "ci_high": NUMBERS + 2.0}
LOST = pd.DataFrame({"contention": NUMBERS, "paused: off_shift": 1.0, "dispatch": 2.0}, index=NAMES)
TOTALS = pd.DataFrame({"mean": LOST.sum(axis=1), "ci_low": NUMBERS, "ci_high": NUMBERS + 9}, index=NAMES)
PROMISES = pd.DataFrame({"name": NAMES, "promised": 0.9, "attainment": [0.5, 0.9, 0.95, 1.0]}).assign(
    ci_low=[0.4, 0.85, 0.92, 1.0], ci_high=[0.6, 0.93, 0.97, 1.0]
)
LEVERS = pd.DataFrame({"lever": NAMES, "gain": NUMBERS, "verdict": "helps", **ENDS}).assign(
    simultaneous_low=NUMBERS - 2, simultaneous_high=NUMBERS + 3
)
CHANGES = pd.DataFrame({"scenario": ["甲", "甲", "乙", "乙"], "row": NAMES, "baseline": 10.0, **ENDS}).assign(
    difference=NUMBERS
)
BEFORE = pd.DataFrame({"row": NAMES, "before": NUMBERS + 5, "after": NUMBERS + 2}).assign(
    before_low=NUMBERS + 4, before_high=NUMBERS + 6, after_low=NUMBERS, after_high=NUMBERS + 4
)
INPUTS = pd.DataFrame({"input": NAMES, "lower": -NUMBERS, "higher": NUMBERS}).assign(
    lower_low=-NUMBERS - 1, lower_high=-NUMBERS + 1, higher_low=NUMBERS - 1, higher_high=NUMBERS + 1
)
STRETCHES = pd.DataFrame({"row": NAMES, "start": NUMBERS * 3600, "length": 3000.0}).assign(
    part=["work", "off_shift", "setup", "paused: call"]
)
MONDAY = dt.datetime(2026, 1, 5, 8)
STEPS = (np.array([0.0, 3600.0]), np.array([1.0, 2.0]))
QUEUES = np.tile(np.arange(168.0), (3, 1)) + np.arange(3.0)[:, None]

CHARTS = {
    "waits": lambda ax=None: plot_waits(WAITING, unit="min", ax=ax),
    "utilization": lambda ax=None: plot_utilization(BUSY, DUTY, name="客房部", ax=ax),
    "lost time": lambda ax=None: plot_lost_time(LOST, TOTALS, unit="min", ax=ax),
    "levers": lambda ax=None: plot_levers(LEVERS, objective="flow time of 客人", unit="min", ax=ax),
    "week": lambda ax=None: plot_week(QUEUES, what="requests waiting", staff=DUTY, name="前台", ax=ax),
    "times": lambda ax=None: plot_times(
        np.arange(500.0), unit="min", limit=Limit(90, 0.9, 0.2), name="客人", ax=ax
    ),
    "attainment": lambda ax=None: plot_attainment(PROMISES, ax=ax),
    "heat map": lambda ax=None: plot_heatmap(
        np.arange(168.0).reshape(7, 24), unit="min", staff=DUTY, name="前台", ax=ax
    ),
    "requests": lambda ax=None: plot_requests(STRETCHES, start=MONDAY, title="Request 7 of 客人", ax=ax),
    "provider": lambda ax=None: plot_provider(
        STEPS, STEPS, STEPS, start=MONDAY, end=7200.0, name="前台", ax=ax
    ),
    "changes": lambda ax=None: plot_changes(CHANGES, ax=ax),
    "tornado": lambda ax=None: plot_tornado(INPUTS, objective="flow time", unit="min", by=0.1, ax=ax),
    "warm-up": lambda ax=None: plot_warm_up(
        np.arange(41.0), np.arange(40.0), what="requests in the chain", unit="min", used=5, needed=9, ax=ax
    ),
    "before and after": lambda ax=None: plot_before_after(
        BEFORE, what="waiting time", unit="min", names=("今天", "改后"), ax=ax
    ),
}
every_chart = pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)


@pytest.fixture
def _any_font(monkeypatch):
    """As on a machine that has fonts for everything: boxes instead of glyphs."""
    monkeypatch.setattr(style, "families", lambda texts, base: list(base))
    monkeypatch.setattr(heatmap, "families", lambda texts, base: list(base))
    warnings.filterwarnings("ignore", "Glyph .* missing from")


@pytest.mark.usefixtures("_any_font")
@every_chart
def test_a_chart_draws_on_the_axes_given_and_gives_them_back(chart, axes):
    figures = pyplot.get_fignums()
    assert chart(axes) is axes
    assert pyplot.get_fignums() == figures


@pytest.mark.usefixtures("_any_font")
@every_chart
def test_a_chart_makes_axes_where_none_are_given(chart):
    figures = pyplot.get_fignums()
    assert chart().figure.number not in figures


@pytest.mark.usefixtures("_any_font")
@every_chart
def test_a_chart_shows_nothing_and_changes_no_setting(chart, monkeypatch):
    monkeypatch.setattr(pyplot, "show", lambda *_, **__: pytest.fail("shown"))
    before = dict(matplotlib.rcParams)
    chart().figure.canvas.draw()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.usefixtures("_any_font")
@every_chart
@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_nothing_is_cut_off_and_texts_do_not_lie_upon_each_other(chart, style):
    with pyplot.style.context(style):
        axes = chart()
        axes.figure.canvas.draw()
    whole, spans = axes.figure.bbox, seen(axes)
    assert all(whole.x0 <= span.x0 and span.x1 <= whole.x1 for span in spans.values())
    assert all(whole.y0 <= span.y0 and span.y1 <= whole.y1 for span in spans.values())
    assert not [(a, b) for (a, one), (b, two) in combinations(spans.items(), 2) if one.overlaps(two)]


def seen(axes):
    """Where each text is: those of ticks outside the axes are not drawn."""
    low, high = sorted(axes.get_ylim())
    outside = {
        label
        for at, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
        if not low <= at <= high
    }
    left, right = sorted(axes.get_xlim())
    outside |= {
        label
        for at, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        if not left <= at <= right
    }
    written = [text for text in texts_of(axes) if text.get_text() and text not in outside]
    return {(place, text.get_text()): text.get_window_extent() for place, text in enumerate(written)}


@pytest.mark.usefixtures("_any_font")
@every_chart
@pytest.mark.parametrize(("style", "ground"), [("default", "#ffffff"), ("dark_background", "#000000")])
def test_every_text_and_line_stands_out_from_the_ground(chart, style, ground):
    with pyplot.style.context(style):
        axes = chart()
    colors = [text.get_color() for text in texts_of(axes) if text.get_text()]
    colors += [line.get_color() for line in axes.lines]
    colors += [
        color
        for lines in axes.collections
        if isinstance(lines, LineCollection)
        for color in lines.get_color()
    ]
    assert [one for one in colors if palette.contrast(to_hex(one), ground) < 3] == []


@pytest.mark.usefixtures("_any_font")
@every_chart
def test_axes_with_numbers_have_a_unit(chart):
    axes = chart()
    assert axes.get_xlabel()
    assert re.search(r"\(.+\)|clock|hour of", axes.get_xlabel())
    numbers = [label for label in axes.get_yticklabels() if re.fullmatch(r"[\d.]+", label.get_text())]
    assert not numbers or re.search(r"\(.+\)", axes.get_ylabel())


@pytest.mark.usefixtures("_any_font")
@every_chart
def test_names_are_shown_as_they_are(chart):
    axes = chart()
    axes.figure.canvas.draw()
    assert not any(text.get_parse_math() for text in texts_of(axes) if text.get_text())


def test_the_chart_follows_a_dark_style():
    with pyplot.style.context("dark_background"):
        axes = plot_utilization(BUSY, DUTY)
    line = next(patch for patch in axes.patches if patch.get_label() == "on duty")
    assert to_rgb(line.get_edgecolor()) == to_rgb("white")


def test_charts_are_not_loaded_with_the_package():
    code = "import serviceflow, sys; print([m for m in ('matplotlib', 'pandas') if m in sys.modules])"
    assert output_of(code) == "[]"


# Colors


def test_every_way_to_lose_time_has_a_look_of_its_own():
    assert set(palette.LOST) == set(LOST_CAUSES.values())
    assert len(set(palette.LOST.values())) == len(palette.LOST)


def test_every_cause_of_waiting_has_a_color_of_its_own():
    assert set(palette.CAUSES) == set(WAITS)
    assert len(set(palette.CAUSES.values())) == len(WAITS)
    assert len({color for color, _ in palette.CAUSES.values()}) == len(WAITS)


@pytest.mark.parametrize("color", [*(color for color, _ in palette.LOST.values()), *palette.SERIES])
def test_causes_stand_out_on_light_and_on_dark(color):
    assert palette.contrast(color, "#ffffff") >= 3
    assert palette.contrast(color, "#000000") >= 3


# How deuteranopes and protanopes see linear RGB: Machado, Oliveira and Fernandes (2009), severity 1.
SEEN_BY = {
    "deuteranope": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "protanope": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
}


@pytest.mark.parametrize("eye", SEEN_BY)
def test_causes_that_look_alike_to_some_differ_in_hatching(eye):
    def seen(color):
        linear = np.array([palette.luminance(f"#{color[at : at + 2] * 3}") for at in (1, 3, 5)])
        return np.clip(np.array(SEEN_BY[eye]) @ linear, 0, 1) ** (1 / 2.2)

    for one, other in combinations(palette.LOST.values(), 2):
        if one[1] == other[1]:
            assert np.abs(seen(one[0]) - seen(other[0])).max() > 0.12, (one, other)


# Fonts


def test_names_that_no_font_can_draw_give_one_warning_and_keep_their_text(axes, monkeypatch):
    monkeypatch.setattr(fonts, "_candidates", lambda: [])
    monkeypatch.setattr(fonts, "_unlisted", lambda: iter(()))
    named = WAITING.rename(index={"Front desk": "前台", "Housekeeping": "客房部"})
    with pytest.warns(fonts.MissingGlyphWarning) as caught:
        plot_waits(named, unit="min", ax=axes)
    assert [warning.filename for warning in caught] == [__file__]
    assert "install Noto Sans CJK SC" in str(caught[0].message)
    if matplotlib.__version_info__ >= (3, 11):  # from then on Matplotlib brings a font for what no other has
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            axes.figure.canvas.draw()
    assert "客房部" in [label.get_text() for label in axes.get_yticklabels()]


def test_plain_names_need_no_warning(axes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_waits(WAITING, unit="min", ax=axes)
        axes.figure.canvas.draw()


@pytest.fixture
def font_file(tmp_path):
    """A font with squares for a few Chinese characters."""
    builder = pytest.importorskip("fontTools.fontBuilder").FontBuilder(1000, isTTF=True)
    pen = pytest.importorskip("fontTools.pens.ttGlyphPen").TTGlyphPen(None)
    for index, corner in enumerate([(0, 0), (0, 700), (700, 700), (700, 0)]):
        (pen.lineTo if index else pen.moveTo)(corner)
    pen.closePath()
    square = pen.glyph()
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(character): "square" for character in "客房部前台"})
    builder.setupGlyf({".notdef": square, "square": square})
    builder.setupHorizontalMetrics({".notdef": (800, 0), "square": (800, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    builder.save(tmp_path / "squares.ttf")
    before = list(font_manager.fontManager.ttflist)
    yield tmp_path / "squares.ttf"
    font_manager.fontManager.ttflist[:] = before


@pytest.fixture
def chinese_font(font_file, monkeypatch):
    """The only font with those characters, installed for the test."""
    font_manager.fontManager.addfont(font_file)
    own = [("Squares", str(font_file))]
    monkeypatch.setattr(fonts, "_candidates", lambda: own)
    return "Squares"


def test_a_font_that_came_after_matplotlib_made_its_list_is_found(font_file, monkeypatch, axes):
    monkeypatch.setattr(fonts, "_candidates", lambda: [])
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(font_file)])
    named = WAITING.rename(index={"Front desk": "前台", "Housekeeping": "客房部"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_waits(named, unit="min", ax=axes)
        axes.figure.canvas.draw()
    assert "Squares" in axes.get_yticklabels()[0].get_fontfamily()
    assert list(fonts._unlisted()) == []


def test_a_font_that_has_the_characters_is_found(chinese_font, axes):
    named = WAITING.rename(index={"Front desk": "前台", "Housekeeping": "客房部"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_waits(named, unit="min", ax=axes)
        axes.figure.canvas.draw()
    assert chinese_font in axes.get_yticklabels()[0].get_fontfamily()


def test_fonts_are_added_after_those_in_use_and_only_as_needed(chinese_font):
    assert fonts.families(["Front desk"], ["DejaVu Sans"]) == ["DejaVu Sans"]
    assert fonts.families(["前台"], ["DejaVu Sans"]) == ["DejaVu Sans", chinese_font]


def test_the_warning_names_the_characters_that_are_missing(monkeypatch):
    monkeypatch.setattr(fonts, "_candidates", lambda: [])
    monkeypatch.setattr(fonts, "_unlisted", lambda: iter(()))
    with pytest.warns(fonts.MissingGlyphWarning) as caught:
        assert fonts.families(["台a", "b"], ["DejaVu Sans"])[-1] == fonts.LAST_RESORT
    assert str(caught[0].message) == (
        "no installed font has glyphs for 台; install Noto Sans CJK SC, "
        "or save as .svg, which needs no font here"
    )
