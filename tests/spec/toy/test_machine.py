"""The toy machine: who may send, what is paid, what a block has room for, and what closes it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from samestate.spec.access import OPEN
from samestate.spec.machine import Rejection
from samestate.spec.toy.block import Block, Declaration, Transaction, Withdrawal
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.operations import Add, Keccak, Noop, Sload, Sstore, Sub
from samestate.spec.toy.receipt import Error, Receipt, encode_receipt, receipts_root
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.state import ToyState, toy_state
from samestate.spec.transition import apply_block
from tests.spec.toy.helpers import ALICE, BOB, MINER, RICH, block_of, rich, run, sent

LAST = 2**64 - 1


def rejected(block: Block, state: ToyState) -> tuple[str, int | None]:
    with pytest.raises(Rejection) as raised:
        apply_block(Toy(), block, state)
    assert str(raised.value).startswith(raised.value.code.value)
    return raised.value.code.name, raised.value.transaction


@pytest.mark.parametrize(
    ("before", "nonce", "balance", "code"),
    [
        (5, 4, RICH, "NONCE_TOO_LOW"),
        (5, 6, RICH, "NONCE_TOO_HIGH"),
        (0, LAST, RICH, "NONCE_TOO_HIGH"),
        (LAST, LAST, RICH, "NONCE_IS_MAX"),
        (LAST, LAST - 1, RICH, "NONCE_TOO_LOW"),
        (5, 5, 1999, "INSUFFICIENT_BALANCE"),
        (5, 5, 0, "INSUFFICIENT_BALANCE"),
        (5, 4, 0, "NONCE_TOO_LOW"),
        (LAST, LAST, 0, "NONCE_IS_MAX"),
    ],
)
def test_who_may_not_send(before: int, nonce: int, balance: int, code: str) -> None:
    state = toy_state({ALICE: balance}, {ALICE: before})
    assert rejected(block_of(sent(nonce=nonce, gas_limit=1000, gas_price=2)), state) == (code, 0)


@pytest.mark.parametrize(("before", "balance"), [(0, 2000), (LAST - 1, 2000), (5, 2**128 - 1)])
def test_who_may_send(before: int, balance: int) -> None:
    state = toy_state({ALICE: balance}, {ALICE: before})
    result = apply_block(Toy(), block_of(sent(Noop(), nonce=before, gas_limit=1000, gas_price=2)), state)
    after = result.state()
    assert int.from_bytes(after.get(nonce_key(ALICE)), "big") == before + 1
    assert int.from_bytes(after.get(balance_key(ALICE)), "big") == balance - 2


def test_both_nonce_and_balance_are_read_by_whoever_may_send() -> None:
    assert set(run().steps[1].reads) == {nonce_key(ALICE), balance_key(ALICE)}


def test_a_failure_keeps_its_reads_and_its_fee() -> None:
    result = run(Sstore(1, 9), Keccak(b"x"), Sload(2), Sstore(3, 1), gas_limit=27_000, state=rich({1: 7}))
    assert result.receipts == (Receipt(27_000, 27_000, 0, (), Error.OUT_OF_GAS),)
    assert not result.receipts[0].succeeded
    step = result.steps[1]
    assert set(step.reads) == {nonce_key(ALICE), balance_key(ALICE), *map(slot_key, (1, 2, 3))}
    assert set(step.writes) == {nonce_key(ALICE), balance_key(ALICE)}
    assert step.credits == {balance_key(MINER): 27_000}


def test_a_fee_is_a_credit_and_no_fee_is_a_touch() -> None:
    paid, free = run(Noop(), gas_price=3).steps[1], run(Noop(), gas_price=0).steps[1]
    assert (paid.credits, paid.touches) == ({balance_key(MINER): 3}, ())
    assert (free.credits, free.touches) == ({}, (MINER,))
    assert balance_key(ALICE) not in free.writes


def test_the_coinbase_that_pays_itself_writes_its_nonce_only() -> None:
    result = apply_block(Toy(), block_of(sent(Noop(), gas_price=5), coinbase=ALICE), rich())
    assert (set(result.steps[1].writes), result.steps[1].credits) == ({nonce_key(ALICE)}, {})


def test_the_last_of_a_balance_is_absent() -> None:
    result = apply_block(Toy(), block_of(sent(Noop(), gas_limit=1)), toy_state({ALICE: 1}))
    assert result.changes[balance_key(ALICE)] is None
    assert balance_key(ALICE) not in result.state().values


@pytest.mark.parametrize(
    ("limit", "declared", "fits"), [(1000, 999, True), (1000, 1000, False), (999, 999, False), (LAST, 100_000, True)]
)
def test_room_in_the_block(limit: int, declared: int, fits: bool) -> None:
    """The first transaction uses one of its 900."""
    block = block_of(sent(Noop(), gas_limit=900), sent(nonce=1, gas_limit=declared), gas_limit=limit)
    if fits:
        assert apply_block(Toy(), block, rich()).totals.gas_used == 1
    else:
        assert rejected(block, rich()) == ("GAS_ALLOWANCE_EXCEEDED", 1)


def test_the_sender_is_looked_at_before_the_room() -> None:
    assert rejected(block_of(sent(nonce=1, gas_limit=11), gas_limit=10), rich()) == ("NONCE_TOO_HIGH", 0)


def test_receipts_count_gas_and_logs_through_the_block() -> None:
    result = apply_block(
        Toy(),
        block_of(
            sent(Keccak(b"1"), Keccak(b"2")),
            sent(Noop(), sender=BOB),
            sent(Keccak(b"3"), nonce=1),
        ),
        rich(),
    )
    assert [receipt.cumulative_gas_used for receipt in result.receipts] == [72, 73, 109]
    assert [receipt.first_log for receipt in result.receipts] == [0, 2, 2]
    assert (result.totals.gas_used, result.totals.logs) == (109, 3)


def test_withdrawals_are_credits_of_the_closing_step() -> None:
    result = apply_block(
        Toy(),
        block_of(sent(Noop()), withdrawals=(Withdrawal(BOB, 5), Withdrawal(MINER, 0), Withdrawal(BOB, 6))),
        rich(),
    )
    close = result.steps[-1]
    assert (close.reads, close.writes, close.credits, close.touches) == ({}, {}, {balance_key(BOB): 11}, (MINER,))
    assert int.from_bytes(result.state().get(balance_key(BOB)), "big") == RICH + 11


def test_declared_slots_mean_nothing() -> None:
    plain = run(Sload(1), Sstore(2, 3))
    for declared in (Declaration(), Declaration((1,), (2,)), Declaration((9, 9), (8,))):
        told = run(Sload(1), Sstore(2, 3), declared=declared)
        assert (told.steps, told.receipts, told.changes) == (plain.steps, plain.receipts, plain.changes)


def test_encoding_of_receipts() -> None:
    fine = Receipt(1, 2, 3, (b"\xaa" * 32, b"\xbb" * 32), None)
    assert encode_receipt(fine).hex() == (
        "0100" + "0000000000000001" + "0000000000000002" + "0000000000000003" + "00000002" + "aa" * 32 + "bb" * 32
    )
    assert encode_receipt(Receipt(2**64 - 1, 2**64 - 1, 0, (), Error.OUT_OF_GAS)).hex() == (
        "0001" + "ff" * 16 + "00" * 8 + "00000000"
    )


def test_the_root_of_receipts() -> None:
    """Each stands under its index, 8 bytes, in the tree whose leaves also hash the length of the key."""

    def sha256(*parts: bytes) -> bytes:
        return hashlib.sha256(b"".join(parts)).digest()

    receipts = [
        Receipt(1, 1, 0, (b"\xaa" * 32,), None),
        Receipt(2, 3, 1, (), Error.OUT_OF_GAS),
        Receipt(3, 6, 1, (), None),
    ]
    first, second, third = (
        sha256(b"\x00", b"\x00\x00\x00\x08", bytes(7), bytes([index]), encode_receipt(receipt))
        for index, receipt in enumerate(receipts)
    )
    assert receipts_root(receipts) == sha256(b"\x01", sha256(b"\x01", first, second), third)
    assert receipts_root(receipts[:2]) == sha256(b"\x01", first, second)
    assert receipts_root(receipts[:1]) == first
    assert receipts_root([]) == sha256(b"\x02")


def test_codec() -> None:
    toy = Toy()
    assert toy.merge(balance_key(ALICE), None, 256) == b"\x01\x00"
    assert toy.merge(balance_key(ALICE), b"\xff", 1) == b"\x01\x00"
    assert toy.storage_owner(slot_key(1)) is None


def test_keys_never_meet() -> None:
    keys = [balance_key(ALICE), nonce_key(ALICE), slot_key(int.from_bytes(ALICE, "big")), slot_key(0)]
    assert len(set(keys)) == 4
    assert slot_key(2**256 - 1) == b"\x03" + b"\xff" * 32


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: sent(nonce=2**64), "nonce: .* does not fit 64 bits"),
        (lambda: sent(gas_limit=2**64), "gas limit: .* does not fit 64 bits"),
        (lambda: sent(gas_price=2**64), "gas price: .* does not fit 64 bits"),
        (lambda: sent(gas_price=-1), "gas price: -1 does not fit"),
        (lambda: sent(sender=bytes(19)), "sender: an address has 20 bytes, not 19"),
        (lambda: sent(declared=Declaration((2**256,))), "declared slot"),
        (lambda: Withdrawal(ALICE, 2**64), "amount"),
        (lambda: Withdrawal(b"", 1), "address"),
        (lambda: block_of(coinbase=bytes(32)), "coinbase"),
        (lambda: block_of(gas_limit=2**64), "gas limit"),
        (lambda: toy_state({ALICE: 2**128}), "balance: .* does not fit 128 bits"),
        (lambda: toy_state({bytes(21): 1}), "balance"),
        (lambda: toy_state(nonces={ALICE: 2**64}), "nonce"),
        (lambda: toy_state(slots={2**256: 1}), "slot"),
        (lambda: toy_state(slots={1: 2**256}), "slot 1"),
        (lambda: Add(1.5), "value: 1.5 is no whole number"),  # type: ignore[arg-type]
        (lambda: Sub(True), "value: True is no whole number"),
        (lambda: Sstore(1, 0.0), "value: 0.0 is no whole number"),  # type: ignore[arg-type]
        (lambda: Sload("1"), "slot: '1' is no whole number"),  # type: ignore[arg-type]
        (lambda: Keccak("data"), "data: 'data' is no bytes"),  # type: ignore[arg-type]
        (lambda: sent(nonce=True), "nonce: True is no whole number"),
        (lambda: sent(gas_limit=1e5), "gas limit: 100000.0 is no whole number"),
        (lambda: sent(sender="a" * 20), "sender: 'a+' is no bytes"),
        (lambda: block_of(coinbase=list(range(20))), "coinbase: .* is no bytes"),
        (lambda: toy_state({ALICE: 1.5}), "balance: 1.5 is no whole number"),  # type: ignore[dict-item]
    ],
)
def test_input_that_does_not_fit(make: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()  # type: ignore[operator]


def test_sums_stay_words() -> None:
    """The most that can be added to the largest balance: a block full of fees, and withdrawals."""
    most = 2**64 - 1
    state = toy_state({ALICE: most * most, MINER: 2**128 - 1})
    transaction = Transaction(ALICE, 0, most, most, (Noop(),) * 3)
    block = block_of(transaction, gas_limit=most, withdrawals=(Withdrawal(MINER, most),) * 3)
    balance = int.from_bytes(apply_block(Toy(), block, state).state().get(balance_key(MINER)), "big")
    assert balance == 2**128 - 1 + 3 * most + 3 * most < 2**256


def test_messages_are_one_for_each_code() -> None:
    assert len({code.value for code in Invalid}) == len(Invalid) == 16


def test_the_opening_step_stores_and_costs_nobody_anything() -> None:
    block = replace(block_of(sent(Sload(1), Sstore(2, None))), opening=((1, 5), (2, 0), (3, 7)))
    result = apply_block(Toy(), block, rich({2: 9, 3: 7}))
    assert result.steps[0].writes == {slot_key(1): b"\x05", slot_key(2): None}
    assert result.steps[0].reads == {}
    assert result.steps[1].reads[slot_key(1)] == (b"\x05", (OPEN,))
    assert result.receipts[0].gas_used == 2_100 + 2_100 + 20_000
    assert result.changes[slot_key(2)] == b"\x05"


@pytest.mark.parametrize("opening", [((1, 2**256),), ((2**256, 1),), ((1, 1), (1, 2)), ((1, -1),)])
def test_what_no_opening_step_stores(opening: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="opening step"):
        replace(block_of(), opening=opening)
