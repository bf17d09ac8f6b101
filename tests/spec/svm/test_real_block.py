"""A whole block of the testnet, from its shreds to its bank hash."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from samestate.spec.state import lattice
from samestate.spec.svm.addresses import address
from samestate.spec.svm.bank_hash import lattice_of_account
from samestate.spec.svm.block import HardFork
from samestate.spec.svm.chain import Bank, block_on, next_bank
from samestate.spec.svm.epoch_schedule import EpochSchedule
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.receipt import TransactionStatus
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09
from samestate.spec.svm.state import svm_state
from samestate.spec.transition import apply_block
from tests.spec.svm.real_blocks import accounts_of, block_entries, blockhashes_before, facts, lattice_before

BLOCK = "testnet-417955322"
SLOT = 417_955_322
EPOCHS = EpochSchedule(432_000, 432_000, True, 14, 524_256)
"""The testnet's, whose first epochs were shorter."""
LAST_HARD_FORK = HardFork(415_524_281, 1)


@pytest.mark.fixtures
@pytest.mark.parametrize("ruleset", [MAINNET_2026_07, MAINNET_2026_09], ids=lambda ruleset: str(ruleset.name))
@pytest.mark.parametrize("with_history", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_bank_hash_of_a_block_of_votes(ruleset: SvmRuleset, with_history: bool) -> None:
    """Its accounts are those of a later slot, so that every vote is too old; the fixture's bank hash says so too."""
    known = facts("blocks")[BLOCK]
    accounts = accounts_of(BLOCK)
    listed = lattice.EMPTY
    for where, account in accounts.items():
        listed = lattice.add(listed, lattice_of_account(where, account))
    state = svm_state(accounts, lattice.subtract(lattice_before(BLOCK), listed))
    assert state.lattice == lattice_before(BLOCK)
    bank = Bank(
        slot=known["parent_slot"],
        hash=address(known["parent_bank_hash"]),
        blockhashes=blockhashes_before(BLOCK),
        hard_forks=(LAST_HARD_FORK,),
        epochs=EPOCHS,
    )
    assert bank.blockhashes.last == address(known["parent_last_blockhash"])
    block = block_on(bank, state, SLOT, address(known["leader"]), block_entries(BLOCK))
    if not with_history:
        block = replace(block, has_history=False)

    result = apply_block(Svm(ruleset), block, state)

    after = result.state()
    left = next_bank(bank, block, result, after)
    assert left.hash == address(known["bank_hash_of_fixture"])
    assert left.blockhashes.last == address(known["blockhash"])
    assert Counter(str(receipt.error) for receipt in result.receipts) == {known["every_transaction"]: 417}
    assert {receipt.status for receipt in result.receipts} == {TransactionStatus.FAILED}
    assert {receipt.units for receipt in result.receipts} == {2_100}
    assert result.closing.signatures == known["signatures"]
    assert result.closing.fees.signatures == known["fees"]
    assert result.closing.fees.deposited == known["leader_deposit"]
    assert len(result.changes) == known["changed_accounts"]
