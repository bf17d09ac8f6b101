"""Verdicts that others can trust: what was executed, signed, and what several parties' verdicts come to together."""
