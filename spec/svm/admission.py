"""Admission: what decides whether a transaction may be in a block, before the state that it meets is looked at."""

# source: Agave, runtime/src/bank.rs, verify_transaction, runtime-transaction/src/runtime_transaction

from __future__ import annotations

from samestate.spec.svm.admitted import AdmittedTransaction
from samestate.spec.svm.block import Block
from samestate.spec.svm.compute_budget import compute_budget, read_budget_requests
from samestate.spec.svm.locks import check_locks, resolve
from samestate.spec.svm.lookup_table import resolve_lookups
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.sanitize import sanitize
from samestate.spec.svm.signature import check_signatures
from samestate.spec.svm.transaction import SignedTransaction


def admit(
    ruleset: SvmRuleset,
    block: Block,
    transaction: SignedTransaction,
    is_repeated: bool,
    verifies_signatures: bool,
) -> AdmittedTransaction:
    """The transaction, resolved. Raises Rejection: the first of these that does says why.

    Depends on the block, and on lookup tables as they were before it; never on other transactions.
    """
    message = transaction.message
    sanitize(ruleset, transaction)
    requests = read_budget_requests(message)
    resolved = resolve(message, *resolve_lookups(block, message))
    check_locks(ruleset, resolved)
    budget = compute_budget(message, requests)
    if verifies_signatures:
        check_signatures(transaction)
    return AdmittedTransaction(transaction, resolved, budget, is_repeated)
