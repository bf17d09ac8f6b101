"""States on disk: put there, looked at, checked, and changed by chains of blocks."""
