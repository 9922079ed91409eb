"""What a check finds: each finding on a chain that has just this fault, by its exact words."""

# ruff: noqa: E501

import pytest

from serviceflow.errors import ModelError
from serviceflow.model.chain import Chain
from serviceflow.theory.checks.check import CheckReport, Finding, check
from serviceflow.theory.checks.finding import percent, roughly

RUN = {"duration": "10 days", "warm_up": "4 days"}


def chain(**head):
    return Chain("Test", **{"time_unit": "min", "run": RUN, **head})


def desk(staff=1, duration="exponential(mean=4 min)", rate="6 per hour", **consumer):
    """One provider, one service, one consumer: 24 minutes of work an hour. Nothing is wrong with it."""
    found = chain()
    found.add_provider("Desk", staff=staff)
    found.add_service("Serve", provider="Desk", duration=duration)
    found.add_consumer("Guests", **{"arrivals": {"rate": rate}, "enters": "Serve", **consumer})
    return found


def line(**handoff):
    """A desk and an office behind it."""
    found = desk()
    found.add_provider("Office", staff=1)
    found.add_service("File", provider="Office", duration="2 min")
    found.add_handoff("Serve", "File", **handoff)
    return found


def told(found, *severities):
    return [
        str(finding) for finding in check(found).findings if not severities or finding.severity in severities
    ]


class TestReport:
    def test_nothing_to_remark(self):
        report = check(desk())
        assert (report.ok, report.findings, report.problems, report.warnings) == (True, (), (), ())
        assert report.loads.providers[0].utilization == pytest.approx(0.4)

    def test_text(self):
        assert str(check(desk(rate="15 per hour"))) == (
            "warning: providers.Desk: overloaded: it is asked for 100% of what it can do, so its queue and every wait"
            " grow with the length of the run; give it more staff or time, or less work\n"
            "\n"
            "provider      work   on duty    load\n"
            "Desk             1         1    100%"
        )

    def test_text_with_notes(self):
        found = desk().change({"services": {"Serve": {"batch": {"size": 2}}}})
        assert (
            str(check(found)).splitlines()[-1]
            == "Desk           0.2         1     20%  (batches taken as full)"
        )

    def test_text_of_a_chain_without_staff(self):
        found = chain()
        found.add_service("Wait", duration="1 h")
        found.add_consumer("Guests", arrivals={"rate": 1}, enters="Wait")
        assert str(check(found)) == "nothing to remark"

    def test_repr(self):
        assert repr(check(desk(rate="20 per hour"))) == "CheckReport('Test': 0 errors, 1 warnings, 0 notes)"

    def test_html(self):
        html = check(desk())._repr_html_()
        assert '<p class="sf-title">Test</p><p>nothing to remark</p><table>' in html
        told = (
            '<td>Desk</td><td class="sf-n">0.4</td><td class="sf-n">1</td><td class="sf-n">40%</td><td></td>'
        )
        assert told in html

    def test_html_is_escaped(self):
        found = Chain("<b>&", run=RUN)
        found.add_provider("<i>", staff=1)
        found.add_service("S", provider="<i>", duration="9 min", batch={"size": 1})
        found.add_consumer("C", arrivals={"rate": 1}, enters="S")
        html = check(found)._repr_html_()
        assert ">&lt;b&gt;&amp;</p>" in html
        assert "<td>&lt;i&gt;</td>" in html
        assert "providers.&lt;i&gt;: overloaded" in html
        assert "<i>" not in html

    def test_errors_come_first_and_forbid_reckoning(self):
        found = desk(enters="Nowhere")
        report = check(found)
        assert [str(one) for one in report.findings] == [
            "error: consumers.Guests.enters: there is no service 'Nowhere'"
        ]
        assert (report.ok, report.loads) == (False, None)
        assert report._repr_html_().endswith("</ul></div>")

    def test_order_by_severity(self):
        found = desk(rate="20 per hour").change({"run": {"replications": 5}})
        assert [finding.severity for finding in check(found).findings] == ["warning", "note"]
        assert [len(part) for part in (check(found).problems, check(found).warnings, check(found).notes)] == [
            0,
            1,
            1,
        ]

    def test_a_finding_without_a_place(self):
        assert str(Finding("note", "", "all is well")) == "note: all is well"

    def test_a_report_is_a_value(self):
        assert check(desk()) == check(desk())
        assert isinstance(check(desk()), CheckReport)

    @pytest.mark.parametrize(
        ("value", "text"),
        [(1, "100%"), (1.0033, "100.3%"), (0.95, "95%"), (9.99, "999%"), (12, "over 1,000%")],
    )
    def test_shares(self, value, text):
        assert percent(value) == text

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (1, "1 s"),
            (100, "100 s"),
            (120, "2 min"),
            (7200, "2 h"),
            (200_000, "2 days"),
            (2e6, "3 weeks"),
            (1e-9, "1 s"),
        ],
    )
    def test_rough_durations(self, seconds, text):
        assert roughly(seconds * 1e6) == text


