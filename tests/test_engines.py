"""Two statements of the rules that check each other: the records of the engines are equal, bit for bit."""

import ast
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import serviceflow as sf
from engine_sweep import difference
from explore import SEED, blocks, new_numbers
from plain_chains import plain_chain
from programs import run_python
from random_chains import random_chain
from serviceflow.engine.kernel import arena, compile_cache, express_arena, layout, memory
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.kernel.arena import FIRST_ROWS, Memory
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from tracing import run_both

HERE = Path(__file__).parent
KERNEL = HERE.parent / "src" / "serviceflow" / "engine" / "kernel"
MODELS = sorted([*(HERE.parent / "models").glob("*.yaml"), *(HERE / "models").glob("*.yaml")])
STATIONS = """
serviceflow: 1
name: Line
time_unit: min
providers: {A: {staff: 1}, B: {staff: 1}}
services:
  First: {provider: A, duration: exponential(mean=4 min)}
  Second: {provider: B, duration: exponential(mean=4 min)}
handoffs: {First -> Second: {}}
consumers: {Guests: {enters: First, arrivals: {every: exponential(mean=5 min)}}}
run: {duration: 1000 h, seed: 1}
"""


def programs_of(path, share):
    """A model and its scenarios, for a share of its duration."""
    chain = sf.load(path)
    for one in (chain, *map(chain.scenario, chain.scenarios)):
        program = lower(one)
        length = (program.window[1] - program.window[0]) / program.time_unit
        yield program if share == 1 else lower(one, duration=share * length, warm_up=0)


