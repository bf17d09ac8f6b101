"""Bugs about accounts: creating them, destroying them, and those that are empty."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

BALANCE_GONE: Final = "        self.view.set(balance_key(address), None)"
IF_EMPTY: Final = "    if frame.world.is_empty(account):"
STORE: Final = "        self.wiped[address] = step\n"

BUGS: Final = (
    bug(
        "destroyed-storage-shines-through",
        "The slots of a destroyed account keep the values from before the block.",
        ("view", STORE, ""),
        rule="evm.destroy.wipes-storage",
        hazards="H20 H31",
        source="bluealloy/revm#3573",
    ),
    bug(
        "reverted-destruction-counts",
        "An account is destroyed although the frame that said so has failed.",
        (
            "evm.instructions.ending",
            "    frame.substate.put(frame.substate.destroyed, frame.message.target)",
            "    frame.substate.destroyed[frame.message.target] = None",
        ),
        rule="evm.selfdestruct.london",
        hazards="H26",
        source="erigontech/erigon#22419",
    ),
    bug(
        "nonce-outlives-its-account",
        "An account that was destroyed and receives value has the nonce that it had.",
        ("evm.world", "        self.view.set(nonce_key(address), None)\n" + BALANCE_GONE, BALANCE_GONE),
        rule="evm.transaction.destroys",
        hazards="H23",
        source="erigontech/erigon#23206",
    ),
    bug(
        "value-to-oneself-is-burnt",
        "Since Cancun, an old account that destroys itself in its own favour loses its balance.",
        ("evm.instructions.ending", "    elif beneficiary != owner:", "    else:"),
        rule="evm.selfdestruct.cancun-old-account",
        hazards="H32",
        source="ipsilon/evmone#735",
    ),
    bug(
        "creation-takes-the-balance",
        "A creation at an address that has a balance begins with nothing but its endowment.",
        (
            "evm.interpreter",
            "    move_value(context, message)\n    execute(frame)\n    if frame.halt is None:",
            "    context.world.set_balance(message.target, 0)\n"
            "    move_value(context, message)\n    execute(frame)\n    if frame.halt is None:",
        ),
        rule="evm.create.nonce-one",
        hazards="H30",
        source="0xPolygon/bor#1382",
    ),
    bug(
        "collision-leaves-the-nonce",
        "A creation whose address is taken does not raise the nonce of the creator.",
        (
            "evm.instructions.creation",
            "    world.set_nonce(creator, nonce + 1)\n",
            "    if not fork.is_taken(world, address):\n        world.set_nonce(creator, nonce + 1)\n",
        ),
        rule="evm.create.collision",
        hazards="H29",
        source="Verified-zkEVM/evm-asm#9310",
    ),
    bug(
        "storage-is-no-collision",
        "An account with nothing but storage does not stand in the way of a creation (EIP-7610 is left out).",
        ("evm.interpreter", 'return nonce != 0 or code != b"" or holds_storage', 'return nonce != 0 or code != b""'),
        rule="evm.create.collision-rule",
        source="bluealloy/revm#3856",
    ),
    bug(
        "address-cold-after-failure",
        "The address of a creation that has failed is cold again.",
        (
            "evm.instructions.creation",
            "    frame.take_back(child)\n",
            "    frame.take_back(child)\n"
            "    if child.halt is not None:\n"
            "        frame.substate.warm.pop(address, None)\n",
        ),
        ("evm.substate", "                del entries[key]", "                entries.pop(key, None)"),
        rule="evm.create.warms-address",
        hazards="H54",
        source="0xPolygon/zkevm-rom#389",
    ),
    bug(
        "creator-passes-the-last-nonce",
        "An account of the last nonce creates all the same, and its nonce passes 64 bits.",
        (
            "evm.instructions.creation",
            "    if lacks_funds or nonce == NONCE_LIMIT or frame.message.depth",
            "    if lacks_funds or frame.message.depth",
        ),
        rule="evm.create.cannot-begin",
        hazards="H129",
        source="NethermindEth/nethermind#3698",
    ),
    bug(
        "ripemd-not-touched",
        "The empty account of RIPEMD-160 is still there after a call to it has failed.",
        ("evm.transaction_execution", "    if substate.ripemd160_touched:", "    if False:"),
        rule="evm.transaction.ripemd160-stays-touched",
        source="category-labs/monad#393",
    ),
    bug(
        "touched-and-still-there",
        "An empty account that a transaction has touched stays in the state.",
        ("evm.state_clearing", "        world.view.set(empty_account_key(address), None)", "        pass"),
        rule="evm.state.empty-account-touched",
        source="rust-ethereum/evm#249",
    ),
    bug(
        "call-of-nothing-makes-an-account",
        "A call without value leaves an empty account where there was none.",
        (
            "evm.interpreter",
            "    credit(world, context.substate, message.target, message.value)",
            "    credit(world, context.substate, message.target, message.value)\n"
            "    if not message.value and not message.code and not world.exists(message.target):\n"
            '        world.view.set(b"\\x00" + message.target, b"\\x01")',
        ),
        rule="evm.state.zero-credit-is-touch",
        hazards="H25",
        source="erigontech/erigon#21136",
    ),
    bug(
        "hash-of-no-account",
        "EXTCODEHASH of an account that is not there is the hash of no code.",
        ("evm.instructions.environment", IF_EMPTY, "    if False:"),
        rule="evm.environment.external-code-hash-of-empty-account",
        source="lambdaclass/ethrex#1503",
    ),
    bug(
        "no-hash-without-code",
        "EXTCODEHASH of an account without code is zero, whatever else it has.",
        ("evm.instructions.environment", IF_EMPTY, "    if not frame.world.code(account):"),
        rule="evm.environment.external-code-hash",
        source="FISCO-BCOS/FISCO-BCOS#5372",
    ),
    bug(
        "branch-for-one",
        "A branch of the trie that is left with a single child stays a branch.",
        ("state.patricia", "        if len(remaining) > 1:", "        if remaining:"),
        rule="evm.trie.collapse",
        source="succinctlabs/rsp#14",
    ),
    bug(
        "extension-of-an-extension",
        "Where a branch collapses above an extension, one extension leads to another.",
        (
            "state.patricia",
            "    if isinstance(node, Extension):\n        return Extension(path + node.path, node.child)\n",
            "",
        ),
        rule="evm.trie.collapse",
        source="multiversx/mx-chain-go#251",
    ),
)
