"""The command line: check, estimate, run, compare, levers, search, report, map, import, schema, new and demo.

Results go to standard output or to a file, messages to standard error. The exit status is 0, or 2 with a
message that says where, what, and what to do next; ``run --audit`` ends with 1 where a rule is broken.
"""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from functools import partial, wraps
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from serviceflow.display.rounding import figure
from serviceflow.display.spreadsheet import csv_text, write_text
from serviceflow.errors import ModelError, ServiceflowError, UnknownNameError, one_line
from serviceflow.units import format_duration

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.analysis.levers import Levers
    from serviceflow.api.chains import ServiceChain
    from serviceflow.api.results import Comparison, Results
    from serviceflow.mining.event_log import EventLog
    from serviceflow.quality.survey import Survey

app = typer.Typer(
    name="serviceflow",
    help="Map a chain of internal services, simulate it, and see where requests wait and why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Command(TyperCommand):
    """A command that says which option has no value, where another option would be taken for it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words after the name of the command."""
        told = {
            name: one for one in self.params for name in (*one.opts, *one.secondary_opts) if name[0] == "-"
        }
        for name, following in pairwise(args):
            option = told.get(name)
            if option is not None and not getattr(option, "is_flag", False) and following in told:
                fail(f"{name} needs a value before {following}. {getattr(option, 'help', '') or ''}".rstrip())
        return super().parse_args(ctx, args)


command = partial(app.command, cls=Command)

DEMO, REDESIGN = "hotel_checkin", "Redesign"
HEADLINES = {
    "chain": ("flow_time", "flow_time_p90", "waiting_time", "handoff_time", "throughput", "cost", "penalty"),
    "consumer": ("flow_time", "flow_time_p90", "throughput"),
    "provider": ("utilization", "waiting_time"),
    "sla": ("attainment", "breaches"),
    "stock": ("mean_level", "stockout_share", "cost"),
}
"""The figures that a person sees first; the csv and json formats have all of them."""

SAID = {"chain": "whole chain:", "consumer": "requests of", "sla": "SLA,"}
STAR = "* differs from 0, all scenarios of a figure taken together"
WIDTH = 100
"""Columns that texts for people fill at most."""


class Format(StrEnum):
    text = "text"
    csv = "csv"
    json = "json"


Model = Annotated[Path, typer.Argument(help="The model file.", show_default=False)]
Duration = Annotated[str | None, typer.Option(help="Length of the window, such as '4 weeks'.")]
WarmUp = Annotated[str | None, typer.Option(help="Time before the window.")]
Replications = Annotated[int | None, typer.Option(min=1, help="Number of independent runs.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the random numbers.")]
Engine = Annotated[str, typer.Option(help="Engine: auto, simpy, compiled or recursion.")]
Keep = Annotated[str, typer.Option(help="What to keep: full (every visit), or summary (for very long runs).")]
OldKeep = Annotated[str | None, typer.Option("--record", hidden=True)]
Store = Annotated[
    Path | None,
    typer.Option(help="Keep each replication in this folder, and resume from those already there."),
]
StartFrom = Annotated[
    Path | None, typer.Option(help="Start from what is there: a CSV file of open requests and stocks.")
]
SurveyFile = Annotated[Path | None, typer.Option("--survey", help="Survey answers, .csv or .xlsx.")]
InstrumentOption = Annotated[
    str | None,
    typer.Option(
        "--instrument",
        help="What the survey asks: 'five dimensions', 'internal' or a YAML file; found from its items.",
    ),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")]
FormatOption = Annotated[Format, typer.Option("--format", help="Output format.")]


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a letter shows its code
            stream.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        app(prog_name="serviceflow")


def _warn(message: Warning | str, *where: object, **more: object) -> None:
    typer.echo(f"warning: {message}", err=True)


def polite(action: Callable[..., None]) -> Callable[..., None]:
    """Turn whatever a user can cause into a message and exit status 2."""

    @wraps(action)
    def run(*args: Any, **options: Any) -> None:
        try:
            action(*args, **options)
        except ServiceflowError as error:
            fail(as_options(str(error)))
        except OSError as error:
            fail(_about_file(error))
        except KeyboardInterrupt:
            fail("stopped before anything had finished")

    return run


def as_options(text: str) -> str:
    """A message with options of the command line in the places of arguments of Python."""
    text = re.sub(r"^run\.(duration|warm_up|replications|seed)(?=: )", _option, text, flags=re.MULTILINE)
    text = re.sub(r"^(engine|seed|replications|confidence)=", lambda found: f"{_option(found)} ", text)
    text = re.sub(r"\bcolumns=\{([^}]*)\}", _column_options, text)
    return re.sub(
        r"(?<![-\w])(timezone|holdout|object_type|instrument)= ?", lambda found: f"{_option(found)} ", text
    )


def _option(found: re.Match[str]) -> str:
    return "--" + found[1].replace("_", "-")


def _column_options(found: re.Match[str]) -> str:
    return " ".join(f"--column {role}=..." for role in re.findall(r"'(\w+)': \.\.\.", found[1]))


def fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _about_file(error: OSError) -> str:
    name = error.filename or "file"
    return f"{name}: {(error.strerror or str(error)).lower()}; check the path and who may read or write it"


@command()
@polite
def check(
    model: Model,
    language: Annotated[str, typer.Option(help="Language of the output: en or zh.")] = "en",
) -> None:
    """Check a model without running it.

    Lists what is wrong or remarkable, and how loaded each provider is.
    """
    if language not in ("en", "zh"):
        fail(f"--language {language}: use en or zh")
    chain = _load(model) if language == "en" else _load_in_chinese(model)
    report = chain.check()
    typer.echo(report.text(language))
    if not report.ok:
        raise typer.Exit(2)


@command()
@polite
def estimate(
    model: Model,
    scenario: Annotated[str | None, typer.Option(help="Apply this scenario first.")] = None,
    format: FormatOption = Format.text,
    output: Output = None,
) -> None:
    """Estimate figures in closed form, without simulating.

    Each figure comes with its formula, and with how good that is.
    """
    chain = _load(model, scenario)
    check_places(output)
    found = chain.estimate()
    texts = {
        Format.text: lambda: str(found),
        Format.csv: lambda: csv_text(found.table),
        Format.json: lambda: _json(found.table),
    }
    show(texts[format](), output)


@command()
@polite
def run(
    model: Model,
    scenario: Annotated[str | None, typer.Option(help="Apply this scenario first.")] = None,
    duration: Duration = None,
    warm_up: WarmUp = None,
    replications: Replications = None,
    seed: Seed = None,
    engine: Engine = "auto",
    keep: Keep = "full",
    store: Store = None,
    record: OldKeep = None,
    format: FormatOption = Format.text,
    visits: Annotated[Path | None, typer.Option(help="Write every visit to this CSV file.")] = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="Say which rules the run breaks, and end with status 1 if any.")
    ] = False,
    levers: Annotated[bool, typer.Option("--levers", help="Also rank what would help most.")] = False,
    start_from: StartFrom = None,
    forecast: Annotated[
        Path | None, typer.Option(help="Write to this CSV file when each open request will be done.")
    ] = None,
    output: Output = None,
) -> None:
    """Simulate a chain and print its figures."""
    keep = _keep(keep, record)
    if levers and format is Format.csv:
        message = "--levers adds to the verdict in words, which --format csv has no place for"
        fail(f"{message}: use --format text or json, or serviceflow levers --format csv")
    chain = _started(_load(model, scenario), start_from)
    check_places(visits, forecast, output)
    if forecast is not None and chain.run.start_from is None:
        fail("--forecast tells of what is there at the start: say what that is with --start-from today.csv")
    needs = {"--visits": visits is not None, "--audit": audit, "--forecast": forecast is not None}
    for option, given in needs.items():
        if given and keep == "summary":
            fail(f"{option} needs every visit, which --keep summary does not keep: leave one of them out")
    results = chain.simulate(duration, warm_up, replications, seed, engine=engine, keep=keep, store=store)
    if visits is not None:
        write_text(visits, csv_text(results.visits))
    if forecast is not None:
        write_text(forecast, csv_text(results.forecast()))
    tried = {"duration": duration, "warm_up": warm_up, "seed": results.seed, "engine": engine}
    found = chain.levers(**tried) if levers else None  # type: ignore[arg-type]
    report = results.audit() if audit else None
    texts = {
        Format.text: lambda: _results_text(results, found),
        Format.csv: lambda: csv_text(results.kpis),
        Format.json: lambda: _told("results_data", results, found, report),
    }
    show(texts[format](), output)
    if report is not None:
        typer.echo(str(report), err=format is not Format.text or output is not None)
        if not report.ok:
            raise typer.Exit(1)


