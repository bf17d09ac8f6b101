"""Headers as maps of strings, their fields in the order of the encoding, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import hexed, unhexed
from samestate.conformance.vectors.model import text
from samestate.spec.evm.block import FIRST_HEADER_FIELDS, HEADER_FIELDS, Header

ATTRIBUTES: Final[Mapping[str, str]] = {"logs_bloom" if name == "bloom" else name: name for name, _ in HEADER_FIELDS}
"""The fields of a header in a vector, in the order of the encoding, and what the specification calls them."""

NUMBERS: Final = frozenset(name for name, form in HEADER_FIELDS if isinstance(form, int))


def write_header(header: Header) -> Object:
    """A header: the fields that it has."""
    written: Object = {}
    for field, name in ATTRIBUTES.items():
        value = getattr(header, name)
        if value is not None:
            written[field] = hexed(value) if isinstance(value, bytes) else str(value)
    return written


def read_header(content: Object) -> Header:
    """The header that :func:`write_header` wrote."""
    values: dict[str, int | bytes] = {}
    for field, name in ATTRIBUTES.items():
        if field in content:
            written = text(content, field)
            values[name] = int(written) if name in NUMBERS else unhexed(written)
    return Header(**values)  # type: ignore[arg-type]


def skipped_field(content: Object) -> str | None:
    """The first field that a header leaves out although it has a later one, which no encoding can say."""
    later = list(ATTRIBUTES)[FIRST_HEADER_FIELDS:]
    count = sum(field in content for field in later)
    return next((field for field in later[:count] if field not in content), None)
