"""Running the cases of official fixtures on the specification, or on another engine in process."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from samestate.conformance.checking.comparing import (
    Disagreement,
    compare,
    compare_access_list,
    compare_receipt,
    compare_root,
    compare_state,
)
from samestate.conformance.checking.executor import BlockExecutor, Executor
from samestate.conformance.checking.stateless import compare_stateless
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.fixtures.blockchain_test import BlockchainTestCase, BlockEntry
from samestate.conformance.fixtures.cases import parse_state
from samestate.conformance.fixtures.copies import check_state_copy
from samestate.conformance.fixtures.exceptions import satisfies
from samestate.conformance.fixtures.filling_tools import reading_decides
from samestate.conformance.fixtures.forks import ForkSchedule
from samestate.conformance.fixtures.known_blocks import known_block, known_hash
from samestate.conformance.fixtures.payload import CallError, NewPayload
from samestate.conformance.fixtures.state_test import StateTestCase
from samestate.spec.evm.block import Block
from samestate.spec.evm.chain import Chain, EvmResult, encoded_access_list_of
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import encode_receipt, logs_hash
from samestate.spec.evm.state import FlatState, MissingCode
from samestate.spec.evm.transaction import decode_transaction
from samestate.spec.machine import Rejection
from samestate.spec.state.patricia import ordered_trie_root

STATE_TEST: Final = "state_test"
UNREACHABLE_DIFFICULTY: Final = 2**256


def run_state_test(case: StateTestCase, executor: BlockExecutor) -> Verdict:
    """Execute the transaction of a state test and compare what it left. Raises EngineFailure."""
    checks: list[str] = []
    try:
        _state_test(case, executor, checks)
    except Disagreement as difference:
        return Verdict(case.id, Result.FAILED, str(difference), case.fork.name, tuple(checks), STATE_TEST)
    return Verdict(case.id, Result.PASSED, "", case.fork.name, tuple(checks), STATE_TEST)


def _state_test(case: StateTestCase, executor: BlockExecutor, checks: list[str]) -> None:
    if case.post is not None and not case.exceptions:  # of a rejection is asked first whether there is one
        beside = parse_state(case.post_place, case.post)
        if executor.root_of(beside) != case.state_root:
            check_state_copy(case.post_place, case.post, case.state_root)
    try:
        transaction = decode_transaction(case.transaction)
        payload = Payload(environment=case.environment, transactions=(transaction,), is_bare=True)
        result = executor.apply(Evm(case.fork), payload, case.pre)
    except Rejection as rejection:
        checks.append("rejection")
        _rejected(rejection, case.exceptions)
        checks.append("state root")
        root = executor.root_of(case.pre)
        compare_root("state root after the rejection", case.state_root, case.pre, root, executor.name)
        if case.post is not None:
            beside = FlatState.from_alloc(case.post)
            compare("root of the accounts after the rejection", executor.root_of(beside), root)
        return
    if case.exceptions:
        checks.append("rejection")
        raise Disagreement(f"the transaction is valid, expected {' or '.join(case.exceptions)}")
    checks.append("logs hash")
    compare("logs hash", case.logs_hash, logs_hash(result.outcomes[0].logs), executor.name)
    if case.receipt is not None:
        checks.append("receipt")
        compare_receipt("receipt", case.receipt, encode_receipt(result.receipts[0]), executor.name)
    checks.append("state root")
    after = result.state()
    compare_state(case.state_root, after, executor.root_of(after), case.post, executor.name)


def _rejected(rejection: Rejection, expected: tuple[str, ...]) -> None:
    if not expected:
        raise Disagreement(f"rejected, expected valid: {rejection}") from rejection
    if not satisfies(rejection.code, expected):
        names = " or ".join(expected)
        raise Disagreement(f"rejected as {rejection.code.name}, expected {names}: {rejection}") from rejection


def run_blockchain_test(case: BlockchainTestCase, executor: BlockExecutor) -> Verdict:
    """Add the blocks of a blockchain test to a chain and compare what became of each. Raises EngineFailure."""
    checks: list[str] = []
    notes: list[str] = []
    result, reason = Result.PASSED, ""
    try:
        _blockchain_test(case, executor, checks, notes)
    except Disagreement as difference:
        result, reason = Result.FAILED, str(difference)
    note = f"{case.id}: {notes[0]}" if notes else ""
    compared = tuple(dict.fromkeys(checks))
    return Verdict(case.id, result, reason, case.schedule.name, compared, case.kind, note=note)


def _blockchain_test(case: BlockchainTestCase, executor: BlockExecutor, checks: list[str], notes: list[str]) -> None:
    try:
        genesis = known_block(case.genesis)
    except Rejection as rejection:
        raise Disagreement(f"genesis: rejected, expected valid: {rejection}") from rejection
    checks.append("genesis")
    if case.genesis_hash is not None:
        compare("genesis hash", case.genesis_hash, known_hash(genesis.header))
    root = executor.root_of(case.pre)
    compare_root("genesis state root", genesis.header.state_root, case.pre, root, executor.name)
    chain = Chain(case.chain_id, case.schedule, genesis, case.pre, executor.execute, known_block)
    for index, entry in enumerate(case.blocks):
        _deliver(f"block {index}", entry, chain, case.schedule, executor, checks, notes)
    checks.append("last block hash")
    compare("last block hash", case.last_block_hash, chain.head)
    head = chain.links[chain.head].state
    if not isinstance(head, FlatState):
        raise TypeError("a fixture's states are complete")
    if case.post is not None:
        # the header's root was compared already: this finds accounts that disagree with their own header
        checks.append("post state")
        compare_state(executor.root_of(FlatState.from_alloc(case.post)), head, executor.root_of(head), case.post)
    if case.post_state_root is not None:
        checks.append("post state")
        compare("post state root", case.post_state_root, executor.root_of(head))
    if case.sync is not None:
        _deliver("the block to sync to", case.sync, chain, case.schedule, executor, checks, notes)


def _deliver(
    where: str,
    entry: BlockEntry,
    chain: Chain,
    schedule: ForkSchedule,
    executor: BlockExecutor,
    checks: list[str],
    notes: list[str],
) -> None:
    """Give a block to the chain, as a payload where it comes as one, and compare what becomes of it."""
    results: list[EvmResult] = []
    try:
        if entry.call is not None and _is_refused(where, entry, entry.call, schedule, checks):
            return
        link = chain.add(entry.rlp, entry.access_list, results.append)
    except Rejection as rejection:
        checks.append("rejection")
        try:
            _rejected(rejection, entry.exceptions)
        except Disagreement as difference:
            raise Disagreement(f"{where}: {difference}{_receipts_differ(entry, results, executor.name)}") from rejection
        return
    if entry.exceptions:
        checks.append("rejection")
        raise Disagreement(f"{where}: accepted, expected {' or '.join(entry.exceptions)}")
    if entry.receipts is not None and ordered_trie_root(entry.receipts) != link.block.header.receipts_root:
        notes.append(f"{where}: its receipts have another root than its header, and the header decides")
        entry = replace(entry, receipts=None)
    _compare_block(where, entry, link.block, results[0], executor.name, checks)
    header = link.block.header
    fork = schedule(chain.links[header.parent_hash].total_difficulty, header.number, header.timestamp)
    if reading_decides(fork, (log for receipt in results[0].receipts for log in receipt.logs)):
        notes.append(f"{where}: EIP-6110 rejects the block for a deposit in it, which is read as its tool reads it")
    if entry.witness is not None and isinstance(executor, Executor):
        try:
            compare_stateless(where, link.block, fork, chain.chain_id, entry.witness, executor)
        except MissingCode as missing:
            hint = "such witnesses leave out codes of which only the hash is asked"
            notes.append(f"{where}: not executed from its witness: {missing}; {hint}")
        else:
            checks.append("execution witness")


def _is_refused(where: str, entry: BlockEntry, call: NewPayload, schedule: ForkSchedule, checks: list[str]) -> bool:
    """Whether the call is answered with an error code, the expected one. Raises Rejection for an invalid payload."""
    try:
        # every block that comes as a payload is of proof of stake: past any terminal difficulty
        call.check_call(schedule(UNREACHABLE_DIFFICULTY, call.payload.number, call.payload.timestamp))
    except CallError as error:
        checks.append("error code")
        if entry.error_code is None:
            expected = " or ".join(entry.exceptions) or "a valid payload"
            raise Disagreement(f"{where}: the call is an error, expected {expected}: {error}") from error
        if entry.error_code != error.code:
            raise Disagreement(f"{where}: expected the error code {entry.error_code}, but it is {error}") from error
        return True
    if entry.error_code is not None:
        checks.append("error code")
        raise Disagreement(f"{where}: the call is taken, expected the error code {entry.error_code}")
    checks.append("block hash")
    call.check_payload()
    return False


def _compare_block(where: str, entry: BlockEntry, block: Block, result: EvmResult, who: str, checks: list[str]) -> None:
    checks.append("header")
    if entry.hash is not None:
        compare(f"{where}: hash", entry.hash, known_hash(block.header))
    if entry.receipts is not None:
        checks.append("receipts")
        compare(f"{where}: number of receipts", len(entry.receipts), len(result.receipts), who)
        for number, (expected, receipt) in enumerate(zip(entry.receipts, result.receipts, strict=True)):
            compare_receipt(f"{where}: receipt {number}", expected, encode_receipt(receipt), who)
    if entry.access_list is not None:
        checks.append("block access list")
        compare_access_list(where, entry.access_list, encoded_access_list_of(result), who)


def _receipts_differ(entry: BlockEntry, results: list[EvmResult], who: str) -> str:
    """Which receipt differs first, where a block was rejected after it had been executed."""
    if not results or entry.receipts is None:
        return ""
    for number, (expected, receipt) in enumerate(zip(entry.receipts, results[0].receipts, strict=False)):
        try:
            compare_receipt(f"receipt {number}", expected, encode_receipt(receipt), who)
        except Disagreement as difference:
            return f"\n  {difference}"
    return ""
