"""State gas: what new state costs, paid from a reservoir of its own (EIP-8037).

A transaction may ask for more gas than it may execute with. What is over, its *reservoir*, buys new state alone: slots,
accounts, delegations and code, at a price a byte. There is one reservoir, and it lies with the frame that runs: a child
takes all of it, and brings back what is left. Where it is empty, state is bought with execution gas: it *spills*.

How a frame ends decides what becomes of the state gas that it and its children have used:

- success: it stays used. What came back into the reservoir since then repays the spill first;
- revert and exceptional halt: there is no new state, so the reservoir is as the frame found it, and what was spilled is
  execution gas again, which a halt burns as it burns all that is left.

So at every moment, of a frame and of a whole transaction:

- ``execution gas used + state gas used + gas_left + reservoir`` is what it was given: no gas is made and none is lost;
- ``state gas used = given reservoir - reservoir + spilled``, and a failed frame has used none;
- where a frame ends in success, ``reservoir == 0`` or ``spilled == 0``;
- state gas used is negative only where a slot that an earlier frame set is cleared again: what is given back is what
  was paid, so that it is not for the transaction.
"""

# source: EIP-8037, Transaction-level gas accounting (reservoir model)

from __future__ import annotations

from typing import Final

from samestate.spec.evm.frame import Frame, Message, TransactionContext
from samestate.spec.evm.halts import OutOfStateGas

COST_PER_BYTE: Final = 1530
NEW_SLOT: Final = 64 * COST_PER_BYTE
NEW_ACCOUNT: Final = 120 * COST_PER_BYTE
NEW_DELEGATION: Final = 23 * COST_PER_BYTE
SYSTEM_CALL_SLOTS: Final = 16
"""So many new slots the reservoir of a call that the chain itself makes pays for."""


class StateGasFrame(Frame):
    """A frame that pays for new state too.

    ``reservoir`` is what state gas there is, ``spilled`` what execution gas was paid in its place and not repaid yet.
    ``entry`` is the reservoir to which a failure returns, ``first`` the one that the frame was given, and ``kept`` the
    spill that no failure gives back: they differ in the outermost frame alone, whose delegations outlast its code.
    """

    __slots__ = ("entry", "first", "grant", "kept", "reservoir", "spilled")

    def __init__(self, context: TransactionContext, message: Message, reservoir: int) -> None:
        super().__init__(context, message)
        self.reservoir = self.entry = self.first = reservoir
        self.spilled = self.kept = 0
        self.grant = 0
        """What was paid for the account that the next child is to make, and comes back if it fails."""

    def charge_state(self, amount: int) -> None:
        """Pay for new state: from the reservoir, and what that lacks from the gas that is left. Halts otherwise."""
        spill = amount - self.reservoir
        if spill <= 0:
            # rule: evm.state-gas.from-reservoir
            self.reservoir -= amount
        elif spill <= self.gas_left:
            # rule: evm.state-gas.spills
            self.reservoir = 0
            self.gas_left -= spill
            self.spilled += spill
        else:
            # rule: evm.state-gas.out-of-gas
            raise OutOfStateGas(amount)

    def credit_state(self, amount: int) -> None:
        """State that was paid for is not there after all: give back what was spilled last, then fill the reservoir."""
        repaid = min(amount, self.spilled)
        # rule: evm.state-gas.credit
        self.gas_left += repaid
        self.spilled -= repaid
        self.reservoir += amount - repaid

    def charge_new_account(self, address: bytes) -> None:
        """Pay for the account that the next child is to make, unless it is alive."""
        self.grant = 0
        if self.world.is_empty(address):
            # rule: evm.state-gas.new-account
            # source: EIP-8037, Gas accounting for new accounts
            self.charge_state(NEW_ACCOUNT)
            self.grant = NEW_ACCOUNT

    def keep(self) -> None:
        """What has been paid so far stays paid even if this frame fails later."""
        # rule: evm.state-gas.keep
        # source: EIP-2780, Account creation and access charges
        self.kept += self.spilled
        self.spilled = 0
        self.entry = self.reservoir

    def child(self, message: Message) -> Frame:
        """The frame of a call or a creation from this one: it takes the whole reservoir with it."""
        # rule: evm.state-gas.whole-reservoir
        reservoir, self.reservoir = self.reservoir, 0
        return StateGasFrame(self.context, message, reservoir)

    def take_back(self, child: Frame) -> None:
        """A frame that this one began has ended: gas and reservoir come back, and the spill is now this frame's."""
        super().take_back(child)
        ended = metered(child)
        self.reservoir += ended.reservoir
        self.spilled += ended.spilled
        if child.halt is None:
            repaid = min(self.reservoir, self.spilled)
            # rule: evm.state-gas.repays-spill
            # source: EIP-8037, Gas accounting for halts and reverts
            self.gas_left += repaid
            self.reservoir -= repaid
            self.spilled -= repaid
        else:
            # rule: evm.state-gas.failed-child
            # source: EIP-8037, Gas accounting for new accounts
            self.credit_state(self.grant)

    def take_back_unused(self, message: Message) -> None:
        """A call could not begin: its gas comes back, and what was paid for the account that it was to make."""
        super().take_back_unused(message)
        # rule: evm.state-gas.unused-grant
        # source: EIP-8037, Gas accounting for new accounts
        self.credit_state(self.grant)

    def give_back(self) -> None:
        """This frame has failed: there is no new state, so nothing was paid for it."""
        # rule: evm.state-gas.failure
        # source: EIP-8037, Gas accounting for halts and reverts
        self.gas_left += self.spilled
        self.spilled = 0
        self.reservoir = self.entry

    def give_back_all(self) -> None:
        """This outermost frame has failed before its code began: what was to be kept comes back as well."""
        # rule: evm.state-gas.failure-before-code
        # source: EIP-2780, Account creation and access charges
        self.gas_left += self.kept
        self.kept = 0
        self.entry = self.first
        self.give_back()

    @property
    def state_gas_used(self) -> int:
        """The state gas that this frame and its children have used so far."""
        return self.first - self.reservoir + self.spilled + self.kept


def metered(frame: Frame) -> StateGasFrame:
    """The frame, which pays for new state since this is a fork in which all do."""
    assert isinstance(frame, StateGasFrame)
    return frame


def charge_new_account(frame: Frame, address: bytes) -> None:
    """What a call with value or a creation costs more where there is no account yet."""
    metered(frame).charge_new_account(address)


def system_frame(context: TransactionContext, message: Message) -> Frame:
    """The frame of a call that the chain itself makes: it can pay for some new slots (EIP-8037)."""
    # rule: evm.state-gas.system-call
    # source: EIP-8037, System contracts and system transactions
    return StateGasFrame(context, message, SYSTEM_CALL_SLOTS * NEW_SLOT)
