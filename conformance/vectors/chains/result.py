"""What comes out of a round, as under ``expect``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from samestate.conformance.vectors import evm, svm, toy
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import VALID, Case
from samestate.conformance.vectors.svm.result import write_result as write_svm_result
from samestate.conformance.vectors.toy.result import write_result as write_toy_result
from samestate.spec.chains.rejections import PlanInvalid
from samestate.spec.toy.receipt import receipts_root

SENT: Final = "sent"
NOT_INCLUDED: Final = "not-included"


@dataclass(frozen=True, slots=True)
class WrittenDelivery:
    """A message that a block has used up. ``status``: success, failure or not-included, which has a ``rejection``."""

    source: str
    sequence: int
    status: str
    transaction: int | None
    rejection: str = ""

    def written(self, destination: str) -> Object:
        """As under ``delivered``."""
        content: Object = {
            "destination": destination,
            "source": self.source,
            "sequence": str(self.sequence),
            "status": self.status,
        }
        if self.transaction is not None:
            return {**content, "transaction": str(self.transaction)}
        return {**content, "rejection": self.rejection}


@dataclass(frozen=True, slots=True)
class WrittenPosting:
    """What was in an outbox. ``status``: sent, or the name of what is wrong with it."""

    source: str
    transaction: int
    place: int
    domain: int
    payload: bytes
    destination: str | None
    sequence: int | None
    status: str

    def written(self) -> Object:
        """As under ``sent``."""
        return {
            "source": self.source,
            "transaction": str(self.transaction),
            "place": str(self.place),
            "domain": str(self.domain),
            "payload": hexed(self.payload),
            **({} if self.destination is None else {"destination": self.destination}),
            **({} if self.sequence is None else {"sequence": str(self.sequence)}),
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class WrittenHead:
    """Where a chain stands after a round in which it had a block, beside its state."""

    height: int
    outbox_root: bytes
    inbox_root: bytes

    def written(self) -> Object:
        """As under ``heads``."""
        return {
            "height": str(self.height),
            "outbox_root": hexed(self.outbox_root),
            "inbox_root": hexed(self.inbox_root),
        }


def write_round(
    root: bytes,
    heads: Mapping[str, WrittenHead],
    delivered: Iterable[tuple[str, WrittenDelivery]],
    sent: Iterable[WrittenPosting],
    chains: Mapping[str, Object],
) -> Object:
    """What is expected of a round of a plan that is right; ``delivered`` with the names of destinations."""
    listed: list[Json] = [delivery.written(destination) for destination, delivery in delivered]
    return {
        "status": VALID,
        "delivered": listed,
        "chains": {name: chains[name] for name in sorted(chains)},
        "sent": [posting.written() for posting in sent],
        "heads": {name: heads[name].written() for name in sorted(heads)},
        "joint_root": hexed(root),
    }


def write_block_result(part: Case, block: Any, result: Any, state: Any, bank: Any) -> Object:
    """What came of a valid block of a chain, as a vector of its machine has it, on the state and bank after it."""
    if part.machine == evm.NAME:
        return evm.write_result(evm.fork_of(part), result, state.root())
    if part.machine == svm.NAME:
        if isinstance(result, svm.FinishedSvmResult):
            return write_svm_result(result, block, result.state_root, result.bank_hash)
        return write_svm_result(result, block, state.root(), bank.hash)
    if isinstance(result, toy.FinishedResult):
        return write_toy_result(result, result.state_root, result.receipts_root)
    return write_toy_result(result, state.root(), receipts_root(result.receipts))


def rejection_names() -> list[str]:
    """The codes with which a plan, or the inbox of a block, is refused."""
    return sorted(code.name for code in PlanInvalid)
