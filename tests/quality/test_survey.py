"""Scores of surveys: against known answers, against plain arithmetic, and what is not told."""

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf
from serviceflow.quality.scoring import holm

CASE = {
    "expectations": [
        [5, 5, 7, 6, 6, 6, 7, 5, 6, 5, 6, 7, 6, 5, 6, 5, 7, 7, 7, 6, 7, 6],
        [5, 6, 6, 6, 7, 5, 7, 5, 6, 7, 5, 7, 6, 6, 7, 7, 7, 6, 7, 7, 5, 5],
        [5, 6, 7, 6, 7, 6, 7, 6, 7, 5, 6, 7, 7, 7, 7, 5, 7, 6, 7, 5, 5, 5],
        [7, 7, 5, 6, 5, 5, 7, 7, 5, 5, 6, 7, 7, 5, 6, 5, 5, 5, 6, 6, 7, 6],
        [6, 7, 6, 7, 7, 6, 7, 5, 5, 5, 5, 7, 5, 6, 7, 7, 7, 5, 6, 5, 5, 7],
        [5, 6, 5, 5, 7, 5, 5, 5, 7, 5, 6, 5, 5, 7, 5, 6, 6, 5, 6, 7, 7, 5],
    ],
    "perceptions": [
        [7, 3, 3, 5, 7, 7, 6, 3, 5, 7, 5, 3, 6, 3, 6, 3, 4, 4, 7, 6, 6, 5],
        [4, 7, 7, 4, 4, 4, 5, 4, 5, 7, 4, 7, 5, 4, 7, 5, 6, 4, 7, 6, 7, 3],
        [3, 3, 5, 5, 7, 4, 3, 7, 4, 6, 4, 5, 3, 6, 7, 6, 7, 6, 5, 7, 5, 3],
        [5, 6, 3, 3, 6, 5, 5, 6, 6, 7, 3, 6, 5, 3, 3, 4, 6, 3, 5, 7, 3, 3],
        [7, 4, 7, 4, 6, 3, 6, 7, 4, 6, 4, 3, 3, 5, 5, 3, 4, 6, 4, 4, 3, 3],
        [6, 3, 7, 5, 4, 6, 3, 4, 5, 6, 3, 4, 3, 3, 4, 4, 7, 4, 3, 7, 5, 3],
    ],
    "weights": [
        [10, 35, 25, 15, 15],
        [15, 30, 25, 15, 15],
        [11, 32, 23, 19, 15],
        [20, 30, 20, 15, 15],
        [5, 40, 30, 15, 10],
        [10, 30, 30, 10, 20],
    ],
}
"""A published example: six respondents, 22 items in five dimensions, 100 points."""
GAPS = {
    "tangibles": -1.083333333,
    "reliability": -1.0,
    "responsiveness": -1.125,
    "assurance": -1.375,
    "empathy": -1.166666667,
    "all dimensions": -1.15,
    "all dimensions, weighted": -1.1195,
}
PERCEPTIONS = {
    "tangibles": 4.833333333,
    "reliability": 5.033333333,
    "responsiveness": 4.791666667,
    "assurance": 4.791666667,
    "empathy": 4.8,
}
DIMENSIONS = tuple(PERCEPTIONS)
LINK = "Front desk -> Housekeeping"


def wide(link=LINK):
    rows = []
    for who, (expected, found, points) in enumerate(zip(*CASE.values(), strict=True)):
        row = {"respondent": f"r{who}", "link": link}
        row |= {f"E{item}": value for item, value in enumerate(expected, 1)}
        row |= {f"P{item}": value for item, value in enumerate(found, 1)}
        rows.append(row | {f"weight {name}": value for name, value in zip(DIMENSIONS, points, strict=True)})
    return pd.DataFrame(rows)


def tidy(link=LINK):
    rows = []
    sizes = (4, 5, 4, 4, 5)
    for who, (expected, found, points) in enumerate(zip(*CASE.values(), strict=True)):
        weights = np.repeat(points, sizes)
        for item in range(22):
            row = {"respondent": f"r{who}", "link": link, "item": item + 1, "expectation": expected[item]}
            rows.append(row | {"perception": found[item], "weight": weights[item]})
    return pd.DataFrame(rows)


