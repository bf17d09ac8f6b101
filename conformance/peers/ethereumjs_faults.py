"""What @ethereumjs/vm 10.1.3 is known to get wrong about blocks of Amsterdam, each as the rules that it has instead.

A difference is explained where the specification, with some of these in the place of its own rules, gives exactly what
the client gave: gas, receipts, state, and the access list. docs/outside-clients.md has each with who is right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pytest

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.peers.peer import ReportedBlock, differences, report
from samestate.spec.evm import delegation, interpreter, transactions_with_state_gas
from samestate.spec.evm.address import created_address, salted_address
from samestate.spec.evm.block_access_list import AccountAccess, decode_access_list
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.frame import CALL_DEPTH_LIMIT, Frame
from samestate.spec.evm.gas import all_but_one_64th
from samestate.spec.evm.halts import ExceptionalHalt, OutOfGas
from samestate.spec.evm.instructions import access, calls, creation, state_creation
from samestate.spec.evm.instructions.calls import Callee
from samestate.spec.evm.instructions.instruction import Instruction
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.spending import Spending
from samestate.spec.evm.state_gas import NEW_ACCOUNT, StateGasFrame, metered
from samestate.spec.evm.transaction import Transaction
from samestate.spec.evm.transaction_execution import Outcome
from samestate.spec.evm.world import NONCE_LIMIT, World
from samestate.spec.machine import View
from samestate.spec.transition import apply_block

WORTH_A_LOOK = 2**20
"""Initialization code of so many bytes is never made."""

BN254 = tuple(number.to_bytes(20, "big") for number in (6, 7, 8))
BN254_PAIRING = (8).to_bytes(20, "big")
PAIR_SIZE = 192
"""Bytes of a pair of points."""

Patch = Callable[[pytest.MonkeyPatch], None]


@contextmanager
def unseen(world: World) -> Iterator[None]:
    """Look at the state without a trace in the access list."""
    view: Any = world.view
    reads, touches = dict(view.reads), set(view.touches)
    yield
    view.reads, view.touches = reads, touches


def creation_is_paid_before_it_is_known_to_fail(patch: pytest.MonkeyPatch) -> None:
    """The new account's state gas is asked for before balance, nonce and depth are looked at, and then given back."""
    right = creation.create_account

    def create_account(frame: Frame, value: int, initcode: bytes, salt: bytes | None) -> None:
        world, creator = frame.world, frame.message.target
        nonce = world.nonce(creator)
        lacks_funds = value > 0 and world.balance(creator) < value
        if lacks_funds or nonce == NONCE_LIMIT or frame.message.depth == CALL_DEPTH_LIMIT:
            address = created_address(creator, nonce) if salt is None else salted_address(creator, salt, initcode)
            meter = metered(frame)
            with unseen(world):
                is_empty = world.is_empty(address)
            if is_empty and meter.reservoir + meter.gas_left < NEW_ACCOUNT:
                touch = world.view.touch
                touch(address)
                raise OutOfGas(NEW_ACCOUNT)
        right(frame, value, initcode, salt)

    patch.setattr(creation, "create_account", create_account)


def spill_of_a_failing_precompile_comes_back(patch: pytest.MonkeyPatch) -> None:
    """A transaction whose value makes a precompile's account, and whose run fails, gets back what that spilled.

    That has been seen of bn254 alone, where points are not on the curve; pairings of another length than theirs, and
    what other precompiles refuse, take all.
    """
    right = interpreter.fail

    def fail(frame: Frame, halt: ExceptionalHalt) -> None:
        spilled = metered(frame).spilled
        right(frame, halt)
        message = frame.message
        address = message.code_address
        is_of_no_length = address == BN254_PAIRING and len(message.data) % PAIR_SIZE
        refuses_points = address in BN254 and not is_of_no_length
        is_precompile = message.runs_precompile and address in frame.context.fork.precompiles
        if message.depth == 0 and is_precompile and refuses_points:
            frame.gas_left = spilled

    patch.setattr(interpreter, "fail", fail)


def call_that_runs_out_of_gas_burns_the_reservoir(patch: pytest.MonkeyPatch) -> None:
    """Where a call reached its target and lacked gas for more, a transaction that then runs out of gas loses it all."""
    state = {"reached": False, "failed": False}
    warm = access.warm_account
    charge, run, spend = AMSTERDAM.charge_call, AMSTERDAM.run, AMSTERDAM.spend

    def warm_account(frame: Frame, address: bytes) -> None:
        state["reached"] = True
        warm(frame, address)

    def charge_call(frame: Frame, *rest: Any) -> Any:
        state["reached"] = False
        try:
            return charge(frame, *rest)
        except OutOfGas:
            state["failed"] |= state["reached"]
            raise

    def run_transaction(*given: Any) -> Any:
        state["failed"] = False
        return run(*given)

    def spend_gas(fork: Fork, transaction: Transaction, sender: bytes, frame: Frame) -> Spending:
        if state["failed"] and isinstance(frame.halt, OutOfGas):
            meter = metered(frame)
            meter.first -= meter.reservoir
            meter.reservoir = 0
        return spend(fork, transaction, sender, frame)

    patch.setattr(state_creation, "warm_account", warm_account)
    patch_fork(patch, charge_call=charge_call, run=run_transaction, spend=spend_gas)


