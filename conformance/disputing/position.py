"""A transaction between two instructions, apart from whoever executes it: what a step is restored from."""

from __future__ import annotations

from dataclasses import dataclass

from samestate.conformance.disputing.hashes import commit, natural
from samestate.conformance.disputing.substates import SubstateContent, logs_item
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Message
from samestate.spec.evm.receipt import Log
from samestate.spec.evm.rlp import Item
from samestate.spec.evm.transaction import Transaction, encode_transaction
from samestate.spec.evm.transaction_execution import Outcome


@dataclass(frozen=True, slots=True)
class Facts:
    """What both engines were given: the rules, the block, and the root of the state before it."""

    fork: Fork
    environment: Environment
    transactions: tuple[Transaction, ...]
    state_root: bytes

    def digest(self) -> bytes:
        """The commitment to it."""
        environment = self.environment
        hashes = sorted(environment.block_hashes.items())
        return commit(
            "block",
            self.fork.name.encode(),
            natural(environment.chain_id),
            natural(environment.number),
            natural(environment.timestamp),
            environment.coinbase,
            natural(environment.gas_limit),
            natural(environment.base_fee_per_gas),
            natural(environment.difficulty),
            environment.prev_randao,
            natural(environment.excess_blob_gas),
            environment.parent_hash,
            environment.parent_beacon_block_root,
            natural(environment.slot_number),
            [[natural(number), digest] for number, digest in hashes],
            [encode_transaction(transaction) for transaction in self.transactions],
            self.state_root,
        )


@dataclass(frozen=True, slots=True)
class TransactionResult:
    """What a transaction did, as far as it is committed to.

    ``status``: ``succeeded``, ``failed``, or the name of the rejection. ``logs`` is the commitment to its logs.
    """

    world: bytes
    status: str
    gas_used: int = 0
    execution_gas: int = 0
    state_gas: int = 0
    logs: bytes = bytes(32)

    def digest(self) -> bytes:
        """The commitment to it."""
        numbers: list[Item] = [natural(self.gas_used), natural(self.execution_gas), natural(self.state_gas)]
        return commit("result", self.world, self.status.encode(), *numbers, self.logs)


def logs_digest(logs: tuple[Log, ...]) -> bytes:
    """The commitment to logs."""
    return commit("logs", logs_item(logs))


def result_of(outcome: Outcome, world: bytes) -> TransactionResult:
    """The result of a transaction that has left this state root behind."""
    if outcome.refusal is not None:
        return TransactionResult(world, outcome.refusal[0].name)
    status = "succeeded" if outcome.succeeded else "failed"
    return TransactionResult(
        world, status, outcome.gas_used, outcome.execution_gas, outcome.state_gas, logs_digest(outcome.logs)
    )


@dataclass(frozen=True, slots=True)
class OpenedFrame:
    """A frame, with so much of its stack and memory as a step uses.

    ``items``: the top of the stack, the last one uppermost, above ``below``, the commitment to ``height`` less so many.
    ``pages``: pages of memory by index, and ``siblings`` what stands beside them; ``memory`` the root where there are
    no pages, else zero. ``entry``: the substate that a failure leads back to, in the uppermost frame alone.
    """

    message: Message
    program_counter: int
    gas_left: int
    height: int
    below: bytes
    items: tuple[int, ...]
    memory_size: int
    memory: bytes
    pages: dict[int, bytes]
    siblings: tuple[bytes, ...]
    return_data: bytes
    state_gas: tuple[int, ...]
    window: tuple[int, int]
    entry_world: bytes
    entry_substate: bytes
    entry: SubstateContent | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a step begins.

    ``began`` is the state root before the transaction, ``world`` the one now. ``substate`` and ``frames`` (the
    uppermost first, then at most the one that began it) are there where instructions run; before the transaction there
    are none. ``rest`` commits to the frames below. ``nodes`` and ``codes`` are what the step reads of the state, of the
    one before the block, and of the one that a failure leads back to.
    """

    began: bytes
    world: bytes
    substate: SubstateContent | None = None
    frames: tuple[OpenedFrame, ...] = ()
    rest: bytes = bytes(32)
    nodes: tuple[bytes, ...] = ()
    codes: tuple[bytes, ...] = ()
