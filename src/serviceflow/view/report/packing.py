"""Columns of whole numbers in few bytes: zigzag, varints, deflate, base64. Scripts unpack them offline.

A column holds its values, or the differences from one row to the next where these are smaller. Zigzag turns
signs into the lowest bit, a varint takes seven bits to a byte, and deflate finds what repeats.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
SORTED = frozenset(("at", "asked", "request", "row"))
"""Columns that hold differences from row to row."""


def pack(columns: Mapping[str, Ints]) -> dict[str, Any]:
    """Columns of one length as one text, with their names in order."""
    lengths = {len(column) for column in columns.values()}
    assert len(lengths) == 1, "columns of one length"
    packed = b"".join(_varints(_smaller(name, column)) for name, column in columns.items())
    text = base64.b64encode(zlib.compress(packed, 9)).decode("ascii")
    rising = sorted(SORTED & set(columns))
    return {"rows": lengths.pop(), "columns": list(columns), "sorted": rising, "bytes": text}


def _smaller(name: str, column: Ints) -> Ints:
    return np.diff(column, prepend=0) if name in SORTED else column


def _varints(values: Ints) -> bytes:
    """Zigzag varints of whole numbers, one after another."""
    whole = np.asarray(values, dtype=np.int64)
    coded = ((whole << 1) ^ (whole >> 63)).astype(np.uint64)
    sizes = _sizes(coded)
    starts = np.cumsum(sizes) - sizes
    out = np.zeros(int(sizes.sum()), dtype=np.uint8)
    for place in range(int(sizes.max(initial=0))):
        chosen = sizes > place
        part = (coded[chosen] >> np.uint64(7 * place)) & np.uint64(0x7F)
        more = np.where(sizes[chosen] > place + 1, 0x80, 0).astype(np.uint64)
        out[starts[chosen] + place] = (part | more).astype(np.uint8)
    return out.tobytes()


def _sizes(coded: NDArray[np.uint64]) -> Ints:
    """How many bytes each takes."""
    sizes = np.ones(len(coded), dtype=np.int64)
    for place in range(1, 10):
        sizes[coded >= np.uint64(1) << np.uint64(7 * place)] = place + 1
    return sizes
