"""Vectors of whole blocks with their headers: what is read, what is refused as bad input, and who judges what."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.checking.vectors import check_vector
from samestate.conformance.checking.verdict import Result
from samestate.conformance.commands import run as run_command
from samestate.conformance.engines.registry import SpecEngine, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.comparing import Granularity, project, values_after
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.header import ATTRIBUTES, read_header, write_header
from samestate.conformance.vectors.hexadecimal import LONG_RUN, long_runs, read_bytes, write_bytes
from samestate.conformance.vectors.loading import load_vector, load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import OF_CHAINS, Case, lineage, member
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.spec.transition import apply_block

VALID = "evm/headers/gas_limit_as_high_as_may_be-amsterdam"
REFUSED = "evm/base_fee/one_less_than_set-paris"
TWO_BLOCKS = "evm/headers/parent_that_was_refused-paris"


def text_of(id: str) -> str:
    return (VECTORS / f"{id}{SUFFIX}").read_text(encoding="utf-8")


def test_a_header_is_read_as_it_was_written() -> None:
    vector = load_vector_file(VECTORS / f"{VALID}{SUFFIX}")
    assert vector.case.parent is not None
    assert list(vector.case.parent) == list(ATTRIBUTES)
    assert write_header(read_header(vector.case.parent)) == vector.case.parent


BAD = {
    "no blocks": (VALID, r"blocks:\n(.|\n)*(?=provenance:)", "blocks: []\n", "blocks: must have at least 1 element"),
    "no parent": (
        REFUSED,
        r"^parent:\n(  .*\n)*",
        "",
        "blocks[0]: has a header, so the vector must have a 'parent', the header of the block before its first",
    ),
    "a field of headers that there is not": (
        VALID,
        r'      slot_number: "1"\n',
        '      slot_number: "1"\n      colour: "0x01"\n',
        "blocks[0].header.colour: unknown field; the fields here are parent_hash, ",
    ),
    "a field that no header lacks": (VALID, r'      gas_used: .*\n(?=      timestamp: "14988")', "",
                                     "blocks[0].header: the field 'gas_used' is missing"),
    "a field of the fork that is missing": (
        VALID,
        r'      slot_number: "1"\n',
        "",
        "blocks[0].header: the field 'slot_number' is missing: Amsterdam has it",
    ),
    "a gap": (
        VALID,
        r'      requests_hash: .*\n',
        "",
        "blocks[0].header: the field 'requests_hash' is missing, and later ones are there: no header can be so",
    ),
    "a field of another fork": (
        "evm/base_fee/parent_at_the_target-london",
        r'(      base_fee_per_gas: .*\n)(?=    hash)',
        rf'\1      withdrawals_root: "0x{"00" * 32}"\n',
        "blocks[0].header.withdrawals_root: must not be there: London has no such field",
    ),
    "a parent with fields of another fork": (
        "evm/base_fee/parent_at_the_target-london",
        r'(  base_fee_per_gas: .*\n)(?=blocks:)',
        rf'\1  withdrawals_root: "0x{"00" * 32}"\n',
        "parent.withdrawals_root: must not be there: London has no such field",
    ),
    "a parent with another state": (REFUSED, r'^  state_root: "0x..', '  state_root: "0x99', "the root of 'pre'"),
    "a hash that is not the header's": (REFUSED, r'^    hash: "0x..', '    hash: "0x99', "blocks[0].hash: must be"),
    "a number that does not follow": (VALID, r'      number: "1"', '      number: "2"',
                                      'header.number: must be "1", the parent\'s plus one, for a block that is valid'),
    "a time that does not follow": (VALID, r'timestamp: "14988"', 'timestamp: "14976"',
                                    'header.timestamp: must be over "14976", the parent\'s'),
    "a parent that is no block": (VALID, r'^      parent_hash: "0x..', '      parent_hash: "0x99',
                                  "header.parent_hash: is the hash of no valid block before"),
    "a parent that is known after all": (REFUSED, "INVALID_BASE_FEE", "UNKNOWN_PARENT", "the parent is known"),
    "a refused root that is right": (REFUSED, "INVALID_BASE_FEE", "INVALID_TRANSACTIONS_ROOT",
                                     "expect.status: the transactions root is right"),
    "a wrong root of the body": (VALID, r'^      transactions_root: "0x..', '      transactions_root: "0x99',
                                 "header.transactions_root: must be"),
    "a root that is not the expected one": (VALID, r'^      receipts_root: "0x..(?=.*\n      logs_bloom)',
                                            '      receipts_root: "0x99', "receipts_root: must be"),
    "another sender": (VALID, r'sender: "0x..', 'sender: "0x99', "who signed the transaction"),
    "no list of withdrawals": (VALID, r"    withdrawals: \[\]\n", "", "field 'withdrawals' is missing"),
    "no rejection code": (REFUSED, "INVALID_BASE_FEE", "BAD_LUCK", '"BAD_LUCK" is no rejection code'),
    "a block without a header": (REFUSED, r"  - header:\n(      .*\n)+    hash: .*\n", "  - env: {}\n", "the field"),
    "a nonce of seven bytes": (REFUSED, r'nonce: "0x00', 'nonce: "0x', "nonce: must be hex of 8 bytes"),
    "a transition to nowhere": (REFUSED, r"^  params: .*\n", '\\g<0>  transition: {fork: "Atlantis", number: "5"}\n',
                                'machine.transition.fork: no fork is called "Atlantis"'),
    "a transition without a limit": (REFUSED, r"^  params: .*\n", '\\g<0>  transition: {fork: "Shanghai"}\n',
                                     "machine.transition: must be the fork that follows, and from where"),
    "a transition without a fork": (REFUSED, r"^  params: .*\n", '\\g<0>  transition: {number: "5", timestamp: "5"}\n',
                                    "machine.transition: the field 'fork' is missing"),
    "a transition with two limits": (
        REFUSED, r"^  params: .*\n", '\\g<0>  transition: {fork: "Shanghai", number: "5", timestamp: "5"}\n',
        "machine.transition: must be the fork that follows, and from where"),
    "a transition to an earlier fork": (REFUSED, r"^  params: .*\n",
                                        '\\g<0>  transition: {fork: "London", number: "5"}\n',
                                        'machine.transition: must be to a later fork than "Paris"'),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named(what: str) -> None:
    id, old, new, complaint = BAD[what]
    text = text_of(id)
    changed = re.sub(old, new, text, count=1, flags=re.MULTILINE)
    if changed.count("parent_hash") == text.count("parent_hash") and "refused root" not in what:
        assert changed != text, what
    with pytest.raises(InputError, match=re.escape(complaint)) as raised:
        load_vector(f"{id}{SUFFIX}", changed.encode())
    assert re.match(rf"{re.escape(id)}{SUFFIX}:\d+:\d+: ", str(raised.value))


def test_blocks_without_headers_have_no_transition() -> None:
    id = "evm/funding/funded_by_an_earlier_transaction-berlin"
    text = text_of(id).replace("  params:", '  transition: {fork: "London", number: "5"}\n  params:')
    with pytest.raises(InputError, match="only blocks with headers, on a 'parent', go from fork to fork"):
        load_vector(f"{id}{SUFFIX}", text.encode())


def test_a_block_as_bytes_is_not_valid() -> None:
    text = text_of(VALID)
    expect = re.search(r"^    expect:\n(      .*\n)+", text, re.MULTILINE)
    assert expect is not None
    text = re.sub(r"^  - header:\n(.|\n)*(?=provenance:)", "  - rlp: '0xc0'\n" + expect[0], text, flags=re.MULTILINE)
    with pytest.raises(InputError, match=re.escape("blocks[0].rlp: must be a block that cannot be decoded")):
        load_vector(f"{VALID}{SUFFIX}", text.encode())


@pytest.mark.parametrize("id", [VALID, REFUSED, TWO_BLOCKS])
@pytest.mark.parametrize("engine", ["spec", "optimized:sequential", "reference:block-stm"])
def test_engines_execute_and_the_specification_judges(id: str, engine: str) -> None:
    made = find_engine(engine)
    try:
        verdict = check_vector(load_vector_file(VECTORS / f"{id}{SUFFIX}"), made)
    finally:
        made.close()
    assert verdict.result is Result.PASSED, verdict.reason


def test_an_engine_that_gives_another_state_is_found() -> None:
    """The header's own state root tells, before anything is compared with what is expected."""

    class Wrong(SpecEngine):
        id = "wrong"

        def run(self, case):  # type: ignore[no-untyped-def]
            def apply(machine, block, state):  # type: ignore[no-untyped-def]
                return apply_block(machine, dataclasses.replace(block, transactions=()), state)

            return execute(case, apply)

    verdict = check_vector(load_vector_file(VECTORS / f"{VALID}{SUFFIX}"), Wrong())
    assert verdict.result is Result.FAILED
    assert "a valid block" in verdict.reason
    assert "INVALID_" in verdict.reason


