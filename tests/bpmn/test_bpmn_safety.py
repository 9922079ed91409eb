"""Files that were made to do harm, broken ones, and very many drawn at random."""

import os
import re
import sys
import tempfile
from pathlib import Path

import pytest
from drawing import definitions, line, process, start, task
from random_diagrams import damaged, drawn, prosimos, random_diagram

import serviceflow as sf

BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


class TestRefused:
    @pytest.mark.parametrize("head", [BOMB, OUTSIDE, "<!DOCTYPE d>"])
    def test_any_document_type(self, read, head):
        text = definitions(process(start(), task("t"), line("s", "t")), head)
        with pytest.raises(
            sf.BpmnError, match=r"process.bpmn:1: it has a document type declaration \(DOCTYPE\)"
        ):
            read(text, whole=True)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "no well-formed XML"),
            ("<definitions", "export the file again, or mend it at this line"),
            ("<html/>", "this is no BPMN file: it begins with <html>"),
            ("<a>" * 5000, "more than 200 elements stand within one another"),
            ("<definitions>" + "<x/>" * 200_001 + "</definitions>", "more than 200,000 elements"),
            ('<definitions a="' + "x" * 1_100_000 + '"/>', "more than 1,000,000 characters"),
            ('<?xml version="1.0" encoding="hex"?><definitions/>', "its encoding cannot be read"),
            ("<definitions/>", "there is nothing to simulate: nothing is drawn in it"),
        ],
    )
    def test_what_cannot_be_read_is_one_message(self, read, text, message):
        with pytest.raises(sf.BpmnError) as caught:
            read(text, whole=True)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_file_that_is_too_large(self, tmp_path):
        path = tmp_path / "large.bpmn"
        with path.open("wb") as stream:
            stream.truncate(20_000_001)
        with pytest.raises(sf.BpmnError, match="more than 20 MB"):
            sf.read_bpmn(path)

    def test_a_diagram_that_only_starts_and_ends(self, read):
        with pytest.raises(sf.BpmnError, match="none of its 1 elements is work that somebody asks for"):
            read(process(start()))

    def test_names_of_strangers_are_shown_as_they_are(self, read):
        found = read(process(start(), task("t", "<img src=x onerror=alert(1)>\u202e"), line("s", "t")))
        assert "\u202e" not in str(found.report) + found.to_yaml()


def seeds(count):
    first = int(os.environ.get("SERVICEFLOW_TEST_SEED", "0")) * 1_000
    return range(first, first + count)


CONSTRUCTS = [
    "task",
    "userTask",
    "manualTask",
    "serviceTask",
    "scriptTask",
    "businessRuleTask",
    "sendTask",
    "receiveTask",
    "callActivity",
    "globalUserTask",
    "subProcess",
    "transaction",
    "adHocSubProcess",
    "startEvent",
    "endEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "eventBasedGateway",
    "complexGateway",
    "activationCondition",
    "timerEventDefinition",
    "messageEventDefinition",
    "signalEventDefinition",
    "conditionalEventDefinition",
    "errorEventDefinition",
    "escalationEventDefinition",
    "compensateEventDefinition",
    "cancelEventDefinition",
    "terminateEventDefinition",
    "linkEventDefinition",
    "timeDuration",
    "timeCycle",
    "timeDate",
    "standardLoopCharacteristics",
    "multiInstanceLoopCharacteristics",
    "loopCardinality",
    "loopCondition",
    "conditionExpression",
    "lane",
    "childLaneSet",
    "participant",
    "messageFlow",
    "performer",
    "potentialOwner",
    "resource",
    "dataObject",
    "dataObjectReference",
    "dataStoreReference",
    "textAnnotation",
    "association",
    "group",
    "choreography",
    "choreographyTask",
    "conversation",
    "BPSimData",
    "processSimulationInfo",
]
ATTRIBUTES = (
    'triggeredByEvent="true"', 'cancelActivity="false"', 'isSequential="true"', 'isForCompensation="true"',
    "default=", "calledElement=", 'name="客房部"', 'name="35%"', "xmlns:bpmn=",
)  # fmt: skip


def test_random_diagrams_have_every_construct():
    text = "".join(random_diagram(seed) for seed in range(300))
    assert [one for one in CONSTRUCTS if not re.search(rf"<(\w+:)?{one}[ />]", text)] == []
    assert [one for one in ATTRIBUTES if one not in text] == []


def grows(chain):
    """Whether it is told that more requests come back somewhere than leave, which no run survives for long."""
    return any("so they grow without end" in one.message for one in chain.check().warnings)


def read_one(seed, folder, runs=False):
    """Whether a diagram became a chain; if it did not, there is nothing to simulate in it, and that is told."""
    path = folder / "random.bpmn"
    text, drawing = drawn(seed)
    path.write_text(text, encoding="utf-8")
    beside = None
    if drawing.random.random() < 0.2:
        beside = folder / "parameters.json"
        beside.write_text(prosimos(drawing), encoding="utf-8")
    try:
        found = sf.read_bpmn(path, beside)
    except sf.BpmnError as error:
        told = ("there is nothing to simulate", "this JSON has no parameters of a simulation")
        assert any(one in str(error) for one in told), (seed, str(error))
        return False
    assert found.chain._problems() == [], seed
    assert str(found.report), seed
    assert not found.table.empty or found.is_exact, seed
    if runs and not grows(found.chain):
        found.chain.simulate(
            duration="10 min", warm_up="0 h", replications=1, seed=seed, engine="simpy", progress=False
        )
    return True


def test_every_diagram_is_a_chain_or_a_message(tmp_path):
    read = sum(read_one(seed, tmp_path, runs=seed % 6 == 0) for seed in seeds(60))
    assert read > 35


def test_what_is_read_is_written_and_read_back(tmp_path):
    for seed in range(6):
        (tmp_path / "random.bpmn").write_text(random_diagram(seed), encoding="utf-8")
        try:
            found = sf.read_bpmn(tmp_path / "random.bpmn")
        except sf.BpmnError:
            continue
        assert sf.loads(found.to_yaml()) == found.chain, seed
        assert sf.read_bpmn(found.chain.to_bpmn(tmp_path / "back.bpmn")).chain == found.chain, seed


def damage_one(seed, folder):
    """Whether a damaged file was refused; nothing else may happen to it but that it is read."""
    path = folder / "damaged.bpmn"
    path.write_bytes(damaged(random_diagram(seed), seed))
    try:
        sf.read_bpmn(path)
    except sf.BpmnError as error:
        assert "\n" not in str(error), seed
        return True
    return False


def test_damaged_files_are_read_or_refused(tmp_path):
    assert sum(damage_one(seed, tmp_path) for seed in seeds(120)) > 75


def sweep(diagrams, files):
    """Random diagrams that are read and run, and damaged files that are read or refused, by ``make diagrams``."""
    with tempfile.TemporaryDirectory() as folder:
        read = sum(read_one(seed, Path(folder), runs=True) for seed in range(diagrams))
        print(f"{read:,} of {diagrams:,} diagrams became chains that run; of the others it was told why")
        refused = sum(damage_one(seed, Path(folder)) for seed in range(files))
    print(f"{refused:,} of {files:,} damaged files were refused, each with a message; the others were read")


if __name__ == "__main__":
    sweep(*map(int, sys.argv[1:3]))
