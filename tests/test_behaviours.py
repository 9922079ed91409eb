"""Rules that are written in Python, on the SimPy engine."""

import pytest

import serviceflow as sf


def clerks(**fields: object) -> sf.ServiceChain:
    chain = sf.ServiceChain("Two desks", time_unit="min", run={"duration": "2 h", "horizon": "terminating"})
    chain.add_provider("Left", staff=2)
    chain.add_provider("Right", staff=1)
    chain.add_service("Sign", provider="Left", duration="5 min")
    chain.add_service("Stamp", provider="Right", duration="10 min")
    chain.add_service("File", duration="1 min")
    chain.add_consumer("Clients", arrivals={"every": "6 min"}, enters="Stamp", **fields)
    chain.add_handoff("Stamp", "Sign", probability=0.5)
    chain.add_handoff("Stamp", "File")
    return chain


def run(chain: sf.ServiceChain, **rules: object) -> sf.Results:
    return chain.simulate(replications=1, seed=3, behaviours=sf.Behaviours(**rules))


def test_a_function_gives_the_duration() -> None:
    visits = run(clerks(), durations={"Stamp": lambda request: 2.0 + request.visit}).visits
    stamped = visits[(visits["service"] == "Stamp") & (visits["finished"].notna())]
    assert set(stamped["finished"] - stamped["started"]) == {3.0}


def test_a_function_chooses_the_handoff_by_its_target() -> None:
    visits = run(clerks(), choices={"Stamp": lambda request, targets: "File"}).visits
    assert set(visits["service"]) == {"Stamp", "File"}


def test_a_function_orders_the_queue() -> None:
    """The last to come goes first."""
    visits = run(clerks(), orders={"Right": lambda request: -request.asked}).visits
    stamped = visits[(visits["service"] == "Stamp") & visits["started"].notna()].sort_values("started")
    assert list(stamped["arrived"][:3]) == [6.0, 12.0, 24.0]


def test_a_policy_lends_staff_to_the_longer_queue() -> None:
    """Who came by minute 30 and waits is one; by minute 60, of nine who came, six have been served or are."""

    def lend(floor: object) -> None:
        if floor.queue("Right") > 1 and floor.staff("Left") > 1:
            floor.move("Left", "Right")

    alone, helped = run(clerks()), run(clerks(), policies=(sf.Policy("30 min", lend),))
    record = helped.records[0]
    found = zip(*(record.staffing[name].tolist() for name in ("provider", "time", "staff")), strict=True)
    hour = 3_600_000_000
    assert list(found) == [(0, 0, 2), (1, 0, 1), (0, hour, 1), (1, hour, 2)]
    assert helped.mean("chain", "completed") > alone.mean("chain", "completed")


def test_chance_in_a_behaviour_is_keyed() -> None:
    rules = {"durations": {"Stamp": lambda request: 10 * request.uniform()}}
    assert run(clerks(), **rules).records[0].equals(run(clerks(), **rules).records[0])


def test_attributes_are_seen_by_name() -> None:
    seen = []
    chain = clerks(attributes={"kind": {"new": "50%", "old": "50%"}, "size": 3})
    run(chain, durations={"Stamp": lambda request: seen.append(request.attributes) or 1.0})
    assert {view["kind"] for view in seen} == {"new", "old"}
    assert {view["size"] for view in seen} == {3.0}


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (
            {"durations": {"Stmp": lambda request: 1.0}},
            "behaviours.durations.Stmp: there is no such name; did you mean 'Stamp'?",
        ),
        (
            {"choices": {"Stamp": lambda request, targets: "Fly"}},
            "the choice at Stamp gave 'Fly'; it must be one of File, Sign",
        ),
        (
            {"durations": {"Stamp": lambda request: -1.0}},
            "the duration at Stamp came to -1 min; a duration is 0 or more, and less than 100,000 years",
        ),
        (
            {"policies": (sf.Policy("1 h", lambda floor: floor.move("Left", "Right", 3)),)},
            "Left has 2 on duty; 3 cannot be moved",
        ),
        (
            {"policies": (sf.Policy("1 h", lambda floor: floor.move("Lft", "Right")),)},
            "there is no provider 'Lft'; did you mean 'Left'?",
        ),
        (
            {"policies": (sf.Policy("0 h", lambda floor: None),)},
            "a policy acts every '0 h'; it must be longer than 0",
        ),
    ],
)
def test_what_cannot_be_is_said(rules: dict[str, object], message: str) -> None:
    with pytest.raises(sf.ServiceflowError) as error:
        run(clerks(), **rules)
    assert str(error.value) == message


def test_lent_staff_count_where_they_work() -> None:
    """Of two hours, one clerk of two is at the other desk for the second: 180 and 180 minutes on duty."""

    def lend(floor: object) -> None:
        if floor.now == 60:
            floor.move("Left", "Right")

    helped = run(clerks(), policies=(sf.Policy("1 h", lend),))
    assert helped.mean("provider", "scheduled_time").tolist() == [180.0, 180.0]
    assert (helped.mean("provider", "utilization") <= 1.0).all()