def drawn(people, *, links=(LINK,), items=10, seed=1, spread=1.0, gap=-1.0):
    """Answers that are drawn: nobody's in particular."""
    rng = np.random.default_rng(seed)
    rows = []
    for link in links:
        for who in range(people):
            mood = rng.normal() * spread
            for item in range(1, items + 1):
                expected = np.clip(np.rint(6 + 0.3 * mood + 0.5 * rng.normal()), 1, 7)
                found = np.clip(np.rint(6 + gap + mood + rng.normal()), 1, 7)
                rows.append((f"{link} {who}", link, item, int(expected), int(found)))
    return pd.DataFrame(rows, columns=["respondent", "link", "item", "expectation", "perception"])


def one_row(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


class TestKnownAnswers:
    @pytest.mark.parametrize("shape", [wide, tidy])
    def test_the_published_example(self, shape):
        table = sf.Survey(shape()).gaps().set_index("dimension")
        for name, gap in GAPS.items():
            assert table.loc[name, "gap"] == pytest.approx(gap, abs=1e-9)
        for name, perception in PERCEPTIONS.items():
            assert table.loc[name, "perception"] == pytest.approx(perception, abs=1e-9)

    def test_weights_count_by_respondent_and_not_on_average(self):
        table = sf.Survey(wide()).gaps().set_index("dimension")
        means = np.mean(CASE["weights"], axis=0) / 100
        of_means = float(means @ np.array([GAPS[name] for name in DIMENSIONS]))
        assert of_means == pytest.approx(-1.122361111)
        assert table.loc["all dimensions, weighted", "gap"] != pytest.approx(of_means, abs=1e-4)

    def test_weights_of_a_row_for_each_dimension(self):
        rows = [
            {"respondent": f"r{who}", "link": LINK, "item": name, "weight": points[place]}
            for who, points in enumerate(CASE["weights"])
            for place, name in enumerate(DIMENSIONS)
        ]
        both = pd.concat([tidy().drop(columns="weight"), pd.DataFrame(rows)])
        table = sf.Survey(both).gaps().set_index("dimension")
        assert table.loc["all dimensions, weighted", "gap"] == pytest.approx(-1.1195, abs=1e-9)

    @pytest.mark.parametrize("name", ["answers.csv", "answers.xlsx"])
    def test_the_same_from_a_file(self, tmp_path, name):
        path = tmp_path / name
        table = wide()
        table.to_csv(path, index=False) if name.endswith("csv") else table.to_excel(path, index=False)
        assert one_row(sf.Survey(path).gaps(), dimension="all dimensions")["gap"] == pytest.approx(-1.15)

    def test_items_against_plain_arithmetic(self):
        table = sf.Survey(wide()).items()
        gaps = np.array(CASE["perceptions"]) - np.array(CASE["expectations"])
        assert table["gap"].to_numpy() == pytest.approx(gaps.mean(axis=0))
        from scipy.stats import ttest_1samp

        assert table.loc[1, "p"] == pytest.approx(ttest_1samp(gaps[:, 1], 0).pvalue)

    def test_the_order_of_rows_changes_nothing(self):
        there, back = sf.Survey(tidy()), sf.Survey(tidy().iloc[::-1])
        pd.testing.assert_frame_equal(there.gaps(), back.gaps())

    def test_the_same_seed_gives_the_same_intervals(self):
        one, two, other = (sf.Survey(drawn(30), "internal", seed=seed).gaps() for seed in (1, 1, 2))
        pd.testing.assert_frame_equal(one, two)
        assert one["gap"].equals(other["gap"])
        assert not one["gap_low"].equals(other["gap_low"])


class TestGroups:
    @pytest.fixture
    def survey(self):
        links = ("Desk -> Rooms", "Kitchen -> Rooms", "Desk -> Kitchen")
        return sf.Survey(drawn(12, links=links), "internal")

    @pytest.mark.parametrize(
        ("by", "groups"),
        [
            ("link", ["Desk -> Kitchen", "Desk -> Rooms", "Kitchen -> Rooms"]),
            ("provider", ["Kitchen", "Rooms"]),
            ("receiver", ["Desk", "Kitchen"]),
        ],
    )
    def test_scores_by(self, survey, by, groups):
        table = survey.gaps(by)
        assert table[by].unique().tolist() == groups

    def test_a_provider_is_scored_by_all_its_sheets(self, survey):
        rows = survey.answers[survey.answers["provider"] == "Rooms"]
        gap = (rows["perception"] - rows["expectation"]).mean()
        found = one_row(survey.gaps("provider"), provider="Rooms", dimension="all dimensions")
        assert found["gap"] == pytest.approx(gap)
        assert found["respondents"] == 24

    def test_everybody_together(self, survey):
        assert len(survey.gaps(None)) == 6

    def test_several_keys(self, survey):
        assert survey.gaps(["receiver", "provider"])[["receiver", "provider"]].drop_duplicates().shape == (
            3,
            2,
        )

    def test_what_is_no_grouping(self, survey):
        with pytest.raises(
            sf.UnknownNameError, match=r"no grouping 'links'; did you mean 'link'\?; there are"
        ):
            survey.gaps("links")


class TestAnonymity:
    def test_nothing_of_four(self):
        survey = sf.Survey(drawn(4), "internal")
        for table in (survey.gaps(), survey.items("link"), survey.by_link()):
            told = table.filter(regex="gap|perception|expectation|shrunk|own_share|^p$|p_holm").to_numpy()
            assert np.isnan(told.astype(float)).all()
            assert set(table["note"]) == {"fewer than 5 respondents"}
        assert survey.levels()["level"].tolist() == [""]
        assert survey.importance("link")["importance"].isna().all()

    def test_everything_of_five(self):
        assert sf.Survey(drawn(5), "internal").gaps()["gap"].notna().all()

    def test_an_item_that_few_answered(self):
        rows = drawn(8)
        rows.loc[(rows["item"] == 3) & (rows["respondent"] > f"{LINK} 3"), "perception"] = np.nan
        table = sf.Survey(rows, "internal").items().set_index("item")
        assert table.loc["3", "respondents"] == 4
        assert np.isnan(table.loc["3", "gap"])
        assert table.loc["4", "gap"] == table.loc["4", "gap"]

    def test_a_link_that_would_give_another_away(self):
        rows = pd.concat(
            [drawn(3, links=["A -> X"]), drawn(9, links=["B -> X"]), drawn(12, links=["C -> X"])]
        )
        table = sf.Survey(rows, "internal").gaps()
        whole = table[table["dimension"] == "all dimensions"].set_index("link")
        assert np.isnan(whole.loc["A -> X", "gap"])
        assert np.isnan(whole.loc["B -> X", "gap"])
        assert whole.loc["B -> X", "note"] == "hidden, as it would give away one of fewer than 5 respondents"
        assert whole.loc["C -> X", "gap"] < 0

    def test_hidden_links_of_enough_people_give_nobody_away(self):
        rows = pd.concat([drawn(3, links=["A -> X"]), drawn(3, links=["B -> X"]), drawn(9, links=["C -> X"])])
        table = sf.Survey(rows, "internal").gaps()
        assert table[table["link"] == "C -> X"]["gap"].notna().all()

    def test_comments_are_nobodys(self):
        rows = drawn(6)
        rows["comment"] = "nothing to add"
        few = drawn(4, links=["A -> B"]).assign(comment="I am Anna")
        comments = sf.Survey(pd.concat([rows, few]), "internal").comments()
        assert comments.columns.tolist() == ["link", "comment"]
        assert set(comments["comment"]) == {"nothing to add"}

    @pytest.mark.parametrize("fewest", [0, 4])
    def test_the_limit_cannot_be_lowered(self, fewest):
        message = f"^fewest={fewest} would tell what single people answered; give 5 or more$"
        with pytest.raises(sf.SurveyError, match=message):
            sf.Survey(drawn(6), "internal", fewest=fewest)

    def test_the_limit_can_be_raised(self):
        assert sf.Survey(drawn(9), "internal", fewest=10).gaps()["gap"].isna().all()


class TestHolm:
    def test_by_hand(self):
        assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])

    def test_never_above_one_and_what_is_unknown_stays_so(self):
        found = holm(np.array([0.9, np.nan, 0.8]))
        assert found[[0, 2]].tolist() == [1.0, 1.0]
        assert np.isnan(found[1])

    def test_more_items_make_it_harder(self):
        table = sf.Survey(drawn(40, gap=-0.3), "internal").items()
        assert (table["p_holm"] >= table["p"]).all()


