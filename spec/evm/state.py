"""States between blocks: the whole of it, a witness to part of it, or some accounts and no commitment at all.

All are immutable and answer by the keys of :mod:`samestate.spec.evm.keys`.
"""

# source: EIP-7610, specification

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from samestate.spec.evm.alloc import Alloc, parse_alloc
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import (
    BALANCE,
    CODE,
    EMPTY_ACCOUNT,
    EMPTY_ACCOUNT_VALUE,
    NONCE,
    SLOT,
    STORAGE_ALONE_VALUE,
    balance_key,
    code_key,
    describe_key,
    empty_account_key,
    nonce_key,
    parse,
    slot_key,
)
from samestate.spec.evm.rlp import integer
from samestate.spec.evm.state_trie import EMPTY_CODE_HASH, EMPTY_LEAF, MissingWitness, StateTrie
from samestate.spec.machine import Key, Value
from samestate.spec.state.patricia import EMPTY_ROOT

__all__ = ["Account", "FlatState", "MissingCode", "MissingWitness", "PartialState", "RootUnavailable", "WitnessState"]


class RootUnavailable(Exception):  # noqa: N818 - says what is wrong
    """A state root was asked of a state that knows only some accounts."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account but for its storage; ``balance`` in wei."""

    nonce: int = 0
    balance: int = 0
    code: bytes = b""


EMPTY_ACCOUNT_CONTENT = Account()
"""The account that has nothing: what a state says of an address that it does not hold."""


