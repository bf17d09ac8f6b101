"""revm, by its ``revme btest``."""
