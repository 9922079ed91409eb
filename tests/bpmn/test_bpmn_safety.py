"""Files that were made to do harm, broken ones, and very many drawn at random."""

import os

import pytest
from drawing import definitions, line, process, start, task
from random_diagrams import damaged, random_diagram

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
            ("<definitions", "no well-formed XML"),
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


def test_every_diagram_is_a_chain_or_a_message(tmp_path):
    read = 0
    for seed in seeds(60):
        path = tmp_path / "random.bpmn"
        path.write_text(random_diagram(seed), encoding="utf-8")
        try:
            found = sf.read_bpmn(path)
        except sf.BpmnError as error:
            assert "there is nothing to simulate" in str(error), seed
            continue
        read += 1
        assert found.chain._problems() == [], seed
        assert str(found.report), seed
        if seed % 10 == 0:
            assert sf.loads(found.to_yaml()) == found.chain, seed
    assert read > 35


def test_damaged_files_are_read_or_refused(tmp_path):
    refused = 0
    for seed in seeds(200):
        path = tmp_path / "damaged.bpmn"
        path.write_bytes(damaged(random_diagram(seed), seed))
        try:
            sf.read_bpmn(path)
        except sf.BpmnError:
            refused += 1
    assert refused > 130
