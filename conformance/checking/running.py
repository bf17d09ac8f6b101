"""Running one case of a fixture or a block file on an engine: whatever form the case has, whatever engine it is."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path
from typing import Final

from samestate.conformance.checking.blocks import run_block
from samestate.conformance.checking.encodings import kind_of_encoding, run_encoding_test
from samestate.conformance.checking.executor import Executor
from samestate.conformance.checking.outside import NotSaid, OutsideExecutor
from samestate.conformance.checking.state_and_chain import (
    STATE_TEST,
    run_blockchain_test,
    run_state_test,
)
from samestate.conformance.checking.transactions import KIND as TRANSACTION_TEST
from samestate.conformance.checking.transactions import run_transaction_test
from samestate.conformance.checking.verdict import BLOCK, Result, Verdict
from samestate.conformance.engines.names import SPEC
from samestate.conformance.engines.protocol import Engine, EngineFailure, InProcess, Needs
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.block_file import BlockFileCase
from samestate.conformance.fixtures.blockchain_test import BlockchainTestCase
from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.load import Case
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.fixtures.state_test import StateTestCase
from samestate.conformance.fixtures.transaction_test import TransactionTestCase
from samestate.conformance.vectors import evm
from samestate.spec.evm.alloc import MalformedAlloc
from samestate.spec.evm.fork import Fork

FRAMES_SHOWN: Final = 3

HOLDS_NO_BLOCK: Final = "the case holds no block, and so nothing for an engine to execute"
NONE_EXECUTED: Final = "no block of the case gets as far as being executed: what is wrong is found before"

WithBlocks = StateTestCase | BlockchainTestCase | BlockFileCase
"""A case with blocks that an engine executes. The others are about encodings, and the specification's alone."""


def run_case(case: Case | Skipped, id: str, engine: Engine) -> Verdict:
    """What becomes of a case on the engine of that id.

    A crash is a failure like any other, and says where it happened. Raises InputError where the case is malformed.
    """
    if isinstance(case, Skipped):
        return Verdict(case.id, Result.SKIPPED, case.reason, engine=id)
    fork, kind = ", ".join(sorted(forks_of(case))), kind_of(case)
    try:
        if isinstance(case, WithBlocks):
            return _run_blocks(case, id, engine)
        if id != SPEC:
            return Verdict(case.id, Result.SKIPPED, HOLDS_NO_BLOCK, fork, kind=kind, engine=id)
        return run_transaction_test(case) if isinstance(case, TransactionTestCase) else run_encoding_test(case)
    except MalformedAlloc as error:
        raise InputError(f"{case.id}: postState: {error}") from error
    except InputError:
        raise
    except Exception as error:
        return Verdict(case.id, Result.FAILED, describe_crash(error, id), fork, (), kind, id)


def _run_blocks(case: WithBlocks, id: str, engine: Engine) -> Verdict:
    fork, kind = ", ".join(sorted(forks_of(case))), kind_of(case)
    lacking = engine.capabilities.lacking(needs_of(case)) if id != SPEC else ""
    if lacking:
        return Verdict(case.id, Result.SKIPPED, lacking, fork, kind=kind, engine=id)
    executor = Executor(id, engine) if isinstance(engine, InProcess) else OutsideExecutor(id, engine)
    try:
        match case:
            case StateTestCase():
                verdict = run_state_test(case, executor)
            case BlockchainTestCase():
                verdict = run_blockchain_test(case, executor)
            case BlockFileCase():
                verdict = run_block(case, executor)
    except NotSaid as reason:
        return Verdict(case.id, Result.SKIPPED, str(reason), fork, kind=kind, engine=id)
    except EngineFailure as failure:
        compared = executor.checks if isinstance(executor, OutsideExecutor) else ()
        return Verdict(case.id, Result.FAILED, str(failure), fork, tuple(dict.fromkeys(compared)), kind, id)
    if id != SPEC and not executor.executed and verdict.result is Result.PASSED:
        return Verdict(case.id, Result.SKIPPED, NONE_EXECUTED, verdict.fork, kind=kind, engine=id)
    checks = executor.checks if isinstance(executor, OutsideExecutor) else verdict.checks
    return replace(verdict, id=case.id, checks=tuple(dict.fromkeys(checks)), kind=kind, engine=id)


def needs_of(case: WithBlocks) -> Needs:
    """What a case takes of an engine in process, which is given the fork itself, with whatever parameters."""
    rules = frozenset(map(_rules_called, _forks(case)))
    has_lists = isinstance(case, BlockchainTestCase) and all(entry.access_list is not None for entry in case.blocks)
    return Needs(evm.NAME, rules, has_lists=has_lists)


def _rules_called(fork: Fork) -> str:
    """The name of a fork's rules among engines. Rules that a user brings along have none that another engine knows."""
    try:
        return name_fork(fork).rules
    except ValueError:
        return f"{fork.name}, which has rules of its own"


def _forks(case: WithBlocks) -> tuple[Fork, ...]:
    if isinstance(case, BlockchainTestCase):
        return tuple(fork for fork in (case.schedule.first, case.schedule.then) if fork is not None)
    return (case.fork,)


def forks_of(case: Case | Skipped) -> frozenset[str]:
    """The names of the forks that rule a case."""
    if isinstance(case, WithBlocks):
        return frozenset(fork.name for fork in _forks(case))
    return frozenset({case.fork.name}) if isinstance(case, TransactionTestCase) else frozenset()


def kind_of(case: Case) -> str:
    """What the form of a case is called."""
    match case:
        case StateTestCase():
            return STATE_TEST
        case BlockchainTestCase():
            return case.kind
        case TransactionTestCase():
            return TRANSACTION_TEST
        case BlockFileCase():
            return BLOCK
        case _:
            return kind_of_encoding(case)


def describe_crash(error: Exception, engine: str = SPEC) -> str:
    """An exception that nobody expected, whose it is, and the last places that it came through."""
    who = "the specification" if engine == SPEC else engine
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_SHOWN:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in reversed(frames))
    return f"{who} crashed: {type(error).__name__}: {error} ({places})"
