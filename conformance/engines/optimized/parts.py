"""The engines of `optimized` that one engine of ours is made of: one for each machine, started by its first block."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from samestate.conformance.engines.known_state import listed_state
from samestate.conformance.engines.names import ACCESS_LIST
from samestate.conformance.engines.optimized import engine_id
from samestate.conformance.engines.optimized.evm import CompiledResult, evm_result
from samestate.conformance.engines.optimized.evm import packed_block as packed_evm_block
from samestate.conformance.engines.optimized.evm_states import CompiledStates, lacking_as_specified, world_of
from samestate.conformance.engines.optimized.machines import EVM, TOY, ForkBlock
from samestate.conformance.engines.optimized.plain import (
    EVM_CODES,
    TOY_CODES,
    orphan_storage,
    plain_state,
    python_result,
)
from samestate.conformance.engines.optimized.reading_ahead import ReadingAhead
from samestate.conformance.engines.optimized.text_tests import TextTests
from samestate.conformance.engines.optimized.toy import finished_result, packed_block
from samestate.conformance.engines.predictions import Predictions
from samestate.conformance.engines.protocol import AnyResult, EngineFailure, EngineTimeout
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.metering import meter
from samestate.optimized import Configuration, Engine, EngineError, MachineName
from samestate.optimized.errors import TimeLimitExceeded
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.stored import StoredWorld
from samestate.optimized.evm.world import World
from samestate.optimized.metrics import Metrics
from samestate.optimized.result import Result
from samestate.optimized.trace import TraceEvent
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.toy.block import Block as ToyBlock

if TYPE_CHECKING:
    from samestate.optimized.svm.result import SvmResult as CompiledSvmResult
    from samestate.spec.svm.block import Block as SvmBlock
    from samestate.spec.svm.machine import Svm
    from samestate.spec.svm.state import SvmState

COMPILED_EVM: Final = "evm"
COMPILED_SVM: Final = "svm"
COMPILED_TOY: Final = "toy"

Listener = Callable[[str, Metrics], None]
"""Told of the machine and the metrics of each block."""


class OptimizedBlocks:
    """Executes blocks of the specification's machines on `optimized`, under one configuration.

    ``trace`` has the schedules of all blocks so far, where the configuration says that they are kept. ``listener`` is
    told of each block, where there is one.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.trace: list[TraceEvent] = []
        self._engines: dict[str, Engine] = {}
        self._states = CompiledStates(self.configuration.workers)
        self._ahead = ReadingAhead()
        self._text_tests: TextTests | None = None
        self.listener: Listener | None = None

    def execute(self, machine: Any, block: Any, state: Any, predictions: Predictions | None) -> AnyResult:
        """See :class:`samestate.conformance.engines.in_process.Execute`."""
        try:
            if isinstance(machine, Evm) and self.configuration.kind == "threads":
                return verified(machine, block, self._evm(machine, block, state, predictions))
            if isinstance(machine, Evm):
                given = ForkBlock(name_fork(machine.fork), block)
                result = self._python(EVM, given, listed_state(machine, block, state), predictions)
                return verified(machine, block, python_result(result, EVM_CODES, state))
            if not isinstance(block, ToyBlock):
                return self._svm(machine, block, state)
            if self.configuration.kind == "processes":
                return verified(
                    machine, block, python_result(self._python(TOY, block, state, predictions), TOY_CODES, state)
                )
            result = self._engine(COMPILED_TOY, COMPILED_TOY).execute(packed_block(block, state))
            self._note(COMPILED_TOY, result)
            return finished_result(result, block, state)
        except TimeLimitExceeded as error:
            raise EngineTimeout(str(error)) from error
        except EngineError as error:
            raise EngineFailure(str(error)) from error

    def execute_packed(self, packed: PackedBlock, world: World) -> EvmResult:
        """What a block of the EVM does, both in the compiled machine's form. Raises EngineFailure."""
        try:
            result = cast(EvmResult, self._engine(COMPILED_EVM, COMPILED_EVM).execute(packed, world))
        except TimeLimitExceeded as error:
            raise EngineTimeout(str(error)) from error
        except EngineError as error:
            raise EngineFailure(str(error)) from error
        self._note(COMPILED_EVM, result)
        return result

    def close(self) -> None:
        """Give back the arenas. They are made anew for the next block."""
        while self._engines:
            self._engines.popitem()[1].close()
        if self._text_tests is not None:
            self._text_tests.close()
            self._text_tests = None

    def text_tests(self) -> TextTests | None:
        """What checks tests in the text of a document; None where the workers are no threads, or are to be traced."""
        if self.configuration.kind != "threads" or self.configuration.trace:
            return None
        if self._text_tests is None:
            self._text_tests = TextTests(self.configuration, self._id)
        return self._text_tests

    def root_of(self, state: Any) -> bytes:
        """See :class:`samestate.conformance.engines.protocol.RootsOfItsOwn`."""
        if isinstance(state, FlatState) and self.configuration.kind == "threads":
            return self._states.root_of(state)
        root: bytes = state.root()
        return root

    def _evm(self, machine: Evm, block: Payload, state: Any, predictions: Predictions | None) -> AnyResult:
        given: Predictions | bytes | None = predictions
        if self.configuration.strategy == ACCESS_LIST and block.access_list is not None:
            given = encode_access_list(block.access_list)  # which the engine reads itself
        packed = packed_evm_block(machine, block, given)
        world = self._states.world_of(state) or world_of(listed_state(machine, block, state))
        reads_ahead = isinstance(world, StoredWorld) and world.reads_ahead
        if isinstance(world, StoredWorld) and reads_ahead:
            world.read_ahead(self._ahead.keys(block))
        with lacking_as_specified():
            result = cast(EvmResult, self._engine(COMPILED_EVM, COMPILED_EVM).execute(packed, world))
        if reads_ahead:
            self._ahead.learn(block, result.steps)
        self._note(COMPILED_EVM, result)
        self._states.lend(result)
        return evm_result(result, block, state, self._states)

    def _svm(self, machine: Svm, block: SvmBlock, state: SvmState) -> AnyResult:
        from samestate.conformance.engines.optimized.svm import packed_block, svm_result, world_of  # nobody else's

        packed = packed_block(machine, block)
        found = self._engine(COMPILED_SVM, COMPILED_SVM).execute(packed, world_of(block, state))
        result = cast("CompiledSvmResult", found)
        self._note(COMPILED_SVM, result)
        made = svm_result(result, machine, block, state)
        machine.verify(block, made.steps, state)
        return made

    def _python(self, name: str, block: Any, state: Any, predictions: Predictions | None) -> Any:
        engine = self._engine(name, MachineName(name))
        result = engine.execute(block, plain_state(state), orphan_storage(state), predictions=predictions)
        self._note(COMPILED_EVM if name == EVM else COMPILED_TOY, result)
        return result

    @property
    def _id(self) -> str:
        return engine_id(self.configuration.strategy, self.configuration.kind)

    def _note(self, machine: str, result: Result) -> None:
        """Keep the schedule of a block, and enter its figures into the meter where that is on."""
        self.trace += result.trace
        if meter.is_on():
            meter.note_block(self._id, machine, result.metrics)
        if self.listener is not None:
            self.listener(machine, result.metrics)

    def _engine(self, name: str, machine: str | MachineName) -> Engine:
        if name not in self._engines:
            self._engines[name] = Engine(machine, self.configuration)
        return self._engines[name]


def verified(machine: Any, block: Any, result: AnyResult) -> AnyResult:
    """A result, once the block's access list has been judged by it: compiled engines do that too. Raises Rejection."""
    if not isinstance(result, CompiledResult):
        machine.verify(block, result.steps, result.before)
    elif machine.fork.has_access_list and not block.is_bare:
        result.verify()
    return result
