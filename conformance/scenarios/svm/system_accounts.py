"""The System program's instructions that make, give and pay accounts: what each does, and each error of each.

Every row sends one instruction behind a transfer that must not be felt: where it fails, that is taken back.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from samestate.conformance.generating.svm import instructions as make
from samestate.conformance.generating.svm.instructions import AccountUse, ProgramCall, seeded_address, u64
from samestate.conformance.scenarios.scenario import BOTH_RULESETS, add_svm_scenario
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import FEE, RENT_EXEMPT, SOL
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import STAKE, SYSTEM

MISSING: Final = "InstructionError(1, MissingRequiredSignature)"
TOO_FEW: Final = "InstructionError(1, MissingAccount)"
UNDECODABLE: Final = "InstructionError(1, InvalidInstructionData)"
MEGABYTES_10: Final = 10 * 2**20


def custom(code: int) -> str:
    """The program's own error."""
    return f"InstructionError(1, Custom({code}))"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who there is in a row: a payer and a shop with 10 SOL, one who signs, and an address nobody has used."""

    payer: bytes
    shop: bytes
    new: bytes
    base: bytes


@dataclass(frozen=True, slots=True)
class SystemCall:
    """An instruction, and how it ends: an error, or none."""

    name: str
    sentence: str
    call: Callable[[Cast], ProgramCall]
    error: str = ""
    pre: Callable[[SvmBlockBuilder, Cast], None] = lambda block, cast: None
    hazards: str = ""
    in_both: bool = False


def unsigned(call: ProgramCall, *places: int) -> ProgramCall:
    """The call with accounts that do not sign."""
    accounts = tuple(
        AccountUse(use.address, use.signs and place not in places, use.writes)
        for place, use in enumerate(call.accounts)
    )
    return replace(call, accounts=accounts)


def first(call: ProgramCall, count: int) -> ProgramCall:
    """The call with the first of its accounts alone."""
    return replace(call, accounts=call.accounts[:count])


def cut(call: ProgramCall, count: int) -> ProgramCall:
    """The call with less data."""
    return replace(call, data=call.data[:count])


def at_new(account: Account) -> Callable[[SvmBlockBuilder, Cast], None]:
    """Before the block the new account is this."""

    def put(block: SvmBlockBuilder, cast: Cast) -> None:
        block.put(block.named["new"], account)

    return put


def at_seeded(account: Account, seed: str = "seed", owner: bytes = STAKE) -> Callable[[SvmBlockBuilder, Cast], None]:
    """Before the block the account at the address with a seed is this."""

    def put(block: SvmBlockBuilder, cast: Cast) -> None:
        block.accounts[seeded_address(cast.base, seed, owner)] = account

    return put


def create(cast: Cast, lamports: int = SOL, space: int = 10, owner: bytes = STAKE) -> ProgramCall:
    """CreateAccount of the new account by the payer."""
    return make.create_account(cast.payer, cast.new, lamports, space, owner)


def prefund(cast: Cast, lamports: int = SOL, space: int = 10, payer: bool = True) -> ProgramCall:
    """CreateAccountAllowPrefund of the new account."""
    return make.create_allowing_prefund(cast.new, lamports, space, STAKE, cast.payer if payer else None)


def seeded(cast: Cast, seed: str = "seed", owner: bytes = STAKE) -> bytes:
    """The address with a seed."""
    return seeded_address(cast.base, seed, owner)


def create_seeded(cast: Cast, seed: str = "seed", lamports: int = SOL, owner: bytes = STAKE) -> ProgramCall:
    """CreateAccountWithSeed by the payer."""
    return make.create_with_seed(cast.payer, seeded(cast, seed, owner), cast.base, seed, lamports, 10, owner)


PDA_OWNER: Final = b"01234567890" + b"ProgramDerivedAddress"
"""An owner whose address ends in the words that programs' own addresses are made with."""

