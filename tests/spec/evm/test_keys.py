"""Keys: what each names, and that nothing else is one."""

from __future__ import annotations

import pytest

from samestate.spec.evm.keys import (
    ParsedKey,
    balance_key,
    code_key,
    describe_key,
    empty_account_key,
    nonce_key,
    parse,
    slot_key,
    storage_owner,
)

ADDRESS = bytes(range(20))
HEX = "0x" + ADDRESS.hex()

KEYS = [
    (empty_account_key(ADDRESS), ParsedKey("empty account", ADDRESS, None), f"empty account {HEX}"),
    (balance_key(ADDRESS), ParsedKey("balance", ADDRESS, None), f"balance {HEX}"),
    (nonce_key(ADDRESS), ParsedKey("nonce", ADDRESS, None), f"nonce {HEX}"),
    (code_key(ADDRESS), ParsedKey("code", ADDRESS, None), f"code {HEX}"),
    (slot_key(ADDRESS, 0), ParsedKey("slot", ADDRESS, 0), f"slot 0x0 of {HEX}"),
    (slot_key(ADDRESS, 2**256 - 1), ParsedKey("slot", ADDRESS, 2**256 - 1), f"slot 0x{'f' * 64} of {HEX}"),
]


@pytest.mark.parametrize(("key", "parsed", "description"), KEYS)
def test_what_a_key_names(key: bytes, parsed: ParsedKey, description: str) -> None:
    assert parse(key) == parsed
    assert describe_key(key) == description
    assert storage_owner(key) == (ADDRESS if parsed.part == "slot" else None)


@pytest.mark.parametrize("key", [b"", b"\x01", b"\x05" + ADDRESS, b"\x04" + ADDRESS, b"\x01" + ADDRESS + bytes(32)])
def test_other_bytes_are_no_key(key: bytes) -> None:
    with pytest.raises(ValueError, match="is no key: must be a byte from 0 to 4, a 20-byte address"):
        parse(key)


@pytest.mark.parametrize("slot", [-1, 2**256])
def test_a_slot_has_256_bits(slot: int) -> None:
    with pytest.raises(OverflowError):
        slot_key(ADDRESS, slot)
