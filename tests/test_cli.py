"""The command line: what it prints, what it writes, and what it says when something is wrong."""

import csv
import io
import json
import os
import re
import subprocess
import sys

import pandas as pd
import pytest
from typer.testing import CliRunner

import serviceflow as sf
from programs import HANG, run_python
from serviceflow import cli
from serviceflow.analysis.audit import AuditReport, Breach
from serviceflow.display.spreadsheet import RUNNABLE, guarded, write_text
from serviceflow.view.screen import LINES, fitting, in_a_word

MODEL = """\
serviceflow: 1
name: =Desk
time_unit: min
run: {duration: 1 day, replications: 3, seed: 5}
providers:
  +Clerks: {staff: 1, cost: 30 per hour}
services:
  Answer: {provider: +Clerks, duration: exponential(mean=8 min)}
consumers:
  客人: {arrivals: {rate: 6 per hour}, enters: Answer, sla: {response: 80% within 10 min}}
scenarios:
  Second clerk: {changes: {providers: {+Clerks: {staff: 2}}}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk.yaml").write_text(MODEL, encoding="utf-8")
    return tmp_path


def call(*words):
    return CliRunner().invoke(cli.app, [str(word) for word in words], prog_name="serviceflow")


def printed(*words):
    result = call(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def complaint(*words):
    """What is said on standard error when a command ends with status 2."""
    result = call(*words)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert result.stdout == ""
    return result.stderr.strip()


# What it prints


def test_check_lists_the_load_of_every_provider(folder):
    text = printed("check", "desk.yaml")
    assert "+Clerks" in text
    assert "80%" in text


def test_run_says_where_requests_wait_and_lists_headline_figures(folder):
    lines = printed("run", "desk.yaml").splitlines()
    assert lines[0] == "=Desk: 3 replications of 1 day, seed 5, intervals at 95%"
    assert "lost at +Clerks: staff are busy" in " ".join(lines[2:5])
    assert {"whole chain: =Desk", "+Clerks", "SLA, 客人: response"} <= set(lines)
    assert max(map(len, lines)) <= cli.WIDTH


def test_run_says_what_would_help_most_where_it_was_tried(folder):
    text = " ".join(printed("run", "desk.yaml", "--levers", "--duration", "4 h", "--engine", "simpy").split())
    assert "tried)" in text or "What would help most is" in text
    assert "bottleneck" not in " ".join(printed("run", "desk.yaml", "--engine", "simpy").split())


def long_table(providers, promises):
    """Headline figures of a chain with many providers and promises, the later the worse."""
    rows = [("chain", "Chain", measure, 1.0) for measure in ("flow_time", "cost")]
    for place in range(providers):
        rows += [("provider", f"P{place}", one, float(place)) for one in ("utilization", "waiting_time")]
    for place in range(promises):
        rows += [("sla", f"S{place}", one, 1 - place / 100) for one in ("attainment", "breaches")]
    rows += [("sla", "to nobody", "attainment", float("nan")), ("sla", "to nobody", "breaches", 0.0)]
    return pd.DataFrame(rows, columns=["scope", "name", "measure", "mean"])


def test_a_screen_shows_what_matters_most_and_says_what_it_leaves_out():
    shown, rest = fitting(long_table(60, 20))
    groups = shown.groupby(["scope", "name"], sort=False).ngroups
    assert len(shown) + groups <= LINES
    assert shown["name"].unique().tolist()[0] == "Chain"
    assert {"P59", "P58", "S19", "S18"} <= set(shown["name"])
    assert not {"P0", "S0", "to nobody"} & set(shown["name"])
    assert rest.startswith("Not shown: ")
    many = [int(one) for one in re.findall(r"\d+", rest)]
    assert sum(many) + groups == 1 + 60 + 21
    assert rest.endswith("--format csv and --format json have every figure.")


def test_a_small_chain_is_shown_whole():
    table = long_table(2, 1)
    shown, rest = fitting(table[table["name"] != "to nobody"])
    assert (len(shown), rest) == (8, "")


def test_a_comparison_says_in_a_word_what_is_better_and_what_worse():
    keys = [("chain", "C", "flow_time"), ("provider", "<P>", "waiting_time"), ("chain", "C", "cost")]
    table = pd.DataFrame(keys, columns=["scope", "name", "measure"]).assign(
        verdict=["better", "better", "worse"]
    )
    assert in_a_word(table) == "Better: flow time, waiting time of <P>; worse: cost."
    assert in_a_word(table.assign(verdict="cannot be told")).startswith("Nothing that these runs can tell")
    many = pd.concat([table[:1]] * 9)
    assert in_a_word(many).endswith("flow time and 3 more.")


def test_a_comparison_begins_with_the_answer(folder):
    lines = printed("compare", "desk.yaml").splitlines()
    assert lines[2].startswith("baseline: ")
    assert lines.index("Second clerk") > 3


def test_a_table_has_no_place_for_levers(folder):
    told = complaint("run", "desk.yaml", "--levers", "--format", "csv")
    assert told.endswith("use --format text or json, or serviceflow levers --format csv")


def parsed(*words):
    return json.loads(printed(*words, "--format", "json", "--engine", "simpy"))


def test_json_of_a_run_says_what_the_text_says(folder):
    found = parsed("run", "desk.yaml", "--levers", "--audit", "--duration", "4 h")
    results = sf.load("desk.yaml").simulate("4 h", engine="simpy")
    told = found["answer"]
    assert told["where"] == results.bottlenecks().sentences["where"]
    assert told["helps"][0] in told["sentence"]
    assert told["verdict"] == ["+Clerks"]
    assert found["promises"][0]["promise"] == "客人: response"
    assert found["lost_time"][0]["cause"] == "contention"
    assert found["levers"]["table"][0]["rank"] == 1
    assert found["levers"]["sentence"]
    assert (found["audit"], found["run"]["replications"], found["run"]["duration"]) == ([], 3, "4 h")
    assert {one["path"] for one in found["findings"]} == {"run.replications", "run.warm_up"}


BUSY = "  Busy: {changes: {consumers: {客人: {arrivals: {rate: 9 per hour}}}}}\n"


def test_json_of_a_comparison_says_what_the_text_says(folder):
    (folder / "desk.yaml").write_text(MODEL + BUSY, encoding="utf-8")
    found = parsed("compare", "desk.yaml", "--duration", "4 h")
    assert "+Clerks" in found["answer"]["sentence"]
    assert set(found["scenarios"]) == set(found["paired"]) == {"Second clerk", "Busy"}
    assert found["scenarios"]["Busy"].startswith(("Better", "Worse", "Nothing"))
    assert {one["scenario"] for one in found["differences"]} == {"Second clerk", "Busy"}
    assert {one["field"] for one in found["changes"]} == {"staff", "arrivals.rate"}
    grave = [one for one in found["findings"] if one["severity"] == "warning"]
    assert [(one["scenario"], one["path"]) for one in grave] == [("Busy", "providers.+Clerks")]
    assert "overloaded" in grave[0]["message"]


@pytest.mark.parametrize("form", ["text", "csv"])
def test_what_scenarios_bring_with_them_is_told_beside_the_figures(folder, form):
    (folder / "desk.yaml").write_text(MODEL + BUSY, encoding="utf-8")
    words = ("compare", "desk.yaml", "--engine", "simpy", "--duration", "4 h", "--format", form)
    result = call(*words)
    told = result.stderr if form == "csv" else result.stdout
    assert "warning: providers.+Clerks: overloaded: it is asked for 120%" in told
    assert "overloaded" not in call(*words, "--scenario", "Second clerk").output


def test_json_of_levers_has_the_sentence(folder):
    found = parsed("levers", "desk.yaml", "--duration", "4 h", "--lever", "staff")
    assert found["best"] == ["+Clerks: one more"]
    assert "+Clerks: one more" in found["sentence"]
    assert (found["failed"], len(found["table"])) == ({}, 1)


def test_options_of_a_run_hold(folder):
    text = printed(
        "run", "desk.yaml", "--replications", 1, "--seed", 9, "--duration", "2 h", "--warm-up", "1 h"
    )
    assert text.startswith("=Desk: 1 replication of 2 h, seed 9,")


def test_a_run_of_a_scenario_is_that_of_the_changed_chain(folder):
    mean = {}
    for words in ((), ("--scenario", "Second clerk")):
        rows = json.loads(printed("run", "desk.yaml", "--format", "json", *words))["kpis"]
        mean[words] = next(
            row["mean"] for row in rows if (row["scope"], row["measure"]) == ("provider", "utilization")
        )
    assert mean["--scenario", "Second clerk"] < 0.7 * mean[()]


def test_an_audit_ends_with_a_sentence(folder):
    lines = printed("run", "desk.yaml", "--audit").splitlines()
    assert lines[-1] == "=Desk: 3 replications audited; no rule is broken"


def test_an_audit_that_finds_something_ends_with_status_1(folder, monkeypatch):
    breach = Breach(60_000_000, "capacity", "providers.+Clerks", (4,), "2 are at work; 1 are on duty")
    report = AuditReport("=Desk", 1, (breach,))
    monkeypatch.setattr("serviceflow.api.results.Results.audit", lambda self: report)
    result = call("run", "desk.yaml", "--audit", "--format", "csv")
    assert result.exit_code == 1
    assert result.stdout.startswith("scenario,")
    assert result.stderr.splitlines() == [
        "=Desk: 1 replication audited; rules are broken: 1 of capacity",
        "capacity: providers.+Clerks: after 1 min, request 4: 2 are at work; 1 are on duty",
    ]


def test_a_summary_cannot_be_audited(folder):
    text = complaint("run", "desk.yaml", "--audit", "--keep", "summary")
    assert text.startswith("--audit needs every visit, which --keep summary does not keep")


def test_the_old_name_of_an_option_is_understood(folder):
    text = complaint("run", "desk.yaml", "--audit", "--record", "summary")
    assert text.startswith("warning: --record is an old name; use --keep\n--audit needs every visit")


@pytest.mark.parametrize("form", ["csv", "json"])
def test_csv_and_json_carry_every_figure(folder, form):
    text = printed("run", "desk.yaml", "--format", form)
    kpis = sf.load("desk.yaml").simulate().kpis
    table = pd.read_csv(io.StringIO(text)) if form == "csv" else pd.DataFrame(json.loads(text)["kpis"])
    assert list(table.columns) == list(kpis.columns)
    assert table["mean"].to_numpy() == pytest.approx(kpis["mean"].to_numpy(), rel=1e-9, nan_ok=True)


def test_cells_that_a_spreadsheet_would_run_are_guarded(folder):
    rows = list(csv.DictReader(io.StringIO(printed("run", "desk.yaml", "--format", "csv"))))
    names = {row["name"] for row in rows}
    assert {"'=Desk", "'+Clerks", "客人", "Answer"} <= names
    assert not any(name.startswith(RUNNABLE) for name in names)


def test_only_texts_are_guarded():
    table = guarded(pd.DataFrame({"=a": ["=1", "-x", "@y", "\tz", "\rz", "b"], "n": [-1.0, 2, 3, 4, 5, 6]}))
    assert list(table.columns) == ["'=a", "n"]
    assert list(table["'=a"]) == ["'=1", "'-x", "'@y", "'\tz", "'\rz", "b"]
    assert list(table["n"]) == [-1, 2, 3, 4, 5, 6]


def test_visits_and_output_go_to_files(folder):
    text = printed(
        "run",
        "desk.yaml",
        "--visits",
        "visits.csv",
        "--format",
        "csv",
        "--output",
        "kpis.csv",
        "--duration",
        "3 h",
    )
    assert text == "kpis.csv written\n"
    assert len(pd.read_csv("visits.csv")) > 10
    assert len(pd.read_csv("kpis.csv")) > 10
    assert sorted(os.listdir()) == ["desk.yaml", "kpis.csv", "visits.csv"]


def test_compare_shows_the_baseline_beside_each_scenario(folder):
    lines = printed("compare", "desk.yaml").splitlines()
    assert lines[0].endswith("common random numbers")
    assert "Second clerk" in lines
    utilization = next(line for line in lines if line.startswith("  utilization")).split()
    baseline, scenario, difference = map(float, utilization[1:4])
    assert difference == pytest.approx(scenario - baseline, abs=0.002)
    assert scenario == pytest.approx(baseline / 2, rel=0.1)
    assert utilization[-1] == "*"
    assert max(map(len, lines)) <= cli.WIDTH


def test_compare_prints_all_differences_as_csv(folder):
    table = pd.read_csv(io.StringIO(printed("compare", "desk.yaml", "--format", "csv")))
    assert set(table["scenario"]) == {"Second clerk"}
    assert {"difference", "ci_low", "ci_high"} <= set(table.columns)


@pytest.mark.parametrize("example", ["hotel_checkin", "manufacturing_supply"])
def test_comparisons_fit_a_hundred_columns(example):
    comparison = sf.example(example).compare(["Redesign"], replications=2, duration="2 weeks", warm_up=0)
    assert max(map(len, cli._comparison_text(comparison).splitlines())) <= 100


@pytest.mark.parametrize(
    ("name", "start"), [("m.svg", b"<?xml"), ("m.png", b"\x89PNG"), ("m.dot", b"digraph")]
)
def test_maps_are_saved_as_their_suffix_says(folder, name, start):
    assert printed("map", "desk.yaml", "-o", name) == f"{name} written\n"
    assert (folder / name).read_bytes().lstrip().startswith(start)


def test_a_map_may_show_services_and_results(folder):
    printed("map", "desk.yaml", "-o", "plain.svg")
    printed("map", "desk.yaml", "-o", "service.svg", "--service")
    printed("map", "desk.yaml", "-o", "results.svg", "--results", "--replications", 2)
    texts = [(folder / f"{name}.svg").read_text("utf-8") for name in ("plain", "service", "results")]
    assert len(set(texts)) == 3
    assert "2 replications" in texts[2]


@pytest.mark.parametrize("name", ["log.csv", "log.xes", "log.json"])
def test_logs_are_written_as_their_suffix_says(folder, name):
    assert printed("export", "desk.yaml", "-o", name, "--engine", "simpy", "--seed", 3) == f"{name} written\n"
    assert sf.read_log(folder / name).cases > 10


def test_a_model_is_learned_from_a_log(folder):
    printed("export", "desk.yaml", "-o", "log.csv", "--engine", "simpy", "--seed", 3)
    assert "next: serviceflow check mine.yaml" in printed(
        "discover", "log.csv", "-o", "mine.yaml", "--column", "case=case", "--inputs", "inputs.csv"
    )
    assert sf.load("mine.yaml").check().ok
    assert (folder / "inputs.csv").read_text("utf-8").startswith("section,element,name,value,source,count")


def test_a_model_is_compared_with_a_log(folder):
    printed("export", "desk.yaml", "-o", "log.csv", "--engine", "simpy", "--seed", 3)
    options = ("--engine", "simpy", "--replications", 2, "--seed", 4)
    assert printed("validate", "desk.yaml", "log.csv", *options).startswith("The model's cycle times are")
    assert printed("validate", "desk.yaml", "log.csv", *options, "--format", "csv").startswith("measure,unit")
    assert "--holdout 2.0: write a share between 0 and 1" in complaint(
        "validate", "desk.yaml", "log.csv", "--holdout", 2
    )


def test_a_column_that_is_not_there(folder):
    printed("export", "desk.yaml", "-o", "log.csv", "--engine", "simpy", "--seed", 3)
    assert complaint("discover", "log.csv", "--column", "case=cas").startswith(
        "log.csv: there is no column 'cas'; did you mean 'case'"
    )


def test_a_log_of_an_unknown_kind(folder):
    assert complaint("export", "desk.yaml", "-o", "log.doc") == (
        "--output: a diagram is a .bpmn file, a log a .csv, .xes or .json file, not log.doc"
    )


def test_new_writes_a_model_that_loads_checks_and_runs(folder):
    assert printed("new", "mine").startswith("mine.yaml written")
    chain = sf.load("mine.yaml")
    assert chain.check().ok
    assert not chain.check().warnings
    assert printed("run", "mine.yaml", "--replications", 2, "--duration", "1 week")
    assert chain.compare(replications=2, duration="1 week").summary().shape[0]


def test_new_is_called_model_without_a_name(folder):
    assert printed("new").startswith("model.yaml written; next: serviceflow check model.yaml")


def test_schema_prints_the_schema(folder):
    assert json.loads(printed("schema")) == sf.json_schema()


def test_demo_checks_runs_maps_and_compares(folder, monkeypatch):
    hotel = sf.example("hotel_checkin").change({"run": {"duration": "1 week", "warm_up": 0}})
    monkeypatch.setattr("serviceflow.api.shipped.example", lambda name: hotel)
    text = printed("demo")
    assert "The largest part is lost" in " ".join(text.split())
    assert "Housekeeping" in text
    assert "What the redesign would change" in text
    place = folder / "output" / "hotel_map.svg"
    assert f"{place.resolve()} written: the map of the hotel, to be opened in a browser\n" in text
    assert "Clean room" in place.read_text("utf-8")


# What it says when something is wrong


def test_a_file_that_is_not_there(folder):
    expected = "nosuch.yaml: no such file or directory; check the path and who may read or write it"
    for command in (["check"], ["run"], ["compare"], ["map", "-o", "m.svg"]):
        assert complaint(command[0], "nosuch.yaml", *command[1:]) == expected


def test_a_directory_in_place_of_a_file(folder):
    expected = f"{folder}: is a directory; check the path and who may read or write it"
    assert complaint("check", folder) == expected


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(folder):
    (folder / "desk.yaml").chmod(0)
    assert complaint("check", "desk.yaml").startswith("desk.yaml: permission denied")


def test_broken_yaml(folder):
    (folder / "bad.yaml").write_text("name: [1", encoding="utf-8")
    assert complaint("run", "bad.yaml").startswith("bad.yaml:1:9: this is no YAML: ")


def test_every_problem_of_a_model(folder):
    (folder / "bad.yaml").write_text(
        MODEL.replace("staff: 1", "stuff: 1").replace("enters: Answer", "enters: Anser"), encoding="utf-8"
    )
    lines = complaint("check", "bad.yaml").splitlines()
    assert any("unknown field; did you mean 'staff'?" in line for line in lines)
    assert any("did you mean 'Answer'?" in line for line in lines)
    assert all(line.startswith("bad.yaml:") for line in lines)


def test_a_scenario_that_does_not_exist(folder):
    assert complaint("run", "desk.yaml", "--scenario", "Second clark") == (
        "desk.yaml: there is no scenario 'Second clark'; did you mean 'Second clerk'?;"
        " there are: Second clerk"
    )
    assert complaint("compare", "desk.yaml", "--scenario", "Second clark").startswith(
        "there is no scenario 'Second clark'; did you mean 'Second clerk'?"
    )


def test_nothing_to_compare(folder):
    (folder / "one.yaml").write_text(MODEL[: MODEL.index("scenarios")], encoding="utf-8")
    assert complaint("compare", "one.yaml") == (
        "=Desk has no scenarios; add one under 'scenarios:', or compare two chains with sf.compare"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--duration", "3 moths"),
            "--duration: unknown unit 'moths': write one of us, ms, s, min, h, days, weeks",
        ),
        (("--warm-up", "x"), "--warm-up: 'x' must be constant; write a duration, such as 8 weeks"),
        (
            ("--forecast", "--duration", "2 days"),
            "--forecast needs a value before --duration. Write to this CSV file when each open request will"
            " be done.",
        ),
        (("-o", "--seed", "2"), "-o needs a value before --seed. Write to this file."),
        (("--duration", "-1"), "--duration: '-1' is negative: a duration is 0 or more"),
        (
            ("--engine", "simpi"),
            "--engine 'simpi' does not exist: use 'auto', 'simpy', 'compiled' or 'recursion'; "
            "did you mean 'simpy'?",
        ),
        (
            ("--seed", str(2**64)),
            f"--seed {2**64}: give a whole number from 0 to 2**64 - 1, or None to draw one",
        ),
        (("-o", "no/kpis.csv"), "no/kpis.csv: there is no directory no; make it first, or name another"),
        (("--visits", "."), ".: is a directory; name a file in it"),
    ],
)
def test_options_that_make_no_sense(folder, options, message):
    assert complaint("run", "desk.yaml", *options) == message


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("--replications", "0"), "--replications"),
        (("--replications", "many"), "--replications"),
        (("--seed", "-1"), "--seed"),
        (("--format", "xml"), "'xml' is not one of 'text', 'csv', 'json'"),
        (("--frequency", "2"), "No such option"),
    ],
)
def test_options_that_cannot_be_read(folder, options, part):
    assert part in complaint("run", "desk.yaml", *options)


def test_an_unknown_command():
    assert "No such command 'rum'" in complaint("rum")


def test_a_map_of_an_unknown_kind(folder):
    assert complaint("map", "desk.yaml", "-o", "m.gif") == (
        "m.gif: a map is saved as .svg, .png, .pdf or .dot, not as .gif"
    )


def test_new_overwrites_nothing(folder):
    assert complaint("new", "desk") == "desk.yaml exists already; name another file, or move it away first"
    assert (folder / "desk.yaml").read_text("utf-8") == MODEL


def test_report_writes_one_file(folder):
    told = printed("report", "desk.yaml", "-o", "desk.html", "--engine", "simpy", "--no-levers")
    assert told == "desk.html written\n"
    html = (folder / "desk.html").read_text("utf-8")
    assert "=Desk" in html
    assert "Second clerk" in html


def test_report_says_what_to_change_first(folder):
    printed("report", "desk.yaml", "-o", "desk.html", "--engine", "simpy", "--no-compare")
    assert "+Clerks: one more" in (folder / "desk.html").read_text("utf-8")


def test_report_says_what_else_was_tried(folder):
    more = ("--sensitivity", "--search", "--replications", "2", "--duration", "4 h")
    printed("report", "desk.yaml", "-o", "desk.html", "--engine", "simpy", "--no-levers", *more)
    html = (folder / "desk.html").read_text("utf-8")
    assert {"search", "sensitivity"} <= set(re.findall(r'<section class="part" id="(\w+)"', html))


def test_a_report_is_an_html_file(folder):
    told = complaint("report", "desk.yaml", "-o", "desk.pdf")
    assert told == "desk.pdf: a report is an HTML file; name it desk.html"


def test_an_interrupt_is_told_in_one_line(folder, monkeypatch):
    def stop(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("serviceflow.api.chains.ServiceChain.simulate", stop)
    assert complaint("run", "desk.yaml") == "stopped before anything had finished"


def test_a_file_is_written_whole_or_not_at_all(folder, monkeypatch):
    (folder / "kpis.csv").write_text("old", encoding="utf-8")

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match=r"No space left on device: 'kpis.csv'"):
        write_text("kpis.csv", "new")
    assert (folder / "kpis.csv").read_text("utf-8") == "old"
    assert sorted(os.listdir()) == ["desk.yaml", "kpis.csv"]


def test_a_reader_that_has_seen_enough_is_no_error(folder):
    script = f"{sys.executable} -m serviceflow run desk.yaml --format csv | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=HANG)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("scenario,scope,name")


def test_a_terminal_without_the_letters_shows_their_codes(folder):
    done = subprocess.run(
        [sys.executable, "-m", "serviceflow", "run", "desk.yaml", "--duration", "3 h"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        timeout=HANG,
    )
    assert done.returncode == 0, done.stderr
    assert b"\\u5ba2\\u4eba" in done.stdout


def test_a_warning_is_told_in_one_line(folder):
    script = (
        "import sys, warnings; from serviceflow import cli\n"
        "cli._load = lambda *words: warnings.warn('beware') or sys.exit()\n"
        "sys.argv = ['serviceflow', 'check', 'desk.yaml']; cli.main()"
    )
    done = run_python("-c", script)
    assert done.stderr == "warning: beware\n"


def test_help_loads_nothing_heavy():
    script = (
        "import sys; from serviceflow import cli\n"
        "try: cli.app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pandas', 'scipy', 'matplotlib', 'networkx', 'numba', 'numpy', 'simpy'}\n"
        "print(*heavy & {*sys.modules}, file=sys.stderr)"
    )
    done = run_python("-c", script)
    assert done.stderr.strip() == ""
    assert "compare" in done.stdout


def test_a_workshop_has_pages_and_files(folder):
    told = printed("workshop", "desk.yaml", "-o", "kit", "--replications", 2, "--language", "zh")
    names = ["workshop.html", "orders.csv", "agreements.csv", "survey.csv"]
    assert told.splitlines() == [f"kit/{name} written" for name in names]
    assert all((folder / "kit" / name).exists() for name in names)
    assert "研讨会工具包" in (folder / "kit" / "workshop.html").read_text("utf-8")


def asked(path, items, columns=("P", "E")):
    """A wide file of answers to so many items."""
    names = [f"{one}{item}" for one in columns for item in range(1, items + 1)]
    rows = [[f"r{who}", "客人 -> +Clerks", *[4 + who % 2] * len(names)] for who in range(6)]
    pd.DataFrame(rows, columns=["respondent", "link", *names]).to_csv(path, index=False)


WORKSHOP = ("workshop", "desk.yaml", "-o", "kit", "--no-results", "--survey", "said.csv")


def test_the_instrument_of_a_survey_is_found_from_its_items(folder):
    asked("said.csv", 22)
    told = call(*WORKSHOP)
    assert told.exit_code == 0, told.output
    assert told.stderr.splitlines()[0] == (
        "said.csv: Survey(6 respondents, 1 link, five dimensions: 6 problems)"
    )
    assert "  row 2, perception: '4 throughout': the same answer to every item (kept)" in told.stderr
    assert "  and 1 more: see Survey(...).problems in Python" in told.stderr


def test_the_instrument_of_a_survey_is_named(folder):
    asked("said.csv", 22)
    own = "name: Own\nscale: 1-7\ndimensions: {speed: {items: {1: Quick?, 2: Early?}}}\n"
    (folder / "own.yaml").write_text(own, encoding="utf-8")
    told = call(*WORKSHOP, "--instrument", "own.yaml")
    assert "1 link, Own: 40 problems)" in told.stderr
    assert "  row 1, P3: '6 answers': no item of Own" in told.stderr
    assert "internal: 30 problems" in call(*WORKSHOP, "--instrument", "internal").stderr


def test_an_instrument_that_cannot_be_found(folder):
    asked("said.csv", 7)
    for command in (WORKSHOP, ("report", "desk.yaml", "-o", "a.html", "--survey", "said.csv")):
        refused = complaint(*command)
        assert refused.startswith("the 7 items in it may be of 'five dimensions' (22 items) or of 'internal'")
        assert refused.endswith("say which it is with --instrument a name or a YAML file of your own")
    assert complaint(*WORKSHOP, "--instrument", "intern").startswith("there is no instrument 'intern'")
    assert "own.yaml: no such file" in complaint(*WORKSHOP, "--instrument", "own.yaml")
    assert complaint(*WORKSHOP[:-2], "--instrument", "internal").startswith("--instrument: this is what")


def test_a_workshop_in_an_unknown_language(folder):
    refused = complaint("workshop", "desk.yaml", "-o", "kit", "--no-results", "--language", "de")
    assert "there is no language 'de'" in refused


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "say --column case=...; there are: a, b"),
        (("--column", "case=a", "--column", "activity=b"), "say --column start=... --column end=...;"),
        (("--column", "case"), "--column: write a role and a column, such as case=Order, not 'case'"),
    ],
)
def test_what_a_log_lacks_is_asked_for_by_options(folder, options, said):
    (folder / "log.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert said in complaint("discover", "log.csv", *options)


def test_what_a_log_leaves_open_is_asked_for_by_options(folder):
    rows = "".join(f"{n},Talk,Ann,2026-01-05 {9 + n}:00,2026-01-05 {9 + n}:20\n" for n in range(4))
    (folder / "log.csv").write_text(f"case,activity,resource,start,end\n{rows}", encoding="utf-8")
    assert "(--timezone says whose they are)" in call("discover", "log.csv", "-o", "m.yaml").stdout


@pytest.mark.parametrize(
    ("option", "value"),
    [("--duration", "1w"), ("--warm-up", "1w"), ("--duration", "'1 day")],
)
def test_what_is_wrong_with_a_run_names_the_option(folder, option, value):
    assert complaint("run", "desk.yaml", option, value).startswith(f"{option}: ")
