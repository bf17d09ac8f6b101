"""Executing a block by the specification as a party to a dispute: what to commit to after each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from samestate.conformance.disputing.observing import Observer, Paused, begin_root, ended_root
from samestate.conformance.disputing.position import Facts, TransactionResult, result_of
from samestate.conformance.disputing.worlds import DisputedView
from samestate.conformance.errors import InputError
from samestate.conformance.tracing.trace import LineTracer, TraceOptions
from samestate.conformance.tracing.traceable import TraceableBlock
from samestate.spec.evm.forks import FORKS
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import MissingWitness, RootUnavailable
from samestate.spec.evm.transaction_execution import execute_transaction
from samestate.spec.machine import Rejection, State
from samestate.spec.view import Ledger, StepView

LINES = TraceOptions(memory=True)


@dataclass(frozen=True, slots=True)
class Played:
    """A block, transaction by transaction: the states before each and after the last, and what each did."""

    states: tuple[State, ...]
    results: tuple[TransactionResult, ...]


def facts_of(block: TraceableBlock) -> Facts:
    """What both parties are given. Raises InputError where the game cannot be played over such a block."""
    if not any(fork is block.fork for fork in FORKS):
        raise InputError(f"the rules {block.fork.name} of this case are of no fork: a dispute is about a fork's own")
    try:
        root = block.before.root()
    except (RootUnavailable, MissingWitness) as error:
        raise InputError(f"a dispute takes the whole state before the block: {error}") from error
    return Facts(block.fork, block.payload.environment, block.payload.transactions, root)


def play_block(block: TraceableBlock) -> Played:
    """Execute the transactions of a block, one after another; those rejected are left out."""
    machine = Evm(block.fork)
    ledger = Ledger(machine, block.before)
    view = StepView(ledger)
    machine.open(block.payload, view)
    ledger.commit(-1, view)
    totals = machine.start(block.payload)
    states = [block.before.apply(ledger.values, ledger.wiped)]
    results: list[TransactionResult] = []
    for index, transaction in enumerate(block.payload.transactions):
        view = StepView(ledger)
        try:
            outcome = machine.execute(block.payload, transaction, view)
            if outcome.refusal is None:
                _, totals = machine.settle(block.payload, outcome, totals)
        except Rejection as rejection:
            states.append(states[-1])
            results.append(TransactionResult(states[-1].root(), rejection.code.name))
            continue
        if outcome.refusal is None:
            ledger.commit(index, view)
        states.append(block.before.apply(ledger.values, ledger.wiped))
        results.append(result_of(outcome, states[-1].root()))
    return Played(tuple(states), tuple(results))


@dataclass(frozen=True, slots=True)
class PlayedSteps:
    """A transaction, instruction by instruction: the commitments from before the first to the end, and the lines."""

    roots: tuple[bytes, ...]
    lines: tuple[str, ...]


class Both:
    """Two tracers at once. Implements :class:`samestate.spec.evm.frame.Tracer`."""

    def __init__(self, first: Observer, second: LineTracer) -> None:
        self.tracers = (first, second)

    def enter(self, frame: Frame) -> None:
        """A frame begins."""
        for tracer in self.tracers:
            tracer.enter(frame)

    def step(self, frame: Frame, opcode: int) -> None:
        """An instruction begins."""
        for tracer in self.tracers:
            tracer.step(frame, opcode)

    def leave(self, frame: Frame) -> None:
        """A frame has ended."""
        for tracer in self.tracers:
            tracer.leave(frame)


def play_transaction(block: TraceableBlock, index: int, before: State) -> PlayedSteps:
    """Execute one transaction on the state before it."""
    view = DisputedView(Evm(block.fork), before, block.before)
    facts = facts_of(block).digest()
    roots = [begin_root(facts, before.root())]
    lines: list[str] = []

    def told(observer: Observer, opcode: int) -> None:
        roots.append(observer.root())

    tracer = Both(Observer(view, facts, before.root(), told), LineTracer(lines.append, LINES))
    transaction = block.payload.transactions[index]
    try:
        outcome = execute_transaction(block.fork, block.payload.environment, transaction, view, tracer)
        result = result_of(outcome, view.root())
    except Rejection as rejection:
        result = TransactionResult(before.root(), rejection.code.name)
    roots.append(ended_root(result.digest()))
    return PlayedSteps(tuple(roots), tuple(lines))


def at_step(
    block: TraceableBlock, index: int, before: State, wanted: int, look: Callable[[Observer, int], None]
) -> None:
    """Look at a transaction just before its instruction of that number, from 1."""
    view = DisputedView(Evm(block.fork), before, block.before)
    left = [wanted]

    def told(observer: Observer, opcode: int) -> None:
        left[0] -= 1
        if not left[0]:
            look(observer, opcode)
            raise Paused

    try:
        transaction = block.payload.transactions[index]
        observer = Observer(view, facts_of(block).digest(), before.root(), told)
        execute_transaction(block.fork, block.payload.environment, transaction, view, observer)
    except Paused:
        return
