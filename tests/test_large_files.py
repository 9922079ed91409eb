"""Large files: the work of loading and checking grows with their size, not with its square.

Work is counted in calls of functions, which are the same in every run; nothing here looks at a clock.
"""

# ruff: noqa: E501

import sys

import pytest

import serviceflow as sf
from serviceflow.engine.program.lowering import lower
from serviceflow.errors import MOST_HINTS, MOST_TOLD, listed, nearest
from serviceflow.model.routing import circle_text, circles

HEAD = """
serviceflow: 1
name: Large
run: {duration: 4 h}
providers: {Desk: {staff: 2}}
consumers: {Guests: {arrivals: {rate: 1 per day}, enters: Step 0}}
"""


def services(count, more=""):
    return "services:\n" + "".join(
        f"  Step {i}: {{provider: Desk, duration: 1 min{more}}}\n" for i in range(count)
    )


def links(count, target="Step"):
    return "handoffs:\n" + "".join(f"  Step {i} -> {target} {i + 1}: {{}}\n" for i in range(count - 1))


def line(count):
    return HEAD + services(count) + links(count)


def circle(count):
    return line(count) + f"  Step {count - 1} -> Step 0: {{}}\n"


def pairs(count):
    """Circles of two, side by side."""
    two = "".join(
        f"  Step {i} -> Step {i + 1}: {{}}\n  Step {i + 1} -> Step {i}: {{}}\n" for i in range(0, count, 2)
    )
    return HEAD + services(count) + "handoffs:\n" + two


def unknown_services(count):
    return HEAD + services(count) + links(count, target="Stepp")


def unknown_fields(count):
    return HEAD + "services:\n  Step 0:\n" + "".join(f"    key{i}: 1\n" for i in range(count))


def unknown_providers(count):
    return (
        HEAD + "services:\n  Step 0:\n    providers:\n" + "".join(f"      key{i}: 1\n" for i in range(count))
    )


def stray_keys(count):
    return line(2) + "stray:\n" + "".join(f"  key{i}: 1\n" for i in range(count))


def nobody_comes(count):
    return HEAD + services(count)


def other_spaces(count):
    """Links whose text is not that of messages, each with a mistake."""
    return (
        HEAD
        + services(count)
        + "handoffs:\n"
        + "".join(f"  Step {i}->Nowhere {i}: {{}}\n" for i in range(count))
    )


def unknown_attributes(count):
    kinds = "attributes:\n" + "".join(f"  known{i}: 1\n" for i in range(count))
    return HEAD + kinds + services(count, more=" * unseen")


def attributes_in_a_row(count):
    found = "attributes:\n  a0: 1\n" + "".join(f"  a{i}: a{i - 1} + 1\n" for i in range(1, count))
    return HEAD + found + services(1, more=f" * a{count - 1}")


def joined_branches(count):
    """Splits and joins in a row."""
    text = HEAD + "services:\n"
    ways = "handoffs:\n"
    for i in range(count):
        text += (
            f"  Step {i}: {{split: all}}\n  A {i}: {{duration: 1}}\n  B {i}: {{duration: 1}}\n"
            f"  J {i}: {{join: all}}\n"
        )
        ways += f"  Step {i} -> A {i}: {{}}\n  Step {i} -> B {i}: {{}}\n  A {i} -> J {i}: {{}}\n"
        ways += f"  B {i} -> J {i}: {{}}\n" + (f"  J {i} -> Step {i + 1}: {{}}\n" if i + 1 < count else "")
    return text + ways


def many_names(count):
    listed = ", ".join(f"Desk{i}" for i in range(count))
    return HEAD + f"services:\n  Step 0: {{any_of: [{listed}]}}\n"


def calls_in_a_row(count):
    """Each service with staff of its own, held while the next is asked."""
    staff = ", ".join(f"P{i}: {{staff: 1}}" for i in range(count))
    text = HEAD.replace("Desk: {staff: 2}", staff) + "services:\n"
    text += "".join(f"  Step {i}: {{provider: P{i}, duration: 1 min}}\n" for i in range(count)) + "calls:\n"
    return text + "".join(f"  Step {i} -> Step {i + 1}: {{ask: start}}\n" for i in range(count - 1))


