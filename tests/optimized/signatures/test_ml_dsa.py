"""ML-DSA: implementations written apart agree on known answers, on what is generated, and on every kind of damage."""

from __future__ import annotations

import json
import os
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from dilithium_py.ml_dsa import ML_DSA_44, ML_DSA_65
from pqcrypto.sign import ml_dsa_44, ml_dsa_65

from samestate.optimized.signatures.primitives import is_well_formed, verify_ml_dsa, verify_ml_dsa_internal
from samestate.spec.toy.signed.schemes import SIZES_44, SIZES_65, is_hint_canonical

PURE = {44: ML_DSA_44, 65: ML_DSA_65}
RUST = {44: ml_dsa_44, 65: ml_dsa_65}
SIZES = {44: SIZES_44, 65: SIZES_65}
KNOWN = Path(cryptography_vectors.__file__).parent / "asymmetric" / "MLDSA"
SOURCE = "dilithium_py-1.5.1.tar.gz"
"""The source distribution of dilithium-py, which has NIST's ACVP cases, unlike its wheel."""

SETS = pytest.mark.parametrize("parameters", [44, 65])


def by_rust(parameters: int, key: bytes, signature: bytes, message: bytes, context: bytes = b"") -> bool:
    try:
        RUST[parameters].verify(key, message, signature, context=context or None)
    except Exception:
        return False
    return True


def agreed(parameters: int, key: bytes, signature: bytes, message: bytes, context: bytes = b"") -> bool:
    """What three implementations say: ours, one in Python and one in Rust."""
    said = {
        verify_ml_dsa(parameters, key, signature, message, context),
        bool(PURE[parameters].verify(key, message, signature, ctx=context)),
        by_rust(parameters, key, signature, message, context),
    }
    assert len(said) == 1
    return said.pop()


def known_answers(parameters: int) -> Iterator[dict[str, bytes]]:
    for part in (KNOWN / f"kat_MLDSA_{parameters}_det_pure.rsp").read_text(encoding="utf-8").split("count = "):
        fields = dict(line.split(" = ") for line in part.splitlines() if " = " in line)
        if fields:
            yield {name: bytes.fromhex(text) for name, text in fields.items() if name not in ("mlen", "smlen")}


@SETS
def test_known_answers_with_contexts(parameters: int) -> None:
    answers = list(known_answers(parameters))[:15]
    assert len(answers) == 15
    length = SIZES[parameters].signature
    for answer in answers:
        key, secret = PURE[parameters].key_derive(answer["xi"])
        assert (key, secret) == (answer["pk"], answer["sk"])
        signature = PURE[parameters].sign(secret, answer["msg"], ctx=answer["ctx"], deterministic=True)
        assert signature == answer["sm"][:length]
        assert agreed(parameters, key, signature, answer["msg"], answer["ctx"])
        assert not agreed(parameters, key, signature, answer["msg"], answer["ctx"] + b"x")


def damaged(source: random.Random, signature: bytes, parameters: int) -> bytes:
    """The signature with one bit, or one byte of its hint, made another."""
    changed = bytearray(signature)
    hint = SIZES[parameters].omega + SIZES[parameters].k
    if source.random() < 0.5:
        changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
    else:
        changed[-source.randrange(1, hint + 1)] = source.choice((0, 1, 79, 80, 81, 255, source.randrange(256)))
    return bytes(changed)


@SETS
def test_damage_is_seen_by_all(parameters: int) -> None:
    source = random.Random(parameters)
    key, secret = PURE[parameters].key_derive(bytes(32))
    seen = set()
    for length in (0, 1, 135, 136, 137, 1000):
        message = source.randbytes(length)
        signature = PURE[parameters].sign(secret, message, deterministic=True)
        assert agreed(parameters, key, signature, message)
        assert not agreed(parameters, key, signature, message + b"\0")
        for _ in range(12):
            other = damaged(source, signature, parameters)
            is_hint = is_hint_canonical(other, SIZES[parameters])
            assert is_well_formed(parameters, key, other) == is_hint
            assert agreed(parameters, key, other, message) == (other == signature)
            seen.add(is_hint)
    assert seen == {True, False}


@SETS
def test_another_key_is_another(parameters: int) -> None:
    key, secret = PURE[parameters].key_derive(bytes(32))
    signature = PURE[parameters].sign(secret, b"message", deterministic=True)
    for place in (0, 31, 32, len(key) - 1):
        other = bytearray(key)
        other[place] ^= 1
        assert not agreed(parameters, bytes(other), signature, b"message")


def test_what_is_too_short_or_too_long_is_refused() -> None:
    key, signature = bytes(SIZES_44.public_key), bytes(SIZES_44.signature)
    with pytest.raises(ValueError, match="there is no ML-DSA-87 here"):
        verify_ml_dsa(87, key, signature, b"")
    with pytest.raises(ValueError, match="a key of ML-DSA-44 must be 1312 bytes, not 1311"):
        verify_ml_dsa(44, key[:-1], signature, b"")
    with pytest.raises(ValueError, match="a signature of ML-DSA-44 must be 2420 bytes, not 2421"):
        verify_ml_dsa(44, key, signature + b"\0", b"")
    with pytest.raises(ValueError, match="a context has at most 255 bytes, not 256"):
        verify_ml_dsa(44, key, signature, b"", bytes(256))


def test_by_cryptography_as_well() -> None:
    mldsa: Any = pytest.importorskip(
        "cryptography.hazmat.primitives.asymmetric.mldsa",
        reason="cryptography has ML-DSA since version 47, which ethereum-execution does not allow yet",
    )
    for parameters in (44, 65):
        private = getattr(mldsa, f"MLDSA{parameters}PrivateKey").from_seed_bytes(bytes(32))
        key = private.public_key().public_bytes_raw()
        assert key == PURE[parameters].key_derive(bytes(32))[0]
        for context in (b"", b"a context"):
            assert agreed(parameters, key, private.sign(b"message", context), b"message", context)


@pytest.mark.fixtures
def test_cases_of_nist() -> None:
    data = os.environ.get("SAMESTATE_DATA", "")
    archive = Path(data, "more", SOURCE)
    if not data or not archive.is_file():
        pytest.skip(
            f"SAMESTATE_DATA has no more/{SOURCE} (pip download --no-deps --no-binary :all: dilithium-py==1.5.1)"
        )
    with tarfile.open(archive) as opened:
        (name,) = (name for name in opened.getnames() if name.endswith("ML-DSA-sigVer-FIPS204/internalProjection.json"))
        member = opened.extractfile(name)
        assert member is not None
        groups = json.load(member)["testGroups"]
    seen: dict[str, int] = {}
    for group in groups:
        parameters = int(group["parameterSet"].removeprefix("ML-DSA-"))
        if parameters not in PURE:
            continue
        key = bytes.fromhex(group["pk"])
        for case in group["tests"]:
            signature, message = bytes.fromhex(case["signature"]), bytes.fromhex(case["message"])
            assert verify_ml_dsa_internal(parameters, key, signature, message) == case["testPassed"], case["tcId"]
            seen[case["reason"]] = seen.get(case["reason"], 0) + 1
    assert sum(seen.values()) == 30
    assert len(seen) == 5
