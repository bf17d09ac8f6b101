// Atomic actions on plain memory, and the points at which the test-only build can take control.
//
// Every action that one worker takes and another can see goes through one of these functions, and each call carries a
// label. In a normal build the label vanishes and what is left is one sequentially consistent instruction. Compiled with
// -DSAMESTATE_EXPLORED, each action first calls the hook (a Python callable that takes the label, called with the GIL
// held, on the one thread that drives all workers), so that an explorer decides who acts next; and MUTANT(k) says
// whether seeded bug k is switched on. A normal build contains neither.
//
// Only one location at a time is ordered by these: no standalone fences, which ThreadSanitizer cannot see.

#ifndef SAMESTATE_SHIM_HPP
#define SAMESTATE_SHIM_HPP

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sched.h>

#include "mutants.hpp"

#ifdef SAMESTATE_EXPLORED

#include <Python.h>
#include <cinttypes>
#include <cstdio>
#include <unistd.h>
#include <unordered_map>

// One table in a process, found by all extension modules through an environment variable that holds its address.
struct SamestateExplored {
    PyObject* hook;      // called with a label at each point, or null
    PyObject* naming;    // what makes a label of its name: called once for each name
    int mutant;          // the seeded bug that is switched on, or 0
    int interrupted;     // set once the hook has raised: no more calls, and every worker stops
    PyObject* raised[3]; // what it raised: type, value, traceback
};

static inline SamestateExplored* samestate_explored() {
    static SamestateExplored* table = [] {
        char text[64];
        const char* found = std::getenv("SAMESTATE_EXPLORED_TABLE");
        long process = 0;
        std::uintptr_t address = 0;
        if (found && std::sscanf(found, "%ld:%" SCNxPTR, &process, &address) == 2 && process == (long)getpid())
            return reinterpret_cast<SamestateExplored*>(address);
        auto* created = new SamestateExplored();
        std::snprintf(text, sizeof text, "%ld:%" PRIxPTR, (long)getpid(), reinterpret_cast<std::uintptr_t>(created));
        setenv("SAMESTATE_EXPLORED_TABLE", text, 1);
        return created;
    }();
    return table;
}

static inline void samestate_keep_raised(SamestateExplored* table) {
    table->interrupted = 1;
    for (PyObject*& part : table->raised) Py_CLEAR(part);
    PyErr_Fetch(&table->raised[0], &table->raised[1], &table->raised[2]);
}

// The label object for a name; made once for each place in the code that has the name.
static inline PyObject* samestate_label(SamestateExplored* table, const char* name) {
    static std::unordered_map<const char*, PyObject*> labels;
    PyObject*& label = labels[name];
    if (!label) label = PyObject_CallFunction(table->naming, "s", name);
    return label;
}

static inline void samestate_point(const char* name) {
    SamestateExplored* table = samestate_explored();
    if (!table->hook || table->interrupted) return;
    PyObject* label = samestate_label(table, name);
    PyObject* result = label ? PyObject_CallOneArg(table->hook, label) : nullptr;
    if (result) Py_DECREF(result);
    else samestate_keep_raised(table);
}

static inline bool samestate_interrupted() { return samestate_explored()->interrupted != 0; }
static inline bool samestate_mutant(int number) { return samestate_explored()->mutant == number; }
static constexpr bool SAMESTATE_IS_EXPLORED = true;

static inline void samestate_replace(PyObject*& place, PyObject* object) {
    PyObject* before = place;
    place = object == Py_None ? nullptr : object;
    Py_XINCREF(place);
    Py_XDECREF(before);
}

static inline void samestate_set_hook(PyObject* hook, PyObject* naming) {
    SamestateExplored* table = samestate_explored();
    samestate_replace(table->hook, hook);
    samestate_replace(table->naming, naming);
    table->interrupted = 0;
}

static inline void samestate_set_mutant(int number) { samestate_explored()->mutant = number; }

// Raise again what the hook raised: -1 where there was something.
static inline int samestate_raise() {
    SamestateExplored* table = samestate_explored();
    table->interrupted = 0;
    if (!table->raised[0]) return 0;
    PyErr_Restore(table->raised[0], table->raised[1], table->raised[2]);
    table->raised[0] = table->raised[1] = table->raised[2] = nullptr;
    return -1;
}

#else

#define samestate_point(label) ((void)(label))
static constexpr bool samestate_interrupted() { return false; }
static constexpr bool samestate_mutant(int) { return false; }
static constexpr int samestate_raise() { return 0; }
#define samestate_set_hook(hook, naming) ((void)(hook), (void)(naming))
#define samestate_set_mutant(number) ((void)(number))
static constexpr bool SAMESTATE_IS_EXPLORED = false;

#endif

