"""What a transaction carries from instruction to instruction and then drops (yellow paper, section 6.1).

None of it is state: it begins anew with every transaction, and with every incarnation of one.
"""

from __future__ import annotations

from typing import Any

from samestate.spec.evm.receipt import Log

Mark = tuple[int, int, int]


class Substate:
    """Warm addresses and slots, transient storage, the refund counter, logs, and the accounts created and destroyed.

    A frame that fails takes its part of all of it back: :meth:`checkpoint` and :meth:`rollback`.
    """

    __slots__ = (
        "_undo",
        "created",
        "destroyed",
        "logs",
        "originals",
        "refund",
        "ripemd160_touched",
        "touched",
        "transient",
        "warm",
    )

    def __init__(self) -> None:
        self.warm: dict[bytes, None] = {}
        """Addresses and slot keys that were accessed before (EIP-2929)."""
        self.transient: dict[bytes, int] = {}
        """Transient storage by slot key (EIP-1153)."""
        self.created: dict[bytes, None] = {}
        """Accounts that a creation of this transaction made (EIP-6780)."""
        self.destroyed: dict[bytes, None] = {}
        """Accounts that vanish when the transaction ends."""
        self.touched: dict[bytes, None] = {}
        """Accounts with storage alone that were touched (EIP-161)."""
        self.logs: list[Log] = []
        self.refund = 0
        self.ripemd160_touched = False
        """Whether RIPEMD-160 was called: that account stays touched whatever fails (yellow paper, appendix K.1)."""
        self.originals: dict[bytes, int] = {}
        """The value from before the transaction of each slot used, which no failure of a frame changes."""
        self._undo: list[tuple[dict[bytes, Any], bytes, Any]] = []

    def put(self, entries: dict[bytes, Any], key: bytes, value: Any = None) -> None:
        """Make ``entries[key]`` the given value, on the undo log."""
        self._undo.append((entries, key, entries.get(key, self)))
        entries[key] = value

    def checkpoint(self) -> Mark:
        """A mark to which :meth:`rollback` can return."""
        return len(self._undo), len(self.logs), self.refund

    def rollback(self, mark: Mark) -> None:
        """Take back what happened since ``mark``."""
        changes, logs, refund = mark
        while len(self._undo) > changes:
            entries, key, previous = self._undo.pop()
            if previous is self:
                del entries[key]
            else:
                entries[key] = previous
        del self.logs[logs:]
        self.refund = refund
