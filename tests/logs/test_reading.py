"""Whatever a log looks like: columns are guessed, events joined, zones kept, faults repaired; all is told."""

import gzip
import json
import os
import pickle
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.formats.logs import ocel_file, raw

DAY = "2026-01-05"


def table(*rows, columns=("case", "activity", "resource", "start", "end")):
    """Rows of words; times are written as on one day."""
    frame = pd.DataFrame([row.split("|") for row in rows], columns=list(columns)).replace("", None)
    for name in set(columns) & {"start", "end", "time"}:
        frame[name] = frame[name].map(lambda one: f"{DAY} {one}" if isinstance(one, str) else None)
    return frame


def read(*rows, columns=("case", "activity", "resource", "start", "end"), **options):
    return sf.read_log(table(*rows, columns=columns), **options)


def hours(log, column="start"):
    return log.table[column].dt.strftime("%H:%M").tolist()


class TestColumns:
    @pytest.mark.parametrize(
        "names",
        [
            ("Case ID", "Activity", "Resource", "Start Timestamp", "Complete Timestamp"),
            ("case:concept:name", "concept:name", "org:resource", "start_timestamp", "time:timestamp"),
            ("patient", "handling", "employee", "started", "finished"),
            ("case", " activity", "r esource", "@@startevent", "end_time"),
        ],
    )
    def test_they_are_told_from_their_names(self, names):
        log = read("1|Talk|Ann|09:00|09:10")
        frame = log.table[["case", "activity", "resource", "start", "end"]].set_axis(list(names), axis=1)
        found = sf.read_log(frame)
        assert found.columns["case"] == names[0]
        assert found.table.loc[0, "resource"] == "Ann"
        assert found.table.loc[0, "end"] - found.table.loc[0, "start"] == pd.Timedelta("10min")

    def test_what_was_taken_for_what_is_shown(self):
        assert "activity is 'activity', resource is 'resource'" in str(read("1|Talk|Ann|09:00|09:10"))

    def test_they_can_be_said(self):
        frame = table("1|Talk|Ann|09:00|09:10").rename(columns={"case": "Matter"})
        assert sf.read_log(frame, columns={"case": "Matter"}).cases == 1

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"cases": "case"}, "table: there is no role 'cases'; did you mean 'case'"),
            ({"case": "cas"}, "table: there is no column 'cas'; did you mean 'case'"),
            (
                {"case": "case", "activity": "case"},
                "table: the column 'case' stands for two roles; each needs a column of its own",
            ),
        ],
    )
    def test_what_is_said_must_be_there(self, columns, message):
        with pytest.raises(sf.LogError) as caught:
            sf.read_log(table("1|Talk|Ann|09:00|09:10"), columns=columns)
        assert str(caught.value).startswith(message)

    @pytest.mark.parametrize(
        ("names", "message"),
        [
            (("x", "activity", "end"), "which column is the case cannot be told; say columns={'case': ...}"),
            (("case", "x", "end"), "which column is the activity cannot be told"),
            (("case", "activity", "x"), "which column has the times cannot be told"),
        ],
    )
    def test_what_cannot_be_told_is_asked_for(self, names, message):
        with pytest.raises(sf.LogError, match="^table: ") as caught:
            sf.read_log(pd.DataFrame([["1", "Talk", f"{DAY} 09:00"]], columns=list(names)))
        assert message in str(caught.value)

    def test_other_columns_are_kept_and_waits_go_by_them(self):
        frame = table("1|Talk|Ann|09:00|09:10", "1|Solve|Ben|09:30|09:40").assign(region="North")
        waits = sf.read_log(frame).waits(by="region")
        assert waits.loc[0, ["region", "total"]].tolist() == ["North", 20.0]

    def test_a_key_that_does_not_exist_is_refused(self):
        with pytest.raises(sf.LogError, match=r"by='providr': there is no such key; did you mean 'provider'"):
            read("1|Talk|Ann|09:00|09:10").waits(by="providr")


EVENTS = ("case", "activity", "resource", "lifecycle", "time")


