"""The least that an expression can come to, and the kinds of request that attributes make."""

# ruff: noqa: E501

from collections import Counter

import pytest

from serviceflow.model.attributes import read_attribute
from serviceflow.model.expressions import expression
from serviceflow.theory.bounds import least, least_of_share
from serviceflow.theory.situations import Situation, situations

MIN = 60_000_000


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("6 min", 6),
        ("6", 6),
        ("lognormal(mean=6 min, cv=0.4)", 0),
        ("uniform(low=3 min, high=15 min)", 3),
        ("triangular(low=3 min, mode=5 min, high=12 min)", 3),
        ("pert(low=3, mode=5, high=12)", 3),
        ("constant(value=4 min)", 4),
        ("2 min + exponential(mean=5 min)", 2),
        ("2 * uniform(low=3 min, high=15 min)", 6),
        ("uniform(low=3 min, high=15 min) / 2", 1.5),
        ("uniform(low=3 min, high=15 min) - 1 min", 2),
        ("discrete(values=[1 min, 2 min], shares=[0%, 100%])", 2),
        ("empirical(values=[7 min, 5 min])", 5),
        ("mixture(shares=[50%, 50%], of=[uniform(low=2 min, high=3 min), constant(value=4 min)])", 2),
        ("20 min * geometric(mean=3)", 20),
        ("20 min - exponential(mean=5 min)", 0),
        ("20 min / geometric(mean=2)", 0),
        ("20 min if uniform(low=0, high=1) > 0.5 else 30 min", 20),
        ("20 min if vip else 30 min", 20),
        ("20 min if not vip else 30 min", 30),
        ("20 min if unknown else 30 min", 20),
        ("max(3 min, exponential(mean=1 h))", 3),
        ("min(3 min, exponential(mean=1 h))", 0),
        ("min(3 min, uniform(low=2 min, high=5 min))", 2),
        ("pages * 1 min", 7),
        ("hour * 1 min", 0),
        ("(pages - 8) * 1 min", 0),
        ("normal(mean=pages * 1 min, sd=1 min)", 0),
        ("uniform(low=pages * 1 min, high=1 h)", 7),
        ("uniform(low=hour * 1 min, high=30 h)", 0),
    ],
)
def test_least(text, minutes):
    values = {"vip": 1.0, "pages": 7.0}
    kinds = {"vip": "flag", "pages": "number", "unknown": "flag"}
    assert least(expression(text, "duration"), "min", values, kinds) == pytest.approx(minutes * MIN)


def test_nothing_is_least():
    assert least(None, "min", {}, {}) == least_of_share(None, 0.9, "min", {}, {}) == 0.0


@pytest.mark.parametrize(
    ("text", "share", "minutes"),
    [
        ("uniform(low=0, high=10)", 0.9, 9),
        ("uniform(low=0, high=10)", 1.0, 0),
        ("6 min", 0.9, 6),
        ("1 min + uniform(low=0, high=10)", 0.9, 1),
    ],
)
def test_least_of_a_share(text, share, minutes):
    assert least_of_share(expression(text, "duration"), share, "min", {}, {}) == pytest.approx(minutes * MIN)


def made(most=512, **attributes):
    read = {name: read_attribute(value) for name, value in attributes.items()}
    kinds = dict.fromkeys(attributes, "number")
    start = Situation({"consumer": "Guests"}, 1.0)
    return situations(read, [start], "min", kinds, most)


