"""What a check says, in Chinese: ``chinese.txt`` has each message in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SEVERITIES = {"error": "错误", "warning": "警告", "note": "提示"}
LOADS = {"provider": "提供者", "work": "工作量", "on duty": "当班", "load": "负荷"}
NOTHING = "没有要说的"
UNITS = {"s": "秒", "min": "分钟", "h": "小时", "day": "天", "days": "天", "week": "周", "weeks": "周"}
HOLE = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")

_PLACE = Path(__file__).with_suffix(".txt")
_DURATION = re.compile(r"(?:[\d.,]+ (?:s|min|h|days?|weeks?)(?:,? |$))+")


@cache
def messages() -> dict[str, str]:
    """English messages with holes, and the same in Chinese."""
    blocks = _PLACE.read_text("utf-8").strip().split("\n\n")
    pairs = (block.splitlines() for block in blocks if not block.startswith("#"))
    return {one[0]: one[1] for one in pairs}


def in_chinese(message: str) -> str:
    """A message in Chinese; as it is where there is no translation of it."""
    if _DURATION.fullmatch(message):
        return re.sub(r"[a-z]+", lambda unit: UNITS[unit[0]], message)
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(message)
        if found is not None:
            return chinese.format(**{hole: in_chinese(part) for hole, part in found.groupdict().items()})
    return message


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    pairs = messages().items()
    return tuple((re.compile("".join(_pieces(english)), re.DOTALL), chinese) for english, chinese in pairs)


def _pieces(english: str) -> Iterator[str]:
    """A message as a pattern: holes take anything, and may be empty."""
    for place, part in enumerate(HOLE.split(english)):
        yield f"(?P<{part}>.*?)" if place % 2 else re.escape(part.replace("{{", "{").replace("}}", "}"))
