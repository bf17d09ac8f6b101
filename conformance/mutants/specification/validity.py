"""Bugs about what a transaction must be to stand in a block, and about the room that a block has for it."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

SENDER: Final = "def check_sender(fork: Fork, world: World, sender: bytes, transaction: Transaction) -> None:"
SENDER_IN_BLOCK: Final = (
    "def check_sender(fork: Fork, world: World, sender: bytes, transaction: Transaction, "
    "environment: Environment) -> None:"
)
CALLED: Final = "        check_sender(fork, world, sender, transaction)\n"
CALLED_IN_BLOCK: Final = "        check_sender(fork, world, sender, transaction, environment)\n"
FUNDS: Final = "needed = transaction.gas_limit * maximum_gas_price(transaction) + transaction.value"
BLOCKS_PRICE: Final = "fork.blob_base_fee(environment.excess_blob_gas)"
BLOB_FUNDS: Final = "needed += blob_gas(transaction) * transaction.max_fee_per_blob_gas"

BUGS: Final = (
    bug(
        "nonce-too-high-taken",
        "A transaction whose nonce lies ahead of its account's is executed.",
        ("evm.validity", "    if transaction.nonce > nonce:", "    if False:"),
        rule="evm.validity.nonce-too-high",
        hazards="H02 H03",
        source="ethereumjs/ethereumjs-monorepo#1372",
    ),
    bug(
        "funds-at-the-effective-price",
        "The sender must have what the transaction will pay, and not the most that it offers to pay.",
        ("evm.validity", SENDER, SENDER_IN_BLOCK),
        (
            "evm.validity",
            FUNDS,
            "needed = transaction.gas_limit * effective_gas_price(environment, transaction) + transaction.value",
        ),
        ("evm.transaction_execution", CALLED, CALLED_IN_BLOCK),
        rule="evm.validity.funds",
        hazards="H04",
        source="status-im/nimbus-eth1#849",
    ),
    bug(
        "blob-funds-at-the-blocks-price",
        "The sender must have the block's price of its blobs, and not the most that it offers for them.",
        ("evm.validity", SENDER, SENDER_IN_BLOCK),
        ("evm.validity", BLOB_FUNDS, BLOB_FUNDS.replace("transaction.max_fee_per_blob_gas", BLOCKS_PRICE)),
        ("evm.transaction_execution", CALLED, CALLED_IN_BLOCK),
        rule="evm.validity.blob-funds",
        hazards="H04 H130",
        source="paradigmxyz/reth#6077",
    ),
    bug(
        "blob-funds-cut-to-128-bits",
        "The most that blobs may cost is computed in 128 bits.",
        ("evm.validity", BLOB_FUNDS, BLOB_FUNDS + " % 2**128"),
        rule="evm.validity.blob-funds",
        hazards="H130",
        source="ipsilon/evmone#1480",
    ),
    bug(
        "funds-wrap-at-256-bits",
        "The sum that the sender must have wraps around at 2^256.",
        ("evm.validity", "    if balance < needed:", "    if balance < needed % WORD_LIMIT:"),
        rule="evm.validity.funds",
        hazards="H130",
        source="ipsilon/evmone#1480",
    ),
    bug(
        "sender-with-code",
        "An account with code sends transactions (EIP-3607 is left out).",
        ("evm.validity", "    if code and fork.delegation_target(code) is None:", "    if False:"),
        rule="evm.validity.sender-has-code",
        hazards="H07",
        source="DTVMStack/DTVM#491",
    ),
    bug(
        "delegated-sender-refused",
        "An account that delegates its code may send no transaction.",
        ("evm.validity", "    if code and fork.delegation_target(code) is None:", "    if code:"),
        rule="evm.validity.sender-has-code",
        hazards="H07 H10",
        source="aurora-is-near/aurora-engine#1112",
    ),
    bug(
        "last-nonce-but-one-refused",
        "A transaction of nonce 2^64 - 2 is refused, the last that there may be.",
        ("evm.validity", "    if transaction.nonce == NONCE_LIMIT:", "    if transaction.nonce >= NONCE_LIMIT - 1:"),
        rule="evm.validity.nonce-max",
        hazards="H129",
        source="ipsilon/evmone#1511",
    ),
    bug(
        "room-for-what-is-used",
        "A block has room for a transaction as long as what was used before it fits, whatever gas it declares.",
        (
            "evm.totals",
            "    if transaction.gas_limit > gas_left:",
            "    if totals.paid_gas > environment.gas_limit:",
        ),
        rule="evm.block.gas-allowance",
        hazards="H05",
        source="lambdaclass/ethrex#6341",
    ),
    bug(
        "room-for-state-unchecked",
        "A block has room for a transaction whose gas is over what is left for state, as long as it does not use it.",
        (
            "evm.totals",
            "    if transaction.gas_limit > state_left:",
            "    if totals.state_gas > environment.gas_limit:",
        ),
        rule="evm.block.state-gas-allowance",
        hazards="H06 H136",
        source="paradigmxyz/reth#26718",
    ),
    bug(
        "gas-cap-forgotten",
        "A transaction may declare more than 2^24 gas (EIP-7825 bounds only what it executes with).",
        (
            "evm.validity",
            "    if fork.transaction_gas_limit is not None and transaction.gas_limit > fork.transaction_gas_limit:",
            "    if False:",
        ),
        rule="evm.validity.transaction-gas-limit",
        hazards="H09",
        source="Verified-zkEVM/evm-asm#8370",
    ),
    bug(
        "total-gas-unbounded",
        "A transaction may declare 2^32 gas and more (EIP-8037).",
        ("evm.validity", "    if transaction.gas_limit > TOTAL_GAS_LIMIT:", "    if False:"),
        rule="evm.validity.total-gas-limit",
        hazards="H144",
        source="ethereum/EIPs#12311",
    ),
    bug(
        "floor-of-data-is-no-condition",
        "A transaction whose gas covers its intrinsic gas and not the floor of its data may stand in a block.",
        (
            "evm.validity",
            "    if transaction.gas_limit < floor:\n        # rule: evm.validity.calldata-floor",
            "    if False:\n        # rule: evm.validity.calldata-floor",
        ),
        rule="evm.validity.calldata-floor",
        source="alloy-rs/evm2#46",
    ),
)
