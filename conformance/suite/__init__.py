"""What `pytest conformance` runs."""
