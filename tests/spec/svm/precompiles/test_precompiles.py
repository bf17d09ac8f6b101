"""The precompiles: good signatures, and every defect of data, offsets, keys and signatures, each with its number."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import pytest

from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import ED25519, NATIVE_LOADER, SECP256K1, SECP256R1, SYSTEM
from samestate.spec.svm.errors import InstructionError
from samestate.spec.svm.precompiles import SignatureCheck
from samestate.spec.svm.precompiles.ed25519 import check_ed25519, is_point
from samestate.spec.svm.precompiles.secp256k1 import CURVE_ORDER as ORDER_OF_K1
from samestate.spec.svm.precompiles.secp256k1 import check_secp256k1
from samestate.spec.svm.precompiles.secp256r1 import CURVE_ORDER, check_secp256r1
from tests.spec.svm.execution import Sent, run
from tests.spec.svm.precompiles.signing import (
    HEAD,
    MESSAGE,
    ed25519_data,
    secp256k1_data,
    secp256k1_parts,
    secp256r1_data,
    secp256r1_parts,
    with_offsets,
)

GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
KEY, RECOVERY, SIGNATURE, OFFSETS, SIZE = range(5)
GOOD = None


def result(check: SignatureCheck, data: bytes, others: Sequence[bytes] = ()) -> int | None:
    """The number of the error, None where the signatures are good. The instruction is the first of all."""
    try:
        check(data, [data, *others])
    except InstructionError as error:
        return error.code
    return GOOD


def changed(data: bytes, place: int, content: bytes) -> bytes:
    return data[:place] + content + data[place + len(content) :]


def number(value: int) -> bytes:
    return struct.pack("<H", value)


# What ed25519 and secp256r1 have in common

DATA: dict[SignatureCheck, Callable[[], bytes]] = {check_ed25519: ed25519_data, check_secp256r1: secp256r1_data}
OFFSETS_OF = {"signature": 2, "signature instruction": 4, "key": 6, "key instruction": 8}
OFFSETS_OF |= {"message": 10, "message length": 12, "message instruction": 14}


@pytest.mark.parametrize("check", DATA)
def test_a_good_signature(check: SignatureCheck) -> None:
    data = DATA[check]()
    assert result(check, data) is GOOD
    assert result(check, changed(data, 1, b"\xff")) is GOOD, "nobody reads the second byte"
    assert result(check, data + b"more") is GOOD
    twice = b"\x02\x00" + data[2:HEAD] * 2 + data[HEAD:]
    shifted = b"".join(
        number(value + 14 if place in (0, 2, 4) else value)
        for _ in range(2)
        for place, value in enumerate(struct.unpack("<7H", data[2:HEAD]))
    )
    assert result(check, changed(twice, 2, shifted)) is GOOD


@pytest.mark.parametrize("check", DATA)
@pytest.mark.parametrize("length", [0, 1, 2, 15])
def test_data_without_the_offsets_it_speaks_of(check: SignatureCheck, length: int) -> None:
    assert result(check, DATA[check]()[:length]) == SIZE


@pytest.mark.parametrize("check", DATA)
@pytest.mark.parametrize("field", OFFSETS_OF)
def test_each_offset_beyond_the_data(check: SignatureCheck, field: str) -> None:
    data = DATA[check]()
    assert result(check, changed(data, OFFSETS_OF[field], number(0xFFFE))) == OFFSETS


@pytest.mark.parametrize("check", DATA)
def test_the_last_byte_is_within_and_the_one_after_is_not(check: SignatureCheck) -> None:
    data = DATA[check]()
    assert result(check, data[:-1]) == OFFSETS
    assert result(check, changed(data, OFFSETS_OF["message length"], number(len(MESSAGE) - 1))) == SIGNATURE


@pytest.mark.parametrize("check", DATA)
def test_what_is_signed_may_lie_in_another_instruction(check: SignatureCheck) -> None:
    data = DATA[check]()
    elsewhere = data[:HEAD]
    for field in ("signature instruction", "key instruction", "message instruction"):
        elsewhere = changed(elsewhere, OFFSETS_OF[field], number(1))
    assert result(check, elsewhere, [data]) is GOOD
    assert result(check, elsewhere) == OFFSETS
    assert result(check, changed(data, OFFSETS_OF["signature instruction"], number(0))) is GOOD, "its own number"


@pytest.mark.parametrize("check", DATA)
def test_another_message_is_not_signed(check: SignatureCheck) -> None:
    assert result(check, DATA[check]()[:-1] + b"x") == SIGNATURE


# ed25519


def test_ed25519_without_signatures() -> None:
    assert result(check_ed25519, b"\x00\x00") is GOOD
    assert result(check_ed25519, b"\x00\x00\x00") == SIZE


def test_ed25519_key_that_is_no_point() -> None:
    data = ed25519_data()
    no_point = next(bytes([y]) + bytes(31) for y in range(256) if not is_point(bytes([y]) + bytes(31)))
    assert result(check_ed25519, changed(data, HEAD + 64, no_point)) == KEY
    no_message = changed(data, OFFSETS_OF["message"], number(0xFFFE))
    assert result(check_ed25519, changed(no_message, HEAD + 64, no_point)) == KEY, "before the message is looked for"


def test_ed25519_scalar_far_out_of_range_before_the_key_is_looked_for() -> None:
    data = changed(ed25519_data(), OFFSETS_OF["key"], number(0xFFFE))
    assert result(check_ed25519, changed(data, HEAD + 63, b"\x20")) == SIGNATURE
    assert result(check_ed25519, changed(data, HEAD + 63, b"\x1f")) == OFFSETS


def test_ed25519_scalar_of_the_order_of_the_group() -> None:
    data = ed25519_data()
    scalar = int.from_bytes(data[HEAD + 32 : HEAD + 64], "little") + GROUP_ORDER
    assert result(check_ed25519, changed(data, HEAD + 32, scalar.to_bytes(32, "little"))) == SIGNATURE


@pytest.mark.parametrize("y", [0, 1, 2**255 - 19, 2**255 - 18, 2**255 - 20])
def test_ed25519_keys_of_small_order_are_points_that_sign_nothing(y: int) -> None:
    encoded = y.to_bytes(32, "little")
    assert is_point(encoded)
    assert result(check_ed25519, changed(ed25519_data(), HEAD + 64, encoded)) == SIGNATURE


def decompresses(encoded: bytes) -> bool:
    """RFC 8032, section 5.1.3, with its own way to a square root."""
    p = 2**255 - 19
    d = -121665 * pow(121666, p - 2, p)
    y = int.from_bytes(encoded, "little") & ((1 << 255) - 1)
    u, v = y * y - 1, d * y * y + 1
    x = u * v**3 * pow(u * v**7, (p - 5) // 8, p)
    return (v * x * x - u) % p == 0 or (v * x * x + u) % p == 0


def test_ed25519_points_are_those_of_the_document() -> None:
    encodings = [(y | sign << 255).to_bytes(32, "little") for y in range(200) for sign in (0, 1)]
    encodings += [(2**255 - 1 - y).to_bytes(32, "little") for y in range(40)]
    encodings += [bytes([number]) * 32 for number in range(256)]
    assert [is_point(encoded) for encoded in encodings] == [decompresses(encoded) for encoded in encodings]


# secp256r1


@pytest.mark.parametrize("count", [0, 9, 255])
def test_secp256r1_has_one_to_eight_signatures(count: int) -> None:
    assert result(check_secp256r1, bytes([count]) + bytes(400)) == SIZE
    assert result(check_secp256r1, b"\x08" + secp256r1_data()[1:113]) == SIZE


@pytest.mark.parametrize("count", [1, 8])
def test_secp256r1_several_signatures(count: int) -> None:
    data = secp256r1_data()
    elsewhere = struct.unpack("<7H", data[2:HEAD])
    offsets = struct.pack("<7H", *(1 if place in (1, 3, 6) else value for place, value in enumerate(elsewhere)))
    assert result(check_secp256r1, bytes([count, 0]) + offsets * count, [data]) is GOOD
    assert result(check_secp256r1, bytes([count, 0]) + offsets * (count - 1) + data[2:HEAD], [data]) == OFFSETS


def test_secp256r1_numbers_out_of_range() -> None:
    signature, key = secp256r1_parts()
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    for bad_r, bad_s in ((0, s), (CURVE_ORDER, s), (r, 0), (r, CURVE_ORDER - s), (r, CURVE_ORDER // 2 + 1)):
        bad = bad_r.to_bytes(32, "big") + bad_s.to_bytes(32, "big")
        assert result(check_secp256r1, with_offsets(bad, key, MESSAGE)) == SIGNATURE
        assert result(check_secp256r1, with_offsets(bad, b"\x05" + key[1:], MESSAGE)) == SIGNATURE, "before the key"


@pytest.mark.parametrize("prefix", [0, 4, 5, 255])
def test_secp256r1_key_that_is_no_point(prefix: int) -> None:
    signature, key = secp256r1_parts()
    assert result(check_secp256r1, with_offsets(signature, bytes([prefix]) + key[1:], MESSAGE)) == KEY


def test_secp256r1_key_off_the_curve_and_the_other_key() -> None:
    signature, key = secp256r1_parts()
    assert result(check_secp256r1, with_offsets(signature, b"\x02" + b"\xff" * 32, MESSAGE)) == KEY
    assert result(check_secp256r1, with_offsets(signature, bytes([key[0] ^ 1]) + key[1:], MESSAGE)) == SIGNATURE


# secp256k1

K1_START = 12


def test_secp256k1_good() -> None:
    data = secp256k1_data()
    assert result(check_secp256k1, data) is GOOD
    assert result(check_secp256k1, data + b"more") is GOOD
    assert result(check_secp256k1, b"\x00") is GOOD


def test_secp256k1_two_signatures() -> None:
    data = secp256k1_data()
    offsets = data[1:K1_START]
    for place in (2, 5, 10):
        offsets = changed(offsets, place, b"\x01")
    assert result(check_secp256k1, b"\x02" + offsets * 2, [data]) is GOOD
    assert result(check_secp256k1, b"\x02" + offsets + changed(offsets, 5, b"\x02"), [data]) == OFFSETS


def test_secp256k1_signature_of_the_upper_half_is_good_too() -> None:
    data = secp256k1_data()
    signature, _ = secp256k1_parts()
    s = ORDER_OF_K1 - int.from_bytes(signature[32:64], "big")
    other = signature[:32] + s.to_bytes(32, "big") + bytes([signature[64] ^ 1])
    assert result(check_secp256k1, changed(data, K1_START, other)) is GOOD


def test_secp256k1_data_without_the_offsets_it_speaks_of() -> None:
    data = secp256k1_data()
    assert [result(check_secp256k1, given) for given in (b"", b"\x00\x00", data[:1], data[:11])] == [SIZE] * 4


@pytest.mark.parametrize(
    ("place", "content", "error"),
    [
        (1, number(0xFFFE), SIGNATURE),  # offset of the signature
        (3, b"\x01", SIZE),  # instruction of the signature
        (4, number(0xFFFE), SIGNATURE),  # offset of the address
        (6, b"\x01", OFFSETS),  # instruction of the address
        (7, number(0xFFFE), SIGNATURE),  # offset of the message
        (9, number(0xFFFE), SIGNATURE),  # length of the message
        (11, b"\x01", OFFSETS),  # instruction of the message
    ],
)
def test_secp256k1_each_offset(place: int, content: bytes, error: int) -> None:
    assert result(check_secp256k1, changed(secp256k1_data(), place, content)) == error


def test_secp256k1_none_of_its_indices_stands_for_itself() -> None:
    data = secp256k1_data()
    assert result(check_secp256k1, changed(data, 6, b"\xff")) == OFFSETS


def test_secp256k1_the_recovery_id_lies_within_the_data() -> None:
    signature, _ = secp256k1_parts()
    data = b"\x01" + struct.pack("<HBHBHHB", K1_START, 0, 0, 0, 0, 0, 0) + signature[:64]
    assert result(check_secp256k1, data) == SIGNATURE


def test_secp256k1_in_another_instruction() -> None:
    data = secp256k1_data()
    elsewhere = data[:K1_START]
    for place in (3, 6, 11):
        elsewhere = changed(elsewhere, place, b"\x01")
    assert result(check_secp256k1, elsewhere, [data]) is GOOD


@pytest.mark.parametrize(
    ("place", "content", "error"),
    [
        (0, ORDER_OF_K1.to_bytes(32, "big"), SIGNATURE),
        (32, ORDER_OF_K1.to_bytes(32, "big"), SIGNATURE),
        (0, bytes(32), SIGNATURE),
        (32, bytes(32), SIGNATURE),
        (64, b"\x04", RECOVERY),
        (64, b"\xff", RECOVERY),
        (64, b"\x03", SIGNATURE),
        (65, bytes(20), SIGNATURE),
        (85, b"W", SIGNATURE),
    ],
)
def test_secp256k1_each_part_spoilt(place: int, content: bytes, error: int) -> None:
    assert result(check_secp256k1, changed(secp256k1_data(), K1_START + place, content)) == error


def test_secp256k1_an_order_out_of_range_comes_before_the_recovery_id() -> None:
    data = changed(secp256k1_data(), K1_START, ORDER_OF_K1.to_bytes(32, "big"))
    assert result(check_secp256k1, changed(data, K1_START + 64, b"\x04")) == SIGNATURE


# As instructions

PROGRAMS = {key: Account(1, NATIVE_LOADER, True) for key in (ED25519, SECP256K1, SECP256R1)}


def test_a_precompile_takes_no_units_and_says_nothing() -> None:
    good = [Sent(ED25519, ed25519_data()), Sent(SECP256R1, secp256r1_data())]
    outcome, _ = run(Sent(SECP256K1, secp256k1_data()), *good, accounts=PROGRAMS)
    assert (outcome.error, outcome.units, outcome.logs) == (None, 0, ())
    assert outcome.fee.signatures == 4 * 5000, "each says how many signatures it has, and they are paid for"


@pytest.mark.parametrize(
    ("program", "data", "error"),
    [
        (ED25519, ed25519_data()[:-1], "InstructionError(0, Custom(3))"),
        (SECP256K1, secp256k1_data()[:-1], "InstructionError(0, Custom(2))"),
        (SECP256R1, b"", "InstructionError(0, Custom(4))"),
    ],
)
def test_a_precompile_fails_its_transaction(program: bytes, data: bytes, error: str) -> None:
    never_run = Sent(SYSTEM, b"\x02\x00")
    outcome, _ = run(Sent(program, data), never_run, accounts=PROGRAMS)
    assert str(outcome.error) == error and outcome.units == 0
