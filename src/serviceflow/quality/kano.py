"""Kano's method: what a feature is to people, from how they like having it and not having it.

N. Kano and others (1984), "Attractive quality and must-be quality", *Hinshitsu* 14 (2), 39-48. C. Berger and
others (1993), "Kano's methods for understanding customer-defined quality", *Center for Quality of Management
Journal* 2 (4).
"""

from __future__ import annotations

from os import PathLike

import numpy as np
import pandas as pd

from serviceflow.quality.answers import Floats, Ints
from serviceflow.quality.errors import SurveyError
from serviceflow.quality.reading import read_table
from serviceflow.quality.resampling import SEED, times_drawn

CLASSES = ("A", "O", "M", "I", "R", "Q")
MEANING = {
    "A": "attractive",
    "O": "performance",
    "M": "must-be",
    "I": "indifferent",
    "R": "reverse",
    "Q": "questionable",
}
TABLE = ("QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ")
"""Class by the answers with (row) and without (column), from liking it to disliking it."""
ANSWERS = ("like", "must-be", "neutral", "live with", "dislike")
WINS = 0.95
RESAMPLES = 2000
_WORDS = {
    **{str(number): number - 1 for number in range(1, 6)},
    **{word: place for place, word in enumerate(ANSWERS)},
    "喜欢": 0,
    "理所当然": 1,
    "无所谓": 2,
    "可以忍受": 3,
    "不喜欢": 4,
}


def kano(
    source: str | PathLike[str] | pd.DataFrame, by: str | None = None, *, fewest: int = 5, seed: int = SEED
) -> pd.DataFrame:
    """What each feature is to those who were asked: must-be, performance, attractive, or of no account.

    A class is told only if it is the most frequent one in 95% of resamples of the respondents; else the class
    is "undecided".

    Parameters
    ----------
    source : path or DataFrame
        CSV or Excel with columns ``respondent``, ``feature``, ``with`` and ``without``: answers from 1 (like
        it) over 2 (expect it), 3 (neutral) and 4 (can live with it) to 5 (dislike it), or these words.
    by : str, optional
        A further column by which features are told apart, such as ``link``.
    fewest : int
        Respondents below which nothing is told: 5 or more.
    seed : int
        Of the resampling.

    Returns
    -------
    DataFrame
        By feature: ``class``, ``wins`` (the share of resamples), counts of A, O, M, I, R and Q, Berger's
        ``better`` and ``worse``, and ``total_strength`` (the share of A, O and M).

    Raises
    ------
    SurveyError
        If columns are missing, or answers are none: all of them are listed with their rows.

    See Also
    --------
    Survey : gaps between what is expected and what is found.

    Examples
    --------
    >>> import pandas as pd
    >>> import serviceflow as sf
    >>> answers = pd.DataFrame({"respondent": range(30), "feature": "status line", "with": 1, "without": 3})
    >>> sf.kano(answers)[["feature", "class", "wins"]]
           feature       class  wins
    0  status line  attractive   1.0
    """
    if fewest < 5:
        raise SurveyError(f"fewest={fewest} would tell what single people answered; give 5 or more")
    keys, respondent, codes = _read(read_table(source), by)
    rows = [
        row | _class(codes[found], respondent[found], fewest, seed)
        for row, found in ((dict(zip(keys.columns, key, strict=True)), rows) for key, rows in _groups(keys))
    ]
    return pd.DataFrame(rows)


def kano_class(functional: int, dysfunctional: int) -> str:
    """Kano's letter for answers from 1 to 5 with and without a feature."""
    return TABLE[functional - 1][dysfunctional - 1]


def _groups(keys: pd.DataFrame) -> list[tuple[tuple[str, ...], Ints]]:
    found = keys.groupby(list(keys.columns), sort=True).indices
    return [
        (key if isinstance(key, tuple) else (str(key),), np.asarray(rows, dtype=np.int64))
        for key, rows in found.items()
    ]


def _read(table: pd.DataFrame, by: str | None) -> tuple[pd.DataFrame, Ints, Ints]:
    table = table.rename(
        columns=lambda name: {"functional": "with", "dysfunctional": "without"}.get(name, name)
    )
    wanted = ["respondent", "feature", "with", "without", *([by] if by else [])]
    missing = [name for name in wanted if name not in table]
    if missing:
        raise SurveyError(f"there is no column {missing[0]!r}; there are: {', '.join(table.columns)}")
    found = np.stack([_answers(table[name]) for name in ("with", "without")])
    bad = np.flatnonzero((found < 0).any(axis=0))
    if len(bad):
        pairs = zip(table.index, table["with"], table["without"], strict=True)
        lines = [f"row {row}: {one!r} and {other!r} are no answers" for row, one, other in pairs]
        told = "\n".join(lines[place] for place in bad[:20])
        raise SurveyError(f"{told}\nwrite 1 to 5, or {', '.join(ANSWERS)}")
    codes = np.array([[CLASSES.index(letter) for letter in row] for row in TABLE])[found[0], found[1]]
    keys = (
        table[["feature", *([by] if by else [])]]
        .apply(lambda column: column.str.strip())
        .reset_index(drop=True)
    )
    double = keys.assign(respondent=table["respondent"].to_numpy()).duplicated(keep="last").to_numpy()
    keys, codes = keys[~double].reset_index(drop=True), codes[~double]
    people = np.unique(table["respondent"].to_numpy(dtype=str)[~double], return_inverse=True)[1]
    return keys, people.astype(np.int64), codes


def _answers(column: pd.Series) -> Ints:
    text = column.str.strip().str.casefold().str.replace(r"\.0$", "", regex=True)
    found: Ints = text.map(_WORDS).fillna(-1).to_numpy().astype(np.int64)
    return found


def _class(codes: Ints, respondent: Ints, fewest: int, seed: int) -> dict[str, object]:
    people, respondent = np.unique(respondent, return_inverse=True)
    row: dict[str, object] = {"respondents": len(people)}
    if len(people) < fewest:
        nothing = dict.fromkeys(("wins", *CLASSES, "better", "worse", "total_strength"), np.nan)
        return row | {"class": "", **nothing, "note": f"fewer than {fewest} respondents"}
    each = np.zeros((len(people), len(CLASSES)))
    np.add.at(each, (respondent, codes), 1)
    counts = each.sum(axis=0)
    best = int(counts.argmax())
    wins = _wins(each, best, seed)
    name = MEANING[CLASSES[best]] if wins >= WINS else "undecided"
    return row | {"class": name, "wins": wins, **_coefficients(counts), "note": ""}


def _wins(each: Floats, best: int, seed: int) -> float:
    """In which share of resamples a class is the only most frequent one."""
    samples = times_drawn(len(each), RESAMPLES, seed).astype(np.float64) @ each
    others = np.delete(samples, best, axis=1).max(axis=1)
    return float((samples[:, best] > others).mean())


def _coefficients(counts: Floats) -> dict[str, float]:
    found = {letter: float(count) for letter, count in zip(CLASSES, counts, strict=True)}
    base = sum(found[letter] for letter in "AOMI")
    better = (found["A"] + found["O"]) / base if base else np.nan
    worse = -(found["O"] + found["M"]) / base if base else np.nan
    strength = (found["A"] + found["O"] + found["M"]) / counts.sum()
    return found | {"better": better, "worse": worse, "total_strength": float(strength)}
