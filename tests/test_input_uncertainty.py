"""Intervals with the uncertainty of inputs: their parts are right where the truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.analysis.input_uncertainty import Observed, parted
from serviceflow.mining.resampling import Blocks, moved

QUIET = {"engine": "simpy", "progress": False}


def lobby(duration: str = "10 min") -> sf.ServiceChain:
    """Nobody waits for anybody: the flow time is the duration."""
    chain = sf.ServiceChain("Lobby", run={"duration": "4 h", "replications": 3, "seed": 7})
    chain.add_service("Talk", duration=duration)
    chain.add_consumer("Clients", arrivals={"rate": "20 per hour"}, enters="Talk")
    return chain


def log_of(weeks: int = 4, minutes: float = 30.0, seed: int = 3) -> pd.DataFrame:
    """Cases of two activities by day, of which one in four has the second; no queue anywhere."""
    random = np.random.default_rng(seed)
    rows = []
    for day in range(7 * weeks):
        for number in range(random.poisson(16)):
            start = pd.Timestamp("2026-01-05") + pd.Timedelta(days=day, hours=8 + random.uniform(0, 4))
            end = start + pd.Timedelta(minutes=random.exponential(minutes))
            rows.append((f"{day}-{number}", "接待", start, end))
            if random.random() < 0.25:
                later = end + pd.Timedelta(minutes=random.exponential(20))
                rows.append((f"{day}-{number}", "Solve", end, later))
    return pd.DataFrame(rows, columns=["case", "activity", "start", "end"])


class TestParts:
    def test_the_interval_of_both_holds_and_that_of_the_simulation_alone_does_not(self) -> None:
        """Data give an input with an error of 2; the replications of all chains share errors of 1.5."""
        random, truth, held, alone, shares = np.random.default_rng(1), 50.0, 0, 0, []
        for _ in range(200):
            common, fitted = random.normal(0, 1.5, 5), truth + random.normal(0, 2)
            drawn = [observed(random, fitted + random.normal(0, 2), common) for _ in range(40)]
            base = observed(random, fitted, common)
            found = parted(base, drawn, 0.95)
            held += found.both[0] <= truth <= found.both[1]
            alone += base.low <= truth <= base.high
            shares.append(found.share)
        assert 0.93 <= held / 200 <= 0.99
        assert alone / 200 < 0.75
        assert np.mean(shares) == pytest.approx(4 / (4 + 1.5**2 / 5), abs=0.06)

    def test_chance_that_chains_do_not_share_is_taken_out(self) -> None:
        random, shares = np.random.default_rng(2), []
        for _ in range(60):
            drawn = [observed(random, 50.0, random.normal(0, 3, 4)) for _ in range(30)]
            shares.append(parted(observed(random, 50.0, np.zeros(4) + 1), drawn, 0.95).inputs)
        widths = [high - low for low, high in shares]
        assert np.median(widths) < 2 * 1.96 * 3 / 2 / 2

    def test_few_weeks_are_made_up_for(self) -> None:
        random = np.random.default_rng(3)
        drawn = [observed(random, value, np.zeros(3)) for value in random.normal(50, 2, 40)]
        plain, wide = (parted(observed(random, 50.0, np.zeros(3)), drawn, 0.95, one) for one in (1.0, 1.5))
        ratio = (wide.inputs[1] - wide.inputs[0]) / (plain.inputs[1] - plain.inputs[0])
        assert ratio == pytest.approx(1.5, abs=0.01)


def observed(random: np.random.Generator, value: float, common: np.ndarray) -> Observed:
    series = value + common + random.normal(0, 0.1, len(common))
    half = 2.776 * series.std(ddof=1) / len(series) ** 0.5
    return Observed(series.mean(), series.mean() - half, series.mean() + half, series)


class TestFunctions:
    def test_what_is_known_of_an_input_is_known_of_the_figure(self) -> None:
        """A duration of 10 ± 1 min that nothing waits for: all comes from the input, none from chance."""
        chain = lobby()

        def draw(random: np.random.Generator) -> sf.ServiceChain:
            return chain.change({"services": {"Talk": {"duration": f"{random.normal(10, 1)} min"}}})

        found = sf.input_uncertainty(draw, chain=chain, resamples=30, **QUIET)
        row = found.table.iloc[0]
        assert row["value"] == pytest.approx(10)
        assert row["high"] - row["low"] == pytest.approx(2 * 1.96, rel=0.35)
        assert row["inputs_share"] == pytest.approx(1)
        assert row["simulation_high"] - row["simulation_low"] == pytest.approx(0, abs=1e-6)
        assert "100% of the variance comes from the inputs: even endless replications" in str(found)

    def test_an_input_that_is_known_adds_nothing(self) -> None:
        chain = lobby("exponential(mean=10 min)")
        found = sf.input_uncertainty(lambda random: chain, chain=chain, resamples=10, **QUIET)
        row = found.table.iloc[0]
        assert row["inputs_share"] == 0
        assert (row["low"], row["high"]) == (row["simulation_low"], row["simulation_high"])
        assert "more replications would narrow it" in found.sentence()

    def test_shares_stay_shares_and_overload_is_told(self) -> None:
        chain = sf.ServiceChain("Desk", run={"duration": "4 h", "replications": 2, "seed": 1})
        chain.add_provider("Clerk", staff=1)
        chain.add_service("Talk", provider="Clerk", duration="5 min")
        chain.add_consumer("Clients", arrivals={"rate": "11 per hour"}, enters="Talk")

        def draw(random: np.random.Generator) -> sf.ServiceChain:
            return chain.change({"services": {"Talk": {"duration": f"{random.uniform(4, 7)} min"}}})

        found = sf.input_uncertainty(draw, "utilization: Clerk", chain=chain, resamples=12, **QUIET)
        assert 0 <= found.table["low"][0] <= found.table["high"][0] <= 1
        overloaded = int(found.draws["overloaded"].sum())
        assert f"{overloaded} of 12 chains that agree with the data are overloaded" in str(found)

    def test_the_same_seed_gives_the_same(self) -> None:
        chain = lobby()

        def draw(random: np.random.Generator) -> sf.ServiceChain:
            return chain.change({"services": {"Talk": {"duration": f"{random.uniform(9, 11)} min"}}})

        one, other = (sf.input_uncertainty(draw, chain=chain, resamples=10, **QUIET) for _ in range(2))
        pd.testing.assert_frame_equal(one.draws, other.draws)


class TestLogs:
    @pytest.fixture(scope="class")
    @staticmethod
    def log() -> sf.EventLog:
        return sf.read_log(log_of())

    @pytest.fixture(scope="class")
    @staticmethod
    def blocks(log: sf.EventLog) -> Blocks:
        return Blocks(log, False)

    def test_drawn_means_lie_as_far_apart_as_means_do(self, blocks: Blocks) -> None:
        """A mean of n exponential durations has a deviation of mean / sqrt(n), a count one of its root."""
        weights = [blocks.weights(np.random.default_rng(one)) for one in range(400)]
        mean, count = (blocks.sums[key] for key in (SERVICE, CONSUMER))
        cases = count.value(np.ones(28))
        means, counts = (np.array([one.value(weight) for weight in weights]) for one in (mean, count))
        assert means.std() / means.mean() * blocks.widening == pytest.approx(1 / cases**0.5, rel=0.35)
        assert counts.std() * blocks.widening == pytest.approx(cases**0.5, rel=0.35)
        assert means.mean() == pytest.approx(mean.value(np.ones(28)), rel=0.01)

    def test_mondays_are_drawn_for_mondays_and_as_many_of_each(self, blocks: Blocks) -> None:
        weights = blocks.weights(np.random.default_rng(1)).reshape(4, 7)
        np.testing.assert_array_equal(weights.sum(axis=0), 4)
        assert not blocks.by_weeks

    def test_weeks_are_drawn_where_cases_last_long_or_there_are_many(self) -> None:
        slow = log_of()
        slow["end"] += pd.Timedelta(days=2)
        weights = Blocks(sf.read_log(slow), False).weights(np.random.default_rng(1)).reshape(-1, 7)
        assert (weights == weights[:, :1]).all()
        assert Blocks(sf.read_log(log_of(weeks=12)), False).by_weeks

    def test_sums_are_what_discovery_finds(self, log: sf.EventLog, blocks: Blocks) -> None:
        table = sf.discover(log, hidden_delays=False).inputs.set_index(["element", "name"])["estimate"]
        as_it_is = np.ones(28)
        assert blocks.sums[SERVICE].value(as_it_is) / 60e0 == pytest.approx(table["接待", "duration"])
        shares = {key[1]: one.value(as_it_is) for key, one in blocks.sums.items() if key[2] == "probability"}
        assert shares["接待 -> Solve"] == pytest.approx(table["接待 -> Solve", "probability"], abs=0.01)

    def test_a_drawing_moves_means_rates_and_shares_and_nothing_else(
        self, log: sf.EventLog, blocks: Blocks
    ) -> None:
        found = sf.discover(log, hidden_delays=False)
        changes = moved(found.chain, found._parameters, blocks, blocks.weights(np.random.default_rng(5)))
        assert set(changes) == {"services", "consumers", "handoffs"}
        changed = found.chain.change(changes)
        shares = [float(str(one.probability)) for one in changed.handoffs.values()]
        assert sum(shares) == pytest.approx(1)
        same = moved(found.chain, found._parameters, blocks, np.ones(28))
        assert same["services"]["接待"]["duration"].endswith("* 1.0")

    def test_the_interval_of_a_log_is_that_of_its_data(self, log: sf.EventLog) -> None:
        """Nobody waits: the deviation of the mean flow time is that of the mean of what cases take."""
        found = sf.input_uncertainty(
            log, resamples=16, hidden_delays=False, duration="2 days", replications=2, seed=1, **QUIET
        )
        spans = log.table.groupby("case").agg({"start": "min", "end": "max"})
        minutes = (spans["end"] - spans["start"]).dt.total_seconds() / 60
        wanted = minutes.std() / len(minutes) ** 0.5
        assert found.draws["flow_time"].std() == pytest.approx(wanted, rel=0.6)
        row = found.table.iloc[0]
        assert row["low"] < minutes.mean() < row["high"]

    def test_a_chain_that_is_given_is_calibrated(self, log: sf.EventLog) -> None:
        chain = sf.ServiceChain("Own", run={"duration": "1 day", "replications": 2, "seed": 1})
        chain.add_service("接待", duration="5 min")
        chain.add_consumer("客人", arrivals={"rate": "1 per hour"}, enters="接待")
        found = sf.input_uncertainty(log, chain=chain, resamples=10, hidden_delays=False, **QUIET)
        assert found.table["value"][0] == pytest.approx(30, rel=0.5)
        assert found.draws["flow_time"].nunique() == 10

    def test_a_hidden_delay_moves_with_the_days_that_show_it(self) -> None:
        late = log_of()
        solved = late["activity"] == "Solve"
        random = np.random.default_rng(4)
        for name in ("start", "end"):
            late.loc[solved, name] += pd.Timedelta(hours=2)
        late["resource"] = [f"R{random.integers(9)}" for _ in late.index]
        log = sf.read_log(late)
        found, blocks = sf.discover(log), Blocks(log, True)
        assert "delay" in found.inputs["name"].tolist()
        weights = np.repeat([4.0, 0.0, 0.0, 0.0], 7)
        changes = moved(found.chain, found._parameters, blocks, weights)
        assert changes["handoffs"]["接待 -> Solve"]["delay"].startswith("(")
        found.chain.change(changes).validate()


SERVICE, CONSUMER = ("services", "接待", "duration"), ("consumers", "接待", "arrivals")


class TestMistakes:
    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ({"resamples": 3}, r"^resamples=3: give a whole number of at least 10$"),
            ({"replications": 1}, r"^replications=1: at least two tell chance from inputs$"),
            ({"chain": None}, r"^chain=: say which chain stands, beside those that the function draws$"),
        ],
    )
    def test_what_cannot_be_told(self, given: dict, told: str) -> None:
        chain = lobby()
        settings = {"chain": chain, "resamples": 10, **QUIET, **given}
        with pytest.raises(sf.InputUncertaintyError, match=told):
            sf.input_uncertainty(lambda random: chain, **settings)

    def test_a_source_is_a_log_or_a_function(self) -> None:
        with pytest.raises(sf.InputUncertaintyError, match=r"^3: give a log of read_log\(\), or a function"):
            sf.input_uncertainty(3)

    def test_a_function_returns_a_chain(self) -> None:
        told = r"^10 of 10 drawings gave no chain; of the first: the function returned None; it is to"
        with pytest.raises(sf.InputUncertaintyError, match=told):
            sf.input_uncertainty(lambda random: None, chain=lobby(), resamples=10, **QUIET)

    def test_a_few_drawings_may_fail_and_are_told(self) -> None:
        chain = lobby()

        def draw(random: np.random.Generator) -> sf.ServiceChain:
            minutes = -1 if random.random() < 0.1 else 10
            return chain.change({"services": {"Talk": {"duration": f"{minutes} min"}}})

        found = sf.input_uncertainty(draw, chain=chain, resamples=16, **QUIET)
        assert len(found.failed) + len(found.draws) == 16
        assert found.failed
        assert f"{len(found.failed)} times the data drawn again gave no chain" in str(found)

    def test_a_short_log_tells_nothing(self) -> None:
        with pytest.raises(sf.LogError, match=r"cases begin in only 2 weeks"):
            sf.input_uncertainty(sf.read_log(log_of(weeks=2)), **QUIET)
