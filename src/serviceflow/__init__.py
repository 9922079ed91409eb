"""serviceflow: process mapping and bottleneck simulation of internal service chains.

Departments serve one another. A chain says who asks whom for what, and what they promise each other; a
simulation shows where requests wait, why, and for whom it matters::

    import serviceflow as sf

    chain = sf.example("hotel_checkin")      # or sf.load("model.yaml"), or sf.ServiceChain("...")
    results = chain.simulate(duration="4 weeks", replications=20, seed=7)
    print(results.bottlenecks())

Everything is imported when it is first used, so that ``import serviceflow`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serviceflow.api.chains import (
        ServiceChain,
        compare,
        example,
        load,
        load_results,
        loads,
    )
    from serviceflow.api.results import Comparison, Results
    from serviceflow.engine.record.record import Record
    from serviceflow.engine.reference.behaviours import Behaviours, Policy
    from serviceflow.errors import (
        DeadlockError,
        ExpressionError,
        ModelError,
        NotSupportedError,
        Problem,
        RunError,
        ServiceflowError,
        UnitError,
        UnknownNameError,
    )
    from serviceflow.formats.schema import json_schema
    from serviceflow.model.distributions import (
        constant,
        discrete,
        empirical,
        erlang,
        exponential,
        gamma,
        geometric,
        hyperexponential,
        lognormal,
        mixture,
        normal,
        pert,
        poisson,
        triangular,
        uniform,
        weibull,
    )
    from serviceflow.model.links import Link

__version__ = "0.1.0"

_PLACES = {
    "api.chains": ("ServiceChain", "compare", "example", "load", "load_results", "loads"),
    "api.results": ("Comparison", "Results"),
    "engine.reference.behaviours": ("Behaviours", "Policy"),
    "engine.record.record": ("Record",),
    "errors": (
        "DeadlockError",
        "ExpressionError",
        "ModelError",
        "NotSupportedError",
        "Problem",
        "RunError",
        "ServiceflowError",
        "UnitError",
        "UnknownNameError",
    ),
    "formats.schema": ("json_schema",),
    "model.distributions": (
        "constant",
        "discrete",
        "empirical",
        "erlang",
        "exponential",
        "gamma",
        "geometric",
        "hyperexponential",
        "lognormal",
        "mixture",
        "normal",
        "pert",
        "poisson",
        "triangular",
        "uniform",
        "weibull",
    ),
    "model.links": ("Link",),
}
_HOMES = {name: module for module, names in _PLACES.items() for name in names}

__all__ = [
    "Behaviours",
    "Comparison",
    "DeadlockError",
    "ExpressionError",
    "Link",
    "ModelError",
    "NotSupportedError",
    "Policy",
    "Problem",
    "Record",
    "Results",
    "RunError",
    "ServiceChain",
    "ServiceflowError",
    "UnitError",
    "UnknownNameError",
    "compare",
    "constant",
    "discrete",
    "empirical",
    "erlang",
    "example",
    "exponential",
    "gamma",
    "geometric",
    "hyperexponential",
    "json_schema",
    "load",
    "load_results",
    "loads",
    "lognormal",
    "mixture",
    "normal",
    "pert",
    "poisson",
    "triangular",
    "uniform",
    "weibull",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
