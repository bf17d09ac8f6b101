"""Durable nonces: transactions that do not expire, and the instructions that keep the accounts for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from samestate.conformance.generating.svm import instructions as make
from samestate.conformance.generating.svm.instructions import AccountUse, ProgramCall, transfer
from samestate.conformance.scenarios.scenario import add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder, blockhash_of_slot
from samestate.conformance.scenarios.svm_draft import FEE, SOL, SvmAccount
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import RECENT_BLOCKHASHES, RENT, STAKE, SYSVAR
from samestate.spec.svm.blockhash_queue import RegisteredHash
from samestate.spec.svm.nonce import durable_nonce, encode_nonce
from samestate.spec.svm.rejections import Invalid

MINIMUM: Final = (128 + 80) * 6960
"""What a nonce account must hold."""

NonceStory = Callable[[SvmBlockBuilder, SvmAccount, SvmAccount, SvmAccount], None]


# Transactions with durable nonces


@svm_scenario(hazards="H87")
def a_durable_transaction(block: SvmBlockBuilder) -> None:
    """A transaction names a nonce's value in the place of a blockhash, and advances it first: it is executed."""
    block.with_sysvars()
    payer, shop = block.wallets("payer", "shop")
    nonce = block.nonce_account("nonce", payer)
    block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 5))
    block.expect_success(True)
    block.expect_lamports(shop, 10 * SOL + 5)
    block.expect_writes(0, payer, shop, nonce)


@svm_scenario(hazards="H78 H85")
def a_durable_transaction_that_fails(block: SvmBlockBuilder) -> None:
    """A durable transaction fails: its nonce has advanced, its fee is paid, and it can never be executed again."""
    block.with_sysvars()
    payer, shop = block.wallets("payer", "shop")
    nonce = block.nonce_account("nonce", payer)
    wire = block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 100 * SOL))
    block.expect_errors("InstructionError(1, Custom(1))")
    block.expect_writes(0, payer, nonce)
    block.expect_lamports(payer, 10 * SOL - FEE)
    block.next_block()
    block.send_wire(wire)
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)


@svm_scenario(hazards="H78 H97")
def a_durable_transaction_that_only_pays(block: SvmBlockBuilder) -> None:
    """A durable transaction's program does not exist: it only pays, and its nonce advances all the same."""
    block.with_sysvars()
    payer = block.wallet("payer")
    nonce = block.nonce_account("nonce", payer)
    block.send_durable(payer, nonce, payer, ProgramCall(block.nobody("missing").address, (), b""))
    block.expect_statuses("fees-only")
    block.expect_writes(0, payer, nonce)


@svm_scenario(hazards="H80 H124")
def a_nonce_used_twice_in_an_entry(block: SvmBlockBuilder) -> None:
    """Two transactions of an entry name one nonce's value: the second finds another."""
    block.with_sysvars()
    payer, shop = block.wallets("payer", "shop")
    nonce = block.nonce_account("nonce", payer)
    block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 5))
    block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 6))
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 1)


@svm_scenario(hazards="H80")
def a_nonce_used_twice_in_a_block(block: SvmBlockBuilder) -> None:
    """A second transaction of the block names the value that the nonce has since the first: it cannot advance again."""
    block.with_sysvars()
    payer, shop = block.wallets("payer", "shop")
    nonce = block.nonce_account("nonce", payer)
    block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 5))
    block.entry()
    block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 6), value=block.next_nonce_value())
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 1)


@svm_scenario(hazards="H78 H88")
def a_chain_of_nonces(block: SvmBlockBuilder) -> None:
    """A nonce is used in three blocks, one of them after slots that were skipped: each time with the value that it got
    from the blockhash of the block before the last use.
    """
    block.with_sysvars()
    payer, shop = block.wallets("payer", "shop")
    nonce = block.nonce_account("nonce", payer)
    block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 5))
    value = block.next_nonce_value()
    block.next_block()
    block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 5), value=value)
    value = block.next_nonce_value()
    block.next_block(1010)
    block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 5), value=value)
    block.expect_success(True)
    block.expect_lamports(shop, 10 * SOL + 15)


