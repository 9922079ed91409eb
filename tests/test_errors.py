"""An error says where, what was read, what is allowed, and what to do next."""

import pickle

import pytest

from serviceflow.errors import (
    DeadlockError,
    ExpressionError,
    ModelError,
    NotSupportedError,
    Problem,
    ServiceflowError,
    UnitError,
    nearest,
)

TYPO = Problem("services.Check in.duraton", "unknown field; did you mean 'duration'?", "hotel.yaml", 17, 5)


def test_a_problem_of_a_file_begins_with_file_line_and_column():
    assert str(TYPO) == "hotel.yaml:17:5: services.Check in.duraton: unknown field; did you mean 'duration'?"


def test_a_problem_without_file_begins_with_its_path():
    assert str(Problem("run.duration", "is missing")) == "run.duration: is missing"


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("", "is empty", "a.yaml"), "a.yaml: is empty"),
        (Problem("", "is empty"), "is empty"),
        (Problem("name", "is missing", "a.yaml", 3), "a.yaml:3: name: is missing"),
    ],
)
def test_a_problem_leaves_out_what_it_does_not_know(problem, text):
    assert str(problem) == text


def test_a_model_error_lists_every_problem_on_a_line_of_its_own():
    error = ModelError([TYPO, Problem("run", "is missing")])
    assert str(error).splitlines() == [str(TYPO), "run: is missing"]
    assert error.problems == (TYPO, Problem("run", "is missing"))


def test_a_model_error_takes_any_iterable_of_problems():
    assert ModelError(problem for problem in [TYPO]).problems == (TYPO,)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (ModelError([TYPO]), ValueError),
        (ExpressionError("no"), ValueError),
        (UnitError("no"), ValueError),
        (NotSupportedError("no"), NotImplementedError),
        (DeadlockError("no"), RuntimeError),
    ],
)
def test_errors_are_what_a_user_would_catch(error, builtin):
    assert isinstance(error, builtin)
    assert isinstance(error, ServiceflowError)


@pytest.mark.parametrize("error", [ModelError([TYPO]), ExpressionError("no such thing", 4)])
def test_errors_travel_between_processes(error):
    twin = pickle.loads(pickle.dumps(error))
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)


def test_an_expression_error_says_where_in_the_text():
    error = ExpressionError("no such thing", 4)
    assert (str(error), error.message, error.offset) == ("no such thing", "no such thing", 4)


def test_the_nearest_option_is_suggested():
    assert nearest("duraton", ["provider", "duration"]) == "; did you mean 'duration'?"


def test_case_does_not_count_for_nearness():
    assert nearest("front DESK", ["Front desk"]) == "; did you mean 'Front desk'?"


@pytest.mark.parametrize("options", [[], ["provider"]])
def test_nothing_is_suggested_where_nothing_is_near(options):
    assert nearest("xyz", options) == ""


def test_suggestions_do_not_depend_on_the_order_of_options():
    options = ["Nurse A", "Nurse B", "nurse a"]
    assert nearest("Nurse", options) == nearest("Nurse", options[::-1])


def test_what_cannot_be_seen_in_a_name_breaks_no_line():
    problem = Problem("services.For\u2028ms", "a\tb", "x.yaml", 1, 2)
    assert str(problem) == "x.yaml:1:2: services.For\\u2028ms: a\\tb"
