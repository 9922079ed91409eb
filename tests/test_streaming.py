"""A record in parts is the whole record in another order, cut where whole families are over."""

from pathlib import Path

import pytest

import serviceflow as sf
from random_chains import random_chain
from serviceflow.engine.kernel import arena, streaming
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.program.lowering import lower

MODELS = Path(__file__).parent.parent / "models"
BURST = """
serviceflow: 1
name: Burst
time_unit: min
providers: {A: {staff: 3}}
services: {First: {provider: A, duration: exponential(mean=4 min)}}
consumers: {Guests: {enters: First, arrivals: {every: exponential(mean=100 h), batch: 3000}}}
run: {duration: 1000 h, seed: 1}
"""


def rows_of(record):
    """Every row, with what says row numbers replaced by what they are the numbers of."""
    names = {
        name: list(zip(*(table[column].tolist() for column in table.columns), strict=True))
        for name, table in ((name, getattr(record, name)) for name in record.TABLES)
        if table.columns
    }
    asked = record.requests
    request = list(zip(*(asked[name].tolist() for name in ("kind", "source", "number")), strict=True))
    visits, visit = record.visits, []
    for row in range(len(visits)):
        visit.append((request[visits["request"][row]], visits["service"][row], visits["asked"][row]))
    return names, request, visit


def replaced(table, column, names, rows):
    """Rows of a table with a column of row numbers replaced."""
    place = list(table.columns).index(column)
    return [(*row[:place], names[row[place]] if row[place] >= 0 else None, *row[place + 1 :]) for row in rows]


def everything(record):
    names, request, visit = rows_of(record)
    found = [("request", *row) for row in replaced(record.requests, "parent", request, names["requests"])]
    if len(record.visits):
        rows = replaced(record.visits, "request", request, names["visits"])
        if "previous" in record.visits:
            rows = replaced(record.visits, "previous", visit, rows)
        found += [("visit", *row) for row in rows]
    if len(record.pauses):
        found += [("pause", *row) for row in replaced(record.pauses, "visit", visit, names["pauses"])]
    for name in ("stocks", "outages"):
        found += [(name, *row) for row in names.get(name, [])]
    return [repr(row) for row in found]


def pieces_of(program, seed, rows=64):
    return list(compiled.run_pieces(program, seed, 0, rows))


@pytest.mark.parametrize("number", range(60))
def test_the_parts_together_are_the_whole(number):
    program = lower(random_chain(number))
    try:
        whole = compiled.run(program, number)
    except sf.DeadlockError as error:
        with pytest.raises(sf.DeadlockError, match=str(error).splitlines()[0][:30]):
            pieces_of(program, number)
        return
    pieces = pieces_of(program, number)
    assert pieces[-1].stopped == whole.stopped
    assert sorted(row for piece in pieces for row in everything(piece)) == sorted(everything(whole))


def test_parts_are_cut_where_families_are_over():
    program = lower(sf.load(MODELS / "hotel_checkin.yaml"), duration="3 weeks")
    *pieces, last = pieces_of(program, 2)
    assert len(pieces) > 10
    for piece in pieces:
        assert (piece.requests["ended"] >= 0).all()
        assert (piece.visits["left"] >= 0).all()
        assert piece.stopped <= last.stopped
        for name in ("request", "previous"):
            assert (piece.visits.get(name) < len(piece.visits)).all()


def test_a_run_that_needs_more_memory_at_once_begins_anew_and_gives_nothing_twice(monkeypatch):
    began = []
    start = streaming.Stream.start
    monkeypatch.setattr(streaming.Stream, "start", lambda *asked: (began.append(1), start(*asked)))
    monkeypatch.setattr(arena, "FIRST_ROWS", 600)
    program = lower(sf.loads(BURST))
    pieces = pieces_of(program, 4)
    assert len(began) > 1
    whole = compiled.run(program, 4)
    assert sorted(row for piece in pieces for row in everything(piece)) == sorted(everything(whole))


def test_a_run_in_which_nobody_asks_has_one_empty_part():
    (piece,) = pieces_of(lower(sf.loads(BURST), duration="1 s"), 4)
    assert (len(piece.requests), len(piece.visits)) == (0, 0)
