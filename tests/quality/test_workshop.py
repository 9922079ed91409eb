"""The kit of a workshop: filled in as far as is known, one page each in print, and read back."""

import base64
import re
import shutil
import subprocess

import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.view.workshop.words import WORDS

OFFICE = sf.example("office_services")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next((found for name in BROWSERS if (found := shutil.which(name))), None)
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-pdf-header-footer"),
)


@pytest.fixture(scope="module")
def results():
    return OFFICE.simulate("4 weeks", warm_up="1 week", replications=3, seed=1, engine="simpy")


@pytest.fixture(scope="module", params=["en", "zh"])
def kit(request, results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kit") / request.param
    survey = sf.example_survey("office_services")
    paths = OFFICE.workshop(folder, results, survey, language=request.param)
    assert [path.name for path in paths] == ["workshop.html", "orders.csv", "agreements.csv", "survey.csv"]
    return request.param, folder, (folder / "workshop.html").read_text(encoding="utf-8")


class TestPages:
    def test_every_kind_of_page_is_there(self, kit):
        language, _, text = kit
        for key in (
            "map",
            "catalogue",
            "order",
            "agreement",
            "handoff",
            "points",
            "profile",
            "plan",
            "survey",
        ):
            assert WORDS[key][language == "zh"] in text

    def test_what_is_known_is_filled_in(self, kit, results):
        language, _, text = kit
        kept = results.kpis.query(
            "measure == 'attainment' and name == 'Check request -> Release budget: resolution'"
        )
        assert f">{100 * kept['mean'].iloc[0]:.0f}%<" in text
        if language == "en":
            assert "done: 80% within 16 h" in text
            assert "Finance: done: 80% within 16 h" in text.partition("what hurts")[2]
        else:
            assert "完成：80%，不超过 16 小时" in text
            assert "Procurement: done" not in text

    def test_maps_speak_the_language_of_the_kit(self, kit):
        language, _, text = kit
        drawn = [base64.b64decode(one).decode() for one in re.findall(r"svg\+xml;base64,([^\"]+)", text)]
        words = {word for one in drawn for word in re.findall(r"<text[^>]*>([^<]*)</text>", one)}
        of_maps = (
            r"\b(staff|consumer|incomplete|every|at set|first time|more|within|Dashed|Frame|marks|reorder)\b"
        )
        english = {word for word in words if re.search(of_maps, word)}
        assert len(drawn) == 2
        if language == "en":
            assert {"consumer", "2 staff"} <= english
        else:
            assert not english
            assert any("反色：需求方。" in word for word in words)

    def test_it_needs_nothing_else(self, kit):
        _, _, text = kit
        assert "default-src &#x27;none&#x27;" in text
        assert not re.search(r"(src|href)=\"(?!data:)", text)
        assert "<script" not in text

    def test_a_page_for_each_link_and_department(self, kit):
        _, _, text = kit
        links = [link for link in OFFICE.links() if link.provider in OFFICE.providers]
        links = [link for link in links if link.receiver in {*OFFICE.providers, *OFFICE.consumers}]
        word = WORDS["agreement"]
        assert sum(text.count(f"· {one}</p>") for one in word) == len(links)

    def test_without_results_nothing_is_made_up(self, tmp_path):
        OFFICE.workshop(tmp_path)
        text = (tmp_path / "workshop.html").read_text(encoding="utf-8")
        assert "not simulated" in text
        assert not re.search(r"\bnan\b", re.sub(r"base64,[^\"]*", "", text))

    def test_names_are_escaped(self, tmp_path):
        chain = sf.ServiceChain("<script>alert(1)</script>")
        chain.add_provider("<b>&", staff=1)
        chain.add_service('"x"', provider="<b>&", duration="1 min")
        chain.add_consumer(
            "<i>", arrivals={"rate": "1 per hour"}, enters='"x"', sla={"response": "90% within 1 h"}
        )
        chain.workshop(tmp_path)
        text = (tmp_path / "workshop.html").read_text(encoding="utf-8")
        assert "<script>" not in text
        assert "<b>" not in text
        assert "<i>" not in text

    @pytest.mark.skipif(CHROMIUM is None, reason="no browser: install Debian's chromium, or Chrome")
    def test_one_page_each_in_print(self, kit, tmp_path):
        _, folder, text = kit
        pdf = tmp_path / "kit.pdf"
        page = (folder / "workshop.html").as_uri()
        command = [CHROMIUM, *QUIET, f"--user-data-dir={tmp_path / 'user'}", f"--print-to-pdf={pdf}", page]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == text.count("<section>")

    def test_both_languages_have_every_word(self):
        assert all(len(texts) == 2 and all(texts) for texts in WORDS.values())


class TestBackAgain:
    def test_files_that_were_left_as_they_are_change_nothing(self, kit):
        _, folder, _ = kit
        assert OFFICE.with_agreements(folder / "agreements.csv") == OFFICE
        assert OFFICE.with_orders(folder / "orders.csv") == OFFICE

    def test_an_agreement(self, kit):
        _, folder, _ = kit
        table = pd.read_csv(folder / "agreements.csv", dtype=str, keep_default_na=False).set_index("element")
        table.loc["Check request -> Release budget", ["done within", "done share"]] = ["8 h", "90%"]
        table.loc["Set up workplace -> Welcome colleague", ["start within", "start share"]] = ["1 day", "75%"]
        table.loc["Choose candidate -> Set up payroll", ["done within", "done share"]] = ["", ""]
        agreed = OFFICE.with_agreements(table.reset_index())
        ways = {str(link): way for links in (agreed.handoffs, agreed.calls) for link, way in links.items()}
        budget = ways["Check request -> Release budget"].sla
        assert (str(budget.resolution), budget.clock) == ("90% within 8 h", "working time")
        assert str(ways["Set up workplace -> Welcome colleague"].sla.response) == "75% within 1 day"
        assert ways["Choose candidate -> Set up payroll"].sla is None
        others = [name for name in ways if name not in table.index or "Sales" in name]
        before = {str(link): way for links in (OFFICE.handoffs, OFFICE.calls) for link, way in links.items()}
        assert all(ways[name] == before[name] for name in others)

    def test_answers(self, kit):
        _, folder, _ = kit
        table = pd.read_csv(folder / "survey.csv", dtype=str, keep_default_na=False)
        sheets = pd.concat([table.head(1)] * 6, ignore_index=True)
        sheets["respondent"] = [f"r{place}" for place in range(6)]
        for item in range(1, 11):
            sheets[f"E{item}"], sheets[f"P{item}"] = "6", "4"
        survey = sf.Survey(sheets, instrument="internal")
        assert survey.links == (table["link"][0],)
        assert survey.by_link()["gap"].tolist() == [-2]

    def test_mistakes_are_told_by_row(self):
        table = pd.DataFrame(
            [
                ("Nobody", "1 h", "90%", ""),
                ("Sales", "1 h", "", ""),
                ("Operations", "soon", "90%", ""),
                ("Development", "", "", "most"),
            ],
            columns=["element", "done within", "done share", "complete"],
        )
        with pytest.raises(sf.SurveyError) as error:
            OFFICE.with_agreements(table)
        lines = str(error.value).splitlines()
        assert lines[0] == "row 2: 'Nobody' is no consumer, handoff or call of the chain"
        assert lines[1] == "row 3: 'done within' and 'done share' go together; write both, as 4 h and 90%"
        assert lines[2].startswith("row 4: 'soon' is no time")
        assert lines[3].startswith("row 5: ")
        with pytest.raises(sf.SurveyError, match="there is no column 'element'"):
            OFFICE.with_agreements(pd.DataFrame({"a": ["b"]}))

    def test_forms_for_several_people(self, tmp_path):
        form = OFFICE.survey_form(tmp_path / "forms.csv", people=3)
        assert len(form) == 3 * len(OFFICE.links())
        assert (tmp_path / "forms.csv").exists()


class TestErrors:
    def test_languages(self, tmp_path):
        with pytest.raises(sf.UnknownNameError, match="there is no language 'de'"):
            OFFICE.workshop(tmp_path, language="de")

    def test_a_file_in_place_of_a_folder(self, tmp_path):
        (tmp_path / "kit").write_text("")
        with pytest.raises(sf.SurveyError, match="this is a file; name a folder, which is made if it is not"):
            OFFICE.workshop(tmp_path / "kit")
