"""Who executes a block of the EVM."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState

ApplyEvmBlock: TypeAlias = Callable[[Evm, Payload, FlatState], EvmResult]
"""Whatever gives the result of a block. Raises Rejection where it is invalid."""