def test_an_engine_outside_needs_the_selector(tmp_path: Path) -> None:
    """One that does not have it skips the vector; one that has it is given parent and headers."""
    script = tmp_path / "engine.py"
    script.write_text(
        "import json, sys\n"
        "selectors = sys.argv[1:]\n"
        "for line in sys.stdin:\n"
        "    question = json.loads(line)\n"
        "    if question['type'] == 'hello':\n"
        "        can = {'machines': {'evm': ['Paris']}, 'selectors': selectors,\n"
        "               'outputs': ['rejection_code'], 'access': 'none'}\n"
        "        answer = {'protocol': 'samestate-engine/1', 'id': 'stand-in', 'capabilities': can}\n"
        "    else:\n"
        "        case = question['case']\n"
        "        parent, (block,) = case['parent'], case['blocks']\n"
        "        right = int(parent['base_fee_per_gas']) * 7 // 8\n"
        "        fee = int(block['header']['base_fee_per_gas'])\n"
        "        answer = {'results': [{'status': 'valid' if fee == right else 'INVALID_BASE_FEE'}]}\n"
        "    print(json.dumps(answer), flush=True)\n",
        encoding="utf-8",
    )
    path = str(VECTORS / f"{REFUSED}{SUFFIX}")
    for selectors, told in (("chain rejections", "1 passed"), ("rejections", "the engine cannot do: chain")):
        engine = f"command:{sys.executable} {script} {selectors}"
        result = CliRunner().invoke(command.application, ["check", path, "--engine", engine])
        assert told in result.output, result.output


