"""Signatures in the compiled engine: verified ahead, again where the key is another, alike whichever way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samestate.conformance.engines.optimized.toy import packed_block, plain_block, toy_result
from samestate.conformance.generating.toy_signing import KeyPair, named_key, registering, signed, unsigned
from samestate.optimized.configuration import Configuration
from samestate.optimized.toy.engine import ToyEngine, ToyOptions
from samestate.optimized.toy.packing import pack
from samestate.spec.machine import Rejection
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.operations import Sstore
from samestate.spec.toy.signed.machine import SignedToy
from samestate.spec.toy.signed.schemes import Scheme
from samestate.spec.toy.state import ToyState, toy_state
from samestate.spec.transition import apply_block

CHAIN = 1
COINBASE = b"\xcc" * 20
MEMORY = 64 << 20
STRATEGIES = ("sequential", "block-stm", "locks", "waves")


def pairs(count: int) -> list[KeyPair]:
    schemes = [Scheme.ED25519] * 8 + [Scheme.ML_DSA_44, Scheme.ML_DSA_65, Scheme.HYBRID]
    return [named_key(f"account {number}", schemes[number % len(schemes)]) for number in range(count)]


def sent(pair: KeyPair, nonce: int, by: KeyPair, **fields: Any) -> Transaction:
    content = {"operations": (Sstore(nonce, nonce + 1),), "gas_limit": 100_000, **fields}
    return Transaction(pair.address, nonce, gas_price=0, signature=unsigned(0, by.scheme), **content)


def rotated(pair: KeyPair, by: KeyPair, new: KeyPair, gas: int = 100_000) -> Transaction:
    registration = registering(pair.address, 0, new)
    return signed(sent(pair, 0, by, operations=(), gas_limit=gas, registration=registration), CHAIN, by, new)


def many() -> tuple[Block, ToyState, int]:
    """A block with keys replaced and replacements that come to nothing; and how many guesses are wrong."""
    accounts = pairs(22)
    transactions, wrong = [], 0
    for number, pair in enumerate(accounts):
        if number % 5 == 1:
            new = named_key(f"new {number}", Scheme.ED25519)
            fails = number % 2 == 0
            transactions.append(rotated(pair, pair, new, 1 if fails else 100_000))
            by = pair if fails else new
            transactions.append(signed(sent(pair, 1, by), CHAIN, by))
            wrong += fails
        else:
            transactions.append(signed(sent(pair, 0, pair), CHAIN, pair))
    state = toy_state(registered={(pair.address, 0): pair.registered for pair in accounts})
    return Block(COINBASE, 10**9, tuple(transactions), chain_id=CHAIN), state, wrong


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("options", [ToyOptions(), ToyOptions(batches=False), ToyOptions(ahead=False)], ids=str)
def test_every_way_gives_what_is_specified(strategy: str, options: ToyOptions) -> None:
    block, state, wrong = many()
    expected = apply_block(SignedToy(), block, state)
    registrations = sum(transaction.registration is not None for transaction in block.transactions)
    engine = ToyEngine(Configuration(workers=2, strategy=strategy, memory_limit=MEMORY), options)
    try:
        for _ in range(2):
            result = engine.execute(packed_block(block, state))
            made = toy_result(result, block, state)
            assert (made.receipts, made.changes, made.steps) == (expected.receipts, expected.changes, expected.steps)
            signatures = result.metrics.signatures
            assert signatures is not None
            if options.ahead:
                # A guess of another scheme than the signature's is not verified by.
                assert len(block.transactions) + registrations - wrong <= signatures.ahead
                assert signatures.ahead <= len(block.transactions) + registrations
                assert signatures.again >= wrong
            else:
                assert (signatures.ahead, signatures.ahead_seconds > 0) == (0, True)
                assert signatures.again >= len(block.transactions) + registrations
    finally:
        engine.close()


def test_sequential_verifies_again_just_what_was_guessed_wrong() -> None:
    block, state, wrong = many()
    engine = ToyEngine(Configuration(strategy="sequential", memory_limit=MEMORY))
    try:
        signatures = engine.execute(packed_block(block, state)).metrics.signatures
        assert signatures is not None
        assert signatures.again == wrong == 2
    finally:
        engine.close()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_first_wrong_signature_counts(strategy: str) -> None:
    block, state, _ = many()
    for number in (3, 9, 20):
        transactions = list(block.transactions)
        signature = transactions[number].signature
        assert signature is not None
        spoiled = bytes([signature.content[0] ^ 1]) + signature.content[1:]
        transactions[number] = replace(transactions[number], signature=replace(signature, content=spoiled))
        wrong = replace(block, transactions=tuple(transactions))
        with pytest.raises(Rejection) as caught:
            apply_block(SignedToy(), wrong, state)
        engine = ToyEngine(Configuration(workers=2, strategy=strategy, memory_limit=MEMORY))
        try:
            rejection = engine.execute(packed_block(wrong, state)).rejection
            assert rejection is not None
            assert (rejection.code, rejection.transaction) == (caught.value.code.name, number)
        finally:
            engine.close()


def test_blocks_of_the_other_ruleset_have_no_figures_of_signatures() -> None:
    engine = ToyEngine(Configuration(strategy="sequential", memory_limit=MEMORY))
    try:
        assert engine.execute(pack([], (COINBASE, 1))).metrics.signatures is None
    finally:
        engine.close()


def spoil(block: tuple[Any, ...], **parts: Any) -> tuple[Any, ...]:
    transactions = [list(block[0][0])]
    for place, value in parts.items():
        transactions[0][int(place[1:])] = value
    return ([tuple(transactions[0])], *block[1:])


def test_malformed_input_is_named() -> None:
    block, state, _ = many()
    plain = plain_block(replace(block, transactions=block.transactions[:1]), state)
    content = plain[0][0][6][2]
    with pytest.raises(ValueError, match="transaction 0: under the ruleset signed a transaction has a signature"):
        pack([plain[0][0][:6]], *plain[1:])
    with pytest.raises(ValueError, match="transaction 0: there is no signature scheme 5; there are 1 to 4"):
        pack(*spoil(plain, _6=(0, 5, content)))
    with pytest.raises(
        ValueError, match=r"transaction 0: number of a key must be at least 0 and below 2\*\*8, not 256"
    ):
        pack(*spoil(plain, _6=(256, 1, content)))
    with pytest.raises(ValueError, match="transaction 0: keys and signatures must be bytes"):
        pack(*spoil(plain, _6=(0, 1, "0x")))
    with pytest.raises(ValueError, match="transaction 0: account must be 20 bytes"):
        pack(*spoil(plain, _7=(b"", 0, 1, b"", b"")))
    with pytest.raises(ValueError, match=r"environment: chain id must be at least 0 and below 2\*\*64"):
        pack(*plain[:-1], 2**64)
    name = next(key for key in plain[4] if key[:1] == b"\x04")
    for value in (b"", b"\x01", b"\x09" + bytes(32), b"\x01" + bytes(31)):
        with pytest.raises(ValueError, match="the value is not the canonical form of a public key"):
            pack(*plain[:4], {name: value}, *plain[5:])
