"""What a header commits to of its block: roots, hashes, the bloom and gas, each right but for one."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.scenarios.assembler import code, log, store
from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.draft import ETHER, NamedAccount
from samestate.conformance.scenarios.scenario import chain_scenario, since
from samestate.spec.evm.block import ommers_hash, withdrawals_root
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, LONDON, OSAKA, PARIS, PRAGUE, SHANGHAI
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.system_calls import CONSOLIDATION_REQUESTS, WITHDRAWAL_REQUESTS
from samestate.spec.state.patricia import ordered_trie_root

NO_TRIE = ordered_trie_root([])
ENDS = (BERLIN, AMSTERDAM)


def two_transactions(chain: ChainBuilder) -> tuple[NamedAccount, NamedAccount]:
    """A block with a transfer, and a call that stores and logs."""
    alice, bob = chain.accounts(alice=ETHER, bob=ETHER)
    logger = chain.contract("logger", code(store(0, 7), log(0x1234, 7)))
    chain.transfer(alice, to=bob, value=7)
    chain.call(bob, logger)
    return alice, bob


@chain_scenario(hazards="H44", forks=since(BERLIN))
def state_of_the_parent(chain: ChainBuilder) -> None:
    """The state root is the parent's, as if nothing had been executed."""
    two_transactions(chain)
    chain.header("the parent's", state_root=lambda right: chain.parent_header.state_root)
    chain.expect(Invalid.INVALID_STATE_ROOT)


@chain_scenario(hazards="H47", forks=(BERLIN, LONDON))
def state_without_the_reward(chain: ChainBuilder) -> None:
    """The state root of an empty block is the parent's, as if nobody were rewarded."""
    chain.header("the parent's", state_root=lambda right: chain.parent_header.state_root)
    chain.expect(Invalid.INVALID_STATE_ROOT)


@chain_scenario(hazards="H46", forks=(SHANGHAI, AMSTERDAM))
def state_without_the_withdrawal(chain: ChainBuilder) -> None:
    """The state root is that before the withdrawals."""
    bob = chain.account("bob")
    chain.withdrawal(to=bob, gwei=5)
    chain.header("the parent's", state_root=lambda right: chain.parent_header.state_root)
    chain.expect(Invalid.INVALID_STATE_ROOT)


@chain_scenario(hazards="H44", forks=ENDS)
def refused_and_tried_again(chain: ChainBuilder) -> None:
    """A block is refused for its state root alone: the same block with the right one is valid on the same state."""
    alice, bob = two_transactions(chain)
    chain.header("one bit off", state_root=lambda right: right[:-1] + bytes([right[-1] ^ 1]))
    chain.expect(Invalid.INVALID_STATE_ROOT)
    chain.next_block()
    chain.transfer(alice, to=bob, value=7)
    chain.expect_success()


@chain_scenario(forks=since(BERLIN))
def receipts_of_nothing(chain: ChainBuilder) -> None:
    """The receipts root is that of a block without transactions."""
    two_transactions(chain)
    chain.header("of no receipts", receipts_root=NO_TRIE)
    chain.expect(Invalid.INVALID_RECEIPTS_ROOT)


@chain_scenario(forks=since(BERLIN))
def bloom_of_nothing(chain: ChainBuilder) -> None:
    """The bloom is empty, and there is a log."""
    two_transactions(chain)
    chain.header("of no logs", logs_bloom=bytes(256))
    chain.expect(Invalid.INVALID_LOGS_BLOOM)


@chain_scenario(forks=(PARIS, AMSTERDAM))
def bloom_with_one_bit_more(chain: ChainBuilder) -> None:
    """The bloom has a bit that no log sets: it would not hide any log, and is wrong all the same."""
    two_transactions(chain)
    chain.header("one bit more", logs_bloom=lambda right: bytes([right[0] | 0x80]) + right[1:])
    chain.expect(Invalid.INVALID_LOGS_BLOOM)


@chain_scenario(forks=ENDS)
def one_gas_more(chain: ChainBuilder) -> None:
    """The header says one more gas than was used."""
    two_transactions(chain)
    chain.header(gas_used=lambda right: right + 1)
    chain.expect(Invalid.INVALID_GAS_USED)


