"""Where requests wait and why: totals, shares, and the verdict in words."""

import numpy as np
import pytest

import serviceflow as sf
from hand_made import results, visit
from serviceflow.analysis.bottlenecks import bottlenecks
from serviceflow.analysis.waits import WaitsError, waits
from serviceflow.analysis.wording import length, listed
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


def test_the_table_ranks_providers_by_lost_time():
    found = bottlenecks(results(two_desks(), day(8, 4), day(10, 4), day(9, 4)))
    table = found.table.set_index("provider")
    assert found.table["provider"].tolist() == ["Front", "Back"]
    assert table["lost_time"].tolist() == pytest.approx([9, 4])
    assert table["lost_share"].tolist() == pytest.approx([27 / 69, 12 / 69])
    assert table.loc["Front", "total"] == pytest.approx(9)
    assert table.loc["Front", "share"] == pytest.approx(27 / 39)
    assert table["first"].tolist() == [1, 0]
    assert table.loc["Back", "waiting_contention"] == pytest.approx(4)
    assert table.loc["Front", "load"] == pytest.approx(5 / 20)
    assert table.loc["Front", "utilization"] == pytest.approx((22 + 20 + 21) / 300)


# Lost time on one scale


def test_lost_time_is_per_completed_request_with_intervals_and_ranks():
    found = bottlenecks(results(two_desks(), day(8, 4), day(14, 4), day(11, 4)))
    table = found.lost_time.set_index(["scope", "place", "cause"])
    assert table.index.tolist() == [
        ("provider", "Front", "contention"),
        ("link", "Answer -> Book", "dispatch"),
        ("provider", "Back", "contention"),
    ]
    assert table["mean"].tolist() == pytest.approx([11, 10, 4])
    assert table["share"].tolist() == pytest.approx([33 / 75, 30 / 75, 12 / 75])
    assert table["ci_low"].iloc[0] == pytest.approx(11 - 4.302653 * 3 / np.sqrt(3), rel=1e-5)
    assert table["first"].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert found.places["mean"].tolist() == pytest.approx([11, 10, 4])


def test_efficiency_is_what_work_is_of_the_flow_time_with_each_cause_and_without():
    table = bottlenecks(results(two_desks(), day(8, 4))).efficiency.set_index("cause")
    assert table["efficiency"].tolist() == pytest.approx([58 / 80] * 2)
    assert table.loc["contention"].tolist() == pytest.approx([12, 58 / 80, 58 / 68])
    assert table.loc["dispatch"].tolist() == pytest.approx([10, 58 / 80, 58 / 70])


# The verdict


def test_the_verdict_names_where_and_why():
    others = {"wait_contention": 15, "wait_off_shift": 3}
    found = bottlenecks(results(two_desks(), *(day(18, back, **others) for back in (4, 5, 3))))
    assert found.verdict == ("Front",)
    assert found.verdict_places == (("provider", "Front"),)
    assert str(found) == (
        "A request takes 80 min on average, and 32 min of that is lost (40%). "
        "The largest part is lost at Front: 18 min per request (56% of all lost time, 52% to 61%); "
        "staff are busy with earlier requests (83%) and nobody is on duty (17%). "
        "Next is what is lost between Answer and Book (31%) and at Back (12%)."
    )


def test_a_link_may_be_where_most_is_lost():
    found = bottlenecks(results(two_desks(), day(2, 4), day(3, 4), day(4, 4)))
    assert found.verdict_places == (("link", "Answer -> Book"),)
    assert (
        "The largest part is lost between Answer and Book: 10 min per request (59% of all lost time, "
        "50% to 67%); requests wait for the next dispatch."
    ) in found.sentence


def test_places_that_cannot_be_told_apart_are_a_tie():
    found = bottlenecks(results(two_desks(), day(18, 15), day(8, 19), day(20, 7)))
    assert found.verdict == ("Front", "Back", "Answer -> Book")
    assert (
        "The largest part is lost at Front (39%), at Back (35%) or between Answer and Book (26%); "
        "these runs cannot tell which. "
        "At Front, 15.3 min per request is lost: staff are busy with earlier requests. "
        "At Back, 13.7 min per request is lost: staff are busy with earlier requests."
    ) in found.sentence


