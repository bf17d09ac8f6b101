"""What a transaction of the ruleset `signed` has beside its operations: its signature, and a key that it registers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from samestate.spec.toy.keys import check_address, check_bytes
from samestate.spec.toy.signed.schemes import Scheme
from samestate.spec.toy.word import check_number

KEY_NUMBERS: Final = 256
"""An account's keys are numbered from 0 to one less."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of a transaction: by which of its sender's keys, of which scheme it says that it is, and itself."""

    key: int
    scheme: Scheme
    content: bytes

    def __post_init__(self) -> None:
        """Raise ValueError where a field does not fit. How long the signature is, is for the rules."""
        check_number("key of the signature", self.key, KEY_NUMBERS)
        check_bytes("signature", self.content)


@dataclass(frozen=True, slots=True)
class Registration:
    """A key that an account is to have from now on, in the place of the one of that number where there is one.

    ``possession``: a signature by the key itself, so that nobody registers a key that he does not hold.
    """

    account: bytes
    key: int
    scheme: Scheme
    public_key: bytes
    possession: bytes

    def __post_init__(self) -> None:
        """Raise ValueError where a field does not fit. How long key and signature are, is for the rules."""
        check_address("account of the registration", self.account)
        check_number("key of the registration", self.key, KEY_NUMBERS)
        check_bytes("public key", self.public_key)
        check_bytes("possession", self.possession)
