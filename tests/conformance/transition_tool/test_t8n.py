"""The transition tool: forms of input and output, what follows from the parent, and known answers of geth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.transition_tool import sources
from samestate.spec.evm.block_access_list import decode_access_list
from samestate.spec.evm.rlp import encode
from samestate.spec.evm.state import FlatState
from tests.conformance.transition_tool.tool import (
    ALL_ON_STDIN,
    ALLOC,
    AMSTERDAM,
    COINBASE,
    CONSOLIDATION_REQUESTS,
    SENDER,
    STORER,
    TRANSACTION,
    call,
    parts,
    transition,
)

EMPTY_ROOT = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
TOO_HIGH = {**TRANSACTION, "nonce": "0xad"}
PRE_MERGE = {"currentDifficulty": "0x20000", "currentRandom": None, "withdrawals": None, "parentBeaconBlockRoot": None}


def test_a_transfer_under_the_merge_is_as_geth_says() -> None:
    """The known answer of geth's ``cmd/evm/testdata/25``: base fee from the parent, unsigned transaction."""
    sender = {"balance": "0x5ffd4878be161d74", "code": "0x", "nonce": "0xac", "storage": {}}
    recipient = "0x8a8eafb1cf62bfbeb1741769dae1a9dd47996192"
    answer = transition(
        "Merge",
        stdin={
            "alloc": {SENDER[2:]: sender},
            "env": {
                "currentCoinbase": COINBASE,
                "currentDifficulty": None,
                "currentRandom": "0xdeadc0de",
                "currentGasLimit": "0x750a163df65e8a",
                "parentBaseFee": "0x500",
                "parentGasUsed": "0x0",
                "parentGasLimit": "0x750a163df65e8a",
                "currentNumber": "1",
                "currentTimestamp": "1000",
            },
            "txs": [{**TRANSACTION, "to": recipient, "value": "0x1", "hash": f"0x{'05' * 32}"}],
        },
    )
    result = answer.result
    assert result["stateRoot"] == "0x5139609e39f4d158a7d1ad1800908eb0349cea9b500a8273a6cf0a7e4392639b"
    assert result["txRoot"] == "0x572690baf4898c2972446e56ecf0aa2a027c08a863927d2dce34472f0c5496fe"
    assert result["receiptsRoot"] == "0x056b23fbba480696b65fe5a59b8f2148a1299103c4f57df839233af2cf4ca2d2"
    assert result["receipts"][0]["transactionHash"] == (
        "0x92ea4a28224d033afb20e0cc2b290d4c7c2d61f6a4800a680e4e19ac962ee941"
    )
    assert (result["gasUsed"], result["currentDifficulty"], result["currentBaseFee"]) == ("0x5208", None, "0x460")
    assert answer.json["alloc"] == {
        recipient: {"balance": "0x1"},
        SENDER: {"balance": "0x5ffd4878bc29ed73", "nonce": "0xad"},
        COINBASE: {"balance": "0x854d00"},
    }


@pytest.mark.parametrize(
    ("fork", "number", "timestamp", "ommers_hash", "difficulty"),
    [
        ("London", "12800000", "100015", None, "0x2000020000000"),
        ("London", "12800000", "100035", f"0x{'00' * 30}beef", "0x1ff8020000000"),
        ("Berlin", "12800000", "100035", f"0x{'00' * 30}beef", "0x1ff9000000000"),
        ("London", "13000000", "100015", None, "0x2000080000000"),
        ("ArrowGlacier", "13000000", "100015", None, "0x2000000200000"),
        ("GrayGlacier", "13000000", "100015", None, "0x2000000004000"),
    ],
)
def test_difficulty_follows_from_the_parent_as_geth_says(
    fork: str, number: str, timestamp: str, ommers_hash: str | None, difficulty: str
) -> None:
    """The known answers of geth's ``cmd/evm/testdata/14`` and ``19``."""
    env = {
        **PRE_MERGE,
        "currentDifficulty": None,
        "currentNumber": number,
        "currentTimestamp": timestamp,
        "parentTimestamp": "99999",
        "parentDifficulty": "0x2000000000000",
        "parentUncleHash": ommers_hash,
    }
    assert transition(fork, stdin=parts(env=env)).result["currentDifficulty"] == difficulty


