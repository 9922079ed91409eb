"""Parameters in each dialect."""

import json
import math

import pytest
from drawing import bpsim, flow, line, node, number, of, process, start, task

import serviceflow as sf
from serviceflow.formats.bpmn import distributions as d
from serviceflow.formats.bpmn.prosimos import distribution as prosimos_distribution
from serviceflow.formats.bpmn.weekly import DAY, from_ical, from_rules, merged, seconds_of_day
from serviceflow.model.expressions import expression

TWO = process(start(), task("t"), task("u"), line("s", "t", "u"))


def fork(first="", second=""):
    return process(
        start(), task("t"), node("exclusiveGateway", "g", "Which?"), task("a"), task("b"),
        line("s", "t", "g"), flow("g", "a", first, id="f1"), flow("g", "b", second, id="f2"),
    )  # fmt: skip


def services(found):
    return found.chain.to_dict()["services"]


def told(found, text, status=None):
    rows = [row for row in found.report.decisions if text in row.done]
    return bool(rows) and (status is None or {row.status for row in rows} == {status})


class TestBpsim:
    def test_times_add_up_and_what_comes_before_is_a_delay(self, read):
        parts = [
            of("t", "TimeParameters", "ProcessingTime", number(5)),
            of("t", "TimeParameters", "SetUpTime", number(1)),
        ]
        parts.append(of("u", "TimeParameters", "TransferTime", number(7)))
        found = read(TWO + bpsim(*parts))
        assert services(found)["t"]["duration"] == "5 min + 1 min"
        assert found.chain.to_dict()["handoffs"] == {"t -> u": {"delay": "7 min"}}

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (number(5), "5 min"),
            ('<bpsim:DurationParameter value="PT90S"/>', "90 s"),
            ('<bpsim:NegativeExponentialDistribution mean="5"/>', "exponential(mean=5 min)"),
            ('<bpsim:UniformDistribution min="2" max="4"/>', "uniform(low=2 min, high=4 min)"),
            ('<bpsim:ErlangDistribution mean="6" k="3"/>', "erlang(mean=6 min, k=3)"),
            ('<bpsim:GammaDistribution shape="4" scale="2"/>', "gamma(mean=8 min, sd=4 min)"),
            (
                '<bpsim:LogNormalDistribution mean="6" standardDeviation="2"/>',
                "lognormal(mean=6 min, sd=2 min)",
            ),
            (
                '<bpsim:TriangularDistribution min="1" mode="2" max="4"/>',
                "triangular(low=1 min, mode=2 min, high=4 min)",
            ),
            ('<bpsim:NumericParameter value="2" timeUnit="hour"/>', "2 h"),
            (
                '<bpsim:UserDistribution><bpsim:UserDistributionDataPoint probability="0.25"><bpsim:NumericParameter value="1"/>'
                '</bpsim:UserDistributionDataPoint><bpsim:UserDistributionDataPoint probability="0.75">'
                '<bpsim:NumericParameter value="3"/></bpsim:UserDistributionDataPoint></bpsim:UserDistribution>',
                "discrete(values=[1 min, 3 min], shares=[25%, 75%])",
            ),
            (
                '<bpsim:BinomialDistribution probability="0.5" trials="1"/>',
                "discrete(values=[0 min, 1 min], shares=[50%, 50%])",
            ),
        ],
    )
    def test_values_and_distributions(self, read, value, text):
        assert (
            services(read(TWO + bpsim(of("t", "TimeParameters", "ProcessingTime", value))))["t"]["duration"]
            == text
        )

    def test_resources_with_numbers_and_alternatives(self, read):
        resources = "".join(
            f'<resource id="r{n}" name="{name}"/>' for n, name in enumerate(("Nurse", "Room", "Doctor"))
        )
        both = "bpsim:getResource('r0', 2) and getResource('r1',1)"
        either = "getResource('r0',1) or getResource('r2',1)"
        parts = [of("t", "ResourceParameters", "Selection", f'<bpsim:ExpressionParameter value="{both}"/>')]
        parts.append(
            of("u", "ResourceParameters", "Selection", f'<bpsim:ExpressionParameter value="{either}"/>')
        )
        parts.append(of("r0", "ResourceParameters", "Quantity", number(3)))
        parts.append(of("r0", "CostParameters", "UnitCost", number(20)))
        found = read(resources + TWO + bpsim(*parts))
        assert services(found)["t"]["providers"] == {"Nurse": 2, "Room": 1}
        assert services(found)["u"]["any_of"] == ["Nurse", "Doctor"]
        assert found.chain.to_dict()["providers"]["Nurse"] == {"staff": 3, "work_cost": "20 per hour"}

    def test_a_condition_over_a_property_of_the_start(self, read):
        parts = [
            '<bpsim:ElementParameters elementRef="s"><bpsim:PropertyParameters><bpsim:Property name="amount" type="double">'
            '<bpsim:UniformDistribution min="0" max="10"/></bpsim:Property></bpsim:PropertyParameters></bpsim:ElementParameters>',
            of(
                "f1",
                "ControlParameters",
                "Condition",
                "<bpsim:ExpressionParameter value=\"bpsim:getProperty('amount') &gt; 4\"/>",
            ),
        ]
        found = read(fork() + bpsim(*parts))
        assert found.chain.to_dict()["handoffs"] == {"t -> a": {"when": "amount > 4"}, "t -> b": {}}
        assert found.chain.to_dict()["consumers"]["Clients"]["attributes"] == {
            "amount": "uniform(low=0, high=10)"
        }

    def test_a_property_that_changes_on_the_way_is_left_out(self, read):
        part = (
            '<bpsim:ElementParameters elementRef="t"><bpsim:PropertyParameters><bpsim:Property name="amount">'
            '<bpsim:NumericParameter value="3"/></bpsim:Property></bpsim:PropertyParameters></bpsim:ElementParameters>'
        )
        assert told(read(TWO + bpsim(part)), "changes on the way", "approximated")

    def repairing(self, read, change, *more):
        """A task that is done again until nothing is left to do."""
        kind = '<bpsim:UniformDistribution min="1" max="3"/>'
        values = ("s", kind), ("t", f'<bpsim:ExpressionParameter value="{change}"/>')
        parts = [
            f'<bpsim:ElementParameters elementRef="{key}"><bpsim:PropertyParameters><bpsim:Property name="left" type="int">'
            f"{value}</bpsim:Property></bpsim:PropertyParameters></bpsim:ElementParameters>"
            for key, value in values
        ]
        again = "<bpsim:ExpressionParameter value=\"bpsim:getProperty('left') &gt; 0\"/>"
        parts.append(of("again", "ControlParameters", "Condition", again))
        drawn = process(
            start(), task("t"), task("u"), task("v"), node("exclusiveGateway", "g"), line("s", "t", "u", "g", "v"),
            flow("g", "t", id="again"), *more,
        )  # fmt: skip
        return read(drawn + bpsim(*parts))

    def test_a_property_that_is_counted_down_is_told_by_visits(self, read):
        found = self.repairing(read, "bpsim:getProperty('left') - 1")
        assert found.chain.to_dict()["handoffs"]["u -> t"] == {"when": "left - visit > 0"}
        assert told(found, "counted by visits", "exact")
        drawn = found.chain.to_dict()["consumers"]["Clients"]["attributes"]["left"]
        assert drawn == "discrete(values=[1, 2, 3], shares=[25%, 50%, 25%])"

    @pytest.mark.parametrize("change", ["getProperty('left') * 2", "getProperty('right') - 1", "0"])
    def test_where_visits_do_not_tell_it_ways_have_equal_shares(self, read, change):
        found = self.repairing(read, change)
        assert found.chain.to_dict()["handoffs"]["u -> t"] == {"probability": "50%"}
        assert told(found, "goes each way by the same share", "approximated")

    def test_nor_do_they_where_others_come_there(self, read):
        more = node("exclusiveGateway", "h"), task("w"), line("t", "h", "w", "u"), flow("h", "u")
        found = self.repairing(read, "getProperty('left') - 1", *more)
        assert told(found, "goes each way by the same share", "approximated")

    def test_zeros_everywhere_are_no_parameters(self, read):
        parts = [
            of(
                "t",
                "TimeParameters",
                "ProcessingTime",
                '<bpsim:NormalDistribution mean="0.0" standardDeviation="0.0"/>',
            )
        ]
        parts.append(of("t", "ResourceParameters", "Quantity", number(0)))
        found = read(TWO + bpsim(*parts))
        assert services(found)["t"]["duration"] == "10 min"
        assert told(found, "its numbers are all 0", "left out")

    def test_a_file_of_its_own_in_version_1(self, read):
        data = (
            '<BPSimData xmlns="http://www.bpsim.org/schemas/1.0"><Scenario id="a" name="A"><ScenarioParameters baseTimeUnit="hour"/>'
            '<ElementParameters elementRef="t"><TimeParameters><ProcessingTime><FloatingParameter value="1.5"/></ProcessingTime>'
            "</TimeParameters></ElementParameters></Scenario></BPSimData>"
        )
        assert services(read(TWO, {"x.bpsim": data}))["t"]["duration"] == "90 min"

    def test_results_alone_are_no_parameters(self, read):
        data = '<BPSimData xmlns="http://www.bpsim.org/schemas/2.0"><Scenario id="a" result="b" name="A"/></BPSimData>'
        with pytest.raises(sf.BpmnError, match="results or zeros, but no parameters"):
            read(TWO, {"x.bpsim": data})

    def test_after_a_number_of_triggers_nobody_comes(self, read):
        found = read(TWO + bpsim(of("s", "ControlParameters", "TriggerCount", number(500))))
        assert told(found, "nobody comes after 500 arrivals", "exact")
        (consumer,) = found.chain.consumers.values()
        assert consumer.arrivals.count == 500

    def test_the_first_comes_at_the_start(self, read):
        found = read(TWO + bpsim(of("s", "ControlParameters", "InterTriggerTimer", number(30))))
        (consumer,) = found.chain.consumers.values()
        assert str(consumer.arrivals.first) == "0 min"

    def test_an_unlimited_provider_never_makes_anybody_wait(self, read):
        found = read(TWO + bpsim(of("t", "TimeParameters", "ProcessingTime", number(50))))
        assert found.chain.to_dict()["providers"]["Office"] == {"staff": 1000}
        assert told(found, "as good as unlimited", "assumed")

    def test_the_share_of_a_boundary_event(self, read):
        event = node("boundaryEvent", "b", "Bad", "<errorEventDefinition/>", attachedToRef="t")
        diagram = process(
            start(), task("t"), task("u"), task("z"), event, line("s", "t", "u"), line("b", "z")
        )
        found = read(diagram + bpsim(of("b", "ControlParameters", "Probability", number(0.2))))
        assert found.chain.to_dict()["handoffs"] == {
            "t -> z": {"probability": "20%"},
            "t -> u": {"probability": "80%"},
        }


