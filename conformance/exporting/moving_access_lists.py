"""Proposed block access lists, moved with their blocks: wrong in the same place, and right in all others.

A proposed list is a right one with something changed. What is right changes with the block: the hash of its parent, the
slot that holds it, balances after another base fee. So each of these values is replaced where it stands in the proposed
list as it stood in the right one, account by account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.spec.evm import rlp

ELSEWHERE: Final = "its block access list would be wrong in another place"


def moved_access_list(proposed: bytes, right_before: bytes, right_now: bytes) -> bytes:
    """The proposed list, where ``right_before`` was the right one and ``right_now`` is. Raises Inexpressible.

    Bytes that are no RLP stay as they are: they are wrong whatever is right.
    """
    try:
        given = rlp.decode(proposed)
    except rlp.MalformedRlp:
        return proposed
    before, now = rlp.decode(right_before), rlp.decode(right_now)
    values = _values_by_account(before, now)
    moved = _with_values(given, values)
    if _distance(given, before) != _distance(moved, now):
        raise Inexpressible(ELSEWHERE)
    return rlp.encode(moved)


def _values_by_account(before: rlp.Item, now: rlp.Item) -> Mapping[bytes, Mapping[bytes, bytes]]:
    """What each changed value of an account has become. Raises Inexpressible where the two lists have another form."""
    values: dict[bytes, dict[bytes, bytes]] = {}
    old_accounts, new_accounts = _items(before), _items(now)
    if [_address(account) for account in old_accounts] != [_address(account) for account in new_accounts]:
        raise Inexpressible(ELSEWHERE)
    for old_account, new_account in zip(old_accounts, new_accounts, strict=True):
        own = values.setdefault(_address(old_account), {})
        for old, new in _leaves(old_account, new_account):
            if own.setdefault(old, new) != new:
                raise Inexpressible(ELSEWHERE)
    return {address: {old: new for old, new in own.items() if old != new} for address, own in values.items()}


def _items(item: rlp.Item) -> Sequence[rlp.Item]:
    """The items of a list; none where it is no list."""
    return () if isinstance(item, bytes) else item


def _address(account: rlp.Item) -> bytes:
    """The address of an account's entry; no bytes where it is no such entry."""
    first = next(iter(_items(account)), b"")
    return first if isinstance(first, bytes) else b""


def _leaves(old: rlp.Item, new: rlp.Item) -> Iterator[tuple[bytes, bytes]]:
    """The values at the same places of two items. Raises Inexpressible where they have another form."""
    if isinstance(old, bytes) and isinstance(new, bytes):
        yield old, new
        return
    if isinstance(old, bytes) or isinstance(new, bytes) or len(old) != len(new):
        raise Inexpressible(ELSEWHERE)
    for old_part, new_part in zip(old, new, strict=True):
        yield from _leaves(old_part, new_part)


def _with_values(proposed: rlp.Item, values: Mapping[bytes, Mapping[bytes, bytes]]) -> rlp.Item:
    if isinstance(proposed, bytes):
        return proposed
    return [_replaced(account, values.get(_address(account), {})) for account in _items(proposed)]


def _replaced(item: rlp.Item, values: Mapping[bytes, bytes]) -> rlp.Item:
    if isinstance(item, bytes):
        return values.get(item, item)
    return [_replaced(part, values) for part in item]


def _distance(one: rlp.Item | None, other: rlp.Item | None) -> int:
    """In how many places two items differ."""
    if not (one is None or other is None or isinstance(one, bytes) or isinstance(other, bytes)):
        return sum(_distance(*parts) for parts in zip_longest(one, other))
    return int(one != other)
