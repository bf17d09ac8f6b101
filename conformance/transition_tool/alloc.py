"""The accounts of a state as transition tools exchange them (geth's genesis allocation)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.cases import parse_state
from samestate.conformance.fixtures.fields import Fields
from samestate.conformance.transition_tool.quantities import decimal, with_prefix
from samestate.spec.evm.state import Account, FlatState

KEYS: Final = ("secretKey", "privateKey")
COMMENT: Final = "_"
"""Fields that mean nothing for the state: keys for people, and whatever begins like a comment."""


def read_alloc(where: str, value: object) -> FlatState:
    """The state. Addresses may lack their prefix, numbers may be decimal, fields may be null. Raises InputError."""
    accounts: dict[str, object] = {}
    for name, account in Fields(where, value).values.items():
        address = str(with_prefix(name)).lower()
        if address in accounts:
            raise InputError(f"{where}: account {name}: must be listed once, but is listed twice")
        accounts[address] = _usual(account)
    return parse_state(where, accounts)


def _usual(account: object) -> object:
    """An account in the form that states are read from."""
    if not isinstance(account, Mapping):
        return account
    usual = {
        name: value
        for name, value in account.items()
        if value is not None and name not in KEYS and not name.startswith(COMMENT)
    }
    for name in ("nonce", "balance"):
        number = decimal(usual.get(name))
        if number is not None:
            usual[name] = number
    return usual


def write_alloc(state: FlatState) -> dict[str, object]:
    """The JSON of a state: every account has its balance, anything else only where it is not zero or empty."""
    accounts: dict[str, object] = {}
    for address in sorted({*state.accounts, *state.storage, *state.empty_accounts}):
        account = state.accounts.get(address, Account())
        fields: dict[str, object] = {}
        if account.code:
            fields["code"] = f"0x{account.code.hex()}"
        slots = state.storage.get(address)
        if slots:
            fields["storage"] = {_word(slot): _word(slots[slot]) for slot in sorted(slots)}
        fields["balance"] = hex(account.balance)
        if account.nonce:
            fields["nonce"] = hex(account.nonce)
        accounts[f"0x{address.hex()}"] = fields
    return accounts


def _word(number: int) -> str:
    return f"0x{number:064x}"
