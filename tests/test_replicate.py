"""Many runs of one chain: seeds, settings, interrupts, workers, progress."""

import os
import sys
from threading import Event

import pytest

import serviceflow as sf
from hand_made import desk
from programs import output_of
from serviceflow.engine.kernel.engine import Compiled
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.record.record import Record
from serviceflow.engine.recursion import Recursion
from serviceflow.engine.reference import engine as reference
from serviceflow.engine.reference.behaviours import Behaviours
from serviceflow.engine.reference.engine import Simpy
from serviceflow.errors import NotSupportedError
from serviceflow.experiment import engines, progress
from serviceflow.experiment.engines import EngineError
from serviceflow.experiment.replicate import ExperimentError, _overlapping_runs, draw_seed, replicate
from serviceflow.experiment.scenarios import replicate_all

SHORT = {"duration": "10 h", "warm_up": 0}


def chain(**run):
    made = desk()
    made.run = type(made.run)(**run)
    return made


def test_a_replication_does_not_depend_on_how_many_there_are():
    few = replicate(desk(), replications=2, seed=3, **SHORT)
    more = replicate(desk(), replications=4, seed=3, **SHORT)
    assert [record.replication for record in more.records] == [0, 1, 2, 3]
    assert all(mine.equals(other) for mine, other in zip(few.records, more.records, strict=False))
    assert not more.records[0].equals(more.records[1])


def test_a_run_in_which_nobody_asks_is_a_run():
    runs = replicate(desk(), replications=1, seed=3, duration="1 s", warm_up=0)
    assert (len(runs.records[0].requests), len(runs.records[0].visits)) == (0, 0)


def test_no_seed_draws_one_that_gives_the_same_again():
    drawn = replicate(desk(), replications=1, **SHORT)
    again = replicate(desk(), replications=1, seed=drawn.seed, **SHORT)
    assert drawn.records[0].equals(again.records[0])
    assert replicate(desk(), replications=1, **SHORT).seed != drawn.seed


def test_the_chain_s_run_settings_are_the_defaults():
    runs = replicate(chain(duration="10 h", replications=3, seed=11, confidence=0.9))
    assert (len(runs.records), runs.seed, runs.settings.confidence) == (3, 11, 0.9)
    assert replicate(chain(seed=11), replications=1, seed=5, **SHORT).seed == 5


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "7", True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ExperimentError, match="give a whole number from 0 to"):
        draw_seed(seed)


@pytest.mark.parametrize("count", [0, -3, 2.5, True])
def test_replications_are_a_whole_number_of_at_least_one(count):
    with pytest.raises(ExperimentError, match=r"replications=.*: give a whole number of at least 1"):
        replicate(desk(), replications=count, **SHORT)


@pytest.mark.parametrize("workers", [0, 1.5, True])
def test_workers_are_a_number(workers):
    with pytest.raises(ExperimentError, match=r"workers=.*: give 1, the number to run at once, or -1"):
        replicate(desk(), replications=2, workers=workers, **SHORT)


def test_engines_have_names():
    assert replicate(desk(), replications=1, engine="simpy", **SHORT).engine == "simpy"
    with pytest.raises(EngineError, match=r"engine='simpi' does not exist: .*; did you mean 'simpy'\?"):
        replicate(desk(), replications=1, engine="simpi", **SHORT)


def test_behaviours_run_on_the_simpy_engine_only():
    with pytest.raises(
        NotSupportedError, match="engine='compiled' does not run behaviours, .*: use 'auto' or 'simpy'"
    ):
        engines.check_engine("compiled", behaviours=True)
    longer = Behaviours(durations={"Answer": lambda request: 1.0})
    program = lower(desk(), duration="1 h", behaviours=longer)
    runner = engines.choose_engine("auto", program, 1, behaviours=longer)
    assert (runner.name, runner.behaviours) == ("simpy", longer)