@svm_scenario(hazards="H88")
def a_nonce_of_this_very_parent(block: SvmBlockBuilder) -> None:
    """A nonce's value is the one that it would get in this block: it cannot be used in it."""
    block.with_sysvars()
    payer, shop = block.wallets("payer", "shop")
    nonce = block.nonce_account("nonce", payer, of_blockhash=blockhash_of_slot(1000))
    block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 5))
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)


@svm_scenario(hazards="H86")
def the_nonce_pays(block: SvmBlockBuilder) -> None:
    """The account of the nonce is the fee payer: one account, with the next value and less lamports."""
    block.with_sysvars()
    shop = block.wallet("shop")
    authority = block.nobody("nonce")
    nonce = block.nonce_account("nonce", authority, MINIMUM + 2 * FEE)
    block.send_durable(nonce, nonce, nonce)
    block.expect_success(True)
    block.expect_lamports(nonce, MINIMUM + FEE)
    block.expect_writes(0, nonce)
    block.next_block()
    block.send(shop, transfer(shop.address, nonce.address, 1))


@svm_scenario(hazards="H86 H93")
def the_nonce_pays_and_fails(block: SvmBlockBuilder) -> None:
    """The account of the nonce pays for a transaction that fails: the fee is gone, and the nonce has advanced."""
    block.with_sysvars()
    authority = block.nobody("nonce")
    nonce = block.nonce_account("nonce", authority, MINIMUM + 2 * FEE)
    block.send_durable(nonce, nonce, nonce, make.system(99, b""))
    block.expect_success(False)
    block.expect_lamports(nonce, MINIMUM + FEE)
    block.expect_writes(0, nonce)


@svm_scenario(hazards="H86 H89")
def the_nonce_keeps_its_minimum(block: SvmBlockBuilder) -> None:
    """The account of the nonce pays, and would have less than its minimum."""
    block.with_sysvars()
    authority = block.nobody("nonce")
    nonce = block.nonce_account("nonce", authority, MINIMUM + FEE - 1)
    block.send_durable(nonce, nonce, nonce)
    block.expect(Invalid.INSUFFICIENT_FUNDS_FOR_FEE, 0)


@svm_scenario(hazards="H89")
def what_a_signature_cost(block: SvmBlockBuilder) -> None:
    """A nonce remembers what a signature cost by the newest blockhash of the queue, which is not what it costs now."""
    queue = block.bank.blockhashes
    hashes = {key: RegisteredHash(entry.number, 7000) for key, entry in queue.hashes.items()}
    block.with_bank(blockhashes=replace(queue, hashes=hashes))
    block.with_sysvars()
    payer = block.wallet("payer")
    nonce = block.nonce_account("nonce", payer)
    data = block.accounts[nonce.address].data
    block.send_durable(payer, nonce, payer)
    block.expect_success(True)
    value = block.next_nonce_value()
    block.expect_account(nonce, Account(2_000_000, data=data[:40] + value + (7000).to_bytes(8, "little")))


@svm_scenario(hazards="H90")
def a_blockhash_and_a_nonce_at_once(block: SvmBlockBuilder) -> None:
    """A transaction names a blockhash of the queue, and advances a nonce first: it is no durable one, and its nonce
    advances because the instruction says so.
    """
    block.with_sysvars()
    payer, shop = block.wallets("payer", "shop")
    nonce = block.nonce_account("nonce", payer)
    advance = make.advance_nonce(nonce.address, payer.address)
    block.send(payer, advance, transfer(payer.address, shop.address, 100 * SOL))
    block.expect_success(False)
    block.expect_writes(0, payer)


