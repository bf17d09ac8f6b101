"""Bugs about state gas: the reservoir, what spills from it, and what comes back (EIP-8037)."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

BUGS: Final = (
    bug(
        "failed-frame-keeps-what-came-in",
        "A frame that fails keeps what its children had brought into the reservoir over what it began with.",
        (
            "evm.state_gas",
            "        self.reservoir = self.entry\n\n    def give_back_all",
            "        self.reservoir = max(self.entry, self.reservoir)\n\n    def give_back_all",
        ),
        rule="evm.state-gas.failure",
        hazards="H136 H143",
        source="NethermindEth/nethermind#12964",
    ),
    bug(
        "call-that-cannot-begin-has-paid",
        "A call that lacks its value, or is too deep, has paid for the account that it would have made.",
        (
            "evm.state_gas",
            "        # rule: evm.state-gas.unused-grant\n"
            "        # source: EIP-8037, Gas accounting for new accounts\n"
            "        self.credit_state(self.grant)",
            "        # rule: evm.state-gas.unused-grant",
        ),
        rule="evm.state-gas.unused-grant",
        hazards="H136",
        source="ethereum/execution-specs#3005",
    ),
    bug(
        "spill-comes-back-as-state-gas",
        "What state gas comes back fills the reservoir, also where execution gas had paid for it.",
        (
            "evm.state_gas",
            "        repaid = min(amount, self.spilled)\n        # rule: evm.state-gas.credit",
            "        repaid = 0\n        # rule: evm.state-gas.credit",
        ),
        rule="evm.state-gas.credit",
        hazards="H136",
        source="NethermindEth/nethermind#12173",
    ),
    bug(
        "failed-creation-has-paid",
        "A creating transaction that fails has paid for the account that is not there.",
        (
            "evm.transactions_with_state_gas",
            "        frame.charge_state(NEW_ACCOUNT)\n\n\ndef spend_in_two_dimensions(",
            "        frame.charge_state(NEW_ACCOUNT)\n        frame.keep()\n\n\ndef spend_in_two_dimensions(",
        ),
        rule="evm.transaction.creation-of-new-account",
        hazards="H136 H143",
        source="ethereum/execution-specs#2823",
    ),
    bug(
        "creation-that-cannot-begin-has-paid",
        "A creation that lacks its endowment has paid for the account that it would have made.",
        (
            "evm.instructions.creation",
            "        # rule: evm.create.cannot-begin\n",
            "        fork.charge_new_account(\n"
            "            frame, salted_address(creator, salt, initcode) if salt else created_address(creator, nonce)\n"
            "        )\n"
            "        # rule: evm.create.cannot-begin\n",
        ),
        rule="evm.create.cannot-begin",
        hazards="H141",
        source="ethereumjs/ethereumjs-monorepo#4295",
    ),
    bug(
        "old-refund-beside-the-new-one",
        "A slot that is zero again earns the refund of EIP-2200 beside the state gas that comes back.",
        (
            "evm.instructions.state_creation",
            "        amount += gas.STORAGE_WRITE",
            "        amount += gas.STORAGE_WRITE if original else gas.STORAGE_SET - gas.WARM_ACCESS",
        ),
        rule="evm.sstore.refund.undone",
        hazards="H136",
        source="ethereumjs/ethereumjs-monorepo#4287",
    ),
)
