"""What a block of the EVM did, or why it is invalid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from samestate.optimized.evm.block_records import BlockRecords
from samestate.optimized.evm.ledger import BlockLedger
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.world import World
from samestate.optimized.processes.ledger import Ledger, Value
from samestate.optimized.record import OPEN, Step
from samestate.optimized.result import Rejection

SLOT = 4
BALANCE_LIMIT = 2**256


class Log(NamedTuple):
    """What one LOG instruction left, or a transfer of value (EIP-7708)."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


class Outcome(NamedTuple):
    """What one transaction did. Gas in gas units, the price in wei.

    ``gas_used`` is what its sender paid for, ``execution_gas`` and ``state_gas`` what the block counts. ``end`` is
    None where it succeeded, else the name of how its outermost frame ended; ``created`` the address that a creation
    made or tried to make.
    """

    sender: bytes
    type: int
    gas_used: int
    execution_gas: int
    state_gas: int
    gas_refunded: int
    blob_gas_used: int
    effective_gas_price: int
    logs: tuple[Log, ...]
    end: str | None
    output: bytes
    created: bytes | None

    @classmethod
    def read(cls, fields: tuple[Any, ...]) -> Outcome:
        """The outcome of these fields, whose logs are plain tuples."""
        made = cls(*fields)
        return made._replace(logs=tuple(Log(*log) for log in made.logs))

    @property
    def succeeded(self) -> bool:
        """Whether the outermost frame ended normally."""
        return self.end is None


class Receipt(NamedTuple):
    """What a transaction reports. ``cumulative_gas_used`` counts from the start of the block."""

    type: int
    succeeded: bool
    cumulative_gas_used: int
    logs: tuple[Log, ...]


class Totals(NamedTuple):
    """What the transactions of a block have used, in gas units."""

    paid_gas: int
    execution_gas: int
    state_gas: int
    blob_gas_used: int


def merge(key: bytes, value: Value, amount: int) -> Value:
    """A balance with a credit. The engine has checked that 256 bits hold it."""
    total = int.from_bytes(value or b"", "big") + amount
    return total.to_bytes((total.bit_length() + 7) // 8, "big") or None


def storage_owner(key: bytes) -> bytes | None:
    """The address whose storage the key is part of, or None where it names no slot."""
    return key[1:21] if key[0] == SLOT else None


class EvmResult:
    """What a block did; see :class:`samestate.optimized.result.Result`. All but the verdict is made when asked for.

    ``requests``: what the block asks of the consensus layer, each a type byte and data (EIP-7685).
    """

    def __init__(
        self,
        block: PackedBlock,
        world: World,
        rejection: Rejection | None,
        records: BlockRecords,
        totals: Totals,
        recorded: bool,
    ) -> None:
        self.block = block
        self.rejection = rejection
        self.totals = totals
        self.records = records
        self.trace: Sequence[Any] = ()
        self.make_metrics: Callable[[EvmResult], Any] | None = None
        self._world = world
        self._recorded = recorded
        self._steps: tuple[Step, ...] | None = None
        self._ledger: BlockLedger | None = None
        self._metrics: Any = None
        self._outcomes: tuple[Outcome, ...] | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether it is known what each step has read."""
        return self._recorded

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What each transaction did."""
        if self._outcomes is None:
            count = 0 if self.rejection is not None else self.block.transaction_count
            self._outcomes = tuple(Outcome.read(self.records.outcome(index)) for index in range(count))
        return self._outcomes

    @property
    def requests(self) -> tuple[bytes, ...]:
        """What the block asks of the consensus layer (EIP-7685): for each kind that there is, its byte and the data."""
        if self.rejection is not None:
            return ()
        packed = self.records.output(self.block.transaction_count + 1)
        requests = []
        while packed:
            length = int.from_bytes(packed[:4], "little")
            requests.append(packed[4 : 4 + length])
            packed = packed[4 + length :]
        return tuple(requests)

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """The receipt of each transaction."""
        receipts = []
        paid = 0
        for outcome in self.outcomes:
            paid += outcome.gas_used
            receipts.append(Receipt(outcome.type, outcome.succeeded, paid, outcome.logs))
        return tuple(receipts)

    @property
    def ledger(self) -> BlockLedger:
        """What the block changed, ready to be put into the state. It is first asked for before that changes."""
        if self._ledger is None:
            self._ledger = BlockLedger(self.records, self.block, self.rejection is None)
        return self._ledger

    @property
    def changes(self) -> Mapping[bytes, bytes | None]:
        """Every key written or credited, with the value that it has after the block, or None where it is absent."""
        return self.ledger.changes

    @property
    def wipes(self) -> Sequence[bytes]:
        """The addresses whose storage vanished, sorted. What was written there since is under :attr:`changes`."""
        return self.ledger.wipes

    @property
    def steps(self) -> tuple[Step, ...]:
        """The access record: open, each transaction, close. Empty unless it was recorded."""
        if not self._recorded:
            return ()
        if self._steps is None:
            if self.records.version != self._world.version:
                raise ValueError("the state has changed since the block was executed on it")
            ledger = Ledger(self._world.get, merge, storage_owner)
            count = 0 if self.rejection is not None else len(self.records)
            effects = (self.records.effect(step) for step in range(count))
            self._steps = tuple(ledger.enter(step, effect) for step, effect in enumerate(effects, OPEN))
        return self._steps

    @property
    def metrics(self) -> Any:
        """Figures of the run, worked out when they are first asked for."""
        if self._metrics is None and self.make_metrics is not None:
            self._metrics = self.make_metrics(self)
            self.make_metrics = None
        return self._metrics


def needs_one_of(result: EvmResult, keys: Sequence[bytes], has_reads: bool) -> bool:
    """Whether what a block did rests on one of these keys, or may: of what led to a rejection there is no record.

    A key of the part EXISTENCE stands for the whole account. ``has_reads``: whether records say what steps have read.
    """
    return result.rejection is not None or not has_reads or result.records.meet(list(keys))
