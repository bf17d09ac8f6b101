"""Where a jump may land: each JUMPDEST of a code that is not data of a PUSH (yellow paper, 9.4.3)."""

# source: yellow paper, section 9.4.3

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

JUMPDEST: Final = 0x5B
PUSH1, PUSH32 = 0x60, 0x7F

BYTES_REMEMBERED: Final = 32 * 2**20
"""How many bytes the remembered codes have together, their destinations included. A contract is called again and
again, so its code is analysed once; but a block can create from thousands of codes of a megabyte each, so that no
number of codes is a bound."""


class JumpDestinations:
    """The places in a code where a jump may land, a bit for each byte of the code."""

    __slots__ = ("_bits",)

    def __init__(self, code: bytes) -> None:
        bits = bytearray((len(code) + 7) // 8)
        place = 0
        while place < len(code):
            byte = code[place]
            if byte == JUMPDEST:
                # rule: evm.jump.destinations
                bits[place >> 3] |= 1 << (place & 7)
            elif PUSH1 <= byte <= PUSH32:
                place += byte - PUSH1 + 1
            place += 1
        self._bits = bytes(bits)

    def __contains__(self, place: int) -> bool:
        """Whether a jump may land at ``place``, which is not negative."""
        index = place >> 3
        return index < len(self._bits) and self._bits[index] >> (place & 7) & 1 == 1

    @property
    def size(self) -> int:
        """How many bytes they take."""
        return len(self._bits)


class Remembered:
    """The destinations of the codes that were last asked for, as many as ``limit`` bytes hold.

    A caller may ask from several threads.
    """

    def __init__(self, limit: int = BYTES_REMEMBERED) -> None:
        self.limit = limit
        self.size = 0
        self._codes: OrderedDict[bytes, JumpDestinations] = OrderedDict()
        self._lock = Lock()

    def of(self, code: bytes) -> JumpDestinations:
        """The destinations of ``code``."""
        with self._lock:
            destinations = self._codes.get(code)
            if destinations is not None:
                self._codes.move_to_end(code)
                return destinations
            destinations = self._codes[code] = JumpDestinations(code)
            self.size += len(code) + destinations.size
            while self.size > self.limit:
                forgotten, its_destinations = self._codes.popitem(last=False)
                self.size -= len(forgotten) + its_destinations.size
            return destinations

    def cache_clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._codes.clear()
            self.size = 0


REMEMBERED: Final = Remembered()


def jump_destinations(code: bytes) -> JumpDestinations:
    """The places in ``code`` where a jump may land."""
    return REMEMBERED.of(code)
