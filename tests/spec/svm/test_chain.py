"""Blocks one after another: ages, the queue, what was processed, bank hashes, and the record of a block."""

from __future__ import annotations

import pickle
from dataclasses import replace
from hashlib import sha256

import pytest

from samestate.spec.state import lattice
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import INCINERATOR, SYSTEM, address, base58
from samestate.spec.svm.bank_hash import bank_hash, lattice_of_account
from samestate.spec.svm.block import HardFork
from samestate.spec.svm.blockhash_queue import BlockhashQueue, RegisteredHash, first_queue
from samestate.spec.svm.chain import block_on
from samestate.spec.svm.epoch_schedule import EpochSchedule
from samestate.spec.svm.rulesets import MAINNET_2026_07
from samestate.spec.svm.state import svm_state
from samestate.spec.svm.status_cache import StatusCache
from tests.spec.svm.small import (
    GENESIS_HASH,
    LEADER,
    RICH,
    SOL,
    SYSTEM_ACCOUNT,
    SmallChain,
    key,
    message_of,
    signed,
    transfer,
    transfer_data,
)

# Ages


def test_151_blockhashes_may_be_named() -> None:
    """The genesis hash and those of 150 slots: in slot 151 it may still be named, in slot 152 no more."""
    for slot, code in ((151, None), (152, "BLOCKHASH_NOT_FOUND")):
        chain = SmallChain(RICH)
        queue = chain.bank.blockhashes
        for number in range(1, slot):
            queue = queue.register(sha256(bytes([number])).digest(), 5000)
        chain.bank = replace(chain.bank, slot=slot - 1, blockhashes=queue)
        payment = [transfer(1, key(2), SOL)]
        if code is None:
            assert chain.add(payment).receipts[0].succeeded
        else:
            assert chain.code(payment) == code


def test_a_blockhash_is_of_use_from_the_next_block_on() -> None:
    chain = SmallChain(RICH)
    later = transfer(1, key(2), SOL, blockhash=sha256(b"bh" + (1).to_bytes(8, "little")).digest())
    assert chain.code([later]) == "BLOCKHASH_NOT_FOUND"
    chain.add()
    assert chain.add([later]).receipts[0].succeeded


def test_the_queue_keeps_301() -> None:
    queue = first_queue(GENESIS_HASH, 5000)
    for number in range(400):
        queue = queue.register(sha256(number.to_bytes(2, "big")).digest(), number)
    assert len(queue.hashes) == 301
    assert min(entry.number for entry in queue.hashes.values()) == 100
    assert queue.hashes[queue.last] == RegisteredHash(400, 399)
    assert queue.lamports_per_signature == 399


def test_a_blockhash_that_comes_again_is_the_newest() -> None:
    queue = first_queue(GENESIS_HASH, 5000).register(b"a" * 32, 5000).register(GENESIS_HASH, 7000)
    assert queue == BlockhashQueue({b"a" * 32: RegisteredHash(1, 5000), GENESIS_HASH: RegisteredHash(2, 7000)})
    assert queue.last == GENESIS_HASH


# What was processed


def test_no_message_twice_in_an_entry_a_block_or_later() -> None:
    payment, other = transfer(1, key(2), SOL), transfer(2, key(3), SOL)
    for entries in ([[payment, payment]], [[payment], [payment]], [[payment, other], [other, payment]]):
        rejection = SmallChain(RICH).rejection(*entries)
        assert rejection.code.name == "ALREADY_PROCESSED"
        assert rejection.transaction == {1: 1, 2: len(entries[0])}[len(entries)]
    chain = SmallChain(RICH)
    chain.add([payment])
    assert chain.code([payment]) == "ALREADY_PROCESSED"
    chain.add([other])
    assert chain.code([payment]) == "ALREADY_PROCESSED"


def test_failed_and_fees_only_transactions_were_processed_too() -> None:
    chain = SmallChain(RICH)
    failing = transfer(1, key(2), 100 * SOL)
    fees_only = signed(message_of((key(1), key(2), key(9)), [(2, (0, 1), b"")]), 1)
    receipts = chain.add([failing, fees_only]).receipts
    assert [receipt.status.value for receipt in receipts] == ["failed", "fees-only"]
    assert chain.code([failing]) == chain.code([fees_only]) == "ALREADY_PROCESSED"


def test_the_age_is_checked_first() -> None:
    chain = SmallChain(RICH)
    payment = transfer(1, key(2), SOL)
    chain.add([payment])
    chain.bank = replace(chain.bank, blockhashes=first_queue(bytes(32), 5000))
    assert chain.code([payment]) == "BLOCKHASH_NOT_FOUND"


