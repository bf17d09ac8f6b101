"""Where a C library is not there, Python runs the precompile, the result is the same, and a counter shows it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

from samestate.conformance.generating.precompile_inputs import precompile_input
from samestate.optimized import c_functions
from samestate.optimized.evm.native import libraries, precompiles

THROUGH_PYTHON = {
    "secp256k1": (0x01,),
    "gmp": (0x05,),
    "mcl": (0x06, 0x07, 0x08),
    "blst": tuple(range(0x0A, 0x12)),
}
CASES = [(library, place) for library, places in THROUGH_PYTHON.items() for place in places]


@contextmanager
def without(library: str) -> Iterator[None]:
    precompiles.use(library, False)
    try:
        yield
    finally:
        if precompiles.found()[library]:
            precompiles.use(library, True)


@pytest.mark.parametrize(("library", "place"), CASES)
def test_the_same_through_python(library: str, place: int) -> None:
    random = Random(place)
    count = 4 if place == 0x08 else 40
    inputs = [precompile_input(random, place.to_bytes(20, "big")) for _ in range(count)]
    inputs = [data for data in inputs if precompiles.gas(place, data) < 10**7]
    expected = [precompiles.run(place, data) for data in inputs]
    before = precompiles.calls_through_python()
    with without(library):
        assert [precompiles.run(place, data) for data in inputs] == expected
    assert before < precompiles.calls_through_python() <= before + len(inputs)


def test_recovery_through_python() -> None:
    data = precompile_input(Random(5), (1).to_bytes(20, "big"))
    arguments = data[:32], data[64:96], data[96:128], data[63] - 27
    expected = precompiles.recover(*arguments)
    with without("secp256k1"):
        assert precompiles.recover(*arguments) == expected
        assert precompiles.recover(data[:32], bytes(32), data[96:128], 0) is None


def test_all_libraries_of_the_dependencies_are_there() -> None:
    """On what CI runs; elsewhere a wheel may lack its symbols, which is no fault."""
    found = precompiles.found()
    assert set(found) == set(libraries.LOADERS)
    assert found["secp256k1"]
    assert found["gmp"]


def test_a_function_that_is_missing_is_a_library_that_is_missing() -> None:
    assert libraries.addresses("secp256k1", ["secp256k1_ecdsa_recover"]) is not None
    assert libraries.addresses("secp256k1", ["secp256k1_ecdsa_recover", "secp256k1_of_tomorrow"]) is None


def test_a_wheel_that_is_missing_is_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> ctypes.CDLL:
        return c_functions.extension("no_such_wheel.at_all")

    monkeypatch.setitem(libraries.LOADERS, "blst", missing)
    assert libraries.addresses("blst", ["blst_p1_add"]) is None


def test_what_was_not_found_cannot_be_used() -> None:
    with pytest.raises(ValueError, match="the library openssl was not found: pip install openssl"):
        precompiles.use("openssl", True)
