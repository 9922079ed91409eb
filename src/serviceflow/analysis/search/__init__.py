"""The best staff: the cheapest that keep every promise, or the most service for a budget."""

from __future__ import annotations

from serviceflow.analysis.search.finding import Search, search
from serviceflow.analysis.search.points import Point
from serviceflow.analysis.search.slots import SearchError, Slot

__all__ = ["Point", "Search", "SearchError", "Slot", "search"]
