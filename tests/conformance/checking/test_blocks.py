"""Real blocks: what their headers say is compared, alone, with their parents', and with a witness in full."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.fixtures.block_file import BlockFileCase
from samestate.conformance.fixtures.load import cases_in
from samestate.spec.evm.block import header_item
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rlp import encode
from samestate.spec.evm.transaction import decode_transaction
from tests.conformance.checking.cases import RECIPIENT, block_file, hexed, samestate, transfer, write
from tests.conformance.fixtures.test_rpc import transaction_to_rpc
from tests.data import block_file as real_block
from tests.data import small_case


def check(path: Path, value: object) -> tuple[int, str]:
    result = samestate("check", write(path / "block.json", value))
    return result.exit_code, result.stdout


WRONG = {
    "gasUsed": ("0x5209", "gas used: the header says 21001, the specification gives 21000"),
    "receiptsRoot": ("0x" + "ab" * 32, "receipts root: the header says 0xabab"),
    "transactionsRoot": ("0x" + "ab" * 32, "transactions root: the header says 0xabab"),
    "logsBloom": ("0x01" + "00" * 255, "logs bloom: the header says 0x0100"),
    "extraData": ("0x" + "00" * 33, "rejected, expected valid: the extra data is too long: 33 bytes"),
    "difficulty": ("0x1", "rejected, expected valid: "),
}


@pytest.mark.parametrize("field", WRONG)
def test_a_header_that_disagrees_with_its_body_or_its_execution(tmp_path: Path, field: str) -> None:
    file, _ = block_file()
    file["header"][field], message = WRONG[field]
    code, out = check(tmp_path, file)
    assert code == 1
    assert f"\n  {message}" in out
    assert out.endswith("\n0 passed, 1 failed, 0 skipped\n")


def test_the_table_says_which_engine_had_which_check(tmp_path: Path) -> None:
    """A row for each engine that executed the block; who executed nothing has none."""
    path = write(tmp_path / "1-16000000.json", block_file()[0])
    alone = samestate("check", path)
    assert row_starts(alone.stdout) == [["1-16000000", "Paris", "ok"]]
    engines = ("spec", "reference:locks", "reference:access-list")
    several = samestate("check", path, *(word for id in engines for word in ("--engine", id)))
    assert "block       engine           fork   header" in several.stdout
    assert row_starts(several.stdout) == [["1-16000000", "spec", "Paris"], ["1-16000000", "reference:locks", "Paris"]]


def row_starts(printed: str) -> list[list[str]]:
    return [line.split()[:3] for line in printed.splitlines() if line.startswith("1-16000000 ")]


def test_every_difference_is_told_and_shown_in_the_table(tmp_path: Path) -> None:
    file, _ = block_file()
    file["header"]["gasUsed"] = "0x5209"
    file["header"]["receiptsRoot"] = "0x" + "ab" * 32
    _, out = check(tmp_path, file)
    assert "  gas used: " in out
    assert "  receipts root: " in out
    assert re.search(r"^block +Paris +ok +- +- +ok +- +FAILED +- +FAILED +ok", out, re.MULTILINE)


def test_a_transaction_that_may_not_be_there_is_named(tmp_path: Path) -> None:
    file, _ = block_file()
    file["transactions"].append(hexed(transfer(nonce=5)))
    _, out = check(tmp_path, file)
    assert (
        "  rejected, expected valid: transaction 1: the nonce is higher than the sender's: 5, and the account is at 1\n"
        in out
    )


def test_blocks_in_a_row_are_compared_with_their_parents(tmp_path: Path) -> None:
    first, header = block_file()
    second, _ = block_file(16_000_001, header)
    write(tmp_path / "2.json", second)
    write(tmp_path / "1.json", first)
    result = samestate("check", tmp_path)
    assert result.exit_code == 0
    assert re.search(r"^1 +Paris +ok +- +ok ", result.stdout, re.MULTILINE)
    assert re.search(r"^2 +Paris +ok +ok +- ", result.stdout, re.MULTILINE)
    second["header"]["baseFeePerGas"] = "0x8"
    write(tmp_path / "2.json", second)
    result = samestate("check", tmp_path)
    assert result.exit_code == 1
    assert "  base fee after parent: the base fee is not the one that the parent sets" in result.stdout
    assert re.search(r"^2 +Paris +ok +FAILED +- ", result.stdout, re.MULTILINE)


def test_a_header_with_another_digit_is_nobodys_parent(tmp_path: Path) -> None:
    first, header = block_file()
    second, _ = block_file(16_000_001, header)
    first["header"]["miner"] = "0x" + "cd" * 20
    write(tmp_path / "1.json", first)
    write(tmp_path / "2.json", second)
    assert re.search(r"^1 +Paris +ok +- +- ", samestate("check", tmp_path).stdout, re.MULTILINE)


SMALL = "17000-2971844"


@pytest.mark.fixtures
def test_a_missing_node_of_a_witness_is_named(tmp_path: Path) -> None:
    file = real_block(SMALL)
    nodes = file["witness"]["nodes"]
    messages = set()
    for index in range(0, len(nodes), 5):
        cut = {**file, "witness": {**file["witness"], "nodes": nodes[:index] + nodes[index + 1 :]}}
        code, out = check(tmp_path, cut)
        digest = keccak256(bytes.fromhex(nodes[index][2:])).hex()
        if code == 0:
            continue  # a node of another block's
        message = rf"^  node 0x{digest} on the path to (slot 0x[0-9a-f]+ of )?account 0x[0-9a-f]{{40}} is missing$"
        match = re.search(message, out, re.MULTILINE)
        assert match, out
        messages.add(match.group())
    assert len(messages) >= 5


@pytest.mark.fixtures
@pytest.mark.parametrize("engine", ["reference:block-stm", "optimized:sequential", "optimized:block-stm"])
def test_an_engine_that_is_given_what_a_block_reads_gives_the_root_of_the_witness(tmp_path: Path, engine: str) -> None:
    """Its own state is a part of the one before the block, and what it changes belongs to that."""
    path = write(tmp_path / "block.json", real_block("17000-2971844"))
    assert samestate("check", path, "--engine", engine).stdout.endswith("\n1 passed, 0 failed, 0 skipped\n")


@pytest.mark.fixtures
def test_a_missing_code_of_a_witness_is_named(tmp_path: Path) -> None:
    file = real_block("17000-2971846")
    file["witness"]["codes"] = []
    code, out = check(tmp_path, file)
    assert code == 1
    assert re.search(r"^  code 0x[0-9a-f]{64} of account 0x[0-9a-f]{40} is missing$", out, re.MULTILINE)


@pytest.mark.fixtures
def test_a_wrong_digit_in_a_real_state_root(tmp_path: Path) -> None:
    file = real_block(SMALL)
    right = file["header"]["stateRoot"]
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    file["header"]["stateRoot"] = wrong
    code, out = check(tmp_path, file)
    assert code == 1
    assert f"  state root: the header says {wrong}, the specification gives {right}\n" in out


def to_rpc(name: str, parent_name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A real block in the two forms that a node's RPC gives."""
    file, parent = real_block(name), real_block(parent_name)
    (case,) = cases_in(name, file)
    (before,) = cases_in(parent_name, parent)
    assert isinstance(case, BlockFileCase)
    assert isinstance(before, BlockFileCase)
    fields = {title: value for title, value in file["header"].items() if value is not None}
    transactions = [transaction_to_rpc(decode_transaction(encoded)) for encoded in case.transactions]
    block = {
        **fields,
        "hash": hexed(case.header.hash()),
        "sha3Uncles": hexed(case.header.ommers_hash),
        "nonce": "0x0000000000000000",
        "difficulty": "0x0",
        "uncles": [],
        "transactions": [{"chainId": hex(case.chain_id), **entry} for entry in transactions],
        "withdrawals": file["withdrawals"],
    }
    header = hexed(encode(header_item(before.header)))
    witness = {"state": file["witness"]["nodes"], "codes": file["witness"]["codes"], "keys": [], "headers": [header]}
    return block, witness


