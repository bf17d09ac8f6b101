"""The compiled workers under the explorer: the test build of `optimized`, in which a hook stands before every action.

What is explored is what ships, but for the hook: the same sources, the same worker loop, one worker at a time, each
in a greenlet of its own. The same build has seeded bugs, one of which at a time can be switched on.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache, partial
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from samestate.conformance.engines.optimized.evm import evm_result
from samestate.conformance.engines.optimized.evm import plain_block as plain_evm_block
from samestate.conformance.engines.optimized.parts import verified
from samestate.conformance.engines.optimized.plain import plain_state
from samestate.conformance.engines.optimized.svm import fill_world, svm_result
from samestate.conformance.engines.optimized.svm import plain_block as plain_svm_block
from samestate.conformance.engines.optimized.toy import plain_block, toy_result
from samestate.conformance.engines.predictions import Predictions, predictions_of
from samestate.conformance.engines.protocol import AnyResult
from samestate.conformance.exploring.apart import SeparateProcess
from samestate.conformance.exploring.variants import CHECKOUT, load
from samestate.conformance.vectors.toy import machine_of
from samestate.reference.difference import Ending, end_of, judge, right_end_of
from samestate.reference.explorer import IDLE, Kind, Label, Point, Violation, Worker
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.chain import access_list_of
from samestate.spec.evm.halts import Halt, OutOfGas
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.svm.block import Block as SvmBlock
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.state import SvmState
from samestate.spec.toy.block import Block
from samestate.spec.toy.state import ToyState
from samestate.spec.transition import BlockResult, apply_block

LOOKS: Final = re.compile(r"\.(load|find|again|head|place)$|^memory\.(read|validate)\.|^memory\.(execution|base)$")
"""The actions that only read what workers share."""
OWN: Final = frozenset({"arena.reserve", "memory.base.loaded"})
"""The actions that no other worker could notice: where in the arena something lies is nobody's business."""

EXECUTED_ONCE: Final = "with right declarations nothing is executed twice"
"""What `locks` and `waves` promise, besides a right result."""

IN_PIECES: Final = "from the right access list a block is executed in pieces"
"""What a list is for."""

NO_LIMIT: Final = 1e6
"""Seconds, so that no run under the explorer ends because time is up."""

NOTHING: Final = 0
"""No seeded bug."""


@dataclass(frozen=True, slots=True)
class SeededBug:
    """One of the bugs that the explored build has, by the number that switches it on."""

    number: int
    name: str
    description: str


@lru_cache(maxsize=1024)
def label(name: str) -> Label:
    """What the explorer calls the action of that name in the compiled sources."""
    if name.endswith(".idle"):
        return IDLE
    if name in OWN:
        return Label(name, Kind.OWN)
    return Label(name, Kind.LOOK if LOOKS.search(name) else Kind.ACT)


@lru_cache(maxsize=4)
def seeded_bugs(room: str = "core") -> dict[str, SeededBug]:
    """All seeded bugs of a room of the sources by name, as its header lists them."""
    text = (CHECKOUT / "optimized" / room / "mutants.hpp").read_text(encoding="utf-8")
    rows = re.findall(r"^ +([A-Z_]+) = ([1-9]\d*), *// (.+)$", text, re.MULTILINE)
    names = {row[0]: row[0].lower().replace("_", "-") for row in rows}
    return {names[row[0]]: SeededBug(int(row[1]), names[row[0]], row[2]) for row in rows}


@lru_cache(maxsize=64)
def part(name: str, progress: Callable[[str], None] = print) -> ModuleType:
    """A module of the explored build, such as ``toy.running``; compiled first where that is needed.

    Raises VariantError where it cannot be built.
    """
    return import_module(f"{load('explored', progress).__name__}.{name}")


@cache
def apart() -> SeparateProcess:
    """The process in which programs with a seeded bug are run. It ends with this one.

    Raises VariantError where the explored build cannot be made.
    """
    part("core.explored")  # so that building takes none of the first call's time
    return SeparateProcess()


