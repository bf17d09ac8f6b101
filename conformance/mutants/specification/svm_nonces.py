"""Bugs of Solana's machine about durable nonces, which stand for a blockhash and must be used once."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

WITHDRAWN_ONCE: Final = "            # rule: svm.system.withdraw-once-per-slot\n"

BUGS: Final = (
    bug(
        "nonce-stays-where-it-fails",
        "A transaction that fails pays its fee, and its nonce is not advanced: it can be executed again.",
        (
            "svm.transaction_execution",
            "        rollback = {transaction.fee_payer: payer, **nonce_accounts}",
            "        rollback = {transaction.fee_payer: payer}",
        ),
        rule="svm.rollback.payer-and-nonce",
        hazards="H78",
        source="solana-labs/solana#7443",
    ),
    bug(
        "nonce-stays-where-nothing-runs",
        "A transaction that only pays its fee does not advance its nonce.",
        (
            "svm.transaction_execution",
            "        # source: SIMD-0082\n        commit(view, rollback)\n",
            "        # source: SIMD-0082\n        commit(view, {transaction.fee_payer: payer})\n",
        ),
        rule="svm.transaction.fees-only",
        hazards="H78",
        source="anza-xyz/agave#2741",
    ),
    bug(
        "paying-nonce-keeps-its-fee",
        "Where the account of the nonce pays, what is left of a failure is the advanced nonce with all its lamports.",
        (
            "svm.transaction_execution",
            "{transaction.fee_payer: replace(payer, data=nonce_accounts[transaction.fee_payer].data)}",
            "dict(nonce_accounts)",
        ),
        rule="svm.rollback.payer-is-nonce",
        hazards="H86",
        source="firedancer-io/firedancer#4715",
    ),
    bug(
        "paying-nonce-keeps-its-value",
        "Where the account of the nonce pays, what is left of a failure is the paid fee, and the nonce as it was.",
        (
            "svm.transaction_execution",
            "{transaction.fee_payer: replace(payer, data=nonce_accounts[transaction.fee_payer].data)}",
            "{transaction.fee_payer: payer}",
        ),
        rule="svm.rollback.payer-is-nonce",
        hazards="H86",
        source="firedancer-io/firedancer#4728",
    ),
    bug(
        "nonce-of-an-older-blockhash",
        "A nonce takes its value from the oldest blockhash that is kept, as that of the root may be.",
        (
            "svm.transaction_execution",
            "durable_nonce(block.blockhashes.last)",
            "durable_nonce(next(iter(block.blockhashes.hashes)))",
        ),
        rule="svm.nonce.of-this-block",
        hazards="H88",
        source="firedancer-io/firedancer#1803",
    ),
    bug(
        "nonce-with-todays-fee",
        "A nonce remembers what a signature costs in this block, and not what its blockhash was registered with.",
        (
            "svm.transaction_execution",
            "lamports_per_signature=block.blockhashes.lamports_per_signature",
            "lamports_per_signature=block.lamports_per_signature",
        ),
        rule="svm.nonce.advanced",
        hazards="H89",
        source="anza-xyz/agave#5454",
    ),
    bug(
        "nonce-is-the-blockhash",
        "A nonce takes the blockhash itself as its value, so that a transaction is good by the one and by the other.",
        ("svm.nonce", 'hashlib.sha256(b"DURABLE_NONCE" + blockhash).digest()', 'b"" + blockhash'),
        rule="svm.nonce.value",
        hazards="H90",
        source="solana-labs/solana#25744",
    ),
    bug(
        "legacy-nonce-used",
        "A nonce whose value is a plain blockhash may be used without having been upgraded.",
        ("svm.nonce", "    if nonce is None or nonce.is_legacy:", "    if nonce is None:"),
        rule="svm.nonce.unusable-state",
        hazards="H90",
        source="solana-labs/solana#25788",
    ),
    bug(
        "nonce-upgraded-for-any-owner",
        "A nonce is upgraded whoever owns its account.",
        ("svm.programs.system_nonce", "    if invocation.account(0).owner != SYSTEM:", "    if False:"),
        rule="svm.system.upgrade-owner",
        source="solana-labs/solana#25789",
    ),
    bug(
        "nonce-used-twice-in-a-slot",
        "The value that a nonce has got in this slot may be used in it.",
        ("svm.nonce", "    if nonce.value == next_value:", "    if False:"),
        rule="svm.nonce.advanced-in-this-slot",
        hazards="H80 H91",
        source="anza-xyz/agave#3146",
    ),
    bug(
        "nonce-from-a-table",
        "The account of a nonce may be a key of a lookup (SIMD-0242 is left out).",
        ("svm.nonce", "    if not transaction.is_static(index):", "    if False:"),
        rule="svm.nonce.from-lookup",
        hazards="H115",
        source="anza-xyz/agave#15400",
    ),
    bug(
        "nonce-that-is-only-read",
        "The account of a nonce need not be writable for its value to stand for a blockhash.",
        ("svm.nonce", "    if not transaction.is_writable(index):", "    if False:"),
        rule="svm.nonce.readonly",
        source="firedancer-io/firedancer#2918",
    ),
    bug(
        "any-instruction-of-system-names-a-nonce",
        "The first instruction need not advance the nonce whose value stands for the blockhash.",
        ("svm.nonce", "or not first.data.startswith(ADVANCE_NONCE_TAG) or", "or"),
        rule="svm.nonce.first-instruction",
        source="firedancer-io/firedancer#1745",
    ),
    bug(
        "undecodable-nonce-pays",
        "An account whose 80 bytes are no nonce may pay for transactions as one.",
        (
            "svm.fee_payer",
            "        # rule: svm.fee-payer.nonce-undecodable\n        return False",
            "        # rule: svm.fee-payer.nonce-undecodable\n        return True",
        ),
        rule="svm.fee-payer.nonce-undecodable",
        source="firedancer-io/firedancer#2683",
    ),
    bug(
        "paying-nonce-spends-its-minimum",
        "A nonce may pay a fee out of what it must keep.",
        ("svm.fee_payer", "        reserve = price.minimum_balance(NONCE_BYTES)", "        reserve = 0"),
        rule="svm.fee-payer.nonce-keeps-its-minimum",
        source="anza-xyz/agave#9246",
    ),
    bug(
        "nonce-closed-in-its-own-slot",
        "All may be withdrawn from a nonce that has got its value in this slot, and which can be made again with it.",
        (
            "svm.programs.system_nonce",
            "        if nonce.value == invocation.facts.next_nonce:\n" + WITHDRAWN_ONCE,
            "        if False:\n" + WITHDRAWN_ONCE,
        ),
        rule="svm.system.withdraw-once-per-slot",
        hazards="H80",
        source="solana-labs/solana#6845",
    ),
    bug(
        "transfer-out-of-a-nonce",
        "A plain transfer takes lamports out of an account that has data, as a nonce has.",
        (
            "svm.programs.system_accounts",
            "    payer = invocation.account(source)\n    if payer.data:",
            "    payer = invocation.account(source)\n    if False:",
        ),
        rule="svm.system.transfer-with-data",
        source="solana-labs/solana#7645",
    ),
)
