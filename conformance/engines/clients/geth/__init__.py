"""geth: its transition tool, its consumer of blockchain tests, and its import of blocks, in parallel and not."""
