"""What is asked of an outside client, and what the specification answers to the same question."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol

from samestate.conformance.engines.clients.installed import PeerMissing as PeerMissing
from samestate.conformance.generating.case import GeneratedCase
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.chain import EvmResult, access_list_of
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.receipt import logs_bloom, receipts_root
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block


@dataclass(frozen=True, slots=True)
class ReportedBlock:
    """What a block came to. What a client does not report is None.

    ``gas_used`` is the header's; ``cumulative_gas`` that of each receipt, ``bloom`` that of all logs.
    ``requests`` are those to the consensus layer, each a type byte and its data, empty ones left out;
    ``access_list`` is the RLP of the block access list; ``rejection`` says why the block is invalid, in the client's
    own words: then everything else is None.
    """

    state_root: bytes | None = None
    receipts_root: bytes | None = None
    gas_used: int | None = None
    cumulative_gas: tuple[int, ...] | None = None
    bloom: bytes | None = None
    blob_gas_used: int | None = None
    requests: tuple[bytes, ...] | None = None
    access_list: bytes | None = None
    rejection: str | None = None


class Peer(Protocol):
    """An outside client."""

    name: str
    version: str

    def supports(self, fork: str) -> bool:
        """Whether the client has the rules of the fork of that name."""

    def run(self, case: GeneratedCase) -> ReportedBlock:
        """Execute the block."""


def run_specification(case: GeneratedCase) -> ReportedBlock:
    """What the specification makes of the block."""
    try:
        result = apply_block(Evm(case.fork), case.payload(), case.state())
    except Rejection as rejection:
        return ReportedBlock(rejection=str(rejection))
    return report(result, case.fork)


def report(result: EvmResult, fork: Fork) -> ReportedBlock:
    """What is told of a valid block."""
    return ReportedBlock(
        state_root=result.state().root(),
        receipts_root=receipts_root(result.receipts),
        gas_used=result.totals.gas_used,
        cumulative_gas=tuple(receipt.cumulative_gas_used for receipt in result.receipts),
        bloom=logs_bloom(log for receipt in result.receipts for log in receipt.logs),
        blob_gas_used=result.totals.blob_gas_used if fork.blob_schedule is not None else None,
        requests=result.closing.requests,
        access_list=encode_access_list(access_list_of(result)) if fork.has_access_list else None,
    )


def differences(ours: ReportedBlock, theirs: ReportedBlock) -> tuple[str, ...]:
    """The names of what two summaries both tell and disagree about. Why a block is invalid is never compared."""
    if (ours.rejection is None) != (theirs.rejection is None):
        return ("rejection",)
    different = []
    for name in (field.name for field in fields(ReportedBlock) if field.name != "rejection"):
        left, right = getattr(ours, name), getattr(theirs, name)
        if left is not None and right is not None and left != right:
            different.append(name)
    return tuple(different)
