"""One transaction from its first check to its last payment: prices by hand, failures, refunds, and what vanishes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.address import created_address
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, FORKS, LONDON, OSAKA, PARIS, PRAGUE, SHANGHAI
from samestate.spec.evm.keys import balance_key, code_key, empty_account_key, nonce_key, slot_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.precompiles import RIPEMD160
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import sign
from samestate.spec.evm.state import Account, FlatState
from samestate.spec.evm.transaction import BlobTransaction, FeeMarketTransaction, Transaction
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block
from tests.spec.evm.chains import ETHER, KEY, MINER, RICH, SHOP, transfer

OTHER = b"\x0f" * 20
PUSH_OTHER = "73" + OTHER.hex()
BASE_FEE = 7


def run(
    fork: Fork,
    transaction: Transaction | None = None,
    code: str = "",
    accounts: dict[bytes, Account] | None = None,
    storage: dict[bytes, dict[int, int]] | None = None,
    empty: frozenset[bytes] = frozenset(),
    environment: dict[str, Any] | None = None,
    **changes: Any,
) -> Any:
    """The result of a transaction, from the rich account to the shop with this code if none is given."""
    fields: dict[str, Any] = {
        "chain_id": 1,
        "number": 1,
        "timestamp": 1,
        "coinbase": MINER,
        "gas_limit": 10**8,
        "base_fee_per_gas": BASE_FEE if fork is not BERLIN else 0,
        **(environment or {}),
    }
    shop = Account(balance=5, code=bytes.fromhex(code))
    state = FlatState({RICH: Account(balance=ETHER), SHOP: shop, **(accounts or {})}, storage or {}, empty)
    if transaction is None:
        transaction = transfer(**{"gas_limit": 200_000, "gas_price": 10, "value": 0, **changes})
    return apply_block(Evm(fork), Payload(Environment(**fields), (transaction,), is_bare=True), state)


def used(*arguments: Any, **named: Any) -> int:
    return int(run(*arguments, **named).outcomes[0].gas_used)


def balance(result: Any, address: bytes) -> int:
    return int.from_bytes(result.state().get(balance_key(address)) or b"", "big")


def halt(result: Any) -> str:
    return type(result.outcomes[0].halt).__name__


# Refunds


def test_a_half_or_a_fifth_of_the_gas_comes_back_at_most() -> None:
    # clear a slot: 15,000 is more than a half; since London 4,800 is less than a fifth
    clear = {"code": "6000600055", "storage": {SHOP: {0: 1}}}
    spent = 21_000 + 3 + 3 + 5000
    for fork, refund in ((BERLIN, spent // 2), (LONDON, 4800), (CANCUN, 4800)):
        outcome = run(fork, **clear).outcomes[0]  # type: ignore[arg-type]
        assert (outcome.gas_used, outcome.gas_refunded) == (spent - refund, refund)
    # clear two slots: a fifth is less
    outcome = run(LONDON, code="60006000556000600155", storage={SHOP: {0: 1, 1: 1}}).outcomes[0]
    spent = 21_000 + 2 * 5006
    assert (outcome.gas_used, outcome.gas_refunded) == (spent - spent // 5, spent // 5)


def test_nothing_comes_back_for_what_was_undone() -> None:
    outcome = run(LONDON, code="600060005560006000fd", storage={SHOP: {0: 1}}).outcomes[0]
    assert (outcome.gas_used, outcome.gas_refunded) == (21_000 + 5012, 0)
    outcome = run(LONDON, code="6000600055fe", storage={SHOP: {0: 1}}).outcomes[0]
    assert (outcome.gas_used, outcome.gas_refunded) == (200_000, 0)


def test_a_destroyed_account_earns_a_refund_in_berlin_only() -> None:
    spent = 21_000 + 3 + 5000 + 2600
    assert used(BERLIN, code=PUSH_OTHER + "ff", accounts={OTHER: Account(nonce=1)}) == spent - spent // 2
    assert used(LONDON, code=PUSH_OTHER + "ff", accounts={OTHER: Account(nonce=1)}) == spent


def test_the_floor_of_the_calldata_is_charged_after_refunds() -> None:
    clear = {"code": "5f5f55", "storage": {SHOP: {0: 1}}}
    spent = 21_000 + 16 * 200 + 5004
    floor = 21_000 + 40 * 200
    assert spent - 4800 < floor < spent
    assert used(CANCUN, data=b"\x01" * 200, **clear) == spent - 4800
    assert used(PRAGUE, data=b"\x01" * 200, **clear) == floor
    # what execution costs beyond the floor is not charged twice
    assert used(PRAGUE, code="", data=b"\x01" * 200) == floor
    assert used(PRAGUE, code="5b5f56", data=b"\x01" * 200) == 200_000


# Warm and cold


@pytest.mark.parametrize(("fork", "price"), [(BERLIN, 2600), (PARIS, 2600), (SHANGHAI, 100), (OSAKA, 100)])
def test_the_coinbase_is_warm_since_shanghai(fork: Fork, price: int) -> None:
    assert used(fork, code="4131") == 21_000 + 2 + price


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_sender_recipient_and_precompiles_are_warm(fork: Fork) -> None:
    base, cold = (15_000, 3000) if fork is AMSTERDAM else (21_000, 2600)
    for address in (RICH, SHOP, bytes(19) + b"\x01", bytes(19) + b"\x09"):
        assert used(fork, code="73" + address.hex() + "31") == base + 3 + 100
    assert used(fork, code=PUSH_OTHER + "31" + PUSH_OTHER + "31") == base + 6 + cold + 100


def test_an_access_is_cold_again_once_it_was_undone() -> None:
    # the other account looks at the balance of a third and reverts; afterwards that is cold again
    third = "73" + "33" * 20 + "31"
    call = "6000" * 5 + PUSH_OTHER + "61ffff" + "f1" + "50"
    reverting = {OTHER: Account(code=bytes.fromhex(third + "60006000fd"))}
    stopping = {OTHER: Account(code=bytes.fromhex(third + "00"))}
    shared = 21_000 + 6 * 3 + 3 + 2600 + 2 + 3 + 2600 + 3
    assert used(BERLIN, code=call + third, accounts=reverting) == shared + 6 + 2600
    assert used(BERLIN, code=call + third, accounts=stopping) == shared + 100


# Payments


def test_the_sender_pays_the_price_and_the_miner_gets_what_is_not_burnt() -> None:
    for fork, tip in ((BERLIN, 10), (LONDON, 3)):
        result = run(fork, value=4)
        assert balance(result, RICH) == ETHER - 4 - 21_000 * 10
        assert balance(result, MINER) == 21_000 * tip
        assert balance(result, SHOP) == 9


def test_a_failed_transaction_pays_and_moves_nothing_else() -> None:
    result = run(LONDON, code="60006000a0" + "6001600055" + "fe", value=4)
    outcome = result.outcomes[0]
    assert (halt(result), outcome.logs, outcome.gas_used) == ("InvalidOpcode", (), 200_000)
    assert set(result.changes) == {balance_key(RICH), nonce_key(RICH), balance_key(MINER)}
    assert balance(result, RICH) == ETHER - 200_000 * 10
    assert not result.receipts[0].succeeded


def test_the_miners_fee_is_a_credit_unless_the_miner_was_looked_at() -> None:
    (_, access, _) = run(LONDON).steps
    assert access.credits == {balance_key(MINER): 21_000 * 3}
    assert balance_key(MINER) not in access.reads
    (_, access, _) = run(LONDON, code="4131").steps
    assert access.credits == {}
    assert set(access.writes) == {balance_key(RICH), nonce_key(RICH), balance_key(MINER)}
    (_, access, _) = run(LONDON, environment={"coinbase": RICH}).steps
    assert access.credits == {}
    assert balance(run(LONDON, environment={"coinbase": RICH}), RICH) == ETHER - 21_000 * BASE_FEE


def test_no_fee_at_all_touches_the_miner() -> None:
    (_, access, _) = run(LONDON, gas_price=BASE_FEE).steps
    assert access.credits == {}
    assert MINER in access.touches


def test_the_price_of_blobs_is_burnt() -> None:
    transaction = sign(
        BlobTransaction(
            chain_id=1,
            nonce=0,
            max_priority_fee_per_gas=2,
            max_fee_per_gas=100,
            gas_limit=50_000,
            to=SHOP,
            value=1,
            data=b"",
            max_fee_per_blob_gas=1000,
            blob_versioned_hashes=(b"\x01" + bytes(31),) * 2,
        ),
        KEY,
    )
    for fork in (CANCUN, PRAGUE, OSAKA):
        excess = 10 * 2**20
        result = run(fork, transaction, environment={"excess_blob_gas": excess})
        assert balance(result, RICH) == ETHER - 1 - 21_000 * 9 - 2 * 131_072 * fork.blob_base_fee(excess)
        assert balance(result, MINER) == 21_000 * 2
        assert result.totals.blob_gas_used == 2 * 131_072


@given(
    st.sampled_from([LONDON, PARIS, CANCUN, PRAGUE]),
    st.integers(21_000, 100_000),
    st.integers(0, 50),
    st.integers(BASE_FEE, 60),
    st.integers(0, 10),
    st.sampled_from(["", "fe", "60006000fd", "6001600055", PUSH_OTHER + "ff", "30ff", "4131", "600060006000f0"]),
)
def test_no_wei_comes_from_nowhere(fork: Fork, gas: int, priority: int, maximum: int, value: int, code: str) -> None:
    transaction = sign(
        FeeMarketTransaction(
            chain_id=1,
            nonce=0,
            max_priority_fee_per_gas=min(priority, maximum),
            max_fee_per_gas=maximum,
            gas_limit=gas,
            to=SHOP,
            value=value,
            data=b"",
        ),
        KEY,
    )
    result = run(fork, transaction, code=code)
    before = sum(account.balance for account in result.before.accounts.values())
    after = sum(account.balance for account in result.state().accounts.values())
    burnt = result.outcomes[0].gas_used * BASE_FEE
    if code == "30ff" and result.outcomes[0].succeeded and fork in (LONDON, PARIS):
        burnt += 5 + value  # an account that leaves all it has to itself
    assert before - after == burnt


MOST = 2**256 - 1


@pytest.mark.parametrize("observed", ["", "47", "3031"], ids=["unobserved", "SELFBALANCE", "BALANCE"])
def test_a_balance_fits_256_bits_or_the_block_is_rejected(observed: str) -> None:
    # no chain has so much: only a state that was made up
    accounts = {SHOP: Account(balance=MOST, code=bytes.fromhex(observed + "5f5260205ff3" if observed else "00"))}
    assert run(SHANGHAI, accounts=accounts, value=0).outcomes[0].succeeded
    with pytest.raises(Rejection, match=r"^a balance does not fit 256 bits$"):
        run(SHANGHAI, accounts=accounts, value=1)
    with pytest.raises(Rejection) as caught:
        run(SHANGHAI, accounts={MINER: Account(balance=MOST)})
    assert caught.value.code is Invalid.BALANCE_OVERFLOW


# Accounts that vanish


def test_an_account_that_leaves_all_to_itself() -> None:
    for fork, left in ((BERLIN, 0), (SHANGHAI, 0), (CANCUN, 5), (PRAGUE, 5)):
        result = run(fork, code="30ff")
        assert balance(result, SHOP) == left
        assert (result.state().get(code_key(SHOP)) is None) == (left == 0)
    # made and destroyed in one transaction
    address = created_address(RICH, 0)
    for fork in (SHANGHAI, CANCUN):
        result = run(fork, to=None, data=bytes.fromhex("6001600055" + "30ff"), value=3)
        assert result.outcomes[0].created == address
        assert [result.state().get(key(address)) for key in (balance_key, nonce_key, code_key)] == [None] * 3
        assert result.state().get(slot_key(address, 0)) is None
        assert balance(result, RICH) == ETHER - 3 - result.outcomes[0].gas_used * 10


def test_before_cancun_a_destroyed_account_loses_its_storage() -> None:
    storage = {SHOP: {0: 1, 9: 9}}
    result = run(SHANGHAI, code=PUSH_OTHER + "ff", storage=storage)
    assert result.wipes == (SHOP,)
    assert [result.state().get(slot_key(SHOP, slot)) for slot in (0, 9)] == [None, None]
    assert balance(result, OTHER) == 5
    result = run(CANCUN, code=PUSH_OTHER + "ff", storage=storage)
    assert (result.wipes, result.state().get(slot_key(SHOP, 9))) == ((), b"\x09")
    assert balance(result, OTHER) == 5
    assert result.state().get(code_key(SHOP)) is not None


def test_a_destroyed_miner_loses_the_fee() -> None:
    result = run(SHANGHAI, code=PUSH_OTHER + "ff", environment={"coinbase": SHOP})
    assert balance(result, SHOP) == 0
    assert balance(result, OTHER) == 5
    result = run(CANCUN, code=PUSH_OTHER + "ff", environment={"coinbase": SHOP})
    assert balance(result, SHOP) == result.outcomes[0].gas_used * 3


def test_what_a_destroyed_account_gets_later_in_the_transaction_is_lost() -> None:
    # the shop calls the other, which destroys itself in favour of the shop, and then sends it two wei
    call = "60006000600060006000" + PUSH_OTHER + "61fffff1" + "6000600060006000" + "6002" + PUSH_OTHER + "61fffff1"
    accounts = {OTHER: Account(balance=3, code=bytes.fromhex("33ff"))}
    result = run(LONDON, code=call, accounts=accounts)
    # the second call runs the code again: it sends the two wei back
    assert (balance(result, SHOP), balance(result, OTHER)) == (8, 0)
    accounts = {OTHER: Account(balance=3, code=bytes.fromhex("3615600757" + "0000" + "5b33ff"))}
    with_data = call.replace("6000600060006000" + "6002", "6000600060016000" + "6002")
    result = run(LONDON, code=with_data, accounts=accounts)
    assert (balance(result, SHOP), balance(result, OTHER)) == (6, 0)
    assert result.state().get(code_key(OTHER)) is None


@pytest.mark.parametrize("fork", [BERLIN, LONDON], ids=lambda fork: fork.name)
def test_an_empty_account_that_was_touched_is_no_more(fork: Fork) -> None:
    def stays(result: Any) -> bool:
        return OTHER in result.state().empty_accounts

    empty = frozenset({OTHER})
    call = "6000" * 5 + PUSH_OTHER + "61fffff1"
    assert stays(run(fork, empty=empty))
    assert stays(run(fork, code=PUSH_OTHER + "31", empty=empty))
    assert not stays(run(fork, code=call, empty=empty))
    assert stays(run(fork, code=call + "fe", empty=empty))
    assert not stays(run(fork, to=OTHER, empty=empty))
    assert not stays(run(fork, to=OTHER, value=1, empty=empty))
    assert not stays(run(fork, code=PUSH_OTHER + "ff", empty=empty))
    assert not stays(run(fork, gas_price=BASE_FEE, environment={"coinbase": OTHER}, empty=empty))


@pytest.mark.parametrize("fork", [BERLIN, LONDON, PARIS, PRAGUE], ids=lambda fork: fork.name)
def test_storage_alone_that_was_touched_is_no_more(fork: Fork) -> None:
    """After Paris too, where it is disputed (EIP-161, EIP-7523)."""

    def stays(result: Any) -> bool:
        there = OTHER in result.state().storage
        assert (result.wipes == ()) is there
        return there

    alone: dict[str, Any] = {"storage": {OTHER: {5: 6}}}
    call = "6000" * 5 + PUSH_OTHER + "61fffff1"
    pays = "6000" * 4 + "6001" + PUSH_OTHER + "61fffff1"
    assert stays(run(fork, **alone))
    assert stays(run(fork, code=PUSH_OTHER + "31", **alone))
    assert not stays(run(fork, code=call, **alone))
    assert stays(run(fork, code=call + "fe", **alone))
    assert not stays(run(fork, to=OTHER, **alone))
    no_tip = 0 if fork is BERLIN else BASE_FEE
    assert not stays(run(fork, gas_price=no_tip, environment={"coinbase": OTHER}, **alone))
    # it has something before the end, or had from the start
    assert stays(run(fork, to=OTHER, value=1, **alone))
    assert stays(run(fork, code=call + "50" + pays, **alone))
    assert stays(run(fork, to=OTHER, accounts={OTHER: Account(balance=1)}, **alone))


def test_storage_alone_that_was_cleared_is_cleared_once() -> None:
    transactions = tuple(transfer(to=OTHER, value=0, nonce=nonce, gas_price=10) for nonce in range(2))
    environment = Environment(chain_id=1, number=1, timestamp=1, coinbase=MINER, gas_limit=10**8)
    state = FlatState({RICH: Account(balance=ETHER)}, {OTHER: {5: 6}})
    result = apply_block(Evm(LONDON), Payload(environment, transactions, is_bare=True), state)
    assert [step.wipes for step in result.steps] == [(), (OTHER,), (), ()]
    assert result.steps[2].reads[empty_account_key(OTHER)] == (None, (0,))
    assert result.state().root() == FlatState(result.state().accounts, {}).root()


def test_ripemd160_clears_storage_alone_through_a_call_that_failed() -> None:
    call = "6000" * 5 + "73" + RIPEMD160.hex() + "6001" + "f1"
    result = run(LONDON, code=call, storage={RIPEMD160: {5: 6}})
    assert result.wipes == (RIPEMD160,)


def test_ripemd160_alone_stays_touched_by_a_call_that_failed() -> None:
    for address, stays in ((RIPEMD160, False), (bytes(19) + b"\x02", True)):
        # 600 gas and 60 are the least that the two ask for: one unit does not do
        call = "6000" * 5 + "73" + address.hex() + "6001" + "f1"
        result = run(LONDON, code=call, empty=frozenset({address}))
        assert (address in result.state().empty_accounts) is stays
        assert (result.changes.get(empty_account_key(address), 0) is None) is not stays


# Creation


def test_a_creating_transaction() -> None:
    address = created_address(RICH, 0)
    # deploy one byte: STOP
    result = run(LONDON, to=None, data=bytes.fromhex("60016000f3"), value=2)
    outcome = result.outcomes[0]
    assert outcome.created == address
    assert outcome.gas_used == 53_000 + 4 * 16 + 4 + 3 + 3 + 3 + 200
    state = result.state()
    assert [state.get(key(address)) for key in (balance_key, nonce_key, code_key)] == [b"\x02", b"\x01", b"\x00"]


@pytest.mark.parametrize(("fork", "size", "fits"), [(LONDON, 24_576, True), (LONDON, 24_577, False)])
def test_code_has_at_most_24576_bytes(fork: Fork, size: int, fits: bool) -> None:
    result = run(fork, to=None, data=bytes.fromhex(f"61{size:04x}6000f3"), gas_limit=6_000_000)
    assert result.outcomes[0].succeeded is fits
    assert halt(result) == ("NoneType" if fits else "CodeTooLarge")
    if not fits:
        assert result.outcomes[0].gas_used == 6_000_000


def test_code_that_begins_with_ef_is_refused_since_london() -> None:
    initcode = bytes.fromhex("60ef60005360016000f3")
    assert run(BERLIN, to=None, data=initcode).outcomes[0].succeeded
    result = run(LONDON, to=None, data=initcode)
    assert (halt(result), result.outcomes[0].gas_used) == ("InvalidContractPrefix", 200_000)


def test_the_last_gas_pays_for_the_code_or_there_is_none() -> None:
    data = bytes.fromhex("60016000f3")
    needed = 53_000 + 4 * 16 + 4 + 9 + 200
    assert run(LONDON, to=None, data=data, gas_limit=needed).outcomes[0].succeeded
    result = run(LONDON, to=None, data=data, gas_limit=needed - 1)
    assert (halt(result), result.outcomes[0].output) == ("OutOfGas", b"")
    assert result.state().get(nonce_key(created_address(RICH, 0))) is None


@pytest.mark.parametrize("taken", ["nonce", "code", "storage", "balance alone"])
def test_a_creation_collides_with_a_nonce_with_code_and_with_storage(taken: str) -> None:
    address = created_address(RICH, 0)
    accounts = {
        "nonce": {address: Account(nonce=1)},
        "code": {address: Account(code=b"\x00")},
        "storage": {},
        "balance alone": {address: Account(balance=1)},
    }[taken]
    storage = {address: {0: 1}} if taken == "storage" else {}
    result = run(LONDON, to=None, data=b"", value=2, accounts=accounts, storage=storage)
    collides = taken != "balance alone"
    assert halt(result) == ("AddressCollision" if collides else "NoneType")
    assert result.outcomes[0].gas_used == (200_000 if collides else 53_000)
    assert balance(result, address) == (0 if collides else 3)
    assert result.state().get(nonce_key(RICH)) == b"\x01"


def test_an_account_whose_nonce_has_no_successor_creates_nothing() -> None:
    # store what CREATE gives, plus one
    code = "600060006000f0600101600055"
    for nonce, after in ((2**64 - 2, 2**64 - 1), (2**64 - 1, 2**64 - 1)):
        shop = Account(nonce=nonce, code=bytes.fromhex(code))
        result = run(LONDON, accounts={SHOP: shop})
        created = int.from_bytes(result.state().get(slot_key(SHOP, 0)) or b"", "big") - 1
        address = int.from_bytes(created_address(SHOP, nonce), "big")
        assert created == (address if nonce < 2**64 - 1 else 0)
        assert int.from_bytes(result.state().get(nonce_key(SHOP)) or b"", "big") == after


def test_a_creation_that_collides_costs_its_creator_the_gas_and_a_nonce() -> None:
    shop = Account(nonce=1, code=bytes.fromhex("600060006000f05a600055"))
    address = created_address(SHOP, 1)
    result = run(LONDON, accounts={SHOP: shop, address: Account(nonce=1)}, gas_limit=10_000_000)
    assert result.state().get(nonce_key(SHOP)) == b"\x02"
    left = int.from_bytes(result.state().get(slot_key(SHOP, 0)) or b"", "big")
    before = 10_000_000 - 21_000 - 9 - 32_000
    assert left == before // 64 - 2


def test_of_a_creation_that_fails_nothing_stays_but_the_creators_nonce() -> None:
    # initialization code that stores and reverts
    initcode = "6001600055" + "60006000fd"
    code = "69" + initcode + "600052" + "600a6016" + "6003" + "f0" + "600055"
    result = run(LONDON, code=code)
    address = created_address(SHOP, 0)
    state = result.state()
    assert result.outcomes[0].succeeded
    assert [state.get(key(address)) for key in (balance_key, nonce_key, code_key)] == [None] * 3
    assert state.get(slot_key(address, 0)) is None
    assert (state.get(nonce_key(SHOP)), balance(result, SHOP)) == (b"\x01", 5)