class TestLoads:
    def test_overload(self):
        assert told(desk(rate="18 per hour")) == [
            "warning: providers.Desk: overloaded: it is asked for 120% of what it can do, so its queue and every wait"
            " grow with the length of the run; give it more staff or time, or less work"
        ]

    def test_overload_by_the_calendar(self):
        found = desk().change(adds={"calendars": {"day": {"mon-sun": "08:00-16:00"}}})
        found = found.change({"providers": {"Desk": {"calendar": "day"}}})
        assert "asked for 120% of what it can do" in told(found)[0]

    def test_overload_of_those_with_a_skill(self):
        found = desk(rate="20 per hour")
        members = {"Ann": {"skills": ["french"]}, "Bo": {}, "Cy": {}}
        found = found.change({"providers": {"Desk": {"staff": None, "members": members}}})
        found = found.change({"services": {"Serve": {"skill": "french"}}})
        assert told(found)[0].startswith(
            "warning: providers.Desk: overloaded: those with the skill are asked for 133.3% of what they can do, so"
        )

    @pytest.mark.parametrize(
        "changes",
        [
            {"services": {"Serve": {"patience": "10 min"}}},
            {"providers": {"Desk": {"queue_limit": 3}}},
        ],
    )
    def test_overload_that_sheds(self, changes):
        assert told(desk(rate="18 per hour").change(changes)) == [
            "warning: providers.Desk: overloaded: it is asked for 120% of what it can do, and what is too much gives"
            " up or is refused; look at those who leave beside the waits"
        ]

    def test_a_full_place_that_blocks_refuses_consumers(self):
        found = desk(rate="18 per hour").change(
            {"providers": {"Desk": {"queue_limit": 3, "when_full": "block"}}}
        )
        assert told(found)[0].endswith("gives up or is refused; look at those who leave beside the waits")

    def test_a_full_place_that_blocks_others_sheds_nothing(self):
        found = desk(rate="18 per hour").change(
            {"providers": {"Desk": {"queue_limit": 3, "when_full": "block"}}}
        )
        found.add_service("Register", duration="1 min")
        found.add_handoff("Register", "Serve")
        assert told(found)[0].endswith("give it more staff or time, or less work")

    def test_no_staff(self):
        assert told(desk(staff=0)) == [
            "warning: providers.Desk: overloaded: it is asked for work without end, or has no staff; look for circles,"
            " and for orders that bring nothing"
        ]

    def test_nearly_full(self):
        found = desk(rate="14.4 per hour").change({"run": {"warm_up": "200 days"}})
        assert told(found) == [
            "warning: providers.Desk: it is asked for 96% of what it can do: waits will be long, and only long runs"
            " measure them"
        ]

    def test_nearly_full_but_nobody_waits_long(self):
        assert told(desk(rate="14.4 per hour").change({"providers": {"Desk": {"queue_limit": 3}}})) == []

    def test_a_closed_population(self):
        found = desk(arrivals={"population": 40, "think": "4 min"})
        assert told(found) == [
            "note: providers.Desk: a closed population may keep it busy all the time; the more they are, the longer"
            " they wait"
        ]

    def test_a_mean_that_is_not_known(self):
        assert told(desk(duration="max(1 min, exponential(mean=2 min))")) == [
            "note: services.Serve.duration: its mean cannot be reckoned, so it is left out of the offered load"
        ]


class TestStocks:
    def store(self, initial=600, consumes=1, **stock):
        found = desk()
        found.add_stock("Paper", initial=initial, **stock)
        return found.change({"services": {"Serve": {"consumes": {"Paper": consumes}}}})

    def buying(self, produces="quantity", duration="10 min", **reorder):
        fields = {"below": 20, "quantity": 100, "enters": "Buy", **reorder}
        found = self.store(reorder={key: value for key, value in fields.items() if value is not None})
        found.add_service("Buy", duration=duration, produces={"Paper": produces})
        return found

    def test_consumed_and_never_produced(self):
        assert told(self.store()) == [
            "warning: stocks.Paper: 0.1 per min are taken and 0 brought: it runs dry after about 4 days; produce more,"
            " or reorder"
        ]

    def test_consumed_and_never_there(self):
        assert told(self.store(initial=0)) == [
            "warning: stocks.Paper: 0.1 per min are taken and 0 brought: it runs dry; produce more, or reorder"
        ]

    def test_produced_and_never_consumed(self):
        found = desk()
        found.add_stock("Paper")
        found = found.change({"services": {"Serve": {"produces": {"Paper": 2}}}})
        assert told(found) == [
            "warning: stocks.Paper: 0 per min are taken and 0.2 brought: it grows without end; consume more of it"
        ]

    def test_given_back_in_balance(self):
        found = self.store()
        found.add_service("Return", produces={"Paper": 1})
        found.add_handoff("Serve", "Return")
        assert told(found) == []

    def test_of_no_use(self):
        found = desk()
        found.add_stock("Paper", initial=3)
        assert told(found) == [
            "warning: stocks.Paper: nothing is taken from it and nothing brought; remove it, or use it"
        ]

    def test_orders_in_balance(self):
        assert told(self.buying()) == []

    def test_orders_that_bring_nothing(self):
        assert told(self.buying(produces=0)) == [
            "warning: stocks.Paper.reorder: its orders bring nothing in; let a service that they pass produce it, as in"
            " produces: {Paper: quantity}"
        ]

    def test_orders_that_bring_something_else(self):
        assert told(self.buying(produces=80)) == [
            "warning: stocks.Paper.reorder: an order of 100 brings 80 in the end; is it to be produces:"
            " {Paper: quantity}?"
        ]

    def test_orders_up_to_a_level_that_bring_something_else(self):
        assert told(self.buying(produces=80, quantity=None, up_to=119)) == [
            "warning: stocks.Paper.reorder: an order of about 100 brings 80 in the end; is it to be produces:"
            " {Paper: quantity}?"
        ]

    def test_orders_that_use_up_what_they_bring(self):
        found = self.buying()
        found.add_stock("Ink", initial=100, reorder={"below": 10, "quantity": 10, "enters": "Get ink"})
        found.add_service("Get ink", produces={"Ink": "quantity"}, consumes={"Paper": 30})
        found = found.change({"services": {"Buy": {"consumes": {"Ink": 40}}}})
        assert told(found)[:2] == [
            "warning: stocks.Ink.reorder: its orders use up more than they bring, with what they make others order; it"
            " never fills",
            "warning: stocks.Paper.reorder: its orders use up more than they bring, with what they make others order;"
            " it never fills",
        ]

    def test_orders_that_come_too_late(self):
        assert told(self.buying(duration="5 h")) == [
            "note: stocks.Paper.reorder.below: an order takes 5 h of work alone, in which 30 are taken; order earlier"
        ]


