"""Complaints and satisfaction: worked out request by request after a run, by keyed draws."""

import numpy as np
import pytest

import serviceflow as sf

DESK = """
serviceflow: 1
name: Desk
run: {duration: 5 days, replications: 6, seed: 1}
attributes: {vip: {1: 20%, 0: 80%}}
providers: {Clerk: {staff: 1}}
services: {Talk: {provider: Clerk, duration: exponential(mean=8 min), patience: 1 h}}
consumers:
  Clients:
    arrivals: {rate: 7 per hour}
    enters: Talk
    sla: {response: 90% within 20 min}
    complaints: {probability: 40% if late else 2%, cost: 30}
scenarios:
  Two: {changes: {providers: {Clerk: {staff: 2}}}}
"""


@pytest.fixture(scope="module")
def chain():
    return sf.loads(DESK)


def told(chain, probability):
    return chain.change({"consumers": {"Clients": {"complaints": {"probability": probability}}}})


def share(chain, probability, **settings):
    return told(chain, probability).simulate(engine="simpy", **settings).complaints()["share"].iloc[0]


@pytest.fixture(scope="module")
def requests(chain):
    found = chain.simulate(engine="simpy").requests
    return found[found["in_window"] & (found["outcome"] != "unfinished") & found["ended"].notna()]


class TestChances:
    """A certain complaint is counted exactly."""

    def test_by_waiting(self, chain, requests):
        expected = (requests["waiting_time"] > 15).mean()
        assert share(chain, "100% if wait > 15 min else 0%") == pytest.approx(expected)

    def test_by_the_whole_time(self, chain, requests):
        expected = (requests["ended"] - requests["asked"] > 30).mean()
        assert share(chain, "100% if time > 30 min else 0%") == pytest.approx(expected)

    def test_by_lost_patience(self, chain, requests):
        expected = (requests["outcome"] == "gave up").mean()
        assert expected > 0
        assert share(chain, "100% if gave_up else 0%") == pytest.approx(expected)
        assert share(chain, "100% if refused else 0%") == 0

    def test_by_a_broken_promise(self, chain):
        results = told(chain, "100% if late else 0%").simulate(engine="simpy")
        kept = results.kpis.query("scope == 'sla' and measure == 'attainment'")["mean"].iloc[0]
        assert results.complaints()["share"].iloc[0] == pytest.approx(1 - kept, abs=1e-3)

    def test_by_an_attribute(self, chain, requests):
        assert share(chain, "100% if vip == 1 else 0%") == pytest.approx((requests["vip"] == 1).mean())

    def test_by_incomplete_information(self, chain):
        entry = {"handoffs": {"Clients -> Talk": {"clarification": {"probability": "30%", "delay": "1 min"}}}}
        changed = chain.change({"consumers": {"Clients": {"enters": None}}}, adds=entry)
        results = told(changed, "100% if wrong > 0 else 0%").simulate(engine="simpy")
        assert results.complaints()["share"].iloc[0] == pytest.approx(0.3, abs=0.05)


class TestDraws:
    def test_the_share_is_that_of_the_chances(self, chain):
        assert share(chain, "25%") == pytest.approx(0.25, abs=0.03)

    def test_more_likely_ones_hold_all_less_likely_ones(self, chain):
        """The same request complains by the same number: a larger chance adds complaints and takes none."""
        shares = [share(chain, chance) for chance in ("10%", "20%", "40%", "80%")]
        assert shares == sorted(shares)

    def test_the_run_is_not_changed(self, chain):
        bare = chain.change({"consumers": {"Clients": {"complaints": None}}})
        one, other = (found.simulate(engine="simpy") for found in (chain, bare))
        assert all(mine.equals(yours) for mine, yours in zip(one.records, other.records, strict=True))
        added = one.kpis["measure"].str.startswith("complaint")
        assert one.kpis[~added].reset_index(drop=True).equals(other.kpis)

    def test_results_are_the_same_again(self, chain):
        one, other = (chain.simulate(engine="simpy").complaints() for _ in range(2))
        assert one.equals(other)

    def test_cost(self, chain):
        row = chain.simulate(engine="simpy").complaints().iloc[0]
        assert row["cost"] == pytest.approx(30 * row["complaints"])
        assert row["ci_low"] < row["share"] < row["ci_high"]


