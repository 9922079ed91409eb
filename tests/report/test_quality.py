"""Service quality in the report: what is said beside what is kept, needs, complaints, and the ranking."""

import re

import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.view.report.quality import PILLS, quality
from serviceflow.view.report.report import report_html
from serviceflow.view.report.source import Source
from serviceflow.view.report.words import WORDS

HOTEL = sf.example("hotel_checkin")


@pytest.fixture(scope="module")
def comparison():
    settings = {"duration": "1 week", "warm_up": "3 days", "replications": 3, "engine": "simpy"}
    return HOTEL.compare(["Redesign"], **settings)


@pytest.fixture(scope="module")
def survey():
    return sf.example_survey("hotel_checkin")


def section(html):
    return re.search(r'<section class="part" id="quality".*?</section>', html, re.DOTALL)


def test_figures_are_those_of_the_tables(comparison, survey):
    shown = quality(Source.of(comparison, survey=survey))
    results = comparison["baseline"]
    said = results.promises_and_gaps(survey).set_index("link")
    for row in shown["links"]:
        assert row["value"] == said.loc[row["name"].en, "measured"]
        assert row["respondents"] == said.loc[row["name"].en, "respondents"]
    complaints = results.complaints().iloc[0]
    assert shown["complaints"][0]["share"].en == f"{100 * complaints['share']:.0f}%"
    change = comparison.complaints().iloc[0]
    assert shown["changes"][0]["difference"].en == f"{100 * change['difference']:+.2g}".replace("-", "\u2212")
    assert [row["name"].en for row in shown["stars"]] == results.stars()["department"].tolist()
    assert len(shown["needs"]) == len(results.needs())


def test_it_is_a_section_with_both_languages(comparison, survey):
    text = section(report_html(comparison, survey=survey)).group(0)
    assert "Promise kept beside gap perceived" in text
    assert "承诺兑现与感知差距" in text
    assert "Front desk -&gt; Housekeeping" in text
    assert "<svg" in text


def test_without_a_survey_there_are_needs_and_complaints(comparison):
    text = section(report_html(comparison["baseline"])).group(0)
    assert "Needs beside agreements" in text
    assert "Promise kept beside gap perceived" not in text


def test_without_any_of_it_there_is_no_section():
    chain = sf.ServiceChain("Office", run={"duration": "1 day", "replications": 2, "seed": 7})
    chain.add_provider("Clerks", staff=1)
    chain.add_service("Talk", provider="Clerks", duration="exponential(mean=8 min)")
    chain.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Talk")
    results = chain.simulate(engine="simpy")
    assert quality(Source.of(results)) is None
    assert section(report_html(results)) is None


def test_every_verdict_has_words():
    assert all(f"quality.{word}" in WORDS for word, _ in PILLS.values())


def test_perceptions_only_are_called_so(comparison, survey):
    answers = survey.answers.drop(columns=["expectation", "weight"], errors="ignore")
    only = sf.Survey(answers[["respondent", "link", "item", "perception"]], instrument="internal")
    text = section(report_html(comparison["baseline"], survey=only)).group(0)
    assert "Perception measured" in text
    assert "Gap measured" not in text


def test_names_are_escaped():
    chain = sf.ServiceChain("Office", run={"duration": "1 day", "replications": 2, "seed": 7})
    chain.add_provider("<b>&", staff=1)
    chain.add_service("Talk", provider="<b>&", duration="exponential(mean=8 min)")
    arrivals = {"rate": "6 per hour"}
    told = {"probability": "20%"}
    chain.add_consumer(
        "<i>", arrivals=arrivals, enters="Talk", needs={"response": "90% within 9 min"}, complaints=told
    )
    pairs = {"link": "<i> -> <b>&", "expectation": 6, "perception": 4}
    rows = [{"respondent": f"r{place}", "item": item, **pairs} for place in range(8) for item in range(1, 11)]
    html = report_html(chain.simulate(engine="simpy"), survey=sf.Survey(pd.DataFrame(rows), "internal"))
    text = section(html).group(0)
    assert "&lt;i&gt; -&gt; &lt;b&gt;&amp;" in text
    assert "<b>" not in text
    assert "<i>" not in text
