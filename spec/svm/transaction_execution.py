"""Executing one transaction: its age, its fee, its accounts, its instructions, and what it leaves.

Whatever raises Rejection makes the block invalid: such a transaction cannot even pay. From the fee on a transaction is
processed, and what goes wrong later is an error of its own.
"""

# source: Agave, svm/src/transaction_processor.rs, runtime/src/bank/check_transactions.rs

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from samestate.spec.machine import Rejection, View
from samestate.spec.svm.account import Account, account_key, decode_account, encode_account
from samestate.spec.svm.addresses import INCINERATOR
from samestate.spec.svm.admitted import AdmittedTransaction
from samestate.spec.svm.block import Block
from samestate.spec.svm.errors import InstructionError, TransactionError, TransactionErrorKind
from samestate.spec.svm.fee import transaction_fee
from samestate.spec.svm.fee_payer import pay_fee
from samestate.spec.svm.frame import Execution, RuntimeFacts
from samestate.spec.svm.instruction_execution import execute_instruction
from samestate.spec.svm.loading import load_accounts
from samestate.spec.svm.nonce import advance, durable_nonce, nonce_index, usable_nonce
from samestate.spec.svm.outcome import Outcome
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.rent import RentPrice, RentRule
from samestate.spec.svm.resolved import ResolvedMessage
from samestate.spec.svm.ruleset import SvmRuleset


def execute_transaction(ruleset: SvmRuleset, block: Block, admitted: AdmittedTransaction, view: View) -> Outcome:
    """Execute a transaction on the state that those before it have left. Raises Rejection where it may not be there."""
    transaction = admitted.resolved
    facts = facts_of(block)
    # rule: svm.ruleset.rent-rule
    rent_rule = ruleset.rent_rule

    # 2. Its age, then whether it was processed before: an advanced nonce answers first.
    nonce_accounts = check_age(block, facts, transaction, view)
    check_not_processed(block, admitted)

    # 3b. The fee.
    message = transaction.message
    budget = admitted.budget
    fee = transaction_fee(message, budget.priority_fee, block.lamports_per_signature)
    payer_key = account_key(transaction.fee_payer)
    payer = pay_fee(transaction.fee_payer, decode_account(view.get(payer_key)), fee.total, facts.rent, rent_rule)

    # 3c. What is left if the rest comes to nothing: the fee is paid, and the nonce is used.
    if transaction.fee_payer in nonce_accounts:
        # rule: svm.rollback.payer-is-nonce
        rollback = {transaction.fee_payer: replace(payer, data=nonce_accounts[transaction.fee_payer].data)}
    else:
        # rule: svm.rollback.payer-and-nonce
        rollback = {transaction.fee_payer: payer, **nonce_accounts}

    # 3d. The accounts.
    loaded = load_accounts(view, transaction, payer, budget.loaded_size_limit)
    if loaded.error is not None:
        # rule: svm.transaction.fees-only
        # source: SIMD-0082
        commit(view, rollback)
        return Outcome(admitted, False, loaded.error, 0, fee, loaded.size, ())

    # 3e, 3f. The instructions, and what they leave.
    execution = Execution(transaction, facts, list(loaded.accounts), loaded.program_data, budget.unit_limit)
    error = execute_instructions(execution)
    if error is None:
        error = check_result(transaction, loaded.accounts, execution.accounts, facts.rent, rent_rule)

    # 3g. Everything or nothing.
    if error is None:
        # rule: svm.transaction.success
        commit(view, changed_accounts(execution))
    else:
        # rule: svm.transaction.failure
        commit(view, rollback)
    units = budget.unit_limit - execution.units_left
    return Outcome(admitted, True, error, units, fee, loaded.size, tuple(execution.logs.lines))


def facts_of(block: Block) -> RuntimeFacts:
    """What the runtime tells programs about the block."""
    return RuntimeFacts(
        slot=block.slot,
        rent=RentPrice(block.lamports_per_byte),
        # rule: svm.nonce.of-this-block
        # source: Agave, runtime/src/bank.rs, last_blockhash, which only the last tick of a slot changes
        next_nonce=durable_nonce(block.blockhashes.last),
        lamports_per_signature=block.blockhashes.lamports_per_signature,
    )


def check_age(block: Block, facts: RuntimeFacts, transaction: ResolvedMessage, view: View) -> dict[bytes, Account]:
    """The blockhash is recent, or a durable nonce stands for it, whose account is given as it will be once used.

    Raises Rejection where the transaction is neither.
    """
    if block.blockhashes.is_usable(transaction.message.blockhash):
        return {}
    index = nonce_index(transaction)
    if index is None:
        # rule: svm.age.too-old
        raise Rejection(Invalid.BLOCKHASH_NOT_FOUND)
    address = transaction.keys[index]
    account = decode_account(view.get(account_key(address)))
    nonce = None if account is None else usable_nonce(account, transaction, facts.next_nonce)
    if account is None or nonce is None:
        # rule: svm.age.no-usable-nonce
        raise Rejection(Invalid.BLOCKHASH_NOT_FOUND)
    # rule: svm.age.nonce
    return {address: advance(account, nonce, facts.next_nonce, facts.lamports_per_signature)}


def check_not_processed(block: Block, admitted: AdmittedTransaction) -> None:
    """Raise Rejection where an ancestor or this block has processed the message before."""
    blockhash = admitted.resolved.message.blockhash
    if admitted.is_repeated or block.status_cache.holds(blockhash, admitted.message_hash):
        # rule: svm.status-cache.already-processed
        raise Rejection(Invalid.ALREADY_PROCESSED)


def execute_instructions(execution: Execution) -> TransactionError | None:
    """Run the instructions in order, up to the first that fails."""
    for place in range(len(execution.transaction.instructions)):
        try:
            execute_instruction(execution, place)
        except InstructionError as error:
            # rule: svm.transaction.instruction-failed
            return TransactionError(TransactionErrorKind.INSTRUCTION_ERROR, place, error)
    return None


def check_result(
    transaction: ResolvedMessage,
    before: Sequence[Account],
    after: Sequence[Account],
    rent: RentPrice,
    rent_rule: RentRule,
) -> TransactionError | None:
    """Every writable account stands to rent as it may, and no lamports came or went."""
    for index, address in enumerate(transaction.keys):
        if not transaction.is_writable(index) or address == INCINERATOR:
            # rule: svm.rent.incinerator
            continue
        if not rent_rule(rent, before[index], after[index]):
            # rule: svm.transaction.rent
            return TransactionError(TransactionErrorKind.INSUFFICIENT_FUNDS_FOR_RENT, index)
    if sum(account.lamports for account in before) != sum(account.lamports for account in after):
        # rule: svm.transaction.unbalanced
        return TransactionError(TransactionErrorKind.UNBALANCED_TRANSACTION)
    return None


def changed_accounts(execution: Execution) -> dict[bytes, Account]:
    """The accounts that a transaction may have changed, as it leaves them."""
    transaction = execution.transaction
    return {
        address: execution.accounts[index]
        for index, address in enumerate(transaction.keys)
        if transaction.is_writable(index)
    }


def commit(view: View, accounts: Mapping[bytes, Account]) -> None:
    """Write accounts to the state."""
    for address, account in accounts.items():
        # rule: svm.transaction.commit
        view.set(account_key(address), encode_account(account))
