"""A plan has no keys of its own: all state belongs to one of its chains, and is compared there."""

from __future__ import annotations

from samestate.conformance.vectors.document import Object
from samestate.spec.machine import Key, Value


class NoKeys:
    """A codec that is never asked. Implements :class:`samestate.conformance.vectors.record.KeyText`."""

    def key(self, key: Key) -> str:
        """Raises ValueError, as all of these do that would write or read a key."""
        raise ValueError("a plan has no keys of its own")

    def parse_key(self, text: str) -> Key:
        """See :meth:`key`."""
        raise ValueError(f"{text!r}: a plan has no keys of its own")

    def order(self, key: Key) -> tuple[bytes, int, bytes]:
        """See :meth:`key`."""
        raise ValueError("a plan has no keys of its own")

    def value(self, key: Key, value: Value) -> str:
        """See :meth:`key`."""
        raise ValueError("a plan has no keys of its own")

    def owner(self, key: Key) -> bytes | None:
        """Nobody."""
        return None


CODEC = NoKeys()


def account_of(key: str) -> str:
    """Raises ValueError: no key of a plan belongs to an account."""
    raise ValueError(f"{key!r}: a plan has no keys of its own")


def state_values(state: Object) -> dict[str, str]:
    """Nothing: the values of a state are those of its chains."""
    return {}