class TestSmallLinks:
    def test_they_are_drawn_to_the_mean_of_their_provider(self):
        links = {"A -> X": (60, -0.5), "B -> X": (60, -2.0), "C -> X": (60, -1.0), "D -> X": (6, -3.0)}
        rows = [drawn(n, links=[link], gap=gap, seed=n) for link, (n, gap) in links.items()]
        table = sf.Survey(pd.concat(rows), "internal").by_link().set_index("link")
        assert table.loc["D -> X", "own_share"] < table.loc["A -> X", "own_share"]
        assert table.loc["D -> X", "gap"] < table.loc["D -> X", "shrunk"] < table.loc["A -> X", "gap"]
        assert table.loc["D -> X", "note"] == "fewer than 20 respondents: drawn to the provider's mean"
        assert table.loc["A -> X", "note"] == ""

    def test_a_provider_of_one_link_has_nothing_to_be_drawn_to(self):
        found = sf.Survey(drawn(8), "internal").by_link().iloc[0]
        assert found["shrunk"] == found["gap"]
        assert found["own_share"] == 1

    def test_by_link_needs_links(self):
        with pytest.raises(sf.SurveyError, match=r"^by='provider' tells no links apart; use gaps$"):
            sf.Survey(drawn(8), "internal").by_link("provider")

    def test_links_that_do_not_differ_have_one_mean(self):
        from serviceflow.quality.scoring import drawn_together

        share, shrunk = drawn_together(np.array([1.0, 1.1, 0.9]), np.array([0.5, 0.5, 0.5]))
        assert share.tolist() == [0, 0, 0]
        assert shrunk == pytest.approx([1, 1, 1])

    def test_by_hand(self):
        """Two means of equal error: the variance between is half the squared difference less the error's."""
        from serviceflow.quality.scoring import drawn_together

        share, shrunk = drawn_together(np.array([0.0, 2.0]), np.array([0.5, 0.5]))
        assert share == pytest.approx([1.75 / 2.0] * 2)
        assert shrunk == pytest.approx([0.125, 1.875])


