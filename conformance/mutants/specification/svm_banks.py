"""Bugs of Solana's machine about what a bank carries: sysvars, proof of history, the lattice and the bank hash."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

BUGS: Final = (
    bug(
        "513-slot-hashes",
        "SlotHashes keeps one slot more than there is room for.",
        ("svm.sysvars", "entries[:SLOT_HASHES_KEPT]", "entries[: SLOT_HASHES_KEPT + 1]"),
        rule="svm.slot-hashes.newest",
        hazards="H111",
        source="solana-labs/solana#23545",
    ),
    bug(
        "recent-blockhashes-of-the-whole-queue",
        "RecentBlockhashes lists the whole queue, and not the newest 150.",
        (
            "svm.sysvars",
            "key=lambda item: item[1].number, reverse=True)[:RECENT_BLOCKHASHES_KEPT]",
            "key=lambda item: item[1].number, reverse=True)",
        ),
        rule="svm.close.recent-blockhashes",
        source="solana-labs/solana#10065",
    ),
    bug(
        "skipped-slots-keep-their-bits",
        "Slots that are skipped keep the bits of those 2^20 before them.",
        (
            "svm.sysvars",
            "        _set(bits, range(max(self.next_slot, slot - SLOTS_OF_HISTORY), slot), False)\n",
            "",
        ),
        rule="svm.slot-history.slot",
        source="solana-labs/solana#10175",
    ),
    bug(
        "time-goes-back",
        "The clock takes the time of the votes even where it lies before the parent's.",
        ("svm.sysvars", "timestamp = max(block.unix_timestamp, timestamp)", "timestamp = block.unix_timestamp"),
        rule="svm.clock.timestamp",
        source="solana-labs/solana#12737",
    ),
    bug(
        "restart-not-written",
        "LastRestartSlot is not written when a hard fork is reached.",
        ("svm.sysvars", "    if account is None or account.data[: len(data)] != data:", "    if False:"),
        rule="svm.open.last-restart-slot",
        hazards="H112",
        source="firedancer-io/firedancer#9645",
    ),
    # proof of history
    bug(
        "odd-signature-goes-up-alone",
        "In a tree of signatures one without a neighbour stands for itself on the next level, unhashed.",
        ("svm.history", "            level.append(level[-1])\n", '            level.append(b"")\n'),
        (
            "svm.history",
            "[sha256(_NODE + level[i] + level[i + 1]).digest() for i in range(0, len(level), 2)]",
            "[\n            sha256(_NODE + level[i] + level[i + 1]).digest() if level[i + 1] else level[i]\n"
            "            for i in range(0, len(level), 2)\n        ]",
        ),
        rule="svm.history.signature-tree",
        source="solana-labs/solana#4644",
    ),
    bug(
        "ticks-after-any-number-of-hashes",
        "Nobody counts the hashes between ticks.",
        ("svm.history", "            if hashes != block.hashes_per_tick:", "            if False:"),
        rule="svm.history.tick-hash-count",
        source="solana-labs/solana#4282",
    ),
    bug(
        "too-few-ticks-taken",
        "A block may have fewer ticks than a slot.",
        ("svm.history", "    if ticks < block.ticks:", "    if False:"),
        rule="svm.history.too-few-ticks",
        source="firedancer-io/firedancer#3829",
    ),
    bug(
        "block-without-an-end",
        "A block need not end with a tick.",
        ("svm.history", "    if not block.entries[-1].is_tick:", "    if False:"),
        rule="svm.history.trailing-entry",
        source="solana-labs/solana#6262",
    ),
    # what is committed to
    bug(
        "hard-fork-not-mixed-in",
        "The bank hash says nothing of hard forks.",
        ("svm.bank_hash", "    if restarts > 0:", "    if False:"),
        rule="svm.bank-hash.hard-fork",
        source="firedancer-io/firedancer#8815",
    ),
    bug(
        "lattice-counts-every-write",
        "An account that several transactions write gives its first state back for each of them.",
        (
            "transition",
            "        return self.before.apply(self.changes, self.wipes)",
            "        from samestate.spec.state.lattice import add, subtract\n\n"
            "        state, first = self.before.apply(self.changes, self.wipes), self.before.lattice\n"
            "        state.lattice = first\n"
            "        for step in self.steps:\n"
            "            change = subtract(self.before.apply(step.writes, ()).lattice, first)\n"
            "            state.lattice = add(state.lattice, change)\n"
            "        return state",
        ),
        rule="svm.lattice.once-per-block",
        hazards="H117",
        source="anza-xyz/agave#6307",
    ),
)
