"""Every vector on every engine that runs in process; and that a vector with one wrong digit never passes."""

from __future__ import annotations

import copy
import functools
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from samestate.conformance.checking.vectors import check_document
from samestate.conformance.checking.verdict import Result
from samestate.conformance.engines.names import REGISTRY
from samestate.conformance.engines.registry import Engine, compare_engine, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.scenarios.filling import fill
from samestate.conformance.scenarios.scenario import Ruleset, Scenario, all_scenarios
from samestate.conformance.vectors.document import Object, quoted, read_yaml
from samestate.conformance.vectors.hexadecimal import read_bytes
from samestate.conformance.vectors.loading import load_vector, load_vector_file
from samestate.conformance.vectors.model import DIMENSIONS, Vector, lineage, member, members, text, texts
from samestate.conformance.vectors.places import SUFFIX, VECTORS, vector_files
from samestate.conformance.vectors.record import integer, write_value
from samestate.conformance.vectors.writing import write_yaml
from samestate.spec.evm.hashing import keccak256
from samestate.spec.svm.addresses import address as address_bytes

MINIMUM: Final = {"chains": 30, "evm": 1300, "svm": 400, "toy": 250}
"""How many vectors of each machine there are at least: a suite that has lost its vectors must not pass."""

EVERY: Final = 3
"""Of so many vectors of the EVM the strategies in Python get one in CI."""
CANARY: Final = "evm/self_destruct/destroyed_recreated_called-shanghai"
CANARY_WITH_ACCESS_LIST: Final = "evm/funding/funded_by_an_earlier_transaction-amsterdam"
CANARY_WITH_LOGS: Final = "evm/logs/balances_in_logs-amsterdam"
CANARY_REJECTED: Final = "evm/nonces/gap_in_mid_block-amsterdam"
TOY_CANARY: Final = "toy/receipts/digest_of_a_chain_of_values"
TOY_CANARY_FAILED: Final = "toy/receipts/failure_undoes_its_stores"
TOY_CANARY_REJECTED: Final = "toy/access_lists/wrong_value"
CANARIES: Final = (CANARY, CANARY_WITH_ACCESS_LIST, CANARY_WITH_LOGS, CANARY_REJECTED,
                   TOY_CANARY, TOY_CANARY_FAILED, TOY_CANARY_REJECTED)  # fmt: skip

FILES: Final = tuple(vector_files())
IDS: Final = [path.relative_to(VECTORS).as_posix().removesuffix(SUFFIX) for path in FILES]


@functools.lru_cache(maxsize=64)
def engine_of(id: str) -> Engine:
    return find_engine(id)


@functools.lru_cache(maxsize=1024)
def vector_of(path: Path) -> Vector:
    return load_vector_file(path)


@pytest.mark.parametrize("machine", MINIMUM)
def test_there_are_vectors(machine: str) -> None:
    assert len(list(vector_files(machine))) >= MINIMUM[machine]


def pairs() -> Iterator[Any]:
    """Every vector with every engine but those that surely cannot execute it, as its place and its selectors tell.

    The strategies in Python get one in so many of the EVM's in CI; in `make conformance` and in the soak they get all.
    """
    for index, (path, id) in enumerate(zip(FILES, IDS, strict=True)):
        machine, has_list = id.split("/")[0], '"proposed-access-list"' in path.read_text(encoding="utf-8")
        for engine in REGISTRY:
            capabilities = engine_of(engine).capabilities
            if machine in capabilities.machines and (has_list or not capabilities.needs_access_list):
                is_in_python = engine.startswith("reference:") or engine.endswith("@processes")
                is_left = machine == "evm" and is_in_python and index % EVERY > 0
                yield pytest.param(path, engine, id=f"{id}-{engine}", marks=[pytest.mark.soak] * is_left)