class TestOtherShapes:
    def test_perceptions_only(self):
        table = sf.Survey(drawn(8).drop(columns="expectation"), "internal").gaps()
        assert "gap" not in table
        assert table["perception"].notna().all()

    def test_perceptions_stand_beside_gaps(self):
        assert {"perception", "perception_low", "gap", "gap_low"} <= set(sf.Survey(wide()).gaps().columns)

    @pytest.mark.parametrize(
        ("adequate", "desired", "zone"),
        [(3, 7, "tolerated"), (6, 7, "below tolerance"), (1, 2, "better than desired"), (5, 6, "undecided")],
    )
    def test_three_columns(self, adequate, desired, zone):
        rows = drawn(30, gap=-1).assign(adequate=adequate, desired=desired).drop(columns="expectation")
        table = sf.Survey(rows, "internal").zones()
        found = one_row(table, dimension="all dimensions")
        assert found["zone"] == zone
        assert found["adequacy"] - found["superiority"] == pytest.approx(desired - adequate)

    def test_zones_need_three_columns(self):
        message = r"^nobody was asked what is adequate; give a column 'adequate' \(A1, A2, \.\.\.\)$"
        with pytest.raises(sf.SurveyError, match=message):
            sf.Survey(drawn(8), "internal").zones()

    def test_what_providers_believe(self):
        rows = drawn(20)
        theirs = rows.assign(
            role="provider", respondent="p" + rows["respondent"], expectation=4, perception=7
        )
        survey = sf.Survey(pd.concat([rows.assign(role="receiver"), theirs]), "internal")
        found = one_row(survey.internal_gaps(), dimension="all dimensions")
        assert found["understanding"] == pytest.approx(4 - rows["expectation"].mean())
        assert found["self_image"] == pytest.approx(7 - rows["perception"].mean())
        assert found["gap"] == pytest.approx((rows["perception"] - rows["expectation"]).mean())
        assert found["providers"] == 20
        assert found["self_image_low"] < found["self_image"] < found["self_image_high"]

    def test_the_scores_are_those_of_the_receivers(self):
        rows = drawn(20)
        theirs = rows.assign(role="provider", respondent="p" + rows["respondent"], perception=7)
        both = sf.Survey(pd.concat([rows.assign(role=""), theirs]), "internal")
        assert both.gaps().equals(sf.Survey(rows, "internal").gaps())

    def test_no_provider_has_answered(self):
        with pytest.raises(
            sf.SurveyError, match=r"^no provider has answered; sheets of theirs have the role"
        ):
            sf.Survey(drawn(8), "internal").internal_gaps()

    def test_only_providers_have_answered(self):
        with pytest.raises(sf.SurveyError, match=r"^only providers have answered"):
            sf.Survey(drawn(8).assign(role="provider"), "internal").gaps()

    def test_chinese_columns_and_names(self):
        names = {
            "respondent": "受访者",
            "link": "服务关系",
            "item": "题目",
            "expectation": "期望",
            "perception": "感知",
        }
        rows = drawn(6, links=["前台 -> 客房部"]).rename(columns=names)
        assert sf.Survey(rows, "internal").gaps()["link"].unique().tolist() == ["前台 -> 客房部"]

    def test_columns_may_be_named(self):
        rows = drawn(6).rename(columns={"perception": "how it was", "link": "who"})
        survey = sf.Survey(rows, "internal", columns={"how it was": "perception", "who": "link"})
        assert survey.links == (LINK,)


