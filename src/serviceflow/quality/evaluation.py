"""The fifth element of an internal service: how well each link is served, as far as a run and people say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from serviceflow.quality.complaints import complaint_table
from serviceflow.quality.joined import Heard, heard_of
from serviceflow.quality.scorecards import promise_table
from serviceflow.quality.service_links import Judged, ServiceLink, ServiceLinks, links_of

if TYPE_CHECKING:
    import pandas as pd

    from serviceflow.quality.survey import Survey
    from serviceflow.results.results import Results

ATTAINMENT, COMPLAINTS = "attainment", "complaints"


def evaluated(results: Results, survey: Survey | None = None) -> ServiceLinks:
    """The links of a chain, each with how well it was served."""
    links = links_of(results.chain)
    heard = heard_of(survey, links) if survey is not None else {}
    measure = "gap" if survey is not None and survey.has_pairs else "perception"
    complaints = complaint_table(results)
    found = []
    for link in links:
        judged = [
            *_kept(results, link),
            *_said(heard.get(link.name), measure),
            *_complained(complaints, link),
        ]
        found.append(replace(link, evaluation=tuple(judged)))
    return ServiceLinks(found)


def _kept(results: Results, link: ServiceLink) -> Iterator[Judged]:
    for own_half in (False, True):
        for row in promise_table(results, [link], own_half).itertuples(index=False, name=None):
            _, promise, _, mean, low, high, state = row
            note = f"{state}; the receiver's own half" if own_half else state
            yield Judged(ATTAINMENT, promise, mean, low, high, note)


def _said(heard: Heard | None, measure: str) -> Iterator[Judged]:
    if heard is not None:
        people = f"{heard.respondents} respondents" if heard.respondents else ""
        note = "; ".join(filter(None, (people, heard.note)))
        yield Judged(measure, "survey", heard.value, heard.low, heard.high, note)


def _complained(complaints: pd.DataFrame, link: ServiceLink) -> Iterator[Judged]:
    """Complaints by the ways of the link; of a consumer and a call they are of the whole request."""
    shares = complaints[["scope", "name", "share", "ci_low", "ci_high"]]
    for scope, name, share, low, high in shares.itertuples(index=False, name=None):
        if (scope, name) in link.ways:
            note = "of deliveries" if scope == "handoff" else "of whole requests"
            yield Judged(COMPLAINTS, name, share, low, high, note)
