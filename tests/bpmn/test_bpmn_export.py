"""Chains as BPMN diagrams: they read back equal, are sound, and are drawn without anything over anything else."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

import serviceflow as sf
from random_chains import random_chain
from serviceflow.cli import app
from serviceflow.formats.bpmn.export.drawing import draw
from serviceflow.formats.bpmn.export.grid import place
from serviceflow.formats.bpmn.export.routes import Router, overlap
from serviceflow.formats.xml_text import read_tree

FLOW_NODES = ("Task", "Gateway", "Event")


def office(**run):
    chain = sf.ServiceChain(
        "Office", run={"duration": "5 days", "warm_up": "1 day", "replications": 3, "seed": 4, **run}
    )
    chain.add_calendar("open", {"mon-fri": "08:00-12:00, 13:00-17:00"})
    chain.add_attribute("kind", {"new": "30%", "old": "70%"})
    chain.add_provider("Clerks", staff=2, calendar="open", work_cost="30 per hour")
    chain.add_provider("Lawyer", staff={"mon-fri": {"09:00-11:00": 1}})
    chain.add_service("Talk", provider="Clerks", duration="lognormal(mean=10 min, sd=4 min)", cost=3)
    chain.add_service("Wait", duration="2 h")
    chain.add_service("Advise", provider="Lawyer", duration="triangular(low=5 min, mode=9 min, high=20 min)")
    chain.add_service("File", providers={"Clerks": 1, "Lawyer": 1}, duration="exponential(mean=3 min)")
    chain.add_consumer("Clients", arrivals={"every": "exponential(mean=20 min)", "count": 400}, enters="Talk")
    chain.add_handoff("Talk", "Advise", probability="20%", delay="5 min")
    chain.add_handoff("Talk", "Wait", when="kind == 'new'")
    chain.add_handoff("Talk", "File")
    chain.add_handoff("Wait", "File", every="1 h")
    return chain


def calling():
    """Two offices that ask a third, with a stock, a batch, a split and its join, and who gives up."""
    chain = sf.ServiceChain("Calls & stocks", run={"duration": "2 days", "replications": 2})
    chain.add_provider("Desk", staff=2, queue_limit=3)
    chain.add_provider("Store", staff=1)
    chain.add_service("Order", provider="Desk", duration="5 min", patience="30 min", split="all")
    chain.add_service("Pack", provider="Store", duration="4 min", consumes={"Boxes": 1}, batch={"size": 2})
    chain.add_service("Bill", provider="Desk", duration="3 min")
    chain.add_service("Send", duration="1 min", join="all")
    chain.add_service("Look up", provider="Store", duration="2 min")
    chain.add_service("Bring boxes", duration="1 h", produces={"Boxes": "quantity"})
    chain.add_service("Apologise", duration="1 min")
    chain.add_stock("Boxes", initial=10, reorder={"below": 5, "quantity": 20, "enters": "Bring boxes"})
    chain.add_consumer("Buyers", arrivals={"rate": "4 per hour"}, enters="Order")
    chain.add_handoff("Order", "Pack", clarification={"probability": "10%", "delay": "10 min"})
    chain.add_handoff("Order", "Bill")
    chain.add_handoff("Order", "Apologise", after="gave up")
    chain.add_handoff("Pack", "Send")
    chain.add_handoff("Bill", "Send")
    chain.add_call("Bill", "Look up", ask="start")
    return chain


def laid_out(chain):
    picture = draw(chain)
    Router(picture, place(picture)).lay_out()
    return picture


def exported(chain, folder):
    return chain.to_bpmn(folder / "model.bpmn")


def check_structure(root):
    """What must hold of any BPMN file with a diagram."""
    ids = [element.get("id") for element in root.walk() if element.get("id")]
    assert [key for key, count in Counter(ids).items() if count > 1] == []
    known = set(ids)
    shown = {
        element.get("bpmnElement") for element in root.walk() if element.name in ("BPMNShape", "BPMNEdge")
    }
    into, out = defaultdict(set), defaultdict(set)
    for element in root.walk():
        for name in (
            "sourceRef",
            "targetRef",
            "processRef",
            "attachedToRef",
            "default",
            "elementRef",
            "inherits",
            "validFor",
            "dataStoreRef",
            "bpmnElement",
        ):
            assert element.get(name) is None or element.get(name) in known, (element.name, name)
        if element.name == "sequenceFlow":
            out[element.get("sourceRef")].add(element.get("id"))
            into[element.get("targetRef")].add(element.get("id"))
        if element.name.endswith(FLOW_NODES) and element.space.endswith("MODEL"):
            assert element.get("id") in shown
        if element.name in ("sequenceFlow", "messageFlow", "lane", "participant"):
            assert element.get("id") in shown
    for process in root.all("process"):
        lanes = [ref.text for lane in process.first("laneSet").children for ref in lane.all("flowNodeRef")]
        nodes = [element for element in process.children if element.name.endswith(FLOW_NODES)]
        assert sorted(lanes) == sorted(element.get("id") for element in nodes)
        for element in nodes:
            assert {one.text for one in element.all("incoming")} == into[element.get("id")]
            assert {one.text for one in element.all("outgoing")} == out[element.get("id")]
            assert element.name != "endEvent" or not out[element.get("id")]
            assert element.name not in ("startEvent", "boundaryEvent") or not into[element.get("id")]


def segments(line):
    return [
        (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])) for a, b in pairwise(line.points)
    ]


def check_geometry(picture):
    """No shape over another, every line level or upright, none through a shape, none along another's."""
    boxes = [(shape, shape.box) for shape in picture.shapes.values() if shape.host is None]
    for (one, box), (other, second) in combinations(boxes, 2):
        assert not overlap(box, second), (one.id, other.id)
    for line in picture.lines.values():
        for (x, y), (u, v) in pairwise(line.points):
            assert x == u or y == v, line.id
        for shape, box in boxes:
            if shape.id in (line.source, line.target, picture.shapes[line.source].host):
                continue
            inner = (box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1)
            for part in segments(line):
                hit = part[0] < inner[2] and inner[0] < part[2] and part[1] < inner[3] and inner[1] < part[3]
                assert not hit, (line.id, shape.id)
    check_tracks(picture)


