"""Traffic equations: how often each service is visited, from where requests enter and how they move on.

Everything here is about expected numbers, in matrices: ``routing[i, j]`` is the mean number of requests that
one visit at i sends to j. Rows may sum to more than 1 (a visit that hands off and calls asks twice).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from serviceflow.theory import sparse
from serviceflow.theory.sparse import to_matrix, to_rows
from serviceflow.theory.stations import Array


def visits(entries: npt.ArrayLike, routing: npt.ArrayLike) -> Array:
    """Mean visits at each service, the solution of v = entries + v routing.

    Infinite where requests come that can never get away again (a circle without an exit, or one that
    multiplies requests), and at all services after such a circle.

    Source: Jackson, *Operations Research* 5 (1957).
    """
    return sparse.visits(np.asarray(entries, dtype=float), to_rows(routing))


def circles(routing: npt.ArrayLike) -> list[list[int]]:
    """The circles of a routing: sets of services that all lead to each other, as sorted lists of indices.

    A service that leads to itself is a circle; one that is on no circle is left out. These are the strongly
    connected components.
    """
    return sparse.circles(to_rows(routing))


def reachable(routing: npt.ArrayLike, sources: Sequence[int]) -> set[int]:
    """Indices of the sources and of all that can be reached from them."""
    return sparse.reachable(to_rows(routing), sources)


def join_branches(routing: npt.ArrayLike, splits: Sequence[int], joins: Sequence[int]) -> Array:
    """The routing in which a split leads to its join once, however many branches arrive there.

    A join that waits for branches is visited once for each split, not once for each branch. So the links by
    which branches reach it are cut, and the split itself leads there, with the mean number of branches that
    would have arrived, at most 1.

    Parameters
    ----------
    routing
        Square matrix of mean numbers sent on.
    splits, joins
        Indices of services that split and that join. A join belongs to the nearest split before it that is
        still open.
    """
    return to_matrix(sparse.join_branches(to_rows(routing), splits, joins))


def by_turn(routing: npt.ArrayLike, turns: Mapping[int, Sequence[Array]]) -> Array:
    """The routing on average, where services send requests on differently at their first, second, ... visit.

    Parameters
    ----------
    routing
        Square matrix of mean numbers sent on; the rows of `turns` in it count for nothing.
    turns
        For each such service its row at the first visit of a request, the second and so on; the last one
        holds from there on.

    Returns
    -------
    Array
        Each of these rows replaced by its mean over visits: exact if one service differs by turn, close
        otherwise.
    """
    rows = {place: [to_rows([one])[0] for one in found] for place, found in turns.items()}
    return to_matrix(sparse.by_turn(to_rows(routing), rows))


def order_rates(demand: Array, own: Array, net: Array) -> Array:
    """Orders per unit of time of stocks that reorder what is taken from them.

    Parameters
    ----------
    demand
        Units per time by which consumers' requests run each stock down, all in all.
    own
        Units that one order of each stock brings to it.
    net
        ``net[i, j]``: units by which one order of stock i runs stock j down (0 on the diagonal).

    Returns
    -------
    Array
        Infinite for a stock that is run down and whose orders bring nothing, and for those that orders run
        down faster than they bring.
    """
    size = len(demand)
    barren = (own <= 0) & (demand > 0)
    gain = np.where(own[None, :] > 0, np.maximum(net, 0.0) / np.where(own > 0, own, 1.0)[None, :], 0.0)
    np.fill_diagonal(gain, 0.0)
    wanted = np.where(own > 0, np.maximum(demand, 0.0) / np.where(own > 0, own, 1.0), 0.0)
    rates = visits(wanted, gain) if size else np.zeros(0)
    rates[barren] = np.inf
    return rates
