"""The public face: chains that simulate and map themselves, and results that show what they found.

Every method is a line or two: the work is done in the layers below, which are imported when they are
first needed, so that loading and checking a chain does not wait for pandas or matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serviceflow.errors import ModelError, ServiceflowError
from serviceflow.model.chain import Chain
from serviceflow.renamed import renamed_arguments

if TYPE_CHECKING:
    import networkx
    import pandas as pd

    from serviceflow.analysis.designs import DesignedSensitivity
    from serviceflow.analysis.estimating import Estimate
    from serviceflow.analysis.levers import Chosen
    from serviceflow.analysis.selecting import Best
    from serviceflow.api.discovering import Discovery
    from serviceflow.api.levers import Levers
    from serviceflow.api.results import Comparison, Factorial, Results
    from serviceflow.api.sensitivity import Sensitivity
    from serviceflow.engine.reference.behaviours import Behaviours
    from serviceflow.mining.event_log import EventLog
    from serviceflow.model.state import State
    from serviceflow.quality.catalogue import ServiceCatalogue
    from serviceflow.quality.service_links import ServiceLinks
    from serviceflow.quality.survey import Survey
    from serviceflow.theory.checks.check import CheckReport
    from serviceflow.view.explain import Explanation
    from serviceflow.view.maps import Map


class ServiceChain(Chain):
    """A service chain: who asks whom for what, and how work gets from one to the next.

    Build it with ``add_provider``, ``add_service``, ``add_consumer``, ``add_handoff`` and the like, or read
    it with :func:`load`. Running or changing a chain gives something new and leaves it as it was.

    Parameters
    ----------
    name : str
        What the chain is called.
    time_unit : str
        The unit of bare numbers and of every reported time: ``min`` by default.
    start : str or date, optional
        What the calendar reads at time 0; 2026-01-05, a Monday, if not given.
    run : mapping, optional
        How it is run when nothing else is said.

    See Also
    --------
    load : reads a chain from a model file.
    example : a chain that is shipped.

    Examples
    --------
    Examples of methods go on from these.

    >>> import serviceflow as sf
    >>> chain = sf.ServiceChain("Office", run={"duration": "1 day", "replications": 2, "seed": 7})
    >>> chain.add_provider("Clerks", staff=1)
    >>> chain.add_service("Talk", provider="Clerks", duration="exponential(mean=8 min)")
    >>> chain.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Talk")
    >>> chain.add_scenario("Two clerks", changes={"providers": {"Clerks": {"staff": 2}}})
    >>> chain
    ServiceChain('Office': 1 provider, 1 service, 1 consumer, 1 scenario)
    """

    def check(self) -> CheckReport:
        """Offered loads, balances, and whatever a careful modeller would want to know before a run.

        Returns
        -------
        CheckReport
            Errors, warnings and notes, and the load of every provider; ``ok`` if the chain can be run.

        See Also
        --------
        validate : raises an error if the chain cannot be run.

        Examples
        --------
        >>> report = chain.check()
        >>> report.ok
        True
        >>> [load.provider for load in report.loads.providers]
        ['Clerks']
        """
        from serviceflow.theory.checks.check import check

        return check(self)

    def estimate(self) -> Estimate:
        """What theory says of the chain, in milliseconds, without any simulation.

        Traffic equations, Erlang's formulas, Pollaczek and Khinchine, Cobham, Jackson, Gordon and Newell, QNA
        and others, each where it fits. Where averages would lie, as with shifts, a figure is left to a
        simulation, and the reason given.

        Returns
        -------
        Estimate
            ``table`` has every figure with its method, how good it is (exact, approximate, upper bound,
            simulation only), and the assumptions that the chain does not keep. Figures are those of a long
            run.

        Raises
        ------
        ModelError
            If the chain has problems, all of them listed.

        See Also
        --------
        check : offered loads, and what to know before a run.
        simulate : what theory does not tell.

        Examples
        --------
        >>> estimate = chain.estimate()
        >>> waits = estimate.table.query("measure == 'waiting_time' and scope == 'service'")
        >>> waits[["name", "value", "method", "kind"]].values.tolist()
        [['Talk', 32.0..., 'M/M/1', 'exact']]
        """
        from serviceflow.analysis.estimating import estimate

        return estimate(self)

    @renamed_arguments(record="keep")
    def simulate(
        self,
        duration: str | float | None = None,
        warm_up: str | float | None = None,
        replications: int | None = None,
        seed: int | None = None,
        *,
        horizon: str | None = None,
        engine: str = "auto",
        workers: int = 1,
        progress: bool | None = None,
        behaviours: Behaviours | None = None,
        keep: str = "full",
        precision: Mapping[Any, Any] | None = None,
        at_most: int | str | None = None,
        store: str | PathLike[str] | None = None,
        start_from: State | str | PathLike[str] | Iterable[Mapping[str, Any]] | None = None,
    ) -> Results:
        """Run the chain, several times with different random numbers.

        Parameters
        ----------
        duration, warm_up : duration, optional
            Length of the window of statistics, such as ``"4 weeks"``, and of the time before it; the
            chain's ``run`` settings hold if not given. ``warm_up="auto"`` finds the warm-up in ten pilot
            runs, see :meth:`Results.warm_up`; so it does in every other experiment.
        replications : int, optional
            How many independent runs.
        seed : int, optional
            Seed of the random numbers; without it one is drawn and kept as ``results.seed``.
        horizon : {"steady", "terminating"}, optional
            Whether a run goes on until what was asked in the window has finished.
        engine : {"auto", "simpy", "compiled", "recursion"}
            What runs it: all make the same record. ``"auto"`` is the recursion where it covers the chain,
            else the compiled engine; the SimPy engine runs behaviours and, until the others have been
            compiled on this machine, short work.
        workers : int
            How many replications run at once; -1 for one per core. joblib's backend runs them: processes,
            or within ``joblib.parallel_config`` threads, Dask or Ray.
        progress : bool, optional
            Whether to show a bar; by default only when work is long.
        behaviours : Behaviours, optional
            Rules that are written in Python: durations, choices, orders of queues, policies.
        keep : {"full", "summary"}
            What to keep of each run: its record, with every request and visit; or a summary, in memory that
            does not grow with their number. A summary gives the same figures, up to the rounding of
            sums, but quantiles within 0.39% of the record's, and no single requests or visits.
        precision : mapping, optional
            How precise figures are to be: ``{"flow_time": 0.02, ("sla", "Guests: resolution"): "1%"}``.
            A number is a share of the figure; so is a text with ``%``, but of a share it means percentage
            points; a duration (``"30 s"``), or ``{"absolute": 3}``, is absolute. Replications are added until
            no interval is wider than that on either side; ``results.precision`` says which is, and what the
            others would take.
        at_most : int or duration, optional
            Replications, or time of work (``"10 min"``), that may be spent on `precision`: 1000 replications
            by default.
        store : path, optional
            A folder in which every replication is kept as it finishes. Where the same chain is run with the
            same settings and seed again, those that are there are not run anew: what was interrupted, or
            killed, goes on.
        start_from : State, path or rows, optional
            What is in the chain when a run starts, in place of nothing: a state, the path of a CSV file, or
            its rows. There is no warm-up then. Figures per request are of those that come later;
            :meth:`Results.forecast` says when those will be done that are there.

        Returns
        -------
        Results
            Figures with intervals, tables, verdicts, maps and charts.

        Raises
        ------
        ModelError
            If the chain has problems, all of them listed.
        DeadlockError
            If held units wait for one another in a circle.
        PrecisionError, FigureNameError
            If there is no such precision or figure.

        See Also
        --------
        compare : runs the chain and its scenarios.
        Results : what can be done with results.

        Examples
        --------
        >>> results = chain.simulate(replications=3, engine="simpy")
        >>> results
        Results('Office', 'baseline': 3 replications, seed 7)
        """
        from serviceflow.api.experiments import simulate, starting_from

        return simulate(
            starting_from(self, start_from),
            precision,
            at_most,
            keep=keep,
            duration=duration,
            warm_up=warm_up,
            replications=replications,
            seed=seed,
            engine=engine,
            progress=progress,
            horizon=horizon,
            workers=workers,
            behaviours=behaviours,
            store=store,
        )

    @renamed_arguments(record="keep")
    def compare(
        self, scenarios: Iterable[str] | None = None, *, baseline: str | None = None, **settings: Any
    ) -> Comparison:
        """Run the chain and its scenarios with common random numbers, and compare them.

        Parameters
        ----------
        scenarios : iterable of str, optional
            Which scenarios; all by default.
        baseline : str, optional
            The scenario with which the others and the chain as it stands are compared; any other name is what
            the chain as it stands, which is the baseline then, is called in the tables.
        **settings
            As for :func:`serviceflow.compare` and :meth:`simulate`.

        Returns
        -------
        Comparison
            The results of each, and their differences from the baseline.

        Raises
        ------
        ServiceflowError
            If there is nothing to compare with.
        UnknownNameError
            If there is no such scenario.
        ModelError
            If the chain or one of these scenarios has problems; what is wrong with others does not matter.

        See Also
        --------
        serviceflow.compare : compares any chains.
        levers : tries changes that nobody has written down.

        Examples
        --------
        >>> comparison = chain.compare(engine="simpy")
        >>> comparison
        Comparison('Two clerks' against 'baseline': 2 replications each)
        """
        names = list(self.scenarios if scenarios is None else scenarios)
        if not names:
            raise ServiceflowError(
                f"{self.name} has no scenarios; add one under 'scenarios:', or compare two chains"
                " with sf.compare"
            )
        from serviceflow.api.experiments import with_scenarios

        chains, first = with_scenarios(self, names, baseline)
        if problems := self._problems([name for name in chains if name in self.scenarios]):
            raise ModelError(problems)
        return compare(chains, baseline=first, **settings)

    def levers(
        self,
        objective: Any = None,
        levers: Chosen = None,
        *,
        blocks: bool = False,
        budget: int | None = None,
        **settings: Any,
    ) -> Levers:
        """What would help most: each lever tried beside the chain, paired, and ranked with ties.

        Parameters
        ----------
        objective : optional
            What to improve. By default the promises to consumers that are broken, or else those on links, or
            else the flow time. ``"flow_time"`` (any measure of the chain), ``("flow_time_p90", "Guests")`` (a
            measure and whose it is), the name of a promise, or a function that takes a table of figures like
            :attr:`Results.kpis` and returns a number of which less is better.
        levers : iterable of str or mapping, optional
            Kinds of levers (``"staff"``, ``"dispatch"``, ...), names of levers or scenarios; or changes of
            your own by name, in the shape of a scenario's. All that the chain has, and its scenarios, by
            default.
        blocks : bool
            Whether one more of the staff in each block of a shift is tried, too.
        budget : int, optional
            Replications of levers in all; 20 for each by default. They go where ranks are open.
        **settings
            As for :meth:`simulate`: duration, warm_up, horizon, seed, engine, workers, progress; and
            ``confidence``, of the intervals and of what is said of ties, 0.95 by default.

        Returns
        -------
        Levers
            ``table`` has them all, ``best`` names the best, ``more(budget)`` goes on.

        Raises
        ------
        LeverError, ObjectiveError
            If there is no such lever or figure.

        See Also
        --------
        compare : runs the scenarios of the chain.

        Examples
        --------
        >>> levers = chain.levers(levers=["staff"], budget=4, engine="simpy", progress=False)
        >>> list(levers.table["lever"])
        ['Clerks: one more']
        """
        from serviceflow.analysis.levers import try_levers
        from serviceflow.api.levers import Levers

        found = try_levers(self, objective, levers, blocks=blocks, budget=budget, **settings)
        return Levers(found.chain, found.race, found._run, found.warm_up, found.in_vain)

    def sensitivity(
        self,
        objective: Any = "flow_time",
        by: float = 0.1,
        inputs: Sequence[str] | None = None,
        *,
        design: str | None = None,
        ranges: Mapping[str, Sequence[float]] | None = None,
        samples: int = 64,
        **settings: Any,
    ) -> Sensitivity | DesignedSensitivity:
        """How much a figure depends on each input: every one a little lower and higher, others as they are.

        Parameters
        ----------
        objective : str or tuple
            A figure, named as for ``precision=`` of :meth:`simulate`.
        by : float
            By which share inputs are lower and higher.
        inputs : sequence of str, optional
            Which: ``"duration of Clean room"``, ``"arrivals of Guests"``; all durations and arrivals by
            default.
        design : {None, "sobol", "latin hypercube"}
            None moves one input at a time. ``"sobol"`` moves all within their ranges, and tells how much of
            the figure's variance each makes by itself and together with others: `samples` times (inputs + 2)
            chains. ``"latin hypercube"`` tells rank correlations from as many chains as `samples`.
        ranges : mapping, optional
            Of a design, between which factors inputs are: ``{"arrivals of Guests": (0.8, 1.3)}``; `by` to
            either side by default.
        samples : int
            Of a design; a power of 2 for ``"sobol"``.
        **settings
            As for :meth:`simulate`: duration, warm_up, replications, seed, engine, workers, keep, store,
            progress.

        Returns
        -------
        Sensitivity
            ``table`` with changes and elasticities, each with a paired interval; ``plot`` draws the tornado.
            Of a design a DesignedSensitivity: ``table`` with indices, ``runs`` with all points.

        Raises
        ------
        SensitivityError
            If there is no such input, or nothing to vary.
        FigureNameError
            If there is no such figure.

        See Also
        --------
        levers : what would help, where inputs are as they are.

        Examples
        --------
        >>> found = chain.sensitivity(by=0.05, engine="simpy", progress=False)
        >>> sorted(found.table["input"])
        ['arrivals of Clients', 'duration of Talk']
        """
        if design is not None:
            from serviceflow.analysis.designs import designed

            return designed(self, design, objective, by, inputs, ranges=ranges, samples=samples, **settings)
        from serviceflow.analysis.sensitivity import SensitivityError, sensitivity
        from serviceflow.api.sensitivity import Sensitivity

        if ranges is not None:
            raise SensitivityError("ranges= are those of a design: give design='sobol' or 'latin hypercube'")
        found = sensitivity(self, objective, by, inputs, **settings)
        return Sensitivity(**vars(found))

    def calibrate(self, log: EventLog, *, hidden_delays: bool = True) -> Discovery:
        """Learn the parameters of this chain from a log; its elements and links stay as they are.

        Durations of services, staff of providers, arrivals, shares and hidden delays of handoffs are taken
        where the log has the same names.

        Parameters
        ----------
        log : EventLog
            Of :func:`read_log`.
        hidden_delays : bool
            Whether handoffs get the delays that leave no trace in the log.

        Returns
        -------
        Discovery
            A new chain, the source of each parameter that was learned, and what was not.

        See Also
        --------
        discover : learns the whole chain.

        Examples
        --------
        >>> import serviceflow as sf
        >>> log = sf.read_log(chain.simulate(seed=3, engine="simpy").to_log())
        >>> list(chain.calibrate(log).inputs["name"])
        ['staff', 'duration', 'arrivals']
        """
        from serviceflow.api.discovering import calibrate

        return calibrate(self, log, hidden_delays)

    def inputs(self) -> pd.DataFrame:
        """Every parameter with its value and where it comes from.

        Of a chain that was learned from a log, how it was found, with the sample and the interval; of one
        that was read from a file, what comments say behind or above the field, or its element.

        Returns
        -------
        DataFrame
            A row per parameter: ``section``, ``element``, ``name``, ``value``, ``source``, ``count`` (the
            size of the sample, 0 if unknown), and ``estimate`` with ``low`` and ``high``, its 95% interval.

        See Also
        --------
        discover : learns a chain from a log.
        sensitivity : how much each matters.

        Examples
        --------
        >>> chain.inputs()[["element", "name", "value", "source"]].head(2)
          element      name                    value              source
        0  Clerks     staff                        1  no source is given
        1    Talk  duration  exponential(mean=8 min)  no source is given
        """
        from serviceflow.api.sources import inputs

        return inputs(self)

    def explain(self, service: str) -> Explanation:
        """What the rules will do with a request at a service, in words.

        Parameters
        ----------
        service : str
            Its name.

        Returns
        -------
        Explanation
            Step by step; it prints itself.

        Raises
        ------
        UnknownNameError
            If there is no such service.

        See Also
        --------
        Results.story : what happened to one request.

        Examples
        --------
        >>> print(chain.explain("Talk"))
        Talk
          Who comes
        ...
        """
        from serviceflow.view.explain import explain

        return explain(self, service)

    def map(self, *, theme: str = "light") -> Map:
        """How work flows: services by provider, with the links between them.

        Parameters
        ----------
        theme : {"light", "dark"}
            What it is to be read on; in a notebook a map takes on the notebook's theme by itself.

        Returns
        -------
        Map
            It shows itself in a notebook, and ``save`` writes it to a file.

        Raises
        ------
        MapFormatError
            If there is no such theme.

        See Also
        --------
        service_map : who serves whom.
        Results.map : the same with figures.

        Examples
        --------
        >>> chain.map()
        <map of Office: ...>
        """
        from serviceflow.view.process_map import process_map

        return process_map(self).themed(theme)

    def service_map(self, *, theme: str = "light") -> Map:
        """Who serves whom, with the SLAs between them.

        Parameters
        ----------
        theme : {"light", "dark"}
            What it is to be read on; in a notebook a map takes on the notebook's theme by itself.

        Returns
        -------
        Map
            It shows itself in a notebook, and ``save`` writes it to a file.

        Raises
        ------
        MapFormatError
            If there is no such theme.

        See Also
        --------
        map : how work flows.

        Examples
        --------
        >>> chain.service_map()
        <map of Office: ...>
        """
        from serviceflow.view.service_map import service_map

        return service_map(self).themed(theme)

    def to_networkx(self) -> networkx.MultiDiGraph:
        """The chain as a graph: services, consumers and stocks as nodes; handoffs and calls as edges.

        Returns
        -------
        networkx.MultiDiGraph
            With the kind and the fields of each as attributes.

        See Also
        --------
        map : a drawing of the chain.

        Examples
        --------
        >>> sorted(chain.to_networkx())
        [('consumer', 'Clients'), ('service', 'Talk')]
        """
        from serviceflow.theory.graph import to_networkx

        return to_networkx(self)

    def links(self) -> ServiceLinks:
        """Who is served by whom: the five elements of every internal service.

        Links are derived from entries, handoffs, calls and orders of stocks: whoever sends a request on asks
        the department to which it goes. They are written as surveys write them, receiver first.

        Returns
        -------
        ServiceLinks
            Of each link receiver, provider, content (services, and of what kind they are), standard (what is
            agreed, or that nothing is), what is needed, and what makes the receiver a customer; ``table`` has
            them all.

        See Also
        --------
        service_catalogue : the same by department.
        service_map : the same as a picture.

        Examples
        --------
        >>> [(link.name, link.services, link.standard) for link in chain.links()]
        [('Clients -> Clerks', ('Talk',), 'none agreed')]
        """
        from serviceflow.quality.service_links import links_of

        return links_of(self)

    def service_catalogue(self) -> ServiceCatalogue:
        """What each department offers, to whom, by what promise, and what it needs from others.

        Returns
        -------
        ServiceCatalogue
            ``table``, ``page`` of a department, and ``save`` to an HTML file of a page for each.

        See Also
        --------
        links : the same by link.

        Examples
        --------
        >>> chain.service_catalogue().table.iloc[0].tolist()[:4]
        ['Clients', 'asks', 'Talk', 'Clerks']
        """
        from serviceflow.quality.catalogue import catalogue_of

        return catalogue_of(self)

    def order_form(self, path: str | PathLike[str] | None = None) -> Any:
        """The form in which internal customers say what they need: how much, how fast, how complete.

        Parameters
        ----------
        path : path, optional
            Where to write it, as .csv or .xlsx.

        Returns
        -------
        DataFrame
            One row per consumer, handoff or call, with what is agreed and what is needed so far.

        See Also
        --------
        with_orders : reads it back.

        Examples
        --------
        >>> chain.order_form().columns.tolist()[4:]
        ['how often', 'start within', 'done within', 'share', 'complete']
        """
        from serviceflow.quality.orders import order_form, write_table

        form = order_form(self)
        if path is not None:
            write_table(form, path)
        return form

    def with_orders(self, source: Any) -> ServiceChain:
        """The chain with the needs of an order form that was filled in.

        Parameters
        ----------
        source : path or DataFrame
            A form of :meth:`order_form`.

        Returns
        -------
        ServiceChain
            A new chain.

        See Also
        --------
        order_form : writes the form.
        Results.needs : what is needed beside what is agreed and done.

        Examples
        --------
        >>> form = chain.order_form().assign(share="90%").assign(**{"done within": "30 min"})
        >>> str(chain.with_orders(form).consumers["Clients"].needs.resolution)
        '90% within 30 min'
        """
        from serviceflow.quality.orders import with_orders

        return with_orders(self, source)

    def with_agreements(self, source: Any) -> ServiceChain:
        """The chain with what was agreed at a workshop.

        Parameters
        ----------
        source : path or DataFrame
            The file ``agreements.csv`` of a :meth:`workshop`, filled in.

        Returns
        -------
        ServiceChain
            A new chain; rows that were left as they are change nothing.

        Raises
        ------
        SurveyError
            With every problem of the form, by row.

        See Also
        --------
        with_orders : the same of needs.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"element": ["Clients"], "done within": ["1 h"], "done share": ["80%"]})
        >>> str(chain.with_agreements(table).consumers["Clients"].sla.resolution)
        '80% within 1 h'
        """
        from serviceflow.quality.agreements import with_agreements

        return with_agreements(self, source)

    def survey_form(
        self, path: str | PathLike[str] | None = None, instrument: Any = "internal", people: int = 1
    ) -> Any:
        """An empty survey to hand out: a row for each sheet, with a column for each answer.

        Parameters
        ----------
        path : path, optional
            Where to write it, as .csv or .xlsx.
        instrument : str, path, mapping or Instrument
            What is asked, as of :class:`Survey`.
        people : int
            How many sheets there are for each link.

        Returns
        -------
        DataFrame
            With the links between departments filled in; whoever answers writes a name or number of its own.

        See Also
        --------
        Survey : reads it when it is filled in.
        workshop : the same as a page to print.

        Examples
        --------
        >>> chain.survey_form()["link"].tolist()
        ['Clients -> Clerks']
        """
        from serviceflow.quality.forms import survey_form
        from serviceflow.quality.instruments import instrument as asked
        from serviceflow.quality.orders import write_table

        form = survey_form(self.links().names, asked(instrument), people)
        if path is not None:
            write_table(form, path)
        return form

    def workshop(
        self,
        folder: str | PathLike[str],
        results: Results | None = None,
        survey: Survey | None = None,
        *,
        language: str = "en",
        instrument: Any = "internal",
    ) -> tuple[Path, ...]:
        """Write a kit for a workshop: pages to print, and files to fill in.

        The pages (``workshop.html``, one page each in print) are filled in as far as is known: maps, service
        catalogue, order forms, agreements, checklists of complete handoffs, points of pain, delight and itch,
        profiles, a plan of action and a questionnaire. What people write goes into ``orders.csv``,
        ``agreements.csv`` and ``survey.csv``.

        Parameters
        ----------
        folder : path
            Where to write it; made if it is not there.
        results : Results, optional
            Of a run: which promises are kept, and where the profile stands today.
        survey : Survey, optional
            What was said before.
        language : {"en", "zh"}
            Of the pages.
        instrument : str, path, mapping or Instrument
            The questionnaire.

        Returns
        -------
        tuple of Path
            The files.

        Raises
        ------
        UnknownNameError
            If there is no such language or instrument.

        See Also
        --------
        with_orders : reads needs back.
        with_agreements : reads promises back.
        Survey : reads answers.

        Examples
        --------
        >>> [path.name for path in chain.workshop("kit")]
        ['workshop.html', 'orders.csv', 'agreements.csv', 'survey.csv']
        """
        from serviceflow.view.workshop.kit import write_kit

        return write_kit(self, folder, results, survey, language, instrument)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the chain to a model file, which :func:`load` reads back to an equal chain.

        Sources that parameters have from a log are written as comments.

        Parameters
        ----------
        path : path
            The file to write.

        See Also
        --------
        load : reads it back.
        to_dict : the same as nested mappings.

        Examples
        --------
        >>> chain.save("office.yaml")
        >>> sf.load("office.yaml") == chain
        True
        """
        from serviceflow.api.sources import notes
        from serviceflow.formats.yaml_file import save

        save(self, path, notes=notes(self))

    def to_bpmn(self, path: str | PathLike[str]) -> Path:
        """Write the chain as a BPMN 2.0 diagram with BPSim 2.0, which :func:`read_bpmn` reads back.

        Providers are lanes, services tasks, handoffs flows with their waits as events, calls messages
        between pools; scenarios of BPSim hold durations, staff, arrivals and shares. As neither can say
        everything, the model itself stands in the file, too, so that the chain that is read back is equal
        to this one. If the diagram was changed in between, this is told, and the diagram counts.

        Parameters
        ----------
        path : path
            The ``.bpmn`` file to write.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ModelError
            If the chain is not valid.
        BpmnError
            If it is so large that the file could not be read back.

        See Also
        --------
        read_bpmn : reads diagrams, these and those of others.
        save : writes a model file.

        Examples
        --------
        >>> chain.to_bpmn("office.bpmn").name
        'office.bpmn'
        >>> sf.read_bpmn("office.bpmn").chain == chain
        True
        """
        from serviceflow.display.spreadsheet import write_text
        from serviceflow.formats.bpmn.export.file import bpmn_text

        return write_text(path, bpmn_text(self))

    def clock(self, time: float) -> Any:
        """The date and time at which the model's clock reads `time`, in the chain's time unit.

        Parameters
        ----------
        time : float
            In the chain's time unit, from time 0.

        Returns
        -------
        datetime
            By the chain's ``start``.

        See Also
        --------
        Results.visits : a table of times.

        Examples
        --------
        >>> chain.clock(90)
        datetime.datetime(2026, 1, 5, 1, 30)
        """
        import datetime as dt

        from serviceflow.units import UNITS

        return dt.datetime.combine(self.start, dt.time()) + dt.timedelta(
            microseconds=round(time * UNITS[self.time_unit])
        )

    def _repr_svg_(self) -> str:
        return self.map().svg

    def _repr_html_(self) -> str:
        return self.map()._repr_html_()


