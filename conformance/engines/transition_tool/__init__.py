"""Any client's transition tool as an engine: the command that geth calls ``evm t8n``, run once for each block."""
