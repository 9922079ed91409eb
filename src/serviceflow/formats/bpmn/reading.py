"""A BPMN file, with whatever parameters there are, as a chain with a report."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from serviceflow.errors import few_hints
from serviceflow.formats.bpmn.bpsim import find_data, read_bpsim
from serviceflow.formats.bpmn.diagram import TASKS, Diagram, read_diagram
from serviceflow.formats.bpmn.drawn_in import read_drawn_in
from serviceflow.formats.bpmn.errors import BpmnError
from serviceflow.formats.bpmn.export.unsaid import in_words, scenarios_unsaid, unsaid
from serviceflow.formats.bpmn.keeping import is_edited, kept_chain, kept_model
from serviceflow.formats.bpmn.mending import mend_model, mistakes_of
from serviceflow.formats.bpmn.parameters import Parameters
from serviceflow.formats.bpmn.prosimos import is_prosimos, parse_json, read_prosimos
from serviceflow.formats.bpmn.qbp import find_qbp, read_qbp
from serviceflow.formats.bpmn.report import ASSUMED, EXACT, LEFT_OUT, Decisions, Report
from serviceflow.formats.bpmn.scylla import is_scylla, read_scylla
from serviceflow.formats.bpmn.translate import Translation, Translator
from serviceflow.formats.bpmn.variants import difference, settings_of
from serviceflow.formats.xml_text import Limits, XmlElement, XmlFault, read_tree
from serviceflow.model.chain import SECTIONS, Chain
from serviceflow.model.reading import path_text

C = TypeVar("C", bound=Chain)
PathLike = str | os.PathLike[str]
SIZE = Limits().size
OWN = ("omg.org", "bpsim.org", "qbp-simulator.com")


@dataclass(frozen=True)
class Imported(Generic[C]):
    """A chain that was imported, what was done for it, and what stands for what."""

    chain: C
    report: Report
    origins: Mapping[tuple[str, str], str]


@few_hints()
def import_bpmn(
    path: PathLike, parameters: PathLike | Iterable[PathLike] | None, cls: type[C]
) -> Imported[C]:
    """Read a BPMN file as a chain.

    Parameters
    ----------
    path : path
        The diagram.
    parameters : path or iterable of paths, optional
        Files of simulation parameters.
    cls : type
        The kind of chain to make.

    Raises
    ------
    OSError
        If a file cannot be opened.
    BpmnError
        If a file cannot be used.
    """
    place = Path(path)
    data = read_bounded(place)
    decisions = Decisions()
    diagram = read_diagram(data, str(path), decisions)
    if (kept := kept_model(diagram.root)) is not None:
        if not is_edited(diagram.root, kept):
            return _restored(diagram, kept_chain(kept, cls, str(path)), decisions)
        _tell_edited(diagram, kept, cls, decisions)
    scenarios = find_parameters(diagram, place, parameters, decisions)
    translations = [
        _translated(diagram, one, decisions, one.name if number else "")
        for number, one in enumerate(scenarios)
    ]
    _check_content(diagram, translations[0])
    model = _with_scenarios(scenarios, translations, decisions)
    origins: dict[tuple[str, str], str] = {}
    for translation in reversed(translations):
        origins |= translation.origins
    _tell_silent(diagram, decisions)
    chain = cls.from_dict(model)
    report = Report(str(path), _summary(diagram, translations[0].model, scenarios), decisions.rows)
    return Imported(chain, report, origins)


def read_bounded(place: Path) -> bytes:
    """The content of a file, if it is not too large.

    Raises
    ------
    BpmnError
        If it is.
    """
    with place.open("rb") as stream:
        data = stream.read(SIZE + 1)
    if len(data) > SIZE:
        raise BpmnError(str(place), f"the file has more than {SIZE // 1_000_000} MB")
    return data


# Parameters


def find_parameters(
    diagram: Diagram, place: Path, given: PathLike | Iterable[PathLike] | None, decisions: Decisions
) -> list[Parameters]:
    """The scenarios that there are, the first of which is the chain as it stands."""
    paths = _paths(given)
    found = _from_files(paths, diagram, decisions) if paths else _from_inside(diagram, decisions)
    if not found and not paths and (beside := _beside(place)) is not None:
        found = _from_files([beside], diagram, decisions)
        message = f"parameters are those of {beside.name}, which lies beside it"
        decisions.note(ASSUMED, "", "", "parameters", message, matters=False)
    drawn_in = read_drawn_in(diagram, decisions)
    if not found:
        drawn_in.states_staff = True
        found = [drawn_in]
    for one in found[:] if found[0] is not drawn_in else []:
        _fill(one, drawn_in, diagram)
    return found


def _fill(own: Parameters, drawn_in: Parameters, diagram: Diagram) -> None:
    """Take from the diagram what the parameters leave open; shares only for gateways that have none at
    all.
    """
    decided = {
        flow.source for key, flow in diagram.flows.items() if key in own.weights or key in own.conditions
    }
    spare = copy.copy(drawn_in)
    spare.weights = {
        key: share for key, share in drawn_in.weights.items() if diagram.flows[key].source not in decided
    }
    own.fill(spare)


def _paths(given: PathLike | Iterable[PathLike] | None) -> list[Path]:
    if given is None:
        return []
    return [Path(given)] if isinstance(given, str | os.PathLike) else [Path(one) for one in given]


def _beside(place: Path) -> Path | None:
    """A file of parameters of the same name beside the diagram."""
    for ending in (".bpsim", ".json"):
        beside = place.with_suffix(ending)
        if beside != place and beside.is_file() and beside.stat().st_size <= SIZE:
            try:
                if ending == ".bpsim" or is_prosimos(parse_json(read_bounded(beside), beside.name)):
                    return beside
            except (BpmnError, OSError):
                continue
    return None


def _from_inside(diagram: Diagram, decisions: Decisions) -> list[Parameters]:
    if (blocks := find_data(diagram.root)) and (found := read_bpsim(blocks, diagram, decisions)):
        return found
    if (xml := find_qbp(diagram.root)) is not None:
        return [read_qbp(xml, diagram, decisions)]
    return []


def _from_files(paths: list[Path], diagram: Diagram, decisions: Decisions) -> list[Parameters]:
    trees: list[tuple[str, XmlElement]] = []
    for path in paths:
        data = read_bounded(path)
        if data.lstrip()[:1] in (b"{", b"["):
            content = parse_json(data, str(path))
            if not is_prosimos(content):
                raise BpmnError(
                    str(path), "this JSON has no parameters of a simulation; Prosimos' files have"
                )
            return [read_prosimos(content, diagram, decisions)]
        trees.append((str(path), _tree(data, str(path))))
    if any(is_scylla(root) for _, root in trees):
        return [read_scylla((root for _, root in trees), diagram, decisions)]
    blocks = [
        block for _, root in trees for block in ([root] if root.name == "BPSimData" else find_data(root))
    ]
    if blocks:
        found = read_bpsim(blocks, diagram, decisions)
        if found:
            return found
        raise BpmnError(
            trees[0][0], "it holds results or zeros, but no parameters; name the file that has them"
        )
    for _, root in trees:
        if (xml := find_qbp(root)) is not None:
            return [read_qbp(xml, diagram, decisions)]
    known = "BPSim, Prosimos' JSON, BIMP and Apromore, and Scylla"
    raise BpmnError(trees[0][0], f"this holds no parameters that are known; there are {known}")


def _tree(data: bytes, name: str) -> XmlElement:
    try:
        return read_tree(data)
    except XmlFault as fault:
        raise BpmnError(name, fault.message, fault.line) from None


# Models


def _translated(diagram: Diagram, parameters: Parameters, decisions: Decisions, scenario: str) -> Translation:
    decisions.scenario = scenario
    translation = Translator(diagram, parameters, decisions).translate()
    if translation.model.get("consumers"):
        left = mend_model(translation, decisions)
        if left:
            listed = "; ".join(f"{path_text(item.path)}: {item.message}" for item in left[:3])
            raise BpmnError(diagram.name, f"no chain can be made of it: {listed}")
    decisions.scenario = ""
    return translation


def _check_content(diagram: Diagram, translation: Translation) -> None:
    if not translation.model.get("services") or not translation.model.get("consumers"):
        count = len(diagram.nodes)
        what = (
            "nothing is drawn in it"
            if not count
            else f"none of its {count} elements is work that somebody asks for"
        )
        raise BpmnError(diagram.name, f"there is nothing to simulate: {what}; draw a start event and tasks")


def _with_scenarios(
    scenarios: list[Parameters], translations: list[Translation], decisions: Decisions
) -> dict[str, Any]:
    """The first model with the others as its scenarios."""
    model = translations[0].model
    named: dict[str, dict[str, Any]] = {}
    by_name = {one.name: number for number, one in enumerate(scenarios)}
    for number in range(1, len(scenarios)):
        one, found = scenarios[number], translations[number].model
        found = {**found, "time_unit": model["time_unit"]}
        name = _distinct(one.name, named)
        entry: dict[str, Any] = {}
        if one.description:
            entry["description"] = one.description
        own = difference({**model, "description": None}, {**found, "description": None})
        parent = by_name.get(one.parent or "", 0)
        if parent > 0 and scenarios[parent].name in named:
            stacked = difference(
                {**translations[parent].model, "description": None}, {**found, "description": None}
            )
            if not settings_of(stacked.get("changes", {})) & settings_of(
                named[scenarios[parent].name].get("changes", {})
            ):
                entry["extends"] = [scenarios[parent].name]
                own = stacked
        named[name] = {**entry, **own}
        if mistakes_of(
            {**model, "scenarios": {name: named[name]} if "extends" not in entry else dict(named)}
        ):
            named[name] = {**{k: v for k, v in entry.items() if k != "extends"}, **difference(model, found)}
        if mistakes_of({**model, "scenarios": {name: named[name]}}) and "extends" not in named[name]:
            del named[name]
            message = "its changes make no chain that runs: left out"
            decisions.note(LEFT_OUT, one.name, "", "scenario", message)
    return {**model, "scenarios": named} if named else model


def _distinct(name: str, taken: Mapping[str, Any]) -> str:
    found, number = name or "Scenario", 1
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found


# What the diagram carried along in an earlier export


def _restored(diagram: Diagram, chain: C, decisions: Decisions) -> Imported[C]:
    message = "the chain that the diagram was written from is in it, and the diagram was not changed since"
    decisions.note(EXACT, chain.name, "", "model", message)
    for sentence in in_words([*unsaid(chain), *scenarios_unsaid(chain)]):
        message = f"only the model in the file says this, the diagram does not: {sentence}"
        decisions.note(EXACT, "", "", "model", message)
    summary = f"the chain '{chain.name}' as it was exported: {len(chain.services)} services"
    return Imported(chain, Report(diagram.name, summary, decisions.rows), {})


def _tell_edited(diagram: Diagram, model: XmlElement, cls: type[C], decisions: Decisions) -> None:
    """Say that the diagram counts, not the chain that it was written from, and what is lost by that."""
    message = "the diagram was changed since it was exported: it is read as it is now, its model is not used"
    decisions.note(ASSUMED, "", "", "model", message)
    try:
        chain = kept_chain(model, cls, diagram.name)
    except BpmnError:
        return
    for sentence in in_words([*unsaid(chain), *scenarios_unsaid(chain)]):
        message = f"lost, as only the model in the file says it: {sentence}; set it anew, or change the model"
        decisions.note(LEFT_OUT, "", "", "model", message)


# In words


def _tell_silent(diagram: Diagram, decisions: Decisions) -> None:
    for what, count in diagram.silent.items():
        message = f"{count} of them: they tell people something, and a simulation nothing"
        decisions.note(LEFT_OUT, "", "", what, message, matters=False)
    foreign = [space for space in diagram.foreign if space and not any(own in space for own in OWN)]
    if foreign:
        message = f"extension elements of {len(foreign)} namespaces are ignored"
        decisions.note(LEFT_OUT, "", "", "extensions", message, matters=False)


def _summary(diagram: Diagram, model: Mapping[str, Any], scenarios: list[Parameters]) -> str:
    kinds = [node.kind for node in diagram.nodes.values()]
    drawn = {
        "task": sum(kind in TASKS or kind == "callActivity" for kind in kinds),
        "event": sum(kind.endswith("Event") for kind in kinds),
        "gateway": sum(kind.endswith("Gateway") for kind in kinds),
    }
    before = _listed({word: count for word, count in drawn.items() if count})
    after = _listed(
        {
            section[:-1]: len(model.get(section) or ())
            for section in SECTIONS
            if section not in ("calendars", "attributes", "scenarios", "stocks") and model.get(section)
        }
    )
    more = (
        f", with {len(scenarios) - 1} scenarios"
        if len(scenarios) > 2
        else ", with 1 scenario"
        if len(scenarios) == 2
        else ""
    )
    source = (
        f"; parameters by {scenarios[0].source}"
        if scenarios[0].source
        else "; it has no parameters of a simulation"
    )
    return f"{before} became {after}{more}{source}."


def _listed(counts: Mapping[str, int]) -> str:
    words = [f"{count} {word}{'s' if count != 1 else ''}" for word, count in counts.items()]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "nothing"
