"""Test vectors: reading them strictly, writing them in one canonical form, and comparing an engine with them."""
