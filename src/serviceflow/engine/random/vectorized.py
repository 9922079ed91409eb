"""Samplers for many request numbers at once, to the same bits as one by one (see ``samplers``)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from serviceflow.engine.random import parameters as p
from serviceflow.engine.random.elementary import exp_many, log_many, normal_quantile_many
from serviceflow.engine.random.philox import philox_many, uniforms_of
from serviceflow.engine.random.samplers import ROW, Sampler, uniform_at

Floats = NDArray[np.float64]
Integers = NDArray[np.uint64]

FEW = 32
"""Up to this many draws it is quicker to compute a block of words for each than for all."""


class Words:
    """The words of many draws for one purpose, block by block as they are asked for.

    Attributes
    ----------
    numbers : array
        The request numbers.
    """

    def __init__(
        self, key0: int, key1: int, what: int, numbers: Integers, occurrence: int, block: int = 0
    ) -> None:
        self.key = (key0, key1)
        self.what = what
        self.numbers = numbers
        self.occurrence = occurrence
        self.block = block
        self.blocks: dict[int, Floats] = {}

    def uniform(self, index: int) -> Floats:
        """Give the uniform numbers at one place of each draw's sequence."""
        number = index // 4
        if number not in self.blocks:
            words = philox_many(*self.key, self.block + number, self.occurrence, self.numbers, self.what)
            self.blocks[number] = uniforms_of(words)
        found: Floats = self.blocks[number][index % 4]
        return found

    def at(self, index: NDArray[np.int64], draws: NDArray[np.int64]) -> Floats:
        """Give the uniform number at a place of its own for each of some draws."""
        if len(index) and (index == index[0]).all():
            return self.some(int(index[0]), draws)
        found = np.empty(len(index))
        for place in np.unique(index):
            here = index == place
            found[here] = self.some(int(place), draws[here])
        return found

    def some(self, index: int, here: NDArray[np.int64]) -> Floats:
        """Give the uniform numbers at one place for some draws; few of them one by one."""
        if index // 4 in self.blocks or len(here) > FEW:
            return self.uniform(index)[here]
        numbers = (int(number) for number in self.numbers[here])
        single = [uniform_at(index, self.block, *self.key, self.what, n, self.occurrence) for n in numbers]
        return np.array(single)

    def of(self, chosen: NDArray[np.bool_], block: int = 0) -> Words:
        """Give the words of some of the draws, from a later block on."""
        return Words(*self.key, self.what, self.numbers[chosen], self.occurrence, self.block + block)

    def __len__(self) -> int:
        return len(self.numbers)


def sample_many(
    sampler: Sampler, key0: int, key1: int, what: int, numbers: Integers, occurrence: int = 0
) -> Floats:
    """Draw for many request numbers; ``sample`` gives the same for each of them."""
    words = Words(key0, key1, what, numbers, occurrence)
    return _draw(sampler, words)


def _draw(sampler: Sampler, words: Words) -> Floats:
    if sampler.a != sampler.a:
        return np.full(len(words), np.nan)
    return _SAMPLERS[sampler.family](sampler, words)


def _constant(sampler: Sampler, words: Words) -> Floats:
    return np.full(len(words), sampler.a)


def _exponential(sampler: Sampler, words: Words) -> Floats:
    return sampler.a * -log_many(1.0 - words.uniform(0))


def _lognormal(sampler: Sampler, words: Words) -> Floats:
    return sampler.a * exp_many(sampler.b * normal_quantile_many(words.uniform(0)) - sampler.c)


def _normal(sampler: Sampler, words: Words) -> Floats:
    if sampler.b == 0.0:
        return _constant(sampler, words)
    x = sampler.a - sampler.b * normal_quantile_many((1.0 - words.uniform(0)) * sampler.c)
    return np.where(x > 0.0, x, 0.0)


def _uniform(sampler: Sampler, words: Words) -> Floats:
    return sampler.a + sampler.b * words.uniform(0)


def _triangular(sampler: Sampler, words: Words) -> Floats:
    a, b, c, u = sampler.a, sampler.b, sampler.c, words.uniform(0)
    width = b + c
    return np.where(u * width <= b, a + np.sqrt(u * width * b), a + width - np.sqrt((1.0 - u) * width * c))


def _weibull(sampler: Sampler, words: Words) -> Floats:
    return sampler.a * exp_many(sampler.b * log_many(-log_many(1.0 - words.uniform(0))))


def _hyperexponential(sampler: Sampler, words: Words) -> Floats:
    means = np.where(words.uniform(0) < sampler.a, sampler.b, sampler.c)
    return means * -log_many(1.0 - words.uniform(1))