class TestCalendars:
    def test_daily_weekly_over_midnight_and_single_dates(self):
        text = "\n".join(
            [
                "BEGIN:VEVENT",
                "DTSTART:20160101T220000",
                "DTEND:20160102T060000",
                "RRULE:FREQ=WEEKLY;BYDAY=SU,MO",
                "END:VEVENT",
            ]
            + ["BEGIN:VEVENT", "DTSTART;TZID=X:20160105T090000", "DURATION:PT2H", "END:VEVENT"]
        )
        hours = from_ical(text)
        assert hours.days() == {
            "mon": "00:00-06:00, 22:00-24:00",
            "tue": "00:00-06:00",
            "sun": "22:00-24:00",
            "2016-01-05": "09:00-11:00",
        }

    def test_other_rules_are_told(self):
        text = "BEGIN:VEVENT\nDTSTART:20160101T090000\nDTEND:20160101T100000\nRRULE:FREQ=MONTHLY\nEND:VEVENT"
        assert from_ical(text).said == ["a calendar's rule monthly every 1 is not read"]

    def test_rules_of_weekdays(self):
        names = ("from", "to", "beginTime", "endTime")
        rule = {"from": "FRIDAY", "to": "MONDAY", "beginTime": "08:00:00.000", "endTime": "23:59:59.999"}
        assert from_rules([rule], names).days() == {"mon": "08:00-24:00", "fri-sun": "08:00-24:00"}
        assert seconds_of_day("09:00:00.000+00:00") == 9 * 3600
        assert from_rules(
            [{"from": "MONDAY", "to": "SUNDAY", "beginTime": "00:00", "endTime": "23:59:59"}], names
        ).is_always

    def test_spans_run_on_at_the_end_of_the_week(self):
        assert merged([(6 * DAY + 80_000, 7 * DAY + 3_600)]) == [(0, 3_600), (6 * DAY + 80_000, 7 * DAY)]


