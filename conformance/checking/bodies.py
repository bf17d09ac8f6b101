"""Chains of vectors on engines outside that know nothing of headers: each block by itself, as those of fixtures."""

from __future__ import annotations

from samestate.conformance.checking.outside import NotSaid, OutsideExecutor
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.engines.protocol import Engine, EngineFailure
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.model import Vector, text


def check_bodies(vector: Vector, engine: Engine, missing: str) -> Verdict:
    """What becomes of a chain on an engine that is asked about the blocks which are executed at all.

    Headers are judged by the specification. A vector none of whose blocks gets as far as that says nothing about the
    engine: it is skipped, for what it is ``missing``.
    """
    case = vector.case
    executor = OutsideExecutor(engine.id, engine)
    chain = evm.VectorChain(case, executor.execute)
    try:
        for index, (block, expect) in enumerate(zip(case.blocks, vector.expected, strict=True)):
            written = chain.add(block).written
            if text(written, "status") != text(expect, "status"):
                reason = (
                    f"block {index}: expected {text(expect, 'status')}, the specification: {text(written, 'status')}"
                )
                return Verdict(case.id, Result.FAILED, reason, case.fork)
    except NotSaid as reason:
        return Verdict(case.id, Result.SKIPPED, str(reason), case.fork)
    except EngineFailure as failure:
        return Verdict(case.id, Result.FAILED, str(failure), case.fork)
    if not executor.executed:
        return Verdict(case.id, Result.SKIPPED, f"{missing}; and no block of it is executed", case.fork)
    return Verdict(case.id, Result.PASSED, "", case.fork, tuple(dict.fromkeys(executor.checks)))
