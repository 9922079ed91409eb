"""Programs that tests run in an interpreter of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HANG = 3600
"""Seconds after which a program is taken to hang: much longer than any takes on a slow and busy machine."""
HERE = Path(__file__).parent


def run_python(*arguments: object, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments; `settings` are those of :func:`subprocess.run`."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANG, **settings)


def output_of(code: str, *, cwd: Path = HERE, **environment: str) -> str:
    """What a piece of Python prints; it must end well."""
    done = run_python("-c", code, cwd=cwd, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
