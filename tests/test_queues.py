"""Closed forms against answers known from elsewhere: birth-death solutions, Markov chains, simulations."""

import math

import pytest

from serviceflow.theory.approximations import (
    allen_cunneen,
    kraemer_langenbach_belz,
    mm1_asymptotic_variances,
    sakasegawa,
)
from serviceflow.theory.networks import (
    criticality,
    fork_join,
    fork_join_two,
    in_sequence_longer,
    in_sequence_quantile,
    longest_of,
    longest_within,
    sinusoidal_load,
)
from serviceflow.theory.patience import erlang_a
from serviceflow.theory.priorities import preemptive_flow_times, priority_waits, priority_waits_mmc
from serviceflow.theory.queues import (
    constant_transform,
    erlang_b,
    erlang_c,
    erlang_transform,
    finite_source,
    gim1,
    md1_waiting_within,
    mg1,
    mmc,
    mmck,
    mxm1,
)
from serviceflow.theory.stations import birth_death


def near(expected):
    return pytest.approx(expected, rel=2e-9, abs=1e-12)


class TestMMc:
    def test_half_loaded_single_server(self):
        station = mmc(1.0, 2.0)
        assert station.utilization == 0.5
        assert station.in_system == near(1.0)
        assert station.queue_length == near(0.5)
        assert station.flow_time == near(1.0)
        assert station.waiting_time == near(0.5)
        assert station.share_waiting == near(0.5)
        assert station.flow_quantile(0.90) == near(2.302585093)
        assert station.flow_quantile(0.95) == near(2.995732274)
        assert 1 - station.flow_longer(1) == near(0.6321205588)

    def test_heavily_loaded_single_server(self):
        station = mmc(0.9, 1.0)
        assert (station.in_system, station.queue_length) == (near(9.0), near(8.1))
        assert (station.flow_time, station.waiting_time) == (near(10.0), near(9.0))
        assert station.flow_quantile(0.95) == near(29.95732274)
        assert 1 - station.flow_longer(10) == near(0.6321205588)

    @pytest.mark.parametrize(
        ("servers", "expected"),
        [
            (
                1,
                {
                    "utilization": 0.6666666667,
                    "p": (0.3333333333, 0.2222222222),
                    "lengths": (1.333333333, 2.0),
                    "times": (0.6666666667, 1.0),
                    "waiting": (0.6666666667, 0.4043537731, 0.2452529608),
                    "flow": (0.6065306597, 0.3678794412),
                },
            ),
            (
                2,
                {
                    "utilization": 0.3333333333,
                    "p": (0.5, 0.3333333333),
                    "lengths": (0.08333333333, 0.75),
                    "times": (0.04166666667, 0.375),
                    "waiting": (0.1666666667, 0.02255588054, 0.003052606481),
                    "flow": (0.2670275986, 0.06552278311),
                },
            ),
        ],
    )
    def test_emergency_room_with_one_and_two_doctors(self, servers, expected):
        station = mmc(2.0, 3.0, servers)
        assert station.utilization == near(expected["utilization"])
        assert (station.probability(0), station.probability(1)) == near(expected["p"])
        assert (station.queue_length, station.in_system) == near(expected["lengths"])
        assert (station.waiting_time, station.flow_time) == near(expected["times"])
        assert tuple(station.waiting_longer(t) for t in (0, 0.5, 1)) == near(expected["waiting"])
        assert tuple(station.flow_longer(t) for t in (0.5, 1)) == near(expected["flow"])

    def test_hotel_desk(self):
        minutes = {clerks: mmc(26.2, 10.0, clerks).waiting_time * 60 for clerks in (3, 4, 5)}
        assert minutes == {3: near(12.16434732), 4: near(1.571915423), 5: near(0.3844065915)}
        desk = mmc(26.2, 10.0, 3)
        assert (desk.queue_length, desk.utilization) == (near(5.311764994), near(0.8733333333))

    def test_cheapest_number_of_clerks(self):
        # a clerk costs 10 an hour, a guest's waiting 3 a minute
        cost = {n: 10 * n + 180 * mmc(26.2, 10.0, n).queue_length for n in range(3, 10)}
        assert cost[3] == near(986.117699)
        assert cost[4] == near(163.5525523)
        assert cost[5] == near(80.21435809)
        assert min(cost, key=cost.get) == 6
        assert cost[6] == near(68.03997684)

    def test_rework_at_the_end_of_the_queue_is_a_station_of_more_arrivals(self):
        station = mmc(0.6 / (1 - 0.25), 1.0)
        assert station.in_system == near(4.0)
        assert (station.flow_time, station.waiting_time) == (near(5.0), near(4.0))
        assert station.flow_time / (1 - 0.25) == near(6.666666667)

    def test_probabilities_sum_to_one(self):
        station = mmc(4.5, 1.0, 6)
        assert sum(station.probability(n) for n in range(400)) == near(1.0)

    def test_equal_service_and_spare_rate(self):
        # two servers, one erlang: the flow time formula of the books divides by zero here
        station = mmc(1.0, 1.0, 2)
        assert station.flow_longer(2.0) == pytest.approx(mmc(1.0 + 1e-6, 1.0, 2).flow_longer(2.0), rel=1e-5)

    def test_waiting_quantile(self):
        station = mmc(2.0, 3.0, 1)
        assert station.waiting_longer(station.waiting_quantile(0.9)) == near(0.1)
        assert station.waiting_quantile(0.3) == 0.0

    def test_overloaded_station_has_no_steady_state(self):
        station = mmc(3.0, 1.0, 2)
        assert station.utilization == 1.0
        assert station.waiting_time == station.queue_length == station.flow_quantile(0.9) == math.inf
        assert station.waiting_quantile(0.5) == math.inf
        assert station.waiting_longer(100) == station.flow_longer(100) == 1.0
        assert station.probability(3) == 0.0

    def test_no_arrivals(self):
        station = mmc(0.0, 1.0, 2)
        assert (station.in_system, station.flow_time) == (0.0, 1.0)
        assert (station.probability(0), station.probability(1)) == (1.0, 0.0)