class FlatState:
    """A whole state.

    ``accounts`` holds accounts that have a nonce, a balance or code; ``storage`` the slots that are not zero, by
    address; ``empty_accounts`` addresses whose accounts are in the state although they have nothing at all.
    """

    __slots__ = ("_changes", "_trie", "_wipes", "accounts", "empty_accounts", "storage")

    def __init__(
        self,
        accounts: Mapping[bytes, Account],
        storage: Mapping[bytes, Mapping[int, int]],
        empty_accounts: frozenset[bytes] = frozenset(),
    ) -> None:
        self.accounts = accounts
        self.storage = storage
        self.empty_accounts = empty_accounts
        # The last trie that was built, by this state or one before it, and what has changed since.
        self._trie: StateTrie | None = None
        self._changes: Mapping[Key, Value] = {}
        self._wipes: frozenset[bytes] = frozenset()

    @classmethod
    def from_alloc(cls, alloc: Mapping[str, object]) -> FlatState:
        """The state that a JSON object of addresses and accounts describes. Raises MalformedAlloc.

        An account is ``{nonce, balance, code, storage}``; its numbers are hex strings or integers, and what is left
        out is zero.
        """
        accounts: dict[bytes, Account] = {}
        storage: dict[bytes, dict[int, int]] = {}
        empty_accounts: set[bytes] = set()
        for address, entry in parse_alloc(alloc).items():
            account = Account(entry.nonce, entry.balance, entry.code)
            if account != EMPTY_ACCOUNT_CONTENT:
                accounts[address] = account
            elif not entry.storage:
                empty_accounts.add(address)
            if entry.storage:
                storage[address] = entry.storage
        return cls(accounts, storage, frozenset(empty_accounts))

    def to_alloc(self) -> Alloc:
        """The JSON object that :meth:`from_alloc` reads back: addresses and slots in order, all numbers in hex."""
        addresses = sorted({*self.accounts, *self.storage, *self.empty_accounts})
        alloc: Alloc = {}
        for address in addresses:
            account = self.accounts.get(address, EMPTY_ACCOUNT_CONTENT)
            slots = self.storage.get(address, {})
            alloc["0x" + address.hex()] = {
                "nonce": hex(account.nonce),
                "balance": hex(account.balance),
                "code": "0x" + account.code.hex(),
                "storage": {hex(slot): hex(slots[slot]) for slot in sorted(slots)},
            }
        return alloc

    def get(self, key: Key) -> Value:
        """The value of ``key``, or None where it is absent. Raises ValueError for bytes that are no key."""
        part = key[0]
        if part == SLOT:
            slots = self.storage.get(key[1:21])
            if slots is None:
                return None
            number = slots.get(int.from_bytes(key[21:], "big"), 0)
        elif part == EMPTY_ACCOUNT:
            if key[1:] in self.empty_accounts:
                return EMPTY_ACCOUNT_VALUE
            return STORAGE_ALONE_VALUE if self.has_storage(key[1:]) else None
        else:
            account = self.accounts.get(key[1:], EMPTY_ACCOUNT_CONTENT)
            if part == BALANCE:
                number = account.balance
            elif part == NONCE:
                number = account.nonce
            elif part == CODE:
                return account.code or None
            else:
                raise ValueError(f"0x{key.hex()} is no key: the first byte must be from 0 to 4")
        return integer(number) if number else None

    def has_storage(self, address: bytes) -> bool:
        """Whether an account that has neither nonce nor code holds storage (EIP-7610)."""
        if address not in self.storage:
            return False
        # rule: evm.account.has-storage
        account = self.accounts.get(address, EMPTY_ACCOUNT_CONTENT)
        return not account.nonce and not account.code

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> FlatState:
        """The state after storage under ``wipes`` has vanished and then ``changes`` have been made.

        Raises ValueError for a key that is none, or a value that is not in its canonical form.
        """
        accounts = dict(self.accounts)
        storage = dict(self.storage)
        empty_accounts = set(self.empty_accounts)
        changed_storage: dict[bytes, dict[int, int]] = {}
        wiped = frozenset(wipes)
        for address in wiped:
            storage.pop(address, None)
        for key, value in changes.items():
            parsed = parse(key)
            address = parsed.address
            if parsed.slot is not None:
                slots = changed_storage.get(address)
                if slots is None:
                    slots = changed_storage[address] = dict(storage.get(address, {}))
                number = _number(key, value)
                if number:
                    slots[parsed.slot] = number
                else:
                    slots.pop(parsed.slot, None)
            elif parsed.part == "empty account":
                if value is None:
                    empty_accounts.discard(address)
                else:
                    empty_accounts.add(address)
            else:
                accounts[address] = _changed(accounts.get(address, EMPTY_ACCOUNT_CONTENT), key, value)
        for address, slots in changed_storage.items():
            storage[address] = slots
            if not slots:
                del storage[address]
        for key in changes:
            address = key[1:21]
            if accounts.get(address) == EMPTY_ACCOUNT_CONTENT:
                del accounts[address]
            if address in accounts or address in storage:
                empty_accounts.discard(address)
        no_longer_empty = {empty_account_key(address): None for address in self.empty_accounts - empty_accounts}
        after = FlatState(accounts, storage, frozenset(empty_accounts))
        if self._trie is not None:
            after._trie = self._trie
            after._wipes = self._wipes | wiped
            after._changes = {**_without_storage_of(self._changes, wiped), **changes, **no_longer_empty}
        return after

    def root(self) -> bytes:
        """The state root. Computed when first asked for, from the last trie that an earlier state had built."""
        if self._trie is None:
            self._trie = StateTrie.empty().update(self._content(), frozenset())
        elif self._changes or self._wipes:
            self._trie = self._trie.update(self._changes, self._wipes)
        self._changes = {}
        self._wipes = frozenset()
        return self._trie.root()

    def _content(self) -> dict[Key, Value]:
        """Every key that is present, with its value."""
        content: dict[Key, Value] = {empty_account_key(address): EMPTY_ACCOUNT_VALUE for address in self.empty_accounts}
        for address, account in self.accounts.items():
            if account.nonce:
                content[nonce_key(address)] = integer(account.nonce)
            if account.balance:
                content[balance_key(address)] = integer(account.balance)
            if account.code:
                content[code_key(address)] = account.code
        for address, slots in self.storage.items():
            for slot, value in slots.items():
                content[slot_key(address, slot)] = integer(value)
        return content


@dataclass(frozen=True, slots=True)
class PartialState:
    """Some accounts of a state; whatever is not among them counts as absent, and there is no state root."""

    known: FlatState

    @classmethod
    def from_alloc(cls, alloc: Mapping[str, object]) -> PartialState:
        """See :meth:`FlatState.from_alloc`. An account that has nothing stands for one that is not there."""
        known = FlatState.from_alloc(alloc)
        return cls(FlatState(known.accounts, known.storage))

    def get(self, key: Key) -> Value:
        """See :meth:`FlatState.get`."""
        return self.known.get(key)

    def has_storage(self, address: bytes) -> bool:
        """See :meth:`FlatState.has_storage`."""
        return self.known.has_storage(address)

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> PartialState:
        """See :meth:`FlatState.apply`."""
        return PartialState(self.known.apply(changes, wipes))

    def root(self) -> bytes:
        """Raises RootUnavailable, always."""
        raise RootUnavailable("a state root needs the whole state or a witness, but only some accounts are known")


