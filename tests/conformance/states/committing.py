"""A process to be killed: it runs a chain of token transfers on a state on disk, block by block, until it is ended.

Arguments: the place of the state, how many accounts it has, and `behind` where a block is to be written while the next
one is executed. It begins where the state is, and prints each height that is certain to be in the store.
"""

from __future__ import annotations

import sys

from samestate.conformance.benchmarking.token_chain import FORK, TokenChain
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.filling import Filler
from samestate.optimized.evm.stored import StoredWorld
from samestate.optimized.stores.description import Description, describe
from samestate.optimized.stores.opening import parse_location

TRANSFERS = 20


def main(place: str, accounts: int, waits: bool) -> None:
    store = parse_location(place).store(writable=True)
    chain = TokenChain(accounts, TRANSFERS)
    found = describe(store, place) or chain.fill(Filler(store))
    for _ in range(found.height):
        chain.block()
    world = StoredWorld(store, found.root)
    with EvmEngine(Configuration(strategy="sequential", workers=1)) as engine:
        print(found.height, flush=True)
        while True:
            block, _ = chain.block()
            engine.execute(block, world).ledger.apply()
            world.commit(Description(name_fork(FORK).rules, chain.number, b"").records(), waits=waits)
            print(chain.number if waits else chain.number - 1, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), "behind" not in sys.argv[3:])
