"""The report in a real browser: it opens silently, and everything on it does what it says."""

import re
import shutil
from pathlib import Path

import pytest

import serviceflow as sf
from report.hostile import NAMES, hostile_chain
from serviceflow.view.format import clean
from serviceflow.view.palette import contrast

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed (pip install playwright)"
)
FOUND = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome", "chrome")
        if (found := shutil.which(name))
    ),
    None,
)
pytestmark = [
    pytest.mark.skipif(FOUND is None, reason="no browser: install Debian's chromium, or Chrome"),
    pytest.mark.xdist_group("browser"),
]
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-extensions"),
)


@pytest.fixture(scope="module")
def hotel(tmp_path_factory):
    """The hotel against its redesign, in few and short replications."""
    chain = sf.example("hotel_checkin")
    settings = {
        "duration": "3 days",
        "warm_up": "1 day",
        "replications": 2,
        "engine": "simpy",
        "progress": False,
    }
    place = tmp_path_factory.mktemp("report") / "hotel.html"
    return chain.compare(["Shared room board", "Redesign"], **settings).report(place)


@pytest.fixture(scope="module")
def strange(tmp_path_factory):
    chain, quiet = hostile_chain(), {"engine": "simpy", "progress": False}
    found = {
        "sensitivity": chain.sensitivity(replications=2, **quiet),
        "search": sf.search(chain, {NAMES["provider"]: (1, 2)}, replications=2, **quiet),
    }
    return chain.compare(**quiet).report(tmp_path_factory.mktemp("report") / "strange.html", **found)


class Tab:
    """A page of a browser that is offline, and all that it said or asked for."""

    def __init__(self, browser, file, **options):
        self.context = browser.new_context(
            offline=True, **{"viewport": {"width": 1280, "height": 900}, **options}
        )
        self.page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.address = Path(file).as_uri()
        self.page.goto(self.address)

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.context.close()

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def set(self, selector, value, event="change"):
        self.page.eval_on_selector(
            selector,
            "(e, [value, event]) => { e.value = value; e.dispatchEvent(new Event(event, {bubbles: true})); }",
            [value, event],
        )

    def replay(self):
        """Unpack the replay, which waits until it is looked at."""
        self.page.locator("#replay").scroll_into_view_if_needed()
        self.page.locator("#replay-counts tbody tr").first.wait_for()

    def followed(self):
        """Wait until the sample of requests is unpacked, and the slowest of them is shown."""
        self.page.locator("#waterfall-table tbody tr").first.wait_for(state="attached")


@pytest.fixture(scope="module")
def tab(browser, hotel):
    with Tab(browser, hotel) as found:
        found.followed()
        yield found


@pytest.fixture(autouse=True)
def _silent(request):
    """Whatever a test did, the page has said nothing and asked for nothing but itself."""
    yield
    if "tab" in request.fixturenames:
        found = request.getfixturevalue("tab")
        assert found.said == []
        assert {address.split("#")[0] for address in found.asked if not address.startswith("blob:")} == {
            found.address
        }


def test_it_opens_without_a_word_or_a_request(tab):
    assert tab.text("h1") == "Hotel check-in"
    assert tab.page.locator("section.part").count() == 11


def test_a_table_is_sorted_by_a_click(tab):
    column = "#lost-table tbody tr td:nth-child(5)"
    tab.page.click("#lost-table th:nth-child(5) button")
    falling = [
        float(one) for one in tab.page.eval_on_selector_all(column, "all => all.map(e => e.dataset.value)")
    ]
    assert falling == sorted(falling, reverse=True)
    tab.page.click("#lost-table th:nth-child(5) button")
    rising = [
        float(one) for one in tab.page.eval_on_selector_all(column, "all => all.map(e => e.dataset.value)")
    ]
    assert rising == sorted(falling)
    assert tab.page.get_attribute("#lost-table th:nth-child(5)", "aria-sort") == "ascending"