@pytest.mark.parametrize(
    ("ready", "covered", "in_pieces", "visits", "engine"),
    [
        ({"compiled", "recursion"}, "many services", False, 1, "compiled"),
        ({"recursion"}, "many services", False, 1, "recursion"),
        ({"compiled", "recursion"}, True, False, 1, "recursion"),
        ({"compiled", "recursion"}, True, True, 1, "compiled"),
        ({"compiled", "recursion"}, False, False, 1, "compiled"),
        ({"compiled"}, True, False, 1, "compiled"),
        (set(), True, False, 10**6, "simpy"),
        (set(), True, False, 1, "recursion"),
        (set(), False, False, 1, "compiled"),
    ],
)
def test_auto_is_the_fastest_that_does_not_take_longer_to_compile(
    monkeypatch, ready, covered, in_pieces, visits, engine
):
    for kind in (Compiled, Recursion):
        monkeypatch.setattr(kind, "is_ready", lambda self: self.name in ready)
    monkeypatch.setattr("serviceflow.engine.recursion.applies", lambda program: bool(covered))
    if covered == "many services":
        monkeypatch.setattr("serviceflow.engine.recursion.MANY", 1)
    monkeypatch.setattr(engines, "SHORT", visits)
    program = lower(desk(), duration="2 days")
    assert engines.choose_engine("auto", program, 1, in_pieces=in_pieces).name == engine


def test_the_recursion_is_not_used_where_it_does_not_apply():
    assert replicate(line(), replications=1, engine="recursion", **SHORT).engine == "recursion"
    with pytest.raises(NotSupportedError, match="engine='recursion' does not cover this chain: use 'auto'"):
        replicate(desk(), replications=1, engine="recursion", **SHORT)


def line():
    made = sf.ServiceChain("Line", time_unit="min")
    made.add_provider("Desk", staff=2)
    made.add_service("Serve", provider="Desk", duration="exponential(mean=9 min)")
    made.add_consumer("Guests", enters="Serve", arrivals={"every": "exponential(mean=5 min)"})
    return made


def test_what_is_wrong_with_a_run_is_for_the_run_to_say(monkeypatch):
    monkeypatch.setattr(Compiled, "is_ready", lambda self: False)
    broken = sf.ServiceChain("Broken", time_unit="min")
    broken.add_service("Serve", duration="5 min - visit * 5 min - 1 min")
    broken.add_consumer("Guests", enters="Serve", arrivals={"every": "10 min"})
    assert engines.choose_engine("auto", lower(broken, duration="1 h"), 1).name == "simpy"


def interrupted_after(monkeypatch, count):
    def stops(self, seed, number):
        if number == count:
            raise KeyboardInterrupt
        return reference.run(self.program, seed, number)

    def begins(self, seed, number):
        record = stops(self, seed, number)
        return lambda: record

    monkeypatch.setattr(Simpy, "run", stops)
    monkeypatch.setattr(Compiled, "begin", begins)


def test_an_interrupt_keeps_the_replications_that_have_finished(monkeypatch):
    interrupted_after(monkeypatch, 2)
    runs = replicate(desk(), replications=5, seed=1, **SHORT)
    assert len(runs.records) == 2
    assert runs.interrupted
    assert runs.settings.replications == 5


def test_an_interrupt_before_the_first_has_finished_is_one(monkeypatch):
    interrupted_after(monkeypatch, 0)
    with pytest.raises(KeyboardInterrupt):
        replicate(desk(), replications=5, seed=1, **SHORT)


class Handed:
    """A replication whose record is made only when the next one has begun."""

    def __init__(self, interrupt_at=None):
        self.interrupt_at = interrupt_at
        self.begun = [Event() for _ in range(4)]

    def begin(self, number):
        if number == self.interrupt_at:
            raise KeyboardInterrupt
        self.begun[number].set()
        return lambda: ("handed", self.finish(number))

    def finish(self, number):
        assert number == 2 or self.begun[number + 1].wait(3600)  # That is a guard against a hang.
        return number


