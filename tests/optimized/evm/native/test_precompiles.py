"""Every precompile against the specification's: price, output and failure."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from samestate.conformance.generating.precompile_inputs import precompile_input
from samestate.optimized.evm.native import precompiles
from samestate.spec.evm.precompiles import (
    BERLIN_PRECOMPILES,
    CANCUN_PRECOMPILES,
    OSAKA_PRECOMPILES,
    PRAGUE_PRECOMPILES,
    Precompile,
    PrecompileFailure,
    modular_exponentiation_berlin,
    modular_exponentiation_osaka,
)
from samestate.spec.evm.precompiles.bls12_381_encoding import encode_point

SPECIFICATION = {**BERLIN_PRECOMPILES, **CANCUN_PRECOMPILES, **PRAGUE_PRECOMPILES, **OSAKA_PRECOMPILES}
ADDRESSES = sorted(SPECIFICATION)
AFFORDABLE = 10_000_000
LARGEST = 2**64 - 1

BN254_MODULUS = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
BN254_ORDER = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
BLS_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
BLS_MODULUS = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB

EDGES = [
    *(0, 1, 2, 27, 28, 32, 33, 1024, 1025, 2**64, 2**255, 2**256 - 1),
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    *(BN254_MODULUS - 1, BN254_MODULUS, BN254_ORDER, BLS_ORDER),
]
words = st.sampled_from(EDGES).map(lambda number: number.to_bytes(32, "big")) | st.binary(min_size=32, max_size=32)
LENGTHS = [0, 1, 31, 32, 33, 64, 96, 128, 160, 161, 192, 213, 256, 288, 384, 512, 768]
inputs = (
    st.binary(max_size=600)
    | st.lists(words, max_size=16).map(b"".join)
    | st.sampled_from(LENGTHS).map(bytes)
    | st.sampled_from(LENGTHS).flatmap(lambda length: st.binary(min_size=length, max_size=length))
)


def word(number: int, size: int = 32) -> bytes:
    return number.to_bytes(size, "big")


def agree(address: bytes, data: bytes, precompile: Precompile | None = None, since_osaka: bool = True) -> bytes | None:
    """Price and result are the specification's; gives the result, None for a failure and if too dear."""
    precompile = precompile or SPECIFICATION[address]
    number = int.from_bytes(address, "big")
    gas = precompile.gas(data)
    assert precompiles.gas(number, data, since_osaka=since_osaka) == min(gas, LARGEST)
    if gas > AFFORDABLE:
        return None
    try:
        expected = precompile.run(data)
    except PrecompileFailure:
        expected = None
    assert precompiles.run(number, data, since_osaka=since_osaka) == expected, f"{precompile.name}: {data.hex()}"
    return expected


def by_name(address: bytes) -> str:
    return SPECIFICATION[address].name


@pytest.fixture(autouse=True)
def no_call_through_python() -> Iterator[None]:
    """What is compared is the C library where there is one."""
    before = precompiles.calls_through_python()
    yield
    if all(precompiles.found().values()):
        assert precompiles.calls_through_python() == before


@pytest.mark.parametrize("address", ADDRESSES, ids=by_name)
@given(data=inputs)
def test_any_bytes(address: bytes, data: bytes) -> None:
    agree(address, data)


@pytest.mark.parametrize("address", ADDRESSES, ids=by_name)
def test_made_inputs(address: bytes) -> None:
    """Inputs that a precompile mostly accepts, some damaged; enough of them are good."""
    random = Random(by_name(address))
    results = [agree(address, precompile_input(random, address)) for _ in range(60)]
    assert sum(result is not None for result in results) >= 10


numbers = st.integers(0, 70)


@given(numbers, numbers, numbers, st.data())
def test_modular_exponentiation(base: int, exponent: int, modulus: int, data: st.DataObject) -> None:
    body = data.draw(st.binary(max_size=base + exponent + modulus + 5))
    sparse = data.draw(st.sampled_from([body, bytes(len(body)), b"\xff" * len(body), body[:-1] + b"\x02"]))
    announced = word(base) + word(exponent) + word(modulus) + sparse
    agree(word(5, 20), announced, modular_exponentiation_berlin, since_osaka=False)
    agree(word(5, 20), announced, modular_exponentiation_osaka)


HUGE = [
    0,
    1,
    31,
    32,
    33,
    64,
    1024,
    1025,
    2**31,
    2**32,
    2**40,
    2**40 + 1,
    2**61,
    2**63,
    2**64 - 1,
    2**64,
    2**128,
    2**256 - 1,
]


def test_modular_exponentiation_of_announced_lengths() -> None:
    """Only what was announced is huge: the price comes first, and nothing is read or allocated beyond it."""
    for base, exponent, modulus in product(HUGE, repeat=3):
        data = word(base) + word(exponent) + word(modulus) + b"\x03\x02"
        for precompile, since_osaka in ((modular_exponentiation_berlin, False), (modular_exponentiation_osaka, True)):
            agree(word(5, 20), data, precompile, since_osaka)


