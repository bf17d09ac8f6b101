"""What executing a scenario gives: everything that stands in its vector, before it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from samestate.conformance.scenarios.draft import Unexpected
from samestate.conformance.vectors.document import Object, Path
from samestate.conformance.vectors.model import VALID, Case, members, text
from samestate.spec.machine import RejectionCode


@dataclass(frozen=True, slots=True)
class ExecutedScenario:
    """A story that was executed by the specification.

    ``case`` has its blocks complete; ``expected`` is what came out of each; ``rules`` are those that were reached;
    ``comments`` go above parts of the file; ``accounts`` are the scenario's names and their addresses.
    """

    case: Case
    expected: tuple[Object, ...]
    rules: frozenset[str]
    comments: Mapping[Path, str]
    accounts: Mapping[str, str]


class CheckedDraft(Protocol):
    """A block in the making, and what must come of it; its checks look at the result and at the state after it."""

    @property
    def rejection(self) -> tuple[RejectionCode, int | None] | None:
        """The code with which it is rejected, and the transaction at fault."""

    @property
    def receipts(self) -> tuple[bool, ...] | None:
        """Which transactions succeed; all of them where none is told, None where nothing is said."""

    @property
    def checks(self) -> Sequence[Callable[[Object, Any], None]]:
        """What else must be so."""


def check_status(where: str, expect: Object, code: str | None, transaction: int | None) -> None:
    """A block must be rejected with ``code``, for ``transaction`` where that is given, or be valid for None."""
    status = text(expect, "status")
    if code is None and status != VALID:
        raise Unexpected(f"{where}: the scenario says it is valid, and the specification rejects it: {expect}")
    if code is not None:
        at_fault = expect.get("transaction")
        if status != code or (transaction is not None and at_fault != str(transaction)):
            raise Unexpected(f"{where}: the scenario says {code} of {transaction}, the specification {expect}")


def check_receipts(where: str, expect: Object, wanted: tuple[bool, ...] | None) -> None:
    """So the transactions of a valid block must have ended; all of them well where nothing is said of each."""
    if wanted is None:
        return
    succeeded = tuple(text(receipt, "status") == "success" for receipt in members(expect, "receipts"))
    if succeeded != (wanted or (True,) * len(succeeded)):
        raise Unexpected(f"{where}: the scenario says {wanted} of the receipts, and they are {succeeded}")


def check_draft(where: str, draft: CheckedDraft, expect: Object, state: Any) -> None:
    """What a scenario says of a block must be so. Raises Unexpected where it is not."""
    code, transaction = draft.rejection or (None, None)
    check_status(where, expect, code.name if code is not None else None, transaction)
    if code is None:
        check_receipts(where, expect, draft.receipts)
    for look in draft.checks:
        try:
            look(expect, state)
        except Unexpected as unexpected:
            raise Unexpected(f"{where}: {unexpected}") from unexpected
