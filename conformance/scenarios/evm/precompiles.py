"""Precompiles: input on which implementations have room to differ."""

from __future__ import annotations

import hashlib
from typing import Final

from samestate.conformance.scenarios.assembler import code, words
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.curve_points import BLS_ORDER, bls_compressed
from samestate.conformance.scenarios.precompile_questions import Question, ask
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, CANCUN, SHANGHAI
from samestate.spec.evm.precompiles import POINT_EVALUATION

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


POINT_EVALUATION_GAS: Final = 50_000
ANSWER: Final = words(4096, BLS_ORDER)
"""How many field elements a blob has, and their modulus."""


def claim(commitment: bytes, z: int, y: int, proof: bytes = INFINITY) -> bytes:
    """The claim that a polynomial is ``y`` at ``z``. A constant one is that everywhere, by the proof that is zero."""
    return b"\x01" + hashlib.sha256(commitment).digest()[1:] + words(z, y) + commitment + proof


def evaluated(what: str, data: bytes, answer: bytes | None = None) -> Question:
    """A question to point evaluation, which fails unless ``answer`` is there."""
    return Question(what, data, answer, POINT_EVALUATION_GAS)


@scenario(hazards="H51 H65", forks=(CANCUN, AMSTERDAM))
def values_of_constant_polynomials(block: BlockBuilder) -> None:
    """Constant polynomials have their value at every point, and no other one (EIP-4844)."""
    five = bls_compressed(5)
    right = evaluated("5 is 5 at 7", claim(five, 7, 5), ANSWER)
    ask(
        block,
        POINT_EVALUATION,
        [
            right,
            right.with_gas(less=1),
            evaluated("5 is 5 at the last point", claim(five, BLS_ORDER - 1, 5), ANSWER),
            evaluated("0 is 0 at 0", claim(INFINITY, 0, 0), ANSWER),
            evaluated("-1 is -1 at 1", claim(bls_compressed(-1), 1, BLS_ORDER - 1), ANSWER),
            evaluated("5 is 6 at 7", claim(five, 7, 6)),
            evaluated("5 is 5 at 7, by another proof", claim(five, 7, 5, proof=bls_compressed(1))),
        ],
    )


@scenario(hazards="H51 H65", forks=(CANCUN,))
def claims_that_are_none(block: BlockBuilder) -> None:
    """Field elements that are too large, points that are none, a hash of another version, and wrong lengths."""
    five = bls_compressed(5)
    right = claim(five, 7, 5)
    outside = b"\x80" + bytes(46) + b"\x01"
    ask(
        block,
        POINT_EVALUATION,
        [
            evaluated("nothing", b""),
            evaluated("a byte too few", right[:-1]),
            evaluated("a byte too many", right + b"\x00"),
            evaluated("hash of another version", b"\x02" + right[1:]),
            evaluated("hash of another commitment", claim(bls_compressed(6), 7, 5)[:32] + right[32:]),
            evaluated("point is the modulus", claim(five, BLS_ORDER, 5)),
            evaluated("value is the modulus", claim(INFINITY, 7, BLS_ORDER)),
            evaluated("commitment without the flag of compression", claim(bytes([five[0] & 0x7F]) + five[1:], 7, 5)),
            evaluated("commitment off the curve", claim(outside, 7, 5)),
            evaluated("proof off the curve", claim(five, 7, 5, proof=outside)),
            evaluated("after all that a right one", right, ANSWER),
        ],
    )


@scenario(hazards="H45 H51", forks=(SHANGHAI,))
def evaluation_before_it_came(block: BlockBuilder) -> None:
    """Before Cancun the address of point evaluation is nobody's: calls succeed for no gas, and give nothing."""
    ask(block, POINT_EVALUATION, [Question("5 is 5 at 7", claim(bls_compressed(5), 7, 5), b"", 0)])
