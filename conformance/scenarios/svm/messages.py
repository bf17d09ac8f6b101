"""Messages: what is no transaction, what a transaction must be by itself, and what its signatures sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from samestate.conformance.generating.svm.instructions import ProgramCall, only_signing, read, transfer
from samestate.conformance.scenarios.scenario import BOTH_RULESETS, add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import FEE, SOL
from samestate.spec.svm.addresses import SYSTEM
from samestate.spec.svm.message import CompiledInstruction, Config, MessageHeader, TableLookup, TransactionMessage
from samestate.spec.svm.rejections import Invalid

Change = Callable[[TransactionMessage], TransactionMessage]

USUAL_CONFIG: Final = Config(compute_unit_limit=3_000, loaded_size_limit=65_536)


def header(signatures: int, readonly_signed: int, readonly_unsigned: int) -> Change:
    """Another header."""
    return lambda message: replace(message, header=MessageHeader(signatures, readonly_signed, readonly_unsigned))


def instruction(change: Callable[[CompiledInstruction], CompiledInstruction]) -> Change:
    """Another first instruction."""
    return lambda message: replace(message, instructions=(change(message.instructions[0]), *message.instructions[1:]))


@dataclass(frozen=True, slots=True)
class Defect:
    """A message that is not what it must be."""

    name: str
    sentence: str
    change: Change


DEFECTS: Final = (
    Defect(
        "nobody_may_pay",
        "All keys that sign are read only, so that nobody pays.",
        header(1, 1, 1),
    ),
    Defect(
        "header_counts_more_keys",
        "Signing and readonly keys together are more than there are.",
        header(1, 0, 3),
    ),
    Defect(
        "program_is_no_key",
        "An instruction's program is beyond the keys.",
        instruction(lambda given: replace(given, program=3)),
    ),
    Defect(
        "program_is_the_payer",
        "An instruction's program is the fee payer.",
        instruction(lambda given: replace(given, program=0)),
    ),
    Defect(
        "account_is_no_key",
        "An account of an instruction is beyond the keys.",
        instruction(lambda given: replace(given, accounts=bytes([0, 3]))),
    ),
)


def add_defect(defect: Defect) -> None:
    """A block with the defect behind a transaction that is right."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        block.send(payer, transfer(payer.address, shop.address, 1))
        block.send(payer, transfer(payer.address, shop.address, 2), change=defect.change)
        block.expect(Invalid.SANITIZE_FAILURE, 1)

    add_svm_scenario(__name__, defect.name, defect.sentence, story)


for each in DEFECTS:
    add_defect(each)


@svm_scenario()
def a_byte_too_many(block: SvmBlockBuilder) -> None:
    """A transaction is followed by a byte that is not its own: it is none, and nothing is executed."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 1))
    block.send_wire(block.send(payer, transfer(payer.address, shop.address, 2)) + b"\x00", "a byte too many")
    block.expect(Invalid.MALFORMED_TRANSACTION, 2)


@svm_scenario()
def a_byte_too_few(block: SvmBlockBuilder) -> None:
    """A transaction ends before its end."""
    payer, shop = block.wallets("payer", "shop")
    block.send_wire(block.send(payer, transfer(payer.address, shop.address, 2))[:-1], "a byte too few")
    block.expect(Invalid.MALFORMED_TRANSACTION, 1)


@svm_scenario()
def nothing_at_all(block: SvmBlockBuilder) -> None:
    """A transaction has no bytes."""
    block.send_wire(b"")
    block.expect(Invalid.MALFORMED_TRANSACTION, 0)


@svm_scenario()
def malformed_goes_before_invalid(block: SvmBlockBuilder) -> None:
    """The second transaction cannot be decoded and the first may not be there: the block is not even begun."""
    payer, shop = block.wallets("payer", "shop")
    block.send(block.nobody("poor"), transfer(payer.address, shop.address, 1))
    block.send_wire(b"\x01")
    block.expect(Invalid.MALFORMED_TRANSACTION, 1)


@svm_scenario()
def a_length_of_two_bytes_for_one(block: SvmBlockBuilder) -> None:
    """The number of signatures takes two bytes where one says the same: an alias, which is refused."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 2))
    block.send_wire(b"\x81\x00" + wire[1:], "0x81 0x00 for 1")
    block.expect(Invalid.MALFORMED_TRANSACTION, 1)