class TestBatchesSkillsAndKnots:
    def test_a_batch_that_seldom_fills(self):
        found = desk().change({"services": {"Serve": {"batch": {"size": 200}}}})
        assert told(found) == [
            "note: services.Serve.batch: a batch of 200 fills only every 33 h; set max_wait"
        ]

    def test_a_batch_that_does_not_wait(self):
        found = desk().change({"services": {"Serve": {"batch": {"size": 200, "max_wait": "1 h"}}}})
        assert told(found) == []

    def test_a_skill_by_attribute_that_nobody_has(self):
        found = desk(attributes={"language": {"fr": 0.5, "es": 0.5}})
        found = found.change({"providers": {"Desk": {"staff": None, "members": {"Ann": {"skills": ["fr"]}}}}})
        found = found.change({"services": {"Serve": {"skill": "language"}}})
        assert told(found) == [
            "warning: services.Serve.skill: no member of its providers has the skill 'es', so those who need it wait"
            " for ever; give it to a member"
        ]

    def test_staff_who_wait_for_themselves(self):
        found = desk(staff=3)
        found.add_service("Look up", duration="1 min")
        found.add_service("Confirm", provider="Desk", duration="1 min")
        found.add_handoff("Look up", "Confirm")
        found.add_call("Serve", "Look up", ask="start")
        assert told(found) == [
            "warning: calls.Serve -> Look up.ask: staff of 'Desk' are held until the answer is there, but 'Confirm'"
            " needs them too; ask: before, or leave it to others, or they may all wait for each other"
        ]

    @pytest.mark.parametrize("call", [{"ask": "before"}, {"ask": "end", "wait": False}])
    def test_staff_who_are_not_held(self, call):
        found = desk()
        found.add_service("Confirm", provider="Desk", duration="1 min")
        found.add_call("Serve", "Confirm", **call)
        assert told(found) == []

    def test_staff_whom_others_can_stand_in_for(self):
        found = desk()
        found.add_provider("Office", staff=1)
        found.add_service("Confirm", any_of=["Desk", "Office"], duration="1 min")
        found.add_call("Serve", "Confirm", ask="start")
        assert told(found) == []

    def test_places_that_block_each_other(self):
        found = line()
        full = {"queue_limit": 1, "when_full": "block"}
        found = found.change({"providers": {"Desk": full, "Office": full}})
        found.add_handoff("File", "Serve", probability="5%")
        found.add_handoff("File", "end")
        assert told(found) == [
            "note: services.File: File -> Serve -> File may all be full and block each other for ever; leave one of"
            " them room"
        ]


