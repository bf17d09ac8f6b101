"""Executing the parts as a builder of blocks does: what is rejected is left out, and the block goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from samestate.conformance.engines.protocol import InProcess
from samestate.conformance.errors import InputError
from samestate.conformance.transition_tool.environment import BlockContext
from samestate.spec.access import StepAccess
from samestate.spec.evm.block_access_list import BlockAccessList
from samestate.spec.evm.chain import EvmResult, access_list_of
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Tracer
from samestate.spec.evm.machine import Closing, Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import Receipt
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.totals import Totals
from samestate.spec.evm.transaction import Transaction
from samestate.spec.evm.transaction_execution import Outcome, execute_transaction
from samestate.spec.machine import Rejection, State, View
from samestate.spec.transition import execute_block


class TraceKeeper(Protocol):
    """Keeps the traces of transactions."""

    def begin(self, index: int, transaction: Transaction) -> Tracer:
        """A transaction begins, which will have that index in the block unless it is rejected."""

    def keep(self, outcome: Outcome) -> None:
        """The transaction is in the block."""

    def drop(self) -> None:
        """The transaction was rejected."""


class BuildingEvm(Evm):
    """The EVM for building one block: it traces, and a block that cannot be closed is left as it was so far."""

    def __init__(self, fork: Fork, traces: TraceKeeper | None) -> None:
        super().__init__(fork)
        self.block_rejection: Rejection | None = None
        self._traces = traces
        self._included = 0

    def execute(self, block: Payload, transaction: Transaction, view: View) -> Outcome:
        """One transaction, traced where traces are kept."""
        if self._traces is None:
            return super().execute(block, transaction, view)
        tracer = self._traces.begin(self._included, transaction)
        try:
            return execute_transaction(self.fork, block.environment, transaction, view, tracer)
        except Rejection:
            self._traces.drop()
            raise

    def settle(self, block: Payload, outcome: Outcome, totals: Totals) -> tuple[Receipt, Totals]:
        """The receipt; the trace is kept only now that the block has room for the transaction."""
        try:
            settled = super().settle(block, outcome, totals)
        except Rejection:
            if self._traces is not None:
                self._traces.drop()
            raise
        self._included += 1
        if self._traces is not None:
            self._traces.keep(outcome)
        return settled

    def close(self, block: Payload, receipts: Sequence[Receipt], view: View) -> Closing:
        """The end of the block; why it cannot be closed is kept, and the block has no requests then."""
        try:
            return super().close(block, receipts, view)
        except Rejection as rejection:
            self.block_rejection = rejection
            return Closing(())

    def verify(self, block: Payload, steps: Sequence[StepAccess], before: State) -> None:
        """The last word on the block; why it is not valid is kept, unless it could not even be closed."""
        try:
            super().verify(block, steps, before)
        except Rejection as rejection:
            self.block_rejection = self.block_rejection or rejection


@dataclass(frozen=True, slots=True)
class Transition:
    """What came of the parts.

    ``rejected`` are the transactions left out, by their index in the input; ``block_rejection`` says why the block is
    not valid all the same. ``access_list`` is the block access list where the fork has one.
    """

    fork: Fork
    context: BlockContext
    result: EvmResult
    state: FlatState
    rejected: dict[int, Rejection]
    block_rejection: Rejection | None
    access_list: BlockAccessList | None


def apply_leaving_out(
    engine: InProcess,
    machine: Evm,
    payload: Payload,
    state: FlatState,
    leave_out: Callable[[int, Rejection], None],
) -> EvmResult:
    """The result of the block that an engine has executed without the transactions that it rejects.

    An engine executes whole blocks: after each rejection it begins again without the transaction at fault. Raises
    Rejection where none is at fault.
    """
    places = list(range(len(payload.transactions)))
    while True:
        kept = replace(payload, transactions=tuple(payload.transactions[place] for place in places))
        try:
            return engine.apply(machine, kept, state)
        except Rejection as rejection:
            if rejection.transaction is None:
                raise
            place = places.pop(rejection.transaction)
            rejection.transaction = place
            leave_out(place, rejection)


def build(
    fork: Fork,
    context: BlockContext,
    state: FlatState,
    transactions: Sequence[Transaction | Rejection],
    is_bare: bool = False,
    traces: TraceKeeper | None = None,
    engine: InProcess | None = None,
) -> Transition:
    """Execute the transactions that are valid one after another, and what the chain does before and after them.

    ``is_bare`` leaves that out, as state tests do. ``engine``: who executes, the specification unless given. Raises
    InputError where a block hash is asked for but not given, and where an engine finds a block that cannot be closed.
    """
    rejected = {index: given for index, given in enumerate(transactions) if isinstance(given, Rejection)}
    places = [index for index in range(len(transactions)) if index not in rejected]
    payload = Payload(
        environment=context.environment,
        transactions=tuple(given for given in transactions if not isinstance(given, Rejection)),
        withdrawals=context.withdrawals,
        ommers=context.ommers,
        is_bare=is_bare,
    )

    def leave_out(index: int, rejection: Rejection) -> None:
        rejected[places[index]] = rejection

    machine = BuildingEvm(fork, traces)
    try:
        if engine is None:
            result = execute_block(machine, payload, state, leave_out)
        else:
            result = apply_leaving_out(engine, Evm(fork), payload, state, leave_out)
        machine.verify(payload, result.steps, state)
        after: FlatState = result.state()
    except Rejection as rejection:
        raise InputError(f"the block cannot be built from these accounts at all: {rejection}") from rejection
    access_list = access_list_of(result) if fork.has_access_list and not is_bare else None
    return Transition(
        fork=fork,
        context=context,
        result=result,
        state=after,
        rejected=dict(sorted(rejected.items())),
        block_rejection=machine.block_rejection,
        access_list=access_list,
    )
