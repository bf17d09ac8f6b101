"""JSON objects as transition tools exchange them: a number is hex, decimal in a string, or a plain JSON number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.fields import Fields, describe, to_bytes, to_number

ADDRESS_SIZE: Final = 20
_DECIMAL: Final = re.compile(r"[0-9]{1,78}", re.ASCII)


class LooseFields(Fields):
    """Fields whose numbers may be written in any of the three ways, and whose addresses may lack the prefix."""

    __slots__ = ()

    def quantity(self, name: str, bits: int = 256) -> int:
        """A number below 2^bits and not negative."""
        return to_quantity(f"{self.where}: {name}", self.raw(name), bits)

    def optional_quantity(self, name: str, bits: int = 256) -> int | None:
        """Like :meth:`quantity`, or None."""
        return self.quantity(name, bits) if name in self else None

    def address(self, name: str) -> bytes:
        """An address, with or without its prefix."""
        return to_bytes(f"{self.where}: {name}", with_prefix(self.raw(name)), ADDRESS_SIZE)

    def loose_members(self, name: str) -> Iterator[LooseFields]:
        """The elements of a list of such objects."""
        for where, element in self.elements(name):
            yield LooseFields(where, element)


def to_quantity(where: str, value: object, bits: int = 256) -> int:
    """``value`` as a number: hex with a prefix, decimal, or a JSON number; below 2^bits and not negative."""
    number = decimal(value)
    if number is None:
        if not isinstance(value, str) or not value.startswith("0x"):
            raise InputError(f"{where}: must be a number such as '0x1f', '31' or 31, but is {describe(value)}")
        return to_number(where, value, bits)
    if number < 0 or number >> bits:
        raise InputError(f"{where}: must fit into {bits} bits and not be negative, but is {describe(value)}")
    return number


def decimal(value: object) -> int | None:
    """The number in a JSON number or a decimal string, or None where ``value`` is anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    return None


def with_prefix(value: object) -> object:
    """An address as geth may write it, without ``0x``, in its usual form; anything else as it is."""
    if isinstance(value, str) and not value.startswith(("0x", "0X")):
        return f"0x{value}"
    return value
