"""What holds for each instruction: prices, stack heights, the order of its parts."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from samestate.spec.evm.frame import STACK_LIMIT, Frame
from samestate.spec.evm.halts import OutOfGas
from samestate.spec.evm.instructions import (
    SIMPLE_INSTRUCTIONS,
    Instruction,
    base_fee,
    blob_base_fee,
    blob_hash,
    count_leading_zeros,
    memory_copy,
    prev_randao,
    push0,
)

Execute = Callable[..., Frame]

LATER = [push0, base_fee, prev_randao, memory_copy, blob_hash, blob_base_fee, count_leading_zeros]
EVERY = [*SIMPLE_INSTRUCTIONS.values(), *LATER]
ON_ZEROS = {
    0: "STOP",
    1: "JUMPDEST",
    2: "ADDRESS ORIGIN CALLER CALLVALUE CALLDATASIZE CODESIZE GASPRICE RETURNDATASIZE COINBASE TIMESTAMP NUMBER "
    "DIFFICULTY PREVRANDAO GASLIMIT CHAINID BASEFEE BLOBBASEFEE POP PC MSIZE GAS PUSH0",
    3: "ADD SUB LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR CALLDATALOAD CALLDATACOPY CODECOPY "
    "RETURNDATACOPY MCOPY BLOBHASH",
    5: "MUL DIV SDIV MOD SMOD SIGNEXTEND SELFBALANCE CLZ",
    6: "MLOAD MSTORE MSTORE8",
    8: "ADDMOD MULMOD JUMP",
    10: "EXP JUMPI",
    20: "BLOCKHASH",
    30: "KECCAK256",
    375: "LOG0",
    750: "LOG1",
    1125: "LOG2",
    1500: "LOG3",
    1875: "LOG4",
    2600: "BALANCE EXTCODESIZE EXTCODECOPY EXTCODEHASH",
}
PRICES = {mnemonic: price for price, mnemonics in ON_ZEROS.items() for mnemonic in mnemonics.split()}
PRICES |= {f"PUSH{size}": 3 for size in range(1, 33)}
PRICES |= {f"{name}{depth}": 3 for name in ("DUP", "SWAP") for depth in range(1, 17)}

each = pytest.mark.parametrize("instruction", EVERY, ids=lambda instruction: instruction.mnemonic)


def test_each_has_a_name_of_its_own_and_a_price() -> None:
    assert sorted(instruction.mnemonic for instruction in EVERY) == sorted(PRICES)


@each
def test_price_on_zeros(execute: Execute, instruction: Instruction) -> None:
    operands, price = [0] * instruction.pops, PRICES[instruction.mnemonic]
    assert execute(instruction, *operands, gas=price, code=b"\x5b").gas_left == 0
    if price:
        with pytest.raises(OutOfGas):
            execute(instruction, *operands, gas=price - 1, code=b"\x5b")


@each
def test_stack_afterwards_is_as_high_as_was_said(execute: Execute, instruction: Instruction) -> None:
    operands = [0] * instruction.pops
    growth = len(execute(instruction, *operands, code=b"\x5b").stack) - instruction.pops
    assert instruction.limit == STACK_LIMIT - max(0, growth)


@each
def test_what_lies_deeper_stays(execute: Execute, instruction: Instruction) -> None:
    operands = [0] * instruction.pops
    assert execute(instruction, *operands, 7, 8, 9, code=b"\x5b").stack[:3] == [9, 8, 7]


@each
def test_four_parts_in_order(instruction: Instruction) -> None:
    lines = [line.strip() for line in inspect.getsource(instruction.run).splitlines()]
    titles = [line[2:].split(":")[0] for line in lines if line.startswith("# ")]
    parts = [title for title in titles if title in ("stack", "gas", "operation", "program counter")]
    assert parts == ["stack", "gas", "operation", "program counter"]
