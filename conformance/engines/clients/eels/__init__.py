"""EELS, the executable specification of the Ethereum Foundation, in a Python process of its own that is kept."""
