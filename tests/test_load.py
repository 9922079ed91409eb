"""Offered load against calendar capacity, on chains small enough to reckon by hand."""

import math

import pytest

import serviceflow as sf
from serviceflow.model.chain import Chain
from serviceflow.theory.load import offered_load


def chain(**head):
    return Chain("Test", **{"time_unit": "min", **head})


def desk(staff=1, duration="exponential(mean=4 min)", rate="12 per hour", **consumer):
    """One provider, one service, one consumer: 48 minutes of work an hour."""
    found = chain()
    found.add_provider("Desk", staff=staff)
    found.add_service("Serve", provider="Desk", duration=duration)
    found.add_consumer("Guests", **{"arrivals": {"rate": rate}, "enters": "Serve", **consumer})
    return found


def load(found, provider="Desk"):
    return {row.provider: row for row in offered_load(found).providers}[provider]


def utilization(found, provider="Desk"):
    return load(found, provider).utilization


class TestOneService:
    def test_every_figure(self):
        row = load(desk(staff=2))
        assert row.visits == pytest.approx(0.2)
        assert (row.work, row.staff, row.capacity) == (pytest.approx(0.8), 2, 2)
        assert row.utilization == row.open_utilization == pytest.approx(0.4)
        assert (row.notes, row.overloaded) == ((), False)

    def test_a_time_unit_changes_nothing_but_rates(self):
        found = desk()
        other = Chain.from_dict({**found.to_dict(), "time_unit": "h"})
        assert utilization(other) == pytest.approx(0.8)
        assert load(other).visits == pytest.approx(12)

    @pytest.mark.parametrize(
        ("arrivals", "expected"),
        [
            ({"rate": "12 per hour"}, 0.8),
            ({"every": "exponential(mean=5 min)"}, 0.8),
            ({"every": "10 min", "batch": 2}, 0.8),
            ({"every": "10 min", "batch": "geometric(mean=2)"}, 0.8),
            ({"profile": {"mon-sun": {"08:00-20:00": "24 per hour"}}}, 0.8),
            ({"profile": {"mon-fri": {"00:00-24:00": "7 per hour"}}}, 1 / 3),
            ({"at": {"mon-sun": "08:00, 12:00"}}, 8 / 1440),
            ({"at": ["0 min", "5 min", "10 min", "15 min"]}, 4 * 4 / 15),
        ],
    )
    def test_every_kind_of_arrival(self, arrivals, expected):
        assert utilization(desk(arrivals=arrivals)) == pytest.approx(expected)

    def test_nobody_comes_twice_where_arrivals_end_at_once(self):
        assert utilization(desk(arrivals={"at": ["0 min"]})) == 0

    def test_overload(self):
        assert load(desk(rate="15 per hour")).overloaded
        assert not load(desk(rate="14.99 per hour")).overloaded

    def test_no_staff(self):
        assert utilization(desk(staff=0)) == math.inf

    def test_what_cannot_be_known_is_named(self):
        found = desk(duration="max(2 min, exponential(mean=4 min))")
        assert offered_load(found).unknown == ("services.Serve.duration",)
        assert utilization(found) == 0


class TestCalendars:
    def test_staff_on_duty_a_third_of_the_day(self):
        found = desk(rate="4 per hour")
        found = found.change(adds={"calendars": {"day": {"mon-sun": "08:00-16:00"}}})
        found = found.change({"providers": {"Desk": {"calendar": "day"}}})
        assert load(found).staff == pytest.approx(1 / 3)
        assert utilization(found) == pytest.approx(0.8)

    def test_staff_by_blocks_within_a_calendar(self):
        found = desk(staff={"mon-sun": {"06:00-12:00": 2, "12:00-18:00": 4}})
        found = found.change(adds={"calendars": {"day": {"mon-sun": "09:00-15:00"}}})
        found = found.change({"providers": {"Desk": {"calendar": "day"}}})
        assert load(found).staff == pytest.approx((3 * 2 + 3 * 4) / 24)

    def test_days_of_their_own_count_over_the_run(self):
        staff = {"mon-sun": {"00:00-24:00": 1}, "2026-01-05 to 2026-01-07": "closed"}
        found = desk(staff=staff).change({"run": {"duration": "1 week", "warm_up": "1 week"}})
        assert load(found).staff == pytest.approx(11 / 14)

    def test_bottleneck_that_works_a_third_of_the_day(self):
        # one worker round the clock, mean 3.12 h; one for 8 of 24 h, mean 1 h; 0.25 requests an hour
        found = chain(time_unit="h")
        found.add_calendar("shift", {"mon-sun": "08:00-16:00"})
        found.add_provider("First", staff=1)
        found.add_provider("Second", staff=1, calendar="shift")
        found.add_service("Make", provider="First", duration="exponential(mean=3.12 h)")
        found.add_service("Pack", provider="Second", duration="exponential(mean=1 h)")
        found.add_handoff("Make", "Pack")
        found.add_consumer("Orders", arrivals={"rate": 0.25}, enters="Make")
        assert (utilization(found, "First"), utilization(found, "Second")) == pytest.approx((0.78, 0.75))