class TestRoutes:
    def kinds(self, **links):
        found = line(**links)
        return found.change({"consumers": {"Guests": {"attributes": {"kind": {"new": 0.5, "old": 0.5}}}}})

    def test_shares_above_one_for_some(self):
        found = self.kinds(probability="70% if kind == 'new' else 20%")
        found.add_handoff("Serve", "end", probability="40% if kind == 'new' else 80%")
        assert told(found) == [
            "error: handoffs.Serve -> end: for requests of 'Guests' with kind = new the handoffs from 'Serve' add up to"
            " 110%; they must not exceed 100%"
        ]
        assert not check(found).ok

    def test_shares_below_one_for_some(self):
        found = self.kinds(probability="70% if kind == 'new' else 20%")
        found.add_handoff("Serve", "end", probability="30%")
        assert told(found) == [
            "error: handoffs.Serve -> end: for requests of 'Guests' with kind = old the handoffs from 'Serve' add up to"
            " 50%, and none is the rest; write 'Serve -> end' if the others end"
        ]

    def test_conditions_that_leave_some_with_nowhere_to_go(self):
        assert told(self.kinds(when="kind == 'new'")) == [
            "error: handoffs.Serve -> File: for requests of 'Guests' with kind = old no handoff from 'Serve' holds; give"
            " one neither probability nor condition"
        ]

    def test_conditions_that_both_hold(self):
        found = self.kinds(when="kind == 'new'")
        found.add_handoff("Serve", "end", when="kind == 'new' or kind == 'old'")
        assert told(found) == [
            "error: handoffs.Serve -> end: for requests of 'Guests' with kind = new 'Serve -> File' and 'Serve -> end'"
            " both hold, and neither has a probability; let only one of them hold"
        ]

    def test_conditions_that_fit(self):
        found = self.kinds(when="kind == 'new'")
        found.add_handoff("Serve", "end", when="kind == 'old'")
        assert told(found) == []

    def test_shares_by_visit(self):
        found = line(when="visit < 3")
        assert told(found) == [
            "error: handoffs.Serve -> File: for requests of 'Guests' no handoff from 'Serve' holds; give one neither"
            " probability nor condition"
        ]

    def test_shares_from_a_consumer(self):
        found = self.kinds().change({"consumers": {"Guests": {"enters": None}}})
        found.add_handoff("Guests", "Serve", when="kind == 'new'")
        assert told(found) == [
            "error: handoffs.Guests -> Serve: for requests of 'Guests' with kind = old no handoff from 'Guests' holds;"
            " give one neither probability nor condition"
        ]

    def test_shares_of_orders(self):
        found = desk()
        found.add_stock("Paper", initial=90, reorder={"below": 20, "quantity": 100, "enters": "Buy"})
        found.add_service("Buy", produces={"Paper": "quantity"})
        found = found.change({"services": {"Serve": {"consumes": {"Paper": 1}}}})
        found.add_handoff("Buy", "end", when="quantity > 100")
        assert told(found, "error") == [
            "error: handoffs.Buy -> end: for orders of 'Paper' no handoff from 'Buy' holds; give one neither"
            " probability nor condition"
        ]

    def test_a_way_that_nobody_goes(self):
        found = line(probability="0%")
        found.add_handoff("Serve", "end")
        assert (
            told(found)
            == [
                "note: handoffs.Serve -> File: no request ever goes this way; remove it, or look at its probability and"
                " condition",
                "warning: services.File: no request ever comes here",
            ][::-1]
        )

    def test_a_call_that_nobody_makes(self):
        found = line()
        found.add_call("Serve", "File", when="consumer == 'Guests' and false")
        assert told(found) == [
            "note: calls.Serve -> File: no request ever goes this way; remove it, or look at its probability and"
            " condition"
        ]

    def test_a_way_that_a_scenario_opens(self):
        found = line()
        found.add_handoff("File", "Serve", probability="0%")
        found.add_handoff("File", "end")
        found.add_scenario("Worse", changes={"handoffs": {"File -> Serve": {"probability": "10%"}}})
        assert told(found) == []

    def test_a_circle_that_grows(self):
        found = line()
        found.add_handoff("File", "Serve", probability="60%")
        found.add_handoff("File", "end")
        found.add_call("Serve", "File", probability="90%")
        assert told(found)[-1] == (
            "warning: services.File: requests come back here more often than they leave, so they grow without end; let"
            " more of them go on"
        )

    def test_a_promise_whose_end_is_never_reached(self):
        found = desk(sla={"resolution": "90% within 1 h", "until": "Pay"})
        found.add_service("Pay", duration="1 min")
        found.add_consumer("Others", arrivals={"rate": "1 per hour"}, enters="Pay")
        assert told(found) == [
            "warning: consumers.Guests.sla.until: its requests never come to 'Pay', so the promise is neither kept nor"
            " broken; name another service"
        ]

    def test_a_service_that_nobody_reaches(self):
        found = desk()
        found.add_service("Lost", duration="1 min")
        assert told(found) == ["warning: services.Lost: no request ever comes here"]

    def test_a_service_that_a_scenario_uses(self):
        found = desk()
        found.add_service("Web form", duration="1 min")
        found.add_scenario("Online", changes={"consumers": {"Guests": {"enters": "Web form"}}})
        assert told(found) == []

    def test_a_provider_without_work(self):
        found = desk()
        found.add_provider("Idle", staff=1)
        assert told(found) == ["warning: providers.Idle: it has nothing to do: no service names it"]