def plain_result(result: BlockResult[Any, Any, Any, Any]) -> BlockResult[Any, Any, Any, Any]:
    """A result without what only some engines say."""
    return BlockResult(**{field.name: getattr(result, field.name) for field in fields(BlockResult)})


class CompiledProgram(ABC):
    """Compiled workers on one block, as the explorer runs them: again and again, from the beginning.

    ``bug``: the number of the seeded bug that is switched on from the laying out of the block to the last worker's end.
    """

    def __init__(self, workers: int, bug: int = NOTHING) -> None:
        self.workers = workers
        self.bug = bug
        self.control: Any = part("core.explored")

    @abstractmethod
    def lay_out(self) -> None:
        """Prepare the block, anew, in an empty arena."""

    @abstractmethod
    def work(self, number: int) -> None:
        """Be a worker until the block is done."""

    @abstractmethod
    def broken_invariant(self) -> str | None:
        """The name of what does not hold at the moment, of all that always must."""

    @abstractmethod
    def judge(self) -> None:
        """Compare the result with what is right. Raises Violation."""

    def start(self, point: Point) -> Sequence[Worker]:
        """See :class:`samestate.reference.explorer.Program`."""
        self.control.set_hook(None)
        self.control.set_mutant(self.bug)
        self.lay_out()
        self.control.set_hook(point, label)
        return [partial(self.work, number) for number in range(self.workers)]

    def inspect(self) -> None:
        """See :class:`samestate.reference.explorer.Program`."""
        broken = self.broken_invariant()
        if broken is not None:
            raise Violation(broken, "after an action of a compiled worker")

    def finish(self) -> None:
        """See :class:`samestate.reference.explorer.Program`."""
        self.control.set_hook(None)
        self.control.set_mutant(NOTHING)
        self.inspect()
        self.judge()


class ToyProgram(CompiledProgram):
    """A block of the toy machine; what is right is what the specification says, access record and rejections included.

    ``right_declarations``: what each transaction will read and write is known, instead of what the block declares. The
    access list that a strategy needs is the block's own.
    """

    def __init__(
        self,
        block: Block,
        state: ToyState,
        strategy: str = "block-stm",
        workers: int = 2,
        bug: int = NOTHING,
        right_declarations: bool = False,
    ) -> None:
        super().__init__(workers, bug)
        self.block = block
        self.state = state
        self.control.set_hook(None)
        self.control.set_mutant(NOTHING)
        self.right = right_end_of(lambda: apply_block(machine_of(block), block, state))
        self.declared = right_accesses(self.right) if right_declarations else None
        self.packed = part("toy.packing").pack(*plain_block(block, state))
        self.run = part("toy.running").ToyRun(arena(), workers, strategy)

    def lay_out(self) -> None:
        """See :class:`CompiledProgram`."""
        self.run.begin(self.packed, time_limit=NO_LIMIT, expected=self.declared)

    def work(self, number: int) -> None:
        """See :class:`CompiledProgram`."""
        self.run.work(number)

    def broken_invariant(self) -> str | None:
        """See :class:`CompiledProgram`."""
        broken: str | None = self.run.broken_invariant()
        return broken

    def judge(self) -> None:
        """See :class:`CompiledProgram`."""
        given = end_of(lambda: toy_result(self.run.finish(), self.block, self.state))
        judge(self.right, given)
        if self.declared is not None:
            executions = self.run.figures()["executions"]
            if max(executions, default=1) > 1:
                raise Violation(EXECUTED_ONCE, f"executions of each transaction: {executions}")


