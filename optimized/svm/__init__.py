"""Solana's machine, compiled."""
