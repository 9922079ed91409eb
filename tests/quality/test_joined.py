"""Promises kept in the model beside gaps perceived, needs, cards, and who pays."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.analysis.kept import kept_or_broken
from serviceflow.quality.hands import levers_by_hand
from serviceflow.quality.joined import Heard, _operational, at_curve, gap_or_none, pooled
from serviceflow.quality.scorecards import ranks_of
from serviceflow.quality.service_links import Clause, ServiceLink

OFFICE = """
serviceflow: 1
name: Office
run: {duration: 5 days, replications: 5, seed: 1}
providers: {IT: {staff: 2, cost: 30 per hour}, Purchasing: {staff: 1}}
services:
  Set up: {provider: IT, duration: exponential(mean=10 min)}
  Approve: {provider: Purchasing, duration: 5 min}
consumers:
  Sales:
    arrivals: {rate: 6 per hour}
    enters: Set up
    sla: {resolution: 90% within 10 min}
    needs: {resolution: 95% within 5 min}
  Plant:
    arrivals: {rate: 2 per hour}
    enters: Approve
    sla: {resolution: 90% within 2 h}
    needs: {resolution: 95% within 4 h}
scenarios:
  Three: {changes: {providers: {IT: {staff: 3}}}}
"""


@pytest.fixture(scope="module")
def chain():
    return sf.loads(OFFICE)


@pytest.fixture(scope="module")
def results(chain):
    return chain.simulate(engine="simpy")


@pytest.fixture(scope="module")
def comparison(chain):
    return chain.compare(engine="simpy")


def survey(found, expected=6, people=30, **settings):
    """Answers with a perception for each link (or provider)."""
    rng = np.random.default_rng(1)
    rows = [
        (f"{link} {who}", link, item, expected, int(np.clip(round(level + rng.normal()), 1, 7)))
        for link, level in found.items()
        for who in range(people)
        for item in range(1, 11)
    ]
    columns = ["respondent", "link", "item", "expectation", "perception"]
    table = pd.DataFrame(rows, columns=columns)
    if not any("->" in link for link in found):
        table = table.rename(columns={"link": "provider"})
    return sf.Survey(table, "internal", **settings)


class TestTable:
    @pytest.mark.parametrize(
        ("sales", "plant", "verdicts"),
        [
            (3, 3, ("both bad: mend the flow", "kept but a gap: expectations or communication")),
            (6, 6, ("broken without a gap: the promise is stricter than needed", "both good: leave it")),
        ],
    )
    def test_the_four_verdicts(self, results, sales, plant, verdicts):
        table = results.promises_and_gaps(survey({"Sales -> IT": sales, "Plant -> Purchasing": plant}))
        assert table["in the model"].tolist() == ["broken", "kept"]
        assert tuple(table["verdict"]) == verdicts

    def test_in_three_lines_from_a_workbook(self, chain, tmp_path):
        rows = survey({"Sales -> IT": 3, "Plant -> Purchasing": 6}).answers
        rows[["respondent", "link", "item", "expectation", "perception"]].to_excel(
            tmp_path / "s.xlsx", index=False
        )
        chain.save(tmp_path / "model.yaml")
        answers = sf.Survey(tmp_path / "s.xlsx", "internal")
        results = sf.load(tmp_path / "model.yaml").simulate(engine="simpy")
        assert len(results.promises_and_gaps(answers)) == 2

    def test_the_gap_is_that_of_reliability_and_responsiveness(self, results):
        found = survey({"Sales -> IT": 4})
        mine = found.answers[found.answers["item"].isin(["1", "2", "3", "4"])]
        gap = (mine["perception"] - mine["expectation"]).mean()
        table = results.promises_and_gaps(found).set_index("link")
        assert table.loc["Sales -> IT", "measured"] == pytest.approx(gap)

    def test_the_model_s_share_is_that_of_the_results(self, results):
        table = results.promises_and_gaps(survey({"Sales -> IT": 4})).set_index("link")
        kpis = results.kpis.query("name == 'Sales: resolution' and measure == 'attainment'")
        assert table.loc["Sales -> IT", "simulated"] == kpis["mean"].iloc[0]
        assert table.loc["Plant -> Purchasing", "perceived"] == "not surveyed"

    def test_answers_about_a_provider_as_a_whole(self, results):
        table = results.promises_and_gaps(survey({"IT": 4})).set_index("link")
        assert table.loc["Sales -> IT", "note"] == "of the provider"

    def test_few_respondents_are_not_told(self, results):
        table = results.promises_and_gaps(survey({"Sales -> IT": 4}, people=4)).set_index("link")
        assert np.isnan(table.loc["Sales -> IT", "measured"])
        assert table.loc["Sales -> IT", "note"] == "fewer than 5 respondents"
        assert table.loc["Sales -> IT", "verdict"] == ""

    def test_a_survey_of_something_else(self, results):
        message = (
            r"^the survey and the chain have no link in common: 'Sales -> TI' is none of the chain's; did you"
        )
        with pytest.raises(sf.SurveyError, match=message):
            results.promises_and_gaps(survey({"Sales -> TI": 4}))

    @pytest.mark.parametrize(
        ("promised", "mean", "low", "high", "replications", "state"),
        [
            (0.9, 0.95, 0.92, 0.98, 5, "kept"),
            (0.9, 0.95, 0.88, 1.0, 5, "unclear"),
            (0.9, 0.8, 0.7, 0.89, 5, "broken"),
            (0.9, 0.8, 0.7, 0.92, 5, "unclear"),
            (0.9, 0.95, np.nan, np.nan, 1, "kept"),
            (0.9, 0.8, np.nan, np.nan, 1, "broken"),
            (0.9, 0.8, np.nan, np.nan, 5, "unclear"),
            (0.9, 0.0, np.nan, np.nan, 5, "broken"),
            (0.9, np.nan, np.nan, np.nan, 5, "unknown"),
        ],
    )
    def test_kept_or_broken(self, promised, mean, low, high, replications, state):
        assert kept_or_broken(promised, mean, low, high, replications) == state

    def test_the_receiver_s_own_half_is_not_the_provider_s_promise(self, chain):
        """Requests that come incomplete are broken by who sends them."""
        half = {
            "handoffs": {
                "Sales -> Set up": {
                    "clarification": {"probability": "40%", "delay": "1 min"},
                    "sla": {"first_time_right": "95%", "response": "50% within 1 h"},
                }
            }
        }
        changed = chain.change(
            {"consumers": {"Sales": {"enters": None, "sla": None, "needs": None}}}, adds=half
        )
        results = changed.simulate(engine="simpy")
        row = results.promises_and_gaps(survey({"Sales -> IT": 3})).set_index("link").loc["Sales -> IT"]
        assert row["promise"] == "Sales -> Set up: response 50% within 1 h"
        assert row["verdict"] == "kept but a gap: expectations or communication"
        assert re.fullmatch(r"the receiver's own half is broken: \d\d% right first time, of 95%", row["note"])
        card = {name: results.scorecard(name) for name in ("IT", "Sales")}
        assert card["IT"].keeps["promise"].tolist() == ["Sales -> Set up: response 50% within 1 h"]
        assert card["Sales"].owes["promise"].tolist() == ["Sales -> Set up: 95% right first time"]
        assert card["Sales"].owes["state"].tolist() == ["broken"]

    @pytest.mark.parametrize(
        ("low", "high", "state"), [(-2, -1, "gap"), (-0.4, 0.1, "no gap"), (-1, 0, "undecided")]
    )
    def test_gap_or_none(self, low, high, state):
        assert gap_or_none(Heard((low + high) / 2, low, high, 30, ""), -0.5) == state


class TestEvaluation:
    """Links after a run have their fifth element."""

    def test_of_each_link(self, chain, results):
        links = results.links(survey({"Sales -> IT": 4}))
        table = links.evaluation.set_index(["link", "measure"])
        kept = results.kpis.query("name == 'Sales: resolution' and measure == 'attainment'")["mean"].iloc[0]
        row = table.loc[("Sales -> IT", "attainment")]
        assert (row["of"], row["value"], row["note"]) == (
            "Sales: resolution 90% within 10 min",
            kept,
            "broken",
        )
        assert table.loc[("Sales -> IT", "gap"), "value"] == pytest.approx(-2, abs=0.2)
        assert table.loc[("Plant -> Purchasing", "gap"), "note"] == "not surveyed"
        assert links.of("Sales -> IT").evaluation[1].note == "30 respondents"
        shown = links.table.set_index("link")
        assert shown.loc["Plant -> Purchasing", "attainment"].startswith(
            "Plant: resolution 90% within 2 h: 100%"
        )
        assert shown.loc["Plant -> Purchasing", "perceived"] == "survey: not told"
        assert "attainment" not in chain.links().table

    def test_complaints(self, chain):
        angry = chain.change({"consumers": {"Sales": {"complaints": {"probability": "100%"}}}})
        found = angry.simulate("1 day", engine="simpy", replications=2).links().evaluation
        rows = found[found["measure"] == "complaints"]
        assert rows[["link", "of", "value", "note"]].to_numpy().tolist() == [
            ["Sales -> IT", "Sales", 1.0, "of whole requests"]
        ]


class TestPredictions:
    def test_the_curve_never_falls(self):
        assert pooled(np.array([1.0, 3, 2, 4])).tolist() == [1, 2.5, 2.5, 4]
        assert pooled(np.array([3.0, 2, 1])).tolist() == [2, 2, 2]

    def test_between_points_it_is_straight(self):
        assert at_curve(np.array([0.8, 0.6]), np.array([5.0, 3.0]), np.array([0.7])) == pytest.approx([4])

    def test_too_few_links(self, comparison):
        found = comparison.predicted_ratings(survey({"Sales -> IT": 4, "Plant -> Purchasing": 6}), "Three")
        assert found["predicted"].isna().all()
        notes = found.set_index("dimension")["note"]
        assert notes["responsiveness"].iloc[0] == "only 2 links with a promise and answers; 8 are needed"
        assert notes["empathy"].iloc[0] == "held as surveyed: nothing in a run stands for it"

    def test_links_that_share_a_promise_are_one_figure(self):
        """Eight links of one consumer have its end-to-end promise, which says nothing of any of them."""
        chain = sf.ServiceChain("One", run={"duration": "2 days", "replications": 2, "seed": 3})
        for number in range(9):
            chain.add_provider(f"D{number}", staff=1)
            chain.add_service(f"S{number}", provider=f"D{number}", duration="exponential(mean=5 min)")
            chain.add_handoff("C", f"S{number}", **({"probability": "11%"} if number else {}))
        sla = {"resolution": "90% within 10 min"}
        chain.add_consumer("C", arrivals={"rate": "4 per hour"}, sla=sla)
        said = survey({f"C -> D{number}": 6 - 0.4 * number for number in range(9)}, people=8)
        found = sf.compare({"today": chain, "again": chain.copy()}, engine="simpy").predicted_ratings(
            said, "again"
        )
        rows = found.query("dimension == 'responsiveness'")
        assert rows["predicted"].isna().all()
        assert rows["note"].iloc[0] == ("only one promise on 9 links with answers; 8 are needed")

    def test_the_receiver_s_own_half_predicts_nothing(self):
        half, own, whole = (
            Clause(name, kind, 0.9, "", scope, "X")
            for name, kind, scope in (
                ("half", "first_time_right", "handoff"),
                ("own", "response", "handoff"),
                ("whole", "resolution", "consumer"),
            )
        )
        link = ServiceLink("A", "B", (), (), (whole, half, own), (), (), ())
        assert _operational(link) == "own"
        assert _operational(replace(link, promises=(half, whole))) == "whole"
        assert _operational(replace(link, promises=(half,))) is None

    @pytest.fixture(scope="class")
    def many(self):
        chain = sf.ServiceChain("Many", run={"duration": "4 days", "replications": 4, "seed": 3})
        for number in range(9):
            name = f"D{number}"
            chain.add_provider(name, staff=1)
            chain.add_service(f"S{number}", provider=name, duration="exponential(mean=5 min)")
            sla = {"resolution": "90% within 10 min"}
            rate = f"{2 + number} per hour"
            chain.add_consumer(f"C{number}", arrivals={"rate": rate}, enters=f"S{number}", sla=sla)
        return chain

    def test_inside_and_outside_of_what_was_observed(self, many):
        slower = {
            "providers": {"D4": {"staff": 1}},
            "services": {"S4": {"duration": "exponential(mean=6 min)"}},
        }
        worst = {"services": {"S8": {"duration": "exponential(mean=6 min)"}}}
        chains = {"today": many, "slower": many.change(slower), "worst": many.change(worst)}
        found = sf.compare(chains, engine="simpy")
        said = survey({f"C{number} -> D{number}": 6 - 0.4 * number for number in range(9)}, people=20)
        rows = (
            found.predicted_ratings(said, "slower").query("dimension == 'responsiveness'").set_index("link")
        )
        row = rows.loc["C4 -> D4"]
        assert row["simulated"] < row["simulated_today"]
        assert row["predicted"] < row["measured"] + 0.5
        assert row["predicted_low"] <= row["predicted"] <= row["predicted_high"]
        assert row["note"] == "an association over links, not an effect"
        rows = found.predicted_ratings(said, "worst").query("dimension == 'responsiveness'").set_index("link")
        assert np.isnan(rows.loc["C8 -> D8", "predicted"])
        assert rows.loc["C8 -> D8", "note"] == "outside of what was observed"


class TestNeeds:
    def test_the_gaps(self, results):
        table = results.needs().set_index("link")
        row = table.loc["Sales -> IT"]
        assert row["agreed"] == 0  # 10 min are agreed, 5 min are needed
        assert row["widest"] == "need - agreement"
        assert row["need - delivery"] == pytest.approx(0.95 - row["simulated"])
        assert table.loc["Plant -> Purchasing", "agreed"] == 0.9

    def test_the_share_is_counted_on_requests(self, results):
        requests = results.requests
        mine = requests[(requests["consumer"] == "Sales") & requests["in_window"]]
        within = (mine["ended"] - mine["asked"] <= 5).mean()
        row = results.needs().set_index("link").loc["Sales -> IT"]
        assert row["simulated"] == pytest.approx(within)

    def test_what_was_delivered(self, results):
        row = results.needs({"Plant -> Purchasing": 0.5}).set_index("link").loc["Plant -> Purchasing"]
        assert row["need - delivery"] == pytest.approx(0.45)
        assert row["widest"] == "capability - delivery"

    def test_a_link_that_is_none(self, results):
        with pytest.raises(
            sf.UnknownNameError, match=r"^there is no link 'Sales -> TI'; did you mean 'Sales -> IT'"
        ):
            results.needs({"Sales -> TI": 0.5})

    def test_summaries_have_no_requests(self, chain):
        kept = chain.simulate(engine="simpy", keep="summary", replications=1)
        with pytest.raises(sf.NotKeptError):
            kept.needs()


class TestOrders:
    @pytest.mark.parametrize("name", ["form.csv", "form.xlsx"])
    def test_there_and_back(self, chain, tmp_path, name):
        chain.order_form(tmp_path / name)
        assert chain.with_orders(tmp_path / name) == chain

    def test_filled_in(self, chain):
        form = chain.order_form()
        form.loc[form["element"] == "Sales", ["how often", "start within", "share", "complete"]] = [
            "40 a week",
            "2 min",
            "80%",
            "99%",
        ]
        form.loc[form["element"] == "Sales", "done within"] = ""
        consumer = chain.with_orders(form).consumers["Sales"]
        assert str(consumer.needs.response) == "80% within 2 min"
        assert consumer.needs.resolution is None
        assert consumer.needs.first_time_right == 0.99
        assert consumer.labels == {"needed": "40 a week"}

    def test_every_problem_with_its_row(self, chain):
        form = chain.order_form().astype(object)
        form.loc[0, "share"] = ""
        form.loc[1, "done within"] = "soon"
        form.loc[2] = ["", "", "Nobody", "", "", "", "", "", ""]
        with pytest.raises(sf.SurveyError) as caught:
            chain.with_orders(form)
        lines = str(caught.value).splitlines()
        assert lines[0] == "row 2: done within '5 min' has no share; write how many of a hundred, such as 90%"
        assert lines[1] == "row 3: 'soon' is no time; write one such as 4 h"
        assert lines[2] == "row 4: 'Nobody' is no consumer, handoff or call of the chain"

    def test_no_kind_of_file(self, chain, tmp_path):
        with pytest.raises(
            sf.SurveyError, match=r"\.pdf is no kind of file that is written; name it \.csv or \.xlsx$"
        ):
            chain.order_form(tmp_path / "form.pdf")

    def test_names_are_no_formulas(self, tmp_path):
        chain = sf.ServiceChain("X")
        chain.add_provider("=A1", staff=1)
        chain.add_service("S", provider="=A1", duration="1 min")
        chain.add_consumer("=HYPERLINK", arrivals={"rate": "1 per hour"}, enters="S")
        chain.order_form(tmp_path / "form.csv")
        assert "'=HYPERLINK" in (tmp_path / "form.csv").read_text("utf-8-sig")
        assert chain.with_orders(tmp_path / "form.csv") == chain


class TestCards:
    def test_one(self, results):
        card = results.scorecard("IT", survey({"Sales -> IT": 3}))
        assert card.keeps["state"].tolist() == ["broken"]
        assert repr(card) == "Scorecard('IT': 1 promises, 1 broken)"
        assert any("Sales -> IT: gap" in pain for pain in card.pains)
        assert card.waits["cause"].tolist() == ["contention"]

    def test_delights(self, results):
        card = results.scorecard("Purchasing", survey({"Plant -> Purchasing": 7}))
        assert card.delights[0].startswith("Plant: resolution 90% within 2 h is kept to 100%")
        assert "Plant -> Purchasing: no gap" in card.delights[1]

    def test_nobody_s(self, results):
        with pytest.raises(sf.UnknownNameError, match=r"^there is no department 'HR'"):
            results.scorecard("HR")

    def test_levers_in_its_own_hands_and_in_others(self, chain, results, tmp_path):
        tried = chain.levers(engine="simpy", duration="1 day", budget=20)
        table = results.scorecard("IT", levers=tried).levers
        assert set(table.loc[table["hands"] == "its own", "lever"]) == {
            name
            for name in tried.table.loc[tried.table["gain"] > 0, "lever"]
            if name.startswith(("IT", "Set up"))
        }
        assert "IT: one more" in set(table["lever"])
        assert (table["gain_low"] <= table["gain"]).all()
        theirs = results.scorecard("Purchasing", levers=tried)
        assert "IT: one more" in set(theirs.levers.query('hands == "others\'"')["lever"])
        assert "IT: one more" in theirs.html()

    def test_a_handoff_is_in_the_hands_of_who_sends(self, chain):
        passed = chain.change(adds={"handoffs": {"Set up -> Approve": {"every": "1 h"}}})
        tried = passed.change({"consumers": {"Sales": {"sla": {"resolution": "90% within 2 h"}}}}).levers(
            engine="simpy", duration="1 day", budget=20, objective="Sales: resolution"
        )
        for department, hands in (("IT", "its own"), ("Purchasing", "others'")):
            table = levers_by_hand(tried, department)
            ways = table[table["lever"].str.startswith("Set up -> Approve")]
            assert set(ways["hands"]) == {hands}

    def test_without_levers_the_card_says_how_to_get_them(self, results):
        card = results.scorecard("IT")
        assert not len(card.levers)
        assert "not tried; give levers=chain.levers()" in card.html()
        assert card.pains[0].endswith(" min per visit")

    def test_the_pack(self, results, tmp_path):
        path = tmp_path / "cards.html"
        results.save_scorecards(path, survey({"Sales -> IT": 3}))
        text = path.read_text("utf-8")
        assert text.count("<section>") == 5  # the ranking, two providers and two consumers
        assert not re.search(r"(src|href)=.http|<script", text)

    def test_names_are_escaped(self, tmp_path):
        chain = sf.ServiceChain("<b>X</b>", run={"duration": "1 day", "replications": 2, "seed": 1})
        chain.add_provider("<i>A</i>", staff=1)
        chain.add_service("S", provider="<i>A</i>", duration="1 min")
        sla = {"resolution": "90% within 1 h"}
        chain.add_consumer("<u>C</u>", arrivals={"rate": "9 per hour"}, enters="S", sla=sla)
        found = chain.simulate(engine="simpy")
        found.save_scorecards(tmp_path / "cards.html")
        found.scorecard("<i>A</i>").save(tmp_path / "card.html")
        for name in ("cards.html", "card.html"):
            text = (tmp_path / name).read_text("utf-8")
            assert not any(tag in text for tag in ("<b>X", "<i>A", "<u>C"))
            assert "&lt;i&gt;A" in text


class TestStars:
    def test_the_better_one_is_first(self, results):
        table = results.stars()
        assert table[["rank", "department"]].to_numpy().tolist() == [[1, "Purchasing"], [2, "IT"]]

    def test_who_cannot_be_told_apart_shares_a_rank(self):
        rng = np.random.default_rng(1)
        bases = np.full((10, 3), 100.0)
        tops = np.stack([rng.binomial(100, share, 10) for share in (0.9, 0.9, 0.3)], axis=1).astype(float)
        assert ranks_of(tops, bases, 0.95) == [1, 1, 3]

    def test_another_mix_of_promises_is_told(self, chain):
        other = chain.change({"consumers": {"Sales": {"sla": {"resolution": "50% within 10 min"}}}})
        table = other.simulate(engine="simpy", replications=2).stars().set_index("department")
        assert "compare with care" in table.loc["IT", "note"]
        assert table.loc["Purchasing", "note"] == ""

    def test_nothing_is_ranked_where_no_promise_was_put_to_the_test(self, chain, tmp_path):
        rare = {"arrivals": {"every": "9 weeks"}}
        quiet = chain.change({"consumers": dict.fromkeys(chain.consumers, rare)})
        results = quiet.simulate("1 h", engine="simpy", replications=2)
        with pytest.raises(
            sf.RunError, match=r"^nothing says which promises were kept: no request .* run for longer"
        ):
            results.stars()
        results.save_scorecards(tmp_path / "cards.html")
        assert "Purchasing" in (tmp_path / "cards.html").read_text("utf-8")


class TestProfiles:
    def test_eight_dimensions_and_three_times(self, results, comparison):
        found = survey({"Sales -> IT": 4})
        table = results.profile("IT", found, future=comparison["Three"])
        assert table["dimension"].nunique() == 8
        assert set(table["period"]) == {"today", "future"}
        rows = table.set_index(["dimension", "period"])
        assert rows.loc[("response", "future"), "value"] < rows.loc[("response", "today"), "value"]
        assert rows.loc[("response", "today"), "better"] == "lower"
        assert np.isnan(rows.loc[("satisfaction", "future"), "value"])
        assert rows.loc[("satisfaction", "today"), "value"] == pytest.approx(4, abs=0.2)

    def test_every_measure_has_a_unit_or_scale(self, results):
        table = results.profile("IT", survey({"Sales -> IT": 4})).set_index("dimension")
        units = {name: table.loc[name, "unit"] for name in ("response", "reliability", "satisfaction")}
        assert units == {"response": results.time_unit, "reliability": "share", "satisfaction": "1 to 7"}

    def test_names_of_your_own(self, results):
        assert "speed" in set(results.profile("IT", names={"response": "speed"})["dimension"])

    def test_nobody_s(self, results):
        with pytest.raises(sf.UnknownNameError, match=r"^there is no provider 'HR'"):
            results.profile("HR")


class TestWhoPays:
    def test_a_third_hand_serves_sales_and_costs_it(self, comparison):
        table = comparison.who_pays().set_index(["department", "role", "measure"])
        assert table.loc[("Sales", "receiver", "flow_time"), "effect"] == "gains"
        assert table.loc[("Sales", "receiver", "attainment"), "effect"] == "gains"
        assert table.loc[("IT", "provider", "cost"), "effect"] == "pays"
        assert table.loc[("Plant", "receiver", "flow_time"), "effect"] == ""
        assert not table["nobody pays"].any()

    def test_a_change_that_harms_nobody(self, chain):
        free = {"providers": {"IT": {"cost": "20 per hour"}}}
        found = sf.compare({"today": chain, "cheaper": chain.change(free)}, engine="simpy")
        table = found.who_pays()
        assert table["nobody pays"].all()
        assert set(table.loc[table["effect"] != "", "measure"]) == {"cost"}


SWAP = """
serviceflow: 1
name: Swap
run: {duration: 5 days, replications: 4, seed: 1}
providers: {Left: {staff: 2}, Right: {staff: 2}}
services: {Ask left: {provider: Left, duration: 10 min}, Ask right: {provider: Right, duration: 10 min}}
consumers:
  North: {arrivals: {rate: 9 per hour}, enters: Ask left}
  South: {arrivals: {rate: 9 per hour}, enters: Ask right}