class SvmProgram(CompiledProgram):
    """A block of Solana's machine; what is right is what the specification says. Signatures are not looked at.

    ``versions``: whether accounts lie in versioned memory, and not in place. ``pieces``: whether stretches of the block
    that share no account are executed without any order.
    """

    def __init__(
        self,
        machine: Svm,
        block: SvmBlock,
        state: SvmState,
        strategy: str = "locks",
        workers: int = 2,
        bug: int = NOTHING,
        versions: bool = False,
        pieces: bool = True,
    ) -> None:
        super().__init__(workers, bug)
        self.machine, self.block, self.state = machine, block, state
        self.control.set_hook(None)
        self.control.set_mutant(NOTHING)
        self.right = right_end_of(lambda: apply_block(machine, block, state))
        self.packed = part("svm.packing").PackedBlock(*plain_svm_block(machine, block))
        self.world = part("svm.world").World()
        fill_world(self.world, block, state)
        self.job = part("svm.block_job").BlockJob()
        self.strategy, self.versions, self.pieces = strategy, versions, pieces
        self.run = part("svm.running").SvmRun(arena(), workers, strategy)

    def lay_out(self) -> None:
        """See :class:`CompiledProgram`."""
        self.run.begin(
            self.job,
            self.packed,
            self.world,
            self.strategy,
            NO_LIMIT,
            verifies=False,
            versions=self.versions,
            pieces=self.pieces,
        )

    def work(self, number: int) -> None:
        """See :class:`CompiledProgram`."""
        self.run.work(number)

    def broken_invariant(self) -> str | None:
        """See :class:`CompiledProgram`."""
        broken: str | None = self.run.broken_invariant()
        return broken

    def finish(self) -> None:
        """See :class:`CompiledProgram`. What is left to be executed in order has the seeded bug too."""
        self.control.set_hook(None)
        self.run.finish()
        super().finish()

    def judge(self) -> None:
        """See :class:`CompiledProgram`."""
        result = part("svm.result").SvmResult(self.job, True, 1, 200)
        judge(self.right, end_of(lambda: plain_result(svm_result(result, self.machine, self.block, self.state))))


class EvmProgram(CompiledProgram):
    """A block of the EVM; what is right is what the specification says, its verdict on the access list included.

    Codes and senders are found out anew in each run, since whoever finds one passes points of its own.
    ``run_length``: how many transactions a worker takes at once at most; 0: as the engine would.
    """

    def __init__(
        self,
        machine: Evm,
        block: Payload,
        state: FlatState,
        strategy: str = "block-stm",
        workers: int = 2,
        bug: int = NOTHING,
        predictions: Predictions | None = None,
        run_length: int = 0,
    ) -> None:
        super().__init__(workers, bug)
        self.run_length = run_length
        self.machine = machine
        self.block = block
        self.state = state
        self.control.set_hook(None)
        self.control.set_mutant(NOTHING)
        self.right = right_end_of(lambda: apply_block(machine, block, state))
        self.given = plain_evm_block(machine, block, predictions or predictions_of(block)), plain_state(state)
        self.run = part("evm.running").EvmRun(arena(), workers, strategy)

    def lay_out(self) -> None:
        """See :class:`CompiledProgram`, here and below."""
        block, state = self.given
        world = part("evm.world").World()
        world.apply(state)
        self.run.begin(part("evm.packing").pack(*block), world, time_limit=NO_LIMIT, run_length=self.run_length)

    def work(self, number: int) -> None:
        self.run.work(number)

    def broken_invariant(self) -> str | None:
        broken: str | None = self.run.broken_invariant()
        return broken

    def finish(self) -> None:
        """The closing step is run here, with the bug if there is one."""
        self.control.set_hook(None)
        self.inspect()
        given = end_of(self._result)
        self.control.set_mutant(NOTHING)
        judge(comparable(self.right), comparable(given))

    def judge(self) -> None:
        judge(comparable(self.right), comparable(end_of(self._result)))

    def _result(self) -> AnyResult:
        return verified(self.machine, self.block, evm_result(self.run.finish(), self.block, self.state))


