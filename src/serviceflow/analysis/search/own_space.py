"""Spaces of a user's own, searched by Optuna: a chain and its changes as an objective.

Optuna asks the objective for a value of each trial; the objective asks the user which changes a trial stands
for, runs the changed chain with the same random numbers as all others, and reports its figure after a few
replications already, so that hopeless trials can be pruned.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from serviceflow.analysis.levers.objective import objective_of
from serviceflow.analysis.running import finished
from serviceflow.analysis.search.slots import SearchError
from serviceflow.analysis.selecting import read_limits
from serviceflow.analysis.warming import settled
from serviceflow.errors import NotSupportedError
from serviceflow.experiment.replicate import draw_seed, replicate
from serviceflow.results.naming import HIGHER, figure_name
from serviceflow.results.results import Results

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

SHARES = "serviceflow_limits"
CHANGES = "serviceflow_changes"
"""Under which names a trial keeps what it found."""
EARLY = 3
"""Replications before a trial may be pruned."""


@dataclass
class OptunaObjective:
    """A chain and its changes, as Optuna wants it: a function of a trial.

    Attributes
    ----------
    direction : str
        "minimize" or "maximize", for ``optuna.create_study(direction=...)``; a list for several objectives.
    """

    chain: Chain
    suggest: Callable[[Any], Mapping[str, Any]]
    given: Any
    limits_given: Any
    replications: int
    seed: int
    settings: Mapping[str, Any]
    _look: list[Results] = field(default_factory=list, repr=False)

    def __call__(self, trial: Any) -> Any:
        """The value of a trial; several where there are several objectives."""
        changes = self.suggest(trial)
        if not isinstance(changes, Mapping):
            raise SearchError(
                f"suggest returned {changes!r}: return changes as of a scenario, such as"
                " {'providers': {'Desk': {'staff': trial.suggest_int('desk', 1, 6)}}}"
            )
        trial.set_user_attr(CHANGES, json.loads(json.dumps(changes, default=str)))
        chain = self.chain.change(changes)
        samples = self._run(chain, EARLY if self._may_prune else self.replications, 0)
        if self._may_prune:
            self._report(trial, samples)
            rest = self._run(chain, self.replications - EARLY, EARLY)
            samples = [one.joined(more) for one, more in zip(samples, rest, strict=True)]
        values = [float(one.value()) for one in samples]
        count = len(self._figures)
        self._keep(trial, values[count:])
        return values[0] if not self._several else tuple(values[:count])

    @property
    def direction(self) -> Any:
        """What Optuna is to do with the value."""
        found = ["maximize" if figure[2] in HIGHER else "minimize" for figure in self._figures]
        return found if self._several else found[0]

    def constraints(self, trial: Any) -> Sequence[float]:
        """By how much a trial misses each limit: for ``constraints_func=`` of Optuna's samplers.

        Parameters
        ----------
        trial : FrozenTrial
            Of a study of this objective.

        Returns
        -------
        sequence of float
            One for each limit, above 0 where it is missed.

        See Also
        --------
        optuna_objective : makes it.
        """
        return list(trial.user_attrs.get(SHARES, ()))

    def changes(self, trial: Any) -> dict[str, Any]:
        """The changes that a trial stood for, as a scenario has them.

        Parameters
        ----------
        trial : FrozenTrial
            Such as ``study.best_trial``.

        Returns
        -------
        dict
            Sections to elements to fields.

        See Also
        --------
        ServiceChain.change : makes them.
        """
        return dict(trial.user_attrs[CHANGES])

    @property
    def _several(self) -> bool:
        return isinstance(self.given, list)

    @property
    def _may_prune(self) -> bool:
        return not self._several and self.replications > EARLY

    @property
    def _base(self) -> Results:
        if not self._look:
            runs = replicate(self.chain, replications=1, seed=self.seed, progress=False, **self.settings)
            self._look.append(Results(runs))
        return self._look[0]

    @property
    def _figures(self) -> list[Any]:
        given = self.given if self._several else [self.given]
        return [figure_name(one, self._base, "objective") for one in given]

    @property
    def _limits(self) -> Any:
        return read_limits(self.limits_given, self._base) if self.limits_given else ()

    def _run(self, chain: Chain, count: int, first: int) -> list[Any]:
        results = finished(chain, replications=count, first=first, seed=self.seed, **self.settings)
        figures = [*self._figures, *(limit.figure for limit in self._limits)]
        return [objective_of(figure, self._base).take(results) for figure in figures]

    def _keep(self, trial: Any, values: Sequence[float]) -> None:
        pairs = zip(self._limits, values, strict=True)
        missed = [limit.sign * (limit.bound - value) for limit, value in pairs]
        trial.set_user_attr(SHARES, [one if one == one else 1e9 for one in missed])

    def _report(self, trial: Any, samples: Sequence[Any]) -> None:
        trial.report(float(samples[0].value()), EARLY)
        if trial.should_prune():
            try:
                from optuna import TrialPruned
            except ImportError:
                raise NotSupportedError("pruning needs Optuna: pip install 'serviceflow[search]'") from None
            raise TrialPruned


def optuna_objective(
    chain: Chain,
    suggest: Callable[[Any], Mapping[str, Any]],
    objective: Any = "flow_time",
    constraints: Any = (),
    *,
    replications: int = 10,
    seed: int | None = None,
    **settings: Any,
) -> OptunaObjective:
    """A space of your own as an objective of Optuna, for what :func:`serviceflow.search` does not know.

    All trials run with the same random numbers, so that they differ by their changes alone. After three
    replications the figure is reported, and the trial is pruned if the study's pruner says so.

    Parameters
    ----------
    chain : ServiceChain
        As it stands.
    suggest : callable
        Takes a trial, asks it for values (``trial.suggest_int("clerks", 1, 6)``), and returns changes in the
        shape of a scenario's.
    objective : str, tuple or list
        A figure, named as for ``precision=`` of :meth:`ServiceChain.simulate`; a list of several.
    constraints : optional
        What must be kept, as for :func:`select_best`: give ``constraints_func=found.constraints`` to the
        sampler.
    replications : int
        Of each trial.
    seed : int, optional
        The chain's own by default, or else one that is drawn.
    **settings
        As for :meth:`ServiceChain.simulate`: duration, warm_up, horizon, engine, workers.

    Returns
    -------
    OptunaObjective
        For ``study.optimize``; with ``direction``, ``constraints`` and ``changes(trial)``.

    Raises
    ------
    SearchError
        If what `suggest` returns is no mapping.

    See Also
    --------
    search : finds the best staff by itself, and proves it.

    Examples
    --------
    >>> import serviceflow as sf
    >>> chain = sf.example("hotel_checkin")
    >>> def suggest(trial):
    ...     return {"providers": {"Supervisors": {"staff": trial.suggest_int("supervisors", 1, 3)}}}
    >>> found = sf.optuna_objective(chain, suggest, "waiting_time", duration="1 day", engine="simpy", seed=7)
    >>> found.direction
    'minimize'
    """
    if isinstance(replications, bool) or not isinstance(replications, int) or replications < 1:
        raise SearchError(f"replications={replications!r}: give a whole number of at least 1")
    common = draw_seed(chain.run.seed if seed is None and chain.run else seed)
    settings |= settled([chain], {**settings, "seed": common})
    return OptunaObjective(chain, suggest, objective, constraints, replications, common, settings)


__all__ = ["OptunaObjective", "optuna_objective"]
