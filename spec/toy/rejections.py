"""Why a toy block is invalid. Each code has one exact message."""

from __future__ import annotations

from typing import Final

from samestate.spec.machine import RejectionCode


class Invalid(RejectionCode):
    """The rejection codes of the toy machine."""

    NONCE_TOO_LOW = "the nonce is lower than the sender's"
    NONCE_TOO_HIGH = "the nonce is higher than the sender's"
    NONCE_IS_MAX = "the nonce has no successor"
    INSUFFICIENT_BALANCE = "the sender cannot pay for the gas limit"
    GAS_ALLOWANCE_EXCEEDED = "the gas limit is over what the block has left"
    ACCESS_LIST_MISMATCH = "the block access list is not what the block accesses"

    # Of the ruleset `signed` alone
    SIGNATURE_LENGTH = "the signature is not of its scheme's length"
    HYBRID_HALF_MISSING = "the hybrid signature is one half alone"
    SIGNATURE_MALFORMED = "the signature encodes none of its scheme"
    KEY_LENGTH = "the public key is not of its scheme's length"
    KEY_UNKNOWN = "the sender has no such key"
    SCHEME_MISMATCH = "the signature is of another scheme than the key"
    SIGNATURE_INVALID = "the signature is not the key's"
    REGISTRATION_FOREIGN = "only the account itself may register that key"
    ADDRESS_MISMATCH = "the address is not that of the first key"
    POSSESSION_INVALID = "it is not proven that the registered key is held"


SIGNED_ALONE: Final = frozenset(
    {
        Invalid.SIGNATURE_LENGTH,
        Invalid.HYBRID_HALF_MISSING,
        Invalid.SIGNATURE_MALFORMED,
        Invalid.KEY_LENGTH,
        Invalid.KEY_UNKNOWN,
        Invalid.SCHEME_MISMATCH,
        Invalid.SIGNATURE_INVALID,
        Invalid.REGISTRATION_FOREIGN,
        Invalid.ADDRESS_MISMATCH,
        Invalid.POSSESSION_INVALID,
    }
)
"""Those that only a block under the ruleset `signed` can be rejected with."""
