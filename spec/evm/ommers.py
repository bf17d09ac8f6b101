"""Which ommers a proof-of-work block may have (yellow paper in its Berlin version, section 11.1)."""

# source: yellow paper (Berlin version), section 11.1

from __future__ import annotations

from collections.abc import Callable, Sequence

from samestate.spec.evm.block import Block, Header
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.rejections import Invalid
from samestate.spec.machine import Rejection

OMMER_LIMIT = 2
GENERATIONS = 6


def check_ommers(fork_of: Callable[[Header], Fork], block: Block, ancestors: Sequence[Block]) -> None:
    """Ommers are valid headers, recent relatives of the block, and included once.

    ``fork_of`` tells which fork rules an ommer; ``ancestors`` are the blocks before this one, its parent first, at
    least as many as there are, up to 7.
    """
    if len(block.ommers) > OMMER_LIMIT:
        # rule: evm.ommers.too-many
        raise Rejection(Invalid.TOO_MANY_OMMERS, f"{len(block.ommers)}")
    if not block.ommers:
        return
    recent = ancestors[: GENERATIONS + 1]
    family = {ancestor.header.hash(): ancestor.header for ancestor in recent}
    seen = {ommer.hash() for ancestor in recent[:GENERATIONS] for ommer in ancestor.ommers}
    for ommer in block.ommers:
        digest = ommer.hash()
        if digest in seen:
            # rule: evm.ommers.included-before
            raise Rejection(Invalid.OMMER_INCLUDED_BEFORE, f"0x{digest.hex()}")
        if digest in family or digest == block.header.hash():
            # rule: evm.ommers.is-ancestor
            raise Rejection(Invalid.OMMER_IS_ANCESTOR, f"0x{digest.hex()}")
        seen.add(digest)
        check_ommer(fork_of(ommer), block.header, ommer, family)


def check_ommer(fork: Fork, header: Header, ommer: Header, family: dict[bytes, Header]) -> None:
    """One ommer: its parent is an ancestor, but not the block's own parent, and it follows that parent validly."""
    parent = family.get(ommer.parent_hash)
    if parent is None:
        # rule: evm.ommers.unknown-parent
        raise Rejection(Invalid.OMMER_PARENT_UNKNOWN, f"0x{ommer.parent_hash.hex()}")
    if ommer.parent_hash == header.parent_hash:
        # rule: evm.ommers.sibling
        raise Rejection(Invalid.OMMER_PARENT_IS_PARENT)
    if not 1 <= header.number - ommer.number <= GENERATIONS:
        # rule: evm.ommers.too-old
        raise Rejection(Invalid.OMMER_TOO_OLD, f"{ommer.number} in block {header.number}")
    for rule in fork.header_rules:
        try:
            rule(fork, parent, ommer)
        except Rejection as rejection:
            # rule: evm.ommers.invalid-header
            raise Rejection(rejection.code, f"in an ommer: {rejection.detail}") from rejection
