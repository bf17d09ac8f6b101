"""The compute budget: what a transaction asks for itself, and what it gets where it says nothing."""

# source: Agave, compute-budget-instruction/src/compute_budget_instruction_details.rs

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import (
    COMPUTE_BUDGET,
    ED25519,
    LOADER_V1,
    LOADER_V2,
    LOADER_V3,
    LOADER_V4,
    SECP256K1,
    SYSTEM,
)
from samestate.spec.svm.fee import price_of_units
from samestate.spec.svm.message import Config, TransactionMessage
from samestate.spec.svm.rejections import Invalid

MAXIMUM_UNITS: Final = 1_400_000
MINIMUM_HEAP_BYTES: Final = 32 * 2**10
MAXIMUM_HEAP_BYTES: Final = 256 * 2**10
HEAP_GRAIN: Final = 2**10
MAXIMUM_LOADED_BYTES: Final = 64 * 2**20

BUILTIN_UNITS: Final = 3_000
"""Compute units for an instruction of a builtin program, where the transaction names no limit (SIMD-0170)."""

OTHER_UNITS: Final = 200_000
"""Compute units for an instruction of any other program."""

BUILTINS: Final = frozenset(
    {SYSTEM, COMPUTE_BUDGET, LOADER_V1, LOADER_V2, LOADER_V3, LOADER_V4, SECP256K1, ED25519},
)
"""The programs whose instructions count as builtin ones. Vote and secp256r1 do not."""

# source of the tags: Solana SDK, compute-budget-interface/src/lib.rs
_HEAP_SIZE: Final = 1
_UNIT_LIMIT: Final = 2
_UNIT_PRICE: Final = 3
_LOADED_SIZE: Final = 4
_ARGUMENT_BYTES: Final = {_HEAP_SIZE: 4, _UNIT_LIMIT: 4, _UNIT_PRICE: 8, _LOADED_SIZE: 4}


@dataclass(frozen=True, slots=True)
class ComputeBudget:
    """What a transaction may use and what it pays for the priority; sizes in bytes, the fee in lamports."""

    unit_limit: int
    priority_fee: int
    loaded_size_limit: int
    heap_size: int


@dataclass(frozen=True, slots=True)
class BudgetRequest:
    """What one instruction of the compute budget program asks for, and its place among the instructions."""

    instruction: int
    value: int


BudgetRequests = dict[int, BudgetRequest]
"""The requests of a transaction by their tags."""


def read_budget_requests(message: TransactionMessage) -> BudgetRequests:
    """The requests of a message, whose values nobody has judged yet. Raises Rejection."""
    requests: BudgetRequests = {}
    if message.version == 1:
        # rule: svm.budget.instructions-of-version-1-say-nothing
        # source: SIMD-0385
        return requests
    for index, data in _instructions_of_compute_budget(message):
        tag = data[0] if data else None
        if tag not in _ARGUMENT_BYTES or len(data) < 1 + _ARGUMENT_BYTES[tag]:
            # rule: svm.budget.undecodable
            raise Rejection(Invalid.INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA, f"instruction {index}")
        if tag in requests:
            # rule: svm.budget.duplicate
            raise Rejection(Invalid.DUPLICATE_INSTRUCTION, f"instruction {index}")
        # rule: svm.budget.request
        requests[tag] = BudgetRequest(index, int.from_bytes(data[1 : 1 + _ARGUMENT_BYTES[tag]], "little"))
    return requests


def compute_budget(message: TransactionMessage, requests: BudgetRequests) -> ComputeBudget:
    """The budget of a message. Raises Rejection where what it asks for is not allowed."""
    if message.config is not None:
        return _configured_budget(message.config)
    heap = requests.get(_HEAP_SIZE)
    if heap is not None and not is_heap_size(heap.value):
        # rule: svm.budget.heap-size
        raise Rejection(Invalid.INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA, f"instruction {heap.instruction}")
    limit = requests.get(_UNIT_LIMIT)
    # rule: svm.budget.unit-limit
    unit_limit = min(default_units(message) if limit is None else limit.value, MAXIMUM_UNITS)
    loaded = requests.get(_LOADED_SIZE)
    if loaded is not None and loaded.value == 0:
        # rule: svm.budget.loaded-size-zero
        raise Rejection(Invalid.INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT)
    price = requests.get(_UNIT_PRICE)
    return ComputeBudget(
        unit_limit=unit_limit,
        priority_fee=0 if price is None else price_of_units(price.value, unit_limit),
        # rule: svm.budget.loaded-size-limit
        loaded_size_limit=MAXIMUM_LOADED_BYTES if loaded is None else min(loaded.value, MAXIMUM_LOADED_BYTES),
        heap_size=MINIMUM_HEAP_BYTES if heap is None else heap.value,
    )


def is_heap_size(size: int) -> bool:
    """Whether a transaction may have a heap of that many bytes."""
    return MINIMUM_HEAP_BYTES <= size <= MAXIMUM_HEAP_BYTES and size % HEAP_GRAIN == 0


def default_units(message: TransactionMessage) -> int:
    """The compute units of a message that names no limit: so many for each instruction."""
    builtin = sum(message.keys[instruction.program] in BUILTINS for instruction in message.instructions)
    # rule: svm.budget.default-units
    # source: SIMD-0170; Agave, builtins-default-costs/src/lib.rs
    return BUILTIN_UNITS * builtin + OTHER_UNITS * (len(message.instructions) - builtin)


def _configured_budget(config: Config) -> ComputeBudget:
    """The budget of version 1: what the message does not set is nothing, but for the heap (SIMD-0385)."""
    # rule: svm.budget.configured
    # source: SIMD-0385
    return ComputeBudget(
        unit_limit=min(config.compute_unit_limit or 0, MAXIMUM_UNITS),
        priority_fee=config.priority_fee or 0,
        loaded_size_limit=min(config.loaded_size_limit or 0, MAXIMUM_LOADED_BYTES),
        heap_size=MINIMUM_HEAP_BYTES if config.heap_size is None else config.heap_size,
    )


def _instructions_of_compute_budget(message: TransactionMessage) -> Iterator[tuple[int, bytes]]:
    """Place and data of each instruction of the compute budget program."""
    for index, instruction in enumerate(message.instructions):
        if message.keys[instruction.program] == COMPUTE_BUDGET:
            yield index, instruction.data