class TestComparison:
    def test_a_second_clerk_spares_complaints(self, chain):
        row = chain.compare(engine="simpy").complaints().iloc[0]
        assert row["difference"] == pytest.approx(row["share"] - row["baseline"])
        assert row["ci_high"] < 0

    def test_nothing_changes_where_nothing_changes(self, chain):
        found = sf.compare({"one": chain, "same": chain.copy()}, engine="simpy").complaints().iloc[0]
        assert (found["difference"], found["ci_low"], found["ci_high"]) == (0, 0, 0)


class TestFigures:
    def test_they_are_among_all_figures(self, chain):
        results = chain.simulate(engine="simpy")
        figures = results.kpis.set_index(["scope", "measure"])["mean"]
        row = results.complaints().iloc[0]
        for scope in ("chain", "consumer"):
            assert figures[scope, "complaints"] == row["complaints"]
            assert figures[scope, "complaint_share"] == row["share"]
            assert figures[scope, "complaint_cost"] == row["cost"]
        summary = results.summary()
        assert {"complaint_share", "complaint_cost"} <= set(summary["measure"])

    def test_summaries_have_them_too(self, chain):
        full, short = (chain.simulate(engine="simpy", keep=keep).complaints() for keep in ("full", "summary"))
        assert full.equals(short)

    def test_a_chain_without_any_has_none(self, chain):
        bare = chain.change({"consumers": {"Clients": {"complaints": None}}})
        results = bare.simulate(engine="simpy", replications=1)
        assert len(results.complaints()) == 0
        assert not results.kpis["measure"].str.startswith("complaint").any()

    def test_a_consumer_that_tells_nothing_has_no_share(self, chain):
        other = {"Others": {"arrivals": {"rate": "1 per hour"}, "enters": "Talk"}}
        results = chain.change({}, adds={"consumers": other}).simulate(engine="simpy", replications=2)
        shares = results.kpis.query("scope == 'consumer' and measure == 'complaint_share'")
        assert np.isnan(shares.set_index("name")["mean"]["Others"])
        counts = results.kpis.query("measure == 'complaints'").set_index("name")["mean"]
        assert np.isnan(counts["Others"])
        assert counts["Desk"] == counts["Clients"]
        assert results.complaints()["name"].tolist() == ["Clients"]


LINKED = """
serviceflow: 1
name: Two desks
run: {duration: 5 days, replications: 4, seed: 1}
providers: {Clerk: {staff: 1}, Clerks: {staff: 1}}
services:
  Take: {provider: Clerk, duration: exponential(mean=5 min)}
  Mend: {provider: Clerks, duration: exponential(mean=8 min), patience: 40 min}
consumers:
  Clients: {arrivals: {rate: 6 per hour}, enters: Take}
handoffs:
  Take -> Mend:
    delay: 2 min
    clarification: {probability: 20%, delay: 5 min}
    sla: {resolution: 90% within 30 min}
    complaints: {probability: 100% if late else 0%}
"""


@pytest.fixture(scope="module")
def linked():
    return sf.loads(LINKED)


@pytest.fixture(scope="module")
def visits(linked):
    results = linked.simulate(engine="simpy")
    requests = results.requests.set_index(["replication", "request"])["in_window"]
    mine = results.visits[results.visits["handoff"] == "Take -> Mend"]
    mine = mine.join(requests, on=["replication", "request"])
    return mine[mine["in_window"] & mine["left"].notna()]


