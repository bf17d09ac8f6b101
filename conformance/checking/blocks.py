"""Running real blocks on an engine in process: each by itself, and headers against those of their parents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from samestate.conformance.checking.comparing import show
from samestate.conformance.checking.executor import BlockExecutor
from samestate.conformance.checking.verdict import BLOCK, Result, Verdict
from samestate.conformance.fixtures.block_file import BlockFileCase
from samestate.conformance.fixtures.networks import Network, find_network
from samestate.spec.evm.block import Block, Header, encode_block
from samestate.spec.evm.chain import EvmResult, access_list_claims, body_claims, claims, to_payload
from samestate.spec.evm.fork import Fork, HeaderRule
from samestate.spec.evm.header_rules import (
    check_difficulty,
    check_extra_data,
    check_fields,
    check_gas_used,
    check_post_merge_constants,
)
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import MissingWitness
from samestate.spec.machine import Rejection
from samestate.spec.state.patricia import MalformedNode

OF_ONE_HEADER: Final[tuple[HeaderRule, ...]] = (
    check_fields,
    check_extra_data,
    check_gas_used,
    check_post_merge_constants,
)
"""The rules of headers that do not look at the parent."""

OF_A_WHOLE_PARENT: Final[tuple[HeaderRule, ...]] = (check_difficulty,)
"""The rules of headers that look at something in the parent which block files from before Paris leave out."""


@dataclass(frozen=True, slots=True)
class BlockSummary:
    """What a block that was run leaves for the block after it.

    ``is_whole`` says whether the header has every field.
    """

    chain_id: int
    header: Header
    is_whole: bool


def summary_of(case: BlockFileCase) -> BlockSummary:
    """What the blocks after this one are compared with."""
    return BlockSummary(case.chain_id, case.header, knows_ommers(case))


def knows_ommers(case: BlockFileCase) -> bool:
    """Whether the block's ommers are known: a block of proof of stake has none, a file of another leaves them out."""
    return case.names_ommers or check_post_merge_constants in case.fork.header_rules


def run_block(case: BlockFileCase, executor: BlockExecutor) -> Verdict:
    """Execute a block and compare all that its header says and the data allows to compute. Raises EngineFailure."""
    checks: list[str] = []
    differences: list[str] = []
    try:
        for difference in _differences(case, executor, checks):
            differences.append(difference)
    except (MissingWitness, MalformedNode) as problem:
        differences.append(str(problem))
    except Rejection as rejection:
        differences.append(_rejected(rejection))
    result = Result.FAILED if differences else Result.PASSED
    return Verdict(case.id, result, "\n".join(differences), case.fork.name, tuple(checks), BLOCK)


def _rejected(rejection: Rejection) -> str:
    at = f"transaction {rejection.transaction}: " if rejection.transaction is not None else ""
    return f"rejected, expected valid: {at}{rejection}"


def _differences(case: BlockFileCase, executor: BlockExecutor, checks: list[str]) -> Iterator[str]:
    block = case.block()
    for header_rule in case.fork.header_rules:
        if header_rule in OF_ONE_HEADER:
            header_rule(case.fork, case.header, case.header)
    checks.append("header by itself")
    if case.parent is not None:
        yield from against_parent(case.fork, case.header, case.parent, True, checks)
    for claim in body_claims(block):
        if claim.name != "ommers hash" or case.names_ommers:
            checks.append(claim.name)
            if not claim.holds:
                yield _difference(claim.name, claim.claimed, claim.computed, "the specification")
    size = len(encode_block(block))
    for block_rule in case.fork.block_rules:
        block_rule(case.fork, block, size)
    result = executor.apply(Evm(case.fork), to_payload(block, case.chain_id, case.block_hashes), case.state)
    yield from _execution_differences(case, block, result, executor.name, checks)


def _execution_differences(
    case: BlockFileCase, block: Block, result: EvmResult, who: str, checks: list[str]
) -> Iterator[str]:
    header = block.header
    for claim in (*claims(header, result), *access_list_claims(header, result)):
        checks.append(claim.name)
        if not claim.holds:
            yield _difference(claim.name, claim.claimed, claim.computed, who)
    if case.has_witness and knows_ommers(case):
        checks.append("state root")
        root = result.state().root()
        if header.state_root != root:
            yield _difference("state root", header.state_root, root, who)


def _difference(name: str, claimed: bytes | int | None, computed: bytes | int | None, who: str) -> str:
    return f"{name}: the header says {show(claimed)}, {who} gives {show(computed)}"


def against_parent(
    fork: Fork, header: Header, parent: Header, parent_is_whole: bool, checks: list[str]
) -> Iterator[str]:
    """What is wrong with a header as the successor of its parent's."""
    for rule in fork.header_rules:
        if rule in OF_ONE_HEADER or (rule in OF_A_WHOLE_PARENT and not parent_is_whole):
            continue
        name = rule.__name__.removeprefix("check_").replace("_", " ")
        checks.append(f"{name} after parent")
        try:
            rule(fork, parent, header)
        except Rejection as rejection:
            yield f"{name} after parent: {rejection}"


def compare_series(blocks: Iterable[tuple[BlockSummary, Verdict]], chain: Network | None = None) -> list[Verdict]:
    """The verdicts on blocks, with what headers of the same chain say about one another.

    A parent is found by its hash, which then vouches for its whole header; where a header is not whole, by its number.
    """
    given = list(blocks)
    by_hash: dict[bytes, BlockSummary] = {}
    by_number: dict[tuple[int, int], BlockSummary] = {}
    for block, _ in given:
        if block.is_whole:
            by_hash[block.header.hash()] = block
        else:
            by_number[block.chain_id, block.header.number] = block
    named = {block.header.parent_hash for block, _ in given}
    verdicts: list[Verdict] = []
    for block, verdict in given:
        checks = list(verdict.checks)
        differences = [verdict.reason] if verdict.reason else []
        if block.is_whole and block.header.hash() in named:
            checks.append("hash, by its child")
        parent = by_hash.get(block.header.parent_hash) or by_number.get((block.chain_id, block.header.number - 1))
        if parent is not None and verdict.checks and "number after parent" not in checks:
            header = block.header
            network = find_network(verdict.id, block.chain_id, chain)
            fork = network.fork_at(header.number, header.timestamp, header.difficulty)
            differences += against_parent(fork, block.header, parent.header, parent.is_whole, checks)
        result = Result.FAILED if differences else verdict.result
        verdicts.append(replace(verdict, result=result, reason="\n".join(differences), checks=tuple(checks)))
    return verdicts
