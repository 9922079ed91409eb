"""Whatever is public says what it takes, what it returns and what can go wrong; its examples are true."""

import ast
import doctest
import inspect
import re
import textwrap

import matplotlib
import pytest

import serviceflow as sf

FULL = (sf.ServiceChain, sf.Results, sf.Comparison, sf.Map, sf.Survey, sf.EventLog)
"""Classes of which every method has all sections."""
FUNCTIONS = [name for name in sf.__all__ if inspect.isfunction(getattr(sf, name))]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def methods_of(kind):
    found = inspect.getmembers(kind, lambda one: inspect.isfunction(one) or inspect.ismethod(one))
    return {f"{kind.__name__}.{name}": one for name, one in found if not name.startswith("_")}


METHODS = {name: one for kind in FULL for name, one in methods_of(kind).items()}
CALLABLES = {**METHODS, **{name: getattr(sf, name) for name in FUNCTIONS}}

INNER = (sf.Record, sf.Behaviours)
"""What only those meet who look into a run, or put their own code into it: the engines' own documentation."""
OTHERS = {
    name: one
    for kind in (getattr(sf, name) for name in sf.__all__)
    if inspect.isclass(kind) and not issubclass(kind, (*FULL, *INNER, BaseException))
    for name, one in methods_of(kind).items()
    if one.__module__.startswith("serviceflow")
}


def sections(function):
    return set(re.findall(r"^([A-Z][A-Za-z ]+)\n-{4,}$", inspect.getdoc(function) or "", re.MULTILINE))


def raises(function):
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    return any(isinstance(node, ast.Raise) for node in ast.walk(ast.parse(source)))


def wanted(function):
    signature = inspect.signature(function)
    takes = [name for name in signature.parameters if name not in ("self", "cls")]
    yield from ("See Also", "Examples")
    if takes:
        yield "Parameters"
    if signature.return_annotation not in ("None", None):
        yield "Returns"
    if raises(function):
        yield "Raises"


@pytest.mark.parametrize("name", sorted(CALLABLES))
def test_a_public_function_has_every_section_that_it_needs(name):
    assert set(wanted(CALLABLES[name])) - sections(CALLABLES[name]) == set()


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_methods_of_what_is_returned_have_every_section_but_examples(name):
    assert set(wanted(OTHERS[name])) - sections(OTHERS[name]) <= {"Examples"}


@pytest.mark.parametrize("name", sorted({*CALLABLES, *OTHERS}))
def test_every_parameter_is_described(name):
    function = CALLABLES.get(name) or OTHERS[name]
    told = inspect.getdoc(function)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in ("self", "cls"):
            assert re.search(rf"^(\*\*)?(\w+, )*{parameter.name}(, \w+)* ?(:|$)", told, re.MULTILINE), (
                parameter
            )


@pytest.mark.parametrize("name", sf.__all__)
def test_every_public_name_says_what_it_is(name):
    found = getattr(sf, name)
    assert re.match(r"[A-Z`].*\.", inspect.getdoc(found) or "", re.DOTALL)
    if inspect.isclass(found) and not issubclass(found, BaseException):
        public = [
            one for key, one in vars(found).items() if not key.startswith("_") and hasattr(one, "__doc__")
        ]
        members = [one for one in public if inspect.isfunction(one) or isinstance(one, property)]
        assert [one for one in members if not inspect.getdoc(one)] == []


def examples(name, found, names):
    test = doctest.DocTestParser().get_doctest(inspect.getdoc(found) or "", names, name, None, 0)
    assert test.examples, f"{name} has no examples"
    report = []
    doctest.DocTestRunner(optionflags=OPTIONS, verbose=False).run(test, out=report.append, clear_globs=False)
    assert "".join(report) == ""
    return test.globs


@pytest.fixture
def _elsewhere(tmp_path, monkeypatch):
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_of_functions_are_true(name):
    examples(name, getattr(sf, name), {})


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize("kind", FULL, ids=lambda kind: kind.__name__)
def test_examples_of_methods_are_true_after_those_of_their_class(kind):
    names = examples(kind.__name__, kind, {})
    for name, method in methods_of(kind).items():
        examples(name, method, dict(names))
