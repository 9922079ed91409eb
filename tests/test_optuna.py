"""Spaces of a user's own, searched by Optuna."""

from __future__ import annotations

from typing import Any

import pytest

import serviceflow as sf

DESK = """
serviceflow: 1
name: Desk
run: {duration: 6 h, replications: 4, seed: 3}
providers: {Clerk: {staff: 2, cost: 20 per hour}}
services: {Talk: {provider: Clerk, duration: exponential(mean=10 min)}}
consumers: {Clients: {arrivals: {rate: 9 per hour}, enters: Talk, sla: {resolution: 80% within 25 min}}}
"""


def suggest(trial: Any) -> dict[str, Any]:
    return {"providers": {"Clerk": {"staff": trial.suggest_int("clerks", 1, 4)}}}


def objective(given: Any = "cost", constraints: Any = ("Clients: resolution",), **more: Any) -> Any:
    chain = sf.loads(DESK)
    return sf.optuna_objective(
        chain, suggest, given, constraints, engine="simpy", **{"replications": 4, **more}
    )


@pytest.fixture
def optuna() -> Any:
    found = pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'serviceflow[search]'")
    found.logging.set_verbosity(found.logging.ERROR)
    return found


class Trial:
    """What an objective asks of a trial."""

    def __init__(self, value: Any, prune: bool = False) -> None:
        self.value, self.prune = value, prune
        self.user_attrs: dict[str, Any] = {}
        self.reported: list[tuple[float, int]] = []

    def suggest_int(self, name: str, low: int, high: int) -> int:
        return int(self.value)

    def set_user_attr(self, name: str, value: Any) -> None:
        self.user_attrs[name] = value

    def report(self, value: float, step: int) -> None:
        self.reported.append((value, step))

    def should_prune(self) -> bool:
        return self.prune


def test_the_value_is_that_of_a_run_with_these_changes() -> None:
    found, trial = objective("waiting_time"), Trial(3)
    changed = sf.loads(DESK).change(suggest(Trial(3))).simulate(engine="simpy", replications=4)
    assert found(trial) == pytest.approx(changed.mean("chain", "waiting_time")[0])
    assert trial.reported[0][1] == 3
    assert found.changes(trial) == {"providers": {"Clerk": {"staff": 3}}}
    missed = 0.8 - changed.slas["attainment"].iloc[0]
    assert found.constraints(trial) == pytest.approx([missed])


def test_several_objectives_are_several_values() -> None:
    found = objective(["cost", "Clients: resolution"], (), replications=2)
    assert found.direction == ["minimize", "maximize"]
    assert [value > 0 for value in found(Trial(2))] == [True, True]


def test_a_study_finds_the_cheapest_that_keeps_the_promise(optuna: Any) -> None:
    found = objective()
    space = {"clerks": [1, 2, 3, 4]}
    study = optuna.create_study(direction=found.direction, sampler=optuna.samplers.GridSampler(space, seed=1))
    study.optimize(found, n_trials=4)
    allowed = [trial for trial in study.trials if max(found.constraints(trial)) <= 0]
    best = min(allowed, key=lambda trial: trial.value)
    own = sf.search(sf.loads(DESK), replications=4, engine="simpy", progress=False)
    assert best.params["clerks"] == own.best.staff["Clerk"]


def test_a_hopeless_trial_is_pruned(optuna: Any) -> None:
    with pytest.raises(optuna.TrialPruned):
        objective("waiting_time")(Trial(1, prune=True))


def test_what_is_no_change_is_told() -> None:
    found = sf.optuna_objective(sf.loads(DESK), lambda trial: 3, engine="simpy")
    with pytest.raises(sf.SearchError, match="suggest returned 3: return changes as of a scenario"):
        found(Trial(1))
    with pytest.raises(sf.SearchError, match="replications=0: give a whole number of at least 1"):
        objective(replications=0)
