"""BLAKE2F: the compression function of the hash BLAKE2b, with any number of rounds (EIP-152; RFC 7693, section 3)."""

from __future__ import annotations

from spec.evm.precompiles.precompile import Precompile, PrecompileFailure

INPUT_LENGTH = 213
WORD_MASK = 2**64 - 1

INITIALIZATION_VECTOR = (
    0x6A09E667F3BCC908,
    0xBB67AE8584CAA73B,
    0x3C6EF372FE94F82B,
    0xA54FF53A5F1D36F1,
    0x510E527FADE682D1,
    0x9B05688C2B3E6C1F,
    0x1F83D9ABFB41BD6B,
    0x5BE0CD19137E2179,
)

SCHEDULE = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    (14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3),
    (11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4),
    (7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8),
    (9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13),
    (2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9),
    (12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11),
    (13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10),
    (6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5),
    (10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0),
)
"""In which order each of ten rounds takes the words of the message block (RFC 7693, section 2.7)."""

COLUMNS_AND_DIAGONALS = (
    (0, 4, 8, 12),
    (1, 5, 9, 13),
    (2, 6, 10, 14),
    (3, 7, 11, 15),
    (0, 5, 10, 15),
    (1, 6, 11, 12),
    (2, 7, 8, 13),
    (3, 4, 9, 14),
)
"""Which four words of the working vector, a square of 4 by 4, are mixed with one another in a round."""


def _mix(a: int, b: int, c: int, d: int, x: int, y: int) -> tuple[int, int, int, int]:
    """Mix two message words into four words of the working vector (RFC 7693, section 3.1)."""
    a = (a + b + x) & WORD_MASK
    d ^= a
    d = (d >> 32) | (d << 32) & WORD_MASK
    c = (c + d) & WORD_MASK
    b ^= c
    b = (b >> 24) | (b << 40) & WORD_MASK
    a = (a + b + y) & WORD_MASK
    d ^= a
    d = (d >> 16) | (d << 48) & WORD_MASK
    c = (c + d) & WORD_MASK
    b ^= c
    b = (b >> 63) | (b << 1) & WORD_MASK
    return a, b, c, d


def _compress(rounds: int, state: list[int], block: list[int], offset: list[int], is_last: bool) -> list[int]:
    """The state after one more message block; all words have 64 bits (RFC 7693, section 3.2)."""
    vector = [*state, *INITIALIZATION_VECTOR]
    vector[12] ^= offset[0]
    vector[13] ^= offset[1]
    if is_last:
        vector[14] ^= WORD_MASK
    for number in range(rounds):
        order = SCHEDULE[number % 10]
        for pair, (a, b, c, d) in enumerate(COLUMNS_AND_DIAGONALS):
            x, y = block[order[2 * pair]], block[order[2 * pair + 1]]
            vector[a], vector[b], vector[c], vector[d] = _mix(vector[a], vector[b], vector[c], vector[d], x, y)
    return [before ^ low ^ high for before, low, high in zip(state, vector[:8], vector[8:], strict=True)]


def _words(data: bytes) -> list[int]:
    """The 64-bit little-endian words in ``data``."""
    return [int.from_bytes(data[start : start + 8], "little") for start in range(0, len(data), 8)]


def _gas(data: bytes) -> int:
    """One gas a round; input of another length fails anyway."""
    # rule: evm.precompile.blake2f.gas
    return int.from_bytes(data[:4], "big") if len(data) == INPUT_LENGTH else 0


def _run(data: bytes) -> bytes:
    if len(data) != INPUT_LENGTH:
        # rule: evm.precompile.blake2f.failure-length
        raise PrecompileFailure(f"the input must have {INPUT_LENGTH} bytes, not {len(data)}")
    rounds = int.from_bytes(data[:4], "big")
    state, block, offset = _words(data[4:68]), _words(data[68:196]), _words(data[196:212])
    if data[212] not in (0, 1):
        # rule: evm.precompile.blake2f.failure-last-block-flag
        raise PrecompileFailure(f"the flag for the last block must be 0 or 1, not {data[212]}")
    # rule: evm.precompile.blake2f.output
    compressed = _compress(rounds, state, block, offset, is_last=data[212] == 1)
    return b"".join(value.to_bytes(8, "little") for value in compressed)


blake2f = Precompile("blake2f", _gas, _run)
"""Input: rounds (4 bytes, big-endian), state (64), message block (128), offset (16), last-block flag (1), all words
little-endian. Output: the state after the block (64 bytes)."""