def load(path: str | PathLike[str]) -> ServiceChain:
    """Read a model file.

    Parameters
    ----------
    path : path
        A model file.

    Returns
    -------
    ServiceChain
        The chain that it holds.

    Raises
    ------
    ModelError
        With every problem of the file: where, what was read, and what is allowed.

    See Also
    --------
    loads : reads a text.
    example : a chain that is shipped.
    ServiceChain.save : writes a model file.

    Examples
    --------
    >>> import serviceflow as sf
    >>> sf.example("hotel_checkin").save("hotel.yaml")
    >>> sf.load("hotel.yaml").name
    'Hotel check-in'
    """
    from serviceflow.formats.yaml_file import load as read

    return read(path, ServiceChain)


def loads(text: str, name: str = "model.yaml") -> ServiceChain:
    r"""Read a model from text.

    Parameters
    ----------
    text : str
        What a model file holds.
    name : str
        Stands for the file in messages.

    Returns
    -------
    ServiceChain
        The chain that it holds.

    Raises
    ------
    ModelError
        With every problem of the text.

    See Also
    --------
    load : reads a file.

    Examples
    --------
    >>> import serviceflow as sf
    >>> try:
    ...     sf.loads("serviceflow: 1\nname: Office\nprovider: {}")
    ... except sf.ModelError as error:
    ...     print(error.problems[0])
    model.yaml:3:1: provider: unknown field; did you mean 'providers'?
    """
    from serviceflow.formats.yaml_file import loads as read

    return read(text, cls=ServiceChain, name=name)


