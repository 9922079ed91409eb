"""Results that keep a summary: the same figures as from records, and errors where only a record can tell."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import serviceflow as sf
from cutting import cut
from programs import run_python
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Record
from serviceflow.engine.reference import engine as reference
from serviceflow.engine.reference.behaviours import Behaviours
from serviceflow.errors import NotSupportedError
from serviceflow.experiment.replicate import replicate
from serviceflow.experiment.scenarios import replicate_all
from serviceflow.results import results as results_module
from serviceflow.results import retention
from serviceflow.results.errors import NotKeptError
from serviceflow.results.measures import QUANTILES
from serviceflow.results.quantile_sketch import ACCURACY
from serviceflow.results.retention import KeepingError

SHORT = {"duration": "1 week", "warm_up": "1 day", "replications": 4, "seed": 7, "engine": "simpy"}
QUANTILE = tuple(f"_{name}" for name in QUANTILES)


def chain():
    return sf.example("hotel_checkin")


@pytest.fixture(scope="module")
def full():
    return chain().simulate(**SHORT)


@pytest.fixture(scope="module")
def summary():
    return chain().simulate(**SHORT, keep="summary")


def without_quantiles(table):
    return table[~table["measure"].str.endswith(QUANTILE)].reset_index(drop=True)


def quantiles(table):
    return table[table["measure"].str.endswith(QUANTILE)].reset_index(drop=True)


# Equal figures


@pytest.mark.parametrize("name", ["kpis", "by_replication"])
def test_every_figure_but_quantiles_is_the_same(full, summary, name):
    expected, found = (without_quantiles(getattr(one, name)) for one in (full, summary))
    assert_frame_equal(found, expected, rtol=1e-9, atol=1e-9)


def test_quantiles_are_within_the_stated_bound(full, summary):
    expected, found = quantiles(full.kpis), quantiles(summary.kpis)
    columns = ["scope", "name", "measure", "unit", "replications", "requests", "unfinished"]
    assert_frame_equal(found[columns], expected[columns])
    assert (np.abs(found["mean"] - expected["mean"]) <= ACCURACY * expected["mean"] + 1e-12).all()
    own = quantiles(full.by_replication)["value"] - quantiles(summary.by_replication)["value"]
    assert (np.abs(own.dropna()) <= ACCURACY * quantiles(full.by_replication)["value"].dropna() + 1e-12).all()


def test_intervals_of_quantiles_are_nearly_those_of_the_record(full, summary):
    expected, found = quantiles(full.kpis), quantiles(summary.kpis)
    wide = expected["ci_high"] - expected["ci_low"]
    known = wide.notna() & found["ci_low"].notna()
    assert known.mean() > 0.5
    for end in ("ci_low", "ci_high"):
        apart = np.abs(found[end] - expected[end])[known]
        assert (apart <= 3 * ACCURACY * expected[end][known] + 0.2 * wide[known]).mean() > 0.95


def test_the_accuracy_is_stated(full, summary):
    assert (full.accuracy, summary.accuracy) == (0, 1 / 256)
    assert (full.kept, summary.kept) == ("full", "summary")


@pytest.mark.parametrize("view", ["providers", "services", "consumers", "handoffs", "stocks", "slas"])
def test_views_are_slices_of_the_same_figures(full, summary, view):
    expected, found = getattr(full, view), getattr(summary, view)
    assert list(found.columns) == list(expected.columns)
    plain = [name for name in expected if not str(name).endswith(QUANTILE)]
    assert_frame_equal(found[plain], expected[plain], rtol=1e-9, atol=1e-9)


def test_a_standard_deviation_is_that_of_all_single_times(full, summary):
    visits = full.visits.merge(full.requests[["replication", "request", "in_window"]])
    own = visits[visits["in_window"] & (visits["service"] == "Check in") & visits["finished"].notna()]
    for results in (full, summary):
        row = results.kpis.query(
            "scope == 'service' and name == 'Check in' and measure == 'service_time_sd'"
        ).iloc[0]
        assert row["mean"] == pytest.approx(own["service_time"].std(), rel=1e-9)
        assert np.isnan([row["ci_low"], row["ci_high"]]).all()
        each = results.by_replication.query(
            "scope == 'service' and name == 'Check in' and measure == 'service_time_sd'"
        )
        assert each["value"].tolist() == pytest.approx(
            own.groupby("replication")["service_time"].std().tolist(), rel=1e-9
        )


WAITS = [
    (["provider", "cause"], "waiting"),
    ("service", "waiting"),
    (["consumer", "cause"], "all"),
    (["handoff", "cause"], "handoff"),
    (["hour"], "waiting"),
    (["weekday", "provider"], "waiting"),
    (["service", "cause"], "all"),
]


@pytest.mark.parametrize(("by", "of"), WAITS)
def test_waits_are_the_same(full, summary, by, of):
    keys = [by] if isinstance(by, str) else by
    expected, found = (
        one.waits(by=by, of=of).sort_values(keys, ignore_index=True) for one in (full, summary)
    )
    assert len(expected)
    assert_frame_equal(found, expected, rtol=1e-9)


def test_waits_by_label_are_the_same():
    labelled = chain().change(
        {"services": {"Check in": {"labels": {"kind": "desk"}}, "Check out": {"labels": {"kind": "desk"}}}}
    )
    expected, found = (
        labelled.simulate(**SHORT | {"replications": 2}, keep=record).waits(by=["kind", "cause"])
        for record in ("full", "summary")
    )
    assert_frame_equal(found, expected, rtol=1e-9)


def test_the_verdict_is_the_same(full, summary):
    assert summary.bottlenecks().sentence == full.bottlenecks().sentence
    assert_frame_equal(summary.bottlenecks().table, full.bottlenecks().table, rtol=1e-9, atol=1e-9)


def test_hours_of_the_week_are_the_same(full, summary):
    for provider in range(len(full.runs.program.providers)):
        for mine, own in zip(
            summary._busy_and_on_duty(provider), full._busy_and_on_duty(provider), strict=True
        ):
            np.testing.assert_allclose(mine, own, rtol=1e-9, atol=1e-9)


def test_maps_charts_and_summaries_come_from_a_summary_too(summary):
    pytest.importorskip("matplotlib").use("Agg")
    assert "<svg" in summary.map().svg
    assert "<svg" in summary.service_map().svg
    assert summary.plot_waits() is not None
    assert summary.plot_utilization("Front desk") is not None
    assert len(summary.summary())
    assert "4 replications" in repr(summary)


def test_scenarios_are_compared_alike():
    settings = {"duration": "5 days", "warm_up": 0, "replications": 3, "seed": 2, "engine": "simpy"}
    expected, found = (chain().compare(["Redesign"], **settings, keep=kind) for kind in ("full", "summary"))
    columns = ["scenario", "scope", "name", "measure", "baseline", "mean", "difference", "ci_low", "ci_high"]
    assert_frame_equal(
        without_quantiles(found.differences)[columns],
        without_quantiles(expected.differences)[columns],
        rtol=1e-8,
        atol=1e-8,
    )
    assert len(found.differences) == len(expected.differences)


# What only a record can tell


NEEDS_RECORDS = {
    "requests": lambda results: results.requests,
    "visits": lambda results: results.visits,
    "records": lambda results: results.records,
    "story": lambda results: results.story(0),
}


@pytest.mark.parametrize("what", NEEDS_RECORDS)
def test_what_needs_the_record_says_so(summary, what):
    message = rf"results\.{what} needs the record of every visit, but .*: .*; simulate with keep='full'"
    with pytest.raises(NotKeptError, match=message):
        NEEDS_RECORDS[what](summary)


def test_waits_by_an_attribute_need_the_record():
    made = chain().change({"consumers": {"Guests": {"attributes": {"size": {1: "50%", 2: "50%"}}}}})
    results = made.simulate(**SHORT | {"replications": 1}, keep="summary")
    with pytest.raises(
        NotKeptError, match="by='size' needs the record .* adds up over requests and their attrib"
    ):
        results.waits(by=["size"])


def test_a_chain_of_very_many_elements_has_no_hours(monkeypatch):
    monkeypatch.setattr("serviceflow.results.lost_time.MOST_CELLS", 100)
    results = chain().simulate(**SHORT | {"replications": 1}, keep="summary")
    assert results.waits(by="provider")["total"].sum() > 0
    with pytest.raises(NotKeptError, match="by='hour' needs .* a chain of so many elements has no hours"):
        results.waits(by="hour")


# Asking for it


def test_the_kind_of_record_has_a_name():
    with pytest.raises(KeepingError, match="keep='sumary' does not exist: use 'full' or 'summary'; did you"):
        chain().simulate(**SHORT, keep="sumary")


def test_behaviours_need_the_record():
    longer = Behaviours(durations={"Check in": lambda request: 1.0})
    with pytest.raises(NotSupportedError, match="keep='summary' does not know behaviours: use keep='full'"):
        retention.retention("summary").check(lower(chain(), behaviours=longer))


def test_what_a_summary_cannot_tell_is_said_before_the_run():
    made = chain().change(
        {
            "providers": {"Front desk": {"off_shift": "finish"}},
            "services": {"Check in": {"setup": "1 min"}},
        }
    )
    with pytest.raises(
        NotSupportedError, match="providers.Front desk: keep='summary' cannot tell the overtime"
    ):
        made.simulate(**SHORT, keep="summary")


def test_runs_hold_digests_in_place_of_records():
    runs = replicate(chain(), **SHORT, keeping=retention.retention("summary"))
    assert runs.records == ()
    assert runs.count == len(runs.digests) == 4
    assert [one.replication for one in runs.digests] == [0, 1, 2, 3]
    assert runs.settings.record == "summary"


def test_scenarios_hold_digests():
    found = replicate_all(
        {"a": chain(), "b": chain()}, **SHORT | {"replications": 1}, keeping=retention.retention("summary")
    )
    assert all(len(runs.digests) == 1 and not runs.records for runs in found.values())


def fake_pieces(program, seed, replication, rows):
    record = reference.run(program, seed, replication)
    yield from cut(record, np.arange(1, 5) * record.stopped // 5)


def test_an_engine_that_gives_pieces_is_asked_for_them(monkeypatch, summary):
    asked = []

    def pieces(self, seed, replication, rows):
        asked.append((seed, replication, rows))
        yield from fake_pieces(self.program, seed, replication, rows)

    monkeypatch.setattr(reference.Simpy, "pieces", pieces)
    found = chain().simulate(**SHORT, keep="summary")
    assert asked == [(7, number, retention.ROWS) for number in range(4)]
    assert_frame_equal(found.kpis, summary.kpis, rtol=1e-9, atol=1e-9)


# A whole record, or pieces


@pytest.fixture
def in_pieces(monkeypatch):
    """Every record as if it were too large for memory."""
    monkeypatch.setattr(retention, "AT_ONCE", 0)


def test_a_record_in_pieces_and_a_whole_one_have_one_summary(summary, in_pieces):
    settings = SHORT | {"engine": "compiled"}
    assert retention.KINDS["summary"].in_pieces(lower(chain()))
    assert_frame_equal(chain().simulate(**settings, keep="summary").kpis, summary.kpis, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "name", ["hotel_checkin", "manufacturing_supply", "project_delivery", "office_services"]
)
def test_visits_are_foreseen(name):
    """They only decide about memory: a third more or less does no harm."""
    program = lower(sf.example(name), duration="2 weeks")
    record = reference.run(program, 1)
    foreseen = retention.expected_visits(program) * record.stopped / program.stop
    assert foreseen == pytest.approx(len(record.visits), rel=0.35)


def test_an_interrupt_keeps_the_digests_that_are_done(monkeypatch):
    def pieces(self, seed, replication, rows):
        if replication == 2:
            raise KeyboardInterrupt
        yield reference.run(self.program, seed, replication)

    monkeypatch.setattr(reference.Simpy, "pieces", pieces)
    found = chain().simulate(**SHORT, keep="summary")
    assert (found.count, found.runs.interrupted) == (2, True)
    assert "2 of 4 replications, interrupted" in repr(found)


@pytest.mark.skipif(os.cpu_count() == 1, reason="needs two cores")
def test_processes_send_digests_back(summary):
    together = replicate(chain(), **SHORT, keeping=retention.retention("summary"), workers=2)
    assert not any(isinstance(one, Record) for one in together.digests)
    for mine, other in zip(together.digests, summary.runs.digests, strict=True):
        assert mine.program is together.program
        arrays = other.arrays()
        assert all((mine.arrays()[name] == arrays[name]).all() for name in arrays)


# Keeping it


def test_summaries_are_saved_and_read(tmp_path, summary):
    path = tmp_path / "hotel.results"
    summary.save(path)
    again = sf.load_results(path)
    assert (again.kept, again.count, again.seed) == ("summary", 4, 7)
    assert_frame_equal(again.kpis, summary.kpis)
    assert_frame_equal(again.waits(), summary.waits())
    assert again.bottlenecks().sentence == summary.bottlenecks().sentence
    with pytest.raises(NotKeptError):
        _ = again.visits


def test_a_saved_summary_is_small(tmp_path, full, summary):
    full.save(tmp_path / "full")
    summary.save(tmp_path / "summary")
    assert (tmp_path / "summary").stat().st_size < (tmp_path / "full").stat().st_size / 2


# The command line


def run_cli(*arguments):
    done = run_python("-m", "serviceflow", *arguments)
    return done.returncode, done.stdout, done.stderr


def test_the_command_line_keeps_summaries(tmp_path):
    path = tmp_path / "hotel.yaml"
    chain().save(path)
    common = ("run", path, "--duration", "5 days", "--replications", 2, "--seed", 3, "--format", "json")
    (status, text, _), (other, own, _) = (run_cli(*common, "--keep", kind) for kind in ("summary", "full"))
    assert (status, other) == (0, 0)
    found, expected = (without_quantiles(pd.DataFrame(json.loads(one)["kpis"])) for one in (text, own))
    assert_frame_equal(found, expected, rtol=1e-9, atol=1e-9)


def test_the_command_line_cannot_write_visits_of_a_summary(tmp_path):
    path = tmp_path / "hotel.yaml"
    chain().save(path)
    status, _, message = run_cli("run", path, "--keep", "summary", "--visits", tmp_path / "visits.csv")
    assert status == 2
    assert "--visits needs every visit, which --keep summary does not keep" in message


def test_the_command_line_knows_the_kinds_of_record(tmp_path):
    path = tmp_path / "hotel.yaml"
    chain().save(path)
    status, _, message = run_cli("compare", path, "--keep", "brief")
    assert status == 2
    assert "keep='brief' does not exist: use 'full' or 'summary'" in message


# Nothing more than was asked for


def test_a_summary_is_the_rows_of_all_figures_whatever_came_first():
    early, late = (chain().simulate(**SHORT) for _ in range(2))
    first = early.summary()
    assert late.kpis is not None
    assert_frame_equal(first, late.summary())
    rows = early.kpis.merge(first[["scope", "name", "measure"]])
    assert_frame_equal(rows[first.columns], first, check_like=True)


def test_a_summary_takes_no_quantile_that_it_does_not_show(monkeypatch):
    taken = []
    real = results_module.samples_of
    monkeypatch.setattr(
        results_module, "samples_of", lambda reading, keys: taken.extend(keys) or real(reading, keys)
    )
    found = chain().simulate(**SHORT)
    found.summary()
    assert set(taken) == {("consumer", "flow_time")}
    assert found.kpis is not None
    assert ("service", "waiting_time") in taken
