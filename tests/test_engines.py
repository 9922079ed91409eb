"""Two statements of the rules that check each other: the records of the engines are equal, bit for bit."""

import ast
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import serviceflow as sf
from engine_sweep import difference
from programs import run_python
from serviceflow.engine.kernel import arena, compile_cache, layout, memory
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.kernel.arena import FIRST_ROWS, Memory
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.reference import engine as reference
from tracing import run_both

CHAINS = int(os.environ.get("SERVICEFLOW_ENGINE_CHAINS", "2000"))
PARTS = 8
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


def chains_of(path):
    chain = sf.load(path)
    yield chain
    for name in chain.scenarios:
        yield chain.scenario(name)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_and_scenario_has_the_same_record(path):
    for chain in chains_of(path):
        run_both(lower(chain), 11, 1)


@pytest.mark.parametrize("part", range(PARTS))
@settings(
    max_examples=CHAINS // PARTS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(number=st.integers(0, 2**32 // PARTS - 1))
def test_random_chains_over_all_rules_have_the_same_record(part, number):
    assert difference(PARTS * number + part) == ""


def test_memory_grows_as_it_is_needed():
    """Ten thousand wait at once, where there is room for some hundred at first."""
    busy = STATIONS.replace("every: exponential(mean=5 min)", "every: exponential(mean=2 min)")
    assert len(run_both(lower(sf.loads(busy), duration="400 h"), 3).visits) > 8 * FIRST_ROWS


def test_many_that_come_at_once_find_room():
    """A burst that one event brings is more than the slack that events are given."""
    burst = STATIONS.replace("exponential(mean=5 min)}", "exponential(mean=200 h), batch: 4000}")
    assert len(run_both(lower(sf.loads(burst)), 3).visits) > 4 * FIRST_ROWS


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
    small = compiled.kind_of(program)(program)

    def extend(self, name, rows):
        raise MemoryError(name)

    monkeypatch.setattr(Memory, "extend", extend)
    with pytest.raises(MemoryError):
        small.run(1, 0)


# How it is compiled, and kept


def script(text, **environment):
    return run_python("-c", text, cwd=HERE, env={**os.environ, **environment})


RUN = f"""
import serviceflow as sf
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.program.lowering import lower
program = lower(sf.loads('''{STATIONS}'''), duration="10 h")
print(compiled.is_ready(program), len(compiled.run(program, 1).visits), compiled.is_ready(program))
"""


def test_what_was_compiled_is_kept_for_the_next_process(tmp_path):
    environment = {"SERVICEFLOW_CACHE_DIR": str(tmp_path), "NUMBA_OPT": "0"}
    old, other = tmp_path / "serviceflow-kernel-old", tmp_path / "serviceflow-kernel-other"
    old.mkdir()
    other.mkdir()
    os.utime(old, (0, 0))
    first, second = script(RUN, **environment), script(RUN, **environment)
    assert first.stdout.split()[::2] == ["False", "True"], first.stderr
    assert second.stdout.split()[::2] == ["True", "True"], second.stderr
    assert first.stdout.split()[1] == second.stdout.split()[1]
    assert not old.exists()
    assert other.exists()  # That of another Python, which may be in use.


def test_it_works_where_nothing_can_be_kept():
    found = script(RUN, SERVICEFLOW_CACHE_DIR="/proc/nowhere", NUMBA_OPT="0")
    assert found.stdout.split()[::2] == ["False", "True"], found.stderr


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


CHECKED = f"""
from engine_sweep import sweep
import serviceflow as sf
from plain_chains import PLAIN_CHAINS
from serviceflow.engine.kernel import engine as compiled
from serviceflow.engine.kernel import layout
from serviceflow.engine.program.lowering import lower
from serviceflow.engine.kernel.arena import Memory
for path in {[str(path) for path in MODELS]}:
    compiled.run(lower(sf.load(path)), 1)
print(sweep(0, 120), sweep(PLAIN_CHAINS, PLAIN_CHAINS + 100))
memory = Memory(lower(sf.loads('''{STATIONS}'''), duration="10 h"))
memory.prepare(1, 0)
memory.state[layout.POOLS["teams"] + layout.ROWS] = 0
memory.go()
"""


def test_nothing_is_read_or_written_outside_its_arrays(tmp_path):
    """Random chains with Numba's bounds checking, which would say so: as it does where there are no rows."""
    environment = {"SERVICEFLOW_CACHE_DIR": str(tmp_path), "NUMBA_BOUNDSCHECK": "1", "NUMBA_OPT": "0"}
    found = script(CHECKED, **environment)
    assert found.stdout.splitlines()[-1] == "[] []", found.stderr
    assert "IndexError: no such row of" in found.stderr


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
    some = {"batches", "calls", "named_units", "deadlock", "learning", "splits", "stocks"}
    assert groups == {
        *compile_cache.ALWAYS,
        *compile_cache.EXPRESS,
        *some,
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
