"""Inputs that move together: Sobol' indices and Latin hypercubes over ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import serviceflow as sf

RUN = {"duration": "2 h", "warm_up": 0, "replications": 1, "seed": 7, "engine": "simpy", "progress": False}


def steps() -> sf.ServiceChain:
    """Two fixed times one after the other: the flow time is their sum."""
    chain = sf.ServiceChain("Steps")
    chain.add_service("Long", duration="30 min")
    chain.add_service("Short", duration="10 min")
    chain.add_consumer("Clients", arrivals={"every": "20 min"}, enters="Long")
    chain.add_handoff("Long -> Short")
    return chain


BOTH = ["duration of Long", "duration of Short"]


def test_sobol_indices_of_a_sum_are_shares_of_its_variance() -> None:
    found = steps().sensitivity(inputs=BOTH, design="sobol", by=0.2, samples=32, **RUN)
    table = found.table.set_index("input")
    assert table.loc["duration of Long", "first_order"] == pytest.approx(0.9, abs=0.06)
    assert table.loc["duration of Short", "total_order"] == pytest.approx(0.1, abs=0.06)
    assert len(found.runs) == 32 * 4
    assert found.runs["figure"].to_numpy() == pytest.approx(
        30 * found.runs[BOTH[0]].to_numpy() + 10 * found.runs[BOTH[1]].to_numpy()
    )
    assert found.sentence().endswith("% of its variance.")


def test_latin_hypercube_covers_the_ranges_and_ranks_inputs() -> None:
    ranges = {BOTH[0]: (0.9, 1.1), BOTH[1]: (0.5, 3.0)}
    found = steps().sensitivity(design="latin hypercube", ranges=ranges, samples=12, **RUN)
    assert found.table["input"].iloc[0] == BOTH[1]
    assert (found.table["rank_correlation"] > 0.6).all()
    for name, (low, high) in ranges.items():
        places = np.floor((found.runs[name].to_numpy() - low) / (high - low) * 12).astype(int)
        assert sorted(places) == list(range(12))
    assert repr(found) == "DesignedSensitivity('flow_time': latin hypercube, 12 chains)"
    assert str(found).startswith("Over the ranges, flow_time is between ")
    assert "duration of Short matters most" in found._repr_html_()


def test_the_same_seed_gives_the_same_design() -> None:
    one, two = (
        steps().sensitivity(inputs=BOTH, design="latin hypercube", samples=6, **RUN) for _ in range(2)
    )
    assert one.runs.equals(two.runs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"design": "sobl"}, "design='sobl': use 'sobol' or 'latin hypercube'"),
        ({"design": "sobol", "samples": 12}, "samples=12: a Sobol' design takes a power of 2, such as 16"),
        ({"design": "latin hypercube", "samples": 3}, "samples=3: give at least 5 for 2 inputs"),
        ({"design": "sobol", "samples": 1}, "samples=1: give a whole number of at least 2"),
        ({"design": "sobol", "ranges": {BOTH[0]: (1.5, 0.5)}}, r"\(1.5, 0.5\) is no range; give two factors"),
        ({"design": "sobol", "ranges": {BOTH[0]: 2}}, "2 is no range"),
        ({"design": "sobol", "ranges": {"arrivals of Clients": (0.5, 1)}}, "is none of the inputs"),
        ({"ranges": {BOTH[0]: (0.5, 1)}}, "ranges= are those of a design"),
    ],
)
def test_what_cannot_be_designed_is_told(options: dict[str, Any], message: str) -> None:
    with pytest.raises(sf.SensitivityError, match=message):
        steps().sensitivity(inputs=BOTH, **{**RUN, **options})


def test_inputs_that_move_nothing_are_told() -> None:
    with pytest.raises(sf.SensitivityError, match="none of the inputs moves the figure"):
        steps().sensitivity("waiting_time", inputs=BOTH, design="sobol", samples=2, **RUN)
