"""Vectors in the forms that other clients read."""
