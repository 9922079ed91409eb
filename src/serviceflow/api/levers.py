"""Levers with what can be done with them: a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.analysis.levers import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Levers(table.Levers):
    __doc__ = table.Levers.__doc__

    def plot(self, ax: Axes | None = None, *, language: str = "en") -> Axes:
        """Draw the gain of each lever as a dot on its interval, the best on top.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.
        language : {"en", "zh"}
            Of titles, axes and legends; names stay as they are.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        Raises
        ------
        UnknownNameError
            If there is no such language.

        See Also
        --------
        table : the figures.
        """
        from serviceflow.view.charts.chinese import in_language
        from serviceflow.view.charts.levers import plot_levers

        return in_language(
            plot_levers(self.table, objective=self.objective, unit=self.race.objective.unit, ax=ax),
            language,
            self.table["lever"].tolist(),
        )


__all__ = ["Levers"]
