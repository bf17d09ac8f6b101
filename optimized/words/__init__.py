"""Words of 256 bits, and hashes."""
