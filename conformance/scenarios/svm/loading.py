"""Loading: how much a transaction loads, and what becomes of one whose accounts or programs are not what it needs."""

from __future__ import annotations

import struct

from samestate.conformance.generating.svm.instructions import (
    ProgramCall,
    create_account,
    loaded_size_limit,
    read,
    transfer,
    written,
)
from samestate.conformance.scenarios.scenario import add_svm_scenario, svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import FEE, SOL, SvmAccount
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import (
    COMPUTE_BUDGET,
    INSTRUCTIONS,
    LOADER_V2,
    LOADER_V3,
    NATIVE_LOADER,
    STAKE,
    VOTE,
)
from samestate.spec.svm.rejections import Invalid

ELF_HEADER = (b"\x7fELF\x02\x01\x01\x00" + bytes(8) + struct.pack("<HH", 3, 247)).ljust(64, b"\x00")
"""How a file of bytecode begins."""
PROGRAM_BYTES = 36
PROGRAM_DATA_HEAD = 45


def upgradeable(block: SvmBlockBuilder, name: str, data: Account | None) -> tuple[SvmAccount, SvmAccount]:
    """A program of the upgradeable loader, and the account of its program data, which ``data`` is."""
    code = block.nobody(f"{name} data")
    program = block.account(name, SOL, struct.pack("<I", 2) + code.address, LOADER_V3, True)
    if data is not None:
        block.put(code, data)
    return program, code


def add_size(short: int) -> None:
    """A limit of just what is loaded, or one byte less."""

    def story(block: SvmBlockBuilder) -> None:
        block.builtin(COMPUTE_BUDGET, "compute_budget_program")
        payer, shop = block.wallets("payer", "shop")
        heavy = block.account("heavy", SOL, bytes(1000))
        size = 5 * 64 + 21 + len("compute_budget_program") + 1000
        block.send(
            payer,
            loaded_size_limit(size - short),
            transfer(payer.address, shop.address, SOL),
            more_keys=[read(heavy.address)],
        )
        if short:
            block.expect_statuses("fees-only")
            block.expect_errors("MaxLoadedAccountsDataSizeExceeded")
            block.expect_numbers("loaded_size", size - short)
            block.expect_lamports(shop, 10 * SOL)
            block.expect_lamports(payer, 10 * SOL - FEE)
        else:
            block.expect_success(True)
            block.expect_numbers("loaded_size", size)

    what = "just the limit" if not short else "a byte more than the limit"
    add_svm_scenario(
        __name__, f"limit_less_{short}", f"What a transaction loads is {what}.", story, hazards="H97" if short else ""
    )


add_size(0)
add_size(1)


@svm_scenario()
def what_is_not_there_weighs_nothing(block: SvmBlockBuilder) -> None:
    """A transaction names accounts that do not exist: they are read, and count for nothing."""
    payer, shop = block.wallets("payer", "shop")
    nobody, nothing = block.nobody("nobody"), block.nobody("nothing")
    block.send(
        payer, transfer(payer.address, shop.address, 5), more_keys=[read(nobody.address), written(nothing.address)]
    )
    block.expect_success(True)
    block.expect_numbers("loaded_size", 3 * 64 + 21)
    block.expect_reads(0, payer, shop, nobody, nothing, bytes(32))


@svm_scenario(hazards="H97")
def a_program_that_is_not_there(block: SvmBlockBuilder) -> None:
    """An instruction's program does not exist: the transaction only pays, though the one before it could run."""
    payer, shop = block.wallets("payer", "shop")
    missing = block.nobody("missing")
    block.send(payer, transfer(payer.address, shop.address, SOL), ProgramCall(missing.address, (), b""))
    block.expect_statuses("fees-only")
    block.expect_errors("ProgramAccountNotFound")
    block.expect_numbers("units", 0)
    block.expect_logs(0)
    block.expect_lamports(payer, 10 * SOL - FEE)
    block.expect_writes(0, payer)