class TestLinks:
    """On a link each delivery may bring a complaint."""

    def share(self, linked, probability):
        changed = linked.change({"handoffs": {"Take -> Mend": {"complaints": {"probability": probability}}}})
        row = changed.simulate(engine="simpy").complaints().iloc[0]
        assert (row["scope"], row["name"]) == ("handoff", "Take -> Mend")
        return row["share"]

    def test_by_a_broken_promise(self, linked):
        results = linked.simulate(engine="simpy")
        kept = results.kpis.query("scope == 'sla' and measure == 'attainment'")["mean"].iloc[0]
        assert 0 < kept < 1
        assert results.complaints()["share"].iloc[0] == pytest.approx(1 - kept, abs=1e-3)

    def test_by_what_happened_on_it(self, linked, visits):
        gave_up = (visits["outcome"] == "gave up").mean()
        assert gave_up > 0
        assert self.share(linked, "100% if gave_up else 0%") == pytest.approx(gave_up)
        waits = (visits["waiting_time"] > 20).mean()
        assert self.share(linked, "100% if wait > 20 min else 0%") == pytest.approx(waits)
        wrong = (visits["clarifications"] > 0).mean()
        assert self.share(linked, "100% if wrong > 0 else 0%") == pytest.approx(wrong)
        took = (visits["finished"].fillna(visits["left"]) - visits["asked"] > 30).mean()
        assert self.share(linked, "100% if time > 30 min else 0%") == pytest.approx(took)

    def test_calls_complain_of_what_they_asked(self):
        text = LINKED.replace("handoffs:", "calls:").replace(
            "    delay: 2 min\n", "    delay: 2 min\n    ask: end\n"
        )
        called = sf.loads(text)
        results = called.simulate(engine="simpy")
        kept = results.kpis.query("scope == 'sla' and measure == 'attainment'")["mean"].iloc[0]
        row = results.complaints().iloc[0]
        assert (row["scope"], row["name"]) == ("call", "Take -> Mend")
        assert row["share"] == pytest.approx(1 - kept, abs=1e-3)

    def test_returns_are_wrong_information(self, linked):
        way = {"delay": "2 min", "clarification": {"probability": "20%", "returns_to": "Take"}}
        changed = linked.change(
            {"handoffs": {"Take -> Mend": None}},
            adds={
                "handoffs": {
                    "Take -> Mend": {**way, "complaints": {"probability": "100% if wrong > 0 else 0%"}}
                }
            },
        )
        results = changed.simulate(engine="simpy")
        row = results.complaints().iloc[0]
        assert row["share"] == pytest.approx(0.2, abs=0.05)


class TestMistakes:
    @pytest.mark.parametrize(
        ("probability", "message"),
        [
            ("10% if lte else 0%", "consumers.Clients.complaints.probability: there is no .*'lte'"),
            ("exponential(mean=1)", "is drawn, but here nothing is"),
        ],
    )
    def test_expressions_that_cannot_be(self, chain, probability, message):
        with pytest.raises(sf.ModelError, match=message):
            told(chain, probability).validate()

    def test_what_happened_is_known_to_complaints_only(self, chain):
        with pytest.raises(sf.ModelError, match="late"):
            chain.change({"services": {"Talk": {"priority": "1 if late else 0"}}}).validate()

    def test_a_chance_above_one(self, chain):
        message = r"^consumers\.Clients\.complaints\.probability came to .*; shares lie from 0 to 100%$"
        with pytest.raises(sf.RunError, match=message):
            share(chain, "wait / 1 min", replications=1)

    def test_a_cost_that_is_none(self, chain):
        with pytest.raises(sf.ModelError, match="'much' is no cost; write an amount from 0 on"):
            chain.change({"consumers": {"Clients": {"complaints": {"cost": "much"}}}})


class TestSatisfaction:
    def test_it_is_that_of_requests_and_not_of_the_mean(self, chain):
        results = chain.simulate(engine="simpy")
        visits = results.visits
        requests = results.requests[results.requests["in_window"]]
        mine = visits.merge(requests[["replication", "request"]], on=["replication", "request"])
        waited = (mine["started"] - mine["asked"]).where(mine["started"].notna(), np.inf)
        expected = np.clip((30 - waited) / 25, 0, 1).mean()
        found = results.satisfaction("Clients", "5 min", "30 min")
        assert found[0] == pytest.approx(expected, abs=1e-3)
        assert found[1] < found[0] < found[2]

    def test_errors(self, chain):
        results = chain.simulate(engine="simpy", replications=1)
        with pytest.raises(sf.SurveyError, match=r"^desired='9 min' is to be less than adequate='5 min'"):
            results.satisfaction("Clients", "9 min", "5 min")
        with pytest.raises(sf.UnknownNameError, match="there is no consumer 'Client'"):
            results.satisfaction("Client", "1 min", "5 min")
        with pytest.raises(sf.UnknownNameError, match="there is no time 'waiting'"):
            results.satisfaction("Clients", "1 min", "5 min", of="waiting")


def test_they_go_through_a_file(chain, tmp_path):
    chain.save(tmp_path / "desk.yaml")
    assert sf.load(tmp_path / "desk.yaml") == chain