@pytest.mark.parametrize(("path", "engine"), list(pairs()))
def test_vector(path: Path, engine: str) -> None:
    vector = vector_of(path)
    missing = engine_of(engine).capabilities.missing(vector.case)
    if missing:
        pytest.skip(missing)
    difference = compare_engine(engine_of(engine), vector)
    assert difference is None, f"{vector.case.id}\n{difference}"


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_record_explains_itself(path: Path) -> None:
    """Every value that a step read, and its source, follows from the pre-state and what the steps before it did."""
    vector = vector_of(path)
    if vector.case.machine == "chains":
        for name, chain in member(vector.case.pre, "chains").items():
            values = VALUES_OF[text(member(chain, "machine"), "name")](member(chain, "pre"))
            for expect in vector.expected:
                block = member(expect, "chains").get(name) if "chains" in expect else None
                values = values_after(values, block) if isinstance(block, dict) else values
        return
    states: dict[int, dict[str, str]] = {}
    for index, expect in enumerate(vector.expected):
        before = lineage(vector.case, vector.expected, index)
        values = states[before[-1]] if before else VALUES_OF[vector.case.machine](vector.case.pre)
        states[index] = values_after(values, expect)


def values_after(before: dict[str, str], expect: Object) -> dict[str, str]:
    """The values after a block by its record, each read of which must be what the steps before it have left."""
    values = dict(before)
    sources: dict[str, list[str]] = {}
    wiped: dict[str, str] = {}
    for step in members(expect, "access"):
        name = text(step, "step")
        for key, read in member(step, "reads").items():
            source = sources.get(key) or ([wiped[owner(key)]] if owner(key) in wiped else "pre")
            assert read == {"value": values.get(key, "absent"), "from": source}, f"step {name}: {key}"
        for address in texts(step, "wipes"):
            wiped[address] = name
            for key in [key for key in (*values, *sources) if owner(key) == address]:
                values.pop(key, None)
                sources.pop(key, None)
        for key, value in member(step, "writes").items():
            assert value != values.get(key, "absent"), f"step {name}: {key}"
            values[key] = str(value)
            sources[key] = [name]
        for key, amount in member(step, "credits").items():
            held = values.get(key, "absent")
            total = (0 if held == "absent" else int(held, 16)) + int(str(amount), 16)
            values[key] = write_value(integer(total))
            sources.setdefault(key, []).append(name)
    return values


def owner(key: str) -> str:
    """The address in the key of a slot."""
    return key.split()[1] if key.startswith("slot ") else ""


def evm_values(pre: Any) -> dict[str, str]:
    """The values of an EVM pre-state by key, as an access record writes them."""
    values: dict[str, str] = {}
    for address, account in pre.items():
        numbers = {f"balance {address}": account["balance"], f"nonce {address}": account["nonce"]}
        numbers |= {f"slot {address} {slot}": value for slot, value in account["storage"].items()}
        code = bytes.fromhex(account["code"][2:])
        if code:
            values[f"code {address}"] = f"0x{keccak256(code).hex()}"
        elif not any(int(number, 16) for number in numbers.values()):
            values[f"empty {address}"] = "0x01"
        elif account["storage"] and not int(account["nonce"], 16):
            values[f"empty {address}"] = "0x02"
        for key, number in numbers.items():
            if int(number, 16):
                values[key] = write_value(integer(int(number, 16)))
    return values


def toy_values(pre: Any) -> dict[str, str]:
    """The values of a toy pre-state by key, as an access record writes them."""
    numbers = {f"slot {slot}": value for slot, value in pre["slots"].items()}
    for address, account in pre["accounts"].items():
        numbers |= {f"balance {address}": account["balance"], f"nonce {address}": account["nonce"]}
    values = {key: write_value(integer(int(value, 16))) for key, value in numbers.items() if int(value, 16)}
    for address, account in pre["accounts"].items():
        for number, key in account.get("keys", {}).items():
            scheme = 1 + SCHEMES.index(key["scheme"])
            values[f"key {address} {number}"] = shown(bytes([scheme]) + read_bytes(key["public_key"]))
    return values


SCHEMES: Final = ("ed25519", "ml-dsa-44", "ml-dsa-65", "hybrid")


