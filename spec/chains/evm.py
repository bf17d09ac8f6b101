"""The EVM's outbox and inbox: a log of one contract there, a signed transaction of the relayer here."""

# source: Samestate: vectors/FORMAT.md, "Plans of chains", The EVM; Solidity, contract ABI specification

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from samestate.spec.chains.message import Posting
from samestate.spec.chains.station import AnyBlockResult, ChainHead, InboundMessage
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import nonce_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import Log
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.transaction import LegacyTransaction, Transaction
from samestate.spec.evm.world import NONCE_LIMIT

MESSAGE_SENT: Final = keccak256(b"MessageSent(uint32,uint64,bytes)")
"""The event of an outbox; domain and sequence number are indexed."""
RECEIVE_MESSAGE: Final = keccak256(b"receiveMessage(uint32,uint64,bytes)")[:4]
"""The function of an inbox: domain, sequence number and payload."""
WORD: Final = 32
LONGEST_PAYLOAD: Final = 1024


def abi_bytes(content: bytes) -> bytes:
    """The length in a word, and the content up to a whole word."""
    return len(content).to_bytes(WORD, "big") + content + bytes(-len(content) % WORD)


def abi_payload(data: bytes) -> bytes | None:
    """The only argument of type ``bytes`` that is encoded like this, or None where the data is anything else."""
    length = int.from_bytes(data[WORD : 2 * WORD], "big")
    payload = data[2 * WORD : 2 * WORD + length]
    is_exact = data == WORD.to_bytes(WORD, "big") + abi_bytes(payload) and len(payload) == length
    # rule: chains.evm.event-data
    return payload if is_exact else None


@dataclass(frozen=True, slots=True)
class EvmStation:
    """How a chain of the EVM speaks to others.

    ``outbox``: the contract whose logs are messages. ``relayer_key`` signs what is delivered (RFC 6979), for
    ``gas_limit`` gas at ``gas_price`` wei.
    """

    rules: Fork
    chain_id: int
    outbox: bytes
    relayer_key: bytes
    gas_limit: int
    gas_price: int
    machine_name: str = "evm"

    @property
    def fork(self) -> str:
        """The name of the fork."""
        return self.rules.name

    @property
    def machine(self) -> Evm:
        """The EVM under the fork."""
        return Evm(self.rules)

    def accepts(self, payload: bytes) -> bool:
        """A payload is of any bytes, but not too many."""
        # rule: chains.evm.payload
        return len(payload) <= LONGEST_PAYLOAD

    def with_deliveries(self, block: Payload, head: ChainHead, messages: Sequence[InboundMessage]) -> Payload:
        """Each message is a call of the recipient by the relayer, whose nonces go on from where they stood."""
        nonce = int.from_bytes(head.state.get(nonce_key(address_of(self.relayer_key))) or b"", "big")
        deliveries = [self.delivery(each, min(nonce + index, NONCE_LIMIT)) for index, each in enumerate(messages)]
        return replace(block, transactions=(*deliveries, *block.transactions))

    def delivery(self, message: InboundMessage, nonce: int) -> Transaction:
        """The transaction that calls the recipient: of type 0, protected against replay on other chains."""
        arguments = [message.domain, message.sequence, 3 * WORD]
        head = b"".join(argument.to_bytes(WORD, "big") for argument in arguments)
        unsigned = LegacyTransaction(
            nonce=nonce,
            gas_price=self.gas_price,
            gas_limit=self.gas_limit,
            to=message.recipient,
            value=0,
            data=RECEIVE_MESSAGE + head + abi_bytes(message.payload),
        )
        # rule: chains.evm.delivery
        return sign(unsigned, self.relayer_key, self.chain_id)

    def follow(self, head: ChainHead, block: Payload, result: AnyBlockResult) -> ChainHead:
        """Nothing but the state goes from block to block; the environment of each says what it has to know."""
        return ChainHead(head.height + 1, result.state())

    def postings(self, block: Payload, result: AnyBlockResult) -> Iterator[Posting]:
        """The logs of the outbox that are the event and nothing else."""
        for index, receipt in enumerate(result.receipts):
            for place, log in enumerate(receipt.logs):
                posting = self.posting(index, place, log)
                if posting is not None:
                    yield posting

    def posting(self, transaction: int, place: int, log: Log) -> Posting | None:
        """What a log says, where it is a message. ``place`` is its index in the transaction."""
        if log.address != self.outbox or len(log.topics) != 3 or log.topics[0] != MESSAGE_SENT:
            # rule: chains.evm.other-log
            return None
        payload = abi_payload(log.data)
        if payload is None:
            return None
        # rule: chains.evm.posting
        return Posting(
            transaction=transaction,
            place=place,
            domain=int.from_bytes(log.topics[1], "big"),
            sequence=int.from_bytes(log.topics[2], "big"),
            payload=payload,
        )
