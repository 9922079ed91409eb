"""The layout of the kernel's memory: which pools there are, and what the fields of their rows mean.

Every field is 64 bits wide. Those whose comment says *real* hold a real number, all others an integer; -1
stands for none. The fields of visits and requests that are columns of the record come first.
"""

from __future__ import annotations

from itertools import count

from serviceflow.engine.program.codes import *

# -- scalars of a run

_scalar = count()
NOW = next(_scalar)
SEED = next(_scalar)
REPLICATION = next(_scalar)
WINDOW_START = next(_scalar)
WINDOW_END = next(_scalar)
STOP = next(_scalar)
TERMINATING = next(_scalar)
WEEKDAY = next(_scalar)
AWAITED = next(_scalar)  # requests asked in the window that have not ended
NEXT_VISIT = next(_scalar)
NEXT_REQUEST = next(_scalar)
NEXT_TOKEN = next(_scalar)  # told to every event that may be stale when it comes
EVENTS = next(_scalar)  # slots of events that were ever used
HAPPENED = next(_scalar)  # at this instant
STARTS_PLANNED = next(_scalar)
TEAMS_TOUCHED = next(_scalar)
STOCKS_TOUCHED = next(_scalar)
HALT = next(_scalar)  # why the kernel stopped, see REASONS
TEAMS = next(_scalar)
SERVICES = next(_scalar)
CONSUMERS = next(_scalar)
STOCKS = next(_scalar)
ATTRIBUTES = next(_scalar)
VISIT_COLUMNS = next(_scalar)  # how many the record has
VISIT_COLUMN_LIST = next(_scalar)  # place in INTS of the fields that they are
KEEP = next(_scalar)  # whether rows of visits go to their number's place, or are put out as they end
VISITS_OUT = next(_scalar)
REQUESTS_OUT = next(_scalar)
PAUSES_OUT = next(_scalar)
LEVELS_OUT = next(_scalar)
OUTAGES_OUT = next(_scalar)
FAMILIES_OUT = next(_scalar)
UNITS = next(_scalar)  # address of the table of units
BUDGET = next(_scalar)  # events until the kernel comes back to be interrupted
LOW = next(_scalar)  # whether a pool is nearly used up
STOPPED = next(_scalar)  # the instant at which the run ended
DEAD_VISITS = next(_scalar)  # over at this event; their rows are free after it
DEAD_REQUESTS = next(_scalar)
FOLLOWING = next(_scalar)  # what follows at this instant, the first and the last of a list
FOLLOWING_LAST = next(_scalar)
RESET_FROM = next(_scalar)  # the first field of visits that this chain may fill
RESET_REST = next(_scalar)  # whether it may have filled what begins as -1
ARRIVING = next(_scalar)  # visits that arrive at this instant, in the order of their numbers
ARRIVING_LAST = next(_scalar)
OFFERED = next(_scalar)  # the visit or grant that a provider should take next, and on which needs
OFFERED_NEEDS = next(_scalar)
MAY_HOLD = next(_scalar)  # whether staff can be held without work
AHEAD_PAYS = next(_scalar)  # whether draws for requests are made ahead
CHUNK_MASK = next(_scalar)  # slots of draws made ahead, less one
NUMBERS = next(_scalar)  # real numbers of a request that the record keeps: attributes, then the quantity
FREE_SLOT = next(_scalar)  # the first slot of events that is free
OPEN_SLOT = next(_scalar)  # that of the event that happens, until something else is planned in it; else -1
LEAVES = next(_scalar)  # slots in the tournament of events
SLOT_BITS = next(_scalar)  # of a key of events: above them the instant, in them the slot
NEXT_KEY = next(_scalar)  # of the first event, that of the open slot left out
COUNTERS = next(_scalar)  # services that a strand may enter more than once
OTHERS = next(_scalar)  # of the following, those from other distributions than the exponential one
PASSES = next(_scalar)  # times that the next work has been looked for
BEGIN = next(_scalar)  # the instant at which the run starts
OPENING = next(_scalar)  # place in INTS of what is there then; -1: nothing
PENDING = next(_scalar)  # draws for trips that wait until there are enough to be made at once

