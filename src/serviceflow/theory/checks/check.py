"""What a careful modeller would want to know of a chain before simulating it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from serviceflow.errors import few_hints
from serviceflow.model.chain import Chain
from serviceflow.model.mistakes import Mistake
from serviceflow.model.problems import find_problems
from serviceflow.model.reading import as_problem
from serviceflow.model.scenarios import scenario_mistakes
from serviceflow.theory.checks.finding import ERROR, NOTE, SEVERITIES, CheckReport, Finding, Look
from serviceflow.theory.checks.hours import hour_findings
from serviceflow.theory.checks.promises import promise_findings, unpromised
from serviceflow.theory.checks.routes import route_findings, unused_ways
from serviceflow.theory.checks.settings import setting_findings
from serviceflow.theory.checks.work import work_findings

Part = Callable[[Look], Iterator[Finding]]


@few_hints()
def check(chain: Chain) -> CheckReport:
    """Look a chain over without running it.

    Gives every problem that keeps it from running, the offered load of every provider against the staff on
    duty (calendars, speeds and outages counted), the balance of every stock, and what else is likely to be
    other than was meant. What a scenario brings with it is told under its name.
    """
    mistakes = find_problems(chain)
    own = _errors(mistakes)
    look = Look(chain)
    found = own or _findings(look)
    known = {*map(_key, found)}
    for name in chain.scenarios:
        wrong = _errors(scenario_mistakes(chain, mistakes, name))
        found += wrong if wrong or own else _of_scenario(chain, name, known)
    found.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return CheckReport(chain.name, tuple(found), None if own else look.loads)


@few_hints()
def findings_beside(chain: Chain, others: Mapping[str, Chain]) -> dict[str, list[Finding]]:
    """What is to know of other chains, by name, and not of the chain that they stand beside."""
    known = {*map(_key, _findings(Look(chain)))}
    return {name: _news(other, known) for name, other in others.items()}


@few_hints()
def findings_of(chain: Chain) -> list[Finding]:
    """What is to know of a chain that can be run, its scenarios apart; what is graver comes first."""
    return sorted(_findings(Look(chain)), key=lambda finding: SEVERITIES.index(finding.severity))


def _errors(mistakes: list[Mistake]) -> list[Finding]:
    problems = map(as_problem, mistakes)
    return [Finding(ERROR, problem.path, problem.message) for problem in problems]


_OF_SCENARIOS = (work_findings, route_findings, hour_findings, promise_findings)
"""What is looked at in scenarios; what one of them does not use, the chain itself may."""
_ALL = (*_OF_SCENARIOS, unused_ways, setting_findings, unpromised)


def _findings(look: Look, parts: tuple[Part, ...] = _ALL) -> list[Finding]:
    return [finding for part in parts for finding in part(look)]


def _of_scenario(chain: Chain, name: str, known: set[tuple[str, ...]]) -> list[Finding]:
    """What is to know of the chain as a scenario changes it, and not of the chain as it is."""
    return [
        Finding(one.severity, f"scenarios.{name}", f"{one.path}: {one.message}" if one.path else one.message)
        for one in _news(chain.scenario(name), known)
    ]


def _news(chain: Chain, known: set[tuple[str, ...]]) -> list[Finding]:
    return [one for one in _findings(Look(chain), _OF_SCENARIOS) if _key(one) not in known]


def _key(finding: Finding) -> tuple[str, ...]:
    """By what two findings are the same; notes are by their place, whatever figures are in them."""
    return (finding.path,) if finding.severity == NOTE else (finding.path, finding.message)


__all__ = ["CheckReport", "Finding", "check", "findings_beside", "findings_of"]
