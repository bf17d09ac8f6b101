"""The one form of JSON that is signed: that of RFC 8785, for values that it cannot write in two ways.

Names are of ASCII and in order, there is no space between anything, text is UTF-8, and only what must be is escaped.
Numbers are whole, and small enough that every reader of JSON reads the same: from -(2^53 - 1) to 2^53 - 1.
"""

# source: RFC 8785, sections 3.2.1 to 3.2.4

from __future__ import annotations

import json
from typing import Final

MOST: Final = 2**53 - 1


def canonical(value: object) -> bytes:
    """The canonical form of a value. Raises ValueError where it has none."""
    _refuse_others(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _refuse_others(value: object) -> None:
    """Raise ValueError where something in a value has no canonical form."""
    if isinstance(value, dict):
        for name, member in value.items():
            if not isinstance(name, str) or not name.isascii():
                raise ValueError(f"the name {name!r} is not of ASCII")
            _refuse_others(member)
    elif isinstance(value, list):
        for member in value:
            _refuse_others(member)
    elif isinstance(value, int):
        if not -MOST <= value <= MOST:
            raise ValueError(f"the number {value} is beyond 2^53 - 1")
    elif not (value is None or isinstance(value, str)):
        raise ValueError(f"{value!r} is no text, whole number, list, object, true, false or null")