class TestErlang:
    def test_loss(self):
        assert erlang_b(8.0, 10) == near(0.1216610643)
        assert 8.0 * (1 - erlang_b(8.0, 10)) / 10 == near(0.7026711486)

    def test_loss_of_a_large_station_does_not_overflow(self):
        assert 0 < erlang_b(2000.0, 2100) < 0.01

    def test_wait_from_the_sum_in_the_books(self):
        load, servers = 4.0, 6
        below = sum(load**k / math.factorial(k) for k in range(servers))
        full = load**servers / math.factorial(servers) / (1 - load / servers)
        assert erlang_c(load, servers) == near(full / (below + full))

    def test_everybody_waits_when_overloaded(self):
        assert erlang_c(3.0, 3) == 1.0


class TestFiniteRoom:
    def test_two_servers_three_places(self):
        station = mmck(1.8, 1.0, 2, 5)
        assert station.probabilities == near(
            (0.1194574719, 0.2150234495, 0.1935211046, 0.1741689941, 0.1567520947, 0.1410768852)
        )
        assert (station.share_lost, station.throughput) == (near(0.1410768852), near(1.546061607))
        assert (station.in_system, station.queue_length) == (near(2.456965446), near(0.9109038391))
        assert (station.flow_time, station.waiting_time) == (near(1.589176935), near(0.5891769353))
        assert station.utilization == near(0.7730308033)

    def test_no_queue_is_the_loss_formula(self):
        assert mmck(8.0, 1.0, 10, 10).share_lost == near(erlang_b(8.0, 10))

    def test_overload_is_no_trouble(self):
        assert mmck(50.0, 1.0, 2, 4).throughput == pytest.approx(2.0, rel=0.01)

    def test_no_arrivals(self):
        station = mmck(0.0, 1.0, 2, 4)
        assert (station.in_system, station.waiting_time, station.probabilities[0]) == (0.0, 0.0, 1.0)


def test_machine_repair():
    station = finite_source(6, 4.0, 1.0, 2)
    assert station.probabilities == near(
        (0.2420446152, 0.3630669227, 0.2269168267, 0.1134584134, 0.04254690501, 0.01063672625, 0.001329590782)
    )
    assert (station.in_system, station.queue_length) == (near(1.388624612), near(0.2357807653))
    assert station.throughput == near(1.152843847)
    assert (station.flow_time, station.waiting_time) == (near(1.20452099), near(0.2045209903))
    assert station.utilization == near(0.5764219235)


