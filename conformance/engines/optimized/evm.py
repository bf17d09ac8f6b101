"""Between the EVM's types in the specification and the compiled machine's: blocks and states there, results back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar

from samestate.conformance.engines.optimized.evm_states import CompiledStates, lacking_as_specified
from samestate.conformance.engines.optimized.plain import (
    EVM_CODES,
    access_record,
    raise_rejection,
)
from samestate.conformance.engines.predictions import Predictions
from samestate.conformance.fixtures.known_blocks import known_encoding
from samestate.conformance.fixtures.named_forks import NamedFork, name_fork
from samestate.optimized.evm import forks as pages
from samestate.optimized.evm.encodings import requests_hash
from samestate.optimized.evm.packing import BlockEnvironment, PackedBlock, pack
from samestate.optimized.evm.result import EvmResult, Log, Outcome
from samestate.optimized.evm.result import Receipt as PlainReceipt
from samestate.spec.access import StepAccess
from samestate.spec.evm import halts
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.chain import Commitments, CommittedResult
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.machine import Closing, Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import Log as SpecLog
from samestate.spec.evm.receipt import Receipt
from samestate.spec.evm.totals import Totals
from samestate.spec.evm.transaction import Transaction
from samestate.spec.evm.transaction_execution import Outcome as SpecOutcome
from samestate.spec.machine import Key, State, Value
from samestate.spec.transition import BlockResult

Part = TypeVar("Part")
"""A part of a result."""

HALTS: Final[dict[str, type[halts.Halt]]] = {
    "revert": halts.Reverted,
    "out_of_gas": halts.OutOfGas,
    "stack_underflow": halts.StackUnderflow,
    "stack_overflow": halts.StackOverflow,
    "invalid_jump": halts.InvalidJump,
    "undefined_instruction": halts.InvalidOpcode,
    "invalid_immediate": halts.InvalidImmediate,
    "static_violation": halts.WriteInStaticContext,
    "return_data_overrun": halts.ReturnDataOutOfBounds,
    "address_collision": halts.AddressCollision,
    "invalid_code": halts.InvalidContractPrefix,
    "code_too_large": halts.CodeTooLarge,
    "initcode_too_large": halts.InitcodeTooLarge,
    "precompile_failed": halts.PrecompileFailed,
}
"""How a frame ended, in the engine's words and in the specification's."""


@functools.lru_cache(maxsize=256)
def page_of(fork: NamedFork) -> pages.Fork:
    """The engine's page of a fork, with the parameters in which a chain departs from it."""
    page = pages.FORKS[fork.rules]
    numbers: dict[str, int] = {}
    if fork.blob_schedule is not None:
        numbers["blob_maximum"] = fork.blob_schedule.maximum
        numbers["blob_update_fraction"] = fork.blob_schedule.update_fraction
    numbers["reads_deposits_by_length"] = fork.reads_deposits == "by length"
    return page.fork(fork.name, instructions=None, **numbers)


def plain_environment(environment: Environment, deposit_contract: bytes) -> BlockEnvironment:
    """The environment of a block in plain numbers and bytes."""
    first = max(0, environment.number - 256)
    return BlockEnvironment(
        chain_id=environment.chain_id,
        number=environment.number,
        timestamp=environment.timestamp,
        coinbase=environment.coinbase,
        gas_limit=environment.gas_limit,
        base_fee=environment.base_fee_per_gas,
        difficulty=environment.difficulty,
        prev_randao=environment.prev_randao,
        excess_blob_gas=environment.excess_blob_gas,
        parent_hash=environment.parent_hash,
        parent_beacon_block_root=environment.parent_beacon_block_root,
        slot_number=environment.slot_number,
        block_hashes={number: digest for number, digest in environment.block_hashes.items() if number >= first},
        deposit_contract=deposit_contract,
    )


def plain_block(
    machine: Evm, block: Payload, predictions: Predictions | bytes | None, senders: Sequence[bytes] | None = None
) -> tuple[Any, ...]:
    """A block as the arguments of :func:`samestate.optimized.evm.packing.pack`.

    ``senders``: who sent the transactions, where that is known.
    """
    return (
        page_of(name_fork(machine.fork)),
        plain_environment(block.environment, machine.fork.deposit_contract),
        [known_encoding(transaction) for transaction in block.transactions],
        [(withdrawal.address, withdrawal.amount) for withdrawal in block.withdrawals],
        [(ommer.address, ommer.number) for ommer in block.ommers],
        block.is_bare,
        predictions,
        senders,
    )


