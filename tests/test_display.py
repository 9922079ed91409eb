"""How objects show themselves: rounding, tables to be read, files for spreadsheets, outputs of notebooks."""

import csv
import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

import serviceflow as sf
from report.hostile import NAMES, hostile_chain
from serviceflow.display import markup
from serviceflow.display.rounded import ExportError, RoundedTable
from serviceflow.display.rounding import estimate, figure, percent, places_for, signed
from serviceflow.display.spreadsheet import RUNNABLE, csv_text, guarded, markdown_of, write_whole
from serviceflow.display.text import TURNING, clean
from serviceflow.view.maps import MapFormatError
from serviceflow.view.palette import (
    ALARM,
    CLUSTER,
    DELAY,
    FAINT,
    INK,
    MET,
    MISSED,
    PAPER,
    WAITING,
    contrast,
    in_dark,
    ink_on,
)
from serviceflow.view.report import parts


@pytest.fixture(scope="module")
def chain():
    return hostile_chain()


@pytest.fixture(scope="module")
def comparison(chain):
    return chain.compare(engine="simpy", progress=False)


@pytest.fixture(scope="module")
def results(comparison):
    return comparison["baseline"]


class TestRounding:
    @pytest.mark.parametrize(
        ("low", "high", "places"),
        [
            (12.31, 13.01, 1),  # half a width of 0.35: one digit of it
            (12.31, 12.61, 2),  # 0.15: two
            (1400, 1500, -1),
            (1000, 9000, -3),
            (0, 0.0058, 4),
            (5, 5, None),
            (float("nan"), 1, None),
        ],
    )
    def test_places_follow_the_interval(self, low, high, places):
        assert places_for(low, high) == places

    @pytest.mark.parametrize(
        ("value", "places", "told"),
        [
            (12.345, 1, "12.3"),
            (1234.5, -2, "1,200"),
            (-0.04, 1, "0.0"),
            (0.0001234, None, "0.000123"),
            (1234567, None, "1,234,567"),
            (99.96, None, "100"),
            (12.0, None, "12"),
            (0, 3, "0"),
            (float("nan"), None, "–"),
            (float("inf"), 2, "–"),
        ],
    )
    def test_figures(self, value, places, told):
        assert figure(value, places) == told

    @pytest.mark.parametrize(
        ("value", "told"), [(0.8, "80%"), (0.004, "0.4%"), (0.997, "99.7%"), (1, "100%"), (0, "0%")]
    )
    def test_shares(self, value, told):
        assert percent(value) == told

    @pytest.mark.parametrize(
        ("numbers", "unit", "told"),
        [
            ((12.34, 11.9, 12.7), "min", ("12.3", "11.9 to 12.7")),
            ((0.8021, 0.602, 1.0), "share", ("80%", "60% to 100%")),
            ((12.345, float("nan"), float("nan")), "min", ("12.3", "")),
            ((5, 5, 5), "requests", ("5", "5")),
        ],
    )
    def test_estimates(self, numbers, unit, told):
        assert estimate(*numbers, unit) == told

    def test_what_is_more_has_a_plus_and_nothing_has_none(self):
        assert [signed(one) for one in ("3", "-3", "0", "0.0%", "–")] == ["+3", "-3", "0", "0.0%", "–"]


