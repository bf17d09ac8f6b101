"""Vectors of Solana's machine: read as written, executed alike, and refused where they are wrong, with the place."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest
import yaml

from samestate.conformance.errors import InputError
from samestate.conformance.generating.vector import vector_text, with_selectors
from samestate.conformance.vectors import svm
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case, members, text
from samestate.conformance.vectors.writing import write_yaml
from samestate.spec.state import lattice
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import NATIVE_LOADER, SYSTEM, base58
from samestate.spec.svm.blockhash_queue import first_queue
from samestate.spec.svm.chain import Bank
from samestate.spec.svm.message import CompiledInstruction, MessageHeader, TransactionMessage
from samestate.spec.svm.transaction import encode_transaction, transaction_of

PAYER, SHOP, LEADER = (bytes([number]) * 32 for number in (1, 2, 3))
PLACE = "svm/by_hand/transfers.yaml"


def blockhash(slot: int) -> bytes:
    return hashlib.sha256(b"blockhash %d" % slot).digest()


def transfer(lamports: int, of_slot: int = 0) -> bytes:
    """A transfer from payer to shop, whose signature is none."""
    data = (2).to_bytes(4, "little") + lamports.to_bytes(8, "little")
    message = TransactionMessage(
        "legacy",
        MessageHeader(1, 0, 1),
        (PAYER, SHOP, SYSTEM),
        blockhash(of_slot),
        (CompiledInstruction(2, b"\x00\x01", data),),
    )
    return encode_transaction(transaction_of(message, (bytes(64),)))


def case_of(**params: str) -> Case:
    """Two blocks: transfers that succeed and fail, and one in the next slot but one."""
    accounts = {
        PAYER: Account(10**10),
        SHOP: Account(10**9),
        SYSTEM: Account(1, NATIVE_LOADER, True, b"solana_system_program"),
    }
    bank = Bank(7, bytes(32), first_queue(blockhash(0), 5000))
    blocks = (
        svm.write_block(
            8,
            LEADER,
            [([transfer(5), transfer(10**12)], 0, b""), ([transfer(6)], 0, b"")],
            blockhash=blockhash(8),
            unix_timestamp=1_790_000_000,
        ),
        svm.write_block(10, LEADER, [([transfer(7, 8)], 0, b"")], blockhash=blockhash(10)),
    )
    pre = svm.write_state(accounts, bank, 400, lattice.lattice_of(b"somebody else"))
    given = {"signatures": "unverified", **params}
    return Case("svm/by_hand/transfers", svm.NAME, "mainnet-2026-09", given, frozenset(), pre, blocks)


def document() -> dict[str, Any]:
    case = case_of()
    content = yaml.safe_load(vector_text(case, execute(case), "by.hand", "Transfers."))
    assert isinstance(content, dict)
    return content


def complaint(content: dict[str, Any]) -> str:
    with pytest.raises(InputError) as refused:
        load_vector(PLACE, write_yaml(content, {}, "").encode())
    return str(refused.value)


def test_a_vector_is_read_as_it_was_written() -> None:
    case = case_of()
    expected = execute(case)
    vector = load_vector(PLACE, vector_text(case, expected, "by.hand", "Transfers.").encode())
    assert list(vector.expected) == expected
    assert (vector.case.pre, vector.case.blocks) == (case.pre, case.blocks)
    assert vector.case.selectors == {"multiple-blocks", "partial-state", "unverified-signatures"}
    assert execute(vector.case) == expected


def test_what_comes_out() -> None:
    first, second = execute(case_of())
    assert [text(receipt, "status") for receipt in members(first, "receipts")] == ["success", "failed", "success"]
    assert members(first, "receipts")[1]["error"] == "InstructionError(0, Custom(1))"
    assert (first["signature_count"], first["critical_path"]) == ("3", "3")
    assert first["fees"] == {"signatures": "15000", "priority": "0", "deposited": "0", "burnt": "15000"}
    assert text(second, "status") == "valid"
    (step,) = [step for step in members(second, "access") if step["step"] == "0"]
    assert set(step["writes"]) == {f"account {base58(PAYER)}", f"account {base58(SHOP)}"}


def test_a_block_that_is_rejected_leaves_nothing() -> None:
    case = case_of()
    twice = svm.write_block(8, LEADER, [([transfer(5), transfer(5)], 0, b"")], blockhash=blockhash(8))
    again = Case(case.id, case.machine, case.fork, case.params, frozenset(), case.pre, (twice, *case.blocks))
    expected = execute(again)
    assert expected[0] == {"status": "ALREADY_PROCESSED", "transaction": "1"}
    assert expected[1:] == execute(case)
    assert "rejections" in with_selectors(again, expected).selectors


def test_signatures_are_verified_unless_it_says_otherwise() -> None:
    case = case_of()
    verified = Case(case.id, case.machine, case.fork, {}, frozenset(), case.pre, case.blocks)
    assert execute(verified)[0] == {"status": "SIGNATURE_FAILURE", "transaction": "0"}


def test_limits_are_parameters() -> None:
    tight = execute(case_of(limit_block="3000"))
    assert tight[0] == {"status": "WOULD_EXCEED_MAX_BLOCK_COST_LIMIT", "transaction": "2"}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("machine", "fork"), "mainnet-2020-01", 'no fork is called "mainnet-2020-01"'),
        (("machine", "params"), {"enable_tx_v9": "active"}, "unknown field"),
        (("machine", "params", "signatures"), "good", "must be"),
        (("machine", "params", "limit_block"), str(2**64), "must fit into 64 bits"),
        (("pre", "accounts", base58(PAYER), "lamports"), "0", "has no lamports: leave the account out"),
        (("pre", "accounts", base58(PAYER), "lamports"), str(2**64), "must fit into 64 bits"),
        (("pre", "accounts", base58(PAYER), "owner"), "z" * 44, "an address has 32"),
        (("pre", "accounts", "l" * 32), {"lamports": "1", "owner": base58(SYSTEM)}, "the key must be an address"),
        (("pre", "accounts", "2" * 32), {"lamports": "1", "owner": base58(SYSTEM)}, "an address has 32"),
        (("pre", "accounts", base58(PAYER), "executable"), "false", "is 'true', or left out"),
        (("pre", "accounts", base58(PAYER), "data"), [{"byte": "0x00", "times": "99999999"}], "at most 10485760 bytes"),
        (("pre", "others"), "0x00", "must have 2048 bytes, but has 1"),
        (("pre", "bank", "slot_time"), "123", "123 is none that is specified"),
        (("pre", "bank", "blockhashes"), [], "at least 1"),
        (("blocks", 0, "env", "slot"), "7", "must be more than 7, the slot of the block before"),
        (("blocks", 1, "env", "slot"), "8", "must be more than 8, the slot of the block before"),
        (("blocks", 0, "env", "leader"), "2" * 32, "an address has 32"),
        (("blocks", 0, "entries", 0, "hashes"), "3", "must not be there: env has a blockhash"),
        (("blocks", 0, "entries", 0, "txs", 0), "0x0", "must be hex of whole bytes"),
        (("blocks", 0, "expect"), {"status": "NO_SUCH_CODE"}, "is no rejection code"),
        (("blocks", 0, "expect", "receipts"), [], "must have 3 elements, for 3 transactions"),
        (("blocks", 0, "expect", "critical_path"), "1", "does not follow from the access record"),
        (("blocks", 0, "expect", "receipts", 0, "units"), "10000", "does not follow from the access record"),
        (("blocks", 0, "expect", "receipts", 0, "error"), "no error", "the runtime's error"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path: tuple[Any, ...], value: object, said: str) -> None:
    content = document()
    part: Any = content
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = copy.deepcopy(value)
    assert said in complaint(content)


def test_a_block_has_either_a_blockhash_or_a_history() -> None:
    content = document()
    del content["blocks"][0]["env"]["blockhash"]
    assert "the field 'hashes' is missing, or 'blockhash' in env" in complaint(content)
    content["blocks"][0]["entries"] = []
    assert "a block with proof of history has an entry at least" in complaint(content)


def test_a_queue_is_in_order() -> None:
    content = document()
    entry = content["pre"]["bank"]["blockhashes"][0]
    content["pre"]["bank"]["blockhashes"] = [entry, {**entry, "hash": f"0x{bytes(32).hex()}"}]
    assert "blockhashes: must be different, and their numbers must rise" in complaint(content)