class TestGeneralWork:
    def test_constant_work(self):
        station = mg1(0.8, 1.0, 0.0)
        assert (station.waiting_time, station.flow_time) == (near(2.0), near(3.0))
        assert (station.queue_length, station.in_system) == (near(1.6), near(2.4))

    @pytest.mark.parametrize(("time", "share"), [(1, 0.4451081857), (3, 0.7620995197), (5, 0.8995027618)])
    def test_waits_for_constant_work(self, time, share):
        assert md1_waiting_within(0.8, 1.0, time) == near(share)

    def test_waits_for_constant_work_at_the_edges(self):
        assert md1_waiting_within(0.8, 1.0, 0) == near(0.2)
        assert md1_waiting_within(0.8, 1.0, -1) == 0.0
        assert md1_waiting_within(1.2, 1.0, 5) == 0.0

    def test_exponential_work_is_mmc(self):
        assert mg1(0.8, 1.0, 1.0).waiting_time == near(mmc(0.8, 1.0).waiting_time)

    def test_overload(self):
        assert mg1(1.0, 1.0, 0.5).waiting_time == math.inf


class TestGeneralArrivals:
    def test_erlang_two_arrivals(self):
        station = gim1(erlang_transform(1.25, 2), 0.8, 1.0)
        assert station.root == near(0.7398529491)
        assert (station.waiting_time, station.flow_time) == (near(2.843979767), near(3.843979767))
        assert (station.in_system, station.queue_length) == (near(3.075183814), near(2.275183814))
        assert station.waiting_longer(0) == near(0.7398529491)
        assert 1 - station.flow_longer(5) == near(0.7276685135)

    def test_poisson_arrivals_are_mm1(self):
        assert gim1(erlang_transform(1.25), 0.8, 1.0).waiting_time == near(4.0)

    def test_constant_arrivals_wait_less_than_erlang(self):
        station = gim1(constant_transform(1.25), 0.8, 1.0)
        assert station.root == near(math.exp(-1.25 * (1 - station.root)))
        assert station.waiting_time < gim1(erlang_transform(1.25, 50), 0.8, 1.0).waiting_time

    def test_overload(self):
        assert gim1(constant_transform(0.5), 2.0, 1.0).waiting_time == math.inf


class TestPriorities:
    rates, means, moments = [0.3, 0.4], [1.0, 1.25], [2.0, 3.125]

    def test_two_classes_uninterrupted(self):
        waits = priority_waits(self.rates, self.means, self.moments)
        assert waits == near((1.321428571, 6.607142857))
        assert sum(r * w for r, w in zip(self.rates, waits, strict=True)) / 0.7 == near(4.341836735)

    def test_one_class_is_first_come_first_served(self):
        residual = sum(r * m for r, m in zip(self.rates, self.moments, strict=True)) / 2
        assert residual / (1 - 0.8) == near(4.625)
        assert priority_waits([0.8], [1.0], [1.0]) == near((mg1(0.8, 1.0, 0.0).waiting_time,))

    def test_several_servers_keep_the_work(self):
        # one service rate: the mean over the classes is that of first come first served
        waits = priority_waits_mmc([1.0, 1.5], 1.0, 3)
        mean = (1.0 * waits[0] + 1.5 * waits[1]) / 2.5
        assert mean == near(mmc(2.5, 1.0, 3).waiting_time)
        assert priority_waits_mmc([0.5, 0.3], 1.0, 1) == near(priority_waits([0.5, 0.3], [1, 1], [2, 2]))

    def test_interrupting(self):
        flow = preemptive_flow_times([0.3, 0.4], [1.0, 1.0], [2.0, 2.0])
        assert flow[0] == near(mmc(0.3, 1.0).flow_time)
        # exponential work of one rate: all in all as many requests as without classes
        assert 0.3 * flow[0] + 0.4 * flow[1] == near(mmc(0.7, 1.0).in_system)

    def test_only_the_last_class_is_overloaded(self):
        assert priority_waits([0.5, 0.6], [1, 1], [2, 2])[0] == near(2.2)
        assert priority_waits([0.5, 0.6], [1, 1], [2, 2])[1] == math.inf
        assert preemptive_flow_times([0.5, 0.6], [1, 1], [2, 2]) == (near(2.0), math.inf)


