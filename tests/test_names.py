"""Names decide nothing: with all of them changed, a chain's record is the same but for the names in it.

What is drawn follows from names, on purpose; here the renamed chain draws what the first one drew.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

import serviceflow as sf
from explore import blocks
from meeting_chains import meeting_chain
from random_chains import random_chain
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.program import lowering
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.program.plans import Program
from serviceflow.engine.program.ranks import RANKED, Ranks
from serviceflow.engine.record.record import Record
from serviceflow.engine.reference import engine as reference
from tracing import trace

NEW = re.compile(r"\b[a-z]\d+_new\b")
FIELDS = ("size", "finished", "gave up", "refused", "fixed", "work", "kind")
"""Names in the made chains that are fields or words of the language, too: these stay."""
SECTIONS = ("calendars", "providers", "services", "consumers", "stocks", "attributes")


class Renaming:
    """New names for all that has one in a chain, in another order than the old ones.

    Parameters
    ----------
    chain : ServiceChain
        With the old names.
    seed : int
        Decides the new ones.
    """

    def __init__(self, chain: sf.ServiceChain, seed: int) -> None:
        self.data = chain.to_dict()
        names = dict.fromkeys(name for section in SECTIONS for name in self.data.get(section, {}))
        names |= dict.fromkeys(self.spoken())
        for provider in self.data.get("providers", {}).values():
            for name, member in (provider.get("members") or {}).items():
                names |= dict.fromkeys((name, *member.get("skills", ())))
        for link in (*self.data.get("handoffs", {}), *self.data.get("calls", {})):
            names |= dict.fromkeys(link.split(" via ")[1:])
        for word in FIELDS:
            names.pop(word, None)
        chance = random.Random(seed)
        letters = [chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in names]
        self.new = {
            name: f"{letter}{n}_new" for n, (name, letter) in enumerate(zip(names, letters, strict=True))
        }
        self.old = {new: old for old, new in self.new.items()}

    def spoken(self) -> Iterator[str]:
        """Names that may stand within expressions."""
        yield from self.data.get("consumers", {})
        yield from self.data.get("attributes", {})
        for consumer in self.data.get("consumers", {}).values():
            yield from consumer.get("attributes", {})

    def renamed(self) -> sf.ServiceChain:
        data = {
            key: self.of(value) if key not in ("name", "run") else value for key, value in self.data.items()
        }
        return sf.ServiceChain.from_dict(data)

    def of(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self.text(key): self.of(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.of(one) for one in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        if text in self.new:
            return self.new[text]
        if " -> " in text:
            return re.sub("|".join(map(re.escape, self.ends(text))), lambda end: self.of_end(end[0]), text)
        spoken = set(self.spoken()) & set(self.new)
        return re.sub(r"[^\W\d]\w*", lambda word: self.new[word[0]] if word[0] in spoken else word[0], text)

    def ends(self, link: str) -> list[str]:
        return sorted((end for end in re.split(" -> | via ", link)), key=len, reverse=True)

    def of_end(self, end: str) -> str:
        return self.new.get(end, end)

    def back(self, text: str) -> str:
        """A text with the old names."""
        return NEW.sub(lambda name: self.old[name[0]], text)


def programs(
    chain: sf.ServiceChain, renaming: Renaming, patch: pytest.MonkeyPatch
) -> tuple[Program, Program]:
    """Those of a chain and of its twin, which draws alike."""
    first = lower(chain)
    with patch.context() as patched:
        purpose, by_name = lowering.purpose, lowering.by_name
        patched.setattr(lowering, "purpose", lambda what: purpose(renaming.back(what)))
        patched.setattr(lowering, "by_name", lambda link: renaming.back(by_name(link)))
        second = lower(renaming.renamed())
        lowering.ranked(second)
        return first, second


def has_twins(chain: sf.ServiceChain) -> bool:
    """Whether elements are alike in all but their names: these stand as they are listed."""
    program = lower(chain)
    colors = Ranks(chain, program.attributes, program.words).colors
    found = [color for (kind, _), color in colors.items() if kind in RANKED]
    return len(set(found)) < len(found)


class Named:
    """A record with the old names' numbers for the new ones'.

    Parameters
    ----------
    first : Program
        That of the chain with the old names.
    record : Record
        Of either chain.
    back : callable
        Gives the old name for a new one.
    """

    def __init__(self, first: Program, record: Record, back: Any = str) -> None:
        self.record = record
        self.back = back
        self.places = {
            kind: self.map(getattr(first, kind), getattr(record.program, kind)) for kind in (*RANKED, "words")
        }

    def map(self, old: Any, new: Any) -> np.ndarray:
        named = {getattr(one, "name", one): place for place, one in enumerate(old)}
        return np.array([*(named[self.back(getattr(one, "name", one))] for one in new), -1])

    def tables(self) -> dict[str, list[Any]]:
        """Every column of every table."""
        found = {}
        for table in ("requests", "visits", "pauses", "stocks", "outages", "staffing"):
            columns = getattr(self.record, table).columns
            for name, column in columns.items():
                found[f"{table}.{self.back(name)}"] = self.column(table, name, column).tolist()
        for table in ("outages", "staffing"):  # Rows of one instant stand by provider and member.
            names = [name for name in found if name.startswith(f"{table}.")]
            rows = sorted(zip(*(found[name] for name in names), strict=True), key=str)
            found |= {name: [row[place] for row in rows] for place, name in enumerate(names)}
        return found

    def member(self, table: str, row: int, place: int) -> str | None:
        """The old name of who worked, or was out."""
        program, columns = self.record.program, getattr(self.record, table).columns
        owner = columns["provider"][row] if "provider" in columns else -1
        if owner < 0 and table == "visits":
            owner = program.services[columns["service"][row]].provider
        return None if place < 0 else self.back(program.providers[owner].members[place].name)

    def column(self, table: str, name: str, column: np.ndarray) -> np.ndarray:
        kinds = {"service", "handoff", "call", "provider", "consumer", "stock"}
        if name in kinds:
            return self.places[f"{name}s"][column.astype(np.int64)]
        if name == "member":
            return np.array([self.member(table, row, place) for row, place in enumerate(column)])
        if name == "source":
            asked = self.record.requests["kind"]
            sources = ("consumers", "stocks", "providers", "calls")
            return np.choose(
                asked, [self.places[kind][np.minimum(column, len(self.places[kind]) - 1)] for kind in sources]
            )
        attribute = name.removeprefix("attribute:")
        if attribute != name and self.record.program.is_word(attribute):
            known = ~np.isnan(column)
            column = column.copy()
            column[known] = self.places["words"][column[known].astype(np.int64)]
        return np.nan_to_num(column, nan=-1.0) if column.dtype.kind == "f" else column


def run(engine: Any, program: Program, seed: int) -> Record | None:
    """The record; nothing where the run stops, which it then does for both."""
    try:
        return engine.run(program, seed)
    except (sf.DeadlockError, sf.ServiceflowError):
        return None


@pytest.mark.parametrize("numbers", blocks(8, 1, 1, 22))
@pytest.mark.parametrize("made", [random_chain, meeting_chain])
def test_nothing_but_names_changes_with_the_names(made: Any, numbers: Any, monkeypatch: Any) -> None:
    compared = 0
    for number in numbers:
        chain = made(number)
        renaming = Renaming(chain, number)
        old, new = programs(chain, renaming, monkeypatch)
        for engine in (reference, compiled):
            print("chain", number, engine.__name__)  # Shown where something is wrong with it.
            first, second = run(engine, old, number), run(engine, new, number)
            assert (first is None) == (second is None)
            if first is not None and second is not None:
                assert Named(old, first).tables() == Named(old, second, renaming.back).tables()
                compared += 1
    assert compared


@pytest.mark.parametrize("numbers", blocks(8, 1, 1, 22))
@pytest.mark.parametrize("made", [random_chain, meeting_chain])
def test_the_order_of_a_file_changes_nothing(made: Any, numbers: Any) -> None:
    for number in numbers:
        chain = made(number)
        if has_twins(chain):
            continue
        turned = {
            key: dict(reversed(value.items())) if isinstance(value, dict) and key != "run" else value
            for key, value in chain.to_dict().items()
        }
        records = [run(reference, lower(one), number) for one in (chain, sf.ServiceChain.from_dict(turned))]
        assert (records[0] is None) == (records[1] is None)
        if records[0] is not None and records[1] is not None:
            assert records[0].differences(records[1]) == [], number


@pytest.mark.parametrize(("one", "two"), [("A", "F"), ("Z", "F")])
def test_of_twins_the_one_that_is_listed_first_comes_first(one: str, two: str) -> None:
    visits = trace(
        f"""
    providers: {{P: {{staff: 1}}}}
    services:
      S: {{split: all}}
      {one}: {{provider: P, duration: 5 min}}
      {two}: {{provider: P, duration: 5 min}}
      J: {{join: all}}
    consumers: {{C: {{arrivals: {{at: [0 min]}}, enters: S}}}}
    handoffs: {{S -> {one}: {{}}, S -> {two}: {{}}, {one} -> J: {{}}, {two} -> J: {{}}}}
    """
    )
    assert {visit["service"]: visit["started"] for visit in visits if visit["service"] in (one, two)} == {
        one: 0,
        two: 5,
    }
