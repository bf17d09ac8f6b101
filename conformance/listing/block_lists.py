"""The access lists of the transactions of a block, each with the gas that it takes, by executing it with every list."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from samestate.conformance.errors import InputError
from samestate.conformance.listing.entries import EntryPrices, entry_prices, keys_of, list_of, paying_keys
from samestate.conformance.listing.watching import Watched, watch, with_access_list
from samestate.conformance.tracing.traceable import TraceableBlock
from samestate.spec.access import OPEN
from samestate.spec.evm.address import created_address
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.signature import recover_sender
from samestate.spec.evm.state import MissingWitness
from samestate.spec.evm.transaction import AccessList, Transaction
from samestate.spec.machine import Rejection
from samestate.spec.view import Ledger, StepView


@dataclass(frozen=True, slots=True)
class PricedList:
    """A list, the gas that the transaction uses with it, and how it fails with it, if it does.

    ``gas_used`` is None where its gas limit, or its sender's balance, does not suffice with the list.
    """

    access_list: AccessList
    gas_used: int | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class TransactionLists:
    """The lists of one transaction. Gas in gas units.

    ``bare``: no list; ``sent``: its own; ``accessed``: all that it accesses cold; ``paying``: of that, what saves more
    than it costs, by which it would use ``computed`` less than with no list; nothing where execution shows that it does
    not. ``predicted``: from before the block, None where nobody was asked.
    """

    index: int
    sender: bytes
    to: bytes | None
    prices: EntryPrices
    bare: PricedList
    sent: PricedList
    accessed: PricedList
    paying: PricedList
    computed: int
    predicted: PricedList | None

    @property
    def saves(self) -> int | None:
        """How much less gas it uses with what pays than with no list, as executed."""
        if self.bare.gas_used is None or self.paying.gas_used is None:
            return None
        return self.bare.gas_used - self.paying.gas_used

    def accuracy(self) -> tuple[float | None, float | None]:
        """Which share of what was predicted is accessed, and which share of what is accessed was predicted."""
        if self.predicted is None:
            return None, None
        foreseen, occurred = keys_of(self.predicted.access_list), keys_of(self.accessed.access_list)
        met = len(foreseen & occurred)
        return met / len(foreseen) if foreseen else None, met / len(occurred) if occurred else None


def sender_of(block: TraceableBlock, index: int) -> bytes:
    """Who signed a transaction of the block. Raises InputError."""
    try:
        return recover_sender(block.payload.transactions[index])
    except Rejection as rejection:
        raise InputError(f"transaction {index}: {rejection}") from rejection


def warm_anyway(block: TraceableBlock, transaction: Transaction, sender: bytes) -> frozenset[bytes]:
    """The addresses that are warm without any list (EIP-2929, EIP-3651)."""
    warm = {sender, *block.fork.precompiles}
    warm.add(created_address(sender, transaction.nonce) if transaction.to is None else transaction.to)
    if block.fork.warms_coinbase:
        warm.add(block.payload.environment.coinbase)
    return frozenset(warm)


def lists_of(
    block: TraceableBlock, wanted: Collection[int], predicted: Sequence[AccessList] | None
) -> Iterator[TransactionLists]:
    """The lists of the wanted transactions of a block, in its order.

    Each is executed where it stands in the block, once with every list; the block goes on with what was signed. Raises
    InputError where the block cannot be executed so far.
    """
    machine = Evm(block.fork)
    ledger = Ledger(machine, block.before)
    last = max(wanted, default=-1)
    try:
        view = StepView(ledger)
        machine.open(block.payload, view)
        ledger.commit(OPEN, view)
        totals = machine.start(block.payload)
        for index, transaction in enumerate(block.payload.transactions[: last + 1]):
            if index in wanted:
                yield transaction_lists(block, index, ledger, None if predicted is None else predicted[index])
            view = StepView(ledger)
            _, totals = machine.settle(block.payload, machine.execute(block.payload, transaction, view), totals)
            ledger.commit(index, view)
    except Rejection as rejection:
        raise InputError(f"the block is invalid: {rejection}") from rejection
    except MissingWitness as error:
        raise InputError(f"the state before the block is not enough to execute it: {error}") from error


def transaction_lists(
    block: TraceableBlock, index: int, ledger: Ledger, predicted: AccessList | None
) -> TransactionLists:
    """The lists of one transaction, on the state that those before it have left."""
    transaction = block.payload.transactions[index]
    sender = sender_of(block, index)
    environment = block.payload.environment

    def executed(access_list: AccessList) -> tuple[PricedList, Watched | None]:
        listed = with_access_list(transaction, access_list, environment.chain_id)
        watched = watch(block.fork, environment, listed, sender, StepView(ledger))
        if watched is None:
            return PricedList(access_list, None, None), None
        failure = None if watched.halt is None else type(watched.halt).__name__
        return PricedList(access_list, watched.gas_used, failure), watched

    prices = entry_prices(block.fork, environment, transaction, sender)
    bare, watched = executed(())
    saved = {} if watched is None else watched.saved
    keys, computed = paying_keys(saved, prices)
    paying = executed(list_of(keys))[0]
    if paying.gas_used is None or bare.gas_used is None or paying.gas_used >= bare.gas_used:
        paying = bare  # by its prices it would pay, and it does not: the transaction goes another way with it
    return TransactionLists(
        index=index,
        sender=sender,
        to=transaction.to,
        prices=prices,
        bare=bare,
        sent=executed(transaction.access_list)[0] if transaction.access_list else bare,
        accessed=executed(list_of(saved))[0],
        paying=paying,
        computed=computed,
        predicted=None if predicted is None else executed(predicted)[0],
    )