@svm_scenario(hazards="H97")
def a_program_that_is_a_wallet(block: SvmBlockBuilder) -> None:
    """An instruction's program is an account of the System program."""
    payer, wallet = block.wallets("payer", "wallet")
    block.send(payer, ProgramCall(wallet.address, (), b""))
    block.expect_errors("InvalidProgramForExecution")
    block.expect_statuses("fees-only")


@svm_scenario()
def a_program_that_only_claims_to_be_native(block: SvmBlockBuilder) -> None:
    """The native loader owns the account of a program that no validator has in itself."""
    payer = block.wallet("payer")
    claims = block.account("claims", SOL, b"my_program", NATIVE_LOADER, True)
    block.send(payer, ProgramCall(claims.address, (), b""))
    block.expect_errors("InstructionError(0, UnsupportedProgramId)")
    block.expect_statuses("failed")


@svm_scenario(hazards="H104 H146")
def program_data_that_is_not_there(block: SvmBlockBuilder) -> None:
    """An upgradeable program has lost its data, as when it was closed: it is executed, and is not deployed."""
    payer = block.wallet("payer")
    program, code = upgradeable(block, "program", None)
    block.send(payer, ProgramCall(program.address, (), b""))
    block.expect_statuses("failed")
    block.expect_errors("InstructionError(0, UnsupportedProgramId)")
    block.expect_reads(0, payer, program, code)
    block.expect_numbers("loaded_size", 2 * 64 + PROGRAM_BYTES)


@svm_scenario(hazards="H104")
def program_data_of_another_owner(block: SvmBlockBuilder) -> None:
    """An upgradeable program's data belongs to the System program."""
    payer = block.wallet("payer")
    program, code = upgradeable(block, "program", Account(SOL, data=bytes(100)))
    block.send(payer, ProgramCall(program.address, (), b""))
    block.expect_errors("InstructionError(0, UnsupportedProgramId)")
    block.expect_numbers("loaded_size", 3 * 64 + PROGRAM_BYTES + 100)
    block.expect_reads(0, payer, program, code)


@svm_scenario(hazards="H96")
def program_data_is_counted_once(block: SvmBlockBuilder) -> None:
    """Two instructions call one program whose data is no code: it counts once."""
    payer = block.wallet("payer")
    program, _ = upgradeable(block, "program", Account(SOL, data=bytes(1000)))
    call = ProgramCall(program.address, (), b"")
    block.send(payer, call, call)
    block.expect_numbers("loaded_size", 3 * 64 + PROGRAM_BYTES + 1000)
    block.expect_statuses("failed")


@svm_scenario(hazards="H96")
def program_data_that_is_named_is_counted_once(block: SvmBlockBuilder) -> None:
    """The account of a program's data is a key of the message too: it counts once all the same."""
    payer = block.wallet("payer")
    program, code = upgradeable(block, "program", Account(SOL, data=bytes(1000)))
    block.send(payer, ProgramCall(program.address, (), b""), more_keys=[read(code.address)])
    block.expect_numbers("loaded_size", 3 * 64 + PROGRAM_BYTES + 1000)
    block.expect_statuses("failed")


@svm_scenario(hazards="H96")
def the_data_of_a_program_that_nobody_calls(block: SvmBlockBuilder) -> None:
    """A program is a key of the message that no instruction calls: its data counts, and is read."""
    payer, shop = block.wallets("payer", "shop")
    program, code = upgradeable(block, "program", Account(SOL, data=bytes(1000)))
    block.send(payer, transfer(payer.address, shop.address, 5), more_keys=[read(program.address)])
    block.expect_success(True)
    block.expect_numbers("loaded_size", 5 * 64 + 21 + PROGRAM_BYTES + 1000)
    block.expect_reads(0, payer, shop, program, code, bytes(32))


@svm_scenario(hazards="H104")
def program_data_that_somebody_pays(block: SvmBlockBuilder) -> None:
    """One transaction pays the account of a program's data, the next calls the program: it depends on the first,
    though its message does not name that account.
    """
    payer, other = block.wallets("payer", "other")
    program, code = upgradeable(block, "program", Account(SOL, data=bytes(100)))
    block.send(payer, transfer(payer.address, code.address, 5))
    block.send(other, ProgramCall(program.address, (), b""))
    block.expect_statuses("success", "failed")
    block.expect_sources(1, code, 0)
    block.expect_critical_path(2)


