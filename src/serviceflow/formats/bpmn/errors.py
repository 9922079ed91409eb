"""What cannot be imported at all."""

from __future__ import annotations

from serviceflow.errors import ServiceflowError, one_line


class BpmnError(ServiceflowError, ValueError):
    """A BPMN file, or a file of its parameters, that cannot be used; the message says where and why."""

    def __init__(self, name: str, message: str, line: int | None = None) -> None:
        place = name if line is None else f"{name}:{line}"
        super().__init__(f"{one_line(place)}: {one_line(message)}")