@command()
@polite
def state(
    model: Model,
    at: Annotated[str, typer.Option(help="The instant, such as '2 weeks 3 days' or '2026-01-22 10:00'.")],
    scenario: Annotated[str | None, typer.Option(help="Apply this scenario first.")] = None,
    duration: Duration = None,
    seed: Seed = None,
    engine: Engine = "auto",
    start_from: StartFrom = None,
    output: Output = None,
) -> None:
    """Simulate a chain once and write what is in it at an instant.

    The table is what run --start-from reads.
    """
    chain = _started(_load(model, scenario), start_from)
    check_places(output)
    found = chain.simulate(duration, None, 1, seed, engine=engine, progress=False).state(at)
    show(found.to_csv() or "", output)


@command()
@polite
def compare(
    model: Model,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Only this scenario; may be repeated. All by default.")
    ] = None,
    duration: Duration = None,
    warm_up: WarmUp = None,
    replications: Replications = None,
    seed: Seed = None,
    engine: Engine = "auto",
    keep: Keep = "full",
    store: Store = None,
    record: OldKeep = None,
    format: FormatOption = Format.text,
    output: Output = None,
) -> None:
    """Compare a chain with its scenarios, and print what differs.

    All of them meet the same random numbers, so differences are paired.
    """
    chain = _load(model)
    check_places(output)
    comparison = chain.compare(
        scenario or None,
        duration=duration,
        warm_up=warm_up,
        replications=replications,
        seed=seed,
        engine=engine,
        keep=_keep(keep, record),
        store=store,
    )
    texts = {
        Format.text: lambda: _comparison_text(comparison),
        Format.csv: lambda: csv_text(comparison.differences),
        Format.json: lambda: _told("comparison_data", comparison),
    }
    if format is Format.csv:  # which has no place for it
        for told in comparison.warnings:
            typer.echo(told, err=True)
    show(texts[format](), output)