def check_tracks(picture):
    """Lines of different shapes lie along each other nowhere."""
    level, upright = defaultdict(list), defaultdict(list)
    for line in picture.lines.values():
        for x, y, u, v in segments(line):
            if x == u and y < v:
                upright[x].append((y, v, line))
            elif y == v and x < u:
                level[y].append((x, u, line))
    for found in (*level.values(), *upright.values()):
        for (a, b, one), (c, d, other) in combinations(found, 2):
            if max(a, c) < min(b, d):
                assert one.source == other.source or one.target == other.target, (one.id, other.id)


class TestRoundTrips:
    @pytest.mark.parametrize("name", sf.examples())
    def test_a_shipped_chain_is_read_back_equal(self, name, tmp_path):
        chain = sf.example(name)
        path = exported(chain, tmp_path)
        found = sf.read_bpmn(path)
        assert found.chain == chain
        assert found.is_exact
        check_structure(read_tree(path.read_bytes()))
        check_geometry(laid_out(chain))

    @pytest.mark.parametrize("seed", range(8))
    def test_a_random_chain_is_read_back_equal(self, seed, tmp_path):
        there_and_back(seed, tmp_path)

    @pytest.mark.long
    def test_many_random_chains_are_read_back_equal(self, tmp_path):
        for seed in range(100):
            there_and_back(seed, tmp_path)

    def test_files_beside_the_model_are_read_from_beside_the_diagram(self, tmp_path):
        (tmp_path / "come.csv").write_text("time\n5\n9\n")
        chain = sf.ServiceChain("Trace", folder=tmp_path)
        chain.add_service("Serve", duration="1 min")
        chain.add_consumer("People", arrivals={"file": "come.csv"}, enters="Serve")
        path = exported(chain, tmp_path)
        assert sf.read_bpmn(path).chain == chain
        (tmp_path / "come.csv").unlink()
        with pytest.raises(sf.BpmnError, match="the model in it cannot be read: .*come.csv"):
            sf.read_bpmn(path)