class TestHours:
    def test_dispatches_outside_the_calendar(self):
        found = line(at={"mon-sun": "20:00"}, calendar="office")
        found.add_calendar("office", {"mon-sun": "09:00-17:00"})
        assert told(found, "warning") == [
            "warning: handoffs.Serve -> File: no dispatch falls into the open time of 'office', so nothing ever leaves;"
            " move the dispatches, or open the calendar"
        ]

    def test_rounds_outside_the_calendar(self):
        found = line(every="24 h", calendar="office")
        found.add_calendar("office", {"mon-sun": "09:00-17:00"})
        assert len(told(found, "warning")) == 1

    def test_a_calendar_that_ends(self):
        found = line(at={"mon-sun": "20:00"}, calendar="once")
        found.add_calendar("once", {"2026-01-06": "09:00-17:00"})
        assert len(told(found, "warning")) == 1

    @pytest.mark.parametrize(
        "way",
        [
            {"every": "1 h"},
            {"at": {"mon": "09:00"}},
            {"delay": "1 h"},
            {"every": "25 h"},
            {"at": {"sun": "16:59"}},
        ],
    )
    def test_dispatches_within_the_calendar(self, way):
        found = line(calendar="office", **way)
        found.add_calendar("office", {"mon-sun": "09:00-17:00"})
        assert told(found, "warning") == []

    def test_answers_are_dispatched_too(self):
        found = line()
        found.add_calendar("office", {"mon-sun": "09:00-17:00"})
        found.add_call("Serve", "File", answer={"at": {"mon-sun": "20:00"}, "calendar": "office"})
        assert told(found, "warning")[0].startswith("warning: calls.Serve -> File.answer: no dispatch falls")

    def test_providers_who_never_meet(self):
        found = chain()
        for name, hours in (("Early", "06:00-12:00"), ("Late", "12:00-18:00")):
            found.add_calendar(name, {"mon-sun": hours})
            found.add_provider(name, staff=1, calendar=name)
        found.add_service("Meet", providers={"Early": 1, "Late": 1}, duration="1 min")
        found.add_consumer("Guests", arrivals={"rate": "1 per hour"}, enters="Meet")
        assert told(found, "warning") == [
            "warning: services.Meet.providers: they are never on duty together, so no visit ever starts; let their"
            " hours overlap"
        ]

    def fitting(self, duration, **provider):
        found = desk(duration=duration, rate="1 per week")
        found.add_calendar("morning", {"mon-sun": "08:00-12:00"})
        return found.change({"providers": {"Desk": {"calendar": "morning", "off_shift": "fit", **provider}}})

    def test_work_that_fits_into_no_shift(self):
        assert told(self.fitting("uniform(low=5 h, high=6 h)"), "warning") == [
            "warning: services.Serve.duration: it takes 5 h or more, the longest shift of 'Desk' 4 h, so it never"
            " starts; set off_shift: pause, or finish"
        ]

    def test_work_that_sometimes_fits(self):
        assert told(self.fitting("uniform(low=3 h, high=6 h)"), "warning") == []

    def test_work_that_a_fast_member_fits_in(self):
        assert told(self.fitting("5 h", staff=None, members={"Ann": {"speed": 2}}), "warning") == []

    def test_work_that_fits_round_the_clock(self):
        found = desk(duration="30 h", rate="1 per week").change({"providers": {"Desk": {"off_shift": "fit"}}})
        assert told(found, "warning") == []

    def test_arrivals_while_nobody_is_there(self):
        found = desk(arrivals={"profile": {"mon-sun": {"18:00-22:00": "2 per hour"}}})
        found.add_calendar("day", {"mon-sun": "08:00-16:00"})
        found = found.change({"providers": {"Desk": {"calendar": "day"}}})
        assert told(found) == [
            "note: consumers.Guests.arrivals: every request comes while nobody of Desk is on duty, and waits for the"
            " next shift"
        ]

    def test_arrivals_by_the_clock_while_nobody_is_there(self):
        found = desk(arrivals={"at": {"mon-sun": "20:00, 23:00"}})
        found.add_calendar("day", {"mon-sun": "08:00-16:00"})
        found = found.change({"providers": {"Desk": {"calendar": "day"}}})
        assert len(told(found)) == 1

    def test_arrivals_while_one_of_several_is_there(self):
        found = desk(arrivals={"profile": {"mon-sun": {"18:00-22:00": "2 per hour"}}})
        found.add_calendar("day", {"mon-sun": "08:00-16:00"})
        found.add_provider("Night desk", staff=1)
        found = found.change({"providers": {"Desk": {"calendar": "day"}}})
        found = found.change({"services": {"Serve": {"any_of": ["Desk", "Night desk"]}}})
        assert told(found) == []

    def test_arrivals_that_end_before_the_window(self):
        assert told(desk(arrivals={"at": ["0 min", "1 h"]})) == [
            "warning: consumers.Guests.arrivals: the last request comes after 1 h, before the window opens; shorten the"
            " warm-up"
        ]

    def test_arrivals_that_end_long_before_the_run(self):
        assert told(desk(arrivals={"at": ["0 min", "5 days"]})) == [
            "note: consumers.Guests.arrivals: the last request comes after 5 days, long before the window closes after"
            " 2 weeks; set horizon: terminating, or a shorter duration"
        ]


