"""Results in one file: a zip of JSON and NumPy arrays, nothing that runs when it is read."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from io import BytesIO
from math import prod
from os import PathLike
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.record.record import Record, Table
from serviceflow.errors import ServiceflowError
from serviceflow.experiment.replicate import Runs, Settings
from serviceflow.results.soundness import check_arrays, check_record, expect, field
from serviceflow.results.summary_record import Digest

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

FORMAT = 3
HEAD = "results.json"
CONTENTS = "contents.json"
"""The length and the check sum of every other part."""
LARGEST_HEAD = 2**28
LARGEST_ARRAY = 2**36
"""Bytes that a part may have."""


class StorageError(ServiceflowError, ValueError):
    """A file of results that cannot be read or written."""


def save_runs(runs: Runs, scenario: str, path: str | PathLike[str]) -> None:
    """Write runs to a file, beside first, then renamed."""
    target = Path(path)
    head = json.dumps(_head(runs, scenario), ensure_ascii=False, indent=1)
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as beside:
        try:
            with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr(HEAD, head)
                for number, record in enumerate(runs.records):
                    _write_record(archive, number, record)
                for number, digest in enumerate(runs.digests):
                    for place, array in enumerate(digest.arrays().values()):
                        _write_array(archive, _summary_member(number, place), array)
                archive.writestr(CONTENTS, json.dumps(_contents(archive)))
            beside.close()
            os.replace(beside.name, target)
        except BaseException:
            beside.close()
            Path(beside.name).unlink(missing_ok=True)
            raise


def _contents(archive: zipfile.ZipFile) -> dict[str, list[int]]:
    return {one.filename: [one.CRC, one.file_size] for one in archive.infolist()}


def _head(runs: Runs, scenario: str) -> dict[str, Any]:
    chain = runs.program.written
    settings = asdict(runs.settings)
    for name in ("duration", "warm_up"):
        settings[name] = None if settings[name] is None else _plain(getattr(runs.settings, name))
    return {
        "serviceflow results": FORMAT,
        "scenario": scenario,
        "seed": runs.seed,
        "engine": runs.engine,
        "interrupted": runs.interrupted,
        "settings": settings,
        "folder": str(chain.folder) if chain.folder is not None else None,
        "chain": chain.to_dict(),
        "records": [_record_head(record) for record in runs.records],
        "summaries": [list(digest.arrays()) for digest in runs.digests],
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float) else str(value)


def _record_head(record: Record) -> dict[str, Any]:
    tables = {name: getattr(record, name) for name in Record.TABLES}
    columns = {name: [len(table), list(table.columns)] for name, table in tables.items()}
    return {"replication": record.replication, "stopped": record.stopped, "tables": columns}


def _write_record(archive: zipfile.ZipFile, number: int, record: Record) -> None:
    for name in Record.TABLES:
        for place, column in enumerate(getattr(record, name).columns.values()):
            _write_array(archive, _member(number, name, place), column)


def _write_array(archive: zipfile.ZipFile, member: str, array: NDArray[Any]) -> None:
    buffer = BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=False)
    archive.writestr(member, buffer.getbuffer())


def _summary_member(number: int, place: int) -> str:
    return f"summaries/{number}/{place}.npy"


def _member(number: int, table: str, place: int) -> str:
    return f"records/{number}/{table}/{place}.npy"


# Reading


def load_runs(path: str | PathLike[str]) -> tuple[Runs, str]:
    """Read runs and the name of their scenario.

    Raises
    ------
    OSError
        If the file cannot be opened.
    StorageError
        If the file holds no results that this version can read, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _Reader(archive, str(path)).runs()
    except zipfile.BadZipFile as error:
        raise StorageError(
            f"{path}: this is not a whole file of results ({error}): give a file that Results.save wrote"
        ) from error
    except (FileNotFoundError, PermissionError, IsADirectoryError, StorageError):
        raise
    except Exception as error:
        raise StorageError(f"{path}: {_DAMAGED} ({error})") from error


