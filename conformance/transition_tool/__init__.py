"""The transition tool: a block's parts in JSON go in, what executing them gives comes out, as geth's `evm t8n` does."""
