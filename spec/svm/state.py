"""The state of Solana's machine: accounts, and their commitment."""

# source: Samestate: vectors/FORMAT.md, "Solana's machine"

from __future__ import annotations

from collections.abc import Iterable, Mapping

from samestate.spec.machine import Key, Value
from samestate.spec.state import lattice
from samestate.spec.svm.account import Account, account_key, check_account, decode_account, encode_account
from samestate.spec.svm.addresses import ADDRESS_BYTES
from samestate.spec.svm.bank_hash import lattice_of_account


class SvmState:
    """Accounts by address, and the lattice of all that the state holds, accounts that are not listed among them.

    Implements :class:`samestate.spec.machine.State`; ``values`` has no absent ones.
    """

    __slots__ = ("lattice", "values")

    def __init__(self, values: Mapping[Key, bytes], state_lattice: int) -> None:
        self.values = values
        self.lattice = state_lattice

    def get(self, key: Key) -> Value:
        """See :meth:`samestate.spec.machine.State.get`."""
        return self.values.get(key)

    def account(self, address: bytes) -> Account | None:
        """The account under an address."""
        return decode_account(self.get(account_key(address)))

    def has_storage(self, address: bytes) -> bool:
        """No key belongs to another."""
        return False

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> SvmState:
        """See :meth:`samestate.spec.machine.State.apply`. There are no wipes.

        An account takes its old share out of the lattice and brings its new one, once however often it was written.
        """
        values, state_lattice = dict(self.values), self.lattice
        for key, value in changes.items():
            before = values.pop(key, None)
            if value is not None:
                values[key] = value
            if before != value:
                # rule: svm.lattice.once-per-block
                state_lattice = lattice.subtract(state_lattice, lattice_of_account(key, decode_account(before)))
                state_lattice = lattice.add(state_lattice, lattice_of_account(key, decode_account(value)))
        return SvmState(values, state_lattice)

    def root(self) -> bytes:
        """The checksum of the lattice."""
        # rule: svm.state.root
        return lattice.checksum(self.lattice)


def svm_state(accounts: Mapping[bytes, Account], others: int = lattice.EMPTY) -> SvmState:
    """A state of these accounts, and of ``others`` that nobody looks at. Raises ValueError where one does not fit."""
    values: dict[Key, bytes] = {}
    state_lattice = others
    for address, account in accounts.items():
        if len(address) != ADDRESS_BYTES:
            raise ValueError(f"an address has {ADDRESS_BYTES} bytes, not {len(address)}")
        check_account("account", account)
        value = encode_account(account)
        if value is not None:
            values[account_key(address)] = value
            # rule: svm.lattice.sum
            state_lattice = lattice.add(state_lattice, lattice_of_account(address, account))
    return SvmState(values, state_lattice)
