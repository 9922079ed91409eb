"""A reader of diagrams that are written in a test."""

import pytest
from drawing import definitions

import serviceflow as sf


@pytest.fixture
def read(tmp_path):
    """Reads the content of a BPMN file, with the text of files of parameters."""

    def reading(content, parameters=None, whole=False):
        path = tmp_path / "process.bpmn"
        path.write_text(content if whole else definitions(content), encoding="utf-8")
        others = []
        for name, text in (parameters or {}).items():
            others.append(tmp_path / name)
            others[-1].write_text(text, encoding="utf-8")
        return sf.read_bpmn(path, others or None)

    return reading
