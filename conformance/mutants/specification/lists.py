"""Bugs about block access lists, and about what counts as accessed (EIP-7928)."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

PAYS_FOR_CALL: Final = "    frame.require(price)\n    warm_account(frame, address)\n"
PAYS_FOR_TARGET: Final = "    frame.require(price + cost)\n    warm_account(frame, target)\n"
FORBIDDEN: Final = "    frame.forbid_in_static_context()\n"
DESTRUCTION: Final = "    owner, substate, world = frame.message.target, frame.substate, frame.world\n"
DESTRUCTION_PAID: Final = (
    "    frame.charge(price)\n    metered(frame).charge_state(state)\n\n    # operation\n    if beneficiary"
)
STORE: Final = "    substate, target = frame.substate, frame.message.target\n"
STORE_PAID: Final = "    frame.charge(price)\n    meter.charge_state(state)\n"
SENTRY: Final = (
    "    if frame.gas_left <= gas.STORAGE_SENTRY:\n        # rule: evm.sstore.sentry\n        raise OutOfGas\n"
)
FIRST_USE: Final = "    original = substate.originals.setdefault(key, current)\n    price = storage_price("

BUGS: Final = (
    bug(
        "beneficiary-of-nothing-unlisted",
        "The beneficiary of an account that destroys itself without a balance is not on the list.",
        (
            "evm.instructions.state_creation",
            "    warm_account(frame, beneficiary)\n    balance = world.balance(owner)\n",
            "    balance = world.balance(owner)\n"
            "    if balance:\n"
            "        warm_account(frame, beneficiary)\n"
            "    else:\n"
            "        substate.put(substate.warm, beneficiary)\n",
        ),
        (
            "evm.instructions.state_creation",
            "        credit(world, substate, beneficiary, balance)\n        if balance:\n",
            "        if balance:\n            credit(world, substate, beneficiary, balance)\n",
        ),
        rule="evm.selfdestruct.sends-balance",
        source="erigontech/erigon#20620",
    ),
    bug(
        "system-address-never-listed",
        "The address that system calls come from is not on the list, even if a transaction accesses it.",
        (
            "evm.access_list_of_block",
            "for address in sorted(gathered.listed)])",
            'for address in sorted(gathered.listed) if address != b"\\xff" * 19 + b"\\xfe"])',
        ),
        rule="evm.access-list.touched-account",
        source="erigontech/erigon#21333",
    ),
    bug(
        "call-recorded-before-it-is-paid",
        "An account is on the list although the call to it could not be paid.",
        ("evm.instructions.calls", PAYS_FOR_CALL, "    frame.world.view.touch(address)\n" + PAYS_FOR_CALL),
        ("evm.instructions.state_creation", PAYS_FOR_CALL, "    frame.world.view.touch(address)\n" + PAYS_FOR_CALL),
        rule="evm.access.account-recorded",
        hazards="H134",
        source="erigontech/erigon#21574",
    ),
    bug(
        "target-recorded-before-it-is-paid",
        "The account that a callee delegates to is on the list although the access to it could not be paid.",
        ("evm.instructions.calls", PAYS_FOR_TARGET, "    frame.world.view.touch(target)\n" + PAYS_FOR_TARGET),
        rule="evm.call.delegation-access",
        hazards="H76 H134",
        source="ethereum/EIPs#11699",
    ),
    bug(
        "static-destruction-too-late",
        "SELFDESTRUCT in a static context halts only once its beneficiary was accessed.",
        ("evm.instructions.state_creation", FORBIDDEN + DESTRUCTION, DESTRUCTION),
        ("evm.instructions.state_creation", DESTRUCTION_PAID, FORBIDDEN + DESTRUCTION_PAID),
        rule="evm.frame.static-violation",
        hazards="H134",
        source="erigontech/erigon#21574",
    ),
    bug(
        "static-store-too-late",
        "SSTORE in a static context halts only once its slot was read.",
        ("evm.instructions.state_creation", FORBIDDEN + STORE, STORE),
        ("evm.instructions.state_creation", STORE_PAID, FORBIDDEN + STORE_PAID),
        rule="evm.frame.static-violation",
        hazards="H134",
        source="erigontech/erigon#21574",
    ),
    bug(
        "sentry-after-the-read",
        "SSTORE reads its slot before it looks at the 2300 gas that must be left.",
        ("evm.instructions.storage", SENTRY, ""),
        ("evm.instructions.storage", FIRST_USE, SENTRY + FIRST_USE),
        rule="evm.sstore.sentry",
        hazards="H134",
        source="ethereum/execution-specs#1867",
    ),
    bug(
        "change-that-is-none-listed",
        "A write that leaves the value as it was is on the list as a change.",
        ("view", "            if value != old:", "            if True:"),
        rule="evm.access-list.slot-change",
        hazards="H67",
        source="lambdaclass/ethrex#6995",
    ),
    bug(
        "end-of-the-block-is-its-last-transaction",
        "Withdrawals and the system calls at the end have the index of the last transaction.",
        (
            "evm.access_list_of_block",
            "        index = access.step + 1\n",
            "        index = min(access.step + 1, max(len(steps) - 2, 0))\n",
        ),
        rule="evm.access-list.index",
        hazards="H68",
        source="lambdaclass/ethrex#6317",
    ),
    bug(
        "reads-of-failed-frames-forgotten",
        "What only a frame that failed has read is neither on record nor on the list.",
        (
            "view",
            "            self.reads[key] = Read(value, self._ledger.source(key))\n",
            "            self.reads[key] = Read(value, self._ledger.source(key))\n"
            "            self._undo.append((self.reads, key, ABSENT_FROM_LOG))\n",
        ),
        rule="evm.access-list.slot-read",
        hazards="H70",
        source="erigontech/erigon#23541",
    ),
    bug(
        "precompiles-unlisted",
        "A precompile that is called and nothing else is not on the list.",
        (
            "evm.access_list_of_block",
            "        gathered.listed.update(access.touches)\n",
            '        gathered.listed.update(each for each in access.touches if int.from_bytes(each, "big") > 0x11)\n',
        ),
        rule="evm.access-list.touched-account",
        hazards="H71",
        source="erigontech/erigon#23670",
    ),
    bug(
        "fees-on-the-first-balance",
        "The balance of the coinbase on the list is that from before the block and the fee of one transaction.",
        (
            "evm.access_list_of_block",
            "            if key not in balances:\n                balances[key] = number(before.get(key))\n",
            "            balances[key] = number(before.get(key))\n",
        ),
        rule="evm.access-list.credit",
        hazards="H15 H72",
        source="besu-eth/besu#9352",
    ),
    bug(
        "reads-of-the-system-unlisted",
        "What the system calls before the transactions only read is not on the list.",
        (
            "evm.access_list_of_block",
            "        gathered.read(access.reads)\n",
            "        if access.step >= 0:\n            gathered.read(access.reads)\n",
        ),
        rule="evm.access-list.slot-read",
        hazards="H66",
        source="lambdaclass/ethrex#7109",
    ),
    bug(
        "withdrawal-of-nothing-unlisted",
        "An account that a withdrawal of nothing goes to is not on the list.",
        (
            "evm.withdrawals",
            "        credit(world, substate, withdrawal.address, withdrawal.amount * WEI_PER_GWEI)",
            "        if withdrawal.amount:\n"
            "            credit(world, substate, withdrawal.address, withdrawal.amount * WEI_PER_GWEI)",
        ),
        rule="evm.withdrawal",
        hazards="H46",
        source="Verified-zkEVM/evm-asm#10902",
    ),
)