class TestDistributions:
    @pytest.mark.parametrize(
        ("name", "numbers", "mean"),
        [
            ("expon", [1500, 150, 0, 1e9], 1650),
            ("expon", [130, 120, 240], 130),
            ("lognorm", [600, 90000, 0, 1e9], 600),
            ("lognorm", [0.5, 0, 600, 0, 1e9], 600 * math.exp(0.125)),
            ("gamma", [600, 90000, 0, 1e9], 600),
            ("gamma", [4, 0, 150, 0, 1e9], 600),
            ("uniform", [100, 300], 200),
            ("uniform", [100, 300, 0, 1e9], 250),
            ("triang", [0.5, 100, 200, 0, 1e9], 200),
            ("fix", [90], 90),
            ("norm", [600, 60, 0, 1e9], 600),
        ],
    )
    def test_lists_of_either_generation(self, name, numbers, mean):
        drawn = prosimos_distribution(name, numbers)
        assert drawn.mean == pytest.approx(mean)
        if not drawn.text.startswith("min("):
            assert expression(drawn.text, "duration").mean("s") / 1e6 == pytest.approx(mean, rel=1e-4)

    def test_a_cut_that_matters_is_drawn_again(self):
        drawn = d.shifted_exponential(0, 60, 60)
        true = 60 * (1 - 2 * math.exp(-1)) / (1 - math.exp(-1))
        assert expression(drawn.text, "duration").mean("s") / 1e6 == pytest.approx(true, rel=5e-3)

    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("random.uniform(5,10)", "uniform(low=5 min, high=10 min)"),
            ("random.expovariate(1/10)", "exponential(mean=10 min)"),
            ("12", "12 min"),
            ("random.gauss(20, 2)", "normal(mean=20 min, sd=2 min)"),
            ("random.triangular(1, 9, 3)", "triangular(low=1 min, mode=3 min, high=9 min)"),
            ("__import__('os').system('true')", None),
            ("random.uniform(5, 10); 1", None),
            ("random.uniform(open('x'), 2)", None),
            ("eval(1)", None),
        ],
    )
    def test_python_is_recognized_and_never_run(self, text, read):
        drawn = d.from_python(text, 60)
        assert (drawn and drawn.text) == read


