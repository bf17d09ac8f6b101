"""One instruction on a frame of the test's making, and words that are likely to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Frame, Message, TransactionContext
from samestate.spec.evm.instructions import Instruction
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.world import World
from samestate.spec.machine import Key, Value
from samestate.spec.view import Ledger, StepView

ORIGIN, CALLER, TARGET, CODE_ADDRESS = (bytes([number]) * 20 for number in (0x0A, 0x0B, 0x0C, 0x0D))
PLENTY = 10**9

Execute = Callable[..., Frame]


class PlainCodec:
    """Credits are not asked for here, and no key has an owner."""

    def merge(self, key: Key, value: Value, amount: int) -> Value:
        raise NotImplementedError

    def storage_owner(self, key: Key) -> bytes | None:
        return None


FORK = SimpleNamespace(blob_base_fee=lambda excess: excess + 7, cold_account_access=2600, code_read_gas=0)
"""All that these instructions ask a fork for."""


def execute_instruction(
    instruction: Instruction,
    *stack: int,
    gas: int = PLENTY,
    memory: bytes = b"",
    code: bytes = b"",
    data: bytes = b"",
    value: int = 0,
    place: int = 0,
    return_data: bytes = b"",
    is_static: bool = False,
    state: Mapping[bytes, bytes] | None = None,
    warm: Iterable[bytes] = (),
    gas_price: int = 0,
    blob_versioned_hashes: tuple[bytes, ...] = (),
    **environment: Any,
) -> Frame:
    """The frame after ``instruction`` alone, on a stack that is given from its top down.

    A test looks at the frame also where the instruction halts: it is on the exception as ``frame``.
    """
    chain = {"chain_id": 1, "number": 1, "timestamp": 1, "coinbase": bytes(20), "gas_limit": 30_000_000}
    context = TransactionContext(
        fork=cast(Fork, FORK),
        environment=Environment(**{**chain, **environment}),
        world=World(StepView(Ledger(PlainCodec(), cast(Any, state or {})))),
        substate=Substate(),
        origin=ORIGIN,
        gas_price=gas_price,
        blob_versioned_hashes=blob_versioned_hashes,
    )
    context.substate.warm.update(dict.fromkeys(warm))
    message = Message(
        caller=CALLER,
        target=TARGET,
        code_address=CODE_ADDRESS,
        code=code,
        data=data,
        value=value,
        gas=gas,
        depth=0,
        is_static=is_static,
    )
    frame = Frame(context, message)
    frame.stack.extend(reversed(stack))
    frame.memory.extend(memory)
    frame.program_counter = place
    frame.return_data = return_data
    try:
        instruction.run(frame)
    except Exception as halt:
        halt.__dict__["frame"] = frame
        raise
    return frame


@pytest.fixture(scope="session")
def execute() -> Execute:
    """See :func:`execute_instruction`."""
    return execute_instruction


@pytest.fixture(scope="session")
def result(execute: Execute) -> Callable[..., int]:
    """The one word that an instruction leaves on a stack that held its operands alone."""

    def only_word(instruction: Instruction, *operands: int, **given: Any) -> int:
        (word,) = execute(instruction, *operands, **given).stack
        assert 0 <= word < 2**256
        return word

    return only_word


@pytest.fixture(scope="session")
def price(execute: Execute) -> Callable[..., int]:
    """What an instruction takes of the frame's gas."""

    def paid(instruction: Instruction, *operands: int, **given: Any) -> int:
        return PLENTY - execute(instruction, *operands, **given).gas_left

    return paid
