"""What a block of the toy machine did."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from samestate.optimized.metrics import Metrics
from samestate.optimized.record import Step
from samestate.optimized.result import Rejection
from samestate.optimized.toy.packing import PackedBlock
from samestate.optimized.trace import TraceEvent

class Receipt(NamedTuple):
    """What one transaction reports. ``first_log`` is the index in the block of its first log, ``error`` a name."""

    succeeded: bool
    gas_used: int
    cumulative_gas_used: int
    first_log: int
    logs: tuple[bytes, ...]
    error: str | None

class ToyResult:
    """What a block did, or why it is invalid; see :class:`samestate.optimized.result.Result`."""

    @property
    def block(self) -> PackedBlock: ...
    @property
    def rejection(self) -> Rejection | None: ...
    @property
    def outcomes(self) -> Sequence[Receipt]: ...
    @property
    def receipts(self) -> Sequence[Receipt]: ...
    @property
    def gas_used(self) -> int: ...
    @property
    def changes(self) -> Mapping[bytes, bytes | None]: ...
    @property
    def wipes(self) -> Sequence[bytes]: ...
    @property
    def steps(self) -> Sequence[Step]: ...
    @property
    def metrics(self) -> Metrics: ...
    trace: Sequence[TraceEvent]
    make_metrics: Callable[[ToyResult], Metrics] | None
    def leave_out_record(self) -> None: ...
    def receipts_root(self) -> bytes: ...
