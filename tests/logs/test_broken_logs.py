"""Broken logs are read, or refused with a sentence; ``python tests/broken_logs.py 0 10000`` tries more."""

import pytest

from broken_logs import fault_of


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_broken_logs_are_read_or_refused_with_a_sentence(first, tmp_path):
    assert {number: fault_of(number, tmp_path) for number in range(first, first + 20)} == dict.fromkeys(
        range(first, first + 20), ""
    )
