"""Generated blocks are valid, follow from their seed alone, and conflict as much as they are told to."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import generate_block, generate_invalid_block
from samestate.spec.access import Dependency, critical_path, dependencies
from samestate.spec.evm.block import Header
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, FORKS, PRAGUE
from samestate.spec.evm.header_rules import check_difficulty
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.transaction import decode_transaction
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

pytestmark = pytest.mark.slow

forks = pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)


def run(case: GeneratedCase) -> EvmResult:
    return apply_block(Evm(case.fork), case.payload(), case.state())


@forks
def test_blocks_are_valid_and_various(fork: Fork) -> None:
    """Hardly a transaction is left out; every type occurs, and success as well as failure."""
    types, ends, count = set(), set(), 0
    for seed in range(6):
        result = run(generate_block(fork, seed, transactions=12))
        types |= {receipt.type for receipt in result.receipts}
        ends |= {type(outcome.halt).__name__ for outcome in result.outcomes}
        count += len(result.receipts)
    assert count >= 0.95 * 72
    assert types == fork.transaction_types
    assert {"NoneType", "OutOfGas"} < ends


@pytest.mark.slow
@forks
@settings(max_examples=settings().max_examples // 10)
@given(seed=st.integers(0, 2**64), transactions=st.integers(0, 6), conflict=st.sampled_from((0, 0.5, 1)))
def test_any_seed_gives_a_valid_block(fork: Fork, seed: int, transactions: int, conflict: float) -> None:
    case = generate_block(fork, seed, transactions, conflict)
    assert len(run(case).receipts) == len(case.transactions) <= transactions


@forks
def test_the_same_seed_gives_the_same_block(fork: Fork) -> None:
    assert generate_block(fork, 7, 3) == generate_block(fork, 7, 3)
    assert generate_block(fork, 7, 3).transactions != generate_block(fork, 8, 3).transactions


def test_the_same_seed_gives_the_same_block_in_another_process() -> None:
    code = (
        "from samestate.conformance.generating.evm import generate_block\n"
        "from samestate.spec.evm.forks import PRAGUE\n"
        "print(b''.join(generate_block(PRAGUE, 3).transactions).hex())\n"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == b"".join(generate_block(PRAGUE, 3).transactions).hex()


CONFLICTS = (0, 0.25, 0.5, 0.75, 1)
MEASURED = range(8)


@dataclass(frozen=True, slots=True)
class Conflicts:
    """What was measured in some blocks of sixteen transactions.

    ``pairs`` of transactions of which the later reads what the earlier one contributed; ``waiting`` the share of those
    that read what any other did; ``depth`` the length of the critical path, a block.
    """

    pairs: int
    waiting: float
    depth: float


def measured(fork: Fork, conflict: float) -> Conflicts:
    pairs = waiting = depth = count = 0
    for seed in MEASURED:
        result = run(generate_block(fork, seed, 16, conflict))
        inside = range(len(result.receipts))
        edges = {
            (edge.earlier, edge.later)
            for edge in dependencies(result.steps)
            if edge.kind is Dependency.RAW and edge.earlier in inside and edge.later in inside
        }
        pairs += len(edges)
        waiting += len({later for _, later in edges})
        depth += critical_path(result.steps, [1] * len(inside))
        count += len(inside)
    return Conflicts(pairs, waiting / count, depth / len(MEASURED))


@pytest.mark.parametrize("fork", [BERLIN, CANCUN, PRAGUE, AMSTERDAM], ids=lambda fork: fork.name)
def test_conflicts_grow_from_none_to_nearly_everything(fork: Fork) -> None:
    levels = [measured(fork, conflict) for conflict in CONFLICTS]
    assert levels[0] == Conflicts(0, 0.0, 1.0)
    for less, more in pairwise(levels):
        assert less.pairs < more.pairs and less.waiting < more.waiting and less.depth < more.depth
    assert levels[-1].waiting > 0.85 and levels[-1].depth > 8


@pytest.mark.parametrize("conflict", [-0.1, 1.1])
def test_a_conflict_is_a_share(conflict: float) -> None:
    with pytest.raises(ValueError, match="conflict must be between 0 and 1"):
        generate_block(PRAGUE, 0, conflict=conflict)


@forks
def test_the_environment_follows_from_the_parent(fork: Fork) -> None:
    for seed in range(5):
        case = generate_block(fork, seed, transactions=0)
        parent, environment = case.parent, case.environment
        assert len(parent.fields()) == fork.header_fields
        assert environment.base_fee_per_gas == (fork.next_base_fee(parent) or 0)
        assert environment.excess_blob_gas == (fork.next_excess_blob_gas(fork, parent) or 0)
        assert environment.block_hashes[parent.number] == parent.hash() == environment.parent_hash
        if check_difficulty in fork.header_rules:
            header: Header = replace(parent, difficulty=environment.difficulty, timestamp=environment.timestamp)
            check_difficulty(fork, parent, header)


EXPECTED = {
    "a blob of another version": Invalid.BLOB_VERSIONED_HASH,
    "a delegation before its time": Invalid.TYPE_NOT_SUPPORTED,
    "a type of the future": Invalid.TYPE_NOT_SUPPORTED,
    "another chain": Invalid.WRONG_CHAIN_ID,
    "blobs before their time": Invalid.TYPE_NOT_SUPPORTED,
    "bytes after the end": Invalid.MALFORMED_TRANSACTION,
    "gas below the intrinsic gas": Invalid.INTRINSIC_GAS_TOO_LOW,
    "gas over the block's": Invalid.GAS_ALLOWANCE_EXCEEDED,
    "gas over the cap": Invalid.TRANSACTION_GAS_LIMIT_EXCEEDED,
    "gas over the cap of all gas": Invalid.TOTAL_GAS_LIMIT_EXCEEDED,
    "gas over the funds": Invalid.INSUFFICIENT_FUNDS,
    "high s": Invalid.INVALID_SIGNATURE,
    "initcode too large": Invalid.INITCODE_TOO_LARGE,
    "more blobs than are left": Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED,
    "no authorizations": Invalid.NO_AUTHORIZATIONS,
    "no blobs": Invalid.NO_BLOBS,
    "nonce too high": Invalid.NONCE_TOO_HIGH,
    "nonce too low": Invalid.NONCE_TOO_LOW,
    "price below the base fee": Invalid.MAX_FEE_BELOW_BASE_FEE,
    "priority over the maximum": Invalid.PRIORITY_FEE_ABOVE_MAX_FEE,
    "too little for a blob": Invalid.MAX_FEE_PER_BLOB_GAS_TOO_LOW,
    "too many blobs": Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED,
    "value over the funds": Invalid.INSUFFICIENT_FUNDS,
}


@forks
def test_an_invalid_block_is_rejected_for_what_is_wrong_with_it(fork: Fork) -> None:
    for seed in range(12):
        case = generate_invalid_block(fork, seed, transactions=1)
        fault = case.name.split(": ")[1].removesuffix(f" in {fork.name}")
        with pytest.raises(Rejection) as caught:
            run(case)
        codes = {EXPECTED[fault]}
        if fault in ("more blobs than are left", "too many blobs"):  # where a transaction may have fewer than the block
            codes.add(Invalid.TOO_MANY_BLOBS)
        if fault == "gas over the block's" and counts_state_gas(fork):  # of which the block may have used some
            codes.add(Invalid.STATE_GAS_ALLOWANCE_EXCEEDED)
        if fault == "gas over the block's" and fork.transaction_gas_limit is not None:
            codes.add(Invalid.TRANSACTION_GAS_LIMIT_EXCEEDED)
        assert caught.value.code in codes, case.name
        if fault != "bytes after the end":
            assert caught.value.transaction == len(case.transactions) - 1
        run(replace(case, transactions=case.transactions[:-1]))


def test_transactions_decode() -> None:
    case = generate_block(AMSTERDAM, 1)
    assert [decode_transaction(encoded).type for encoded in case.transactions]
