"""What the Chinese pages show is true: the model loads, the Python runs, the links lead somewhere."""

import re
from pathlib import Path

import matplotlib
import pytest

import serviceflow as sf

PAGES = {path.stem: path for path in sorted((Path(__file__).parent.parent / "docs" / "zh").glob("*.md"))}


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page].read_text("utf-8"), re.DOTALL)


def test_the_model_loads_without_a_warning():
    [text] = blocks("first_chain", "yaml")
    assert [str(one) for one in sf.loads(text).check().warnings] == []


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_python_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    for text in blocks(page, "yaml"):
        Path("clinic.yaml").write_text(text, encoding="utf-8")
    names = {}
    for block in blocks(page, "python"):
        exec(compile(block, f"{page}.md", "exec"), names)
    [report] = tmp_path.glob("*.html")
    assert re.search(r"<html[^>]*zh", report.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGES[page].read_text("utf-8")):
        assert (PAGES[page].parent / target).exists(), target


def test_the_glossary_has_every_word_of_the_english_one():
    english = (PAGES["glossary"].parent.parent / "index.md").read_text("utf-8").split("## Words")[1]
    words = set(re.findall(r"^\| ([a-zA-Z ]+) \|", english, re.MULTILINE)) - {"word"}
    told = re.findall(r"^\| ([a-zA-Z ,]+) \|", PAGES["glossary"].read_text("utf-8"), re.MULTILINE)
    assert len(words) > 10
    assert words <= {word for row in told for word in row.split(", ")}
