"""In whose hands a lever is: what a department can do itself, and what only others can do for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.model.departments import department as department_of

if TYPE_CHECKING:
    from serviceflow.analysis.levers import Levers
    from serviceflow.analysis.levers.lever import Lever
    from serviceflow.model.chain import Chain

OWN, OTHERS = "its own", "others'"
MOST = 3
"""Levers that are named of each kind."""
COLUMNS = ("hands", "lever", "gain", "gain_low", "gain_high", "unit", "verdict")
NOT_TRIED = "not tried; give levers=chain.levers() to see what would help most"


def levers_by_hand(levers: Levers | None, department: str) -> pd.DataFrame:
    """The levers that gain most in a department's own hands, and in those of others.

    Intervals hold for all levers together, as these were picked out of all. What changes elements of both is
    in nobody's hands alone and left out, and so are whole scenarios.
    """
    found: list[tuple[object, ...]] = []
    if levers is None:
        return pd.DataFrame(found, columns=list(COLUMNS))
    owners = {lever.name: set(_owners(levers.chain, lever)) for lever in levers.race.running}
    table = levers.table
    helping = table[table["gain"] > 0].sort_values("gain", ascending=False, kind="stable")
    columns = ["lever", "gain", "simultaneous_low", "simultaneous_high", "unit", "verdict"]
    for hands in (OWN, OTHERS):
        rows = [
            (hands, *row)
            for row in helping[columns].itertuples(index=False, name=None)
            if _hands(owners[row[0]], department) == hands
        ]
        found += rows[:MOST]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _hands(owners: set[str], department: str) -> str:
    if owners == {department}:
        return OWN
    return OTHERS if owners and department not in owners else ""


def _owners(chain: Chain, lever: Lever) -> Iterator[str]:
    """The departments whose elements a lever changes; none where that is a whole scenario."""
    for changes in (lever.changes, lever.adds):
        for section, elements in changes.items():
            if section in _OWNED:
                for name in elements:
                    yield _owner(chain, section, str(name))


_OWNED = ("providers", "services", "handoffs", "calls", "consumers", "stocks")


def _owner(chain: Chain, section: str, name: str) -> str:
    """Whose an element is: of a way, it is that of who sends, for it decides when and how complete."""
    if section in ("handoffs", "calls"):
        name = next((link.origin for link in getattr(chain, section) if str(link) == name), name)
    return department_of(chain, name) if name in chain.services else name