FILES = [
    line, circle, pairs, unknown_services, unknown_fields, unknown_providers, stray_keys, nobody_comes, other_spaces,
    unknown_attributes, attributes_in_a_row, pytest.param(joined_branches, marks=pytest.mark.long), many_names, calls_in_a_row,
]  # fmt: skip


def work(text):
    """Calls of functions while a text is loaded, checked, and made ready to run."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        chain = sf.loads(text)
        chain.check()
        lower(chain, duration="1 day")
    except sf.ModelError as error:
        str(error)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.__name__)
def test_work_grows_with_the_size(file):
    work(file(10))
    small, large = work(file(100)), work(file(400))
    assert large < 5 * small


class TestMessages:
    def error(self, text):
        with pytest.raises(sf.ModelError) as caught:
            sf.loads(text, name="m.yaml")
        return caught.value

    def test_names_are_suggested_for_the_first_twenty(self):
        error = self.error(unknown_services(61))
        hinted = [problem for problem in error.problems if "did you mean" in problem.message]
        assert (len(error.problems), len(hinted)) == (60, MOST_HINTS)
        assert hinted == list(error.problems[:MOST_HINTS])

    def test_problems_beyond_a_hundred_are_counted(self):
        error = self.error(unknown_fields(1234))
        lines = str(error).splitlines()
        assert (len(error.problems), len(lines)) == (1234, MOST_TOLD + 1)
        assert lines[-1] == "and 1,134 more problems; mend these first, the others often go with them"

    def test_a_hundred_problems_are_all_told(self):
        assert len(str(self.error(unknown_fields(100))).splitlines()) == 100

    def test_each_file_has_hints_of_its_own(self):
        for _ in range(3):
            assert "did you mean 'Step 1'?" in str(self.error(unknown_services(40)))

    def test_a_long_circle_is_cut_in_the_middle(self):
        assert self.error(circle(30)).problems[0].message == (
            "requests never leave the circle Step 0 -> Step 1 -> Step 2 -> Step 3 -> Step 4 -> Step 5 -> (19 more) -> "
            "Step 25 -> Step 26 -> Step 27 -> Step 28 -> Step 29 -> Step 0; give one of them a way out, or to 'end'"
        )

    def test_a_circle_of_twelve_names_is_whole(self):
        assert (
            circle_text([*"abcdefghijk", "a"]) == "a -> b -> c -> d -> e -> f -> g -> h -> i -> j -> k -> a"
        )

    def test_lists_of_names_are_cut(self):
        assert listed(range(20)) == ", ".join(map(str, range(20)))
        assert listed(range(1021)) == ", ".join(map(str, range(20))) + " and 1,001 more"

    def test_very_long_words_are_like_nothing(self):
        assert nearest("a" * 201, ["a" * 200]) == ""
        assert nearest("a" * 200, ["a" * 201]) == f"; did you mean '{'a' * 201}'?"

    def test_the_likest_of_very_many(self):
        assert nearest("Step 7777", [f"Step {i}" for i in range(10_000)]) == "; did you mean 'Step 7777'?"


class TestCircles:
    def test_circles_share_no_node(self):
        graph = {"a": ["b", "c"], "b": ["a"], "c": ["d"], "d": ["c", "a"]}
        assert list(circles(graph)) == [["a", "b", "a"], ["c", "d", "c"]]

    def test_what_lies_before_a_circle_is_on_none(self):
        assert list(circles({"a": ["b"], "b": ["c"], "c": ["b"], "d": ["d"]})) == [
            ["b", "c", "b"],
            ["d", "d"],
        ]

    def test_none(self):
        assert list(circles({"a": ["b", "c"], "b": ["c"], "c": []})) == []
