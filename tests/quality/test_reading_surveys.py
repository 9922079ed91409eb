"""Surveys as files: every kind of dirt is listed with its row and what was done about it."""

import numpy as np
import pandas as pd
import pytest

import serviceflow as sf

OWN = {"name": "own", "scale": "1-7", "dimensions": {"speed": {"items": {"a": "A?", "b": "B?", "c": "C?"}}}}


def read(text, tmp_path, name="answers.csv", **settings):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return sf.Survey(path, **{"instrument": OWN} | settings)


def problems(survey):
    return [tuple(row) for row in survey.problems.itertuples(index=False)]


HEAD = "respondent,link,item,expectation,perception\n"


class TestDirt:
    @pytest.mark.parametrize(
        ("rows", "found"),
        [
            ("r1,A -> B,a,8,5", [(2, "r1", "expectation", "8", "outside of 1 to 7", "left out")]),
            ("r1,A -> B,a,6,0", [(2, "r1", "perception", "0", "outside of 1 to 7", "left out")]),
            ("r1,A -> B,a,6,five", [(2, "r1", "perception", "five", "no number", "left out")]),
            ("r1,A -> B,a,6,n/a", []),
            ("r1,A -> B,a,6,", []),
            ("r1,A -> B,aa,6,5", [(2, "r1", "item", "aa", "no item of own; did you mean 'a'?", "left out")]),
            (",A -> B,a,6,5", [(2, "", "respondent", "", "no respondent", "left out")]),
            ("r1,,a,6,5", [(2, "r1", "provider", "", "no link and no provider", "left out")]),
            (
                "r1,A -> B,a,6,5\nr1,A -> B,a,6,4",
                [(2, "r1", "item", "a", "answered again in row 3", "the later answer counts")],
            ),
        ],
    )
    def test_of_tidy_files(self, tmp_path, rows, found):
        survey = read(HEAD + "r0,A -> B,a,6,5\n".replace("r0", "r9") + rows + "\n", tmp_path)
        # The rows stand one further down, below one that is clean.
        shifted = [(row + 1, *rest) for row, *rest in found]
        mine = [one for one in problems(survey) if "no answer to item" not in one[4]]
        assert mine == [
            tuple(part.replace("row 3", "row 4") if isinstance(part, str) else part for part in one)
            for one in shifted
        ]

    def test_items_that_others_answered(self, tmp_path):
        survey = read(HEAD + "r1,A -> B,a,6,5\nr1,A -> B,b,6,5\nr2,A -> B,a,6,5\n", tmp_path)
        assert problems(survey) == [
            (4, "r2", "perception", "", "no answer to item b", "left out"),
            (4, "r2", "expectation", "", "no answer to item b", "left out"),
        ]

    def test_a_role_that_is_none(self, tmp_path):
        survey = read("respondent,role,provider,item,perception\nr1,boss,B,a,5\n", tmp_path)
        assert problems(survey) == [
            (2, "r1", "role", "boss", "no role; write receiver or provider", "read as receiver")
        ]

    def test_a_link_that_is_none(self, tmp_path):
        survey = read(HEAD + "r1,A to B,a,6,5\nr2,A -> B,a,6,5\n", tmp_path)
        assert problems(survey) == [
            (
                2,
                "r1",
                "link",
                "A to B",
                "'A to B' is no link; write it as 'A -> B', or 'A -> B via phone'",
                "left out",
            )
        ]
        assert survey.links == ("A -> B",)

    def test_a_respondent_who_answered_a_wide_sheet_twice(self, tmp_path):
        survey = read(
            "respondent,link,Pa,Pb,Pc\nr1,A -> B,5,5,4\nr1,A -> B,3,3,4\nr2,A -> B,7,7,6\n", tmp_path
        )
        assert problems(survey) == [
            (
                2,
                "r1",
                "respondent",
                "r1",
                "the same respondent, link and period again in row 3",
                "the later row counts",
            )
        ]
        assert survey.answers["perception"].tolist() == [3, 3, 4, 7, 7, 6]

    def test_the_same_respondent_in_two_periods_is_no_repetition(self, tmp_path):
        text = "respondent,link,period,Pa,Pb,Pc\nr1,A -> B,2025,5,5,4\nr1,A -> B,2026,3,3,4\n"
        survey = read(text, tmp_path)
        assert problems(survey) == []
        assert survey.periods == ("2025", "2026")

    def test_a_wide_sheet_without_name_is_somebody_else_s(self, tmp_path):
        survey = read("respondent,link,Pa,Pb,Pc\n,A -> B,5,5,4\n,A -> B,3,3,4\n", tmp_path)
        assert [one[5] for one in problems(survey)] == ["counted as somebody else"] * 2
        assert len(survey) == 2

    def test_weights_that_do_not_add_up(self):
        rows = pd.DataFrame([["r1", "A -> B", *[5] * 10, 30, 30, 20, 10, 5]])
        names = ["reliability", "responsiveness", "assurance", "empathy", "tangibles"]
        rows.columns = ["respondent", "link", *map(str, range(1, 11)), *(f"weight {name}" for name in names)]
        survey = sf.Survey(rows, "internal")
        assert (2, "r1", "weight", "95", "the weights add up to 95, not 100", "scaled to 100") in problems(
            survey
        )

    def test_the_same_answer_throughout_is_kept_and_told(self):
        rows = pd.DataFrame(
            [["r1", "A -> B", *[4] * 10]], columns=["respondent", "link", *map(str, range(1, 11))]
        )
        survey = sf.Survey(rows, "internal")
        assert problems(survey) == [
            (2, "r1", "perception", "4 throughout", "the same answer to every item", "kept")
        ]
        assert len(survey.answers) == 10

    def turned(self, reverse):
        rng = np.random.default_rng(1)
        mood = rng.normal(size=40)
        rows = pd.DataFrame({"respondent": range(40), "link": "A -> B"})
        for name, sign in (("a", 1), ("b", 1), ("c", -1)):
            rows[name] = np.clip(np.rint(4 + sign * 1.5 * mood + 0.5 * rng.normal(size=40)), 1, 7)
        return rows, sf.Survey(rows, OWN, reverse=reverse)

    def test_an_item_that_looks_reversed(self):
        _, survey = self.turned([])
        (found,) = problems(survey)
        assert found[2] == "item c"
        assert found[4:] == ("looks reversed", "nothing; if it is, give reverse=['c']")

    def test_a_reversed_item_is_turned(self):
        rows, survey = self.turned(["c"])
        assert problems(survey) == []
        mine = survey.answers[survey.answers["item"] == "c"]["perception"].to_numpy()
        # Sheets are in the order of their respondents' names, which are texts.
        order = rows.assign(respondent=rows["respondent"].astype(str)).sort_values("respondent")
        assert mine.tolist() == (8 - order["c"]).tolist()

    def test_an_instrument_may_say_that_an_item_is_reversed(self):
        own = {
            "name": "own",
            "scale": "1-5",
            "dimensions": {"speed": {"items": {"a": {"text": "?", "reverse": True}}}},
        }
        rows = pd.DataFrame([["r1", "A -> B", 2]], columns=["respondent", "link", "a"])
        assert sf.Survey(rows, own).answers["perception"].tolist() == [4]