FIRST_POOL = 64
"""Where the words of the pools begin."""

# -- why the kernel stops

DONE, AGAIN, GROW, FULL, FAILED = range(5)
"""The run is over; let us go on; pools need room; a pool was too small in mid-event; a rule was broken."""

# -- stages of a visit

ON_WAY, IN_JOIN, IN_CALL, IN_STOCK, IN_BATCH, IN_QUEUE, AT_WORK, OVER, IS_BLOCKED, WRITTEN = range(10)

# -- what happens when a request ends

NOTHING, THINK, REPAIRED = range(3)


# -- visits under way
#
# In lines of eight words, which is what the processor's cache takes at once. First what begins as 0 and only
# some chains fill, the rarest first: a chain sets back the part that it may have filled. Then the lines that
# every visit needs: what begins as 0, what begins as -1, what it is given, and what goes back to how it was
# before the visit is over. At last what few need, some of it -1 to begin with (NONE_AT_FIRST).

(
    V_SPARE,
    V_RETURNED,
    V_TOGETHER,
    V_CLARIFICATIONS,
    V_BLOCKED,
    V_PAUSE_OFF_SHIFT,
    V_PAUSE_OUTAGE,
    V_PAUSE_PREEMPTED,
    V_PAUSE_CALL,
    V_SUSPENDED,
    V_SETUP,
    V_WAIT_JOIN,
    V_WAIT_CALL,
    V_WAIT_STOCK,
    V_WAIT_BATCH,
    V_DISPATCH,
    V_DELAY,
    V_CLARIFICATION,
    V_WAIT_OFF_SHIFT,
    V_WAIT_CARRIED_OVER,
    V_WAIT_OUTAGE,
    V_WAIT_HELD,
    V_WAIT_PARTNER,
    V_WAIT_PRIORITIZATION,
    V_WAIT_CONTENTION,
    V_WORK,
    V_STAGE,
    V_SINCE,
    V_OCCURRENCE,
    V_KEY,
    V_AWAITING,
    V_DONE,
    V_HANDOFF,
    V_PROVIDER,
    V_ARRIVED,
    V_STARTED,
    V_FINISHED,
    V_LEFT,
    V_DRAWN,
    V_QUEUED,
    V_REQUEST,
    V_BRANCH,
    V_SERVICE,
    V_VISIT,
    V_ASKED,
    V_OUTCOME,
    V_ID,
    V_STRAND,
    V_OWNER,
    V_IDENTITY,
    V_PRIORITY,
    V_PREVIOUS,
    V_NEXT,
    V_TOKEN,
    V_REMAINING,
    V_RESUMED,
    V_LINE,
    V_SOLE,
    V_GRANTS,
    V_CLAIMS,
    V_BATCH,
    V_CHOSEN,
    V_BEFORE,
    V_AFTER,
    V_MEMBER,
    V_CALL,
    V_LEADER,
    V_NEXT_MEMBER,
    V_WANTS,
    V_EARLIER,
    V_LATER,
    V_CREDIT,
    V_CREDITS,
    V_MARK_OFF_SHIFT,
    V_MARK_AWAY,
    V_MARK_OUTAGE,
    V_MARK_HELD,
    V_MARK_PARTNER,
    V_MARK_CONTENTION,
    V_CAUSE,
    V_REASON,
    V_PAUSED_AT,
    V_STUCK,
    V_SEEN,
    V_CAME,
    V_MET,
) = range(86)

NONE_AT_FIRST = (V_MEMBER, V_CALL, V_LEADER, V_NEXT_MEMBER, V_WANTS, V_BATCH, V_PREVIOUS)
"""Fields of visits that begin as -1 and are filled by some chains only."""
BACK_TO_NONE = (V_LINE, V_SOLE, V_GRANTS, V_CLAIMS, *NONE_AT_FIRST)
"""Those that are -1 in a row that is free."""

