"""What check says of small models: refusals with their remedy, loads that were reckoned by hand, plain words."""

# ruff: noqa: E501

import pytest

import serviceflow as sf

HEAD = "name: T\ntime_unit: min\nrun: {duration: 1 day, horizon: terminating}\n"
COMES = "consumers: {C: {arrivals: {rate: 1 per hour}, enters: S}}\n"


def refused(text, name="m.yaml"):
    """Problems of a text as pairs of place and message."""
    with pytest.raises(sf.ModelError) as caught:
        sf.loads(text, name=name)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def loads_of(text):
    return {row.provider: row.open_utilization for row in sf.loads(text).check().loads.providers}


def told(text, *severities):
    findings = sf.loads(text).check().findings
    return [str(one) for one in findings if one.severity in (severities or ("error", "warning"))]


class TestWhatNeverEnds:
    def test_a_clarification_that_is_always_needed(self):
        text = HEAD + COMES + "services: {S: {duration: 1}, R: {duration: 1}}\n"
        message = (
            "what arrives is incomplete every time, so that it is asked about for ever; write a probability below 100%, or a"
            " delay of the way itself"
        )
        for probability in ("100%", "1", "2 - 1"):
            link = f"handoffs: {{S -> R: {{clarification: {{probability: {probability}, delay: 1 min}}}}}}"
            assert refused(text + link) == [("handoffs.S -> R.clarification.probability", message)]
        answer = "calls: {S -> R: {answer: {clarification: {probability: 100%, delay: 1 min}}}}"
        assert refused(text + answer) == [("calls.S -> R.answer.clarification.probability", message)]

    def test_one_that_is_always_needed_by_some(self):
        text = (
            HEAD
            + COMES
            + "attributes: {kind: {new: 50%, old: 50%}}\nservices: {S: {duration: 1}, R: {duration: 1}}\n"
        )
        text += "handoffs: {S -> R: {clarification: {probability: \"1 if kind == 'new' else 0.1\", delay: 1 min}}}"
        assert told(text) == [
            "error: handoffs.S -> R.clarification.probability: for requests of 'C' with kind = new what arrives is incomplete"
            " every time, so that it is asked about for ever; write a probability below 100%"
        ]

    def test_always_back_to_where_it_came_from_is_a_circle(self):
        text = HEAD + COMES + "services: {S: {duration: 1}, R: {duration: 1}}\n"
        text += "handoffs: {S -> R: {clarification: {probability: 100%, returns_to: S}}}"
        message = "requests never leave the circle S -> S; give one of them a way out, or to 'end'"
        assert refused(text) == [("services.S", message)]

    def test_a_branch_that_always_goes_round(self):
        services = "services: {S: {duration: 1, split: all}, R: {duration: 1, join: 1}, T: {duration: 1}}\n"
        ways = "handoffs: {S -> R: {}, S -> T: {}, R -> S: {%s}, R -> end: {%s}, T -> end: {}}"
        message = (
            "a branch never leaves the circle R -> S -> R, as no other way is left to it;"
            " give one of its ways a probability or a condition, or to 'end'"
        )
        sure = ways.replace(", R -> end: {%s}", "") % ""
        assert ("services.S", message) in refused(HEAD + COMES + services + sure)
        assert told(HEAD + COMES + services + ways % ("probability: 10%", "")) == []

    def test_outages_one_after_another(self):
        text = (
            HEAD
            + COMES
            + "services: {S: {provider: P}}\nproviders: {P: {staff: 1, outages: {after: 0 min, repair: 0 min}}}"
        )
        assert refused(text) == [
            (
                "providers.P.outages.after",
                "a unit would be down for ever, or break down without end at one instant; write a time above 0",
            )
        ]

    def test_arrivals_one_after_another(self):
        text = HEAD + COMES.replace("rate: 1 per hour", "every: 0 min") + "services: {S: {duration: 1}}"
        message = "requests would come without end at one instant; write a time above 0, or a batch"
        assert refused(text) == [("consumers.C.arrivals.every", message)]

    def test_a_group_that_is_refused_and_does_not_think(self):
        text = (
            HEAD
            + COMES.replace("rate: 1 per hour", "population: {many}, think: 0")
            + (
                "services: {{S: {{provider: P, duration: 1}}}}\nproviders: {{P: {{staff: 2, queue_limit: 3}}}}"
            )
            .replace("{{", "{")
            .replace("}}", "}")
        )
        assert sf.loads(text.replace("{many}", "5"))
        message = "who is refused would ask again at once, without end; write a time above 0"
        assert refused(text.replace("{many}", "6")) == [("consumers.C.arrivals.think", message)]


