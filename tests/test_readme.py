"""What the README shows is true: its Python runs, its files exist, its commands are there."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib
import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    assert (tmp_path / "hotel_map.svg").stat().st_size > 1000


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_commands_exist() -> None:
    from serviceflow.cli import app

    known = {command.callback.__name__ for command in app.registered_commands}
    assert set(re.findall(r"^serviceflow (\w+)", README, re.MULTILINE)) <= known
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`?make (\w+)", README):
        assert f"\n{target}:" in makefile


def test_the_excerpt_is_in_the_file() -> None:
    lines = (ROOT / "models" / "hotel_checkin.yaml").read_text(encoding="utf-8").splitlines()
    for block in blocks("yaml"):
        assert [line for line in block.splitlines() if line and line not in lines] == []


def test_the_verdict_is_that_of_the_demo_but_for_figures() -> None:
    import serviceflow as sf

    sentence = sf.example("hotel_checkin").simulate(replications=5).bottlenecks().sentence
    quoted = " ".join(re.findall(r"^> (.*)$", README, re.MULTILINE))
    assert re.sub(r"[\d.]+", "0", quoted) == re.sub(r"[\d.]+", "0", sentence)
