"""The scalar functions of keyed draws, given to a compiler.

The functions of ``arithmetic``, ``parameters`` and ``samplers`` are plain Python that a compiler such
as Numba's ``njit`` understands; those of ``philox`` have twins on 64-bit integers. A compiled function
may call compiled functions only, so each is bound anew to a namespace that holds the compiled ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType, MappingProxyType, SimpleNamespace
from typing import Any

from serviceflow.engine.random import elementary, parameters, philox, samplers

_INTEGERS = {
    "multiply_64": philox.multiply_64,
    "philox_block": philox.philox_block_64,
    "uniform_of": philox.uniform_of_64,
    "mix_step": philox.mix_step_64,
}


def compile_scalars(
    compiler: Callable[[Any], Any], given: Mapping[str, Any] = MappingProxyType({})
) -> SimpleNamespace:
    """Give every scalar function compiled: ``sample``, ``prepare``, ``philox_block``, ``log``, ...

    Parameters
    ----------
    compiler : callable
        Takes a function and gives it compiled, such as ``numba.njit``. The integer arguments of
        keys and counters are unsigned 64-bit integers then.
    given : mapping of str to function, optional
        Functions that are compiled already and take the place of those of that name.
    """
    modules = (elementary, parameters, samplers)
    bound: dict[str, Any] = dict(vars(philox))
    for module in modules:
        bound |= vars(module)
    compiled: dict[str, Any] = {}
    plain = {
        function.__name__: function
        for function in (*elementary.SCALARS, *parameters.SCALARS, *samplers.SCALARS)
    }
    compiled |= given
    bound |= given
    for name, function in {**_INTEGERS, **plain}.items():
        if name in given:
            continue
        anew = FunctionType(function.__code__, bound, name, function.__defaults__, function.__closure__)
        anew.__module__ = function.__module__
        compiled[name] = bound[name] = compiler(anew)
    return SimpleNamespace(**compiled)
