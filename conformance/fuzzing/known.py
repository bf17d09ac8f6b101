"""Differences of outside clients that are explained: docs/outside-clients.md has each, with who is right and why.

A fault is declared for one version of a client. That a block does what the fault is about is not enough: the client
must differ when it is asked again, and agree once that is taken out of the block; or, of the faults of ethereumjs under
Amsterdam, the specification with these faults in the place of its own rules must give exactly what the client gave. So
none of them hides another, nor that a client fails now and then.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from samestate.conformance.checking.quorum import voice_of
from samestate.conformance.engines.command import ANSWER_SECONDS
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.engines.registry import version_of_engine
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.fuzzing.campaign import wrong_about
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.system_contracts import REQUEST_SIZES
from samestate.conformance.generating.vector import with_selectors
from samestate.conformance.peers.ethereumjs import EthereumJs
from samestate.conformance.peers.line_process import PeerFailed
from samestate.conformance.peers.peer import PeerMissing
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.case import encoded_transactions, read_environment, read_withdrawals
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case, member, members, text
from samestate.spec.evm.alloc import Alloc
from samestate.spec.evm.block import Header
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.forks import AMSTERDAM, OSAKA
from samestate.spec.evm.rejections import Invalid

LIST: Final = "block_access_list"


@dataclass(frozen=True, slots=True)
class KnownFault:
    """A fault of a client, as ``voice_of`` has its name, in a version.

    ``concerns`` says whether a case does what it is about, of the case, what is right of it, and what the client said;
    ``without`` gives the case without that, None where it cannot be taken out.
    """

    client: str
    version: str
    sentence: str
    concerns: Callable[[Case, Sequence[Object], str], bool]
    without: Callable[[Case, Sequence[Object]], Case] | None = None


def known_fault(
    engine: Engine, case: Case, expected: Sequence[Object], said: str, seconds: float = ANSWER_SECONDS
) -> str:
    """The faults of the client by which it differs; nothing where its difference is not explained by those known.

    ``seconds``: how long a client that is asked once more has for an answer.
    """
    client, version = voice_of(engine.id), version_of_engine(engine)
    faults = [
        fault
        for fault in FAULTS
        if fault.client == client and fault.version in version and fault.concerns(case, expected, said)
    ]
    if faults and wrong_about(engine, case, tuple(expected)) is None:
        return ""  # it differs now and then, whatever the block is about
    for chosen in [*([fault] for fault in faults), *([faults] if len(faults) > 1 else [])]:
        if agrees_without(engine, case, expected, chosen):
            return "; ".join(fault.sentence for fault in chosen)
    if client == "ethereumjs" and EMULATED in version and case.fork == AMSTERDAM.name:
        return "; ".join(emulated_faults(case, seconds))
    return ""


def agrees_without(engine: Engine, case: Case, expected: Sequence[Object], faults: Sequence[KnownFault]) -> bool:
    """Whether the client agrees about the case without what these faults are about."""
    candidate = case
    for fault in faults:
        if fault.without is None:
            return len(faults) == 1
        candidate = fault.without(candidate, expected)
    candidate = with_blocks(candidate, lambda block: {name: part for name, part in block.items() if name != LIST})
    try:
        right = tuple(execute(candidate))
    except (InputError, ValueError, TypeError, KeyError):
        return False
    candidate = with_selectors(candidate, right)
    return not engine.capabilities.missing(candidate) and wrong_about(engine, candidate, right) is None


# What faults are about


def has_price_of_blobs(case: Case, expected: Sequence[Object], said: str) -> bool:
    """Whether blobs have a price that another schedule, or the parent's excess, would change."""
    fork = evm.fork_of(case)
    return fork.blob_schedule is not None and any(
        text(member(block, "env"), "excess_blob_gas") != "0" for block in case.blocks
    )


def without_price_of_blobs(case: Case, expected: Sequence[Object]) -> Case:
    """With the lowest price under any schedule."""
    return with_blocks(case, lambda block: {**block, "env": {**member(block, "env"), "excess_blob_gas": "0"}})


def pays_to_closing_contract(case: Case, expected: Sequence[Object], said: str) -> bool:
    """Whether a withdrawal goes to a contract that the block calls at its end, and so lists."""
    return case.fork == AMSTERDAM.name and any(
        is_to_closing_contract(withdrawal) for block in case.blocks for withdrawal in members(block, "withdrawals")
    )


def is_to_closing_contract(withdrawal: Object) -> bool:
    """Whether a withdrawal goes to one of the contracts that queue requests."""
    return text(withdrawal, "address") in {f"0x{address.hex()}" for address in REQUEST_SIZES}


