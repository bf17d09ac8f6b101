"""A state on disk by its place, and whatever is wrong with it as bad input."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from types import TracebackType
from typing import Self

from samestate.conformance.engines.optimized.stored_state import StoredState
from samestate.conformance.errors import InputError
from samestate.optimized.evm.stored import StoredWorld
from samestate.optimized.stores.description import Description, describe
from samestate.optimized.stores.opening import Location, parse_location
from samestate.optimized.stores.store import Store, StoreError


@contextlib.contextmanager
def told(option: str = "") -> Iterator[None]:
    """Whatever a store has against it is bad input. Raises InputError, which begins with the option that names it."""
    try:
        yield
    except StoreError as error:
        raise InputError(f"{option} {error}".strip()) from error


def find_location(text: str, option: str = "") -> Location:
    """The place that an option names, or an argument where there is none. Raises InputError."""
    with told(option):
        return parse_location(text)


class OpenState:
    """A store that is open, and what it says of the state in it: None where there is none.

    A context; nobody else can use the state within it. Raises InputError.
    """

    def __init__(self, location: Location, writable: bool) -> None:
        self.location = location
        with told():
            self.store: Store = location.store(writable)
            try:
                self.description: Description | None = describe(self.store, location)
            except BaseException:
                self.store.close()
                raise

    def described(self) -> Description:
        """What it says of its state. Raises InputError where there is none."""
        if self.description is None:
            raise InputError(
                f"{self.location}: there is no state, or it was not put there to the end: "
                f"`samestate state {self.location} --import FILE` does so"
            )
        return self.description

    def state(self, forks: Collection[str]) -> StoredState:
        """The state, for blocks under one of these forks. Raises InputError where it is one of another fork."""
        description = self.described()
        if description.fork not in forks:
            raise InputError(
                f"{self.location}: is a state of the fork {description.fork}, at height {description.height}: the"
                f" blocks are of {' and '.join(sorted(forks))}"
            )
        return StoredState(StoredWorld(self.store, description.root), description.root)

    def close(self) -> None:
        """Let others use it. Raises InputError where what was being written fails."""
        with told():
            self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        with contextlib.suppress(InputError):  # what came first is what is told
            self.close()