def test_equal_losses_are_a_tie_whatever_their_spread():
    assert bottlenecks(results(two_desks(), day(10, 1), day(10, 1))).verdict == ("Front", "Answer -> Book")


def test_what_is_paired_is_told_apart_though_intervals_overlap():
    found = bottlenecks(results(two_desks(), day(28, 24), day(22, 18), day(30, 27)))
    assert found.places["ci_low"].iloc[0] < found.places["ci_high"].iloc[1]
    assert found.verdict == ("Front",)


def test_one_replication_does_not_pretend_to_an_interval():
    found = bottlenecks(results(two_desks(), day(18, 4)))
    assert found.verdict == ("Front",)
    assert "(56% of all lost time) by one replication alone; staff" in found.sentence


def test_no_time_is_lost():
    requests, visits, stopped, _ = day(0, 0)
    found = bottlenecks(results(two_desks(), (requests, visits[:1], stopped, {})))
    assert found.verdict == ()
    assert found.sentence == "No time is lost: the 80 min that a request takes are all work."
    assert repr(found) == "Bottlenecks(no time is lost)"


def test_nobody_came_or_completed():
    found = bottlenecks(results(two_desks(), ([], [], 120, {})))
    assert (found.verdict, found.sentence) == ((), "No request came in the window.")
    requests, visits, stopped, _ = day(0, 0)
    left = [requests[0] | {"ended": None, "outcome": "unfinished"}]
    found = bottlenecks(results(two_desks(), (left, visits[:1], stopped, {})))
    assert found.sentence == (
        "Of all requests 100% had not finished when the run ended, and are in no mean. "
        "No request has completed, so nothing can be said of where time is lost."
    )


def test_causes_are_said_with_the_largest_first():
    others = {"wait_contention": 1, "wait_off_shift": 12, "wait_prioritization": 6, "wait_batch": 1}
    sentence = bottlenecks(results(two_desks(), day(20, 0, **others))).sentence
    assert "; nobody is on duty (60%) and staff are busy with requests that came later (30%)." in sentence


def test_a_missing_stock_is_named():
    chain = two_desks()
    chain.add_stock("Forms", initial=0)
    chain = chain.change(
        {"services": {"Answer": {"consumes": {"Forms": 1}}, "Book": {"produces": {"Forms": 1}}}}
    )
    others = {"wait_stock": 18, "wait_contention": 0, "queued": 38}
    found = bottlenecks(results(chain, day(18, 1, **others)))
    assert found.verdict_places == (("stock", "Forms"),)
    assert "The largest part is lost for want of Forms: 18 min per request" in found.sentence
    assert found.sentence.partition("alone; ")[2].startswith("it is out of stock.")


def overloaded():
    return two_desks().change({"services": {"Answer": {"duration": "30 min"}}})


def test_overload_is_said():
    busy = [visit(0, ANSWER, 20, 20, 20, 100), visit(1, ANSWER, 20, 20, 100, 110)]
    requests = [{"asked": 20, "number": number, "ended": 110, "outcome": "completed"} for number in (0, 1)]
    sentence = bottlenecks(results(overloaded(), (requests, busy, 120, {}))).sentence
    assert sentence.endswith(
        "Front is asked for 150% of what it can do: there the waiting grows as long as the run lasts."
    )


def test_overload_that_is_not_there_is_not_said():
    assert "asked for" not in bottlenecks(results(overloaded(), day(8, 4))).sentence


def test_unfinished_requests_are_said():
    requests, visits, stopped, _ = day(8, 4)
    requests.append({"asked": 90, "number": 1})
    found = bottlenecks(results(two_desks(), (requests, visits, stopped, {})))
    assert found.sentence.startswith(
        "Of all requests 50% had not finished when the run ended, and are in no mean."
    )
    assert found.lost.iloc[0].tolist()[:4] == ["Guests", "unfinished", 1, 0.5]


