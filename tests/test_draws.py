"""Every draw is a pure function of what it is for, to the same bits wherever and however it is made."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from serviceflow.engine.program.compile_expression import compile_expression
from serviceflow.engine.random import elementary, parameters, philox
from serviceflow.engine.random.draws import CHUNK, CHUNKS, PATIENCE, Draws, Sampler, mix, purpose
from serviceflow.engine.random.jit import compile_scalars
from serviceflow.engine.random.vectorized import component, sample_many
from serviceflow.errors import ServiceflowError
from serviceflow.model.expressions import expression

WORD = st.integers(0, 2**64 - 1)
WHAT = purpose("service/Check in/duration")

TEXTS = (
    "exponential(mean=5 min)",
    "erlang(mean=6 min, k=3)",
    "gamma(mean=32 min, cv=0.3)",
    "gamma(mean=5 min, cv=2)",
    "lognormal(mean=6 min, cv=0.4)",
    "normal(mean=10 min, sd=2 min)",
    "normal(mean=2 min, sd=3 min)",
    "uniform(low=3 min, high=15 min)",
    "triangular(low=3 min, mode=5 min, high=12 min)",
    "pert(low=3 min, mode=5 min, high=12 min)",
    "weibull(mean=20 min, shape=1.5)",
    "weibull(mean=20 min, shape=0.5)",
    "hyperexponential(mean=20 min, cv=2)",
    "geometric(mean=3)",
    "poisson(mean=3)",
    "poisson(mean=700)",
    "discrete(values=[4 min, 1 min, 2 min], shares=[20%, 50%, 30%])",
    "empirical(values=[4 min, 5 min, 9 min])",
    "mixture(shares=[60%, 20%, 20%], of=[gamma(mean=5 min, cv=1.5), empirical(values=[1 min, 2 min]), "
    "mixture(shares=[50%, 50%], of=[discrete(values=[1 min, 2 min], shares=[10%, 90%]), "
    "constant(value=7 min)])])",
    "gamma(mean=5 min, cv=0.000001)",
    "gamma(mean=5 min, cv=0)",
    "normal(mean=5 min, sd=0 min)",
    "mixture(shares=[50%, 50%], of=[gamma(mean=5, cv=0), poisson(mean=300)])",
)


def sampler_of(text):
    return compile_expression(expression(text, "any")).sampler


PINNED = [
    "0x1.dda03424eb3a0p+25",
    "0x1.4ff9b471b6cbbp+27",
    "0x1.4ee013edfbfe2p+30",
    "0x1.8f303f66b54abp+26",
    "0x1.c584e9cb4595ap+27",
    "0x1.d70967a023489p+28",
]
SAMPLERS = {text: sampler_of(text) for text in TEXTS}


@pytest.fixture(params=TEXTS)
def sampler(request):
    return SAMPLERS[request.param]


@pytest.fixture(scope="module")
def compiled():
    numba = pytest.importorskip("numba")
    return compile_scalars(numba.njit)


def words_of_numpy(seed, replication, block, occurrence, number, what):
    counter = np.array([0, occurrence, number, what], dtype=np.uint64)
    generator = np.random.Philox(key=np.array([seed, replication], dtype=np.uint64), counter=counter)
    return generator.random_raw(4 * block + 4)[4 * block :].tolist()


# -- Philox


@settings(max_examples=50)
@given(WORD, WORD, st.integers(0, 5), WORD, WORD, WORD)
def test_words_are_those_of_numpy(seed, replication, block, occurrence, number, what):
    expected = words_of_numpy(seed, replication, block, occurrence, number, what)
    arguments = (seed, replication, block, occurrence, number, what)
    assert list(philox.philox_block(*arguments)) == expected
    with np.errstate(over="ignore"):
        assert list(map(int, philox.philox_block_64(*arguments))) == expected
    numbers = np.array([number, 0, number], dtype=np.uint64)
    many = philox.philox_many(seed, replication, block, occurrence, numbers, what)
    assert many[:, 0].tolist() == many[:, 2].tolist() == expected


def test_the_published_test_vector_holds():
    """The known answer of the authors' Random123 library for counter and key of all ones."""
    ones = 2**64 - 1
    found = philox.philox_block(ones, ones, ones - 1, ones, ones, ones)
    assert [f"{word:016x}" for word in found] == [
        "87b092c3013fe90b",
        "438c3c67be8d0224",
        "9cc7d7c69cd777b6",
        "a09caebf594f0ba0",
    ]


def test_compiled_words_are_the_same(compiled):
    for arguments in [(0, 0, 0, 0, 0, 0), (7, 3, 2, 1, 2**64 - 1, WHAT), (2**63, 1, 0, 5, 6, 7)]:
        found = compiled.philox_block(*map(np.uint64, arguments))
        assert list(map(int, found)) == list(philox.philox_block(*arguments))


