"""Bugs about headers: what a block may say of itself after its parent, and about ommers."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

RISE: Final = "        change = base_fee * (parent.gas_used - target) // target // BASE_FEE_CHANGE_DENOMINATOR\n"
BOUND: Final = "abs(header.gas_limit - before) >= before // GAS_LIMIT_BOUND_DIVISOR or"

BUGS: Final = (
    bug(
        "rise-in-place-of-the-fee",
        "After a block over its target the base fee is the rise alone, where that is more than one.",
        (
            "evm.fees",
            "        return base_fee + max(change, 1)",
            "        return change if change > 1 else base_fee + 1",
        ),
        rule="evm.basefee.above-target",
        source="NomicFoundation/hardhat#4301",
    ),
    bug(
        "base-fee-in-64-bits",
        "The product from which the base fee rises is computed in 64 bits.",
        ("evm.fees", RISE, RISE.replace("- target) // target", "- target) % 2**64 // target")),
        rule="evm.basefee.above-target",
        source="besu-eth/besu#1803",
    ),
    bug(
        "limit-moves-by-the-bound",
        "The gas limit may move by a 1024th of the parent's, which is one too much.",
        ("evm.header_rules", BOUND, BOUND.replace(">=", ">")),
        rule="evm.header.gas-limit-bounds",
        source="FISCO-BCOS/FISCO-BCOS#5530",
    ),
    bug(
        "more-used-than-there-is",
        "A header may say that its block used more gas than its limit.",
        ("evm.header_rules", "    if header.gas_used > header.gas_limit:", "    if False:"),
        rule="evm.header.gas-used",
        source="status-im/nimbus-eth1#740",
    ),
    bug(
        "excess-unchecked",
        "A header may have any excess of blob gas.",
        ("evm.header_rules", "    if header.excess_blob_gas != expected:", "    if False:"),
        rule="evm.header.excess-blob-gas",
        source="erigontech/erigon#8269",
    ),
    bug(
        "excess-over-the-first-target",
        "The excess of blob gas is what is over three blobs in every fork, as it was in Cancun.",
        (
            "evm.fees",
            "    return max(total - schedule.target_gas, 0)",
            "    return max(total - 3 * GAS_PER_BLOB, 0)",
        ),
        rule="evm.blobfee.excess",
        hazards="H145",
        source="flashbots/rbuilder#400",
    ),
    bug(
        "reserve-price-by-the-target",
        "The price that keeps blobs from getting cheaper is compared with that of as many blobs as the target has.",
        (
            "evm.fees",
            "> GAS_PER_BLOB * blob_base_fee(fork, excess):",
            "> schedule.target_gas * blob_base_fee(fork, excess):",
        ),
        rule="evm.blobfee.execution-dominates",
        source="NethermindEth/nethermind#8743",
    ),
    bug(
        "ommers-of-any-kind",
        "The header of an ommer need not be one that follows its parent.",
        ("evm.ommers", "    for rule in fork.header_rules:", "    for rule in fork.header_rules[:0]:"),
        rule="evm.ommers.invalid-header",
        source="ethereum/go-ethereum#381",
    ),
)