class TestDraws:
    """A draw may stand where something takes time or chance, not where one number must hold for a request."""

    @pytest.mark.parametrize(
        ("place", "text"),
        [
            ("consumers.C.priority", "services: {S: {duration: 1}}"),
            ("services.S.priority", "services: {S: {duration: 1, priority: 'uniform(low=0, high=3)'}}"),
            ("services.S.cost", "services: {S: {duration: 1, cost: 'uniform(low=0, high=3)'}}"),
            ("handoffs.S -> end.probability", "services: {S: {}, R: {}}\nhandoffs: {S -> end: {probability: 'uniform(low=0, high=3)'}, S -> R: {}}"),
            ("services.S.consumes.K", "services: {S: {consumes: {K: 'uniform(low=0, high=3)'}}}\nstocks: {K: {initial: 5}}"),
            ("services.S.produces.K", "services: {S: {produces: {K: 'uniform(low=0, high=3)'}}}\nstocks: {K: {initial: 5}}"),
        ],
    )  # fmt: skip
    def test_where_nothing_is_drawn(self, place, text):
        comes = COMES.replace("enters: S", "enters: S, priority: 'uniform(low=0, high=3)'")
        head = HEAD + (comes if place.startswith("consumers") else COMES)
        message = "'uniform(low=0, high=3)' is drawn, but here nothing is; draw it as an attribute of the request, and write its name here"
        assert refused(head + text) == [(place, message)]

    def test_the_remedy(self):
        comes = COMES.replace("enters: S", "enters: S, priority: rank")
        text = "services: {S: {duration: 1}}\nattributes: {rank: 'uniform(low=0, high=3)'}"
        assert sf.loads(HEAD + comes + text)