def there_and_back(seed, folder):
    chain = random_chain(seed)
    path = exported(chain, folder)
    assert sf.read_bpmn(path).chain == chain, seed
    check_structure(read_tree(path.read_bytes()))
    check_geometry(laid_out(chain))


class TestWithoutTheModel:
    """What another tool reads: the drawing and BPSim, without the model in the file."""

    @pytest.fixture
    def found(self, tmp_path):
        path = exported(office(), tmp_path)
        text = re.sub(r"<sf:model.*?</sf:model>", "", path.read_text("utf-8"), flags=re.DOTALL)
        path.write_text(text, encoding="utf-8")
        return sf.read_bpmn(path).chain

    def test_services_and_their_durations(self, found):
        chain = office()
        assert set(chain.services) <= set(found.services)
        for name in ("Talk", "Advise", "File"):
            assert found.services[name].duration == chain.services[name].duration
            assert found.services[name].provider_names == chain.services[name].provider_names
        assert found.services["Talk"].cost == chain.services["Talk"].cost

    def test_staff_and_their_hours(self, found):
        week = {"mon-fri": {"08:00-12:00": 2, "13:00-17:00": 2}}
        assert found.to_dict()["providers"]["Clerks"] == {"staff": week, "work_cost": "30 per hour"}
        assert found.to_dict()["providers"]["Lawyer"]["staff"] == {"mon-fri": {"09:00-11:00": 1}}

    def test_arrivals_shares_and_runs(self, found):
        assert found.to_dict()["consumers"]["Clients"]["arrivals"]["every"] == "exponential(mean=20 min)"
        assert found.consumers["Clients"].arrivals.count == 400
        assert found.to_dict()["run"] == {
            "duration": "5 days", "warm_up": "1 day", "replications": 3, "seed": 4, "horizon": "terminating",
        }  # fmt: skip

    def test_it_runs(self, found):
        results = found.simulate(duration="1 day", replications=1, seed=1, engine="simpy")
        assert len(results.visits) > 0


def test_a_mean_after_the_cut_at_0_is_written_as_that_before_it(tmp_path):
    chain = sf.ServiceChain("Cut")
    chain.add_service("Serve", duration="normal(mean=1.0276 min, sd=0.5 min)")
    chain.add_consumer("People", arrivals={"rate": "1 per hour"}, enters="Serve")
    root = read_tree(exported(chain, tmp_path).read_bytes())
    normal = next(element for element in root.walk() if element.name == "TruncatedNormalDistribution")
    assert float(normal.get("mean")) / 60 == pytest.approx(1, abs=1e-4)


class TestDrawing:
    def test_calls_are_messages_between_pools(self, tmp_path):
        path = exported(calling(), tmp_path)
        root = read_tree(path.read_bytes())
        names = {participant.get("name") for participant in root.first("collaboration").all("participant")}
        assert names == {"Calls & stocks", "Look up", "Bring boxes"} or names == {
            "Calls & stocks",
            "Look up",
            "Boxes",
        }
        messages = root.first("collaboration").all("messageFlow")
        assert [(one.get("sourceRef"), one.get("targetRef")) for one in messages] == [
            ("Task_Bill", "Called_Look_up"),
            ("End_Look_up", "Task_Bill"),
        ]
        check_structure(root)
        check_geometry(laid_out(calling()))

    def test_splits_joins_stores_and_giving_up(self, tmp_path):
        root = read_tree(exported(calling(), tmp_path).read_bytes())
        kinds = Counter(element.name for element in root.walk())
        assert kinds["parallelGateway"] == 2
        assert kinds["dataStoreReference"] == 1
        assert kinds["dataInputAssociation"] == kinds["dataOutputAssociation"] == 1
        edge = next(element for element in root.walk() if element.name == "boundaryEvent")
        assert (edge.get("attachedToRef"), edge.get("name")) == ("Task_Order", "gave up")
        assert next(one.text for one in edge.walk() if one.name == "timeDuration") == "PT1800S"

    def test_what_has_no_element_is_written_beside_its_task(self, tmp_path):
        root = read_tree(exported(calling(), tmp_path).read_bytes())
        task = next(element for element in root.walk() if element.get("id") == "Task_Pack")
        assert task.first("documentation").text.split("\n") == ["batch: size 2", "consumes: Boxes 1"]

    @pytest.mark.parametrize("name", ["<b>&\"'</b>", "客房服务", "a\u202eb", "x" * 200, "\ufffe", "😀 & co"])
    def test_names_of_every_kind(self, name, tmp_path):
        chain = sf.ServiceChain(name, description="first\x0bsecond\x00]]>")
        chain.add_provider(name, staff=1)
        chain.add_service(f"{name[:190]} 1", provider=name, duration="1 min")
        chain.add_consumer(f"{name[:190]} 2", arrivals={"rate": "1 per hour"}, enters=f"{name[:190]} 1")
        path = exported(chain, tmp_path)
        assert sf.read_bpmn(path).chain == chain
        ids = [element.get("id") for element in read_tree(path.read_bytes()).walk() if element.get("id")]
        assert all(re.fullmatch(r"[A-Za-z_][\w-]*", key, re.ASCII) for key in ids)

    def test_ids_stay_when_something_is_added(self, tmp_path):
        chain = calling()
        before = set(draw(chain).shapes)
        chain.add_service("Store", provider="Store", duration="1 min")
        chain.add_handoff("Send", "Store")
        assert before - {"End_Send"} <= set(draw(chain).shapes)