class Bodies:
    """An engine outside that executes blocks and knows nothing of headers."""

    id = "bodies"
    capabilities = dataclasses.replace(SpecEngine.capabilities, selectors=SpecEngine.capabilities.selectors - OF_CHAINS)

    def __init__(self, is_right: bool = True) -> None:
        self.is_right = is_right
        self.asked: list[Case] = []

    def run(self, case: Case) -> list[Object]:
        self.asked.append(case)
        (result,) = execute(case)
        return [result if self.is_right else {**result, "gas_used": "21001"}]

    def close(self) -> None:
        pass


def test_an_engine_of_bodies_is_asked_about_each_block() -> None:
    vector = load_vector_file(VECTORS / "evm" / "transitions" / f"cap_for_a_transaction-praguetoosaka{SUFFIX}")
    engine = Bodies()
    verdict = check_vector(vector, engine)
    assert verdict.result is Result.PASSED, verdict.reason
    assert [(case.fork, case.parent) for case in engine.asked] == [("Prague", None), ("Osaka", None), ("Osaka", None)]
    assert "access" in verdict.checks


def test_an_engine_of_bodies_is_run_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Bodies()
    monkeypatch.setattr(run_command, "find_engine", lambda id, workers: engine)
    path = VECTORS / "evm" / "transitions" / f"cap_for_a_transaction-praguetoosaka{SUFFIX}"
    names, results = run_command.results_of(path, "command:bodies", None)
    assert [result["status"] for result in results] == ["valid", "TRANSACTION_GAS_LIMIT_EXCEEDED", "valid"]
    assert "alice" in names.values()
    assert len(engine.asked) == 3


def test_an_engine_of_bodies_that_is_wrong_fails() -> None:
    verdict = check_vector(load_vector_file(VECTORS / f"{VALID}{SUFFIX}"), Bodies(is_right=False))
    assert verdict.result is Result.FAILED
    assert "gas_used" in verdict.reason


def test_a_chain_without_a_block_to_execute_is_skipped() -> None:
    verdict = check_vector(load_vector_file(VECTORS / f"{REFUSED}{SUFFIX}"), Bodies())
    assert verdict.result is Result.SKIPPED
    assert verdict.reason == "the engine cannot do: chain; and no block of it is executed"


