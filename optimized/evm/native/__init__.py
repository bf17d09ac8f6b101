"""Precompiles and signature recovery, and the C libraries inside Python wheels that they call without the lock."""
