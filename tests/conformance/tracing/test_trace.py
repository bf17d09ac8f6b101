"""Lines of traces: the example of EIP-3155, the conventions of each field, and that watching changes nothing."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.tracing.trace import LineTracer, TraceOptions, summary_of, summary_of_rejection, to_line
from samestate.spec.evm.address import created_address
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import LegacyTransaction
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block
from tests.conformance.transition_tool.test_fixtures import sample
from tests.conformance.transition_tool.tool import transition

KEY = bytes(31) + b"\x01"
SENDER = address_of(KEY)
CONTRACT = bytes(19) + b"\xaa"
OTHER = bytes(19) + b"\xbb"
PRAGUE = BY_NAME["Prague"]


def run(
    code: str,
    others: dict[bytes, dict[str, str]] | None = None,
    gas: int = 200_000,
    fork: Fork = PRAGUE,
    balance: int = 0,
    options: TraceOptions | None = None,
) -> list[dict[str, Any]]:
    """The lines of a transaction that runs the code."""
    accounts: dict[bytes, dict[str, str]] = {
        SENDER: {"balance": hex(10**18)},
        CONTRACT: {"code": f"0x{code}", "balance": hex(balance)},
        **(others or {}),
    }
    state = FlatState.from_alloc({f"0x{address.hex()}": account for address, account in accounts.items()})
    unsigned = LegacyTransaction(nonce=0, gas_price=10, gas_limit=gas, to=CONTRACT, value=0, data=b"")
    environment = Environment(
        chain_id=1, number=1, timestamp=1, coinbase=OTHER, gas_limit=10**8, base_fee_per_gas=7 * (fork.name != "Berlin")
    )
    payload = Payload(environment, (sign(unsigned, KEY),), is_bare=True)
    lines: list[str] = []
    tracer = LineTracer(lines.append, options or TraceOptions())
    result = apply_block(Evm(fork, tracer), payload, state)
    lines.append(to_line(summary_of(result.outcomes[0], tracer.output, fork, result.state().root())))
    return [json.loads(line) for line in lines]


def names(lines: list[dict[str, Any]], depth: int | None = None) -> list[str]:
    return [line["opName"] for line in lines[:-1] if depth is None or line["depth"] == depth]


def line_of(lines: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(line for line in lines if line.get("opName") == name)


def test_the_example_of_the_proposal() -> None:
    """The program in EIP-3155's test case. Its prices and sizes are those of an older fork and of an older geth."""
    lines = run("604080536040604055604060006040600060025afa6040f3", fork=BY_NAME["Berlin"])
    hashed = "0xf5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"
    expected = [
        (0, 0x60, "PUSH1", [], "0x"),
        (2, 0x80, "DUP1", [0x40], "0x"),
        (3, 0x53, "MSTORE8", [0x40, 0x40], "0x"),
        (4, 0x60, "PUSH1", [], "0x"),
        (6, 0x60, "PUSH1", [0x40], "0x"),
        (8, 0x55, "SSTORE", [0x40, 0x40], "0x"),
        (9, 0x60, "PUSH1", [], "0x"),
        (11, 0x60, "PUSH1", [0x40], "0x"),
        (13, 0x60, "PUSH1", [0x40, 0], "0x"),
        (15, 0x60, "PUSH1", [0x40, 0, 0x40], "0x"),
        (17, 0x60, "PUSH1", [0x40, 0, 0x40, 0], "0x"),
        (19, 0x5A, "GAS", [0x40, 0, 0x40, 0, 2], "0x"),
        (20, 0xFA, "STATICCALL", None, "0x"),
        (21, 0x60, "PUSH1", [1], hashed),
        (23, 0xF3, "RETURN", [1, 0x40], hashed),
    ]
    assert len(lines) == len(expected) + 1
    for line, (place, opcode, name, stack, returned) in zip(lines, expected, strict=False):
        assert (line["pc"], line["op"], line["opName"], line["returnData"]) == (place, opcode, name, returned)
        assert line["depth"] == 1 and "error" not in line
        if stack is not None:
            assert line["stack"] == [hex(word) for word in stack]
    assert line_of(lines, "MSTORE8")["gasCost"] == "0xc"
    assert line_of(lines, "RETURN")["gasCost"] == "0x0"
    assert [line["memSize"] for line in lines[2:4]] == [0, 96]
    # STATICCALL: an address that is warm, and as the proposal has it all but 1/64 of the gas goes along
    gas = int(line_of(lines, "STATICCALL")["gas"], 16)
    assert int(line_of(lines, "STATICCALL")["gasCost"], 16) == 100 + (gas - 100) - (gas - 100) // 64
    assert lines[-1]["output"] == "40"