def test_messages_are_known_under_their_blockhash() -> None:
    cache = StatusCache().extended([(b"a", b"1"), (b"a", b"2"), (b"b", b"1")])
    assert cache == StatusCache({b"a": frozenset({b"1", b"2"}), b"b": frozenset({b"1"})})
    assert cache.holds(b"a", b"2") and not cache.holds(b"b", b"2") and not cache.holds(b"c", b"1")


# Bank hashes


def test_the_bank_hash_commits_to_four_things() -> None:
    block = SmallChain(RICH).block()
    head = sha256(block.parent_hash + (7).to_bytes(8, "little") + block.blockhash).digest()
    hashed = sha256(head + lattice.to_bytes(5)).digest()
    assert bank_hash(block, 7, 5) == hashed
    assert len({bank_hash(block, 7, 5), bank_hash(block, 8, 5), bank_hash(block, 7, 6)}) == 3


@pytest.mark.parametrize(
    ("forks", "times"),
    [([(5, 1)], 1), ([(6, 1), (7, 2)], 3), ([(8, 1)], 0), ([(4, 1)], 0), ([(7, 1)], 1), ([(4, 3), (5, 4), (8, 5)], 4)],
)
def test_hard_forks_after_the_parent_and_up_to_the_slot(forks: list[tuple[int, int]], times: int) -> None:
    block = replace(SmallChain(RICH).block(), parent_slot=4, slot=7)
    plain = bank_hash(block, 0, 0)
    forked = bank_hash(replace(block, hard_forks=tuple(HardFork(*fork) for fork in forks)), 0, 0)
    assert forked == (sha256(plain + times.to_bytes(8, "little")).digest() if times else plain)


def test_an_account_counts_once_however_often_it_was_written() -> None:
    chain = SmallChain(RICH)
    chain.add([transfer(1, key(2), SOL), transfer(2, key(3), SOL)], [transfer(2, key(1), SOL)])
    listed = lattice.EMPTY
    for where in chain.state.values:
        listed = lattice.add(listed, lattice_of_account(where, chain.state.account(where)))
    assert chain.state.lattice == listed
    assert chain.state.root() == lattice.checksum(listed)


def test_accounts_that_are_not_listed_count_too() -> None:
    listed = {key(1): Account(SOL), key(2): Account(2 * SOL, data=b"x")}
    whole = svm_state(listed)
    part = svm_state({key(1): Account(SOL)}, lattice_of_account(key(2), listed[key(2)]))
    assert whole.lattice == part.lattice
    assert whole.apply({key(1): None}, ()).lattice == part.apply({key(1): None}, ()).lattice
    assert svm_state({key(1): Account(0, data=b"gone")}).lattice == lattice.EMPTY


# A block


def test_the_record_has_every_key_of_the_message_and_nothing_else() -> None:
    chain = SmallChain(RICH)
    listed = message_of((key(1), key(2), key(8), SYSTEM), [(3, (0, 1), transfer_data(SOL))], header=(1, 0, 2))
    result = chain.add([signed(listed, 1), transfer(2, key(3), SOL)])
    first, second = result.steps[1:-1]
    assert set(first.reads) == {key(1), key(2), key(8), SYSTEM}
    assert set(first.writes) == {key(1), key(2)}
    assert second.reads[key(2)].source == (0,)
    assert set(result.steps[-1].reads) >= {LEADER}
    assert all(not step.credits and not step.wipes and not step.touches for step in result.steps)


def test_an_epoch_begins_where_nothing_is_said() -> None:
    chain = SmallChain(RICH)
    chain.bank = replace(chain.bank, slot=30, epochs=EpochSchedule(32, 32))
    assert chain.code(slot=32) == "EPOCH_BOUNDARY_NOT_SPECIFIED"
    chain.add(slot=31)
    assert chain.code() == "EPOCH_BOUNDARY_NOT_SPECIFIED"


def test_of_several_transactions_at_fault_the_first_is_named() -> None:
    right, unsigned, locked = (
        transfer(1, key(2), SOL),
        replace(transfer(1, key(2), 7), signatures=(bytes(64),)),
        transfer(1, key(2), 8, keys=(key(1), key(1), SYSTEM)),
    )
    rejection = SmallChain(RICH).rejection([right, unsigned], [locked])
    assert (rejection.code.name, rejection.transaction) == ("SIGNATURE_FAILURE", 1)
    rejection = SmallChain(RICH).rejection([right], [locked, unsigned])
    assert (rejection.code.name, rejection.transaction) == ("ACCOUNT_LOADED_TWICE", 1)


