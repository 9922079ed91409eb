"""What a release says of itself agrees: versions, extras, lowest versions, licences."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
FOR_WORK = {"bench", "dev", "docs"}
OLD_NAMES = {"dask", "parquet"}


def test_the_lowest_versions_are_those_of_the_project():
    said = [re.match(r"([\w.-]+)>=([\d.]+)", one).groups() for one in PROJECT["dependencies"]]
    pins = [line for line in (ROOT / "tests/lowest.txt").read_text("utf-8").splitlines() if line[:1] != "#"]
    assert pins == [f"{name}=={lowest}" for name, lowest in said]


def test_all_is_every_extra_that_users_may_want():
    [one] = EXTRAS["all"]
    assert set(re.findall(r"\w+", one.split("[")[1])) == EXTRAS.keys() - FOR_WORK - OLD_NAMES - {"all"}


def test_extras_that_are_named_exist():
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py")]
    named = {name for path in texts for name in re.findall(r"serviceflow\[(\w+)\]", path.read_text("utf-8"))}
    assert {"excel", "cluster", "data", "holidays"} <= named
    assert named <= EXTRAS.keys() - OLD_NAMES


def test_one_version():
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)[1]
    assert cited == PROJECT["version"] == version("serviceflow")
    assert f"## {cited}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_wheel_has_licence_and_models():
    assert all((ROOT / name).is_file() for name in PROJECT["license-files"])
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"]["force-include"] == {"models": "serviceflow/models"}