def test_the_fields_in_the_order_of_the_proposal() -> None:
    lines = run("600160005560005100", options=TraceOptions(memory=True))
    assert list(lines[0]) == [
        "pc", "op", "gas", "gasCost", "stack", "depth", "returnData", "refund", "memSize", "opName", "memory",
    ]  # fmt: skip
    assert list(lines[-1]) == ["stateRoot", "output", "gasUsed", "pass", "fork"]
    assert (lines[-1]["pass"], lines[-1]["fork"]) == (True, "Prague")
    assert lines[-2] | {"gas": ""} == {
        "pc": 8, "op": 0, "gas": "", "gasCost": "0x0", "stack": ["0x0"], "depth": 1, "returnData": "0x", "refund": 0,
        "memSize": 32, "opName": "STOP", "memory": "0x" + "00" * 32,
    }  # fmt: skip


def test_fields_that_can_be_left_out() -> None:
    lines = run("6001", options=TraceOptions(stack=False, return_data=False))
    assert not lines[0].keys() & {"stack", "returnData", "memory"}


def test_the_gas_of_a_line_is_that_of_the_line_before_less_its_cost() -> None:
    lines = run("6001600055600160015560406000206000526001600a0a50600060005500")
    for before, after in itertools.pairwise(lines[:-1]):
        assert int(after["gas"], 16) == int(before["gas"], 16) - int(before["gasCost"], 16)
    assert int(lines[-1]["gasUsed"], 16) < 200_000


def test_the_refund_is_the_one_after_the_instruction() -> None:
    lines = run("600160005560006000556000600055")
    assert [line["refund"] for line in lines[:-1] if line["opName"] == "SSTORE"] == [0, 19900, 19900]


CALL_OTHER = "6000600060006000{value}60bb61{gas}f1"


def test_a_call_costs_the_gas_that_goes_along_and_not_the_stipend() -> None:
    code = CALL_OTHER.format(value="6001", gas="1000")
    lines = run(code, {OTHER: {"code": "0x5a00"}}, balance=1)
    assert int(line_of(lines, "CALL")["gasCost"], 16) == 9000 + 100 + 0x1000  # the coinbase is warm
    assert int(line_of(lines, "GAS")["gas"], 16) == 0x1000 + 2300
    assert names(lines, depth=2) == ["GAS", "STOP"]


@pytest.mark.parametrize("gas", ["1000", "ffff"])
def test_a_call_that_cannot_begin_costs_the_same_in_its_line(gas: str) -> None:
    code = CALL_OTHER.format(value="6001", gas=gas)
    poor, rich = run(code, {OTHER: {"code": "0x00"}}), run(code, {OTHER: {"code": "0x00"}}, balance=1)
    assert line_of(poor, "CALL") == line_of(rich, "CALL")
    assert line_of(poor, "STOP")["stack"] == ["0x0"]


def test_a_call_to_a_precompile_or_to_nothing_has_no_lines_of_its_own() -> None:
    code = "600060006000600060025afa" + "600060006000600060cc5afa"
    lines = run(code)
    assert {line["depth"] for line in lines[:-1]} == {1}
    calls = [int(line["gasCost"], 16) for line in lines[:-1] if line["opName"] == "STATICCALL"]
    lefts = [int(line["gas"], 16) for line in lines[:-1] if line["opName"] == "STATICCALL"]
    for cost, left, price in zip(calls, lefts, (100, 2600), strict=True):
        assert cost == price + (left - price) - (left - price) // 64


CREATE_NOTHING = "600060006000f0"


def test_a_creation_does_not_cost_the_gas_that_goes_along() -> None:
    lines = run(CREATE_NOTHING)
    assert line_of(lines, "CREATE")["gasCost"] == hex(32000)
    code = "6460016000f36000526005601b6000f0"  # deploys one byte
    deploys = run(code)
    assert line_of(deploys, "CREATE")["gasCost"] == hex(32000 + 2)
    assert names(deploys, depth=2) == ["PUSH1", "PUSH1", "RETURN"]