@command()
@polite
def levers(
    model: Model,
    objective: Annotated[
        str | None,
        typer.Option(
            help="What to improve: a measure, one of an element ('flow_time_p90: Guests'), or a promise."
            " By default the promises that are broken, else the flow time."
        ),
    ] = None,
    lever: Annotated[
        list[str] | None,
        typer.Option(help="Only this lever, scenario or kind of lever; may be repeated. All by default."),
    ] = None,
    blocks: Annotated[
        bool, typer.Option("--blocks", help="Also try one more of the staff in each block of a shift.")
    ] = False,
    scenario: Annotated[str | None, typer.Option(help="Apply this scenario first.")] = None,
    budget: Annotated[
        int | None, typer.Option(min=1, help="Replications of levers in all; 20 for each by default.")
    ] = None,
    duration: Duration = None,
    warm_up: WarmUp = None,
    seed: Seed = None,
    engine: Engine = "auto",
    format: FormatOption = Format.text,
    output: Output = None,
) -> None:
    """Rank what would help most.

    Every lever runs beside the chain with the same random numbers. What cannot be told apart is tied.
    """
    chain = _load(model, scenario)
    check_places(output)
    found = chain.levers(
        objective,
        lever or None,
        blocks=blocks,
        budget=budget,
        duration=duration,
        warm_up=warm_up,
        seed=seed,
        engine=engine,
    )
    texts = {
        Format.text: lambda: str(found),
        Format.csv: lambda: csv_text(found.table),
        Format.json: lambda: _told("levers_data", found),
    }
    show(texts[format](), output)


@command()
@polite
def search(
    model: Model,
    provider: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this provider, with a range ('Front desk=1..6') or without; may be repeated."
            " All whose staff are numbers by default."
        ),
    ] = None,
    objective: Annotated[
        str, typer.Option(help="'staff' for the cheapest, or the figure to make best within --spend.")
    ] = "staff",
    constraint: Annotated[
        list[str] | None,
        typer.Option(help="A promise, or a figure with a bound ('flow_time=30'); may be repeated."),
    ] = None,
    spend: Annotated[
        float | None,
        typer.Option(min=0, help="What staff may cost in the window; needs an --objective other than staff."),
    ] = None,
    blocks: Annotated[
        bool, typer.Option("--blocks", help="Also vary the numbers in each block of a calendar.")
    ] = False,
    scenario: Annotated[str | None, typer.Option(help="Apply this scenario first.")] = None,
    budget: Annotated[int, typer.Option(min=1, help="Replications of the search in all.")] = 2000,
    replications: Annotated[int, typer.Option(min=2, help="Replications of a design at most.")] = 20,
    write: Annotated[
        str | None, typer.Option(help="Add the best to the model file, as a scenario of this name.")
    ] = None,
    duration: Duration = None,
    warm_up: WarmUp = None,
    seed: Seed = None,
    engine: Engine = "auto",
    format: FormatOption = Format.text,
    output: Output = None,
) -> None:
    """Find the cheapest staff that keep every promise.

    Or, with --objective and --spend, the best service for what staff may cost.
    """
    from serviceflow.api.search import search as find

    if write is not None and scenario is not None:
        fail("--write puts what is found into the model as it stands: leave out --scenario")
    chain = _load(model, scenario)
    check_places(output)
    found = find(
        chain,
        _staff_ranges(provider),
        objective,
        _bounds(constraint, spend),
        budget,
        blocks=blocks,
        replications=replications,
        duration=duration,
        warm_up=warm_up,
        seed=seed,
        engine=engine,
    )
    text = f"\n{found.scenario_text(write or 'Staff by search')}" if found.best and found.best.changes else ""
    texts = {
        Format.text: lambda: str(found) + text,
        Format.csv: lambda: csv_text(found.frontier),
        Format.json: lambda: _json(found.frontier),
    }
    show(texts[format](), output)
    if write is not None:
        found.write_scenario(model, write)
        typer.echo(f"scenario {write!r} written to {model}", err=True)


