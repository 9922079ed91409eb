"""The command line: check, run, compare, map, schema, new and demo.

Results go to standard output or to a file, messages to standard error. The exit status is 0, or 2 with a
message that says where, what, and what to do next.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serviceflow.errors import ServiceflowError

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.api.chains import ServiceChain
    from serviceflow.api.findings import Comparison, Results

app = typer.Typer(
    name="serviceflow",
    help="Map a chain of internal services, simulate it, and see where requests wait and why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DEMO = "hotel_checkin"
HEADLINES = {
    "chain": ("flow_time", "flow_time_p90", "waiting_time", "handoff_time", "throughput", "cost", "penalty"),
    "consumer": ("flow_time", "flow_time_p90", "first_time_right"),
    "provider": ("utilization", "waiting_time"),
    "sla": ("attainment",),
    "stock": ("mean_level", "stockout_share"),
}
"""The figures that a person sees first; the csv and json formats have all of them."""

RUNNABLE = ("=", "+", "-", "@", "\t", "\r")
"""Starts of text that a spreadsheet would take for a formula."""


class Format(StrEnum):
    text = "text"
    csv = "csv"
    json = "json"


Model = Annotated[Path, typer.Argument(help="The model file.", show_default=False)]
Duration = Annotated[str | None, typer.Option(help="Length of the window, such as '4 weeks'.")]
WarmUp = Annotated[str | None, typer.Option(help="Time before the window.")]
Replications = Annotated[int | None, typer.Option(min=1, help="How many independent runs.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Key of the random numbers.")]
Engine = Annotated[str, typer.Option(help="auto, simpy or compiled.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]


def main() -> None:
    """Run the command line."""
    app(prog_name="serviceflow")


def polite(command: Callable[..., None]) -> Callable[..., None]:
    """Turn whatever a user can cause into a message and exit status 2."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except ServiceflowError as error:
            fail(str(error))
        except (OSError, UnicodeDecodeError) as error:
            fail(_about_file(error))
        except KeyError as error:
            fail(str(error.args[0]) if error.args else str(error))
        except KeyboardInterrupt:
            fail("stopped before anything had finished")

    return run


def fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _about_file(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "the file is not text in UTF-8; save it with this encoding"
    name = error.filename or "file"
    return f"{name}: {(error.strerror or str(error)).lower()}; check the path and who may read or write it"


@app.command()
@polite
def check(model: Model) -> None:
    """Say what is wrong or remarkable, and how loaded every provider is, without simulating."""
    chain = _load(model)
    report = chain.check()
    typer.echo(str(report))
    if not report.ok:
        raise typer.Exit(2)


@app.command()
@polite
def run(
    model: Model,
    scenario: Annotated[str | None, typer.Option(help="Run the chain as this scenario changes it.")] = None,
    duration: Duration = None,
    warm_up: WarmUp = None,
    replications: Replications = None,
    seed: Seed = None,
    engine: Engine = "auto",
    format: FormatOption = Format.text,
    visits: Annotated[Path | None, typer.Option(help="Write every visit to this CSV file.")] = None,
    output: Output = None,
) -> None:
    """Simulate a chain and print its figures."""
    chain = _load(model)
    if scenario is not None:
        chain = chain.scenario(scenario)
    results = chain.simulate(duration, warm_up, replications, seed, engine=engine)
    if visits is not None:
        write(visits, guarded(results.visits).to_csv(index=False))
    texts = {
        Format.text: lambda: _results_text(results),
        Format.csv: lambda: guarded(results.kpis).to_csv(index=False),
        Format.json: lambda: _json(results.kpis),
    }
    show(texts[format](), output)


@app.command()
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
    format: FormatOption = Format.text,
    output: Output = None,
) -> None:
    """Simulate a chain and its scenarios with common random numbers, and print what differs."""
    chain = _load(model)
    comparison = chain.compare(
        scenario or None,
        duration=duration,
        warm_up=warm_up,
        replications=replications,
        seed=seed,
        engine=engine,
    )
    texts = {
        Format.text: lambda: _comparison_text(comparison),
        Format.csv: lambda: guarded(comparison.differences).to_csv(index=False),
        Format.json: lambda: _json(comparison.differences),
    }
    show(texts[format](), output)