class TestJoins:
    SERVICES = (
        "services: {S: {split: all}, A: {}, T: {split: all}, B: {}, C: {}, J: {join: all}, K: {join: all}}\n"
    )

    def test_nested_splits_with_one_join(self):
        text = HEAD + COMES.replace("C:", "X:", 1) + self.SERVICES
        text += (
            "handoffs: {S -> A: {}, S -> T: {}, T -> B: {}, T -> C: {}, A -> J: {}, B -> J: {}, C -> J: {}}"
        )
        assert refused(text) == [
            (
                "services.J.join",
                "branches of 'S' and of 'T', a split within it, are joined here together; join those of 'T' first, at a"
                " service that leads here",
            )
        ]

    def test_the_remedy(self):
        text = HEAD + COMES.replace("C:", "X:", 1) + self.SERVICES
        text += "handoffs: {S -> A: {}, S -> T: {}, T -> B: {}, T -> C: {}, A -> J: {}, B -> K: {}, C -> K: {}, K -> J: {}}"
        assert sf.loads(text)

    TWO = "consumers: {C: {arrivals: {rate: 1 per hour}, enters: S}, D: {arrivals: {rate: 1 per hour}, enters: A}}\n"
    PARTS = "services: {S: {split: all}, A: {}, B: {}, J: {join: all}}\n"

    def test_a_join_names_the_handoff(self):
        text = HEAD + self.TWO + self.PARTS + "handoffs: {S -> A: {}, S -> B: {}, A -> J: {}, B -> J: {}}"
        message = "requests come here by 'A -> J' that no split has sent, so there is nothing to join; lead them to a service behind it"
        assert refused(text) == [("services.J.join", message)]

    def test_a_join_that_others_never_come_to(self):
        text = (
            HEAD
            + self.TWO
            + self.PARTS
            + (
                "handoffs: {S -> A: {}, S -> B: {}, A -> J: {when: consumer == 'C'}, A -> end: {}, B -> J: {}}"
            )
        )
        assert sf.loads(text)

    @pytest.mark.parametrize(
        "condition",
        [
            "consumer != 'D'",
            "not consumer == 'D'",
            "consumer == 'C' and hour < 25",
            "kind == 'x'",
            "kind != 'y'",
            "size < 3",
            "consumer == 'C' or size == 1",
        ],
    )
    def test_a_join_that_others_never_come_to_whatever_the_condition(self, condition):
        two = self.TWO.replace("enters: S", "enters: S, attributes: {kind: x, size: {1: 50%, 2: 50%}}")
        two = two.replace(
            "enters: A",
            "enters: A, attributes: {kind: y, size: 'discrete(values=[3, 4], shares=[50%, 50%])'}",
        )
        ways = f'A -> J: {{when: "{condition}"}}, A -> end: {{}}'
        chain = sf.loads(
            HEAD + two + self.PARTS + f"handoffs: {{S -> A: {{}}, S -> B: {{}}, {ways}, B -> J: {{}}}}"
        )
        visits = chain.simulate(duration="1 day", replications=1, engine="simpy", progress=False).services[
            "arrived"
        ]
        assert visits["J"] == visits["S"] == visits["B"] < visits["A"]

    def test_a_join_beyond_the_rest_that_others_never_are(self):
        ways = "A -> end: {when: consumer == 'D'}, A -> J: {}"
        text = (
            HEAD + self.TWO + self.PARTS + f"handoffs: {{S -> A: {{}}, S -> B: {{}}, {ways}, B -> J: {{}}}}"
        )
        assert sf.loads(text)

    def test_a_join_that_some_kinds_of_request_never_come_to(self):
        """Whether a request was split is told by its kind, at the split and again before the join."""
        text = HEAD + COMES.replace("enters: S", "enters: T, attributes: {kind: {x: 50%, y: 50%}}")
        ways = "T -> S: {when: kind == 'x'}, T -> A: {}, A -> J: {when: kind == 'x'}, A -> end: {}"
        parts = self.PARTS.replace("S:", "T: {}, S:")
        text += parts + f"handoffs: {{{ways}, S -> A: {{}}, S -> B: {{}}, B -> J: {{}}}}"
        assert sf.loads(text)

    @pytest.mark.parametrize(
        "ways", ["A -> J: {when: hour < 12}, A -> end: {}", "A -> J: {when: kind == 'x'}, A -> end: {}"]
    )
    def test_a_join_that_others_may_come_to(self, ways):
        two = self.TWO.replace("enters: A", "enters: A, attributes: {kind: {x: 50%, y: 50%}}")
        two = two.replace("enters: S", "enters: S, attributes: {kind: x}")
        text = HEAD + two + self.PARTS + f"handoffs: {{S -> A: {{}}, S -> B: {{}}, {ways}, B -> J: {{}}}}"
        message = "requests come here by 'A -> J' that no split has sent, so there is nothing to join; lead them to a service behind it"
        assert ("services.J.join", message) in refused(text)

    def test_a_kind_that_a_file_of_arrivals_may_set_is_not_known(self, tmp_path):
        (tmp_path / "calls.csv").write_text("time,kind\n5,x\n")
        two = self.TWO.replace("enters: A", "enters: A, attributes: {kind: y}")
        two = two.replace("enters: S", "enters: S, attributes: {kind: x}")
        two = two.replace("D: {arrivals: {rate: 1 per hour}", "D: {arrivals: {file: calls.csv}")
        ways = "A -> J: {when: kind == 'x'}, A -> end: {}"
        path = tmp_path / "m.yaml"
        path.write_text(
            HEAD + two + self.PARTS + f"handoffs: {{S -> A: {{}}, S -> B: {{}}, {ways}, B -> J: {{}}}}"
        )
        with pytest.raises(sf.ModelError, match="nothing to join"):
            sf.load(path)

    def test_a_branch_that_comes_back_names_the_handoff(self):
        text = HEAD + COMES + self.PARTS
        text += "handoffs: {S -> A: {}, S -> B: {}, A -> S: {probability: 10%}, A -> J: {}, B -> J: {}}"
        message = "a branch of this split comes back to it by 'A -> S' before it was joined; leave the split by its join"
        assert ("services.S.split", message) in refused(text)

    def test_a_way_around_a_join_names_the_handoff(self):
        text = HEAD + COMES + self.PARTS.replace("B: {}", "B: {}, X: {}")
        text += "handoffs: {S -> A: {}, S -> B: {}, A -> J: {}, B -> J: {probability: 50%}, B -> X: {}, J -> X: {}}"
        message = "a branch of the split at 'S' comes here by 'B -> X' around its join; send it to the join"
        assert refused(text) == [("services.X", message)]