def _staff_ranges(given: Sequence[str] | None) -> Any:
    """Providers with their ranges: ``Front desk=1..6``."""
    if not given:
        return None
    found: dict[str, Any] = {}
    for text in given:
        name, _, ends = text.partition("=")
        low, _, high = ends.partition("..")
        if ends and not (low.isdecimal() and high.isdecimal()):
            fail(f"--provider {text!r}: write the least and the most, as in 'Front desk=1..6'")
        found[name] = (int(low), int(high)) if ends else None
    return found


def _bounds(given: Sequence[str] | None, spend: float | None) -> Any:
    """What must be kept; a promise without a bound is kept as it was promised."""
    if not given and spend is None:
        return "promises"
    if given and spend is None and not any("=" in text for text in given):
        return list(given)
    found: dict[str, Any] = {} if spend is None else {"staff": spend}
    for text in given or ():
        name, mark, bound = text.rpartition("=")
        if not mark:
            fail(f"--constraint {text!r}: give its bound, as in '{text}=80%'")
        found[name] = bound
    return found


@command()
@polite
def map(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="A .svg, .png, .pdf or .dot file.")],
    service: Annotated[
        bool, typer.Option("--service", "--services", help="Draw who serves whom, with SLAs.")
    ] = False,
    results: Annotated[bool, typer.Option("--results", help="Simulate first, and show the figures.")] = False,
    scenario: Annotated[str | None, typer.Option(help="Apply this scenario first.")] = None,
    theme: Annotated[str, typer.Option(help="Color theme: light or dark.")] = "light",
    replications: Replications = None,
    seed: Seed = None,
) -> None:
    """Draw how work flows, or who serves whom."""
    chain = _load(model, scenario)
    check_places(output)
    shown: ServiceChain | Results = chain
    if results:
        shown = chain.simulate(replications=replications, seed=seed)
    drawn = shown.service_map(theme=theme) if service else shown.map(theme=theme)
    typer.echo(f"{drawn.save(output)} written")


@command("import")
@polite
def import_(
    diagram: Annotated[Path, typer.Argument(help="A BPMN 2.0 file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The model file to write; else it is printed.")
    ] = None,
    parameters: Annotated[
        list[Path] | None,
        typer.Option(help="A file with parameters: BPSim, Prosimos' JSON, Scylla; may be repeated."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report as a table to this CSV file.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with status 2 if anything was approximated or left out.")
    ] = False,
) -> None:
    """Turn a BPMN diagram into a model file.

    Says what was assumed, approximated and left out.
    """
    from serviceflow.api.imports import read_bpmn

    check_places(output, report)
    found = read_bpmn(diagram, parameters or None)
    if output is None:
        show(found.to_yaml(), None)
    else:
        found.save(output)
    typer.echo(str(found.report), err=output is None)
    if output is not None:
        typer.echo(f"{output} written; next: serviceflow check {output}")
    if report is not None:
        write_text(report, csv_text(found.table))
    if strict and not found.is_exact:
        raise typer.Exit(2)


LogFile = Annotated[Path, typer.Argument(help="An event log: CSV, XES, Parquet or OCEL 2.0 JSON.")]
Zone = Annotated[str | None, typer.Option(help="Time zone of the times shown, such as Europe/Amsterdam.")]


@command()
@polite
def discover(
    log: LogFile,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The model file to write; else it is printed.")
    ] = None,
    timezone: Zone = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Which column is what, where the guess is wrong: case=Order; may be repeated."),
    ] = None,
    hidden_delays: Annotated[
        bool, typer.Option(help="Look for delays that leave no trace in the log.")
    ] = True,
    inputs: Annotated[
        Path | None, typer.Option(help="Write every parameter with its source to this CSV file.")
    ] = None,
) -> None:
    """Learn a model from an event log.

    Says what was found and what was assumed.
    """
    from serviceflow.api.discovering import discover as learn

    check_places(output, inputs)
    found = learn(_log(log, column, timezone), hidden_delays=hidden_delays)
    if output is None:
        show(found.to_yaml(), None)
    else:
        found.save(output)
    typer.echo(as_options(str(found)), err=output is None)
    if output is not None:
        typer.echo(f"{output} written; next: serviceflow check {output}")
    if inputs is not None:
        write_text(inputs, csv_text(found.inputs))


@command()
@polite
def validate(
    model: Model,
    log: LogFile,
    timezone: Zone = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Which column is what, where the guess is wrong: case=Order; may be repeated."),
    ] = None,
    holdout: Annotated[
        float, typer.Option(help="Share of the cases, latest first, that the model is compared with.")
    ] = 0.3,
    replications: Annotated[int, typer.Option(min=1, help="Number of independent runs.")] = 5,
    seed: Seed = None,
    engine: Engine = "auto",
    format: FormatOption = Format.text,
    output: Output = None,
) -> None:
    """Compare a model with an event log.

    Distances stand beside the noise of the log itself: no model can come nearer than that.
    """
    from serviceflow.api.validating import validate as compare_with

    check_places(output)
    found = compare_with(
        _load(model),
        _log(log, column, timezone),
        holdout=holdout,
        replications=replications,
        seed=seed,
        engine=engine,
    )
    texts = {
        Format.text: lambda: str(found),
        Format.csv: lambda: csv_text(found.table),
        Format.json: lambda: _json(found.table),
    }
    show(texts[format](), output)


