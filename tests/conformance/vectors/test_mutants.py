"""Mutants: the specification with one bug each. Vectors must kill every one, and each passes some vectors too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from samestate.conformance.engines.registry import SpecEngine, compare_engine
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS, vector_files
from samestate.spec.evm import delegation, transaction_execution
from samestate.spec.evm.keys import balance_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.validity import check_sender
from samestate.spec.evm.world import World, to_value
from samestate.spec.machine import Rejection
from samestate.spec.view import Ledger, StepView


def destroyed_storage_survives(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "_wipe", lambda self, step, address: None)


def fee_is_read(patch: pytest.MonkeyPatch) -> None:
    """The state stays right: only the record says that everything depends on everything."""

    def credit(self: World, address: bytes, amount: int) -> None:
        self.view.set(balance_key(address), to_value(self.balance(address) + amount))

    patch.setattr(World, "credit", credit)


def storage_does_not_collide(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FlatState, "has_storage", lambda self, address: False)


def credits_survive_reverts(patch: pytest.MonkeyPatch) -> None:
    original = StepView.rollback

    def rollback(self: StepView, mark: int) -> None:
        kept = dict(self.credits)
        original(self, mark)
        self.credits.update(kept)

    patch.setattr(StepView, "rollback", rollback)


def reverted_reads_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    original = StepView.rollback

    def rollback(self: StepView, mark: int) -> None:
        original(self, mark)
        self.reads.popitem()

    patch.setattr(StepView, "rollback", rollback)


def equal_values_are_writes(patch: pytest.MonkeyPatch) -> None:
    original = Ledger.commit

    def commit(self: Ledger, step: int, view: StepView) -> Any:
        access = original(self, step, view)
        for key in view.writes:
            self.sources.setdefault(key, (step,))
        return access

    patch.setattr(Ledger, "commit", commit)


def declared_gas_is_not_checked(patch: pytest.MonkeyPatch) -> None:
    original = Evm.settle

    def settle(self: Evm, block: Any, outcome: Any, totals: Any) -> Any:
        from dataclasses import replace

        roomy = replace(block, environment=replace(block.environment, gas_limit=2**63))
        return original(self, roomy, outcome, totals)

    patch.setattr(Evm, "settle", settle)


def nonce_too_high_is_waited_for(patch: pytest.MonkeyPatch) -> None:
    def check(fork: Any, world: World, sender: bytes, transaction: Any) -> None:
        try:
            check_sender(fork, world, sender, transaction)
        except Rejection as rejection:
            if rejection.code.name != "NONCE_TOO_HIGH":
                raise

    patch.setattr(transaction_execution, "check_sender", check)


def delegation_leaves_the_nonce(patch: pytest.MonkeyPatch) -> None:
    original = delegation.apply_authorization

    def apply(environment: Any, world: World, substate: Any, authorization: Any) -> None:
        set_nonce = World.set_nonce
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(World, "set_nonce", lambda self, address, nonce: None)
            original(environment, world, substate, authorization)
        assert World.set_nonce is set_nonce

    patch.setattr(delegation, "apply_authorization", apply)


def last_credit_is_the_only_source(patch: pytest.MonkeyPatch) -> None:
    original = Ledger.source
    patch.setattr(Ledger, "source", lambda self, key: original(self, key)[-1:])


MUTANTS: Final[dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]]] = {
    "destroyed storage survives": (destroyed_storage_survives, "evm/self_destruct/destroyed_recreated_called-shanghai"),
    "the fee is read": (fee_is_read, "evm/transfers/strangers-paris"),
    "storage does not collide": (storage_does_not_collide, "evm/creation/created_over_storage-paris"),
    "credits survive reverts": (credits_survive_reverts, "evm/self_destruct/reverted_destruction-shanghai"),
    "reverted reads are forgotten": (reverted_reads_are_forgotten, "evm/storage/read_in_a_reverted_frame-paris"),
    "equal values are writes": (equal_values_are_writes, "evm/storage/write_that_leaves_the_value-paris"),
    "declared gas is not checked": (
        declared_gas_is_not_checked,
        "evm/gas_limits/declared_gas_that_does_not_fit-london",
    ),
    "a gap in nonces is accepted": (nonce_too_high_is_waited_for, "evm/nonces/gap_in_mid_block-london"),
    "a delegation leaves the nonce": (delegation_leaves_the_nonce, "evm/delegation/sponsors_itself-prague"),
    "only the last credit is a source": (last_credit_is_the_only_source, "evm/transfers/many_pay_one-paris"),
}
"""Each with a vector that is about what the mutant gets wrong."""

SAMPLE: Final = tuple(vector_files("evm"))[::12]


@pytest.mark.parametrize("name", MUTANTS)
def test_vectors_kill_the_mutant(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, identity = MUTANTS[name]
    change(monkeypatch)
    difference = compare_engine(SpecEngine(), load_vector_file(VECTORS / f"{identity}{SUFFIX}"))
    assert difference is not None
    assert difference.where


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mutant_passes_some_vectors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = [load_vector_file(path) for path in SAMPLE]
    MUTANTS[name][0](monkeypatch)
    assert any(compare_engine(SpecEngine(), vector) is None for vector in vectors)
