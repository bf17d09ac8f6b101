"""One step of a transaction by the specification, from an opened position to the next instruction or to the end."""

from __future__ import annotations

from dataclasses import dataclass

from samestate.conformance.disputing.frames import (
    SEALED,
    STATE_GAS,
    FrameRecord,
)
from samestate.conformance.disputing.memory_pages import PAGE, NotOpened, OpenedMemory, ProofFails
from samestate.conformance.disputing.observing import Observer, Paused, begin_root, ended_root, running_root
from samestate.conformance.disputing.position import Facts, OpenedFrame, Position, TransactionResult, result_of
from samestate.conformance.disputing.substates import ENTRY, RestoredSubstate
from samestate.conformance.disputing.worlds import DisputedView
from samestate.spec.evm.frame import Frame, TransactionContext
from samestate.spec.evm.instructions.calls import resume_after_call
from samestate.spec.evm.instructions.creation import resume_after_creation
from samestate.spec.evm.interpreter import deploy_or_fail, end_creation, end_message, execute
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.rlp import MalformedRlp
from samestate.spec.evm.state import MissingWitness, WitnessState
from samestate.spec.evm.state_gas import StateGasFrame
from samestate.spec.evm.transaction import BlobTransaction, Transaction
from samestate.spec.evm.transaction_execution import Outcome, execute_transaction, finish_transaction
from samestate.spec.evm.validity import check_alone, effective_gas_price
from samestate.spec.evm.world import World
from samestate.spec.machine import Rejection, State
from samestate.spec.state.patricia import MalformedNode


@dataclass(frozen=True, slots=True)
class Stepped:
    """Where a step has led: the commitment to it, the result where the transaction has ended, and what was executed."""

    root: bytes
    result: TransactionResult | None
    opcode: int | None


class Step:
    """A step that is being executed: restored, run, and paused at the next instruction."""

    def __init__(self, facts: Facts, index: int, position: Position, states: tuple[State, State, State | None]) -> None:
        before, block_before, entry = states
        self.facts = facts
        self.transaction: Transaction = facts.transactions[index]
        self.position = position
        self.view = DisputedView(Evm(facts.fork), before, block_before, entry)
        self.observer = Observer(self.view, facts.digest(), position.began, self.told)
        self.to_pass = 0
        self.root = b""
        self.opcode: int | None = None
        if position.substate is not None:
            self.to_pass = 1
            self.restore()

    def told(self, observer: Observer, opcode: int) -> None:
        """An instruction is about to begin: the step's own one goes on."""
        if self.to_pass:
            self.to_pass -= 1
            self.opcode = opcode
            return
        self.root = observer.root()
        raise Paused

    def restore(self) -> None:
        """Make the frames of the position."""
        facts, transaction, position = self.facts, self.transaction, self.position
        assert position.substate is not None
        sender = check_alone(facts.fork, facts.environment, transaction)
        self.context = TransactionContext(
            fork=facts.fork,
            environment=facts.environment,
            world=World(self.view),
            substate=RestoredSubstate(position.substate, position.frames[0].entry),
            origin=sender,
            gas_price=effective_gas_price(facts.environment, transaction),
            blob_versioned_hashes=(
                transaction.blob_versioned_hashes if isinstance(transaction, BlobTransaction) else ()
            ),
            tracer=self.observer,
        )
        parent = position.rest
        for opened in reversed(position.frames):
            record = restored(self.context, opened)
            record.parent = parent
            parent = record.digest()
            self.observer.records.append(record)

    def run(self) -> Stepped:
        """Execute the step."""
        try:
            outcome = self.to_end()
        except Paused:
            return Stepped(self.root, None, self.opcode)
        except Rejection as rejection:
            result = TransactionResult(self.position.began, rejection.code.name)
            return Stepped(ended_root(result.digest()), result, None)
        result = result_of(outcome, self.view.root())
        return Stepped(ended_root(result.digest()), result, self.opcode)

    def to_end(self) -> Outcome:
        """Execute to the end of the transaction, which is only reached where no other instruction comes before it."""
        facts, records = self.facts, self.observer.records
        if self.position.substate is None:
            return execute_transaction(facts.fork, facts.environment, self.transaction, self.view, self.observer)
        while True:
            record = records[-1]
            frame = record.frame
            execute(frame)
            if frame.message.is_creation:
                if frame.halt is None:
                    deploy_or_fail(frame)
                end_creation(frame)
            else:
                end_message(frame)
            if frame.message.depth == 0:
                created = frame.message.target if frame.message.is_creation else None
                return finish_transaction(self.context, self.transaction, frame, created)
            if not records:
                raise NotOpened("the frame that began the one that ends")
            parent = records[-1].frame
            if frame.message.is_creation:
                resume_after_creation(parent, frame, frame.message.target)
            else:
                resume_after_call(parent, frame, *record.window)
            parent.program_counter += 1


