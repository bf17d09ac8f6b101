"""The page about Amsterdam: the rules that it names are there, and its gas is what the specification gives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from benchmarks.workloads import BALANCES_SLOT, TRANSFER_SELECTOR, token_code
from samestate.conformance.scenarios.assembler import code
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, OSAKA
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.signature import address_of, sign, sign_authorization
from samestate.spec.evm.state import Account, FlatState
from samestate.spec.evm.transaction import Authorization, FeeMarketTransaction, SetCodeTransaction, Transaction
from samestate.spec.evm.transaction_execution import Outcome
from samestate.spec.transition import apply_block

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "amsterdam.md").read_text(encoding="utf-8")
EIPS = (2780, 7708, 7778, 7843, 7928, 7954, 7976, 7981, 7997, 8024, 8037, 8038, 8246, 8282)

KEY = b"\x07" * 32
OTHER_KEY = b"\x09" * 32
RICH = address_of(KEY)
SHOP = b"\x5a" * 20
FRESH = b"\xf5" * 20
MUCH = 10**24
FIELDS: dict[str, Any] = {
    "chain_id": 1,
    "nonce": 0,
    "max_fee_per_gas": 10,
    "max_priority_fee_per_gas": 0,
    "gas_limit": 5_000_000,
    "to": SHOP,
    "value": 0,
    "data": b"",
}
SET = code("PUSH1 1 PUSH1 0 SSTORE")
CHANGE = code("PUSH1 2 PUSH1 0 SSTORE")
CLEAR = code("PUSH1 0 PUSH1 0 SSTORE")
DEPLOYS_1024_BYTES = code("PUSH2 1024 PUSH1 0 RETURN")
SENDS_ONE_WEI = code(f"PUSH1 0 PUSH1 0 PUSH1 0 PUSH1 0 PUSH1 1 PUSH20 0x{FRESH.hex()} GAS CALL")
TO_FRESH_HOLDER = TRANSFER_SELECTOR + FRESH.rjust(32, b"\x00") + (5).to_bytes(32, "big")
"""A call of a token's ``transfer``."""


def balance_slot(holder: bytes) -> int:
    """Where the token keeps what somebody has."""
    return int.from_bytes(keccak256(holder.rjust(32, b"\x00") + BALANCES_SLOT.to_bytes(32, "big")), "big")


def send(**changes: Any) -> Transaction:
    return sign(FeeMarketTransaction(**{**FIELDS, **changes}), KEY)


def delegate() -> Transaction:
    authorization = sign_authorization(Authorization(chain_id=1, address=SHOP, nonce=0), OTHER_KEY)
    return sign(SetCodeTransaction(**FIELDS, authorizations=(authorization,)), KEY)


INSTRUCTIVE: dict[str, tuple[Transaction, bytes, Mapping[int, int]]] = {
    "one wei to oneself": (send(to=RICH, value=1), b"", {}),
    "nothing to an account": (send(), b"", {}),
    "one wei to an account": (send(value=1), b"", {}),
    "one wei to where no account is": (send(to=FRESH, value=1), b"", {}),
    "an empty creation": (send(to=None), b"", {}),
    "a creation of 1,024 bytes of code": (send(to=None, data=DEPLOYS_1024_BYTES), b"", {}),
    "SSTORE: a new slot": (send(), SET, {}),
    "SSTORE: another value": (send(), CHANGE, {0: 1}),
    "SSTORE: a slot that is cleared": (send(), CLEAR, {0: 1}),
    "SSTORE: a slot that is set, changed and cleared": (send(), SET + CHANGE + CLEAR, {}),
    "a token to a holder who had none": (send(data=TO_FRESH_HOLDER), token_code(), {balance_slot(RICH): 100}),
    "CALL: one wei to where no account is": (send(value=1), SENDS_ONE_WEI, {}),
    "an authorization of where no account is": (delegate(), b"", {}),
}
"""Transactions by what they do, with the code and the storage of the account that they call."""


def outcome(fork: Fork, name: str) -> Outcome:
    transaction, called, slots = INSTRUCTIVE[name]
    environment = Environment(
        chain_id=1, number=1, timestamp=1, coinbase=b"\x1f" * 20, gas_limit=10**8, base_fee_per_gas=10
    )
    state = FlatState(
        {RICH: Account(balance=MUCH), SHOP: Account(nonce=1, code=called)}, {SHOP: slots} if slots else {}
    )
    (done,) = apply_block(Evm(fork), Payload(environment, (transaction,), is_bare=True), state).outcomes
    assert done.succeeded
    return done


def row(name: str) -> str:
    """A line of the page's table of gas."""
    before, after = outcome(OSAKA, name), outcome(AMSTERDAM, name)
    numbers = (before.gas_used, after.gas_used, after.execution_gas, after.state_gas)
    return f"| {name} | {' | '.join(f'{number:,}' for number in numbers)} |"


@pytest.mark.parametrize("name", INSTRUCTIVE)
def test_the_gas_of_the_page_is_what_the_specification_gives(name: str) -> None:
    assert row(name) in PAGE.splitlines()


def test_the_table_of_gas_has_no_other_line() -> None:
    table = PAGE.split("## What things cost\n")[1].split("\n## ")[0]
    names = re.findall(r"^\| ([^|]*[^|\s-]) \|", table, re.MULTILINE)[1:]
    assert names == list(INSTRUCTIVE)


def test_the_numbers_that_were_known_before() -> None:
    paid = [outcome(AMSTERDAM, name).gas_used for name in INSTRUCTIVE]
    assert paid[:5] == [12_000, 15_000, 21_000, 204_600, 207_600]
    set_once = outcome(AMSTERDAM, "SSTORE: a new slot")
    assert (set_once.gas_used, set_once.state_gas) == (125_026, 97_920)
    in_vain = outcome(AMSTERDAM, "SSTORE: a slot that is set, changed and cleared")
    assert (in_vain.gas_used, in_vain.execution_gas, in_vain.state_gas) == (21_855, 27_318, 0)


def rules() -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "spec" / "evm").rglob("*.py"))
    return set(re.findall(r"# rule: ([\w.-]+)", text))


def named() -> list[str]:
    return re.findall(r"`(evm\.[\w.-]+)`", PAGE)


def test_every_rule_that_the_page_names_is_there() -> None:
    assert [name for name in named() if name not in rules()] == []
    assert len(set(named())) > 100


def test_every_field_of_a_fork_that_the_page_names_is_there() -> None:
    names = re.findall(r"field `(\w+)`", PAGE)
    assert names
    assert [name for name in names if name not in {each.name for each in fields(Fork)}] == []


def test_every_rule_of_an_eip_of_amsterdam_is_on_the_page() -> None:
    for path in (ROOT / "spec" / "evm").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for name, source in re.findall(r"# rule: ([\w.-]+)\n\s*# source: (.*)", text):
            if any(f"EIP-{number}," in source for number in EIPS):
                assert name in named(), f"{path.name}: {name}"


def test_every_eip_of_amsterdam_has_its_table() -> None:
    assert [int(number) for number in re.findall(r"^### EIP-(\d+)", PAGE, re.MULTILINE)] == list(EIPS)
    assert re.findall(r"^\| [^|]+ \| *\|$", PAGE, re.MULTILINE) == []
