"""Agave's Bank, by a program of this folder around the crate ``solana-runtime``, which is kept running."""