class TestEventsAreJoined:
    def test_first_in_first_out(self):
        log = read(
            "1|Talk|Ann|start|09:00",
            "1|Talk|Ann|start|09:05",
            "1|Talk|Ann|complete|09:10",
            "1|Talk|Ann|complete|09:30",
            columns=EVENTS,
        )
        assert (hours(log), hours(log, "end")) == (["09:00", "09:05"], ["09:10", "09:30"])
        assert "2 pairs of begin and end are joined to instances of work." in log.report

    def test_schedule_says_when_work_was_enabled(self):
        log = read(
            "1|Talk|Ann|SCHEDULE|08:00",
            "1|Talk|Ann|START|09:00",
            "1|Talk|Ann|COMPLETE|09:10",
            columns=EVENTS,
        )
        assert hours(log, "enabled") == ["08:00"]
        assert log.waits(by="service")["total"].tolist() == [60.0]

    def test_what_has_no_partner_is_told(self):
        log = read(
            "1|Talk|Ann|complete|09:10",
            "1|Solve|Ann|start|09:30",
            "1|Solve|Ann|complete|09:40",
            "1|File|Ann|start|09:50",
            columns=EVENTS,
        )
        assert log.table["activity"].tolist() == ["Talk", "Solve"]
        assert "1 end has no begin." in log.report
        assert "1 begin has no end: this work was not finished in the log, and is left out." in log.report

    def test_other_states_are_told(self):
        log = read(
            "1|Talk|Ann|start|09:00",
            "1|Talk|Ann|ate_abort|09:05",
            "1|Talk|Ann|complete|09:10",
            columns=EVENTS,
        )
        assert "1 row with other states (ate_abort) is left out." in log.report

    def test_states_that_are_no_begins_and_ends_make_each_row_an_end(self):
        log = read("1|Talk|Ann|Awaiting|09:00", "1|Solve|Ann|Queued|09:05", columns=EVENTS)
        assert len(log) == 2
        assert "are no begins and ends: each row is taken as the end of work." in str(log)


class TestZones:
    def stamps(self, *values, **options):
        frame = pd.DataFrame({"case": "1", "activity": list("abcdef")[: len(values)], "end": list(values)})
        return sf.read_log(frame, **options)

    def test_local_hours_stay_the_same_over_summer_time(self):
        log = self.stamps("2026-03-28T08:00:00Z", "2026-03-30T07:00:00Z", timezone="Europe/Amsterdam")
        assert hours(log, "end") == ["09:00", "09:00"]
        assert log.timezone == "Europe/Amsterdam"

    def test_one_offset_is_kept(self):
        log = self.stamps("2026-01-05 09:00:00+01:00", "2026-01-05 09:10:00+0100")
        assert (hours(log, "end"), log.timezone) == (["09:00", "09:10"], "+01:00")

    def test_several_offsets_are_shown_in_utc_and_the_zone_is_asked_for(self):
        log = self.stamps("2026-03-28T09:00:00+01:00", "2026-03-30T09:00:00+02:00")
        assert (hours(log, "end"), log.timezone) == (["08:00", "07:00"], "UTC")
        assert "The stamps are in several zones (+01:00, +02:00): hours are those of UTC" in str(log)

    def test_without_a_zone_hours_stand_as_they_are(self):
        log = self.stamps("2026-01-05 09:00")
        assert (hours(log, "end"), log.timezone) == (["09:00"], None)
        assert "The stamps name no time zone" in str(log)

    def test_a_zone_that_does_not_exist_is_refused(self):
        with pytest.raises(sf.LogError, match="there is no time zone 'Mars'; write one such as"):
            self.stamps("2026-01-05 09:00", timezone="Mars")

    @pytest.mark.parametrize(
        "text", ["05.01.2026 09:00", "2026/01/05 09:00:00", "05/01/2026 09:00", "1767603600", "1767603600000"]
    )
    def test_notations(self, text):
        assert self.stamps(text).table["end"].tolist() == [pd.Timestamp("2026-01-05 09:00")]

    def test_a_day_beyond_twelve_tells_the_order(self):
        log = self.stamps("01/05/2026 09:00", "01/25/2026 09:00")
        assert log.table["end"].dt.strftime("%m-%d").tolist() == ["01-05", "01-25"]

    def test_where_nothing_tells_the_order_the_day_comes_first_and_that_is_said(self):
        assert "the day is taken to come first" in str(self.stamps("01/05/2026 09:00"))

    def test_milliseconds_that_are_missing_at_times(self):
        log = self.stamps("2026-01-05 09:00:00.500", "2026-01-05 09:00:01")
        assert (log.table["end"].iloc[1] - log.table["end"].iloc[0]) == pd.Timedelta("500ms")

    def test_what_is_no_date_is_refused(self):
        with pytest.raises(sf.LogError, match="most values of 'end' are no dates with times, such as 'soon'"):
            self.stamps("soon", "later")


