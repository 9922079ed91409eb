"""Kills an experiment again and again, and lets it go on: ``python tests/killing.py KILLS SEED``.

Every round forks a process that runs the experiment, and kills it at a random moment. In the end it runs to
its end, and its figures are compared with those of an experiment that nobody disturbed.
"""

import os
import random
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

import serviceflow as sf

SETTINGS = {
    "duration": "8 h",
    "warm_up": 0,
    "replications": 30,
    "seed": 7,
    "engine": "simpy",
    "progress": False,
}


def desk() -> sf.ServiceChain:
    chain = sf.ServiceChain("Desk")
    chain.add_provider("Clerk", staff=1)
    chain.add_service("Ask", provider="Clerk", duration="exponential(mean=8 min)")
    chain.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Ask")
    chain.add_scenario("Two", changes={"providers": {"Clerk": {"staff": 2}}})
    return chain


def experiment(store):
    return desk().compare(store=store, **SETTINGS)


def killed(store, moment: float) -> bool:
    """Run it in a process of its own, and kill that; whether it was still at work."""
    child = os.fork()
    if not child:
        experiment(store)
        os._exit(0)
    time.sleep(moment)
    done, _ = os.waitpid(child, os.WNOHANG)
    if not done:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return not done


def damaged(store, draws: random.Random) -> int:
    """Spoil a file in some way, if there is one."""
    files = sorted(Path(store).rglob("*.results"))
    if not files:
        return 0
    path = draws.choice(files)
    content = bytearray(path.read_bytes())
    if draws.random() < 0.5:
        path.write_bytes(content[: draws.randrange(len(content))])
    else:
        content[draws.randrange(len(content))] ^= 0x55
        path.write_bytes(content)
    return 1


def main(kills: int, seed: int) -> int:
    draws, hits, spoiled = random.Random(seed), 0, 0
    expected = experiment(None)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(kills):
            hits += killed(folder, draws.uniform(0.01, 0.15))
            spoiled += damaged(folder, draws) if draws.random() < 0.3 else 0
        found = experiment(folder)
        for name in expected.results:
            assert found[name].kpis.equals(expected[name].kpis), name
            assert found[name].visits.equals(expected[name].visits), name
        files = [path for path in Path(folder).rglob("*.results") if not path.name.startswith(".")]
        assert len(files) == 60
    print(f"{hits} kills at work, {spoiled} files spoiled, the same figures")
    return hits


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