def test_a_creation_that_collides_does_not_either() -> None:
    taken = {created_address(CONTRACT, 0): {"nonce": "0x1"}}
    lines = run(CREATE_NOTHING, taken)
    assert line_of(lines, "CREATE")["gasCost"] == hex(32000)
    after = int(line_of(lines, "STOP")["gas"], 16)
    before = int(line_of(lines, "CREATE")["gas"], 16) - 32000
    assert after == before // 64


@pytest.mark.parametrize(
    ("code", "gas", "name", "cost", "error"),
    [
        ("600160005500", 21_000 + 2306, "SSTORE", 2300, "OutOfGas"),
        ("6001600055", 21_000 + 3000, "SSTORE", 22100, "OutOfGas"),
        ("60006201ffff52", 50_000, "MSTORE", 3 + 3 * 4097 + 4097**2 // 512, "OutOfGas"),
        ("50", 50_000, "POP", 29_000, "StackUnderflow"),
        ("600056", 50_000, "JUMP", 29_000 - 3, "InvalidJump"),
        ("fe", 50_000, "INVALID", 29_000, "InvalidOpcode"),
        ("0c", 50_000, "INVALID", 29_000, "InvalidOpcode"),
        ("60006000fd", 50_000, "REVERT", 0, "Reverted"),
    ],
)
def test_the_line_of_an_instruction_that_fails(code: str, gas: int, name: str, cost: int, error: str) -> None:
    lines = run(code, gas=gas)
    last = lines[-2]
    assert (last["opName"], last["error"]) == (name, error)
    assert int(last["gasCost"], 16) == cost
    assert (lines[-1]["pass"], lines[-1]["error"]) == (False, error)
    assert all("error" not in line for line in lines[:-2])


def test_a_failure_below_is_an_error_of_the_line_below_only() -> None:
    lines = run(CALL_OTHER.format(value="6000", gas="1000"), {OTHER: {"code": "0xfe"}})
    assert [line["depth"] for line in lines[:-1] if "error" in line] == [2]
    assert lines[-1]["pass"]


def test_the_last_line_has_the_output_of_a_revert_and_none_of_another_failure() -> None:
    assert run("60ff60005260206000fd")[-1]["output"] == "ff".rjust(64, "0")
    assert run("60ff600052fe")[-1]["output"] == ""


AMSTERDAM = BY_NAME["Amsterdam"]
SET_TWO_SLOTS = "6001600055600260015500"
RESERVOIR = 2**24 + 100_000


def state_gas(lines: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Of each SSTORE the reservoir before it, and what it does to the state gas used."""
    return [(line["stateGasReservoir"], line["stateGasCost"]) for line in lines[:-1] if line["opName"] == "SSTORE"]


def test_earlier_forks_have_no_state_gas_in_their_lines() -> None:
    for fork in ("Berlin", "Osaka", "BPO2withaccesslists"):
        for line in run(SET_TWO_SLOTS, fork=BY_NAME[fork]):
            assert not {name for name in line if "state" in name and name != "stateRoot"}
            assert not line.keys() & {"executionGasUsed", "gasRefund"}


def test_state_gas_has_fields_of_its_own_in_each_line() -> None:
    """The reservoir pays for the first slot and for a part of the second, which takes the rest from the gas left."""
    lines = run(SET_TWO_SLOTS, fork=AMSTERDAM, gas=RESERVOIR)
    assert list(lines[0])[:6] == ["pc", "op", "gas", "gasCost", "stateGasCost", "stateGasReservoir"]
    assert state_gas(lines) == [(100_000, 97_920), (2_080, 97_920)]
    assert [line["gasCost"] for line in lines if line.get("opName") == "SSTORE"] == [hex(12_100)] * 2
    for before, after in itertools.pairwise(lines[:-1]):
        spilled = max(0, before["stateGasCost"] - before["stateGasReservoir"])
        assert int(after["gas"], 16) == int(before["gas"], 16) - int(before["gasCost"], 16) - spilled
        assert after["stateGasReservoir"] == max(0, before["stateGasReservoir"] - before["stateGasCost"])
    sums = [int(lines[-1][name], 16) for name in ("executionGasUsed", "stateGasUsed", "gasRefund", "gasUsed")]
    assert sums == [15_000 + 4 * 3 + 2 * 12_100, 2 * 97_920, 0, 15_012 + 24_200 + 195_840]
    assert list(lines[-1])[-3:] == ["executionGasUsed", "stateGasUsed", "gasRefund"]


@pytest.mark.parametrize("gas", [300_000, RESERVOIR])
def test_a_slot_that_is_cleared_again_gives_its_state_gas_back(gas: int) -> None:
    lines = run("60016000556000600055", fork=AMSTERDAM, gas=gas)
    assert [cost for _, cost in state_gas(lines)] == [97_920, -97_920]
    assert [line["gasCost"] for line in lines if line.get("opName") == "SSTORE"] == [hex(12_100), hex(100)]
    assert [lines[-1][name] for name in ("stateGasUsed", "gasRefund")] == ["0x0", hex(27_212 // 5)]
    assert int(lines[-1]["gasUsed"], 16) == 27_212 - 27_212 // 5


def test_state_gas_that_cannot_be_paid_is_named() -> None:
    lines = run("600160005500", fork=AMSTERDAM, gas=15_000 + 6 + 12_100 + 97_919)
    last = lines[-2]
    assert (last["opName"], last["error"], last["stateGasCost"]) == ("SSTORE", "OutOfStateGas", 97_920)
    assert int(last["gasCost"], 16) == 12_100 + 97_919
    assert (lines[-1]["error"], lines[-1]["stateGasUsed"]) == ("OutOfStateGas", "0x0")


@pytest.mark.parametrize("gas", [500_000, 2**24 + 500_000])
def test_a_call_that_makes_an_account_and_one_that_cannot_begin(gas: int) -> None:
    """The second offers more than there is: it has no state gas, and costs the gas that would have gone along."""
    first = CALL_OTHER.format(value="6001", gas="6000").replace("60bb", "60ee")
    second = CALL_OTHER.format(value="61ffff", gas="6000").replace("60bb", "60ef")
    lines = run(f"{first}{second}00", fork=AMSTERDAM, gas=gas, balance=5)
    calls = [line for line in lines[:-1] if line["opName"] == "CALL"]
    assert [call["stateGasCost"] for call in calls] == [183_600, 0]
    assert [int(call["gasCost"], 16) for call in calls] == [3_000 + 11_300 + 0x6000] * 2
    assert lines[-1]["stateGasUsed"] == hex(183_600)


def test_what_a_creation_and_its_revert_do_to_state_gas() -> None:
    """CREATE pays for the account. Its initialization code sets a slot and reverts: all of that comes back unseen."""
    initcode = "6001600055600060006000fd"
    code = f"6b{initcode}600052600c60146000f000"
    lines = run(code, fork=AMSTERDAM, gas=RESERVOIR + 400_000)
    assert line_of(lines, "CREATE")["stateGasCost"] == 183_600
    assert (line_of(lines, "SSTORE")["stateGasReservoir"], line_of(lines, "SSTORE")["depth"]) == (316_400, 2)
    assert (line_of(lines, "REVERT")["stateGasCost"], line_of(lines, "REVERT")["gasCost"]) == (0, "0x0")
    assert (line_of(lines, "STOP")["stateGasReservoir"], lines[-1]["stateGasUsed"]) == (500_000, "0x0")


@pytest.mark.fixtures
@pytest.mark.parametrize("archive", ["eest-prague", "eest-osaka", "eest-amsterdam-7928", "ethereum-tests"])
def test_watching_changes_nothing(archive: str, tmp_path: Path) -> None:
    for number, given in enumerate(sample(archive, 15)):
        folder = f"--output.basedir={tmp_path / str(number)}"
        plain = transition(given.fork, *given.arguments(), stdin=given.parts()).json
        traced = transition(
            given.fork, *given.arguments(), "--trace", "--trace.memory", folder, stdin=given.parts()
        ).json
        assert traced == plain, given.name
        assert len(plain["result"]["receipts"]) == len(list((tmp_path / str(number)).glob("*.jsonl")))


def test_a_rejection_has_one_line() -> None:
    summary = summary_of_rejection(Rejection(Invalid.NONCE_TOO_LOW), "Prague")
    assert summary == {
        "output": "",
        "gasUsed": "0x0",
        "pass": False,
        "fork": "Prague",
        "error": "rejected: the nonce is lower than the sender's",
    }
