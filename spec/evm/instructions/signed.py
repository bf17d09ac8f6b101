"""Words read as signed numbers, in two's complement (yellow paper, appendix H.2)."""

from __future__ import annotations

from samestate.spec.evm.frame import WORD_LIMIT

SIGN_BIT = 2**255


def to_signed(word: int) -> int:
    """The number from -2**255 to 2**255 - 1 that ``word`` stands for. The way back is modulo 2**256."""
    return word - WORD_LIMIT if word >= SIGN_BIT else word
