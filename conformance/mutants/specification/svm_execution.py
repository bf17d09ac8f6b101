"""Bugs of Solana's machine about fees, rent, loading, costs and what a transaction leaves."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

BUGS: Final = (
    bug(
        "payer-keeps-what-failed",
        "A transaction fails, and the fee payer keeps what else the instructions have done to it.",
        (
            "svm.transaction_execution",
            "        # rule: svm.transaction.failure\n        commit(view, rollback)",
            "        # rule: svm.transaction.failure\n"
            "        commit(view, {**rollback, transaction.fee_payer: execution.accounts[0]})",
        ),
        rule="svm.transaction.failure",
        hazards="H93",
        source="firedancer-io/firedancer#2839",
    ),
    bug(
        "nothing-runs-and-nobody-pays",
        "A transaction that cannot load its accounts pays nothing.",
        (
            "svm.transaction_execution",
            "        # source: SIMD-0082\n        commit(view, rollback)\n",
            "        # source: SIMD-0082\n",
        ),
        rule="svm.transaction.fees-only",
        source="anza-xyz/agave#3244",
    ),
    bug(
        "closed-account-keeps-its-data",
        "An account without lamports that has data is still there, for whoever gives it lamports again.",
        ("svm.account", "    if account.lamports == 0:", "    if account.lamports == 0 and not account.data:"),
        rule="svm.account.without-lamports-is-absent",
        hazards="H92",
        source="anza-xyz/agave#3453",
    ),
    # what is loaded
    bug(
        "program-data-counted-again",
        "The code of a program counts once more where its account is a key of the message as well.",
        (
            "svm.loading",
            "        if account is not None and address not in transaction.keys:",
            "        if account is not None:",
        ),
        rule="svm.load.size-of-program-data",
        hazards="H96",
        source="firedancer-io/firedancer#6116",
    ),
    bug(
        "loaded-beyond-the-limit",
        "What a transaction that only pays has loaded is all that it would have, and not the limit.",
        ("svm.loading", "min(size, size_limit), error)", "size, error)"),
        rule="svm.load.size-limit",
        hazards="H97",
        source="anza-xyz/agave#7105",
    ),
    bug(
        "accounts-count-for-their-data-alone",
        "An account counts for its data, and not for the 64 bytes beside it (SIMD-0186 is left out).",
        ("svm.loading", "ACCOUNT_BYTES: Final = 64\n", "ACCOUNT_BYTES: Final = 0\n"),
        rule="svm.load.size-of-account",
        hazards="H97",
        source="solana-foundation/solana-improvement-documents#186",
    ),
    bug(
        "visible-in-the-slot-of-its-deployment",
        "A program runs in the slot in which it was deployed.",
        ("svm.programs.deployment", "    if deployed >= slot:", "    if deployed > slot:"),
        rule="svm.program.visible-from-the-next-slot",
        hazards="H102",
        source="solana-labs/solana#30902",
    ),
    # rent
    bug(
        "fee-leaves-a-debt",
        "A fee may leave its payer with less than its size takes.",
        ("svm.fee_payer", "    if not rent_rule(price, payer, paid):", "    if False:"),
        rule="svm.fee-payer.rent",
        source="solana-labs/solana#23358",
    ),
    bug(
        "rule-of-rent-too-early",
        "The rule of SIMD-0392 is applied before its feature is active.",
        ("svm.rulesets.mainnet_2026_07", "import leaves_no_new_debt", "import leaves_no_less as leaves_no_new_debt"),
        rule="svm.ruleset.rent-rule",
        source="anza-xyz/agave#12406",
    ),
    bug(
        "rule-of-rent-too-late",
        "The rule of SIMD-0392 is not applied once its feature is active.",
        (
            "svm.rulesets.mainnet_2026_09",
            'active={"rent_rule": leaves_no_less}',
            'active={"rent_rule": leaves_no_new_debt}',
        ),
        rule="svm.ruleset.rent-rule",
        source="solana-foundation/solana-improvement-documents#392",
    ),
    bug(
        "debtor-may-be-credited",
        "An account that pays rent may be given lamports and go on paying rent.",
        (
            "svm.rent",
            "    return len(after.data) == len(before.data) and after.lamports <= before.lamports",
            "    return len(after.data) == len(before.data)",
        ),
        rule="svm.rent.old-debt",
        source="solana-labs/solana#26606",
    ),
    bug(
        "old-debt-refused",
        "An account that paid rent before may not go on doing so.",
        (
            "svm.rent",
            "    return len(after.data) == len(before.data) and after.lamports <= before.lamports",
            "    return False",
        ),
        rule="svm.rent.old-debt",
        hazards="H95",
        source="Syndica/sig#1056",
    ),
    bug(
        "new-debts-unchecked",
        "A transaction may leave an account with less than its size takes.",
        (
            "svm.transaction_execution",
            "        if not rent_rule(rent, before[index], after[index]):",
            "        if False:",
        ),
        rule="svm.transaction.rent",
        source="solana-labs/solana#22292",
    ),
    bug(
        "incinerator-pays-rent",
        "The incinerator must hold what its size takes, as any account.",
        (
            "svm.transaction_execution",
            "        if not transaction.is_writable(index) or address == INCINERATOR:",
            "        if not transaction.is_writable(index):",
        ),
        rule="svm.rent.incinerator",
        source="solana-labs/solana#23382",
    ),
    # costs
    bug(
        "locks-cost-what-was-granted",
        "A lock that is not granted costs nothing.",
        ("svm.cost", "sum(resolved.writable_requested)", "sum(resolved.writable)"),
        rule="svm.cost.requested-locks",
        hazards="H100",
        source="solana-labs/solana#34820",
    ),
    bug(
        "signatures-of-precompiles-cost-nothing",
        "The signatures of precompiles are no part of a transaction's cost.",
        (
            "svm.cost",
            "        units * precompile_signatures(message, program)",
            "        0 * units * precompile_signatures(message, program)",
        ),
        rule="svm.cost.signatures",
        source="solana-labs/solana#34524",
    ),
    bug(
        "allocations-up-to-the-first-bad-one",
        "What a transaction allocates counts up to an instruction that cannot be decoded or asks for too much.",
        (
            "svm.cost",
            "            return 0\n        asked += space",
            "            return min(asked, ALLOCATION_LIMIT)\n        asked += space",
        ),
        rule="svm.cost.allocation-of-what-must-fail",
        hazards="H98",
        source="firedancer-io/firedancer#9326",
    ),
    bug(
        "block-over-its-limit",
        "A block may cost more than its limit.",
        ("svm.totals", "        if self.cost + units > limits.block:", "        if False:"),
        rule="svm.limits.block",
        hazards="H99",
        source="firedancer-io/firedancer#9599",
    ),
    bug(
        "account-over-its-limit",
        "The transactions that write to one account may cost more than the limit of an account.",
        ("svm.totals", "                if locked[address] > limits.account:", "                if False:"),
        rule="svm.limits.account",
        hazards="H100",
        source="solana-labs/solana#31340",
    ),
    # fees
    bug(
        "fee-kept-from-the-leader",
        "Fees are debited and credited to nobody.",
        ("svm.closing", "    view.set(account_key(block.leader), encode_account(after))\n", ""),
        rule="svm.fees.deposit",
        source="solana-labs/solana#2623",
    ),
    bug(
        "half-of-the-priority-burnt",
        "Half of the priority fees burns (SIMD-0096 is left out).",
        (
            "svm.closing",
            "signatures - signatures // 2 + priority",
            "signatures + priority - (signatures + priority) // 2",
        ),
        rule="svm.fees.half-is-burnt",
        source="solana-labs/solana#35393",
    ),
    bug(
        "fees-of-the-last-transaction",
        "Each fee takes the place of the one before it, and they are not added up.",
        (
            "svm.closing",
            "    signatures = sum(receipt.fee for receipt in receipts)\n",
            "    signatures = sum(receipt.fee for receipt in receipts[-1:])\n",
        ),
        rule="svm.fees.half-is-burnt",
        hazards="H94",
        source="Syndica/sig#937",
    ),
    bug(
        "fees-for-any-account",
        "A leader gets its fees whoever owns its account.",
        ("svm.closing", "    if before.owner != SYSTEM:", "    if False:"),
        rule="svm.fees.leader-owner",
        source="solana-labs/solana#33887",
    ),
    bug(
        "fees-make-a-debtor",
        "Fees go to a leader whose account has less than it takes with them.",
        ("svm.closing", "    if not ruleset.rent_rule(", "    if after.lamports < 0 and not ruleset.rent_rule("),
        rule="svm.fees.leader-rent",
        source="solana-labs/solana#30130",
    ),
    bug(
        "incinerator-does-not-burn",
        "What is in the incinerator stays there.",
        ("svm.closing", "        view.set(account_key(INCINERATOR), None)", "        pass"),
        rule="svm.close.incinerator",
        source="solana-labs/solana#9815",
    ),
    # programs
    bug(
        "seed-of-any-length",
        "A seed may have more than 32 bytes.",
        ("svm.programs.system_accounts", "    if len(seed) > MAXIMUM_SEED_BYTES:", "    if False:"),
        rule="svm.system.seed-too-long",
        source="solana-foundation/solana-web3.js#999",
    ),
    bug(
        "owner-that-ends-as-a-derivation",
        "The owner from which an address is derived may end so that the address is also that of a program.",
        ("svm.programs.system_accounts", "    if owner.endswith(DERIVED_ADDRESS_MARKER):", "    if False:"),
        rule="svm.system.seed-owner",
        source="solana-foundation/solana-go#469",
    ),
    bug(
        "own-instruction-by-its-number-alone",
        "A precompile does not know the number that stands for its own instruction.",
        ("svm.precompiles.offsets", "        if self.instruction == THIS_INSTRUCTION:", "        if False:"),
        rule="svm.precompile.own-data",
        source="solana-labs/solana#19865",
    ),
)