def test_uniform_numbers_are_strictly_between_0_and_1():
    assert 0 < philox.uniform_of(0) < 1e-15
    assert 1 - 1e-15 < philox.uniform_of(2**64 - 1) < 1
    words = np.array([0, 2**12, 2**63, 2**64 - 1], dtype=np.uint64)
    assert philox.uniforms_of(words).tolist() == [philox.uniform_of(int(word)) for word in words]


@given(WORD)
def test_a_uniform_number_and_its_complement_are_exact(word):
    u = philox.uniform_of(word)
    assert u == (2 * (word >> 12) + 1) / 2**53
    assert 1.0 - (1.0 - u) == u


def test_uniform_numbers_are_uniform():
    found = philox.uniforms_of(philox.philox_many(1, 2, 0, 0, np.arange(25_000, dtype=np.uint64), WHAT))
    assert stats.kstest(found.ravel(), "uniform").pvalue > 1e-3
    assert np.abs(np.corrcoef(found) - np.eye(4)).max() < 0.03


# -- names and numbers


def test_a_purpose_is_a_hash_of_the_name():
    assert purpose("service/Check in/duration") == 4461920501332027854
    assert purpose("客房部") != purpose("客房")
    assert 0 <= purpose("") < 2**64


def test_mixing_depends_on_every_number_and_their_order():
    found = {mix(1, 2), mix(2, 1), mix(1), mix(2), mix(1, 2, 0), mix(0, 1, 2), mix(-1, 2)}
    assert len(found) == 7
    assert all(0 <= number < 2**64 for number in found)


def test_mixing_spreads():
    assert len({mix(parent, link) for parent in range(300) for link in range(300)}) == 90_000
    bits = np.array([[mix(n, 5) >> place & 1 for place in range(64)] for n in range(2_000)])
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.06


@given(WORD, WORD)
def test_mixing_is_the_same_on_machine_integers(one, other):
    with np.errstate(over="ignore"):
        assert int(philox.mix_step_64(one, other)) == philox.mix_step(one, other)


def test_mixing_is_the_same_compiled(compiled):
    assert int(compiled.mix_step(np.uint64(5), np.uint64(2**63 + 1))) == philox.mix_step(5, 2**63 + 1)


# -- a logarithm and an exponential of our own

RANDOM = np.random.default_rng(4)
POSITIVE = np.concatenate(
    (
        RANDOM.uniform(0, 1, 5_000),
        np.exp(RANDOM.uniform(-700, 700, 5_000)),
        1 + RANDOM.normal(0, 1e-4, 5_000),
        [5e-324, 2.2e-308, 1.0, math.sqrt(0.5), math.nextafter(1, 0), math.nextafter(1, 2), 1.7e308],
    )
)
POWERS = np.concatenate((RANDOM.uniform(-708, 709, 10_000), RANDOM.normal(0, 1, 5_000), [0.0, -708.0, 709.0]))
SHARES = np.concatenate(
    (RANDOM.uniform(0, 1, 10_000), 10 ** RANDOM.uniform(-15, 0, 1_000), [0.075, 0.925, 0.5])
)
PAIRS = [
    (elementary.log, elementary.log_many, math.log, POSITIVE, 1),
    (elementary.exp, elementary.exp_many, math.exp, POWERS, 1),
    (elementary.normal_quantile, elementary.normal_quantile_many, special.ndtri, SHARES, 16),
]


@pytest.mark.parametrize(("ours", "many", "theirs", "values", "ulps"), PAIRS)
def test_functions_agree_with_the_library_to_the_last_bits(ours, many, theirs, values, ulps):
    found = np.array([ours(value) for value in values.tolist()])
    expected = np.array([theirs(value) for value in values.tolist()])
    assert (np.abs(found - expected) <= ulps * np.spacing(np.abs(expected))).all()


@pytest.mark.parametrize(("ours", "many", "theirs", "values", "ulps"), PAIRS)
def test_functions_are_the_same_for_arrays(ours, many, theirs, values, ulps):
    assert many(values).tolist() == [ours(value) for value in values.tolist()]


@pytest.mark.parametrize(("ours", "many", "theirs", "values", "ulps"), PAIRS)
def test_functions_are_the_same_compiled(compiled, ours, many, theirs, values, ulps):
    function = getattr(compiled, ours.__name__)
    assert [function(value) for value in values[::5].tolist()] == [
        ours(value) for value in values[::5].tolist()
    ]


def test_the_ends_of_the_exponential():
    values = np.array([-1e9, -708.1, 709.1, 1e9])
    assert [elementary.exp(value) for value in values] == elementary.exp_many(values).tolist()
    assert elementary.exp_many(values).tolist() == [0, 0, math.inf, math.inf]
    assert math.isnan(elementary.exp(math.nan))