class TestLoads:
    DESK = "providers: {D: {staff: 1}}\nservices: {S: {provider: D, duration: 10 min}}\n"
    HOURS = "calendars: {day: {mon-fri: '08:00-16:00'}}\nproviders: {D: {staff: 1, calendar: day}}\nservices: {S: {provider: D, duration: 10 min}}\n"

    def listed(self, times, desk=None):
        listed = ", ".join(times)
        return HEAD + COMES.replace("rate: 1 per hour", f"at: [{listed}]") + (desk or self.DESK)

    def test_a_list_of_one_is_no_overload(self):
        text = self.listed(["5 min"])
        assert loads_of(text) == {"D": pytest.approx(10 / 1440)}
        assert told(text) == []

    def test_a_list_in_a_window_shorter_than_the_week(self):
        """31 requests of 10 min on a Monday with 480 min of staff: 64.6%, whatever the rest of the week is."""
        text = self.listed([f"{480 + 15 * place} min" for place in range(31)], self.HOURS)
        assert loads_of(text) == {"D": pytest.approx(310 / 480)}
        assert told(text) == []

    def test_what_comes_after_the_window_does_not_count(self):
        assert loads_of(self.listed(["5 min", "3 days"])) == {"D": pytest.approx(10 / 1440)}

    @pytest.mark.parametrize(
        ("every", "load"),
        [
            ("5 min if 8 <= hour < 16 else 60 min", (8 * 12 + 16) * 10 / 1440),
            ("5 min if weekday == sat else 20 min", (288 + 6 * 72) * 10 / (7 * 1440)),
            ("'exponential(mean=20 min if hour < 12 else 40 min)'", (36 + 18) * 10 / 1440),
        ],
    )
    def test_gaps_that_depend_on_the_clock(self, every, load):
        text = HEAD + COMES.replace("rate: 1 per hour", f"every: {every}") + self.DESK
        assert loads_of(text) == {"D": pytest.approx(load, rel=0.01)}

    def test_gaps_by_the_clock_that_are_too_short_are_an_overload(self):
        text = (
            HEAD + COMES.replace("rate: 1 per hour", "every: 5 min if 6 <= hour < 20 else 60 min") + self.DESK
        )
        assert told(text) == [
            "warning: providers.D: overloaded: it is asked for 123.6% of what it can do, so its queue and every wait grow with"
            " the length of the run; give it more staff or time, or less work"
        ]

    @pytest.mark.parametrize("most", [2, 3, 13, 40])
    def test_loops_that_end_after_some_visits(self, most):
        text = HEAD + COMES + self.DESK + f"handoffs: {{S -> S: {{when: visit < {most}}}, S -> end: {{}}}}"
        assert loads_of(text) == {"D": pytest.approx(most * 10 / 60)}
        assert [line for line in told(text) if "without end" in line] == []

    def test_a_loop_round_a_split(self):
        text = HEAD + (
            "providers: {P: {staff: 1}}\n"
            "services: {S: {split: all}, A: {provider: P, duration: 1 min}, B: {duration: 1 min}, J: {join: all}}\n"
            "consumers: {C: {arrivals: {rate: 2 per hour}, enters: S}}\n"
            "handoffs: {S -> A: {}, S -> B: {}, A -> J: {}, B -> J: {}, J -> S: {probability: 50%}, J -> end: {}}"
        )
        assert loads_of(text) == {"P": pytest.approx(4 / 60)}
        assert told(text) == []

    def test_words_that_are_drawn(self):
        text = (
            HEAD
            + COMES.replace("rate: 1 per hour", "rate: 6 per hour")
            + (
                "providers: {Sales: {staff: 1}, Plant: {staff: 1}}\n"
                "attributes: {kind: \"discrete(values=['sales', 'plant'], shares=[60%, 40%])\"}\n"
                "services: {S: {}, A: {provider: Sales, duration: 12 min}, B: {provider: Plant, duration: 12 min}}\n"
                "handoffs: {S -> A: {when: kind == 'sales'}, S -> B: {when: kind == 'plant'}}"
            )
        )
        assert loads_of(text) == {"Sales": pytest.approx(0.72), "Plant": pytest.approx(0.48)}

    TWO = (
        "providers: {Sales: {staff: 1}, Plant: {staff: 1}}\n"
        "services: {S: {}, A: {provider: Sales, duration: 12 min}, B: {provider: Plant, duration: 12 min}}\n"
        "handoffs: {S -> A: {when: kind == 'sales'}, S -> B: {when: kind == 'plant'}}\n"
    )

    @pytest.mark.parametrize(
        "kind",
        [
            "discrete(values=['sales', 'plant'], shares=[90% if vip else 30%, 10% if vip else 70%])",
            "'sales' if vip else discrete(values=[sales, plant], shares=[20%, 80%])",
            "empirical(values=['sales', 'sales', 'sales', 'plant', 'plant'])",
            "'sales' if uniform(low=0, high=10) < 6 else 'plant'",
        ],
    )
    def test_words_that_are_drawn_by_what_else_is_known(self, kind):
        text = (
            HEAD
            + COMES.replace("1 per hour", "6 per hour")
            + self.TWO
            + f'attributes: {{vip: {{true: 50%, false: 50%}}, kind: "{kind}"}}'
        )
        assert loads_of(text) == {
            "Sales": pytest.approx(0.72, rel=0.05),
            "Plant": pytest.approx(0.48, rel=0.07),
        }
        assert [line for line in told(text, "note", "warning", "error") if "no expression" not in line] == []

    def test_many_options_by_the_hour(self):
        """More kinds of request than are told apart: a sample of them, not the likeliest alone."""
        kinds = ", ".join(f"{name}: 10%" for name in "abcdefgh")
        text = (
            HEAD
            + COMES.replace("1 per hour", "5 per hour")
            + self.TWO.replace(
                "12 min", "6 min if hour < 12 else 18 min if size != 'xs' or hour >= 0 else 0 min"
            )
        )
        text = text.replace("when: kind == 'plant'", "")
        text += f"attributes: {{kind: {{sales: 20%, {kinds}}}, size: {{s: 40%, m: 30%, l: 20%, xs: 10%}}}}"
        assert loads_of(text) == {
            "Sales": pytest.approx(0.2, rel=0.05),
            "Plant": pytest.approx(0.8, rel=0.05),
        }
        assert [line for line in told(text, "note", "warning", "error") if "no expression" not in line] == []

    def test_attributes_of_a_file(self, tmp_path):
        rows = "".join(f"{place * 10} min,{'plant' if place % 10 else 'sales'}\n" for place in range(144))
        (tmp_path / "in.csv").write_text("time,kind\n" + rows)
        comes = COMES.replace("rate: 1 per hour", "file: in.csv")
        model = HEAD + comes + self.TWO.replace("12 min", "5 min") + "attributes: {kind: {sales: 100%}}"
        (tmp_path / "m.yaml").write_text(model)
        report = sf.load(tmp_path / "m.yaml").check()
        found = {row.provider: row.open_utilization for row in report.loads.providers}
        assert found == {"Sales": pytest.approx(15 * 5 / 1440), "Plant": pytest.approx(129 * 5 / 1440)}
        assert report.findings == ()

    def test_an_overload_that_is_refused(self):
        """M/M/3/8 at 117%: nothing grows."""
        text = (
            HEAD
            + COMES.replace("rate: 1 per hour", "rate: 21 per hour")
            + (
                "providers: {D: {staff: 3, queue_limit: 5}}\nservices: {S: {provider: D, duration: exponential(mean=10 min)}}"
            )
        )
        assert told(text) == [
            "warning: providers.D: overloaded: it is asked for 116.7% of what it can do, and what is too much gives up or is"
            " refused; look at those who leave beside the waits"
        ]


