"""Published models with parameters: what they become, and the figures that other simulators found."""

import shutil
from pathlib import Path

import pytest
from drawing import definitions, line, node, process, start, task
from typer.testing import CliRunner

import serviceflow as sf
from serviceflow.cli import app

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def support():
    return sf.read_bpmn(DATA / "technical_support.bpmn")


@pytest.fixture(scope="module")
def loan():
    return sf.read_bpmn(DATA / "loan.bpmn")


@pytest.fixture(scope="module")
def pharmacy():
    return sf.read_bpmn(DATA / "pharmacy.bpmn")


class TestTechnicalSupport:
    def test_scenarios_are_changes_of_the_first(self, support):
        assert list(support.chain.scenarios) == ["2 - Temporal perspective", "3 - Resource perspective"]
        assert support.chain.scenarios["3 - Resource perspective"].extends == ("2 - Temporal perspective",)

    def test_weights_are_parts_of_their_sum(self, support):
        shares = {
            str(link): str(way.probability) for link, way in support.chain.handoffs.items() if way.probability
        }
        assert shares["Provide solution to customer -> end"] == "15%"
        assert shares["Get issue description from customer -> Provide solution to customer"] == "60%"

    def test_duration_includes_the_warm_up_and_a_month_has_30_days(self, support):
        run = support.chain.scenario("2 - Temporal perspective").to_dict()["run"]
        assert (run["warm_up"], run["duration"], run["horizon"]) == ("6 h + 1 week", "23 days", "terminating")

    def test_the_mean_of_a_cut_normal_is_the_one_after_the_cut(self, support):
        service = support.chain.scenario("2 - Temporal perspective").services[
            "Provide solution to Front Office"
        ]
        assert service.duration.mean("min") == pytest.approx(1.0276239 * 60e6, rel=1e-6)

    def test_staff_by_the_hours_of_its_calendars(self, support):
        staff = support.chain.scenario("3 - Resource perspective").to_dict()["providers"]
        assert staff["Supplier"] == {"staff": {"mon-fri": {"09:00-22:00": 1}}}
        assert staff["Front Office"]["staff"]["mon-sun"]["06:00-09:00"] == 200
        assert len(staff["Front Office"]["staff"]["mon-sun"]) == 8

    def test_arrivals_by_the_hour(self, support):
        every = (
            support.chain.scenario("3 - Resource perspective")
            .consumers["Customer issue report"]
            .arrivals.every
        )
        assert {every.mean("s", values={"hour": hour}) / 1e6 for hour in (6, 9, 0, 23)} == {21.0, 51.6, 40.2}

    def test_who_asks_whom(self, support):
        assert [str(link) for link in support.chain.calls] == [
            "Solution received from 1st level of support -> Find solution 1st level issue",
            "Solution received from 2nd level of support -> Find solution 2nd level issue",
            "Solution received from supplier -> Find solution supplier issue",
        ]

    def test_elapsed_time(self, support):
        """L-SIM's three replications have means of 165.2, 166.6 and 167.6 min."""
        chain = support.chain.scenario("2 - Temporal perspective")
        found = chain.simulate(
            duration="14 h", warm_up="6 h", replications=2, seed=7, engine="simpy", horizon="steady"
        )
        assert float(found.mean("chain", "flow_time")[0]) == pytest.approx(166.5, abs=25)


class TestLoan:
    def test_work_is_cut_off_at_its_limit(self, loan):
        services = loan.chain.to_dict()["services"]
        assert (
            services["Underwrite Loan with Terms"]["duration"]
            == "min(`time of Underwrite Loan with Terms`, 1 h)"
        )
        assert loan.is_exact

    def test_figures(self, loan):
        """119.7 [119.2, 120.3] of 127.9 complete, in 150.5 [150.0, 150.9] min; L-SIM has 119, 124 and 126."""
        found = loan.chain.simulate(replications=8, seed=7, engine="simpy", progress=False)
        completed, mean = (float(found.mean("chain", name)[0]) for name in ("completed", "flow_time"))
        assert completed == pytest.approx(119.7, abs=3)
        assert mean == pytest.approx(150.4, abs=3)


