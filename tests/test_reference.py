"""The reference has every public name and no other; on the site it has the whole description of each."""

import importlib.util
import re
from pathlib import Path

import pytest

import serviceflow as sf

SITE = Path(__file__).parent.parent / "docs" / "site"


def load(name):
    spec = importlib.util.spec_from_file_location(f"site_{name}", SITE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = load("reference")


def test_it_has_every_public_name_and_no_other():
    shown = re.findall(r"^\| `([\w.]+)` \|", reference.PLACE.read_text("utf-8"), re.MULTILINE)
    assert sorted(shown) == sorted(reference.names()), "run python docs/site/reference.py"


def test_names_are_those_of_the_package_with_their_methods():
    names = reference.names()
    assert set(sf.__all__) <= set(names)
    assert {"Results.summary", "ServiceChain.simulate", "ServiceChain.add_provider", "Map.save"} <= set(names)
    assert not {"Results.losses", "ServiceChain.contents"} & set(names)  # Old names.


@pytest.mark.parametrize("name", sf.__all__)
def test_the_site_has_the_whole_description(name):
    page = reference.page(reference.group_of(name), [name])
    told = re.findall(r"^ *(>>> .*)$", getattr(sf, name).__doc__ or "", re.MULTILINE)
    assert f"## {name}\n" in page
    assert [line for line in told if line not in page] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See :func:`load` and ``a*b``.", "See `load` and `a*b`."),
        ("One * two <b> [x]", r"One \* two \<b\> \[x\]"),
        (":class:`~serviceflow.Map` it is", "`Map` it is"),
    ],
)
def test_markup_of_docstrings_becomes_markdown(text, shown):
    assert reference.plain(text) == shown


LISTED = """Run it.

Parameters
----------
by : str
    The keys
    of it.

Raises
------
RunError
    If not.
"""


def test_a_list_of_parameters():
    found = reference.described(type("F", (), {"__doc__": LISTED}))
    assert found.startswith("Run it.\n\n**Parameters**\n\n- `by` (str)  \n  The keys\n  of it.\n\n")
    assert found.endswith("**Raises**\n\n- `RunError`  \n  If not.")