@svm_scenario()
def a_version_that_nobody_knows(block: SvmBlockBuilder) -> None:
    """A message says that it is of version 2."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 2), version=0)
    block.send_wire(wire[:65] + b"\x82" + wire[66:])
    block.expect(Invalid.MALFORMED_TRANSACTION, 1)


@svm_scenario(rulesets=BOTH_RULESETS)
def version_0_without_lookups(block: SvmBlockBuilder) -> None:
    """A message of version 0 needs no lookup table."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, SOL), version=0)
    block.expect_lamports(shop, 11 * SOL)


@svm_scenario()
def version_1(block: SvmBlockBuilder) -> None:
    """A message of version 1 says its budget in its head, and its priority fee in lamports."""
    payer, shop = block.wallets("payer", "shop")
    config = replace(USUAL_CONFIG, priority_fee=77)
    block.send(payer, transfer(payer.address, shop.address, SOL), version=1, config=config)
    block.expect_success(True)
    block.expect_numbers("fee", FEE)
    block.expect_numbers("priority_fee", 77)
    block.expect_lamports(payer, 9 * SOL - FEE - 77)


def add_version_1_before(ruleset_index: int) -> None:
    """Version 1 where the ruleset does not have it yet."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        block.send(payer, transfer(payer.address, shop.address, 1))
        block.send(payer, transfer(payer.address, shop.address, 2), version=1, config=USUAL_CONFIG)
        block.expect(Invalid.UNSUPPORTED_VERSION, 1)

    sentence = "A message of version 1 comes before its feature is active."
    add_svm_scenario(__name__, "version_1_too_early", sentence, story, rulesets=(BOTH_RULESETS[ruleset_index],))


add_version_1_before(0)


@svm_scenario()
def version_1_switched_off(block: SvmBlockBuilder) -> None:
    """The feature of version 1 is the one that is not active."""
    block.with_params(enable_tx_v1="inactive")
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 2), version=1, config=USUAL_CONFIG)
    block.expect(Invalid.UNSUPPORTED_VERSION, 0)


@svm_scenario(hazards="H120")
def version_1_that_configures_nothing(block: SvmBlockBuilder) -> None:
    """A message of version 1 names no limit of loaded sizes: it may load nothing, and only pays its fee."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, SOL), version=1)
    block.expect_statuses("fees-only")
    block.expect_errors("MaxLoadedAccountsDataSizeExceeded")
    block.expect_numbers("loaded_size", 0)
    block.expect_lamports(payer, 10 * SOL - FEE)


@svm_scenario()
def version_1_without_units(block: SvmBlockBuilder) -> None:
    """A message of version 1 names no limit of units: its first instruction has none."""
    payer, shop = block.wallets("payer", "shop")
    config = Config(loaded_size_limit=65_536)
    block.send(payer, transfer(payer.address, shop.address, SOL), version=1, config=config)
    block.expect_errors("InstructionError(0, ComputationalBudgetExceeded)")
    block.expect_lamports(shop, 10 * SOL)


