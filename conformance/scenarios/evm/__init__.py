"""Scenarios of the EVM, a page for each suite."""
