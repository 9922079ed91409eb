"""When a race is looked at, and how sure each look may be, so that all that is ever said holds together.

Whoever looks at intervals again and again, and stops when they please, is wrong more often than the level of
one interval says. So the looks are fixed beforehand, at 2, 3, 5, 7, 10, 14, 20, 28, 40, ... replications, and
each spends a share of the error that is allowed; the shares of all looks, however many, sum to 1 (an
alpha-spending function; the union bound makes what is said at any look hold with what is said at all others,
whatever the rule by which one stops).

References
----------
K. K. G. Lan and D. L. DeMets (1983), "Discrete sequential boundaries for clinical trials", *Biometrika* 70,
659-663, for spending the error over looks.
P. Hall (1992), "On the removal of skewness by transformation", *Journal of the Royal Statistical Society B*
54, 221-228, for intervals that allow for skewed differences.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from serviceflow.analysis.levers.samples import Floats, error_of
from serviceflow.results.statistics import t_quantile

FIRST = 5
"""Replications of everybody at the first look, if the budget allows."""
_EARLY = (2, 3)
"""Looks before that, for very small budgets."""
_TRIFLE = 1e-6
"""Skewness that is none."""
_SLOWNESS = 5
"""How slowly the shares of the looks fall: the first takes a sixth, that at 80 replications a fiftieth."""


def look(place: int) -> int:
    """How many replications there are at a look, counted from 0."""
    after = place - len(_EARLY)
    return _EARLY[place] if after < 0 else round(FIRST * sqrt(2) ** after)


def place_of(count: int) -> int:
    """The last look that has no more than `count` replications, which are at least 2."""
    place = 0
    while look(place + 1) <= count:
        place += 1
    return place


def share_of(count: int) -> float:
    """The share of the error that the look at `count` replications may spend."""
    place = place_of(count)
    return _SLOWNESS / ((place + _SLOWNESS) * (place + _SLOWNESS + 1))


def reach(count: int, confidence: float, comparisons: int) -> float:
    """How many standard errors an interval reaches to each side of a mean of `count` paired differences.

    It holds for all `comparisons` and all looks together (Bonferroni).
    """
    error = (1 - confidence) * share_of(count) / max(comparisons, 1)
    return float(t_quantile(1 - error / 2, count - 1))


def is_surely_constant(count: int, confidence: float, comparisons: int) -> bool:
    """Whether as many equal differences tell what t intervals cannot, which need spread.

    If half of all replications, or more, were different, this many would hardly be equal (a sign test).
    """
    return 2.0 ** (1 - count) <= (1 - confidence) * share_of(count) / max(comparisons, 1)


def interval(
    mean: float, deviations: Floats, confidence: float, comparisons: int, exact: bool = False
) -> tuple[float, float]:
    """The ends of an interval about a mean of paired differences, NaN where they cannot be told.

    Waiting times are skewed, and so are their means over replications; a few of them that happen to be alike
    would make a t interval that is far too short on one side. So each end is the farther one of Student's and
    of Hall's, which allows for skewness.

    Parameters
    ----------
    mean : float
        What was found.
    deviations : array
        By how much each replication moves the mean.
    confidence : float
        Of all that is said together.
    comparisons : int
        How many intervals are looked at together.
    exact : bool
        Whether nothing varies from replication to replication, so that one tells all.
    """
    count, error = len(deviations), error_of(deviations)
    if exact or (error == 0 and mean == 0):
        return mean, mean
    constant = error == 0 and not is_surely_constant(count, confidence, comparisons)
    if constant or not np.isfinite(error):
        return float("nan"), float("nan")
    below, above = _reaches(reach(count, confidence, comparisons), deviations)
    return mean - below * error, mean + above * error


def _reaches(student: float, deviations: Floats) -> tuple[float, float]:
    """How many standard errors an interval reaches down and up: the farther of Student's and Hall's."""
    spread = float(np.std(deviations, ddof=1))
    skewness = float(np.mean((deviations / spread) ** 3)) if spread else 0.0
    if abs(skewness) < _TRIFLE:
        return student, student
    root, shift = np.sqrt(len(deviations)), skewness / (6 * len(deviations))
    scaled = np.array([student, -student]) / root - shift
    high, low = 3 / skewness * (np.cbrt(1 + skewness * scaled) - 1) * root
    return max(student, float(high)), max(student, float(-low))
