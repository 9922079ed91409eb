"""Sound diagrams keep their meaning: ``python tests/bpmn/test_bpmn_sound.py 0 1000`` tries many more.

Of diagrams that are drawn block by block it is known how often each task is done, and which times requests may
take. The chains that are made of them say the same.
"""

import re
import sys
import tempfile
from pathlib import Path

import pytest
from drawing import flow, line, node, process, start, task
from sound_diagrams import Sound

import serviceflow as sf
from serviceflow.theory.flows import Flows

COPY = re.compile(r" \(\d+\)$")


def differing(seed, path):
    """What is other in the chain of a diagram than in the diagram."""
    drawing = Sound(seed)
    text, part = drawing.draw()
    path.write_text(text)
    found = sf.read_bpmn(path)
    chain = with_times(found.chain, drawing.minutes)
    said = [row.done for row in found.report.decisions if row.status == "approximated"]
    visits = visits_of(chain)
    said += [
        f"{name}: {visits.get(name, 0):.4g} visits, not {mean:.4g}"
        for name, mean in part.visits.items()
        if visits.get(name, 0) != pytest.approx(mean, rel=1e-6)
    ]
    if part.times is not None:
        run = chain.simulate(
            duration="25 h", warm_up=0, replications=1, seed=seed, engine="simpy", progress=False
        )
        took = set(run.requests["flow_time"].dropna().round(3))
        said += [
            f"it takes {one:g} min" for one in took if all(abs(one - time) > 0.01 for time in part.times)
        ]
    return said


def with_times(chain, minutes):
    """The chain with as many staff as are wanted, and tasks that take as long as the drawing says."""
    content = chain.to_dict()
    for name, fields in content["services"].items():
        if COPY.sub("", name) in minutes:
            fields["duration"] = f"{minutes[COPY.sub('', name)]} min"
    content["providers"] = {name: {"staff": 1000} for name in content.get("providers", {})}
    return sf.ServiceChain.from_dict(content)


def visits_of(chain):
    """How often each task is done, work that is done several times in a row added up."""
    flows = Flows(chain)
    result = {}
    for name, mean in zip(flows.services, flows.visits(flows.sources[0], {}), strict=True):
        key = COPY.sub("", name)
        result[key] = result.get(key, 0.0) + float(mean)
    return result


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_sound_diagrams_keep_their_meaning(first, tmp_path):
    for seed in range(first, first + 10):
        assert differing(seed, tmp_path / "process.bpmn") == [], seed


def ways(read, *parts):
    found = read(process(start(), *parts))
    assert not [row.done for row in found.report.decisions if row.status == "approximated"]
    return {key: fields.get("probability") for key, fields in found.chain.to_dict()["handoffs"].items()}


def gate(kind, *ids):
    return "".join(node(f"{kind}Gateway", id) for id in ids)


class TestWhatComesTogetherBeforeASplit:
    def test_every_branch_is_taken(self, read):
        tasks = "".join(task(id) for id in ("a", "b", "c", "d", "e"))
        flows = line("s", "x", "a", "m", "p", "c", "j", "e") + line("x", "b", "m") + line("p", "d", "j")
        found = ways(read, tasks, gate("exclusive", "x", "m"), gate("parallel", "p", "j"), flows)
        assert {key for key in found if key.startswith("Split")} == {
            "Split before c -> c", "Split before c -> d"
        }  # fmt: skip
        assert {"a -> Split before c", "b -> Split before c", "c -> e", "d -> e"} <= set(found)

    def test_a_split_within_a_split_has_a_join_of_its_own(self, read):
        tasks = "".join(task(id) for id in ("a", "b", "c", "e"))
        flows = line("s", "p", "q", "a", "k", "j", "e") + line("q", "b", "k") + line("p", "c", "j")
        found = ways(read, tasks, gate("parallel", "p", "q", "k", "j"), flows)
        assert {"Join after a -> e", "c -> e", "a -> Join after a", "b -> Join after a"} <= set(found)

    def test_a_branch_with_nothing_on_it_ends_with_the_others(self, read):
        flows = line("s", "x", "a", "m", "p", "b", "j") + line("x", "m") + line("p", "j")
        found = ways(
            read, task("a"), task("b"), gate("exclusive", "x", "m"), gate("parallel", "p", "j"), flows
        )
        assert found == {"Clients -> a": "50%", "Clients -> b": "50%", "a -> b": None}


def test_work_done_twice_in_a_circle_is_done_twice_every_time(read):
    marker = (
        '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>2</loopCardinality>'
        "</multiInstanceLoopCharacteristics>"
    )
    again = flow("g", "a", "50%") + flow("g", "b", "50%")
    parts = (
        node("userTask", "a", "Ask", marker),
        task("b"),
        gate("exclusive", "g"),
        line("s", "a", "g"),
        again,
    )
    assert ways(read, *parts) == {"Ask -> Ask (2)": None, "Ask (2) -> Ask": "50%", "Ask (2) -> b": "50%"}


def test_a_gateway_with_one_way_assumes_no_share(read):
    found = read(process(start(), task("a"), gate("exclusive", "m"), line("s", "m", "a")))
    assert not [row for row in found.report.decisions if "share" in row.done]


def main(first, last):
    """Try the diagrams of these numbers."""
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, last):
            said = differing(seed, Path(folder) / "process.bpmn")
            if said:
                faults += 1
                print(f"{seed}: {'; '.join(said)}", flush=True)
    print(f"{last - first} sound diagrams; {faults} mean something else as chains")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
