"""Broken event logs, as CSV and XES: ``python tests/broken_logs.py 0 10000`` reads so many.

Whatever is wrong with a file, reading it gives a log, or an error that says where and what, never another,
and never takes more than a gigabyte of memory. Prints the numbers of those of which this does not hold, and
exits with 1 if there are any.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
from pathlib import Path

import serviceflow as sf

STAMPS = (
    *(
        "2026-01-05 09:00",
        "2026-01-05T09:00:00Z",
        "2026-03-29T02:30:00+01:00",
        "05.01.2026 09:00",
        "1/5/2026",
    ),
    *("", "NaN", "9999-12-31", "0000-00-00", "1e400", "-1", "1767600000", "1767600000000", "09:00", "soon"),
    *(
        "2026-02-30 10:00",
        "2026-01-05 25:00",
        "292278994-08-17",
        "\u0662\u0660\u0662\u0666",
        "2026-01-05 09:00\x00",
    ),
)
WORDS = (
    "Talk",
    "",
    "ÄÖ",
    "前台",
    "\u202eevil",
    "=1+1",
    "<b>",
    "a" * 5000,
    "\x00",
    "1",
    "nan",
    '"',
    "'",
    ";",
    "a,b\nc",
)
NAMES = (
    "case",
    "Case ID",
    "activity",
    "resource",
    "start",
    "end",
    "time",
    "lifecycle",
    "",
    "x",
    "case",
    "\ufeffcase",
)
MARKS = (
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"\n",
    b"\r",
    b",,,",
    b"<",
    b"&",
    b"]]>",
    b"</trace>",
    b"<!DOCTYPE a>",
    b"\x1f\x8b",
)
LARGEST = 1 << 30


def table(chance: random.Random) -> str:
    """A CSV file of strange names, words and stamps; rows may be too long or too short."""
    mark = chance.choice(",;\t|")
    names = chance.sample(NAMES, chance.randrange(1, len(NAMES)))
    if chance.random() < 0.6:
        names = ["case", "activity", "resource", "start", "end"]
    lines, stamps = [mark.join(names)], STAMPS[: chance.choice([2, 3, len(STAMPS)])]
    for _ in range(chance.choice([0, 1, 2, 5, 40])):
        count = len(names) + chance.choice([0, 0, 0, -1, 1])
        cells = [chance.choice(stamps if place >= len(names) - 2 else WORDS) for place in range(count)]
        lines.append(mark.join(cells))
    return chance.choice(["\n", "\r\n", "\r"]).join(lines)


def traces(chance: random.Random) -> str:
    """An XES file of strange keys, words, stamps and nesting."""
    kinds = ("string", "date", "int", "float", "boolean", "list", "container", "event", "odd")
    keys = ("concept:name", "time:timestamp", "org:resource", "lifecycle:transition", "concept:instance", "")

    def value() -> str:
        said = chance.choice([*STAMPS, *WORDS, "start", "complete"])
        return said.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("\x00", "")

    def attribute(depth: int = 0) -> str:
        kind = chance.choice(kinds)
        inner = attribute(depth + 1) if chance.random() < 0.2 and depth < 300 else ""
        return f'<{kind} key="{chance.choice(keys)}" value="{value()}">{inner}</{kind}>'

    found, tame = [], chance.random() < 0.5
    usual = f'<string key="concept:name" value="Talk"/><date key="time:timestamp" value="{STAMPS[1]}"/>'
    for _ in range(chance.randrange(1, 4)):
        events = "".join(
            "<event>"
            + "".join([usual if tame else "", *(attribute() for _ in range(chance.randrange(6)))])
            + "</event>"
            for _ in range(chance.randrange(6))
        )
        own = f'<string key="concept:name" value="{len(found)}"/>' if tame else attribute()
        found.append(f"<trace>{own}{events}</trace>")
    deep = "" if tame else "<list>" * chance.choice([0, 0, 0, 50, 2000])
    return f'<?xml version="1.0"?><log>{deep}{"".join(found)}</log>'


def broken(content: bytes, chance: random.Random) -> bytes:
    """The same with bytes cut out, put in, doubled, or in another encoding."""
    for _ in range(chance.choice([0, 0, 0, 0, 1, 1, 2, 5])):
        place = chance.randrange(len(content) + 1)
        end = min(len(content), place + chance.choice([1, 4, 30]))
        content = chance.choice(
            [
                content[:place],
                content[:place] + content[end:],
                content[:place] + chance.choice(MARKS) + content[place:],
                content[:place] + content[place:end] * 50 + content[end:],
                content[:place] + bytes([chance.randrange(256)]) + content[end:],
            ]
        )
    return content


def fault_of(number: int, folder: Path) -> str:
    """What is wrong with how a broken log is read; empty if nothing."""
    chance = random.Random(number)
    kind = chance.choice(["csv", "xes"])
    text = table(chance) if kind == "csv" else traces(chance)
    content = broken(text.encode(chance.choice(["utf-8"] * 4 + ["utf-16", "cp1252"]), "replace"), chance)
    place = folder / f"log.{kind}{chance.choice([''] * 9 + ['.gz'])}"
    place.write_bytes(content)
    try:
        log = sf.read_log(place)
        log.waits()
    except sf.LogError as error:
        return "" if str(error).isprintable() else "its message has letters that cannot be shown"
    except Exception as error:  # whatever comes out is what is looked for
        return f"{type(error).__name__}: {error}"
    finally:
        place.unlink()
    return (
        ""
        if len(log) and all(map(str.isprintable, log.report))
        else "it is empty, or says what cannot be shown"
    )


def main(first: int, last: int) -> int:
    """Read the logs of these numbers; how many are read wrongly."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + LARGEST, most))
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        for number in range(first, last):
            fault = fault_of(number, Path(name))
            if fault:
                wrong += 1
                print(f"{number}: {fault}"[:300], flush=True)
    print(f"{last - first:,} broken logs from {first:,} on: {wrong} read wrongly", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])) > 0)
