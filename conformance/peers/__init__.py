"""Outside clients: other implementations of the same rules, asked for what a block does."""
