"""Model files with wrong or extreme values at every place: each gives a clean error or a chain that can be checked.

``python tests/test_fuzzed_files.py 0 100000`` tries as many, and says which took long.
"""

# ruff: noqa: E501

from __future__ import annotations

import datetime as dt
import json
import random
import re
import sys
import time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import serviceflow as sf
from serviceflow.formats.yaml_text import read_text
from test_mistakes import MODEL

ROOT = Path(__file__).parent
MODELS = [MODEL] + [
    path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("models/*.yaml"), *(ROOT.parent / "models").glob("*.yaml")])
]
UNITS = ("us", "ms", "s", "min", "h", "days", "weeks", "years", "")
NUMBERS = (
    "0", "-1", "1e400", "1e308", "1e-320", "-0.0", "nan", "inf", "-inf", "9" * 30, "9" * 400, "0.1", "1e18", "2e9",
    "4611686018427387904", "9223372036854775807", "18446744073709551616", "1_000", "0x7f", "1e9999", "1e-9999", "5e-324",
)  # fmt: skip
FAMILIES = (
    "exponential(mean={0})", "uniform(low={0}, high={1})", "triangular(low={0}, mode={1}, high={2})", "normal(mean={0}, sd={1})",
    "lognormal(mean={0}, cv={1})", "gamma(mean={0}, cv={1})", "erlang(k={0}, mean={1})", "weibull(shape={0}, mean={1})",
    "pert(low={0}, mode={1}, high={2})", "discrete(values=[{0}, {1}], shares=[{2}, {3}])", "empirical(values=[{0}, {1}])",
    "geometric(mean={0})", "poisson(mean={0})", "constant(value={0})", "hyperexponential(mean={0}, cv={1})",
    "mixture(shares=[{2}, {3}], of=[exponential(mean={0}), constant(value={1})])", "min({0}, {1})", "max({0}, {1})",
    "{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / {1}", "{0} if visit < {1} else {2}", "{0} < hour < {1}", "{0} per hour", "{0}/s",
    "{0}%", "{0} {1}", "P{0}D", "PT{0}S", "({0}", "not {0}", "{0} and {1}", "`{0}`", "'{0}'", "size", "consumer", "quantity", "hour",
    "visit", "weekday == {0}",
)  # fmt: skip
WORDS = (
    "", " ", "end", "END", "->", "A -> B", "A -> ", "via", "x" * 300, "x" * 5000, "(" * 200, "1 + " * 500 + "1", "-" * 900 + "1",
    "min(" * 60 + "1" + ")" * 60, "not " * 300 + "true", "\u202e", "\0", "a\nb", "🛎", "客房", "null", "~", "true", "2026-02-30", "0001-01-01",
    "9999-12-31", "0001-01-01 to 9999-12-31", "2026-01-01 to 2036-12-31", "mon-sun", "sun-mon", "24:00", "25:00-26:00", "00:00-24:00",
    "23:59-23:58", "closed", "all", "fifo", "__class__", "../../etc/passwd", "/dev/zero", "CON", "times.csv", "[1, 2]", "{a: 1}", "*a",
    "&a", "<<", "!!python/none", "%TAG", "---", "...", "a: b", "#",
)  # fmt: skip


def number(chance):
    return f"{chance.choice(NUMBERS)} {chance.choice(UNITS)}".strip()


def odd(chance, deep=0):
    """A value that as a rule stands where it should not."""
    kind = chance.randrange(9)
    if kind <= 1:
        return number(chance)
    if kind == 2:
        return chance.choice(FAMILIES).format(*(number(chance) for _ in range(4)))
    if kind == 3:
        return chance.choice(WORDS)
    if kind == 4:
        return chance.choice(
            (None, True, False, 0, -1, 1, 10**17, 1e308, -1e308, 0.5, 1e-300, float("inf"), float("nan"))
        )
    if kind == 5:
        return [odd(chance, deep + 1) for _ in range(chance.randint(0, 3))] if deep < 4 else []
    if kind == 6:
        return (
            {str(odd(chance, 9)): odd(chance, deep + 1) for _ in range(chance.randint(0, 3))}
            if deep < 4
            else {}
        )
    if kind == 7:
        value = "1"
        for _ in range(chance.choice((3, 39, 60))):
            value = [value] if chance.random() < 0.5 else {"a": value}
        return value
    return f"{number(chance)} within {number(chance)}"


