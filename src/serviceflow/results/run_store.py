"""Replications in a folder, one file each, so that nothing finished is lost."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serviceflow.experiment.replicate import Made, Runs, Settings, draw_seed
from serviceflow.model.elements import Arrivals
from serviceflow.model.expressions import Expression
from serviceflow.model.fields import Element
from serviceflow.model.nodes import Distribution
from serviceflow.results.storage import FORMAT, StorageError, load_one, save_runs

if TYPE_CHECKING:
    from serviceflow.engine.program.plans import Program
    from serviceflow.model.chain import Chain

SEED = "seed.json"
ENDING = ".results"


class StoreWarning(UserWarning):
    """Something that a store had to do again, or keeps for another time."""


@dataclass(frozen=True)
class RunStore:
    """A folder of finished replications.

    Each chain, run with certain settings and a certain seed by one version of serviceflow, has a folder of
    its own in it, named after the chain and what all of these come to.

    Attributes
    ----------
    folder
        Where they are.
    """

    folder: Path

    @classmethod
    def at(cls, place: str | PathLike[str] | RunStore | None) -> RunStore | None:
        """The store in a folder, which need not be there yet; None stays None."""
        return place if place is None or isinstance(place, RunStore) else cls(Path(place))

    def seed(self, program: Program, settings: Settings, given: int | None) -> int:
        """The seed that is given; or that under which runs without one were begun here."""
        if given is not None:
            return given
        path = self._place(program, settings, None) / SEED
        try:
            return draw_seed(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError):
            seed = draw_seed()
            _write_beside(path, json.dumps(seed))
            return seed

    def find(self, program: Program, settings: Settings, seed: int, number: int) -> Made | None:
        """A replication that has finished; None if it has not, or its file is damaged."""
        path = self._file(program, settings, seed, number)
        if not path.exists():
            return None
        try:
            engine, kept = load_one(path, program, settings.record)
            if kept.replication != number or engine == "":
                raise StorageError(f"{path}: it is of another replication")
        except (StorageError, OSError) as error:
            warnings.warn(f"{error}; replication {number} is run again", StoreWarning, stacklevel=2)
            return None
        return engine, kept

    def keep(self, program: Program, settings: Settings, seed: int, number: int, made: Made) -> None:
        """Write a replication: beside first, then renamed, so that a file is whole or not there."""
        path = self._file(program, settings, seed, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        engine, kept = made
        one = replace(settings, replications=1)
        records, digests = ((kept,), ()) if settings.record == "full" else ((), (kept,))
        save_runs(Runs(program, records, seed, engine, one, False, digests), f"replication {number}", path)

    def tell(self, finished: int, wanted: int) -> None:
        """Say after an interrupt what is there."""
        told = (
            f"interrupted: {finished} of {wanted} replications have finished and are kept in {self.folder};"
            " run the same again, and it goes on from there"
        )
        warnings.warn(told, StoreWarning, stacklevel=2)

    def _file(self, program: Program, settings: Settings, seed: int, number: int) -> Path:
        return self._place(program, settings, seed) / f"{number:06d}{ENDING}"

    def _place(self, program: Program, settings: Settings, seed: int | None) -> Path:
        name = re.sub(r"[^\w-]+", "-", program.chain.name).strip("-")[:40] or "chain"
        return self.folder / f"{name}-{key_of(program, settings, seed)}"


def key_of(program: Program, settings: Settings, seed: int | None) -> str:
    """What a chain, its settings, the seed and the version come to."""
    parts = {
        "version": _version(),
        "format": FORMAT,
        "chain": _chain_text(program.written),
        "window": program.window,
        "terminating": program.terminating,
        "record": settings.record,
        "seed": seed,
    }
    text = json.dumps(parts, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _version() -> str:
    try:
        return version("serviceflow")
    except PackageNotFoundError:
        return "of its own folder"


_texts: list[tuple[Chain, str]] = []


def _chain_text(chain: Chain) -> str:
    """A chain as text, with all that was read from files; that of the last one is kept."""
    for known, text in _texts:
        if known is chain:
            return text
    content = {name: part for name, part in chain.to_dict().items() if name not in ("scenarios", "run")}
    digest = hashlib.sha256()
    for part in observed([chain]):
        digest.update(part.encode("utf-8", "surrogatepass"))
    text = json.dumps([content, digest.hexdigest()], ensure_ascii=False, default=str)
    _texts[:] = [(chain, text)]
    return text


def observed(values: Any) -> Iterator[str]:
    """What a chain has read from files: traces of arrivals, samples of durations."""
    if isinstance(values, Expression):
        data = (node.data for node in values.root.walk() if isinstance(node, Distribution))
        yield from (repr(one) for one in data if one is not None)
    elif isinstance(values, Arrivals) and values.trace is not None:
        yield repr(values.trace)
    elif isinstance(values, Element):
        for name in type(values).model_fields:
            yield from observed(getattr(values, name))
    elif isinstance(values, Mapping):
        for part in values.values():
            yield from observed(part)
    elif isinstance(values, list | tuple):
        for part in values:
            yield from observed(part)
    elif hasattr(values, "_contents"):
        yield from observed(list(values._contents()))


def _write_beside(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{draw_seed()}")
    beside.write_text(text, "utf-8")
    beside.replace(path)


__all__ = ["RunStore", "StoreWarning", "key_of", "observed"]