class TestPromises:
    def test_on_a_way_that_takes_too_long(self):
        assert told(line(delay="30 min", sla={"response": "90% within 20 min"})) == [
            "warning: handoffs.Serve -> File.sla.response: 90% within 20 min is promised, but the way and the work alone"
            " take 30 min or more; promise more time, or take less"
        ]

    def test_on_a_way_that_takes_too_long_with_the_work(self):
        assert told(line(delay="9 min", sla={"resolution": "90% within 10 min"})) == [
            "warning: handoffs.Serve -> File.sla.resolution: 90% within 10 min is promised, but the way and the work"
            " alone take 11 min or more; promise more time, or take less"
        ]

    def test_on_a_way_that_takes_too_long_too_often(self):
        assert told(line(delay="uniform(low=0 min, high=20 min)", sla={"response": "90% within 15 min"})) == [
            "warning: handoffs.Serve -> File.sla.response: 90% within 15 min is promised, but the way and the work alone"
            " take 18 min or more; promise more time, or take less"
        ]

    def test_on_a_way_that_takes_too_long_on_average(self):
        way = "exponential(mean=10 min) + exponential(mean=10 min)"
        assert told(line(delay=way, sla={"response": "50% within 15 min"})) == [
            "warning: handoffs.Serve -> File.sla.response: 50% within 15 min is promised, but the way and the work alone"
            " take 20 min on average; promise more time, or take less"
        ]

    def test_that_can_be_kept(self):
        assert (
            told(line(delay="5 min", sla={"resolution": "90% within 10 min", "response": "90% within 5 min"}))
            == []
        )

    @pytest.mark.parametrize("more", [{"clock": "office"}, {"excluding": ["File"]}])
    def test_on_a_clock_that_stands_at_times(self, more):
        found = line(delay="9 min", sla={"resolution": "90% within 10 min", **more})
        found.add_calendar("office", {"mon-sun": "00:00-24:00"})
        assert told(found, "warning") == []

    def test_on_a_call(self):
        found = line()
        found.add_call("Serve", "File", delay="1 h", sla={"resolution": "90% within 10 min"})
        assert told(found)[0].startswith(
            "warning: calls.Serve -> File.sla.resolution: 90% within 10 min is promised"
        )

    def test_on_a_way_to_the_end(self):
        found = line()
        found.add_handoff("File", "end", delay="1 h", sla={"resolution": "90% within 10 min"})
        assert told(found)[0].startswith(
            "warning: handoffs.File -> end.sla.resolution: 90% within 10 min is promised"
        )

    def test_of_work_that_may_be_learnt(self):
        found = line(sla={"resolution": "90% within 1 min"}).change(
            {"services": {"File": {"learning": "90%"}}}
        )
        assert told(found) == []

    def test_first_time_right(self):
        found = line(clarification={"probability": "12%"}, sla={"first_time_right": "95%"})
        assert told(found) == [
            "note: handoffs.Serve -> File.sla.first_time_right: 95% are to arrive complete, but 12% do not"
        ]

    def test_first_time_right_that_can_be_kept(self):
        assert told(line(clarification={"probability": "5%"}, sla={"first_time_right": "95%"})) == []

    def guests(self, **sla):
        found = desk(duration="5 min", sla=sla, attributes={"vip": {"true": 0.2, "false": 0.8}})
        found.add_service("Stay", duration="1 h")
        found.add_service("Leave", duration="uniform(low=10 min, high=20 min)")
        found.add_handoff("Serve", "Stay", when="not vip")
        found.add_handoff("Serve", "Leave", delay="5 min")
        found.add_handoff("Stay", "Leave")
        return found

    def test_to_a_consumer_whose_quickest_way_is_too_long(self):
        assert told(self.guests(resolution="10% within 15 min")) == [
            "warning: consumers.Guests.sla.resolution: 10% within 15 min is promised, but even the quickest way takes"
            " 20 min or more; promise more time, or take less"
        ]

    def test_to_a_consumer_too_many_of_whom_have_a_long_way(self):
        assert told(self.guests(resolution="90% within 25 min")) == [
            "warning: consumers.Guests.sla.resolution: 90% within 25 min is promised, but even the quickest way takes"
            " 1 h 15 min or more for 80% of the requests; promise more time, or take less"
        ]

    @pytest.mark.parametrize(
        "sla",
        [
            {"resolution": "20% within 25 min"},
            {"resolution": "90% within (25 min if vip else 2 h)"},
            {"resolution": "90% within 6 min", "until": "Serve"},
            {"resolution": "90% within 25 min", "excluding": ["Stay"]},
            {"response": "90% within 1 min"},
            {"resolution": "90% within 1 min", "clock": "office"},
        ],
    )
    def test_to_a_consumer_that_can_be_kept(self, sla):
        found = self.guests(**sla)
        found.add_calendar("office", {"mon-sun": "00:00-24:00"})
        assert told(found, "warning") == []

    def test_to_a_consumer_up_to_a_service(self):
        assert told(self.guests(resolution="90% within 3 min", until="Serve")) == [
            "warning: consumers.Guests.sla.resolution: 90% within 3 min is promised, but even the quickest way takes"
            " 5 min or more; promise more time, or take less"
        ]

    def test_to_a_consumer_by_work_that_takes_too_long_too_often(self):
        assert told(
            desk(duration="uniform(low=0 min, high=8 min)", sla={"resolution": "90% within 6 min"})
        ) == [
            "warning: consumers.Guests.sla.resolution: 90% within 6 min is promised, but even the quickest way takes"
            " 7 min 12 s or more; promise more time, or take less"
        ]

    def test_to_a_consumer_whose_order_takes_its_time(self):
        found = desk(sla={"response": "90% within 1 min"}).change({"consumers": {"Guests": {"enters": None}}})
        found.add_handoff("Guests", "Serve", delay="2 min")
        assert told(found) == [
            "warning: consumers.Guests.sla.response: 90% within 1 min is promised, but even the quickest way takes"
            " 2 min or more; promise more time, or take less"
        ]


