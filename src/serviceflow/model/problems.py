"""What is wrong with a chain as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.model.mistakes import Mistake

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain


def find_problems(chain: Chain) -> list[Mistake]:
    """Everything that is wrong."""
    return []


def find_broken_names(chain: Chain, data: object) -> list[Mistake]:
    return []
