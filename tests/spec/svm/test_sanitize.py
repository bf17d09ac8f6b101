"""What a transaction must be by itself: each limit from both sides, each index one too far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.message import Config, MessageHeader, TransactionMessage
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09
from samestate.spec.svm.sanitize import sanitize
from samestate.spec.svm.transaction import SignedTransaction, transaction_of
from tests.spec.svm.small import message_of

UNSIGNED = bytes(64)
ONE_KEY = bytes([1]) * 32


def keys(count: int) -> list[bytes]:
    return [number.to_bytes(32, "big") for number in range(1, count + 1)]


def of(message: TransactionMessage, signatures: int | None = None) -> SignedTransaction:
    count = message.header.required_signatures if signatures is None else signatures
    return transaction_of(message, (UNSIGNED,) * count)


def with_size(size: int, **fields: Any) -> SignedTransaction:
    """A transaction of that many bytes, most of them data."""
    probe = of(message_of(keys(2), [(1, (), bytes(200))], **fields))
    transaction = of(message_of(keys(2), [(1, (), bytes(200 + size - probe.size))], **fields))
    assert transaction.size == size
    return transaction


def refusal(transaction: SignedTransaction, ruleset: SvmRuleset = MAINNET_2026_09) -> str | None:
    """The code and the detail, None where the transaction is sane."""
    try:
        sanitize(ruleset, transaction)
    except Rejection as rejection:
        return f"{rejection.code.name}: {rejection.detail}"
    return None


def refused(detail: str) -> str:
    return f"SANITIZE_FAILURE: {detail}"


@pytest.mark.parametrize("version", ["legacy", 0, 1])
def test_which_versions_a_ruleset_has(version: Any) -> None:
    transaction = of(message_of(keys(2), [(1, (), b"")], version=version))
    assert refusal(transaction) is None
    assert refusal(transaction, MAINNET_2026_07) == ("UNSUPPORTED_VERSION: version 1" if version == 1 else None)


@pytest.mark.parametrize(("version", "limit"), [("legacy", 1_232), (0, 1_232), (1, 4_096)])
def test_how_large_it_may_be(version: Any, limit: int) -> None:
    assert refusal(with_size(limit, version=version)) is None
    assert refusal(with_size(limit + 1, version=version)) == refused(f"{limit + 1} bytes; it may have {limit}")


@pytest.mark.parametrize("version", ["legacy", 0, 1])
def test_how_many_instructions_it_may_have(version: Any) -> None:
    assert refusal(of(message_of(keys(2), [(1, (), b"")] * 64, version=version))) is None
    assert refusal(of(message_of(keys(2), [(1, (), b"")] * 65, version=version))) == refused("65 instructions")
    assert refusal(of(message_of(keys(2), (), version=version))) is None


def test_how_many_accounts_an_instruction_may_have() -> None:
    assert refusal(of(message_of(keys(2), [(1, (0,) * 255, b"")]))) is None
    assert refusal(of(message_of(keys(2), [(1, (), b""), (1, (0,) * 256, b"")]))) == refused(
        "256 accounts of instruction 1"
    )


@pytest.mark.parametrize("signatures", [0, 1, 3])
def test_as_many_signatures_as_signers(signatures: int) -> None:
    message = message_of(keys(3), header=(2, 0, 0))
    assert refusal(of(message, 2)) is None
    assert refusal(of(message, signatures)) == refused(f"{signatures} signatures for 2 signers")


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ((1, 0, 0), None),
        ((1, 0, 1), None),
        ((2, 1, 0), None),
        ((2, 0, 0), None),
        ((2, 0, 1), "the header counts more keys than there are"),
        ((1, 0, 2), "the header counts more keys than there are"),
        ((3, 0, 0), "the header counts more keys than there are"),
        ((1, 1, 0), "no signing key may be written to, so that nobody pays"),
        ((2, 2, 0), "no signing key may be written to, so that nobody pays"),
        ((0, 0, 0), "no signing key may be written to, so that nobody pays"),
    ],
)
@pytest.mark.parametrize("version", ["legacy", 0, 1])
def test_headers(header: tuple[int, int, int], detail: str | None, version: Any) -> None:
    assert refusal(of(message_of(keys(2), header=header, version=version))) == (detail and refused(detail))


@pytest.mark.parametrize(
    ("program", "accounts", "detail"),
    [
        (1, (0, 1), None),
        (2, (), "the program of instruction 0 is no static key"),
        (255, (), "the program of instruction 0 is no static key"),
        (0, (), "the program of instruction 0 is the fee payer"),
        (1, (2,), "an account of instruction 0 is no key"),
        (1, (0, 255), "an account of instruction 0 is no key"),
    ],
)
@pytest.mark.parametrize("version", ["legacy", 0, 1])
def test_indices(program: int, accounts: Sequence[int], detail: str | None, version: Any) -> None:
    transaction = of(message_of(keys(2), [(program, accounts, b"")], version=version))
    assert refusal(transaction) == (detail and refused(detail))


def test_accounts_may_come_from_lookups_and_programs_may_not() -> None:
    lookups = [(ONE_KEY, (0,), (1,))]
    assert refusal(of(message_of(keys(2), [(1, (2, 3), b"")], version=0, lookups=lookups))) is None
    assert refusal(of(message_of(keys(2), [(1, (4,), b"")], version=0, lookups=lookups))) is not None
    assert refusal(of(message_of(keys(2), [(2, (), b"")], version=0, lookups=lookups))) == refused(
        "the program of instruction 0 is no static key"
    )


@pytest.mark.parametrize(("loaded", "detail"), [(254, None), (255, "257 keys; an index reaches 256")])
def test_how_many_keys_an_index_reaches(loaded: int, detail: str | None) -> None:
    lookups = [(ONE_KEY, range(100), range(loaded - 100))]
    assert refusal(of(message_of(keys(2), version=0, lookups=lookups))) == (detail and refused(detail))


def test_a_lookup_brings_something() -> None:
    lookups = [(ONE_KEY, (0,), ()), (ONE_KEY, (), ())]
    assert refusal(of(message_of(keys(2), version=0, lookups=lookups))) == refused("a lookup brings no key")


def test_limits_of_version_1() -> None:
    twelve = message_of(keys(13), header=(12, 0, 0), version=1)
    assert refusal(of(twelve)) is None
    assert refusal(of(replace(twelve, header=MessageHeader(13, 0, 0)))) == refused("13 signatures")
    assert refusal(of(message_of(keys(64), version=1))) is None
    assert refusal(of(message_of(keys(65), version=1))) == refused("65 addresses")
    assert refusal(of(message_of([*keys(3), keys(3)[1]], version=1))) == refused("an address stands there twice")
    assert refusal(of(message_of([*keys(3), keys(3)[1]]))) is None


@pytest.mark.parametrize(
    ("heap", "is_sane"),
    [(None, True), (32_768, True), (262_144, True), (33_792, True)]
    + [(heap, False) for heap in (0, 1_024, 31_744, 32_769, 33_000, 263_168, 2**32 - 1024)],
)
def test_heaps_of_version_1(heap: int | None, is_sane: bool) -> None:
    message = message_of(keys(2), version=1, config=Config(0, 0, 0, heap))
    assert (refusal(of(message)) is None) == is_sane


def test_what_is_looked_at_first() -> None:
    """Version, size, number of instructions, accounts of an instruction, and the rest."""
    everything = message_of(keys(2), [(9, (9,) * 256, bytes(4_100))] * 65, header=(9, 9, 9))
    short = replace(everything, instructions=tuple(replace(one, data=b"") for one in everything.instructions[:4]))
    fewer = replace(short, instructions=short.instructions[:2])
    none = replace(short, instructions=())
    version_1 = message_of(keys(65), [(9, (), bytes(4_100))] * 65, header=(9, 9, 9), version=1)
    assert refusal(of(version_1, 1), MAINNET_2026_07) == "UNSUPPORTED_VERSION: version 1"
    assert "bytes; it may have 4096" in str(refusal(of(version_1, 1)))
    assert "bytes; it may have 1232" in str(refusal(of(everything, 1)))
    many = replace(fewer, instructions=(replace(fewer.instructions[0], accounts=b""),) * 65 + fewer.instructions)
    assert refusal(of(many, 1)) == refused("67 instructions")
    assert refusal(of(fewer, 1)) == refused("256 accounts of instruction 0")
    assert refusal(of(none, 1)) == refused("1 signatures for 9 signers")