@pytest.mark.parametrize("size", [1, 8, 32, 64, 256, 257, 1024])
def test_modular_exponentiation_of_large_operands(size: int) -> None:
    random = Random(size)
    for modulus in (random.randbytes(size), random.randbytes(size - 1) + b"\x00", b"\x80" + bytes(size - 1)):
        data = word(size) + word(min(size, 64)) + word(size) + random.randbytes(size + min(size, 64)) + modulus
        number = int.from_bytes(modulus, "big")
        base, exponent = data[96 : 96 + size], data[96 + size : -size]
        expected = pow(int.from_bytes(base, "big"), int.from_bytes(exponent, "big"), number) if number else 0
        assert precompiles.run(5, data) == word(expected, size)


@given(st.integers(0, 40), st.binary(min_size=208, max_size=208), st.sampled_from([0, 1, 2, 255]))
def test_blake2f(rounds: int, body: bytes, last: int) -> None:
    agree(word(9, 20), word(rounds, 4) + body + bytes([last]))


def multiple_1(scalar: int) -> bytes:
    return encode_point(G1Point() * Scalar(scalar))


def multiple_2(scalar: int) -> bytes:
    return encode_point(G2Point() * Scalar(scalar))


def bls_pairs(count: int, good: bool) -> bytes:
    """Pairs whose product is one, or is not."""
    total, data = 0, b""
    for index in range(1, count):
        data += multiple_1(index) + multiple_2(index + 1)
        total += index * (index + 1)
    return data + multiple_1((BLS_ORDER - total) % BLS_ORDER) + multiple_2(1 if good else 2)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 16, 17])
def test_pairings_of_bls12_381(count: int) -> None:
    """One more and one less than what is multiplied at once."""
    assert agree(word(0x0F, 20), bls_pairs(count, good=True)) == word(1)
    assert agree(word(0x0F, 20), bls_pairs(count, good=False)) == word(int(count == 1))


@pytest.mark.parametrize("count", [1, 2, 3, 31, 32, 33, 127, 128, 129, 200])
def test_sums_of_bls12_381(count: int) -> None:
    random = Random(count)
    scalars = [
        random.choice([0, 1, BLS_ORDER, BLS_ORDER - 1, 2**256 - 1, random.getrandbits(256)]) for _ in range(count)
    ]
    points = [random.choice([0, 1, 1, 2, BLS_ORDER - 1, random.getrandbits(64)]) for _ in range(count)]
    terms_1 = b"".join(multiple_1(point) + word(scalar) for point, scalar in zip(points, scalars, strict=True))
    assert agree(word(0x0C, 20), terms_1) is not None
    terms_2 = b"".join(multiple_2(point) + word(scalar) for point, scalar in zip(points, scalars, strict=True))
    assert agree(word(0x0E, 20), terms_2) is not None