def shown(value: bytes) -> str:
    """A value as a record writes it: a long one by its hash."""
    if len(value) <= 128:
        return f"0x{value.hex()}"
    return f"sha256 0x{hashlib.sha256(value).hexdigest()} of {len(value)} bytes"


def svm_values(pre: Any) -> dict[str, str]:
    """The values of a pre-state of Solana's machine by key, as an access record writes them."""
    values: dict[str, str] = {}
    for name, account in pre["accounts"].items():
        value = int(account["lamports"]).to_bytes(8, "little") + address_bytes(account["owner"])
        value += bytes([account.get("executable") == "true"]) + read_bytes(account.get("data", "0x"))
        values[f"account {name}"] = shown(value)
    return values


VALUES_OF: Final[dict[str, Callable[[Any], dict[str, str]]]] = {
    "evm": evm_values,
    "svm": svm_values,
    "toy": toy_values,
}


@pytest.mark.parametrize("engine", REGISTRY)
def test_no_engine_passes_by_skipping(engine: str) -> None:
    capabilities = engine_of(engine).capabilities
    assert any(not capabilities.missing(vector_of(path).case) for path in FILES)
    assert capabilities.outputs


def filled() -> Iterator[Any]:
    for scenario in all_scenarios():
        for fork in scenario.forks:
            yield pytest.param(scenario, fork, id=scenario.id(fork))


@pytest.mark.parametrize(("scenario", "fork"), list(filled()))
def test_vector_is_what_its_scenario_fills(scenario: Scenario, fork: Ruleset) -> None:
    vector = fill(scenario, fork)
    path = VECTORS / f"{vector.id}{SUFFIX}"
    assert path.read_text(encoding="utf-8") == vector.text, f"samestate fill --update {scenario.title}"


def test_every_vector_has_a_scenario() -> None:
    ids = {scenario.id(fork) for scenario in all_scenarios() for fork in scenario.forks}
    assert ids == set(IDS)


# A wrong digit is never right

Content = Any
"""A vector as maps, lists and strings, on its way to being wrong."""


def other_digit(value: str) -> str:
    """The value with its last hex or decimal digit changed, or anything else where it is a word."""
    if re.fullmatch(r"0x[0-9a-f]+|[0-9]+", value):
        return value[:-1] + ("1" if value[-1] != "1" else "2")
    return {"success": "failure", "failure": "success", "absent": "0x07", "valid": "NONCE_TOO_LOW"}[value]


def expected(content: Content) -> Content:
    return content["blocks"][0]["expect"]


def wrong_field(name: str) -> Callable[[Content], None]:
    def change(content: Content) -> None:
        expected(content)[name] = other_digit(expected(content)[name])

    return change


def wrong_receipt(name: str) -> Callable[[Content], None]:
    def change(content: Content) -> None:
        receipt = expected(content)["receipts"][1]
        receipt[name] = other_digit(receipt[name])

    return change


def wrong_read_value(content: Content) -> None:
    read = next(iter(expected(content)["access"][2]["reads"].values()))
    read["value"] = other_digit(read["value"])


def wrong_source(content: Content) -> None:
    reads = expected(content)["access"][3]["reads"]
    read = next(read for read in reads.values() if read["from"] == ["1"])
    read["from"] = ["0"]


def source_out_of_nowhere(content: Content) -> None:
    reads = expected(content)["access"][2]["reads"]
    next(read for read in reads.values() if read["from"] == "pre")["from"] = ["0"]


def wrong_write(content: Content) -> None:
    writes = expected(content)["access"][1]["writes"]
    key = next(iter(writes))
    writes[key] = other_digit(writes[key])


def write_left_out(content: Content) -> None:
    writes = expected(content)["access"][1]["writes"]
    del writes[next(key for key in writes if key.startswith("nonce"))]


def wrong_credit(content: Content) -> None:
    credits = expected(content)["access"][1]["credits"]
    key = next(iter(credits))
    credits[key] = other_digit(credits[key])


def wipe_left_out(content: Content) -> None:
    expected(content)["access"][1]["wipes"].clear()


