"""The plan builder: what a scenario of several chains speaks to. Rounds follow one another as it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from samestate.conformance.scenarios.block_builder import ETHER, NamedAccount
from samestate.conformance.scenarios.draft import Unexpected
from samestate.conformance.scenarios.planned_chains import (
    EvmScenarioChain,
    ScenarioChain,
    SvmScenarioChain,
    ToyScenarioChain,
)
from samestate.conformance.scenarios.svm_draft import SvmAccount
from samestate.conformance.scenarios.toy_draft import GAS, WEALTH
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.model import VALID, members, round_results, text
from samestate.spec.chains.rejections import PlanInvalid, SendingRefusal
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import LONDON
from samestate.spec.machine import RejectionCode
from samestate.spec.svm.rulesets.mainnet_2026_09 import MAINNET_2026_09

RelayedTo: TypeAlias = NamedAccount | SvmAccount | None
"""Who receives what a link carries; nobody in particular on the toy."""

DELIVERY_GAS = 200_000
"""The gas limit of what a relayer sends on the EVM, unless a scenario says another."""

Check = Callable[[Object], None]


class PlanBuilder:
    """Builds chains, links and rounds. Every block must be valid, unless a scenario says that it is rejected."""

    def __init__(self) -> None:
        self.round = 0
        self.chains: dict[str, ScenarioChain] = {}
        self.links: list[Object] = []
        self.inboxes: dict[tuple[int, str], list[tuple[str, int]]] = {}
        self.strays: list[tuple[int, str, Object]] = []
        self.checks: list[tuple[int, Check]] = []
        self.rejected: dict[tuple[int, str], tuple[RejectionCode, int | None]] = {}
        self.refusal: PlanInvalid | None = None

    # Chains and links

    def evm(
        self,
        name: str,
        domain: int,
        fork: Fork = LONDON,
        messages_per_block: int = 8,
        gas: int = DELIVERY_GAS,
        relayer: int = ETHER,
    ) -> EvmScenarioChain:
        """A chain of the EVM, whose ``relayer`` has so much."""
        chain = EvmScenarioChain(self, name, domain, fork, messages_per_block, gas, relayer)
        self.chains[name] = chain
        return chain

    def toy(
        self, name: str, domain: int, messages_per_block: int = 8, gas: int = GAS, relayer: int = WEALTH
    ) -> ToyScenarioChain:
        """A toy chain, whose ``relayer`` has so much."""
        chain = ToyScenarioChain(self, name, domain, messages_per_block, gas, relayer)
        self.chains[name] = chain
        return chain

    def svm(self, name: str, domain: int, messages_per_block: int = 8) -> SvmScenarioChain:
        """A chain of Solana's machine."""
        chain = SvmScenarioChain(self, name, domain, MAINNET_2026_09.name, messages_per_block)
        self.chains[name] = chain
        return chain

    def link(
        self, source: ScenarioChain | str, to: ScenarioChain | str, recipient: RelayedTo = None, latency: int = 1
    ) -> None:
        """A way for messages from one chain to another."""
        ends = [each if isinstance(each, str) else each.name for each in (source, to)]
        written: Object = {"from": ends[0], "to": ends[1], "latency": str(latency)}
        self.links.append(written if recipient is None else {**written, "recipient": str(recipient)})
        if isinstance(source, SvmScenarioChain) and isinstance(to, ScenarioChain):
            source.opens_outbox(to)

    # Rounds

    def next_round(self, *with_block: ScenarioChain) -> None:
        """End the current round and begin the next, in which these chains have a block at least."""
        self.round += 1
        self.blocks_of(*with_block)

    def blocks_of(self, *chains: ScenarioChain) -> None:
        """Chains that have a block in the current round, be there anything in it or not."""
        for chain in chains:
            chain.begins_block(chain.builder.next_block)  # type: ignore[attr-defined]

    def claims(self, chain: ScenarioChain, *messages: tuple[ScenarioChain | str, int]) -> None:
        """Let the block of a chain say which messages it delivers, by source and sequence number."""
        self.blocks_of(chain)
        named = [(source if isinstance(source, str) else source.name, sequence) for source, sequence in messages]
        self.inboxes[self.round, chain.name] = named

    def stray_block(self, name: str, like: ScenarioChain) -> None:
        """A block of a chain that is not in the plan, in the current round: as one that is there has."""
        self.blocks_of(like)
        self.strays.append((self.round, name, like.blocks()[-1]))

    # What must come out

    def expect_refused(self, code: PlanInvalid) -> None:
        """The plan must be refused."""
        self.refusal = code

    def expect_rejected(self, chain: ScenarioChain, code: RejectionCode, transaction: int | None = None) -> None:
        """The block of a chain in the current round must be rejected."""
        self.blocks_of(chain)
        self.rejected[self.round, chain.name] = code, transaction

    def expect_delivered(self, *wanted: tuple[ScenarioChain, ScenarioChain, int, str]) -> None:
        """All messages that are delivered in the current round: destination, source, number, status or rejection."""
        expected = [f"{number} of {source.name} at {to.name}: {status}" for to, source, number, status in wanted]

        def found(result: Object) -> list[str]:
            return [
                f"{text(each, 'sequence')} of {text(each, 'source')} at {text(each, 'destination')}: "
                f"{each.get('rejection', each['status'])}"
                for each in members(result, "delivered")
            ]

        self._expect("delivered", expected, found)

    def expect_sent(self, *wanted: tuple[ScenarioChain, ScenarioChain | None, int | None] | SendingRefusal) -> None:
        """All that is in outboxes in the current round: source, destination and number, or why it is no message."""
        expected = [
            each.name
            if isinstance(each, SendingRefusal)
            else f"{each[2]} from {each[0].name} to {each[1].name if each[1] else None}"
            for each in wanted
        ]

        def found(result: Object) -> list[str]:
            return [
                f"{each['sequence']} from {each['source']} to {each['destination']}"
                if each["status"] == "sent"
                else text(each, "status")
                for each in members(result, "sent")
            ]

        self._expect("sent", expected, found)

    def expect_writes(self, chain: ScenarioChain, transaction: int, **written: str) -> None:
        """Keys, as a record writes them but for ``_`` in the place of spaces, that a transaction must leave so."""

        def found(result: Object) -> dict[str, Json]:
            steps = members(round_results(result)[chain.name], "access")
            writes = steps[transaction + 1]["writes"]
            content = writes if isinstance(writes, dict) else {}
            return {key: content.get(key.replace("_", " "), "nothing") for key in written}

        self._expect(f"writes of {transaction} on {chain.name}", dict(written), found)

    def _expect(self, what: str, wanted: object, look: Callable[[Object], object]) -> None:
        number = self.round

        def check(result: Object) -> None:
            found = look(result)
            if found != wanted:
                raise Unexpected(f"round {number}: {what}: the scenario says {wanted}, the specification {found}")

        self.checks.append((number, check))

    def check(self, expected: list[Object]) -> None:
        """What the scenario says must be so. Raises Unexpected."""
        for number, result in enumerate(expected):
            refusal = VALID if self.refusal is None else self.refusal.name
            if text(result, "status") != refusal:
                raise Unexpected(f"round {number}: the scenario says {refusal}, the specification {result['status']}")
            for name, of_chain in round_results(result).items():
                code, transaction = self.rejected.get((number, name), (None, None))
                status = VALID if code is None else code.name
                at_fault = of_chain.get("transaction")
                if text(of_chain, "status") != status or (transaction is not None and at_fault != str(transaction)):
                    raise Unexpected(
                        f"round {number}: {name}: the scenario says {status}, the specification {of_chain['status']}"
                        f" of {at_fault}"
                    )
        for number, look in self.checks:
            look(expected[number])