def add_heap(size: int, is_right: bool) -> None:
    """A heap size of version 1 at an edge."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        config = replace(USUAL_CONFIG, heap_size=size)
        block.send(payer, transfer(payer.address, shop.address, SOL), version=1, config=config)
        if is_right:
            block.expect_success(True)
        else:
            block.expect(Invalid.SANITIZE_FAILURE, 0)

    allowed = "may" if is_right else "may not"
    add_svm_scenario(__name__, f"version_1_heap_of_{size}", f"A heap of {size} bytes {allowed} be asked for.", story)


for heap, right in ((32_767, False), (32_768, True), (33_000, False), (262_144, True), (263_168, False)):
    add_heap(heap, right)


@svm_scenario()
def version_1_names_a_key_twice(block: SvmBlockBuilder) -> None:
    """A message of version 1 has an address twice, which is found before any lock."""
    payer, shop = block.wallets("payer", "shop")
    twice: Change = lambda message: replace(message, keys=(*message.keys[:1], message.keys[0], *message.keys[2:]))  # noqa: E731
    block.send(payer, transfer(payer.address, shop.address, 2), version=1, config=USUAL_CONFIG, change=twice)
    block.expect(Invalid.SANITIZE_FAILURE, 0)


def empty_call(program: bytes = SYSTEM) -> ProgramCall:
    """A transfer of nothing needs accounts; this call has none, and fails."""
    return ProgramCall(program, (), b"\x00" * 4)


def add_instruction_count(count: int, is_right: bool) -> None:
    """So many instructions."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        calls = [transfer(payer.address, shop.address, 1) for _ in range(count)]
        config = replace(USUAL_CONFIG, compute_unit_limit=150 * count)
        block.send(payer, *calls, version=1, config=config)
        if is_right:
            block.expect_success(True)
            block.expect_numbers("units", 150 * count)
            block.expect_lamports(shop, 10 * SOL + count)
        else:
            block.expect(Invalid.SANITIZE_FAILURE, 0)

    sentence = f"A message has {count} instructions; 64 are allowed."
    add_svm_scenario(__name__, f"instructions_{count}", sentence, story, hazards="" if is_right else "H123")


add_instruction_count(64, True)
add_instruction_count(65, False)


def add_size(size: int, is_right: bool) -> None:
    """A legacy transaction of so many bytes."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        call = transfer(payer.address, shop.address, 5)
        plain = len(block.send(payer, call))
        block.draft.entries.clear()
        padding = size - plain - (1 if size - plain + 12 >= 128 else 0)
        longer = ProgramCall(call.program, call.accounts, call.data + bytes(padding))
        wire = block.send(payer, longer, comment=f"{size} bytes")
        if len(wire) != size:
            raise ValueError(f"the transaction has {len(wire)} bytes")
        if is_right:
            block.expect_success(True)
        else:
            block.expect(Invalid.SANITIZE_FAILURE, 0)

    add_svm_scenario(__name__, f"bytes_{size}", f"A transaction has {size} bytes; a packet holds 1,232.", story)


add_size(1232, True)
add_size(1233, False)


@svm_scenario()
def a_signature_of_something_else(block: SvmBlockBuilder) -> None:
    """The second transaction is signed, but not as it stands: the block is invalid, whatever it would do."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, 1))
    block.send(payer, transfer(payer.address, shop.address, 2), spoil=True)
    block.expect(Invalid.SIGNATURE_FAILURE, 1)


@svm_scenario(hazards="H121")
def a_bad_signature_behind_one_without_funds(block: SvmBlockBuilder) -> None:
    """The first transaction cannot pay, the second is not signed: the first is named."""
    payer, shop = block.wallets("payer", "shop")
    poor = block.wallet("poor", 10)
    block.send(poor, transfer(poor.address, shop.address, 1))
    block.send(payer, transfer(payer.address, shop.address, 2), spoil=True)
    block.expect(Invalid.INSUFFICIENT_FUNDS_FOR_FEE, 0)


@svm_scenario()
def a_signature_too_many(block: SvmBlockBuilder) -> None:
    """There are two signatures, and one key that signs."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 2))
    block.send_wire(b"\x02" + wire[1:65] + bytes(64) + wire[65:], "two signatures for one key")
    block.expect(Invalid.SANITIZE_FAILURE, 1)


@svm_scenario()
def a_signature_missing(block: SvmBlockBuilder) -> None:
    """There is no signature, and one key that signs."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 2))
    block.send_wire(b"\x00" + wire[65:], "no signature")
    block.expect(Invalid.SANITIZE_FAILURE, 1)


