"""Plain transfers: what depends on what when nothing but value moves."""

from __future__ import annotations

from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.forks import BERLIN, PARIS, SHANGHAI


@scenario(forks=since(PARIS))
def strangers(block: BlockBuilder) -> None:
    """Transfers between accounts that have nothing to do with each other depend on nothing: the fees are credits."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    for sender in (alice, bob, carol):
        block.transfer(sender, to=block.nobody(f"{sender.name}s friend"), value=GWEI)
    block.expect_success()


@scenario(hazards="H04", forks=(SHANGHAI,))
def from_hand_to_hand(block: BlockBuilder) -> None:
    """Each account can only pass on what the transaction before has given it: nothing of this runs in parallel."""
    first, *others = block.accounts(first=10 * ETHER, second=0, third=0, fourth=0, fifth=0)
    value = 5 * ETHER
    for sender, receiver in zip((first, *others), others, strict=False):
        block.transfer(sender, to=receiver, value=value)
        value -= ETHER
    block.expect_success()


@scenario(hazards="H61", forks=since(PARIS))
def many_pay_one(block: BlockBuilder) -> None:
    """Credits to one account commute, until the account spends what all of them gave."""
    # since Amsterdam value asks whether its recipient is alive, and a nonce answers without a look at the balance
    nonce = 1 if block.prices.new_account else 0
    shop = block.account("shop", nonce=nonce)
    for name in ("alice", "bob", "carol"):
        block.transfer(block.account(name, ETHER), to=shop, value=ETHER // 10)
    block.transfer(shop, to=block.nobody("supplier"), value=ETHER // 4)
    block.expect_success()
    block.expect_nonce(shop, nonce + 1)


@scenario(hazards="H61", forks=(PARIS,))
def one_pays_many(block: BlockBuilder) -> None:
    """One sender's transactions are a chain, whoever they pay."""
    alice = block.account("alice", ETHER)
    for name in ("bob", "carol", "dave", "erin"):
        block.transfer(alice, to=block.nobody(name), value=GWEI)
    block.expect_success()
    block.expect_nonce(alice, 4)


@scenario(forks=(BERLIN,))
def to_oneself(block: BlockBuilder) -> None:
    """A transfer to its own sender moves nothing but the fee."""
    alice = block.account("alice", ETHER)
    block.transfer(alice, to=alice, value=ETHER // 2)
    block.expect_balance(alice, ETHER - 21_000 * GWEI)


@scenario(hazards="H25", forks=since(BERLIN))
def nothing_to_nobody(block: BlockBuilder) -> None:
    """A transfer of nothing to an account that isn't there doesn't make it be there."""
    alice, nobody = block.accounts(alice=ETHER, nobody=0)
    block.transfer(alice, to=nobody, value=0)
    block.expect_gone(nobody)


@scenario(hazards="H63", forks=(PARIS,))
def all_but_the_fee(block: BlockBuilder) -> None:
    """An account sends away all that the fee leaves, gets something back, and ends with just that."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=ETHER - 21_000 * 2 * GWEI)
    block.transfer(bob, to=alice, value=7)
    block.expect_success()
    block.expect_balance(alice, 7)
