"""The methods that add elements have a signature and a documentation for every field of the elements."""

import inspect

import pytest

import serviceflow as sf
import signatures
from serviceflow.model.reading import read_element
from serviceflow.model.writing import set_fields

ELEMENTS = {noun: kind for noun, kind, *_ in signatures.METHODS}


def signature_of(noun):
    return inspect.signature(getattr(sf.ServiceChain, f"add_{noun}"), eval_str=True)


def test_they_are_what_the_elements_say():
    text = signatures.PLACE.read_text(encoding="utf-8")
    assert text == signatures.source(), "fields have changed: run python tests/signatures.py"


@pytest.mark.parametrize("noun", ELEMENTS)
def test_a_signature_has_every_field_that_can_be_written(noun):
    parameters = signature_of(noun).parameters
    assert set(ELEMENTS[noun].model_fields) - {"trace"} <= set(parameters)
    assert all(
        one.annotation is not inspect.Parameter.empty for name, one in parameters.items() if name != "self"
    )


@pytest.mark.parametrize("noun", ELEMENTS)
def test_a_default_of_a_signature_is_that_of_the_element(noun):
    kind = ELEMENTS[noun]
    shown = {
        name: one.default for name, one in signature_of(noun).parameters.items() if name in kind.model_fields
    }
    asked = inspect.Parameter.empty
    given = {name: value for name, value in shown.items() if value is not None and value is not asked}
    training = {"provider": "Clerks", "begins": "1 day", "lasts": "2 h"}
    some = {"provider": {"staff": 1}, "consumer": {"initial": {"Talk": 1}}, "training": training}
    enough = some.get(noun, {})
    found = read_element(kind, {**given, **enough})
    assert set(set_fields(found)) == set(enough)
    assert all(getattr(found, name) is None for name in shown.keys() - given.keys() - enough.keys())


@pytest.mark.parametrize("noun", ELEMENTS)
def test_the_documentation_has_every_field_and_says_what_it_is(noun):
    told = inspect.getdoc(getattr(sf.ServiceChain, f"add_{noun}"))
    for name, field in ELEMENTS[noun].model_fields.items():
        if name != "trace":
            assert f"\n{name} : " in told
            assert " ".join(field.description.split()) in " ".join(told.split())


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda chain: chain.add_provider("A", staf=3), r"unknown field; did you mean 'staff'\?"),
        (lambda chain: chain.add_call("A -> B", dely=3), r"unknown field; did you mean 'delay'\?"),
        (lambda chain: chain.add_scenario("S", change={}), r"unknown field; did you mean 'changes'\?"),
        (lambda chain: chain.add_service("A", duration=None), "nothing is written; write a duration"),
    ],
)
def test_a_field_that_does_not_exist_is_told_as_in_a_file(add, message):
    with pytest.raises(sf.ModelError, match=message):
        add(sf.ServiceChain("Office"))


def test_what_has_no_name_is_refused_in_the_words_of_the_method():
    with pytest.raises(TypeError, match=r"add_provider\(\) missing 1 required positional argument: 'name'"):
        sf.ServiceChain("Office").add_provider(staff=3)


def test_links_can_be_written_whole_or_in_parts():
    chain = sf.ServiceChain("Office")
    chain.add_handoff("A", "B", via="phone", delay="1 min")
    chain.add_handoff("A -> B via mail", delay="1 day")
    chain.add_handoff("B", "end")
    assert [str(link) for link in chain.handoffs] == ["A -> B via phone", "A -> B via mail", "B -> end"]


def test_a_field_without_default_cannot_be_written_out():
    from serviceflow.model.links import Batch

    with pytest.raises(TypeError, match=r"^Batch\.size has no default"):
        signatures._field(Batch, "size")