@pytest.mark.parametrize("share", [0.2, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_and_scenario_has_the_same_record(path, share):
    for program in programs_of(path, share):
        run_both(program, 11, 1)


def differing(numbers):
    """What is different, by the number of the chain."""
    return {number: text for number in numbers if (text := difference(number))}


@pytest.mark.parametrize("numbers", blocks(20, fixed=6, fresh=4, long=106))
def test_random_chains_over_all_rules_have_the_same_record(numbers):
    assert differing(numbers) == {}


@pytest.mark.parametrize("number", [118, 2336, 1136531903, 1183675731])
def test_random_chains_that_one_engine_could_not_run_as_the_other(number):
    """Long queues in contrary orders, a circle, a late member of a batch, a draw beside kept staff."""
    assert difference(number) == ""


def test_memory_grows_as_it_is_needed():
    """Ten thousand wait at once, where there is room for some hundred at first."""
    busy = STATIONS.replace("every: exponential(mean=5 min)", "every: exponential(mean=2 min)")
    assert len(run_both(lower(sf.loads(busy), duration="400 h"), 3).visits) > 8 * FIRST_ROWS


def test_many_that_come_at_once_find_room():
    """A burst that one event brings is more than the slack that events are given."""
    burst = STATIONS.replace("exponential(mean=5 min)}", "100 h, batch: 2000}")
    program = lower(sf.loads(burst), duration="150 h")
    memory = Memory(program)
    rows = memory.first_rows
    assert memory.run(3, 0).differences(reference.run(program, 3)) == []
    assert memory.first_rows > rows


def test_memory_that_was_used_before_makes_no_difference():
    program = lower(sf.loads(STATIONS))
    first = compiled.run(program, 1, 0)
    compiled.run(program, 1, 1)
    assert compiled.run(program, 1, 0).differences(first) == []


def test_threads_have_memory_of_their_own():
    program = lower(sf.loads(STATIONS), duration="300 h")
    expected = [compiled.run(program, 1, number) for number in range(12)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda number: compiled.run(program, 1, number), range(12)))
    assert [mine.differences(other) for mine, other in zip(found, expected, strict=True)] == [[]] * 12


def test_seeds_are_whole_numbers_of_64_bits():
    program = lower(sf.loads(STATIONS), duration="1 h")
    assert compiled.run(program, 2**64 - 1, 3).differences(reference.run(program, 2**64 - 1, 3)) == []


def test_a_broken_rule_is_told_as_the_simpy_engine_does():
    negative = STATIONS.replace("exponential(mean=4 min)", "30 min - visit * 5 min - hour * 60 min", 1)
    program = lower(sf.loads(negative))
    with pytest.raises(sf.ServiceflowError) as expected:
        reference.run(program, 1)
    with pytest.raises(type(expected.value)) as found:
        compiled.run(program, 1)
    assert str(found.value) == str(expected.value)


def test_running_out_of_memory_is_an_error(monkeypatch):
    program = lower(sf.loads(STATIONS))
    small = compiled.loop_for(program)(program)

    def extend(self, name, rows):
        raise MemoryError(name)

    monkeypatch.setattr(Memory, "extend", extend)
    with pytest.raises(MemoryError):
        small.run(1, 0)


# How it is compiled, and kept


def script(text, **environment):
    return run_python("-c", text, cwd=HERE, env={**os.environ, **environment})


LOAD = """
from serviceflow.engine.kernel import compile_cache
few = ["schedules"]
before = compile_cache.is_cached(few)
table = compile_cache.load(few)
print(before, compile_cache.is_cached(few), (table != 0).sum(), compile_cache.cache_folder())
"""
"""Little of the kernel, which is soon compiled."""


def test_what_was_compiled_is_kept_for_the_next_process(tmp_path):
    old, other = tmp_path / "serviceflow-kernel-old", tmp_path / "serviceflow-kernel-other"
    old.mkdir()
    other.mkdir()
    os.utime(old, (0, 0))
    first, second = (script(LOAD, SERVICEFLOW_CACHE_DIR=str(tmp_path), NUMBA_OPT="0") for _ in range(2))
    assert first.stdout.split()[:2] == ["False", "True"], first.stderr
    assert second.stdout.split()[:2] == ["True", "True"], second.stderr
    assert first.stdout.split()[2] == second.stdout.split()[2] != "0"
    assert not old.exists()
    assert other.exists()  # That of another Python, which may be in use.


def test_it_works_where_nothing_can_be_kept():
    found = script(LOAD, SERVICEFLOW_CACHE_DIR="/proc/nowhere", NUMBA_OPT="0")
    before, after, functions, folder = found.stdout.split()
    assert (before, after, folder) == ("False", "True", "None"), found.stderr
    assert int(functions) > 0


def test_a_folder_that_cannot_be_written_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setenv("SERVICEFLOW_CACHE_DIR", "/proc/nowhere")
    assert compile_cache.cache_folder() is None
    monkeypatch.setenv("SERVICEFLOW_CACHE_DIR", str(tmp_path))
    assert compile_cache.cache_folder().parent == tmp_path
    monkeypatch.setenv("SERVICEFLOW_CACHE_DIR", "")
    assert compile_cache.cache_folder() is None


def test_another_installation_has_a_folder_of_its_own(tmp_path, monkeypatch):
    """Numba would not find there what is said to be complete."""
    place = tmp_path / "engine" / "kernel"
    shutil.copytree(compile_cache.HERE, place)
    monkeypatch.setattr(compile_cache, "HERE", place)
    assert compile_cache._fingerprint() != compile_cache.FINGERPRINT


def test_the_kernel_comes_back_to_be_interrupted(monkeypatch):
    """It does so every few events, and an interrupted run leaves nothing behind for the next."""
    program = lower(sf.loads(STATIONS))
    expected = compiled.run(program, 1)
    entry_point, enter = compile_cache.entry_point, compile_cache.entry_point("enter")
    budgets = []

    def entered(address, what, budget):
        budgets.append(budget)
        if len(budgets) == 9:
            raise KeyboardInterrupt
        return enter(address, what, budget)

    monkeypatch.setattr(arena, "BUDGET", 1000)
    monkeypatch.setattr(
        compile_cache, "entry_point", lambda name: entered if name == "enter" else entry_point(name)
    )
    with pytest.raises(KeyboardInterrupt):
        compiled.run(program, 1)
    assert compiled.run(program, 1).differences(expected) == []
    assert len(budgets) - 9 > len(expected.visits) / 1000


# Numba's bounds checking: a read or write outside of an array is an error


LOOPS = {"every rule": (Memory, random_chain), "express": (express_arena.Express, plain_chain)}
SOME = [*range(25), *new_numbers(0, 10)]
MANY = [*range(1000), *new_numbers(0, 1000)]


@pytest.mark.parametrize(
    "numbers",
    [pytest.param(SOME, id=f"new-{SEED}"), pytest.param(MANY, id=f"many-{SEED}", marks=pytest.mark.long)],
)
@pytest.mark.parametrize("loop", LOOPS)
def test_nothing_is_read_or_written_outside_its_arrays(loop, numbers):
    """Numba's bounds checking would say so: as it does in the end, where there are no rows.

    The process compiles for itself: Numba cannot keep code that checks bounds.
    """
    text = (
        f"import test_engines as t; print(t.run_all({loop!r}, {numbers})); t.read_what_is_not_there({loop!r})"
    )
    found = script(text, SERVICEFLOW_CACHE_DIR="", NUMBA_BOUNDSCHECK="1", NUMBA_OPT="0")
    assert "IndexError: no such row of" in found.stderr, found.stderr
    assert int(found.stdout) > 0.8 * len(numbers)


def run_all(loop, numbers):
    """Run random chains and a little of every model by a loop of the kernel; gives how many it covers."""
    kind, make = LOOPS[loop]
    programs = [*programs_made(make, numbers), *(next(programs_of(path, 0.02)) for path in MODELS)]
    covered = [program for program in programs if kind is Memory or express_arena.covers(program)]
    for seed, program in enumerate(covered):
        memory = kind(program)
        memory.told_by_reference = lambda *_: None
        memory.run(seed, 0)
    return len(covered)


def programs_made(make, numbers):
    for number in numbers:
        with suppress(sf.ModelError):
            yield lower(make(number))


def read_what_is_not_there(loop):
    memory = LOOPS[loop][0](lower(sf.loads(STATIONS), duration="10 h"))
    memory.prepare(1, 0)
    memory.state[layout.POOLS["teams"] + layout.ROWS] = 0
    memory.go()


# The kernel's own order


def test_no_module_of_the_kernel_gives_a_name_of_the_layout_another_meaning():
    names = {name for name in vars(layout) if name.isupper()}
    for path in KERNEL.glob("*.py"):
        text = path.read_text()
        if path.name == "layout.py" or "kernel.layout import *" not in text:
            continue
        stored = [
            n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name) and type(n.ctx) is ast.Store
        ]
        assert not names & set(stored), path.name


