"""Expressions are read by hand, say what is wrong where, and write themselves back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serviceflow.model.distributions import lognormal
from serviceflow.model.expressions import (
    Binary,
    Compare,
    Distribution,
    Expression,
    ExpressionError,
    Extremum,
    Flag,
    IfElse,
    Logic,
    Name,
    Not,
    Number,
    Quantity,
    Unary,
    Word,
    check_types,
    expression,
    parse,
)
from serviceflow.units import UNITS

MINUTE = UNITS["min"]
KINDS = {"vip": "flag", "size": "number", "severity": "word", "travel": "duration", "room type": "word"}
WORDS = {"severity": ("P1", "P2"), "consumer": ("Guests", "Walk-in guests")}


def failure(text, want="number"):
    with pytest.raises(ExpressionError) as caught:
        expression(text, want)
    return caught.value


def said(text, want="number"):
    return str(failure(text, want))


def error_or_none(text, want):
    try:
        expression(text, want)
    except ExpressionError as error:
        return error
    return None


def problems(text, want="number", **more):
    return check_types(expression(text, want), None, KINDS, WORDS, **more)


# -- what is read


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("3", Number(3)),
        ("1.5e3", Number(1500)),
        (".5", Number(0.5)),
        ("90%", Number(0.9)),
        ("12.5 %", Number(0.125)),
        ("15 min", Quantity(15, "min")),
        ("1 h 30 min", Quantity(90, "min")),
        ("PT15M", Quantity(15, "min")),
        ("2 weeks", Quantity(2, "week")),
        ("true", Flag(True)),
        ("'P 1'", Word("P 1")),
        ('"it\'s"', Word("it's")),
        (r"'it\'s'", Word("it's")),
        ("vip", Name("vip")),
        ("客房_2", Name("客房_2")),
        ("`room type`", Name("room type")),
        ("P1", Name("P1")),
        ("-3", Unary("-", Number(3))),
        ("+3", Number(3)),
        ("1 + 2 * 3", Binary("+", Number(1), Binary("*", Number(2), Number(3)))),
        ("(1 + 2) * 3", Binary("*", Binary("+", Number(1), Number(2)), Number(3))),
        ("8 - 3 - 2", Binary("-", Binary("-", Number(8), Number(3)), Number(2))),
        ("8 / 4 / 2", Binary("/", Binary("/", Number(8), Number(4)), Number(2))),
        ("-2 * 3", Binary("*", Unary("-", Number(2)), Number(3))),
        ("9 <= hour < 17", Compare(("<=", "<"), (Number(9), Name("hour"), Number(17)))),
        ("a or b and not c", Logic("or", (Name("a"), Logic("and", (Name("b"), Not(Name("c"))))))),
        ("a and b and c", Logic("and", (Name("a"), Name("b"), Name("c")))),
        ("1 if a else 2 if b else 3", IfElse(Name("a"), Number(1), IfElse(Name("b"), Number(2), Number(3)))),
        ("not a == b", Not(Compare(("==",), (Name("a"), Name("b"))))),
        ("2 * min(3, size)", Binary("*", Number(2), Extremum("min", (Number(3), Name("size"))))),
        ("15 min * 2", Binary("*", Quantity(15, "min"), Number(2))),
        ("6 min if vip else 9 min", IfElse(Name("vip"), Quantity(6, "min"), Quantity(9, "min"))),
        (
            "lognormal(cv=0.4, mean=6 min)",
            Distribution("lognormal", (("mean", Quantity(6, "min")), ("cv", Number(0.4)))),
        ),
    ],
)
def test_text_is_parsed_into_a_tree(text, node):
    assert parse(text) == node


@pytest.mark.parametrize(
    ("value", "want", "node"),
    [
        (5, "duration", Number(5)),
        (-2.5, "number", Unary("-", Number(2.5))),
        (True, "flag", Flag(True)),
        (lognormal(mean=6, cv=1), "duration", parse("lognormal(mean=6, cv=1)")),
        (expression("5 min", "duration"), "duration", Quantity(5, "min")),
        ("forklift license", "word", Word("forklift license")),
        ("forklift", "word", Name("forklift")),
        ("'a' if vip else 'b'", "word", IfElse(Name("vip"), Word("a"), Word("b"))),
    ],
)
def test_values_of_python_are_read_as_what_they_are(value, want, node):
    assert expression(value, want).root == node


def test_numbers_of_numpy_are_numbers():
    numpy = pytest.importorskip("numpy")
    assert expression(numpy.int64(3), "number").root == Number(3)
    assert expression(numpy.float64(0.5), "share").root == Number(0.5)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("90 min", "1 h 30 min"),
        ("PT15M", "0.25 h"),
        ("90%", "0.9"),
        ("1 day", "24 h"),
        ("exponential(mean=60 s)", "exponential(mean=1 min)"),
        ("3", "3.0"),
    ],
)
def test_expressions_that_say_the_same_are_equal(one, other):
    assert expression(one, "any") == expression(other, "any")
    assert hash(expression(one, "any")) == hash(expression(other, "any"))


@pytest.mark.parametrize(
    ("one", "other"), [("1 min", "1"), ("a", "'a'"), ("1 min", "61 s"), ("a + b", "b + a")]
)
def test_expressions_that_say_something_else_are_not(one, other):
    assert expression(one, "any") != expression(other, "any")


# -- what is written


@pytest.mark.parametrize(
    "text",
    [
        "6 min",
        "90%",
        "12.5%",
        "2 weeks",
        "1 day",
        "-3",
        "2 * (a + b) - c / (d * 2)",
        "8 - (3 - 2)",
        "8 / (4 / 2)",
        "-(a + b)",
        "not (a or b) and c",
        "(a if b else c) + 1",
        "a if (b if c else d) else e",
        "(a if b else c) if d else e",
        "(a < b) == (c < d)",
        "9 <= hour < 17",
        "min(a, b, 3)",
        "`room type` == 'P 1'",
        "`and` + 1",
        "客房 * 2",
        "lognormal(mean=6 min if vip else 9 min, cv=0.4)",
        "mixture(shares=[90%, 10%], of=[exponential(mean=5 min), exponential(mean=1 h)])",
        "discrete(values=[1, 2], shares=[60%, 40%])",
        "empirical(file='times.csv', column='minutes')",
    ],
)
def test_canonical_text_is_written_as_it_was_read(text):
    assert str(expression(text, "any")) == text


def test_the_repr_shows_the_text():
    assert repr(expression("2*a", "number")) == "Expression('2 * a')"


names = st.sampled_from(["a", "vip", "客房", "room type", "or", "x1"]).map(Name)
leaves = st.one_of(
    st.floats(0, 1e12).map(Number),
    st.integers(0, 10_000).map(lambda n: Number(n / 10_000, percent=True)),
    st.builds(Quantity, st.floats(0, 1e6), st.sampled_from(["us", "ms", "s", "min", "h", "day", "week"])),
    st.booleans().map(Flag),
    names,
    st.text(min_size=1, max_size=5).map(Word),
)


def larger(inner):
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    return st.one_of(
        st.builds(Unary, st.just("-"), inner),
        st.builds(Not, inner),
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(IfElse, inner, inner, inner),
        st.builds(Extremum, st.sampled_from(["min", "max"]), several),
        st.builds(Logic, st.sampled_from(["and", "or"]), several),
        several.flatmap(
            lambda parts: st.builds(Compare, st.tuples(*[signs] * (len(parts) - 1)), st.just(tuple(parts)))
        ),
    )


@given(st.recursive(leaves, larger, max_leaves=12))
def test_any_tree_reads_back_from_its_own_text(node):
    assert parse(str(node)) == node


# -- what is refused, and where


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("", 0, "the expression is empty: write a number, a duration or a distribution"),
        ("3 +", 3, "'3 +' ends where a number, a duration, a name or a distribution should stand"),
        (
            "3 + * 2",
            4,
            "found '*' in '3 + * 2' where a number, a duration, a name or a distribution should stand",
        ),
        ("(1 + 2", 6, "'(1 + 2' ends where ')' to close the parenthesis should stand"),
        ("1 + 2)", 5, "found ')' in '1 + 2)' where the end or an operator should stand"),
        ("vip = 1", 4, "'=' stands where nothing is named: write '==' to compare"),
        ("1 if vip", 8, "'1 if vip' ends where 'else' (write 1 h if vip else 4 h) should stand"),
        ("5 m", 0, "'m' could be minutes or months: write 'min'"),
        ("2 + 3 months", 4, "months differ in length: write days or weeks"),
        ("2 + P1M", 4, "'P1M' has months or years, which differ in length: write days or weeks"),
        ("5 mintues", 0, "unknown unit 'mintues'; did you mean 'minutes'?"),
        ("30 min 1 h", 0, "'min' stands before 'h': write larger units first, each once"),
        ("1,5 h", 1, "found ',' after a number: write the decimal point, 1.5"),
        ("3 ^ 2", 2, "cannot read '^' in '3 ^ 2': there are no powers: write the product"),
        ("a && b", 2, "cannot read '&' in 'a && b': write 'and'"),
        ("a ≤ b", 2, "cannot read '≤' in 'a ≤ b': write '<='"),
        ("x; y", 1, "cannot read ';' in 'x; y': it has no meaning here"),
        ("'abc", 0, "cannot read ''' in ''abc': the quotes are not closed"),
        ("``", 0, "the name between the back quotes is empty"),
        ("min()", 4, "min and max need at least one argument"),
        ("[1, 2]", 0, "a list stands only in a distribution, as values=[...] or shares=[...]"),
        ("1e400", 0, "1e400 is too large"),
        ("and", 0, "found 'and' in 'and' where a number, a duration, a name or a distribution should stand"),
        (
            "room type == 3",
            5,
            "found 'type' after 'room': a name with spaces stands in back quotes, `room type`, "
            "a word in quotes, 'room type'",
        ),
    ],
)
def test_a_mistake_is_named_where_it_stands(text, offset, words):
    error = failure(text)
    assert (str(error), error.offset) == (words, offset)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lognormal(6 min, 0.4)", "lognormal takes its arguments by name: lognormal(mean=6 min, cv=0.4)"),
        (
            "exponential(rate=3)",
            "exponential takes no rate: write the mean, not the rate, as in exponential(mean=20 min)",
        ),
        (
            "lognorml(mean=3, cv=1)",
            "there is no distribution or function 'lognorml'; did you mean 'lognormal'?",
        ),
        ("expo(mean=3)", "there is no distribution 'expo'; did you mean 'exponential'?"),
        (
            "lognormal(mean=3, cvv=1)",
            "lognormal has no argument 'cvv'; did you mean 'cv'? Write lognormal(mean=6 min, cv=0.4)",
        ),
        (
            "lognormal(mean=3, sigma=1)",
            "lognormal has no argument 'sigma'; did you mean 'sd'? Write lognormal(mean=6 min, cv=0.4)",
        ),
        (
            "uniform(min=3, max=5)",
            "uniform has no argument 'min'; did you mean 'low'? Write uniform(low=3 min, high=15 min)",
        ),
        (
            "poisson(zeta=3)",
            "poisson has no argument 'zeta': it takes mean. Write poisson(mean=3)",
        ),
        ("normal(mean=3)", "normal takes mean and sd or mean and cv: write normal(mean=10 min, sd=2 min)"),
        ("exponential(mean=3, mean=4)", "exponential: mean is given twice"),
        ("exponential()", "exponential takes mean: write exponential(mean=20 min)"),
        (
            "exponential(mean=[3])",
            "exponential: mean is no list: write exponential(mean=20 min)",
        ),
        (
            "empirical(values=3)",
            "empirical: values must be a list in brackets: write empirical(values=[4 min, 5 min, 9 min])",
        ),
        (
            "empirical(file=times)",
            "empirical: file must be in quotes: write empirical(file='times.csv', column='minutes')",
        ),
        (
            "exponential(mean=exponential(mean=3))",
            "exponential: mean is drawn itself: write a mixture or an attribute",
        ),
        ("triangular(low=3, mode=2, high=5)", "triangular: low is above mode; write them in order"),
        ("uniform(low=-1, high=5)", "uniform: low is -1; it must be 0 or more"),
        ("exponential(mean=-1)", "exponential: mean is -1; it must be 0 or more"),
        ("gamma(mean=1, cv=101)", "gamma: cv is 101; it must be from 0 to 100"),
        ("gamma(mean=1, sd=200)", "gamma: the sd is over 100 times the mean"),
        ("gamma(mean=0, sd=1)", "gamma: a mean of 0 leaves no room for an sd"),
        ("erlang(mean=1, k=2.5)", "erlang: k is 2.5; it must be a whole number, 1 or more"),
        ("weibull(mean=1, shape=0.01)", "weibull: shape is 0.01; it must be from 0.1 to 100"),
        (
            "hyperexponential(mean=1, cv=0.5)",
            "hyperexponential: cv is 0.5; it must be 1 or more (below 1 use gamma or lognormal)",
        ),
        ("normal(mean=1, sd=11)", "normal: the sd is over 10 times the mean; use gamma or lognormal"),
        ("geometric(mean=0.5)", "geometric: mean is 0.5; it must be 1 or more, as it counts 1, 2, ..."),
        ("poisson(mean=1e6)", "poisson: mean is 1e+06; it must be at most 100000"),
        ("poisson(mean=3 min)", "poisson: mean is a plain number, not the duration '3 min'"),
        (
            "discrete(values=[1], shares=[0.5])",
            "discrete: the shares add up to 50%; they must add up to 100%",
        ),
        ("discrete(values=[1, 2], shares=[1])", "discrete: 2 values and 1 shares; give each value its share"),
        ("discrete(values=[1], shares=[3])", "discrete: a share is between 0 and 1; write 30% or 0.3"),
        ("empirical(values=[])", "empirical: there are no values; give at least one"),
        ("empirical(values=[-1])", "empirical: every value must be finite and 0 or more"),
        (
            "mixture(shares=[1], of=[3])",
            "mixture: of must list distributions: write mixture(shares=[90%, 10%], "
            "of=[exponential(mean=5 min), exponential(mean=1 h)])",
        ),
        (
            "mixture(shares=[1], of=[exponential(mean=-3)])",
            "exponential: mean is -3; it must be 0 or more",
        ),
    ],
)
def test_a_wrong_distribution_is_refused_with_a_remedy(text, words):
    assert said(text) == words


def test_a_call_that_yaml_cut_at_its_comma_says_so():
    error = failure("lognormal(mean=6 min", "duration")
    assert str(error) == (
        "'lognormal(mean=6 min' is not closed; if it stands between braces, YAML cut it at its comma: "
        'put the whole call in quotes, "lognormal(mean=6 min, cv=0.4)"'
    )


@pytest.mark.parametrize(
    "text", ["lognormal(", "lognormal(mean=", "uniform(low=3 min", "empirical(values=[3"]
)
def test_wherever_yaml_cuts_a_call_the_remedy_is_the_same(text):
    assert "put the whole call in quotes" in said(text, "duration")


@pytest.mark.parametrize(
    ("text", "want", "words"),
    [
        ("1.5", "share", "'1.5' is outside 0 to 1: write 1.5%"),
        ("90", "share", "'90' is outside 0 to 1: write 90%"),
        ("120%", "share", "'120%' is outside 0 to 1: write 90% or 0.9"),
        ("-5 min", "duration", "'-5 min' is negative: a duration is 0 or more"),
        ("12%", "duration", "'12%' is a share where a duration is wanted: write for example 15 min"),
        ("5 min", "number", "'5 min' is a duration where a number is wanted"),
        ("5 min", "share", "'5 min' is a duration where a share such as 90% or 0.9 is wanted"),
        ("'a'", "number", "''a'' is a word where a number is wanted"),
        ("true", "duration", "'true' is true or false where a duration is wanted"),
        ("3", "word", "'3' is a number where a word is wanted"),
        ("'a'", "flag", "''a'' is a word; this place asks for true or false: compare it, 'a' == ..."),
        ("5 min * 3 min", "any", "'5 min * 3 min' multiplies two durations: one of them must be a number"),
        (
            "6 / 5 min",
            "any",
            "'6 / 5 min' divides a number by a duration, which gives a rate: write durations",
        ),
        ("'a' + 1", "any", "''a'' is a word; '+' takes a number"),
        (
            "1 if 5 min else 2",
            "any",
            "'5 min' is a duration; 'if' asks for true or false: compare it, 5 min > ...",
        ),
        ("1 if vip else 'a'", "any", "'1 if vip else 'a'' mixes a number and a word"),
        ("'a' < 'b'", "any", "''a' < 'b'' orders words: compare them with == or !="),
        ("weekday == mo", "any", "weekday is never 'mo': it is one of mon, tue, wed, thu, fri, sat, sun"),
        ("gamma(mean=5 min, cv=2 min)", "any", "gamma: cv is a plain number, not the duration '2 min'"),
        ("1 / 0", "number", "'1 / 0' divides by zero or is too large"),
        (float("nan"), "number", "nan is no number that can be used: it must be finite"),
        (None, "number", "None is no number, text or distribution"),
        ([1], "number", "[1] is no number, text or distribution"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(text, want, words):
    assert said(text, want) == words


def test_an_unknown_want_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="want is 'text'; it must be one of number, duration"):
        expression("3", "text")


# -- bounds


@pytest.mark.parametrize(
    "text",
    [
        "(" * 60 + "1" + ")" * 60,
        "not " * 60 + "a",
        "-" * 60 + "1",
        "+".join("1" * 60),
        "1 if a else " * 60 + "1",
    ],
)
def test_depth_is_bounded(text):
    assert said(text, "any") == "the expression is nested more than 50 deep: split it up"


def test_length_is_bounded():
    assert said("1" + " " * 2_000) == "the expression has 2,001 characters; at most 2,000 are read"


def test_a_list_of_observed_values_may_be_long():
    text = f"empirical(values=[{', '.join(['1.25'] * 20_000)}])"
    assert len(expression(text, "duration").root.argument("values").items) == 20_000


@pytest.mark.parametrize("text", ["__import__('os')", "a.b", "a[0]", "lambda: 1", "(1).real", "open('x')"])
def test_nothing_of_python_gets_through(text):
    with pytest.raises(ExpressionError):
        expression(text, "any")


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text):
    error = error_or_none(text, "any")
    assert error is None or (str(error) and 0 <= error.offset <= len(text))


@given(
    st.lists(
        st.sampled_from(["1", "min", "(", ")", "if", "else", "not", "-", "a", "<", ",", "[", "gamma(", "%"])
    )
)
def test_any_jumble_of_tokens_is_read_or_refused_in_words(parts):
    text = " ".join(parts)
    error = error_or_none(text, "duration")
    assert error is None or (str(error) and 0 <= error.offset <= len(text))


# -- with the attributes known


@pytest.mark.parametrize(
    "text",
    [
        "size * 2 + visit",
        "1 if vip and 9 <= hour < 17 else 2",
        "1 if severity == P1 or severity != 'P2' else 2",
        "1 if `room type` == suite else 2",
        "1 if consumer == 'Walk-in guests' else 2",
        "1 if weekday == sat or weekday >= 5 else 2",
        "travel / 1 min",
        "1 if travel > 5 else 2",
        "max(size, quantity)",
    ],
)
def test_what_fits_the_attributes_has_no_problems(text):
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sise * 2", "there is no attribute 'sise'; did you mean 'size'?"),
        ("sise", "there is no attribute 'sise'; did you mean 'size'?"),
        ("1 if vp else 2", "there is no attribute 'vp'; did you mean 'vip'?"),
        ("1 if severty == P1 else 2", "there is no attribute 'severty'; did you mean 'severity'?"),
        ("1 if severity == P5 else 2", "severity is never 'P5': it is one of P1, P2"),
        ("1 if consumer == Guest else 2", "consumer is never 'Guest'; did you mean 'Guests'?"),
        (
            "1 if severity else 2",
            "'severity' is a word; 'if' asks for true or false: compare it, severity == ...",
        ),
        ("1 if severity == 3 else 2", "'severity == 3' mixes a number and a word"),
        ("severity * 2", "'severity' is a word; '*' takes a number"),
        ("vip * 2", "'vip' is true or false; '*' takes a number"),
        ("travel", "'travel' is a duration where a number is wanted"),
        ("1 if severity < P2 else 2", "'severity < P2' orders words: compare them with == or !="),
    ],
)
def test_what_does_not_fit_the_attributes_is_named(text, words):
    assert problems(text) == [words]


def test_every_problem_is_listed_once():
    assert len(problems("sise + sise + seize * vip")) == 3


def test_a_word_without_quotes_may_be_wanted():
    assert problems("forklift", "word") == []
    assert expression("forklift", "word").word() == "forklift"


def test_constants_of_two_units_wait_for_the_time_unit():
    found = expression("uniform(low=30, high=2 min)", "duration")
    assert check_types(found, time_unit="s") == []
    assert check_types(found, time_unit="min") == ["uniform: low is above high; write them in order"]


# -- what is known without running


def test_a_constant_knows_its_value_in_ticks():
    assert expression("1 h 30 min", "duration").constant("h") == 90 * MINUTE
    assert (
        expression(5, "duration").constant("min") == expression(5, "duration").constant(MINUTE) == 5 * MINUTE
    )
    assert expression("2 * 3 + 1", "duration").constant("min") == 7 * MINUTE
    assert expression("10 min + 5", "duration").constant("h") == 310 * MINUTE
    assert expression("90%", "share").constant("min") == 0.9
    assert expression("true and not 1 > 2", "flag").constant("min") == 1.0
    assert expression("min(3, 2) if 'a' == 'b' else max(4, 5)", "number").constant("min") == 5.0


def test_a_bare_decimal_is_exact_in_ticks():
    assert expression(1.1, "duration").constant("min") == 66_000_000.0


@pytest.mark.parametrize(
    "text", ["size", "visit + 1", "exponential(mean=3)", "1 if vip else 2", "severity == P1"]
)
def test_what_depends_on_a_request_is_no_constant(text):
    found = expression(text, "any")
    assert not found.is_constant
    with pytest.raises(ExpressionError, match="is no constant"):
        found.constant("min")


def test_a_word_that_is_no_constant_says_so():
    with pytest.raises(ExpressionError, match="is no constant word"):
        expression("'a' if vip else 'b'", "word").word()


def test_an_expression_knows_what_it_asks_for():
    found = expression("lognormal(mean=6 if severity == P1 else size, cv=1) + visit", "number")
    assert found.names() == {"severity", "P1", "size", "visit"}
    assert found.words() == {"severity", "P1", "size"}
    assert found.has_distribution
    assert not expression("size", "number").has_distribution


@pytest.mark.parametrize(
    ("text", "mean"),
    [
        ("5", 5),
        ("exponential(mean=5) + 2", 7),
        ("2 * exponential(mean=5) - gamma(mean=3, cv=1)", 7),
        ("exponential(mean=5) * gamma(mean=3, cv=1)", 15),
        ("exponential(mean=5) / 2", 2.5),
        ("-(2 - uniform(low=3, high=5))", 2),
        ("lognormal(mean=2 * size, cv=0.4)", 6),
        ("triangular(low=0, mode=size, high=2 * size)", 3),
        ("pert(low=0, mode=size, high=2 * size)", 3),
        ("size + visit", 4),
        ("1 if severity == P1 else 2", 1),
        ("1 if severity == P2 else 2", 2),
        ("1 if severity == P1 or vip else 2", 1),
        ("mixture(shares=[50%, 50%], of=[exponential(mean=size), constant(value=5)])", 4),
    ],
)
def test_a_mean_follows_from_what_is_known(text, mean):
    found = expression(text, "number").mean("min", {"size": 3.0}, {"visit": 1.0, "severity": "P1"})
    assert found == pytest.approx(mean, rel=1e-14)


@pytest.mark.parametrize(
    "text",
    [
        "weight",
        "size * size",
        "1 / size",
        "1 if size > 2 else 3",
        "1 if vip else 2",
        "min(size, 3)",
        "1 if region == north else 2",
        "discrete(values=[size, 2], shares=[50%, 50%])",
        "mixture(shares=[size, 1 - size], of=[constant(value=1), constant(value=2)])",
    ],
)
def test_a_mean_that_does_not_follow_is_unknown(text):
    assert expression(text, "number").mean("min", {"size": 3.0}) is None


def test_the_mean_of_a_duration_is_in_ticks():
    assert expression("exponential(mean=5)", "duration").mean("min") == 5 * MINUTE
    assert expression("poisson(mean=3)", "duration").mean("min") == 3 * MINUTE
    assert expression("travel + 5", "duration").mean("min", {"travel": 60.0}, kinds=KINDS) == 60 + 5 * MINUTE


# -- data from files


def test_data_are_filled_in_and_the_text_stays():
    found = expression("2 * empirical(file='t.csv', column='c') if vip else 3", "duration")
    asked = []

    def read(*file):
        asked.append(file)
        return [1, 2, 6]

    filled = found.with_data(read)
    assert asked == [("t.csv", "c")]
    assert str(filled) == str(found)
    assert filled.mean("min", values={"vip": 1.0}) == 6 * MINUTE


def test_data_that_make_no_sense_are_refused():
    with pytest.raises(
        ExpressionError, match=r"empirical\(file='t.csv'\): empirical: every value must be finite"
    ):
        expression("empirical(file='t.csv')", "duration").with_data(lambda *_: [math.nan])


def test_without_data_there_are_no_figures():
    with pytest.raises(ExpressionError, match="its file has not been read"):
        parse("empirical(file='t.csv')").mean()
    assert expression("empirical(file='t.csv')", "duration").mean("min") is None


def test_expressions_are_frozen():
    found = expression("3", "number")
    assert isinstance(found, Expression)
    with pytest.raises(AttributeError):
        found.root = Number(4)
