"""A module imports from its own layer or lower ones, and importing serviceflow is light."""

import ast
import re
import sys
from pathlib import Path

import pytest

import serviceflow
from programs import output_of

PACKAGE = Path(serviceflow.__file__).parent
LAYERS = (
    "errors",
    "units",
    "renamed",
    "display",
    "model",
    "formats",
    "theory",
    "engine",
    "experiment",
    "results",
    "analysis",
    "quality",
    "view",
    "mining",
    "api",
    "cli",
    "__main__",
    "__init__",
)
HEAVY = ("pandas", "scipy", "matplotlib", "networkx", "numba", "simpy")
FREE_OF = {
    # what may not be imported by a layer at all, wherever in the module
    "model": ("simpy", "pandas", "matplotlib", "numba", "networkx"),
    "formats": ("simpy", "pandas", "matplotlib", "scipy", "numba", "networkx"),
    "engine": ("pandas", "matplotlib", "networkx", "scipy"),
    "theory": ("simpy", "pandas", "matplotlib", "scipy", "numba"),
}


def modules():
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def layer_of(dotted):
    """The layer of a module by its name within the package, such as ``model.chain``."""
    return dotted.split(".")[0] or "__init__"


def name_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imported(source, package=""):
    """Every module that a source imports, with the line; `package` resolves relative imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                parents = parents[: len(parents) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            if base == "serviceflow":
                for alias in node.names:
                    yield f"serviceflow.{alias.name}", node.lineno
            else:
                yield base, node.lineno
        elif isinstance(node, ast.Constant) and is_module(node.value):
            yield node.value, node.lineno


def is_module(text):
    """Whether a string names a module of serviceflow, as one does who imports by a string."""
    if not isinstance(text, str) or not re.fullmatch(r"serviceflow(\.\w+)+", text):
        return False
    place = PACKAGE.joinpath(*text.split(".")[1:])
    return place.is_dir() or place.with_suffix(".py").is_file()


def own_layers(source, package=""):
    """The layers of serviceflow from which a source imports."""
    for module, line in imported(source, package):
        first, _, rest = module.partition(".")
        if first == "serviceflow":
            layer = layer_of(rest)
            known = layer in LAYERS or (PACKAGE / layer).exists()
            yield (layer if known else "__init__"), line


def too_high(source, layer, package=""):
    """What a source of this layer imports from above."""
    rank = LAYERS.index(layer)
    return [(other, line) for other, line in own_layers(source, package) if LAYERS.index(other) > rank]


def package_of(path):
    return ".".join(("serviceflow", *path.relative_to(PACKAGE).parent.parts))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_imports_from_its_own_layer_or_lower_ones(path):
    layer = layer_of(name_of(path))
    assert layer in LAYERS, f"{path} is in no layer; the layers are {', '.join(LAYERS)}"
    assert too_high(path.read_text("utf-8"), layer, package_of(path)) == []


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_layer_is_free_of_what_belongs_higher_up(path):
    banned = FREE_OF.get(layer_of(name_of(path)), ())
    allowed = {"theory.graph": {"networkx"}}.get(name_of(path), set())
    found = {module.partition(".")[0] for module, _ in imported(path.read_text("utf-8"))}
    assert found & set(banned) - allowed == set()


class TestTheRuleItself:
    @pytest.mark.parametrize(
        ("source", "layer", "package", "found"),
        [
            ("from serviceflow.engine.record.record import Record", "model", "", [("engine", 1)]),
            ("import serviceflow.view.maps", "results", "", [("view", 1)]),
            ("def f():\n    from serviceflow.results import kpis", "experiment", "", [("results", 2)]),
            ("from serviceflow import cli", "api", "", [("cli", 1)]),
            ("from serviceflow import ServiceChain", "view", "", [("__init__", 1)]),
            ("from ..engine import record", "theory", "serviceflow.theory", [("engine", 1)]),
            ("from .. import api", "theory", "serviceflow.theory", [("api", 1)]),
            (
                "from serviceflow.model.chain import Chain\nfrom . import queues",
                "theory",
                "serviceflow.theory",
                [],
            ),
            ("import simpy\nfrom serviceflow.errors import Problem", "engine", "", []),
            ("import_module('serviceflow.results.figures')", "experiment", "", [("results", 1)]),
            ("PLACE = 'serviceflow.results'", "experiment", "", [("results", 1)]),
            ("'serviceflow.engine.record.record', 'serviceflow is light'", "experiment", "", []),
        ],
    )
    def test_it_sees_what_a_module_imports(self, source, layer, package, found):
        assert too_high(source, layer, package) == found

    def test_it_looks_at_every_module(self):
        assert {"errors", "units", "engine.record.record", "theory.queues", "__init__"} <= {
            name_of(p) for p in modules()
        }


LOADED = (
    "import sys; before = {{*sys.modules}}; import serviceflow as sf; {}; print(*{{*sys.modules}} - before)"
)


def loaded_after(statement):
    """The packages, beside Python's own, that are loaded after a statement in a new interpreter."""
    names = {name.partition(".")[0] for name in output_of(LOADED.format(statement)).split()}
    return {name for name in names - sys.stdlib_module_names if not name.startswith("_")}


def test_importing_serviceflow_loads_nothing_else():
    assert loaded_after("pass") == {"serviceflow"}


def test_checking_a_chain_loads_nothing_heavy():
    assert not loaded_after("sf.example('hotel_checkin').check()") & set(HEAVY)