def test_every_unit_belongs_to_a_group_that_some_chain_needs():
    groups = {unit.group for unit in memory.REGISTRY}
    some = {
        "batches",
        "calls",
        "fitting",
        "named_units",
        "deadlock",
        "learning",
        "opening",
        "splits",
        "stocks",
    }
    assert groups == {
        *compile_cache.ALWAYS,
        *compile_cache.EXPRESS,
        *some,
        "opening",
        "stack_machine",
        "quantiles",
        "gammas",
        "rare",
    }


def test_fields_fill_their_rows():
    for pool, width in layout.POOL_FIELDS.items():
        assert width >= 0, pool
    assert max(layout.POOLS.values()) < layout.STATE_WORDS
    assert np.iinfo(np.int64).max > layout.STATE_WORDS


def test_a_chain_that_is_the_same_is_lowered_once():
    chain = sf.ServiceChain("Desk", time_unit="min", run={"duration": "1 day"})
    chain.add_service("Serve", duration="5 min")
    chain.add_consumer("Guests", enters="Serve", arrivals={"every": "10 min"})
    program = lower(chain)
    assert lower(chain) is program
    assert lower(chain, duration="2 days") is not program
    assert lower(chain, horizon="terminating") is not program
    assert lower(chain.change({})) is not program, "what is kept of a program is its own chain"
    chain.add_service("Look", duration="1 min")
    assert len(lower(chain).services) == 2
    chain.description = "Another one"
    assert lower(chain).chain.description == "Another one"
