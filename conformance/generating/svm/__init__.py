"""Making blocks of Solana's machine: instructions, messages with signatures, and whatever else a bank holds."""