class TestTablesToBeRead:
    def test_a_summary_is_rounded_by_its_intervals(self, results):
        found, plain = results.rounded(), results.summary()
        assert len(found) == len(plain)
        for cells, row in zip(found.rows, plain.itertuples(index=False), strict=True):
            places = places_for(row.ci_low, row.ci_high)
            if row.unit != "share" and places is not None:
                assert float(cells[2].replace(",", "")) == pytest.approx(round(row.mean, places))

    def test_one_replication_has_no_intervals_and_says_so(self, chain):
        found = chain.simulate(replications=1, engine="simpy", progress=False).rounded()
        assert "one replication: no intervals" in found.note
        assert {row[3] for row in found.rows} == {""}

    def test_differences_have_the_verdicts_of_the_table(self, comparison):
        verdicts = [row[-1] for row in comparison.rounded().rows]
        assert verdicts == comparison.summary()["verdict"].tolist()

    def test_a_slide_has_few_rows_the_promise_to_consumers_among_them(self, comparison):
        found = comparison.slide_table()
        assert 3 <= len(found) <= 14
        assert found.rows[0][:2] == ("the whole chain", "Flow time")
        assert f"{NAMES['consumer']}: resolution" in [row[0] for row in found.rows]
        shares = [row for row in found.rows if row[1] == "Kept"]
        assert all(row[6] == "points" and "%" not in row[4] and "%" in row[3] for row in shares)

    def test_several_scenarios_are_told_apart(self):
        chain = hostile_chain()
        chain.add_scenario("Three", changes={"providers": {NAMES["provider"]: {"staff": 3}}})
        comparison = chain.compare(engine="simpy", progress=False)
        assert comparison.slide_table().heads[0] == "scenario"
        assert {row[0] for row in comparison.slide_table().rows} == set(comparison.scenarios)
        assert comparison.slide_table("Three").heads[3] == "Three"
        with pytest.raises(sf.UnknownNameError, match=r"scenario 'Thre'; did you mean 'Three'\?"):
            comparison.slide_table("Thre")

    def test_it_prints_in_columns_that_hold_in_chinese(self):
        told = str(RoundedTable("T", ("of", "mean"), (("客房部", "12"), ("Desk", "7")), (1,), "a note"))
        assert told == "T\nof      mean\n客房部    12\nDesk       7\na note"

    def test_it_is_saved_as_csv_and_markdown(self, comparison, tmp_path):
        found = comparison.slide_table()
        place = found.save(tmp_path / "slide.csv")
        rows = list(csv.reader(place.read_text("utf-8-sig").splitlines()))
        assert len(rows) == len(found) + 1
        assert not [cell for row in rows for cell in row if cell.startswith(RUNNABLE)]
        assert found.save(tmp_path / "slide.md").read_text("utf-8") == found.to_markdown()
        assert sorted(one.name for one in tmp_path.iterdir()) == ["slide.csv", "slide.md"]

    @pytest.mark.parametrize(("name", "wrong"), [("a.txt", r"not as \.txt"), ("a", "not without a suffix")])
    def test_another_suffix_is_refused(self, comparison, tmp_path, name, wrong):
        with pytest.raises(ExportError, match=rf"a table is saved as \.csv or \.md, {wrong}$"):
            comparison.slide_table().save(tmp_path / name)
        assert list(tmp_path.iterdir()) == []


class TestSpreadsheets:
    def test_texts_that_would_run_are_guarded_and_numbers_are_not(self):
        table = pd.DataFrame({"=a": ["=1", "-x", "@y", "\tz", "\rz", "b"], "n": [-1.0, 2, 3, 4, 5, 6]})
        found = guarded(table)
        assert list(found.columns) == ["'=a", "n"]
        assert list(found["'=a"]) == ["'=1", "'-x", "'@y", "'\tz", "'\rz", "b"]
        assert csv_text(table).splitlines()[1] == "'=1,-1.0"

    def test_markdown_keeps_names_texts(self):
        told = markdown_of(
            pd.DataFrame({"a|b": ["<b>x</b>", "[x](http://y) `z` *w*", "a\nb"], "n": [1, 2, 3]})
        )
        assert told.splitlines() == [
            r"| a\|b | n |",
            "| --- | ---: |",
            "| &lt;b&gt;x&lt;/b&gt; | 1 |",
            r"| \[x\](http://y) \`z\` \*w\* | 2 |",
            "| a b | 3 |",
        ]

    def test_a_file_is_whole_or_absent(self, tmp_path):
        def fails(beside):
            beside.write_text("half")
            raise ValueError

        with pytest.raises(ValueError):
            write_whole(tmp_path / "a.csv", fails)
        assert list(tmp_path.iterdir()) == []

    def test_what_cannot_be_written_is_told_by_its_own_name(self, tmp_path):
        with pytest.raises(OSError) as caught:
            write_whole(tmp_path / "no" / "a.csv", lambda beside: beside.write_text("x"))
        assert caught.value.filename == str(tmp_path / "no" / "a.csv")


def whatever_shows_itself(chain, results, comparison):
    yield from (chain, chain.map(), chain.check(), chain.links(), chain.service_catalogue())
    yield from (chain.explain(NAMES["service"]), results, results.rounded(), results.bottlenecks())
    yield from (results.story(0), results.audit(), results.map(), results.service_map(), comparison)
    yield from (comparison.rounded(), comparison.slide_table(), results.scorecard(NAMES["provider"]))
    yield chain.levers(levers=["staff"], budget=8, engine="simpy", progress=False)
    yield sf.instrument("internal")
    yield chain.simulate(engine="simpy", progress=False, precision={"flow_time": 0.5}).precision
    yield super(type(results), results)  # as it shows itself without maps


@pytest.fixture(scope="module")
def outputs(chain, results, comparison):
    found = whatever_shows_itself(chain, results, comparison)
    return {f"{at} {type(one).__name__}": one._repr_html_() for at, one in enumerate(found)}