# -- requests that have not ended; the columns of the record first

(
    R_KIND,
    R_SOURCE,
    R_NUMBER,
    R_CONSUMER,
    R_PARENT,
    R_ASKED,
    R_ENDED,
    R_OUTCOME,
    R_ROW,
    R_WHO,
    R_OPEN,
    R_BRANCHES,
    R_VERDICT,
    R_ROOT,
    R_ASKER,
    R_CALLER,
    R_CALLER_ID,
    R_ORDER,
    R_OUTSTANDING,
    R_QUANTITY,
    R_ON_END,
    R_END_WHAT,
    R_END_CLOCK,
    R_SERVED,
    R_HELD_BY,
    R_SPLITS,
    R_NEXT,
) = range(27)

# -- strands of requests

(
    B_REQUEST,
    B_INDEX,
    B_WHO,
    B_NUMBER,
    B_SPLIT,
    B_ENTRIES,
    B_SIBLING,
) = range(7)

# -- chains of plain queues have rows of their own, in lines of eight words

# Strands with their present visit: first what is put out (P_RECORD), then what is needed meanwhile. The parts
# of the wait hold marks until it is over.
(
    P_REQUEST,
    P_BRANCH,
    P_PREVIOUS,
    P_SERVICE,
    P_VISIT,
    P_HANDOFF,
    P_ASKED,
    P_STARTED,
    P_WAIT_OFF_SHIFT,
    P_WAIT_PRIORITIZATION,
    P_WAIT_CONTENTION,
    P_WORK,
    P_ID,
    P_WAIT_CARRIED_OVER,
    P_FINISHED,
    P_OUTCOME,
    P_STATE,
    P_NEXT,
    P_BEFORE,
    P_AFTER,
    P_STEP,  # where the present visit stands in the walk's trip
    P_KEY,  # real
    P_URGENCY,  # real
    P_EARLIER,
    P_LATER,
    P_CREDITS,
    P_STEM,  # of whose draws are made ahead
    P_NUMBER,
    P_AHEAD,
    P_WHO,
    P_FROM,
    P_LINK,
) = range(32)
P_RECORD = 16
P_NOTHING = -1
"""What is 0 for every visit, and stands nowhere."""

# Services, then consumers as far as they choose a way
(
    O_DESK,
    O_COUNTER,
    O_WAYS,
    O_COUNT,
    O_SPLIT,
    O_PRIORITY,  # place of the real number, -1 if there is none
    O_ROUTING,
    O_TICKS,  # where they are constant; else -1
    O_CODE,
    O_WHAT,
    O_PLANNED,  # what a trip says of the work before it is drawn
    O_WORK,  # how the work of a visit is planned: one of the following
    O_SCALE,  # real
) = range(13)

GIVEN, EXPONENTIAL_WORK, OTHER_WORK = range(3)
"""Work that is constant, or drawn when it begins; work that is drawn ahead."""

# Providers with their line
(
    Y_FREE,
    Y_WAITING,
    Y_CAUSES,  # one of the following
    Y_TOUCHED,
    Y_NEXT_TOUCHED,
    Y_BY_PRIORITY,
    Y_ON_DUTY,
    Y_LATEST_AT_WORK,
    Y_SINCE,
    Y_CREDITS,
    Y_OFF_SHIFT,
    Y_OFF_SINCE,
    Y_ALIKE,  # the next provider with the same schedule
    Y_FOLLOWS,  # whether it comes after another one with the same schedule
) = range(14)

CONTENTION_ONLY, OFF_SHIFT_TOO, OVERTAKING_TOO = range(3)
"""The causes of waiting that a line may have."""

# Slots of events
(
    I_ORDER,
    I_ABOUT,
    I_NEXT,
) = range(3)

# Ways from a service, or from a consumer
(
    F_HANDOFF,
    F_STOP,
    F_SHARE,  # real; -1: the rest
    F_DESK,
) = range(4)

# -- splits whose branches are under way