NOBODY = "nobody goes by it; set discipline: priority on a provider"


class TestSettings:
    def test_a_priority_that_nobody_minds(self):
        assert told(desk(priority=2)) == [f"warning: consumers.Guests.priority: {NOBODY}"]

    def test_a_service_s_priority_that_nobody_minds(self):
        found = line().change(
            {"services": {"File": {"priority": -1}}, "providers": {"Desk": {"discipline": "priority"}}}
        )
        found = found.change({"consumers": {"Guests": {"priority": 1}}})
        assert told(found) == [f"warning: services.File.priority: {NOBODY}"]

    def test_an_order_s_priority_that_nobody_minds(self):
        found = TestStocks().buying(priority=1)
        assert told(found) == [f"warning: stocks.Paper.reorder.priority: {NOBODY}"]

    def test_a_priority_that_a_stock_minds(self):
        found = TestStocks().buying().change({"stocks": {"Paper": {"discipline": "priority"}}})
        assert told(found.change({"consumers": {"Guests": {"priority": 1}}})) == []

    def test_a_discipline_without_priorities(self):
        found = desk().change({"providers": {"Desk": {"discipline": "priority"}}})
        assert told(found) == [
            "note: providers.Desk.discipline: everybody has the same priority, so it is first come first served; set"
            " priority on consumers"
        ]

    def test_due_dates_without_promises(self):
        found = desk().change({"providers": {"Desk": {"discipline": "earliest due date"}}})
        assert told(found) == [
            "note: providers.Desk.discipline: nothing is ever due, so it is first come first served; set an sla"
            " somewhere"
        ]

    def test_due_dates_with_promises(self):
        found = desk(sla={"resolution": "90% within 1 h"}).change(
            {"providers": {"Desk": {"discipline": "edd"}}}
        )
        assert told(found) == []

    def test_a_calendar_that_nothing_goes_by(self):
        found = desk()
        found.add_calendar("spare", {"mon-sun": "00:00-24:00"})
        assert told(found) == [
            "note: calendars.spare: nothing goes by it; name it where it holds, or remove it"
        ]

    def test_calendars_in_use(self):
        found = line(calendar="a", sla={"response": "90% within 1 h", "clock": "b"})
        for name in "abcd":
            found.add_calendar(name, {"mon-sun": "00:00-24:00"})
        members = {"Ann": {"calendar": "c"}}
        found = found.change({"providers": {"Desk": {"staff": None, "members": members, "calendar": "d"}}})
        assert told(found) == []

    def test_a_calendar_that_a_scenario_uses(self):
        found = desk()
        found.add_calendar("spare", {"mon-sun": "00:00-24:00"})
        found.add_scenario("Later", changes={"providers": {"Desk": {"calendar": "spare"}}})
        assert told(found) == []

    def test_a_share_that_every_request_would_carry(self):
        shares = {"urgent": "12.5%", "given": {"true": "15%", "false": "85%"}, "rate": 0.15, "all": "100%"}
        found = desk(attributes=shares, priority="urgent + given + rate + all")
        found = found.change({"providers": {"Desk": {"discipline": "priority"}}})
        assert told(found) == [
            "warning: consumers.Guests.attributes.urgent: every request carries the number 0.125; for 12.5% of"
            " them to have it, write a choice: true: 12.5%, false: 87.5%"
        ]

    def test_attributes_that_nobody_asks_for(self):
        found = desk(attributes={"size": "uniform(low=1, high=9)"})
        found.add_attribute("color", {"red": 0.5, "blue": 0.5})
        assert told(found) == [
            "note: attributes.color: no expression asks for it; use it, or remove it",
            "note: consumers.Guests.attributes.size: no expression asks for it; use it, or remove it",
        ]

    def test_attributes_that_others_ask_for(self):
        attributes = {"size": "uniform(low=1, high=3)", "twice": "2 * size"}
        assert told(desk(duration="1 min * twice", rate="1 per hour", attributes=attributes)) == []

    def test_a_skill_that_no_service_asks_for(self):
        members = {"Ann": {"skills": ["french", "forklift"]}}
        found = desk().change({"providers": {"Desk": {"staff": None, "members": members}}})
        found = found.change({"services": {"Serve": {"skill": "french"}}})
        assert told(found) == [
            "note: providers.Desk.members.Ann.skills: no service asks for the skill 'forklift'; ask for it, or remove it"
        ]


