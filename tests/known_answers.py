"""Exact answers to small chains: the model file, the figures, where they come from, how they were verified.

Every expected figure was computed independently of serviceflow (closed forms checked against Markov chains,
Markov chains against simulations of their own) and is held by `test_known_answers.py`. A figure that is
itself an estimate carries its standard error.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure of ``results.kpis`` and what it must be.

    Attributes
    ----------
    scope, name : str
        Where to look; a chain has one row per measure, whatever its name.
    measure : str
        Which measure.
    expected : float
        In the model's time unit where it is a time.
    per : str
        If given, the figure is this other measure's share: refused per arrived.
    scenario : str
        Of which scenario; the model as it stands if empty.
    error : float
        Standard error of the expectation itself; 0 where it is exact.
    costly : bool
        Left to long runs.
    """

    scope: str
    name: str
    measure: str
    expected: float
    per: str = ""
    scenario: str = ""
    error: float = 0.0
    costly: bool = False

    def __str__(self) -> str:
        share = f" per {self.per}" if self.per else ""
        where = f" [{self.scenario}]" if self.scenario else ""
        return f"{self.scope} {self.name} {self.measure}{share}{where}"


@dataclass(frozen=True)
class Answer:
    """One model of ``tests/models`` and its figures."""

    model: str
    description: str
    figures: tuple[Figure, ...]
    source: str
    verified: str

    @property
    def scenarios(self) -> tuple[str, ...]:
        return tuple(sorted({figure.scenario for figure in self.figures}))


def chain(
    measure: str,
    expected: float,
    scenario: str = "",
    per: str = "",
    error: float = 0.0,
    costly: bool = False,
) -> Figure:
    return Figure("chain", "", measure, expected, per, scenario, error, costly)


def serve(measure: str, expected: float, scenario: str = "", name: str = "Serve") -> Figure:
    return Figure("service", name, measure, expected, scenario=scenario)


def server(measure: str, expected: float, scenario: str = "", name: str = "Server") -> Figure:
    return Figure("provider", name, measure, expected, scenario=scenario)


def promise(
    kind: str, expected: float, scenario: str = "", name: str = "Customers", error: float = 0.0
) -> Figure:
    return Figure("sla", f"{name}: {kind}", "attainment", expected, scenario=scenario, error=error)


