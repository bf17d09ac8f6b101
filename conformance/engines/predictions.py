"""What a block's own access list says that each step leaves: what the strategy `access-list` starts from.

The two machines have lists of their own form; a strategy knows neither. A prediction is only ever that: a list that
cannot be read predicts nothing, and is judged after the block was executed, as the machine's rules say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from samestate.conformance.vectors.document import Object
from samestate.spec.access import OPEN
from samestate.spec.evm.block_access_list import AccountAccess, BlockAccessList, decode_access_list
from samestate.spec.evm.keys import balance_key, code_key, nonce_key, slot_key
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.world import to_value
from samestate.spec.machine import Key, Rejection, Value

if TYPE_CHECKING:
    from samestate.spec.toy.access_list import AccessList

Predictions = Mapping[Key, Sequence[tuple[int, Value]]]
"""For each key the steps that change it, in order, with the value after each."""

LISTS = ("access_list", "block_access_list")
"""The fields of a block that hold its access list, whatever the machine."""


def carries_list(block: Object) -> bool:
    """Whether a block of a case comes with an access list."""
    return any(name in block for name in LISTS)


def predictions_of(block: Any) -> Predictions | None:
    """What the list that came with a block predicts, or None where none did. Blocks are those of the specification."""
    proposed = getattr(block, "access_list", None)  # blocks of Solana's machine never have one
    if proposed is None:
        return None
    return list_predictions(proposed) if isinstance(block, Payload) else toy_predictions(proposed)


def toy_predictions(proposed: AccessList) -> Predictions:
    """What a toy block's list predicts."""
    predictions: dict[Key, list[tuple[int, Value]]] = {}
    for step, entry in enumerate(proposed, OPEN):
        for key, value in entry.changes:
            predictions.setdefault(key, []).append((step, value))
    return predictions


def evm_predictions(proposed: bytes) -> Predictions:
    """What the encoded block access list (EIP-7928) of a block predicts; nothing where it is malformed."""
    try:
        return list_predictions(decode_access_list(proposed))
    except Rejection:
        return {}


def list_predictions(accounts: BlockAccessList) -> Predictions:
    """What a block access list predicts."""
    return {
        key: sorted(changes, key=itemgetter(0))  # by step alone: a wrong list may have two values for one, or none
        for account in accounts
        for key, changes in account_predictions(account)
        if changes
    }


def account_predictions(account: AccountAccess) -> list[tuple[Key, list[tuple[int, Value]]]]:
    """The changes of one account, by key. The list numbers steps from 0, the opening one."""
    address = account.address

    def numbers(changes: Sequence[tuple[int, int]]) -> list[tuple[int, Value]]:
        return [(index + OPEN, to_value(value)) for index, value in changes]

    return [
        (balance_key(address), numbers(account.balance_changes)),
        (nonce_key(address), numbers(account.nonce_changes)),
        (code_key(address), [(index + OPEN, code or None) for index, code in account.code_changes]),
        *((slot_key(address, entry.slot), numbers(entry.changes)) for entry in account.storage_changes),
    ]
