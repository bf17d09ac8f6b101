"""Blocks on a chain: valid ones under every fork, and every way in which a header can disagree with its block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from samestate.spec.evm import rlp
from samestate.spec.evm.block import Block, Header, Withdrawal, encode_block, header_item, withdrawals_root
from samestate.spec.evm.block_access_list import AccountAccess, SlotChanges, decode_access_list, encode_access_list
from samestate.spec.evm.chain import Chain
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import (
    AMSTERDAM,
    BERLIN,
    BPO2,
    CANCUN,
    FORKS,
    GRAY_GLACIER,
    LONDON,
    OSAKA,
    PARIS,
    PRAGUE,
    SHANGHAI,
)
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import balance_key, slot_key
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.state import Account
from samestate.spec.evm.system_calls import BUILDER_DEPOSITS, BUILDER_EXITS, CONSOLIDATION_REQUESTS, WITHDRAWAL_REQUESTS
from samestate.spec.evm.transaction import FeeMarketTransaction
from samestate.spec.machine import Rejection
from tests.spec.evm.chains import (
    ETHER,
    GENESIS_TIME,
    MINER,
    SHOP,
    SYSTEM,
    Built,
    SmallChain,
    has,
    is_proof_of_work,
    transfer,
)

by_fork = pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
OTHER = b"\x11" * 32


def rejected(chain: Chain, encoded: bytes, access_list: bytes | None = None) -> Rejection:
    head, links = chain.head, set(chain.links)
    with pytest.raises(Rejection) as caught:
        chain.add(encoded, access_list)
    assert (chain.head, set(chain.links)) == (head, links), "a rejected block leaves no trace"
    return caught.value


def number(small: SmallChain, address: bytes) -> int:
    return int.from_bytes(small.head.state.get(balance_key(address)) or b"", "big")


@by_fork
def test_valid_blocks_are_accepted_one_after_another(fork: Fork) -> None:
    small = SmallChain(fork)
    for height in range(3):
        built = small.next([transfer(2 * height), transfer(2 * height + 1)])
        link = small.add(built)
        assert small.chain.head == built.block.header.hash()
        assert link.state.root() == built.block.header.state_root
        assert built.result.totals.gas_used == 42_000
    assert number(small, SHOP) == 6
    assert small.head.total_difficulty == sum(
        link.block.header.difficulty for _, link in small.chain.ancestors(small.chain.head)
    )


@by_fork
def test_the_miner_gets_the_fee_and_under_proof_of_work_the_reward(fork: Fork) -> None:
    small = SmallChain(fork)
    built = small.next([transfer()])
    small.add(built)
    tip = 2 * 10**9 - (built.block.header.base_fee_per_gas or 0)
    assert number(small, MINER) == 21_000 * tip + (2 * ETHER if is_proof_of_work(fork) else 0)


@pytest.mark.parametrize("fork", [SHANGHAI, CANCUN, PRAGUE, AMSTERDAM], ids=lambda fork: fork.name)
def test_withdrawals_are_paid_in_gwei(fork: Fork) -> None:
    small = SmallChain(fork)
    withdrawals = [Withdrawal(7, 8, SHOP, 3), Withdrawal(8, 8, SHOP, 0), Withdrawal(9, 1, SHOP, 2**64 - 1)]
    small.add(small.next(withdrawals=withdrawals))
    assert number(small, SHOP) == (3 + 2**64 - 1) * 10**9


# Headers that disagree with their body or their execution


CLAIMS: list[tuple[str, Any, Invalid, Callable[[Fork], bool]]] = [
    ("state_root", OTHER, Invalid.INVALID_STATE_ROOT, lambda fork: True),
    ("transactions_root", OTHER, Invalid.INVALID_TRANSACTIONS_ROOT, lambda fork: True),
    ("receipts_root", OTHER, Invalid.INVALID_RECEIPTS_ROOT, lambda fork: True),
    ("bloom", b"\x01" + bytes(255), Invalid.INVALID_LOGS_BLOOM, lambda fork: True),
    ("gas_used", 20_999, Invalid.INVALID_GAS_USED, lambda fork: True),
    ("gas_used", 21_001, Invalid.INVALID_GAS_USED, lambda fork: True),
    ("ommers_hash", OTHER, Invalid.INVALID_OMMERS_HASH, is_proof_of_work),
    ("ommers_hash", OTHER, Invalid.OMMERS_NOT_EMPTY, lambda fork: not is_proof_of_work(fork)),
    ("withdrawals_root", OTHER, Invalid.INVALID_WITHDRAWALS_ROOT, lambda fork: has(fork, "withdrawals_root")),
    ("blob_gas_used", 131_072, Invalid.INVALID_BLOB_GAS_USED, lambda fork: has(fork, "blob_gas_used")),
    ("requests_hash", OTHER, Invalid.INVALID_REQUESTS_HASH, lambda fork: has(fork, "requests_hash")),
    ("block_access_list_hash", OTHER, Invalid.INVALID_BAL_HASH, lambda fork: fork.has_access_list),
]


@by_fork
def test_each_claim_of_a_header_is_checked(fork: Fork) -> None:
    small = SmallChain(fork)
    built = small.next([transfer()])
    for name, value, code, applies in CLAIMS:
        if applies(fork):
            assert rejected(small.chain, built.with_header(**{name: value})).code is code, name
    small.add(built)


def test_what_is_said_of_a_wrong_claim() -> None:
    small = SmallChain(CANCUN)
    built = small.next([transfer()])
    root = built.block.header.state_root.hex()
    for changes, message in (
        ({"gas_used": 5}, "the gas used does not match: the header says 5, and it is 21000"),
        ({"state_root": OTHER}, f"the state root does not match: the header says 0x{'11' * 32}, and it is 0x{root}"),
    ):
        assert str(rejected(small.chain, built.with_header(**changes))) == message


@by_fork
def test_a_body_that_the_header_does_not_commit_to(fork: Fork) -> None:
    small = SmallChain(fork)
    built = small.next([transfer(), transfer(1)])
    for transactions in ((transfer(), transfer(1, value=2)), (transfer(),), ()):
        other = replace(built.block, transactions=transactions)
        # the access list is judged first: it differs too
        code = Invalid.INVALID_BAL_HASH if fork.has_access_list else Invalid.INVALID_TRANSACTIONS_ROOT
        assert rejected(small.chain, encode_block(other)).code is code


def test_a_body_with_other_withdrawals() -> None:
    small = SmallChain(SHANGHAI)
    built = small.next(withdrawals=[Withdrawal(0, 0, SHOP, 1)])
    other = replace(built.block, withdrawals=(Withdrawal(0, 0, SHOP, 2),))
    assert rejected(small.chain, encode_block(other)).code is Invalid.INVALID_WITHDRAWALS_ROOT


@by_fork
def test_a_body_has_withdrawals_just_where_its_header_does(fork: Fork) -> None:
    small = SmallChain(fork)
    built = small.next()
    other = replace(built.block, withdrawals=None if has(fork, "withdrawals_root") else ())
    found = rejected(small.chain, encode_block(other))
    assert (found.code, found.detail) == (
        Invalid.MALFORMED_BLOCK,
        "the header and the body differ about having withdrawals",
    )


@by_fork
def test_a_header_has_the_fields_of_its_fork_neither_more_nor_less(fork: Fork) -> None:
    small = SmallChain(fork)
    built = small.next()
    items = rlp.to_list(rlp.decode(built.encoded), "block")
    fields = rlp.to_list(header_item(built.block.header), "header")
    assert len(fields) == fork.header_fields
    wrong = [fields[:-1]] if len(fields) > 15 else []
    wrong += [[*fields, bytes(32)]] if len(fields) not in (15, 17, 18, 22, 23) else []
    wrong += [[*fields, b""]] if len(fields) in (15, 17, 18, 22) else []
    for other in wrong:
        found = rejected(small.chain, rlp.encode([other, *items[1:]]))
        assert (found.code, found.detail) == (
            Invalid.WRONG_HEADER_FIELDS,
            f"{len(other)} fields, and {fork.name} has {fork.header_fields}",
        )


@by_fork
def test_a_parent_that_nobody_knows(fork: Fork) -> None:
    small = SmallChain(fork)
    found = rejected(small.chain, small.next().with_header(parent_hash=OTHER))
    assert (found.code, found.detail) == (Invalid.UNKNOWN_PARENT, f"0x{OTHER.hex()}")
    assert str(found) == f"the parent is unknown: 0x{OTHER.hex()}"


def test_a_parent_that_was_rejected_is_unknown() -> None:
    small = SmallChain(PARIS)
    first = small.next([transfer()])
    link = small.add(first)
    second = small.next()
    fresh = SmallChain(PARIS)
    assert rejected(fresh.chain, first.with_header(gas_used=1)).code is Invalid.INVALID_GAS_USED
    assert rejected(fresh.chain, second.encoded).code is Invalid.UNKNOWN_PARENT
    assert link.block.header.hash() not in fresh.chain.links


@pytest.mark.parametrize("fork", [BERLIN, OSAKA], ids=lambda fork: fork.name)
def test_bytes_that_are_no_block(fork: Fork) -> None:
    small = SmallChain(fork)
    encoded = small.next([transfer()]).encoded
    for wrong in (b"", b"\xc0", encoded[:-1], encoded + b"\x00", b"\x80", b"\xf9", bytes(1000), b"\xc1" * 4000):
        assert rejected(small.chain, wrong).code is Invalid.MALFORMED_BLOCK


def test_a_transaction_in_a_block_that_is_none() -> None:
    small = SmallChain(LONDON)
    items = rlp.to_list(rlp.decode(small.next().encoded), "block")
    for transaction, code in (
        (b"\x02\xc0", Invalid.MALFORMED_TRANSACTION),
        (b"\x06\xc0", Invalid.TYPE_NOT_SUPPORTED),
        ([b""], Invalid.MALFORMED_BLOCK),
    ):
        assert rejected(small.chain, rlp.encode([items[0], [transaction], items[2]])).code is code


def test_an_invalid_transaction_is_named() -> None:
    small = SmallChain(PARIS)
    built = small.next([transfer(), transfer(1)])
    for second, code in (
        (transfer(2), Invalid.NONCE_TOO_HIGH),
        (transfer(0), Invalid.NONCE_TOO_LOW),
        (replace(transfer(1), s=0), Invalid.INVALID_SIGNATURE),
    ):
        found = rejected(small.chain, encode_block(replace(built.block, transactions=(transfer(), second))))
        assert (found.code, found.transaction) == (code, 1)


def test_transactions_that_do_not_fit_into_what_the_others_left() -> None:
    small = SmallChain(PARIS)
    block = small.next().block
    wide = (transfer(gas_limit=15_000_000), transfer(1, gas_limit=29_979_000))
    built = small.next(wide)
    assert built.result.totals.gas_used == 42_000
    too_wide = replace(block, transactions=(wide[0], transfer(1, gas_limit=29_979_001)))
    found = rejected(small.chain, encode_block(too_wide))
    assert (found.code, found.detail, found.transaction) == (
        Invalid.GAS_ALLOWANCE_EXCEEDED,
        "29979001 gas of 29979000 left",
        1,
    )


# System contracts


@pytest.mark.parametrize(
    ("contract", "fork"),
    [
        (WITHDRAWAL_REQUESTS, PRAGUE),
        (CONSOLIDATION_REQUESTS, PRAGUE),
        (BUILDER_DEPOSITS, AMSTERDAM),
        (BUILDER_EXITS, AMSTERDAM),
    ],
    ids=["withdrawals", "consolidations", "builder deposits", "builder exits"],
)
def test_requests_need_their_contracts(contract: bytes, fork: Fork) -> None:
    block = SmallChain(fork).next().block
    for code, reason, detail in (
        (b"", Invalid.SYSTEM_CONTRACT_MISSING, ""),
        (b"\xfe", Invalid.SYSTEM_CONTRACT_FAILED, ": InvalidOpcode"),
        (bytes.fromhex("60006000fd"), Invalid.SYSTEM_CONTRACT_FAILED, ": Reverted"),
        (bytes.fromhex("7f" + "ff" * 32 + "51"), Invalid.SYSTEM_CONTRACT_FAILED, ": OutOfGas"),
    ):
        small = SmallChain(fork, {contract: Account(code=code)})
        header = replace(block.header, parent_hash=small.chain.head)
        found = rejected(small.chain, encode_block(replace(block, header=header)))
        assert (found.code, found.detail) == (reason, f"0x{contract.hex()}{detail}")


def test_what_system_contracts_return_are_requests() -> None:
    returns_one_byte = bytes.fromhex("60aa5f5360015ff3")
    small = SmallChain(PRAGUE, {address: Account(code=returns_one_byte) for address in SYSTEM})
    built = small.next()
    assert built.result.closing.requests == (b"\x01\xaa", b"\x02\xaa")
    assert built.block.header.requests_hash == requests_hash([b"\x01\xaa", b"\x02\xaa"])
    small.add(built)


# Block access lists


def test_a_block_is_accepted_with_its_access_list_and_without() -> None:
    for given in (True, False):
        small = SmallChain(AMSTERDAM)
        built = small.next([transfer()])
        assert small.chain.add(built.encoded, built.access_list if given else None).block == built.block


def test_a_fork_without_access_lists_has_no_use_for_one() -> None:
    small = SmallChain(BPO2)
    small.chain.add(small.next().encoded, b"anything")


def test_a_proposed_access_list_must_be_the_one_in_the_header() -> None:
    small = SmallChain(AMSTERDAM)
    built = small.next([transfer()])
    empty = "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
    found = rejected(small.chain, built.encoded, b"\xc0")
    assert (found.code, found.detail) == (Invalid.INVALID_BAL_HASH, f"0x{empty}")


def test_a_proposed_access_list_must_be_one() -> None:
    small = SmallChain(AMSTERDAM)
    built = small.next([transfer()])
    for wrong in (b"\x80", b"\xc1\xc0", built.access_list + b"\x00", b"\xc1" * 1000 + b"\xc0"):
        encoded = built.with_header(block_access_list_hash=keccak256(wrong))
        assert rejected(small.chain, encoded, wrong).code is Invalid.MALFORMED_ACCESS_LIST


def test_a_proposed_access_list_must_be_what_the_execution_gives() -> None:
    small = SmallChain(AMSTERDAM)
    built = small.next([transfer()])
    right = decode_access_list(built.access_list)
    shop = next(index for index, account in enumerate(right) if account.address == SHOP)
    ((_, value),) = right[shop].balance_changes

    def with_shop(**changes: Any) -> tuple[AccountAccess, ...]:
        return (*right[:shop], right[shop]._replace(**changes), *right[shop + 1 :])

    wrong = {
        f"account 0x{right[0].address.hex()} is missing": right[1:],
        f"account 0x{right[-1].address.hex()} is missing": right[:-1],
        f"account 0x{'ff' * 20} is too much": (*right, right[0]._replace(address=b"\xff" * 20)),
        f"account 0x{bytes(20).hex()} is too much": (right[0]._replace(address=bytes(20)), *right),
        f"account 0x{SHOP.hex()}: balance: at index 1 it is {value}, not 2": with_shop(balance_changes=((1, 2),)),
        f"account 0x{SHOP.hex()}: balance: the change at index 1 to {value} is missing": with_shop(balance_changes=()),
        f"account 0x{SHOP.hex()}: balance: the change at index 2 to 9 is too much": with_shop(
            balance_changes=((1, value), (2, 9))
        ),
        f"account 0x{SHOP.hex()}: slot 0x0 is listed as read": with_shop(storage_reads=(0,), nonce_changes=((1, 1),)),
        f"account 0x{SHOP.hex()}: slot 0x5 is listed as changed": with_shop(
            storage_changes=(SlotChanges(5, ((1, 6),)),)
        ),
        f"account 0x{SHOP.hex()}: code: the change at index 1 to 0x60 is too much": with_shop(
            code_changes=((1, b"\x60"),)
        ),
    }
    for detail, accounts in wrong.items():
        proposed = encode_access_list(accounts)
        found = rejected(small.chain, built.with_header(block_access_list_hash=keccak256(proposed)), proposed)
        assert (found.code, found.detail) == (Invalid.INVALID_BLOCK_ACCESS_LIST, detail)


def rejected_list(small: SmallChain, built: Built, accounts: tuple[AccountAccess, ...]) -> Rejection:
    """Why the block is rejected where it comes with that list, and its header commits to it."""
    proposed = encode_access_list(accounts)
    return rejected(small.chain, built.with_header(block_access_list_hash=keccak256(proposed)), proposed)


def test_the_accounts_of_a_proposed_access_list_ascend_whatever_else_is_wrong_with_it() -> None:
    small = SmallChain(AMSTERDAM)
    built = small.next([transfer()])
    right = decode_access_list(built.access_list)
    for accounts in (
        tuple(reversed(right)),
        (right[0], *right),
        (*right, right[-1]),
        (*right, right[-1]._replace(balance_changes=((1, 7),))),
        (*right, AccountAccess(bytes(20))),
        (AccountAccess(b"\xff" * 20), *right[1:]),
    ):
        found = rejected_list(small, built, accounts)
        assert found.code is Invalid.MALFORMED_ACCESS_LIST
        assert found.detail.endswith("comes after a higher one, or after itself")


def test_order_within_an_account_is_a_question_of_what_the_execution_gives() -> None:
    """The fixtures say so for each level below the accounts (test_bal_invalid_duplicate_entries, …_tx_order)."""
    # code that loads the slots 1 and 2
    reader = b"\x7e" * 20
    small = SmallChain(AMSTERDAM, {reader: Account(code=bytes.fromhex("6001545060025400"))})
    built = small.next([transfer(), transfer(nonce=1), transfer(nonce=2, to=reader, gas_limit=60_000)])
    right = decode_access_list(built.access_list)
    shop = next(index for index, account in enumerate(right) if account.address == SHOP)
    changes = right[shop].balance_changes
    place_of_reader = next(index for index, account in enumerate(right) if account.address == reader)
    reads = right[place_of_reader].storage_reads
    wrong: tuple[tuple[int, dict[str, Any], str], ...] = (
        (shop, {"balance_changes": changes[::-1]}, "balance: the order of the changes differs"),
        (shop, {"balance_changes": (*changes, changes[-1])}, "balance: the change at index 2 is listed twice"),
        (place_of_reader, {"storage_reads": reads[::-1]}, "the order differs"),
        (place_of_reader, {"storage_reads": (reads[0], *reads)}, f"slot {reads[0]:#x} is listed as read twice"),
        (
            place_of_reader,
            {"storage_changes": (SlotChanges(reads[0], ()),)},
            f"slot {reads[0]:#x} is listed as changed",
        ),
    )
    for place, fields, detail in wrong:
        found = rejected_list(small, built, (*right[:place], right[place]._replace(**fields), *right[place + 1 :]))
        assert found.code is Invalid.INVALID_BLOCK_ACCESS_LIST
        assert found.detail == f"account 0x{right[place].address.hex()}: {detail}"


def test_an_access_list_may_have_an_item_for_each_2000_gas() -> None:
    # sender, shop, miner, four system contracts for requests and two for roots: nine
    assert len(decode_access_list(SmallChain(AMSTERDAM).next([transfer()]).access_list)) == 9
    for too_many, code in ((0, None), (1, Invalid.ACCESS_LIST_TOO_LARGE)):
        small = SmallChain(AMSTERDAM, gas_limit=30_000)
        withdrawals = [Withdrawal(index, 0, bytes([index + 1]) * 20, 0) for index in range(6 + too_many)]
        built = small.next([transfer()], withdrawals=withdrawals)
        if code is None:
            small.add(built)
        else:
            found = rejected(small.chain, built.encoded)
            assert (found.code, found.detail) == (code, "16 items in a block of 30000 gas")


# The chain


def test_under_proof_of_work_the_head_is_where_most_work_is() -> None:
    small = SmallChain(BERLIN)
    genesis = small.head
    slow = small.next(timestamp=GENESIS_TIME + 100)
    fast = small.next(timestamp=GENESIS_TIME + 1)
    assert fast.block.header.difficulty > slow.block.header.difficulty
    small.add(slow)
    assert small.chain.head == slow.block.header.hash()
    small.add(fast)
    assert small.chain.head == fast.block.header.hash()
    again = small.next([transfer()], parent=genesis, timestamp=GENESIS_TIME + 100)
    small.add(again)
    assert small.chain.head == fast.block.header.hash()
    late = small.next(parent=small.chain.links[again.block.header.hash()])
    small.add(late)
    assert small.chain.head == late.block.header.hash()


def test_of_two_heads_with_the_same_work_the_first_stays() -> None:
    small = SmallChain(LONDON)
    genesis = small.head
    small.add(small.next())
    first = small.chain.head
    small.add(small.next([transfer()], parent=genesis))
    assert small.chain.head == first


def test_under_proof_of_stake_the_head_is_the_last_block() -> None:
    small = SmallChain(PARIS)
    genesis = small.head
    small.add(small.next([transfer()]))
    other = small.next(parent=genesis)
    small.add(other)
    assert small.chain.head == other.block.header.hash()


def test_the_fork_is_chosen_by_the_total_difficulty_of_the_parent_and_by_number_and_time() -> None:
    asked: list[tuple[int, int, int]] = []
    small = SmallChain(BERLIN)

    def schedule(parent_total_difficulty: int, number: int, timestamp: int) -> Fork:
        asked.append((parent_total_difficulty, number, timestamp))
        return BERLIN

    small.chain.schedule = schedule
    link = small.add(small.next())
    small.add(small.next())
    assert asked == [(2**20, 1, GENESIS_TIME + 12), (link.total_difficulty, 2, GENESIS_TIME + 24)]


def test_the_merge_by_terminal_total_difficulty() -> None:
    work = SmallChain(GRAY_GLACIER)
    terminal = work.head.total_difficulty + work.next().block.header.difficulty
    work.chain.schedule = lambda difficulty, number, timestamp: PARIS if difficulty >= terminal else GRAY_GLACIER
    last = work.next()
    work.fork = PARIS
    too_early = work.next()
    assert rejected(work.chain, too_early.encoded).code is Invalid.INVALID_DIFFICULTY
    work.chain.add(last.encoded)
    first = work.next()
    work.fork = GRAY_GLACIER
    too_late = work.next()
    assert rejected(work.chain, too_late.encoded).code is Invalid.DIFFICULTY_NOT_ZERO
    work.chain.add(first.encoded)


def test_code_may_ask_for_the_hashes_of_the_last_256_blocks() -> None:
    # store the hash of block `calldata` in slot 0
    code = bytes.fromhex("5f35405f5500")
    small = SmallChain(SHANGHAI, {SHOP: Account(code=code)})
    hashes = [small.chain.head]
    for _ in range(2):
        hashes.append(small.add(small.next()).block.header.hash())
    for asked, expected in ((0, hashes[0]), (1, hashes[1]), (2, hashes[2]), (3, None), (2**255, None)):
        built = small.next([transfer(data=asked.to_bytes(32, "big"), gas_limit=100_000, value=0)])
        assert built.result.changes.get(slot_key(SHOP, 0)) == expected


def test_observing_sees_the_result_also_of_a_block_that_is_then_rejected() -> None:
    small = SmallChain(PARIS)
    built = small.next([transfer()])
    seen: list[Any] = []
    with pytest.raises(Rejection):
        small.chain.add(built.with_header(gas_used=1), None, seen.append)
    assert [result.totals.gas_used for result in seen] == [21_000]


def test_a_block_of_a_fork_knows_its_transaction_types() -> None:
    small = SmallChain(BERLIN)
    block: Block = small.next().block
    dynamic = FeeMarketTransaction(
        chain_id=1, nonce=0, max_priority_fee_per_gas=0, max_fee_per_gas=0, gas_limit=21_000, to=SHOP, value=0, data=b""
    )
    found = rejected(small.chain, encode_block(replace(block, transactions=(dynamic,))))
    assert (found.code, found.detail) == (Invalid.TYPE_NOT_SUPPORTED, "type 2 in Berlin")


def test_the_roots_of_an_empty_body() -> None:
    header: Header = SmallChain(SHANGHAI).next().block.header
    assert header.withdrawals_root == withdrawals_root(())