def _is_log(path: Path) -> bool:
    """Whether a file's name ends as those of event logs do."""
    stem = path.name.casefold().removesuffix(".gz")
    return stem.endswith((".csv", ".xes", ".xml", ".parquet", ".pq", ".json", ".jsonocel"))


def _log(path: Path, columns: Sequence[str] | None, timezone: str | None) -> EventLog:
    from serviceflow.mining.event_log import read_log

    for text in columns or ():
        if "=" not in text:
            fail(f"--column: write a role and a column, such as case=Order, not {text!r}")
    given = dict(text.partition("=")[::2] for text in columns or ())
    return read_log(path, given or None, timezone)


@command()
@polite
def export(
    model: Model,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="A .bpmn file, or of a log .csv, .xes, or .json for OCEL 2.0."),
    ],
    scenario: Annotated[str | None, typer.Option(help="Apply this scenario first.")] = None,
    duration: Duration = None,
    seed: Seed = None,
    engine: Engine = "auto",
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Include work that had not ended when the run did.")
    ] = False,
) -> None:
    """Write a chain as a BPMN diagram, or a run as an event log.

    For a log the chain is simulated once.
    """
    check_places(output)
    writers = {".csv": "to_csv", ".xes": "to_xes", ".json": "to_ocel"}
    if output.suffix != ".bpmn" and output.suffix not in writers:
        fail(f"--output: a diagram is a .bpmn file, a log a .csv, .xes or .json file, not {output.name}")
    chain = _load(model, scenario)
    if output.suffix == ".bpmn":
        for option, given in (("--duration", duration), ("--seed", seed), ("--unfinished", unfinished)):
            if given:
                fail(f"{option} is about a run, and a diagram is written without one: leave it out")
        _export_diagram(chain, output)
        return
    results = chain.simulate(duration=duration, replications=1, seed=seed, engine=engine)
    write = getattr(results, writers[output.suffix])
    typer.echo(f"{write(output, unfinished=unfinished)} written")


def _export_diagram(chain: ServiceChain, output: Path) -> None:
    """Write a diagram, and say what only serviceflow reads in it."""
    from serviceflow.formats.bpmn.export.unsaid import in_words, scenarios_unsaid, unsaid

    typer.echo(f"{chain.to_bpmn(output)} written")
    sentences = in_words([*unsaid(chain), *scenarios_unsaid(chain)])
    if sentences:
        typer.echo("BPMN and BPSim cannot say these; only serviceflow reads them in the file:", err=True)
    for sentence in sentences:
        typer.echo(wrapped(f"  {sentence}"), err=True)