scenarios:
  Left is quick: {changes: {services: {Ask left: {duration: 5 min}}}}
  Left is slow: {changes: {services: {Ask left: {duration: 11 min}}}}
  Right is slow: {changes: {services: {Ask right: {duration: 11 min}}, consumers: {North: {priority: 1}}}}
"""


@pytest.fixture(scope="module")
def found():
    return sf.loads(SWAP).compare(engine="simpy").with_pairs()


class TestPairs:
    def test_pairs_that_exclude_each_other_are_left_out(self, found):
        assert "Left is quick + Right is slow" in found.scenarios
        assert "Left is quick + Left is slow" not in found.scenarios

    def test_where_nobody_pays_comes_first(self, found):
        table = found.nobody_pays()
        assert table.loc[0, "scenario"] == "Left is quick"
        assert table.loc[0, "nobody pays"]
        pays = table.set_index("scenario")["pays"]
        assert pays["Left is slow"] >= 1  # North waits, and Left works more.
        assert (table["pays"].diff().dropna() >= 0).all()

    def test_at_most_so_many_are_run(self):
        comparison = sf.loads(SWAP).compare(engine="simpy", duration="1 day", replications=2)
        assert len(comparison.with_pairs(most=1).scenarios) == 4

    def test_only_together(self):
        """More work for Left by one change is made up for by the other, and the other way round."""
        text = (
            SWAP.split("scenarios:")[0]
            + """
scenarios:
  A:
    changes: {services: {Ask left: {duration: 6 min}}, consumers: {South: {arrivals: {rate: 10 per hour}}}}
  B:
    changes: {services: {Ask right: {duration: 6 min}}, consumers: {North: {arrivals: {rate: 10 per hour}}}}
"""
        )
        table = sf.loads(text).compare(engine="simpy").with_pairs().nobody_pays().set_index("scenario")
        assert table["nobody pays"].to_dict() == {"A + B": True, "A": False, "B": False}
        assert table["only together"].to_dict() == {"A + B": True, "A": False, "B": False}

    def test_other_chains_cannot_be_put_together(self, chain, results):
        other = sf.compare({"one": chain, "two": chain.scenario("Three")}, engine="simpy", replications=2)
        with pytest.raises(sf.SurveyError, match="'two' cannot be put together: compare with chain.compare"):
            other.with_pairs()