def test_who_is_lost_is_told_by_consumer():
    requests, visits, stopped, _ = day(8, 4)
    requests += [
        {"asked": 30, "number": 1, "ended": 40, "outcome": "gave up"},
        {"asked": 30, "source": 1, "consumer": 1, "ended": 30, "outcome": "refused"},
    ]
    found = bottlenecks(results(two_desks(), (requests, visits, stopped, {})))
    assert found.lost[["consumer", "outcome", "requests", "share"]].to_numpy().tolist() == [
        ["Guests", "gave up", 1, 0.5],
        ["Staff", "refused", 1, 1],
    ]
    assert found.sentence.startswith("Of all requests 33% gave up and 33% were refused, and are in no mean.")


def test_an_outside_party_is_a_place():
    requests, visits, _, _ = day(1, 1)
    visits.append(visit(0, 2, 100, 100, 150, 152, wait_off_shift=50, wait_contention=0))
    requests[0]["ended"] = 152
    found = bottlenecks(results(two_desks(), (requests, visits, 160, {})))
    assert found.table["provider"].tolist() == ["Back", "Front", "(none)"]
    assert found.verdict_places == (("outside", "Check"),)
    assert "The largest part is lost at Check, which nobody of the chain provides: 50 min" in found.sentence


# Promises


def promising(**sla):
    return two_desks().change({"consumers": {"Guests": {"sla": sla}}})


def test_a_broken_promise_comes_with_what_broke_it():
    chain = promising(resolution="90% within 60 min")
    found = bottlenecks(results(chain, day(18, 4), day(18, 5), day(18, 3)))
    row = found.promises.iloc[0]
    assert (row["promise"], row["to"], row["by"], row["verdict"]) == (
        "Guests: resolution",
        "Guests",
        "Front",
        "broken",
    )
    assert (row["attainment"], row["missed_by"], row["breaches"]) == (0, 0.9, 1)
    used = found.breach_time.set_index(["place", "cause"])["mean"]
    assert used.sum() == pytest.approx(80)  # All that each of them took.
    assert used["Back", "work"] == pytest.approx(36)
    assert found.sentence.startswith(
        "The promise to Guests (90% done within 60 min) is broken: 0% are. "
        "In the breaches, 50% of the time is spent at Back (work). A request takes"
    )


@pytest.mark.parametrize(("kept_in", "state"), [(1, "broken"), (5, "unclear")])
def test_a_share_without_an_interval_is_broken_if_all_replications_say_so(kept_in, state):
    """Hardly any replication tells it from nothing; but all of eight lie below."""
    requests, visits, stopped, levels = day(18, 4)
    late, kept = [requests[0]] * 3, {**requests[0], "ended": 70}
    both = [{**one, "number": number} for number, one in enumerate([*late, kept])]
    one_in_four = both, [*visits], stopped, levels
    whole = [kept], [*visits], stopped, levels
    chain = promising(resolution="90% within 60 min")
    some = one_in_four if kept_in == 1 else whole
    found = bottlenecks(results(chain, *[some] * kept_in, *[day(18, 4)] * (8 - kept_in)))
    row = found.promises.iloc[0]
    assert row["verdict"] == state


def test_the_place_of_the_breaches_counts_with_all_that_was_spent_there():
    """Ten minutes at each cause at one place are more than fifteen of work at another."""
    found = bottlenecks(results(promising(resolution="90% within 60 min"), *[day(18, 12)] * 2))
    row = found.promises.iloc[0]
    spent = found.breach_time.groupby("place")["share"].sum()
    assert (row["used_place"], row["used_share"]) == (spent.idxmax(), pytest.approx(spent.max()))
    assert row["used_mainly"] < 0.9
    assert f"at {spent.idxmax()} (above all work)" in found.sentence


