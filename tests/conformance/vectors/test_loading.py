"""Malformed vectors: each complaint says file, line and column, what is wrong, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.document import read_yaml
from samestate.conformance.vectors.loading import load_vector, load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS

ID = "evm/funding/funded_by_an_earlier_transaction-amsterdam"
FILE = f"{ID}{SUFFIX}"
TEXT = (VECTORS / FILE).read_text(encoding="utf-8")


def load(text: str) -> None:
    load_vector(FILE, text.encode())


def replaced(old: str, new: str) -> str:
    assert old in TEXT, old
    return TEXT.replace(old, new, 1)


BAD = {
    "unknown field": (
        'status: "valid"',
        'status: "valid"\n      colour: "red"',
        "blocks[0].expect.colour: unknown field",
    ),
    "unknown field at the top": (
        "hazards:",
        'novel: "1"\nhazards:',
        "novel: unknown field; the fields here are format",
    ),
    "missing field": ('      receipts_root: "0x', '      state_root_too: "0x', "receipts_root' is missing"),
    "wrong type": ('gas_limit: "30000000"', 'gas_limit: ["30000000"]', "env.gas_limit: must be a string"),
    "wrong type of a list": ('hazards: ["H04"]', 'hazards: "H04"', 'hazards: must be a list, but is "H04"'),
    "duplicate key": ('status: "valid"', 'status: "valid"\n      status: "valid"', "the key 'status' is there twice"),
    "anchor": ('hazards: ["H04"]', 'hazards: &those ["H04"]', "an anchor (&those): must go"),
    "alias": ('hazards: ["H04"]', "hazards: *those", "an alias (*those): must be written out"),
    "tag": ('hazards: ["H04"]', 'hazards: !!seq ["H04"]', "must go, vectors have no tags"),
    "unquoted number": ('number: "1000"', "number: 1000", 'blocks[0].env.number: must be in quotes: "1000"'),
    "unquoted boolean": ('status: "valid"', "status: true", 'must be in quotes: "true"'),
    "null": ('status: "valid"', "status:", "blocks[0].expect.status: must be in quotes"),
    "unquoted key": ('block_hashes: {"999"', "block_hashes: {999", "a key that is not a plain word must be in quotes"),
    "another machine": (
        'name: "evm"',
        'name: "ebm"',
        'machine.name: must be "chains", "evm", "svm" or "toy", but is "ebm"',
    ),
    "unknown fork": ('fork: "Amsterdam"', 'fork: "Atlantis"', 'machine.fork: no fork is called "Atlantis"'),
    "unknown hazard": (
        'hazards: ["H04"]',
        'hazards: ["H999"]',
        'hazards[0]: no hazard has the id "H999": `samestate hazards` lists them',
    ),
    "unknown selector": ('"system-calls"]', '"system-shouts"]', '"system-shouts" is not known'),
    "unknown format": ("samestate-vector/1", "samestate-vector/2", 'format: must be "samestate-vector/1"'),
    "upper case hex": ('coinbase: "0x427001944798f', 'coinbase: "0x427001944798F', "env.coinbase: must be an address"),
    "short address": ('coinbase: "0x42', 'coinbase: "0x', "env.coinbase: must be an address"),
    "leading zero": ('number: "1000"', 'number: "01000"', "env.number: must be a decimal number without leading zeros"),
    "negative number": ('number: "1000"', 'number: "-1"', "env.number: must be a decimal number"),
    "number out of range": ('number: "1000"', f'number: "{2**64}"', "env.number: must fit into 64 bits"),
    "balance out of range": ('balance: "0x8ac7230489e80000"', f'balance: "{hex(2**256)}"', "balance: must be"),
    "nonce out of range": ('nonce: "0x0"', f'nonce: "{hex(2**64)}"', "must fit into 64 bits"),
    "field of another fork": ("      number:", '      difficulty: "1"\n      number:', "Amsterdam has no such field"),
    "field of the fork left out": ('      base_fee_per_gas: "1000000000"\n', "", "'base_fee_per_gas' is missing"),
    "slot number left out": ('      slot_number: "2000000"\n', "", "'slot_number' is missing: Amsterdam has it"),
    "slot number that is too large": (
        'slot_number: "2000000"',
        f'slot_number: "{2**64}"',
        "blocks[0].env.slot_number: must fit into 64 bits",
    ),
    "slot number that is negative": ('slot_number: "2000000"', 'slot_number: "-1"', "slot_number: must be a decimal"),
    "slot number in a fork without it": (
        'fork: "Amsterdam"',
        'fork: "BPO2"',
        "blocks[0].env.slot_number: must not be there: BPO2 has no such field",
    ),
    "state gas in a fork without it": (
        'fork: "Amsterdam"',
        'fork: "BPO2withaccesslists"',
        "blocks[0].expect.receipts[1].state_gas: must not be there: BPO2 with access lists has no such field",
    ),
    "state gas left out": ('      state_gas: "367200"\n', "", "blocks[0].expect: the field 'state_gas' is missing"),
    "state gas of a transaction left out": (
        '          state_gas: "183600"\n',
        "",
        "blocks[0].expect.receipts[0]: the field 'state_gas' is missing: Amsterdam has it",
    ),
    "wrong sum of state gas": (
        '      state_gas: "367200"',
        '      state_gas: "367201"',
        'blocks[0].expect.state_gas: does not follow from the receipts: must be "367200"',
    ),
    "wrong sum of execution gas": (
        '      execution_gas: "42000"',
        '      execution_gas: "42001"',
        'blocks[0].expect.execution_gas: does not follow from the receipts: must be "42000"',
    ),
    "gas used that is not the larger sum": (
        '      gas_used: "367200"',
        '      gas_used: "409200"',
        'blocks[0].expect.gas_used: does not follow from the receipts: must be "367200"',
    ),
    "hash of the block itself": ('block_hashes: {"999"', 'block_hashes: {"1000"', "must be before the block itself"),
    "two hashes of the parent": ('parent_hash: "0x7', 'parent_hash: "0x8', "must be parent_hash, "),
    "another sender": ('sender: "0x70a2', 'sender: "0x70a3', "who signed the transaction"),
    "no key": ('"balance 0x70a2', '"wealth 0x70a2', "the key must be a key of the state"),
    "key written otherwise": (' 0x3e7": {', ' 0x03e7": {', "the key must be a key of the state"),
    "step out of order": ('step: "0"', 'step: "1"', "step '1' is out of order: must be '0'"),
    "source that comes later": ('from: ["0"]', 'from: ["1"]', "'from' must be 'pre' or earlier steps in order"),
    "no rejection code": ('status: "valid"', 'status: "BAD_LUCK"', "expect"),
    "wrong dependency": ('kind: "WAW"', 'kind: "WAR"', "depends[2]: does not follow from the access record"),
    "wrong critical path": ('critical_path: "2"', 'critical_path: "1"', "critical_path: does not follow"),
    "wrong critical path in gas": (
        'critical_path_gas: "409200"',
        'critical_path_gas: "409201"',
        "critical_path_gas: does",
    ),
    "a second document": ("provenance:", '---\n"more": "1"\n---\nprovenance:', "second document"),
    "a tab": ("  name:", "\tname:", "not YAML"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named(what: str) -> None:
    old, new, complaint = BAD[what]
    with pytest.raises(InputError, match=re.escape(complaint)) as raised:
        load(replaced(old, new))
    assert re.match(rf"{re.escape(FILE)}:\d+:\d+: ", str(raised.value))


def test_the_line_is_the_one_in_the_file() -> None:
    text = replaced('number: "1000"', "number: 1000")
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "number: 1000" in line)
    with pytest.raises(InputError, match=rf":{line}:15: "):
        load(text)


def test_all_problems_are_named_at_once() -> None:
    text = replaced('number: "1000"', 'number: "x"').replace('gas_limit: "30000000"', 'gas_limit: "y"', 1)
    with pytest.raises(InputError) as raised:
        load(text)
    assert len(str(raised.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b'"text"', "must be a map"),
        (b"[[[[", "not YAML"),
        (b"? [1]\n: x", "a key must be a string"),
        (b"[" * 100 + b"]" * 100, "nested deeper than"),
        (b"a: b: c", "must be in quotes"),
        (b'{"a": "b"}', "unknown field"),
    ],
)
def test_what_is_no_vector_at_all(data: bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=re.escape(complaint)):
        load_vector(FILE, data)


@given(st.binary(max_size=200))
def test_bytes_are_a_document_or_a_clear_error(data: bytes) -> None:
    try:
        read_yaml("some.yaml", data)
    except InputError as error:
        assert "some.yaml" in str(error)


@given(st.integers(0, len(TEXT) - 1), st.text(max_size=3))
def test_a_spoiled_vector_is_a_vector_or_a_clear_error(place: int, junk: str) -> None:
    try:
        load(TEXT[:place] + junk + TEXT[place + len(junk) :])
    except InputError as error:
        assert FILE in str(error)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_vector_file(tmp_path / "absent.yaml")


def check_with(change: Callable[[str], str], tmp_path: Path) -> tuple[int, str]:
    path = tmp_path / "vectors" / FILE
    path.parent.mkdir(parents=True)
    path.write_text(change(TEXT), encoding="utf-8")
    result = CliRunner().invoke(command.application, ["check", str(path)])
    return result.exit_code, result.output


def test_check_passes_a_copy(tmp_path: Path) -> None:
    assert check_with(lambda text: text, tmp_path)[0] == 0


def test_check_fails_on_a_wrong_digit(tmp_path: Path) -> None:
    code, output = check_with(lambda text: text.replace('state_root: "0x0', 'state_root: "0x1', 1), tmp_path)
    assert code == 1
    assert "state_root: expected 0x1f" in " ".join(output.split())


def test_check_has_bad_input_on_an_anchor(tmp_path: Path) -> None:
    code, output = check_with(lambda text: text.replace("hazards: [", "hazards: &a [", 1), tmp_path)
    assert code == 2
    assert "anchor" in output
