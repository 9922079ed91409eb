"""How the kernel's functions reach the run's memory, and one another.

The state of a run is a block of 64-bit integers, ``k``: scalars by name (``k[NOW]``), and for every pool of
rows (see :mod:`.layout`) its address and its number of rows. A *row* function such as ``visit(k, number)``
gives a pointer to one row, whose fields are named constants: ``visit(k, v)[V_ARRIVED]``. Fields that hold
real numbers are read through the row's twin: ``visit_f(k, v)[V_KEY]``. Nothing is allocated in the kernel.

A function of the rules is a *unit*: compiled by itself, and called through a table of addresses that lies in
``k`` too. So units may call one another in circles, as the rules do, each is compiled once however many
call it, and a chain need not compile those that it has no use for. Small functions that are worth inlining
are *leaves*.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

from serviceflow.engine.kernel.layout import FAILED, FULL, HALT, LOW, POOL_FIELDS, POOLS, SLACK, UNITS

STATE = types.CPointer(types.int64)
REALS = types.CPointer(types.float64)
CODES = {"i": types.int64, "f": types.float64, "u": types.uint64}

OPTIONS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "error_model": "numpy"}

WORD = ir.IntType(64)
BYTES = 8


class Halt(Exception):
    """The kernel cannot go on: why stands in ``k[HALT]``."""


class Unit:
    """A function of the kernel: its source, its types and its place in the table, once all are known."""

    def __init__(self, function: Callable[..., Any], codes: str) -> None:
        result, arguments = codes.rstrip(")").split("(")
        self.function = function
        self.place = -1
        self.result = CODES[result]
        self.arguments = (STATE, *(CODES[code] for code in arguments))
        self.group = function.__module__.rpartition(".")[2]


REGISTRY: list[Unit] = []
"""Every unit that has been imported."""


def unit(codes: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function of the rules a unit; gives what others call.

    Parameters
    ----------
    codes : str
        Types of the result and of what comes after ``k``: ``"f(iu)"`` takes an integer and an unsigned
        one, and gives a real number.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        registered = Unit(function, codes)
        REGISTRY.append(registered)
        return _caller(registered)

    return register


def leaf(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a small function with those that call it."""
    compiled: Callable[..., Any] = numba.njit(forceinline=True, **OPTIONS)(function)
    return compiled


def _fixed(builder: Any, k: Any, word: int) -> Any:
    """Load a word of the state that does not change while the kernel runs, as the compiler may know."""
    loaded = builder.load(builder.gep(k, [WORD(word)]))
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


def _caller(unit: Unit) -> Callable[..., Any]:
    """An intrinsic that calls a unit by its address in the table."""
    signature = unit.result(*unit.arguments)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table = _fixed(builder, arguments[0], UNITS)
        entry = builder.gep(builder.inttoptr(table, WORD.as_pointer()), [WORD(unit.place)])
        shape = context.call_conv.get_function_type(unit.result, unit.arguments)
        function = builder.inttoptr(builder.load(entry), shape.as_pointer())
        status, result = context.call_conv.call_function(
            builder, function, unit.result, unit.arguments, arguments
        )
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return result

    def call(typingctx: Any, *arguments: Any) -> Any:
        return signature, codegen

    names = ("typingctx", *(f"a{place}" for place in range(len(unit.arguments))))
    call.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_ONLY) for name in names])  # type: ignore[attr-defined]
    call.__name__ = unit.function.__name__
    caller: Callable[..., Any] = intrinsic(call)
    return caller


def _row(pool: str, kind: Any) -> Callable[..., Any]:
    """An intrinsic that points to a row of a pool."""
    place, width = POOLS[pool], POOL_FIELDS[pool]

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        k, row = arguments
        if config.BOUNDSCHECK:
            rows = builder.load(builder.gep(k, [WORD(place + 1)]))
            with cgutils.if_unlikely(builder, builder.icmp_unsigned(">=", row, rows)):
                context.call_conv.return_user_exc(builder, IndexError, (f"no such row of {pool}",))
        base = _fixed(builder, k, place)
        step = WORD(width * BYTES) if width else _fixed(builder, k, place + 2)
        return builder.inttoptr(builder.add(base, builder.mul(row, step)), context.get_value_type(kind))

    def row(typingctx: Any, k: Any, number: Any) -> Any:
        return kind(STATE, types.int64), codegen

    found: Callable[..., Any] = intrinsic(row)
    return found


