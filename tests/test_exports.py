"""What leaves for other programs: Excel, CSV, Markdown, traces and stacks; names in it do no harm."""

import csv
import json
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from itertools import pairwise

import openpyxl
import pytest

import serviceflow as sf
from report.hostile import NAMES, hostile_chain
from serviceflow.display.spreadsheet import RUNNABLE
from serviceflow.display.text import TURNING, clean
from serviceflow.view.palette import CHANGES, MET
from serviceflow.view.tables import tables_of

pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed (pip install XlsxWriter)")


@pytest.fixture(scope="module")
def chain():
    return hostile_chain()


@pytest.fixture(scope="module")
def comparison(chain):
    return chain.compare(engine="simpy", progress=False)


@pytest.fixture(scope="module")
def results(comparison):
    return comparison["baseline"]


@pytest.fixture(scope="module")
def levers(chain):
    return chain.levers(levers=["staff"], budget=8, engine="simpy", progress=False)


def rows_of(sheet):
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


class TestExcel:
    @pytest.fixture(scope="class")
    @staticmethod
    def book(results, levers, tmp_path_factory):
        place = results.to_excel(tmp_path_factory.mktemp("excel") / "desk.xlsx", levers=levers)
        assert [one.name for one in place.parent.iterdir()] == ["desk.xlsx"]
        return openpyxl.load_workbook(place)

    def test_the_answer_comes_first_and_every_figure_is_in_it(self, book, results, levers):
        assert book.sheetnames[0] == "Answer"
        assert {"Summary", "Lost time", "Waits", "Promises", "Levers", "KPIs"} <= set(book.sheetnames)
        told = [str(row[0].value) for row in book["Answer"].iter_rows()]
        assert clean(results.chain.name) in told
        assert clean(results.bottlenecks(levers).sentence) in told

    def test_figures_are_the_numbers_of_the_tables(self, book, results):
        rows = rows_of(book["KPIs"])
        assert len(rows) == len(results.kpis)
        for row, kpi in zip(rows, results.kpis.itertuples(index=False), strict=True):
            assert row["mean"] == (pytest.approx(kpi.mean, rel=1e-12) if kpi.mean == kpi.mean else None)
            assert row["name"] == clean(kpi.name)

    def test_no_cell_is_a_formula_or_a_link_and_texts_that_would_be_are_marked(self, book):
        risky = 0
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f", cell.coordinate
                    assert cell.hyperlink is None
                    if isinstance(cell.value, str):
                        assert not set(TURNING) & set(cell.value)
                        if cell.value.startswith(RUNNABLE):
                            risky += 1
                            assert cell.quotePrefix, (sheet.title, cell.coordinate)
        assert risky > 10

    def test_charts_are_there(self, book, comparison, tmp_path):
        assert len(book["Lost time"]._charts) == 1
        found = openpyxl.load_workbook(comparison.to_excel(tmp_path / "a.xlsx"))
        assert len(found["Flow times"]._charts) == 1
        assert {"Answer", "Scenarios", "Changes", "Differences", "KPIs"} <= set(found.sheetnames)
        assert rows_of(found["Scenarios"])[0]["verdict"] == comparison.slide_table().rows[0][-1]

    def test_shares_read_as_percentages(self, book):
        kept = [row for row in book["KPIs"].iter_rows(min_row=2) if row[3].value == "attainment"]
        assert {row[5].number_format for row in kept} == {"0.0%"}

    def test_another_suffix_is_refused_before_anything_is_made(self, results, tmp_path):
        with pytest.raises(sf.ExportError, match=r"a\.xls: this is an Excel file; name it a\.xlsx$"):
            results.to_excel(tmp_path / "a.xls")
        assert list(tmp_path.iterdir()) == []

    def test_without_xlsxwriter_it_says_what_to_install(self, results, tmp_path, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "xlsxwriter", None)
        with pytest.raises(sf.ExportError, match=r"not installed here: pip install 'serviceflow\[excel\]'$"):
            results.to_excel(tmp_path / "a.xlsx")

    def test_a_summary_has_one_too(self, chain, tmp_path):
        found = chain.simulate(engine="simpy", keep="summary", progress=False)
        assert "KPIs" in openpyxl.load_workbook(found.to_excel(tmp_path / "a.xlsx")).sheetnames


