"""The entries of an access list: what each costs and saves, and which of them pay (EIP-2930, EIP-8038, EIP-7981)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from samestate.conformance.listing.watching import ADDRESS_LENGTH, with_access_list
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.transaction import AccessList, Transaction
from samestate.spec.evm.validity import intrinsic_gas

NOBODY: Final = "none"
"""Instead of an estimator: nothing is predicted, and the compiled engine not needed."""


@dataclass(frozen=True, slots=True)
class EntryPrices:
    """What an entry of an access list costs before the transaction executes, in gas."""

    address: int
    slot: int


def entry_prices(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> EntryPrices:
    """What entries cost in a fork, by its own charges: since Amsterdam for their bytes too."""

    def charge(access_list: AccessList) -> int:
        return intrinsic_gas(fork, with_access_list(transaction, access_list, environment.chain_id), sender)

    nobody = bytes(ADDRESS_LENGTH)
    address = charge(((nobody, ()),)) - charge(())
    return EntryPrices(address, charge(((nobody, (0,)),)) - charge(()) - address)


def list_of(keys: Iterable[bytes]) -> AccessList:
    """Addresses and slot keys as an access list, in rising order, an address once."""
    entries: dict[bytes, set[int]] = {}
    for key in keys:
        if len(key) == ADDRESS_LENGTH:
            entries.setdefault(key, set())
        else:
            entries.setdefault(key[1 : ADDRESS_LENGTH + 1], set()).add(int.from_bytes(key[ADDRESS_LENGTH + 1 :], "big"))
    return tuple((address, tuple(sorted(slots))) for address, slots in sorted(entries.items()))


def paying_keys(saved: Mapping[bytes, int], prices: EntryPrices) -> tuple[frozenset[bytes], int]:
    """The keys worth listing, and what listing them saves in all, in gas.

    A slot has to save more than its own price; and the slots and the address together more than the address costs,
    since no slot is listed without it.
    """
    groups: dict[bytes, dict[bytes, int]] = {}
    for key, amount in saved.items():
        address = key if len(key) == ADDRESS_LENGTH else key[1 : ADDRESS_LENGTH + 1]
        gain = amount if len(key) == ADDRESS_LENGTH else amount - prices.slot
        if gain > 0:
            groups.setdefault(address, {})[key] = gain
    paying: set[bytes] = set()
    total = 0
    for group in groups.values():
        gain = sum(group.values()) - prices.address
        if gain > 0:
            paying |= group.keys()
            total += gain
    return frozenset(paying), total


def write_access_list(access_list: AccessList) -> list[dict[str, object]]:
    """An access list as wallets take it, and as `eth_createAccessList` gives it."""
    return [
        {"address": f"0x{address.hex()}", "storageKeys": [f"0x{slot:064x}" for slot in slots]}
        for address, slots in access_list
    ]


def keys_of(access_list: AccessList) -> frozenset[tuple[bytes, int | None]]:
    """The entries of a list, each by itself: addresses, and slots of them."""
    return frozenset(
        entry for address, slots in access_list for entry in ((address, None), *((address, slot) for slot in slots))
    )
