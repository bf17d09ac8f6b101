"""Bugs about accounts that delegate their code, and about the authorizations that make them do so (EIP-7702)."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

NO_AUTHORIZATIONS: Final = "    if not transaction.authorizations:\n"
WARMS: Final = "    substate.warm[authority] = None\n    world.view.touch(authority)\n"
HOLDS: Final = "    return authority\n\n\ndef apply_authorization(\n"
RECOVERED: Final = (
    "    return recover(authorization_hash(authorization), authorization.y_parity, authorization.r, authorization.s)"
)

BUGS: Final = (
    bug(
        "parity-of-any-number",
        "An authorization with a y parity above 1 holds: its lowest bit counts.",
        ("evm.signature", RECOVERED, RECOVERED.replace("authorization.y_parity,", "authorization.y_parity % 2,")),
        rule="evm.authorization.invalid-signature",
        hazards="H131",
        source="ipsilon/evmone#1444",
    ),
    bug(
        "high-s-of-an-authorization",
        "An authorization whose s lies in the upper half of its range holds.",
        (
            "evm.signature",
            RECOVERED,
            "    y_parity, s = authorization.y_parity, authorization.s\n"
            "    if CURVE_ORDER // 2 < s < CURVE_ORDER and y_parity in (0, 1):\n"
            "        y_parity, s = 1 - y_parity, CURVE_ORDER - s\n"
            "    return recover(authorization_hash(authorization), y_parity, authorization.r, s)",
        ),
        rule="evm.authorization.invalid-signature",
        hazards="H131",
        source="ethereum/EIPs#9632",
    ),
    bug(
        "bad-parity-makes-the-block-invalid",
        "A transaction with an authorization of y parity 2 may not stand in a block.",
        (
            "evm.validity",
            NO_AUTHORIZATIONS,
            "    if any(each.y_parity > 1 for each in transaction.authorizations):\n"
            "        raise Rejection(Invalid.INVALID_SIGNATURE)\n" + NO_AUTHORIZATIONS,
        ),
        rule="evm.authorization.invalid-signature",
        hazards="H131",
        source="status-im/nimbus-eth1#2990",
    ),
    bug(
        "another-chain-makes-the-block-invalid",
        "A transaction with an authorization for another chain may not stand in a block.",
        (
            "evm.validity",
            NO_AUTHORIZATIONS,
            "    if any(each.chain_id not in (0, environment.chain_id) for each in transaction.authorizations):\n"
            "        raise Rejection(Invalid.WRONG_CHAIN_ID)\n" + NO_AUTHORIZATIONS,
        ),
        rule="evm.authorization.wrong-chain",
        source="Verified-zkEVM/evm-asm#10763",
    ),
    bug(
        "any-chain-refused",
        "An authorization of chain 0, which is for any chain, does not hold.",
        (
            "evm.delegation",
            "    if authorization.chain_id not in (0, environment.chain_id):",
            "    if authorization.chain_id != environment.chain_id:",
        ),
        rule="evm.authorization.wrong-chain",
        source="evmts/voltaire#57",
    ),
    bug(
        "last-nonce-delegates",
        "An authorization of the last nonce holds, and its account's nonce passes 64 bits.",
        ("evm.delegation", "    if authorization.nonce >= NONCE_LIMIT:", "    if authorization.nonce > NONCE_LIMIT:"),
        rule="evm.authorization.nonce-max",
        hazards="H129",
        source="ipsilon/evmone#1044",
    ),
    bug(
        "authority-warm-only-if-it-holds",
        "The authority of an authorization that does not hold stays cold.",
        ("evm.delegation", WARMS, ""),
        ("evm.delegation", HOLDS, WARMS + HOLDS),
        rule="evm.authorization.warms-authority",
        source="ipsilon/evmone#1447",
    ),
    bug(
        "failed-authorization-makes-its-account",
        "An authorization with a wrong nonce leaves an empty account behind, for which a later one earns a refund.",
        (
            "evm.delegation",
            "    if nonce != authorization.nonce:\n",
            "    if nonce != authorization.nonce:\n"
            "        if not world.exists(authority):\n"
            '            world.view.set(b"\\x00" + authority, b"\\x01")\n',
        ),
        rule="evm.authorization.wrong-nonce",
        hazards="H126",
        source="ipsilon/evmone#1448",
    ),
    bug(
        "refund-unless-empty",
        "The refund of an authorization is for authorities that are not empty, and not for all that the state holds.",
        ("evm.delegation", "    if world.exists(authority):", "    if not world.is_empty(authority):"),
        rule="evm.authorization.refund",
        hazards="H126",
        source="bluealloy/revm#2938",
    ),
    bug(
        "designator-of-any-length",
        "Code that begins with 0xef0100 is a delegation whatever its length.",
        (
            "evm.delegation",
            "    if len(code) == 23 and code.startswith(DESIGNATOR):",
            "    if code.startswith(DESIGNATOR):",
        ),
        rule="evm.delegation.designator",
        hazards="H132",
        source="erigontech/erigon#20684",
    ),
    bug(
        "designator-of-any-version",
        "Code of 23 bytes that begins with 0xef01 is a delegation whatever the third byte.",
        (
            "evm.delegation",
            "    if len(code) == 23 and code.startswith(DESIGNATOR):",
            '    if len(code) == 23 and code.startswith(b"\\xef\\x01"):',
        ),
        rule="evm.delegation.designator",
        hazards="H132",
        source="erigontech/erigon#21001",
    ),
    bug(
        "target-of-the-transaction-cold",
        "The account that a transaction's recipient delegates to is cold when code accesses it.",
        ("evm.delegation", "    substate.warm[target] = None\n", ""),
        rule="evm.delegation.accesses-target",
        source="Verified-zkEVM/evm-asm#8996",
    ),
    bug(
        "listed-target-charged-cold",
        "The account that a transaction's recipient delegates to costs a cold access where an access list has it.",
        (
            "evm.transactions_with_state_gas",
            "        frame.charge(account_access_cost(frame, target))",
            "        frame.charge(fork.cold_account_access)",
        ),
        rule="evm.transaction.delegation-access",
        source="bluealloy/revm#3683",
    ),
    bug(
        "delegated-precompile-has-code",
        "A call by way of a delegation to a precompile runs 0xfe, and not code that is empty.",
        ("evm.instructions.calls", 'return Callee(b"", True, cost)', 'return Callee(b"\\xfe", True, cost)'),
        rule="evm.call.delegation-to-precompile",
        hazards="H39",
        source="OffchainLabs/go-ethereum#527",
    ),
    bug(
        "size-follows-the-delegation",
        "EXTCODESIZE of an account that delegates is the size of the code that runs there.",
        (
            "evm.instructions.environment",
            "    frame.stack.append(len(frame.world.code(account)))",
            "    target = frame.context.fork.delegation_target(frame.world.code(account))\n"
            "    frame.stack.append(len(frame.world.code(account if target is None else target)))",
        ),
        rule="evm.environment.external-code-size",
        hazards="H39",
        source="ethereum/execution-specs#1042",
    ),
    bug(
        "hash-of-the-mark-alone",
        "EXTCODEHASH of an account that delegates is the hash of 0xef01, as it once was.",
        (
            "evm.instructions.environment",
            '        frame.stack.append(int.from_bytes(keccak256(frame.world.code(account)), "big"))',
            "        code = frame.world.code(account)\n"
            "        if frame.context.fork.delegation_target(code) is not None:\n"
            '            code = b"\\xef\\x01"\n'
            '        frame.stack.append(int.from_bytes(keccak256(code), "big"))',
        ),
        rule="evm.environment.external-code-hash",
        hazards="H35 H39",
        source="status-im/nimbus-eth1#3021",
    ),
    bug(
        "senders-nonce-written-last",
        "After a transaction its sender's nonce is one more than before, whatever its own authorization did to it.",
        (
            "evm.transaction_execution",
            "    spending = fork.spend(fork, transaction, sender, frame)",
            "    world.set_nonce(sender, transaction.nonce + 1)\n"
            "    spending = fork.spend(fork, transaction, sender, frame)",
        ),
        rule="evm.transaction.nonce",
        hazards="H10 H37",
        source="Galxe/grevm#102",
    ),
)
