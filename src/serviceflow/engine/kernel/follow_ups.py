"""What follows within the instant, after what is happening (see ``reference.follow_ups``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import calls, stocks
from serviceflow.engine.kernel.events import give_node, take_node
from serviceflow.engine.kernel.layout import *
from serviceflow.engine.kernel.memory import leaf, unit
from serviceflow.engine.kernel.rows import nodes

STOCK = -1
"""Stands where a visit has its number."""


@leaf
def add(k: Any, about: int, number: int) -> None:
    """Remember a visit with its number, or a STOCK."""
    n = take_node(k)
    nodes(k, n)[N_A] = about
    nodes(k, n)[N_B] = number
    nodes(k, n)[N_AFTER] = -1
    if k[FOLLOWING] == -1:
        k[FOLLOWING] = n
    else:
        nodes(k, k[FOLLOWING_LAST])[N_AFTER] = n
    k[FOLLOWING_LAST] = n


@unit("i(i)")
def next_due(k: Any, unused: int) -> int:
    """Do the first that is due; a stock remains the first while it has to order more."""
    n = k[FOLLOWING]
    about, number = nodes(k, n)[N_A], nodes(k, n)[N_B]
    if number == STOCK and stocks.order_more(k, about):
        return 0
    k[FOLLOWING] = nodes(k, n)[N_AFTER]
    give_node(k, n)
    if number != STOCK:
        calls.take_up(k, about, number)
    return 0