class TestFlow:
    def shop(self, **handoffs):
        found = chain()
        for name in "ABCD":
            found.add_provider(name, staff=1)
            found.add_service(f"Do {name}", provider=name, duration="1 min")
        found.add_consumer("Customers", arrivals={"rate": 0.5}, enters="Do A")
        for link, fields in handoffs.items():
            origin, target = link.split("_")
            found.add_handoff(f"Do {origin}", target if target == "end" else f"Do {target}", **fields)
        return found

    def test_rework(self):
        found = self.shop(A_B={}, B_A={"probability": "20%"}, B_end={})
        assert utilization(found, "A") == pytest.approx(0.625)

    def test_the_rest(self):
        found = self.shop(A_B={"probability": "30%"}, A_C={"probability": "10%"}, A_D={})
        assert [utilization(found, name) for name in "BCD"] == pytest.approx([0.15, 0.05, 0.3])

    def test_incomplete_information_goes_back(self):
        found = self.shop(A_B={"clarification": {"probability": "20%", "returns_to": "Do A"}})
        assert [utilization(found, name) for name in "AB"] == pytest.approx([0.625, 0.5])

    def test_clarification_alone_makes_no_work(self):
        found = self.shop(A_B={"clarification": {"probability": "20%", "delay": "1 h"}})
        assert [utilization(found, name) for name in "AB"] == pytest.approx([0.5, 0.5])

    def test_those_who_give_up_or_are_refused_are_not_counted_twice(self):
        found = self.shop(A_B={}, A_C={"after": "gave up"}, A_D={"after": "refused"})
        assert [utilization(found, name) for name in "BCD"] == pytest.approx([0.5, 0, 0])

    def test_split_and_join(self):
        found = self.shop(A_B={}, A_C={}, B_D={}, C_D={})
        found = found.change({"services": {"Do A": {"split": "all"}, "Do D": {"join": "all"}}})
        assert [utilization(found, name) for name in "ABCD"] == pytest.approx([0.5] * 4)

    def test_inclusive_split(self):
        found = self.shop(A_B={"probability": "40%"}, A_C={"probability": "90%"})
        found = found.change({"services": {"Do A": {"split": "all"}}})
        assert [utilization(found, name) for name in "BC"] == pytest.approx([0.2, 0.45])

    def test_calls_visit_too(self):
        found = self.shop(A_B={})
        found.add_call("Do B", "Do C", probability="40%")
        found.add_handoff("Do C", "Do D")
        assert [utilization(found, name) for name in "BCD"] == pytest.approx([0.5, 0.2, 0.2])

    def test_staff_held_by_a_call_are_busy(self):
        found = self.shop()
        found.add_call("Do A", "Do C", ask="start", delay="30 s", answer={"delay": "15 s"}, probability="40%")
        assert utilization(found, "A") == pytest.approx(0.5 * (1 + 0.4 * 1.75))
        assert load(found, "A").notes == ("held by calls without their waiting",)

    def test_a_call_that_nobody_waits_for_holds_nobody(self):
        found = self.shop()
        found.add_call("Do A", "Do C", ask="start", wait=False)
        assert utilization(found, "A") == pytest.approx(0.5)

    def test_a_way_from_the_consumer(self):
        found = self.shop().change({"consumers": {"Customers": {"enters": None}}})
        found.add_handoff("Customers", "Do B", probability="30%")
        found.add_handoff("Customers", "Do C")
        assert [utilization(found, name) for name in "ABC"] == pytest.approx([0, 0.15, 0.35])

    def test_a_circle_without_exit(self):
        found = self.shop(A_B={}, B_A={})
        assert utilization(found, "A") == math.inf

    def test_rework_at_most_twice(self):
        found = self.shop(A_A={"when": "visit < 3"}, A_B={})
        assert utilization(found, "A") == pytest.approx(1.5)


