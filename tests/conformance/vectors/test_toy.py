"""Toy vectors: text and back, and malformed ones, whose complaints say where, what is wrong and what would be right."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.errors import InputError
from samestate.conformance.generating.toy_case import GeneratedToyCase
from samestate.conformance.generating.toy_strategies import toy_cases
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.conformance.vectors.schema_problems import result_validator
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub

ID = "toy/access_lists/right_list"
FILE = f"{ID}{SUFFIX}"
TEXT = (VECTORS / FILE).read_text(encoding="utf-8")
REJECTED = "toy/access_lists/wrong_value"
COINBASE = "0x66611de9d45060250cade1e8c431ed0bbd83a4d2"
ALICE = "0x8b2c9df4641ae4e7a7fe27d947e90c542da3f4a5"


def load(text: str, file: str = FILE) -> None:
    load_vector(file, text.encode())


def replaced(old: str, new: str) -> str:
    assert old in TEXT, old
    return TEXT.replace(old, new, 1)


BAD = {
    "unknown field of a block": ("    withdrawals:", '    uncles: "1"\n    withdrawals:', "blocks[0].uncles: unknown"),
    "unknown field of a transaction": ('        nonce: "0"', '        to: "0"\n        nonce: "0"', "to: unknown"),
    "a parameter": ("params: {}", 'params: {chain_id: "1"}', "machine.params.chain_id: unknown field"),
    "another fork": ('fork: "toy"', 'fork: "Osaka"', 'machine.fork: must be "toy"'),
    "another machine": ('name: "toy"', 'name: "evm"', "blocks[0].access_list: unknown field"),
    "no slots": ("  slots: {", "  places: {", "'slots' is missing"),
    "a slot that holds nothing": ('slots: {"0x1": "0x7"', 'slots: {"0x1": "0x0"', "must not be zero: leave"),
    "an account without anything": (
        f'"{ALICE}": {{nonce: "0x0", balance: "0x3b9aca00"}}',
        f'"{ALICE}": {{nonce: "0x0", balance: "0x0"}}',
        "has nothing: leave the account out",
    ),
    "a balance out of range": ('balance: "0x3b9aca00"', f'balance: "{hex(2**128)}"', "does not fit 128 bits"),
    "a nonce out of range": ('nonce: "0x0"', f'nonce: "{hex(2**64)}"', "does not fit 64 bits"),
    "a transaction's nonce out of range": ('nonce: "0"', f'nonce: "{2**64}"', "nonce: must fit into 64 bits"),
    "a gas limit out of range": ('gas_limit: "100000"', f'gas_limit: "{2**64}"', "gas_limit: must fit into 64 bits"),
    "a gas price out of range": ('gas_price: "1"', f'gas_price: "{2**64}"', "gas_price: must fit into 64 bits"),
    "an amount out of range": ('amount: "9"', f'amount: "{2**64}"', "amount: must fit into 64 bits"),
    "no operation": ('"SLOAD 0x1"', '"SLEEP 0x1"', "operations[0]: must be an operation"),
    "an operand too few": ('"SLOAD 0x1"', '"SLOAD"', "operations[0]: must be an operation"),
    "an operand too many": ('"SLOAD 0x1"', '"SLOAD 0x1 0x2"', "operations[0]: must be an operation"),
    "a leading zero": ('"SLOAD 0x1"', '"SLOAD 0x01"', "operations[0]: must be an operation"),
    "an operand out of range": ('"SLOAD 0x1"', f'"SLOAD {hex(2**256)}"', "operations[0]: must be an operation"),
    "a number for the accumulator": ("0x2 accumulator", "0x2 accu", "operations[2]: must be an operation"),
    "an operation that is a list": ('"SLOAD 0x1"', '["SLOAD", "0x1"]', "operations[0]: must be a string"),
    "a step out of order in the list": ('      - step: "0"', '      - step: "1"', "[1].step: must be '0' at"),
    "keys out of order in the list": (
        '"slot 0x1", "slot 0x2", "slot 0x3"]',
        '"slot 0x2", "slot 0x1", "slot 0x3"]',
        "access_list[1].reads: must be in order",
    ),
    "a key twice in the list": ('"slot 0x1", "slot 0x2"', '"slot 0x1", "slot 0x1"', "an element is there twice"),
    "a key of the EVM": ('"slot 0x1", "slot 0x2"', f'"slot {ALICE} 0x1", "slot 0x2"', "a key of the toy's state"),
    "an unknown error": ('{status: "success", gas', '{status: "success", error: "BORED", gas', 'must be "OUT_OF_GAS"'),
    "a log that is no hash": ("logs: []", 'logs: ["0x00"]', "must be hex of 32 bytes"),
    "a wipe": ("wipes: []", f'wipes: ["{ALICE}"]', "wipes: must have at most 0 elements"),
    "a bloom": ('      gas_used: "', '      logs_bloom: "0x00"\n      gas_used: "', "logs_bloom: unknown field"),
    "no rejection code": ('status: "valid"', 'status: "BAD_LUCK"', "unknown field"),
    "a wrong dependency": ('kind: "RAW"', 'kind: "WAR"', "does not follow from the access record"),
    "a wrong critical path": ('critical_path: "2"', 'critical_path: "1"', "critical_path: does not follow"),
}  # fmt: skip


def test_the_vector_is_fine_as_it_is() -> None:
    load(TEXT)


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named(what: str) -> None:
    old, new, complaint = BAD[what]
    with pytest.raises(InputError, match=re.escape(complaint)) as raised:
        load(replaced(old, new))
    assert re.match(rf"{re.escape(FILE)}:\d+:\d+: ", str(raised.value))


def test_a_rejection_code_of_another_machine() -> None:
    text = (VECTORS / f"{REJECTED}{SUFFIX}").read_text(encoding="utf-8")
    wrong = text.replace("ACCESS_LIST_MISMATCH", "INVALID_BLOCK_ACCESS_LIST")
    with pytest.raises(InputError, match='"INVALID_BLOCK_ACCESS_LIST" is no rejection code; they are ACCESS_LIST_MISM'):
        load(wrong, f"{REJECTED}{SUFFIX}")


@given(st.integers(0, len(TEXT) - 1), st.text(max_size=3))
def test_a_spoiled_vector_is_a_vector_or_a_clear_error(place: int, junk: str) -> None:
    try:
        load(TEXT[:place] + junk + TEXT[place + len(junk) :])
    except InputError as error:
        assert FILE in str(error)


@given(st.data())
def test_a_vector_with_lines_exchanged_is_a_vector_or_a_clear_error(data: st.DataObject) -> None:
    lines = TEXT.splitlines()
    first, second = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    lines[first], lines[second] = lines[second], lines[first]
    try:
        load("\n".join(lines))
    except InputError as error:
        assert FILE in str(error)


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (Sload(0), "SLOAD 0x0"),
        (Sstore(1, 0), "SSTORE 0x1 0x0"),
        (Sstore(2**256 - 1, None), f"SSTORE 0x{'f' * 64} accumulator"),
        (Add(10), "ADD 0xa"),
        (Sub(0), "SUB 0x0"),
        (Keccak(b""), "KECCAK 0x"),
        (Keccak(b"\x00\x1f"), "KECCAK 0x001f"),
        (Noop(), "NOOP"),
    ],
)
def test_operations_as_text(operation: Operation, text: str) -> None:
    assert toy.write_operation(operation) == text
    assert toy.read_operation(text) == operation


@pytest.mark.parametrize("text", ["", "JUMP 0x1", "SLOAD", "NOOP 0x1", "SSTORE 0x1", "SLOAD x", "ADD accumulator"])
def test_text_that_is_no_operation(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no operation|invalid literal"):
        toy.read_operation(text)


def test_keys_as_text_and_in_order() -> None:
    address = bytes(range(20))
    keys = [balance_key(address), nonce_key(bytes(20)), nonce_key(address), slot_key(0), slot_key(2**256 - 1)]
    for key in keys:
        assert toy.CODEC.parse_key(toy.CODEC.key(key)) == key
    assert sorted({*keys}, key=toy.CODEC.order) == keys
    assert [toy.CODEC.key(key).split()[0] for key in keys] == ["balance", "nonce", "nonce", "slot", "slot"]
    assert toy.CODEC.key(slot_key(31)) == "slot 0x1f"


@pytest.mark.parametrize("text", ["", "slot", "slot 0x01", "balance", "balance 0x12", "code 0x1", f"slot {2**256:#x}"])
def test_text_that_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match=r"no key|does not fit|an address has|invalid literal|non-hex|is not how"):
        toy.CODEC.parse_key(text)


@given(toy_cases())
def test_results_fit_the_schema(case: GeneratedToyCase) -> None:
    for result in case.expected():
        assert list(result_validator("toy").iter_errors(result)) == []


def test_accounts_of_keys() -> None:
    assert toy.account_of("balance 0x12") == "0x12"
    assert toy.account_of("slot 0x12") == "slot 0x12"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["trace"], "is of the machine toy: only the instructions of the evm are traced"),
        (["check", "--fork", "moon"], "no fork is called so"),
    ],
)
def test_commands_that_cannot_take_it(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(command.application, [*arguments, str(VECTORS / FILE)])
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.split())


def test_commands_that_take_it() -> None:
    runner = CliRunner()
    assert "1 passed" in runner.invoke(command.application, ["check", "--fork", "toy", str(VECTORS / FILE)]).output
    shown = runner.invoke(command.application, ["run", str(VECTORS / FILE)]).output
    assert "first log" in shown
    assert "2 depends on" not in shown
    failed = VECTORS / "toy" / "receipts" / f"failure_undoes_its_stores{SUFFIX}"
    assert "OUT_OF_GAS" in runner.invoke(command.application, ["run", str(failed)]).output