@pytest.mark.parametrize("x", [0.0, -1.0, math.nan])
def test_what_has_no_logarithm_is_nan(x):
    assert math.isnan(elementary.log(x))


def test_derived_functions_agree_with_scipy():
    for x in np.linspace(-12, 9, 200).tolist():
        assert elementary.normal_below(x) == pytest.approx(special.ndtr(x), rel=2e-14)
    for x in np.linspace(1, 11, 100).tolist():
        assert elementary.gamma_function(x) == pytest.approx(math.gamma(x), rel=1e-13)
    for x in [0.0, 1e-300, 1e-17, 1e-9, 0.1, 3.0, 1e4]:
        assert elementary.log_1p(x) == pytest.approx(math.log1p(x), rel=1e-15)


@pytest.mark.parametrize("ratio", [0.1, 0.5, 1, 2, 5, 50])
def test_the_truncated_mean_is_met(ratio):
    location = elementary.truncated_location(ratio, 1.0)
    assert stats.truncnorm(-location, math.inf, location, 1).mean() == pytest.approx(ratio, rel=1e-9)


# -- samplers: one by one, in chunks, compiled


def test_chunks_equal_single_draws_to_the_last_bit(sampler):
    for occurrence in (0, 3):
        many = sample_many(sampler, 7, 3, WHAT, np.arange(1_500, dtype=np.uint64), occurrence)
        single = Draws(7, 3)
        assert many.tolist() == [single.sample_once(sampler, WHAT, n, occurrence) for n in range(1_500)]


def test_served_draws_equal_single_draws_in_any_order(sampler):
    draws = Draws(7, 3)
    numbers = np.random.default_rng(1).permutation(2 * CHUNK)[:1_000].tolist()
    expected = [draws.sample_once(sampler, WHAT, number) for number in numbers]
    assert [draws.sample(sampler, WHAT, number) for number in numbers] == expected
    assert [draws.sample(sampler, WHAT, number) for number in numbers] == expected


def test_compiled_draws_equal_single_draws_to_the_last_bit(compiled, sampler):
    s, table = sampler, np.array([9.0, *sampler.table])
    key = [np.uint64(word) for word in (7, 3, WHAT)]
    for number in range(200):
        who = (np.uint64(number), np.uint64(number % 2))
        found = compiled.sample(s.family, s.a, s.b, s.c, s.d, table, 1, *key, *who)
        assert found == Draws(7, 3).sample_once(s, WHAT, number, number % 2)


@settings(max_examples=200)
@given(st.integers(0, 15), *[st.one_of(st.floats(0, 20), st.floats())] * 3)
def test_parameters_are_the_same_compiled(compiled, family, x, y, z):
    found, expected = compiled.prepare(family, x, y, z), parameters.prepare(family, x, y, z)
    assert np.array_equal(found, expected, equal_nan=True)


@pytest.mark.parametrize(
    ("family", "arguments"),
    [
        ("exponential", (-1.0, 0.0, 0.0)),
        ("exponential", (math.inf, 0.0, 0.0)),
        ("gamma", (1.0, math.nan, 0.0)),
        ("gamma", (1.0, -1.0, 0.0)),
        ("gamma", (1.0, 101.0, 0.0)),
        ("erlang", (1.0, 0.5, 0.0)),
        ("normal", (1.0, 11.0, 0.0)),
        ("uniform", (2.0, 1.0, 0.0)),
        ("triangular", (2.0, 1.0, 3.0)),
        ("pert", (1.0, 3.0, 2.0)),
        ("weibull", (1.0, 0.01, 0.0)),
        ("hyperexponential", (1.0, 0.5, 0.0)),
        ("geometric", (0.5, 0.0, 0.0)),
        ("poisson", (1e6, 0.0, 0.0)),
    ],
)
def test_arguments_that_make_no_sense_draw_nan(family, arguments):
    code = parameters.FAMILY_CODES[family]
    found = parameters.prepare(code, *arguments)
    assert math.isnan(found[0])
    sampler = Sampler(parameters.GAMMA if family == "erlang" else code, *found)
    assert math.isnan(Draws(1, 1).sample_once(sampler, WHAT, 1))
    assert np.isnan(sample_many(sampler, 1, 1, WHAT, np.arange(3, dtype=np.uint64))).all()


def test_draws_are_known_to_the_last_bit():
    """Held from version to version: a change here changes every result that anybody has published."""
    draws = Draws(7, 1)
    found = [draws.sample_once(SAMPLERS[text], WHAT, 1234).hex() for text in TEXTS[:6]]
    assert found == PINNED


