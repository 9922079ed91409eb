"""A search for the best staff, with the chart of its frontier."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.search import finding

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from serviceflow.model.chain import Chain


class Search(finding.Search):
    __doc__ = finding.Search.__doc__

    def plot(self, ax: Axes | None = None) -> Axes:
        """The frontier: what staff cost, and how good the service is, with intervals.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        See Also
        --------
        serviceflow.search : what is drawn.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.example("hotel_checkin")
        >>> short = {"duration": "1 day", "warm_up": 0, "seed": 7, "engine": "simpy", "progress": False}
        >>> short |= {"constraints": {"flow_time": 3000}, "replications": 2}
        >>> axes = sf.search(chain, {"Supervisors": (1, 2)}, **short).plot()
        """
        from serviceflow.view.charts.frontier import plot_frontier

        single = self.service.single is not None and self.most is None
        bound = None if self.most is not None else self.limits[0].bound if single else 0.0
        return plot_frontier(
            self.frontier,
            service=self.service.title,
            unit="share" if self.service.unit_is_share else self._unit().strip(),
            cost=f"staff ({self.staffing.unit} in {self.length})",
            bound=bound,
            most=self.most,
            ax=ax,
        )


def search(
    chain: Chain,
    levers: Any = None,
    objective: Any = finding.STAFF,
    constraints: Any = "promises",
    budget: int = finding.BUDGET,
    *,
    blocks: bool = False,
    replications: int = finding.FULL,
    relevant: Any = None,
    confidence: float = 0.95,
    **settings: Any,
) -> Search:
    """The best staff by provider and shift: the cheapest that keep every promise, or the best for a price.

    Staff are added where they bring most for their price (marginal allocation), taken away where they are not
    needed, and exchanged for others; every design runs with the same random numbers. What is overloaded is
    left out, and one design speaks for all smaller or larger ones, as more staff never keep less. In the
    end the largest of the cheaper designs are tried, until none is left: then the answer is proven, within
    the ranges and given that.

    Parameters
    ----------
    chain : ServiceChain
        As it stands.
    levers : optional
        Providers, or ranges by provider, or by provider and block: ``{"Desk": (1, 6)}``,
        ``{"Desk": {"08:00-12:00": (2, 5)}}``. By default all whose staff are a number, or numbers by block,
        from one to twice as many as today. Members by name stay: who is to come or go, with which skills,
        speed and hours, is no number.
    objective : str or tuple
        ``"staff"``, the price of the staff on duty; or a figure, named as for ``precision=`` of
        :meth:`ServiceChain.simulate`, of which the best is sought for a price.
    constraints : optional
        What must be kept: ``"promises"`` for all, promises by name, or figures with bounds, such as
        ``{"Guests: resolution": "80%", "flow_time": 30}``. ``"staff"`` is what staff may cost.
    budget : int
        Replications of the search in all; those of the points of the frontier come on top.
    blocks : bool
        Whether a number of staff with a calendar is taken apart by its blocks, so that each may have another.
    replications : int
        Of a design at most, and of each point of the frontier; those that leave no doubt get fewer.
    relevant : optional
        With a figure as objective, the smallest difference that matters, as for :func:`select_best`: the
        best designs are told apart with the guarantee that it states.
    confidence : float
        Of that guarantee.
    **settings
        As for :meth:`ServiceChain.simulate`: duration, warm_up, horizon, seed, engine, workers, store,
        progress. With a store, the same call goes on where the last one ended.

    Returns
    -------
    Search
        ``best`` and ``points``, ``frontier`` as a table, ``plot()``; ``write_scenario(path)`` puts a point
        into the model file. An interrupt (Ctrl-C) keeps what has been found.

    Raises
    ------
    SearchError
        If there is nothing to search, or it cannot be made as asked.
    FigureNameError
        If there is no such figure.

    See Also
    --------
    ServiceChain.levers : what would help most, one change at a time.
    select_best : the best of chains of your own.

    Examples
    --------
    >>> import serviceflow as sf
    >>> chain = sf.ServiceChain("Desk", run={"duration": "12 h", "seed": 1})
    >>> chain.add_provider("Clerks", staff=1, cost="20 per hour")
    >>> chain.add_service("Talk", provider="Clerks", duration="exponential(mean=10 min)")
    >>> chain.add_consumer("Clients", arrivals={"rate": "9 per hour"}, enters="Talk")
    >>> keep = {"waiting_time": 5}
    >>> found = sf.search(chain, constraints=keep, replications=5, engine="simpy", progress=False)
    >>> dict(found.best.staff), found.proven
    ({'Clerks': 3}, True)
    """
    found = finding.search(
        chain,
        levers,
        objective,
        constraints,
        budget,
        blocks=blocks,
        replications=replications,
        relevant=relevant,
        confidence=confidence,
        **settings,
    )
    return Search(**{one.name: getattr(found, one.name) for one in fields(found)})


__all__ = ["Search", "search"]