class TestRepairs:
    def test_duplicates_are_counted(self):
        log = read("1|Talk|Ann|09:00|09:10", "1|Talk|Ann|09:00|09:10")
        assert len(log) == 1
        assert "1 exact duplicate is left out." in log.report

    def test_marks_of_begin_and_end_are_left_out(self):
        log = read("1|Start|Start|09:00|09:00", "1|Talk|Ann|09:00|09:10", "1|End|End|09:10|09:10")
        assert log.table["activity"].tolist() == ["Talk"]
        assert "2 rows that only mark the begin or the end of a case are left out." in log.report

    def test_stamps_that_are_exchanged(self):
        log = read("1|Talk|Ann|09:10|09:00")
        assert (hours(log), hours(log, "end")) == (["09:00"], ["09:10"])
        assert "1 instance that ends before it begins has its stamps exchanged." in log.report

    def test_missing_starts_are_the_later_of_the_cases_and_the_resources_last_end(self):
        log = read("1|Talk|Ann||09:00", "2|Talk|Ann||09:20", "1|Solve|Ann||09:30", "2|Solve|Ben||09:50")
        assert dict(zip(hours(log, "end"), hours(log), strict=True)) == {
            "09:00": "09:00",
            "09:20": "09:00",
            "09:30": "09:20",
            "09:50": "09:20",
        }
        assert "4 instances have no start in the log" in str(log)

    def test_customers_are_no_staff(self):
        rows = [f"{case}|Apply|Customer {case}|09:00|09:10" for case in range(30)]
        rows += [f"{case}|Check|Ann|10:00|10:10" for case in range(30)]
        log = read(*rows)
        assert log.table["resource"].dropna().unique().tolist() == ["Ann"]
        assert "30 resources of 'Apply' are in one case each: customers, not staff" in str(log)

    def test_multitasking_is_told(self):
        log = read("1|Talk|Ann|09:00|10:00", "2|Talk|Ann|09:30|10:30")
        assert "50% of the instances begin while their resource has other work open" in str(log)

    def test_rows_without_a_case_are_counted(self):
        log = read("|Talk|Ann|09:00|09:10", "1|Talk|Ann|09:00|09:10")
        assert "1 row without case, activity or time is left out." in log.report

    def test_nothing_is_left_is_an_error(self):
        with pytest.raises(sf.LogError, match="no row has a case, an activity and a time"):
            read("|Talk|Ann|09:00|09:10")

    def test_lists_in_cells_and_names_that_repeat(self):
        frame = table("1|Talk|Ann|09:00|09:10").assign(tags=[["a", "b"]])
        frame = pd.concat([frame, frame[["tags"]]], axis=1)
        assert sf.read_log(frame).table[["tags", "tags (2)"]].iloc[0].tolist() == ["['a', 'b']"] * 2

    def test_hostile_names_are_shown_as_text(self):
        log = read("1|Talk\n<script>|Ann|09:00|09:10").table
        assert log.loc[0, "activity"] == "Talk <script>"
        frame = table("1|Talk|Ann|09:00|09:10").rename(columns={"case": "case<b>\x1b"})
        shown = sf.read_log(frame, columns={"case": "case<b>\x1b"})
        assert "\x1b" not in str(shown)
        assert "<b>" not in shown._repr_html_()


