"""Requests to the consensus layer: deposits out of logs, and the hash of all requests."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import PRAGUE
from samestate.spec.evm.forks.berlin import MAINNET_DEPOSIT_CONTRACT
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import Log, Receipt
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.requests import DEPOSIT_EVENT, collect_deposits, parse_deposit, requests_hash
from samestate.spec.evm.state import Account
from samestate.spec.machine import Rejection
from tests.spec.evm.chains import SmallChain, transfer

PAYLOAD = Payload(Environment(chain_id=1, number=1, timestamp=1, coinbase=bytes(20), gas_limit=1), ())
WORLD: Any = None
"""Deposits come out of logs alone."""

SIZES = (48, 32, 8, 96, 8)
"""Public key, withdrawal credentials, amount, signature, index."""


def abi(*fields: bytes) -> bytes:
    """What ``DepositEvent(bytes,bytes,bytes,bytes,bytes)`` logs: five pointers, then each length and content."""
    head, tail = b"", b""
    for content in fields:
        head += (160 + len(tail)).to_bytes(32, "big")
        tail += len(content).to_bytes(32, "big") + content + bytes(-len(content) % 32)
    return head + tail


FIELDS = tuple(bytes([number + 1]) * size for number, size in enumerate(SIZES))
DATA = abi(*FIELDS)


def deposit_log(data: bytes = DATA, **changes: Any) -> Log:
    fields: dict[str, Any] = {"address": MAINNET_DEPOSIT_CONTRACT, "topics": (DEPOSIT_EVENT,), "data": data}
    return Log(**{**fields, **changes})


def collected(*logs: Log, fork: Fork = PRAGUE) -> bytes | None:
    return collect_deposits(fork, PAYLOAD, (Receipt(0, True, 1, logs),), WORLD)


def test_the_event_is_named_by_its_signature() -> None:
    assert keccak256(b"DepositEvent(bytes,bytes,bytes,bytes,bytes)") == DEPOSIT_EVENT


def test_a_deposit_is_its_five_fields_one_after_another() -> None:
    assert len(DATA) == 576
    assert parse_deposit(DATA) == b"".join(FIELDS)
    assert collected(deposit_log()) == b"\x00" + b"".join(FIELDS)


@given(st.tuples(*(st.binary(min_size=size, max_size=size) for size in SIZES)))
def test_any_deposit_comes_out_as_it_went_in(fields: tuple[bytes, ...]) -> None:
    assert parse_deposit(abi(*fields)) == b"".join(fields)


def test_deposits_come_in_the_order_of_their_logs() -> None:
    other = abi(*(bytes(size) for size in SIZES))
    receipts = (
        Receipt(0, True, 1, (deposit_log(other), deposit_log())),
        Receipt(2, True, 2, ()),
        Receipt(2, True, 3, (deposit_log(other),)),
    )
    expected = b"\x00" + bytes(192) + b"".join(FIELDS) + bytes(192)
    assert collect_deposits(PRAGUE, PAYLOAD, receipts, WORLD) == expected


@pytest.mark.parametrize(
    "log",
    [
        deposit_log(address=bytes(20)),
        deposit_log(topics=()),
        deposit_log(topics=(bytes(32),)),
        deposit_log(topics=(bytes(32), DEPOSIT_EVENT)),
    ],
    ids=["another contract", "no topic", "another topic", "not the first topic"],
)
def test_logs_that_are_no_deposits(log: Log) -> None:
    assert collected(log, Log(MAINNET_DEPOSIT_CONTRACT, (), b"anything")) is None
    assert collected(log, deposit_log()) == b"\x00" + b"".join(FIELDS)


def test_a_deposit_may_have_more_topics() -> None:
    assert collected(deposit_log(topics=(DEPOSIT_EVENT, bytes(32)))) == b"\x00" + b"".join(FIELDS)


def test_each_chain_has_its_own_deposit_contract() -> None:
    fork = PRAGUE.fork("a test network", deposit_contract=b"\x42" * 20)
    assert collected(deposit_log(), fork=fork) is None
    assert collected(deposit_log(address=b"\x42" * 20), fork=fork) is not None


def with_word(place: int, number: int) -> bytes:
    return DATA[:place] + number.to_bytes(32, "big") + DATA[place + 32 :]


PLACES = (160, 256, 320, 384, 512)
WRONG = [(DATA[:size], f"{size} bytes, not 576") for size in (0, 1, 192, 575)]
WRONG += [(DATA + bytes(extra), f"{576 + extra} bytes, not 576") for extra in (1, 32)]
for index, (place, size) in enumerate(zip(PLACES, SIZES, strict=True)):
    WRONG += [
        (with_word(32 * index, wrong), f"field {index} at {wrong}, not {place}")
        for wrong in (0, place - 1, place + 1, place + 32, 2**256 - 1)
    ]
    WRONG += [
        (with_word(place, wrong), f"field {index} is not of {size} bytes")
        for wrong in (0, size - 1, size + 1, 2**255 + size)
    ]


@pytest.mark.parametrize(
    ("data", "detail"), WRONG, ids=[f"{number}: {detail}" for number, (_, detail) in enumerate(WRONG)]
)
def test_any_other_layout_makes_the_block_invalid(data: bytes, detail: str) -> None:
    with pytest.raises(Rejection) as caught:
        collected(deposit_log(data))
    assert caught.value.code is Invalid.INVALID_DEPOSIT_LAYOUT
    assert str(caught.value) == f"a deposit is not laid out as the deposit contract does it: {detail}"


def test_padding_is_not_part_of_the_layout() -> None:
    assert parse_deposit(DATA[:-24] + b"\xff" * 24) == b"".join(FIELDS)


def test_a_wrong_layout_makes_a_block_invalid() -> None:
    # log one zero byte under the topic of a deposit
    code = bytes.fromhex("7f") + DEPOSIT_EVENT + bytes.fromhex("60015fa1")
    small = SmallChain(PRAGUE, {MAINNET_DEPOSIT_CONTRACT: Account(code=code)})
    with pytest.raises(Rejection) as caught:
        small.next([transfer(to=MAINNET_DEPOSIT_CONTRACT, gas_limit=100_000, value=0)])
    assert (caught.value.code, caught.value.detail) == (Invalid.INVALID_DEPOSIT_LAYOUT, "1 bytes, not 576")
    assert caught.value.transaction is None


def test_the_hash_of_requests() -> None:
    # EIP-7685: nothing hashes to the hash of nothing
    assert requests_hash([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    first, second = hashlib.sha256(b"\x00a").digest(), hashlib.sha256(b"\x01b").digest()
    assert requests_hash([b"\x00a", b"\x01b"]) == hashlib.sha256(first + second).digest()
    assert requests_hash([b"\x01b", b"\x00a"]) != requests_hash([b"\x00a", b"\x01b"])