def test_increasing_luck_gives_increasing_values():
    """Families drawn by inversion move together, so that scenarios see the same luck."""
    numbers = np.arange(200, dtype=np.uint64)
    uniform = sample_many(Sampler(parameters.UNIFORM, 0.0, 1.0), 1, 1, WHAT, numbers)
    order = np.argsort(uniform)
    for text in TEXTS:
        if text.split("(")[0] in (
            "exponential",
            "lognormal",
            "normal",
            "triangular",
            "weibull",
            "discrete",
            "empirical",
        ):
            found = sample_many(SAMPLERS[text], 1, 1, WHAT, numbers)[order]
            assert (np.diff(found) >= 0).all()


def test_the_order_of_a_list_changes_no_draw():
    assert sampler_of("empirical(values=[3, 1, 2])") == sampler_of("empirical(values=[1, 2, 3])")
    one = "discrete(values=[3, 1], shares=[40%, 60%])"
    assert sampler_of(one) == sampler_of("discrete(values=[1, 3], shares=[60%, 40%])")


def test_a_component_of_a_mixture_is_a_sampler():
    mixture = SAMPLERS[TEXTS[18]]
    assert mixture.a == 4
    assert component(mixture, 0) == Sampler(
        parameters.GAMMA, *parameters.prepare(parameters.GAMMA, 300e6, 1.5, 0.0), mixture.table[4 + 6 * 4 :]
    )


# -- keys


def test_each_part_of_the_key_matters():
    base = Draws(7, 1).uniform(WHAT, 5)
    others = [
        Draws(8, 1).uniform(WHAT, 5),
        Draws(7, 2).uniform(WHAT, 5),
        Draws(7, 1).uniform(purpose("something else"), 5),
        Draws(7, 1).uniform(WHAT, 6),
        Draws(7, 1).uniform(WHAT, 5, 1),
    ]
    assert len({base, *others}) == 6


def test_what_was_drawn_before_changes_nothing():
    busy = Draws(7, 1)
    for number in range(5_000):
        busy.uniform(purpose("other"), number)
        busy.sample(SAMPLERS[TEXTS[2]], WHAT, number % 100)
    fresh = Draws(7, 1)
    assert [busy.uniform(WHAT, n) for n in range(100)] == [fresh.uniform(WHAT, n) for n in range(100)]


def test_two_samplers_of_one_purpose_are_kept_apart():
    draws = Draws(7, 1)
    for number in range(50):
        for text in TEXTS[:4]:
            expected = draws.sample_once(SAMPLERS[text], WHAT, number)
            assert draws.sample(SAMPLERS[text], WHAT, number) == expected


def test_numbers_that_were_mixed_are_drawn_alone():
    draws = Draws(7, 1)
    for n in range(50):
        number = mix(n, 1)
        assert draws.uniform(WHAT, number) == draws.uniform_once(WHAT, number)
    assert not draws._chunks


def test_what_is_asked_for_seldom_makes_no_chunk():
    draws = Draws(7, 1)
    for number in range(0, 100 * CHUNK, CHUNK):
        draws.uniform(WHAT, number)
    assert not draws._chunks


def test_what_is_asked_for_often_makes_chunks_at_once_thereafter():
    draws = Draws(7, 1)
    for number in range(PATIENCE + 1):
        draws.uniform(WHAT, number)
    assert len(draws._chunks) == 1
    draws.uniform(WHAT, CHUNK)
    assert len(draws._chunks) == 2


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("serviceflow.engine.random.draws.CHUNKS", 4)
    monkeypatch.setattr("serviceflow.engine.random.draws.MOST_COUNTED", 10)
    draws = Draws(7, 1)
    for number in range(12 * CHUNK):
        draws.uniform(WHAT, number)
        draws.uniform(number, 0)
    assert len(draws._chunks) <= 4
    assert len(draws._asked) <= 11
    assert draws.uniform(WHAT, 3) == draws.uniform_once(WHAT, 3)
    assert CHUNKS > 4


@pytest.mark.parametrize(("seed", "replication"), [(-1, 0), (2**64, 0), (0, -1)])
def test_a_key_has_64_bits(seed, replication):
    with pytest.raises(
        ServiceflowError, match=r"(seed|replication) is -?\d+; it must be from 0 to 1844674407"
    ):
        Draws(seed, replication)


def test_draws_show_their_key():
    assert repr(Draws(7, 1)) == "Draws(seed=7, replication=1)"


def test_samplers_are_equal_by_what_they_draw():
    one, other = sampler_of("exponential(mean=5)"), sampler_of("exponential(mean=5)")
    assert (one, one.identity) == (other, other.identity)
    assert one.identity != sampler_of("exponential(mean=6)").identity
