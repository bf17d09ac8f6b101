"""The end of a block: the fees reach the leader, sysvars are written, and what is in the incinerator burns."""

# source: Agave, runtime/src/bank.rs, freeze, runtime/src/bank/fee_distribution.rs

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from samestate.spec.machine import View
from samestate.spec.svm.account import UINT64_MODULUS, Account, account_key, decode_account, encode_account
from samestate.spec.svm.addresses import INCINERATOR, SYSTEM
from samestate.spec.svm.block import Block
from samestate.spec.svm.receipt import Receipt
from samestate.spec.svm.rent import RentPrice
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.sysvars import update_recent_blockhashes, update_slot_history


@dataclass(frozen=True, slots=True)
class Fees:
    """What transactions paid for signatures and for priority, and where it went, in lamports."""

    signatures: int
    priority: int
    deposited: int
    burnt: int


@dataclass(frozen=True, slots=True)
class Closing:
    """What the end of a block gives: how many signatures its bank hash counts, and its fees."""

    signatures: int
    fees: Fees


def close_block(ruleset: SvmRuleset, block: Block, receipts: Sequence[Receipt], view: View) -> Closing:
    """All that happens after the last transaction, in order."""
    # Blockhashes are registered with the last tick, before the bank is frozen.
    update_recent_blockhashes(view, block, block.blockhashes.register(block.blockhash, block.lamports_per_signature))
    fees = distribute_fees(ruleset, block, receipts, view)
    update_slot_history(view, block)
    if any(receipt.stores_incinerator for receipt in receipts) or (fees.deposited and block.leader == INCINERATOR):
        view.get(account_key(INCINERATOR))
        # rule: svm.close.incinerator
        # source: Agave, runtime/src/bank.rs, run_incinerator
        view.set(account_key(INCINERATOR), None)
    # rule: svm.close.signature-count
    return Closing(sum(receipt.signatures for receipt in receipts), fees)


def distribute_fees(ruleset: SvmRuleset, block: Block, receipts: Sequence[Receipt], view: View) -> Fees:
    """Pay the leader: half of what signatures cost, and all priority fees (SIMD-0096). The rest is burnt."""
    signatures = sum(receipt.fee for receipt in receipts)
    priority = sum(receipt.priority_fee for receipt in receipts)
    # rule: svm.fees.half-is-burnt
    deposit = signatures - signatures // 2 + priority
    deposited = deposit_fees(ruleset, block, deposit, view) if deposit else 0
    return Fees(signatures, priority, deposited, signatures + priority - deposited)


def deposit_fees(ruleset: SvmRuleset, block: Block, deposit: int, view: View) -> int:
    """Credit the leader, and give what it received: all, or nothing where its account may not have it."""
    before = decode_account(view.get(account_key(block.leader))) or Account(0)
    after = replace(before, lamports=before.lamports + deposit)
    if before.owner != SYSTEM:
        # rule: svm.fees.leader-owner
        return 0
    if after.lamports >= UINT64_MODULUS:
        # rule: svm.fees.leader-overflow
        return 0
    if not ruleset.rent_rule(RentPrice(block.lamports_per_byte), before, after):
        # rule: svm.fees.leader-rent
        return 0
    # rule: svm.fees.deposit
    view.set(account_key(block.leader), encode_account(after))
    return deposit
