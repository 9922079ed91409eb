"""What a careful modeller would want to know of a chain before simulating it."""

from __future__ import annotations

from serviceflow.errors import few_hints
from serviceflow.model.chain import Chain
from serviceflow.theory.checks.finding import ERROR, SEVERITIES, CheckReport, Finding, Look
from serviceflow.theory.checks.hours import hour_findings
from serviceflow.theory.checks.promises import promise_findings
from serviceflow.theory.checks.routes import route_findings
from serviceflow.theory.checks.settings import setting_findings
from serviceflow.theory.checks.work import work_findings


@few_hints()
def check(chain: Chain) -> CheckReport:
    """Look a chain over without running it.

    Gives every problem that keeps it from running, the offered load of every provider against the staff on
    duty (calendars, speeds and outages counted), the balance of every stock, and what else is likely to be
    other than was meant.
    """
    errors = tuple(Finding(ERROR, problem.path, problem.message) for problem in chain.problems())
    if errors:
        return CheckReport(chain.name, errors, None)
    look = Look(chain)
    found = [
        finding
        for part in (work_findings, route_findings, hour_findings, promise_findings, setting_findings)
        for finding in part(look)
    ]
    found.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return CheckReport(chain.name, tuple(found), look.loads)


__all__ = ["CheckReport", "Finding", "check"]
