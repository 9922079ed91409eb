"""What each construct of BPMN becomes."""

import pytest
from drawing import flow, line, node, process, start, task, timer

import serviceflow as sf

STEPS = {"t": "Talk"}


def services(found):
    return found.chain.to_dict()["services"]


def handoffs(found):
    return found.chain.to_dict().get("handoffs", {})


def told(found, text, status=None):
    rows = [row for row in found.report.decisions if text in row.done]
    return bool(rows) and (status is None or {row.status for row in rows} == {status})


def gateway(kind, id, name="", **more):
    return node(f"{kind}Gateway", id, name, **more)


class TestTasksAndEvents:
    @pytest.mark.parametrize(
        ("kind", "has_staff"),
        [
            ("task", 1),
            ("userTask", 1),
            ("manualTask", 1),
            ("sendTask", 1),
            ("serviceTask", 0),
            ("scriptTask", 0),
        ]
        + [("businessRuleTask", 0), ("receiveTask", 0)],
    )
    def test_a_task_is_a_service_of_who_does_it(self, read, kind, has_staff):
        found = read(process(start(), node(kind, "t", "Talk"), line("s", "t")))
        assert services(found)["Talk"].get("provider") == ("Office" if has_staff else None)
        assert found.chain.consumers["Clients"].enters == "Talk"

    def test_what_is_not_in_the_file_is_assumed_and_said(self, read):
        found = read(process(start(), task("t"), line("s", "t")))
        assert services(found) == {"t": {"provider": "Office", "duration": "10 min"}}
        assert told(found, "no arrivals in the file: 1 per hour", "assumed")
        assert told(found, "no time in the file: 10 min", "assumed")
        assert told(found, "not in the file: one each", "assumed")
        assert found.is_exact

    def test_a_timer_takes_its_time_and_nobody(self, read):
        event = node("intermediateCatchEvent", "c", "Cool down", timer("timeDuration", "PT90M"))
        found = read(process(start(), task("t"), event, line("s", "t", "c")))
        assert services(found)["Cool down"] == {"duration": "90 min"}

    def test_a_timer_by_the_clock_is_a_dispatch(self, read):
        event = node("intermediateCatchEvent", "c", "Post", timer("timeCycle", "R/PT4H"))
        found = read(process(start(), task("t"), event, line("s", "t", "c")))
        assert handoffs(found) == {"t -> Post": {"every": "4 h"}}

    @pytest.mark.parametrize(
        ("kind", "text", "arrivals"),
        [
            ("timeCycle", "R/PT15M", {"every": "15 min"}),
            ("timeDate", "2026-01-31T18:00:00", {"at": {"mon-sun": "closed", "2026-01-31": "18:00"}}),
        ],
    )
    def test_a_timer_at_the_start_says_when_requests_come(self, read, kind, text, arrivals):
        begin = node("startEvent", "s", "Clock", timer(kind, text))
        found = read(process(begin, task("t"), line("s", "t")))
        assert found.chain.to_dict()["consumers"]["Clock"]["arrivals"] == arrivals

    def test_a_throw_vanishes_and_a_message_that_is_awaited_does_not(self, read):
        throw = node("intermediateThrowEvent", "x", "Tell")
        catch = node("intermediateCatchEvent", "c", "Reply", "<messageEventDefinition/>")
        found = read(process(start(), task("t"), throw, catch, line("s", "t", "x", "c")))
        assert list(services(found)) == ["t", "Reply"]
        assert told(found, "how long Reply takes to come is not in the file", "assumed")

    def test_links_are_ways(self, read):
        link = '<linkEventDefinition name="A"/>'
        parts = [
            node("intermediateThrowEvent", "x", "", link),
            node("intermediateCatchEvent", "y", "", link),
            task("t"),
            task("u"),
        ]
        found = read(process(start(), *parts, line("s", "t", "x"), line("y", "u")))
        assert handoffs(found) == {"t -> u": {}}

    def test_terminate_ends_its_branch_and_says_that_others_go_on(self, read):
        end = node("endEvent", "e", "Stop", "<terminateEventDefinition/>")
        parts = [gateway("parallel", "g"), task("t"), task("u"), end]
        found = read(process(start(), task("a"), *parts, line("s", "a", "g", "t", "e"), line("g", "u")))
        assert told(found, "other branches of the request go on", "approximated")
        assert not found.is_exact

    def test_an_element_that_nothing_leads_to_is_left_out(self, read):
        found = read(process(start(), task("t"), task("u"), line("s", "t")))
        assert list(services(found)) == ["t"]
        assert told(found, "no flow leads to it", "left out")

    def test_without_a_start_event_requests_begin_at_what_no_flow_leads_to(self, read):
        found = read(process(task("t"), task("u"), line("t", "u")))
        assert found.chain.consumers["Requests of Office"].enters == "t"
        assert told(found, "there is no start event", "assumed")