class TestAttributes:
    def test_rework_within_a_branch_meets_the_others_once(self):
        found = self.branching()
        found.add_handoff("A -> A", when="visit < 2")
        found.add_handoff("A -> J")
        assert load(found).visits == pytest.approx(0.2 * (2 + 1 + 1))

    def branching(self):
        found = chain()
        found.add_provider("Desk", staff=2)
        found.add_service("S", split="all")
        for name in ("A", "B", "J"):
            found.add_service(
                name, provider="Desk", duration="1 min", **({"join": "all"} if name == "J" else {})
            )
        found.add_consumer("Guests", arrivals={"rate": "12 per hour"}, enters="S")
        for link in ("S -> A", "S -> B", "B -> J"):
            found.add_handoff(link)
        return found

    def test_calls_of_who_goes_on_by_visits(self):
        found = chain()
        found.add_provider("Desk", staff=2)
        for name in ("A", "B", "Q"):
            found.add_service(name, provider="Desk", duration="1 min")
        found.add_consumer("Guests", arrivals={"rate": "12 per hour"}, enters="A")
        found.add_handoff("A -> B", when="visit < 3")
        found.add_handoff("A -> end")
        found.add_handoff("B -> A")
        found.add_call("A -> Q")
        assert load(found).visits == pytest.approx(0.2 * (3 + 2 + 3))

    def test_long_work_and_frequent_rework_count_together(self):
        # half the requests take 9 min and come back half the time; the rest take 1 min and never do
        found = desk(
            duration="9 min if hard else 1 min",
            rate="6 per hour",
            attributes={"hard": {"true": 0.5, "false": 0.5}},
        )
        found.add_handoff("Serve", "Serve", probability="50% if hard else 0")
        found.add_handoff("Serve", "end")
        assert utilization(found) == pytest.approx(0.1 * (0.5 * 18 + 0.5 * 1))

    def test_drawn_numbers(self):
        found = desk(
            duration="exponential(mean=1 min * pages)", attributes={"pages": "lognormal(mean=4, cv=2)"}
        )
        assert utilization(found) == pytest.approx(0.8)

    def test_of_every_consumer(self):
        found = desk(duration="2 min if vip else 6 min")
        found.add_attribute("vip", {"true": 0.5, "false": 0.5})
        assert utilization(found) == pytest.approx(0.8)

    def test_who_asks(self):
        found = desk(duration="2 min if consumer == Guests else 6 min", rate="6 per hour")
        found.add_consumer("Agents", arrivals={"rate": "6 per hour"}, enters="Serve")
        assert utilization(found) == pytest.approx(0.8)

    def test_the_hour_of_the_day(self):
        assert utilization(desk(duration="2 min if hour < 12 else 6 min")) == pytest.approx(0.8)

    def test_the_day_of_the_week(self):
        found = desk(duration="3.5 min if weekday == sun else 7 min", rate="7 per hour")
        assert utilization(found) == pytest.approx((3.5 + 6 * 7) / 60)

    def test_conditions(self):
        found = desk(attributes={"kind": {"new": 0.25, "old": 0.75}})
        found.add_provider("Expert", staff=1)
        found.add_service("Advise", provider="Expert", duration="4 min")
        found.add_handoff("Serve", "Advise", when="kind == 'new'")
        found.add_handoff("Serve", "end")
        assert utilization(found, "Expert") == pytest.approx(0.2)


