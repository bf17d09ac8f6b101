"""Edges: what comes up at the ends of ranges, and what tells two mistakes of clients apart."""

from __future__ import annotations

import hashlib
from typing import Final

from nacl import bindings
from nacl.signing import SigningKey

from samestate.conformance.generating.svm.instructions import (
    ProgramCall,
    create_account,
    only_signing,
    read,
    system,
    transfer,
    u64,
    withdraw_nonce,
    written,
)
from samestate.conformance.generating.svm.messages import compile_message
from samestate.conformance.scenarios.scenario import add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm.messages import USUAL_CONFIG
from samestate.conformance.scenarios.svm.precompiles import ed25519_parts, with_offsets
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import FEE, FIRST_SLOT, SOL, SvmAccount
from samestate.spec.svm.account import MAXIMUM_DATA_BYTES, Account
from samestate.spec.svm.addresses import (
    COMPUTE_BUDGET,
    ED25519,
    INCINERATOR,
    LAST_RESTART_SLOT,
    LOADER_V3,
    NATIVE_LOADER,
    SLOT_HISTORY,
    STAKE,
    SYSVAR,
    ZK_ELGAMAL_PROOF,
)
from samestate.spec.svm.block import HardFork
from samestate.spec.svm.epoch_schedule import EpochSchedule
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.sysvars import SLOTS_OF_HISTORY, SlotHistory
from samestate.spec.svm.transaction import decode_transaction, encode_transaction, transaction_of

SYSVAR_LAMPORTS: Final = 1_000 * SOL
"""What sysvars of these stories hold: enough for their size."""


def pay(block: SvmBlockBuilder, amount: int = 5) -> SvmAccount:
    """A transfer, so that something happens."""
    payer, shop = block.wallets("payer", "shop")
    block.send(payer, transfer(payer.address, shop.address, amount))
    return shop


# Messages


def add_accounts_of_an_instruction(count: int) -> None:
    """An instruction that names one account so many times."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop = block.wallets("payer", "shop")
        call = transfer(payer.address, shop.address, 5)
        more = (read(payer.address),) * (count - len(call.accounts))
        block.send(payer, ProgramCall(call.program, (*call.accounts, *more), call.data))
        if count > 255:
            block.expect(Invalid.SANITIZE_FAILURE, 0)
        else:
            block.expect_success(True)

    sentence = f"An instruction has {count} accounts, most of them the same one."
    add_svm_scenario(__name__, f"accounts_of_an_instruction_{count}", sentence, story, hazards="H101")


add_accounts_of_an_instruction(255)
add_accounts_of_an_instruction(256)


@svm_scenario(hazards="H120")
def version_1_with_a_budget_that_means_nothing(block: SvmBlockBuilder) -> None:
    """A transaction of version 1 has an instruction of the compute budget that cannot be decoded: it does nothing."""
    payer, shop = block.wallets("payer", "shop")
    block.builtin(COMPUTE_BUDGET, "compute_budget_program")
    calls = (ProgramCall(COMPUTE_BUDGET, (), b"\xff"), transfer(payer.address, shop.address, 5))
    block.send(payer, *calls, version=1, config=USUAL_CONFIG)
    block.expect_success(True)
    block.expect_numbers("units", 300)


def sign_otherwise(key: SigningKey, message: bytes) -> bytes:
    """Another valid signature of a message than the one that RFC 8032 gives: with another secret number."""
    digest = hashlib.sha512(bytes(key)).digest()
    secret = bytearray(digest[:32])
    secret[0] &= 0xF8
    secret[31] = secret[31] & 0x7F | 0x40
    number = bindings.crypto_core_ed25519_scalar_reduce(hashlib.sha512(b"otherwise" + digest[32:] + message).digest())
    point = bindings.crypto_scalarmult_ed25519_base_noclamp(number)
    public = bytes(key.verify_key)
    challenge = bindings.crypto_core_ed25519_scalar_reduce(hashlib.sha512(point + public + message).digest())
    reduced = bindings.crypto_core_ed25519_scalar_reduce(bytes(secret).ljust(64, b"\x00"))
    product = bindings.crypto_core_ed25519_scalar_mul(challenge, reduced)
    return point + bindings.crypto_core_ed25519_scalar_add(number, product)


@svm_scenario(hazards="H110")
def one_message_with_two_signatures(block: SvmBlockBuilder) -> None:
    """A message is signed twice, in two ways that are both valid: the second transaction was processed already."""
    payer, shop = block.wallets("payer", "shop")
    first = decode_transaction(block.send(payer, transfer(payer.address, shop.address, 5)))
    assert payer.key is not None
    second = transaction_of(first.message, (sign_otherwise(payer.key, first.signed),))
    block.send_wire(encode_transaction(second), "payer: signed otherwise")
    block.expect(Invalid.ALREADY_PROCESSED, 1)


@svm_scenario()
def an_entry_without_signatures(block: SvmBlockBuilder) -> None:
    """The only transaction of an entry has no signature: the entry's hash is right, and the transaction is not."""
    block.with_history(hashes_per_tick=2, ticks=1)
    payer, shop = block.wallets("payer", "shop")
    message = compile_message(
        payer.address, (transfer(payer.address, shop.address, 5),), block.newest_blockhash(), "legacy", [], None, ()
    )
    block.entry(hashes=1)
    block.send_wire(encode_transaction(transaction_of(message, ())), "payer: unsigned")
    block.tick(hashes=1)
    block.expect(Invalid.SANITIZE_FAILURE, 0)