class TestChoices:
    def test_equal_shares_where_there_are_none(self, read):
        found = read(
            process(
                start(),
                task("t"),
                gateway("exclusive", "g"),
                task("a"),
                task("b"),
                line("s", "t", "g", "a"),
                flow("g", "b"),
            )
        )
        assert handoffs(found) == {"t -> a": {"probability": "50%"}, "t -> b": {"probability": "50%"}}
        assert told(found, "taken by the same share", "assumed")

    @pytest.mark.parametrize(
        ("name", "condition"),
        [("35%", None), ("no (35% of cases)", None), ("", "0.35"), ("", "${0.35}"), ("", "35%")],
    )
    def test_shares_by_what_flows_say(self, read, name, condition):
        ways = flow("g", "a", name, condition) + flow("g", "b")
        found = read(
            process(
                start(), task("t"), gateway("exclusive", "g"), task("a"), task("b"), line("s", "t", "g"), ways
            )
        )
        assert handoffs(found) == {"t -> a": {"probability": "35%"}, "t -> b": {"probability": "65%"}}

    def test_a_choice_after_a_choice_is_multiplied_and_a_merge_vanishes(self, read):
        parts = [gateway("exclusive", one) for one in ("g", "h", "m")]
        ways = [
            flow("g", "h", "50%"),
            flow("g", "m", "50%"),
            flow("h", "a", "20%"),
            flow("h", "m", "80%"),
            flow("m", "b"),
        ]
        found = read(process(start(), task("t"), task("a"), task("b"), *parts, line("s", "t", "g"), *ways))
        assert handoffs(found) == {"t -> a": {"probability": "10%"}, "t -> b": {"probability": "90%"}}

    def test_a_choice_at_the_start_is_of_the_consumer(self, read):
        found = read(
            process(
                start(), gateway("exclusive", "g"), task("a"), task("b"), line("s", "g", "a"), flow("g", "b")
            )
        )
        assert handoffs(found) == {
            "Clients -> a": {"probability": "50%"},
            "Clients -> b": {"probability": "50%"},
        }

    def test_a_choice_after_a_split_has_a_service_of_no_time(self, read):
        parts = [
            gateway("parallel", "x"),
            gateway("exclusive", "g", "Which?"),
            gateway("exclusive", "m"),
            gateway("parallel", "j"),
        ]
        ways = line("s", "t", "x", "g", "a", "m", "j", "z") + line("g", "b", "m") + line("x", "c", "j")
        found = read(process(start(), *(task(one) for one in "tabcz"), *parts, ways))
        assert services(found)["Which?"] == {}
        assert services(found)["z"]["join"] == "all"
        assert services(found)["t"]["split"] == "all"

    def test_a_condition_that_is_an_expression_stays_a_label(self, read):
        ways = flow("g", "a", "", "${amount > 5}") + flow("g", "b")
        found = read(
            process(
                start(), task("t"), gateway("exclusive", "g"), task("a"), task("b"), line("s", "t", "g"), ways
            )
        )
        assert told(found, "not evaluated", "approximated")

    def test_a_circle_without_a_way_out_is_left_by_some(self, read):
        found = read(process(start(), task("t"), task("u"), line("s", "t", "u", "t")))
        assert found.chain.to_dict()["handoffs"]["t -> end"] == {"probability": "10%"}
        assert any("10% of the requests leave it here" in row.done for row in found.report.decisions)

    def test_a_choice_that_leads_straight_back_to_itself_takes_a_microsecond(self, read):
        ways = flow("g", "h") + flow("g", "a") + flow("h", "g") + flow("h", "b")
        parts = [gateway("exclusive", "g", "Again?"), gateway("exclusive", "h")]
        found = read(process(start(), task("t"), task("a"), task("b"), *parts, line("s", "t", "g"), ways))
        assert services(found)["Again?"] == {"duration": "1 us"}
        assert handoffs(found)["Again? -> Again?"] == handoffs(found)["Again? -> b"] == {"probability": "25%"}

    def test_an_event_that_comes_first_by_drawn_times(self, read):
        catch = node("intermediateCatchEvent", "c", "Reply", "<messageEventDefinition/>")
        late = node("intermediateCatchEvent", "d", "Too late", timer("timeDuration", "PT2H"))
        times = {
            "times.json": '{"task_resource_distribution": [], "event_distribution": [{"event_id": "c",'
            ' "distribution_name": "uniform", "distribution_params": [{"value": 3600}, {"value": 10800}]}]}'
        }
        parts = [
            gateway("eventBased", "g"),
            catch,
            late,
            node("serviceTask", "a", "a"),
            node("serviceTask", "b", "b"),
        ]
        found = read(
            process(
                start(),
                node("serviceTask", "t", "t"),
                *parts,
                line("s", "t", "g", "c", "a"),
                line("g", "d", "b"),
            ),
            times,
        )
        assert told(found, "the first one comes", "exact")
        visits = found.chain.simulate(
            duration="3 weeks", warm_up=0, replications=2, seed=3, engine="simpy"
        ).visits
        replies, late = (visits[visits["service"] == name] for name in ("Reply", "Too late"))
        assert 0.4 < len(replies) / (len(replies) + len(late)) < 0.6
        assert replies["service_time"].max() <= 120
        assert set(late["service_time"].round(6)) == {120.0}