class EvmPiecesProgram(EvmProgram):
    """A block of the EVM in pieces that start from what the list of its execution says, or a list with wrong slots.

    ``is_wrong``: whether to take the wrong one. ``is_listed``: whether to take any: else pieces are taken for
    independent. Pieces that count for nothing are as good as right: the block is run
    in another way then. From the right list of a block that is in order nothing may be discarded, where the fork has
    lists: before, a list did not say all that storage may do.
    """

    def __init__(
        self,
        machine: Evm,
        block: Payload,
        state: FlatState,
        workers: int = 2,
        bug: int = NOTHING,
        is_wrong: bool = False,
        is_listed: bool = True,
    ) -> None:
        super().__init__(machine, block, state, "access-list", workers, bug)
        self.may_conflict = is_wrong or not is_listed
        self.proposed: bytes | None = None
        if is_listed:
            self.proposed = b"" if isinstance(self.right, Exception) else encoded_list(self.right, is_wrong)
        self.pieces = part("evm.pieces").EvmPieces(arena(), workers, "access-list")

    def lay_out(self) -> None:
        """See :class:`CompiledProgram`, here and below."""
        block, state = self.given
        world = part("evm.world").World()
        world.apply(state)
        packed = part("evm.packing").pack(*block)
        self.pieces.begin(self.run, packed, world, self.proposed, time_limit=NO_LIMIT)

    def work(self, number: int) -> None:
        self.pieces.work(number)

    def broken_invariant(self) -> str | None:
        return None

    def finish(self) -> None:
        self.control.set_hook(None)
        result = self.pieces.finish()
        self.control.set_mutant(NOTHING)
        if result is not None:
            judge(
                comparable(self.right),
                comparable(
                    end_of(lambda: verified(self.machine, self.block, evm_result(result, self.block, self.state)))
                ),
            )
        elif not self.may_conflict and not isinstance(self.right, Exception) and self.machine.fork.has_access_list:
            raise Violation(IN_PIECES, self.pieces.discarded)


def encoded_list(result: BlockResult[Any, Any, Any, Any], with_wrong_slots: bool) -> bytes:
    """The block access list of an executed block, of whatever fork. A wrong one has no right value of a slot."""
    listed = access_list_of(result)
    if with_wrong_slots:
        listed = tuple(
            account._replace(
                storage_changes=tuple(
                    entry._replace(changes=tuple((index, value ^ 1) for index, value in entry.changes))
                    for entry in account.storage_changes
                )
            )
            for account in listed
        )
    return encode_access_list(listed)


def comparable(ending: Ending) -> Ending:
    """How a block of the EVM ended, its halts by their names: they are exceptions, each equal to itself alone.

    Of which kind the gas was that ran out, the compiled machine does not say.
    """
    if isinstance(ending, Exception):
        return ending
    named = tuple((outcome._replace(halt=None), halt_name(outcome.halt)) for outcome in ending.outcomes)
    told = {field.name: getattr(ending, field.name) for field in fields(BlockResult)}
    return BlockResult(**{**told, "outcomes": named})


def halt_name(halt: Halt | None) -> str:
    """What a halt is called, one kind of gas like the other."""
    return OutOfGas.__name__ if isinstance(halt, OutOfGas) else type(halt).__name__


def right_accesses(right: Ending) -> list[tuple[list[bytes], list[bytes]]] | None:
    """What each transaction reads and what it writes, by the specification; None for a block that is rejected.

    A credit to a key that somebody reads is a write, and one that nobody reads is none: it conflicts with nothing.
    """
    if isinstance(right, Exception):
        return None
    read = {key for step in right.steps for key in step.reads}
    return [
        (list(step.reads), [*step.writes, *(key for key in step.credits if key in read)]) for step in right.steps[1:-1]
    ]


@cache
def arena() -> Any:
    """One arena for all blocks: each begins by emptying it."""
    return part("core.arena").SharedArena.create(1 << 24)
