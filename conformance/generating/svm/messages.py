"""Compiling instructions into a message, and signing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nacl.signing import SigningKey

from samestate.conformance.generating.svm.instructions import AccountUse, ProgramCall
from samestate.spec.svm.message import (
    CompiledInstruction,
    Config,
    MessageHeader,
    TableLookup,
    TransactionMessage,
    Version,
)
from samestate.spec.svm.transaction import encode_message, encode_transaction, transaction_of

NO_SIGNATURE = bytes(64)


def compile_message(
    payer: bytes,
    instructions: Sequence[ProgramCall],
    blockhash: bytes,
    version: Version = "legacy",
    lookups: Sequence[tuple[bytes, Sequence[bytes]]] = (),
    config: Config | None = None,
    more_keys: Iterable[AccountUse] = (),
) -> TransactionMessage:
    """The message of instructions. Keys stand in the usual order, those of one kind as they are met.

    ``lookups``: tables with what each holds; keys that neither sign nor are programs come from the first that has them.
    ``more_keys`` are named although no instruction uses them.
    """
    programs = {instruction.program for instruction in instructions}
    signs: dict[bytes, bool] = {payer: True}
    writes: dict[bytes, bool] = {payer: True}
    for instruction in instructions:
        for use in (*instruction.accounts, AccountUse(instruction.program)):
            signs[use.address] = signs.get(use.address, False) or use.signs
            writes[use.address] = writes.get(use.address, False) or use.writes
    for use in more_keys:
        signs[use.address] = signs.get(use.address, False) or use.signs
        writes[use.address] = writes.get(use.address, False) or use.writes
    looked_up: list[tuple[bytes, list[int], list[int]]] = []
    loaded: dict[bool, list[bytes]] = {True: [], False: []}
    for table, content in lookups:
        found = [
            (address, index)
            for index, address in enumerate(content)
            if address in signs
            and not signs[address]
            and address not in programs
            and address not in (*loaded[True], *loaded[False])
        ]
        looked_up.append(
            (
                table,
                [index for address, index in found if writes[address]],
                [index for address, index in found if not writes[address]],
            )
        )
        for address, _ in found:
            loaded[writes[address]].append(address)
    taken = {*loaded[True], *loaded[False]}
    static = [
        address
        for signing, writing in ((True, True), (True, False), (False, True), (False, False))
        for address in signs
        if (signs[address], writes[address]) == (signing, writing) and address not in taken
    ]
    keys = [*static, *loaded[True], *loaded[False]]
    place = {address: index for index, address in enumerate(keys)}
    return TransactionMessage(
        version=version,
        header=MessageHeader(
            required_signatures=sum(signs[address] for address in static),
            readonly_signed=sum(signs[address] and not writes[address] for address in static),
            readonly_unsigned=sum(not signs[address] and not writes[address] for address in static),
        ),
        keys=tuple(static),
        blockhash=blockhash,
        instructions=tuple(
            CompiledInstruction(
                place[instruction.program],
                bytes(place[use.address] for use in instruction.accounts),
                instruction.data,
            )
            for instruction in instructions
        ),
        lookups=tuple(TableLookup(table, bytes(writable), bytes(readonly)) for table, writable, readonly in looked_up),
        config=(config or Config()) if version == 1 else None,
    )


def sign_message(message: TransactionMessage, keys: Iterable[SigningKey], spoil: bool = False) -> bytes:
    """The transaction on the wire: signed by those of the keys that must sign; the others' signatures are zero.

    ``spoil``: the first signature is of something else.
    """
    signed = encode_message(message)
    known = {bytes(key.verify_key): key for key in keys}
    signatures = [
        known[address].sign(signed + b"!" * (spoil and index == 0)).signature if address in known else NO_SIGNATURE
        for index, address in enumerate(message.keys[: message.header.required_signatures])
    ]
    return encode_transaction(transaction_of(message, tuple(signatures)))
