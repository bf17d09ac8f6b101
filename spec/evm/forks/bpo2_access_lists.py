"""BPO2 with block access lists alone (EIP-7928 as of May 2026), which no chain has run.

The step before Amsterdam that official fixtures of that month test: they call it Amsterdam.
"""

from __future__ import annotations

from samestate.spec.evm.forks.osaka import BPO2

BPO2_ACCESS_LISTS = BPO2.fork(
    name="BPO2 with access lists",
    # New
    has_access_list=True,  # EIP-7928
    # Modified
    header_fields=22,  # EIP-7928: block_access_list_hash
)