# Locks that are asked for and not granted


def add_called_program(with_loader: bool) -> None:
    """Two transactions call one program and ask to write it, and an account may cost less than both."""

    def story(block: SvmBlockBuilder) -> None:
        block.with_limits(account=2_000)
        program = block.account("claims", SOL, b"my_program", NATIVE_LOADER, True)
        for name in ("first", "second"):
            payer = block.wallet(name)
            call = ProgramCall(program.address, (written(program.address),), b"")
            block.send(payer, call, more_keys=[read(LOADER_V3)] if with_loader else ())
        if with_loader:
            block.expect(Invalid.WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT, 1)
        else:
            block.expect_statuses("failed", "failed")

    beside = "beside its loader" if with_loader else "without its loader"
    add_svm_scenario(
        __name__,
        f"a_called_program_{beside.replace(' ', '_')}",
        f"Two transactions call a program {beside} and ask to write to it: its cost on the account "
        f"{'counts, as the locks are granted' if with_loader else 'does not count, as the locks are not granted'}.",
        story,
        hazards="H100",
    )


add_called_program(False)
add_called_program(True)


@svm_scenario(hazards="H100")
def little_for_the_incinerator(block: SvmBlockBuilder) -> None:
    """Somebody pays five lamports to the incinerator, which is no account that has to be exempt from rent."""
    payer = block.wallet("payer")
    ashes = block.at("incinerator", INCINERATOR)
    block.send(payer, transfer(payer.address, INCINERATOR, 5))
    block.expect_success(True)
    block.expect_lamports(payer, 10 * SOL - FEE - 5)
    block.expect_lamports(ashes, 0)


# Nonces


@svm_scenario(hazards="H87")
def a_withdrawal_that_names_its_nonce(block: SvmBlockBuilder) -> None:
    """The first instruction withdraws from a nonce whose value stands for the blockhash: only advancing it would do."""
    payer, authority, shop = block.wallets("payer", "authority", "shop")
    nonce = block.nonce_account("nonce", authority)
    call = withdraw_nonce(nonce.address, authority.address, shop.address, 5)
    block.send(payer, call, blockhash=block.nonce_value(nonce))
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)


@svm_scenario()
def nothing_to_do_and_no_blockhash(block: SvmBlockBuilder) -> None:
    """A transaction without instructions names no blockhash, and can name no nonce."""
    block.send(block.wallet("payer"), blockhash=bytes(32))
    block.expect(Invalid.BLOCKHASH_NOT_FOUND, 0)


@svm_scenario(hazards="H86")
def a_payer_of_80_bytes_that_are_no_nonce(block: SvmBlockBuilder) -> None:
    """The fee payer is the System program's and has the size of a nonce, of a version that there is none of."""
    payer = block.account("payer", SOL, data=(9).to_bytes(4, "little").ljust(80, b"\x00"))
    block.send(payer)
    block.expect(Invalid.INVALID_ACCOUNT_FOR_FEE, 0)


# Programs


@svm_scenario()
def allocated_and_only_read(block: SvmBlockBuilder) -> None:
    """An account signs for its allocation, and the message only reads it."""
    payer, new = block.wallets("payer", "new")
    block.send(payer, system(8, u64(10), only_signing(new.address)))
    block.expect_errors("InstructionError(0, ReadonlyDataModified)")


@svm_scenario(hazards="H98")
def more_than_20_mib_of_growth(block: SvmBlockBuilder) -> None:
    """A transaction makes three accounts of 10 MiB each: the third is too much for it, and none of them stays."""
    payer = block.wallet("payer", 1_000 * SOL)
    new = [block.nobody(name) for name in ("first", "second", "third")]
    calls = [create_account(payer.address, each.address, 100 * SOL, MAXIMUM_DATA_BYTES, STAKE) for each in new]
    block.send(payer, *calls)
    block.expect_errors("InstructionError(2, MaxAccountsDataAllocationsExceeded)")
    block.expect_lamports(payer, 1_000 * SOL - 4 * FEE)


