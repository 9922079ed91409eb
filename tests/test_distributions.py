"""Every family is what it says: held against SciPy in moments, quantiles and draws."""

import math

import numpy as np
import pytest
from scipy import stats

from serviceflow.engine.program.compile_expression import compile_expression
from serviceflow.engine.random.vectorized import sample_many
from serviceflow.errors import ExpressionError
from serviceflow.model import distributions as sf
from serviceflow.model.constants import checked_arguments
from serviceflow.model.cumulatives import cumulative
from serviceflow.model.expressions import expression
from serviceflow.model.special import beta_quantile, beta_share, gamma_quantile, gamma_share
from serviceflow.units import UNITS

DRAWS = 100_000
SEED, REPLICATION, PURPOSE = 2026, 1, 77


def truncated_normal(mean, sd):
    """SciPy's truncated normal distribution, its location found by SciPy's own root finder."""
    from scipy.optimize import brentq

    def at(location):
        return stats.truncnorm(-location / sd, math.inf, location, sd)

    return at(brentq(lambda location: at(location).mean() - mean, -20 * sd, mean))


def balanced_mixture(mean, cv):
    p = (1 + math.sqrt((cv**2 - 1) / (cv**2 + 1))) / 2
    return p, mean / (2 * p), mean / (2 * (1 - p))


def lognormal(mean, cv):
    variance = math.log(1 + cv**2)
    return stats.lognorm(math.sqrt(variance), scale=mean * math.exp(-variance / 2))


def weibull(mean, shape):
    return stats.weibull_min(shape, scale=mean / math.gamma(1 + 1 / shape))


def pert(low, mode, high):
    rise = 4 * (mode - low) / (high - low)
    return stats.beta(1 + rise, 5 - rise, low, high - low)


CONTINUOUS = {
    "exponential": (sf.exponential(mean=5), stats.expon(scale=5)),
    "erlang": (sf.erlang(mean=6, k=3), stats.gamma(3, scale=2)),
    "erlang of one phase": (sf.erlang(mean=6, k=1), stats.expon(scale=6)),
    "gamma": (sf.gamma(mean=32, cv=0.3), stats.gamma(1 / 0.09, scale=32 * 0.09)),
    "gamma by sd": (sf.gamma(mean=4, sd=2), stats.gamma(4, scale=1)),
    "gamma above cv 1": (sf.gamma(mean=5, cv=2), stats.gamma(0.25, scale=20)),
    "lognormal": (sf.lognormal(mean=6, cv=0.4), lognormal(6, 0.4)),
    "lognormal by sd": (sf.lognormal(mean=6, sd=12), lognormal(6, 2)),
    "lognormal of little spread": (sf.lognormal(mean=6, cv=1e-3), lognormal(6, 1e-3)),
    "normal far from 0": (sf.normal(mean=10, sd=1), stats.norm(10, 1)),
    "normal near 0": (sf.normal(mean=10, sd=6), truncated_normal(10, 6)),
    "normal cut in two": (sf.normal(mean=2, sd=3), truncated_normal(2, 3)),
    "normal by cv": (sf.normal(mean=10, cv=0.4), truncated_normal(10, 4)),
    "uniform": (sf.uniform(low=3, high=15), stats.uniform(3, 12)),
    "triangular": (sf.triangular(low=3, mode=5, high=12), stats.triang(2 / 9, 3, 9)),
    "triangular to the left": (sf.triangular(low=0, mode=0, high=4), stats.triang(0, 0, 4)),
    "triangular to the right": (sf.triangular(low=0, mode=4, high=4), stats.triang(1, 0, 4)),
    "pert": (sf.pert(low=3, mode=5, high=12), pert(3, 5, 12)),
    "pert to the left": (sf.pert(low=3, mode=3, high=12), pert(3, 3, 12)),
    "weibull": (sf.weibull(mean=20, shape=1.5), weibull(20, 1.5)),
    "weibull of long tails": (sf.weibull(mean=20, shape=0.5), weibull(20, 0.5)),
}
COUNTS = {
    "geometric": (sf.geometric(mean=3), stats.geom(1 / 3)),
    "geometric of many": (sf.geometric(mean=40), stats.geom(1 / 40)),
    "poisson": (sf.poisson(mean=3), stats.poisson(3)),
    "poisson of few": (sf.poisson(mean=0.2), stats.poisson(0.2)),
    "poisson of many": (sf.poisson(mean=700), stats.poisson(700)),
}
ALL = {**CONTINUOUS, **COUNTS}


def draws(distribution, count=DRAWS, purpose=PURPOSE):
    sampler = compile_expression(expression(distribution, "number")).sampler
    return sample_many(sampler, SEED, REPLICATION, purpose, np.arange(count, dtype=np.uint64))


