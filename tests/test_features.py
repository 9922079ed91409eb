"""What a chain uses is found once; no engine gets a chain that uses what the engine does not name."""

from dataclasses import fields, replace

import pytest

import serviceflow as sf
from serviceflow.engine import recursion
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.kernel import express_scope, scope
from serviceflow.engine.program import features
from serviceflow.engine.program.features import Feature
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.recursion import routes
from serviceflow.engine.reference import engine as reference
from serviceflow.engine.reference.behaviours import Behaviours
from serviceflow.errors import NotSupportedError

WRITTEN = {Feature.BEHAVIOURS, Feature.ORDERS, Feature.POLICIES}
"""What only Python knows."""


def line():
    chain = sf.ServiceChain("Line", time_unit="min", run={"duration": "10 h"})
    chain.add_provider("Desk", staff=1)
    chain.add_service("Serve", provider="Desk", duration="exponential(mean=4 min)")
    chain.add_consumer("Guests", enters="Serve", arrivals={"every": "exponential(mean=5 min)"})
    return chain


def with_a_new_rule(program):
    return replace(program, features=program.features | {"teleporting"})


def test_a_feature_that_no_engine_names_is_left_to_the_simpy_engine():
    known, new = lower(line()), with_a_new_rule(lower(line()))
    assert express_scope.is_plain(known)
    assert recursion.applies(known)
    assert scope.covers(known)
    assert not express_scope.is_plain(new)
    assert not recursion.applies(new)
    assert not scope.covers(new)
    assert len(reference.run(new, 1).visits) > 50


def test_the_kernel_and_the_recursion_say_that_they_do_not_know_it():
    new = with_a_new_rule(lower(line()))
    with pytest.raises(NotSupportedError, match="'compiled' does not know teleporting: use 'auto'"):
        compiled.run(new, 1)
    with pytest.raises(NotSupportedError, match="the recursion does not cover this chain: use engine='auto'"):
        recursion.run(new, 1)


@pytest.mark.parametrize("plan", features.RULES, ids=lambda plan: plan.__name__)
def test_every_field_of_a_plan_is_a_feature_or_known_to_all(plan):
    """A field that is new is an error, until somebody says what it is."""
    assert set(features.RULES[plan]) == {field.name for field in fields(plan)}


def test_no_engine_names_what_does_not_exist():
    for supported in (scope.SUPPORTED, express_scope.SUPPORTED, routes.SUPPORTED, set(scope.MODULES)):
        assert supported <= set(Feature)
    assert express_scope.SUPPORTED | routes.SUPPORTED <= scope.SUPPORTED
    assert set(Feature) - scope.SUPPORTED == WRITTEN


def test_the_express_loop_has_a_place_for_every_column_that_it_may_fill():
    assert set(features.visit_columns(express_scope.SUPPORTED)) == set(express_scope.FIELDS)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, {"staffed"}),
        ({"providers": {"Desk": {"staff": 0}}}, {"staffed", "no_staff"}),
        ({"providers": {"Desk": {"off_shift": "fit"}}}, {"staffed", "shifts_fit", "overtaking"}),
        ({"providers": {"Desk": {"discipline": "lifo"}}}, {"staffed", "lifo", "overtaking"}),
        ({"providers": {"Desk": {"queue_limit": 0}}}, {"staffed", "limit_refuses"}),
        ({"providers": {"Desk": {"queue_limit": 2, "when_full": "block"}}}, {"staffed", "limit_blocks"}),
        ({"services": {"Serve": {"patience": "5 min"}}}, {"staffed", "patience"}),
        ({"services": {"Serve": {"duration": "visit * 1 min"}}}, {"staffed", "expressions"}),
        ({"services": {"Serve": {"cost": "visit * 2"}}}, {"staffed"}),
        ({"services": {"Serve": {"learning": 0.5}}}, {"staffed", "learning", "named_units", "overtaking"}),
        ({"services": {"Serve": {"provider": None}}}, set()),
        (
            {
                "services": {"Serve": {"provider": None, "providers": {"Desk": 2}}},
                "providers": {"Desk": {"staff": 2}},
            },
            {"staffed", "partners", "overtaking"},
        ),
    ],
    ids=lambda value: str(sorted(value)),
)
def test_what_a_chain_uses(changes, found):
    assert lower(line().change(changes)).features == found


def test_what_is_written_in_python_is_a_feature():
    longer = Behaviours(durations={"Serve": lambda request: 1.0})
    ordered = Behaviours(orders={"Desk": lambda request: 1.0})
    assert lower(line(), behaviours=longer).features == {"staffed", "behaviours"}
    assert lower(line(), behaviours=ordered).features == {"staffed", "behaviours", "orders", "overtaking"}
