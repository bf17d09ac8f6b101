"""Between the specification's types of Solana's machine and those of the compiled one: blocks there, results back."""

from __future__ import annotations

import re
from typing import Any, Final

from immutables import Map

from samestate.conformance.engines.optimized.plain import access_record, raise_rejection
from samestate.conformance.vectors.svm.execution import FinishedSvmResult
from samestate.optimized.svm.packing import PackedBlock, PlainEntry
from samestate.optimized.svm.result import SvmResult as CompiledResult
from samestate.optimized.svm.rulesets import Limits, SvmRules
from samestate.optimized.svm.world import World
from samestate.spec.machine import RejectionCode
from samestate.spec.state import lattice
from samestate.spec.svm.admission import admit
from samestate.spec.svm.block import Block
from samestate.spec.svm.closing import Closing, Fees
from samestate.spec.svm.errors import (
    InstructionError,
    InstructionErrorKind,
    TransactionError,
    TransactionErrorKind,
)
from samestate.spec.svm.fee import TransactionFee
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.outcome import Outcome
from samestate.spec.svm.receipt import TransactionStatus, receipt_of
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.state import SvmState
from samestate.spec.svm.totals import Totals
from samestate.spec.svm.transaction import encode_transaction

SVM_CODES: Final[dict[str, RejectionCode]] = {code.name: code for code in Invalid}
_ERROR: Final = re.compile(r"(\w+)(?:\((\d+)(?:, (\w+)(?:\((\d+)\))?)?\)| \{ account_index: (\d+) \})?")
_INSTRUCTION_KINDS: Final = {kind.name.replace("_", "").lower(): kind for kind in InstructionErrorKind}
_TRANSACTION_KINDS: Final = {kind.name.replace("_", "").lower(): kind for kind in TransactionErrorKind}


def svm_rules(ruleset: SvmRuleset) -> SvmRules:
    """A ruleset as the compiled machine takes it."""
    return SvmRules(
        ruleset.name,
        has_version_1=ruleset.features["enable_tx_v1"],
        keeps_exempt=ruleset.features["relax_post_exec_min_balance_check"],
    )


def plain_block(machine: Svm, block: Block) -> tuple[Any, ...]:
    """A block as the arguments of :class:`samestate.optimized.svm.packing.PackedBlock`."""
    entries = [
        PlainEntry([encode_transaction(each) for each in entry.transactions], entry.hashes, entry.hash)
        for entry in block.entries
    ]
    return (
        svm_rules(machine.ruleset),
        block.slot,
        block.leader,
        entries,
        None if block.has_history else block.blockhash,
        block.unix_timestamp,
        Limits(block.limits.account, block.limits.block, block.limits.allocation),
        block.lamports_per_signature,
    )


def packed_block(machine: Svm, block: Block) -> PackedBlock:
    """A block as the compiled machine takes it."""
    return PackedBlock(*plain_block(machine, block))


def plain_bank(block: Block, state: SvmState) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the bank carries on which a block stands, as arguments of :meth:`World.begin`."""
    epochs = block.epochs
    hashes = [(key, each.number, each.lamports_per_signature) for key, each in block.blockhashes.hashes.items()]
    return (block.parent_slot, block.parent_hash, hashes), {
        "processed": {blockhash: sorted(hashes) for blockhash, hashes in block.status_cache.messages.items()},
        "hard_forks": [(fork.slot, fork.times) for fork in block.hard_forks],
        "epochs": (
            epochs.slots_per_epoch,
            epochs.leader_schedule_slot_offset,
            epochs.first_normal_epoch,
            epochs.first_normal_slot,
        ),
        "lamports_per_byte": block.lamports_per_byte,
        "lamports_per_signature": block.lamports_per_signature,
        "hashes_per_tick": block.hashes_per_tick or 0,
        "ticks_per_slot": block.ticks,
        "lattice": lattice.to_bytes(state.lattice),
    }


def fill_world(world: Any, block: Block, state: SvmState) -> None:
    """Give an empty world the accounts and the bank that a block begins with."""
    for address, value in state.values.items():
        world.put(address, value)
    arguments, named = plain_bank(block, state)
    world.begin(*arguments, **named)


def world_of(block: Block, state: SvmState) -> World:
    """The state that a block begins with, and what its bank carries beside accounts."""
    world = World()
    fill_world(world, block, state)
    return world


def parsed_error(text: str) -> TransactionError:
    """The error that the runtime would print so."""
    found = _ERROR.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no error of a transaction")
    name, index, inner, code, account = found.groups()
    kind = _TRANSACTION_KINDS[name.lower()]
    error = None
    if inner is not None:
        error = InstructionError(_INSTRUCTION_KINDS[inner.lower()], None if code is None else int(code))
    place = index if index is not None else account
    return TransactionError(kind, None if place is None else int(place), error)


def svm_result(result: CompiledResult | Any, machine: Svm, block: Block, state: SvmState) -> FinishedSvmResult:
    """The specification's result of a block, from that of the compiled engine. Raises Rejection.

    Receipts, record, changes, fees and signatures are the engine's own; what the specification keeps of a transaction
    beside them, it reads out of its bytes itself.
    """
    raise_rejection(result.rejection, SVM_CODES)
    totals = result.totals
    outcomes, receipts = [], []
    for placed, plain in zip(machine.transactions(block), result.receipts, strict=True):
        admitted = admit(machine.ruleset, block, placed.transaction, placed.is_repeated, False)
        outcome = Outcome(
            transaction=admitted,
            is_executed=plain.status != TransactionStatus.FEES_ONLY.value,
            error=None if plain.error is None else parsed_error(plain.error),
            units=plain.units,
            fee=TransactionFee(plain.fee, plain.priority_fee),
            loaded_size=plain.loaded_size,
            logs=plain.logs,
        )
        outcomes.append(outcome)
        receipts.append(receipt_of(outcome, plain.cost))
    return FinishedSvmResult(
        outcomes=tuple(outcomes),
        receipts=tuple(receipts),
        totals=Totals(totals.cost, result.job.allocation(), Map(result.job.account_costs())),
        closing=Closing(
            totals.signature_count,
            Fees(totals.signature_fees, totals.priority_fees, totals.deposited, totals.burnt),
        ),
        steps=access_record(result.steps),
        changes=dict(result.changes),
        wipes=(),
        before=state,
        state_root=result.state_root,
        bank_hash=result.bank_hash,
    )
