"""The service catalogue: what each department offers, to whom, by what promise, and what it needs."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

import pandas as pd

from serviceflow.display import markup
from serviceflow.errors import UnknownNameError
from serviceflow.quality import pages
from serviceflow.quality.service_links import ServiceLink, ServiceLinks, links_of

if TYPE_CHECKING:
    from serviceflow.model.chain import Chain

OFFERS, ASKS = "offers", "asks"
COLUMNS = ("department", "direction", "service", "partner", "content", "standard", "needs")


class ServiceCatalogue:
    """What each department offers and asks for.

    Parameters
    ----------
    name : str
        Of the chain.
    links : ServiceLinks
        Between its departments.

    See Also
    --------
    ServiceChain.service_catalogue : makes one from a chain.
    """

    def __init__(self, name: str, links: ServiceLinks) -> None:
        self.name = name
        self.links = links

    @property
    def departments(self) -> tuple[str, ...]:
        """Whose pages there are."""
        return self.links.departments

    @property
    def table(self) -> pd.DataFrame:
        """One row per department, service and partner: ``offers`` and ``asks``."""
        rows = [row for name in self.departments for link in self.links for row in _rows(name, link)]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def page(self, department: str) -> str:
        """The page of one department, as a part of an HTML file.

        Parameters
        ----------
        department : str
            Its name.

        Returns
        -------
        str
            Escaped markup.

        Raises
        ------
        UnknownNameError
            If there is no such department.

        See Also
        --------
        save : all pages in one file.
        """
        if department not in self.departments:
            raise UnknownNameError("department", department, self.departments)
        offered = [link for link in self.links if link.provider == department]
        asked = [link for link in self.links if link.receiver == department]
        parts = [
            pages.heading(department),
            _about(department, self.links),
            pages.heading("What we offer", 3),
            _table(offered, "for", [link.receiver for link in offered]),
            pages.heading("What we need from others", 3),
            _table(asked, "from", [link.provider for link in asked]),
        ]
        return "".join(parts)

    def save(self, path: str | PathLike[str]) -> None:
        """Write all pages into one HTML file.

        Parameters
        ----------
        path : path
            The file to write.

        See Also
        --------
        page : one page.
        """
        sections = [self.page(name) for name in self.departments]
        title = f"{self.name}: service catalogue"
        pages.save(path, pages.document(title, [pages.heading(title, 1) + sections[0], *sections[1:]]))

    def __repr__(self) -> str:
        return (
            f"ServiceCatalogue({self.name!r}: {len(self.departments)} departments, {len(self.links)} links)"
        )

    def _repr_html_(self) -> str:
        return markup.shown(markup.title(repr(self)), markup.frame(self.table))


def _rows(name: str, link: ServiceLink) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for direction, mine, partner in (
        (OFFERS, link.provider, link.receiver),
        (ASKS, link.receiver, link.provider),
    ):
        if mine == name:
            needs = "; ".join(map(str, link.needs))
            told = (", ".join(link.content), link.standard, needs)
            found += [(name, direction, service, partner, *told) for service in link.services]
    return found


def _about(department: str, links: ServiceLinks) -> str:
    """Rank and site, where labels tell them."""
    for link in links:
        place = {link.receiver: 0, link.provider: 1}.get(department)
        if place is not None and (link.rank[place] or link.site[place]):
            facts = [f"rank: {link.rank[place]}", f"site: {link.site[place]}"]
            told = [fact for fact in facts if not fact.endswith(": ")]
            return pages.paragraph(", ".join(told), "faint")
    return ""


def _table(links: list[ServiceLink], word: str, partners: list[str]) -> str:
    if not links:
        return pages.paragraph("nothing", "faint")
    rows = [
        (
            ", ".join(link.services),
            partner,
            ", ".join(link.content),
            link.standard,
            "; ".join(map(str, link.needs)),
        )
        for link, partner in zip(links, partners, strict=True)
    ]
    return pages.table(("service", word, "content", "promise", "need"), rows)


def catalogue_of(chain: Chain) -> ServiceCatalogue:
    """The catalogue of a chain."""
    return ServiceCatalogue(chain.name, links_of(chain))
