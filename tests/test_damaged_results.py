"""Files of results that were altered: one error that says where the damage is, or results that can be used.

``python tests/test_damaged_results.py 0 100000`` tries as many altered files.
"""

# ruff: noqa: E501

from __future__ import annotations

import io
import json
import random
import struct
import sys
import zipfile

import numpy as np
import pytest

import serviceflow as sf
from serviceflow.results.storage import StorageError

MODEL = """
serviceflow: 1
name: Small
time_unit: min
run: {duration: 1 day, replications: 2, seed: 3}
providers:
  Desk: {members: {Ann: {skills: [talk]}, Bob: {skills: [talk], cost: 20 per hour}}}
  Back: {staff: {mon-sun: {"06:00-18:00": 2}}, cost: 30 per hour, outages: {after: 5 h, repair: 20 min}}
stocks: {Paper: {initial: 5, reorder: {below: 3, up_to: 9}}}
attributes: {size: {S: 60%, L: 40%}}
consumers:
  Guests: {arrivals: {rate: 4 per hour}, enters: Talk, sla: {resolution: 90% within 2 h}}
services:
  Talk: {provider: Desk, skill: talk, duration: exponential(mean=6 min)}
  Print: {provider: Back, duration: 5 min if size == 'S' else 9 min, consumes: {Paper: 1}, patience: 2 h}
  Look up: {provider: Back, duration: 2 min}
  Bring: {duration: 30 min, produces: {Paper: quantity}}
handoffs:
  Talk -> Print: {delay: 1 min, clarification: {probability: 20%, delay: 5 min}}
  Paper -> Bring: {}
calls:
  Talk -> Look up: {ask: start, probability: 30%}
"""
ODD = (
    None, True, -1, 0, 1, 10**30, 1.5, float("nan"), "", "x", [], {}, [1], {"a": 1}, "9" * 5000, [[[[]]]], "steady",
)  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return made(tmp_path_factory.mktemp("results"))


def made(folder):
    """The bytes of a file of records and of one of summaries."""
    found = []
    for record in ("full", "summary"):
        results = sf.loads(MODEL).simulate(engine="simpy", keep=record)
        results.save(folder / record)
        found.append((folder / record).read_bytes())
    return found


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


# Alterations


def bytes_changed(content, chance):
    altered = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        altered[chance.randrange(len(altered))] = chance.randrange(256)
    return bytes(altered)


def cut(content, chance):
    return content[: chance.randrange(len(content))]


def newer_zip(content, chance):
    """Parts that ask for a version, or a method, of zip that does not exist."""
    altered = bytearray(content)
    start = 0
    while (start := altered.find(b"PK\x01\x02", start + 1)) >= 0:
        altered[start + 6 : start + 8] = struct.pack("<H", chance.choice((45, 63, 99, 65535)))
        if chance.random() < 0.5:
            altered[start + 10 : start + 12] = struct.pack("<H", chance.choice((1, 9, 12, 97)))
    return bytes(altered)


def part_lost(content, chance):
    parts = parts_of(content)
    del parts[chance.choice(list(parts))]
    return packed(parts)


def part_strange(content, chance):
    parts = parts_of(content)
    parts[chance.choice(list(parts))] = chance.choice(
        (b"", b"\x93NUMPY", b"{}", b"[" * 9000, b"null", b"\xff")
    )
    return packed(unsigned(parts, chance))


def head_changed(content, chance):
    parts = parts_of(content)
    head = json.loads(parts["results.json"])
    place, key = chance.choice([*places(head)])
    if chance.random() < 0.2:
        del place[key]
    else:
        place[key] = chance.choice(ODD)
    parts["results.json"] = json.dumps(head).encode()
    return packed(unsigned(parts, chance))


def places(value):
    """Every entry of nested mappings and lists, with what holds it."""
    entries = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, entry in entries:
        yield value, key
        if isinstance(entry, dict | list):
            yield from places(entry)


def array_changed(content, chance):
    parts = parts_of(content)
    name = chance.choice([name for name in parts if name.endswith(".npy")])
    array = np.load(io.BytesIO(parts[name])).copy()
    kind = chance.randrange(5)
    if kind == 0 and array.size:
        array.flat[chance.randrange(array.size)] = chance.choice((-(2**62), -2, -1, 0, 3, 2**40, 2**62))
    elif kind == 1:
        array = array.ravel()[: chance.randint(0, max(array.size - 1, 0))]
    elif kind == 2:
        array = array.astype(chance.choice(("<i4", "<f8", "<i8", ">i8", "<U3", "?", "<M8[us]", "<c16")))
    elif kind == 3:
        array = np.concatenate([array.ravel()] * 2)
    else:
        array = array[None]
    stream = io.BytesIO()
    np.save(stream, array)
    parts[name] = stream.getvalue()
    if chance.random() < 0.3:
        parts[name] = parts[name].replace(b"'shape': (", chance.choice((b"'shape': (9", b"'shape':((")), 1)
    return packed(unsigned(parts, chance))


def unsigned(parts, chance):
    """As a rule without the sums by which any change is found."""
    if chance.random() < 0.9:
        parts.pop("contents.json", None)
    return parts


ALTERATIONS = (
    bytes_changed,
    cut,
    newer_zip,
    part_lost,
    part_strange,
    head_changed,
    head_changed,
    array_changed,
)


def altered(files, seed):
    chance = random.Random(seed)
    content = chance.choice(files)
    return chance.choice(ALTERATIONS)(content, chance)