class TestNotebooks:
    def test_each_is_one_part_with_the_style_of_both_themes(self, outputs):
        for name, html in outputs.items():
            assert html.startswith('<div class="sf-out"><style>'), name
            assert html.count("<style>") == 1, name
            assert "prefers-color-scheme:dark" in html
            assert "[data-jp-theme-light=false]" in html

    def test_each_is_well_formed_and_holds_nothing_that_runs(self, outputs):
        for name, html in outputs.items():
            read = ET.fromstring(html.replace("&nbsp;", " "))
            kinds = {one.tag.rpartition("}")[2].lower() for one in read.iter()}
            assert not kinds & {"script", "img", "b", "iframe", "object", "foreignobject"}, name
            assert not [key for one in read.iter() for key in one.attrib if key.lower().startswith("on")], (
                name
            )

    def test_names_are_there_to_be_read_and_none_turns_what_follows(self, outputs):
        for name, html in outputs.items():
            assert not set(TURNING) & set(html), name
        told = " ".join(ET.fromstring(outputs["2 CheckReport"]).itertext())
        assert clean(NAMES["provider"]) in told

    def test_results_show_the_answer_three_figures_and_the_map(self, results):
        html = results._repr_html_()
        read = ET.fromstring(html)
        assert html.count('class="sf-card"') == 3
        assert html.count("<svg") == 1
        told = " ".join(" ".join(read.itertext()).split())
        for part in results.bottlenecks().sentences.values():
            assert all(clean(sentence) in told for sentence in part)
        assert "Results(" not in html

    def test_without_graphviz_there_is_all_but_the_map(self, results, monkeypatch):
        def absent(*arguments, **options):
            raise sf.DrawingError("maps are drawn by pygraphviz, which is not installed here")

        monkeypatch.setattr("serviceflow.view.maps.draw", absent)
        html = results._repr_html_()
        assert "No map: maps are drawn by pygraphviz" in html
        assert html.count('class="sf-card"') == 3

    def test_long_tables_are_cut_openly(self):
        html = markup.frame(pd.DataFrame({"a": range(50)}))
        assert html.count("<tr>") == 41
        assert "and 10 more rows" in html

    @pytest.mark.parametrize(
        ("value", "told"),
        [
            *((None, ""), (float("nan"), ""), (pd.NA, ""), (True, "yes"), (1234567, "1,234,567")),
            *((2026, "2026"), (("a", "b"), "a, b"), (0.123456, "0.123"), (float("inf"), ""), ("x", "x")),
        ],
    )
    def test_cells(self, value, told):
        assert markup.cell(value) == told


class TestDark:
    @pytest.mark.parametrize("fill", [*WAITING, *DELAY, INK, CLUSTER])
    def test_what_reads_on_a_light_fill_reads_on_its_dark_one(self, fill):
        assert contrast(in_dark(ink_on(fill)), in_dark(fill)) >= 4.5

    @pytest.mark.parametrize("ink", [ALARM, MET, MISSED, FAINT, INK])
    def test_colored_text_reads_on_dark_paper(self, ink):
        assert contrast(in_dark(ink), in_dark(PAPER)) >= 4.5

    def test_files_and_pages_turn_colors_alike(self):
        assert "invert(.95) hue-rotate(180deg)" in markup.STYLE
        assert "invert(.95) hue-rotate(180deg)" in parts.read("dark.css")

    def test_light_becomes_dark(self):
        assert contrast(in_dark(PAPER), "#000000") < 1.3
        assert contrast(in_dark(INK), in_dark(PAPER)) > 10

    def test_a_map_is_drawn_for_dark_ground(self, results, tmp_path):
        drawn = results.map(theme="dark")
        assert drawn.theme == "dark"
        assert f'bgcolor="{in_dark(PAPER)}"' in drawn.dot
        assert "#ffffff" not in re.sub(r"http\S+", "", drawn.dot)
        assert drawn.save(tmp_path / "dark.svg").read_text("utf-8") != results.map().svg
        assert "sf-out" not in drawn._repr_html_()

    def test_names_that_look_like_colors_stay(self):
        chain = sf.ServiceChain('color="#ffffff"')
        chain.add_provider('fillcolor="#1d2125" #ffffff', staff=1)
        chain.add_service("#ffffff", provider='fillcolor="#1d2125" #ffffff', duration="1 min")
        chain.add_consumer('bgcolor="#ffffff"', arrivals={"every": "1 h"}, enters="#ffffff")
        texts = " ".join(ET.fromstring(chain.map(theme="dark").inline).itertext())
        for name in (chain.name, *chain.providers, *chain.services, *chain.consumers):
            assert all(word in texts for word in name.split()), name

    def test_there_is_no_other_theme(self, chain):
        with pytest.raises(MapFormatError, match=r"^theme='drak': use 'light' or 'dark'; did you mean"):
            chain.map(theme="drak")
        with pytest.raises(MapFormatError, match=r"^this map is dark; make a light one of the map that"):
            chain.service_map(theme="dark").themed("light")