class TestBranches:
    def test_a_split_and_a_join_between_tasks_are_theirs(self, read):
        parts = [gateway("parallel", "x"), gateway("parallel", "j")]
        found = read(
            process(
                start(),
                *(task(one) for one in "tabz"),
                *parts,
                line("s", "t", "x", "a", "j", "z"),
                line("x", "b", "j"),
            )
        )
        assert services(found)["t"]["split"] == services(found)["z"]["join"] == "all"
        assert found.is_exact

    def test_joins_of_nested_splits_get_an_inner_join(self, read):
        parts = [gateway("parallel", "x"), gateway("parallel", "y"), gateway("parallel", "j")]
        ways = line("s", "t", "x", "a", "j", "z") + line("x", "b", "y", "c", "j") + line("y", "d", "j")
        found = read(process(start(), *(task(one) for one in "tabcdz"), *parts, ways))
        assert services(found)["Join of b"] == {"join": "all"}
        requests = found.chain.simulate(duration="2 days", replications=2, seed=1, engine="simpy").requests
        assert set(requests[requests["in_window"]]["outcome"]) == {"completed"}

    def test_a_join_that_no_split_feeds_is_a_merge(self, read):
        parts = [gateway("exclusive", "x"), gateway("parallel", "j")]
        found = read(
            process(
                start(),
                *(task(one) for one in "tabz"),
                *parts,
                line("s", "t", "x", "a", "j", "z"),
                line("x", "b", "j"),
            )
        )
        assert "join" not in services(found)["z"]
        assert told(found, "no split sends the branches", "approximated")

    def test_a_branch_around_its_join_undoes_the_join(self, read):
        parts = [
            gateway("parallel", "x"),
            gateway("parallel", "j"),
            gateway("exclusive", "g"),
            gateway("exclusive", "m"),
        ]
        ways = line("s", "t", "x", "a", "g", "j", "m", "z") + line("x", "b", "j") + line("g", "m")
        found = read(process(start(), *(task(one) for one in "tabz"), *parts, ways))
        assert told(found, "goes around it", "approximated")

    def test_several_flows_from_a_task_are_branches(self, read):
        found = read(process(start(), task("t"), task("a"), task("b"), line("s", "t", "a"), line("t", "b")))
        assert services(found)["t"]["split"] == "all"

    def test_an_inclusive_gateway_takes_each_way_by_its_share(self, read):
        parts = [gateway("inclusive", "x"), gateway("inclusive", "j")]
        ways = (
            line("s", "t", "x")
            + flow("x", "a", "60%")
            + flow("x", "b", "30%")
            + line("a", "j", "z")
            + line("b", "j")
        )
        found = read(process(start(), *(task(one) for one in "tabz"), *parts, ways))
        assert handoffs(found)["t -> a"] == {"probability": "60%"}
        assert services(found)["t"]["split"] == services(found)["z"]["join"] == "all"

    def test_a_complex_gateway_waits_for_as_many_as_it_says(self, read):
        join = gateway("complex", "j", content="<activationCondition>2</activationCondition>")
        ways = line("s", "t", "x", "a", "j", "z") + line("x", "b", "j") + line("x", "c", "j")
        found = read(process(start(), *(task(one) for one in "tabcz"), gateway("parallel", "x"), join, ways))
        assert services(found)["z"]["join"] == 2


