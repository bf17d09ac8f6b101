"""Compute budgets: what a transaction may ask for, in which words, and how many units it has without a word."""

from __future__ import annotations

import struct

from samestate.conformance.generating.svm.instructions import (
    ProgramCall,
    ed25519,
    heap_size,
    loaded_size_limit,
    transfer,
    unit_limit,
    unit_price,
)
from samestate.conformance.scenarios.scenario import add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import FEE, SOL
from samestate.spec.svm.addresses import COMPUTE_BUDGET, ED25519
from samestate.spec.svm.rejections import Invalid


def raw(data: bytes) -> ProgramCall:
    """An instruction of the compute budget program with such data."""
    return ProgramCall(COMPUTE_BUDGET, (), data)


def add_request(name: str, sentence: str, calls: list[ProgramCall], code: Invalid | None) -> None:
    """A transfer that comes with these requests."""

    def story(block: SvmBlockBuilder) -> None:
        block.builtin(COMPUTE_BUDGET, "compute_budget_program")
        payer, shop = block.wallets("payer", "shop")
        block.send(payer, transfer(payer.address, shop.address, 4))
        block.send(payer, *calls, transfer(payer.address, shop.address, 5))
        if code is None:
            block.expect_success(True, True)
            block.expect_numbers("units", 150, 150 * (1 + len(calls)))
        else:
            block.expect(code, 1)

    add_svm_scenario(__name__, name, sentence, story, hazards="H123" if code else "")


BAD = Invalid.INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA
for row in (
    ("no_data", "A budget instruction has no data.", [raw(b"")], BAD),
    ("tag_0", "A budget instruction has the tag of a form that was given up.", [raw(b"\x00" + bytes(8))], BAD),
    ("tag_5", "A budget instruction has a tag that there is not.", [raw(b"\x05" + bytes(8))], BAD),
    ("short_limit", "A limit of units has three bytes.", [raw(b"\x02" + bytes(3))], BAD),
    ("short_price", "A price of units has seven bytes.", [raw(b"\x03" + bytes(7))], BAD),
    (
        "bytes_behind",
        "Bytes behind a limit of units are nobody's.",
        [raw(b"\x02" + struct.pack("<I", 600) + b"!")],
        None,
    ),
    (
        "limit_twice",
        "A transaction names its limit twice.",
        [unit_limit(600), unit_limit(600)],
        Invalid.DUPLICATE_INSTRUCTION,
    ),
    (
        "price_twice",
        "A transaction names its price twice.",
        [unit_price(1), unit_price(1)],
        Invalid.DUPLICATE_INSTRUCTION,
    ),
    ("heap_too_small", "A heap is a grain too small.", [heap_size(31 * 1024)], BAD),
    ("heap_smallest", "A heap is as small as it may be.", [heap_size(32 * 1024)], None),
    ("heap_largest", "A heap is as large as it may be.", [heap_size(256 * 1024)], None),
    ("heap_too_large", "A heap is a grain too large.", [heap_size(257 * 1024)], BAD),
    ("heap_of_no_grain", "A heap is no multiple of 1,024 bytes.", [heap_size(32 * 1024 + 1)], BAD),
    (
        "loaded_size_zero",
        "A transaction would load nothing at all.",
        [loaded_size_limit(0)],
        Invalid.INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT,
    ),
    (
        "loaded_size_beyond",
        "A limit of loaded sizes is above what anybody may load.",
        [loaded_size_limit(2**32 - 1)],
        None,
    ),
    ("limit_beyond", "A limit of units is above what anybody may use.", [unit_limit(2**32 - 1)], None),
):
    add_request(*row)


@svm_scenario(hazards="H123")
def undecodable_goes_before_duplicate(block: SvmBlockBuilder) -> None:
    """A budget instruction cannot be decoded, and one behind it is there twice: the first that is met counts."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, raw(b"\x09"), unit_limit(600), unit_limit(600), transfer(payer.address, shop.address, 5))
    block.expect(Invalid.INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA, 0)


def add_units(limit: int, index: int | None) -> None:
    """A limit of units for three instructions of 150 each, and the first that has none."""

    def story(block: SvmBlockBuilder) -> None:
        block.builtin(COMPUTE_BUDGET, "compute_budget_program")
        payer, shop = block.wallets("payer", "shop")
        calls = [transfer(payer.address, shop.address, number) for number in (1, 2)]
        block.send(payer, unit_limit(limit), *calls)
        if index is None:
            block.expect_success(True)
            block.expect_numbers("units", 450)
        else:
            block.expect_errors(f"InstructionError({index}, ComputationalBudgetExceeded)")
            block.expect_lamports(payer, 10 * SOL - FEE)

    sentence = f"Three instructions use 150 units each, and {limit} may be used."
    add_svm_scenario(__name__, f"units_{limit}", sentence, story)


for limit, index in ((450, None), (449, 2), (300, 2), (299, 1), (149, 0), (0, 0)):
    add_units(limit, index)


@svm_scenario()
def units_without_a_word(block: SvmBlockBuilder) -> None:
    """Without a limit an instruction of a builtin program counts 3,000 units: what is paid for priority says so."""
    block.builtin(COMPUTE_BUDGET, "compute_budget_program")
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, unit_price(1_000_000), transfer(payer.address, shop.address, 5))
    block.expect_success(True)
    block.expect_numbers("priority_fee", 6_000)


@svm_scenario()
def a_precompile_counts_as_builtin(block: SvmBlockBuilder) -> None:
    """The ed25519 precompile counts 3,000 units by default, and uses none."""
    block.builtin(COMPUTE_BUDGET, "compute_budget_program")
    block.builtin(ED25519, "ed25519_program")
    payer = block.wallet("payer")
    assert payer.key is not None
    block.send(payer, unit_price(1_000_000), ed25519(payer.key, b"message"))
    block.expect_success(True)
    block.expect_numbers("priority_fee", 6_000)
    block.expect_numbers("units", 150)


@svm_scenario()
def units_of_a_program_that_is_none(block: SvmBlockBuilder) -> None:
    """An instruction of any other program counts 200,000 units by default, though the program does not exist."""
    block.builtin(COMPUTE_BUDGET, "compute_budget_program")
    payer = block.wallet("payer")
    block.send(payer, unit_price(1_000_000), ProgramCall(block.nobody("missing").address, (), b""))
    block.expect_statuses("fees-only")
    block.expect_numbers("priority_fee", 203_000)


@svm_scenario()
def failed_by_its_budget_pays_for_all_of_it(block: SvmBlockBuilder) -> None:
    """A transaction that runs out of units pays for those that it asked for, and counts those that it used."""
    block.builtin(COMPUTE_BUDGET, "compute_budget_program")
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, unit_limit(310), unit_price(1_000_000), transfer(payer.address, shop.address, 5))
    block.expect_errors("InstructionError(2, ComputationalBudgetExceeded)")
    block.expect_numbers("priority_fee", 310)
