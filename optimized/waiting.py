"""A number that only rises, which threads wait for without the interpreter lock and without going to sleep.

To be woken takes a thread some 50 µs, a block of plain transfers 300. So whoever expects work, or an answer, at once
looks for it a little while before it sleeps.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.shim import (
    SAMESTATE_IS_EXPLORED,
    atomic_add,
    atomic_load,
    now_nanoseconds,
    wait_a_little,
)

LOOKS = cython.declare(uint64_t, 64)  # between two looks at the clock


@cython.cclass
class Count:
    """How often something has happened. Any thread may ask, and add."""

    def add(self, more: int = 1) -> None:
        """It has happened so many times more."""
        atomic_add(cython.address(self.number), more, b"waiting.add")

    def reaches(self, number: int, microseconds: int) -> bool:
        """Whether it has happened so often, be it within so many microseconds from now on."""
        wanted: uint64_t = number
        until: uint64_t
        round: uint64_t = 0
        if atomic_load(cython.address(self.number), b"waiting.load") >= wanted:
            return True
        if SAMESTATE_IS_EXPLORED:
            return False
        until = now_nanoseconds() + 1000 * cython.cast(uint64_t, microseconds)
        with cython.nogil:
            while atomic_load(cython.address(self.number), b"waiting.load") < wanted:
                round += 1
                if round % LOOKS == 0:
                    if now_nanoseconds() > until:
                        break
                    wait_a_little(16, b"waiting.yield")  # lets others have the processor, and does not sleep
        return atomic_load(cython.address(self.number), b"waiting.load") >= wanted
