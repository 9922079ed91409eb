"""How sure figures are where a chain was learned from data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.input_uncertainty import InputUncertainty, InputUncertaintyError
from serviceflow.analysis.input_uncertainty import input_uncertainty as told
from serviceflow.api.chains import ServiceChain

if TYPE_CHECKING:
    import numpy as np

    from serviceflow.mining.event_log import EventLog


def input_uncertainty(
    source: EventLog | Callable[[np.random.Generator], ServiceChain],
    objective: Any = "flow_time",
    *,
    chain: ServiceChain | None = None,
    resamples: int = 50,
    hidden_delays: bool = True,
    duration: str | float | None = None,
    warm_up: str | float | None = None,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "auto",
    workers: int | None = None,
    store: Any = None,
    progress: bool | None = None,
) -> InputUncertainty:
    """How sure figures are: what the data leave open about the inputs, and chance in the simulation.

    The intervals of results are those of the chain as it is given, as if its inputs were known. Where they
    were fitted from data, other data from the same place would have given other inputs. Here the data are
    drawn again, a chain is learned from each drawing, and all are simulated with the same random numbers.

    Parameters
    ----------
    source : EventLog or callable
        A log: its days are drawn again, whole with all cases that begin in them, Mondays for Mondays; weeks
        where cases last longer than a day, or there are at least twelve. Means, rates and shares are those
        of each drawing; families of distributions, profiles of hours and staff stay. Or a function that is
        given a ``numpy.random.Generator`` and returns a chain whose inputs are drawn by it.
    objective : optional
        A figure as for ``precision=``, or a list of several.
    chain : ServiceChain, optional
        Of a log: the chain whose parameters are learned, as by :meth:`ServiceChain.calibrate`; by default the
        whole chain is discovered. Of a function: the chain as it stands.
    resamples : int
        How often the data are drawn again.
    hidden_delays : bool
        As for :func:`discover`; without them, learning is faster.
    duration, warm_up, replications, seed, engine, workers, store, progress
        As for :meth:`ServiceChain.simulate`; every chain runs as long as that of the data as they are.

    Returns
    -------
    InputUncertainty
        For each figure the interval of both, that of the simulation, that of the inputs, and which share of
        the variance is theirs.

    Raises
    ------
    InputUncertaintyError
        If a fifth of the drawings give no chain, or a figure cannot be told.
    LogError
        If the log has fewer than three weeks.

    See Also
    --------
    discover : learns a chain from a log.
    ServiceChain.sensitivity : how much a figure depends on each input.

    Notes
    -----
    What no data tell stays outside: inputs that are typed in, and what the model leaves out.

    Examples
    --------
    >>> import serviceflow as sf
    >>> desk = sf.ServiceChain("Desk", run={"duration": "1 day", "replications": 3, "seed": 7})
    >>> desk.add_service("Talk", duration="10 min")
    >>> desk.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Talk")
    >>> def draw(random):
    ...     mean = random.normal(10, 1)  # known to 1 min only
    ...     return desk.change({"services": {"Talk": {"duration": f"{mean} min"}}})
    >>> found = sf.input_uncertainty(draw, chain=desk, resamples=20, engine="simpy", progress=False)
    >>> found.table["inputs_share"].round(2).tolist()
    [1.0]
    """
    given = {"duration": duration, "warm_up": warm_up, "replications": replications, "workers": workers}
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    settings |= {"seed": seed, "engine": engine, "progress": progress, "store": store}
    base, draw, widening = _drawing(source, chain, hidden_delays)
    return told(base, draw, objective, resamples=resamples, widening=widening, **settings)


def _drawing(
    source: Any, chain: ServiceChain | None, hidden_delays: bool
) -> tuple[ServiceChain, Callable[[np.random.Generator], ServiceChain], float]:
    """The chain of the data as they are, one of data drawn again, and how much too near these lie."""
    from serviceflow.api.discovering import calibrate, discover
    from serviceflow.mining.event_log import EventLog
    from serviceflow.mining.resampling import Blocks, moved

    if isinstance(source, EventLog):
        blocks = Blocks(source, hidden_delays)
        given = {"hidden_delays": hidden_delays}
        found = discover(source, **given) if chain is None else calibrate(chain, source, **given)

        def again(random: np.random.Generator) -> ServiceChain:
            weights = blocks.weights(random)
            return found.chain.change(moved(found.chain, found._parameters, blocks, weights))

        return found.chain, again, blocks.widening
    if not callable(source):
        raise InputUncertaintyError(
            f"{source!r}: give a log of read_log(), or a function that is given a numpy Generator and returns"
            " a chain"
        )
    if not isinstance(chain, ServiceChain):
        raise InputUncertaintyError("chain=: say which chain stands, beside those that the function draws")

    def drawn(random: np.random.Generator) -> ServiceChain:
        found = source(random)
        if not isinstance(found, ServiceChain):
            raise InputUncertaintyError(f"the function returned {found!r}; it is to return a chain")
        return found

    return chain, drawn, 1.0


__all__ = ["InputUncertainty", "InputUncertaintyError", "input_uncertainty"]
