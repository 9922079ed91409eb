"""What a check found, and how it reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from serviceflow.display import markup
from serviceflow.display.text import padded, width
from serviceflow.model.chain import Chain
from serviceflow.theory.capacity import Staff
from serviceflow.theory.checks import chinese
from serviceflow.theory.demand import Demand
from serviceflow.theory.flows import Flows
from serviceflow.theory.load import Load, Loads, loads_of
from serviceflow.units import UNITS, quantity_text

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Finding:
    """One thing to know.

    Attributes
    ----------
    severity : {"error", "warning", "note"}
        An error keeps the chain from running, or from running to its end; with a warning its figures may mean
        something else than they seem to.
    path : str
        Where in the model.
    message : str
        What it is, and what to do.
    """

    severity: str
    path: str
    message: str

    def __str__(self) -> str:
        return self.text()

    def text(self, language: str = "en") -> str:
        """Return it on one line, in English (``"en"``) or Chinese (``"zh"``).

        Parameters
        ----------
        language : str
            ``"en"`` or ``"zh"``.

        Returns
        -------
        str
            How grave it is, where, and what.

        See Also
        --------
        CheckReport.text : all findings.
        """
        severity, message = self.severity, self.message
        if language == "zh":
            severity, message = chinese.SEVERITIES[severity], chinese.in_chinese(message)
        return ": ".join(part for part in (severity, self.path, message) if part)


@dataclass(frozen=True)
class CheckReport:
    """What a check found.

    Attributes
    ----------
    name : str
        The chain's name.
    findings : tuple of Finding
        Errors first, then warnings, then notes.
    loads : Loads or None
        Offered load of every provider and flows of every stock; None where errors forbid reckoning them.
    """

    name: str
    findings: tuple[Finding, ...]
    loads: Loads | None

    @property
    def ok(self) -> bool:
        """Whether the chain can be run, and each of its scenarios."""
        return not self.problems

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The errors among the findings."""
        return self._of(ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The warnings among the findings."""
        return self._of(WARNING)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The notes among the findings."""
        return self._of(NOTE)

    def _of(self, severity: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == severity)

    def __str__(self) -> str:
        return self.text()

    def text(self, language: str = "en") -> str:
        """Return the findings and the loads as text.

        Parameters
        ----------
        language : str
            ``"en"`` or ``"zh"``. Places and fields stay as they are in the file, and so does a message of
            which there is no translation.

        Returns
        -------
        str
            A line for each finding, then the offered load of every provider.

        Raises
        ------
        ValueError
            If there is no such language.

        See Also
        --------
        ServiceChain.check : makes it.

        Examples
        --------
        >>> print(chain.check().text(language="zh"))
        提示: run.replications: 2 次重复运行的区间比较粗略；最好 20 次以上
        ...
        """
        if language not in LANGUAGES:
            raise ValueError(f"language={language!r}: use 'en' or 'zh'")
        lines = [finding.text(language) for finding in self.findings]
        if self.loads is not None and self.loads.providers:
            lines += ["", *_load_lines(self.loads.providers, language)]
        nothing = chinese.NOTHING if language == "zh" else "nothing to remark"
        return "\n".join(lines or [nothing]).strip("\n")

    def __repr__(self) -> str:
        many = [f"{len(self._of(severity))} {severity}s" for severity in SEVERITIES]
        return f"CheckReport({self.name!r}: {', '.join(many)})"

    def _repr_html_(self) -> str:
        loads = self.loads.providers if self.loads is not None else ()
        return markup.shown(
            markup.title(self.name),
            markup.bullets(self.findings) or markup.say("nothing to remark"),
            _load_table(loads) if loads else "",
        )


@dataclass(frozen=True)
class Look:
    """A chain under check, and what is reckoned of it once for all."""

    chain: Chain

    @cached_property
    def flows(self) -> Flows:
        """How its requests flow."""
        return Flows(self.chain)

    @cached_property
    def demand(self) -> Demand:
        """What they bring about."""
        return Demand(self.flows, Staff(self.chain))

    @cached_property
    def loads(self) -> Loads:
        """The offered load of every provider and the flows of every stock."""
        return loads_of(self.demand)

    @cached_property
    def provider_number(self) -> dict[str, int]:
        """A number for each provider."""
        return {name: number for number, name in enumerate(self.chain.providers)}

    def pace(self, name: str) -> float:
        """The least share of its duration that a service takes: with the fastest member; 0 if they learn."""
        service = self.chain.services[name]
        members = (self.chain.providers[one].members or {} for one in service.provider_names)
        fastest = max((member.speed for found in members for member in found.values()), default=1.0)
        return 0.0 if service.learning is not None else 1 / fastest

    def sheds(self, provider: str) -> bool:
        """Whether a queue cannot grow for ever: its places are limited, or nobody stays in it for ever."""
        found = self.chain.providers[provider]
        names = self.flows.services_of.get(provider, [])
        if found.queue_limit is not None and (
            found.when_full == "refuse" or not self._handed_on & set(names)
        ):
            return True
        served = [self.chain.services[name] for name in names]
        return bool(served) and all(service.limits_time for service in served)

    @cached_property
    def _handed_on(self) -> set[str]:
        """Services that others send requests to, who are blocked by a full queue; consumers are refused."""
        links = [*self.chain.handoffs, *self.chain.calls]
        return {link.target for link in links if link.origin not in self.chain.consumers}

    def in_scenarios(self, name: str) -> bool:
        """Whether a scenario names it, so that it may be of use there."""
        return repr(name) in self._scenarios

    @cached_property
    def _scenarios(self) -> str:
        return "\n".join(repr((one.changes, one.adds)) for one in self.chain.scenarios.values())


def percent(value: float) -> str:
    """A share to four digits, which tell 100.3% from 100%; what is far too much has none."""
    return "over 1,000%" if value > FAR_TOO_MUCH else f"{100 * value:.4g}%"


FAR_TOO_MUCH = 10.0
"""A load beyond which its figure says no more: a unit, or a rate, is mistaken."""


def _load_text(value: float) -> str:
    return ">1000%" if value > FAR_TOO_MUCH else f"{value:.0%}"


def roughly(ticks: float) -> str:
    """A duration to two digits or so, in the largest unit of which there are two."""
    unit = next((unit for unit in ("week", "day", "h", "min") if ticks >= 2 * UNITS[unit]), "s")
    return quantity_text(max(1, round(ticks / UNITS[unit])), unit)


def _load_lines(loads: tuple[Load, ...], language: str) -> Iterator[str]:
    wide = max(8, *(width(load.provider) for load in loads))
    first, *rest = (chinese.LOADS[one] if language == "zh" else one for one in chinese.LOADS)
    heads = [" " * (size - width(head)) + head for head, size in zip(rest, (8, 8, 6), strict=True)]
    yield "  ".join((padded(first, wide), *heads))
    for load in loads:
        notes = f"  ({', '.join(load.notes)})" if load.notes else ""
        name = padded(load.provider, wide)
        yield f"{name}  {load.work:8.3g}  {load.staff:8.3g}  {_load_text(load.utilization):>6}{notes}"


def _load_table(loads: tuple[Load, ...]) -> str:
    rows = [
        (
            load.provider,
            f"{load.work:.3g}",
            f"{load.staff:.3g}",
            _load_text(load.utilization),
            ", ".join(load.notes),
        )
        for load in loads
    ]
    return markup.table(("provider", "work", "on duty", "load", ""), rows, (1, 2, 3))
