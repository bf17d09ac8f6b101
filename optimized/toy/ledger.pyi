"""Settlement in block order."""