class TestFiles:
    @pytest.mark.parametrize("mark", [";", "\t", ","])
    def test_separators(self, tmp_path, mark):
        survey = read(HEAD.replace(",", mark) + mark.join(["r1", "A -> B", "a", "6", "5"]) + "\n", tmp_path)
        assert survey.answers["perception"].tolist() == [5]

    def test_decimal_commas(self, tmp_path):
        survey = read(HEAD.replace(",", ";") + "r1;A -> B;a;6,5;5\n", tmp_path)
        assert survey.answers["expectation"].tolist() == [6.5]

    def test_chinese_encodings(self, tmp_path):
        text = "受访者,服务关系,题目,感知\n张三,前台 -> 客房部,a,5\n"
        for encoding in ("utf-8", "utf-8-sig", "gb18030"):
            survey = read(text.encode(encoding), tmp_path)
            assert survey.links == ("前台 -> 客房部",)

    def test_empty_rows_are_passed_over_and_counted(self, tmp_path):
        survey = read(HEAD + "r1,A -> B,a,6,5\n,,,,\nr2,A -> B,a,6,9\n", tmp_path)
        assert problems(survey)[0][0] == 4

    def test_a_sheet_of_a_workbook(self, tmp_path):
        path = tmp_path / "answers.xlsx"
        rows = pd.DataFrame([["r1", "A -> B", 1, 5]], columns=["respondent", "link", "item", "perception"])
        with pd.ExcelWriter(path) as book:
            pd.DataFrame({"x": [1]}).to_excel(book, sheet_name="cover", index=False)
            rows.to_excel(book, sheet_name="answers", index=False)
        assert len(sf.Survey(path, "internal", sheet="answers").answers) == 1
        with pytest.raises(
            sf.SurveyError, match=r"answers\.xlsx: Worksheet named 'x' not found; give sheet="
        ):
            sf.Survey(path, "internal", sheet="x")

    def test_receiver_and_provider_in_columns_of_their_own(self, tmp_path):
        survey = read("respondent,receiver,provider,item,perception\nr1,A,B,a,5\nr2,,B,a,6\n", tmp_path)
        assert survey.links == ("A -> B", "B")
        assert survey.providers == ("B",)

    @pytest.mark.parametrize(
        ("text", "name", "message"),
        [
            (
                "x",
                "answers.pdf",
                r"answers\.pdf: \.pdf is no kind of file that is read; save it as \.csv or \.xlsx$",
            ),
            (
                "x",
                "answers.xlsx",
                r"answers\.xlsx: this is no Excel workbook .*; save it as \.xlsx or \.csv$|answers",
            ),
            ("", "answers.csv", r"answers\.csv: the file is empty; write names of columns"),
            (HEAD, "answers.csv", r"^there are no answers in it; write one row per sheet, or one per item"),
            (
                b"\xff\xff\xff,a\n1,2\n",
                "answers.csv",
                r"answers\.csv: the text is not in UTF-8; save it with this encoding \(in Excel: Save As,",
            ),
            (
                HEAD.encode("utf-16-le"),
                "answers.csv",
                r"answers\.csv: this is no text in UTF-8; save it with this encoding \(in Excel: Save As,",
            ),
            (
                HEAD.encode("utf-32"),
                "answers.csv",
                r"answers\.csv: this is no text in UTF-8; save it",
            ),
            (
                HEAD + "r1,A -> B,a,,\nr2,A -> B,a,n/a,-\n",
                "answers.csv",
                r"^none of the 2 sheets has an answer to an item of 'own': all are missing; write numbers",
            ),
            (
                HEAD + "r1,A -> B,a,99,x\n",
                "answers.csv",
                r"^the sheet has no answer .* from 1 to 7; left out were:\n(?s:.*)no number(?s:.*)outside of",
            ),
            ("a,item\n1,2\n", "answers.csv", r"^no column says of whom the answers are; name one 'link'"),
            (
                "respondent,link,item\nr1,A -> B,a\n",
                "answers.csv",
                r"^no column has answers; name one 'perception'",
            ),
            (
                "respondent,link,Q\nr1,A -> B,5\n",
                "answers.csv",
                r"^no column has answers to own; name them P1",
            ),
            (
                "id,person,link,a\n1,2,A -> B,5\n",
                "answers.csv",
                r"^two columns are read as 'respondent'; rename one",
            ),
            ("respondent,link,a\nr1,,5\n", "answers.csv", r"^no row says who answers and of whom:"),
        ],
    )
    def test_what_cannot_be_read(self, tmp_path, text, name, message):
        with pytest.raises(sf.SurveyError, match=message):
            read(text, tmp_path, name)

    @pytest.mark.parametrize("mark", [",", "\t"])
    def test_text_as_excel_saves_unicode(self, tmp_path, mark):
        text = (HEAD + "r1,前台 -> B,a,6,5\n").replace(",", mark)
        assert read(text.encode("utf-16"), tmp_path).links == ("前台 -> B",)

    def test_columns_that_are_not_there(self, tmp_path):
        with pytest.raises(sf.SurveyError, match=r"^there is no column 'lnk'; did you mean 'link'\?$"):
            read(HEAD + "r1,A -> B,a,6,5\n", tmp_path, columns={"lnk": "provider"})

    def test_items_to_turn_that_are_not_there(self, tmp_path):
        with pytest.raises(sf.SurveyError, match=r"^reverse: there is no item 'x'$"):
            read(HEAD + "r1,A -> B,a,6,5\n", tmp_path, reverse=["x"])

    def test_a_file_that_is_not_there(self, tmp_path):
        (tmp_path / "answers.csv").write_text(HEAD)
        with pytest.raises(FileNotFoundError) as error:
            sf.Survey(tmp_path / "answer.csv")
        place = tmp_path.resolve()
        assert isinstance(error.value, sf.SurveyError)
        message = f"{tmp_path / 'answer.csv'}: there is no such file in {place}; did you mean 'answers.csv'?"
        assert str(error.value) == message
        with pytest.raises(
            sf.SurveyError, match=r"none\.xlsx: there is no such file in .*; give the path of a"
        ):
            sf.Survey(tmp_path / "none.xlsx")

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(sf.SurveyError, match=r"there is no folder '.*here'; give the path of a \.csv or"):
            sf.kano(tmp_path / "here" / "none.csv")

    def test_a_folder_in_place_of_a_file(self, tmp_path):
        with pytest.raises(
            sf.SurveyError, match="this is a folder; give the path of a .csv or .xlsx file in"
        ):
            sf.Survey(tmp_path)


