"""Where requests wait and why: totals, shares, and the verdict in words."""

import numpy as np
import pytest

import serviceflow as sf
from hand_made import results, visit
from serviceflow.analysis.bottlenecks import bottlenecks
from serviceflow.analysis.verdict import duration, listed
from serviceflow.analysis.waits import WaitsError, waits
from serviceflow.experiment.replicate import replicate
from serviceflow.model.chain import Chain
from serviceflow.results.results import Results


def two_desks(**desk):
    chain = Chain("Office", time_unit="min")
    chain.add_provider("Back", staff=1, labels={"site": "north"})
    chain.add_provider("Front", **({"staff": 1} | desk))
    chain.add_service("Answer", provider="Front", duration="5 min", labels={"content": "advice"})
    chain.add_service("Book", provider="Back", duration="2 min")
    chain.add_service("Check", duration="2 min")
    chain.add_handoff("Answer", "Book", every="10 min")
    chain.add_handoff("Book", "Check", clarification={"probability": 0.5, "delay": "3 min"})
    chain.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Answer")
    chain.add_consumer("Staff", arrivals={"every": "20 min"}, enters="Book")
    return chain


ANSWER, BOOK = 0, 1


def day(front, back, **others):
    """A guest who waits so long at either desk."""
    requests = [{"asked": 20, "ended": 100, "outcome": "completed"}]
    visits = [
        visit(0, ANSWER, 20, 20, 20 + front, 50, **others),
        visit(0, BOOK, 50, 60, 60 + back, 100, handoff=0, handoff_dispatch=10),
    ]
    return requests, visits, 120, {}


def totals(table, *keys):
    return {tuple(row[key] for key in keys): row["total"] for _, row in table.iterrows()}


# Totals


def test_waits_add_up_by_provider_and_cause():
    others = {"wait_contention": 3, "wait_off_shift": 5}
    table = waits(results(two_desks(), day(8, 4, **others)))
    assert totals(table, "provider", "cause") == {
        ("Front", "off_shift"): 5,
        ("Back", "contention"): 4,
        ("Front", "contention"): 3,
    }
    assert table["share"].tolist() == pytest.approx([5 / 12, 4 / 12, 3 / 12])
    assert table["per_visit"].tolist() == [5, 4, 3]
    assert table["visits"].tolist() == [1, 1, 1]


def test_waits_are_means_over_replications_with_intervals():
    table = waits(results(two_desks(), day(4, 0), day(8, 0), day(6, 0)), by="provider")
    assert table["total"].tolist() == [6]
    assert table["ci_low"].iloc[0] == pytest.approx(6 - 4.302653 * 2 / np.sqrt(3), rel=1e-5)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("service", {("Answer",): 8, ("Book",): 4}),
        ("consumer", {("Guests",): 12}),
        ("handoff", {("(none)",): 8, ("Answer -> Book",): 4}),
        ("content", {("advice",): 8, ("(none)",): 4}),
        ("site", {("(none)",): 8, ("north",): 4}),
        ("weekday", {(0,): 12}),
        ("hour", {(0,): 8, (1,): 4}),
        ("cause", {("contention",): 12}),
    ],
)
def test_waits_by_anything(by, expected):
    assert totals(waits(results(two_desks(), day(8, 4)), by=by), by) == expected


def test_waits_by_attributes_in_numbers_and_words():
    chain = two_desks()
    chain.add_attribute("severity", {"high": 0.5, "low": 0.5})
    chain.add_attribute("size", {"1": 0.5, "2": 0.5})
    words = results(chain, ([], [], 120, {})).runs.program.words
    requests, visits, stopped, _ = day(8, 4)
    requests[0] |= {"attribute:severity": float(words.index("high")), "attribute:size": 2.0}
    found = results(chain, (requests, visits, stopped, {}))
    assert totals(waits(found, by=["severity", "size"]), "severity", "size") == {("high", 2.0): 12}


