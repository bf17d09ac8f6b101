"""Where two block access lists (EIP-7928) part: account, slot and index, and not only two long strings of bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from samestate.conformance.vectors.difference import Difference
from samestate.conformance.vectors.document import Json
from samestate.conformance.vectors.explaining import show_value
from samestate.spec.evm.block_access_list import AccountAccess, BlockAccessList, decode_access_list
from samestate.spec.machine import Rejection

FIELD: Final = "block_access_list"
NOTHING: Final = "nothing"

Entries = Mapping[tuple[str, ...], str]
"""What a list says of an account: a value by the words that lead to it, such as slot and index."""


@dataclass(frozen=True, slots=True)
class Parted:
    """The first place at which two lists part, in words, and what each has there."""

    where: str
    expected: str
    given: str


def list_difference(expected: Json, given: Json | None) -> Difference:
    """The difference of two lists that are not equal, each its RLP as hex."""
    try:
        right = decode_access_list(bytes.fromhex(str(expected)[2:]))
    except (Rejection, ValueError):
        return Difference(FIELD, show_value(expected), show_value(given))
    if not isinstance(given, str):
        return Difference(FIELD, f"a list of {len(right)} accounts", NOTHING)
    try:
        found = decode_access_list(bytes.fromhex(given[2:]))
    except (Rejection, ValueError) as error:
        return Difference(FIELD, f"a list of {len(right)} accounts", f"what is no list: {error}")
    parted = first_parting(right, found)
    return Difference(f"{FIELD}: {parted.where}", parted.expected, parted.given)


def first_parting(expected: BlockAccessList, given: BlockAccessList) -> Parted:
    """Where two lists part, at the first account in the order of addresses."""
    right = {account.address: account for account in expected}
    found = {account.address: account for account in given}
    for address in sorted(right.keys() | found.keys()):
        where = f"account 0x{address.hex()}"
        if address not in found:
            return Parted(where, "an entry", NOTHING)
        if address not in right:
            return Parted(where, NOTHING, "an entry")
        wanted, there = entries_of(right[address]), entries_of(found[address])
        for words in [*wanted, *(words for words in there if words not in wanted)]:
            if wanted.get(words) != there.get(words):
                return Parted(": ".join([where, *words]), wanted.get(words, NOTHING), there.get(words, NOTHING))
        if right[address] != found[address]:
            return Parted(where, "its changes in ascending order, each once", "another order, or one of them twice")
    return Parted("accounts", "in ascending order, each once", "in another order, or one of them twice")


def entries_of(account: AccountAccess) -> Entries:
    """All that a list says of an account, in the order of the list."""
    return dict(_entries(account))


def _entries(account: AccountAccess) -> Iterator[tuple[tuple[str, ...], str]]:
    for slot in account.storage_changes:
        yield (f"slot {slot.slot:#x}", "changes"), "changed" if slot.changes else "listed without a change"
        for index, value in slot.changes:
            yield (f"slot {slot.slot:#x}", at(index)), f"{value:#x}"
    for read in account.storage_reads:
        yield (f"slot {read:#x}", "reads"), "read"
    for name, changes in (("balance", account.balance_changes), ("nonce", account.nonce_changes)):
        for index, value in changes:
            yield (name, at(index)), f"{value:#x}" if name == "balance" else str(value)
    for index, code in account.code_changes:
        yield ("code", at(index)), show_value(f"0x{code.hex()}")


def at(index: int) -> str:
    """An index of a list, and the step that it stands for."""
    return f"index {index} ({f'transaction {index - 1}' if index else 'before the transactions'})"