def test_a_block_is_compared_with_the_state_of_its_own_parent() -> None:
    """Writes with the values after them, of two blocks on one parent, and of their children."""
    vector = load_vector_file(VECTORS / "evm" / "chains" / f"counters_of_two_branches-paris{SUFFIX}")
    assert [lineage(vector.case, vector.expected, index) for index in range(4)] == [[], [], [0], [1]]
    records = project(vector.case, vector.expected, Granularity.WRITES)
    counted = [
        value for record in records for step in record for key, value in member(step, "writes").items() if "slot" in key
    ]
    assert [value for value in counted if value in ("0x01", "0x0a", "0x65", "0x6e")] == ["0x01", "0x0a", "0x65", "0x6e"]
    coinbase = next(address for address, name in vector.names.items() if name == "coinbase")
    balances = [values_after(vector.case, vector.expected, index)[f"balance {coinbase}"] for index in range(4)]
    assert int(balances[2], 16) - int(balances[0], 16) == int(balances[3], 16) - int(balances[1], 16)


def test_commands_take_chains(tmp_path: Path) -> None:
    path = str(VECTORS / f"{VALID}{SUFFIX}")
    ran = CliRunner().invoke(command.application, ["run", path])
    assert "block 0: valid" in ran.output, ran.output
    traced = CliRunner().invoke(command.application, ["trace", path])
    assert '"gasUsed"' in traced.output, traced.output
    reached = CliRunner().invoke(command.application, ["rules", str(VECTORS / f"{REFUSED}{SUFFIX}"), "evm.header.*"])
    assert "evm.header.base-fee" not in reached.output, reached.output
    assert "evm.header.number" in reached.output, reached.output
    listed = CliRunner().invoke(command.application, ["check", path, "--list"])
    assert VALID in listed.output, listed.output


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(1, 3)), max_size=6))
def test_long_runs_are_written_by_their_length(runs: list[tuple[int, int]]) -> None:
    content = b"".join(bytes([byte]) * (LONG_RUN if times == 3 else times) for byte, times in runs)
    written = write_bytes(content)
    assert read_bytes(json.loads(json.dumps(written))) == content
    assert len(json.dumps(written)) < 400


@given(st.lists(st.tuples(st.sampled_from(b"ab"), st.integers(1, 2), st.integers(-1, 1)), min_size=1, max_size=6))
def test_long_runs_are_found_wherever_they_begin(runs: list[tuple[int, int, int]]) -> None:
    content = b"".join(bytes([byte]) * (half * LONG_RUN // 2 + more) for byte, half, more in runs)
    pattern = re.compile(rb"(.)\1{%d,}" % (LONG_RUN - 1), re.DOTALL)
    assert list(long_runs(content)) == [found.span() for found in pattern.finditer(content)]


def test_the_toy_has_no_headers() -> None:
    id = "toy/by_hand/one_store"
    with pytest.raises(InputError, match=re.escape("parent: must not be there: blocks of the toy have no headers")):
        load_vector(f"{id}{SUFFIX}", text_of(id).replace("blocks:", "parent: {}\nblocks:", 1).encode())


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        ('["0x02", {byte: "0x00", times: "4294967295"}]', "txs[0].raw: must have at most 16777216 bytes, but has 429"),
        ('["0x02", {byte: "0x00", times: "99999999999"}]', "raw[1].times: must fit into 32 bits"),
        ('["0x02", {byte: "0x00", times: "5"}]', "txs[0].raw: must be in parts where 4096 equal bytes or more follow"),
        ('["0x02", {byte: "0x0", times: "5000"}]', "raw[1].byte: must be hex of one byte"),
        ('["0x02", {byte: "0x00"}]', "raw[1]: the field 'times' is missing"),
        ("[]", "raw: must have at least 1 element"),
    ],
)
def test_bytes_in_parts_that_cannot_be(raw: str, complaint: str) -> None:
    text = re.sub(r'raw: "[^"]*"', f"raw: {raw}", text_of(VALID), count=1)
    assert text != text_of(VALID)
    with pytest.raises(InputError, match=re.escape(complaint)):
        load_vector(f"{VALID}{SUFFIX}", text.encode())
