"""What one chain has that another has not, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

COLUMNS = ("scenario", "section", "name", "field", "baseline", "value")
HEAD = ("description", "time_unit", "start", "run", "name")
LEFT_OUT = ("serviceflow", "scenarios")


def model_changes(base: Chain, chain: Chain, scenario: str) -> pd.DataFrame:
    """Every field that two chains have different; their scenarios are left aside.

    Parameters
    ----------
    base, chain : Chain
        What is compared.
    scenario : str
        The name of the second.

    Returns
    -------
    DataFrame
        One row per field: scenario, section, name, field, baseline and value, as in a model file.
    """
    one, two = base.to_dict(), chain.to_dict()
    sections = [key for key in dict.fromkeys([*one, *two]) if key not in LEFT_OUT]
    rows = [(scenario, *row) for key in sections for row in _section(key, one.get(key), two.get(key))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _section(section: str, one: Any, two: Any) -> Iterator[tuple[str, str, str, str, str]]:
    if section in HEAD:
        yield from ((section, "", *row) for row in _fields(one, two))
        return
    one, two = one or {}, two or {}
    for name in dict.fromkeys([*one, *two]):
        if name not in one or name not in two:
            yield (section, str(name), "", _shown(one.get(name)), _shown(two.get(name)))
        else:
            yield from ((section, str(name), *row) for row in _fields(one[name], two[name]))


def _fields(one: Any, two: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """The fields that differ, those of nested mappings by their path."""
    if one == two:
        return
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        for key in dict.fromkeys([*one, *two]):
            yield from _fields(one.get(key), two.get(key), f"{path}.{key}" if path else str(key))
    else:
        yield (path, _shown(one), _shown(two))


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
