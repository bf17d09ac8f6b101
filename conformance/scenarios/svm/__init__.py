"""Scenarios of Solana's machine, a suite a module."""
