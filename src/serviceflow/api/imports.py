"""Chains from the files of other tools, and what an import had to assume."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike
from typing import TYPE_CHECKING, Any

from serviceflow.api.chains import ServiceChain

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.formats.bpmn.reading import Imported

Path = str | PathLike[str]


class BpmnImport:
    """A chain that was read from a BPMN file, with the report of what was done for it.

    It unpacks into both: ``chain, report = sf.read_bpmn("process.bpmn")``.

    Attributes
    ----------
    chain : ServiceChain
        Ready to be checked, changed and run.
    report : Report
        What became what, what was assumed, approximated and left out; it prints itself.
    """

    def __init__(self, found: Imported[ServiceChain]) -> None:
        self.chain: ServiceChain = found.chain
        self.report = found.report
        self._origins = found.origins

    @property
    def table(self) -> pd.DataFrame:
        """The report as a table: element, id, construct, what was done, status and scenario."""
        import pandas as pd

        columns = ("element", "id", "construct", "done", "status", "scenario")
        rows = [[getattr(row, name) for name in columns] for row in self.report.decisions]
        return pd.DataFrame(rows, columns=list(columns))

    @property
    def is_exact(self) -> bool:
        """Whether nothing on which figures depend was approximated or left out."""
        return self.report.is_exact

    def save(self, path: Path) -> None:
        """Write the chain to a model file, with the ids of the diagram and what was assumed as comments.

        Parameters
        ----------
        path : path
            The file to write.

        See Also
        --------
        to_yaml : the same as text.
        """
        from serviceflow.formats.bpmn.comments import comments
        from serviceflow.formats.yaml_file import save

        head, notes = comments(self._origins, self.report)
        save(self.chain, path, head, notes)

    def to_yaml(self) -> str:
        """The same as text.

        Returns
        -------
        str
            A model file.

        See Also
        --------
        save : writes it to a file.
        """
        from serviceflow.formats.bpmn.comments import comments
        from serviceflow.formats.yaml_file import dumps

        head, notes = comments(self._origins, self.report)
        return dumps(self.chain, head, notes)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.chain, self.report))

    def __repr__(self) -> str:
        return f"BpmnImport({self.chain!r}, {self.report!r})"


def read_bpmn(path: Path, parameters: Path | Iterable[Path] | None = None) -> BpmnImport:
    """Read a BPMN 2.0 diagram as a chain.

    Parameters of a simulation are taken from the diagram (BPSim, BIMP and Apromore, SimPN, ADONIS, shares
    in names
    and conditions), or from files beside it.

    Parameters
    ----------
    path : path
        The diagram.
    parameters : path or iterable of paths, optional
        Files with the parameters, if they are not in the diagram: BPSim, the JSON of Prosimos, the two
        files of
        Scylla. Without it, a ``.bpsim`` or ``.json`` file of the same name beside the diagram is taken.

    Returns
    -------
    BpmnImport
        The chain and the report of what was assumed, approximated and left out.

    Raises
    ------
    BpmnError
        If a file is no BPMN, too large, or holds nothing to simulate.

    See Also
    --------
    load : reads a model file.

    Examples
    --------
    >>> from pathlib import Path
    >>> import serviceflow as sf
    >>> _ = Path("process.bpmn").write_text(
    ...     '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p" name="Office">'
    ...     '<startEvent id="s" name="Clients"/><userTask id="t" name="Talk"/>'
    ...     '<sequenceFlow id="f" sourceRef="s" targetRef="t"/></process></definitions>'
    ... )
    >>> found = sf.read_bpmn("process.bpmn")
    >>> found.chain
    ServiceChain('Office': 1 provider, 1 service, 1 consumer)
    >>> found.is_exact
    True
    """
    from serviceflow.formats.bpmn.reading import import_bpmn

    return BpmnImport(import_bpmn(path, parameters, ServiceChain))
