"""Mutants: engines with one seeded bug each, which the vectors and the explorer have to find.

A suite that no wrong engine fails proves nothing. Each mutant is a part of a strategy of :mod:`reference` with a few
lines replaced, most of them bugs that real engines have had. It counts as killed only where an output differs from what
a vector expects, or where a named invariant is broken: not where it crashes, and not where it never ends. And it has to
pass some vectors, or it would be no bug that anybody could overlook.
"""

from samestate.conformance.mutants.catalogue import all_mutants
from samestate.conformance.mutants.mutant import Mutant, mutant
from samestate.conformance.mutants.report import HuntedMutant, Kill

__all__ = ["HuntedMutant", "Kill", "Mutant", "all_mutants", "mutant"]
