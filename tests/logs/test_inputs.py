"""Every parameter of a chain says where it comes from: from a log, or as its file says."""

import math

import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.model.sources import UNKNOWN, read_note

FILE = """
serviceflow: 1
name: Desk
run: {duration: 1 week}
providers:
  # Personnel list of March
  Clerks: {staff: 2}
services:
  Talk:
    provider: Clerks
    duration: "exponential(mean=8 min) + 1 min"   # stopwatch, 40 talks
    # asked in two interviews
    setup: 1 min
  File: {duration: 5 min}  # a guess # of the team
consumers:
  # arrivals: the ticket system, of 1,200; 6.1 [5.8, 6.4]
  Clients: {arrivals: {rate: 6 per hour}, enters: Talk, priority: 2}
handoffs:
  Talk -> File: {probability: 40%}
  Talk->end: {probability: "60%"}
"""


def sources(chain):
    table = chain.inputs()
    return dict(zip(table["element"] + "." + table["name"], table["source"], strict=True))


class TestOfAFile:
    @pytest.mark.parametrize(
        ("parameter", "source"),
        [
            ("Clerks.staff", "Personnel list of March"),
            ("Talk.duration", "stopwatch, 40 talks"),
            ("Talk.setup", "asked in two interviews"),
            ("File.duration", "a guess # of the team"),
            ("Clients.arrivals", "the ticket system"),
            ("Clients.priority", UNKNOWN),
            ("Talk -> File.probability", UNKNOWN),
        ],
    )
    def test_comments_are_sources(self, parameter, source):
        assert sources(sf.loads(FILE))[parameter].startswith(source)

    def test_what_is_tied_to_what_is_no_parameter(self):
        assert not {"Talk.provider", "Clients.enters"} & set(sources(sf.loads(FILE)))

    def test_samples_and_intervals_are_read(self):
        row = sf.loads(FILE).inputs().set_index(["element", "name"]).loc[("Clients", "arrivals")]
        assert row["value"] == "{rate: 6 per hour}"
        assert (row["count"], row["estimate"], row["low"], row["high"]) == (1200, 6.1, 5.8, 6.4)

    def test_a_sign_in_quotes_begins_no_comment(self):
        chain = sf.loads(
            FILE.replace("  File: {duration: 5 min}", '  File: {duration: 5 min, labels: {a: "x # y"}}')
        )
        assert sources(chain)["File.duration"] == "a guess # of the team"

    def test_a_change_is_told(self):
        chain = sf.loads(FILE).change({"services": {"Talk": {"duration": "2 min"}}})
        assert sources(chain)["Talk.duration"] == "changed since; it was: stopwatch, 40 talks"
        assert sources(chain.copy())["Talk.setup"] == "asked in two interviews"

    def test_a_source_changes_nothing_else(self):
        lines = [line.split("#")[0] for line in FILE.splitlines()]
        assert sf.loads(FILE) == sf.loads("\n".join(lines))


class TestOfALog:
    @pytest.fixture(scope="class")
    def found(self):
        start = pd.Timestamp("2026-01-05 09:00")
        rows = [(case, "Talk", "Ann", start + pd.Timedelta(minutes=9 * case)) for case in range(60)]
        frame = pd.DataFrame(rows, columns=["case", "activity", "resource", "start"])
        frame["end"] = frame["start"] + pd.to_timedelta(3 + frame["case"] % 5, unit="min")
        return sf.discover(sf.read_log(frame))

    def test_the_chain_knows_what_was_learned(self, found):
        table = found.chain.inputs().set_index(["element", "name"])
        row = table.loc[("Talk", "duration")]
        assert (row["count"], row["estimate"]) == (60, pytest.approx(5))
        assert row["low"] < 5 < row["high"]
        assert set(found.inputs["element"]) <= {element for element, _ in table.index}

    def test_it_is_written_and_read_again(self, found, tmp_path):
        found.chain.save(tmp_path / "model.yaml")
        again = sf.load(tmp_path / "model.yaml")
        assert again == found.chain
        one, other = (chain.inputs().set_index(["element", "name"]) for chain in (found.chain, again))
        assert one["source"].tolist() == other["source"].tolist()
        assert other["count"].tolist() == one["count"].tolist()
        assert other["low"].fillna(-1).tolist() == pytest.approx(one["low"].fillna(-1).tolist(), rel=1e-3)

    def test_a_calibrated_chain_knows_it_too(self, found):
        chain = sf.loads(FILE.replace("Talk -> File", "File -> Talk").replace("Talk->end", "File -> end"))
        done = chain.calibrate(sf.read_log(found_log()))
        assert sources(done.chain)["Clients.arrivals"].startswith("distances")


def found_log():
    start = pd.Timestamp("2026-01-05 09:00")
    rows = [(case, "Talk", "Ann", start + pd.Timedelta(minutes=9 * case)) for case in range(60)]
    frame = pd.DataFrame(rows, columns=["case", "activity", "resource", "start"])
    frame["end"] = frame["start"] + pd.Timedelta("5min")
    return frame


@pytest.mark.parametrize(
    ("text", "words", "count", "low"),
    [
        ("a survey", "a survey", 0, math.nan),
        ("a survey, of 12", "a survey", 12, math.nan),
        ("nearest, of 1,000; 12.5 [11, 14]", "nearest", 1000, 11),
        ("hours; two, of 3 rooms", "hours; two, of 3 rooms", 0, math.nan),
        ("x, of 5; a [b, c]", "x, of 5; a [b, c]", 0, math.nan),
    ],
)
def test_a_comment_is_read_for_its_sample(text, words, count, low):
    found = read_note(text)
    assert (found.text, found.count) == (words, count)
    assert found.low == low or (math.isnan(found.low) and math.isnan(low))