class TestSituations:
    def test_without_attributes_there_is_one_kind_of_request(self):
        (only,) = made()
        assert (only.values, only.share) == ({"consumer": "Guests"}, 1.0)

    def test_choices_are_combined(self):
        found = made(vip={"true": 0.3, "false": 0.7}, severity={"P1": 0.1, "P2": 0.9})
        assert {(one.values["vip"], one.values["severity"]): round(one.share, 9) for one in found} == {
            (1.0, "P1"): 0.03,
            (1.0, "P2"): 0.27,
            (0.0, "P1"): 0.07,
            (0.0, "P2"): 0.63,
        }

    def test_options_of_no_share_are_left_out(self):
        assert len(made(kind={"a": 1.0, "b": 0.0})) == 1

    def test_a_drawn_number_keeps_its_mean(self):
        found = made(pages="lognormal(mean=8, cv=1.5)")
        assert sum(one.share * one.values["pages"] for one in found) == pytest.approx(8)
        assert len(found) > 5

    def test_a_finite_distribution_is_exact(self):
        found = made(pages="discrete(values=[1, 2, 4], shares=[50%, 30%, 20%])")
        assert [(one.values["pages"], one.share) for one in found] == [(1, 0.5), (2, 0.3), (4, 0.2)]

    def test_counts_stay_whole(self):
        assert all(one.values["n"] == int(one.values["n"]) for one in made(n="geometric(mean=3)"))

    def test_an_attribute_computed_from_another(self):
        found = made(a="2 * b", b={"1": 0.5, "3": 0.5})
        assert [(one.values["b"], one.values["a"]) for one in found] == [(1, 2), (3, 6)]

    @pytest.mark.parametrize(
        ("written", "mean"),
        [
            ("1 + uniform(low=0, high=4)", 3),
            ("uniform(low=0, high=4) - uniform(low=0, high=2)", 1),
            ("min(2, uniform(low=0, high=4))", 1.5),
            ("uniform(low=0, high=4) if uniform(low=0, high=1) < 0.25 else 10", 8),
        ],
    )
    def test_what_is_reckoned_with_draws(self, written, mean):
        found = made(a=written)
        assert sum(one.share * one.values["a"] for one in found) == pytest.approx(mean, abs=0.01)
        assert len(found) > 4

    def test_what_cannot_be_known_is_left_out(self):
        (only,) = made(most=1, a="max(1, exponential(mean=2))")
        assert "a" not in only.values

    @pytest.mark.parametrize(
        ("written", "shares"),
        [
            ("discrete(values=['x', 'y'], shares=[60%, 40%])", {"x": 0.6, "y": 0.4}),
            ("discrete(values=[x, y], shares=[60%, 40%])", {"x": 0.6, "y": 0.4}),
            ("empirical(values=['x', 'x', 'y', 'z'])", {"x": 0.5, "y": 0.25, "z": 0.25}),
            ("discrete(values=['x', 'y'], shares=[0.9 if vip else 0.3, 0.1 if vip else 0.7])", {"x": 0.6, "y": 0.4}),
            ("'x' if vip else discrete(values=['x', 'y'], shares=[20%, 80%])", {"x": 0.6, "y": 0.4}),
            ("discrete(values=['x' if vip else 'z', 'y'], shares=[50%, 50%])", {"x": 0.25, "z": 0.25, "y": 0.5}),
            ("'x' if discrete(values=[1, 2], shares=[30%, 70%]) == 1 else 'y'", {"x": 0.3, "y": 0.7}),
        ],
    )  # fmt: skip
    def test_words_that_are_drawn(self, written, shares):
        found = made(vip={"true": 0.5, "false": 0.5}, word=written)
        told = Counter()
        for one in found:
            told[one.values["word"]] += one.share
        assert told == pytest.approx(shares)
        assert all(one.whole for one in found)

    @pytest.mark.parametrize("most", [30, 100, 400])
    def test_of_more_options_than_there_is_room_a_sample_is_taken(self, most):
        many = {f"a{n}": {"x": 0.5, "y": 0.3, "z": 0.2} for n in range(8)}
        found = made(most=most, **many)
        assert len(found) <= most
        assert not any(one.whole for one in found)
        for name in many:
            share = sum(one.share for one in found if one.values[name] == "x")
            assert share == pytest.approx(0.5, abs=0.1)

    def test_a_long_list_of_numbers_keeps_its_mean(self):
        values = [n * n for n in range(1, 101)]
        found = made(most=20, n=f"empirical(values={values})")
        assert sum(one.share * one.values["n"] for one in found) == pytest.approx(sum(values) / 100)

    def test_there_are_never_too_many(self):
        many = {f"a{n}": "exponential(mean=3)" for n in range(8)}
        found = made(most=40, **many, choice={str(n): 0.01 for n in range(100)})
        assert len(found) <= 40
        assert sum(one.share for one in found) == pytest.approx(1)
        assert all(one.values["a0"] > 0 for one in found)

    def test_zero_is_zero(self):
        (only,) = made(a="exponential(mean=0)")
        assert only.values["a"] == 0
