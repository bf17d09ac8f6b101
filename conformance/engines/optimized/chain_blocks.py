"""Between blocks of the specification's machines and the compiled room's messages: what is sent and delivered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from samestate.conformance.vectors import evm, svm, toy
from samestate.optimized.chains import evm_mail, svm_mail, toy_mail
from samestate.optimized.chains.router import Note
from samestate.spec.chains.evm import EvmStation
from samestate.spec.chains.station import ChainHead
from samestate.spec.chains.svm import SvmStation
from samestate.spec.chains.toy import ToyStation
from samestate.spec.evm.keys import nonce_key as evm_nonce_key
from samestate.spec.evm.transaction import decode_transaction as decode_evm_transaction
from samestate.spec.svm.block import HistoryEntry
from samestate.spec.svm.chain import block_on
from samestate.spec.svm.transaction import decode_transaction as decode_svm_transaction
from samestate.spec.svm.transaction import encode_transaction
from samestate.spec.toy.block import Transaction
from samestate.spec.toy.keys import nonce_key as toy_nonce_key
from samestate.spec.toy.operations import Sstore

Message = tuple[int, int, bytes, bytes]
"""Domain, sequence number, payload, and the recipient."""

ROOM: Final = {evm.NAME: evm_mail.LONGEST, svm.NAME: svm_mail.LONGEST, toy.NAME: toy_mail.LONGEST}
"""The longest payload of each machine, in bytes."""

AnyStation = EvmStation | SvmStation | ToyStation


def with_messages(station: AnyStation, block: Any, head: ChainHead, messages: Sequence[Message]) -> Any:
    """A block with the transactions that deliver messages before its own. Of a station only its settings are used."""
    if isinstance(station, EvmStation):
        nonce = number(head.state.get(evm_nonce_key(evm_mail.address_of(station.relayer_key))))
        gas = station.gas_limit, station.gas_price
        wires = [
            evm_mail.call(
                station.relayer_key, station.chain_id, nonce + place, gas, recipient, (domain, index, payload)
            )
            for place, (domain, index, payload, recipient) in enumerate(messages)
        ]
        return replace(block, transactions=(*map(decode_evm_transaction, wires), *block.transactions))
    if isinstance(station, SvmStation):
        wires = [
            svm_mail.transfer(station.relayer_seed, head.bank.blockhashes.last, recipient, (domain, index, payload))
            for domain, index, payload, recipient in messages
        ]
        entries = [HistoryEntry(0, bytes(32), (decode_svm_transaction(wire),)) for wire in wires]
        return block_on(
            head.bank,
            head.state,
            block.slot,
            block.leader,
            (*entries, *block.entries),
            block.blockhash,
            block.unix_timestamp,
        )
    nonce = number(head.state.get(toy_nonce_key(station.relayer)))
    stores = [
        toy_mail.store(nonce + place, (domain, index, payload))
        for place, (domain, index, payload, _) in enumerate(messages)
    ]
    deliveries = [
        Transaction(station.relayer, own, station.gas_limit, station.gas_price, (Sstore(slot, value),))
        for own, slot, value in stores
    ]
    return replace(block, transactions=(*deliveries, *block.transactions))


def notes_of(station: AnyStation, boxes: dict[bytes, int], block: Any, result: Any) -> Iterable[Note]:
    """What a valid block has put into the outbox. ``boxes``: all domains, by their account on Solana's."""
    if isinstance(station, EvmStation):
        logs = [[(log.address, log.topics, log.data) for log in receipt.logs] for receipt in result.receipts]
        return evm_mail.notes(station.outbox, logs)
    if isinstance(station, SvmStation):
        pairs = zip(block.transactions, result.receipts, strict=True)
        return svm_mail.notes(boxes, [(encode_transaction(each), receipt.succeeded) for each, receipt in pairs])
    return toy_mail.notes([step.writes for step in result.steps[1:-1]])


def number(value: bytes | None) -> int:
    """A number as state has it."""
    return int.from_bytes(value or b"", "big")
