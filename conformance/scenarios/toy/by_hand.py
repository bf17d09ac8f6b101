"""Blocks that were worked out on paper: no outside evidence exists for the toy, so these numbers are its evidence.

Each scenario says how its numbers come about and asserts them; nothing here is computed by the specification. Where a
root is worked out, it is written with SHA-256 alone, by the definition in :mod:`samestate.spec.state.merkle`.
"""

from __future__ import annotations

import hashlib

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import ToyAccount, add, hash_of, load, noop, store, subtract
from samestate.spec.toy.access_list import AccessList, Entry
from samestate.spec.toy.rejections import Invalid

HASH_OF_NOTHING = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
"""Keccak-256 of no bytes, as every Ethereum client knows it."""


def leaf(key: bytes, value: bytes) -> bytes:
    """SHA-256(0x00 ‖ length of the key, 4 bytes ‖ key ‖ value)."""
    return hashlib.sha256(b"\x00" + len(key).to_bytes(4, "big") + key + value).digest()


def node(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def balance(account: ToyAccount) -> bytes:
    """0x01 and the address."""
    return b"\x01" + account.address


def nonce(account: ToyAccount) -> bytes:
    """0x02 and the address."""
    return b"\x02" + account.address


def slot(number: int) -> bytes:
    """0x03 and the slot in 32 bytes."""
    return b"\x03" + bytes(31) + bytes([number])


@toy_scenario()
def nothing_at_all(block: ToyBlockBuilder) -> None:
    """An empty block on an empty state.

    There is no key and no receipt, so both roots are SHA-256(0x02).
    """
    empty = hashlib.sha256(b"\x02").digest()
    block.expect_success()
    block.expect_root("state_root", empty)
    block.expect_root("receipts_root", empty)


@toy_scenario()
def one_store(block: ToyBlockBuilder) -> None:
    """Alice sets slot 1 to 7 at a price of 2: gas, balances and both roots.

    Gas: the slot is cold, 2100, and goes from zero to 7, 20000: together 22100. The fee is 22100 × 2 = 44200. Alice had
    1000000 and has 955800; the coinbase had nothing and has 44200.

    State, in the order of its keys. The coinbase's address begins with 0x66 and Alice's with 0x8b, so:
    1. 0x01 ‖ coinbase: 44200 = 0xaca8
    2. 0x01 ‖ Alice: 955800 = 0x0e9598
    3. 0x02 ‖ Alice: 1
    4. 0x03 ‖ 1 in 32 bytes: 7
    Four leaves: the largest power of two below 4 is 2, so the root is a node of two nodes of two leaves each.

    Receipts: one, so the root is its leaf, with the key 0 in 8 bytes and the value: succeeded 01, error 00, gas used
    and cumulative gas used 0x5654 = 22100 in 8 bytes each, first log 0 in 8 bytes, no logs: 0 in 4 bytes.
    """
    alice = block.account("alice", 1_000_000)
    coinbase = block.nobody("coinbase")
    block.send(alice, store(1, 7), price=2)
    block.expect_success()
    block.expect_gas(22_100)
    block.expect_balance(alice, 955_800)
    block.expect_balance(coinbase, 44_200)
    block.expect_nonce(alice, 1)
    block.expect_slot(1, 7)
    balances = node(leaf(balance(coinbase), b"\xac\xa8"), leaf(balance(alice), b"\x0e\x95\x98"))
    block.expect_root("state_root", node(balances, node(leaf(nonce(alice), b"\x01"), leaf(slot(1), b"\x07"))))
    gas = bytes(6) + b"\x56\x54"
    block.expect_root("receipts_root", leaf(bytes(8), b"\x01\x00" + gas + gas + bytes(8) + bytes(4)))


@toy_scenario()
def five_leaves(block: ToyBlockBuilder) -> None:
    """A state of five slots, and nothing happens: the root of a tree that is not full.

    The largest power of two below 5 is 4: the left part has the slots 1 to 4, as two nodes of two, the right one is the
    leaf of slot 5 itself. Values are as short as can be: 256 is 0x0100, 65535 is 0xffff.
    """
    block.holding({1: 1, 2: 256, 3: 65_535, 4: 4, 5: 5})
    left = node(
        node(leaf(slot(1), b"\x01"), leaf(slot(2), b"\x01\x00")),
        node(leaf(slot(3), b"\xff\xff"), leaf(slot(4), b"\x04")),
    )
    block.expect_success()
    block.expect_root("state_root", node(left, leaf(slot(5), b"\x05")))


@toy_scenario(hazards="H50 H51")
def two_receipts(block: ToyBlockBuilder) -> None:
    """A log and a failure: the root of the receipts.

    The first transaction hashes nothing: 30 gas, one log, the well-known digest. The second has 35 gas for a hash of
    one byte, which costs 30 + 6 = 36: it fails, and uses 35. Cumulative gas: 30 and 65 = 0x41. The block had no log
    before the first transaction and one before the second.

    Receipts: 01 00 | 30 = 0x1e | 0x1e | 0 | 1 | the digest, and 00 01 | 35 = 0x23 | 0x41 | 1 | 0. The root is a node of
    their leaves, whose keys are 0 and 1 in 8 bytes.
    """
    alice = block.account("alice")
    block.send(alice, hash_of(b""), gas=30)
    block.send(alice, hash_of(b"\x00"), gas=35)
    block.expect_success(True, False)
    block.expect_gas(30, 35)
    block.expect_cumulative_gas(30, 65)
    block.expect_logs([HASH_OF_NOTHING], [])
    block.expect_first_logs(0, 1)

    def number(value: int) -> bytes:
        return bytes(7) + bytes([value])

    first = b"\x01\x00" + number(0x1E) + number(0x1E) + number(0) + b"\x00\x00\x00\x01" + HASH_OF_NOTHING
    second = b"\x00\x01" + number(0x23) + number(0x41) + number(1) + bytes(4)
    block.expect_root("receipts_root", node(leaf(number(0), first), leaf(number(1), second)))


@toy_scenario()
def warm_and_cold(block: ToyBlockBuilder) -> None:
    """One transaction that meets each price of SLOAD and SSTORE.

    Slot 1 holds 7. SLOAD 1, cold: 2100. ADD 5: 3; the accumulator is 12. SSTORE 1, warm, from 7 to 12: 2900. SLOAD 1,
    warm: 100. SSTORE 1, warm, from 12 to 12: 100. SLOAD 2, cold, holds nothing: 2100; the accumulator is 0. SSTORE 2,
    warm, from 0 to 0: 100. SSTORE 3 9, cold, from 0: 22100. Sum: 2100 + 3 + 2900 + 100 + 100 + 2100 + 100 + 22100 =
    29503.
    """
    block.holding({1: 7})
    alice = block.account("alice", 100_000)
    block.send(alice, load(1), add(5), store(1), load(1), store(1), load(2), store(2), store(3, 9), gas=29_503)
    block.expect_success()
    block.expect_gas(29_503)
    block.expect_balance(alice, 70_497)
    block.expect_slot(1, 12)
    block.expect_slot(2, 0)
    block.expect_slot(3, 9)


@toy_scenario(hazards="H04 H12 H13 H16")
def fees_in_mid_chain(block: ToyBlockBuilder) -> None:
    """The coinbase spends fees in the middle of a block.

    The miner has 100. Alice's NOOP at a price of 3 pays 3: 103. Bob's hash of 33 bytes costs 30 + 2 × 6 = 42 gas, at a
    price of 5 that is 210: 313. The miner's gas limit of 104 at a price of 3 may cost 312, which it has only now; it
    uses 2 gas and pays 6 to itself: still 313. Alice's NOOP at a price of 10 pays 10: 323. A withdrawal of 7 makes it
    330. Alice had 1000, and has 1000 - 3 - 10 = 987; Bob had 1000, and has 790.
    """
    alice, bob, miner = block.accounts(alice=1_000, bob=1_000, miner=100)
    block.mined_by(miner)
    block.send(alice, noop(), gas=1, price=3)
    block.send(bob, hash_of(bytes(33)), gas=42, price=5)
    block.send(miner, noop(), noop(), gas=104, price=3)
    block.send(alice, noop(), gas=1, price=10)
    block.withdrawal(miner, 7)
    block.expect_success()
    block.expect_gas(1, 42, 2, 1)
    block.expect_balance(alice, 987)
    block.expect_balance(bob, 790)
    block.expect_balance(miner, 330)
    block.expect_nonce(miner, 1)


@toy_scenario(hazards="H51 H55")
def out_of_gas(block: ToyBlockBuilder) -> None:
    """A transaction that stores, logs, and then has too little gas.

    The gas limit is 25000, the price 2. SSTORE 1 5, cold, from zero: 22100, leaves 2900. A hash of one byte: 36,
    leaves 2864. SSTORE 2 5 is cold: 2864 is not less than 2200, so slot 2 is read, it holds nothing, and the price is
    22100: out of gas. The store and the log are gone. Gas used is 25000, the fee 50000: of 100000 Alice has 50000
    left, and the coinbase has 50000. Then a second transaction sets slot 1 for 22100 gas at a price of 1: 27900 are
    left.
    """
    alice = block.account("alice", 100_000)
    block.send(alice, store(1, 5), hash_of(b"\x00"), store(2, 5), gas=25_000, price=2)
    block.send(alice, store(1, 5), gas=22_100)
    block.expect_success(False, True)
    block.expect_gas(25_000, 22_100)
    block.expect_cumulative_gas(25_000, 47_100)
    block.expect_logs([], [])
    block.expect_reads(0, balance(alice), nonce(alice), slot(1), slot(2))
    block.expect_writes(0, balance(alice), nonce(alice))
    block.expect_balance(alice, 27_900)
    block.expect_balance(block.nobody("coinbase"), 72_100)
    block.expect_nonce(alice, 2)
    block.expect_slot(1, 5)
    block.expect_slot(2, 0)


@toy_scenario()
def around_zero(block: ToyBlockBuilder) -> None:
    """Arithmetic that wraps, and a slot that is set and cleared.

    SUB 3: 3 gas, the accumulator is 2^256 - 3. ADD 5: 3 gas, 2. SSTORE 1: 22100. SUB 1: 3 gas, 1. ADD 2^256 - 1: 3 gas,
    0. SSTORE 1, warm, from 2 to 0: 2900. Sum: 3 + 3 + 22100 + 3 + 3 + 2900 = 25012. Slot 1 is absent, before and after:
    no write. Then SLOAD 1, cold: 2100; SUB 1: 3, the accumulator is 2^256 - 1; SSTORE 2: 22100. Sum: 24203. Alice had
    200000, and has 200000 - 25012 - 24203 = 150785.
    """
    alice = block.account("alice", 200_000)
    block.send(alice, subtract(3), add(5), store(1), subtract(1), add(2**256 - 1), store(1))
    block.send(alice, load(1), subtract(1), store(2))
    block.expect_success()
    block.expect_gas(25_012, 2_100 + 3 + 22_100)
    block.expect_writes(0, balance(alice), nonce(alice))
    block.expect_slot(1, 0)
    block.expect_slot(2, 2**256 - 1)
    block.expect_balance(alice, 150_785)


@toy_scenario(hazards="H22 H51 H58")
def price_of_what_went_before(block: ToyBlockBuilder) -> None:
    """Five stores to one slot, each priced by what the one before left.

    Slot 1 holds 7. It becomes 8: 2100 + 2900 = 5000. It becomes 7: 5000. It stays 7: 2100 + 100 = 2200. It becomes 0:
    5000. The last store, of 1, would cost 22100 and has 5000: it fails, and uses those. Cumulative: 5000, 10000, 12200,
    17200, 22200. The third reads the 7 of the second and not that of the pre-state; the fifth reads the zero of the
    fourth. The third writes nothing, so the fourth reads what the second left, and the longest chain is 0, 1, 3, 4.
    """
    block.holding({1: 7})
    names = ("alice", "bob", "carol", "dave", "erin")
    for name, value in zip(names, (8, 7, 7, 0, 1), strict=True):
        block.send(block.account(name), store(1, value), gas=5_000)
    block.expect_success(True, True, True, True, False)
    block.expect_gas(5_000, 5_000, 2_200, 5_000, 5_000)
    block.expect_cumulative_gas(5_000, 10_000, 12_200, 17_200, 22_200)
    block.expect_sources(1, slot(1), 0)
    block.expect_sources(2, slot(1), 1)
    block.expect_sources(3, slot(1), 1)
    block.expect_sources(4, slot(1), 3)
    block.expect_critical_path(4)
    block.expect_slot(1, 0)
    block.expect_balance(block.nobody("coinbase"), 22_200)


@toy_scenario(hazards="H05")
def room_in_the_block(block: ToyBlockBuilder) -> None:
    """The gas of a block, to the last unit, and one unit more.

    The block has 50000. The first transaction declares 40000 and uses 22100: 27900 are left. The second declares 27900
    and wants to set two slots for 44200: it fails, and uses all of it. Nothing is left, and the third declares nothing
    and does nothing. In the next block the first uses 5000 of 40000 to change its slot, 45000 are left, and the second
    declares 45001.
    """
    alice, bob = block.accounts("alice", "bob")
    block.with_gas_limit(50_000)
    block.send(alice, store(1, 1), gas=40_000)
    block.send(bob, store(2, 1), store(3, 1), gas=27_900)
    block.send(alice, gas=0)
    block.expect_success(True, False, True)
    block.expect_cumulative_gas(22_100, 50_000, 50_000)
    block.next_block()
    block.send(alice, store(1, 2), gas=40_000)
    block.send(bob, gas=45_001)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)


