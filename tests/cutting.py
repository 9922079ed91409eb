"""Records cut into pieces: whole families in any order, with what the stocks did in each stretch of time."""

from dataclasses import replace

import numpy as np

from serviceflow.engine.record.record import Table

UNFINISHED = 3


def families(requests):
    """For each request the row of the one at the head of its family."""
    heads = np.arange(len(requests))
    parents = requests.get("parent", -1)
    while True:
        above = np.where(parents[heads] >= 0, parents[heads], heads)
        if (above == heads).all():
            return heads
        heads = above


def rows_of(table, rows, **changed):
    columns = {name: column[rows] for name, column in table.columns.items()}
    return Table(columns | {name: column for name, column in changed.items() if name in columns}, len(rows))


def renumbered(rows, size):
    """The new number of each old row; -1 stays -1."""
    places = np.full(size + 1, -1, dtype=np.int64)
    places[rows] = np.arange(len(rows))
    return places


def piece_of(record, chosen, stopped, stocks, outages):
    """The piece with the requests that are chosen, and some rows of stocks and outages."""
    requests, visits, pauses = record.requests, record.visits, record.pauses
    own = np.flatnonzero(chosen)
    numbers = renumbered(own, len(requests))
    seen = np.flatnonzero(chosen[visits["request"]]) if len(visits) else np.empty(0, dtype=np.int64)
    places = renumbered(seen, len(visits))
    stood = np.flatnonzero(places[pauses["visit"]] >= 0) if len(pauses) else np.empty(0, dtype=np.int64)
    return replace(
        record,
        stopped=stopped,
        requests=rows_of(requests, own, parent=numbers[requests.get("parent", -1)[own]]),
        visits=rows_of(
            visits,
            seen,
            request=numbers[visits["request"][seen]] if len(visits) else seen,
            previous=places[visits.get("previous", -1)[seen]],
        ),
        pauses=rows_of(pauses, stood, visit=places[pauses["visit"][stood]]) if len(pauses) else pauses,
        stocks=rows_of(record.stocks, stocks),
        outages=rows_of(record.outages, outages),
    )


def cut(record, instants):
    """The pieces of a record that are complete at some instants, and the rest.

    A family is in the first piece after it has ended; one that has not ended is in the last.
    """
    requests = record.requests
    heads = families(requests)
    open_ = np.zeros(len(requests), dtype=bool)
    np.logical_or.at(open_, heads, requests["ended"] < 0)
    ends = np.zeros(len(requests), dtype=np.int64)
    np.maximum.at(ends, heads, requests["ended"])
    if len(record.visits):
        owners = heads[record.visits["request"]]
        np.logical_or.at(open_, owners, record.visits["left"] < 0)
        np.maximum.at(ends, owners, record.visits["left"])
    numbers = np.where(open_, len(instants), np.searchsorted(instants, ends))[heads]
    return [
        piece_of(record, numbers == number, until, *_between(record, since, until, number == len(instants)))
        for number, (since, until) in enumerate(
            zip([-1, *instants], [*instants, record.stopped], strict=True)
        )
    ]


def _between(record, since, until, last):
    for table, column in ((record.stocks, "time"), (record.outages, "end")):
        times = table.get(column)
        yield np.flatnonzero((times > since) & ((times <= until) | last))


def cut_at_random(record, rng, pieces):
    """Pieces at random instants of the run."""
    return cut(record, np.sort(rng.integers(0, max(record.stopped, 1), pieces - 1)))


INSTANTS = {"asked", "ended", "arrived", "queued", "started", "finished", "left", "start", "end", "time"}


def later(piece, ticks):
    """The same piece, a while later."""

    def moved(table):
        columns = {
            name: np.where(column >= 0, column + ticks, column) if name in INSTANTS else column
            for name, column in table.columns.items()
        }
        return Table(columns, table.rows)

    tables = {name: moved(getattr(piece, name)) for name in piece.TABLES}
    return replace(piece, stopped=piece.stopped + ticks, **tables)