# y² = x³ + 4 has these points, of which none is in the group: of the first curve with small x.
def first_curve_outside_the_group() -> Iterator[bytes]:
    found = 0
    for x in range(1, 100):
        square = (x**3 + 4) % BLS_MODULUS
        y = pow(square, (BLS_MODULUS + 1) // 4, BLS_MODULUS)
        if y * y % BLS_MODULUS == square:
            found += 1
            yield word(x, 64) + word(y, 64)
        if found == 5:
            return


def test_bls12_381_outside_the_group() -> None:
    """Additions take such points; sums and pairings do not."""
    for point in first_curve_outside_the_group():
        assert agree(word(0x0B, 20), point + multiple_1(3)) is not None
        assert agree(word(0x0B, 20), point + point) is not None
        assert agree(word(0x0C, 20), point + word(1)) is None
        assert agree(word(0x0C, 20), point + word(0)) is None
        assert agree(word(0x0F, 20), point + bytes(256)) is None
        assert agree(word(0x0F, 20), point + multiple_2(1)) is None


def square_root(number: int, modulus: int) -> int | None:
    root = pow(number, (modulus + 1) // 4, modulus)
    return root if (root * root - number) % modulus == 0 else None


def on_the_twist(
    random: Random, modulus: int, constant: tuple[int, int], size: int
) -> tuple[bytes, bytes, bytes, bytes]:
    """A point of y² = x³ + constant over the complex numbers of a field, hardly ever in the group: real parts first."""
    while True:
        a, b = random.randrange(modulus), random.choice([0, random.randrange(modulus)])
        real, imaginary = a**3 - 3 * a * b * b + constant[0], 3 * a * a * b - b**3 + constant[1]
        norm = square_root((real * real + imaginary * imaginary) % modulus, modulus)
        for root in () if norm is None else (norm, -norm):
            y_real = square_root((real + root) * pow(2, -1, modulus) % modulus, modulus)
            if y_real:
                y_imaginary = imaginary * pow(2 * y_real, -1, modulus) % modulus
                return word(a, size), word(b, size), word(y_real, size), word(y_imaginary, size)


def test_second_groups_do_not_fill_their_curves() -> None:
    """Points of the twisted curves that are in no group: no pairing, no sum, but an addition of BLS12-381."""
    random = Random(6)
    inverse = pow(82, -1, BN254_MODULUS)
    first = word(1) + word(2)
    for _ in range(5):
        a, b, c, d = on_the_twist(random, BN254_MODULUS, (27 * inverse, -3 * inverse), 32)
        with pytest.raises(PrecompileFailure, match="on the curve of the second group is not in the group"):
            SPECIFICATION[word(8, 20)].run(first + b + a + d + c)
        for point_1 in (first, bytes(64)):
            assert agree(word(8, 20), point_1 + b + a + d + c) is None
        point = b"".join(on_the_twist(random, BLS_MODULUS, (4, 4), 64))
        assert agree(word(0x0D, 20), point + multiple_2(3)) is not None
        assert agree(word(0x0D, 20), point + point) is not None
        assert agree(word(0x0E, 20), point + word(1)) is None
        assert agree(word(0x0F, 20), multiple_1(1) + point) is None


@pytest.mark.parametrize("element", [0, 1, BLS_MODULUS - 1, BLS_MODULUS, 2**384 - 1, 2**384, 2**512 - 1])
def test_bls12_381_field_elements(element: int) -> None:
    for address, data in (
        (0x10, word(element, 64)),
        (0x11, word(element, 64) + word(1, 64)),
        (0x11, word(1, 64) + word(element, 64)),
        (0x0B, word(element, 64) + bytes(192)),
        (0x0D, bytes(256) + word(element, 64) + bytes(192)),
    ):
        agree(word(address, 20), data)


KZG_COMMITMENT = bytes.fromhex(
    "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7"
)
KZG_PROOF = bytes.fromhex(
    "a62ad71d14c5719385c0686f1871430475bf3a00f0aa3f7b8dd99a9abc2160744faf0070725e00b60ad9a026a15b1a8c"
)
KZG_Z = bytes.fromhex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000")
KZG_Y = bytes.fromhex("1522a4a7f34e1ea350ae07c29c96c7e79655aa926122e95fe69fcbd932ca49e9")
INFINITY = b"\xc0" + bytes(47)


def kzg(z: bytes = KZG_Z, y: bytes = KZG_Y, commitment: bytes = KZG_COMMITMENT, proof: bytes = KZG_PROOF) -> bytes:
    return b"\x01" + sha256(commitment).digest()[1:] + z + y + commitment + proof


def test_point_evaluation() -> None:
    address = word(0x0A, 20)
    assert agree(address, kzg()) == word(4096) + word(BLS_ORDER)
    for constant in (0, 1, BLS_ORDER - 1):
        commitment = (G1Point() * Scalar(constant)).to_compressed_bytes()
        for z in (0, 5, BLS_ORDER - 1):
            assert agree(address, kzg(word(z), word(constant), commitment, INFINITY)) is not None
    outside = next(first_curve_outside_the_group())
    compressed = bytes([0x80]) + outside[17:64]
    no_points = [
        *(bytes(48), b"\x80" + bytes(47), b"\x40" + bytes(47), b"\xe0" + bytes(47), b"\xc0" + bytes(46) + b"\x01"),
        *(compressed, bytes([KZG_PROOF[0] & 0x7F]) + KZG_PROOF[1:], b"\x9a" + word(BLS_MODULUS, 48)[1:]),
    ]
    for wrong in (
        *(kzg(z=word(BLS_ORDER)), kzg(y=word(BLS_ORDER)), kzg(y=word(2**256 - 1)), kzg(z=KZG_Y), kzg(y=KZG_Z)),
        *(kzg(proof=KZG_COMMITMENT), kzg(proof=INFINITY), kzg(commitment=INFINITY), b"\x02" + kzg()[1:], kzg()[:-1]),
        *(kzg(commitment=point) for point in no_points),
        *(kzg(proof=point) for point in no_points),
    ):
        assert agree(address, wrong) is None


@pytest.mark.parametrize("place", [0x00, 0x12, 0xFF, 0x101, 0x10001])
def test_there_is_none_elsewhere(place: int) -> None:
    with pytest.raises(LookupError, match=f"no precompile at {place:#x}"):
        precompiles.run(place, b"")


def test_which_there_are_is_the_forks_to_say() -> None:
    for count, has_p256 in ((9, False), (10, False), (17, False), (17, True)):
        for place in (*range(1, 18), 0x100):
            there = place <= count or (place == 0x100 and has_p256)
            if there:
                precompiles.gas(place, b"", count=count, has_p256=has_p256)
            else:
                with pytest.raises(LookupError):
                    precompiles.gas(place, b"", count=count, has_p256=has_p256)


def test_the_input_is_not_the_output() -> None:
    assert precompiles.run(4, b"") == b""
    assert precompiles.run(4, b"abc" * 1000) == b"abc" * 1000
