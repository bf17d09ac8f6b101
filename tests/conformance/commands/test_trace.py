"""samestate trace: cases of every form, how one is chosen, and what cannot be traced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import vector_files
from samestate.spec.evm.signature import sign
from samestate.spec.evm.transaction import LegacyTransaction, encode_transaction
from tests.conformance.fixtures.samples import BLOCKCHAIN_TEST
from tests.conformance.transition_tool.tool import SECRET_KEY, SENDER, STORER
from tests.data import archive_members, data_folder


def trace(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """The exit code, the lines and what stands on stderr."""
    result = CliRunner().invoke(application, ["trace", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def state_test(nonce: int) -> dict[str, Any]:
    """A state test of a call to a contract; the sender's nonce is 172."""
    unsigned = LegacyTransaction(
        nonce=nonce, gas_price=10, gas_limit=100_000, to=bytes.fromhex(STORER[2:]), value=0, data=b""
    )
    transaction = encode_transaction(sign(unsigned, bytes.fromhex(SECRET_KEY[2:]), 1))
    return {
        "env": {
            "currentCoinbase": f"0x{'cc' * 20}",
            "currentGasLimit": "0x1c9c380",
            "currentNumber": "0x7",
            "currentTimestamp": "0x1",
            "currentBaseFee": "0x7",
            "currentRandom": "0x0",
        },
        "pre": {
            SENDER: {"balance": "0xffffffffff", "nonce": "0xac"},
            STORER: {"code": "0x4360015560206000f3"},
        },
        "transaction": {},
        "post": {
            "Prague": [
                {
                    "hash": f"0x{'00' * 32}",
                    "logs": f"0x{'00' * 32}",
                    "txbytes": f"0x{transaction.hex()}",
                    "indexes": {"data": 0, "gas": 0, "value": 0},
                }
            ]
        },
    }


@pytest.fixture
def fixture_file(tmp_path: Path) -> Path:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"stores": state_test(0xAC), "stores later": state_test(0xAD)}))
    return path


def test_a_state_test(fixture_file: Path) -> None:
    code, lines, _ = trace(str(fixture_file), "--case", "stores")
    assert code == 0
    assert [line["opName"] for line in lines[:-1]] == ["NUMBER", "PUSH1", "SSTORE", "PUSH1", "PUSH1", "RETURN"]
    assert lines[1]["stack"] == ["0x7"]
    assert lines[-1]["pass"] and len(lines[-1]["stateRoot"]) == 66


def test_a_rejected_transaction(fixture_file: Path) -> None:
    code, lines, _ = trace(str(fixture_file), "--case", "later")
    assert code == 0
    assert lines == [
        {
            "output": "",
            "gasUsed": "0x0",
            "pass": False,
            "fork": "Prague",
            "error": "rejected: the nonce is higher than the sender's: 173, and the account is at 172",
        }
    ]


def test_options(fixture_file: Path, tmp_path: Path) -> None:
    _, lines, _ = trace(str(fixture_file), "--case", "stores", "--memory", "--no-stack", "--no-return-data")
    assert lines[-2]["memory"] == "0x"
    assert not lines[0].keys() & {"stack", "returnData"}
    out = tmp_path / "deep" / "trace.jsonl"
    code, nothing, _ = trace(str(fixture_file), "--case", "stores", "-o", str(out))
    assert (code, nothing) == (0, [])
    assert [json.loads(line) for line in out.read_text().splitlines()] == trace(str(fixture_file), "--case", "stores")[
        1
    ]
    assert [path.name for path in out.parent.iterdir()] == ["trace.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "cases.json: --case must fit one case, but fits 2:\n  stores\n  stores later"),
        (["--case", "other"], "cases.json: no case has 'other' in its name; there are\n  stores\n  stores later"),
        (["--case", "stores", "--transaction", "1"], "--transaction: the block has 1 transactions, from 0"),
        (["--case", "stores", "--transaction", "-1"], "there is no -1"),
        (["--case", "stores", "--block", "1"], "--block: "),
        (["--case", "stores", "-o", "/dev/null/x"], "/dev/null/x: cannot be written: "),
    ],
)
def test_what_cannot_be_chosen(fixture_file: Path, arguments: list[str], message: str) -> None:
    code, lines, error = trace(str(fixture_file), *arguments)
    assert (code, lines) == (2, [])
    assert message in error


@pytest.mark.parametrize("content", ["", "{}", "[]", "{", '{"a": {"b": 1}}'])
def test_files_without_cases(tmp_path: Path, content: str) -> None:
    (tmp_path / "case.json").write_text(content)
    code, lines, error = trace(str(tmp_path / "case.json"))
    assert (code, lines) == (2, [])
    assert error.startswith("samestate: ")


def test_malformed_transactions(tmp_path: Path) -> None:
    test = state_test(0xAC)
    test["post"]["Prague"][0]["txbytes"] = "0x7f01"
    (tmp_path / "case.json").write_text(json.dumps({"case": test}))
    code, _, error = trace(str(tmp_path / "case.json"))
    assert code == 2
    assert "block 0: cannot be traced: the fork has no transactions of this type: type 127" in error


def test_a_malformed_genesis(tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text(json.dumps({"case": BLOCKCHAIN_TEST}))
    code, _, error = trace(str(tmp_path / "case.json"))
    assert code == 2
    assert "case.json::case: genesisRLP: the block is not a well-formed encoding" in error


def test_vectors() -> None:
    traced = 0
    for path in list(vector_files("evm"))[:6]:
        vector = load_vector_file(path)
        wanted = vector.case.blocks[0]["txs"]
        assert isinstance(wanted, list)
        if not wanted:
            continue
        code, lines, error = trace(str(path), "--transaction", str(len(wanted) - 1))
        assert code == 0, error
        assert lines[-1]["gasUsed"].startswith("0x")
        traced += 1
    assert traced


@pytest.mark.fixtures
def test_each_block_of_a_blockchain_test(tmp_path: Path) -> None:
    traced = 0
    for name, content in list(archive_members("eest-prague", "blockchain_tests"))[::25]:
        document = json.loads(content)
        title, test = next(iter(document.items()))
        (tmp_path / "case.json").write_text(json.dumps({title: test}))
        for index, block in enumerate(test["blocks"][:3]):
            receipts = block.get("receipts") or []
            for number in range(min(2, len(block.get("transactions", ())))):
                if "expectException" in block:
                    continue
                arguments = ("--block", str(index), "--transaction", str(number))
                code, lines, error = trace(str(tmp_path / "case.json"), *arguments)
                assert code == 0, (name, error)
                assert len(lines[-1]["stateRoot"]) == 66
                before = int(receipts[number - 1]["cumulativeGasUsed"], 16) if number and receipts else 0
                if receipts:
                    assert int(lines[-1]["gasUsed"], 16) == int(receipts[number]["cumulativeGasUsed"], 16) - before
                traced += 1
    assert traced >= 5


@pytest.mark.fixtures
def test_real_blocks_with_a_witness_and_with_some_accounts_only() -> None:
    folder = data_folder() / "blocks"
    files = sorted(folder.glob("*.json.gz"))
    if not files:
        pytest.skip("SAMESTATE_DATA has no blocks")
    whole = [path for path in files if "prestate" not in path.name][:1]
    for path in [*whole, *[path for path in files if "prestate" in path.name][:1]]:
        code, lines, error = trace(str(path), "--transaction", "1")
        assert code == 0, error
        assert lines[-1]["pass"] in (True, False)
