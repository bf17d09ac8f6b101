"""The access lists of a block's transactions before it is executed, by the estimators of the compiled engine."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import CompiledStates
from samestate.conformance.errors import InputError
from samestate.conformance.listing.entries import NOBODY, list_of
from samestate.conformance.tracing.traceable import TraceableBlock
from samestate.optimized.errors import ConfigurationError
from samestate.optimized.evm.expecting import EvmExpectations
from samestate.optimized.settings import ESTIMATORS
from samestate.spec.evm.keys import SLOT
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.transaction import AccessList

CHOICES: Final = (*ESTIMATORS, NOBODY)
"""What `--estimator` may be."""


def predicted_lists(block: TraceableBlock, estimator: str, warm: Collection[Collection[bytes]]) -> list[AccessList]:
    """The list of each transaction, from the state before the block alone.

    ``warm``: for each transaction the addresses that it need not name. Raises InputError where there is no such
    estimator.
    """
    count = len(block.payload.transactions)
    try:
        expectations = EvmExpectations(estimator, max(1, count))
    except ConfigurationError as error:
        raise InputError(f"--estimator {estimator}: must be one of {', '.join(CHOICES)}") from error
    world = CompiledStates().world_of(block.before)
    if world is None:
        raise InputError("--estimator: the state before the block has no form that the compiled engine reads")
    expected = expectations.expect(packed_block(Evm(block.fork), block.payload, None), world, named=True)
    return [list_of(listed_keys(expected.names(index), needless)) for index, needless in enumerate(warm)]


def listed_keys(names: Collection[bytes], warm: Collection[bytes]) -> list[bytes]:
    """Keys of the state as entries of an access list: slots, and the addresses of accounts that are not warm anyway."""
    return [key if key[0] == SLOT else key[1:] for key in names if key[0] == SLOT or key[1:] not in warm]
