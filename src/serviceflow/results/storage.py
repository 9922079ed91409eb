"""Results in one file: a zip of JSON and NumPy arrays, nothing that runs when it is read."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from io import BytesIO
from os import PathLike
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.record.record import Record, Table
from serviceflow.errors import ServiceflowError
from serviceflow.experiment.replicate import Runs, Settings
from serviceflow.results.summary_record import Digest

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program

FORMAT = 1
HEAD = "results.json"


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
            beside.close()
            os.replace(beside.name, target)
        except BaseException:
            beside.close()
            Path(beside.name).unlink(missing_ok=True)
            raise


def _head(runs: Runs, scenario: str) -> dict[str, Any]:
    chain = runs.program.chain
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


def load_runs(path: str | PathLike[str]) -> tuple[Runs, str]:
    """Read runs and the name of their scenario.

    Raises
    ------
    StorageError
        If the file holds no results that this version can read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            head = json.loads(archive.read(HEAD))
            _check_format(head)
            return _read_runs(archive, head), str(head["scenario"])
    except FileNotFoundError:
        raise
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, OSError) as error:
        if isinstance(error, ServiceflowError):
            raise StorageError(f"{path}: {error}") from error
        raise StorageError(
            f"{path}: this is not a whole file of results ({error}): give a file that Results.save wrote"
        ) from error


def _check_format(head: dict[str, Any]) -> None:
    found = head.get("serviceflow results")
    if found != FORMAT:
        raise StorageError(f"results of format {found!r} cannot be read: this version reads format {FORMAT}")


def _read_runs(archive: zipfile.ZipFile, head: dict[str, Any]) -> Runs:
    settings = Settings(**head["settings"])
    program = _program(head, settings)
    records = tuple(
        _read_record(archive, number, one, program, head["seed"])
        for number, one in enumerate(head["records"])
    )
    digests = tuple(
        _read_digest(archive, number, names, program)
        for number, names in enumerate(head.get("summaries", ()))
    )
    return Runs(program, records, head["seed"], head["engine"], settings, head["interrupted"], digests)


def _read_digest(archive: zipfile.ZipFile, number: int, names: list[str], program: Program) -> Digest:
    arrays = {name: _read_array(archive, _summary_member(number, place)) for place, name in enumerate(names)}
    return Digest.of_arrays(program, arrays)


def _program(head: dict[str, Any], settings: Settings) -> Program:
    from serviceflow.engine.program import lowering
    from serviceflow.model.chain import Chain

    chain = Chain.from_dict(head["chain"], head["folder"])
    lower: Callable[..., Program] = lowering.lower
    return lower(chain, duration=settings.duration, warm_up=settings.warm_up, horizon=settings.horizon)


def _read_record(
    archive: zipfile.ZipFile, number: int, head: dict[str, Any], program: Program, seed: int
) -> Record:
    tables = {
        name: Table(
            {
                column: _read_array(archive, _member(number, name, place))
                for place, column in enumerate(columns)
            },
            rows,
        )
        for name, (rows, columns) in head["tables"].items()
    }
    return Record(program, seed, head["replication"], head["stopped"], **tables)


def _read_array(archive: zipfile.ZipFile, member: str) -> Any:
    return np.lib.format.read_array(BytesIO(archive.read(member)), allow_pickle=False)