class TestProsimos:
    def parameters(self, **more):
        task = {"resource_id": "r", "distribution_name": "fix", "distribution_params": [{"value": 300}]}
        found = {
            "resource_profiles": [
                {
                    "id": "p",
                    "name": "Clerks",
                    "resource_list": [
                        {"id": "r", "name": "C", "amount": 2, "cost_per_hour": 10, "calendar": "c"}
                    ],
                }
            ],
            "resource_calendars": [
                {
                    "id": "c",
                    "name": "Days",
                    "time_periods": [
                        {"from": "MONDAY", "to": "FRIDAY", "beginTime": "09:00:00", "endTime": "17:00:00"}
                    ],
                }
            ],
            "task_resource_distribution": [{"task_id": one, "resources": [task]} for one in ("t", "u")],
            "arrival_time_distribution": {
                "distribution_name": "expon",
                "distribution_params": [{"value": 600}, {"value": 0}, {"value": 1e9}],
            },
            "arrival_time_calendar": [
                {"from": "MONDAY", "to": "FRIDAY", "beginTime": "09:00:00", "endTime": "17:00:00"}
            ],
        }
        return {"p.json": json.dumps(found | more)}

    def test_a_pool_with_its_calendar(self, read):
        found = read(TWO, self.parameters())
        assert found.chain.to_dict()["providers"] == {
            "Clerks": {"staff": 2, "calendar": "Days", "work_cost": "10 per hour"}
        }
        assert found.chain.to_dict()["calendars"] == {"Days": {"mon-fri": "09:00-17:00"}}

    def test_exponential_intervals_are_a_profile_with_one_at_every_opening(self, read):
        consumers = read(TWO, self.parameters()).chain.to_dict()["consumers"]
        assert consumers["Clients"]["arrivals"] == {"profile": {"mon-fri": {"09:00-17:00": "6 per hour"}}}
        assert consumers["Clients at opening"]["arrivals"] == {"at": {"mon-fri": "09:00"}}

    def arriving(self, read, name, *numbers, hours="17:00:00"):
        week = [{"from": "MONDAY", "to": "FRIDAY", "beginTime": "09:00:00", "endTime": hours}]
        how = {"distribution_name": name, "distribution_params": [{"value": one} for one in numbers]}
        return read(TWO, self.parameters(arrival_time_distribution=how, arrival_time_calendar=week))

    def test_constant_intervals_that_fill_the_blocks_pass_in_open_time(self, read):
        found = self.arriving(read, "fix", 1200)
        arrivals = found.chain.to_dict()["consumers"]["Clients"]["arrivals"]
        assert arrivals == {"every": "20 min", "first": "9 h", "calendar": "Days"}
        assert told(found, "at the same distance", "exact")

    def test_a_calendar_of_arrivals_alone_gets_a_name(self, read):
        chain = self.arriving(read, "fix", 3600, hours="12:00:00").chain.to_dict()
        assert chain["consumers"]["Clients"]["arrivals"]["calendar"] == "Hours of Clients"
        assert chain["calendars"]["Hours of Clients"] == {"mon-fri": "09:00-12:00"}

    def test_other_constant_intervals_are_instants(self, read):
        arrivals = self.arriving(read, "fix", 7 * 3600).chain.to_dict()["consumers"]["Clients"]["arrivals"]
        assert arrivals == {"at": {"mon-fri": "09:00, 16:00"}}

    def test_as_many_come_where_intervals_go_on_rather_than_begin_anew(self, read):
        """A block of 24 mean intervals has 1 + 24 + (cv² - 1) / 2 arrivals, by the renewal function's limit."""
        found = self.arriving(read, "gamma", 1200, 360_000, 0, 1e9)
        assert told(found, "begin anew", "approximated")
        consumer = found.chain.consumers["Clients"]
        assert consumer.arrivals.calendar == "Days"
        run = found.chain.simulate(
            duration="40 weeks", warm_up=0, replications=1, seed=7, engine="simpy", progress=False
        )
        assert run.mean("chain", "arrived")[0] / 200 == pytest.approx(24.625, rel=0.02)

    def test_the_old_shape_of_mappings(self, read):
        old = {
            "resource_profiles": {
                "p": {"name": "Clerks", "resource_list": [{"id": "r", "name": "C", "amount": 1}]}
            },
            "resource_calendars": {
                "c": [{"from": "MONDAY", "to": "FRIDAY", "beginTime": "09:00", "endTime": "17:00"}]
            },
            "task_resource_distribution": {
                "t": {"r": {"distribution_name": "fix", "distribution_params": [120]}}
            },
            "gateway_branching_probabilities": {"g": {"f1": 0.3, "f2": 0.7}},
        }
        found = read(fork(), {"p.json": json.dumps(old)})
        assert services(found)["t"] == {"provider": "Clerks", "duration": "2 min"}
        assert found.chain.to_dict()["handoffs"]["t -> a"] == {"probability": "30%"}

    def test_people_who_can_do_different_tasks_are_members_with_skills(self, read):
        def by(*resources):
            return [
                {"resource_id": one, "distribution_name": "fix", "distribution_params": [{"value": 60 * n}]}
                for n, one in enumerate(resources, 1)
            ]

        people = [{"id": one, "name": one.upper(), "amount": 1} for one in ("a", "b")]
        more = {
            "resource_profiles": [{"id": "p", "name": "Team", "resource_list": people}],
            "task_resource_distribution": [
                {"task_id": "t", "resources": by("a", "b")},
                {"task_id": "u", "resources": by("b")},
            ],
        }
        found = read(TWO, self.parameters(**more))
        assert found.chain.to_dict()["providers"]["Team"]["members"] == {
            "A": {"skills": ["t"]},
            "B": {"skills": ["t", "u"]},
        }
        assert services(found)["u"]["skill"] == "'u'"
        assert services(found)["t"]["duration"] == "discrete(values=[1 min, 2 min], shares=[50%, 50%])"
        assert told(found, "depends on who does it", "approximated")

    def test_attributes_and_rules_of_priority(self, read):
        more = {
            "case_attributes": [
                {
                    "name": "kind",
                    "type": "discrete",
                    "values": [{"key": "vip", "value": 0.2}, {"key": "plain", "value": 0.8}],
                }
            ],
            "prioritisation_rules": [
                {"priority_level": 1, "rules": [[{"attribute": "kind", "comparison": "=", "value": "vip"}]]}
            ],
        }
        found = read(TWO, self.parameters(**more))
        assert str(found.chain.consumers["Clients"].priority) == "1 if kind == 'vip' else 2"
        assert found.chain.providers["Clerks"].discipline == "priority"

    def test_batches_are_approximated(self, read):
        rule = [
            [
                {"attribute": "size", "comparison": ">=", "value": 4},
                {"attribute": "batch_ready_wt", "comparison": ">=", "value": 3600},
            ]
        ]
        found = read(TWO, self.parameters(batch_processing=[{"task_id": "t", "firing_rules": rule}]))
        assert services(found)["t"]["batch"] == {"size": 4, "max_wait": "1 h"}
        assert told(found, "batches of 4", "approximated")

    @pytest.mark.parametrize(
        "text",
        [
            "{}",
            "[1]",
            "{",
            "[" * 500,
            '{"resource_profiles": "x"}',
            '{"task_resource_distribution": [1, {"task_id": 3}]}',
        ],
    )
    def test_broken_files_are_messages_or_harmless(self, read, text):
        try:
            read(TWO, {"p.json": text})
        except sf.BpmnError as error:
            assert "p.json" in str(error)


