"""What a header may say beside its parent's: number, time, gas limit, extra data, and the fields of its fork."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import code
from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.draft import ETHER, GAS_LIMIT
from samestate.conformance.scenarios.scenario import chain_scenario, since
from samestate.spec.evm.block_access_list import hash_access_list
from samestate.spec.evm.forks import (
    AMSTERDAM,
    BERLIN,
    BPO2,
    BPO2_ACCESS_LISTS,
    CANCUN,
    LONDON,
    OSAKA,
    PARIS,
    PRAGUE,
    SHANGHAI,
)
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.requests import requests_hash
from samestate.spec.state.patricia import ordered_trie_root

NO_TRIE = ordered_trie_root([])
LARGEST_GAS_LIMIT = 2**63 - 1
STEP = GAS_LIMIT // 1024
ERAS = (BERLIN, PARIS, AMSTERDAM)
"""A fork of work, the first of stake, and the latest."""


# Number and parent


@chain_scenario(forks=ERAS)
def number_left_out(chain: ChainBuilder) -> None:
    """A block is numbered two after its parent."""
    chain.header("the parent's plus two", number=lambda right: right + 1)
    chain.expect(Invalid.INVALID_BLOCK_NUMBER)


@chain_scenario(forks=since(BERLIN))
def number_of_the_parent(chain: ChainBuilder) -> None:
    """A block has the number of its parent."""
    chain.header("the parent's", number=lambda right: right - 1)
    chain.expect(Invalid.INVALID_BLOCK_NUMBER)


@chain_scenario(hazards="H44", forks=since(BERLIN))
def parent_that_nobody_knows(chain: ChainBuilder) -> None:
    """A block names a parent that no block is; the next, on the real one, is not held up by it."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.header("of no block", parent_hash=keccak256(b"samestate no block"))
    chain.expect(Invalid.UNKNOWN_PARENT)
    chain.next_block()
    chain.transfer(alice, to=bob, value=7)
    chain.expect_success()


@chain_scenario(hazards="H44", forks=since(PARIS))
def parent_that_was_refused(chain: ChainBuilder) -> None:
    """A block follows one that was refused for its state root: nobody knows that parent."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.transfer(alice, to=bob, value=7)
    chain.header("one bit off", state_root=lambda right: right[:-1] + bytes([right[-1] ^ 1]))
    chain.expect(Invalid.INVALID_STATE_ROOT)
    chain.next_block()
    chain.header("of the refused block", parent_hash=chain.header_of(0).hash())
    chain.expect(Invalid.UNKNOWN_PARENT)


# Time


@chain_scenario(forks=ERAS)
def time_of_the_parent(chain: ChainBuilder) -> None:
    """A block has the timestamp of its parent."""
    chain.header("the parent's", timestamp=lambda right: right - 12)
    chain.expect(Invalid.TIMESTAMP_NOT_AFTER_PARENT)


@chain_scenario(forks=since(BERLIN))
def time_before_the_parent(chain: ChainBuilder) -> None:
    """A block is a second older than its parent: the difference has a sign."""
    chain.header("a second before the parent's", timestamp=lambda right: right - 13)
    chain.expect(Invalid.TIMESTAMP_NOT_AFTER_PARENT)


@chain_scenario(forks=(PARIS, AMSTERDAM))
def a_second_after_the_parent(chain: ChainBuilder) -> None:
    """A block is a second younger than its parent: nothing asks for twelve."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.after(1)
    chain.transfer(alice, to=bob, value=7)
    chain.expect_success()


@chain_scenario(forks=(PARIS, AMSTERDAM))
def last_time_there_is(chain: ChainBuilder) -> None:
    """The timestamp is 2^64 − 1: no part of it is lost on the way."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.parent(timestamp=2**64 - 2)
    chain.after(1)
    chain.transfer(alice, to=bob, value=7)
    chain.expect_success()


@chain_scenario(forks=(AMSTERDAM,))
def slot_number_of_its_own(chain: ChainBuilder) -> None:
    """The slot number is any number of the beacon chain's, and is the one that code sees (EIP-7843)."""
    alice = chain.account("alice", ETHER)
    looker = chain.contract("looker", code("SLOTNUM PUSH 0 SSTORE"))
    chain.header("of the beacon chain", slot_number=2**64 - 1)
    chain.call(alice, looker)
    chain.expect_success()
    chain.expect_slot(looker, 0, 2**64 - 1)


# Extra data


@chain_scenario(forks=since(BERLIN))
def extra_data_as_long_as_may_be(chain: ChainBuilder) -> None:
    """The extra data has 32 bytes."""
    chain.header(extra_data=b"samestate".ljust(32, b"."))