def test_a_click_in_the_flame_graph_filters_and_another_shows_all(tab):
    before = tab.page.locator("#lost-table tbody tr:visible").count()
    frame = tab.page.locator(".flame .frame-group[data-depth='2']").first
    place = frame.get_attribute("data-path").split("\t")[1]
    frame.click()
    rows = tab.page.locator("#lost-table tbody tr:visible")
    assert 0 < rows.count() < before
    assert all(place in text for text in rows.locator("td:nth-child(2)").all_inner_texts())
    assert place in tab.text("#filter-text")
    assert tab.page.locator(".scatter .mark.out").count() >= 0
    tab.page.click("#filter-clear")
    assert tab.page.locator("#lost-table tbody tr:visible").count() == before


def test_hours_are_brushed_in_the_heat_map(tab):
    tab.page.locator("#heat-box").scroll_into_view_if_needed()
    first, last = (tab.page.locator(f"[data-cell='{hour}']").bounding_box() for hour in (10, 37))
    tab.page.mouse.move(first["x"] + 5, first["y"] + 5)
    tab.page.mouse.down()
    tab.page.mouse.move(last["x"] + 5, last["y"] + 5, steps=6)
    tab.page.mouse.up()
    assert "Mon–Tue, 10:00 to 14:00" in tab.text("#heat-brushed")
    assert tab.page.locator(".scatter .mark.out").count() > 0
    tab.page.locator("[data-cell='10']").click()
    tab.page.locator("[data-cell='10']").click()
    assert tab.text("#heat-brushed") == ""


def test_the_replay_plays_seeks_and_finds_incidents(tab):
    tab.replay()
    tab.set("#replay-seek", "20000", "input")
    sought = tab.text("#replay-clock")
    assert "11:06" in sought
    tab.page.click("#replay-play")
    playwright.expect(tab.page.locator("#replay-clock")).not_to_have_text(sought)
    tab.page.click("#replay-play")
    tab.page.click("#replay-next")
    assert tab.text("#replay-incident") != ""
    assert tab.page.locator(".replay-panel canvas").count() == 2


def test_the_replay_counts_what_the_records_say(tab):
    tab.replay()
    tab.set("#replay-seek", "21600", "input")
    counts = tab.page.locator("#replay-counts tbody tr").first.locator("td").all_inner_texts()
    assert counts[0] == "Front desk"
    assert counts[3] == "4"


def test_marks_are_drawn_on_the_map(tab):
    tab.replay()
    tab.set("#replay-seek", "21600", "input")
    drawn = """e => e.getContext('2d').getImageData(0, 0, e.width, e.height).data.some(one => one > 0)"""
    assert tab.page.eval_on_selector(".replay-panel canvas", drawn)


def test_one_request_is_followed(tab):
    slowest = tab.text("#request-told")
    assert tab.page.locator("#waterfall-table tbody tr").count() >= 5
    tab.page.click("#request-quicker")
    assert tab.text("#request-told") != slowest
    tab.page.click("#request-slower")
    assert tab.text("#request-told") == slowest
    assert tab.page.locator("#waterfall-box .path-line").count() > 0


def test_the_map_is_searched_zoomed_and_asked(tab):
    tab.page.fill("#map-search", "clean")
    assert (
        tab.page.locator(".map-figure:visible .found[data-kind='service']").get_attribute("data-name")
        == "Clean room"
    )
    tab.page.fill("#map-search", "")
    before = tab.page.get_attribute(".map-figure:visible svg", "viewBox")
    tab.page.click("#map-in")
    assert tab.page.get_attribute(".map-figure:visible svg", "viewBox") != before
    tab.page.click("#map-all")
    tab.page.locator(".map-figure:visible [data-kind='provider'][data-name='Housekeeping']").press("Enter")
    assert "Housekeeping" in tab.text("#drawer-title")
    assert "Utilization" in tab.text("#drawer-body")


