"""Comparing what a fixture expects with what an engine gives."""

from __future__ import annotations

from typing import Final

from samestate.conformance.vectors.list_difference import list_difference
from samestate.spec.evm.rlp import MalformedRlp, decode, encode
from samestate.spec.evm.state import FlatState


class Disagreement(Exception):  # noqa: N818 - what a check is for, not an error
    """The engine and the fixture disagree. The message says where and how."""


def show(value: bytes | int | None) -> str:
    """A value for people."""
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def compare(
    what: str, expected: bytes | int | None, computed: bytes | int | None, who: str = "the specification"
) -> None:
    """Raise Disagreement unless both are the same; ``who`` computed the one that was not expected."""
    if expected != computed:
        raise Disagreement(f"{what}: expected {show(expected)}, {who} gives {show(computed)}")


RECEIPT: Final = ("status", "cumulative gas used", "logs bloom", "logs")
"""What a receipt has beside its type (EIP-658)."""


def compare_receipt(what: str, expected: bytes, computed: bytes, who: str) -> None:
    """Raise Disagreement unless both receipts are the same, each as the trie has it; the first field that differs."""
    if expected == computed:
        return
    for name, right, given in zip(
        ("type", *RECEIPT), _receipt_fields(expected), _receipt_fields(computed), strict=False
    ):
        compare(f"{what}: {name}", right, given, who)
    compare(what, expected, computed, who)


def _receipt_fields(encoded: bytes) -> list[bytes | int]:
    """The fields of a receipt; none where it is malformed."""
    kind = 0 if encoded[:1] >= b"\xc0" else int.from_bytes(encoded[:1])
    try:
        fields = decode(encoded if kind == 0 else encoded[1:])
    except MalformedRlp:
        return []
    if not isinstance(fields, list) or len(fields) != len(RECEIPT):
        return []
    status, gas, bloom, logs = fields
    numbers = [int.from_bytes(each) if isinstance(each, bytes) else encode(each) for each in (status, gas)]
    return [kind, *numbers, bloom if isinstance(bloom, bytes) else encode(bloom), encode(logs)]


def compare_access_list(where: str, expected: bytes, computed: bytes, who: str) -> None:
    """Raise Disagreement unless both lists are the same, each in its RLP; it names account, slot and index."""
    if expected != computed:
        parted = list_difference(show(expected), show(computed))
        place = parted.where.replace("_", " ")
        raise Disagreement(f"{where}: {place}: expected {parted.expected}, {who} gives {parted.given}")


def compare_root(what: str, expected: bytes, state: FlatState, root: bytes, who: str) -> None:
    """Raise Disagreement unless a state that a fixture gives has the root that it gives beside it.

    ``root`` is what ``who`` computes. Where that is another one, the specification says whose fault it is.
    """
    if root != expected:
        compare(what, expected, state.root())
        compare(what, expected, root, who)


def compare_state(
    expected: bytes | None, state: FlatState, root: bytes, post: object = None, who: str = "the specification"
) -> None:
    """Compare the root of a state, which ``who`` computes; where the fixture has the accounts too, say which differ."""
    if expected is None or expected == root:
        return
    detail = ""
    if isinstance(post, dict):
        listed = FlatState.from_alloc(post).to_alloc()
        computed = state.to_alloc()
        for address in sorted(listed.keys() | computed.keys()):
            if listed.get(address) != computed.get(address):
                detail += f"\n  {address}: expected {listed.get(address)}, got {computed.get(address)}"
    raise Disagreement(f"state root: expected {show(expected)}, {who} gives {show(root)}{detail}")
