"""Builds the site: ``python docs/site/build.py output/site``, which is what ``make docs`` does.

The pages are those of ``docs/``, with the README, the notebooks, the pictures of the gallery and the full
reference beside them. All are put together in a folder of their own, so that the pages in the repository stay
as they are; notebooks are run as the site is built.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote

HERE = Path(__file__).parent
DOCS = HERE.parent
ROOT = DOCS.parent
SECTIONS = {
    "start": (
        "Start",
        [
            "readme",
            "cases",
            "gallery",
            "coming_from",
            "zh/index",
            "zh/first_chain",
            "zh/glossary",
        ],
    ),
    "tutorials": (
        "Tutorials",
        [
            "first_chain",
            "hotel",
            "factory",
            "redesigns",
            "notebooks/quick_tour",
            "notebooks/comparing_redesigns",
            "notebooks/manufacturing_supply",
            "notebooks/project_delivery",
            "notebooks/customer_data",
            "notebooks/from_a_log",
            "notebooks/service_quality",
            "notebooks/service_quality_zh",
        ],
    ),
    "guides": ("Guides", ["howto", "idioms", "experiments", "logs", "import", "quality"]),
    "explanations": ("Explanations", ["trust", "bottlenecks", "intervals", "random_numbers", "not_modelled"]),
    "lookup": ("Reference", ["reference", "model_file", "rules", "results", "engines", "benchmarks"]),
    "development": ("Development", ["architecture", "contributing", "changelog"]),
}
OUTSIDE = {"README.md": "readme", "CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changelog"}
CARD = "::::{{grid-item-card}} {}\n:link: {}\n:link-type: doc\n::::\n"
HIDDEN = ":::{{toctree}}\n:hidden:\n\n{}\n:::\n"


def pages(source: Path) -> list[str]:
    """Return the names of the pages that there are, without the one to start from."""
    paths = [*source.rglob("*.md"), *source.rglob("*.ipynb")]
    return sorted({path.relative_to(source).with_suffix("").as_posix() for path in paths} - {"index"})


def sections(source: Path) -> dict[str, tuple[str, list[str]]]:
    """Return the pages by section; a page that is in none is a guide."""
    there = pages(source)
    placed = {name for _, names in SECTIONS.values() for name in names}
    loose = [name for name in there if name not in placed and "/" not in name]
    found = {
        key: (title, [name for name in names if name in there] + (loose if key == "guides" else []))
        for key, (title, names) in SECTIONS.items()
    }
    return {key: (title, names) for key, (title, names) in found.items() if names}


def title_of(page: Path) -> str:
    """Return the first heading of a page, or of a notebook of that name."""
    if page.with_suffix(".md").exists():
        text = page.with_suffix(".md").read_text("utf-8")
    else:
        cells = json.loads(page.with_suffix(".ipynb").read_text("utf-8"))["cells"]
        text = "".join(cells[0]["source"])
    return re.findall(r"^# (.+)$", text, re.MULTILINE)[0]


def copy_pages(source: Path) -> None:
    """Copy the pages and pictures of ``docs/``, and the pages that lie at the top of the repository."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns("site", "__pycache__"))
    shutil.copytree(ROOT / "notebooks", source / "notebooks", ignore=shutil.ignore_patterns("[!a-z]*"))
    for file, name in OUTSIDE.items():
        text = (ROOT / file).read_text("utf-8").replace("](docs/", "](")
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    for path in source.rglob("*.md"):
        path.write_text(within(path.read_text("utf-8")), encoding="utf-8")
    for path in source.rglob("*.ipynb"):
        path.write_text(path.read_text("utf-8").replace("](../docs/", "](../"), encoding="utf-8")


def within(text: str) -> str:
    """Return a page whose links lead to pages of the site, or are none where the site has no such page."""
    for file, name in OUTSIDE.items():
        text = re.sub(rf"\]\(((?:\.\./)*){file}", lambda up, name=name: f"]({up[1][3:]}{name}.md", text)
    text = re.sub(r"\]\(\.\./((?:\.\./)*notebooks/\w+\.ipynb)\)", r"](\1)", text)
    return re.sub(r"\[([^\]]+)\]\((?:\.\./)*(?:models|tests|src|LICENSE)[^)]*\)", r"\1", text)