QBP = """<qbp:processSimulationInfo processInstances="100" startDateTime="2026-01-05T00:00:00.000Z" currency="EUR">
<qbp:arrivalRateDistribution type="EXPONENTIAL" mean="NaN" arg1="1800" arg2="NaN"><qbp:timeUnit>minutes</qbp:timeUnit></qbp:arrivalRateDistribution>
<qbp:timetables><qbp:timetable id="D" default="true" name="Arrivals"><qbp:rules><qbp:rule fromTime="00:00:00.000+00:00" toTime="23:59:59.999+00:00" fromWeekDay="MONDAY" toWeekDay="SUNDAY"/></qbp:rules></qbp:timetable>
<qbp:timetable id="W" default="false" name="Office hours"><qbp:rules><qbp:rule fromTime="09:00:00.000+00:00" toTime="17:00:00.000+00:00" fromWeekDay="MONDAY" toWeekDay="FRIDAY"/></qbp:rules></qbp:timetable></qbp:timetables>
<qbp:resources><qbp:resource id="R" name="Clerk" totalAmount="3" costPerHour="25" timetableId="W"/></qbp:resources>
<qbp:elements><qbp:element id="x" elementId="t"><qbp:durationDistribution type="LOGNORMAL" mean="600" arg1="90000" arg2="NaN"><qbp:timeUnit>hours</qbp:timeUnit></qbp:durationDistribution><qbp:resourceIds><qbp:resourceId>R</qbp:resourceId></qbp:resourceIds></qbp:element></qbp:elements>
<qbp:sequenceFlows><qbp:sequenceFlow elementId="f1" executionProbability="0.4"/><qbp:sequenceFlow elementId="f2" executionProbability="0.6"/></qbp:sequenceFlows>
</qbp:processSimulationInfo>"""