class TestEditing:
    def edited(self, folder, change):
        path = exported(office(), folder)
        path.write_text(change(path.read_text("utf-8")), encoding="utf-8")
        return sf.read_bpmn(path)

    def test_another_layout_is_no_change(self, tmp_path):
        found = self.edited(tmp_path, lambda text: re.sub(r' x="\d+"', ' x="7"', text))
        assert found.chain == office()

    def test_neither_are_order_and_defaults(self, tmp_path):
        def change(text):
            text = text.replace(' isExecutable="false"', "")
            return re.sub(r"(<bpmn:incoming>.*?</bpmn:incoming>\n)\s*(<bpmn:incoming>.*?\n)", r"\2\1", text)

        assert self.edited(tmp_path, change).chain == office()

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace('name="Advise"', 'name="Consult"'),
            lambda text: text.replace('value="PT7200S"', 'value="PT3600S"'),
            lambda text: text.replace('targetRef="Task_Wait"', 'targetRef="Task_Advise"'),
        ],
    )
    def test_a_change_is_noticed_and_told(self, change, tmp_path):
        found = self.edited(tmp_path, change)
        assert found.chain != office()
        assert "the diagram was changed since it was exported: it is read as it is now" in " ".join(
            str(found.report).split()
        )

    def test_what_is_lost_by_a_change_is_told(self, tmp_path):
        path = exported(calling(), tmp_path)
        path.write_text(path.read_text("utf-8").replace('name="Bill"', 'name="Invoice"'), encoding="utf-8")
        found = sf.read_bpmn(path)
        assert not found.is_exact
        assert "lost, as only the model in the file says it: batch of services: 'Pack'" in " ".join(
            str(found.report).split()
        )

    def test_a_model_that_is_damaged_is_a_message(self, tmp_path):
        with pytest.raises(
            sf.BpmnError, match="the model in it is damaged; take out the extension 'serviceflow'"
        ):
            self.edited(tmp_path, lambda text: text.replace("<sf:part>{", "<sf:part>"))

    def test_a_model_of_mistakes_is_a_message(self, tmp_path):
        with pytest.raises(sf.BpmnError, match="the model in it cannot be read"):
            self.edited(tmp_path, lambda text: text.replace('"time_unit": "min"', '"time_unit": "moon"'))


