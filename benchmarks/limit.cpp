// The limit: the same workloads as an event loop in C++, for one purpose each and nothing beside.
//
// One binary heap in an array, whose root is left open while its event is handled, so that the first event
// that follows takes its place in one pass; waiting lines as rings; random numbers by xoshiro256++ and
// logarithms. Every visit is recorded: customer, station, class, and the instants it arrived, started and
// finished. Buffers are kept from run to run, so only the first one asks for memory.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

namespace {

// xoshiro256++ 1.0 by Blackman and Vigna (2019), seeded by splitmix64.
class Random {
  public:
    explicit Random(std::uint64_t seed) {
        for (auto &word : state) {
            std::uint64_t z = (seed += 0x9e3779b97f4a7c15ULL);
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
            word = z ^ (z >> 31);
        }
    }
    // In (0, 1), 53 bits.
    double uniform() { return (static_cast<double>(next() >> 11) + 0.5) * 0x1.0p-53; }
    double exponential() { return -std::log(uniform()); }

  private:
    static std::uint64_t rotated(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
    std::uint64_t next() {
        const std::uint64_t result = rotated(state[0] + state[3], 23) + state[0];
        const std::uint64_t t = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= t;
        state[3] = rotated(state[3], 45);
        return result;
    }
    std::uint64_t state[4];
};

struct Event {
    double time;
    std::int32_t what; // a row that finishes, or ~source, or SHIFT
};

constexpr std::int32_t SHIFT = INT32_MIN;

class Heap {
  public:
    void clear() {
        events.clear();
        open = false;
    }
    bool empty() {
        close();
        return events.empty();
    }
    // The earliest event; its place stays open for the first that follows from it.
    Event take() {
        open = true;
        return events[0];
    }
    void push(Event event) {
        if (open) {
            open = false;
            sink(event);
            return;
        }
        events.push_back(event);
        std::size_t place = events.size() - 1;
        while (place > 0) {
            const std::size_t parent = (place - 1) / 2;
            if (events[parent].time <= event.time) break;
            events[place] = events[parent];
            place = parent;
        }
        events[place] = event;
    }

  private:
    void close() {
        if (!open) return;
        open = false;
        const Event last = events.back();
        events.pop_back();
        if (!events.empty()) sink(last);
    }
    // Put an event in at the root.
    void sink(Event event) {
        const std::size_t size = events.size();
        Event *const heap = events.data();
        std::size_t place = 0, child = 1;
        while (child + 1 < size) {
            child += heap[child + 1].time < heap[child].time;
            if (event.time <= heap[child].time) {
                heap[place] = event;
                return;
            }
            heap[place] = heap[child];
            place = child;
            child = 2 * place + 1;
        }
        if (child < size && heap[child].time < event.time) {
            heap[place] = heap[child];
            place = child;
        }
        heap[place] = event;
    }
    std::vector<Event> events;
    bool open = false;
};

// A waiting line of rows, first in first out.
class Line {
  public:
    void clear() { first = last = 0; }
    bool empty() const { return first == last; }
    void push(std::int32_t row) {
        if (last - first == rows.size()) grow();
        rows[last++ & (rows.size() - 1)] = row;
    }
    std::int32_t pop() { return rows[first++ & (rows.size() - 1)]; }

  private:
    void grow() {
        std::vector<std::int32_t> larger(rows.size() * 2);
        for (std::uint64_t k = first; k < last; k++)
            larger[k & (larger.size() - 1)] = rows[k & (rows.size() - 1)];
        rows.swap(larger);
    }
    std::vector<std::int32_t> rows = std::vector<std::int32_t>(64);
    std::uint64_t first = 0, last = 0;
};

struct Visit {
    double arrived, started, finished;
    std::int32_t customer;
    std::int16_t station, urgency;
};
static_assert(sizeof(Visit) == 32, "the reader counts on it");

class Record {
  public:
    ~Record() { std::free(visits); }
    void clear() { size = 0; }
    std::int32_t add(std::int32_t customer, int station, int urgency, double now) {
        if (size == capacity) grow();
        Visit &visit = visits[size];
        visit.arrived = now;
        visit.customer = customer;
        visit.station = static_cast<std::int16_t>(station);
        visit.urgency = static_cast<std::int16_t>(urgency);
        return static_cast<std::int32_t>(size++);
    }
    Visit &operator[](std::int32_t row) { return visits[row]; }
    Visit *visits = nullptr;
    std::size_t size = 0;