def test_time_counts_as_long_as_the_clock_of_the_promise_runs():
    found = bottlenecks(results(promising(response="90% within 5 min"), day(18, 4)))
    assert found.breach_time[["place", "cause", "mean"]].to_numpy().tolist() == [["Front", "contention", 18]]
    chain = promising(resolution="90% within 5 min", until="Answer")
    found = bottlenecks(results(chain, day(18, 4)))
    assert sorted(found.breach_time["mean"]) == [12, 18]
    assert "(90% through Answer within 5 min)" in found.sentence


def test_a_promise_on_a_link_counts_what_is_on_it():
    chain = two_desks().change(
        {
            "handoffs": {
                "Answer -> Book": {"sla": {"resolution": "80% within 30 min", "first_time_right": 0.5}}
            }
        }
    )
    found = bottlenecks(results(chain, day(18, 4)))
    assert found.breach_time[["place", "cause", "mean"]].to_numpy().tolist() == [
        ["Back", "work", 36],
        ["Answer -> Book", "dispatch", 10],
        ["Back", "contention", 4],
    ]
    late, right = (row for _, row in found.promises.iterrows())
    assert (late["to"], late["by"], late["verdict"], late["used_place"]) == (
        "Front",
        "Back",
        "broken",
        "Back",
    )
    assert (right["kind"], right["verdict"], right["used_place"]) == ("first_time_right", "kept", "")
    assert "The promise of Back to Front on Answer -> Book (80% done within 30 min) is broken" in str(found)


def test_those_who_were_lost_break_promises_too():
    chain = promising(resolution="90% within 100 min")
    requests, visits, stopped, _ = day(18, 4)
    requests.append({"asked": 30, "number": 1, "ended": 44, "outcome": "gave up"})
    visits.append(visit(1, ANSWER, 30, 30, None, None, 44, "gave up", wait_contention=14))
    found = bottlenecks(results(chain, (requests, visits, stopped, {})))
    assert found.breach_time[["place", "cause", "mean"]].to_numpy().tolist() == [["Front", "contention", 14]]


@pytest.mark.parametrize(("named", "rest"), [(2, None), (1, "So is 1 more."), (0, "So are 2 more.")])
def test_beyond_a_few_broken_promises_are_counted(named, rest, monkeypatch):
    monkeypatch.setattr("serviceflow.analysis.verdict.MOST_NAMED", named)
    chain = promising(resolution="90% within 5 min", response="90% within 1 min")
    sentence = bottlenecks(results(chain, day(18, 4))).sentence
    assert sentence.count("is broken") == named
    assert (rest or "A request takes") in sentence
    assert ("more." in sentence) == bool(rest)


def test_promises_that_are_kept_or_open():
    kept = results(promising(resolution="90% within 85 min"), day(18, 4), day(18, 5))
    assert bottlenecks(kept).sentence.startswith("The promise is kept. A request takes")
    requests, visits, stopped, _ = day(18, 4)
    late = [requests[0] | {"asked": 11}]
    unclear = results(promising(resolution="90% within 85 min"), day(18, 4), (late, visits, stopped, {}))
    assert bottlenecks(unclear).sentence.startswith(
        "These runs cannot tell whether the promise to Guests (90% done within 85 min) is kept."
    )
    unknown = results(promising(resolution="90% within 85 min"), ([], [], 120, {}))
    assert bottlenecks(unknown).promises["verdict"].tolist() == ["unknown"]


# Showing it


def test_the_sentence_is_that_of_its_parts():
    chain = sf.example("hotel_checkin")
    found = chain.simulate(duration="1 week", replications=2, engine="simpy", progress=False).bottlenecks()
    assert list(found.sentences) == ["lost", "promises", "where", "helps"]
    assert " ".join(one for part in found.sentences.values() for one in part) == found.sentence
    assert len(found.sentences["promises"]) >= 2
    assert found.sentences["where"][0].startswith("A request takes ")


