"""Control of the test-only build: the hook that every shared action passes, and the seeded bug that is switched on."""

from collections.abc import Callable

EXPLORED: bool

def set_hook(hook: Callable[..., object] | None, naming: Callable[[str], object] = ...) -> None: ...
def set_mutant(number: int) -> None: ...