class TestProviders:
    def test_several_at_once(self):
        found = chain()
        found.add_provider("Nurse", staff=3)
        found.add_provider("Room", staff=1)
        found.add_service("Treat", providers={"Nurse": 2, "Room": 1}, duration="30 min")
        found.add_consumer("Patients", arrivals={"rate": "1 per hour"}, enters="Treat")
        assert utilization(found, "Nurse") == pytest.approx(1 / 3)
        assert utilization(found, "Room") == pytest.approx(0.5)

    def test_the_first_free_of_several(self):
        found = chain()
        found.add_provider("Senior", staff=1)
        found.add_provider("Junior", staff=1)
        found.add_service("Hard", provider="Senior", duration="40 min")
        found.add_service("Easy", any_of=["Senior", "Junior"], duration="20 min")
        found.add_consumer("A", arrivals={"rate": "1 per hour"}, enters="Hard")
        found.add_consumer("B", arrivals={"rate": "3 per hour"}, enters="Easy")
        assert utilization(found, "Senior") == utilization(found, "Junior") == pytest.approx(5 / 6)

    def test_members_of_different_speed(self):
        found = desk()
        found = found.change(
            {"providers": {"Desk": {"staff": None, "members": {"Ann": {"speed": 1.5}, "Bo": {"speed": 0.5}}}}}
        )
        assert load(found).capacity == 2
        assert utilization(found) == pytest.approx(0.4)

    def test_members_with_calendars_of_their_own(self):
        found = desk()
        found.add_calendar("day", {"mon-sun": "08:00-16:00"})
        found.add_calendar("half", {"mon-sun": "08:00-12:00"})
        members = {"Ann": {}, "Bo": {"calendar": "half"}}
        found = found.change({"providers": {"Desk": {"staff": None, "members": members, "calendar": "day"}}})
        assert load(found).staff == pytest.approx(0.5)

    def test_a_skill_that_few_have(self):
        found = desk()
        members = {"Ann": {"skills": ["forklift"]}, "Bo": {}, "Cy": {}}
        found = found.change({"providers": {"Desk": {"staff": None, "members": members}}})
        found.add_service("Lift", provider="Desk", skill="forklift", duration="9 min")
        found.add_consumer("Trucks", arrivals={"rate": "6 per hour"}, enters="Lift")
        row = load(found)
        assert row.utilization == pytest.approx(0.9)
        assert row.work == pytest.approx(0.8 + 0.9)

    def test_a_skill_by_attribute(self):
        found = desk(attributes={"language": {"fr": 0.5, "de": 0.5}})
        members = {"Ann": {"skills": ["fr"]}, "Bo": {"skills": ["de", "fr"]}}
        found = found.change({"providers": {"Desk": {"staff": None, "members": members}}})
        found = found.change({"services": {"Serve": {"skill": "language"}}})
        assert utilization(found) == pytest.approx(0.4)

    def test_a_skill_that_nobody_has(self):
        found = desk()
        found = found.change({"providers": {"Desk": {"staff": None, "members": {"Ann": {}}}}})
        found = found.change({"services": {"Serve": {"skill": "forklift"}}})
        assert utilization(found) == 0

    def test_full_batches(self):
        found = desk().change({"services": {"Serve": {"batch": {"size": 4}}}})
        assert utilization(found) == pytest.approx(0.2)
        assert load(found).notes == ("batches taken as full",)

    def test_setup_and_learning_are_left_out(self):
        found = desk().change({"services": {"Serve": {"setup": "1 min", "learning": "90%"}}})
        assert load(found).notes == ("setup left out", "learning left out")

    def test_outages_take_capacity(self):
        found = desk().change({"providers": {"Desk": {"outages": {"after": "9 h", "repair": "1 h"}}}})
        assert load(found).capacity == pytest.approx(0.9)

    def test_repairs_are_work(self):
        found = desk()
        found.add_provider("Mechanic", staff=1)
        found.add_service("Repair", provider="Mechanic", duration="2 h")
        found = found.change({"providers": {"Desk": {"outages": {"after": "10 h", "repair": "Repair"}}}})
        assert utilization(found, "Mechanic") == pytest.approx(0.2)
        assert load(found).notes == ("outages left out",)


