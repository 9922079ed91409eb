"""The shipped chains have surveys, needs and complaints; the surveys are simulated, and say so."""

import pandas as pd
import pytest

import serviceflow as sf
import simulated_surveys

NAMES = sf.examples()


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_each_chain_has_a_survey(name):
    assert set(simulated_surveys.LINKS) == set(NAMES)
    survey = sf.example_survey(name)
    assert len(survey.problems) == 0
    assert set(survey.links) <= set(sf.example(name).links().names)


def test_surveys_are_what_their_program_writes(name):
    path = simulated_surveys.FOLDER / f"{name}.csv"
    assert path.read_text(encoding="utf-8") == simulated_surveys.survey_text(name)


def test_every_answer_says_that_it_is_simulated(name):
    answers = pd.read_csv(simulated_surveys.FOLDER / f"{name}.csv")
    assert answers["respondent"].str.startswith("simulated: ").all()
    assert (answers["comment"] == "simulated, nobody was asked").all()
    assert "**simulated: nobody was asked.**" in (simulated_surveys.FOLDER / "README.md").read_text("utf-8")


def test_every_link_of_a_survey_is_told(name):
    """None has so few respondents that nothing may be said of it, or of another by subtraction."""
    assert sf.example_survey(name).by_link()["gap"].notna().all()


def test_needs_and_complaints_are_modeled(name):
    chain = sf.example(name)
    elements = [*chain.consumers.values(), *chain.handoffs.values(), *chain.calls.values()]
    assert any(one.needs is not None for one in elements)
    assert any(one.complaints is not None for one in elements)


def test_unknown_names_are_told():
    with pytest.raises(sf.UnknownNameError, match="there is no example 'hotel_checkn'; did you mean"):
        sf.example_survey("hotel_checkn")
    with pytest.raises(sf.UnknownNameError, match="there is no example 'office'"):
        sf.example("office")


def test_gaps_are_widest_where_the_story_has_them():
    """Front desk and housekeeping, and procurement and finance, are what their cases are about."""
    hotel = sf.example_survey("hotel_checkin").by_link()
    assert hotel["link"].iloc[0] == "Front desk -> Housekeeping"
    office = sf.example_survey("office_services").by_link().set_index("link")
    assert office["gap"].idxmin().endswith(" -> Procurement")
    own = office[office.index.str.startswith("Procurement")]["gap"]
    assert own.idxmin() == "Procurement -> Finance"
    assert own.min() < -1
