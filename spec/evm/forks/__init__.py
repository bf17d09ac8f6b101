"""The forks, oldest first. Each page says only what is new and what is modified against its parent."""

from __future__ import annotations

from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks.amsterdam import AMSTERDAM
from samestate.spec.evm.forks.berlin import BERLIN
from samestate.spec.evm.forks.bpo2_access_lists import BPO2_ACCESS_LISTS
from samestate.spec.evm.forks.cancun import CANCUN
from samestate.spec.evm.forks.london import ARROW_GLACIER, GRAY_GLACIER, LONDON
from samestate.spec.evm.forks.osaka import BPO1, BPO2, OSAKA
from samestate.spec.evm.forks.paris import PARIS
from samestate.spec.evm.forks.prague import PRAGUE
from samestate.spec.evm.forks.shanghai import SHANGHAI

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
    BPO2_ACCESS_LISTS,
    AMSTERDAM,
)

__all__ = [
    "AMSTERDAM",
    "ARROW_GLACIER",
    "BERLIN",
    "BPO1",
    "BPO2",
    "BPO2_ACCESS_LISTS",
    "CANCUN",
    "FORKS",
    "GRAY_GLACIER",
    "LONDON",
    "OSAKA",
    "PARIS",
    "PRAGUE",
    "SHANGHAI",
]
