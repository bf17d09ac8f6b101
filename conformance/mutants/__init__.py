"""Mutants: engines with one seeded bug each, which the vectors and the explorer have to find.

A suite that no wrong engine fails proves nothing. Each mutant is a part of a strategy of :mod:`reference` with a few
lines replaced, a bug that the compiled engine can be told to have, or a copy of the specification with an expression
replaced, and most are bugs that real engines have had. It counts as killed only where an output differs from what a
vector expects, or where a named invariant is broken: not where it crashes, and not where it never ends. And it has to
pass some vectors, or it would be no bug that anybody could overlook.

This package itself imports nothing, since `specification` has to be imported before the specification is.
"""
