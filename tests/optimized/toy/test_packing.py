"""What packing takes and what it refuses, in words."""

from __future__ import annotations

from typing import Any

import pytest

from samestate.optimized.toy import pack

ALICE, COINBASE = b"\x0a" * 20, b"\xcc" * 20
BALANCE = b"\x01" + ALICE
NONCE = b"\x02" + ALICE
SLOT = b"\x03" + bytes(32)


def transaction(**changes: Any) -> tuple[Any, ...]:
    fields = {"sender": ALICE, "nonce": 0, "gas_limit": 0, "gas_price": 0, "operations": (), "declared": None}
    return tuple({**fields, **changes}.values())


def test_keys_are_those_that_the_block_can_touch_or_lists_in_order() -> None:
    operations = (("SLOAD", 0), ("SSTORE", 2**256 - 1, None))
    block = pack(
        [transaction(operations=operations, declared=((7,), (8,)))],
        (COINBASE, 0),
        [(bytes(20), 1)],
        [((b"\xff",), ((b"", b"\x01"),))],
    )
    slots = [b"\x03" + number.to_bytes(32, "big") for number in (0, 7, 8, 2**256 - 1)]
    names = [b"", b"\x01" + bytes(20), BALANCE, b"\x01" + COINBASE, NONCE, *slots, b"\xff"]
    assert block.names == names == sorted(names)
    assert (block.transaction_count, block.coinbase, block.has_access_list) == (1, COINBASE, True)
    assert repr(block) == "<PackedBlock of 1 transactions on 10 keys>"


def test_largest_numbers_are_taken() -> None:
    largest = {"nonce": 2**64 - 1, "gas_limit": 2**64 - 1, "gas_price": 2**64 - 1}
    operations = (("ADD", 2**256 - 1), ("SUB", 2**256 - 1), ("SLOAD", 2**256 - 1), ("SSTORE", 0, 2**256 - 1))
    base = {BALANCE: b"\xff" * 16, NONCE: b"\xff" * 8, SLOT: b"\xff" * 32, b"other": b"\x00not a number" * 9}
    pack([transaction(operations=operations, **largest)], (COINBASE, 2**64 - 1), [(ALICE, 2**64 - 1)], None, base)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sender": b"short"}, "transaction 0: sender must be 20 bytes"),
        ({"nonce": 2**64}, r"transaction 0: nonce must be at least 0 and below 2\*\*64, not 18446744073709551616"),
        ({"gas_limit": -1}, "transaction 0: gas limit must be at least 0"),
        ({"gas_price": 1.5}, "transaction 0: gas price must be an integer, not float"),
        ({"nonce": True}, "transaction 0: nonce must be an integer, not bool"),
        ({"operations": (("JUMP",),)}, "transaction 0: there is no operation .*there are SLOAD, SSTORE"),
        ({"operations": ((),)}, "there is no operation"),
        ({"operations": ("NOOP",)}, "there is no operation"),
        ({"operations": (("SLOAD",),)}, "SLOAD takes 1 operands, not 0"),
        ({"operations": (("SLOAD", 2**256),)}, r"key must be at least 0 and below 2\*\*256"),
        ({"operations": (("SSTORE", 0, -1),)}, "value must be at least 0"),
        ({"operations": (("KECCAK", "text"),)}, "KECCAK takes bytes, not str"),
        ({"declared": ((-1,), ())}, "declared key must be at least 0"),
    ],
)
def test_transactions_that_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pack([transaction(**changes)], (COINBASE, 0))


def test_environments_and_withdrawals_that_are_refused() -> None:
    with pytest.raises(ValueError, match="environment: coinbase must be 20 bytes"):
        pack([], (b"", 0))
    with pytest.raises(ValueError, match="environment: gas limit must be"):
        pack([], (COINBASE, 2**64))
    with pytest.raises(ValueError, match="withdrawal 1: address must be 20 bytes"):
        pack([], (COINBASE, 0), [(ALICE, 0), (b"", 0)])
    with pytest.raises(ValueError, match="withdrawal 0: amount must be"):
        pack([], (COINBASE, 0), [(ALICE, 2**64)])


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (BALANCE, b"\x01" + bytes(16), r"a balance must be below 2\*\*128"),
        (NONCE, b"\x01" + bytes(8), r"a nonce must be below 2\*\*64"),
        (SLOT, b"\x01" + bytes(32), "not the canonical form of a number"),
        (SLOT, b"\x00\x01", "not the canonical form of a number"),
        (SLOT, b"", "not the canonical form of a number"),
    ],
)
def test_states_that_are_refused(key: bytes, value: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=f"key 0x{key.hex()}: .*{message}"):
        pack([transaction(operations=(("SLOAD", 0),))], (COINBASE, 0), (), None, {key: value})
