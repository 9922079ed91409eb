"""A chain as the text of a BPMN file: the drawing, the figures, and the whole model."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from serviceflow.formats.bpmn.errors import BpmnError
from serviceflow.formats.bpmn.export.drawing import draw
from serviceflow.formats.bpmn.export.elements import ROOT, Elements, diagram
from serviceflow.formats.bpmn.export.figures import changed, figures_of, resource_id, scenario, settings
from serviceflow.formats.bpmn.export.grid import place
from serviceflow.formats.bpmn.export.picture import Picture, id_of
from serviceflow.formats.bpmn.export.routes import Router
from serviceflow.formats.bpmn.export.tags import Tag
from serviceflow.formats.bpmn.keeping import SPACE, fingerprint
from serviceflow.formats.xml_text import Limits, read_tree

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

TARGET = "https://serviceflow.dev/bpmn"
AS_IT_STANDS, BASE = "As it stands", "Baseline"
LONGEST_PART = 400_000
"""Characters of the model in one element."""
_RAW = re.compile("[\ud800-\udfff\ufffe\uffff]")


def bpmn_text(chain: Chain) -> str:
    """A chain as a BPMN file, which reads back as an equal chain while the diagram is not changed.

    Raises
    ------
    ModelError
        If the chain is not valid.
    BpmnError
        If it is so large that the file could not be read back.
    """
    chain.validate()
    picture = draw(chain)
    Router(picture, place(picture)).lay_out()
    root = Elements(chain.name, picture, list(chain.providers)).write()
    root.attributes |= {"xmlns:sf": SPACE, "targetNamespace": TARGET, "exporter": "serviceflow"}
    root.children.append(diagram(picture))
    model = Tag("sf:model", {"format": "1", "fingerprint": ""}, [])
    for part in _parts(chain):
        model.add("sf:part", part)
    root.children.append(_simulation(chain, picture, model))
    _check_size(chain, root, model)
    unlimited = Limits(size=2**62, elements=2**62, text=2**62)
    model.attributes["fingerprint"] = fingerprint(read_tree(root.write().encode(), unlimited))
    return root.write()


def _check_size(chain: Chain, root: Tag, model: Tag) -> None:
    count, most = root.count(), Limits().elements
    longest = max(map(len, itertools.chain.from_iterable(part.text.split("\n") for part in model.children)))
    if longest > LONGEST_PART:
        raise BpmnError(chain.name, f"a text of it has {longest:,} characters, more than are read back")
    if count > most:
        raise BpmnError(
            chain.name,
            f"a diagram of {count:,} elements is larger than the {most:,} that are read back",
        )


def _parts(chain: Chain) -> Iterator[str]:
    """The model as JSON, in pieces of whole lines."""
    text = json.dumps(chain.to_dict(), ensure_ascii=False, indent=1)
    text = _RAW.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    piece: list[str] = []
    length = 0
    for line in text.split("\n"):
        if piece and length + len(line) > LONGEST_PART:
            yield "\n".join(piece)
            piece, length = [], 0
        piece.append(line)
        length += len(line) + 1
    yield "\n".join(piece)


def _simulation(chain: Chain, picture: Picture, model: Tag) -> Tag:
    """BPSim's scenarios, the first with the whole model as an extension."""
    relation = Tag("bpmn:relationship", {"type": "BPSimData"})
    data = relation.add("bpmn:extensionElements").add("bpsim:BPSimData")
    base = figures_of(chain, picture)
    first = scenario(BASE, AS_IT_STANDS, base.elements, base.calendars, head=settings(chain))
    first.add("bpsim:VendorExtension", name="serviceflow").children.append(model)
    data.children.append(first)
    known = {*picture.shapes, *picture.lines, *map(resource_id, chain.providers)}
    calendars = dict(base.calendars)
    for name, found in chain.scenarios.items():
        other = chain.scenario(name)
        own, more = changed(base, figures_of(other, draw(other)))
        more = {key: text for key, text in more.items() if key not in calendars}
        calendars |= more
        kept = {key: one for key, one in own.items() if key in known}
        data.children.append(
            scenario(id_of("Scenario", name), name, kept, more, inherits=BASE, description=found.description)
        )
    relation.add("bpmn:source", ROOT)
    relation.add("bpmn:target", ROOT)
    return relation