class TestBorrowed:
    """Stocks that requests take, and bring back if they get so far."""

    TEXT = (
        HEAD + COMES + "providers: {D: {staff: 1}}\nstocks: {Rooms: {initial: 50}}\n"
        "services: {S: {consumes: {Rooms: 1}}, T: {provider: D, duration: exponential(mean=20 min), patience: 10 min}, U: {produces: {Rooms: 1}}}\n"
        "handoffs: {S -> T: {}, T -> U: {delay: 5 h}}"
    )
    LOST = "warning: stocks.Rooms: what 'S' takes never comes back from those who {0} at 'T'; send them on by 'T -> ...' with after: {1}, to a service that produces it"

    def test_who_gives_up_brings_nothing_back(self):
        assert told(self.TEXT) == [self.LOST.format("give up", "gave up")]

    def test_who_is_refused_brings_nothing_back(self):
        text = self.TEXT.replace(", patience: 10 min", "").replace("staff: 1", "staff: 1, queue_limit: 0")
        assert told(text) == [self.LOST.format("are refused", "refused")]
        assert told(text.replace("queue_limit: 0", "queue_limit: 1, when_full: block")) == []

    def test_the_remedy(self):
        back = "U: {produces: {Rooms: 1}}, V: {produces: {Rooms: 1}}"
        text = self.TEXT.replace("U: {produces: {Rooms: 1}}", back)
        text = text.replace("handoffs: {", "handoffs: {T -> V: {after: gave up}, ")
        assert told(text) == []

    def test_the_remedy_helps(self):
        def completed(text):
            results = sf.loads(text.replace("1 day", "4 weeks").replace("1 per hour", "2 per hour")).simulate(
                replications=1, seed=3, engine="simpy"
            )
            return results.mean("chain", "completed")[0] / results.mean("chain", "arrived")[0]

        again = self.TEXT.replace("handoffs: {", "handoffs: {T -> U via loss: {after: gave up}, ")
        assert told(again) == []
        assert completed(self.TEXT) < 0.3
        assert completed(again) > 0.95

    def test_what_a_visit_takes_for_itself_is_put_back(self):
        text = self.TEXT.replace("S: {consumes: {Rooms: 1}}", "S: {}")
        text = text.replace("patience: 10 min", "patience: 10 min, consumes: {Rooms: 1}")
        assert told(text) == []

    def test_a_call_brings_it_back(self):
        text = self.TEXT.replace("U: {produces: {Rooms: 1}}", "U: {}, V: {produces: {Rooms: 1}}")
        text = text.replace("T: {provider", "T: {}, W: {provider") + "\ncalls: {T -> V: {}, U -> W: {}}"
        assert told(text) == []


