"""Values of expressions for the requests of a record, all at once."""

# ruff: noqa: E501

import numpy as np
import pytest

import serviceflow as sf
from serviceflow.engine.program.compile_expression import Code, evaluate
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.random.samplers import Sampler
from serviceflow.engine.reference import engine as reference
from serviceflow.engine.reference.evaluation import duration_text
from serviceflow.errors import NotSupportedError
from serviceflow.model.expressions import expression
from serviceflow.results.derived import Reading
from serviceflow.results.request_values import DAY, HOUR, code_of, request_values

EXPRESSIONS = [
    "30 min",
    "1 h if size > 1 else 2 h",
    "1 h if hour < 12 else 2 h",
    "1 h if weekday == sat or weekday == mon else 2 h",
    "1 h if consumer == 'Guests' else 2 h",
    "min(size * 20 min, 1 h) if consumer == 'Staff' and hour > 8.5 else weight * 1 min",
    "1 h if kind == urgent else 4 h",
]


@pytest.fixture(scope="module")
def reading():
    chain = sf.ServiceChain("Office", time_unit="min", start="2026-01-05")
    chain.add_provider("Desk", staff=2)
    chain.add_service("Answer", provider="Desk", duration="5 min")
    attributes = {
        "size": {1: "50%", 2: "30%", 3: "20%"},
        "weight": "uniform(low=1, high=9)",
        "kind": {"urgent": "20%", "usual": "80%"},
    }
    for name in ("Guests", "Staff"):
        chain.add_consumer(name, arrivals={"rate": "4 per hour"}, enters="Answer", attributes=attributes)
    return Reading(reference.run(lower(chain, duration="1 week"), 1, 0))


def one_by_one(reading, code):
    """The value for each request, evaluated alone."""
    requests, program = reading.record.requests, reading.program
    columns = [requests[f"attribute:{name}"] for name in program.attributes]
    for row, asked in enumerate(requests["asked"].tolist()):
        attributes = [float(column[row]) for column in columns]
        word = float(program.consumers[int(requests["consumer"][row])].word)
        weekday = (asked // DAY + program.weekday) % 7
        yield evaluate(code, (attributes, word, 1.0, asked % DAY / HOUR, float(weekday)), lambda *_: 0.0)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_all_at_once_is_one_by_one(reading, text):
    code = code_of(reading, expression(text, "duration"), "duration")
    rows = np.arange(len(reading.requests))
    found = request_values(reading, code, rows, reading.requests["asked"], "here")
    assert found.tolist() == list(one_by_one(reading, code))


def test_no_request_has_no_value(reading):
    code = code_of(reading, expression(EXPRESSIONS[1], "duration"), "duration")
    nothing = np.empty(0, dtype=np.int64)
    assert len(request_values(reading, code, nothing, nothing, "here")) == 0


def test_a_value_that_is_drawn_is_refused(reading):
    code = Code(sampler=Sampler(0, 1.0, 2.0))
    with pytest.raises(NotSupportedError, match="sla of Guests: a value that is drawn .*: write its mean"):
        request_values(reading, code, np.arange(3), np.zeros(3, dtype=np.int64), "sla of Guests")


RANGE = "a duration is 0 or more, and less than 100,000 years"


@pytest.mark.parametrize(
    ("arrivals", "duration", "message"),
    [
        ({"rate": "6 per hour"}, "0 min - 2.5 min * (hour + 1)", f"services.Answer.duration: gives -{{}} for request 0; {RANGE}"),
        ({"population": 2, "think": "1 min - 90 min * (hour + 1)"}, "1 min", f"'1 min - 90 min * (hour + 1)' gives -1 h 29 min; {RANGE}"),
        ({"rate": "6 per hour", "batch": "hour - hour - 2"}, "1 min", "'hour - hour - 2' gives -2; a count is 0 or more"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_as_durations_are(arrivals, duration, message):
    chain = sf.ServiceChain("Office", run={"duration": "1 day", "seed": 1})
    chain.add_provider("Desk", staff=1)
    chain.add_service("Answer", provider="Desk", duration=duration)
    chain.add_consumer("Guests", arrivals=arrivals, enters="Answer")
    with pytest.raises(sf.ServiceflowError) as caught:
        chain.simulate(replications=1, engine="simpy")
    start, _, end = message.partition("{}")
    assert str(caught.value).startswith(start)
    assert str(caught.value).endswith(end)
    assert "e+" not in str(caught.value)


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (-535_529_000.0, "-8 min 56 s"),
        (-0.25, "-1 us"),
        (-2_500.0, "-2 ms 500 us"),
        (float("nan"), "no number"),
        (float("inf"), "an endless time"),
        (float("-inf"), "less than any time"),
    ],
)
def test_durations_that_cannot_be(ticks, text):
    assert duration_text(ticks) == text