@renamed_arguments(record="keep")
def compare(
    chains: Mapping[str, Chain] | ServiceChain,
    baseline: str | None = None,
    *,
    keep: str = "full",
    relevant: Any = None,
    precision: Mapping[Any, Any] | None = None,
    at_most: int | str | None = None,
    **settings: Any,
) -> Comparison:
    """Run several chains with common random numbers, and compare them with one of them.

    Parameters
    ----------
    chains : mapping or ServiceChain
        Name to chain, such as ``{"today": a, "plus one": b}``; or one chain, to compare with its scenarios.
    baseline : str, optional
        With which the others are compared; the first by default.
    keep : {"full", "summary"}
        What to keep of each replication.
    relevant : optional
        The smallest differences that matter, for the verdicts: a share of the baseline's figures (0.02 or
        ``"2%"``), or a mapping such as ``{"flow_time": "5 min", ("sla", "Guests: resolution"): "1%"}``.
    precision, at_most : optional
        As for :meth:`ServiceChain.simulate`, but of the differences from the baseline; a share is one of the
        baseline's figure.
    **settings
        As for :meth:`ServiceChain.simulate`; those that are not given are the first chain's.

    Returns
    -------
    Comparison
        The results of each, and their differences from the baseline.

    Raises
    ------
    ComparisonError
        If these are no chains by name, fewer than two, or of different time units, or there is no such
        baseline.

    See Also
    --------
    ServiceChain.compare : compares a chain with its scenarios.

    Examples
    --------
    >>> import serviceflow as sf
    >>> chain = sf.example("hotel_checkin")
    >>> more = chain.change({"providers": {"Housekeeping": {"staff": 10}}})
    >>> both = {"today": chain, "one more": more}
    >>> sf.compare(both, duration="1 day", warm_up=0, replications=2, seed=7, engine="simpy")
    Comparison('one more' against 'today': 2 replications each)
    """
    from serviceflow.api import experiments
    from serviceflow.results.comparison import check_chains

    settings |= {"keep": keep, "relevant": relevant, "precision": precision, "at_most": at_most}
    if isinstance(chains, ServiceChain):
        return chains.compare(baseline=baseline, **settings)
    check_chains(chains)
    return experiments.compare(chains, baseline, **settings)


