"""Stocks: taking, producing, and ordering again.

Stocks are handed out once all else at an instant has happened, like staff, and before them: in the
order of arrival over the whole chain (or by priority), all of a visit's stocks at once.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

from serviceflow.engine.program.codes import ORDER
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

    @property
    def position(self) -> float:
        return self.level + self.on_order - self.unmet


class Stocks:
    """All stocks of a run."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.stocks = [Stock(plan) for plan in engine.program.stocks]
        self.touched: set[int] = set()

    def open(self) -> None:
        for stock in self.stocks:
            self.write(stock)
            self.reorder(stock)

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
            stock.unmet += quantity
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
            self.stocks[index].waiting[0][3] is visit and self.stocks[index].level >= quantity
            for index, quantity in visit.wanted
        )

    def hand_out(self, visit: Visit) -> None:
        for index, quantity in visit.wanted:
            stock = self.stocks[index]
            stock.waiting.pop(0)
            stock.unmet -= quantity
            stock.level -= quantity
            self.touched.add(index)
            self.write(stock)
        visit.wait_stock = self.engine.now - visit.since
        self.engine.flow.fill_batch(visit)

    def withdraw(self, visit: Visit) -> None:
        """A visit that gives up wants nothing any more."""
        for index, quantity in visit.wanted:
            stock = self.stocks[index]
            stock.waiting = [entry for entry in stock.waiting if entry[3] is not visit]
            stock.unmet -= quantity
            self.touched.add(index)
            self.write(stock)
        self.engine.dispatching.plan_starts()

    # Stock

    def produce(self, visit: Visit, service: ServicePlan) -> None:
        for index, code in service.produces:
            quantity = self.engine.values.amount(code, visit, f"services.{service.name}.produces")
            stock = self.stocks[index]
            stock.level += quantity
            self.arrived(visit.owner, stock, quantity)
            self.touched.add(index)
            self.write(stock)
        self.engine.dispatching.plan_starts()

    def arrived(self, request: Request, stock: Stock, quantity: float) -> None:
        """What an order makes is no longer on order."""
        if request.order is stock:
            met = min(quantity, request.outstanding)
            request.outstanding -= met
            stock.on_order -= met

    def reorder(self, stock: Stock) -> None:
        """Order whenever what is there and on order, less unmet demand, is below the reorder point."""
        plan = stock.plan
        while plan.reorders and stock.position < plan.below:
            quantity = plan.quantity or plan.up_to - stock.position
            stock.on_order += quantity
            self.write(stock)
            self.order(stock, quantity)

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
            stock.on_order -= request.outstanding
            request.outstanding = 0.0
            self.write(stock)
            self.reorder(stock)

    def write(self, stock: Stock) -> None:
        self.engine.recorder.stock(
            stock.plan.index, self.engine.now, stock.level, stock.on_order, stock.unmet
        )