@svm_scenario(hazards="H115")
def a_nonce_from_a_lookup_table(block: SvmBlockBuilder) -> None:
    """The account of the nonce is taken from a lookup table: it is no durable transaction."""
    block.with_sysvars()
    payer, shop = block.wallets("payer", "shop")
    nonce = block.nonce_account("nonce", payer)
    table = block.lookup_table("table", nonce)
    advance = make.advance_nonce(nonce.address, payer.address)
    block.send(
        payer, advance, transfer(payer.address, shop.address, 5), tables=[table], blockhash=block.nonce_value(nonce)
    )
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)


@svm_scenario(hazards="H125")
def a_nonce_closed_before_in_the_block(block: SvmBlockBuilder) -> None:
    """A transaction takes all out of a nonce account, and one of the next entry would use the nonce.

    Within one entry the validator that executes it as a batch calls the same ACCOUNT_NOT_FOUND; the block is dead
    either way.
    """
    block.with_sysvars()
    payer, shop = block.wallets("payer", "shop")
    nonce = block.nonce_account("nonce", payer)
    block.send(payer, make.withdraw_nonce(nonce.address, payer.address, shop.address, 2_000_000))
    block.entry()
    block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 5))
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 1)


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a nonce's value is none that a transaction may name."""

    name: str
    sentence: str
    spoil: NonceStory
    hazards: str = ""


def put(change: Callable[[Account], Account]) -> NonceStory:
    """Another account of the nonce."""
    return lambda block, payer, nonce, shop: block.put(nonce, change(block.accounts[nonce.address]))


def nothing_there(block: SvmBlockBuilder, payer: SvmAccount, nonce: SvmAccount, shop: SvmAccount) -> None:
    """No account of the nonce."""
    del block.accounts[nonce.address]


for each in (
    Unusable("absent", "The account of the nonce does not exist.", nothing_there),
    Unusable(
        "of_a_program", "The account of the nonce belongs to a program.", put(lambda it: replace(it, owner=STAKE))
    ),
    Unusable("too_short", "The account of the nonce has 79 bytes.", put(lambda it: replace(it, data=it.data[:79]))),
    Unusable(
        "uninitialized",
        "The nonce was never initialized.",
        put(lambda it: replace(it, data=encode_nonce(None).ljust(80, b"\x00"))),
    ),
    Unusable(
        "legacy",
        "The nonce is a legacy one, which nobody can use.",
        put(lambda it: replace(it, data=bytes(4) + it.data[4:])),
        "H90",
    ),
    Unusable(
        "of_another_version",
        "The nonce has a version that there is not.",
        put(lambda it: replace(it, data=b"\x02" + it.data[1:])),
    ),
    Unusable(
        "of_another_value",
        "The nonce has another value than the transaction names.",
        put(lambda it: replace(it, data=it.data[:40] + bytes(32) + it.data[72:])),
    ),
    Unusable(
        "of_another_authority",
        "The authority of the nonce has not signed.",
        put(lambda it: replace(it, data=it.data[:8] + b"\x05" * 32 + it.data[40:])),
        "H91",
    ),
):

    def unusable(case: Unusable = each) -> None:
        """Add a row."""

        def story(block: SvmBlockBuilder) -> None:
            block.with_sysvars()
            payer, shop = block.wallets("payer", "shop")
            nonce = block.nonce_account("nonce", payer)
            value = block.nonce_value(nonce)
            case.spoil(block, payer, nonce, shop)
            block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 5), value=value)
            block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)

        add_svm_scenario(__name__, f"unusable_{case.name}", case.sentence, story, hazards=case.hazards)

    unusable()


@svm_scenario(hazards="H91")
def an_advance_that_is_not_the_first(block: SvmBlockBuilder) -> None:
    """A transaction advances its nonce in the second instruction."""
    block.with_sysvars()
    payer, shop = block.wallets("payer", "shop")
    nonce = block.nonce_account("nonce", payer)
    advance = make.advance_nonce(nonce.address, payer.address)
    block.send(payer, transfer(payer.address, shop.address, 5), advance, blockhash=block.nonce_value(nonce))
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)


