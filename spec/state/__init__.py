"""Commitments: how a state becomes one root."""
