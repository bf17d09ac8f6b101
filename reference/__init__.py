"""How to schedule a block: readable strategies over any machine, and the explorer that runs every interleaving."""
