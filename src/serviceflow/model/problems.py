"""What is wrong with a chain as a whole, in one list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from serviceflow.model.branches import branch_mistakes
from serviceflow.model.mistakes import Mistake
from serviceflow.model.opening import opening_mistakes
from serviceflow.model.references import ambiguous_links, known_names, reference_mistakes
from serviceflow.model.requests import request_mistakes
from serviceflow.model.routing import routing_mistakes, unreachable
from serviceflow.model.staffing import staffing_mistakes
from serviceflow.model.trainings import training_mistakes
from serviceflow.units import LONGEST

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain


def find_problems(chain: Chain) -> list[Mistake]:
    """Everything for which a chain cannot be run; its own scenarios apart.

    Where names are undefined, the ways of requests are not looked at.
    """
    found = [
        *_emptiness(chain),
        *_too_long(chain),
        *reference_mistakes(chain, known_names(chain)),
        *ambiguous_links(chain),
    ]
    if found:
        return found
    return [
        *staffing_mistakes(chain),
        *routing_mistakes(chain),
        *branch_mistakes(chain),
        *request_mistakes(chain),
        *training_mistakes(chain),
        *opening_mistakes(chain),
    ]


def _emptiness(chain: Chain) -> list[Mistake]:
    if not chain.consumers:
        return [Mistake("nobody asks for anything; add a consumer", ("consumers",))]
    return []


def _too_long(chain: Chain) -> Iterator[Mistake]:
    """A run whose end cannot be counted; one that is steady may go on for its duration after the window."""
    run = chain.run
    lengths = [0.0 if one is None else one.constant(chain.time_unit) for one in (run.warm_up, run.duration)]
    if lengths[0] + 2 * lengths[1] >= LONGEST:
        message = "warm_up and twice the duration come to more than 7 million weeks; shorten the run"
        yield Mistake(message, ("run",))


def find_broken_names(chain: Chain, data: Mapping[str, object]) -> list[Mistake]:
    """Undefined names, in a chain of which parts could not be read and are only known by name."""
    known = known_names(chain)
    for section, found in known.items():
        written = data.get(section)
        if isinstance(written, Mapping):
            known[section] = found | frozenset(map(str, written))
    return reference_mistakes(chain, known)


def find_oddities(chain: Chain) -> list[Mistake]:
    """What runs, but as a rule was not meant: services that nobody reaches, providers without work."""
    used = {name for service in chain.services.values() for name in service.provider_names}
    return [
        *(Mistake("no request ever comes here", ("services", name)) for name in unreachable(chain)),
        *(
            Mistake("it has nothing to do: no service names it", ("providers", n))
            for n in chain.providers
            if n not in used
        ),
    ]
