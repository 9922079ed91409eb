"""Old names of the public face, which go on working and say what they are called now."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar
from warnings import warn

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def renamed_attributes(**new: str | tuple[str, str]) -> Callable[[C], C]:
    """Let a class answer to old names of attributes, with a warning that says the new name.

    Old names are found only when nothing else is: they are in no completion and in no documentation.

    Parameters
    ----------
    **new
        Old name to new one; or to a path of attributes, such as ``runs.program``, that is not public, and
        what to use in its place.

    Returns
    -------
    callable
        A decorator of classes.
    """

    def decorate(cls: C) -> C:
        def missing(self: Any, name: str) -> Any:
            if name not in new:
                return object.__getattribute__(self, name)  # raises what made the name missing
            found = new[name]
            path, use = (found, found) if isinstance(found, str) else found
            _warn(f"{type(self).__name__}.{name}", use)
            return attrgetter(path)(self)

        cls.__getattr__ = missing  # type: ignore[attr-defined]
        return cls

    return decorate


def renamed_arguments(**new: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function take old names of keyword arguments, with a warning that says the new name.

    Parameters
    ----------
    **new
        Old name to new one.

    Returns
    -------
    callable
        A decorator of functions, which keeps their signature.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **given: P.kwargs) -> R:
            for old in given.keys() & new.keys():
                _warn(f"{function.__name__}({old}=...)", f"{new[old]}=")
                if new[old] in given:
                    raise TypeError(
                        f"{function.__name__}() got {old!r} and {new[old]!r}, which mean the same"
                    )
                given[new[old]] = given.pop(old)
            return function(*args, **given)

        return call

    return decorate


def _warn(old: str, new: str) -> None:
    warn(f"{old} is an old name; use {new}", DeprecationWarning, stacklevel=3)
