"""Block access lists as data: encoding and size (EIP-7928)."""

# source: EIP-7928, RLP Data Structures

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from samestate.spec.evm import rlp
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.machine import Rejection

INDEX_SIZE = 4
NONCE_SIZE = 8
WORD_SIZE = 32


class SlotChanges(NamedTuple):
    """The values that a slot had after each step that changed it: (index, value)."""

    slot: int
    changes: tuple[tuple[int, int], ...]


class AccountAccess(NamedTuple):
    """What a block did with one account.

    Changes are (index, value after the step): index 0 is before the transactions, i + 1 transaction i, and the one
    after the last transaction's what comes at the end. A slot is never both changed and read.
    """

    address: bytes
    storage_changes: tuple[SlotChanges, ...] = ()
    storage_reads: tuple[int, ...] = ()
    balance_changes: tuple[tuple[int, int], ...] = ()
    nonce_changes: tuple[tuple[int, int], ...] = ()
    code_changes: tuple[tuple[int, bytes], ...] = ()


BlockAccessList = tuple[AccountAccess, ...]


def _pairs(changes: Iterable[tuple[int, int]]) -> list[rlp.Item]:
    return [[rlp.integer(index), rlp.integer(value)] for index, value in changes]


def encode_access_list(accounts: BlockAccessList) -> bytes:
    """The RLP of a block access list."""
    return rlp.encode(
        [
            [
                account.address,
                [[rlp.integer(slot.slot), _pairs(slot.changes)] for slot in account.storage_changes],
                [rlp.integer(slot) for slot in account.storage_reads],
                _pairs(account.balance_changes),
                _pairs(account.nonce_changes),
                [[rlp.integer(index), code] for index, code in account.code_changes],
            ]
            for account in accounts
        ]
    )


def hash_access_list(accounts: BlockAccessList) -> bytes:
    """The hash by which a header commits to a block access list."""
    return hash_encoded_access_list(encode_access_list(accounts))


def hash_encoded_access_list(encoded: bytes) -> bytes:
    """The same, of a list in its RLP."""
    # rule: evm.access-list.hash
    # source: EIP-7928, Block Structure Modification
    return keccak256(encoded)


def _numbers(item: rlp.Item, size: int, what: str) -> tuple[tuple[int, int], ...]:
    changes = []
    for entry in rlp.to_list(item, f"{what} changes"):
        index, value = rlp.to_list(entry, f"a {what} change", 2)
        changes.append((rlp.to_int(index, INDEX_SIZE, "index of a change"), rlp.to_int(value, size, what)))
    return tuple(changes)


def _slot_changes(item: rlp.Item) -> tuple[SlotChanges, ...]:
    slots = []
    for entry in rlp.to_list(item, "storage changes"):
        slot, changes = rlp.to_list(entry, "the changes of a slot", 2)
        slots.append(SlotChanges(rlp.to_int(slot, WORD_SIZE, "slot"), _numbers(changes, WORD_SIZE, "slot")))
    return tuple(slots)


def _code_changes(item: rlp.Item) -> tuple[tuple[int, bytes], ...]:
    changes = []
    for entry in rlp.to_list(item, "code changes"):
        index, code = rlp.to_list(entry, "a code change", 2)
        changes.append((rlp.to_int(index, INDEX_SIZE, "index of a change"), rlp.to_bytes(code, "code")))
    return tuple(changes)


def decode_access_list(data: bytes) -> BlockAccessList:
    """The block access list in its RLP. Raises Rejection where the bytes are anything else.

    That accounts ascend, and so none is there twice, is part of the form. What the lists of an account must be is not:
    where those are not in order, the list is well formed and wrong.
    """
    try:
        accounts = []
        for entry in rlp.to_list(rlp.decode(data), "a block access list"):
            address, changes, reads, balances, nonces, codes = rlp.to_list(entry, "an account's access", 6)
            accounts.append(
                AccountAccess(
                    address=rlp.to_bytes(address, "address", 20),
                    storage_changes=_slot_changes(changes),
                    storage_reads=tuple(
                        rlp.to_int(slot, WORD_SIZE, "slot that was read")
                        for slot in rlp.to_list(reads, "storage reads")
                    ),
                    balance_changes=_numbers(balances, WORD_SIZE, "balance"),
                    nonce_changes=_numbers(nonces, NONCE_SIZE, "nonce"),
                    code_changes=_code_changes(codes),
                )
            )
            if len(accounts) > 1 and accounts[-1].address <= accounts[-2].address:
                # rule: evm.access-list.accounts-ascend
                # source: EIP-7928, Ordering, Uniqueness and Determinism; docs/decisions/0004
                raise rlp.MalformedRlp(
                    f"account 0x{accounts[-1].address.hex()} comes after a higher one, or after itself"
                )
    except rlp.MalformedRlp as error:
        # rule: evm.access-list.decode-malformed
        raise Rejection(Invalid.MALFORMED_ACCESS_LIST, str(error)) from error
    return tuple(accounts)


def count_items(accounts: BlockAccessList) -> int:
    """The items of a list: its addresses and their slots."""
    # rule: evm.access-list.items
    # source: EIP-7928, Block Access List Size Constraint
    return sum(1 + len(account.storage_changes) + len(account.storage_reads) for account in accounts)
