"""A chain that is learned from a log of a known chain has its parameters."""

import re

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.mining.discovery.chain import discover_chain
from serviceflow.mining.discovery.delays import delay_of
from serviceflow.mining.discovery.durations import fitted
from serviceflow.mining.discovery.learned import clean_name, wilson

COLUMNS = ["case", "activity", "resource", "start", "end"]
OFFICE = """
serviceflow: 1
name: Office
run: {duration: 12 weeks, replications: 1, seed: 5}
calendars: {office: {mon-fri: "09:00-17:00"}}
providers:
  Clerks: {staff: 3, calendar: office}
  Experts: {staff: 2, calendar: office}
services:
  Intake: {provider: Clerks, duration: "lognormal(mean=12 min, cv=0.5)"}
  Review: {provider: Experts, duration: "exponential(mean=20 min)"}
  Approve: {provider: Clerks, duration: "uniform(low=2 min, high=8 min)"}
consumers:
  Clients: {arrivals: {profile: {mon-fri: {"09:00-16:00": 6 per hour}}}, enters: Intake}
handoffs:
  Intake -> Review: {probability: 60%}
  Intake -> Approve: {probability: 40%}
  Review -> Intake: {probability: 10%}
  Review -> Approve: {probability: 90%}
"""
PARALLEL = """
serviceflow: 1
name: Clinic
run: {duration: 4 weeks, replications: 1, seed: 5}
providers:
  Desk: {staff: 2}
  Lab: {members: {Ann: {skills: [Blood]}, Ben: {skills: [Blood, Scan]}, Cem: {skills: [Scan]}}}
services:
  Intake: {provider: Desk, duration: "exponential(mean=12 min)", split: all}
  Blood: {provider: Lab, skill: Blood, duration: "gamma(mean=15 min, cv=0.4)"}
  Scan: {provider: Lab, skill: Scan, duration: "gamma(mean=25 min, cv=0.4)"}
  Report: {provider: Desk, duration: "exponential(mean=6 min)", join: all}
consumers: {Patients: {arrivals: {rate: 3 per hour}, enters: Intake}}
handoffs: {Intake -> Blood: {}, Intake -> Scan: {}, Blood -> Report: {}, Scan -> Report: {}}
"""


def learned(text, **changes):
    """What is learned from the bare stamps of a chain."""
    results = sf.loads(text, **changes).simulate(engine="simpy")
    return sf.discover(sf.read_log(results.to_log()[COLUMNS]))


@pytest.fixture(scope="module")
def office():
    return learned(OFFICE)


@pytest.fixture(scope="module")
def clinic():
    return learned(PARALLEL)


def parameter(found, element, name):
    return found.inputs.set_index(["element", "name"]).loc[(element, name)]


class TestOfAnOffice:
    def test_who_serves_and_when(self, office):
        assert list(office.chain.providers) == ["Clerks", "Experts"]
        for name, number in {"Clerks": 3, "Experts": 2}.items():
            assert office.chain.to_dict()["providers"][name]["staff"] == {"mon-fri": {"09:00-17:00": number}}
        assert office.chain.services["Review"].provider == "Experts"

    @pytest.mark.parametrize(("service", "family", "mean"), [
        ("Intake", "lognormal", 12), ("Review", "exponential", 20), ("Approve", "uniform", 5)
    ])  # fmt: skip
    def test_how_long(self, office, service, family, mean):
        found = parameter(office, service, "duration")
        assert found["value"].startswith(family)
        assert found["low"] - 0.02 * mean <= mean <= found["high"] + 0.02 * mean

    @pytest.mark.parametrize(("link", "share"), [
        ("Intake -> Review", 0.6), ("Intake -> Approve", 0.4),
        ("Review -> Intake", 0.1), ("Review -> Approve", 0.9)
    ])  # fmt: skip
    def test_what_comes_next(self, office, link, share):
        found = parameter(office, link, "probability")
        half = (found["high"] - found["low"]) / 2
        assert found["estimate"] == pytest.approx(share, abs=1.5 * half)
        assert found["low"] < found["estimate"] < found["high"]

    def test_how_many_come(self, office):
        found = parameter(office, "Cases", "arrivals")
        assert found["value"] == "profile"
        ((days, blocks),) = office.chain.to_dict()["consumers"]["Cases"]["arrivals"]["profile"].items()
        assert days == "mon-fri"
        rates = {hours[:2]: float(str(rate).split()[0]) for hours, rate in blocks.items()}
        late = rates.pop("16", 0.0)  # Who came before four o'clock and waited; a log only has the start.
        assert late < 1
        assert set(rates) <= {f"{hour:02d}" for hour in range(9, 16)}
        assert np.mean(list(rates.values())) == pytest.approx(6, rel=0.1)

    def test_there_is_no_hidden_delay(self, office):
        assert not (office.inputs["name"] == "delay").any()

    def test_the_bottleneck_is_the_same(self, office):
        first = sf.loads(OFFICE).simulate(engine="simpy")
        second = office.chain.simulate(engine="simpy", replications=1)
        assert first.bottlenecks().verdict == second.bottlenecks().verdict

    def test_waits_are_alike(self, office):
        means = [
            float(chain.simulate(engine="simpy", replications=3, seed=9).mean("consumer", "flow_time")[0])
            for chain in (sf.loads(OFFICE), office.chain)
        ]
        assert means[1] == pytest.approx(means[0], rel=0.25)

    def test_the_file_says_where_everything_comes_from(self, office, tmp_path):
        office.save(tmp_path / "model.yaml")
        text = (tmp_path / "model.yaml").read_text("utf-8")
        assert re.search(r"# duration: smallest distance of quantiles \(.*of the mean\), of [\d,]+; 12", text)
        assert text.startswith("# Learned from Log.")
        assert sf.load(tmp_path / "model.yaml") == office.chain

    def test_it_unpacks_into_chain_and_report(self, office):
        chain, report = office
        assert (chain, report) == (office.chain, office.report)
        assert "remain" in str(office)