class TestInstruments:
    def test_the_shipped_ones(self):
        five, internal = sf.instrument(), sf.instrument("internal")
        assert (len(five.items), len(internal.items)) == (22, 10)
        sizes = [len(five.members(name)) for name in five.dimensions]
        assert dict(zip(five.dimensions, sizes, strict=True)) == {
            "tangibles": 4,
            "reliability": 5,
            "responsiveness": 4,
            "assurance": 4,
            "empathy": 5,
        }

    @pytest.mark.parametrize("name", ["five dimensions", "internal"])
    def test_every_item_is_in_english_and_chinese(self, name):
        for item in sf.instrument(name).items:
            assert item.text("en").isascii()
            assert not item.text("zh").isascii()
            assert item.text("fr") == item.text("en")

    def test_one_of_your_own(self, tmp_path):
        path = tmp_path / "own.yaml"
        path.write_text(
            "name: Canteen\nscale: 1-5\ndimensions:\n"
            "  food:\n    label: {en: Food, zh: 食物}\n    items:\n      hot: It is hot.\n"
            "      cold: {text: {en: It is cold., zh: 是凉的。}, reverse: true, level: basic}\n",
            "utf-8",
        )
        own = sf.instrument(path)
        assert (own.name, own.low, own.high, own.keys) == ("Canteen", 1, 5, ("hot", "cold"))
        assert own.label("food", "zh") == "食物"
        assert own.items[1].reverse
        assert own.items[1].level == "basic"
        assert repr(own) == "Instrument('Canteen': 2 items, 1 dimensions, 1 to 5)"

    def test_every_problem_is_in_one_error(self):
        own = {
            "nam": 1,
            "scale": "7",
            "dimensions": {"a": {"items": {"x": {"text": "", "level": "b", "reverse": 2}, "a": "?"}}, "b": 3},
        }
        with pytest.raises(sf.SurveyError) as caught:
            sf.instrument(own)
        assert str(caught.value).splitlines() == [
            "the instrument: nam: unknown field; did you mean 'name'?; there are: name, scale, dimensions,"
            " overall",
            "the instrument: scale: '7' is no scale; write the lowest and the highest answer, such as 1-7",
            "the instrument: dimensions.a.items.x.level: 'b' is no level of experience; there are: basic,"
            " satisfied, delighted, unexpected",
            "the instrument: dimensions.a.items.x.reverse: 2 is neither true nor false",
            "the instrument: dimensions.a.items.x.text: a text is needed, or texts by language:"
            " {en: ..., zh: ...}",
            "the instrument: dimensions.b.items: items are needed by name; write {quick: They are quick.}",
            "the instrument: dimensions.a.items.a: this is the name of a dimension, or of the question for"
            " all",
        ]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("dimensions: {a: {items: {x: y}}", "own.yaml:1"),
            ("- 1", "there is no instrument in it; write name, scale and dimensions"),
            ("name: x", "dimensions: at least one is needed; write"),
        ],
    )
    def test_files_that_hold_none(self, tmp_path, text, message):
        path = tmp_path / "own.yaml"
        path.write_text(text)
        with pytest.raises(sf.SurveyError, match=message):
            sf.instrument(path)

    def test_a_name_that_is_not_shipped(self):
        with pytest.raises(
            sf.UnknownNameError, match=r"^there is no instrument 'intern'; did you mean 'internal'"
        ):
            sf.instrument("intern")

    def test_it_shows_itself_escaped(self):
        own = {"name": "<x>", "dimensions": {"<b>": {"items": {"<i>": "<u>"}}}}
        page = sf.instrument(own)._repr_html_()
        assert "<u>" not in page
        assert "&lt;u&gt;" in page


