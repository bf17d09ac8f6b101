"""A chain of blocks over one base state, which no block lays out anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samestate.conformance.generating.toy import Workload, generate_block
from samestate.optimized.configuration import Configuration
from samestate.optimized.core.base_state import StateTable
from samestate.optimized.engine import Engine
from samestate.optimized.toy.merkle import state_root
from samestate.optimized.toy.packing import pack
from samestate.spec.toy.keys import NONCE, nonce_key
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.state import ToyState
from samestate.spec.transition import apply_block
from tests.optimized.toy.blocks import expected, packed, plain_transaction
from tests.optimized.toy.random_blocks import random_block


@pytest.mark.parametrize("strategy", ["sequential", "block-stm", "locks", "waves"])
def test_each_block_runs_on_what_the_one_before_it_has_left(strategy: str) -> None:
    """Valid blocks change the state, invalid ones do not; opening and closing steps count."""
    values = random_block(0)[1].values
    state = ToyState({key: value for key, value in values.items() if key[:1] != NONCE})
    table = StateTable()
    table.update(state.values)
    valid = 0
    with Engine("toy", Configuration(strategy=strategy, memory_limit=8 << 20)) as engine:
        for seed in range(60):
            block = random_block(seed, faults=0)[0]
            nonces = dict.fromkeys({transaction.sender for transaction in block.transactions}, 0)
            following = []
            for transaction in block.transactions:
                before = int.from_bytes(state.values.get(nonce_key(transaction.sender), b""), "big")
                following.append(replace(transaction, nonce=before + nonces[transaction.sender]))
                nonces[transaction.sender] += 1
            block = replace(block, transactions=tuple(following))
            result = engine.execute(packed(block, ToyState(table)))
            right = expected(block, state)
            rejection = result.rejection and (result.rejection.code, result.rejection.transaction)
            assert rejection == right["rejection"]
            if rejection is None:
                valid += 1
                assert dict(result.changes) == right["changes"]
                assert state_root(dict(table.items()), result.changes) == right["state_root"]
                table.update(result.changes)
                state = ToyState(dict(table.items()))
    assert valid > 10
    table.close()


def test_a_block_asks_for_the_keys_that_it_touches_alone() -> None:
    """However many there are."""
    case = generate_block(3, 20, 0.5, Workload(keys=300))
    (block,) = case.blocks
    table = StateTable()
    table.update({b"\x03" + number.to_bytes(32, "big"): b"\x01" for number in range(2**40, 2**40 + 50_000)})
    table.update(case.state.values)

    class Asked(dict[bytes, bytes]):
        def get(self, name: bytes, default: bytes | None = None) -> bytes | None:  # type: ignore[override]
            asked.add(name)
            value: bytes | None = table.get(name, default)
            return value

    asked: set[bytes] = set()
    transactions = [plain_transaction(transaction) for transaction in block.transactions]
    block_packed = pack(transactions, (block.coinbase, block.gas_limit), (), None, Asked())
    with Engine("toy", Configuration(memory_limit=8 << 20)) as engine:
        assert dict(engine.execute(block_packed).changes) == apply_block(Toy(), block, case.state).changes
    assert asked == set(block_packed.names)
    assert len(asked) < 1_000
    table.close()
