"""The ruleset `signed` of the toy machine: transactions that are signed, and keys that transactions register."""
