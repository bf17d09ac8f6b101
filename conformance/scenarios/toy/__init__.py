"""Scenarios of the toy machine, a module for each suite of vectors."""