def load_one(path: str | PathLike[str], program: Program, record: str) -> tuple[str, Any]:
    """The engine and what was kept of the only replication in a file, of a program that is known.

    Raises
    ------
    OSError
        If the file cannot be opened.
    StorageError
        If it holds no such replication, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _Reader(archive, str(path)).one(program, record)
    except (OSError, StorageError):
        raise
    except Exception as error:
        raise StorageError(f"{path}: {_DAMAGED} ({error})") from error


_DAMAGED = "the file is damaged; save the results again, or take a copy that is whole"


class _Reader:
    """Reads one archive; whatever goes wrong is told with the place in it."""

    def __init__(self, archive: zipfile.ZipFile, path: str) -> None:
        self.archive = archive
        self.path = path

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Tell of whatever goes wrong with a part of the file that it is damaged there."""
        try:
            yield
        except StorageError:
            raise
        except Exception as error:
            what = str(error) or type(error).__name__
            raise StorageError(f"{self.path}: {_DAMAGED} ({place}: {what})") from error

    def runs(self) -> tuple[Runs, str]:
        head = self.head()
        if CONTENTS in self.archive.namelist():
            self.compare_contents()
        with self.at(HEAD):
            settings = _settings(field(head, "settings", dict))
            seed, engine = field(head, "seed", int), field(head, "engine", str)
            scenario, interrupted = field(head, "scenario", str), field(head, "interrupted", bool)
            expect(0 <= seed < 2**64, f"'seed' is {seed}")
            record_heads = field(head, "records", list)
            names = field(head, "summaries", list) if "summaries" in head else []
            expect(bool(record_heads) != bool(names), "it holds no replication, or two kinds of them")
        program = self.program(head, settings)
        records = tuple(self.record(number, one, program, seed) for number, one in enumerate(record_heads))
        digests = tuple(self.digest(number, one, program) for number, one in enumerate(names))
        return Runs(program, records, seed, engine, settings, interrupted, digests), scenario

    def one(self, program: Program, record: str) -> tuple[str, Any]:
        """The engine and the only replication, of a program that is known."""
        head = self.head()
        self.compare_contents()
        with self.at(HEAD):
            heads = field(head, "records" if record == "full" else "summaries", list)
            expect(len(heads) == 1, f"it holds {len(heads)} replications")
            seed, engine = field(head, "seed", int), field(head, "engine", str)
        if record == "full":
            return engine, self.record(0, heads[0], program, seed)
        return engine, self.digest(0, heads[0], program)

    def head(self) -> dict[str, Any]:
        with self.at(HEAD):
            head = json.loads(self.read(HEAD, LARGEST_HEAD))
            expect(isinstance(head, dict), "it is no mapping")
        _check_format(head, self.path)
        return head  # type: ignore[no-any-return]

    def compare_contents(self) -> None:
        """Compare every part with the sums that were noted when the file was written."""
        with self.at(CONTENTS):
            noted = json.loads(self.read(CONTENTS, LARGEST_HEAD))
            expect(isinstance(noted, dict), "it is no mapping")
        parts = _contents(self.archive)
        del parts[CONTENTS]
        for name in [*noted, *parts]:
            with self.at(name):
                expect(name in parts, "it is missing")
                expect(parts[name] == noted.get(name), "it is not what was written")

    def program(self, head: dict[str, Any], settings: Settings) -> Program:
        from serviceflow.engine.program import lowering
        from serviceflow.model.chain import Chain

        with self.at(HEAD):
            folder = field(head, "folder", str, type(None))
            data = field(head, "chain", dict)
        try:
            chain = Chain.from_dict(data, folder)
            lower: Callable[..., Program] = lowering.lower
            return lower(
                chain, duration=settings.duration, warm_up=settings.warm_up, horizon=settings.horizon
            )
        except ServiceflowError as error:
            raise StorageError(f"{self.path}: the chain of these results cannot be read: {error}") from error
        except Exception as error:
            raise StorageError(f"{self.path}: {_DAMAGED} ({HEAD}, chain: {error})") from error

    def record(self, number: int, head: Any, program: Program, seed: int) -> Record:
        with self.at(f"{HEAD}, records {number}"):
            replication, stopped = field(head, "replication", int), field(head, "stopped", int)
            tables = field(head, "tables", dict)
            expect(replication >= 0 and 0 <= stopped < 2**63, "its numbers are no numbers of a run")
            expect(set(tables) == set(Record.TABLES), f"its tables are {', '.join(map(str, tables))}")
        found = {name: self.table(number, name, tables[name]) for name in Record.TABLES}
        record = Record(program, seed, replication, stopped, **found)
        with self.at(f"records/{number}"):
            check_record(record)
        return record

    def table(self, number: int, name: str, head: Any) -> Table:
        with self.at(f"{HEAD}, records {number}, {name}"):
            rows, columns = head
            expect(
                isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0, f"it has {rows!r} rows"
            )
            expect(isinstance(columns, list) and all(isinstance(one, str) for one in columns), "no columns")
            expect(len(set(columns)) == len(columns), "a column is there twice")
        found = {
            column: self.array(_member(number, name, place), (rows,)) for place, column in enumerate(columns)
        }
        return Table(found, rows)

    def digest(self, number: int, names: Any, program: Program) -> Digest:
        with self.at(f"{HEAD}, summaries {number}"):
            expect(isinstance(names, list) and all(isinstance(one, str) for one in names), "no names")
        arrays = {name: self.array(_summary_member(number, place)) for place, name in enumerate(names)}
        with self.at(f"summaries/{number}"):
            check_arrays(arrays, Digest(program))
            found = Digest.of_arrays(program, arrays)
            found.figures()
            return found

    def array(self, member: str, shape: tuple[int, ...] | None = None) -> NDArray[Any]:
        """An array of numbers of the shape that is expected; nothing is made before its size is known."""
        with self.at(member):
            content = self.read(member, LARGEST_ARRAY)
            stream = BytesIO(content)
            version = np.lib.format.read_magic(stream)
            expect(version == (1, 0), f"it is of version {version}")
            found, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
            expect(shape is None or found == shape, f"it has the shape {found}, not {shape}")
            expect(dtype.kind in "if" and dtype.itemsize == 8 and dtype.isnative, f"it holds {dtype}")
            expect(prod(found) * 8 == len(content) - stream.tell(), "it is cut off, or too long")
            values = np.frombuffer(content, dtype, offset=stream.tell())
            return values.reshape(found, order="F" if fortran else "C").copy()

    def read(self, member: str, most: int) -> bytes:
        expect(member in self.archive.namelist(), "it is missing")
        expect(self.archive.getinfo(member).file_size <= most, "it is too large")
        return self.archive.read(member)


def _check_format(head: dict[str, Any], path: str) -> None:
    found = head.get("serviceflow results")
    if found != FORMAT or isinstance(found, bool):
        raise StorageError(
            f"{path}: results of format {found!r} cannot be read: this version reads format {FORMAT};"
            " run the chain again and save the results, or read them with the version that wrote them"
        )


def _settings(given: dict[str, Any]) -> Settings:
    names = [one.name for one in fields(Settings)]
    unknown = next((name for name in given if name not in names), None)
    expect(unknown is None, f"there is no setting {unknown!r}")
    for name in ("duration", "warm_up"):
        field(given, name, str, int, float, type(None))
    horizon, record = field(given, "horizon", str, type(None)), field(given, "record", str)
    expect(horizon in (None, "steady", "terminating"), f"'horizon' is {horizon!r}")
    expect(record in ("full", "summary"), f"'record' is {record!r}")
    expect(field(given, "replications", int) > 0, f"'replications' is {given['replications']}")
    expect(0 < field(given, "confidence", float) < 1, f"'confidence' is {given['confidence']}")
    return Settings(**given)