def spill_is_not_repaid_by_a_call_that_succeeds(patch: pytest.MonkeyPatch) -> None:
    """What a child put into the reservoir stays there, and does not repay what its caller had spilled before."""

    def take_back(frame: StateGasFrame, child: Frame) -> None:
        ended = metered(child)
        frame.gas_left += ended.gas_left
        frame.reservoir += ended.reservoir
        frame.spilled += ended.spilled
        if child.halt is not None:
            frame.credit_state(frame.grant)

    patch.setattr(StateGasFrame, "take_back", take_back)


def forwarded_gas_is_reckoned_before_the_new_account_is_paid(patch: pytest.MonkeyPatch) -> None:
    """All but a 64th is what the account's spill leaves nothing off. A child that uses more than there is ends both."""
    take_back = StateGasFrame.take_back

    def begin_call(
        frame: Frame, address: bytes, value: int, creates_account: bool, requested: int, memory: int
    ) -> tuple[Callee, int]:
        meter = metered(frame)
        before = meter.spilled
        callee = AMSTERDAM.charge_call(frame, address, value, memory, creates_account)
        forwarded = min(requested, all_but_one_64th(frame.gas_left + meter.spilled - before))
        frame.gas_left -= forwarded
        return callee, forwarded

    def take_back_what_is_left(frame: StateGasFrame, child: Frame) -> None:
        if frame.gas_left + child.gas_left < 0:
            raise OutOfGas
        take_back(frame, child)

    patch.setattr(calls, "begin_call", begin_call)
    patch.setattr(StateGasFrame, "take_back", take_back_what_is_left)


def patch_fork(patch: pytest.MonkeyPatch, **rules: object) -> None:
    """Give Amsterdam other rules."""
    for name, rule in rules.items():
        patch.setitem(AMSTERDAM.__dict__, name, rule)


GAS_FAULTS: Mapping[str, Patch] = {
    "creation paid before it is known to fail": creation_is_paid_before_it_is_known_to_fail,
    "spill of a failing precompile comes back": spill_of_a_failing_precompile_comes_back,
    "reservoir burnt by a call out of gas": call_that_runs_out_of_gas_burns_the_reservoir,
    "spill not repaid by a call that succeeds": spill_is_not_repaid_by_a_call_that_succeeds,
    "gas forwarded as if no account were paid for": forwarded_gas_is_reckoned_before_the_new_account_is_paid,
}
"""Faults that show in gas, receipts and state, and in what follows from them."""


@dataclass(slots=True)
class Evidence:
    """What happened in a block that the client is known to list wrongly.

    ``unpaid``: recipients and new accounts whose state gas a transaction could not pay. ``undone``: by authority, the
    indices at which a transaction that failed before its code began had delegated it. ``half_done``: slots that were
    accessed by nothing but SSTOREs that then ran out of gas. ``forbidden``: what a static context kept from being made.
    """

    unpaid: set[bytes] = field(default_factory=set)
    undone: dict[bytes, set[int]] = field(default_factory=lambda: defaultdict(set))
    half_done: set[tuple[bytes, int]] = field(default_factory=set)
    forbidden: set[bytes] = field(default_factory=set)
    index: int = 0
    _authorities: set[bytes] = field(default_factory=set)
    _done: set[tuple[bytes, int]] = field(default_factory=set)

    def gather(self, patch: pytest.MonkeyPatch) -> None:
        """Watch the specification."""
        run, at_once = AMSTERDAM.run, interpreter.fail_at_once
        authority_of = delegation.authority_of

        def run_transaction(*given: Any) -> Any:
            self._authorities = set()
            return run(*given)

        def authority(*given: Any) -> bytes | None:
            found = authority_of(*given)
            if found is not None:
                self._authorities.add(found)
            return found

        def fail_at_once(frame: Frame, halt: ExceptionalHalt) -> None:
            if isinstance(halt, OutOfGas) and halt.args == (NEW_ACCOUNT,):
                self.unpaid.add(frame.message.target)
            for address in self._authorities:
                self.undone[address].add(self.index)
            at_once(frame, halt)

        def accesses(instruction: Instruction) -> Instruction:
            def operation(frame: Frame) -> None:
                slot = (frame.message.target, frame.stack[-1])
                try:
                    instruction.run(frame)
                except OutOfGas:
                    self.half_done.add(slot)
                    raise
                self._done.add(slot)

            return instruction._replace(run=operation)

        patch.setattr(transactions_with_state_gas, "authority_of", authority)
        patch.setattr(transactions_with_state_gas, "fail_at_once", fail_at_once)

        def creates(instruction: Instruction) -> Instruction:
            def operation(frame: Frame) -> None:
                if frame.message.is_static:
                    self.forbidden.add(address_to_create(frame, instruction.mnemonic))
                instruction.run(frame)

            return instruction._replace(run=operation)

        watchers = {"SLOAD": accesses, "SSTORE": accesses, "CREATE": creates, "CREATE2": creates}
        table = [
            watchers.get(each.mnemonic, lambda same: same)(each) if each is not None else None
            for each in AMSTERDAM.instruction_table
        ]
        patch_fork(patch, run=run_transaction, instruction_table=tuple(table))

    def is_half_done(self, address: bytes, slot: int) -> bool:
        """Whether nothing but SSTOREs that ran out of gas accessed the slot."""
        return (address, slot) in self.half_done and (address, slot) not in self._done