@toy_scenario(hazards="H15 H46 H68")
def an_access_list(block: ToyBlockBuilder) -> None:
    """An access list, entry by entry, which the block carries and which must be right.

    Alice has 100000, and slot 1 holds 7. SLOAD 1: 2100. ADD 1: 3. SSTORE 2, cold, from zero to 8: 22100. Sum: 24203.
    She has 75797 = 0x012815 left, and the coinbase has 24203 = 0x5e8b. A withdrawal of 256 then makes 76053 =
    0x012915.

    The opening step does nothing. The transaction reads Alice's balance and nonce and both slots, in the order of
    their keys; it leaves the coinbase's balance (0x66… comes before 0x8b…), Alice's balance, her nonce and slot 2
    changed. The closing step reads nothing, and leaves Alice's balance changed.
    """
    block.holding({1: 7})
    alice = block.account("alice", 100_000)
    coinbase = block.nobody("coinbase")
    block.send(alice, load(1), add(1), store(2))
    block.withdrawal(alice, 256)
    by_hand: AccessList = (
        Entry(reads=(), changes=()),
        Entry(
            reads=(balance(alice), nonce(alice), slot(1), slot(2)),
            changes=(
                (balance(coinbase), b"\x5e\x8b"),
                (balance(alice), b"\x01\x28\x15"),
                (nonce(alice), b"\x01"),
                (slot(2), b"\x08"),
            ),
        ),
        Entry(reads=(), changes=((balance(alice), b"\x01\x29\x15"),)),
    )
    block.carry_access_list(lambda right: by_hand)
    block.expect_success()
    block.expect_gas(24_203)
    block.expect_balance(alice, 76_053)
