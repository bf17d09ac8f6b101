"""State and storage whose tries have rare nodes: leaves that stand within their branch, and branches that collapse.

The numbers are chosen by the hashes of slots and addresses, which is where they stand in their trie.
"""

from __future__ import annotations

from typing import Final

from samestate.conformance.scenarios.assembler import argument, code, store, words
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario, until
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, LONDON, PRAGUE, SHANGHAI
from samestate.spec.evm.hashing import keccak256

TWINS: Final = (152_389, 206_212)
"""The hashes of these slots have their first eight nibbles in common: small values stand within the branch below."""
COUSINS: Final = {2: 11_186, 3: 30_380, 4: 196_727}
"""Slots whose hashes have so many nibbles in common with those of the twins."""
TWIN_ADDRESSES: Final = (21_607, 149_024)
"""The hashes of these addresses have their first nine nibbles in common."""
FORKS: Final = (BERLIN, AMSTERDAM)
LARGE: Final = 2**255
"""A value whose leaf is hashed wherever it stands."""


def in_common(first: bytes, second: bytes) -> int:
    """How many nibbles of two hashes are the same."""
    pairs = zip(keccak256(first).hex(), keccak256(second).hex(), strict=True)
    return next(index for index, (one, other) in enumerate(pairs) if one != other)


def cell_with(block: BlockBuilder, storage: dict[int, int]) -> NamedAccount:
    """A contract that stores the second word of its data in the slot of the first."""
    first, second = (slot.to_bytes(32, "big") for slot in TWINS)
    if in_common(first, second) != 8:
        raise ValueError("the twins are none")
    return block.contract("cell", code(store(argument(0), argument(1))), storage=storage)


def write(block: BlockBuilder, cell: NamedAccount, *changes: tuple[int, int]) -> None:
    """Let somebody else write each of the slots, and say what is there after the block."""
    for slot, value in changes:
        sender = block.account(f"sender {len(block.named)}", ETHER)
        block.call(sender, cell, data=words(slot, value))
    block.expect_success()
    for slot, value in dict(changes).items():
        block.expect_slot(cell, slot, value)


@scenario(hazards="H51", forks=FORKS)
def leaves_within_their_branch(block: BlockBuilder) -> None:
    """Two small values stand within their branch; one grows and is hashed, and shrinks again; then the other goes."""
    left, right = TWINS
    cell = cell_with(block, {left: 5})
    write(block, cell, (right, 6))
    block.next_block()
    write(block, cell, (right, LARGE), (left, 7))
    block.next_block()
    write(block, cell, (right, 6))
    block.next_block()
    write(block, cell, (left, 0))


@scenario(hazards="H51", forks=FORKS)
def branch_collapses_to_a_leaf(block: BlockBuilder) -> None:
    """Of three slots two are cleared by different transactions, in either order of their branches: one leaf is left."""
    left, right = TWINS
    cell = cell_with(block, {left: 5, right: 6, COUSINS[2]: LARGE})
    write(block, cell, (left, 0), (COUSINS[2], 0))
    block.next_block()
    write(block, cell, (left, 8), (COUSINS[2], 9), (right, 0))
    block.next_block()
    write(block, cell, (COUSINS[2], 0))


@scenario(hazards="H51", forks=FORKS)
def extensions_are_joined(block: BlockBuilder) -> None:
    """Slots that branch off above the twins are cleared one after another: what is left between grows into one."""
    left, right = TWINS
    cell = cell_with(block, {left: 5, right: 6, COUSINS[2]: 1, COUSINS[3]: 2, COUSINS[4]: LARGE})
    write(block, cell, (COUSINS[3], 0))
    block.next_block()
    write(block, cell, (COUSINS[4], 0), (COUSINS[2], 0))
    block.next_block()
    write(block, cell, (COUSINS[3], 3), (right, 0))


@scenario(hazards="H31 H51", forks=FORKS)
def nothing_is_left(block: BlockBuilder) -> None:
    """All slots of a contract are cleared, one by each transaction, and in the next block the last one comes back."""
    left, right = TWINS
    cell = cell_with(block, {left: 5, right: 6, COUSINS[4]: 7})
    write(block, cell, (left, 0), (right, 0), (COUSINS[4], 0))
    block.next_block()
    write(block, cell, (right, LARGE))


@scenario(hazards="H22 H51", forks=FORKS)
def there_and_back_in_a_block(block: BlockBuilder) -> None:
    """Slots are cleared and set again within a block: the root is what it was, although every node was touched."""
    left, right = TWINS
    cell = cell_with(block, {left: 5, right: 6})
    write(block, cell, (left, 0), (right, 0), (right, 6), (left, 5))


def twin_accounts(block: BlockBuilder) -> tuple[NamedAccount, NamedAccount]:
    """Two accounts that are neighbours in the trie of the state."""
    first, second = (number.to_bytes(20, "big") for number in TWIN_ADDRESSES)
    if in_common(first, second) != 9:
        raise ValueError("the addresses are no twins")
    return block.at("first", first), block.at("second", second)


@scenario(hazards="H30 H51", forks=(BERLIN, LONDON, PRAGUE, AMSTERDAM))
def neighbours_in_the_state(block: BlockBuilder) -> None:
    """Two accounts whose hashes have nine nibbles in common come into the state in two blocks: a leaf becomes two."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    first, second = twin_accounts(block)
    block.transfer(alice, to=first, value=7)
    block.expect_success()
    block.next_block()
    block.transfer(bob, to=second, value=8)
    block.transfer(alice, to=first, value=1)
    block.expect_success()
    block.expect_balance(first, 8)
    block.expect_balance(second, 8)


@scenario(hazards="H31 H51", forks=until(BERLIN, SHANGHAI))
def neighbour_is_destroyed(block: BlockBuilder) -> None:
    """One of two such accounts is destroyed, storage and all: its neighbour's leaf takes the place of their branch."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    first, second = twin_accounts(block)
    block.place_contract(first, code("CALLER SELFDESTRUCT"), balance=5, storage=dict.fromkeys(TWINS, 1))
    block.place_contract(second, code(store(0, 1)), storage=dict.fromkeys(TWINS, 2))
    block.call(alice, first)
    block.call(bob, second)
    block.expect_success()
    block.expect_gone(first)
    block.expect_slot(second, 0, 1)
    block.next_block()
    block.transfer(bob, to=first, value=7)
    block.expect_success()
    block.expect_balance(first, 7)