def touch_left_out(content: Content) -> None:
    expected(content)["access"][1]["touches"].pop()


def read_left_out(content: Content) -> None:
    expected(content)["access"][1]["reads"].popitem()


def read_too_many(content: Content) -> None:
    key = "balance 0x" + "77" * 20
    expected(content)["access"][1]["reads"][key] = {"value": "absent", "from": "pre"}


def wrong_dependency(content: Content) -> None:
    expected(content)["depends"][0]["kind"] = "WAR"


def dependency_left_out(content: Content) -> None:
    expected(content)["depends"].pop()


def wrong_log(content: Content) -> None:
    log = expected(content)["receipts"][1]["logs"][0]
    log["data"] = other_digit(log["data"])


def wrong_topic(content: Content) -> None:
    log = expected(content)["receipts"][1]["logs"][0]
    log["topics"][0] = other_digit(log["topics"][0])


def log_left_out(content: Content) -> None:
    expected(content)["receipts"][1]["logs"].pop()


def wrong_code(content: Content) -> None:
    expected(content)["status"] = "NONCE_TOO_LOW"


def wrong_transaction(content: Content) -> None:
    expected(content)["transaction"] = "1"


def valid_called_invalid(content: Content) -> None:
    content["blocks"][0]["expect"] = {"status": "NONCE_TOO_LOW"}


def wrong_requests(content: Content) -> None:
    expected(content)["requests"].append("0x00")


def wrong_digest(content: Content) -> None:
    logs = expected(content)["receipts"][1]["logs"]
    logs[0] = other_digit(logs[0])


def error_left_out(content: Content) -> None:
    del expected(content)["receipts"][0]["error"]


WRONG: Final[dict[str, tuple[str, Callable[[Content], None]]]] = {
    **{
        name: (CANARY, wrong_field(name))
        for name in (
            "state_root",
            "receipts_root",
            "gas_used",
            "logs_bloom",
            "critical_path",
            "critical_path_gas",
        )
    },
    **{f"receipt {name}": (CANARY, wrong_receipt(name)) for name in ("type", "status", "cumulative_gas_used")},
    "receipt gas_used": (CANARY, wrong_receipt("gas_used")),
    "value of a read": (CANARY, wrong_read_value),
    "source of a read": (CANARY, wrong_source),
    "source out of nowhere": (CANARY, source_out_of_nowhere),
    "value of a write": (CANARY, wrong_write),
    "write left out": (CANARY, write_left_out),
    "credit": (CANARY, wrong_credit),
    "wipe left out": (CANARY, wipe_left_out),
    "touch left out": (CANARY, touch_left_out),
    "read left out": (CANARY, read_left_out),
    "read too many": (CANARY, read_too_many),
    "dependency": (CANARY, wrong_dependency),
    "dependency left out": (CANARY, dependency_left_out),
    "valid block called invalid": (CANARY, valid_called_invalid),
    "blob_gas_used": (CANARY_WITH_ACCESS_LIST, wrong_field("blob_gas_used")),
    **{name: (CANARY_WITH_ACCESS_LIST, wrong_field(name)) for name in DIMENSIONS},
    **{f"receipt {name}": (CANARY_WITH_ACCESS_LIST, wrong_receipt(name)) for name in DIMENSIONS},
    "requests": (CANARY_WITH_ACCESS_LIST, wrong_requests),
    "requests_hash": (CANARY_WITH_ACCESS_LIST, wrong_field("requests_hash")),
    "block_access_list": (CANARY_WITH_ACCESS_LIST, wrong_field("block_access_list")),
    "block_access_list_hash": (CANARY_WITH_ACCESS_LIST, wrong_field("block_access_list_hash")),
    "data of a log": (CANARY_WITH_LOGS, wrong_log),
    "topic of a log": (CANARY_WITH_LOGS, wrong_topic),
    "log left out": (CANARY_WITH_LOGS, log_left_out),
    "rejection code": (CANARY_REJECTED, wrong_code),
    "rejected transaction": (CANARY_REJECTED, wrong_transaction),
    **{
        f"toy {name}": (TOY_CANARY, wrong_field(name))
        for name in ("state_root", "receipts_root", "gas_used", "critical_path", "critical_path_gas")
    },
    **{
        f"toy receipt {name}": (TOY_CANARY, wrong_receipt(name))
        for name in ("status", "gas_used", "cumulative_gas_used", "first_log")
    },
    "toy value of a read": (TOY_CANARY, wrong_read_value),
    "toy source of a read": (TOY_CANARY, wrong_source),
    "toy source out of nowhere": (TOY_CANARY, source_out_of_nowhere),
    "toy value of a write": (TOY_CANARY, wrong_write),
    "toy write left out": (TOY_CANARY, write_left_out),
    "toy credit": (TOY_CANARY, wrong_credit),
    "toy read left out": (TOY_CANARY, read_left_out),
    "toy read too many": (TOY_CANARY, read_too_many),
    "toy dependency": (TOY_CANARY, wrong_dependency),
    "toy dependency left out": (TOY_CANARY, dependency_left_out),
    "toy log": (TOY_CANARY, wrong_digest),
    "toy log left out": (TOY_CANARY, log_left_out),
    "toy valid block called invalid": (TOY_CANARY, valid_called_invalid),
    "toy error left out": (TOY_CANARY_FAILED, error_left_out),
    "toy rejection code": (TOY_CANARY_REJECTED, wrong_code),
    "toy rejected transaction": (TOY_CANARY_REJECTED, wrong_transaction),
}


