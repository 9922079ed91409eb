"""The answers of a survey: one row per sheet, which is what one respondent says of one link in one period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from serviceflow.quality.instruments import Instrument

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

RECEIVER, PROVIDER = "receiver", "provider"
KEYS = ("respondent", "receiver", "provider", "role", "period")
"""What tells two sheets apart."""
FIELDS = ("perception", "expectation", "adequate", "weight")
"""What a sheet may say of an item."""


@dataclass(frozen=True)
class Answers:
    """What was answered, cleaned.

    Attributes
    ----------
    instrument : Instrument
        What was asked.
    sheets : DataFrame
        Respondent, receiver, provider, link, role, period, overall, comment and row of each sheet.
    values : mapping
        "perception", "expectation", "adequate" and "weight" to an array of shape (sheets, items); NaN where
        nothing was answered.
    points : array of shape (sheets, dimensions)
        Weights of the dimensions, which add up to 100; NaN where a sheet gives none.
    """

    instrument: Instrument
    sheets: pd.DataFrame
    values: dict[str, Floats]
    points: Floats

    def __len__(self) -> int:
        return len(self.sheets)

    def chosen(self, which: NDArray[Any]) -> Answers:
        """Some of the sheets."""
        values = {name: found[which] for name, found in self.values.items()}
        sheets = self.sheets[which] if which.dtype == bool else self.sheets.iloc[which]
        return Answers(self.instrument, sheets.reset_index(drop=True), values, self.points[which])

    @property
    def receivers(self) -> Answers:
        """The sheets of those who are served."""
        return self.chosen((self.sheets["role"] == RECEIVER).to_numpy())

    @property
    def has_pairs(self) -> bool:
        """Whether anybody says what is expected, beside what is found."""
        return bool(np.isfinite(self.values["expectation"]).any())

    def has(self, field: str) -> bool:
        """Whether anybody says something of this kind."""
        return bool(np.isfinite(self.values[field]).any())

    @property
    def gap(self) -> Floats:
        """Perception minus expectation of each item."""
        found: Floats = self.values["perception"] - self.values["expectation"]
        return found

    def by_dimension(self, values: Floats) -> Floats:
        """Each sheet's mean over the items of a dimension, if it answers half of them or more."""
        columns = [_mean_of(values[:, self.instrument.members(name)]) for name in self.instrument.dimensions]
        return np.stack(columns, axis=1)


def _mean_of(values: Floats) -> Floats:
    known = np.isfinite(values)
    count = known.sum(axis=1)
    enough = (2 * count >= values.shape[1]) & (count > 0)
    total = np.where(known, values, 0.0).sum(axis=1)
    found: Floats = np.where(enough, total / np.maximum(count, 1), np.nan)
    return found
