"""SimPy begins at once, and hands over when what is faster has been compiled: the records are the same."""

import os
import sys
import time
from dataclasses import dataclass, field
from typing import ClassVar

import joblib
import pytest

import serviceflow as sf
from programs import HANG, HERE, run_python
from serviceflow.engine.kernel import background
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from serviceflow.engine.reference import loop
from serviceflow.engine.runner import Runner
from serviceflow.experiment import engines, first_answer
from serviceflow.experiment.first_answer import ATTEMPTS, BackgroundCompiler, FirstAnswer, is_sooner
from serviceflow.experiment.replicate import replicate
from serviceflow.results.retention import retention

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that go on by themselves")


def desk():
    chain = sf.ServiceChain("Desk", time_unit="min", run={"duration": "300 h", "replications": 4, "seed": 5})
    chain.add_provider("Clerk", staff=1)
    chain.add_service("Serve", provider="Clerk", duration="exponential(mean=4 min)")
    chain.add_consumer("Guests", enters="Serve", arrivals={"every": "exponential(mean=6 min)"})
    return chain


@dataclass(frozen=True)
class Fast(Runner):
    """An engine that is compiled: the SimPy engine under another name."""

    name: ClassVar[str] = "compiled"

    def run(self, seed, replication):
        return reference.run(self.program, seed, replication)


@dataclass
class FakeCompiler:
    """Is done after it has been asked so many times."""

    calls: int
    asked: int = 0

    def is_done(self):
        self.asked += 1
        return self.asked > self.calls


@dataclass
class Clock:
    """A second goes by each time that somebody looks."""

    seconds: float = 0.0
    step: float = 1.0

    def __call__(self):
        self.seconds += self.step
        return self.seconds


def run_with(monkeypatch, compiler, clock=None, **settings):
    """The runs of a chain by `auto`, where a compiler is at work."""
    clock = clock or Clock()
    monkeypatch.setattr(
        engines, "_first", lambda fast, *_: FirstAnswer(fast.program, Fast(fast.program), compiler, clock)
    )
    monkeypatch.setattr(engines, "_fast", lambda program, _: [Unready(program)])
    return replicate(desk(), **settings)


class Unready(Fast):
    def is_ready(self):
        return False


def check_equal(runs):
    expected = replicate(desk(), engine="simpy").records
    assert [mine.differences(other) for mine, other in zip(runs.records, expected, strict=True)] == [[]] * 4


LOOKS = 45
"""How often somebody looks at one replication (of 6,000 instants, each 128), about."""


@pytest.fixture(autouse=True)
def looked_at_often(monkeypatch):
    monkeypatch.setattr(loop, "LOOK", 128)


@pytest.mark.parametrize(
    ("calls", "engine"),
    [
        (0, "compiled"),
        (1, "compiled"),
        (LOOKS + 20, "simpy, then compiled"),
        (10**9, "simpy"),
    ],
)
def test_simpy_begins_and_hands_over(monkeypatch, calls, engine):
    runs = run_with(monkeypatch, FakeCompiler(calls))
    assert runs.engine == engine
    check_equal(runs)


def test_which_engine_ran_which_replication(monkeypatch):
    made = []
    make = FirstAnswer.make

    def noted(self, keep):
        made.append(make(self, keep))
        return made[-1]

    monkeypatch.setattr(FirstAnswer, "make", noted)
    runs = run_with(monkeypatch, FakeCompiler(2 * LOOKS))
    names = [name for name, _ in made]
    assert names == sorted(names, reverse=True)
    assert set(names) == {"simpy", "compiled"}
    assert runs.engine == "simpy, then compiled"
    check_equal(runs)


def test_one_that_is_nearly_over_is_not_begun_anew(monkeypatch):
    """There is not a second left of it."""
    runs = run_with(monkeypatch, FakeCompiler(2), Clock(step=1e-6), replications=1)
    assert runs.engine == "simpy"
    long = run_with(monkeypatch, FakeCompiler(2), Clock(step=10.0), replications=1)
    assert long.engine == "compiled"
    assert long.records[0].differences(runs.records[0]) == []


def test_what_is_sooner():
    assert is_sooner(elapsed=10.0, share=0.01)
    assert is_sooner(elapsed=10.0, share=0.0)
    assert not is_sooner(elapsed=10.0, share=0.9)
    assert not is_sooner(elapsed=0.1, share=0.5)
    assert not is_sooner(elapsed=100.0, share=1.0)


