"""An invalid block, as under ``expect``."""

from __future__ import annotations

from samestate.conformance.vectors.document import Object
from samestate.spec.machine import Rejection


def write_rejection(rejection: Rejection) -> Object:
    """What is expected of an invalid block: the code, and the transaction at fault where there is one."""
    written: Object = {"status": rejection.code.name}
    if rejection.transaction is not None:
        written["transaction"] = str(rejection.transaction)
    return written