def test_the_withdrawals_root_is_as_geth_says() -> None:
    """The known answer of geth's ``cmd/evm/testdata/26``; the amount is in gwei."""
    withdrawal = {"index": "0x42", "validatorIndex": "0x42", "address": SENDER, "amount": "0x2a"}
    answer = transition("Shanghai", stdin=parts(env={"withdrawals": [withdrawal]}))
    assert answer.result["withdrawalsRoot"] == "0x4921c0162c359755b2ae714a0978a1dad2eb8edce7ff9b38b9b6fc4cbc547eb5"
    assert int(answer.json["alloc"][SENDER]["balance"], 16) == 0x5FFD4878BE161D74 + 0x2A * 10**9


@pytest.mark.parametrize("fork", list(BY_NAME))
def test_every_fork_executes_a_block(fork: str) -> None:
    env = PRE_MERGE if BY_NAME[fork].block_reward else AMSTERDAM if fork == "Amsterdam" else {}
    stdin = parts({**TRANSACTION, "gas": "0x30d40"}, env=env)
    answer = transition(fork, stdin=stdin)
    result = answer.result
    assert [receipt["status"] for receipt in result["receipts"]] == ["0x1"]
    assert answer.json["alloc"][STORER]["storage"] == {f"0x{1:064x}": f"0x{1:064x}"}
    assert result["stateRoot"] == f"0x{FlatState.from_alloc(answer.json['alloc']).root().hex()}"


def test_no_transactions() -> None:
    for nothing in ([], None, "0xc0", "0x"):
        answer = transition("Prague", stdin={**parts(), "txs": nothing})
        result = answer.result
        assert (result["txRoot"], result["receiptsRoot"], result["receipts"]) == (EMPTY_ROOT, EMPTY_ROOT, [])
        assert (result["gasUsed"], result["rejected"], answer.json["body"]) == ("0x0", [], "0xc0")
        assert result["requests"] == []
        assert result["requestsHash"] == "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_rejected_transactions_are_listed_by_their_index_and_left_out() -> None:
    second = {**TRANSACTION, "nonce": "0xad"}
    answer = transition("Prague", stdin=parts(TOO_HIGH, TRANSACTION, {**TRANSACTION, "nonce": "0x1"}, second))
    result = answer.result
    assert result["rejected"] == [
        {"index": 0, "error": "the nonce is higher than the sender's: 173, and the account is at 172"},
        {"index": 2, "error": "the nonce is lower than the sender's: 1, and the account is at 173"},
    ]
    assert [receipt["transactionIndex"] for receipt in result["receipts"]] == ["0x0", "0x1"]
    without = transition("Prague", stdin=parts(TRANSACTION, second))
    assert {**result, "rejected": []} == without.result
    assert answer.json["body"] == without.json["body"]


def test_a_transaction_without_room_in_the_block_is_rejected() -> None:
    answer = transition("Prague", stdin=parts(TRANSACTION, TOO_HIGH, env={"currentGasLimit": "0x186a1"}))
    assert [entry["index"] for entry in answer.result["rejected"]] == [1]
    assert "what the block has left" in answer.result["rejected"][0]["error"]


def test_the_body_is_read_back_as_transactions() -> None:
    answer = transition("Prague", stdin=parts(TRANSACTION))
    again = transition("Prague", stdin={**parts(), "txs": answer.json["body"]})
    assert again.json == answer.json
    third = transition("Prague", stdin={"txsRlp": answer.json["body"], "alloc": ALLOC, "env": parts()["env"]})
    assert third.json == answer.json


