"""The report of a log is one harmless file with its figures, and shows what is unexplained as such."""

import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import serviceflow as sf
from report.hostile import NAMES
from report.test_report import Reader
from serviceflow.cli import app
from serviceflow.view.report.report import ReportError

DATA = Path(__file__).parent / "data"


def hostile_log(cases=30):
    names = list(NAMES.values())
    start = pd.Timestamp("2026-01-05 09:00")
    rows = [
        (f"{names[5]} {case}", names[step], names[step + 3], 20 * case + 30 * step, 10)
        for case in range(cases)
        for step in range(3)
    ]
    frame = pd.DataFrame(rows, columns=["case", "activity", "resource", "minute", "length"])
    frame["start"] = start + pd.to_timedelta(frame["minute"], unit="min")
    frame["end"] = frame["start"] + pd.to_timedelta(frame["length"], unit="min")
    return sf.read_log(frame.drop(columns=["minute", "length"]))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return hostile_log().report(tmp_path_factory.mktemp("log") / "today.html").read_text("utf-8")


class TestOfNamesThatAreStrange:
    def test_names_are_texts_wherever_they_stand(self, page):
        tags = {tag for tag, _ in Reader(page).elements}
        assert not tags & {"img", "b", "iframe", "object", "link", "base", "form"}
        assert sum(tag == "script" for tag, _ in Reader(page).elements) == 2
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page

    def test_nothing_runs_or_looks_by_an_attribute(self, page):
        for _, attributes in Reader(page).elements:
            assert not [one for one in attributes if one.startswith("on") or one == "style"]

    def test_what_turns_the_direction_of_a_text_is_not_in_it(self, page):
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)

    def test_nothing_is_loaded(self, page):
        assert 'content="default-src &#39;none&#39;; script-src' in page
        assert not re.search(r'(?:src|href)="(?!#)', page)


class TestOfPatients:
    @pytest.fixture(scope="class")
    def text(self, tmp_path_factory):
        place = tmp_path_factory.mktemp("log") / "patients.html"
        return sf.read_log(DATA / "patients.csv").report(place).read_text("utf-8")

    @pytest.mark.parametrize("said", [
        "patients.csv", "500 cases, 2,721 pieces of work",
        "A case takes 6.7 days on average. Each waits 5.5 days in all",
        "half take 6.1 days or less", "unexplained: the log does not say", "未解释",
        "Triage and Assessment", "2,721 pairs of begin and end are joined to instances of work.",
    ])  # fmt: skip
    def test_it_says_what_the_log_has(self, text, said):
        assert said in text

    def test_its_waits_are_those_of_the_table(self, text):
        waits = sf.read_log(DATA / "patients.csv").waits(time_unit="h")
        share = waits.loc[waits["cause"] == "unexplained", "share"].sum()
        assert f">{share:.0%}<" in text
        assert 'class="cause-unexplained"' in text

    def test_it_stays_small(self, text):
        assert len(text.encode("utf-8")) < 250_000


def test_a_log_in_which_nothing_waits(tmp_path):
    rows = {"case": [1, 2], "activity": ["Talk"] * 2, "start": ["2026-01-05 09:00", "2026-01-05 10:00"]}
    frame = pd.DataFrame(rows | {"end": ["2026-01-05 09:10", "2026-01-05 10:20"]})
    text = sf.read_log(frame).report(tmp_path / "x.html", language="zh").read_text("utf-8")
    assert "A case takes 15 min on average; nothing in it waits." in text
    assert '<html lang="zh">' in text


def test_another_suffix_is_refused_and_another_language(tmp_path):
    log = hostile_log(3)
    with pytest.raises(ReportError, match=r"a report is an HTML file; name it today\.html"):
        log.report(tmp_path / "today.pdf")
    with pytest.raises(ReportError, match="language='de': use 'en' or 'zh'"):
        log.report(tmp_path / "today.html", language="de")


def test_its_sentences_are_a_list_as_ever():
    log = hostile_log(3)
    assert list(log.report) == str(log).splitlines()


class TestOfTheCommand:
    def run(self, *arguments):
        return CliRunner().invoke(app, ["report", *map(str, arguments)])

    def test_it_writes_the_report_of_a_log(self, tmp_path):
        done = self.run(DATA / "manual_log_3.csv", "-o", tmp_path / "today.html", "--timezone", "UTC")
        assert done.exit_code == 0
        assert done.output.endswith("today.html written\n")
        assert "manual_log_3.csv" in (tmp_path / "today.html").read_text("utf-8")

    @pytest.mark.parametrize("option", [("--scenario", "A"), ("--duration", "1 week"), ("--seed", "3")])
    def test_a_log_is_not_run(self, tmp_path, option):
        done = self.run(DATA / "manual_log_3.csv", "-o", tmp_path / "today.html", *option)
        assert done.exit_code == 2
        assert f"{option[0]}: manual_log_3.csv is an event log, which is not run; leave it out" in done.output

    def test_a_model_has_no_columns(self, tmp_path):
        done = self.run("model.yaml", "-o", tmp_path / "today.html", "--column", "case=Order")
        assert done.exit_code == 2
        assert "--column: model.yaml is no event log (.csv, .xes, .parquet, .json)" in done.output


def test_what_passes_between_activities_is_told_where_the_log_says_when_each_could_begin(tmp_path):
    """Ten minutes of work twice, half an hour on the way, ten minutes of waiting: an hour."""
    rows = {
        "case": [1, 1],
        "activity": ["Ask", "Answer"],
        "enabled": ["2026-01-05 09:00", "2026-01-05 09:40"],
        "start": ["2026-01-05 09:00", "2026-01-05 09:50"],
        "end": ["2026-01-05 09:10", "2026-01-05 10:00"],
    }
    log = sf.read_log(pd.DataFrame(rows))
    text = log.report(tmp_path / "x.html").read_text("utf-8")
    assert "A case takes 1 h on average. Each waits 10 min in all" in text
    assert "Another 30 min pass between activities, before the next could begin." in text
    untold = sf.read_log(pd.DataFrame({key: rows[key] for key in rows if key != "enabled"}))
    assert "pass between activities" not in untold.report(tmp_path / "y.html").read_text("utf-8")
