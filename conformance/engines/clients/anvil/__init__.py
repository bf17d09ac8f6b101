"""anvil, over JSON-RPC."""