def test_malformed_transactions_in_rlp_are_rejected_one_by_one() -> None:
    answer = transition("Prague", stdin=parts(TRANSACTION))
    good = bytes.fromhex(answer.json["body"][2:])[2:]
    encoded = encode([b"\x7f\x01", []])[1:] + good
    text = f"0x{(bytes([0xF8, len(encoded)]) + encoded).hex()}"
    mixed = transition("Prague", stdin={**parts(), "txs": text})
    assert [entry["index"] for entry in mixed.result["rejected"]] == [0, 1]
    assert mixed.result["stateRoot"] == answer.result["stateRoot"]


@pytest.mark.parametrize(
    ("reward", "miner", "ommer"),
    [
        (None, 2 * 10**18 + 2 * 10**18 // 32, 2 * 10**18 * 6 // 8),
        ("0x80", 0x80 + 0x80 // 32, 0x80 * 6 // 8),
        ("128", 128 + 4, 96),
        ("0", 0, 0),
        ("-1", 0, 0),
    ],
)
def test_rewards(reward: str | None, miner: int, ommer: int) -> None:
    ommers = [{"delta": 2, "address": f"0x{'bb' * 20}"}]
    stdin = parts(env={**PRE_MERGE, "ommers": ommers, "currentNumber": "5"})
    arguments = [] if reward is None else [f"--state.reward={reward}"]
    alloc = transition("Berlin", *arguments, stdin=stdin).json["alloc"]
    assert int(alloc.get(COINBASE, {}).get("balance", "0x0"), 16) == miner
    assert int(alloc.get(f"0x{'bb' * 20}", {}).get("balance", "0x0"), 16) == ommer


def test_no_reward_leaves_an_empty_coinbase_alone_and_a_reward_of_zero_touches_it() -> None:
    stdin = parts(env=PRE_MERGE, alloc={COINBASE: {}})
    assert COINBASE in transition("Berlin", "--state.reward=-1", stdin=stdin).json["alloc"]
    assert COINBASE not in transition("Berlin", "--state.reward=0", stdin=stdin).json["alloc"]


def test_fees_follow_from_the_parent() -> None:
    env = {
        "currentBaseFee": None,
        "parentBaseFee": "0x3b9aca00",
        "parentGasUsed": "0x1c9c380",
        "parentGasLimit": "0x1c9c380",
        "currentExcessBlobGas": None,
        "parentExcessBlobGas": "0x60000",
        "parentBlobGasUsed": "0xc0000",
    }
    result = transition("Cancun", stdin=parts(env=env)).result
    assert int(result["currentBaseFee"], 16) == 10**9 * 9 // 8
    assert int(result["currentExcessBlobGas"], 16) == 0x60000 + 0xC0000 - 3 * 2**17
    assert result["blobGasUsed"] == "0x0"


def test_the_excess_blob_gas_of_osaka_needs_the_base_fee_of_the_parent() -> None:
    env: dict[str, Any] = {
        "currentExcessBlobGas": None,
        "parentExcessBlobGas": "0x180000",
        "parentBlobGasUsed": "0xc0000",
    }
    answer = transition("Osaka", stdin=parts(env=env))
    assert answer.exit_code == 2
    assert answer.stderr == (
        "samestate: stdin: env: the field 'parentBaseFee' is missing: under Osaka the excess blob gas depends on it\n"
    )
    cheap = transition("Osaka", stdin=parts(env={**env, "parentBaseFee": "0x1"})).result
    dear = transition("Osaka", stdin=parts(env={**env, "parentBaseFee": "0x3b9aca00"})).result
    assert int(cheap["currentExcessBlobGas"], 16) == 0x180000 + 0xC0000 - 6 * 2**17
    assert int(dear["currentExcessBlobGas"], 16) == 0x180000 + 0xC0000 // 3


def test_other_blob_parameters() -> None:
    blobs = {"target": 14, "max": "21", "baseFeeUpdateFraction": "0xb24b3f"}
    env: dict[str, Any] = {
        "currentExcessBlobGas": None,
        "parentExcessBlobGas": "0x0",
        "parentBlobGasUsed": hex(15 * 2**17),
    }
    in_env = transition("Prague", stdin=parts(env={**env, "blobParams": blobs}))
    assert in_env.result["currentExcessBlobGas"] == hex(2**17)
    beside = transition("Prague", "--input.blobParams=stdin", stdin={**parts(env=env), "blobParams": blobs})
    assert beside.json == in_env.json


def test_a_block_that_cannot_be_closed_has_an_exception_and_a_result_all_the_same() -> None:
    answer = transition("Prague", stdin=parts(TRANSACTION, alloc={CONSOLIDATION_REQUESTS: None}))
    assert answer.result["blockException"] == f"a system contract has no code: {CONSOLIDATION_REQUESTS}"
    assert len(answer.result["receipts"]) == 1
    assert "blockException" not in transition("Prague", stdin=parts(TRANSACTION)).result


def test_a_state_test_does_nothing_but_its_transaction() -> None:
    env = {"withdrawals": None, "parentBeaconBlockRoot": None}
    alloc = {CONSOLIDATION_REQUESTS: None}
    answer = transition("Prague", "--state-test", stdin=parts(TRANSACTION, env=env, alloc=alloc))
    assert "blockException" not in answer.result
    assert answer.result["receipts"][0]["status"] == "0x1"


@pytest.mark.parametrize(("fork", "env"), [("BPO2 with access lists", {}), ("Amsterdam", AMSTERDAM)])
def test_the_block_access_list_is_in_the_result(fork: str, env: dict[str, Any]) -> None:
    result = transition(fork, stdin=parts(TRANSACTION, env=env)).result
    accounts = decode_access_list(bytes.fromhex(result["blockAccessList"][2:]))
    assert {f"0x{account.address.hex()}" for account in accounts} >= {SENDER, STORER, COINBASE}
    assert len(result["blockAccessListHash"]) == 66
    small = transition(fork, stdin=parts(env={**env, "currentGasLimit": "0x7d1"})).result
    assert small["blockException"].startswith("the block access list has too many items")


SHOWS_SLOT = "0x4b60005260206000f3"
"""Returns the slot number."""


@pytest.mark.parametrize("number", ["0x0", "42", 2**64 - 1])
def test_the_slot_number_is_the_one_that_is_given(number: object, tmp_path: Path) -> None:
    stdin = parts(TRANSACTION, env={"slotNumber": number}, alloc={STORER: {"code": SHOWS_SLOT}})
    arguments = ("--state.fork=Amsterdam", "--trace", f"--output.basedir={tmp_path}")
    assert call(*ALL_ON_STDIN, *arguments, stdin=stdin).exit_code == 0
    (trace,) = tmp_path.glob("trace-0-*.jsonl")
    assert int(json.loads(trace.read_text().splitlines()[-1])["output"], 16) == int(str(number), 0)


def test_both_sums_of_gas_are_in_the_result() -> None:
    """A transfer to an absent account: its price is state gas, but for the transaction itself."""
    absent = "0x00000000000000000000000000000000000000ee"
    transaction = {**TRANSACTION, "to": absent, "value": "0x1", "gas": "0x40000"}
    result = transition("Amsterdam", stdin=parts(transaction, env=AMSTERDAM)).result
    sums = [int(result[name], 16) for name in ("executionGasUsed", "stateGasUsed", "gasUsed")]
    assert sums == [21_000, 183_600, 183_600]
    assert int(result["receipts"][0]["cumulativeGasUsed"], 16) == 204_600
    for fork in ("Prague", "BPO2withaccesslists"):
        assert not {"executionGasUsed", "stateGasUsed"} & {*transition(fork, stdin=parts()).result}


@pytest.mark.parametrize(
    ("fork", "number", "complaint"),
    [
        ("Amsterdam", None, "stdin: env: the field 'slotNumber' is missing"),
        ("Amsterdam", hex(2**64), "stdin: env: slotNumber: must fit into 64 bits, but is '0x10000000000000000'"),
        ("Amsterdam", 2**64, "stdin: env: slotNumber: must fit into 64 bits and not be negative, but is"),
        ("Amsterdam", -1, "stdin: env: slotNumber: must fit into 64 bits and not be negative, but is -1"),
        ("Amsterdam", "soon", "stdin: env: slotNumber: must be a number such as '0x1f', '31' or 31, but is 'soon'"),
        ("Amsterdam", [1], "stdin: env: slotNumber: must be a number such as"),
        ("BPO2", "0x2a", "stdin: env: slotNumber: must be absent: BPO2 has none"),
        ("BPO2_with_access_lists", 0, "stdin: env: slotNumber: must be absent: BPO2 with access lists has none"),
        ("BPO2ToAmsterdamAtTime2k", "0x2a", "stdin: env: slotNumber: must be absent: BPO2 has none"),
    ],
)
def test_a_slot_number_that_cannot_be_right(fork: str, number: object, complaint: str) -> None:
    for arguments in ((), ("--state-test",)):
        answer = transition(fork, *arguments, stdin=parts(TRANSACTION, env={"slotNumber": number}))
        assert answer.exit_code == 2
        assert complaint in answer.stderr


def test_signing_names_the_chain_unless_told_otherwise() -> None:
    hashes = set()
    for chain in ("1", "5"):
        for protected in (True, False):
            stdin = parts({**TRANSACTION, "protected": protected})
            result = transition("Berlin", f"--state.chainid={chain}", stdin={**stdin, **pre_merge(stdin)}).result
            assert result["rejected"] == []
            hashes.add(result["receipts"][0]["transactionHash"])
    assert len(hashes) == 3  # unprotected ones are the same on every chain


def pre_merge(stdin: dict[str, Any]) -> dict[str, Any]:
    """The environment of a block of proof of work."""
    return {"env": {name: value for name, value in {**stdin["env"], **PRE_MERGE}.items() if value is not None}}


def test_typed_transactions_are_signed_too() -> None:
    typed = {
        "type": "0x2",
        "chainId": "0x1",
        "gas": "0x186a0",
        "maxFeePerGas": "0x600",
        "maxPriorityFeePerGas": "0x1",
        "input": "0x4360015560206000f3",
        "nonce": "0xac",
        "to": "",
        "value": "0x0",
        "secretKey": TRANSACTION["secretKey"],
    }
    receipt = transition("Prague", stdin=parts(typed)).result["receipts"][0]
    assert (receipt["type"], receipt["status"]) == ("0x2", "0x1")
    assert receipt["contractAddress"] != f"0x{'00' * 20}"
    assert int(receipt["effectiveGasPrice"], 16) == 0x501
    berlin = transition("Berlin", stdin=parts(typed, env=PRE_MERGE)).result
    assert berlin["rejected"] == [{"index": 0, "error": "the fork has no transactions of this type: type 2 in Berlin"}]


def test_a_missing_block_hash_is_an_error_and_a_given_one_is_used() -> None:
    asker = {STORER: {"code": "0x60044060015500"}}
    missing = transition("Prague", stdin=parts(TRANSACTION, alloc=asker, env={"currentNumber": "6"}))
    assert missing.exit_code == 2
    assert missing.stderr == (
        "samestate: stdin: env: blockHashes: must hold the hash of block 4: a transaction asks for it\n"
    )
    hashes = {"4": f"0x{'44' * 32}", "0x5": f"0x{'11' * 32}"}
    given = transition(
        "Prague", stdin=parts(TRANSACTION, alloc=asker, env={"currentNumber": "6", "blockHashes": hashes})
    )
    assert given.json["alloc"][STORER]["storage"] == {f"0x{1:064x}": f"0x{'44' * 32}"}


# Files


def write_parts(folder: Path, given: dict[str, Any]) -> list[str]:
    for name, value in given.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return [f"--input.{name}={folder / name}.json" for name in given]


def test_files_in_and_out(tmp_path: Path) -> None:
    given = parts(TRANSACTION)
    out = tmp_path / "made" / "here"
    answer = call(
        *write_parts(tmp_path, given),
        "--state.fork=Prague",
        f"--output.basedir={out}",
        "--output.result=deep/result.json",
        "--output.body=txs.rlp",
    )
    assert (answer.exit_code, answer.stdout, answer.stderr) == (0, "", "")
    on_streams = transition("Prague", stdin=given).json
    assert json.loads((out / "deep" / "result.json").read_text()) == on_streams["result"]
    assert json.loads((out / "alloc.json").read_text()) == on_streams["alloc"]
    assert json.loads((out / "txs.rlp").read_text()) == on_streams["body"]
    assert sorted(path.name for path in out.rglob("*") if path.is_file()) == ["alloc.json", "result.json", "txs.rlp"]
    again = call(
        f"--input.alloc={tmp_path}/alloc.json",
        f"--input.env={tmp_path}/env.json",
        f"--input.txs={out}/txs.rlp",
        "--state.fork=Prague",
        "--output.alloc=",
        "--output.result=stderr",
    )
    assert json.loads(again.stderr) == {"result": on_streams["result"]}
    (tmp_path / "bare.rlp").write_text(on_streams["body"])
    bare = call(*write_parts(tmp_path, given)[:2], f"--input.txs={tmp_path}/bare.rlp", *STDOUT_RESULT)
    assert bare.json == {"result": on_streams["result"]}


STDOUT_RESULT = ("--state.fork=Prague", "--output.alloc=", "--output.result=stdout")


def test_traces_are_written_for_transactions_of_the_block_only(tmp_path: Path) -> None:
    stdin = parts(TOO_HIGH, TRANSACTION, {**TRANSACTION, "nonce": "0xad"})
    traced = transition("Prague", "--trace", f"--output.basedir={tmp_path}", stdin=stdin)
    receipts = traced.result["receipts"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"trace-{index}-{receipt['transactionHash']}.jsonl" for index, receipt in enumerate(receipts)
    ]
    for path, receipt in zip(sorted(tmp_path.iterdir()), receipts, strict=True):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [line["opName"] for line in lines[:-1]] == ["NUMBER", "PUSH1", "SSTORE", "PUSH1", "PUSH1", "RETURN"]
        assert lines[-1]["gasUsed"] == receipt["gasUsed"]
    assert traced.json == transition("Prague", stdin=stdin).json


def test_a_trace_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    asker = {STORER: {"code": "0x60044060015500"}}
    stdin = parts(TRANSACTION, alloc=asker, env={"currentNumber": "6"})
    answer = transition("Prague", "--trace", f"--output.basedir={tmp_path}", stdin=stdin)
    assert answer.exit_code == 2
    assert list(tmp_path.iterdir()) == []


# Bad input


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--state.fork="], "--state.fork: must be given: one of Berlin, London"),
        (["--state.fork=Pragu"], "--state.fork: unknown fork Pragu; known are Berlin"),
        (["--state.fork=Istanbul"], "--state.fork: unsupported fork Istanbul; known are Berlin"),
        (["--state.fork=ArrowGlacierToParisAtDiffC0000"], "depends on a total difficulty, which is not given"),
        (["--state.fork=Prague", "--state.reward=5"], "--state.reward: Prague rewards no blocks: must be 0 or -1"),
        (["--state.fork=Prague", "--state.reward=-2"], "--state.reward: must be a number"),
        (["--state.fork=Prague", "--input.alloc=nowhere.json"], "--input.alloc: nowhere.json: cannot be read"),
        (["--state.fork=Prague", "--output.alloc=/dev/null/x"], "/dev/null/x: cannot be written"),
        (["--state.fork=Prague", "--input.blobParams=stdin"], "stdin: the field 'blobParams' is missing"),
    ],
)
def test_wrong_options(arguments: list[str], message: str) -> None:
    answer = call(*ALL_ON_STDIN, "--output.result=", *arguments, stdin=parts())
    assert answer.exit_code == 2
    assert message in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("env", "currentCoinbase"), "0x12", "stdin: env: currentCoinbase: must be 20 bytes, but is 1"),
        (("env", "currentNumber"), None, "stdin: env: the field 'currentNumber' is missing"),
        (("env", "currentNumber"), "1f", "stdin: env: currentNumber: must be a number such as '0x1f', '31' or 31"),
        (("env", "currentNumber"), 2**64, "stdin: env: currentNumber: must fit into 64 bits"),
        (("env", "currentTimestamp"), 1.5, "stdin: env: currentTimestamp: must be a number"),
        (("env", "currentRandom"), None, "stdin: env: the field 'currentRandom' is missing"),
        (("env", "currentDifficulty"), "0x1", "stdin: env: currentDifficulty: Prague has none: must be 0 or absent"),
        (("env", "currentBaseFee"), None, "Prague needs a field 'currentBaseFee', or else all of parentBaseFee"),
        (("env", "withdrawals"), None, "stdin: env: the field 'withdrawals' is missing"),
        (("env", "withdrawals"), [{}], "stdin: env: withdrawals[0]: the field 'index' is missing"),
        (("env", "parentBeaconBlockRoot"), None, "stdin: env: the field 'parentBeaconBlockRoot' is missing"),
        (("env", "currentExcessBlobGas"), "0xffffffffffffffff", "at an excess of 18446744073709551615 blob gas"),
        (("env", "ommers"), [{"delta": 1, "address": SENDER}], "stdin: env: ommers: must be empty: Prague has none"),
        (("env", "blockHashes"), {"x": "0x"}, "blockHashes: number of a block: must be a number"),
        (
            ("env", "blockHashes"),
            dict.fromkeys(("0x0", "0"), f"0x{'22' * 32}"),
            "blockHashes: 0: block 0 is there twice",
        ),
        (("env", "blockHashes"), {"0": f"0x{'22' * 32}"}, "parentHash: must be the hash of block 0 in blockHashes"),
        (("env", "blobParams"), {"target": 1, "max": 0, "baseFeeUpdateFraction": 1}, "must not be 0"),
        (("env",), [], "stdin: env: must be an object, but is a list of 0"),
        (("alloc",), None, "stdin: alloc: must be an object, but is None"),
        (("alloc", SENDER, "balance"), "x", f"stdin: alloc: account {SENDER}: balance: must be a hex string"),
        (("alloc", SENDER, "other"), "0x", f"stdin: alloc: account {SENDER}: unknown field 'other'"),
        (("alloc", SENDER[2:].upper()), {}, "must be listed once, but is listed twice"),
        (("alloc", "0x12"), {}, "an address must be 20 bytes, but is 1"),
        (("txs",), {}, "stdin: txs: must be a list of transactions, or their RLP as hex, but is an object"),
        (("txs",), "0x80", "stdin: txs: must be the RLP of a list of transactions, but is that of 0 bytes"),
        (("txs",), "0xf8", "stdin: txs: must be the RLP of a list of transactions: "),
        (("txs",), "hello", "stdin: txs: must be hex of whole bytes"),
        (("txs",), [5], "stdin: txs[0]: must be an object, but is 5"),
        (("txs", 0, "gas"), None, "stdin: txs[0]: the field 'gas' is missing"),
        (("txs", 0, "to"), "0x12", "stdin: txs[0]: to: must be 20 bytes, but is 1"),
        (("txs", 0, "type"), "0x9", "stdin: txs[0]: type: no transaction type is 9"),
        (("txs", 0, "secretKey"), "0x0", "stdin: txs[0]: secretKey: must be a private key of secp256k1"),
        (("txs", 0, "protected"), "no", "stdin: txs[0]: protected: must be true or false, but is 'no'"),
        (("txs", 0, "nonce"), 5, "stdin: txs[0]: nonce: must be a hex number such as '0x1f', but is 5"),
    ],
)
def test_wrong_fields(path: tuple[str | int, ...], value: object, message: str) -> None:
    stdin: Any = parts(TRANSACTION)
    holder = stdin
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    answer = transition("Prague", stdin=stdin)
    assert answer.exit_code == 2
    assert message in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"1e999", b'{"env": NaN}'])
