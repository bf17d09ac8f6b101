"""Amsterdam, as it went live on Sepolia at timestamp 1791294816."""

from __future__ import annotations

from samestate.spec.evm.forks.bpo2_access_lists import BPO2_ACCESS_LISTS

AMSTERDAM = BPO2_ACCESS_LISTS.fork(
    name="Amsterdam",
    # Modified
    header_fields=23,  # EIP-7843: slot_number
)
