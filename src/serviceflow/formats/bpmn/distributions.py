"""Distributions of the dialects as distributions of a model file.

Numbers come in seconds. What has bounds that are never reached is written without them; a bound that cuts off
something is drawn again there, which is written as a mixture of pieces of equal share.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import NormalDist

from serviceflow.formats.bpmn.durations import number_text, read_number, seconds_text, share_text

NEGLIGIBLE = 1e-3
"""The share beyond a bound below which the bound is only a cap."""
PIECES = 20
STANDARD = NormalDist()


@dataclass(frozen=True)
class Drawn:
    """A distribution as text, with its mean in seconds if that is known.

    Attributes
    ----------
    text : str
        In the notation of a model file.
    mean : float or None
        In seconds.
    said : str
        What was assumed or approximated.
    is_exact : bool
        Whether it is the distribution that was meant.
    """

    text: str
    mean: float | None = None
    said: str = ""
    is_exact: bool = True


class Unreadable(Exception):
    """Parameters that make no distribution."""


def _positive(value: float, what: str) -> float:
    if not (math.isfinite(value) and value > 0):
        raise Unreadable(f"{what} of {value:g}")
    return value


def constant(seconds: float) -> Drawn:
    """Always the same."""
    if not math.isfinite(seconds) or seconds < 0:
        raise Unreadable(f"a duration of {seconds:g}")
    return Drawn(seconds_text(seconds), seconds)


def exponential(mean: float) -> Drawn:
    """Exponential."""
    return Drawn(f"exponential(mean={seconds_text(_positive(mean, 'a mean'))})", mean)


def normal(mean: float, sd: float, low: float = 0.0, high: float = math.inf) -> Drawn:
    """Normal, drawn again while outside its bounds and below 0.

    The mean of a model file's ``normal`` is that after the cut at 0, so it is moved by what the cut does.
    """
    if not (math.isfinite(mean) and math.isfinite(sd)) or sd < 0:
        raise Unreadable(f"a normal distribution with mean {mean:g} and sd {sd:g}")
    if sd == 0:
        return constant(min(max(mean, max(low, 0.0)), high))
    low = max(low, 0.0)
    below = STANDARD.cdf((low - mean) / sd)
    above = 1 - STANDARD.cdf((high - mean) / sd) if math.isfinite(high) else 0.0
    if below + above > 1 - 1e-9:
        raise Unreadable(f"a normal distribution that lies outside {low:g} to {high:g}")
    if (low > 0 and below > NEGLIGIBLE) or above > NEGLIGIBLE:
        dist = NormalDist(mean, sd)
        return _pieces(dist.inv_cdf, below, 1 - above, f"normal cut at {low:g} s and {high:g} s")
    lower = -mean / sd
    moved = mean + sd * math.exp(-lower * lower / 2) / math.sqrt(2 * math.pi) / (1 - STANDARD.cdf(lower))
    if moved - mean < 1e-6 * mean:
        moved = mean
    text = f"normal(mean={_short(moved)}, sd={seconds_text(sd)})"
    return Drawn(_bounded(text, low, high, mean, sd), moved)


def _short(seconds: float) -> str:
    """A mean that was worked out, to nine digits, in the unit that suits it."""
    size, unit = (3_600, "h") if seconds >= 7_200 else (60, "min") if seconds >= 120 else (1, "s")
    exact = Fraction(f"{seconds:.9g}")
    if exact.denominator == 1:
        return seconds_text(exact)
    return f"{number_text(Fraction(f'{seconds / size:.9g}'))} {unit}"


def _bounded(text: str, low: float, high: float, mean: float, sd: float) -> str:
    """With caps that are reached now and then; those beyond ten standard deviations are left out."""
    if low > 0 and (mean - low) / sd < 10:
        text = f"max({seconds_text(low)}, {text})"
    if math.isfinite(high) and (high - mean) / sd < 10:
        text = f"min({seconds_text(high)}, {text})"
    return text


def uniform(low: float, high: float) -> Drawn:
    """Uniform."""
    low, high = max(low, 0.0), high
    if not (math.isfinite(low) and math.isfinite(high)) or high < low:
        raise Unreadable(f"a uniform distribution from {low:g} to {high:g}")
    if high == low:
        return constant(low)
    return Drawn(f"uniform(low={seconds_text(low)}, high={seconds_text(high)})", (low + high) / 2)


def triangular(low: float, mode: float, high: float) -> Drawn:
    """Triangular."""
    if not low <= mode <= high or not math.isfinite(high) or low < 0:
        raise Unreadable(f"a triangle of {low:g}, {mode:g} and {high:g}")
    if low == high:
        return constant(low)
    parts = ", ".join(
        f"{name}={seconds_text(value)}" for name, value in (("low", low), ("mode", mode), ("high", high))
    )
    return Drawn(f"triangular({parts})", (low + mode + high) / 3)


def lognormal(mean: float, sd: float, low: float = 0.0, high: float = math.inf) -> Drawn:
    """Log-normal by mean and standard deviation of the values."""
    _positive(mean, "a mean")
    if sd == 0:
        return constant(mean)
    _positive(sd, "a standard deviation")
    variance = math.log1p((sd / mean) ** 2)
    dist = NormalDist(math.log(mean) - variance / 2, math.sqrt(variance))
    text = f"lognormal(mean={seconds_text(mean)}, sd={seconds_text(sd)})"
    below = dist.cdf(math.log(low)) if low > 0 else 0.0
    above = 1 - dist.cdf(math.log(high)) if 0 < high < math.inf else 0.0
    if below + above > NEGLIGIBLE and below + above < 1 - 1e-6:
        return _pieces(
            lambda share: math.exp(dist.inv_cdf(share)), below, 1 - above, "a lognormal that is cut"
        )
    return Drawn(_capped(text, low if below > 1e-9 else 0.0, high if above > 1e-9 else math.inf), mean)


def gamma(mean: float, sd: float, low: float = 0.0, high: float = math.inf) -> Drawn:
    """Gamma by mean and standard deviation."""
    _positive(mean, "a mean")
    if sd == 0:
        return constant(mean)
    text = f"gamma(mean={seconds_text(mean)}, sd={seconds_text(_positive(sd, 'a standard deviation'))})"
    capped = _capped(text, low, high if high < mean + 40 * sd else math.inf)
    said = "values beyond its bounds are set to the bounds" if capped != text else ""
    return Drawn(capped, mean, said)


def _capped(text: str, low: float, high: float) -> str:
    if low > 0:
        text = f"max({seconds_text(low)}, {text})"
    return f"min({seconds_text(high)}, {text})" if 0 < high < math.inf else text


def shifted(low: float, rest: Drawn, high: float = math.inf) -> Drawn:
    """A distribution that begins at a value above 0."""
    text = rest.text if low <= 0 else f"{seconds_text(low)} + {rest.text}"
    if math.isfinite(high):
        text = f"min({seconds_text(high)}, {text})"
    return Drawn(text, None if rest.mean is None else low + rest.mean)


def shifted_exponential(low: float, scale: float, high: float = math.inf) -> Drawn:
    """An exponential that begins at `low`, drawn again beyond `high`."""
    if scale <= 0:
        return constant(low)
    low = max(low, 0.0)
    above = math.exp(-(high - low) / scale) if math.isfinite(high) and high > low else 0.0
    if above > NEGLIGIBLE:
        return _pieces(
            lambda share: low - scale * math.log1p(-share), 0.0, 1 - above, "an exponential that is cut"
        )
    return shifted(low, exponential(scale), high if above > 1e-9 else math.inf)


def erlang(mean: float, k: float) -> Drawn:
    """Erlang."""
    if k < 1 or k != int(k):
        return gamma(mean, mean / math.sqrt(_positive(k, "a shape")))
    return Drawn(f"erlang(mean={seconds_text(_positive(mean, 'a mean'))}, k={int(k)})", mean)


def weibull(scale: float, shape: float) -> Drawn:
    """Weibull by scale and shape."""
    mean = _positive(scale, "a scale") * math.gamma(1 + 1 / _positive(shape, "a shape"))
    return Drawn(f"weibull(mean={_short(mean)}, shape={number_text(shape)})", mean)


def discrete(values: Sequence[tuple[float, float]]) -> Drawn:
    """One of several values, each with its weight."""
    total = sum(Fraction(str(weight)) for _, weight in values)
    if total <= 0 or any(value < 0 or weight < 0 for value, weight in values) or len(values) > 1_000:
        raise Unreadable("a list of values without weights")
    used = [(value, weight) for value, weight in values if weight > 0]
    if len(used) == 1:
        return constant(used[0][0])
    shares = ", ".join(share_text(Fraction(str(weight)) / total) for _, weight in used)
    listed = ", ".join(seconds_text(value) for value, _ in used)
    mean = sum(value * weight for value, weight in used) / float(total)
    return Drawn(f"discrete(values=[{listed}], shares=[{shares}])", mean)


def mixture(parts: Sequence[tuple[Drawn, int]]) -> Drawn:
    """One of several distributions."""
    together: dict[str, int] = {}
    for one, weight in parts:
        together[one.text] = together.get(one.text, 0) + weight
    if len(together) == 1:
        return parts[0][0]
    total = sum(together.values())
    if all("(" not in text for text in together):
        return discrete([(one.mean or 0.0, weight) for one, weight in parts])
    shares = ", ".join(share_text(Fraction(weight, total)) for weight in together.values())
    together = {text if "(" in text else f"constant(value={text})": n for text, n in together.items()}
    means = [(one.mean, weight) for one, weight in parts]
    known = (
        None if any(mean is None for mean, _ in means) else sum((mean or 0) * w for mean, w in means) / total
    )
    return Drawn(f"mixture(shares=[{shares}], of=[{', '.join(together)}])", known)


def beta(shape: float, scale: float, low: float = 0.0, high: float = 1.0) -> Drawn:
    """A beta distribution, as a triangle or pert of the same mode where it has one, else by its pieces."""
    a, b = _positive(shape, "a shape"), _positive(scale, "a scale")
    mean = low + (high - low) * a / (a + b)
    if a > 1 and b > 1:
        mode = low + (high - low) * (a - 1) / (a + b - 2)
        drawn = triangular(low, mode, high)
        return Drawn(
            drawn.text, drawn.mean, f"a beta distribution with mean {mean:g} s is read as a triangle", False
        )
    drawn = uniform(low, high)
    return Drawn(
        drawn.text, drawn.mean, f"a beta distribution with mean {mean:g} s is read as uniform", False
    )


def _pieces(quantile: Callable[[float], float], start: float, end: float, what: str) -> Drawn:
    """A cut distribution as pieces of equal share, uniform within each."""
    width = (end - start) / PIECES
    edges = [max(0.0, quantile(min(max(start + width * k, 1e-9), 1 - 1e-9))) for k in range(PIECES + 1)]
    edges = [float(f"{edge:.5g}") for edge in edges]
    share = share_text(Fraction(1, PIECES))
    parts = ", ".join(
        f"uniform(low={seconds_text(low)}, high={seconds_text(high)})"
        if high > low
        else f"constant(value={seconds_text(low)})"
        for low, high in pairwise(edges)
    )
    text = f"mixture(shares=[{', '.join([share] * PIECES)}], of=[{parts}])"
    mean = sum(low + high for low, high in pairwise(edges)) / 2 / PIECES
    return Drawn(text, mean, f"{what} is written in {PIECES} pieces of equal share")


def from_python(text: str, seconds: float) -> Drawn | None:
    """A call of Python's ``random`` that SimPN's diagrams have, by a list of what is allowed; never
    evaluated.

    Parameters
    ----------
    text : str
        Such as ``random.uniform(5, 10)``.
    seconds : float
        Of the unit that its numbers are in.
    """
    text = "".join(text.split())
    if (number := read_number(text)) is not None:
        return constant(float(number) * seconds)
    name, bracket, rest = text.partition("(")
    if not bracket or not rest.endswith(")") or len(text) > 200:
        return None
    values = [_ratio(part) for part in rest[:-1].split(",")]
    if any(value is None for value in values):
        return None
    given = [value for value in values if value is not None]
    try:
        return _python_call(name.removeprefix("random."), given, seconds)
    except (Unreadable, ZeroDivisionError, IndexError, ValueError):
        return None


def _ratio(text: str) -> float | None:
    """A number, or one divided by another."""
    upper, slash, lower = text.partition("/")
    top, bottom = read_number(upper), read_number(lower) if slash else Fraction(1)
    return None if top is None or not bottom else float(top / bottom)


def _python_call(name: str, given: list[float], seconds: float) -> Drawn | None:
    calls: Mapping[str, tuple[int, Callable[..., Drawn]]] = {
        "uniform": (2, lambda a, b: uniform(min(a, b) * seconds, max(a, b) * seconds)),
        "expovariate": (1, lambda rate: exponential(seconds / rate)),
        "gauss": (2, lambda mean, sd: normal(mean * seconds, sd * seconds)),
        "normalvariate": (2, lambda mean, sd: normal(mean * seconds, sd * seconds)),
        "triangular": (3, lambda a, b, mode: triangular(a * seconds, mode * seconds, b * seconds)),
        "gammavariate": (2, lambda a, b: gamma(a * b * seconds, math.sqrt(a) * b * seconds)),
        "lognormvariate": (2, lambda mu, s: lognormal(*(seconds * one for one in _log_moments(mu, s)))),
        "weibullvariate": (2, lambda scale, shape: weibull(scale * seconds, shape)),
        "randint": (
            2,
            lambda a, b: discrete([(seconds * k, 1) for k in range(int(a), int(min(b, a + 99)) + 1)]),
        ),
    }
    if name not in calls or calls[name][0] != len(given):
        return None
    return calls[name][1](*given)


def _log_moments(mu: float, sigma: float) -> tuple[float, float]:
    mean = math.exp(min(mu + sigma * sigma / 2, 50))
    return mean, mean * math.sqrt(math.expm1(min(sigma * sigma, 50)))


_DURATION = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?) (week|day|h|min|s)\b")


def as_numbers(text: str) -> str:
    """A text whose durations are seconds, as plain numbers."""
    sizes = {"week": 604_800, "day": 86_400, "h": 3_600, "min": 60, "s": 1}
    return _DURATION.sub(lambda found: number_text(Fraction(found[1]) * sizes[found[2]]), text)
