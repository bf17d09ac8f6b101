"""Signatures made so that a recovery meets the one thing that its sums of points cannot do.

Lanes add points by formulas that are right for different points alone (point_lanes.hpp). Which sums a recovery goes
through follows from its two factors and from the point that r names, and whoever signs may choose all three. Here the
schedule is written down once more, in numbers: every point is a multiple of the generator, so that a sum is a number
modulo the order, and the point that makes a sum's two sides equal, or opposite, is found by solving for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from coincurve import PublicKey

N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""The order of the generator."""
LAMBDA = 0x5363AD4CC05C30E0A5261C028812645A122E22EA20816678DF02967C1B23BD72
"""A cube root of 1 modulo the order."""
SHORT = ((0x3086D221A7D46BCDE86C90E49284EB15, -0xE4437ED6010E88286F547FA90ABFE4C3),
         (0x114CA50F7A8E2F3F657C1108D9D44CFD8, 0x3086D221A7D46BCDE86C90E49284EB15))  # fmt: skip
"""Pairs (a, b) with a + b λ = 0 modulo the order."""
START = 2**200
"""What sums begin with, as a multiple of the generator."""
POINT_WIDTH, BASE_WIDTH = 4, 10

Item = tuple[bytes, bytes, bytes, int]
"""Hash, r, s, parity of y."""


class Addend(NamedTuple):
    """What a step adds, as a + b ρ, if the point that r names is ρ times the generator."""

    a: int
    b: int


def signed_digits(number: int, width: int) -> list[int]:
    """Digits from the lowest on, of which all but the highest lie from -2^(width - 1) to below 2^(width - 1)."""
    sign, number = (-1, -number) if number < 0 else (1, number)
    digits = []
    for _ in range(128 // width):
        digit = (number + 2 ** (width - 1)) % 2**width - 2 ** (width - 1)
        digits.append(sign * digit)
        number = (number - digit) >> width
    return [*digits, sign * number]


def split(k: int) -> tuple[int, int]:
    """k1 and k2 near zero with k1 + k2 λ = k modulo the order."""
    (a1, b1), (a2, b2) = SHORT
    first, second = (2 * b2 * k + N) // (2 * N), (-2 * b1 * k + N) // (2 * N)
    return k - first * a1 - second * a2, -first * b1 - second * b2


def additions(u1: int, u2: int) -> Iterator[tuple[int, Addend]]:
    """Every sum of a recovery in its order: how many doublings come before it, all told, and its addend."""
    points = [signed_digits(half, POINT_WIDTH) for half in split(u2)]
    bases = [signed_digits(half, BASE_WIDTH) for half in (u1 % 2**128, u1 >> 128)]
    for bit in range(128, -1, -1):
        for which in (0, 1):
            if bit % POINT_WIDTH == 0 and points[which][bit // POINT_WIDTH]:
                yield 128 - bit, Addend(0, points[which][bit // POINT_WIDTH] * (1, LAMBDA)[which] % N)
            if bit % BASE_WIDTH == 0 and bit // BASE_WIDTH < len(bases[which]) and bases[which][bit // BASE_WIDTH]:
                yield 128 - bit, Addend(bases[which][bit // BASE_WIDTH] * (1, 2**128)[which] % N, 0)
    yield 128, Addend(-START * 2**128 % N, 0)


def exceptional_points(u1: int, u2: int) -> Iterator[int]:
    """Multiples ρ of the generator for which one of the sums is that of a point and itself, or its opposite."""
    a, b, doubled = START, 0, 0
    for doublings, addend in additions(u1, u2):
        a, b = a * 2 ** (doublings - doubled) % N, b * 2 ** (doublings - doubled) % N
        doubled = doublings
        for sign in (1, -1):
            factor = (sign * addend.b - b) % N
            if factor:
                yield (a - sign * addend.a) * pow(factor, -1, N) % N
        a, b = (a + addend.a) % N, (b + addend.b) % N


def item_of(u1: int, u2: int, point: int) -> Item | None:
    """The signature with these factors and this point; None for infinity, and where r would not be below the order."""
    if point % N == 0:
        return None
    encoded = PublicKey.from_secret((point % N).to_bytes(32, "big")).format(compressed=False)
    r = int.from_bytes(encoded[1:33], "big")
    if r >= N:
        return None
    return (
        (-u1 * r % N).to_bytes(32, "big"),
        r.to_bytes(32, "big"),
        (u2 * r % N).to_bytes(32, "big"),
        encoded[64] & 1,
    )