def test_bimp_and_apromore(read):
    found = read(fork() + QBP)
    model = found.chain.to_dict()
    assert model["services"]["t"] == {"provider": "Clerk", "duration": "lognormal(mean=10 min, sd=5 min)"}
    assert model["providers"]["Clerk"] == {"staff": 3, "calendar": "Office hours", "work_cost": "25 per hour"}
    assert model["consumers"]["Clients"]["arrivals"] == {
        "every": "exponential(mean=30 min)",
        "first": "0 min",
    }
    assert model["handoffs"] == {"t -> a": {"probability": "40%"}, "t -> b": {"probability": "60%"}}
    assert model["run"]["duration"] == "50 h"


def test_scylla(read):
    space = 'xmlns:bsim="http://bsim.hpi.uni-potsdam.de/scylla/simModel"'
    shared = (
        f'<bsim:globalConfiguration {space} id="g"><bsim:timetables><bsim:timetable id="Day"><bsim:timetableItem from="MONDAY" to="FRIDAY" beginTime="08:00" endTime="16:00"/>'
        '</bsim:timetable></bsim:timetables><bsim:resourceData><bsim:dynamicResource id="Clerk" defaultQuantity="2" defaultCost="20" defaultTimetableId="Day" defaultTimeUnit="HOURS"/>'
        "</bsim:resourceData></bsim:globalConfiguration>"
    )
    own = (
        f'<bsim:definitions {space}><bsim:simulationConfiguration processRef="p" processInstances="30" startDateTime="2026-01-05T00:00:00.000+02:00" endDateTime="2026-01-09T00:00:00.000+02:00">'
        '<bsim:startEvent id="s"><bsim:arrivalRate timeUnit="MINUTES"><bsim:constantDistribution><bsim:constantValue>50</bsim:constantValue></bsim:constantDistribution></bsim:arrivalRate></bsim:startEvent>'
        '<bsim:task id="t"><bsim:duration timeUnit="MINUTES"><bsim:arbitraryFiniteProbabilityDistribution><bsim:entry value="10" frequency="3"/><bsim:entry value="6" frequency="1"/>'
        '</bsim:arbitraryFiniteProbabilityDistribution></bsim:duration><bsim:resources><bsim:resource id="Clerk" amount="1"/></bsim:resources></bsim:task>'
        '<bsim:exclusiveGateway id="g"><bsim:outgoingSequenceFlow id="f1"><bsim:branchingProbability>0.25</bsim:branchingProbability></bsim:outgoingSequenceFlow>'
        '<bsim:outgoingSequenceFlow id="f2"><bsim:branchingProbability>0.75</bsim:branchingProbability></bsim:outgoingSequenceFlow></bsim:exclusiveGateway>'
        "</bsim:simulationConfiguration></bsim:definitions>"
    )
    model = read(fork(), {"sim.xml": own, "global.xml": shared}).chain.to_dict()
    assert model["services"]["t"] == {
        "provider": "Clerk",
        "duration": "discrete(values=[10 min, 6 min], shares=[75%, 25%])",
    }
    assert model["providers"]["Clerk"] == {"staff": 2, "calendar": "Day", "work_cost": "20 per hour"}
    assert model["handoffs"]["t -> a"] == {"probability": "25%"}
    assert model["run"] == {"duration": "4 days", "horizon": "terminating"}


