"""What a fork is: a record of parameters and rule functions, made from its parent's by naming what is new or changed.

No rule asks which fork it is in. What differs between forks is a field here, and a page in ``spec/evm/forks/`` says
what it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

from samestate.spec.evm import fees
from samestate.spec.evm.gas import GAS_PER_BLOB
from samestate.spec.evm.instructions.instruction import Instruction
from samestate.spec.evm.precompiles.precompile import Precompile

if TYPE_CHECKING:
    from samestate.spec.evm.block import Block, Header
    from samestate.spec.evm.environment import Environment
    from samestate.spec.evm.payload import Payload
    from samestate.spec.evm.receipt import Receipt
    from samestate.spec.evm.substate import Substate
    from samestate.spec.evm.transaction import Transaction
    from samestate.spec.evm.world import World


@dataclass(frozen=True, slots=True)
class BlobSchedule:
    """How many blobs a block aims at and may have at most, and how fast their price moves (EIP-4844, EIP-7892)."""

    target: int
    maximum: int
    update_fraction: int

    @property
    def target_gas(self) -> int:
        """The target in blob gas."""
        return self.target * GAS_PER_BLOB

    @property
    def maximum_gas(self) -> int:
        """The maximum in blob gas."""
        return self.maximum * GAS_PER_BLOB


TransactionRule = Callable[["Fork", "Environment", "Transaction"], None]
"""Raises Rejection where a transaction may not be in any block of this environment, whatever the state."""

IntrinsicCharge = Callable[["Transaction"], int]
"""One part of the gas that a transaction costs before it executes."""

OpeningStep = Callable[["Fork", "Payload", "World"], None]
"""Something that happens before the first transaction."""

ClosingStep = Callable[["Fork", "Payload", "tuple[Receipt, ...]", "World"], "bytes | None"]
"""Something that happens after the last transaction. Gives a typed request to the consensus layer, or None."""

HeaderRule = Callable[["Fork", "Header", "Header"], None]
"""Raises Rejection where a header may not follow its parent: fork, parent, header."""

BlockRule = Callable[["Fork", "Block", int], None]
"""Raises Rejection where a block is malformed whatever the state: fork, block, the size of its RLP in bytes."""


Step = TypeVar("Step")


def replaced(steps: tuple[Step, ...], old: Step, *new: Step) -> tuple[Step, ...]:
    """``steps`` with ``new`` in the place of ``old``, or without it. Raises ValueError where ``old`` is not there."""
    place = steps.index(old)
    return (*steps[:place], *new, *steps[place + 1 :])


@dataclass(frozen=True, kw_only=True, eq=False)
class Fork:
    """A ruleset. Sizes in bytes, rewards in wei, gas in gas units."""

    name: str

    # what code can do
    instructions: Mapping[int, Instruction]
    precompiles: Mapping[bytes, Precompile]
    code_size_limit: int
    initcode_size_limit: int
    initcode_gas: Callable[[int], int]
    rejects_contract_prefix: bool
    storage_clear_refund: int
    refund_quotient: int
    destroy_account: Callable[[World, Substate, bytes], None]
    delegation_target: Callable[[bytes], bytes | None]

    # what a transaction is
    transaction_types: frozenset[int]
    transaction_rules: tuple[TransactionRule, ...]
    transaction_gas_limit: int | None
    intrinsic_charges: tuple[IntrinsicCharge, ...]
    calldata_floor: Callable[[Transaction], int]
    warms_coinbase: bool

    # what a block is
    opening: tuple[OpeningStep, ...]
    closing: tuple[ClosingStep, ...]
    block_reward: int
    difficulty_bomb_delay: int
    blob_schedule: BlobSchedule | None
    blobs_per_transaction: int | None
    block_size_limit: int | None
    deposit_contract: bytes
    has_access_list: bool
    header_fields: int
    header_rules: tuple[HeaderRule, ...]
    block_rules: tuple[BlockRule, ...]
    next_base_fee: Callable[[Header], int | None]
    next_excess_blob_gas: Callable[[Fork, Header], int | None]

    instruction_table: tuple[Instruction | None, ...] = field(init=False, repr=False)
    """The instructions by opcode, None where there is none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "instruction_table", tuple(self.instructions.get(opcode) for opcode in range(256)))

    def fork(self, name: str, **changes: Any) -> Self:
        """The fork that follows: this one, but for the fields given. Mappings are extended, not replaced."""
        for title in ("instructions", "precompiles"):
            if title in changes:
                changes[title] = {**getattr(self, title), **changes[title]}
        return replace(self, name=name, **changes)

    def blob_base_fee(self, excess_blob_gas: int) -> int:
        """The price of blob gas in wei in a block with so much excess blob gas; 0 where the fork has no blobs."""
        return fees.blob_base_fee(self, excess_blob_gas)