class TestPatience:
    centre = erlang_a(48.0, 1.0, 50, 0.5)

    def test_call_centre(self):
        assert self.centre.share_gave_up == near(0.03091224916)
        assert self.centre.waiting_time * 60 == near(3.709469899)
        assert self.centre.queue_length == near(2.96757592)
        assert self.centre.utilization == near(0.9303242408)
        assert self.centre.share_waiting == near(0.4677740686)

    def test_call_centre_tail(self):
        assert self.centre.still_waiting(20 / 60) == near(0.02713560829)
        assert self.centre.waiting_quantile(0.9) * 60 == near(12.44464772)
        assert self.centre.served_within(20 / 60) == near(0.9430189547)

    def test_without_patience_the_wait_is_longer(self):
        patient = mmc(48.0, 1.0, 50)
        assert patient.waiting_time * 60 == near(20.83366834)
        assert patient.queue_length == near(16.66693467)
        assert patient.waiting_quantile(0.9) * 60 == near(58.13874178)

    def test_an_overloaded_centre_is_stable(self):
        centre = erlang_a(100.0, 1.0, 50, 0.5)
        assert 100 * (1 - centre.share_gave_up) == near(50 * centre.utilization)
        assert centre.share_gave_up == pytest.approx(0.5, rel=1e-3)

    def test_nobody_waits_at_a_large_station(self):
        assert erlang_a(1.0, 1.0, 20, 0.5).waiting_quantile(0.9) == 0.0

    def test_patience_as_long_as_work_is_a_station_without_queue(self):
        centre = erlang_a(5.0, 1.0, 3, 1.0)
        poisson = math.exp(-5.0) * 5.0**2 / 2
        assert centre.probabilities[2] == near(poisson)


def test_batches_of_geometric_size():
    station = mxm1(0.2, 1.0, 2.0, 6.0)
    assert (station.utilization, station.in_system) == (near(0.4), near(1.333333333))
    assert station.queue_length == near(0.9333333333)
    assert (station.flow_time, station.waiting_time) == (near(3.333333333), near(2.333333333))
    assert mxm1(0.5, 1.0, 2.0, 6.0).waiting_time == math.inf
    assert mxm1(0.8, 1.0, 1.0, 1.0).waiting_time == near(4.0)


class TestApproximations:
    @pytest.mark.parametrize(
        ("ca2", "cs2", "plain", "corrected"), [(0.5, 0.5, 2.0, 1.918378914), (4.0, 0.5, 9.0, 8.143536762)]
    )
    def test_general_arrivals_and_work(self, ca2, cs2, plain, corrected):
        given = (0.8, 1.0, 1, math.sqrt(ca2), math.sqrt(cs2))
        assert allen_cunneen(*given) == near(plain)
        assert kraemer_langenbach_belz(*given) == near(corrected)
        assert sakasegawa(*given) == near(plain)

    def test_they_are_close_to_the_exact_wait(self):
        assert kraemer_langenbach_belz(0.8, 1.0, 1, math.sqrt(0.5), math.sqrt(0.5)) == pytest.approx(
            1.865268048, rel=0.03
        )

    def test_exact_for_poisson_arrivals_and_exponential_work(self):
        assert allen_cunneen(2.5, 1.0, 3, 1.0, 1.0) == near(mmc(2.5, 1.0, 3).waiting_time)

    def test_overload_and_no_variability(self):
        assert sakasegawa(2.0, 1.0, 2, 1, 1) == allen_cunneen(2.0, 1.0, 2, 1, 1) == math.inf
        assert kraemer_langenbach_belz(2.0, 1.0, 2, 1, 1) == math.inf
        assert kraemer_langenbach_belz(0.5, 1.0, 1, 0, 0) == 0.0

    @pytest.mark.parametrize(("load", "number", "waiting"), [(0.5, 24.0, 29.0), (0.9, 34200.0, 35901.0)])
    def test_how_noisy_a_long_run_is(self, load, number, waiting):
        assert mm1_asymptotic_variances(load) == near((number, waiting))


