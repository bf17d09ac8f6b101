"""Logs of the deposit contract: which are deposits, and which only look like one (EIP-6110)."""

from __future__ import annotations

import random
from typing import Final

from samestate.conformance.generating.system_contracts import deposit_data
from samestate.conformance.scenarios.assembler import REVERT, call, code
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, OSAKA, PRAGUE
from samestate.spec.evm.forks.berlin import MAINNET_DEPOSIT_CONTRACT
from samestate.spec.evm.rejections import Invalid

EVENT: Final = "PUSH32 0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5"
"""The first topic of a deposit's log."""
OTHER: Final = "PUSH 7"
TAKE_DATA: Final = "CALLDATASIZE PUSH 0 PUSH 0 CALLDATACOPY"
FORKS: Final = (PRAGUE, AMSTERDAM)
FIELDS: Final = ((160, 48), (256, 32), (320, 8), (384, 96), (512, 8))
"""Where each field's length stands in the data, and that length."""
DEPOSIT: Final = deposit_data(random.Random(1))


def logging(*topics: str) -> str:
    """Code that logs what is in memory under topics."""
    return f"{' '.join(reversed(topics))} CALLDATASIZE PUSH 0 LOG{len(topics)}"


def deposit_contract(block: BlockBuilder, *parts: str) -> NamedAccount:
    """A contract at the address of the deposit contract that takes its data into memory and goes on so."""
    contract = block.at("deposit contract", MAINNET_DEPOSIT_CONTRACT)
    block.place_contract(contract, code(TAKE_DATA, *parts))
    return contract


def request(*data: bytes) -> bytes:
    """The request that deposits with that data make: the type, and all fields one after another."""
    return b"\x00" + b"".join(one[place + 32 : place + 32 + length] for one in data for place, length in FIELDS)


@scenario(hazards="H133", forks=(PRAGUE, OSAKA, AMSTERDAM))
def logs_of_other_events(block: BlockBuilder) -> None:
    """The deposit contract logs under another topic, under none, and with the event as second: none is a deposit."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    deposits = deposit_contract(block, logging(OTHER), logging(), logging(OTHER, EVENT))
    block.call(alice, deposits, data=DEPOSIT)
    block.call(bob, deposits, data=b"\x01")
    block.expect_success()
    block.expect_requests()


@scenario(hazards="H133", forks=(PRAGUE, OSAKA, AMSTERDAM))
def deposit_among_other_logs(block: BlockBuilder) -> None:
    """Logs of the deposit contract that are no deposits stand before and after one that is: it alone is a request."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    deposits = deposit_contract(block, logging(OTHER), logging(EVENT), logging())
    other = deposit_data(random.Random(2))
    block.call(alice, deposits, data=DEPOSIT)
    block.call(bob, deposits, data=other)
    block.expect_success()
    block.expect_requests(request(DEPOSIT, other))


@scenario(hazards="H133", forks=FORKS)
def deposit_with_more_topics(block: BlockBuilder) -> None:
    """A log has the event for its first topic and others behind it: the first alone decides."""
    alice = block.account("alice", ETHER)
    deposits = deposit_contract(block, logging(EVENT, OTHER, OTHER))
    block.call(alice, deposits, data=DEPOSIT)
    block.expect_success()
    block.expect_requests(request(DEPOSIT))


@scenario(hazards="H133", forks=FORKS)
def event_of_another_contract(block: BlockBuilder) -> None:
    """Another contract logs the event, by itself and as a caller of the deposit contract's code: none is a deposit."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    deposits = deposit_contract(block, logging(EVENT))
    impostor = block.contract("impostor", code(TAKE_DATA, logging(EVENT)))
    borrower = block.contract(
        "borrower", code(TAKE_DATA, f"PUSH 0 PUSH 0 CALLDATASIZE PUSH 0 PUSH {deposits} GAS DELEGATECALL")
    )
    block.call(alice, impostor, data=DEPOSIT)
    block.call(bob, borrower, data=DEPOSIT)
    block.expect_success()
    block.expect_logs([impostor], [borrower])
    block.expect_requests()


@scenario(hazards="H55 H133", forks=FORKS)
def deposits_that_were_taken_back(block: BlockBuilder) -> None:
    """Deposits in a frame that reverts and in a transaction that fails are none; one of the next transaction is."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    deposits = deposit_contract(block, logging(EVENT), "CALLVALUE PUSH @fail JUMPI STOP", "fail:", REVERT)
    passing = "PUSH 0 PUSH 0 CALLDATASIZE PUSH 0 PUSH 1 "
    outer = block.contract("outer", code(TAKE_DATA, f"{passing} PUSH {deposits} GAS CALL POP"), balance=1)
    block.call(alice, outer, data=DEPOSIT)
    block.call(bob, deposits, value=1, data=DEPOSIT)
    block.call(carol, deposits, data=DEPOSIT)
    block.expect_success(True, False, True)
    block.expect_requests(request(DEPOSIT))