@pytest.mark.parametrize(
    ("delay", "minutes"), [("exponential(mean=90 min)", 90), ("gamma(mean=2 days, cv=0.5)", 2_880)]
)
def test_hidden_delays_are_found_where_they_are(delay, minutes):
    text = OFFICE.replace("{probability: 60%}", f'{{probability: 60%, delay: "{delay}"}}')
    found = learned(text.replace("12 weeks", "8 weeks"))
    delays = found.inputs[found.inputs["name"] == "delay"].set_index("element")
    assert list(delays.index) == ["Intake -> Review"]
    assert delays["estimate"].iloc[0] == pytest.approx(minutes, rel=0.1)
    assert delays["low"].iloc[0] < delays["estimate"].iloc[0] < delays["high"].iloc[0]
    assert "for something that the log does not have" in str(found)


def test_delays_of_a_chain_that_cannot_be_run_are_by_their_bounds():
    text = OFFICE.replace("{probability: 60%}", '{probability: 60%, delay: "3 h"}')
    results = sf.loads(text.replace("12 weeks", "3 weeks")).simulate(engine="simpy")

    def fail(chain, count):
        raise sf.RunError("it has no end")

    found = discover_chain(sf.read_log(results.to_log()[COLUMNS]), sf.ServiceChain, True, fail)
    assert found.notes.said[-1].startswith("Hidden delays are by their bounds only, which are too short, as")
    assert found.notes.said[-1].endswith("the chain cannot be run: it has no end")
    assert found.chain.to_dict()["handoffs"]["Intake -> Review"]["delay"] == "3 h"


def test_hidden_delays_can_be_left_out():
    text = OFFICE.replace("{probability: 60%}", '{probability: 60%, delay: "3 h"}').replace(
        "12 weeks", "3 weeks"
    )
    log = sf.read_log(sf.loads(text).simulate(engine="simpy").to_log()[COLUMNS])
    assert not (sf.discover(log, hidden_delays=False).inputs["name"] == "delay").any()


class TestOfBranches:
    def test_they_split_and_meet(self, clinic):
        services = clinic.chain.services
        assert (services["Intake"].split, services["Report"].join) == ("all", "all")
        assert set(map(str, clinic.chain.handoffs)) == set(map(str, sf.loads(PARALLEL).handoffs))

    def test_who_can_do_what(self, clinic):
        (provider,) = (one for one in clinic.chain.providers.values() if one.members)
        skills = {name: {str(one) for one in member.skills} for name, member in provider.members.items()}
        assert skills == {"Ann": {"Blood"}, "Ben": {"Blood", "Scan"}, "Cem": {"Scan"}}

    def test_there_is_no_hidden_delay(self, clinic):
        assert not (clinic.inputs["name"] == "delay").any()


def test_delays_of_a_hotel_whose_news_travels_on_paper():
    hotel = sf.example("hotel_checkin").simulate(replications=1, seed=3, engine="simpy")
    found = discover_chain(sf.read_log(hotel.to_log()[COLUMNS]), sf.ServiceChain)
    delayed = {one.element for one in found.notes.parameters if one.name == "delay"}
    assert "Check out -> Clean room" in delayed
    assert "Stay -> Check out" not in delayed
    assert found.chain.check().ok


