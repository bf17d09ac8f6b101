"""Leaving transactions out of a block whose others are signed: they get the nonces that are then right.

In a block of the EVM each transaction of a sender names the one before it by its nonce. So none but the last of each
could be left out. The keys of generated accounts are known, so the others are signed anew, authorizations too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from samestate.conformance.generating.keys import key_of, sign, sign_authorization
from samestate.spec.evm.signature import recover_authority, recover_sender
from samestate.spec.evm.transaction import (
    AccessListTransaction,
    Authorization,
    BlobTransaction,
    FeeMarketTransaction,
    LegacyTransaction,
    SetCodeTransaction,
    Transaction,
    decode_transaction,
    encode_transaction,
)
from samestate.spec.machine import Rejection


def without_others(transactions: Sequence[bytes], kept: Sequence[int]) -> list[bytes]:
    """Of the transactions of a block those at the places ``kept``, with the nonces that are right without the others.

    One that is malformed, or whose sender's key nobody knows, stays as it is.
    """
    chosen, used = frozenset(kept), Counter[bytes]()
    made: list[bytes] = []
    for index, encoded in enumerate(transactions):
        try:
            transaction = decode_transaction(encoded)
            sender = recover_sender(transaction)
        except Rejection:
            if index in chosen:
                made.append(encoded)
            continue
        if index in chosen:
            made.append(_with_nonces_less(transaction, sender, used) or encoded)
        else:
            used[sender] += 1
            if isinstance(transaction, SetCodeTransaction):
                used.update(filter(None, map(recover_authority, transaction.authorizations)))
    return made


def simpler(encoded: bytes) -> Iterator[bytes]:
    """The transaction with less in it, signed anew: nothing where that is not possible."""
    try:
        transaction = decode_transaction(encoded)
        sender = recover_sender(transaction)
    except Rejection:
        return
    key = key_of(sender)
    if key is None:
        return
    for change in _CHANGES:
        for changed in change(transaction):
            if changed != transaction:
                yield encode_transaction(sign(changed, key, _chain_id(transaction)))


def _with_nonces_less(transaction: Transaction, sender: bytes, used: Counter[bytes]) -> bytes | None:
    """The transaction signed anew, each nonce in it lower by what its account used before; None if none is."""
    key, changed = key_of(sender), transaction
    if key is None:
        return None
    if isinstance(changed, SetCodeTransaction):
        authorizations = tuple(_authorization_with_less(each, used) for each in changed.authorizations)
        changed = replace(changed, authorizations=authorizations)
    changed = replace(changed, nonce=max(0, changed.nonce - used[sender]))
    if changed == transaction:
        return None
    return encode_transaction(sign(changed, key, _chain_id(transaction)))


def _authorization_with_less(authorization: Authorization, used: Counter[bytes]) -> Authorization:
    authority = recover_authority(authorization)
    key = key_of(authority) if authority else None
    if authority is None or key is None or not used[authority]:
        return authorization
    return sign_authorization(replace(authorization, nonce=max(0, authorization.nonce - used[authority])), key)


def _chain_id(transaction: Transaction) -> int | None:
    """The chain that the signature is for."""
    return transaction.chain_id


def _without_data(transaction: Transaction) -> Iterator[Transaction]:
    yield replace(transaction, data=b"")
    yield replace(transaction, data=transaction.data[: len(transaction.data) // 2 // 32 * 32])


def _without_value(transaction: Transaction) -> Iterator[Transaction]:
    yield replace(transaction, value=0)


def _without_access_list(transaction: Transaction) -> Iterator[Transaction]:
    if not isinstance(transaction, LegacyTransaction):
        yield replace(transaction, access_list=())


def _with_fewer_authorizations(transaction: Transaction) -> Iterator[Transaction]:
    if isinstance(transaction, SetCodeTransaction):
        for authorization in transaction.authorizations:
            yield replace(transaction, authorizations=(authorization,))


def _with_one_blob(transaction: Transaction) -> Iterator[Transaction]:
    if isinstance(transaction, BlobTransaction):
        yield replace(transaction, blob_versioned_hashes=transaction.blob_versioned_hashes[:1])


def _of_the_first_type(transaction: Transaction) -> Iterator[Transaction]:
    if isinstance(transaction, AccessListTransaction):
        price = transaction.gas_price
    elif isinstance(transaction, FeeMarketTransaction | BlobTransaction | SetCodeTransaction):
        price = transaction.max_fee_per_gas
    else:
        return
    yield LegacyTransaction(
        nonce=transaction.nonce,
        gas_price=price,
        gas_limit=transaction.gas_limit,
        to=transaction.to,
        value=transaction.value,
        data=transaction.data,
    )


_CHANGES: tuple[Callable[[Transaction], Iterator[Transaction]], ...] = (
    _of_the_first_type,
    _without_data,
    _without_value,
    _without_access_list,
    _with_fewer_authorizations,
    _with_one_blob,
)