class MissingCode(MissingWitness):
    """A witness lacks a code. Its hash is known, and with that whether there is a code."""


class WitnessState:
    """The part of a state that a witness holds: trie nodes as RLP, of accounts and storage mixed, and codes.

    Whatever the witness proves can be read, absence included. Anything else raises MissingWitness, never a guess, and
    MalformedNode where a node is none. ``proof`` is what the state was made of: root, nodes and codes; None where
    blocks have changed it since.
    """

    __slots__ = ("_codes", "_trie", "proof")

    def __init__(self, pre_state_root: bytes, nodes: Iterable[bytes], codes: Iterable[bytes]) -> None:
        nodes, codes = tuple(nodes), tuple(codes)
        self.proof: tuple[bytes, tuple[bytes, ...], tuple[bytes, ...]] | None = (pre_state_root, nodes, codes)
        self._trie = StateTrie.partial(pre_state_root, {keccak256(node): node for node in nodes})
        self._codes: Mapping[bytes, bytes] = {keccak256(code): code for code in codes}

    def get(self, key: Key) -> Value:
        """The value of ``key``, or None where it is absent. Raises MissingWitness."""
        part = key[0]
        if part == SLOT:
            return integer(self._trie.slot(key[1:21], key[21:])) or None
        address = key[1:]
        leaf = self._trie.account(address)
        if leaf is None:
            return None
        if part == CODE:
            return self._code(address, leaf.code_hash)
        if part == EMPTY_ACCOUNT:
            if leaf == EMPTY_LEAF:
                return EMPTY_ACCOUNT_VALUE
            return STORAGE_ALONE_VALUE if self.has_storage(address) else None
        return integer(leaf.balance if part == BALANCE else leaf.nonce) or None

    def has_storage(self, address: bytes) -> bool:
        """Whether an account that has neither nonce nor code holds storage (EIP-7610)."""
        leaf = self._trie.account(address)
        if leaf is None or leaf.nonce or leaf.code_hash != EMPTY_CODE_HASH:
            return False
        return leaf.storage_root != EMPTY_ROOT

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> WitnessState:
        """The state after storage under ``wipes`` has vanished and then ``changes`` have been made.

        Raises MissingWitness where the new trie needs a node that the witness lacks, which for a change that the
        witness was made for never happens.
        """
        new_codes = [value for key, value in changes.items() if key[0] == CODE and value is not None]
        after = WitnessState(EMPTY_ROOT, (), new_codes)
        after._trie = self._trie.update(changes, frozenset(wipes))
        after._codes = {**self._codes, **after._codes}
        after.proof = None
        return after

    def root(self) -> bytes:
        """The state root."""
        return self._trie.root()

    def _code(self, address: bytes, code_hash: bytes) -> bytes | None:
        if code_hash == EMPTY_CODE_HASH:
            return None
        code = self._codes.get(code_hash)
        if code is None:
            raise MissingCode(f"code 0x{code_hash.hex()} of account 0x{address.hex()} is missing")
        return code


def _changed(account: Account, key: Key, value: Value) -> Account:
    """An account after the change to its nonce, balance or code."""
    if key[0] == CODE:
        if value == b"":
            raise ValueError(f"{describe_key(key)}: must not be empty: no code is absent")
        return replace(account, code=value or b"")
    number = _number(key, value)
    return replace(account, nonce=number) if key[0] == NONCE else replace(account, balance=number)


def _number(key: Key, value: Value) -> int:
    """The number that a value stands for: shortest big-endian bytes, or absent for zero."""
    if value is None:
        return 0
    if not value or not value[0] or len(value) > 32:
        raise ValueError(f"{describe_key(key)}: must be a number of 1 to 32 bytes, or absent, but is 0x{value.hex()}")
    return int.from_bytes(value, "big")


def _without_storage_of(changes: Mapping[Key, Value], wiped: frozenset[bytes]) -> Mapping[Key, Value]:
    """Earlier changes but for those of storage that was wiped since."""
    if not wiped:
        return changes
    return {key: value for key, value in changes.items() if key[0] != SLOT or key[1:21] not in wiped}
