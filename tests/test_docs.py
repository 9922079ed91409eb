"""What the documentation shows is true: models load and run, Python runs, nothing is left out."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import serviceflow as sf
from serviceflow.model import elements, links, sla, trainings
from serviceflow.results.measures import MEASURES

DOCS = Path(__file__).parent.parent / "docs"
PAGES = {path.stem: path.read_text("utf-8") for path in sorted(DOCS.glob("*.md"))}
ADD = {
    "calendars": "add_calendar",
    "providers": "add_provider",
    "services": "add_service",
    "consumers": "add_consumer",
    "attributes": "add_attribute",
    "stocks": "add_stock",
    "handoffs": "add_handoff",
    "calls": "add_call",
    "trainings": "add_training",
    "scenarios": "add_scenario",
}
ELEMENTS = (
    elements.RunSettings,
    elements.Provider,
    elements.Member,
    elements.Outages,
    elements.Service,
    elements.Consumer,
    elements.Arrivals,
    elements.Stock,
    elements.Reorder,
    elements.Scenario,
    trainings.Training,
    links.Handoff,
    links.Call,
    links.Batch,
    links.Clarification,
    sla.SLA,
)


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


WHOLE = [
    pytest.param(block, id=f"{page}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page, "yaml"))
    if block.startswith("serviceflow:")
]
PARTS = [
    pytest.param(block, id=f"{page}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page, "yaml"))
    if not block.startswith("serviceflow:")
]


@pytest.mark.parametrize("text", WHOLE)
def test_a_model_loads_and_runs_and_leaves_nothing_to_warn_of(text):
    chain = sf.loads(text)
    assert [str(finding) for finding in chain.check().warnings] == []
    assert len(chain.simulate(replications=1).requests) > 50


@pytest.mark.parametrize("text", PARTS)
def test_a_part_of_a_model_has_fields_that_exist(text):
    if re.search(r"holidays: \[?[A-Z]", text):
        pytest.importorskip("holidays")
    chain = sf.ServiceChain("Parts", start="2026-01-05")
    for section, entries in YAML(typ="safe").load(text).items():
        for name, fields in entries.items():
            add = getattr(chain, ADD[section])
            if section in ("calendars", "attributes"):
                add(name, fields)
            else:
                add(name, **fields)


@pytest.mark.parametrize("page", sorted({*PAGES} - {"gallery"}))  # That one is run by its own test.
def test_python_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(page, "python"):
        exec(compile(block, f"{page}.md", "exec"), names)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGES[page]):
        assert (DOCS / target).exists(), target


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: element.__name__)
def test_every_field_is_described(element):
    told = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", PAGES["model_file"]))))
    assert set(element.model_fields) - {"trace"} - told == set()


def test_every_measure_is_described_in_the_words_of_the_code():
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", PAGES["results"], re.MULTILINE)
    assert [(name, (kind, text)) for name, kind, text in rows] == list(MEASURES.items())


def test_every_family_of_distributions_is_described():
    from serviceflow.model.families import FAMILIES

    text = PAGES["model_file"]
    for name, family in FAMILIES.items():
        row = next(line for line in text.splitlines() if line.startswith("|") and f"`{name}`" in line)
        assert all(re.search(rf"\b{word}\b", row) for word in family.keywords), row


def test_the_places_of_a_rule_are_those_that_are_listed():
    """Whoever adds a rule finds there what it touches; `additions.py` is written by a script."""
    text = PAGES["architecture"].split("## What a rule touches")[1].split("## ")[0]
    table = "".join(line for line in text.splitlines() if line.startswith("|"))
    said = set(re.findall(r"`([a-z_/]+\.py)`", table))
    word = re.compile(r"\bpreemptive\b|\bPREEMPTION\b|\bT_PREEMPTIVE\b")
    package = Path(sf.__file__).parent
    paths = [path for layer in ("model", "engine", "view") for path in (package / layer).rglob("*.py")]
    found = {path.relative_to(package).as_posix() for path in paths if word.search(path.read_text("utf-8"))}
    assert found - {"model/additions.py"} == said
    assert len(said) <= 10