@chain_scenario(forks=(LONDON, AMSTERDAM))
def one_gas_less(chain: ChainBuilder) -> None:
    """The header says one less gas than was used."""
    two_transactions(chain)
    chain.header(gas_used=lambda right: right - 1)
    chain.expect(Invalid.INVALID_GAS_USED)


@chain_scenario(forks=since(BERLIN))
def transactions_in_another_order(chain: ChainBuilder) -> None:
    """The transactions root is that of the same two transactions the other way round."""
    two_transactions(chain)
    raws = [raw for raw, _ in chain.draft.transactions]
    chain.header("of both, the other way round", transactions_root=ordered_trie_root(raws[::-1]))
    chain.expect(Invalid.INVALID_TRANSACTIONS_ROOT)


@chain_scenario(forks=ENDS)
def transactions_of_nothing(chain: ChainBuilder) -> None:
    """The transactions root is that of a block without transactions."""
    two_transactions(chain)
    chain.header("of no transactions", transactions_root=NO_TRIE)
    chain.expect(Invalid.INVALID_TRANSACTIONS_ROOT)


@chain_scenario(forks=(BERLIN, LONDON))
def ommers_that_are_not_there(chain: ChainBuilder) -> None:
    """The header commits to an ommer that the body does not have."""
    chain.header("of one ommer", ommers_hash=lambda right: ommers_hash([chain.parent_header]))
    chain.expect(Invalid.INVALID_OMMERS_HASH)


@chain_scenario(hazards="H46", forks=since(SHANGHAI))
def withdrawals_of_nothing(chain: ChainBuilder) -> None:
    """The withdrawals root is that of none, and there is one."""
    chain.withdrawal(to=chain.account("bob"), gwei=5)
    chain.header("of none", withdrawals_root=NO_TRIE)
    chain.expect(Invalid.INVALID_WITHDRAWALS_ROOT)


@chain_scenario(hazards="H46", forks=(SHANGHAI, OSAKA))
def withdrawals_to_one_another(chain: ChainBuilder) -> None:
    """The withdrawals root is that of the same two amounts to the same two accounts, each to the other."""
    bob, carol = chain.accounts(bob=ETHER, carol=ETHER)
    chain.withdrawal(to=bob, gwei=5)
    chain.withdrawal(to=carol, gwei=6)
    first, second = chain.draft.withdrawals
    swapped = [replace(first, address=second.address), replace(second, address=first.address)]
    chain.header("each to the other", withdrawals_root=withdrawals_root(swapped))
    chain.expect(Invalid.INVALID_WITHDRAWALS_ROOT)


@chain_scenario(hazards="H46", forks=since(SHANGHAI))
def one_small_withdrawal(chain: ChainBuilder) -> None:
    """The only withdrawal is so short that its node is under 32 bytes: the root is the hash of it all the same."""
    bob = chain.account("bob")
    chain.withdrawal(to=bob, gwei=5)
    chain.expect_balance(bob, 5 * 10**9)


@chain_scenario(hazards="H46", forks=since(SHANGHAI))
def small_withdrawals(chain: ChainBuilder) -> None:
    """Withdrawals so short that their nodes stand inside those above them, by the one and by the dozen."""
    for count in (2, 3, 17):
        for index in range(count):
            chain.withdrawal(to=chain.nobody(f"validator {index}"), gwei=1 + index)
        if count < 17:
            chain.next_block()


@chain_scenario(forks=since(PRAGUE))
def requests_of_nothing(chain: ChainBuilder) -> None:
    """The header commits to no requests, and there is one (EIP-7685)."""
    alice = chain.account("alice", ETHER)
    chain.call(alice, chain.at("withdrawal requests", WITHDRAWAL_REQUESTS), data=bytes(48) + bytes(8), value=1)
    chain.header("of no requests", requests_hash=requests_hash(()))
    chain.expect(Invalid.INVALID_REQUESTS_HASH)


@chain_scenario(forks=(PRAGUE, OSAKA))
def requests_with_empty_ones(chain: ChainBuilder) -> None:
    """The header counts the kinds of requests of which there are none, as the first drafts of EIP-7685 did."""
    empty = requests_hash([bytes([kind]) for kind in range(3)])
    chain.header("of three empty requests", requests_hash=empty)
    chain.expect(Invalid.INVALID_REQUESTS_HASH)