def content_of(identity: str) -> Content:
    path = VECTORS / f"{identity}{SUFFIX}"
    return copy.deepcopy(read_yaml(str(path), path.read_bytes()).content)


def written(content: Content) -> bytes:
    return write_yaml(content, {}, "").encode()


@pytest.mark.parametrize("identity", CANARIES)
def test_the_canary_lives(identity: str) -> None:
    verdicts = list(check_document(f"{identity}{SUFFIX}", written(content_of(identity)), engine_of("spec")))
    assert [verdict.result for verdict in verdicts] == [Result.PASSED]


@pytest.mark.parametrize("what", WRONG)
def test_the_canary_dies_of_one_wrong_digit(what: str) -> None:
    identity, change = WRONG[what]
    content = content_of(identity)
    change(content)
    assert content != content_of(identity)
    try:
        verdicts = list(check_document(f"{identity}{SUFFIX}", written(content), engine_of("spec")))
    except InputError as error:
        assert identity in str(error)
        return
    assert [verdict.result for verdict in verdicts] == [Result.FAILED]
    assert "expected" in verdicts[0].reason


@pytest.mark.parametrize("path", FILES[:: max(1, len(FILES) // 20)], ids=IDS[:: max(1, len(FILES) // 20)])
def test_any_wrong_hex_digit_of_what_is_expected_is_found(path: Path) -> None:
    """A digit of every hex value below ``expect`` is changed, one at a time, where it stands in the file."""
    text = path.read_text(encoding="utf-8")
    start = text.index("    expect:")
    end = min(place for place in (text.find("\n  - ", start), text.index("\nprovenance:")) if place > 0)
    places = [match.start(1) for match in re.finditer(r'"0x[0-9a-f]*([0-9a-f])"', text[start:end])]
    step = max(1, len(places) // 8)
    for place in places[keccak256(path.name.encode())[0] % step :: step]:
        at = start + place
        wrong = text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]
        try:
            verdicts = list(check_document(str(path), wrong.encode(), engine_of("spec")))
        except InputError:
            continue
        assert verdicts[0].result is Result.FAILED, quoted(text[at - 60 : at + 3])


def test_a_vector_that_was_copied_is_still_a_vector_and_says_so() -> None:
    copied = load_vector("elsewhere/vector.yaml", written(content_of(CANARY)))
    assert copied.note == f"elsewhere/vector.yaml: is not where its id says, and is called by that: {CANARY}"


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_our_own_vectors_stand_where_their_ids_say(path: Path) -> None:
    assert load_vector_file(path).note == ""