class TestRuns:
    def run(self, found=None, **settings):
        return told((found or desk()).change({"run": settings}))

    def open_by_day(self, hours="mon-sun"):
        found = desk(rate="1 per hour")
        found.add_calendar("day", {hours: "08:00-16:00"})
        return found.change({"providers": {"Desk": {"calendar": "day"}}})

    def test_few_replications(self):
        assert self.run(replications=5) == [
            "note: run.replications: 5 replications give rough intervals; 20 or more are better"
        ]

    def test_one_replication(self):
        assert self.run(replications=1) == [
            "note: run.replications: one replication gives no interval; 20 or more are better"
        ]

    def test_no_warm_up(self):
        assert self.run(warm_up="0 min") == [
            "note: run.warm_up: without a warm-up the empty start counts too; set one, or horizon: terminating"
        ]

    def test_no_warm_up_where_the_run_ends_with_the_window(self):
        assert self.run(warm_up="0 min", horizon="terminating") == []

    def test_a_short_warm_up(self):
        found = desk(rate="12 per hour").change({"run": {"warm_up": "5 min"}})
        assert told(found) == [
            "note: run.warm_up: 'Desk' takes about 12 h to forget the empty start; a warm-up of 5 min is short"
        ]

    def test_a_warm_up_of_broken_days(self):
        assert self.run(self.open_by_day(), warm_up="30 h") == [
            "note: run.warm_up: 1 day 6 h are rounded up to whole cycles of 1 day"
        ]

    def test_a_warm_up_of_broken_weeks(self):
        found = self.open_by_day("mon-fri").change({"run": {"warm_up": "3 days", "duration": "2 weeks"}})
        assert told(found) == ["note: run.warm_up: 3 days are rounded up to whole cycles of 1 week"]

    def test_a_duration_of_broken_weeks(self):
        assert self.run(self.open_by_day("mon-fri"), warm_up="1 week") == [
            "note: run.duration: 1 week 3 days are no whole cycles of 1 week, so that some hours count more often than"
            " others; round it up"
        ]

    def test_without_calendars_there_is_no_cycle(self):
        assert self.run(warm_up="30 h", duration="31 h") == []

    def test_without_a_duration(self):
        assert told(Chain.from_dict({**desk().to_dict(), "run": {}})) == []


class TestWhatMustBeConstant:
    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            (
                {"every": "exponential(mean=5 min)"},
                "handoffs.A -> B.every: 'exponential(mean=5 min)' must be constant; write a duration, such as 30 min",
            ),
            (
                {"batch": {"size": 2, "max_wait": "pages * 1 h"}},
                "handoffs.A -> B.batch.max_wait: 'pages * 1 h' must be constant; write a duration, such as 2 h",
            ),
        ],
    )
    def test_of_a_way(self, fields, message):
        with pytest.raises(ModelError) as caught:
            chain().add_handoff("A", "B", **fields)
        assert str(caught.value) == message

    def test_of_arrivals(self):
        with pytest.raises(ModelError) as caught:
            chain().add_consumer("C", arrivals={"at": ["1 h", "exponential(mean=2 h)"]}, enters="A")
        assert str(caught.value) == (
            "consumers.C.arrivals.at[1]: 'exponential(mean=2 h)' must be constant; write a duration, such as 2 h"
        )

    def test_of_members(self):
        with pytest.raises(ModelError) as caught:
            chain().add_provider("P", members={"Ann": {"experience": "poisson(mean=3)"}})
        assert str(caught.value) == (
            "providers.P.members.Ann.experience: 'poisson(mean=3)' must be constant; write a number"
        )


def test_a_load_far_beyond_all_bounds_has_no_digits():
    """As where a duration is in hours that was meant in seconds."""
    chain = Chain("Office", run={"duration": "1 week"})
    chain.add_provider("Desk", staff=1)
    chain.add_service("Answer", provider="Desk", duration="96 h")
    chain.add_consumer("People", arrivals={"rate": "60 per hour"}, enters="Answer")
    text = str(check(chain))
    assert "超过 1,000%" in check(chain).text("zh")
    assert "it is asked for over 1,000% of what it can do" in text
    assert "576000%" not in text
    assert text.splitlines()[-1].endswith(">1000%")


def test_who_waits_behind_somebody_who_takes_of_two_stocks():
    chain = Chain("Workshop", run={"duration": "4 weeks", "warm_up": "1 week"})
    chain.add_stock("Pumps", initial=2, reorder={"below": 2, "quantity": 2, "enters": "Deliver"})
    chain.add_stock("Seals", initial=9, reorder={"below": 5, "quantity": 9, "enters": "Bring"})
    chain.add_service("Deliver", duration="1 day", produces={"Pumps": "quantity"})
    chain.add_service("Bring", duration="1 day", produces={"Seals": "quantity"})
    chain.add_service("Change pump", duration="1 h", consumes={"Pumps": 1, "Seals": 2})
    chain.add_service("Change seal", duration="1 h", consumes={"Seals": 1})
    chain.add_consumer("Pump", arrivals={"rate": "1 per week"}, enters="Change pump")
    message = (
        "while 'Change pump' waits for 'Pumps', 'Change seal' waits behind it though there may be enough"
    )
    chain.add_consumer("Seal", arrivals={"rate": "1 per week"}, enters="Change seal")
    assert [str(one) for one in check(chain).findings if "waits behind" in one.message] == [
        f"note: stocks.Seals: {message}"
    ]
    assert "即使有足够的库存也要等待" in check(chain).text("zh")
