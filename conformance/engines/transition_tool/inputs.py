"""What a transition tool is given of a block: the state, the environment and the transactions, a file each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.case import encoded_transactions
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import Case, member, members, text
from samestate.spec.evm.chain import BLOCK_HASH_WINDOW
from samestate.spec.evm.environment import ZERO_HASH
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.rewards import pay_rewards
from samestate.spec.evm.rlp import encode

FIRST_BYTE_OF_LIST: Final = 0xC0

QUANTITIES: Final = {
    "number": "currentNumber",
    "timestamp": "currentTimestamp",
    "gas_limit": "currentGasLimit",
    "base_fee_per_gas": "currentBaseFee",
    "difficulty": "currentDifficulty",
    "excess_blob_gas": "currentExcessBlobGas",
    "slot_number": "slotNumber",
}
BYTES: Final = {
    "coinbase": "currentCoinbase",
    "prev_randao": "currentRandom",
    "parent_hash": "parentHash",
    "parent_beacon_block_root": "parentBeaconBlockRoot",
}


def alloc_of(state: Object) -> dict[str, Any]:
    """The state. Slots and their values are written with all their digits, as geth wants them."""
    return {
        address: {
            **{name: text(account, name) for name in ("balance", "nonce", "code")},
            "storage": {
                f"0x{int(slot, 16):064x}": f"0x{int(str(value), 16):064x}"
                for slot, value in member(account, "storage").items()
            },
        }
        for address, account in ((address, member(state, address)) for address in state)
    }


def environment_of(case: Case, block: Object) -> dict[str, Any]:
    """The environment of a block of the case, with nothing left for the tool to make up.

    Each hash that BLOCKHASH reaches is there, zero where the case has none: a tool that lacks one writes no parent's
    hash into the state (EIP-2935), or ends; geth takes a slot number that is missing for 0. A field that the fork does
    not have is not there: geth panics over some.
    """
    fork, env = evm.fork_of(case), member(block, "env")
    fields = evm.block_fields(fork)
    number = int(text(env, "number"))
    written: dict[str, Any] = {
        **{name: hex(int(text(env, field))) for field, name in QUANTITIES.items() if field in env},
        **{name: text(env, field) for field, name in BYTES.items() if field in env},
        "blockHashes": hashes_of(number, member(env, "block_hashes"), text(env, "parent_hash")),
    }
    if fields["withdrawals"]:
        written["withdrawals"] = [
            {
                "index": hex(int(text(entry, "index"))),
                "validatorIndex": hex(int(text(entry, "validator_index"))),
                "address": text(entry, "address"),
                "amount": hex(int(text(entry, "amount"))),
            }
            for entry in members(block, "withdrawals")
        ]
    if fields["ommers"]:
        written["ommers"] = [
            {"address": text(entry, "address"), "delta": number - int(text(entry, "number"))}
            for entry in members(block, "ommers")
        ]
    return written


def hashes_of(number: int, known: Mapping[str, object], parent: str) -> dict[str, str]:
    """The hashes of all blocks that BLOCKHASH reaches from block ``number``, by their numbers."""
    hashes = dict.fromkeys(range(max(0, number - BLOCK_HASH_WINDOW), number), hexed(ZERO_HASH))
    if number:
        hashes[number - 1] = parent
    hashes |= {int(past): str(digest) for past, digest in known.items()}
    return {hex(past): digest for past, digest in hashes.items()}


def transactions_of(block: Object) -> str:
    """The transactions as one list in RLP: a legacy one is a list in it, one with a type a string of bytes."""
    payload = b""
    for raw in encoded_transactions(block):
        payload += raw if raw and raw[0] >= FIRST_BYTE_OF_LIST else encode(raw)
    return hexed(list_prefix(len(payload)) + payload)


def list_prefix(size: int) -> bytes:
    """What stands before a list in RLP of so many bytes (yellow paper, appendix B)."""
    if size < 56:
        return bytes([FIRST_BYTE_OF_LIST + size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0xF7 + len(digits)]) + digits


def reward_of(fork: Fork) -> int:
    """What the miner of a block is rewarded with, -1 where nobody is, so that no account is touched."""
    return fork.block_reward if pay_rewards in fork.closing else -1
