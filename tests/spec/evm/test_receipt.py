"""Receipts: what goes into the trie, and the bloom filter said in another way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm import rlp
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.receipt import Log, Receipt, encode_receipt, logs_bloom, logs_hash, receipts_root
from tests.spec.evm.strategies import logs, receipts


def bits_of(entry: bytes) -> set[tuple[int, int]]:
    """The byte and the bit in it of each of an entry's three bits, byte 255 holding the lowest eight."""
    digest = keccak256(entry)
    bits = set()
    for place in (0, 2, 4):
        byte_from_the_end = (digest[place] & 7) << 5 | digest[place + 1] >> 3
        bits.add((255 - byte_from_the_end, digest[place + 1] & 7))
    return bits


@given(st.lists(logs, max_size=4))
def test_a_bloom_has_the_bits_of_addresses_and_topics_and_no_others(found: list[Log]) -> None:
    expected = set()
    for log in found:
        for entry in (log.address, *log.topics):
            expected |= bits_of(entry)
    bloom = logs_bloom(found)
    assert len(bloom) == 256
    assert {(byte, bit) for byte in range(256) for bit in range(8) if bloom[byte] >> bit & 1} == expected


@given(logs)
def test_the_data_of_a_log_is_not_in_the_bloom(log: Log) -> None:
    assert logs_bloom([log._replace(data=b"other")]) == logs_bloom([log])


@given(receipts)
def test_a_receipt_is_its_type_unless_legacy_and_four_fields(receipt: Receipt) -> None:
    encoded = encode_receipt(receipt)
    if receipt.type:
        assert encoded[0] == receipt.type
        encoded = encoded[1:]
    status, gas_used, bloom, entries = rlp.to_list(rlp.decode(encoded), "receipt", 4)
    assert status == (b"\x01" if receipt.succeeded else b"")
    assert rlp.to_int(gas_used, 8, "gas") == receipt.cumulative_gas_used
    assert bloom == logs_bloom(receipt.logs)
    assert entries == [[log.address, list(log.topics), log.data] for log in receipt.logs]


def test_a_known_receipt() -> None:
    receipt = Receipt(type=2, succeeded=True, cumulative_gas_used=21000, logs=())
    assert encode_receipt(receipt).hex() == "02f901080182520" + "8b90100" + "00" * 256 + "c0"


def test_nothing_to_report() -> None:
    assert receipts_root([]).hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert logs_hash([]).hex() == "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
    assert logs_bloom([]) == bytes(256)


def test_a_single_receipt_is_the_leaf_of_its_trie() -> None:
    # the key of index 0 is 0x80: two nibbles, an even leaf
    receipt = Receipt(type=0, succeeded=False, cumulative_gas_used=1, logs=())
    assert receipts_root([receipt]) == keccak256(rlp.encode([b"\x20\x80", encode_receipt(receipt)]))
