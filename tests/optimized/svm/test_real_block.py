"""A whole block of the testnet on the compiled machine: signatures, proof of history, bank hash by every strategy."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from samestate.conformance.engines.optimized.svm import packed_block, world_of
from samestate.spec.state import lattice
from samestate.spec.svm.addresses import address
from samestate.spec.svm.bank_hash import lattice_of_account
from samestate.spec.svm.block import Block, HardFork
from samestate.spec.svm.chain import Bank, block_on
from samestate.spec.svm.epoch_schedule import EpochSchedule
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.rulesets import MAINNET_2026_09
from samestate.spec.svm.state import SvmState, svm_state
from tests.optimized.svm.comparing import engines
from tests.spec.svm.real_blocks import accounts_of, block_entries, blockhashes_before, facts, lattice_before

BLOCK = "testnet-417955322"
MACHINE = Svm(MAINNET_2026_09)

pytestmark = pytest.mark.fixtures


@pytest.fixture(scope="module")
def given() -> tuple[Block, SvmState]:
    """The block on its parent's bank. Its accounts are of a later slot, so that every vote is too old."""
    known = facts("blocks")[BLOCK]
    accounts = accounts_of(BLOCK)
    listed = lattice.EMPTY
    for where, account in accounts.items():
        listed = lattice.add(listed, lattice_of_account(where, account))
    state = svm_state(accounts, lattice.subtract(lattice_before(BLOCK), listed))
    bank = Bank(
        slot=known["parent_slot"],
        hash=address(known["parent_bank_hash"]),
        blockhashes=blockhashes_before(BLOCK),
        hard_forks=(HardFork(415_524_281, 1),),
        epochs=EpochSchedule(432_000, 432_000, True, 14, 524_256),
    )
    return block_on(bank, state, 417_955_322, address(known["leader"]), block_entries(BLOCK)), state


def test_the_bank_hash(given: tuple[Block, SvmState]) -> None:
    block, state = given
    known = facts("blocks")[BLOCK]
    packed, world = packed_block(MACHINE, block), world_of(block, state)
    for name, engine in engines(signatures=True).items():
        result = engine.execute(packed, world)
        assert result.rejection is None, name
        assert result.bank_hash == address(known["bank_hash_of_fixture"]), name
        assert Counter(receipt.error for receipt in result.receipts) == {known["every_transaction"]: 417}
        assert result.totals.signature_count == known["signatures"]
        engine.close()


def test_a_wrong_signature_is_named(given: tuple[Block, SvmState]) -> None:
    """The lowest of two, whoever finds the other first."""
    block, state = given
    packed = packed_block(MACHINE, replace(block, has_history=False, entries=spoiled(spoiled(block, 40), 77).entries))
    world = world_of(block, state)
    for name, engine in engines(signatures=True).items():
        rejection = engine.execute(packed, world).rejection
        assert rejection is not None
        assert (rejection.code, rejection.transaction) == ("SIGNATURE_FAILURE", 40), name
        engine.close()


def test_a_wrong_hash_is_found(given: tuple[Block, SvmState]) -> None:
    block, state = given
    entries = list(block.entries)
    entries[50] = replace(entries[50], hash=bytes(32))
    result = engines()["sequential on 1"].execute(
        packed_block(MACHINE, replace(block, entries=tuple(entries))), world_of(block, state)
    )
    assert result.rejection is not None
    assert (result.rejection.code, result.rejection.transaction) == ("INVALID_ENTRY_HASH", None)


def spoiled(block: Block, number: int) -> Block:
    """The block with another signature in the place of one transaction's."""
    entries = []
    for entry in block.entries:
        transactions = list(entry.transactions)
        if 0 <= number < len(transactions):
            signature = transactions[number].signatures[0]
            changed = (signature[:-1] + bytes([signature[-1] ^ 1]), *transactions[number].signatures[1:])
            transactions[number] = replace(transactions[number], signatures=changed)
        number -= len(entry.transactions)
        entries.append(replace(entry, transactions=tuple(transactions)))
    return replace(block, entries=tuple(entries))
