"""Names for the elements of a chain: those of the diagram, made distinct."""

from __future__ import annotations

from serviceflow.formats.bpmn.diagram import clean


class Names:
    """Gives names of which each is used once."""

    def __init__(self, *taken: str) -> None:
        self.taken = {name.casefold() for name in taken}

    def give(self, wanted: str, otherwise: str = "") -> str:
        """The wanted name, with a number if it is taken."""
        base = clean(wanted) or clean(otherwise) or "Unnamed"
        if base.casefold() == "end":
            base = f"{base} (step)"
        name, number = base, 1
        while name.casefold() in self.taken:
            number += 1
            name = f"{base} ({number})"
        self.taken.add(name.casefold())
        return name