class TestActivities:
    def test_a_sub_process_stands_in_place(self, read):
        inner = start("i", "") + task("a") + task("b") + node("endEvent", "e") + line("i", "a", "b", "e")
        found = read(
            process(start(), node("subProcess", "u", "Treat", inner), task("z"), line("s", "u", "z"))
        )
        assert list(handoffs(found)) == ["a -> b", "b -> z"]
        assert services(found)["a"]["labels"] == {"sub-process": "Treat"}

    def test_branches_that_end_in_a_sub_process_meet_behind_it(self, read):
        inner = (
            start("i", "")
            + task("a")
            + task("b")
            + gateway("parallel", "x")
            + line("i", "x", "a")
            + line("x", "b")
        )
        found = read(
            process(start(), node("subProcess", "u", "Treat", inner), task("z"), line("s", "u", "z"))
        )
        assert services(found)["z"]["join"] == "all"

    def test_an_empty_sub_process_and_an_ad_hoc_one_are_one_task(self, read):
        inner = task("a")
        parts = [node("subProcess", "u", "Black"), node("adHocSubProcess", "v", "Any", inner)]
        found = read(process(start(), *parts, line("s", "u", "v")))
        assert list(services(found)) == ["Black", "Any"]
        assert told(found, "done in no given order", "approximated")

    def test_an_event_sub_process_is_left_out_and_the_rest_is_not(self, read):
        inner = start("i", "") + task("a") + line("i", "a")
        parts = [node("subProcess", "u", "Complaints", inner, triggeredByEvent="true"), task("t")]
        found = read(process(start(), *parts, line("s", "t")))
        assert list(services(found)) == ["t"]
        assert told(found, "not imported", "left out")

    def test_a_called_process_of_the_file_stands_in_place(self, read):
        called = process(start("i", ""), task("a"), line("i", "a"), id="q", name="Part")
        found = read(
            process(start(), node("callActivity", "c", "Do it", calledElement="q"), line("s", "c")) + called
        )
        assert list(services(found)) == ["a"]
        assert list(found.chain.consumers) == ["Clients"]

    def test_a_called_process_that_is_elsewhere_is_one_task(self, read):
        found = read(
            process(start(), node("callActivity", "c", "Do it", calledElement="other"), line("s", "c"))
        )
        assert list(services(found)) == ["Do it"]
        assert told(found, "the called process other is not in the file", "assumed")

    def test_one_after_another_three_times(self, read):
        inner = '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>'
        found = read(process(start(), task("t", content=inner), task("z"), line("s", "t", "z")))
        visits = found.chain.simulate(duration="1 day", replications=2, seed=1, engine="simpy").visits
        whole = visits[visits["service"] == "z"].groupby(["replication", "request"]).size().index
        counts = visits[visits["service"] == "t"].groupby(["replication", "request"]).size()
        assert len(whole) > 100
        assert set(counts[whole]) == {3}

    def test_two_at_once_are_waited_for(self, read):
        inner = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
        found = read(process(start(), task("t", content=inner), task("z"), line("s", "t", "z")))
        visits = found.chain.simulate(duration="1 day", replications=2, seed=1, engine="simpy").visits
        joined = visits[(visits["service"] == "z") & (visits["outcome"] == "completed")]
        counts = visits[visits["service"] == "t"].groupby(["replication", "request"]).size()
        assert set(joined.groupby(["replication", "request"]).size()) == {1}
        assert set(counts) == {2}

    def test_a_number_that_is_not_known_is_once_and_said(self, read):
        found = read(
            process(start(), task("t", content="<multiInstanceLoopCharacteristics/>"), line("s", "t"))
        )
        assert told(found, "how often it is done is not in the file: once", "approximated")


