"""What a state on disk is made of: an allocation, a genesis, a vector, a fixture, or a witness to all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samestate.conformance.checking.choosing import choose, choose_vector, vectors_below
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import documents
from samestate.conformance.fixtures.block_file import BlockFileCase, unwrap
from samestate.conformance.fixtures.blockchain_test import BlockchainTestCase
from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.fields import Fields
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.fixtures.load import Case, load_cases
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.states.opening import OpenState, told
from samestate.conformance.states.whole_witness import witnessed_accounts
from samestate.conformance.transition_tool.alloc import read_alloc
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.chain import parent_of
from samestate.conformance.vectors.model import member, text
from samestate.optimized.evm.filling import Filler, flat_number
from samestate.optimized.evm.sorted import hash_of
from samestate.optimized.stores.description import Description
from samestate.spec.evm.block import decode_block
from samestate.spec.evm.state import Account, FlatState, WitnessState
from samestate.spec.machine import Rejection

ALLOC: Final = "alloc"
"""The member of a genesis, and of what a transition tool gives, that has the accounts."""


@dataclass(frozen=True, slots=True)
class HashedAccount:
    """An account by the hash of its address, its slots by theirs and in their order."""

    address_hash: bytes
    nonce: int
    balance: int
    code: bytes
    slots: Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Source:
    """A state that can be put into a store: what is known of where it stands in a chain, and its accounts in order.

    ``root`` is what it must have, where that is known.
    """

    accounts: Iterable[HashedAccount]
    fork: str | None = None
    height: int = 0
    block_hash: bytes = b""
    root: bytes | None = None


def accounts_of(state: FlatState) -> Iterator[HashedAccount]:
    """The accounts of a state in the order of the hashes of their addresses."""
    addresses = {*state.accounts, *state.storage, *state.empty_accounts}
    for digest, address in sorted((hash_of(address), address) for address in addresses):
        account = state.accounts.get(address, Account())
        slots = sorted(
            (hash_of(slot.to_bytes(32, "big")), flat_number(value))
            for slot, value in state.storage.get(address, {}).items()
        )
        yield HashedAccount(digest, account.nonce, account.balance, account.code, slots)


def find_source(path: Path, name: str | None) -> Source:
    """The state in a file, or the one before the first block of a case. Raises InputError.

    ``name``: a part of the name of the case, where there are many.
    """
    if vectors_below(path):
        return of_vector(path, name)
    found = list(documents([path]))
    if len(found) == 1:
        value = unwrap(found[0].json())
        if isinstance(value, Mapping) and isinstance(value.get(ALLOC), Mapping):
            return of_genesis(found[0].place, value)
        if isinstance(value, Mapping) and value and all(is_address(key) for key in value):
            return Source(accounts_of(read_alloc(found[0].place, value)))
    return of_fixture(path, name)


def is_address(key: object) -> bool:
    """Whether a key of a JSON object is an address, with or without its prefix."""
    return isinstance(key, str) and len(key.removeprefix("0x")) == 40


def of_genesis(place: str, value: Mapping[str, object]) -> Source:
    """The state of a genesis as geth writes it, or of what a transition tool gives."""
    fields = Fields(place, value)
    height = fields.number("number") if "number" in value else 0
    return Source(accounts_of(read_alloc(f"{place}: {ALLOC}", value[ALLOC])), height=height)


def of_vector(path: Path, name: str | None) -> Source:
    """The state before the first block of a vector."""
    vector = choose_vector(path, name, vectors_below(path))
    case = vector.case
    if case.machine != evm.NAME:
        raise InputError(f"{case.id}: is of the machine {case.machine}: only states of the evm lie on disk")
    state: FlatState = evm.state_of(case)
    fork = name_fork(evm.fork_of(case)).rules
    if evm.is_chain(case):
        parent = parent_of(case).header
        return Source(accounts_of(state), fork, parent.number, parent.hash())
    return Source(accounts_of(state), fork, max(0, block_number(case.blocks[0]) - 1))


def block_number(block: Object) -> int:
    """The number of a block of a vector that has no headers."""
    return int(text(member(block, "env"), "number"))


def one_of(path: Path, name: str | None) -> Case:
    """The case that a path and a part of its name mean: of several block files the one that the chain begins with."""
    cases = [case for case in load_cases([path]) if not isinstance(case, Skipped)]
    files = [case for case in cases if isinstance(case, BlockFileCase)]
    if name is None and len(files) == len(cases) > 1:
        return min(files, key=lambda case: case.header.number)
    return choose(path, name, [(case.id, case) for case in cases])


def of_fixture(path: Path, name: str | None) -> Source:
    """The state on which a fixture begins, or that of a block file whose witness proves all of it."""
    case = one_of(path, name)
    if isinstance(case, BlockchainTestCase):
        try:
            header = decode_block(case.genesis).header
        except Rejection as rejection:
            raise InputError(f"{case.id}: genesisRLP: {rejection}") from rejection
        fork = name_fork(case.schedule(header.difficulty, header.number, header.timestamp)).rules
        return Source(accounts_of(case.pre), fork, header.number, header.hash(), header.state_root)
    if isinstance(case, BlockFileCase):
        if not isinstance(case.state, WitnessState) or case.state.proof is None:
            raise InputError(f"{case.id}: has some accounts only, and a state on disk is a whole one")
        root, nodes, codes = case.state.proof
        accounts = witnessed_accounts(case.id, root, nodes, codes)
        fork = name_fork(case.fork).rules
        return Source(
            (HashedAccount(*account) for account in accounts),
            fork,
            case.header.number - 1,
            case.header.parent_hash,
            root,
        )
    raise InputError(f"{case.id}: has no state that blocks can follow on: give an allocation, a genesis or a chain")


def fork_of(source: Source, fork: str | None) -> str:
    """The fork whose state it is: the one that is named, or else the source's own. Raises InputError."""
    named = fork or source.fork
    if named is None:
        raise InputError(f"--fork: must say whose state it is, since the file does not: {', '.join(BY_NAME)}")
    if named not in BY_NAME:
        raise InputError(f"--fork {named}: no fork is called so: there are {', '.join(BY_NAME)}")
    return named


def fill(state: OpenState, source: Source, fork: str | None) -> Description:
    """Put a state into an empty store. Raises InputError where one is there, and where no fork is known."""
    if state.description is not None:
        raise InputError(
            f"{state.location}: has a state already, at height {state.description.height}: name another place, or"
            " remove its folder"
        )
    named = fork_of(source, fork)
    with told():
        filler = Filler(state.store)
        for account in source.accounts:
            filler.account(account.address_hash, account.nonce, account.balance, account.code, account.slots)
        description = filler.finish(name_fork(BY_NAME[named]).rules, source.height, source.block_hash, source.root)
    state.description = description
    return description