class TestShares:
    def test_shares_that_are_told_from_100(self):
        text = HEAD + COMES + "services: {S: {}, A: {}, B: {}}\n"
        text += "handoffs: {S -> A: {probability: 0.5000002}, S -> B: {probability: 0.5000003}}"
        message = "the handoffs from 'S' add up to 100.00005%; they must not exceed 100%"
        assert refused(text) == [("handoffs.S -> B.probability", message)]

    def test_shares_of_values_that_are_told_from_100(self):
        text = (
            HEAD
            + COMES
            + 'services: {S: {duration: "discrete(values=[1, 2], shares=[0.3333333, 0.6666666])"}}'
        )
        assert refused(text) == [
            ("services.S.duration", "discrete: the shares add up to 99.99999%; they must add up to 100%")
        ]

    def test_a_missing_rest_is_told_alone(self):
        text = HEAD + COMES + "services: {S: {duration: 1}, A: {duration: 1}}\n"
        text += "handoffs: {S -> A: {}, A -> S: {probability: 10%}}"
        message = (
            "the handoffs from 'A' add up to 10%, and none is the rest; write 'A -> end' if the others end"
        )
        assert refused(text) == [("handoffs.A -> S.probability", message)]

    def test_a_missing_rest_of_some_is_told_alone(self):
        text = (
            HEAD
            + COMES
            + "attributes: {kind: {new: 50%, old: 50%}}\nservices: {S: {duration: 1}, A: {duration: 1}}\n"
        )
        text += (
            "handoffs: {S -> A: {}, A -> S: {probability: \"1.5 if kind == 'new' else 0.1\"}, A -> end: {}}"
        )
        assert told(text) == [
            "error: handoffs.A -> end: for requests of 'C' with kind = new the handoffs from 'A' add up to 150%; they must not exceed 100%"
        ]


class TestCycles:
    """A warm-up is rounded up to whole cycles of all that follows a clock."""

    @pytest.mark.parametrize(
        "link",
        [
            "handoffs: {S -> H: {at: {mon: '09:00'}}}",
            "calls: {S -> H: {at: {mon: '09:00'}}}",
            "calls: {S -> H: {answer: {at: {mon: '09:00'}}}}",
        ],
    )
    def test_dispatches_of_every_way_are_a_week(self, link):
        from serviceflow.engine.program.lowering import lower
        from serviceflow.theory.capacity import WEEK, cycle

        chain = sf.loads(HEAD + COMES + "services: {S: {duration: 1}, H: {duration: 1}}\n" + link)
        assert cycle(chain) == WEEK
        assert lower(chain, warm_up="1 day", horizon="steady").window[0] == WEEK


class TestScenarios:
    TEXT = (
        HEAD
        + COMES
        + (
            "providers: {D: {staff: 1}}\nservices: {S: {provider: D, duration: 10 min}}\n"
            "scenarios: {Rush: {changes: {consumers: {C: {arrivals: {rate: 12 per hour}}}}}, Calm: {changes: {services: {S: {duration: 5 min}}}}}"
        )
    )

    def test_what_a_scenario_brings_is_told_under_its_name(self):
        assert told(self.TEXT) == [
            "warning: scenarios.Rush: providers.D: overloaded: it is asked for 200% of what it can do, so its queue and every"
            " wait grow with the length of the run; give it more staff or time, or less work"
        ]

    def test_what_holds_anyway_is_told_once(self):
        text = self.TEXT.replace("enters: S", "enters: S, priority: 2")
        assert [line for line in told(text) if "priority" in line] == [
            "warning: consumers.C.priority: nobody goes by it; set discipline: priority on a provider"
        ]

    def test_the_command_line_tells_it(self, tmp_path):
        from typer.testing import CliRunner

        from serviceflow.cli import app

        (tmp_path / "m.yaml").write_text(self.TEXT)
        done = CliRunner().invoke(app, ["check", str(tmp_path / "m.yaml")])
        assert done.exit_code == 0
        assert "warning: scenarios.Rush: providers.D: overloaded" in done.output

    def test_comparisons_on_the_command_line_tell_it_beside_the_figures(self, tmp_path):
        from typer.testing import CliRunner

        from serviceflow.cli import app

        (tmp_path / "m.yaml").write_text(self.TEXT)
        given = ["compare", str(tmp_path / "m.yaml"), "--engine", "simpy", "--replications", "2"]
        lines = CliRunner().invoke(app, given).output.splitlines()
        assert lines[lines.index("Rush") + 2].startswith(
            "warning: providers.D: overloaded: it is asked for 200%"
        )
        assert not any(line.startswith("warning") for line in lines[lines.index("Calm") :])


