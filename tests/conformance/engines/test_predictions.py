"""What access lists predict, right or wrong: never more than a prediction, and never a crash."""

from __future__ import annotations

import pytest

from samestate.conformance.engines.predictions import evm_predictions
from samestate.conformance.engines.registry import all_engines
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.spec.evm.block_access_list import AccountAccess, SlotChanges, encode_access_list
from samestate.spec.evm.keys import balance_key, code_key, nonce_key, slot_key

ADDRESS = b"\xaa" * 20


def test_steps_are_in_order_and_counted_from_the_opening_one() -> None:
    account = AccountAccess(
        ADDRESS,
        storage_changes=(SlotChanges(5, ((2, 0), (1, 7))),),
        balance_changes=((0, 3),),
        nonce_changes=((1, 1),),
        code_changes=((3, b""), (2, b"\x01")),
    )
    assert evm_predictions(encode_access_list((account,))) == {
        slot_key(ADDRESS, 5): [(0, b"\x07"), (1, None)],
        balance_key(ADDRESS): [(-1, b"\x03")],
        nonce_key(ADDRESS): [(0, b"\x01")],
        code_key(ADDRESS): [(1, b"\x01"), (2, None)],
    }


@pytest.mark.parametrize("values", [(0, 8), (8, 0), (0, 0), (7, 8)])
def test_two_changes_at_one_index_stay_in_the_order_of_the_list(values: tuple[int, int]) -> None:
    first, second = values
    account = AccountAccess(
        ADDRESS,
        storage_changes=(SlotChanges(5, ((1, first), (1, second))),),
        code_changes=((1, bytes([first] * first)), (1, bytes([second] * second))),
    )
    predictions = evm_predictions(encode_access_list((account,)))
    assert predictions[slot_key(ADDRESS, 5)] == [(0, bytes([value] if value else []) or None) for value in values]
    assert predictions[code_key(ADDRESS)] == [(0, bytes([value] * value) or None) for value in values]


def test_bytes_that_are_no_list_predict_nothing() -> None:
    assert evm_predictions(b"\xc1") == {}


@pytest.mark.parametrize("name", ["two_changes_at_one_index", "change_after_the_last_step"])
def test_every_engine_rejects_a_wrong_list_as_the_specification_does(name: str) -> None:
    vector = load_vector_file(VECTORS / f"evm/access_lists/{name}-amsterdam{SUFFIX}")
    for engine in all_engines():
        if not engine.capabilities.missing(vector.case):
            assert list(engine.run(vector.case)) == [{"status": "INVALID_BLOCK_ACCESS_LIST"}], engine.id
        engine.close()