def without_payments_to_closing_contracts(case: Case, expected: Sequence[Object]) -> Case:
    """Without these withdrawals."""

    def kept(block: Object) -> Object:
        withdrawals = [each for each in members(block, "withdrawals") if not is_to_closing_contract(each)]
        return {**block, "withdrawals": [*withdrawals]}

    return with_blocks(case, kept)


def is_for_another_chain(case: Case, expected: Sequence[Object], said: str) -> bool:
    """Whether a transaction is rejected since it is for another chain."""
    return any(text(expect, "status") == Invalid.WRONG_CHAIN_ID.name for expect in expected)


def without_rejected(case: Case, expected: Sequence[Object]) -> Case:
    """Without the transactions that are rejected."""
    blocks: list[Object] = []
    for block, expect in zip(case.blocks, expected, strict=True):
        rejected = int(text(expect, "transaction")) if "transaction" in expect else -1
        kept = [each for index, each in enumerate(members(block, "txs")) if index != rejected]
        blocks.append({**block, "txs": [*kept]})
    return dataclasses.replace(case, blocks=tuple(blocks))


def ends_with_overflow(case: Case, expected: Sequence[Object], said: str) -> bool:
    """Whether EELS ended with the exception that a length beyond all measure is to it, before Osaka."""
    names = [*BY_NAME]
    return "OverflowError" in said and names.index(case.fork) < names.index(OSAKA.name)


def with_blocks(case: Case, change: Callable[[Object], Object]) -> Case:
    """The case with other blocks."""
    return dataclasses.replace(case, blocks=tuple(map(change, case.blocks)))


FAULTS: Final = (
    KnownFault(
        "revm",
        "43.0.3",
        "takes the price of blobs from the parent's excess, and the fraction of Prague",
        has_price_of_blobs,
        without_price_of_blobs,
    ),
    KnownFault(
        "revm",
        "43.0.3",
        "lists a withdrawal to a contract that is called at the block's end wrongly",
        pays_to_closing_contract,
        without_payments_to_closing_contracts,
    ),
    KnownFault("eels", "2.20.0", "takes a transaction for another chain", is_for_another_chain, without_rejected),
    KnownFault(
        "eels", "2.20.0", "MODEXP of a length beyond all measure ends it with OverflowError", ends_with_overflow
    ),
)

# The faults of ethereumjs under Amsterdam


EMULATED: Final = "10.1.3"
_client: list[EthereumJs] = []


def emulated_faults(case: Case, seconds: float) -> tuple[str, ...]:
    """The faults with which the specification gives what ethereumjs gives of a block; none where no set of them does.

    It is asked once more for that, by `runBlock`, which says what it came to.
    """
    from samestate.conformance.peers.ethereumjs_faults import explain  # which takes pytest to replace rules

    with contextlib.suppress(PeerMissing, PeerFailed):
        if not _client:
            _client.append(EthereumJs(seconds=seconds))
        try:
            block = generated(case)
            return explain(block, _client[0].run(block))
        except PeerFailed:
            close()
    return ()


def close() -> None:
    """End the client that was asked once more."""
    while _client:
        _client.pop().close()


def generated(case: Case) -> GeneratedCase:
    """A case of one block as generators give it. Its parent has no more than the fields that clients ask for."""
    (block,) = case.blocks
    fork, environment = evm.fork_of(case), read_environment(case, member(block, "env"))
    pre: Any = case.pre
    return GeneratedCase(
        name=case.id,
        fork=fork,
        chain_id=environment.chain_id,
        parent=parent_of(environment),
        pre=cast(Alloc, pre),
        environment=environment,
        transactions=tuple(encoded_transactions(block)),
        withdrawals=read_withdrawals(block),
    )


def parent_of(environment: Environment) -> Header:
    """A header that says no more of the block before than which fields headers of Amsterdam have."""
    zero = bytes(32)
    return Header(
        parent_hash=zero,
        ommers_hash=zero,
        coinbase=bytes(20),
        state_root=zero,
        transactions_root=zero,
        receipts_root=zero,
        bloom=bytes(256),
        difficulty=0,
        number=max(0, environment.number - 1),
        gas_limit=environment.gas_limit,
        gas_used=0,
        timestamp=environment.timestamp - 1,
        extra_data=b"",
        prev_randao=zero,
        nonce=bytes(8),
        base_fee_per_gas=environment.base_fee_per_gas,
        withdrawals_root=zero,
    )