class TestClosedPopulations:
    def office(self, members, think="4 min"):
        return desk(arrivals={"population": members, "think": think})

    def test_a_small_group_asks_as_if_nobody_waited(self):
        row = load(self.office(1))
        assert row.utilization == pytest.approx(0.5)
        assert row.open_utilization == 0

    def test_a_large_group_never_overloads(self):
        row = load(self.office(50))
        assert row.utilization == pytest.approx(1)
        assert not row.overloaded

    def test_a_group_that_neither_thinks_nor_works(self):
        found = self.office(5, think="0 min").change({"services": {"Serve": {"duration": "0 min"}}})
        assert utilization(found) == 0


class TestStocks:
    def store(self, **reorder):
        found = desk(rate="1 per hour", duration="1 min")
        found.add_provider("Buyer", staff=1)
        found.add_stock("Steel", initial=50, reorder={"below": 20, "enters": "Buy", **reorder})
        found.add_service("Buy", provider="Buyer", duration="10 min", produces={"Steel": "quantity"})
        return found.change({"services": {"Serve": {"consumes": {"Steel": 5}}}})

    def flow(self, found):
        return {row.stock: row for row in offered_load(found).stocks}["Steel"]

    def test_orders_replace_what_is_taken(self):
        row = self.flow(self.store(quantity=100))
        assert (row.taken, row.brought) == (pytest.approx(5 / 60), pytest.approx(5 / 60))
        assert (row.order, row.orders * 60) == (100, pytest.approx(0.05))

    def test_orders_are_work(self):
        assert utilization(self.store(quantity=100), "Buyer") == pytest.approx(0.05 * 10 / 60)

    def test_an_order_that_fills_up(self):
        # the point is passed by one
        assert self.flow(self.store(up_to=119)).order == 100

    def test_a_way_from_the_stock(self):
        found = self.store(quantity=100).change({"stocks": {"Steel": {"reorder": {"enters": None}}}})
        found.add_handoff("Steel", "Buy", every="1 week")
        assert utilization(found, "Buyer") == pytest.approx(0.05 * 10 / 60)

    def test_scrap_makes_more_orders(self):
        found = self.store(quantity=100).change(
            {"services": {"Buy": {"produces": {"Steel": "0.5 * quantity"}}}}
        )
        assert self.flow(found).orders * 60 == pytest.approx(0.1)

    def test_orders_that_bring_nothing(self):
        found = self.store(quantity=100).change({"services": {"Buy": {"produces": {}}}})
        found = found.change({"services": {"Buy": {"produces": {"Steel": 0}}}})
        assert self.flow(found).orders == math.inf
        assert utilization(found, "Buyer") == math.inf

    def test_what_returns_needs_no_order(self):
        found = self.store(quantity=100)
        found.add_service("Return", produces={"Steel": 3})
        found.add_handoff("Serve", "Return")
        assert self.flow(found).orders * 60 == pytest.approx(0.02)


def test_a_chain_of_many_services_is_quick():
    found = chain()
    for n in range(300):
        found.add_provider(f"P{n}", staff=1)
        found.add_service(f"S{n}", provider=f"P{n}", duration="1 min * size")
        if n:
            found.add_handoff(f"S{n - 1}", f"S{n}")
    found.add_consumer(
        "C", arrivals={"rate": 0.1}, enters="S0", attributes={"size": "uniform(low=1, high=9)"}
    )
    assert utilization(found, "P299") == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("limits", "load"),
    [
        ("count: 3", 0.05),
        ("until: 50 min", 10 / 60),
        ("first: 300 min, until: 420 min", 0.4),
        ("batch: 2, count: 3", 0.1),
    ],
)
def test_who_comes_no_more_is_no_load(limits: str, load: float) -> None:
    """Of 600 minutes: so many of 10 minutes of work, which come every 5 minutes as long as they do."""
    chain = sf.loads(f"""
serviceflow: 1
name: Limited
providers: {{P: {{staff: 1}}}}
services: {{W: {{provider: P, duration: 10 min}}}}
consumers: {{C: {{arrivals: {{every: 5 min, {limits}}}, enters: W}}}}
run: {{duration: 10 h}}
""")
    assert offered_load(chain).providers[0].utilization == pytest.approx(load)
    assert set(chain.estimate().table.query("measure == 'waiting_time'")["kind"]) == {"simulation only"}
