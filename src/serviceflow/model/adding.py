"""How the methods of a chain that add elements take what they are given.

Their signatures are written out in :mod:`serviceflow.model.additions`; the fields go to the elements as they
are given, so that an element alone knows what they mean and what is wrong with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, cast

P = ParamSpec("P")
Reader = Callable[..., tuple[object, Mapping[str, Any]]]


def adds(section: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a method add an element to a section of its chain, from a method that has the signature only.

    Parameters
    ----------
    section : str
        One of the sections of a chain.

    Returns
    -------
    callable
        A decorator of methods.
    """
    read: Reader = _READERS.get(section, _named)

    def decorate(method: Callable[P, None]) -> Callable[P, None]:
        written: Any = method

        @wraps(method)
        def add(chain: Any, /, *args: Any, **fields: Any) -> None:
            try:
                key, found = read(*args, **fields)
            except TypeError:
                written(chain, *args, **fields)  # raises in its own name
                raise
            chain._add(section, key, found)

        return cast("Callable[P, None]", add)

    return decorate


def _named(name: object, /, **fields: Any) -> tuple[object, Mapping[str, Any]]:
    return name, fields


def _linking(
    origin: str, target: str | None = None, /, via: str | None = None, **fields: Any
) -> tuple[object, Mapping[str, Any]]:
    if target is None:
        return origin, fields
    return f"{origin} -> {target}" + ("" if via is None else f" via {via}"), fields


def _changing(
    name: object, /, changes: Any = None, adds: Any = None, **fields: Any
) -> tuple[object, Mapping[str, Any]]:
    given = {"changes": changes, "adds": adds, **fields}
    return name, {key: value for key, value in given.items() if value is not None}


_READERS: dict[str, Reader] = {
    "handoffs": _linking,
    "calls": _linking,
    "scenarios": _changing,
}