def packed_block(
    machine: Evm, block: Payload, predictions: Predictions | bytes | None, senders: Sequence[bytes] | None = None
) -> PackedBlock:
    """A block as the compiled machine takes it. See :func:`plain_block`."""
    return pack(*plain_block(machine, block, predictions, senders))


def spec_log(log: Log) -> SpecLog:
    """A log in the specification's terms."""
    return SpecLog(log.address, log.topics, log.data)


def spec_receipt(receipt: PlainReceipt, outcome: SpecOutcome) -> Receipt:
    """A receipt in the specification's terms, with the logs that its transaction's outcome has."""
    return Receipt(receipt.type, receipt.succeeded, receipt.cumulative_gas_used, outcome.logs)


def spec_outcome(transaction: Transaction, outcome: Outcome) -> SpecOutcome:
    """What a transaction did, in the specification's terms."""
    return SpecOutcome(
        transaction=transaction,
        sender=outcome.sender,
        gas_used=outcome.gas_used,
        execution_gas=outcome.execution_gas,
        state_gas=outcome.state_gas,
        gas_refunded=outcome.gas_refunded,
        blob_gas_used=outcome.blob_gas_used,
        effective_gas_price=outcome.effective_gas_price,
        logs=tuple(map(spec_log, outcome.logs)),
        halt=None if outcome.end is None else HALTS[outcome.end](),
        output=outcome.output,
        created=outcome.created,
    )


class CompiledResult(CommittedResult):
    """The result of a block in the specification's terms, each part of it made when somebody first asks for it."""

    __slots__ = ("_before", "_block", "_made", "_result", "_states")
    __setattr__ = object.__setattr__  # what is kept here is no part of the value

    def __init__(self, result: EvmResult, block: Payload, state: State, states: CompiledStates | None) -> None:
        self._result = result
        self._block = block
        self._before = state
        self._states = states
        self._made: dict[str, Any] = {}

    def _once(self, name: str, make: Callable[[], Part]) -> Part:
        if name not in self._made:
            self._made[name] = make()
        made: Part = self._made[name]
        return made

    @property
    def outcomes(self) -> tuple[SpecOutcome, ...]:
        """See :class:`BlockResult`, here and below."""
        transactions = self._block.transactions
        return self._once("outcomes", lambda: tuple(map(spec_outcome, transactions, self._result.outcomes)))

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        return self._once("receipts", lambda: tuple(map(spec_receipt, self._result.receipts, self.outcomes)))

    @property
    def totals(self) -> Totals:
        return Totals(*self._result.totals)

    @property
    def closing(self) -> Closing:
        return Closing(tuple(self._result.requests))

    @property
    def steps(self) -> tuple[StepAccess, ...]:
        return self._once("steps", lambda: access_record(self._result.steps))

    @property
    def changes(self) -> dict[Key, Value]:
        return self._once("changes", lambda: dict(self._result.changes))

    @property
    def wipes(self) -> tuple[bytes, ...]:
        return self._once("wipes", lambda: tuple(self._result.wipes))

    @property
    def before(self) -> State:
        return self._before

    def state(self) -> Any:
        return self._once("state", self._after)

    def _after(self) -> Any:
        if self._states is None:
            return self._before.apply(self.changes, self.wipes)
        with lacking_as_specified():
            ledger = self._result.ledger
        return self._states.after(self._before, ledger)

    def access_list(self) -> bytes:
        return self._result.ledger.access_list

    def verify(self) -> None:
        """The engine's own verdict on the block's access list, and on the one that came with it. Raises Rejection."""
        proposed = self._block.access_list
        verdict = self._result.ledger.verify(None if proposed is None else encode_access_list(proposed))
        raise_rejection(verdict, EVM_CODES)

    def commitments(self) -> Commitments:
        root, bloom = self._result.records.commitments(self._result.block)
        return Commitments(root, bloom, requests_hash(self._result.requests))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BlockResult):
            return NotImplemented
        return all(getattr(self, field.name) == getattr(other, field.name) for field in fields(BlockResult))

    __hash__ = None  # type: ignore[assignment]


def evm_result(result: EvmResult, block: Payload, state: State, states: CompiledStates | None = None) -> CompiledResult:
    """The specification's result of a block on a state, from that of the compiled machine. Raises Rejection.

    ``states`` go along to the state after the block, if they are given.
    """
    raise_rejection(result.rejection, EVM_CODES)
    return CompiledResult(result, block, state, states)