class TestScenariosThatNoLongerFit:
    """They are errors where they are used, and stop nothing else."""

    WHERE = "scenarios.Quick.changes.services.X"
    MESSAGE = "there is nothing of this name to change; put what is new under adds"

    @pytest.fixture
    def chain(self):
        text = (
            HEAD
            + COMES
            + (
                "providers: {D: {staff: 1}}\n"
                "services: {S: {provider: D, duration: 10 min}, X: {provider: D, duration: 5 min}}\nhandoffs: {S -> X: {}}\n"
                "scenarios: {Quick: {changes: {services: {X: {duration: 1 min}}}}, Calm: {changes: {services: {S: {duration: 5 min}}}}}"
            )
        )
        chain = sf.loads(text)
        return chain.change({"handoffs": {"S -> X": None}, "services": {"X": None}})

    def test_check_tells_it_under_its_name(self, chain):
        report = chain.check()
        assert [str(one) for one in report.problems] == [f"error: {self.WHERE}: {self.MESSAGE}"]
        assert not report.ok
        assert [load.utilization for load in report.loads.providers] == [pytest.approx(1 / 6)]

    def test_names_that_it_needs(self, chain):
        chain.add_scenario("Other", changes={"services": {"S": {"provider": "E"}}})
        found = [str(one) for one in chain.check().problems if "Other" in one.path]
        assert [line.partition(":")[0] for line in found] == ["error"]
        assert "scenarios.Other.changes.services.S.provider: there is no provider 'E'" in found[0]
        with pytest.raises(sf.ModelError, match=r"^scenarios\.Other\.changes\.services\.S\.provider: "):
            chain.compare(["Other"], engine="simpy")

    def test_other_things_run(self, chain):
        settings = {"replications": 2, "engine": "simpy", "seed": 1}
        chain.validate()
        assert chain.simulate(**settings).count == 2
        assert chain.compare(["Calm"], **settings).scenarios == ("Calm",)
        assert "Calm" in list(chain.levers(levers=["scenario"], budget=2, engine="simpy").table["lever"])

    @pytest.mark.parametrize(
        "use",
        [
            lambda chain: chain.scenario("Quick"),
            lambda chain: chain.compare(),
            lambda chain: chain.compare(["Quick"]),
            lambda chain: chain.levers(levers=["Quick"], budget=2, engine="simpy"),
        ],
    )
    def test_where_it_is_used_it_is_an_error(self, chain, use):
        with pytest.raises(sf.ModelError) as caught:
            use(chain)
        assert str(caught.value) == f"{self.WHERE}: {self.MESSAGE}"


class TestWarmUp:
    def test_about_as_long_as_it_takes_is_long_enough(self):
        text = (
            "name: T\ntime_unit: h\nrun: {duration: 52 weeks, warm_up: 6 weeks}\nproviders: {D: {staff: 1}}\n"
            "services: {S: {provider: D, duration: exponential(mean=1 h)}}\n"
            "consumers: {C: {arrivals: {rate: 0.914 per hour}, enters: S}}"
        )
        assert [line for line in told(text, "note") if "warm" in line] == []
        assert [line for line in told(text.replace("6 weeks", "4 weeks"), "note") if "warm" in line] == [
            "note: run.warm_up: 'D' takes about 6 weeks to forget the empty start; a warm-up of 4 weeks is short"
        ]


