"""Bugs in the specification: copies of it with one expression replaced, most of them bugs that clients have had.

A bug names a module, an expression of it and what stands in its place. Nothing is edited: a process of its own reads
the module with that one change when it imports it (:mod:`.importing`), and is given vectors, or any command.
Nothing here imports the specification before the change is in place, so this package imports none of it.
"""
