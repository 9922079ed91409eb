"""Batches, priorities and durations of which only bounds are known, learned from logs of known chains."""

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.mining.discovery.censored import fit, rounding
from serviceflow.model.expressions import expression

COLUMNS = ["case", "activity", "resource", "start", "end"]
LAUNDRY = """
serviceflow: 1
name: Laundry
run: {duration: 4 weeks, replications: 1, seed: 5}
providers: {Desk: {staff: 2}, Machine: {staff: 1}}
services:
  Receive: {provider: Desk, duration: "exponential(mean=4 min)"}
  Wash: {provider: Machine, duration: "normal(mean=40 min, sd=5 min)", batch: {size: 6, max_wait: 45 min}}
  Iron: {provider: Desk, duration: "exponential(mean=6 min)"}
consumers: {Guests: {arrivals: {rate: 6 per hour}, enters: Receive}}
handoffs: {Receive -> Wash: {}, Wash -> Iron: {}}
"""
CLINIC = """
serviceflow: 1
name: Clinic
run: {duration: 3 weeks, replications: 1, seed: 5}
providers: {Desk: {staff: 2}, Doctor: {staff: 1, discipline: priority}}
services:
  Register: {provider: Desk, duration: "exponential(mean=3 min)"}
  Treat: {provider: Doctor, duration: "exponential(mean=9 min)", priority: RULE}
attributes: ATTRIBUTES
consumers: {Patients: {arrivals: {rate: 6 per hour}, enters: Register}}
handoffs: {Register -> Treat: {}}
"""


def log_of(text, columns=COLUMNS):
    return sf.loads(text).simulate(engine="simpy", progress=False).to_log()[columns]


def parameter(found, element, name):
    return found.chain.inputs().set_index(["element", "name"]).loc[(element, name)]


@pytest.fixture(scope="module")
def laundry():
    return sf.discover(sf.read_log(log_of(LAUNDRY)))


@pytest.fixture(scope="module")
def projects():
    """Cases that take a month, so that many are open when the log is made."""
    chance = np.random.default_rng(7)
    start = pd.Timestamp("2026-01-05") + pd.to_timedelta(np.sort(chance.uniform(0, 100, 400)), unit="D")
    end = start + pd.to_timedelta(chance.exponential(30, 400), unit="D")
    return pd.DataFrame({"case": range(400), "activity": "Project", "start": start, "end": end})


class TestBatches:
    def test_size_and_longest_wait(self, laundry):
        batch = laundry.chain.services["Wash"].batch
        assert batch.size == 6
        assert laundry.chain.to_dict()["services"]["Wash"]["batch"]["max_wait"].startswith("45")

    def test_they_are_told_with_their_sizes(self, laundry):
        row = parameter(laundry, "Wash", "batch")
        assert "begin and end together" in row["source"]
        assert row["count"] > 500
        assert row["low"] < row["estimate"] < row["high"] <= 6

    def test_time_is_that_of_a_batch(self, laundry):
        row = parameter(laundry, "Wash", "duration")
        assert row["low"] <= 40 <= row["high"]
        assert row["count"] == parameter(laundry, "Wash", "batch")["count"]

    def test_who_waits_for_a_batch_waits_for_nothing_hidden(self, laundry):
        assert "delay" not in set(laundry.inputs["name"])

    def test_no_others_are_in_batches(self, laundry):
        assert set(laundry.inputs.loc[laundry.inputs["name"] == "batch", "element"]) == {"Wash"}


class TestPriorities:
    def found(self, rule, attributes, *columns):
        text = CLINIC.replace("RULE", rule).replace("ATTRIBUTES", attributes)
        return sf.discover(sf.read_log(log_of(text, [*COLUMNS, *columns])))

    def test_by_a_word(self):
        found = self.found(
            "\"0 if kind == 'urgent' else 1\"", "{kind: {urgent: 20%, usual: 50%, other: 30%}}", "kind"
        )
        assert found.chain.to_dict()["providers"]["Doctor 1"]["discipline"] == "priority"
        assert str(found.chain.services["Treat"].priority) == "0 if kind == 'urgent' else 1"
        row = parameter(found, "Treat", "priority")
        assert row["estimate"] == 1
        assert row["count"] > 100
        assert "'kind' explains" in row["source"]
        shares = found.chain.to_dict()["consumers"]["Cases"]["attributes"]["kind"]
        assert float(shares["urgent"].rstrip("%")) == pytest.approx(20, abs=3)

    @pytest.mark.parametrize(("rule", "learned"), [("amount", "amount"), ("0 - amount", "0 - amount")])
    def test_by_a_number(self, rule, learned):
        found = self.found(rule, '{amount: "uniform(low=0, high=100)"}', "amount")
        assert str(found.chain.services["Treat"].priority) == learned
        found.chain.validate()

    def test_first_come_first_served_is_no_rule(self):
        found = self.found("1", "{kind: {urgent: 20%, usual: 80%}}", "kind")
        assert "priority" not in set(found.inputs["name"])
        assert "discipline" not in found.chain.to_dict()["providers"]["Doctor 1"]

    def test_an_order_without_a_rule_is_told(self):
        text = CLINIC.replace("discipline: priority", "discipline: lifo").replace(
            "attributes: ATTRIBUTES\n", ""
        )
        found = sf.discover(sf.read_log(log_of(text.replace(", priority: RULE", ""))))
        assert any("by no rule that the log shows" in one for one in found.report)

    def test_of_activities(self):
        text = """
        serviceflow: 1
        name: Office
        run: {duration: 3 weeks, replications: 1, seed: 5}
        providers: {Gate: {staff: 3}, Clerk: {staff: 1, discipline: priority}}
        services:
          In: {provider: Gate, duration: "exponential(mean=3 min)"}
          Quick: {provider: Clerk, duration: "exponential(mean=4 min)", priority: 0}
          Long: {provider: Clerk, duration: "exponential(mean=10 min)", priority: 5}
        consumers: {Clients: {arrivals: {rate: 7 per hour}, enters: In}}
        handoffs: {In -> Quick: {probability: 50%}, In -> Long: {probability: 50%}}
        """
        services = sf.discover(sf.read_log(log_of(text))).chain.to_dict()["services"]
        assert (services["Quick"]["priority"], services["Long"]["priority"]) == (0, 1)
        assert "priority" not in services["In"]


