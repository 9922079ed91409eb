"""Stocks: taking, producing, and ordering again.

Stocks are handed out once all else at an instant has happened, like staff, and before them: in the
order of arrival over the whole chain (or by priority), all of a visit's stocks at once.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import ORDER, ROUNDING
from serviceflow.engine.program.plans import ServicePlan, StockPlan
from serviceflow.engine.reference.entities import Request, Visit

if TYPE_CHECKING:
    from serviceflow.engine.reference.engine import Engine


class Stock:
    """A stock in a run."""

    def __init__(self, plan: StockPlan) -> None:
        self.plan = plan
        self.level = plan.initial
        self.on_order = 0.0
        self.unmet = 0.0
        """Demand of the visits that wait."""
        self.waiting: list[tuple[float, int, int, Visit]] = []
        self.orders = 0
        self.largest = max(plan.initial, plan.below, plan.up_to, plan.quantity)
        """The largest quantity that was there, asked for, ordered or brought."""
        self.looked_at = False
        """Whether it will be looked at whether it has to order."""

    @property
    def position(self) -> float:
        return self.level + self.on_order - self.unmet

    # Sums of fractions are not exact: 0.3 - 0.1 - 0.1 is a little less than 0.1.

    @property
    def rounding(self) -> float:
        return ROUNDING * self.largest

    @property
    def is_short(self) -> bool:
        """Whether it has to order, were it one that does."""
        return self.position < self.plan.below - self.rounding

    def has(self, quantity: float) -> bool:
        return self.level >= quantity - self.rounding

    def settled(self, quantity: float) -> float:
        """The quantity, or nothing if it is but a rest of rounding."""
        return 0.0 if abs(quantity) <= self.rounding else quantity

    def change(self, level: float, on_order: float, unmet: float) -> None:
        """Change what is there, what is on order, and what is asked for and not there."""
        self.largest = max(self.largest, abs(level), abs(on_order), abs(unmet))
        self.level = self.settled(self.level + level)
        self.on_order = self.settled(self.on_order + on_order)
        self.unmet = self.settled(self.unmet + unmet)


class Stocks:
    """All stocks of a run."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.stocks = [Stock(plan) for plan in engine.program.stocks]
        self.touched: set[int] = set()
        services = engine.program.services
        self.makers = [
            [
                service.index
                for service in services
                if any(made == stock.plan.index for made, _ in service.produces)
            ]
            for stock in self.stocks
        ]
        """The services that produce each stock."""

    def open(self) -> None:
        for stock in self.stocks:
            self.write(stock)
            self.reorder(stock)

    @property
    def anybody_waits(self) -> bool:
        return any(stock.waiting for stock in self.stocks)

    # Demand

    def ask(self, visit: Visit, service: ServicePlan) -> None:
        values = self.engine.values
        visit.wanted = tuple(
            (index, values.amount(code, visit, f"services.{service.name}.consumes"))
            for index, code in service.consumes
        )
        for index, quantity in visit.wanted:
            stock = self.stocks[index]
            rank = visit.priority if stock.plan.by_priority else 0.0
            insort(stock.waiting, (rank, visit.arrived, visit.identity, visit))
            stock.change(0.0, 0.0, quantity)
            self.touched.add(index)
            self.write(stock)
            self.reorder(stock)
        self.engine.dispatching.plan_starts()

    def serve(self) -> None:
        """Hand out what is there, stock by stock, first come first served."""
        while self.touched:
            index = min(self.touched)
            self.touched.discard(index)
            stock = self.stocks[index]
            while stock.waiting and self.may_take(stock.waiting[0][3]):
                self.hand_out(stock.waiting[0][3])

    def may_take(self, visit: Visit) -> bool:
        """Whether a visit is first at all of its stocks, and they have enough."""
        return all(
            self.stocks[index].waiting[0][3] is visit and self.stocks[index].has(quantity)
            for index, quantity in visit.wanted
        )

    def hand_out(self, visit: Visit) -> None:
        for index, quantity in visit.wanted:
            stock = self.stocks[index]
            stock.waiting.pop(0)
            stock.change(-quantity, 0.0, -quantity)
            self.touched.add(index)
            self.write(stock)
        visit.wait_stock = self.engine.now - visit.since
        visit.taken, visit.wanted = visit.wanted, ()
        self.engine.flow.fill_batch(visit)

    def withdraw(self, visit: Visit) -> None:
        """A visit that gives up wants nothing any more."""
        for index, quantity in visit.wanted:
            stock = self.stocks[index]
            stock.waiting = [entry for entry in stock.waiting if entry[3] is not visit]
            stock.change(0.0, 0.0, -quantity)
            self.touched.add(index)
            self.write(stock)
        self.engine.dispatching.plan_starts()

    def put_back(self, visit: Visit) -> None:
        """Who leaves before work has begun on him puts back what he has taken."""
        for index, quantity in visit.taken:
            stock = self.stocks[index]
            stock.change(quantity, 0.0, 0.0)
            self.touched.add(index)
            self.write(stock)
        visit.taken = ()
        self.engine.dispatching.plan_starts()

    # Stock

    def produce(self, visit: Visit, service: ServicePlan) -> None:
        for index, code in service.produces:
            quantity = self.engine.values.amount(code, visit, f"services.{service.name}.produces")
            stock = self.stocks[index]
            stock.change(quantity, 0.0, 0.0)
            self.arrived(visit.owner, stock, quantity)
            self.touched.add(index)
            self.write(stock)
        self.engine.dispatching.plan_starts()

    def arrived(self, request: Request, stock: Stock, quantity: float) -> None:
        """What an order makes is no longer on order."""
        if request.order is stock:
            met = min(quantity, request.outstanding)
            request.outstanding = stock.settled(request.outstanding - met)
            stock.change(0.0, -met, 0.0)

    def reorder(self, stock: Stock) -> None:
        """Order whenever what is there and on order, less unmet demand, is below the reorder point."""
        if stock.plan.reorders and stock.is_short and not stock.looked_at:
            stock.looked_at = True
            self.engine.follow_ups.add(self.order_more, stock)

    def order_more(self, stock: Stock) -> bool:
        """Order once, if that is still to be done; gives whether another order may have to follow."""
        if not stock.is_short:
            stock.looked_at = False
            return False
        quantity = stock.plan.quantity or stock.plan.up_to - stock.position
        stock.change(0.0, quantity, 0.0)
        self.write(stock)
        self.order(stock, quantity)
        return True

    def order(self, stock: Stock, quantity: float) -> None:
        plan = stock.plan
        engine = self.engine
        request = engine.requests.new_request(
            plan.index, stock.orders, plan.who, engine.values.no_attributes()
        )
        stock.orders += 1
        request.kind = ORDER
        request.quantity = quantity
        request.order = stock
        request.outstanding = quantity
        engine.requests.admit(request, plan.enters, plan.exits, plan.routing)

    def order_ended(self, request: Request) -> None:
        """What an order did not make is no longer to be expected."""
        stock: Stock = request.order
        if request.outstanding:
            stock.change(0.0, -request.outstanding, 0.0)
            request.outstanding = 0.0
            self.write(stock)
            self.reorder(stock)

    def write(self, stock: Stock) -> None:
        self.engine.recorder.stock(
            stock.plan.index, self.engine.now, stock.level, stock.on_order, stock.unmet
        )