XES = """<?xml version="1.0"?>
<log xmlns="http://www.xes-standard.org/">
 <trace><string key="concept:name" value="17"/>
  <event><string key="concept:name" value="Talk"/><string key="org:resource" value="Ann"/>
   <string key="lifecycle:transition" value="start"/>
   <date key="time:timestamp" value="2026-01-05T09:00:00.000+01:00"/></event>
  <event><string key="concept:name" value="Talk"/><string key="org:resource" value="Ann"/>
   <string key="lifecycle:transition" value="complete"/>
   <date key="time:timestamp" value="2026-01-05T09:10:00.000+01:00"/></event>
 </trace></log>"""
OCEL = {
    "objects": [
        {"id": "o1", "type": "order"},
        {"id": "Ann", "type": "resource"},
        {"id": "i1", "type": "item"},
    ],
    "events": [
        {
            "id": str(number),
            "type": name,
            "time": f"{DAY}T{hour}:00:00Z",
            "attributes": [{"name": "weight", "value": number}],
            "relationships": [
                {"objectId": "o1"},
                {"objectId": "Ann"},
                *([{"objectId": "i1"}] if number else []),
            ],
        }
        for number, (name, hour) in enumerate([("Talk", "09"), ("Solve", "10")])
    ],
}


class TestFiles:
    @pytest.mark.parametrize("name", ["log.xes", "log.xes.gz"])
    def test_xes(self, tmp_path, name):
        data = XES.encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        log = sf.read_log(tmp_path / name)
        assert log.table.loc[0, ["case", "activity", "resource"]].tolist() == ["17", "Talk", "Ann"]
        assert (hours(log), hours(log, "end"), log.timezone) == (["09:00"], ["09:10"], "+01:00")

    def test_xes_with_a_doctype_is_refused(self, tmp_path):
        (tmp_path / "log.xes").write_text(XES.replace("<log ", "<!DOCTYPE log [<!ENTITY a 'b'>]><log "))
        with pytest.raises(sf.LogError, match="DOCTYPE"):
            sf.read_log(tmp_path / "log.xes")

    def test_ocel(self, tmp_path):
        (tmp_path / "log.json").write_text(json.dumps(OCEL))
        log = sf.read_log(tmp_path / "log.json")
        assert log.table[["case", "activity", "resource", "weight"]].to_numpy().tolist() == [
            ["o1", "Talk", "Ann", 0],
            ["o1", "Solve", "Ann", 1],
        ]
        assert sf.read_log(tmp_path / "log.json", object_type="item").table["case"].tolist() == ["i1"]
        with pytest.raises(sf.LogError, match="no event is about objects of type 'parcel'; there are: order"):
            sf.read_log(tmp_path / "log.json", object_type="parcel")

    def test_parquet_says_what_it_needs(self, tmp_path, monkeypatch):
        def missing(path):
            raise ImportError

        monkeypatch.setattr(pd, "read_parquet", missing)
        (tmp_path / "log.parquet").write_bytes(b"PAR1")
        with pytest.raises(
            sf.LogError, match="Parquet needs the package pyarrow; install it, or save the log"
        ):
            sf.read_log(tmp_path / "log.parquet")

    @pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "log.xes", "log.json"])
    def test_a_file_that_is_too_large_is_refused_while_it_is_read(self, tmp_path, monkeypatch, name):
        monkeypatch.setattr(raw, "LARGEST_FILE", 3_000_000)
        monkeypatch.setattr(ocel_file, "LARGEST_JSON", 3_000_000)
        data = XES.encode() + b" " * 4_000_000
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        with pytest.raises(sf.LogError, match="MB"):
            sf.read_log(tmp_path / name)

    def test_a_broken_gzip_file(self, tmp_path):
        (tmp_path / "log.csv.gz").write_bytes(gzip.compress(b"case,activity,end\n" * 99)[:-20])
        with pytest.raises(sf.LogError, match="the packed file is broken"):
            sf.read_log(tmp_path / "log.csv.gz")

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_csv_of_any_origin(self, tmp_path, encoding, delimiter):
        rows = [["Case", "Activity", "Resource", "End"], ["1", "Prüfen", "Zoë", f"{DAY} 09:00"]]
        path = tmp_path / "log.csv"
        path.write_bytes("\n".join(delimiter.join(row) for row in rows).encode(encoding))
        assert sf.read_log(path).table.loc[0, ["activity", "resource"]].tolist() == ["Prüfen", "Zoë"]

    def test_rows_of_uneven_length_are_told(self, tmp_path):
        (tmp_path / "log.csv").write_text(f"case,activity,end\n1,Talk,{DAY} 09:00,9,9\n1,Solve,{DAY} 10:00\n")
        assert "1 row with more or fewer values than there are columns is cut or filled." in str(
            sf.read_log(tmp_path / "log.csv")
        )

    @pytest.mark.parametrize(
        ("name", "text", "message"),
        [
            (
                "log.csv",
                "case,activity,end\n",
                "there are no events in it: a row of names and rows of events",
            ),
            ("log.csv", "", "there are no events in it"),
            ("log.csv", "\x00\x01\x02", "this is no text; a CSV file is"),
            ("log.xes", "<log/>", "there are no events in it"),
            ("log.xes", "<html/>", "this is no XES: it begins with <html>, not with <log>"),
            ("log.json", "{]", "this is no JSON that can be read"),
            ("log.json", "[1]", "this JSON has no 'events' and 'objects', as OCEL 2.0 has them"),
            ("log.json", "[" * 100_000, "this is no JSON that can be read"),
            (
                "log.json",
                '{"events": [], "objects": []}',
                "no event is about any object, so there are no cases",
            ),
        ],
    )
    def test_what_is_no_log_is_refused(self, tmp_path, name, text, message):
        (tmp_path / name).write_text(text)
        with pytest.raises(sf.LogError) as caught:
            sf.read_log(tmp_path / name)
        assert message in str(caught.value)
        assert str(caught.value).startswith(str(tmp_path / name))

    def test_the_error_travels_between_processes(self):
        error = sf.LogError("log.csv", "it is empty")
        assert str(pickle.loads(pickle.dumps(error))) == "log.csv: it is empty"


