"""The JSON Schema: what is a model has its shape, and what is misspelt has not."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

import serviceflow as sf
from serviceflow.formats.schema import json_schema
from serviceflow.model.chain import HEAD, SECTIONS

ROOT = Path(__file__).parent.parent
MODELS = sorted([*(ROOT / "models").glob("*.yaml"), *(ROOT / "tests" / "models").glob("*.yaml")])
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def read(path):
    """A model as JSON has it: dates and numbers among the keys are texts."""
    return json.loads(json.dumps(_plain(YAML(typ="safe").load(path.read_text("utf-8")))))


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


HOTEL = read(ROOT / "models" / "hotel_checkin.yaml")


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_it_has_every_section_and_every_field():
    assert set(SCHEMA["properties"]) == {*HEAD, *SECTIONS}
    for kind in filter(None, SECTIONS.values()):
        assert set(SCHEMA["$defs"][kind.__name__]["properties"]) == set(kind.model_fields)


def test_every_field_says_what_it_means():
    for kind in SCHEMA["$defs"].values():
        assert all(part.get("description") for part in kind["properties"].values()), kind["title"]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_models_have_its_shape(path):
    assert [error.message for error in VALIDATOR.iter_errors(read(path))] == []


@pytest.mark.parametrize("name", sf.examples())
def test_what_the_library_writes_has_its_shape(name):
    assert [error.message for error in VALIDATOR.iter_errors(_plain(sf.example(name).to_dict()))] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("providors",), {}),
        (("serviceflow",), 2),
        (("providers", "Front desk", "stuff"), 3),
        (("providers", "Front desk", "discipline"), "fifoo"),
        (("services", "Check in", "duraton"), "5 min"),
        (("services", "Check in", "provider"), 5),
        (("consumers", "Guests", "sla", "resolutoin"), "90% within 15 min"),
        (("handoffs", "Check in -> Stay", "afterwards"), "finished"),
        (("scenarios", "Redesign", "change"), {}),
        (("scenarios", "Redesign", "changes"), {"provider": {}}),
        (("run", "replications"), "many"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_what_is_misspelt_has_not(path, value):
    model = copy.deepcopy(HOTEL)
    place = model
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not VALIDATOR.is_valid(model)
