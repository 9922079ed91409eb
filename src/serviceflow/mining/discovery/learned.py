"""What was learned: parameters with their source, sample and interval."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One parameter of a chain.

    Attributes
    ----------
    section, element, name : str
        Where it is in the model file.
    value : str
        As it is written there.
    source : str
        How it was found.
    count : int
        The size of the sample.
    estimate, low, high : float
        The mean, share or rate, with its 95% interval; NaN where there is none.
    """

    section: str
    element: str
    name: str
    value: str
    source: str
    count: int
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan


@dataclass
class Notes:
    """Parameters and sentences of a discovery."""

    parameters: list[Parameter] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def add(self, *values: Any, **more: Any) -> None:
        """Note a parameter."""
        self.parameters.append(Parameter(*values, **more))


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share, after Wilson (1927)."""
    z, share = 1.96, count / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def clean_name(text: str) -> str:
    """A name as a model file takes it."""
    found = " ".join("".join(one if one.isprintable() else " " for one in text).split()) or "unnamed"
    for arrow, sign in (("->", "→"), (" via ", " by ")):
        found = found.replace(arrow, sign)
    return f"{found} (activity)" if found.casefold() in ("end", "start") else found