def test_simpn_properties_are_recognized_and_never_evaluated(read):
    def property_(name, text):
        return f'<property id="{name}" name="{name}"><dataState id="x{name}" name="{text}"/></property>'

    begin = node("startEvent", "s", "Clients", property_("interarrival_time", "random.expovariate(1/10)"))
    parts = [
        task("t", content=property_("processing_time", "random.uniform(3,5)")),
        task("u", content=property_("processing_time", "exec(1)")),
    ]
    found = read(process(begin, *parts, line("s", "t", "u")))
    assert services(found)["t"]["duration"] == "uniform(low=3 min, high=5 min)"
    arrivals = found.chain.to_dict()["consumers"]["Clients"]["arrivals"]
    assert arrivals == {"every": "exponential(mean=10 min)", "first": "0 min"}
    assert told(found, "it is not evaluated", "approximated")


def test_times_of_adonis(read):
    inner = '<extensionElements><a:attribute xmlns:a="http://www.boc-eu.com" name="EXECUTION_TIME" value="00:000:00:10:00"/><a:attribute xmlns:a="http://www.boc-eu.com" name="WAITING_TIME" value="00:000:01:00:00"/></extensionElements>'
    found = read(process(start(), task("t"), task("u", content=inner), line("s", "t", "u")))
    assert services(found)["u"]["duration"] == "10 min"
    assert found.chain.to_dict()["handoffs"] == {"t -> u": {"delay": "1 h"}}