def try_(path):
    """Load a file and read everything of it; the error, or None."""
    try:
        results = sf.load_results(path)
    except StorageError as error:
        return error
    for read in ("kpis", "replications", "consumers", "services", "providers", "handoffs", "stocks", "slas"):
        getattr(results, read)
    results.waits()
    str(results.bottlenecks())
    if results.kept == "full":
        assert len(results.requests) + len(results.visits) >= 0
        if len(results.records[0].requests):
            str(results.story(0))
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", range(10))
def test_altered_files(files, tmp_path, part):
    path = tmp_path / "altered.results"
    for seed in range(30 * part, 30 * (part + 1)):
        path.write_bytes(altered(files, seed))
        error = try_(path)
        assert error is None or str(error).startswith(f"{path}: "), seed


class TestMessages:
    """The place of the damage, word by word."""

    def told(self, tmp_path, files, change, kind=0, signed=False):
        parts = parts_of(files[kind])
        change(parts)
        if not signed:
            parts.pop("contents.json", None)
        path = tmp_path / "r"
        path.write_bytes(packed(parts))
        with pytest.raises(StorageError) as caught:
            sf.load_results(path)
        start = f"{path}: the file is damaged; save the results again, or take a copy that is whole ("
        assert str(caught.value).startswith(start)
        return str(caught.value).removeprefix(start).removesuffix(")")

    @staticmethod
    def head(**fields):
        def change(parts):
            parts["results.json"] = json.dumps(json.loads(parts["results.json"]) | fields).encode()

        return change

    @staticmethod
    def array(name, make):
        def change(parts):
            stream = io.BytesIO()
            np.save(stream, make(np.load(io.BytesIO(parts[name])).copy()))
            parts[name] = stream.getvalue()

        return change

    def test_any_change_is_found_by_its_sum(self, tmp_path, files):
        assert (
            self.told(tmp_path, files, self.head(seed=4), signed=True)
            == "results.json: it is not what was written"
        )

    def test_a_lost_part(self, tmp_path, files):
        lose = lambda parts: parts.pop("records/0/visits/0.npy")  # noqa: E731
        assert self.told(tmp_path, files, lose, signed=True) == "records/0/visits/0.npy: it is missing"
        assert self.told(tmp_path, files, lose) == "records/0/visits/0.npy: it is missing"

    def test_an_added_part(self, tmp_path, files):
        add = lambda parts: parts.update({"more": b""})  # noqa: E731
        assert self.told(tmp_path, files, add, signed=True) == "more: it is not what was written"

    @pytest.mark.parametrize(
        ("field", "value", "told"),
        [
            ("seed", "three", "results.json: 'seed' is 'three'"),
            ("seed", True, "results.json: 'seed' is True"),
            ("seed", -1, "results.json: 'seed' is -1"),
            ("records", [], "results.json: it holds no replication, or two kinds of them"),
            ("records", [1], "results.json, records 0: 'replication' is missing"),
            ("settings", {}, "results.json: 'duration' is missing"),
            ("settings", {"speed": 1}, "results.json: there is no setting 'speed'"),
            ("chain", 3, "results.json: 'chain' is 3"),
        ],
    )
    def test_the_head(self, tmp_path, files, field, value, told):
        assert self.told(tmp_path, files, self.head(**{field: value})) == told

    @pytest.mark.parametrize(
        ("name", "make", "told"),
        [
            ("requests/0", lambda a: a[:-1], "{0}: it has the shape ({1},), not ({2},)"),
            (
                "requests/0",
                lambda a: a + 9,
                "records/0: requests.kind holds {3}, which is none of this chain",
            ),
            ("requests/0", lambda a: a.astype(">i8"), "{0}: it holds >i8"),
            ("requests/0", lambda a: a.astype("U9"), "{0}: it holds <U9"),
            ("requests/0", lambda a: a.astype(float), "records/0: requests.kind holds float64, not int64"),
            ("requests/1", lambda a: a + 1, "records/0: requests.source names what is not there of its kind"),
        ],
    )
    def test_an_array(self, tmp_path, files, name, make, told):
        place = f"records/0/{name}.npy"
        before = np.load(io.BytesIO(parts_of(files[0])[place]))
        expected = told.format(place, len(before) - 1, len(before), before.max() + 9)
        assert self.told(tmp_path, files, self.array(place, make)) == expected

    def test_a_claimed_size_is_not_believed(self, tmp_path, files):
        def change(parts):
            name = "records/0/requests/0.npy"
            parts[name] = parts[name].replace(b"'shape': (", b"'shape': (9", 1).replace(b" \n", b"\n", 1)

        assert self.told(tmp_path, files, change).startswith("records/0/requests/0.npy: ")

    def test_a_summary(self, tmp_path, files):
        told = self.told(tmp_path, files, self.array("summaries/0/1.npy", lambda a: a[:, 1:]), kind=1)
        assert told == "summaries/0: 'busy' has the shape (2, 167), not (2, 168)"

    def test_a_chain_that_cannot_be_read_says_why(self, tmp_path, files):
        parts = parts_of(files[0])
        head = json.loads(parts["results.json"])
        head["chain"]["services"]["Talk"]["provider"] = "Dosk"
        parts["results.json"] = json.dumps(head).encode()
        del parts["contents.json"]
        (tmp_path / "r").write_bytes(packed(parts))
        with pytest.raises(StorageError) as caught:
            sf.load_results(tmp_path / "r")
        assert str(caught.value) == (
            f"{tmp_path / 'r'}: the chain of these results cannot be read: services.Talk.provider: there is no provider"
            " 'Dosk'; did you mean 'Desk'?"
        )


def sweep(first, last):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        found = made(Path(folder))
        path = Path(folder) / "altered.results"
        for seed in range(first, last):
            path.write_bytes(altered(found, seed))
            try:
                try_(path)
            except Exception as error:
                print(f"seed {seed}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    sweep(int(sys.argv[1]), int(sys.argv[2]))
