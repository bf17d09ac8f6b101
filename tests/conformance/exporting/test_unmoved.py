"""Vectors that are chains already are written as they are; what consumers could not begin with, or see, is told."""

from __future__ import annotations

import pytest

from samestate.conformance.exporting.exporter import Refusal
from samestate.conformance.vectors.evm.chain import encode_parts
from samestate.conformance.vectors.evm.header import read_header
from tests.conformance.exporting.vectors import chain, content_of, exported, vector


def test_blocks_stay_as_they_are() -> None:
    id = "evm/base_fee/too_dear_a_block_later-amsterdam"
    exported_chain = chain(id)
    case = vector(id).case
    assert case.parent is not None
    assert exported_chain.genesis == read_header(case.parent)
    assert [block.rlp for block in exported_chain.blocks] == [encode_parts(block) for block in case.blocks]


@pytest.mark.parametrize(
    ("id", "network", "schedules"),
    [
        ("evm/blob_fee/schedule_of_the_new_fork-cancuntoprague", "CancunToPragueAtTime15k", ["Cancun", "Prague"]),
        (
            "evm/blob_fee/schedule_of_the_new_fork-bpo1tobpo2",
            "BPO1ToBPO2AtTime15k",
            ["Cancun", "Prague", "Osaka", "BPO1", "BPO2"],
        ),
    ],
)
def test_a_transition_has_the_name_and_the_schedules_of_its_forks(id: str, network: str, schedules: list[str]) -> None:
    test = content_of(id, "blockchain_test")
    assert (test["network"], test["config"]["network"]) == (network, network)
    assert list(test["config"]["blobSchedule"]) == schedules


@pytest.mark.parametrize(
    ("id", "form", "reason", "detail"),
    [
        ("evm/difficulty/without_the_bomb-berlin", "blockchain_test", "its parent can be no genesis", "number 9300000"),
        (
            "evm/headers/nonce_under_stake-paris",
            "blockchain_test",
            "execution-spec-tests has no name for the rejection",
            "NONCE_NOT_ZERO",
        ),
        (
            "evm/commitments/access_list_of_the_parent-amsterdam",
            "blockchain_test",
            "the list that comes with the block is not the one that its header commits to",
            "",
        ),
        (
            "evm/headers/with_requests-cancun",
            "blockchain_test_engine",
            "a payload stands for another block: its header says what none can",
            "",
        ),
        ("evm/headers/with_requests-cancun", "state_test", "it is about what a state test leaves out", "headers"),
    ],
)
def test_what_a_form_cannot_say_of_a_chain_is_told(id: str, form: str, reason: str, detail: str) -> None:
    refused = exported(id, form)
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.detail) == (reason, detail)


def test_a_header_may_be_wrong_about_a_list_that_comes_with_it() -> None:
    (call,) = content_of("evm/commitments/access_list_of_nothing-amsterdam", "blockchain_test_engine")[
        "engineNewPayloads"
    ]
    assert call["validationError"] == "BlockException.INVALID_BAL_HASH|BlockException.INVALID_BLOCK_ACCESS_LIST"
    assert call["params"][0]["blockAccessList"] == "0xc0"


@pytest.mark.parametrize("form", ["blockchain_test", "blockchain_test_engine"])
def test_a_malformed_transaction_may_be_told_of_it_or_of_its_block(form: str) -> None:
    test = content_of("evm/block_encodings/recipient_of_19_bytes-amsterdam", form)
    (block,) = test.get("blocks", test.get("engineNewPayloads"))
    names = (block.get("expectException") or block["validationError"]).split("|")
    assert {"BlockException.RLP_STRUCTURES_ENCODING", "TransactionException.RLP_ERROR_EOF"} <= set(names)


def test_an_invalid_block_comes_with_the_requests_and_the_list_that_its_header_commits_to() -> None:
    calls = content_of("evm/base_fee/too_dear_a_block_later-amsterdam", "blockchain_test_engine")["engineNewPayloads"]
    (call,) = [each for each in calls if "validationError" in each]
    assert call["validationError"] == "TransactionException.INSUFFICIENT_MAX_FEE_PER_GAS"
    assert call["params"][0]["blockAccessList"] == "0xc0"
