"""Rows that are alike: which combinations of values occur, without sorting where the values are few."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serviceflow.results.derived import Ints

FEW = 2**16
"""Whole numbers that span less are told apart by counting instead of sorting."""
EXACT = 2**53
"""Whole numbers up to it are exact as real ones."""


def distinct(columns: Iterable[NDArray[Any]], size: int) -> tuple[Ints, Ints]:
    """The combinations of values that occur in rows.

    Parameters
    ----------
    columns : iterable of array
        Each of a value for each row; with none of them all rows are alike.
    size : int
        How many rows there are.

    Returns
    -------
    first, place : array of int
        For each combination, in ascending order, the first row that has it; and for each row the place of its
        combination.
    """
    place: Ints = np.zeros(size, dtype=np.int64)
    if size == 0:
        return place, place
    many = 1
    for column in columns:
        own, values = _ranks(column)
        if values > 1:
            place, many = _numbered(place * values + own, many * values)
    first = np.empty(many, dtype=np.int64)
    first[place[::-1]] = np.arange(size)[::-1]  # Of several the last one stays.
    return first, place


def _ranks(column: NDArray[Any]) -> tuple[Ints, int]:
    """A whole number for each value, larger for larger ones, and one more than the largest of them."""
    low, high = column.min(), column.max()
    if low == high:
        return np.zeros(len(column), dtype=np.int64), 1
    if low > -EXACT and high < EXACT and high - low < FEW:
        whole = column.astype(np.int64)
        if column.dtype.kind != "f" or (whole == column).all():
            return whole - int(low), int(high - low) + 1
    values, own = np.unique(column, return_inverse=True)
    return own, len(values)


def _numbered(codes: Ints, beyond: int) -> tuple[Ints, int]:
    """The same codes without gaps, in their order, and how many there are."""
    if beyond > len(codes) + FEW:
        values, place = np.unique(codes, return_inverse=True)
        return place, len(values)
    seen = np.zeros(beyond, dtype=np.int64)
    seen[codes] = 1
    numbers = np.cumsum(seen)
    return numbers[codes] - 1, int(numbers[-1])