@command()
@polite
def schema(output: Output = None) -> None:
    """Print the JSON Schema of model files.

    Editors complete and check model files with it.
    """
    from serviceflow.formats.schema import json_schema

    show(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", output)


@command()
@polite
def new(
    path: Annotated[Path, typer.Argument(help="The file to write.", metavar="[NAME]")] = Path("model.yaml"),
) -> None:
    """Write a small model file to start from."""
    path = path if path.suffix in (".yaml", ".yml") else path.with_name(f"{path.name}.yaml")
    if path.exists():
        fail(f"{path} exists already; name another file, or move it away first")
    write_text(path, STARTER)
    typer.echo(f"{path} written; next: serviceflow check {path}, then serviceflow run {path}")


@command()
@polite
def demo(
    folder: Annotated[Path, typer.Option(help="Folder for the maps.")] = Path("output"),
) -> None:
    """Check, run and map the hotel, and compare its redesign."""
    from serviceflow.api.shipped import example

    chain = example(DEMO)
    folder.mkdir(parents=True, exist_ok=True)
    typer.echo(f"{titled('Check')}\n{chain.name}: {chain!r}\n{chain.check()}\n")
    typer.echo("Simulating the hotel as it is and its redesign, 5 replications each ...\n", err=True)
    comparison = chain.compare([REDESIGN], replications=5, progress=False)
    results: Results = comparison[comparison.baseline]  # type: ignore[assignment]
    drawn = results.map().save(folder / "hotel_map.svg")
    typer.echo(f"{titled('Where time is lost')}\n{wrapped(results.bottlenecks().sentence)}\n")
    typer.echo(f"{titled('What the redesign would change')}\n{_comparison_text(comparison)}")
    typer.echo(f"{drawn.resolve()} written: the map of the hotel, to be opened in a browser")


@command()
@polite
def report(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="The .html file to write.")],
    scenario: Annotated[
        list[str] | None, typer.Option(help="Only this scenario; may be repeated. All by default.")
    ] = None,
    compared: Annotated[
        bool, typer.Option("--compare/--no-compare", help="Compare the chain with its scenarios.")
    ] = True,
    levers: Annotated[
        bool, typer.Option("--levers/--no-levers", help="Also rank what would help most.")
    ] = True,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Also vary every duration and rate by 10%.")
    ] = False,
    search: Annotated[
        bool, typer.Option("--search", help="Also search for the cheapest staff that keep every promise.")
    ] = False,
    survey: SurveyFile = None,
    instrument: InstrumentOption = None,
    timezone: Zone = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Which column of a log is what, where the guess is wrong: case=Order."),
    ] = None,
    language: Annotated[str, typer.Option(help="Language shown first: en or zh.")] = "en",
    duration: Duration = None,
    warm_up: WarmUp = None,
    replications: Replications = None,
    seed: Seed = None,
    engine: Engine = "auto",
) -> None:
    """Write a self-contained HTML report.

    It has the answer, maps, charts, a replay, and how far to trust it. Of an event log it says how long cases
    take, and where, when and why they wait.
    """
    from serviceflow.view.report.report import check_language, check_place

    check_place(output)
    check_language(language)
    check_places(output)
    if _is_log(model):
        runs: dict[str, Any] = {
            "--scenario": scenario,
            "--survey": survey,
            "--instrument": instrument,
            "--duration": duration,
            "--warm-up": warm_up,
        }
        runs |= {"--sensitivity": sensitivity or None, "--search": search or None}
        for option, value in {**runs, "--replications": replications, "--seed": seed}.items():
            if value is not None and value != []:
                fail(f"{option}: {model.name} is an event log, which is not run; leave it out")
        typer.echo(f"{_log(model, column, timezone).report(output, language=language)} written")
        return
    if column or timezone is not None:
        option = "--column" if column else "--timezone"
        fail(f"{option}: {model.name} is no event log (.csv, .xes, .parquet, .json); leave it out")
    chain, said = _load(model), _survey(survey, instrument)
    settings: dict[str, Any] = {"duration": duration, "warm_up": warm_up, "engine": engine}
    shown: Results | Comparison
    if scenario or (compared and chain.scenarios):
        shown = chain.compare(scenario or None, replications=replications, seed=seed, **settings)
        settings["seed"] = shown[shown.baseline].seed
    else:
        shown = chain.simulate(replications=replications, seed=seed, **settings)
        settings["seed"] = shown.seed
    found = _found_beside(chain, replications, settings, sensitivity, search)
    tried = _tried(chain, settings) if levers else None
    written = shown.report(output, language=language, levers=tried, survey=said, **found)
    typer.echo(f"{written} written")


@command()
@polite
def workshop(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")],
    results: Annotated[
        bool, typer.Option("--results/--no-results", help="Simulate first, and fill in what is known.")
    ] = True,
    survey: SurveyFile = None,
    instrument: InstrumentOption = None,
    scenario: Annotated[str | None, typer.Option(help="Apply this scenario first.")] = None,
    language: Annotated[str, typer.Option(help="Language of the pages: en or zh.")] = "en",
    duration: Duration = None,
    warm_up: WarmUp = None,
    replications: Replications = None,
    seed: Seed = None,
    engine: Engine = "auto",
) -> None:
    """Write a workshop kit: pages to print and files to fill in.

    What is filled in is read back.
    """
    from serviceflow.view.workshop.kit import check_folder

    check_folder(output, language)
    chain = _load(model, scenario)
    said = _survey(survey, instrument)
    found = None
    if results:
        found = chain.simulate(
            duration=duration, warm_up=warm_up, replications=replications, seed=seed, engine=engine
        )
    for path in chain.workshop(output, found, said, language=language):
        typer.echo(f"{path} written")


def _found_beside(
    chain: ServiceChain,
    replications: int | None,
    settings: Mapping[str, Any],
    sensitivity: bool,
    search: bool,
) -> dict[str, Any]:
    """What else a report is to have: what the answer depends on, and the cheapest staff."""
    from serviceflow.api.search import search as find

    found: dict[str, Any] = {}
    if search:
        given: dict[str, Any] = {} if replications is None else {"replications": replications}
        found["search"] = find(chain, **given, **settings)
    if sensitivity:
        found["sensitivity"] = chain.sensitivity(replications=replications, **settings)
    return found


def _tried(chain: ServiceChain, settings: Mapping[str, Any]) -> Levers | None:
    """What would help most; None where the chain has nothing to try."""
    from serviceflow.analysis.levers import LeverError

    try:
        return chain.levers(**settings)
    except LeverError:
        return None


# Reading and writing


