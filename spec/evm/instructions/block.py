"""The block that the transaction is in (yellow paper, appendix H.2, 0x40 to 0x4A but 0x47).

CHAINID by EIP-1344, BASEFEE by EIP-3198, PREVRANDAO by EIP-4399, BLOBHASH by EIP-4844, BLOBBASEFEE by EIP-7516.
"""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.environment import ZERO_HASH
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.instructions.instruction import instruction

REMEMBERED_BLOCKS = 256


@instruction("BLOCKHASH", pops=1, pushes=1)
def block_hash(frame: Frame) -> None:
    """The hash of one of the 256 blocks before this one by its number; zero for any other number."""
    # stack
    number = frame.stack.pop()

    # gas
    frame.charge(gas.BLOCK_HASH)

    # operation
    environment = frame.context.environment
    if environment.number - REMEMBERED_BLOCKS <= number < environment.number:
        # rule: evm.block.hash
        frame.stack.append(int.from_bytes(environment.block_hashes.get(number, ZERO_HASH), "big"))
    else:
        # rule: evm.block.hash-out-of-reach
        frame.stack.append(0)

    # program counter
    frame.program_counter += 1


@instruction("COINBASE", pushes=1)
def coinbase(frame: Frame) -> None:
    """The account that receives the block's tips."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.block.coinbase
    frame.stack.append(int.from_bytes(frame.context.environment.coinbase, "big"))

    # program counter
    frame.program_counter += 1


@instruction("TIMESTAMP", pushes=1)
def timestamp(frame: Frame) -> None:
    """The time of the block, in seconds since 1970."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.block.timestamp
    frame.stack.append(frame.context.environment.timestamp)

    # program counter
    frame.program_counter += 1


@instruction("NUMBER", pushes=1)
def number(frame: Frame) -> None:
    """The number of the block."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.block.number
    frame.stack.append(frame.context.environment.number)

    # program counter
    frame.program_counter += 1


@instruction("DIFFICULTY", pushes=1)
def difficulty(frame: Frame) -> None:
    """The difficulty of the block's proof of work (before Paris)."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.block.difficulty
    frame.stack.append(frame.context.environment.difficulty)

    # program counter
    frame.program_counter += 1


@instruction("PREVRANDAO", pushes=1)
def prev_randao(frame: Frame) -> None:
    """What the beacon chain's randomness was one slot before (EIP-4399, since Paris, in the place of DIFFICULTY)."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.block.prev-randao
    # source: EIP-4399, specification
    frame.stack.append(int.from_bytes(frame.context.environment.prev_randao, "big"))

    # program counter
    frame.program_counter += 1


@instruction("GASLIMIT", pushes=1)
def gas_limit(frame: Frame) -> None:
    """The most gas that all transactions of the block may use."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.block.gas-limit
    frame.stack.append(frame.context.environment.gas_limit)

    # program counter
    frame.program_counter += 1


@instruction("CHAINID", pushes=1)
def chain_id(frame: Frame) -> None:
    """The number that tells this chain from others."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.block.chain-id
    # source: EIP-1344, specification
    frame.stack.append(frame.context.environment.chain_id)

    # program counter
    frame.program_counter += 1


@instruction("BASEFEE", pushes=1)
def base_fee(frame: Frame) -> None:
    """The base fee of the block for a unit of gas, in wei (EIP-3198, since London)."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.block.base-fee
    # source: EIP-3198, specification
    frame.stack.append(frame.context.environment.base_fee_per_gas)

    # program counter
    frame.program_counter += 1


@instruction("BLOBHASH", pops=1, pushes=1)
def blob_hash(frame: Frame) -> None:
    """The versioned hash of the transaction's blob with an index; zero past the last (EIP-4844, since Cancun)."""
    # stack
    index = frame.stack.pop()

    # gas
    frame.charge(gas.BLOB_HASH)

    # operation
    hashes = frame.context.blob_versioned_hashes
    if index < len(hashes):
        # rule: evm.block.blob-hash
        # source: EIP-4844, Opcode to get versioned hashes
        frame.stack.append(int.from_bytes(hashes[index], "big"))
    else:
        # rule: evm.block.blob-hash-past-end
        # source: EIP-4844, Opcode to get versioned hashes
        frame.stack.append(0)

    # program counter
    frame.program_counter += 1


@instruction("SLOTNUM", pushes=1)
def slot_number(frame: Frame) -> None:
    """The slot of the beacon chain that the block is for (EIP-7843, since Amsterdam)."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.block.slot-number
    # source: EIP-7843, specification
    frame.stack.append(frame.context.environment.slot_number)

    # program counter
    frame.program_counter += 1


@instruction("BLOBBASEFEE", pushes=1)
def blob_base_fee(frame: Frame) -> None:
    """The base fee of the block for a unit of blob gas, in wei (EIP-7516, since Cancun)."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.block.blob-base-fee
    # source: EIP-7516, specification
    frame.stack.append(frame.context.fork.blob_base_fee(frame.context.environment.excess_blob_gas))

    # program counter
    frame.program_counter += 1
