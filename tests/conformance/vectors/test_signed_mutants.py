"""Mutants of the toy's ruleset `signed`, one bug each: its vectors kill every one, and each passes some vectors too."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import pytest
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from samestate.conformance.engines.registry import SpecEngine, compare_engine
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.places import vector_files
from samestate.spec.machine import Rejection
from samestate.spec.toy.rejections import SIGNED_ALONE, Invalid
from samestate.spec.toy.signed import machine, registry, schemes, signing
from samestate.spec.toy.signed.machine import SignedToy
from samestate.spec.toy.signed.schemes import GROUP_ORDER, Scheme

Change = Callable[[pytest.MonkeyPatch], None]
SUITES: Final = ("signatures", "registrations")


def accepting(code: Invalid) -> Change:
    """A check that should reject with the code does not."""

    def change(patch: pytest.MonkeyPatch) -> None:
        for name in ("check_form", "check_signature", "check_registration"):
            patch.setattr(machine, name, without(code, getattr(machine, name)))

    return change


def without(code: Invalid, original: Callable[..., None]) -> Callable[..., None]:
    """The check, which passes what it should reject with the code."""

    def check(*arguments: Any) -> None:
        try:
            original(*arguments)
        except Rejection as rejection:
            if rejection.code is not code:
                raise

    return check


def registration_outlives_its_failure(patch: pytest.MonkeyPatch) -> None:
    original = SignedToy.admit

    def admit(self: SignedToy, block: Any, transaction: Any, view: Any) -> Any:
        admitted = original(self, block, transaction, view)
        registration = transaction.registration
        if registration is not None:
            entry = registry.RegisteredKey(registration.scheme, registration.public_key)
            key = registry.registered_key(registration.account, registration.key)
            view.set(key, registry.to_registered(entry))
        return admitted

    patch.setattr(SignedToy, "admit", admit)


def one_half_is_enough(which: int) -> Change:
    def change(patch: pytest.MonkeyPatch) -> None:
        def is_valid(scheme: Scheme, key: bytes, signature: bytes, message: bytes) -> bool:
            if scheme is not Scheme.HYBRID:
                return schemes.is_valid(scheme, key, signature, message)
            keys, parts = schemes.halves(key, 32), schemes.halves(signature, 64)
            verify = (schemes.verify_ed25519, schemes.verify_ml_dsa_65)[which]
            return verify(keys[which], parts[which], message)

        patch.setattr(machine, "is_valid", is_valid)

    return change


def scalars_are_reduced_in_silence(patch: pytest.MonkeyPatch) -> None:
    """As verifiers did that took S modulo the order."""
    patch.setattr(schemes, "is_scalar_reduced", lambda signature: True)

    def verify(key: bytes, signature: bytes, message: bytes) -> bool:
        scalar = int.from_bytes(signature[32:], "little") % GROUP_ORDER
        try:
            crypto_sign_open(signature[:32] + scalar.to_bytes(32, "little") + message, key)
        except CryptoError:
            return False
        return True

    patch.setattr(schemes, "verify_ed25519", verify)


def small_keys_are_taken(patch: pytest.MonkeyPatch) -> None:
    original = schemes.verify_ed25519
    neutral = (1).to_bytes(32, "little")
    patch.setattr(
        schemes,
        "verify_ed25519",
        lambda key, signature, message: key == neutral or original(key, signature, message),
    )


def chain_does_not_matter(patch: pytest.MonkeyPatch) -> None:
    original = machine.is_valid

    def is_valid(scheme: Scheme, key: bytes, signature: bytes, message: Any) -> bool:
        if isinstance(message, bytes):
            return bool(original(scheme, key, signature, message))
        return any(original(scheme, key, signature, signing.signed_bytes(message, chain)) for chain in (7, 8))

    patch.setattr(machine, "is_valid", is_valid)
    patch.setattr(machine, "signed_bytes", lambda transaction, chain_id: transaction)


def purposes_are_one(patch: pytest.MonkeyPatch) -> None:
    original = schemes.is_valid

    def is_valid(scheme: Scheme, key: bytes, signature: bytes, message: bytes) -> bool:
        tags = (signing.TRANSACTION_TAG, signing.POSSESSION_TAG)
        body = message[1 + message[0] :]
        return any(original(scheme, key, signature, bytes([len(tag)]) + tag + body) for tag in tags)

    patch.setattr(machine, "is_valid", is_valid)


def declarations_are_signed(patch: pytest.MonkeyPatch) -> None:
    def signed_bytes(transaction: Any, chain_id: int) -> bytes:
        written = signing.signed_bytes(transaction, chain_id)
        return (
            written + repr(transaction.declared).encode()
            if transaction.declared and transaction.declared.writes
            else written
        )

    patch.setattr(machine, "signed_bytes", signed_bytes)


def nonce_comes_first(patch: pytest.MonkeyPatch) -> None:
    original = machine.check_form
    patch.setattr(machine, "check_form", lambda signature, registration: None)
    check_nonce = machine.check_nonce

    def check(transaction: Any, view: Any) -> int:
        nonce = check_nonce(transaction, view)
        original(transaction.signature, transaction.registration)
        return nonce

    patch.setattr(machine, "check_nonce", check)


def key_is_not_read_where_it_is_registered(patch: pytest.MonkeyPatch) -> None:
    original = machine.check_registration

    class Blind:
        def __init__(self, view: Any) -> None:
            self.get = lambda key: None

    patch.setattr(
        machine,
        "check_registration",
        lambda transaction, registration, chain_id, view: original(transaction, registration, chain_id, Blind(view)),
    )


def same_key_is_not_charged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(machine, "REGISTRATION_BYTE_GAS", 0)


def registration_costs_one_more(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(machine, "REGISTRATION_GAS", machine.REGISTRATION_GAS + 1)


def balance_comes_before_the_signature(patch: pytest.MonkeyPatch) -> None:
    original, balance = machine.check_signature, machine.check_balance

    def check(transaction: Any, signature: Any, chain_id: int, view: Any) -> None:
        balance(transaction, view)
        original(transaction, signature, chain_id, view)

    patch.setattr(machine, "check_signature", check)


def hints_may_be_in_any_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schemes, "is_hint_canonical", lambda signature, sizes: True)


MUTANTS: Final[dict[str, Change]] = {
    **{f"{code.name} is accepted": accepting(code) for code in Invalid if code in SIGNED_ALONE},
    "a registration outlives its failure": registration_outlives_its_failure,
    "the ed25519 half is enough": one_half_is_enough(0),
    "the ML-DSA half is enough": one_half_is_enough(1),
    "scalars are reduced in silence": scalars_are_reduced_in_silence,
    "keys of small order are taken": small_keys_are_taken,
    "the chain does not matter": chain_does_not_matter,
    "the purpose does not matter": purposes_are_one,
    "declarations are signed": declarations_are_signed,
    "the nonce comes before the form": nonce_comes_first,
    "the balance comes before the signature": balance_comes_before_the_signature,
    "a registered key is not looked at": key_is_not_read_where_it_is_registered,
    "the bytes of a key cost nothing": same_key_is_not_charged,
    "a registration costs one more": registration_costs_one_more,
    "hints may be anything": hints_may_be_in_any_order,
}


@functools.cache
def vectors() -> tuple[Vector, ...]:
    files = [path for path in vector_files(toy.NAME) if path.parent.name in SUITES]
    return tuple(load_vector_file(path) for path in files)


@pytest.mark.parametrize("name", MUTANTS)
def test_vectors_kill_the_mutant_and_it_passes_some(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unspoiled = vectors()
    MUTANTS[name](monkeypatch)
    differences = [compare_engine(SpecEngine(), vector) for vector in unspoiled]
    killed = [difference for difference in differences if difference is not None]
    assert killed
    assert all(difference.where for difference in killed)
    assert len(killed) < len(differences)


def test_the_key_of_before_the_block_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hazard itself: blocks in which an earlier transaction registers or replaces a key kill such a verifier."""
    original = SignedToy.admit
    states: dict[str, Any] = {}
    start = SignedToy.open

    def open_block(self: SignedToy, block: Any, view: Any) -> None:
        states.clear()
        start(self, block, view)

    def admit(self: SignedToy, block: Any, transaction: Any, view: Any) -> Any:
        key = registry.registered_key(transaction.sender, transaction.signature.key)

        class Ahead:
            def get(self, asked: bytes) -> Any:
                found = view.get(asked)
                if asked == key:
                    return states.setdefault(asked.hex(), found)
                return found

        return original(self, block, transaction, Ahead())  # type: ignore[arg-type]

    monkeypatch.setattr(SignedToy, "open", open_block)
    monkeypatch.setattr(SignedToy, "admit", admit)
    killed = {vector.case.id for vector in vectors() if compare_engine(SpecEngine(), vector) is not None}
    assert {"toy/registrations/replaced_and_used", "toy/registrations/old_key_after_its_end"} <= killed
    assert all("H147" in vector.hazards for vector in vectors() if vector.case.id in killed)
