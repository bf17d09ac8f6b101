"""The bytes of transactions: real ones come back, and no bytes at all break the decoder."""

from __future__ import annotations

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.entries import decode_entries, encode_entries
from samestate.spec.svm.message import Config
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.signature import check_signatures
from samestate.spec.svm.transaction import (
    SignedTransaction,
    decode_transaction,
    encode_message,
    encode_transaction,
    transaction_of,
)
from tests.spec.svm.real_blocks import batches_of, block_entries, sample_entries, svm_folder
from tests.spec.svm.small import SOL, SYSTEM, key, message_of, signed, transfer, transfer_data

BLOCKS = {"testnet-417955322": (103, 417, 420), "testnet-356797362": (2_357, 2_293, 2_296)}

LEGACY = transfer(1, key(2), SOL)
VERSION_0 = transfer(1, key(2), SOL, version=0, lookups=[(key(9), (0, 3), (200,))])
VERSION_1 = transfer(1, key(2), SOL, version=1, config=Config(7, 1_000, 2_000, 32_768))
OF_EACH_VERSION = pytest.mark.parametrize("transaction", [LEGACY, VERSION_0, VERSION_1], ids=["legacy", "0", "1"])


def transactions_of(block: str) -> list[SignedTransaction]:
    return [transaction for entry in block_entries(block) for transaction in entry.transactions]


@pytest.mark.fixtures
@pytest.mark.parametrize("block", BLOCKS)
def test_real_transactions_come_back_as_the_same_bytes(block: str) -> None:
    entries, transactions, signatures = BLOCKS[block]
    found = transactions_of(block)
    assert len(block_entries(block)) == entries
    assert len(found) == transactions
    assert sum(len(transaction.signatures) for transaction in found) == signatures
    for batch in batches_of(svm_folder(), block):
        decoded, end = decode_entries(batch)
        assert encode_entries(decoded) == batch[:end]
        assert not batch[end:].strip(b"\x00")
    for transaction in found:
        assert encode_message(transaction.message) == transaction.signed
        assert decode_transaction(encode_transaction(transaction)) == transaction


@pytest.mark.fixtures
def test_transactions_of_the_main_network_come_back() -> None:
    entries = sample_entries()
    found = [transaction for entry in entries for transaction in entry.transactions]
    assert (len(entries), len(found)) == (65, 74)
    for transaction in found:
        assert encode_message(transaction.message) == transaction.signed
        assert decode_transaction(encode_transaction(transaction)) == transaction
        check_signatures(transaction)


@pytest.mark.fixtures
@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS)
def test_all_signatures_of_real_blocks_are_valid(block: str) -> None:
    for transaction in transactions_of(block):
        check_signatures(transaction)


@OF_EACH_VERSION
def test_each_version_comes_back(transaction: SignedTransaction) -> None:
    wire = encode_transaction(transaction)
    assert decode_transaction(wire) == transaction
    assert transaction.size == len(wire)


@OF_EACH_VERSION
def test_no_prefix_is_a_transaction(transaction: SignedTransaction) -> None:
    wire = encode_transaction(transaction)
    for length in range(len(wire)):
        with pytest.raises(Rejection) as caught:
            decode_transaction(wire[:length])
        assert caught.value.code is Invalid.MALFORMED_TRANSACTION


@OF_EACH_VERSION
def test_more_than_a_transaction_is_none(transaction: SignedTransaction) -> None:
    with pytest.raises(Rejection, match="1 bytes after its end"):
        decode_transaction(encode_transaction(transaction) + b"\x00")


@OF_EACH_VERSION
def test_whatever_byte_is_another_it_is_decoded_into_what_encodes_so_or_refused(transaction: SignedTransaction) -> None:
    wire = encode_transaction(transaction)
    refused = 0
    for place in range(len(wire)):
        for change in (0x01, 0x7F, 0x80, 0xFF):
            changed = wire[:place] + bytes([wire[place] ^ change]) + wire[place + 1 :]
            try:
                assert encode_transaction(decode_transaction(changed)) == changed
            except Rejection as rejection:
                assert rejection.code is Invalid.MALFORMED_TRANSACTION
                refused += 1
    assert 0 < refused < len(wire)


@pytest.mark.parametrize("version", [0x81, 0x82, 0xFF])
def test_versions_that_are_not_known(version: int) -> None:
    wire = bytearray(encode_transaction(VERSION_0))
    assert wire[65] == 0x80
    wire[65] = version
    with pytest.raises(Rejection) as caught:
        decode_transaction(bytes(wire))
    assert caught.value.code is Invalid.MALFORMED_TRANSACTION


@pytest.mark.parametrize("first", [0x80, 0x82, 0xFF])
def test_first_bytes_that_are_no_number_of_signatures(first: int) -> None:
    """0x81 is version 1; of more than 127 signatures there is no transaction."""
    with pytest.raises(Rejection, match="the first byte"):
        decode_transaction(bytes([first, 0x01]) + bytes(9_000))


@pytest.mark.parametrize("mask", [0b1, 0b10, 0b100001, 1 << 31])
def test_masks_that_name_no_configuration(mask: int) -> None:
    wire = bytearray(encode_transaction(VERSION_1))
    wire[4:8] = mask.to_bytes(4, "little")
    with pytest.raises(Rejection, match="names no configuration"):
        decode_transaction(bytes(wire))


@pytest.mark.parametrize(
    "config",
    [Config(), Config(priority_fee=1), Config(compute_unit_limit=2), Config(None, None, 3), Config(heap_size=4)],
)
def test_each_part_of_a_configuration_may_be_left_out(config: Config) -> None:
    transaction = signed(message_of((key(1), SYSTEM), version=1, config=config), 1)
    assert decode_transaction(encode_transaction(transaction)).message.config == config


def test_a_message_is_known_by_its_hash_whoever_signs_it() -> None:
    message = message_of((key(1), key(2), SYSTEM), [(2, (0, 1), transfer_data(1))])
    assert signed(message, 1).message_hash == signed(message, 2).message_hash
    assert signed(message, 1).message_hash == transaction_of(message, ()).message_hash
    assert transfer(1, key(2), 1).message_hash != transfer(1, key(2), 2).message_hash


def test_entries_that_end_early_or_hold_something_else() -> None:
    batch = encode_entries(sample_entries())
    for length in (0, 7, 8, 20, 48, 60, len(batch) - 1):
        with pytest.raises(Rejection) as caught:
            decode_entries(batch[:length])
        assert caught.value.code in (Invalid.MALFORMED_ENTRY, Invalid.MALFORMED_TRANSACTION)
