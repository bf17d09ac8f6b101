"""Why a toy block is invalid. Each code has one exact message."""

from __future__ import annotations

from samestate.spec.machine import RejectionCode


class Invalid(RejectionCode):
    """The rejection codes of the toy machine."""

    NONCE_TOO_LOW = "the nonce is lower than the sender's"
    NONCE_TOO_HIGH = "the nonce is higher than the sender's"
    NONCE_IS_MAX = "the nonce has no successor"
    INSUFFICIENT_BALANCE = "the sender cannot pay for the gas limit"
    GAS_ALLOWANCE_EXCEEDED = "the gas limit is over what the block has left"
    ACCESS_LIST_MISMATCH = "the block access list is not what the block accesses"
