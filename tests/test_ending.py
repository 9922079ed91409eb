"""Requests by when they end, work over all branches, and the cost of work: as other tools count them."""

import pytest

import serviceflow as sf
from serviceflow.analysis.audit.figures import check_figures, told_by_record
from serviceflow.analysis.audit.history import History
from serviceflow.results.spending import spent_in


def chain(**fields):
    made = sf.ServiceChain("Branches", run={"duration": "10 h", "replications": 2, "seed": 1})
    made.add_provider("Desk", staff=1, **fields)
    made.add_provider("Back office", staff=1)
    made.add_service("Open", provider="Desk", duration="6 min", split="all")
    made.add_service("Short", provider="Desk", duration="3 min")
    made.add_service("Long", provider="Back office", duration="9 min")
    made.add_service("Close", join="all")
    made.add_consumer("Clients", arrivals={"every": "30 min"}, enters="Open")
    for origin, target in (("Open", "Short"), ("Open", "Long"), ("Short", "Close"), ("Long", "Close")):
        made.add_handoff(origin, target)
    return made


def growing():
    """One comes every 5 minutes, and each takes 10: queues grow by half of those who come."""
    made = sf.ServiceChain(
        "Growing", run={"duration": "10 h", "warm_up": "1 h", "replications": 2, "seed": 1}
    )
    made.add_provider("Desk", staff=1)
    made.add_service("Serve", provider="Desk", duration="10 min")
    made.add_consumer("Clients", arrivals={"every": "5 min"}, enters="Serve")
    return made.simulate(engine="simpy")


def figure(table, measure, scope="chain"):
    rows = table.query(f"measure == {measure!r} and scope == {scope!r}")
    return rows["mean"].iloc[0]


def run(made):
    return made.simulate(engine="simpy")


class TestTotalWork:
    def test_it_adds_up_all_branches(self):
        kpis = run(chain()).kpis
        assert figure(kpis, "work_time") == figure(kpis, "flow_time") == 15
        assert figure(kpis, "total_work") == figure(kpis, "total_work", "consumer") == 18

    def test_a_summary_has_the_same(self):
        made = chain()
        full, summary = run(made), made.simulate(engine="simpy", keep="summary")
        assert figure(summary.kpis, "total_work") == figure(full.kpis, "total_work")

    def test_without_branches_it_would_be_the_work_time(self):
        assert "total_work" not in set(growing().kpis["measure"])


class TestByCompletion:
    def test_those_count_that_end_in_the_window(self):
        table = growing().by_completion()
        # The first comes at 5 min and ends at 15; then one ends every 10 minutes: at 65, 75, ..., 655.
        assert figure(table, "completed") == 60
        # The n-th comes at 5 n and ends at 5 + 10 n: those are n = 6 to 65, with a time of 5 + 5 n.
        assert figure(table, "flow_time") == 5 + 5 * (6 + 65) / 2
        assert figure(table, "flow_time_p90") == 5 + 5 * 59
        assert set(table["scope"]) == {"chain", "consumer"}

    def test_kpis_have_those_that_are_asked(self):
        kpis = growing().kpis
        assert figure(kpis, "arrived") == 120
        assert figure(kpis, "flow_time") != figure(growing().by_completion(), "flow_time")

    def test_in_a_steady_state_without_an_edge_both_agree(self):
        results = run(chain())
        table = results.by_completion()
        for measure in ("completed", "flow_time", "total_work"):
            assert figure(table, measure) == figure(results.kpis, measure)

    def test_a_summary_does_not_have_them(self):
        results = chain().simulate(engine="simpy", keep="summary")
        with pytest.raises(sf.NotKeptError, match=r"results.by_completion\(\)"):
            results.by_completion()


class TestCostOfWork:
    def test_it_is_for_the_time_at_work(self):
        kpis = run(chain(work_cost="60 per hour")).kpis
        busy = figure(kpis.query("name == 'Desk'"), "busy_time", "provider")
        assert figure(kpis.query("name == 'Desk'"), "cost", "provider") == busy == 19 * 9
        assert figure(kpis, "cost") == busy

    def test_beside_the_cost_of_time_on_duty(self):
        kpis = run(chain(work_cost="60 per hour", cost="2 per hour")).kpis
        assert figure(kpis.query("name == 'Desk'"), "cost", "provider") == pytest.approx(20 + 19 * 9)

    def test_of_a_stretch_of_the_run(self):
        record = run(chain(work_cost="60 per hour")).records[0]
        hour = 3_600_000_000
        assert spent_in(record, (0, 2 * hour)) == pytest.approx(9 + 9 + 9)
        assert spent_in(run(chain()).records[0], (0, 2 * hour)) == 0

    def test_the_auditor_adds_it_up_itself(self):
        results = run(chain(work_cost="60 per hour"))
        report = results.audit()
        assert report.ok
        told = told_by_record(results.records[0])
        told["provider", "Desk", "cost"] += 1
        told["consumer", "Clients", "total_work"] += 1
        found = {one.where for one in check_figures(History(results.records[0]), told)}
        assert found == {"providers.Desk", "consumers.Clients"}

    def test_what_cannot_be_a_cost(self):
        with pytest.raises(sf.ModelError, match="is no rate"):
            chain(work_cost="dear")