@chain_scenario(forks=(PRAGUE, OSAKA))
def requests_in_another_order(chain: ChainBuilder) -> None:
    """The header commits to the block's two requests in the order in which they were made, not that of their types."""
    alice = chain.account("alice", ETHER)
    consolidating = chain.at("consolidation requests", CONSOLIDATION_REQUESTS)
    withdrawing = chain.at("withdrawal requests", WITHDRAWAL_REQUESTS)
    key = bytes(range(48))
    chain.call(alice, consolidating, data=key + key[::-1], value=1)
    chain.call(alice, withdrawing, data=key + bytes(8), value=1)
    withdrawal = b"\x01" + alice.address + key + bytes(8)
    consolidation = b"\x02" + alice.address + key + key[::-1]
    chain.header(
        "the consolidation first",
        requests_hash=requests_hash([consolidation, withdrawal]),
    )
    chain.expect(Invalid.INVALID_REQUESTS_HASH)
    chain.next_block()
    chain.call(alice, consolidating, data=key + key[::-1], value=1)
    chain.call(alice, withdrawing, data=key + bytes(8), value=1)
    chain.header("the withdrawal first", requests_hash=requests_hash([withdrawal, consolidation]))
    chain.expect_success()


@chain_scenario(hazards="H74", forks=(AMSTERDAM,))
def access_list_of_nothing(chain: ChainBuilder) -> None:
    """The header commits to an empty block access list (EIP-7928)."""
    two_transactions(chain)
    chain.header("of an empty list", block_access_list_hash=keccak256(b"\xc0"))
    chain.expect(Invalid.INVALID_BAL_HASH)


@chain_scenario(hazards="H74", forks=(AMSTERDAM,))
def access_list_of_the_parent(chain: ChainBuilder) -> None:
    """The block comes with the list of the block before, while its header commits to its own."""
    alice, bob = two_transactions(chain)
    chain.next_block()
    before = chain.sealed[0].access_list
    chain.transfer(alice, to=bob, value=7)
    chain.propose_access_list(lambda right: before)
    chain.expect(Invalid.INVALID_BAL_HASH)
    chain.next_block()
    chain.transfer(alice, to=bob, value=7)
    chain.propose_access_list(lambda right: right)
    chain.expect_success()


@chain_scenario(hazards="H74", forks=(AMSTERDAM,))
def header_and_list_of_the_parent(chain: ChainBuilder) -> None:
    """Both the header and the list that comes with it are those of the block before: they agree, and are wrong."""
    alice, bob = two_transactions(chain)
    chain.propose_access_list(lambda right: right)
    chain.expect_success()
    chain.next_block()
    before = chain.sealed[0].access_list
    chain.transfer(alice, to=bob, value=7)
    chain.header("of the block before", block_access_list_hash=keccak256(before))
    chain.propose_access_list(lambda right: before)
    chain.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@chain_scenario(hazards="H74", forks=(AMSTERDAM,))
def list_that_is_none(chain: ChainBuilder) -> None:
    """The header commits to what comes in the place of the list, which is no list."""
    two_transactions(chain)
    chain.header("of the byte 0x80", block_access_list_hash=keccak256(b"\x80"))
    chain.propose_access_list(lambda right: b"\x80")
    chain.expect(Invalid.MALFORMED_ACCESS_LIST)


@chain_scenario(forks=since(CANCUN))
def blob_gas_of_nothing(chain: ChainBuilder) -> None:
    """The header says that no blob gas was used, and there is a blob (EIP-4844)."""
    chain.blobs(chain.account("alice", ETHER), to=chain.nobody("rollup"), count=1)
    chain.header("of no blobs", blob_gas_used=0)
    chain.expect(Invalid.INVALID_BLOB_GAS_USED)


@chain_scenario(forks=(CANCUN, AMSTERDAM))
def blob_gas_in_blobs(chain: ChainBuilder) -> None:
    """The header counts blobs in the place of their gas."""
    chain.blobs(chain.account("alice", ETHER), to=chain.nobody("rollup"), count=1)
    chain.header("the number of blobs", blob_gas_used=1)
    chain.expect(Invalid.INVALID_BLOB_GAS_USED)
