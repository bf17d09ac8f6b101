"""The root over all chains, and the roots over what each has sent and received."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from struct import pack
from typing import NamedTuple

from samestate.optimized.chains.router import ENDED, Router


class Stand(NamedTuple):
    """Where a chain stands."""

    machine: str
    fork: str
    height: int
    state_root: bytes
    outbox_root: bytes
    inbox_root: bytes


def tree_root(leaves: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The Merkle root of keys with values, in order: whole trees are joined as soon as there are two of a height."""
    peaks: list[tuple[int, bytes]] = []
    for key, value in leaves:
        height, digest = 0, sha256(pack(">BI", 0, len(key)) + key + value).digest()
        while peaks and peaks[-1][0] == height:
            digest = sha256(b"\x01" + peaks.pop()[1] + digest).digest()
            height += 1
        peaks.append((height, digest))
    if not peaks:
        return sha256(b"\x02").digest()
    root = peaks.pop()[1]
    while peaks:
        root = sha256(b"\x01" + peaks.pop()[1] + root).digest()
    return root


def outbox_root(router: Router, source: int) -> bytes:
    """The root of all payloads that a chain has sent."""
    routes = [route for (start, _), route in router.routes.items() if start == source]
    routes.sort(key=lambda route: router.terminals[route.destination].domain)
    return tree_root(
        (pack(">QQ", router.terminals[route.destination].domain, sequence), payload)
        for route in routes
        for sequence, payload in route.payloads.items()
    )


def inbox_root(router: Router, destination: int) -> bytes:
    """The root of how all messages have ended that a chain was sent."""
    routes = [route for (_, end), route in router.routes.items() if end == destination]
    routes.sort(key=lambda route: router.terminals[route.source].domain)
    return tree_root(
        (pack(">QQ", router.terminals[route.source].domain, sequence), bytes([ENDED[fate]]))
        for route in routes
        for sequence, fate in enumerate(route.fates)
        if fate in ENDED
    )


def joint_root(router: Router, stands: Sequence[Stand]) -> bytes:
    """The root over all chains; ``stands`` in the order of the router's."""
    return tree_root(
        (terminal.name.encode(), b"".join(parts(stand)))
        for terminal, stand in zip(router.terminals, stands, strict=True)
    )


def parts(stand: Stand) -> tuple[bytes, ...]:
    """What a leaf of the root over all chains says of one."""
    return short(stand.machine), short(stand.fork), pack(">Q", stand.height), *stand[3:]


def short(word: str) -> bytes:
    """A word of at most 255 bytes, after their number."""
    return pack(f"{len(word.encode()) + 1}p", word.encode())