def test_what_is_kept_of_a_replication_is_made_while_the_next_one_runs():
    one = Handed()
    assert [kept for _, kept in _overlapping_runs([(one, 0), (one, 1), (one, 2)])] == [0, 1, 2]


def test_an_interrupt_keeps_the_replication_that_had_run_before():
    one = Handed(interrupt_at=2)
    one.begun[2].set()
    runs = _overlapping_runs([(one, 0), (one, 1), (one, 2)])
    assert [next(runs)[1], next(runs)[1]] == [0, 1]
    with pytest.raises(KeyboardInterrupt):
        next(runs)


def test_an_interrupt_among_scenarios_keeps_what_there_is(monkeypatch):
    interrupted_after(monkeypatch, 1)
    found = replicate_all({"a": desk(), "b": desk()}, seed=1, replications=3, **SHORT)
    assert list(found) == ["a"]
    assert len(found["a"].records) == 1


def test_threads_give_the_same_records_in_order():
    import joblib

    alone = replicate(desk(), replications=3, seed=9, **SHORT)
    with joblib.parallel_config("threading"):
        together = replicate(desk(), replications=3, seed=9, workers=2, **SHORT)
    assert all(mine.equals(other) for mine, other in zip(alone.records, together.records, strict=True))
    assert all(
        isinstance(record, Record) and record.program is together.program for record in together.records
    )


@pytest.mark.skipif(os.cpu_count() == 1, reason="needs two cores")
def test_processes_give_the_same_records_in_order():
    alone = replicate(desk(), replications=2, seed=9, **SHORT)
    together = replicate(desk(), replications=2, seed=9, workers=2, **SHORT)
    assert all(mine.equals(other) for mine, other in zip(alone.records, together.records, strict=True))


def test_scenarios_share_a_seed():
    found = replicate_all({"a": desk(), "b": desk()}, replications=1, **SHORT)
    assert found["a"].seed == found["b"].seed
    assert found["a"].records[0].equals(found["b"].records[0])


def test_scenarios_need_a_chain():
    with pytest.raises(ExperimentError, match="there is no chain to run: give at least one"):
        replicate_all({})


def test_short_work_shows_no_bar_and_long_work_does(monkeypatch, capsys):
    replicate(desk(), replications=2, seed=1, progress=True, **SHORT)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "DELAY", 0)
    replicate(desk(), replications=2, seed=1, progress=True, **SHORT)
    assert "replications" in capsys.readouterr().err
    replicate(desk(), replications=2, seed=1, progress=False, **SHORT)
    assert capsys.readouterr().err == ""


def test_a_bar_stays_out_of_files_by_default(monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", 0)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)  # as outside a notebook
    replicate(desk(), replications=2, seed=1, **SHORT)
    assert capsys.readouterr().err == ""


def test_experiments_need_no_pandas():
    code = (
        "import sys, serviceflow.experiment.scenarios\n"
        "print([name for name in ('pandas', 'tqdm', 'joblib') if name in sys.modules])"
    )
    assert output_of(code) == "[]"


def test_chains_and_replications_are_one_pool_of_work(monkeypatch):
    from joblib import parallel_config

    from serviceflow.experiment import replicate as module

    seen, parallel = [], module._parallel_runs
    monkeypatch.setattr(
        module, "_parallel_runs", lambda work, workers: seen.append(work) or parallel(work, workers)
    )
    chains = {"a": desk(), "b": desk()}
    with parallel_config("threading"):
        both = replicate_all(chains, seed=1, replications=2, workers=2, engine="simpy", **SHORT)
    assert [number for _, number in seen[0]] == [0, 1, 0, 1]
    alone = replicate_all(chains, seed=1, replications=2, engine="simpy", **SHORT)
    for name, runs in both.items():
        for one, other in zip(runs.records, alone[name].records, strict=True):
            assert (one.visits["finished"] == other.visits["finished"]).all()
