"""Types of what the loops are given, and how one calls another that is compiled by itself.

The draws of all families are much code. They are compiled once, and called by address: whatever linked them
would have to be compiled with them.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils, sigutils
from numba.extending import intrinsic

INTS = "int64[::1]"
VIEW = "Array(int64, 1, 'A', readonly=True)"
"""Any column: it is only read."""
TABLE = "int64[:, ::1]"
WORDS = "uint64[::1]"
REALS = "float64[::1]"
FLAGS = "boolean[::1]"
KEYS = "uint64, uint64, uint64"
SAMPLER = "Tuple((int64, float64, float64, float64, float64))"
CODES = f"Tuple(({TABLE}, float64[:, ::1], {WORDS}, {REALS}))"
PLAN = f"Tuple(({TABLE}, {TABLE}, {TABLE}, int64))"
WHO = f"Tuple(({INTS}, {INTS}, {WORDS}, {INTS}, {WORDS}, {INTS}))"
GRAPH = f"Tuple(({INTS}, {INTS}, {FLAGS}, {WORDS}, {INTS}, {INTS}, {REALS}, {FLAGS}, {TABLE}, {TABLE}))"
BUFFERS = f"Tuple(({INTS}, {WORDS}, {REALS}))"
DRAW = f"int64(UniTuple(uint64, 2), {CODES}, int64, {INTS}, int64, int64, {WHO}, {BUFFERS}, {INTS})"
"""That of ``drawing.draw_ticks``."""

_ARGUMENTS, _RESULT = sigutils.normalize_signature(DRAW)  # type: ignore[no-untyped-call]


def _draw_by(
    typingctx: Any,
    address: Any,
    run: Any,
    codes: Any,
    code: Any,
    slots: Any,
    link: Any,
    least: Any,
    who: Any,
    buffers: Any,
    out: Any,
) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        shape = context.call_conv.get_function_type(_RESULT, _ARGUMENTS)
        function = builder.inttoptr(arguments[0], shape.as_pointer())
        status, result = context.call_conv.call_function(
            builder, function, _RESULT, _ARGUMENTS, arguments[1:]
        )
        with cgutils.if_unlikely(builder, status.is_error):  # type: ignore[no-untyped-call]
            context.call_conv.return_status_propagate(builder, status)
        return result

    return _RESULT(types.int64, *_ARGUMENTS), codegen


draw_by: Any = intrinsic(_draw_by)
"""Call ``drawing.draw_ticks``, which lies at the address that is given first."""
