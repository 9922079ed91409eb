"""What follows within the instant, after what is happening: answers taken up, and orders that go out.

An answer may end the request that asked, whose caller has his answer then, and so on; an order may be
refused, so that another one goes out. They are done one after another, in the order in which they became due,
and none of them within another: so neither is bounded by the depth of a stack.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any


class FollowUps:
    """What is still to be done at this instant, before anything else happens."""

    def __init__(self) -> None:
        self.due: deque[tuple[Callable[[Any], bool], Any]] = deque()

    def add(self, action: Callable[[Any], bool], about: Any) -> None:
        """Remember to do something, which gives whether there is more to be done about the same."""
        self.due.append((action, about))

    def next(self) -> None:
        action, about = self.due[0]
        if not action(about):
            self.due.popleft()