def test_a_file_of_parameters_that_is_unknown(read):
    with pytest.raises(
        sf.BpmnError, match=r"x.xml: this holds no parameters that are known; there are BPSim, Prosimos"
    ):
        read(TWO, {"x.xml": "<other/>"})


class TestBeginOfTheRun:
    """A run that begins in the course of a day: nobody comes before, and the window opens then."""

    def started(self, read, arrivals, calendars=""):
        settings = (
            '<bpsim:Start><bpsim:DateTimeParameter value="2026-01-06T06:30:00"/></bpsim:Start>'
            '<bpsim:Duration><bpsim:DurationParameter value="P2D"/></bpsim:Duration>'
            '<bpsim:Warmup><bpsim:DurationParameter value="P1D"/></bpsim:Warmup>'
        )
        parts = [of("s", "ControlParameters", "InterTriggerTimer", arrivals)]
        text = bpsim(*parts, settings=settings, calendars=calendars)
        return read(process(start(), task("t"), line("s", "t")) + text)

    def test_arrivals_and_the_window_begin_then(self, read):
        found = self.started(read, number(30))
        model = found.chain.to_dict()
        assert model["start"] == "2026-01-06"
        assert model["run"]["warm_up"] == "390 min + 1 day"
        assert model["consumers"]["Clients"]["arrivals"] == {"every": "30 min", "first": "390 min"}
        assert told(found, "the run begins at 06:30: nobody comes before", "exact")
        results = found.chain.simulate(replications=1, seed=1, engine="simpy")
        assert results.requests["asked"].min() == 6.5 * 60
        assert results.runs.program.window[0] == 30.5 * 3600 * 1_000_000
