"""Links between departments: who is served by whom, with what, by what promise, and how well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar, overload

import pandas as pd

from serviceflow.display import markup
from serviceflow.errors import UnknownNameError
from serviceflow.model.departments import Asking, askings
from serviceflow.model.sla import SLA

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

T = TypeVar("T")
BY_SEQUENCE, BY_FUNCTION, BY_RANK = "sequence of work", "function", "rank"
"""What makes the receiver a customer: it passes work on, it asks for a service, or it is above or below."""
CONTENTS = ("information", "material", "support", "decision")
"""What a service may be; others may be written too."""
NONE_AGREED = "none agreed"
KINDS = {"response": "response", "resolution": "resolution", "first_time_right": "first time right"}


@dataclass(frozen=True)
class Clause:
    """One promise or need on a link.

    Attributes
    ----------
    name : str
        What the tables of results call it: ``Guests: resolution``.
    kind : str
        "response", "resolution" or "first_time_right".
    share : float
        How many are to be served so.
    text : str
        As it is written: ``90% within 15 min``.
    scope, of : str
        The element of the chain that has it.
    """

    name: str
    kind: str
    share: float
    text: str
    scope: str
    of: str

    @property
    def is_own_half(self) -> bool:
        """Whether the receiver keeps it: that what it asks for comes complete."""
        return self.kind == "first_time_right"

    def __str__(self) -> str:
        if self.kind == "first_time_right":
            return f"{self.text} right first time"
        return f"{KINDS[self.kind]} {self.text}"


class Judged(NamedTuple):
    """One figure of how well a link was served.

    Attributes
    ----------
    measure : str
        "attainment", "gap" or "perception", "complaints".
    of : str
        The promise, the survey, or the element that has complaints.
    value, low, high : float
        The figure and its interval; NaN where nothing is told.
    note : str
        What it means, or why nothing is told.
    """

    measure: str
    of: str
    value: float
    low: float
    high: float
    note: str

    def __str__(self) -> str:
        if self.value != self.value:
            return f"{self.of}: not told"
        form = ".1f" if self.of == "survey" else ".0%"
        shown = f"{self.of}: {self.value:{form}}"
        return shown if self.low != self.low else f"{shown} ({self.low:{form}} to {self.high:{form}})"


@dataclass(frozen=True)
class ServiceLink:
    """One department serves another: the five elements of an internal service.

    Attributes
    ----------
    receiver, provider : str
        Who is served, and who serves.
    services : tuple of str
        The content: what for.
    content : tuple of str
        Of what kind that is: information, material, support, decision, or as labels say.
    promises, needs : tuple of Clause
        The standard: what is agreed, and what the receiver needs.
    customer : tuple of str
        What makes the receiver a customer: sequence of work, function, rank.
    ways : tuple of (str, str)
        Scope and name of the consumers, handoffs, calls and stocks by which it asks.
    rank, site : tuple of str
        Labels of the receiver and of the provider; empty where there are none.
    evaluation : tuple of Judged
        How well it was served: promises kept, what people say, complaints. Empty where nothing was run
        (``chain.links()``); ``results.links()`` has it.
    """

    receiver: str
    provider: str
    services: tuple[str, ...]
    content: tuple[str, ...]
    promises: tuple[Clause, ...]
    needs: tuple[Clause, ...]
    customer: tuple[str, ...]
    ways: tuple[tuple[str, str], ...]
    rank: tuple[str, str] = ("", "")
    site: tuple[str, str] = ("", "")
    evaluation: tuple[Judged, ...] = ()

    @property
    def name(self) -> str:
        """The link as surveys write it: receiver first."""
        return f"{self.receiver} -> {self.provider}"

    @property
    def standard(self) -> str:
        """What is agreed, in a line."""
        return "; ".join(map(str, self.promises)) or NONE_AGREED


class ServiceLinks(Sequence[ServiceLink]):
    """The links between the departments of a chain.

    Parameters
    ----------
    links : iterable of ServiceLink
        In the order of the chain.

    See Also
    --------
    ServiceChain.links : makes them from a chain.
    """

    def __init__(self, links: Sequence[ServiceLink]) -> None:
        self._links = tuple(links)

    @property
    def names(self) -> tuple[str, ...]:
        """The links as surveys write them."""
        return tuple(link.name for link in self._links)

    @property
    def departments(self) -> tuple[str, ...]:
        """Everybody who serves or is served."""
        return tuple(dict.fromkeys(name for link in self._links for name in (link.receiver, link.provider)))

    @property
    def table(self) -> pd.DataFrame:
        """One row per link: receiver, provider, content, standard, need, and the kind of customer.

        After a run also evaluation: attainment, what is perceived, and complaints, in words.
        """
        table = pd.DataFrame([_row(link) for link in self._links], columns=list(_COLUMNS))
        if any(link.evaluation for link in self._links):
            for column, measures in _EVALUATION.items():
                table[column] = [_judged(link, measures) for link in self._links]
        return table

    @property
    def evaluation(self) -> pd.DataFrame:
        """One row per link and figure of its evaluation: promises kept, what people say, complaints."""
        rows = [(link.name, *one) for link in self._links for one in link.evaluation]
        return pd.DataFrame(rows, columns=["link", *Judged._fields])

    def of(self, name: str) -> ServiceLink:
        """The link of a name.

        Parameters
        ----------
        name : str
            Such as ``Check out -> Clean room``.

        Returns
        -------
        ServiceLink
            Its ends, services and promises.

        Raises
        ------
        UnknownNameError
            If there is none.

        See Also
        --------
        ServiceChain.links : makes them.
        """
        for link in self._links:
            if link.name == name:
                return link
        raise UnknownNameError("link", name, self.names)

    @overload
    def __getitem__(self, place: int) -> ServiceLink: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[ServiceLink, ...]: ...
    def __getitem__(self, place: int | slice) -> ServiceLink | tuple[ServiceLink, ...]:
        return self._links[place]

    def __len__(self) -> int:
        return len(self._links)

    def __iter__(self) -> Iterator[ServiceLink]:
        return iter(self._links)

    def __repr__(self) -> str:
        bare = sum(not link.promises for link in self._links)
        whose = f"{len(self)} links of {len(self.departments)} departments"
        return f"ServiceLinks({whose}, {bare} without a promise)"

    def __str__(self) -> str:
        return self.table.to_string(index=False)

    def _repr_html_(self) -> str:
        return markup.shown(markup.title(repr(self)), markup.frame(self.table))


_COLUMNS = (
    "link",
    "receiver",
    "provider",
    "services",
    "content",
    "standard",
    "needs",
    "customer by",
    "receiver rank",
    "provider rank",
    "receiver site",
    "provider site",
)


_EVALUATION = {
    "attainment": ("attainment",),
    "perceived": ("gap", "perception"),
    "complaints": ("complaints",),
}
"""Columns of the table to the measures that stand in them."""


def _judged(link: ServiceLink, measures: tuple[str, ...]) -> str:
    return "; ".join(str(one) for one in link.evaluation if one.measure in measures)


def _row(link: ServiceLink) -> tuple[str, ...]:
    return (
        link.name,
        link.receiver,
        link.provider,
        ", ".join(link.services),
        ", ".join(link.content),
        link.standard,
        "; ".join(map(str, link.needs)),
        ", ".join(link.customer),
        *link.rank,
        *link.site,
    )


def links_of(chain: Chain) -> ServiceLinks:
    """The links of a chain; what a department asks of itself only where it is promised or needed."""
    found: dict[tuple[str, str], list[Asking]] = {}
    for asking in askings(chain):
        if asking.receiver != asking.provider or asking.sla is not None or asking.needs is not None:
            found.setdefault((asking.receiver, asking.provider), []).append(asking)
    return ServiceLinks([_link(chain, *pair, asked) for pair, asked in found.items()])


def _link(chain: Chain, receiver: str, provider: str, asked: list[Asking]) -> ServiceLink:
    labels = [_labels(chain, name) for name in (receiver, provider)]
    ranks = tuple(str(one.get("rank", "")) for one in labels)
    sites = tuple(str(one.get("site", "")) for one in labels)
    return ServiceLink(
        receiver,
        provider,
        _once(one.service for one in asked),
        _once(kind for one in asked for kind in _content(chain, one)),
        _once(clause for one in asked for clause in clauses(one, one.sla)),
        _once(clause for one in asked for clause in clauses(one, one.needs)),
        _customer(asked, (ranks[0], ranks[1])),
        _once((one.scope, one.name) for one in asked),
        (ranks[0], ranks[1]),
        (sites[0], sites[1]),
    )


def _once(found: Iterator[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))


def _labels(chain: Chain, name: str) -> Mapping[str, object]:
    """Labels of a department, as provider and as consumer."""
    found: dict[str, object] = {}
    for section in (chain.consumers, chain.providers):
        if name in section:
            found |= section[name].labels
    return found


def _content(chain: Chain, asking: Asking) -> Iterator[str]:
    """What labels say of the link or else of the service; without any, material where stocks are filled."""
    service = chain.services[asking.service]
    own = asking.labels if asking.scope in ("handoff", "call") else {}
    for labels in (own, service.labels):
        for key in ("content", "kind"):
            if key in labels:
                yield str(labels[key])
                return
    if service.produces or asking.scope == "stock":
        yield "material"


def _customer(asked: list[Asking], ranks: tuple[str, str]) -> tuple[str, ...]:
    told = _once(str(one.labels["customer"]) for one in asked if "customer" in one.labels)
    if told:
        return told
    kinds = [BY_SEQUENCE if one.scope == "handoff" else BY_FUNCTION for one in asked]
    if all(ranks) and ranks[0] != ranks[1]:
        kinds.append(BY_RANK)
    return tuple(dict.fromkeys(kinds))


def clauses(asking: Asking, sla: SLA | None) -> Iterator[Clause]:
    """What an SLA, or a need, says."""
    if sla is None:
        return
    until = f", until {sla.until}" if sla.until is not None else ""
    for kind, target in (("response", sla.response), ("resolution", sla.resolution)):
        if target is not None:
            yield _clause(asking, kind, float(target.share), f"{target}{until}")
    if sla.first_time_right is not None:
        yield _clause(asking, "first_time_right", sla.first_time_right, f"{sla.first_time_right:.4g}")


def _clause(asking: Asking, kind: str, share: float, text: str) -> Clause:
    if kind == "first_time_right":
        text = f"{100 * share:.4g}%"
    return Clause(f"{asking.name}: {KINDS[kind]}", kind, share, text, asking.scope, asking.name)