class TestImportance:
    def rows(self, people=200):
        rng = np.random.default_rng(3)
        found = []
        for who in range(people):
            good, bad = rng.normal(size=2)
            for item in range(1, 11):
                matters = item in (1, 2)
                level = 3 if item in (1, 3) else 5.5
                value = level + 0.8 * good + rng.normal() * 0.5 if matters else level + rng.normal() * 0.8
                found.append((who, LINK, item, np.clip(np.rint(value), 1, 7), 7 if matters else 4))
            overall = np.clip(np.rint(4 + 1.2 * good + 0.3 * bad), 1, 7)
            found.append((who, LINK, "overall", overall, np.nan))
        return pd.DataFrame(found, columns=["respondent", "link", "item", "perception", "weight"])

    def test_stated_and_derived(self):
        table = sf.Survey(self.rows(), "internal").importance()
        assert set(table["source"]) == {"stated weight", "derived"}
        for source, rows in table.groupby("source"):
            quadrant = rows.set_index("item")["quadrant"]
            assert quadrant["1"] == "concentrate here", source
            assert quadrant["2"] == "keep up the good work"
            assert quadrant["3"] == "low priority"

    def test_derived_importance_is_a_correlation(self):
        rows = self.rows()
        table = sf.Survey(rows, "internal").importance()
        wide = rows.pivot_table(index="respondent", columns="item", values="perception")
        found = one_row(table, source="derived", item="1")["importance"]
        assert found == pytest.approx(np.corrcoef(wide[1], wide["overall"])[0, 1])

    def test_a_point_on_the_line_is_undecided(self):
        table = sf.Survey(drawn(30), "internal").importance()
        assert "undecided" in set(table["quadrant"])

    def test_few_respondents_derive_nothing(self):
        table = sf.Survey(self.rows(19), "internal").importance()
        assert set(table["source"]) == {"stated weight"}

    def test_nothing_says_what_matters(self):
        with pytest.raises(sf.SurveyError, match=r"^nothing says what matters; ask for weights"):
            sf.Survey(drawn(8).drop(columns="expectation"), "internal").importance()


class TestLevels:
    @pytest.mark.parametrize(
        ("met", "level"),
        [
            ([], "none"),
            (["basic"], "basic"),
            (["basic", "satisfied"], "satisfied"),
            (["basic", "satisfied", "delighted"], "delighted"),
            (["basic", "satisfied", "delighted", "unexpected"], "unexpected"),
            (["satisfied", "delighted"], "none"),
            (["basic", "delighted", "unexpected"], "basic"),
        ],
    )
    def test_the_highest_of_which_all_is_met_and_all_below(self, met, level):
        items = sf.instrument().items
        rows = [
            (who, LINK, item.key, 6, 7 if item.level in met else 3) for who in range(10) for item in items
        ]
        table = pd.DataFrame(rows, columns=["respondent", "link", "item", "expectation", "perception"])
        found = sf.Survey(table).levels().iloc[0]
        assert found["level"] == level
        assert found["agreement"] == 1

    def test_one_item_that_is_not_met_is_enough(self):
        rows = drawn(30, gap=1.0).assign(expectation=4)
        rows.loc[rows["item"] == 1, "perception"] = 2
        found = sf.Survey(rows, "internal").levels().iloc[0]
        assert found["level"] == "none"
        assert found["missing"] == "1"

    def test_undecided(self):
        rows = drawn(10)
        rows["expectation"] = 4
        rows["perception"] = np.where(rows["item"] == 1, np.where(rows.index % 20 < 10, 3, 5), 7)
        found = sf.Survey(rows, "internal").levels().iloc[0]
        assert found["note"] == "undecided"


def test_it_says_what_it_is():
    survey = sf.Survey(drawn(6), "internal")
    assert repr(survey) == "Survey(6 respondents, 1 link, internal: no problems)"
    assert ">Survey(6 respondents, 1 link" in survey._repr_html_()


def test_names_are_escaped_where_they_are_shown():
    page = sf.Survey(drawn(6, links=["<b>A</b> -> <i>B</i>"]), "internal")._repr_html_()
    assert "<b>A" not in page
    assert "&lt;b&gt;A" in page


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"confidence": 95}, "^confidence=95 is no level of confidence; give one such as 0.95$"),
        ({"resamples": 10}, "^resamples=10 are too few for an interval; give 200 or more$"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(sf.SurveyError, match=message):
        sf.Survey(drawn(6), "internal", **settings)
