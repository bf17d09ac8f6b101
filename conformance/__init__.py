"""Compares engines with the specification: loading, filling, comparing, explaining, generating, the command line."""