def restored(context: TransactionContext, opened: OpenedFrame) -> FrameRecord:
    """A frame as it was opened."""
    frame: Frame
    if opened.state_gas:
        frame = StateGasFrame(context, opened.message, 0)
        for name, number in zip(STATE_GAS, opened.state_gas, strict=True):
            setattr(frame, name, number)
    else:
        frame = Frame(context, opened.message)
    frame.program_counter = opened.program_counter
    frame.gas_left = opened.gas_left
    sealed = opened.height - len(opened.items)
    frame.stack = [SEALED] * sealed + list(opened.items)
    content = bytearray(opened.memory_size)
    for page, data in opened.pages.items():
        content[page * PAGE : (page + 1) * PAGE] = data[: max(0, opened.memory_size - page * PAGE)]
        if any(data[max(0, opened.memory_size - page * PAGE) :]):
            raise ProofFails(f"memory: page {page} holds something behind the end of memory")
    frame.memory = OpenedMemory(content, frozenset(opened.pages))
    frame.return_data = opened.return_data
    frame.marks = (ENTRY, (ENTRY, 0, 0))
    return FrameRecord(
        frame,
        window=opened.window,
        entry_world=opened.entry_world,
        entry_substate=opened.entry_substate,
        entry_content=opened.entry,
        below=(opened.below, sealed),
        siblings=opened.siblings,
        sealed_memory=opened.memory,
    )


def states_of(facts: Facts, position: Position) -> tuple[State, State, State | None]:
    """The state where the step begins, the one before the block, and the one that a failure leads back to."""

    def state(root: bytes) -> WitnessState:
        return WitnessState(root, position.nodes, position.codes)

    entry = state(position.frames[0].entry_world) if position.frames else None
    return state(position.world), state(facts.state_root), entry


def root_of(facts: Facts, index: int, position: Position) -> bytes:
    """The commitment to a position. Raises NotOpened or ProofFails where it does not even fit itself."""
    if position.substate is None:
        return begin_root(facts.digest(), position.world)
    step = Step(facts, index, position, states_of(facts, position))
    records = step.observer.records
    entry = position.frames[0].entry
    if entry is not None and entry.digest() != position.frames[0].entry_substate:
        raise ProofFails("entry: the substate that a failure leads back to is not the one that was committed to")
    substate, frames = position.substate.digest(), records[-1].digest()
    return running_root(facts.digest(), position.began, position.world, substate, frames)


def step_from(facts: Facts, index: int, position: Position) -> Stepped:
    """Execute one step. Raises NotOpened where the position does not open all that the step uses."""
    try:
        return Step(facts, index, position, states_of(facts, position)).run()
    except MissingWitness as missing:
        raise NotOpened(str(missing)) from missing
    except (MalformedNode, MalformedRlp) as error:
        raise ProofFails(str(error)) from error
    except (TypeError, AttributeError, AssertionError) as error:
        raise NotOpened(f"an item of the stack or the entry of a frame: {error}") from error