def test_stdin_that_is_no_object_of_parts(content: bytes) -> None:
    answer = transition("Prague", stdin=content)
    assert answer.exit_code == 2
    assert answer.stderr.startswith("samestate: stdin: ")
    assert answer.stderr.count("\n") == 1


def test_no_more_of_stdin_or_of_a_file_is_read_than_of_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "DOCUMENT_LIMIT", 100)
    answer = call(*ALL_ON_STDIN, "--state.fork=Prague", stdin=b" " * 101)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == "samestate: stdin: has more than 100 bytes, which are not read\n"
    answer = call("--input.env=/dev/zero", "--state.fork=Prague")
    assert answer.exit_code == 2
    assert answer.stderr == "samestate: --input.env: /dev/zero: has more than 100 bytes, which are not read\n"


def test_balances_that_overflow() -> None:
    rich = {COINBASE: {"balance": hex(2**256 - 1)}}
    answer = transition("Prague", stdin=parts(TRANSACTION, alloc=rich))
    assert answer.exit_code == 2
    assert answer.stderr == (
        "samestate: the block cannot be built from these accounts at all: a balance does not fit 256 bits\n"
    )
    assert transition("Prague", stdin=parts(alloc=rich)).exit_code == 0


def test_wrong_difficulty_of_the_parent() -> None:
    env = {**PRE_MERGE, "currentDifficulty": None, "parentTimestamp": "1", "parentDifficulty": "1"}
    for changes, message in [
        ({"parentTimestamp": None}, "needs a field 'currentDifficulty', or else parentDifficulty and parentTimestamp"),
        ({"parentTimestamp": "1000"}, "currentTimestamp: must be after the parent's, 1000"),
        ({"currentNumber": "0"}, "currentDifficulty: must be given for block 0"),
        ({"currentNumber": str(2**63)}, "must fit into 256 bits"),
        ({"parentDifficulty": hex(2**256 - 1), "currentTimestamp": "2"}, "must fit into 256 bits"),
    ]:
        answer = transition("Berlin", stdin=parts(env={**env, **changes}))
        assert answer.exit_code == 2, message
        assert message in answer.stderr


