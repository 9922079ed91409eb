"""Intervals by resampling respondents, whatever each of them answered, with replacement.

A respondent's answers go together, so respondents are drawn, not answers (the cluster bootstrap). Of few
respondents the plain percentiles lie too close together; they are widened as Student's t is wider than the
normal distribution (Hesterberg 2015, "What teachers should know about the bootstrap", *The American
Statistician* 69, 371-386).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from serviceflow.quality.answers import Floats, Ints

RESAMPLES = 2000
SEED = 20260105


@lru_cache(maxsize=32)
def times_drawn(respondents: int, resamples: int, seed: int) -> Floats:
    """How often each respondent is drawn in each resample, an array of shape (resamples, respondents)."""
    rng = np.random.Generator(np.random.Philox(key=[seed, respondents]))
    drawn = rng.integers(0, respondents, size=(resamples, respondents))
    drawn += np.arange(resamples)[:, None] * respondents
    found = np.bincount(drawn.ravel(), minlength=resamples * respondents).astype(np.float32)
    shaped: Floats = found.reshape(resamples, respondents)  # type: ignore[assignment]
    shaped.setflags(write=False)
    return shaped


@dataclass(frozen=True)
class Sums:
    """What each respondent's answers add up to: means over sheets are ratios of such sums.

    Attributes
    ----------
    totals, counts : arrays of shape (respondents, figures)
        Sum of the answers, and their number.
    """

    totals: Floats
    counts: Floats

    @property
    def respondents(self) -> Ints:
        """How many respondents have an answer to each figure."""
        found: Ints = (self.counts > 0).sum(axis=0)
        return found

    def mean(self) -> Floats:
        """The mean of each figure; NaN where there are no answers."""
        return ratio(self.totals.sum(axis=0), self.counts.sum(axis=0))

    def error(self) -> Floats:
        """Standard error of each mean, by linearization over respondents."""
        size = np.maximum(self.respondents, 2)
        rest = self.totals - self.mean() * self.counts
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = np.sqrt(size / (size - 1) * np.square(rest).sum(axis=0)) / self.counts.sum(axis=0)
        return np.where(self.respondents > 1, found, np.nan)

    def resampled(self, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
        """The mean of each figure in each resample, an array of shape (resamples, figures)."""
        drawn = times_drawn(len(self.totals), resamples, seed)
        centre = np.nan_to_num(self.mean())
        # About the mean, so that single precision loses nothing that matters.
        off = (self.totals - centre * self.counts).astype(np.float32)
        # Where everybody gave equally many answers, every resample has as many as there are.
        vary = np.flatnonzero((self.counts != self.counts[:1]).any(axis=0))
        found = drawn @ np.concatenate([off, self.counts[:, vary].astype(np.float32)], axis=1)
        counts = np.broadcast_to(self.counts.sum(axis=0), (resamples, off.shape[1])).copy()
        counts[:, vary] = found[:, off.shape[1] :]
        return centre + ratio(found[:, : off.shape[1]], counts)


def ratio(totals: Floats, counts: Floats) -> Floats:
    """Totals by counts; NaN of nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(counts > 0, np.asarray(totals, dtype=np.float64) / counts, np.nan)
    return found


def sums_of(values: Floats, respondent: Ints, respondents: int) -> Sums:
    """Sums by respondent of an array of shape (sheets, figures), NaN left out."""
    known = np.isfinite(values)
    totals = np.zeros((respondents, values.shape[1]))
    counts = np.zeros_like(totals)
    np.add.at(totals, respondent, np.where(known, values, 0.0))
    np.add.at(counts, respondent, known)
    return Sums(totals, counts)


def quantiles(samples: Floats, probabilities: tuple[float, ...]) -> list[Floats]:
    """Quantiles along the first axis, NaN left out; NaN of nothing."""
    ordered = np.sort(samples, axis=0)
    known = np.isfinite(ordered).sum(axis=0)
    columns = np.arange(ordered.shape[1])
    found = []
    for probability in probabilities:
        place = probability * np.maximum(known - 1, 0)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, np.maximum(known - 1, 0))
        low, high = ordered[below, columns], ordered[above, columns]
        found.append(np.where(known > 0, low + (place - below) * (high - low), np.nan))
    return found


def interval(
    mean: Floats, samples: Floats, respondents: Ints | int, confidence: float
) -> tuple[Floats, Floats]:
    """The percentile interval of resampled figures, widened for few respondents."""
    from scipy.special import ndtri, stdtrit

    tail = (1 - confidence) / 2
    low, high = quantiles(samples, (tail, 1 - tail))
    size = np.maximum(np.asarray(respondents, dtype=np.float64), 2)
    wider = np.sqrt(size / (size - 1)) * stdtrit(size - 1, 1 - tail) / ndtri(1 - tail)
    return mean - wider * (mean - low), mean + wider * (high - mean)