@chain_scenario(forks=ERAS)
def extra_data_one_byte_longer(chain: ChainBuilder) -> None:
    """The extra data has 33 bytes."""
    chain.header("33 bytes", extra_data=b"samestate".ljust(33, b"."))
    chain.expect(Invalid.EXTRA_DATA_TOO_LONG)


# Gas limit


@chain_scenario(forks=since(BERLIN))
def gas_limit_as_high_as_may_be(chain: ChainBuilder) -> None:
    """The gas limit rises by one less than a 1024th of the parent's."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.header(gas_limit=GAS_LIMIT + STEP - 1)
    chain.transfer(alice, to=bob, value=7)
    chain.expect_success()


@chain_scenario(forks=ERAS)
def gas_limit_one_higher(chain: ChainBuilder) -> None:
    """The gas limit rises by a 1024th of the parent's."""
    chain.header("a 1024th more than the parent's", gas_limit=GAS_LIMIT + STEP)
    chain.expect(Invalid.INVALID_GAS_LIMIT)


@chain_scenario(forks=since(BERLIN))
def gas_limit_as_low_as_may_be(chain: ChainBuilder) -> None:
    """The gas limit falls by one less than a 1024th of the parent's."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.header(gas_limit=GAS_LIMIT - STEP + 1)
    chain.transfer(alice, to=bob, value=7)
    chain.expect_success()


@chain_scenario(forks=ERAS)
def gas_limit_one_lower(chain: ChainBuilder) -> None:
    """The gas limit falls by a 1024th of the parent's."""
    chain.header("a 1024th less than the parent's", gas_limit=GAS_LIMIT - STEP)
    chain.expect(Invalid.INVALID_GAS_LIMIT)


@chain_scenario(forks=(BERLIN, PARIS))
def least_gas_limit(chain: ChainBuilder) -> None:
    """The gas limit falls to 5000, the least that there is."""
    chain.parent(gas_limit=5003)
    chain.header(gas_limit=5000)


@chain_scenario(forks=(BERLIN, PARIS))
def gas_limit_below_the_least(chain: ChainBuilder) -> None:
    """The gas limit falls by one only, but to 4999."""
    chain.parent(gas_limit=5000)
    chain.header("one less than may be", gas_limit=4999)
    chain.expect(Invalid.INVALID_GAS_LIMIT)


@chain_scenario(forks=(BERLIN, AMSTERDAM))
def largest_gas_limit(chain: ChainBuilder) -> None:
    """The gas limit is 2^63 − 1, the largest that there is (EIP-1985): sums with it do not wrap."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.parent(gas_limit=LARGEST_GAS_LIMIT)
    chain.transfer(alice, to=bob, value=7)
    chain.transfer(alice, to=bob, value=7)
    chain.expect_success()


@chain_scenario(forks=(BERLIN, AMSTERDAM))
def gas_limit_over_the_largest(chain: ChainBuilder) -> None:
    """The gas limit is 2^63: one more than the parent's, but no number with a sign of 64 bits."""
    chain.parent(gas_limit=LARGEST_GAS_LIMIT)
    chain.header("2^63", gas_limit=LARGEST_GAS_LIMIT + 1)
    chain.expect(Invalid.GAS_LIMIT_TOO_LARGE)


@chain_scenario(forks=since(BERLIN))
def more_gas_than_the_limit(chain: ChainBuilder) -> None:
    """The header says that more gas was used than the limit."""
    chain.header("one more than the limit", gas_used=GAS_LIMIT + 1)
    chain.expect(Invalid.GAS_USED_OVER_LIMIT)


# The fields of a fork


@chain_scenario(forks=(LONDON,))
def without_base_fee(chain: ChainBuilder) -> None:
    """A header of London without a base fee, as those of Berlin (EIP-1559)."""
    chain.header(base_fee_per_gas=None)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(BERLIN,))
def with_base_fee(chain: ChainBuilder) -> None:
    """A header of Berlin with a base fee, as those of London."""
    chain.header("of London", base_fee_per_gas=10**9)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(SHANGHAI,))
