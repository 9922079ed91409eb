"""A chain that is learned from the log of a known one is as that is; ``make learned`` tries twenty."""

import pytest

from learned_again import compared


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=[] if n == 2 else pytest.mark.long) for n in range(20)]
)
def test_what_is_learned_is_what_was_written(number):
    count, held, wrong = compared(number)
    assert wrong == []
    assert held >= count - 1
