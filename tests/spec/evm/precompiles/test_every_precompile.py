"""What holds for every precompile, whatever its input; and at which address each is, since which fork."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.precompiles import (
    BERLIN_PRECOMPILES,
    CANCUN_PRECOMPILES,
    OSAKA_PRECOMPILES,
    PRAGUE_PRECOMPILES,
    Precompile,
    PrecompileFailure,
)

EVERY = list(
    dict.fromkeys(
        precompile
        for new in (BERLIN_PRECOMPILES, CANCUN_PRECOMPILES, PRAGUE_PRECOMPILES, OSAKA_PRECOMPILES)
        for precompile in new.values()
    )
)
AFFORDABLE = 120_000
"""Gas that a fuzzed call may use, so that the fuzzing ends soon."""

# Numbers near the edges of something: a word, a length, the moduli and orders of the curves.
EDGES = [
    *(0, 1, 2, 27, 28, 32, 33, 1024, 1025, 2**64, 2**255, 2**256 - 1),
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47,
    0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001,
]
words = st.sampled_from(EDGES).map(lambda number: number.to_bytes(32, "big")) | st.binary(min_size=32, max_size=32)
LENGTHS = [64, 96, 128, 160, 192, 213, 256, 288, 384, 512]
inputs = (
    st.binary(max_size=600)
    | st.lists(words, max_size=16).map(b"".join)
    | st.sampled_from(LENGTHS).map(bytes)
    | st.sampled_from(LENGTHS).flatmap(lambda length: st.binary(min_size=length, max_size=length))
)


def by_name(precompile: Precompile) -> str:
    return precompile.name


@pytest.mark.parametrize("precompile", EVERY, ids=by_name)
@given(data=inputs)
def test_gas_is_a_number_and_nothing_but_a_failure_is_raised(precompile: Precompile, data: bytes) -> None:
    gas = precompile.gas(data)
    assert type(gas) is int
    assert gas >= 0
    if gas <= AFFORDABLE:
        try:
            output = precompile.run(data)
        except PrecompileFailure as failure:
            assert str(failure)
        else:
            assert type(output) is bytes


@pytest.mark.parametrize("precompile", EVERY, ids=by_name)
def test_empty_input(precompile: Precompile) -> None:
    outputs = {
        "ecrecover": b"",
        "sha256": bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        "ripemd160": bytes(12) + bytes.fromhex("9c1185a5c5e9fc54612808977ee8f548b2258d31"),
        "identity": b"",
        "modular exponentiation": b"",
        "bn254 add": bytes(64),
        "bn254 multiply": bytes(64),
        "bn254 pairing": (1).to_bytes(32, "big"),
        "p256verify": b"",
    }
    if precompile.name in outputs:
        assert precompile.run(b"") == outputs[precompile.name]
    else:
        with pytest.raises(PrecompileFailure):
            precompile.run(b"")


def names(precompiles: dict[bytes, Precompile]) -> dict[int, str]:
    assert all(len(address) == 20 for address in precompiles)
    return {int.from_bytes(address, "big"): precompile.name for address, precompile in precompiles.items()}


def test_addresses() -> None:
    assert names(dict(BERLIN_PRECOMPILES)) == {
        1: "ecrecover",
        2: "sha256",
        3: "ripemd160",
        4: "identity",
        5: "modular exponentiation",
        6: "bn254 add",
        7: "bn254 multiply",
        8: "bn254 pairing",
        9: "blake2f",
    }
    assert names(dict(CANCUN_PRECOMPILES)) == {10: "point evaluation"}
    assert names(dict(PRAGUE_PRECOMPILES)) == {
        11: "bls12-381 add, first group",
        12: "bls12-381 sum of multiples, first group",
        13: "bls12-381 add, second group",
        14: "bls12-381 sum of multiples, second group",
        15: "bls12-381 pairing",
        16: "bls12-381 map, first group",
        17: "bls12-381 map, second group",
    }
    assert names(dict(OSAKA_PRECOMPILES)) == {5: "modular exponentiation", 256: "p256verify"}