class TestWords:
    PROVIDER = "services: {S: {provider: P}}\nproviders: {P: {staff: %s}}"

    def test_the_name_end_in_any_spelling(self):
        for name in ("end", "End", "END"):
            text = HEAD + COMES + f"services: {{S: {{}}, {name}: {{}}}}"
            message = f"the name '{name}' is reserved, in whatever spelling: a link to 'end' ends the request; choose another name"
            assert refused(text) == [(f"services.{name}", message)]

    def test_staff_by_name(self):
        text = HEAD + COMES + self.PROVIDER % "{Ali: {skills: [talk]}, Bo: {}}"
        assert refused(text) == [
            (
                "providers.P.staff",
                "'Ali' is no day; staff by name are members: write members: {Ali: {}, Bo: {}} in place of staff",
            )
        ]

    def test_a_day_that_is_misspelt_is_none_of_the_staff(self):
        text = HEAD + COMES + self.PROVIDER % "{mun-fri: 1}"
        ((_, message),) = refused(text)
        assert message.startswith("'mun' is no day; did you mean 'sun'?")

    def test_blocks_over_midnight(self):
        meets = "the block 18:00-08:00 of fri runs over midnight into 00:00-24:00 of the day after; an instant may lie in one only"
        text = HEAD + COMES + self.PROVIDER % "{fri: {'18:00-08:00': 1}, sat: %d}"
        assert (
            sf.loads(text % 1).providers["P"].staff.schedule(sf.loads(text % 1).start).at(5 * 86_400_000_000)
            == 1
        )
        assert refused(text % 2) == [("providers.P.staff", meets)]

    def at(self, written):
        return HEAD + COMES.replace("rate: 1 per hour", f"at: {written}") + "services: {S: {}}"

    def test_instants_with_dates(self):
        chain = sf.loads(self.at('["2026-01-06 18:00", "2026-01-05T09:30:15", "2026-01-05 08:00"]'))
        at = chain.consumers["C"].arrivals.at
        assert at.to_dict() == {"mon-sun": "closed", "2026-01-05": "08:00, 09:30:15", "2026-01-06": "18:00"}
        assert sf.ServiceChain.from_dict(chain.to_dict()) == chain
        hours = [time / 3_600_000_000 for time in self.instants(at.schedule(chain.start))]
        assert hours == [8, 9.5 + 15 / 3600, 42]

    @staticmethod
    def instants(schedule):
        time, found = 0, []
        while (time := schedule.next_instant(time)) < 2**62:
            found.append(time)
            time += 1
        return found

    @pytest.mark.parametrize(
        ("written", "place", "message"),
        [
            ("3 h", "", "'3 h' is no list of instants; write [3 h] for times from the start, or days and times, such as {mon-fri: \"09:00, 14:00\"}"),
            ("3", "", "3 is no list of instants; write [3] for times from the start, or days and times, such as {mon-fri: \"09:00, 14:00\"}"),
            ('["2026-01-05 18:00", 3 h]', "[0]", "'2026-01-05 18:00' has a date, other instants have none; write all of them in one way"),
            ('["2026-01-05 18:00", "2026-01-05T18:00"]', "[1]", "2026-01-05 18:00 is named twice"),
            ('["2026-13-05 18:00"]', "[0]", "'2026-13-05 18:00' is no date with a time; write it as 2026-01-31 18:00"),
            ('["2026-01-05T18:00Z"]', "[0]", "'2026-01-05T18:00Z' is not to the second in local time; write it as 2026-01-31 18:00"),
        ],
    )  # fmt: skip
    def test_instants_that_cannot_be_read(self, written, place, message):
        assert refused(self.at(written)) == [(f"consumers.C.arrivals.at{place}", message)]


class TestOverload:
    DESK = "providers: {D: {staff: 1, queue_limit: 2, when_full: block}}\n"
    RUSH = COMES.replace("rate: 1 per hour", "rate: 12 per hour")
    LEAVE = "and what is too much gives up or is refused; look at those who leave beside the waits"
    GROW = "so its queue and every wait grow with the length of the run; give it more staff or time, or less work"

    def told(self, services):
        (line,) = told(HEAD + self.RUSH + self.DESK + services, "warning")
        return line.partition("of what it can do")[2].lstrip(", ")

    def test_consumers_are_refused_where_others_are_blocked(self):
        assert self.told("services: {S: {provider: D, duration: 10 min}}") == self.LEAVE

    def test_behind_a_service_nobody_is_refused(self):
        text = "services: {S: {duration: 1 min}, T: {provider: D, duration: 10 min}}\nhandoffs: {S -> T: {}}"
        assert self.told(text) == self.GROW

    def test_everybody_has_patience(self):
        services = "services: {S: {provider: D, duration: 10 min, patience: 1 h}}"
        text = HEAD + self.RUSH + "providers: {D: {staff: 1}}\n" + services
        assert [self.LEAVE in line for line in told(text)] == [True]
