"""Mistakes that people make in model files, each with the message that they get."""

from __future__ import annotations

import pytest

import serviceflow as sf

MODEL = """\
serviceflow: 1
name: Office
time_unit: min
start: 2026-01-05
run: {duration: 4 weeks, warm_up: 1 week, replications: 20, seed: 7}
calendars:
  hours: {mon-fri: "08:00-12:00, 13:00-17:00"}
providers:
  Desk: {staff: 2, calendar: hours, cost: 20 per hour}
  Experts:
    members:
      Ada: {skills: [judge], speed: 2}
      Bob: {}
stocks:
  Forms: {initial: 40, reorder: {below: 10, quantity: 50, enters: Print}}
services:
  Register: {provider: Desk, duration: "lognormal(mean=6 min, cv=0.4)", consumes: {Forms: 1}}
  Judge: {provider: Experts, duration: 20 min, skill: judge}
  Print: {duration: 1 h, produces: {Forms: quantity}}
  Advise: {duration: 5 min}
attributes:
  kind: {new: 30%, old: 70%}
consumers:
  Clients:
    arrivals: {rate: 6 per hour}
    enters: Register
    sla: {resolution: 90% within 2 h}
handoffs:
  Register -> Judge: {every: 30 min, probability: 80%}
  Register -> end: {}
calls:
  Judge -> Advise: {ask: start, probability: 10%}
scenarios:
  More staff: {changes: {providers: {Desk: {staff: 3}}}}
"""

