"""What a form cannot say."""

from __future__ import annotations

from typing import Final

NO_BYTES: Final = "a transaction of no bytes, to which no header can commit"
"""A reason that several forms have."""


class Inexpressible(Exception):  # noqa: N818 - what a form is found to be, not an error of this program
    """A vector that a form cannot express. ``reason`` is the same for all alike, ``detail`` says more of this one."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
