"""Transfers: what they move, and in which order."""

from __future__ import annotations

from samestate.conformance.generating.svm.instructions import transfer
from samestate.conformance.scenarios.scenario import BOTH_RULESETS, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import FEE, SOL


@svm_scenario(rulesets=BOTH_RULESETS)
def one_transfer(block: SvmBlockBuilder) -> None:
    """A wallet pays another: both change, and the fee is the payer's."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, SOL))
    block.expect_success(True)
    block.expect_lamports(payer, 9 * SOL - FEE)
    block.expect_lamports(shop, 11 * SOL)
    block.expect_numbers("units", 150)
    block.expect_numbers("cost", 1481)
    block.expect_logs(
        0,
        "Program 11111111111111111111111111111111 invoke [1]",
        "Program 11111111111111111111111111111111 success",
    )


@svm_scenario(hazards="H84")
def transfers_of_one_entry_in_their_order(block: SvmBlockBuilder) -> None:
    """Transactions of one entry conflict, and take effect in its order: the second spends what the first brings."""
    rich = block.wallet("rich")
    poor = block.wallet("poor", SOL)
    shop = block.wallet("shop")
    block.send(rich, transfer(rich.address, poor.address, 5 * SOL))
    block.send(poor, transfer(poor.address, shop.address, 4 * SOL))
    block.send(poor, transfer(poor.address, shop.address, 3 * SOL), comment="not enough is left")
    block.expect_errors("", "", "InstructionError(0, Custom(1))")
    block.expect_lamports(poor, 2 * SOL - 2 * FEE)
    block.expect_sources(1, poor, 0)
    block.expect_sources(2, poor, 1)
    block.expect_critical_path(3)
