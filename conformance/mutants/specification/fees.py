"""Bugs about fees, refunds and what a block counts of its gas."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

TIP_PAID: Final = (
    "    credit(world, substate, environment.coinbase, (price - environment.base_fee_per_gas) * spending.paid)\n"
)
PAID: Final = "paid = max(spent - refund, fork.calldata_floor(transaction, sender))"
COUNTED: Final = "execution=max(spent - state, floor), state=state)"

BUGS: Final = (
    bug(
        "tip-of-nothing-makes-the-coinbase",
        "A priority fee of zero leaves an empty account where there is no coinbase.",
        (
            "evm.transaction_execution",
            "    for address in substate.destroyed:",
            "    if price == environment.base_fee_per_gas and not world.exists(environment.coinbase):\n"
            '        world.view.set(b"\\x00" + environment.coinbase, b"\\x01")\n'
            "    for address in substate.destroyed:",
        ),
        rule="evm.transaction.priority-fee",
        hazards="H14",
        source="besu-eth/besu#8353",
    ),
    bug(
        "fee-after-destruction",
        "The coinbase gets the fee of a transaction that destroyed it once it is gone, and is there again.",
        (
            "evm.transaction_execution",
            TIP_PAID,
            "",
        ),
        (
            "evm.transaction_execution",
            "    if substate.ripemd160_touched:",
            TIP_PAID + "    if substate.ripemd160_touched:",
        ),
        rule="evm.transaction.priority-fee",
        hazards="H17 H18",
        source="erigontech/erigon#23967",
    ),
    bug(
        "coinbase-cold-for-old-transactions",
        "The coinbase is warm from the start of typed transactions alone.",
        (
            "evm.transaction_execution",
            "    if fork.warms_coinbase:",
            "    if fork.warms_coinbase and transaction.type != 0:",
        ),
        rule="evm.access.warm-coinbase",
        source="ethereum/execution-specs#761",
    ),
    bug(
        "blob-base-fee-of-64-bits",
        "BLOBBASEFEE gives the lower 64 bits of the price.",
        (
            "evm.instructions.block",
            "blob_base_fee(frame.context.environment.excess_blob_gas))",
            "blob_base_fee(frame.context.environment.excess_blob_gas) % 2**64)",
        ),
        rule="evm.block.blob-base-fee",
        hazards="H130",
        source="bluealloy/revm#3923",
    ),
    bug(
        "blob-base-fee-not-computed",
        "BLOBBASEFEE gives zero.",
        (
            "evm.instructions.block",
            "    frame.stack.append(frame.context.fork.blob_base_fee(frame.context.environment.excess_blob_gas))",
            "    frame.stack.append(0)",
        ),
        rule="evm.block.blob-base-fee",
        source="lambdaclass/ethrex#898",
    ),
    bug(
        "refund-uncapped",
        "What comes back for cleared slots has no bound.",
        ("evm.spending", "min(frame.substate.refund, spent // fork.refund_quotient)", "frame.substate.refund"),
        rule="evm.transaction.refund",
        source="hiero-ledger/hiero-consensus-node#19821",
    ),
    bug(
        "refund-off-the-floor",
        "The refund comes off what the floor of the data has made of the gas.",
        ("evm.spending", PAID, "paid = max(spent, fork.calldata_floor(transaction, sender)) - refund"),
        rule="evm.transaction.calldata-floor",
        source="ethereum/execution-specs#1073",
    ),
    bug(
        "floor-looked-at-once",
        "Where the gas spent reaches the floor of the data, the refund may bring it below.",
        (
            "evm.spending",
            PAID,
            "floor = fork.calldata_floor(transaction, sender)\n    paid = floor if spent < floor else spent - refund",
        ),
        rule="evm.transaction.calldata-floor",
        source="cosmos/evm#1186",
    ),
    bug(
        "state-gas-counted-twice",
        "The execution gas of a block counts state gas too (EIP-8037).",
        ("evm.transactions_with_state_gas", COUNTED, "execution=max(spent, floor), state=state)"),
        rule="evm.transaction.execution-gas",
        hazards="H52 H136",
        source="ethereumjs/ethereumjs-monorepo#4287",
    ),
    bug(
        "receipts-before-refunds",
        "The cumulative gas of a receipt is what the block counts, before refunds (EIP-7778).",
        (
            "evm.machine",
            "paid_gas=totals.paid_gas + outcome.gas_used,",
            "paid_gas=totals.paid_gas + outcome.execution_gas + outcome.state_gas,",
        ),
        rule="evm.block.receipt",
        hazards="H52",
        source="ethereum/go-ethereum#33765",
    ),
    bug(
        "typed-receipts-as-old-ones",
        "The receipt of a typed transaction is encoded without its type.",
        ("evm.receipt", "return body if receipt.type == 0 else bytes([receipt.type]) + body", "return body"),
        rule="evm.receipt.encoding",
        hazards="H51",
        source="skalenetwork/skaled#2486",
    ),
    bug(
        "withdrawal-in-wei",
        "The amount of a withdrawal is taken for wei.",
        ("evm.withdrawals", "withdrawal.amount * WEI_PER_GWEI)", "withdrawal.amount)"),
        rule="evm.withdrawal",
        hazards="H46",
        source="0xPolygonZero/zk_evm#371",
    ),
    bug(
        "withdrawal-of-nothing-makes-an-account",
        "A withdrawal of nothing leaves an empty account behind.",
        (
            "evm.withdrawals",
            "    clear_touched(world, substate)",
            "    for withdrawal in payload.withdrawals:\n"
            "        if not withdrawal.amount and not world.exists(withdrawal.address):\n"
            '            world.view.set(b"\\x00" + withdrawal.address, b"\\x01")\n'
            "    clear_touched(world, substate)",
        ),
        rule="evm.withdrawal",
        hazards="H46",
        source="paradigmxyz/reth#4840",
    ),
)