# What is written in place of what, and every problem that is told.
MISTAKES = {
    "unknown field": (
        "provider: Desk, duration",
        "provider: Desk, duraton",
        [
            "office.yaml:17:30: services.Register.duraton: unknown field; did you mean 'duration'?",
        ],
    ),
    "unknown section": (
        "stocks:\n",
        "stock:\n",
        [
            "office.yaml:14:1: stock: unknown field; did you mean 'stocks'?",
            "office.yaml:17:84: services.Register.consumes.Forms: there is no stock 'Forms'",
            "office.yaml:19:37: services.Print.produces.Forms: there is no stock 'Forms'",
        ],
    ),
    "unknown head": (
        "time_unit: min",
        "timeunit: min",
        [
            "office.yaml:3:1: timeunit: unknown field; did you mean 'time_unit'?",
        ],
    ),
    "hours where a calendar is named": (
        "staff: 2, calendar: hours",
        'staff: 2, calendar: {mon-fri: "08:00-17:00"}',
        [
            "office.yaml:9:20: providers.Desk.calendar: hours are no name; write them in the section 'calendars', as in"
            ' calendars: {office: {mon-fri: "08:00-17:00"}}, and here the name: calendar: office',
        ],
    ),
    "an element where one is named": (
        "enters: Print}",
        "enters: {duration: 1 h}}",
        [
            "office.yaml:15:59: stocks.Forms.reorder.enters: {'duration': '1 h'} is no name; describe it in its section,"
            " and write its name here",
        ],
    ),
    "names where one is named": (
        "enters: Print}",
        "enters: [Print, Advise]}",
        [
            "office.yaml:15:59: stocks.Forms.reorder.enters: ['Print', 'Advise'] is a list; write one name",
        ],
    ),
    "several where a provider is named": (
        "provider: Experts",
        "provider: [Experts, Desk]",
        [
            "office.yaml:18:11: services.Judge.provider: ['Experts', 'Desk'] is no single provider; write"
            " providers: {A: 1, B: 1} for all of them at once, or any_of: [A, B] for the first that is free",
        ],
    ),
    "shares of those who gave up": (
        "  Register -> end: {}\n",
        "  Register -> end: {}\n  Register -> Advise: {after: gave up, probability: 50%}\n",
        [
            "office.yaml:31:31: handoffs.Register -> Advise.after: nobody gives up at 'Register'; set its patience",
            "office.yaml:31:53: handoffs.Register -> Advise.probability: the handoffs from 'Register' after 'gave up' add up"
            " to 50%, and none is the rest; write 'Register -> end': {after: gave up} if the others end",
        ],
    ),
    "future version": (
        "serviceflow: 1\n",
        "serviceflow: 2\n",
        [
            "office.yaml:1:14: serviceflow: the format 2 is not known; this version reads format 1",
        ],
    ),
    "no such unit": (
        "time_unit: min",
        "time_unit: fortnight",
        [
            "office.yaml:3:12: time_unit: unknown unit 'fortnight': write one of us, ms, s, min, h, days, weeks",
        ],
    ),
    "minutes as m": (
        "duration: 20 min",
        "duration: 20 m",
        [
            "office.yaml:18:40: services.Judge.duration: 'm' could be minutes or months: write 'min'",
        ],
    ),
    "months": (
        "duration: 4 weeks",
        "duration: 2 months",
        [
            "office.yaml:5:17: run.duration: months differ in length: write days or weeks",
        ],
    ),
    "no date": (
        "start: 2026-01-05",
        "start: 2026-13-05",
        [
            "office.yaml:4:8: start: '2026-13-05' is no date; write it as 2026-12-25",
        ],
    ),
    "duplicate key": (
        "  Judge: {provider: Experts",
        "  Register: {provider: Experts",
        [
            "office.yaml:18:3: services.Register: this is set twice; the first is on line 17: keep one of them",
            "office.yaml:29:3: handoffs.Register -> Judge: there is no service 'Judge'",
            "office.yaml:32:3: calls.Judge -> Advise: there is no service 'Judge'",
        ],
    ),
    "tab": (
        "  Desk: {staff: 2",
        "\tDesk: {staff: 2",
        [
            "office.yaml:9:1: this is no YAML: found character '\\t' that cannot start any token; lines are indented with spaces, not with tabs",
        ],
    ),
    "unclosed brace": (
        "cost: 20 per hour}",
        "cost: 20 per hour",
        [
            "office.yaml:10:10: this is no YAML: expected ',' or '}', but got ':'; a brace or bracket is not closed, or a comma is missing",
        ],
    ),
    "tag": (
        "staff: 2",
        "staff: !!python/object:os.system 2",
        [
            "office.yaml:9:17: providers.Desk: tags such as tag:yaml.org,2002:python/object:os.syste are not read; leave it out",
        ],
    ),
    "no such provider": (
        "{provider: Desk,",
        "{provider: Desc,",
        [
            "office.yaml:17:24: services.Register.provider: there is no provider 'Desc'; did you mean 'Desk'?",
        ],
    ),
    "no such calendar": (
        "calendar: hours",
        "calendar: hour",
        [
            "office.yaml:9:30: providers.Desk.calendar: there is no calendar 'hour'; did you mean 'hours'?",
        ],
    ),
    "no such service entered": (
        "enters: Register",
        "enters: Registr",
        [
            "office.yaml:26:13: consumers.Clients.enters: there is no service 'Registr'; did you mean 'Register'?",
        ],
    ),
    "no such service in a link": (
        "Register -> Judge:",
        "Register -> Juge:",
        [
            "office.yaml:29:3: handoffs.Register -> Juge: there is no service 'Juge'; did you mean 'Judge'?",
        ],
    ),
    "no such origin": (
        "Register -> Judge:",
        "Registe -> Judge:",
        [
            "office.yaml:29:3: handoffs.Registe -> Judge: there is no service or consumer or stock 'Registe'; did you mean 'Register'?",
        ],
    ),
    "no such stock": (
        "consumes: {Forms: 1}",
        "consumes: {Form: 1}",
        [
            "office.yaml:17:84: services.Register.consumes.Form: there is no stock 'Form'; did you mean 'Forms'?",
        ],
    ),
    "no such skill": (
        "skill: judge}",
        "skill: juge}",
        [
            "office.yaml:18:55: services.Judge.skill: no member of its providers has the skill 'juge'; did you mean 'judge'?",
        ],
    ),
    "no link": (
        "Register -> Judge:",
        "Register to Judge:",
        [
            "office.yaml:29:3: handoffs.Register to Judge: 'Register to Judge' is no link; write it as 'A -> B', or 'A -> B via phone'",
        ],
    ),
    "two arrows": (
        "Register -> Judge:",
        "Register -> Judge -> end:",
        [
            "office.yaml:29:3: handoffs.Register -> Judge -> end: 'Register -> Judge -> end' is no link; write it as 'A -> B', or 'A -> B via phone'",
        ],
    ),
    "negative staff": (
        "staff: 2",
        "staff: -2",
        [
            "office.yaml:9:17: providers.Desk.staff: -2 is no number of staff; write a whole number from 0 to 1000000",
        ],
    ),
    "half a person": (
        "staff: 2",
        "staff: 2.5",
        [
            "office.yaml:9:17: providers.Desk.staff: 2.5 is no number of staff; write a whole number from 0 to 1000000",
        ],
    ),
    "staff as text": (
        "staff: 2",
        "staff: two",
        [
            "office.yaml:9:17: providers.Desk.staff: 'two' is no number of staff; write a whole number from 0 to 1000000",
        ],
    ),
    "neither staff nor members": (
        "staff: 2, ",
        "",
        [
            "office.yaml:9:3: providers.Desk: one of staff, members is needed; write staff: 3",
        ],
    ),
    "both staff and members": (
        "staff: 2, calendar",
        "staff: 2, members: {Eve: {}}, calendar",
        [
            "office.yaml:9:20: providers.Desk.members: staff and members exclude each other; keep one of them",
        ],
    ),
    "no time of day": (
        "08:00-12:00",
        "8-12",
        [
            "office.yaml:7:20: calendars.hours.mon-fri: '8' is no time of day; write hours and minutes, such as 07:30",
        ],
    ),
    "beyond midnight": (
        "13:00-17:00",
        "13:00-25:00",
        [
            "office.yaml:7:20: calendars.hours.mon-fri: '25:00' is no time of day; they run from 00:00 to 24:00",
        ],
    ),
    "overlapping blocks": (
        "13:00-17:00",
        "11:00-17:00",
        [
            "office.yaml:7:20: calendars.hours.mon-fri: the blocks 08:00-12:00 and 11:00-17:00 overlap; an instant may lie in one only",
        ],
    ),
    "no weekday": (
        "{mon-fri:",
        "{mon-fry:",
        [
            "office.yaml:7:11: calendars.hours.mon-fry: 'fry' is no day; did you mean 'friday'?; write weekdays (mon-fri), a date (2026-12-25) or a range of dates (2026-12-24 to 2026-12-26)",
        ],
    ),
    "day set twice": (
        '{mon-fri: "08:00-12:00, 13:00-17:00"}',
        '{mon-fri: "08:00-12:00", fri: "08:00-10:00"}',
        [
            "office.yaml:7:35: calendars.hours.fri: fri is set twice, by 'mon-fri' and by 'fri'",
        ],
    ),
    "empty calendar": (
        '{mon-fri: "08:00-12:00, 13:00-17:00"}',
        "{mon-fri: closed}",
        [
            "office.yaml:7:3: calendars.hours: this calendar is never open; give a day its hours",
        ],
    ),
    "no family": (
        "lognormal(mean=6 min",
        "lognorml(mean=6 min",
        [
            "office.yaml:17:41: services.Register.duration: there is no distribution or function 'lognorml'; did you mean 'lognormal'?",
        ],
    ),
    "no such argument": (
        "cv=0.4",
        "vc=0.4",
        [
            "office.yaml:17:63: services.Register.duration: lognormal has no argument 'vc': it takes mean, cv, sd. Write lognormal(mean=6 min, cv=0.4)",
        ],
    ),
    "missing argument": (
        "mean=6 min, cv=0.4",
        "cv=0.4",
        [
            "office.yaml:17:41: services.Register.duration: lognormal takes mean and cv or mean and sd: write lognormal(mean=6 min, cv=0.4)",
        ],
    ),
    "positional argument": (
        "mean=6 min, cv",
        "6 min, cv",
        [
            "office.yaml:17:51: services.Register.duration: lognormal takes its arguments by name: lognormal(mean=6 min, cv=0.4)",
        ],
    ),
    "rate in place of mean": (
        '"lognormal(mean=6 min, cv=0.4)"',
        "exponential(rate=3)",
        [
            "office.yaml:17:52: services.Register.duration: exponential takes no rate: write the mean, not the rate, as in exponential(mean=20 min)",
        ],
    ),
    "negative mean": (
        "mean=6 min",
        "mean=-6 min",
        [
            "office.yaml:17:41: services.Register.duration: lognormal: mean is -3.6e+08; it must be 0 or more",
        ],
    ),
    "circle of calls": (
        "Judge -> Advise: {ask: start, probability: 10%}",
        "Judge -> Advise: {}\n  Advise -> Judge: {}",
        [
            "office.yaml:20:3: services.Advise: the calls go round for ever: Advise -> Judge -> Advise; give one a probability or a condition",
        ],
    ),
    "nobody gives up": (
        "  Register -> end: {}\n",
        "  Register -> end: {}\n  Judge -> Print: {after: gave up}\n",
        [
            "office.yaml:19:44: services.Print.produces.Forms: requests of 'Clients' come here without 'quantity'; only orders of stocks have it",
            "office.yaml:31:27: handoffs.Judge -> Print.after: nobody gives up at 'Judge'; set its patience",
        ],
    ),
    "negative duration": (
        "duration: 20 min",
        "duration: -20 min",
        [
            "office.yaml:18:40: services.Judge.duration: '-20 min' is negative: a duration is 0 or more",
        ],
    ),
    "division by zero": (
        "duration: 20 min",
        "duration: 20 min / 0",
        [
            "office.yaml:18:40: services.Judge.duration: '20 min / 0' divides by zero or is too large",
        ],
    ),
    "low above high": (
        '"lognormal(mean=6 min, cv=0.4)"',
        '"uniform(low=9 min, high=6 min)"',
        [
            "office.yaml:17:41: services.Register.duration: uniform: low is above high; write them in order",
        ],
    ),
    "cut at its comma": (
        '"lognormal(mean=6 min, cv=0.4)"',
        "lognormal(mean=6 min, cv=0.4)",
        [
            'office.yaml:17:40: services.Register.duration: YAML cut this call at its comma: put it in quotes, "lognormal(mean=6 min, cv=0.4)"',
        ],
    ),
    "unclosed bracket": (
        "cv=0.4)",
        "cv=0.4",
        [
            "office.yaml:17:69: services.Register.duration: 'lognormal(mean=6 min, cv=0.4' is not closed; if it stands between braces, YAML cut it at its comma: put the whole call in quotes, \"lognormal(mean=6 min, cv=0.4)\"",
        ],
    ),
    "unknown attribute": (
        "duration: 20 min, skill",
        "duration: 20 min if king == 'new' else 5 min, skill",
        [
            "office.yaml:18:40: services.Judge.duration: there is no attribute 'king'; did you mean 'kind'?",
        ],
    ),
    "unknown word": (
        "duration: 20 min, skill",
        "duration: 20 min if kind == 'news' else 5 min, skill",
        [
            "office.yaml:18:40: services.Judge.duration: kind is never 'news'; did you mean 'new'?",
        ],
    ),
    "python code": (
        "duration: 20 min",
        "duration: __import__('os')",
        [
            "office.yaml:18:40: services.Judge.duration: there is no distribution or function '__import__': there are constant, exponential, erlang, gamma, lognormal, normal, uniform, triangular, pert, weibull, hyperexponential, geometric, poisson, discrete, empirical, mixture, min, max",
        ],
    ),
    "shares do not add up": (
        "old: 70%",
        "old: 60%",
        [
            "office.yaml:22:3: attributes.kind: the shares add up to 90%, not to 100%",
        ],
    ),
    "probability above one": (
        "probability: 80%",
        "probability: 180%",
        [
            "office.yaml:29:51: handoffs.Register -> Judge.probability: '180%' is outside 0 to 1: write 90% or 0.9",
        ],
    ),
    "nothing is the rest": (
        "  Register -> end: {}\n",
        "",
        [
            "office.yaml:29:51: handoffs.Register -> Judge.probability: the handoffs from 'Register' add up to 80%, and none is the rest; write 'Register -> end' if the others end",
        ],
    ),
    "more than one rest": (
        "probability: 80%}",
        "}",
        [
            "office.yaml:30:3: handoffs.Register -> end: 'Register -> Judge' and 'Register -> end' are both the rest; give one of them a probability or a condition (when)",
        ],
    ),
    "no share": (
        "90% within 2 h",
        "within 2 h",
        [
            "office.yaml:27:23: consumers.Clients.sla.resolution: 'within 2 h' is no target; write a share within a time, such as 95% within 15 min",
        ],
    ),
    "no within": (
        "90% within 2 h",
        "90% in 2 h",
        [
            "office.yaml:27:23: consumers.Clients.sla.resolution: '90% in 2 h' is no target; write a share within a time, such as 95% within 15 min",
        ],
    ),
    "days on a calendar clock": (
        "90% within 2 h",
        "90% within 2 days, clock: hours",
        [
            "office.yaml:27:23: consumers.Clients.sla.resolution: days have no fixed length on the clock 'hours'; say hours of it",
        ],
    ),
    "no such clock": (
        "90% within 2 h",
        "90% within 2 h, clock: night",
        [
            "office.yaml:27:46: consumers.Clients.sla.clock: there is no calendar 'night'",
        ],
    ),
    "no rate": (
        "rate: 6 per hour",
        "rate: 6 an hour",
        [
            "office.yaml:25:22: consumers.Clients.arrivals.rate: '6 an hour' is no rate; write for example 6 per hour",
        ],
    ),
    "two kinds of arrivals": (
        "rate: 6 per hour",
        "rate: 6 per hour, every: 10 min",
        [
            "office.yaml:25:16: consumers.Clients.arrivals.rate: every and rate exclude each other; keep one of them",
        ],
    ),
    "no arrivals": (
        "arrivals: {rate: 6 per hour}",
        "arrivals: {}",
        [
            "office.yaml:25:5: consumers.Clients.arrivals: one of every, rate, profile, at, file, population is needed; write rate: 6 per hour",
        ],
    ),
    "population without think": (
        "rate: 6 per hour",
        "population: 6",
        [
            "office.yaml:25:16: consumers.Clients.arrivals.population: a population thinks before it asks; set think",
        ],
    ),
    "no such word": (
        "ask: start",
        "ask: begin",
        [
            "office.yaml:32:26: calls.Judge -> Advise.ask: 'begin' is not one of 'before', 'start', 'end'",
        ],
    ),
    "no such discipline": (
        "staff: 2, calendar",
        "staff: 2, discipline: fio, calendar",
        [
            "office.yaml:9:32: providers.Desk.discipline: 'fio' is not one of 'fifo', 'lifo', 'priority', 'earliest due date', 'shortest service', 'random'; did you mean 'fifo'?",
        ],
    ),
    "preemptive without priority": (
        "staff: 2, calendar",
        "staff: 2, preemptive: true, calendar",
        [
            "office.yaml:9:32: providers.Desk.preemptive: only work of a priority can interrupt; set discipline: priority",
        ],
    ),
    "block without limit": (
        "staff: 2, calendar",
        "staff: 2, when_full: block, calendar",
        [
            "office.yaml:9:31: providers.Desk.when_full: nothing is ever full; set queue_limit",
        ],
    ),
    "calendar of a staffed service": (
        "duration: 20 min, skill",
        "duration: 20 min, calendar: hours, skill",
        [
            "office.yaml:18:48: services.Judge.calendar: a calendar is for services without provider; set it on the provider",
        ],
    ),
    "setup without provider": (
        "duration: 1 h, produces",
        "duration: 1 h, setup: 5 min, produces",
        [
            "office.yaml:19:26: services.Print.setup: setup needs a provider; name one",
        ],
    ),
    "reserve with one provider": (
        "skill: judge}",
        "skill: judge, reserve: true}",
        [
            "office.yaml:18:71: services.Judge.reserve: there is nothing to reserve; it is for several providers at once",
        ],
    ),
    "two dispatches": (
        "every: 30 min, probability",
        "every: 30 min, batch: {size: 3}, probability",
        [
            "office.yaml:29:38: handoffs.Register -> Judge.batch: every and batch exclude each other; keep one of them",
        ],
    ),
    "order of nothing": (
        "quantity: 50",
        "quantity: 0",
        [
            "office.yaml:15:55: stocks.Forms.reorder.quantity: an order of nothing never fills the stock; write a number above 0",
        ],
    ),
    "up to below the reorder point": (
        "quantity: 50",
        "up_to: 5",
        [
            "office.yaml:15:52: stocks.Forms.reorder.up_to: an order would end below the reorder point; write 10 or more",
        ],
    ),
    "yes for true": (
        "staff: 2, calendar",
        "staff: 2, preemptive: maybe, calendar",
        [
            "office.yaml:9:32: providers.Desk.preemptive: 'maybe' is neither true nor false; write one of them",
        ],
    ),
    "scenario changes nothing there": (
        "{Desk: {staff: 3}}",
        "{Dask: {staff: 3}}",
        [
            "office.yaml:34:38: scenarios.More staff.changes.providers.Dask: there is nothing of this name to change; did you mean 'Desk'?",
        ],
    ),
    "scenario sets no field": (
        "{staff: 3}",
        "{staf: 3}",
        [
            "office.yaml:34:45: scenarios.More staff.changes.providers.Desk.staf: unknown field; did you mean 'staff'?",
        ],
    ),
    "scenario extends nothing": (
        "More staff: {changes",
        "More staff: {extends: Less staff, changes",
        [
            "office.yaml:34:16: scenarios.More staff.extends[0]: there is no scenario 'Less staff'; did you mean 'More staff'?",
        ],
    ),
    "end as a name": (
        "  Print: {duration",
        "  end: {duration",
        [
            "office.yaml:15:67: stocks.Forms.reorder.enters: there is no service 'Print'",
            "office.yaml:19:3: services.end: the name 'end' is reserved, in whatever spelling: a link to 'end' ends the request; choose another name",
        ],
    ),
    "empty name": (
        "name: Office",
        'name: ""',
        [
            "office.yaml:2:7: name: the name '' is empty",
        ],
    ),
    "list for mapping": (
        "consumers:\n  Clients:",
        "consumers:\n - Clients:",
        [
            "office.yaml:23:1: consumers: [{'Clients': {'arrivals': {'rate': '6 per hour'}, 'enters... is no mapping; write each by its name, as {name: ...}",
        ],
    ),
    "number for mapping": (
        "  Judge: {provider: Experts, duration: 20 min, skill: judge}",
        "  Judge: 20",
        [
            "office.yaml:18:10: services.Judge: 20 is no set of fields; write {provider: ..., providers: ...}",
        ],
    ),
    "no replications": (
        "replications: 20",
        "replications: 0",
        [
            "office.yaml:5:57: run.replications: 0 is no whole number from 1 to 1000000000",
        ],
    ),
    "warm up drawn": (
        "warm_up: 1 week",
        "warm_up: exponential(mean=1 week)",
        [
            "office.yaml:5:35: run.warm_up: 'exponential(mean=1 week)' must be constant; write a duration, such as 8 weeks",
        ],
    ),
}