@app.command()
@polite
def map(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="A .svg, .png, .pdf or .dot file.")],
    services: Annotated[bool, typer.Option("--services", help="Who serves whom, with SLAs.")] = False,
    results: Annotated[bool, typer.Option("--results", help="Simulate first, and show the figures.")] = False,
    scenario: Annotated[str | None, typer.Option(help="The chain as this scenario changes it.")] = None,
    replications: Replications = None,
    seed: Seed = None,
) -> None:
    """Draw how work flows, or who serves whom."""
    chain = _load(model)
    if scenario is not None:
        chain = chain.scenario(scenario)
    shown: ServiceChain | Results = chain
    if results:
        shown = chain.simulate(replications=replications, seed=seed)
    drawn = shown.service_map() if services else shown.map()
    typer.echo(f"{drawn.save(output)} written")


@app.command()
@polite
def schema(output: Output = None) -> None:
    """Print the JSON Schema of model files, with which editors complete and check them."""
    from serviceflow.formats.schema import json_schema

    show(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", output)


@app.command()
@polite
def new(path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("model.yaml")) -> None:
    """Write a small model file to start from."""
    if path.exists():
        fail(f"{path} exists already; name another file, or move it away first")
    write(path, STARTER)
    typer.echo(f"{path} written; next: serviceflow check {path}, then serviceflow run {path}")


@app.command()
@polite
def demo(
    folder: Annotated[Path, typer.Option(help="Where the maps are left.")] = Path("output"),
) -> None:
    """Check, run and map the hotel chain, and compare it with its redesign."""
    from serviceflow.api.chains import example

    chain = example(DEMO)
    typer.echo(f"{chain.name}: {chain!r}\n\nCheck\n-----\n{chain.check()}\n")
    typer.echo("Simulating today and the redesigns, 5 replications each ...", err=True)
    comparison = chain.compare(replications=5)
    results: Results = comparison[comparison.baseline]  # type: ignore[assignment]
    typer.echo(f"Where requests wait\n-------------------\n{results.bottlenecks().sentence}\n")
    typer.echo(f"What a redesign would change\n----------------------------\n{_comparison_text(comparison)}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, drawn in (("hotel_map", results.map()), ("hotel_services", results.service_map())):
        typer.echo(f"{drawn.save(folder / f'{name}.svg')} written: open it in a browser")


@app.command()
@polite
def report(model: Model, output: Output = None) -> None:
    """Write one self-contained HTML report (not supported yet)."""
    fail("report is not supported yet; use run, compare and map")


# Reading and writing


def _load(model: Path) -> ServiceChain:
    from serviceflow.api.chains import load

    return load(model)


def show(text: str, output: Path | None) -> None:
    if output is None:
        with _broken_pipe_is_fine():
            typer.echo(text, nl=not text.endswith("\n"))
    else:
        write(output, text)
        typer.echo(f"{output} written")


@contextmanager
def _broken_pipe_is_fine() -> Iterator[None]:
    """A reader that has seen enough (``| head``) is no error."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def guarded(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts a spreadsheet will not run: those that start like a formula get an apostrophe."""

    def guard(value: object) -> object:
        return f"'{value}" if isinstance(value, str) and value.startswith(RUNNABLE) else value

    texts = [name for name in table.columns if not _is_numeric(table[name])]
    safe: dict[str, Any] = {name: [guard(value) for value in table[name]] for name in texts}
    return table.assign(**safe).rename(columns=lambda name: str(guard(name)))


def _is_numeric(column: pd.Series[Any]) -> bool:
    from pandas.api.types import is_numeric_dtype

    return bool(is_numeric_dtype(column))


def _json(table: pd.DataFrame) -> str:
    return table.to_json(orient="records", force_ascii=False, indent=1, double_precision=15) + "\n"


# What people read


def _results_text(results: Results) -> str:
    table = _headlines(results.kpis)
    lines = [f"{results.chain.name}: {_about_runs(results)}", "", results.bottlenecks().sentence, ""]
    rows = [
        (
            row.scope,
            row.name,
            _measure(row.measure, row.unit),
            _number(row.mean),
            _interval(row.ci_low, row.ci_high),
        )
        for row in _rows(table)
    ]
    return "\n".join([*lines, *_columns(("of", "name", "figure", "mean", "interval"), rows, "lllrl"), ""])


def _comparison_text(comparison: Comparison) -> str:
    results: Results = comparison[comparison.baseline]  # type: ignore[assignment]
    lines = [f"{results.chain.name}: {_about_runs(results)}, common random numbers"]
    for name in comparison.scenarios:
        found = comparison.differences
        found = _headlines(found[found["scenario"] == name])
        found = found[(found["baseline"] != 0) | (found["mean"] != 0)]
        rows = [
            (
                row.name if row.scope != "chain" else "whole chain",
                _measure(row.measure, row.unit),
                _number(row.baseline),
                _number(row.mean),
                _signed(row.difference),
                _interval(row.ci_low, row.ci_high),
                _verdict(row.simultaneous_low, row.simultaneous_high),
            )
            for row in _rows(found)
        ]
        heads = ("of", "figure", comparison.baseline, "scenario", "difference", "interval", "")
        lines += ["", name, "=" * len(name), *_columns(heads, rows, "llrrrll")]
    lines += ["", "* differs from 0 at the stated confidence, all scenarios of a figure taken together", ""]
    return "\n".join(lines)


def _about_runs(results: Results) -> str:
    program, count = results.program, len(results.records)
    length = (program.window[1] - program.window[0]) / program.time_unit
    return (
        f"{count} {'replication' if count == 1 else 'replications'} of {length:,.6g} {program.unit},"
        f" seed {results.seed}, intervals at {results.confidence:.0%}"
    )


def _headlines(table: pd.DataFrame) -> pd.DataFrame:
    chosen = [
        measure in HEADLINES.get(scope, ())
        for scope, measure in zip(table["scope"], table["measure"], strict=True)
    ]
    return table[chosen]


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    yield from table.itertuples(index=False)


def _measure(measure: str, unit: str) -> str:
    plain = measure.replace("_", " ")
    return plain if unit in ("share", "money", "") else f"{plain}, {unit}"


def _number(value: float) -> str:
    if value != value:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _signed(value: float) -> str:
    return _number(value) if value <= 0 or value != value else f"+{_number(value)}"


def _interval(low: float, high: float) -> str:
    return f"{_number(low)} to {_number(high)}" if low == low or high == high else ""


def _verdict(low: float, high: float) -> str:
    return "*" if low > 0 or high < 0 else ""


def _columns(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], sides: str) -> list[str]:
    """Lines of a table, columns as wide as their widest cell, texts to the left and numbers to the right."""
    from serviceflow.view.texts import clip, width

    cells = [tuple(clip(cell, 30) for cell in row) for row in (heads, *rows)]
    widths = [max(width(row[place]) for row in cells) for place in range(len(heads))]

    def line(row: tuple[str, ...]) -> str:
        padded = [
            " " * (wide - width(cell)) + cell if side == "r" else cell + " " * (wide - width(cell))
            for cell, wide, side in zip(row, widths, sides, strict=True)
        ]
        return "  ".join(padded).rstrip()

    return [line(cells[0]), "  ".join("-" * wide for wide in widths), *(line(row) for row in cells[1:])]


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