def test_other_lost_time_is_told_apart():
    found = results(two_desks(), day(8, 4))
    assert totals(waits(found, by=["handoff", "cause"], of="handoff"), "handoff", "cause") == {
        ("Answer -> Book", "dispatch"): 10
    }
    assert waits(found, of="paused").empty
    assert waits(found, by="cause", of="all")["total"].sum() == 22


def test_only_requests_asked_in_the_window_count():
    requests, visits, stopped, _ = day(8, 4)
    requests[0]["asked"] = 5
    assert waits(results(two_desks(), (requests, visits, stopped, {}))).empty


def test_unknown_keys_are_named():
    found = results(two_desks(), day(8, 4))
    with pytest.raises(
        WaitsError,
        match=r"by='provder': there is no such key; did you mean 'provider'\?; there are: cause, provider",
    ):
        waits(found, by="provder")
    with pytest.raises(WaitsError, match="of='waitin': use 'waiting' or"):
        waits(found, of="waitin")


# The table


def test_the_table_ranks_providers_by_waiting():
    found = bottlenecks(results(two_desks(), day(8, 4), day(10, 4), day(9, 4)))
    table = found.table.set_index("provider")
    assert found.table["provider"].tolist() == ["Front", "Back"]
    assert table.loc["Front", "total"] == pytest.approx(9)
    assert table.loc["Front", "share"] == pytest.approx(27 / 39)
    assert table["first"].tolist() == [1, 0]
    assert table.loc["Back", "waiting_contention"] == pytest.approx(4)
    assert table.loc["Front", "load"] == pytest.approx(5 / 20)
    assert table.loc["Front", "utilization"] == pytest.approx((22 + 20 + 21) / 300)


# The verdict


def test_the_verdict_names_where_and_why():
    found = bottlenecks(results(two_desks(), day(8, 4), day(10, 4), day(9, 4)))
    assert found.verdict == ("Front",)
    assert str(found) == (
        "Most of the waiting is at Front: 69% of all waiting time, between 63% and 75%. "
        "Requests wait there 9 min per visit, because staff are busy with earlier requests (100%). "
        "Between services they lose most time at Answer -> Book "
        "(10 min per handoff waiting for the next dispatch)."
    )


def test_providers_whose_intervals_overlap_are_not_told_apart():
    found = bottlenecks(results(two_desks(), day(8, 7), day(4, 9), day(9, 3)))
    assert found.verdict == ("Front", "Back")
    assert found.sentence.startswith(
        "Most of the waiting is at Front (52%) and at Back (48%); "
        "which of them has more cannot be told from these runs. "
        "At Front they wait 7 min per visit, because staff are busy with earlier requests (100%). "
        "At Back they wait 6.33 min per visit,"
    )


def test_one_replication_does_not_pretend_to_an_interval():
    found = bottlenecks(results(two_desks(), day(8, 4)))
    assert found.verdict == ("Front",)
    assert "67% of all waiting time, by one replication alone." in found.sentence


def test_nobody_waits():
    found = bottlenecks(results(two_desks(), day(0, 0)))
    assert found.verdict == ()
    assert found.sentence.startswith("No request waited for anyone.")


def test_causes_are_said_with_the_largest_first():
    others = {"wait_contention": 1, "wait_off_shift": 6, "wait_prioritization": 3}
    sentence = bottlenecks(results(two_desks(), day(10, 0, **others))).sentence
    assert (
        "because nobody is on duty (60%), staff are busy with requests that came later (30%) "
        "and staff are busy with earlier requests (10%)."
    ) in sentence


def test_a_missing_stock_is_named():
    chain = two_desks()
    chain.add_stock("Forms", initial=0)
    chain = chain.change(
        {"services": {"Answer": {"consumes": {"Forms": 1}}, "Book": {"produces": {"Forms": 1}}}}
    )
    others = {"wait_stock": 8, "wait_contention": 0, "queued": 28}
    sentence = bottlenecks(results(chain, day(8, 1, **others))).sentence
    assert "Requests wait there 8 min per visit, because there is no Forms (100%)." in sentence


def test_overload_is_said():
    chain = two_desks().change({"services": {"Answer": {"duration": "30 min"}}})
    sentence = bottlenecks(results(chain, day(8, 4))).sentence
    assert (
        "Front is asked for 150% of what it can do: there the waiting grows as long as the run lasts."
        in sentence
    )


