"""Memory (yellow paper, appendix H.2, 0x51 to 0x53 and 0x59; copying by EIP-5656)."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.instructions.instruction import instruction


@instruction("MLOAD", pops=1, pushes=1)
def memory_load(frame: Frame) -> None:
    """The word at an offset of memory, which need not be a multiple of 32."""
    # stack
    offset = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW + frame.expansion((offset, 32)))

    # operation
    frame.expand(offset, 32)
    # rule: evm.memory.load
    frame.stack.append(int.from_bytes(frame.memory[offset : offset + 32], "big"))

    # program counter
    frame.program_counter += 1


@instruction("MSTORE", pops=2)
def memory_store(frame: Frame) -> None:
    """Put a word at an offset of memory, which need not be a multiple of 32."""
    # stack
    offset = frame.stack.pop()
    word = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW + frame.expansion((offset, 32)))

    # operation
    frame.expand(offset, 32)
    # rule: evm.memory.store
    frame.memory[offset : offset + 32] = word.to_bytes(32, "big")

    # program counter
    frame.program_counter += 1


@instruction("MSTORE8", pops=2)
def memory_store_byte(frame: Frame) -> None:
    """Put the lowest byte of a word at an offset of memory."""
    # stack
    offset = frame.stack.pop()
    word = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW + frame.expansion((offset, 1)))

    # operation
    # rule: evm.memory.store-byte
    frame.write_memory(offset, bytes((word & 0xFF,)))

    # program counter
    frame.program_counter += 1


@instruction("MSIZE", pushes=1)
def memory_size(frame: Frame) -> None:
    """How far memory reaches by now, in bytes: always whole words."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.memory.size
    frame.stack.append(len(frame.memory))

    # program counter
    frame.program_counter += 1


@instruction("MCOPY", pops=3)
def memory_copy(frame: Frame) -> None:
    """Copy a range of memory to another, as if by way of a buffer where the two overlap (EIP-5656, since Cancun).

    Memory is made to reach over both ranges.
    """
    # stack
    destination = frame.stack.pop()
    source = frame.stack.pop()
    size = frame.stack.pop()

    # gas
    expansion = frame.expansion((destination, size), (source, size))
    frame.charge(gas.VERY_LOW + gas.COPY_PER_WORD * gas.words(size) + expansion)

    # operation
    # rule: evm.memory.copy
    # source: EIP-5656, specification
    frame.write_memory(destination, frame.read_memory(source, size))

    # program counter
    frame.program_counter += 1
