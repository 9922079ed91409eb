"""Chains whose logs are learned from: ``python tests/learned_again.py 0 20``, or with names of shipped ones.

Each of twenty known chains writes a log of bare stamps, and a chain is learned from it. Its durations, shares
and hidden delays are to lie within their intervals as often as these say, its staff to be the same, and the
provider that holds work up, too, as far as providers can be told apart.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field

import serviceflow as sf

COLUMNS = ["case", "activity", "resource", "start", "end"]
FAMILIES = ("exponential(mean={} min)", "gamma(mean={} min, cv=0.5)", "lognormal(mean={} min, cv=0.8)")
SLACK = 0.02
"""Part of a mean that a family may be off, beside its interval."""


@dataclass
class Known:
    """A chain with the truth about it: means and delays in minutes, shares, and staff."""

    chain: sf.ServiceChain
    means: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    staff: dict[str, int] = field(default_factory=dict)


def known(number: int) -> Known:
    """Three or four services in line, one of which some pass by; one pool is much busier than the others."""
    chance = random.Random(number)
    run = {"duration": "10 weeks", "replications": 1, "seed": number + 1}
    found = Known(sf.ServiceChain(f"Known {number}", run=run))
    chain, steps, rate = found.chain, chance.choice([3, 4]), chance.choice([2, 4, 6])
    chain.add_calendar("office", {"mon-fri": "09:00-17:00"})
    hours = {"calendar": "office"} if chance.random() < 0.6 else {}
    busiest = chance.randrange(steps)
    names = [f"Step {place}" for place in range(steps)]
    passing = chance.choice([0.3, 0.5])
    for place, name in enumerate(names):
        staff = chance.choice([1, 2, 3])
        load = 0.85 if place == busiest else chance.uniform(0.3, 0.55)
        share = 1 - passing if place == 1 else 1.0
        mean = round(60 * staff * load / (rate * share), 2)
        found.means[name], found.staff[f"Team {place}"] = mean, staff
        chain.add_provider(f"Team {place}", staff=staff, **hours)
        chain.add_service(name, provider=f"Team {place}", duration=chance.choice(FAMILIES).format(mean))
    week = {"mon-fri": {"09:00-17:00": f"{rate} per hour"}}
    arrivals = {"profile": week} if hours else {"rate": f"{rate} per hour"}
    chain.add_consumer("Clients", arrivals=arrivals, enters=names[0])
    found.shares = {f"{names[0]} -> {names[1]}": 1 - passing, f"{names[0]} -> {names[2]}": passing}
    delay = chance.choice([0, 0, 90, 600])
    for place in range(1, steps - 1):
        late = {"delay": f"exponential(mean={delay} min)"} if delay and place == steps - 2 else {}
        chain.add_handoff(f"{names[place]} -> {names[place + 1]}", **late)
        if late:
            found.delays[f"{names[place]} -> {names[place + 1]}"] = delay
    for link, share in found.shares.items():
        chain.add_handoff(link, probability=share)
    return found


def compared(number: int) -> tuple[int, int, list[str]]:
    """How many intervals there are and how many hold, and what else is wrong."""
    truth = known(number)
    results = truth.chain.simulate(engine="simpy")
    found = sf.discover(sf.read_log(results.to_log()[COLUMNS]))
    table = found.inputs.set_index(["element", "name"])
    wrong, held, count = [], 0, 0
    for name, values in (("duration", truth.means), ("probability", truth.shares)):
        for element, value in values.items():
            row = table.loc[(element, name)]
            count += 1
            held += bool(row["low"] - SLACK * value <= value <= row["high"] + SLACK * value)
    learned = {element for element, name in table.index if name == "delay"}
    if learned != set(truth.delays):
        wrong.append(f"hidden delays at {sorted(learned)}, not at {sorted(truth.delays)}")
    for link in learned & set(truth.delays):
        off = table.loc[(link, "delay")]["estimate"] / truth.delays[link] - 1
        if abs(off) > 0.3:
            wrong.append(f"the hidden delay of {link} is off by {off:.0%}")
    teams = {_team(name): fields for name, fields in found.chain.to_dict()["providers"].items()}
    for provider, staff in truth.staff.items():
        said = teams.get(provider, {}).get("staff")
        most = said if isinstance(said, int) else _most(said)
        if most != staff:
            wrong.append(f"{provider} has {most} staff, not {staff}")
    one, other = (_holding_up(chain) for chain in (truth.chain, found.chain))
    if not one & other:
        wrong.append(f"{sorted(other)} hold work up, not {sorted(one)}")
    return count, held, wrong


def _team(name: str) -> str:
    """A team of one is called as its only member in what is learned."""
    return name.removesuffix(" 1") if name.count(" ") == 2 else name


def _most(staff: object) -> int:
    if not isinstance(staff, dict):
        return 0
    return max((number for blocks in staff.values() for number in blocks.values()), default=0)


def _holding_up(chain: sf.ServiceChain) -> set[str]:
    """The providers that hold work up, as far as they can be told apart."""
    verdict = chain.simulate(replications=3, seed=1, engine="simpy").bottlenecks().verdict
    return set(map(_team, verdict))


def shipped(name: str) -> str:
    """How many durations of a shipped chain lie in the intervals that are learned from its log."""
    chain = sf.example(name)
    results = chain.simulate(replications=1, seed=5, engine="simpy", progress=False)
    found = sf.discover(sf.read_log(results.to_log()[COLUMNS]))
    table = found.inputs.set_index(["element", "name"])
    held, missed = [], []
    for service, fields in chain.services.items():
        mean = _known_mean(fields.duration)
        if mean is not None and (service, "duration") in table.index:
            row = table.loc[(service, "duration")]
            holds = row["low"] - SLACK * mean <= mean <= row["high"] + SLACK * mean
            (held if holds else missed).append(service)
    one, other = (_holding_up(each) for each in (chain, found.chain))
    same = "the same holds work up" if one & other else f"{sorted(other)} hold work up, not {sorted(one)}"
    return f"{name}: {len(held)} of {len(held) + len(missed)} durations hold, not {missed}; {same}"


def _known_mean(duration: object) -> float | None:
    """In minutes; None where it depends on the request."""
    try:
        return float(duration.mean("min")) / 60e6  # type: ignore[attr-defined]
    except (AttributeError, TypeError, ValueError):
        return None


def main(first: int, last: int) -> int:
    """Compare the chains of these numbers; 0 if intervals hold as often as they say, and all else does."""
    intervals = holding = faults = 0
    for number in range(first, last):
        count, held, wrong = compared(number)
        intervals, holding, faults = intervals + count, holding + held, faults + bool(wrong)
        print(f"{number}: {held} of {count} intervals hold{''.join(f'; {one}' for one in wrong)}", flush=True)
    print(f"{holding} of {intervals} intervals hold; {faults} chains differ otherwise", flush=True)
    return int(holding < 0.9 * intervals or faults > 0)


if __name__ == "__main__":
    if not sys.argv[1].isdigit():
        print(*map(shipped, sys.argv[1:]), sep="\n")
        sys.exit()
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
