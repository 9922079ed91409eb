"""Where neither Numba nor Graphviz can be had, as in a browser, everything works that does not need them."""

import json
import tomllib

import pytest

from programs import HERE, output_of

SCRIPT = """
import importlib.machinery, json, sys

HIDDEN = {"numba", "llvmlite", "pygraphviz"}
find = importlib.machinery.PathFinder.find_spec
importlib.machinery.PathFinder.find_spec = classmethod(
    lambda cls, name, path=None, target=None: None if name in HIDDEN else find(name, path, target)
)

import matplotlib
matplotlib.use("Agg")
import serviceflow as sf

told = {}

def error_of(key, act):
    try:
        act()
    except Exception as error:
        told[key] = [type(error).__name__, str(error)]

chain = sf.example("hotel_checkin")
told["findings"] = [str(finding) for finding in chain.check().warnings]
short = {"duration": "1 day", "warm_up": "2 h", "replications": 2, "seed": 1}
results = chain.simulate(**short)
told["engine"] = results.engine
told["kept as a summary"] = chain.simulate(keep="summary", **short).engine
told["rows"] = [len(results.visits), len(results.requests), len(results.kpis), len(results.summary())]
told["bottlenecks"] = results.bottlenecks().sentence
told["story"] = len(str(results.story(results.requests["request"].iloc[0])))
charts = (results.plot_waits(), results.plot_utilization("Housekeeping"))
told["charts"] = [len(axes.patches) for axes in charts]
both = {"now": chain, "again": chain.change({})}
told["compared"] = len(sf.compare(both, replications=2, duration="1 day").summary())
drawing = chain.map()
told["dot"] = drawing.dot
told["saved"] = drawing.save("map.dot").read_text("utf-8")
error_of("svg", lambda: drawing.svg)
error_of("png", lambda: drawing.save("map.png"))
error_of("compiled", lambda: chain.simulate(engine="compiled", **short))
error_of("recursion", lambda: chain.simulate(engine="recursion", **short))
told["loaded"] = sorted(HIDDEN & set(sys.modules))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return json.loads(output_of(SCRIPT, cwd=tmp_path_factory.mktemp("nothing")))


def test_a_chain_is_checked_and_run_by_the_simpy_engine(told):
    assert told["findings"] == []
    assert (told["engine"], told["kept as a summary"]) == ("simpy", "simpy")
    assert told["loaded"] == []


def test_there_are_tables_a_summary_bottlenecks_and_comparisons(told):
    assert min(told["rows"]) > 30
    assert "lost at " in told["bottlenecks"]
    assert told["story"] > 100
    assert told["compared"] > 10


def test_there_are_charts(told):
    assert min(told["charts"]) > 0


def test_a_map_says_what_is_missing_and_gives_its_text(told):
    assert told["saved"] == told["dot"]
    assert told["dot"].startswith('digraph "Hotel check-in')
    message = (
        "maps are drawn by pygraphviz, which is not installed here: pip install 'pygraphviz>=2.0'; "
        "without it there is the map's text (.dot), which can be saved and drawn elsewhere"
    )
    assert told["svg"] == told["png"] == ["DrawingError", message]


@pytest.mark.parametrize("engine", ["compiled", "recursion"])
def test_an_engine_that_is_compiled_says_what_is_missing(told, engine):
    assert told[engine] == [
        "NotSupportedError",
        f"engine='{engine}' needs numba, which cannot be imported here (No module named 'numba'): "
        "pip install 'numba>=0.60', or use 'auto' or 'simpy', which make the same record",
    ]


def test_a_browser_is_not_asked_to_install_them():
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    never = {text.split(">")[0] for text in project["dependencies"] if "sys_platform != 'emscripten'" in text}
    assert never == {"numba", "pygraphviz"}
