"""The Ethereum Virtual Machine and the blocks around it, from Berlin to Amsterdam."""
