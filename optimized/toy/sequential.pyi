"""One transaction after another."""
