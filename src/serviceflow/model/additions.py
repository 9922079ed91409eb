"""The methods of a chain that add elements, written out from the fields of the elements.

Made by ``python tests/signatures.py``: change the elements, and run it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from serviceflow.model.adding import adds as _adds
from serviceflow.model.complaints import Complaints
from serviceflow.model.elements import NOTHING, Arrivals, Member, Outages, Reorder
from serviceflow.model.inputs import (
    AttributeLike,
    ConditionLike,
    DurationLike,
    LabelsLike,
    MomentsLike,
    NumberLike,
    PriceLike,
    RateLike,
    ShareLike,
    StaffLike,
    WordLike,
)
from serviceflow.model.links import Batch, Clarification, Transfer
from serviceflow.model.sla import SLA


class Additions:
    """What a chain can be made of, one method for each kind of element."""

    @_adds("providers")
    def add_provider(
        self,
        name: str,
        /,
        *,
        staff: StaffLike | None = None,
        members: Mapping[str, Member | Mapping[str, Any]] | None = None,
        calendar: str | None = None,
        discipline: Literal[
            "fifo", "lifo", "priority", "earliest due date", "shortest service", "random"
        ] = "fifo",
        preemptive: bool = False,
        off_shift: Literal["pause", "finish", "fit"] = "pause",
        queue_limit: int | None = None,
        when_full: Literal["refuse", "block"] = "refuse",
        outages: Outages | Mapping[str, Any] | None = None,
        cost: PriceLike | None = None,
        work_cost: RateLike | None = None,
        labels: LabelsLike = NOTHING,
    ) -> None:
        """Add a provider: who serves, staff or machines.

        Parameters
        ----------
        name : str
            What it is called.
        staff : int or mapping of days, optional
            How many there are: a number, or numbers by days and blocks.
        members : mapping, optional
            The staff by name, each with calendar, speed and skills. Fields: calendar, speed, skills,
            cost, experience, labels.
        calendar : str, optional
            When they are on duty.
        discipline : {"fifo", "lifo", "priority", "earliest due date", "shortest service", "random"}
            Who goes next.
        preemptive : bool, default False
            Whether a request of smaller priority number interrupts work in hand.
        off_shift : {"pause", "finish", "fit"}
            At the end of a shift work pauses, is finished in overtime, or is only started if it fits.
        queue_limit : int, optional
            Places in the queue.
        when_full : {"refuse", "block"}
            What happens to a request that finds the queue full.
        outages : Outages or mapping, optional
            How units break down. Fields: after, repair, repair_service.
        cost : rate or mapping of days, optional
            Cost of scheduled time and overtime of a unit: 22 per hour, or by days and blocks.
        work_cost : rate, optional
            Cost of the time that a unit works, in place of that on duty or beside it: 22 per hour.
        labels : mapping, optional
            Labels, which become columns of the tables.

        Raises
        ------
        ModelError
            With every problem of the fields, or if the name is taken.

        See Also
        --------
        change : a new chain with elements changed or added.
        validate : checks the names that elements use.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.ServiceChain("Office")
        >>> chain.add_provider("Clerks", staff=2, discipline="priority", cost="30 per hour")
        >>> chain.providers["Clerks"].discipline
        'priority'
        """

    @_adds("services")
    def add_service(
        self,
        name: str,
        /,
        *,
        provider: str | None = None,
        providers: Mapping[str, int] | None = None,
        any_of: str | Sequence[str] | None = None,
        skill: WordLike | None = None,
        duration: DurationLike = 0,
        setup: DurationLike | None = None,
        batch: Batch | Mapping[str, Any] | None = None,
        consumes: Mapping[str, NumberLike] = NOTHING,
        produces: Mapping[str, NumberLike] = NOTHING,
        cost: NumberLike | None = None,
        calendar: str | None = None,
        patience: DurationLike | None = None,
        timeout: DurationLike | None = None,
        learning: str | float | None = None,
        priority: NumberLike | None = None,
        reserve: bool = False,
        split: Literal["all"] | None = None,
        join: int | str | None = None,
        labels: LabelsLike = NOTHING,
    ) -> None:
        """Add a service: one kind of work.

        Parameters
        ----------
        name : str
            What it is called.
        provider : str, optional
            Who does it; without any the work takes its time and never queues.
        providers : mapping, optional
            Several providers at once, each with how many of it: {Nurse: 1, Room: 1}.
        any_of : str or sequence of str, optional
            The first free of several providers, in this order.
        skill : word, optional
            What a member must be able to do.
        duration : duration, default 0
            How long the work takes.
        setup : duration, optional
            How long a unit takes to change over to this service from another.
        batch : Batch or mapping, optional
            How many are worked on together, in one duration. Fields: size, max_wait.
        consumes : mapping, optional
            What each visit takes from stocks, before it queues.
        produces : mapping, optional
            What each visit adds to stocks, when it finishes.
        cost : number, optional
            Cost of a visit.
        calendar : str, optional
            When the work goes on, for a service without provider.
        patience : duration, optional
            How long a request waits for the start of work before it gives up.
        timeout : duration, optional
            How long a request may take here in all, from its arrival to the end of work; then it goes as
            it is.
        learning : share, optional
            The share of the time that each doubling of experience leaves: 90%.
        priority : number, optional
            Lower goes first; in place of the consumer's.
        reserve : bool, default False
            Whether freed staff are kept for a request that waits for several providers.
        split : {"all"}, optional
            ``all``: a request goes on by every handoff that holds, in branches.
        join : int or str, optional
            How many branches of a split it waits for: ``all`` or a number.
        labels : mapping, optional
            Labels, which become columns of the tables.

        Raises
        ------
        ModelError
            With every problem of the fields, or if the name is taken.

        See Also
        --------
        change : a new chain with elements changed or added.
        validate : checks the names that elements use.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.ServiceChain("Office")
        >>> chain.add_service("Talk", provider="Clerks", duration="exponential(mean=8 min)", patience="1 h")
        >>> str(chain.services["Talk"].patience)
        '1 h'
        """

    @_adds("consumers")
    def add_consumer(
        self,
        name: str,
        /,
        *,
        arrivals: Arrivals | Mapping[str, Any] | None = None,
        enters: str | None = None,
        priority: NumberLike = 0,
        attributes: Mapping[str, AttributeLike] = NOTHING,
        sla: SLA | Mapping[str, Any] | None = None,
        needs: SLA | Mapping[str, Any] | None = None,
        complaints: Complaints | Mapping[str, Any] | None = None,
        initial: Mapping[str, int] = NOTHING,
        labels: LabelsLike = NOTHING,
    ) -> None:
        """Add a consumer: a source of requests.

        Parameters
        ----------
        name : str
            What it is called.
        arrivals : Arrivals or mapping, optional
            How requests come; without it, only those of ``initial`` are there. Fields: every, rate,
            profile, at, file, population, think, batch, first, until, count, calendar.
        enters : str, optional
            The service that a request enters; short for a handoff from this consumer.
        priority : number, default 0
            Lower goes first.
        attributes : mapping, optional
            What each request carries, drawn when it arrives.
        sla : SLA or mapping, optional
            What is promised to this consumer. Fields: response, resolution, until, clock, excluding,
            penalty, first_time_right.
        needs : SLA or mapping, optional
            What this consumer needs, in the words of a promise; nothing is held to it. Fields: response,
            resolution, until, clock, excluding, penalty, first_time_right.
        complaints : Complaints or mapping, optional
            How likely it complains, by what happened to its request; worked out after a run. Fields:
            probability, cost.
        initial : mapping, optional
            How many requests are at which service at time 0.
        labels : mapping, optional
            Labels, which become columns of the tables.

        Raises
        ------
        ModelError
            With every problem of the fields, or if the name is taken.

        See Also
        --------
        change : a new chain with elements changed or added.
        validate : checks the names that elements use.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.ServiceChain("Office")
        >>> chain.add_consumer("Clients", arrivals={"rate": "6 per hour"}, enters="Talk")
        >>> list(chain.consumers)
        ['Clients']
        """

    @_adds("stocks")
    def add_stock(
        self,
        name: str,
        /,
        *,
        initial: float = 0.0,
        discipline: Literal["fifo", "priority"] = "fifo",
        reorder: Reorder | Mapping[str, Any] | None = None,
        cost: RateLike | None = None,
        labels: LabelsLike = NOTHING,
    ) -> None:
        """Add a stock: a counted supply.

        Parameters
        ----------
        name : str
            What it is called.
        initial : float, default 0.0
            Level at time 0.
        discipline : {"fifo", "priority"}
            Whose demand is met first.
        reorder : Reorder or mapping, optional
            When it orders, and how much. Fields: below, quantity, up_to, enters, priority.
        cost : rate, optional
            Cost of keeping one unit: 2 per day.
        labels : mapping, optional
            Labels, which become columns of the tables.

        Raises
        ------
        ModelError
            With every problem of the fields, or if the name is taken.

        See Also
        --------
        change : a new chain with elements changed or added.
        validate : checks the names that elements use.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.ServiceChain("Office")
        >>> chain.add_stock("Forms", initial=40, reorder={"below": 10, "quantity": 50, "enters": "Print"})
        >>> chain.stocks["Forms"].initial
        40.0
        """

    @_adds("handoffs")
    def add_handoff(
        self,
        origin: str,
        target: str | None = None,
        /,
        via: str | None = None,
        *,
        every: DurationLike | None = None,
        at: MomentsLike | None = None,
        batch: Batch | Mapping[str, Any] | None = None,
        delay: DurationLike | None = None,
        clarification: Clarification | Mapping[str, Any] | None = None,
        calendar: str | None = None,
        probability: ShareLike | None = None,
        when: ConditionLike | None = None,
        sla: SLA | Mapping[str, Any] | None = None,
        needs: SLA | Mapping[str, Any] | None = None,
        complaints: Complaints | Mapping[str, Any] | None = None,
        labels: LabelsLike = NOTHING,
        after: Literal["finished", "gave up", "refused", "timed out"] = "finished",
    ) -> None:
        """Add a handoff: how a request gets from a service, consumer or stock to a service, or to its end.

        Parameters
        ----------
        origin : str
            Where it starts; or the whole link: ``A -> B`` or ``A -> B via phone``.
        target : str, optional
            Where it leads; ``end`` ends the request.
        via : str, optional
            Which way, if there are several between the two.
        every : duration, optional
            Time between dispatches, counted from time 0: the next one takes along what is waiting.
        at : mapping of days, or sequence, optional
            Instants of dispatch, by the day.
        batch : Batch or mapping, optional
            How many wait for each other before they leave together. Fields: size, max_wait.
        delay : duration, optional
            How long the way takes.
        clarification : Clarification or mapping, optional
            How often what arrives is incomplete, and what that costs. Fields: probability, delay,
            returns_to.
        calendar : str, optional
            The calendar in whose open time all this happens.
        probability : share, optional
            The share that takes this way.
        when : condition, optional
            The condition under which this way is open.
        sla : SLA or mapping, optional
            What is promised on this link. Fields: response, resolution, until, clock, excluding, penalty,
            first_time_right.
        needs : SLA or mapping, optional
            What the receiver needs on this link, in the words of a promise; nothing is held to it.
            Fields: response, resolution, until, clock, excluding, penalty, first_time_right.
        complaints : Complaints or mapping, optional
            How likely the receiver complains, by what happened on this link; worked out after a run.
            Fields: probability, cost.
        labels : mapping, optional
            Labels, which become columns of the tables.
        after : {"finished", "gave up", "refused", "timed out"}
            Which requests go: those that finished, that gave up waiting, that were refused, or that timed
            out.

        Raises
        ------
        ModelError
            With every problem of the fields, or if the name is taken.

        See Also
        --------
        change : a new chain with elements changed or added.
        validate : checks the names that elements use.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.ServiceChain("Office")
        >>> chain.add_handoff("Talk", "Decide", delay="10 min", probability="30%")
        >>> [str(link) for link in chain.handoffs]
        ['Talk -> Decide']
        """

    @_adds("calls")
    def add_call(
        self,
        origin: str,
        target: str | None = None,
        /,
        via: str | None = None,
        *,
        every: DurationLike | None = None,
        at: MomentsLike | None = None,
        batch: Batch | Mapping[str, Any] | None = None,
        delay: DurationLike | None = None,
        clarification: Clarification | Mapping[str, Any] | None = None,
        calendar: str | None = None,
        probability: ShareLike | None = None,
        when: ConditionLike | None = None,
        sla: SLA | Mapping[str, Any] | None = None,
        needs: SLA | Mapping[str, Any] | None = None,
        complaints: Complaints | Mapping[str, Any] | None = None,
        labels: LabelsLike = NOTHING,
        answer: Transfer | Mapping[str, Any] | None = None,
        ask: Literal["before", "start", "end"] = "before",
        wait: bool = True,
    ) -> None:
        """Add a call: a service asks another and waits for the answer.

        Parameters
        ----------
        origin : str
            Where it starts; or the whole link: ``A -> B`` or ``A -> B via phone``.
        target : str, optional
            Where it leads; ``end`` ends the request.
        via : str, optional
            Which way, if there are several between the two.
        every : duration, optional
            Time between dispatches, counted from time 0: the next one takes along what is waiting.
        at : mapping of days, or sequence, optional
            Instants of dispatch, by the day.
        batch : Batch or mapping, optional
            How many wait for each other before they leave together. Fields: size, max_wait.
        delay : duration, optional
            How long the way takes.
        clarification : Clarification or mapping, optional
            How often what arrives is incomplete, and what that costs. Fields: probability, delay,
            returns_to.
        calendar : str, optional
            The calendar in whose open time all this happens.
        probability : share, optional
            The share that takes this way.
        when : condition, optional
            The condition under which this way is open.
        sla : SLA or mapping, optional
            What is promised on this link. Fields: response, resolution, until, clock, excluding, penalty,
            first_time_right.
        needs : SLA or mapping, optional
            What the receiver needs on this link, in the words of a promise; nothing is held to it.
            Fields: response, resolution, until, clock, excluding, penalty, first_time_right.
        complaints : Complaints or mapping, optional
            How likely the receiver complains, by what happened on this link; worked out after a run.
            Fields: probability, cost.
        labels : mapping, optional
            Labels, which become columns of the tables.
        answer : Transfer or mapping, optional
            The way of the answer. Fields: every, at, batch, delay, clarification, calendar.
        ask : {"before", "start", "end"}
            When it asks: before the request queues for staff, at the start of work, or at its end.
        wait : bool, default True
            Whether it waits for the answer.

        Raises
        ------
        ModelError
            With every problem of the fields, or if the name is taken.

        See Also
        --------
        change : a new chain with elements changed or added.
        validate : checks the names that elements use.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.ServiceChain("Office")
        >>> chain.add_call("Talk -> Advise", ask="start", probability="20%")
        >>> [str(link) for link in chain.calls]
        ['Talk -> Advise']
        """

    @_adds("trainings")
    def add_training(
        self,
        name: str,
        /,
        *,
        provider: str,
        begins: DurationLike,
        lasts: DurationLike,
        staff: int | None = None,
        members: str | Sequence[str] = (),
        price: float = 0.0,
        time_constant: DurationLike | None = None,
        ramp: DurationLike | None = None,
        changes: Mapping[str, Any] = NOTHING,
        description: str | None = None,
    ) -> None:
        """Add a training: staff are away for it, and what they do changes along a curve afterwards.

        Parameters
        ----------
        name : str
            What it is called.
        provider : str
            Whose staff are trained.
        begins : date, or duration from time 0
            When it begins: a date, a date with a time, or a duration from time 0.
        lasts : duration
            How long staff are away for it, nights included: 3 days.
        staff : int, optional
            How many units are away; all of them if nothing is said.
        members : str or sequence of str, optional
            Which members are away; all of them if nothing is said.
        price : float, default 0.0
            What it costs beside the time of staff, which is paid on.
        time_constant : duration, optional
            How long it takes from its end until 63% of the change is there; the same again for 63% of the
            rest.
        ramp : duration, optional
            How long it takes from its end until the whole change is there, in a straight line.
        changes : mapping, optional
            What durations, probabilities and numbers come to in the end, in the shape of a scenario's
            changes.
        description : str, optional
            What is learned.

        Raises
        ------
        ModelError
            With every problem of the fields, or if the name is taken.

        See Also
        --------
        change : a new chain with elements changed or added.
        simulate : its cost is among those of the provider.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.ServiceChain("Office")
        >>> chain.add_training("Phone manners", provider="Clerks", begins="2026-02-03", lasts="2 days")
        >>> chain.trainings["Phone manners"].begins
        '2026-02-03'
        """

    @_adds("scenarios")
    def add_scenario(
        self,
        name: str,
        /,
        changes: Mapping[str, Any] = NOTHING,
        adds: Mapping[str, Any] = NOTHING,
        description: str | None = None,
        extends: str | Sequence[str] = (),
    ) -> None:
        """Add a scenario: a named set of changes to the chain.

        Parameters
        ----------
        name : str
            What it is called.
        changes : mapping, optional
            Changes to named elements: the fields to set; null removes.
        adds : mapping, optional
            Elements to add, in the shape of a model.
        description : str, optional
            What it stands for.
        extends : str or sequence of str, optional
            Scenarios on which it builds.

        Raises
        ------
        ModelError
            With every problem of the fields, or if the name is taken.

        See Also
        --------
        change : a new chain with elements changed or added.
        scenario : the chain as a scenario changes it.

        Examples
        --------
        >>> import serviceflow as sf
        >>> chain = sf.ServiceChain("Office")
        >>> chain.add_scenario("Three clerks", changes={"providers": {"Clerks": {"staff": 3}}})
        >>> list(chain.scenarios)
        ['Three clerks']
        """
