"""The precompiles of BN254 give what those of EELS give, output and gas, at every edge and by either library."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from samestate.spec.evm.precompiles import (
    Precompile,
    PrecompileFailure,
    bn254,
    bn254_add,
    bn254_multiply,
    bn254_pairing,
)
from samestate.spec.evm.precompiles.bn254 import FIELD_MODULUS
from samestate.spec.evm.precompiles.bn254_groups import Groups, MclGroups, PyEccGroups
from tests.spec.evm.precompiles.test_bn254 import (
    GENERATOR,
    GENERATOR_2,
    INFINITY,
    MINUS_GENERATOR,
    ORDER,
    TWICE_GENERATOR,
    outside_the_second_group,
    words,
)

pytestmark = [pytest.mark.peers, pytest.mark.slow]

P = FIELD_MODULUS
GAS = 10**9
INFINITY_2 = bytes(128)
PRECOMPILES: dict[str, Precompile] = {"add": bn254_add, "mul": bn254_multiply, "pairing_check": bn254_pairing}


def with_word(data: bytes, place: int, number: int) -> bytes:
    return data[: 32 * place] + words(number) + data[32 * place + 32 :]


def word_at(data: bytes, place: int) -> int:
    return int.from_bytes(data[32 * place : 32 * place + 32], "big")


def stretched(point: bytes) -> Iterator[tuple[str, bytes]]:
    """The point with each of its coordinates at or over the modulus, also where it stays the same modulo it."""
    for place in range(len(point) // 32):
        for number in (P, P + 1, word_at(point, place) + P, 2**256 - 1):
            yield f"coordinate {place} is {number:#x}", with_word(point, place, number)


MINUS_GENERATOR_2 = with_word(with_word(GENERATOR_2, 2, P - word_at(GENERATOR_2, 2)), 3, P - word_at(GENERATOR_2, 3))

GOOD_1 = {"one": GENERATOR, "minus one": MINUS_GENERATOR, "two": TWICE_GENERATOR, "infinity": INFINITY}
BAD_1 = {
    **{f"({x}, {y})": words(x, y) for x, y in ((0, 1), (1, 0), (1, 1), (1, 3), (2, 1), (P - 1, P - 1))},
    **dict(stretched(GENERATOR)),
    **{f"infinity, {name}": point for name, point in stretched(INFINITY)},
}
GOOD_2 = {"one": GENERATOR_2, "infinity": INFINITY_2}
BAD_2 = {
    "not on the curve": words(1, 2, 3, 4),
    "parts exchanged": GENERATOR_2[32:64] + GENERATOR_2[:32] + GENERATOR_2[96:] + GENERATOR_2[64:96],
    "only x": GENERATOR_2[:64] + bytes(64),
    "only y": bytes(64) + GENERATOR_2[64:],
    "not in the subgroup": outside_the_second_group(),
    **dict(stretched(GENERATOR_2)),
    **{f"infinity, {name}": point for name, point in stretched(INFINITY_2)},
}
SCALARS = (0, 1, 2, ORDER - 1, ORDER, ORDER + 1, P, 2**255, 2**256 - 1)


def additions() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    for first, left in GOOD_1.items():
        for second, right in GOOD_1.items():
            yield f"{first} and {second}", left + right
    for name, point in BAD_1.items():
        yield f"{name} and one", point + GENERATOR
        yield f"one and {name}", GENERATOR + point
    for length in (1, 31, 32, 63, 64, 65, 96, 127):
        yield f"{length} bytes", (GENERATOR + GENERATOR)[:length]
    yield "more than two points", GENERATOR * 2 + b"\xff"


def multiplications() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    for name, point in GOOD_1.items():
        for scalar in SCALARS:
            yield f"{name} by {scalar:#x}", point + words(scalar)
    for name, point in BAD_1.items():
        for scalar in (0, 1, ORDER):
            yield f"{name} by {scalar:#x}", point + words(scalar)
    for length in (1, 32, 63, 64, 65, 95):
        yield f"{length} bytes", (GENERATOR + b"\xff" * 32)[:length]
    yield "more than a point and a scalar", GENERATOR + words(3) + b"\xff"


def pairings() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    for first, left in GOOD_1.items():
        for second, right in GOOD_2.items():
            yield f"{first} and {second}", left + right
    yield "two that cancel", GENERATOR + GENERATOR_2 + MINUS_GENERATOR + GENERATOR_2
    yield "two that cancel in the second group", GENERATOR + GENERATOR_2 + GENERATOR + MINUS_GENERATOR_2
    yield "two that do not", GENERATOR + GENERATOR_2 + GENERATOR + GENERATOR_2
    yield (
        "three that cancel, and infinities",
        ((GENERATOR + GENERATOR_2) * 2 + INFINITY + INFINITY_2 + words(*two_negated()) + GENERATOR_2),
    )
    for name, point in BAD_1.items():
        yield f"{name} and one", point + GENERATOR_2
        yield f"{name} and infinity", point + INFINITY_2
    for name, point in BAD_2.items():
        yield f"one and {name}", GENERATOR + point
        yield f"infinity and {name}", INFINITY + point
    yield "a bad pair after a good one", INFINITY + GENERATOR_2 + INFINITY + outside_the_second_group()
    for length in (1, 64, 128, 191, 193, 383):
        yield f"{length} zero bytes", bytes(length)
    yield "half a pair too much", GENERATOR + GENERATOR_2 + GENERATOR


def two_negated() -> tuple[int, int]:
    return word_at(TWICE_GENERATOR, 0), P - word_at(TWICE_GENERATOR, 1)


CASES = [
    pytest.param(name, data, id=f"{name}: {edge}")
    for name, cases in (("add", additions()), ("mul", multiplications()), ("pairing_check", pairings()))
    for edge, data in cases
]


@functools.cache
def by_eels(name: str, data: bytes) -> tuple[bytes | None, int]:
    """The output, None for a failure, and the gas that is charged before it."""
    alt_bn128: Any = pytest.importorskip("ethereum.forks.osaka.vm.precompiled_contracts.alt_bn128")
    from ethereum.forks.osaka.vm.exceptions import ExceptionalHalt  # type: ignore[import-not-found, unused-ignore]
    from ethereum_types.bytes import Bytes  # type: ignore[import-untyped, unused-ignore]
    from ethereum_types.numeric import Uint  # type: ignore[import-untyped, unused-ignore]

    run: Callable[[Any], None] = getattr(alt_bn128, f"alt_bn128_{name}")
    evm = SimpleNamespace(message=SimpleNamespace(data=Bytes(data)), gas_left=Uint(GAS), output=b"")
    try:
        run(evm)
    except ExceptionalHalt:
        return None, GAS - int(evm.gas_left)
    return bytes(evm.output), GAS - int(evm.gas_left)


def by_specification(precompile: Precompile, data: bytes) -> tuple[bytes | None, int]:
    try:
        return precompile.run(data), precompile.gas(data)
    except PrecompileFailure:
        return None, precompile.gas(data)


@pytest.fixture(scope="module", params=["mcl", "py_ecc"])
def groups(request: pytest.FixtureRequest) -> Groups:
    if request.param == "py_ecc":
        return PyEccGroups()
    try:
        return MclGroups()
    except (OSError, AttributeError, ValueError) as problem:
        pytest.skip(str(problem))


@pytest.mark.parametrize(("name", "data"), CASES)
def test_every_edge(groups: Groups, name: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bn254, "GROUPS", groups)
    assert by_specification(PRECOMPILES[name], data) == by_eels(name, data)


def test_edges_of_every_outcome_are_among_them() -> None:
    outcomes = {name: {by_eels(*case.values)[0] for case in CASES if case.values[0] == name} for name in PRECOMPILES}
    assert {None, INFINITY, GENERATOR} < outcomes["add"] and {None, INFINITY, GENERATOR} < outcomes["mul"]
    assert outcomes["pairing_check"] == {None, words(0), words(1)}
