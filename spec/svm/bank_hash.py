"""Bank hashes: what a slot's bank commits to, which is what validators vote for."""

# source: Agave, runtime/src/bank.rs, hash_internal_state; Solana SDK, hard-forks/src/lib.rs

from __future__ import annotations

from hashlib import sha256

from samestate.spec.state import lattice
from samestate.spec.svm.account import Account
from samestate.spec.svm.block import Block


def lattice_of_account(address: bytes, account: Account | None) -> int:
    """What an account adds to the lattice of a state; nothing where it is absent."""
    if account is None or account.lamports == 0:
        # rule: svm.lattice.absent
        return lattice.EMPTY
    head = account.lamports.to_bytes(8, "little")
    # rule: svm.lattice.account
    # source: Agave, accounts-db/src/accounts_db.rs, lt_hash_account
    return lattice.lattice_of(head + account.data + bytes([account.executable]) + account.owner + address)


def bank_hash(block: Block, signatures: int, state_lattice: int) -> bytes:
    """The hash of a block's bank: of so many signatures, and the lattice of the state that it leaves."""
    head = sha256(block.parent_hash + signatures.to_bytes(8, "little") + block.blockhash).digest()
    # rule: svm.bank-hash
    digest = sha256(head + lattice.to_bytes(state_lattice)).digest()
    restarts = sum(fork.times for fork in block.hard_forks if block.parent_slot < fork.slot <= block.slot)
    if restarts > 0:
        # rule: svm.bank-hash.hard-fork
        digest = sha256(digest + restarts.to_bytes(8, "little")).digest()
    return digest