def test_groups_that_a_log_names_are_providers():
    rows = [(case, "Talk", f"P{case % 4}", "North" if case % 4 < 2 else "South", case) for case in range(60)]
    frame = pd.DataFrame(rows, columns=["case", "activity", "resource", "department", "minute"])
    start = pd.Timestamp("2026-01-05 09:00")
    frame["start"] = start + pd.to_timedelta(frame["minute"] * 10, unit="min")
    frame["end"] = frame["start"] + pd.Timedelta("8min")
    found = sf.discover(sf.read_log(frame.drop(columns="minute")))
    assert list(found.chain.providers) == ["North", "South"]


@pytest.mark.parametrize(
    ("family", "draw"),
    [
        ("exponential", lambda source: source.exponential(600, 4_000)),
        ("uniform", lambda source: source.uniform(300, 900, 4_000)),
        ("normal", lambda source: source.normal(600, 60, 4_000)),
        ("lognormal", lambda source: source.lognormal(6, 0.8, 4_000)),
        ("gamma", lambda source: source.gamma(1.8, 300, 4_000)),
        ("5 min", lambda source: np.full(100, 300.0)),
        ("empirical", lambda source: source.exponential(600, 49)),
        ("empirical", lambda source: np.concatenate([np.full(500, 60.0), np.full(500, 6_000.0)])),
    ],
)
def test_families_of_durations(family, draw):
    text, _ = fitted(draw(np.random.default_rng(4)))
    assert text.startswith(family)


def test_a_delay_that_is_only_bounded_is_estimated_between_its_bounds():
    second = 1_000_000
    source = np.random.default_rng(2)
    true = source.exponential(3_600, 2_000)
    free = source.exponential(1_800, 2_000)  # When the resource is free, which is nothing to the delay.
    later = np.maximum(true, free)
    low = np.where(true > free, true, 0.0)
    found = delay_of((low * second).astype(np.int64), (later * second).astype(np.int64))
    assert found.mean == pytest.approx(3_600, rel=0.1)


def test_waits_that_are_explained_are_no_delay():
    high = (np.random.default_rng(2).exponential(3_600, 500) * 1e6).astype(np.int64)
    assert delay_of(np.zeros(500, dtype=np.int64), high) is None


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("A -> B", "A → B"),
        ("end", "end (activity)"),
        ("a\x1b\nb", "a b"),
        ("x via y", "x by y"),
        ("\t", "unnamed"),
    ],
)
def test_names_fit_a_model_file(text, clean):
    assert clean_name(text) == clean


def test_wilsons_interval():
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_one_instance_is_too_little():
    log = sf.read_log(pd.DataFrame({"case": [1], "activity": ["Talk"], "end": ["2026-01-05 09:00"]}))
    with pytest.raises(sf.LogError, match="a chain cannot be found in fewer than two instances of work"):
        sf.discover(log)


class TestOfAChainThatIsGiven:
    GUESS = (
        OFFICE.replace("mean=12 min", "mean=30 min")
        .replace("mean=20 min", "mean=5 min")
        .replace("staff: 3", "staff: 5")
        .replace("60%", "50%")
        .replace("40%", "50%")
        .replace("6 per hour", "2 per hour")
    )

    @pytest.fixture(scope="class")
    def found(self):
        results = sf.loads(OFFICE).simulate(engine="simpy")
        return sf.loads(self.GUESS).calibrate(sf.read_log(results.to_log()[COLUMNS]))

    def test_parameters_are_those_of_the_log(self, found):
        assert "mean=12" in str(found.chain.services["Intake"].duration)
        assert found.chain.to_dict()["providers"]["Clerks"]["staff"] == {"mon-fri": {"09:00-17:00": 3}}
        share = found.chain.to_dict()["handoffs"]["Intake -> Review"]["probability"]
        assert float(str(share).rstrip("%")) / (100 if "%" in str(share) else 1) == pytest.approx(
            0.6, abs=0.03
        )

    def test_elements_are_those_of_the_chain(self, found):
        guess = sf.loads(self.GUESS)
        assert list(found.chain.consumers) == ["Clients"]
        assert set(map(str, found.chain.handoffs)) == set(map(str, guess.handoffs))
        assert guess == sf.loads(self.GUESS)

    def test_what_the_log_does_not_have_is_told(self):
        text = OFFICE.replace("services:", 'services:\n  File: {duration: "1 min"}').replace(
            "  Review -> Intake: {probability: 10%}\n",
            "  Review -> Intake: {probability: 5%}\n  Review -> File: {probability: 5%}\n",
        )
        log = sf.read_log(sf.loads(OFFICE).simulate(engine="simpy").to_log()[COLUMNS])
        report = str(sf.loads(text).calibrate(log))
        assert "The log has nothing of 'File': their durations stay." in report
        assert "The ways on from 'Review' are not those of the log: their shares stay." in report