def test_summaries_are_handed_over_too(monkeypatch):
    runs = run_with(monkeypatch, FakeCompiler(2 * LOOKS), keeping=retention("summary"))
    expected = replicate(desk(), engine="simpy", keeping=retention("summary"))
    assert runs.engine == "simpy, then compiled"
    for mine, other in zip(runs.digests, expected.digests, strict=True):
        arrays = other.arrays()
        assert all((mine.arrays()[name] == arrays[name]).all() for name in arrays)


def test_threads_hand_over_each_for_itself(monkeypatch):
    with joblib.parallel_config("threading"):
        runs = run_with(monkeypatch, FakeCompiler(3 * LOOKS), workers=2)
    assert set(runs.engine.split(", then ")) <= {"simpy", "compiled"}
    check_equal(runs)


@pytest.mark.skipif(os.cpu_count() == 1, reason="needs two cores")
def test_processes_hand_over_each_for_itself(monkeypatch):
    runs = run_with(monkeypatch, FakeCompiler(1), workers=2)
    assert runs.engine == "compiled"
    check_equal(runs)


def test_what_is_wrong_with_a_chain_is_said_as_always(monkeypatch):
    broken = desk().change({"services": {"Serve": {"duration": "5 min - visit * 6 min"}}})
    program = lower(broken)
    answer = FirstAnswer(program, Fast(program), FakeCompiler(10**9), Clock())
    with pytest.raises(sf.ServiceflowError) as found:
        answer.run(1, 0)
    with pytest.raises(sf.ServiceflowError) as expected:
        reference.run(program, 1)
    assert str(found.value) == str(expected.value)


# Who compiles


@dataclass
class Kitchen:
    """Processes that a compiler has begun: `ends` tells how each does, with or without success."""

    ends: list
    recipes: list = field(default_factory=list)
    ready: bool = False
    busy: bool = False

    def begin(self, recipe, folder):
        self.recipes.append(recipe)
        end = self.ends.pop(0)
        self.ready = end == "compiled"
        return {"cannot": None, "busy": background.BUSY}.get(end, background.STARTED)


def compiler_in(monkeypatch, kitchen, tmp_path):
    class Cooked(Fast):
        def is_ready(self):
            return kitchen.ready

        def recipe(self):
            return "a recipe"

    monkeypatch.setattr(background, "begin", kitchen.begin)
    monkeypatch.setattr(background, "is_compiling", lambda folder: kitchen.busy)
    return BackgroundCompiler(Cooked(lower(desk())), tmp_path)


def test_a_process_that_was_killed_is_begun_again(monkeypatch, tmp_path):
    kitchen = Kitchen(["killed", "compiled"])
    compiler = compiler_in(monkeypatch, kitchen, tmp_path)
    assert [compiler.is_done() for _ in range(3)] == [False, False, True]
    assert kitchen.recipes == ["a recipe"] * 2


def test_after_some_attempts_it_is_compiled_here(monkeypatch, tmp_path):
    kitchen = Kitchen(["killed"] * ATTEMPTS)
    compiler = compiler_in(monkeypatch, kitchen, tmp_path)
    assert [compiler.is_done() for _ in range(ATTEMPTS + 1)] == [False] * ATTEMPTS + [True]
    assert compiler.given_up


def test_where_no_process_can_be_made_it_is_compiled_here(monkeypatch, tmp_path):
    compiler = compiler_in(monkeypatch, Kitchen(["cannot"]), tmp_path)
    assert compiler.is_done()
    assert compiler.given_up


def test_another_that_compiles_is_waited_for(monkeypatch, tmp_path):
    kitchen = Kitchen(["busy", "compiled"], busy=True)
    compiler = compiler_in(monkeypatch, kitchen, tmp_path)
    assert not compiler.is_done()
    assert kitchen.recipes == []
    kitchen.busy = False
    assert [compiler.is_done() for _ in range(3)] == [False, False, True]
    assert compiler.attempts == 1


# Processes


def waited_for(holds, what):
    """Wait until something is so; a guard against a hang."""
    end = time.monotonic() + HANG
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


WAITS = "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.02)\n"
"""A recipe that takes until it is told to go."""


