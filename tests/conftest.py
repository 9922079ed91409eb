"""What all tests share: seeds that are new in each run, and a kernel that is compiled by one process only."""

from __future__ import annotations

import os
import sys
import time

import pytest
from hypothesis import HealthCheck, settings

SEED = "SERVICEFLOW_TEST_SEED"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # Test processes have all cores at work by themselves.
os.environ.setdefault("SERVICEFLOW_BACKGROUND", "0")  # Which engine runs does not depend on the moment.
os.environ.setdefault(SEED, os.environ.get("GITHUB_RUN_NUMBER") or time.strftime("%Y%m%d%H%M"))

# No test fails because the machine is slow; what fails is printed so that it can be tried again.
settings.register_profile(
    "serviceflow",
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("serviceflow")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = os.environ[SEED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"the new random cases of this run: {SEED}={os.environ[SEED]}")


@pytest.fixture(scope="session", autouse=True)
def compiled_by_one() -> None:
    """Let one process compile the kernel, if the tests that were collected use it, and the others wait."""
    if "serviceflow.engine.kernel.compile_cache" in sys.modules:
        from compiling import compile_all

        compile_all()
