"""The report as a file: complete, harmless, and with the very figures of the tables."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from report.hostile import NAMES, hostile_chain
from serviceflow.view.format import clean
from serviceflow.view.report import parts
from serviceflow.view.report.report import ReportError, report_html
from serviceflow.view.report.words import WORDS

PAGE = resources.files("serviceflow.view.report").joinpath("page")
NUMBERS = ("mean", "ci_low", "ci_high", "replications", "requests", "unfinished")


class Reader(HTMLParser):
    """Every element of a page with its attributes, and what stands in the block of data."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.data, self._inside = [], "", ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._inside = dict(attributes).get("id", "") if tag == "script" else ""

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, text):
        if self._inside == "data":
            self.data += text


@pytest.fixture(scope="module")
def comparison():
    return hostile_chain().compare(engine="simpy", progress=False)


@pytest.fixture(scope="module")
def html(comparison):
    return report_html(comparison)


@pytest.fixture(scope="module")
def read(html):
    return Reader(html)


@pytest.fixture(scope="module")
def data(read):
    return json.loads(read.data)


def column(table, name):
    found = table[name]
    return [found["words"][code] for code in found["codes"]] if isinstance(found, dict) else found


class TestFigures:
    def test_the_block_of_data_has_the_table_of_all_figures(self, comparison, data):
        for (_, results), packed in zip(comparison, data["kpis"], strict=True):
            for words in ("scope", "measure", "unit"):
                assert column(packed, words) == list(results.kpis[words])
            assert column(packed, "name") == [clean(name) for name in results.kpis["name"]]
            for numbers in NUMBERS:
                wanted = results.kpis[numbers].astype(float).to_numpy()
                found = np.array([np.nan if one is None else one for one in packed[numbers]], dtype=float)
                np.testing.assert_array_equal(found, wanted)

    def test_and_that_of_the_differences(self, comparison, data):
        found = pd.to_numeric(pd.Series(data["differences"]["difference"], dtype=float))
        np.testing.assert_array_equal(found, comparison.differences["difference"].astype(float))

    def test_and_lost_time_as_the_critical_path_tells_it(self, comparison, data):
        for (_, results), packed in zip(comparison, data["lost"], strict=True):
            np.testing.assert_array_equal(packed["mean"], results.critical_path()["mean"])

    def test_the_answer_is_the_sentence_of_the_bottlenecks(self, comparison, html):
        for part in comparison["baseline"].bottlenecks().sentences.values():
            assert all(str(parts.Markup.escape(clean(sentence))) in html for sentence in part)


class TestSafety:
    def test_names_are_texts_wherever_they_stand(self, read):
        kinds = {tag for tag, _ in read.elements}
        assert not kinds & {"img", "b", "iframe", "object", "embed", "link", "base", "foreignobject"}
        assert [tag for tag, _ in read.elements].count("script") == 2

    def test_nothing_runs_or_looks_by_an_attribute(self, read):
        for tag, attributes in read.elements:
            for name, value in attributes.items():
                assert not name.startswith("on"), (tag, name)
                assert name != "style", (tag, value)
                if name.endswith(("href", "src")):
                    assert value.startswith("#"), (tag, value)

    def test_the_policy_allows_the_own_script_and_style_and_nothing_else(self, html, read):
        policy = next(a["content"] for t, a in read.elements if a.get("http-equiv"))
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        style = re.search("<style>(.*?)</style>", html, re.DOTALL)[1]
        script = re.findall("<script>(.*?)</script>", html, re.DOTALL)[-1]
        assert f"script-src '{parts.digest(script)}'" in policy
        assert f"style-src '{parts.digest(style)}'" in policy

    def test_no_address_stands_in_it_but_that_of_a_namespace(self, html):
        told = re.sub(r"=HYPERLINK\([^)]*\)|HYPERLINK[^)]*\)", "", html)
        addresses = set(re.findall(r"https?:[^\s\"'<>\\)]*", told))
        assert addresses <= {"http://www.w3.org/2000/svg"}

    def test_the_block_of_data_ends_nowhere_but_at_its_end(self, read, data):
        assert not set("<>&\u2028\u2029") & set(read.data)
        assert clean(NAMES["provider"]) in column(data["kpis"][0], "name")

    def test_scripts_write_texts_only(self):
        told = parts.script()
        for banned in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
        ):
            assert banned not in told, banned
        for banned in ("fetch(", "XMLHttpRequest", "WebSocket", "import(", "sendBeacon", "serviceWorker"):
            assert banned not in told, banned

    def test_what_turns_the_direction_of_a_text_is_not_in_it(self, html):
        assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(html)


class TestWords:
    def test_both_languages_have_the_same_places_for_values(self):
        for key, (english, chinese) in WORDS.items():
            assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", chinese)), key

    def test_every_word_that_a_script_says_is_there(self):
        keys = set(re.findall(r'(?:say|told|word)\("([\w.]+)"', parts.script()))
        assert keys - set(WORDS) == set()
        assert keys

    def test_a_report_begins_in_the_language_that_is_asked_for(self, comparison):
        html = report_html(comparison["baseline"], language="zh")
        assert '<html lang="zh">' in html
        assert "流程时间" in html

    def test_there_is_no_other_language(self, comparison):
        with pytest.raises(ReportError, match=r"^language='fr': use 'en' or 'zh'$"):
            report_html(comparison, language="fr")