(
    S_PARENT,
    S_BRANCHES,
    S_ENDED,
    S_WAITING,
    S_ARRIVED,
    S_PASSED,
    S_SIBLING,
    S_NEXT,
) = range(8)

# -- staff that visits hold: which visit, of which team, how many units, and which where they have names

(
    G_VISIT,
    G_TEAM,
    G_COUNT,
    G_WHICH,
    G_OF_VISIT,
    G_STATE,
    G_BEFORE,
    G_AFTER,
    G_NEXT,
) = range(9)

# -- links of short lists

(
    N_A,
    N_B,
    N_AFTER,
    N_NEXT,
) = range(4)

# -- visits that wait for a stock

(
    W_VISIT,
    W_STOCK,
    W_QUANTITY,
    W_RANK,
    W_BEFORE,
    W_AFTER,
    W_OF_VISIT,
    W_NEXT,
) = range(8)

# -- slots of events, and the winners of their tournament

(
    E_ABOUT,
    E_TOKEN,
    E_NEXT,
) = range(3)
(
    E_TIME,
    E_ORDER,
    E_SLOT,
) = range(3)

UNPLANNED = 2**63 - 1
"""The instant, and the order, of what is not planned."""

# -- queues: visits that need the same staff

(
    L_HEAD,
    L_TAIL,
    L_COUNT,
    L_TEAM,
    L_TRACKED,
    L_OVERTAKEN,
    L_SKILL,
    L_NEEDS,
    L_ALTERNATIVES,
    L_RESERVE,
    L_MAINS,
    L_PARTNERS,
    L_INVOLVED,
    L_FITS,
    L_EARLIEST,
    L_LATEST,
    L_CREDITS,
    L_OFF_SHIFT,
    L_AWAY,
    L_OUTAGE,
    L_HELD,
    L_PARTNER,
    L_CONTENTION,
    L_SINCE,
    L_CURSOR,
    L_MIXED,
    L_WAS_AWAY,
) = range(27)

# -- providers

(
    T_PLAIN,
    T_LINE,
    T_ON_DUTY,
    T_DOWN,
    T_OCCUPIED,
    T_PAUSED,
    T_PREEMPTIVE,
    T_BLOCKED,
    T_HELD,
    T_ACTIVE,
    T_TOUCHED,
    T_NEXT_TOUCHED,
    T_DISCIPLINE,
    T_NAMED,
    T_TRACKED,
    T_WAITING,
    T_UNITS,
    T_MEMBERS,
    T_OFF_SHIFT,
    T_LIMIT,
    T_BLOCKS,
    T_FAILS,
    T_AFTER,
    T_AFTER_WHAT,
    T_REPAIR,
    T_REPAIR_WHAT,
    T_REPAIR_SERVICE,
    T_OUTAGE_WHO,
    T_SELECTION,
    T_STAFF,
    T_UNIT,
    T_CLOCK,
    T_LINES,
    T_OUTAGES,
    T_HOLDING,
    T_SELECTIONS,
    T_KEPT,
    T_SHORT,
    T_LEAST,
    T_FIRST,
    T_GROUP,
    T_GROUP_PREEMPTS,
    T_FRESH,
) = range(43)

# -- members of teams that are told apart

(
    U_TEAM,
    U_INDEX,
    U_ON_DUTY,
    U_DOWN,
    U_VISIT,
    U_SET_TO,
    U_SPEED,
    U_SKILLS,
    U_SCHEDULE,
    U_TIED,
    U_SINCE,
    U_WORKED,
    U_LISTED,
) = range(13)

# -- outages of each unit

(
    C_BROKEN,
    C_TIMES,
    C_UNIT,
) = range(3)

# -- stocks

(
    K_BY_PRIORITY,
    K_BELOW,
    K_QUANTITY,
    K_UP_TO,
    K_REORDERS,
    K_ENTERS,
    K_EXITS,
    K_ROUTING,
    K_WHO,
    K_PRIORITY,
    K_LEVEL,
    K_ON_ORDER,
    K_UNMET,
    K_HEAD,
    K_TAIL,
    K_ORDERS,
    K_TOUCHED,
    K_LARGEST,
    K_LOOKED_AT,
    K_MAKERS,  # services that produce it
) = range(20)