def address_to_create(frame: Frame, mnemonic: str) -> bytes:
    """Where the creation that comes next would put the account, of the words on the stack and what memory there is."""
    creator, (size, offset) = frame.message.target, frame.stack[-3:-1]
    if mnemonic == "CREATE":
        return created_address(creator, frame.world.nonce(creator))
    initcode = bytes(frame.memory[offset : offset + size]).ljust(size, b"\x00") if size < WORTH_A_LOOK else b""
    return salted_address(creator, frame.stack[-4].to_bytes(32, "big"), initcode)


class CountingEvm(Evm):
    """The EVM, which tells the evidence at which index of the list it is."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(AMSTERDAM)
        self._evidence = evidence

    def execute(self, block: Payload, transaction: Transaction, view: View) -> Outcome:
        """One transaction."""
        self._evidence.index += 1
        return super().execute(block, transaction, view)


def explain(case: GeneratedCase, theirs: ReportedBlock) -> tuple[str, ...]:
    """The faults that together give what the client gave, as few as do; none where no set of them does."""
    if case.fork is not AMSTERDAM or theirs.rejection is not None:
        return ()
    for count in range(len(GAS_FAULTS) + 1):
        for chosen in combinations(GAS_FAULTS, count):
            evidence = Evidence()
            with pytest.MonkeyPatch.context() as patch:
                for name in chosen:
                    GAS_FAULTS[name](patch)
                evidence.gather(patch)
                ours = run_with(case, evidence)
            in_list = faults_of_list(ours, theirs, evidence)
            if in_list is not None and set(differences(ours, theirs)) <= {"access_list", "requests"}:
                odd = odd_requests(ours, theirs)
                if odd is not None:
                    return (*chosen, *in_list, *odd)
    return ()


def run_with(case: GeneratedCase, evidence: Evidence) -> ReportedBlock:
    """What the specification as it is now makes of the block."""
    return report(apply_block(CountingEvm(evidence), case.payload(), case.state()), case.fork)


def odd_requests(ours: ReportedBlock, theirs: ReportedBlock) -> tuple[str, ...] | None:
    """Requests of an odd length are lost."""
    if ours.requests == theirs.requests:
        return ()
    assert ours.requests is not None
    even = tuple(request for request in ours.requests if len(request) % 2)
    return ("requests of an odd length are lost",) if even == theirs.requests else None


def faults_of_list(ours: ReportedBlock, theirs: ReportedBlock, evidence: Evidence) -> tuple[str, ...] | None:
    """The faults that explain every difference of the access lists, None where there is one that they do not."""
    assert ours.access_list is not None and theirs.access_list is not None
    right = {account.address: account for account in decode_access_list(ours.access_list)}
    wrong = {account.address: account for account in decode_access_list(theirs.access_list)}
    found: set[str] = set()
    for address in sorted({*right, *wrong}):
        if right.get(address) == wrong.get(address):
            continue
        name = fault_of_account(address, right.get(address), wrong.get(address), evidence)
        if name is None:
            return None
        found |= name
    return tuple(sorted(found))


def fault_of_account(
    address: bytes, right: AccountAccess | None, wrong: AccountAccess | None, evidence: Evidence
) -> set[str] | None:
    """The faults that explain the difference of an account, None where they do not."""
    found: set[str] = set()
    nothing = AccountAccess(address, (), (), (), (), ())
    if wrong is None:
        return (
            {"account that could not be paid for is not listed"}
            if right == nothing and address in evidence.unpaid
            else None
        )
    if right is None:
        return (
            {"creation in a static context is listed"} if wrong == nothing and address in evidence.forbidden else None
        )
    undone = evidence.undone.get(address, set())
    kept = wrong._replace(
        nonce_changes=tuple(c for c in wrong.nonce_changes if c[0] not in undone or c in right.nonce_changes),
        code_changes=tuple(c for c in wrong.code_changes if c[0] not in undone or c in right.code_changes),
    )
    if kept != wrong:
        found.add("delegations of a failed transaction stay listed")
    changed = {changes.slot for changes in kept.storage_changes}
    reads = tuple(slot for slot in kept.storage_reads if slot not in changed)
    if reads != kept.storage_reads:
        found.add("slot listed as changed and as read")
    missing = [slot for slot in right.storage_reads if slot not in reads and evidence.is_half_done(address, slot)]
    if missing:
        found.add("slot of an SSTORE out of gas is not listed")
    kept = kept._replace(storage_reads=tuple(sorted({*reads, *missing})))
    return found if kept == right else None