class TestScenarios:
    def test_their_figures_are_scenarios_of_bpsim(self, tmp_path):
        chain = office()
        chain.add_scenario(
            "Faster & more",
            changes={"services": {"Wait": {"duration": "1 h"}}, "providers": {"Clerks": {"staff": 3}}},
        )
        root = read_tree(exported(chain, tmp_path).read_bytes())
        first, second = (element for element in root.walk() if element.name == "Scenario")
        assert (second.get("inherits"), second.get("name")) == (first.get("id"), "Faster & more")
        changed = {one.get("elementRef") for one in second.all("ElementParameters")}
        assert changed == {"Task_Wait", "Resource_Clerks"}
        assert sf.read_bpmn(tmp_path / "model.bpmn").chain == chain

    def test_one_that_adds_elements_is_told(self, tmp_path):
        chain = office()
        chain.add_scenario(
            "Scan", adds={"services": {"Scan": {"duration": "1 min"}}, "handoffs": {"File -> Scan": {}}}
        )
        found = sf.read_bpmn(exported(chain, tmp_path))
        assert found.chain == chain
        assert "changes of scenarios: 'Scan'" in " ".join(str(found.report).split())


def test_a_chain_that_is_not_valid_is_not_written(tmp_path):
    chain = sf.ServiceChain("Wrong")
    chain.add_service("Serve", provider="Nobody")
    with pytest.raises(sf.ModelError):
        chain.to_bpmn(tmp_path / "model.bpmn")
    assert not (tmp_path / "model.bpmn").exists()


def test_a_text_that_could_not_be_read_back_is_refused(tmp_path):
    chain = office()
    chain.description = "x" * 400_001
    with pytest.raises(sf.BpmnError, match="a text of it has 400,0.. characters, more than are read back"):
        chain.to_bpmn(tmp_path / "model.bpmn")


class TestCommandLine:
    def run(self, *arguments):
        return CliRunner().invoke(app, list(map(str, arguments)))

    def test_a_diagram_from_a_model_and_back(self, tmp_path):
        calling().save(tmp_path / "model.yaml")
        found = self.run("export", tmp_path / "model.yaml", "-o", tmp_path / "model.bpmn")
        assert found.exit_code == 0
        assert "model.bpmn written" in found.output
        assert "batch of services: 'Pack'" in found.output
        assert (
            self.run("import", tmp_path / "model.bpmn", "-o", tmp_path / "back.yaml", "--strict").exit_code
            == 0
        )
        assert sf.load(tmp_path / "back.yaml") == calling()

    def test_options_of_a_run_are_refused(self, tmp_path):
        office().save(tmp_path / "model.yaml")
        found = self.run("export", tmp_path / "model.yaml", "-o", tmp_path / "model.bpmn", "--seed", 3)
        assert found.exit_code == 2
        assert "--seed is about a run, and a diagram is written without one: leave it out" in found.output


MODDLE = """
import { createRequire } from 'module'; import fs from 'fs'; import { pathToFileURL } from 'url';
const found = createRequire(process.argv[1] + '/').resolve('bpmn-moddle');
const { BpmnModdle, default: Other } = await import(pathToFileURL(found));
const moddle = new (BpmnModdle || Other)();
for (const name of process.argv.slice(2)) {
  const { rootElement, warnings } = await moddle.fromXML(fs.readFileSync(name, 'utf8'));
  const { xml } = await moddle.toXML(rootElement, { format: true });
  fs.writeFileSync(name, xml);
  console.log(warnings.length);
}
"""


@pytest.mark.long
def test_bpmn_moddle_reads_it_without_a_warning_and_writes_the_same(tmp_path):
    """Needs node, and the folder with bpmn-moddle in SERVICEFLOW_NODE."""
    folder = os.environ.get("SERVICEFLOW_NODE")
    if folder is None or shutil.which("node") is None:
        pytest.skip("node with bpmn-moddle is not here: set SERVICEFLOW_NODE to the folder of node_modules")
    chains = [*map(sf.example, sf.examples()), calling(), *map(random_chain, range(20))]
    paths = [chain.to_bpmn(tmp_path / f"{number}.bpmn") for number, chain in enumerate(chains)]
    command = ["node", "--input-type=module", "-e", MODDLE, folder, *map(str, paths)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert told == ["0"] * len(chains)
    for chain, path in zip(chains, paths, strict=True):
        assert sf.read_bpmn(path).chain == chain


def sweep(first, last):
    """Round trips of random chains, by ``make diagrams``."""
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    for seed in range(first, last):
        there_and_back(seed, folder)
    print(f"{last - first:,} random chains were written as diagrams and read back equal")


if __name__ == "__main__":
    sweep(*map(int, sys.argv[1:3]))