  private:
    void grow() {
        const std::size_t larger = capacity ? 2 * capacity : 1 << 16;
        void *moved = std::realloc(visits, larger * sizeof(Visit));
        if (!moved) throw std::bad_alloc();
        visits = static_cast<Visit *>(moved);
        capacity = larger;
    }
    std::size_t capacity = 0;
};

struct Station {
    int servers = 1, busy = 0;
    Line lines[2]; // class 0 goes first
};

// What distinguishes the workloads: where a visit leads to, and which rules there are at all.
struct Plain {
    static constexpr bool classes = false, shifts = false, forks = false;
};

struct Tandem : Plain { // a with one station, b with five
    Tandem(int stations, int servers, double rate) : stations(stations), servers(servers), rate(rate) {}
    int next(int station, Random &) const { return station + 1 < stations ? station + 1 : -1; }
    int stations, servers, sources = 1;
    double rate;
};

struct Shifts : Plain { // c
    static constexpr bool classes = true, shifts = true;
    int next(int station, Random &random) const {
        const double u = random.uniform();
        const int to = u < 0.55 ? station + 1 : u < 0.80 ? station + 2 : u < 0.85 ? station - 1 : -1;
        return to < stations ? to : -1;
    }
    int stations = 10, servers = 3, sources = 1;
    double rate = 1.2;
};

struct Fork : Plain { // d
    static constexpr bool forks = true;
    int next(int, Random &) const { return -1; }
    int stations = 2, servers = 1, sources = 1;
    double rate = 0.8;
};

struct Lanes : Plain { // five stages of lanes; from lane j to lane j or j + 1, half of the time each
    explicit Lanes(int lanes) : stations(5 * lanes), sources(lanes) {}
    int next(int station, Random &random) const {
        const int to = station + sources;
        if (to >= stations) return -1;
        if (random.uniform() < 0.5) return to;
        return (to + 1) % sources == 0 ? to + 1 - sources : to + 1;
    }
    int stations, servers = 1, sources;
    double rate = 0.5;
};

Record record;
Heap heap;
std::vector<Station> stations;
std::vector<double> ended; // per customer, in the workload where branches join

template <class Rules> class Simulation {
  public:
    Simulation(const Rules &rules, std::uint64_t seed) : rules(rules), random(seed) {}

    void run(std::int64_t customers) {
        prepare(customers);
        while (remaining > 0 && !heap.empty()) {
            const Event event = heap.take();
            now = event.time;
            if (event.what >= 0)
                finish(event.what);
            else if (Rules::shifts && event.what == SHIFT)
                change_shift();
            else
                come(~event.what);
        }
    }

  private:
    void prepare(std::int64_t customers) {
        record.clear();
        heap.clear();
        stations.resize(static_cast<std::size_t>(rules.stations));
        for (auto &station : stations) {
            station.servers = rules.servers;
            station.busy = 0;
            for (auto &line : station.lines) line.clear();
        }
        if (Rules::forks) ended.assign(static_cast<std::size_t>(customers), -1.0);
        to_come = remaining = customers;
        for (std::int32_t source = 0; source < rules.sources; source++)
            heap.push({random.exponential() / rules.rate, ~source});
        if (Rules::shifts) heap.push({16.0, SHIFT});
    }

    void come(std::int32_t source) {
        const auto customer = static_cast<std::int32_t>(came++);
        // Every other source has one customer on the way already.
        if (--to_come >= rules.sources) heap.push({now + random.exponential() / rules.rate, ~source});
        if (Rules::forks) {
            arrive(customer, 0, 0);
            arrive(customer, 1, 0);
        } else if (Rules::classes) {
            arrive(customer, 0, random.uniform() < 1.0 / 3.0 ? 0 : 1);
        } else {
            arrive(customer, source, 0);
        }
    }

    void arrive(std::int32_t customer, int station, int urgency) {
        const std::int32_t row = record.add(customer, station, urgency, now);
        Station &at = stations[static_cast<std::size_t>(station)];
        if (at.busy < at.servers) {
            at.busy++;
            start(row);
        } else {
            at.lines[Rules::classes ? urgency : 0].push(row);
        }
    }

    void start(std::int32_t row) {
        record[row].started = now;
        heap.push({now + random.exponential(), row});
    }

    void finish(std::int32_t row) {
        Visit &visit = record[row];
        visit.finished = now;
        const int station = visit.station, urgency = visit.urgency;
        const std::int32_t customer = visit.customer;
        give_way(stations[static_cast<std::size_t>(station)]);
        if (Rules::forks) {
            join(customer);
            return;
        }
        const int to = rules.next(station, random);
        if (to >= 0)
            arrive(customer, to, urgency);
        else
            remaining--;
    }

    // A server is free: the next in line starts, unless the shift has become smaller.
    void give_way(Station &at) {
        if (Rules::shifts && at.busy > at.servers)
            at.busy--;
        else if (!at.lines[0].empty())
            start(at.lines[0].pop());
        else if (Rules::classes && !at.lines[1].empty())
            start(at.lines[1].pop());
        else
            at.busy--;
    }

    void join(std::int32_t customer) {
        double &end = ended[static_cast<std::size_t>(customer)];
        if (end < 0) {
            end = 0; // one branch is there
        } else {
            end = now;
            remaining--;
        }
    }

    void change_shift() {
        night = !night;
        heap.push({now + (night ? 8.0 : 16.0), SHIFT});
        for (auto &at : stations) {
            at.servers = night ? 1 : rules.servers;
            while (at.busy < at.servers && !(at.lines[0].empty() && at.lines[1].empty())) {
                at.busy++;
                start(at.lines[at.lines[0].empty() ? 1 : 0].pop());
            }
        }
    }

    const Rules rules;
    Random random;
    double now = 0.0;
    std::int64_t to_come = 0, remaining = 0, came = 0;
    bool night = false;
};

template <class Rules> void simulate(const Rules &rules, std::int64_t customers, std::uint64_t seed) {
    Simulation<Rules>(rules, seed).run(customers);
}

} // namespace

// Run a workload; the number of visits, or -1 if it is not known here.
extern "C" std::int64_t limit_run(const char *name, std::int64_t lanes, std::int64_t customers, std::uint64_t seed) {
    const std::string workload = name;
    if (workload == "a")
        simulate(Tandem(1, 1, 0.8), customers, seed);
    else if (workload == "b")
        simulate(Tandem(5, 3, 2.4), customers, seed);
    else if (workload == "c")
        simulate(Shifts(), customers, seed);
    else if (workload == "d")
        simulate(Fork(), customers, seed);
    else if (workload == "lanes")
        simulate(Lanes(static_cast<int>(lanes)), customers, seed);
    else
        return -1;
    return static_cast<std::int64_t>(record.size);
}

extern "C" const void *limit_visits() { return record.visits; }