def test_signatures_come_after_all_that_the_message_itself_decides() -> None:
    unsigned = replace(transfer(1, key(2), 7, keys=(key(1), key(1), SYSTEM)), signatures=(bytes(64),))
    assert SmallChain(RICH).code([unsigned]) == "ACCOUNT_LOADED_TWICE"
    poor = replace(transfer(9, key(2), 7), signatures=(bytes(64),))
    assert SmallChain(RICH).code([poor]) == "SIGNATURE_FAILURE"


def test_slots_go_on() -> None:
    chain = SmallChain(RICH)
    with pytest.raises(ValueError, match="does not come after"):
        chain.block(slot=0)
    with pytest.raises(ValueError, match="has an entry at least"):
        block_on(chain.bank, chain.state, 1, LEADER, ())


def test_version_1_in_either_ruleset() -> None:
    payment = transfer(1, key(2), SOL, version=1)
    assert SmallChain(RICH).add([payment]).receipts[0].succeeded
    assert SmallChain(RICH, MAINNET_2026_07).code([payment]) == "UNSUPPORTED_VERSION"


# The incinerator


def incinerator_after(*entries: object, **accounts: Account) -> Account | None:
    chain = SmallChain(RICH | ({INCINERATOR: accounts["before"]} if accounts else {}))
    chain.add(*entries)  # type: ignore[arg-type]
    return chain.state.account(INCINERATOR)


def test_what_the_incinerator_receives_is_gone_at_the_end_of_the_block() -> None:
    payment = transfer(1, INCINERATOR, SOL)
    assert incinerator_after([payment]) is None
    chain = SmallChain(RICH)
    result = chain.add([payment])
    assert INCINERATOR in result.steps[1].writes
    assert result.steps[-1].writes[INCINERATOR] is None


def test_what_lies_there_burns_once_it_is_stored_again() -> None:
    """A transaction that fails stores nothing; one that only names it as readonly stores nothing either."""
    there = Account(5 * SOL)
    readonly = message_of((key(1), key(2), INCINERATOR, SYSTEM), [(3, (0, 1), transfer_data(1))], header=(1, 0, 2))
    touched = message_of((key(1), key(2), INCINERATOR, SYSTEM), [(3, (0, 1), transfer_data(1))], header=(1, 0, 1))
    failing = message_of(
        (key(1), key(2), INCINERATOR, SYSTEM), [(3, (0, 1), transfer_data(99 * SOL))], header=(1, 0, 1)
    )
    assert incinerator_after(before=there) == there
    assert incinerator_after([signed(readonly, 1)], before=there) == there
    assert incinerator_after([signed(failing, 1)], before=there) == there
    assert incinerator_after([signed(touched, 1)], before=there) is None


def test_fees_paid_to_the_incinerator_burn() -> None:
    chain = SmallChain({**RICH, INCINERATOR: Account(SOL)})
    result = chain.add([transfer(1, key(2), SOL)], leader=INCINERATOR)
    assert chain.state.account(INCINERATOR) is None
    assert result.closing.fees.deposited == 2_500


# Addresses


def test_addresses_in_base58() -> None:
    assert base58(SYSTEM) == "1" * 32
    for number in (0, 1, 57, 58, 2**255, 2**256 - 1):
        content = number.to_bytes(32, "big")
        assert address(base58(content)) == content


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1" * 31, "31 bytes"),
        ("1" * 33, "33 bytes"),
        ("", "0 bytes"),
        ("0" + "1" * 31, "no digit of base58"),
        ("l" * 43, "no digit of base58"),
        ("z" * 44, "33 bytes"),
        ("1" * 10_000, "an address has 32"),
    ],
)
def test_what_is_no_address(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        address(text)


def test_the_account_of_the_system_program_is_loaded() -> None:
    receipt = SmallChain(RICH).add([transfer(1, key(2), SOL)]).receipts[0]
    assert receipt.loaded_size == 3 * 64 + len(SYSTEM_ACCOUNT.data)
    assert receipt.cost == 720 + 600 + 3 + 150 + 8


def test_blocks_and_results_cross_between_processes() -> None:
    chain = SmallChain(RICH)
    fees_only = signed(message_of((key(3), key(2), key(9)), [(2, (0, 1), b"")]), 3)
    block = chain.block([transfer(1, key(2), SOL), transfer(2, key(3), 99 * SOL), fees_only])
    copy = pickle.loads(pickle.dumps(block))
    assert copy == block
    assert copy.transactions == block.transactions
    result = chain.apply(block)
    for part in (result.outcomes, result.receipts, result.totals, result.closing):
        assert pickle.loads(pickle.dumps(part)) == part
