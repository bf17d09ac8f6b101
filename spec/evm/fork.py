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
    from samestate.spec.evm.frame import Frame, Message, TransactionContext
    from samestate.spec.evm.instructions.calls import Callee
    from samestate.spec.evm.payload import Payload
    from samestate.spec.evm.receipt import Receipt
    from samestate.spec.evm.spending import Spending
    from samestate.spec.evm.substate import Substate
    from samestate.spec.evm.totals import Totals
    from samestate.spec.evm.transaction import Transaction
    from samestate.spec.evm.world import World


@dataclass(frozen=True, slots=True)
class BlobSchedule:
    """How many blobs a block aims at and may have at most, and how fast their price moves (EIP-4844, EIP-7892)."""

    target: int
    """Blobs of a block at which their price stays."""
    maximum: int
    """The most blobs of a block."""
    update_fraction: int
    """By how much excess blob gas the price grows by the factor e."""

    @property
    def target_gas(self) -> int:
        """The target in blob gas."""
        return self.target * GAS_PER_BLOB

    @property
    def maximum_gas(self) -> int:
        """The maximum in blob gas."""
        return self.maximum * GAS_PER_BLOB


UnsignedRule = Callable[["Fork", "Environment", "Transaction"], None]
"""Raises Rejection where a transaction may not be in any block of this environment, whoever signed it."""

TransactionRule = Callable[["Fork", "Environment", "Transaction", bytes], None]
"""Raises Rejection where a transaction of this sender may not be in a block of this environment, whatever the state."""

IntrinsicCharge = Callable[["Transaction", bytes], int]
"""One part of the gas that a transaction of this sender costs before it executes."""

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
    """What people and files call it."""

    # what code can do
    instructions: Mapping[int, Instruction]
    """By opcode; an opcode that is not here halts the frame."""
    precompiles: Mapping[bytes, Precompile]
    """By address."""
    code_size_limit: int
    """How long the code of a contract may be."""
    initcode_size_limit: int
    """How long initialization code may be."""
    initcode_gas: Callable[[int], int]
    """What initialization code of so many bytes costs, in a transaction and in CREATE and CREATE2."""
    rejects_contract_prefix: bool
    """Whether a creation fails that would deploy code which begins with 0xEF."""
    storage_clear_refund: int
    """What comes back for a slot that becomes zero."""
    refund_quotient: int
    """Which part of the gas spent may come back at most: one in so many."""
    cold_account_access: int
    """What the first access of a transaction to an account costs."""
    call_value_gas: int
    """What it costs more to send value with a call; the stipend is part of it."""
    code_read_gas: int
    """What it costs more to look at the code of another account."""
    creation_gas: int
    """What CREATE and CREATE2 cost, apart from memory, initialization code and what it does."""
    charge_call: Callable[[Frame, bytes, int, int, bool], Callee]
    """Makes a frame pay for a call to an address, with a value in wei, a price of memory, and whether it may make an
    account. Gives the code that the call runs."""
    charge_new_account: Callable[[Frame, bytes], None]
    """What a creation costs more where there is no account yet."""
    is_taken: Callable[[World, bytes], bool]
    """Whether no creation may have an address."""
    deploy: Callable[[Frame], None]
    """Makes the output of initialization code the code of the new account."""
    log_transfer: Callable[[Substate, bytes, bytes, int], None]
    """The record of value that moves: substate, sender, recipient, and an amount in wei that is not zero."""
    system_frame: Callable[[TransactionContext, Message], Frame]
    """The frame of a call that the chain itself makes."""
    destroy_account: Callable[[World, Substate, bytes], None]
    """What becomes of an account that is to be destroyed at the end of a transaction."""
    delegation_target: Callable[[bytes], bytes | None]
    """The address that code delegates to, None where it is code of its own."""

    # what a transaction is
    transaction_types: frozenset[int]
    """The types that a block may hold; 0 is the legacy one."""
    unsigned_rules: tuple[UnsignedRule, ...]
    """What is checked of a transaction before its signature; the first one broken gives the rejection."""
    transaction_rules: tuple[TransactionRule, ...]
    """What is checked next, once the sender is known; the first one broken gives the rejection."""
    inclusion_rules: tuple[TransactionRule, ...]
    """What is checked once the block has room for it, and before the sender's account is looked at."""
    transaction_gas_limit: int | None
    """The most gas that one transaction may execute with, None where there is no such limit."""
    intrinsic_charges: tuple[IntrinsicCharge, ...]
    """The parts of the gas that a transaction costs before it executes."""
    calldata_floor: Callable[[Transaction, bytes], int]
    """The least gas that a transaction is charged in the end because of its data."""
    run: Callable[[TransactionContext, bytes, Transaction], tuple[Frame, bytes | None]]
    """Runs a transaction of a sender who has bought its gas. Gives the outermost frame, and the address that it
    creates."""
    spend: Callable[[Fork, Transaction, bytes, Frame], Spending]
    """What a transaction of a sender has spent, by its outermost frame."""
    warms_coinbase: bool
    """Whether the coinbase is warm from the start of each transaction."""

    # what a block is
    check_room: Callable[[Environment, Totals, Transaction], None]
    """Raises Rejection where the block has no room left for a transaction."""
    opening: tuple[OpeningStep, ...]
    """What happens before the first transaction, in order."""
    closing: tuple[ClosingStep, ...]
    """What happens after the last transaction, in order."""
    block_reward: int
    """What the miner gets for a block without ommers."""
    difficulty_bomb_delay: int
    """How many blocks the difficulty bomb is behind the block number."""
    blob_schedule: BlobSchedule | None
    """How many blobs a block aims at and may have, None where there are no blobs."""
    blobs_per_transaction: int | None
    """The most blobs of one transaction, None where only the block's maximum counts."""
    block_size_limit: int | None
    """How long the RLP of a block may be, None where there is no such limit."""
    deposit_contract: bytes
    """The address whose logs are deposits: the chain's rather than the fork's."""
    parse_deposit: Callable[[bytes], bytes]
    """The deposit in the data of such a log."""
    has_access_list: bool
    """Whether a header commits to the block access list."""
    header_fields: int
    """How many fields a header has, from the first on."""
    header_rules: tuple[HeaderRule, ...]
    """What is checked of a header against its parent; the first one broken gives the rejection."""
    block_rules: tuple[BlockRule, ...]
    """What is checked of a block whatever the state; the first one broken gives the rejection."""
    next_base_fee: Callable[[Header], int | None]
    """The base fee of the block after this header, None where there is no base fee."""
    next_excess_blob_gas: Callable[[Fork, Header], int | None]
    """The excess blob gas of the block after this header, None where there are no blobs."""

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
