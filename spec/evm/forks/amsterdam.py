"""Amsterdam's first step: BPO2 with block access lists (EIP-7928)."""

from __future__ import annotations

from samestate.spec.evm.forks.osaka import BPO2

AMSTERDAM = BPO2.fork(
    name="Amsterdam",
    # New
    has_access_list=True,  # EIP-7928
    # Modified
    header_fields=22,  # EIP-7928: block_access_list_hash
)