@svm_scenario()
def a_second_signature_that_is_wrong(block: SvmBlockBuilder) -> None:
    """The payer has signed and the other signer has not."""
    payer, other, shop = block.wallets("payer", "other", "shop")
    wire = block.send(payer, transfer(other.address, shop.address, 2))
    block.send_wire(wire[:65] + bytes(64) + wire[129:], "the second signature is zero")
    block.expect(Invalid.SIGNATURE_FAILURE, 1)


@svm_scenario()
def a_signature_with_a_large_scalar(block: SvmBlockBuilder) -> None:
    """The order of the group is added to a signature's scalar: the same equation holds, and it is refused."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 2))
    block.draft.entries.clear()
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(wire[33:65], "little") + order
    block.send_wire(wire[:33] + scalar.to_bytes(32, "little") + wire[65:], "S + L")
    block.expect(Invalid.SIGNATURE_FAILURE, 0)


@svm_scenario()
def a_payer_of_small_order(block: SvmBlockBuilder) -> None:
    """The payer's key is the neutral point, for which a signature of nothing fits any message: it is refused."""
    shop = block.wallet("shop")
    neutral = block.account("neutral")
    payer = block.at("payer of small order", b"\x01" + bytes(31))
    block.put(payer, block.accounts[neutral.address])
    message = block.send(payer, transfer(payer.address, shop.address, 2))
    block.draft.entries.clear()
    block.send_wire(message[:1] + b"\x01" + bytes(63) + message[65:], "R is the neutral point, S is zero")
    block.expect(Invalid.SIGNATURE_FAILURE, 0)


@svm_scenario()
def keys_that_nobody_uses(block: SvmBlockBuilder) -> None:
    """A message names keys that no instruction uses: they are read all the same, and count as loaded."""
    payer, shop, unused = block.wallets("payer", "shop", "unused")
    block.send(payer, transfer(payer.address, shop.address, 2), more_keys=[read(unused.address)])
    block.expect_success(True)
    block.expect_reads(0, payer, shop, unused, SYSTEM)
    block.expect_numbers("loaded_size", 4 * 64 + 21)


@svm_scenario()
def no_instruction_at_all(block: SvmBlockBuilder) -> None:
    """A transaction without instructions succeeds, and pays."""
    (payer,) = block.wallets("payer")
    block.send(payer)
    block.expect_success(True)
    block.expect_numbers("units", 0)
    block.expect_lamports(payer, 10 * SOL - FEE)


@svm_scenario()
def version_1_with_a_mask_of_nothing_known(block: SvmBlockBuilder) -> None:
    """A message of version 1 configures something that there is not: it is no message."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 2), version=1, config=USUAL_CONFIG)
    block.send_wire(wire[:4] + b"\x2c" + wire[5:], "bit 5 of the mask")
    block.expect(Invalid.MALFORMED_TRANSACTION, 1)


@svm_scenario()
def version_1_with_half_a_priority_fee(block: SvmBlockBuilder) -> None:
    """A message of version 1 has one of the two bits of its priority fee."""
    payer, shop = block.wallets("payer", "shop")
    wire = block.send(payer, transfer(payer.address, shop.address, 2), version=1, config=USUAL_CONFIG)
    block.send_wire(wire[:4] + b"\x0d" + wire[5:], "bit 0 of the mask without bit 1")
    block.expect(Invalid.MALFORMED_TRANSACTION, 1)


def add_wire(name: str, sentence: str, change: Callable[[bytes], bytes]) -> None:
    """A transfer whose bytes are spoilt."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        block.send_wire(change(block.send(payer, transfer(payer.address, shop.address, 2))))
        block.expect(Invalid.MALFORMED_TRANSACTION, 1)

    add_svm_scenario(__name__, name, sentence, story)


KEYS_AT = 1 + 64 + 3
"""Where a legacy transfer has the number of its keys."""


