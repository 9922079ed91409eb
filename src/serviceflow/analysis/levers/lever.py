"""A lever: one change to a chain that might help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

Changes = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Lever:
    """One change to a chain that might help.

    Attributes
    ----------
    name : str
        What it is called in tables: ``"Front desk: one more"``.
    kind : str
        What sort of change it is, one of :data:`KINDS`.
    scope, where : str
        What it changes: ``"provider"`` and its name; both empty where it changes more than one thing.
    changes, adds : mapping
        As in a scenario.
    scenario : str
        The scenario of the chain that it is, if it is one.
    """

    name: str
    kind: str
    scope: str = ""
    where: str = ""
    changes: Changes = field(default_factory=dict)
    adds: Changes = field(default_factory=dict)
    scenario: str = ""

    def apply(self, chain: Chain) -> Chain:
        """The chain with this change, and without scenarios, which may not fit it any more.

        Raises
        ------
        ModelError
            If the change does not fit the chain.
        """
        named = self.scenario
        changed = chain.scenario(named) if named else chain.change(self.changes, self.adds)
        changed._sections["scenarios"] = {}
        return changed


KINDS = {
    "staff": "one more unit of a provider",
    "hours": "an hour more of each of a provider's shifts",
    "speed": "the work of a service takes 10% less",
    "dispatch": "what waited for a round, an instant or a full tray leaves at once",
    "delay": "the way takes half as long",
    "information": "what arrives is complete",
    "rework": "nothing goes back",
    "places": "one more place in a queue",
    "stock": "more of a stock at the start",
    "reorder": "a stock orders earlier",
    "setup": "no time to change over",
    "batch": "half as many go together",
    "outages": "units break down half as often",
    "priorities": "first come, first served in place of priorities",
    "scenario": "a scenario of the chain",
    "own": "a change that the caller named",
}
"""Every kind of lever, and what it does."""
