"""Explaining a difference of an engine from the specification: where it begins, and on what it rests."""
