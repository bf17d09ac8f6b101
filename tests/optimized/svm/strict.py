"""Strict verification of ed25519 in plain Python, and signatures that a verifier may judge wrongly."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1)

Point = tuple[int, int]
Extended = tuple[int, int, int, int]
"""X, Y, Z, T with x = X / Z, y = Y / Z, x y = T / Z."""
Item = tuple[bytes, bytes, bytes]
"""Signature, key, message."""


def decode(encoded: bytes) -> Point | None:
    number = int.from_bytes(encoded, "little")
    y = number % 2**255 % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (v * x * x - u) % P:
        return None
    return (x if x % 2 == number >> 255 else -x % P), y


def encode(point: Point) -> bytes:
    return (point[1] | point[0] % 2 << 255).to_bytes(32, "little")


def sum_of(one: Extended, other: Extended) -> Extended:
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, other
    a, b, c, d = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2), 2 * D * t1 * t2, 2 * z1 * z2
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def extended(point: Point) -> Extended:
    return *point, 1, point[0] * point[1] % P


def affine(point: Extended) -> Point:
    reciprocal = pow(point[2], -1, P)
    return point[0] * reciprocal % P, point[1] * reciprocal % P


def add(one: Point, other: Point) -> Point:
    return affine(sum_of(extended(one), extended(other)))


def multiply(number: int, point: Point) -> Point:
    total, power = extended(NEUTRAL), extended(point)
    while number:
        if number & 1:
            total = sum_of(total, power)
        power = sum_of(power, power)
        number >>= 1
    return affine(total)


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or NEUTRAL


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L


def is_valid(item: Item) -> bool:
    """The verdict of `verify_strict`."""
    signature, key, message = item
    s = int.from_bytes(signature[32:], "little")
    a, r = decode(key), decode(signature[:32])
    if s >= L or a is None or r is None:
        return False
    if multiply(8, a) == NEUTRAL or multiply(8, r) == NEUTRAL:
        return False
    return multiply(s, BASE) == add(r, multiply(challenge(signature[:32], key, message), a))


def small_points() -> list[Point]:
    """The multiples 0 to 7 of a point of order 8."""
    source = random.Random(5)
    while True:
        point = decode(source.randbytes(32))
        small = multiply(L, point) if point else NEUTRAL
        if multiply(4, small) != NEUTRAL:
            return [multiply(factor, small) for factor in range(8)]


SMALL = small_points()
KINDS = (
    "plain", "neutral key", "neutral R", "torsion that cancels", "S + L", "S = L - 1", "S at random", "one bit changed",
    "odd encodings", "any torsion", "another message", "torsion in R alone", "torsion in the key alone",
)  # fmt: skip


def items(seed: int, count: int) -> Iterator[Item]:
    """Signatures of each of the kinds: made by their secrets, with a point of small order added to key and R."""
    source = random.Random(seed)
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        message = source.randbytes(source.choice([0, 1, 32, 47, 48, 63, 64, 100, 200, 1000]))
        a = 0 if kind == "neutral key" else source.randrange(1, 2**40)
        r = 0 if kind == "neutral R" else source.randrange(1, 2**40)
        key_torsion = 0 if kind in ("plain", "another message", "torsion in R alone") else source.randrange(8)
        r_torsion = 0 if kind in ("plain", "another message", "torsion in the key alone") else source.randrange(8)
        key = encode(add(multiply(a, BASE), SMALL[key_torsion]))
        start = encode(add(multiply(r, BASE), SMALL[r_torsion]))
        if kind == "torsion that cancels":
            while (r_torsion + challenge(start, key, message) * key_torsion) % 8:
                message = source.randbytes(16)
                r_torsion = source.randrange(8)
                start = encode(add(multiply(r, BASE), SMALL[r_torsion]))
        s = (r + challenge(start, key, message) * a) % L
        if kind == "S + L":
            s += L
        elif kind == "S = L - 1":
            s = L - 1
        elif kind == "S at random":
            s = source.randrange(L)
        signature = bytearray(start + s.to_bytes(32, "little"))
        if kind == "one bit changed":
            signature[source.randrange(64)] ^= 1 << source.randrange(8)
        elif kind == "odd encodings":
            y = source.choice([P, P + 1, P + 3, P + 9, P + 18, 1, 0, P - 1])
            odd = (y | source.randrange(2) << 255).to_bytes(32, "little")
            if source.randrange(2):
                signature[:32] = odd
            else:
                key = odd
        elif kind == "another message":
            message += b"!"
        yield bytes(signature), key, message
