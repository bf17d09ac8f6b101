"""Ommers: which may be included, what they are paid, and every way to be none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samestate.spec.evm.block import Header, encode_block, ommers_hash
from samestate.spec.evm.chain import Link
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import BERLIN, GRAY_GLACIER, LONDON, PARIS
from samestate.spec.evm.keys import balance_key
from samestate.spec.evm.rejections import Invalid
from samestate.spec.machine import Rejection
from tests.spec.evm.chains import ETHER, SmallChain

UNCLE = b"\x0e" * 20
AUNT = b"\x0a" * 20

WORK = [BERLIN, LONDON, GRAY_GLACIER]
by_fork = pytest.mark.parametrize("fork", WORK, ids=[fork.name for fork in WORK])


def long_chain(fork: Fork, length: int) -> tuple[SmallChain, list[Link]]:
    """A chain, and its links from the genesis on."""
    small = SmallChain(fork)
    links = [small.head]
    links += [small.add(small.next()) for _ in range(length)]
    return small, links


def ommer(small: SmallChain, parent: Link, coinbase: bytes = UNCLE, **changes: Any) -> Header:
    """A header that might have followed ``parent``."""
    return small.next(parent=parent, coinbase=coinbase, **changes).block.header


def rejected(small: SmallChain, *ommers: Header) -> Rejection:
    """Why the head may not be followed by a block with these ommers."""
    block = small.next().block
    header = replace(block.header, ommers_hash=ommers_hash(ommers))
    with pytest.raises(Rejection) as caught:
        small.chain.add(encode_block(replace(block, header=header, ommers=ommers)))
    return caught.value


def balance(small: SmallChain, address: bytes) -> int:
    return int.from_bytes(small.head.state.get(balance_key(address)) or b"", "big")


@by_fork
@pytest.mark.parametrize("generations", range(1, 7))
def test_an_ommer_is_a_child_of_one_of_six_ancestors_and_is_paid_by_its_age(fork: Fork, generations: int) -> None:
    small, links = long_chain(fork, 8)
    parent = links[-1 - generations]
    found = ommer(small, parent)
    built = small.next(ommers=[found], coinbase=AUNT)
    assert built.block.header.number - found.number == generations
    small.add(built)
    assert balance(small, UNCLE) == (8 - generations) * 2 * ETHER // 8
    assert balance(small, AUNT) == 2 * ETHER + 2 * ETHER // 32


def test_two_ommers() -> None:
    small, links = long_chain(LONDON, 4)
    built = small.next(ommers=[ommer(small, links[3]), ommer(small, links[2], AUNT)], coinbase=AUNT)
    small.add(built)
    assert balance(small, UNCLE) == 7 * 2 * ETHER // 8
    assert balance(small, AUNT) == 2 * ETHER + 2 * (2 * ETHER // 32) + 6 * 2 * ETHER // 8


def test_the_difficulty_knows_of_ommers() -> None:
    small, links = long_chain(LONDON, 2)
    without = small.next()
    small.add(small.next(ommers=[ommer(small, links[1])]))
    plain = small.next().block.header.difficulty
    assert plain - small.head.block.header.difficulty == small.head.block.header.difficulty // 2048 * 1
    assert without.block.header.difficulty < plain


def test_three_ommers_are_too_many() -> None:
    small, links = long_chain(LONDON, 4)
    found = rejected(small, *(ommer(small, links[3], bytes([number]) * 20) for number in range(3)))
    assert str(found) == "there are more than two ommers: 3"
    assert found.code is Invalid.TOO_MANY_OMMERS


def test_the_same_ommer_twice_in_a_block() -> None:
    small, links = long_chain(LONDON, 3)
    twice = ommer(small, links[2])
    found = rejected(small, twice, twice)
    assert str(found) == f"an ommer was included before: 0x{twice.hash().hex()}"
    assert found.code is Invalid.OMMER_INCLUDED_BEFORE


@pytest.mark.parametrize("later", range(1, 6))
def test_an_ommer_that_an_ancestor_included(later: int) -> None:
    small, links = long_chain(LONDON, 3)
    once = ommer(small, links[2])
    small.add(small.next(ommers=[once]))
    for _ in range(later - 1):
        small.add(small.next())
    assert rejected(small, once).code is Invalid.OMMER_INCLUDED_BEFORE


@pytest.mark.parametrize("generations", range(6))
def test_an_ancestor_is_no_ommer(generations: int) -> None:
    small, links = long_chain(LONDON, 8)
    found = rejected(small, links[-1 - generations].block.header)
    digest = links[-1 - generations].block.header.hash()
    assert (found.code, found.detail) == (Invalid.OMMER_IS_ANCESTOR, f"0x{digest.hex()}")


def test_a_sibling_is_no_ommer() -> None:
    small, _ = long_chain(LONDON, 3)
    found = rejected(small, ommer(small, small.head))
    assert str(found) == "an ommer has the same parent as the block"
    assert found.code is Invalid.OMMER_PARENT_IS_PARENT


def test_an_ommer_of_a_parent_that_nobody_knows() -> None:
    small, links = long_chain(LONDON, 3)
    stranger = replace(ommer(small, links[2]), parent_hash=b"\x01" * 32)
    found = rejected(small, stranger)
    assert (found.code, found.detail) == (Invalid.OMMER_PARENT_UNKNOWN, f"0x{'01' * 32}")


def test_an_ommer_of_the_seventh_generation_is_too_late() -> None:
    small, links = long_chain(LONDON, 9)
    parent = links[-8]
    assert rejected(small, ommer(small, parent)).code is Invalid.OMMER_PARENT_UNKNOWN


def test_a_child_of_an_ommer_is_no_ommer() -> None:
    small, links = long_chain(LONDON, 4)
    side = small.next(parent=links[2], coinbase=UNCLE)
    small.add(side)
    cousin = ommer(small, small.chain.links[side.block.header.hash()])
    assert rejected(small, cousin).code in {Invalid.OMMER_PARENT_UNKNOWN, Invalid.OMMER_TOO_OLD}


@pytest.mark.parametrize(("number", "is_too_old"), [(2, True), (3, False), (8, False), (9, True), (10, True)])
def test_the_number_of_an_ommer_is_that_of_an_ancestor(number: int, is_too_old: bool) -> None:
    small, links = long_chain(LONDON, 8)
    found = rejected(small, replace(ommer(small, links[3]), number=number))
    if is_too_old:
        assert (found.code, found.detail) == (Invalid.OMMER_TOO_OLD, f"{number} in block 9")
    else:
        assert (found.code, found.detail) == (Invalid.INVALID_BLOCK_NUMBER, f"in an ommer: {number} after 3")


@by_fork
def test_the_header_of_an_ommer_is_valid(fork: Fork) -> None:
    small, links = long_chain(fork, 3)
    good = ommer(small, links[2])
    wrong: list[tuple[dict[str, Any], Invalid]] = [
        ({"timestamp": links[2].block.header.timestamp}, Invalid.TIMESTAMP_NOT_AFTER_PARENT),
        ({"extra_data": bytes(33)}, Invalid.EXTRA_DATA_TOO_LONG),
        ({"gas_limit": good.gas_limit * 2}, Invalid.INVALID_GAS_LIMIT),
        ({"gas_used": good.gas_limit + 1}, Invalid.GAS_USED_OVER_LIMIT),
        ({"difficulty": good.difficulty - 1}, Invalid.INVALID_DIFFICULTY),
    ]
    if good.base_fee_per_gas is None:
        wrong += [({"base_fee_per_gas": 1}, Invalid.WRONG_HEADER_FIELDS)]
    else:
        wrong += [
            ({"base_fee_per_gas": 1}, Invalid.INVALID_BASE_FEE),
            ({"base_fee_per_gas": None}, Invalid.WRONG_HEADER_FIELDS),
        ]
    for changes, code in wrong:
        found = rejected(small, replace(good, **changes))
        assert found.code is code, changes
        assert found.detail.startswith("in an ommer: ")


def test_what_an_ommer_says_of_its_execution_is_not_checked() -> None:
    small, links = long_chain(LONDON, 3)
    anything = ommer(small, links[2])
    anything = replace(
        anything, state_root=b"\x01" * 32, receipts_root=b"\x02" * 32, transactions_root=b"\x03" * 32, gas_used=12345
    )
    small.add(small.next(ommers=[anything]))


def test_the_fork_of_an_ommer_is_its_own() -> None:
    small, links = long_chain(BERLIN, 2)
    old = ommer(small, links[1])
    switch = links[2].block.header.number + 1
    small.chain.schedule = lambda difficulty, number, timestamp: LONDON if number >= switch else BERLIN
    small.fork = LONDON
    built = small.next(ommers=[old], gas_limit=2 * small.genesis.header.gas_limit)
    small.add(built)
    assert built.block.header.base_fee_per_gas == 10**9


def test_under_proof_of_stake_a_body_has_no_ommers() -> None:
    small, links = long_chain(PARIS, 2)
    block = small.next().block
    uncle = links[1].block.header
    for header, code in (
        (block.header, Invalid.OMMER_IS_ANCESTOR),
        (replace(block.header, ommers_hash=ommers_hash([uncle])), Invalid.OMMERS_NOT_EMPTY),
    ):
        with pytest.raises(Rejection) as caught:
            small.chain.add(encode_block(replace(block, header=header, ommers=(uncle,))))
        assert caught.value.code is code
    # an ommer that would be a good one under proof of work
    other = replace(ommer(small, links[1]), timestamp=links[1].block.header.timestamp + 3)
    with pytest.raises(Rejection) as caught:
        small.chain.add(encode_block(replace(block, ommers=(other,))))
    assert caught.value.code is Invalid.INVALID_OMMERS_HASH
