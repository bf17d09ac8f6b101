"""Signatures on ed25519: all that others found malleable, and those of real transactions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import SYSTEM
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.signature import address_of, check_signatures, sign, verify_strict
from tests.spec.svm.real_blocks import sample
from tests.spec.svm.small import SOL, key, message_of, seed, signed, transfer

MALLEABLE = "firedancer/src/ballet/ed25519/test_ed25519_signature_malleability_should_"
MESSAGE_OF_ALL = b"Zcash"
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.fixtures
@pytest.mark.parametrize(("which", "count", "valid"), [("pass", 200, True), ("fail", 196, False)])
def test_malleability(which: str, count: int, valid: bool) -> None:
    content = sample(f"{MALLEABLE}{which}.bin")
    records = [content[start : start + 96] for start in range(0, len(content), 96)]
    assert len(records) == count
    assert {verify_strict(record[64:], record[:64], MESSAGE_OF_ALL) for record in records} == {valid}


def test_a_scalar_beyond_the_order_of_the_group() -> None:
    signature = sign(b"message", seed(1))
    scalar = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    assert verify_strict(key(1), signature, b"message")
    assert not verify_strict(key(1), signature[:32] + scalar.to_bytes(32, "little"), b"message")


def test_a_key_of_small_order_signs_nothing() -> None:
    neutral = bytes([1]).ljust(32, b"\x00")
    assert not verify_strict(neutral, neutral + bytes(32), b"message")


def test_what_is_signed_is_the_message() -> None:
    assert address_of(seed(1)) == key(1)
    transaction = transfer(1, key(2), SOL)
    check_signatures(transaction)
    for wrong in (
        replace(transaction, signatures=(bytes(64),)),
        replace(transaction, signatures=transfer(1, key(2), SOL + 1).signatures),
        replace(transaction, signatures=signed(transaction.message, 2).signatures),
    ):
        with pytest.raises(Rejection) as caught:
            check_signatures(wrong)
        assert caught.value.code is Invalid.SIGNATURE_FAILURE


def test_each_signer_has_its_own() -> None:
    message = message_of((key(1), key(2), SYSTEM), header=(2, 1, 1))
    check_signatures(signed(message, 1, 2))
    with pytest.raises(Rejection, match="Transaction did not pass signature verification"):
        check_signatures(signed(message, 2, 1))
