"""What compiled routing reads and writes of each machine, held against the specification's stations."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from samestate.optimized.chains import evm_mail, svm_mail, toy_mail
from samestate.optimized.chains.router import Note
from samestate.spec.chains.evm import MESSAGE_SENT, EvmStation, abi_bytes
from samestate.spec.chains.message import Posting
from samestate.spec.chains.station import InboundMessage
from samestate.spec.chains.svm import SvmStation, outbox_account
from samestate.spec.chains.toy import OUTBOX, ToyStation, mail_slot
from samestate.spec.evm.forks import LONDON
from samestate.spec.evm.receipt import Log
from samestate.spec.evm.transaction import encode_transaction as encode_evm_transaction
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.message import CompiledInstruction, Config, MessageHeader, TableLookup, TransactionMessage
from samestate.spec.svm.rulesets.mainnet_2026_09 import MAINNET_2026_09
from samestate.spec.svm.transaction import encode_transaction, transaction_of
from samestate.spec.toy.keys import balance_key, slot_key
from samestate.spec.toy.operations import Sstore

KEYS = st.binary(min_size=32, max_size=32).filter(lambda key: 0 < int.from_bytes(key, "big") < 2**255)
DOMAINS = st.sampled_from((0, 1, 7, 2**32 - 1))
SEQUENCES = st.sampled_from((0, 1, 127, 128, 2**32, 2**64 - 1))


def as_note(posting: Posting) -> Note:
    sequence = -1 if posting.sequence is None else posting.sequence
    return Note(posting.transaction, posting.place, posting.domain, sequence, posting.payload)


# The EVM


@given(
    key=KEYS,
    chain_id=st.sampled_from((1, 127, 2**31, 2**63 - 36)),
    nonce=st.sampled_from((0, 1, 127, 128, 2**64 - 1)),
    gas=st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)),
    recipient=st.binary(min_size=20, max_size=20),
    domain=DOMAINS,
    sequence=SEQUENCES,
    payload=st.binary(max_size=200),
)
def test_a_delivery_on_the_evm_is_the_same_to_the_byte(
    key: bytes,
    chain_id: int,
    nonce: int,
    gas: tuple[int, int],
    recipient: bytes,
    domain: int,
    sequence: int,
    payload: bytes,
) -> None:
    station = EvmStation(LONDON, chain_id, bytes(20), key, *gas)
    right = encode_evm_transaction(station.delivery(InboundMessage(domain, sequence, payload, recipient), nonce))
    assert evm_mail.call(key, chain_id, nonce, gas, recipient, (domain, sequence, payload)) == right


OURS = b"\x11" * 20
PAYLOADS = st.binary(max_size=70)


@st.composite
def event_data(draw: st.DrawFn) -> bytes:
    """The encoding of a payload, often with a byte that is wrong, too few or too many."""
    payload = draw(PAYLOADS)
    data = bytearray((32).to_bytes(32, "big") + abi_bytes(payload))
    way = draw(st.sampled_from(("right", "right", "changed", "cut", "more", "length")))
    if way == "changed":
        data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
    elif way == "cut":
        del data[draw(st.integers(0, len(data) - 1)) :]
    elif way == "more":
        data += bytes(draw(st.integers(1, 64)))
    elif way == "length":
        data[32:64] = draw(st.sampled_from((0, 1, 31, 32, 33, 2**255, 2**256 - 1))).to_bytes(32, "big")
    return bytes(data)


WORDS = st.sampled_from((0, 1, 2**32, 2**256 - 1)).map(lambda word: word.to_bytes(32, "big"))
TOPICS = st.one_of(
    st.tuples(st.just(MESSAGE_SENT), WORDS, WORDS),
    st.tuples(st.just(MESSAGE_SENT), WORDS),
    st.tuples(WORDS, WORDS, WORDS),
    st.just(()),
)
LOGS = st.builds(Log, st.sampled_from((OURS, OURS, b"\x22" * 20)), TOPICS, event_data())


@given(st.lists(LOGS, max_size=6))
def test_logs_are_read_alike(logs: list[Log]) -> None:
    station = EvmStation(LONDON, 1, OURS, b"\x01" * 32, 0, 0)
    right = [posting for place, log in enumerate(logs) if (posting := station.posting(0, place, log)) is not None]
    assert [*evm_mail.notes(OURS, [logs])] == [*map(as_note, right)]


# The toy


@dataclass
class Step:
    step: int
    writes: dict[bytes, bytes | None]


@dataclass
class Result:
    steps: list[Step]


MAIL = st.builds(lambda domain, sequence: slot_key(mail_slot(OUTBOX, domain, sequence)), DOMAINS, SEQUENCES)
KEPT = st.one_of(MAIL, st.integers(0, 3).map(slot_key), st.just(balance_key(bytes(20))))


@given(st.lists(st.dictionaries(KEPT, st.one_of(st.none(), st.binary(min_size=1, max_size=32))), max_size=4))
def test_writes_are_read_alike(writes: list[dict[bytes, bytes | None]]) -> None:
    steps = [Step(-1, {}), *(Step(index, each) for index, each in enumerate(writes)), Step(len(writes), {})]
    right = ToyStation(bytes(20), 0, 0).postings(None, Result(steps))  # type: ignore[arg-type]
    assert [*toy_mail.notes(writes)] == [*map(as_note, right)]


@given(DOMAINS, SEQUENCES, st.binary(max_size=32))
def test_a_delivery_on_the_toy_is_the_same_store(domain: int, sequence: int, payload: bytes) -> None:
    _, slot, value = toy_mail.store(0, (domain, sequence, payload))
    assert Sstore(slot, value) == Sstore(
        mail_slot(b"samestate inbox ", domain, sequence), int.from_bytes(payload, "big")
    )


def test_the_last_nonce_is_not_passed() -> None:
    assert toy_mail.store(2**64 + 5, (0, 0, b""))[0] == 2**64 - 1


# Solana's machine


SVM = SvmStation(Svm(MAINNET_2026_09), {outbox_account(domain): domain for domain in (0, 1, 7)}, b"\x05" * 32)


@given(DOMAINS, SEQUENCES, st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32), KEYS)
def test_a_delivery_on_solana_is_the_same_to_the_byte(
    domain: int, sequence: int, lamports: int, recipient: bytes, blockhash: bytes
) -> None:
    payload = lamports.to_bytes(8, "big").lstrip(b"\x00")
    right = SVM.delivery(InboundMessage(domain, sequence, payload, recipient), blockhash)
    made = svm_mail.transfer(SVM.relayer_seed, blockhash, recipient, (domain, sequence, payload))
    assert made == encode_transaction(right)


ADDRESSES = st.sampled_from((bytes(32), outbox_account(0), outbox_account(7), outbox_account(9), b"\x09" * 32))
CONFIGS = st.builds(Config, *[st.sampled_from((None, 5))] * 4)


@st.composite
def messages(draw: st.DrawFn) -> TransactionMessage:
    version = draw(st.sampled_from(("legacy", 0, 1)))
    keys = draw(st.lists(ADDRESSES, min_size=2, max_size=140 if version == "legacy" else 5))
    tags = st.sampled_from((b"\x02\x00\x00\x00", b"\x03\x00\x00\x00"))
    lamports = st.sampled_from((0, 1, 2**64 - 1)).map(lambda number: number.to_bytes(8, "little"))
    instructions = st.builds(
        CompiledInstruction,
        st.integers(0, len(keys) - 1),
        st.binary(min_size=2, max_size=3),
        st.builds(lambda tag, amount, more: tag + amount + more, tags, lamports, st.binary(max_size=2)),
    )
    return TransactionMessage(
        version=version,
        header=MessageHeader(draw(st.integers(1, 2)), 0, 0),
        keys=tuple(keys),
        blockhash=bytes(32),
        instructions=tuple(draw(st.lists(instructions, max_size=4))),
        lookups=(TableLookup(bytes(32), b"\x01", b""),) if version == 0 and draw(st.booleans()) else (),
        config=draw(CONFIGS) if version == 1 else None,
    )


@dataclass
class Receipt:
    succeeded: bool


@dataclass
class Sent:
    transactions: list[object]
    receipts: list[Receipt]


@given(st.lists(st.tuples(messages(), st.booleans()), max_size=3))
def test_transfers_are_read_alike(sent: list[tuple[TransactionMessage, bool]]) -> None:
    made = [transaction_of(message, (bytes(64),) * message.header.required_signatures) for message, _ in sent]
    block = Sent([*made], [Receipt(succeeded) for _, succeeded in sent])
    right = SVM.postings(block, block)  # type: ignore[arg-type]
    wires = [(encode_transaction(each), succeeded) for each, (_, succeeded) in zip(made, sent, strict=True)]
    assert [*svm_mail.notes(SVM.domains, wires)] == [*map(as_note, right)]