def factorial(chain: Chain, scenarios: Sequence[str], *, relevant: Any = None, **settings: Any) -> Factorial:
    """Run every combination of some scenarios: what each does, and what they do together.

    Parameters
    ----------
    chain : ServiceChain
        The chain as it stands.
    scenarios : sequence of str
        Two to seven of its scenarios: so many make 4 to 128 chains.
    relevant : optional
        The smallest differences that matter, as for :func:`compare`.
    **settings
        As for :func:`compare` and :meth:`ServiceChain.simulate`.

    Returns
    -------
    Factorial
        A comparison of all combinations; ``effects()`` has main effects and interactions.

    Raises
    ------
    ComparisonError
        If these are too few, too many, or one twice.
    ModelError
        If two of them set one key differently.

    See Also
    --------
    compare : runs chains beside one another.

    Examples
    --------
    >>> import serviceflow as sf
    >>> chain = sf.example("hotel_checkin")
    >>> chain.add_scenario("Ten", changes={"providers": {"Housekeeping": {"staff": 10}}})
    >>> chain.add_scenario("No list", changes={"handoffs": {"Check out -> Clean room": {"every": None}}})
    >>> short = {"duration": "1 day", "warm_up": 0, "replications": 2, "seed": 7, "engine": "simpy"}
    >>> design = sf.factorial(chain, ["Ten", "No list"], **short)
    >>> design.effects(["flow_time"])["effect"].tolist()
    ['Ten', 'No list', 'Ten × No list']
    """
    from serviceflow.api import experiments

    return experiments.factorial(chain, scenarios, relevant=relevant, **settings)


