"""Executing the rounds of a plan: by the specification's rules for messages, unless somebody else conducts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from samestate.conformance.errors import InputError
from samestate.conformance.vectors.chains.case import PlanCase, read_plan, read_planned
from samestate.conformance.vectors.chains.result import (
    NOT_INCLUDED,
    SENT,
    WrittenDelivery,
    WrittenHead,
    WrittenPosting,
    write_block_result,
    write_round,
)
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.model import Case, member, text
from samestate.conformance.vectors.rejection import write_rejection
from samestate.spec.chains.joint_root import head_roots, joint_root
from samestate.spec.chains.mailboxes import DeliveryStatus
from samestate.spec.chains.message import JudgedPosting
from samestate.spec.chains.plan import check_plan
from samestate.spec.chains.round import (
    ChainResult,
    Delivered,
    PlannedBlock,
    apply_chain,
    end_round,
)
from samestate.spec.chains.station import ApplyBlock
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

STATUSES = {DeliveryStatus.SUCCESS: "success", DeliveryStatus.FAILURE: "failure"}

Planned = Mapping[str, PlannedBlock | Rejection]
"""The blocks of a round by name, and why one cannot be read."""


class Conductor(Protocol):
    """Who carries the messages of a plan and executes its rounds, one after another."""

    def fault(self, named: list[str]) -> str:
        """The code of what is wrong with the plan, or nothing. ``named``: the chains that rounds have blocks of."""

    def round(self, blocks: Planned) -> Object:
        """What comes out of the next round."""


def execute(case: Case, apply: Callable[[Any, Any, Any], Any] = apply_block) -> list[Object]:
    """What comes out of each round of a case, as under ``expect``, where ``apply`` executes the blocks."""
    return execute_by(case, lambda plan: SpecConductor(plan, apply))


def execute_by(case: Case, conductor: Callable[[PlanCase], Conductor]) -> list[Object]:
    """What comes out of each round of a case, as under ``expect``: the same code for all where the plan is refused.

    Raises InputError where something in the case is no block at all.
    """
    try:
        plan = read_plan(case)
    except ValueError as error:
        raise InputError(f"{case.id}: {error}") from error
    conducting = conductor(plan)
    rounds = [member(round_, "chains") for round_ in case.blocks]
    fault = conducting.fault([name for round_ in rounds for name in round_])
    if fault:
        return [{"status": fault} for _ in rounds]
    return [
        conducting.round({name: read_block(case, plan.parts[name], number, round_[name]) for name in round_})
        for number, round_ in enumerate(rounds)
    ]


def read_block(case: Case, part: Case, number: int, written: Json) -> PlannedBlock | Rejection:
    """The block of a chain in a round, or why it cannot be one. Raises InputError."""
    try:
        return read_planned(part, member({part.id: written}, part.id))
    except Rejection as rejection:
        return rejection
    except ValueError as error:
        raise InputError(f"{case.id}: blocks[{number}]: {error}") from error


class SpecConductor:
    """The specification's own rules for messages. ``apply`` executes blocks, one after another."""

    def __init__(self, plan: PlanCase, apply: ApplyBlock = apply_block) -> None:
        self._plan = plan
        self._apply = apply
        self._state = plan.state
        self._roots = {name: head.state.root() for name, head in plan.state.heads.items()}

    def fault(self, named: list[str]) -> str:
        """See :class:`Conductor`."""
        try:
            check_plan(self._plan.plan, named)
        except Rejection as rejection:
            return rejection.code.name
        return ""

    def round(self, blocks: Planned) -> Object:
        """See :class:`Conductor`."""
        plan, results = self._plan.plan, dict[str, ChainResult]()
        for name in sorted(blocks):
            planned = blocks[name]
            if isinstance(planned, Rejection):
                results[name] = ChainResult(self._state.heads[name], rejection=planned)
            else:
                results[name] = apply_chain(plan, self._state, name, planned, self._apply)
        done = end_round(plan, self._state, results)
        self._state = done.state
        written = {name: self._write_chain(name, result) for name, result in results.items()}
        heads = {
            name: head_roots(plan, name, head, done.state.boxes, self._roots[name])
            for name, head in done.state.heads.items()
        }
        return write_round(
            root=joint_root(plan, heads),
            heads={
                name: WrittenHead(heads[name].height, heads[name].outbox_root, heads[name].inbox_root)
                for name in results
            },
            delivered=[(name, write_delivered(each)) for name in sorted(results) for each in results[name].delivered],
            sent=map(write_judged, done.sent),
            chains=written,
        )

    def _write_chain(self, name: str, done: ChainResult) -> Object:
        if done.rejection is not None:
            return write_rejection(done.rejection)
        part = self._plan.parts[name]
        written = write_block_result(part, done.block, done.result, done.head.state, done.head.bank)
        self._roots[name] = unhexed(text(written, "state_root"))
        return written


def write_delivered(delivered: Delivered) -> WrittenDelivery:
    """A message that a block has used up."""
    return WrittenDelivery(
        source=delivered.message.source,
        sequence=delivered.message.sequence,
        status=STATUSES.get(delivered.status, NOT_INCLUDED),
        transaction=delivered.transaction,
        rejection="" if delivered.rejection is None else delivered.rejection.code.name,
    )


def write_judged(judged: JudgedPosting) -> WrittenPosting:
    """What was in an outbox."""
    posting = judged.posting
    return WrittenPosting(
        source=judged.source,
        transaction=posting.transaction,
        place=posting.place,
        domain=posting.domain,
        payload=posting.payload,
        destination=judged.destination,
        sequence=judged.sequence,
        status=SENT if judged.refusal is None else judged.refusal.name,
    )
