"""Forms of a survey to hand out: a row for each sheet, with a column for each answer."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from serviceflow.quality.instruments import OVERALL, Instrument


def survey_form(links: Sequence[str], asked: Instrument, people: int = 1) -> pd.DataFrame:
    """An empty sheet for so many people on each link; who answers writes a name or a number of its own."""
    pairs = [f"{letter}{key}" for key in asked.keys for letter in "EP"]
    weights = [f"weight {name}" for name in asked.dimensions]
    columns = ["respondent", "link", *pairs, *weights, OVERALL, "comment"]
    rows = [{"link": link} for link in links for _ in range(people)]
    return pd.DataFrame(rows, columns=columns, dtype=object).fillna("")
