"""The forks, oldest first. Each page says only what is new and what is modified against its parent."""

from __future__ import annotations

from spec.evm.fork import Fork
from spec.evm.forks.amsterdam import AMSTERDAM
from spec.evm.forks.berlin import BERLIN
from spec.evm.forks.cancun import CANCUN
from spec.evm.forks.london import ARROW_GLACIER, GRAY_GLACIER, LONDON
from spec.evm.forks.osaka import BPO1, BPO2, OSAKA
from spec.evm.forks.paris import PARIS
from spec.evm.forks.prague import PRAGUE
from spec.evm.forks.shanghai import SHANGHAI

FORKS: tuple[Fork, ...] = (
    BERLIN,
    LONDON,
    ARROW_GLACIER,
    GRAY_GLACIER,
    PARIS,
    SHANGHAI,
    CANCUN,
    PRAGUE,
    OSAKA,
    BPO1,
    BPO2,
    AMSTERDAM,
)

__all__ = [
    "AMSTERDAM",
    "ARROW_GLACIER",
    "BERLIN",
    "BPO1",
    "BPO2",
    "CANCUN",
    "FORKS",
    "GRAY_GLACIER",
    "LONDON",
    "OSAKA",
    "PARIS",
    "PRAGUE",
    "SHANGHAI",
]
