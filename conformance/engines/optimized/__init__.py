"""The engine of `optimized` behind the protocol of engines."""
