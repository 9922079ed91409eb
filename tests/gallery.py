"""Render every chart and map of docs/gallery.md into a folder: ``python tests/gallery.py output/gallery``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib

PAGE = Path(__file__).parent.parent / "docs" / "gallery.md"
PART = re.compile(r"^#+ (?P<heading>[^\n]+)$|^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def pictures() -> Iterator[tuple[str, Any]]:
    """The heading and the picture of each block of the page that draws one, from top to bottom."""
    names: dict[str, Any] = {}
    heading = ""
    for part in PART.finditer(PAGE.read_text("utf-8")):
        if part["heading"]:
            heading = part["heading"]
            continue
        exec(compile(part["code"], PAGE.name, "exec"), names)
        if "picture" in names:
            yield heading, names.pop("picture")


def rendered(heading: str, picture: Any, folder: Path) -> list[Path]:
    """The files of a picture: a chart as PNG, a map also as SVG."""
    name = re.sub(r"\W+", "_", heading.lower())
    if hasattr(picture, "svg"):
        return [picture.save(folder / f"{name}{suffix}") for suffix in (".svg", ".png")]
    path = folder / f"{name}.png"
    picture.figure.savefig(path, dpi=110, bbox_inches="tight")
    return [path]


def main(folder: Path) -> None:
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    for heading, picture in pictures():
        for path in rendered(heading, picture, folder):
            print(path, flush=True)
        pyplot.close("all")


if __name__ == "__main__":
    matplotlib.use("Agg")
    main(Path(sys.argv[1]))