def places(value):
    entries = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, entry in entries:
        yield value, key
        if isinstance(entry, dict | list):
            yield from places(entry)


def change_data(data, chance):
    """One wrong value, name, copy, or loss in a tree of values."""
    around, key = chance.choice([*places(data)])
    kind = chance.randrange(6)
    if kind <= 2:
        around[key] = odd(chance)
    elif kind == 3:
        del around[key]
    elif kind == 4 and isinstance(around, dict):
        around[str(odd(chance, 9))] = around.pop(key)
    else:
        other, place = chance.choice([*places(data)])
        around[key] = json.loads(json.dumps(other[place]))


def change_text(text, chance):
    kind = chance.randrange(5)
    if kind == 0:
        return text[: chance.randrange(len(text))]
    lines = text.splitlines(keepends=True)
    place = chance.randrange(len(lines))
    if kind == 1:
        lines.insert(chance.randrange(len(lines)), lines[place])
    elif kind == 2:
        lines[place] = lines[place].replace(": ", f": &a{chance.randrange(2)} ", 1)
        lines.insert(chance.randrange(place, len(lines)), lines[place].replace("&", "*", 1))
    elif kind == 3:
        lines[place] = " " * chance.randrange(12) + lines[place].lstrip()
    else:
        head, colon, _ = lines[place].rpartition(": ")
        lines[place] = f"{head}{colon}{odd(chance)}\n"
    return "".join(lines)


def fuzzed(seed):
    chance = random.Random(seed)
    text = chance.choice(MODELS)
    if chance.random() < 0.75:
        data = json.loads(json.dumps(read_text(text).data))
        for _ in range(chance.randint(1, 3)):
            if data:
                change_data(data, chance)
        text = written(data)
    else:
        text = change_text(text, chance)
    return text