class TestBoundaries:
    def both(self, event, parts=""):
        return process(
            start(), task("t"), task("a"), task("z"), event, line("s", "t", "a"), line("b", "z"), parts
        )

    def test_a_timer_cuts_work_off(self, read):
        event = node("boundaryEvent", "b", "Enough", timer("timeDuration", "PT8M"), attachedToRef="t")
        found = read(self.both(event))
        assert services(found)["t"]["duration"] == "min(`time of t`, 8 min)"
        assert handoffs(found)["t -> z"] == {"when": "`time of t` > 8 min"}
        visits = found.chain.simulate(duration="1 day", replications=2, seed=1, engine="simpy").visits
        assert set(visits[visits["service"] == "t"]["service_time"]) == {8.0}
        assert "a" not in set(visits["service"])

    def test_an_error_without_a_share_never_happens(self, read):
        event = node("boundaryEvent", "b", "Broken", "<errorEventDefinition/>", attachedToRef="t")
        found = read(self.both(event))
        assert handoffs(found)["t -> z"] == {"probability": "0%"}
        assert told(found, "how often it happens is not in the file", "assumed")

    def test_one_that_does_not_interrupt_is_a_branch_more(self, read):
        event = node(
            "boundaryEvent",
            "b",
            "News",
            "<messageEventDefinition/>",
            attachedToRef="t",
            cancelActivity="false",
        )
        found = read(self.both(event))
        assert services(found)["t"]["split"] == "all"
        assert handoffs(found)["t -> z"] == {"probability": "0%"}

    def test_an_error_that_ends_a_sub_process_leads_to_its_boundary(self, read):
        error = "<errorEventDefinition errorRef='x'/>"
        inner = (
            start("i", "")
            + task("a")
            + gateway("exclusive", "g")
            + node("endEvent", "bad", "Bad", error)
            + node("endEvent", "good")
        )
        inner += line("i", "a", "g") + flow("g", "bad", "20%") + flow("g", "good", "80%")
        event = node("boundaryEvent", "b", "Broken", error, attachedToRef="u")
        found = read(
            process(
                start(),
                node("subProcess", "u", "Treat", inner),
                event,
                task("y"),
                task("z"),
                line("s", "u", "y"),
                line("b", "z"),
            )
        )
        assert handoffs(found) == {"a -> z": {"probability": "20%"}, "a -> y": {"probability": "80%"}}

    def test_compensation_is_left_out(self, read):
        event = node("boundaryEvent", "b", "Undo", "<compensateEventDefinition/>", attachedToRef="t")
        found = read(self.both(event))
        assert told(found, "compensation", "left out")
        assert list(services(found)) == ["t", "a"]