def test_unfinished_requests_are_said():
    requests, visits, stopped, _ = day(8, 4)
    requests.append({"asked": 90, "number": 1})
    sentence = bottlenecks(results(two_desks(), (requests, visits, stopped, {}))).sentence
    assert "50% of the requests had not finished when the run ended, and are in no mean." in sentence


def test_waiting_without_provider_has_a_row():
    requests, visits, stopped, _ = day(1, 1)
    visits.append(visit(0, 2, 100, 100, 110, 112, wait_off_shift=10, wait_contention=0))
    requests[0]["ended"] = 112
    found = bottlenecks(results(two_desks(), (requests, visits, stopped, {})))
    assert found.table["provider"].iloc[0] == "(none)"
    assert "Most of the waiting is at services without provider: 83%" in found.sentence


def test_it_shows_itself_escaped():
    chain = Chain("Office", time_unit="min")
    chain.add_provider("<b>", staff=1)
    chain.add_service("Answer", provider="<b>", duration="5 min")
    chain.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Answer")
    requests = [{"asked": 20, "ended": 50, "outcome": "completed"}]
    found = bottlenecks(results(chain, (requests, [visit(0, 0, 20, 20, 28, 50)], 110, {})))
    assert "<b>" not in found._repr_html_()
    assert repr(found) == "Bottlenecks('<b>')"


def test_durations_are_said_in_a_unit_that_suits():
    found = bottlenecks(results(two_desks(), day(0, 0)))
    said = [duration(minutes, found) for minutes in (0.5, 3, 90, 150, 3000, 50_000)]
    assert said == ["30 s", "3 min", "90 min", "2.5 h", "2.08 days", "4.96 weeks"]


def test_lists_read_as_sentences():
    assert [listed(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_on_the_engine_the_slow_desk_is_the_bottleneck():
    chain = two_desks().change(
        {
            "services": {
                "Answer": {"duration": "exponential(mean=8 min)"},
                "Book": {"duration": "exponential(mean=2 min)"},
            },
            "consumers": {"Guests": {"arrivals": {"every": "exponential(mean=10 min)"}}},
        }
    )
    found = bottlenecks(Results(replicate(chain, duration="40 h", warm_up="4 h", replications=6, seed=2)))
    assert found.verdict == ("Front",)
    assert found.table["load"].iloc[0] == pytest.approx(0.8)
    assert "at Front" in found.sentence


class TestWhatIsSaid:
    """Small chains whose sentence is known."""

    def sentence(self, rate, then="0 min", **service):
        chain = sf.ServiceChain("Office", run={"duration": "4 days", "horizon": "terminating", "seed": 3})
        chain.add_provider("Clerks", staff=1)
        chain.add_service("Talk", provider="Clerks", **service)
        chain.add_service("Think", duration=then)
        chain.add_handoff("Talk", "Think")
        chain.add_consumer("Clients", arrivals={"rate": rate}, enters="Talk")
        return chain.simulate(replications=3, engine="simpy").bottlenecks().sentence

    def test_trifles_are_told_as_such(self):
        found = self.sentence("60 per hour", duration="3 s", then="2 h")
        assert found.startswith("Requests hardly wait: 0.0")
        assert " s each, on average." in found
        assert "%" not in found.partition("average.")[0]

    def test_the_lost_come_first_and_overload_that_leaves_grows_nothing(self):
        found = self.sentence("12 per hour", duration="10 min", patience="2 min")
        assert found.startswith("Of all requests ")
        assert " gave up, and are in no mean." in found.split("Most of")[0]
        assert found.index("gave up") < found.index("Most of the waiting")
        assert "Clerks is asked for 200% of what it can do: what is too much leaves." in found
        assert "as long as the run lasts" not in found

    def test_overload_that_stays_grows(self):
        found = self.sentence("12 per hour", duration="10 min")
        assert (
            "Clerks is asked for 200% of what it can do: there the waiting grows as long as the run lasts."
            in found
        )