def test_all_figures_are_there_to_be_searched(tab):
    tab.page.click("#all-block summary")
    tab.page.fill("#all-filter", "housekeeping utilization")
    assert tab.page.locator("#table-all tbody tr").count() == 1
    with tab.page.expect_download() as waiting:
        tab.page.click("[data-table='table-all'].download")
    told = Path(waiting.value.path()).read_text("utf-8-sig").splitlines()
    assert len(told) == 2
    assert told[1].startswith("Provider,Housekeeping,Utilization,share,0.")


def test_the_language_is_switched(tab):
    tab.page.click("#language")
    assert tab.page.get_attribute("html", "lang") == "zh"
    assert tab.text("#answer-title") == "结论"
    assert "请求" in tab.text("#request-told")
    left = tab.page.evaluate(
        "[...document.querySelectorAll('h2, h3, th, button, label')].filter("
        "e => e.getClientRects().length && /[a-z]{4,} [a-z]{3,}/.test(e.innerText)).map(e => e.innerText)"
    )
    assert [text for text in left if not any(name in text for name in ("room", "Check", "Front desk"))] == []
    tab.page.click("#language")
    assert tab.text("#answer-title") == "The answer"


def test_the_theme_is_switched(tab):
    color = "getComputedStyle(document.querySelector('section.part')).backgroundColor"
    light = tab.page.evaluate(color)
    tab.page.click("#theme")
    assert tab.page.evaluate(color) != light
    assert tab.page.get_attribute("#theme", "aria-pressed") == "true"
    tab.page.click("#theme")
    assert tab.page.evaluate(color) == light


NAMELESS = """() => [...document.querySelectorAll(
    'button, select, input, a[href], [role=button], [role=region], [role=img], [role=group]')].filter(e => {
        const ids = (e.getAttribute('aria-labelledby') || '').split(' ');
        const by = ids.map(id => document.getElementById(id));
        const label = e.labels && e.labels.length ? e.labels[0].innerText : '';
        const told = by.map(one => one ? one.textContent : '').join('');
        return !(e.getAttribute('aria-label') || told || label || e.textContent).trim();
    }).map(e => e.outerHTML.slice(0, 120))"""


