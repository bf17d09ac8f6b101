"""What must hold at every moment, between any two shared actions."""
