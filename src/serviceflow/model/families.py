"""The families of distributions: their arguments, what they may be, and their moments.

Every family is given by quantities that one can measure, a mean before all, never by rates. The
moments are textbook ones: Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions*
(2nd ed., 1994/95), unless a function says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from serviceflow.units import total_text

Value = float | Sequence[float]
Arguments = Mapping[str, "float | Sequence[float] | Sequence[Component]"]


@dataclass(frozen=True)
class Component:
    """A distribution within a mixture, its arguments known."""

    family: str
    arguments: Arguments


@dataclass(frozen=True)
class Moments:
    mean: float
    variance: float


@dataclass(frozen=True)
class Family:
    """What one family of distributions takes.

    Attributes
    ----------
    forms : tuple of tuple of str
        The sets of arguments that it can be given by; the first is the usual one.
    scaled : frozenset of str
        The arguments that are in the unit of the result, so durations where that is one. Families of
        counts have none.
    example : str
        A call, for messages.
    """

    name: str
    forms: tuple[tuple[str, ...], ...]
    scaled: frozenset[str]
    example: str

    @property
    def keywords(self) -> tuple[str, ...]:
        """Every argument that any form takes."""
        return tuple(dict.fromkeys(name for form in self.forms for name in form))


_SCALED = frozenset(("mean", "sd", "low", "mode", "high", "value", "values", "of"))


def _family(name: str, *forms: str, example: str, counts: bool = False) -> Family:
    parts = tuple(tuple(form.split()) for form in forms)
    scaled = frozenset() if counts else _SCALED.intersection(word for form in parts for word in form)
    return Family(name, parts, scaled, example)


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        _family("constant", "value", example="constant(value=5 min)"),
        _family("exponential", "mean", example="exponential(mean=20 min)"),
        _family("erlang", "mean k", example="erlang(mean=20 min, k=3)"),
        _family("gamma", "mean cv", "mean sd", example="gamma(mean=32 min, cv=0.3)"),
        _family("lognormal", "mean cv", "mean sd", example="lognormal(mean=6 min, cv=0.4)"),
        _family("normal", "mean sd", "mean cv", example="normal(mean=10 min, sd=2 min)"),
        _family("uniform", "low high", example="uniform(low=3 min, high=15 min)"),
        _family("triangular", "low mode high", example="triangular(low=3 min, mode=5 min, high=12 min)"),
        _family("pert", "low mode high", example="pert(low=3 min, mode=5 min, high=12 min)"),
        _family("weibull", "mean shape", example="weibull(mean=20 min, shape=1.5)"),
        _family("hyperexponential", "mean cv", "mean sd", example="hyperexponential(mean=20 min, cv=2)"),
        _family("geometric", "mean", example="geometric(mean=3)", counts=True),
        _family("poisson", "mean", example="poisson(mean=3)", counts=True),
        _family("discrete", "values shares", example="discrete(values=[1, 2, 4], shares=[50%, 30%, 20%])"),
        _family(
            "empirical",
            "values",
            "file",
            "file column",
            example="empirical(values=[4 min, 5 min, 9 min])",
        ),
        _family(
            "mixture",
            "shares of",
            example="mixture(shares=[90%, 10%], of=[exponential(mean=5 min), exponential(mean=1 h)])",
        ),
    )
}

LARGEST_POISSON_MEAN = 100_000.0
LARGEST_CV = 100.0


def complaint(family: str, arguments: Arguments) -> str | None:
    """Say what is wrong with the arguments of a distribution, or give None."""
    numbers = {name: value for name, value in arguments.items() if isinstance(value, int | float)}
    if any(not math.isfinite(value) for value in numbers.values()):
        return f"{family}: every argument must be finite"
    if family in _CHECKS:
        return _CHECKS[family](arguments)
    return _complain_of_numbers(family, numbers)


def _complain_of_numbers(family: str, given: Mapping[str, float]) -> str | None:
    def must(name: str, holds: bool, rule: str) -> str | None:
        return None if holds else f"{family}: {name} is {given[name]:g}; it must be {rule}"

    wrong = [
        must("value", given.get("value", 0) >= 0, "0 or more"),
        must("mean", given.get("mean", 0) >= 0, "0 or more"),
        must("sd", given.get("sd", 0) >= 0, "0 or more"),
        must("cv", 0 <= given.get("cv", 0) <= LARGEST_CV, f"from 0 to {LARGEST_CV:g}"),
        must("shape", 0.1 <= given.get("shape", 1) <= 100, "from 0.1 to 100"),
        must("k", 1 <= given.get("k", 1) == int(given.get("k", 1)), "a whole number, 1 or more"),
        _complain_of_order(family, given),
        _complain_of_family(family, given),
    ]
    return next((message for message in wrong if message), None)


def _complain_of_order(family: str, given: Mapping[str, float]) -> str | None:
    names = [name for name in ("low", "mode", "high") if name in given]
    if names and given["low"] < 0:
        return f"{family}: low is {given['low']:g}; it must be 0 or more"
    for less, more in pairwise(names):
        if given[less] > given[more]:
            return f"{family}: {less} is above {more}; write them in order"
    return None


def _complain_of_family(family: str, given: Mapping[str, float]) -> str | None:
    if "sd" in given and given["mean"] == 0 < given["sd"]:
        return f"{family}: a mean of 0 leaves no room for an sd"
    spread = coefficient(given)
    if family == "hyperexponential" and spread < 1:
        return f"hyperexponential: cv is {spread:g}; it must be 1 or more (below 1 use gamma or lognormal)"
    if family == "normal" and spread > 10:
        return "normal: the sd is over 10 times the mean; use gamma or lognormal"
    if spread > LARGEST_CV:
        return f"{family}: the sd is over {LARGEST_CV:g} times the mean"
    if family == "geometric" and given["mean"] < 1:
        return f"geometric: mean is {given['mean']:g}; it must be 1 or more, as it counts 1, 2, ..."
    if family == "poisson" and given["mean"] > LARGEST_POISSON_MEAN:
        return f"poisson: mean is {given['mean']:g}; it must be at most {LARGEST_POISSON_MEAN:g}"
    return None


LEAST_CV = 1e-8
"""Less spread than this is taken as none."""


def coefficient(given: Mapping[str, float]) -> float:
    """Return the coefficient of variation that ``cv`` or ``sd`` states; 1 where neither does."""
    found = given.get("cv", 1.0)
    if "sd" in given:
        found = given["sd"] / given["mean"] if given["mean"] > 0 else 0.0
    return 0.0 if 0 <= found < LEAST_CV else found


def _complain_of_shares(family: str, shares: Sequence[float], count: int) -> str | None:
    if len(shares) != count or not count:
        return f"{family}: {count} values and {len(shares)} shares; give each value its share"
    if any(not 0 <= share <= 1 for share in shares):
        return f"{family}: a share is between 0 and 1; write 30% or 0.3"
    if abs(math.fsum(shares) - 1) > 1e-9:
        return f"{family}: the shares add up to {total_text(math.fsum(shares))}; they must add up to 100%"
    return None


def _complain_of_values(family: str, values: Sequence[float]) -> str | None:
    if not values:
        return f"{family}: there are no values; give at least one"
    if any(not math.isfinite(value) or value < 0 for value in values):
        return f"{family}: every value must be finite and 0 or more"
    return None


def _check_discrete(arguments: Arguments) -> str | None:
    values, shares = arguments["values"], arguments["shares"]
    return _complain_of_shares("discrete", shares, len(values)) or _complain_of_values("discrete", values)  # type: ignore[arg-type]


def _check_empirical(arguments: Arguments) -> str | None:
    return _complain_of_values("empirical", arguments["values"])  # type: ignore[arg-type]


def _check_mixture(arguments: Arguments) -> str | None:
    parts: Sequence[Component] = arguments["of"]  # type: ignore[assignment]
    wrong = _complain_of_shares("mixture", arguments["shares"], len(parts))  # type: ignore[arg-type]
    return wrong or next(filter(None, (complaint(part.family, part.arguments) for part in parts)), None)


_CHECKS: dict[str, Callable[[Arguments], str | None]] = {
    "discrete": _check_discrete,
    "empirical": _check_empirical,
    "mixture": _check_mixture,
}


def moments(family: str, arguments: Arguments) -> Moments:
    """Return mean and variance of a distribution whose arguments are known, in their unit."""
    if family == "mixture":
        return _mixture_moments(arguments["shares"], arguments["of"])  # type: ignore[arg-type]
    if family in ("discrete", "empirical"):
        return _finite_moments(arguments)
    given: Mapping[str, float] = arguments  # type: ignore[assignment]
    if "high" in given:
        return _MOMENTS_OF_RANGES[family](given["low"], given.get("mode", 0.0), given["high"])
    mean = given["mean"] if "mean" in given else given["value"]
    return Moments(mean, _variance(family, mean, given))


def _variance(family: str, mean: float, given: Mapping[str, float]) -> float:
    square = mean * mean
    if family == "constant" or mean == 0:
        return 0.0
    if family == "erlang":
        return square / given["k"]
    if family == "weibull":
        inverse = 1 / given["shape"]
        return square * (math.exp(math.lgamma(1 + 2 * inverse) - 2 * math.lgamma(1 + inverse)) - 1)
    if family == "geometric":
        return mean * (mean - 1)
    if family == "poisson":
        return mean
    if family == "normal":
        return _truncated_variance(mean, coefficient(given) * mean)
    return square * coefficient(given) ** 2


def _finite_moments(arguments: Arguments) -> Moments:
    values: Sequence[float] = arguments["values"]  # type: ignore[assignment]
    shares: Sequence[float] = arguments.get("shares") or [1 / len(values)] * len(values)  # type: ignore[assignment]
    mean = math.fsum(share * value for share, value in zip(shares, values, strict=True))
    return Moments(mean, math.fsum(s * (v - mean) ** 2 for s, v in zip(shares, values, strict=True)))


def _mixture_moments(shares: Sequence[float], parts: Sequence[Component]) -> Moments:
    each = [(share, moments(part.family, part.arguments)) for share, part in zip(shares, parts, strict=True)]
    mean = math.fsum(share * part.mean for share, part in each)
    return Moments(mean, math.fsum(s * (part.variance + (part.mean - mean) ** 2) for s, part in each))


def _uniform_moments(low: float, _: float, high: float) -> Moments:
    return Moments((low + high) / 2, (high - low) ** 2 / 12)


def _triangular_moments(low: float, mode: float, high: float) -> Moments:
    squares = low * low + mode * mode + high * high - low * mode - low * high - mode * high
    return Moments((low + mode + high) / 3, squares / 18)


def _pert_moments(low: float, mode: float, high: float) -> Moments:
    """Moments of the beta distribution of PERT (Clark, *Operations Research* 10, 1962)."""
    mean = (low + 4 * mode + high) / 6
    return Moments(mean, (mean - low) * (high - mean) / 7)


_MOMENTS_OF_RANGES = {
    "uniform": _uniform_moments,
    "triangular": _triangular_moments,
    "pert": _pert_moments,
}


def truncated_location(mean: float, sd: float) -> float:
    """Return the location at which a normal distribution cut off at 0 has this mean.

    `sd` is that of the normal distribution before the cut. With a = location/sd and h the ratio of
    density to distribution function at a, the mean after the cut is sd (a + h(a)), increasing in a;
    Newton's method solves for it.
    """
    target = mean / sd
    a = target if target > 1 else -1 / target
    for _ in range(100):
        hazard = _hazard(a)
        step = (a + hazard - target) / (1 - hazard * (hazard + a))
        a -= step
        if abs(step) <= 1e-14 * max(1.0, abs(a)):
            break
    return a * sd


def _hazard(a: float) -> float:
    return math.exp(-a * a / 2) / (math.sqrt(math.pi / 2) * math.erfc(-a / math.sqrt(2)))


def _truncated_variance(mean: float, sd: float) -> float:
    if sd == 0:
        return 0.0
    location = truncated_location(mean, sd)
    return sd * sd - mean * (mean - location)
