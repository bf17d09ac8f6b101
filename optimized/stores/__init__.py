"""States on disk: what a store must give, and LMDB and RocksDB behind it."""
