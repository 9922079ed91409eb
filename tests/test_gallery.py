"""The gallery renders, shows every chart and map that there is, and its large map can be read."""

import functools
import inspect

import matplotlib
import pytest
from matplotlib import pyplot

import gallery
import map_geometry
import serviceflow as sf
from serviceflow.api import levers, results

matplotlib.use("Agg")


OWNERS = [
    sf.ServiceChain,
    results.Results,
    results.Comparison,
    levers.Levers,
    sf.EventLog,
    sf.Monitor,
    sf.Search,
    sf.Sensitivity,
    sf.Validation,
]
CALLED = set()
"""Which method of which class has drawn a picture of the gallery."""


def drawing(owner):
    """The public methods of a class that draw: charts by their name, maps by what they return."""
    for name, method in inspect.getmembers(owner, inspect.isfunction):
        returned = str(inspect.signature(method).return_annotation)
        if not name.startswith("_") and (name.startswith("plot") or returned == "Map"):
            yield name


def noted(owner, name):
    """A method that says that it has been called."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def call(*given, **options):
        CALLED.add((owner, name))
        return method(*given, **options)

    return call


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The pictures by heading, each with its files."""
    folder = tmp_path_factory.mktemp("gallery")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for owner in OWNERS:
            for name in list(drawing(owner)):
                patch.setattr(owner, name, noted(owner, name))
        for heading, picture in gallery.pictures():
            assert heading not in found
            found[heading] = picture, gallery.rendered(heading, picture, folder)
    yield found
    pyplot.close("all")


def test_each_picture_is_a_file_that_shows_something(drawn):
    for heading, (_, paths) in drawn.items():
        for path in paths:
            assert path.stat().st_size > 5000, heading
            if path.suffix == ".png":
                pixels = pyplot.imread(path)
                assert min(pixels.shape[:2]) > 150, heading
                assert pixels[..., :3].std() > 0.02, heading


def test_each_heading_names_the_file(drawn):
    assert len({path for _, paths in drawn.values() for path in paths}) == sum(
        len(paths) for _, paths in drawn.values()
    )


@pytest.mark.parametrize("owner", OWNERS, ids=lambda one: one.__name__)
def test_every_chart_and_map_is_in_the_gallery(owner, drawn):
    names = list(drawing(owner))
    assert names
    assert [name for name in names if (owner, name) not in CALLED] == []


def test_nothing_lies_upon_anything_else_on_any_map(drawn):
    maps = {heading: picture for heading, (picture, _) in drawn.items() if hasattr(picture, "svg")}
    assert len(maps) >= 6
    for heading, picture in maps.items():
        assert map_geometry.overlapping(picture.svg) == [], heading
        assert map_geometry.run_over(picture.svg) == [], heading
        assert map_geometry.loose(picture.svg) == [], heading
    large = map_geometry.boxes(maps["A chain of sixty services"].svg)
    assert len([name for name in large if not name.endswith((":caption", ":label"))]) > 60