@pytest.mark.parametrize("id", ["-1", str(2**64)])
def test_the_id_of_a_chain_has_64_bits(id: str) -> None:
    answer = call(f"--state.chainid={id}", "--state.fork=Prague")
    assert (answer.exit_code, answer.stderr) == (2, f"samestate: --state.chainid {id}: must be a number of 64 bits\n")


@pytest.mark.parametrize("fork", sorted(BY_NAME))
def test_an_engine_gives_what_the_specification_gives(fork: str) -> None:
    """On every fork, with transactions between two that are left out."""
    last = {**TRANSACTION, "nonce": "0xad", "gas": "0x7a120"}
    first = {**TRANSACTION, "gas": "0x7a120"}
    is_merged = list(BY_NAME).index(fork) >= list(BY_NAME).index("Paris")
    env = {**({} if is_merged else PRE_MERGE), **(AMSTERDAM if fork == "Amsterdam" else {})}
    given = parts({**TRANSACTION, "nonce": "0xae"}, first, {**TRANSACTION, "nonce": "0xff"}, last, env=env)
    answers = [transition(fork, *engine, stdin=given) for engine in ((), ("--engine", "optimized:sequential"))]
    ours, theirs = (answer.json for answer in answers)
    rejected = [content["result"].pop("rejected") for content in (ours, theirs)]
    told = [[(entry["index"], entry["error"].partition(": ")[0]) for entry in entries] for entries in rejected]
    assert [index for index, _ in told[0]] == [0, 2]
    assert told[0] == told[1]  # what is said beyond the code is each one's own
    assert ours == theirs


def test_an_engine_writes_no_traces() -> None:
    answer = call("--state.fork=Osaka", *ALL_ON_STDIN, "--trace", "--engine=optimized", stdin=parts(TRANSACTION))
    assert answer.exit_code == 2
    assert "--trace: only the specification writes traces" in answer.stderr