def add_reference(source: Path) -> None:
    """Write the pages of the full reference, and lead to them from the short one."""
    sys.path.insert(0, str(HERE))
    import reference

    names = [f"api/{name}" for name in reference.write_site(source / "api")]
    with (source / "reference.md").open("a", encoding="utf-8") as file:
        file.write("\n## In full\n\n:::{toctree}\n\n" + "\n".join(names) + "\n:::\n")


def add_pictures(source: Path) -> None:
    """Render the gallery, and put each picture below the code that draws it."""
    folder = source / "images" / "gallery"
    subprocess.run(
        [sys.executable, ROOT / "tests" / "gallery.py", folder], check=True, stdout=subprocess.DEVNULL
    )
    page = source / "gallery.md"
    page.write_text("".join(with_picture(part, folder) for part in parts_of(page)), encoding="utf-8")


def parts_of(page: Path) -> list[str]:
    """Return a page cut before each of its headings."""
    return re.split(r"^(?=##+ )", page.read_text("utf-8"), flags=re.MULTILINE)


def with_picture(part: str, folder: Path) -> str:
    """Return a part of the gallery with the picture that its code draws."""
    heading = re.match(r"#+ (.+)", part)
    name = re.sub(r"\W+", "_", heading[1].lower()) if heading else ""
    found = [path for path in (folder / f"{name}.svg", folder / f"{name}.png") if path.exists()]
    return (
        f"{part.rstrip()}\n\n![{heading[1]}](images/gallery/{found[0].name})\n\n"
        if heading and found
        else part
    )


def add_sections(source: Path) -> None:
    """Write a page for each section, with a card for each of its pages, and lead there from the first."""
    found = sections(source)
    for key, (title, names) in found.items():
        cards = "".join(CARD.format(title_of(source / name), name) for name in names)
        text = f"# {title}\n\n:::::{{grid}} 1 2 2 3\n:gutter: 3\n\n{cards}:::::\n\n"
        (source / f"{key}.md").write_text(text + HIDDEN.format("\n".join(names)), encoding="utf-8")
    with (source / "index.md").open("a", encoding="utf-8") as file:
        file.write("\n" + HIDDEN.format("\n".join(found)))


def put_together(source: Path, pictures: bool = True) -> None:
    """Put the pages of the site together in a folder."""
    copy_pages(source)
    add_reference(source)
    if pictures:
        add_pictures(source)
    add_sections(source)


def fetched(target: Path) -> list[str]:
    """Return what pages and styles of the site would load from elsewhere, which must be nothing."""
    loads = re.compile(
        r"""<(?:script|link|img|iframe)\b[^>]*(?:src|href)=["'](?:https?:)?//[^>]*>"""
        r"""|url\(["']?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*;"""
    )
    texts = (path for suffix in ("*.html", "*.css") for path in target.rglob(suffix))
    return [f"{path.name}: {found}" for path in texts for found in loads.findall(path.read_text("utf-8"))]


def broken(target: Path) -> list[str]:
    """Return the links within the site that lead to a page or a heading that is not there."""
    texts = {path.resolve(): path.read_text("utf-8") for path in target.rglob("*.html")}
    places = {path: set(re.findall(r"""\bid=["']([^"']+)""", text)) for path, text in texts.items()}
    links = re.compile(r"""<a\b[^>]*\bhref=["'](?![a-z]+:)([^"'#?]*)(?:\?[^"'#]*)?(?:#([^"']*))?["']""")
    found = []
    for path, text in texts.items():
        for file, anchor in set(links.findall(text)):
            to = (path.parent / unquote(file)).resolve() if file else path
            if not to.exists() or (anchor and to in places and unescape(unquote(anchor)) not in places[to]):
                found.append(f"{path.relative_to(target.resolve())}: {file}#{anchor}")
    return sorted(found)


def main(target: Path) -> int:
    """Build the site into a folder; return 0 if there was nothing to warn of."""
    source = target.with_name(f"{target.name}-pages")
    put_together(source)
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", HERE, source, target]
    failed = subprocess.run(command).returncode
    faults = [f"loaded from elsewhere: {line}" for line in fetched(target)]
    faults += [f"leads nowhere: {line}" for line in broken(target)]
    print("".join(f"{line}\n" for line in faults), end="")
    return int(failed or bool(faults))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
