"""Which figure is meant: names as people give them, found among the figures of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serviceflow.errors import ServiceflowError, nearest
from serviceflow.results.figures import scope_names
from serviceflow.results.measures import SCOPES

if TYPE_CHECKING:
    from serviceflow.results.results import Results

FigureName = tuple[str, str, str]
"""Scope, name (empty for the chain) and measure."""

HIGHER = (
    "attainment",
    "attainment_high",
    "attainment_low",
    "completed",
    "fill_rate",
    "first_time_right",
    "flow_efficiency",
    "throughput",
)
"""Measures of which more is better."""
NEUTRAL = (
    "arrived",
    "busy_time",
    "mean_level",
    "scheduled_time",
    "service_time",
    "setup_time",
    "total_work",
    "utilization",
    "work_time",
)
"""Measures of which neither more nor less is better by itself."""


class FigureNameError(ServiceflowError, ValueError):
    """A figure that the results do not have."""


def figure_name(given: Any, results: Results, what: str = "figure") -> FigureName:
    """Scope, name and measure of the figure that is meant.

    Parameters
    ----------
    given : str or tuple
        A measure of the chain (``"flow_time"``); a promise, for its attainment (``"Guests: resolution"`` or
        ``("sla", "Guests: resolution")``); a measure and whose it is (``("flow_time_p90", "Guests")`` or
        ``"flow_time_p90: Guests"``); or scope, name and measure.
    results : Results
        Where it is looked for.
    what : str
        What stands before the name in messages.

    Raises
    ------
    FigureNameError
        If there is no such figure, with those that there are.
    """
    scope, name, measure = element_and_measure(given, results, what)
    known = [one for place, one in results._names if place == scope]
    if measure not in known:
        raise FigureNameError(
            f"{what} {given!r}: there is no measure {measure!r} of {_article(scope)}{nearest(measure, known)}"
        )
    return scope, name, measure


def element_and_measure(given: Any, results: Results, what: str = "figure") -> FigureName:
    """As :func:`figure_name`, with a measure that may be another than those of the table of figures."""
    names = scope_names(results.runs.program)
    parts = _parts(given, names["sla"], what)
    if len(parts) == 2:
        parts = _whose(parts, names, given, what)
    scope, name, measure = parts
    if scope not in names:
        raise FigureNameError(f"{what} {given!r}: there is no scope {scope!r}{nearest(scope, names)}")
    if scope != "chain" and name not in names[scope]:
        raise FigureNameError(f"{what} {given!r}: there is no {scope} {name!r}{nearest(name, names[scope])}")
    return scope, "" if scope == "chain" else name, measure


def _article(scope: str) -> str:
    return {"chain": "the chain", "sla": "a promise"}.get(scope, f"a {scope}")


def _parts(given: Any, promises: tuple[str, ...], what: str) -> tuple[str, ...]:
    if isinstance(given, str):
        if given in promises:
            return ("sla", given, "attainment")
        parts = tuple(given.split(": ", 1))
    else:
        parts = tuple(map(str, given)) if isinstance(given, tuple | list) else ()
    if len(parts) == 1:
        return ("chain", "", parts[0])
    if len(parts) in (2, 3):
        return parts
    raise FigureNameError(
        f"{what} {given!r} is no figure: give a measure such as 'flow_time', a measure and a name,"
        " ('flow_time_p90', 'Guests'), or a promise, ('sla', 'Guests: resolution')"
    )


def _whose(parts: tuple[str, ...], names: Any, given: Any, what: str) -> tuple[str, str, str]:
    """A measure and whose it is, or a promise."""
    if parts[0] == "sla":
        return ("sla", parts[1], "attainment")
    measure, name = parts
    scopes = [scope for scope in ("consumer", *SCOPES) if scope != "chain" and name in names[scope]]
    if not scopes:
        known = [one for scope in SCOPES[1:] for one in names[scope]]
        raise FigureNameError(f"{what} {given!r}: nothing is called {name!r}{nearest(name, known)}")
    return (scopes[0], name, measure)


def place_of(figure: FigureName, results: Results) -> int:
    """Where the figure's element stands among those of its scope."""
    scope, name, _ = figure
    return 0 if scope == "chain" else scope_names(results.runs.program)[scope].index(name)


def title_of(figure: FigureName) -> str:
    """The figure in words: ``flow_time of Guests``."""
    scope, name, measure = figure
    return measure if scope == "chain" else f"{measure} of {name}"
