"""What the transactions of a block have cost together, and whether another one fits."""

# source: Agave, cost-model/src/cost_tracker.rs, would_fit

from __future__ import annotations

from dataclasses import dataclass, field

from immutables import Map

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import base58
from samestate.spec.svm.cost import TransactionCost
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.resolved import ResolvedMessage
from samestate.spec.svm.slot_time import CostLimits


@dataclass(frozen=True, slots=True)
class Totals:
    """The cost of the committed transactions of a block, and of those that lock each account for writing, in units.

    ``allocation`` in bytes. Locks are those that are granted.
    """

    cost: int = 0
    allocation: int = 0
    accounts: Map[bytes, int] = field(default_factory=Map)

    def with_transaction(self, limits: CostLimits, resolved: ResolvedMessage, cost: TransactionCost) -> Totals:
        """The totals with one more transaction. Raises Rejection where the block has no room for it."""
        units = cost.total
        if self.cost + units > limits.block:
            # rule: svm.limits.block
            raise Rejection(Invalid.WOULD_EXCEED_MAX_BLOCK_COST_LIMIT, f"{self.cost} + {units} of {limits.block}")
        if units > limits.account:
            # rule: svm.limits.transaction-on-account
            raise Rejection(Invalid.WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT, f"{units} of {limits.account}")
        if self.allocation + cost.allocation > limits.allocation:
            # rule: svm.limits.allocation
            raise Rejection(
                Invalid.WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT,
                f"{self.allocation} + {cost.allocation} bytes of {limits.allocation}",
            )
        locked: dict[bytes, int] = {}
        for index, address in enumerate(resolved.keys):
            if resolved.is_writable(index):
                locked[address] = self.accounts.get(address, 0) + units
                if locked[address] > limits.account:
                    # rule: svm.limits.account
                    raise Rejection(
                        Invalid.WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT,
                        f"{locked[address]} of {limits.account} on {base58(address)}",
                    )
        return Totals(self.cost + units, self.allocation + cost.allocation, self.accounts.update(locked))
