"""What goes wrong outside the specification: bad input."""

from __future__ import annotations


class InputError(ValueError):
    """Input that cannot be used. The message says what is wrong, where (file, case, field), and what would be right."""


class UnknownEngine(InputError):  # noqa: N818 - says what is wrong with the input
    """A name that stands for no engine. Who was given it by an option says which."""
