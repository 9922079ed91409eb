"""Writes the reference from the code: ``docs/reference.md`` for the repository, full pages for the site.

Run it after a public name was added, removed or described anew: ``python docs/site/reference.py``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import serviceflow

PLACE = Path(__file__).parent.parent / "reference.md"
ERRORS = "Errors and warnings"
GROUPS = {
    # title: the modules whose public names belong there; the longest that fits counts
    "Chains": ("api", "formats", "model", "theory"),
    "Distributions": ("model.distributions",),
    "Results": ("api.results", "results", "display", "engine"),
    "Where time is lost, and what would help": ("analysis",),
    "Event logs": ("mining",),
    "Service between departments": ("quality",),
    "Maps and explanations": ("view",),
    "Experiments": ("experiment",),
    ERRORS: ("errors",),
}
HEAD = """# Reference

Every public name of the package `serviceflow`, as in `import serviceflow as sf`. In Python `help(sf.load)`
shows the whole description with parameters, units, errors and examples; so does the site (`make docs`). This
page is written by `python docs/site/reference.py`.
"""
SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-{4,}\n", re.MULTILINE)
FIRST = ("ServiceChain", "Results", "Bottlenecks", "EventLog", "Survey", "Map", "Distribution")
LISTS = {"Parameters", "Returns", "Raises", "Attributes", "Yields", "Warns", "See Also"}


def group_of(name: str) -> str:
    """Return under which title a public name stands."""
    found = getattr(serviceflow, name)
    if inspect.isclass(found) and issubclass(found, BaseException):
        return ERRORS
    home = serviceflow._HOMES[name]
    fitting = [
        (len(prefix), title)
        for title, prefixes in GROUPS.items()
        for prefix in prefixes
        if f"{home}.".startswith(f"{prefix}.")
    ]
    return max(fitting)[1] if fitting else "More"


def groups() -> dict[str, list[str]]:
    """Return the public names by title, in the order in which they are shown."""
    found: dict[str, list[str]] = {title: [] for title in [*GROUPS, "More"]}
    for name in sorted(serviceflow.__all__, key=lambda one: one not in FIRST):
        found[group_of(name)].append(name)
    return {title: names for title, names in found.items() if names}


def members(kind: Any) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of a class that are ours."""
    if not inspect.isclass(kind) or issubclass(kind, BaseException):
        return
    for one in inspect.classify_class_attrs(kind):
        ours = one.defining_class.__module__.startswith("serviceflow")
        shown = one.kind != "data" or inspect.isdatadescriptor(one.object)
        if ours and shown and not one.name.startswith("_") and inspect.getdoc(one.object):
            yield one.name, one.object


def names() -> list[str]:
    """Return every name that the reference has: ``load``, ``Results``, ``Results.summary``."""
    found = []
    for name in serviceflow.__all__:
        found.append(name)
        found += [f"{name}.{member}" for member, _ in members(getattr(serviceflow, name))]
    return found


def plain(text: str) -> str:
    """Return a piece of a docstring as Markdown: roles and literals become code, the rest is escaped."""
    pieces = re.split(r"(:\w+:`[^`]+`|``[^`]+``|`[^`]+`)", text)
    return "".join(
        _code(piece) if "`" in piece else re.sub(r"([*_<>\[\]|$\\])", r"\\\1", piece) for piece in pieces
    )


def _code(piece: str) -> str:
    body = re.sub(r"^:\w+:", "", piece).strip("`")
    return f"`{body.split('.')[-1] if piece.startswith(':') and body.startswith('~') else body.lstrip('~')}`"


def first_sentence(found: Any) -> str:
    """Return what a docstring says first, on one line, fit for a table."""
    paragraph = " ".join((inspect.getdoc(found) or "").split("\n\n")[0].split())
    return plain(re.split(r"(?<=\.) (?=[A-Z`])", paragraph)[0]).replace("|", "\\|").replace("\\\\|", "\\|")


def summary() -> str:
    """Return the page of the repository: one line for each name."""
    parts = [HEAD]
    for title, public in groups().items():
        parts.append(f"\n## {title}\n\n| name | what it is |\n|---|---|\n")
        for name in public:
            found = getattr(serviceflow, name)
            parts.append(f"| `{name}` | {first_sentence(found)} |\n")
            parts += [f"| `{name}.{key}` | {first_sentence(one)} |\n" for key, one in members(found)]
    return "".join(parts)