@svm_scenario(hazards="H91")
def a_nonce_that_is_only_read(block: SvmBlockBuilder) -> None:
    """The account of the nonce is not locked for writing."""
    block.with_sysvars()
    payer = block.wallet("payer")
    nonce = block.nonce_account("nonce", payer)
    accounts = (make.read(nonce.address), make.read(RECENT_BLOCKHASHES), make.only_signing(payer.address))
    block.send(payer, make.system(4, b"", *accounts), blockhash=block.nonce_value(nonce))
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)


def add_size(size: int) -> None:
    """A nonce account with more bytes than a nonce."""

    def story(block: SvmBlockBuilder) -> None:
        block.with_sysvars()
        payer, shop = block.wallets("payer", "shop")
        nonce = block.nonce_account("nonce", payer, 10**8, size=size)
        block.send_durable(payer, nonce, payer, transfer(payer.address, shop.address, 5))
        block.expect_success(True)

    sentence = f"The account of a nonce has {size} bytes."
    add_svm_scenario(__name__, f"a_nonce_in_{size}_bytes", sentence, story, hazards="H146")


add_size(81)
add_size(200)


# The instructions


@dataclass(frozen=True, slots=True)
class NonceCall:
    """An instruction on a nonce account, sent with a blockhash, and how it ends."""

    name: str
    sentence: str
    call: Callable[[bytes, bytes, bytes], ProgramCall]
    """Of the nonce, its authority, and a third."""
    error: str = ""
    spoil: NonceStory = lambda block, payer, nonce, shop: None
    hazards: str = ""


def custom(code: int) -> str:
    """The program's own error."""
    return f"InstructionError(0, Custom({code}))"


def failed(name: str) -> str:
    """An error of an instruction."""
    return f"InstructionError(0, {name})"


def with_accounts(call: ProgramCall, *accounts: AccountUse) -> ProgramCall:
    """The call with other accounts."""
    return replace(call, accounts=accounts)


UNINITIALIZED: Final = put(lambda it: replace(it, data=encode_nonce(None).ljust(80, b"\x00")))
FRESH: Final = put(lambda it: replace(it, data=it.data[:40] + durable_nonce(blockhash_of_slot(1000)) + it.data[72:]))
"""A nonce that has advanced in this slot already, as far as its value tells."""
LEGACY: Final = put(lambda it: replace(it, data=bytes(4) + it.data[4:]))

