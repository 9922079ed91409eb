"""Chains from event logs, and what was learned for them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from os import PathLike
from typing import TYPE_CHECKING, Any

from serviceflow.api.chains import ServiceChain
from serviceflow.api.sources import COLUMNS, WIDTH, notes
from serviceflow.errors import one_line
from serviceflow.model.sources import Source

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.mining.discovery.chain import Discovered
    from serviceflow.mining.event_log import EventLog

SEED = 20_260_101
"""Of the runs by which hidden delays are calibrated, so that the same log gives the same chain."""


class Discovery:
    """A chain that was learned from a log, with where every parameter comes from.

    It unpacks into both: ``chain, report = sf.discover(log)``.

    Attributes
    ----------
    chain : ServiceChain
        Ready to be checked, changed and run.
    report : list of str
        What was found and assumed, in sentences.
    """

    def __init__(self, found: Discovered[ServiceChain], log: EventLog) -> None:
        self.chain: ServiceChain = found.chain
        self.report: list[str] = [*log.report, *(one_line(sentence) for sentence in found.notes.said)]
        self._parameters = found.notes.parameters
        self._log = log.name
        content = self.chain.to_dict()
        self.chain._sources = {
            (one.section, one.element, one.name): Source(
                one.source,
                one.count,
                one.estimate,
                one.low,
                one.high,
                content[one.section][one.element][one.name],
            )
            for one in self._parameters
        }

    @property
    def inputs(self) -> pd.DataFrame:
        """Every parameter that was learned: :meth:`ServiceChain.inputs` has all."""
        import pandas as pd

        rows = [[getattr(one, name) for name in COLUMNS] for one in self._parameters]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the chain to a model file, with the source of every parameter as comments.

        Parameters
        ----------
        path : path
            The file to write.

        See Also
        --------
        to_yaml : the same as text.
        """
        from serviceflow.formats.yaml_file import save

        save(self.chain, path, self._head(), notes(self.chain))

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
        from serviceflow.formats.yaml_file import dumps

        return dumps(self.chain, self._head(), notes(self.chain))

    def _head(self) -> str:
        lines = [f"Learned from {one_line(self._log)}."]
        for sentence in self.report[1:]:
            lines += textwrap.wrap(sentence, WIDTH, break_on_hyphens=False)
        return "\n".join([*lines, ""])

    def __str__(self) -> str:
        return "\n".join(self.report)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.chain, self.report))

    def __repr__(self) -> str:
        return f"Discovery({self.chain!r}, {len(self._parameters)} parameters)"


def calibrate(chain: ServiceChain, log: EventLog, hidden_delays: bool) -> Discovery:
    """Learn the parameters of a chain that is given; see :meth:`ServiceChain.calibrate`."""
    from serviceflow.mining.discovery.calibrating import calibrated
    from serviceflow.mining.discovery.chain import Discovered, discover_chain

    found = discover_chain(log, ServiceChain, hidden_delays, _runs)
    content, kept, said = calibrated(chain.to_dict(), found.chain.to_dict(), found.notes.parameters)
    found.notes.parameters = kept
    found.notes.said.extend(said)
    return Discovery(Discovered(ServiceChain.from_dict(content, chain.folder), found.notes), log)


def discover(log: EventLog, *, hidden_delays: bool = True) -> Discovery:
    """Learn a chain from an event log: who serves, when, how long, how often, and what comes next.

    Parameters
    ----------
    log : EventLog
        Of :func:`read_log`.
    hidden_delays : bool
        Whether handoffs get the delays that show where work does not begin although who does it is free.

    Returns
    -------
    Discovery
        The chain, the source of each of its parameters, and a report.

    Raises
    ------
    LogError
        If there is too little in the log.

    See Also
    --------
    read_log : reads a log.
    read_bpmn : a chain from a diagram.

    Examples
    --------
    >>> import serviceflow as sf
    >>> desk = sf.ServiceChain("Desk", run={"duration": "2 weeks", "replications": 1, "seed": 7})
    >>> desk.add_provider("Clerks", staff=2)
    >>> desk.add_service("Talk", provider="Clerks", duration="exponential(mean=8 min)")
    >>> desk.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Talk")
    >>> log = sf.read_log(desk.simulate(engine="simpy").to_log())
    >>> found = sf.discover(log)
    >>> found.chain
    ServiceChain('Log': 1 provider, 1 service, 1 consumer)
    >>> found.chain.providers["Clerks"].staff
    2
    """
    from serviceflow.mining.discovery.chain import discover_chain

    return Discovery(discover_chain(log, ServiceChain, hidden_delays, _runs), log)


def _runs(chain: ServiceChain, count: int) -> list[pd.DataFrame]:
    """The logs of so many replications; short ones are not worth the start of the compiled engine."""
    results = chain.simulate(replications=count, seed=SEED, engine="simpy" if count > 1 else "auto")
    return [results.to_log(number) for number in range(results.count)]
