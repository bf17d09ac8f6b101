"""Importing the specification with a bug in it: its modules as they are, but for the expressions replaced."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

from samestate.conformance.mutants.specification.bug import SPEC, Change


class ChangedSource(SourceFileLoader):
    """Loads a module from its file with changes made to the text; nothing of it is kept in a cache."""

    def __init__(self, name: str, path: str, changes: Sequence[Change]) -> None:
        super().__init__(name, path)
        self.changes = changes

    def get_source(self, fullname: str) -> str:
        """The text of the changed module. Raises ValueError where a change has no place in it."""
        source = self.get_data(self.get_filename(fullname)).decode("utf-8")
        for change in self.changes:
            source = change.apply(source)
        return source

    def get_code(self, fullname: str) -> CodeType:
        """Its code."""
        return compile(self.get_source(fullname), self.get_filename(fullname), "exec", dont_inherit=True)


class ChangedModules(MetaPathFinder):
    """Finds the changed modules before anybody else does."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.changes: dict[str, list[Change]] = {}
        for change in changes:
            self.changes.setdefault(change.name, []).append(change)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See :meth:`importlib.abc.MetaPathFinder.find_spec`."""
        if fullname not in self.changes:
            return None
        found: Any = PathFinder.find_spec(fullname, path, target)
        if found is None:
            return None
        found.loader = ChangedSource(fullname, found.origin, self.changes[fullname])
        return found  # type: ignore[no-any-return]


def install(changes: Sequence[Change]) -> None:
    """Have the specification imported with these changes. Raises RuntimeError where it was imported already."""
    if SPEC in sys.modules:
        raise RuntimeError("the specification was imported before it could be changed")
    sys.meta_path.insert(0, ChangedModules(changes))