@pytest.mark.fixtures
@pytest.mark.parametrize("apart", [False, True])
def test_the_results_of_rpc(tmp_path: Path, apart: bool) -> None:
    block, witness = to_rpc("1-19426587", "1-19426586-prestate")
    if apart:
        write(tmp_path / "block.json", {"jsonrpc": "2.0", "id": 1, "result": block})
        write(tmp_path / "witness.json", {"jsonrpc": "2.0", "id": 1, "result": witness})
    else:
        write(tmp_path / "both.json", {"block": block, "witness": witness})
    result = samestate("check", tmp_path)
    assert result.exit_code == 0, result.output
    name = "block" if apart else "both"
    assert re.search(rf"^{name} +Cancun +ok +ok +- +ok +ok +ok +ok +ok +ok +- +- +ok$", result.stdout, re.MULTILINE)
    assert samestate("check", tmp_path, "--sample", 3).stdout.endswith("\n1 passed, 0 failed, 0 skipped\n")


@pytest.mark.fixtures
def test_a_block_without_its_witness_is_bad_input(tmp_path: Path) -> None:
    block, _ = to_rpc("17000-2971846", "17000-2971845")
    result = samestate("check", write(tmp_path / "block.json", block))
    assert result.exit_code == 2
    assert "is a block without its witness: give the result of debug_executionWitness, too" in result.stderr