def without_withdrawals(chain: ChainBuilder) -> None:
    """Neither the header nor the body of a block of Shanghai know of withdrawals (EIP-4895)."""
    chain.header(withdrawals_root=None)
    chain.no_withdrawals()
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(PARIS,))
def with_withdrawals(chain: ChainBuilder) -> None:
    """A block of Paris has withdrawals, as those of Shanghai."""
    chain.header("of Shanghai", withdrawals_root=NO_TRIE)
    chain.list_of_withdrawals()
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(CANCUN,))
def without_blob_gas(chain: ChainBuilder) -> None:
    """A header of Cancun ends as those of Shanghai (EIP-4844, EIP-4788)."""
    chain.header(blob_gas_used=None, excess_blob_gas=None, parent_beacon_block_root=None)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(CANCUN,))
def without_beacon_root(chain: ChainBuilder) -> None:
    """A header of Cancun has the fields of EIP-4844 and not that of EIP-4788."""
    chain.header(parent_beacon_block_root=None)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(SHANGHAI,))
def with_blob_gas(chain: ChainBuilder) -> None:
    """A header of Shanghai has the fields of Cancun, all of them zero."""
    chain.header("of Cancun", blob_gas_used=0, excess_blob_gas=0, parent_beacon_block_root=bytes(32))
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(PRAGUE, BPO2))
def without_requests(chain: ChainBuilder) -> None:
    """A header since Prague does not commit to requests (EIP-7685)."""
    chain.header(requests_hash=None)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(CANCUN,))
def with_requests(chain: ChainBuilder) -> None:
    """A header of Cancun commits to requests, of which there are none."""
    chain.header("of Prague", requests_hash=requests_hash(()))
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(hazards="H74", forks=(AMSTERDAM,))
def without_access_list(chain: ChainBuilder) -> None:
    """A header of Amsterdam ends as those of Osaka (EIP-7928, EIP-7843)."""
    chain.header(block_access_list_hash=None, slot_number=None)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(AMSTERDAM,))
def without_slot_number(chain: ChainBuilder) -> None:
    """A header of Amsterdam commits to a block access list, but has no slot number (EIP-7843)."""
    chain.header(slot_number=None)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(hazards="H74", forks=(OSAKA, BPO2))
def with_access_list(chain: ChainBuilder) -> None:
    """A header from before Amsterdam commits to a block access list."""
    chain.header("of Amsterdam", block_access_list_hash=hash_access_list(()))
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


@chain_scenario(forks=(BPO2_ACCESS_LISTS,))
def with_slot_number(chain: ChainBuilder) -> None:
    """A header that commits to a block access list has a slot number, which Amsterdam alone has."""
    chain.header("of Amsterdam", slot_number=1)
    chain.expect(Invalid.WRONG_HEADER_FIELDS)


# The constants of stake


@chain_scenario(forks=since(PARIS))
def difficulty_under_stake(chain: ChainBuilder) -> None:
    """A block of stake has a difficulty (EIP-3675)."""
    chain.header(difficulty=1)
    chain.expect(Invalid.DIFFICULTY_NOT_ZERO)


@chain_scenario(forks=since(PARIS))
def nonce_under_stake(chain: ChainBuilder) -> None:
    """A block of stake has a nonce (EIP-3675)."""
    chain.header(nonce=bytes(7) + b"\x01")
    chain.expect(Invalid.NONCE_NOT_ZERO)


@chain_scenario(forks=since(PARIS))
def ommers_under_stake(chain: ChainBuilder) -> None:
    """A block of stake has an ommer, and says so (EIP-3675)."""
    uncle = chain.nobody("uncle")
    chain.next_block()
    chain.next_block()
    chain.include(chain.sibling(1, uncle, difficulty=0))
    chain.expect(Invalid.OMMERS_NOT_EMPTY)


@chain_scenario(forks=(PARIS, AMSTERDAM))
def ommers_unsaid_under_stake(chain: ChainBuilder) -> None:
    """A block of stake has an ommer, and its header says that it has none."""
    uncle = chain.nobody("uncle")
    chain.next_block()
    chain.next_block()
    chain.include(chain.sibling(1, uncle, difficulty=0))
    chain.header("of no ommers", ommers_hash=chain.header_of(0).ommers_hash)
    chain.expect(Invalid.INVALID_OMMERS_HASH)


# Header and body


@chain_scenario(forks=(SHANGHAI, AMSTERDAM))
def body_without_withdrawals(chain: ChainBuilder) -> None:
    """The header commits to withdrawals, and the body has no list of them."""
    chain.no_withdrawals()
    chain.expect(Invalid.MALFORMED_BLOCK)


@chain_scenario(forks=(BERLIN, PARIS))
def body_with_withdrawals(chain: ChainBuilder) -> None:
    """The body has an empty list of withdrawals, before Shanghai."""
    chain.list_of_withdrawals()
    chain.expect(Invalid.MALFORMED_BLOCK)