for each_row in (
    NonceCall("advance", "A nonce gets its next value.", lambda n, a, o: make.advance_nonce(n, a)),
    NonceCall(
        "advance_uninitialized",
        "A nonce is advanced that is not initialized.",
        lambda n, a, o: make.advance_nonce(n, a),
        failed("InvalidAccountData"),
        UNINITIALIZED,
    ),
    NonceCall(
        "advance_unsigned",
        "The authority has not signed.",
        lambda n, a, o: make.advance_nonce(n, o),
        failed("MissingRequiredSignature"),
        put(lambda it: replace(it, data=it.data[:8] + b"\x05" * 32 + it.data[40:])),
    ),
    NonceCall(
        "advance_twice",
        "A nonce is advanced that has this slot's value.",
        lambda n, a, o: make.advance_nonce(n, a),
        custom(7),
        FRESH,
    ),
    NonceCall(
        "advance_without_sysvar",
        "Another account stands for RecentBlockhashes.",
        lambda n, a, o: with_accounts(make.advance_nonce(n, a), make.written(n), make.read(RENT), make.only_signing(a)),
        failed("InvalidArgument"),
    ),
    NonceCall(
        "advance_with_one_account",
        "The instruction names the nonce alone.",
        lambda n, a, o: with_accounts(make.advance_nonce(n, a), make.written(n)),
        failed("MissingAccount"),
    ),
    NonceCall(
        "advance_read_only",
        "The nonce is not locked for writing.",
        lambda n, a, o: with_accounts(
            make.advance_nonce(n, a), make.read(n), make.read(RECENT_BLOCKHASHES), make.only_signing(a)
        ),
        failed("InvalidArgument"),
    ),
    NonceCall(
        "advance_undecodable",
        "The account is no nonce.",
        lambda n, a, o: make.advance_nonce(n, a),
        failed("InvalidAccountData"),
        put(lambda it: replace(it, data=b"\x09" * 80)),
    ),
    NonceCall(
        "advance_of_a_program",
        "The account belongs to a program.",
        lambda n, a, o: make.advance_nonce(n, a),
        failed("ExternalAccountDataModified"),
        put(lambda it: replace(it, owner=STAKE)),
    ),
    NonceCall(
        "advance_legacy",
        "A legacy nonce is advanced: it is a current one then.",
        lambda n, a, o: make.advance_nonce(n, a),
        spoil=LEGACY,
    ),
    NonceCall(
        "withdraw_part",
        "Part of a nonce account's lamports is taken out.",
        lambda n, a, o: make.withdraw_nonce(n, a, o, 2_000_000 - MINIMUM),
    ),
    NonceCall(
        "withdraw_too_much",
        "A nonce account would have less than its minimum.",
        lambda n, a, o: make.withdraw_nonce(n, a, o, 2_000_000 - MINIMUM + 1),
        failed("InsufficientFunds"),
    ),
    NonceCall(
        "withdraw_all",
        "All is taken out of a nonce account: it is gone.",
        lambda n, a, o: make.withdraw_nonce(n, a, o, 2_000_000),
        hazards="H80",
    ),
    NonceCall(
        "withdraw_all_too_early",
        "All would be taken out of a nonce account that has this slot's value.",
        lambda n, a, o: make.withdraw_nonce(n, a, o, 2_000_000),
        custom(7),
        FRESH,
    ),
    NonceCall(
        "withdraw_unsigned",
        "The authority has not signed.",
        lambda n, a, o: make.withdraw_nonce(n, o, o, 5),
        failed("MissingRequiredSignature"),
        put(lambda it: replace(it, data=it.data[:8] + b"\x05" * 32 + it.data[40:])),
    ),
    NonceCall(
        "withdraw_overflow",
        "The amount and the minimum together do not fit.",
        lambda n, a, o: make.withdraw_nonce(n, a, o, 2**64 - 1),
        failed("InsufficientFunds"),
    ),
    NonceCall(
        "withdraw_uninitialized",
        "Lamports are taken out of an account that is not initialized, which signs itself.",
        lambda n, a, o: with_accounts(
            make.withdraw_nonce(n, n, o, 5),
            make.signing(n),
            make.written(o),
            make.read(RECENT_BLOCKHASHES),
            make.read(RENT),
        ),
        "",
        UNINITIALIZED,
    ),
    NonceCall(
        "withdraw_uninitialized_unsigned",
        "The account that is not initialized has not signed.",
        lambda n, a, o: make.withdraw_nonce(n, a, o, 5),
        failed("MissingRequiredSignature"),
        UNINITIALIZED,
    ),
    NonceCall(
        "withdraw_uninitialized_too_much",
        "The account that is not initialized has less.",
        lambda n, a, o: make.withdraw_nonce(n, a, o, 2_000_001),
        failed("InsufficientFunds"),
        UNINITIALIZED,
    ),
    NonceCall(
        "withdraw_without_rent",
        "Another account stands for Rent.",
        lambda n, a, o: with_accounts(
            make.withdraw_nonce(n, a, o, 5),
            make.written(n),
            make.written(o),
            make.read(RECENT_BLOCKHASHES),
            make.read(SYSVAR),
            make.only_signing(a),
        ),
        failed("InvalidArgument"),
    ),
    NonceCall(
        "initialize", "An account becomes a nonce.", lambda n, a, o: make.initialize_nonce(n, o), "", UNINITIALIZED
    ),
    NonceCall(
        "initialize_twice",
        "A nonce is initialized again.",
        lambda n, a, o: make.initialize_nonce(n, o),
        failed("InvalidAccountData"),
    ),
    NonceCall(
        "initialize_below_the_minimum",
        "The account has less than the minimum for its size.",
        lambda n, a, o: make.initialize_nonce(n, o),
        failed("InsufficientFunds"),
        lambda block, payer, nonce, shop: block.put(nonce, Account(MINIMUM - 1, data=bytes(80))),
    ),
    NonceCall(
        "initialize_too_short",
        "The account has less data than a nonce takes.",
        lambda n, a, o: make.initialize_nonce(n, o),
        failed("AccountDataTooSmall"),
        lambda block, payer, nonce, shop: block.put(nonce, Account(SOL, data=bytes(79))),
    ),
    NonceCall(
        "initialize_without_data",
        "The account has no data.",
        lambda n, a, o: make.initialize_nonce(n, o),
        failed("InvalidAccountData"),
        lambda block, payer, nonce, shop: block.put(nonce, Account(SOL)),
    ),
    NonceCall(
        "authorize",
        "A nonce gets another authority, and keeps its value.",
        lambda n, a, o: make.authorize_nonce(n, a, o),
    ),
    NonceCall(
        "authorize_unsigned",
        "The authority has not signed.",
        lambda n, a, o: make.authorize_nonce(n, o, o),
        failed("MissingRequiredSignature"),
        put(lambda it: replace(it, data=it.data[:8] + b"\x05" * 32 + it.data[40:])),
    ),
    NonceCall(
        "authorize_uninitialized",
        "A nonce that is not initialized has no authority.",
        lambda n, a, o: make.authorize_nonce(n, a, o),
        failed("InvalidAccountData"),
        UNINITIALIZED,
    ),
    NonceCall(
        "authorize_legacy",
        "A legacy nonce gets another authority, and stays a legacy one.",
        lambda n, a, o: make.authorize_nonce(n, a, o),
        "",
        LEGACY,
    ),
    NonceCall(
        "upgrade",
        "A legacy nonce becomes a current one, though nobody of it has signed.",
        lambda n, a, o: make.upgrade_nonce(n),
        "",
        LEGACY,
    ),
    NonceCall(
        "upgrade_of_a_current_one",
        "A current nonce is upgraded.",
        lambda n, a, o: make.upgrade_nonce(n),
        failed("InvalidArgument"),
    ),
    NonceCall(
        "upgrade_of_a_program",
        "The account belongs to a program.",
        lambda n, a, o: make.upgrade_nonce(n),
        failed("InvalidAccountOwner"),
        put(lambda it: replace(it, owner=STAKE)),
    ),
    NonceCall(
        "upgrade_read_only",
        "The nonce is not locked for writing.",
        lambda n, a, o: with_accounts(make.upgrade_nonce(n), make.read(n)),
        failed("InvalidArgument"),
        LEGACY,
    ),
    NonceCall(
        "upgrade_undecodable",
        "The account is no nonce.",
        lambda n, a, o: make.upgrade_nonce(n),
        failed("InvalidAccountData"),
        put(lambda it: replace(it, data=b"\x09" * 80)),
    ),
):

    def instruction(row: NonceCall = each_row) -> None:
        """Add a row."""

        def story(block: SvmBlockBuilder) -> None:
            block.with_sysvars()
            payer, shop = block.wallets("payer", "shop")
            nonce = block.nonce_account("nonce", payer)
            row.spoil(block, payer, nonce, shop)
            block.send(payer, row.call(nonce.address, payer.address, shop.address))
            block.expect_errors(row.error)

        add_svm_scenario(__name__, row.name, row.sentence, story, hazards=row.hazards)

    instruction()