@svm_scenario()
def ed25519_without_a_scalar(block: SvmBlockBuilder) -> None:
    """The second half of a signature is no scalar, and its key no point: the signature is looked at first.

    solders' LiteSVM (Agave 4.1.2) and npm's (4.3.0) say so.
    """
    payer = block.wallet("payer")
    block.builtin(ED25519, "ed25519_program")
    signature, _ = ed25519_parts()
    block.send(payer, with_offsets(ED25519, signature[:-1] + b"\xff", b"\x02" + bytes(31)))
    block.expect_errors("InstructionError(0, Custom(2))")


@svm_scenario()
def a_proof_of_zero_knowledge(block: SvmBlockBuilder) -> None:
    """The ZK ElGamal proof program is called, of which nothing is said here."""
    block.builtin(ZK_ELGAMAL_PROOF, "zk_elgamal_proof_program")
    block.send(block.wallet("payer"), ProgramCall(ZK_ELGAMAL_PROOF, (), b"\x00"))
    block.expect(Invalid.BYTECODE_NOT_SPECIFIED, 0)


# Banks


@svm_scenario(hazards="H94")
def fees_beyond_64_bits(block: SvmBlockBuilder) -> None:
    """The leader has as many lamports as there are numbers for: what it should get is burnt."""
    block.led_by(block.wallet("rich", 2**64 - 1))
    pay(block)
    block.expect_success(True)
    block.expect_fees(deposited=0, burnt=FEE)


@svm_scenario(hazards="H118")
def a_hard_fork(block: SvmBlockBuilder) -> None:
    """Validators were restarted twice for this slot: its bank hash says so, and the sysvar names the slot."""
    forks = (HardFork(FIRST_SLOT - 10, 1), HardFork(FIRST_SLOT + 1, 2), HardFork(FIRST_SLOT + 9, 1))
    block.with_bank(hard_forks=forks)
    pay(block)
    restarts = block.at("last restart slot", LAST_RESTART_SLOT)
    block.expect_success(True)
    data = (FIRST_SLOT + 1).to_bytes(8, "little")
    block.expect_account(restarts, Account(946_560, SYSVAR, data=data))


@svm_scenario()
def a_queue_that_is_full(block: SvmBlockBuilder) -> None:
    """The queue of blockhashes has as many as are kept: the oldest is dropped, and RecentBlockhashes lists 150."""
    block.with_queue(301)
    pay(block)
    block.expect_success(True)


def history(next_slot: int, *slots: int) -> Account:
    """The account of SlotHistory in which only these slots had a block."""
    bits = bytearray(SLOTS_OF_HISTORY // 8)
    for slot in slots:
        bits[slot % SLOTS_OF_HISTORY // 8] |= 1 << slot % 8
    return Account(SYSVAR_LAMPORTS, SYSVAR, data=SlotHistory(bytes(bits), next_slot).encode())


@svm_scenario()
def slots_skipped_all_around(block: SvmBlockBuilder) -> None:
    """Slots are skipped whose bits in SlotHistory are those of slots 2^20 before them, which had blocks."""
    parent = SLOTS_OF_HISTORY + FIRST_SLOT
    older = range(FIRST_SLOT + 1, FIRST_SLOT + 5)
    held = block.at("slot history", SLOT_HISTORY, history(parent + 1, *older, parent))
    block.with_bank(slot=parent)
    block.draft.slot = parent + 3
    pay(block)
    block.expect_success(True)
    block.expect_account(held, history(parent + 4, FIRST_SLOT + 4, parent, parent + 3))


@svm_scenario()
def more_slots_skipped_than_are_known(block: SvmBlockBuilder) -> None:
    """A block comes more than 2^20 slots after its parent, in one long epoch: SlotHistory knows nothing before it."""
    slot = FIRST_SLOT + SLOTS_OF_HISTORY + 7
    held = block.at("slot history", SLOT_HISTORY, history(FIRST_SLOT + 1, 3, 500, FIRST_SLOT))
    block.with_bank(epochs=EpochSchedule(slots_per_epoch=2**22, leader_schedule_slot_offset=2**22))
    block.draft.slot = slot
    pay(block)
    block.expect_success(True)
    block.expect_account(held, history(slot + 1, slot))


@svm_scenario()
def an_epoch_that_is_still_short(block: SvmBlockBuilder) -> None:
    """Epochs grow from 32 slots to their length: slot 1,001 is in the sixth of them, which has 1,024."""
    epochs = EpochSchedule(8_192, 8_192, warmup=True, first_normal_epoch=8, first_normal_slot=8_160)
    block.with_bank(epochs=epochs)
    pay(block)
    block.expect_success(True)