@svm_scenario()
def an_uninitialized_program(block: SvmBlockBuilder) -> None:
    """An account of the upgradeable loader is called that is no program yet."""
    payer = block.wallet("payer")
    program = block.account("program", SOL, bytes(PROGRAM_BYTES), LOADER_V3, True)
    block.send(payer, ProgramCall(program.address, (), b""))
    block.expect_errors("InstructionError(0, UnsupportedProgramId)")


@svm_scenario()
def bytecode(block: SvmBlockBuilder) -> None:
    """A program of loader v2 is called: it is bytecode, which is not specified here, and so is the block."""
    payer, shop = block.wallets("payer", "shop")
    program = block.account("program", SOL, ELF_HEADER, LOADER_V2, True)
    block.send(payer, transfer(payer.address, shop.address, 5))
    block.send(payer, ProgramCall(program.address, (), b""))
    block.expect(Invalid.BYTECODE_NOT_SPECIFIED, 1)


@svm_scenario(hazards="H114")
def code_that_is_none(block: SvmBlockBuilder) -> None:
    """A program of loader v2 holds bytes that are no ELF file: it is executed, and is not deployed."""
    payer = block.wallet("payer")
    program = block.account("program", SOL, b"no code".ljust(200, b"!"), LOADER_V2, True)
    block.send(payer, ProgramCall(program.address, (), b""))
    block.expect_errors("InstructionError(0, UnsupportedProgramId)")


@svm_scenario(hazards="H102")
def a_program_in_the_slot_of_its_deployment(block: SvmBlockBuilder) -> None:
    """A program was deployed in the slot of the block: nobody can call it yet."""
    payer = block.wallet("payer")
    head = struct.pack("<IQB32s", 3, block.draft.slot, 1, bytes(32))
    program, _ = upgradeable(block, "program", Account(SOL, LOADER_V3, data=head + ELF_HEADER))
    block.send(payer, ProgramCall(program.address, (), b""))
    block.expect_errors("InstructionError(0, UnsupportedProgramId)")
    block.expect_numbers("units", 0)


@svm_scenario(hazards="H102")
def a_program_in_the_slot_after_its_deployment(block: SvmBlockBuilder) -> None:
    """A program was deployed in the slot before: it is called, and is bytecode."""
    payer = block.wallet("payer")
    head = struct.pack("<IQB32s", 3, block.draft.slot - 1, 1, bytes(32))
    program, _ = upgradeable(block, "program", Account(SOL, LOADER_V3, data=head + ELF_HEADER))
    block.send(payer, ProgramCall(program.address, (), b""))
    block.expect(Invalid.BYTECODE_NOT_SPECIFIED, 0)


@svm_scenario()
def the_instructions_sysvar_is_no_account(block: SvmBlockBuilder) -> None:
    """A transaction names the sysvar of its own instructions: it is made for it, read by nobody, and weighs nothing."""
    payer, shop = block.wallets("payer", "shop")
    block.at("instructions", INSTRUCTIONS, Account(SOL, VOTE, data=bytes(5000)))
    block.send(payer, transfer(payer.address, shop.address, 5), more_keys=[read(INSTRUCTIONS)])
    block.expect_success(True)
    block.expect_numbers("loaded_size", 3 * 64 + 21)
    block.expect_reads(0, payer, shop, bytes(32))


@svm_scenario(hazards="H92")
def what_grew_weighs_more(block: SvmBlockBuilder) -> None:
    """A transaction makes an account larger, and the next loads it at its new size."""
    payer, shop = block.wallets("payer", "shop")
    new = block.nobody("new")
    block.send(payer, create_account(payer.address, new.address, 5 * SOL, 5000, STAKE))
    block.send(shop, transfer(shop.address, payer.address, 5), more_keys=[read(new.address)])
    block.expect_success(True, True)
    block.expect_numbers("loaded_size", 2 * 64 + 21, 4 * 64 + 21 + 5000)
    block.expect_sources(1, new, 0)
