// How a worker waits that has nothing to do, and may have something the next moment.
//
// It looks again for as long as going to sleep and waking up would take, some 60 µs, and then sleeps. It never yields the
// processor: whoever yields comes last, behind programs that have much to do, for as long as these may go on (milliseconds each),
// and where all of a wave wait for one of its transactions the wave comes to that. A sleeper that wakes comes first.

#ifndef SAMESTATE_PAUSING_HPP
#define SAMESTATE_PAUSING_HPP

#include "shim.hpp"

constexpr std::uint64_t LOOKING_ROUNDS = 64;
constexpr std::uint64_t SLEEPING_ROUNDS = 256; // from which wait_a_little sleeps

// Some tenths of a microsecond up to one, by the processor: it rests, and leaves what it shares with others to them.
static inline void rest_briefly() {
    for (int pauses = 0; pauses < 16; ++pauses) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
    }
}

// Wait for another worker: `rounds` is how often in a row there has been nothing to do.
static inline void wait_for_another(std::uint64_t rounds, const char* label) {
    if (SAMESTATE_IS_EXPLORED || rounds < LOOKING_ROUNDS) {
        wait_a_little(0, label); // the point at which an explorer takes control, and nothing else
        if (!SAMESTATE_IS_EXPLORED) rest_briefly();
    } else {
        wait_a_little(SLEEPING_ROUNDS, label);
    }
}

#endif
