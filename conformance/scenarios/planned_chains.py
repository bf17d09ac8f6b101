"""The chains of a plan as a scenario speaks to them: their accounts and blocks, and how each posts a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from samestate.conformance.generating.plan_contracts import MAILBOX
from samestate.conformance.generating.svm.instructions import transfer
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.evm_executing import drafted_case
from samestate.conformance.scenarios.svm_block_builder import SvmBlockBuilder
from samestate.conformance.scenarios.svm_draft import RENT_EXEMPT, SOL, SvmAccount
from samestate.conformance.scenarios.svm_executing import block_of as svm_block_of
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import ToyAccount, store
from samestate.conformance.scenarios.toy_executing import block_of as toy_block_of
from samestate.conformance.vectors import evm, svm, toy
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.spec.chains.evm import WORD, abi_bytes
from samestate.spec.chains.svm import outbox_account
from samestate.spec.chains.toy import OUTBOX, mail_slot
from samestate.spec.evm.fork import Fork
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import SYSTEM, base58

if TYPE_CHECKING:
    from samestate.conformance.scenarios.plan_builder import PlanBuilder

GAS_PRICE: Final = 10**10
"""What a relayer of the EVM pays for gas: ten times the base fee of scenarios."""


class ScenarioChain:
    """A chain of a plan: how it is written down. A block begins where a scenario first asks for one in a round."""

    machine: str

    def __init__(self, plan: PlanBuilder, name: str, domain: int, messages_per_block: int) -> None:
        self.plan = plan
        self.name = name
        self.domain = domain
        self.messages_per_block = messages_per_block
        self.rounds: list[int] = []
        """The rounds in which the chain has a block, the first draft of its builder being that of the first."""

    def begins_block(self, next_block: Callable[[], None]) -> None:
        """Begin a block of the current round, unless there is one."""
        if self.rounds and self.rounds[-1] == self.plan.round:
            return
        if self.rounds:
            next_block()
        self.rounds.append(self.plan.round)

    def written(self) -> Object:
        """As under ``chains``, but for its machine."""
        raise NotImplementedError

    def blocks(self) -> list[Object]:
        """Its blocks, one for each of ``rounds``."""
        raise NotImplementedError

    def names(self) -> dict[str, str]:
        """Addresses of accounts by name."""
        raise NotImplementedError


class EvmScenarioChain(ScenarioChain):
    """A chain of the EVM. Its relayer has what it needs, and its mailbox is a contract that logs what it is told."""

    machine = evm.NAME

    def __init__(
        self, plan: PlanBuilder, name: str, domain: int, fork: Fork, messages_per_block: int, gas: int, wealth: int
    ) -> None:
        super().__init__(plan, name, domain, messages_per_block)
        self.builder = BlockBuilder(fork)
        self.builder.mined_by(self.builder.nobody(f"{name} coinbase"))
        self.gas = gas
        self.relayer = self.account("relayer", wealth)
        self.mailbox = self.contract("mailbox", MAILBOX)

    def account(self, name: str, balance: int = ETHER) -> NamedAccount:
        """An account of this chain, with a key."""
        return self.builder.account(f"{self.name} {name}", balance)

    def contract(self, name: str, code: bytes) -> NamedAccount:
        """A contract of this chain."""
        return self.builder.contract(f"{self.name} {name}", code)

    def block(self) -> BlockBuilder:
        """The block of the current round."""
        self.begins_block(self.builder.next_block)
        return self.builder

    def post(
        self,
        sender: NamedAccount,
        to: ScenarioChain,
        sequence: int,
        payload: bytes,
        mailbox: NamedAccount | None = None,
    ) -> None:
        """Call the mailbox, or another contract, with a message to a chain."""
        head = to.domain.to_bytes(WORD, "big") + sequence.to_bytes(WORD, "big")
        data = head + WORD.to_bytes(WORD, "big") + abi_bytes(payload)
        self.block().call(sender, mailbox or self.mailbox, data=data)

    def written(self) -> Object:
        """See :meth:`ScenarioChain.written`."""
        case = drafted_case(self.name, self.builder.fork, self.builder)
        return {
            "domain": str(self.domain),
            "machine": case.machine_document(),
            "messages_per_block": str(self.messages_per_block),
            "outbox": str(self.mailbox),
            "relayer": {
                "private_key": hexed(self.relayer.private_key),
                "gas_limit": str(self.gas),
                "gas_price": str(GAS_PRICE),
            },
            "pre": case.pre,
        }

    def blocks(self) -> list[Object]:
        """See :meth:`ScenarioChain.blocks`."""
        if not self.rounds:
            return []
        return list(drafted_case(self.name, self.builder.fork, self.builder).blocks)

    def names(self) -> dict[str, str]:
        """See :meth:`ScenarioChain.names`."""
        return {name: str(account) for name, account in self.builder.named.items()}


class ToyScenarioChain(ScenarioChain):
    """A toy chain."""

    machine = toy.NAME

    def __init__(
        self, plan: PlanBuilder, name: str, domain: int, messages_per_block: int, gas: int, wealth: int
    ) -> None:
        super().__init__(plan, name, domain, messages_per_block)
        self.builder = ToyBlockBuilder()
        self.builder.mined_by(self.builder.nobody(f"{name} coinbase"))
        self.gas = gas
        self.relayer = self.builder.account(f"{name} relayer", wealth)

    def account(self, name: str) -> ToyAccount:
        """An account of this chain."""
        return self.builder.account(f"{self.name} {name}")

    def block(self) -> ToyBlockBuilder:
        """The block of the current round."""
        self.begins_block(self.builder.next_block)
        return self.builder

    def post(self, sender: ToyAccount, to: ScenarioChain | int, sequence: int, payload: int | None) -> None:
        """Store a message to a chain or a domain into its slot of the outbox."""
        domain = to if isinstance(to, int) else to.domain
        self.block().send(sender, store(mail_slot(OUTBOX, domain, sequence), payload))

    def written(self) -> Object:
        """See :meth:`ScenarioChain.written`."""
        return {
            "domain": str(self.domain),
            "machine": {"name": toy.NAME, "fork": toy.FORK, "params": {}},
            "messages_per_block": str(self.messages_per_block),
            "relayer": {"address": str(self.relayer), "gas_limit": str(self.gas), "gas_price": "1"},
            "pre": toy.write_state(self.builder.pre_state()),
        }

    def blocks(self) -> list[Object]:
        """See :meth:`ScenarioChain.blocks`. A toy block of a plan carries no access list."""
        if not self.rounds:
            return []
        state = self.builder.pre_state()
        return [toy.write_block(toy_block_of(draft, state)) for draft in self.builder.drafts]

    def names(self) -> dict[str, str]:
        """See :meth:`ScenarioChain.names`."""
        return {name: str(account) for name, account in self.builder.named.items()}


class SvmScenarioChain(ScenarioChain):
    """A chain of Solana's machine. Its outboxes are exempt from rent before anything is sent."""

    machine = svm.NAME

    def __init__(self, plan: PlanBuilder, name: str, domain: int, ruleset: str, messages_per_block: int) -> None:
        super().__init__(plan, name, domain, messages_per_block)
        self.builder = SvmBlockBuilder(ruleset)
        self.builder.with_queue(1)
        self.relayer = self.wallet("relayer")

    def wallet(self, name: str, lamports: int = 10 * SOL) -> SvmAccount:
        """An account of this chain that can sign."""
        return self.builder.wallet(f"{self.name} {name}", lamports)

    def nobody(self, name: str) -> SvmAccount:
        """An account that has nothing yet."""
        return self.builder.nobody(f"{self.name} {name}")

    def opens_outbox(self, to: ScenarioChain) -> None:
        """Let there be the account that receives what is sent to a chain."""
        account = Account(RENT_EXEMPT, SYSTEM, False, b"")
        self.builder.at(f"{self.name} outbox to {to.name}", outbox_account(to.domain), account)

    def block(self) -> SvmBlockBuilder:
        """The block of the current round."""
        self.begins_block(self.builder.next_block)
        return self.builder

    def post(self, payer: SvmAccount, to: ScenarioChain, lamports: int) -> None:
        """Transfer lamports to the outbox to a chain."""
        self.block().send(payer, transfer(payer.address, outbox_account(to.domain), lamports))

    def written(self) -> Object:
        """See :meth:`ScenarioChain.written`."""
        assert self.relayer.key is not None
        builder = self.builder
        return {
            "domain": str(self.domain),
            "machine": {"name": svm.NAME, "fork": builder.ruleset, "params": dict(sorted(builder.params.items()))},
            "messages_per_block": str(self.messages_per_block),
            "relayer": {"private_key": hexed(bytes(self.relayer.key))},
            "pre": svm.write_state(builder.accounts, builder.bank, builder.slot_time, builder.others),
        }

    def blocks(self) -> list[Object]:
        """See :meth:`ScenarioChain.blocks`."""
        if not self.rounds:
            return []
        return [svm_block_of(self.builder, draft, bytes(32)) for draft in self.builder.drafts]

    def names(self) -> dict[str, str]:
        """See :meth:`ScenarioChain.names`."""
        return {name: base58(account.address) for name, account in self.builder.named.items()}
