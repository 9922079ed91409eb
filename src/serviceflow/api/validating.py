"""Chains and results beside a log."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from serviceflow.api.chains import ServiceChain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from serviceflow.api.results import Results
    from serviceflow.mining.event_log import EventLog
    from serviceflow.mining.validation.distances import Sample


class Validation:
    """How near a model comes to the end of a log, beside how near the log's own beginning comes to it.

    Attributes
    ----------
    table : DataFrame
        A row per measure: ``distance`` of the model from the cases that were held out, ``floor`` (that of
        the earlier cases of the log), the distance in times of it, and the distance ``without_delays``: of
        the same model without the delays of its handoffs, if it has any.
    verdict : str
        Whether cycle times are near, and where they are not.
    """

    def __init__(self, table: pd.DataFrame, verdict: str, samples: dict[str, list[Sample]]) -> None:
        self.table = table
        self.verdict = verdict
        self._samples = samples

    @property
    def is_near(self) -> bool:
        """Whether cycle times are within twice the noise of the log."""
        return not self.verdict.startswith("The model's cycle times are not")

    def plot_cycle_times(self, ax: Axes | None = None) -> Axes:
        """Draw the share of cases that are done after so many hours, of the model and the log.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; new axes by default.

        Returns
        -------
        Axes
            What was drawn on.

        See Also
        --------
        validate : makes it.
        """
        from serviceflow.view.charts.cycle_times import plot_cycle_times

        return plot_cycle_times(
            {
                name: [hours for one in samples for hours in one.cycles]
                for name, samples in self._samples.items()
            },
            ax=ax,
        )

    def __str__(self) -> str:
        shown = self.table.drop(columns="meaning").round(3).to_string(index=False)
        return f"{self.verdict}\n\n{shown}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.verdict)}</p>{self.table.round(3).to_html(index=False, escape=True)}"

    def __repr__(self) -> str:
        return f"Validation({self.verdict!r})"


def validate(
    chain: ServiceChain,
    log: EventLog,
    *,
    holdout: float = 0.3,
    replications: int = 5,
    seed: int | None = None,
    engine: str = "auto",
) -> Validation:
    """Compare what a chain does with the last cases of a log, beside the log's own noise.

    Parameters
    ----------
    chain : ServiceChain
        Best learned from the earlier part of the log.
    log : EventLog
        Of :func:`read_log`.
    holdout : float
        The share of cases, the latest to begin, with which the chain is compared.
    replications : int
        How many independent runs.
    seed : int, optional
        The seed of the random numbers.
    engine : str
        As for :meth:`ServiceChain.simulate`.

    Returns
    -------
    Validation
        Distances with their floor, and a verdict in words.

    Raises
    ------
    LogError
        If there are too few cases.

    See Also
    --------
    discover : learns a chain.
    Results.compare_log : the same of results that are there.

    Examples
    --------
    >>> import serviceflow as sf
    >>> desk = sf.ServiceChain("Desk", run={"duration": "2 weeks", "replications": 1, "seed": 7})
    >>> desk.add_provider("Clerks", staff=2)
    >>> desk.add_service("Talk", provider="Clerks", duration="exponential(mean=8 min)")
    >>> desk.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Talk")
    >>> log = sf.read_log(desk.simulate(engine="simpy").to_log())
    >>> sf.validate(desk, log, replications=2, seed=1, engine="simpy").is_near
    True
    """
    settings: dict[str, Any] = {"replications": replications, "seed": seed, "engine": engine}
    results = chain.simulate(**settings)
    plain = _without_delays(chain)
    other = None if plain is None else plain.simulate(**settings)
    return compare_with_log(results, log, holdout, other)


def compare_with_log(
    results: Results, log: EventLog, holdout: float, plain: Results | None = None
) -> Validation:
    """Compare results with what is held out of a log."""
    from serviceflow.mining.validation.validating import compared, hold_out, verdict

    held = hold_out(log, holdout)
    runs = [results.to_log(number) for number in range(results.count)]
    others = None if plain is None else [plain.to_log(number) for number in range(plain.count)]
    table, samples = compared(held, runs, others)
    return Validation(table, verdict(table, samples, held, runs), samples)


def _without_delays(chain: ServiceChain) -> ServiceChain | None:
    """The chain without the delays of its handoffs; None if it has none."""
    content = chain.to_dict()
    delayed = [
        one for one in content.get("handoffs", {}).values() if isinstance(one, dict) and "delay" in one
    ]
    for handoff in delayed:
        del handoff["delay"]
    return ServiceChain.from_dict(content) if delayed else None
