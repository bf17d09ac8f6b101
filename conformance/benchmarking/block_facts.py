"""What a block came to, as facts by name: so that results are compared, and not only times.

A fact is about a transaction, an account that is not as it was before, or a block's header.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from samestate.conformance.benchmarking.evm_workloads import EvmWorkload
from samestate.spec.evm.alloc import AllocEntry, parse_alloc
from samestate.spec.evm.chain import EvmResult

Facts = Mapping[str, object]

LogFacts = tuple[bytes, tuple[bytes, ...], bytes]
"""Address, topics and data."""

NOBODY: Final = AllocEntry(0, 0, b"", {})
SHOWN: Final = 3


def executed(
    workload: EvmWorkload,
    gas_used: Sequence[int],
    succeeded: Sequence[bool],
    logs: Sequence[Sequence[LogFacts]],
    accounts: Mapping[bytes, AllocEntry],
) -> Facts:
    """The facts of an executed block, from what each transaction did and all accounts after it."""
    facts: dict[str, object] = {"transactions": (len(gas_used), len(succeeded), len(logs))}
    for index, told in enumerate(zip(gas_used, succeeded, logs, strict=False)):
        for what, value in zip(("gas used", "succeeded", "logs"), told, strict=True):
            facts[f"transaction {index}: {what}"] = tuple(value) if isinstance(value, Sequence) else value
    before = parse_alloc(workload.case.pre)
    for address in {**before, **accounts}:
        facts |= changes_of(address, before.get(address, NOBODY), accounts.get(address, NOBODY))
    return facts


def changes_of(address: bytes, before: AllocEntry, after: AllocEntry) -> Iterable[tuple[str, object]]:
    """What of an account is not as it was."""
    where = f"account 0x{address.hex()}"
    for name in ("nonce", "balance", "code"):
        if getattr(before, name) != getattr(after, name):
            yield f"{where}: {name}", getattr(after, name)
    for slot in {**before.storage, **after.storage}:
        value = after.storage.get(slot, 0)
        if value != before.storage.get(slot, 0):
            yield f"{where}: slot {slot:#x}", value


def of_result(workload: EvmWorkload, result: EvmResult) -> Facts:
    """The facts of a block that the specification has executed."""
    state = result.state()
    assert hasattr(state, "to_alloc")
    cumulative = [0, *(receipt.cumulative_gas_used for receipt in result.receipts)]
    return executed(
        workload,
        [after - before for before, after in itertools.pairwise(cumulative)],
        [bool(receipt.succeeded) for receipt in result.receipts],
        [[(log.address, tuple(log.topics), log.data) for log in receipt.logs] for receipt in result.receipts],
        parse_alloc(state.to_alloc()),
    )


def of_answer(workload: EvmWorkload, answer: Mapping[str, Any]) -> Facts:
    """The facts in the first line of a peer's program: of an execution, or of an import."""
    if "block_hash" in answer:
        hashes = {name: bytes.fromhex(answer[name][2:]) for name in ("block_hash", "state_root")}
        return {**hashes, "gas_used": answer["gas_used"]}
    logs = [
        [(unhexed(address), tuple(map(unhexed, topics)), unhexed(data)) for address, topics, data in each]
        for each in answer["logs"]
    ]
    return executed(workload, answer["gas_used"], answer["succeeded"], logs, parse_alloc(answer["accounts"]))


def imported(workload: EvmWorkload) -> Facts:
    """The facts of a block that was imported, by its header."""
    assert workload.link is not None
    header = workload.link.header
    return {"block_hash": header.hash(), "state_root": header.state_root, "gas_used": header.gas_used}


def differences(ours: Facts, theirs: Facts) -> tuple[str, ...]:
    """Where two say different things, the first few of them."""
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    told = [f"{name}: {show(ours.get(name))} and {show(theirs.get(name))}" for name in names[:SHOWN]]
    return (*told, f"and {len(names) - SHOWN} more") if len(names) > SHOWN else tuple(told)


def show(value: object) -> str:
    """A value for people."""
    return "unchanged" if value is None else f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def unhexed(text: str) -> bytes:
    """Bytes from hex."""
    return bytes.fromhex(text[2:])
