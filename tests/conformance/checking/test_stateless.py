"""Blocks of fixtures are executed from their witness alone, and not where that lacks something."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samestate.spec.evm.block import decode_block, header_item
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import BPO2, CANCUN
from samestate.spec.evm.rlp import encode
from samestate.spec.evm.state import FlatState
from tests.conformance.checking.cases import blockchain_test, hexed, samestate, write
from tests.spec.evm.test_state import witness_of

ENOUGH, LACKING = (f"0x{'00' * 32}0{success}{'0100000000000000'}" for success in (1, 0))


def witnessed(fork: Fork = CANCUN) -> dict[str, Any]:
    """A test whose first block has all of the state before it as its witness."""
    test = blockchain_test(fork)
    state = FlatState.from_alloc(test["pre"])
    genesis = decode_block(bytes.fromhex(test["genesisRLP"][2:])).header
    test["blocks"][0] |= {
        "executionWitness": {
            "state": list(map(hexed, witness_of(state))),
            "codes": [hexed(account.code) for account in state.accounts.values()],
            "headers": [hexed(encode(header_item(genesis)))],
        },
        "statelessOutputBytes": ENOUGH,
    }
    return test


def checked(tmp_path: Path, test: dict[str, Any], *options: str) -> str:
    result = samestate("check", write(tmp_path / "case.json", {"name": test}), *options)
    return str(result.output)


PASSED = "1 passed, 0 failed, 0 skipped"
ENGINES = ("spec", "optimized:sequential", "optimized:block-stm")


def test_a_block_is_executed_from_its_witness(tmp_path: Path) -> None:
    for options in ((), ("--engine", "reference:block-stm"), ("--engine", "optimized:block-stm"), ("--jobs", "2")):
        assert PASSED in checked(tmp_path, witnessed(), *options)
    test = witnessed()
    del test["blocks"][0]["statelessOutputBytes"]
    assert PASSED in checked(tmp_path, test), "who does not say that it lacks something has all that is needed"


def without_node(witness: dict[str, Any]) -> None:
    witness["state"] = []


def without_codes(witness: dict[str, Any]) -> None:
    witness["codes"] = []


def without_parent(witness: dict[str, Any]) -> None:
    witness["headers"] = []


def with_malformed_header(witness: dict[str, Any]) -> None:
    witness["headers"][0] = "0xc0"


def with_stranger(witness: dict[str, Any]) -> None:
    witness["headers"].append(witness["headers"][0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_node, "on the path to account"),
        (without_parent, "headers: must be 1 to 256, but are 0"),
        (with_malformed_header, r"headers[0]: a header of 0 fields"),
        (with_stranger, "headers[0]: must be that of block 0x"),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_witness_that_lacks_something_is_not_enough(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str, engine: str
) -> None:
    test = witnessed()
    change(test["blocks"][0]["executionWitness"])
    told = checked(tmp_path, test, "--engine", engine)
    assert "block 0: cannot be executed from its witness: " in told
    assert message in told
    test["blocks"][0]["statelessOutputBytes"] = LACKING
    assert PASSED in checked(tmp_path, test, "--engine", engine)


def test_a_witness_that_is_enough_must_not_be_said_to_lack_something(tmp_path: Path) -> None:
    test = witnessed()
    test["blocks"][0]["statelessOutputBytes"] = LACKING
    assert "block 0: was executed from a witness that lacks something that it needs" in checked(tmp_path, test)


def test_what_a_witness_is_not_asked_for_may_be_there(tmp_path: Path) -> None:
    test = witnessed()
    witness = test["blocks"][0]["executionWitness"]
    witness["state"] = [*reversed(witness["state"]), "0x80"]
    witness["codes"] = ["0x6001", *reversed(witness["codes"])]
    assert PASSED in checked(tmp_path, test)


@pytest.mark.parametrize("output", ["0x", "0x01", f"0x{'00' * 32}02{'00' * 8}", f"0x{'00' * 42}"])
def test_an_output_of_another_form_makes_the_document_unusable(tmp_path: Path, output: str) -> None:
    test = witnessed()
    test["blocks"][0]["statelessOutputBytes"] = output
    assert "blocks[0]: statelessOutputBytes: must be 41 bytes" in checked(tmp_path, test)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_code_that_is_not_there_is_a_note(tmp_path: Path, engine: str) -> None:
    """EIP-8025 leaves out what is asked for its hash alone, and here that is answered from the code itself."""
    test = witnessed(BPO2)
    without_codes(test["blocks"][0]["executionWitness"])
    told = checked(tmp_path, test, "--engine", engine)
    assert "::name: block 0: not executed from its witness: code 0x" in told
    assert PASSED in told