def signature_of(found: Any) -> str:
    """Return the signature as it is written in code: annotations without quotes."""
    function = getattr(found, "__func__", found)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return "()"
    shown, star = [], False
    for one in parameters:
        if one.name in ("self", "cls"):
            continue
        if one.kind is one.KEYWORD_ONLY and not star:
            shown.append("*")
        star = star or one.kind in (one.KEYWORD_ONLY, one.VAR_POSITIONAL)
        shown.append(_parameter(one))
    return f"({', '.join(shown)})"


def _parameter(one: inspect.Parameter) -> str:
    stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
    default = "" if one.default is one.empty else f"={_default(one.default)}"
    return f"{stars}{one.name}{default}"


def _default(value: Any) -> str:
    told = repr(value)
    return "..." if "<" in told or "\n" in told else told


def sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield the sections of a docstring, the first without a title."""
    parts = SECTION.split(text)
    yield "", parts[0]
    yield from zip(parts[1::2], parts[2::2], strict=True)


def described(found: Any) -> str:
    """Return a whole docstring as Markdown."""
    parts = []
    for title, body in sections(inspect.getdoc(found) or ""):
        heading = f"**{title}**\n\n" if title else ""
        parts.append(heading + (_entries(title, body) if title in LISTS else _text(body)))
    return "\n\n".join(parts)


def _text(body: str) -> str:
    """Return paragraphs; those that are indented or begin with ``>>>`` are code."""
    shown = []
    for paragraph in re.split(r"\n{2,}", body.strip("\n")):
        if paragraph.startswith(">>>"):
            shown.append(f"```pycon\n{paragraph}\n```")
        elif paragraph.startswith("    "):
            shown.append(f"```text\n{inspect.cleandoc(paragraph)}\n```")
        else:
            shown.append(plain(paragraph.replace("::", ":")))
    return "\n\n".join(shown)


def _entries(title: str, body: str) -> str:
    """Return a list of parameters, errors and the like: the head of each as code, its text behind it."""
    lines: list[str] = []
    for line in body.strip("\n").splitlines():
        if line and not line.startswith(" "):
            lines.append(f"- {_entry(title, line)}")
        elif line.strip():
            lines.append(f"  {plain(line.strip())}")
    return "\n".join(lines)


def _entry(title: str, line: str) -> str:
    """Return the head of an entry; two spaces at its end begin a new line."""
    name, colon, kind = line.partition(" : ")
    if title == "See Also" and not colon:
        name, _, kind = line.partition(": ")
    if title == "See Also":
        return f"`{name.strip()}`{f': {plain(kind.strip())}' if kind else ''}"
    return f"`{name}`{f' ({plain(kind)})' if kind else ''}  "


def entry(name: str, found: Any, kind: str) -> str:
    """Return one name of the site's reference."""
    shown = signature_of(found) if kind in ("class", "function", "method") else ""
    return f"::::{{py:{kind}}} {name}{shown}\n\n{described(found)}\n::::\n"


def kind_of(found: Any) -> str:
    """Return what Sphinx calls a public name."""
    if inspect.isclass(found):
        return "exception" if issubclass(found, BaseException) else "class"
    return "function"


def page(title: str, public: list[str]) -> str:
    """Return one page of the site's reference."""
    parts = [f"# {title}\n\n```{{py:currentmodule}} serviceflow\n```\n"]
    for name in public:
        found = getattr(serviceflow, name)
        parts.append(f"\n## {name}\n\n{entry(name, found, kind_of(found))}")
        for key, one in members(found):
            kind = "property" if inspect.isdatadescriptor(one) else "method"
            parts.append(f"\n{entry(f'{name}.{key}', one, kind)}")
    return "".join(parts)


def file_of(title: str) -> str:
    """Return the name of a page of the site's reference."""
    return re.sub(r"[^a-z]+", "_", title.lower()).strip("_")


def write_site(folder: Path) -> list[str]:
    """Write the full reference as pages into a folder; return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for title, public in groups().items():
        (folder / f"{file_of(title)}.md").write_text(page(title, public), encoding="utf-8")
    return [file_of(title) for title in groups()]


if __name__ == "__main__":
    PLACE.write_text(summary(), encoding="utf-8")