def written(value):
    """Data as YAML in flow style; JSON but for the numbers that it does not have."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {written(entry)}" for key, entry in value.items()) + "}\n"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, float):
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(repr(value), repr(value))
    return json.dumps(value)


def try_(text):
    """Load and check a text; whether it is a chain."""
    try:
        chain = sf.loads(text)
    except sf.ModelError as error:
        refused = error
    else:
        refused = None
    if refused is not None:
        assert str(refused).strip()
        assert all(problem.message and problem.line for problem in refused.problems)
        return False
    str(chain.check())
    assert sf.ServiceChain.from_dict(chain.to_dict()) == chain
    return True


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("part", range(8))
def test_fuzzed_files(part):
    for seed in range(60 * part, 60 * (part + 1)):
        try:
            try_(fuzzed(seed))
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error


class TestTooLong:
    """Times beyond those that can be counted."""

    def told(self, run="{duration: 1 day}", duration="1 min", unit="week"):
        text = f"{{name: T, time_unit: {unit}, run: {run}, services: {{S: {{duration: {duration}}}}},"
        text += " consumers: {C: {arrivals: {rate: 1 per day}, enters: S}}}"
        with pytest.raises(sf.ModelError) as caught:
            sf.loads(text, name="m.yaml")
        return [problem.message for problem in caught.value.problems]

    @pytest.mark.parametrize("written", ["1e300 weeks", "1e300", "8e6 weeks", "1 h + 1e290 days", "8e6"])
    def test_a_duration(self, written):
        (message,) = self.told(duration=written)
        assert message.endswith(" is too long: durations end at 7 million weeks")

    def test_its_words(self):
        assert self.told(duration="8e6 weeks") == [
            "'8000000 weeks' is too long: durations end at 7 million weeks"
        ]

    def test_a_run(self):
        told = ["warm_up and twice the duration come to more than 7 million weeks; shorten the run"]
        assert self.told(run="{duration: 4e6 weeks}") == told
        assert self.told(run="{duration: 2e6 weeks, warm_up: 6e6 weeks}") == told

    def test_many_dates(self):
        ranges = ", ".join(f"{year}-01-01 to {year + 9}-12-31: 1" for year in range(2000, 2100, 10))
        text = "{name: T, providers: {P: {staff: {" + ranges + "}}}, services: {S: {provider: P}},"
        with pytest.raises(sf.ModelError) as caught:
            sf.loads(text + " consumers: {C: {arrivals: {rate: 1 per day}, enters: S}}}")
        assert caught.value.problems[0].message == (
            "the timetable has more than 20,000 blocks and dates; name fewer"
        )


OBJECTS = (
    b"x", object(), {1, 2}, (1,), (), np.float64(2), np.int64(3), np.array([1, 2]), np.nan, dt.date(2026, 1, 5),
    dt.datetime(2026, 1, 5, 9), dt.timedelta(hours=1), Decimal("1e9999"), Fraction(1, 3), 1 + 2j, type, range(3), 10**400,
    -(10**400), float("inf"), sf.exponential(mean="1 min"), sf.lognormal(mean=5, cv=1), bytearray(b"a"), Ellipsis, {1: 2}, {None: 1},
)  # fmt: skip


def of_objects(seed):
    """A model in which something is none of the values that a file can have."""
    chance = random.Random(seed)
    data = json.loads(json.dumps(read_text(chance.choice(MODELS)).data))
    for _ in range(chance.randint(1, 3)):
        around, key = chance.choice([*places(data)])
        around[key] = chance.choice(OBJECTS)
    return data


@pytest.mark.filterwarnings("error")
def test_models_of_any_objects():
    for seed in range(300):
        try:
            chain = sf.ServiceChain.from_dict(of_objects(seed))
        except sf.ModelError as error:
            str(error)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        else:
            str(chain.check())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (10**400, "is too large"),
        (np.array([1, 2]), "array([1, 2]) is no single number"),
        (1 + 2j, "(1+2j) is no number, text or distribution"),
    ],
)
def test_numbers_that_are_none(value, message):
    data = {"name": "T", "services": {"S": {"duration": value}}}
    with pytest.raises(sf.ModelError, match=re.escape(message)):
        sf.ServiceChain.from_dict(data)


@pytest.mark.parametrize(
    "family", ["geometric", "poisson", "exponential", "erlang(k=1000000000", "weibull(shape=1e-3"]
)
@pytest.mark.parametrize("mean", ["1e-300", "1", "1e15", "1e18", "1e307"])
def test_distributions_of_extreme_means(family, mean):
    drawn = f"'{family}{', ' if '(' in family else '('}mean={mean})'"
    text = f"{{name: T, run: {{duration: 1 day}}, providers: {{P: {{staff: 1}}}}, attributes: {{n: {drawn}}},"
    text += f" services: {{S: {{provider: P, duration: n * 1 min}}, A: {{provider: P, duration: {drawn}}}}},"
    text += " consumers: {C: {arrivals: {rate: 1 per hour}, enters: S, sla: {resolution: 90% within 1 h}}},"
    text += " handoffs: {S -> A: {when: n < 5}, S -> end: {}}}"
    try_(text)


def sweep(first, last):
    good = 0
    for seed in range(first, last):
        begun = time.process_time()
        try:
            good += try_(fuzzed(seed))
        except Exception as error:
            told = error.__traceback__
            while told.tb_next:
                told = told.tb_next
            where = f"{Path(told.tb_frame.f_code.co_filename).name}:{told.tb_lineno}"
            print(f"seed {seed}: {where}: {type(error).__name__}: {str(error)[:150]}", flush=True)
        spent = time.process_time() - begun
        if spent > 5:
            print(f"seed {seed}: {spent:.1f} s", flush=True)
    print(f"{last - first} files, {good} of them chains")


if __name__ == "__main__":
    sweep(int(sys.argv[1]), int(sys.argv[2]))
