"""Logs become instances of work, and their waits by cause are those that were published."""

from pathlib import Path

import matplotlib
import pandas as pd
import pytest

from serviceflow.mining.event_log import read_log

DATA = Path(__file__).parent / "data"
CAUSES = {
    "batch": "wt_batching",
    "contention": "wt_contention",
    "prioritization": "wt_prioritization",
    "off_shift": "wt_unavailability",
    "unexplained": "wt_extraneous",
}
MARCUS, OTHERS = {"mon-fri": "10:00-12:00, 12:30-20:00"}, {"mon-fri": "10:00-20:00"}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_published_waits_to_the_second(number):
    log = read_log(DATA / f"manual_log_{number}.csv")
    calendars = {name: MARCUS if name == "Marcus" else OTHERS for name in log.table["resource"].unique()}
    keys = ["from", "from_provider", "service", "provider", "cause"]
    found = log.waits(by=keys, calendars=calendars, time_unit="s").set_index(keys)["total"]
    for row in pd.read_csv(DATA / f"manual_log_{number}_expected.csv").itertuples():
        ends = (row.source_activity, row.source_resource, row.target_activity, row.target_resource)
        for cause, column in CAUSES.items():
            wanted = pd.to_timedelta(getattr(row, column)).total_seconds()
            assert found.get((*ends, cause), 0.0) == pytest.approx(wanted, abs=1e-6), (ends, cause)


def test_what_is_unexplained_is_drawn_as_such():
    matplotlib.use("Agg")
    axes = read_log(DATA / "manual_log_3.csv").plot_waits(time_unit="h")
    assert axes.get_xlabel() == "waiting time (h per case)"
    assert "unexplained" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_a_map_shows_activities_and_shares():
    svg = read_log(DATA / "patients.csv").map().svg
    assert "Triage and Assessment" in svg
    assert "52%" in svg


def test_begins_and_ends_are_joined_by_their_instance():
    log = read_log(DATA / "patients.csv")
    work = (log.table["end"] - log.table["start"]).dt.total_seconds() / 60
    means = work.groupby(log.table["activity"]).mean().round(1).to_dict()
    assert (len(log), log.cases) == (2721, 500)
    assert means["Blood test"] == 332.1
    assert means["Triage and Assessment"] == 786.3
    assert "2,721 pairs of begin and end are joined to instances of work." in log.report