def problems(text: str) -> list[str]:
    with pytest.raises(sf.ModelError) as error:
        sf.loads(text, name="office.yaml").validate()
    return str(error.value).splitlines()


def test_the_model_itself_is_right() -> None:
    assert sf.loads(MODEL).check().problems == ()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place(mistake: str) -> None:
    right, wrong, expected = MISTAKES[mistake]
    assert MODEL.count(right) >= 1
    assert problems(MODEL.replace(right, wrong, 1)) == expected


def test_there_are_at_least_sixty_kinds() -> None:
    assert len(MISTAKES) >= 60


def test_several_mistakes_are_told_at_once() -> None:
    text = MODEL.replace("duration: 20 min", "duraton: 20 min").replace("staff: 2,", "staff: two,")
    assert problems(text.replace("rate: 6 per hour", "rate: fast")) == [
        "office.yaml:9:17: providers.Desk.staff: 'two' is no number of staff; write a whole number from 0 to 1000000",
        "office.yaml:18:30: services.Judge.duraton: unknown field; did you mean 'duration'?",
        "office.yaml:25:22: consumers.Clients.arrivals.rate: 'fast' is no rate; write for example 6 per hour",
    ]


def test_the_same_mistakes_in_python_are_told_without_a_file() -> None:
    chain = sf.ServiceChain("Office")
    with pytest.raises(sf.ModelError) as error:
        chain.add_service("Judge", duraton="20 min")
    assert str(error.value) == "services.Judge.duraton: unknown field; did you mean 'duration'?"


def test_stocks_that_are_taken_together_go_by_one_rule() -> None:
    text = MODEL.replace("consumes: {Forms: 1}", "consumes: {Forms: 1, Stamps: 1}")
    text = text.replace("stocks:\n", "stocks:\n  Stamps: {initial: 9, discipline: priority}\n")
    assert problems(text) == [
        "office.yaml:18:73: services.Register.consumes: what it takes is handed out by different rules"
        " ('Forms' by fifo, 'Stamps' by priority); give them the same discipline"
    ]
