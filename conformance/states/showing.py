"""What there is to see of a state on disk: what it says of itself, and single accounts and slots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from samestate.conformance.errors import InputError
from samestate.conformance.states.opening import OpenState, told
from samestate.optimized.evm.stored import StoredWorld
from samestate.optimized.stores.description import FORMAT
from samestate.spec.evm.keys import balance_key, code_key, empty_account_key, nonce_key, slot_key

_ADDRESS: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{40})")
_SLOT: Final = re.compile(r"0x[0-9a-fA-F]{1,64}|[0-9]{1,78}")


def document_of(state: OpenState) -> dict[str, Any]:
    """What a state says of itself, and its bytes on disk."""
    description = state.described()
    with told():
        size = state.store.size()
    return {
        "place": str(state.location),
        "format": FORMAT,
        "machine": description.machine,
        "fork": description.fork,
        "height": description.height,
        "block_hash": f"0x{description.block_hash.hex()}" if description.block_hash else None,
        "root": f"0x{description.root.hex()}",
        "bytes_on_disk": size,
    }


def account_lines(
    state: OpenState, addresses: Sequence[str], slots: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Some accounts, each with these slots, as JSON and as lines. Raises InputError for what is no address or slot."""
    world = StoredWorld(state.store, state.described().root)
    accounts: dict[str, dict[str, Any]] = {}
    lines: list[str] = []
    numbers = [read_slot(slot) for slot in slots]
    for text in addresses:
        address = read_address(text)
        with told():
            code = world.get(code_key(address)) or b""
            nonce, balance = (int.from_bytes(world.get(key(address)) or b"", "big") for key in (nonce_key, balance_key))
            held = world.get(empty_account_key(address)) is not None
            values = {hex(slot): int.from_bytes(world.get(slot_key(address, slot)) or b"", "big") for slot in numbers}
        there = bool(nonce or balance or code or held)
        shown = {name: hex(value) for name, value in values.items()}
        named = f"0x{address.hex()}"
        accounts[named] = {"is_there": there, "nonce": nonce, "balance": str(balance), "code": f"0x{code.hex()}"}
        accounts[named]["storage"] = shown
        lines.append(
            f"{named}: nonce {nonce}, balance {balance} wei, {len(code)} bytes of code"
            if there
            else f"{named}: is not there"
        )
        lines += [f"  slot {slot}: {value}" for slot, value in shown.items()]
    return accounts, lines


def read_address(text: str) -> bytes:
    """An address. Raises InputError."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise InputError(f"--account {text}: must be an address: 40 hexadecimal digits, with or without 0x")
    return bytes.fromhex(found[1])


def read_slot(text: str) -> int:
    """A slot. Raises InputError."""
    number = int(text, 0) if _SLOT.fullmatch(text) and not (len(text) > 1 and text[0] == "0" and text[1] != "x") else -1
    if not 0 <= number < 2**256:
        raise InputError(f"--slot {text}: must be a number below 2**256, in decimal or with 0x")
    return number