ANSWERS = (
    Answer(
        "mm1_rho_05",
        "M/M/1, arrivals 1, service rate 2",
        (
            serve("waiting_time", 0.5),
            chain("flow_time", 1.0),
            chain("work_in_progress", 1.0),
            server("queue_length", 0.5),
            server("utilization", 0.5),
            chain("flow_time_p90", 2.302585093),
            chain("flow_time_p95", 2.995732274),
            promise("response", 0.5),
            promise("resolution", 0.6321205588),
        ),
        "closed form, any queueing text; Law (2015) uses arrivals 1, mean service 0.5: mean delay 0.5",
        "closed form against a truncated birth-death chain of 401 states",
    ),
    Answer(
        "mm1_rho_09",
        "M/M/1, arrivals 0.9, service rate 1",
        (
            serve("waiting_time", 9.0),
            chain("flow_time", 10.0),
            chain("work_in_progress", 9.0),
            server("queue_length", 8.1),
            server("utilization", 0.9),
            chain("flow_time_p95", 29.95732274),
            promise("resolution", 0.6321205588),
        ),
        "closed form",
        "birth-death chain",
    ),
    Answer(
        "county_hospital_mm1",
        "County Hospital emergency room, one doctor, per hour",
        (
            serve("waiting_time", 0.6666666667),
            chain("flow_time", 1.0),
            chain("work_in_progress", 2.0),
            server("queue_length", 1.333333333),
            server("utilization", 0.6666666667),
            promise("response", 1 - 0.4043537731),
            promise("resolution", 1 - 0.3678794412),
        ),
        "Hillier and Lieberman, Introduction to Operations Research, chapter on queueing theory",
        "closed form against a birth-death chain",
    ),
    Answer(
        "county_hospital_mm2",
        "County Hospital emergency room, two doctors, per hour",
        (
            serve("waiting_time", 0.04166666667),
            chain("flow_time", 0.375),
            chain("work_in_progress", 0.75),
            server("queue_length", 0.08333333333),
            server("utilization", 0.3333333333),
            promise("response", 1 - 0.02255588054),
            promise("resolution", 1 - 0.06552278311),
        ),
        "Hillier and Lieberman, Introduction to Operations Research, chapter on queueing theory",
        "closed form against a birth-death chain",
    ),
    Answer(
        "hotel_front_desk",
        "Hotel reception, 26.2 guests per hour, three to six clerks, exponential check-in of 6 min",
        (
            serve("waiting_time", 12.16434732),
            server("queue_length", 5.311764994),
            server("utilization", 0.8733333333),
            serve("waiting_time", 1.571915423, "Four clerks"),
            server("queue_length", 0.6864030682, "Four clerks"),
            serve("waiting_time", 0.3844065915, "Five clerks"),
            server("queue_length", 0.0446665380, "Six clerks"),
        ),
        "textbook exercise; M/M/c",
        "closed form against a birth-death chain of 3001 states for three clerks",
    ),
    Answer(
        "md1",
        "M/D/1 at 0.8",
        (
            serve("waiting_time", 2.0),
            chain("flow_time", 3.0),
            chain("work_in_progress", 2.4),
            server("queue_length", 1.6),
            server("utilization", 0.8),
            promise("response", 0.7620995197),
        ),
        "Pollaczek-Khinchine; Erlang (1909) for the distribution of the wait",
        "formula against the embedded Markov chain (601 states); 1e8 customers by Lindley's recursion",
    ),
    Answer(
        "dm1",
        "D/M/1 at 0.8",
        (
            serve("waiting_time", 1.69273084),
            chain("flow_time", 2.69273084),
            server("utilization", 0.8),
            promise("response", 0.5663783754),
        ),
        "GI/M/1: root of sigma = exp(-1.25 (1 - sigma)), Kleinrock volume 1",
        "root found numerically: sigma = 0.6286297965",
    ),
    Answer(
        "e2m1",
        "E2/M/1 at 0.8",
        (
            serve("waiting_time", 2.843979767),
            chain("flow_time", 3.843979767),
            server("queue_length", 2.275183814),
            server("utilization", 0.8),
            promise("resolution", 0.7276685135),
        ),
        "GI/M/1 root, Kleinrock volume 1",
        "root against a Markov chain over phases, L = 3.07518381",
    ),
    Answer(
        "e2e21",
        "E2/E2/1 at 0.8",
        (
            serve("waiting_time", 1.865268048),
            chain("flow_time", 2.865268048),
            server("queue_length", 1.492214439),
        ),
        "phase-type Markov chain, as in the tables of Seelen, Tijms and van Hoorn",
        "chain of 1002 states against 6e7 simulated customers, 1.8666",
    ),
    Answer(
        "h2e21",
        "H2/E2/1 at 0.8, arrivals with squared cv 4 and balanced means",
        (
            serve("waiting_time", 8.660133974),
            chain("flow_time", 9.660133974),
            server("queue_length", 6.928107179),
        ),
        "phase-type Markov chain, as in the tables of Seelen, Tijms and van Hoorn",
        "chain of 2402 states against 6e7 simulated customers, 8.6673",
    ),
    Answer(
        "mg1_gamma",
        "M/G/1 at 0.7, gamma service of cv 1.5",
        (
            serve("waiting_time", 3.791666667),
            chain("flow_time", 4.791666667),
            server("utilization", 0.7),
        ),
        "Pollaczek-Khinchine: rho (1 + cv^2) / 2 / (1 - rho)",
        "arithmetic",
    ),
    Answer(
        "batch_arrivals",
        "M^X/M/1, batches geometric of 2 on average",
        (
            serve("waiting_time", 2.333333333),
            chain("flow_time", 3.333333333),
            chain("work_in_progress", 1.333333333),
            server("queue_length", 0.9333333333),
            server("utilization", 0.4),
        ),
        "Gross and Harris, bulk input: L = lambda (E[X] + E[X^2]) / (2 mu (1 - rho))",
        "formula against a Markov chain of 501 states",
    ),
    Answer(
        "priority_two_classes",
        "M/M/1, two classes with unequal means: non-preemptive, first come first served, preemptive",
        (
            serve("waiting_time", 1.321428571, name="Serve 1"),
            serve("waiting_time", 6.607142857, name="Serve 2"),
            Figure("consumer", "Class 1", "flow_time", 2.321428571),
            Figure("consumer", "Class 2", "flow_time", 7.857142857),
            server("utilization", 0.8),
            serve("waiting_time", 4.625, "First come first served", "Serve 1"),
            serve("waiting_time", 4.625, "First come first served", "Serve 2"),
            Figure("consumer", "Class 1", "flow_time", 1.428571429, scenario="Preemptive"),
            Figure("consumer", "Class 2", "flow_time", 8.392857143, scenario="Preemptive"),
        ),
        "Cobham (1954); preemptive resume: Conway, Maxwell and Miller (1967)",
        "formula against a Markov chain of 13203 states; Ciw 3.2.7 gave 1.324 and 6.639",
    ),
    Answer(
        "erlang_a",
        "Erlang-A: 48 calls per min, 50 agents, patience 2 min; times in seconds",
        (
            chain("gave_up", 0.03091224916, per="arrived"),
            server("queue_length", 2.96757592),
            server("utilization", 0.9303242408),
            serve("waiting_time", 3.709469899),
            promise("response", 0.9430189547),
        ),
        "Garnett, Mandelbaum and Reiman (2002): 3.1% abandon, 3.7 s mean wait, 93% busy",
        "birth-death chain of 4001 states, absorbing chain for the tail of the wait",
    ),
    Answer(
        "mm2_5",
        "M/M/2/5: two in service, three places, the rest are lost",
        (
            chain("refused", 0.1410768852, per="arrived"),
            chain("throughput", 1.546061607),
            chain("work_in_progress", 2.456965446),
            server("queue_length", 0.9109038391),
            server("utilization", 0.7730308033),
            serve("waiting_time", 0.5891769353),
        ),
        "birth-death chain",
        "closed form against a simulated Markov chain over 3e7 units of time",
    ),
    Answer(
        "erlang_b",
        "M/G/10/10 loss system, offered load 8, lognormal service",
        (chain("refused", 0.1216610643, per="arrived"), server("utilization", 0.7026711486)),
        "Erlang B, insensitive to the distribution of service",
        "recursion against the direct sum",
    ),
    Answer(
        "machine_repair",
        "Six machines, two repairers",
        (
            serve("waiting_time", 0.2045209903),
            chain("flow_time", 1.20452099),
            chain("throughput", 1.152843847),
            chain("work_in_progress", 1.388624612),
            server("queue_length", 0.2357807653),
            server("utilization", 0.5764219235),
        ),
        "Palm's finite-source model",
        "birth-death chain against a generic solution",
    ),
    Answer(
        "central_server",
        "Closed network of five users, a front office and two back offices",
        (
            chain("throughput", 1.053725397),
            chain("flow_time", 2.745069271),
            server("utilization", 0.5268626984, name="Front office"),
            server("utilization", 0.5057881904, name="Back office"),
            server("utilization", 0.6322352380, name="Archive"),
            serve("waiting_time", 0.8358351916 - 0.5, name="Register"),
            serve("waiting_time", 1.307538090 - 0.8, name="Decide"),
            serve("waiting_time", 2.811777780 - 1.5, name="Search"),
        ),
        "mean value analysis, Reiser and Lavenberg (1980)",
        "exact recursion over the population",
    ),
    Answer(
        "rework_loop",
        "One completion in four goes back to the end of the same queue",
        (
            chain("flow_time", 6.666666667),
            serve("waiting_time", 4.0),
            chain("work_in_progress", 4.0),
            server("utilization", 0.8),
            promise("resolution", 0.7939, error=0.0001),
        ),
        "Jackson network with Bernoulli feedback, Takacs (1963)",
        "closed form against 1e8 simulated requests: 6.6660, share within 10 h 0.7939",
    ),
    Answer(
        "tandem_sla",
        "Three M/M/1 in tandem",
        (
            chain("flow_time", 7.833333333),
            serve("waiting_time", 1.0, name="Step 1"),
            serve("waiting_time", 2.083333333, name="Step 2"),
            serve("waiting_time", 1.388888889, name="Step 3"),
            chain("flow_time_p50", 6.931471806),
            chain("flow_time_p90", 13.99839876),
            chain("flow_time_p95", 16.64657973),
            promise("resolution", 0.7364362177),
        ),
        "Burke (1956), Reich (1957): times at the stations of a tandem are independent exponentials",
        "partial fractions against a matrix exponential and 1e8 simulated requests",
    ),
    Answer(
        "saturated_line",
        "Three stations, one place between, blocking after service, never short of work",
        (
            chain("throughput", 0.606277063),
            server("utilization", 0.606277063, name="Station 1"),
            server("utilization", 0.757846329, name="Station 2"),
            server("utilization", 0.606277063, name="Station 3"),
        ),
        "exact Markov chain",
        "central differences of the throughput sum to one over the rates (Euler)",
    ),
    Answer(
        "fork_join_2",
        "Fork-join of two M/M/1 at 0.5 and 0.8",
        (
            chain("flow_time", 2.875),
            chain("work_in_progress", 1.4375),
            promise("resolution", 0.85148436, error=0.00005),
            chain("flow_time", 7.0, "Busier"),
            promise("resolution", 0.45441795, "Busier", error=0.0001),
        ),
        "Flatto and Hahn (1984); Nelson and Tantawi (1988): (12 - rho) / 8 / (mu - lambda)",
        "closed form against Markov chains of 12321 and 48841 states and 1e8 simulated requests",
    ),
    Answer(
        "fork_join_3",
        "Fork-join of three M/M/1 at 0.5 and 0.8",
        (chain("flow_time", 3.432578818), chain("flow_time", 8.259156132, "Busier", error=0.003)),
        "Markov chain at 0.5; 4e7 simulated requests at 0.8",
        "chain of 7770 states; the simulation gave 3.4332 at 0.5",
    ),
    Answer(
        "fork_join_5",
        "Fork-join of five M/M/1 at 0.5 and 0.8",
        (
            chain("flow_time", 4.159994292, error=0.001),
            chain("flow_time", 9.845741208, "Busier", error=0.004, costly=True),
        ),
        "4e7 simulated requests; Nelson and Tantawi's approximation is 1.4% and 2.6% lower",
        "three to four digits",
    ),
    Answer(
        "fork_join_10",
        "Fork-join of ten M/M/1 at 0.5 and 0.8",
        (
            chain("flow_time", 5.177359621, error=0.001),
            chain("flow_time", 12.07810368, "Busier", error=0.005, costly=True),
        ),
        "4e7 simulated requests; Nelson and Tantawi's approximation is 1.2% and 2.9% lower",
        "three to four digits",
    ),
    Answer(
        "and_join",
        "Four activities side by side without contention",
        (
            chain("flow_time", 2.599206349),
            chain("flow_time_p95", 6.15961324),
            promise("resolution", 0.9055458358),
        ),
        "inclusion-exclusion over independent exponentials",
        "closed form against numerical integration",
    ),
    Answer(
        "pool_and_single_server",
        "M/M/20 at 0.92, M/M/1 at 0.90, M/M/5 at 0.6 in tandem",
        (
            chain("flow_time", 4.12768705),
            serve("waiting_time", 0.7848362452, name="Step 1"),
            serve("waiting_time", 0.8804347826, name="Step 2"),
            serve("waiting_time", 0.03850297883, name="Step 3"),
            server("utilization", 0.92, name="Pool"),
            server("utilization", 0.90, name="Single"),
            server("utilization", 0.60, name="Five"),
        ),
        "Jackson's product form",
        "closed form",
    ),
    Answer(
        "day_shift",
        "Tandem of a round-the-clock and an eight-hour station; paused at the end of the shift, or finished",
        (
            serve("waiting_time", 14.18181818 - 3.12, name="Step 1"),
            chain("flow_time", 29.71986001),
            server("utilization", 0.78, name="Round the clock"),
            server("utilization", 0.75, name="Day shift"),
            chain("flow_time", 14.18181818 + 11.17448547, "Overtime"),
            serve("waiting_time", 11.17448547 - 1, "Overtime", "Step 2"),
        ),
        "Burke's theorem and a periodic Markov chain: 15.53804183 h paused, 11.17448547 h finished",
        "matrix exponentials over the two phases of the day, 151 states and 301 states",
    ),
    Answer(
        "flexible_worker",
        "Worker 1 does A, worker 2 does both and B first",
        (
            serve("waiting_time", 1.100870252, name="Do A"),
            serve("waiting_time", 1.49115015, name="Do B"),
            server("utilization", 0.6544249248, name="Worker 1"),
            server("utilization", 0.7455750752, name="Worker 2"),
        ),
        "Markov chain of the N-design",
        "15984 states against a simulation over 3e7 units of time",
    ),
    Answer(
        "breakdowns",
        "M/M/1 whose server breaks down, busy or idle",
        (chain("flow_time", 3.833333333), chain("work_in_progress", 1.916666667)),
        "Markov chain of the queue and the state of the server; White and Christie (1958)",
        "802 states: L = 1.9166666667",
    ),
    Answer(
        "make_to_stock",
        "Base stock of four, made one at a time at a load of 0.8",
        (
            Figure("stock", "Goods", "fill_rate", 0.5904),
            Figure("stock", "Goods", "mean_level", 1.6384),
            Figure("stock", "Goods", "stockout_share", 0.4096),
            serve("waiting_time", 2.048, name="Deliver"),
            server("utilization", 0.8, name="Workshop"),
        ),
        "Buzacott and Shanthikumar (1993): fill rate 1 - rho^S, wait rho^S / (mu (1 - rho))",
        "arithmetic; orders outstanding are the number in an M/M/1",
    ),
    Answer(
        "dispatch_and_clarification",
        "A round every 30 min, a delay, clarifications until complete; nobody waits for staff",
        (
            Figure("handoff", "Write -> Read", "handoff_time", 15 + 10 + 20 / 3),
            Figure("handoff", "Write -> Read", "clarifications", 1 / 3, per="arrived"),
            Figure("handoff", "Write -> Read", "first_time_right", 0.75),
            chain("flow_time", 5 + 15 + 10 + 20 / 3 + 8),
        ),
        "the output of an infinite-server queue is Poisson, so a round is 15 min away on average",
        "arithmetic",
    ),
)

