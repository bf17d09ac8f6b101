"""A difference of block access lists names account, slot and index; nothing is called right that was not compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samestate.conformance.engines.protocol import Capabilities
from samestate.conformance.engines.registry import SpecEngine, compare_engine
from samestate.conformance.vectors.comparing import Granularity, in_being, values_after, values_before
from samestate.conformance.vectors.evm import state_of, state_values
from samestate.conformance.vectors.list_difference import list_difference
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute, machine_of
from samestate.conformance.vectors.model import Case, Vector
from samestate.conformance.vectors.places import SUFFIX, VECTORS, vector_files
from samestate.spec.evm.block_access_list import AccountAccess, SlotChanges, encode_access_list

ONE, TWO = bytes(19) + b"\x01", bytes(19) + b"\x02"
RIGHT = AccountAccess(
    ONE,
    storage_changes=(SlotChanges(3, ((1, 7), (2, 8))),),
    storage_reads=(5,),
    balance_changes=((1, 10),),
    nonce_changes=((2, 1),),
    code_changes=((2, b"\x00"),),
)
ACCOUNT = f"block_access_list: account 0x{ONE.hex()}"


def hexed(*accounts: AccountAccess) -> str:
    return f"0x{encode_access_list(accounts).hex()}"


@pytest.mark.parametrize(
    ("given", "where", "expected", "found"),
    [
        (RIGHT._replace(storage_changes=(SlotChanges(3, ((1, 7), (2, 9))),)),
         ": slot 0x3: index 2 (transaction 1)", "0x8", "0x9"),
        (RIGHT._replace(storage_changes=(SlotChanges(3, ((1, 7),)),)),
         ": slot 0x3: index 2 (transaction 1)", "0x8", "nothing"),
        (RIGHT._replace(storage_reads=()), ": slot 0x5: reads", "read", "nothing"),
        (RIGHT._replace(balance_changes=((0, 10),)), ": balance: index 1 (transaction 0)", "0xa", "nothing"),
        (RIGHT._replace(nonce_changes=((2, 2),)), ": nonce: index 2 (transaction 1)", "1", "2"),
        (RIGHT._replace(code_changes=((2, b"\x01"),)), ": code: index 2 (transaction 1)", "0x00", "0x01"),
        (RIGHT._replace(address=TWO), "", "an entry", "nothing"),
        (RIGHT._replace(balance_changes=((1, 10), (1, 10))), "", "its changes in ascending order, each once",
         "another order, or one of them twice"),
    ],
)  # fmt: skip
def test_lists_part_at_account_slot_and_index(given: AccountAccess, where: str, expected: str, found: str) -> None:
    difference = list_difference(hexed(RIGHT), hexed(given))
    assert (difference.where, difference.expected, difference.given) == (f"{ACCOUNT}{where}", expected, found)


def test_lists_that_are_none_or_out_of_order() -> None:
    assert list_difference(hexed(RIGHT), "0x00").given.startswith("what is no list: ")
    assert list_difference(hexed(RIGHT), None).given == "nothing"
    other = RIGHT._replace(address=TWO)
    difference = list_difference(hexed(RIGHT, other), hexed(other, RIGHT))
    assert difference.given != difference.expected


class Spoilt(SpecEngine):
    """The specification, but for one thing, with other capabilities."""

    def __init__(self, capabilities: Capabilities, spoil: Any) -> None:
        self.capabilities = capabilities  # type: ignore[misc]
        self.spoil = spoil

    def run(self, case: Case) -> Any:
        results = [dict(result) for result in execute(case)]
        for result in results:
            self.spoil(result, case)
        return results


def spoilt(vector: Vector, outputs: set[str], access: Granularity, spoil: Any) -> tuple[str, list[str]]:
    checks: list[str] = []
    able = replace(SpecEngine.capabilities, outputs=frozenset(outputs), access=access)
    difference = compare_engine(Spoilt(able, spoil), vector, checks)
    return str(difference), checks


def vector(id: str) -> Vector:
    return load_vector_file(VECTORS / f"{id}{SUFFIX}")


CHAIN = "toy/conflicts/long_chain"


def wrong_root(result: Any, case: Case) -> None:
    result["state_root"] = "0x" + "77" * 32


def test_only_what_was_compared_is_called_right() -> None:
    text, checks = spoilt(vector(CHAIN), {"state_root"}, Granularity.NONE, wrong_root)
    assert "no step was compared, since the engine gives neither access nor receipts" in text
    assert checks == ["status", "state_root"]
    text, checks = spoilt(vector(CHAIN), {"state_root", "receipts", "requests"}, Granularity.NONE, wrong_root)
    assert "every receipt is right; no access was compared" in text
    assert checks == ["status", "receipts", "state_root"], "a toy block has no requests to compare"
    text, checks = spoilt(vector(CHAIN), {"state_root"}, Granularity.KEYS, wrong_root)
    assert "every step that was compared is right" in text
    assert checks == ["status", "access", "state_root"]


def test_of_an_invalid_block_only_the_rejection_is_compared() -> None:
    rejected = next(each for each in map(load_vector_file, vector_files("toy")) if "rejections" in each.case.selectors)
    if len(rejected.expected) == 1:
        text, checks = spoilt(rejected, {"state_root"}, Granularity.NONE, lambda result, case: None)
        assert "transaction" in checks or checks == ["status"]
        assert "state_root" not in checks
        assert text == "None"


def test_the_account_that_differs_is_named_by_an_engine_that_gives_the_state() -> None:
    funded = vector("evm/funding/funded_by_an_earlier_transaction-berlin")
    after = dict(values_before(funded.case, funded.expected, 1))

    def give(result: Any, case: Case) -> None:
        wrong_root(result, case)
        post: dict[str, Any] = {
            address: dict(account, storage=dict(account["storage"])) for address, account in case.pre.items()
        }
        for key, value in after.items():
            part, address, *_ = key.split(" ")
            account = post.setdefault(address, {"nonce": "0x0", "balance": "0x0", "code": "0x", "storage": {}})
            if part in ("nonce", "balance"):
                account[part] = hex(int(value, 16)) if value != "absent" else "0x0"
        post[next(iter(case.pre))]["balance"] = "0x7"
        result["post_state"] = post

    outputs = {"state_root", "post_state"}
    text, checks = spoilt(funded, outputs, Granularity.NONE, give)
    assert text.startswith(f"post_state: balance {next(iter(funded.case.pre))} (")
    assert ": expected 0x" in text
    assert "the engine gives 0x07" in text
    assert "is what step" in text
    assert checks == ["status", "post_state"]


@pytest.mark.parametrize("path", list(vector_files("evm"))[::7], ids=lambda path: path.stem)
def test_the_state_after_a_block_follows_from_the_record(path: Any) -> None:
    case, expected = load_vector_file(path).case, load_vector_file(path).expected
    states: list[Any] = []

    def apply(machine: Any, payload: Any, state: Any) -> Any:
        from samestate.spec.transition import apply_block

        result = apply_block(machine, payload, state)
        states.append(result.state())
        return result

    machine_of(case).execute(case, apply)
    after = states[-1] if states and len(states) == len(expected) else None
    if after is None or any(expect["status"] != "valid" for expect in expected):
        return
    alloc = {
        address: {"nonce": account["nonce"], "balance": account["balance"], "code": account.get("code", "0x"),
                  "storage": {hex(int(slot, 16)): hex(int(value, 16)) for slot, value in account["storage"].items()}}
        for address, account in after.to_alloc().items()
    }  # fmt: skip
    assert in_being(values_after(case, expected, len(expected) - 1)) == in_being(state_values(alloc))
    assert state_values(case.pre) is not None
    assert state_of(case) is not None