def rows(pool: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The row functions of a pool: its integers, and its real numbers."""
    return _row(pool, STATE), _row(pool, REALS)


def _bits(source: Any, target: Any) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return arguments[0]

    def same(typingctx: Any, number: Any) -> Any:
        return target(source), codegen

    found: Callable[..., Any] = intrinsic(same)
    return found


unsigned = _bits(types.int64, types.uint64)
"""The same 64 bits as an unsigned integer."""
signed = _bits(types.uint64, types.int64)
"""The same 64 bits as a signed integer."""


def _reread(source: Any, target: Any, word: Any) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], word)

    def reread(typingctx: Any, number: Any) -> Any:
        return target(source), codegen

    found: Callable[..., Any] = intrinsic(reread)
    return found


bits_of = _reread(types.float64, types.int64, WORD)
"""The bits of a real number, as an integer."""
real_of = _reread(types.int64, types.float64, ir.DoubleType())
"""The real number that has these bits."""


@intrinsic
def multiply(typingctx: Any, a: Any, b: Any) -> Any:
    """The upper and the lower 64 bits of the product of two unsigned integers: one instruction."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(argument, wide) for argument in arguments))
        halves = (builder.trunc(builder.lshr(product, wide(64)), WORD), builder.trunc(product, WORD))
        return context.make_tuple(builder, signature.return_type, halves)

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), codegen


@intrinsic
def comes_before(typingctx: Any, time: Any, order: Any, other: Any, its_order: Any) -> Any:
    """All bits if a pair of numbers from 0 on comes before another, by the first, then the second; else none.

    It is the sign of their difference, from which the compiler makes no branch that nobody could foretell.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        high, low, its_high, its_low = (builder.zext(argument, wide) for argument in arguments)
        mine = builder.or_(builder.shl(high, wide(64)), low)
        its = builder.or_(builder.shl(its_high, wide(64)), its_low)
        return builder.trunc(builder.ashr(builder.sub(mine, its), wide(127)), WORD)

    return types.int64(*4 * (types.int64,)), codegen


@intrinsic
def fetch(typingctx: Any, row: Any, field: Any) -> Any:
    """Ask for the line of memory in which a field of a row lies, before it is needed."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.gep(arguments[0], [arguments[1]])
        byte = ir.IntType(8).as_pointer()
        flag = ir.IntType(32)
        shape = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        prefetch = cgutils.get_or_insert_function(builder.module, shape, "llvm.prefetch.p0i8")
        builder.call(prefetch, [builder.bitcast(place, byte), flag(1), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.none(STATE, types.int64), codegen


@intrinsic
def address_of(typingctx: Any, row: Any) -> Any:
    """Where a row lies."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(arguments[0], WORD)

    return types.int64(STATE), codegen


def copier(words: int) -> Any:
    """An intrinsic that copies so many words from one row to another."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.VectorType(WORD, words).as_pointer()
        target, source = (builder.bitcast(argument, wide) for argument in arguments)
        builder.store(builder.load(source, align=BYTES), target, align=BYTES)
        return context.get_dummy_value()

    def copy(typingctx: Any, target: Any, source: Any) -> Any:
        return types.none(STATE, STATE), codegen

    found: Any = intrinsic(copy)
    return found


ints, _ = rows("ints")
_, reals = rows("reals")


@leaf
def fail(k: Any) -> None:
    """A rule of the run is broken: leave it to the reference engine to say which."""
    k[HALT] = FAILED
    raise Halt


@leaf
def need_row(k: Any, row: int, rows: int) -> None:
    """Stop where a pool has no such row, and say so when few are left; `rows` is the word of their number."""
    if row + SLACK > k[rows]:
        k[LOW] = 1
        if row >= k[rows]:
            k[HALT] = FULL
            raise Halt


@intrinsic
def state_at(typingctx: Any, address: Any) -> Any:
    """The state that lies at an address."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], WORD.as_pointer())

    return STATE(types.int64), codegen