@pytest.fixture(params=sorted(ALL))
def family(request):
    return ALL[request.param]


@pytest.fixture(params=sorted(CONTINUOUS))
def continuous(request):
    return CONTINUOUS[request.param]


# -- against SciPy


def test_moments_are_those_of_scipy(family):
    ours, theirs = family
    assert ours.mean() == pytest.approx(theirs.mean(), rel=1e-9)
    assert ours.variance() == pytest.approx(theirs.var(), rel=1e-6)
    assert ours.cv() == pytest.approx(theirs.std() / theirs.mean(), rel=1e-6)


@pytest.mark.parametrize("p", [1e-6, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999999])
def test_quantiles_are_those_of_scipy(family, p):
    ours, theirs = family
    assert ours.quantile(p) == pytest.approx(theirs.ppf(p), rel=1e-6)


def test_distribution_functions_are_those_of_scipy(family):
    ours, theirs = family
    for x in [-1.0, 0.0, *theirs.ppf([0.001, 0.1, 0.5, 0.9, 0.999])]:
        assert cumulative(ours.family, checked_arguments(ours), x) == pytest.approx(theirs.cdf(x), abs=1e-9)


def test_draws_pass_kolmogorov_and_smirnov(continuous):
    ours, theirs = continuous
    assert stats.kstest(draws(ours), theirs.cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_counts_pass_the_chi_square_test(name):
    ours, theirs = COUNTS[name]
    edges = np.unique(theirs.ppf(np.linspace(0.02, 0.98, 25)))
    bins = np.concatenate(([-np.inf], edges, [np.inf]))
    observed = np.histogram(draws(ours), bins=bins + 0.5)[0]
    expected = np.diff(np.concatenate(([0.0], theirs.cdf(edges), [1.0]))) * DRAWS
    kept = expected > 5
    assert (
        stats.chisquare(observed[kept], expected[kept] * observed[kept].sum() / expected[kept].sum()).pvalue
        > 1e-3
    )


def test_the_moments_of_draws_are_those_stated(family):
    ours, theirs = family
    found = draws(ours)
    assert abs(found.mean() - ours.mean()) < 4 * math.sqrt(ours.variance() / DRAWS)
    kurtosis = float(theirs.stats(moments="k"))
    if kurtosis < 100:
        error = ours.variance() * math.sqrt((kurtosis + 2) / DRAWS)
        assert abs(found.var() - ours.variance()) < 4 * error


def test_quantiles_of_draws_are_those_stated(continuous):
    ours, _ = continuous
    found = draws(ours)
    for p in (0.05, 0.5, 0.95):
        share = np.mean(found <= ours.quantile(p))
        assert abs(share - p) < 4 * math.sqrt(p * (1 - p) / DRAWS)


def test_hyperexponential_has_balanced_means():
    ours = sf.hyperexponential(mean=20, cv=2)
    p, first, second = balanced_mixture(20, 2)
    assert p * first == pytest.approx((1 - p) * second)
    assert (ours.mean(), ours.cv()) == (20, pytest.approx(2))

    def cdf(x):
        return p * stats.expon(scale=first).cdf(x) + (1 - p) * stats.expon(scale=second).cdf(x)

    assert stats.kstest(draws(ours), cdf).pvalue > 1e-3
    for share in (0.1, 0.5, 0.99):
        assert cdf(ours.quantile(share)) == pytest.approx(share, rel=1e-9)


def test_a_hyperexponential_of_cv_1_is_exponential():
    assert sf.hyperexponential(mean=20, cv=1).quantile(0.9) == pytest.approx(
        sf.exponential(mean=20).quantile(0.9)
    )


def test_discrete_draws_have_their_shares():
    ours = sf.discrete({1: "50%", 2: "30%", 4: "20%"})
    found = draws(ours)
    observed = [np.sum(found == value) for value in (1, 2, 4)]
    assert sum(observed) == DRAWS
    assert stats.chisquare(observed, [0.5 * DRAWS, 0.3 * DRAWS, 0.2 * DRAWS]).pvalue > 1e-3
    assert ours.mean() == pytest.approx(1.9)
    assert ours.variance() == pytest.approx(4.9 - 1.9**2)
    assert [ours.quantile(p) for p in (0, 0.5, 0.500001, 0.8, 0.81, 1)] == [1, 1, 2, 2, 4, 4]


def test_a_value_without_share_is_never_drawn():
    assert set(draws(sf.discrete({1: "50%", 2: 0, 3: "50%", 4: 0}), 10_000)) == {1.0, 3.0}


def test_empirical_draws_resample_the_values():
    values = [9.0, 4.0, 5.0, 4.0]
    ours = sf.empirical(values)
    observed = [np.sum(draws(ours) == value) for value in (4, 5, 9)]
    assert stats.chisquare(observed, [0.5 * DRAWS, 0.25 * DRAWS, 0.25 * DRAWS]).pvalue > 1e-3
    assert (ours.mean(), ours.variance()) == (np.mean(values), np.var(values))
    assert [ours.quantile(p) for p in (0.25, 0.5, 0.75, 1)] == [4, 4, 5, 9]


def test_a_mixture_is_its_parts_by_their_shares():
    parts = [sf.gamma(mean=5, cv=0.5), sf.mixture([0.5, 0.5], [sf.exponential(mean=20), sf.constant(7)])]
    ours = sf.mixture(["70%", "30%"], parts)
    gamma, exponential = stats.gamma(4, scale=1.25), stats.expon(scale=20)
    assert ours.mean() == pytest.approx(0.7 * 5 + 0.15 * 20 + 0.15 * 7)
    second = 0.7 * (5**2 + 2.5**2) + 0.15 * 800 + 0.15 * 49
    assert ours.variance() == pytest.approx(second - ours.mean() ** 2)
    found = draws(ours)
    assert ours.quantile(0.7) == 7
    assert np.mean(found == 7) == pytest.approx(0.15, abs=0.005)
    rest = found[found != 7]
    assert stats.kstest(rest, lambda x: (0.7 * gamma.cdf(x) + 0.15 * exponential.cdf(x)) / 0.85).pvalue > 1e-3
    for p in (0.05, 0.5, 0.7, 0.99):
        below, up_to = (np.mean(sign(found, ours.quantile(p))) for sign in (np.less, np.less_equal))
        assert below - 0.01 < p < up_to + 0.01


def test_the_parts_of_a_mixture_draw_independently_of_the_choice():
    ours = sf.mixture([0.5, 0.5], [sf.uniform(low=0, high=1), sf.uniform(low=2, high=3)])
    found = draws(ours)
    assert stats.kstest(found[found < 1], "uniform").pvalue > 1e-3
    assert stats.kstest(found[found > 1] - 2, "uniform").pvalue > 1e-3


@pytest.mark.parametrize(
    "distribution",
    [
        sf.constant(5),
        sf.gamma(mean=5, cv=0),
        sf.gamma(mean=5, cv=1e-200),
        sf.normal(mean=5, sd=1e-200),
        sf.lognormal(mean=5, cv=0),
        sf.normal(mean=5, sd=0),
        sf.uniform(low=5, high=5),
        sf.triangular(low=5, mode=5, high=5),
        sf.pert(low=5, mode=5, high=5),
        sf.discrete({5: 1}),
        sf.empirical([5]),
        sf.mixture([1], [sf.constant(5)]),
    ],
)
def test_without_spread_every_family_gives_its_mean(distribution):
    code = compile_expression(expression(distribution, "number"))
    found = [code.constant] if code.sampler is None else set(draws(distribution, 100))
    assert list(found) == [5.0]
    assert (distribution.mean(), distribution.variance(), distribution.cv()) == (5.0, 0.0, 0.0)
    assert distribution.quantile(0.3) == 5.0


@pytest.mark.parametrize(
    "distribution",
    [sf.exponential(0), sf.gamma(0, cv=1), sf.lognormal(0, cv=1), sf.weibull(0, shape=2), sf.erlang(0, k=2)],
)
def test_a_mean_of_0_gives_0(distribution):
    assert set(draws(distribution, 100)) == {0.0}
    assert (distribution.mean(), distribution.cv(), distribution.quantile(0.9)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "name", ["exponential", "lognormal", "gamma", "weibull", "hyperexponential", "poisson"]
)
def test_the_largest_value_of_what_has_none_is_infinite(name):
    more = {
        "lognormal": {"cv": 1},
        "gamma": {"cv": 1},
        "weibull": {"shape": 2},
        "hyperexponential": {"cv": 2},
    }
    assert getattr(sf, name)(mean=3, **more.get(name, {})).quantile(1) == math.inf


# -- the normal distribution keeps its mean


@pytest.mark.parametrize("sd", [0.1, 1, 3, 10, 50, 100])
def test_the_cut_at_0_leaves_the_mean(sd):
    ours = sf.normal(mean=10, sd=sd)
    found = draws(ours)
    assert found.min() >= 0
    assert ours.mean() == 10
    assert abs(found.mean() - 10) < 4 * math.sqrt(ours.variance() / DRAWS)


def test_far_from_0_the_cut_changes_nothing():
    assert sf.normal(mean=100, sd=5).cv() == pytest.approx(0.05, rel=1e-12)


# -- as values of Python


def test_a_distribution_shows_itself_as_its_call():
    assert repr(sf.lognormal(mean="6 min", cv=0.5)) == "lognormal(mean=6 min, cv=0.5)"
    assert str(sf.exponential("6 min if vip else 9 min")) == "exponential(mean=6 min if vip else 9 min)"


def test_a_distribution_may_stand_in_its_own_text(family):
    ours, _ = family
    assert expression(str(ours), "number").root == ours


def test_arguments_may_be_in_any_order_and_by_position():
    assert sf.lognormal(cv=0.5, mean="6 min") == sf.lognormal("6 min", 0.5)


@pytest.mark.parametrize(
    ("distribution", "text"),
    [
        (sf.constant("5 min"), "constant(value=5 min)"),
        (sf.discrete({1: "60%", 2: "40%"}), "discrete(values=[1, 2], shares=[60%, 40%])"),
        (sf.discrete(["gold", "P 1"], [0.5, 0.5]), "discrete(values=['gold', 'P 1'], shares=[0.5, 0.5])"),
        (sf.empirical([1, 2.5]), "empirical(values=[1, 2.5])"),
        (sf.empirical(file="a.csv", column="b"), "empirical(file='a.csv', column='b')"),
        (sf.geometric(3), "geometric(mean=3)"),
        (sf.mixture(["90%", "10%"], [sf.constant(1), sf.constant(2)]),
         "mixture(shares=[90%, 10%], of=[constant(value=1), constant(value=2)])"),
    ],
)  # fmt: skip
def test_each_family_writes_its_call(distribution, text):
    assert str(distribution) == text


def test_figures_are_in_the_unit_asked_for():
    ours = sf.lognormal(mean="6 min", cv=0.5)
    assert ours.mean("min") == pytest.approx(6, rel=1e-15)
    assert ours.mean("h") == pytest.approx(0.1, rel=1e-15)
    assert ours.mean(UNITS["s"]) == pytest.approx(360)
    assert ours.variance("h") == pytest.approx(0.05**2)
    assert ours.quantile(0.9, "h") == pytest.approx(ours.quantile(0.9, "min") / 60)


def test_a_bare_number_beside_a_duration_is_in_the_unit_too():
    assert sf.uniform(low=0, high="2 h").mean("h") == 1
    assert sf.uniform(low=1, high="2 h").mean("h") == 1.5


def test_a_duration_asks_for_its_unit():
    with pytest.raises(ValueError, match=r"exponential\(mean=6 min\) is a duration: say in which unit"):
        sf.exponential("6 min").mean()


def test_arguments_that_depend_on_the_request_have_no_figures():
    with pytest.raises(ExpressionError, match="has no figures of its own: its arguments are no constants"):
        sf.exponential("6 min if vip else 9 min").mean("min")


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_a_quantile_is_of_a_share(p):
    with pytest.raises(ValueError, match="a share is between 0 and 1"):
        sf.exponential(3).quantile(p)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: sf.lognormal(mean=6), "lognormal takes mean and cv or mean and sd"),
        (lambda: sf.lognormal(mean=6, cv=1, sd=1), "lognormal takes mean and cv or mean and sd"),
        (lambda: sf.exponential(-1), "exponential: mean is -1; it must be 0 or more"),
        (lambda: sf.exponential("6 m"), "'m' could be minutes or months"),
        (lambda: sf.discrete([1, 2]), "discrete takes values and shares"),
        (lambda: sf.discrete({1: 0.5}), "the shares add up to 50%"),
        (lambda: sf.empirical([1.0, math.nan]), "every value must be finite; drop what is missing"),
        (lambda: sf.empirical(), "empirical takes values or file or file and column"),
        (lambda: sf.mixture([1], [3]), "of must list distributions"),
    ],
)
def test_a_wrong_call_is_refused_at_once(make, words):
    with pytest.raises(ExpressionError, match=words):
        make()


# -- the functions behind quantiles


@pytest.mark.parametrize("shape", [0.01, 0.25, 1, 3, 100, 3000, 9e5, 2e6, 1e12])
def test_the_incomplete_gamma_function_is_that_of_scipy(shape):
    theirs = stats.gamma(shape)
    for p in (0.001, 0.1, 0.5, 0.9, 0.999):
        x = theirs.ppf(p)
        if x > 1e-290:
            assert gamma_share(shape, x) == pytest.approx(theirs.cdf(x), rel=1e-9 if shape < 1e6 else 1e-6)
            assert gamma_quantile(shape, p) == pytest.approx(x, rel=1e-9)


@pytest.mark.parametrize("a", [1, 1.5, 3, 5])
def test_the_incomplete_beta_function_is_that_of_scipy(a):
    theirs = stats.beta(a, 6 - a)
    for p in (0, 0.001, 0.1, 0.5, 0.9, 0.999, 1):
        assert beta_quantile(a, 6 - a, p) == pytest.approx(theirs.ppf(p), abs=1e-11)
        assert beta_share(a, 6 - a, p) == pytest.approx(theirs.cdf(p), abs=1e-12)
