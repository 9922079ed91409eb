"""What a terminal shows of a table of figures: the elements that matter most, as many as a screen takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

from serviceflow.results.differences import BETTER, WORSE

if TYPE_CHECKING:
    import pandas as pd

LINES, FEWEST = 30, 14
"""Lines of figures of a screen; of each of several tables on it, at least so many."""
CALLED = {
    "consumer": "consumer",
    "provider": "provider",
    "sla": "promise",
    "stock": "stock",
}
FIRST = {"sla": "attainment", "provider": "waiting_time", "consumer": "flow_time", "stock": "stockout_share"}
"""The measure by which elements of a kind come first: the largest, or the smallest of promises."""

KEYS, MOST = ("scope", "name", "measure"), 6
"""What names a figure, and how many are named in a sentence."""

Key = tuple[str, str]


def fitting(table: pd.DataFrame, lines: int = LINES) -> tuple[pd.DataFrame, str]:
    """The rows of the elements that fit, in their order, and what is said of the others.

    The chain comes first, then by turns what comes first of each kind: the promise that is kept least, the
    provider where requests wait longest, and so on. Promises that were made to nobody are left out.
    """
    keys = list(zip(table["scope"], table["name"], strict=True))
    sizes = Counter(keys)
    kept: set[Key] = set()
    for key in _in_turn(table):
        lines -= sizes[key] + 1
        if lines < 0 and key[0] != "chain":
            break
        kept.add(key)
    return table[[key in kept for key in keys]], _left_out([key for key in sizes if key not in kept])


def in_a_word(table: pd.DataFrame) -> str:
    """What the runs know to be better with a scenario, and what to be worse."""
    told = []
    for word in (BETTER, WORSE):
        rows = table[table["verdict"] == word]
        named = [
            _named(scope, name, measure)
            for scope, name, measure in zip(*(rows[key] for key in KEYS), strict=True)
        ]
        more = f" and {len(named) - MOST} more" if len(named) > MOST else ""
        told += [f"{word}: {', '.join(named[:MOST])}{more}"] if named else []
    return _sentence("; ".join(told)) if told else "Nothing that these runs can tell is better or worse."


def _sentence(told: str) -> str:
    return f"{told[:1].upper()}{told[1:]}."


def _named(scope: str, name: str, measure: str) -> str:
    plain = measure.replace("_", " ")
    return plain if scope == "chain" else f"{plain} of {name}"


def _in_turn(table: pd.DataFrame) -> Iterator[Key]:
    yield from (("chain", name) for name in table.loc[table["scope"] == "chain", "name"].unique())
    ranked = [list(_ranked(table, scope, measure)) for scope, measure in FIRST.items()]
    for some in zip_longest(*ranked):
        yield from (key for key in some if key is not None)


def _ranked(table: pd.DataFrame, scope: str, measure: str) -> Iterator[Key]:
    mine = table[table["scope"] == scope]
    known = mine[(mine["measure"] == measure) & mine["mean"].notna()]
    names = known.sort_values("mean", ascending=scope == "sla", kind="stable")["name"].tolist()
    if scope != "sla":
        names += [name for name in mine["name"].unique() if name not in set(names)]
    yield from ((scope, name) for name in names)


def _left_out(keys: list[Key]) -> str:
    many = {scope: sum(key[0] == scope for key in keys) for scope in CALLED}
    told = [f"{count} {CALLED[scope]}{'s' if count > 1 else ''}" for scope, count in many.items() if count]
    return f"Not shown: {', '.join(told)}; --format csv and --format json have every figure." if told else ""
