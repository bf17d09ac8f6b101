"""The instructions of the EVM by opcode: those that Berlin has, and those that later forks add to them.

Here are all but the instructions that use storage, call, create or end a frame with output.
"""

from __future__ import annotations

from samestate.spec.evm.instructions import (
    arithmetic,
    bitwise,
    block,
    comparison,
    control_flow,
    environment,
    hashing,
    log,
    memory,
    stack,
)
from samestate.spec.evm.instructions.bitwise import count_leading_zeros
from samestate.spec.evm.instructions.block import base_fee, blob_base_fee, blob_hash, prev_randao, slot_number
from samestate.spec.evm.instructions.instruction import Instruction
from samestate.spec.evm.instructions.memory import memory_copy
from samestate.spec.evm.instructions.stack import duplicate_at_depth, exchange, push0, swap_at_depth

__all__ = [
    "SIMPLE_INSTRUCTIONS",
    "Instruction",
    "base_fee",
    "blob_base_fee",
    "blob_hash",
    "count_leading_zeros",
    "duplicate_at_depth",
    "exchange",
    "memory_copy",
    "prev_randao",
    "push0",
    "slot_number",
    "swap_at_depth",
]

SIMPLE_INSTRUCTIONS: dict[int, Instruction] = {
    0x00: control_flow.stop,
    # arithmetic
    0x01: arithmetic.add,
    0x02: arithmetic.multiply,
    0x03: arithmetic.subtract,
    0x04: arithmetic.divide,
    0x05: arithmetic.signed_divide,
    0x06: arithmetic.modulo,
    0x07: arithmetic.signed_modulo,
    0x08: arithmetic.add_modulo,
    0x09: arithmetic.multiply_modulo,
    0x0A: arithmetic.exponentiate,
    0x0B: arithmetic.sign_extend,
    # comparison
    0x10: comparison.less_than,
    0x11: comparison.greater_than,
    0x12: comparison.signed_less_than,
    0x13: comparison.signed_greater_than,
    0x14: comparison.equal,
    0x15: comparison.is_zero,
    # bits
    0x16: bitwise.bitwise_and,
    0x17: bitwise.bitwise_or,
    0x18: bitwise.bitwise_xor,
    0x19: bitwise.bitwise_not,
    0x1A: bitwise.byte,
    0x1B: bitwise.shift_left,
    0x1C: bitwise.shift_right,
    0x1D: bitwise.arithmetic_shift_right,
    # hashing
    0x20: hashing.keccak,
    # environment
    0x30: environment.address,
    0x31: environment.balance,
    0x32: environment.origin,
    0x33: environment.caller,
    0x34: environment.call_value,
    0x35: environment.call_data_load,
    0x36: environment.call_data_size,
    0x37: environment.call_data_copy,
    0x38: environment.code_size,
    0x39: environment.code_copy,
    0x3A: environment.gas_price,
    0x3B: environment.external_code_size,
    0x3C: environment.external_code_copy,
    0x3D: environment.return_data_size,
    0x3E: environment.return_data_copy,
    0x3F: environment.external_code_hash,
    # block
    0x40: block.block_hash,
    0x41: block.coinbase,
    0x42: block.timestamp,
    0x43: block.number,
    0x44: block.difficulty,
    0x45: block.gas_limit,
    0x46: block.chain_id,
    0x47: environment.self_balance,
    # memory and control flow
    0x50: stack.pop,
    0x51: memory.memory_load,
    0x52: memory.memory_store,
    0x53: memory.memory_store_byte,
    0x56: control_flow.jump,
    0x57: control_flow.jump_if,
    0x58: control_flow.program_counter,
    0x59: memory.memory_size,
    0x5A: control_flow.gas_left,
    0x5B: control_flow.jump_destination,
    # stack and logs
    **{0x5F + size: stack.push(size) for size in range(1, 33)},
    **{0x7F + depth: stack.duplicate(depth) for depth in range(1, 17)},
    **{0x8F + depth: stack.swap(depth) for depth in range(1, 17)},
    **{0xA0 + topic_count: log.log(topic_count) for topic_count in range(5)},
}
"""Berlin's, without storage, calls, creations, RETURN, REVERT, INVALID and SELFDESTRUCT."""
