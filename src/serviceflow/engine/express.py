"""Runs of chains of plain queues, by the express loop of the kernel (see ``kernel.express``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from serviceflow.engine.kernel import entry, layout, loading
from serviceflow.engine.kernel.codes import needed
from serviceflow.engine.kernel.packing import Packed
from serviceflow.engine.memory import Memory
from serviceflow.engine.plain import FIELDS

if TYPE_CHECKING:
    from serviceflow.engine.program import Program


class Express(Memory):
    """The memory of the express loop for one program."""

    OPEN, RUN, CLOSE = entry.OPEN_EXPRESS, entry.RUN_EXPRESS, entry.CLOSE_EXPRESS

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.widths["visits_out"] = layout.P_RECORD
        self.widths["counts"] = max(len(self.packed.repeating), 1)
        self.columns = np.array([FIELDS[name] for name in program.visit_columns], dtype=np.int64)

    @staticmethod
    def groups(packed: Packed) -> set[str]:
        return needed(packed.packer) | set(loading.EXPRESS)

    def grow(self) -> None:
        super().grow()
        self.extend("counts", len(self.pools["walks"]))