class TestWhatIsNoSurvey:
    def test_an_empty_file(self, tmp_path):
        with pytest.raises(
            sf.SurveyError, match="the file is empty; write names of columns, and a row per sheet"
        ):
            read("", tmp_path)

    def test_a_workbook_that_is_none(self, tmp_path):
        with pytest.raises(sf.SurveyError, match="this is no Excel workbook .*; save it as .xlsx or .csv"):
            read("hello", tmp_path, "answers.xlsx")

    def test_formulas_without_values(self, tmp_path):
        rows = pd.DataFrame([["r1", "A -> B", "a", 6, "=3+2"]], columns=HEAD.strip().split(","))
        rows.to_excel(tmp_path / "answers.xlsx", index=False, engine="openpyxl")
        with pytest.raises(
            sf.SurveyError, match=r"E2 has a formula \(=3\+2\) of which no value is saved; open"
        ):
            sf.Survey(tmp_path / "answers.xlsx", OWN)

    def test_another_encoding(self, tmp_path):
        text = "受訪者,服務關係,題目,感知\n甲,前台 -> 客房,a,5\n".encode("big5")
        with pytest.raises(sf.SurveyError, match="if these are not its names, save the file in UTF-8"):
            read(text, tmp_path)


class TestWhichInstrument:
    """An instrument is found from the items of a file where only one fits; else the reader is to say."""

    @staticmethod
    def wide(items, prefixes="PE"):
        return pd.DataFrame(
            [["r1", "A -> B", *[5] * (len(prefixes) * len(items))]],
            columns=["respondent", "link", *(f"{one}{item}" for one in prefixes for item in items)],
        )

    @pytest.mark.parametrize(
        ("count", "name"), [(22, "five dimensions"), (20, "five dimensions"), (10, "internal")]
    )
    def test_found(self, count, name):
        table = self.wide(range(1, count + 1))
        assert sf.Survey(table, "auto").instrument.name == sf.Survey(table).instrument.name == name
        tidy = [("r1", "A -> B", f"Q{item}", 5) for item in range(1, count + 1)]
        columns = ["respondent", "link", "item", "perception"]
        assert sf.Survey(pd.DataFrame(tidy, columns=columns), "auto").instrument.name == name

    @pytest.mark.parametrize(
        ("items", "message"),
        [
            (
                range(1, 8),
                r"the 7 items in it may be of 'five dimensions' \(22 items\) or of 'internal' \(10",
            ),
            (range(1, 13), r"the 12 items in it would be only a part of 'five dimensions' \(22 items\)"),
            (range(1, 31), r"'23', '24', '25', '26', '27' and 3 more: no shipped instrument has such items"),
            ((), r"no item of an instrument is named in it; say which it is with instrument="),
        ],
    )
    def test_refused(self, items, message):
        with pytest.raises(sf.SurveyError, match=message):
            sf.Survey(self.wide(items), "auto")

    def test_columns_of_items_that_there_are_not_are_listed(self):
        table = self.wide([*range(1, 11), 11]).assign(
            **{"E-mail": "a@b.c", "age": 40, "感知12": 3, "P13": ""}
        )
        found = problems(sf.Survey(table, "internal"))[:-1]  # the last is the same answer to every item
        assert [one[2] for one in found] == ["P11", "E11", "感知12"]
        assert {(one[0], *one[3:]) for one in found} == {(1, "1 answer", "no item of internal", "left out")}

    def test_words_for_items_are_listed_where_they_are_nearly_some(self):
        own = {"name": "own", "dimensions": {"speed": {"items": {"quick": "Q?", "early": "E?"}}}}
        columns = ["respondent", "link", "P_quick", "P_erly", "perception late", "Place"]
        found = problems(sf.Survey(pd.DataFrame([["r", "A -> B", 5, 5, 5, "x"]], columns=columns), own))
        assert [(one[2], one[4]) for one in found] == [
            ("P_erly", "no item of own; did you mean 'early'?"),
            ("perception late", "no item of own"),
        ]
