"""Bugs about the calls that the chain makes itself, and about requests to the consensus layer."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

BUGS: Final = (
    bug(
        "every-log-is-a-deposit",
        "Every log of the deposit contract is taken for a deposit.",
        (
            "evm.requests",
            "            if log.address == fork.deposit_contract and log.topics and log.topics[0] == DEPOSIT_EVENT:",
            "            if log.address == fork.deposit_contract:",
        ),
        rule="evm.requests.deposits",
        hazards="H133",
        source="besu-eth/besu#8381",
    ),
    bug(
        "layout-of-deposits-unchecked",
        "A deposit whose fields lie elsewhere in its log is read as if they lay where they should.",
        ("evm.requests", "        if pointer != place:", "        if False:"),
        rule="evm.requests.deposit-offset",
        hazards="H133",
        source="ipsilon/evmone#1199",
    ),
    bug(
        "requests-of-nothing",
        "A block without withdrawal requests has one that is empty, and its hash counts.",
        (
            "evm.requests",
            "    return WITHDRAWAL_REQUEST_TYPE + output if output else None",
            "    return WITHDRAWAL_REQUEST_TYPE + output",
        ),
        rule="evm.requests.withdrawals",
        source="erigontech/erigon#13439",
    ),
    bug(
        "missing-contract-ignored",
        "A block whose state lacks a contract that gives requests is valid, and has none of them.",
        (
            "evm.system_calls",
            "    if not code:\n        # rule: evm.system.contract-missing",
            '    if not code:\n        return b""\n    if not code:\n        # rule: evm.system.contract-missing',
        ),
        rule="evm.system.contract-missing",
        source="ethereum/go-ethereum#35263",
    ),
    bug(
        "failing-contract-ignored",
        "A block in which a contract that gives requests fails is valid, and has none of them.",
        (
            "evm.system_calls",
            "    if frame.halt is not None:\n",
            '    if frame.halt is not None:\n        return b""\n    if frame.halt is not None:\n',
        ),
        rule="evm.system.contract-failed",
        source="lambdaclass/ethrex#2630",
    ),
    bug(
        "system-leaves-an-account",
        "The address that system calls come from stays in the state as an empty account.",
        (
            "evm.system_calls",
            "    clear_touched(world, substate)\n    return frame",
            "    clear_touched(world, substate)\n"
            '    world.view.set(b"\\x00" + SYSTEM_ADDRESS, b"\\x01")\n'
            "    return frame",
        ),
        rule="evm.system.call",
        hazards="H48",
        source="erigontech/erigon#21916",
    ),
)
