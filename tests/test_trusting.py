"""The trust card: theory, rules, warm-up and precision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import serviceflow as sf
from serviceflow.engine.record.record import Record


def desk(rate: str = "6 per hour") -> sf.ServiceChain:
    chain = sf.ServiceChain("Desk")
    chain.add_provider("Clerk", staff=1)
    chain.add_service("Ask", provider="Clerk", duration="exponential(mean=5 min)")
    chain.add_consumer("Clients", arrivals={"rate": rate}, enters="Ask")
    return chain


@pytest.fixture(scope="module")
def results() -> Any:
    return desk().simulate("600 h", "20 h", 10, 7)


def test_sound_results_have_no_doubts(results: Any) -> None:
    card = results.check()
    assert card.ok, card.doubts
    assert card.audit.ok
    assert 1 <= card.audited <= 10
    assert set(card.theory["verdict"]) <= {"agrees", "cannot be told"}
    assert {"M/M/1", "Little", "traffic equations"} <= set(card.theory["method"])
    assert repr(card) == "TrustCard('Desk': nothing speaks against it)"


def test_text_has_all_four(results: Any) -> None:
    text = str(results.check(rules=False))
    for word in ("Theory: ", "Warm-up: ", "Precision: Desk: flow time within"):
        assert word in text
    assert "Rules: " not in text
    assert "keep every rule" in str(results.check())


def test_run_without_warm_up_is_apart_from_theory() -> None:
    card = desk("11 per hour").simulate("10 h", 0, 20, 7).check(rules=False)
    apart = card.theory[card.theory["verdict"] == "apart"]
    assert {"queue_length", "work_in_progress"} <= set(apart["measure"])
    assert (apart["off"] < 0).all()
    assert not card.ok
    assert any("by theory (" in doubt for doubt in card.doubts)


def test_broken_rule_is_a_doubt(results: Any) -> None:
    records = list(results.runs.records)
    records[0] = _spoiled(records[0])
    spoiled = type(results)(replace(results.runs, records=tuple(records)))
    card = spoiled.check()
    assert not card.audit.ok
    assert any("broken rules" in doubt for doubt in card.doubts)


def _spoiled(record: Record) -> Record:
    """A record in which a visit starts before it arrives."""
    columns = {name: record.visits[name].copy() for name in record.visits.columns}
    columns["started"][5] = columns["arrived"][5] - 1
    return replace(record, visits=type(record.visits)(columns, len(record.visits)))


def test_precision_that_is_not_reached_is_a_doubt() -> None:
    card = desk().simulate("20 h", 0, precision={"flow_time": 0.001}, at_most=10, seed=7).check(rules=False)
    assert any("precision that was asked for" in doubt for doubt in card.doubts)


def test_single_replication_cannot_be_told() -> None:
    card = desk().simulate("20 h", 0, 1, 7, engine="compiled").check(rules=False)
    assert set(card.theory["verdict"]) <= {"cannot be told", "agrees"}


def test_summaries_have_theory_but_no_rules() -> None:
    card = desk().simulate("20 h", 0, 3, 7, keep="summary", engine="compiled").check()
    assert card.audit is None
    assert card.warm_up is None
    assert len(card.theory)


def test_chain_without_exact_answers_says_so() -> None:
    chain = sf.ServiceChain("Shift")
    chain.add_provider("Clerk", staff={"mon-sun": {"08:00-16:00": 1}}, off_shift="finish")
    chain.add_service("Ask", provider="Clerk", duration="exponential(mean=5 min)")
    chain.add_consumer("Clients", arrivals={"population": 3, "think": "1 h"}, enters="Ask")
    text = str(chain.simulate("3 days", 0, 2, 7, engine="compiled").check(rules=False))
    assert "no exact answer" in text


def test_names_are_escaped(results: Any) -> None:
    card = replace(results.check(rules=False), name="<b>")
    assert "<b>" not in card._repr_html_()


def test_report_shows_exact_answers(results: Any, tmp_path: Any) -> None:
    path = tmp_path / "desk.html"
    results.report(path)
    text = path.read_text("utf-8")
    assert "Exact answers beside those simulated" in text
    assert "traffic equations" in text
