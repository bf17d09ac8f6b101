"""What a difference says of two receipts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samestate.conformance.checking.comparing import Disagreement, compare_receipt
from samestate.spec.evm.receipt import Log, Receipt, encode_receipt

LOG = Log(b"\x11" * 20, (b"\x22" * 32,), b"\x33")
RIGHT = Receipt(2, True, 21_000, (LOG,))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": 0}, "receipt 0: type: expected 2, spec gives 0"),
        ({"succeeded": False}, "receipt 0: status: expected 1, spec gives 0"),
        ({"cumulative_gas_used": 22_000}, "receipt 0: cumulative gas used: expected 21000, spec gives 22000"),
        ({"logs": ()}, "receipt 0: logs bloom: expected 0x"),
        ({"logs": (LOG, LOG)}, "receipt 0: logs: expected 0x"),
    ],
)
def test_the_first_field_that_differs_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Disagreement) as raised:
        compare_receipt("receipt 0", encode_receipt(RIGHT), encode_receipt(replace(RIGHT, **changes)), "spec")
    assert str(raised.value).startswith(message)
    compare_receipt("receipt 0", encode_receipt(RIGHT), encode_receipt(RIGHT), "spec")


@pytest.mark.parametrize("malformed", [b"", b"\x02", b"\xc1", b"\x02\xc3\x01\x02\x03", b"\xc4\xc0\xc0\xc0\xc0"])
def test_a_receipt_that_is_none_differs_as_a_whole(malformed: bytes) -> None:
    with pytest.raises(Disagreement, match=r"^receipt 0: "):
        compare_receipt("receipt 0", malformed, encode_receipt(RIGHT), "spec")
