"""Model files broken at random, thousands in the long suite: each gives a clean error or a valid chain."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

import serviceflow as sf
from explore import blocks
from test_mistakes import MODEL

SHORT = [line for line in MODEL.splitlines(keepends=True) if "Experts" not in line]
HOTEL = (Path(__file__).parent.parent / "models" / "hotel_checkin.yaml").read_text(encoding="utf-8")
TEXTS = (MODEL, MODEL, "".join(SHORT), MODEL.replace("Desk", "客房部"), HOTEL)
PIECES = (
    "{}", "[]", "[[[]]]", "null", "~", "true", "1e400", "-1", ".nan", ".inf", "0x10", "2026-02-30", "2026-01-05",
    "!!python/object/apply:os.system ['true']", "!!binary aGk=", "&a", "*a", "<<: *a", "- ", ": ", "? ", "|\n", ">\n",
    "'", '"', "#", "%", "@", "`", "\t", "\0", "\ufeff", "\u2028", "\r", "end", "->", " via ", "(", ")", "1 h if", "((((",
    "lognormal(", "9" * 400, "x" * 3000, "[" * 200, "{a: " * 60, "12:30", "mon-fri", "closed", "per hour", "🛎", "\x85",
)  # fmt: skip


def broken(text: str, chance: random.Random) -> str:
    """The text with one to three random injuries."""
    for _ in range(chance.randint(1, 3)):
        text = chance.choice((cut_line, double_line, swap_lines, shift_line, cut, put, replace_value))(
            text, chance
        )
    return text


def cut_line(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    del lines[chance.randrange(len(lines)) : chance.randrange(len(lines)) + 1]
    return "".join(lines) or text


def double_line(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    place = chance.randrange(len(lines))
    return "".join([*lines[: place + 1], *lines[place:]])


def swap_lines(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def shift_line(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    place = chance.randrange(len(lines))
    lines[place] = " " * chance.randint(0, 9) + lines[place].lstrip()
    return "".join(lines)


def cut(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    return text[:place] + text[place + chance.randint(1, 6) :] or text


def put(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text) + 1)
    return text[:place] + chance.choice(PIECES) + text[place:]


def replace_value(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    place = chance.randrange(len(lines))
    head, colon, _ = lines[place].rpartition(": ")
    lines[place] = f"{head}{colon}{chance.choice(PIECES)}\n"
    return "".join(lines)


@pytest.mark.parametrize("numbers", blocks(200, fixed=3, fresh=2, long=45))
def test_a_broken_file_gives_a_clean_error_or_a_chain(numbers: Iterable[int]) -> None:
    right = 0
    for number in numbers:
        print("file", number)  # Shown where something is wrong with it.
        chance = random.Random(number)
        text = broken(chance.choice(TEXTS[:4] if chance.random() < 0.97 else TEXTS), chance)
        try:
            chain = sf.loads(text, name="broken.yaml")
            if not chain._problems():
                right += 1
                assert chain == sf.ServiceChain.from_dict(chain.to_dict())
        except sf.ModelError as error:
            lines = str(error).splitlines() or [""]
            if not all(line.startswith("broken.yaml") for line in lines):
                pytest.fail(str(error))
    assert right  # some injuries do no harm
