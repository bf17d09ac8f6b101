"""Bugs about what instructions do, what they cost, and where they are forbidden."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

RETURN_DATA_RESET: Final = '    frame.return_data = b""\n    nonce = world.nonce(creator)'

BUGS: Final = (
    bug(
        "stipend-is-a-minimum",
        "A call with value forwards the stipend or what was asked for, whichever is more, and not both.",
        (
            "evm.instructions.calls",
            "        # rule: evm.call.stipend\n        forwarded += gas.CALL_STIPEND",
            "        # rule: evm.call.stipend\n        forwarded = max(forwarded, gas.CALL_STIPEND)",
        ),
        rule="evm.call.stipend",
        source="evmts/guillotine#430",
    ),
    bug(
        "log-where-nothing-may-change",
        "LOG0 to LOG4 are allowed in a static context.",
        ("evm.instructions.log", "        frame.forbid_in_static_context()\n", ""),
        rule="evm.frame.static-violation",
        source="neonevm/neon-evm#460",
    ),
    bug(
        "creation-where-nothing-may-change",
        "CREATE and CREATE2 are allowed in a static context.",
        ("evm.instructions.creation", "    frame.forbid_in_static_context()\n", ""),
        rule="evm.frame.static-violation",
        source="kkrt-labs/kakarot-ssj#492",
    ),
    bug(
        "transient-store-where-nothing-may-change",
        "TSTORE is allowed in a static context.",
        (
            "evm.instructions.storage",
            "    frame.forbid_in_static_context()\n    # rule: evm.tstore.write",
            "    # rule: evm.tstore.write",
        ),
        rule="evm.frame.static-violation",
        hazards="H54",
        source="ethereumjs/ethereumjs-monorepo#1821",
    ),
    bug(
        "transient-outlives-its-transaction",
        "What one transaction has left in transient storage, the next one finds there.",
        ("evm.substate", "class Substate:\n", "LEFT_BEHIND: dict[bytes, int] = {}\n\n\nclass Substate:\n"),
        ("evm.substate", "        self.transient: dict[bytes, int] = {}", "        self.transient = LEFT_BEHIND"),
        rule="evm.tload.value",
        hazards="H54",
        source="ipsilon/evmone#715",
    ),
    bug(
        "transient-outlives-its-frame",
        "What a frame has left in transient storage is there although it has failed.",
        (
            "evm.instructions.storage",
            "    frame.substate.put(frame.substate.transient, slot_key(frame.message.target, slot), new)",
            "    frame.substate.transient[slot_key(frame.message.target, slot)] = new",
        ),
        rule="evm.tstore.write",
        hazards="H54",
        source="ethereumjs/ethereumjs-monorepo#1821",
    ),
    bug(
        "sentry-forgotten",
        "SSTORE runs on 2300 gas and less where that is enough to pay for it.",
        ("evm.instructions.storage", "    if frame.gas_left <= gas.STORAGE_SENTRY:", "    if False:"),
        rule="evm.sstore.sentry",
        source="base/base#3285",
    ),
    bug(
        "copy-byte-by-byte",
        "MCOPY copies from the first byte on, also over what it is still to copy.",
        (
            "evm.instructions.memory",
            "    frame.write_memory(destination, frame.read_memory(source, size))",
            "    frame.expand(source, size)\n"
            "    frame.expand(destination, size)\n"
            "    for place in range(size):\n"
            "        frame.memory[destination + place] = frame.memory[source + place]",
        ),
        rule="evm.memory.copy",
        source="paritytech/revive#237",
    ),
    bug(
        "copy-reaches-its-destination",
        "MCOPY pays for memory up to the end of its destination, and not of its source.",
        (
            "evm.instructions.memory",
            "    expansion = frame.expansion((destination, size), (source, size))",
            "    expansion = frame.expansion((destination, size))",
        ),
        rule="evm.memory.copy",
        source="ethereum/tests#1229",
    ),
    bug(
        "sign-lost-at-64-bits",
        "SIGNEXTEND leaves a number whose highest byte ends a word of 64 bits as it is.",
        ("evm.instructions.arithmetic", "    if last >= 31:", "    if last >= 31 or last % 8 == 7:"),
        rule="evm.arithmetic.sign-extend-negative",
        source="wjmelements/evm#64",
    ),
    bug(
        "one-shifted-out",
        "SAR of a positive word by 256 or more is one.",
        (
            "evm.instructions.bitwise",
            "        # rule: evm.bitwise.arithmetic-shift-right-all-out\n"
            "        # source: EIP-145, specification\n"
            "        frame.stack.append(0)",
            "        # rule: evm.bitwise.arithmetic-shift-right-all-out\n"
            "        # source: EIP-145, specification\n"
            "        frame.stack.append(1)",
        ),
        rule="evm.bitwise.arithmetic-shift-right-all-out",
        source="filecoin-project/ref-fvm#1465",
    ),
    bug(
        "sign-shifted-out",
        "SAR of a negative word by 256 or more is zero.",
        ("evm.instructions.bitwise", "        frame.stack.append(ALL_ONES)", "        frame.stack.append(0)"),
        rule="evm.bitwise.arithmetic-shift-right-negative-all-out",
        source="Consensys-Incorporated/evm-dafny#373",
    ),
    bug(
        "remainder-of-nothing",
        "SMOD of a negative word that the divisor divides is 2^256 - 1.",
        (
            "evm.instructions.arithmetic",
            "        frame.stack.append(-(-dividend % abs(divisor)) % WORD_LIMIT)",
            "        frame.stack.append((-(-dividend % abs(divisor)) or -1) % WORD_LIMIT)",
        ),
        rule="evm.arithmetic.signed-modulo-of-negative",
        source="lambdaclass/ethrex#1291",
    ),
    bug(
        "quotient-rounded-down",
        "SDIV rounds down, where it should round towards zero.",
        (
            "evm.instructions.arithmetic",
            "        frame.stack.append(-(abs(dividend) // abs(divisor)) % WORD_LIMIT)",
            "        frame.stack.append(dividend // divisor % WORD_LIMIT)",
        ),
        rule="evm.arithmetic.signed-divide-unlike-signs",
        source="hiero-ledger/hiero-consensus-node#26161",
    ),
    bug(
        "jump-into-data",
        "A jump may land on a byte 0x5b of what a PUSH pushes.",
        ("evm.jump_destinations", "            elif PUSH1 <= byte <= PUSH32:", "            elif False:"),
        rule="evm.control-flow.jump-to-no-destination",
        source="runtimeverification/evm-semantics#2460",
    ),
    bug(
        "jump-not-taken-and-judged",
        "JUMPI halts where its destination is none, although it does not jump.",
        (
            "evm.instructions.control_flow",
            "    if condition and not frame.may_jump_to(destination):",
            "    if not frame.may_jump_to(destination):",
        ),
        rule="evm.control-flow.jump-if-not-taken",
        source="duneanalytics/evm.codes#129",
    ),
    bug(
        "immediates-hide-destinations",
        "A jump may not land on the immediate of DUPN, SWAPN or EXCHANGE, which the analysis should not know.",
        (
            "evm.jump_destinations",
            "            elif PUSH1 <= byte <= PUSH32:",
            "            elif 0xE6 <= byte <= 0xE8:\n"
            "                place += 1\n"
            "            elif PUSH1 <= byte <= PUSH32:",
        ),
        rule="evm.jump.destinations",
        source="alloy-rs/evm2#358",
    ),
    bug(
        "return-data-padded",
        "RETURNDATACOPY past the end of the data does not halt.",
        (
            "evm.instructions.environment",
            "    if source + size > len(frame.return_data):",
            "    if False:",
        ),
        rule="evm.environment.return-data-copy-past-end",
        source="wjmelements/evm#102",
    ),
    bug(
        "return-data-kept-by-a-creation-that-cannot-begin",
        "A creation that lacks its endowment leaves what the last call gave back.",
        ("evm.instructions.creation", RETURN_DATA_RESET, "    nonce = world.nonce(creator)"),
        rule="evm.create.cannot-begin",
        source="ethereum/tests#942",
    ),
    bug(
        "return-data-of-a-creation",
        "The code that a creation has deployed is its return data too.",
        (
            "evm.interpreter",
            '    frame.world.set_code(frame.message.target, code)\n    frame.output = b""\n',
            "    frame.world.set_code(frame.message.target, code)\n",
        ),
        rule="evm.create.return-data",
        source="neonlabsorg/neon-evm#30",
    ),
    bug(
        "no-return-data-of-a-reverted-creation",
        "A creation that reverts gives nothing back.",
        ("evm.instructions.creation", "    frame.return_data = child.output", '    frame.return_data = b""'),
        rule="evm.create.return-data",
        source="Consensys-Incorporated/evm-dafny#263",
    ),
    bug(
        "parent-has-no-hash",
        "BLOCKHASH of the block before this one is zero.",
        (
            "evm.instructions.block",
            "<= number < environment.number:",
            "<= number < environment.number - 1:",
        ),
        rule="evm.block.hash",
        hazards="H42",
        source="erigontech/erigon#20037",
    ),
    bug(
        "cold-beneficiary-too-cheap",
        "SELFDESTRUCT in favour of a cold account costs 2500 more, and not 2600.",
        (
            "evm.instructions.ending",
            "        price += account_access_cost(frame, beneficiary)",
            "        price += account_access_cost(frame, beneficiary) - gas.WARM_ACCESS",
        ),
        rule="evm.selfdestruct.cold-beneficiary",
        source="Verified-zkEVM/evm-asm#8994",
    ),
    bug(
        "listed-addresses-cold",
        "An access list warms its slots, and not their accounts.",
        (
            "evm.transaction_execution",
            "        warm[address] = None\n        for slot in slots:",
            "        for slot in slots:",
        ),
        rule="evm.access.access-list",
        source="Verified-zkEVM/evm-asm#8995",
    ),
    bug(
        "value-to-oneself-logged",
        "Value that an account sends to itself leaves a log (EIP-7708).",
        ("evm.transfer_logs", "    if sender != recipient:", "    if True:"),
        rule="evm.transfer-log.append",
        hazards="H139",
        source="ethereumjs/ethereumjs-monorepo#4259",
    ),
    bug(
        "old-account-leaves-no-log",
        "SELFDESTRUCT of an account that an earlier transaction created moves its balance without a log (EIP-7708).",
        (
            "evm.instructions.state_creation",
            "        if balance:\n            frame.context.fork.log_transfer",
            "        if balance and owner in substate.created:\n            frame.context.fork.log_transfer",
        ),
        rule="evm.selfdestruct.sends-balance",
        hazards="H139",
        source="Verified-zkEVM/evm-asm#11566",
    ),
)