class TestPharmacy:
    def test_the_file_beside_it_is_taken_and_told(self, pharmacy):
        assert any("pharmacy.json" in row.done for row in pharmacy.report.decisions)

    def test_lists_of_three_are_mean_least_and_most(self, pharmacy):
        services = pharmacy.chain.to_dict()["services"]
        assert services["Resolve DUR manually"]["duration"] == "min(4 min, 2 min + exponential(mean=10 s))"

    def test_constant_intervals_pass_in_open_time(self, pharmacy):
        arrivals = pharmacy.chain.to_dict()["consumers"]["Prescription received"]["arrivals"]
        assert arrivals == {"every": "2 min", "first": "8 h", "calendar": "Mon-Fri"}

    def test_figures(self, pharmacy):
        """The first 1,000 requests: Prosimos has a mean of 24.4 min, the published log 25.35."""
        found = pharmacy.chain.simulate(
            duration="65 h 20 min", warm_up=0, replications=2, seed=7, engine="simpy", progress=False
        )
        first = found.requests[found.requests["number"] < 1000]
        assert len(first) == 2000
        assert first["flow_time"].mean() == pytest.approx(24.4, abs=3)
        # Requests wait most for the pharmacist; more of their time goes to pauses at night, at the technician.
        assert found.waits(by="provider")["provider"].iloc[0] == "Pharmacist"

    def test_names_of_others_for_the_parameters(self, tmp_path):
        shutil.copy(DATA / "pharmacy.bpmn", tmp_path / "process.bpmn")
        alone = sf.read_bpmn(tmp_path / "process.bpmn")
        assert "no parameters of a simulation" in alone.report.summary
        given = sf.read_bpmn(tmp_path / "process.bpmn", DATA / "pharmacy.json")
        assert given.chain.providers["Technician"].calendar == "Mon-Fri"


class TestWhatIsWritten:
    @pytest.mark.parametrize("name", ["technical_support", "loan", "pharmacy"])
    def test_the_file_loads_to_an_equal_chain(self, name, tmp_path, request):
        found = sf.read_bpmn(DATA / f"{name}.bpmn")
        found.save(tmp_path / "model.yaml")
        assert sf.load(tmp_path / "model.yaml") == found.chain
        assert sf.loads(found.to_yaml()) == found.chain

    def test_comments_have_ids_and_what_was_assumed(self, loan):
        text = loan.to_yaml()
        assert "  # id _57EE71B2-5287-46A2-9B24-83A68131714C\n  Underwrite Loan with Terms:" in text
        assert "# assumed: BPSim says nothing of its staff" in text
        assert text.startswith("# Imported from ")

    def test_the_report_as_text_and_as_a_table(self, loan):
        table = loan.table
        assert list(table.columns) == ["element", "id", "construct", "done", "status", "scenario"]
        assert set(table["status"]) <= {"exact", "assumed", "approximated", "left out", "differs"}
        text = str(loan.report)
        assert "11 tasks, 6 events and 4 gateways became 3 providers," in " ".join(text.split())
        assert "Assumed      " in text
        chain, report = loan
        assert chain is loan.chain
        assert report is loan.report


class TestCommandLine:
    def run(self, *arguments):
        return CliRunner().invoke(app, ["import", *map(str, arguments)])

    def test_it_writes_a_model_and_prints_the_report(self, tmp_path):
        found = self.run(DATA / "loan.bpmn", "-o", tmp_path / "model.yaml", "--strict")
        assert found.exit_code == 0
        assert "Assumed" in found.output
        assert sf.load(tmp_path / "model.yaml").name == "Loan Process v2.0.0"

    def test_strict_ends_with_2_where_something_is_approximated(self, tmp_path):
        path = tmp_path / "process.bpmn"
        path.write_text(
            definitions(process(start(), node("adHocSubProcess", "t", "Ad hoc", task("u")), line("s", "t")))
        )
        arguments = (path, "-o", tmp_path / "model.yaml")
        assert self.run(*arguments).exit_code == 0
        assert self.run(*arguments, "--strict").exit_code == 2

    def test_the_report_as_a_file(self, tmp_path):
        self.run(DATA / "loan.bpmn", "-o", tmp_path / "model.yaml", "--report", tmp_path / "report.csv")
        assert (tmp_path / "report.csv").read_text().startswith("element,id,construct,done,status,scenario\n")

    def test_a_file_that_is_not_there_is_a_message(self, tmp_path):
        found = self.run(tmp_path / "none.bpmn")
        assert found.exit_code == 2
        assert "no such file" in found.output