class TestPools:
    def pools(self, *messages):
        listed = "".join(
            f'<messageFlow id="m{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(messages)
        )
        pools = '<participant id="P" name="Us" processRef="p"/><participant id="Q" name="Them" processRef="q"/><participant id="box" name="World"/>'
        return f'<collaboration id="c">{pools}{listed}</collaboration>'

    def them(self):
        return process(
            start("i", "Order"), task("a"), task("b"), line("i", "a", "b"), id="q", name="Their work"
        )

    def test_a_message_with_its_answer_is_a_call(self, read):
        catch = node("intermediateCatchEvent", "c", "Answer", "<messageEventDefinition/>")
        us = process(start(), task("t"), catch, task("z"), line("s", "t", "c", "z"))
        found = read(us + self.them() + self.pools(("t", "i"), ("b", "c")))
        assert found.chain.to_dict()["calls"] == {"Answer -> a": {}}
        assert list(found.chain.consumers) == ["Clients"]
        assert {one.provider for one in found.chain.services.values()} == {"Us", "Them", None}

    def test_a_message_without_answer_is_a_call_that_does_not_wait(self, read):
        us = process(start(), task("t"), task("z"), line("s", "t", "z"))
        found = read(us + self.them() + self.pools(("t", "i")))
        assert found.chain.to_dict()["calls"] == {"t -> a": {"ask": "end", "wait": False}}

    def test_a_message_at_the_end_hands_the_request_on(self, read):
        us = process(start(), task("t"), node("endEvent", "e", "Sent"), line("s", "t", "e"))
        found = read(us + self.them() + self.pools(("e", "i")))
        assert handoffs(found) == {"t -> a": {}, "a -> b": {}}

    def test_messages_with_a_black_box_are_only_told(self, read):
        us = process(node("startEvent", "s"), task("t"), line("s", "t"))
        found = read(us + self.pools(("box", "s"), ("t", "box")))
        assert list(found.chain.consumers) == ["World"]
        assert told(found, "of which nothing is drawn", "left out")
        assert found.is_exact


class TestLanesAndNames:
    def test_the_inner_lane_serves(self, read):
        lanes = '<laneSet id="l"><lane id="l1" name="Ward"><flowNodeRef>t</flowNodeRef><childLaneSet id="k"><lane id="l2" name="Nurse (10)"><flowNodeRef>t</flowNodeRef></lane></childLaneSet></lane></laneSet>'
        found = read(process(lanes, start(), task("t"), line("s", "t")))
        assert found.chain.to_dict()["providers"] == {"Nurse": {"staff": 10}}

    def test_names_are_made_distinct_and_white_space_joined(self, read):
        parts = [
            task("t", "Check\n  it"),
            task("u", "Check it"),
            task("v", "a -> b"),
            task("w", "End"),
            task("x", ""),
        ]
        found = read(process(start(), *parts, line("s", "t", "u", "v", "w", "x")))
        assert list(services(found)) == ["Check it", "Check it (2)", "a → b", "End (step)", "User task"]

    def test_prefixes_and_encodings_do_not_matter(self, read, tmp_path):
        text = (
            '<?xml version="1.0" encoding="windows-1252"?><semantic:definitions xmlns:semantic="http://www.omg.org/spec/BPMN/20100524/MODEL">'
            '<semantic:process id="p"><semantic:startEvent id="s"/><semantic:task id="t" name="Prüfen"/>'
            '<semantic:sequenceFlow id="f" sourceRef="s" targetRef="t"/></semantic:process></semantic:definitions>'
        )
        path = tmp_path / "old.bpmn"
        path.write_bytes(text.encode("cp1252"))
        assert list(sf.read_bpmn(path).chain.services) == ["Prüfen"]