def test_it_shows_itself_escaped():
    chain = Chain("Office", time_unit="min")
    chain.add_provider("<b>", staff=1)
    chain.add_service("Answer", provider="<b>", duration="5 min")
    chain.add_consumer("Guests", arrivals={"every": "20 min"}, enters="Answer")
    requests = [{"asked": 20, "ended": 50, "outcome": "completed"}]
    found = bottlenecks(results(chain, (requests, [visit(0, 0, 20, 20, 28, 50)], 110, {})))
    assert "<b>" not in found._repr_html_()
    assert repr(found) == "Bottlenecks('<b>')"
    assert "&lt;b&gt;" in found._repr_html_()


def test_durations_are_said_in_a_unit_that_suits():
    said = [length(minutes * 60_000_000) for minutes in (0.5, 3, 90, 150, 3000, 50_000)]
    assert said == ["30 s", "3 min", "90 min", "2.5 h", "50 h", "34.7 days"]
    assert length(90 * 60_000_000, like=150 * 60_000_000) == "1.5 h"


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
    assert "The largest part is lost at Front" in found.sentence


@pytest.fixture(scope="module")
def busy():
    """A desk that is busy."""
    chain = sf.ServiceChain("Office", run={"duration": "2 weeks", "seed": 3})
    chain.add_provider("Clerks", staff=1)
    chain.add_service("Talk", provider="Clerks", duration="exponential(mean=9 min)")
    chain.add_consumer("Clients", arrivals={"rate": "5 per hour"}, enters="Talk")
    return chain


def test_only_what_was_tried_tells_the_bottleneck(busy):
    results = busy.simulate(replications=4, engine="simpy", progress=False)
    assert "bottleneck" not in results.bottlenecks().sentence
    assert results.bottlenecks().levers is None
    levers = busy.levers(levers=["staff"], budget=30, engine="simpy", progress=False)
    found = results.bottlenecks(levers)
    assert found.levers is levers
    assert "What would help most is Clerks: one more: better by" in found.sentence
    assert found.sentence.endswith("So the bottleneck is Clerks.")


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
        found = self.sentence("60 per hour", duration="3 s", then="20 min")
        assert found.startswith("Of all requests 0.") or found.startswith("Hardly any time is lost: 0.0")
        assert " s of the 20.1 min that a request takes, on average." in found
        assert "lost at" not in found

    def test_the_lost_come_first_and_overload_that_leaves_grows_nothing(self):
        found = self.sentence("12 per hour", duration="10 min", patience="2 min")
        assert found.startswith("Of all requests ")
        assert " gave up, and are in no mean." in found.split("A request takes")[0]
        assert "Clerks is asked for 200% of what it can do: what is too much leaves." in found
        assert "as long as the run lasts" not in found

    def test_overload_that_stays_grows(self):
        found = self.sentence("12 per hour", duration="10 min")
        assert (
            "Clerks is asked for 200% of what it can do: there the waiting grows as long as the run lasts."
            in found
        )


def test_staff_who_are_held_are_told():
    """A clerk asks an expert with the client at the desk: nine minutes in hand, of which six are waiting."""
    chain = sf.ServiceChain("Office", run={"duration": "1 day", "seed": 1})
    chain.add_provider("Clerks", staff=1)
    chain.add_provider("Experts", staff=9)
    chain.add_service("Talk", provider="Clerks", duration="3 min")
    chain.add_service("Advise", provider="Experts", duration="6 min")
    chain.add_call("Talk", "Advise", ask="start")
    chain.add_consumer("Clients", arrivals={"every": "exponential(mean=10 min)"}, enters="Talk")
    results = chain.simulate(replications=2, engine="simpy", progress=False)
    told = next(one for one in results.bottlenecks().sentences["where"] if one.startswith("Staff of"))
    held, duty = (float(results.providers.loc["Clerks", one]) for one in ("held_time", "scheduled_time"))
    assert told == (
        f"Staff of Clerks are held for {100 * held / duty:.0f}% of their time on duty,"
        " awaiting answers or room to leave."
    )
    assert "的人手有" in results.answer("zh")
