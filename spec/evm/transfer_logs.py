"""Logs of value that moves from one account to another (EIP-7708)."""

# source: EIP-7708, ETH transfer logs

from __future__ import annotations

from typing import Final

from samestate.spec.evm.receipt import Log
from samestate.spec.evm.substate import Substate

SYSTEM_ADDRESS: Final = bytes.fromhex("fffffffffffffffffffffffffffffffffffffffe")
TRANSFER: Final = bytes.fromhex("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")
"""The first topic: keccak256 of ``Transfer(address,address,uint256)``, as of a token's log."""

PADDING: Final = bytes(12)


def no_transfer_log(substate: Substate, sender: bytes, recipient: bytes, amount: int) -> None:
    """Until Amsterdam value moves without a record."""


def log_transfer(substate: Substate, sender: bytes, recipient: bytes, amount: int) -> None:
    """Log that ``amount`` wei, which is not zero, moved: under the system's address, unless to where it was."""
    if sender != recipient:
        # rule: evm.transfer-log.append
        topics = (TRANSFER, PADDING + sender, PADDING + recipient)
        substate.logs.append(Log(SYSTEM_ADDRESS, topics, amount.to_bytes(32, "big")))