def select_best(
    chains: Mapping[str, Chain],
    objective: Any = "flow_time",
    relevant: Any = None,
    confidence: float = 0.95,
    *,
    constraints: Any = (),
    budget: int | None = None,
    at_most: int | None = None,
    maximize: bool | None = None,
    **settings: Any,
) -> Best:
    """Choose the best of several chains, with a guarantee that is stated.

    Kim and Nelson's procedure: every chain runs ten replications with common random numbers, and then one
    after another until all but one are out. Where the best is better than every other by at least what is
    relevant, it is chosen with at least the probability that is asked for.

    Parameters
    ----------
    chains : mapping
        Name to chain.
    objective : str or tuple
        A figure, named as for ``precision=`` of :meth:`ServiceChain.simulate`; the mean of the replications'
        own is compared.
    relevant : optional
        The smallest difference that matters: ``"5 min"``, ``0.02`` (a share of the figure, averaged over the
        chains), ``{"absolute": 3}``.
    confidence : float
        The probability that is guaranteed.
    constraints : optional
        What must be kept: promises by name, ``"promises"`` for all of them, or figures with bounds, such as
        ``{"cost": 5000}``. Chains that keep them go first.
    budget : int, optional
        Replications of all chains, in place of `relevant`: they go where the choice is open (OCBA), and
        nothing is guaranteed.
    at_most : int, optional
        Replications of all chains after which the leader is chosen, without a guarantee.
    maximize : bool, optional
        Whether more of the objective is better; by default that depends on the measure.
    **settings
        As for :meth:`ServiceChain.simulate`: duration, warm_up, seed, engine, workers, progress and the like.

    Returns
    -------
    Best
        ``name``, ``guarantee`` in words, and a ``table`` of all chains.

    Raises
    ------
    SelectionError
        If it does not say what matters, or the budget is too small.
    FigureNameError, PrecisionError
        If there is no such figure or difference.

    See Also
    --------
    compare : all figures of chains beside one another.
    ServiceChain.levers : tries changes that nobody has written down.

    Examples
    --------
    >>> import serviceflow as sf
    >>> chain = sf.example("hotel_checkin")
    >>> more = chain.change({"providers": {"Housekeeping": {"staff": 12}}})
    >>> short = {"duration": "1 day", "warm_up": 0, "seed": 7, "engine": "simpy"}
    >>> sf.select_best({"today": chain, "twelve": more}, relevant="1 h", **short).name
    'twelve'
    """
    from serviceflow.analysis.selecting import select_best as choose

    return choose(
        chains,
        objective,
        relevant,
        confidence,
        constraints=constraints,
        budget=budget,
        at_most=at_most,
        maximize=maximize,
        **settings,
    )


def load_results(path: str | PathLike[str]) -> Results:
    """Read results that were saved.

    Parameters
    ----------
    path : path
        A file written by :meth:`Results.save`.

    Returns
    -------
    Results
        The same results.

    Raises
    ------
    StorageError
        If the file holds no results that this version can read, or is damaged.

    See Also
    --------
    Results.save : writes the file.

    Examples
    --------
    >>> import serviceflow as sf
    >>> chain = sf.example("hotel_checkin")
    >>> chain.simulate("1 day", 0, 1, 7, engine="simpy").save("hotel.results")
    >>> sf.load_results("hotel.results").seed
    7
    """
    from serviceflow.api.results import Results
    from serviceflow.results.results import load_results as read

    return read(path, Results)  # type: ignore[return-value]
