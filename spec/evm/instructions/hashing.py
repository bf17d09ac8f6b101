"""Hashing (yellow paper, appendix H.2, 0x20)."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.instructions.instruction import instruction


@instruction("KECCAK256", pops=2, pushes=1)
def keccak(frame: Frame) -> None:
    """The Keccak-256 hash of a range of memory."""
    # stack
    offset = frame.stack.pop()
    size = frame.stack.pop()

    # gas
    frame.charge(gas.KECCAK + gas.KECCAK_PER_WORD * gas.words(size) + frame.expansion((offset, size)))

    # operation
    # rule: evm.hashing.keccak
    frame.stack.append(int.from_bytes(keccak256(frame.read_memory(offset, size)), "big"))

    # program counter
    frame.program_counter += 1
