"""The public face: one name for each thing, and old names that go on working."""

import warnings

import pytest

import serviceflow as sf
from serviceflow.renamed import renamed_arguments, renamed_attributes

DESK = """
serviceflow: 1
name: Desk
run: {duration: 4 h, replications: 2, seed: 1}
providers: {Clerk: {staff: 1}}
services: {Talk: {provider: Clerk, duration: exponential(mean=8 min)}}
consumers: {Clients: {arrivals: {rate: 6 per hour}, enters: Talk}}
scenarios:
  Two clerks: {changes: {providers: {Clerk: {staff: 2}}}}
"""


@pytest.fixture(scope="module")
def chain():
    return sf.loads(DESK)


@pytest.fixture(scope="module")
def results(chain):
    return chain.simulate(engine="simpy")


@pytest.fixture(scope="module")
def comparison(chain):
    return chain.compare(engine="simpy")


class TestOldNames:
    @pytest.mark.parametrize(
        ("old", "new", "of"),
        [
            ("record", "kept", lambda results: results.kept),
            ("scenario", "scenario_name", lambda results: results.scenario_name),
            ("replications", "by_replication", lambda results: results.by_replication),
            ("program", "chain", lambda results: results.runs.program),
            ("series", "by_replication", lambda results: results._series),
            ("estimates", "kpis", lambda results: results._estimates),
        ],
    )
    def test_of_results(self, results, old, new, of):
        with pytest.warns(DeprecationWarning, match=rf"^Results\.{old} is an old name; use {new}$") as caught:
            found = getattr(results, old)
        assert [one.filename for one in caught] == [__file__]
        assert found is of(results)
        assert old not in dir(results)

    @pytest.mark.parametrize(
        ("old", "new", "arguments"),
        [
            ("records_for", "records", ("a test", "why")),
            ("losses", "waits", ()),
            ("busy_and_on_duty", "plot_utilization", (0,)),
        ],
    )
    def test_of_methods_of_results(self, results, old, new, arguments):
        with pytest.warns(DeprecationWarning, match=rf"^Results\.{old} is an old name; use {new}$"):
            found = getattr(results, old)
        assert type(found(*arguments)) is type(getattr(results, f"_{old}")(*arguments))
        assert old not in dir(results)

    @pytest.mark.parametrize(
        ("old", "new", "found"),
        [("problems", "check or validate", []), ("mistakes", "check or validate", [])],
    )
    def test_of_a_chain(self, chain, old, new, found):
        with pytest.warns(DeprecationWarning, match=rf"^ServiceChain\.{old} is an old name; use {new}$"):
            assert getattr(chain, old)() == found
        assert old not in dir(chain)

    def test_of_the_contents_of_a_chain(self, chain):
        with pytest.warns(DeprecationWarning, match=r"^ServiceChain\.contents is an old name; use to_dict$"):
            assert chain.contents()[0] == "Desk"

    def test_of_a_comparison(self, comparison):
        with pytest.warns(DeprecationWarning, match=r"^Comparison\.replications .* use by_replication$"):
            assert comparison.replications is comparison.by_replication

    @pytest.mark.parametrize(
        ("name", "run"),
        [
            ("simulate", lambda chain, **given: [("", chain.simulate(**given))]),
            ("compare", lambda chain, **given: chain.compare(**given)),
            ("compare", lambda chain, **given: sf.compare({"one": chain, "two": chain}, **given)),
        ],
    )
    def test_of_arguments(self, chain, name, run):
        with pytest.warns(DeprecationWarning, match=rf"^{name}\(record=\.\.\.\) is an old name; use keep=$"):
            found = run(chain, engine="simpy", record="summary")
        assert {one.kept for _, one in found} == {"summary"}

    def test_an_old_and_a_new_name_together_are_refused(self):
        @renamed_arguments(old="new")
        def function(new):
            return new

        with (
            pytest.warns(DeprecationWarning, match="old"),
            pytest.raises(TypeError, match=r"^function\(\) got 'old' and 'new', which mean the same$"),
        ):
            function(old=1, new=2)

    def test_what_is_wrong_within_an_attribute_is_told(self):
        @renamed_attributes(old="new")
        class Broken:
            @property
            def new(self):
                raise AttributeError("the reason")

        with pytest.raises(AttributeError, match=r"^the reason$"):
            _ = Broken().new
        with pytest.raises(AttributeError, match=r"^'Broken' object has no attribute 'other'$"):
            _ = Broken().other

    def test_nothing_of_the_library_uses_them(self, chain):
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            found = chain.simulate(engine="simpy", replications=2)
            _ = found.bottlenecks().sentence, found.audit(), found.summary(), found.by_replication
            _ = found.map(), found.plot_waits(), found.plot_utilization("Clerk"), found.story(0)
            _ = chain.compare(engine="simpy", replications=2).summary(), chain.check()


class TestUnknownNames:
    SENTENCE = r"^there is no scenario 'Two clark'; did you mean 'Two clerks'\?; there are: Two clerks$"

    @pytest.mark.parametrize(
        "ask",
        [
            lambda chain: chain.scenario("Two clark"),
            lambda chain: chain.compare(["Two clark"]),
        ],
    )
    def test_a_scenario_that_does_not_exist_is_one_error_everywhere(self, chain, ask):
        with pytest.raises(sf.UnknownNameError, match=self.SENTENCE):
            ask(chain)

    def test_a_scenario_of_a_comparison(self, comparison):
        with pytest.raises(sf.UnknownNameError, match=r"scenario 'Two'; .*: baseline, Two clerks$"):
            comparison["Two"]

    def test_a_chain_without_scenarios_says_so(self, chain):
        with pytest.raises(sf.UnknownNameError, match=r"^there is no scenario 'x'; there are: none$"):
            chain.scenario("Two clerks").scenario("x")

    def test_it_can_be_caught_as_a_key_error(self, chain):
        with pytest.raises(KeyError):
            chain.scenario("x")


class TestComparisons:
    def test_one_chain_is_compared_with_its_scenarios(self, chain):
        settings = {"replications": 2, "engine": "simpy", "seed": 3}
        found, same = sf.compare(chain, **settings), chain.compare(**settings)
        assert found.scenarios == ("Two clerks",)
        assert found.differences.equals(same.differences)

    def test_one_chain_without_scenarios(self, chain):
        message = "has no scenarios; add one under 'scenarios:', or compare two chains with sf.compare$"
        with pytest.raises(sf.ServiceflowError, match=message):
            sf.compare(chain.scenario("Two clerks"))

    @pytest.mark.parametrize(("given", "shown"), [({"a": 1}, "{'a': 1}"), ("Office", "'Office'"), ([], "[]")])
    def test_what_is_no_chain(self, given, shown):
        with pytest.raises(sf.ServiceflowError) as caught:
            sf.compare(given)
        message = f"{shown} is not what can be compared: give chains by name"
        assert str(caught.value) == f'{message}, as in sf.compare({{"today": chain, "plan": other}})'

    def test_a_comparison_is_a_series_of_names_and_results(self, comparison):
        assert [(name, found.scenario_name) for name, found in comparison] == [
            ("baseline", "baseline"),
            ("Two clerks", "Two clerks"),
        ]
        assert len(comparison) == 2
        assert "Two clerks" in comparison
        assert "Three clerks" not in comparison
        assert comparison["Two clerks"] is dict(comparison)["Two clerks"]

    def test_it_says_what_it_is(self, comparison):
        assert repr(comparison) == "Comparison('Two clerks' against 'baseline': 2 replications each)"