def _survey(path: Path | None, instrument: str | None) -> Survey | None:
    """What people say, if a file of it is given; what it was read as, and what is wrong in it, is told."""
    if path is None:
        if instrument is not None:
            fail("--instrument: this is what a survey asks; give --survey with the file of answers, too")
        return None
    from serviceflow.quality.survey import Survey

    survey = Survey(path, instrument="auto" if instrument is None else instrument)
    typer.echo(f"{path}: {survey}", err=True)
    _tell_problems(survey)
    return survey


_MOST_PROBLEMS = 5
"""Problems of a survey that are told one by one."""


def _tell_problems(survey: Survey) -> None:
    first = survey.problems.head(_MOST_PROBLEMS).itertuples(index=False, name=None)
    for row, _, column, found, problem, done in first:
        place = f"row {row}, {column}" if row else str(column)
        what = f"{found!r}: " if found else ""
        typer.echo(one_line(f"  {place}: {what}{problem} ({done})"), err=True)
    more = len(survey.problems) - _MOST_PROBLEMS
    if more > 0:
        typer.echo(f"  and {more} more: see Survey(...).problems in Python", err=True)


def _started(chain: ServiceChain, start_from: Path | None) -> ServiceChain:
    """The chain with runs that start from a file, if one is given."""
    from serviceflow.api.experiments import starting_from

    return starting_from(chain, start_from)


def _load(model: Path, scenario: str | None = None) -> ServiceChain:
    from serviceflow.api.chains import load

    chain = load(model)
    if scenario is None:
        return chain
    try:
        return chain.scenario(scenario)
    except UnknownNameError as error:
        fail(f"{model}: {error}")


def _load_in_chinese(model: Path) -> ServiceChain:
    """The same, with what is wrong told in Chinese as far as there are translations."""
    from serviceflow.theory.checks.chinese import in_chinese

    try:
        return _load(model)
    except ModelError as error:
        told = ModelError(replace(one, message=in_chinese(one.message)) for one in error.problems)
        fail(str(told))


def _keep(keep: str, record: str | None) -> str:
    """What to keep, also where the option has its old name."""
    if record is None:
        return keep
    _warn("--record is an old name; use --keep")
    return record


def check_places(*paths: Path | None) -> None:
    """Say before the work, not after it, that a file cannot be written."""
    for path in filter(None, paths):
        if path.is_dir():
            fail(f"{path}: is a directory; name a file in it")
        if not path.absolute().parent.is_dir():
            fail(f"{path}: there is no directory {path.parent}; make it first, or name another")
        if not os.access(path.absolute().parent, os.W_OK):
            fail(f"{path}: you may not write in {path.absolute().parent}; name another directory")


def show(text: str, output: Path | None) -> None:
    if output is None:
        with _broken_pipe_is_fine():
            typer.echo(text, nl=not text.endswith("\n"))
    else:
        write_text(output, text)
        typer.echo(f"{output} written")


@contextmanager
def _broken_pipe_is_fine() -> Iterator[None]:
    """A reader that has seen enough (``| head``) is no error."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _json(table: pd.DataFrame) -> str:
    return table.to_json(orient="records", force_ascii=False, indent=1, double_precision=15) + "\n"


def _told(of: str, *what: object) -> str:
    """What a program reads: the answer, and every figure."""
    from serviceflow.view import as_json

    return json.dumps(getattr(as_json, of)(*what), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


# What people read


def titled(text: str) -> str:
    return f"{text}\n{'=' * len(text)}"


def wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False))


def _results_text(results: Results, levers: Levers | None = None) -> str:
    from serviceflow.view.screen import fitting

    head = f"{results.chain.name}: {_about_runs(results)}"
    shown, left_out = fitting(_headlines(results.headlines))
    rows = [
        (_group(row), _measure(row), _number(row.mean), _interval(row.ci_low, row.ci_high))
        for row in _rows(shown)
    ]
    table = _table(("", "mean", "interval"), rows, "lrl")
    rest = ["", wrapped(left_out)] if left_out else []
    answer = wrapped(results.bottlenecks(levers).sentence)
    return "\n".join([wrapped(head), "", answer, "", *table, *rest, ""])


def _comparison_text(comparison: Comparison) -> str:
    from serviceflow.view.screen import FEWEST, LINES, fitting, in_a_word

    results: Results = comparison[comparison.baseline]  # type: ignore[assignment]
    lines = [wrapped(f"{results.chain.name}: {_about_runs(results)}, common random numbers")]
    lines += _warned(comparison, comparison.baseline)
    lines += ["", wrapped(f"{comparison.baseline}: {results.bottlenecks().sentence}")]
    room = max(LINES // len(comparison.scenarios), FEWEST)
    for name in comparison.scenarios:
        found = _headlines(comparison.differences[comparison.differences["scenario"] == name])
        shown, left_out = fitting(found[found["baseline"].ne(0) | found["mean"].ne(0)], room)
        heads = ("", comparison.baseline, "scenario", "difference", "interval", "")
        lines += ["", titled(name), *_warned(comparison, name), wrapped(in_a_word(found)), ""]
        lines += _table(heads, [_difference(row) for row in _rows(shown)], "lrrrll")
        lines += [wrapped(left_out)] if left_out else []
    return "\n".join([*lines, "", STAR, ""])


def _warned(comparison: Comparison, name: str) -> list[str]:
    """What is to be warned of before the figures of a scenario are read."""
    return [wrapped(told) for scenario, told in comparison._warned if scenario == name]


def _difference(row: Any) -> tuple[str, ...]:
    return (
        _group(row),
        _measure(row),
        _number(row.baseline),
        _number(row.mean),
        _signed(row.difference),
        _interval(row.ci_low, row.ci_high),
        _verdict(row.simultaneous_low, row.simultaneous_high),
    )


def _group(row: Any) -> str:
    """What a figure is of, as its heading says it."""
    return row.name if row.scope in ("provider", "stock") else f"{SAID.get(row.scope, row.scope)} {row.name}"


def _about_runs(results: Results) -> str:
    program, count = results.runs.program, results.count
    many = "replication" if count == 1 else "replications"
    if results.runs.interrupted:
        many += f" (stopped before the other {results.runs.settings.replications - count})"
    length = format_duration(program.window[1] - program.window[0])
    return f"{count} {many} of {length}, seed {results.seed}, intervals at {results.confidence:.0%}"


def _headlines(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that a person sees first; an only consumer would say what the chain says."""
    only = table.loc[table["scope"] == "consumer", "name"].nunique() == 1
    chosen = [
        measure in HEADLINES.get(scope, ()) and not (only and scope == "consumer")
        for scope, measure in zip(table["scope"], table["measure"], strict=True)
    ]
    return table[chosen]


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    yield from table.itertuples(index=False)