CSV = "case,activity,resource,lifecycle,time\n" + "".join(
    f"{case},{name},{who},{state},{DAY} 09:{minute:02d}:00+01:00\n"
    for case in (1, 2)
    for name, who, minute in (("Talk", "Ann", 1), ('"Sol,ve"', "Ben", 20))
    for state in ("start", "complete")
)


@pytest.mark.parametrize("kind", ["csv", "xes", "json", "csv.gz"])
@pytest.mark.filterwarnings("error")
def test_broken_files_are_read_or_refused_in_a_sentence(kind, tmp_path):
    """Files with bytes changed, lost and doubled."""
    whole = {"csv": CSV.encode(), "xes": XES.encode(), "json": json.dumps(OCEL).encode()}
    source = whole.get(kind) or gzip.compress(CSV.encode())
    draw = np.random.default_rng(int(os.environ["SERVICEFLOW_TEST_SEED"]))
    path = tmp_path / f"log.{kind}"
    for _ in range(150):
        path.write_bytes(_damaged(source, draw))
        with suppress(sf.LogError):  # Anything else that is raised, warnings included, fails.
            sf.read_log(path).waits(by=["provider", "cause", "handoff", "hour"])


def test_years_that_cannot_be_are_missing_and_told(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "Case,Activity,Resource,Start,Complete\n"
        "1,A,Ann,0001-01-05 09:00,2026-01-05 09:20\n1,B,Ben,9026-01-05 09:30,2026-01-05 10:00\n"
    )
    log = sf.read_log(path)
    assert "2 stamps of 'start' cannot be read: they count as missing" in str(log)
    assert (log.table["start"].dt.year == 2026).all()
    assert len(log.waits()) >= 0


def _damaged(source, draw):
    data = bytearray(source)
    for _ in range(int(draw.integers(1, 6))):
        place, length = int(draw.integers(len(data))), int(draw.integers(1, 12))
        match draw.integers(4):
            case 0:
                data[place] = int(draw.integers(256))
            case 1:
                del data[place : place + length]
            case 2:
                data[place:place] = data[max(0, place - 40) : place]
            case _:
                data[place:place] = bytes(draw.choice(list(b',;"<>&{}[]\n\r0129-:+eN'), length).tolist())
        if not data:
            return b"x"
    return bytes(data)
