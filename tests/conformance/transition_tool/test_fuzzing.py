"""Parts that are almost right: a result, or an error of the input; never anything else."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from samestate.conformance.errors import InputError
from samestate.conformance.transition_tool.alloc import read_alloc, write_alloc
from samestate.conformance.transition_tool.building import build
from samestate.conformance.transition_tool.environment import read_context
from samestate.conformance.transition_tool.quantities import LooseFields
from samestate.conformance.transition_tool.results import write_body, write_result
from samestate.conformance.transition_tool.ruleset import fork_named, with_blob_parameters
from samestate.conformance.transition_tool.sources import parse_json
from samestate.conformance.transition_tool.transactions import read_transactions
from tests.conformance.transition_tool.tool import AMSTERDAM, SENDER, STORER, TRANSACTION, parts

OPTIONAL = {
    "currentDifficulty": None,
    "parentDifficulty": "0x20000",
    "parentTimestamp": "0x1",
    "parentUncleHash": f"0x{'00' * 32}",
    "parentBaseFee": "0x7",
    "parentGasUsed": "0x5208",
    "parentGasLimit": "0x1c9c380",
    "parentExcessBlobGas": "0x0",
    "parentBlobGasUsed": "0x0",
    "blockHashes": {"0": f"0x{'11' * 32}"},
    "ommers": [],
    "withdrawals": [{"index": "0x0", "validatorIndex": 1, "address": SENDER, "amount": "0x1"}],
}
TYPED = {
    "type": "0x4",
    "chainId": "0x1",
    "gas": "0x186a0",
    "maxFeePerGas": "0x600",
    "maxPriorityFeePerGas": "0x1",
    "input": "0x00ff",
    "nonce": "0xad",
    "to": STORER,
    "value": "0x1",
    "accessList": [{"address": STORER, "storageKeys": [f"0x{'01' * 32}"]}],
    "authorizationList": [{"chainId": "0x0", "address": STORER, "nonce": "0x0", "v": "0x0", "r": "0x1", "s": "0x1"}],
    "secretKey": TRANSACTION["secretKey"],
}

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=40).map(lambda data: f"0x{data.hex()}")
    | st.integers(0, 2**257).map(hex)
    | st.sampled_from(["0x", "", "0x0", "0x00", "1", "-1", "0xffffffffffffffff", hex(2**256 - 1), "0x" + "f" * 65])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to every part of a JSON value."""
    found = [path] if path else []
    if isinstance(value, dict):
        for name, member in value.items():
            found += places(member, (*path, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            found += places(element, (*path, index))
    return found


WHOLE: dict[str, Any] = parts(TRANSACTION, TYPED, env=OPTIONAL)
PLACES = places(WHOLE)


def attempt(fork_name: str, stdin: dict[str, Any]) -> None:
    """What the command does, without files."""
    env = LooseFields("env", stdin.get("env"))
    state = read_alloc("alloc", stdin.get("alloc"))
    fork = fork_named("--state.fork", fork_name, env.quantity("currentNumber", 64), 0)
    if "blobParams" in env:
        fork = with_blob_parameters(fork, LooseFields("blobParams", env.raw("blobParams")))
    context = read_context(env, fork, 1, False)
    transition = build(fork, context, state, read_transactions("txs", stdin.get("txs"), 1))
    json.dumps([write_result(transition), write_alloc(transition.state), write_body(transition)])


@given(st.data(), st.sampled_from(["Berlin", "London", "Paris", "Cancun", "Prague", "Osaka", "Amsterdam"]))
def test_parts_with_changes(data: st.DataObject, fork: str) -> None:
    stdin = copy.deepcopy(WHOLE)
    if fork in ("Berlin", "London"):
        stdin["env"]["currentDifficulty"] = "0x20000"
    if fork == "Amsterdam":
        stdin["env"] |= AMSTERDAM
    for place in data.draw(st.lists(st.sampled_from(PLACES), max_size=3, unique=True)):
        holder = stdin
        try:
            for name in place[:-1]:
                holder = holder[name]
            if data.draw(st.booleans()):
                del holder[place[-1]]
            else:
                holder[place[-1]] = data.draw(JSON)
        except (KeyError, IndexError, TypeError):
            continue  # a change before took the place away
    try:
        attempt(fork, stdin)
    except InputError as error:
        assert "\n" not in str(error)


@given(st.binary(max_size=60).map(lambda data: f"0x{data.hex()}"))
def test_rlp_of_transactions(text: str) -> None:
    try:
        attempt("Prague", {**parts(env=OPTIONAL), "txs": text})
    except InputError as error:
        assert str(error).startswith("txs: ")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_documents(content: bytes) -> None:
    try:
        parse_json("file", content)
    except InputError as error:
        assert str(error).startswith("file: ")


def test_the_whole_is_right() -> None:
    attempt("Prague", WHOLE)
