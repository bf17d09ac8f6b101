"""geth's transition tool on the vectors of Amsterdam: what they expect is what another client gives, too."""

from __future__ import annotations

from typing import Final

import pytest

from samestate.conformance.engines.transition_tool.engine import TransitionToolEngine
from samestate.conformance.fuzzing.campaign import wrong_about
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.places import vector_files
from tests.peers.geth import find_geth

pytestmark = [pytest.mark.peers, pytest.mark.slow]

LEAST: Final = 400
"""How many vectors are executed at least."""

NO_ROOM_FOR_THE_LIST = "status: expected rejection ACCESS_LIST_TOO_LARGE, the engine gives a valid block"
ANY_LAYOUT = "status: expected rejection INVALID_DEPOSIT_LAYOUT, the engine gives a valid block"
EMPTY_IS_NEW = "receipt 0: gas_used: expected 67006, the engine gives 250606"

KNOWN: Final = {
    # it builds blocks, and does not count the items of their lists
    "more_items_than_gas_allows": NO_ROOM_FOR_THE_LIST,
    "one_item_more_than_gas_allows": NO_ROOM_FOR_THE_LIST,
    # an authority that is in the state although it is empty, or has storage alone, is new to it: no chain has such
    "authority_that_is_empty": EMPTY_IS_NEW,
    "authority_with_storage_alone": EMPTY_IS_NEW,
    # the lists of two opening calls are merged: what one writes and the other takes back is on neither side (EIP-7928)
    "opening_calls_that_cancel": "slot 0x0: reads: expected read, the engine gives nothing",
    # and of two closing calls the last one's value is listed, although it is the one from before them
    "closing_calls_that_cancel": "slot 0x0: index 2 (transaction 1): expected nothing, the engine gives 0x1",
    "closing_calls_cancel": "slot 0x0: index 2 (transaction 1): expected nothing, the engine gives 0x1",
    # a log of the right length is a deposit, whatever it says of its fields
    "field_at_another_place": ANY_LAYOUT,
    "field_beyond_64_bits": ANY_LAYOUT,
    "field_of_another_length": ANY_LAYOUT,
    # a creation leaves the slots of an account that had storage alone: no chain has such
    "created_over_storage_alone": "expected 0x01, the engine gives 0x07",
    "transaction_creates_over_storage_alone": "receipt 0: gas_used: expected 317878, the engine gives 219958",
}
"""What geth gives otherwise, by the names of scenarios; docs/outside-clients.md says who is right and why."""


WRITES_WITHOUT_END: Final = {"encodings"}
"""The suite of transactions whose encoding its reader of lists does not get over."""


COMPUTES_WITHOUT_END: Final = "overflows"
"""The selector of prices of blobs beyond 256 bits, which no chain can reach."""


@pytest.fixture(scope="module")
def geth() -> TransitionToolEngine:
    return find_geth()


def vectors(geth: TransitionToolEngine) -> dict[str, Vector]:
    """Those of Amsterdam that it can be asked, by scenario."""
    found = {}
    for path in vector_files():
        if path.stem.endswith("-amsterdam") and path.parent.name not in WRITES_WITHOUT_END:
            vector = load_vector_file(path)
            if not geth.capabilities.missing(vector.case) and COMPUTES_WITHOUT_END not in vector.case.selectors:
                found[path.stem.removesuffix("-amsterdam")] = vector
    return found


def test_vectors_of_amsterdam(geth: TransitionToolEngine) -> None:
    asked = vectors(geth)
    assert len(asked) >= LEAST
    wrong = {name: wrong_about(geth, vector.case, vector.expected) for name, vector in asked.items()}
    told = {name: answer.text for name, answer in wrong.items() if answer is not None}
    assert told.keys() == KNOWN.keys()
    for name, words in KNOWN.items():
        assert words in told[name]
