"""What docs/cases.md says of the shipped chains is what they give."""

import re
from pathlib import Path

import pytest

from case_figures import TABLES, rows

PAGE = (Path(__file__).parent.parent / "docs" / "cases.md").read_text("utf-8")
SECTIONS = {
    name: found
    for found in re.split(r"^## ", PAGE, flags=re.MULTILINE)
    for name in TABLES
    if f"models/{name}.yaml" in found
}


@pytest.mark.parametrize("name", TABLES)
def test_each_figure_has_its_row(name):
    told = re.findall(r"^\| ([^|]+) \|", SECTIONS[name], re.MULTILINE)
    assert told == [*TABLES[name]]


@pytest.mark.long
@pytest.mark.parametrize("name", TABLES)
def test_the_figures_are_those_of_the_runs(name):
    told = [
        line for line in SECTIONS[name].splitlines() if line.startswith("| ") and not line.startswith("| |")
    ]
    assert told == list(rows(name))
