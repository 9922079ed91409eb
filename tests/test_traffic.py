"""Traffic equations, joins, orders of stocks and shared work, on plain matrices."""

import math

import numpy as np
import pytest

from serviceflow.theory.pools import balanced_loads
from serviceflow.theory.traffic import by_turn, circles, join_branches, order_rates, reachable, visits


def routing(size, **links):
    """A matrix from links such as a_b=0.5, nodes being letters."""
    matrix = np.zeros((size, size))
    for name, share in links.items():
        origin, target = name.split("_")
        matrix[ord(origin) - 97, ord(target) - 97] = share
    return matrix


class TestVisits:
    def test_in_sequence(self):
        assert visits([2.0, 0, 0], routing(3, a_b=1, b_c=0.25)).tolist() == [2.0, 2.0, 0.5]

    def test_rework_visits_a_service_more_often(self):
        assert visits([0.6], routing(1, a_a=0.25)) == pytest.approx([0.8])

    def test_two_way_loop(self):
        found = visits([1.0, 0], routing(2, a_b=1, b_a=0.2))
        assert found == pytest.approx([1.25, 1.25])

    def test_calls_add_to_handoffs(self):
        assert visits([1.0, 0, 0], routing(3, a_b=1, a_c=2.5)).tolist() == [1, 1, 2.5]

    def test_a_circle_without_exit_is_endless_and_so_is_what_it_feeds(self):
        found = visits([1.0, 0, 0, 0], routing(4, a_b=1, b_a=1, b_c=0.1, d_c=1))
        assert found.tolist() == [math.inf, math.inf, math.inf, 0]

    def test_a_circle_that_multiplies_requests_is_endless(self):
        assert visits([1.0, 0], routing(2, a_b=2, b_a=0.6)).tolist() == [math.inf, math.inf]

    def test_a_circle_that_nobody_reaches_does_no_harm(self):
        assert visits([1.0, 0, 0], routing(3, b_c=1, c_b=1)).tolist() == [1, 0, 0]

    def test_many_services_in_a_long_chain(self):
        matrix = np.diag(np.ones(999), 1)
        start = np.zeros(1000)
        start[0] = 3.0
        assert visits(start, matrix) == pytest.approx(np.full(1000, 3.0))

    def test_nothing_at_all(self):
        assert visits([], np.zeros((0, 0))).tolist() == []


class TestCircles:
    def test_none_in_a_sequence(self):
        assert circles(routing(3, a_b=1, b_c=1)) == []

    def test_a_service_that_leads_to_itself(self):
        assert circles(routing(2, b_b=0.1)) == [[1]]

    def test_two_circles_side_by_side(self):
        assert circles(routing(5, a_b=1, b_a=1, b_c=1, c_d=1, d_e=1, e_c=1)) == [[0, 1], [2, 3, 4]]

    def test_reachable(self):
        assert reachable(routing(4, a_b=1, c_d=1), [0]) == {0, 1}
        assert reachable(routing(2, a_b=1), []) == set()


class TestJoins:
    def test_a_join_is_visited_once_per_split(self):
        # a splits to b and c, which meet at d
        joined = join_branches(routing(5, a_b=1, a_c=1, b_d=1, c_d=1, d_e=1), [0], [3])
        assert visits([1.0, 0, 0, 0, 0], joined).tolist() == [1, 1, 1, 1, 1]

    def test_a_branch_that_ends_counts_as_arrived(self):
        joined = join_branches(routing(4, a_b=1, a_c=1, b_d=1), [0], [3])
        assert visits([1.0, 0, 0, 0], joined).tolist() == [1, 1, 1, 1]

    def test_a_branch_straight_to_the_join(self):
        joined = join_branches(routing(3, a_b=1, a_c=1, b_c=1), [0], [2])
        assert visits([1.0, 0, 0], joined).tolist() == [1, 1, 1]

    def test_rework_within_a_branch(self):
        joined = join_branches(routing(4, a_b=1, a_c=1, b_b=0.5, b_d=0.5, c_d=1), [0], [3])
        assert visits([1.0, 0, 0, 0], joined) == pytest.approx([1, 2, 1, 1])

    def test_nested_splits(self):
        # a -> b, c; b -> d, e -> f (joins d and e) -> g; c -> g (joins f and c)
        matrix = routing(7, a_b=1, a_c=1, b_d=1, b_e=1, d_f=1, e_f=1, f_g=1, c_g=1)
        joined = join_branches(matrix, [0, 1], [5, 6])
        assert visits([1.0] + [0] * 6, joined).tolist() == [1] * 7

    def test_all_of_it_repeated(self):
        joined = join_branches(routing(4, a_b=1, a_c=1, b_d=1, c_d=1, d_a=0.5), [0], [3])
        assert visits([1.0, 0, 0, 0], joined) == pytest.approx([2, 2, 2, 2])

    def test_an_inclusive_split_sends_what_it_sends(self):
        joined = join_branches(routing(4, a_b=0.2, a_c=1, b_d=1, c_d=1), [0], [3])
        assert visits([1.0, 0, 0, 0], joined) == pytest.approx([1, 0.2, 1, 1])

    def test_a_split_without_join_sends_every_branch_on(self):
        joined = join_branches(routing(4, a_b=1, a_c=1, b_d=1, c_d=1), [0], [])
        assert visits([1.0, 0, 0, 0], joined).tolist() == [1, 1, 1, 2]

    def test_a_join_without_split_is_a_plain_service(self):
        matrix = routing(3, a_b=0.5, a_c=0.5, b_c=1)
        assert (join_branches(matrix, [], [2]) == matrix).all()

    def test_within_a_circle_that_has_no_entry(self):
        matrix = routing(3, a_b=1, b_c=1, c_a=1)
        assert (join_branches(matrix, [], []) == matrix).all()


