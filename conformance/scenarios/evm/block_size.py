"""How long the encoding of a block may be (EIP-7934): 8 MiB, of which most is the data of a few transactions."""

from __future__ import annotations

from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.draft import ETHER
from samestate.conformance.scenarios.scenario import chain_scenario
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BPO2, OSAKA, PRAGUE
from samestate.spec.evm.rejections import Invalid

LIMIT = 8 * 2**20
PIECES = {AMSTERDAM.name: 33}
"""In how many transactions the data is: since EIP-7976 each byte costs more, and the cap for one holds less."""
PIECES_BEFORE = 6
LARGE = 90_000
"""Bytes of the vector: of each of so many transactions there is a receipt and a part of the record."""


def filled_to(chain: ChainBuilder, size: int) -> None:
    """Fill the current block with zeros to just this size."""
    fork: Fork = chain.fork
    pieces = PIECES.get(fork.name, PIECES_BEFORE)
    byte_price, base = (64, 30_000) if fork is AMSTERDAM else (10, 21_000)
    chain.parent(gas_limit=1_000_000_000)
    alice, bob = chain.accounts(alice=1000 * ETHER, bob=ETHER)
    piece = LIMIT // pieces

    def send(length: int, nonce: int) -> None:
        chain.call(
            alice, bob, data=bytes(length), nonce=nonce, gas=base + byte_price * length, comment="alice sends zeros"
        )

    for index in range(pieces):
        send(piece if index + 1 < pieces else piece - 20_000, index)
    missing = size - chain.size()
    chain.draft.transactions.pop()
    send(piece - 20_000 + missing, pieces - 1)
    if chain.size() != size:
        raise ValueError(f"the block has {chain.size()} bytes, and should have {size}")


@chain_scenario(forks=(OSAKA, AMSTERDAM), size_limit=LARGE)
def just_as_long_as_may_be(chain: ChainBuilder) -> None:
    """The block has 8,388,608 bytes, header, body and all lengths counted."""
    filled_to(chain, LIMIT)
    chain.expect_success()


@chain_scenario(forks=(OSAKA, BPO2, AMSTERDAM))
def a_byte_longer(chain: ChainBuilder) -> None:
    """The block has 8,388,609 bytes: nothing else is wrong with it."""
    filled_to(chain, LIMIT + 1)
    chain.expect(Invalid.BLOCK_TOO_LARGE)


@chain_scenario(forks=(PRAGUE,))
def as_long_as_it_likes(chain: ChainBuilder) -> None:
    """The block has 8,388,609 bytes, in a fork that has no limit."""
    filled_to(chain, LIMIT + 1)
    chain.expect_success()
