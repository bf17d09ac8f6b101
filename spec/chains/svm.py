"""Solana's outbox and inbox: transfers of lamports, to an account for each domain there, to the recipient here."""

# source: Samestate: vectors/FORMAT.md, "Plans of chains", Solana's machine; Solana Pay specification, reference

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from samestate.spec.chains.message import Posting
from samestate.spec.chains.station import AnyBlockResult, ChainHead, InboundMessage
from samestate.spec.svm.addresses import SYSTEM
from samestate.spec.svm.block import Block, HistoryEntry
from samestate.spec.svm.chain import block_on, next_bank
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.message import CompiledInstruction, MessageHeader, TransactionMessage
from samestate.spec.svm.signature import address_of, sign
from samestate.spec.svm.transaction import SignedTransaction, encode_message

OUTBOX: Final = b"samestate outbox"
INBOX: Final = b"samestate inbox "
DOMAIN_BYTES: Final = 4
SEQUENCE_BYTES: Final = 8
TRANSFER: Final = (2).to_bytes(4, "little")
"""The tag of the System program's Transfer, which 8 bytes of lamports follow, little-endian."""
LAMPORT_BYTES: Final = 8


def outbox_account(domain: int) -> bytes:
    """The account to which lamports go that are a message for a domain."""
    # rule: chains.svm.outbox
    return sha256(OUTBOX + domain.to_bytes(DOMAIN_BYTES, "big")).digest()


def message_reference(domain: int, sequence: int) -> bytes:
    """An account that nobody has, that makes the transaction of each message another, and found by it."""
    numbers = domain.to_bytes(DOMAIN_BYTES, "big") + sequence.to_bytes(SEQUENCE_BYTES, "big")
    return sha256(INBOX + numbers).digest()


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """A block of Solana's machine before messages are delivered in it. It has no proof of history."""

    slot: int
    leader: bytes
    entries: tuple[HistoryEntry, ...]
    blockhash: bytes
    unix_timestamp: int | None = None


@dataclass(frozen=True, slots=True)
class SvmStation:
    """How a chain of Solana's machine speaks to others.

    ``domains``: of all chains, by the account that is their outbox here. ``relayer_seed`` makes the key that pays and
    signs what is delivered.
    """

    machine: Svm
    domains: dict[bytes, int]
    relayer_seed: bytes
    machine_name: str = "svm"

    @property
    def fork(self) -> str:
        """The name of the ruleset."""
        return self.machine.ruleset.name

    def accepts(self, payload: bytes) -> bool:
        """A payload is a number of lamports."""
        # rule: chains.svm.payload
        return len(payload) <= LAMPORT_BYTES

    def with_deliveries(self, block: PlannedSlot, head: ChainHead, messages: Sequence[InboundMessage]) -> Block:
        """Each message is a transfer by the relayer, in an entry of its own before all others."""
        deliveries = [self.delivery(message, head.bank.blockhashes.last) for message in messages]
        entries = [HistoryEntry(0, bytes(32), (each,)) for each in deliveries]
        return block_on(
            head.bank,
            head.state,
            slot=block.slot,
            leader=block.leader,
            entries=(*entries, *block.entries),
            blockhash=block.blockhash,
            unix_timestamp=block.unix_timestamp,
        )

    def delivery(self, message: InboundMessage, blockhash: bytes) -> SignedTransaction:
        """A legacy transaction: so many lamports to the recipient, and the reference as a third account."""
        relayer = address_of(self.relayer_seed)
        lamports = int.from_bytes(message.payload, "big").to_bytes(LAMPORT_BYTES, "little")
        content = TransactionMessage(
            version="legacy",
            header=MessageHeader(required_signatures=1, readonly_signed=0, readonly_unsigned=2),
            keys=(relayer, message.recipient, message_reference(message.domain, message.sequence), SYSTEM),
            blockhash=blockhash,
            instructions=(CompiledInstruction(3, bytes([0, 1, 2]), TRANSFER + lamports),),
        )
        signed = encode_message(content)
        # rule: chains.svm.delivery
        return SignedTransaction((sign(signed, self.relayer_seed),), content, signed)

    def follow(self, head: ChainHead, block: Block, result: AnyBlockResult) -> ChainHead:
        """The state, and the bank that the block leaves."""
        state = result.state()
        return ChainHead(head.height + 1, state, next_bank(head.bank, block, result, state))

    def postings(self, block: Block, result: AnyBlockResult) -> Iterator[Posting]:
        """Transfers to the accounts of domains, by transactions that succeeded; both named by the message itself."""
        for index, (transaction, receipt) in enumerate(zip(block.transactions, result.receipts, strict=True)):
            if not receipt.succeeded:
                # rule: chains.svm.failed-sends-nothing
                continue
            keys = transaction.message.keys
            for place, instruction in enumerate(transaction.message.instructions):
                if instruction.program >= len(keys) or keys[instruction.program] != SYSTEM:
                    continue
                if not instruction.data.startswith(TRANSFER):
                    continue
                target = instruction.accounts[1]
                domain = self.domains.get(keys[target]) if target < len(keys) else None
                if domain is not None:
                    lamports = int.from_bytes(instruction.data[4 : 4 + LAMPORT_BYTES], "little")
                    # rule: chains.svm.posting
                    yield Posting(index, place, domain, None, lamports.to_bytes(LAMPORT_BYTES, "big").lstrip(b"\x00"))
