"""Mutants of the toy's specification, one bug each: vectors kill every one, and each passes some vectors too."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from samestate.conformance.engines.registry import SpecEngine, compare_engine
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.places import vector_files
from samestate.spec.machine import Rejection
from samestate.spec.state import merkle
from samestate.spec.toy import machine, operations, receipt
from samestate.spec.toy.keys import balance_key
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.operations import Running, Sload, Sstore
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.word import to_value
from samestate.spec.view import StepView

Change = Callable[[pytest.MonkeyPatch], None]


def constant(name: str, difference: int) -> Change:
    """A price that is wrong by a little."""
    return lambda patch: patch.setattr(operations, name, getattr(operations, name) + difference)


def warm_slots_outlive_their_transaction(patch: pytest.MonkeyPatch) -> None:
    shared: dict[int, set[int]] = {}
    original = Running.__init__

    def make(self: Running, view: Any, gas_left: int, *rest: Any) -> None:
        original(self, view, gas_left, *rest)
        self.warm = shared.setdefault(id(view._ledger), set())

    patch.setattr(Running, "__init__", make)


def load_reads_before_it_pays(patch: pytest.MonkeyPatch) -> None:
    original = Sload.run

    def run(self: Sload, running: Running) -> None:
        running.view.get(operations.slot_key(self.slot))
        original(self, running)

    patch.setattr(Sload, "run", run)


def store_reads_whatever_gas_is_left(patch: pytest.MonkeyPatch) -> None:
    original = Sstore.run

    def run(self: Sstore, running: Running) -> None:
        running.view.get(operations.slot_key(self.slot))
        original(self, running)

    patch.setattr(Sstore, "run", run)


def store_does_not_warm(patch: pytest.MonkeyPatch) -> None:
    original = Sstore.run

    def run(self: Sstore, running: Running) -> None:
        was_warm = self.slot in running.warm
        original(self, running)
        if not was_warm:
            running.warm.discard(self.slot)

    patch.setattr(Sstore, "run", run)


def failure_keeps_its_stores(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(StepView, "rollback", lambda self, mark: None)


def failure_pays_only_what_it_used(patch: pytest.MonkeyPatch) -> None:
    original = machine.pay

    def pay(view: Any, sender: bytes, balance: int, coinbase: bytes, fee: int) -> None:
        original(view, sender, balance, coinbase, max(fee - 1, 0))

    patch.setattr(machine, "pay", pay)


def fee_is_read_and_written(patch: pytest.MonkeyPatch) -> None:
    def credit(view: Any, address: bytes, amount: int) -> None:
        key = balance_key(address)
        view.set(key, to_value(int.from_bytes(view.get(key) or b"", "big") + amount))

    patch.setattr(machine, "credit", credit)


def zero_fee_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    def credit(view: Any, address: bytes, amount: int) -> None:
        if amount:
            view.add(balance_key(address), amount)

    patch.setattr(machine, "credit", credit)


def declared_gas_is_not_checked(patch: pytest.MonkeyPatch) -> None:
    original = Toy.settle

    def settle(self: Toy, block: Any, outcome: Any, totals: Any) -> Any:
        return original(self, replace(block, gas_limit=2**64 - 1), outcome, totals)

    patch.setattr(Toy, "settle", settle)


def used_gas_must_fit_only(patch: pytest.MonkeyPatch) -> None:
    original = Toy.settle

    def settle(self: Toy, block: Any, outcome: Any, totals: Any) -> Any:
        return original(self, block, replace(outcome, gas_limit=outcome.gas_used), totals)

    patch.setattr(Toy, "settle", settle)


def accepting(code: Invalid) -> Change:
    """A sender that should be rejected with the code is not."""

    def change(patch: pytest.MonkeyPatch) -> None:
        original = machine.check_sender

        def check(transaction: Any, view: Any) -> tuple[int, int]:
            try:
                return original(transaction, view)
            except Rejection as rejection:
                if rejection.code is not code:
                    raise
                return transaction.nonce, 2**200

        patch.setattr(machine, "check_sender", check)

    return change


def balance_comes_before_nonce(patch: pytest.MonkeyPatch) -> None:
    original = machine.check_sender

    def check(transaction: Any, view: Any) -> tuple[int, int]:
        balance = int.from_bytes(view.get(balance_key(transaction.sender)) or b"", "big")
        if balance < transaction.gas_limit * transaction.gas_price:
            raise Rejection(Invalid.INSUFFICIENT_BALANCE)
        return original(transaction, view)

    patch.setattr(machine, "check_sender", check)


def logs_are_counted_by_transaction(patch: pytest.MonkeyPatch) -> None:
    original = Toy.settle

    def settle(self: Toy, block: Any, outcome: Any, totals: Any) -> Any:
        made, after = original(self, block, outcome, totals)
        return replace(made, first_log=0), after

    patch.setattr(Toy, "settle", settle)


def withdrawals_come_first(patch: pytest.MonkeyPatch) -> None:
    original = Toy.close
    patch.setattr(Toy, "open", lambda self, block, view: original(self, block, (), view))
    patch.setattr(Toy, "close", lambda self, block, receipts, view: None)


def last_withdrawal_only(patch: pytest.MonkeyPatch) -> None:
    original = Toy.close

    def close(self: Toy, block: Any, receipts: Any, view: Any) -> None:
        original(self, replace(block, withdrawals=block.withdrawals[-1:]), receipts, view)

    patch.setattr(Toy, "close", close)


def access_list_is_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(machine, "check_access_list", lambda proposed, steps, before: None)


def access_list_need_not_have_all_reads(patch: pytest.MonkeyPatch) -> None:
    original = machine.check_access_list

    def check(proposed: Any, steps: Any, before: Any) -> None:
        try:
            original(proposed, steps, before)
        except Rejection as rejection:
            if "reads" not in rejection.detail:
                raise

    patch.setattr(machine, "check_access_list", check)


def access_list_has_credits_from_before_the_block(patch: pytest.MonkeyPatch) -> None:
    original = machine.check_access_list

    def check(proposed: Any, steps: Any, before: Any) -> None:
        for step, entry in zip(steps, proposed, strict=False):
            original((entry,), (step,), before)

    patch.setattr(machine, "check_access_list", check)


def odd_leaves_are_doubled(patch: pytest.MonkeyPatch) -> None:
    """The tree of Bitcoin, where an odd one is its own neighbour."""

    def subtree(leaves: Any) -> bytes:
        level = list(leaves)
        while len(level) > 1:
            level += level[-1:] * (len(level) % 2)
            level = [merkle.sha256(merkle.NODE + level[at] + level[at + 1]) for at in range(0, len(level), 2)]
        return level[0] if level else merkle.sha256(merkle.EMPTY)

    patch.setattr(merkle, "_subtree", subtree)


def leaves_and_nodes_begin_alike(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(merkle, "NODE", merkle.LEAF)


def errors_are_not_encoded(patch: pytest.MonkeyPatch) -> None:
    original = receipt.encode_receipt

    def encode(content: Any) -> bytes:
        encoded = original(content)
        return encoded[:1] + b"\x00" + encoded[2:]

    patch.setattr(receipt, "encode_receipt", encode)


MUTANTS: Final[dict[str, Change]] = {
    **{
        f"{name} {difference:+}": constant(name, difference)
        for name in (
            "WARM_GAS", "COLD_GAS", "SET_GAS", "CHANGE_GAS", "KEEP_GAS", "ARITHMETIC_GAS", "KECCAK_GAS",
            "KECCAK_WORD_GAS", "NOOP_GAS",
        )
        for difference in (-1, 1)
    },
    "warm slots outlive their transaction": warm_slots_outlive_their_transaction,
    "a load reads before it pays": load_reads_before_it_pays,
    "a store reads whatever gas is left": store_reads_whatever_gas_is_left,
    "a store does not warm": store_does_not_warm,
    "a failure keeps its stores": failure_keeps_its_stores,
    "a fee is one less": failure_pays_only_what_it_used,
    "a fee is read and written": fee_is_read_and_written,
    "a fee of zero is forgotten": zero_fee_is_forgotten,
    "declared gas is not checked": declared_gas_is_not_checked,
    "only used gas must fit": used_gas_must_fit_only,
    **{f"{code.name} is accepted": accepting(code) for code in list(Invalid)[:4]},
    "the balance comes before the nonce": balance_comes_before_nonce,
    "logs are counted by transaction": logs_are_counted_by_transaction,
    "withdrawals come first": withdrawals_come_first,
    "the last withdrawal counts alone": last_withdrawal_only,
    "an access list is believed": access_list_is_believed,
    "an access list need not have all reads": access_list_need_not_have_all_reads,
    "an access list has credits from before the block": access_list_has_credits_from_before_the_block,
    "odd leaves are doubled": odd_leaves_are_doubled,
    "leaves and nodes begin alike": leaves_and_nodes_begin_alike,
    "errors are not encoded": errors_are_not_encoded,
}  # fmt: skip


@functools.cache
def vectors() -> tuple[Vector, ...]:
    return tuple(load_vector_file(path) for path in vector_files(toy.NAME) if path.stem != "thousand_transactions")


@pytest.mark.parametrize("name", MUTANTS)
def test_vectors_kill_the_mutant_and_it_passes_some(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unspoiled = vectors()
    MUTANTS[name](monkeypatch)
    differences = [compare_engine(SpecEngine(), vector) for vector in unspoiled]
    killed = [difference for difference in differences if difference is not None]
    assert killed
    assert all(difference.where for difference in killed)
    assert len(killed) < len(differences)
