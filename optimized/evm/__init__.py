"""The EVM, compiled: the same blocks as the specification's, written apart from it, on every strategy."""