class TestOpenWork:
    def test_it_is_known_to_have_lasted_so_long(self, projects):
        cut = projects.assign(end=projects["end"].where(projects["end"] < pd.Timestamp("2026-04-15")))
        log = sf.read_log(cut)
        assert len(log.open) == int(cut["end"].isna().sum()) > 50
        row = parameter(sf.discover(log), "Project", "duration")
        days = [row[name] / 60 / 24 for name in ("low", "estimate", "high")]
        assert days[0] < 30 < days[2]
        short = (cut["end"] - cut["start"]).dt.total_seconds().mean() / 86_400
        assert short < 25 < days[1]
        assert f"{len(log.open)} were open when the log ended" in row["source"]

    def test_of_pairs_of_events_too(self, projects):
        ended = projects["end"] < pd.Timestamp("2026-04-15")
        begins = projects.assign(time=projects["start"], lifecycle="start")
        ends = projects[ended].assign(time=projects["end"], lifecycle="complete")
        log = sf.read_log(pd.concat([begins, ends]).drop(columns=["start", "end"]))
        assert len(log.open) == int((~ended).sum())
        assert len(log.table) == int(ended.sum())

    def test_an_end_that_was_lost_is_not_open_work(self):
        seconds = np.full(100, 60.0) + np.arange(100)
        assert fit(seconds, np.full(10, 1e7), 0.0).how.startswith("smallest distance")

    def test_activities_without_any_end_are_instants(self):
        frame = pd.DataFrame(
            {"case": [1, 1, 2, 2], "activity": ["A", "B", "A", "B"],
             "start": ["2026-01-05 09:00", "2026-01-05 09:10", "2026-01-05 10:00", "2026-01-05 10:10"],
             "end": ["2026-01-05 09:05", None, "2026-01-05 10:05", None]}
        )  # fmt: skip
        log = sf.read_log(frame)
        assert len(log.table) == 4
        assert len(log.open) == 0


class TestRoundedStamps:
    @pytest.mark.parametrize("step", [60, 900, 3600])
    def test_rounding_is_told(self, step):
        instants = np.arange(100, dtype=np.int64) * step * 7 * 1_000_000
        assert rounding(instants) == step
        assert rounding(instants + np.arange(100) * 1_000) == 0

    @pytest.mark.parametrize("cv", [1.0, 0.6])
    def test_durations_are_known_up_to_the_rounding(self, cv):
        chance = np.random.default_rng(7)
        start = chance.uniform(0, 1e6, 3_000)
        true = chance.gamma(cv**-2, 4 * 60 * cv**2, 3_000)
        seen = (np.floor((start + true) / 300) - np.floor(start / 300)) * 300
        found = fit(seen, np.zeros(0), 300.0)
        assert found.low < 240 < found.high
        assert "rounded to 5 min" in found.how
        assert expression(found.text, "duration").root.cv("s") == pytest.approx(cv, rel=0.25)

    def test_a_rounding_that_hardly_matters_is_none(self):
        seconds = np.random.default_rng(7).exponential(3_600, 500)
        assert fit(seconds, np.zeros(0), 60.0).how.startswith("smallest distance")

    def test_by_the_reader_of_a_log(self):
        frame = log_of(CLINIC.replace(", priority: RULE", "").replace("attributes: ATTRIBUTES\n", "")).iloc[
            :2000
        ]
        for name in ("start", "end"):
            frame[name] = frame[name].dt.floor("5min")
        row = parameter(sf.discover(sf.read_log(frame)), "Register", "duration")
        assert "rounded to 5 min" in row["source"]
        assert row["estimate"] == pytest.approx(3, rel=0.15)


def test_what_is_learned_is_written_and_read_again(laundry, tmp_path):
    laundry.save(tmp_path / "learned.yaml")
    again = sf.load(tmp_path / "learned.yaml")
    assert again == laundry.chain
    row = again.inputs().set_index(["element", "name"]).loc[("Wash", "batch")]
    assert "begin and end together" in row["source"]