class TestTurns:
    def test_rework_at_most_twice(self):
        # sent back after the first visit always, after the second half of the time, then never
        rows = [np.array([1.0]), np.array([0.5]), np.array([0.0])]
        assert visits([1.0], by_turn(np.zeros((1, 1)), {0: rows})) == pytest.approx([2.5])

    def test_rework_by_way_of_another_service(self):
        # a -> b; b goes back to a after its first visit, then on to c
        rows = [np.array([1.0, 0, 0]), np.array([0, 0, 1.0])]
        found = visits([1.0, 0, 0], by_turn(routing(3, a_b=1), {1: rows}))
        assert found == pytest.approx([2, 2, 1])

    def test_the_last_turn_holds_from_there_on(self):
        rows = [np.array([1.0]), np.array([0.5])]
        assert visits([1.0], by_turn(np.zeros((1, 1)), {0: rows})) == pytest.approx([3])

    def test_a_circle_that_never_ends(self):
        rows = [np.array([0.0]), np.array([1.0])]
        assert visits([1.0], by_turn(np.zeros((1, 1)), {0: rows})).tolist() == [1]
        rows = [np.array([1.0]), np.array([1.0])]
        assert visits([1.0], by_turn(np.zeros((1, 1)), {0: rows})).tolist() == [math.inf]

    def test_beside_a_circle_of_others_that_never_ends(self):
        rows = [np.array([0.0, 0, 0]), np.array([0.0, 0, 0])]
        found = by_turn(routing(3, b_c=1, c_b=1), {0: rows})
        assert visits([1.0, 0, 0], found).tolist() == [1, 0, 0]

    def test_two_services_that_differ_by_turn(self):
        once = [np.array([0.0, 1, 0]), np.array([0.0, 1, 0])]
        back = [np.array([1.0, 0, 0]), np.array([0.0, 0, 1])]
        found = visits([1.0, 0, 0], by_turn(np.zeros((3, 3)), {0: once, 1: back}))
        assert found == pytest.approx([2, 2, 1])


class TestOrders:
    def test_demand_over_quantity(self):
        assert order_rates(np.array([6.0]), np.array([100.0]), np.zeros((1, 1))) == pytest.approx([0.06])

    def test_orders_of_one_stock_run_another_down(self):
        # an order of 10 bicycles takes 20 wheels; wheels come by the 100
        net = np.array([[0.0, 20.0], [0.0, 0.0]])
        assert order_rates(np.array([5.0, 1.0]), np.array([10.0, 100.0]), net) == pytest.approx([0.5, 0.11])

    def test_orders_that_bring_nothing(self):
        assert order_rates(np.array([6.0, 0.0]), np.zeros(2), np.zeros((2, 2))).tolist() == [math.inf, 0]

    def test_a_stock_that_fills_by_itself_orders_nothing(self):
        assert order_rates(np.array([-3.0]), np.array([10.0]), np.zeros((1, 1))).tolist() == [0]

    def test_orders_that_need_more_than_they_bring(self):
        net = np.array([[0.0, 20.0], [10.0, 0.0]])
        assert order_rates(np.array([1.0, 0.0]), np.array([10.0, 10.0]), net).tolist() == [math.inf, math.inf]

    def test_no_stocks(self):
        assert order_rates(np.zeros(0), np.zeros(0), np.zeros((0, 0))).tolist() == []


def g(*names):
    return frozenset(names)


class TestSharedWork:
    def test_work_of_its_own(self):
        assert balanced_loads({g("a"): 3.0}, {"a": 4.0, "b": 1.0}) == {"a": 0.75, "b": 0.0}

    def test_shared_work_evens_out(self):
        found = balanced_loads({g("a"): 0.5, g("a", "b"): 1.0}, {"a": 1.0, "b": 1.0})
        assert found == pytest.approx({"a": 0.75, "b": 0.75})

    def test_shared_work_goes_to_the_one_with_less_to_do(self):
        found = balanced_loads({g("a"): 0.9, g("a", "b"): 0.2}, {"a": 1.0, "b": 1.0})
        assert found == pytest.approx({"a": 0.9, "b": 0.2})

    def test_hall_s_condition(self):
        # a and b together cannot do what only they can do, however idle c is
        work = {g("a"): 0.8, g("b"): 0.8, g("a", "b"): 0.6, g("b", "c"): 0.1}
        found = balanced_loads(work, {"a": 1.0, "b": 1.0, "c": 5.0})
        assert found == pytest.approx({"a": 1.1, "b": 1.1, "c": 0.02})

    def test_nobody_there(self):
        assert balanced_loads({g("a"): 1.0, g("b"): 0.0}, {"a": 0.0, "b": 0.0}) == {"a": math.inf, "b": 0.0}

    def test_endless_work(self):
        assert balanced_loads({g("a"): math.inf}, {"a": 2.0}) == {"a": math.inf}

    def test_more_kinds_of_shared_work_than_can_be_looked_at_in_every_way(self):
        work = {g(f"p{n}", f"p{n + 1}"): 1.0 for n in range(20)}
        found = balanced_loads(work, {f"p{n}": 1.0 for n in range(21)})
        assert max(found.values()) == pytest.approx(20 / 21)
