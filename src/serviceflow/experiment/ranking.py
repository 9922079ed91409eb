"""Choosing the best of several systems by simulation: Kim and Nelson, Rinott, Dudewicz and Dalal, OCBA.

Everything here is arithmetic on one value per replication and system; more is better. What a system is, and
how its replications are run, is for the caller to say.

References
----------
S.-H. Kim and B. L. Nelson (2001), "A fully sequential procedure for indifference-zone selection in
simulation", *ACM Transactions on Modeling and Computer Simulation* 11, 251-273.
Y. Rinott (1978), "On two-stage selection procedures and related probability inequalities", *Communications in
Statistics A* 7, 799-811.
E. J. Dudewicz and S. R. Dalal (1975), "Allocation of observations in ranking and selection with unequal
variances", *Sankhya B* 37, 28-78.
C.-H. Chen, J. Lin, E. Yucesan and S. E. Chick (2000), "Simulation budget allocation for further enhancing the
efficiency of ordinal optimization", *Discrete Event Dynamic Systems* 10, 251-270.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from serviceflow.errors import ServiceflowError

Floats = NDArray[np.float64]
Observe = Callable[[int, int, int], Floats]
"""``observe(system, first, count)`` gives the values of a system's replications from one number on."""


class SelectionError(ServiceflowError, ValueError):
    """A selection that cannot be made."""


@dataclass
class Selection:
    """What a procedure has found.

    Attributes
    ----------
    best : int
        The system that was chosen.
    values : list of array
        The values of each system's replications.
    left : tuple of int
        Those that were still in when it ended: one, unless the budget was spent before.
    dropped : dict
        After how many replications each of the others was out.
    """

    best: int
    values: list[Floats]
    left: tuple[int, ...]
    dropped: dict[int, int] = field(default_factory=dict)

    @property
    def spent(self) -> int:
        """Replications of all systems."""
        return sum(map(len, self.values))


# Kim and Nelson


def kim_nelson_eta(systems: int, first: int, error: float) -> float:
    """The constant eta of Kim and Nelson for so many systems, replications of the first stage and 1 - PCS."""
    return float(0.5 * ((2 * error / (systems - 1)) ** (-2 / (first - 1)) - 1))


def kim_nelson(
    systems: int,
    observe: Observe,
    relevant: float,
    confidence: float = 0.95,
    first: int = 10,
    at_most: int | None = None,
    together: int = 1,
) -> Selection:
    """Choose the system with the largest mean: Kim and Nelson's fully sequential procedure.

    Every system gets `first` replications; the variances of the differences of each pair are estimated from
    these once. Then one replication after another is added to each system that is left, and a system is out
    as soon as it is behind another by more than their difference varies. With common random numbers
    differences vary less, and fewer replications are needed.

    Parameters
    ----------
    systems : int
        How many there are.
    observe : callable
        ``observe(system, first, count)`` gives the values of some replications.
    relevant : float
        The smallest difference that matters: the indifference zone.
    confidence : float
        If the best is better than every other by at least `relevant`, it is chosen with at least this
        probability, provided the values are normal.
    first : int
        Replications of the first stage, at least 10.
    at_most : int, optional
        Replications of all systems, at most. If they are spent the leader of those left is chosen, and the
        guarantee does not hold.
    together : int
        How many replications are run before the next look. Looks in between are made up for, so that the
        choice is the same; only up to so many replications of systems that are out are wasted.

    Returns
    -------
    Selection
        The choice, and everything that was observed.
    """
    values = [np.asarray(observe(system, 0, first), dtype=np.float64) for system in range(systems)]
    if systems == 1:
        return Selection(0, values, (0,))
    spread = 2 * kim_nelson_eta(systems, first, 1 - confidence) * (first - 1)
    variances = _variances(np.array(values))
    left, count = list(range(systems)), first
    dropped: dict[int, int] = {}
    while True:
        while len(left) > 1 and count <= min(len(values[one]) for one in left):
            out = _behind(left, values, variances, spread, relevant, count)
            dropped |= dict.fromkeys(out, count)
            left = [one for one in left if one not in out]
            count += 1
        if len(left) == 1 or not _afford(values, left, at_most):
            break
        more = together if at_most is None else min(together, _afford(values, left, at_most))
        for one in left:
            found = np.asarray(observe(one, len(values[one]), more), dtype=np.float64)
            values[one] = np.concatenate([values[one], found])
    seen = min(len(values[one]) for one in left)
    best = max(left, key=lambda one: float(values[one][:seen].mean()))
    return Selection(best, values, tuple(left), dropped)


def _afford(values: Sequence[Floats], left: Sequence[int], at_most: int | None) -> int:
    """How many more replications each of those left may have."""
    return 1 if at_most is None else max(at_most - sum(map(len, values)), 0) // len(left)


def _variances(values: Floats) -> Floats:
    """The variance of the difference of every pair of systems."""
    away = values - values.mean(axis=1, keepdims=True)
    covariances = away @ away.T / (values.shape[1] - 1)
    own = np.diag(covariances)
    found: Floats = np.maximum(own[:, None] + own[None, :] - 2 * covariances, 0)
    return found


