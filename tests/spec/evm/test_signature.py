"""Who signed: recovery against signing, and every signature that is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import (
    CURVE_ORDER,
    address_of,
    authorization_hash,
    recover,
    recover_authority,
    recover_sender,
    sign,
    sign_authorization,
    sign_hash,
)
from samestate.spec.evm.transaction import (
    Authorization,
    LegacyTransaction,
    Transaction,
    encode_transaction,
    signing_hash,
)
from samestate.spec.machine import Rejection
from tests.spec.evm.strategies import authorizations, transactions

KEY = bytes.fromhex("46" * 32)
DIGEST = keccak256(b"a message")

keys = st.integers(min_value=1, max_value=CURVE_ORDER - 1).map(lambda number: number.to_bytes(32, "big"))
EXAMPLE = LegacyTransaction(nonce=9, gas_price=20 * 10**9, gas_limit=21000, to=b"\x35" * 20, value=10**18, data=b"")


def test_the_example_of_eip_155() -> None:
    signed = sign(EXAMPLE, KEY, chain_id=1)
    assert encode_transaction(signed).hex() == (
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025"
        "a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
        "a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
    )
    assert recover_sender(signed).hex() == "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"
    assert address_of(KEY).hex() == "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"


def test_the_address_of_a_key() -> None:
    assert address_of((1).to_bytes(32, "big")).hex() == "7e5f4552091a69125d5dfcb7b8c2659029395bdf"


@given(transactions, keys, st.none() | st.integers(min_value=0, max_value=2**64))
def test_the_sender_is_who_signed(transaction: Transaction, key: bytes, chain_id: int | None) -> None:
    signed = sign(transaction, key, chain_id)
    assert recover_sender(signed) == address_of(key)
    if isinstance(transaction, LegacyTransaction):
        assert signed.chain_id == chain_id


@given(authorizations, keys)
def test_the_authority_is_who_signed(authorization: Authorization, key: bytes) -> None:
    signed = sign_authorization(authorization, key)
    assert authorization_hash(signed) == authorization_hash(authorization)
    assert recover_authority(signed) == address_of(key)


def test_what_an_authority_signs() -> None:
    authorization = Authorization(chain_id=1, address=b"\x11" * 20, nonce=2)
    assert authorization_hash(authorization) == keccak256(b"\x05\xd7\x01\x94" + b"\x11" * 20 + b"\x02")


@given(keys, st.binary(min_size=32, max_size=32))
def test_of_the_two_signatures_only_the_lower_counts(key: bytes, digest: bytes) -> None:
    y_parity, r, s = sign_hash(key, digest)
    assert s <= CURVE_ORDER // 2
    assert recover(digest, y_parity, r, s) == address_of(key)
    assert recover(digest, 1 - y_parity, r, s) != address_of(key)
    assert recover(digest, 1 - y_parity, r, CURVE_ORDER - s) is None


NONE = [
    ("r is zero", 0, 0, 1),
    ("s is zero", 0, 1, 0),
    ("r is the order", 0, CURVE_ORDER, 1),
    ("r is over the order", 0, 2**256 - 1, 1),
    ("s is high", 0, 1, CURVE_ORDER // 2 + 1),
    ("s is the order", 0, 1, CURVE_ORDER),
    ("s is over the order", 0, 1, 2**256 - 1),
    ("no point has r", 0, 5, 1),
    ("no point has r, the other parity", 1, 5, 1),
    ("the parity means r plus the order", 2, 1, 1),
    ("the parity means r plus the order, the other one", 3, 1, 1),
    ("the parity is 27", 27, 1, 1),
    ("the parity is negative", -1, 1, 1),
]


@pytest.mark.parametrize(("y_parity", "r", "s"), [rest for _, *rest in NONE], ids=[reason for reason, *_ in NONE])
def test_signatures_that_are_none(y_parity: int, r: int, s: int) -> None:
    assert recover(DIGEST, y_parity, r, s) is None


@pytest.mark.parametrize("s", [1, CURVE_ORDER // 2])
def test_the_ends_of_the_range_of_s(s: int) -> None:
    assert recover(DIGEST, 0, 1, s) is not None


def test_the_key_at_infinity_is_none() -> None:
    # s * R = digest * G makes the key, (s * R - digest * G) / r, the point at infinity: R = G and s = digest
    generator_x = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
    assert recover((7).to_bytes(32, "big"), 0, generator_x, 7) is None
    assert recover((8).to_bytes(32, "big"), 0, generator_x, 7) is not None


@given(st.binary(min_size=32, max_size=32), st.integers(0, 3), st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1))
def test_any_numbers_give_an_address_or_none(digest: bytes, y_parity: int, r: int, s: int) -> None:
    address = recover(digest, y_parity, r, s)
    assert address is None or len(address) == 20


@pytest.mark.parametrize("v", [0, 1, 26, 29, 30, 31, 34])
def test_a_legacy_signature_must_say_its_parity(v: int) -> None:
    signed = sign(EXAMPLE, KEY)
    assert isinstance(signed, LegacyTransaction)
    with pytest.raises(Rejection, match=r"^the signature is not valid$") as caught:
        recover_sender(replace(signed, v=v))
    assert caught.value.code is Invalid.INVALID_SIGNATURE


@pytest.mark.parametrize(("v", "parity"), [(27, 0), (28, 1), (35, 0), (36, 1), (37, 0), (38, 1), (2**256 - 1, 0)])
def test_which_parity_a_legacy_signature_says(v: int, parity: int) -> None:
    signed = sign(EXAMPLE, KEY)
    assert isinstance(signed, LegacyTransaction)
    other = replace(signed, v=v)
    assert recover_sender(other) == recover(signing_hash(other), parity, other.r, other.s)


@given(authorizations)
def test_an_authorization_signed_by_nobody_has_no_authority(authorization: Authorization) -> None:
    assert recover_authority(replace(authorization, y_parity=2)) is None
    assert recover_authority(replace(authorization, s=CURVE_ORDER - 1)) is None
    assert recover_authority(replace(authorization, r=0)) is None