# -- those who ask

(
    A_WORD,
    A_WHO,
    A_ENTERS,
    A_EXITS,
    A_ROUTING,
    A_URGENCY,
    A_EVERY,
    A_PROFILE,
    A_INSTANTS,
    A_TRACE,
    A_POPULATION,
    A_MEMBER,
    A_THINK,
    A_THINK_WHAT,
    A_EVERY_WHAT,
    A_SIZE,
    A_SIZE_WHAT,
    A_ATTRIBUTES,
    A_DUE,
    A_INITIAL,
    A_ASKS,
    A_REQUESTS,
    A_TIMES,
    A_TRIPS,  # how many trips are planned at once, at most; 0: none are
    A_PLANNED,
    A_PLANNED_UP_TO,
    A_LAST,
    A_FIRST,
    A_UNTIL,
    A_MOST,
    A_BUSY,  # members of a closed population who have a request in the chain when the run starts
) = range(31)

# -- services

(
    X_PROVIDER,
    X_LINE,
    X_STRAIGHT,
    X_REPEATS,
    X_PRIORITY,
    X_DURATION,
    X_DURATION_WHAT,
    X_SET_UP,
    X_CALLS_START,
    X_CALLS_END,
    X_LEARNED,
    X_PRODUCES,
    X_SPLIT,
    X_EXITS,
    X_ROUTING,
    X_SKILL,
    X_SETUP,
    X_SETUP_WHAT,
    X_SIZE,
    X_MAX_WAIT,
    X_CONSUMES,
    X_CALENDAR,
    X_PATIENCE,
    X_PATIENCE_WHAT,
    X_LEARNING,
    X_JOIN,
    X_EXITS_GAVE_UP,
    X_EXITS_REFUSED,
    X_CALLS,
    X_LINES,
    X_LIMITED,
    X_FILLING,
    X_FILLED,
    X_GENERATION,
    X_QUEUED,  # who leads the batch that queues and is not full
    X_TIMEOUT,
    X_TIMEOUT_WHAT,
    X_EXITS_TIMED_OUT,
) = range(38)

# -- handoffs

(
    H_TARGET,
    H_TRANSFER,
    H_AT_ONCE,
    H_BLOCKS,
    H_LINE,
    H_TEAM,
    H_PROBABILITY,
    H_WHEN,
    H_PURPOSE,
    H_DUE,
    H_PLAIN,
) = range(11)

# -- calls

(
    Q_TARGET,
    Q_WAIT,
    Q_THERE,
    Q_BACK,
    Q_PROBABILITY,
    Q_PROBABILITY_WHAT,
    Q_WHEN,
    Q_PURPOSE,
) = range(8)

# -- ways: of each handoff, and there and back of each call

(
    D_EVERY,
    D_INSTANTS,
    D_SIZE,
    D_MAX_WAIT,
    D_DELAY,
    D_DELAY_WHAT,
    D_INCOMPLETE,
    D_INCOMPLETE_WHAT,
    D_CLARIFICATION,
    D_CLARIFICATION_WHAT,
    D_RETURNS_TO,
    D_CALENDAR,
    D_DIRECT,
    D_TRAY,
    D_FILLED,
    D_GENERATION,
) = range(16)

# -- where requests are when a run starts

(
    Z_KIND,
    Z_SOURCE,
    Z_NUMBER,
    Z_WHO,
    Z_ASKED,
    Z_GIVEN,
    Z_QUANTITY,  # place of the real number
    Z_OF,
    Z_BRANCHES,
    Z_STRAND,  # which of its branches; -1: the request itself
    Z_MEMBER,
    Z_STATE,
    Z_SERVICE,
    Z_HANDOFF,
    Z_ENTRIES,
    Z_ELAPSED,
    Z_REMAINING,
    Z_NEEDS,
    Z_UNITS,
    Z_LEADER,
) = range(20)

