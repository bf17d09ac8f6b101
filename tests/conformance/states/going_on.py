"""A process that is in trouble: `run --state` on a chain of token transfers that has no end.

Arguments: the place of the state, how many accounts it has, and, where files may not grow beyond that, how many bytes.
It prints what `run` tells, and says in a line of stderr what has ended it.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator

from samestate.conformance.benchmarking.token_chain import FORK, TokenChain
from samestate.conformance.engines.optimized.stored_state import StoredState
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.states.chains import Done, NextBlock, StoredChain
from samestate.conformance.states.opening import OpenState, find_location
from samestate.conformance.states.running import execute
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.filling import Filler
from samestate.optimized.stores.description import Description
from tests.conformance.states.committing import TRANSFERS


class Transfers(StoredChain):
    """Blocks of token transfers, one after another."""

    def __init__(self, engine: EvmEngine, accounts: int) -> None:
        self.chain = TokenChain(accounts, TRANSFERS)
        self.forks = frozenset({name_fork(FORK).rules})
        self._engine = engine

    def blocks(self, description: Description) -> Iterator[NextBlock]:
        """See :class:`StoredChain`."""
        while True:
            block, _ = self.chain.block()
            number = self.chain.number

            def executed(state: StoredState) -> Done:
                after = state.after(self._engine.execute(block, state.world).ledger)  # noqa: B023 - at once
                return Done({}, after, Description(description.fork, number, after.root()))  # noqa: B023

            yield NextBlock(number, executed)


def main(place: str, accounts: int, most: int | None) -> int:
    with EvmEngine(Configuration(strategy="block-stm", workers=2)) as engine:
        chain = Transfers(engine, accounts)
        try:
            with OpenState(find_location(place), writable=True) as state:
                if state.description is None:
                    state.description = chain.chain.fill(Filler(state.store))
                if most is not None:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
                for _ in execute(state, chain, lambda line: print(line, flush=True)):
                    pass
        except InputError as error:
            print(f"samestate: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("samestate: interrupted", file=sys.stderr)
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None))
