"""The rules with something changed, as an outside client has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from samestate.spec.evm.world import World


@contextmanager
def without_eip_7610() -> Iterator[None]:
    """Let a creation collide with nonce and code (EIP-684), and no more with storage alone, which then stays."""

    def holds_storage(world: World, address: bytes) -> bool:
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(World, "holds_storage", holds_storage)
        yield