def test_a_parent_without_ommers_is_found_by_its_number(tmp_path: Path) -> None:
    first, header = block_file(15_537_393)
    first["fork"] = "gray_glacier"
    first["header"]["difficulty"] = "0x2d9a7b9c2c1f10"
    second, _ = block_file(15_537_394, replace(header))
    write(tmp_path / "1.json", first)
    write(tmp_path / "2.json", second)
    result = samestate("check", tmp_path)
    assert result.exit_code == 0, result.output
    assert re.search(r"^1 +Gray Glacier +ok +- +- ", result.stdout, re.MULTILINE)
    assert re.search(r"^2 +Paris +ok +ok +- ", result.stdout, re.MULTILINE)


@pytest.mark.fixtures
def test_a_missing_block_hash_is_named_and_never_zero(tmp_path: Path) -> None:
    block, witness = to_rpc("17000-2971846", "17000-2971845")
    code, out = check(tmp_path, {"block": block, "witness": witness})
    assert code == 1
    assert re.search(r"^  the hash of block 29\d{5} is missing$", out, re.MULTILINE)


ASKS_FOR_A_GRANDPARENT = "0x43600290034060005500"
"""NUMBER - 2, its hash, and the hash into slot 0."""


def block_that_asks() -> dict[str, Any]:
    """A block whose transaction asks for the hash of the block before its parent, which the file does not have."""
    file, _ = block_file()
    file["preState"][hexed(RECIPIENT)]["code"] = ASKS_FOR_A_GRANDPARENT
    file["transactions"] = [hexed(transfer(gas_limit=100_000))]
    return file


def test_a_block_hash_that_is_asked_for_and_missing_is_no_zero_to_any_command(tmp_path: Path) -> None:
    path = write(tmp_path / "block.json", block_that_asks())
    message = "the hash of block 15999998 is missing"
    result = samestate("check", path)
    assert (result.exit_code, f"\n  {message}\n" in result.stdout) == (1, True)
    for command in ("run", "trace"):
        result = samestate(command, path)
        assert result.exit_code == 2
        assert message in result.stderr


@pytest.mark.fixtures
def test_a_forged_ancestor_is_bad_input_to_every_command() -> None:
    for command in ("check", "run", "trace"):
        result = samestate(command, small_case("witness-forged-ancestor.json"))
        assert result.exit_code == 2
        assert "is no ancestor: the headers must be a chain up to the block's parent" in result.stderr


@pytest.mark.fixtures
def test_deposits_are_taken_by_the_contract_of_the_chain() -> None:
    for name in ("deposit-on-sepolia.json", "deposit-on-mainnet-control.json"):
        path = small_case(name)
        for command in ("check", "run", "trace"):
            assert samestate(command, path).exit_code == 0, (name, command)


@pytest.mark.fixtures
def test_a_block_that_names_no_chain_is_judged_by_the_rules_that_are_given(tmp_path: Path) -> None:
    path = small_case("rpc-empty-holesky-block.json")
    for command in ("check", "run"):
        result = samestate(command, path)
        assert result.exit_code == 2
        assert "names no chain, since no transaction in it does: say what its rules are with --chain" in result.stderr
        assert samestate(command, path, "--chain", "holesky").exit_code == 0
    result = samestate("check", path, "--chain", "mainnet", "--json", tmp_path / "verdicts.json")
    assert result.exit_code == 1
    genesis = {
        "chainId": 17000,
        "berlinBlock": 0,
        "londonBlock": 0,
        "terminalTotalDifficulty": 0,
        "shanghaiTime": 1696000704,
        "cancunTime": 1707305664,
        "pragueTime": 1740434112,
        "depositContractAddress": "0x4242424242424242424242424242424242424242",
    }
    chain = write(tmp_path / "genesis.json", {"config": genesis})
    assert samestate("check", path, "--chain", chain).exit_code == 0
    assert samestate("check", path, "--chain", chain, "--sample", 1).exit_code == 0
    assert samestate("check", path, "--chain", chain, "--jobs", 2).exit_code == 0
