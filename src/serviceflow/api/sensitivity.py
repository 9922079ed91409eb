"""How much a figure depends on each input, with its chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serviceflow.analysis import sensitivity

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Sensitivity(sensitivity.Sensitivity):
    __doc__ = sensitivity.Sensitivity.__doc__

    def plot(self, ax: Axes | None = None) -> Axes:
        """The tornado: how far each input moves the figure either way.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; new axes by default.

        Returns
        -------
        matplotlib Axes
            What was drawn on.

        See Also
        --------
        ServiceChain.sensitivity : what is drawn.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.example("hotel_checkin")
        >>> short = {"duration": "1 day", "warm_up": 0, "replications": 2, "seed": 7, "engine": "simpy"}
        >>> axes = chain.sensitivity(inputs=["duration of Clean room"], **short).plot()
        """
        from serviceflow.view.charts.tornado import plot_tornado

        return plot_tornado(self.table, objective=self.objective, unit=self.unit, by=self.by, ax=ax)
