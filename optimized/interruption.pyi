from collections.abc import Callable
from typing import TypeVar

Given = TypeVar("Given")

class Insistent(BaseException): ...

class Guard:
    running: bool
    thrown: bool
    def call(self, body: Callable[[], Given]) -> Given: ...
    def throw(self, kind: type[BaseException], spare_imports: bool = False) -> bool: ...