class TestScripts:
    @pytest.mark.parametrize("file", parts.SCRIPTS)
    def test_each_is_short(self, file):
        assert len(parts.read(file).splitlines()) < 400

    @pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
    @pytest.mark.parametrize("file", parts.SCRIPTS)
    def test_node_reads_each(self, file):
        done = subprocess.run(["node", "--check", str(PAGE / file)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


class TestFiles:
    def test_it_is_written_where_it_is_asked_for(self, comparison, tmp_path):
        place = comparison["baseline"].report(tmp_path / "desk.html")
        assert place == tmp_path / "desk.html"
        assert [one.name for one in tmp_path.iterdir()] == ["desk.html"]

    def test_another_suffix_is_refused_before_anything_is_made(self, comparison, tmp_path):
        with pytest.raises(ReportError, match=r"desk\.pdf: a report is an HTML file; name it desk\.html$"):
            comparison.report(tmp_path / "desk.pdf")

    def test_results_that_keep_a_summary_have_one_too(self, tmp_path):
        results = hostile_chain().simulate(engine="simpy", keep="summary", progress=False)
        data = json.loads(Reader(report_html(results)).data)
        assert sum(data["lost"][0]["mean"]) > 0

    def test_a_run_without_waiting_says_so(self):
        chain = sf.ServiceChain("Nobody waits", run={"duration": "1 day", "replications": 1, "seed": 1})
        chain.add_service("Walk", duration="5 min")
        chain.add_consumer("Walkers", arrivals={"every": "1 h"}, enters="Walk")
        assert "No completed request lost any time." in report_html(chain.simulate(engine="simpy"))

    def test_it_stays_small(self, html):
        assert len(html.encode()) < 3_000_000


DESK = """
serviceflow: 1
name: Desk
run: {duration: 8 h, replications: 3, seed: 7}
providers: {<b>Clerk</b>: {staff: 2, cost: 20 per hour}}
services: {Ask <i>: {provider: <b>Clerk</b>, duration: exponential(mean=8 min)}}
consumers:
  Clients: {arrivals: {rate: 20 per hour}, enters: Ask <i>, sla: {resolution: 80% within 30 min}}
"""
QUICK = {"engine": "simpy", "progress": False}


class TestWhatWasTried:
    """What inputs do to the figure, and what staff cost, in sections of their own."""

    @pytest.fixture(scope="class")
    @staticmethod
    def desk():
        return sf.loads(DESK)

    @pytest.fixture(scope="class")
    @staticmethod
    def moved(desk):
        return desk.sensitivity(replications=3, **QUICK)

    @pytest.fixture(scope="class")
    @staticmethod
    def searched(desk):
        return sf.search(desk, {"<b>Clerk</b>": (2, 5)}, replications=3, **QUICK)

    @pytest.fixture(scope="class")
    @staticmethod
    def shown(desk):
        """The results, and functions that render a section of their report in one language."""
        results = desk.simulate(**QUICK)

        def section(part, language="en", **given):
            html = report_html(results, **given)
            found = re.search(f'<section class="part" id="{part}".*?</section>', html, re.DOTALL)
            other = {"en": "zh", "zh": "en"}[language]
            told = re.sub(rf'<(span|text)[^>]*lang="{other}"[^>]*>.*?</\1>', "", found[0], flags=re.DOTALL)
            return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", told)), found[0]

        return section

    def test_they_are_not_there_unless_they_were_tried(self, desk):
        html = report_html(desk.simulate(**QUICK))
        assert not {"search", "sensitivity"} & set(re.findall(r'<section class="part" id="(\w+)"', html))

    def test_a_tornado_has_every_input_with_its_figures(self, moved, shown):
        told, markup = shown("sensitivity", sensitivity=moved)
        first = moved.table.iloc[0]
        assert f"{first['elasticity']:+.2f}%".replace("-", "−") in told
        assert "duration of Ask &lt;i&gt;" in told
        assert markup.count('class="bar less"') == markup.count('class="bar more"') == len(moved.table)
        chinese, _ = shown("sensitivity", "zh", sensitivity=moved)
        assert "Ask &lt;i&gt; 的时长" in chinese

    def test_bars_end_where_the_figures_say(self, moved, shown):
        _, markup = shown("sensitivity", sensitivity=moved)
        widths = [float(one) for one in re.findall(r'<rect[^>]* width="([\d.]+)"[^>]*class="bar', markup)]
        changes = moved.table[["lower", "higher"]].abs().to_numpy().ravel()
        np.testing.assert_allclose(np.array(widths) / max(widths), changes / changes.max(), atol=0.01)

    def test_it_says_which_input_matters_most_only_beyond_chance(self, moved, shown):
        sure = moved.table.assign(
            ci_low=moved.table["elasticity"] - 0.1, ci_high=moved.table["elasticity"] + 0.1
        )
        told, _ = shown("sensitivity", sensitivity=replace(moved, table=sure))
        assert f"beyond doubt: {moved.table['input'][0].replace('<i>', '&lt;i&gt;')}." in told
        open_ = moved.table.assign(ci_low=-1.0, ci_high=1.0)
        told, _ = shown("sensitivity", sensitivity=replace(moved, table=open_))
        assert "None of the inputs moves it beyond chance" in told

    @pytest.mark.parametrize(("design", "samples"), [("sobol", 4), ("latin hypercube", 8)])
    def test_designs_over_ranges_have_bars_too(self, desk, shown, design, samples):
        found = desk.sensitivity(design=design, samples=samples, replications=1, **QUICK)
        told, markup = shown("sensitivity", sensitivity=found)
        assert f"all inputs moving at once ({len(found.runs)} chains)" in told
        assert markup.count('class="bar more"') == 2
        assert "× 0.9 to × 1.1" in told
        assert "None" not in told

    def test_a_search_has_its_frontier_and_the_best_as_a_scenario(self, searched, shown):
        told, markup = shown("search", search=searched)
        assert f"cost {searched.best.price:,.0f} money in 8 h" in told
        assert "Clients: resolution kept for at least 80% of requests" in told
        assert "&lt;b&gt;Clerk&lt;/b&gt;" in told
        assert markup.count("<circle") == len(searched.points)
        assert len(re.findall('class="point kept"', markup)) == searched.frontier["keeps"].sum()
        assert str(parts.Markup.escape(searched.scenario_text())).strip() in markup
        assert ("Within the ranges there is none better" in told) == searched.proven

    def test_and_says_where_it_ended_early_or_found_nothing(self, searched, shown):
        told, _ = shown("search", search=replace(searched, proven=False, ended="budget"))
        assert "there may be a better one" in told
        none = tuple(replace(one, status="", keeps=False) for one in searched.points)
        told, markup = shown("search", search=replace(searched, points=none, proven=False))
        assert "No staff within the ranges were found that are allowed." in told
        assert "best of those that were tried" not in told
        assert "<pre>" not in markup

    def test_the_best_for_a_price_is_told_as_that(self, desk, shown):
        found = sf.search(desk, None, "flow_time", {"staff": 500}, replications=3, **QUICK)
        told, _ = shown("search", search=found)
        assert "The staff found with the smallest flow time, for at most 500, cost" in told

    @pytest.mark.parametrize("given", ["sensitivity", "search"])
    def test_something_else_is_refused(self, desk, given):
        results = desk.simulate(**QUICK)
        with pytest.raises(ReportError, match=rf"^{given}=3: give what "):
            report_html(results, **{given: 3})


def long_chain(services=60):
    chain = sf.ServiceChain("Sixty", run={"duration": "1 week", "replications": 2, "seed": 1})
    for place in range(15):
        chain.add_provider(f"Department {place}", staff=2)
    for place in range(services):
        chain.add_service(f"Step {place}", provider=f"Department {place % 15}", duration="5 min")
        if place:
            chain.add_handoff(
                f"Step {place - 1}", f"Step {place}", delay="5 min", sla={"resolution": "90% within 1 h"}
            )
    chain.add_consumer("Clients", arrivals={"rate": "2 per hour"}, enters="Step 0")
    return chain


def test_that_of_a_long_chain_stays_small_too():
    results = long_chain().simulate(engine="simpy", progress=False)
    html = report_html(results)
    assert len(results.visits) > 30_000
    assert len(html.encode()) < 3_000_000
    assert all(f'data-name="Step {place}"' in html for place in range(60))


def test_a_notebook_shows_it_in_a_frame_of_its_own(comparison):
    shown = comparison["baseline"].show()
    assert repr(shown) == f"<report of {NAMES['chain']}>"
    assert shown._repr_html_().count("<iframe") == 1
    assert "<script" not in shown._repr_html_()


def test_what_is_said_of_a_promise_is_said_everywhere_alike():
    """The card, the table and the sentence have one verdict: of guests two runs cannot tell."""
    chain = sf.example("hotel_checkin")
    results = chain.simulate(duration="2 weeks", replications=4, seed=1, engine="simpy", progress=False)
    found = results.bottlenecks()
    verdicts = dict(zip(found.promises["promise"], found.promises["verdict"], strict=True))
    assert verdicts["Guests: resolution"] == "unclear"
    told = report_html(results)
    assert "These runs cannot tell whether the promise to Guests" in told
    assert "too close to tell; promised: 90% within 15 min" in told
    assert told.count('class="pill unsure"') == list(verdicts.values()).count("unclear")
    assert told.count('class="pill broken"') == list(verdicts.values()).count("broken")
    for table in (found.lost_time, found.places, results.critical_path()):
        assert (table["ci_low"] >= 0).all()