class TestTables:
    @pytest.mark.parametrize("kind", ["results", "comparison"])
    def test_every_table_is_written_as_csv_and_markdown(self, kind, request, tmp_path):
        shown = request.getfixturevalue(kind)
        names = [name.replace(" ", "_") for name in tables_of(shown)]
        files = shown.save_tables(tmp_path / "new" / "tables")
        assert [one.name for one in files] == [f"{name}.{ext}" for name in names for ext in ("csv", "md")]
        assert sorted(files) == sorted((tmp_path / "new" / "tables").iterdir())

    def test_no_text_of_a_csv_file_runs(self, results, tmp_path):
        seen = set()
        for place in results.save_tables(tmp_path, "csv"):
            for row in csv.reader(place.read_text("utf-8-sig").splitlines()):
                seen.update(row)
                texts = [cell for cell in row if not re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)]
                assert not [cell for cell in texts if cell.startswith(RUNNABLE)], place.name
        assert f"'{NAMES['service']}" in seen

    def test_markdown_has_no_markup_of_names(self, results, tmp_path):
        for place in results.save_tables(tmp_path, ["md"]):
            text = place.read_text("utf-8")
            assert "<" not in text
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()}
            assert len(widths) == 1, place.name

    def test_formats_and_folders_that_cannot_be(self, results, tmp_path):
        with pytest.raises(sf.ExportError, match=r"^formats='cvs': use 'csv' or 'md'; did you mean 'csv'\?$"):
            results.save_tables(tmp_path, "cvs")
        (tmp_path / "file").write_text("")
        with pytest.raises(sf.ExportError, match=r"file: is a file; name a folder, in which each table"):
            results.save_tables(tmp_path / "file")


SPLIT = """
serviceflow: 1
name: Two at once
run: {duration: 1 day, replications: 1, seed: 3}
providers:
  Left: {staff: 1}
  Right: {members: {Anna: {}, "Bo; 1": {}}}
services:
  Begin: {duration: 1 min}
  One: {provider: Left, duration: exponential(mean=9 min)}
  Two: {provider: Right, duration: exponential(mean=9 min), calls: {}}
  Finish: {duration: 1 min}
consumers:
  Clients: {arrivals: {rate: 5 per hour}, enters: Begin}
handoffs:
  Begin -> One: {delay: 2 min}
  Begin -> Two: {}
  One -> Finish: {}
  Two -> Finish: {}
"""


class TestTraces:
    @pytest.fixture(scope="class")
    @staticmethod
    def split():
        text = SPLIT.replace("  Begin: {duration: 1 min}", "  Begin: {duration: 1 min, split: all}")
        text = text.replace("  Finish: {duration: 1 min}", "  Finish: {duration: 1 min, join: all}")
        return sf.loads(text.replace(", calls: {}", "")).simulate(engine="simpy", progress=False)

    @pytest.fixture(scope="class")
    @staticmethod
    def events(split, tmp_path_factory):
        place = split.trace(tmp_path_factory.mktemp("trace") / "day.json")
        assert [one.name for one in place.parent.iterdir()] == ["day.json"]
        return json.loads(place.read_text("utf-8"))["traceEvents"]

    def test_what_lies_on_one_track_does_not_overlap(self, events):
        tracks = defaultdict(list)
        for one in events:
            if one["ph"] == "X":
                tracks[one["pid"], one["tid"]].append((one["ts"], one["ts"] + one["dur"]))
        assert len(tracks) > 20
        for spans in tracks.values():
            spans.sort()
            assert all(end <= start for (_, end), (start, _) in pairwise(spans))

    def test_branches_side_by_side_have_tracks_of_their_own(self, events):
        names = [one["args"]["name"] for one in events if one["name"] == "thread_name"]
        assert "Clients 0" in names
        assert "Clients 0 (2)" in names
        assert {"Anna", "Bo; 1", "unit 1"} <= set(names)

    def test_work_on_the_tracks_is_that_of_the_record(self, events, split):
        visits = split.visits
        for provider in ("Left", "Right"):
            pid = next(
                one["pid"]
                for one in events
                if one["name"] == "process_name" and one["args"]["name"] == provider
            )
            shown = [one for one in events if one["ph"] == "X" and one["pid"] == pid]
            mine = visits[(visits["provider"] == provider) & (visits["started"] < 1440)]
            worked = (mine["finished"].clip(upper=1440) - mine["started"]).sum()
            assert sum(one["dur"] for one in shown) / 60e6 == pytest.approx(worked)
            counted = [
                one["args"]["in hand"] for one in events if one["pid"] == pid and one["name"] == "in hand"
            ]
            assert max(counted) <= 2
            assert min(counted) == 0

    def test_every_event_has_what_the_format_asks_for(self, events):
        for one in events:
            assert one["ph"] in "MXC"
            assert {"name", "pid", "tid", "args"} <= set(one)
            assert one["ph"] == "M" or (isinstance(one["ts"], int) and 0 <= one["ts"] <= 86_400_000_000)

    def test_strange_names_and_called_requests(self, results, tmp_path):
        text = results.trace(tmp_path / "a.json", day="median", replication=1).read_text("utf-8")
        assert not set(TURNING) & set(text)
        assert json.loads(text)["otherData"]["replication"] == 1

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"path": "a.txt"}, r"a\.txt: a trace is a JSON file; name it a\.json$"),
            ({"day": "wurst"}, r"^day='wurst': use 'worst' or 'median'; did you mean 'worst'\?$"),
            ({"replication": 9}, r"^replication=9: there are 0 to 1$"),
        ],
    )
    def test_what_cannot_be_traced(self, results, tmp_path, options, message):
        given = {"path": "a.json", **options}
        with pytest.raises(sf.ExportError, match=message):
            results.trace(tmp_path / given.pop("path"), **given)
        assert list(tmp_path.iterdir()) == []

    def test_a_summary_has_no_visits_to_show(self, chain, tmp_path):
        found = chain.simulate(engine="simpy", keep="summary", progress=False)
        with pytest.raises(sf.NotKeptError, match=r"results\.trace"):
            found.trace(tmp_path / "a.json")


