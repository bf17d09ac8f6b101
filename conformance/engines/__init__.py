"""What can be run: the protocol of engines, their registry, and each kind of engine."""
