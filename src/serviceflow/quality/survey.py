"""A survey: what those who are served expect and find, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from serviceflow.display import markup
from serviceflow.quality.answers import FIELDS, KEYS, PROVIDER, Answers
from serviceflow.quality.errors import SurveyError
from serviceflow.quality.experience import level_table
from serviceflow.quality.importance import importance_table
from serviceflow.quality.instruments import AUTO, OVERALL, Instrument, instrument, instrument_with
from serviceflow.quality.internal import internal_table, zone_table
from serviceflow.quality.reading import items_in, read_answers, read_table
from serviceflow.quality.reliability import alpha_of, omega_of
from serviceflow.quality.resampling import RESAMPLES, SEED
from serviceflow.quality.scoring import (
    ALL,
    FEWEST,
    Manner,
    gap_table,
    groups_of,
    item_table,
    link_table,
    read_by,
)

NOT_ESTIMABLE = "not estimable: fewer than 3 items or 20 respondents"


class Survey:
    """Answers of those who are served, about those who serve them.

    A file is *tidy*, with a row per item (columns ``respondent``, ``link`` or ``receiver`` and ``provider``,
    ``item``, ``expectation``, ``perception``, and if there are any ``adequate``, ``weight``, ``role``,
    ``period``, ``comment``), or *wide*, with a row per sheet and columns such as ``E1``, ``P1`` and
    ``weight reliability``. A link is written ``Front desk -> Housekeeping``: who is served, then who serves.

    Parameters
    ----------
    source : path or DataFrame
        A CSV or Excel file, or a table of the same shape.
    instrument : str, path, mapping or Instrument
        What was asked: ``"five dimensions"`` (22 items), ``"internal"`` (10), or one of your own. By default
        (``"auto"``) the shipped one that has the items of the file; none or several are refused.
    reverse : iterable of str
        Items in which a high number is bad, beyond those that the instrument names.
    columns : mapping, optional
        Names of columns in the file to those that are known here, or to ``ignore``.
    sheet : str or int
        Which sheet of a workbook.
    confidence : float
        Level of the intervals.
    resamples, seed : int
        Of the resampling of respondents: the same seed gives the same intervals.
    fewest : int
        Respondents below which no figure is told; 5 or more.

    Attributes
    ----------
    problems : DataFrame
        What is wrong in the file: row, respondent, column, what was found, and what was done about it.

    Raises
    ------
    SurveyError
        If the file holds no answers to this instrument.

    See Also
    --------
    instrument : what a survey asks.
    ServiceChain.survey_form : sheets to hand out, written from a chain.
    kano : what features are to people.

    Notes
    -----
    See :mod:`serviceflow.quality.scoring` for how scores are made. Perceptions stand beside gaps always: of
    internal services they were found slightly more valid (Brandon-Jones and Silvestro 2010).

    Examples
    --------
    Examples of methods go on from these.

    >>> import pandas as pd
    >>> import serviceflow as sf
    >>> rows = [{"respondent": n, "link": "Front desk -> Housekeeping", "item": item,
    ...          "expectation": 6, "perception": 5 - ((n + item) % 3 == 0)}
    ...         for n in range(24) for item in range(1, 11)]
    >>> survey = sf.Survey(pd.DataFrame(rows), instrument="internal")
    >>> survey
    Survey(24 respondents, 1 link, internal: no problems)
    """

    def __init__(
        self,
        source: str | PathLike[str] | pd.DataFrame,
        instrument: str | PathLike[str] | Mapping[str, Any] | Instrument = AUTO,
        *,
        reverse: Iterable[str] = (),
        columns: Mapping[str, str] | None = None,
        sheet: str | int = 0,
        confidence: float = 0.95,
        resamples: int = RESAMPLES,
        seed: int = SEED,
        fewest: int = FEWEST,
    ) -> None:
        self._manner = _manner(confidence, resamples, seed, fewest)
        known = None if isinstance(instrument, str) and instrument == AUTO else _instrument(instrument)
        table = read_table(source, sheet)
        self.instrument = known or instrument_with(items_in(table, columns))
        self._all, problems = read_answers(table, self.instrument, reverse, columns)
        self.problems: pd.DataFrame = problems.table()

    @cached_property
    def _answers(self) -> Answers:
        """Those of the receivers."""
        found = self._all.receivers
        if not len(found):
            raise SurveyError("only providers have answered; the gaps are those of the receivers")
        return found

    @property
    def links(self) -> tuple[str, ...]:
        """The links of which there are answers."""
        return tuple(sorted(set(self._all.sheets["link"])))

    @property
    def providers(self) -> tuple[str, ...]:
        """The departments of which there are answers."""
        return tuple(sorted(set(self._all.sheets["provider"])))

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods, in the order of their names."""
        return tuple(sorted(set(self._all.sheets["period"])))

    @property
    def has_pairs(self) -> bool:
        """Whether it was asked what is expected, beside what is found."""
        return self._answers.has_pairs

    @cached_property
    def answers(self) -> pd.DataFrame:
        """What counts, one row per sheet and item: cleaned, and reversed items turned."""
        sheets, items = self._all.sheets, self.instrument.keys
        table = sheets.loc[sheets.index.repeat(len(items)), [*KEYS, "link", "row"]].reset_index(drop=True)
        table["item"] = np.tile(np.array(items, dtype=object), len(sheets))
        for field in FIELDS:
            if self._all.has(field):
                table[field] = self._all.values[field].ravel()
        asked = [field for field in FIELDS if field in table]
        return table.dropna(subset=asked, how="all").reset_index(drop=True)

    def gaps(self, by: str | Iterable[str] | None = "link") -> pd.DataFrame:
        """What is found and, where it was asked, how far that is from what is expected.

        Parameters
        ----------
        by : str or iterable of str, optional
            ``link``, ``provider``, ``receiver``, ``period``, several of them, or None for everybody together.

        Returns
        -------
        DataFrame
            One row per group and dimension, with one for all dimensions, unweighted and weighted by each
            respondent's points: ``expectation``, ``perception`` and ``gap`` with their intervals, and a
            ``note`` where nothing is told.

        Raises
        ------
        UnknownNameError
            If there is no such grouping.

        See Also
        --------
        items : the same by item.
        by_link : with links of few respondents drawn to their provider's mean.

        Examples
        --------
        >>> table = survey.gaps("provider")
        >>> table.loc[table["dimension"] == "all dimensions", ["provider", "gap"]].round(2)
               provider   gap
        5  Housekeeping -1.33
        """
        return gap_table(self._answers, read_by(by), self._manner)

    def items(self, by: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Scores of each item, and whether its gap is more than chance.

        Parameters
        ----------
        by : str or iterable of str, optional
            As of :meth:`gaps`; everybody together by default.

        Returns
        -------
        DataFrame
            As of :meth:`gaps`, with ``missing`` answers, the probability ``p`` of such a gap by chance, and
            ``p_holm``, adjusted for the number of items.

        Raises
        ------
        UnknownNameError
            If there is no such grouping.

        See Also
        --------
        gaps : by dimension.

        Examples
        --------
        >>> survey.items()[["item", "title", "gap"]].head(2).round(2)
          item            title   gap
        0    1          on time -1.33
        1    2  right and whole -1.33
        """
        return item_table(self._answers, read_by(by), self._manner)

    def by_link(self, by: str | Iterable[str] = "link") -> pd.DataFrame:
        """Each link's mean over the dimensions, and the same drawn to its provider's mean.

        Parameters
        ----------
        by : str or iterable of str
            ``link``, alone or with ``period``.

        Returns
        -------
        DataFrame
            By link: perception and gap with intervals; ``shrunk`` is the gap (or the perception, if nothing
            else was asked) drawn to the provider's mean, and ``own_share`` how far the link speaks for
            itself in it: little where it has few respondents. A ``note`` says where these are fewer than 20.

        Raises
        ------
        SurveyError
            If links are not told apart.

        See Also
        --------
        gaps : by dimension.

        Examples
        --------
        >>> survey.by_link()[["link", "shrunk", "own_share"]].round(2)
                                 link  shrunk  own_share
        0  Front desk -> Housekeeping   -1.33        1.0
        """
        keys = read_by(by)
        if "link" not in keys:
            raise SurveyError(f"by={by!r} tells no links apart; use gaps")
        return link_table(self._answers, self._manner, "gap" if self.has_pairs else "perception", keys)

    def reliability(self, by: str | Iterable[str] | None = None) -> pd.DataFrame:
        """How far the items of each dimension measure one thing.

        Parameters
        ----------
        by : str or iterable of str, optional
            As of :meth:`gaps`; everybody together by default.

        Returns
        -------
        DataFrame
            By dimension: Cronbach's ``alpha`` of the perceptions with Feldt's interval, and ``omega`` with an
            interval by resampling; NaN under three items or 20 respondents.

        Raises
        ------
        UnknownNameError
            If there is no such grouping.

        See Also
        --------
        items : the items themselves.

        Examples
        --------
        >>> survey.reliability()["note"].unique().tolist()
        ['not estimable: fewer than 3 items or 20 respondents']
        """
        keys = read_by(by)
        rows = []
        for group in groups_of(self._answers, keys):
            for name in self.instrument.dimensions:
                rows.append(dict(zip(keys, group.keys, strict=True)) | self._reliability(name, group))
        return pd.DataFrame(rows)

    def _reliability(self, dimension: str, group: Any) -> dict[str, Any]:
        values = group.answers.values["perception"][:, self.instrument.members(dimension)]
        whole = np.isfinite(values).all(axis=1)
        people, respondent = np.unique(group.respondent[whole], return_inverse=True)
        alpha = alpha_of(values[whole], len(people), self._manner.confidence)
        omega = omega_of(values[whole], respondent, self._manner.confidence, self._manner.seed)
        found = {"dimension": dimension, "items": values.shape[1], "respondents": len(people)}
        for name, value in (("alpha", alpha), ("omega", omega)):
            found |= {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high}
        return found | {"note": NOT_ESTIMABLE if np.isnan(alpha.value) and np.isnan(omega.value) else ""}

    def importance(self, by: str | Iterable[str] | None = None) -> pd.DataFrame:
        """What matters and is done badly: importance and performance of each item.

        Parameters
        ----------
        by : str or iterable of str, optional
            As of :meth:`gaps`; everybody together by default.

        Returns
        -------
        DataFrame
            By item, once with the stated importance (weights, or else expectations) and once with the derived
            one (correlation with the answer to the question for all, from 20 respondents on): ``quadrant`` is
            "concentrate here", "keep up the good work", "low priority", "possible overkill", or "undecided"
            where the ellipse of the point crosses a line.

        Raises
        ------
        SurveyError
            If the survey has neither weights nor expectations nor a question for all.

        See Also
        --------
        items : gaps.

        Examples
        --------
        >>> survey.importance()["quadrant"].unique().tolist()
        ['undecided']
        """
        keys = read_by(by)
        if not (self._answers.has("weight") or self.has_pairs or self._answers.sheets[OVERALL].notna().any()):
            raise SurveyError(
                f"nothing says what matters; ask for weights, for expectations, or {OVERALL!r} (all in all)"
            )
        return importance_table(self._answers, keys, self._manner)

    def levels(self, by: str | Iterable[str] | None = "link", met_from: float | None = None) -> pd.DataFrame:
        """The level of experience of each link: basic, satisfied, delighted, unexpected, or none.

        Parameters
        ----------
        by : str or iterable of str, optional
            As of :meth:`gaps`.
        met_from : float, optional
            The mean perception from which an item is met; by default where it reaches the expectation, or two
            thirds of the scale if expectations were not asked.

        Returns
        -------
        DataFrame
            By link: ``level``, the highest one all of whose items are met, and those of all below it; the
            share of resamples that agree (under 95% a note says "undecided"); and the items that are
            ``missing`` for the next one.

        Raises
        ------
        UnknownNameError
            If there is no such grouping.

        See Also
        --------
        kano : to find out what is basic and what delights.

        Examples
        --------
        >>> survey.levels()["level"].tolist()
        ['none']
        >>> survey.levels(met_from=4)["level"].tolist()
        ['delighted']
        """
        return level_table(self._answers, read_by(by), met_from, self._manner)

    def zones(self, by: str | Iterable[str] | None = "link") -> pd.DataFrame:
        """Where what is found lies between what is just adequate and what is desired.

        Parameters
        ----------
        by : str or iterable of str, optional
            As of :meth:`gaps`.

        Returns
        -------
        DataFrame
            By dimension: ``adequacy`` (perception minus adequate) and ``superiority`` (minus desired) with
            intervals, and the ``zone``: "below tolerance", "tolerated", "better than desired", or
            "undecided".

        Raises
        ------
        SurveyError
            If nobody was asked what is adequate.

        See Also
        --------
        gaps : the distance from what is desired.

        Examples
        --------
        >>> rows = survey.answers.assign(adequate=3).drop(columns=["receiver", "provider", "row"])
        >>> sf.Survey(rows, instrument="internal").zones()["zone"].unique().tolist()
        ['tolerated']
        """
        keys = read_by(by)
        if not self._answers.has("adequate"):
            raise SurveyError("nobody was asked what is adequate; give a column 'adequate' (A1, A2, ...)")
        return zone_table(self._answers, keys, self._manner)

    def internal_gaps(self, by: str | Iterable[str] | None = "link") -> pd.DataFrame:
        """What providers believe, beside what receivers say: of expectations and of what is delivered.

        Parameters
        ----------
        by : str or iterable of str, optional
            As of :meth:`gaps`.

        Returns
        -------
        DataFrame
            By dimension: ``understanding`` (the provider's belief about expectations minus these),
            ``self_image`` (what the provider thinks it delivers minus what is found) and ``gap`` (what is
            found minus what is expected), with intervals.

        Raises
        ------
        SurveyError
            If no provider has answered (``role: provider``).

        See Also
        --------
        gaps : those of the receivers only.

        Examples
        --------
        >>> rows = survey.answers[["respondent", "role", "link", "item", "expectation", "perception"]]
        >>> theirs = rows.assign(role="provider", respondent="own " + rows["respondent"], perception=6)
        >>> both = sf.Survey(pd.concat([rows, theirs]), instrument="internal")
        >>> both.internal_gaps()["self_image"].round(2).unique().tolist()
        [1.33]
        """
        keys = read_by(by)
        theirs = self._all.chosen((self._all.sheets["role"] == PROVIDER).to_numpy())
        if not len(theirs):
            raise SurveyError("no provider has answered; sheets of theirs have the role 'provider'")
        return internal_table(self._answers, theirs, keys, self._manner)

    def comments(self, by: str = "link") -> pd.DataFrame:
        """What people wrote, without who it was; none of links with fewer than five respondents.

        Parameters
        ----------
        by : str
            ``link``, ``provider`` or ``receiver``.

        Returns
        -------
        DataFrame
            The comments of each, in the order of the alphabet, so that nobody is found by a place.

        Raises
        ------
        UnknownNameError
            If there is no such grouping.

        See Also
        --------
        problems : what is wrong in the file.

        Examples
        --------
        >>> len(survey.comments())
        0
        """
        (key,) = read_by(by)
        sheets = self._answers.sheets
        people = sheets.groupby(key)["respondent"].transform("nunique")
        told = sheets[(people >= self._manner.fewest) & (sheets["comment"] != "")]
        return told[[key, "comment"]].sort_values([key, "comment"]).reset_index(drop=True)

    def summary(self) -> pd.DataFrame:
        """Each link's mean over the dimensions, those of the largest gaps first.

        Returns
        -------
        DataFrame
            As of :meth:`by_link`.

        See Also
        --------
        gaps : by dimension.

        Examples
        --------
        >>> survey.summary()["link"].tolist()
        ['Front desk -> Housekeeping']
        """
        measure = "gap" if self.has_pairs else "perception"
        return self.by_link().sort_values([measure, "link"]).reset_index(drop=True)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        people = self._all.sheets["respondent"].nunique()
        links = len(self.links)
        wrong = len(self.problems)
        return (
            f"{type(self).__name__}({people} respondent{'s' if people != 1 else ''},"
            f" {links} link{'s' if links != 1 else ''}, {self.instrument.name}:"
            f" {wrong or 'no'} problem{'s' if wrong != 1 else ''})"
        )

    def _repr_html_(self) -> str:
        return markup.shown(markup.title(repr(self)), markup.frame(self.summary()))


def _instrument(given: Any) -> Instrument:
    return instrument(given)


def _manner(confidence: float, resamples: int, seed: int, fewest: int) -> Manner:
    if not 0 < confidence < 1:
        raise SurveyError(f"confidence={confidence!r} is no level of confidence; give one such as 0.95")
    if not isinstance(resamples, int) or resamples < 200:
        raise SurveyError(f"resamples={resamples!r} are too few for an interval; give 200 or more")
    if fewest < FEWEST:
        raise SurveyError(f"fewest={fewest!r} would tell what single people answered; give {FEWEST} or more")
    return Manner(confidence, resamples, seed, fewest)


__all__ = ["ALL", "Survey"]