@scenario(hazards="H139", forks=FORKS)
def deposits_of_one_transaction(block: BlockBuilder) -> None:
    """A transaction makes two deposits and the one before it one: they are one request, in the order of their logs."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    deposits = deposit_contract(block, logging(EVENT), "CALLVALUE PUSH @twice JUMPI STOP", "twice:", logging(EVENT))
    other = deposit_data(random.Random(2))
    block.call(alice, deposits, data=other)
    block.call(bob, deposits, value=1, data=DEPOSIT)
    block.expect_success()
    block.expect_requests(request(other, DEPOSIT, DEPOSIT))


def with_word(place: int, number: int) -> bytes:
    """The data of a deposit with another word at a place."""
    return DEPOSIT[:place] + number.to_bytes(32, "big") + DEPOSIT[place + 32 :]


def laid_out_wrongly(block: BlockBuilder, data: bytes) -> None:
    """A deposit with that data, after a transfer: the block is invalid."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    deposits = deposit_contract(block, logging(EVENT))
    block.transfer(bob, to=alice, value=7)
    block.call(alice, deposits, data=data)
    block.expect(Invalid.INVALID_DEPOSIT_LAYOUT)


@scenario(hazards="H65 H133", forks=FORKS)
def field_at_another_place(block: BlockBuilder) -> None:
    """The data of a deposit say that its amount begins a word later than it does: the block is invalid."""
    laid_out_wrongly(block, with_word(64, 320 + 32))


@scenario(hazards="H65 H133", forks=FORKS)
def field_beyond_64_bits(block: BlockBuilder) -> None:
    """The data of a deposit say that its signature begins at 2^64 and its right place: no cut makes that right."""
    laid_out_wrongly(block, with_word(96, 2**64 + 384))


@scenario(hazards="H65 H133", forks=FORKS)
def field_of_another_length(block: BlockBuilder) -> None:
    """The public key of a deposit has 47 bytes, and stands as it should: the block is invalid."""
    laid_out_wrongly(block, with_word(160, 47))


@scenario(hazards="H65 H133", forks=FORKS)
def deposit_without_data(block: BlockBuilder) -> None:
    """A deposit has no data: the block is invalid."""
    laid_out_wrongly(block, b"")


@scenario(hazards="H65 H133", forks=FORKS)
def deposit_that_is_too_long(block: BlockBuilder) -> None:
    """A deposit has a word of zeros more than it should: the block is invalid."""
    laid_out_wrongly(block, DEPOSIT + bytes(32))


@scenario(hazards="H133", forks=FORKS)
def caller_of_the_deposit_contract(block: BlockBuilder) -> None:
    """A contract makes a deposit and then an empty one, so its block is invalid; the next one is not."""
    alice = block.account("alice", ETHER)
    deposits = deposit_contract(block, logging(EVENT))
    passing = "PUSH 0 PUSH 0 CALLDATASIZE PUSH 0 PUSH 0 "
    outer = block.contract("outer", code(TAKE_DATA, f"{passing} PUSH {deposits} GAS CALL POP", call(deposits), "POP"))
    block.call(alice, outer, data=DEPOSIT)
    block.expect(Invalid.INVALID_DEPOSIT_LAYOUT)
    block.next_block()
    direct = block.contract("direct", code(TAKE_DATA, f"{passing} PUSH {deposits} GAS CALL POP"))
    block.call(alice, direct, data=DEPOSIT, nonce=0)
    block.expect_success()
    block.expect_requests(request(DEPOSIT))
