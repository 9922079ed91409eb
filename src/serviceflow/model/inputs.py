"""What may be given for fields of each kind where a chain is built in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from serviceflow.model.attributes import Choice
from serviceflow.model.expressions import Expression
from serviceflow.model.nodes import Distribution
from serviceflow.model.timetables import Instants, Timetable
from serviceflow.units import Rate

DurationLike: TypeAlias = str | float | Expression | Distribution
"""``"15 min"``, a number in the chain's time unit, a distribution, or an expression."""
NumberLike: TypeAlias = str | float | Expression | Distribution
"""A number, a distribution or an expression."""
ShareLike: TypeAlias = str | float | Expression
"""``"12%"``, 0.12, or an expression."""
ConditionLike: TypeAlias = str | bool | Expression
"""``"severity == 'P1'"``."""
WordLike: TypeAlias = str | Expression
"""A word, or an expression that gives one."""
RateLike: TypeAlias = str | float | Rate
"""``"6 per hour"``."""
StaffLike: TypeAlias = int | Mapping[Any, Any] | Timetable[int]
"""A number, or days to numbers by blocks: ``{"mon-fri": {"08:00-12:00": 3}}``."""
PriceLike: TypeAlias = str | float | Rate | Mapping[Any, Any] | Timetable[Rate]
"""``"22 per hour"``, or days to costs by blocks."""
ProfileLike: TypeAlias = Mapping[Any, Any] | Timetable[Rate]
"""Days to rates by blocks."""
MomentsLike: TypeAlias = Mapping[Any, Any] | Sequence[Any] | Instants
"""Days to times, or a list of durations from time 0 or of dates with times."""
CalendarLike: TypeAlias = Mapping[Any, Any] | Timetable[bool]
"""Days to hours: ``{"mon-fri": "08:00-17:00"}``."""
AttributeLike: TypeAlias = str | float | Expression | Distribution | Choice | Mapping[Any, Any]
"""A number, a distribution, or a choice such as ``{"P1": "30%", "P2": "70%"}``."""
LabelsLike: TypeAlias = Mapping[str, str | int | float | bool]
"""Labels and their values."""
