"""Parameters of a chain with their sources, as a table and as comments."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from serviceflow.errors import one_line
from serviceflow.model.chain import Chain
from serviceflow.model.sources import parameters, value_text

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 96
COLUMNS = ("section", "element", "name", "value", "source", "count", "estimate", "low", "high")


def inputs(chain: Chain) -> pd.DataFrame:
    """Every parameter with its source; see :meth:`ServiceChain.inputs`."""
    import pandas as pd

    rows = [
        (*key, value_text(value), one.text, one.count, one.estimate, one.low, one.high)
        for key, value, one in parameters(chain)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def notes(chain: Chain) -> dict[tuple[str, str], str]:
    """Comments before elements: sources with a sample."""
    found: dict[tuple[str, str], list[str]] = {}
    for (section, element, name), _, source in parameters(chain):
        if source.count:
            text = one_line(f"{name}: {source.note}")
            wrapped = textwrap.wrap(text, WIDTH, break_on_hyphens=False)
            found.setdefault((section, element), []).extend(wrapped)
    return {key: "\n".join(lines) for key, lines in found.items()}