def _measure(row: Any) -> str:
    plain = str(row.measure).replace("_", " ")
    return plain if row.unit in ("share", "money", "units", "") else f"{plain}, {row.unit}"


def _number(value: float) -> str:
    return "-" if value != value else figure(value)


def _signed(value: float) -> str:
    return _number(value) if value <= 0 or value != value else f"+{_number(value)}"


def _interval(low: float, high: float) -> str:
    return f"{_number(low)} to {_number(high)}" if low == low or high == high else ""


def _verdict(low: float, high: float) -> str:
    return "*" if low > 0 or high < 0 else ""


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], sides: str) -> list[str]:
    """Lines of a table: under each heading its figures, indented; numbers to the right.

    The first cell of a row is its heading, which stands once above all rows that have it.
    """
    from serviceflow.view.format import clean, clip, width

    cells = [heads, *((f"  {row[1]}", *row[2:]) for row in rows)]
    widths = [max(width(row[place]) for row in cells) for place in range(len(heads))]

    def line(row: tuple[str, ...]) -> str:
        gaps = [" " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)]
        parts = [
            gap + cell if side == "r" else cell + gap
            for cell, gap, side in zip(row, gaps, sides, strict=True)
        ]
        return "  ".join(parts).rstrip()

    lines, heading = [line(heads)], ""
    for row, shown in zip(rows, cells[1:], strict=True):
        if row[0] != heading:
            heading = row[0]
            lines.append(clip(clean(heading), WIDTH))
        lines.append(line(shown))
    return lines


STARTER = """\
serviceflow: 1                     # format version
name: Requests for purchase
time_unit: h                       # the unit of bare numbers and of every reported time
start: 2026-01-05                  # what the calendar reads at time 0: a Monday, 00:00
run: {duration: 12 weeks, warm_up: 2 weeks, replications: 20, seed: 1}

calendars:
  office hours: {mon-fri: "08:00-12:00, 13:00-17:00"}

providers:                         # who serves: how many, when, and by which rule
  Purchasing: {staff: 3, calendar: office hours, cost: 40 per hour}
  Managers:   {staff: 1, calendar: office hours}

services:                          # kinds of work
  Find supplier: {provider: Purchasing, duration: "lognormal(mean=90 min, cv=0.6)"}
  Approve:       {provider: Managers, duration: "triangular(low=5 min, mode=10 min, high=45 min)"}
  Place order:   {provider: Purchasing, duration: 30 min}

consumers:                         # who asks, how often, and what is promised to them
  Production:
    arrivals: {profile: {mon-fri: {"08:00-17:00": 1 per hour}}}
    enters: Find supplier
    sla: {resolution: 90% within 24 h, clock: office hours}

handoffs:                          # how a request gets from one service to the next
  Find supplier -> Approve:
    at: {mon-fri: "10:00, 15:00"}  # a folder that is carried over twice a day
    clarification: {probability: 15%, delay: exponential(mean=3 h)}
  Approve -> Find supplier: {probability: 10%}   # rejected: look again
  Approve -> Place order: {}                     # the rest

scenarios:
  Approval online:
    description: Managers see requests at once, on a form that asks for everything.
    changes:
      handoffs:
        Find supplier -> Approve: {at: null, clarification: {probability: 3%}}
"""
