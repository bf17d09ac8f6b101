"""What goes wrong outside the specification: bad input."""

from __future__ import annotations


class InputError(ValueError):
    """Input that cannot be used. The message says what is wrong, where (file, case, field), and what would be right."""