class TestStacks:
    def test_they_add_up_to_what_is_lost(self, results, tmp_path):
        lines = results.collapsed_stacks(tmp_path / "lost.txt").read_text("utf-8").splitlines()
        total = sum(int(line.rpartition(" ")[2]) for line in lines)
        done = results.mean("consumer", "completed")[0]
        lost = results.critical_path()["mean"].sum() * done * 60_000
        assert total == pytest.approx(lost, abs=len(lines))

    def test_names_do_not_part_frames(self, results, tmp_path):
        for line in results.collapsed_stacks(tmp_path / "lost.txt").read_text("utf-8").splitlines():
            frames = line.rpartition(" ")[0].split(";")
            assert frames[0] == clean(NAMES["consumer"]).replace(";", ",")
            assert 3 <= len(frames) <= 4


class TestBeforeAndAfter:
    @pytest.fixture(scope="class")
    @staticmethod
    def drawn(comparison):
        return comparison.map()

    def test_figures_read_from_what_to_what(self, drawn, comparison):
        texts = " ".join(ET.fromstring(drawn.inline).itertext())
        assert re.search(r"wait [\d.]+ (s|min|h) → [\d.]+ (s|min|h)", texts)
        assert re.search(r"utilization \d+% → \d+%", texts)
        assert clean(comparison.scenarios[0]) in " ".join(texts.split())

    def test_what_is_known_to_be_better_is_blue_and_what_was_changed_is_outlined(self):
        chain = sf.ServiceChain("Office", run={"duration": "3 days", "replications": 6, "seed": 7})
        chain.add_provider("Clerks", staff=1)
        chain.add_service("Ask", duration="1 min")
        chain.add_service("Talk", provider="Clerks", duration="exponential(mean=8 min)")
        chain.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Ask")
        chain.add_handoff("Ask", "Talk", delay="5 min")
        change = {"providers": {"Clerks": {"staff": 3}}, "handoffs": {"Ask -> Talk": {"delay": "1 min"}}}
        chain.add_scenario("Three", changes=change)
        comparison = chain.compare(["Three"], engine="simpy", progress=False)
        dot = comparison.map().dot
        assert f'fillcolor="{CHANGES["better"]}"' in dot
        assert CHANGES["worse"] not in re.sub(r"BGCOLOR=\S+", "", dot)
        assert f'color="{MET}"' in dot
        assert "changed" in comparison.map().svg
        assert dot.count("penwidth=3") == 1

    def test_there_is_no_such_scenario(self, comparison):
        with pytest.raises(sf.UnknownNameError, match=r"^there is no scenario 'x'; there are: "):
            comparison.map("x")

    def test_it_has_a_dark_side(self, comparison):
        assert comparison.map(theme="dark").theme == "dark"