def _behind(
    left: Sequence[int],
    values: Sequence[Floats],
    variances: Floats,
    spread: float,
    relevant: float,
    count: int,
) -> list[int]:
    """Those that are out after so many replications."""
    means = np.array([values[one][:count].mean() for one in left])
    pairs = variances[np.ix_(left, left)]
    width = np.maximum(relevant / (2 * count) * (spread * pairs / relevant**2 - count), 0)
    lost = means[:, None] < means[None, :] - width
    # Of equals whose difference can no more be told, the first one stays.
    lost |= np.tril((means[:, None] == means[None, :]) & (width == 0), -1)
    lost = np.any(lost, axis=1)
    return [one for one, out in zip(left, lost.tolist(), strict=True) if out]


# Constants of two-stage procedures


def rinott_constant(systems: int, first: int, confidence: float) -> float:
    """Rinott's h: ``max(first, ceil(h**2 * variance / relevant**2))`` replications of each are enough."""
    from scipy.optimize import brentq

    nodes, weights = _chi_square_nodes(first - 1)
    ways = 1 / nodes[:, None] + 1 / nodes[None, :]

    def missing(constant: float) -> float:
        from scipy.special import ndtr

        inner = ndtr(constant / np.sqrt((first - 1) * ways)) @ weights
        return float(weights @ inner ** (systems - 1)) - confidence

    return float(brentq(missing, 1e-6, 100, xtol=1e-11))


def _chi_square_nodes(freedom: int, count: int = 400) -> tuple[Floats, Floats]:
    """Nodes and weights of an integral over a chi-square distribution."""
    from scipy.special import chdtrc, chdtri  # noqa: F401
    from scipy.stats import chi2

    points, weights = np.polynomial.legendre.leggauss(count)
    least, most = chi2.ppf(1e-13, freedom), chi2.isf(1e-13, freedom)
    nodes = (most - least) / 2 * points + (most + least) / 2
    return nodes, (most - least) / 2 * weights * chi2.pdf(nodes, freedom)


def dudewicz_dalal_constant(systems: int, first: int, confidence: float) -> float:
    """Dudewicz and Dalal's h1, for weighted means of two stages."""
    from scipy.optimize import brentq
    from scipy.stats import t

    points, weights = np.polynomial.legendre.leggauss(400)
    angles = points * np.pi / 2 * (1 - 1e-12)
    nodes = np.tan(angles)
    measure = weights * np.pi / 2 / np.cos(angles) ** 2 * t.pdf(nodes, first - 1)

    def missing(constant: float) -> float:
        return float(measure @ t.cdf(nodes + constant, first - 1) ** (systems - 1)) - confidence

    return float(brentq(missing, 1e-6, 100, xtol=1e-11))


# A fixed budget


def ocba_shares(means: Floats, deviations: Floats) -> Floats:
    """Which shares of a budget make the choice of the largest mean most likely right (asymptotically).

    Parameters
    ----------
    means, deviations : array
        Of each system so far: more is better.

    Returns
    -------
    array
        They sum to 1. The systems close to the best, and those that vary most, get most.
    """
    best = int(np.argmax(means))
    scale = float(np.max(np.abs(means - means[best]))) or 1.0
    distance = np.maximum(means[best] - means, 1e-9 * scale)
    spread = np.maximum(deviations, 1e-12 * max(float(np.max(deviations)), 1e-300))
    ratios = np.square(spread / distance)
    ratios[best] = 0.0
    ratios[best] = spread[best] * np.sqrt(np.sum(np.square(ratios / spread)))
    total = float(ratios.sum())
    return ratios / total if total > 0 else np.full(len(means), 1 / len(means))


def ocba(systems: int, observe: Observe, budget: int, first: int = 10, stages: int = 10) -> Selection:
    """Choose the system with the largest mean within a budget: optimal computing budget allocation.

    There is no guarantee: the replications go where the choice is open.

    Parameters
    ----------
    systems : int
        How many there are.
    observe : callable
        ``observe(system, first, count)`` gives the values of some replications.
    budget : int
        Replications of all systems.
    first : int
        Replications of each system to begin with.
    stages : int
        In how many portions the rest is given out.
    """
    if budget < systems * first:
        raise SelectionError(
            f"budget={budget} is not enough for {systems} chains: give at least {systems * first},"
            f" {first} replications of each"
        )
    values = [np.asarray(observe(system, 0, first), dtype=np.float64) for system in range(systems)]
    portion = max(-(-(budget - systems * first) // stages), 1)
    while (rest := budget - sum(map(len, values))) > 0:
        for system, count in enumerate(_shared_out(values, min(portion, rest))):
            if count:
                found = np.asarray(observe(system, len(values[system]), count), dtype=np.float64)
                values[system] = np.concatenate([values[system], found])
    best = int(np.argmax([one.mean() for one in values]))
    return Selection(best, values, tuple(range(systems)))


def _shared_out(values: Sequence[Floats], portion: int) -> list[int]:
    """How many more replications each system gets of a portion."""
    means = np.array([one.mean() for one in values])
    deviations = np.array([one.std(ddof=1) for one in values])
    counts = np.array([len(one) for one in values])
    wanted = ocba_shares(means, deviations) * (counts.sum() + portion)
    lacking = np.maximum(wanted - counts, 0)
    if not lacking.sum():
        lacking = np.ones(len(values))
    exact = lacking / lacking.sum() * portion
    whole = np.floor(exact).astype(int)
    for place in np.argsort(whole - exact, kind="stable")[: portion - whole.sum()]:
        whole[place] += 1
    return [int(one) for one in whole]