def _geometric(sampler: Sampler, words: Words) -> Floats:
    return 1.0 + np.floor(sampler.a * log_many(1.0 - words.uniform(0)))


def _poisson(sampler: Sampler, words: Words) -> Floats:
    total = np.zeros(len(words))
    for part in range(int(sampler.b)):
        total += _poisson_counts(sampler.a, sampler.c, words.uniform(part))
    return total


def _poisson_counts(mean: float, none: float, u: Floats) -> Floats:
    """Step through the counts once for all draws, which leave as their share is reached."""
    counts = np.zeros(len(u))
    share = total = none
    count = 0.0
    while (above := u > total).any():
        count += 1.0
        share = share * mean / count
        counts[above] = count
        if total + share == total and count > mean:
            break
        total = total + share
    return counts


def _discrete(sampler: Sampler, words: Words) -> Floats:
    count = int(sampler.a)
    table = np.array(sampler.table)
    return table[count + _places(table, count, words.uniform(0))]


def _places(table: Floats, count: int, u: Floats) -> NDArray[np.int64]:
    return np.minimum(np.searchsorted(table[:count], u, side="right"), count - 1)


def _empirical(sampler: Sampler, words: Words) -> Floats:
    values = np.array(sampler.table)
    return values[(words.uniform(0) * sampler.a).astype(np.int64)]


def _gamma(sampler: Sampler, words: Words) -> Floats:
    if sampler.b == 0.0:
        return _constant(sampler, words)
    start = np.zeros(len(words), dtype=np.int64)
    found, _ = _standard_gamma(sampler.b, sampler.c, sampler.d, start, words)
    return sampler.a * found


def _standard_gamma(
    d: float, c: float, power: float, start: NDArray[np.int64], words: Words
) -> tuple[Floats, NDArray[np.int64]]:
    """Give gamma variates of scale 1 and, for each, the place of the first word not used."""
    index, found = start.copy(), np.empty(len(words))
    left = np.arange(len(words))
    while len(left):
        z, u = normal_quantile_many(words.at(index[left], left)), words.at(index[left] + 1, left)
        v = 1.0 + c * z
        positive = v > 0.0
        v = v * v * v
        bound = 0.5 * z * z + d - d * v + d * log_many(np.where(positive, v, 1.0))
        index[left] += 2
        taken = positive & (log_many(u) < bound)
        found[left[taken]] = d * v[taken]
        left = left[~taken]
    if power > 0.0:
        found = found * exp_many(power * log_many(words.at(index, np.arange(len(words)))))
        index += 1
    return found, index


def _pert(sampler: Sampler, words: Words) -> Floats:
    first, second = sampler.c - 1.0 / 3.0, sampler.d - 1.0 / 3.0
    start = np.zeros(len(words), dtype=np.int64)
    x, index = _standard_gamma(first, 1.0 / float(np.sqrt(9.0 * first)), 0.0, start, words)
    y, _ = _standard_gamma(second, 1.0 / float(np.sqrt(9.0 * second)), 0.0, index, words)
    return sampler.a + sampler.b * (x / (x + y))


def _mixture(sampler: Sampler, words: Words) -> Floats:
    count = int(sampler.a)
    places = _places(np.array(sampler.table), count, words.uniform(0))
    found = np.empty(len(words))
    for place in np.unique(places):
        here = places == place
        found[here] = _draw(component(sampler, int(place)), words.of(here, 1))
    return found


def component(mixture: Sampler, place: int) -> Sampler:
    """Give one component of a mixture as a sampler of its own."""
    row = int(mixture.a) + ROW * place
    family, a, b, c, d, start = mixture.table[row : row + ROW]
    return Sampler(int(family), a, b, c, d, mixture.table[int(start) :])


_SAMPLERS: dict[int, Callable[[Sampler, Words], Floats]] = {
    p.CONSTANT: _constant,
    p.EXPONENTIAL: _exponential,
    p.GAMMA: _gamma,
    p.LOGNORMAL: _lognormal,
    p.NORMAL: _normal,
    p.UNIFORM: _uniform,
    p.TRIANGULAR: _triangular,
    p.PERT: _pert,
    p.WEIBULL: _weibull,
    p.HYPEREXPONENTIAL: _hyperexponential,
    p.GEOMETRIC: _geometric,
    p.POISSON: _poisson,
    p.DISCRETE: _discrete,
    p.EMPIRICAL: _empirical,
    p.MIXTURE: _mixture,
}