// How many versions a reader passes before it leaves what it found for later ones (memory.leave_seen).
static constexpr std::uint64_t LONG_WALK = SAMESTATE_IS_EXPLORED ? 2 : 64;

// What stop_reason() says once the hook has raised (records.pxd: INTERRUPTED).
static constexpr std::uint64_t INTERRUPTED_BY_HOOK = 3;

#define MUTANT(number) samestate_mutant(number)

// The build for ThreadSanitizer proves that it would notice: SAMESTATE_RACE=LABEL in the environment makes the actions of
// that label that change a word plain ones.

#ifdef SAMESTATE_RACE
static inline bool samestate_race(const char* label) {
    static const char* wanted = std::getenv("SAMESTATE_RACE");
    return wanted && std::strcmp(wanted, label) == 0;
}
#else
static constexpr bool samestate_race(const char*) { return false; }
#endif

// Shared actions

static inline std::uint64_t atomic_load(const std::uint64_t* word, const char* label) {
    samestate_point(label);
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

// A load that is no point for the explorer, for three kinds of words: one that only the caller can change at the time (its
// own step's versions, or a prediction under the commit lock), so that no schedule makes a difference; one that decides
// nothing of what is computed (the stop flag, whether state was waited for); and a hint that is followed and no more, right
// whenever it is looked at (the links of a tower, for who walks along them; not for who sets them). For anything else two
// workers race, and `atomic_load` it is.
static inline std::uint64_t peek(const std::uint64_t* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }

static inline void atomic_store(std::uint64_t* word, std::uint64_t value, const char* label) {
    samestate_point(label);
    if (samestate_race(label)) *word = value;
    else __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static inline std::uint64_t atomic_exchange(std::uint64_t* word, std::uint64_t value, const char* label) {
    samestate_point(label);
    return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}

// The word before; adding the complement subtracts.
static inline std::uint64_t atomic_add(std::uint64_t* word, std::int64_t amount, const char* label) {
    samestate_point(label);
    if (samestate_race(label)) {
        const std::uint64_t before = *word;
        *word = before + static_cast<std::uint64_t>(amount);
        return before;
    }
    return __atomic_fetch_add(word, static_cast<std::uint64_t>(amount), __ATOMIC_SEQ_CST);
}

// Put `desired` where `expected` stands; whether it did.
static inline bool atomic_replace(std::uint64_t* word, std::uint64_t expected, std::uint64_t desired, const char* label) {
    samestate_point(label);
    if (samestate_race(label)) {
        const bool is_there = *word == expected;
        if (is_there) *word = desired;
        return is_there;
    }
    return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

// The smaller of what stands there and `target`; one action to the explorer.
static inline void atomic_lower(std::uint64_t* word, std::uint64_t target, const char* label) {
    samestate_point(label);
    std::uint64_t seen = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    while (seen > target && !__atomic_compare_exchange_n(word, &seen, target, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    }
}

// Bits

// Both halves of the product, folded into one word.
static inline std::uint64_t samestate_fold(std::uint64_t one, std::uint64_t other) {
    unsigned __int128 product = static_cast<unsigned __int128>(one) * other;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// A hash of bytes, by words. With a seed that nobody outside knows, nobody can choose names that meet in one slot of a table.
static inline std::uint64_t hash_bytes(std::uint64_t seed, const void* bytes, std::uint64_t length) {
    const char* next = static_cast<const char*>(bytes);
    std::uint64_t hash = seed ^ (length * 0x9E3779B97F4A7C15u);
    std::uint64_t word;
    while (length >= 8) {
        std::memcpy(&word, next, 8);
        hash = samestate_fold(hash ^ word, 0xA0761D6478BD642Fu);
        next += 8;
        length -= 8;
    }
    word = 0;
    std::memcpy(&word, next, length);
    hash = samestate_fold(hash ^ word, 0xE7037ED1A0B428DBu);
    return samestate_fold(hash ^ seed, 0x8EBC6AF09C88C6E3u);
}

// How many of the lowest bits are 0. Not of 0.
static inline std::uint64_t trailing_zeros(std::uint64_t bits) { return __builtin_ctzll(bits); }

// Time and waiting

static inline std::uint64_t now_nanoseconds() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1000000000u + static_cast<std::uint64_t>(time.tv_nsec);
}

static inline void sleep_nanoseconds(std::uint64_t duration) {
    timespec time = {static_cast<time_t>(duration / 1000000000u), static_cast<long>(duration % 1000000000u)};
    nanosleep(&time, nullptr);
}

// Wait for someone else: `rounds` is how often in a row this worker has had nothing to do.
static inline void wait_a_little(std::uint64_t rounds, const char* label) {
    samestate_point(label);
    if (SAMESTATE_IS_EXPLORED || rounds < 16) return;
    if (rounds < 256) sched_yield();
    else sleep_nanoseconds(20000);
}

#endif
