"""Expressions run as small programs of numbers, which say what the text says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serviceflow.engine.program import bytecode as instructions
from serviceflow.engine.program.bytecode import FAMILIES_PER_DRAW, OPERATIONS, draw_argument
from serviceflow.engine.program.compile_expression import (
    Code,
    Context,
    compile_expression,
    draw_purpose,
    evaluate,
)
from serviceflow.engine.random.draws import Draws, Sampler, mix, purpose
from serviceflow.engine.random.parameters import (
    CONSTANT,
    EXPONENTIAL,
    FAMILY_CODES,
    GAMMA,
    LOGNORMAL,
    UNIFORM,
    prepare,
)
from serviceflow.errors import ExpressionError, ServiceflowError
from serviceflow.model.expressions import expression
from serviceflow.units import UNITS

MINUTE = float(UNITS["min"])
ATTRIBUTES = {"severity": 0, "size": 1, "travel": 2, "vip": 3, "weight": 4}
KINDS = {"severity": "word", "travel": "duration", "vip": "flag"}
WORDS = {"P1": 0, "P2": 1, "Guests": 2, "Walk-in guests": 3}
REQUEST = Context(
    (1.0, 3.0, 4 * MINUTE, 1.0, math.nan), consumer=2, visit=2, hour=9.5, weekday=4, quantity=40
)
"""A P2 of size 3, 4 minutes away, a VIP without weight: of Guests, second visit, Friday 9:30, 40 pieces."""


def compiled(text, want="any", time_unit="min"):
    return compile_expression(expression(text, want), None, time_unit, WORDS, ATTRIBUTES, KINDS)


def refuse(k, sampler):
    raise AssertionError("nothing was to be drawn")


def value(text, want="any", draw=refuse, time_unit="min", request=REQUEST):
    return evaluate(compiled(text, want, time_unit), request, draw)


# -- what it computes


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("size", 3),
        ("visit + quantity", 42),
        ("-size + 2", -1),
        ("2 * size - size / 4", 5.25),
        ("8 - size - 2", 3),
        ("min(size, 2, visit)", 2),
        ("max(size, 5)", 5),
        ("1 if vip else 2", 1),
        ("1 if not vip else 2", 2),
        ("1 if size > 3 else 2 if size == 3 else 3", 2),
        ("1 if 9 <= hour < 17 else 0", 1),
        ("1 if 9 <= hour < 9.5 else 0", 0),
        ("1 if 1 < 2 < size < 9 < 3 else 0", 0),
        ("1 if 1 < 2 < size < 9 < 30 else 0", 1),
        ("(1 if 3 > size > 2 else 0) + 10 * size", 30),
        ("1 if vip or size / 0 > 3 else 2", 1),
        ("1 if not vip and size / 0 > 3 else 2", 2),
        ("1 if size > 2 and size < 5 and visit == 2 else 2", 1),
        ("1 if size < 2 or size > 5 or visit == 2 else 2", 1),
        ("1 if severity == P2 else 2", 1),
        ("1 if severity == 'P1' else 2", 2),
        ("1 if severity != P9 else 2", 1),
        ("1 if severity == P9 else 2", 2),
        ("1 if consumer == Guests else 2", 1),
        ("1 if consumer == 'Walk-in guests' else 2", 2),
        ("1 if weekday == fri else 2", 1),
        ("1 if weekday >= sat else 2", 2),
        ("1 if mon <= weekday <= fri else 2", 1),
        ("travel / 2 min", 2),
        ("1 if travel > 5 else 2", 2),
        ("1 if travel > 3 else 2", 1),
        ("1 if (size > 2) == vip else 2", 1),
    ],
)
def test_a_program_gives_what_the_text_says(text, result):
    assert value(text) == result


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("12", 12),
        ("size", 3),
        ("size * 2", 6),
        ("size * 2 min", 6),
        ("size * 2 min + 3", 9),
        ("travel + 5", 9),
        ("travel", 4),
        ("6 min if severity == P1 else 9", 9),
        ("min(travel, 3, 90 s)", 1.5),
        ("-size + 5", 2),
        ("size / 2", 1.5),
        ("(1 if vip else 2) * size", 3),
    ],
)
def test_a_duration_comes_out_in_ticks(text, minutes):
    assert value(text, "duration") == minutes * MINUTE


def test_bare_numbers_are_in_the_time_unit():
    assert value("size + 30 min", "duration", time_unit="h") == 210 * MINUTE
    assert value("size + 30 min", "duration", time_unit=UNITS["h"]) == 210 * MINUTE


def test_a_change_of_time_unit_changes_no_duration():
    for text in ("7 min + travel", "gamma(mean=6 min if vip else 9 min, cv=0.4)", "1 h if vip else 4 h"):
        assert compiled(text, "duration", "min").args == compiled(text, "duration", "day").args


def test_plain_tuples_do_as_contexts_and_may_end_early():
    assert value("size + visit", request=((1.0, 3.0), 2, 2)) == 5
    with pytest.raises(ServiceflowError, match="has no value for this request"):
        value("quantity", request=((1.0, 3.0), 2, 2))


def test_words_are_wanted_as_codes():
    assert value("'P1' if vip else 'P2'", "word") == WORDS["P1"]
    assert compiled("P2", "word").constant == WORDS["P2"]
    assert value("severity", "word") == 1.0


@given(st.recursive(
    st.one_of(st.integers(0, 9).map(str), st.sampled_from(["size", "visit", "hour", "quantity"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} < {t[2]} else {t[1]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} <= {t[2]} < {t[0]} else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]} if {t[1]} > 3 and not {t[0]} > 4 else {t[1]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} > 3 or {t[2]} > 4 else {t[1]})"),
    ),
    max_leaves=10,
))  # fmt: skip
def test_programs_agree_with_python(text):
    """Python itself says what such a text means; only the test evaluates it so."""
    names = {"size": 3.0, "visit": 2.0, "hour": 9.5, "quantity": 40.0, "max": max}
    try:
        expected = float(eval(text, {"__builtins__": {}}, names))
    except ZeroDivisionError:
        return
    code = compile_expression(expression(f"0 * size + {text}", "any"), attributes=ATTRIBUTES)
    assert evaluate(code, REQUEST, refuse) == pytest.approx(expected, rel=1e-12)
    assert deepest_stack(code) <= code.stack


def deepest_stack(code):
    """The largest stack of any run, by walking every branch."""
    effects = {instructions.JUMP: 0, instructions.NEGATE: 0, instructions.NOT: 0}
    effects |= dict.fromkeys((0, 1, 2, instructions.COPY, instructions.TUCK, instructions.DRAW), 1)
    seen, pending, deepest = set(), [(0, 0)], 0
    while pending:
        at, depth = pending.pop()
        deepest = max(deepest, depth)
        if at == len(code.ops):
            assert depth == 1
            continue
        if (at, depth) in seen:
            continue
        seen.add((at, depth))
        op = code.ops[at]
        after = depth + effects.get(op, -1)
        if op in (instructions.JUMP, instructions.JUMP_IF_FALSE):
            pending.append((int(code.args[at]), after))
        if op != instructions.JUMP:
            pending.append((at + 1, after))
    return deepest


# -- what it is made of


@pytest.mark.parametrize(
    ("text", "want", "constant"),
    [
        ("5", "duration", 5 * MINUTE),
        ("90%", "share", 0.9),
        ("true", "flag", 1.0),
        ("2 * 3 + 1", "number", 7.0),
        ("constant(value=5 min)", "duration", 5 * MINUTE),
        ("1 if true or size > 3 else 2", "number", 1.0),
    ],
)
def test_a_constant_is_folded(text, want, constant):
    assert compiled(text, want) == Code(constant=constant, text=text)


@pytest.mark.parametrize(
    "text", ["exponential(mean=5)", "exponential(mean=5 min)", "exponential(mean=10 min / 2)"]
)
def test_a_lone_distribution_is_a_sampler(text):
    assert compiled(text, "duration").sampler == Sampler(EXPONENTIAL, 5 * MINUTE)


def test_constant_parts_are_folded_too():
    assert compiled("size * (2 + 3)").args == (1.0, 5.0, 0.0)


@pytest.mark.parametrize(
    ("text", "request_", "clock"),
    [
        ("5", False, False),
        ("exponential(mean=5)", False, False),
        ("2 * exponential(mean=5)", False, False),
        ("size", True, False),
        ("1 if consumer == Guests else 2", True, False),
        ("1 if hour > 3 else 2", True, True),
        ("1 if weekday == mon else 2", True, True),
        ("visit + quantity", True, False),
    ],
)
def test_a_program_says_what_it_needs(text, request_, clock):
    assert (compiled(text).needs_request, compiled(text).needs_clock) == (request_, clock)


def test_every_operation_is_described():
    families = {name.upper() for name in FAMILY_CODES}
    named = {
        number
        for name, number in vars(instructions).items()
        if name.isupper() and isinstance(number, int) and name not in families | {"FAMILIES_PER_DRAW"}
    }
    assert named == set(OPERATIONS)
    assert len(FAMILY_CODES) <= FAMILIES_PER_DRAW


def test_codes_are_values():
    assert compiled("size * 2") == compiled("size*2")
    assert hash(compiled("size * 2")) == hash(compiled("size*2"))
    assert repr(compiled("size*2")) == "Code('size * 2')"


def test_deeply_nested_chains_of_comparisons_stay_short():
    text = "vip"
    for _ in range(40):
        text = f"(vip == {text})"
    assert len(compiled(text, "flag").ops) < 200
    text = "vip"
    for _ in range(20):
        text = f"(vip == {text} == vip)"
    assert len(compiled(text, "flag").ops) < 500


# -- draws


def test_a_draw_within_an_expression_has_its_number():
    asked = []

    def draw(k, sampler):
        asked.append((k, sampler))
        return 10.0 * (k + 1)

    assert value("exponential(mean=5) + 2 * gamma(mean=3, cv=1) - uniform(low=0, high=1)", draw=draw) == 20.0
    assert [k for k, _ in asked] == [0, 1, 2]
    assert asked[0][1] == Sampler(EXPONENTIAL, 5.0)
    assert asked[2][1] == Sampler(UNIFORM, 0.0, 1.0)


def test_a_draw_keeps_its_number_whichever_branch_is_taken():
    asked = []

    def draw(k, sampler):
        asked.append(k)
        return 1.0

    for visit in (1, 2):
        value(
            "exponential(mean=5) if visit == 1 else exponential(mean=9)",
            draw=draw,
            request=REQUEST._replace(visit=visit),
        )
    assert asked == [0, 1]


@pytest.mark.parametrize(
    ("text", "family", "arguments"),
    [
        ("exponential(mean=2 * size)", "exponential", (6 * MINUTE, 0, 0)),
        ("lognormal(mean=6 min if vip else 9 min, cv=0.4)", "lognormal", (6 * MINUTE, 0.4, 0)),
        ("gamma(mean=travel, sd=2)", "gamma", (4 * MINUTE, 0.5, 0)),
        ("erlang(mean=travel, k=size)", "erlang", (4 * MINUTE, 3, 0)),
        ("normal(mean=travel, sd=size)", "normal", (4 * MINUTE, 3 * MINUTE, 0)),
        ("normal(mean=travel, cv=0.5)", "normal", (4 * MINUTE, 2 * MINUTE, 0)),
        ("uniform(low=size, high=travel)", "uniform", (3 * MINUTE, 4 * MINUTE, 0)),
        ("pert(low=0, mode=size, high=2 * travel)", "pert", (0, 3 * MINUTE, 8 * MINUTE)),
        ("weibull(mean=size, shape=1.5)", "weibull", (3 * MINUTE, 1.5, 0)),
        ("hyperexponential(mean=size, cv=visit)", "hyperexponential", (3 * MINUTE, 2, 0)),
        ("constant(value=size)", "constant", (3 * MINUTE, 0, 0)),
    ],
)
def test_computed_arguments_are_prepared_as_constant_ones_are(text, family, arguments):
    asked = []
    value(text, "duration", lambda k, sampler: asked.append(sampler) or 1.0)
    code = FAMILY_CODES[family]
    expected = Sampler(GAMMA if family == "erlang" else code, *prepare(code, *map(float, arguments)))
    assert asked == [expected]


def test_computed_and_constant_arguments_draw_the_same_to_the_last_bit():
    draws, what = Draws(7, 1), purpose("service/Check in/duration")
    constant = compiled("lognormal(mean=6 min, cv=0.4)", "duration").sampler
    for number in range(100):
        found = value(
            "lognormal(mean=6 min if vip else 9 min, cv=0.4)",
            "duration",
            lambda k, sampler, number=number: draws.sample(sampler, draw_purpose(what, k), number),
        )
        assert found == draws.sample_once(constant, what, number)


@pytest.mark.parametrize(
    ("u", "chosen"),
    [
        (0.3, (1, EXPONENTIAL)),
        (0.49, (1, EXPONENTIAL)),
        (0.5, (2, LOGNORMAL)),
        (0.89, (2, LOGNORMAL)),
        (0.9, (3, CONSTANT)),
    ],
)
def test_a_mixture_of_computed_parts_chooses_by_one_draw(u, chosen):
    asked = []

    def draw(k, sampler):
        asked.append((k, sampler.family))
        return u

    parts = "exponential(mean=1), lognormal(mean=2, cv=1), constant(value=size)"
    text = f"mixture(shares=[50%, 20% * visit, 10%], of=[{parts}])"
    value(text, "duration", draw)
    assert asked == [(0, UNIFORM), chosen]


def test_computed_values_are_chosen_by_their_shares():
    text = "discrete(values=[size, 10, 20], shares=[20%, 30%, 50%]) + 0"
    assert [value(text, draw=lambda k, s, u=u: u) for u in (0.1, 0.19, 0.21, 0.49, 0.51, 0.99)] == [
        3,
        3,
        10,
        10,
        20,
        20,
    ]
    text = "empirical(values=[size, 10])"
    assert [value(text, draw=lambda k, s, u=u: u) for u in (0.4, 0.6)] == [3, 10]


def test_words_are_drawn_as_codes_in_the_order_of_their_spelling():
    found = compiled("discrete(values=['P2', 'P1'], shares=[70%, 30%])").sampler
    assert found.table == (0.3, 1.0, 0.0, 1.0)
    assert found == compiled("discrete(values=['P1', 'P2'], shares=[30%, 70%])").sampler


def test_data_of_a_file_are_in_the_time_unit():
    found = expression("empirical(file='t.csv')", "duration").with_data(lambda *_: [2, 1])
    assert compile_expression(found, time_unit="h").sampler.table == (60 * MINUTE, 120 * MINUTE)


def test_the_purpose_of_a_draw_is_the_expressions_own_or_mixed_from_it():
    assert [draw_purpose(99, k) for k in (0, 1)] == [99, mix(99, 1)]
    assert draw_argument(3, EXPONENTIAL) == 3 * FAMILIES_PER_DRAW + EXPONENTIAL


# -- what goes wrong


@pytest.mark.parametrize(
    "text",
    ["size / (visit - 2)", "weight", "weight + 1", "min(weight, 3)", "max(3, weight)", "1 / 0 if vip else 1"],
)
def test_what_has_no_value_is_an_error_that_names_the_expression(text):
    with pytest.raises(ServiceflowError) as caught:
        value(text)
    assert str(caught.value) == (
        f"'{text}' has no value for this request: it divides by zero, asks for an attribute that the request "
        "does not have, or gives a distribution arguments that it does not allow"
    )


def test_arguments_that_become_wrong_in_the_run_are_an_error():
    draws = Draws(7, 1)
    with pytest.raises(ServiceflowError, match="arguments that it does not allow"):
        value("exponential(mean=size - 5)", draw=lambda k, sampler: draws.sample(sampler, 1, 1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("empirical(file='t.csv')", "its file has not been read; load the model from its file"),
        ("uniform(low=30, high=2 min)", "uniform: low is above high; write them in order"),
        ("discrete(values=['P1', 'P7'], shares=[50%, 50%])", "no word 'P7' is known to the program"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_the_run(text, words):
    with pytest.raises(ExpressionError, match=words):
        compiled(text, "any")
