"""What is almost a transaction or a block: the compiled machine names the same defect as the specification."""

from __future__ import annotations

from collections import Counter

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.rulesets import MAINNET_2026_09
from samestate.spec.svm.transaction import decode_transaction, encode_transaction
from tests.optimized.svm.comparing import differences, engines, specified
from tests.spec.svm.small import RICH, SmallChain
from tests.spec.svm.test_bad_input import chain, of_version
from tests.spec.svm.test_history import DEFECTS, block_of, record

SEQUENTIAL = [("sequential", 1, False)]


@pytest.mark.parametrize("version", ["legacy", 0, 1])
@pytest.mark.parametrize("change", [0x01, 0x10, 0xFF])
def test_each_changed_byte(version: object, change: int) -> None:
    (engine,) = engines(ways=SEQUENTIAL).values()
    on, wire = chain(), encode_transaction(of_version(version))
    found: Counter[str] = Counter()
    for place, byte in enumerate(wire):
        try:
            changed = decode_transaction(wire[:place] + bytes([byte ^ change]) + wire[place + 1 :])
        except Rejection:
            continue
        block = on.block([changed])
        expected = specified(MAINNET_2026_09, block, on.state)
        assert differences(engine, MAINNET_2026_09, block, on.state, expected) == [], (place, expected)
        found[expected.code.name if isinstance(expected, Rejection) else "valid"] += 1
    engine.close()
    assert found["valid"] and found["SANITIZE_FAILURE"] and found["BLOCKHASH_NOT_FOUND"] >= 32


def test_each_defect_of_entries() -> None:
    (engine,) = engines(ways=SEQUENTIAL).values()
    for entries, code in DEFECTS:
        block, state = block_of(record(*entries)), SmallChain(RICH).state
        expected = specified(MAINNET_2026_09, block, state)
        assert isinstance(expected, Rejection) and expected.code.name == code
        assert differences(engine, MAINNET_2026_09, block, state, expected) == [], entries
    engine.close()