# -- trips: for each visit one word, its work and the way from there; those of no visit mark the end

TRIP_VISITS = 15
"""Visits of a trip, at most."""
WORK_BITS = 44
"""Of a word, for ticks of work (200 days in microseconds); above them stands the way, counted from 1."""
NO_WORK = (1 << WORK_BITS) - 1
MOST_WAYS = 1 << 18

# Trips that are being planned
(
    J_DRAFT,
    J_STEP,
    J_STOP,
    J_NUMBER,
    J_OCCURRENCE,
) = range(5)

# -- draws made ahead

AHEAD = 32
"""Draws in a slot."""

(
    M_WHAT,
    M_BLOCK,
    M_CREDIT,
    M_VALUES,
) = range(4)

LINE = 8
"""Words of a line of the processor's cache."""


def _width(letter: str) -> int:
    """How many fields there are whose names begin with a letter."""
    return 1 + max(value for name, value in globals().items() if name.startswith(f"{letter}_"))


def _whole(fields: int) -> int:
    """The words of a row with so many fields: whole lines, or a part of one that does not straddle two."""
    return 1 << (fields - 1).bit_length() if fields < LINE else -(-fields // LINE) * LINE


LETTERS = {
    "visits": "V",
    "requests": "R",
    "branches": "B",
    "splits": "S",
    "grants": "G",
    "nodes": "N",
    "wants": "W",
    "events": "E",
    "bouts": "E",
    "lines": "L",
    "teams": "T",
    "units": "U",
    "clocks": "C",
    "stocks": "K",
    "consumers": "A",
    "services": "X",
    "handoffs": "H",
    "calls": "Q",
    "transfers": "D",
    "walks": "P",
    "slots": "I",
    "stops": "O",
    "desks": "Y",
    "ways": "F",
    "plans": "J",
}
"""Pools whose rows have the fields above, and the letter with which the names of these begin."""

Z_FIELDS = _width("Z")

POOL_FIELDS = {pool: _whole(_width(letter)) for pool, letter in LETTERS.items()} | {
    "ints": 1,  # whole numbers of the program: lists, codes, schedules
    "reals": 1,  # real numbers of the program
    "attributes": 0,  # of each request, a row of real numbers
    "experience": 0,  # of each unit, a row of real numbers
    "visits_out": 0,  # rows of the record
    "requests_out": R_OUTCOME + 3,  # rows of the record, then the row itself, and that of the first asker
    "tally": 1,  # visits of each request
    "numbers_out": 0,  # attributes and quantity of requests
    "pauses_out": 4,  # rows of the record
    "levels_out": 5,  # rows of the record
    "outages_out": 4,  # rows of the record
    "families_out": 1,  # rows of requests that are over with all that they called
    "stack": 1,  # of an expression that is evaluated
    "chunks": M_VALUES + AHEAD,
    "matches": 1,  # the key that won at each place of the express loop's tournament
    "trips": TRIP_VISITS + 1,  # of each walk
    "drafts": TRIP_VISITS + 1,  # trips of requests that are still to be asked
    "entries": 0,  # how often a trip that is planned enters the services that it may enter again
    "lanes": 16,  # of draws for trips that are made at once
    "counts": 0,  # how often each walk has entered the services that it may enter again
    "asks": 1,  # how often each member of a closed population has asked
}
"""Fields of a row of each pool; 0 where the chain decides."""

POOL_WORDS = 6
"""Of each pool ``k`` holds: its address, its rows, bytes of a row, the first free row, how many are left, and
the fewest that ever were."""
ADDRESS, ROWS, STRIDE, FREE, LEFT, FEWEST = range(POOL_WORDS)

POOLS = {name: FIRST_POOL + POOL_WORDS * place for place, name in enumerate(POOL_FIELDS)}
"""Where the words of each pool begin."""

STATE_WORDS = FIRST_POOL + POOL_WORDS * len(POOLS)

SLACK = 256
"""Rows of a pool that one event may need; with fewer left, the kernel comes back for more room."""