ROWS: Final = (
    # CreateAccount
    SystemCall("create", "An account is created with data, lamports and an owner.", create, in_both=True),
    SystemCall("create_without_data", "An account is created that has no data.", lambda cast: create(cast, space=0)),
    SystemCall(
        "create_of_10_mib_for_nothing",
        "An account as large as one may be is created without a lamport: nothing stays.",
        lambda cast: create(cast, 0, MEGABYTES_10, SYSTEM),
    ),
    SystemCall(
        "create_of_10_mib_for_a_lamport",
        "An account as large as one may be is created with one lamport.",
        lambda cast: create(cast, 1, MEGABYTES_10, SYSTEM),
        "InsufficientFundsForRent { account_index: 1 }",
    ),
    SystemCall(
        "create_too_large",
        "An account would be a byte larger than one may be.",
        lambda cast: create(cast, space=MEGABYTES_10 + 1),
        custom(3),
    ),
    SystemCall(
        "create_in_use_by_lamports",
        "The account to be created has a lamport already.",
        create,
        custom(0),
        at_new(Account(1)),
    ),
    SystemCall(
        "create_in_use_by_owner",
        "The account to be created is owned by a program.",
        create,
        custom(0),
        at_new(Account(SOL, STAKE)),
    ),
    SystemCall(
        "create_unsigned", "The account to be created has not signed.", lambda cast: unsigned(create(cast), 1), MISSING
    ),
    SystemCall(
        "create_by_nobody",
        "Who pays for the account has not signed.",
        lambda cast: unsigned(make.create_account(cast.shop, cast.new, SOL, 10, STAKE), 0),
        MISSING,
    ),
    SystemCall(
        "create_for_too_much",
        "Who pays for the account has less than it is to get.",
        lambda cast: create(cast, 11 * SOL),
        custom(1),
    ),
    SystemCall(
        "create_below_the_minimum",
        "The account gets a lamport less than the minimum for its size.",
        lambda cast: create(cast, (128 + 10) * 6960 - 1),
        "InsufficientFundsForRent { account_index: 1 }",
        hazards="H95 H123",
        in_both=True,
    ),
    SystemCall(
        "create_at_the_minimum",
        "The account gets just the minimum for its size.",
        lambda cast: create(cast, (128 + 10) * 6960),
        hazards="H95",
        in_both=True,
    ),
    SystemCall(
        "create_with_one_account", "The instruction names one account.", lambda cast: first(create(cast), 1), TOO_FEW
    ),
    SystemCall(
        "create_with_short_data", "The data end within the owner.", lambda cast: cut(create(cast), 51), UNDECODABLE
    ),
    SystemCall(
        "create_itself",
        "The payer would create itself.",
        lambda cast: make.create_account(cast.payer, cast.payer, 1, 0, STAKE),
        custom(0),
    ),
    # CreateAccountAllowPrefund
    SystemCall("prefund", "An account that has lamports is created, and gets more.", prefund, pre=at_new(Account(SOL))),
    SystemCall("prefund_of_nothing", "An account that nobody has used is created.", prefund),
    SystemCall(
        "prefund_without_payer",
        "An account that has enough is created, and nobody pays.",
        lambda cast: prefund(cast, 0, payer=False),
        pre=at_new(Account(SOL)),
    ),
    SystemCall(
        "prefund_without_payer_for_lamports",
        "Lamports are to be paid, and no account is named that pays them.",
        lambda cast: prefund(cast, 5, payer=False),
        TOO_FEW,
        at_new(Account(SOL)),
    ),
    SystemCall("prefund_unsigned", "The account has not signed.", lambda cast: unsigned(prefund(cast), 0), MISSING),
    SystemCall("prefund_in_use", "The account has data.", prefund, custom(0), at_new(Account(SOL, data=b"\x00"))),
    SystemCall(
        "prefund_of_another_owner", "The account belongs to a program.", prefund, custom(0), at_new(Account(SOL, STAKE))
    ),
    SystemCall(
        "prefund_too_large",
        "The account would be too large.",
        lambda cast: prefund(cast, space=MEGABYTES_10 + 1),
        custom(3),
    ),
    SystemCall(
        "prefund_too_little", "The payer has less than it is to pay.", lambda cast: prefund(cast, 11 * SOL), custom(1)
    ),
    # Assign
    SystemCall("assign", "An account is given to a program.", lambda cast: make.assign(cast.shop, STAKE)),
    SystemCall(
        "assign_to_its_owner",
        "An account is given to whom it belongs, unsigned: nothing is to be done.",
        lambda cast: unsigned(make.assign(cast.shop, SYSTEM), 0),
    ),
    SystemCall(
        "assign_unsigned",
        "An account is given away unsigned.",
        lambda cast: unsigned(make.assign(cast.shop, STAKE), 0),
        MISSING,
    ),
    SystemCall(
        "assign_of_another",
        "An account of another program is given away.",
        lambda cast: make.assign(cast.new, SYSTEM),
        "InstructionError(1, ModifiedProgramId)",
        at_new(Account(SOL, STAKE)),
    ),
    SystemCall(
        "assign_with_data",
        "An account whose data are zeros is given to a program.",
        lambda cast: make.assign(cast.new, STAKE),
        pre=at_new(Account(SOL, data=bytes(9))),
    ),
    SystemCall(
        "assign_with_other_data",
        "An account whose data are not all zeros is given to a program.",
        lambda cast: make.assign(cast.new, STAKE),
        "InstructionError(1, ModifiedProgramId)",
        at_new(Account(SOL, data=bytes(8) + b"\x01")),
    ),
    SystemCall(
        "assign_read_only",
        "An account is given away that is not locked for writing.",
        lambda cast: ProgramCall(SYSTEM, (make.only_signing(cast.new),), struct.pack("<I", 1) + STAKE),
        "InstructionError(1, ModifiedProgramId)",
        at_new(Account(SOL)),
    ),
    SystemCall(
        "assign_nothing",
        "The instruction names no account.",
        lambda cast: first(make.assign(cast.shop, STAKE), 0),
        TOO_FEW,
    ),
    # Transfer
    SystemCall("transfer_of_nothing", "Nothing is moved.", lambda cast: make.transfer(cast.shop, cast.payer, 0)),
    SystemCall(
        "transfer_unsigned",
        "Who pays has not signed.",
        lambda cast: unsigned(make.transfer(cast.shop, cast.payer, 5), 0),
        MISSING,
    ),
    SystemCall(
        "transfer_with_data",
        "Who pays has data.",
        lambda cast: make.transfer(cast.new, cast.shop, 5),
        "InstructionError(1, InvalidArgument)",
        at_new(Account(SOL, data=b"\x00")),
    ),
    SystemCall(
        "transfer_too_much",
        "Who pays has a lamport less.",
        lambda cast: make.transfer(cast.shop, cast.payer, 10 * SOL + 2),
        custom(1),
    ),
    SystemCall(
        "transfer_all",
        "Who pays gives all that it has: its account is gone.",
        lambda cast: make.transfer(cast.shop, cast.payer, 10 * SOL + 1),
    ),
    SystemCall(
        "transfer_of_a_program",
        "Who pays belongs to a program, and has no data.",
        lambda cast: make.transfer(cast.new, cast.shop, 5),
        "InstructionError(1, ExternalAccountLamportSpend)",
        at_new(Account(SOL, STAKE)),
    ),
    SystemCall(
        "transfer_overflow",
        "Who is paid would have more than 64 bits hold.",
        lambda cast: make.transfer(cast.payer, cast.new, SOL),
        "InstructionError(1, ArithmeticOverflow)",
        at_new(Account(2**64 - SOL)),
    ),
    SystemCall(
        "transfer_to_a_reader",
        "Who is paid is not locked for writing.",
        lambda cast: ProgramCall(
            SYSTEM, (make.signing(cast.payer), make.read(cast.new)), make.transfer(b"", b"", 5).data
        ),
        "InstructionError(1, ReadonlyLamportChange)",
        at_new(Account(SOL)),
    ),
    SystemCall(
        "transfer_leaves_a_debt",
        "Who pays is left a lamport less than the minimum.",
        lambda cast: make.transfer(cast.new, cast.shop, 2),
        "InsufficientFundsForRent { account_index: 1 }",
        at_new(Account(RENT_EXEMPT + 1)),
        "H95 H123",
        True,
    ),
    SystemCall(
        "transfer_makes_a_poor_account",
        "Who is paid had nothing, and has a lamport less than the minimum.",
        lambda cast: make.transfer(cast.payer, cast.new, RENT_EXEMPT - 1),
        "InsufficientFundsForRent { account_index: 2 }",
        hazards="H95",
        in_both=True,
    ),
    SystemCall(
        "transfer_with_one_account",
        "The instruction names one account.",
        lambda cast: first(make.transfer(cast.payer, cast.shop, 5), 1),
        TOO_FEW,
    ),
    SystemCall(
        "transfer_with_short_data",
        "The data end within the number.",
        lambda cast: cut(make.transfer(cast.payer, cast.shop, 5), 11),
        UNDECODABLE,
    ),
    SystemCall(
        "transfer_with_more_data",
        "There are bytes behind the number.",
        lambda cast: replace(make.transfer(cast.payer, cast.shop, 5), data=make.transfer(b"", b"", 5).data + b"more"),
    ),
    # Allocate
    SystemCall("allocate", "An account gets data.", lambda cast: make.allocate(cast.shop, 100)),
    SystemCall("allocate_nothing", "An account gets no data.", lambda cast: make.allocate(cast.shop, 0)),
    SystemCall(
        "allocate_unsigned",
        "An account that has not signed would get data.",
        lambda cast: unsigned(make.allocate(cast.shop, 100), 0),
        MISSING,
    ),
    SystemCall(
        "allocate_twice",
        "An account that has data would get more.",
        lambda cast: make.allocate(cast.new, 100),
        custom(0),
        at_new(Account(SOL, data=b"\x00")),
    ),
    SystemCall(
        "allocate_of_another",
        "An account of a program would get data.",
        lambda cast: make.allocate(cast.new, 100),
        custom(0),
        at_new(Account(SOL, STAKE)),
    ),
    SystemCall(
        "allocate_too_much",
        "An account would be too large.",
        lambda cast: make.allocate(cast.shop, MEGABYTES_10 + 1),
        custom(3),
    ),
    SystemCall(
        "allocate_beyond_its_minimum",
        "An account gets more data than its lamports are the minimum for.",
        lambda cast: make.allocate(cast.new, 1),
        "InsufficientFundsForRent { account_index: 1 }",
        at_new(Account(RENT_EXEMPT)),
        "H95",
    ),
    SystemCall(
        "allocate_no_account",
        "The instruction names no account.",
        lambda cast: first(make.allocate(cast.shop, 9), 0),
        TOO_FEW,
    ),
    # with seeds
    SystemCall(
        "create_with_seed", "An account is created at an address with a seed, which the base signs.", create_seeded
    ),
    SystemCall("create_with_an_empty_seed", "The seed is empty.", lambda cast: create_seeded(cast, "")),
    SystemCall(
        "create_with_a_seed_of_32", "The seed is as long as it may be.", lambda cast: create_seeded(cast, "s" * 32)
    ),
    SystemCall(
        "create_with_a_seed_of_33",
        "The seed is a byte too long.",
        lambda cast: replace(create_seeded(cast), data=create_seeded(cast, "s" * 33).data),
        custom(0),
    ),
    SystemCall(
        "create_with_seed_of_a_pda_owner",
        "The owner's address ends as those of programs are made.",
        lambda cast: replace(
            create_seeded(cast), data=struct.pack("<I", 3) + cast.base + make.text_of("seed") + u64(SOL, 10) + PDA_OWNER
        ),
        custom(2),
    ),
    SystemCall(
        "create_with_another_seed",
        "The address is not that of the seed.",
        lambda cast: replace(create_seeded(cast), data=create_seeded(cast, "else").data),
        custom(5),
    ),
    SystemCall(
        "create_with_seed_unsigned", "The base has not signed.", lambda cast: unsigned(create_seeded(cast), 2), MISSING
    ),
    SystemCall(
        "create_with_a_seed_that_is_no_text",
        "The seed is no UTF-8.",
        lambda cast: replace(
            create_seeded(cast), data=struct.pack("<I", 3) + cast.base + u64(1) + b"\xff" + u64(SOL, 10) + STAKE
        ),
        UNDECODABLE,
    ),
    SystemCall(
        "create_with_an_endless_seed",
        "The seed would be longer than there is memory.",
        lambda cast: replace(create_seeded(cast), data=struct.pack("<I", 3) + cast.base + u64(2**64 - 1) + b"seed"),
        UNDECODABLE,
    ),
    SystemCall(
        "create_with_seed_in_use",
        "The account at the address has lamports.",
        create_seeded,
        custom(0),
        at_seeded(Account(5)),
    ),
    SystemCall(
        "allocate_with_seed",
        "The account at an address with a seed gets data and an owner.",
        lambda cast: make.allocate_with_seed(seeded(cast), cast.base, "seed", 20, STAKE),
        pre=at_seeded(Account(SOL)),
    ),
    SystemCall(
        "allocate_with_seed_unsigned",
        "The base has not signed.",
        lambda cast: unsigned(make.allocate_with_seed(seeded(cast), cast.base, "seed", 20, STAKE), 1),
        MISSING,
        at_seeded(Account(SOL)),
    ),
    SystemCall(
        "allocate_with_another_seed",
        "The address is not that of the seed.",
        lambda cast: make.allocate_with_seed(seeded(cast), cast.base, "else", 20, STAKE),
        custom(5),
        at_seeded(Account(SOL)),
    ),
    SystemCall(
        "allocate_with_seed_too_much",
        "The account at the address would be too large.",
        lambda cast: make.allocate_with_seed(seeded(cast), cast.base, "seed", MEGABYTES_10 + 1, STAKE),
        custom(3),
        at_seeded(Account(SOL)),
    ),
    SystemCall(
        "assign_with_seed",
        "The account at an address with a seed is given to a program.",
        lambda cast: make.assign_with_seed(seeded(cast), cast.base, "seed", STAKE),
        pre=at_seeded(Account(SOL)),
    ),
    SystemCall(
        "assign_with_seed_unsigned",
        "The base has not signed.",
        lambda cast: unsigned(make.assign_with_seed(seeded(cast), cast.base, "seed", STAKE), 1),
        MISSING,
        at_seeded(Account(SOL)),
    ),
    SystemCall(
        "assign_with_another_seed",
        "The address is not that of the seed.",
        lambda cast: make.assign_with_seed(seeded(cast), cast.base, "else", STAKE),
        custom(5),
        at_seeded(Account(SOL)),
    ),
    SystemCall(
        "transfer_with_seed",
        "The account at an address with a seed pays.",
        lambda cast: make.transfer_with_seed(seeded(cast, owner=SYSTEM), cast.base, cast.shop, 5, "seed", SYSTEM),
        pre=at_seeded(Account(SOL), owner=SYSTEM),
    ),
    SystemCall(
        "transfer_with_seed_unsigned",
        "The base has not signed.",
        lambda cast: unsigned(
            make.transfer_with_seed(seeded(cast, owner=SYSTEM), cast.base, cast.shop, 5, "seed", SYSTEM), 1
        ),
        MISSING,
        at_seeded(Account(SOL), owner=SYSTEM),
    ),
    SystemCall(
        "transfer_with_another_seed",
        "The address is not that of the seed.",
        lambda cast: make.transfer_with_seed(seeded(cast, owner=SYSTEM), cast.base, cast.shop, 5, "else", SYSTEM),
        custom(5),
        at_seeded(Account(SOL), owner=SYSTEM),
    ),
    SystemCall(
        "transfer_with_seed_too_much",
        "The account at the address has less.",
        lambda cast: make.transfer_with_seed(seeded(cast, owner=SYSTEM), cast.base, cast.shop, SOL + 1, "seed", SYSTEM),
        custom(1),
        at_seeded(Account(SOL), owner=SYSTEM),
    ),
    SystemCall(
        "transfer_with_seed_of_two_accounts",
        "The instruction names two accounts of three.",
        lambda cast: first(
            make.transfer_with_seed(seeded(cast, owner=SYSTEM), cast.base, cast.shop, 5, "seed", SYSTEM), 2
        ),
        TOO_FEW,
        at_seeded(Account(SOL), owner=SYSTEM),
    ),
    # neither
    SystemCall(
        "unknown_tag", "The System program has no such instruction.", lambda cast: make.system(14, b""), UNDECODABLE
    ),
    SystemCall("no_data", "An instruction has no data.", lambda cast: ProgramCall(SYSTEM, (), b""), UNDECODABLE),
    SystemCall(
        "three_bytes", "An instruction has part of a tag.", lambda cast: ProgramCall(SYSTEM, (), bytes(3)), UNDECODABLE
    ),
)


def add_row(row: SystemCall) -> None:
    """The scenario of a row."""

    def story(block: SvmBlockBuilder) -> None:
        payer, shop, base = block.wallets("payer", "shop", "base")
        cast = Cast(payer.address, shop.address, block.nobody("new").address, base.address)
        row.pre(block, cast)
        before = make.transfer(payer.address, shop.address, 1)
        block.send(payer, before, row.call(cast))
        block.expect_errors(row.error)
        if row.error:
            block.expect_lamports(shop, 10 * SOL)
            keys = [use.address for use in row.call(cast).accounts if use.signs]
            block.expect_lamports(payer, 10 * SOL - FEE * len({payer.address, *keys}))

    rulesets = BOTH_RULESETS if row.in_both else ()
    add_svm_scenario(__name__, row.name, row.sentence, story, hazards=row.hazards, rulesets=rulesets)


for each in ROWS:
    add_row(each)
