"""Precompiles: input on which implementations have room to differ."""

from __future__ import annotations

import hashlib

from samestate.conformance.scenarios.assembler import code
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import CANCUN

PASS_ON = code(
    "CALLDATASIZE PUSH 0 PUSH 0 CALLDATACOPY",
    "PUSH 0 PUSH 0 CALLDATASIZE PUSH 0 PUSH 10 PUSH 60000 STATICCALL",
    "PUSH 1 ADD PUSH 0 SSTORE",
)
"""Calls point evaluation with its own data; slot 0 becomes 1 where that fails and 2 where it succeeds."""

INFINITY = bytes.fromhex("c0") + bytes(47)
SPOILED_INFINITY = bytes.fromhex("c0") + bytes(46) + b"\x01"


def evaluation(commitment: bytes) -> bytes:
    """The claim that the polynomial of ``commitment`` is zero at zero, with the proof that holds for the zero one."""
    versioned_hash = b"\x01" + hashlib.sha256(commitment).digest()[1:]
    return versioned_hash + bytes(64) + commitment + INFINITY


@scenario(hazards="H63", forks=(CANCUN,))
def point_at_infinity(block: BlockBuilder) -> None:
    """The point at infinity is the commitment to zero; with anything after its flag it is no point (EIP-4844)."""
    alice = block.account("alice", ETHER)
    right, wrong = block.contract("right", PASS_ON), block.contract("wrong", PASS_ON)
    block.call(alice, right, data=evaluation(INFINITY), gas=200_000)
    block.call(alice, wrong, data=evaluation(SPOILED_INFINITY), gas=200_000)
    block.expect_success()
    block.expect_slot(right, 0, 2)
    block.expect_slot(wrong, 0, 1)
