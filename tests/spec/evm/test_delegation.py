"""Delegation of code: which authorizations hold, what they leave, and what runs (EIP-7702)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from samestate.spec.evm.delegation import delegation_target, no_delegation
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.forks import CANCUN, PRAGUE
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import balance_key, code_key, empty_account_key, nonce_key, slot_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.signature import address_of, sign, sign_authorization
from samestate.spec.evm.state import Account, FlatState
from samestate.spec.evm.transaction import Authorization, SetCodeTransaction
from samestate.spec.transition import apply_block
from tests.spec.evm.chains import ETHER, KEY, MINER, RICH, SHOP

OWNER_KEY = b"\x09" * 32
OWNER = address_of(OWNER_KEY)
TARGET = b"\x7a" * 20
DESIGNATOR = b"\xef\x01\x00"
STORES_ONE = bytes.fromhex("60015f5500")
IDENTITY = bytes(19) + b"\x04"
AUTHORIZATION = sign_authorization(Authorization(chain_id=1, address=TARGET, nonce=0), OWNER_KEY)


def authorize(key: bytes = OWNER_KEY, **changes: Any) -> Authorization:
    return sign_authorization(
        Authorization(**{"chain_id": 1, "address": TARGET, "nonce": 0, **changes}),
        key,
    )


def run(
    *authorizations: Authorization,
    accounts: dict[bytes, Account] | None = None,
    storage: dict[bytes, dict[int, int]] | None = None,
    empty: frozenset[bytes] = frozenset(),
    **changes: Any,
) -> Any:
    """The result of a block with one set-code transaction from the rich account."""
    fields: dict[str, Any] = {
        "chain_id": 1,
        "nonce": 0,
        "max_priority_fee_per_gas": 0,
        "max_fee_per_gas": 10,
        "gas_limit": 500_000,
        "to": SHOP,
        "value": 0,
        "data": b"",
        "authorizations": authorizations,
    }
    transaction = sign(SetCodeTransaction(**{**fields, **changes}), KEY)
    environment = Environment(chain_id=1, number=1, timestamp=1, coinbase=MINER, gas_limit=10**6, base_fee_per_gas=10)
    state = FlatState({RICH: Account(balance=ETHER), **(accounts or {})}, storage or {}, empty)
    return apply_block(Evm(PRAGUE), Payload(environment, (transaction,), is_bare=True), state)


def changed(result: Any, keys: Iterable[bytes]) -> dict[bytes, Any]:
    return {key: result.changes[key] for key in keys if key in result.changes}


OF_OWNER = (code_key(OWNER), nonce_key(OWNER), balance_key(OWNER))


def test_what_is_a_designator() -> None:
    assert delegation_target(DESIGNATOR + TARGET) == TARGET
    for code in (b"", DESIGNATOR, DESIGNATOR + TARGET[:-1], DESIGNATOR + TARGET + b"\x00", b"\xef\x01\x01" + TARGET):
        assert delegation_target(code) is None
    assert no_delegation(DESIGNATOR + TARGET) is None
    assert CANCUN.delegation_target is no_delegation


def test_an_authorization_gives_a_designator_and_uses_up_a_nonce() -> None:
    for chain_id in (0, 1):
        result = run(authorize(chain_id=chain_id))
        assert changed(result, OF_OWNER) == {code_key(OWNER): DESIGNATOR + TARGET, nonce_key(OWNER): b"\x01"}


def test_an_authorization_for_the_zero_address_takes_the_code_away() -> None:
    before = {OWNER: Account(nonce=7, code=DESIGNATOR + TARGET)}
    result = run(authorize(address=bytes(20), nonce=7), accounts=before)
    assert changed(result, OF_OWNER) == {code_key(OWNER): None, nonce_key(OWNER): b"\x08"}
    result = run(authorize(address=bytes(20)))
    assert changed(result, OF_OWNER) == {nonce_key(OWNER): b"\x01"}


def test_a_delegation_may_be_given_anew() -> None:
    before = {OWNER: Account(nonce=7, code=DESIGNATOR + TARGET)}
    result = run(authorize(address=SHOP, nonce=7), accounts=before)
    assert changed(result, OF_OWNER) == {code_key(OWNER): DESIGNATOR + SHOP, nonce_key(OWNER): b"\x08"}


@pytest.mark.parametrize(
    "authorization",
    [
        authorize(chain_id=2),
        authorize(nonce=1),
        authorize(nonce=2**64 - 1),
        replace(AUTHORIZATION, y_parity=2),
        replace(AUTHORIZATION, s=0),
        replace(AUTHORIZATION, s=2**256 - 1),
    ],
    ids=["another chain", "another nonce", "the last nonce", "no parity", "no s", "a high s"],
)
def test_authorizations_that_do_not_hold_are_passed_over(authorization: Authorization) -> None:
    result = run(authorization, authorize())
    assert changed(result, OF_OWNER) == {code_key(OWNER): DESIGNATOR + TARGET, nonce_key(OWNER): b"\x01"}
    alone = run(authorization)
    assert changed(alone, OF_OWNER) == {}
    assert alone.outcomes[0].gas_used == 46_000


def test_the_last_nonce_does_not_hold_even_where_it_is_the_right_one() -> None:
    result = run(authorize(nonce=2**64 - 1), accounts={OWNER: Account(nonce=2**64 - 1)})
    assert changed(result, OF_OWNER) == {}
    result = run(authorize(nonce=2**64 - 2), accounts={OWNER: Account(nonce=2**64 - 2)})
    assert changed(result, OF_OWNER) == {code_key(OWNER): DESIGNATOR + TARGET, nonce_key(OWNER): b"\xff" * 8}


def test_a_contract_delegates_nothing() -> None:
    result = run(authorize(), accounts={OWNER: Account(code=b"\x00")})
    assert changed(result, OF_OWNER) == {}


def test_of_several_authorizations_each_sees_what_the_ones_before_it_did() -> None:
    result = run(authorize(), authorize(address=SHOP, nonce=1), authorize(nonce=1))
    assert changed(result, OF_OWNER) == {code_key(OWNER): DESIGNATOR + SHOP, nonce_key(OWNER): b"\x02"}


def test_the_nonce_of_a_sender_that_authorizes_itself_has_moved_already() -> None:
    result = run(authorize(KEY, nonce=0))
    assert changed(result, [code_key(RICH), nonce_key(RICH)]) == {nonce_key(RICH): b"\x01"}
    result = run(authorize(KEY, nonce=1))
    assert changed(result, [code_key(RICH), nonce_key(RICH)]) == {
        code_key(RICH): DESIGNATOR + TARGET,
        nonce_key(RICH): b"\x02",
    }


# Gas


def test_an_authority_that_exists_costs_less_within_the_limit_of_refunds() -> None:
    assert run(authorize()).outcomes[0].gas_used == 46_000
    for account in (Account(balance=1), Account(code=DESIGNATOR + SHOP)):
        outcome = run(authorize(), accounts={OWNER: account}).outcomes[0]
        # 12,500 would come back: a fifth of what was spent is less
        assert (outcome.gas_used, outcome.gas_refunded) == (46_000 - 9_200, 9_200)
    outcome = run(authorize(nonce=1), accounts={OWNER: Account(nonce=1)}, data=b"\x01" * 2000).outcomes[0]
    assert (outcome.gas_used, outcome.gas_refunded) == (21_000 + 10 * 8000, 12_500)


def test_an_authority_exists_although_it_is_empty_or_has_storage_alone() -> None:
    empty = run(authorize(), empty=frozenset({OWNER}))
    orphan = run(authorize(), storage={OWNER: {5: 6}})
    for result in (empty, orphan):
        assert (result.outcomes[0].gas_used, result.outcomes[0].gas_refunded) == (46_000 - 9_200, 9_200)
        assert changed(result, OF_OWNER) == {code_key(OWNER): DESIGNATOR + TARGET, nonce_key(OWNER): b"\x01"}
    assert orphan.state().storage[OWNER] == {5: 6}
    # only an account that is empty is looked at for that
    for result, value in ((empty, b"\x01"), (orphan, b"\x02"), (run(authorize()), None)):
        assert result.steps[1].reads[empty_account_key(OWNER)].value == value
    rich = run(authorize(), accounts={OWNER: Account(balance=1)})
    assert empty_account_key(OWNER) not in rich.steps[1].reads


def test_the_second_authorization_of_an_account_finds_that_it_exists() -> None:
    outcome = run(authorize(), authorize(nonce=1)).outcomes[0]
    assert outcome.gas_refunded == 12_500
    assert outcome.gas_used == 71_000 - 12_500


def test_no_refund_where_the_authorization_does_not_hold() -> None:
    for account in (Account(nonce=1, balance=1), Account(code=b"\x00", balance=1)):
        assert run(authorize(), accounts={OWNER: account}).outcomes[0].gas_refunded == 0


def test_delegation_and_refund_stay_where_the_call_fails() -> None:
    accounts = {OWNER: Account(balance=1), SHOP: Account(code=b"\xfe")}
    result = run(authorize(), accounts=accounts)
    outcome = result.outcomes[0]
    assert not outcome.succeeded
    assert (outcome.gas_refunded, outcome.gas_used) == (12_500, 500_000 - 12_500)
    assert changed(result, OF_OWNER) == {code_key(OWNER): DESIGNATOR + TARGET, nonce_key(OWNER): b"\x01"}


# What runs


def test_the_code_of_the_target_runs_as_the_account_that_delegated() -> None:
    result = run(authorize(), accounts={TARGET: Account(code=STORES_ONE)}, to=OWNER)
    assert changed(result, [slot_key(OWNER, 0), slot_key(TARGET, 0)]) == {slot_key(OWNER, 0): b"\x01"}


def test_a_delegation_is_followed_only_once() -> None:
    accounts = {TARGET: Account(code=DESIGNATOR + SHOP), SHOP: Account(code=STORES_ONE)}
    result = run(authorize(), accounts=accounts, to=OWNER)
    # the designator itself runs as code, and 0xef is no instruction
    assert type(result.outcomes[0].halt).__name__ == "InvalidOpcode"
    result = run(authorize(address=OWNER), to=OWNER)
    assert type(result.outcomes[0].halt).__name__ == "InvalidOpcode"


def test_a_delegation_to_a_precompile_runs_nothing() -> None:
    result = run(authorize(address=IDENTITY), to=OWNER, data=b"\x01" * 10, value=3)
    outcome = result.outcomes[0]
    assert (outcome.succeeded, outcome.output) == (True, b"")
    assert result.changes[balance_key(OWNER)] == b"\x03"


def gas_of_call(to: bytes, accounts: dict[bytes, Account]) -> int:
    """What CALL to ``to`` costs a contract, its own pushes apart."""
    caller = bytes.fromhex("5f5f5f5f5f73") + to + bytes.fromhex("5af100")
    used = run(authorize(b"\x44" * 32), accounts={**accounts, SHOP: Account(code=caller)}).outcomes[0].gas_used
    return int(used) - 46_000 - 5 * 2 - 3 - 2


def test_calling_a_delegated_account_pays_for_the_target_too() -> None:
    other = b"\x66" * 20
    delegated = {OWNER: Account(code=DESIGNATOR + other)}
    assert gas_of_call(OWNER, {}) == 2600
    assert gas_of_call(OWNER, delegated) == 5200
    assert gas_of_call(OWNER, {OWNER: Account(code=DESIGNATOR + RICH)}) == 2700
    assert gas_of_call(OWNER, {OWNER: Account(code=DESIGNATOR + IDENTITY)}) == 2700


def test_an_authority_is_warm_even_if_the_authorization_does_not_hold_in_the_end() -> None:
    caller = bytes.fromhex("73") + OWNER + bytes.fromhex("3100")
    for authorization, price in (
        (authorize(), 100),
        (authorize(nonce=5), 100),
        (authorize(chain_id=2), 2600),
        (authorize(nonce=2**64 - 1), 2600),
    ):
        used = run(authorization, accounts={SHOP: Account(code=caller)}).outcomes[0].gas_used
        assert used == 46_000 + 3 + price


def test_code_instructions_see_the_designator() -> None:
    # size, hash and copy of another account's code: stored in slots 0 and 1, and the first word in slot 2
    push = b"\x73" + OWNER
    code = push + bytes.fromhex("3b5f55") + push + bytes.fromhex("3f600155")
    code += bytes.fromhex("60175f5f") + push + bytes.fromhex("3c5f5160025500")
    result = run(authorize(), accounts={SHOP: Account(code=code), TARGET: Account(code=STORES_ONE)})
    assert result.changes[slot_key(SHOP, 0)] == bytes([23])
    assert result.changes[slot_key(SHOP, 2)] == (DESIGNATOR + TARGET).ljust(32, b"\x00")
    assert result.changes[slot_key(SHOP, 1)] == keccak256(DESIGNATOR + TARGET)
