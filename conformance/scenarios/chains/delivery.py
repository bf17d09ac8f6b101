"""Messages that arrive: from each machine to each other one, after one round and after several."""

from __future__ import annotations

from samestate.conformance.generating.plan_contracts import KEEPER, MAILBOX, answering
from samestate.conformance.scenarios.plan_builder import PlanBuilder
from samestate.conformance.scenarios.scenario import plan_scenario
from samestate.conformance.scenarios.svm_draft import RENT_EXEMPT
from samestate.conformance.scenarios.toy_draft import add, load, store
from samestate.spec.chains.rejections import SendingRefusal
from samestate.spec.chains.toy import INBOX, OUTBOX, mail_slot
from samestate.spec.evm.forks import BERLIN, CANCUN


@plan_scenario()
def from_evm_to_evm(plan: PlanBuilder) -> None:
    """A log of the mailbox becomes a signed call of the recipient, before what the block has of its own."""
    west, east = plan.evm("west", 1), plan.evm("east", 2)
    keeper = east.contract("keeper", KEEPER)
    plan.link(west, east, keeper)
    alice, bob = west.account("alice"), east.account("bob")
    west.post(alice, east, 0, bytes(31) + b"\x2a")
    plan.expect_sent((west, east, 0))
    plan.next_round()
    east.block().call(bob, keeper, data=bytes(132 + 31) + b"\x02", comment="bob overwrites what was delivered")
    plan.expect_delivered((east, west, 0, "success"))
    plan.expect_writes(east, 0, **{f"slot_{keeper}_0x0": "0x2a"})
    plan.expect_writes(east, 1, **{f"slot_{keeper}_0x0": "0x02"})


@plan_scenario()
def between_forks(plan: PlanBuilder) -> None:
    """Chains of different forks: each executes what is delivered by its own rules, and its own system calls."""
    west, east = plan.evm("west", 1, fork=BERLIN), plan.evm("east", 2, fork=CANCUN)
    keeper = east.contract("keeper", KEEPER)
    plan.link(west, east, keeper)
    west.post(west.account("alice"), east, 0, bytes(31) + b"\x07")
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, "success"))


@plan_scenario()
def from_evm_to_toy(plan: PlanBuilder) -> None:
    """A log becomes a store into the slot of its domain and number. The same event of another contract is nothing."""
    west, east = plan.evm("west", 1), plan.toy("east", 2)
    plan.link(west, east)
    alice, impostor = west.account("alice"), west.contract("impostor", MAILBOX)
    west.post(alice, east, 0, b"\x66", mailbox=impostor)
    west.post(alice, east, 0, b"\x12\x34")
    plan.expect_sent((west, east, 0))
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, "success"))
    plan.expect_writes(east, 0, **{f"slot_{mail_slot(INBOX, 1, 0):#x}": "0x1234"})


@plan_scenario()
def from_svm_to_toy(plan: PlanBuilder) -> None:
    """Lamports that go to the outbox account of a domain are a message; the link gives it its number."""
    west, east = plan.svm("west", 1), plan.toy("east", 2)
    plan.link(west, east)
    alice = west.wallet("alice")
    west.post(alice, east, 70_000)
    west.post(alice, east, 70_001)
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, "success"), (east, west, 1, "success"))
    plan.expect_writes(east, 1, **{f"slot_{mail_slot(INBOX, 1, 1):#x}": f"0x0{70_001:x}"})


@plan_scenario()
def from_toy_to_svm(plan: PlanBuilder) -> None:
    """Words become transfers, signed by the relayer. Two with the same content differ by what refers to the message."""
    west, east = plan.toy("west", 1), plan.svm("east", 2)
    shop = east.wallet("shop")
    plan.link(west, east, shop)
    alice = west.account("alice")
    west.post(alice, east, 0, 5)
    west.post(alice, east, 1, 5)
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, "success"), (east, west, 1, "success"))


@plan_scenario()
def to_a_chain_that_stalls(plan: PlanBuilder) -> None:
    """The destination has no block for two rounds. What was sent meanwhile waits, and comes in order."""
    west, east = plan.toy("west", 1), plan.toy("east", 2)
    plan.link(west, east)
    alice = west.account("alice")
    for number in range(2):
        west.post(alice, east, number, 10 + number)
        plan.expect_sent((west, east, number))
        plan.next_round()
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, "success"), (east, west, 1, "success"))


@plan_scenario()
def read_in_the_same_block(plan: PlanBuilder) -> None:
    """A transaction of the block depends on the message that is delivered in it, and sends on what it makes of that."""
    west, middle, east = plan.toy("west", 1), plan.toy("middle", 2), plan.toy("east", 3)
    plan.link(west, middle)
    plan.link(middle, east)
    west.post(west.account("alice"), middle, 0, 40)
    plan.next_round()
    onwards = store(mail_slot(OUTBOX, east.domain, 0))
    middle.block().send(middle.account("bob"), load(mail_slot(INBOX, west.domain, 0)), add(2), onwards)
    plan.expect_delivered((middle, west, 0, "success"))
    plan.expect_sent((middle, east, 0))
    plan.next_round(east)
    plan.expect_delivered((east, middle, 0, "success"))
    plan.expect_writes(east, 0, **{f"slot_{mail_slot(INBOX, 2, 0):#x}": "0x2a"})


@plan_scenario()
def there_and_back(plan: PlanBuilder) -> None:
    """A cycle over rounds: two contracts answer each other, each in the block after the other's."""
    west, east = plan.evm("west", 1), plan.evm("east", 2)
    racket = {chain.name: chain.contract("answering", answering(chain.mailbox.address)) for chain in (west, east)}
    plan.link(west, east, racket["east"])
    plan.link(east, west, racket["west"])
    west.post(west.account("alice"), east, 0, b"ping")
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, "success"))
    plan.expect_sent((east, west, 0))
    plan.next_round(west)
    plan.expect_delivered((west, east, 0, "success"))
    # the answering contract counts from 0, and number 0 of its link was alice's
    plan.expect_sent(SendingRefusal.SEQUENCE_REPLAYED)


@plan_scenario()
def around_three_chains(plan: PlanBuilder) -> None:
    """A cycle over three machines: a word goes from the toy to the EVM, as lamports on, and back to where it began."""
    toy, evm, svm = plan.toy("toy", 1), plan.evm("evm", 2), plan.svm("svm", 3)
    shop = svm.wallet("shop")
    plan.link(toy, evm, evm.contract("answering", answering(evm.mailbox.address)))
    plan.link(evm, svm, shop)
    plan.link(svm, toy)
    toy.post(toy.account("alice"), evm, 0, RENT_EXEMPT)
    plan.next_round()
    evm.post(evm.account("bob"), svm, 0, RENT_EXEMPT.to_bytes(4, "big"))
    plan.expect_delivered((evm, toy, 0, "success"))
    plan.expect_sent(SendingRefusal.NO_LINK, (evm, svm, 0))
    plan.next_round()
    svm.post(shop, toy, RENT_EXEMPT)
    plan.expect_delivered((svm, evm, 0, "success"))
    plan.next_round(toy)
    plan.expect_delivered((toy, svm, 0, "success"))
