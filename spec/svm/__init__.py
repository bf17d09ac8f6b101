"""Solana's machine: what a block of it means, without programs that are bytecode."""
