"""Epochs: which slots belong to which, and which leader schedule a slot fixes."""

# source: Solana SDK, epoch-schedule/src/lib.rs

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SLOTS_PER_EPOCH: Final = 432_000
MINIMUM_SLOTS_PER_EPOCH: Final = 32
"""How many slots the first epoch has while epochs grow."""


@dataclass(frozen=True, slots=True)
class EpochSchedule:
    """How slots are divided into epochs. With ``warmup`` each epoch has twice the slots of the one before, at first.

    Raises ValueError where epochs have no slots.
    """

    slots_per_epoch: int = SLOTS_PER_EPOCH
    leader_schedule_slot_offset: int = SLOTS_PER_EPOCH
    warmup: bool = False
    first_normal_epoch: int = 0
    first_normal_slot: int = 0

    def __post_init__(self) -> None:
        """Slots are divided by these."""
        if self.slots_per_epoch < 1:
            raise ValueError("epochs: an epoch has one slot at least")

    def epoch_and_index(self, slot: int) -> tuple[int, int]:
        """The epoch of a slot, and how many slots of the epoch come before it."""
        if slot < self.first_normal_slot:
            # rule: svm.epoch.warmup
            epoch = (slot + MINIMUM_SLOTS_PER_EPOCH).bit_length() - MINIMUM_SLOTS_PER_EPOCH.bit_length()
            first = (2**epoch - 1) * MINIMUM_SLOTS_PER_EPOCH
            return epoch, slot - first
        # rule: svm.epoch.of-a-slot
        epochs, index = divmod(slot - self.first_normal_slot, self.slots_per_epoch)
        return self.first_normal_epoch + epochs, index

    def epoch(self, slot: int) -> int:
        """The epoch of a slot."""
        return self.epoch_and_index(slot)[0]

    def leader_schedule_epoch(self, slot: int) -> int:
        """The epoch whose leaders are known once ``slot`` has begun."""
        if slot < self.first_normal_slot:
            return self.epoch(slot) + 1
        past = slot - self.first_normal_slot + self.leader_schedule_slot_offset
        # rule: svm.epoch.leader-schedule
        return self.first_normal_epoch + past // self.slots_per_epoch
