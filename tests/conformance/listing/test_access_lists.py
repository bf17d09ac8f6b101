"""samestate access-list: which entries pay, that execution says so too, and what is no block of the EVM."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.listing.block_lists import TransactionLists, lists_of
from samestate.conformance.listing.entries import EntryPrices, list_of, paying_keys
from samestate.conformance.listing.watching import watch
from samestate.conformance.scenarios.assembler import code
from samestate.conformance.tracing.traceable import TraceableBlock
from samestate.conformance.vectors.places import VECTORS, vector_files
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, OSAKA, SHANGHAI
from samestate.spec.evm.keys import slot_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import AccessList, AccessListTransaction, LegacyTransaction, Transaction
from samestate.spec.view import Ledger, StepView

KEY = b"\x01" * 32
SENDER = address_of(KEY)
COINBASE, CALLED, OTHER, WRITER = (bytes([number]) * 20 for number in (0xCC, 0x11, 0x22, 0x33))
PRICES = EntryPrices(2400, 1900)


def block_of(program: str, fork: Fork, transaction: Transaction | None = None) -> TraceableBlock:
    """A block of one call of a contract with this program, of gas price 10."""
    made = transaction or LegacyTransaction(nonce=0, gas_price=10, gas_limit=500_000, to=CALLED, value=0, data=b"")
    alloc = {
        f"0x{SENDER.hex()}": {"balance": hex(10**18)},
        f"0x{CALLED.hex()}": {"nonce": "0x1", "code": f"0x{code(program).hex()}"},
        # loads two slots, and stores into one
        f"0x{OTHER.hex()}": {"nonce": "0x1", "code": "0x60015450600254506005600355", "storage": {"0x3": "0x9"}},
        f"0x{WRITER.hex()}": {"balance": "0x1"},
    }
    environment = Environment(
        chain_id=1,
        number=1,
        timestamp=12,
        coinbase=COINBASE,
        gas_limit=30_000_000,
        base_fee_per_gas=7,
        parent_hash=bytes(32),
    )
    payload = Payload(environment=environment, transactions=(sign(made, KEY, 1),), is_bare=True)
    return TraceableBlock(fork, payload, FlatState.from_alloc(alloc))


def lists(program: str, fork: Fork = OSAKA, transaction: Transaction | None = None) -> TransactionLists:
    (found,) = lists_of(block_of(program, fork, transaction), {0}, None)
    return found


def call(address: bytes) -> str:
    return f"PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH20 0x{address.hex()} GAS CALL POP"


def test_a_slot_pays_only_where_its_address_does() -> None:
    own = {slot_key(CALLED, slot): 2000 for slot in range(24)}
    assert paying_keys(own, PRICES) == (frozenset(), 0)  # 24 times 100 is just what the address costs
    own[slot_key(CALLED, 24)] = 2000
    assert paying_keys(own, PRICES) == (frozenset(own), 100)
    assert paying_keys({OTHER: 2500}, PRICES) == (frozenset({OTHER}), 100)
    assert paying_keys({OTHER: 2500, slot_key(OTHER, 1): 1800}, PRICES) == (frozenset({OTHER}), 100)


def test_a_list_names_an_address_once_and_in_order() -> None:
    keys = [slot_key(OTHER, 2), WRITER, slot_key(OTHER, 1)]
    assert list_of(keys) == ((OTHER, (1, 2)), (WRITER, ()))


@pytest.mark.parametrize("fork", [BERLIN, SHANGHAI, OSAKA])
def test_what_is_computed_is_what_execution_saves(fork: Fork) -> None:
    found = lists(call(OTHER), fork)
    # An address and two loads save 100 gas each; what stores pays nothing for a warm slot, and saves 200.
    assert found.paying.access_list == ((OTHER, (1, 2, 3)),)
    assert found.accessed == found.paying
    assert (found.computed, found.saves) == (500, 500)
    assert found.prices == PRICES


def test_since_amsterdam_no_entry_pays() -> None:
    found = lists(call(OTHER), AMSTERDAM)
    assert found.accessed.access_list == ((OTHER, (1, 2, 3)),)
    assert found.paying.access_list == ()
    assert (found.computed, found.saves) == (0, 0)
    # source: EIP-8038 and EIP-7981: 2,900 and 1,280 an address, 2,000 and 2,048 a slot
    assert found.prices == EntryPrices(4180, 4048)
    assert found.bare.gas_used is not None
    assert found.accessed.gas_used is not None
    assert found.accessed.gas_used - found.bare.gas_used == 1280 + 3 * 2048


@pytest.mark.parametrize(
    "fork", [SHANGHAI, OSAKA, AMSTERDAM]
)  # before London what comes back is a part of what is saved
@pytest.mark.parametrize(
    "program",
    [
        call(OTHER),
        f"PUSH20 0x{OTHER.hex()} EXTCODEHASH POP",
        f"PUSH20 0x{WRITER.hex()} SELFDESTRUCT",
        "PUSH 5 PUSH 3 SSTORE",
    ],
)
def test_every_access_saves_what_it_is_said_to(program: str, fork: Fork) -> None:
    """All that is accessed, listed: the difference is the prices of the entries less what each saves."""
    block = block_of(program, fork)
    (found,) = lists_of(block, {0}, None)
    view = StepView(Ledger(Evm(fork), block.before))
    watched = watch(fork, block.payload.environment, block.payload.transactions[0], SENDER, view)
    assert watched is not None
    slots = sum(len(slots) for _, slots in found.accessed.access_list)
    cost = len(found.accessed.access_list) * found.prices.address + slots * found.prices.slot
    assert found.accessed.gas_used is not None
    assert found.accessed.gas_used - watched.gas_used == cost - sum(watched.saved.values())


def test_what_is_warm_anyway_is_not_listed() -> None:
    watched = " ".join(
        f"PUSH20 0x{address.hex()} BALANCE POP" for address in (SENDER, CALLED, COINBASE, (1).to_bytes(20, "big"))
    )
    assert lists(watched, SHANGHAI).accessed.access_list == ()
    assert lists(watched, BERLIN).accessed.access_list == ((COINBASE, ()),)  # warm since EIP-3651


def test_a_slot_of_the_recipient_costs_its_address_too() -> None:
    found = lists("PUSH 1 SLOAD POP")
    assert found.accessed.access_list == ((CALLED, (1,)),)
    assert found.paying.access_list == ()
    assert found.accessed.gas_used is not None
    assert found.bare.gas_used is not None
    assert found.accessed.gas_used - found.bare.gas_used == 2300


def test_what_a_transaction_makes_is_not_listed() -> None:
    found = lists("PUSH 0 PUSH 0 PUSH 0 CREATE EXTCODESIZE POP")
    assert found.accessed.access_list == ()


def test_an_access_that_was_taken_back_is_cold_again() -> None:
    # The callee looks at another account and reverts: so often it is paid for, and only once it is listed.
    looks_and_reverts = code(f"PUSH20 0x{WRITER.hex()} BALANCE PUSH 0 PUSH 0 REVERT")
    block = block_of(f"{call(OTHER)} " * 3, OSAKA)
    state = block.before
    assert isinstance(state, FlatState)
    alloc = state.to_alloc()
    alloc[f"0x{OTHER.hex()}"] = {"nonce": "0x1", "code": f"0x{looks_and_reverts.hex()}"}
    (found,) = lists_of(replace(block, before=FlatState.from_alloc(alloc)), {0}, None)
    assert found.paying.access_list == ((OTHER, ()), (WRITER, ()))
    assert (found.computed, found.saves) == (100 + 3 * 2500 - 2400, 100 + 3 * 2500 - 2400)


def test_the_list_that_was_sent_is_measured_beside_none() -> None:
    sent: AccessList = ((OTHER, (1,)), (WRITER, ()))
    transaction = AccessListTransaction(
        chain_id=1, nonce=0, gas_price=10, gas_limit=500_000, to=CALLED, value=0, data=b"", access_list=sent
    )
    found = lists(call(OTHER), OSAKA, transaction)
    assert found.sent.access_list == sent
    assert found.sent.gas_used is not None
    assert found.bare.gas_used is not None
    assert found.bare.gas_used - found.sent.gas_used == 200 - 2400


def test_a_list_that_the_gas_limit_does_not_pay_for_says_so() -> None:
    limit = LegacyTransaction(nonce=0, gas_price=10, gas_limit=22_000, to=CALLED, value=0, data=b"")
    (found,) = lists_of(block_of("STOP", OSAKA, limit), {0}, [((OTHER, ()),)])
    assert found.predicted is not None
    assert found.predicted.gas_used is None


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(application, ["access-list", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def first_vector(suite: str) -> Path:
    return next(path for path in vector_files("evm") if path.parent == VECTORS / "evm" / suite)


@pytest.mark.parametrize("estimator", ["none", "pattern", "rehearsed"])
def test_json_is_in_the_form_of_wallets(estimator: str) -> None:
    exit_code, output, _ = run(str(first_vector("calls")), "--json", "-", "--estimator", estimator)
    assert exit_code == 0
    documents: list[dict[str, Any]] = json.loads(output)
    for document in documents:
        names = ["sent", "accessed", "paying"] + (["predicted"] if estimator != "none" else [])
        for name in names:
            assert document[name]["gasUsed"].startswith("0x")
            for entry in document[name]["accessList"]:
                assert set(entry) == {"address", "storageKeys"}
                assert len(entry["address"]) == 42
                assert all(len(key) == 66 for key in entry["storageKeys"])
        assert ("predicted" in document) == (estimator != "none")


def test_a_table_says_what_is_saved() -> None:
    exit_code, output, _ = run(str(first_vector("calls")), "--transaction", "0")
    assert exit_code == 0
    assert "an address costs" in output
    assert "1 transactions" in output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--transaction", "999"), "--transaction 999: the block has"),
        (
            ("--estimator", "guess"),
            "--estimator guess: must be one of declared, static, last-run, pattern, learned, rehearsed, none",
        ),
        (("--block", "77"), "there is no 77"),
    ],
)
def test_what_is_not_there_is_said(arguments: tuple[str, ...], reason: str) -> None:
    exit_code, _, errors = run(str(first_vector("calls")), *arguments)
    assert exit_code == 2
    assert reason in errors


@pytest.mark.parametrize("machine", ["toy", "svm"])
def test_other_machines_have_no_lists(machine: str) -> None:
    exit_code, _, errors = run(str(next(iter(vector_files(machine)))))
    assert exit_code == 2
    assert f"is of the machine {machine}, whose transactions have no access lists" in errors


def test_what_does_not_pay_when_it_is_executed_is_not_given() -> None:
    """With more gas left than it has without a list, this one spends much more."""
    program = f"{call(OTHER)} GAS PUSH 469000 LT PUSH @rich JUMPI STOP rich: PUSH 0 PUSH 9 SSTORE PUSH 7 SLOAD STOP"
    without = lists(call(OTHER), SHANGHAI)
    assert without.saves == 500
    found = lists(program.replace("469000", str(threshold(program))), SHANGHAI)
    assert found.computed > 0
    assert found.paying.access_list == ()
    assert found.saves == 0


def threshold(program: str) -> int:
    """Gas that is left at the comparison with a list, and not without one: what is used before it differs by 500."""
    stops = program.split("GAS PUSH 469000")[0]
    bare = lists(f"{stops} STOP", SHANGHAI).bare.gas_used
    assert bare is not None
    return 500_000 - bare - 2 + 250