def with_keys(length: bytes) -> Callable[[bytes], bytes]:
    """Another number of keys."""
    return lambda wire: wire[:KEYS_AT] + length + wire[KEYS_AT + 1 :]


add_wire("a_length_that_ends", "The bytes end within the number of keys.", lambda wire: wire[:KEYS_AT] + b"\x83")
add_wire("a_length_of_four_bytes", "The number of keys goes on after its third byte.", with_keys(b"\x83\x80\x80\x01"))
add_wire("a_length_beyond_16_bits", "The number of keys does not fit 16 bits.", with_keys(b"\xff\xff\x04"))
add_wire("a_length_with_a_needless_byte", "The number of keys takes a byte more than it needs.", with_keys(b"\x83\x00"))
add_wire(
    "a_first_byte_of_nothing", "The first byte is neither a number nor a version.", lambda wire: b"\x85" + wire[1:]
)


def add_version_1(name: str, sentence: str, signers: int, keys: int, is_right: bool) -> None:
    """A message of version 1 with so many signers, and so many keys."""

    def story(block: SvmBlockBuilder) -> None:
        letters = "abcdefghijklm"
        payer, shop = block.wallets("payer", "shop")
        others = [block.nobody(f"signer {letters[index]}") for index in range(signers - 1)]
        more = [only_signing(each.address) for each in others]
        more += [read(bytes([0xB0, index]) + bytes(30)) for index in range(keys - 3 - len(others))]
        block.send(payer, transfer(payer.address, shop.address, 5), version=1, config=USUAL_CONFIG, more_keys=more)
        if is_right:
            block.expect_success(True)
        else:
            block.expect(Invalid.SANITIZE_FAILURE, 0)

    add_svm_scenario(__name__, name, sentence, story)


add_version_1("version_1_of_12_signers", "A message of version 1 has twelve signers.", 12, 14, True)
add_version_1("version_1_of_13_signers", "A message of version 1 has thirteen signers.", 13, 15, False)
add_version_1("version_1_of_64_keys", "A message of version 1 has 64 keys.", 1, 64, True)
add_version_1("version_1_of_65_keys", "A message of version 1 has 65 keys.", 1, 65, False)


def add_accounts(count: int, is_right: bool) -> None:
    """An instruction of so many accounts, all of them the same."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        call = transfer(payer.address, shop.address, 5)
        many = ProgramCall(call.program, (*call.accounts, *[read(shop.address)] * (count - 2)), call.data)
        block.send(payer, many, version=1, config=USUAL_CONFIG)
        if is_right:
            block.expect_success(True)
        else:
            block.expect(Invalid.SANITIZE_FAILURE, 0)

    add_svm_scenario(
        __name__, f"accounts_{count}", f"An instruction names {count} accounts; 255 may be.", story, hazards="H101"
    )


add_accounts(255, True)


@svm_scenario(hazards="H101")
def keys_257(block: SvmBlockBuilder) -> None:
    """A message has 257 keys with those of its lookups: one that no index reaches."""
    payer, shop = block.wallets("payer", "shop")
    table = block.lookup_table("table", *[bytes([0xA0, index]) + bytes(30) for index in range(254)])
    block.send(
        payer,
        transfer(payer.address, shop.address, 5),
        version=0,
        change=lambda message: replace(message, lookups=(TableLookup(table.address, b"", bytes(range(254))),)),
    )
    block.expect(Invalid.SANITIZE_FAILURE, 0)


@svm_scenario(hazards="H101")
def keys_256(block: SvmBlockBuilder) -> None:
    """A message has 256 keys, which are too many locks and no more than indices reach."""
    payer, shop = block.wallets("payer", "shop")
    table = block.lookup_table("table", *[bytes([0xA0, index]) + bytes(30) for index in range(253)])
    block.send(
        payer,
        transfer(payer.address, shop.address, 5),
        version=0,
        change=lambda message: replace(message, lookups=(TableLookup(table.address, b"", bytes(range(253))),)),
    )
    block.expect(Invalid.TOO_MANY_ACCOUNT_LOCKS, 0)
