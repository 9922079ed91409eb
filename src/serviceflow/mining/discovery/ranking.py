"""Rules of priority as a model file has them: attributes of cases, and priorities of services."""

from __future__ import annotations

from typing import Any

import numpy as np

from serviceflow.formats.logs.raw import many
from serviceflow.mining.discovery.history import History, Ints
from serviceflow.mining.discovery.learned import clean_name
from serviceflow.mining.discovery.priorities import FEW_VALUES, SURE, Rule, choices_of, rule_of
from serviceflow.mining.discovery.staffing import Pool
from serviceflow.mining.log_waits import RECORDED
from serviceflow.model.nodes import KEYWORDS, VARIABLES

STAMPS = ("start", "end", "enabled")
OWN = (*STAMPS, "case", "activity", "resource", "instance", "provider", "handoff", "outcome", "request")
MOST_COLUMNS = 30


class Ranking:
    """Who goes first at which pool.

    Attributes
    ----------
    rules : dict
        Name of a pool to its rule.
    """

    def __init__(
        self, table: Any, found: History, pools: list[Pool], held: set[int], said: list[str]
    ) -> None:
        self.found = found
        self.rules: dict[str, Rule] = {}
        self.columns = {"": found.activities.tolist(), **_of_cases(table, found)}
        for pool in pools:
            choices = choices_of(found, pool, held)
            columns = {name: values for name, values in self.columns.items() if name or not pool.skills}
            rule = rule_of(choices, columns)
            if rule is not None:
                self.rules[pool.name] = rule
            elif choices.in_order < SURE and len(choices.chosen) >= 100:
                starts = many(len(choices.chosen), "start")
                said.append(
                    f"{clean_name(pool.name)}: {1 - choices.in_order:.0%} of the {starts} at which others"
                    " waited pass over somebody who came earlier, by no rule that the log shows."
                )

    def priority(self, rule: Rule, activity: int) -> Any:
        """The priority of a service, the smaller first."""
        if not rule.column:
            return rule.ranks.get(activity, max(rule.ranks.values()))
        name = _written(rule.column)
        if not rule.ranks:
            return name if rule.smaller else f"0 - {name}"
        last = max(rule.ranks.values())
        parts = [
            f"{rank} if {name} == {_value(value)}"
            for value, rank in sorted(rule.ranks.items(), key=lambda one: (one[1], str(one[0])))
            if rank < last
        ]
        return " else ".join([*parts, str(last)])

    def attributes(self, firsts: Ints) -> dict[str, Any]:
        """The attributes by which any rule goes, as the cases that begin with these rows have them."""
        result: dict[str, Any] = {}
        for column in dict.fromkeys(rule.column for rule in self.rules.values() if rule.column):
            values = [self.columns[column][row] for row in firsts.tolist()]
            result[_free(column)] = _distribution([one for one in values if one is not None])
        return result


def _of_cases(table: Any, found: History) -> dict[str, list[Any]]:
    """Columns that say the same of every instance of a case, as numbers or words."""
    result: dict[str, list[Any]] = {}
    candidates = [name for name in table.columns if name not in OWN and not str(name).startswith(RECORDED)][
        :MOST_COLUMNS
    ]
    for name in candidates:
        column = table[name]
        if column.isna().any():
            continue
        values = [_plain(one) for one in column.tolist()]
        if any(one is None for one in values) or not len(set(values)) >= 2:
            continue
        numbers = all(isinstance(one, float) for one in values)
        if not numbers and len(set(values)) > FEW_VALUES:
            continue
        first = found.first[found.cases]
        if all(values[row] == values[place] for row, place in enumerate(first.tolist())):
            result[str(name)] = values if numbers else [str(one) for one in values]
    return result


def _plain(value: Any) -> Any:
    """A number, or a word as a model file takes it; None for what is neither."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, int | float | np.number):
        return float(value) if np.isfinite(value) else None
    text = clean_name(str(value)).replace("'", "").replace('"', "").replace("`", "")
    try:
        return float(text)
    except ValueError:
        return text[:80] or None


def _free(column: str) -> str:
    """A name for an attribute that expressions do not use for anything else."""
    name = clean_name(column).replace("`", "'")
    return f"{name} of the case" if name in VARIABLES or name in KEYWORDS else name


def _written(column: str) -> str:
    name = _free(column)
    return name if name.isidentifier() else f"`{name}`"


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else f"'{value}'"


def _distribution(values: list[Any]) -> Any:
    """Values with their shares, or quantiles of many numbers."""
    several, counts = np.unique(np.array(values), return_counts=True)
    if len(several) == 1:
        only = several[0]
        return float(only) if isinstance(values[0], float) else {str(only): "100%"}
    if not isinstance(values[0], float):
        shares = [round(count / counts.sum(), 6) for count in counts[:-1].tolist()]
        shares.append(round(1 - sum(shares), 6))
        return {str(one): share for one, share in zip(several, shares, strict=True)}
    if len(several) > FEW_VALUES:
        quantiles = np.quantile(np.array(values), (np.arange(FEW_VALUES) + 0.5) / FEW_VALUES)
        return f"empirical(values=[{', '.join(f'{one:.6g}' for one in quantiles)}])"
    parts = [f"{count / counts.sum():.6f}" for count in counts[:-1]]
    parts.append(f"{1 - sum(map(float, parts)):.6f}")
    return f"discrete(values=[{', '.join(f'{one:g}' for one in several)}], shares=[{', '.join(parts)}])"
