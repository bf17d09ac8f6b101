"""Outside clients as engines, each in a folder of its own, with what it cannot do declared as capabilities."""
