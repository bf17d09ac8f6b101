"""The trace of a transaction by the compiled EVM: the same lines as the specification's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from samestate.conformance.engines.known_state import listed_state
from samestate.conformance.engines.optimized.evm import packed_block, spec_outcome
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.engines.optimized.plain import EVM_CODES, raise_rejection
from samestate.conformance.errors import InputError
from samestate.conformance.tracing.trace import TraceOptions, summary_of, summary_of_rejection, to_line
from samestate.conformance.tracing.traceable import TraceableBlock, check_transaction
from samestate.optimized import Configuration, EngineError
from samestate.optimized.evm.engine import EvmEngine, Traced
from samestate.spec.evm.halts import OutOfStateGas
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import MissingWitness, RootUnavailable
from samestate.spec.machine import Rejection


def trace_compiled(
    block: TraceableBlock, wanted: int, write: Callable[[str], object], options: TraceOptions
) -> Rejection | None:
    """See :func:`samestate.conformance.tracing.traceable.trace_transaction`."""
    check_transaction(block, wanted)
    transactions = block.payload.transactions[: wanted + 1]
    with EvmEngine(Configuration(strategy="sequential")) as engine:
        while True:
            payload = replace(block.payload, transactions=transactions)
            traced = run(engine, block, payload, options)
            try:
                raise_rejection(traced.result.rejection, EVM_CODES)
                break
            except Rejection as rejection:
                if rejection.transaction in (None, len(transactions) - 1):
                    write(to_line(summary_of_rejection(rejection, block.fork.name)))
                    return rejection
                # one before it, as an invalid block may have: it is left out
                transactions = transactions[: rejection.transaction] + transactions[rejection.transaction + 1 :]
    result = traced.result
    outcome = spec_outcome(transactions[-1], result.outcomes[-1])
    if traced.lacked_state_gas:
        outcome = outcome._replace(halt=OutOfStateGas())
    root = None
    with contextlib.suppress(RootUnavailable, MissingWitness):
        root = block.before.apply(dict(result.changes), tuple(result.wipes)).root()
    write(traced.lines)
    write(to_line(summary_of(outcome, traced.output if outcome.created else outcome.output, block.fork, root)))
    return None


def run(engine: EvmEngine, block: TraceableBlock, payload: Payload, options: TraceOptions) -> Traced:
    """Trace the last transaction of a payload."""
    machine = Evm(block.fork)
    try:
        world = world_of(listed_state(machine, payload, block.before))
        return engine.trace(
            packed_block(machine, payload, None),
            world,
            stack=options.stack,
            memory=options.memory,
            return_data=options.return_data,
        )
    except MissingWitness as error:
        raise InputError(f"the state before the block is not enough to execute it: {error}") from error
    except EngineError as error:
        raise InputError(f"the compiled EVM cannot execute it: {error}") from error
