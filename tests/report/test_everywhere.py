"""Strange names in every place where one can stand, in every output: harmless, and there to be read."""

import csv
import json
import re
from xml.etree import ElementTree

import pytest

from report.everywhere import ALL, AT, CLOSING, FORMULA, LONG, SCRIPT, TURNED, strange_chain
from report.test_browser import FOUND, Tab
from serviceflow.display.spreadsheet import RUNNABLE
from serviceflow.display.text import TURNING, clean

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with all that can be made of the chain."""
    folder = tmp_path_factory.mktemp("strange")
    chain = strange_chain()
    comparison = chain.compare(engine="simpy", progress=False)
    results = comparison["baseline"]
    levers = chain.levers(levers=["staff"], budget=10, engine="simpy", progress=False)
    comparison.report(folder / "compared.html", levers=levers)
    results.report(folder / "single.html", language="zh")
    for name, drawn in (("flow", results.map()), ("who", chain.service_map()), ("change", comparison.map())):
        for kind in ("svg", "dot", "png"):
            drawn.save(folder / f"{name}.{kind}")
    results.scorecard(SCRIPT).save(folder / "card.html")
    chain.workshop(folder / "kit", results)
    (folder / "notebook.html").write_text(notebook(chain, comparison, levers), encoding="utf-8")
    comparison.to_excel(folder / "compared.xlsx", levers=levers)
    results.save_tables(folder / "tables")
    results.trace(folder / "trace.json")
    results.collapsed_stacks(folder / "stacks.txt")
    return folder


def notebook(chain, comparison, levers):
    """What objects show of themselves, one below the other."""
    results = comparison["baseline"]
    shown = [chain, chain.check(), chain.links(), results, results.bottlenecks(levers), results.story(0)]
    shown += [results.rounded(), comparison, comparison.map(), levers, results.check(rules=False)]
    body = "".join(one._repr_html_() for one in shown)
    return f"<!DOCTYPE html><html><meta charset=utf-8><title>x</title>{body}</html>"


@pytest.mark.skipif(FOUND is None, reason="no browser: install Debian's chromium, or Chrome")
def test_a_browser_runs_nothing_of_them_and_shows_them(browser, place):
    pages = [*place.glob("*.html"), *(place / "kit").rglob("*.html"), *place.glob("*.svg")]
    assert len(pages) >= 8
    for page in pages:
        with Tab(browser, page) as found:
            assert found.said == [], page.name
            assert [one for one in found.asked if not one.startswith(("file:", "data:"))] == [], page.name
            assert found.page.locator("img:not([src^='data:']), iframe").count() == 0, page.name
            assert found.page.locator("[onload], [onerror], a[href^='javascript']").count() == 0, page.name
            assert not set(TURNING) & set(found.page.content()), page.name
    for name in ("compared", "single", "notebook"):
        with Tab(browser, place / f"{name}.html") as found:
            text = " ".join(found.page.evaluate("document.body.textContent").split())
            assert [one for one in (SCRIPT, CLOSING, FORMULA, TURNED) if clean(one) not in text] == []
            assert not set(TURNING) & set(text)
            assert found.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_drawings_are_xml_without_scripts_and_dot_that_is_read(place):
    import pygraphviz

    for drawn in place.glob("*.svg"):
        root = ElementTree.fromstring(drawn.read_text("utf-8"))
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert not tags & {"script", "foreignObject", "image"}, drawn.name
        assert not [key for element in root.iter() for key in element.attrib if key.endswith("href")]
    nodes = pygraphviz.AGraph(string=(place / "flow.dot").read_text("utf-8")).number_of_nodes()
    assert nodes == len(pygraphviz.AGraph(string=(place / "change.dot").read_text("utf-8")).nodes()) > 3
    for drawn in place.glob("*.png"):
        assert drawn.read_bytes().startswith(b"\x89PNG")


def test_no_cell_of_a_sheet_is_a_formula_and_charts_are_there(place):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(place / "compared.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
    told = {cell.value for cell in cells if cell.data_type == "s"}
    assert {clean(one) for one in (SCRIPT, CLOSING, FORMULA, TURNED, LONG)} <= told
    assert sum(len(sheet._charts) for sheet in book) == 2


def test_no_cell_of_a_table_is_run(place):
    found = set()
    for table in (place / "tables").glob("*.csv"):
        with table.open(encoding="utf-8-sig", newline="") as lines:
            cells = {cell for row in csv.reader(lines) for cell in row}
        found |= cells
        texts = [cell for cell in cells if not re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?|-?inf", cell)]
        assert [cell for cell in texts if cell.startswith(RUNNABLE)] == [], table.name
    assert f"'{clean(FORMULA)}" in found
    for table in (place / "tables").glob("*.md"):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.read_text("utf-8").splitlines()}
        assert len(widths) == 1, table.name


def test_a_trace_is_what_perfetto_reads(place):
    events = json.loads((place / "trace.json").read_text("utf-8"))["traceEvents"]
    told, last = set(), 0
    for event in events:
        assert event["ph"] in "XBEiICMbensSft", event
        assert isinstance(event["name"], str)
        assert isinstance(event["pid"], int)
        if event["ph"] == "M":
            assert last == 0, "names come first"
            told.add(event["args"].get("name"))
            continue
        assert event["ts"] >= last, "events stand in their order"
        last = event["ts"]
        assert event.get("dur", 0) >= 0
        assert event["ph"] == "C" or isinstance(event["tid"], int)
    assert any(clean(AT) in str(one) for one in told)
    assert any(event["ph"] == "X" for event in events)


def test_a_stack_has_its_parts_and_a_number(place):
    lines = (place / "stacks.txt").read_text("utf-8").splitlines()
    assert lines
    for line in lines:
        frames, _, milliseconds = line.rpartition(" ")
        assert len(frames.split(";")) == 4
        assert int(milliseconds) >= 0


def test_every_name_is_strange_in_a_way_of_its_own():
    assert len(set(ALL)) == len(ALL)
    assert strange_chain().check().ok
