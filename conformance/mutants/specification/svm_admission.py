"""Bugs of Solana's machine about what a transaction must be to stand in a block, whatever the state that it meets."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

REPEATED: Final = "            placed.append(PlacedTransaction(transaction, transaction.message_hash in seen))\n"
REMEMBERED: Final = "            seen.add(transaction.message_hash)\n"

BUGS: Final = (
    # wire and sanitization
    bug(
        "length-in-more-bytes-than-it-takes",
        "A length of the wire may end with bytes that add nothing to it, so that one message has several encodings.",
        ("svm.short_vec", "        if byte == 0 and place > 0:", "        if False:"),
        rule="svm.short-vec.alias",
        source="solana-labs/solana#11624",
    ),
    bug(
        "more-than-64-instructions",
        "Nobody counts the instructions of a transaction before it is executed (SIMD-0160 is left out).",
        ("svm.sanitize", "    if len(message.instructions) > ruleset.instruction_limit:", "    if False:"),
        rule="svm.sanitize.instruction-count",
        source="anza-xyz/agave#8181",
    ),
    bug(
        "more-than-255-accounts-of-an-instruction",
        "Nobody counts the accounts of an instruction (SIMD-0406 is left out).",
        (
            "svm.sanitize",
            "        if len(instruction.accounts) > ruleset.instruction_account_limit:",
            "        if False:",
        ),
        rule="svm.sanitize.instruction-accounts",
        hazards="H101",
        source="anza-xyz/agave#9112",
    ),
    bug(
        "program-in-the-payers-place",
        "The program of an instruction may be the fee payer.",
        ("svm.sanitize", "        if instruction.program == 0:", "        if False:"),
        rule="svm.sanitize.program-pays",
        source="solana-labs/solana#9842",
    ),
    bug(
        "payer-that-is-only-read",
        "The only signer of a transaction may be one that nobody may write to.",
        (
            "svm.sanitize",
            "    if header.readonly_signed >= header.required_signatures:",
            "    if header.readonly_signed > header.required_signatures:",
        ),
        rule="svm.sanitize.no-fee-payer",
        source="solana-labs/solana#9854",
    ),
    # signatures
    bug(
        "signatures-not-waited-for",
        "What follows does not wait for the verification of signatures, and nobody asks for its result.",
        ("svm.signature", "        if not verify_strict(address, signature, transaction.signed):", "        if False:"),
        rule="svm.signature.failure",
        hazards="H121",
        source="firedancer-io/firedancer#38",
    ),
    # the budget
    bug(
        "heap-of-any-number-of-kilobytes",
        "A heap is refused for its grain alone, and not where it is too small or too large.",
        (
            "svm.compute_budget",
            "    return MINIMUM_HEAP_BYTES <= size <= MAXIMUM_HEAP_BYTES and size % HEAP_GRAIN == 0",
            "    return size % HEAP_GRAIN == 0",
        ),
        rule="svm.budget.heap-size",
        source="firedancer-io/firedancer#9664",
    ),
    bug(
        "limit-of-no-loaded-bytes",
        "A transaction may ask for a limit of no loaded bytes, and finds out when it loads them.",
        ("svm.compute_budget", "    if loaded is not None and loaded.value == 0:", "    if False:"),
        rule="svm.budget.loaded-size-zero",
        source="firedancer-io/firedancer#3192",
    ),
    bug(
        "second-request-counts",
        "Of two requests of one kind the second counts.",
        ("svm.compute_budget", "        if tag in requests:", "        if False:"),
        rule="svm.budget.duplicate",
        source="anza-xyz/agave#2254",
    ),
    bug(
        "price-rounded-down",
        "The price of the compute units is rounded down to whole lamports.",
        (
            "svm.fee",
            "-(-microlamports_per_unit * unit_limit // MICROLAMPORTS_PER_LAMPORT)",
            "microlamports_per_unit * unit_limit // MICROLAMPORTS_PER_LAMPORT",
        ),
        rule="svm.fee.priority",
        source="solana-labs/solana#25178",
    ),
    bug(
        "builtins-get-what-others-get",
        "An instruction of a builtin has 200,000 compute units by default (SIMD-0170 is left out).",
        ("svm.compute_budget", "BUILTIN_UNITS: Final = 3_000\n", "BUILTIN_UNITS: Final = 200_000\n"),
        rule="svm.budget.default-units",
        source="anza-xyz/agave#2562",
    ),
    bug(
        "what-version-1-leaves-out-is-the-default",
        "A limit of loaded bytes that a transaction of version 1 does not set is 64 MiB, and not nothing.",
        (
            "svm.compute_budget",
            "min(config.loaded_size_limit or 0, MAXIMUM_LOADED_BYTES)",
            "MAXIMUM_LOADED_BYTES if config.loaded_size_limit is None else config.loaded_size_limit",
        ),
        rule="svm.budget.configured",
        hazards="H120",
        source="helius-labs/helius-sdk#348",
    ),
    bug(
        "version-1-configured-by-instructions",
        "Instructions of the compute budget in a transaction of version 1 are judged as in older ones.",
        ("svm.compute_budget", "    if message.version == 1:\n", "    if False:\n"),
        rule="svm.budget.instructions-of-version-1-say-nothing",
        source="solana-foundation/solana-improvement-documents#385",
    ),
    # lookup tables
    bug(
        "extension-visible-at-once",
        "Addresses that a table got in this slot may be used in it.",
        ("svm.lookup_table", "    if block.slot > table.last_extended_slot:", "    if True:"),
        rule="svm.lookup.extended-in-this-slot",
        hazards="H106",
        source="solana-labs/solana#22223",
    ),
    bug(
        "cooldown-in-slots",
        "A deactivated table may be used for 512 slots, be there blocks in them or not.",
        (
            "svm.lookup_table",
            "    return frozenset(slot for slot, _ in opened.entries)",
            "    return frozenset(range(block.slot - 512, block.slot)) if opened.entries else frozenset()",
        ),
        rule="svm.lookup.deactivated",
        hazards="H106",
        source="firedancer-io/firedancer#3302",
    ),
    bug(
        "deactivated-is-gone",
        "A table may not be used any more from the slot on in which it was deactivated.",
        (
            "svm.lookup_table",
            "    if table.deactivation_slot not in (NEVER, block.slot) and table.deactivation_slot not in "
            "recent_slots(block):",
            "    if table.deactivation_slot != NEVER:",
        ),
        rule="svm.lookup.whole-table",
        hazards="H106",
        source="firedancer-io/firedancer#2838",
    ),
    # locks
    bug(
        "called-program-stays-writable",
        "A program that a transaction calls keeps its lock for writing.",
        ("svm.locks", "    return index in programs", "    return False"),
        rule="svm.locks.called-program",
        source="solana-labs/solana#19593",
    ),
    bug(
        "programs-demoted-beside-their-loader",
        "A called program is only read where the loader that could upgrade it is among the keys.",
        ("svm.locks", "    if LOADER_V3 in keys:", "    if False:"),
        rule="svm.locks.programs-with-their-loader",
        source="Overclock-Validator/mithril#210",
    ),
    bug(
        "sysvars-stay-writable",
        "A sysvar, or another reserved key, that is asked for is locked for writing.",
        ("svm.locks", "    if key in RESERVED:", "    if False:"),
        rule="svm.locks.reserved",
        hazards="H112",
        source="firedancer-io/firedancer#5820",
    ),
    bug(
        "any-number-of-locks",
        "A transaction may lock more than 64 accounts.",
        ("svm.locks", "    if len(resolved.keys) > ruleset.account_lock_limit:", "    if False:"),
        rule="svm.locks.too-many",
        source="solana-labs/solana#22201",
    ),
    bug(
        "account-named-twice",
        "A transaction may name an account twice.",
        ("svm.locks", "    if len(set(resolved.keys)) != len(resolved.keys):", "    if False:"),
        rule="svm.locks.loaded-twice",
        hazards="H81",
        source="anza-xyz/agave#2554",
    ),
    # age and duplicates
    bug(
        "one-age-too-few",
        "A blockhash may be used until 149 others have followed it.",
        ("svm.blockhash_queue", "registered.number <= MAXIMUM_AGE", "registered.number < MAXIMUM_AGE"),
        rule="svm.age.blockhash",
        source="solana-foundation/solana-com#1985",
    ),
    bug(
        "duplicates-within-an-entry-alone",
        "A message is told from the others of its entry, and not from those of the whole block.",
        (
            "svm.machine",
            REPEATED,
            "            if any(entry.transactions[:1] == (transaction,) for entry in block.entries):\n"
            "                seen.clear()\n" + REPEATED,
        ),
        rule="svm.block.repeated-message",
        hazards="H79",
        source="anza-xyz/agave#4253",
    ),
    bug(
        "duplicates-by-signature",
        "A transaction was processed before where its first signature was, and not where its message was.",
        (
            "svm.machine",
            REPEATED + REMEMBERED,
            (REPEATED + REMEMBERED).replace("transaction.message_hash", "transaction.signatures[0]"),
        ),
        rule="svm.block.repeated-message",
        hazards="H110",
        source="solana-labs/solana#18340",
    ),
    bug(
        "failed-ones-not-remembered",
        "A transaction that fails is not in the status cache, and may be in the next block again.",
        (
            "svm.chain",
            "        for outcome in result.outcomes\n",
            "        for outcome in result.outcomes if outcome.succeeded\n",
        ),
        rule="svm.status-cache.processed",
        hazards="H78",
        source="solana-labs/solana#1157",
    ),
    bug(
        "statuses-of-all-blockhashes-together",
        "The status cache finds a message under whatever blockhash it is.",
        (
            "svm.status_cache",
            "        return message_hash in self.messages.get(blockhash, ())",
            "        return any(message_hash in hashes for hashes in self.messages.values())",
        ),
        rule="svm.status-cache.already-processed",
        hazards="H109",
        source="solana-labs/solana#9223",
    ),
)