TRANSIENT = {1: 0.6261425387, 5: 1.752183315, 10: 2.530695148, 50: 5.122479721, 100: 6.443920877}
"""Mean number in an M/M/1 (0.9, 1) that starts empty, at these hours: uniformisation against an ODE."""

SINUSOID = {0: 29.997632294, 6: 49.525515283, 12: 50.002367706, 18: 30.474484717}
"""Mean number in service of the infinite-server model at these hours of the day, its half-hourly steps
counted (the ODE, 30 periods); for the sinusoid itself 30.0106, 49.5392, 49.9894, 30.4608 (Eick, Massey
and Whitt 1993)."""

HOURLY = (
    *(2.366666667, 2.8, 8.833333333, 10.43333333, 14.8, 26.26666667, 31.4, 18.06666667, 16.46666667),
    *(12.03333333, 11.6, 28.86666667, 18.03333333, 11.5, 5.3, 4.066666667, 2.2, 2.1),
)
"""Expected arrivals in each hour from 06:00, which is also their variance (Nelson 2013, as in treat-sim)."""

BLOCKED = {"Step 1": 0.393722937, "Step 2": 0.1279520283, "Step 3": 0.0}
"""Share of time that each station of the saturated line is blocked (exact Markov chain)."""

PLUS_ONE = {
    "One more in the pool": 0.4332961089,
    "A second single": 0.8555949298,
    "A sixth of five": 0.0277265433,
}
"""What one more server takes off the flow time of `pool_and_single_server` (Jackson's product form)."""