class TestNetworks:
    def test_two_branches(self):
        assert fork_join_two(0.5, 1.0) == near(2.875)
        assert fork_join_two(0.8, 1.0) == near(7.0)
        assert fork_join_two(1.0, 1.0) == math.inf

    @pytest.mark.parametrize(
        ("branches", "rate", "approximate", "simulated"),
        [
            (3, 0.5, 3.397727273, 3.433219405),
            (3, 0.8, 8.103030303, 8.259156132),
            (5, 0.5, 4.103409091, 4.159994292),
            (5, 0.8, 9.592121212, 9.845741208),
            (10, 0.5, 5.115882035, 5.177359621),
            (10, 0.8, 11.72858586, 12.07810368),
        ],
    )
    def test_more_branches(self, branches, rate, approximate, simulated):
        assert fork_join(rate, 1.0, branches) == near(approximate)
        assert fork_join(rate, 1.0, branches) == pytest.approx(simulated, rel=0.03)

    def test_one_and_two_branches_are_exact(self):
        assert fork_join(0.5, 1.0, 1) == near(2.0)
        assert fork_join(0.5, 1.0, 2) == near(2.875)
        assert fork_join(1.5, 1.0, 3) == math.inf

    def test_longest_of_four_activities(self):
        rates = [1.0, 1.0, 0.5, 2.0]
        assert longest_of(rates) == near(2.599206349)
        assert longest_within(rates, 2) == near(0.4639458167)
        assert longest_within(rates, 5) == near(0.9055458358)
        assert longest_within(rates, 6.15961324) == near(0.95)
        assert criticality(rates) == near((0.2134920635, 0.2134920635, 0.5079365079, 0.06507936508))

    def test_three_stations_in_tandem(self):
        rates = [1.0 - 0.5, 0.8 - 0.5, 0.9 - 0.5]
        within = tuple(1 - in_sequence_longer(rates, time) for time in (5, 10, 20))
        assert within == near((0.3062176553, 0.7364362177, 0.9799720181))
        assert in_sequence_quantile(rates, 0.5) == near(6.931471806)
        assert in_sequence_quantile(rates, 0.9) == near(13.99839876)
        assert in_sequence_quantile(rates, 0.95) == near(16.64657973)

    def test_equal_rates_in_sequence_are_erlang(self):
        assert in_sequence_longer([2.0, 2.0], 1.5) == near(math.exp(-3) * (1 + 3))
        assert in_sequence_longer([2.0, 2.0], 0) == 1.0
        assert in_sequence_longer([2.0], 500.0) == pytest.approx(math.exp(-1000), abs=1e-300)

    @pytest.mark.parametrize(
        ("time", "busy"), [(0, 30.01062475), (6, 49.5391507), (12, 49.98937525), (18, 30.4608493)]
    )
    def test_load_that_follows_a_daily_wave(self, time, busy):
        assert sinusoidal_load(time, 10.0, 5.0, 24.0, 0.25) == near(busy)

    def test_the_load_peaks_after_the_arrivals(self):
        assert sinusoidal_load(6 + 3.088046918, 10.0, 5.0, 24.0, 0.25) == near(53.81242245)


def test_birth_death_neither_overflows_nor_vanishes():
    chance = birth_death([1000.0] * 5000, range(1, 5001))
    assert chance.sum() == near(1.0)
    assert chance.argmax() in (999, 1000)


class TestArguments:
    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: mmc(-1, 1), "arrival_rate must be at least 0, not -1"),
            (lambda: mmc(math.inf, 1), "arrival_rate must be a finite number, not inf"),
            (lambda: mmc(1, 0), "service_rate must be a finite number above 0, not 0"),
            (lambda: mmc(1, 2, 0), "servers must be at least 1, not 0"),
            (lambda: mmck(1, 2, 3, 2), "capacity must be at least 3, not 2"),
            (lambda: mmck(1, 2, 0, 2), "servers must be at least 1, not 0"),
            (lambda: finite_source(0, 1.0, 1.0), "population must be at least 1, not 0"),
            (
                lambda: finite_source(3, 0.0, 1.0),
                "think_time must be a finite number above 0, not 0.0",
            ),
            (lambda: finite_source(3, 1.0, 1.0, 0), "servers must be at least 1, not 0"),
            (lambda: erlang_b(-1, 2), "load must be at least 0, not -1"),
            (lambda: erlang_b(1, -2), "servers must be at least 0, not -2"),
            (lambda: erlang_a(1, 1, 0, 1), "servers must be at least 1, not 0"),
            (lambda: erlang_a(1, 1, 1, 0), "abandonment_rate must be a finite number above 0, not 0"),
            (lambda: mg1(1, 0, 1), "mean must be a finite number above 0, not 0"),
            (lambda: mmc(1, 2).flow_quantile(1), "share must be at least 0 and below 1, not 1"),
            (lambda: mmc(1, 2).waiting_quantile(-1), "share must be at least 0 and below 1, not -1"),
            (lambda: fork_join(1, 2, 0), "branches must be at least 1, not 0"),
            (lambda: mm1_asymptotic_variances(1), "load must be at least 0 and below 1, not 1"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, call, message):
        with pytest.raises(ValueError, match=".") as caught:
            call()
        assert str(caught.value) == message
