"""The site is put together from the pages of the repository: all of them, with links that lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from test_reference import SITE, load

build = load("build")
DOCS = SITE.parent


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "pages"
    build.put_together(folder, pictures=False)
    return folder


def test_every_page_of_the_repository_is_in_one_section(source):
    there = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")} - {"index"}
    placed = [name for _, names in build.sections(DOCS).values() for name in names]
    assert {name for name in there if "/" not in name} <= set(placed)
    assert len(placed) == len(set(placed))


def test_links_lead_to_pages_of_the_site(source):
    for path in [*source.rglob("*.md"), *source.rglob("*.ipynb")]:
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)[^)]*\)", path.read_text("utf-8")):
            if path.parent.name != "api":
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_reference_leads_to_the_full_one(source):
    text = (source / "reference.md").read_text("utf-8")
    for page in re.findall(r"^api/\w+$", text, re.MULTILINE):
        assert (source / f"{page}.md").exists()
    assert "py:method} ServiceChain.simulate(duration=None" in (source / "api/chains.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see [it](../README.md#two)", "see [it](readme.md#two)"),
        ("see [it](../../README.md)", "see [it](../readme.md)"),
        ("see [it](CHANGELOG.md)", "see [it](changelog.md)"),
        ("see [the file](../models/hotel_checkin.yaml)", "see the file"),
        ("see [rules](rules.md)", "see [rules](rules.md)"),
        ("run [it](../notebooks/tour.ipynb)", "run [it](notebooks/tour.ipynb)"),
        ("run [it](../../notebooks/tour.ipynb)", "run [it](../notebooks/tour.ipynb)"),
    ],
)
def test_links_out_of_the_docs(text, shown):
    assert build.within(text) == shown


def test_a_picture_stands_below_the_code_that_draws_it(tmp_path):
    (tmp_path / "process_map.svg").write_text("<svg/>")
    part = "### Process map\n\n```python\npicture = chain.map()\n```\n\n"
    assert build.with_picture(part, tmp_path).endswith(
        "```\n\n![Process map](images/gallery/process_map.svg)\n\n"
    )
    assert build.with_picture("### Other\n\ntext\n", tmp_path) == "### Other\n\ntext\n"


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        ('<script src="https://cdn.example/x.js"></script>', 1),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', 1),
        ('<img src="_images/map.svg"><a href="https://semver.org">versions</a>', 0),
    ],
)
def test_what_would_be_fetched_from_elsewhere_is_found(tmp_path, text, loads):
    (tmp_path / "page.html").write_text(text)
    assert len(build.fetched(tmp_path)) == loads


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("other.html", []),
        ("other.html#here", []),
        ("#top", []),
        ("search.html?q=x", ["page.html: search.html#"]),
        ("gone.html", ["page.html: gone.html#"]),
        ("other.html#gone", ["page.html: other.html#gone"]),
        ("#%E5%89%8D%E5%8F%B0", []),
        ("https://example.org#gone", []),
    ],
)
def test_links_that_lead_nowhere_are_found(tmp_path, link, broken):
    (tmp_path / "page.html").write_text(f'<a class="x" href="{link}">to</a><h1 id="top"></h1><p id="前台">')
    (tmp_path / "other.html").write_text('<h2 id="here"></h2>')
    assert build.broken(tmp_path) == broken


@pytest.mark.long
def test_it_builds_without_a_warning(source, tmp_path):
    pytest.importorskip("sphinx_design")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", SITE, source, tmp_path]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert build.fetched(tmp_path) == []
    assert build.broken(tmp_path) == []
    assert Path(tmp_path / "searchindex.js").exists()