def test_whatever_can_be_used_has_a_name_and_can_be_reached(tab):
    nameless = tab.page.evaluate(NAMELESS)
    assert nameless == []
    unreachable = tab.page.evaluate("""() => [...document.querySelectorAll('[role=button]')].filter(
        e => e.getAttribute('tabindex') === null).length""")
    assert unreachable == 0
    twice = tab.page.evaluate("""() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
        return ids.filter((id, at) => ids.indexOf(id) !== at); }""")
    assert twice == []
    levels = tab.page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(e => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


VALUES = "all => all.map(one => getComputedStyle(document.documentElement).getPropertyValue(one).trim())"
INKS = ("--ink", "--faint", "--accent", "--good", "--bad")
PAIRS = (*((ink, "--card") for ink in INKS), ("--faint", "--ground"), ("--ink", "--mark"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(browser, hotel, theme):
    with Tab(browser, hotel, color_scheme=theme) as found:
        names = [name for pair in PAIRS for name in pair]
        values = found.page.evaluate(VALUES, names)
        colors = [
            value if len(value) == 7 else "#" + "".join(2 * one for one in value[1:]) for value in values
        ]
        ratios = {pair: contrast(*colors[2 * at : 2 * at + 2]) for at, pair in enumerate(PAIRS)}
        assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


def test_it_fits_a_phone(browser, hotel):
    with Tab(browser, hotel, viewport={"width": 390, "height": 800}) as found:
        found.replay()
        assert found.page.evaluate("document.documentElement.scrollWidth") <= 390
        wide = "all => all.map(one => one.getBoundingClientRect().right)"
        assert max(found.page.eval_on_selector_all("svg.differences", wide)) <= 390
        assert found.said == []


def test_it_reads_without_scripts(browser, hotel):
    with Tab(browser, hotel, java_script_enabled=False) as found:
        assert "Guests" in found.text("#answer")
        assert found.page.locator(".map-box svg").first.is_visible()
        assert found.page.locator("svg.flame").first.is_visible()
        assert found.page.locator(".stills svg").first.is_visible()
        assert found.page.locator("svg.scatter").is_visible()
        assert not found.page.locator("#theme").is_visible()
        assert not found.page.locator("#replay-play").is_visible()
        assert found.said == []


def test_it_prints(browser, hotel, tmp_path):
    with Tab(browser, hotel) as found:
        found.page.emulate_media(media="print")
        assert found.page.locator(".stills svg").first.is_visible()
        assert not found.page.locator(".topbar").is_visible()
        assert found.page.locator("#map-m0").is_visible()
        assert found.page.locator("#map-s0").is_visible()
        found.followed()
        assert found.page.locator("#waterfall-box svg").is_visible()
        printed = found.page.pdf(path=tmp_path / "report.pdf", format="A4")
        assert 4 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 40
        assert found.said == []


def test_paper_is_light_whatever_the_screen_is(browser, hotel):
    """Every color that the themes set is on paper what it is in the light one, or darker ink."""
    ask = "all => all.map(one => getComputedStyle(document.documentElement).getPropertyValue(one))"
    names = ["--paper", "--card", "--h3", "--contention", "--work", "--better", "--alarm"]
    with Tab(browser, hotel, color_scheme="light") as light, Tab(browser, hotel, color_scheme="dark") as dark:
        shown = light.page.evaluate(ask, names)
        assert dark.page.evaluate(ask, names) != shown
        for tab in (light, dark):
            tab.page.emulate_media(media="print")
            assert tab.page.evaluate(ask, names) == shown
        style = "getComputedStyle(document.querySelector('.map-box svg')).filter"
        assert dark.page.evaluate(style) == "none"


def test_strange_names_are_read_and_do_no_harm(browser, strange):
    with Tab(browser, strange) as found:
        found.followed()
        found.replay()
        assert found.said == []
        text = found.page.evaluate("document.body.innerText")
        for key in ("provider", "other", "service", "second", "consumer", "chain"):
            assert clean(NAMES[key]) in text, key
        assert found.page.locator("img, iframe, b").count() == 0
        found.page.locator(".map-figure:visible [data-kind='provider']").first.press("Enter")
        found.page.locator(".flame .frame-group[data-depth='1']").first.press("Enter")
        assert clean(NAMES["consumer"]) in found.text("#filter-text")
        assert found.said == []
        assert [address for address in found.asked if not address.startswith("file:")] == []
        assert found.page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_outputs_of_a_notebook_do_no_harm_and_can_be_read(browser, tmp_path, theme):
    """What objects show of themselves, one below the other, on a page of the system's theme."""
    chain = hostile_chain()
    comparison = chain.compare(engine="simpy", progress=False)
    results = comparison["baseline"]
    shown = [chain, chain.check(), chain.links(), results, results.bottlenecks(), results.story(0)]
    shown += [results.rounded(), results.scorecard(NAMES["provider"]), comparison, comparison.map()]
    page = "".join(one._repr_html_() for one in shown)
    place = tmp_path / "notebook.html"
    place.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>x</title>{page}", encoding="utf-8")
    with Tab(browser, place, color_scheme=theme) as found:
        assert found.said == []
        assert [address for address in found.asked if not address.startswith("file:")] == []
        text = found.page.evaluate("document.body.innerText")
        for key in ("provider", "other", "service", "second", "consumer", "chain"):
            assert clean(NAMES[key]) in text, key
        assert found.page.locator("img, iframe, b, script").count() == 0
        colors = found.page.evaluate(
            "(({color, backgroundColor}) => [color, backgroundColor])"
            "(getComputedStyle(document.querySelector('.sf-out')))"
        )
        assert contrast(*(_hex(color) for color in colors)) > 10


def _hex(color):
    return "#" + "".join(f"{int(one):02x}" for one in color[color.index("(") + 1 : -1].split(",")[:3])