@needs_fork
def test_it_goes_on_by_itself_and_one_at_a_time(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    recipe = WAITS + "pathlib.Path('done').touch()"
    assert background.begin(recipe, tmp_path) == background.STARTED
    assert background.is_compiling(tmp_path)
    assert background.begin("print('never')", tmp_path) == background.BUSY
    (tmp_path / "go").touch()
    waited_for((tmp_path / "done").exists, "the process has not gone on")
    waited_for(lambda: not background.is_compiling(tmp_path), "the process has not ended")


@needs_fork
def test_a_process_that_is_killed_leaves_its_lock(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    recipe = "import os, pathlib\npathlib.Path('pid.new').write_text(str(os.getpid()))\n"
    recipe += "os.rename('pid.new', 'pid')\n" + WAITS
    assert background.begin(recipe, tmp_path) == background.STARTED
    waited_for((tmp_path / "pid").exists, "the process has not begun")
    os.kill(int((tmp_path / "pid").read_text()), 9)
    waited_for(lambda: not background.is_compiling(tmp_path), "the lock is still held")
    assert background.begin("pass", tmp_path) == background.STARTED


@needs_fork
def test_its_life_is_bounded_and_it_lets_others_go_first(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    told = "import os, pathlib, signal\n"
    told += "pathlib.Path('new').write_text(f'{os.nice(0)} {signal.alarm(0)}')\nos.rename('new', 'told')"
    assert background.begin(told, tmp_path) == background.STARTED
    waited_for((tmp_path / "told").exists, "the process has not ended")
    nice, left = (tmp_path / "told").read_text().split()
    assert int(nice) == min(os.nice(0) + background.NICE, 19)
    assert 0 < int(left) <= background.LIFE


def test_a_recipe_is_not_printed_into_scripts(tmp_path):
    code = (
        "from pathlib import Path\nfrom serviceflow.engine.kernel import background\n"
        f"background.begin('print(1/0)', Path({str(tmp_path)!r}))"
    )
    done = run_python("-W", "error", "-c", code, cwd=HERE)
    assert (done.stdout, done.stderr) == ("", "")


def test_python_that_cannot_be_begun_is_no_error(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no_python"))
    assert background.begin("pass", tmp_path) is None


@pytest.mark.parametrize("hidden", ["switch", "fcntl", "executable"])
def test_where_processes_cannot_go_on_it_is_as_before(monkeypatch, hidden):
    monkeypatch.setenv(background.SWITCH, "0" if hidden == "switch" else "1")
    if hidden == "fcntl":
        monkeypatch.setattr(background, "fcntl", None)
    if hidden == "executable":
        monkeypatch.setattr(sys, "executable", "")
    assert not background.is_possible()
    program = lower(desk(), duration="1 h")
    assert engines._first(Fast(program), 1, 1).name == "simpy"
    monkeypatch.setattr(engines, "SHORT", 0)
    assert engines._first(Fast(program), 1, 1).name == "compiled"


def test_where_no_folder_can_be_written_it_is_as_before(monkeypatch):
    monkeypatch.setenv(background.SWITCH, "1")
    monkeypatch.setenv("SERVICEFLOW_CACHE_DIR", "/proc/nowhere")
    program = lower(desk(), duration="1 h")
    assert engines._first(Fast(program), 1, 1).name == "simpy"


@needs_fork
def test_where_a_folder_can_be_written_simpy_begins(monkeypatch, tmp_path):
    monkeypatch.setenv(background.SWITCH, "1")
    monkeypatch.setenv("SERVICEFLOW_CACHE_DIR", str(tmp_path))
    found = engines._first(Fast(lower(desk())), 1, 1)
    assert isinstance(found, first_answer.FirstAnswer)
    assert found.compiler.folder.parent == tmp_path


@needs_fork
def test_what_a_command_began_to_compile_is_there_for_the_next(tmp_path):
    """The command has ended long before; little of the kernel is compiled, without optimization."""
    code = (
        "from pathlib import Path\nfrom serviceflow.engine.kernel import background, compile_cache\n"
        "recipe = f'from {compile_cache.__name__} import load; load([\"schedules\"])'\n"
        "print(background.begin(recipe, compile_cache.cache_folder()), compile_cache.cache_folder())"
    )
    environment = {**os.environ, "SERVICEFLOW_CACHE_DIR": str(tmp_path), "NUMBA_OPT": "0"}
    begun, folder = run_python("-c", code, cwd=HERE, env=environment).stdout.split()
    assert int(begun) == background.STARTED
    waited_for((tmp_path / folder / "schedules.complete").exists, "nothing was compiled")
