"""What programs read of results, comparisons and levers: the answer in words, and every figure."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.bottlenecks import Bottlenecks, bottlenecks
from serviceflow.theory.checks.check import findings_of
from serviceflow.units import format_duration
from serviceflow.view.screen import in_a_word

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.analysis.audit import AuditReport
    from serviceflow.analysis.levers import Levers
    from serviceflow.results.comparison import Comparison
    from serviceflow.results.results import Results

Data = dict[str, Any]


def results_data(results: Results, levers: Levers | None = None, audit: AuditReport | None = None) -> Data:
    """The answer, what it is made of, and every figure of some results."""
    found = bottlenecks(results, levers)
    findings = [{"scenario": results.scenario_name, **asdict(one)} for one in findings_of(results.chain)]
    return {
        "chain": results.chain.name,
        "scenario": results.scenario_name,
        "run": _run(results),
        "findings": findings,
        **_answer(found),
        **({"levers": levers_data(levers)} if levers is not None else {}),
        **({"audit": [asdict(one) for one in audit]} if audit is not None else {}),
        "kpis": records(results.kpis),
    }


def comparison_data(comparison: Comparison) -> Data:
    """The answer of the baseline, and what each scenario changes, in the model and in every figure."""
    base: Results = comparison[comparison.baseline]
    table = comparison.differences
    words = {name: in_a_word(table[table["scenario"] == name]) for name in comparison.scenarios}
    return {
        "chain": base.chain.name,
        "baseline": comparison.baseline,
        "run": _run(base),
        "paired": {name: comparison.paired(name) for name in comparison.scenarios},
        "findings": records(comparison.findings),
        **_answer(bottlenecks(base)),
        "scenarios": words,
        "changes": records(comparison.changes),
        "differences": records(table),
        "kpis": records(comparison.kpis),
    }


def levers_data(levers: Levers) -> Data:
    """What would help most, in words, and every lever that was tried."""
    return {
        "chain": levers.chain.name,
        "objective": levers.objective,
        "sentence": levers.sentence(),
        "best": list(levers.best),
        "replications": levers.race.spent,
        "failed": levers.failed,
        "table": records(levers.table),
    }


def _answer(found: Bottlenecks) -> Data:
    """The verdict in words, by what it is about, and the tables that it is read from."""
    return {
        "answer": {"sentence": found.sentence, **found.sentences, "verdict": list(found.verdict)},
        "lost": records(found.lost),
        "promises": records(found.promises),
        "lost_time": records(found.lost_time),
    }


def _run(results: Results) -> Data:
    """What was run, and how often."""
    start, end = results.runs.program.window
    return {
        "replications": results.count,
        "interrupted": results.interrupted,
        "seed": results.seed,
        "engine": results.engine,
        "warm_up": format_duration(start),
        "duration": format_duration(end - start),
        "confidence": results.confidence,
        "time_unit": results.time_unit,
    }


def records(table: pd.DataFrame) -> list[Data]:
    """The rows of a table; what is missing is null."""
    rows: list[Data] = json.loads(table.to_json(orient="records", force_ascii=False, double_precision=15))
    return rows
